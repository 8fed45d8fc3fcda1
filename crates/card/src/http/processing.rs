//! `/api/v1/card/processing`: the record of processing.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use hall::Hall;
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::processing::{self, Processing};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(show).guard(Permission::CardRead))
}

/// As what.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct As {
    /// `csv` for a file.
    format: Option<String>,
}

/// What is done with data of people, what for and by which right, of which class each field
/// and column is, and who gets what (UU 27/2022, article 31). It tells of nobody.
#[utoipa::path(get, path = "/api/v1/card/processing", tag = "card", params(As),
    responses((status = 200, content((Processing = "application/json"), (String = "text/csv"))),
        (status = 403), (status = 422)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(form): Query<As>,
) -> Result<Response, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let csv = csv::wanted(&headers, form.format.as_deref())?;
    let mut read = hall.db().read().await?;
    let record = processing::record(&mut read, &who).await?;
    drop(read);
    if !csv {
        return Ok(axum::Json(record).into_response());
    }
    let mut file = File::new(&[
        "bagian",
        "nama",
        "tujuan atau isi",
        "dasar atau kelas",
        "pemilik, jenis, atau pejabat pelindungan data",
        "pengendali, segel, atau kontak",
        "perjanjian",
        "berlaku sampai",
        "kelas data",
        "penerima data",
        "masa simpan",
        "pengamanan",
    ]);
    for line in record.lines() {
        file.row(&line);
    }
    Ok(file.response("rekam-pemrosesan.csv"))
}
