// What the address asks of pairs, how two rows differ, and what a weight is in words. Pure.
import { depth } from '../ask';
import type { Band, Evidence, PairRow, Share, Word, Written } from './model';

/** How far people are with a pair, in the order in which something is to be done. */
export const states = ['open', 'waiting', 'disputed', 'unsure', 'settled'] as const;
export type State = (typeof states)[number];
/** What can be said of a pair. */
export const answers = ['same', 'different', 'unsure'] as const;
export type Answer = (typeof answers)[number];

export interface Wanted {
  /** Empty: all of them. */
  state: State | '';
  pays: boolean;
  /** Only those that were chosen by chance. */
  sample: boolean;
  /** Empty for the whole province. */
  area: string;
}

/** The word of an address for all states: without any, the open ones are asked for. */
export const EVERY = 'all';

/** Reads the part of an address after the question mark; what is none of it is left out. */
export function readWanted(query: URLSearchParams): Wanted {
  const [state, area] = [query.get('state') ?? 'open', query.get('wilayah') ?? ''];
  return {
    state: state === EVERY ? '' : (states.find((one) => one === state) ?? 'open'),
    pays: query.get('pays') === 'true',
    sample: query.get('sample') === 'true',
    area: /^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$/.test(area) && depth(area) > 1 ? area : ''
  };
}

/** What a sum of bits says: so many times as probable, of what. */
export interface Odds {
  toward: 'same' | 'against' | 'even';
  /** How many times; never less than one. */
  times: number;
}
/** Less than that is no difference that words should make. */
const EVEN = 1.15;
export function odds(bits: number): Odds {
  const times = 2 ** Math.abs(bits);
  return { times, toward: times < EVEN ? 'even' : bits > 0 ? 'same' : 'against' };
}
/** All that speaks for and against, added up. */
export function sumOf(pair: { prior: number; evidence: readonly Evidence[] }): number {
  return pair.evidence.reduce((sum, { bits }) => sum + bits, pair.prior);
}
/** How many times, as people say it: a few digits, and beyond a bound only that. */
export function rounded(times: number): { value: number; beyond: boolean } {
  for (const bound of [1_000_000, 1000]) if (times > bound) return { value: bound, beyond: true };
  return { value: times < 10 ? Math.round(times * 10) / 10 : Math.round(times), beyond: false };
}

/** The larger of a bar's lengths in percent; what is something is never nothing. */
export function barOf(bits: number, most: number): number {
  return bits === 0 || most <= 0 ? 0 : Math.max(2, Math.min(100, (Math.abs(bits) / most) * 100));
}
/** The weight that fills a bar: the same for all of a pair, and no small one fills it. */
export function mostOf(pair: { prior: number; evidence: readonly Evidence[] }): number {
  return Math.max(8, ...[pair.prior, ...pair.evidence.map(({ bits }) => bits)].map(Math.abs));
}

/** A share in tenths of a percent. All of something and nothing of it are said of nothing else. */
export function tenths(value: number, how: 'near' | 'low' | 'high' = 'near'): number {
  const exact = value * 1000;
  // What binary fractions add is not to move an end by a tenth.
  const turned = how === 'low' ? Math.floor(exact + 1e-6) : how === 'high' ? Math.ceil(exact - 1e-6) : Math.round(exact);
  const least = value > 0 && how !== 'low' ? 1 : 0;
  const most = value < 1 && how !== 'high' ? 999 : 1000;
  return Math.min(most, Math.max(least, turned)) / 10;
}
/** Where an interval lies on a bar, in percent; ends outside are drawn at the edge. */
export function whiskers(share: Share): { low: number; value: number; high: number } {
  const at = (value: number) => Math.min(100, Math.max(0, value * 100));
  return { low: at(share.low), value: at(share.value), high: at(share.high) };
}
/** How many of the sample are reviewed, of how many. */
export function reviewed(bands: readonly Band[]): { done: number; of: number } {
  return bands.reduce((sum, band) => ({ done: sum.done + band.reviewed, of: sum.of + band.sampled }), { done: 0, of: 0 });
}

