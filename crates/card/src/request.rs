//! Requests about data of one's own: to see it, to have it put right or destroyed, and
//! against having been judged by a machine (UU 27/2022, articles 5 to 13).
//!
//! ```text
//! recorded ──▶ open, somebody looks after it ──▶ granted, partly or refused
//! ```
//!
//! Who asks and what for names people, and so may the answer: both lie sealed under a key of
//! their own, and are opened for a purpose that is kept. What the audit says of a request
//! names nobody, since it is kept for good.

use std::time::Duration;

use base::area::AreaCode;
use base::id::{Id, Person};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::problem::Problem;
use hall::vault::{OwnKey, Vault, VaultError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Error, Tx};

use crate::sql::request::{self as rows, Answered, Kind, RequestRow, State};
use crate::subject::SubjectId;

/// Within this a request is to be answered: three times 24 hours after it was received, by
/// UU 27/2022, articles 30 and 32. It is hours and not days, whatever day it is.
pub(crate) const DUE: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Longest that is asked, and longest part of an answer, in characters.
pub(crate) const TEXT_MAX: usize = 2_000;

/// Longest that is said of who asks, and of how that was checked, in characters.
pub(crate) const WHO_MAX: usize = 200;

/// What the key of a request is bound to.
const KEY: (&str, &str) = ("card_request", "key");

/// What is sealed under the key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Who asks and what for.
    Said,
    /// How it was checked who he is.
    Identity,
    /// The answer.
    Answer,
}

impl Part {
    /// The associated data, by which the parts that share a key are told apart.
    fn place(self, number: i64) -> Vec<u8> {
        let part: &[u8] = match self {
            Self::Said => b"",
            Self::Identity => b"identity",
            Self::Answer => b"answer",
        };
        [b"card_request", &number.to_be_bytes()[..], part].concat()
    }
}

/// Who asks and what for, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    who: String,
    asks: String,
}

/// The answer, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// Why it was answered so.
    pub(crate) reason: String,
    /// What was done.
    pub(crate) done: String,
    /// What the owners of lists are to put right.
    #[serde(default)]
    pub(crate) repairs: Vec<Repair>,
}

/// What is wrong in a row of a list, and what it should be. Rows of the house are never
/// changed: the owner of the list changes his.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Repair {
    pub(crate) list: i64,
    pub(crate) row: u32,
    /// By the name that a record has for it.
    pub(crate) field: String,
    pub(crate) should_be: String,
    /// By what it was shown.
    pub(crate) evidence: String,
}

/// What a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) who: String,
    pub(crate) asks: String,
    /// How it was checked who he is; none where nobody has.
    pub(crate) identity: Option<String>,
    /// None while it is open.
    pub(crate) reply: Option<Reply>,
}

/// There is no such request, or none that the caller may know of.
pub(crate) fn none() -> Problem {
    Problem::not_found("card-request", "There is no such request in your area.")
}

fn done() -> Problem {
    Problem::conflict(
        "card-request-answered",
        "This request was answered before; what was answered stays.",
    )
}

/// What is recorded.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) area: Option<AreaCode>,
    pub(crate) who: String,
    pub(crate) identity: Option<String>,
    pub(crate) asks: String,
}

/// Writes a request down. From then on its time runs.
pub(crate) async fn record(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    it: Record,
) -> Result<RequestRow, Problem> {
    let now = hall.now();
    let number = rows::next(tx).await?;
    let said = written(&Said {
        who: it.who,
        asks: it.asks,
    })?;
    let key = hall.vault().own_key()?;
    let identity = it
        .identity
        .map(|text| key.seal(&Part::Identity.place(number), text.as_bytes()))
        .transpose()?;
    let row = RequestRow {
        number,
        kind: it.kind,
        subject: it.subject,
        area: it.area,
        state: State::Open,
        sealed: key.seal(&Part::Said.place(number), &said)?,
        wrapped: hall.vault().wrap(KEY.0, &number.to_string(), KEY.1, &key)?,
        identity,
        owner: None,
        by: who.person(),
        at: now.wall,
        due: now.wall + DUE,
        answered: None,
        erasure: None,
    };
    rows::add(tx, &row).await?;
    tell(hall, who, tx, "card_request.recorded", &row, json!({})).await?;
    Ok(row)
}

/// What is kept of what was done with a request.
async fn tell(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    verb: &'static str,
    row: &RequestRow,
    mut detail: serde_json::Value,
) -> Result<(), Error> {
    detail["number"] = json!(row.number);
    detail["kind"] = json!(row.kind.as_str());
    let act = Act {
        verb,
        subject: subject(row.number),
        detail,
    };
    audit::record(tx, hall.now(), who, act).await
}

/// What the audit calls a request.
pub(crate) fn subject(number: i64) -> String {
    format!("request {number}")
}

/// Opens a request; who did and what for is kept. None where its key was destroyed.
pub(crate) async fn open(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &RequestRow,
    purpose: &str,
) -> Result<Option<Opened>, Problem> {
    let detail = json!({ "purpose": purpose });
    tell(hall, who, tx, "card_request.opened", row, detail).await?;
    Ok(opened(hall.vault(), row)?)
}

