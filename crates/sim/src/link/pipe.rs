//! One direction of a connection.
//!
//! In order, at a rate, after a delay. What is lost is sent again by the transport, so
//! loss shows as a stall; a cut holds everything back until it heals.

use super::{Instant, SECOND};

/// What a link can do, each direction.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// One way, in microseconds.
    pub delay_us: u64,
    /// Bits in a second.
    pub rate: u64,
    /// Packets of a thousand that are lost.
    pub loss_permille: u64,
}

impl Line {
    /// Starlink and the like: 60 ms, 50 Mbit/s.
    pub const FAST: Self = Self {
        delay_us: 30_000,
        rate: 50_000_000,
        loss_permille: 0,
    };
    /// A geostationary satellite: 600 ms, 2 Mbit/s.
    pub const VSAT: Self = Self {
        delay_us: 300_000,
        rate: 2_000_000,
        loss_permille: 0,
    };
    /// The worst that has to work: 1,200 ms, 40 kbit/s, 2 % lost.
    pub const POOR: Self = Self {
        delay_us: 600_000,
        rate: 40_000,
        loss_permille: 20,
    };
}

/// What a packet carries of a frame, and what it and a record of TLS add.
const PACKET: u64 = 1_200;
const OVERHEAD: u64 = 80;

/// One direction of a connection.
#[derive(Debug, Default, Clone)]
pub struct Pipe {
    busy: Instant,
    last: Instant,
    /// Octets that went in.
    pub octets: u64,
}

impl Pipe {
    /// Whether the transport has room.
    #[must_use]
    pub const fn has_room(&self, now: Instant) -> bool {
        self.busy <= now
    }

    /// Sends octets: when the transport has room again, and when they arrive. Nothing
    /// moves before `open`.
    pub fn send(
        &mut self,
        octets: usize,
        line: Line,
        now: Instant,
        open: Instant,
        rng: &mut fastrand::Rng,
    ) -> (Instant, Instant) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        let packets = octets / PACKET + 1;
        let wire = octets + packets * OVERHEAD;
        self.octets += wire;
        let lost = (0..packets)
            .filter(|_| rng.u64(..1_000) < line.loss_permille)
            .count();
        let stall = u64::try_from(lost).unwrap_or(0) * (2 * line.delay_us + SECOND / 5);
        let leaves = now.max(self.busy).max(open) + wire * 8 * SECOND / line.rate;
        self.busy = leaves;
        self.last = self.last.max(leaves + line.delay_us + stall);
        (self.busy, self.last)
    }
}
