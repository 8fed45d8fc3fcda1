import { describe, expect, test } from 'vitest';
import { poor, type Hint } from './hint';
import {
  allot, asked, begin, Behind, BEHIND_MAX_MS, COST_GUESS, feel, found, GOOD_MAX_MS, GOOD_MS, look, LOSS_MAX, missed, nothing, patient, RTT_MAX_MS, SETTLE_MS, STALL_MS, STILL_FAST_MS, STILL_SLOW_MS, stillSample, TRIAL_MS, trouble, unhindered,
  type Line, type Place, type Sample, type Tile
} from './ladder';

const near: Hint = { rtt_ms: 5, kind: '4g', downlink: 10, saves: false };
const sample = (more: Partial<Sample>): Sample => ({ ...nothing, ...more });
const good = (bps = 1_500_000) => sample({ loss: 0.01, rtt_ms: 40, rtt_rise_ms: 0, behind_ms: 10, age_ms: 40, froze_ms: 0, bps });
const lossy = (bps: number) => ({ ...good(bps), loss: 0.3 });
const tile = (more: Partial<Tile> = {}): Tile => ({ wish: 'main', because: null, hand: 'auto', chosen: false, has: ['main', 'sub'], cost: { main: 1_500_000, sub: 400_000 }, barred: null, own: unhindered(0), ...more });
const line = (more: Partial<Line> = {}): Line => ({ ...begin(near, 0), ...more });
const words = (places: Place[]) => places.map(({ rung, why }) => (why ? `${rung}/${why}` : rung)).join(' ');

describe('what is wrong with a second', () => {
  test.each<[string, Partial<Sample>, ReturnType<typeof trouble>]>([
    ['nothing known is nothing wrong', {}, null],
    ['radio loses a little', { loss: LOSS_MAX }, null],
    ['a queue overflows', { loss: LOSS_MAX + 0.01 }, 'loss'],
    ['a key frame is late for a moment', { behind_ms: BEHIND_MAX_MS }, null],
    ['all pictures are late', { behind_ms: BEHIND_MAX_MS + 1 }, 'late'],
    ['a satellite is far and fine', { rtt_ms: 750, rtt_rise_ms: 20 }, null],
    ['the way became longer', { rtt_ms: 480, rtt_rise_ms: 440 }, 'late'],
    ['no line at rest is that long', { rtt_ms: RTT_MAX_MS + 1, rtt_rise_ms: 0 }, 'late'],
    ['octets come and no picture is whole', { bps: 100_000, age_ms: STALL_MS + 1 }, 'stalled'],
    ['nothing comes at all: silence, no rung', { bps: 0, age_ms: 60_000 }, null],
    ['pictures stood for most of it', { froze_ms: 700 }, 'stalled']
  ])('%s', (_, given, found) => expect(trouble(sample(given))).toBe(found));
});

test('a still says of its line that there is room, or none, or nothing', () => {
  const said = (took_ms: number, octets: number | null) => {
    const found = stillSample(took_ms, octets);
    return found && (trouble(found) ?? 'room');
  };
  expect([said(200, 30_000), said(STILL_FAST_MS + 1, 30_000), said(STILL_SLOW_MS + 1, 30_000), said(100, null)]).toEqual(['room', null, 'late', 'late']);
});

