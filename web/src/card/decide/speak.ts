// What people decide about lists, in the reader's words.
import { Problem } from '$api/problem';
import type { Face } from '$watch/camera';
import { moment } from '$shell/format';
import { language, maybe, t } from '$shell/words.svelte';
import { n, plain, rupiah } from '../speak';
import type { Change, Group, Node, Ruling, SubjectRow } from './model';

/** So many families, or persons or businesses where a programme is for those. */
export function people(kind: string, count: number): string {
  return t(kind === 'orang' ? 'decide.persons' : kind === 'usaha' ? 'decide.businesses' : 'decide.families', { n: n(count) });
}
/** One of those whom a programme is for. */
export function oneOf(kind: string): string {
  return t(kind === 'orang' ? 'decide.person' : kind === 'usaha' ? 'decide.business' : 'decide.family');
}

/** A sentence that begins with such a word begins with a capital. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Money of a cycle; what is not known is said to be. */
export function perCycle(amount: number | null): string {
  return amount === null ? t('card.norupiah') : `${rupiah(amount)} ${t('card.cycle')}`;
}

export function verdictWord(verdict: string): string {
  return maybe(`decide.verdict.${verdict}`) ?? verdict;
}
/** The mark beside a verdict. Not to be on a list is no alarm. */
export function verdictFace(verdict: string): Face {
  return verdict === 'included' ? 'ok' : verdict === 'held' ? 'starting' : verdict === 'undecided' ? 'warn' : verdict === 'excluded' ? 'idle' : 'unknown';
}

/** How a rule speaks of somebody: a condition is not met, an exclusion applies, or it is not known. */
export function speaks(kind: string | undefined, truth: string): string {
  return maybe(`decide.speaks.${kind ?? 'rule'}.${truth}`) ?? maybe(`decide.speaks.rule.${truth}`) ?? truth;
}
/** A group's rule; of whom no list tells any more there is none. */
export function ruleName(of: { rule: string | null; rule_name: string | null }): string | null {
  return of.rule === 'absent' ? t('decide.absent') : (of.rule_name ?? of.rule);
}
/** A group in words: its rule, and how that speaks. */
export function groupWord(group: Pick<Group, 'rule' | 'rule_name' | 'truth'>, kind: string | undefined): string {
  return group.rule === 'absent' ? t('decide.absent') : `${ruleName(group)}: ${speaks(kind, group.truth)}`;
}

/** How a rule came out, said of the rule. */
export function outcomeWord(kind: string, outcome: string): string {
  return maybe(`decide.outcome.${kind}.${outcome}`) ?? outcome;
}
export function outcomeFace(outcome: string): Face {
  return outcome === 'holds' ? 'ok' : outcome === 'fails' ? 'warn' : 'unknown';
}
/** Whether something is so. */
export function truthWord(truth: string): string {
  return truth === 'unknown' ? t('unknown') : t(truth === 'yes' ? 'decide.yes' : 'decide.no');
}

/** What a part of a rule asks. */
export function asks(node: Node): string {
  return (language() === 'en' ? node.words_en : node.words) ?? node.column ?? '';
}
/** A rule that says something else than before: what it said, what it says, and what that rests on. */
export function changeWords(change: Change): { before: string; now: string } {
  const told = (outcome: string | null, value: string | null) => outcomeWord('rule', outcome ?? 'none') + (value ? ` (${value})` : '');
  return { before: told(change.before, change.value_before), now: told(change.now, change.value_now) };
}

/** Who has decided, when. */
export function ruledBy({ by_name, at_us }: Pick<Ruling, 'by_name' | 'at_us'>): string {
  return t('decide.by.when', { who: by_name ?? t('unknown'), when: moment(at_us / 1000, language()) });
}

/** Who somebody is, masked; whose key was destroyed has no name any more. A business is called by its name. */
export function whoOf(row: Pick<SubjectRow, 'who' | 'business'>): string {
  if (row.business) return row.who?.name ? t('decide.business.of', { business: row.business, owner: row.who.name }) : t('decide.business.nobody', { business: row.business });
  return row.who === null ? t('card.erased') : row.who.name || t('card.noname');
}
/** Where somebody lives. */
export function placeOf(row: { area: string | null; area_name: string | null }): string {
  return row.area ? `${row.area_name ?? ''} ${row.area}`.trim() : t('card.noarea');
}
/** The rule that speaks of somebody, with what is known: “Desil 1 sampai 2”: desil 4. */
export function because(row: Pick<SubjectRow, 'rule' | 'rule_name' | 'value'>): string | null {
  if (row.rule === 'absent') return t('decide.absent');
  const name = ruleName(row);
  if (!name) return null;
  return row.value ? t('decide.because.value', { rule: name, value: row.value }) : t('decide.because', { rule: name });
}

/** A refusal that these pages know, in the reader's language; others as they came. */
export function worded(problem: Problem): Problem {
  const title = maybe(`decide.problem.${problem.slug}`);
  const fields = problem.fields.map(({ name, why }) => ({ name, why: maybe(`decide.field.${name}`) ?? why }));
  const said = new Problem(problem.status, title ? 'decide' : problem.slug, title ?? problem.title, title ? (maybe(`decide.problem.${problem.slug}.then`) ?? problem.detail) : problem.detail, fields, problem.request, problem.retryAfter_s);
  return title ? said : plain(said);
}

/** Why an adoption came to nothing, by the last part of a problem's type. */
export function failureWord(slug: string): string {
  return maybe(`decide.problem.${slug}`) ?? maybe(`card.problem.${slug}`) ?? maybe(`problem.${slug}`) ?? slug;
}

/** What has become of an objection. */
export function stateWord(state: string): string {
  return maybe(`objection.state.${state}`) ?? state;
}
export function stateFace(state: string): Face {
  return state === 'open' ? 'warn' : state === 'accepted' ? 'ok' : 'idle';
}
