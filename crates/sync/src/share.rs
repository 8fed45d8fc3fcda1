//! What the streams may use of a site's disk.

use base::unit::Bytes;

use crate::identity::Stream;
use crate::record::RECORD_MAX;

/// What the streams may use of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Redemptions: some ten thousand.
    pub money: Bytes,
    /// Events.
    pub event: Bytes,
    /// Samples: a month at one in ten seconds.
    pub sample: Bytes,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            money: Bytes::from_mib(8),
            event: Bytes::from_mib(24),
            sample: Bytes::from_mib(64),
        }
    }
}

impl Shares {
    pub(crate) const fn of(self, stream: Stream) -> u64 {
        match stream {
            Stream::Money => self.money.as_u64(),
            Stream::Event => self.event.as_u64(),
            Stream::Sample => self.sample.as_u64(),
        }
    }
}

/// Why a record is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nine tenths of the share of money wait for the centre: no new redemption is
    /// begun before some of it is through.
    #[error("{pending} of {share} wait for the centre: no new redemption until it answers")]
    Money {
        /// What waits.
        pending: Bytes,
        /// The share.
        share: Bytes,
    },
    /// The disk took no more when it was last asked.
    #[error("the disk is full: no new redemption until there is room")]
    Disk,
    /// The record is longer than a frame can carry.
    #[error("a record has at most {RECORD_MAX} octets, this has {found}")]
    Long {
        /// How many it has.
        found: usize,
    },
}

/// How full a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// What waits for the centre.
    pub pending: Bytes,
    /// What the centre holds and is kept.
    pub kept: Bytes,
    /// The share.
    pub share: Bytes,
}
