//! One direction of a site's line.
//!
//! A packet waits in a queue until those before it have left at the line's rate, then
//! travels for the delay and some jitter, and comes out behind those before it. One
//! that finds the queue full is dropped, as a modem does.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};

use super::ipv4::tcp_ports;

/// Microseconds since the network was made.
pub type Instant = u64;

/// The longest queue before a line with a rate, in octets. Bound; policy: what finds it
/// full is dropped.
pub const QUEUE_MAX: u64 = 1024 * 1024;

/// Packets that are on their way. Bound; policy: as [`QUEUE_MAX`].
pub const FLIGHT_MAX: usize = 16_384;

/// The longest a packet may take, in microseconds.
pub const DELAY_MAX: u64 = 60_000_000;

/// What a lane does to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// One way, in microseconds.
    pub delay_us: u64,
    /// On top of it, at random up to this.
    pub jitter_us: u64,
    /// Packets of a thousand that are lost.
    pub loss_permille: u64,
    /// Bits in a second; nought: any number.
    pub rate: u64,
    /// Octets that may wait for a line with a rate.
    pub queue: u64,
    /// Nothing comes through.
    pub is_cut: bool,
    /// Nothing but TCP with this port at one end comes through, as firewalls of guests
    /// have it; nought: everything.
    pub only: u16,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            delay_us: 0,
            jitter_us: 0,
            loss_permille: 0,
            rate: 0,
            queue: 64 * 1024,
            is_cut: false,
            only: 0,
        }
    }
}

/// What became of packets.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Came out at the other end.
    pub through: u64,
    /// The same, in octets.
    pub octets: u64,
    /// Lost at random.
    pub lost: u64,
    /// Found the queue full.
    pub overflowed: u64,
    /// Came while the lane was cut.
    pub cut: u64,
    /// Was of another port, or another protocol, than may pass.
    pub barred: u64,
}

impl Counts {
    /// As one JSON document.
    #[must_use]
    pub fn to_json(self) -> Json {
        json!({
            "through": self.through, "octets": self.octets, "lost": self.lost,
            "overflowed": self.overflowed, "cut": self.cut, "barred": self.barred,
        })
    }
}

/// One direction of a line.
#[derive(Debug)]
pub struct Lane {
    /// What it does from now on; what is on its way is as it was.
    pub shape: Shape,
    /// What became of packets.
    pub counts: Counts,
    /// When the last packet of the queue has left, and when the last comes out.
    busy: Instant,
    last: Instant,
    /// What has not left: when it does, and its octets.
    queue: VecDeque<(Instant, u64)>,
    queued: u64,
    flight: VecDeque<(Instant, Vec<u8>)>,
    rng: fastrand::Rng,
}

impl Lane {
    /// A lane that does nothing to packets.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            shape: Shape::default(),
            counts: Counts::default(),
            busy: 0,
            last: 0,
            queue: VecDeque::new(),
            queued: 0,
            flight: VecDeque::new(),
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// A packet goes in.
    pub fn push(&mut self, packet: Vec<u8>, now: Instant) {
        let octets = u64::try_from(packet.len()).unwrap_or(u64::MAX);
        while let Some((leaves, octets)) = self.queue.front().copied()
            && leaves <= now
        {
            self.queued -= octets;
            self.queue.pop_front();
        }
        if self.shape.is_cut {
            self.counts.cut += 1;
            return;
        }
        let only = self.shape.only;
        if only != 0 && !tcp_ports(&packet).is_some_and(|ports| ports.contains(&only)) {
            self.counts.barred += 1;
            return;
        }
        if self.rng.u64(..1_000) < self.shape.loss_permille {
            self.counts.lost += 1;
            return;
        }
        let full = self.shape.rate > 0 && self.queued.saturating_add(octets) > self.shape.queue;
        if full || self.flight.len() >= FLIGHT_MAX {
            self.counts.overflowed += 1;
            return;
        }
        let bits = octets.saturating_mul(8).saturating_mul(1_000_000);
        let leaves = now.max(self.busy) + bits.checked_div(self.shape.rate).unwrap_or(0);
        self.busy = leaves;
        self.queue.push_back((leaves, octets));
        self.queued += octets;
        let jitter = self.rng.u64(..=self.shape.jitter_us);
        self.last = self.last.max(leaves + self.shape.delay_us + jitter);
        self.flight.push_back((self.last, packet));
    }

