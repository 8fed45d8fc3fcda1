// What the address asks of the figures, how shares lie on one line, and what people type of
// visits. Pure.
import type { OutcomeForm, RuleErrors, SampleVillage, Share, Sizing, SizingForm, Visit } from './model';

export const parts = ['sasaran', 'sampel'] as const;
export type Part = (typeof parts)[number];

export interface Wanted {
  /** The number of a list; null: the newest that was adopted. */
  list: number | null;
  part: Part;
  sample: number | null;
  /** A village of that sample; empty for none. */
  village: string;
}

const count = (text: string | null): number | null => (text && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null);

/** Reads the part of an address after the question mark; what is none of it is left out. */
export function readWanted(query: URLSearchParams): Wanted {
  const sample = count(query.get('sampel'));
  const village = query.get('desa') ?? '';
  return {
    list: count(query.get('daftar')),
    part: parts.find((one) => one === query.get('bagian')) ?? (sample === null ? 'sasaran' : 'sampel'),
    sample,
    village: sample !== null && /^\d{2}\.\d{2}\.\d{2}\.\d{4}$/.test(village) ? village : ''
  };
}

/** One line for several shares: where it ends, and where it is marked. */
export interface Scale {
  most: number;
  ticks: number[];
}
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25];
/** Marks that a line has beside its beginning. */
const TICKS = 5;
/** The shortest line of round steps that holds all of them. */
export function scaleOf(values: readonly number[]): Scale {
  const largest = Math.min(1, Math.max(0, ...values));
  // What binary fractions add is not to lengthen a line.
  const steps = (step: number) => Math.max(1, Math.ceil(largest / step - 1e-9));
  const step = STEPS.find((one) => steps(one) <= TICKS) ?? 0.25;
  const many = largest === 0 ? TICKS : steps(step);
  return { most: many * step, ticks: Array.from({ length: many + 1 }, (_, i) => Math.round(i * step * 1000) / 1000) };
}
/** Where a share lies on a line, in percent of it. */
export function placeOn(scale: Scale, value: number): number {
  return Math.min(100, Math.max(0, (value / scale.most) * 100));
}

/** Those of a whole of whom it is wrong, right and not known, in percent of it. */
export function split(wrong: number, unknown: number, all: number): { wrong: number; unknown: number; right: number } {
  if (all <= 0) return { wrong: 0, unknown: 0, right: 0 };
  // What is something is drawn.
  const of = (some: number) => (some <= 0 ? 0 : Math.max(0.75, (some / all) * 100));
  const [a, b] = [of(wrong), of(unknown)];
  return { wrong: a, unknown: b, right: Math.max(0, 100 - a - b) };
}

/** How rules stood before and stand now, those that speak against the most first. */
export interface RuleLine {
  key: string;
  name: string;
  truth: string;
  /** How many; null where they are too few to be told, undefined where nobody received before. */
  before: number | null | undefined;
  now: number | null;
}
/** A count to sort by: of a few it is not known how many. */
const rank = (count: number | null | undefined): number => (count === null ? 1 : (count ?? 0));
export function ruleLines(before: RuleErrors | null, after: RuleErrors): RuleLine[] {
  const all = new Map<string, RuleLine>();
  const put = (from: RuleErrors, at: 'before' | 'now') => {
    for (const { rule, name, truth, subjects } of from.by_rule) {
      const key = `${rule}:${truth}`;
      const line = all.get(key) ?? { key, name, truth, before: before ? 0 : undefined, now: 0 };
      all.set(key, { ...line, [at]: subjects });
    }
  };
  if (before) put(before, 'before');
  put(after, 'now');
  // What fails stands before what is not known.
  return [...all.values()].sort((a, b) => a.truth.localeCompare(b.truth) || rank(b.now) - rank(a.now) || rank(b.before) - rank(a.before) || a.key.localeCompare(b.key));
}

/** What can have become of a visit, in the order in which it is typed. */
export const outcomes = ['found', 'part', 'gone', 'unreached'] as const;
export type Outcome = (typeof outcomes)[number];

/** A visit as somebody types it. */
export interface Draft {
  outcome: Outcome | '';
  households: string;
  eligible: string;
}
export const blank: Draft = { outcome: '', households: '', eligible: '' };
/** Households at most that one row can turn out to be. */
export const HOUSEHOLDS_MAX = 20;

/** A visit as it is kept. */
export function draftOf({ outcome, households, eligible }: Pick<Visit, 'outcome' | 'households' | 'eligible'>): Draft {
  return { outcome: outcomes.find((one) => one === outcome) ?? '', households: households === null ? '' : String(households), eligible: eligible === null ? '' : String(eligible) };
}
/** With another outcome: who was found is one household until somebody says otherwise, who was not has none. */
export function turnedTo(draft: Draft, outcome: Outcome | ''): Draft {
  if (outcome !== 'found') return { outcome, households: '', eligible: '' };
  return { ...draft, outcome, households: draft.households || '1' };
}
export function isSame(one: Draft, other: Draft): boolean {
  return one.outcome === other.outcome && one.households.trim() === other.households.trim() && one.eligible.trim() === other.eligible.trim();
}

