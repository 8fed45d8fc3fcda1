//! Who sits where, and when each wants to be looked at again.
//!
//! A viewer keeps its seat as long as it is there, so that a frame finds those
//! who watch its stream by number and nobody is looked for. Timers are lazy: a
//! viewer's time moves with every packet, mostly to later, so an entry that rings
//! too early is put back then, and only one that would ring too late is moved at
//! once.

use std::collections::BTreeSet;
use std::time::Instant;

/// A place among the viewers.
pub(super) type Seat = usize;

/// Viewers and their timers.
pub(super) struct Seats<V> {
    /// Boxed: a viewer weighs kilobytes, and a growing row moves what it holds.
    row: Vec<Option<Taken<V>>>,
    free: Vec<Seat>,
    timers: BTreeSet<(Instant, Seat)>,
}

struct Taken<V> {
    viewer: Box<V>,
    /// Where its entry among the timers stands.
    rings: Option<Instant>,
}

impl<V> Default for Seats<V> {
    fn default() -> Self {
        Self {
            row: Vec::new(),
            free: Vec::new(),
            timers: BTreeSet::new(),
        }
    }
}

impl<V> Seats<V> {
    /// How many are taken.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.row.len() - self.free.len()
    }

    /// Gives a viewer a seat.
    pub(super) fn sit(&mut self, viewer: V) -> Seat {
        let taken = Some(Taken {
            viewer: Box::new(viewer),
            rings: None,
        });
        if let Some(seat) = self.free.pop() {
            self.row[seat] = taken;
            return seat;
        }
        self.row.push(taken);
        self.row.len() - 1
    }

    /// Frees a seat.
    pub(super) fn rise(&mut self, seat: Seat) -> Option<Box<V>> {
        let taken = self.row.get_mut(seat)?.take()?;
        if let Some(rings) = taken.rings {
            self.timers.remove(&(rings, seat));
        }
        self.free.push(seat);
        Some(taken.viewer)
    }

    /// Who sits there.
    pub(super) fn get(&mut self, seat: Seat) -> Option<&mut V> {
        Some(&mut *self.row.get_mut(seat)?.as_mut()?.viewer)
    }

    /// Everybody.
    pub(super) fn all(&self) -> impl Iterator<Item = (Seat, &V)> {
        self.row
            .iter()
            .enumerate()
            .filter_map(|(seat, taken)| Some((seat, &*taken.as_ref()?.viewer)))
    }

    /// Rings for that seat at that time, perhaps earlier.
    pub(super) fn ring_at(&mut self, seat: Seat, due: Instant) {
        let Some(taken) = self.row.get_mut(seat).and_then(Option::as_mut) else {
            return;
        };
        if taken.rings.is_some_and(|rings| rings <= due) {
            return;
        }
        if let Some(rings) = taken.rings.replace(due) {
            self.timers.remove(&(rings, seat));
        }
        self.timers.insert((due, seat));
    }

    /// When it rings next.
    pub(super) fn rings_at(&self) -> Option<Instant> {
        self.timers.first().map(|(rings, _)| *rings)
    }

    /// Seats that it has rung for by now. Each has to be set anew.
    pub(super) fn rung(&mut self, now: Instant, into: &mut Vec<Seat>) {
        into.clear();
        while let Some((rings, seat)) = self.timers.first().copied() {
            if rings > now {
                return;
            }
            self.timers.pop_first();
            if let Some(taken) = self.row.get_mut(seat).and_then(Option::as_mut) {
                taken.rings = None;
            }
            into.push(seat);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rung(seats: &mut Seats<char>, now: Instant) -> Vec<Seat> {
        let mut rung = Vec::new();
        seats.rung(now, &mut rung);
        rung
    }

    fn start() -> Instant {
        hall::clock::Clock::hand(base::now::Now {
            mono: base::now::Mono::from_us(0),
            wall: base::now::Wall::from_us(0),
        })
        .instant()
    }

    #[test]
    fn a_seat_is_taken_again_and_its_old_timer_is_gone() {
        let (mut seats, now) = (Seats::default(), start());
        let (a, b) = (seats.sit('a'), seats.sit('b'));
        seats.ring_at(a, now);
        assert_eq!(seats.rise(a).map(|viewer| *viewer), Some('a'));
        assert!(seats.rise(a).is_none(), "nobody sits there");
        assert_eq!(seats.sit('c'), a);
        assert_eq!(seats.count(), 2);
        assert_eq!(seats.get(a), Some(&mut 'c'));
        assert!(seats.all().eq([(a, &'c'), (b, &'b')]));
        assert_eq!(seats.rings_at(), None);
    }

    #[test]
    fn it_never_rings_late_and_once() {
        let (mut seats, now) = (Seats::default(), start());
        let (a, b) = (seats.sit('a'), seats.sit('b'));
        let later = |ms| now + Duration::from_millis(ms);
        seats.ring_at(a, later(5));
        seats.ring_at(b, later(9));
        seats.ring_at(a, later(20));
        assert_eq!(seats.rings_at(), Some(later(5)), "early is allowed");
        seats.ring_at(b, later(2));
        assert!(rung(&mut seats, later(1)).is_empty());
        assert_eq!(rung(&mut seats, later(2)), [b]);
        assert_eq!(rung(&mut seats, later(30)), [a]);
        assert!(rung(&mut seats, later(30)).is_empty());
        seats.ring_at(a, later(40));
        assert_eq!(seats.rings_at(), Some(later(40)));
    }
}
