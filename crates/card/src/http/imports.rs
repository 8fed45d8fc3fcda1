//! `/api/v1/card/imports`: lists of people, from files of any size.
//!
//! A file is the body of the request, as it is. It is sealed as it arrives and read by
//! itself; the answer tells how far that has come. A commit answers at once and the list
//! is written by itself, all of it or nothing.

use std::sync::atomic::Ordering;

use axum::Extension;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use base::id::{Id, Intake, Source};
use base::now::Wall;
use card_core::list::Kind;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::intake::{self, ColumnView, FieldView, FileFormat, Language};
use hall::problem::{self, Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::import::contract;
use crate::import::desk::{self, Change, Codes, Work};
use crate::import::report::PointView;
use crate::import::write::{self, Commit, Written};
use crate::room::Room;
use crate::sql::import::{self as rows, ImportRow, State as Stands};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    // The bound of a file is kept while it arrives, by its octets.
    let upload = OpenApiRouter::new()
        .routes(routes!(open).guard(Permission::CardImport))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardImport))
        .routes(routes!(template).guard(Permission::CardImport))
        .routes(routes!(show).guard(Permission::CardImport))
        .routes(routes!(choose).guard(Permission::CardImport))
        .routes(routes!(discard).guard(Permission::CardImport))
        .routes(routes!(commit).guard(Permission::CardImport))
        .merge(upload)
}

/// What a file is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Sent {
    /// `dtsen`, `bansos`, `kematian`, `pindah`, `desa`, `kpm`, `gagal` or `usaha`.
    kind: String,
    /// What the file is called on the sender's machine.
    name: Option<String>,
}

fn kind(word: &str) -> Result<Kind, Problem> {
    Kind::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        super::refuse("kind", format!("use one of {}", words.join(", ")))
    })
}

/// An import as a page shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardImport)]
struct ImportView {
    /// `itk_…`.
    #[schema(value_type = String)]
    id: Id<Intake>,
    /// What it is a list of.
    #[schema(value_type = String)]
    kind: &'static str,
    /// `reading`, `read`, `writing`, `written` or `failed`.
    #[schema(value_type = String)]
    state: &'static str,
    /// Rows that were read or written so far.
    done: Option<u64>,
    /// Rows that will be written, while they are.
    of: Option<u64>,
    /// Why it failed; it can be tried again, or dropped.
    failure: Option<Failure>,
    /// What the file was called.
    file_name: String,
    /// Octets.
    size_bytes: i64,
    /// SHA-256 in hexadecimal.
    sha256: String,
    /// When the same file was imported before, the last first.
    seen: Vec<SeenView>,
    /// What was found, once it was read.
    found: Option<FoundView>,
    /// Of which system the codes of villages are said to be.
    codes: Option<Codes>,
    /// What was written, once it was.
    written: Option<Written>,
    /// When it came, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    opened_us: Wall,
}

/// Why an import failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardImportFailure)]
struct Failure {
    /// The kind of problem.
    #[schema(value_type = String)]
    slug: &'static str,
    /// What happened.
    detail: String,
}

/// The same file, imported before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardImportSeen)]
struct SeenView {
    /// `src_…`.
    #[schema(value_type = String)]
    source: Id<Source>,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Its rows.
    rows: Option<i64>,
}

/// What was found in a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardImportFound)]
struct FoundView {
    /// What kind of file it is.
    layout: FileFormat,
    /// Its columns, and which field each is. Values are never shown.
    columns: Vec<ColumnView>,
    /// The fields that there are.
    fields: Vec<FieldView>,
    /// Fields that rows need and no column is.
    missing: Vec<&'static str>,
    /// Rows that count.
    rows: u64,
    /// Titles and remarks around them.
    skipped: u64,
    /// Rows that cannot be written.
    refused: u64,
    /// What there is to say about rows.
    points: Vec<PointView>,
    /// Whether most codes of villages are none of the house's: somebody has to say of
    /// which system they are before the list is written.
    codes_are_foreign: bool,
}

