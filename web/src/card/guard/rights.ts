// Who keeps what is known of people. It is one for the whole province: whoever has a part of it
// sees none of it.
import { may } from '$hall/session.svelte';
import { isEverywhere } from '../decide/rights';

/** Whether this person reads who looked, what is destroyed and what has leaked. */
export function mayLook(): boolean {
  return may('card.read') && isEverywhere();
}
/** Whether this person writes down what people ask, opens it and sees to it, where he is. */
export function mayHandle(): boolean {
  return may('card.open');
}
/** Whether this person answers requests, destroys and changes terms. The server decides again; this only spares a refusal. */
export function mayGuard(): boolean {
  return may('card.guard') && isEverywhere();
}
