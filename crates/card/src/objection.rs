//! Objections (sanggah): what somebody says against where he stands on an adopted list.
//!
//! ```text
//! recorded ──▶ open ──▶ accepted ──▶ an exception, which counts in the lists that come
//!                └────▶ rejected
//! ```
//!
//! The ground names people, and so may the answer: both lie sealed under a key of their own,
//! and are opened for a purpose that is kept. What the audit says of an objection names
//! nobody, since it is kept for good.

use base::area::AreaCode;
use base::day::Day;
use base::id::{Id, Objection};
use card_core::decree;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::line;
use hall::problem::Problem;
use hall::vault::{OwnKey, Vault, VaultError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx};

use crate::decide;
use crate::decide::draft::{self, Excepted};
use crate::programme::{self, Kept};
use crate::room::Room;
use crate::sql::decision::{self, DecisionRow, State as Stage};
use crate::sql::judged;
use crate::sql::objection::{self as rows, Answered, ObjectionRow, State};
use crate::subject::SubjectId;

/// Days after the one of recording within which an objection is to be answered: a measure of
/// the house. The regulation of the governor on the card may say otherwise. The three times
/// 24 hours of UU 27/2022, article 30, are for the correction of data, which this is not.
const DUE_DAYS: i32 = 14;

/// Longest ground and longest reason of an answer, in characters.
pub(crate) const GROUND_MAX: usize = 2_000;

/// Longest that is said of who objects, in characters.
pub(crate) const OBJECTOR_MAX: usize = 200;

/// What the key of an objection is bound to.
const KEY: (&str, &str) = ("card_objection", "key");

/// What is sealed under the key of an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Who objects and on what ground.
    Said,
    /// The reason of the answer.
    Reason,
}

impl Part {
    /// The associated data, by which the parts that share a key are told apart.
    fn place(self, id: Id<Objection>) -> Vec<u8> {
        let part: &[u8] = match self {
            Self::Said => b"",
            Self::Reason => b"answer",
        };
        [b"card_objection", &id.as_bytes()[..], part].concat()
    }
}

/// Who objects and on what ground, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    objector: String,
    ground: String,
}

/// What an objection says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) objector: String,
    pub(crate) ground: String,
    /// Why it was answered so; none while it is open.
    pub(crate) reason: Option<String>,
}

/// Some lines that a person has typed, without blanks around them, or a problem about the
/// field.
pub(crate) fn lines(field: &'static str, text: &str, most: usize) -> Result<String, Problem> {
    let turns = |_| line::refuse(field, "without control characters");
    let read = text.trim().lines().map(|each| match each.trim() {
        "" => Ok(String::new()),
        each => line::read(field, &each.replace('\t', " "), usize::MAX).map_err(turns),
    });
    let text = read.collect::<Result<Vec<_>, _>>()?.join("\n");
    if text.is_empty() {
        Err(line::refuse(field, "cannot be empty"))
    } else if text.chars().count() > most {
        Err(line::refuse(field, format!("at most {most} characters")))
    } else {
        Ok(text)
    }
}

/// Nobody of that id stands on such a list, or not where the caller may know of it.
pub(crate) fn nobody() -> Problem {
    Problem::not_found(
        "card-judged",
        "Nobody of that id stands on this list, or in your area.",
    )
}

/// There is no such objection, or none that the caller may know of.
pub(crate) fn none() -> Problem {
    Problem::not_found("card-objection", "There is no such objection in your area.")
}

/// Where somebody stands on an adopted list.
#[derive(Debug, Clone)]
pub(crate) struct Stand {
    list: DecisionRow,
    subject: SubjectId,
    /// Where the subject lives.
    pub(crate) area: Option<AreaCode>,
    /// Whether the subject receives by it.
    pub(crate) receives: bool,
}

