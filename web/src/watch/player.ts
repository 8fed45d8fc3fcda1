// One live picture that keeps itself alive: WHEP to join, the browser's frame callback to
// know what is really shown, one supervisor for all pictures of the page to come back after
// any loss. Another layer, and another network, are joined while the old picture is still
// shown. Sound is asked for only once a person wants to hear, so that the audit knows who did.
import type { Problem } from '$api/problem';
import { afterAsk, afterDrop, afterNudge, afterPicture, frozen, judge, JOIN_MS, silent, unborn, unreachable, type Life } from './supervise';
import { asKnown, Viewing, type Layer, type Measured } from './viewing';

export type { Layer, Measured } from './viewing';
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
  /** Whether this network answers and lets no live picture through. */
  unreachable: boolean;
  width: number | null;
  height: number | null;
}

/** How often the supervisor looks round. */
const ROUND_MS = 250;
/** A tile out of sight for this long leaves; short scrolling does not. */
export const UNSEEN_MS = 1_500;
/** A question whether the house is there is answered within this, or the line is no better than the silence. */
const ANSWER_MS = 1_000;
/** A picture is as late as it is later than the earliest of this many seconds. */
const EARLIEST_MS = 30_000;
/** Pictures of a join come in a burst, which says nothing of the line. */
const BURST_MS = 2_000;

const players = new Set<Player>();
let round: ReturnType<typeof setInterval> | undefined;

/** What a browser may know of its network (Network Information API). */
type Network = EventTarget | undefined;
const network = (): Network => (navigator as Navigator & { connection?: EventTarget }).connection;

function watchOver(player: Player): void {
  players.add(player);
  if (round !== undefined) return;
  round = setInterval(() => {
    const now = performance.now();
    for (const each of players) each.look(now);
  }, ROUND_MS);
  addEventListener('online', moved);
  network()?.addEventListener('change', moved);
  addEventListener('pagehide', leaveAll);
  document.addEventListener('visibilitychange', seen);
}

function letGo(player: Player): void {
  players.delete(player);
  if (players.size > 0) return;
  clearInterval(round);
  round = undefined;
  removeEventListener('online', moved);
  network()?.removeEventListener('change', moved);
  removeEventListener('pagehide', leaveAll);
  document.removeEventListener('visibilitychange', seen);
}

// What was joined over another network may be dead: those who wait try now, those who play
// ask at once.
function moved(): void {
  for (const each of players) each.moved();
}
function leaveAll(): void {
  for (const each of players) each.hangUp();
}
function seen(): void {
  if (document.visibilityState === 'visible') for (const each of players) each.nudge();
}

/** A picture that keeps itself alive in a video element. */
export class Player {
  #life: Life = unborn();
  #viewing: Viewing | null = null;
  /** What is joined while the other is still shown, where it shows its first picture, and since when. */
  #next: { viewing: Viewing; video: HTMLVideoElement; since: number } | null = null;
  #frames = 0;
  #problem: Problem | null = null;
  #sending: boolean | null = null;
  #callback = 0;
  #counted = 0;
  #hears = false;
  #asking = false;
  /** How late each picture was by its own clock: the least since the last sample, and the least of all lately. */
  #late: number | null = null;
  #earliest: { at: number; late: number }[] = [];
  #first = 0;

  constructor(
    readonly video: HTMLVideoElement,
    readonly camera: string,
    private layer: Layer,
    readonly report: (view: View) => void
  ) {
    video.muted = true;
    video.playsInline = true;
    video.autoplay = true;
  }