/** What is wrong about a row. */
export type Why = 'sample' | 'visit' | 'twice' | 'outcome' | 'households' | 'eligible' | 'more' | 'none';
const whole = (text: string): number | undefined => (/^\d{1,3}$/.test(text.trim()) ? Number(text) : undefined);

/** What is sent of a row, or what is wrong about it. */
export function checked(visit: number, { outcome, households, eligible }: Draft): { item: OutcomeForm } | { why: Why } {
  if (outcome === '') return { why: 'outcome' };
  if (outcome !== 'found') return households.trim() === '' && eligible.trim() === '' ? { item: { visit, outcome, households: null, eligible: null } } : { why: 'none' };
  const [many, right] = [whole(households), whole(eligible)];
  if (many === undefined || many < 1 || many > HOUSEHOLDS_MAX) return { why: 'households' };
  if (right === undefined) return { why: 'eligible' };
  return right > many ? { why: 'more' } : { item: { visit, outcome, households: many, eligible: right } };
}

/** A line of a file of outcomes. */
export interface Line {
  /** Its place in the file, from one. */
  at: number;
  text: string;
  item: OutcomeForm | null;
  why: Why | null;
}
/** How the columns of a file begin that are read; those of a sheet that was handed out are among them. */
const COLUMNS = {
  visit: ['kunjungan', 'visit', 'nomor', 'number'],
  outcome: ['hasil', 'outcome'],
  households: ['rumah tangga', 'rumah_tangga', 'keluarga', 'households'],
  eligible: ['yang layak', 'layak', 'berhak', 'eligible'],
  sample: ['sampel', 'sample']
} as const;
type Column = keyof typeof COLUMNS;
const order = ['visit', 'outcome', 'households', 'eligible'] as const satisfies Column[];
/** How words begin that mean an outcome. */
const MEANS: Record<Outcome, string[]> = {
  found: ['found', 'ditemukan', 'ditemui'],
  part: ['part', 'bagian'],
  gone: ['gone', 'tidak ada', 'pindah'],
  unreached: ['unreached', 'not met', 'tidak bertemu', 'tidak terjangkau']
};
/** What a word of a file means. */
export function outcomeIn(text: string): Outcome | '' {
  const plain = text.trim().toLowerCase().replace(/\s+/g, ' ');
  return outcomes.find((outcome) => MEANS[outcome].some((word) => plain.startsWith(word))) ?? '';
}

/** The cells of a line, parted as its file parts them; a sign between quotes parts nothing. */
function cells(line: string, sign: string): string[] {
  const all = [''];
  let quoted = false;
  for (const each of line) {
    if (each === '"') quoted = !quoted;
    else if (each === sign && !quoted) all.push('');
    else all[all.length - 1] += each;
  }
  return all.map((cell) => cell.trim());
}

/** Reads what was pasted or uploaded for a sample. A sheet that was filled in is read as it is: columns that say something else are passed over. */
export function readOutcomes(text: string, sample: number): Line[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const sign = [';', '\t', ','].reduce((best, one) => (cells(first, one).length > cells(first, best).length ? one : best), ';');
  const head = cells(first, sign).map((cell) => cell.toLowerCase());
  const named = (column: Column) => head.findIndex((cell) => COLUMNS[column].some((name) => cell.startsWith(name)));
  const isHead = named('visit') >= 0;
  const places: Record<Column, number> = isHead ? { visit: named('visit'), outcome: named('outcome'), households: named('households'), eligible: named('eligible'), sample: named('sample') } : { visit: 0, outcome: 1, households: 2, eligible: 3, sample: -1 };
  const seen = new Set<number>();
  const found: Line[] = [];
  let headed = !isHead;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    if (!headed) {
      headed = true;
      continue;
    }
    const row = cells(line, sign);
    const cell = (column: Column) => row[places[column]] ?? '';
    // Of a sheet on which not all is filled in, the rest is no mistake.
    if (order.slice(1).every((column) => cell(column) === '')) continue;
    const put = (item: OutcomeForm | null, why: Why | null) => found.push({ at: i + 1, text: order.map(cell).join(' · '), item, why });
    const visit = count(cell('visit').replace(/^#/, ''));
    // A sheet of another sample has the same numbers and other people.
    if (places.sample >= 0 && cell('sample') !== String(sample)) put(null, 'sample');
    else if (visit === null) put(null, 'visit');
    else if (seen.has(visit)) put(null, 'twice');
    else {
      seen.add(visit);
      const outcome = outcomeIn(cell('outcome'));
      const got = checked(visit, { outcome, households: cell('households'), eligible: cell('eligible') });
      if ('item' in got) put(got.item, null);
      else put(null, got.why);
    }
  }
  return found;
}
/** How many of each outcome. */
export function counted(items: readonly OutcomeForm[]): Record<Outcome, number> {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, items.filter((item) => item.outcome === outcome).length])) as Record<Outcome, number>;
}

