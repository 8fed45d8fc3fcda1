import { expect, test } from 'vitest';
import { person, readable } from './audit';

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
