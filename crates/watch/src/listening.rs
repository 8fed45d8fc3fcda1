//! Cameras that are listened to: what they say that happens is written down and told to open
//! pages.
//!
//! Each has a task of its own that subscribes, asks, renews, and begins anew when the device
//! has forgotten it. What of it is written down says [`watch_core::happen`]. A device that
//! refuses our password is asked seldom (0006), one that is away less and less often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::id::{Camera, Id};
use base::now::{Mono, Wall};
use hall::guard::{Permission, Place};
use hall::live::Event;
use store::Error;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use watch_core::happen::{Happened, Happenings};

use crate::jobs::onvif_target;
use crate::onvif::events::{Notice, Subscription};
use crate::onvif::{Device, Trouble};
use crate::room::Room;
use crate::sql::{camera, event, onvif};

/// Cameras that are listened to at once, at most: each has one question open. Policy: those
/// that were turned on last are said to wait.
pub(crate) const LISTENING_MAX: usize = 256;

/// What was heard is kept for so long.
pub(crate) const TERM: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How often somebody looks whose term is over, and who is to be listened to.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A subscription is renewed after so long; the device keeps it twice that.
const RENEW: Duration = Duration::from_secs(30);

/// Between two answers at least: a device that answers at once with nothing is not hammered.
const BREATH: Duration = Duration::from_millis(250);

/// How long is waited after a failure, the first time and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// How long is waited where waiting alone helps nothing: a wrong password, no such service.
const SELDOM: Duration = Duration::from_secs(900);

/// How it is with one camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// On its way.
    Starting,
    Listening,
    /// As many as can be are listened to.
    Waiting,
    /// The device has forgotten us, or does not answer; it is tried anew.
    Lost,
    /// It refuses, and nothing but a person helps.
    Refused,
}

impl Word {
    /// Every word.
    pub(crate) const ALL: [Self; 5] = [
        Self::Starting,
        Self::Listening,
        Self::Waiting,
        Self::Lost,
        Self::Refused,
    ];

    /// The word of pages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Listening => "listening",
            Self::Waiting => "waiting",
            Self::Lost => "lost",
            Self::Refused => "refused",
        }
    }
}

/// How it is with one camera, with what is known.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) word: Word,
    pub(crate) since: Wall,
    /// What the device is in trouble with.
    pub(crate) trouble: Option<&'static str>,
    /// By how many seconds its clock goes before ours.
    pub(crate) ahead_s: Option<i64>,
    /// How often it had to be begun anew since the house stands.
    pub(crate) anew: u32,
    /// Beginnings that were not written down, and not yet told with one that was.
    pub(crate) left_out: u32,
}

/// All that are listened to.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    ears: Mutex<BTreeMap<Id<Camera>, Arc<Ear>>>,
    waiting: Mutex<Vec<Id<Camera>>>,
    bell: Notify,
}

#[derive(Debug)]
struct Ear {
    report: Mutex<Report>,
    stop: CancellationToken,
}

impl Listening {
    /// How it is with a camera; none if it is not listened to.
    pub(crate) fn report(&self, camera: Id<Camera>, now: Wall) -> Option<Report> {
        if let Some(ear) = lock(&self.ears).get(&camera) {
            return Some(lock(&ear.report).clone());
        }
        let waits = lock(&self.waiting).contains(&camera);
        waits.then(|| Report {
            word: Word::Waiting,
            ..Report::starting(now)
        })
    }

    /// Something about a camera is another now: it is begun anew, or ended.
    pub(crate) fn changed(&self, camera: Id<Camera>) {
        if let Some(ear) = lock(&self.ears).remove(&camera) {
            ear.stop.cancel();
        }
        self.bell.notify_one();
    }
}

impl Report {
    const fn starting(since: Wall) -> Self {
        Self {
            word: Word::Starting,
            since,
            trouble: None,
            ahead_s: None,
            anew: 0,
            left_out: 0,
        }
    }
}

/// Listens to whom it should until the house closes, and lets go of what is old.
pub(crate) async fn follow(room: Room) {
    let stop = room.inner.hall.tasks().soft().clone();
    loop {
        if let Err(error) = settle(&room).await {
            tracing::error!(%error, "who is to be listened to is not known");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = room.inner.listening.bell.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => if let Err(error) = forget(&room).await {
                tracing::error!(%error, "old events could not be let go of");
            },
        }
    }
}

