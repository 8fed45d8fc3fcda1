//! Connect, wait, give up, try again: and in which words.
//!
//! One supervisor per stream holds the only loop that retries. It is told what
//! happened and says what to do; it also owns the truth about the stream, in
//! words that a person can act on.
//!
//! ```text
//!            want            play            first key frame
//!   Idle ──────────▶ Opening ─────▶ Waiting ───────────────▶ Live ⇄ Stale
//!    ▲                  │ fail          │ fail                 │ fail
//!    └── nobody wants ──┴──────▶ Resting (with a reason) ◀─────┘
//! ```

use std::time::Duration;

use base::now::{Mono, Now, Wall};

/// How long one attempt may take until the camera plays. A host that is silent
/// is given up after this; on a satellite link of 600 ms the five exchanges of
/// RTSP take 3 s.
pub const OPEN_DEADLINE: Duration = Duration::from_secs(4);

/// After this without a frame a picture is called frozen, so that a page says so
/// within three seconds.
pub const FROZEN_AFTER: Duration = Duration::from_secs(2);

/// After this without a frame the connection is given up.
pub const SILENCE_MAX: Duration = Duration::from_secs(8);

/// After this without a first key frame the page says so.
pub const KEY_LATE: Duration = Duration::from_secs(5);

/// After this without a first key frame the connection is given up. Cameras
/// with a GOP of 10 s are common, of more than 20 s broken.
pub const KEY_MAX: Duration = Duration::from_secs(20);

/// The longest rest between two attempts, so that a repaired camera is back
/// within five seconds.
pub const REST_MAX: Duration = Duration::from_secs(4);

/// The rest after the first failure.
pub const REST_MIN: Duration = Duration::from_millis(500);

/// The rest after a wrong password: cameras lock an account after a few tries,
/// and what mends it is a new password, which ends the rest at once.
pub const REST_PASSWORD: Duration = Duration::from_secs(60);

/// How long a stream stays open that nobody wants any more, for viewers who
/// only turn a page.
pub const LINGER: Duration = Duration::from_secs(10);

/// How long a stream plays until earlier failures are forgotten.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// Why there is no picture, or an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The camera refuses our name and password (RTSP 401, 403).
    WrongPassword,
    /// The camera answers, but has no stream at that path (RTSP 404).
    NoSuchPath,
    /// The host takes the connection and says nothing, or stopped saying.
    Silent,
    /// The host is there and nothing listens at that port.
    Refused,
    /// No way to the host, or its name is unknown.
    Unreachable,
    /// The stream is not one that a browser here can play.
    Codec,
    /// Frames come, but none to begin with.
    NoKeyFrame,
    /// The connection stands, but no new picture comes.
    Frozen,
    /// The device's own limit of sessions is used up.
    SessionLimit,
    /// What the camera says is not RTSP or RTP as we know it.
    Protocol,
    /// The camera ended the stream, or somebody switched it off.
    Stopped,
    /// The house does not connect to that address.
    NotAllowed,
    /// It waits until the device has a session for it; nothing is wrong.
    Queued,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::WrongPassword,
        Self::NoSuchPath,
        Self::Silent,
        Self::Refused,
        Self::Unreachable,
        Self::Codec,
        Self::NoKeyFrame,
        Self::Frozen,
        Self::SessionLimit,
        Self::Protocol,
        Self::Stopped,
        Self::NotAllowed,
        Self::Queued,
    ];

    /// The word that rows, pages and metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::NoSuchPath => "no_such_path",
            Self::Silent => "silent",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Codec => "codec",
            Self::NoKeyFrame => "no_key_frame",
            Self::Frozen => "frozen",
            Self::SessionLimit => "session_limit",
            Self::Protocol => "protocol",
            Self::Stopped => "stopped",
            Self::NotAllowed => "not_allowed",
            Self::Queued => "queued",
        }
    }
}

/// How a stream is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// Nobody watches, so nothing is pulled; whether it would play is not known.
    Idle,
    /// Somebody wants it and the first picture is on its way.
    Starting,
    /// Pictures come.
    Live,
    /// The connection stands, the picture is old.
    Stale,
    /// There is no picture.
    Dark,
}

