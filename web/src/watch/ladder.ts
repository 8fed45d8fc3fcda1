// Which picture a page asks for, tile by tile: the main one, the small one or still ones.
// One line carries them all, so there is one budget; what does not fit goes down at once,
// and comes up again once the line has been good for a while. Pure: the hour and what was
// measured come in, rungs and reasons go out.

/** From the dearest to the cheapest. */
export const rungs = ['main', 'sub', 'stills'] as const;
export type Rung = (typeof rungs)[number];

/** What somebody asks for by hand; `auto` leaves it to the line. */
export type Hand = 'auto' | Rung;

/** Why a rung is not the wished one. */
export type Why = 'begun' | 'slow' | 'shared';

/** How often the line is looked at. */
export const LOOK_MS = 500;
/**
 * A loss of two or three in a hundred is usual by radio and is repaired. Of the ninety
 * packets that a small picture sends in three seconds, one in ten is lost by such a line
 * once in two thousand times; more is a full line.
 */
export const LOSS_MAX = 0.1;
/**
 * A queue that never empties within a look stands in a full line (RFC 8289 §3.2 calls it
 * the standing queue). A key frame alone fills it for a moment, and is none.
 */
export const STANDING_MAX_MS = 200;
/** So many bad looks in a row are no accident. */
export const BAD_LOOKS = 2;
/** So long a line has to be good before more is asked of it. */
export const GOOD_MS = 10_000;
/** The longest pause between two attempts at more, after some that failed. */
export const GOOD_MAX_MS = 160_000;
/** An attempt that goes wrong so soon has failed, and the next waits twice as long. */
export const TRIAL_MS = 12_000;
/** Of what came through a full line, so much is asked for: the rest lets its queue empty. */
export const SHARE = 0.85;
/** By so much more is asked for each time. */
export const GROWTH = 2;

/** What a layer costs while nobody has measured it: what most cameras are set to. Bits in a second. */
export const COST_GUESS: Record<Rung, number> = { main: 2_000_000, sub: 400_000, stills: 60_000 };

/** A page that took longer than this to and fro is not next door. */
export const FAR_MS = 60;
/** What a page begins with that is not next door: one small picture, until more has proved to pass. */
export const BEGIN_BPS = 600_000;

/** What all viewings of a page have measured in one look. */
export interface Look {
  /** Share of packets that did not come, of the worst tile; null when there were none to come. */
  loss: number | null;
  /** The least that any picture of this look came late, of the worst tile; null when none came. */
  standing_ms: number | null;
  /** What came, of all tiles. */
  rate_bps: number;
}

/** What is known of the line of a page. */
export interface Line {
  /** What may be asked of it; null when nothing says that it is narrow. */
  budget_bps: number | null;
  /** How many looks in a row were bad. */
  bad: number;
  /** Since when it has been good. */
  good_from: number;
  /** How long it has to be good before the next attempt. */
  wait_ms: number;
  /** When more was last asked of it. */
  tried_at: number | null;
  /** Whether it has ever been full: before that, a small budget is a careful beginning. */
  filled: boolean;
}

/** What a browser says of its network before anything is measured. */
export interface Hint {
  /** There and back, of the page's own requests. */
  rtt_ms: number | null;
  /** `slow-2g`, `2g`, `3g`, `4g` (Network Information API); null where a browser does not say. */
  kind: string | null;
  /** Whether its owner wants few octets. */
  saves: boolean;
}

/** The line before the first picture. */
export function begin(hint: Hint, now: number): Line {
  const poor = hint.saves || hint.kind === '2g' || hint.kind === 'slow-2g';
  const far = hint.kind === '3g' || (hint.rtt_ms ?? 0) > FAR_MS;
  return { budget_bps: poor ? 0 : far ? BEGIN_BPS : null, bad: 0, good_from: now, wait_ms: GOOD_MS, tried_at: null, filled: false };
}

/** Whether a look says that more was asked of the line than it carries. */
export function isBad(look: Look): boolean {
  return (look.loss ?? 0) > LOSS_MAX || (look.standing_ms ?? 0) > STANDING_MAX_MS;
}

/**
 * The line after one more look. `asked_bps` is what all tiles cost as they are, `wished_bps`
 * what they would cost as they are wished.
 */
