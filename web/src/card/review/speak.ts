// Pairs, and what people and the linkage say of them, in the reader's words.
import { Problem } from '$api/problem';
import type { Face } from '$watch/camera';
import { moment, number } from '$shell/format';
import { language, maybe, t } from '$shell/words.svelte';
import { sentence } from '../decide/speak';
import { kindWord, plain } from '../speak';
import { odds, rounded, sumOf, tenths, type Answer } from './ask';
import type { Evidence, PairOpened, PairRow, Share, Side, Word } from './model';

export function stateWord(state: string): string {
  return maybe(`review.state.${state}`) ?? state;
}
const faces: Record<string, Face> = { open: 'idle', waiting: 'starting', disputed: 'warn', unsure: 'unknown', settled: 'ok' };
export const stateFace = (state: string): Face => faces[state] ?? 'unknown';
/** How far people are with a pair, and what is settled. */
export function standing(pair: Pick<PairRow, 'state' | 'counts'>): string {
  return pair.state === 'settled' && pair.counts ? t('review.settled.as', { answer: answerWord(pair.counts) }) : stateWord(pair.state);
}

const said: Record<Answer, 'review.act.same' | 'review.act.apart' | 'review.act.unsure'> = { same: 'review.act.same', different: 'review.act.apart', unsure: 'review.act.unsure' };
/** What somebody says, within a sentence. */
export function answerWord(answer: string | null): string {
  const key = said[answer as Answer];
  return key ? t(key).toLowerCase() : t('unknown');
}
export function spokenBy(word: Word): string {
  const what = { answer: answerWord(word.answer), when: moment(word.at_us / 1000, language()) };
  return word.mine ? t('review.answers.mine', what) : t('review.answers.by', { who: word.by_name ?? t('unknown'), ...what });
}

/** Who stands in a row, masked; a row whose key was destroyed says nothing any more. */
export function whoOf(side: Side): string {
  return side.who === null ? t('card.erased') : side.who.name || t('card.noname');
}
/** The list of a row. */
export const listOf = (side: Side): string => side.title || kindWord(side.kind);
/** Why people are asked about a pair; one may be of the sample besides. */
export function kindOf({ kind, sampled }: Pick<PairRow, 'kind' | 'sampled'>): string {
  const why = maybe(`review.kind.${kind}`) ?? kind;
  return sampled && kind !== 'sample' ? t('review.kind.besides', { why }) : why;
}
export function placeOf(pair: Pick<PairRow, 'area' | 'area_name'>): string {
  return pair.area ? `${pair.area_name ?? ''} ${pair.area}`.trim() : t('card.noarea');
}

/** Bits with their sign. */
export function bits(value: number): string {
  const text = number(Math.abs(value), language(), 1);
  return t('review.bits', { n: text === '0' ? text : `${value > 0 ? '+' : '−'}${text}` });
}
export const says = (it: Evidence): string => (language() === 'en' ? it.says_en : it.says_id);
/** What a pair is, where it is not one person's. */
export const againstWord = (against: string): string => maybe(`review.who.${against}`) ?? against;
/** What all that speaks for and against comes to, in a sentence. */
export function sumWord(pair: Pick<PairOpened, 'prior' | 'evidence' | 'against'>): string {
  const against = againstWord(pair.against);
  const { toward, times } = odds(sumOf(pair));
  if (toward === 'even') return t('review.sum.even', { against });
  const { value, beyond } = rounded(times);
  const many = number(value, language(), 1);
  return sentence(t(toward === 'same' ? 'review.sum.same' : 'review.sum.against', { times: beyond ? t('review.sum.beyond', { n: many }) : many, against }));
}

/** A share in percent, without the sign. */
export const percent = (value: number, how: 'near' | 'low' | 'high' = 'near'): string => number(tenths(value, how), language(), 1);
/** A share with its bounds; unknown where nothing is known. */
export function shareWord(share: Share | null): string {
  return share === null ? t('unknown') : t('review.range', { value: percent(share.value), low: percent(share.low, 'low'), high: percent(share.high, 'high') });
}
/** The probability that something is cut at. */
export const cut = (at: number): string => number(at * 100, language(), 3);

/** A refusal that this page knows, in the reader's language; others as they came. */
export function worded(problem: Problem): Problem {
  const title = maybe(`review.problem.${problem.slug}`);
  if (!title) return plain(problem);
  return new Problem(problem.status, 'review', title, maybe(`review.problem.${problem.slug}.then`) ?? problem.detail, problem.fields, problem.request, problem.retryAfter_s);
}
