// The rooms along the gallery, in their order.
import type { Key } from './words.svelte';

/** One door of the gallery. */
export interface Room {
  href: string;
  /** Everything below this address belongs to the room; below its own where nothing else is said. */
  below?: string;
  name: Extract<Key, `room.${string}`>;
  /** What is drawn beside its name: a line in a square of 24. */
  icon: string;
  /** The letter after `g`. */
  letter: string;
  /** Doors of one group stand together. */
  group: number;
  /** What somebody has to be allowed for it to be of use. */
  needs?: string;
}

export const rooms: readonly Room[] = [
  { href: '/situasi', name: 'room.situasi', icon: 'M3 3h7v9H3zM14 3h7v5h-7zM14 12h7v9h-7zM3 16h7v5H3z', letter: 's', group: 0 },
  { href: '/peta', name: 'room.peta', icon: 'M3 6l6-3 6 3 6-3v15l-6 3-6-3-6 3zM9 3v15M15 6v15', letter: 'p', group: 0 },
  { href: '/kamera', name: 'room.kamera', icon: 'M2 6h13v12H2zM15 11l7-4v10l-7-4', letter: 'k', group: 0 },
  { href: '/kamera/videowall/9', below: '/kamera/videowall', name: 'room.videowall', icon: 'M3 3h7v7H3zM14 3h7v7h-7zM14 14h7v7h-7zM3 14h7v7H3z', letter: 'v', group: 0 },
  { href: '/kejadian', name: 'room.kejadian', icon: 'M7 18v-6a5 5 0 0 1 10 0v6M4 18h16v3H4zM12 2v1M2 12h1M21 12h1M5 5l1 1M19 5l-1 1', letter: 'j', group: 0 },
  { href: '/desa', name: 'room.desa', icon: 'M3 10l9-7 9 7v11H3zM9 21v-9h6v9', letter: 'd', group: 1 },
  { href: '/konektivitas', name: 'room.konektivitas', icon: 'M2 12h4l3-9 6 18 3-9h4', letter: 'n', group: 1 },
  { href: '/kartu', name: 'room.kartu', icon: 'M2 5h20v14H2zM2 10h20M6 15h2', letter: 'h', group: 1, needs: 'card.count' },
  { href: '/lapangan', name: 'room.lapangan', icon: 'M9 4H5v17h14V4h-4M9 2h6v4H9z', letter: 'l', group: 1, needs: 'point.step' },
  { href: '/audit', name: 'room.audit', icon: 'M5 3h14v18H5zM9 8h6M9 12h6M9 16h3', letter: 'a', group: 2 },
  { href: '/pengaturan', name: 'room.pengaturan', icon: 'M14 17H3M21 7H10M14 17a3 3 0 1 0 6 0 3 3 0 1 0-6 0M4 7a3 3 0 1 0 6 0 3 3 0 1 0-6 0', letter: 't', group: 2 }
];

/** The room an address lies in: the deepest that holds it. */
export function roomOf(path: string): Room | undefined {
  const below = (room: Room) => room.below ?? room.href;
  return [...rooms].sort((a, b) => below(b).length - below(a).length).find((room) => path === below(room) || path.startsWith(`${below(room)}/`));
}
