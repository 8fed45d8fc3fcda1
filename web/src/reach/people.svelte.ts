// Who somebody is. Whoever may read the register of people sees names; all others see
// themselves, and of others the end of the number that the audit names too.
import { api, take } from '$api/client.svelte';
import { may, me } from '$hall/session.svelte';
import { t } from '$shell/words.svelte';

const known = $state<{ names: ReadonlyMap<string, string> }>({ names: new Map() });
let asked = false;

/** Reads the names once, where this person may; a failure is asked for again by the next page. */
export async function meet(): Promise<void> {
  if (asked || !may('staff.read')) return;
  asked = true;
  try {
    const { items } = await take(api.GET('/api/v1/staff', { params: { query: { limit: 5000 } } }));
    known.names = new Map(items.map((one) => [one.id, one.name]));
  } catch {
    asked = false;
  }
}

/** Whether it is the reader. */
export function isMe(id: string): boolean {
  return me()?.person.id === id;
}

/** Somebody, as a sentence names them. */
export function whoIs(id: string): string {
  return isMe(id) ? t('people.you') : (known.names.get(id) ?? t('people.other', { id: id.slice(-6) }));
}
