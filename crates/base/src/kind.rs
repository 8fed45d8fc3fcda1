//! What a caller may do about a failure.
//!
//! Every error of every crate maps to one of these, once, where it is defined;
//! the hall maps these to HTTP status codes, once. So the meaning of a failure
//! does not change on its way out.

/// What a caller may do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What was sent cannot be right: correct it and send it again.
    Invalid,
    /// No such thing, or none that this caller may know of.
    NotFound,
    /// It contradicts what is there: look again, then decide.
    Conflict,
    /// This caller may not.
    Denied,
    /// A limit is reached (disk, sessions, rate): free some or wait.
    Exhausted,
    /// Something that is needed does not answer: the same may work later.
    Unavailable,
    /// What was kept is not what was put there: restore it.
    Corrupt,
    /// The house is wrong: tell its makers.
    Bug,
}
