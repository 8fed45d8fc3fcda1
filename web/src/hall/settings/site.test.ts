import { expect, test } from 'vitest';
import { degrees, readPlace } from './site';

test.each([
  ['', ' ', null],
  ['-2,21', '113,92', { lat_deg: -2.21, lon_deg: 113.92 }],
  [' -2.21 ', '113', { lat_deg: -2.21, lon_deg: 113 }],
  ['-2,21', '', undefined],
  ['', '113,92', undefined],
  ['selatan', '113,92', undefined],
  ['-91', '113,92', undefined],
  ['-2,21', '181', undefined],
  ['1e1', '113', undefined]
] as const)('%j and %j is %j', (lat, lon, place) => {
  expect(readPlace(lat, lon)).toEqual(place);
});

test('what a form holds is the same place', () => {
  for (const value of [-2.2088, 113.916_512_345, 0, -0.000_01, 0.000_000_25]) expect(readPlace('0', degrees(value))?.lon_deg).toBe(value);
  expect(degrees(null)).toBe('');
});