impl Word {
    /// Every word, from nothing asked to nothing there.
    pub const ALL: [Self; 5] = [
        Self::Idle,
        Self::Starting,
        Self::Live,
        Self::Stale,
        Self::Dark,
    ];

    /// The word that rows, pages and metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Dark => "dark",
        }
    }
}

/// What is so about a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth {
    /// How it is.
    pub word: Word,
    /// Why it is not live.
    pub reason: Option<Reason>,
    /// Since when it is like this.
    pub since: Wall,
    /// When the newest picture arrived, if one ever did.
    pub newest: Option<Wall>,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Somebody wants the stream.
    Wanted,
    /// Nobody wants it any more.
    Unwanted,
    /// Address, path or password were changed: what failed before may work now.
    Changed,
    /// The device has no session to spare; the attempt has not begun.
    Queued,
    /// It has one now, and the attempt begins.
    Turn,
    /// Somebody else needs the session more.
    Yielded,
    /// The camera plays.
    Playing,
    /// A frame has arrived; `key` if decoding can begin there.
    Frame {
        /// Whether decoding can begin there.
        key: bool,
    },
    /// The attempt or the connection failed.
    Failed(Reason),
    /// Nothing but time has passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Nothing.
    None,
    /// Open a connection.
    Open,
    /// Close the connection or end the attempt.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Queued,
    Opening { since: Mono },
    Waiting { since: Mono, heard: Mono },
    Live { since: Mono, heard: Mono },
    Resting { until: Mono },
}

/// The supervisor of one stream.
#[derive(Debug)]
pub struct Supervisor {
    state: State,
    wanted: bool,
    /// When it was last wanted, while it no longer is.
    unwanted_since: Option<Mono>,
    failures: u32,
    truth: Truth,
    rng: fastrand::Rng,
}

