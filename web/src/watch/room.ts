// How much room a line has beside what comes already: the house is asked for octets that
// nothing can make fewer, and the second half of them is timed, since the first is spent
// on finding out how fast they may come.
import { bytes } from '$api/client.svelte';
import { hint } from './hint';

/** For so long octets are to come on a line that has just the room asked for. */
const SPAN_MS = 350;
/** A far line needs some round trips before it is full: it is asked for as many octets as these take. */
const ROUNDS = 3;
/** The most octets that the house gives at once (crates/hall/src/http/speed.rs), and the least that tell something. */
const MOST = 512 * 1024;
const LEAST = 32 * 1024;
/** A line that takes longer has no room. */
const PATIENCE_MS = 4_000;

/** How many octets tell whether there is room for so many bits a second. */
export function octetsFor(needs_bps: number, rtt_ms: number | null): number {
  const span = Math.max(SPAN_MS, ROUNDS * (rtt_ms ?? 0));
  return Math.round(Math.min(MOST, Math.max(LEAST, (needs_bps / 8_000) * span)));
}

/** Bits a second of the second half of what came, asked for at `began`; of all of it where it came in one piece. */
export function rate(began: number, came: readonly { at: number; octets: number }[]): number | null {
  const last = came.at(-1);
  const half = last && came.find((each) => each.octets * 2 >= last.octets);
  if (!last || !half) return null;
  if (last.at - half.at < 1) return (last.octets * 8_000) / Math.max(1, last.at - began);
  return ((last.octets - half.octets) * 8_000) / (last.at - half.at);
}

/** Bits a second that there is room for, 0 where it takes too long; null when it cannot be found out. */
export async function room(needs_bps: number): Promise<number | null> {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), PATIENCE_MS);
  const began = performance.now();
  try {
    const answer = await bytes(`/api/v1/line?octets=${octetsFor(needs_bps, hint().rtt_ms)}`, stop.signal);
    const reader = answer.body?.getReader();
    if (!reader) return null;
    const came: { at: number; octets: number }[] = [];
    let octets = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      octets += next.value.length;
      came.push({ at: performance.now(), octets });
    }
    return rate(began, came);
  } catch {
    return stop.signal.aborted ? 0 : null;
  } finally {
    clearTimeout(late);
  }
}
