// Every camera this person may see, kept fresh by the live stream. One reading serves all
// pages; a change patches one row and moves nothing.
import { SvelteMap } from 'svelte/reactivity';
import { api, asProblem, take } from '$api/client.svelte';
import { hear } from '$api/live.svelte';
import type { Camera, CameraState } from '$api/model';
import type { Problem } from '$api/problem';
import { exact } from '$shell/time.svelte';
import { newer, type News, type Seen } from './camera';

/** A live camera is told about only when it changes; once a minute the whole list is read again. */
const REREAD_MS = 60_000;

const seen = new SvelteMap<string, Seen>();
const about = $state<{ read: boolean; problem: Problem | null; at: number | null }>({ read: false, problem: null, at: null });
let holders = 0;
let reading: Promise<void> | null = null;
let release: (() => void) | null = null;
/** What was told while the list was being read, which the list may not know yet. */
const meanwhile = new Map<string, News>();
const minded = new Set<(id: string, state: CameraState) => void>();

/** All cameras by name. */
export function cameras(): Seen[] {
  return [...seen.values()].sort((a, b) => a.camera.name.localeCompare(b.camera.name, 'id', { numeric: true }));
}
/** One camera by id or short name. */
export function find(idOrShort: string): Seen | undefined {
  const byId = seen.get(idOrShort);
  if (byId) return byId;
  for (const each of seen.values()) if (each.camera.short === idOrShort) return each;
  return undefined;
}
/** Whether the list has been read at least once. */
export function ready(): boolean {
  return about.read;
}
/** Why the last reading failed; the list then holds what was known before. */
export function trouble(): Problem | null {
  return about.problem;
}
/** When the whole list was last read, server time. */
export function readAt(): number | null {
  return about.at;
}

/** Reads the whole list again. */
export function reread(): Promise<void> {
  reading ??= read().finally(() => (reading = null));
  return reading;
}

/** Holds the list fresh until the returned function is called. */
export function hold(): () => void {
  if (holders++ === 0) {
    const quiet = [hear('camera', change), hear('reset', () => void reread())];
    const again = setInterval(() => {
      if (document.visibilityState === 'visible') void reread();
    }, REREAD_MS);
    release = () => {
      for (const each of quiet) each();
      clearInterval(again);
    };
    void reread();
  }
  return () => {
    if (--holders > 0) return;
    release?.();
    release = null;
  };
}

/** Hears each change of state, for players. */
export function onState(act: (id: string, state: CameraState) => void): () => void {
  minded.add(act);
  return () => minded.delete(act);
}

/** Puts one camera the server just sent. */
export function put(camera: Camera): void {
  seen.set(camera.id, { camera, heard: exact() });
}
/** Takes one camera away. */
export function drop(id: string): void {
  seen.delete(id);
}

async function read(): Promise<void> {
  meanwhile.clear();
  try {
    const found = new Map<string, Camera>();
    let cursor: string | undefined;
    do {
      const page = await take(api.GET('/api/v1/cameras', { params: { query: { limit: 5000, ...(cursor ? { cursor } : {}) } } }));
      for (const camera of page.items) found.set(camera.id, camera);
      cursor = page.next ?? undefined;
    } while (cursor);
    const heard = exact();
    for (const id of seen.keys()) if (!found.has(id)) seen.delete(id);
    for (const listed of found.values()) {
      const told = meanwhile.get(listed.id);
      const camera = told ? newer(listed, told) : listed;
      const before = seen.get(camera.id)?.camera.state;
      seen.set(camera.id, { camera, heard });
      if (before && before.word !== camera.state.word) for (const act of minded) act(camera.id, camera.state);
    }
    about.read = true;
    about.problem = null;
    about.at = heard;
  } catch (failure) {
    about.problem = asProblem(failure);
  }
}

function change(data: unknown): void {
  const told = data as Partial<News>;
  if (typeof told?.id !== 'string' || !told.state) {
    void reread();
    return;
  }
  if (reading) meanwhile.set(told.id, told as News);
  const known = seen.get(told.id);
  // A camera we have never read has just been added.
  if (!known) {
    void reread();
    return;
  }
  seen.set(told.id, { camera: newer(known.camera, told as News), heard: exact() });
  for (const act of minded) act(told.id, told.state);
}
