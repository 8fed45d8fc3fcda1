// What the address asks of a list, and what its numbers say. Pure.
import { amount, depth } from '../ask';
import type { CoverPart, DecisionWhole, Group, Move, Objection, PartOf, Signatory } from './model';

/** The parts of a list's page. A draft has no annex, since nothing of it is fixed. */
export const parts = ['ringkasan', 'daftar', 'perubahan', 'lampiran'] as const;
export type Part = (typeof parts)[number];
export const verdicts = ['included', 'held', 'undecided', 'excluded', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];
export const changesKnown = ['enters', 'leaves', 'stays'] as const;
export const objectionStates = ['open', 'accepted', 'rejected'] as const;

/** Where people can stand on a list; once it is adopted nobody waits any more. */
export function verdictsOf(state: string): Verdict[] {
  return verdicts.filter((one) => one !== 'undecided' || state !== 'adopted');
}

/** Which parts a list in a state has. */
export function partsOf(state: string): Part[] {
  return state === 'adopted' ? [...parts] : ['ringkasan', 'daftar'];
}

/** What is asked for of a list; empty for all. */
export interface Wanted {
  part: Part;
  verdict: string;
  change: string;
  group: string;
  area: string;
}
const oneOf = <T extends string>(all: readonly T[], text: string | null): T | '' => all.find((one) => one === text) ?? '';
/** An area that a list can be narrowed to: a regency or something in it. */
export function readArea(text: string | null): string {
  return text !== null && /^\d{2}\.\d{2}(\.\d{2}(\.\d{4})?)?$/.test(text) ? text : '';
}
/** Reads the part of an address after the question mark; what is none of it is left out. */
export function readWanted(query: URLSearchParams, state: string): Wanted {
  const group = query.get('kelompok') ?? '';
  return {
    part: oneOf(partsOf(state), query.get('bagian')) || 'ringkasan',
    verdict: oneOf(verdictsOf(state), query.get('putusan')),
    change: oneOf(changesKnown, query.get('gerak')),
    group: /^[a-z0-9-]{1,40}:(fails|unknown)$/.test(group) ? group : '',
    area: readArea(query.get('wilayah'))
  };
}

/** What becomes of people against the list before, in the order in which it is told. */
export const moveKinds = ['stays', 'enters', 'leaves', 'held', 'waits', 'doubts', 'unclear'] as const;
export type MoveKind = (typeof moveKinds)[number];
export interface Told {
  subjects: number;
  /** Null as soon as the money of some is not known. */
  rupiah: number | null;
}
/** Which move it is; null where somebody did not receive and does not now. */
export function moveOf(before: string, now: string): MoveKind | null {
  if (now === 'held') return 'held';
  if (now === 'undecided') return 'waits';
  if (now === 'included') return before === 'included' ? 'stays' : 'enters';
  if (now === 'excluded') return before === 'included' ? 'leaves' : null;
  return before === 'included' ? 'doubts' : 'unclear';
}
/** The moves summed by what they mean; those that nobody makes are not told. */
export function moved(moves: readonly Move[]): [MoveKind, Told][] {
  const all = new Map<MoveKind, Told>();
  for (const { before, now, subjects, rupiah } of moves) {
    const kind = moveOf(before, now);
    if (!kind || subjects === 0) continue;
    const sum = all.get(kind) ?? { subjects: 0, rupiah: 0 };
    all.set(kind, { subjects: sum.subjects + subjects, rupiah: sum.rupiah === null || rupiah === null ? null : sum.rupiah + rupiah });
  }
  return moveKinds.flatMap((kind): [MoveKind, Told][] => (all.has(kind) ? [[kind, all.get(kind)!]] : []));
}

/** Those areas first in which most changes; where nothing is known of the area, last. */
export function byChange(all: readonly PartOf[]): PartOf[] {
  const turns = (part: PartOf) => part.enters + part.leaves;
  return [...all].sort((a, b) => Number(a.code === null) - Number(b.code === null) || turns(b) - turns(a) || (a.code ?? '').localeCompare(b.code ?? ''));
}

/** Whether somebody has still to say what becomes of a group. */
export function waits(group: Group): boolean {
  return group.ruling === null && group.open > 0;
}

/** A number of people as somebody types it; null where it is none. */
export function counted(text: string): number | null {
  return amount(text) ?? null;
}

/** Those who sign, without the lines that were left empty. */
export function signers(all: readonly Signatory[]): Signatory[] {
  return all.map(({ name, office }) => ({ name: name.trim(), office: office.trim() })).filter(({ name, office }) => name !== '' || office !== '');
}
/** Whether a list can be signed by them: one to six, each with name and office. */
export function canSign(all: readonly Signatory[]): boolean {
  const some = signers(all);
  return some.length >= 1 && some.length <= 6 && some.every(({ name, office }) => name !== '' && office !== '');
}

/** The villages of a cover that lie in an area, all of them for none. */
export function within(all: readonly CoverPart[], area: string): CoverPart[] {
  return area === '' ? [...all] : all.filter(({ code }) => code === area || (code ?? '').startsWith(`${area}.`));
}
/** How many they are together, and their money; null as soon as that of one is not known. */
export function sumOf(all: readonly CoverPart[]): Told {
  return {
    subjects: all.reduce((sum, part) => sum + part.subjects, 0),
    rupiah: all.reduce<number | null>((sum, part) => (sum === null || part.rupiah === null ? null : sum + part.rupiah), 0)
  };
}
/** Whether names of an area can be taken at once: of a village. */
export function isAnnex(area: string): boolean {
  return depth(area) === 4;
}

/** Whether an objection should have been answered by now; it becomes so while a page is open. */
export function isOverdue(one: Pick<Objection, 'state' | 'due_us'>, now_ms: number): boolean {
  return one.state === 'open' && one.due_us / 1000 <= now_ms;
}

/** Whether somebody receives by a verdict. */
export function receives(verdict: string): boolean {
  return verdict === 'included' || verdict === 'held';
}
/** Some lines as one: reasons that stand on a sheet have no more. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
/** Whether a draft goes by rules or lists that are not the newest any more. */
export function isStale(it: Pick<DecisionWhole, 'version' | 'newest_version' | 'hints'>): boolean {
  return it.newest_version > it.version || it.hints.some((hint) => hint.kind === 'lists_newer');
}
