// The doors by which a list comes in. The file is the body of its request, as it is: what
// has two gigabytes is not packed into a form first.
import { address, api, send, take } from '$api/client.svelte';
import type { Change, Commit, Kind, ListImport } from './lists';

const base = '/api/v1/card/imports';
const at = (id: string) => ({ params: { path: { id } } });

/** Sends a file; how much of it is on its way is told from 0 to 1. */
export function open(kind: Kind, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<ListImport> {
  return send<ListImport>(address(base, { kind, name: file.name }), file, progress, signal);
}
export const mine = async (): Promise<ListImport[]> => (await take(api.GET('/api/v1/card/imports'))).items;
export const read = (id: string): Promise<ListImport> => take(api.GET('/api/v1/card/imports/{id}', at(id)));
/** Changes how it is read; it is read anew, also where nothing changes. */
export const choose = (id: string, body: Change): Promise<ListImport> => take(api.PATCH('/api/v1/card/imports/{id}', { ...at(id), body }));
export const drop = (id: string) => take(api.DELETE('/api/v1/card/imports/{id}', at(id)));
export const commit = (id: string, body: Commit, key: string): Promise<ListImport> => take(api.POST('/api/v1/card/imports/{id}/commit', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body }));
/** Where an empty file of a kind is. */
export const template = (kind: Kind, format: 'csv' | 'xlsx', language: 'id' | 'en'): string => address(`${base}/template`, { kind, format, language });
