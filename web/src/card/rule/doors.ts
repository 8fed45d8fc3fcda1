// The doors behind which programmes, their rules and the numbered lists lie.
import { api, take } from '$api/client.svelte';
import type { Level } from '../ask';
import type { Beside } from './rule';
import type { Checked, Column, Decision, Decisions, Programme, ProgrammeWhole, Simulation, SimulationForm } from './model';

/** What is tried: a text as it is typed, or a version that is kept. */
export type Source = { text: string } | { slug: string; version: number };

export const programmes = async (): Promise<Programme[]> => (await take(api.GET('/api/v1/card/programmes'))).items;
export const programme = (slug: string, version: number | null): Promise<ProgrammeWhole> => take(api.GET('/api/v1/card/programmes/{slug}', { params: { path: { slug }, query: version === null ? {} : { version } } }));
export const columns = async (): Promise<Column[]> => (await take(api.GET('/api/v1/card/rule-columns'))).items;
export const check = (text: string): Promise<Checked> => take(api.POST('/api/v1/card/programmes/check', { body: { text } }));
export const keep = (text: string, note: string | null): Promise<ProgrammeWhole> => take(api.POST('/api/v1/card/programmes', { body: { text, note } }));
/** Lists that are read at once. */
const STEP = 50;
export const decisions = (asked: { slug: string; state: string; cursor?: string }): Promise<Decisions> =>
  take(api.GET('/api/v1/card/decisions', { params: { query: { limit: STEP, ...(asked.slug ? { slug: asked.slug } : {}), ...(asked.state ? { state: asked.state } : {}), ...(asked.cursor ? { cursor: asked.cursor } : {}) } } }));
export const begin = (slug: string, version: number, title: string | null, day: string | null): Promise<Decision> => take(api.POST('/api/v1/card/decisions', { body: { slug, version, title, day } }));

/** What is asked of a trial. */
export function askOf(source: Source, slug: string | null, beside: Beside, day: string, by: Level): SimulationForm {
  const against = beside.kind === 'running' ? { running: true } : beside.kind === 'list' ? { list: beside.number } : beside.kind === 'version' ? { slug, version: beside.version } : null;
  return { ...source, by, ...(against ? { against } : {}), ...(day ? { day } : {}) };
}
export const simulate = (body: SimulationForm): Promise<Simulation> => take(api.POST('/api/v1/card/simulations', { body }));
