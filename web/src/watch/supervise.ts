// When to join, to wait and to give up on one viewing. Pure: the hour and the facts come
// in, one step goes out, so that every path is a table in a test.

/** Without a new picture for this long, what is on the screen no longer counts as live. */
export const FROZEN_MS = 2_500;
/** How long a frozen but connected viewing is left to come back by itself. */
export const REJOIN_MS = 8_000;
/** How long a first picture is awaited: longer than a key frame interval of a slow camera. */
export const JOIN_MS = 12_000;
/** How long a peer may take to connect once the house has answered: four journeys of 600 ms, and what was lost of them. */
export const CONNECT_MS = 8_000;
/** After so many answers in a row behind which no peer could be reached, this network lets no picture through. */
export const UNREACHED_MAX = 2;
/** How long until such a network is tried again. */
export const RETRY_MS = 60_000;
/** Without a picture for this long, where they come more often, somebody should ask whether the house is still there. */
export const SILENT_MS = 1_200;
/** A camera that is slower than that is silent only when so many of its pictures are missing. */
export const MISSING = 4;
/** The pause between two such questions, which doubles until pictures have come for a while. */
export const ASK_MS = 1_500;
export const ASK_MAX_MS = 16_000;
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
  /** How far apart pictures come; null while that is not known. */
  gap: number | null;
  /** When the house was last asked whether it is there, and how often in this silence and those just before. */
  asked: number | null;
  asks: number;
  /** Answers in a row behind which no peer could be reached. */
  unreached: number;
}

/** What is known from outside. */
export interface Facts {
  peer: RTCPeerConnectionState | null;
  /** Whether the server says this camera sends pictures; null when it has not said. */
  sending: boolean | null;
  /** Whether the house has answered the offer that is waited for. */
  answered: boolean;
}

/** What to do now. */
export type Step = 'stay' | 'join' | 'drop' | 'ask';

/** A life before anything happened. */
export function unborn(): Life {
  return { phase: 'off', since: 0, attempt: 0, until: 0, newest: null, gap: null, asked: null, asks: 0, unreached: 0 };
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
      if (facts.answered && facts.peer !== 'connected' && now - life.since > CONNECT_MS) return 'drop';
      return now - life.since > JOIN_MS ? 'drop' : 'stay';
    case 'playing': {
      if (facts.peer === 'failed' || facts.peer === 'closed') return 'drop';
      const still = now - (life.newest ?? life.since);
      if (facts.peer === 'disconnected' && still > FROZEN_MS) return 'drop';
      // While the camera itself is silent a new viewing would be silent too.
      if (still > REJOIN_MS && facts.sending !== false) return 'drop';
      if (silent(life, now) && facts.sending !== false && now - (life.asked ?? -Infinity) >= askPause(life.asks)) return 'ask';
      return 'stay';
    }
  }
}

/** Whether pictures that should come do not: the camera, the house or the network may be gone. */
export function silent(life: Life, now: number): boolean {
  return life.phase === 'playing' && life.newest !== null && now - life.newest > Math.max(SILENT_MS, MISSING * (life.gap ?? 0));
}

function askPause(asks: number): number {
  return asks === 0 ? 0 : Math.min(ASK_MAX_MS, ASK_MS * 2 ** (asks - 1));
}

/** Life once the house has been asked. */
export function afterAsk(life: Life, now: number): Life {
  return { ...life, asked: now, asks: life.asks + 1 };
}

/** Life when a picture has come, at `at`. */
export function afterPicture(life: Life, at: number): Life {
  const apart = life.newest === null || life.phase !== 'playing' ? null : at - life.newest;
  const gap = apart === null || apart < 0 ? life.gap : life.gap === null ? apart : life.gap * 0.9 + apart * 0.1;
  const calm = life.asked === null || at - life.asked > STEADY_MS;
  return { ...life, newest: at, gap, unreached: 0, ...(calm ? { asked: null, asks: 0 } : {}) };
}

/** Whether this network lets no live picture through, as far as was tried. */
export function unreachable(life: Life): boolean {
  return life.unreached >= UNREACHED_MAX;
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

/** Life after a failure; `unreached` when the house had answered and no peer came of it. */
export function afterDrop(life: Life, now: number, random: number, asked_ms = 0, unreached = false): Life {
  const steady = life.phase === 'playing' && life.newest !== null && life.newest - life.since > STEADY_MS;
  const attempt = steady ? 0 : life.attempt;
  const next = { ...unborn(), phase: 'waiting' as const, since: now, newest: life.newest, unreached: unreached ? life.unreached + 1 : life.unreached };
  return { ...next, attempt: attempt + 1, until: now + (unreachable(next) ? RETRY_MS : pause(attempt, random, asked_ms)) };
}

/** Life when word comes that things are well again: waiting is cut short. */
export function afterNudge(life: Life, now: number): Life {
  return life.phase === 'waiting' ? { ...life, attempt: 0, until: now } : life;
}
