// Audit entries made readable without knowing every verb: facts in, name and value out.
import type { AuditCheckpoint, AuditEntry } from '$api/model';
import { moment, number, span } from '$shell/format';
import type { Language } from '$shell/words.svelte';

/** Facts of an entry, nested ones with dotted names. */
export function readable(detail: unknown, prefix = ''): [string, string][] {
  if (detail === null || detail === undefined) return [];
  if (Array.isArray(detail)) {
    if (detail.every((item) => item === null || typeof item !== 'object')) return detail.length ? [[prefix || '·', detail.map(String).join(', ')]] : [];
    return detail.flatMap((item, i) => readable(item, prefix ? `${prefix}.${i + 1}` : String(i + 1)));
  }
  if (typeof detail === 'object') return Object.entries(detail).flatMap(([name, value]) => readable(value, prefix ? `${prefix}.${name}` : name));
  return [[prefix || '·', String(detail as string | number | boolean)]];
}

/**
 * A fact in words: its name from the catalogue, or as it is with blanks; its value as its name says it is measured.
 * What the chain holds stands in the CSV as it is.
 */
export function inWords([name, value]: [string, string], language: Language, word: (key: string) => string | undefined): [string, string] {
  const last = name.split('.').at(-1) ?? name;
  const said = word(`fact.${last}`) ?? last.replace(/_(us|ms|bytes)$/, '').replaceAll('_', ' ');
  const count = /^-?\d+$/.test(value) ? Number(value) : null;
  let shown = word(`fact.value.${value}`) ?? value;
  if (count !== null && last.endsWith('_us')) shown = moment(count / 1000, language, true);
  else if (count !== null && last.endsWith('_ms')) shown = span(count, language);
  else if (count !== null && (last.endsWith('_bytes') || last === 'octets')) shown = octets(count, language);
  const around = name.split('.').slice(0, -1);
  return [[...around.map((part) => word(`fact.${part}`) ?? part.replaceAll('_', ' ')), said].join(' · '), shown];
}

/** A size: 12 B · 3,4 kB · 5,6 MB, in powers of ten. */
function octets(count: number, language: Language): string {
  if (count < 1000) return `${number(count, language)} B`;
  if (count < 1e6) return `${number(count / 1e3, language, 1)} kB`;
  return `${number(count / 1e6, language, 1)} MB`;
}

/** Who did it; null when the house itself did. */
export function person(who: AuditEntry['who']): string | null {
  return who ? (who.name ?? who.id) : null;
}

/** A day, and two hours for a house that was starting. */
const STALE_MS = 26 * 3_600_000;

/** Whether the newest checkpoint is older than one of each day can be. */
export function isStale(madeMs: number, nowMs: number): boolean {
  return nowMs - madeMs > STALE_MS;
}

/** How a checkpoint has left the machine; its own data folder is no witness. */
export function ways(it: Pick<AuditCheckpoint, 'foldered_us' | 'sent_us' | 'printed_us'>): ('folder' | 'program' | 'paper')[] {
  return [...(it.foldered_us === null ? [] : (['folder'] as const)), ...(it.sent_us === null ? [] : (['program'] as const)), ...(it.printed_us === null ? [] : (['paper'] as const))];
}
