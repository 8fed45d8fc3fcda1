//! The minutes in which a connection is judged.
//!
//! A slot is sixty seconds of UTC and begins with the minute. The house speaks of it
//! in its own zone only where people read it. Everything else here counts slots, so no
//! number of the ledger is ever rounded before it is printed.

use std::ops::Range;

use base::now::Wall;

/// Microseconds of a slot.
const SLOT_US: i64 = 60_000_000;

/// Slots of a day.
pub const DAY: usize = 1_440;

/// A minute of UTC, counted from 1970. Stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub i64);

/// A day of UTC, counted from 1970: what evidence is kept by. Stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotDay(pub i64);

impl Slot {
    /// The slot that an instant lies in.
    #[must_use]
    pub const fn of(at: Wall) -> Self {
        Self(at.as_us().div_euclid(SLOT_US))
    }

    /// Its first instant.
    #[must_use]
    pub const fn start(self) -> Wall {
        Wall::from_us(self.0.saturating_mul(SLOT_US))
    }

    /// Its middle: who was at work then was at work in it.
    #[must_use]
    pub const fn middle(self) -> Wall {
        Wall::from_us(self.0.saturating_mul(SLOT_US).saturating_add(SLOT_US / 2))
    }

    /// Its first instant no more.
    #[must_use]
    pub const fn end(self) -> Wall {
        Self(self.0.saturating_add(1)).start()
    }

    /// The day that it lies in.
    #[must_use]
    pub const fn day(self) -> SlotDay {
        SlotDay(self.0.div_euclid(1_440))
    }

    /// Its place in its day, from zero.
    #[must_use]
    pub fn minute(self) -> usize {
        usize::try_from(self.0.rem_euclid(1_440)).unwrap_or(0)
    }

    /// So many slots later.
    #[must_use]
    pub const fn plus(self, slots: i64) -> Self {
        Self(self.0.saturating_add(slots))
    }
}

impl SlotDay {
    /// Its first slot.
    #[must_use]
    pub const fn first(self) -> Slot {
        Slot(self.0.saturating_mul(1_440))
    }

    /// The slot at a place of it.
    #[must_use]
    pub fn at(self, minute: usize) -> Slot {
        self.first().plus(i64::try_from(minute).unwrap_or(i64::MAX))
    }

    /// So many days later.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// The slots whose middle lies in a span of time: from its first instant on, without
/// its last.
#[must_use]
pub fn between(from: Wall, to: Wall) -> Range<Slot> {
    let first = |at: Wall| {
        let slot = Slot::of(at);
        if slot.middle() < at {
            slot.plus(1)
        } else {
            slot
        }
    };
    first(from)..first(to).max(first(from))
}

/// How many slots a range has.
#[must_use]
pub fn count(of: &Range<Slot>) -> u32 {
    u32::try_from(of.end.0.saturating_sub(of.start.0)).unwrap_or(0)
}

/// Each slot of a range.
pub fn each(of: Range<Slot>) -> impl Iterator<Item = Slot> {
    (of.start.0..of.end.0).map(Slot)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slot_is_a_minute_also_before_1970() {
        assert_eq!(Slot::of(Wall::from_us(0)), Slot(0));
        assert_eq!(Slot::of(Wall::from_us(59_999_999)), Slot(0));
        assert_eq!(Slot::of(Wall::from_us(-1)), Slot(-1));
        assert_eq!(Slot(-1).day(), SlotDay(-1));
        assert_eq!(Slot(-1).minute(), 1_439);
        assert_eq!(SlotDay(-1).at(1_439), Slot(-1));
    }

    proptest! {
        #[test]
        fn spans_that_touch_share_no_slot_and_leave_none_out(
            a in 0_i64..10_000_000_000, b in 0_i64..600_000_000, c in 0_i64..600_000_000,
        ) {
            let at = |us| Wall::from_us(us);
            let (first, second) = (between(at(a), at(a + b)), between(at(a + b), at(a + b + c)));
            prop_assert_eq!(first.end, second.start);
            let whole = between(at(a), at(a + b + c));
            prop_assert_eq!(count(&first) + count(&second), count(&whole));
        }
    }
}
