//! Which frames are kept, and what a slow reader misses.
//!
//! A stream keeps the pictures from its newest key frame on, and a second more
//! for readers that are a little behind. Readers own nothing but a cursor, so a
//! thousand of them cost no queue: whoever falls off the tail skips to the
//! newest key frame, whoever joins begins there.
//!
//! Bound: [`BYTES_MAX`]. Policy: a group of pictures that outgrows it is let go
//! whole, and joiners wait for the next key frame.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base::unit::Bytes;

use crate::frame::Frame;

/// What one stream may keep: 10 s at 6 Mbit/s, which is a long GOP of a good
/// camera.
pub const BYTES_MAX: Bytes = Bytes::from_mib(8);

/// How long frames stay behind a newer key frame.
pub const GRACE: Duration = Duration::from_secs(1);

/// The number of a frame in its stream, counted from the start of the ring.
pub type FrameNo = u64;

/// The newest frames of one stream.
#[derive(Debug)]
pub struct Ring {
    frames: VecDeque<Arc<Frame>>,
    /// The number of the frame that comes next.
    next: FrameNo,
    /// The newest key frame that is still kept.
    key: Option<FrameNo>,
    bytes: Bytes,
    bytes_max: Bytes,
}

/// What a reader finds at its cursor.
#[derive(Debug, Clone)]
pub enum Found {
    /// The frame it asked for.
    Frame(Arc<Frame>),
    /// It has everything; more comes.
    UpToDate,
    /// It was too slow and its frame is gone; go on at a key frame, if any.
    Lost,
}

impl Default for Ring {
    fn default() -> Self {
        Self::bounded(BYTES_MAX)
    }
}

impl Ring {
    /// An empty ring of at most that size.
    #[must_use]
    pub const fn bounded(bytes_max: Bytes) -> Self {
        Self {
            frames: VecDeque::new(),
            next: 0,
            key: None,
            bytes: Bytes::ZERO,
            bytes_max,
        }
    }

    /// Takes the next frame and lets go of those that nobody may still want.
    pub fn push(&mut self, frame: Arc<Frame>) {
        if frame.key {
            self.key = Some(self.next);
        }
        self.bytes += frame.weight();
        self.next += 1;
        let newest = frame.arrived.mono;
        self.frames.push_back(frame);
        while let Some(front) = self.frames.front() {
            let before_key = self.key.is_none_or(|key| self.first() < key);
            let stale = before_key && newest.since(front.arrived.mono) > GRACE;
            if !stale && self.bytes <= self.bytes_max {
                break;
            }
            self.drop_front();
        }
    }

    /// Where a new reader begins: the newest key frame.
    #[must_use]
    pub const fn join(&self) -> Option<FrameNo> {
        self.key
    }

    /// The number that the next frame will have.
    #[must_use]
    pub const fn end(&self) -> FrameNo {
        self.next
    }

    /// The frame with that number.
    #[must_use]
    pub fn at(&self, number: FrameNo) -> Found {
        if number >= self.next {
            return Found::UpToDate;
        }
        number
            .checked_sub(self.first())
            .and_then(|i| usize::try_from(i).ok())
            .and_then(|i| self.frames.get(i))
            .map_or(Found::Lost, |frame| Found::Frame(Arc::clone(frame)))
    }

    /// The newest frame.
    #[must_use]
    pub fn newest(&self) -> Option<&Arc<Frame>> {
        self.frames.back()
    }

    /// The newest key frame.
    #[must_use]
    pub fn newest_key(&self) -> Option<Arc<Frame>> {
        match self.at(self.key?) {
            Found::Frame(frame) => Some(frame),
            Found::UpToDate | Found::Lost => None,
        }
    }

    /// What it keeps, in octets.
    #[must_use]
    pub const fn bytes(&self) -> Bytes {
        self.bytes
    }

    /// Forgets everything: the stream has ended, and its last pictures must not
    /// be taken for new ones.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.key = None;
        self.bytes = Bytes::ZERO;
    }

    fn first(&self) -> FrameNo {
        self.next - u64::try_from(self.frames.len()).unwrap_or(0)
    }

    fn drop_front(&mut self) {
        let number = self.first();
        if let Some(frame) = self.frames.pop_front() {
            self.bytes = Bytes::new(self.bytes.as_u64() - frame.weight().as_u64());
        }
        if self.key == Some(number) {
            self.key = None;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use base::now::{Mono, Now, Wall};
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Codec, MediaTime, Packet};

    /// A frame that arrives `i` twenty-fifths of a second after the start.
    pub(crate) fn frame(i: u64, key: bool, size: usize) -> Arc<Frame> {
        Arc::new(Frame {
            time: MediaTime::from_ticks(i * 3_600),
            arrived: Now {
                mono: Mono::from_us(i * 40_000),
                wall: Wall::from_us(0) + Duration::from_millis(i * 40),
            },
            codec: Codec::H264,
            key,
            packets: [Packet {
                payload: vec![0; size].into(),
                marker: true,
            }]
            .into(),
        })
    }

    #[test]
    fn a_joiner_begins_at_the_newest_key_frame() {
        let mut ring = Ring::default();
        assert_eq!(ring.join(), None);
        for i in 0..60 {
            ring.push(frame(i, i % 50 == 0, 10));
        }
        assert_eq!(ring.join(), Some(50));
        assert!(matches!(ring.at(59), Found::Frame(_)));
        assert!(matches!(ring.at(60), Found::UpToDate));
    }

    #[test]
    fn a_reader_a_little_behind_loses_nothing() {
        let mut ring = Ring::default();
        for i in 0..=50 {
            ring.push(frame(i, i % 50 == 0, 10));
        }
        assert!(matches!(ring.at(30), Found::Frame(_)), "0.8 s behind");
        assert!(matches!(ring.at(20), Found::Lost), "1.2 s behind");
    }

    #[test]
    fn a_group_that_outgrows_the_ring_is_no_place_to_join() {
        let mut ring = Ring::bounded(Bytes::new(100));
        for i in 0..30 {
            ring.push(frame(i, i == 0, 10));
        }
        assert_eq!(ring.join(), None);
        assert_eq!(ring.newest_key().map(|frame| frame.time), None);
    }

    #[test]
    fn a_cleared_ring_goes_on_counting() {
        let mut ring = Ring::default();
        ring.push(frame(0, true, 10));
        ring.clear();
        assert!(matches!(ring.at(0), Found::Lost));
        ring.push(frame(1, true, 10));
        assert_eq!(ring.join(), Some(1));
    }

    proptest! {
        #[test]
        fn it_never_outgrows_its_bound_and_its_sum_is_right(
            pushes in prop::collection::vec((any::<bool>(), 0_usize..200), 0..200),
        ) {
            let bound = Bytes::new(1_000);
            let mut ring = Ring::bounded(bound);
            for (i, (key, size)) in (0_u64..).zip(pushes) {
                ring.push(frame(i, key, size));
                prop_assert!(ring.bytes() <= bound);
                let sum = ring.frames.iter().fold(Bytes::ZERO, |sum, f| sum + f.weight());
                prop_assert_eq!(sum, ring.bytes());
                if let Some(key) = ring.join() {
                    prop_assert!(matches!(ring.at(key), Found::Frame(f) if f.key));
                }
            }
        }
    }
}
