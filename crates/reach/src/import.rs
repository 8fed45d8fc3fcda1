//! Lists of villages and of points, from files.
//!
//! The hall's intake reads the file; here stands what a list of villages holds
//! ([`contract`]), and what becomes of a row ([`judge`]). A row whose village cannot
//! be told is no fault of the file: it comes in and waits for a person, and as many
//! rows come out as went in. A list of points changes the register itself ([`points`]): a
//! row whose village cannot be told is refused there.

pub(crate) mod contract;
pub(crate) mod judge;
pub(crate) mod points;
