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
//! | [`list`] | what is a list a list of, and how much does it say? |
//! | [`household`] | which persons are one family? |
//! | [`identity`] | who stays who, when persons are made anew? |
//! | [`business`] | what does a row of a list of businesses say of one? |
//! | [`facts`] | what is known of families, persons and businesses, in columns? |
//! | [`rule`] | who should receive, by which rule, and why? |
//! | [`decree`] | who leaves a list, and who has decided that? |
//! | [`compare`] | who enters, who leaves, and who is near a line? |
//! | [`review`] | which pairs are people asked about, and how good is the linkage? |
//! | [`measure`] | who is visited, and how many of those who receive should? |
//! | [`running`] | what speaks against a row of the running list, and who is not on it? |

pub mod birth;
pub mod business;
pub mod compare;
pub mod decree;
pub mod facts;
mod hash;
pub mod household;
pub mod identity;
pub mod link;
pub mod list;
pub mod measure;
pub mod name;
pub mod number;
pub mod review;
pub mod rule;
pub mod running;
