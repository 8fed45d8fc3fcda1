//! Datagrams that come back when a box has asked for a name. What counts as an answer is
//! read again here off its octets.
//!
//! Does not cover: whose datagram it is, which the kernel sees to; what becomes of the
//! address (`crates/reach/src/agent/question.rs`).

use reach::doors::{Answer, answer, question};

const NUMBER: u16 = 0x6201;
const NAME: &str = "cek.example.id";

pub fn run(bytes: &[u8]) {
    let asked = question(NUMBER, NAME).expect("a question");
    assert_eq!(
        answer(&asked, NUMBER, NAME),
        Answer::Other,
        "a question is no answer"
    );
    let read = answer(bytes, NUMBER, NAME);
    if read != Answer::Other {
        let head = bytes.first_chunk::<12>().expect("a header");
        assert_eq!(head[..2], NUMBER.to_be_bytes(), "the number");
        assert_ne!(head[2] & 0x80, 0, "a response");
        assert_eq!(head[4..6], [0, 1], "one question");
        let code = head[3] & 0x0f;
        assert_eq!(read == Answer::Refused, code != 0 && code != 3);
    }
    if let Answer::Address(address) = read {
        let octets = address.octets();
        assert!(bytes.windows(4).any(|it| it == octets), "it was told");
    }
    if let Ok(name) = str::from_utf8(bytes)
        && let Some(octets) = question(NUMBER, name)
    {
        assert!(octets.len() <= 12 + 255 + 4, "a name has its bound");
        assert_eq!(answer(&octets, NUMBER, name), Answer::Other);
    }
}
