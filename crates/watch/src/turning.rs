//! Cameras that people turn: one person at a time.
//!
//! Who has it and when the house stops it says [`watch_core::hold`]; here are what is told
//! to the camera, in the order in which it was wished, what open pages are told, and what
//! is written down. Each hold has one task that wakes when something is due, when the login
//! of its holder is over, and when the house closes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::id::{Camera, Hold, Id, Person};
use base::now::{Mono, Now, Wall};
use futures::future::BoxFuture;
use hall::audit::{self, Act};
use hall::guard::{Permission, Place, Who};
use hall::live::Event;
use store::Error;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use watch_core::hold::{Deed, Deeds, End, NotHeld, Order, Over, Taken, Turning, Velocity};

use crate::jobs::onvif_target;
use crate::onvif::{Device, Trouble};
use crate::room::Room;
use crate::sql::camera;
use crate::sql::hold::{self, Began};
use crate::sql::onvif::{self, OnvifRow};

/// A stop that did not get there is said so often in all.
const STOPS: u32 = 3;

/// From one to the next.
const AGAIN: Duration = Duration::from_millis(500);

/// Open pages are told of a later end of a hold when it is so much later.
const NEWS: Duration = Duration::from_secs(5);

/// Cameras that somebody has turned since the house stands.
#[derive(Debug, Default)]
pub(crate) struct Turnings {
    all: Mutex<BTreeMap<Id<Camera>, Arc<Wheel>>>,
}

/// One camera's hold.
#[derive(Debug)]
pub(crate) struct Wheel {
    camera: Id<Camera>,
    seat: Mutex<Seat>,
    /// The way to the camera, one wish at a time, in their order.
    wire: tokio::sync::Mutex<Option<(OnvifRow, Device)>>,
    /// The number of the newest wish: an older one that still waits is not sent.
    newest: AtomicU64,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Seat {
    turning: Turning<Id<Person>>,
    holder: Option<Holder>,
    /// The end of the hold as pages were told last.
    told: Option<Mono>,
}

/// Who has it.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) hold: Id<Hold>,
    pub(crate) person: Id<Person>,
    /// His name, for pages. Personal: not for logs.
    pub(crate) name: String,
    pub(crate) login: [u8; 16],
    pub(crate) place: Place,
    pub(crate) from: Wall,
}

/// A hold as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) holder: Holder,
    pub(crate) until: Wall,
}

/// What a camera is asked, on its way.
pub(crate) type Asked<'a, T> = BoxFuture<'a, Result<T, Trouble>>;

/// Why a wish is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    NotHeld(#[from] NotHeld),
    #[error("there is no camera that can be turned")]
    NoCamera,
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error(transparent)]
    Store(#[from] Error),
}

impl Turnings {
    fn wheel(&self, camera: Id<Camera>) -> Arc<Wheel> {
        let mut all = lock(&self.all);
        let wheel = all.entry(camera).or_insert_with(|| {
            Arc::new(Wheel {
                camera,
                seat: Mutex::default(),
                wire: tokio::sync::Mutex::default(),
                newest: AtomicU64::new(0),
                bell: Notify::new(),
            })
        });
        Arc::clone(wheel)
    }
}

/// Who has a camera now, after what was due.
pub(crate) async fn held(room: &Room, camera: Id<Camera>) -> Result<Option<Held>, Error> {
    let wheel = room.inner.turnings.wheel(camera);
    settle_due(room, &wheel).await?;
    Ok(wheel.held(room.inner.hall.now()))
}

