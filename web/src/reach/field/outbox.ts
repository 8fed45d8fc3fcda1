// What a phone has kept for the house, and what is to be done with it next. Pure: what the
// house said goes in, the entry as it is from then on comes out; `sender.ts` does it.
import type { Problem } from '$api/problem';
import type { Fix, NoFix } from './place';
import { fits, type Cause, type Gone, type Stage } from './way';

/** Where an entry stands. */
export type Standing =
  /** Saved on this phone, and nowhere else. */
  | 'saved'
  /** It is on its way; the house has not answered yet. */
  | 'sent'
  /** The house has it. */
  | 'accepted'
  /** The house does not take it as it is. */
  | 'refused'
  /** The house knows more of the point than the phone did. */
  | 'conflict'
  /** A person has put it away, with the reason. */
  | 'discarded';

/** How far the point had come, as the house said it. */
export interface Known {
  state: Stage;
  state_us: number | null;
}

/** What is sent of a step. */
export interface StepBody {
  to: Stage;
  happened_us: number;
  cause: Cause | null;
  photo: string | null;
  gps: { lat_deg: number; lon_deg: number } | null;
  serial: string | null;
  note: string | null;
  knew: Known | null;
}

/** What a person answered; a draft holds the same. */
export interface Answers {
  /** When it happened, by the phone's clock, in milliseconds; null: when it was begun. */
  when_ms: number | null;
  cause: Cause | null;
  /** SHA-256 of the photograph that is kept under the entry's id. */
  photo: string | null;
  gps: Fix | null;
  /** Why there is no place, where one was asked for. */
  nogps: NoFix | null;
  serial: string;
  note: string;
  /** The code of a box, in its normal spelling. */
  code: string | null;
}

export const blank: Answers = { when_ms: null, cause: null, photo: null, gps: null, nogps: null, serial: '', note: '', code: null };

/** A checklist that is not finished. */
export interface Draft {
  /** The id of the entry that it becomes. */
  id: string;
  person: string;
  point: string;
  what: Stage | 'code';
  begun_ms: number;
  /** The how manyth question is on the screen. */
  at: number;
  answers: Answers;
}

/** What the house says of a point. */
export interface Told extends Known {
  id: string;
  site: string | null;
  retired_us: number | null;
}

/** What the house knows of a point where it and the phone differ. */
export interface Elsewhere {
  told: Told;
  /** The steps that count there. */
  steps: (Gone & { said_us: number; by: string })[];
}

/** One thing to be told to the house. */
export interface Entry {
  /** UUID; the idempotency key is made of it. */
  id: string;
  /** In the order in which they were saved. */
  order: number;
  /** Who has saved it: only this person's session sends it. */
  person: string;
  person_name: string;
  point: string;
  point_name: string;
  village: string;
  what: Stage | 'code';
  answers: Answers;
  /** When it was saved, by the phone's clock, in milliseconds. */
  saved_ms: number;
  begun_ms: number;
  /** How far the point had come when it was saved; or which entry came before it. */
  base: Known | { after: string };
  standing: Standing;
  /** The photograph lies in the house already. */
  photo_sent: boolean;
  /** What is sent, the same at each try: it was made at the first. */
  body: StepBody | null;
  /** How often the body was made anew; a key belongs to one body. */
  edition: number;
  /** The house may know more: a person has seen it and wants it said all the same. */
  anyway: boolean;
  /** How often nobody answered. */
  tries: number;
  problem: { status: number; slug: string; title: string; detail: string; fields: { name: string; why: string }[]; request: string | null } | null;
  elsewhere: Elsewhere | null;
  /** How far the point had come when the house took it. */
  left: Known | null;
  /** When it was accepted or put away, by the phone's clock, in milliseconds. */
  done_ms: number | null;
  /** Why it was put away. */
  why: string | null;
}

/** So many octets of a note are the person's; the rest is for what the phone adds. */
export const NOTE_MAX = 400;
/** Entries that are kept at most: a phone that is never near a line says so in time. */
export const ENTRIES_MAX = 500;
/** The first wait after nobody answered, and the longest, in milliseconds. */
const WAIT_MS = 4_000;
const WAIT_MAX_MS = 300_000;
/** So long what is done is still shown, in milliseconds. */
const SHOWN_MS = 14 * 86_400_000;

/** How far a point has come, of all that was told of it. */
export function knownOf({ state, state_us }: Known): Known {
  return { state, state_us };
}

/** Whether the house is still to be told. */
export function waits(entry: Entry): boolean {
  return entry.standing !== 'accepted' && entry.standing !== 'discarded';
}

/** Whether it goes by itself as soon as there is a line. */
export function goes(entry: Entry): boolean {
  return entry.standing === 'saved' || entry.standing === 'sent';
}

/** The key under which the house answers the same request alike. */
export function keyOf(entry: Entry): string {
  return entry.edition === 0 ? entry.id : `${entry.id}.${entry.edition}`;
}

/** The wait after so many tries, never in step with other phones; `random` is in [0, 1). */
export function wait(tries: number, random: number): number {
  return Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** Math.min(Math.max(0, tries - 1), 10)) * (0.75 + random / 2);
}

/**
 * What is sent next for a person: the oldest of each point, and none behind one of the
 * same point that waits for a decision.
 */
export function next(entries: readonly Entry[], person: string): Entry | null {
  const held = new Set<string>();
  for (const entry of [...entries].sort((a, b) => a.order - b.order)) {
    if (!waits(entry)) continue;
    if (goes(entry) && entry.person === person && !held.has(entry.point)) return entry;
    held.add(entry.point);
  }
  return null;
}

