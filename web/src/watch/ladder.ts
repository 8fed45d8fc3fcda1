// Which picture a tile gets: the main stream, the small one or stills. One line carries all
// tiles of a page, so they share one budget. Down at once, up after a while of good; a hand
// choice wins. Pure: facts and the hour come in, rungs and reasons go out.

import { poor, type Hint } from './hint';

/** From the dearest to the cheapest. */
export const rungs = ['main', 'sub', 'stills'] as const;
export type Rung = (typeof rungs)[number];
/** What somebody asks for by hand; `auto` leaves it to the line. */
export type Hand = 'auto' | Rung;

/** How often a viewing is measured: shorter spans hold too few packets to tell a share of loss. */
export const LOOK_MS = 1_000;
/** Radio loses two or three packets of a hundred and repair brings them back; beyond this a queue overflows. */
export const LOSS_MAX = 0.06;
/** Pictures that all come later than the line's best by this much stand in a queue that does not empty. */
export const BEHIND_MAX_MS = 400;
/** A round trip longer than the line's shortest by this much is the same queue, seen from the other side. */
export const RTT_RISE_MS = 400;
/** A round trip that no line has at rest: one over a geostationary satellite takes 600 to 800 ms. */
export const RTT_MAX_MS = 1_500;
/** Octets come and no picture is whole: longer than a repair takes, shorter than BEKU is said. */
export const STALL_MS = 1_500;
/** A picture that stood for half of each second is worse than a small one that moves. */
export const FROZE_MAX_MS = 500;
/** So many bad looks in a row: one lost packet, or one key frame in the queue, does nothing. */
export const BAD_LOOKS = 2;
/** So long it has to be good before more is asked: shorter, and a line at its limit swings. */
export const GOOD_MS = 10_000;
/** The longest wait after attempts that failed; each of them costs a viewer some bad seconds. */
export const GOOD_MAX_MS = 160_000;
/** More that goes wrong so soon after it was asked for was too much. */
export const TRIAL_MS = 12_000;
/** After a change a viewing says nothing yet: the first key frame and what was queued before pass first. */
export const SETTLE_MS = 3_000;
/** Of what a full line delivered so much is asked for; the rest lets its queue empty. */
export const SHARE = 0.85;
/** An estimate is of its hour: after each good while so much more is thought possible. */
export const GROWTH = 1.5;
/** Bits a second of what nobody measured or told yet: what most cameras are set to, and never nothing. */
export const COST_GUESS: Readonly<Record<Rung, number>> = { main: 2_000_000, sub: 500_000, stills: 60_000 };
/** A page that was farther away than this is not on the same campus; it begins small. */
export const FAR_MS = 70;
/** A browser guesses its downlink from whatever it loaded, small files too; only a very small guess says something. */
export const NARROW_MBPS = 0.5;
/** Stills tell of a line too: one that comes so fast leaves room, one that takes so long does not. */
export const STILL_FAST_MS = 1_000;
export const STILL_SLOW_MS = 3_000;

/** What the line did to a picture. */
export type Trouble = 'loss' | 'late' | 'stalled';
/** Why a rung is not the wished one. */
export type Why = Trouble | 'narrow' | 'begun' | 'shared' | 'saver' | 'poor' | 'browser' | 'noway' | 'codec';
/** The reasons for which stills are small too: the line carries little, or is to. */
export const narrow: ReadonlySet<Why> = new Set<Why>(['loss', 'late', 'stalled', 'narrow', 'shared', 'saver', 'poor']);

/** One viewing in its last second; null where nothing could be measured. */
export interface Sample {
  /** Share of packets that did not come at first. */
  loss: number | null;
  rtt_ms: number | null;
  /** How much longer than the shortest of this line that is. */
  rtt_rise_ms: number | null;
  /** The least that any picture of this second came later than the best of the line. */
  behind_ms: number | null;
  /** Age of the newest picture. */
  age_ms: number | null;
  /** How long pictures stood in this second. */
  froze_ms: number | null;
  /** Bits a second that came. */
  bps: number | null;
}

/** A viewing, or stills, that told nothing. */
export const nothing: Sample = { loss: null, rtt_ms: null, rtt_rise_ms: null, behind_ms: null, age_ms: null, froze_ms: null, bps: null };

