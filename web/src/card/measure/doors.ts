// The doors to how well a list hits, and to the samples that are visited for it.
import { address, api, take } from '$api/client.svelte';
import type { Indicators, OutcomeForm, Sample, SampleCheck, SampleForm, SampleWhole, Samples, Sizing, SizingForm, Visit, Visits } from './model';

const base = '/api/v1/card';
const of = (number: number) => ({ params: { path: { number } } });
/** Visits that are read at once. */
const STEP = 200;

// It is a text only where a file was asked for.
export const indicators = async (decision: number | null): Promise<Indicators> => (await take(api.GET('/api/v1/card/indicators', { params: { query: decision === null ? {} : { decision } } }))) as Indicators;
/** Where the figures lie as a table. */
export const indicatorsFile = (decision: number): string => address(`${base}/indicators`, { decision, format: 'csv' });

export const sizing = (body: SizingForm): Promise<Sizing> => take(api.POST('/api/v1/card/samples/sizing', { body }));
export const draw = (body: SampleForm, key: string): Promise<SampleWhole> => take(api.POST('/api/v1/card/samples', { params: { header: { 'Idempotency-Key': key } }, body }));
export const samples = (decision: number, cursor: string | null): Promise<Samples> => take(api.GET('/api/v1/card/samples', { params: { query: { decision, ...(cursor ? { cursor } : {}) } } }));
export const sample = (number: number): Promise<SampleWhole> => take(api.GET('/api/v1/card/samples/{number}', of(number)));
export const close = (number: number): Promise<SampleWhole> => take(api.POST('/api/v1/card/samples/{number}/closing', of(number)));
export const drop = (number: number): Promise<unknown> => take(api.DELETE('/api/v1/card/samples/{number}', of(number)));
export const verify = (number: number): Promise<SampleCheck> => take(api.POST('/api/v1/card/samples/{number}/verification', of(number)));

/** All visits of a village. */
export async function visits(number: number, area: string): Promise<Visit[]> {
  const all: Visit[] = [];
  for (let cursor: string | null = null; ; ) {
    const query: { area: string; limit: number; cursor?: string } = { area, limit: STEP, ...(cursor ? { cursor } : {}) };
    const got = (await take(api.GET('/api/v1/card/samples/{number}/visits', { params: { path: { number }, query } }))) as Visits;
    all.push(...got.items);
    cursor = got.next;
    if (cursor === null) return all;
  }
}
/** Where the visits lie as a table. */
export const visitsFile = (number: number): string => address(`${base}/samples/${number}/visits`, { format: 'csv' });
// As octets: a table for spreadsheets begins with a mark that a text would lose.
export const sheet = async (number: number, body: { area: string; purpose: string }): Promise<ArrayBuffer> => (await take(api.POST('/api/v1/card/samples/{number}/sheets', { ...of(number), body, parseAs: 'arrayBuffer' }))) as unknown as ArrayBuffer;
/** Outcomes that the server takes at once. */
export const BATCH = 1000;
export const write = (number: number, items: OutcomeForm[]): Promise<Sample> => take(api.PUT('/api/v1/card/samples/{number}/outcomes', { ...of(number), body: { items } }));
