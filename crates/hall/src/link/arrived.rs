//! What sites have said, for rooms that make something of it.
//!
//! A room reads behind the number that it has come to and writes that number down in the
//! transaction of what it made of the records: each is read once, whatever happens.

use std::collections::BTreeMap;

use base::id::{Agent, Id, Site};
use base::now::Wall;
use store::{Conn, Error};
use sync::clock::{Anchor, Timeline};
use sync::identity::{Boot, Cursor};
use sync::record::{Envelope, Kind};

use super::site::word;
use crate::audit::hex;
use crate::sql::arrived as rows;

/// A record of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The how manyth of all.
    pub number: i64,
    /// Which box.
    pub agent: Id<Agent>,
    /// Which site.
    pub site: Id<Site>,
    /// When it was held.
    pub received: Wall,
    /// Whether the box itself brought it, over a connection.
    pub by_line: bool,
    /// What it says.
    pub says: Envelope,
}

/// Those behind a number, in their order, at most `limit`.
///
/// # Errors
/// If the database does not answer.
pub async fn after(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<Arrived>, Error> {
    rows::after(conn, number, limit).await
}

/// Those of one site that were held from a time on, behind one number and up to another,
/// in their order, at most `limit`.
///
/// # Errors
/// If the database does not answer.
pub async fn of_site(
    conn: &mut Conn,
    site: Id<Site>,
    from: Wall,
    behind: i64,
    to: i64,
    limit: i64,
) -> Result<Vec<Arrived>, Error> {
    rows::of_site(conn, site, from, behind, to, limit).await
}

/// How far the journal of a box is held: its own chain of digests ends there, so that what
/// was taken out or put in between can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which box.
    pub agent: Id<Agent>,
    /// `money`, `event` or `sample`.
    pub stream: &'static str,
    /// The epoch, 16 hexadecimal digits.
    pub epoch: String,
    /// The number of the last record,
    pub seq: u64,
    /// and its digest, hexadecimal.
    pub digest: String,
}

/// The heads of the journals of a site's boxes of which something came from a time on.
///
/// # Errors
/// If the database does not answer.
pub async fn heads(conn: &mut Conn, site: Id<Site>, from: Wall) -> Result<Vec<Head>, Error> {
    let found = rows::heads(conn, site, from).await?;
    let head = |(agent, at): (_, Cursor)| Head {
        agent,
        stream: word(at.chain.stream),
        epoch: format!("{:016x}", at.chain.epoch.bits()),
        seq: at.seq.get(),
        digest: hex(at.digest.as_bytes()),
    };
    Ok(found.into_iter().map(head).collect())
}

/// What is known of the clocks of boxes. What was looked up is kept and goes on with what
/// arrives.
#[derive(Debug, Clone, Default)]
pub struct Clocks(BTreeMap<Id<Agent>, Timeline>);

impl Clocks {
    /// Looks up what is known of a box, unless it is here.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn look_up(&mut self, conn: &mut Conn, agent: Id<Agent>) -> Result<(), Error> {
        if self.0.contains_key(&agent) {
            return Ok(());
        }
        let mut timeline = Timeline::default();
        for it in rows::clocks(conn, agent).await? {
            if let Some(anchor) = Anchor::decode(&it.body) {
                timeline.learn(it.boot, anchor);
            }
        }
        self.0.insert(agent, timeline);
        Ok(())
    }

    /// The same of all boxes of a site.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn look_up_site(&mut self, conn: &mut Conn, site: Id<Site>) -> Result<(), Error> {
        for agent in rows::boxes(conn, site).await? {
            self.look_up(conn, agent).await?;
        }
        Ok(())
    }

    /// Goes on with a record: after one about clocks, things of its boot may have
    /// happened at another time than was thought.
    pub fn learn(&mut self, agent: Id<Agent>, says: &Envelope) {
        if says.kind == Kind::CLOCK
            && let Some(anchor) = Anchor::decode(&says.body)
        {
            self.0.entry(agent).or_default().learn(says.boot, anchor);
        }
    }

    /// When a record's event happened; none if nobody knows.
    #[must_use]
    pub fn of(&self, agent: Id<Agent>, says: &Envelope) -> Option<Wall> {
        let known = self.0.get(&agent)?;
        known.of(says).map(|it| it.wall)
    }

    /// When an instant of a boot was, microseconds of its clock; none if nobody knows.
    #[must_use]
    pub fn at(&self, agent: Id<Agent>, boot: [u8; 16], mono_us: u64) -> Option<Wall> {
        let mono = base::now::Mono::from_us(mono_us);
        let known = self.0.get(&agent)?;
        known.time(Boot::from_bytes(boot), mono).map(|it| it.wall)
    }
}
