// Who may write rules and begin lists. The server decides again; this only spares a refusal.
import { house, may, me } from '$hall/session.svelte';

/** A programme is one for the whole province: who sees a part of it decides nothing. */
export function decides(): boolean {
  return may('card.decide') && (me()?.grants.some((grant) => grant.area === null || grant.area === house()?.province.code) ?? false);
}
