//! `/api/v1/audit/checkpoints`, `/api/v1/audit/tile`: what witnesses hold of the audit.
//!
//! `/api/v1/audit` is the prefix of a log as C2SP tlog-tiles has it: `checkpoint` and
//! `tile/…` below it are what its clients ask for. Entries are not served that way.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::now::Wall;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Page, cursor, limit};
use crate::Hall;
use crate::audit::note::{Signer, SignerError, Verifier};
use crate::audit::proof::Proof;
use crate::audit::seal::{self, Sealed};
use crate::audit::{self, Act, Actor, hex, keep, proof, tile, tree};
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Place, Who};
use crate::problem::{self, Path, Problem, Query};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::AuditRead))
        .routes(routes!(make).guard(Permission::AuditRead))
        .routes(routes!(note).guard(Permission::AuditRead))
        .routes(routes!(paper).guard(Permission::AuditRead))
        .routes(routes!(newest).guard(Permission::AuditRead))
        .routes(routes!(verifier).guard(Permission::AuditRead))
        .routes(routes!(one_proof).guard(Permission::AuditRead))
        .routes(routes!(tile_of_one).guard(Permission::AuditRead))
        .routes(routes!(tile_of_two).guard(Permission::AuditRead))
        .routes(routes!(tile_of_three).guard(Permission::AuditRead))
}

/// Which checkpoints.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A checkpoint, and where it went.
#[derive(Debug, Serialize, ToSchema)]
struct CheckpointView {
    /// How many entries of the audit it covers.
    size: u64,
    /// The day it is the checkpoint of, `YYYY-MM-DD` in the zone of the house; null: made
    /// because somebody had asked.
    day: Option<String>,
    /// When it was made, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// The root of the tree in hexadecimal.
    root: String,
    /// When it was put into the data folder; null: not yet.
    #[schema(value_type = Option<i64>)]
    filed_us: Option<Wall>,
    /// When it was put into the folder for witnesses; null: not, or there is no such folder.
    #[schema(value_type = Option<i64>)]
    foldered_us: Option<Wall>,
    /// When it was handed to the program that sends it; null: not, or there is none.
    #[schema(value_type = Option<i64>)]
    sent_us: Option<Wall>,
    /// When it was printed first; null: never.
    #[schema(value_type = Option<i64>)]
    printed_us: Option<Wall>,
}

impl From<Sealed> for CheckpointView {
    fn from(it: Sealed) -> Self {
        Self {
            size: it.size,
            day: it.day,
            made_us: it.made,
            root: hex(&it.root),
            filed_us: it.filed,
            foldered_us: it.foldered,
            sent_us: it.sent,
            printed_us: it.printed,
        }
    }
}

/// The key that checkpoints are signed with, and where they go.
#[derive(Debug, Serialize, ToSchema)]
struct VerifierView {
    /// The log's name, and the key's.
    name: String,
    /// `NAME+HASH+KEY`, in one line; null before the first checkpoint.
    verifier: Option<String>,
    /// Whether there is a folder for witnesses.
    has_folder: bool,
    /// Whether there is a program that sends them.
    has_program: bool,
}

fn no_checkpoint() -> Problem {
    Problem::not_found("checkpoint", "There is no checkpoint of that size.")
}

