//! The cover of a list, its annex village by village, and whether it is as it was adopted.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::area::AreaCode;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::line;
use hall::problem::{self, Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::blob::Sha256;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide::annex::{self, Head};
use crate::decide::verify::{self, Verification};
use crate::decide::{self, draft};
use crate::programme;
use crate::room::Room;
use crate::sql::decision;
use crate::sql::judged;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(cover).guard(Permission::CardCount))
        .routes(routes!(part).guard(Permission::CardOpen))
        .routes(routes!(verification).guard(Permission::CardRead))
}

/// As what.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Form {
    /// `csv` for the file whose SHA-256 the decree names.
    format: Option<String>,
}

/// A village's part of an annex.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPart)]
struct PartView {
    /// The village; null for those of whom none is known.
    #[schema(value_type = Option<String>)]
    code: Option<AreaCode>,
    /// What it is called.
    name: Option<String>,
    /// How many stand on it.
    subjects: i64,
    /// What they get in a cycle. Null: not known.
    rupiah: Option<i64>,
    /// SHA-256 of the part as it is handed out.
    sha256: String,
}

/// The cover of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardCover)]
struct CoverView {
    /// The number of the list.
    number: i64,
    /// SHA-256 of the cover as CSV: what the decree names.
    sha256: String,
    /// By village.
    parts: Vec<PartView>,
}

/// The cover of an adopted list: how many stand on the part of each village, and the hash of
/// that. As CSV it is the file whose SHA-256 the decree names; it tells of nobody.
#[utoipa::path(get, path = "/api/v1/card/decisions/{number}/cover", tag = "card",
    params(("number" = i64, Path, description = "of the list"), Form),
    responses((status = 200, content((CoverView = "application/json"), (String = "text/csv"))),
        (status = 404)))]
async fn cover(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    headers: HeaderMap,
    Path(number): Path<i64>,
    Query(form): Query<Form>,
) -> Result<Response, Problem> {
    let mut read = hall.db().read().await?;
    let row = draft::adopted(draft::find(&mut read, number).await?)?;
    let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
    let parts = decision::parts(&mut read, number).await?;
    let head = Head::of(&mut read, &row, &kept).await?;
    drop(read);
    if hall::csv::wanted(&headers, form.format.as_deref())? {
        let octets = annex::cover(&head, &parts);
        return Ok(saved(octets, &format!("sampul-daftar-{number}.csv")));
    }
    let parts = parts.into_iter().map(|part| {
        let village = annex::village(&room, &part.area);
        PartView {
            name: village.as_ref().map(|(_, name)| (*name).to_owned()),
            code: part.area.parse().ok(),
            subjects: part.rows,
            rupiah: part.rupiah,
            sha256: part.sha256,
        }
    });
    let view = CoverView {
        number,
        sha256: row.sha256.unwrap_or_default(),
        parts: parts.collect(),
    };
    Ok(axum::Json(view).into_response())
}

fn saved(octets: Vec<u8>, name: &str) -> Response {
    let saved = format!("attachment; filename=\"{name}\"");
    let headers = [("content-disposition", saved)];
    problem::file("text/csv; charset=utf-8", octets.into(), &headers)
}

/// Which part, and what for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardAnnexForm, example = json!({ "area": "62.02.11.2001", "purpose": "lampiran SK untuk desa" }))]
struct AnnexForm {
    /// The village; left out for those of whom none is known.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What for. It is written into the audit with the number of rows.
    purpose: String,
}

/// A village's part of the annex, with names: the file whose SHA-256 the cover names. Who took
/// it, when, for what and how many rows is kept. Of whoever was erased since then a line says
/// so, and the file has another SHA-256 for that.
#[utoipa::path(post, path = "/api/v1/card/decisions/{number}/annexes", tag = "card",
    request_body = AnnexForm, params(("number" = i64, Path, description = "of the list")),
    responses((status = 200, content((String = "text/csv"))), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn part(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<AnnexForm>,
) -> Result<Response, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::super::PURPOSE_MAX)?;
    let area = form.area.as_ref();
    if !decide::may(&who, Permission::CardOpen, area) {
        return Err(Problem::denied(
            "not-allowed",
            "This needs card.open there.",
        ));
    }
    let mut read = hall.db().read().await?;
    let row = draft::adopted(draft::find(&mut read, number).await?)?;
    let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
    let code = area.map_or("", AreaCode::as_str);
    let parts = decision::parts(&mut read, number).await?;
    let part = parts.into_iter().find(|part| part.area == code);
    let part = part.ok_or_else(|| {
        Problem::not_found("card-judged", "Nobody of that village is on the annex.")
    })?;
    let rows = judged::annexed(&mut read, number, code).await?;
    let opened = annex::opened(&hall, &mut read, rows).await?;
    let head = Head::of(&mut read, &row, &kept).await?;
    drop(read);
    let octets = annex::part(&head, &opened);
    let is_sound = Sha256::of(&octets).as_str() == part.sha256;
    // What was destroyed is told on its line; the part has another hash for that.
    let erased = opened.iter().filter(|it| it.1.is_none()).count();
    let act = Act {
        verb: "card_annex.taken",
        subject: format!("list {number}"),
        detail: json!({ "area": code, "purpose": purpose, "rows": opened.len(),
            "is_sound": is_sound, "erased": erased }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    if !is_sound && erased == 0 {
        return Err(Problem::conflict(
            "card-annex-altered",
            "A row of this part, or a record behind it, is not what was adopted: its hash is another. Nothing is handed out; have the list verified.",
        ));
    }
    let name = format!(
        "lampiran-{number}-{}.csv",
        if code.is_empty() { "tanpa-desa" } else { code }
    );
    Ok(saved(octets, &name))
}

/// Derives an adopted list once more from rules, facts, the list before and what people
/// decided, makes its annex again, and tells whatever differs from what was adopted.
#[utoipa::path(post, path = "/api/v1/card/decisions/{number}/verification", tag = "card",
    params(("number" = i64, Path, description = "of the list")),
    responses((status = 200, body = Verification), (status = 403), (status = 404),
        (status = 409)))]
async fn verification(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<Verification>, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let mut read = hall.db().read().await?;
    let row = draft::adopted(draft::find(&mut read, number).await?)?;
    drop(read);
    let verification = verify::verify(&hall, &room, &row).await?;
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "card_decision.verified",
        subject: format!("list {number}"),
        detail: json!({ "is_sound": verification.is_sound, "differs": verification.count }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(verification))
}
