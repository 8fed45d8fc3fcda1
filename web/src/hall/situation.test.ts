import { expect, test } from 'vitest';
import { register, registered, worstFirst, type Need, type Part } from './situation';

const need = (key: string, face: Need['face'], since: number): Need => ({ key, face, since, what: '', where: '', why: '', href: '/', call: null });

test('the worst first, then the longest waiting', () => {
  const order = worstFirst([need('c', 'warn', 1), need('b', 'crit', 9), need('a', 'crit', 3), need('d', 'unknown', 0)]);
  expect(order.map((n) => n.key)).toEqual(['a', 'b', 'c', 'd']);
});

test('a room that registers again replaces its own part', () => {
  const part = (room: string, order: number): Part => ({ room, order, verdict: () => null, needs: () => [], basis: () => null, cards: [], hold: () => () => {}, ready: () => true });
  register(part('second', 2));
  register(part('first', 1));
  register(part('second', 0));
  expect(registered().map((p) => p.room)).toEqual(['second', 'first']);
});
