// What a camera's state means to a reader. Pure: states come in, words and ranks go out.
import type { Camera, CameraState } from '$api/model';

/** The look of a state: each has its own shape, colour and word. */
export type Face = 'ok' | 'idle' | 'starting' | 'warn' | 'crit' | 'unknown';

/** A camera and the moment (server time, ms) at which its state was heard. */
export interface Seen {
  camera: Camera;
  heard: number;
}

/**
 * The look of a camera. A camera at rest that never gave a picture is not fine: nothing
 * is known about it.
 */
export function face(state: CameraState): Face {
  switch (state.word) {
    case 'live':
      return 'ok';
    case 'starting':
      return 'starting';
    case 'stale':
      return 'warn';
    case 'dark':
      return state.reason === 'stopped' ? 'unknown' : 'crit';
    case 'idle':
      return state.newest_us === null ? 'unknown' : 'idle';
  }
}

/** Faces from worst to best; lists and clusters show the worst first. */
export const ranks: readonly Face[] = ['crit', 'warn', 'unknown', 'starting', 'idle', 'ok'];

/** Whether somebody has to do something about it. */
export function needsAction(state: CameraState): boolean {
  const f = face(state);
  return f === 'crit' || f === 'warn';
}

/**
 * How old the newest picture is, in ms. A live camera is told about once and then only
 * when it changes, so its age is the one at the moment of hearing.
 */
export function pictureAge(seen: Seen, now: number): number | null {
  const newest = seen.camera.state.newest_us;
  if (newest === null) return null;
  const at = seen.camera.state.word === 'live' ? seen.heard : now;
  return Math.max(0, at - newest / 1000);
}

/** What is told of one camera when it changes; of its qualities only what is known. */
export interface News {
  id: string;
  state: CameraState;
  streams?: Camera['streams'];
}

/** The camera as it is by the news. */
export function newer(camera: Camera, news: News): Camera {
  const streams = camera.streams.map((stream) => {
    const now = news.streams?.find(({ layer }) => layer === stream.layer);
    if (!now) return stream;
    const { state, codec, width, height } = now;
    return { ...stream, state, codec: codec ?? stream.codec, width: width ?? stream.width, height: height ?? stream.height };
  });
  return { ...camera, state: news.state, streams };
}

/** A date of a publisher whose clock is wrong by more than this tells nothing, in ms. */
const DATED_MAX_MS = 120_000;

/**
 * How long ago what is shown as live was taken, in ms: of a camera that is a list of pieces,
 * whose pictures come some seconds late. The house knows the least; where the publisher dates
 * its pieces and its clock is believable, that is more exact. Null of any other camera.
 */
export function behind(camera: Camera, layer: string): number | null {
  const state = camera.streams.find((stream) => stream.layer === layer)?.state ?? camera.state;
  const least = state.behind_ms ?? null;
  if (least === null) return null;
  const dated = state.dated_behind_ms ?? least;
  return dated > least && dated < least + DATED_MAX_MS ? dated : least;
}

/** How many cameras wear each face. */
export type Counts = Record<Face, number> & { total: number };
export function count(cameras: Iterable<Camera>): Counts {
  const counts: Counts = { ok: 0, idle: 0, starting: 0, warn: 0, crit: 0, unknown: 0, total: 0 };
  for (const camera of cameras) {
    counts[face(camera.state)]++;
    counts.total++;
  }
  return counts;
}

/** Worst first, then the longest waiting. */
export function byNeed(a: Camera, b: Camera): number {
  return ranks.indexOf(face(a.state)) - ranks.indexOf(face(b.state)) || a.state.since_us - b.state.since_us;
}

/** A choice of cameras, as the address bar holds it. */
export interface Choice {
  q: string;
  area: string;
  agency: string;
  kind: string;
  state: string;
  /** Only cameras whose legal card has gaps. */
  legal: boolean;
}

/** Names in the address of the page; the server's own names are English. */
const names = { q: 'cari', area: 'wilayah', agency: 'opd', kind: 'jenis', state: 'keadaan' } as const;

/** Reads a choice from the address. */
export function readChoice(query: URLSearchParams): Choice {
  const read = (name: string) => query.get(name) ?? '';
  return {
    q: read(names.q),
    area: read(names.area),
    agency: read(names.agency),
    kind: read(names.kind),
    state: read(names.state),
    legal: query.get('hukum') === 'kurang'
  };
}

/** Writes a choice into an address, leaving other parameters alone. */
export function writeChoice(query: URLSearchParams, choice: Partial<Choice>): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [field, name] of Object.entries(names) as [keyof typeof names, string][]) {
    const value = choice[field];
    if (value === undefined) continue;
    if (value) next.set(name, value);
    else next.delete(name);
  }
  if (choice.legal !== undefined) {
    if (choice.legal) next.set('hukum', 'kurang');
    else next.delete('hukum');
  }
  return next;
}

/** Whether one area code lies in the subtree of another. */
export function within(code: string, root: string): boolean {
  return code === root || code.startsWith(`${root}.`);
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Whether a camera is among the chosen. Every word of the search must be found somewhere. */
export function chosen(camera: Camera, choice: Choice): boolean {
  if (choice.area && !within(camera.area.code, choice.area)) return false;
  if (choice.agency && camera.agency?.id !== choice.agency) return false;
  if (choice.kind && camera.kind !== choice.kind) return false;
  if (choice.state && camera.state.word !== choice.state) return false;
  if (choice.legal && camera.legal.complete) return false;
  if (!choice.q.trim()) return true;
  const hay = plain([camera.short, camera.name, camera.area.name, camera.area.code, camera.agency?.name ?? '', camera.project?.name ?? '', camera.project?.code ?? ''].join(' '));
  return plain(choice.q)
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => hay.includes(word));
}

/**
 * The layer of which a picture can be kept now, the one that is shown if it can be; null
 * where there is none: of H.265 no still is made, and a dark camera has nothing new.
 */
export function keptLayer(camera: Pick<Camera, 'state' | 'streams'>, shown: 'main' | 'sub' = 'main'): 'main' | 'sub' | null {
  if (camera.state.word === 'dark') return null;
  const fit = camera.streams.filter((stream) => !/h\.?265|hevc/i.test(stream.codec ?? '')).map((stream) => stream.layer);
  return fit.find((layer) => layer === shown) ?? fit.find((layer) => layer === 'main') ?? fit[0] ?? null;
}
