//! The same frames in a file, on a stick, or in the body of a POST.
//!
//! Where no connection stands, what a site has can be walked to the centre. The file
//! holds what the site would have said, its greeting first, and the centre answers
//! with a file of what it would have said: its receipt. Either can be read again and
//! again without harm.
//!
//! ```text
//! "betang-carry/1\n"
//! 4 octets     length of the header, little endian
//! header       a Carried of proto/edge.proto: whose, for whom, how much, SHA-256
//! the frames   each with its length before it: 4 octets, little endian
//! ```
//!
//! A body of a POST and its answer are the frames alone.
//!
//! A receipt proves nothing about who wrote it: an acknowledgement in it is believed
//! only where it names the digest of what lies at the site. Who can read a stick can
//! write such a receipt, so the shell of a province that fears it signs them.

use aws_lc_rs::digest;
use base::id::{Agent, Id};
use base::now::Wall;
use prost::Message as _;

use crate::frame::{FRAME_MAX, Frame, Hello};
use crate::identity::{Chain, Seq};
use crate::outgoing::Read;
use crate::queue::Queue;
use crate::record::Row;
use crate::want::Want;
use crate::wire;

/// The longest file, in octets.
pub const FILE_MAX: usize = 256 * 1024 * 1024;

/// The longest body of a POST, in octets.
pub const BODY_MAX: usize = 1024 * 1024;

/// The longest name of a centre, in octets.
pub const CENTRE_MAX: usize = 128;

const MAGIC: &[u8] = b"betang-carry/1\n";

const HEADER_MAX: usize = 512;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Whose frames these are, or whose they answer.
    pub agent: Id<Agent>,
    /// For which centre, or from which.
    pub centre: String,
    /// When it was made, by the clock of who made it.
    pub made: Wall,
}

/// Why octets are not such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// More than there may be.
    #[error("at most {max} octets, this has {found}")]
    Long {
        /// How many there may be.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// It does not begin like one.
    #[error("not a file of a site or a centre")]
    Magic,
    /// What it says of itself cannot be read.
    #[error("the label cannot be read")]
    Label,
    /// It was cut off or changed on its way.
    #[error("the file was cut off or changed on its way")]
    Broken,
}

/// Frames one after the other, each with its length before it.
#[must_use]
pub fn join<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut octets = Vec::new();
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        octets.extend(length.to_le_bytes());
        octets.extend(frame);
    }
    octets
}

/// The frames of what [`join`] made, still as octets.
///
/// # Errors
/// If it is too long, cut off, or a frame is longer than one can be.
pub fn split(octets: &[u8], max: usize) -> Result<Vec<&[u8]>, CarryError> {
    if octets.len() > max {
        return Err(CarryError::Long {
            max,
            found: octets.len(),
        });
    }
    let mut frames = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>().ok_or(CarryError::Broken)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > FRAME_MAX {
            return Err(CarryError::Broken);
        }
        let (frame, tail) = tail.split_at_checked(length).ok_or(CarryError::Broken)?;
        frames.push(frame);
        rest = tail;
    }
    Ok(frames)
}

/// A file of frames.
#[must_use]
pub fn pack<'a>(label: &Label, frames: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let frames: Vec<_> = frames.into_iter().collect();
    let octets = join(frames.iter().copied());
    let header = wire::Carried {
        agent: label.agent.as_bytes().to_vec(),
        centre: label.centre.chars().take(CENTRE_MAX / 4).collect(),
        made_us: label.made.as_us(),
        frames: u32::try_from(frames.len()).unwrap_or(u32::MAX),
        octets: u64::try_from(octets.len()).unwrap_or(u64::MAX),
        sha256: digest::digest(&digest::SHA256, &octets).as_ref().to_vec(),
    }
    .encode_to_vec();
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
    [MAGIC, &length.to_le_bytes(), &header, &octets].concat()
}