    /// The next packet that is out by now.
    pub fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next()? > now {
            return None;
        }
        let (_, packet) = self.flight.pop_front()?;
        self.counts.through += 1;
        self.counts.octets += u64::try_from(packet.len()).unwrap_or(0);
        Some(packet)
    }

    /// When the next packet comes out.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.flight.front().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use std::net::Ipv4Addr;

    fn lane(shape: Shape) -> Lane {
        Lane {
            shape,
            ..Lane::new(1)
        }
    }

    fn out(lane: &mut Lane) -> Vec<Instant> {
        std::iter::from_fn(|| {
            let at = lane.next()?;
            lane.pop(at).map(|_| at)
        })
        .collect()
    }

    #[test]
    fn what_is_not_of_the_one_port_does_not_pass() {
        use super::super::ipv4::tests::tcp;
        let ends = (Ipv4Addr::new(10, 62, 0, 1), Ipv4Addr::new(192, 168, 1, 2));
        let mut whole = tcp(ends.0, ends.1, b"halo");
        let ports = [443, 50_000_u16];
        whole[20..24].copy_from_slice(&ports.map(u16::to_be_bytes).concat());
        let mut of_udp = whole.clone();
        of_udp[9] = 17;
        let mut later = whole.clone();
        later[7] = 1;
        for (only, through) in [(0, 4), (ports[0], 1), (ports[1], 1), (1, 0)] {
            let mut it = lane(Shape {
                only,
                ..Shape::default()
            });
            for packet in [&whole, &of_udp, &later, &vec![0x45; 3]] {
                it.push(packet.clone(), 0);
            }
            assert_eq!(out(&mut it).len(), through, "{only}");
            assert_eq!(it.counts.barred, 4 - it.counts.through);
        }
    }

    #[test]
    fn a_packet_takes_its_octets_at_the_rate_and_then_the_delay() {
        let mut it = lane(Shape {
            delay_us: 600_000,
            rate: 40_000,
            ..Shape::default()
        });
        for _ in 0..3 {
            it.push(vec![0; 1_000], 0);
        }
        // A thousand octets at 40 kbit/s are 200 ms.
        assert_eq!(out(&mut it), [800_000, 1_000_000, 1_200_000]);
        assert_eq!(it.pop(Instant::MAX), None);
    }

    #[test]
    fn what_finds_the_queue_full_is_dropped_until_there_is_room() {
        let mut it = lane(Shape {
            rate: 8_000,
            queue: 2_500,
            ..Shape::default()
        });
        for _ in 0..4 {
            it.push(vec![0; 1_000], 0);
        }
        assert_eq!(it.counts.overflowed, 2, "two fit");
        // One has left after a second, at a thousand octets a second.
        it.push(vec![0; 1_000], 1_000_000);
        assert_eq!(it.counts.overflowed, 2);
        assert_eq!(out(&mut it), [1_000_000, 2_000_000, 3_000_000]);
    }

    #[test]
    fn a_cut_takes_what_comes_and_leaves_what_is_on_its_way() {
        let mut it = lane(Shape {
            delay_us: 10,
            ..Shape::default()
        });
        it.push(vec![1], 0);
        it.shape.is_cut = true;
        it.push(vec![2], 1);
        it.shape.is_cut = false;
        it.push(vec![3], 2);
        assert_eq!(it.pop(10), Some(vec![1]));
        assert_eq!(it.pop(11), None);
        assert_eq!(it.pop(12), Some(vec![3]));
        assert_eq!((it.counts.cut, it.counts.through), (1, 2));
    }

    #[test]
    fn as_many_are_lost_as_was_said() {
        let mut it = lane(Shape {
            loss_permille: 20,
            ..Shape::default()
        });
        for at in 0..100_000 {
            it.push(vec![0], at);
            let _ = it.pop(at);
        }
        assert!((1_800..2_200).contains(&it.counts.lost), "{:?}", it.counts);
        assert_eq!(it.counts.lost + it.counts.through, 100_000);
    }

    proptest! {
        #[test]
        fn every_packet_is_accounted_for_and_none_overtakes(
            jitter_us in 0..50_000_u64, loss_permille in 0..500_u64, rate in 0..100_000_u64,
            sizes in prop::collection::vec((1..1_500_usize, 0..100_000_u64), 1..200),
        ) {
            let shape = Shape { delay_us: 20_000, jitter_us, loss_permille, rate, ..Shape::default() };
            let mut it = lane(shape);
            let mut now = 0;
            for (at, (octets, pause)) in sizes.iter().enumerate() {
                now += pause;
                let mut packet = vec![0; (*octets).max(2)];
                packet[..2].copy_from_slice(&u16::try_from(at).expect("few").to_be_bytes());
                it.push(packet, now);
            }
            let came: Vec<_> = std::iter::from_fn(|| it.pop(Instant::MAX)).collect();
            prop_assert!(came.is_sorted_by_key(|packet| [packet[0], packet[1]]));
            let Counts { through, lost, overflowed, .. } = it.counts;
            prop_assert_eq!(through, u64::try_from(came.len()).expect("few"));
            prop_assert_eq!(through + lost + overflowed, u64::try_from(sizes.len()).expect("few"));
        }
    }
}
