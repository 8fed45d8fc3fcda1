//! A datagram as an answer to a probe on the network (WS-Discovery): nothing takes the stack,
//! no text that is shown is long, said again it is the same, and whatever it names, the
//! machine that would be asked is the one that has sent it.
//!
//! Does not cover: sockets, and how much is listened to, which the tests of the room hold.

use watch::doors;

/// As `crates/watch/src/discover/answer.rs` has it for an identity; names are shorter.
const TEXT_MAX: usize = 80;

/// Devices of one datagram.
const DEVICES_MAX: usize = 16;

pub fn run(bytes: &[u8]) {
    let answered = doors::discovery_answer(bytes);
    assert!(answered.longest <= TEXT_MAX, "what is shown is cut");
    assert!(answered.devices <= DEVICES_MAX, "one machine fills no list");
    assert!(
        answered.hosts.iter().all(|host| host == "10.0.0.9"),
        "nobody is led elsewhere"
    );
}
