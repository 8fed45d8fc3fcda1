// What a page of a list on its way in knows without a page: kinds, what stands in the way of
// writing it, and the card of its source. Pure.
import type { Sent } from '$api/model';
import { Problem } from '$api/problem';
import type { components } from '$api/schema';

type S = components['schemas'];
export type ListImport = Sent<S['CardImport']>;
export type Found = Sent<S['CardImportFound']>;
export type Point = Sent<S['CardImportPoint']>;
export type Change = S['CardImportChange'];
export type Commit = S['CardImportCommit'];
export type Codes = S['CardImportCodes'];

/** What a file may be a list of: the list that is examined first, then what it is held against. */
export const kinds = ['kpm', 'dtsen', 'bansos', 'desa', 'kematian', 'pindah', 'gagal', 'usaha'] as const;
export type Kind = (typeof kinds)[number];

/** A kind of the server, or null for one that this page does not know. */
export function kindOf(word: string | null): Kind | null {
  return kinds.find((known) => known === word) ?? null;
}

/** Of which older lists a newer one takes the place: all of its kind, those of its owner, or none. */
export function replaces(kind: string): 'all' | 'owner' | null {
  if (kind === 'kpm' || kind === 'dtsen') return 'all';
  return kind === 'bansos' || kind === 'desa' || kind === 'usaha' ? 'owner' : null;
}

/** Whether the house is at work on it, so that it is worth looking again. */
export function isGoing(state: string): boolean {
  return state === 'reading' || state === 'writing';
}

/** How many rows a commit would write. */
export function writes(found: Found): number {
  return found.rows - found.refused;
}

/** Whether it has to be said, or was said, of which system the codes of villages are. */
export function asksCodes(it: ListImport, found: Found): boolean {
  return found.codes_are_foreign || it.codes !== null;
}

/** What stands in the way of writing, the gravest first; null where nothing does. */
export function obstacle(it: ListImport, leaveOut: boolean): 'unread' | 'rows' | 'codes' | 'refused' | null {
  const { found } = it;
  if (it.state !== 'read' || !found) return 'unread';
  if (writes(found) <= 0) return 'rows';
  if (found.codes_are_foreign && it.codes === null) return 'codes';
  return found.refused > 0 && !leaveOut ? 'refused' : null;
}

/** The card of a source as it is typed; empty: unknown. */
export interface Typed {
  title: string;
  owner: string;
  controller: string;
  legal_basis: string;
  agreement: string;
  agreement_until: string;
  /** One a line. */
  purposes: string;
  as_of: string;
  definition: string;
  retention_days: string;
}

/** A card of which nothing is known but what the file is called. */
export function blank(file: string): Typed {
  const title = file.replace(/\.(csv|txt|xlsx)$/i, '');
  return { title, owner: '', controller: '', legal_basis: '', agreement: '', agreement_until: '', purposes: '', as_of: '', definition: '', retention_days: '' };
}

/** Days that a raw copy may be kept at most: thirty years. */
const DAYS_MAX = 10_950;

/** Days as they are typed: null where nobody has said, undefined where it is no such number. */
export function daysOf(typed: string): number | null | undefined {
  const text = typed.trim().replaceAll('.', '');
  if (text === '') return null;
  return /^\d{1,5}$/.test(text) && Number(text) <= DAYS_MAX ? Number(text) : undefined;
}

/** What is sent of it. Whatever is empty stays unknown. */
export function cardOf(typed: Typed): S['SourceCard'] {
  const text = (value: string) => value.trim() || null;
  return {
    title: text(typed.title),
    owner: text(typed.owner),
    controller: text(typed.controller),
    legal_basis: text(typed.legal_basis),
    agreement: text(typed.agreement),
    agreement_until: text(typed.agreement_until),
    purposes: typed.purposes.split('\n').map((line) => line.trim()).filter(Boolean),
    as_of: text(typed.as_of),
    definition: text(typed.definition),
    retention_days: daysOf(typed.retention_days) ?? null
  };
}

/** What of a source people ask for first, and nobody has said. */
export function unsaid(typed: Typed): ('owner' | 'as_of' | 'legal_basis' | 'purposes')[] {
  return (['owner', 'as_of', 'legal_basis', 'purposes'] as const).filter((field) => typed[field].trim() === '');
}

/**
 * A refusal under the title and text that this page has for it, whatever other pages say of its
 * kind; as it came where it has none.
 */
export function worded(problem: Problem, words: (key: string) => string | undefined): Problem {
  const title = words(`cardin.fail.${problem.slug}`);
  if (!title) return problem;
  const text = words(`cardin.fail.${problem.slug}.then`) ?? problem.detail;
  // Other statuses have one title for all rooms.
  return new Problem(422, 'cardin', title, text, problem.fields, problem.request, problem.retryAfter_s);
}
