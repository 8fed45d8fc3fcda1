//! From a camera to the hub.
//!
//! [`session`] holds one session of RTSP, or one with a list of pieces ([`pull`]), and knows
//! nothing of yesterday.
//! [`stream`] holds one stream for as long as the house stands, and asks
//! [`watch_core::supervise`] when to open a session and when to let it go.
//! [`hearing`] and [`sound`] are the same for what a camera hears, where it may be
//! heard. [`gate`] says where sessions may go, and ends one that takes without end.

pub mod gate;
pub(crate) mod hearing;
pub mod pull;
pub mod session;
pub(crate) mod sound;
pub(crate) mod stream;