/** What is wrong with a second of a picture; null when nothing is known to be. */
export function trouble(s: Sample): Trouble | null {
  if (s.loss !== null && s.loss > LOSS_MAX) return 'loss';
  if ((s.behind_ms ?? 0) > BEHIND_MAX_MS || (s.rtt_rise_ms ?? 0) > RTT_RISE_MS || (s.rtt_ms ?? 0) > RTT_MAX_MS) return 'late';
  // Without octets it is silence, which is no question of rungs.
  if ((s.bps ?? 0) > 0 && (s.age_ms ?? 0) > STALL_MS) return 'stalled';
  return (s.froze_ms ?? 0) > FROZE_MAX_MS ? 'stalled' : null;
}

/** A still as a sample of its line; null where it says neither that there is room nor that there is none. */
export function stillSample(took_ms: number, octets: number | null): Sample | null {
  if (octets === null || took_ms > STILL_SLOW_MS) return { ...nothing, behind_ms: Math.max(took_ms, STILL_SLOW_MS) };
  return took_ms > STILL_FAST_MS ? null : { ...nothing, behind_ms: 0, bps: null };
}

/** How long it has been good, and how patient one has become. */
export interface Patience {
  bad: number;
  good_from: number;
  wait_ms: number;
  /** When more was last asked for; null when that has lasted or failed. */
  tried_at: number | null;
}
export function patient(now: number): Patience {
  return { bad: 0, good_from: now, wait_ms: GOOD_MS, tried_at: null };
}

/** An attempt at more failed: the next one waits twice as long. */
export function missed(p: Patience, now: number): Patience {
  return { bad: 0, good_from: now, wait_ms: Math.min(p.wait_ms * 2, GOOD_MAX_MS), tried_at: null };
}

/** One more look, and whether it is time to ask for less or for more. */
export function feel(p: Patience, isBad: boolean, now: number): { patience: Patience; say: 'less' | 'more' | 'same' } {
  if (isBad) {
    const bad = p.bad + 1;
    if (bad < BAD_LOOKS) return { patience: { ...p, bad, good_from: now }, say: 'same' };
    const failed = p.tried_at !== null && now - p.tried_at < TRIAL_MS;
    return { patience: failed ? missed(p, now) : { ...p, bad: 0, good_from: now, tried_at: null }, say: 'less' };
  }
  const lasted = p.tried_at !== null && now - p.tried_at >= TRIAL_MS;
  const patience: Patience = { ...p, bad: 0, ...(lasted ? { tried_at: null, wait_ms: GOOD_MS } : {}) };
  if (now - p.good_from < patience.wait_ms) return { patience, say: 'same' };
  return { patience: { ...patience, good_from: now }, say: 'more' };
}

/** What a page knows of its line. */
export interface Line {
  patience: Patience;
  /** What may be asked of it; null while nothing says that it is narrow. */
  budget_bps: number | null;
  /** What it did when it was last full, or that it was measured and has no room for more. */
  why: Trouble | 'narrow' | null;
  /** The best rung of a page that begins carefully. */
  cap: Rung;
  /** Until then looks are of what was before. */
  until: number;
}

/** The line before the first picture. */
export function begin(hint: Hint, now: number): Line {
  const far = hint.kind === '3g' || (hint.rtt_ms ?? 0) > FAR_MS || (hint.downlink !== null && hint.downlink < NARROW_MBPS);
  return { patience: patient(now), budget_bps: null, why: null, cap: far || poor(hint) ? 'sub' : 'main', until: 0 };
}

/** A tile as the line sees it. */
export interface Tile {
  /** What the page would show if it cost nothing. */
  wish: Rung;
  /** Why the wish is what it is, where it is less than a page of its kind has. */
  because: 'saver' | 'poor' | 'codec' | null;
  hand: Hand;
  /** Whether somebody looks at this one most. */
  chosen: boolean;
  /** Which layers its camera has. */
  has: readonly Rung[];
  /** What each costs, where measured or told. */
  cost: Partial<Record<Rung, number | null>>;
  /** Why no stream can come at all. */
  barred: 'browser' | 'noway' | null;
  /** What is wrong with this camera alone. */
  own: Own;
}

/** A tile whose picture is bad while those beside it are good: its camera's own line. */
export interface Own {
  patience: Patience;
  cap: Rung;
  why: Trouble | null;
}
export function unhindered(now: number): Own {
  return { patience: patient(now), cap: 'main', why: null };
}

/** The rung of a tile, and why it is not what was wished. */
export interface Place {
  rung: Rung;
  why: Why | null;
}

/** What a rung of a tile costs; what nobody knows is guessed and is never nothing. */
export function cost(tile: Pick<Tile, 'cost'>, rung: Rung): number {
  return tile.cost[rung] || COST_GUESS[rung];
}

