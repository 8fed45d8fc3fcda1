// How far a point comes, as a phone without a line has to know it: what may follow, and
// what is asked of whoever says so. The house decides again.
import type { components } from '$api/schema';

/** How far a point has come. */
export type Stage = components['schemas']['StageWord'];
/** Why a point was suspended. */
export type Cause = components['schemas']['CauseWord'];

const ways: Record<Stage, readonly Stage[]> = {
  listed: ['surveyed', 'refused', 'absent', 'granted'],
  surveyed: ['refused', 'absent', 'granted'],
  refused: ['surveyed', 'granted', 'in_distribution', 'relocated', 'returned'],
  absent: ['surveyed', 'granted', 'in_distribution', 'relocated', 'returned'],
  granted: ['in_distribution', 'refused', 'absent', 'returned'],
  in_distribution: ['delivered', 'refused', 'absent', 'returned'],
  delivered: ['installed', 'relocated', 'returned'],
  installed: ['active', 'inactive', 'suspended', 'relocated', 'returned'],
  active: ['inactive', 'suspended', 'relocated', 'returned'],
  inactive: ['active', 'suspended', 'relocated', 'returned'],
  suspended: ['active', 'inactive', 'relocated', 'returned'],
  relocated: ['listed'],
  returned: ['listed']
};

/** Every state, in the order of the way. */
export const stages = Object.keys(ways) as Stage[];
export const causes: readonly Cause[] = ['unpaid', 'supplier_stop', 'damage'];

/** Where a point in this state can come to. */
export function after(state: Stage): readonly Stage[] {
  return ways[state];
}

/** The step that is expected next; null where a point has arrived or has left the way. */
export function expected(state: Stage): Stage | null {
  if (state === 'active' || state === 'relocated' || state === 'returned') return null;
  if (state === 'surveyed') return 'granted';
  return ways[state][0] ?? null;
}

/** One step that counts. */
export interface Gone {
  to: Stage;
  happened_us: number;
}

/** Whether a step fits among those that are known, in the order in which all happened. */
export function fits(known: readonly Gone[], step: Gone): boolean {
  // Of those of one moment the one that was said first is first, and this one is said last.
  const all = [...known, step].sort((a, b) => a.happened_us - b.happened_us);
  let from: Stage = 'listed';
  for (const { to } of all) {
    if (!ways[from].includes(to)) return false;
    from = to;
  }
  return true;
}

/** One question of a checklist; each has a screen of its own. */
export type Question = 'when' | 'cause' | 'photo' | 'gps' | 'serial' | 'code' | 'note';

const asked: Record<Stage, readonly Question[]> = {
  listed: ['note'],
  surveyed: ['gps', 'photo', 'note'],
  refused: ['note', 'photo'],
  absent: ['gps', 'note'],
  granted: ['note'],
  in_distribution: ['serial', 'note'],
  delivered: ['serial', 'photo', 'gps', 'note'],
  installed: ['photo', 'gps', 'serial', 'code', 'note'],
  active: ['photo', 'note'],
  inactive: ['note', 'photo'],
  suspended: ['cause', 'note'],
  relocated: ['serial', 'note'],
  returned: ['serial', 'note']
};

/** What is asked for a step, in this order; the first question is when it happened. */
export function questions(what: Stage | 'code'): readonly Question[] {
  return what === 'code' ? ['code'] : ['when', ...asked[what]];
}

/** Whether the house wants something to be shown for a step. */
export function needsEvidence(to: Stage): boolean {
  return to === 'delivered' || to === 'installed';
}
