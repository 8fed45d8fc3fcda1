//! Programs for boxes, and to whom they are offered.
//!
//! The house keeps what was signed elsewhere. It offers a release to a share of the boxes
//! and then to more of them; boxes that were named get it whatever the share. Which boxes
//! are among the first is a matter of the release and the box, and of nothing else: the
//! same one percent when the share is raised, others with the next release. When more
//! than a few of them go back to what they ran before, the offer halts by itself.

use base::id::{Agent, Id, Person, Release, Site};
use base::now::{Now, Wall};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::blob;
use store::{Conn, Error, Tx};
use sync::release::{Progress, ReleaseError, unpack};

use crate::audit::{self, Act, Actor};
use crate::ca::sha256;
use crate::guard::{Permission, Place, Who};
use crate::link::{kinds, said};
use crate::problem::Problem;
use crate::sql::release::{self as rows, Able, BoxRow, ReleaseRow};
use crate::{Hall, line, site};

/// Longest file of a release, in octets: the program and what is signed about it.
pub const FILE_MAX: usize = 64 * 1024 * 1024 + 64 * 1024;

/// Releases of a list.
const LIST_MAX: i64 = 200;

/// So long a box that is away may hear of a release.
const OFFER_LIFE: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3_600);

/// How many may fail before an offer halts, unless somebody says otherwise.
pub const FAILURES_MAX: i64 = 1;

/// Where a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is here.
    Kept,
    /// Boxes are told of it.
    Offered,
    /// No box is told of it any more, and none gets it.
    Halted,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Kept, Self::Offered, Self::Halted];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Offered => "offered",
            Self::Halted => "halted",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// How far a release has come at a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// The box is told of it.
    Told,
    /// It comes over the line.
    Fetching,
    /// It lies whole on the disk.
    Staged,
    /// It runs, and stands.
    Committed,
    /// It did not stand; what ran before runs again.
    RolledBack,
    /// The box does not take it.
    Refused,
    /// It stood, and its octets have changed on the disk.
    Damaged,
}

impl At {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Told,
        Self::Fetching,
        Self::Staged,
        Self::Committed,
        Self::RolledBack,
        Self::Refused,
        Self::Damaged,
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Fetching => "fetching",
            Self::Staged => "staged",
            Self::Committed => "committed",
            Self::RolledBack => "rolled_back",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    pub(crate) const fn of(progress: Progress) -> Self {
        match progress {
            Progress::Fetching => Self::Fetching,
            Progress::Staged => Self::Staged,
            Progress::Committed => Self::Committed,
            Progress::RolledBack => Self::RolledBack,
            Progress::Refused => Self::Refused,
            Progress::Damaged => Self::Damaged,
        }
    }

    /// Whether it counts against the release. One that a box does not take has done
    /// nothing there.
    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::RolledBack | Self::Damaged)
    }
}

/// A release of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Release>,
    /// Its version.
    pub version: String,
    /// The kind of machine.
    pub target: String,
    /// Octets of the program.
    pub size: i64,
    /// Their SHA-256.
    pub sha256: String,
    /// The oldest and newest protocol it speaks.
    pub protocols: (i64, i64),
    /// Not to be installed from then on.
    pub expires: Wall,
    /// Who has brought it.
    pub made_by: Id<Person>,
    /// When.
    pub made: Wall,
    /// Where it stands.
    pub state: State,
    /// To how many boxes of a hundred it is offered, those named aside.
    pub share: i64,
    /// How many may fail.
    pub failures_max: i64,
    /// Since when it stands so.
    pub changed: Wall,
    /// Why it was halted.
    pub halted_why: Option<String>,
    /// How many boxes it is at, by how far it has come there.
    pub counts: Vec<(At, i64)>,
}

/// To whom a release is offered.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// To so many boxes of a hundred.
    pub share: i64,
    /// And to the boxes of these sites.
    pub sites: Vec<Id<Site>>,
    /// It halts by itself when more have failed.
    pub failures_max: i64,
}

/// A box that a release was offered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which box.
    pub agent: Id<Agent>,
    /// Of which site.
    pub site: Id<Site>,
    /// When it was told.
    pub told: Wall,
    /// How far it has come there.
    pub at: At,
    /// Why, in a word.
    pub why: Option<String>,
    /// The same for people.
    pub detail: Option<String>,
    /// Since when the house knows.
    pub heard: Wall,
}

