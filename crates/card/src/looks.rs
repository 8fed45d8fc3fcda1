//! Who has looked at what of people, when and what for: told from the audit, where each
//! opening is written down before anything is seen.

use std::collections::BTreeSet;

use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use hall::Hall;
use hall::audit::Entry;
use hall::problem::Problem;
use serde::Serialize;
use serde_json::Value as Json;
use store::{Conn, Error};
use utoipa::ToSchema;

use crate::sql::export as exports;
use crate::sql::objection::{self, Asked};
use crate::sql::request as requests;
use crate::subject::SubjectId;
use crate::{export, request};

/// All by which something about people is opened, printed or taken along.
pub(crate) const VERBS: [&str; 16] = [
    "card_annex.taken",
    "card_breach.noticed",
    "card_breach.opened",
    "card_changes.taken",
    "card_corrections.taken",
    "card_export.taken",
    "card_family.opened",
    "card_objection.opened",
    "card_pair.opened",
    "card_person.sought",
    "card_photo.opened",
    "card_request.dossier",
    "card_request.opened",
    "card_sheet.printed",
    "card_visit.sheet_taken",
    "card_worklist.taken",
];

/// That somebody was looked for by what was said of him: others were found as well.
pub(crate) const SOUGHT: &str = "card_person.sought";

/// What somebody has looked at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardLook)]
pub(crate) struct Look {
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub(crate) at_us: Wall,
    /// Who, `prs_…`; null: the house itself.
    #[schema(value_type = Option<String>)]
    pub(crate) person: Option<Id<Person>>,
    /// What he is called today.
    pub(crate) person_name: Option<String>,
    /// Where the request came from.
    pub(crate) via_address: Option<String>,
    /// What was done, for example `card_family.opened`.
    pub(crate) verb: String,
    /// With what: `fam_…`, `rsd_…`, `obj_…`, an area, or a kind and its number.
    pub(crate) subject: String,
    /// What for, as he has said.
    pub(crate) purpose: Option<String>,
    /// How many rows; null where that is not kept.
    pub(crate) rows: Option<u64>,
    /// Whether whom it names was looked at. False: he was found among others and not opened,
    /// or a part of a list was taken on which he may have stood.
    pub(crate) is_certain: bool,
}

/// By these somebody may have been seen among others.
const PERHAPS: [&str; 5] = [
    "card_changes.taken",
    "card_export.taken",
    "card_person.sought",
    "card_visit.sheet_taken",
    "card_worklist.taken",
];

impl From<Entry> for Look {
    fn from(entry: Entry) -> Self {
        let purpose = entry.detail["purpose"].as_str().map(str::to_owned);
        Self {
            at_us: entry.at,
            person: entry.actor.and_then(|id| id.parse().ok()),
            person_name: entry.actor_name,
            via_address: entry.address,
            rows: rows(&entry.detail),
            is_certain: !PERHAPS.contains(&entry.verb.as_str()),
            purpose,
            verb: entry.verb,
            subject: entry.subject,
        }
    }
}

/// How many rows were seen, as its verb keeps it.
fn rows(detail: &Json) -> Option<u64> {
    let pairs = || detail["pairs"].as_array().map(Vec::len);
    detail["rows"]
        .as_u64()
        .or_else(|| detail["members"].as_u64())
        .or_else(|| pairs().and_then(|pairs| u64::try_from(pairs).ok()))
}

/// Says what an annex as a whole was taken for: that stands with the export, and not in the
/// audit.
pub(crate) async fn with_purpose(
    hall: &Hall,
    conn: &mut Conn,
    look: &mut Look,
) -> Result<(), Problem> {
    if look.verb != "card_export.taken" || look.purpose.is_some() {
        return Ok(());
    }
    let number = look.subject.strip_prefix("export ");
    if let Some(number) = number.and_then(|it| it.parse().ok())
        && let Some(row) = exports::find(conn, number).await?
    {
        look.purpose = Some(export::purpose(hall, &row)?);
    }
    Ok(())
}

