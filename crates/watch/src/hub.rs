//! One stream, many readers.
//!
//! A [`Channel`] is one layer of one camera: its newest pictures, what is true
//! about it, and who wants it. Cameras push into it, viewers and stills read
//! from it with cursors of their own; nobody waits for anybody.
//!
//! A camera that may be heard has its [`Sound`] beside its channels.
//!
//! Queues: one per device, of those who wait for a session of it ([`turns`]); it is as
//! long as there are streams. The ring is bounded in octets ([`watch_core::ring::BYTES_MAX`]),
//! that of sound in packets ([`watch_core::sound::PACKETS_MAX`]), the last minute of all
//! streams by the configuration ([`past`]).

pub(crate) mod bell;
pub mod past;
pub mod sound;
pub(crate) mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::id::{Camera, Device, Id};
use base::now::Wall;
use base::unit::{BitsPerSecond, Bytes};
use hall::Hall;
use hall::guard::Place;
use tokio::sync::{Notify, watch};
use watch_core::allot::Need;
use watch_core::frame::Frame;
use watch_core::ring::Ring;
use watch_core::sound::Microphone;
use watch_core::supervise::{Truth, Word};

use self::bell::{Bell, Bells, Rung};
use self::past::Past;
use self::sound::{Sound, SoundSpec};
use self::turns::Turns;
use crate::ingest::gate::Gate;
use crate::ingest::session::{Source, Video};
use crate::ingest::{self, stream};

/// A quality of one camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The full picture.
    Main,
    /// The small one, for walls and thin links.
    Sub,
}

impl Layer {
    /// Both, the full picture first.
    pub const ALL: [Self; 2] = [Self::Main, Self::Sub];

    /// The word that rows, queries and pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }

    /// From that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "main" => Some(Self::Main),
            "sub" => Some(Self::Sub),
            _ => None,
        }
    }
}

/// Which stream: one layer of one camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    /// Whose.
    pub camera: Id<Camera>,
    /// Which of its layers.
    pub layer: Layer,
}

/// What the hub has to know of a stream in order to pull it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSpec {
    /// Which one.
    pub key: StreamKey,
    /// Where it comes from.
    pub source: Source,
    /// Whether it is pulled when nobody watches.
    pub always_on: bool,
    /// The device behind it and how many sessions that allows.
    pub device: (Id<Device>, usize),
}

/// What is known of a stream now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it is and why.
    pub truth: Truth,
    /// What it is made of, once the camera has said.
    pub video: Option<Video>,
    /// Measured over the last two seconds or more; unknown while nothing comes.
    pub bitrate: Option<BitsPerSecond>,
    /// How far the camera's clock is ahead of ours.
    pub clock_offset_us: Option<i64>,
    /// What the camera says of its sound, once it has said.
    pub microphone: Option<Microphone>,
    /// How long ago what comes now was taken, at least: of a camera that is a list of pieces.
    pub behind: Option<Duration>,
    /// The same in µs as its publisher dates it, by that clock and ours.
    pub dated_us: Option<i64>,
}

/// One layer of one camera.
#[derive(Debug)]
pub struct Channel {
    key: StreamKey,
    ring: Mutex<Ring>,
    report: watch::Sender<Report>,
    source: watch::Sender<Source>,
    lag_us: Mutex<Option<i64>>,
    wants: Arc<Wants>,
    bells: Bells,
    changed: Arc<Changed>,
    past: Past,
}

/// How many want something to be pulled.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    count: AtomicUsize,
    /// Those who want it whether somebody looks or not.
    kept: AtomicUsize,
    changed: Notify,
}

/// The cameras whose word or reason has changed and not been told yet.
#[derive(Debug, Default)]
struct Changed {
    cameras: Mutex<BTreeSet<Id<Camera>>>,
    notify: Notify,
}

/// While it lives, its stream or sound is pulled.
#[derive(Debug)]
pub struct Want {
    wants: Arc<Wants>,
    kept: bool,
}

/// All streams of the house.
#[derive(Debug, Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hall: Hall,
    gate: Gate,
    streams: Mutex<BTreeMap<StreamKey, Held>>,
    sounds: Mutex<BTreeMap<Id<Camera>, HeldSound>>,
    places: Mutex<BTreeMap<Id<Camera>, Place>>,
    changed: Arc<Changed>,
    turns: Mutex<BTreeMap<Id<Device>, Turns>>,
    past: Past,
}

