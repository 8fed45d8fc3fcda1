import { expect, test } from 'vitest';
import { amount, around, below, came, counted, isWhole, isWork, permille, readWanted, since, without } from './ask';
import type { Answer, List, Run } from './model';

const wanted = (query: string) => readWanted(new URLSearchParams(query));

test('an address asks for a kind and an area, or for all; what is neither is left out', () => {
  expect(wanted('temuan=dead&wilayah=62.02')).toEqual({ what: 'dead', area: '62.02' });
  expect(wanted('')).toEqual({ what: '', area: '' });
  expect(wanted('temuan=x&wilayah=62.2')).toEqual({ what: '', area: '' });
  expect(wanted('wilayah=62')).toEqual({ what: '', area: '' });
});

test('each area is told by what lies in it, and a village by itself', () => {
  expect(['', '62.02', '62.02.11', '62.02.11.2001'].map(below)).toEqual(['regency', 'district', 'village', 'village']);
  expect(around('62.02.11.2001')).toEqual(['62.02', '62.02.11', '62.02.11.2001']);
  expect(around('')).toEqual([]);
});

test('names are taken for a district or a village, and for nothing larger', () => {
  expect(['', '62.02', '62.02.11', '62.02.11.2001'].map(isWork)).toEqual([false, false, true, true]);
});

const result = { lists: [], records: 30, erased: 0, persons: 20, families: 12, without_card: 0, refused_merges: 0, rows: 10, fine: 7, eligible: 5, programmes: [], moved_records: 0, businesses: 0, owners_unknown: 0 };
const run: Run = { number: 3, state: 'done', stage: null, began_us: 100, ended_us: 200, yardstick: { decile_max: 2, rupiah_each: null, not_excluding: [], threshold: 0.5 }, result, failure: null, whole: 3, since_us: 100, late_list: null, late: [], is_due: false };
const answer = (rows: number): Answer => ({ run, list: { rows, rupiah: 50, unknown: 1 }, found: { dead: { rows: 1, rupiah: 5, unknown: 0 } }, questioned: { rows: 3, rupiah: 5, unknown: 0 }, not_known: { rows: 0, rupiah: 0, unknown: 0 }, is_stale: false, parts: [] });

test('an answer is of the whole list where all of its rows are seen', () => {
  expect(isWhole(answer(10), '')).toBe(true);
  expect(isWhole(answer(10), '62.02')).toBe(false);
  // Somebody sees a part of its rows.
  expect(isWhole(answer(9), '')).toBe(false);
  expect(isWhole({ ...answer(10), run: null }, '')).toBe(false);
});

test('a share is never rounded up, and there is none of nothing', () => {
  expect([permille(1, 3), permille(2, 3), permille(0, 3), permille(3, 3), permille(0, 0)]).toEqual([333, 666, 0, 1000, null]);
});

test('what is left of a list is told in rows, in rupiah and in what is not known', () => {
  expect(without({ rows: 9, rupiah: 70, unknown: 2 }, { rows: 4, rupiah: 30, unknown: 1 })).toEqual({ rows: 5, rupiah: 40, unknown: 1 });
});

test('what is not named was not found', () => {
  expect(counted(answer(3).found, 'moved').rows).toBe(0);
  expect(counted(answer(3).found, 'dead').rupiah).toBe(5);
});

test('lists that came later and lists that were withdrawn are told', () => {
  const list = (number: number, written_us: number): List => ({ number, source: 'src_x', kind: 'kpm', title: 'x', owner: null, as_of: null, rows: 1, has_raw: true, keep_until_us: null, written_us });
  const examined = { ...run, result: { ...result, lists: [{ number: 1, kind: 'kpm', title: 'x', as_of: null, rows: 1 }, { number: 2, kind: 'dtsen', title: 'y', as_of: null, rows: 1 }] } };
  // The fourth is older than the examination: another list had taken its place.
  expect(since(examined, [list(1, 10), list(3, 150), list(4, 20)])).toEqual({ newer: 1, withdrawn: 1 });
  // One that was taken late began much later itself: what came since the examination of all waits still.
  const late = { ...examined, number: 4, began_us: 500, late_list: 5, result: { ...examined.result, lists: [...examined.result.lists, { number: 5, kind: 'bansos', title: 'z', as_of: null, rows: 1 }] } };
  expect(came(late, [list(6, 160), list(3, 150), list(4, 20), list(5, 140)]).map((one) => one.number)).toEqual([3, 6]);
});

test('nothing typed is unknown and never zero; what could be read twice is refused', () => {
  expect(['', ' Rp ', '0', '400000', 'Rp 400.000', '400 000'].map(amount)).toEqual([null, null, 0, 400_000, 400_000, 400_000]);
  expect(['400,5', '4.00', '-1', 'x', '2000000000'].map(amount)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});
