//! Lists of pieces, and the pieces themselves, as a publisher hands them out: the first
//! octet says which. Pictures are the same in whatever portions they arrive, are access
//! units that can be cut into packets, and begin where it is said that decoding can.
//!
//! Does not cover: HTTP, which a library reads, and what decoders make of the pictures.

use watch::doors::frame::Codec;
use watch::doors::hls::playlist::{Coding, PIECES_MAX, Playlist, VARIANTS_MAX, best};
use watch::doors::hls::{Unfit, Unit, fmp4, ts};
use watch::doors::payload::annex_b;

pub fn run(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    match kind {
        b'l' => list(&String::from_utf8_lossy(rest)),
        b't' => alike(rest, |octets, step| {
            let (mut demux, mut out) = (ts::Demux::default(), Vec::new());
            for part in octets.chunks(step) {
                demux.push(part, &mut out)?;
            }
            demux.end(false, &mut out)?;
            Ok(out)
        }),
        // How many octets stand before all pieces.
        b'm' => {
            let Some((len, rest)) = rest.split_first_chunk() else {
                return;
            };
            let len = usize::from(u16::from_be_bytes(*len)).min(rest.len());
            let (head, piece) = rest.split_at(len);
            let Ok(head) = fmp4::Head::read(head) else {
                return;
            };
            alike(piece, |octets, step| {
                let mut demux = fmp4::Demux::new(head.clone());
                let mut out = Vec::new();
                for part in octets.chunks(step) {
                    demux.push(part, &mut out)?;
                }
                demux.end()?;
                Ok(out)
            });
        }
        _ => {}
    }
}

fn list(text: &str) {
    match Playlist::read(text) {
        Ok(Playlist::Variants(variants)) => {
            assert!((1..=VARIANTS_MAX).contains(&variants.len()));
            let best = best(&variants);
            assert!(best.is_none_or(|best| best.coding != Coding::Other));
        }
        Ok(Playlist::Pieces(list)) => {
            assert!(list.pieces.len() <= PIECES_MAX && !list.target.is_zero());
            let numbers = list.pieces.iter().map(|piece| piece.number);
            assert!(numbers.is_sorted(), "numbers go up");
        }
        Err(unfit) => assert!(!unfit.to_string().is_empty()),
    }
}

fn alike(octets: &[u8], read: impl Fn(&[u8], usize) -> Result<Vec<Unit>, Unfit>) {
    let whole = read(octets, octets.len().max(1));
    // Octet by octet takes long for what is long.
    for step in [if octets.len() < 4_096 { 1 } else { 97 }, 188, 1_000] {
        let parts = read(octets, step);
        assert_eq!(parts, whole, "{step} octets at a time");
    }
    let Ok(units) = whole else {
        return;
    };
    for unit in units {
        assert!(annex_b(&unit.octets).is_ok(), "lengths add up");
        if let Ok(cut) = unit.codec.cut(&unit.octets) {
            assert_eq!(cut.key, unit.key, "where decoding can begin");
        }
        assert!(matches!(unit.codec, Codec::H264 | Codec::H265));
    }
}
