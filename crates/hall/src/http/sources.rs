//! `/api/v1/sources`: where data comes from.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Agency, Id, Person, Source};
use base::now::Wall;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Page, cursor, limit};
use crate::Hall;
use crate::audit::{self, Act};
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Place, Who};
use crate::idempotency::Keyed;
use crate::problem::{Path, Problem, Query};
use crate::source::{self, Card, Listed};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SourcesRead))
        .routes(routes!(register).guard(Permission::SourcesWrite))
        .routes(routes!(show).guard(Permission::SourcesRead))
}

/// Which sources.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Part of the title, owner or file name.
    q: Option<String>,
    /// Only about this, for example `cameras`.
    subject: Option<String>,
    /// Only the file with this SHA-256.
    sha256: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A feed, or a file that came by another way than an import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SourceForm {
    /// `file` or `feed`.
    kind: String,
    /// What it is about, for example `villages`.
    subject: String,
    /// What is known about it.
    card: Card,
    /// Where it lies, as rights see it; null for the whole house.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Whose it is, as rights see it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
}

/// An imported file or a feed.
#[derive(Debug, Serialize, ToSchema)]
struct SourceView {
    /// `src_…`.
    #[schema(value_type = String)]
    id: Id<Source>,
    /// `file` or `feed`.
    kind: String,
    /// What it is about.
    subject: String,
    /// What is known about it.
    card: Card,
    /// Of a file: its name.
    file_name: Option<String>,
    /// Of a file: octets.
    size_bytes: Option<i64>,
    /// Of a file: SHA-256 as it arrived.
    sha256: Option<String>,
    /// Of a file: rows that count, those left out among them.
    row_count: Option<i64>,
    /// Whether the house keeps a raw copy, sealed.
    has_raw: bool,
    /// Where it lies, as rights see it.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Whose it is, as rights see it.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// `prs_…`, who brought it in.
    #[schema(value_type = String)]
    registered_by: Id<Person>,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    registered_us: Wall,
}

impl From<Listed> for SourceView {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            kind: listed.kind,
            subject: listed.subject,
            card: listed.card,
            file_name: listed.file_name,
            size_bytes: listed.size_bytes,
            sha256: listed.sha256,
            row_count: listed.row_count,
            has_raw: listed.has_raw,
            area: listed.place.area,
            agency: listed.place.agency,
            registered_by: listed.registered_by,
            registered_us: listed.registered,
        }
    }
}

/// Imported files and feeds, newest first.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", params(Filter),
    responses((status = 200, body = Page<SourceView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let wanted = source::Filter {
        q: filter.q,
        subject: filter.subject,
        sha256: filter.sha256,
        before: cursor(filter.cursor.as_deref())?,
    };
    let mut read = hall.db().read().await?;
    let (found, next) = source::list(&mut read, &who, &wanted, limit).await?;
    drop(read);
    if csv {
        return export(&hall, &who, found).await;
    }
    Ok(axum::Json(Page {
        items: found.into_iter().map(SourceView::from).collect(),
        next: next.map(|id| id.to_string()),
    })
    .into_response())
}

async fn export(hall: &Hall, who: &Who, sources: Vec<Listed>) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "source.exported",
        subject: "sources".to_owned(),
        detail: json!({ "rows": sources.len() }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "id",
        "kind",
        "subject",
        "title",
        "owner",
        "controller",
        "legal_basis",
        "agreement",
        "agreement_until",
        "purposes",
        "as_of",
        "definition",
        "classification",
        "retention_days",
        "file_name",
        "size_bytes",
        "sha256",
        "row_count",
        "registered_by",
        "registered",
    ]);
    for source in sources {
        let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let card = source.card;
        file.row(&[
            source.id.to_string(),
            source.kind,
            source.subject,
            card.title.unwrap_or_default(),
            card.owner.unwrap_or_default(),
            card.controller.unwrap_or_default(),
            card.legal_basis.unwrap_or_default(),
            card.agreement.unwrap_or_default(),
            card.agreement_until.unwrap_or_default(),
            card.purposes.join("; "),
            card.as_of.unwrap_or_default(),
            card.definition.unwrap_or_default(),
            card.classification.unwrap_or_default(),
            number(card.retention_days),
            source.file_name.unwrap_or_default(),
            number(source.size_bytes),
            source.sha256.unwrap_or_default(),
            number(source.row_count),
            source.registered_by.to_string(),
            hall.clock().rfc3339(source.registered),
        ]);
    }
    Ok(file.response("sumber.csv"))
}

/// Registers a feed, or a file that came by another way than an import.
#[utoipa::path(post, path = "/api/v1/sources", tag = "sources", request_body = SourceForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = SourceView), (status = 422)))]
async fn register(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<SourceForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let place = Place::new(body.area, body.agency);
    let made = source::register(
        &hall,
        &mut tx,
        &who,
        &body.kind,
        &body.subject,
        &body.card,
        place,
    )
    .await?;
    let location = format!("/api/v1/sources/{}", made.id);
    let view = SourceView::from(made);
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// One source.
#[utoipa::path(get, path = "/api/v1/sources/{id}", tag = "sources",
    params(("id" = String, Path, description = "`src_…`")),
    responses((status = 200, body = SourceView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Source>>,
) -> Result<axum::Json<SourceView>, Problem> {
    let mut read = hall.db().read().await?;
    let found = source::find(&mut read, &who, id)
        .await?
        .ok_or_else(|| Problem::not_found("source", "There is no such source, or none for you."))?;
    Ok(axum::Json(found.into()))
}
