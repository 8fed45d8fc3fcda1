//! A recorder's channels, asked one by one: a long work that a page looks at and may end.
//!
//! Each stream is tried within the sessions that the recorder stands, beside those that
//! are watched. What was found stays in memory until the next search of that recorder;
//! nothing is kept of it before somebody chooses cameras.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::id::{Device, Id};
use base::now::Wall;
use base::redact::Secret;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use watch_core::allot::Need;
use watch_core::enumerate::{Answer, Enumeration};
use watch_core::looks::Looks;
use watch_core::supervise::Reason;

use super::look::{Look, look};
use super::template::{CHANNELS_MAX, Scheme};
use super::watchful::{Shown, consider};
use crate::hub::Layer;
use crate::hub::turns::Turns;
use crate::ingest::session::{Failure, Source, Video};
use crate::room::Room;
use crate::sql::recorder;

/// Streams of one recorder that are tried at once, where it stands as many.
const AT_ONCE: usize = 8;

/// The width of a still, in pixels.
#[cfg(feature = "stills")]
const STILL_WIDTH: usize = 320;

/// Which recorder, and how to it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) device: Id<Device>,
    pub(crate) host: String,
    pub(crate) scheme: Scheme,
    pub(crate) credentials: Option<(String, Secret<String>)>,
    pub(crate) sessions: usize,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Running,
    Done,
    /// Somebody ended it.
    Cancelled,
}

impl Stage {
    /// Every word.
    pub(crate) const ALL: [Self; 3] = [Self::Running, Self::Done, Self::Cancelled];

    /// The word of pages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What one layer of a channel answered.
#[derive(Debug, Clone)]
pub(crate) enum Tried {
    Seen(Look),
    Failed(Failure),
}

/// What one channel answered.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The number of the change that it is; pages ask for what is newer.
    pub(crate) revision: u64,
    pub(crate) main: Tried,
    /// None where the recorder has no small picture.
    pub(crate) sub: Option<Tried>,
    /// A small JPEG of the first key frame.
    pub(crate) still: Option<Vec<u8>>,
    pub(crate) looks: Option<Looks>,
}

/// What is known so far.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    pub(crate) began: Wall,
    /// How many channels were asked for, if anybody said.
    pub(crate) wanted: Option<u32>,
    pub(crate) revision: u64,
    pub(crate) found: BTreeMap<u32, Found>,
    /// Those that are being tried now.
    pub(crate) open: usize,
    /// Why the whole recorder was left after its first channel.
    pub(crate) failed: Option<Reason>,
}

/// One search.
#[derive(Debug)]
pub(crate) struct Search {
    progress: Mutex<Progress>,
    stop: CancellationToken,
}

/// The last search of each recorder.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    all: Mutex<BTreeMap<Id<Device>, Arc<Search>>>,
}

impl Searches {
    /// The last search of a recorder since the house stands.
    pub(crate) fn of(&self, device: Id<Device>) -> Option<Arc<Search>> {
        lock(&self.all).get(&device).cloned()
    }

    /// Forgets what was found, and ends what goes on.
    pub(crate) fn forget(&self, device: Id<Device>) {
        if let Some(search) = lock(&self.all).remove(&device) {
            search.cancel();
        }
    }

    /// Begins one; none if one goes on.
    pub(crate) fn begin(
        &self,
        room: &Room,
        target: Target,
        wanted: Option<u32>,
    ) -> Option<Arc<Search>> {
        let hall = &room.inner.hall;
        let mut all = lock(&self.all);
        if all
            .get(&target.device)
            .is_some_and(|search| search.is_running())
        {
            return None;
        }
        let search = Arc::new(Search {
            progress: Mutex::new(Progress {
                stage: Stage::Running,
                began: hall.now().wall,
                wanted,
                revision: 0,
                found: BTreeMap::new(),
                open: 0,
                failed: None,
            }),
            stop: hall.tasks().soft().child_token(),
        });
        all.insert(target.device, Arc::clone(&search));
        drop(all);
        let run = run(room.clone(), target, wanted, Arc::clone(&search));
        hall.tasks().spawn("watch.search", run);
        Some(search)
    }
}

impl Search {
    /// What is known so far.
    pub(crate) fn progress(&self) -> Progress {
        lock(&self.progress).clone()
    }

    /// Ends it; what was found stays.
    pub(crate) fn cancel(&self) {
        self.stop.cancel();
        let mut progress = lock(&self.progress);
        if progress.stage == Stage::Running {
            progress.stage = Stage::Cancelled;
            progress.open = 0;
        }
    }

    fn is_running(&self) -> bool {
        lock(&self.progress).stage == Stage::Running
    }

    fn tell(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = lock(&self.progress);
        if progress.stage == Stage::Running {
            change(&mut progress);
        }
    }
}

