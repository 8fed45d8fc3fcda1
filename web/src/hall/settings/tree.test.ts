import { expect, test } from 'vitest';
import { tree } from './tree';

test('a tree reads from the top, by name', () => {
  const rows = tree([
    { id: 'c', name: 'Bidang E-Gov', parent: 'a', short: null },
    { id: 'b', name: 'Badan', parent: null, short: null },
    { id: 'a', name: 'Diskominfo', parent: null, short: null },
    { id: 'd', name: 'Yatim', parent: 'gone', short: null }
  ]);
  expect(rows.map((r) => [r.agency.id, r.depth])).toEqual([['b', 0], ['a', 0], ['c', 1], ['d', 0]]);
});

test('a ring is shown rather than lost', () => {
  const rows = tree([{ id: 'a', name: 'A', parent: 'b', short: null }, { id: 'b', name: 'B', parent: 'a', short: null }]);
  expect(rows.map((r) => r.agency.id)).toEqual(['a', 'b']);
});
