import { expect, test } from 'vitest';
import { asked, codeOf, dishFace, isRefused, readWanted, tenths, voices } from './village';

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
