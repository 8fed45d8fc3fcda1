// One viewing: an offer, an answer, a peer and what comes by it. It ends once, and says so
// to the house, also when the page closes. Whoever holds it decides when to have another.
import { readProblem, unreachable, type Problem } from '$api/problem';

/** The layers a camera may have. */
export type Layer = 'main' | 'sub';

/** What one viewing measures on its way in. Counts grow from its beginning. */
export interface Measured {
  codec: string | null;
  bitrate_bps: number | null;
  lost: number | null;
  received: number | null;
  octets: number | null;
  fps: number | null;
  /** There and back, of the path that is used. */
  rtt_ms: number | null;
  /** Which way the packets come: `udp`, or `tcp:` and the port of the house. */
  transport: string | null;
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

/** Whether this browser can show live pictures at all. */
export function canView(): boolean {
  return typeof RTCPeerConnection === 'function';
}

/** H.264 is the contract of live pictures, H.265 where the browser can; repair streams with them. */
function codecs(): RTCRtpCodec[] {
  const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = all.filter((codec) => /^video\/(h264|h265)$/i.test(codec.mimeType));
  if (wanted.length === 0) return [];
  return [...wanted, ...all.filter((codec) => /^video\/rtx$/i.test(codec.mimeType))];
}

/** A peer of the house for one camera and layer. */
export class Viewing {
  /** What is to be shown. */
  readonly given = new MediaStream();
  /** When its turn to join came; null before. */
  began: number | null = null;
  /** Whether the house has answered. */
  answered = false;
  #peer: RTCPeerConnection | null = null;
  #place: string | null = null;
  #call = new AbortController();
  #last: { at: number; octets: number } | null = null;

  constructor(
    readonly camera: string,
    readonly layer: Layer,
    readonly hears: boolean,
    /** Called once there is a picture track in what is given. */
    readonly onpicture: () => void
  ) {}

  /** How the peer stands; null before there is one and after the end. */
  get peer(): RTCPeerConnectionState | null {
    return this.#peer?.connectionState ?? null;
  }
  /** Whether it was ended by whoever holds it. */
  get ended(): boolean {
    return this.#call.signal.aborted;
  }

  /** Joins; refused with a `Problem` or with whatever the browser throws. */
  async open(): Promise<void> {
    const done = await turn();
    try {
      if (this.ended) return;
      this.began = performance.now();
      await this.#offer(this.#call.signal);
    } finally {
      done();
    }
  }

  /** Ends it, here and at the house. */
  close(): void {
    this.#call.abort();
    this.#peer?.close();
    this.#peer = null;
    if (this.#place === null) return;
    // The page may be closing: the request must outlive it. Without it the server's own time-out ends the viewing.
    fetch(this.#place, { method: 'DELETE', credentials: 'same-origin', keepalive: true }).catch(() => undefined);
    this.#place = null;
  }

  /** Rates, losses and the way of this viewing; null while there is none. */
  async measure(): Promise<Measured | null> {
    const peer = this.#peer;
    if (!peer) return null;
    const stats = await peer.getStats();
    const found: Measured = { codec: null, bitrate_bps: null, lost: null, received: null, octets: null, fps: null, rtt_ms: null, transport: null };
    const number = (value: unknown) => (typeof value === 'number' ? value : null);
    for (const report of stats.values() as Iterable<Record<string, unknown>>) {
      if (report.type === 'candidate-pair' && report.nominated === true && report.state === 'succeeded') {
        const rtt = number(report.currentRoundTripTime);
        found.rtt_ms = rtt === null ? null : rtt * 1000;
        const far = stats.get(String(report.remoteCandidateId)) as { protocol?: string; port?: number } | undefined;
        if (far) found.transport = far.protocol === 'tcp' ? `tcp:${far.port ?? ''}` : (far.protocol ?? null);
      }
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue;
      const octets = Number(report.bytesReceived);
      const at = Number(report.timestamp);
      if (this.#last && at > this.#last.at) found.bitrate_bps = ((octets - this.#last.octets) * 8000) / (at - this.#last.at);
      this.#last = { at, octets };
      found.octets = octets;
      found.lost = Math.max(0, number(report.packetsLost) ?? 0);
      found.received = number(report.packetsReceived);
      found.fps = number(report.framesPerSecond);
      const codec = stats.get(String(report.codecId)) as { mimeType?: string } | undefined;
      found.codec = codec?.mimeType?.replace('video/', '') ?? null;
    }
    return found;
  }

  async #offer(signal: AbortSignal): Promise<void> {
    const peer = (this.#peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
    const way = peer.addTransceiver('video', { direction: 'recvonly' });
    const wanted = codecs();
    if (wanted.length > 0) way.setCodecPreferences(wanted);
    // A control room wants the newest picture, not the smoothest.
    const receiver = way.receiver as RTCRtpReceiver & { playoutDelayHint?: number; jitterBufferTarget?: number | null };
    receiver.jitterBufferTarget = 0;
    receiver.playoutDelayHint = 0;
    if (this.hears) peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.ontrack = ({ track }) => {
      if (this.#peer !== peer) return;
      this.given.addTrack(track);
      if (track.kind === 'video') this.onpicture();
    };
    await peer.setLocalDescription(await peer.createOffer());
    let answer: Response;
    try {
      answer = await fetch(`/whep/${encodeURIComponent(this.camera)}?layer=${this.layer}`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', accept: 'application/sdp' },
        body: peer.localDescription?.sdp ?? '',
        credentials: 'same-origin',
        signal
      });
    } catch (failure) {
      if (signal.aborted) throw failure;
      throw unreachable();
    }
    if (answer.status !== 201) throw readProblem(answer.status, await answer.json().catch(() => null), answer.headers);
    const place = answer.headers.get('location');
    this.#place = place === null ? null : new URL(place, location.href).pathname;
    const sdp = await answer.text();
    if (signal.aborted) {
      this.close();
      return;
    }
    this.answered = true;
    await peer.setRemoteDescription({ type: 'answer', sdp });
  }
}

/** A failure as the pages tell it. */
export function asKnown(failure: unknown): Problem {
  if (failure !== null && typeof failure === 'object' && 'slug' in failure) return failure as Problem;
  return readProblem(0, { type: 'urn:betang:problem:player', detail: failure instanceof Error ? failure.message : '' }, new Headers());
}
