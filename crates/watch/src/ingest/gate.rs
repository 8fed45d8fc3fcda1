//! What a session with a camera passes: where it may go, and what it may hold.
//!
//! The library that speaks RTSP reads whatever a camera sends, until a picture or an
//! answer is whole, and has no bound. What one session holds cannot be counted from
//! outside. So what the whole process holds is looked at, ten times a second, and a
//! session that takes and takes, gives no picture, and has seen the process grow
//! meanwhile, is ended. One that is read from rarely, or has just given a picture,
//! is never the one.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use base::unit::Bytes;
use hall::Hall;
use hall::outward::{Outward, Ports, Refused};
use tokio_rustls::TlsConnector;
use url::Url;
use watch_core::supervise::Reason;

use super::pull::fetch::tls;
use super::pull::is_list;
use super::session::{Failure, PORT};

/// How often the process is weighed.
const EVERY: Duration = Duration::from_millis(100);

/// What the process may grow by while a session takes and gives nothing.
pub const HELD_MAX: Bytes = Bytes::new(64 << 20);

/// A session that is read from so often between two looks is one that takes: more than
/// the whole of an opening needs.
const BUSY_TURNS: u64 = 8;

/// So many looks in a row it has to take before it is ended for what the process holds.
const BUSY_LOOKS: u32 = 3;

/// What sessions pass. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    outward: Outward,
    /// The same for lists of pieces, which have ports of their own.
    lists: Outward,
    loads: Arc<Mutex<Vec<Weak<Load>>>>,
    tls: Arc<OnceLock<Option<TlsConnector>>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

/// What one session has taken and given.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// How often it was read from.
    turns: AtomicU64,
    /// It is being read from.
    within: AtomicBool,
    /// Pictures that have come of it.
    given: AtomicU64,
    /// It is to end.
    over: AtomicBool,
    look: Mutex<Look>,
}

/// What was seen of a session at the last look.
#[derive(Debug, Default)]
struct Look {
    turns: u64,
    given: u64,
    /// What the process held when a picture came last.
    held: Option<Bytes>,
    busy: u32,
}

impl Gate {
    /// A gate to where the house may connect to.
    #[must_use]
    pub fn new(outward: Outward) -> Self {
        Self {
            lists: outward.clone(),
            outward,
            loads: Arc::default(),
            tls: Arc::default(),
        }
    }

    /// The same, with lists of pieces at those ports.
    #[must_use]
    pub fn with_lists_at(mut self, ports: Ports) -> Self {
        self.lists = self.outward.at_ports(ports);
        self
    }

    /// The gate of a house.
    #[must_use]
    pub fn of(hall: &Hall) -> Self {
        Self::new(hall.outward().clone()).with_lists_at(hall.config().list_ports.clone())
    }

    /// What can be said of a camera's address before its name is looked up.
    ///
    /// # Errors
    /// Why the house will not connect there, whatever the name leads to.
    pub(crate) fn foresee(&self, url: &Url) -> Result<(), Refused> {
        let host = url.host_str().unwrap_or_default();
        if is_list(url) {
            let port = url.port_or_known_default().unwrap_or_default();
            return self.lists.foresee(host, port);
        }
        self.outward.foresee(host, url.port().unwrap_or(PORT))
    }

    /// Where a session may go.
    pub(super) const fn outward(&self) -> &Outward {
        &self.outward
    }

    /// Where a list of pieces may lead.
    pub(super) const fn lists(&self) -> &Outward {
        &self.lists
    }

    /// How TLS is spoken with publishers. Made once: the machine's roots are files.
    pub(super) fn tls(&self) -> Result<&TlsConnector, Failure> {
        let made = self.tls.get_or_init(|| match tls() {
            Ok(made) => Some(made),
            Err(error) => {
                tracing::error!(%error, "the roots of this machine cannot be read");
                None
            }
        });
        made.as_ref().ok_or_else(|| Failure {
            reason: Reason::Protocol,
            detail:
                "the house cannot tell whom to believe: the roots of this machine cannot be read"
                    .to_owned(),
        })
    }

