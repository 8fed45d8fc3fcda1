// One live picture in a video element: which viewing is shown, which one is on its way
// beside it, and when to come back after any loss. The frame callback of the browser knows
// what is really shown. Sound is asked for only once a person wants to hear, so that the
// audit knows who did. What the page's line lets it have is said by `line.ts`.
import { readProblem, type Problem } from '$api/problem';
import { Behind, nothing, type Place, type Rung, type Sample } from './ladder';
import { attend, letGo, newestOf, retold, unmet } from './line';
import { afterDrop, afterNudge, afterWay, anyWay, ASK_MS, barred, BESIDE_MS, frozen, judge, LESS_MS, silence, unborn, type Life, type Quiet, type Ways } from './supervise';
import { able, Viewing, type Layer, type Way } from './viewing';

export type { Layer } from './viewing';
export { UNSEEN_MS } from './line';
/** What a reader sees. `frozen` is a picture that stands still. */
export type Showing = 'off' | 'joining' | 'live' | 'frozen' | 'waiting';

/** What one viewing measures on its way in. */
export interface Measured {
  codec: string | null;
  bitrate_bps: number | null;
  fps: number | null;
  loss: number | null;
  rtt_ms: number | null;
}

/** What a tile needs to tell the truth. */
export interface View {
  showing: Showing;
  /** What is on the screen, which a change reaches only with its first picture; null before any. */
  rung: Rung | null;
  /** Whether stills are to be fetched: they are shown, or about to be. */
  stills: boolean;
  /** What the line lets the tile have, and why that is not what was wished. */
  place: Place;
  way: Way | null;
  measured: Measured | null;
  /** Pictures shown since the first join. */
  frames: number;
  /** Age of the newest picture that arrived; null before the first. */
  age_ms: number | null;
  /** Why the last attempt failed, null when it did not. */
  problem: Problem | null;
  width: number | null;
  height: number | null;
}

/** A picture that keeps itself alive in a video element. */
export class Player {
  #life: Life = unborn();
  /** What is shown, or is to be the first picture. */
  #now: Viewing | null = null;
  /** What is to take its place with its first picture. */
  #next: { viewing: Viewing; since: number; till: number; why: 'rung' | 'sound' | 'silence' } | null = null;
  /** A change that came to nothing is tried again from then on. */
  #again = 0;
  /** Ends when all that was left is gone from the server. */
  #leaving: Promise<unknown> = Promise.resolve();
  #given: MediaStream | null = null;
  #rung: Rung | null = null;
  #place: Place;
  /** Since when stills are awaited in place of what is shown; null when they are not. */
  #lessSince: number | null = null;
  #ways: Ways = anyWay;
  #quiet: Quiet = { sending: null, interval_ms: null, moved: null, asked: null, newer: null, anew: null };
  #behind = new Behind();
  #leastRtt: number | null = null;
  #sample: Sample | null = null;
  #measured: Measured | null = null;
  #way: Way | null = null;
  #settled = 0;
  #frames = 0;
  #problem: Problem | null = null;
  #callback = 0;
  #counted = 0;
  #hears = false;
  #asking = false;
  /** The newest picture that the house first told of in this silence. */
  #heard: { at: number; us: number } | null = null;

  constructor(
    readonly video: HTMLVideoElement,
    readonly camera: string,
    place: Place,
    readonly report: (view: View) => void
  ) {
    this.#place = place;
    video.muted = true;
    video.playsInline = true;
    video.autoplay = true;
  }

  /** Whether the tile is in sight and wants pictures. */
  get on(): boolean {
    return this.#on;
  }
  #on = false;

