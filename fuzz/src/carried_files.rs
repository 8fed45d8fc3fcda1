//! What comes on a stick or in the body of a POST: frames in a file.
//!
//! Input: a file, or a body. The sum over a file stops a search at its edge; what lies
//! behind it are lengths, which a body has as well.
//!
//! Does not cover: the frames themselves (`link_frames`); who may bring a file.

use sync::carry::{BODY_MAX, join, pack, split, unpack};

pub fn run(bytes: &[u8]) {
    if let Ok(frames) = split(bytes, BODY_MAX) {
        assert_eq!(join(frames), bytes, "cut and joined, the same");
    }
    let Ok((label, frames)) = unpack(bytes) else {
        return;
    };
    let again = pack(&label, frames.iter().copied());
    let read = unpack(&again).expect("what was packed here");
    assert_eq!(read.1, frames, "packed and read again, the same frames");
    assert_eq!(read.0.agent, label.agent);
}
