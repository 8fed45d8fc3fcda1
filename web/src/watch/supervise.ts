// When to join, to wait and to give up on one viewing. Pure: the hour and the facts come
// in, one step goes out, so that every path is a table in a test.

/** Without a new picture for this long, what is on the screen no longer counts as live. */
export const FROZEN_MS = 2_500;
/** How long a frozen but connected viewing is left to come back by itself. */
export const REJOIN_MS = 8_000;
/** How long a first picture is awaited: longer than a key frame interval of a slow camera. */
export const JOIN_MS = 12_000;
/** The longest pause between two attempts. */
export const PAUSE_MAX_MS = 5_000;
/** After playing for so long, the next failure counts as the first. */
export const STEADY_MS = 10_000;

/** Where a viewing stands. */
export type Phase = 'off' | 'joining' | 'playing' | 'waiting';

/** All a step depends on; times are of one monotone clock in ms. */
export interface Life {
  phase: Phase;
  /** When this phase began. */
  since: number;
  /** Failures in a row. */
  attempt: number;
  /** When waiting ends. */
  until: number;
  /** When the newest picture arrived; null before the first. */
  newest: number | null;
}

/** What is known from outside. */
export interface Facts {
  peer: RTCPeerConnectionState | null;
  /** Whether the server says this camera sends pictures; null when it has not said. */
  sending: boolean | null;
}

/** What to do now. */
export type Step = 'stay' | 'join' | 'drop';

/** A life before anything happened. */
export function unborn(): Life {
  return { phase: 'off', since: 0, attempt: 0, until: 0, newest: null };
}

/** Decides the next step. */
export function judge(life: Life, now: number, facts: Facts): Step {
  switch (life.phase) {
    case 'off':
      return 'stay';
    case 'waiting':
      return now >= life.until ? 'join' : 'stay';
    case 'joining':
      // A peer that was there and is not any more will bring no first picture.
      if (facts.peer === 'failed' || facts.peer === 'closed' || facts.peer === 'disconnected') return 'drop';
      return now - life.since > JOIN_MS ? 'drop' : 'stay';
    case 'playing': {
      if (facts.peer === 'failed' || facts.peer === 'closed') return 'drop';
      const still = now - (life.newest ?? life.since);
      if (facts.peer === 'disconnected' && still > FROZEN_MS) return 'drop';
      // While the camera itself is silent a new viewing would be silent too.
      if (still > REJOIN_MS && facts.sending !== false) return 'drop';
      return 'stay';
    }
  }
}

/** Whether the picture on the screen is too old to pass as live. */
export function frozen(life: Life, now: number): boolean {
  return life.newest !== null && now - life.newest > FROZEN_MS;
}

/** The pause after failure n: doubling from 0.4 s to 5 s, spread so that a hundred tiles do not knock at once. */
export function pause(attempt: number, random: number, asked_ms = 0): number {
  const grown = Math.min(PAUSE_MAX_MS, 400 * 2 ** Math.min(attempt, 10));
  return Math.max(Math.min(asked_ms, PAUSE_MAX_MS), grown * (0.5 + random / 2));
}

/** Life after a failure. */
export function afterDrop(life: Life, now: number, random: number, asked_ms = 0): Life {
  const steady = life.phase === 'playing' && life.newest !== null && life.newest - life.since > STEADY_MS;
  const attempt = steady ? 0 : life.attempt;
  return { phase: 'waiting', since: now, attempt: attempt + 1, until: now + pause(attempt, random, asked_ms), newest: life.newest };
}

/** Life when word comes that things are well again: waiting is cut short. */
export function afterNudge(life: Life, now: number): Life {
  return life.phase === 'waiting' ? { ...life, attempt: 0, until: now } : life;
}
