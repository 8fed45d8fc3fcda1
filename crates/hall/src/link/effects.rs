//! What follows from what boxes say, in the transaction that holds the record.

use std::time::Duration;

use base::id::{Agent, Id};
use base::now::Now;
use prost::Message as _;
use serde_json::{Map, json};
use store::{Error, Tx};
use sync::command::{End, Outcome};
use sync::desired::Configured;
use sync::record::{Envelope, Kind, Quality};
use sync::release::Updated;

use super::kinds;
use super::outbox::Wrecked;
use super::vitals::Vitals;
use crate::incident::{self, About, Key, Opening, Severity};
use crate::release::{self, At};
use crate::sql::desired::{self as configs, Which};
use crate::sql::enrol as agents;
use crate::sql::link as commands;
use crate::sql::release as rows;

/// Who opens incidents here.
const BY: &str = "link";

/// The disk of a box fills up: less than this is left,
const DISK: &str = "site.disk_filling";
const DISK_LOW_KIB: u64 = 64 * 1_024;

/// and it has room again from here on.
const DISK_WELL_KIB: u64 = 128 * 1_024;

/// The outbox of a box was damaged.
const WRECKED: &str = "site.outbox_damaged";

/// What a box said within this time tells how it is now.
const NEWS: Duration = Duration::from_secs(600);

/// Longest text of a box that rows keep, in characters.
const TEXT_MAX: usize = 300;

/// A record is held for the first time: the command that it ends is over, and the rest
/// follows.
pub(crate) async fn held(
    tx: &mut Tx,
    now: Now,
    agent: Id<Agent>,
    record: &Envelope,
) -> Result<(), Error> {
    if record.kind == Kind::OUTCOME
        && let Some(it) = Outcome::decode(&record.body)
    {
        commands::ended(tx, agent, it.id, it.end, &it.body, now.wall).await?;
    }
    of(tx, now, agent, record).await
}

/// One whose body is not what its kind says has no effect: it is kept as it came.
async fn of(tx: &mut Tx, now: Now, agent: Id<Agent>, record: &Envelope) -> Result<(), Error> {
    match record.kind {
        Kind::OUTCOME => match Outcome::decode(&record.body) {
            Some(outcome) if outcome.end != End::Done => ended(tx, now, agent, &outcome).await,
            Some(_) | None => Ok(()),
        },
        kinds::UPDATED => match Updated::decode(&record.body) {
            Some(it) => updated(tx, now, agent, &it).await,
            None => Ok(()),
        },
        kinds::CONFIGURED => match Configured::decode(&record.body) {
            Some((version, fate, why)) => {
                let version = Which::Version(i64::try_from(version).unwrap_or(i64::MAX));
                let (why, now) = (short(&why), now.wall);
                configs::heard(tx, agent, version, fate.as_str(), &why, now).await
            }
            None => Ok(()),
        },
        kinds::VITALS => match Vitals::decode(record.body.as_slice()) {
            Ok(vitals) => disk(tx, now, agent, record, &vitals).await,
            Err(_) => Ok(()),
        },
        kinds::WRECKED => match Wrecked::decode(record.body.as_slice()) {
            Ok(wreck) => wrecked(tx, now, agent, &wreck).await,
            Err(_) => Ok(()),
        },
        kinds::STARTED => match Vitals::decode(record.body.as_slice()) {
            Ok(Vitals {
                target: Some(target),
                ..
            }) => rows::set_target(tx, agent, &short(&target)).await,
            Ok(_) | Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The disk of a box fills up, or has room again. What is told of long ago says nothing of
/// now.
async fn disk(
    tx: &mut Tx,
    now: Now,
    agent: Id<Agent>,
    record: &Envelope,
    vitals: &Vitals,
) -> Result<(), Error> {
    let Some(free_kib) = vitals.disk_free_kib else {
        return Ok(());
    };
    let is_news = record.quality == Quality::Synced && now.wall.since(record.event_time) <= NEWS;
    if !is_news {
        return Ok(());
    }
    let Some(row) = agents::agent(tx, agent).await? else {
        return Ok(());
    };
    let key = Key::new(DISK, row.site);
    if free_kib >= DISK_WELL_KIB {
        incident::clear(tx, now, &key, BY).await?;
    } else if free_kib < DISK_LOW_KIB {
        let opening = Opening {
            key,
            by: BY,
            severity: Severity::Warning,
            title: "Ruang penyimpanan perangkat hampir habis".to_owned(),
            facts: Map::from_iter([("free_kib".to_owned(), json!(free_kib))]),
            about: About::site(tx, row.site).await?.into_iter().collect(),
        };
        incident::open(tx, now, opening).await?;
    }
    Ok(())
}

/// The outbox of a box was damaged: what the house did not hold by then is lost to it,
/// unless somebody reads the file that was put aside.
async fn wrecked(tx: &mut Tx, now: Now, agent: Id<Agent>, wreck: &Wrecked) -> Result<(), Error> {
    let Some(row) = agents::agent(tx, agent).await? else {
        return Ok(());
    };
    let facts = [
        ("file".to_owned(), json!(short(&wreck.file))),
        ("kib".to_owned(), json!(wreck.octets / 1_024)),
    ];
    let opening = Opening {
        key: Key::new(WRECKED, agent),
        by: BY,
        severity: Severity::Warning,
        title: "Penyimpanan perangkat rusak; berkasnya disisihkan di perangkat".to_owned(),
        facts: Map::from_iter(facts),
        about: About::site(tx, row.site).await?.into_iter().collect(),
    };
    incident::open(tx, now, opening).await?;
    Ok(())
}

/// A command was not done.
async fn ended(tx: &mut Tx, now: Now, agent: Id<Agent>, it: &Outcome) -> Result<(), Error> {
    let said = short(&String::from_utf8_lossy(&it.body));
    let why = commands::end_word(it.end);
    if let Some(release) = rows::by_command(tx, agent, it.id).await? {
        let refused = At::Refused;
        rows::heard(tx, release, agent, refused, why, &said, now.wall).await?;
    }
    let which = Which::Command(it.id);
    let why = if said.is_empty() { why } else { &said };
    configs::heard(tx, agent, which, "refused", why, now.wall).await
}

async fn updated(tx: &mut Tx, now: Now, agent: Id<Agent>, it: &Updated) -> Result<(), Error> {
    let version = it.version.to_string();
    // A release that came on a stick is none of an offer: the record alone tells of it.
    let Some(release) = rows::of_box(tx, agent, &version).await? else {
        return Ok(());
    };
    let at = At::of(it.progress);
    let (why, detail) = (short(&it.why), short(&it.detail));
    rows::heard(tx, release.id, agent, at, &why, &detail, now.wall).await?;
    if at.is_failure() {
        release::halt_if_too_many(tx, now, release).await?;
    }
    Ok(())
}

/// Text of a box, without what could turn a line of a list round.
fn short(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(TEXT_MAX).collect()
}
