//! What is known of each minute of a site's connection.
//!
//! Evidence is what records show, minute by minute, before anybody judges: it was heard,
//! it was at work, this and that was tried. It is a function of the *set* of records. The
//! order in which they come does not matter, so what arrives after days offline leaves
//! the same evidence as if it had never been late.
//!
//! A [`Sheet`] is a day of it. Sheets are kept for as long as the ledger may have to be
//! decided anew.

use std::ops::{BitOr, BitOrAssign};

use crate::slot::{DAY, Slot, SlotDay};

/// What was seen in a slot, as bits. Stored: a bit never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct Seen(pub u16);

impl Seen {
    /// The house held something that the box had just brought.
    pub const HEARD: Self = Self(1);
    /// The box was at work in the middle of the slot.
    pub const ALIVE: Self = Self(1 << 1);
    /// It tried to reach an anchor.
    pub const TRIED: Self = Self(1 << 2);
    /// An anchor answered 204 over TLS.
    pub const HTTPS: Self = Self(1 << 3);
    /// A name was answered.
    pub const DNS: Self = Self(1 << 4);
    /// A TCP connection was taken.
    pub const TCP: Self = Self(1 << 5);
    /// Somebody else answered in an anchor's place.
    pub const PORTAL: Self = Self(1 << 6);
    /// The program was not at work, as it found out when it began again.
    pub const GONE: Self = Self(1 << 7);
    /// And the machine was started anew meanwhile.
    pub const REBOOTED: Self = Self(1 << 8);
    /// And for want of power: nobody had told it to end and its kernel had not
    /// crashed, or the last that it saw was that the mains were gone.
    pub const POWER: Self = Self(1 << 9);
    /// And it had been told to end.
    pub const ORDERLY: Self = Self(1 << 10);
    /// And its kernel had crashed.
    pub const CRASHED: Self = Self(1 << 11);
    /// The mains were gone while it was at work.
    pub const BATTERY: Self = Self(1 << 12);

    /// Whether all of these were seen.
    #[must_use]
    pub const fn has(self, all: Self) -> bool {
        self.0 & all.0 == all.0
    }

    /// Whether a message went through from one end to the other: the house heard it, or
    /// an anchor answered by TLS, or a name and a connection were had.
    #[must_use]
    pub const fn proves(self) -> bool {
        self.has(Self::HEARD) || self.has(Self::HTTPS) || self.has(Self(Self::DNS.0 | Self::TCP.0))
    }
}

impl BitOr for Seen {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Seen {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// All that is known of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Minute {
    /// What was seen.
    pub seen: Seen,
    /// Small questions that were asked, at most 255.
    pub sent: u8,
    /// Those that were not answered.
    pub lost: u8,
    /// The 95th percentile of the round trips, milliseconds; zero: none is known.
    pub rtt_ms: u16,
}

impl Minute {
    /// Both together, in whatever order.
    pub fn add(&mut self, other: Self) {
        self.seen |= other.seen;
        self.sent = self.sent.saturating_add(other.sent);
        self.lost = self.lost.saturating_add(other.lost);
        self.rtt_ms = self.rtt_ms.max(other.rtt_ms);
    }
}

/// A day of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet(Box<[Minute; DAY]>);

impl Default for Sheet {
    fn default() -> Self {
        Self(Box::new([Minute::default(); DAY]))
    }
}

/// How many octets a day has when it is written down plainly.
pub const SHEET_OCTETS: usize = DAY * 6;

impl Sheet {
    /// Its slots, from the first of the day on.
    #[must_use]
    pub fn minutes(&self) -> &[Minute; DAY] {
        &self.0
    }

    /// Adds to one slot of the day.
    pub fn add(&mut self, minute: usize, what: Minute) {
        if let Some(slot) = self.0.get_mut(minute) {
            slot.add(what);
        }
    }

    /// Written down plainly, field after field of all slots: what repeats from slot to
    /// slot then lies beside itself, for whoever packs it. Stored.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(SHEET_OCTETS);
        let fields: [fn(&Minute) -> u8; 6] = [
            |it| it.seen.0.to_le_bytes()[0],
            |it| it.seen.0.to_le_bytes()[1],
            |it| it.sent,
            |it| it.lost,
            |it| it.rtt_ms.to_le_bytes()[0],
            |it| it.rtt_ms.to_le_bytes()[1],
        ];
        for field in fields {
            octets.extend(self.0.iter().map(field));
        }
        octets
    }

    /// Reads what [`to_octets`](Self::to_octets) wrote; none if it is not as long.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        if octets.len() != SHEET_OCTETS {
            return None;
        }
        let mut sheet = Self::default();
        let field = |which: usize, minute: usize| octets[which * DAY + minute];
        for (minute, slot) in sheet.0.iter_mut().enumerate() {
            *slot = Minute {
                seen: Seen(u16::from_le_bytes([field(0, minute), field(1, minute)])),
                sent: field(2, minute),
                lost: field(3, minute),
                rtt_ms: u16::from_le_bytes([field(4, minute), field(5, minute)]),
            };
        }
        Some(sheet)
    }
}

/// Something that was seen, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// In which slot.
    pub slot: Slot,
    /// What.
    pub what: Minute,
}

impl Mark {
    /// In which day.
    #[must_use]
    pub const fn day(&self) -> SlotDay {
        self.slot.day()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn minute() -> impl Strategy<Value = Minute> {
        (0_u16..8_192, 0_u8..12, 0_u8..12, 0_u16..3_000).prop_map(|(seen, sent, lost, rtt_ms)| {
            Minute {
                seen: Seen(seen),
                sent,
                lost,
                rtt_ms,
            }
        })
    }

    proptest! {
        #[test]
        fn evidence_is_of_the_set_and_not_of_the_order(
            marks in prop::collection::vec((0_usize..DAY, minute()), 0..60),
        ) {
            let of = |order: &mut dyn Iterator<Item = &(usize, Minute)>| {
                let mut sheet = Sheet::default();
                order.for_each(|(at, what)| sheet.add(*at, *what));
                sheet
            };
            let there = of(&mut marks.iter());
            prop_assert_eq!(&there, &of(&mut marks.iter().rev()));
            prop_assert_eq!(Some(there.clone()), Sheet::from_octets(&there.to_octets()));
        }
    }

    #[test]
    fn octets_of_another_length_are_no_sheet() {
        assert_eq!(Sheet::from_octets(&[0; SHEET_OCTETS - 1]), None);
    }
}
