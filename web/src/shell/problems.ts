// A refusal in the reader's words: the catalogue first, the server's own text where it has none.
import type { Problem } from '$api/problem';
import { maybe, t } from './words.svelte';

/** A title, and where there is more to say a text. */
export function explain(problem: Problem): { title: string; text: string } {
  const own = maybe(`problem.${problem.slug}`);
  if (own) return { title: own, text: maybe(`problem.${problem.slug}.then`) ?? problem.detail };
  if (problem.status === 0) return { title: t('problem.page'), text: problem.detail };
  if (problem.status === 403) return { title: t('problem.denied'), text: problem.detail };
  if (problem.status === 404) return { title: t('problem.missing'), text: problem.detail };
  if (problem.status === 429) return { title: t('problem.toomany'), text: t('problem.toomany.then') };
  if (problem.status >= 500) return { title: t('problem.server'), text: problem.detail || t('problem.server.then') };
  return { title: problem.title || t('problem.refused'), text: problem.detail };
}

/** The same on one line, for tiles. */
export function inShort(problem: Problem): string {
  return explain(problem).title;
}
