//! `/api/v1/card/corrections`: what owners of lists are to put right in their own data.

use axum::extract::State;
use axum::response::Response;
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::csv::File;
use hall::guard::{Guarded as _, Permission, Who};
use hall::line;
use hall::problem::{Json, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{correction, decide};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(file).guard(Permission::CardOpen))
}

/// For whom, and what for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardCorrectionsForm, example = json!({
    "owner": "Dinas Dukcapil", "purpose": "perbaikan triwulan pertama",
}))]
struct Form {
    /// The owner of lists, as the lists name him.
    owner: String,
    /// What for. It is written into the audit with the number of rows.
    purpose: String,
    /// Only what was answered since then, microseconds since 1970 UTC. Left out: all.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    from_us: Option<Wall>,
}

/// A file for the owner of lists: what is written in rows of his, and what it should be by
/// requests for correction that were granted. Rows of the house stay. Who took it, when and
/// for what is kept.
#[utoipa::path(post, path = "/api/v1/card/corrections/file", tag = "card", request_body = Form,
    responses((status = 200, content((String = "text/csv"))), (status = 403), (status = 422)))]
async fn file(
    State(hall): State<Hall>,
    who: Who,
    Json(form): Json<Form>,
) -> Result<Response, Problem> {
    decide::require_whole(&who, Permission::CardOpen)?;
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    let mut read = hall.db().read().await?;
    let lists = correction::lists(&mut read, &form.owner).await?;
    if lists.is_empty() {
        return Err(line::refuse("owner", "is the owner of no list"));
    }
    let found = correction::of(&hall, &mut read, &lists, form.from_us).await?;
    drop(read);
    // What is seen is written down before it is seen.
    let act = Act {
        verb: "card_corrections.taken",
        subject: "corrections".to_owned(),
        detail: json!({ "owner": form.owner, "purpose": purpose, "rows": found.len(),
            "requests": correction::requests(&found) }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "permintaan",
        "dijawab",
        "daftar",
        "baris",
        "kolom",
        "tertulis",
        "seharusnya",
        "bukti",
    ]);
    for it in found {
        file.row(&[
            it.request.to_string(),
            hall.day_of(it.answered).to_string(),
            it.title,
            it.row.to_string(),
            it.field,
            it.says.unwrap_or_default(),
            it.should_be,
            it.evidence,
        ]);
    }
    Ok(file.response("usulan-perbaikan.csv"))
}
