// How well a list hits, and what became of a sample, in the reader's words.
import { Problem } from '$api/problem';
import type { Face } from '$watch/camera';
import { number } from '$shell/format';
import { language, maybe, t } from '$shell/words.svelte';
import { percent } from '../review/speak';
import { n, plain } from '../speak';
import { outcomes, type Outcome, type Why } from './ask';
import type { Bounds, Figure, Share } from './model';

/** A share in percent; unknown where it is not known. */
export function shareWord(value: number | null): string {
  return value === null ? t('unknown') : t('review.value', { n: percent(value) });
}
/** From where to where, in percent. */
export function spanWord({ low, high }: Bounds): string {
  return t('measure.span', { low: percent(low, 'low'), high: percent(high, 'high') });
}
/** An estimate with its interval. */
export function estimateWord(share: Share | null): string {
  return share === null ? t('measure.notyet') : t('measure.estimate', { value: percent(share.share), low: percent(share.low, 'low'), high: percent(share.high, 'high') });
}
/** Why there is no estimate. */
export function whyWord(figure: Figure): string {
  return (figure.why && maybe(`measure.why.${figure.why}`)) || t('measure.why.other');
}
/** A count that may be too small to be told. */
export function cellWord(value: number | null, suppressed: boolean): string {
  return value !== null ? n(value) : suppressed ? t('measure.few') : t('unknown');
}
/** How many visits of a village are done. */
export const progressWord = (it: { visits: number | null; answered: number | null }): string => (it.visits === null ? t('measure.few') : t('measure.progress', { answered: n(it.answered ?? 0), visits: n(it.visits) }));
/** A number with some digits after the comma. */
export const decimal = (value: number | null, digits = 1): string => (value === null ? t('unknown') : number(value, language(), digits));

/** Whom a programme is for, as other pages of lists write it. */
export const kindOf = (subject: string): string => (subject === 'person' || subject === 'orang' ? 'orang' : subject === 'business' || subject === 'usaha' ? 'usaha' : 'keluarga');

export function stateWord(state: string): string {
  return maybe(`measure.state.${state}`) ?? state;
}
const faces: Record<string, Face> = { open: 'starting', closed: 'ok', dropped: 'unknown' };
export const stateFace = (state: string): Face => faces[state] ?? 'unknown';

export function outcomeWord(outcome: string | null): string {
  return outcome === null ? t('measure.outcome.none') : (maybe(`measure.outcome.${outcome}`) ?? outcome);
}
/** By which keys an outcome is typed: its place, and a letter of its word. */
export const keysOf = (outcome: Outcome): [digit: string, letter: string] => [String(outcomes.indexOf(outcome) + 1), t(`measure.letter.${outcome}`)];
/** What a check says of a sample that is not as it was drawn. */
export function differsWord(what: string): string {
  const [, kind, of] = /^(village|visit) (.*)$/.exec(what) ?? [];
  return kind ? `${t(kind === 'visit' ? 'measure.differs.visit' : 'measure.differs.village')} ${of}` : (maybe(`measure.differs.${what}`) ?? what);
}
/** What is wrong about a row. */
export const wrongWord = (why: Why): string => maybe(`measure.row.${why}`) ?? why;

/** A refusal that these pages know, in the reader's language; others as they came. */
export function worded(problem: Problem): Problem {
  const title = maybe(`measure.problem.${problem.slug}`);
  if (!title) return plain(problem);
  // Other statuses have one title for all rooms.
  return new Problem(422, 'measure', title, maybe(`measure.problem.${problem.slug}.then`) ?? problem.detail, problem.fields, problem.request, problem.retryAfter_s);
}