async fn view(hall: &Hall, room: &Room, row: &ImportRow) -> Result<ImportView, Problem> {
    desk::begin(hall, room, row)?;
    let work = room.work(row.id);
    let now;
    let row = if work.is_none() && row.state == Stands::Staged {
        // Its last rows were written since it was looked at, or nobody writes them any more.
        let mut read = hall.db().read().await?;
        now = rows::find(&mut read, row.id).await?;
        drop(read);
        if now.as_ref().is_some_and(|it| it.state == Stands::Staged) && room.work(row.id).is_none()
        {
            write::rescue(hall, row).await?;
        }
        now.as_ref().unwrap_or(row)
    } else {
        row
    };
    let (mut done, mut of, mut failure, mut found) = (None, None, None, None);
    let state = match (&work, row.state) {
        (_, Stands::Written) => "written",
        (Some(Work::Reading(count, _)), _) => {
            done = Some(count.load(Ordering::Relaxed));
            "reading"
        }
        (Some(Work::Read(known)), _) => {
            let contract = contract::of(row.kind);
            let (table, report) = (&known.table, &known.report);
            let required = contract.columns.iter().filter(|column| column.required);
            found = Some(FoundView {
                layout: table.format(),
                columns: table.columns(false),
                fields: intake::fields(contract),
                missing: required
                    .filter(|column| !table.has(column.key))
                    .map(|column| column.key)
                    .collect(),
                rows: report.rows,
                skipped: report.skipped,
                refused: report.refused,
                points: report.view(),
                codes_are_foreign: report.codes_are_foreign(),
            });
            "read"
        }
        (Some(Work::Writing(count, all)), _) => {
            done = Some(count.load(Ordering::Relaxed));
            of = Some(*all);
            "writing"
        }
        (Some(Work::Failed(problem)), _) => {
            failure = Some(Failure {
                slug: problem.slug(),
                detail: problem.detail().to_owned(),
            });
            "failed"
        }
        (None, _) => "reading",
    };
    let subject = contract::of(row.kind).subject;
    let mut read = hall.db().read().await?;
    let seen = hall::source::seen(&mut read, subject, &row.sha256, row.source).await?;
    let written: Option<Written> = match row.result.as_deref() {
        None => None,
        Some(text) => Some(
            serde_json::from_str(text).map_err(|_| store::Error::corrupt("card_import.result"))?,
        ),
    };
    Ok(ImportView {
        id: row.id,
        kind: row.kind.as_str(),
        state,
        done,
        of,
        failure,
        file_name: row.file_name.clone(),
        size_bytes: row.size_bytes,
        sha256: row.sha256.clone(),
        seen: seen
            .into_iter()
            .map(|it| SeenView {
                source: it.source,
                at_us: it.at_us,
                rows: it.rows,
            })
            .collect(),
        found,
        codes: desk::read_choice(row)?.codes,
        written,
        opened_us: row.opened,
    })
}

/// Takes a file in: its octets are the body. Up to 2 GiB; the same file, while it is open,
/// is the same import.
#[utoipa::path(post, path = "/api/v1/card/imports", tag = "card", params(Sent),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = ImportView), (status = 409), (status = 413), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Query(sent): Query<Sent>,
    body: Body,
) -> Result<Response, Problem> {
    let kind = kind(&sent.kind)?;
    let name = sent.name.as_deref().unwrap_or_default();
    let row = desk::open(&hall, &room, &who, kind, name, body).await?;
    let location = format!("/api/v1/card/imports/{}", row.id);
    let view = view(&hall, &room, &row).await?;
    Ok(problem::created(&location, axum::Json(view)))
}

/// One's own imports that are not written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardImports)]
struct Imports {
    /// The oldest first.
    items: Vec<ImportView>,
    /// There is no next page.
    next: Option<String>,
}