    /// A session begins.
    pub(super) fn begin(&self) -> Arc<Load> {
        let load = Arc::new(Load::default());
        let mut all = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|each| each.strong_count() > 0);
        all.push(Arc::downgrade(&load));
        load
    }

    /// Weighs until the house closes.
    pub(crate) async fn watch(self, hall: Hall) {
        let stop = hall.tasks().soft().clone();
        while stop
            .run_until_cancelled(tokio::time::sleep(EVERY))
            .await
            .is_some()
        {
            // Where the system does not say what is held, nobody is ended for it.
            if let Some(held) = hall::memory::resident() {
                self.weigh(held);
            }
        }
    }

    fn weigh(&self, held: Bytes) {
        let all = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        for load in all.iter().filter_map(Weak::upgrade) {
            load.weigh(held);
        }
    }
}

impl Load {
    fn weigh(&self, held: Bytes) {
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = self.turns.load(Ordering::Relaxed);
        let given = self.given.load(Ordering::Relaxed);
        let taken = turns - look.turns;
        look.turns = turns;
        let before = look.held.filter(|_| given == look.given);
        look.given = given;
        let least = before.map_or(held, |before| before.min(held));
        look.held = Some(least);
        // One that is met at its work may have little else: some answers take long to read.
        let at_work = self.within.load(Ordering::Relaxed);
        let busy = before.is_some() && (taken >= BUSY_TURNS || at_work);
        look.busy = if busy { look.busy + 1 } else { 0 };
        let grown = held.as_u64() - least.as_u64();
        if look.busy >= BUSY_LOOKS && grown > HELD_MAX.as_u64() {
            self.over.store(true, Ordering::Relaxed);
        }
    }

    /// A picture has come of it.
    pub(super) fn gave(&self) {
        self.given.fetch_add(1, Ordering::Relaxed);
    }

    /// Does what a session does, and ends it when it takes too much.
    pub(super) async fn bear<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut work = pin!(work);
        std::future::poll_fn(|context| {
            if self.over.load(Ordering::Relaxed) {
                return Poll::Ready(Err(Failure {
                    reason: Reason::Protocol,
                    detail: "the camera sends without end and no picture comes of it".to_owned(),
                }));
            }
            self.turns.fetch_add(1, Ordering::Relaxed);
            self.within.store(true, Ordering::Relaxed);
            let polled = work.as_mut().poll(context);
            self.within.store(false, Ordering::Relaxed);
            polled
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mib(count: u64) -> Bytes {
        Bytes::new(count << 20)
    }

    fn taking(load: &Load, turns: u64) {
        load.turns.fetch_add(turns, Ordering::Relaxed);
    }

    fn is_over(load: &Load) -> bool {
        load.over.load(Ordering::Relaxed)
    }

    #[test]
    fn who_takes_and_gives_nothing_while_memory_grows_is_ended() {
        let load = Load::default();
        for (i, held) in [100, 110, 130, 150, 164].into_iter().enumerate() {
            taking(&load, 100);
            load.weigh(mib(held));
            assert!(!is_over(&load), "look {i}");
        }
        taking(&load, BUSY_TURNS);
        load.weigh(mib(165));
        assert!(is_over(&load), "65 MiB more");
    }

    #[test]
    fn who_gives_or_is_silent_or_came_when_memory_was_held_is_not() {
        let [giving, silent, late] = std::array::from_fn(|_| Load::default());
        for (i, held) in (0..50).map(|step| (step, 100 + 20 * step)) {
            for load in [&giving, &late] {
                taking(load, 100);
            }
            taking(&silent, BUSY_TURNS - 1);
            giving.gave();
            for load in [&giving, &silent] {
                load.weigh(mib(held));
            }
            if i >= 47 {
                late.weigh(mib(held));
            }
        }
        assert!(!is_over(&giving) && !is_over(&silent) && !is_over(&late));
    }

    #[test]
    fn memory_that_was_given_back_counts_for_nobody() {
        let load = Load::default();
        for held in [500, 400, 100, 120, 140, 160] {
            taking(&load, 100);
            load.weigh(mib(held));
        }
        assert!(!is_over(&load), "60 MiB above the least");
        taking(&load, 100);
        load.weigh(mib(165));
        assert!(is_over(&load));
    }
}
