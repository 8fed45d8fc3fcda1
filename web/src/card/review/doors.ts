// The doors behind which the pairs lie that people are asked about.
import { address, api, take } from '$api/client.svelte';
import type { Answer, Wanted } from './ask';
import type { PairOpened, PairRow, Pairs, Summary } from './model';

/** Pairs that are read at once. */
const STEP = 50;
/** Pairs that are opened at once. */
export const BATCH = 20;
const of = (id: string) => ({ path: { id } });

export const pairs = ({ state, pays, sample, area }: Wanted, cursor: string | null): Promise<Pairs> =>
  take(api.GET('/api/v1/card/pairs', { params: { query: { limit: STEP, ...(state ? { state } : {}), ...(pays ? { pays } : {}), ...(sample ? { sample } : {}), ...(area ? { area } : {}), ...(cursor ? { cursor } : {}) } } }));
/** All that are asked for as a file, in which nothing stands of what the rows say. */
export const pairsFile = ({ state, pays, sample, area }: Wanted): string => address('/api/v1/card/pairs', { format: 'csv', state, pays: pays ? 'true' : '', sample: sample ? 'true' : '', area });
export const open = async (ids: string[], purpose: string): Promise<PairOpened[]> => (await take(api.POST('/api/v1/card/pairs/opening', { body: { ids, purpose } }))).items;
export const answer = (id: string, answer: Answer): Promise<PairRow> => take(api.POST('/api/v1/card/pairs/{id}/answer', { params: of(id), body: { answer } }));
/** Takes back what oneself has said. */
export const back = (id: string): Promise<PairRow> => take(api.DELETE('/api/v1/card/pairs/{id}/answer', { params: of(id) }));
/** Takes back what everybody has said. */
export const drop = (id: string): Promise<PairRow> => take(api.DELETE('/api/v1/card/pairs/{id}/answer', { params: { ...of(id), query: { by: 'all' } } }));
export const summary = (): Promise<Summary> => take(api.GET('/api/v1/card/pairs/summary'));
