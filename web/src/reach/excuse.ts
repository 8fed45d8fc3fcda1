// Minutes that were declared as excused, and what follows from it. Pure.
import type { Sent } from '$api/model';
import type { components } from '$api/schema';
import type { Face } from '$watch/camera';

export type Excuse = Sent<components['schemas']['Excuse']>;
export type ExcuseForm = components['schemas']['ExcuseForm'];
export const kinds = ['maintenance', 'force_majeure'] as const satisfies components['schemas']['ExcuseWord'][];

/** What becomes of the minutes: nobody has agreed, somebody has refused, it came too late, they are excused. */
export type Effect = 'waits' | 'refused' | 'late' | 'excuses';
export function effectOf(one: Pick<Excuse, 'overlay' | 'late' | 'agreed' | 'counts'>): Effect {
  if (one.counts) return 'excuses';
  if (one.agreed === false) return 'refused';
  // Only maintenance has to be declared before it begins.
  return one.late && one.overlay === 'maintenance' ? 'late' : 'waits';
}

export function effectFace(effect: Effect): Face {
  return ({ waits: 'warn', refused: 'idle', late: 'warn', excuses: 'ok' } as const)[effect];
}

/** How many minutes it is about. */
export function minutesOf(one: Pick<Excuse, 'from_us' | 'to_us'>): number {
  return Math.round((one.to_us - one.from_us) / 60_000_000);
}
