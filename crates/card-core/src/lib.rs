//! The card room's brain.
//!
//! Everything here decides and nothing here does: rows come in as arguments, and what
//! comes out is a result with its reason as a value.
//!
//! | module | question it answers |
//! |---|---|
//! | [`number`] | is this the number of a person or a family, and what does it say? |
//! | [`name`] | are two ways of writing a name the same name? |
//! | [`birth`] | which day is meant? |
//! | [`link`] | which records of many lists are of one person? |

pub mod birth;
mod hash;
pub mod link;
pub mod name;
pub mod number;