  /** Joins and stays joined until `stop` or `rest`. */
  start(): void {
    if (this.#life.phase !== 'off') return;
    watchOver(this);
    this.#life = { ...unborn(), phase: 'waiting', since: performance.now(), until: 0, newest: this.#life.newest };
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

  /** Leaves, and lets the last picture stand with its age until something else is shown. */
  rest(): void {
    if (this.#life.phase === 'off') return;
    this.hangUp();
    this.#life = { ...unborn(), newest: this.#life.newest };
  }

  /** Tries now instead of later. */
  nudge(): void {
    this.#life = afterNudge(this.#life, performance.now());
    this.look(performance.now());
  }

  /** The network may be another one. */
  moved(): void {
    if (this.#life.phase === 'playing') void this.#ask(performance.now(), true);
    else this.nudge();
  }

  /** Shows another layer from now on; the old one stays until the first picture of the new. */
  turn(layer: Layer): void {
    if (layer === this.layer) return;
    this.layer = layer;
    if (this.#life.phase === 'playing') this.#renew(performance.now());
    else if (this.#life.phase === 'joining') void this.#join(performance.now());
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
    this.#mindNext(now);
    const facts = { peer: this.#viewing?.peer ?? null, sending: this.#sending, answered: this.#viewing?.answered ?? false };
    const step = judge(this.#life, now, facts);
    if (step === 'join') void this.#join(now);
    if (step === 'drop') this.#drop(now, null);
    if (step === 'ask') void this.#ask(now, false);
    this.#tell(now);
  }

  /** Ends all viewings at the server without ending the wish to view. */
  hangUp(): void {
    this.#giveUpNext();
    if (this.#callback && 'cancelVideoFrameCallback' in this.video) this.video.cancelVideoFrameCallback(this.#callback);
    this.#callback = 0;
    this.#viewing?.close();
    this.#viewing = null;
    this.#late = null;
    this.#earliest = [];
  }

  /** Which layer is shown; null while none is. */
  get shown(): Layer | null {
    return this.#viewing?.layer ?? null;
  }

  /** Rates and losses of what is shown; null while nothing is. */
  measure(): Promise<Measured | null> {
    return this.#viewing?.measure() ?? Promise.resolve(null);
  }

  /**
   * The least that a picture came late since this was last asked, in ms against the earliest
   * lately; null when none came, or they came in the burst of a join.
   */
  standing(): number | null {
    const late = this.#late;
    this.#late = null;
    if (late === null || performance.now() - this.#first < BURST_MS) return null;
    return late - Math.min(...this.#earliest.map((each) => each.late));
  }

  async #join(now: number): Promise<void> {
    this.hangUp();
    this.#life = { ...this.#life, phase: 'joining', since: now };
    const viewing: Viewing = (this.#viewing = new Viewing(this.camera, this.layer, this.#hears, () => {
      if (this.#viewing === viewing) this.#show(viewing);
    }));
    try {
      const opened = viewing.open();
      await opened;
      if (this.#viewing === viewing) this.#problem = null;
    } catch (failure) {
      if (!viewing.ended) this.#drop(performance.now(), failure);
    }
  }

  /** Joins anew beside what is shown. */
  #renew(now: number): void {
    this.#giveUpNext();
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    const viewing = new Viewing(this.camera, this.layer, this.#hears, () => {
      video.srcObject = viewing.given;
      video.play().catch(() => undefined);
    });
    video.addEventListener('loadeddata', () => this.#swap(viewing), { once: true });
    this.#next = { viewing, video, since: now };
    viewing.open().catch((failure: unknown) => {
      if (viewing.ended || this.#next?.viewing !== viewing) return;
      this.#problem = asKnown(failure);
      this.#giveUpNext();
    });
  }

  #swap(viewing: Viewing): void {
    if (this.#next?.viewing !== viewing) return;
    const { video } = this.#next;
    this.#next = null;
    const old = this.#viewing;
    this.#viewing = viewing;
    this.#late = null;
    this.#earliest = [];
    this.#problem = null;
    const now = performance.now();
    this.#life = { ...this.#life, phase: 'playing', since: now, attempt: 0, newest: now, gap: null };
    this.#first = now;
    this.#show(viewing);
    video.srcObject = null;
    old?.close();
  }

  // One that brings no picture is as any other attempt, but nobody misses it.
  #mindNext(now: number): void {
    const next = this.#next;
    if (!next) return;
    const gone = next.viewing.peer === 'failed' || next.viewing.peer === 'closed';
    if (gone || now - (next.viewing.began ?? now) > JOIN_MS) this.#giveUpNext();
  }

  #giveUpNext(): void {
    const next = this.#next;
    this.#next = null;
    if (!next) return;
    next.viewing.close();
    next.video.srcObject = null;
  }

  #show(viewing: Viewing): void {
    this.video.srcObject = viewing.given;
    this.video.play().catch(() => undefined);
    this.#count();
  }

  // A small question by the way of the pages: where it is answered at once and no pictures
  // come, they are joined anew; where it is not, the line is full or away, and more would not help.
  async #ask(now: number, moved: boolean): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    this.#life = afterAsk(this.#life, now);
    const asked = this.#viewing;
    try {
      const { ok } = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
      const still = this.#viewing === asked && !this.#next && this.#life.phase === 'playing';
      if (ok && still && (moved || silent(this.#life, performance.now()))) this.#renew(performance.now());
    } catch {
      // Nobody answers: the next look, or word of a network, asks again.
    } finally {
      this.#asking = false;
    }
  }

  #count(): void {
    if (!('requestVideoFrameCallback' in this.video)) return;
    if (this.#callback) this.video.cancelVideoFrameCallback(this.#callback);
    const each = (now: number, frame: VideoFrameCallbackMetadata) => {
      this.#timed(frame);
      this.#arrived(frame.receiveTime ?? now);
      this.#callback = this.video.requestVideoFrameCallback(each);
    };
    this.#callback = this.video.requestVideoFrameCallback(each);
  }

  // A picture's own clock runs at 90 kHz and begins anywhere; it comes round after thirteen hours.
  #timed({ receiveTime, rtpTimestamp }: VideoFrameCallbackMetadata): void {
    if (receiveTime === undefined || rtpTimestamp === undefined) return;
    const late = receiveTime - rtpTimestamp / 90;
    const old = this.#earliest.at(-1);
    // One that came round, or another viewing's, is no picture of this clock.
    if (old && Math.abs(late - old.late) > EARLIEST_MS) this.#earliest = [];
    this.#late = Math.min(this.#late ?? late, late);
    const recent = this.#earliest.filter((each) => receiveTime - each.at < EARLIEST_MS && each.late < late);
    this.#earliest = [...recent, { at: receiveTime, late }];
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
    this.#life = afterPicture(this.#life, Math.min(at, now));
    if (first) {
      this.#life = { ...this.#life, phase: 'playing', since: now };
      this.#first = now;
    }
    this.video.dataset.frames = String(this.#frames);
    if (first) this.#tell(now);
  }

  #drop(now: number, failure: unknown): void {
    this.#problem = failure === null ? null : asKnown(failure);
    const unreached = this.#life.phase === 'joining' && this.#viewing?.answered === true && this.#viewing.peer !== 'connected';
    this.hangUp();
    this.#life = afterDrop(this.#life, now, Math.random(), (this.#problem?.retryAfter_s ?? 0) * 1000, unreached);
  }

  #tell(now: number): void {
    const { phase, newest } = this.#life;
    const old = frozen(this.#life, now);
    const showing: Showing =
      phase === 'off' && newest === null ? 'off' : newest !== null && !old ? 'live' : newest !== null ? 'frozen' : phase === 'playing' ? 'live' : phase;
    const age_ms = newest === null ? null : now - newest;
    this.video.dataset.state = showing;
    this.video.dataset.frames = String(this.#frames);
    this.video.dataset.ageMs = age_ms === null ? '' : String(Math.round(age_ms));
    this.report({
      showing,
      frames: this.#frames,
      age_ms,
      problem: this.#problem,
      unreachable: unreachable(this.#life),
      width: this.video.videoWidth || null,
      height: this.video.videoHeight || null
    });
  }
}
