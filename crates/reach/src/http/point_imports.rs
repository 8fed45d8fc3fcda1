//! `/api/v1/points/imports`: many points at once, with what they cost, from a file.
//!
//! A file becomes a preview; the preview is judged anew whenever it is looked at; a
//! commit judges it once more in the transaction that writes, and writes all of it or
//! nothing.

use axum::Extension;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base::id::{Id, Intake as IntakeNoun};
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::intake::{
    self, BODY_MAX, Change, Commit, Intake, Language, Page, Preview, Upload, Written,
};
use hall::problem::{self, Json, Path, Problem, Query};
use serde::Deserialize;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{money, points};
use crate::import::points::{POINTS, judge};
use crate::room::Room;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let upload = OpenApiRouter::new()
        .routes(routes!(open).guard(Permission::PointsWrite))
        .layer(DefaultBodyLimit::max(BODY_MAX));
    OpenApiRouter::new()
        .routes(routes!(template).guard(Permission::PointsWrite))
        .routes(routes!(show).guard(Permission::PointsWrite))
        .routes(routes!(choose).guard(Permission::PointsWrite))
        .routes(routes!(discard).guard(Permission::PointsWrite))
        .routes(routes!(commit).guard(Permission::PointsWrite))
        .merge(upload)
}

/// What the upload holds.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of a multipart body")]
#[schema(as = PointListUpload)]
struct UploadForm {
    /// CSV or XLSX, up to 8 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `add`, or `update` where rows may change points that are there.
    mode: Option<String>,
}

/// Takes a file in and shows what it would do. The same file, while its preview is
/// open, is the same preview.
#[utoipa::path(post, path = "/api/v1/points/imports", tag = "points",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Preview), (status = 413), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    upload: Upload,
) -> Result<Response, Problem> {
    let intake = intake::open(&hall, &who, &POINTS, upload).await?;
    let location = format!("/api/v1/points/imports/{}", intake.id());
    let preview = preview(&hall, &room, &who, &intake, &Page::default()).await?;
    Ok(problem::created(&location, axum::Json(preview)))
}

/// An import of one's own, judged as the house is now. A file of its report with
/// `format=csv`.
#[utoipa::path(get, path = "/api/v1/points/imports/{id}", tag = "points",
    params(("id" = String, Path, description = "`itk_…`"), Page),
    responses((status = 200, body = Preview), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    headers: HeaderMap,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let intake = intake::find(&hall, &who, &POINTS, id).await?;
    if !hall::csv::wanted(&headers, page.format.as_deref())? {
        let preview = preview(&hall, &room, &who, &intake, &page).await?;
        return Ok(axum::Json(preview).into_response());
    }
    let mut read = hall.db().read().await?;
    let Some(judged) = judge(&hall, &room, &mut read, &who, &intake).await? else {
        return Err(Problem::conflict(
            "import-done",
            "It was written; its report was that of the preview.",
        ));
    };
    drop(read);
    intake::report_csv(&intake, &judged, &page, "laporan-impor-titik.csv")
}

/// Changes how a file is read: which column is which field, which sheet, and whether
/// points that are there may be changed.
#[utoipa::path(patch, path = "/api/v1/points/imports/{id}", tag = "points",
    params(("id" = String, Path, description = "`itk_…`")), request_body = Change,
    responses((status = 200, body = Preview), (status = 404), (status = 409), (status = 422)))]
async fn choose(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    Json(change): Json<Change>,
) -> Result<axum::Json<Preview>, Problem> {
    let intake = intake::choose(&hall, &who, &POINTS, id, change).await?;
    let preview = preview(&hall, &room, &who, &intake, &Page::default()).await?;
    Ok(axum::Json(preview))
}

/// Forgets a preview, and its file with it.
#[utoipa::path(delete, path = "/api/v1/points/imports/{id}", tag = "points",
    params(("id" = String, Path, description = "`itk_…`")),
    responses((status = 204), (status = 404), (status = 409)))]
async fn discard(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
) -> Result<Response, Problem> {
    intake::discard(&hall, &who, &POINTS, id).await?;
    Ok(problem::no_content())
}

/// Writes what the preview shows, in one transaction: all rows that are not left out,
/// or nothing. Asked again it answers the same and writes nothing more.
#[utoipa::path(post, path = "/api/v1/points/imports/{id}/commit", tag = "points",
    request_body = Commit,
    params(("id" = String, Path, description = "`itk_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Written), (status = 404), (status = 409), (status = 422)))]
async fn commit(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    Keyed { body, once }: Keyed<Commit>,
) -> Result<Response, Problem> {
    let intake = intake::find(&hall, &who, &POINTS, id).await?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let written = match intake::written_meanwhile(&mut tx, &who, &intake).await? {
        Some(written) => written,
        None => write(&hall, &room, &mut tx, &who, &intake, &body).await?,
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
    room: &Room,
    tx: &mut Tx,
    who: &Who,
    intake: &Intake,
    commit: &Commit,
) -> Result<Written, Problem> {
    let judged = judge(hall, room, tx, who, intake)
        .await?
        .ok_or_else(|| Problem::bug("an open import has no rows"))?;
    let (plans, tally) = judged.written(&commit.leave_out)?;
    let mut around: Option<Place> = None;
    for (_, plan) in plans {
        let place = points::place(&plan.row);
        let (verb, old) = match &plan.old {
            Some(old) => ("point.changed", Some(old)),
            None => ("point.added", None),
        };
        points::write(hall, tx, who, verb, old, &plan.row).await?;
        if let Some(cost) = &plan.money {
            money::write(hall, tx, who, plan.row.id, cost).await?;
        }
        around = Some(around.map_or(place.clone(), |around| around.around(&place)));
    }
    let around = around.unwrap_or(Place::HOUSE);
    intake::settle(hall, tx, who, intake, commit, tally, around).await
}

async fn preview(
    hall: &Hall,
    room: &Room,
    who: &Who,
    intake: &Intake,
    page: &Page,
) -> Result<Preview, Problem> {
    let mut read = hall.db().read().await?;
    let judged = judge(hall, room, &mut read, who, intake).await?;
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
#[utoipa::path(get, path = "/api/v1/points/imports/template", tag = "points", params(Wanted),
    responses((status = 200, content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
async fn template(Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let language = wanted.language.unwrap_or_default();
    match wanted.format.as_deref() {
        Some("csv") => Ok(intake::template_csv(&POINTS, language, "templat-titik.csv")),
        Some("xlsx") | None => intake::template_xlsx(&POINTS, language, "templat-titik.xlsx"),
        Some(_) => Err(super::refuse("format", "use csv or xlsx")),
    }
}
