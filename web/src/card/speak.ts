// What was found about families, in the reader's words.
import { Problem } from '$api/problem';
import type { Face } from '$watch/camera';
import { day, number } from '$shell/format';
import { language, maybe, t } from '$shell/words.svelte';
import { permille, type What } from './ask';
import type { Counted, Finding, RowOf } from './model';

/** A whole number. */
export const n = (value: number): string => number(value, language());

/** How large a file is. */
export const kb = (octets: number): string => t('photo.kb', { n: n(Math.ceil(octets / 1000)) });

/** Rupiah; what is unknown is said to be. */
export function rupiah(amount: number | null): string {
  return amount === null ? t('unknown') : `Rp\u00a0${n(amount)}`;
}

/** A sum of amounts of which some may not be known; null where none is: there is no sum then. */
export function sum({ rows, rupiah: amount, unknown }: Counted): string | null {
  return rows === 0 || unknown === rows ? null : rupiah(amount);
}

/** An ISO date: 24 Nov 2026; unknown where there is none. */
export function dayOf(iso: string | null): string {
  return iso ? day(Date.parse(`${iso}T12:00:00+07:00`), language()) : t('unknown');
}

/** A share of the whole, never rounded up, and never zero where there is something. */
export function share(part: number, whole: number): string {
  const found = permille(part, whole);
  if (found === null) return t('unknown');
  return found === 0 && part > 0 ? `< ${number(0.1, language(), 1)} %` : `${number(found / 10, language(), 1)} %`;
}

/** Which part of the rows of the running list; where there are none, that. */
export function ofRows(part: number, all: number): string {
  return all === 0 ? t('card.share.none') : t('card.share.rows', { share: share(part, all), all: n(all) });
}

/** What a list is a list of. */
export function kindWord(kind: string): string {
  return maybe(`card.kind.${kind}`) ?? kind;
}

/** What two rows are compared in. */
export function fieldWord(field: string): string {
  const key = field === 'home' ? 'family.says.address' : field === 'source' ? 'review.field.source' : `family.says.${field}`;
  return maybe(key) ?? field;
}

/** What is said of a kind of finding. */
export function whatWord(what: string): string {
  return maybe(`card.what.${what}`) ?? what;
}

/** The mark beside a kind: nothing found is well, unknown is neither. */
export function faceOf(what: What, rows: number): Face {
  if (rows === 0) return 'ok';
  return what === 'unknown' ? 'unknown' : what === 'left_out' ? 'idle' : 'warn';
}

/** Where a row stands. */
export function source(row: RowOf): string {
  return t('card.source', { title: row.title || kindWord(row.kind), row: row.row });
}

/** Who stands in a row, masked; a row whose key was destroyed says nothing any more. */
export function nameOf(row: RowOf): string {
  return row.who === null ? t('card.erased') : row.who.name || t('card.noname');
}

/** Why a row was found, with what shows it, in one or two sentences. */
export function why(finding: Finding, decile_max: number | null): string {
  const by = finding.shown_by;
  const from = by ? source(by) : '';
  switch (finding.what) {
    case 'duplicate':
      return by ? t('card.why.duplicate', { name: nameOf(by), source: from }) : whatWord(finding.what);
    case 'same_card':
      return by ? t('card.why.same_card', { name: nameOf(by), source: from }) : whatWord(finding.what);
    case 'dead': {
      const lives = finding.family_lives === null ? '' : ` ${finding.family_lives ? t('card.why.lives') : t('card.why.alone')}`;
      return t('card.why.dead', { day: by?.day ? dayOf(by.day) : t('card.noday'), source: from }) + lives;
    }
    case 'moved':
      return t('card.why.moved', { day: by?.day ? dayOf(by.day) : t('card.noday'), source: from });
    case 'aided':
      return t('card.why.aided', { programmes: finding.programmes.join(', ') || t('unknown'), source: from });
    case 'decile':
      return t('card.why.decile', { decile: finding.decile ?? t('unknown'), max: decile_max ?? t('unknown'), source: from });
    case 'unknown':
      return by ? t('card.why.nodecile', { source: from }) : t('card.why.unknown');
    default:
      return t('card.why.left_out', { decile: finding.decile ?? t('unknown'), source: source(finding.row) });
  }
}

/** A refusal that the room knows, in the reader's language; others as they came. */
export function plain(problem: Problem): Problem {
  const title = maybe(`card.problem.${problem.slug}`);
  const fields = problem.fields.map(({ name, why }) => ({ name, why: maybe(`card.field.${name}`) ?? why }));
  return new Problem(problem.status, title ? 'card' : problem.slug, title ?? problem.title, title ? (maybe(`card.problem.${problem.slug}.then`) ?? '') : problem.detail, fields, problem.request, problem.retryAfter_s);
}
