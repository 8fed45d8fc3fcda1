//! What follows from what boxes say, in the transaction that holds the record.

use base::id::{Agent, Id};
use base::now::Now;
use prost::Message as _;
use store::{Error, Tx};
use sync::command::{End, Outcome};
use sync::desired::Configured;
use sync::record::{Envelope, Kind};
use sync::release::Updated;

use super::kinds;
use super::vitals::Vitals;
use crate::release::{self, At};
use crate::sql::desired::{self as configs, Which};
use crate::sql::release as rows;

/// Longest text of a box that rows keep, in characters.
const TEXT_MAX: usize = 300;

/// A record is held for the first time. One whose body is not what its kind says has no
/// effect: it is kept as it came.
pub(crate) async fn of(
    tx: &mut Tx,
    now: Now,
    agent: Id<Agent>,
    record: &Envelope,
) -> Result<(), Error> {
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

/// A command was not done.
async fn ended(tx: &mut Tx, now: Now, agent: Id<Agent>, it: &Outcome) -> Result<(), Error> {
    let said = short(&String::from_utf8_lossy(&it.body));
    let why = crate::sql::link::end_word(it.end);
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
