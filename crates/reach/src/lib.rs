//! The reach room's hands: villages, and what connects them.
//!
//! ```text
//! lists ──▶ import ──▶ claims of the hall ──▶ said ──▶ pages
//!              │            └ reach-core says what the house says, and why
//!              └ reach-core says which village a row means
//! ```
//!
//! | module | noun |
//! |---|---|
//! | `agent` | a box's own checks, at a village |
//! | `prober` | the centre's own look at addresses that it has a route to |
//! | `gauges` | how the room is, in numbers |
//! | `http` | the API of villages, lists, points and targets |
//! | `import` | a list of villages, from a file |
//! | `said` | what the house says of villages, from claims |
//! | `ledger` | how much of a span each site was there |
//! | `sheet` | the evidence of a month, on paper |
//! | `listening` | who is heard now |
//! | `dishes` | what dishes have said last, and whether it is the bill |
//! | `speeds` | how fast connections are, as boxes have measured it |
//! | `jobs` | evidence of records, verdicts of evidence |
//! | `simulated` | villages of the demonstration, put in by the house |
//! | `sql` | the room's tables |
//! | `doors` | what reads bytes of strangers, for the fuzz targets |
//! | `room` | the room as a whole |

pub mod agent;
mod dishes;
#[doc(hidden)]
pub mod doors;
mod gauges;
mod http;
mod import;
mod jobs;
mod ledger;
mod listening;
pub mod prober;
mod room;
mod said;
#[cfg(feature = "print")]
mod sheet;
pub mod simulated;
mod speeds;
mod sql;

pub use room::{Room, open, start};

/// The room's tables.
pub const SCHEMA: store::migrate::Schema = store::schema!(
    "reach",
    "schema",
    [
        (1, "villages"),
        (2, "points"),
        (3, "ledger"),
        (4, "simulated"),
        (5, "dish"),
        (6, "router"),
        (7, "node"),
        (8, "speed")
    ]
);
