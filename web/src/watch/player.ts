// One live picture: WHEP to join, the browser's frame callback to know what is really
// shown, one supervisor for all pictures of the page to come back after any loss. Sound
// is asked for only once a person wants to hear, so that the audit knows who did.
import { readProblem, unreachable, type Problem } from '$api/problem';
import { afterDrop, afterNudge, frozen, judge, unborn, type Life } from './supervise';

/** The layers a camera may have. */
export type Layer = 'main' | 'sub';
/** What a reader sees. `frozen` is a picture that stands still. */
export type Showing = 'off' | 'joining' | 'live' | 'frozen' | 'waiting';

/** What a tile needs to tell the truth. */
export interface View {
  showing: Showing;
  /** Pictures shown since the first join. */
  frames: number;
  /** Age of the newest picture that arrived; null before the first. */
  age_ms: number | null;
  /** Why the last attempt failed, null when it did not. */
  problem: Problem | null;
  width: number | null;
  height: number | null;
}

/** What one viewing measures on its way in. */
export interface Measured {
  codec: string | null;
  bitrate_bps: number | null;
  lost: number | null;
  fps: number | null;
}

/** Pages join at most so many pictures at once; the rest wait their turn, oldest first. */
const JOINS_AT_ONCE = 6;
/** How often the supervisor looks round. */
const ROUND_MS = 250;
/** A tile out of sight for this long leaves; short scrolling does not. */
export const UNSEEN_MS = 1_500;

const players = new Set<Player>();
let round: ReturnType<typeof setInterval> | undefined;

function watchOver(player: Player): void {
  players.add(player);
  if (round !== undefined) return;
  round = setInterval(() => {
    const now = performance.now();
    for (const each of players) each.look(now);
  }, ROUND_MS);
  addEventListener('online', nudgeAll);
  addEventListener('pagehide', leaveAll);
  document.addEventListener('visibilitychange', seen);
}

function letGo(player: Player): void {
  players.delete(player);
  if (players.size > 0) return;
  clearInterval(round);
  round = undefined;
  removeEventListener('online', nudgeAll);
  removeEventListener('pagehide', leaveAll);
  document.removeEventListener('visibilitychange', seen);
}

function nudgeAll(): void {
  for (const each of players) each.nudge();
}
function leaveAll(): void {
  for (const each of players) each.hangUp();
}
function seen(): void {
  if (document.visibilityState === 'visible') nudgeAll();
}

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

/** A picture that keeps itself alive in a video element. */
export class Player {
  #life: Life = unborn();
  #peer: RTCPeerConnection | null = null;
  #place: string | null = null;
  #call: AbortController | null = null;
  #frames = 0;
  #problem: Problem | null = null;
  #sending: boolean | null = null;
  #callback = 0;
  #counted = 0;
  #lastBytes: { at: number; bytes: number } | null = null;
  #hears = false;

  constructor(
    readonly video: HTMLVideoElement,
    readonly camera: string,
    readonly layer: Layer,
    readonly report: (view: View) => void
  ) {
    video.muted = true;
    video.playsInline = true;
    video.autoplay = true;
  }