/// What a file says of itself, and its frames, still as octets.
///
/// # Errors
/// If it is no such file, or not whole.
pub fn unpack(file: &[u8]) -> Result<(Label, Vec<&[u8]>), CarryError> {
    if file.len() > FILE_MAX {
        return Err(CarryError::Long {
            max: FILE_MAX,
            found: file.len(),
        });
    }
    let rest = file.strip_prefix(MAGIC).ok_or(CarryError::Magic)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(CarryError::Broken)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > HEADER_MAX {
        return Err(CarryError::Label);
    }
    let (header, octets) = rest.split_at_checked(length).ok_or(CarryError::Broken)?;
    let it = wire::Carried::decode(header).map_err(|_| CarryError::Label)?;
    let agent = <[u8; 16]>::try_from(it.agent.as_slice()).map_err(|_| CarryError::Label)?;
    if it.centre.len() > CENTRE_MAX {
        return Err(CarryError::Label);
    }
    let whole = u64::try_from(octets.len()) == Ok(it.octets)
        && digest::digest(&digest::SHA256, octets).as_ref() == it.sha256;
    if !whole {
        return Err(CarryError::Broken);
    }
    let frames = split(octets, FILE_MAX)?;
    if u32::try_from(frames.len()) != Ok(it.frames) {
        return Err(CarryError::Broken);
    }
    let label = Label {
        agent: Id::from_bytes(agent),
        centre: it.centre,
        made: Wall::from_us(it.made_us),
    };
    Ok((label, frames))
}

/// Makes the frames of a file or a POST of what is pending, in the order in which it
/// would be sent. The queue stays as it is: what is in a file is not yet anywhere.
#[derive(Debug)]
pub struct Packer {
    chains: Vec<(Chain, Seq)>,
    want: Option<Want>,
    frames: Vec<Vec<u8>>,
    octets: usize,
    octets_max: usize,
}

impl Packer {
    /// Begins with a greeting; takes no more than `octets_max` octets.
    #[must_use]
    pub fn new(hello: Hello, queue: &Queue, octets_max: usize) -> Self {
        let after = |chain| (chain, queue.acked(chain).unwrap_or_default());
        let hello = Frame::Hello(hello).encode();
        Self {
            chains: queue.chains().map(after).collect(),
            want: None,
            octets: hello.len(),
            frames: vec![hello],
            octets_max: octets_max.min(FILE_MAX),
        }
    }

    /// What to read next; none when everything is packed, or no more fits.
    pub fn read(&mut self, queue: &Queue) -> Option<Read> {
        if self.octets + FRAME_MAX + 8 > self.octets_max {
            return None;
        }
        let mut wants = self
            .chains
            .iter()
            .filter_map(|(chain, after)| queue.want(*chain, *after));
        self.want = wants.next();
        self.want.map(|it| Read {
            chain: it.chain,
            from: it.read_from,
            to: it.read_to,
        })
    }

    /// What was read.
    pub fn rows(&mut self, rows: Vec<Row>, queue: &Queue) {
        let Some(want) = self.want.take() else { return };
        let batch = queue.batch(&want, rows);
        let at = self
            .chains
            .iter()
            .position(|(chain, _)| *chain == want.chain);
        match (batch, at) {
            (Some(batch), Some(at)) => {
                self.chains[at].1 = batch.last();
                let frame = Frame::Batch(batch).encode();
                self.octets += frame.len() + 4;
                self.frames.push(frame);
            }
            (None, Some(at)) => {
                self.chains.remove(at);
            }
            (_, None) => {}
        }
    }

    /// The frames.
    #[must_use]
    pub fn finish(self) -> Vec<Vec<u8>> {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::batch::tests::agent;

    fn label() -> Label {
        Label {
            agent: agent(),
            centre: "palangka".to_owned(),
            made: Wall::from_us(5),
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_packed() {
        let frames: [&[u8]; 3] = [b"one", b"", b"three"];
        let file = pack(&label(), frames);
        assert_eq!(unpack(&file), Ok((label(), frames.to_vec())));
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_refused_whole() {
        let file = pack(&label(), [&b"one"[..], b"two"]);
        for length in 0..file.len() {
            assert!(unpack(&file[..length]).is_err(), "cut at {length}");
        }
        for at in 0..file.len() {
            let mut other = file.clone();
            other[at] ^= 1;
            if let Ok((label, frames)) = unpack(&other) {
                assert_ne!(
                    label,
                    self::label(),
                    "only what it says of itself may differ"
                );
                assert_eq!(frames.len(), 2);
            }
        }
        assert_eq!(unpack(b"PK"), Err(CarryError::Magic));
    }

    proptest! {
        #[test]
        fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = split(&octets, BODY_MAX);
            let _ = unpack(&[MAGIC, &octets].concat());
        }
    }
}
