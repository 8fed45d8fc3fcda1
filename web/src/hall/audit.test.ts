import { expect, test } from 'vitest';
import { isStale, person, readable, ways } from './audit';

test('facts of any depth become names and values', () => {
  expect(readable({ layer: 'main', from: { area: '62.71' }, roles: ['admin', 'layar'], none: null })).toEqual([
    ['layer', 'main'],
    ['from.area', '62.71'],
    ['roles', 'admin, layar']
  ]);
  expect(readable([{ role: 'admin' }])).toEqual([['1.role', 'admin']]);
  expect(readable(null)).toEqual([]);
  expect(readable('x')).toEqual([['·', 'x']]);
});

test('the house acts without a name', () => {
  expect(person(null)).toBeNull();
  expect(person({ id: 'stf_1', name: null })).toBe('stf_1');
});

test('a checkpoint is stale after twenty-six hours', () => {
  const hour = 3_600_000;
  expect(isStale(0, 26 * hour)).toBe(false);
  expect(isStale(0, 26 * hour + 1)).toBe(true);
  // A clock that was set back makes nothing stale.
  expect(isStale(5 * hour, 0)).toBe(false);
});

test('only what left the machine counts as handed out', () => {
  expect(ways({ foldered_us: null, sent_us: null, printed_us: null })).toEqual([]);
  expect(ways({ foldered_us: 0, sent_us: 1, printed_us: 2 })).toEqual(['folder', 'program', 'paper']);
});
