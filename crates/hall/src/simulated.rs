//! Sites that are made up, and the hand that puts made-up things in.
//!
//! A [`Station`] is a site with a box that nobody ever let in: it has no key, comes by
//! no line, and what it says is put among the records as if it had brought it. All of
//! this is refused by a house that is not marked as simulated, and the mark is never
//! taken back. The demonstration and the tests of rooms use it.

use base::area::AreaCode;
use base::fact::Fact;
use base::geo::Point;
use base::id::{Agent, Id, Site};
use base::now::{Mono, Wall};
use serde_json::json;
use store::{Conn, Error, Tx, facts};
use sync::clock::Anchor;
use sync::identity::{Boot, Chain, Cursor, Digest, Epoch, Origin, Seq, Stream};
use sync::record::{Envelope, Kind, Quality};

use crate::audit::{self, Act, Actor};
use crate::enrol::Standing;
use crate::guard::{Held, Role, Via, Who};
use crate::site::{Kind as Place, State, Step};
use crate::sql::enrol::{self as agents, AgentRow};
use crate::sql::link as rows;
use crate::sql::site::{self as sites, SiteRow, StepRow};
use crate::sql::staff::{self, PersonRow};
use crate::{Hall, house};

/// The name of whoever has put made-up things in. No human being, and no way in.
const HAND: &str = "Simulasi (bukan orang)";

/// What the chain of a box that is made up is called: it has no outbox that could be
/// made anew.
const EPOCH: Epoch = Epoch::from_bits(1);

/// Only in a house that says on every page that it holds made-up things.
async fn only_there(conn: &mut Conn) -> Result<(), Error> {
    match house::is_simulated(conn).await? {
        true => Ok(()),
        false => Err(Error::Refused(
            "made-up things are put only into a house that is marked as simulated".to_owned(),
        )),
    }
}

/// Who puts made-up things in: a row among the people that has no way in and no grant,
/// and that may do all of it here and now.
///
/// # Errors
/// [`Error::Refused`] if the house is not marked as simulated.
pub async fn hand(hall: &Hall, tx: &mut Tx) -> Result<Who, Error> {
    only_there(tx).await?;
    let person = match staff::without_login(tx, HAND).await? {
        Some(person) => person,
        None => {
            let row = PersonRow {
                id: hall.mint(),
                name: HAND.to_owned(),
                username: None,
                active: false,
                area: None,
                agency: None,
                seen: None,
                screen: false,
            };
            let now = hall.now();
            staff::insert(tx, &row, now.wall).await?;
            let act = Act {
                verb: "person.added",
                subject: row.id.to_string(),
                detail: json!({ "name": row.name, "username": null }),
            };
            audit::record_by(tx, now, &Actor::house("simulation"), act).await?;
            row.id
        }
    };
    let all = Held {
        id: Id::from_bytes(*person.as_bytes()),
        role: Role::Admin,
        area: None,
        agency: None,
        from: Wall::from_us(0),
        to: None,
    };
    let via = Via::Token(Id::from_bytes(*person.as_bytes()));
    let name = HAND.to_owned();
    Ok(Who::new(person, name, via, vec![all], None, None))
}

/// Where a made-up box stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// What the site is called.
    pub name: String,
    /// Where it lies.
    pub area: AreaCode,
    /// Where its box stands.
    pub point: Option<Point>,
    /// Who provides the connection.
    pub provider: Option<String>,
}

/// A record of a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// When it happened.
    pub at: Wall,
    /// Which boot, and when that was.
    pub boot: ([u8; 16], Wall),
    /// Whether the box had heard the house's time in that boot.
    pub quality: Quality,
    /// What it is.
    pub kind: Kind,
    /// Its body.
    pub body: Vec<u8>,
    /// When the house held it.
    pub held: Wall,
    /// Whether the box itself brought it, over a connection.
    pub by_line: bool,
}

impl Said {
    /// The clock of its boot.
    #[must_use]
    pub fn mono(&self) -> Mono {
        mono(self.boot.1, self.at)
    }
}

/// An instant, on the clock of a boot.
#[must_use]
pub fn mono(booted: Wall, at: Wall) -> Mono {
    let us = u64::try_from(at.since(booted).as_micros());
    Mono::from_us(us.unwrap_or(u64::MAX))
}

