//! Who looks back at the last minute of a camera, and what is held for him.
//!
//! Somebody who steps back is shown what there was at that moment, as one film. It stays as
//! it was while he looks, and live goes on without him. It is in memory alone.
//!
//! Bounds: [`OPEN_MAX`] at once in the house, policy refuse; [`EACH_MAX`] of one login,
//! policy: his oldest ends. Each ends by itself after [`LONGEST`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::id::{Camera, Id, Look, Person};
use base::now::{Mono, Now};
use hall::audit::{self, Act};
use watch_core::clip::Movie;

use crate::hub::Layer;
use crate::hub::past::Pinned;
use crate::room::Room;
use crate::sql::look;

/// How many look back at once.
pub(crate) const OPEN_MAX: usize = 32;

/// How many of them one login may be.
const EACH_MAX: usize = 4;

/// So long what somebody looks at is held: ten times what there is to be seen.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

/// Somebody who looks back.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) id: Id<Look>,
    pub(crate) camera: Id<Camera>,
    pub(crate) layer: Layer,
    pub(crate) person: Id<Person>,
    pub(crate) login: [u8; 16],
    pub(crate) opened: Now,
    pub(crate) movie: Movie,
    pub(crate) held: Pinned,
    pub(crate) sent: AtomicU64,
}

/// All who look back.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    open: Mutex<BTreeMap<Id<Look>, Arc<Open>>>,
}

/// As many look back as may.
#[derive(Debug, thiserror::Error)]
#[error("{OPEN_MAX} look back already; try again in some minutes")]
pub(crate) struct Full;

impl Looking {
    /// Lets somebody in; returns whom it ended for that.
    pub(crate) fn begin(&self, open: Open) -> Result<Vec<Arc<Open>>, Full> {
        let mut all = self.lock();
        let own = all.values().filter(|other| other.login == open.login);
        let own: Vec<_> = own.map(|other| other.id).collect();
        // Ids are in the order in which they were made.
        let over = (own.len() + 1).saturating_sub(EACH_MAX);
        let ended: Vec<_> = own[..over].iter().filter_map(|id| all.remove(id)).collect();
        if all.len() >= OPEN_MAX {
            return Err(Full);
        }
        all.insert(open.id, Arc::new(open));
        Ok(ended)
    }

    /// What a login looks at under that id.
    pub(crate) fn of(&self, id: Id<Look>, login: [u8; 16]) -> Option<Arc<Open>> {
        let all = self.lock();
        all.get(&id).filter(|open| open.login == login).cloned()
    }

    /// Lets somebody go.
    pub(crate) fn end(&self, id: Id<Look>) -> Option<Arc<Open>> {
        self.lock().remove(&id)
    }

    /// Lets those go whose time is over.
    pub(crate) fn overdue(&self, now: Mono) -> Vec<Arc<Open>> {
        self.take(|open| now.since(open.opened.mono) >= LONGEST)
    }

    /// Lets those of a login go, or everybody.
    pub(crate) fn leave(&self, login: Option<[u8; 16]>) -> Vec<Arc<Open>> {
        self.take(|open| login.is_none_or(|login| open.login == login))
    }

    fn take(&self, goes: impl Fn(&Open) -> bool) -> Vec<Arc<Open>> {
        let mut all = self.lock();
        let ids: Vec<_> = all.values().filter(|it| goes(it)).map(|it| it.id).collect();
        ids.iter().filter_map(|id| all.remove(id)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Id<Look>, Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes down that somebody looks back no more.
pub(crate) async fn end(room: &Room, open: &Open, by: &'static str) {
    if let Err(error) = ended(room, open, by).await {
        tracing::error!(look.id = %open.id, %error, "the end of a look back was not written down");
    }
}

async fn ended(room: &Room, open: &Open, by: &'static str) -> Result<(), store::Error> {
    let hall = &room.inner.hall;
    let now = hall.now();
    let sent = open.sent.load(Ordering::Acquire);
    let mut tx = hall.db().write().await?;
    if !look::end(&mut tx, open.id, now.wall, sent, by).await? {
        return Ok(());
    }
    let (first, last) = open.held.stretch.span().unwrap_or((now.wall, now.wall));
    let act = Act {
        verb: "camera.looked_back",
        subject: open.camera.to_string(),
        detail: serde_json::json!({
            "look": open.id, "layer": open.layer.as_str(),
            "first_us": first, "last_us": last,
            "from_us": open.opened.wall, "to_us": now.wall, "sent_bytes": sent, "ended_by": by,
        }),
    };
    audit::record_for(&mut tx, now, open.person, act).await?;
    tx.commit().await
}
