// A video wall is an address: its grid, its cameras, its page and its pace.

/** Grids a wall can have, by number of tiles. */
export const grids = [1, 4, 9, 16, 25] as const;
export type Grid = (typeof grids)[number];

/** A wall as the address tells it. */
export interface Wall {
  grid: Grid;
  /** Ids or short names in the order of the tiles; empty means all that may be seen. */
  cameras: string[];
  /** Seconds a page stays; 0 stands still. */
  turn_s: number;
  /** Page shown, from 0. */
  page: number;
  /** Tile shown alone, from 0; null shows the grid. */
  alone: number | null;
  /** Nothing but pictures: no bars, for displays. */
  bare: boolean;
}

/** The shortest stay of a page: joining takes time, and a wall that only joins shows nothing. */
export const TURN_MIN_S = 5;

function whole(text: string | null): number {
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : 0;
}

/** Reads a wall from its slug and query; what it cannot read falls back to something shown. */
export function readWall(slug: string, query: URLSearchParams): Wall {
  const asked = whole(slug);
  const grid = grids.find((g) => g === asked) ?? 9;
  const turn = whole(query.get('putar'));
  const alone = query.get('petak');
  return {
    grid,
    cameras: (query.get('kamera') ?? '').split(',').map((s) => s.trim()).filter(Boolean),
    turn_s: turn === 0 ? 0 : Math.max(TURN_MIN_S, turn),
    page: Math.max(0, whole(query.get('halaman')) - 1),
    alone: alone === null || whole(alone) === 0 ? null : whole(alone) - 1,
    bare: query.get('kios') === '1'
  };
}

/** Writes a wall as an address. */
export function writeWall(wall: Wall, keep: URLSearchParams = new URLSearchParams()): string {
  const query = new URLSearchParams(keep);
  const put = (name: string, value: string) => (value ? query.set(name, value) : query.delete(name));
  put('kamera', wall.cameras.join(','));
  put('putar', wall.turn_s ? String(wall.turn_s) : '');
  put('halaman', wall.page ? String(wall.page + 1) : '');
  put('petak', wall.alone === null ? '' : String(wall.alone + 1));
  put('kios', wall.bare ? '1' : '');
  // Commas part the cameras; escaped they would only be harder to read aloud.
  const text = query.toString().replaceAll('%2C', ',');
  return `/kamera/videowall/${wall.grid}${text ? `?${text}` : ''}`;
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
