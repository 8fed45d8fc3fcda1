//! The chain as a reader asks for it.

use base::id::{AuditEntry, Id, Person};
use base::now::Wall;
use serde::Serialize;
use serde_json::Value as Json;
use store::{Conn, Error, Value};

use super::hex;
use crate::sql::{audit as rows, staff};

/// What a list is asked for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    /// Only what was done so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// Only what was done in one of these ways; empty: in any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verbs: Vec<String>,
    /// Only by this person, by printed id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Only to this id, code or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Only to one of these; empty: to any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
    /// With `subjects`: also what tells of one of these within its detail.
    #[serde(skip)]
    pub also: Option<Also>,
    /// Since when.
    #[serde(rename = "from_us", skip_serializing_if = "Option::is_none")]
    pub from: Option<Wall>,
    /// Until before when.
    #[serde(rename = "to_us", skip_serializing_if = "Option::is_none")]
    pub to: Option<Wall>,
    /// Part of the verb, subject, detail or the person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Only before this number of the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

/// What tells of somebody whom it was not done to.
#[derive(Debug, Clone)]
pub struct Also {
    /// What was done.
    pub verb: String,
    /// Whom it has to name: printed ids.
    pub names: Vec<String>,
}

/// An entry as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which.
    pub id: Id<AuditEntry>,
    /// Its number in the chain.
    pub seq: i64,
    /// When.
    pub at: Wall,
    /// The printed id of the person.
    pub actor: Option<String>,
    /// The person's name today, if there is such a person.
    pub actor_name: Option<String>,
    /// Session, token or part of the house.
    pub via: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// What was done.
    pub verb: String,
    /// To what.
    pub subject: String,
    /// What else there is to say.
    pub detail: Json,
    /// The hash of the row in hexadecimal.
    pub hash: String,
}

/// People whose name fits what a reader looks for, at most.
const NAMES_MAX: i64 = 200;

/// Entries, newest first. Also what to begin the next page before, if there may
/// be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    limit: i64,
) -> Result<(Vec<Entry>, Option<i64>), Error> {
    let mut query = rows::list();
    for (text, value) in [
        (" AND e.verb = ", &filter.verb),
        (" AND e.actor = ", &filter.actor),
        (" AND e.subject = ", &filter.subject),
    ] {
        if let Some(value) = value {
            query = query.push(text, value.as_str());
        }
    }
    let any =
        |values: &[String]| -> Vec<Value> { values.iter().map(|it| it.as_str().into()).collect() };
    let marks = |values: &[String]| vec!["?"; values.len()].join(", ");
    if !filter.verbs.is_empty() {
        let condition = format!(" AND e.verb IN ({})", marks(&filter.verbs));
        query = query.condition(&condition, any(&filter.verbs));
    }
    if !filter.subjects.is_empty() {
        let mut condition = format!(" AND (e.subject IN ({})", marks(&filter.subjects));
        let mut values = any(&filter.subjects);
        if let Some(also) = filter.also.as_ref().filter(|it| !it.names.is_empty()) {
            let each = vec!["e.detail LIKE ? ESCAPE '!'"; also.names.len()].join(" OR ");
            condition = format!("{condition} OR (e.verb = ? AND ({each}))");
            values.push(also.verb.as_str().into());
            // In quotes it is a whole id; one is written as it is sought.
            let quoted = also.names.iter().map(|it| format!("\"{it}\""));
            values.extend(quoted.map(|it| Value::from(crate::sql::containing(&it))));
        }
        query = query.condition(&format!("{condition})"), values);
    }
    if let Some(from) = filter.from {
        query = query.push(" AND e.at_us >= ", from);
    }
    if let Some(to) = filter.to {
        query = query.push(" AND e.at_us < ", to);
    }
    if let Some(before) = filter.before {
        query = query.push(" AND e.seq < ", before);
    }
    if let Some(q) = &filter.q {
        let pattern = crate::sql::containing(q);
        query = query
            .push(" AND (e.verb LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR LOWER(e.subject) LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR LOWER(e.detail) LIKE ", pattern.as_str())
            .raw(" ESCAPE '!'");
        for person in staff::named_like(conn, &pattern, NAMES_MAX).await? {
            query = query.push(" OR e.actor = ", person.to_string());
        }
        query = query.raw(")");
    }
    query = query.push(" ORDER BY e.seq DESC LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let names = staff::names(conn).await?;
    let next = found
        .last()
        .map(|row| row.seq)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    let entries = found
        .into_iter()
        .map(|row| {
            let actor_name = row
                .actor
                .as_deref()
                .and_then(|actor| actor.parse::<Id<Person>>().ok())
                .and_then(|person| names.get(&person).cloned());
            Entry {
                id: row.id,
                seq: row.seq,
                at: row.at,
                actor: row.actor,
                actor_name,
                via: row.via,
                address: row.address,
                verb: row.verb,
                subject: row.subject,
                // A row that somebody has spoilt is shown as it is, not hidden.
                detail: serde_json::from_str(&row.detail)
                    .unwrap_or_else(|_| Json::from(row.detail.as_str())),
                hash: hex(&row.hash),
            }
        })
        .collect();
    Ok((entries, next))
}
