//! Sites and what they say, for the tests of rooms: as if boxes had been let in and had
//! brought records.

use base::area::AreaCode;
use base::id::{Agent, Id, Site};
use base::now::{Mono, Wall};
use sync::clock::Anchor;
use sync::identity::{Boot, Chain, Cursor, Digest, Epoch, Origin, Seq, Stream};
use sync::record::{Envelope, Kind, Quality};

use crate::Hall;
use crate::enrol::Standing;
use crate::site::{Kind as Place, State, Step};
use crate::sql::enrol::{self as agents, AgentRow};
use crate::sql::link as rows;
use crate::sql::site::{self as sites, SiteRow, StepRow};

/// A box at a site, and the clock of its boot.
#[derive(Debug)]
pub struct Station {
    /// The site.
    pub site: Id<Site>,
    /// The box.
    pub agent: Id<Agent>,
    /// Which boot.
    pub boot: [u8; 16],
    /// When it booted.
    pub booted: Wall,
    said: u64,
}

impl Station {
    /// A site that has been active since `since`, with a box that booted then.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn new(
        hall: &Hall,
        name: &str,
        area: &str,
        provider: Option<&str>,
        since: Wall,
    ) -> Self {
        let (site, agent): (Id<Site>, Id<Agent>) = (hall.mint(), hall.mint());
        let area: AreaCode = area.parse().expect("a code");
        let row = SiteRow {
            id: site,
            name: name.to_owned(),
            kind: Place::KantorDesa,
            area,
            agency: None,
            point: None,
            contact_name: None,
            contact_phone: None,
            provider: provider.map(str::to_owned),
            contract: None,
            state: State::Active,
        };
        let step = StepRow {
            step: Step::LetIn,
            state: State::Active,
            at: since,
            by: None,
            agent: Some(agent),
            why: None,
        };
        let mut key_hash = [0; 32];
        key_hash[..16].copy_from_slice(agent.as_bytes());
        let box_row = AgentRow {
            id: agent,
            site,
            public_key: Vec::new(),
            key_hash,
            standing: Standing::Active,
            knows_house: true,
            serial: None,
            version: None,
            point: None,
            address: None,
            asked: since,
            decided: Some(since),
            certificate_until: None,
            greeting: None,
            twins: None,
        };
        let mut tx = hall.db().write().await.expect("a transaction");
        sites::insert(&mut tx, &row, since).await.expect("a site");
        sites::add_step(&mut tx, site, &step).await.expect("a step");
        agents::insert_agent(&mut tx, &box_row)
            .await
            .expect("a box");
        tx.commit().await.expect("a commit");
        Self {
            site,
            agent,
            boot: *agent.as_bytes(),
            booted: since,
            said: 0,
        }
    }

    /// It is started anew.
    pub fn reboots(&mut self, at: Wall) {
        self.boot[0] = self.boot[0].wrapping_add(1);
        self.booted = at;
    }

    /// The clock of its boot.
    #[must_use]
    pub fn mono(&self, at: Wall) -> Mono {
        let us = u64::try_from(at.since(self.booted).as_micros());
        Mono::from_us(us.unwrap_or(u64::MAX))
    }

    /// It has said something that happened at `at`, which was held at `received`.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn says(
        &mut self,
        hall: &Hall,
        (kind, body): (Kind, Vec<u8>),
        at: Wall,
        quality: Quality,
        (received, by_line): (Wall, bool),
    ) {
        self.said += 1;
        let mono = self.mono(at);
        let says = Envelope {
            event_time: match quality {
                Quality::Synced => at,
                Quality::None => Wall::from_us(0) + mono.since(Mono::default()),
            },
            mono,
            boot: Boot::from_bytes(self.boot),
            quality,
            kind,
            ver: 1,
            body,
        };
        let raw = says.clone().encode();
        let chain = Chain {
            stream: Stream::Event,
            epoch: Epoch::from_bits(1),
        };
        let seq = Seq::new(self.said);
        let made = Origin {
            epoch: chain.epoch,
            seq,
            digest: Digest::genesis(self.agent, chain),
        };
        let to = Cursor {
            chain,
            seq,
            digest: made.digest,
        };
        let mut tx = hall.db().write().await.expect("a transaction");
        let at = (chain, seq);
        rows::insert(
            &mut tx, self.agent, at, made, &says, &raw, by_line, received,
        )
        .await
        .expect("a record");
        rows::set_cursor(&mut tx, self.agent, to, received)
            .await
            .expect("a cursor");
        tx.commit().await.expect("a commit");
    }

    /// It has heard at `at` what time it is.
    ///
    /// # Panics
    /// If the database does not answer.
    pub async fn hears_time(&mut self, hall: &Hall, at: Wall, received: Wall) {
        let anchor = Anchor {
            mono: self.mono(at),
            centre: at,
            wall: Wall::from_us(0),
            rtt: std::time::Duration::from_millis(40),
        };
        let clock = (Kind::CLOCK, anchor.encode());
        self.says(hall, clock, at, Quality::Synced, (received, true))
            .await;
    }
}