export function felt(line: Line, look: Look, now: number, asked_bps: number, wished_bps: number): Line {
  if (isBad(look)) {
    const bad = line.bad + 1;
    if (bad < BAD_LOOKS) return { ...line, bad, good_from: now };
    const failed = line.tried_at !== null && now - line.tried_at < TRIAL_MS;
    return {
      // What came cannot be more than what was asked; a line that brings nothing leaves nothing.
      budget_bps: Math.min(look.rate_bps, asked_bps) * SHARE,
      bad: 0,
      good_from: now,
      wait_ms: failed ? Math.min(line.wait_ms * 2, GOOD_MAX_MS) : line.wait_ms,
      tried_at: null,
      filled: true
    };
  }
  const next = { ...line, bad: 0 };
  // An attempt that lasted is no attempt any more, and the line is as good as any again.
  if (line.tried_at !== null && now - line.tried_at >= TRIAL_MS) Object.assign(next, { tried_at: null, wait_ms: GOOD_MS });
  if (line.budget_bps === null || now - line.good_from < line.wait_ms) return next;
  const grown = Math.max(line.budget_bps, asked_bps, BEGIN_BPS / 2) * GROWTH;
  return { ...next, budget_bps: grown >= wished_bps * GROWTH ? null : grown, good_from: now, tried_at: now };
}

/** A tile as the budget sees it. */
export interface Tile {
  /** What the page would show if it cost nothing. */
  wish: Rung;
  /** What somebody chose for it, which is not weighed. */
  hand: Hand;
  /** Whether somebody looks at this one most. */
  chosen: boolean;
  /** Which layers its camera has. */
  has: readonly Rung[];
  /** What each costs, where it was measured. */
  cost: Partial<Record<Rung, number>>;
}

/** What a rung of a tile costs; what nobody has measured is guessed and never nothing. */
export function cost(tile: Tile, rung: Rung): number {
  return tile.cost[rung] ?? COST_GUESS[rung];
}

function wished(tile: Tile): Rung {
  const wish = tile.hand === 'auto' ? tile.wish : tile.hand;
  if (tile.has.includes(wish)) return wish;
  // A camera with one layer has that one, whichever it is called.
  return tile.has.find((rung) => rung !== 'stills') ?? 'stills';
}

/** The rung of one tile, and why it is not the wished one. */
export interface Place {
  rung: Rung;
  why: Why | null;
}

/**
 * Places all tiles of a page. Hand choices first, whatever they cost; then the chosen tile,
 * then the others in their order, each as high as the rest of the budget lets it, still
 * pictures for all who follow being kept back.
 */
export function allot(line: Line, tiles: readonly Tile[]): Place[] {
  const budget = line.budget_bps;
  if (budget === null) return tiles.map((tile) => ({ rung: wished(tile), why: null }));
  const rows = tiles.map((tile, at) => ({ tile, at }));
  let left = budget;
  let waiting = tiles.filter((tile) => tile.hand === 'auto').length;
  let served = false;
  const placed = rows
    .sort((a, b) => rank(a.tile) - rank(b.tile) || a.at - b.at)
    .map(({ tile, at }) => {
      const best = wished(tile);
      let rung = best;
      let why: Why | null = null;
      if (tile.hand === 'auto') {
        waiting--;
        const spare = left - waiting * COST_GUESS.stills;
        rung = rungs.slice(rungs.indexOf(best)).find((each) => each === 'stills' || (tile.has.includes(each) && cost(tile, each) <= spare)) ?? 'stills';
        const alone = cost(tile, best) <= budget;
        if (rung !== best) why = !line.filled ? 'begun' : served && alone ? 'shared' : 'slow';
      }
      left -= cost(tile, rung);
      served = true;
      return { at, place: { rung, why } };
    });
  return placed.sort((a, b) => a.at - b.at).map(({ place }) => place);
}

function rank(tile: Tile): number {
  return tile.hand !== 'auto' ? 0 : tile.chosen ? 1 : 2;
}

/** What all tiles cost as they are placed, and as they are wished. */
export function costs(tiles: readonly Tile[], places: readonly Place[]): { asked: number; wished: number } {
  let asked = 0;
  let dear = 0;
  tiles.forEach((tile, at) => {
    asked += cost(tile, places[at]?.rung ?? 'stills');
    dear += cost(tile, wished(tile));
  });
  return { asked, wished: dear };
}