#[derive(Debug)]
struct Held {
    channel: Arc<Channel>,
    spec: StreamSpec,
    stop: tokio_util::sync::CancellationToken,
    /// Keeps a stream pulled that is always on.
    want: Option<Want>,
}

#[derive(Debug)]
struct HeldSound {
    sound: Arc<Sound>,
    spec: SoundSpec,
    stop: tokio_util::sync::CancellationToken,
}

impl Hub {
    /// An empty hub.
    #[must_use]
    pub fn new(hall: Hall) -> Self {
        let gate = Gate::of(&hall);
        let watched = gate.clone().watch(hall.clone());
        hall.tasks().spawn("watch.gate", watched);
        let past = Past::new(hall.config().lookback_memory);
        Self {
            inner: Arc::new(Inner {
                hall,
                gate,
                streams: Mutex::default(),
                sounds: Mutex::default(),
                places: Mutex::default(),
                changed: Arc::default(),
                turns: Mutex::default(),
                past,
            }),
        }
    }

    /// The last minute of all streams.
    #[must_use]
    pub fn past(&self) -> &Past {
        &self.inner.past
    }

    /// What sessions with cameras pass.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// Makes the streams of one camera those that are given: starts the new,
    /// tells the changed, stops the others. Returns those that were stopped.
    ///
    /// A camera lies somewhere as long as it is in service.
    pub fn set(
        &self,
        camera: Id<Camera>,
        place: Option<Place>,
        specs: &[StreamSpec],
    ) -> Vec<StreamKey> {
        let mut stopped = Vec::new();
        match place {
            Some(place) => lock(&self.inner.places).insert(camera, place),
            None => lock(&self.inner.places).remove(&camera),
        };
        let mut streams = lock(&self.inner.streams);
        streams.retain(|key, held| {
            let stays = key.camera != camera || specs.iter().any(|spec| spec.key == *key);
            if !stays {
                held.stop.cancel();
                self.inner.past.forget(*key);
                stopped.push(*key);
            }
            stays
        });
        for spec in specs {
            let turns = self.turns(spec.device);
            match streams.get_mut(&spec.key) {
                Some(held) if held.spec.device == spec.device => {
                    if held.spec.source != spec.source {
                        held.channel.source.send_replace(spec.source.clone());
                    }
                    held.want = spec.always_on.then(|| held.channel.keep());
                    held.spec = spec.clone();
                }
                other => {
                    if let Some(held) = other {
                        held.stop.cancel();
                    }
                    streams.insert(spec.key, self.start(spec, turns));
                }
            }
        }
        stopped
    }

    /// Makes a camera's sound what is given; none: it may not be heard. Returns
    /// whether it was switched on or off.
    pub fn set_sound(&self, camera: Id<Camera>, spec: Option<&SoundSpec>) -> bool {
        let mut sounds = lock(&self.inner.sounds);
        let was = sounds.contains_key(&camera);
        let Some(spec) = spec else {
            if let Some(held) = sounds.remove(&camera) {
                held.stop.cancel();
                held.sound.forget();
            }
            return was;
        };
        if let Some(held) = sounds.get_mut(&camera)
            && held.spec.device == spec.device
        {
            if held.spec.source != spec.source {
                held.sound.move_to(spec.source.clone());
            }
            held.spec = spec.clone();
            return false;
        }
        // Listeners of the sound of another device hear nothing until they come anew.
        if let Some(held) = sounds.insert(camera, self.start_sound(camera, spec)) {
            held.stop.cancel();
            held.sound.forget();
        }
        true
    }

    /// The camera's sound, if it may be heard.
    #[must_use]
    pub fn sound(&self, camera: Id<Camera>) -> Option<Arc<Sound>> {
        let sounds = lock(&self.inner.sounds);
        sounds.get(&camera).map(|held| Arc::clone(&held.sound))
    }

    /// Whether a camera's connection stands, and how many of its streams hold no session
    /// that they might want.
    pub(crate) fn standing(&self, camera: Id<Camera>) -> (bool, usize) {
        let streams = lock(&self.inner.streams);
        let words = streams
            .iter()
            .filter(|(key, _)| key.camera == camera)
            .map(|(_, held)| held.channel.report.borrow().truth.word);
        words.fold((false, 0), |(plays, resting), word| match word {
            Word::Live | Word::Stale => (true, resting),
            Word::Idle | Word::Starting | Word::Dark => (plays, resting + 1),
        })
    }