/** What is compared, in the order in which it is read, with the weight that speaks of it. */
export const fields = ['name', 'nik', 'kk', 'birth', 'sex', 'birthplace', 'mother', 'relation', 'address', 'village'] as const;
export type FieldName = (typeof fields)[number];
/** Street and village are weighed as one home, which stands at the first of both. */
const weighedAs: Partial<Record<FieldName, string>> = { address: 'home' };
export function weightOf(field: FieldName, evidence: readonly Evidence[]): Evidence | null {
  if (field === 'village') return null;
  const name = weighedAs[field] ?? field;
  return evidence.find((one) => one.field === name) ?? null;
}
/** Weights of what no row says by itself, such as the list that it stands in. */
export function besides(evidence: readonly Evidence[]): Evidence[] {
  const shown = new Set(fields.flatMap((field) => weightOf(field, evidence) ?? []));
  return evidence.filter((one) => !shown.has(one));
}

export type Beside = 'equal' | 'differs' | 'missing' | 'none';
/** A piece of what is written, and whether the other row has no such piece. */
export interface Piece {
  text: string;
  differs: boolean;
}
const digital: ReadonlySet<FieldName> = new Set(['nik', 'kk', 'birth']);
const plain = (text: string) => text.trim().replace(/\s+/g, ' ').toUpperCase();

/** How two values stand to each other: upper case and spaces make no difference. */
export function besideOf(left: string, right: string): Beside {
  const [one, other] = [plain(left), plain(right)];
  if (one === '' || other === '') return one === other ? 'none' : 'missing';
  return one === other ? 'equal' : 'differs';
}

/** Two values in pieces: figures sign by sign, all else word by word. */
export function pieces(field: FieldName, left: string, right: string): [Piece[], Piece[]] {
  if (besideOf(left, right) !== 'differs') return [whole(left), whole(right)];
  const cut = (text: string) => (digital.has(field) ? [...text.trim()] : (text.trim().match(/\S+\s*/g) ?? []));
  const [one, other] = [cut(left), cut(right)];
  const [mine, its] = common(one.map(plain), other.map(plain));
  return [joined(one, mine), joined(other, its)];
}
const whole = (text: string): Piece[] => (text === '' ? [] : [{ text, differs: false }]);

/** Which pieces both have in the same order: the longest such row of them. */
function common(one: readonly string[], other: readonly string[]): [Set<number>, Set<number>] {
  const width = other.length + 1;
  const longest = new Array<number>((one.length + 1) * width).fill(0);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = one.length - 1; i >= 0; i--) for (let j = other.length - 1; j >= 0; j--) longest[i * width + j] = one[i] === other[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const [mine, its] = [new Set<number>(), new Set<number>()];
  for (let [i, j] = [0, 0]; i < one.length && j < other.length; ) {
    if (one[i] === other[j]) {
      mine.add(i++);
      its.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return [mine, its];
}
function joined(all: readonly string[], shared: ReadonlySet<number>): Piece[] {
  const pieces: Piece[] = [];
  for (const [i, text] of all.entries()) {
    const last = pieces.at(-1);
    const differs = !shared.has(i);
    if (last && last.differs === differs) last.text += text;
    else pieces.push({ text, differs });
  }
  return pieces;
}
export const valueOf = (says: Written | null, field: FieldName): string => says?.[field] ?? '';

/** One's own word of a pair. */
export function mineOf(pair: Pick<PairRow, 'words'>): Word | null {
  return pair.words.find((word) => word.mine) ?? null;
}
/**
 * Whether somebody may read what others have said: whoever has not spoken yet is not to be led.
 * Of what is decided it can be looked up.
 */
export function words(pair: Pick<PairRow, 'words' | 'state'>): 'none' | 'hidden' | 'folded' | 'shown' {
  if (pair.words.length === 0) return 'none';
  if (mineOf(pair)) return 'shown';
  return pair.state === 'settled' || pair.state === 'unsure' ? 'folded' : 'hidden';
}
/** The place of the next pair of which one has not spoken, after a place, then from the first; -1: none. */
export function nextUnsaid(pairs: readonly Pick<PairRow, 'words'>[], after: number): number {
  const places = pairs.map((_, i) => (after + 1 + i) % pairs.length);
  return places.find((place) => !mineOf(pairs[place]!)) ?? -1;
}
/** The pairs that are opened next: those of which one has not spoken, and that one has not just been through. */
export function pick<Pair extends Pick<PairRow, 'id' | 'words'>>(pairs: readonly Pair[], seen: ReadonlySet<string>, most: number): string[] {
  return pairs
    .filter((pair) => !mineOf(pair) && !seen.has(pair.id))
    .slice(0, most)
    .map(({ id }) => id);
}