async fn run(room: Room, target: Target, wanted: Option<u32>, search: Arc<Search>) {
    let most = u32::try_from(CHANNELS_MAX).unwrap_or(u32::MAX);
    let mut channels = Enumeration::new(wanted, most);
    let turns = room.inner.hub.turns((target.device, target.sessions));
    let at_once = target.sessions.clamp(1, AT_ONCE);
    let mut open: FuturesUnordered<BoxFuture<'_, (u32, Found)>> = FuturesUnordered::new();
    loop {
        while open.len() < at_once
            && let Some(channel) = channels.begin()
        {
            open.push(Box::pin(channel_of(
                &room,
                &turns,
                &target,
                channel,
                Need::Probe,
                &Layer::ALL,
            )));
        }
        search.tell(|progress| progress.open = open.len());
        let next = tokio::select! {
            () = search.stop.cancelled() => return,
            next = open.next() => next,
        };
        let Some((channel, found)) = next else { break };
        let reason = found.reason();
        channels.answered(channel, found.answer());
        search.tell(|progress| {
            progress.revision += 1;
            let revision = progress.revision;
            progress.found.insert(channel, Found { revision, ..found });
            progress
                .found
                .retain(|channel, _| !channels.is_behind(*channel));
            if channels.is_hopeless() {
                progress.failed = reason;
            }
        });
    }
    considered(&room, target.device, &search).await;
    search.tell(|progress| {
        progress.stage = Stage::Done;
        progress.open = 0;
    });
}

/// What was found of channels that are cameras is held against what is kept of them.
async fn considered(room: &Room, device: Id<Device>, search: &Search) {
    let row = async {
        let mut read = room.inner.hall.db().read().await?;
        recorder::by_id(&mut read, device).await
    };
    let done = match row.await {
        Ok(Some(row)) => consider(room, &row, &Shown::all(&search.progress())).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        tracing::error!(device.id = %device, %error, "what a recorder shows was not held against what is kept");
    }
}

/// One channel, layer after layer, the full picture first.
pub(crate) async fn channel_of(
    room: &Room,
    turns: &Turns,
    target: &Target,
    channel: u32,
    need: Need,
    layers: &[Layer],
) -> (u32, Found) {
    let main = tried(room, turns, target, channel, Layer::Main, need).await;
    let described = matches!(main, Some(Tried::Seen(_)));
    // What has no full picture is not asked for a small one.
    let sub = if described && layers.contains(&Layer::Sub) {
        tried(room, turns, target, channel, Layer::Sub, need).await
    } else {
        None
    };
    let main = main.unwrap_or_else(|| {
        Tried::Failed(Failure {
            reason: Reason::NoSuchPath,
            detail: "the path of the channel is no address".to_owned(),
        })
    });
    let key = [Some(&main), sub.as_ref()]
        .into_iter()
        .flatten()
        .find_map(|tried| match tried {
            Tried::Seen(look) => look.key.clone(),
            Tried::Failed(_) => None,
        });
    let (still, looks) = pictured(room, key).await;
    let found = Found {
        revision: 0,
        main,
        sub,
        still,
        looks,
    };
    (channel, found)
}

#[cfg(feature = "stills")]
pub(crate) async fn pictured(
    room: &Room,
    key: Option<bytes::Bytes>,
) -> (Option<Vec<u8>>, Option<Looks>) {
    let Some(key) = key else {
        return (None, None);
    };
    match room.inner.stills.seen(key, STILL_WIDTH).await {
        Ok((jpeg, looks)) => (Some(jpeg), looks),
        Err(_) => (None, None),
    }
}

#[cfg(not(feature = "stills"))]
pub(crate) async fn pictured(
    _: &Room,
    _: Option<bytes::Bytes>,
) -> (Option<Vec<u8>>, Option<Looks>) {
    (None, None)
}

/// One layer, once the recorder has a session for it; none if it has no such layer.
async fn tried(
    room: &Room,
    turns: &Turns,
    target: &Target,
    channel: u32,
    layer: Layer,
    need: Need,
) -> Option<Tried> {
    let url = target.scheme.url(&target.host, i64::from(channel), layer)?;
    let source = Source {
        url,
        credentials: target.credentials.clone(),
    };
    let mut turn = turns.ask(need);
    turn.granted().await;
    let looked = tokio::select! {
        biased;
        () = turn.yields() => Err(Failure {
            reason: Reason::Queued,
            detail: "somebody began to watch and needed the session".to_owned(),
        }),
        looked = Box::pin(look(&source, room.inner.hub.gate())) => looked,
    };
    Some(match looked {
        Ok(look) => Tried::Seen(look),
        Err(failure) => Tried::Failed(failure),
    })
}

impl Found {
    /// Of a stream that plays already.
    pub(crate) fn playing(video: Video, still: Option<Vec<u8>>, looks: Option<Looks>) -> Self {
        Self {
            revision: 0,
            main: Tried::Seen(Look {
                video,
                name: None,
                gop: None,
                fps_milli: None,
                key: None,
                failed: None,
            }),
            sub: None,
            still,
            looks,
        }
    }

    fn answer(&self) -> Answer {
        match &self.main {
            Tried::Seen(_) => Answer::Described,
            Tried::Failed(failure) => Answer::Failed(failure.reason),
        }
    }

    /// Why there is no picture.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match &self.main {
            Tried::Seen(look) => look.failed,
            Tried::Failed(failure) => Some(failure.reason),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A holder that panicked has left a channel out at most.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