/// Checkpoints, newest first.
#[utoipa::path(get, path = "/api/v1/audit/checkpoints", tag = "audit", params(Filter),
    responses((status = 200, body = Page<CheckpointView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let mut read = hall.db().read().await?;
    let found = seal::sealed(&mut read, cursor(filter.cursor.as_deref())?, limit).await?;
    drop(read);
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found
        .last()
        .filter(|_| is_full)
        .map(|it| it.size.to_string());
    if csv {
        return Ok(export(&hall, found, next.as_deref()));
    }
    Ok(axum::Json(Page {
        items: found.into_iter().map(CheckpointView::from).collect(),
        next,
    })
    .into_response())
}

fn export(hall: &Hall, found: Vec<Sealed>, next: Option<&str>) -> Response {
    let mut file = File::new(&[
        "size", "day", "made", "root", "filed", "foldered", "sent", "printed",
    ]);
    let time = |at: Option<Wall>| at.map(|at| hall.clock().rfc3339(at)).unwrap_or_default();
    for it in found {
        file.row(&[
            it.size.to_string(),
            it.day.unwrap_or_default(),
            time(Some(it.made)),
            hex(&it.root),
            time(it.filed),
            time(it.foldered),
            time(it.sent),
            time(it.printed),
        ]);
    }
    let mut response = file.response("audit-checkpoints.csv");
    // A file has no room for it.
    if let Some(next) = next.and_then(|next| next.parse().ok()) {
        response.headers_mut().insert("x-next-cursor", next);
    }
    response
}

/// Makes a checkpoint of all that was done until now.
#[utoipa::path(post, path = "/api/v1/audit/checkpoints", tag = "audit",
    responses((status = 201, body = CheckpointView), (status = 409)))]
async fn make(State(hall): State<Hall>, who: Who) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let made = seal::make(&hall, &Actor::from(&who), None).await?;
    let made = made.ok_or_else(no_checkpoint)?;
    let location = format!("/api/v1/audit/checkpoints/{}", made.size);
    Ok(problem::created(
        &location,
        axum::Json(CheckpointView::from(made)),
    ))
}

/// A checkpoint as a signed note, to be kept by a witness.
#[utoipa::path(get, path = "/api/v1/audit/checkpoints/{size}", tag = "audit",
    params(("size" = u64, Path)),
    responses((status = 200, content_type = "text/plain", body = String), (status = 404)))]
async fn note(
    State(hall): State<Hall>,
    who: Who,
    Path(size): Path<u64>,
) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let mut read = hall.db().read().await?;
    let found = seal::of_size(&mut read, size).await?;
    let it = found.ok_or_else(no_checkpoint)?;
    let name = keep::file_name(&hall, &it);
    Ok(text(it.note, Some(&name)))
}

/// The newest checkpoint as a signed note, where clients of tlog-tiles look for it.
#[utoipa::path(get, path = "/api/v1/audit/checkpoint", tag = "audit",
    responses((status = 200, content_type = "text/plain", body = String), (status = 404)))]
async fn newest(State(hall): State<Hall>, who: Who) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let mut read = hall.db().read().await?;
    let found = seal::newest(&mut read).await?;
    Ok(text(found.ok_or_else(no_checkpoint)?.note, None))
}

fn text(note: String, name: Option<&str>) -> Response {
    let mut headers = vec![("cache-control", "private, no-cache".to_owned())];
    headers.extend(name.map(|name| {
        let saved = format!("attachment; filename=\"{name}\"");
        ("content-disposition", saved)
    }));
    problem::file("text/plain; charset=utf-8", note.into(), &headers)
}

/// A checkpoint on paper (PDF), with the note as a QR code.
#[utoipa::path(get, path = "/api/v1/audit/checkpoints/{size}/paper", tag = "audit",
    params(("size" = u64, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 404),
        (status = 503)))]
async fn paper(
    State(hall): State<Hall>,
    who: Who,
    Path(size): Path<u64>,
) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let mut read = hall.db().read().await?;
    let found = seal::of_size(&mut read, size).await?;
    drop(read);
    let it = found.ok_or_else(no_checkpoint)?;
    let drawn = audit::paper::pdf(&hall, &it)?;
    keep::printed(&hall, &who, it.size).await?;
    let saved = format!(
        "attachment; filename=\"{}.pdf\"",
        keep::file_name(&hall, &it)
    );
    Ok(problem::file(
        "application/pdf",
        drawn.into(),
        &[("content-disposition", saved)],
    ))
}

