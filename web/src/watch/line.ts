// The line of a page: one supervisor for all its pictures. Four times a second it looks
// round; once a second it measures, and gives every tile its rung out of one budget.
import { api, take } from '$api/client.svelte';
import { hint, network } from './hint';
import { allot, begin, found, look, LOOK_MS, missed, SETTLE_MS, unhindered, type Hand, type Line, type Own, type Place, type Rung, type Tile } from './ladder';
import type { Player } from './player';
import { room } from './room';
import { ASK_MS } from './supervise';

/** How often the supervisor looks round. */
const ROUND_MS = 250;
/** A tile out of sight for this long leaves; short scrolling does not. */
export const UNSEEN_MS = 1_500;

/** What a page wishes for a tile; the rest its player knows. */
export interface Wish {
  wish: Rung;
  because: Tile['because'];
  hand: Hand;
  chosen: boolean;
  has: readonly Rung[];
  /** Bits a second that the house pulls of each layer now. */
  told: Partial<Record<Rung, number | null>>;
}
interface Member {
  wish: Wish;
  own: Own;
  /** Bits a second that came of each layer here, the most of late. */
  seen: Partial<Record<Rung, number>>;
}

const wishes = new WeakMap<Player, Member>();
const players = new Set<Player>();
let line: Line | null = null;
let round: ReturnType<typeof setInterval> | undefined;
let measured = 0;
let measuring = false;
/** Whether somebody finds out whether the line has room for more: what comes meanwhile says nothing of it. */
let asking = false;

function theLine(): Line {
  return (line ??= begin(hint(), performance.now()));
}
/** Tiles in the order in which they stand on the page. */
function inOrder(): Player[] {
  return [...players].sort((a, b) => (a.video.compareDocumentPosition(b.video) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
}
function member(player: Player): Member {
  let found = wishes.get(player);
  if (!found) wishes.set(player, (found = { wish: { wish: 'sub', because: null, hand: 'auto', chosen: false, has: ['main', 'sub'], told: {} }, own: unhindered(performance.now()), seen: {} }));
  return found;
}
function tileOf(player: Player, now: number): Tile {
  const { wish, own, seen } = member(player);
  const cost = (rung: Rung) => Math.max(seen[rung] ?? 0, wish.told[rung] ?? 0) || null;
  return { ...wish, own, barred: player.barred(now), cost: { main: cost('main'), sub: cost('sub'), stills: cost('stills') } };
}

/** Says what a page wishes for a tile; it is placed anew at once. */
export function wishFor(player: Player, wish: Wish): void {
  member(player).wish = wish;
  if (players.has(player)) retold();
}
/** Where a tile begins that nothing was measured of yet. */
export function firstPlace(wish: Wish): Place {
  const tile: Tile = { ...wish, own: unhindered(0), barred: null, cost: wish.told };
  return allot({ ...theLine(), budget_bps: null }, [tile])[0] ?? { rung: 'stills', why: null };
}
/** Places all tiles anew after something was chosen or became possible. */
export function retold(): void {
  const now = performance.now();
  const all = inOrder();
  give(all, allot(theLine(), all.map((player) => tileOf(player, now))));
}
function give(all: Player[], places: Place[]): void {
  all.forEach((player, at) => places[at] && player.want(places[at]));
}

/** More was asked for a tile and did not come: it keeps what it has, and the next attempt waits. */
export function unmet(player: Player, now: number, stands: 'sub' | 'stills'): void {
  const mine = member(player);
  mine.own = { cap: stands, why: 'late', patience: missed(mine.own.patience, now) };
  retold();
}

/** When the newest picture of a camera came to the house, by its clock; null when the house does not answer in time. */
export async function newestOf(camera: string): Promise<number | null> {
  try {
    const found = await take(api.GET('/api/v1/cameras/{camera}', { params: { path: { camera } }, signal: AbortSignal.timeout(ASK_MS), cache: 'no-store' }));
    return found.state.newest_us;
  } catch {
    return null;
  }
}

async function measure(): Promise<void> {
  if (measuring) return;
  measuring = true;
  try {
    const all = inOrder();
    await Promise.all(all.map((player) => player.measure(SETTLE_MS)));
    const now = performance.now();
    const here = all.filter((player) => players.has(player));
    for (const player of here) {
      const { bps } = player.sample ?? {};
      const { seen } = member(player);
      // The most of late: a still scene costs little until something moves in it.
      if (bps && player.rung && player.rung !== 'stills') seen[player.rung] = Math.max(bps, (seen[player.rung] ?? 0) * 0.98);
    }
    const places = here.map((player): Place => player.place);
    if (asking) return;
    const felt = look(theLine(), here.map((player) => tileOf(player, now)), places, here.map((player) => player.sample), now);
    line = felt.line;
    here.forEach((player, at) => (member(player).own = felt.own[at] ?? member(player).own));
    give(here, felt.places);
    if (felt.asks !== null) void ask(felt.asks);
  } finally {
    measuring = false;
  }
}

/** Has the line measured before more is asked of it. */
async function ask(needs_bps: number): Promise<void> {
  asking = true;
  try {
    const bps = await room(needs_bps);
    const now = performance.now();
    const all = inOrder();
    const felt = found(theLine(), all.map((player) => tileOf(player, now)), all.map((player): Place => player.place), bps, now);
    line = felt.line;
    give(all, felt.places);
  } finally {
    asking = false;
  }
}

/** Takes a player into the round. */
export function attend(player: Player): void {
  players.add(player);
  if (round !== undefined) return;
  round = setInterval(() => {
    const now = performance.now();
    for (const each of players) each.look(now);
    if (now - measured < LOOK_MS) return;
    measured = now;
    void measure();
  }, ROUND_MS);
  addEventListener('online', moved);
  network()?.addEventListener('change', moved);
  addEventListener('pagehide', leaveAll);
  document.addEventListener('visibilitychange', seen);
}

export function letGo(player: Player): void {
  players.delete(player);
  if (players.size > 0) return;
  clearInterval(round);
  round = undefined;
  removeEventListener('online', moved);
  network()?.removeEventListener('change', moved);
  removeEventListener('pagehide', leaveAll);
  document.removeEventListener('visibilitychange', seen);
}

function moved(): void {
  const now = performance.now();
  for (const each of players) each.moved(now);
}
function leaveAll(): void {
  for (const each of players) each.hangUp();
}
function seen(): void {
  if (document.visibilityState === 'visible') for (const each of players) each.nudge();
}
