import { expect, test } from 'vitest';
import { inWords, isStale, person, readable, ways } from './audit';

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

test('a fact is told in words and in the unit that its name says', () => {
  const words: Record<string, string> = { 'fact.from_us': 'dari', 'fact.layer': 'lapisan', 'fact.value.sub': 'kecil', 'fact.value.true': 'ya' };
  const tell = (name: string, value: string) => inWords([name, value], 'id', (key) => words[key]);
  expect(tell('from_us', '1795790277584164')).toEqual(['dari', '27 Nov 2026 21.37.57 WIB']);
  expect(tell('layer', 'sub')).toEqual(['lapisan', 'kecil']);
  expect(tell('sent_bytes', '3400000')).toEqual(['sent', '3,4 MB']);
  expect(tell('age_ms', '400')).toEqual(['age', '0,4 dtk']);
  expect(tell('was.on', 'true')).toEqual(['was · on', 'ya']);
  // A word where a number is due stays as it is, and so does a number without a unit.
  expect(tell('seen_us', 'x')).toEqual(['seen', 'x']);
  expect(tell('rows', '12')).toEqual(['rows', '12']);
});
