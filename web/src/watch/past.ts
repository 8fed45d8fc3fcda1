// Which time a place of a film of the past is, and where in it nothing came.
import type { Look } from '$api/model';

/** When the picture at a place of the film had arrived, ms since 1970. */
export function timeAt(marks: Look['marks'], film_ms: number): number | null {
  let last = marks[0];
  for (const mark of marks) {
    if (mark.film_ms > film_ms) break;
    last = mark;
  }
  return last ? last.at_us / 1000 + Math.max(0, film_ms - last.film_ms) : null;
}

/** Where the film is at a time, ms from its beginning. */
export function filmAt(marks: Look['marks'], at_ms: number): number {
  let last = marks[0];
  for (const mark of marks) {
    if (mark.at_us / 1000 > at_ms) break;
    last = mark;
  }
  return last ? last.film_ms + Math.max(0, at_ms - last.at_us / 1000) : 0;
}

/** The time without pictures in which a place of the film lies; its first picture still shows. */
export function gapAt(gaps: Look['gaps'], film_ms: number): Look['gaps'][number] | null {
  return gaps.find((gap) => film_ms > gap.film_from_ms + STILL_MS && film_ms < gap.film_to_ms) ?? null;
}

/** So long the last picture before a gap is one that was to be seen. */
const STILL_MS = 500;
