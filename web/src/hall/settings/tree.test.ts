import { expect, test } from 'vitest';
import { tree } from './tree';

test('a tree reads from the top, by name', () => {
  const rows = tree([
    { id: 'c', name: 'Bidang E-Gov', parent: 'a' },
    { id: 'b', name: 'Badan', parent: null },
    { id: 'a', name: 'Diskominfo', parent: null },
    { id: 'd', name: 'Yatim', parent: 'gone' }
  ]);
  expect(rows.map((r) => [r.agency.id, r.depth])).toEqual([['b', 0], ['a', 0], ['c', 1], ['d', 0]]);
});

test('a ring is shown rather than lost', () => {
  const rows = tree([{ id: 'a', name: 'A', parent: 'b' }, { id: 'b', name: 'B', parent: 'a' }]);
  expect(rows.map((r) => r.agency.id)).toEqual(['a', 'b']);
});
