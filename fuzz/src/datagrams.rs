//! The first datagram of anybody who reaches the media port: by the name in it the
//! viewer is found whom it is for.
//!
//! Does not cover: what a viewer's machine makes of it afterwards, which begins with
//! a check of its signature (STUN) or a handshake (DTLS).

use watch::doors;

pub fn run(bytes: &[u8]) {
    let name = doors::datagram(bytes);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        let found = bytes
            .windows(name.len())
            .any(|window| window == name.as_bytes());
        assert!(found, "a name that was not sent");
    }
}