impl Stand {
    /// By the rows of the list; of those who have none by what its examination knew.
    ///
    /// # Errors
    /// `card-decision` if no such list was adopted, `card-judged` if it is not about the
    /// subject.
    pub(crate) async fn of(
        hall: &Hall,
        room: &Room,
        number: i64,
        subject: SubjectId,
    ) -> Result<Self, Problem> {
        let mut read = hall.db().read().await?;
        let list = draft::find(&mut read, number).await?;
        if list.state != Stage::Adopted {
            return Err(Problem::not_found(
                "card-decision",
                "There is no such list that was adopted.",
            ));
        }
        let kept = programme::find(&mut read, &list.slug, Some(list.version)).await?;
        if kept.programme.subject != subject.subject() {
            return Err(nobody());
        }
        let found = judged::find(&mut read, number, subject).await?;
        drop(read);
        if let Some(found) = found {
            return Ok(Self {
                list,
                subject,
                receives: found.standing.receives(),
                area: found.area,
            });
        }
        // Whoever has no row was excluded by the rules and did not receive.
        let weighed = decide::weigh(hall, room, &list).await?;
        let at = weighed.place(subject).ok_or_else(nobody)?;
        Ok(Self {
            list,
            subject,
            receives: false,
            area: weighed.area(at),
        })
    }
}

/// What is recorded.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) wants: decree::Exception,
    pub(crate) objector: String,
    pub(crate) ground: String,
}