/// What of the audit is about somebody: himself, what was said against where he stands, and
/// what was asked about him.
pub(crate) async fn about(conn: &mut Conn, subject: SubjectId) -> Result<Vec<String>, Error> {
    const MOST: i64 = 500;
    let everywhere = || ("1 = 1".to_owned(), Vec::new());
    let asked = Asked {
        subject: Some(subject.octets()),
        ..Asked::default()
    };
    let objections = objection::some(conn, &asked, everywhere(), MOST).await?;
    let asked = requests::Asked {
        subject: Some(subject),
        ..requests::Asked::default()
    };
    let asked = requests::some(conn, &asked, everywhere(), MOST).await?;
    let said = objections.into_iter().map(|row| row.id.to_string());
    let asked = asked.into_iter().map(|row| request::subject(row.number));
    Ok([subject.to_string()]
        .into_iter()
        .chain(said)
        .chain(asked)
        .collect())
}

/// By what a look is found to be at somebody.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// What the audit calls him, and what is about him.
    pub(crate) names: BTreeSet<String>,
    /// His rows: lists and numbers.
    pub(crate) rows: BTreeSet<(i64, u32)>,
    /// Where they lie.
    pub(crate) areas: BTreeSet<AreaCode>,
    /// Adopted lists that tell of him, and the village under which he is on the annex: empty
    /// where none is known, none where he is not on it.
    pub(crate) lists: BTreeSet<(i64, Option<String>)>,
}

impl About {
    /// Whether it was at him: for certain, perhaps, or not at all. Perhaps where a part of a
    /// list was taken of which it is not kept who stood on it.
    pub(crate) fn meets(&self, entry: &Entry) -> Option<bool> {
        if self.names.contains(&entry.subject) {
            return Some(true);
        }
        match entry.verb.as_str() {
            "card_pair.opened" => self.pairs(&entry.detail).then_some(true),
            "card_annex.taken" => {
                let list = list(&entry.subject)?;
                let area = entry.detail["area"].as_str().unwrap_or_default();
                let part = (list, Some(area.to_owned()));
                self.lists.contains(&part).then_some(true)
            }
            "card_corrections.taken" => {
                let requests = entry.detail["requests"].as_array();
                let numbers = requests.into_iter().flatten().filter_map(Json::as_i64);
                let mut named = numbers.map(request::subject);
                named.any(|it| self.names.contains(&it)).then_some(true)
            }
            SOUGHT => {
                let found = entry.detail["families"].as_array();
                let mut found = found.into_iter().flatten().filter_map(Json::as_str);
                found.any(|id| self.names.contains(id)).then_some(false)
            }
            "card_worklist.taken" => self.lies_in(&entry.subject).then_some(false),
            "card_changes.taken" | "card_export.taken" => {
                let told = entry.detail["decision"].as_i64();
                let list = list(&entry.subject).or(told)?;
                let is_on = self.lists.iter().any(|it| it.0 == list);
                (is_on && self.lies_in_told(&entry.detail)).then_some(false)
            }
            "card_visit.sheet_taken" => self.lies_in_told(&entry.detail).then_some(false),
            _ => None,
        }
    }

    /// Whether one of some pairs has a row of his.
    fn pairs(&self, detail: &Json) -> bool {
        let pairs = detail["pairs"].as_array().map(Vec::as_slice);
        let pairs = pairs.unwrap_or_default().iter().filter_map(Json::as_str);
        pairs.flat_map(|pair| pair.split('-')).any(|row| {
            let parts = row.split_once('.');
            parts
                .and_then(|(list, number)| Some((list.parse().ok()?, number.parse().ok()?)))
                .is_some_and(|row| self.rows.contains(&row))
        })
    }

    fn lies_in(&self, area: &str) -> bool {
        let area: Result<AreaCode, _> = area.parse();
        area.is_ok_and(|area| self.areas.iter().any(|it| area.contains(it)))
    }