/// Takes a camera, or renews what one has. The hold, and whether it is the caller's.
pub(crate) async fn take(
    room: &Room,
    camera: Id<Camera>,
    place: Place,
    who: &Who,
    over: bool,
) -> Result<(Held, bool), Error> {
    let hall = &room.inner.hall;
    let wheel = room.inner.turnings.wheel(camera);
    settle_due(room, &wheel).await?;
    let now = hall.now();
    let holder = Holder {
        hold: hall.mint(),
        person: who.person(),
        name: who.name().to_owned(),
        login: who.login(),
        place,
        from: now.wall,
    };
    // Writers come one at a time, so nobody takes it between the decision and its row.
    let mut tx = hall.db().write().await?;
    let (taken, before) = {
        let mut seat = lock(&wheel.seat);
        let before = seat.holder.clone();
        let taken = seat.turning.take(holder.person, over, now.mono);
        if matches!(taken, Taken::New { .. }) {
            seat.holder = Some(holder.clone());
            seat.told = None;
        }
        (taken, before)
    };
    let Taken::New { before: ended } = taken else {
        drop(tx);
        let held = wheel.held(now).ok_or_else(|| Error::corrupt("a hold"))?;
        let is_own = held.holder.person == holder.person;
        wheel.tell(room, now);
        return Ok((held, is_own));
    };
    let began = Began {
        id: holder.hold,
        camera,
        person: holder.person,
        login: holder.login,
        from: now.wall,
    };
    let moved = ended.as_ref().is_some_and(|ended| ended.moves);
    let written = async {
        if let (Some(ended), Some(before)) = (&ended, &before) {
            write_end(&mut tx, camera, before, ended, now).await?;
        }
        hold::begin(&mut tx, &began).await?;
        let detail = match &before {
            Some(before) if ended.is_some() => {
                serde_json::json!({ "hold": holder.hold, "from": before.person })
            }
            _ => serde_json::json!({ "hold": holder.hold }),
        };
        let act = Act {
            verb: if ended.is_some() {
                "camera.taken_over"
            } else {
                "camera.held"
            },
            subject: camera.to_string(),
            detail,
        };
        audit::record(&mut tx, now, who, act).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        // What is not written down is not allowed.
        let mut seat = lock(&wheel.seat);
        let _ = seat.turning.end(End::Closing, now.mono);
        seat.holder = None;
        return Err(error);
    }
    hall.tasks()
        .spawn("watch.hold", follow(room.clone(), Arc::clone(&wheel)));
    wheel.bell.notify_waiters();
    wheel.tell(room, now);
    if moved {
        wheel.stop_surely(room).await;
    }
    let held = wheel.held(now).ok_or_else(|| Error::corrupt("a hold"))?;
    Ok((held, true))
}

/// Gives it back. Whether it was his.
pub(crate) async fn leave(
    room: &Room,
    camera: Id<Camera>,
    person: Id<Person>,
) -> Result<bool, Error> {
    let wheel = room.inner.turnings.wheel(camera);
    settle_due(room, &wheel).await?;
    end(room, &wheel, End::Left, |holder| holder.person == person).await
}

/// Ends whatever hold there is of a camera that is turned otherwise now, or not at all.
pub(crate) async fn changed(room: &Room, camera: Id<Camera>) -> Result<(), Error> {
    let wheel = room.inner.turnings.wheel(camera);
    end(room, &wheel, End::Changed, |_| true).await?;
    *wheel.wire.lock().await = None;
    Ok(())
}

/// It shall move so, or stop.
pub(crate) async fn steer(
    room: &Room,
    camera: Id<Camera>,
    person: Id<Person>,
    velocity: Velocity,
) -> Result<(), Refusal> {
    let wheel = room.inner.turnings.wheel(camera);
    settle_due(room, &wheel).await?;
    let now = room.inner.hall.now();
    let (order, number) = {
        let mut seat = lock(&wheel.seat);
        let order = seat.turning.steer(person, velocity, now.mono)?;
        (order, wheel.number())
    };
    wheel.bell.notify_waiters();
    wheel.tell(room, now);
    match order {
        Order::Nothing => Ok(()),
        Order::Stop => {
            wheel.stop_surely(room).await;
            Ok(())
        }
        Order::Move(velocity) => {
            let mut wire = wheel.wire.lock().await;
            if wheel.newest.load(Ordering::Relaxed) != number {
                return Ok(());
            }
            let (row, device) = reached(room, camera, &mut wire).await?;
            let done = device.steer(&row.profile, velocity).await;
            Ok(forgetting(&mut wire, done)?)
        }
    }
}

/// Something is done at once by whoever has it.
pub(crate) async fn act<T>(
    room: &Room,
    camera: Id<Camera>,
    person: Id<Person>,
    deed: Deed,
    done: impl for<'a> FnOnce(&'a OnvifRow, &'a Device) -> Asked<'a, T> + Send,
) -> Result<T, Refusal> {
    let wheel = room.inner.turnings.wheel(camera);
    settle_due(room, &wheel).await?;
    let now = room.inner.hall.now();
    let order = {
        let mut seat = lock(&wheel.seat);
        let order = seat.turning.act(person, deed, now.mono)?;
        wheel.number();
        order
    };
    wheel.bell.notify_waiters();
    wheel.tell(room, now);
    if order == Order::Stop {
        wheel.stop_surely(room).await;
    }
    ask(room, camera, done).await
}

