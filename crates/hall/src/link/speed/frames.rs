//! Frames of a WebSocket (RFC 6455 §5), as the end that asks reads and writes them.
//!
//! A message of a test may have 2²⁴ octets, and a box has little memory: what is only
//! counted is dropped as it comes, and no more of a message is held than a measurement
//! may have.

use sync::speed::{TAKEN_MAX, TOLD_MAX};

/// What comes before the octets of a frame, at most: two octets, and eight of a length.
const HEAD_MAX: usize = 10;

/// Longest octets of a frame that is no part of a message.
const CONTROL_MAX: u64 = 125;

/// Why what comes is no WebSocket, or none that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Bits that no extension has given a meaning to.
    #[error("a frame of an extension that nobody has agreed on")]
    Reserved,
    /// Of a kind that is none.
    #[error("a frame of an unknown kind")]
    Kind,
    /// Only who asks masks what it sends.
    #[error("a frame that is masked")]
    Masked,
    /// One that is no part of a message is cut or too long.
    #[error("a control frame that is cut or too long")]
    Control,
    /// A part of a message without its beginning, or a message within another.
    #[error("a part of a message that has not begun, or another message within one")]
    Order,
    /// Longer than is taken.
    #[error("a message that is too long")]
    TooLong,
}

/// What has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// So many octets of a binary message; they are gone.
    Octets(usize),
    /// A text, whole.
    Text(Vec<u8>),
    /// The other end asks whether anybody lives; these octets go back.
    Ping(Vec<u8>),
    /// The other end ends it.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Binary,
    Text,
    Ping,
    Pong,
    Close,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    is_last: bool,
    left: u64,
}

/// Reads frames octet by octet.
#[derive(Debug, Default)]
pub struct Reader {
    head: Vec<u8>,
    open: Option<Open>,
    /// The kind of the message that goes on, and its octets so far.
    message: Option<(Kind, u64)>,
    held: Vec<u8>,
}

impl Reader {
    /// Takes some of what has come: how many octets, and what that was. None: more is
    /// needed. Whoever calls goes on until everything is taken.
    ///
    /// # Errors
    /// [`Wrong`]; nothing can be read after that.
    pub fn take(&mut self, octets: &[u8]) -> Result<(usize, Option<Piece>), Wrong> {
        let mut taken = 0;
        if self.open.is_none() {
            while self.open.is_none() {
                let Some(octet) = octets.get(taken) else {
                    return Ok((taken, None));
                };
                taken += 1;
                self.head.push(*octet);
                self.open = self.begin()?;
            }
            self.head.clear();
        }
        let Some(open) = &mut self.open else {
            return Ok((taken, None));
        };
        let there = &octets[taken..];
        let some = usize::try_from(open.left).map_or(there.len(), |left| left.min(there.len()));
        open.left -= some as u64;
        let (kind, is_over) = (open.kind, open.left == 0);
        let is_last = open.is_last;
        if kind != Kind::Binary {
            self.held.extend_from_slice(&there[..some]);
        }
        if is_over {
            self.open = None;
        }
        taken += some;
        let piece = match kind {
            Kind::Binary => {
                if is_over && is_last {
                    self.message = None;
                }
                (some > 0).then_some(Piece::Octets(some))
            }
            Kind::Text if is_over && is_last => {
                self.message = None;
                Some(Piece::Text(std::mem::take(&mut self.held)))
            }
            Kind::Ping if is_over => Some(Piece::Ping(self.control())),
            Kind::Pong if is_over => {
                self.control();
                None
            }
            Kind::Close if is_over => Some(Piece::Close),
            _ => None,
        };
        Ok((taken, piece))
    }

    /// A frame whose head is whole; none yet.
    fn begin(&mut self) -> Result<Option<Open>, Wrong> {
        let [first, second, more @ ..] = self.head.as_slice() else {
            return Ok(None);
        };
        let long = match second & 0x7f {
            126 => 2,
            127 => HEAD_MAX - 2,
            _ => 0,
        };
        if more.len() < long {
            return Ok(None);
        }
        if first & 0x70 != 0 {
            return Err(Wrong::Reserved);
        }
        if second & 0x80 != 0 {
            return Err(Wrong::Masked);
        }
        let left = match long {
            0 => u64::from(second & 0x7f),
            _ => more
                .iter()
                .fold(0, |left: u64, octet| left << 8 | u64::from(*octet)),
        };
        let is_last = first & 0x80 != 0;
        let kind = match (first & 0x0f, self.message) {
            (0, Some((kind, _))) => kind,
            (1, None) => Kind::Text,
            (2, None) => Kind::Binary,
            (0..=2, _) => return Err(Wrong::Order),
            (8, _) => Kind::Close,
            (9, _) => Kind::Ping,
            (10, _) => Kind::Pong,
            _ => return Err(Wrong::Kind),
        };
        if matches!(kind, Kind::Close | Kind::Ping | Kind::Pong) {
            // One within a text would be mixed up with it: those are short and whole.
            if !is_last || left > CONTROL_MAX {
                return Err(Wrong::Control);
            }
            if !self.held.is_empty() {
                return Err(Wrong::Order);
            }
        } else {
            let (_, before) = self.message.unwrap_or((kind, 0));
            let all = before.checked_add(left).ok_or(Wrong::TooLong)?;
            let most = match kind {
                Kind::Text => TOLD_MAX,
                _ => TAKEN_MAX,
            };
            if all > most as u64 {
                return Err(Wrong::TooLong);
            }
            self.message = Some((kind, all));
        }
        Ok(Some(Open {
            kind,
            is_last,
            left,
        }))
    }

    fn control(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }
}