/// That a box has heard at `at` what time it is: kind and body.
#[must_use]
pub fn heard_time(booted: Wall, at: Wall) -> (Kind, Vec<u8>) {
    let anchor = Anchor {
        mono: mono(booted, at),
        centre: at,
        wall: Wall::from_us(0),
        rtt: std::time::Duration::from_millis(40),
    };
    (Kind::CLOCK, anchor.encode())
}

/// A made-up box at its site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// The site.
    pub site: Id<Site>,
    /// The box.
    pub agent: Id<Agent>,
    said: u64,
}

impl Station {
    /// Puts in a site that is active since then, with its box.
    ///
    /// # Errors
    /// [`Error::Refused`] if the house is not marked as simulated.
    pub async fn put(hall: &Hall, tx: &mut Tx, spot: Spot, since: Wall) -> Result<Self, Error> {
        only_there(tx).await?;
        let (site, agent): (Id<Site>, Id<Agent>) = (hall.mint(), hall.mint());
        let row = SiteRow {
            id: site,
            name: spot.name,
            kind: Place::KantorDesa,
            area: spot.area,
            agency: None,
            point: spot.point,
            contact_name: None,
            contact_phone: None,
            provider: spot.provider,
            contract: None,
            state: State::Active,
        };
        let step = |step, state, agent| StepRow {
            step,
            state,
            at: since,
            by: None,
            agent,
            why: None,
        };
        // No key has a hash that ends in so many zeros.
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
        let now = hall.now();
        sites::insert(tx, &row, since).await?;
        agents::insert_agent(tx, &box_row).await?;
        sites::add_step(tx, site, &step(Step::Added, State::Planned, None)).await?;
        sites::add_step(tx, site, &step(Step::LetIn, State::Active, Some(agent))).await?;
        let act = Act {
            verb: "site.added",
            subject: site.to_string(),
            detail: json!({ "name": row.name, "area": row.area, "provider": row.provider }),
        };
        audit::record_by(tx, now, &Actor::house("simulation"), act).await?;
        facts::append(tx, &Fact::SiteChanged { site }, now.wall).await?;
        Ok(Self {
            site,
            agent,
            said: 0,
        })
    }

    /// The box that was put in at a site, as far as it has come; none if there is no
    /// such site, or another box stands there by now, or nothing is taken from it.
    ///
    /// # Errors
    /// [`Error::Refused`] if the house is not marked as simulated.
    pub async fn find(conn: &mut Conn, site: Id<Site>) -> Result<Option<Self>, Error> {
        only_there(conn).await?;
        let row = sites::by_id(conn, site).await?;
        if row.is_none_or(|row| row.state != State::Active) {
            return Ok(None);
        }
        let boxes = agents::agents_of(conn, site).await?;
        let made_up = boxes
            .into_iter()
            .find(|one| one.standing == Standing::Active && one.key_hash[16..] == [0; 16]);
        let Some(one) = made_up else { return Ok(None) };
        let cursor = rows::cursor(conn, one.id, CHAIN).await?;
        Ok(Some(Self {
            site,
            agent: one.id,
            said: cursor.map_or(0, |cursor| cursor.seq.get()),
        }))
    }

    /// It has said this.
    ///
    /// # Errors
    /// [`Error::Refused`] if the house is not marked as simulated.
    pub async fn says(&mut self, tx: &mut Tx, records: Vec<Said>) -> Result<(), Error> {
        only_there(tx).await?;
        let mut last = None;
        for record in records {
            self.said += 1;
            let held = record.held;
            let by_line = record.by_line;
            let mono = record.mono();
            let says = Envelope {
                event_time: match record.quality {
                    Quality::Synced => record.at,
                    Quality::None => Wall::from_us(0) + mono.since(Mono::default()),
                },
                mono,
                boot: Boot::from_bytes(record.boot.0),
                quality: record.quality,
                kind: record.kind,
                ver: 1,
                body: record.body,
            };
            let raw = says.clone().encode();
            let seq = Seq::new(self.said);
            let made = Origin {
                epoch: EPOCH,
                seq,
                digest: Digest::genesis(self.agent, CHAIN),
            };
            let at = (CHAIN, seq);
            rows::insert(tx, self.agent, at, made, &says, &raw, by_line, held).await?;
            last = Some((made.digest, seq, held));
        }
        if let Some((digest, seq, held)) = last {
            let to = Cursor {
                chain: CHAIN,
                seq,
                digest,
            };
            rows::set_cursor(tx, self.agent, to, held).await?;
        }
        Ok(())
    }
}

/// The chain of its records.
const CHAIN: Chain = Chain {
    stream: Stream::Event,
    epoch: EPOCH,
};
