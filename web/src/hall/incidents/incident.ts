// What the pages know about incidents beyond their words.
import type { Incident, IncidentShown, IncidentStep } from '$api/model';
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

/** The page that tells of a subject; none where there is none yet. */
export function pageOf(subject: Incident['subjects'][number]): string | null {
  if (subject.kind === 'camera') return `/kamera/${subject.id}`;
  if (subject.kind === 'site') return `/pengaturan?bagian=lokasi&lokasi=${subject.id}`;
  return null;
}

/** Steps, the newest first, with those that somebody has written apart from what the house has noted. */
export function newestFirst(steps: readonly IncidentStep[]): IncidentStep[] {
  return [...steps].reverse();
}
