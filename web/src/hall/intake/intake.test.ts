import { expect, test } from 'vitest';
import type { ImportLine, ImportPreview } from '$api/model';
import { blocking, mayCommit, size, verdictOf, writes } from './intake';

const line = (row: number, verdict: string): ImportLine => ({ row, verdict, key: '', title: '', faults: [], notes: [], changes: [] });
const preview = (counts: Partial<ImportPreview['counts']>, state = 'open'): ImportPreview =>
  ({ state, counts: { rows: 0, skipped: 0, add: 0, change: 0, same: 0, exists: 0, refused: 0, ...counts } }) as ImportPreview;

test('refused rows and those that are there hold everything back until they are left out', () => {
  expect(blocking([line(2, 'add'), line(3, 'refused'), line(4, 'exists'), line(5, 'same')])).toEqual([3, 4]);
  expect(mayCommit(preview({ add: 2 }), false)).toBe(true);
  expect(mayCommit(preview({ add: 2, refused: 1 }), false)).toBe(false);
  expect(mayCommit(preview({ change: 1, exists: 1 }), true)).toBe(true);
  expect(mayCommit(preview({ same: 9, refused: 1 }), true)).toBe(false);
  expect(mayCommit(preview({ add: 2 }, 'committed'), true)).toBe(false);
  expect(writes(preview({ add: 2, change: 3, same: 4 }))).toBe(5);
});

test('a verdict that is not known is not made into one', () => {
  expect(verdictOf(line(1, 'add'))).toBe('add');
  expect(verdictOf(line(1, 'held'))).toBeNull();
});

test('sizes are said in three digits or so', () => {
  const plain = (value: number, digits: number) => value.toFixed(digits);
  expect([999, 1_000, 999_400, 3_400_000].map((bytes) => size(bytes, plain))).toEqual(['999 B', '1 kB', '999 kB', '3.4 MB']);
});
