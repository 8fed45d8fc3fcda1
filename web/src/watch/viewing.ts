// One viewing: an offer, an answer, a peer, and its end at the server. It is joined once
// and never again; who wants another makes another.
import { readProblem, unreachable } from '$api/problem';
import { ASK_MS, JOIN_MS } from './supervise';

/** The layers a camera may have. */
export type Layer = 'main' | 'sub';

/** The way by which pictures come: the far end of the pair that was chosen. */
export interface Way {
  protocol: 'udp' | 'tcp';
  port: number | null;
}

/** Counters of a viewing, as the browser keeps them. */
export interface Counters {
  at: number;
  bytes: number;
  packets: number;
  lost: number;
  decoded: number;
  froze_ms: number;
  rtt_ms: number | null;
  fps: number | null;
  codec: string | null;
  way: Way | null;
}

/** Whether this browser can play streams at all. */
export function able(): boolean {
  return typeof RTCPeerConnection === 'function' && typeof RTCRtpReceiver === 'function';
}

/** Pages join at most so many pictures at once; the rest wait their turn, oldest first. */
const JOINS_AT_ONCE = 6;
let joining = 0;
const queue: (() => void)[] = [];
async function turn(): Promise<() => void> {
  if (joining >= JOINS_AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
  joining++;
  let left = false;
  return () => {
    if (left) return;
    left = true;
    joining--;
    queue.shift()?.();
  };
}

/** H.264 is the contract of live pictures, H.265 where the browser can; repair streams with them. */
function codecs(): RTCRtpCodec[] {
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = all.filter((codec) => /^video\/(h264|h265)$/i.test(codec.mimeType));
  if (wanted.length === 0) return [];
  return [...wanted, ...all.filter((codec) => /^video\/rtx$/i.test(codec.mimeType))];
}

export class Viewing {
  readonly tracks: MediaStreamTrack[] = [];
  /** When the house answered. */
  answered: number | null = null;
  /** Whether its peer has ever been connected. */
  reached = false;
  /** Counters of the last look. */
  before: Counters | null = null;
  #peer: RTCPeerConnection | null = null;
  #place: string | null = null;
  #ended = false;
  #call = new AbortController();
  #gone: Promise<unknown> = Promise.resolve();

  constructor(
    readonly camera: string,
    readonly layer: Layer,
    readonly hears: boolean
  ) {}

  get peer(): RTCPeerConnectionState | null {
    return this.#peer?.connectionState ?? null;
  }
  get ended(): boolean {
    return this.#ended;
  }

  /** Joins; throws a problem where it cannot. `ontrack` is told of each medium, `onturn` when its turn has come. */
  async join(ontrack: (track: MediaStreamTrack) => void, onturn: (at: number) => void): Promise<void> {
    const done = await turn();
    if (!this.#ended) onturn(performance.now());
    const joined = this.#join(ontrack);
    // Ending waits for what is under way, so that nothing is left at the server.
    this.#gone = joined.catch(() => undefined);
    try {
      await joined;
    } finally {
      done();
    }
  }

  async #join(ontrack: (track: MediaStreamTrack) => void): Promise<void> {
    if (this.#ended) return;
    const peer = (this.#peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'connected') this.reached = true;
    };
    const way = peer.addTransceiver('video', { direction: 'recvonly' });
    const wanted = codecs();
    if (wanted.length > 0) way.setCodecPreferences(wanted);
    // A control room wants the newest picture, not the smoothest.
    const receiver = way.receiver as RTCRtpReceiver & { playoutDelayHint?: number; jitterBufferTarget?: number | null };
    receiver.jitterBufferTarget = 0;
    receiver.playoutDelayHint = 0;
    if (this.hears) peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.ontrack = ({ track }) => {
      this.tracks.push(track);
      if (!this.#ended) ontrack(track);
    };
    await peer.setLocalDescription(await peer.createOffer());
    if (this.#ended) return;
    // Who has ended already waits a moment for the place to delete, not for ever.
    const late = setTimeout(() => this.#call.abort(), JOIN_MS);
    let answer: Response;
    let sdp: string;
    try {
      answer = await fetch(`/whep/${encodeURIComponent(this.camera)}?layer=${this.layer}`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', accept: 'application/sdp' },
        body: peer.localDescription?.sdp ?? '',
        credentials: 'same-origin',
        signal: this.#call.signal
      });
      const place = answer.headers.get('location');
      if (answer.status === 201 && place !== null) this.#place = new URL(place, location.href).pathname;
      if (answer.status !== 201) throw readProblem(answer.status, await answer.json().catch(() => null), answer.headers);
      sdp = await answer.text();
    } catch (failure) {
      if (failure !== null && typeof failure === 'object' && 'slug' in failure) throw failure;
      throw unreachable();
    } finally {
      clearTimeout(late);
    }
    if (this.#ended) return;
    this.answered = performance.now();
    await peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** Leaves; the returned promise ends when nothing is left at the server, as far as can be known. */
  end(): Promise<unknown> {
    if (this.#ended) return this.#gone;
    this.#ended = true;
    this.#peer?.close();
    const late = setTimeout(() => this.#call.abort(), ASK_MS);
    const leave = () => {
      clearTimeout(late);
      if (!this.#place) return undefined;
      // The page may be closing: the request must outlive it. Without it the server's own time-out ends the viewing.
      return fetch(this.#place, { method: 'DELETE', credentials: 'same-origin', keepalive: true }).catch(() => undefined);
    };
    // At once where the place is known: a page that closes runs nothing later.
    return (this.#gone = this.#place ? (leave() ?? Promise.resolve()) : this.#gone.then(leave));
  }

  /** What the browser counts; null while there is no peer or no picture medium. */
  async read(): Promise<Counters | null> {
    const peer = this.#peer;
    if (!peer || this.#ended) return null;
    const stats = await peer.getStats();
    let found: Counters | null = null;
    let chosen: string | null = null;
    const pairs = new Map<string, Record<string, unknown>>();
    for (const report of stats.values() as Iterable<Record<string, unknown>>) {
      if (report.type === 'transport' && typeof report.selectedCandidatePairId === 'string') chosen = report.selectedCandidatePairId;
      // Browsers without a transport say which pair is in use by a word of its own.
      if (report.type === 'candidate-pair') {
        pairs.set(String(report.id), report);
        if (chosen === null && (report.selected === true || (report.nominated === true && report.state === 'succeeded'))) chosen = String(report.id);
      }
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue;
      const codec = stats.get(String(report.codecId)) as { mimeType?: string } | undefined;
      found = {
        at: Number(report.timestamp),
        bytes: Number(report.bytesReceived ?? 0),
        packets: Number(report.packetsReceived ?? 0),
        lost: Number(report.packetsLost ?? 0),
        decoded: Number(report.framesDecoded ?? 0),
        froze_ms: Number(report.totalFreezesDuration ?? 0) * 1000,
        rtt_ms: null,
        fps: report.framesPerSecond === undefined ? null : Number(report.framesPerSecond),
        codec: codec?.mimeType?.replace('video/', '') ?? null,
        way: null
      };
    }
    const pair = chosen === null ? undefined : pairs.get(chosen);
    if (found && pair) {
      if (pair.currentRoundTripTime !== undefined) found.rtt_ms = Number(pair.currentRoundTripTime) * 1000;
      const far = stats.get(String(pair.remoteCandidateId)) as { protocol?: string; port?: number } | undefined;
      if (far) found.way = { protocol: far.protocol === 'tcp' ? 'tcp' : 'udp', port: far.port ?? null };
    }
    return found;
  }
}