impl Supervisor {
    /// A stream that nobody wants yet.
    #[must_use]
    pub fn new(now: Now, seed: u64) -> Self {
        Self {
            state: State::Idle,
            wanted: false,
            unwanted_since: None,
            failures: 0,
            truth: Truth {
                word: Word::Idle,
                reason: None,
                since: now.wall,
                newest: None,
            },
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// What is so about the stream.
    #[must_use]
    pub const fn truth(&self) -> Truth {
        self.truth
    }

    /// Takes what has happened and says what to do about it.
    pub fn handle(&mut self, input: Input, now: Now) -> Effect {
        match input {
            Input::Wanted => {
                self.wanted = true;
                self.unwanted_since = None;
                if self.state == State::Idle {
                    return self.open(now);
                }
                Effect::None
            }
            Input::Unwanted => {
                self.wanted = false;
                self.unwanted_since = Some(now.mono);
                if matches!(self.state, State::Resting { .. } | State::Queued) {
                    return self.rest_in_peace(now);
                }
                Effect::None
            }
            Input::Changed => self.changed(now),
            Input::Queued => {
                if let State::Opening { .. } = self.state {
                    self.state = State::Queued;
                    self.say(Word::Starting, Some(Reason::Queued), now);
                }
                Effect::None
            }
            Input::Turn => {
                if self.state == State::Queued {
                    self.state = State::Opening { since: now.mono };
                    self.say(Word::Starting, None, now);
                }
                Effect::None
            }
            Input::Yielded => self.yielded(now),
            Input::Playing => {
                if let State::Opening { .. } = self.state {
                    self.state = State::Waiting {
                        since: now.mono,
                        heard: now.mono,
                    };
                }
                Effect::None
            }
            Input::Frame { key } => {
                self.frame(key, now);
                Effect::None
            }
            Input::Failed(reason) => self.fail(reason, now),
            Input::Tick => self.tick(now),
        }
    }

    /// Whether it waits for a session of its device.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.state == State::Queued
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        let own = match self.state {
            State::Idle | State::Queued => None,
            State::Opening { since } => Some(since + OPEN_DEADLINE),
            State::Resting { until } => Some(until),
            State::Waiting { since, heard } => {
                let late = match self.truth.reason {
                    Some(_) => since + KEY_MAX,
                    None => since + KEY_LATE,
                };
                Some(late.min(heard + SILENCE_MAX))
            }
            State::Live { heard, .. } => Some(match self.truth.word {
                Word::Stale => heard + SILENCE_MAX,
                Word::Idle | Word::Starting | Word::Live | Word::Dark => heard + FROZEN_AFTER,
            }),
        };
        let linger = self
            .unwanted_since
            .filter(|_| self.state != State::Idle)
            .map(|since| since + LINGER);
        own.into_iter().chain(linger).min()
    }

    fn frame(&mut self, key: bool, now: Now) {
        match self.state {
            State::Waiting { since, .. } if !key => {
                self.state = State::Waiting {
                    since,
                    heard: now.mono,
                };
                return;
            }
            State::Waiting { .. } => {
                self.state = State::Live {
                    since: now.mono,
                    heard: now.mono,
                };
            }
            State::Live { since, .. } => {
                if now.mono.since(since) >= HEALTHY_AFTER {
                    self.failures = 0;
                }
                self.state = State::Live {
                    since,
                    heard: now.mono,
                };
            }
            // A frame of a connection that was given up already.
            State::Idle | State::Queued | State::Opening { .. } | State::Resting { .. } => return,
        }
        self.truth.newest = Some(now.wall);
        self.say(Word::Live, None, now);
    }

    fn tick(&mut self, now: Now) -> Effect {
        let lingered = self
            .unwanted_since
            .is_some_and(|since| now.mono >= since + LINGER);
        if lingered && self.state != State::Idle {
            return self.rest_in_peace(now);
        }
        match self.state {
            State::Idle | State::Queued => Effect::None,
            State::Opening { since } if now.mono >= since + OPEN_DEADLINE => {
                self.fail(Reason::Silent, now)
            }
            State::Waiting { heard, .. } if now.mono >= heard + SILENCE_MAX => {
                self.fail(Reason::Silent, now)
            }
            State::Waiting { since, .. } if now.mono >= since + KEY_MAX => {
                self.fail(Reason::NoKeyFrame, now)
            }
            State::Waiting { since, .. } if now.mono >= since + KEY_LATE => {
                self.say(Word::Starting, Some(Reason::NoKeyFrame), now);
                Effect::None
            }
            State::Live { heard, .. } if now.mono >= heard + SILENCE_MAX => {
                self.fail(Reason::Frozen, now)
            }
            State::Live { heard, .. } if now.mono >= heard + FROZEN_AFTER => {
                self.say(Word::Stale, Some(Reason::Frozen), now);
                Effect::None
            }
            State::Resting { until } if now.mono >= until => self.open(now),
            State::Opening { .. }
            | State::Waiting { .. }
            | State::Live { .. }
            | State::Resting { .. } => Effect::None,
        }
    }

    fn open(&mut self, now: Now) -> Effect {
        self.state = State::Opening { since: now.mono };
        // A camera that was dark stays dark in words until it plays: a page that
        // flickers between two words with every attempt tells nothing.
        if self.truth.word != Word::Dark {
            self.say(Word::Starting, None, now);
        }
        Effect::Open
    }

    fn fail(&mut self, reason: Reason, now: Now) -> Effect {
        match self.state {
            State::Idle | State::Queued | State::Resting { .. } => return Effect::None,
            State::Opening { .. } | State::Waiting { .. } | State::Live { .. } => {}
        }
        let rest = self.rest(reason);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Resting {
            until: now.mono + rest,
        };
        self.say(Word::Dark, Some(reason), now);
        if self.wanted {
            Effect::Close
        } else {
            self.rest_in_peace(now)
        }
    }

    /// Between half and all of a span that doubles with each failure.
    fn rest(&mut self, reason: Reason) -> Duration {
        let span = match reason {
            Reason::WrongPassword | Reason::NotAllowed => REST_PASSWORD,
            // The attempt itself was the rest.
            Reason::Silent => REST_MIN,
            _ => REST_MIN
                .saturating_mul(1 << self.failures.min(8))
                .min(REST_MAX),
        };
        span.mul_f64(0.5 + 0.5 * self.rng.f64())
    }

    fn changed(&mut self, now: Now) -> Effect {
        self.failures = 0;
        match self.state {
            State::Idle | State::Queued => Effect::None,
            State::Resting { .. } => self.open(now),
            State::Opening { .. } | State::Waiting { .. } | State::Live { .. } => {
                self.state = State::Resting { until: now.mono };
                self.say(Word::Starting, None, now);
                Effect::Close
            }
        }
    }

    /// It lets go and waits again, if anybody wants it still.
    fn yielded(&mut self, now: Now) -> Effect {
        match self.state {
            State::Idle | State::Queued | State::Resting { .. } => return Effect::None,
            State::Opening { .. } | State::Waiting { .. } | State::Live { .. } => {}
        }
        if !self.wanted {
            return self.rest_in_peace(now);
        }
        self.failures = 0;
        self.state = State::Queued;
        self.say(Word::Starting, Some(Reason::Queued), now);
        Effect::Close
    }

    fn rest_in_peace(&mut self, now: Now) -> Effect {
        self.state = State::Idle;
        self.failures = 0;
        self.unwanted_since = None;
        // What a dark camera was last known to lack stays known.
        if self.truth.word != Word::Dark {
            self.say(Word::Idle, None, now);
        }
        Effect::Close
    }

    fn say(&mut self, word: Word, reason: Option<Reason>, now: Now) {
        if (self.truth.word, self.truth.reason) != (word, reason) {
            // The reason may change while it stays dark; since when does not.
            if self.truth.word != word {
                self.truth.since = now.wall;
            }
            self.truth.word = word;
            self.truth.reason = reason;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Now {
        Now {
            mono: Mono::from_us(0),
            wall: Wall::from_us(1_700_000_000_000_000),
        }
    }

    fn at_ms(ms: u64) -> Now {
        start().later(Duration::from_millis(ms))
    }

    fn live() -> Supervisor {
        let mut it = Supervisor::new(start(), 7);
        assert_eq!(it.handle(Input::Wanted, at_ms(0)), Effect::Open);
        assert_eq!(it.handle(Input::Playing, at_ms(100)), Effect::None);
        assert_eq!(
            it.handle(Input::Frame { key: true }, at_ms(200)),
            Effect::None
        );
        assert_eq!(it.truth().word, Word::Live);
        it
    }

    #[test]
    fn a_picture_is_called_frozen_within_three_seconds_and_lives_again_at_once() {
        let mut it = live();
        assert!(
            it.deadline()
                .is_some_and(|at| at.since(at_ms(200).mono) <= Duration::from_secs(3))
        );
        assert_eq!(it.handle(Input::Tick, at_ms(2_700)), Effect::None);
        assert_eq!(it.truth().word, Word::Stale);
        assert_eq!(it.truth().reason, Some(Reason::Frozen));
        assert_eq!(it.truth().newest, Some(at_ms(200).wall));
        assert_eq!(
            it.handle(Input::Frame { key: false }, at_ms(3_000)),
            Effect::None
        );
        assert_eq!(it.truth().word, Word::Live);
    }

    #[test]
    fn a_silent_connection_is_given_up_and_tried_again() {
        let mut it = live();
        assert_eq!(it.handle(Input::Tick, at_ms(8_200)), Effect::Close);
        assert_eq!(it.truth().word, Word::Dark);
        let rest = it.deadline().expect("it rests").since(at_ms(8_200).mono);
        assert!(rest <= REST_MIN, "the first rest is short: {rest:?}");
        assert_eq!(it.handle(Input::Tick, at_ms(8_700)), Effect::Open);
        assert_eq!(it.truth().word, Word::Dark, "an attempt is not a picture");
    }

    #[test]
    fn rests_grow_to_their_bound_and_never_past_it() {
        let mut it = Supervisor::new(start(), 3);
        let mut now = 0;
        assert_eq!(it.handle(Input::Wanted, at_ms(now)), Effect::Open);
        for _ in 0..20 {
            assert_eq!(
                it.handle(Input::Failed(Reason::Refused), at_ms(now)),
                Effect::Close
            );
            let rest = it.deadline().expect("it rests").since(at_ms(now).mono);
            assert!(rest >= REST_MIN / 2 && rest <= REST_MAX, "{rest:?}");
            now += u64::try_from(rest.as_millis()).expect("short") + 1;
            assert_eq!(it.handle(Input::Tick, at_ms(now)), Effect::Open);
        }
        assert_eq!(
            it.truth().since,
            start().wall,
            "dark since the first failure"
        );
    }

    #[test]
    fn a_wrong_password_is_not_hammered_and_a_new_one_tried_at_once() {
        let mut it = Supervisor::new(start(), 3);
        assert_eq!(it.handle(Input::Wanted, at_ms(0)), Effect::Open);
        let failed = Input::Failed(Reason::WrongPassword);
        assert_eq!(it.handle(failed, at_ms(50)), Effect::Close);
        assert!(it.deadline().is_some_and(|at| at >= at_ms(30_000).mono));
        assert_eq!(it.handle(Input::Changed, at_ms(5_000)), Effect::Open);
    }

    #[test]
    fn nobody_watching_closes_after_a_while_and_coming_back_keeps_it() {
        let mut it = live();
        assert_eq!(it.handle(Input::Unwanted, at_ms(300)), Effect::None);
        assert_eq!(
            it.handle(Input::Frame { key: false }, at_ms(5_000)),
            Effect::None
        );
        assert_eq!(it.handle(Input::Wanted, at_ms(5_100)), Effect::None);
        assert_eq!(it.handle(Input::Unwanted, at_ms(5_200)), Effect::None);
        assert_eq!(
            it.handle(Input::Frame { key: false }, at_ms(15_000)),
            Effect::None
        );
        assert_eq!(it.handle(Input::Tick, at_ms(15_200)), Effect::Close);
        assert_eq!(it.truth().word, Word::Idle);
        assert_eq!(it.deadline(), None);
    }

    #[test]
    fn a_long_gop_is_waited_for_in_words() {
        let mut it = Supervisor::new(start(), 1);
        assert_eq!(it.handle(Input::Wanted, at_ms(0)), Effect::Open);
        assert_eq!(it.handle(Input::Playing, at_ms(10)), Effect::None);
        for ms in (100..9_900).step_by(100) {
            assert_eq!(
                it.handle(Input::Frame { key: false }, at_ms(ms)),
                Effect::None
            );
            assert_eq!(it.handle(Input::Tick, at_ms(ms)), Effect::None);
        }
        assert_eq!(it.truth().reason, Some(Reason::NoKeyFrame));
        assert_eq!(it.truth().word, Word::Starting);
        assert_eq!(
            it.handle(Input::Frame { key: true }, at_ms(9_900)),
            Effect::None
        );
        assert_eq!(it.truth().word, Word::Live);
    }

    /// When each of a thousand cameras is tried while none answers, in ms: a network
    /// that was cut at zero, and takes `took_ms` to say no.
    fn attempts(reason: Reason, took_ms: u64, until_ms: u64) -> Vec<u64> {
        let mut all = Vec::new();
        for seed in 0..1_000 {
            let mut it = Supervisor::new(start(), seed);
            let mut ms = 0;
            assert_eq!(it.handle(Input::Wanted, at_ms(ms)), Effect::Open);
            while ms < until_ms {
                ms += took_ms;
                let failed = it.handle(Input::Failed(reason), at_ms(ms));
                assert_eq!(failed, Effect::Close);
                let due = it.deadline().expect("it rests");
                ms = due.as_us().div_ceil(1_000);
                assert_eq!(it.handle(Input::Tick, at_ms(ms)), Effect::Open);
                all.push(ms);
            }
        }
        all
    }

    /// The most attempts that fall into one tenth of a second from `after_ms` on.
    fn crowd(attempts: &[u64], after_ms: u64) -> usize {
        let mut tenths = std::collections::BTreeMap::new();
        for ms in attempts.iter().filter(|ms| **ms >= after_ms) {
            *tenths.entry(ms / 100).or_insert(0) += 1;
        }
        tenths.into_values().max().unwrap_or(0)
    }

    #[test]
    fn a_thousand_cameras_that_return_at_once_are_not_tried_at_once() {
        // Evenly spread over rests of 2 s to 4 s it would be 33.
        let refused = attempts(Reason::Refused, 2, 60_000);
        assert!(crowd(&refused, 20_000) < 80, "{}", crowd(&refused, 20_000));
        // The attempt itself lasts 4 s and the rest is short, so they part slowly.
        let took_ms = u64::try_from(OPEN_DEADLINE.as_millis()).expect("short");
        let silent = attempts(Reason::Silent, took_ms, 120_000);
        assert!(crowd(&silent, 60_000) < 250, "{}", crowd(&silent, 60_000));
    }

    #[test]
    fn waiting_for_a_session_is_no_fault_and_has_no_end_of_its_own() {
        let mut it = Supervisor::new(start(), 1);
        assert_eq!(it.handle(Input::Wanted, at_ms(0)), Effect::Open);
        assert_eq!(it.handle(Input::Queued, at_ms(0)), Effect::None);
        let told = (it.truth().word, it.truth().reason);
        assert_eq!(told, (Word::Starting, Some(Reason::Queued)));
        assert_eq!(it.deadline(), None, "its turn comes when it comes");
        assert_eq!(it.handle(Input::Tick, at_ms(600_000)), Effect::None);
        assert!(it.is_queued());
        // The attempt has its whole time from when it begins.
        assert_eq!(it.handle(Input::Turn, at_ms(600_000)), Effect::None);
        assert_eq!(it.deadline(), Some(at_ms(600_000).mono + OPEN_DEADLINE));
        assert_eq!(it.truth().reason, None);
        // Nobody who waits is kept waiting for what he no longer wants.
        let mut it = Supervisor::new(start(), 1);
        let _ = it.handle(Input::Wanted, at_ms(0));
        let _ = it.handle(Input::Queued, at_ms(0));
        assert_eq!(it.handle(Input::Unwanted, at_ms(9)), Effect::Close);
        assert_eq!(it.truth().word, Word::Idle);
    }

    #[test]
    fn who_yields_waits_again_while_he_is_wanted() {
        let mut it = live();
        assert_eq!(it.handle(Input::Yielded, at_ms(9_000)), Effect::Close);
        assert!(it.is_queued());
        assert_eq!(it.truth().reason, Some(Reason::Queued));
        let mut it = live();
        let _ = it.handle(Input::Unwanted, at_ms(9_000));
        assert_eq!(it.handle(Input::Yielded, at_ms(9_001)), Effect::Close);
        assert!(!it.is_queued());
        assert_eq!(it.truth().word, Word::Idle);
    }

    fn input() -> impl Strategy<Value = Input> {
        prop_oneof![
            Just(Input::Wanted),
            Just(Input::Unwanted),
            Just(Input::Changed),
            Just(Input::Queued),
            Just(Input::Turn),
            Just(Input::Yielded),
            Just(Input::Playing),
            any::<bool>().prop_map(|key| Input::Frame { key }),
            prop::sample::select(Reason::ALL.to_vec()).prop_map(Input::Failed),
            Just(Input::Tick),
        ]
    }

    proptest! {
        /// For any history: at most one connection at a time, none is closed
        /// that was not opened, a wanted stream always has something due, and an
        /// unwanted one comes to rest.
        #[test]
        fn it_never_leaks_a_connection_and_never_falls_asleep(
            inputs in prop::collection::vec((input(), 0_u64..5_000), 1..120),
            seed: u64,
        ) {
            let mut it = Supervisor::new(start(), seed);
            let (mut ms, mut open, mut wanted, mut began) = (0, false, false, false);
            for (input, later) in inputs {
                ms += later;
                match input {
                    Input::Wanted => wanted = true,
                    Input::Unwanted => wanted = false,
                    // What only an open connection can report.
                    Input::Playing | Input::Frame { .. } | Input::Failed(_) if !open => continue,
                    Input::Yielded if !open => continue,
                    // What only a device without a session says, before it has begun.
                    Input::Queued if open && began => continue,
                    Input::Queued => open = false,
                    Input::Turn if it.is_queued() => (open, began) = (true, false),
                    _ => {}
                }
                began |= matches!(input, Input::Playing | Input::Frame { .. });
                match it.handle(input, at_ms(ms)) {
                    Effect::Open => {
                        prop_assert!(!open);
                        (open, began) = (true, false);
                    }
                    Effect::Close => open = false,
                    Effect::None => {}
                }
                if wanted {
                    prop_assert!(it.deadline().is_some() || it.is_queued());
                }
                if it.truth().word == Word::Live {
                    prop_assert!(it.truth().newest.is_some() && open);
                }
            }
            let _ = it.handle(Input::Unwanted, at_ms(ms));
            for _ in 0..10 {
                let Some(due) = it.deadline() else { break };
                ms = ms.max(due.as_us() / 1_000) + 1;
                let _ = it.handle(Input::Tick, at_ms(ms));
            }
            prop_assert_eq!(it.deadline(), None);
        }
    }
}
