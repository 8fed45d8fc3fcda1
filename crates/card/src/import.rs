//! Lists of people, from files.
//!
//! ```text
//! octets ─▶ sealed blob ─▶ read row by row ─▶ judged ─▶ report
//!                               └────────────▶ sealed rows, staged ─▶ standing
//! ```
//!
//! A list may have millions of rows and is never held in memory. It is written in many
//! small transactions that nobody reads, and stands with the last of them: all of it, or
//! nothing. What was being written when the house stopped is taken away again.
//!
//! | module | noun |
//! |---|---|
//! | `contract` | the columns of each kind of list |
//! | `judge` | what a row says, and what is wrong with it |
//! | `report` | what was found about all rows |
//! | `desk` | an import from its upload to its report |
//! | `write` | a list on its way into the tables |
//! | `kept` | how long files are kept, and what a start finds half done |

pub(crate) mod contract;
pub(crate) mod desk;
pub(crate) mod judge;
pub(crate) mod kept;
pub(crate) mod report;
pub(crate) mod write;
