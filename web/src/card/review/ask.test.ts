import { expect, test } from 'vitest';
import { barOf, besideOf, besides, mineOf, mostOf, nextUnsaid, odds, pick, pieces, readWanted, reviewed, rounded, sumOf, tenths, weightOf, whiskers, words } from './ask';
import type { Band, Evidence, Word } from './model';

const wanted = (query: string) => readWanted(new URLSearchParams(query));
const word = (answer: string, mine: boolean): Word => ({ answer, by_name: 'Petugas', at_us: 1, mine });
const weight = (field: string, bits: number): Evidence => ({ field, says_id: '', says_en: '', bits });

test('an address asks for open pairs unless it says otherwise; what is none of it is left out', () => {
  expect(wanted('')).toEqual({ state: 'open', pays: false, sample: false, area: '' });
  expect(wanted('state=waiting&pays=true&sample=true&wilayah=62.02')).toEqual({ state: 'waiting', pays: true, sample: true, area: '62.02' });
  expect(wanted('state=all').state).toBe('');
  expect(wanted('state=x&pays=1&sample=false&wilayah=62')).toEqual({ state: 'open', pays: false, sample: false, area: '' });
});

test('prior and weights add up to odds, and those turn at nothing', () => {
  const pair = { prior: -4, evidence: [weight('nik', 9), weight('name', -1.5)] };
  expect(sumOf(pair)).toBe(3.5);
  expect(odds(3)).toEqual({ toward: 'same', times: 8 });
  expect(odds(-3)).toEqual({ toward: 'against', times: 8 });
  expect([odds(0), odds(0.1), odds(-0.1)].map(({ toward }) => toward)).toEqual(['even', 'even', 'even']);
});

test('how many times is said in few digits, and beyond a bound only that', () => {
  expect([1.25, 3.44, 12.4, 999.6, 1000].map((times) => rounded(times).value)).toEqual([1.3, 3.4, 12, 1000, 1000]);
  expect([1000, 1000.5, 2_000_000].map((times) => rounded(times))).toEqual([
    { value: 1000, beyond: false },
    { value: 1000, beyond: true },
    { value: 1_000_000, beyond: true }
  ]);
});

test('the heaviest weight fills a bar, a light one does not, and something is never nothing', () => {
  expect(mostOf({ prior: -2, evidence: [weight('nik', 1)] })).toBe(8);
  expect(mostOf({ prior: -2, evidence: [weight('nik', -11)] })).toBe(11);
  expect([barOf(0, 8), barOf(0.001, 8), barOf(-4, 8), barOf(8, 8), barOf(20, 8), barOf(1, 0)]).toEqual([0, 2, 50, 100, 100, 0]);
});

test('a share is all or nothing only where it is, and bounds are not drawn closer', () => {
  expect([0, 0.0001, 0.5, 0.9996, 1].map((value) => tenths(value))).toEqual([0, 0.1, 50, 99.9, 100]);
  expect([tenths(0.8764, 'low'), tenths(0.8761, 'high'), tenths(0.0004, 'low'), tenths(0.9996, 'high')]).toEqual([87.6, 87.7, 0, 100]);
  // 0.07 * 1000 is 70.00000000000001 in binary.
  expect([tenths(0.07, 'high'), tenths(0.29, 'low')]).toEqual([7, 29]);
  expect(whiskers({ value: 0.5, low: -0.1, high: 1.2 })).toEqual({ low: 0, value: 50, high: 100 });
});

test('how much of the sample is answered is the sum of all bands', () => {
  const band = (sampled: number, done: number): Band => ({ low: 0, high: 1, pairs: 100, joined: 0, sampled, reviewed: done, same: 0, share: null });
  expect(reviewed([band(80, 3), band(12, 12)])).toEqual({ done: 15, of: 92 });
  expect(reviewed([])).toEqual({ done: 0, of: 0 });
});

test('case and spaces make no difference between values; what is missing is no difference either', () => {
  expect([besideOf('Siti  Aminah ', 'SITI AMINAH'), besideOf('Siti', 'Sita'), besideOf('', 'Siti'), besideOf(' ', '')]).toEqual(['equal', 'differs', 'missing', 'none']);
});

test('figures differ sign by sign', () => {
  const [left, right] = pieces('nik', '6202110101900001', '6202110101900071');
  expect(left.filter((piece) => piece.differs).map(({ text }) => text)).toEqual(['0']);
  expect(right.filter((piece) => piece.differs).map(({ text }) => text)).toEqual(['7']);
  expect([left, right].map((all) => all.map(({ text }) => text).join(''))).toEqual(['6202110101900001', '6202110101900071']);
  // A figure that was left out is one, too.
  expect(pieces('nik', '12345', '1235')[0].filter((piece) => piece.differs)).toEqual([{ text: '4', differs: true }]);
});

test('all else differs word by word', () => {
  expect(pieces('name', 'Kameloh  binti Dohong', 'KAMELOH D.')).toEqual([
    [
      { text: 'Kameloh  ', differs: false },
      { text: 'binti Dohong', differs: true }
    ],
    [
      { text: 'KAMELOH ', differs: false },
      { text: 'D.', differs: true }
    ]
  ]);
  expect(pieces('name', 'Siti', '')).toEqual([[{ text: 'Siti', differs: false }], []]);
  expect(pieces('name', 'siti', 'SITI')).toEqual([[{ text: 'siti', differs: false }], [{ text: 'SITI', differs: false }]]);
});

test('each weight stands at its field once, and none is lost', () => {
  const all = ['nik', 'home', 'source', 'name'].map((field) => weight(field, 1));
  expect([weightOf('address', all)?.field, weightOf('village', all), weightOf('nik', all)?.field, weightOf('mother', all)]).toEqual(['home', null, 'nik', null]);
  expect(besides(all).map(({ field }) => field)).toEqual(['source']);
});

test('what others have said is not read before one has spoken, unless it is decided', () => {
  const reads = (state: string, ...said: Word[]) => words({ state, words: said });
  expect(reads('open')).toBe('none');
  expect(reads('waiting', word('same', false))).toBe('hidden');
  expect(reads('disputed', word('same', false), word('different', false))).toBe('hidden');
  expect(reads('disputed', word('same', false), word('different', true))).toBe('shown');
  expect(reads('settled', word('same', false))).toBe('folded');
  expect(reads('settled', word('same', true))).toBe('shown');
});

test('the next pair is one of which nothing was said, beginning after this one', () => {
  const mine = { words: [word('same', true)] };
  const others = { words: [word('same', false)] };
  expect(nextUnsaid([others, mine, mine, others], 1)).toBe(3);
  expect(nextUnsaid([others, mine, mine], 1)).toBe(0);
  expect(nextUnsaid([mine, mine], 0)).toBe(-1);
  expect(nextUnsaid([], -1)).toBe(-1);
  expect(mineOf(others)).toBe(null);
});

test('opened is what one has not answered and not just been through, and no more than can be', () => {
  const pair = (id: string, mine: boolean) => ({ id, words: mine ? [word('same', true)] : [] });
  const all = [pair('a', true), pair('b', false), pair('c', false), pair('d', false)];
  expect(pick(all, new Set(['c']), 20)).toEqual(['b', 'd']);
  expect(pick(all, new Set(), 2)).toEqual(['b', 'c']);
});
