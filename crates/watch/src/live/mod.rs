//! From the hub to the viewers.
//!
//! [`session`] is one viewer: a WebRTC peer and its place in a stream.
//! [`answer`] is what such a peer is told beyond what the library writes.
//! [`seats`] says who sits where, and when each wants to be looked at again.
//! [`socket`] sends what belongs together in one system call, [`tcp`] serves
//! those whose network passes no UDP.
//! [`engine`] owns the port and all viewers, and is the only task that touches
//! them; others talk to it through [`Engine`].
//!
//! Only this module knows the WebRTC library.

mod answer;
mod engine;
mod seats;
mod session;
mod socket;
mod tcp;

pub(crate) use engine::name_in;
pub use engine::{Chair, Ended, Engine, EngineError, Guest, Joined, OF_ONE_MAX, Seen, VIEWERS_MAX};
pub use session::OfferError;
pub(crate) use session::{OFFER_MAX, Terms, answer_alone};
pub use tcp::{Line, speaks_stun};
