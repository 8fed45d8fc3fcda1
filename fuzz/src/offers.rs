//! Offers of players that want to watch (SDP, RFC 8866), up to the answer.
//!
//! Does not cover: what the peer sends afterwards (STUN, DTLS, RTCP), which the
//! WebRTC library reads.

use watch::doors;

pub fn run(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Some(answer) = doors::offer(text) else {
        return;
    };
    let media: Vec<_> = answer.split("\r\nm=").skip(1).collect();
    let plays = |media: &&str| {
        let codecs = media.to_ascii_lowercase();
        media.starts_with("video ")
            && !media.starts_with("video 0 ")
            && (media.contains("\r\na=sendonly") || media.contains("\r\na=sendrecv"))
            && (codecs.contains(" h265/90000")
                || codecs.contains(" h264/90000") && codecs.contains("packetization-mode=1"))
    };
    assert!(
        media.iter().any(plays),
        "an answer plays something: {answer}"
    );
    assert!(
        answer.contains("\r\na=ice-lite"),
        "the house has all its candidates"
    );
}
