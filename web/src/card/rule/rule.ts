// What the pages of rules know without a page: what an address asks for, how those who move
// are added up, files for spreadsheets, and where in a text an error lies. Pure.
import { depth } from '../ask';
import type { Margin, Move, PartOf, Subject, Tally, Verdict } from './model';

/** Beside whom a text is tried. */
export type Beside = { kind: 'running' } | { kind: 'none' } | { kind: 'list'; number: number } | { kind: 'version'; version: number };

/** What the address of a programme asks for. */
export interface Tried {
  /** Null: nothing is tried yet. */
  beside: Beside | null;
  /** Empty for the whole province. */
  area: string;
  /** Empty: today. */
  day: string;
  /** The version that is shown; null: the newest. */
  version: number | null;
}

const count = (text: string | undefined | null): number | null => (text && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null);

/** Reads the part of an address after the question mark; what is none of it is left out. */
export function readTried(query: URLSearchParams): Tried {
  const [area, day] = [query.get('wilayah') ?? '', query.get('hari') ?? ''];
  return {
    beside: besideOf(query.get('lawan') ?? ''),
    area: /^\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?$/.test(area) && depth(area) > 1 ? area : '',
    day: isDay(day) ? day : '',
    version: count(query.get('versi'))
  };
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(text);
}

/** The word of an address for what a text is held against. */
export function wordOf(beside: Beside): string {
  switch (beside.kind) {
    case 'running':
      return 'berjalan';
    case 'none':
      return 'tanpa';
    case 'list':
      return `daftar-${beside.number}`;
    case 'version':
      return `versi-${beside.version}`;
  }
}

/** What such a word means, null for one that means nothing. */
export function besideOf(word: string): Beside | null {
  if (word === 'berjalan') return { kind: 'running' };
  if (word === 'tanpa') return { kind: 'none' };
  const [kind, digits] = word.split('-', 2);
  const at = count(digits);
  if (at === null || word.split('-').length !== 2) return null;
  if (kind === 'daftar') return { kind: 'list', number: at };
  return kind === 'versi' ? { kind: 'version', version: at } : null;
}

/** How many go where. */
export interface Flows {
  enters: number;
  leaves: number;
  /** Those who receive now, and of whom it would not be known any more. */
  doubted: number;
}

/** Adds up who would enter, who would leave, and of whom it would no longer be known. */
export function flows(moves: readonly Move[]): Flows {
  const sum = (is: (move: Move) => boolean) => moves.filter(is).reduce((all, { subjects }) => all + subjects, 0);
  return {
    enters: sum(({ before, now }) => before !== 'included' && now === 'included'),
    leaves: sum(({ before, now }) => before === 'included' && now === 'excluded'),
    doubted: sum(({ before, now }) => before === 'included' && now === 'unknown')
  };
}

const order: Verdict[] = ['included', 'unknown', 'excluded'];
/** Moves as they are told: those who change first, those who stay last; nobody is no sentence. */
export function told(moves: readonly Move[]): Move[] {
  const place = ({ before, now }: Move) => (before === now ? 10 : 0) + order.indexOf(now) * 3 + order.indexOf(before);
  return moves.filter(({ subjects }) => subjects > 0).sort((a, b) => place(a) - place(b));
}

/** How much more or less there is; null where one of both is not known. */
export function difference(before: number | null | undefined, now: number | null | undefined): number | null {
  return before === null || before === undefined || now === null || now === undefined ? null : now - before;
}

const nobody: Tally = { included: 0, excluded: 0, unknown: 0, held: 0, undecided: 0, rupiah: 0 };
function plus(a: Tally, b: Tally): Tally {
  return {
    included: a.included + b.included,
    excluded: a.excluded + b.excluded,
    unknown: a.unknown + b.unknown,
    held: a.held + b.held,
    undecided: a.undecided + b.undecided,
    // Money of which a part is not known has no sum.
    rupiah: a.rupiah === null || b.rupiah === null ? null : a.rupiah + b.rupiah
  };
}

/** Parts added up. */
export function summed(parts: readonly PartOf[]): Pick<PartOf, 'enters' | 'leaves' | 'now'> & { before: Tally } {
  return parts.reduce((all, part) => ({ enters: all.enters + part.enters, leaves: all.leaves + part.leaves, before: plus(all.before, part.before ?? nobody), now: plus(all.now, part.now) }), { enters: 0, leaves: 0, before: nobody, now: nobody });
}

/** A bar of a histogram: so many at this distance, the last one at this and beyond. */
export interface Bar {
  distance: number;
  beyond: boolean;
  subjects: number;
}

