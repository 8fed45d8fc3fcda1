//! Which frame a viewer gets next, under which time stamp.
//!
//! A viewer who joins does not wait for a key frame: he is sent the newest one
//! that is kept and everything since, in a burst. Under their own stamps these
//! pictures would be shown at their own pace and the viewer would stay behind
//! for good; so the burst is stamped a millisecond apart, ending at the true
//! stamp of its last picture, and the player runs through it at once.
//!
//! On a far line that burst would stand in the queue in front of whatever repairs its key
//! frame, and a repair that is late is a picture that is late. So there the key frame
//! goes alone, a repair has the time of a round trip, and the rest follows spread out.
//!
//! The same burst answers a viewer whose decoder has lost its way (PLI, RFC 4585
//! §6.3.1), since an RTSP camera cannot be asked for a key frame.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use base::now::Mono;

use crate::frame::{Frame, MediaTime};
use crate::ring::{Found, FrameNo, Ring};

/// Ticks between two pictures of a burst: one millisecond.
const BURST_STEP: u64 = 90;

/// How fast a burst is sent, in octets a second: 64 Mbit/s, which brings a 2 s
/// GOP of 1.5 Mbit/s in 50 ms and does not overrun a browser's socket.
const BURST_RATE: u64 = 8_000_000;

/// How much of a burst may leave at once: a key frame of a 720p camera, and
/// half of what Linux gives a UDP socket by default (212,992 octets).
const BURST_DEPTH: u64 = 96 * 1024;

/// On a far line the rest of a burst is spread over so long.
const SPREAD: Duration = Duration::from_millis(400);

/// No slower than this, in octets a second: what is little is not held back for long.
const SPREAD_LEAST: u64 = 128_000;

/// How much of a spread burst may leave at once: a few packets.
const SPREAD_DEPTH: u64 = 4 * 1024;

/// The longest round trip that is waited for: one by satellite.
const FAR_MAX: Duration = Duration::from_millis(600);

/// A peer nearer than this is repaired before its queue is of any length.
pub const NEAR_MAX: Duration = Duration::from_millis(40);

/// How often a viewer may ask for the burst again: twice a second.
pub const AGAIN_EVERY: Duration = Duration::from_millis(500);

/// One viewer's place in one stream.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// The frame it wants; none while it waits for a key frame.
    cursor: Option<FrameNo>,
    burst: Option<Burst>,
    /// The stamp that was sent last.
    sent: Option<MediaTime>,
    lost: u64,
    asked: Option<Mono>,
    /// How long a repair takes, where that is long.
    far: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Burst {
    first: FrameNo,
    last: FrameNo,
    last_time: MediaTime,
    step: u64,
    credit: u64,
    /// From when on credit is earned, which may be later than now.
    filled: Mono,
    /// Octets a second.
    rate: u64,
    depth: u64,
}

/// What to do for a viewer.
#[derive(Debug, Clone)]
pub enum Next {
    /// Send this frame under this stamp, then ask again.
    Send(Arc<Frame>, MediaTime),
    /// There is more, but not before this time.
    Paced(Mono),
    /// There is nothing before the stream's next frame.
    Wait,
}

impl Reader {
    /// Its peer is so far away, there and back.
    pub fn at_a_distance(&mut self, round_trip: Duration) {
        self.far = (round_trip > NEAR_MAX).then(|| round_trip.min(FAR_MAX));
    }

    /// What comes next.
    pub fn next(&mut self, ring: &Ring, now: Mono) -> Next {
        // Twice at most: a lost place, and the key frame that replaces it.
        for _ in 0..2 {
            let Some(number) = self.cursor.or_else(|| self.join(ring, now)) else {
                return Next::Wait;
            };
            match ring.at(number) {
                Found::Frame(frame) => return self.send(ring, frame, number, now),
                Found::UpToDate => return Next::Wait,
                Found::Lost => {
                    self.lost += ring.join().map_or(0, |key| key.saturating_sub(number));
                    self.cursor = None;
                    self.burst = None;
                }
            }
        }
        Next::Wait
    }

    /// The viewer's decoder has lost its way: begin again at the key frame.
    ///
    /// More often than [`AGAIN_EVERY`] is not heard, so that a viewer on a bad
    /// link cannot make it worse.
    pub fn again(&mut self, now: Mono) {
        if self.asked.is_some_and(|at| now.since(at) < AGAIN_EVERY) {
            return;
        }
        self.asked = Some(now);
        self.cursor = None;
        self.burst = None;
    }