  /** Shows and goes on showing until `stop`. */
  start(): void {
    if (this.#on) return;
    this.#on = true;
    attend(this);
    this.#begin();
    this.look(performance.now());
  }

  /** Leaves; the last picture is taken away, since nobody vouches for it any more. */
  stop(): void {
    this.#on = false;
    letGo(this);
    this.hangUp();
    this.#life = unborn();
    this.#rung = null;
    this.#lessSince = null;
    this.#bare();
    this.#tell(performance.now());
  }

  /** Tries now instead of later, streams too where no way was found for them. */
  nudge(byHand = false): void {
    if (!this.#on) return;
    if (byHand) this.#ways = anyWay;
    this.#life = afterNudge(this.#life, performance.now());
    this.look(performance.now());
    if (byHand) retold();
  }

  /** The device says that its network is another one: silence counts sooner. */
  moved(now: number): void {
    this.#quiet.moved = now;
    this.nudge();
  }

  /** Asks for sound, or for none again; the viewing is joined anew for it. */
  hear(on: boolean): void {
    if (on === this.#hears) return;
    this.#hears = on;
    this.video.muted = !on;
    const { rung } = this.#place;
    if (!this.#on || !this.#now || rung === 'stills') return;
    if (this.#life.phase === 'playing') this.#beside(rung, 'sound');
    else this.#begin();
  }

  /** What the server says about the camera; going live again ends any pause. */
  told(sending: boolean | null): void {
    const back = sending === true && this.#quiet.sending === false;
    this.#quiet.sending = sending;
    if (back) this.nudge();
  }

  /** Why no stream can come at all. */
  barred(now: number): 'browser' | 'noway' | null {
    return !able() ? 'browser' : barred(this.#ways, now) ? 'noway' : null;
  }
  /** What is on the screen. */
  get rung(): Rung | null {
    return this.#rung;
  }
  /** Where the page's line has put this tile. */
  get place(): Place {
    return this.#place;
  }
  /** What the last second was like; null while a change is under way, or nothing is shown. */
  get sample(): Sample | null {
    return this.#sample;
  }
  /** Stills say what they measured in the place of a viewing. */
  stilled(sample: Sample | null): void {
    if (this.#rung === 'stills') this.#sample = sample;
  }
  /** A still is on the screen: what it takes the place of may go. */
  stillShown(): void {
    if (this.#lessSince !== null) this.#less();
  }

  /** What the line lets this tile have from now on. */
  want(place: Place): void {
    const same = place.rung === this.#place.rung;
    this.#place = place;
    if (!this.#on || same) return;
    this.#turn();
  }

  /** Leads from what is to what is wanted. */
  #turn(): void {
    const now = performance.now();
    const { rung } = this.#place;
    this.#sample = null;
    if (rung === 'stills') {
      this.#forget();
      if (this.#rung === null || this.#rung === 'stills') this.#less();
      else this.#lessSince ??= now;
      return;
    }
    this.#lessSince = null;
    // Nothing plays yet that could be kept meanwhile.
    if (!this.#now || this.#life.phase !== 'playing') return this.#begin();
    if (this.#now.layer === rung) return this.#forget();
    this.#beside(rung, 'rung');
  }

  /** The first viewing, or the first after stills, which stay until its first picture. */
  #begin(): void {
    if (this.#place.rung === 'stills') return this.#less();
    this.hangUp();
    this.#life = { ...unborn(), phase: 'waiting', since: performance.now(), newest: this.#life.newest };
  }

  #less(): void {
    this.#lessSince = null;
    this.hangUp();
    this.#life = unborn();
    this.#rung = 'stills';
    this.#bare();
    this.#tell(performance.now());
  }

  #bare(): void {
    this.video.srcObject = null;
    this.#given = null;
    this.#way = null;
    this.#measured = null;
    this.#sample = null;
  }

  /** One look of the supervisor. */
  look(now: number): void {
    if (!this.#on) return;
    if (this.#life.phase === 'playing' && !('requestVideoFrameCallback' in this.video)) this.#poll(now);
    if (this.#lessSince !== null && now - this.#lessSince > LESS_MS) this.#less();
    // Where the old one had to go first, the new one is the one that is joined.
    const held = this.#now && !this.#now.ended ? this.#now : (this.#next?.viewing ?? null);
    const step = judge(this.#life, now, { peer: held?.peer ?? null, sending: this.#quiet.sending, answered: held?.answered ?? null, reached: held?.reached ?? false });
    if (step === 'join') void this.#join(now);
    // What comes beside it is the way back.
    else if (step === 'drop' && !(this.#next && this.#life.phase === 'playing')) this.#drop(null);
    else if (this.#life.phase === 'playing' && this.#now && !this.#next) {
      const quiet = silence(this.#life, now, this.#quiet);
      if (quiet === 'ask') void this.#ask(now);
      if (quiet === 'anew') {
        this.#quiet.anew = now;
        this.#beside(this.#now.layer, 'silence');
      } else if (this.#place.rung !== 'stills' && this.#place.rung !== this.#now.layer && now >= this.#again) this.#beside(this.#place.rung, 'rung');
    }
    if (this.#next) void this.#watchNext(now);
    this.#tell(now);
  }

  async #ask(now: number): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    this.#quiet.asked = now;
    const newest_us = await newestOf(this.camera).finally(() => (this.#asking = false));
    const first = this.#heard !== null && this.#heard.at > (this.#life.newest ?? this.#life.since) ? this.#heard : null;
    if (newest_us !== null) {
      if (first && newest_us > first.us) this.#quiet.newer = now;
      this.#heard = first ?? { at: now, us: newest_us };
    }
    if (this.#on) this.look(performance.now());
  }

  /** Ends all viewings at the server without ending the wish to view. */
  hangUp(): void {
    this.#forget();
    if (this.#callback && 'cancelVideoFrameCallback' in this.video) this.video.cancelVideoFrameCallback(this.#callback);
    this.#callback = 0;
    this.#end(this.#now);
    this.#now = null;
  }
  #forget(): void {
    this.#end(this.#next?.viewing ?? null);
    this.#next = null;
  }
  #end(viewing: Viewing | null): void {
    if (viewing && !viewing.ended) this.#leaving = Promise.all([this.#leaving, viewing.end()]);
  }
  /** Waits until what was ended is gone, so that the server never holds three; not for ever, since a line may be dead. */
  #left(): Promise<unknown> {
    return Promise.race([this.#leaving, new Promise((done) => setTimeout(done, ASK_MS))]);
  }

  async #join(now: number): Promise<void> {
    const { rung } = this.#place;
    if (rung === 'stills') return;
    this.hangUp();
    const viewing = (this.#now = new Viewing(this.camera, rung, this.#hears));
    this.#life = { ...this.#life, phase: 'joining', since: now };
    try {
      await this.#left();
      if (this.#now !== viewing) return;
      // Waiting for a turn is not joining: the clock starts when it asks.
      await viewing.join((track) => {
        if (this.#now !== viewing) return;
        this.#give(viewing);
        if (track.kind === 'video') this.#count();
      }, (at) => this.#now === viewing && (this.#life = { ...this.#life, since: at }));
      this.#problem = null;
    } catch (failure) {
      if (this.#now === viewing) this.#drop(failure);
    }
  }

  /** Joins another viewing beside the one that is shown. */
  #beside(layer: Layer, why: 'rung' | 'sound' | 'silence'): void {
    this.#forget();
    const now = performance.now();
    const viewing = new Viewing(this.camera, layer, this.#hears);
    const mine = (this.#next = { viewing, since: now, till: now + BESIDE_MS, why });
    void (async () => {
      try {
        // At most two at the server, whatever was asked for before.
        await this.#left();
        if (this.#next !== mine) return;
        await viewing.join(() => undefined, (at) => (mine.till = at + BESIDE_MS));
      } catch (failure) {
        if (this.#next !== mine) return;
        this.#problem = asKnown(failure);
        this.#failed();
      }
    })();
  }

  /** The other viewing takes the place of the first with its first picture, or is given up. */
  async #watchNext(now: number): Promise<void> {
    const mine = this.#next;
    if (!mine) return;
    const peer = mine.viewing.peer;
    if (now > mine.till || peer === 'failed' || peer === 'closed') return this.#failed();
    // On the way down the old one fills the line that the new one needs.
    if (mine.why === 'rung' && this.#now?.layer === 'main' && !this.#now.ended && now - mine.since > LESS_MS) {
      this.#end(this.#now);
      this.#life = { ...this.#life, phase: 'joining', since: mine.since };
    }
    const counters = await mine.viewing.read();
    if (this.#next === mine && counters && counters.decoded > 0) this.#swap();
  }

  /** The other viewing came to nothing: what is shown stays. */
  #failed(): void {
    const was = this.#next;
    this.#forget();
    const now = performance.now();
    this.#again = now + BESIDE_MS;
    if (this.#now?.ended) return this.#drop(this.#problem);
    if (was?.why === 'rung' && this.#now?.layer === 'sub') unmet(this, now, 'sub');
  }

  #swap(): void {
    const next = this.#next;
    if (!next) return;
    this.#next = null;
    const old = this.#now;
    this.#now = next.viewing;
    this.#give(next.viewing);
    this.#end(old);
    this.#rung = next.viewing.layer;
    this.#problem = null;
    this.#behind = new Behind();
    this.#sample = null;
    this.#settled = 0;
    const now = performance.now();
    this.#life = { ...this.#life, phase: 'playing', since: now, attempt: 0 };
    this.#count();
    this.#tell(now);
  }

  /** Puts the tracks of a viewing into the element; the picture before stays until there is another. */
  #give(viewing: Viewing): void {
    const given = (this.#given ??= new MediaStream());
    const fresh = viewing.tracks.filter((track) => !given.getTracks().includes(track));
    const old = given.getTracks().filter((track) => !viewing.tracks.includes(track));
    for (const track of fresh) given.addTrack(track);
    for (const track of old) given.removeTrack(track);
    if (this.video.srcObject !== given) this.video.srcObject = given;
    this.video.play().catch(() => undefined);
  }

  #count(): void {
    if (!('requestVideoFrameCallback' in this.video)) return;
    if (this.#callback) this.video.cancelVideoFrameCallback(this.#callback);
    const each = (now: number, frame: VideoFrameCallbackMetadata) => {
      const at = frame.receiveTime ?? now;
      if (frame.rtpTimestamp !== undefined) this.#behind.came(frame.rtpTimestamp, at);
      this.#arrived(at);
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
    const newest = Math.min(at, now);
    this.#life = { ...this.#life, newest: Math.max(newest, this.#life.newest ?? newest), ...(first ? { phase: 'playing' as const, since: now } : {}) };
    this.video.dataset.frames = String(this.#frames);
    if (!first || !this.#now) return;
    this.#rung = this.#now.layer;
    this.#ways = anyWay;
    this.#settled = 0;
    this.#sample = null;
    this.#tell(now);
  }

  #drop(failure: unknown): void {
    const now = performance.now();
    this.#problem = failure === null ? null : asKnown(failure);
    const noway = this.#now !== null && this.#now.answered !== null && !this.#now.reached;
    if (this.#now?.answered) this.#ways = afterWay(this.#ways, this.#now.reached, now);
    // Up from stills, and nothing came: the stills stay, and the next attempt waits.
    if (this.#rung === 'stills' && this.#life.phase === 'joining' && !noway) unmet(this, now, 'stills');
    this.hangUp();
    this.#life = afterDrop(this.#life, now, Math.random(), (this.#problem?.retryAfter_s ?? 0) * 1000);
    // Told at once: the next round of the line may come later than the next attempt.
    if (barred(this.#ways, now)) retold();
  }

  /** Once a second: what came since the last look. */
  async measure(settle_ms: number): Promise<void> {
    const viewing = this.#now;
    if (!viewing || this.#life.phase !== 'playing') return;
    const counters = await viewing.read();
    if (!counters || this.#now !== viewing) return;
    const { before } = viewing;
    viewing.before = counters;
    const behind = this.#behind.look();
    if (counters.way) this.#way = counters.way;
    if (!before || counters.at <= before.at) return;
    const span = counters.at - before.at;
    const came = counters.packets - before.packets;
    const lost = Math.max(0, counters.lost - before.lost);
    const bps = ((counters.bytes - before.bytes) * 8000) / span;
    const loss = came + lost === 0 ? null : lost / (came + lost);
    if (counters.rtt_ms !== null) this.#leastRtt = Math.min(this.#leastRtt ?? counters.rtt_ms, counters.rtt_ms);
    if (counters.fps) this.#quiet.interval_ms = 1000 / counters.fps;
    this.#measured = { codec: counters.codec, bitrate_bps: bps, fps: counters.fps, loss, rtt_ms: counters.rtt_ms };
    this.#settled += span;
    // A change has its own noise: the first key frame, and what was queued before.
    if (this.#next || this.#lessSince !== null || this.#settled < settle_ms) return void (this.#sample = null);
    const { newest } = this.#life;
    this.#sample = {
      ...nothing,
      loss,
      bps,
      behind_ms: behind,
      rtt_ms: counters.rtt_ms,
      rtt_rise_ms: counters.rtt_ms === null || this.#leastRtt === null ? null : counters.rtt_ms - this.#leastRtt,
      age_ms: newest === null ? null : performance.now() - newest,
      froze_ms: ((counters.froze_ms - before.froze_ms) * 1000) / span
    };
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
      rung: this.#rung,
      stills: this.#on && (this.#rung === 'stills' || this.#lessSince !== null),
      place: this.#place,
      way: this.#way,
      measured: this.#measured,
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
