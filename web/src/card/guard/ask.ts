// What the address asks of the page about privacy, and what its clocks and counts say. Pure.
import type { Activity, Asked, Breach, Hold, Preview, Repair, Term } from './model';

/** The parts of the page, in the order of what cannot wait. */
export const parts = ['permintaan', 'melihat', 'pemusnahan', 'masa', 'kebocoran', 'pemrosesan'] as const;
export type Part = (typeof parts)[number];
export const kinds = ['access', 'correction', 'erasure', 'objection'] as const;
export type Kind = (typeof kinds)[number];
export const states = ['open', 'granted', 'partly', 'refused'] as const;
export const answers = ['granted', 'partly', 'refused'] as const;
export const erasureStates = ['proposed', 'done', 'dropped'] as const;
/** What may have leaked, as the notice to those concerned names it. */
export const classes = ['identitas', 'alamat', 'keluarga', 'kesejahteraan', 'keuangan', 'anak', 'pernyataan', 'petugas'] as const;

const oneOf = <T extends string>(all: readonly T[], text: string | null): T | '' => all.find((one) => one === text) ?? '';

/** Which part is shown. */
export function readPart(query: URLSearchParams): Part {
  return oneOf(parts, query.get('bagian')) || 'permintaan';
}
/** A family or a person by the id under which the house knows them; empty where it is none. */
export function readSubject(text: string | null): string {
  return text !== null && /^(fam|rsd)_[a-z0-9]{10,40}$/i.test(text.trim()) ? text.trim() : '';
}

export interface RequestsWanted {
  state: string;
  kind: string;
  mine: boolean;
}
/** What is asked of requests; at first those that wait. */
export function readRequests(query: URLSearchParams): RequestsWanted {
  const state = query.get('status');
  return { state: state === 'semua' ? '' : oneOf(states, state) || 'open', kind: oneOf(kinds, query.get('jenis')), mine: query.get('petugas') === 'saya' };
}

export interface LooksWanted {
  person: string;
  subject: string;
  verb: string;
  from: string;
  to: string;
}
const readDay = (text: string | null) => (text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && dayStart(text) !== null ? text : '');
export function readLooks(query: URLSearchParams): LooksWanted {
  const [person, verb] = [query.get('orang') ?? '', query.get('tindakan') ?? ''];
  return {
    person: /^prs_[a-z0-9]{10,40}$/i.test(person) ? person : '',
    subject: readSubject(query.get('subjek')),
    verb: /^[a-z_]{1,40}\.[a-z_]{1,40}$/.test(verb) ? verb : '',
    from: readDay(query.get('dari')),
    to: readDay(query.get('sampai'))
  };
}

/** How far the clock of the house is ahead of UTC, as an address of time has it. */
const ZONE = '+07:00';
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The first moment of a day of the house, microseconds; null where there is no such day. */
export function dayStart(day: string): number | null {
  const ms = Date.parse(`${day}T00:00:00${ZONE}`);
  // A day that the calendar does not have rolls over into the next month.
  return Number.isNaN(ms) || new Date(ms + 7 * HOUR_MS).toISOString().slice(0, 10) !== day ? null : ms * 1000;
}
/** The days that are asked for as moments: the last one is asked for whole. */
export function spanOf({ from, to }: { from: string; to: string }): { from_us: number | null; to_us: number | null } {
  const end = to ? dayStart(to) : null;
  return { from_us: from ? dayStart(from) : null, to_us: end === null ? null : end + DAY_MS * 1000 };
}
/** A moment as a field for day and hour has it, by the clock of the house; null where it is none. */
export function momentOf(text: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text) ? Date.parse(`${text}:00${ZONE}`) : NaN;
  return Number.isNaN(ms) ? null : ms * 1000;
}
/** The same the other way round. */
export function fieldOf(ms: number): string {
  return new Date(ms + 7 * HOUR_MS).toISOString().slice(0, 16);
}