describe('patience', () => {
  test('one bad look does nothing, two ask for less', () => {
    const one = feel(patient(0), true, 1_000);
    expect(one.say).toBe('same');
    expect(feel(one.patience, false, 2_000).patience.bad).toBe(0);
    expect(feel(one.patience, true, 2_000).say).toBe('less');
  });
  test('ten good seconds ask for more, and a bad one begins them anew', () => {
    expect(feel(patient(0), false, GOOD_MS - 1).say).toBe('same');
    expect(feel(patient(0), false, GOOD_MS).say).toBe('more');
    const shaken = feel(patient(0), true, 9_000).patience;
    expect(feel(shaken, false, GOOD_MS).say).toBe('same');
    expect(feel(shaken, false, 9_000 + GOOD_MS).say).toBe('more');
  });
  test('more that fails doubles the wait up to its limit; more that lasts forgets it', () => {
    let p = patient(0);
    for (let at = 0; at < 12; at++) {
      const before = p.wait_ms;
      p = feel(feel({ ...p, tried_at: 0 }, true, 1_000).patience, true, 2_000).patience;
      expect(p.wait_ms).toBe(Math.min(before * 2, GOOD_MAX_MS));
      expect(p.tried_at).toBeNull();
    }
    expect(feel({ ...p, tried_at: 0, good_from: 0 }, false, TRIAL_MS).patience).toMatchObject({ wait_ms: GOOD_MS, tried_at: null });
    expect(missed(patient(0), 5).wait_ms).toBe(2 * GOOD_MS);
  });
  test('a line that fills long after is no failed attempt', () => {
    const p = { ...patient(0), tried_at: 0, bad: 1 };
    expect(feel(p, true, TRIAL_MS).patience.wait_ms).toBe(GOOD_MS);
  });
});

describe('the first rung', () => {
  test.each<[string, Partial<Hint>, string]>([
    ['next door', {}, 'main'],
    ['nothing known', { rtt_ms: null, kind: null, downlink: null }, 'main'],
    ['far', { rtt_ms: 85 }, 'sub/begun'],
    ['3g', { kind: '3g' }, 'sub/begun'],
    ['a small guess of a browser says nothing', { downlink: 1.2 }, 'main'],
    ['narrow by its own word', { downlink: 0.4 }, 'sub/begun']
  ])('%s', (_, hint, place) => expect(words(allot(begin({ ...near, ...hint }, 0), [tile()]))).toBe(place));
  test('a camera with one layer has that one', () => {
    expect(words(allot(begin({ ...near, rtt_ms: 300 }, 0), [tile({ has: ['main'] })]))).toBe('main');
    expect(words(allot(line(), [tile({ wish: 'main', has: ['sub'] })]))).toBe('sub');
  });
  test('2g and who saves are poor, 3g is not', () => {
    expect([near, { ...near, kind: '2g' }, { ...near, kind: 'slow-2g' }, { ...near, saves: true }, { ...near, kind: '3g' }].map(poor)).toEqual([false, true, true, true, false]);
  });
});

