// Areas and agencies: read once, kept for the life of the page.
import { api, take } from '$api/client.svelte';
import type { Agency, Area, Outline } from '$api/model';

const kept = new Map<string, Promise<unknown>>();

function once<T>(key: string, read: () => Promise<T>): Promise<T> {
  let found = kept.get(key) as Promise<T> | undefined;
  if (!found) {
    found = read();
    // A failure is not kept: the next page asks again.
    found.catch(() => kept.delete(key));
    kept.set(key, found);
  }
  return found;
}

/** Forgets what was read, after a change. */
export function forget(key: 'agencies'): void {
  kept.delete(key);
}

type Level = 'regency' | 'district' | 'village';

async function pages(level: Level, parent?: string): Promise<Area[]> {
  const all: Area[] = [];
  let cursor: string | undefined;
  do {
    const query = { level, limit: 5000, ...(parent ? { parent } : {}), ...(cursor ? { cursor } : {}) };
    const page = await take(api.GET('/api/v1/areas', { params: { query } }));
    all.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor);
  return all;
}

/** Areas of one level, below one parent if given. */
export function areas(level: Level, parent?: string): Promise<Area[]> {
  return once(`${level}/${parent ?? ''}`, () => pages(level, parent));
}

/** The outline of the province and of its regencies where the house has them. */
export function outline(): Promise<Outline> {
  return once('outline', () => take(api.GET('/api/v1/areas/outline')));
}

/** The outlines of districts that were imported; no feature where nobody imported any. */
export function districtOutlines(): Promise<Outline> {
  return once('outlines/district', () => take(api.GET('/api/v1/areas/outlines', { params: { query: { level: 'district' } } })));
}

/** The agencies of the house. */
export function agencies(): Promise<Agency[]> {
  return once('agencies', async () => (await take(api.GET('/api/v1/agencies', { params: { query: { limit: 5000 } } }))).items);
}