    fn start_sound(&self, camera: Id<Camera>, spec: &SoundSpec) -> HeldSound {
        let hall = &self.inner.hall;
        let sound = Arc::new(Sound::new(camera, spec.source.clone()));
        let stop = hall.tasks().soft().child_token();
        let task = ingest::sound::Task {
            hall: hall.clone(),
            hub: self.clone(),
            sound: Arc::clone(&sound),
            turns: self.turns(spec.device),
            stop: stop.clone(),
        };
        hall.tasks().spawn("watch.sound", task.run());
        HeldSound {
            sound,
            spec: spec.clone(),
            stop,
        }
    }

    /// Waits until the word or reason of some camera changes.
    pub async fn states_changed(&self) {
        self.inner.changed.notify.notified().await;
    }

    /// The cameras whose word or reason has changed since the last call, and
    /// where they lie.
    #[must_use]
    pub fn take_changed(&self) -> Vec<(Id<Camera>, Place)> {
        let cameras = std::mem::take(&mut *lock(&self.inner.changed.cameras));
        let places = lock(&self.inner.places);
        cameras
            .into_iter()
            .filter_map(|camera| Some((camera, places.get(&camera)?.clone())))
            .collect()
    }

    /// The stream, if the camera has such a layer.
    #[must_use]
    pub fn stream(&self, key: StreamKey) -> Option<Arc<Channel>> {
        lock(&self.inner.streams)
            .get(&key)
            .map(|held| Arc::clone(&held.channel))
    }

    /// Every stream, in the order of their keys.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Channel>> {
        lock(&self.inner.streams)
            .values()
            .map(|held| Arc::clone(&held.channel))
            .collect()
    }

    fn start(&self, spec: &StreamSpec, turns: Turns) -> Held {
        let hall = &self.inner.hall;
        let channel = Arc::new(Channel::new(
            spec.key,
            spec.source.clone(),
            hall.now().wall,
            Arc::clone(&self.inner.changed),
            self.inner.past.clone(),
        ));
        let stop = hall.tasks().soft().child_token();
        let task = stream::Task {
            hall: hall.clone(),
            gate: self.inner.gate.clone(),
            channel: Arc::clone(&channel),
            turns,
            stop: stop.clone(),
        };
        hall.tasks().spawn("watch.stream", task.run());
        Held {
            want: spec.always_on.then(|| channel.keep()),
            channel,
            spec: spec.clone(),
            stop,
        }
    }

    /// The sessions of a device, for all its streams and for who tries it.
    pub(crate) fn turns(&self, (device, allowed): (Id<Device>, usize)) -> Turns {
        let mut devices = lock(&self.inner.turns);
        let turns = devices
            .entry(device)
            .or_insert_with(|| Turns::new(self.inner.hall.tasks(), allowed));
        turns.limit(allowed);
        turns.clone()
    }
}

impl Channel {
    fn new(key: StreamKey, source: Source, now: Wall, changed: Arc<Changed>, past: Past) -> Self {
        let truth = Truth {
            word: Word::Idle,
            reason: None,
            since: now,
            newest: None,
        };
        Self {
            key,
            ring: Mutex::default(),
            report: watch::Sender::new(Report {
                truth,
                video: None,
                bitrate: None,
                clock_offset_us: None,
                microphone: None,
                behind: None,
                dated_us: None,
            }),
            source: watch::Sender::new(source),
            lag_us: Mutex::default(),
            wants: Arc::default(),
            bells: Bells::default(),
            changed,
            past,
        }
    }

    /// Which stream this is.
    #[must_use]
    pub const fn key(&self) -> StreamKey {
        self.key
    }

