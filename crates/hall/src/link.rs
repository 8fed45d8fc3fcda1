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
//! | [`told`] | house | what open pages are told of sites |
//! | [`dial`] | box | a way to the house |
//! | [`said`] | house | what was heard and told, as people see it |
//! | [`kinds`] | both | numbers of records and commands |
//! | [`meter`] | box | how many octets it uses |
//! | [`vitals`] | box | how it is |
//! | [`identity`] | box | what a box keeps about itself |
//! | [`apply`] | box | asking to be let in |
//! | [`outbox`] | box | what it keeps on its disk |
//! | [`slots`] | box | its programs: what stands, what is tried |
//! | [`selftest`] | box | whether a program could run here |
//! | [`fetch`] | box | how it gets a release |
//! | [`upkeep`] | box | what it is told to run and to be like |
//! | [`speed`] | box | its end of a test of speed |
//! | [`depot`] | house | where boxes fetch releases |
//! | [`arrived`] | house | what was said, for rooms that make something of it |
//! | [`aside`] | house | what came and could not be read |
//! | [`effects`] | house | what follows from what boxes say |
//! | [`site`] | box | its end of the connection |
//! | `carriage` | box | what carries frames, and how it comes to be |
//! | `posts` | box | the same frames by POST, where no line lasts |
//! | [`stick`] | box | its end when there is no connection |

pub mod apply;
pub mod arrived;
pub mod aside;
mod carriage;
pub mod centre;
pub mod depot;
pub mod dial;
pub mod door;
pub mod effects;
pub mod fetch;
pub mod identity;
pub mod kept;
pub mod kinds;
pub mod meter;
pub mod outbox;
mod posts;
pub mod said;
pub mod selftest;
pub mod site;
pub mod slots;
pub mod speed;
pub mod stick;
mod told;
pub mod trust;
pub mod upkeep;
pub mod vitals;
