// What is kept of people, and what they ask for, in the reader's words.
import { Problem } from '$api/problem';
import type { Face } from '$watch/camera';
import { day, moment } from '$shell/format';
import { language, maybe, t } from '$shell/words.svelte';
import { n, plain } from '../speak';
import { hoursOf, yearsOf } from './ask';
import type { Asked, Hold, Stays } from './model';

export const when = (us: number | null): string => (us === null ? t('unknown') : moment(us / 1000, language()));
/** The day of a moment. */
export const dayAt = (us: number): string => day(us / 1000, language());
/** The last day before a moment: what is kept until it is there on that day still. */
export const lastDay = (us: number): string => day(us / 1000 - 1, language());

export function kindWord(kind: string): string {
  return maybe(`guard.kind.${kind}`) ?? kind;
}
export function stateWord(state: string): string {
  return maybe(`guard.state.${state}`) ?? state;
}
export function stateFace(state: string): Face {
  return state === 'open' ? 'starting' : state === 'granted' ? 'ok' : 'idle';
}
/** A span as whoever has to answer counts it. */
export function span(ms: number): string {
  const { hours, minutes } = hoursOf(ms);
  return hours === 0 ? t('guard.minutes', { m: minutes }) : minutes === 0 ? t('guard.hours', { h: n(hours) }) : t('guard.hours.minutes', { h: n(hours), m: minutes });
}
export function placeOf(one: Pick<Asked, 'area' | 'area_name'>): string {
  return one.area ? `${one.area_name ?? ''} ${one.area}`.trim() : t('card.noarea');
}
export function verbWord(verb: string): string {
  return maybe(`guard.verb.${verb}`) ?? maybe(`verb.${verb}`) ?? verb;
}

/** A hold in words: held by the list of decree number 3 until 31 Dec 2036. */
export function holdWord({ why, number, until_us }: Hold): string {
  const by = number === null ? (maybe(`guard.hold.${why}.some`) ?? maybe(`guard.hold.${why}`) ?? why) : (maybe(`guard.hold.${why}`) ?? `${why} {n}`).replace('{n}', n(number));
  return until_us === null ? t('guard.held.open', { by }) : t('guard.held.until', { by, day: lastDay(until_us) });
}
export function staysWord({ what, number, until_us }: Stays): string {
  const said = (maybe(`guard.stays.${what}`) ?? what).replace('{n}', number === null ? t('unknown') : n(number));
  if (until_us !== null) return t('guard.stays.until', { what: said, day: lastDay(until_us) });
  return what === 'facts' ? t('guard.stays.next', { what: said }) : said;
}
export function erasureWord(state: string): string {
  return maybe(`guard.erasure.state.${state}`) ?? state;
}

export function termWord(what: string): string {
  return maybe(`guard.term.${what}`) ?? what;
}
/** How long something is kept: in days, and in years where they are whole. */
export function days(count: number | null): string {
  if (count === null) return t('guard.days.own');
  const years = yearsOf(count);
  return years === null ? t('guard.days', { n: n(count) }) : t('guard.days.years', { n: n(count), years });
}

export function classWord(one: string): string {
  return maybe(`guard.class.${one}`) ?? one;
}
/** Several kinds of data in one sentence. */
export function classWords(all: readonly string[]): string {
  return all.length === 0 ? t('unknown') : all.map(classWord).join(', ');
}

/** A refusal that these pages know, in the reader's language; others as they came. */
export function worded(problem: Problem): Problem {
  const title = maybe(`guard.problem.${problem.slug}`);
  const fields = problem.fields.map(({ name, why }) => ({ name, why: maybe(`guard.field.${name}`) ?? why }));
  const said = new Problem(problem.status, title ? 'guard' : problem.slug, title ?? problem.title, title ? (maybe(`guard.problem.${problem.slug}.then`) ?? problem.detail) : problem.detail, fields, problem.request, problem.retryAfter_s);
  return title ? said : plain(said);
}
