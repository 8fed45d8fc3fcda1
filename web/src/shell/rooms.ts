// The rooms along the gallery, in their order.
import type { Component } from 'svelte';
import Clipboard from '@lucide/svelte/icons/clipboard';
import Gauge from '@lucide/svelte/icons/layout-dashboard';
import Map from '@lucide/svelte/icons/map';
import Cctv from '@lucide/svelte/icons/cctv';
import Grid from '@lucide/svelte/icons/layout-grid';
import House from '@lucide/svelte/icons/house';
import Activity from '@lucide/svelte/icons/activity';
import Siren from '@lucide/svelte/icons/siren';
import Scroll from '@lucide/svelte/icons/scroll-text';
import Settings from '@lucide/svelte/icons/settings';
import type { Key } from './words.svelte';

/** One door of the gallery. */
export interface Room {
  href: string;
  /** Everything below this address belongs to the room. */
  below: string;
  name: Extract<Key, `room.${string}`>;
  icon: Component<{ size?: number | string; 'aria-hidden'?: 'true' }>;
  /** The letter after `g`. */
  letter: string;
  /** Doors of one group stand together. */
  group: number;
  /** What somebody has to be allowed for it to be of use. */
  needs?: string;
}

export const rooms: readonly Room[] = [
  { href: '/situasi', below: '/situasi', name: 'room.situasi', icon: Gauge, letter: 's', group: 0 },
  { href: '/peta', below: '/peta', name: 'room.peta', icon: Map, letter: 'p', group: 0 },
  { href: '/kamera', below: '/kamera', name: 'room.kamera', icon: Cctv, letter: 'k', group: 0 },
  { href: '/kamera/videowall/9', below: '/kamera/videowall', name: 'room.videowall', icon: Grid, letter: 'v', group: 0 },
  { href: '/kejadian', below: '/kejadian', name: 'room.kejadian', icon: Siren, letter: 'j', group: 0 },
  { href: '/desa', below: '/desa', name: 'room.desa', icon: House, letter: 'd', group: 1 },
  { href: '/konektivitas', below: '/konektivitas', name: 'room.konektivitas', icon: Activity, letter: 'n', group: 1 },
  { href: '/lapangan', below: '/lapangan', name: 'room.lapangan', icon: Clipboard, letter: 'l', group: 1, needs: 'point.step' },
  { href: '/audit', below: '/audit', name: 'room.audit', icon: Scroll, letter: 'a', group: 2 },
  { href: '/pengaturan', below: '/pengaturan', name: 'room.pengaturan', icon: Settings, letter: 't', group: 2 }
];

/** The room an address lies in: the deepest that holds it. */
export function roomOf(path: string): Room | undefined {
  return [...rooms].sort((a, b) => b.below.length - a.below.length).find((room) => path === room.below || path.startsWith(`${room.below}/`));
}