    /// How many frames were skipped because this viewer was too slow.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    fn join(&mut self, ring: &Ring, now: Mono) -> Option<FrameNo> {
        let key = ring.join()?;
        let last = ring.end().checked_sub(1)?;
        let last_time = ring.newest()?.time;
        let steps = last - key;
        let room = self
            .sent
            .map_or(u64::MAX, |sent| {
                last_time.ticks().saturating_sub(sent.ticks())
            })
            .min(last_time.ticks());
        // Without room between what was sent and what is newest, the burst would
        // go back in time; the next frame makes room.
        let step = BURST_STEP.min(room / (steps + 1));
        if step == 0 {
            return None;
        }
        self.burst = Some(Burst {
            first: key,
            last,
            last_time,
            step,
            credit: BURST_DEPTH,
            filled: now,
            rate: BURST_RATE,
            depth: BURST_DEPTH,
        });
        self.cursor = Some(key);
        Some(key)
    }

    fn send(&mut self, ring: &Ring, frame: Arc<Frame>, number: FrameNo, now: Mono) -> Next {
        let time = match &mut self.burst {
            Some(burst) if number <= burst.last => {
                let size = frame.size().as_u64();
                if let Err(later) = burst.spend(size, now) {
                    return Next::Paced(later);
                }
                if number == burst.first
                    && let Some(far) = self.far
                {
                    burst.spread(now + far, size_of(ring, number + 1..=burst.last));
                }
                let back = (burst.last - number) * burst.step;
                let time = MediaTime::from_ticks(burst.last_time.ticks() - back);
                if number == burst.last {
                    self.burst = None;
                }
                time
            }
            _ => frame.time,
        };
        self.cursor = Some(number + 1);
        self.sent = Some(time);
        Next::Send(frame, time)
    }
}

impl Burst {
    /// A token bucket that lets a frame larger than itself pass when it is full.
    fn spend(&mut self, size: u64, now: Mono) -> Result<(), Mono> {
        let us = u64::try_from(now.since(self.filled).as_micros()).unwrap_or(u64::MAX);
        let earned = us.saturating_mul(self.rate) / 1_000_000;
        if earned > 0 {
            self.credit = self.credit.saturating_add(earned).min(self.depth);
            self.filled = now;
        }
        let need = size.min(self.depth);
        if self.credit < need {
            let wait_us = (need - self.credit) * 1_000_000 / self.rate + 1;
            return Err(now.max(self.filled) + Duration::from_micros(wait_us));
        }
        self.credit -= need;
        Ok(())
    }

    /// What is left, so many octets, is spread out from then on.
    fn spread(&mut self, from: Mono, left: u64) {
        let span_ms = u64::try_from(SPREAD.as_millis()).unwrap_or(u64::MAX);
        self.rate = (left.saturating_mul(1_000) / span_ms).clamp(SPREAD_LEAST, BURST_RATE);
        self.depth = SPREAD_DEPTH;
        self.credit = 0;
        self.filled = from;
    }
}

