// The one live stream of a tab. It hears, hands on, and comes back by itself.
import { mark, missed } from './client.svelte';
import { Cutter } from './sse';
import { learn } from '$shell/time.svelte';

/** Where the stream stands. */
export type Line = 'off' | 'calling' | 'open' | 'waiting';
type Hearer = (data: unknown) => void;

/** Heart-beats come every 15 s; three missed ones are silence. */
const SILENCE_MS = 45_000;
/** The longest wait between two calls. */
const WAIT_MAX_MS = 10_000;

const line = $state<{ at: Line }>({ at: 'off' });
const hearers = new Map<string, Set<Hearer>>();
let stop: AbortController | null = null;
let wake: (() => void) | null = null;
let refused: () => void = () => {};

/** Where the stream stands, for the top line. */
export function lineState(): Line {
  return line.at;
}

/** Sets what happens when the stream is refused for want of a session. */
export function onRefused(act: () => void): void {
  refused = act;
}

/** Hears one topic; `reset` tells that events were missed and all must be read again. */
export function hear(topic: string, hearer: Hearer): () => void {
  const set = hearers.get(topic) ?? new Set<Hearer>();
  hearers.set(topic, set);
  set.add(hearer);
  return () => set.delete(hearer);
}

function tell(topic: string, data: unknown): void {
  for (const hearer of hearers.get(topic) ?? []) hearer(data);
}

/** The wait before attempt n: doubling from 0.5 s, never in step with other tabs. */
export function wait(attempt: number, random: number): number {
  return Math.min(WAIT_MAX_MS, 500 * 2 ** Math.min(attempt, 8)) * (0.5 + random / 2);
}

/** Opens the stream and keeps it open until `close`. */
export function open(): void {
  if (stop) return;
  stop = new AbortController();
  void keep(stop.signal);
}

/** Closes the stream, at logout. */
export function close(): void {
  stop?.abort();
  stop = null;
  line.at = 'off';
}

/** Calls at once instead of waiting: the network is back or the page is seen again. */
export function nudge(): void {
  wake?.();
}

async function keep(signal: AbortSignal): Promise<void> {
  let lastId: string | null = null;
  let attempt = 0;
  let first = true;
  while (!signal.aborted) {
    line.at = 'calling';
    const call = new AbortController();
    const hangUp = () => call.abort();
    signal.addEventListener('abort', hangUp, { once: true });
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heardSomething = () => {
      mark();
      clearTimeout(silence);
      silence = setTimeout(hangUp, SILENCE_MS);
    };
    let retry: number | null = null;
    try {
      silence = setTimeout(hangUp, SILENCE_MS);
      const askedAt = Date.now();
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== null) headers['last-event-id'] = lastId;
      const answer = await fetch('/api/v1/live', { headers, credentials: 'same-origin', cache: 'no-store', signal: call.signal });
      learn(answer.headers.get('date'), askedAt, Date.now());
      if (answer.status === 401) {
        refused();
        break;
      }
      if (!answer.ok || !answer.body) throw new Error(`live ${answer.status}`);
      line.at = 'open';
      heardSomething();
      // Without an id to resume from, whatever happened in between is lost: read all again.
      if (!first && lastId === null) tell('reset', null);
      first = false;
      attempt = 0;
      const cutter = new Cutter();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        heardSomething();
        for (const told of cutter.feed(value)) hand(told.event, told.data);
        lastId = cutter.lastId ?? lastId;
        retry = cutter.retry_ms;
      }
    } catch {
      if (!signal.aborted) missed();
    } finally {
      clearTimeout(silence);
      signal.removeEventListener('abort', hangUp);
    }
    if (signal.aborted) break;
    line.at = 'waiting';
    const pause = Math.max(retry ?? 0, wait(attempt++, Math.random()));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', () => wake?.(), { once: true });
    });
    wake = null;
  }
}

function hand(event: string, data: string): void {
  if (event === 'reset') {
    tell('reset', null);
    return;
  }
  let body: unknown;
  try {
    body = JSON.parse(data);
  } catch {
    // One unreadable event may hide a change, so everything is read again.
    tell('reset', null);
    return;
  }
  tell(event, body);
}
