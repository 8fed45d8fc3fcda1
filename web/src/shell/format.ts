// How numbers, times and ages are written. Pure: the caller hands in the time of day.
import type { Language } from './words.svelte';

/** The one zone in which the house counts its days. */
export const ZONE = 'Asia/Pontianak';
/** Drawn wherever a value is not known; never a zero. */
export const DASH = '—';

const tags: Record<Language, string> = { id: 'id-ID', en: 'en-GB' };
const units: Record<Language, { s: string; m: string; h: string; d: string; now: string; ago: string; yesterday: string }> = {
  id: { s: 'dtk', m: 'mnt', h: 'jam', d: 'hari', now: 'baru saja', ago: 'lalu', yesterday: 'kemarin' },
  en: { s: 's', m: 'min', h: 'h', d: 'd', now: 'just now', ago: 'ago', yesterday: 'yesterday' }
};

const made = new Map<string, Intl.DateTimeFormat>();
function dates(language: Language, shape: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(shape);
  let found = made.get(key);
  if (!found) made.set(key, (found = new Intl.DateTimeFormat(tags[language], { timeZone: ZONE, ...shape })));
  return found;
}

/** A count or measure: 1.234,5 in Indonesian. */
export function number(value: number | null | undefined, language: Language, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  return value.toLocaleString(tags[language], { maximumFractionDigits: digits, minimumFractionDigits: 0 });
}

/** A span: 0,4 dtk · 12 dtk · 7 mnt · 3 jam · 2 hari. */
export function span(ms: number | null | undefined, language: Language): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return DASH;
  const u = units[language];
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return `${number(s, language, 1)} ${u.s}`;
  if (s < 60) return `${Math.floor(s)} ${u.s}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${u.m}`;
  if (s < 86400) return `${Math.floor(s / 3600)} ${u.h}`;
  return `${Math.floor(s / 86400)} ${u.d}`;
}

/** A span in whole units, for texts that tick once a second. */
export function age(ms: number | null | undefined, language: Language): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return DASH;
  return span(Math.max(0, Math.floor(ms / 1000)) * 1000, language);
}

/** An age as a phrase: 12 dtk lalu. */
export function ago(ms: number | null | undefined, language: Language): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return DASH;
  if (ms < 1000) return units[language].now;
  return `${age(ms, language)} ${units[language].ago}`;
}

/** The hour: 14.05. */
export function clock(ms: number, language: Language, seconds = false): string {
  return dates(language, { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}), hourCycle: 'h23' }).format(ms);
}

/** A day: 24 Nov 2026. */
export function day(ms: number, language: Language): string {
  return dates(language, { day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
}

/** The day of the house's zone as the house writes it: 2026-11-24. */
export function isoDay(ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(ms);
}

/** A month, written YYYY-MM: November 2026. */
export function monthName(month: string, language: Language): string {
  return dates(language, { month: 'long', year: 'numeric' }).format(Date.parse(`${month}-15T12:00:00Z`));
}

/** Day, hour and zone: 24 Nov 2026 14.05 WIB. */
export function moment(ms: number | null | undefined, language: Language, seconds = false): string {
  if (ms === null || ms === undefined) return DASH;
  return `${day(ms, language)} ${clock(ms, language, seconds)} WIB`;
}

/** A moment named from where the reader stands: 13.58 · kemarin 16.30 · 22 Nov 16.30. */
export function since(ms: number | null | undefined, now: number, language: Language): string {
  if (ms === null || ms === undefined) return DASH;
  const then = day(ms, language);
  if (then === day(now, language)) return clock(ms, language);
  if (then === day(now - 86_400_000, language)) return `${units[language].yesterday} ${clock(ms, language)}`;
  const short = dates(language, { day: 'numeric', month: 'short' }).format(ms);
  return now - ms < 300 * 86_400_000 ? `${short} ${clock(ms, language)}` : then;
}

/** A rate of bits: 1,2 Mbit/s. */
export function rate(bps: number | null | undefined, language: Language): string {
  if (bps === null || bps === undefined) return DASH;
  if (bps >= 1_000_000) return `${number(bps / 1_000_000, language, 1)} Mbit/s`;
  return `${number(bps / 1000, language, 0)} kbit/s`;
}

/** Signed milliseconds of a clock that is off: +1,2 dtk. */
export function offset(ms: number | null | undefined, language: Language): string {
  if (ms === null || ms === undefined) return DASH;
  const sign = ms > 0 ? '+' : ms < 0 ? '−' : '';
  return `${sign}${span(Math.abs(ms), language)}`;
}

/** A place on earth with the digits a phone gives. */
export function point(lat: number, lon: number): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}