/** Distances in their order, at most so many; those beyond are one. */
export function bars(margins: readonly Margin[], most: number): Bar[] {
  const sorted = margins.filter(({ subjects }) => subjects > 0).sort((a, b) => a.distance - b.distance);
  const shown = sorted.slice(0, sorted.length > most ? most - 1 : most).map(({ distance, subjects }) => ({ distance, subjects, beyond: false }));
  const rest = sorted.slice(shown.length);
  const [first] = rest;
  return first ? [...shown, { distance: first.distance, beyond: true, subjects: rest.reduce((sum, { subjects }) => sum + subjects, 0) }] : shown;
}

/** A part of the largest, 0 to 100, never nothing where there is something. */
export function width(part: number, largest: number): number {
  return part <= 0 || largest <= 0 ? 0 : Math.max(1, Math.round((part * 100) / largest));
}

export type Cell = string | number | null;
/** A table for spreadsheets; unknown stays empty, and no cell runs as a formula. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    const safe = /^\s*[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  // The mark by which a spreadsheet knows the encoding.
  return `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** From where to where a line of a text goes. */
export interface Spot {
  line: number;
  from: number;
  to: number;
}

function lineAt(text: string, line: number): Spot | null {
  const lines = text.split('\n');
  const found = lines[line - 1];
  if (found === undefined) return null;
  const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return { line, from, to: from + found.length };
}

/** The line that an error means: by its number, or by the rule or key that it names. */
export function spotOf(text: string, why: string): Spot | null {
  const numbered = /\b(?:line|baris) (\d{1,5})\b/i.exec(why)?.[1];
  if (numbered) return lineAt(text, Number(numbered));
  const lines = text.split('\n');
  const find = (pattern: RegExp, from = 0) => {
    const at = lines.findIndex((line, i) => i >= from && pattern.test(line));
    return at < 0 ? null : at;
  };
  const [, rule, key] = /^aturan (#\d+|[a-z0-9-]+)(?:, ([a-z_]+))?/.exec(why) ?? [];
  if (rule) {
    const heads = lines.flatMap((line, i) => (/^\s*\[\[/.test(line) ? [i] : []));
    // A rule without an id is named by its place.
    const at = rule.startsWith('#') ? (heads[Number(rule.slice(1)) - 1] ?? null) : find(new RegExp(`^\\s*id\\s*=\\s*["']${rule}["']`));
    if (at === null) return null;
    // The key stands somewhere in the block of its rule, or has a table of its own there.
    const begin = heads.findLast((head) => head <= at) ?? 0;
    const end = heads.find((head) => head > at) ?? lines.length;
    const own = key ? find(new RegExp(`^\\s*(${key}\\s*=|\\[aturan\\.${key}\\])`), begin) : null;
    return lineAt(text, (own !== null && own < end ? own : at) + 1);
  }
  const [, top] = /^([a-z_]+)\s*[:=]/.exec(why) ?? [];
  const at = top ? find(new RegExp(`^\\s*${top}\\s*=`)) : null;
  return at === null ? null : lineAt(text, at + 1);
}

/** What a text calls itself, as far as it says so in a line; for lists of texts. */
export function nameIn(text: string): string | null {
  return /^\s*nama\s*=\s*"((?:[^"\\]|\\.)*)"/m.exec(text)?.[1] ?? null;
}

/** Whom a text is for, as far as it says so in a line. */
export function subjectIn(text: string): Subject {
  return /^\s*subjek\s*=\s*["'](orang|usaha)["']/m.exec(text)?.[1] ?? 'keluarga';
}

/** The beginning of a digest, as much as people compare. */
export const short = (sha256: string): string => sha256.slice(0, 12);

/** A text to begin with: every key that has to be there, and one rule. The day is the first it holds on. */
export function skeleton(day: string): string {
  return `# Nama pendek: huruf kecil, angka, dan tanda hubung.
program = ""
nama = ""
# keluarga, orang, atau usaha
subjek = "keluarga"
instansi = ""
# Peraturan yang menjadi dasarnya.
dasar = ""

# Apa yang diterima satu keluarga dalam satu siklus.
barang = ""
satuan = "paket"
jumlah = 1
# Rupiah per satuan. Selama tidak ditulis, nilainya belum diketahui.
# rupiah = 

berlaku_dari = ${day}

# syarat: harus terpenuhi. pengecualian: tidak boleh terpenuhi.
[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
dasar = ""
jika = { kolom = "desil", op = "<=", nilai = 2 }
`;
}
