import { describe, expect, test } from 'vitest';
import { allot, BEGIN_BPS, begin, costs, felt, GOOD_MAX_MS, GOOD_MS, isBad, LOOK_MS, TRIAL_MS, type Hand, type Line, type Look, type Rung, type Tile } from './ladder';

const good: Look = { loss: 0.02, standing_ms: 20, rate_bps: 300_000 };
const wide: Line = begin({ rtt_ms: 5, kind: null, saves: false }, 0);
const narrow = (budget_bps: number, filled = true): Line => ({ ...wide, budget_bps, filled });
const tile = (more: Partial<Tile> = {}): Tile => ({ wish: 'main', hand: 'auto', chosen: false, has: ['main', 'sub', 'stills'], cost: { main: 1_500_000, sub: 300_000 }, ...more });
const said = (line: Line, tiles: Tile[]) => allot(line, tiles).map(({ rung, why }) => (why ? `${rung} ${why}` : rung));

describe('before the first picture', () => {
  test.each<[string, Parameters<typeof begin>[0], number | null]>([
    ['next door', { rtt_ms: 5, kind: '4g', saves: false }, null],
    ['nothing said', { rtt_ms: null, kind: null, saves: false }, null],
    ['far', { rtt_ms: 80, kind: '4g', saves: false }, BEGIN_BPS],
    ['3g', { rtt_ms: 20, kind: '3g', saves: false }, BEGIN_BPS],
    ['2g', { rtt_ms: 300, kind: '2g', saves: false }, 0],
    ['few octets wanted', { rtt_ms: 5, kind: '4g', saves: true }, 0]
  ])('%s', (_, hint, budget) => expect(begin(hint, 0).budget_bps).toBe(budget));
});

describe('a look', () => {
  test.each<[string, Look, boolean]>([
    ['a line by radio', good, false],
    ['nothing came and nothing was lost', { loss: null, standing_ms: null, rate_bps: 0 }, false],
    ['much is lost', { ...good, loss: 0.11 }, true],
    ['a queue stands', { ...good, standing_ms: 201 }, true]
  ])('%s', (_, look, bad) => expect(isBad(look)).toBe(bad));
});

/** Looks one after the other, as the page takes them. */
function run(line: Line, looks: Look[], from: number, tiles: Tile[]): { line: Line; at: number } {
  let at = from;
  for (const look of looks) {
    at += LOOK_MS;
    const { asked, wished } = costs(tiles, allot(line, tiles));
    line = felt(line, look, at, asked, wished);
  }
  return { line, at };
}
const times = (count: number, look: Look): Look[] => Array.from({ length: count }, () => look);
const full: Look = { loss: 0.2, standing_ms: 350, rate_bps: 1_400_000 };

describe('the line', () => {
  test('one bad look is an accident, two are a full line', () => {
    const tiles = [tile()];
    expect(run(wide, [full, good, full, good], 0, tiles).line.budget_bps).toBe(null);
    const { line } = run(wide, [full, full], 0, tiles);
    expect(line.budget_bps).toBeCloseTo(1_400_000 * 0.85);
    expect(said(line, tiles)).toEqual(['sub slow']);
  });

  test('it comes up after ten seconds, and waits longer each time that it fails', () => {
    const tiles = [tile()];
    let { line, at } = run(wide, [full, full], 0, tiles);
    const waits = [];
    for (let i = 0; i < 6; i++) {
      const fell = at;
      let looks = 0;
      while (said(line, tiles)[0] !== 'main') {
        ({ line, at } = run(line, [good], at, tiles));
        expect(++looks).toBeLessThan(1_000);
      }
      waits.push(at - fell);
      ({ line, at } = run(line, [full, full], at, tiles));
      expect(said(line, tiles)).toEqual(['sub slow']);
    }
    expect(waits).toEqual([GOOD_MS, 2 * GOOD_MS, 4 * GOOD_MS, 8 * GOOD_MS, GOOD_MAX_MS, GOOD_MAX_MS]);
  });

  test('once more has lasted it is a line like any other', () => {
    const tiles = [tile()];
    const rich = { ...good, rate_bps: 1_500_000 };
    let { line, at } = run(wide, [full, full], 0, tiles);
    ({ line, at } = run(line, [...times(GOOD_MS / LOOK_MS, good), full, full], at, tiles));
    expect(line).toMatchObject({ wait_ms: 2 * GOOD_MS, tried_at: null });
    ({ line, at } = run(line, times((2 * GOOD_MS) / LOOK_MS, good), at, tiles));
    expect(said(line, tiles)).toEqual(['main']);
    ({ line, at } = run(line, times(TRIAL_MS / LOOK_MS, rich), at, tiles));
    expect(line.wait_ms).toBe(GOOD_MS);
    ({ line } = run(line, times((3 * GOOD_MS) / LOOK_MS, rich), at, tiles));
    expect(line.budget_bps).toBe(null);
  });

  test('a line that brings nothing leaves still pictures, and is tried again', () => {
    const tiles = [tile()];
    let { line, at } = run(wide, times(2, { loss: 1, standing_ms: null, rate_bps: 0 }), 0, tiles);
    expect(said(line, tiles)).toEqual(['stills slow']);
    ({ line } = run(line, times(GOOD_MS / LOOK_MS, { loss: null, standing_ms: null, rate_bps: 0 }), at, tiles));
    expect(said(line, tiles)).toEqual(['sub slow']);
  });

  test('a careful beginning grows into what is wished', () => {
    const tiles = [tile()];
    const far = begin({ rtt_ms: 80, kind: null, saves: false }, 0);
    expect(said(far, tiles)).toEqual(['sub begun']);
    const { line } = run(far, times((2 * GOOD_MS) / LOOK_MS, good), 0, tiles);
    expect(said(line, tiles)).toEqual(['main']);
  });
});

