import { expect, test, vi } from 'vitest';
vi.mock('$api/client.svelte', () => ({ bytes: () => undefined }));
import { octetsFor, rate } from './room';

test('a far line is asked for more octets, none for more than the house gives', () => {
  expect(octetsFor(2_000_000, 5)).toBe(87_500);
  expect(octetsFor(2_000_000, 600)).toBe(450_000);
  expect(octetsFor(90_000_000, 600)).toBe(512 * 1024);
  expect(octetsFor(1_000, null)).toBe(32 * 1024);
});

test('the second half tells, since the first is slow by itself', () => {
  // A line of 1 Mbit/s after a slow beginning: 125 octets a millisecond.
  const came = [{ at: 700, octets: 14_000 }, { at: 1_300, octets: 50_000 }, { at: 1_700, octets: 100_000 }];
  expect(rate(0, came)).toBe(1_000_000);
  expect(rate(0, [{ at: 10, octets: 100_000 }])).toBe(80_000_000);
  expect(rate(0, [])).toBeNull();
});
