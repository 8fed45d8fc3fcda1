// Roles, and the days between which they hold. A day is one of the zone of the house.
import { ZONE } from '$shell/format';

/** The roles of the house, in the order of an office door. */
export const roles = ['pimpinan', 'operator', 'konektivitas', 'bansos', 'petugas', 'relawan', 'pengawas', 'admin', 'layar'] as const;
export type Role = (typeof roles)[number];

/** The zone has no summer time, so one offset holds for every day. */
const OFFSET_MS = 7 * 3_600_000;

/** Microseconds at which a day (YYYY-MM-DD) begins. */
export function dayStart(text: string): number {
  return (Date.parse(`${text}T00:00:00Z`) - OFFSET_MS) * 1000;
}

/** The day in which a moment lies, as a date field wants it. */
export function dayText(us: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' }).format(us / 1000);
}
