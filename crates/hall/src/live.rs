//! What open pages are told while they are open: server-sent events (WHATWG HTML
//! §9.2), one stream per tab.
//!
//! Every event has a number and a place; a listener is told what he may see
//! there. The newest [`KEPT`] are kept, so that a tab that lost its line goes on
//! where it was (`Last-Event-ID`); one that was away for longer, or is too slow,
//! is told `reset` and asks for everything anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::guard::{Permission, Place};

/// Events that are kept for tabs that come back.
pub const KEPT: usize = 2_048;

/// Something that open pages want to know.
#[derive(Debug, Clone)]
pub struct Event {
    /// What it is about: the name of the event in the stream.
    pub topic: &'static str,
    /// Who may read it: whoever holds this permission over [`place`](Self::place).
    pub permission: Permission,
    /// Where it lies.
    pub place: Place,
    /// What is told.
    pub data: Json,
}

/// An event with its number.
#[derive(Debug)]
pub struct Numbered {
    /// Counts up by one from the start of the house.
    pub number: u64,
    /// What is told, to whom.
    pub event: Event,
}

/// What open pages are told.
#[derive(Debug)]
pub struct Live {
    /// Differs from start to start, so that a number of a former life is not
    /// taken for one of this.
    life: i64,
    kept: Mutex<Kept>,
    told: broadcast::Sender<Arc<Numbered>>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Arc<Numbered>>,
    next: u64,
}

/// What a listener gets first.
#[derive(Debug)]
pub enum Start {
    /// The events it missed, oldest first.
    Missed(Vec<Arc<Numbered>>),
    /// It was away for too long, or is new: it has to ask for everything.
    Reset,
}

impl Live {
    /// Nothing told yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            life: clock.now().wall.as_us(),
            kept: Mutex::default(),
            told: broadcast::Sender::new(KEPT),
        }
    }

    /// Tells everybody who may know.
    pub fn publish(&self, event: Event) {
        let mut kept = self.kept();
        let numbered = Arc::new(Numbered {
            number: kept.next,
            event,
        });
        kept.next += 1;
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(Arc::clone(&numbered));
        // Under the lock, so that numbers are told in order. Nobody listening is
        // no error.
        let _ = self.told.send(numbered);
    }

    /// Begins to listen, after the event that was heard last.
    pub fn listen(&self, last: Option<&str>) -> (Start, broadcast::Receiver<Arc<Numbered>>) {
        let kept = self.kept();
        let hears = self.told.subscribe();
        let start = last
            .and_then(|last| self.missed(&kept, last))
            .map_or(Start::Reset, Start::Missed);
        (start, hears)
    }

    /// The printed number of an event, as `Last-Event-ID` gives it back.
    #[must_use]
    pub fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.life)
    }

    fn missed(&self, kept: &Kept, last: &str) -> Option<Vec<Arc<Numbered>>> {
        let (life, number) = last.split_once('-')?;
        let number: u64 = number.parse().ok()?;
        if life.parse() != Ok(self.life) || number >= kept.next {
            return None;
        }
        let first = kept.events.front().map_or(kept.next, |event| event.number);
        (number + 1 >= first).then(|| {
            kept.events
                .iter()
                .filter(|event| event.number > number)
                .cloned()
                .collect()
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is kept is whole between any two statements.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            topic: "camera",
            permission: Permission::CamerasRead,
            place: Place::HOUSE,
            data: Json::Null,
        }
    }

    #[test]
    fn a_tab_that_comes_back_gets_what_it_missed() {
        let live = Live::new(Clock::real());
        for _ in 0..5 {
            live.publish(event());
        }
        let (start, _) = live.listen(Some(&live.id(2)));
        let Start::Missed(missed) = start else {
            panic!("the events are still there");
        };
        let numbers: Vec<_> = missed.iter().map(|event| event.number).collect();
        assert_eq!(numbers, [3, 4]);
    }

    #[test]
    fn a_tab_that_was_away_too_long_or_in_another_life_begins_anew() {
        let live = Live::new(Clock::real());
        for _ in 0..=KEPT + 1 {
            live.publish(event());
        }
        for last in [
            live.id(0),
            "1-3".to_owned(),
            "x".to_owned(),
            live.id(99_999),
        ] {
            assert!(matches!(live.listen(Some(&last)).0, Start::Reset), "{last}");
        }
        assert!(matches!(live.listen(None).0, Start::Reset));
        let (start, _) = live.listen(Some(&live.id(KEPT as u64 + 1)));
        assert!(matches!(start, Start::Missed(missed) if missed.is_empty()));
    }
}
