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
//! | [`centre`] | house | its end of each connection |
//! | [`dial`] | box | a way to the house |
//! | [`said`] | house | what was heard and told, as people see it |
//! | [`kinds`] | both | numbers of records and commands |
//! | [`vitals`] | box | how it is |
//! | [`identity`] | box | what a box keeps about itself |
//! | [`apply`] | box | asking to be let in |
//! | [`outbox`] | box | what it keeps on its disk |
//! | [`site`] | box | its end of the connection |
//! | `carriage` | box | what carries frames, and how it comes to be |
//! | `posts` | box | the same frames by POST, where no line lasts |
//! | [`stick`] | box | its end when there is no connection |

pub mod apply;
mod carriage;
pub mod centre;
pub mod dial;
pub mod door;
pub mod identity;
pub mod kinds;
pub mod outbox;
mod posts;
pub mod said;
pub mod site;
pub mod stick;
pub mod trust;
pub mod vitals;
