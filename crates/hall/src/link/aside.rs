//! What came from a box and could not be read.
//!
//! A record that this house does not understand is acknowledged, so that what stands
//! behind it is not held up, and its octets lie aside. They are told of by an incident,
//! shown to whoever looks after sites, and tried again by a house that may have learned to
//! read them: when it starts, and when somebody asks. What is read then takes the place it
//! was made for, once, with all that follows from it.

use base::id::{Agent, Id, Quarantine, Site};
use base::now::{Now, Wall};
use serde_json::{Map, json};
use store::{Conn, Error, Tx};
use sync::identity::{Chain, Origin, Seq};
use sync::record::{Envelope, RecordError};

use super::effects;
use super::site::word;
use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Who};
use crate::incident::{self, About, Key, Opening, Severity};
use crate::problem::Problem;
use crate::site;
use crate::sql::aside::{self as rows, AsideRow, New};
use crate::sql::enrol as agents;
use crate::sql::link;

/// Pieces that lie aside for one agent. Bound; policy: of what comes behind them only the
/// log tells, unless it has a place among the records.
const ASIDE_MAX: i64 = 1_000;

/// Pieces that are looked at at once. Bound; policy: the others come next.
const AT_ONCE: i64 = 500;

/// The kind of the incident, one for each agent.
const UNREADABLE: &str = "site.unreadable";

/// Who opens and clears it.
const BY: &str = "link";

/// Puts a piece of a chain aside, in the transaction that moves the chain on behind it.
pub(crate) async fn piece(
    hall: &Hall,
    tx: &mut Tx,
    agent: Id<Agent>,
    place: (Chain, Seq, Origin),
    why: RecordError,
    raw: &[u8],
) -> Result<(), Error> {
    let now = hall.now();
    let new = New {
        id: hall.mint(),
        agent,
        place: Some(place),
        why: match why {
            RecordError::Long { .. } => "long",
            RecordError::Message => "message",
            RecordError::Boot { .. } => "boot",
        },
        raw,
        at: now.wall,
    };
    rows::put(tx, &new).await?;
    let Some(row) = agents::agent(tx, agent).await? else {
        return Ok(());
    };
    let facts = [("n".to_owned(), json!(rows::placed_of(tx, agent).await?))];
    let opening = Opening {
        key: Key::new(UNREADABLE, agent),
        by: BY,
        severity: Severity::Warning,
        title: "Catatan perangkat tidak terbaca dan disisihkan".to_owned(),
        facts: Map::from_iter(facts),
        about: About::site(tx, row.site).await?.into_iter().collect(),
    };
    incident::open(tx, now, opening).await?;
    Ok(())
}

/// Puts aside what came from a box that is not let in: it is believed by nobody, and has
/// no place.
pub(super) async fn stranger(hall: &Hall, agent: Id<Agent>, octets: &[u8]) {
    let put = async {
        let mut tx = hall.db().write().await?;
        if rows::count(&mut tx, agent).await? >= ASIDE_MAX {
            tracing::warn!(agent.id = %agent, "its quarantine is full; what came is not kept");
            return Ok(());
        }
        let new = New {
            id: hall.mint(),
            agent,
            place: None,
            why: "revoked",
            raw: octets,
            at: hall.now().wall,
        };
        rows::put(&mut tx, &new).await?;
        tx.commit().await
    };
    if let Err::<(), Error>(error) = put.await {
        tracing::error!(%error, "what came could not be put aside");
    }
}

/// A piece that lies aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which.
    pub id: Id<Quarantine>,
    /// Which box.
    pub agent: Id<Agent>,
    /// When it came.
    pub at: Wall,
    /// Why nobody believes it: `long`, `message` or `boot`, what cannot be read of it, or
    /// `revoked`.
    pub why: String,
    /// `money`, `event` or `sample`, the epoch and the number, where it was one piece.
    pub place: Option<(&'static str, u64, u64)>,
    /// Whether it could take its place among the records.
    pub has_place: bool,
    /// The release that the box said it ran.
    pub version: Option<String>,
    /// How large it is.
    pub octets: i64,
}