  /** Joins and stays joined until `stop`. */
  start(): void {
    if (this.#life.phase !== 'off') return;
    watchOver(this);
    this.#life = { ...unborn(), phase: 'waiting', since: performance.now(), until: 0 };
    this.look(performance.now());
  }

  /** Leaves; the last picture is taken away, since nobody vouches for it any more. */
  stop(): void {
    letGo(this);
    this.hangUp();
    this.#life = unborn();
    this.video.srcObject = null;
    this.#tell(performance.now());
  }

  /** Tries now instead of later. */
  nudge(): void {
    this.#life = afterNudge(this.#life, performance.now());
    this.look(performance.now());
  }

  /** Asks for sound, or for none again; the viewing is joined anew for it. */
  hear(on: boolean): void {
    if (on === this.#hears) return;
    this.#hears = on;
    this.video.muted = !on;
    if (this.#life.phase !== 'off') void this.#join(performance.now());
  }

  /** What the server says about the camera; going live again ends any pause. */
  told(sending: boolean | null): void {
    const back = sending === true && this.#sending === false;
    this.#sending = sending;
    if (back) this.nudge();
  }

  /** One look of the supervisor. */
  look(now: number): void {
    if (this.#life.phase === 'playing' && !('requestVideoFrameCallback' in this.video)) this.#poll(now);
    const step = judge(this.#life, now, { peer: this.#peer?.connectionState ?? null, sending: this.#sending });
    if (step === 'join') void this.#join(now);
    if (step === 'drop') this.#drop(now, null);
    this.#tell(now);
  }

  /** Ends the viewing at the server without ending the wish to view. */
  hangUp(): void {
    this.#call?.abort();
    this.#call = null;
    if (this.#callback && 'cancelVideoFrameCallback' in this.video) this.video.cancelVideoFrameCallback(this.#callback);
    this.#callback = 0;
    this.#peer?.close();
    this.#peer = null;
    this.#lastBytes = null;
    if (this.#place) {
      // The page may be closing: the request must outlive it. Without it the server's own time-out ends the viewing.
      fetch(this.#place, { method: 'DELETE', credentials: 'same-origin', keepalive: true }).catch(() => undefined);
      this.#place = null;
    }
  }

  /** Rates and losses of this viewing; null while there is none. */
  async measure(): Promise<Measured | null> {
    const peer = this.#peer;
    if (!peer) return null;
    const stats = await peer.getStats();
    const measured: Measured = { codec: null, bitrate_bps: null, lost: null, fps: null };
    for (const report of stats.values() as Iterable<Record<string, unknown>>) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'video') continue;
      const bytes = Number(report.bytesReceived);
      const at = Number(report.timestamp);
      if (this.#lastBytes && at > this.#lastBytes.at) measured.bitrate_bps = ((bytes - this.#lastBytes.bytes) * 8000) / (at - this.#lastBytes.at);
      this.#lastBytes = { at, bytes };
      measured.lost = Number(report.packetsLost ?? 0);
      measured.fps = report.framesPerSecond === undefined ? null : Number(report.framesPerSecond);
      const codec = stats.get(String(report.codecId)) as { mimeType?: string } | undefined;
      measured.codec = codec?.mimeType?.replace('video/', '') ?? null;
    }
    return measured;
  }

  async #join(now: number): Promise<void> {
    this.hangUp();
    this.#life = { ...this.#life, phase: 'joining', since: now };
    const call = (this.#call = new AbortController());
    const done = await turn();
    try {
      if (call.signal.aborted) return;
      // Waiting for a turn is not joining: the clock starts here.
      this.#life = { ...this.#life, since: performance.now() };
      await this.#offer(call.signal);
      this.#problem = null;
    } catch (failure) {
      if (!call.signal.aborted) this.#drop(performance.now(), failure);
    } finally {
      done();
    }
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
    if (this.#hears) peer.addTransceiver('audio', { direction: 'recvonly' });
    const given = new MediaStream();
    peer.ontrack = ({ track }) => {
      if (this.#peer !== peer) return;
      given.addTrack(track);
      if (track.kind !== 'video') return;
      this.video.srcObject = given;
      this.video.play().catch(() => undefined);
      this.#count();
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
    if (signal.aborted || this.#peer !== peer) {
      this.hangUp();
      return;
    }
    await peer.setRemoteDescription({ type: 'answer', sdp });
  }

  #count(): void {
    if (!('requestVideoFrameCallback' in this.video)) return;
    if (this.#callback) this.video.cancelVideoFrameCallback(this.#callback);
    const each = (now: number, frame: VideoFrameCallbackMetadata) => {
      this.#arrived(frame.receiveTime ?? now);
      this.#callback = this.video.requestVideoFrameCallback(each);
    };
    this.#callback = this.video.requestVideoFrameCallback(each);
  }

  // Browsers without the frame callback still count what they have shown.
  #poll(now: number): void {
    const shown = this.video.getVideoPlaybackQuality().totalVideoFrames;
    if (shown !== this.#counted) this.#arrived(now);
    this.#counted = shown;
  }

  #arrived(at: number): void {
    const now = performance.now();
    this.#frames++;
    const first = this.#life.phase === 'joining';
    this.#life = { ...this.#life, newest: Math.min(at, now), ...(first ? { phase: 'playing' as const, since: now } : {}) };
    this.video.dataset.frames = String(this.#frames);
    if (first) this.#tell(now);
  }

  #drop(now: number, failure: unknown): void {
    this.#problem = failure === null ? null : asKnown(failure);
    this.hangUp();
    this.#life = afterDrop(this.#life, now, Math.random(), (this.#problem?.retryAfter_s ?? 0) * 1000);
  }

  #tell(now: number): void {
    const { phase, newest } = this.#life;
    const old = frozen(this.#life, now);
    const showing: Showing =
      phase === 'off' ? 'off' : newest !== null && !old ? 'live' : newest !== null ? 'frozen' : phase === 'playing' ? 'live' : phase;
    const age_ms = newest === null ? null : now - newest;
    this.video.dataset.state = showing;
    this.video.dataset.frames = String(this.#frames);
    this.video.dataset.ageMs = age_ms === null ? '' : String(Math.round(age_ms));
    this.report({
      showing,
      frames: this.#frames,
      age_ms,
      problem: this.#problem,
      width: this.video.videoWidth || null,
      height: this.video.videoHeight || null
    });
  }
}

function asKnown(failure: unknown): Problem {
  if (failure !== null && typeof failure === 'object' && 'slug' in failure) return failure as Problem;
  return readProblem(0, { type: 'urn:betang:problem:player', detail: failure instanceof Error ? failure.message : '' }, new Headers());
}
