//! The line between a site and the house: both ends.
//!
//! A site dials out and nothing ever dials in. One TLS 1.3 connection, ended by the
//! house itself: the box knows the house by the key of its authority, the house knows
//! the box by its own key. Names, addresses and clocks prove nothing on either side.
//!
//! | module | end | noun |
//! |---|---|---|
//! | [`trust`] | both | what a certificate has to show |
//! | [`door`] | house | the port for sites |
//! | [`dial`] | box | a way to the house |
//! | [`identity`] | box | what a box keeps about itself |
//! | [`apply`] | box | asking to be let in |

pub mod apply;
pub mod dial;
pub mod door;
pub mod identity;
pub mod trust;
