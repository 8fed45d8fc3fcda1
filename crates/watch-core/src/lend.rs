//! What another system is told that takes cameras from this house by RTSP (RFC 2326).
//!
//! | module | question it answers |
//! |---|---|
//! | [`wire`] | where does a request end, and what does it say? |
//! | [`proof`] | does whoever asks know the secret (RFC 2617)? |
//! | [`path`] | which picture does an address mean, and how is it to come? |
//! | [`description`] | how is a stream described (RFC 8866, RFC 6184, RFC 7798)? |
//! | [`packet`] | what stands before and beside the payloads of RTP (RFC 3550)? |

pub mod description;
pub mod packet;
pub mod path;
pub mod proof;
pub mod wire;
