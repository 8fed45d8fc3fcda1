//! What one viewer got, counted without decoding.
//!
//! Packets are put in order by their sequence numbers; a picture is a run of
//! packets without a gap that ends with the marker (RFC 6184 §5.1). Pictures
//! that never became whole, or that a server left out, show as holes in the RTP
//! stamps between whole ones.
//!
//! Bound: [`WAITING_MAX`] packets behind a gap, then the gap is given up.

use std::collections::BTreeMap;

/// Packets that wait for a missing one: what three seconds of 1.5 Mbit/s bring,
/// by which time nobody sends it again.
const WAITING_MAX: usize = 512;

/// Ticks of 90,000 in a second (RFC 6184 §8.2.1).
const TICKS_PER_SECOND: u32 = 90_000;

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pictures that came whole.
    pub whole: u64,
    /// Pictures that did not come, or not whole.
    pub lost: u64,
    /// Payload of the whole ones, RTP headers excluded.
    pub bits: u64,
    /// Packets of the whole ones.
    pub packets: u64,
}

impl Counts {
    /// What came since.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            whole: self.whole - before.whole,
            lost: self.lost - before.lost,
            bits: self.bits - before.bits,
            packets: self.packets - before.packets,
        }
    }

    /// Of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            whole: self.whole + other.whole,
            lost: self.lost + other.lost,
            bits: self.bits + other.bits,
            packets: self.packets + other.packets,
        }
    }
}

/// A picture that came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Its RTP stamp.
    pub stamp: u32,
    /// Whether a slice of an IDR picture is in it.
    pub key: bool,
}

/// Counts what one viewer got.
#[derive(Debug)]
pub struct Tally {
    /// Ticks between two pictures of the camera.
    interval: u32,
    /// The sequence number that continues the run; none before the first.
    next: Option<u64>,
    waiting: BTreeMap<u64, Piece>,
    open: Open,
    last: Option<u32>,
    counts: Counts,
}

/// A packet without its bytes.
#[derive(Debug, Clone, Copy)]
struct Piece {
    stamp: u32,
    marker: bool,
    octets: u64,
    key: bool,
}

/// The picture that is being put together.
#[derive(Debug, Default)]
struct Open {
    /// Whether its beginning is there: the packet before it ended another.
    from_start: bool,
    packets: u64,
    octets: u64,
    key: bool,
}

impl Tally {
    /// For a camera of that many pictures a second.
    #[must_use]
    pub const fn new(rate: u32) -> Self {
        let rate = if rate == 0 { 1 } else { rate };
        Self {
            interval: TICKS_PER_SECOND / rate,
            next: None,
            waiting: BTreeMap::new(),
            open: Open {
                from_start: true,
                packets: 0,
                octets: 0,
                key: false,
            },
            last: None,
            counts: Counts {
                whole: 0,
                lost: 0,
                bits: 0,
                packets: 0,
            },
        }
    }

    /// Takes a packet, in whatever order they come; `number` does not wrap.
    /// Returns the pictures that it made whole.
    pub fn packet(
        &mut self,
        number: u64,
        stamp: u32,
        marker: bool,
        payload: &[u8],
    ) -> Vec<Picture> {
        let next = *self.next.get_or_insert(number);
        if number < next {
            return Vec::new();
        }
        let piece = Piece {
            stamp,
            marker,
            octets: u64::try_from(payload.len()).unwrap_or(u64::MAX),
            key: holds_idr(payload),
        };
        self.waiting.insert(number, piece);
        let mut whole = Vec::new();
        self.run(&mut whole);
        if self.waiting.len() > WAITING_MAX {
            self.give_up_gap();
            self.run(&mut whole);
        }
        whole
    }

    /// What has come so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    fn run(&mut self, whole: &mut Vec<Picture>) {
        while let Some(next) = self.next {
            let Some(piece) = self.waiting.remove(&next) else {
                return;
            };
            self.next = Some(next + 1);
            self.open.packets += 1;
            self.open.octets += piece.octets;
            self.open.key |= piece.key;
            if piece.marker {
                whole.extend(self.close(piece.stamp));
            }
        }
    }

    fn close(&mut self, stamp: u32) -> Option<Picture> {
        let done = std::mem::replace(
            &mut self.open,
            Open {
                from_start: true,
                ..Open::default()
            },
        );
        if !done.from_start {
            return None;
        }
        if let Some(last) = self.last {
            self.counts.lost += holes(stamp.wrapping_sub(last), self.interval);
        }
        self.last = Some(stamp);
        self.counts.whole += 1;
        self.counts.packets += done.packets;
        self.counts.bits += done.octets * 8;
        Some(Picture {
            stamp,
            key: done.key,
        })
    }

    fn give_up_gap(&mut self) {
        self.next = self.waiting.first_key_value().map(|(number, _)| *number);
        self.open = Open::default();
    }
}

