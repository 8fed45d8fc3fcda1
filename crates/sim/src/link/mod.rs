//! Villages, their links and a centre, in virtual time.
//!
//! Everything that a box and a centre do with the crate `sync` is done here, with
//! disks that forget what was not synced, links that are cut one way or both, powers
//! that fail between a commit and its acknowledgement, cards that are copied and
//! clocks that are wrong. What must hold is said by an [`oracle`] that knows nothing
//! of the machines: it watches what is written to disks and looks at what the centre
//! has in the end.
//!
//! Everything follows from a seed.
//!
//! | module | noun |
//! |---|---|
//! | [`plan`] | what goes wrong, and when |
//! | [`disk`] | an outbox on a disk that forgets |
//! | [`pipe`] | one direction of a connection |
//! | [`station`] | a box with its disk, its clocks and its people |
//! | [`centre`] | the centre with its tables |
//! | [`world`] | what happens next |
//! | [`village`] | boxes that look whether there is an internet, and what was true |
//! | [`oracle`] | what must hold |
//! | [`figures`] | what it costs |

pub mod centre;
pub mod disk;
pub mod figures;
pub mod oracle;
pub mod pipe;
pub mod plan;
pub mod station;
pub mod village;
pub mod world;

/// Microseconds of the simulated world since 1970.
pub type Instant = u64;

/// A second of the simulated world.
pub const SECOND: Instant = 1_000_000;

/// When the world begins: some Monday.
pub const BEGIN: Instant = 1_767_571_200 * SECOND;
