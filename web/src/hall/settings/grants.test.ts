import { expect, test } from 'vitest';
import { dayStart, dayText } from './grants';

test('a day goes to microseconds and back', () => {
  expect(dayStart('2026-11-24')).toBe(Date.UTC(2026, 10, 23, 17) * 1000);
  for (const day of ['2024-02-29', '2026-01-01', '2026-12-31']) expect(dayText(dayStart(day))).toBe(day);
});