function lower(a: Rung, b: Rung): Rung {
  return rungs.indexOf(a) > rungs.indexOf(b) ? a : b;
}
function below(rung: Rung): Rung {
  return rung === 'main' ? 'sub' : 'stills';
}
/** The rung itself or the next one down that a camera has; of one with a single layer that one. */
function had(rung: Rung, has: readonly Rung[]): Rung {
  if (rung === 'stills') return rung;
  return rungs.slice(rungs.indexOf(rung)).find((each) => has.includes(each)) ?? has.find((each) => each !== 'stills') ?? 'stills';
}
function wished(tile: Tile): Rung {
  return had(tile.hand === 'auto' ? tile.wish : tile.hand, tile.has);
}

/** What all tiles cost where they are. */
export function asked(tiles: readonly Tile[], places: readonly Place[]): number {
  return tiles.reduce((sum, tile, at) => sum + cost(tile, places[at]?.rung ?? 'stills'), 0);
}

/**
 * Places all tiles of a page: hand choices first, whatever they cost; then the chosen tile,
 * then the others in their order, each as high as what is left lets it while stills for all
 * who follow are kept back.
 */
export function allot(line: Line, tiles: readonly Tile[]): Place[] {
  const rank = (tile: Tile) => (tile.hand !== 'auto' ? 0 : tile.chosen ? 1 : 2);
  const order = tiles.map((tile, at) => ({ tile, at })).sort((a, b) => rank(a.tile) - rank(b.tile) || a.at - b.at);
  const places: Place[] = tiles.map(() => ({ rung: 'stills', why: null }));
  let left = line.budget_bps ?? Infinity;
  let behind = tiles.filter((tile) => tile.hand === 'auto').length;
  let others = false;
  for (const { tile, at } of order) {
    const wish = wished(tile);
    let place: Place = { rung: wish, why: tile.hand === 'auto' ? tile.because : null };
    if (tile.hand === 'auto') behind--;
    if (tile.barred && wish !== 'stills') place = { rung: 'stills', why: tile.barred };
    else if (tile.hand === 'auto') {
      const begun = had(lower(wish, line.cap), tile.has);
      if (begun !== place.rung) place = { rung: begun, why: 'begun' };
      const own = lower(place.rung, tile.own.cap);
      if (own !== place.rung) place = { rung: own === 'stills' ? own : had(own, tile.has), why: tile.own.why };
      const spare = left - behind * COST_GUESS.stills;
      const fits = rungs.slice(rungs.indexOf(place.rung)).find((each) => each === 'stills' || (tile.has.includes(each) && cost(tile, each) <= spare)) ?? 'stills';
      if (fits !== place.rung) place = { rung: fits, why: others && cost(tile, place.rung) <= (line.budget_bps ?? 0) ? 'shared' : (line.why ?? 'late') };
    }
    places[at] = place;
    left -= cost(tile, place.rung);
    others = true;
  }
  return places;
}

/** Whether a place asks more of the line than another. */
export function higher(a: Rung, b: Rung): boolean {
  return rungs.indexOf(a) < rungs.indexOf(b);
}

/** A page in its last second. */
export interface Felt {
  line: Line;
  own: Own[];
  places: Place[];
  /** Bits a second of which somebody should find out whether the line has room for them; null when nothing hangs on it. */
  asks: number | null;
}

/** A line of which a while was good: its cap is gone, and more of it is thought possible. */
function grown(line: Line, tiles: readonly Tile[], places: readonly Place[]): Line {
  const best = tiles.map((tile): Place => ({ rung: wished(tile), why: null }));
  const budget = line.budget_bps === null ? null : Math.max(line.budget_bps, asked(tiles, places)) * GROWTH;
  const narrow = budget !== null && budget < asked(tiles, best) * GROWTH;
  return { ...line, cap: 'main', budget_bps: narrow ? budget : null, why: narrow ? line.why : null };
}
function risen(before: readonly Place[], after: readonly Place[]): boolean {
  return after.some((place, at) => before[at] && higher(place.rung, before[at].rung));
}
/** More was asked of a line, and whether it carries it is not known yet. */
function tried(line: Line, now: number): Line {
  return { ...line, until: now + SETTLE_MS, patience: { ...line.patience, tried_at: now, good_from: now } };
}

/**
 * What follows from a measurement that somebody made for a page that asked: so much came
 * beside what comes already, or nothing could be found out. A picture is not made old to
 * learn that a larger one does not fit.
 */
