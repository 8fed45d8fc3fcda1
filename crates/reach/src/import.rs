//! A list of villages, from a file.
//!
//! The hall's intake reads the file; here stands what a list of villages holds
//! ([`contract`]), and what becomes of a row ([`judge`]). A row whose village cannot
//! be told is no fault of the file: it comes in and waits for a person, and as many
//! rows come out as went in.

pub(crate) mod contract;
pub(crate) mod judge;
