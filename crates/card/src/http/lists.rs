//! `/api/v1/card/lists`: the lists that the house has.

use axum::extract::State;
use axum::response::Response;
use base::day::Day;
use base::id::{Id, Source};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::line;
use hall::problem::{self, Json, Path, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::import::desk;
use crate::sql::list::{self as rows, ListRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardCount))
        .routes(routes!(withdraw).guard(Permission::CardImport))
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardList)]
struct ListView {
    /// Its number.
    number: i64,
    /// `src_…`: where it comes from.
    #[schema(value_type = String)]
    source: Id<Source>,
    /// What it is a list of.
    #[schema(value_type = String)]
    kind: &'static str,
    /// What it is called.
    title: String,
    /// Whose it is.
    owner: Option<String>,
    /// The day whose state it tells.
    #[schema(value_type = Option<String>)]
    as_of: Option<Day>,
    /// Its rows.
    rows: i64,
    /// Whether the file is still kept, sealed.
    has_raw: bool,
    /// Until when it is, microseconds since 1970 UTC.
    #[schema(value_type = Option<i64>)]
    keep_until_us: Option<Wall>,
    /// When it was written, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    written_us: Wall,
}

impl From<ListRow> for ListView {
    fn from(row: ListRow) -> Self {
        Self {
            number: row.number,
            source: row.source,
            kind: row.kind.as_str(),
            title: row.title,
            owner: row.owner,
            as_of: row.as_of,
            rows: row.rows,
            has_raw: row.raw_blob.is_some(),
            keep_until_us: row.keep_until.filter(|_| row.raw_blob.is_some()),
            written_us: row.written,
        }
    }
}

/// The lists that count.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardLists)]
struct Lists {
    /// The newest first.
    items: Vec<ListView>,
    /// There is no next page.
    next: Option<String>,
}

/// The lists that count, the newest first.
#[utoipa::path(get, path = "/api/v1/card/lists", tag = "card",
    responses((status = 200, body = Lists)))]
async fn list(State(hall): State<Hall>) -> Result<axum::Json<Lists>, Problem> {
    let mut read = hall.db().read().await?;
    let items = rows::standing(&mut read).await?;
    Ok(axum::Json(Lists {
        items: items.into_iter().map(ListView::from).collect(),
        next: None,
    }))
}

/// Why a list does not count any more.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardWithdrawal, example = json!({ "why": "berkas yang salah" }))]
struct Withdrawal {
    /// Why.
    why: String,
}

/// A list does not count any more. Its rows stay, sealed; the next examination goes
/// without them.
#[utoipa::path(post, path = "/api/v1/card/lists/{number}/withdrawal", tag = "card",
    request_body = Withdrawal, params(("number" = i64, Path, description = "of the list")),
    responses((status = 204), (status = 404), (status = 422)))]
async fn withdraw(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<Withdrawal>,
) -> Result<Response, Problem> {
    desk::require(&who)?;
    let why = line::read("why", &form.why, 500)?;
    let mut tx = hall.db().write().await?;
    if !rows::withdraw(&mut tx, number, hall.now().wall).await? {
        return Err(Problem::not_found(
            "card-list",
            "There is no such list that counts.",
        ));
    }
    let act = Act {
        verb: "card_list.withdrawn",
        subject: format!("list {number}"),
        detail: json!({ "why": why }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}
