// What is wrong, in the reader's language: by kind where the catalogue knows it, else in
// the sentence that came with it.
import type { Incident } from '$api/model';
import { fill, maybe, t } from '$shell/words.svelte';

/** One sentence. */
export function titleOf(incident: Pick<Incident, 'kind' | 'facts' | 'title'>): string {
  const own = maybe(`incident.kind.${incident.kind}`);
  if (own) return fill(own, incident.facts as Record<string, string | number>);
  return incident.title ?? t('incident.untold');
}