    /// The same of an area that may be left out, which is all of them.
    fn lies_in_told(&self, detail: &Json) -> bool {
        detail["area"]
            .as_str()
            .is_none_or(|area| self.lies_in(area))
    }
}

/// The number of a list, as the audit calls it.
fn list(subject: &str) -> Option<i64> {
    subject.strip_prefix("list ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(verb: &str, subject: &str, detail: Json) -> Entry {
        Entry {
            id: Id::from_bytes([1; 16]),
            seq: 1,
            at: Wall::from_us(0),
            actor: None,
            actor_name: None,
            via: String::new(),
            address: None,
            verb: verb.to_owned(),
            subject: subject.to_owned(),
            detail,
            hash: String::new(),
        }
    }

    #[test]
    fn a_look_is_at_somebody_for_certain_perhaps_or_not_at_all() {
        let here: AreaCode = "62.02.01.1009".parse().expect("a code");
        let about = About {
            names: BTreeSet::from(["fam_x".to_owned(), "request 3".to_owned()]),
            rows: BTreeSet::from([(1, 12)]),
            areas: BTreeSet::from([here.clone()]),
            lists: BTreeSet::from([(7, Some(here.to_string())), (8, None)]),
        };
        let there = "62.11.05.2004";
        for (verb, subject, detail, met) in [
            ("card_family.opened", "fam_x", json!({}), Some(true)),
            ("card_family.opened", "fam_y", json!({}), None),
            ("card_request.opened", "request 3", json!({}), Some(true)),
            ("card_request.opened", "request 33", json!({}), None),
            (
                "card_pair.opened",
                "2 pairs",
                json!({ "pairs": ["1.1-2.12", "1.12-2.3"] }),
                Some(true),
            ),
            (
                "card_pair.opened",
                "1 pairs",
                json!({ "pairs": ["1.1-2.12"] }),
                None,
            ),
            (
                "card_annex.taken",
                "list 7",
                json!({ "area": here }),
                Some(true),
            ),
            ("card_annex.taken", "list 7", json!({ "area": there }), None),
            ("card_annex.taken", "list 8", json!({ "area": here }), None),
            (
                "card_corrections.taken",
                "corrections",
                json!({ "requests": [1, 3] }),
                Some(true),
            ),
            (
                "card_corrections.taken",
                "corrections",
                json!({ "requests": [1, 33] }),
                None,
            ),
            (
                "card_person.sought",
                "run 1",
                json!({ "families": ["fam_a", "fam_x"] }),
                Some(false),
            ),
            (
                "card_person.sought",
                "run 1",
                json!({ "families": ["fam_y"] }),
                None,
            ),
            ("card_worklist.taken", "62.02.01", json!({}), Some(false)),
            ("card_worklist.taken", "62.11.05", json!({}), None),
            (
                "card_changes.taken",
                "list 8",
                json!({ "area": null }),
                Some(false),
            ),
            (
                "card_changes.taken",
                "list 8",
                json!({ "area": there }),
                None,
            ),
            ("card_changes.taken", "list 9", json!({}), None),
            (
                "card_export.taken",
                "export 1",
                json!({ "decision": 7 }),
                Some(false),
            ),
            (
                "card_visit.sheet_taken",
                "sample 1",
                json!({ "area": here }),
                Some(false),
            ),
        ] {
            let entry = entry(verb, subject, detail);
            assert_eq!(about.meets(&entry), met, "{verb} {subject}");
        }
    }

    #[test]
    fn how_many_rows_were_seen_is_told_as_each_verb_keeps_it() {
        for (detail, told) in [
            (json!({ "rows": 3 }), Some(3)),
            (json!({ "members": 4 }), Some(4)),
            (json!({ "pairs": ["a", "b"] }), Some(2)),
            (json!({ "purpose": "x" }), None),
        ] {
            assert_eq!(rows(&detail), told);
        }
    }

    #[test]
    fn verbs_are_in_order_and_once() {
        assert!(VERBS.is_sorted_by(|one, other| one < other));
    }
}
