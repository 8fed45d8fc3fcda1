// What the pages know about incidents beyond their words.
import type { Incident, IncidentShown, IncidentStep } from '$api/model';
import { dayStart, dayText } from '$hall/settings/grants';
import { clock } from '$shell/format';
import type { Face } from '$watch/camera';

export const severities = ['critical', 'warning', 'notice'] as const satisfies Incident['severity'][];
/** What may be asked for, by the words of the address; the first is what is shown unasked. */
export const wanted = ['terbuka', 'open', 'handled', 'cleared', 'closed', 'semua'] as const;
export type Wanted = (typeof wanted)[number];

/** The states that are asked of the house. */
export function statesOf(which: Wanted): string | undefined {
  switch (which) {
    case 'terbuka':
      return 'open,handled,cleared';
    case 'semua':
      return undefined;
    default:
      return which;
  }
}

/** The shape of how bad it is; what is over keeps its place and loses its alarm. */
export function faceOf(incident: Pick<Incident, 'severity' | 'state'>): Face {
  if (incident.state === 'cleared' || incident.state === 'closed') return 'ok';
  return incident.severity === 'critical' ? 'crit' : incident.severity === 'warning' ? 'warn' : 'idle';
}

/** What asks for somebody first: worse, then longer overdue, then the newer number. */
export function urgentFirst(list: readonly Incident[]): Incident[] {
  const over = (one: Incident) => (one.state === 'closed' ? 3 : one.state === 'cleared' ? 2 : 0);
  return [...list].sort((a, b) => over(a) - over(b) || severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.level - a.level || a.due_us - b.due_us || b.number - a.number);
}

/** Whether it goes on. */
export function goesOn(incident: Pick<Incident, 'state'>): boolean {
  return incident.state === 'open' || incident.state === 'handled';
}

/** An act of a person, and whether it says why. */
export type Act = 'acknowledge' | 'take' | 'release' | 'watch' | 'unwatch' | 'note' | 'clear' | 'close' | 'reopen';

/** What is sent to be done with an incident; the page adds what was written with it. */
export type Order = { act: Act | 'assign' | 'rate' | 'set_due' | 'link' | 'unlink'; severity?: Incident['severity']; owner?: string | null; due_us?: number; area?: string; site?: string; subject?: number };
/** Sends it; whether it was done. */
export type Sends = (order: Order) => Promise<boolean>;

/** What somebody may do now, as the house would decide it; the house decides again. */
export function actsOf(incident: IncidentShown, me: string): Act[] {
  const acts: Act[] = [];
  const { state, owner, room } = incident;
  if (state !== 'closed' && owner === null) acts.push('take');
  if (state === 'open' && owner?.id === me) acts.push('take');
  if (state === 'open') acts.push('acknowledge');
  if (state !== 'closed' && owner?.id === me) acts.push('release');
  acts.push(incident.watching ? 'unwatch' : 'watch');
  acts.push('note');
  if (goesOn(incident)) acts.push('clear');
  if (state === 'cleared' || (goesOn(incident) && room === null)) acts.push('close');
  if (state === 'cleared' || state === 'closed') acts.push('reopen');
  return acts;
}

/** Whether an act is refused without a word of why. */
export function needsWords(act: Act, incident: Pick<Incident, 'room'>): boolean {
  return act === 'note' || act === 'close' || act === 'reopen' || (act === 'clear' && incident.room !== null);
}

type Subject = Pick<Incident['subjects'][number], 'kind' | 'id' | 'area'>;

/** The page of villages that tells of an area: its own, or the list of those in it. */
function areaPage(code: string): string {
  const depth = code.split('.').length;
  return depth > 3 ? `/desa/${code}` : depth > 1 ? `/desa?wilayah=${code}` : '/desa';
}

/**
 * The page that tells of a subject, and of a site the one where its box is looked after;
 * none where there is none, or it is not for this reader.
 */
export function pagesOf(subject: Subject, may: (permission: string) => boolean): { first: string | null; box: string | null } {
  const around = subject.area && may('village.read') ? areaPage(subject.area.code) : null;
  switch (subject.kind) {
    case 'camera':
      return { first: may('camera.read') ? `/kamera/${subject.id}` : null, box: null };
    case 'site': {
      const box = may('site.read') ? `/pengaturan?bagian=lokasi&lokasi=${subject.id}` : null;
      return around ? { first: around, box } : { first: box, box: null };
    }
    case 'house':
      return { first: null, box: null };
    default:
      return { first: around, box: null };
  }
}

/** Whether a person can put it to an incident again that has taken it off. */
export function canLinkAgain(subject: Pick<Subject, 'kind'>): boolean {
  return subject.kind === 'area' || subject.kind === 'site' || subject.kind === 'camera';
}

/** A moment as a field of day and hour wants it, in the zone of the house. */
export function dueText(us: number): string {
  return `${dayText(us)}T${clock(us / 1000, 'en')}`;
}

/** The moment (µs) of such a field. */
export function dueOf(text: string): number {
  const [day = '', hour = ''] = text.split('T');
  const [h = 0, m = 0] = hour.split(':').map(Number);
  return dayStart(day) + (h * 60 + m) * 60_000_000;
}

/** Steps, the newest first, with those that somebody has written apart from what the house has noted. */
export function newestFirst(steps: readonly IncidentStep[]): IncidentStep[] {
  return [...steps].reverse();
}
