// The line of this page: who shows what by it, what came, and which rung each tile is on.
// Twice a second all viewings are measured together (see ladder.ts for what follows from it).
import { SvelteMap } from 'svelte/reactivity';
import { allot, begin, costs, felt, isBad, LOOK_MS, type Hint, type Line, type Place, type Rung, type Tile } from './ladder';
import type { Player } from './player';
import type { Measured } from './viewing';

/** Losses are counted over so many looks: by radio they come in clusters. */
const LOSS_LOOKS = 6;
/** Fewer packets than this say nothing of their losses. */
const PACKETS_MIN = 20;
/** A layer costs what it brought over so many good looks. */
const COST_LOOKS = 10;
/** What was known of a line that nobody has used for so long is not known any more. */
const FORGET_MS = 300_000;

/** One tile's place on the page. */
export interface Seat {
  tile: Tile;
  camera: string;
  player: Player | null;
  /** What was measured in the last looks of one viewing, newest last. */
  looks: { layer: string; lost: number; received: number; octets: number; at: number }[];
}

const seats = new Set<Seat>();
const places = new SvelteMap<Seat, Place>();
const ways = new SvelteMap<Seat, string>();
/** What a layer of a camera costs, where it was measured, for as long as the page lives. */
const measured = new Map<string, number>();
let line: Line | null = null;
let left = 0;
let looking: ReturnType<typeof setInterval> | undefined;
let busy = false;

/** What the browser says of its network, and what this page's own requests took. */
function hint(): Hint {
  const { connection } = navigator as Navigator & { connection?: { effectiveType?: string; saveData?: boolean } };
  const took = (performance.getEntries() as PerformanceResourceTiming[])
    .filter((each) => (each.entryType === 'navigation' || each.entryType === 'resource') && each.transferSize > 0 && each.responseStart > each.requestStart)
    .map((each) => each.responseStart - each.requestStart);
  return { rtt_ms: took.length === 0 ? null : Math.min(...took), kind: connection?.effectiveType ?? null, saves: connection?.saveData ?? false };
}

/** Takes a seat; the rung to begin with can be read at once. */
export function sit(camera: string, tile: Tile): Seat {
  const now = performance.now();
  if (seats.size === 0) {
    if (line === null || now - left > FORGET_MS) line = begin(hint(), now);
    line = { ...line, bad: 0, good_from: now };
    looking = setInterval(() => void look(), LOOK_MS);
  }
  const seat: Seat = { tile, camera, player: null, looks: [] };
  seats.add(seat);
  settle();
  return seat;
}

/** Leaves it. */
export function leave(seat: Seat): void {
  seats.delete(seat);
  places.delete(seat);
  ways.delete(seat);
  if (seats.size === 0) {
    clearInterval(looking);
    left = performance.now();
  } else settle();
}

/** Wishes otherwise than before. */
export function wish(seat: Seat, tile: Tile): void {
  seat.tile = tile;
  settle();
}

/** Where a tile is now. */
export function placeOf(seat: Seat): Place {
  return places.get(seat) ?? { rung: 'stills', why: null };
}

/** By which way its packets come; null while none do. */
export function wayOf(seat: Seat): string | null {
  return ways.get(seat) ?? null;
}

function tiles(): Tile[] {
  return [...seats].map((seat) => ({ ...seat.tile, cost: known(seat) }));
}

function known(seat: Seat): Partial<Record<Rung, number>> {
  const found: Partial<Record<Rung, number>> = {};
  for (const layer of ['main', 'sub'] as const) {
    const cost = measured.get(`${seat.camera}/${layer}`);
    if (cost !== undefined) found[layer] = cost;
  }
  return found;
}

/** Puts each tile where the line lets it be; what has not changed is left alone. */
function settle(): void {
  if (line === null) return;
  const next = allot(line, tiles());
  [...seats].forEach((seat, at) => {
    const place = next[at];
    const before = places.get(seat);
    if (place && (before?.rung !== place.rung || before.why !== place.why)) places.set(seat, place);
  });
}

async function look(): Promise<void> {
  // A page out of sight shows nothing, so it measures nothing.
  if (busy || line === null || document.visibilityState === 'hidden') return;
  busy = true;
  try {
    const rows = await Promise.all([...seats].map(async (seat) => ({ seat, late: seat.player?.standing() ?? null, now: await seat.player?.measure() })));
    const at = performance.now();
    let loss: number | null = null;
    let standing: number | null = null;
    let rate = 0;
    for (const { seat, late, now } of rows) {
      if (!seats.has(seat)) continue;
      const way = now?.transport ?? null;
      if (way === null) ways.delete(seat);
      else if (ways.get(seat) !== way) ways.set(seat, way);
      const came = took(seat, now ?? null, at);
      if (late !== null) standing = Math.max(standing ?? 0, late);
      if (came.loss !== null) loss = Math.max(loss ?? 0, came.loss);
      rate += came.rate_bps;
    }
    const all = tiles();
    const { asked, wished } = costs(all, [...seats].map(placeOf));
    const seen = { loss, standing_ms: standing, rate_bps: rate };
    if (!isBad(seen)) for (const seat of seats) learn(seat);
    line = felt(line, seen, at, asked, wished);
    settle();
  } finally {
    busy = false;
  }
}

/** What came of one tile: its losses of late, and its rate since the last look. */
function took(seat: Seat, now: Measured | null, at: number): { loss: number | null; rate_bps: number } {
  const layer = seat.player?.shown ?? null;
  if (now === null || now.octets === null || now.received === null || layer === null) {
    seat.looks = [];
    return { loss: null, rate_bps: 0 };
  }
  const last = seat.looks.at(-1);
  // Counts that fall are of another viewing.
  if (last && (last.layer !== layer || last.octets > now.octets)) seat.looks = [];
  seat.looks = [...seat.looks, { layer, lost: now.lost ?? 0, received: now.received, octets: now.octets, at }].slice(-Math.max(LOSS_LOOKS, COST_LOOKS) - 1);
  const from = seat.looks.at(-LOSS_LOOKS - 1) ?? seat.looks[0];
  const before = seat.looks.at(-2);
  if (!from || !before) return { loss: null, rate_bps: 0 };
  const lost = Math.max(0, (now.lost ?? 0) - from.lost);
  const all = lost + now.received - from.received;
  return { loss: all < PACKETS_MIN ? null : lost / all, rate_bps: ((now.octets - before.octets) * 8000) / Math.max(1, at - before.at) };
}

function learn(seat: Seat): void {
  const [first, last] = [seat.looks.at(-COST_LOOKS - 1), seat.looks.at(-1)];
  if (!first || !last || last.at <= first.at) return;
  measured.set(`${seat.camera}/${last.layer}`, ((last.octets - first.octets) * 8000) / (last.at - first.at));
}