/// Writes an objection down.
pub(crate) async fn record(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    stand: &Stand,
    it: Record,
) -> Result<ObjectionRow, Problem> {
    let id: Id<Objection> = hall.mint();
    let now = hall.now();
    let said = Said {
        objector: it.objector,
        ground: it.ground,
    };
    let said = serde_json::to_vec(&said)
        .map_err(|error| Problem::bug(format!("an objection cannot be written: {error}")))?;
    let key = hall.vault().own_key()?;
    let mut row = ObjectionRow {
        id,
        number: 0,
        decision: stand.list.number,
        subject: *stand.subject.octets(),
        area: stand.area.clone(),
        state: State::Open,
        wants: it.wants,
        sealed: key.seal(&Part::Said.place(id), &said)?,
        wrapped: hall.vault().wrap(KEY.0, &id.to_string(), KEY.1, &key)?,
        by: who.person(),
        at: now.wall,
        due: hall.end_of(due(hall.day_of(now.wall))),
        answered: None,
    };
    row.number = rows::add(tx, &row).await?;
    let act = Act {
        verb: "card_objection.recorded",
        subject: id.to_string(),
        detail: json!({ "number": row.number, "decision": row.decision }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(row)
}

/// The last day to answer what was recorded on a day.
fn due(day: Day) -> Day {
    day.plus(DUE_DAYS).unwrap_or(day)
}

/// Opens an objection; who did and what for is kept. None where its key was destroyed.
pub(crate) async fn open(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &ObjectionRow,
    purpose: &str,
) -> Result<Option<Opened>, Problem> {
    let act = Act {
        verb: "card_objection.opened",
        subject: row.id.to_string(),
        detail: json!({ "number": row.number, "decision": row.decision, "purpose": purpose }),
    };
    audit::record(tx, hall.now(), who, act).await?;
    Ok(opened(hall.vault(), row)?)
}

fn key(vault: &Vault, row: &ObjectionRow) -> Result<Option<OwnKey>, VaultError> {
    match row.wrapped.is_empty() {
        true => Ok(None),
        false => vault
            .unwrap_key(KEY.0, &row.id.to_string(), KEY.1, &row.wrapped)
            .map(Some),
    }
}

/// What an objection says; none where its key was destroyed.
pub(crate) fn opened(vault: &Vault, row: &ObjectionRow) -> Result<Option<Opened>, VaultError> {
    let Some(key) = key(vault, row)? else {
        return Ok(None);
    };
    let said = key.open(&Part::Said.place(row.id), &row.sealed)?;
    let said: Said =
        serde_json::from_slice(&said).map_err(|_| Error::corrupt("card_objection.sealed"))?;
    let reason = match &row.answered {
        None => None,
        Some(answered) => {
            let octets = key.open(&Part::Reason.place(row.id), &answered.reason)?;
            let text = String::from_utf8(octets);
            Some(text.map_err(|_| Error::corrupt("card_objection.answer"))?)
        }
    };
    Ok(Some(Opened {
        objector: said.objector,
        ground: said.ground,
        reason,
    }))
}

/// Answers an objection: what was accepted counts in the lists that come.
///
/// # Errors
/// `card-second-person` for whoever has recorded it, `card-objected` if it was answered.
pub(crate) async fn answer(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &ObjectionRow,
    is_accepted: bool,
    reason: &str,
) -> Result<(), Problem> {
    if row.by == who.person() {
        return Err(Problem::conflict(
            "card-second-person",
            "Somebody else than who has recorded it has to answer.",
        ));
    }
    let done = || {
        Problem::conflict(
            "card-objected",
            "This objection was answered before; what was answered stays.",
        )
    };
    if row.state != State::Open {
        return Err(done());
    }
    let key = key(hall.vault(), row)?.ok_or_else(none)?;
    let now = hall.now();
    let answered = Answered {
        by: who.person(),
        at: now.wall,
        reason: key.seal(&Part::Reason.place(row.id), reason.as_bytes())?,
    };
    let (state, verb) = match is_accepted {
        true => (State::Accepted, "card_objection.accepted"),
        false => (State::Rejected, "card_objection.rejected"),
    };
    if !rows::answer(tx, row.id, state, &answered).await? {
        return Err(done());
    }
    let act = Act {
        verb,
        subject: row.id.to_string(),
        detail: json!({ "number": row.number, "decision": row.decision }),
    };
    audit::record(tx, now, who, act).await?;
    if is_accepted {
        let (list, kept) = against(tx, row.decision).await?;
        let excepted = Excepted {
            slug: &list.slug,
            subject: SubjectId::of(kept.programme.subject, row.subject),
            area: row.area.clone(),
            answer: row.wants,
            // What was answered stays sealed with the objection, and is opened with it.
            reason: &format!("sanggahan nomor {}", row.number),
            objection: Some(row.id),
        };
        draft::except(hall, who, tx, excepted).await?;
    }
    Ok(())
}

/// The list that an objection is against, and its rules.
pub(crate) async fn against(conn: &mut Conn, number: i64) -> Result<(DecisionRow, Kept), Problem> {
    let list = decision::find(conn, number)
        .await?
        .ok_or_else(|| Error::corrupt("card_objection.decision"))?;
    let kept = programme::find(conn, &list.slug, Some(list.version)).await?;
    Ok((list, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ground_may_have_several_lines_and_nothing_that_turns_them() {
        for (text, read) in [
            ("  satu  ", Some("satu")),
            ("satu \r\n\r\n\tdua\ttiga\n", Some("satu\n\ndua tiga")),
            ("Ñandú 李\nx", Some("Ñandú 李\nx")),
            ("", None),
            (" \n\t\n ", None),
            ("a\u{0}b", None),
            ("a\nb\u{202e}c", None),
            ("seventeen letters", None),
        ] {
            assert_eq!(lines("ground", text, 16).ok().as_deref(), read, "{text:?}");
        }
        let both = format!("{}\n{}", "x".repeat(5), "y".repeat(5));
        assert!(lines("ground", &both, 10).is_err());
        assert!(lines("ground", &both, 11).is_ok());
    }

    #[test]
    fn what_shares_a_key_has_places_of_its_own() {
        let (one, other) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        assert_ne!(Part::Said.place(one), Part::Reason.place(one));
        assert_ne!(Part::Said.place(one), Part::Said.place(other));
    }

    #[test]
    fn it_is_due_two_weeks_later() {
        let day: Day = "2026-12-24".parse().expect("a day");
        assert_eq!(due(day).to_string(), "2027-01-07");
    }
}