/// Asks a camera something for which nobody has to have it.
pub(crate) async fn ask<T>(
    room: &Room,
    camera: Id<Camera>,
    asked: impl for<'a> FnOnce(&'a OnvifRow, &'a Device) -> Asked<'a, T> + Send,
) -> Result<T, Refusal> {
    let wheel = room.inner.turnings.wheel(camera);
    let mut wire = wheel.wire.lock().await;
    let (row, device) = reached(room, camera, &mut wire).await?;
    let answer = asked(row, device).await;
    Ok(forgetting(&mut wire, answer)?)
}

/// Stops cameras that a crash has left in motion perhaps.
pub(crate) async fn stop_all(room: Room, cameras: Vec<Id<Camera>>) {
    for camera in cameras {
        room.inner.turnings.wheel(camera).stop_surely(&room).await;
    }
}

impl Wheel {
    fn held(&self, now: Now) -> Option<Held> {
        let seat = lock(&self.seat);
        let (_, _, until) = seat.turning.held()?;
        Some(Held {
            holder: seat.holder.clone()?,
            until: now.wall + until.since(now.mono),
        })
    }

    /// Gives the next wish its number.
    fn number(&self) -> u64 {
        self.newest.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Tells open pages who has it, if that is news to them.
    fn tell(&self, room: &Room, now: Now) {
        let told = {
            let mut seat = lock(&self.seat);
            let Some((_, _, until)) = seat.turning.held() else {
                return;
            };
            let is_news = seat.told.is_none_or(|told| until.since(told) >= NEWS);
            if !is_news {
                return;
            }
            seat.told = Some(until);
            seat.holder.clone().map(|holder| (holder, until))
        };
        if let Some((holder, until)) = told {
            let until = now.wall + until.since(now.mono);
            let data = serde_json::json!({
                "camera": self.camera,
                "holder": { "person": holder.person, "name": holder.name },
                "from_us": holder.from,
                "until_us": until,
                "ended_by": null,
            });
            publish(room, holder.place, data);
        }
    }

    /// A stop that does not get there is said again.
    async fn stop_surely(&self, room: &Room) {
        let mut wire = self.wire.lock().await;
        for said in 1..=STOPS {
            let done = async {
                let (row, device) = reached(room, self.camera, &mut wire).await?;
                Ok::<_, Refusal>(device.stop(&row.profile).await?)
            };
            match done.await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(camera.id = %self.camera, %error, said, "a camera was not stopped");
                    *wire = None;
                }
            }
            if said < STOPS {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// The way to a camera: as it was, or anew.
async fn reached<'a>(
    room: &Room,
    camera: Id<Camera>,
    wire: &'a mut Option<(OnvifRow, Device)>,
) -> Result<(&'a OnvifRow, &'a Device), Refusal> {
    if wire.is_none() {
        let mut read = room.inner.hall.db().read().await?;
        let row = onvif::of(&mut read, camera).await?;
        let row = row.filter(|row| row.turns).ok_or(Refusal::NoCamera)?;
        let device = camera::by_id(&mut read, camera).await?;
        let device = device.ok_or(Refusal::NoCamera)?;
        let target = onvif_target(room, &mut read, &device, &row).await?;
        drop(read);
        let target = target.ok_or(Refusal::NoCamera)?;
        let device = Device::reach(&target, &room.inner.onvif).await?;
        *wire = Some((row, device));
    }
    let (row, device) = wire.as_ref().ok_or(Refusal::NoCamera)?;
    Ok((row, device))
}

/// A device that was in trouble is asked anew what it has, and by which password.
fn forgetting<T>(
    wire: &mut Option<(OnvifRow, Device)>,
    done: Result<T, Trouble>,
) -> Result<T, Trouble> {
    if done.is_err() {
        *wire = None;
    }
    done
}

/// Wakes when something is due, until the hold that it was begun for is over.
async fn follow(room: Room, wheel: Arc<Wheel>) {
    let hall = room.inner.hall.clone();
    let mut revoked = hall.revoked();
    let stop = hall.tasks().soft().clone();
    let Some((mine, login)) = wheel.numbered() else {
        return;
    };
    loop {
        let rung = wheel.bell.notified();
        let due = match wheel.numbered() {
            Some((number, _)) if number == mine => lock(&wheel.seat).turning.due(),
            _ => return,
        };
        let Some(due) = due else { return };
        let wait = due.since(hall.now().mono);
        let done = tokio::select! {
            () = stop.cancelled() => {
                end(&room, &wheel, End::Closing, |_| true).await.map(|_| ())
            }
            told = revoked.recv() => match told {
                Ok(told) if told.login != login => Ok(()),
                // Some were missed: whose, nobody knows. He takes it anew if he may.
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    end(&room, &wheel, End::Revoked, |it| it.login == login).await.map(|_| ())
                }
                Err(RecvError::Closed) => return,
            },
            () = rung => Ok(()),
            () = tokio::time::sleep(wait) => settle_due(&room, &wheel).await,
        };
        if let Err(error) = done {
            tracing::error!(camera.id = %wheel.camera, %error, "the end of a hold was not written down");
        }
    }
}

impl Wheel {
    fn numbered(&self) -> Option<(u64, [u8; 16])> {
        let seat = lock(&self.seat);
        let (_, number, _) = seat.turning.held()?;
        Some((number, seat.holder.as_ref()?.login))
    }
}

/// Does what is due by now.
async fn settle_due(room: &Room, wheel: &Wheel) -> Result<(), Error> {
    let now = room.inner.hall.now();
    let (order, over, holder) = {
        let mut seat = lock(&wheel.seat);
        let (order, over) = seat.turning.tick(now.mono);
        let holder = over.as_ref().and_then(|_| seat.holder.take());
        (order, over, holder)
    };
    if order == Order::Stop {
        wheel.number();
        wheel.stop_surely(room).await;
    }
    match over.zip(holder) {
        Some((over, holder)) => ended(room, wheel, &holder, &over, now).await,
        None => Ok(()),
    }
}

/// Ends a hold, if it is the one that is meant.
async fn end(
    room: &Room,
    wheel: &Wheel,
    why: End,
    is_meant: impl FnOnce(&Holder) -> bool + Send,
) -> Result<bool, Error> {
    let now = room.inner.hall.now();
    let over = {
        let mut seat = lock(&wheel.seat);
        if !seat.holder.as_ref().is_some_and(is_meant) {
            return Ok(false);
        }
        let over = seat.turning.end(why, now.mono);
        over.zip(seat.holder.take())
    };
    let Some((over, holder)) = over else {
        return Ok(false);
    };
    ended(room, wheel, &holder, &over, now).await?;
    Ok(true)
}

/// The camera is stopped first; then it is written down, and pages are told.
async fn ended(
    room: &Room,
    wheel: &Wheel,
    holder: &Holder,
    over: &Over<Id<Person>>,
    now: Now,
) -> Result<(), Error> {
    let data = serde_json::json!({
        "camera": wheel.camera,
        "holder": null,
        "from_us": null,
        "until_us": null,
        "ended_by": over.end.as_str(),
    });
    publish(room, holder.place.clone(), data);
    wheel.bell.notify_waiters();
    if over.moves {
        wheel.number();
        wheel.stop_surely(room).await;
    }
    let mut tx = room.inner.hall.db().write().await?;
    write_end(&mut tx, wheel.camera, holder, over, now).await?;
    tx.commit().await
}

/// One entry tells what was done in one hold.
async fn write_end(
    tx: &mut store::Tx,
    camera: Id<Camera>,
    holder: &Holder,
    over: &Over<Id<Person>>,
    now: Now,
) -> Result<(), Error> {
    let deeds = told(&over.deeds);
    let (ended_by, text) = (over.end.as_str(), deeds.to_string());
    let is_open = hold::end(tx, holder.hold, now.wall, ended_by, &text).await?;
    if !is_open {
        return Ok(());
    }
    let act = Act {
        verb: "camera.turned",
        subject: camera.to_string(),
        detail: serde_json::json!({
            "hold": holder.hold,
            "from_us": holder.from,
            "to_us": now.wall,
            "ended_by": over.end.as_str(),
            "deeds": deeds,
        }),
    };
    audit::record_for(tx, now, holder.person, act).await
}

/// What was done, for a reader in a year.
fn told(deeds: &Deeds) -> serde_json::Value {
    serde_json::json!({
        "moves": deeds.moves,
        "moving_ms": u64::try_from(deeds.moving.as_millis()).unwrap_or(u64::MAX),
        "cut": deeds.cut,
        "centred": deeds.centred,
        "presets": deeds.gone,
        "kept": deeds.kept,
        "more_presets": deeds.more,
    })
}

fn publish(room: &Room, place: Place, data: serde_json::Value) {
    room.inner.hall.live().publish(Event {
        topic: "hold",
        permission: Permission::CamerasTurn,
        place,
        data,
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A holder that panicked has left a wish out at most.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
