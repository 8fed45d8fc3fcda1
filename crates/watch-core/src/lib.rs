//! The watch room's brain.
//!
//! Everything here decides and nothing here does: bytes, instants and random
//! draws come in as arguments, frames, effects and states come out as values.
//! The hands are in the crate `watch`.
//!
//! | module | question it answers |
//! |---|---|
//! | [`looks`] | which place is that, whatever the light? |
//! | [`payload`] | how does an access unit become packets of at most 1,200 octets? |
//! | [`h264`], [`h265`] | what does each codec do differently, and where can decoding begin? |
//! | [`frame`] | what travels from a camera to its viewers? |
//! | [`timeline`] | which media time has a frame whose camera restarts, jumps or lies? |
//! | [`ring`] | which frames are kept, and what does a slow reader miss? |
//! | [`trail`] | which pictures of the last minute are still there, of all streams? |
//! | [`clip`], [`parameters`] | how do pictures of the past become a film, and how large are they? |
//! | [`sound`] | which sound is passed on, and what does a slow listener miss? |
//! | [`fanout`] | which frame does this viewer get next, under which time stamp? |
//! | [`supervise`] | connect, wait, give up, try again: and in which words? |
//! | [`hold`] | who turns a camera, until when, and when does the house stop it? |
//! | [`happen`] | what of all that a camera says is written down as having happened? |
//! | [`aim`] | how far does a camera turn to have in its middle what was clicked at? |
//! | [`allot`] | who may hold a session of a device that stands only so many? |
//! | [`channel`] | do the channels of a recorder show the places that they did? |
//! | [`lend`] | what is another system told that takes cameras from this house by RTSP? |
//! | [`enumerate`] | which channels of a recorder are still to be asked? |
//! | [`hls`] | which pictures are in the pieces of a list, and when is the turn of each? |

pub mod aim;
pub mod allot;
pub mod channel;
pub mod clip;
pub mod enumerate;
pub mod fanout;
pub mod frame;
pub mod h264;
pub mod h265;
pub mod happen;
pub mod hls;
pub mod hold;
pub mod lend;
pub mod looks;
pub mod parameters;
pub mod payload;
pub mod ring;
pub mod sound;
pub mod supervise;
pub mod timeline;
pub mod trail;
