import { expect, test } from 'vitest';
import { effectOf, minutesOf } from './excuse';

test('what excuses minutes is agreed to, and maintenance in time', () => {
  const one = { overlay: 'maintenance', late: false, agreed: null, counts: false } as const;
  expect(effectOf(one)).toBe('waits');
  expect(effectOf({ ...one, agreed: false })).toBe('refused');
  expect(effectOf({ ...one, agreed: true, counts: true })).toBe('excuses');
  expect(effectOf({ ...one, late: true })).toBe('late');
  expect(effectOf({ ...one, late: true, agreed: true })).toBe('late');
  // What nobody could have foreseen is told afterwards.
  expect(effectOf({ ...one, overlay: 'force_majeure', late: true })).toBe('waits');
});

test('minutes are whole', () => {
  expect(minutesOf({ from_us: 0, to_us: 90 * 60_000_000 })).toBe(90);
});