async fn forget(room: &Room) -> Result<(), Error> {
    let hall = &room.inner.hall;
    let before = hall.now().wall - TERM;
    let mut tx = hall.db().write().await?;
    event::forget(&mut tx, before).await?;
    tx.commit().await
}

/// Begins with those that are to be listened to and are not, and ends the others.
async fn settle(room: &Room) -> Result<(), Error> {
    let hall = &room.inner.hall;
    let mut read = hall.db().read().await?;
    let wanted = event::wanted(&mut read).await?;
    drop(read);
    let (heard, waiting) = wanted.split_at(wanted.len().min(LISTENING_MAX));
    let listening = &room.inner.listening;
    waiting.clone_into(&mut lock(&listening.waiting));
    let mut ears = lock(&listening.ears);
    ears.retain(|camera, ear| {
        let stays = heard.contains(camera);
        if !stays {
            ear.stop.cancel();
        }
        stays
    });
    for camera in heard {
        if ears.contains_key(camera) {
            continue;
        }
        let ear = Arc::new(Ear {
            report: Mutex::new(Report::starting(hall.now().wall)),
            stop: hall.tasks().soft().child_token(),
        });
        ears.insert(*camera, Arc::clone(&ear));
        hall.tasks()
            .spawn("watch.ear", hear(room.clone(), *camera, ear));
    }
    Ok(())
}

