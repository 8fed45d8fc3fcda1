//! Packets of ICMP that come when the centre has asked for an echo. What counts as an
//! answer, or as the refusal of a question, is read again here off its octets.
//!
//! Does not cover: the headers that the kernel takes off and the errors that it tells
//! beside a packet (`crates/reach/src/prober/socket.rs`); whether a question was asked,
//! which `crates/reach-core/src/probe/tests.rs` tries.

use reach::doors::echo::{Family, Said, question, read, without_header};

pub fn run(bytes: &[u8]) {
    for family in [Family::V4, Family::V6] {
        let (asks, answers, inner) = match family {
            Family::V4 => (8, 0, 20),
            Family::V6 => (128, 129, 40),
        };
        match read(family, bytes) {
            Said::Answer {
                identifier,
                sequence,
                nonce,
            } => {
                assert_eq!((bytes.len(), bytes[0], bytes[1]), (16, answers, 0));
                assert_eq!(bytes[4..6], identifier.to_be_bytes());
                assert_eq!(bytes[6..8], sequence.to_be_bytes());
                assert_eq!(bytes[8..], nonce.to_be_bytes());
                let asked = question(family, identifier, sequence, nonce);
                assert_eq!(asked[4..], bytes[4..], "what was asked comes back");
                assert_eq!(read(family, &asked), Said::Other, "a question is no answer");
            }
            Said::Refused { question, .. } => {
                assert!(bytes.len() >= 8 + inner + 8, "a header and a question");
                let head = [asks, 0];
                let rest = [
                    question.identifier.to_be_bytes(),
                    question.sequence.to_be_bytes(),
                ];
                let behind = bytes
                    .windows(8)
                    .any(|it| it[..2] == head && it[4..] == rest.concat());
                assert!(behind, "it quotes what it refuses");
                if let Some(nonce) = question.nonce {
                    assert!(bytes.windows(8).any(|it| it == nonce.to_be_bytes()));
                }
            }
            Said::Other => {}
        }
    }
    if let Some(rest) = without_header(bytes) {
        assert!(rest.len() + 20 <= bytes.len());
        assert_eq!((bytes[0] >> 4, bytes[9]), (4, 1));
    }
}
