//! The sessions of one device, among all who want one.
//!
//! [`watch_core::allot`] decides; here whoever waits is woken, and a session that was let
//! go is held back for [`GRACE`]: a box counts it until it has seen the connection end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hall::task::Tasks;
use tokio::sync::watch;
use watch_core::allot::{Allotment, Ask, Need, Told};

use super::lock;

/// How long after its end a session counts still.
const GRACE: Duration = Duration::from_millis(250);

/// The sessions of one device. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tasks: Tasks,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    allotment: Allotment,
    asked: BTreeMap<Ask, watch::Sender<Stand>>,
}

/// How it stands with somebody who has asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Waits,
    Holds,
    Yields,
}

/// Somebody's session, or his place among those who wait; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    ask: Ask,
    stand: watch::Receiver<Stand>,
}

impl Turns {
    pub(super) fn new(tasks: &Tasks, limit: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                tasks: tasks.clone(),
                state: Mutex::new(State {
                    allotment: Allotment::new(limit),
                    asked: BTreeMap::new(),
                }),
            }),
        }
    }

    /// Takes a place, and the session at once where there is one.
    pub(crate) fn ask(&self, need: Need) -> Turn {
        let mut state = lock(&self.inner.state);
        let ask = state.allotment.ask(need);
        let (told, stand) = watch::channel(Stand::Waits);
        state.asked.insert(ask, told);
        state.settle();
        drop(state);
        Turn {
            turns: self.clone(),
            ask,
            stand,
        }
    }

    /// The device stands so many from now on.
    pub(crate) fn limit(&self, limit: usize) {
        let mut state = lock(&self.inner.state);
        state.allotment.limit(limit);
        state.settle();
    }

    /// Sessions that nobody holds or waits for.
    pub(crate) fn spare(&self) -> usize {
        lock(&self.inner.state).allotment.spare()
    }

    fn leave(&self, ask: Ask) {
        let mut state = lock(&self.inner.state);
        state.allotment.leave(ask);
        state.asked.remove(&ask);
        state.settle();
    }
}

impl State {
    fn settle(&mut self) {
        for told in self.allotment.settle() {
            let (ask, stand) = match told {
                Told::Granted(ask) => (ask, Stand::Holds),
                Told::Yield(ask) => (ask, Stand::Yields),
            };
            if let Some(told) = self.asked.get(&ask) {
                told.send_replace(stand);
            }
        }
    }
}

impl Turn {
    /// Whether a session is held.
    pub(crate) fn holds(&self) -> bool {
        *self.stand.borrow() != Stand::Waits
    }

    /// What it is wanted for has changed.
    pub(crate) fn need(&self, need: Need) {
        let mut state = lock(&self.turns.inner.state);
        state.allotment.change(self.ask, need);
        state.settle();
    }

    /// Waits for the session.
    pub(crate) async fn granted(&mut self) {
        self.stands(|stand| stand != Stand::Waits).await;
    }

    /// Waits until somebody needs it more; who holds it then lets go.
    pub(crate) async fn yields(&mut self) {
        self.stands(|stand| stand == Stand::Yields).await;
    }

    async fn stands(&mut self, so: impl Fn(Stand) -> bool) {
        if self.stand.wait_for(|stand| so(*stand)).await.is_err() {
            // Told by nobody any more, which is not while this lives.
            futures::future::pending().await
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (turns, ask) = (self.turns.clone(), self.ask);
        if !self.holds() {
            return turns.leave(ask);
        }
        let tasks = self.turns.inner.tasks.clone();
        let stop = tasks.soft().clone();
        tasks.spawn("watch.turn", async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(GRACE) => {}
            }
            turns.leave(ask);
        });
    }
}