/** The entry of the same point that has to be decided first. */
export function before(entries: readonly Entry[], entry: Entry): Entry | null {
  return entries.find((other) => other.point === entry.point && other.order < entry.order && waits(other)) ?? null;
}

/** How far a point has come by what the house said and by what is on its way there. */
export function foreseen(state: Stage, entries: readonly Entry[], point: string): Stage {
  const waiting = entries.filter((entry) => entry.point === point && goes(entry));
  return waiting.reduce<Stage>((from, entry) => (entry.what === 'code' ? from : entry.what), state);
}

/** What a new entry rests on: the last of the same point that waits, else what the house said. */
export function baseOf(known: Known, entries: readonly Entry[], point: string): Known | { after: string } {
  const last = entries.filter((entry) => entry.point === point && entry.what !== 'code' && waits(entry)).at(-1);
  return last ? { after: last.id } : known;
}

/** How far the point had come as an entry knew it; null where nobody can say it any more. */
export function knewOf(entry: Entry, entries: readonly Entry[]): Known | null {
  let base = entry.base;
  for (let hops = 0; hops <= entries.length; hops += 1) {
    if (!('after' in base)) return base;
    const { after } = base;
    const one = entries.find((other) => other.id === after);
    if (!one) return null;
    if (one.left) return one.left;
    base = one.base;
  }
  return null;
}

/**
 * What is sent of a step. The phone's clock may be off: `skew_ms` is what the house's has
 * more, and nothing happens after now.
 */
export function bodyOf(entry: Entry, knew: Known | null, skew_ms: number, now_ms: number, words: (answers: Answers) => string): StepBody {
  if (entry.what === 'code') throw new Error('a code is no step');
  const { answers } = entry;
  const happened_ms = Math.min((answers.when_ms ?? entry.begun_ms) + skew_ms, now_ms);
  const said = [answers.note.trim(), words(answers)].filter(Boolean).join(' ');
  return {
    to: entry.what,
    happened_us: Math.floor(happened_ms) * 1000,
    cause: answers.cause,
    photo: answers.photo,
    gps: answers.gps ? { lat_deg: answers.gps.lat_deg, lon_deg: answers.gps.lon_deg } : null,
    serial: answers.serial.trim() || null,
    note: said || null,
    knew: entry.anyway ? null : knew
  };
}

/** Whether a person has shown anything by it. */
export function shows(answers: Answers): boolean {
  return answers.photo !== null || answers.gps !== null || answers.serial.trim() !== '' || answers.note.trim() !== '';
}

/** The house has it. */
export function accepted(entry: Entry, left: Known | null, now_ms: number): Entry {
  // The code lets a box in: a phone that is lost must not.
  return { ...entry, standing: 'accepted', left, problem: null, elsewhere: null, done_ms: now_ms, answers: { ...entry.answers, code: null } };
}

/** A person puts it away. */
export function discarded(entry: Entry, why: string, now_ms: number): Entry {
  return { ...entry, standing: 'discarded', why, done_ms: now_ms, answers: { ...entry.answers, code: null } };
}

/** A person has seen what the house knows, and wants it said all the same. */
export function anyway(entry: Entry): Entry {
  return { ...entry, standing: 'saved', anyway: true, body: null, edition: entry.edition + 1, problem: null, elsewhere: null, tries: 0 };
}

/** A person tries it again as it is. */
export function again(entry: Entry): Entry {
  return { ...entry, standing: 'saved', problem: null, tries: 0 };
}

/** Whether an answer is no answer about the thing: it is tried again by itself. */
export function passes(problem: Pick<Problem, 'status'>): boolean {
  return problem.status === 0 || problem.status === 401 || problem.status === 408 || problem.status === 429 || problem.status >= 500;
}

/** The house did not answer, or not about the thing. */
export function unheard(entry: Entry): Entry {
  return { ...entry, standing: 'saved', tries: entry.tries + 1 };
}

/** What the house wrote when it took this entry before, and the answer was lost. */
function written(entry: Entry, elsewhere: Elsewhere): boolean {
  const { body } = entry;
  return body !== null && elsewhere.steps.some((step) => step.to === body.to && step.happened_us === body.happened_us && step.by === entry.person);
}

/**
 * The house refused it. Where it knows more of the point, `elsewhere` says what; an entry
 * that stands there already was taken, and only the answer was lost.
 */
export function refused(entry: Entry, problem: NonNullable<Entry['problem']>, elsewhere: Elsewhere | null, now_ms: number): Entry {
  if (elsewhere && written(entry, elsewhere)) return accepted(entry, knownOf(elsewhere.told), now_ms);
  const moved = elsewhere !== null && ['step-moved', 'step', 'point-retired'].includes(problem.slug);
  return { ...entry, standing: moved ? 'conflict' : 'refused', problem, elsewhere: moved ? elsewhere : null };
}

/** Whether the house would take it as a report of what was before. */
export function stillFits(entry: Entry): boolean {
  const { body, elsewhere } = entry;
  return body !== null && elsewhere !== null && elsewhere.told.retired_us === null && fits(elsewhere.steps, body);
}

/** Entries that nobody needs to see any more: done long ago, and nothing rests on them. */
export function outlived(entries: readonly Entry[], now_ms: number): Entry[] {
  const needed = new Set(entries.filter(waits).flatMap((entry) => ('after' in entry.base ? [entry.base.after] : [])));
  return entries.filter((entry) => !waits(entry) && !needed.has(entry.id) && entry.done_ms !== null && now_ms - entry.done_ms > SHOWN_MS);
}