describe('one budget for all tiles', () => {
  const four = [tile({ wish: 'sub' }), tile({ wish: 'sub' }), tile({ wish: 'sub', chosen: true }), tile({ wish: 'sub' })];
  const full = (budget_bps: number) => line({ budget_bps, why: 'loss' });
  test.each<[string, Line, Tile[], string]>([
    ['a line of which nothing is known is not narrow', line(), [tile(), tile()], 'main main'],
    ['one tile that does not fit', full(1_000_000), [tile()], 'sub/loss'],
    ['nothing fits', full(200_000), [tile()], 'stills/loss'],
    ['a line that brings nothing', full(0), [tile()], 'stills/loss'],
    ['the chosen one first, then in their order', full(1_000_000), four, 'sub stills/shared sub stills/shared'],
    ['a hand choice wins, whatever it costs, and others pay', full(500_000), [tile({ wish: 'sub' }), tile({ hand: 'main' })], 'stills/shared main'],
    ['stills by hand leave room', full(500_000), [tile({ wish: 'sub' }), tile({ hand: 'stills' })], 'sub stills'],
    ['what nobody measured is not nothing', full(COST_GUESS.sub - 1), [tile({ wish: 'sub', cost: {} }), tile({ wish: 'sub', cost: { sub: null } })], 'stills/loss stills/loss'],
    ['what was measured as nothing is not known', full(100_000), [tile({ wish: 'sub', cost: { sub: 0 } })], 'stills/loss'],
    ['a browser that cannot, whatever the hand says', line(), [tile({ barred: 'browser', hand: 'main' })], 'stills/browser'],
    ['no way for streams', line(), [tile({ barred: 'noway' })], 'stills/noway'],
    ['who saves has stills and knows why', line(), [tile({ wish: 'stills', because: 'saver' })], 'stills/saver'],
    ['who saves and asks for it has the small one', line(), [tile({ wish: 'stills', because: 'saver', hand: 'sub' })], 'sub']
  ])('%s', (_, given, tiles, places) => expect(words(allot(given, tiles))).toBe(places));
  test('never asks for more than there is, but for hands', () => {
    for (const budget of [0, 1e5, 3e5, 7e5, 1.2e6, 2e6, 9e6]) {
      const places = allot(full(budget), four);
      const streams = places.flatMap((place, at) => (place.rung === 'stills' ? [] : [four[at]!.cost[place.rung] ?? Infinity]));
      expect(streams.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(budget);
    }
  });
});

/**
 * A page over a line that carries so much, second by second; the rungs of all tiles. `finds`
 * says what a measurement finds of that, where it is not all that is left.
 */
function play(tiles: Tile[], carries: (second: number) => number, seconds: number, hint = near, finds = (left: number): number | null => left): string[] {
  let state = begin(hint, 0);
  let now = tiles;
  let places = allot(state, now);
  const seen: string[] = [];
  for (let second = 1; second <= seconds; second++) {
    const wants = asked(now, places);
    const room = carries(second);
    const samples = now.map((each, at) => {
      const mine = each.cost[places[at]!.rung] ?? COST_GUESS[places[at]!.rung];
      return wants > room ? lossy((mine / wants) * room) : good(mine);
    });
    const felt = look(state, now, places, samples, second * 1_000);
    state = felt.line;
    now = now.map((each, at) => ({ ...each, own: felt.own[at]! }));
    places = felt.places;
    if (felt.asks !== null) {
      const after = found(state, now, places, finds(Math.max(0, room - asked(now, places))), second * 1_000);
      state = after.line;
      places = after.places;
    }
    seen.push(words(places));
  }
  return seen;
}

describe('a page in time', () => {
  test('a good line keeps what was wished', () => expect(new Set(play([tile()], () => 9e6, 60))).toEqual(new Set(['main'])));
  test('a narrow line is down within two seconds and does not swing', () => {
    const seen = play([tile()], () => 900_000, 300);
    expect(seen[1]).toBe('sub/loss');
    // It is measured and not tried: the picture never becomes old to find out.
    expect(new Set(seen.slice(1))).toEqual(new Set(['sub/loss', 'sub/narrow']));
  });
  test('a measurement that finds more than there is costs a try, and each the more patience', () => {
    const seen = play([tile()], () => 900_000, 300, near, () => 9e6);
    const tries = seen.filter((each, at) => each === 'main' && seen[at - 1] !== 'main').length;
    expect(tries).toBeGreaterThanOrEqual(1);
    // 10, 20, 40, 80, 160 s between them, and the budget has to grow to what main costs.
    expect(tries).toBeLessThanOrEqual(5);
    expect(seen.filter((each) => each === 'main').length).toBeLessThanOrEqual(tries * (SETTLE_MS / 1_000 + 2) + 1);
  });
  test('where nothing can be found out nothing is asked of the line, and it is asked about ever more seldom', () => {
    let questions = 0;
    const seen = play([tile()], () => 9e6, 300, { ...near, rtt_ms: 200 }, () => (questions++, null));
    expect(new Set(seen)).toEqual(new Set(['sub/begun']));
    expect(questions).toBe(4);
  });
  test('a careful beginning on a narrow line ends with a measurement, and says so', () => {
    const seen = play([tile()], () => 900_000, 60, { ...near, rtt_ms: 200 });
    expect([seen[8], seen[9], seen.at(-1)]).toEqual(['sub/begun', 'sub/narrow', 'sub/narrow']);
  });
  test('a line for nothing ends at stills', () => expect(play([tile()], () => 250_000, 20).at(-1)).toBe('stills/loss'));
  test('a line that widens brings the picture back', () => {
    const seen = play([tile()], (second) => (second < 20 ? 900_000 : 9e6), 120);
    expect(seen[18]).toBe('sub/loss');
    expect(seen.at(-1)).toBe('main');
  });
  test('a careful beginning ends after ten seconds of good', () => {
    const seen = play([tile()], () => 9e6, 15, { ...near, rtt_ms: 200 });
    expect([seen[8], seen[9]]).toEqual(['sub/begun', 'main']);
  });
  test('of many tiles the chosen one stays', () => {
    const wall = Array.from({ length: 9 }, (_, at) => tile({ wish: 'sub', chosen: at === 4 }));
    expect(play(wall, () => 1_500_000, 8).at(-1)?.split(' ')[4]).toBe('sub');
  });
});

test('one bad camera among good ones goes down alone, and comes up again', () => {
  let tiles = [tile(), tile(), tile()];
  let state = line();
  let places = allot(state, tiles);
  const step = (second: number, bad: boolean) => {
    const felt = look(state, tiles, places, [good(), bad ? { ...good(), behind_ms: 900 } : good(), good()], second * 1_000);
    state = felt.line;
    places = felt.places;
    tiles = tiles.map((each, at) => ({ ...each, own: felt.own[at]! }));
    return words(places);
  };
  expect(step(1, true)).toBe('main main main');
  expect(step(2, true)).toBe('main sub/late main');
  expect(state.budget_bps).toBeNull();
  for (let second = 3; second < 12; second++) expect(step(second, false)).toBe('main sub/late main');
  expect(step(12, false)).toBe('main main main');
});

test('who has nothing to say changes nothing', () => {
  const before = line({ budget_bps: 1e6, why: 'loss' });
  const felt = look(before, [tile()], [{ rung: 'sub', why: 'loss' }], [null], 99_000);
  expect(felt.line).toBe(before);
  expect(words(felt.places)).toBe('sub/loss');
});

describe('behind the best of a line', () => {
  const at = (ms: number) => (ms * 90) % 2 ** 32;
  test('a steady line is not behind, a queue is, one late picture is not', () => {
    const behind = new Behind();
    expect(behind.look()).toBeNull();
    for (let ms = 0; ms < 1_000; ms += 40) behind.came(at(ms), ms + 50);
    expect(behind.look()).toBeCloseTo(0);
    for (let ms = 1_000; ms < 2_000; ms += 40) behind.came(at(ms), ms + (ms === 1_400 ? 900 : 50));
    expect(behind.look()).toBeCloseTo(0);
    for (let ms = 2_000; ms < 3_000; ms += 40) behind.came(at(ms), ms + 650);
    expect(behind.look()).toBeCloseTo(600);
  });
  test('the clock of a stream may turn over and may jump', () => {
    const behind = new Behind();
    const turn = 2 ** 32 / 90;
    for (let ms = turn - 500; ms < turn + 500; ms += 40) behind.came(Math.floor((ms * 90) % 2 ** 32), ms + 10);
    expect(behind.look()).toBeLessThan(1);
    // A camera that began anew counts from somewhere else.
    behind.came(90 * 1_000_000, turn + 600);
    behind.came(90 * 1_000_040, turn + 640);
    expect(behind.look()).toBeLessThan(1);
  });
  test('clocks that drift apart are no queue', () => {
    const behind = new Behind();
    let last: number | null = null;
    // 100 in a million for two hours: 0.7 s in all.
    for (let ms = 0; ms < 7_200_000; ms += 1_000) {
      behind.came(Math.floor((ms * 90) % 2 ** 32), ms * 1.0001);
      last = behind.look();
    }
    expect(last).toBeLessThan(50);
  });
});