/// How many pictures are missing between two stamps that far apart. A server that
/// lets a viewer catch up sends stamps closer together, never further apart.
fn holes(ticks: u32, interval: u32) -> u64 {
    // More than half the range apart is backwards.
    if ticks > u32::MAX / 2 {
        return 0;
    }
    u64::from((ticks + interval / 2) / interval).saturating_sub(1)
}

/// Whether a slice of an IDR picture begins or goes on in this payload: alone, in
/// an aggregate or as a fragment (RFC 6184 §5.6–5.8).
fn holds_idr(payload: &[u8]) -> bool {
    const IDR: u8 = 5;
    let kind = |octet: &u8| octet & 0x1f;
    match payload.first().map(kind) {
        Some(24) => {
            let mut rest = payload.get(1..).unwrap_or_default();
            while let [a, b, unit @ ..] = rest {
                if unit.first().map(kind) == Some(IDR) {
                    return true;
                }
                let len = usize::from(u16::from_be_bytes([*a, *b]));
                rest = unit.get(len..).unwrap_or_default();
            }
            false
        }
        Some(28) => payload.get(1).map(kind) == Some(IDR),
        other => other == Some(IDR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: &[u8] = &[0x41, 0, 0, 0];
    const I: &[u8] = &[0x65, 0];

    /// Pictures of two packets each, in order; those numbers that are left out.
    fn fed(count: u64, without: &[u64]) -> Tally {
        let mut tally = Tally::new(25);
        for number in 0..count {
            if !without.contains(&number) {
                let stamp = u32::try_from(number / 2 * 3_600).expect("a short film");
                tally.packet(number, stamp, number % 2 == 1, P);
            }
        }
        tally
    }

    #[test]
    fn whole_pictures_are_counted() {
        let counts = fed(20, &[]).counts();
        let expected = Counts {
            whole: 10,
            lost: 0,
            bits: 20 * 4 * 8,
            packets: 20,
        };
        assert_eq!(counts, expected);
    }

    #[test]
    fn a_packet_that_comes_late_makes_the_picture_whole() {
        let mut tally = fed(20, &[7]);
        assert_eq!(tally.counts().whole, 3);
        let whole = tally.packet(7, 3 * 3_600, true, P);
        assert_eq!(whole.len(), 7);
        assert_eq!((tally.counts().whole, tally.counts().lost), (10, 0));
    }

    #[test]
    fn a_first_packet_that_never_comes_costs_its_picture() {
        let counts = fed(600, &[6]).counts();
        assert_eq!((counts.whole, counts.lost), (299, 1));
    }

    #[test]
    fn a_last_one_costs_the_next_too_since_nobody_knows_where_that_begins() {
        let counts = fed(600, &[7]).counts();
        assert_eq!((counts.whole, counts.lost), (298, 2));
    }

    #[test]
    fn pictures_left_out_show_in_the_stamps() {
        let mut tally = Tally::new(25);
        tally.packet(0, 0, true, P);
        tally.packet(1, 4 * 3_600, true, P);
        assert_eq!(tally.counts().lost, 3);
    }

    #[test]
    fn a_burst_a_millisecond_apart_has_no_holes_and_neither_has_jitter() {
        let mut tally = Tally::new(25);
        for (number, stamp) in (0_u64..).zip([u32::MAX - 90, u32::MAX, 89, 179, 3_700, 7_400]) {
            tally.packet(number, stamp, true, P);
        }
        assert_eq!((tally.counts().whole, tally.counts().lost), (6, 0));
    }

    #[test]
    fn twice_is_once() {
        let mut tally = fed(20, &[]);
        assert!(tally.packet(19, 9 * 3_600, true, P).is_empty());
        assert_eq!(tally.counts().whole, 10);
    }

    #[test]
    fn key_frames_are_known_in_every_packing() {
        let aggregate = [&[0x78, 0, 2, 0x67, 1, 0, 2][..], I].concat();
        let cases: [(&[u8], bool); 8] = [
            (P, false),
            (I, true),
            (&[0x7c, 0x85, 1], true),
            (&[0x7c, 0x81, 1], false),
            (&aggregate, true),
            (&[0x78, 0, 2, 0x67, 1], false),
            (&[0x78, 0xff, 0xff, 0x67, 1], false),
            (&[], false),
        ];
        for (payload, key) in cases {
            let mut tally = Tally::new(25);
            let whole = tally.packet(1, 0, true, payload);
            assert_eq!(whole, [Picture { stamp: 0, key }], "{payload:x?}");
        }
    }
}
