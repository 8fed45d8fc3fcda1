// Which picture somebody chose by hand, as the address holds it.
import type { Hand } from './ladder';

export type { Hand } from './ladder';
/** All choices, as a control offers them. */
export const hands: readonly Hand[] = ['auto', 'main', 'sub', 'stills'];

/** The choice in an address; one that nobody offers is none. */
export function handOf(query: URLSearchParams): Hand {
  const word = query.get('lapis');
  return word === 'diam' ? 'stills' : word === 'main' || word === 'sub' ? word : 'auto';
}
/** The word of a choice in an address; none for what needs no word. */
export function writeHand(hand: Hand): string {
  return hand === 'auto' ? '' : hand === 'stills' ? 'diam' : hand;
}
