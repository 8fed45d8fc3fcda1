//! `/api/v1/cameras/imports`: many cameras at once, from a file.
//!
//! A file becomes a preview; the preview is judged anew whenever it is looked at;
//! a commit judges it once more in the transaction that writes, and writes all of
//! it or nothing.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base::fact::Fact;
use base::id::{Id, Intake as IntakeNoun};
use base::kind::Kind;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::intake::{
    self, BODY_MAX, Change, Commit, Intake, Judged, Language, Page, Preview, Upload, Written,
};
use hall::problem::{self, Json, Path, Problem, Query};
use serde::Deserialize;
use store::{Conn, Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::save;
use super::form::Faults;
use crate::import::context::Context;
use crate::import::contract::CAMERAS;
use crate::import::judge::{Plan, judge};
use crate::ingest::gate::Gate;
use crate::sql::camera::CameraRow;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    let upload = OpenApiRouter::new()
        .routes(routes!(open).guard(Permission::CamerasWrite))
        .layer(DefaultBodyLimit::max(BODY_MAX));
    OpenApiRouter::new()
        .routes(routes!(template).guard(Permission::CamerasWrite))
        .routes(routes!(show).guard(Permission::CamerasWrite))
        .routes(routes!(choose).guard(Permission::CamerasWrite))
        .routes(routes!(discard).guard(Permission::CamerasWrite))
        .routes(routes!(commit).guard(Permission::CamerasWrite))
        .merge(upload)
}

/// What the upload holds.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of a multipart body")]
#[schema(as = ImportUpload)]
struct UploadForm {
    /// CSV or XLSX, up to 8 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `add`, or `update` where rows may change cameras that are there.
    mode: Option<String>,
}

/// Takes a file in and shows what it would do. The same file, while its preview is
/// open, is the same preview.
#[utoipa::path(post, path = "/api/v1/cameras/imports", tag = "cameras",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Preview), (status = 413), (status = 422)))]
async fn open(State(hall): State<Hall>, who: Who, upload: Upload) -> Result<Response, Problem> {
    let intake = intake::open(&hall, &who, &CAMERAS, upload).await?;
    let location = format!("/api/v1/cameras/imports/{}", intake.id());
    let preview = preview(&hall, &who, &intake, &Page::default()).await?;
    Ok(problem::created(&location, axum::Json(preview)))
}

/// An import of one's own, judged as the house is now. A file of its report with
/// `format=csv`.
#[utoipa::path(get, path = "/api/v1/cameras/imports/{id}", tag = "cameras",
    params(("id" = String, Path, description = "`itk_…`"), Page),
    responses((status = 200, body = Preview), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    headers: HeaderMap,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let intake = intake::find(&hall, &who, &CAMERAS, id).await?;
    if !hall::csv::wanted(&headers, page.format.as_deref())? {
        let preview = preview(&hall, &who, &intake, &page).await?;
        return Ok(axum::Json(preview).into_response());
    }
    let mut read = hall.db().read().await?;
    let Some(judged) = judged(&hall, &mut read, &who, &intake).await? else {
        return Err(Problem::conflict(
            "import-done",
            "It was written; its report was that of the preview.",
        ));
    };
    drop(read);
    intake::report_csv(&intake, &judged, &page, "laporan-impor-kamera.csv")
}

/// Changes how a file is read: which column is which field, which sheet, and
/// whether cameras that are there may be changed.
#[utoipa::path(patch, path = "/api/v1/cameras/imports/{id}", tag = "cameras",
    params(("id" = String, Path, description = "`itk_…`")), request_body = Change,
    responses((status = 200, body = Preview), (status = 404), (status = 409), (status = 422)))]
async fn choose(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    Json(change): Json<Change>,
) -> Result<axum::Json<Preview>, Problem> {
    let intake = intake::choose(&hall, &who, &CAMERAS, id, change).await?;
    let preview = preview(&hall, &who, &intake, &Page::default()).await?;
    Ok(axum::Json(preview))
}

/// Forgets a preview, and its file with it.
#[utoipa::path(delete, path = "/api/v1/cameras/imports/{id}", tag = "cameras",
    params(("id" = String, Path, description = "`itk_…`")),
    responses((status = 204), (status = 404), (status = 409)))]
