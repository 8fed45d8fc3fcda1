//! What records and commands are, by their numbers. Sent and stored: a number is
//! never used for something else.

use sync::record::Kind;

/// How a box is: a [`super::vitals::Vitals`]. A sample.
pub const VITALS: Kind = Kind(64);

/// The program of a box has started: a [`super::vitals::Vitals`]. An event.
pub const STARTED: Kind = Kind(65);

/// What became of a release: a [`sync::release::Updated`]. An event.
pub const UPDATED: Kind = Kind(66);

/// What became of a configuration: a [`sync::desired::Configured`]. An event.
pub const CONFIGURED: Kind = Kind(67);

/// The outbox of a box was damaged and put aside: a [`super::outbox::Wrecked`]. An event.
pub const WRECKED: Kind = Kind(68);

/// A box has looked whether there is an internet: a `reach_core::round::Round`. An event.
pub const ROUND: Kind = Kind(96);

/// The program of a box has begun, and how it ended before: a
/// `reach_core::round::Began`. An event.
pub const BEGAN: Kind = Kind(97);

/// A box has asked the dish beside it: a `reach_core::dish::Said`. An event when what it
/// says in a word has changed, else a sample.
pub const DISH: Kind = Kind(98);

/// A box has measured how fast its connection is: a `reach_core::speed::Tested`. A sample.
pub const SPEED: Kind = Kind(99);

/// Say how you are: the outcome is the same as JSON.
pub const HOW_ARE_YOU: u32 = 1;

/// Take this release: the body is a [`sync::release::Signed`].
pub const UPGRADE: u32 = 2;

/// Be like this: the body is what [`sync::desired::unseal`] reads.
pub const CONFIGURE: u32 = 3;

/// Measure how fast the connection is: the body is a `reach_core::speed::Ask`, the outcome
/// a word or JSON. Not to be done twice: it costs octets of the village.
pub const MEASURE: u32 = 4;

/// What boxes read each minute or oftener, and what is held for a term only: a room has made
/// of it what stays.
pub const READINGS: [Kind; 3] = [VITALS, ROUND, DISH];

/// The word of a kind of record; its number where this house does not know it.
#[must_use]
pub fn record(kind: i64) -> String {
    let known = [
        (Kind::CLOCK, "clock"),
        (Kind::OUTCOME, "outcome"),
        (VITALS, "vitals"),
        (STARTED, "started"),
        (UPDATED, "updated"),
        (CONFIGURED, "configured"),
        (WRECKED, "wrecked"),
        (ROUND, "round"),
        (BEGAN, "began"),
        (DISH, "dish"),
        (SPEED, "speed"),
    ];
    let word = known.iter().find(|(known, _)| i64::from(known.0) == kind);
    word.map_or_else(|| kind.to_string(), |(_, word)| (*word).to_owned())
}

/// The word of a kind of command; its number where this house does not know it.
#[must_use]
pub fn command(kind: i64) -> String {
    let known = [
        (HOW_ARE_YOU, "how_are_you"),
        (UPGRADE, "upgrade"),
        (CONFIGURE, "configure"),
        (MEASURE, "measure"),
    ];
    let word = known.iter().find(|(known, _)| i64::from(*known) == kind);
    word.map_or_else(|| kind.to_string(), |(_, word)| (*word).to_owned())
}
