// Audit entries made readable without knowing every verb: facts in, name and value out.
import type { AuditCheckpoint, AuditEntry } from '$api/model';

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
