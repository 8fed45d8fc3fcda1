// What a screen shows, as a form offers it and as a list says it.
import type { Screen } from '$api/model';
import type { Face } from '$watch/camera';

/** Kinds of pages that a screen may show; another one is written as its address. */
export const kinds = ['situasi', 'peta', 'semua', 'tata', 'lain'] as const;
export type Kind = (typeof kinds)[number];

/** What is shown, taken apart. */
export interface Shown {
  kind: Kind;
  /** Tiles of a wall of all cameras. */
  grid: number;
  /** Slug of a saved wall. */
  layout: string;
  /** The whole address. */
  address: string;
}

/** Tiles that a wall of all cameras is offered with. */
export const grids = [4, 9, 16, 25] as const;

/** Takes an address apart. */
export function readShown(address: string): Shown {
  const wall = /^\/kamera\/videowall\/([a-z0-9-]+)$/.exec(address)?.[1];
  const blank = { grid: 9, layout: '', address };
  if (address === '/situasi') return { ...blank, kind: 'situasi' };
  if (address === '/peta') return { ...blank, kind: 'peta' };
  if (wall === undefined) return { ...blank, kind: 'lain' };
  if (!/^\d+$/.test(wall)) return { ...blank, kind: 'tata', layout: wall };
  return { ...blank, kind: 'semua', grid: Number(wall) };
}

/** Puts an address together. One that was copied from a browser loses what is no matter of the screen. */
export function writeShown(shown: Shown): string {
  if (shown.kind === 'situasi' || shown.kind === 'peta') return `/${shown.kind}`;
  if (shown.kind === 'semua') return `/kamera/videowall/${shown.grid}`;
  if (shown.kind === 'tata') return `/kamera/videowall/${shown.layout}`;
  const [path, query = ''] = shown.address.trim().replace(/^https?:\/\/[^/]+/, '').split('?');
  const pairs = query.split('&').filter((pair) => pair !== '' && !/^(kios|bahasa|mode|cari)=/.test(pair));
  return pairs.length ? `${path}?${pairs.join('&')}` : (path ?? '');
}

/** A screen asks every half minute, and the house writes it down every minute. */
const FRESH_MS = 180_000;

/** How it stands with a screen: it shows, it is silent, it has never come, or it has to be paired anew. */
export type Standing = 'shows' | 'silent' | 'never' | 'out';
export function standing(screen: Pick<Screen, 'seen_us' | 'signed_in'>, now_ms: number): Standing {
  if (screen.seen_us === null) return 'never';
  if (!screen.signed_in) return 'out';
  return now_ms - screen.seen_us / 1000 < FRESH_MS ? 'shows' : 'silent';
}
/** The mark of each. */
export const faces: Record<Standing, Face> = { shows: 'ok', silent: 'warn', never: 'unknown', out: 'crit' };
