// Programmes, rules and what they would do, in the reader's words.
import { Problem } from '$api/problem';
import { fill, language, maybe, t } from '$shell/words.svelte';
import { dayOf, n, rupiah } from '../speak';
import type { Hint, Move, Near, RuleView, Subject } from './model';
import type { Beside } from './rule';

/** So many families, persons or businesses. */
export function many(subject: Subject | string, count: number): string {
  return t(subject === 'orang' ? 'rule.many.orang' : subject === 'usaha' ? 'rule.many.usaha' : 'rule.many.keluarga', { n: n(count) });
}

/** What one of them is called. */
export function unit(subject: Subject | string): string {
  return t(subject === 'orang' ? 'rule.unit.orang' : subject === 'usaha' ? 'rule.unit.usaha' : 'rule.unit.keluarga');
}

/** What one of them gets in a cycle, and what that is in rupiah. */
export function gets(it: { amount: number; unit: string; item: string; rupiah: number | null; subject: Subject }): string {
  const what = { amount: n(it.amount), unit: it.unit, item: it.item, each: unit(it.subject) };
  return it.rupiah === null ? t('rule.gets.unknown', what) : t('rule.gets', { ...what, rupiah: rupiah(it.rupiah * it.amount) });
}

/** From when to when it holds. */
export function span(it: { valid_from: string; valid_to: string | null }): string {
  return it.valid_to === null ? t('rule.valid.from', { from: dayOf(it.valid_from) }) : t('rule.valid', { from: dayOf(it.valid_from), to: dayOf(it.valid_to) });
}

/** A rule in words. */
export const wordsOf = (rule: RuleView): string => (language() === 'en' ? rule.words_en : rule.words);

/** A difference with its sign; unknown where one side is. */
export function more(value: number | null): string {
  if (value === null) return t('unknown');
  return value > 0 ? `+${n(value)}` : value < 0 ? `−${n(-value)}` : '0';
}

/** The same of rupiah. */
export function moreRupiah(value: number | null): string {
  if (value === null) return t('unknown');
  return value > 0 ? `+${rupiah(value)}` : value < 0 ? `−${rupiah(-value)}` : rupiah(0);
}

/** What something is held against. */
export function besideWord(beside: Beside): string {
  switch (beside.kind) {
    case 'running':
      return t('rule.against.running');
    case 'list':
      return t('rule.against.list', { n: beside.number });
    case 'version':
      return t('rule.against.version', { n: beside.version });
    default:
      return t('rule.against.none');
  }
}

/** How some moved, in a sentence. */
export function moved(move: Move, subject: Subject): string {
  const who = many(subject, move.subjects);
  const said = maybe(`rule.move.${move.before}.${move.now}`);
  return said ? fill(said, { who }) : `${who}: ${move.before} → ${move.now}`;
}

export const verdictWord = (verdict: string): string => maybe(`rule.verdict.${verdict}`) ?? verdict;
export const stateWord = (state: string): string => maybe(`rule.state.${state}`) ?? state;

/** What a hint says, in a sentence. */
export function hinted(hint: Hint): string {
  const value = hint.kind === 'not_in_force' ? dayOf(hint.value) : (hint.value ?? t('unknown'));
  return fill(maybe(`rule.hint.${hint.kind}`) ?? hint.kind, { value });
}

/** How near somebody is to a line. */
export function nearly(near: Near): string {
  return t('rule.near.says', { value: n(near.value), line: n(near.line) });
}

/** A refusal under the words of these pages; what it says of a field stays as it came: it is exact. */
export function told(problem: Problem): Problem {
  const title = maybe(`rule.problem.${problem.slug}`);
  if (!title) return problem;
  return new Problem(422, 'rule', title, maybe(`rule.problem.${problem.slug}.then`) ?? problem.detail, problem.fields, problem.request, problem.retryAfter_s);
}
