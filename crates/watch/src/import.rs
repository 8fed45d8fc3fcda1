//! Many cameras at once, from a file.
//!
//! The hall's intake reads the file; here stands what a list of cameras holds
//! ([`contract`]), what it is judged against ([`context`]), and how one row is
//! judged ([`judge`]). What is judged well is written by the same hand as a form.

pub(crate) mod context;
pub(crate) mod contract;
pub(crate) mod judge;
