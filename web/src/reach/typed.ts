// What a person types into a form, as the house takes it. Pure.

/** The house's zone is seven hours ahead of UTC all year (Asia/Pontianak). */
const AHEAD_MS = 7 * 3_600_000;

/** A moment of the house's zone, 2026-11-27T09:30, in microseconds since 1970 UTC; null where it is none. */
export function zoned(text: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text) ? Date.parse(`${text}:00+07:00`) : NaN;
  return Number.isFinite(ms) ? ms * 1000 : null;
}

/** The other way round, for a field that asks for day and hour. */
export function local(us: number): string {
  return new Date(us / 1000 + AHEAD_MS).toISOString().slice(0, 16);
}

/** Where a day of the house's zone ends, microseconds since 1970 UTC. */
export function endOf(day: string): number {
  return (Date.parse(`${day}T00:00:00+07:00`) + 86_400_000) * 1000;
}

/** A day as an address writes it, if there is such a day. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}

/**
 * Whole rupiah: 1.500.000, Rp 1500000. Null where nothing is written, which is unknown and
 * not zero; undefined where it is no amount.
 */
export function amount(text: string): number | null | undefined {
  const plain = text.replace(/^\s*Rp\.?/i, '').trim();
  if (plain === '') return null;
  // Groups of three, parted by one sign alone: nothing is guessed.
  if (!/^(\d+|[1-9]\d{0,2}([.,\s])\d{3}(\2\d{3})*)$/.test(plain)) return undefined;
  const found = Number(plain.replace(/[.,\s]/g, ''));
  return Number.isSafeInteger(found) ? found : undefined;
}

/** A whole number; null where nothing is written, undefined where it is none. */
export function whole(text: string): number | null | undefined {
  return /rp/i.test(text) ? undefined : amount(text);
}

/** Degrees as a phone or a paper writes them: -2,21 or -2.21. */
export function degrees(text: string): number | null | undefined {
  const plain = text.trim().replace('−', '-').replace(',', '.');
  if (plain === '') return null;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

/** A line without blanks around it; null where nothing is left. */
export function line(text: string): string | null {
  return text.trim() || null;
}