    /// What is known of it now.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report.borrow().clone()
    }

    /// Tells of every change of the report.
    #[must_use]
    pub fn reports(&self) -> watch::Receiver<Report> {
        self.report.subscribe()
    }

    /// Asks for the stream to be pulled, as long as the answer lives.
    #[must_use]
    pub fn want(&self) -> Want {
        self.wants.want()
    }

    /// Asks for it to be pulled whether somebody looks or not.
    pub(crate) fn keep(&self) -> Want {
        self.wants.keep()
    }

    /// What a session of the device is needed for.
    pub(crate) fn need(&self) -> Need {
        self.wants.need()
    }

    /// Reads the ring. Held for microseconds, never across an await.
    pub fn ring(&self) -> MutexGuard<'_, Ring> {
        lock(&self.ring)
    }

    pub(crate) fn push(&self, frame: Frame) {
        let frame = Arc::new(frame);
        self.ring().push(Arc::clone(&frame));
        self.bells.ring(Rung::Stream(self.key));
        // After those who wait for it have been woken.
        let watched = self.need() == Need::Watched;
        self.past.push(self.key, frame, watched);
    }

    /// Pictures were left out: what comes next does not follow on what came last.
    pub(crate) fn broke(&self) {
        self.past.broke(self.key);
    }

    /// The stream has ended; its pictures must not be taken for new ones.
    pub(crate) fn forget(&self) {
        self.ring().clear();
        self.broke();
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.wants.any()
    }

    pub(crate) async fn wants_changed(&self) {
        self.wants.changed().await;
    }

    pub(crate) fn lags(&self, lag_us: Option<i64>) {
        *lock(&self.lag_us) = lag_us;
    }

    /// How long its pictures are under way, in µs by the camera's clock and ours.
    pub(crate) fn lag_us(&self) -> Option<i64> {
        *lock(&self.lag_us)
    }

    pub(crate) fn sources(&self) -> watch::Receiver<Source> {
        self.source.subscribe()
    }

    pub(crate) fn tell(&self, change: impl FnOnce(&mut Report)) {
        let mut spoke = false;
        self.report.send_if_modified(|report| {
            let before = report.clone();
            change(report);
            let said = |of: &Report| (of.truth.word, of.truth.reason, of.behind, of.dated_us);
            spoke = said(&before) != said(report);
            *report != before
        });
        if spoke {
            lock(&self.changed.cameras).insert(self.key.camera);
            self.changed.notify.notify_one();
        }
    }

    /// Rings that bell at every frame, until it is dropped by its owner.
    pub(crate) fn listen(&self, bell: &Arc<Bell>) {
        self.bells.listen(bell);
    }

    pub(crate) fn unlisten(&self, bell: &Arc<Bell>) {
        self.bells.unlisten(bell);
    }
}

impl Wants {
    fn want(self: &Arc<Self>) -> Want {
        self.count.fetch_add(1, Ordering::AcqRel);
        self.of(false)
    }

    fn keep(self: &Arc<Self>) -> Want {
        self.kept.fetch_add(1, Ordering::AcqRel);
        self.of(true)
    }

    fn of(self: &Arc<Self>, kept: bool) -> Want {
        self.changed.notify_one();
        Want {
            wants: Arc::clone(self),
            kept,
        }
    }

    fn any(&self) -> bool {
        self.need() != Need::Spare
    }

    fn need(&self) -> Need {
        if self.count.load(Ordering::Acquire) > 0 {
            Need::Watched
        } else if self.kept.load(Ordering::Acquire) > 0 {
            Need::AlwaysOn
        } else {
            Need::Spare
        }
    }

    async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Drop for Want {
    fn drop(&mut self) {
        let wants = &self.wants;
        let count = if self.kept { &wants.kept } else { &wants.count };
        count.fetch_sub(1, Ordering::AcqRel);
        self.wants.changed.notify_one();
    }
}

/// How much arrived over how long, for the rate on the page.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    began: Option<base::now::Mono>,
    bytes: Bytes,
}

impl Meter {
    /// Shorter windows show the difference between key frames and others.
    const WINDOW: std::time::Duration = std::time::Duration::from_secs(2);

    /// Counts, and once a window yields its rate.
    pub(crate) fn count(&mut self, bytes: Bytes, now: base::now::Mono) -> Option<BitsPerSecond> {
        let began = *self.began.get_or_insert(now);
        self.bytes += bytes;
        let span = now.since(began);
        if span < Self::WINDOW {
            return None;
        }
        let rate = self.bytes.over(span);
        *self = Self {
            began: Some(now),
            bytes: Bytes::ZERO,
        };
        rate
    }
}

/// A poisoned lock means that a holder panicked between two plain assignments,
/// which leaves nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
