// What a page of an import knows without a page: its doors, what it may write, and how
// things are said. Pure.
import type { ImportChange, ImportCommit, ImportLine, ImportMode, ImportPreview, ImportWritten, Said } from '$api/model';
import type { Face } from '$watch/camera';

/** The doors of one room's imports. */
export interface Doors {
  base: string;
  open(file: File, mode: ImportMode, progress: (share: number) => void, signal: AbortSignal): Promise<ImportPreview>;
  /** The preview; whose data it is may settle rows that were decided for an earlier file of his. */
  read(id: string, owner?: string): Promise<ImportPreview>;
  choose(id: string, change: ImportChange): Promise<ImportPreview>;
  commit(id: string, commit: ImportCommit): Promise<ImportWritten>;
  drop(id: string): Promise<unknown>;
}

/** What is known about where a file comes from; empty: unknown. */
export interface Card {
  title: string;
  owner: string;
  as_of: string;
  legal_basis: string;
  definition: string;
}

/** The verdicts that there are, those that block a commit first. */
export const verdicts = ['refused', 'exists', 'add', 'change', 'same'] as const;
export type Verdict = (typeof verdicts)[number];

/** The look of a verdict. */
export const faces: Record<Verdict, Face> = { refused: 'crit', exists: 'warn', add: 'ok', change: 'idle', same: 'unknown' };

/** A verdict of the server, or null for one that this page does not know. */
export function verdictOf(line: ImportLine): Verdict | null {
  return verdicts.find((known) => known === line.verdict) ?? null;
}

/** The rows that hold everything back unless they are left out. */
export function blocking(lines: readonly ImportLine[]): number[] {
  return lines.filter((line) => line.verdict === 'refused' || line.verdict === 'exists').map((line) => line.row);
}

/** How many rows a commit would write. */
export function writes(preview: ImportPreview): number {
  return preview.counts.add + preview.counts.change;
}

/** Whether a commit would be taken: something to write, and nothing that blocks. */
export function mayCommit(preview: ImportPreview, leaveOut: boolean): boolean {
  return preview.state === 'open' && writes(preview) > 0 && (leaveOut || preview.counts.refused + preview.counts.exists === 0);
}

/** A sentence of the server in the language of the page. */
export function inLanguage(said: Said, language: 'id' | 'en'): string {
  return said[language];
}

/** Octets as people say them: 12 kB, 3,4 MB. */
export function size(bytes: number, number: (value: number, digits: number) => string): string {
  if (bytes < 1000) return `${number(bytes, 0)} B`;
  if (bytes < 1_000_000) return `${number(bytes / 1000, 0)} kB`;
  return `${number(bytes / 1_000_000, 1)} MB`;
}
