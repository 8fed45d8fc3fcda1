import { expect, test } from 'vitest';
import { amount, degrees, endOf, isDay, local, whole, zoned } from './typed';

test('a moment is one of the zone, whatever the zone of the device', () => {
  expect(zoned('2026-11-27T07:00')).toBe(Date.UTC(2026, 10, 27) * 1000);
  expect(local(Date.UTC(2026, 10, 26, 17, 5) * 1000)).toBe('2026-11-27T00:05');
  expect([zoned(''), zoned('2026-13-01T00:00'), zoned('kemarin')]).toEqual([null, null, null]);
  expect(endOf('2026-11-27')).toBe(Date.UTC(2026, 10, 27, 17) * 1000);
});

test('a day is one of the calendar', () => {
  expect(['2028-02-29', '2026-02-29', '2026-2-1', '', '2026-11-31'].map(isDay)).toEqual([true, false, false, false, false]);
});

test('nothing written is unknown, and never zero', () => {
  expect(['', '  ', 'Rp', '0', 'Rp 0'].map(amount)).toEqual([null, null, null, 0, 0]);
});

test('an amount is whole rupiah, grouped or not; what could be read twice is refused', () => {
  expect(['1500000', '1.500.000', 'Rp 1.500.000', 'Rp\u00a01,500,000'].map(amount)).toEqual([1_500_000, 1_500_000, 1_500_000, 1_500_000]);
  expect(['1,5', '1.50', '1.5000', '1.500.000,00', '1.500,000', '0.500', '1 5', '-5', 'sejuta', '99999999999999999'].map(amount)).toEqual(Array(10).fill(undefined));
  expect(['12', 'Rp 12', ''].map(whole)).toEqual([12, undefined, null]);
});

test('degrees have a comma or a point', () => {
  expect(['-2,21', '113.9213', '−2,5', ' ', '2° 12'].map(degrees)).toEqual([-2.21, 113.9213, -2.5, null, undefined]);
});
