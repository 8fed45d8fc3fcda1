//! The frames of a WebSocket in which the other end of a test of speed sends.
//!
//! Does not cover: the handshake before them, which a library reads, and that the octets
//! of a test come with a pace, which the box looks at.

use hall::link::speed::frames::{Piece, Reader, Wrong};
use sync::speed::TOLD_MAX;

/// Everything that can be read of pieces of so many octets, and why no more.
fn read(bytes: &[u8], by: usize) -> (Vec<Piece>, Option<Wrong>) {
    let mut reader = Reader::default();
    let mut pieces: Vec<Piece> = Vec::new();
    for mut some in bytes.chunks(by) {
        while !some.is_empty() {
            match reader.take(some) {
                Ok((taken, piece)) => {
                    assert!(taken > 0 && taken <= some.len(), "it goes on");
                    some = &some[taken..];
                    match (pieces.last_mut(), piece) {
                        (Some(Piece::Octets(n)), Some(Piece::Octets(more))) => *n += more,
                        (_, piece) => pieces.extend(piece),
                    }
                }
                Err(wrong) => return (pieces, Some(wrong)),
            }
        }
    }
    (pieces, None)
}

pub fn run(bytes: &[u8]) {
    let Some((by, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(
        read(bytes, usize::from(*by) + 1),
        whole,
        "however it is cut"
    );
    let mut octets = 0;
    for piece in &whole.0 {
        match piece {
            Piece::Octets(some) => octets += some,
            Piece::Text(text) => assert!(text.len() <= TOLD_MAX),
            Piece::Ping(told) => assert!(told.len() <= 125),
            Piece::Close => {}
        }
    }
    assert!(octets <= bytes.len(), "what is counted has come");
}