/** A number as people type it, with a comma or a point; undefined where it is none. */
export function numberIn(text: string): number | undefined {
  const plain = text.trim().replace(',', '.');
  return /^\d{1,4}(\.\d{1,4})?$/.test(plain) ? Number(plain) : undefined;
}
/** A share as it is typed in percent. */
export function percentIn(text: string): number | undefined {
  const found = numberIn(text.replace(/\s*%\s*$/, ''));
  // Of the decimal fraction that people mean, not of its binary neighbour.
  return found === undefined ? undefined : Math.round(found * 1e4) / 1e6;
}

/** What a sample is sized by, as it is typed: shares in percent. */
export interface Typed {
  inclusion: string;
  exclusion: string;
  half_width: string;
  rho: string;
  take: string;
  response: string;
}
export const DEFAULTS: Typed = { inclusion: '10', exclusion: '10', half_width: '3', rho: '0,05', take: '5', response: '90' };
type Place = keyof Typed;
/** Between what each may lie. */
const BOUNDS: Record<Place, [least: number, most: number]> = { inclusion: [0.005, 0.95], exclusion: [0.005, 0.95], half_width: [0.005, 0.5], rho: [0, 0.9], take: [1, 100], response: [0.1, 1] };
/** What is sent of it, and which places say nothing that can be. */
export function sizingOf(decision: number, typed: Typed): { form: SizingForm | null; wrong: Place[] } {
  const read: Record<Place, number | undefined> = {
    inclusion: percentIn(typed.inclusion),
    exclusion: percentIn(typed.exclusion),
    half_width: percentIn(typed.half_width),
    rho: numberIn(typed.rho),
    take: numberIn(typed.take),
    response: percentIn(typed.response)
  };
  const wrong = (Object.keys(BOUNDS) as Place[]).filter((place) => {
    const value = read[place];
    return value === undefined || value < BOUNDS[place][0] || value > BOUNDS[place][1] || (place === 'take' && !Number.isInteger(value));
  });
  return { form: wrong.length > 0 ? null : { decision, ...(read as Record<Place, number>) }, wrong };
}
/** How many visits a sample comes to. */
export function visitsOf({ receiving, others }: Pick<Sizing, 'receiving' | 'others'>): number {
  return receiving + others;
}

/** Villages by how much is left to do: what is begun first, then what is not, then what is done. */
export function byRest(villages: readonly SampleVillage[]): SampleVillage[] {
  // Of whom it is not told stands as if nobody had been there.
  const rank = ({ visits, answered }: SampleVillage) => (visits === null || answered === null ? 1 : answered >= visits ? 2 : answered > 0 ? 0 : 1);
  return [...villages].sort((a, b) => rank(a) - rank(b) || a.area.localeCompare(b.area));
}

/** The least of people that a public table tells. */
export const CELL = 10;
/** Ends of an interval, where it has both. */
export function endsOf(share: { low: number | null; high: number | null } | null): { low: number; high: number } | null {
  return share === null || share.low === null || share.high === null ? null : { low: share.low, high: share.high };
}
/** All that is to lie on one line. */
export function valuesOf(all: readonly (Share | { low: number; high: number } | number | null | undefined)[]): number[] {
  return all.flatMap((one) => (one === null || one === undefined ? [] : typeof one === 'number' ? [one] : [one.high]));
}

/** Which of the rows that were sent a refusal speaks of: it names the visit, or the place of its row. */
export function refusedVisits(problem: { fields: readonly { name: string; why: string }[]; title: string; detail: string }, sent: readonly OutcomeForm[]): { visit: number; why: string }[] {
  const known = new Set(sent.map(({ visit }) => visit));
  const other = problem.fields.filter(({ name }) => name !== 'visit');
  const said = other.map(({ why }) => why).join(' ') || problem.detail || problem.title;
  return problem.fields.flatMap(({ name, why }) => {
    if (name === 'visit') return known.has(Number(why)) ? [{ visit: Number(why), why: said }] : [];
    const place = /^items[.[/](\d+)/.exec(name)?.[1];
    const visit = place === undefined ? undefined : sent[Number(place)]?.visit;
    return visit === undefined ? [] : [{ visit, why }];
  });
}
