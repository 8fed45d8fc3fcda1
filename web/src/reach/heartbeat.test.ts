import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beats, DAY, evidence, hour, inOrder, monthBeside, proofs, readMonth, spanOf, spanTo, worst, type LinkState } from './heartbeat';
import { en } from './words/en';
import { id } from './words/id';

/** The slot of a time of UTC. */
const at = (time: string) => Date.parse(`${time}Z`) / 60_000;
const run = (from: string, to: string, state: LinkState, cause: 'none' | 'link' | 'power' = 'none', basis = ['https']) => ({
  from_slot: at(from),
  to_slot: at(to),
  from_us: at(from) * 6e7,
  to_us: at(to) * 6e7,
  state,
  cause,
  basis
});

test('a day of the zone begins at 17.00 UTC of the day before', () => {
  const days = beats({ from_slot: at('2026-11-01T17:00'), to_slot: at('2026-11-03T17:00'), runs: [run('2026-11-01T17:00', '2026-11-03T17:00', 'up')] });
  expect(days.map(({ day, asked, minutes }) => [day, asked, minutes.up])).toEqual([
    ['2026-11-02', DAY, DAY],
    ['2026-11-03', DAY, DAY]
  ]);
});

test('what was not decided is unknown, before, between and behind', () => {
  const [only, ...rest] = beats({
    from_slot: at('2026-11-01T20:00'),
    to_slot: at('2026-11-02T02:00'),
    runs: [run('2026-11-01T23:00', '2026-11-02T00:00', 'down', 'link'), run('2026-11-01T21:00', '2026-11-01T22:00', 'up')]
  });
  expect(rest).toEqual([]);
  expect(only?.parts.map(({ from, to, state }) => [hour(from), hour(to), state])).toEqual([
    ['03.00', '04.00', 'unknown'],
    ['04.00', '05.00', 'up'],
    ['05.00', '06.00', 'unknown'],
    ['06.00', '07.00', 'down'],
    ['07.00', '09.00', 'unknown']
  ]);
  expect(only?.minutes).toEqual({ up: 60, degraded: 0, down: 60, off: 0, unknown: 240 });
  expect(worst(only!)).toBe('down');
});

test('a run over midnight is cut, and its minutes are counted once', () => {
  const days = beats({ from_slot: at('2026-11-01T16:00'), to_slot: at('2026-11-01T18:30'), runs: [run('2026-11-01T16:30', '2026-11-01T18:00', 'off', 'power')] });
  expect(days.map(({ day, minutes }) => [day, minutes.off, minutes.unknown])).toEqual([
    ['2026-11-01', 30, 30],
    ['2026-11-02', 60, 30]
  ]);
});

test('minutes of days add up to what was asked about, whatever the runs', () => {
  let seed = 7;
  const roll = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  for (let round = 0; round < 200; round++) {
    const from = 29_000_000 + roll(5000);
    const to = from + roll(6000);
    const runs = [];
    for (let slot = from - roll(100); slot < to; slot += roll(400)) {
      const end = slot + 1 + roll(300);
      runs.push({ from_slot: slot, to_slot: end, from_us: 0, to_us: 0, state: 'up' as const, cause: 'none' as const, basis: [] });
      slot = end;
    }
    const days = beats({ from_slot: from, to_slot: to, runs });
    const sum = days.reduce((sum, day) => sum + day.asked, 0);
    expect(sum).toBe(Math.max(0, to - from));
    for (const day of days) {
      expect(Object.values(day.minutes).reduce((a, b) => a + b, 0)).toBe(day.asked);
      day.parts.forEach((part, i) => expect(part.from).toBe(i === 0 ? day.parts[0]!.from : day.parts[i - 1]!.to));
    }
  }
});

test('whatever evidence the house names is there to be told, and no other', () => {
  const described = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/api/openapi.json'), 'utf8')).components.schemas.LedgerRun.properties.basis.description as string;
  const said = described.split(':')[1]!.match(/[a-z]+/g)!;
  expect(said.length).toBeGreaterThan(5);
  expect([...evidence].sort()).toEqual(said.sort());
  for (const words of [id, en] as Record<string, string>[]) expect(evidence.filter((word) => !words[`basis.${word}`])).toEqual([]);
  expect(inOrder(['crashed', 'new', 'heard'])).toEqual(['heard', 'crashed', 'new']);
});

test('what proves the minutes of a day is told once, the most first, whatever the order of words', () => {
  const [day] = beats({
    from_slot: at('2026-11-01T17:00'),
    to_slot: at('2026-11-01T21:00'),
    runs: [
      run('2026-11-01T17:00', '2026-11-01T18:00', 'up', 'none', ['heard']),
      run('2026-11-01T18:00', '2026-11-01T18:45', 'up', 'none', ['dns', 'https']),
      run('2026-11-01T18:45', '2026-11-01T19:30', 'down', 'link', ['tried']),
      run('2026-11-01T19:30', '2026-11-01T20:30', 'up', 'none', ['https', 'dns'])
    ]
  });
  expect(proofs(day!)).toEqual([
    { basis: ['https', 'dns'], minutes: 105 },
    { basis: ['heard'], minutes: 60 }
  ]);
  expect(day!.parts.filter(({ state }) => state === 'down').map(({ basis }) => basis)).toEqual([['tried']]);
});

test('months have their days', () => {
  expect(spanOf('2028-02')).toEqual({ from: '2028-02-01', to: '2028-02-29' });
  expect(spanTo('2026-11', '2026-11-09')).toEqual({ from: '2026-11-01', to: '2026-11-09' });
  expect(readMonth(new URLSearchParams('bulan=2026-10'), '2026-11-09')).toBe('2026-10');
  expect(readMonth(new URLSearchParams('bulan=2026-13'), '2026-11-09')).toBe('2026-11');
  expect(monthBeside('2026-12', 1)).toBe('2027-01');
  expect(monthBeside('2026-01', -1)).toBe('2025-12');
});
