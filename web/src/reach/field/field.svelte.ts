// What the phone's page knows at the moment: who, which work, what waits to be sent. All
// of it is read from what the phone keeps, so that it is there without a line.
import { asProblem } from '$api/client.svelte';
import { Problem } from '$api/problem';
import { me } from '$hall/session.svelte';
import { exact } from '$shell/time.svelte';

import { language, t } from '$shell/words.svelte';
import { number, clock } from '$shell/format';
import { placesWithin, pointsWithin, wire } from './line';
import { again, anyway, baseOf, blank, discarded, ENTRIES_MAX, goes, knownOf, wait, waits, type Answers, type Draft, type Entry } from './outbox';
import { send, type Shelf } from './sender';
import * as shelf from './shelf';
import type { Person, Place, Point, Work } from './shelf';
import type { Stage } from './way';

/** A download that is older is not shown any more, in milliseconds: contacts are personal. */
const WORK_MAX_MS = 30 * 86_400_000;
/** Only one tab sends at a time. */
const LOCK = 'betang-lapangan-kirim';

/** Where the sending stands. */
export type Line = 'resting' | 'sending' | 'unheard' | 'nobody' | 'offline';

const field = $state<{ ready: boolean; person: Person | null; points: Point[]; places: Place[]; work: Work[]; drafts: Draft[]; entries: Entry[]; line: Line; problem: Problem | null; broken: string | null }>({
  ready: false,
  person: null,
  points: [],
  places: [],
  work: [],
  drafts: [],
  entries: [],
  line: 'resting',
  problem: null,
  broken: null
});

export const ready = () => field.ready;
/** Why the phone keeps nothing, where it does not. */
export const broken = () => field.broken;
/** Who works here: by the session where there is one, else who was here last. */
export const person = () => field.person;
export const points = () => field.points;
export const places = () => field.places;
export const work = () => field.work;
export const drafts = () => field.drafts;
export const entries = () => field.entries;
export const line = () => field.line;
/** Why the last sending came to nothing. */
export const problem = () => field.problem;
/** How many things the house is still to be told. */
export const unsent = () => field.entries.filter(waits).length;

/** Whether whoever works here may do something, as the house last said. */
export function may(permission: string): boolean {
  return field.person?.permissions.includes(permission) || field.person?.permissions.includes('*') || false;
}

async function refresh(): Promise<void> {
  const [entries, drafts, points, places, work] = await Promise.all([shelf.entries(), shelf.drafts(), shelf.points(), shelf.places(), shelf.work()]);
  Object.assign(field, { entries, drafts, points, places, work });
}

/** Reads what is kept; the page is ready when this returns, with or without a line. */
export async function begin(): Promise<void> {
  try {
    field.person = (await shelf.person()) ?? null;
    const now = Date.now();
    await shelf.tidy(now);
    if ((await shelf.work()).some((one) => now - one.at_ms > WORK_MAX_MS)) await shelf.forgetWork(false);
    await refresh();
  } catch (failure) {
    field.broken = failure instanceof Error ? failure.message : String(failure);
  }
  field.ready = true;
}

/** The house has said who is here. What another person has downloaded is not for this one. */
export async function met(): Promise<void> {
  const here = me();
  if (!here || field.broken) return;
  const { id, name } = here.person;
  const known: Person = { id, name, permissions: [...here.permissions] };
  field.person = known;
  if (field.work.some((one) => one.person !== id)) await shelf.forgetWork(false);
  // A phone that is full still shows what it has.
  await shelf.keepPerson(known).catch((failure: unknown) => {
    if (!shelf.isFull(failure)) throw failure;
  });
  await refresh();
}

/** Fetches the work of an area and puts it in the place of what was there. */
export async function download(area: string, name: string): Promise<void> {
  const here = me();
  if (!here) throw new Problem(401, 'not-signed-in', '', '');
  const [points, places] = await Promise.all([pointsWithin(area), may('site.read') ? placesWithin(area) : []]);
  await shelf.keepWork({ area, name, person: here.person.id, points: points.length, at_ms: Date.now() }, points, places);
  // Without this a browser may throw everything away when the phone is full.
  await navigator.storage?.persist?.().catch(() => false);
  await refresh();
}

/** Forgets what was downloaded and who was here; what is not sent yet stays. */
export async function clear(): Promise<void> {
  await shelf.forgetWork(true);
  field.person = null;
  await refresh();
}

/** The draft of a point, or a new one. One point has one draft. */
export function draftOf(point: string, what: Stage | 'code'): Draft {
  const known = field.drafts.find((draft) => draft.point === point && draft.what === what && draft.person === field.person?.id);
  if (known) return $state.snapshot(known) as Draft;
  return { id: crypto.randomUUID(), person: field.person?.id ?? '', point, what, begun_ms: Date.now(), at: 0, answers: { ...blank } };
}

/** Keeps a draft as it is now; `octets` is a new photograph, null takes it out. */
export async function keep(draft: Draft, octets?: ArrayBuffer | null): Promise<void> {
  await shelf.keepDraft(draft, octets);
  field.drafts = await shelf.drafts();
}

export async function drop(draft: Draft): Promise<void> {
  await shelf.dropDraft(draft);
  field.drafts = await shelf.drafts();
}

