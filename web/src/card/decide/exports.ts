// The doors to whole annexes, which one person asks for and another grants.
import { api, take } from '$api/client.svelte';
import type { Export, Exports } from './model';

const of = (number: number) => ({ params: { path: { number } } });

export const exported = (decision: number, cursor: string | null): Promise<Exports> => take(api.GET('/api/v1/card/exports', { params: { query: { decision, ...(cursor ? { cursor } : {}) } } }));
export const ask = (decision: number, purpose: string, key: string): Promise<Export> => take(api.POST('/api/v1/card/decisions/{number}/exports', { params: { path: { number: decision }, header: { 'Idempotency-Key': key } }, body: { purpose } }));
export const answer = (number: number, isGranted: boolean): Promise<Export> => take(isGranted ? api.POST('/api/v1/card/exports/{number}/grant', of(number)) : api.POST('/api/v1/card/exports/{number}/refusal', of(number)));
// As octets: a table for spreadsheets begins with a mark that a text would lose, and a hash is of octets.
export const file = async (number: number): Promise<ArrayBuffer> => (await take(api.POST('/api/v1/card/exports/{number}/file', { ...of(number), parseAs: 'arrayBuffer' }))) as unknown as ArrayBuffer;
