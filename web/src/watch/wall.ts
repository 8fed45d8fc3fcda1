// A video wall is an address: its arrangement, or its grid and cameras; its page and its pace.

import { handOf, type Hand, writeHand } from './hand';

/** Grids a wall can have, by number of tiles. */
export const grids = [1, 4, 9, 16, 25] as const;
export type Grid = (typeof grids)[number];

/** What a saved arrangement says; the rest of a wall is of the moment. */
export interface Saved {
  slug: string;
  grid: Grid;
  /** Short names in the order of the tiles; null means all that may be seen. */
  cameras: string[] | null;
  turn_s: number;
}

/** A wall as the address tells it. */
export interface Wall {
  /** Slug of the saved arrangement it began with; null for none. */
  layout: string | null;
  grid: Grid;
  /** Ids or short names in the order of the tiles; null means all that may be seen. */
  cameras: string[] | null;
  /** Seconds a page stays; 0 stands still. */
  turn_s: number;
  /** Page shown, from 0. */
  page: number;
  /** Tile shown alone, from 0; null shows the grid. */
  alone: number | null;
  /** Nothing but pictures: no bars, for displays. */
  bare: boolean;
  /** Which pictures somebody chose for all of it; `auto` leaves it to the line. */
  hand: Hand;
}

/** The shortest stay of a page: joining takes time, and a wall that only joins shows nothing. */
export const TURN_MIN_S = 5;

function whole(text: string | null): number {
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : 0;
}

/** A number of tiles as a grid; one that no wall has is none. */
export function gridOf(tiles: number): Grid | undefined {
  return grids.find((grid) => grid === tiles);
}

/** The word that stands for all cameras where an arrangement holds some. */
const ALL = 'semua';

function list(text: string | null): string[] | null {
  const names = (text ?? '').split(',').map((name) => name.trim()).filter(Boolean);
  return names.length === 0 || text === ALL ? null : names;
}
function pace(text: string | null): number {
  const turn = whole(text);
  return turn === 0 ? 0 : Math.max(TURN_MIN_S, turn);
}

/** The arrangement that an address asks for; null when it asks for a grid. */
export function layoutOf(slug: string): string | null {
  return slug === '' || /^\d+$/.test(slug) ? null : slug;
}

/**
 * Reads a wall from its slug and query; what it cannot read falls back to something shown.
 * A slug of digits is a grid, another one an arrangement, from which the query differs.
 */
export function readWall(slug: string, query: URLSearchParams, saved: Saved | null = null): Wall {
  const alone = query.get('petak');
  const layout = layoutOf(slug);
  const base = layout !== null && saved?.slug === layout ? saved : null;
  return {
    layout,
    grid: gridOf(layout === null ? whole(slug) : whole(query.get('kisi'))) ?? base?.grid ?? 9,
    cameras: base && !query.has('kamera') ? base.cameras : list(query.get('kamera')),
    turn_s: base && !query.has('putar') ? base.turn_s : pace(query.get('putar')),
    page: Math.max(0, whole(query.get('halaman')) - 1),
    alone: alone === null || whole(alone) === 0 ? null : whole(alone) - 1,
    bare: query.get('kios') === '1',
    hand: handOf(query)
  };
}

function same(a: string[] | null, b: string[] | null): boolean {
  return a === b || (a !== null && b !== null && a.join() === b.join());
}

/** Whether a wall differs from the arrangement that it began with. */
export function differs(wall: Wall, saved: Saved): boolean {
  return wall.grid !== saved.grid || wall.turn_s !== saved.turn_s || !same(wall.cameras, saved.cameras);
}

/** Writes a wall as an address; of an arrangement only what differs from it. */
export function writeWall(wall: Wall, saved: Saved | null = null): string {
  const query = new URLSearchParams();
  const base = wall.layout !== null && saved?.slug === wall.layout ? saved : null;
  const put = (name: string, value: string) => value && query.set(name, value);
  if (wall.layout !== null) put('kisi', base && base.grid === wall.grid ? '' : String(wall.grid));
  if (base) {
    if (!same(wall.cameras, base.cameras)) put('kamera', wall.cameras?.join(',') || ALL);
    if (wall.turn_s !== base.turn_s) put('putar', String(wall.turn_s));
  } else {
    put('kamera', wall.cameras?.join(',') ?? '');
    put('putar', wall.turn_s ? String(wall.turn_s) : '');
  }
  put('halaman', wall.page ? String(wall.page + 1) : '');
  put('petak', wall.alone === null ? '' : String(wall.alone + 1));
  put('kios', wall.bare ? '1' : '');
  put('lapis', writeHand(wall.hand));
  // Commas part the cameras; escaped they would only be harder to read aloud.
  const text = query.toString().replaceAll('%2C', ',');
  return `/kamera/videowall/${wall.layout ?? wall.grid}${text ? `?${text}` : ''}`;
}

/** The cameras of a wall among those that may be seen, in its order. */
export function shownOn<T extends { id: string; short: string }>(wall: Pick<Wall, 'cameras'>, all: readonly T[]): T[] {
  if (wall.cameras === null) return [...all];
  return wall.cameras.flatMap((name) => all.find((camera) => camera.short === name || camera.id === name) ?? []);
}

/** How many pages a number of cameras takes; an empty wall still has one. */
export function pages(cameras: number, grid: Grid): number {
  return Math.max(1, Math.ceil(cameras / grid));
}

/** The cameras of one page, and how many tiles stay empty. */
export function page<T>(all: readonly T[], wall: Pick<Wall, 'grid' | 'page'>): { shown: T[]; empty: number } {
  const at = wall.page % pages(all.length, wall.grid);
  const shown = all.slice(at * wall.grid, (at + 1) * wall.grid);
  return { shown, empty: wall.grid - shown.length };
}

/** The tile an arrow leads to, held inside the grid. */
export function move(from: number, key: string, shown: number, grid: Grid): number {
  const side = Math.sqrt(grid);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side }[key] ?? 0;
  const to = from + step;
  if (to < 0 || to >= shown) return from;
  return to;
}

/** Pixels by which a still page wanders, so that no edge burns into a display. */
export function drift(now_ms: number): { x: number; y: number } {
  const minute = Math.floor(now_ms / 60_000);
  return { x: minute % 3, y: Math.floor(minute / 3) % 3 };
}