async fn discard(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
) -> Result<Response, Problem> {
    intake::discard(&hall, &who, &CAMERAS, id).await?;
    Ok(problem::no_content())
}

/// Writes what the preview shows, in one transaction: all rows that are not left
/// out, or nothing. Asked again it answers the same and writes nothing more.
#[utoipa::path(post, path = "/api/v1/cameras/imports/{id}/commit", tag = "cameras",
    request_body = Commit,
    params(("id" = String, Path, description = "`itk_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Written), (status = 404), (status = 409), (status = 422)))]
async fn commit(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    Keyed { body, once }: Keyed<Commit>,
) -> Result<Response, Problem> {
    let intake = intake::find(&hall, &who, &CAMERAS, id).await?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let written = match intake::written_meanwhile(&mut tx, &who, &intake).await? {
        Some(written) => written,
        None => write(&hall, &mut tx, &who, &intake, &body).await?,
    };
    let location = format!("/api/v1/sources/{}", written.source);
    let answer = once
        .created(&mut tx, hall.now(), &location, &written)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

async fn write(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    intake: &Intake,
    commit: &Commit,
) -> Result<Written, Problem> {
    let judged = judged(hall, tx, who, intake)
        .await?
        .ok_or_else(|| Problem::bug("an open import has no rows"))?;
    let (plans, tally) = judged.written(&commit.leave_out)?;
    let now = hall.now();
    let mut around: Option<Place> = None;
    for (number, plan) in plans {
        let Plan { there, form } = plan;
        let verb = match there {
            Some(_) => "camera.changed",
            None => "camera.added",
        };
        let row = there.unwrap_or_else(|| CameraRow::new(hall, now.wall));
        let saved = save(hall, tx, who, row, form, Faults::default(), now)
            .await
            .map_err(|problem| of_row(problem, number))?;
        let act = Act {
            verb,
            subject: saved.id.to_string(),
            detail: serde_json::json!({ "source": intake.source().to_string(), "row": number }),
        };
        audit::record(tx, now, who, act).await?;
        facts::append(tx, &Fact::CameraChanged { camera: saved.id }, now.wall).await?;
        let place = saved.place();
        around = Some(around.map_or(place.clone(), |around| around.around(&place)));
    }
    let around = around.unwrap_or(Place::HOUSE);
    intake::settle(hall, tx, who, intake, commit, tally, around).await
}

/// A refusal of the form, with the row that it is about.
fn of_row(problem: Problem, row: u32) -> Problem {
    if !matches!(
        problem.kind(),
        Kind::Invalid | Kind::Conflict | Kind::Denied
    ) {
        return problem;
    }
    let why = problem
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.field, field.detail))
        .collect::<Vec<_>>()
        .join("; ");
    Problem::conflict("import-refused", "Nothing was written: a row cannot stand.")
        .field(format!("row {row}"), why)
}

async fn judged(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    intake: &Intake,
) -> Result<Option<Judged<Plan>>, Problem> {
    let Some(table) = intake.table() else {
        return Ok(None);
    };
    let context = Context::load(conn, who, intake, &Gate::of(hall)).await?;
    Ok(Some(table.judge(|row| judge(&context, row))))
}

async fn preview(hall: &Hall, who: &Who, intake: &Intake, page: &Page) -> Result<Preview, Problem> {
    let mut read = hall.db().read().await?;
    let judged = judged(hall, &mut read, who, intake).await?;
    Preview::new(intake, judged.as_ref(), page)
}

/// What a template is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// `csv` or `xlsx`.
    format: Option<String>,
    /// `id` or `en`.
    #[param(inline)]
    language: Option<Language>,
}

/// An empty file to be filled, with its columns explained.
#[utoipa::path(get, path = "/api/v1/cameras/imports/template", tag = "cameras", params(Wanted),
    responses((status = 200, content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
async fn template(Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let language = wanted.language.unwrap_or_default();
    match wanted.format.as_deref() {
        Some("csv") => Ok(intake::template_csv(
            &CAMERAS,
            language,
            "templat-kamera.csv",
        )),
        Some("xlsx") | None => intake::template_xlsx(&CAMERAS, language, "templat-kamera.xlsx"),
        Some(_) => Err(Problem::invalid("query", "A parameter cannot stand.")
            .field("format", "use csv or xlsx")),
    }
}

#[cfg(test)]
mod tests;
