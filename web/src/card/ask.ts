// What the address asks of the running list, and what answers can be added up. Pure.
import type { Answer, Counted, List, Run } from './model';

/** What can be found, in the order in which it is told: against rows first, for families last. */
export const whats = ['duplicate', 'same_card', 'dead', 'moved', 'aided', 'decile', 'unknown', 'left_out'] as const;
export type What = (typeof whats)[number];
export type Level = 'regency' | 'district' | 'village';

/** What is asked for: one kind of finding or all, in one area or all. */
export interface Wanted {
  what: What | '';
  /** Empty for the whole province. */
  area: string;
}

/** Reads the part of an address after the question mark; what is none of it is left out. */
export function readWanted(query: URLSearchParams): Wanted {
  const [what, area] = [query.get('temuan'), query.get('wilayah') ?? ''];
  return { what: whats.find((one) => one === what) ?? '', area: /^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$/.test(area) && area.length > 2 ? area : '' };
}

/** How deep a code goes: 1 for a province, 4 for a village. */
export function depth(code: string): number {
  return code === '' ? 0 : code.split('.').length;
}

/** By what an area is told apart; a village is told by itself. */
export function below(area: string): Level {
  return depth(area) < 2 ? 'regency' : depth(area) === 2 ? 'district' : 'village';
}

/** The areas around one, the largest first, and itself. */
export function around(area: string): string[] {
  const parts = area.split('.');
  return area === '' ? [] : parts.slice(1).map((_, i) => parts.slice(0, i + 2).join('.'));
}

/** Whether a work list can be taken of an area: nobody takes the names of a regency at once. */
export function isWork(area: string): boolean {
  return depth(area) === 3 || depth(area) === 4;
}

const none: Counted = { rows: 0, rupiah: 0, unknown: 0 };

/** How much was found of one kind; what an answer does not name was not found. */
export function counted(found: Record<string, Counted>, what: What): Counted {
  return found[what] ?? none;
}

/** Whether an answer speaks of the whole running list, or of what somebody sees of it. */
export function isWhole(answer: Answer, area: string): boolean {
  const result = answer.run?.result;
  return area === '' && result !== null && result !== undefined && answer.list.rows === result.rows;
}

/** What is left of a sum when a part of it is taken away. */
export function without(all: Counted, part: Counted): Counted {
  return { rows: all.rows - part.rows, rupiah: all.rupiah - part.rupiah, unknown: all.unknown - part.unknown };
}

/** A share in tenths of a percent, never rounded up; null of nothing. */
export function permille(part: number, whole: number): number | null {
  return whole > 0 ? Math.floor((part * 1000) / whole) : null;
}

/** Lists that came after an examination of all had begun and are not in it, the oldest first. */
export function came(run: Run, lists: readonly List[]): List[] {
  const used = new Set(run.result?.lists.map((list) => list.number));
  return lists.filter((list) => !used.has(list.number) && list.written_us > run.since_us).sort((a, b) => a.number - b.number);
}

/** How many such lists there are, and how many it rests on that were withdrawn since. */
export function since(run: Run, lists: readonly List[]): { newer: number; withdrawn: number } {
  const used = new Set(run.result?.lists.map((list) => list.number));
  const standing = new Set(lists.map((list) => list.number));
  return {
    newer: came(run, lists).length,
    withdrawn: [...used].filter((number) => !standing.has(number)).length
  };
}

/** Whole rupiah as people type them; null where nothing is, which is unknown; undefined where it is no amount. */
export function amount(text: string): number | null | undefined {
  const plain = text.replace(/^\s*Rp\.?/i, '').trim();
  if (plain === '') return null;
  // Groups of three, parted by one sign alone: nothing is guessed.
  if (!/^(\d+|[1-9]\d{0,2}([.\s])\d{3}(\2\d{3})*)$/.test(plain)) return undefined;
  const found = Number(plain.replace(/[.\s]/g, ''));
  return found <= 1_000_000_000 ? found : undefined;
}
