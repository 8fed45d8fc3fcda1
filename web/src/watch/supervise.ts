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

/**
 * How long a peer may take to connect once it was answered: all ways into the house are in
 * its answer and are tried side by side, so whoever has found none by then has none.
 */
export const CONNECT_MS = 5_000;
/** So many joins in a row that were answered and found no way: pictures cannot come by it. */
export const NOWAY_MAX = 2;
/** Then it is tried again so often: a network that passes nothing today may pass it in a minute. */
export const NOWAY_MS = 60_000;
/** How long another viewing is awaited beside the one that is shown. */
export const BESIDE_MS = 6_000;
/** On the way down the old one is ended by then: it fills the line that the new one needs. */
export const LESS_MS = 3_000;
/** No picture for so long, from a camera that sends: twice what a repaired loss takes, half of what is said to be frozen. */
export const SILENT_MS = 1_200;
/** A camera may be slow by itself: silence is at least so many of its own intervals. */
export const SILENT_PICTURES = 4;
/** The same where the device has just said that its network is another one. */
export const SILENT_MOVED_MS = 400;
/** How long that word counts. */
export const MOVED_MS = 4_000;
/** How long the house may take to answer: on a line where it takes longer a new viewing helps nobody. */
export const ASK_MS = 1_500;
/** The pause between two questions, in which a camera that sends has sent something. */
export const ASK_PAUSE_MS = 300;
/** The pause between two new viewings for silence, so that a full line is not filled with joins. */
export const ANEW_PAUSE_MS = 5_000;

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
  /** When the house answered the offer; null before. */
  answered?: number | null;
  /** Whether the peer has ever been connected. */
  reached?: boolean;
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
      if (facts.answered && !facts.reached && now - facts.answered > CONNECT_MS) return 'drop';
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

/** What a silent viewing knows beside itself. */
export interface Quiet {
  /** Whether the server says this camera sends pictures; null when it has not said. */
  sending: boolean | null;
  /** The usual time between two pictures of this camera; null before it is known. */
  interval_ms: number | null;
  /** When the device last said that its network is another one. */
  moved: number | null;
  /** When the house was last asked for its newest picture. */
  asked: number | null;
  /** When it was last asked and had a newer picture than the time before; null for never. */
  newer: number | null;
  /** When it was last joined anew for silence. */
  anew: number | null;
}

/**
 * What silence asks for: questions to the house, and once two answers show that pictures
 * reach it, a new viewing. A camera that stands still is not joined again: its old pictures
 * would look new. No clock is compared, since those of two machines differ.
 */
export function silence(life: Life, now: number, quiet: Quiet): 'stay' | 'ask' | 'anew' {
  if (life.phase !== 'playing' || quiet.sending === false) return 'stay';
  const newest = life.newest ?? life.since;
  const moved = quiet.moved !== null && now - quiet.moved < MOVED_MS;
  const usual = SILENT_PICTURES * (quiet.interval_ms ?? 0);
  if (now - newest <= Math.max(moved ? SILENT_MOVED_MS : SILENT_MS, usual)) return 'stay';
  // Another network is another line: what was tried on the old one is no reason to wait.
  if (quiet.anew !== null && now - quiet.anew < ANEW_PAUSE_MS && !(moved && quiet.anew < (quiet.moved ?? 0))) return 'stay';
  if (quiet.newer !== null && quiet.newer > newest) return 'anew';
  return quiet.asked === null || now - quiet.asked >= ASK_PAUSE_MS ? 'ask' : 'stay';
}

/** How many joins in a row found no way, and until when streams are not tried. */
export interface Ways {
  failed: number;
  until: number;
}
export const anyWay: Ways = { failed: 0, until: 0 };

/** The ways after a viewing has ended that was answered, and connected or not. */
export function afterWay(ways: Ways, reached: boolean, now: number): Ways {
  if (reached) return anyWay;
  const failed = ways.failed + 1;
  return { failed, until: failed >= NOWAY_MAX ? now + NOWAY_MS : 0 };
}

/** Whether streams are not to be tried now. */
export function barred(ways: Ways, now: number): boolean {
  return now < ways.until;
}
