// Brings what the phone has kept to the house: one after the other, each once, whatever is
// lost on the way. The store and the line are handed in.
import { Problem } from '$api/problem';
import { accepted, bodyOf, keyOf, knewOf, knownOf, next, passes, refused, unheard, type Answers, type Elsewhere, type Entry, type StepBody, type Told } from './outbox';

/** The line to the house. Each call throws the `Problem` that came of it. */
export interface Wire {
  /** Whose session it is; null: nobody's any more. */
  who(): Promise<string | null>;
  photo(point: string, octets: ArrayBuffer): Promise<string>;
  step(point: string, key: string, body: StepBody): Promise<Told>;
  claim(point: string, key: string, code: string): Promise<Told>;
  /** What was said of a point. */
  look(point: string): Promise<Elsewhere>;
}

/** What the phone keeps. A write is on the disk when it returns. */
export interface Shelf {
  entries(): Promise<Entry[]>;
  put(entry: Entry): Promise<void>;
  photo(id: string): Promise<ArrayBuffer | null>;
  /** The house has said this of a point. */
  told(point: Told): Promise<void>;
}

/** The clocks, and what the phone adds to a note. */
export interface Means {
  now_ms(): number;
  /** What the house's clock has more than the phone's. */
  skew_ms(): number;
  words(answers: Answers): string;
}

/** How a round ended. */
export type End =
  | { end: 'done' }
  /** Nobody answered, or the house is busy; `after_ms` is how long it asks to wait. */
  | { end: 'unheard'; tries: number; after_ms: number | null; problem: Problem }
  /** Somebody has to log in. */
  | { end: 'nobody' };

/** What the line says; what the phone itself fails at is no word of the house. */
function problemOf(failure: unknown): Problem {
  if (failure instanceof Problem) return failure;
  throw failure;
}

function kept(problem: Problem): NonNullable<Entry['problem']> {
  const { status, slug, title, detail, fields, request } = problem;
  return { status, slug, title, detail, fields: fields.map(({ name, why }) => ({ name, why })), request };
}

/** Sends what can be sent, until nothing is left or somebody has to wait. */
export async function send(wire: Wire, shelf: Shelf, means: Means): Promise<End> {
  // Asked anew each time: on one phone several people log in, and nothing is sent under
  // another name than that of who has saved it.
  let person: string | null;
  try {
    person = await wire.who();
  } catch (failure) {
    return { end: 'unheard', tries: 1, after_ms: null, problem: problemOf(failure) };
  }
  if (person === null) return { end: 'nobody' };
  for (;;) {
    const entries = await shelf.entries();
    const entry = next(entries, person);
    if (!entry) return { end: 'done' };
    const ended = await one(entry, entries, wire, shelf, means);
    if (ended) return ended;
  }
}

/** One entry, as far as it comes; says how the round ends where it does. */
async function one(before: Entry, entries: readonly Entry[], wire: Wire, shelf: Shelf, means: Means): Promise<End | null> {
  let entry = before;
  const put = async (changed: Entry) => {
    entry = changed;
    await shelf.put(changed);
  };
  try {
    const { photo, code } = entry.answers;
    if (photo && !entry.photo_sent) {
      const octets = await shelf.photo(entry.id);
      if (!octets) throw new Problem(0, 'photo-lost', '', '');
      const hash = await wire.photo(entry.point, octets);
      if (hash !== photo) throw new Problem(422, 'photo-other', '', `${hash} ${photo}`);
      await put({ ...entry, photo_sent: true });
    }
    // What is sent is written down before it is: a phone that dies now sends the same
    // again, under the same key.
    if (entry.what === 'code') {
      await put({ ...entry, standing: 'sent' });
      const told = await wire.claim(entry.point, keyOf(entry), code ?? '');
      await shelf.told(told);
      await put(accepted(entry, null, means.now_ms()));
    } else {
      const body = entry.body ?? bodyOf(entry, knewOf(entry, entries), means.skew_ms(), means.now_ms() + means.skew_ms(), means.words);
      await put({ ...entry, body, standing: 'sent' });
      const told = await wire.step(entry.point, keyOf(entry), body);
      await shelf.told(told);
      await put(accepted(entry, knownOf(told), means.now_ms()));
    }
    return null;
  } catch (failure) {
    const problem = problemOf(failure);
    if (problem.slug === 'photo-lost') {
      await put(refused(entry, kept(problem), null, means.now_ms()));
      return null;
    }
    if (passes(problem)) {
      await put(unheard(entry));
      if (problem.status === 401) return { end: 'nobody' };
      const after_ms = problem.retryAfter_s === null ? null : problem.retryAfter_s * 1000;
      return { end: 'unheard', tries: entry.tries, after_ms, problem };
    }
    let elsewhere: Elsewhere | null = null;
    if (problem.status === 409 && entry.what !== 'code') {
      try {
        elsewhere = await wire.look(entry.point);
        await shelf.told(elsewhere.told);
      } catch (second) {
        // The refusal is not told without what it rests on: it comes again.
        await put(unheard(entry));
        return { end: 'unheard', tries: entry.tries, after_ms: null, problem: problemOf(second) };
      }
    }
    await put(refused(entry, kept(problem), elsewhere, means.now_ms()));
    return null;
  }
}
