import { describe, expect, test } from 'vitest';
import { age, ago, clock, moment, number, offset, rate, since, span } from './format';

// 24 Nov 2026 14.05.07 in Pontianak, seven hours ahead of Greenwich.
const now = Date.UTC(2026, 10, 24, 7, 5, 7);

describe('times in the zone of the house', () => {
  test('hour and moment', () => {
    expect(clock(now, 'id')).toBe('14.05');
    expect(clock(now, 'id', true)).toBe('14.05.07');
    expect(moment(now, 'id')).toBe('24 Nov 2026 14.05 WIB');
    expect(clock(now, 'en')).toBe('14:05');
  });
  test('a moment is named from today', () => {
    expect(since(now - 7 * 60_000, now, 'id')).toBe('13.58');
    expect(since(now - 22 * 3_600_000, now, 'id')).toBe('kemarin 16.05');
    expect(since(now - 60 * 3_600_000, now, 'id')).toBe('22 Nov 02.05');
    expect(since(null, now, 'id')).toBe('—');
  });
  test('the day turns at midnight in Pontianak, not in Greenwich', () => {
    const early = Date.UTC(2026, 10, 23, 17, 30);
    expect(since(early, now, 'id')).toBe('00.30');
    expect(since(early - 3_600_000, now, 'id')).toBe('kemarin 23.30');
  });
});

describe('spans and measures', () => {
  test.each([
    [0, '0 dtk'],
    [240, '0,2 dtk'],
    [9_940, '9,9 dtk'],
    [9_960, '9 dtk'],
    [59_999, '59 dtk'],
    [60_000, '1 mnt'],
    [3_599_999, '59 mnt'],
    [86_399_999, '23 jam'],
    [172_800_000, '2 hari']
  ])('%d ms', (ms, text) => expect(span(ms, 'id')).toBe(text));
  test('ages tick in whole seconds and never run backwards', () => {
    expect(age(2_900, 'id')).toBe('2 dtk');
    expect(age(-500, 'id')).toBe('0 dtk');
    expect(ago(500, 'id')).toBe('baru saja');
    expect(ago(12_300, 'id')).toBe('12 dtk lalu');
  });
  test('unknown is a dash', () => {
    for (const text of [span(null, 'id'), number(undefined, 'id'), rate(null, 'id'), offset(null, 'id'), ago(NaN, 'id')]) expect(text).toBe('—');
  });
  test('numbers follow the language', () => {
    expect(number(1234.5, 'id', 1)).toBe('1.234,5');
    expect(number(1234.5, 'en', 1)).toBe('1,234.5');
    expect(rate(1_240_000, 'id')).toBe('1,2 Mbit/s');
    expect(rate(640_000, 'id')).toBe('640 kbit/s');
    expect(offset(-1_200, 'id')).toBe('−1,2 dtk');
  });
});
