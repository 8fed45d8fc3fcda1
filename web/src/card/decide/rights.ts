// Who decides. A programme is one for the whole province, so whoever has a part of it reads
// along and decides nothing.
import { house, may, me } from '$hall/session.svelte';

/** Whether this person has a grant over the whole province. */
export function isEverywhere(): boolean {
  return me()?.grants.some(({ area }) => area === null || area === house()?.province.code) ?? false;
}
/** Whether this person decides who receives. The server decides again; this only spares a refusal. */
export function mayDecide(): boolean {
  return may('card.decide') && isEverywhere();
}
