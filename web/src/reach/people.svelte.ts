// Who somebody is. Whoever may read the register of people sees names; all others see
// themselves, and of others the end of the number that the audit names too.
import { api, take } from '$api/client.svelte';
import { may, me } from '$hall/session.svelte';
import { t } from '$shell/words.svelte';

const known = $state<{ of: string | null; names: ReadonlyMap<string, string> }>({ of: null, names: new Map() });
/** Who has asked: what one person may read, the next at this device may not. */
let asked: string | null = null;

/** Reads the names once, where this person may; a failure is asked for again by the next page. */
export async function meet(): Promise<void> {
  const reader = me()?.person.id ?? null;
  if (reader === null || asked === reader || !may('staff.read')) return;
  asked = reader;
  try {
    const { items } = await take(api.GET('/api/v1/staff', { params: { query: { limit: 5000 } } }));
    known.names = new Map(items.map((one) => [one.id, one.name]));
    known.of = reader;
  } catch {
    asked = null;
  }
}

/** Whether it is the reader. */
export function isMe(id: string): boolean {
  return me()?.person.id === id;
}

/** Somebody, as a sentence names them. */
export function whoIs(id: string): string {
  return isMe(id) ? t('people.you') : ((known.of === me()?.person.id ? known.names.get(id) : undefined) ?? t('people.other', { id: id.slice(-6) }));
}