/// One's own imports that are not written, the oldest first.
#[utoipa::path(get, path = "/api/v1/card/imports", tag = "card",
    responses((status = 200, body = Imports)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
) -> Result<axum::Json<Imports>, Problem> {
    let mut read = hall.db().read().await?;
    let open = rows::unwritten(&mut read, Some(who.person())).await?;
    drop(read);
    let mut items = Vec::new();
    for row in &open {
        items.push(view(&hall, &room, row).await?);
    }
    Ok(axum::Json(Imports { items, next: None }))
}

/// An import of one's own: how far it has come, and what was found.
#[utoipa::path(get, path = "/api/v1/card/imports/{id}", tag = "card",
    params(("id" = String, Path, description = "`itk_…`")),
    responses((status = 200, body = ImportView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Intake>>,
) -> Result<axum::Json<ImportView>, Problem> {
    let row = desk::find(&hall, &who, id).await?;
    Ok(axum::Json(view(&hall, &room, &row).await?))
}

/// Changes how a file is read; it is read anew.
#[utoipa::path(patch, path = "/api/v1/card/imports/{id}", tag = "card",
    params(("id" = String, Path, description = "`itk_…`")), request_body = Change,
    responses((status = 200, body = ImportView), (status = 404), (status = 409), (status = 422)))]
async fn choose(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Intake>>,
    Json(change): Json<Change>,
) -> Result<axum::Json<ImportView>, Problem> {
    let row = desk::choose(&hall, &room, &who, id, change).await?;
    Ok(axum::Json(view(&hall, &room, &row).await?))
}

/// Forgets an import, and its file with it.
#[utoipa::path(delete, path = "/api/v1/card/imports/{id}", tag = "card",
    params(("id" = String, Path, description = "`itk_…`")),
    responses((status = 204), (status = 404), (status = 409)))]
async fn discard(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Intake>>,
) -> Result<Response, Problem> {
    desk::discard(&hall, &room, &who, id).await?;
    Ok(problem::no_content())
}

/// Begins to write a list: all rows that are not left out, or nothing. The answer comes at
/// once; `GET` tells how far it has come.
#[utoipa::path(post, path = "/api/v1/card/imports/{id}/commit", tag = "card",
    request_body = Commit,
    params(("id" = String, Path, description = "`itk_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 202, body = ImportView), (status = 404), (status = 409), (status = 422)))]
async fn commit(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Intake>>,
    Keyed { body, .. }: Keyed<Commit>,
) -> Result<Response, Problem> {
    let row = desk::find(&hall, &who, id).await?;
    // Asked again it is what it is: a list is written once.
    if row.state == Stands::Open {
        let mut tx = hall.db().write().await?;
        let whole = write::commit(&hall, &room, &who, &mut tx, &row, &body).await?;
        tx.commit().await?;
        whole.begin(&hall, &room);
    }
    let row = desk::find(&hall, &who, id).await?;
    let view = view(&hall, &room, &row).await?;
    Ok(problem::accepted(axum::Json(view)))
}

/// What a template is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// What it is a list of.
    kind: String,
    /// `csv` or `xlsx`.
    format: Option<String>,
    /// `id` or `en`.
    #[param(inline)]
    language: Option<Language>,
}

/// An empty file to be filled, with its columns explained.
#[utoipa::path(get, path = "/api/v1/card/imports/template", tag = "card", params(Wanted),
    responses((status = 200, content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
async fn template(Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let language = wanted.language.unwrap_or_default();
    let contract = contract::of(kind(&wanted.kind)?);
    match wanted.format.as_deref() {
        Some("csv") => Ok(intake::template_csv(
            contract,
            language,
            "templat-kartu.csv",
        )),
        Some("xlsx") | None => intake::template_xlsx(contract, language, "templat-kartu.xlsx"),
        Some(_) => Err(super::refuse("format", "use csv or xlsx")),
    }
}