/** Something that is to be done before a moment. */
export interface Running {
  state: string;
  due_us: number;
}
/** Whether it should have been done by now; it becomes so while a page is open. */
export function isLate(one: Running, now_ms: number): boolean {
  return one.state === 'open' && one.due_us / 1000 <= now_ms;
}
/** What waits first, and of that what waits longest; what is answered after it, the newest first. */
export function byUrgency<T extends Running & { at_us: number }>(all: readonly T[]): T[] {
  const open = (one: T) => one.state === 'open';
  return [...all].sort((a, b) => Number(open(b)) - Number(open(a)) || (open(a) ? a.due_us - b.due_us : b.at_us - a.at_us));
}
/** A span in hours and minutes, as whoever has to answer counts it. */
export function hoursOf(ms: number): { hours: number; minutes: number } {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

/** The breach that has to be told of first: still open, and not told to everybody. */
export function ticking(all: readonly Breach[]): Breach | null {
  return [...all].filter((one) => one.state === 'open' && !isTold(one)).sort((a, b) => a.due_us - b.due_us)[0] ?? null;
}
/** Whether everybody has been told who is to be told. */
export function isTold(one: Pick<Breach, 'told_authority_us' | 'told_people_us'>): boolean {
  return one.told_authority_us !== null && one.told_people_us !== null;
}
/** Whether the clock of a breach has run out before everybody was told. */
export function isOverrun(one: Breach, now_ms: number): boolean {
  return isLate(one, now_ms) && !isTold(one);
}
/** Whether somebody was told after the clock had run out. */
export function wasLate(told_us: number | null, due_us: number): boolean {
  return told_us !== null && told_us > due_us;
}

/** When the house last destroyed by terms; null where it never has. */
export function lastRun(all: readonly Term[]): { at_us: number; destroyed: number } | null {
  const at_us = Math.max(...all.map((one) => one.last?.at_us ?? -1));
  if (at_us < 0) return null;
  // One after another they take their time.
  return { at_us, destroyed: all.reduce((sum, { last }) => sum + (last && last.at_us > at_us - HOUR_MS * 1000 ? last.destroyed : 0), 0) };
}
/** What is past its term and kept by nothing. */
export function overdue(all: readonly Pick<Term, 'due' | 'held'>[]): number {
  return all.reduce((sum, { due, held }) => sum + Math.max(0, due - held), 0);
}

/** Until when all of it is held: the last day of all; null while the end of one is not known. */
export function heldUntil(holds: readonly Hold[]): number | null {
  return holds.some(({ until_us }) => until_us === null) ? null : Math.max(...holds.map(({ until_us }) => until_us ?? 0));
}
/** Whether anything can be destroyed now. */
export function canGo(it: Preview): boolean {
  return it.holds.length === 0 && it.rows > 0;
}

/** Whole days as somebody types them; null where they are none. */
export function daysOf(text: string): number | null {
  const plain = text.trim().replace(/^([1-9]\d{0,2})[.\s](\d{3})$/, '$1$2');
  const found = /^\d{1,6}$/.test(plain) ? Number(plain) : 0;
  return found > 0 && found <= 36_525 ? found : null;
}
/** So many days in years, where they are whole ones; a year has 365 of them here. */
export function yearsOf(days: number): number | null {
  const years = Math.round(days / 365.25);
  return years >= 1 && Math.abs(days - years * 365.25) <= years ? years : null;
}

/** How it stands with an agreement on a day: none is written down, it has no end, it runs, ends within 90 days, or has ended. */
export function agreement({ agreement, agreement_until }: Pick<Activity, 'agreement' | 'agreement_until'>, today: string): 'none' | 'endless' | 'runs' | 'soon' | 'ended' {
  if (!agreement_until) return agreement ? 'endless' : 'none';
  if (agreement_until < today) return 'ended';
  return Date.parse(agreement_until) - Date.parse(today) <= 90 * DAY_MS ? 'soon' : 'runs';
}

/** People by name, each once, those that are given first. */
export function named(...groups: readonly (readonly (readonly [string | null, string | null])[])[]): { id: string; name: string }[] {
  const all = new Map<string, string>();
  for (const [id, name] of groups.flat()) if (id && !all.has(id)) all.set(id, name ?? id);
  return [...all].map(([id, name]) => ({ id, name }));
}
/** Whom rows of requests name. */
export function inRequests(all: readonly Asked[]): [string | null, string | null][] {
  return all.flatMap((one): [string | null, string | null][] => [[one.owner, one.owner_name], [one.by, one.by_name]]);
}

/** Under which verbs the house writes down that somebody has looked at people or taken them away. */
export const verbs = [
  'card_annex.taken',
  'card_breach.noticed',
  'card_breach.opened',
  'card_changes.taken',
  'card_corrections.taken',
  'card_export.taken',
  'card_family.opened',
  'card_objection.opened',
  'card_pair.opened',
  'card_photo.opened',
  'card_request.dossier',
  'card_request.opened',
  'card_sheet.printed',
  'card_visit.sheet_taken',
  'card_worklist.taken'
] as const;

/** What a row of a list can say, by the names that records have for it. */
export const fields = ['nik', 'kk', 'name', 'birth', 'sex', 'birthplace', 'mother', 'relation', 'address', 'village', 'decile', 'programme', 'day', 'destination', 'card', 'rupiah', 'reason'] as const;
/** What is to be put right, as somebody fills it in: which row of which list as `list/row`. */
export interface Mended {
  at: string;
  field: string;
  should_be: string;
  evidence: string;
}
/** The same as it is sent; null where one does not say which row. */
export function repairsOf(all: readonly Mended[]): Repair[] | null {
  const read = all.map(({ at, field, should_be, evidence }) => {
    const [, list, row] = /^\s*(\d{1,9})\s*\/\s*(\d{1,9})\s*$/.exec(at) ?? [];
    return list && row ? { list: Number(list), row: Number(row), field, should_be: should_be.trim(), evidence: evidence.trim() } : null;
  });
  return read.every((one) => one !== null) ? read : null;
}
