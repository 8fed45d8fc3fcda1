// The doors behind which the pairs lie that people are asked about.
import { api, take } from '$api/client.svelte';
import type { Answer, Wanted } from './ask';
import type { PairOpened, PairRow, Pairs, Summary } from './model';

/** Pairs that are read at once. */
const STEP = 50;
/** Pairs that are opened at once. */
export const BATCH = 20;

type Door = (path: string, init?: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
const { GET, POST, DELETE } = api as unknown as { GET: Door; POST: Door; DELETE: Door };
const of = (id: string) => ({ params: { path: { id } } });

export const pairs = ({ state, pays, sample, area }: Wanted, cursor: string | null): Promise<Pairs> =>
  take(GET('/api/v1/card/pairs', { params: { query: { limit: STEP, ...(state ? { state } : {}), ...(pays ? { pays } : {}), ...(sample ? { sample } : {}), ...(area ? { area } : {}), ...(cursor ? { cursor } : {}) } } })) as Promise<Pairs>;
export const open = async (ids: string[], purpose: string): Promise<PairOpened[]> => ((await take(POST('/api/v1/card/pairs/opening', { body: { ids, purpose } }))) as { items: PairOpened[] }).items;
export const answer = (id: string, answer: Answer): Promise<PairRow> => take(POST('/api/v1/card/pairs/{id}/answer', { ...of(id), body: { answer } })) as Promise<PairRow>;
/** Takes back what oneself has said. */
export const back = (id: string): Promise<PairRow> => take(DELETE('/api/v1/card/pairs/{id}/answer', of(id))) as Promise<PairRow>;
/** Takes back what everybody has said. */
export const drop = (id: string, why: string): Promise<PairRow> => take(DELETE('/api/v1/card/pairs/{id}/answer', { params: { path: { id }, query: { by: 'all' } }, body: { why } })) as Promise<PairRow>;
export const summary = (): Promise<Summary> => take(GET('/api/v1/card/pairs/summary')) as Promise<Summary>;