/// The octets of some frames, as far as they are kept.
fn size_of(ring: &Ring, numbers: RangeInclusive<FrameNo>) -> u64 {
    let sizes = numbers.map(|number| match ring.at(number) {
        Found::Frame(frame) => frame.size().as_u64(),
        Found::UpToDate | Found::Lost => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ring::tests::frame;

    fn at_ms(ms: u64) -> Mono {
        Mono::from_us(ms * 1_000)
    }

    /// Everything the reader would be sent at one instant, pacing aside.
    fn drain(reader: &mut Reader, ring: &Ring, mut now: Mono) -> Vec<(u64, u64)> {
        let mut sent = Vec::new();
        loop {
            match reader.next(ring, now) {
                Next::Send(frame, time) => sent.push((frame.time.ticks() / 3_600, time.ticks())),
                Next::Paced(later) => now = later,
                Next::Wait => return sent,
            }
        }
    }

    fn ring(frames: u64, gop: u64) -> Ring {
        let mut ring = Ring::default();
        for i in 0..frames {
            ring.push(frame(i, i % gop == 0, 1_000));
        }
        ring
    }

    #[test]
    fn a_joiner_gets_the_group_a_millisecond_apart_and_then_the_truth() {
        let mut ring = ring(80, 50);
        let mut reader = Reader::default();
        let sent = drain(&mut reader, &ring, at_ms(0));
        assert_eq!(sent.len(), 30);
        assert_eq!(sent.first(), Some(&(50, 79 * 3_600 - 29 * 90)));
        assert_eq!(sent.last(), Some(&(79, 79 * 3_600)));
        ring.push(frame(80, false, 1_000));
        assert_eq!(drain(&mut reader, &ring, at_ms(1)), [(80, 80 * 3_600)]);
    }

    #[test]
    fn a_burst_is_paced() {
        let mut ring = Ring::default();
        for i in 0..10 {
            ring.push(frame(i, i == 0, 40_000));
        }
        let mut reader = Reader::default();
        let mut count = 0;
        let later = loop {
            match reader.next(&ring, at_ms(0)) {
                Next::Send(..) => count += 1,
                Next::Paced(later) => break later,
                Next::Wait => panic!("ten frames of 40,000 octets left at once"),
            }
        };
        assert_eq!(count, 2);
        assert!(later > at_ms(0) && later <= at_ms(5));
    }

    /// When each frame of a burst leaves, in ms.
    fn leaves(reader: &mut Reader, ring: &Ring) -> Vec<u64> {
        let (mut now, mut left) = (at_ms(0), Vec::new());
        loop {
            match reader.next(ring, now) {
                Next::Send(..) => left.push(now.as_us() / 1_000),
                Next::Paced(later) => {
                    assert!(later > now, "a wait that ends before it begins");
                    now = later;
                }
                Next::Wait => return left,
            }
        }
    }

    #[test]
    fn on_a_far_line_a_key_frame_can_be_repaired_before_the_rest_comes() {
        let mut far = Reader::default();
        far.at_a_distance(Duration::from_millis(80));
        let left = leaves(&mut far, &ring(50, 50));
        assert_eq!(left.len(), 50);
        assert_eq!(left[0], 0);
        assert!(left[1] >= 80, "{left:?}");
        // Spread, and no longer than it has to be.
        assert!((460..=480).contains(&left[49]), "{left:?}");

        let mut near = Reader::default();
        near.at_a_distance(NEAR_MAX);
        assert_eq!(leaves(&mut near, &ring(50, 50)).last(), Some(&0));
        // Farther than a satellite nobody waits for.
        far = Reader::default();
        far.at_a_distance(Duration::from_secs(9));
        let left = leaves(&mut far, &ring(2, 50));
        assert!((600..700).contains(&left[1]), "{left:?}");
    }

    #[test]
    fn how_far_a_peer_is_changes_when_it_gets_frames_and_not_which() {
        let of = |far| {
            let mut reader = Reader::default();
            reader.at_a_distance(Duration::from_millis(far));
            drain(&mut reader, &ring(80, 50), at_ms(0))
        };
        assert_eq!(of(0), of(250));
    }

    #[test]
    fn a_slow_reader_skips_to_the_key_frame_and_counts_what_it_missed() {
        let mut ring = ring(10, 50);
        let mut reader = Reader::default();
        drain(&mut reader, &ring, at_ms(0));
        for i in 10..=130 {
            ring.push(frame(i, i % 50 == 0, 1_000));
        }
        let sent = drain(&mut reader, &ring, at_ms(5_000));
        assert_eq!(sent.first().map(|(number, _)| *number), Some(100));
        assert_eq!(sent.len(), 31);
        assert_eq!(reader.lost(), 90);
    }

    #[test]
    fn a_lost_decoder_gets_the_burst_again_but_not_too_often() {
        let mut ring = ring(10, 50);
        let mut reader = Reader::default();
        drain(&mut reader, &ring, at_ms(0));
        reader.again(at_ms(1_000));
        assert!(
            drain(&mut reader, &ring, at_ms(1_000)).is_empty(),
            "no room yet"
        );
        ring.push(frame(10, false, 1_000));
        assert_eq!(drain(&mut reader, &ring, at_ms(1_040)).len(), 11);
        reader.again(at_ms(1_100));
        ring.push(frame(11, false, 1_000));
        assert_eq!(drain(&mut reader, &ring, at_ms(1_120)).len(), 1);
    }

    proptest! {
        #[test]
        fn stamps_only_rise_whatever_happens(
            steps in prop::collection::vec((0_u8..6, 1_usize..60_000), 1..300),
        ) {
            let mut ring = Ring::default();
            let mut reader = Reader::default();
            let (mut number, mut last) = (0, None);
            for (step, size) in steps {
                let now = at_ms(number * 40);
                match step {
                    0 => reader.again(now),
                    1 => ring.clear(),
                    _ => {
                        ring.push(frame(number, step == 2, size));
                        number += 1;
                    }
                }
                if step != 3 {
                    while let Next::Send(_, time) = reader.next(&ring, now) {
                        prop_assert!(last.is_none_or(|last| time > last));
                        last = Some(time);
                    }
                }
            }
        }
    }
}