/** Saves a finished checklist on the phone. Twice is once. */
export async function save(draft: Draft): Promise<void> {
  const here = field.person;
  const point = field.points.find((one) => one.id === draft.point);
  if (!here || !point) throw new Problem(0, 'page', '', draft.point);
  const known = await shelf.entries();
  if (known.some((entry) => entry.id === draft.id)) return;
  if (known.filter(waits).length >= ENTRIES_MAX) throw new Problem(0, 'outbox-full', '', '');
  const order = (known.at(-1)?.order ?? 0) + 1;
  const make = (id: string, what: Stage | 'code', order: number, answers: Answers): Entry => ({
    id,
    order,
    person: here.id,
    person_name: here.name,
    point: point.id,
    point_name: point.name,
    village: point.village.name,
    what,
    answers,
    saved_ms: Date.now(),
    begun_ms: draft.begun_ms,
    base: baseOf(knownOf(point), known, point.id),
    standing: 'saved',
    photo_sent: false,
    body: null,
    edition: 0,
    anyway: false,
    tries: 0,
    problem: null,
    elsewhere: null,
    left: null,
    done_ms: null,
    why: null
  });
  const plain = $state.snapshot(draft.answers) as Answers;
  const made = draft.what === 'code' ? [make(draft.id, 'code', order, plain)] : [make(draft.id, draft.what, order, { ...plain, code: null })];
  // The box is a thing of its own: the house may know it and not the step, or the other way round.
  if (draft.what !== 'code' && plain.code) made.push(make(crypto.randomUUID(), 'code', order + 1, { ...blank, code: plain.code }));
  await shelf.finish(draft, made);
  await refresh();
  void flush();
}

/** What the phone adds to a note: how good the place is, or why there is none. */
function addition(answers: Answers): string {
  const { gps, nogps } = answers;
  if (gps) return `[GPS ±${number(gps.accuracy_m, language(), 0)} m, ${clock(gps.at_ms, language())} WIB]`;
  return nogps ? `[${t('field.gps.none')}: ${t(`field.gps.${nogps}`)}]` : '';
}

const kept: Shelf = {
  entries: shelf.entries,
  put: async (entry) => {
    await (waits(entry) ? shelf.put(entry) : shelf.done(entry));
    field.entries = await shelf.entries();
  },
  photo: shelf.photo,
  told: async (point) => {
    await shelf.told(point);
    field.points = await shelf.points();
  }
};

let timer: ReturnType<typeof setTimeout> | undefined;
let busy = false;
let asked = false;

/** Sends what waits, now. While it is on its way another call makes it look once more. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  if (busy) {
    asked = true;
    return;
  }
  if (field.broken || !field.entries.some(goes)) {
    if (field.line !== 'nobody') field.line = navigator.onLine ? 'resting' : 'offline';
    return;
  }
  if (!navigator.onLine) {
    field.line = 'offline';
    return;
  }
  busy = true;
  field.line = 'sending';
  try {
    const round = () => send(wire, kept, { now_ms: () => Date.now(), skew_ms: () => exact() - Date.now(), words: addition });
    const ended = await (navigator.locks ? navigator.locks.request(LOCK, round) : round());
    if (me() && me()?.person.id !== field.person?.id) await met();
    field.problem = ended.end === 'unheard' ? ended.problem : null;
    if (ended.end === 'done') field.line = 'resting';
    if (ended.end === 'nobody') field.line = 'nobody';
    if (ended.end === 'unheard') {
      field.line = 'unheard';
      timer = setTimeout(() => void flush(), Math.max(ended.after_ms ?? 0, wait(ended.tries, Math.random())));
    }
  } catch (failure) {
    field.line = 'unheard';
    field.problem = asProblem(failure);
    timer = setTimeout(() => void flush(), wait(4, Math.random()));
  } finally {
    busy = false;
    if (asked) {
      asked = false;
      void flush();
    }
  }
}

/** The phone has lost its line. */
export function cut(): void {
  clearTimeout(timer);
  if (!busy) field.line = 'offline';
}

async function changed(entry: Entry): Promise<void> {
  await kept.put(entry);
  void flush();
}
const plain = (entry: Entry) => $state.snapshot(entry) as Entry;

/** Says it all the same, as a report of what was. */
export const sayAnyway = (entry: Entry) => changed(anyway(plain(entry)));
/** Tries it once more. */
export const tryAgain = (entry: Entry) => changed(again(plain(entry)));
/** Puts it away; it stays to be seen, with the reason. */
export const putAway = (entry: Entry, why: string) => changed(discarded(plain(entry), why, Date.now()));

/** Makes a draft of it again, to be mended. */
export async function mend(entry: Entry): Promise<void> {
  const id = crypto.randomUUID();
  const octets = entry.answers.photo ? await shelf.photo(entry.id) : null;
  const answers = { ...plain(entry).answers, photo: octets ? entry.answers.photo : null };
  await shelf.reopen(plain(entry), { id, person: entry.person, point: entry.point, what: entry.what, begun_ms: entry.begun_ms, at: 0, answers }, octets);
  await refresh();
}

/** The photograph of a draft or an entry, as an address for this page; to be revoked. */
export async function picture(id: string): Promise<string | null> {
  const octets = await shelf.photo(id);
  return octets ? URL.createObjectURL(new Blob([octets], { type: 'image/jpeg' })) : null;
}


