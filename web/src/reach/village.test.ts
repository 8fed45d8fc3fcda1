import { expect, test } from 'vitest';
import type { PointEvent } from '$api/model';
import { asked, codeOf, dishFace, isRefused, readWanted, tenths, voices, wayAt } from './village';

test('an address is read, and what it does not know is left out', () => {
  const wanted = readWanted(new URLSearchParams('q=nusa&wilayah=62.11&berdiri=belum-terukur&tahap=active&sengketa=1'));
  expect(asked(wanted)).toEqual({ q: 'nusa', within: '62.11', stand: 'unmeasured', state: 'active', disputed: true });
  expect(asked(readWanted(new URLSearchParams('wilayah=../..&berdiri=online&tahap=hidup')))).toEqual({});
});

test('shares are never rounded up', () => {
  expect(tenths(9_999)).toBe(99.9);
  expect(tenths(10_000)).toBe(100);
  expect(tenths(9)).toBe(0);
});

test('voices stand by property, the newest first', () => {
  const claim = (property: 'voice' | 'listed', as_of: string) => ({ id: as_of, property, value: { kind: 'flag' as const, value: 'ya' }, source: 's', owner: null, row: null, as_of, definition: null, recorded_us: 0, withdrawn_us: null, withdrawn_why: null });
  const found = voices([], [claim('voice', '2025-01-01'), claim('listed', '2025-05-01'), claim('voice', '2026-01-01')]);
  expect(found.map(({ property, claims }) => [property, claims.map(({ as_of }) => as_of)])).toEqual([
    ['listed', ['2025-05-01']],
    ['voice', ['2026-01-01', '2025-01-01']]
  ]);
});

test('a dish that a bill keeps away is no broken link, and an old word is nobody\'s state', () => {
  const well = { word: 'well', bill: false, stale: false, disablement: 1, outage: null } as const;
  const bill = { ...well, word: 'no_account', bill: true, disablement: 2, outage: 8 } as const;
  expect([isRefused(well), isRefused(bill), isRefused({ ...well, word: 'moved' }), isRefused({ ...well, word: 'obstructed' })]).toEqual([false, true, true, false]);
  expect([well, bill, { ...bill, stale: true }, { ...well, word: 'unsaid' as const }, { ...well, word: 'obstructed' as const }].map(dishFace)).toEqual(['ok', 'warn', 'unknown', 'unknown', 'warn']);
  expect([codeOf(well), codeOf(bill), codeOf({ disablement: 1, outage: 6 }), codeOf({ disablement: 0, outage: null })]).toEqual([null, 2, 6, null]);
});

test('a way is told as it was known, and what was corrected stays in it', () => {
  const step = (to: 'surveyed' | 'granted' | 'absent', happened_us: number) => ({ to, happened_us, cause: null, photo: null, gps: null, distance_m: null, serial: null, note: null });
  const event = (seq: number, said_us: number, step: PointEvent['step'], corrects: number | null = null): PointEvent => ({ seq, corrects, counts: true, step, why: corrects === null ? null : 'keliru', said_us, by: 'prs_1' });
  const events = [event(1, 10, step('surveyed', 5)), event(2, 20, step('granted', 15)), event(3, 40, step('absent', 15), 2), event(4, 50, null, 1)];
  const told = (happened: number | null, said: number | null) => wayAt(events, happened, said).map(({ step, counts, corrected }) => [step.to, counts, corrected?.seq ?? null]);
  expect(told(null, null)).toEqual([
    ['surveyed', false, 4],
    ['granted', false, 3],
    ['absent', true, null]
  ]);
  // Before the corrections were said, both steps stood.
  expect(told(null, 40)).toEqual([
    ['surveyed', true, null],
    ['granted', true, null]
  ]);
  expect(told(15, 40)).toEqual([['surveyed', true, null]]);
  expect(told(null, 10)).toEqual([]);
});