/// Hands out all that is kept of its subject; who took it and what for is kept.
pub(crate) async fn hand_out(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &RequestRow,
    (purpose, count): (&str, usize),
) -> Result<(), Error> {
    let detail = json!({ "purpose": purpose, "rows": count });
    tell(hall, who, tx, "card_request.dossier", row, detail).await
}

fn key(vault: &Vault, row: &RequestRow) -> Result<Option<OwnKey>, VaultError> {
    match row.wrapped.is_empty() {
        true => Ok(None),
        false => vault
            .unwrap_key(KEY.0, &row.number.to_string(), KEY.1, &row.wrapped)
            .map(Some),
    }
}

fn written<T: Serialize>(it: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(it)
        .map_err(|error| Problem::bug(format!("a request cannot be written: {error}")))
}

/// What a request says; none where its key was destroyed.
pub(crate) fn opened(vault: &Vault, row: &RequestRow) -> Result<Option<Opened>, VaultError> {
    let Some(key) = key(vault, row)? else {
        return Ok(None);
    };
    let said = key.open(&Part::Said.place(row.number), &row.sealed)?;
    let said: Said =
        serde_json::from_slice(&said).map_err(|_| Error::corrupt("card_request.sealed"))?;
    let identity = match &row.identity {
        None => None,
        Some(sealed) => {
            let text = String::from_utf8(key.open(&Part::Identity.place(row.number), sealed)?);
            Some(text.map_err(|_| Error::corrupt("card_request.identity"))?)
        }
    };
    let reply = match &row.answered {
        None => None,
        Some(answered) => {
            let octets = key.open(&Part::Answer.place(row.number), &answered.answer)?;
            let reply = serde_json::from_slice(&octets);
            Some(reply.map_err(|_| Error::corrupt("card_request.answer"))?)
        }
    };
    Ok(Some(Opened {
        who: said.who,
        asks: said.asks,
        identity,
        reply,
    }))
}

/// From now on somebody looks after it; none: nobody.
///
/// # Errors
/// `card-request-answered` if it was.
pub(crate) async fn own(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &RequestRow,
    owner: Option<Id<Person>>,
) -> Result<(), Problem> {
    if !rows::own(tx, row.number, owner).await? {
        return Err(done());
    }
    let detail = json!({ "owner": owner });
    tell(hall, who, tx, "card_request.owned", row, detail).await?;
    Ok(())
}

/// It was checked who asks, in this way.
///
/// # Errors
/// `card-request-answered` if it was.
pub(crate) async fn identify(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &RequestRow,
    identity: &str,
) -> Result<(), Problem> {
    let key = key(hall.vault(), row)?.ok_or_else(none)?;
    let sealed = key.seal(&Part::Identity.place(row.number), identity.as_bytes())?;
    if !rows::identify(tx, row.number, &sealed).await? {
        return Err(done());
    }
    tell(hall, who, tx, "card_request.identified", row, json!({})).await?;
    Ok(())
}

/// Answers a request.
///
/// # Errors
/// `card-request-answered` if it was; `card-second-person` if it is about destroying and the
/// caller has recorded it: what is destroyed does not come back.
pub(crate) async fn answer(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &RequestRow,
    (state, reply, erasure): (State, &Reply, Option<i64>),
) -> Result<(), Problem> {
    if row.kind == Kind::Erasure && row.by == who.person() {
        return Err(Problem::conflict(
            "card-second-person",
            "Somebody else than who has recorded it has to answer.",
        ));
    }
    if row.state != State::Open {
        return Err(done());
    }
    let key = key(hall.vault(), row)?.ok_or_else(none)?;
    let now = hall.now();
    let answered = Answered {
        by: who.person(),
        at: now.wall,
        answer: key.seal(&Part::Answer.place(row.number), &written(reply)?)?,
    };
    if !rows::answer(tx, row.number, state, &answered, erasure).await? {
        return Err(done());
    }
    let detail = json!({
        "answer": state.as_str(), "repairs": reply.repairs.len(), "erasure": erasure,
        "is_late": is_late(row.due, now.wall),
    });
    tell(hall, who, tx, "card_request.answered", row, detail).await?;
    Ok(())
}

/// Whether what was due then is late at a time.
pub(crate) fn is_late(due: base::now::Wall, at: base::now::Wall) -> bool {
    due <= at
}

#[cfg(test)]
mod tests {
    use base::now::Wall;

    use super::*;

    #[test]
    fn what_shares_a_key_has_places_of_its_own() {
        let parts = [Part::Said, Part::Identity, Part::Answer];
        for (n, one) in parts.iter().enumerate() {
            for other in &parts[n + 1..] {
                assert_ne!(one.place(1), other.place(1));
            }
            assert_ne!(one.place(1), one.place(2));
        }
    }

    #[test]
    fn it_is_due_after_seventy_two_hours_and_not_at_the_end_of_a_day() {
        let at = Wall::from_us(1_764_547_200_000_007);
        let due = at + DUE;
        assert_eq!(due.since(at), Duration::from_secs(72 * 3_600));
        assert!(!is_late(due, due - Duration::from_micros(1)));
        assert!(is_late(due, due));
    }
}
