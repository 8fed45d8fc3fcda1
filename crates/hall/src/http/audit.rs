//! `/api/v1/audit`: what has been done, by whom.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::id::{AuditEntry, Id};
use base::now::Wall;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Page, cursor, limit};
use crate::Hall;
use crate::audit::{self, Act, Entry, Verdict};
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Place, Who};
use crate::problem::{Problem, Query};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::AuditRead))
        .routes(routes!(verify).guard(Permission::AuditRead))
}

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only what was done so, for example `session.opened`.
    verb: Option<String>,
    /// Only by this person, `prs_…`.
    actor: Option<String>,
    /// Only to this id, code or name.
    subject: Option<String>,
    /// Since when, microseconds since 1970 UTC.
    #[param(value_type = Option<i64>)]
    from_us: Option<Wall>,
    /// Until before when.
    #[param(value_type = Option<i64>)]
    to_us: Option<Wall>,
    /// Part of the verb, subject, detail or the person's name.
    q: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Who it was.
#[derive(Debug, Serialize, ToSchema)]
struct ActorView {
    /// `prs_…`.
    id: String,
    /// By what name today.
    name: Option<String>,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
struct EntryView {
    /// `aud_…`.
    #[schema(value_type = String)]
    id: Id<AuditEntry>,
    /// Its number in the chain, from 1 without gaps.
    seq: i64,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Who; null when nobody was known, or the house itself did it.
    who: Option<ActorView>,
    /// `ses_…`, `tok_…` or a part of the house.
    via: String,
    /// Where the request came from.
    address: Option<String>,
    /// What was done: `noun.past_tense`.
    verb: String,
    /// To what.
    subject: String,
    /// What else there is to say.
    #[schema(value_type = Object)]
    detail: Json,
    /// Of this row and, by it, of all before: SHA-256 in hexadecimal.
    hash: String,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            seq: entry.seq,
            at_us: entry.at,
            who: entry.actor.map(|id| ActorView {
                id,
                name: entry.actor_name,
            }),
            via: entry.via,
            address: entry.address,
            verb: entry.verb,
            subject: entry.subject,
            detail: entry.detail,
            hash: entry.hash,
        }
    }
}

/// Entries, newest first. A file is itself written down, with its filter.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(Filter),
    responses((status = 200, body = Page<EntryView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let wanted = audit::Filter {
        verb: filter.verb,
        actor: filter.actor,
        subject: filter.subject,
        from: filter.from_us,
        to: filter.to_us,
        q: filter.q,
        before: cursor(filter.cursor.as_deref())?,
        ..audit::Filter::default()
    };
    let mut read = hall.db().read().await?;
    let (found, next) = audit::list(&mut read, &wanted, limit).await?;
    drop(read);
    if csv {
        return export(&hall, &who, &wanted, found, next).await;
    }
    Ok(axum::Json(Page {
        items: found.into_iter().map(EntryView::from).collect(),
        next: next.map(|seq| seq.to_string()),
    })
    .into_response())
}

async fn export(
    hall: &Hall,
    who: &Who,
    filter: &audit::Filter,
    entries: Vec<Entry>,
    next: Option<i64>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "audit.exported",
        subject: "audit".to_owned(),
        detail: json!({ "rows": entries.len(), "filter": filter }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "seq", "at", "person", "name", "via", "address", "verb", "subject", "detail", "hash",
    ]);
    for entry in entries {
        file.row(&[
            entry.seq.to_string(),
            hall.clock().rfc3339(entry.at),
            entry.actor.unwrap_or_default(),
            entry.actor_name.unwrap_or_default(),
            entry.via,
            entry.address.unwrap_or_default(),
            entry.verb,
            entry.subject,
            entry.detail.to_string(),
            entry.hash,
        ]);
    }
    let mut response = file.response("audit.csv");
    if let Some(next) = next {
        // A file has no room for it.
        response.headers_mut().insert("x-next-cursor", next.into());
    }
    Ok(response)
}

/// Walks the whole chain and names the first row that is not as it was written.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, body = Verdict)))]
async fn verify(State(hall): State<Hall>, who: Who) -> Result<axum::Json<Verdict>, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let mut read = hall.db().read().await?;
    Ok(axum::Json(audit::verify(&mut read).await?))
}
