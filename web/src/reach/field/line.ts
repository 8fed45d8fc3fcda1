// The calls to the house that a phone makes, each typed by the description of the API.
import { api, take } from '$api/client.svelte';
import { arrive } from '$hall/session.svelte';
import type { Elsewhere, Told } from './outbox';
import type { Wire } from './sender';
import type { Place, Point } from './shelf';

/** Rows of a page when everything is wanted. */
const PAGE = 1000;

const at = (id: string) => ({ path: { id } });
const under = (id: string, key: string) => ({ ...at(id), header: { 'Idempotency-Key': key } });
const told = ({ id, state, state_us, site, retired_us }: Told): Told => ({ id, state, state_us, site, retired_us });

async function look(id: string): Promise<Elsewhere> {
  const [point, events] = await Promise.all([take(api.GET('/api/v1/points/{id}', { params: at(id) })), take(api.GET('/api/v1/points/{id}/steps', { params: at(id) }))]);
  const steps = events.items.flatMap((event) => (event.counts && event.step ? [{ to: event.step.to, happened_us: event.step.happened_us, said_us: event.said_us, by: event.by }] : []));
  return { told: told(point), steps };
}

export const wire: Wire = {
  who: async () => (await arrive(false))?.person.id ?? null,
  photo: async (id, octets) => {
    const request = { params: at(id), body: octets as unknown as string, bodySerializer: (body: unknown) => body as ArrayBuffer, headers: { 'content-type': 'application/octet-stream' } };
    return (await take(api.POST('/api/v1/points/{id}/photos', request))).sha256;
  },
  step: async (id, key, body) => told(await take(api.POST('/api/v1/points/{id}/steps', { params: under(id, key), body }))),
  claim: async (id, key, code) => told(await take(api.POST('/api/v1/points/{id}/site', { params: under(id, key), body: { code } }))),
  look
};

/** All points of an area that this person may see, page by page. */
export async function pointsWithin(within: string): Promise<Point[]> {
  const all: Point[] = [];
  let cursor: string | null = null;
  do {
    const query = { within, limit: PAGE, ...(cursor ? { cursor } : {}) };
    const page: Awaited<ReturnType<typeof pagePoints>> = await pagePoints(query);
    for (const { id, name, kind, village, point, state, state_us, retired_us, site } of page.items) all.push({ id, name, kind, village, point, state, state_us, retired_us, site });
    cursor = page.next;
  } while (cursor);
  return all;
}
const pagePoints = (query: { within: string; limit: number; cursor?: string }) => take(api.GET('/api/v1/points', { params: { query } }));

/** All sites of an area that this person may see. */
export async function placesWithin(within: string): Promise<Place[]> {
  const all: Place[] = [];
  let cursor: string | null = null;
  do {
    const query = { within, limit: PAGE, ...(cursor ? { cursor } : {}) };
    const page: Awaited<ReturnType<typeof pageSites>> = await pageSites(query);
    for (const { id, name, area, state, contact_name, contact_phone } of page.items) all.push({ id, name, area: area.code, state, contact_name, contact_phone });
    cursor = page.next;
  } while (cursor);
  return all;
}
const pageSites = (query: { within: string; limit: number; cursor?: string }) => take(api.GET('/api/v1/sites', { params: { query } }));
