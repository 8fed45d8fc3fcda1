//! What open pages are told while they are open: server-sent events (WHATWG HTML
//! §9.2), one stream per tab.
//!
//! Every event has a number and a place; a listener is told what he may see
//! there. The newest [`KEPT`] are kept, so that a tab that lost its line goes on
//! where it was (`Last-Event-ID`); one that was away for longer, or is too slow,
//! is told `reset` and asks for everything anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::guard::{Permission, Place};

/// Events that are kept for tabs that come back.
pub const KEPT: usize = 2_048;

/// Streams of one login at a time: its tabs, and those whose end was not heard
/// yet. Policy: one more is refused.
pub const SEATS: usize = 64;

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
    /// Where else it lies: whoever may read it over one of its places is told.
    pub also: Vec<Place>,
}

impl Numbered {
    /// All of its places.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.event.place).chain(&self.also)
    }
}

/// What open pages are told.
#[derive(Debug)]
pub struct Live {
    /// Differs from start to start, so that a number of a former life is not
    /// taken for one of this.
    life: i64,
    kept: Mutex<Kept>,
    told: broadcast::Sender<Arc<Numbered>>,
    /// How many streams each login has open.
    seats: Arc<Mutex<BTreeMap<[u8; 16], usize>>>,
}

/// The place of one open stream, free again when it is dropped.
#[derive(Debug)]
pub struct Seat {
    login: [u8; 16],
    seats: Arc<Mutex<BTreeMap<[u8; 16], usize>>>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.login) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.login);
            }
        }
    }
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
    /// It was away for too long, or is new: it has to ask for everything. From
    /// this event on it misses nothing; none has been told before the first.
    Reset(Option<u64>),
}

impl Live {
    /// Nothing told yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            life: clock.now().wall.as_us(),
            kept: Mutex::default(),
            told: broadcast::Sender::new(KEPT),
            seats: Arc::default(),
        }
    }

    /// A place for one more stream of a login; none if it has too many.
    #[must_use]
    pub fn seat(&self, login: [u8; 16]) -> Option<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(login).or_default();
        (*taken < SEATS).then(|| {
            *taken += 1;
            Seat {
                login,
                seats: Arc::clone(&self.seats),
            }
        })
    }

    /// How many streams are open.
    #[must_use]
    pub fn listeners(&self) -> usize {
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.values().sum()
    }

    /// Tells everybody who may know.
    pub fn publish(&self, event: Event) {
        self.publish_over(event, Vec::new());
    }

    /// The same of what lies in other places too: each is told once, however many of them
    /// he may see.
    pub fn publish_over(&self, event: Event, also: Vec<Place>) {
        let mut kept = self.kept();
        let numbered = Arc::new(Numbered {
            number: kept.next,
            event,
            also,
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
            .map_or_else(|| Start::Reset(kept.next.checked_sub(1)), Start::Missed);
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
            let (start, _) = live.listen(Some(&last));
            assert!(
                matches!(start, Start::Reset(Some(newest)) if newest == KEPT as u64 + 1),
                "{last}"
            );
        }
        assert!(matches!(live.listen(None).0, Start::Reset(Some(_))));
        let (start, _) = live.listen(Some(&live.id(KEPT as u64 + 1)));
        assert!(matches!(start, Start::Missed(missed) if missed.is_empty()));
    }

    #[test]
    fn a_login_has_so_many_streams_and_no_more() {
        let live = Live::new(Clock::real());
        assert!(matches!(live.listen(None).0, Start::Reset(None)));
        let mut seats: Vec<_> = (0..SEATS).map(|_| live.seat([1; 16])).collect();
        assert!(seats.iter().all(Option::is_some));
        assert!(live.seat([1; 16]).is_none());
        assert!(live.seat([2; 16]).is_some(), "others are not concerned");
        assert_eq!(live.listeners(), SEATS);
        seats.pop();
        assert!(live.seat([1; 16]).is_some());
        drop(seats);
        assert_eq!(live.listeners(), 0);
    }
}
