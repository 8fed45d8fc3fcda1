//! What every room opens onto.
//!
//! Charter: a thing enters the hall when two rooms need it today and it has a
//! noun. There is no `util` here and no `common`.
//!
//! | module | noun |
//! |---|---|
//! | [`hall`] | the hall itself, handed to every room |
//! | [`clock`], [`task`] | the only readers of clocks, the only spawner |
//! | [`config`] | how the house is set up |
//! | [`guard`] | who may do what, where |
//! | [`session`], [`token`], [`password`], [`limit`] | how one becomes somebody |
//! | [`factor`], [`network`] | what else one shows, and where none is asked for |
//! | [`emergency`] | the sealed way in, when no other is left |
//! | [`oidc`] | people whom a provider outside vouches for |
//! | [`screen`] | televisions on walls, paired by a code |
//! | [`staff`], [`agencies`], [`areas`] | people, offices, places |
//! | [`gazetteer`] | which area a list means |
//! | [`site`], [`enrol`] | places that dial in, and how their boxes are let in |
//! | [`simulated`] | sites that are made up, in a house that says so |
//! | [`ca`] | who signs for them |
//! | [`release`] | programs for boxes, and to whom they are offered |
//! | [`link`] | both ends of the line between a site and the house |
//! | [`audit`] | what has been done, by whom |
//! | [`vault`] | secrets at rest |
//! | [`source`] | where data comes from |
//! | [`claim`] | what somebody has said |
//! | [`intake`] | files of others on their way in |
//! | [`incident`], [`shift`] | what is wrong and what is being done about it; whose turn it is |
//! | [`live`] | what open pages are told |
//! | [`problem`] | failures on their way out; the only file with status codes |
//! | [`request`], [`proxy`], [`headers`], [`tls`] | what surrounds every answer |
//! | [`local`] | the door for whoever owns the machine |
//! | [`line`], [`words`] | a line of text that a person has typed; words of a closed list |
//! | [`disk`] | what the disk below a folder is like |
//! | [`files`] | how many files may be open |
//! | [`memory`] | what the machine may write of this process to a disk |
//! | [`metrics`], `gauges`, `process` | what the house measures of itself, how it is, what the kernel says of it |
//! | [`outward`] | where the house connects to for somebody |
//! | `speed` | tests of how fast the line to the house is |
//! | `print` | sheets on paper |
//! | [`csv`], [`idempotency`] | tables as files; a request sent twice |

pub mod agencies;
pub mod areas;
pub mod audit;
pub mod ca;
pub mod claim;
pub mod clock;
pub mod config;
pub mod csv;
pub mod disk;
#[doc(hidden)]
pub mod doors;
pub mod emergency;
pub mod enrol;
pub mod factor;
pub mod files;
mod gauges;
pub mod gazetteer;
pub mod guard;
pub mod hall;
pub mod headers;
pub mod house;
pub mod http;
pub mod idempotency;
pub mod incident;
pub mod intake;
pub mod limit;
pub mod line;
pub mod link;
pub mod live;
pub mod local;
pub mod memory;
pub mod metrics;
pub mod network;
pub mod oidc;
pub mod outward;
pub mod password;
#[cfg(feature = "print")]
pub mod print;
pub mod problem;
mod process;
pub mod proxy;
pub mod release;
pub mod request;
pub mod schema;
pub mod screen;
pub mod session;
pub mod shift;
pub mod simulated;
pub mod site;
pub mod source;
mod speed;
mod sql;
pub mod staff;
pub mod task;
pub mod tls;
pub mod token;
pub mod vault;
pub mod words;

pub use hall::{Hall, HallError};
pub use schema::SCHEMA;
