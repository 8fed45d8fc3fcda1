//! What a camera answers (RTSP, RFC 2326; SDP; Digest): a script of answers, a
//! line `--` between two, `%C` where the number of the request belongs. The last
//! one may go on with packets.
//!
//! Does not cover: UDP transport, whose packets come from sockets of their own;
//! a camera that says nothing and stays, which is the supervisor's matter.

use super::session;

pub fn run(bytes: &[u8]) {
    let mut answers = vec![Vec::new()];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line == b"--\n" {
            answers.push(Vec::new());
        } else if let Some(answer) = answers.last_mut() {
            answer.extend_from_slice(line);
        }
    }
    session::play(&answers, |_, unit| super::rtp::judge(unit));
}