describe('the budget of a page', () => {
  const wall = (count: number, more: (at: number) => Partial<Tile> = () => ({})) => Array.from({ length: count }, (_, at) => tile({ wish: 'sub', ...more(at) }));
  test.each<[string, Line, Tile[], string[]]>([
    ['everything fits', wide, wall(2), ['sub', 'sub']],
    ['in their order', narrow(800_000), wall(4), ['sub', 'sub', 'stills shared', 'stills shared']],
    ['the chosen one first', narrow(450_000), wall(3, (at) => ({ chosen: at === 2 })), ['stills shared', 'stills shared', 'sub']],
    ['a hand choice is not weighed', narrow(100_000), [tile({ hand: 'main' }), tile()], ['main', 'stills slow']],
    ['by hand less than what fits', wide, [tile({ hand: 'stills' })], ['stills']],
    ['nothing fits', narrow(0), wall(2), ['stills slow', 'stills slow']],
    ['nothing has been full yet', narrow(0, false), wall(1), ['stills begun']],
    ['one layer has one name', wide, [tile({ wish: 'sub', has: ['main', 'stills'] })], ['main']],
    ['and it is too dear', narrow(400_000), [tile({ wish: 'sub', has: ['main', 'stills'] })], ['stills slow']],
    ['no layer at all', wide, [tile({ has: ['stills'] })], ['stills']],
    ['what was not measured is not free', narrow(399_999), [tile({ cost: {} })], ['stills slow']]
  ])('%s', (_, line, tiles, expected) => expect(said(line, tiles)).toEqual(expected));

  test('never more than the budget but for hands and still pictures', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 2_000; round++) {
      const tiles = Array.from({ length: 1 + random(25) }, () =>
        tile({
          wish: (['main', 'sub'] as Rung[])[random(2)],
          hand: (['auto', 'auto', 'auto', 'main', 'sub', 'stills'] as Hand[])[random(6)],
          chosen: random(9) === 0,
          has: [['main', 'sub', 'stills'], ['main', 'stills'], ['stills']][random(3)] as Rung[],
          cost: random(2) ? { main: 500_000 + random(4_000_000), sub: 100_000 + random(600_000) } : {}
        })
      );
      const budget = random(8_000_000);
      const places = allot(narrow(budget), tiles);
      const guess = { main: 2_000_000, sub: 400_000, stills: 0 };
      let moving = 0;
      places.forEach(({ rung }, at) => {
        const each = tiles[at];
        if (each?.hand === 'auto' && rung !== 'stills') moving += each.cost[rung] ?? guess[rung];
      });
      expect(moving).toBeLessThanOrEqual(budget);
      places.forEach(({ rung }, at) => expect(rung === 'stills' || tiles[at]?.has.includes(rung)).toBe(true));
    }
  });
});