/// The key that checkpoints are signed with, as witnesses need it.
#[utoipa::path(get, path = "/api/v1/audit/verifier", tag = "audit",
    responses((status = 200, body = VerifierView)))]
async fn verifier(State(hall): State<Hall>, who: Who) -> Result<axum::Json<VerifierView>, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let config = hall.config();
    let verifier = match Signer::verifier_of(&config.data) {
        Ok(verifier) => Some(verifier),
        Err(SignerError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            None
        }
        Err(error) => return Err(Problem::unavailable("checkpoint-key", error.to_string())),
    };
    Ok(axum::Json(VerifierView {
        name: verifier.as_ref().map_or("", Verifier::name).to_owned(),
        verifier: verifier.map(|it| it.to_string()),
        has_folder: config.checkpoints.is_some(),
        has_program: config.checkpoint_program.is_some(),
    }))
}

/// What proves that an entry is in the newest checkpoint that covers it, with its salt and
/// all that its hash is taken over: whoever has it needs nothing of the house.
#[utoipa::path(get, path = "/api/v1/audit/proof/{seq}", tag = "audit",
    params(("seq" = i64, Path)),
    responses((status = 200, body = Proof), (status = 404)))]
async fn one_proof(
    State(hall): State<Hall>,
    who: Who,
    Path(seq): Path<i64>,
) -> Result<axum::Json<Proof>, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let mut tx = hall.db().write().await?;
    let found = proof::of(&mut tx, seq).await?;
    let found = found.ok_or_else(|| {
        let why = "No checkpoint covers that entry yet, or its salt was destroyed.";
        Problem::not_found("checkpoint", why)
    })?;
    // It leaves the house, with a salt.
    let act = Act {
        verb: "audit.proven",
        subject: seq.to_string(),
        detail: json!({ "size": found.size }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(found))
}

/// A whole tile of the first thousand of its level.
#[utoipa::path(get, path = "/api/v1/audit/tile/{level}/{n}", tag = "audit",
    params(("level" = String, Path), ("n" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304), (status = 404)))]
async fn tile_of_one(
    State(hall): State<Hall>,
    who: Who,
    Path((level, n)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    served(&hall, &who, &headers, &format!("{level}/{n}")).await
}

/// A whole tile (`x001/234`), or one that is not whole (`001.p/34`).
#[utoipa::path(get, path = "/api/v1/audit/tile/{level}/{n}/{m}", tag = "audit",
    params(("level" = String, Path), ("n" = String, Path), ("m" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304), (status = 404)))]
async fn tile_of_two(
    State(hall): State<Hall>,
    who: Who,
    Path((level, n, m)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    served(&hall, &who, &headers, &format!("{level}/{n}/{m}")).await
}

/// A whole tile (`x001/x234/567`), or one that is not whole (`x001/234.p/56`).
#[utoipa::path(get, path = "/api/v1/audit/tile/{level}/{n}/{m}/{o}", tag = "audit",
    params(("level" = String, Path), ("n" = String, Path), ("m" = String, Path),
        ("o" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 304), (status = 404)))]
async fn tile_of_three(
    State(hall): State<Hall>,
    who: Who,
    Path((level, n, m, o)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    served(&hall, &who, &headers, &format!("{level}/{n}/{m}/{o}")).await
}

async fn served(
    hall: &Hall,
    who: &Who,
    headers: &HeaderMap,
    name: &str,
) -> Result<Response, Problem> {
    who.require(Permission::AuditRead, &Place::HOUSE)?;
    let none = || Problem::not_found("checkpoint", "There is no such tile.");
    let wanted: tile::Tile = name.parse().map_err(|_| none())?;
    let mut read = hall.db().read().await?;
    let octets = tree::tile(&mut read, wanted).await?.ok_or_else(none)?;
    let kind = "application/octet-stream";
    Ok(problem::unless_same(headers, kind, octets.into()))
}
