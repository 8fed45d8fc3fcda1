//! `/api/v1/card/office`: who answers for what the house does with data of people.

use axum::extract::State;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::line;
use hall::problem::{Json, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::erasures::require;
use crate::processing::OfficeView;
use crate::sql::office::{self, OfficeRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(say).guard(Permission::CardGuard))
}

/// Longest name of an office or officer, in characters.
const NAME_MAX: usize = 200;

/// Longest address, in characters.
const ADDRESS_MAX: usize = 500;

/// Who answers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardOfficeForm, example = json!({ "name": "Dinas Sosial Provinsi Contoh",
    "address": "Jl. Contoh 1, Palangka Raya", "officer": "Kepala Bidang Data",
    "contact": "ppdp@contoh.example" }))]
struct OfficeForm {
    /// What the office is called.
    name: String,
    /// Where it is.
    address: String,
    /// Its data protection officer: name or post.
    officer: String,
    /// How to reach that one: an address of mail, or a number.
    contact: String,
}

/// Says which office answers for what the house does with data of people, and whom to turn to
/// (UU 27/2022, articles 31 and 53). What was said before stands in the audit.
#[utoipa::path(put, path = "/api/v1/card/office", tag = "card", request_body = OfficeForm,
    responses((status = 200, body = OfficeView), (status = 403), (status = 422)))]
async fn say(
    State(hall): State<Hall>,
    who: Who,
    Json(form): Json<OfficeForm>,
) -> Result<axum::Json<OfficeView>, Problem> {
    require(&who)?;
    let now = hall.now();
    let row = OfficeRow {
        name: line::read("name", &form.name, NAME_MAX)?,
        address: line::read("address", &form.address, ADDRESS_MAX)?,
        officer: line::read("officer", &form.officer, NAME_MAX)?,
        contact: line::read("contact", &form.contact, NAME_MAX)?,
        by: who.person(),
        at: now.wall,
    };
    let told = |it: &OfficeRow| {
        json!({ "name": it.name, "address": it.address, "officer": it.officer,
            "contact": it.contact })
    };
    let mut tx = hall.db().write().await?;
    let was = office::said(&mut tx).await?;
    office::say(&mut tx, &row).await?;
    let act = Act {
        verb: "card_office.said",
        subject: "card office".to_owned(),
        detail: json!({ "now": told(&row), "was": was.as_ref().map(told) }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(OfficeView::from(row)))
}
