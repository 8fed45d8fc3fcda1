import { describe, expect, test } from 'vitest';
import { afterDrop, afterNudge, frozen, judge, pause, unborn, type Facts, type Life } from './supervise';

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