/// What a frame is that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A whole binary message.
    Binary,
    /// A whole text.
    Text,
    /// The answer to a ping.
    Pong,
    /// The last word.
    Close,
}

/// What stands before so many octets, which are masked with `mask`.
#[must_use]
pub fn head(sort: Sort, octets: usize, mask: [u8; 4]) -> Vec<u8> {
    let kind: u8 = match sort {
        Sort::Text => 1,
        Sort::Binary => 2,
        Sort::Close => 8,
        Sort::Pong => 10,
    };
    let mut head = vec![0x80 | kind];
    match (u8::try_from(octets), u16::try_from(octets)) {
        (Ok(short @ 0..=125), _) => head.push(0x80 | short),
        (_, Ok(medium)) => {
            head.push(0x80 | 126);
            head.extend(medium.to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend((octets as u64).to_be_bytes());
        }
    }
    head.extend(mask);
    head
}

/// A whole frame.
#[must_use]
pub fn whole(sort: Sort, octets: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = head(sort, octets.len(), mask);
    let masked = octets.iter().zip(mask.iter().cycle());
    frame.extend(masked.map(|(octet, mask)| octet ^ mask));
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything that can be read, in pieces of that length.
    fn read(octets: &[u8], by: usize) -> Result<Vec<Piece>, Wrong> {
        let mut reader = Reader::default();
        let mut all: Vec<Piece> = Vec::new();
        for mut some in octets.chunks(by) {
            while !some.is_empty() {
                let (taken, piece) = reader.take(some)?;
                assert!(taken > 0, "it goes on");
                some = &some[taken..];
                match (all.last_mut(), piece) {
                    (Some(Piece::Octets(n)), Some(Piece::Octets(more))) => *n += more,
                    (_, piece) => all.extend(piece),
                }
            }
        }
        Ok(all)
    }

    fn frame(first: u8, length: &[u8], body: usize) -> Vec<u8> {
        let mut frame = vec![first];
        frame.extend(length);
        frame.extend(std::iter::repeat_n(b'x', body));
        frame
    }

    #[test]
    fn frames_are_read_however_they_are_cut() {
        let long = 70_000_u64.to_be_bytes();
        let octets = [
            frame(0x82, &[5], 5),
            frame(0x82, &[126, 1, 0], 256),
            frame(0x02, &[&[127], long.as_slice()].concat(), 70_000),
            frame(0x89, &[2], 2),
            frame(0x80, &[3], 3),
            frame(0x01, &[1], 1),
            frame(0x80, &[2], 2),
            frame(0x8a, &[0], 0),
            frame(0x81, &[0], 0),
            frame(0x88, &[2], 2),
        ]
        .concat();
        let expected = [
            Piece::Octets(5 + 256 + 70_000),
            Piece::Ping(b"xx".to_vec()),
            Piece::Octets(3),
            Piece::Text(b"xxx".to_vec()),
            Piece::Text(Vec::new()),
            Piece::Close,
        ];
        for by in [1, 2, 7, 1_000, octets.len()] {
            assert_eq!(read(&octets, by).as_deref(), Ok(&expected[..]), "{by}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let huge = [&[127][..], &(1_u64 << 24).to_be_bytes()].concat();
        let over = [&[127][..], &((1_u64 << 24) + 1).to_be_bytes()].concat();
        assert!(read(&frame(0x82, &huge, 3), 9).is_ok());
        let table: [(&[Vec<u8>], Wrong); 10] = [
            (&[frame(0xc2, &[0], 0)], Wrong::Reserved),
            (&[frame(0x83, &[0], 0)], Wrong::Kind),
            (&[frame(0x82, &[0x80], 4)], Wrong::Masked),
            (&[frame(0x09, &[0], 0)], Wrong::Control),
            (&[frame(0x89, &[126, 0, 126], 0)], Wrong::Control),
            (&[frame(0x80, &[1], 1)], Wrong::Order),
            (&[frame(0x02, &[1], 1), frame(0x82, &[1], 1)], Wrong::Order),
            (&[frame(0x82, &over, 0)], Wrong::TooLong),
            (&[frame(0x81, &[126, 0x40, 1], 0)], Wrong::TooLong),
            (
                &[frame(0x02, &huge, 1 << 24), frame(0x80, &[1], 0)],
                Wrong::TooLong,
            ),
        ];
        for (frames, wrong) in table {
            assert_eq!(read(&frames.concat(), 65_536), Err(wrong));
        }
    }

    #[test]
    fn what_is_sent_is_masked() {
        let mask = [1, 2, 3, 4];
        let text = whole(Sort::Text, b"abcde", mask);
        assert_eq!(text[..2], [0x81, 0x85]);
        assert_eq!(text[2..6], mask);
        assert_eq!(
            text[6..],
            [b'a' ^ 1, b'b' ^ 2, b'c' ^ 3, b'd' ^ 4, b'e' ^ 1]
        );
        assert_eq!(head(Sort::Binary, 126, mask)[..4], [0x82, 0xfe, 0, 126]);
        let long = head(Sort::Binary, 1 << 20, mask);
        assert_eq!(long[..10], [0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0]);
    }

    proptest! {
        /// Nothing that comes makes it hold more than it may, or stand still.
        #[test]
        fn no_octets_harm(octets in prop::collection::vec(any::<u8>(), 0..400), by in 1_usize..50) {
            let mut reader = Reader::default();
            'all: for mut some in octets.chunks(by) {
                while !some.is_empty() {
                    let Ok((taken, _)) = reader.take(some) else {
                        break 'all;
                    };
                    prop_assert!(taken > 0 && reader.held.len() <= TOLD_MAX);
                    some = &some[taken..];
                }
            }
        }
    }
}