/// Takes a release in. The same file again changes nothing.
///
/// # Errors
/// `release-file` if it is none, nobody who counts has signed it, or no protocol is
/// common; `release-taken` if another program has its version.
pub async fn keep(hall: &Hall, who: &Who, file: bytes::Bytes) -> Result<Listed, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let keys = hall.config().release_keys.clone();
    let blobs = hall.blobs().clone();
    let put = move || {
        let wrong = |error: ReleaseError| Problem::invalid("release-file", error.to_string());
        let (signed, program) = unpack(&file).map_err(wrong)?;
        let manifest = signed.verify(&keys).map_err(wrong)?;
        manifest.is_of(program).map_err(wrong)?;
        Ok::<_, Problem>((signed, manifest, blobs.put(program)?, program.len()))
    };
    let put = hall.tasks().blocking("hall.release.keep", put).await;
    let (signed, manifest, hash, size) =
        put.map_err(|undone| Problem::bug(undone.to_string()))??;
    let spoken = hall.sites().protocols();
    if spoken.agree(manifest.protocols).is_none() {
        let why = format!(
            "It speaks protocols {} to {}; this house speaks {} to {}.",
            manifest.protocols.min, manifest.protocols.max, spoken.min, spoken.max
        );
        return Err(Problem::invalid("release-file", why));
    }
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let version = manifest.version.to_string();
    if let Some(there) = rows::by_version(&mut tx, &version, &manifest.target).await? {
        if there.sha256 == hash.as_str() {
            return listed(&mut tx, there).await.map_err(Problem::from);
        }
        let why = "Another program is here under this version; a version names one program.";
        return Err(Problem::conflict("release-taken", why));
    }
    blob::record(&mut tx, &hash, size, now.wall).await?;
    let row = ReleaseRow {
        id: hall.mint(),
        version,
        target: manifest.target,
        manifest: signed.encode(),
        sha256: hash.as_str().to_owned(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        protocols: (manifest.protocols.min.into(), manifest.protocols.max.into()),
        expires: manifest.expires,
        made_by: who.person(),
        made: now.wall,
        share: 0,
        failures_max: FAILURES_MAX,
        state: State::Kept,
        changed: now.wall,
        halted_why: None,
    };
    rows::insert(&mut tx, &row).await?;
    let act = Act {
        verb: "release.kept",
        subject: row.id.to_string(),
        detail: json!({ "version": row.version, "target": row.target, "sha256": row.sha256 }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let listed = listed(&mut tx, row).await?;
    tx.commit().await?;
    Ok(listed)
}

/// Every release, the newest first.
///
/// # Errors
/// If the database does not answer.
pub async fn list(conn: &mut Conn) -> Result<Vec<Listed>, Error> {
    let mut all = Vec::new();
    for row in rows::all(conn, LIST_MAX).await? {
        all.push(listed(conn, row).await?);
    }
    Ok(all)
}

/// The boxes that a release was offered to.
///
/// # Errors
/// `release` (not found).
pub async fn boxes(conn: &mut Conn, id: Id<Release>) -> Result<Vec<Seen>, Problem> {
    found(conn, id).await?;
    let seen = |row: BoxRow| Seen {
        agent: row.agent,
        site: row.site,
        told: row.told,
        at: row.at,
        why: row.why,
        detail: row.detail,
        heard: row.heard,
    };
    let all = rows::boxes(conn, id).await?;
    Ok(all.into_iter().map(seen).collect())
}

/// Offers a release, or offers it to more: boxes that were told already are not told
/// again, unless the offer was halted in between or their site is named.
///
/// # Errors
/// `release` (not found), `site` (not found), `release-expired`, or a bad field.
pub async fn offer(
    hall: &Hall,
    who: &Who,
    id: Id<Release>,
    offer: Offer,
) -> Result<Listed, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    if !(0..=100).contains(&offer.share) {
        return Err(line::refuse("share_percent", "use 0 to 100"));
    }
    if !(0..=1_000_000).contains(&offer.failures_max) {
        return Err(line::refuse("failures_max", "use 0 or more"));
    }
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let mut row = found(&mut tx, id).await?;
    if now.wall >= row.expires {
        return Err(Problem::conflict("release-expired", "It has expired."));
    }
    let mut named = Vec::new();
    for wanted in &offer.sites {
        let site = site::readable(&mut tx, who, *wanted).await?;
        named.push(site.id);
    }
    let was_halted = row.state == State::Halted;
    row.state = State::Offered;
    row.share = offer.share;
    row.failures_max = offer.failures_max;
    row.halted_why = None;
    rows::set(&mut tx, &row, now.wall).await?;
    let told = rows::boxes(&mut tx, id).await?;
    let expires = row.expires.min(now.wall + OFFER_LIFE);
    let mut sent = Vec::new();
    for able in rows::able(&mut tx).await? {
        let is_named = named.contains(&able.site);
        if !wants(&row, &able, is_named) {
            continue;
        }
        let before = told.iter().find(|box_| box_.agent == able.agent);
        let tell = match before.map(|box_| box_.at) {
            None => true,
            // What was on its way ended with the halt.
            Some(At::Told | At::Fetching | At::Refused) => was_halted || is_named,
            Some(At::Staged | At::Committed | At::RolledBack | At::Damaged) => false,
        };
        if tell {
            let what = (kinds::UPGRADE, row.manifest.clone());
            let (command, one) = said::tell(hall, &mut tx, who, able.agent, what, expires).await?;
            rows::tell(&mut tx, id, able.agent, command, now.wall).await?;
            sent.push(one);
        }
    }
    let act = Act {
        verb: "release.offered",
        subject: id.to_string(),
        detail: json!({
            "version": row.version, "target": row.target, "share_percent": row.share,
            "failures_max": row.failures_max, "sites": offer.sites, "told": sent.len(),
        }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let listed = listed(&mut tx, row).await?;
    tx.commit().await?;
    for one in sent {
        one.go(hall);
    }
    Ok(listed)
}

/// Halts an offer: no box is told of it any more, and none gets it.
///
/// # Errors
/// `release` (not found), or a bad field.
pub async fn halt(
    hall: &Hall,
    who: &Who,
    id: Id<Release>,
    why: Option<String>,
) -> Result<Listed, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let why = line::read_maybe("why", why.as_deref(), line::NAME_MAX)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let mut row = found(&mut tx, id).await?;
    row.state = State::Halted;
    row.halted_why = why.clone();
    rows::set(&mut tx, &row, now.wall).await?;
    rows::take_back(&mut tx, id, now.wall).await?;
    let act = Act {
        verb: "release.halted",
        subject: id.to_string(),
        detail: json!({ "version": row.version, "target": row.target, "why": why }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let listed = listed(&mut tx, row).await?;
    tx.commit().await?;
    Ok(listed)
}

/// One more box has gone back: the offer ends when they are too many.
pub(crate) async fn halt_if_too_many(
    tx: &mut Tx,
    now: Now,
    mut row: ReleaseRow,
) -> Result<(), Error> {
    let counts = rows::counts(tx, row.id).await?;
    let failures = counts.iter().filter(|(at, _)| at.is_failure());
    let failed: i64 = failures.map(|(_, count)| count).sum();
    let is_too_many = failed > row.failures_max;
    if row.state != State::Offered || !is_too_many {
        return Ok(());
    }
    row.state = State::Halted;
    row.halted_why = Some(format!("{failed} perangkat kembali ke versi sebelumnya"));
    rows::set(tx, &row, now.wall).await?;
    rows::take_back(tx, row.id, now.wall).await?;
    let act = Act {
        verb: "release.halted",
        subject: row.id.to_string(),
        detail: json!({ "version": row.version, "target": row.target, "failed": failed }),
    };
    audit::record_by(tx, now, &Actor::house("release"), act).await
}

/// Whether an offer is for a box.
fn wants(row: &ReleaseRow, able: &Able, is_named: bool) -> bool {
    // One that has not said what it is says by itself if this is not for it.
    let fits = able.target.as_ref().is_none_or(|it| *it == row.target);
    fits && (is_named || place(row.id, able.agent) < row.share)
}

/// Where a box stands among a hundred, for this release.
fn place(release: Id<Release>, agent: Id<Agent>) -> i64 {
    let sum = sha256(&[release.as_bytes().as_slice(), agent.as_bytes()].concat());
    let [a, b, c, d, ..] = sum;
    i64::from(u32::from_be_bytes([a, b, c, d])) * 100 / (i64::from(u32::MAX) + 1)
}

async fn found(conn: &mut Conn, id: Id<Release>) -> Result<ReleaseRow, Problem> {
    rows::by_id(conn, id)
        .await?
        .ok_or_else(|| Problem::not_found("release", "There is no such release."))
}

async fn listed(conn: &mut Conn, row: ReleaseRow) -> Result<Listed, Error> {
    let counts = rows::counts(conn, row.id).await?;
    Ok(Listed {
        id: row.id,
        version: row.version,
        target: row.target,
        size: row.size,
        sha256: row.sha256,
        protocols: row.protocols,
        expires: row.expires,
        made_by: row.made_by,
        made: row.made,
        state: row.state,
        share: row.share,
        failures_max: row.failures_max,
        changed: row.changed,
        halted_why: row.halted_why,
        counts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_holds_the_smaller_one_and_is_about_as_large_as_it_says() {
        let release = Id::from_bytes([9; 16]);
        let places: Vec<_> = (0..10_000_u32)
            .map(|n| {
                let mut octets = [0; 16];
                octets[..4].copy_from_slice(&n.to_be_bytes());
                place(release, Id::from_bytes(octets))
            })
            .collect();
        assert!(places.iter().all(|at| (0..100).contains(at)));
        let within = |share: i64| places.iter().filter(|at| **at < share).count();
        assert!((60..140).contains(&within(1)), "{}", within(1));
        assert!((850..1_150).contains(&within(10)), "{}", within(10));
        assert_eq!(within(100), 10_000);
    }
}