/// Listens to one camera until it is ended.
async fn hear(room: Room, camera: Id<Camera>, ear: Arc<Ear>) {
    let hall = &room.inner.hall;
    let mut wait = BACK_OFF.0;
    loop {
        let mut all = Happenings::default();
        let mut place = None;
        let began = hall.now().mono;
        let ended = session(&room, camera, &ear, &mut all, &mut place).await;
        // What goes on now is not known any more.
        if let Some(place) = place {
            tell(&room, camera, &place, &all.lose(hall.now())).await;
        }
        let Err(trouble) = ended else { return };
        let is_final = matches!(
            trouble,
            Trouble::Password | Trouble::NoService | Trouble::Refused(_)
        );
        ear.say(&room, |report| {
            report.word = if is_final { Word::Refused } else { Word::Lost };
            report.trouble = Some(trouble.word());
            report.anew = report.anew.saturating_add(1);
        });
        tracing::info!(camera.id = %camera, %trouble, "a camera is not listened to");
        // Who was heard for a while is asked again soon.
        if hall.now().mono.since(began) > BACK_OFF.1 {
            wait = BACK_OFF.0;
        }
        let pause = if is_final { SELDOM } else { wait };
        wait = (wait * 2).min(BACK_OFF.1);
        tokio::select! {
            () = ear.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One subscription, from its beginning to the trouble that ends it, or until somebody ends
/// it. What is being written down is never cut off in the middle.
async fn session(
    room: &Room,
    camera: Id<Camera>,
    ear: &Ear,
    all: &mut Happenings,
    place: &mut Option<Place>,
) -> Result<(), Trouble> {
    let hall = &room.inner.hall;
    let begun = async {
        let (target, profile, at) = way(room, camera).await?;
        let device = Device::reach(&target, &room.inner.onvif).await?;
        let source = source_of(&device, &profile).await;
        let subscription = Kept::new(room, Arc::new(device)).await?;
        Ok::<_, Trouble>((subscription, source, at))
    };
    let (subscription, source, at) = tokio::select! {
        () = ear.stop.cancelled() => return Ok(()),
        begun = begun => begun?,
    };
    let device = Arc::clone(&subscription.device);
    let at = &*place.insert(at);
    ear.say(room, |report| {
        report.word = Word::Listening;
        report.trouble = None;
        report.ahead_s = device.clock_ahead_s(hall.now().wall);
    });
    let mut renewed = hall.now().mono;
    loop {
        let pulled = {
            let pull = device.pull(&subscription.what);
            let mut pull = std::pin::pin!(pull);
            loop {
                let due = rest(all.next(), hall.now().mono);
                tokio::select! {
                    () = ear.stop.cancelled() => return Ok(()),
                    pulled = &mut pull => break pulled?,
                    () = due => {
                        let ended = all.due(hall.now().mono);
                        tell(room, camera, at, &ended).await;
                    }
                }
            }
        };
        let now = hall.now();
        let mut told = all.due(now.mono);
        let own = pulled.into_iter().filter(|it| is_of(it, source.as_ref()));
        told.extend(own.filter_map(|it| all.say(it.kind, &it.source, it.on, it.at, now)));
        tell(room, camera, at, &told).await;
        let left_out = all.left_out();
        if lock(&ear.report).left_out != left_out {
            ear.say(room, |report| report.left_out = left_out);
        }
        if now.mono.since(renewed) >= RENEW {
            device.renew(&subscription.what).await?;
            renewed = now.mono;
        }
        tokio::time::sleep(BREATH).await;
    }
}

/// Until something is due; for good if nothing is.
async fn rest(due: Option<Mono>, now: Mono) {
    match due {
        Some(due) => tokio::time::sleep(due.since(now)).await,
        None => std::future::pending().await,
    }
}

/// A subscription that the device is told to forget when it is let go of.
struct Kept {
    device: Arc<Device>,
    what: Subscription,
    tasks: hall::task::Tasks,
}

impl Kept {
    async fn new(room: &Room, device: Arc<Device>) -> Result<Self, Trouble> {
        let what = device.subscribe().await?;
        Ok(Self {
            what,
            device,
            tasks: room.inner.hall.tasks().clone(),
        })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let (device, what) = (Arc::clone(&self.device), self.what.clone());
        self.tasks.spawn("watch.unsubscribe", async move {
            // It forgets us by itself within a minute.
            if let Err(trouble) = device.unsubscribe(&what).await {
                tracing::debug!(%trouble, "a device keeps a subscription for a while");
            }
        });
    }
}

/// Where a camera is asked, by which profile, and where it lies.
async fn way(
    room: &Room,
    camera: Id<Camera>,
) -> Result<(crate::onvif::Target, String, Place), Trouble> {
    let found = async {
        let mut read = room.inner.hall.db().read().await?;
        let Some(row) = onvif::of(&mut read, camera).await? else {
            return Ok(None);
        };
        let Some(own) = camera::by_id(&mut read, camera).await? else {
            return Ok(None);
        };
        let target = onvif_target(room, &mut read, &own, &row).await?;
        Ok::<_, Error>(target.map(|target| (target, row.profile, own.place())))
    };
    match found.await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(Trouble::NoService),
        Err(error) => {
            tracing::error!(camera.id = %camera, %error, "where a camera is asked is not known");
            Err(Trouble::Unreachable(
                "the house cannot look it up".to_owned(),
            ))
        }
    }
}

/// The source of a profile's picture, where the device has several: what happens at others is
/// not before this camera.
async fn source_of(device: &Device, profile: &str) -> Option<String> {
    let all = device.profiles().await.ok()?;
    let own = all.iter().find(|it| it.token == profile)?.source.clone()?;
    let is_lone = all
        .iter()
        .all(|it| it.source.as_ref().is_none_or(|it| *it == own));
    (!is_lone).then_some(own)
}

fn is_of(notice: &Notice, source: Option<&String>) -> bool {
    source.is_none_or(|source| !notice.of_picture || notice.source == *source)
}

/// Writes down what happened and tells open pages.
async fn tell(room: &Room, camera: Id<Camera>, place: &Place, all: &[Happened]) {
    if all.is_empty() {
        return;
    }
    let hall = &room.inner.hall;
    let written = async {
        let mut tx = hall.db().write().await?;
        event::write(&mut tx, camera, all).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        tracing::error!(camera.id = %camera, %error, "what a camera said was not written down");
        return;
    }
    publish(room, camera, place);
}

fn publish(room: &Room, camera: Id<Camera>, place: &Place) {
    room.inner.hall.live().publish(Event {
        topic: "event",
        permission: Permission::CamerasRead,
        place: place.clone(),
        data: serde_json::json!({ "camera": camera }),
    });
}

impl Ear {
    fn say(&self, room: &Room, change: impl FnOnce(&mut Report)) {
        let mut report = lock(&self.report);
        let before = report.word;
        change(&mut report);
        if report.word != before {
            report.since = room.inner.hall.now().wall;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is written under it is whole at any moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