export function found(line: Line, tiles: readonly Tile[], places: readonly Place[], room_bps: number | null, now: number): Felt {
  const own = tiles.map((tile) => tile.own);
  const said = (line: Line): Felt => {
    const after = allot(line, tiles);
    return { line: risen(places, after) ? tried(line, now) : { ...line, until: now + SETTLE_MS }, own, places: after, asks: null };
  };
  if (room_bps === null) return said({ ...line, patience: missed(line.patience, now) });
  const more = grown(line, tiles, places);
  const whole = (asked(tiles, places) + room_bps) * SHARE;
  if (whole >= asked(tiles, allot(more, tiles))) return said(more);
  return said({ ...line, cap: 'main', budget_bps: whole, why: 'narrow', patience: missed(line.patience, now) });
}

/**
 * One look at a page: what each tile measured (null where it has nothing to say now), and
 * where all stood. A line is bad when at least half of those who measured say so.
 */
export function look(line: Line, tiles: readonly Tile[], places: readonly Place[], samples: readonly (Sample | null)[], now: number): Felt {
  const own = tiles.map((tile) => tile.own);
  const spoke = samples.flatMap((sample, at) => (sample && tiles[at] ? [{ at, sample, bad: trouble(sample) }] : []));
  if (now < line.until || spoke.length === 0) return { line, own, places: allot(line, tiles), asks: null };
  const bad = spoke.filter((each) => each.bad !== null);
  const shared = bad.length * 2 >= spoke.length && bad.length > 0;

  let next = line;
  let asks: number | null = null;
  const { patience, say } = feel(line.patience, shared, now);
  next = { ...next, patience };
  if (say === 'less') {
    const came = spoke.reduce((sum, { sample }) => sum + (sample.bps ?? 0), 0);
    next = { ...next, budget_bps: Math.min(came, asked(tiles, places)) * SHARE, why: bad[0]?.bad ?? null, until: now + SETTLE_MS };
  } else if (say === 'more') {
    const more = grown(next, tiles, places);
    const after = allot(more, tiles);
    // A line that began carefully, or was full once, is measured first.
    if (risen(places, after) && (line.cap !== 'main' || line.budget_bps !== null)) asks = asked(tiles, after);
    else next = more;
  }

  for (const { at, bad: wrong } of spoke) {
    const tile = tiles[at]!;
    const felt = feel(tile.own.patience, wrong !== null && !shared, now);
    const stands = places[at]?.rung ?? 'stills';
    let mine: Own = { ...tile.own, patience: felt.patience };
    if (felt.say === 'less' && stands !== 'stills') mine = { ...mine, cap: had(below(stands), tile.has.filter((each) => higher(stands, each))), why: wrong };
    if (felt.say === 'more' && mine.cap !== 'main') {
      mine = { ...mine, cap: mine.cap === 'stills' && tile.has.includes('sub') ? 'sub' : 'main' };
      mine.patience = { ...mine.patience, tried_at: now };
    }
    own[at] = mine;
  }

  const after = allot(next, tiles.map((tile, at) => ({ ...tile, own: own[at] ?? tile.own })));
  if (say !== 'less' && risen(places, after)) next = tried(next, now);
  return { line: next, own, places: after, asks };
}

/** How far pictures come behind the best of a line: it forgets slowly, since two clocks drift apart. */
export class Behind {
  /** The best of each half minute, newest last. */
  #best: number[] = [];
  #from = 0;
  #least: number | null = null;
  #last: number | null = null;
  static readonly SPAN_MS = 30_000;
  static readonly SPANS = 4;
  /** A clock that jumps by more than this is another clock. */
  static readonly JUMP_MS = 30_000;

  /** A picture of that time of its own (90 kHz, 32 bits) arrived then. */
  came(rtp: number, at: number): void {
    let late = at - rtp / 90;
    const turn = 2 ** 32 / 90;
    if (this.#last !== null) {
      late += Math.round((this.#last - late) / turn) * turn;
      if (Math.abs(late - this.#last) > Behind.JUMP_MS) {
        this.#best = [];
        this.#least = null;
      }
    }
    this.#last = late;
    if (this.#best.length === 0 || at - this.#from > Behind.SPAN_MS) {
      this.#best = [...this.#best, late].slice(-Behind.SPANS);
      this.#from = at;
    }
    const newest = this.#best.length - 1;
    this.#best[newest] = Math.min(this.#best[newest] ?? late, late);
    this.#least = Math.min(this.#least ?? late, late);
  }
  /** The least of the last look, and a new look; null when no picture came. */
  look(): number | null {
    const found = this.#least === null ? null : this.#least - Math.min(...this.#best);
    this.#least = null;
    return found;
  }
}
