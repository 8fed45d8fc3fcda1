//! A made-up box of a test, with the clock of its boot.

use base::id::Site;
use hall::Hall;
use hall::link::kinds;
use hall::simulated::{self, Said, Spot, heard_time};
use prost::Message as _;
use reach_core::round::{Check, Fault, Round, Way};
use sync::record::{Kind, Quality};

use super::*;

pub(super) struct Station {
    pub(super) site: base::id::Id<Site>,
    /// Which boot.
    pub(super) boot: [u8; 16],
    /// When it booted.
    pub(super) booted: Wall,
    inner: simulated::Station,
}

impl Station {
    /// A site that has been active since then, with a box that booted then.
    pub(super) async fn new(
        hall: &Hall,
        name: &str,
        area: &str,
        provider: Option<&str>,
        since: Wall,
    ) -> Self {
        let spot = Spot {
            name: name.to_owned(),
            area: area.parse().expect("a code"),
            point: None,
            provider: provider.map(str::to_owned),
        };
        let mut tx = hall.db().write().await.expect("a transaction");
        let inner = simulated::Station::put(hall, &mut tx, spot, since)
            .await
            .expect("a site");
        tx.commit().await.expect("a commit");
        Self {
            site: inner.site,
            boot: *inner.agent.as_bytes(),
            booted: since,
            inner,
        }
    }

    /// It is started anew.
    pub(super) fn reboots(&mut self, at: Wall) {
        self.boot[0] = self.boot[0].wrapping_add(1);
        self.booted = at;
    }

    /// The clock of its boot.
    pub(super) fn mono(&self, at: Wall) -> Mono {
        simulated::mono(self.booted, at)
    }

    /// It has said something that happened at `at`, which was held at `held`.
    pub(super) async fn says(
        &mut self,
        hall: &Hall,
        (kind, body): (Kind, Vec<u8>),
        at: Wall,
        quality: Quality,
        (held, by_line): (Wall, bool),
    ) {
        let said = Said {
            at,
            boot: (self.boot, self.booted),
            quality,
            kind,
            body,
            held,
            by_line,
        };
        let mut tx = hall.db().write().await.expect("a transaction");
        self.inner
            .says(&mut tx, vec![said])
            .await
            .expect("a record");
        tx.commit().await.expect("a commit");
    }

    /// It has heard at `at` what time it is.
    pub(super) async fn hears_time(&mut self, hall: &Hall, at: Wall, held: Wall) {
        let clock = heard_time(self.booted, at);
        self.says(hall, clock, at, Quality::Synced, (held, true))
            .await;
    }
}

/// A round that tells of its minute: an anchor has answered, or has not.
pub(super) fn round(is_up: bool) -> (Kind, Vec<u8>) {
    let fault = match is_up {
        true => Fault::None,
        false => Fault::Timeout,
    };
    let check = Check {
        anchor: 0,
        way: Way::Https as i32,
        ago_ms: 2_000,
        took_ms: 900,
        fault: fault as i32,
    };
    let round = Round {
        covers_ms: 60_000,
        checks: vec![check],
        ..Round::default()
    };
    (kinds::ROUND, round.encode_to_vec())
}
