// Who can be asked to look after an incident, as far as a page knows; the house decides.
import type { Incident, IncidentShown, Staff } from '$api/model';

export interface Named {
  id: string;
  name: string;
}

/** Roles that may do something about incidents. */
const doers: readonly string[] = ['operator', 'konektivitas', 'admin'];

/** Whether a person holds, at a time, a role over all places of an incident. */
export function mayOwn(person: Pick<Staff, 'active' | 'grants'>, incident: Pick<Incident, 'subjects'>, now_us: number): boolean {
  const held = person.grants.filter((grant) => doers.includes(grant.role) && grant.from_us <= now_us && (grant.to_us === null || grant.to_us > now_us));
  const covers = (area: string | null, code: string | undefined) => area === null || (code !== undefined && (code === area || code.startsWith(`${area}.`)));
  return person.active && held.length > 0 && incident.subjects.every((subject) => held.some((grant) => covers(grant.area, subject.area?.code)));
}

/** Everybody whom an incident names, with others that are known, each once. */
export function namedIn(incident: IncidentShown, others: readonly Named[]): Named[] {
  const all = [incident.owner, incident.opened_by, ...incident.watchers, ...incident.steps.flatMap((step) => [step.by, step.owner]), ...others];
  return [...new Map(all.flatMap((one) => (one ? [[one.id, { id: one.id, name: one.name }] as const] : []))).values()];
}
