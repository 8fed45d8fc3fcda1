import { describe, expect, test } from 'vitest';
import { afterAsk, afterDrop, afterNudge, afterPicture, frozen, judge, pause, RETRY_MS, unborn, unreachable, type Facts, type Life } from './supervise';

const fine: Facts = { peer: 'connected', sending: true, answered: true };
const life = (more: Partial<Life>): Life => ({ ...unborn(), ...more });

describe('the next step', () => {
  test.each<[string, Life, number, Facts, string]>([
    ['off does nothing', life({}), 99_000, fine, 'stay'],
    ['waiting waits', life({ phase: 'waiting', until: 500 }), 499, fine, 'stay'],
    ['waiting ends', life({ phase: 'waiting', until: 500 }), 500, fine, 'join'],
    ['joining has time', life({ phase: 'joining' }), 11_000, fine, 'stay'],
    ['joining gives up', life({ phase: 'joining' }), 12_001, fine, 'drop'],
    ['joining fails at once', life({ phase: 'joining' }), 10, { peer: 'failed', sending: true, answered: true }, 'drop'],
    ['joining ends when the peer has gone', life({ phase: 'joining' }), 10, { peer: 'disconnected', sending: true, answered: true }, 'drop'],
    ['a fresh picture plays on', life({ phase: 'playing', newest: 900 }), 1_000, fine, 'stay'],
    ['a lost peer is dropped once the picture stands', life({ phase: 'playing', newest: 0 }), 3_001, { peer: 'disconnected', sending: true, answered: true }, 'drop'],
    ['a peer that never connects is given up before the picture is', life({ phase: 'joining' }), 8_001, { peer: 'connecting', sending: true, answered: true }, 'drop'],
    ['an answer that has not come is waited for', life({ phase: 'joining' }), 8_001, { peer: 'new', sending: true, answered: false }, 'stay'],
    ['silence is asked about', life({ phase: 'playing', newest: 0, gap: 40 }), 1_201, fine, 'ask'],
    ['a slow camera is not silent between two pictures', life({ phase: 'playing', newest: 0, gap: 1_000 }), 3_900, fine, 'stay'],
    ['nobody asks while the camera itself is silent', life({ phase: 'playing', newest: 0, gap: 40 }), 1_500, { peer: 'connected', sending: false, answered: true }, 'stay'],
    ['nobody asks twice in one breath', life({ phase: 'playing', newest: 0, gap: 40, asked: 1_201, asks: 1 }), 2_400, fine, 'stay'],
    ['a short loss is borne', life({ phase: 'playing', newest: 0, asked: 1_300, asks: 1 }), 2_000, { peer: 'disconnected', sending: true, answered: true }, 'stay'],
    ['frozen while the camera sends: join anew', life({ phase: 'playing', newest: 0 }), 8_001, fine, 'drop'],
    ['frozen and the camera is silent: hold', life({ phase: 'playing', newest: 0 }), 60_000, { peer: 'connected', sending: false, answered: true }, 'stay'],
    ['silent but the peer is gone: join anew', life({ phase: 'playing', newest: 0 }), 60_000, { peer: 'closed', sending: false, answered: true }, 'drop']
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

describe('silence', () => {
  test('questions come further and further apart, until pictures have come for a while', () => {
    let it = life({ phase: 'playing', newest: 0, gap: 40 });
    const asked: number[] = [];
    // Pictures come back for a moment after each question.
    for (let now = 0; now < 60_000; now += 100) {
      if (judge(it, now, fine) === 'ask') {
        asked.push(now);
        it = afterPicture(afterAsk(it, now), now);
      }
    }
    const apart = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    expect(asked[0]).toBe(1_300);
    expect([...apart].sort((a, b) => a - b)).toEqual(apart);
    expect(asked.length).toBeLessThan(10);
    for (let now = 60_000; now < 75_000; now += 40) it = afterPicture(it, now);
    expect(it).toMatchObject({ asked: null, asks: 0 });
  });
  test('the gap is learnt from the pictures', () => {
    let it = life({ phase: 'playing' });
    for (let at = 0; at <= 20_000; at += 500) it = afterPicture(it, at);
    expect(it.gap).toBeCloseTo(500);
  });
});

test('a network that answers and lets no peer through is left alone for a minute', () => {
  let it = afterDrop(life({ phase: 'joining' }), 10, 1, 0, true);
  expect([unreachable(it), it.until]).toEqual([false, 410]);
  it = afterDrop(it, 20, 1, 0, true);
  expect([unreachable(it), it.until]).toEqual([true, 20 + RETRY_MS]);
  expect(afterNudge(it, 30).until).toBe(30);
  expect(unreachable(afterPicture(it, 40))).toBe(false);
  expect(unreachable(afterDrop(life({ phase: 'joining', unreached: 1 }), 10, 1))).toBe(false);
});

test('a picture is frozen two and a half seconds after the last one', () => {
  expect(frozen(life({ phase: 'playing', newest: 0 }), 2_500)).toBe(false);
  expect(frozen(life({ phase: 'playing', newest: 0 }), 3_001)).toBe(true);
  expect(frozen(life({ phase: 'joining' }), 99_000)).toBe(false);
});
