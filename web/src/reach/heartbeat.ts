// The minutes of a connection, cut into days of the house's zone. Pure.
import type { LedgerRun, SiteLedger } from '$api/model';

/** Minutes of a day; a slot of the ledger is one minute of UTC. */
export const DAY = 1440;
/** The zone of the house is seven hours ahead of UTC all year (Asia/Pontianak). */
const AHEAD = 7 * 60;

export type LinkState = LedgerRun['state'];
/** From the ground up, as a bar is stacked. */
export const states = ['up', 'degraded', 'off', 'down', 'unknown'] as const satisfies LinkState[];

/** Minutes after each other of which the same was decided, within one day. */
export interface Part {
  /** Minute of the day it begins in, and the one behind its last. */
  from: number;
  to: number;
  state: LinkState;
  cause: LedgerRun['cause'];
  basis: string[];
}
/** One day. */
export interface Beat {
  /** ISO date of the zone. */
  day: string;
  /** Minutes that are asked about: less where it was not active yet or the day goes on. */
  asked: number;
  minutes: Record<LinkState, number>;
  parts: Part[];
}

/** The day, counted from 1970, that a slot lies in. */
function dayOf(slot: number): number {
  return Math.floor((slot + AHEAD) / DAY);
}
function iso(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** A ledger day by day; minutes of which nothing was decided are unknown, and say so. */
export function beats(ledger: Pick<SiteLedger, 'from_slot' | 'to_slot' | 'runs'>): Beat[] {
  const all: Beat[] = [];
  const runs = [...ledger.runs].sort((a, b) => a.from_slot - b.from_slot);
  let next = 0;
  for (let day = dayOf(ledger.from_slot); day * DAY - AHEAD < ledger.to_slot; day++) {
    const begins = day * DAY - AHEAD;
    const from = Math.max(begins, ledger.from_slot);
    const to = Math.min(begins + DAY, ledger.to_slot);
    const parts: Part[] = [];
    let at = from;
    const put = (until: number, state: LinkState, cause: Part['cause'], basis: string[]) => {
      if (until > at) parts.push({ from: at - begins, to: until - begins, state, cause, basis });
      at = Math.max(at, until);
    };
    while (next < runs.length && runs[next]!.to_slot <= from) next++;
    for (let i = next; i < runs.length && runs[i]!.from_slot < to; i++) {
      const run = runs[i]!;
      put(Math.min(run.from_slot, to), 'unknown', 'silent', []);
      put(Math.min(run.to_slot, to), run.state, run.cause, run.basis);
    }
    put(to, 'unknown', 'silent', []);
    const minutes: Beat['minutes'] = { up: 0, degraded: 0, down: 0, off: 0, unknown: 0 };
    for (const part of parts) minutes[part.state] += part.to - part.from;
    all.push({ day: iso(day), asked: to - from, minutes, parts });
  }
  return all;
}

/** The worst that a day has seen, for a reader who sees no bar. */
export function worst(beat: Beat): LinkState | null {
  const order: LinkState[] = ['down', 'off', 'unknown', 'degraded', 'up'];
  return order.find((state) => beat.minutes[state] > 0) ?? null;
}

/** Every word that evidence comes in, in the order in which it is told. */
export const evidence = ['heard', 'https', 'dns', 'tcp', 'tried', 'portal', 'power', 'gone', 'rebooted', 'orderly', 'crashed'] as const;
export type Evidence = (typeof evidence)[number];

/** The evidence of a verdict by weight of telling; a word that this page does not know is kept. */
export function inOrder(basis: readonly string[]): string[] {
  const rank = (word: string) => (evidence as readonly string[]).indexOf(word);
  return [...basis].sort((a, b) => (rank(a) < 0 ? evidence.length : rank(a)) - (rank(b) < 0 ? evidence.length : rank(b)));
}

/** What proves the minutes of a day in which something went through, each kind of proof once, the most minutes first. */
export function proofs(beat: Beat): { basis: string[]; minutes: number }[] {
  const all = new Map<string, { basis: string[]; minutes: number }>();
  for (const part of beat.parts) {
    if (part.state !== 'up') continue;
    const basis = inOrder(part.basis);
    const one = all.get(basis.join()) ?? { basis, minutes: 0 };
    one.minutes += part.to - part.from;
    all.set(basis.join(), one);
  }
  return [...all.values()].sort((a, b) => b.minutes - a.minutes);
}

/** The hour of a minute of the day: 07.05; the end of the day is 24.00. */
export function hour(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}.${String(minute % 60).padStart(2, '0')}`;
}

/** The month of a day, and those around it: YYYY-MM. */
export function monthOf(day: string): string {
  return day.slice(0, 7);
}
export function monthBeside(month: string, step: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + step, 1)).toISOString().slice(0, 7);
}
/** The month that an address asks for; else the one of today. */
export function readMonth(query: URLSearchParams, today: string): string {
  const asked = query.get('bulan') ?? '';
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(asked) ? asked : monthOf(today);
}
/** The first and the last day of a month. */
export function spanOf(month: string): { from: string; to: string } {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}
/** The same, as far as it has come. */
export function spanTo(month: string, today: string): { from: string; to: string } {
  const { from, to } = spanOf(month);
  return { from, to: to > today ? today : to };
}
