import { expect, test } from 'vitest';
import { filmAt, gapAt, timeAt } from './past';

const at = (film_ms: number, at_ms: number) => ({ film_ms, at_us: at_ms * 1000 });
const marks = [at(0, 50_000), at(2_000, 52_030), at(3_960, 53_990), at(9_000, 59_030)];
const gaps = [{ from_us: 53_990_000, to_us: 59_030_000, film_from_ms: 3_960, film_to_ms: 9_000 }];

test('a place of the film has the time of the mark before it', () => {
  expect([-5, 0, 1_000, 1_999, 2_000, 4_000, 9_040].map((film) => timeAt(marks, film))).toEqual([50_000, 50_000, 51_000, 51_999, 52_030, 54_030, 59_070]);
  expect(timeAt([], 0)).toBe(null);
});

test('a time has its place in the film', () => {
  for (const time of [50_000, 51_500, 52_500, 59_030, 60_000]) expect(timeAt(marks, filmAt(marks, time))).toBe(time);
  expect(filmAt(marks, 1)).toBe(0);
  expect(filmAt([], 1)).toBe(0);
});

test('where nothing came is told, the picture before it is not', () => {
  expect([3_960, 4_300, 4_600, 8_999, 9_000].map((film) => gapAt(gaps, film) !== null)).toEqual([false, false, true, true, false]);
});
