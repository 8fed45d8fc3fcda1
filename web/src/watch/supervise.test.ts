import { describe, expect, test } from 'vitest';
import { afterDrop, afterNudge, afterWay, ANEW_PAUSE_MS, anyWay, ASK_PAUSE_MS, barred, CONNECT_MS, frozen, judge, NOWAY_MS, pause, silence, SILENT_MS, unborn, type Facts, type Life, type Quiet } from './supervise';

const fine: Facts = { peer: 'connected', sending: true };
const life = (more: Partial<Life>): Life => ({ ...unborn(), ...more });

describe('the next step', () => {
  test.each<[string, Life, number, Facts, string]>([
    ['off does nothing', life({}), 99_000, fine, 'stay'],
    ['waiting waits', life({ phase: 'waiting', until: 500 }), 499, fine, 'stay'],
    ['waiting ends', life({ phase: 'waiting', until: 500 }), 500, fine, 'join'],
    ['joining has time', life({ phase: 'joining' }), 11_000, fine, 'stay'],
    ['joining gives up', life({ phase: 'joining' }), 12_001, fine, 'drop'],
    ['joining fails at once', life({ phase: 'joining' }), 10, { peer: 'failed', sending: true }, 'drop'],
    ['joining ends when the peer has gone', life({ phase: 'joining' }), 10, { peer: 'disconnected', sending: true }, 'drop'],
    ['answered and on its way', life({ phase: 'joining' }), CONNECT_MS, { peer: 'connecting', sending: true, answered: 1, reached: false }, 'stay'],
    ['answered and no way leads there', life({ phase: 'joining' }), CONNECT_MS + 2, { peer: 'connecting', sending: true, answered: 1, reached: false }, 'drop'],
    ['connected, and the first picture takes its time', life({ phase: 'joining' }), CONNECT_MS + 2, { peer: 'connected', sending: true, answered: 1, reached: true }, 'stay'],
    ['a fresh picture plays on', life({ phase: 'playing', newest: 900 }), 1_000, fine, 'stay'],
    ['a lost peer is dropped once the picture stands', life({ phase: 'playing', newest: 0 }), 3_001, { peer: 'disconnected', sending: true }, 'drop'],
    ['a short loss is borne', life({ phase: 'playing', newest: 0 }), 2_000, { peer: 'disconnected', sending: true }, 'stay'],
    ['frozen while the camera sends: join anew', life({ phase: 'playing', newest: 0 }), 8_001, fine, 'drop'],
    ['frozen and the camera is silent: hold', life({ phase: 'playing', newest: 0 }), 60_000, { peer: 'connected', sending: false }, 'stay'],
    ['silent but the peer is gone: join anew', life({ phase: 'playing', newest: 0 }), 60_000, { peer: 'closed', sending: false }, 'drop']
  ])('%s', (_, given, now, facts, step) => expect(judge(given, now, facts)).toBe(step));
});

describe('pauses', () => {
  test('double, stay apart, never pass five seconds', () => {
    for (let attempt = 0; attempt < 40; attempt++) {
      expect(pause(attempt, 0)).toBeGreaterThanOrEqual(200);
      expect(pause(attempt, 1)).toBeLessThanOrEqual(5_000);
    }
    expect(pause(1, 1)).toBe(2 * pause(0, 1));
    expect(pause(0, 0.5, 60_000)).toBe(5_000);
  });
  test('a steady viewing starts over, a flapping one backs off', () => {
    const steady = life({ phase: 'playing', since: 0, newest: 20_000, attempt: 6 });
    const flapping = life({ phase: 'playing', since: 0, newest: 800, attempt: 6 });
    expect(afterDrop(steady, 20_000, 1).until).toBe(20_400);
    expect(afterDrop(flapping, 1_000, 1).until).toBe(6_000);
  });
  test('good news cuts waiting short and leaves playing alone', () => {
    expect(afterNudge(life({ phase: 'waiting', until: 9_000, attempt: 5 }), 100)).toMatchObject({ until: 100, attempt: 0 });
    const playing = life({ phase: 'playing', newest: 3 });
    expect(afterNudge(playing, 100)).toBe(playing);
  });
});

test('a picture is frozen two and a half seconds after the last one', () => {
  expect(frozen(life({ phase: 'playing', newest: 0 }), 2_500)).toBe(false);
  expect(frozen(life({ phase: 'playing', newest: 0 }), 3_001)).toBe(true);
  expect(frozen(life({ phase: 'joining' }), 99_000)).toBe(false);
});

describe('silence', () => {
  const playing = life({ phase: 'playing', newest: 10_000 });
  const quiet: Quiet = { sending: true, interval_ms: 40, moved: null, asked: null, newer: null, anew: null };
  test.each<[string, Life, number, Partial<Quiet>, string]>([
    ['pictures come', playing, 10_000 + SILENT_MS, {}, 'stay'],
    ['none come: the house is asked', playing, 11_201, {}, 'ask'],
    ['nobody has said whether the camera sends', playing, 11_201, { sending: null }, 'ask'],
    ['the camera is known to be silent', playing, 60_000, { sending: false }, 'stay'],
    ['a slow camera is not silent', playing, 13_900, { interval_ms: 1_000 }, 'stay'],
    ['a slow camera is silent', playing, 14_001, { interval_ms: 1_000 }, 'ask'],
    ['another network is asked for sooner', playing, 10_401, { moved: 9_900 }, 'ask'],
    ['a word of long ago counts no more', playing, 10_401, { moved: 6_000 }, 'stay'],
    ['asked, and no answer yet', playing, 11_300, { asked: 11_201 }, 'stay'],
    ['asked, and nothing came back: asked again', playing, 11_201 + ASK_PAUSE_MS, { asked: 11_201 }, 'ask'],
    ['the house has newer ones', playing, 11_600, { asked: 11_501, newer: 11_501 }, 'anew'],
    ['an answer of before the silence says nothing', playing, 11_300, { asked: 9_000, newer: 9_000 }, 'ask'],
    ['a full line is not flooded', playing, 12_000, { asked: 11_900, newer: 11_900, anew: 12_000 - ANEW_PAUSE_MS + 1 }, 'stay'],
    ['after the pause it is tried again', playing, 12_000, { asked: 11_900, newer: 11_900, anew: 12_000 - ANEW_PAUSE_MS }, 'anew'],
    ['another network begins without a pause', playing, 12_000, { asked: 11_900, newer: 11_900, anew: 10_100, moved: 11_000 }, 'anew'],
    ['who joins already does not join for it', life({ phase: 'joining' }), 12_000, {}, 'stay'],
    ['who waits does not either', life({ phase: 'waiting', newest: 0 }), 12_000, {}, 'stay']
  ])('%s', (_, given, now, more, step) => expect(silence(given, now, { ...quiet, ...more })).toBe(step));
});

test('two joins without a way end streams for a minute, one with a way forgets them', () => {
  const one = afterWay(anyWay, false, 1_000);
  expect(barred(one, 1_000)).toBe(false);
  const two = afterWay(one, false, 2_000);
  expect([barred(two, 2_000), barred(two, 2_000 + NOWAY_MS - 1), barred(two, 2_000 + NOWAY_MS)]).toEqual([true, true, false]);
  // The one attempt after the minute is enough to know.
  expect(barred(afterWay(two, false, 70_000), 70_001)).toBe(true);
  expect(afterWay(two, true, 70_000)).toEqual(anyWay);
});