impl From<AsideRow> for Piece {
    fn from(row: AsideRow) -> Self {
        Self {
            id: row.id,
            agent: row.agent,
            at: row.at,
            why: row.why,
            place: row
                .place
                .map(|(chain, seq)| (word(chain.stream), chain.epoch.bits(), seq.get())),
            has_place: row.origin.is_some(),
            version: row.version,
            octets: row.octets,
        }
    }
}

/// What lies aside of a site's boxes, the newest first.
///
/// # Errors
/// `site` (not found).
pub async fn of_site(
    conn: &mut Conn,
    who: &Who,
    id: Id<Site>,
    before: Option<Id<Quarantine>>,
    limit: i64,
) -> Result<Vec<Piece>, Problem> {
    site::readable(conn, who, id).await?;
    let found = rows::of_site(conn, id, before, limit).await?;
    Ok(found.into_iter().map(Piece::from).collect())
}

/// What became of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tried {
    /// Pieces that are records now.
    pub read: usize,
    /// Pieces that have a place and still cannot be read.
    pub left: usize,
}

/// Tries again what lies aside of a site's boxes.
///
/// # Errors
/// `site` (not found), `not-allowed`.
pub async fn again(hall: &Hall, tx: &mut Tx, who: &Who, id: Id<Site>) -> Result<Tried, Problem> {
    let site = site::readable(tx, who, id).await?;
    who.require(Permission::SitesWrite, &site.place())?;
    let now = hall.now();
    let mut tried = Tried::default();
    let mut behind = None;
    loop {
        let pieces = rows::placed(tx, Some(id), behind, AT_ONCE).await?;
        let Some(last) = pieces.last() else { break };
        behind = Some(last.id);
        tried = tried.and(read(tx, now, pieces).await?);
    }
    let act = Act {
        verb: "site.aside_tried",
        subject: id.to_string(),
        detail: json!({ "read": tried.read, "left": tried.left }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(tried)
}

/// Tries again all that has a place: the program may be another than the one that put it
/// aside.
pub async fn at_start(hall: Hall) {
    let tried = async {
        let mut tried = Tried::default();
        let mut behind = None;
        loop {
            let mut tx = hall.db().write().await?;
            let pieces = rows::placed(&mut tx, None, behind, AT_ONCE).await?;
            let Some(last) = pieces.last() else { break };
            behind = Some(last.id);
            tried = tried.and(read(&mut tx, hall.now(), pieces).await?);
            tx.commit().await?;
        }
        Ok::<_, Error>(tried)
    };
    match tried.await {
        Ok(Tried { read: 0, .. }) => {}
        Ok(tried) => tracing::info!(
            read = tried.read,
            left = tried.left,
            "records that lay aside are read now"
        ),
        Err(error) => tracing::error!(%error, "what lies aside could not be tried again"),
    }
}

impl Tried {
    const fn and(self, more: Self) -> Self {
        Self {
            read: self.read + more.read,
            left: self.left + more.left,
        }
    }
}

/// What is read now has come now, as far as time limits what it may change, and proves no
/// connection of the minute in which it is read.
async fn read(tx: &mut Tx, now: Now, pieces: Vec<AsideRow>) -> Result<Tried, Error> {
    let mut tried = Tried::default();
    let mut touched = std::collections::BTreeSet::new();
    for piece in pieces {
        let (Some((chain, seq)), Some(origin)) = (piece.place, piece.origin) else {
            tried.left += 1;
            continue;
        };
        let Some(raw) = rows::raw(tx, piece.id).await? else {
            continue;
        };
        let Ok(envelope) = Envelope::decode(&raw) else {
            tried.left += 1;
            continue;
        };
        let at = (chain, seq);
        let is_new = link::insert(
            tx,
            piece.agent,
            at,
            origin,
            &envelope,
            &raw,
            false,
            now.wall,
        )
        .await?;
        if is_new {
            effects::held(tx, now, piece.agent, &envelope).await?;
        }
        rows::forget(tx, piece.id).await?;
        touched.insert(piece.agent);
        tried.read += 1;
    }
    for agent in touched {
        if rows::placed_of(tx, agent).await? == 0 {
            incident::clear(tx, now, &Key::new(UNREADABLE, agent), BY).await?;
        }
    }
    Ok(tried)
}
