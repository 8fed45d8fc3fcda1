//! What people decide about one family or person, whatever the rules say.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::id::{Exception, Id, Objection};
use base::now::Wall;
use card_core::decree;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Path, Problem};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::subjects::told;
use crate::decide;
use crate::decide::draft::{self, Excepted};
use crate::programme;
use crate::room::Room;
use crate::sql::exception::{self, ExceptionRow};
use crate::sql::objection::{self as said, Asked as Said, State as Stage};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(exceptions).guard(Permission::CardRead))
        .routes(routes!(except).guard(Permission::CardDecide))
        .routes(routes!(end).guard(Permission::CardDecide))
}

/// Objections about one subject that are looked at.
const SAID: i64 = 50;

/// What somebody decided about one subject.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardException)]
pub(super) struct ExceptionView {
    /// Which one.
    #[schema(value_type = String)]
    id: Id<Exception>,
    /// About whom: `fam_…`, `rsd_…` or `biz_…`.
    subject: String,
    /// `include` or `exclude`.
    #[schema(value_type = String)]
    answer: &'static str,
    /// Who.
    by_name: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// The objection that it follows from.
    #[schema(value_type = Option<String>)]
    objection: Option<Id<Objection>>,
}

/// A decision, without its reason.
pub(super) async fn excepted(
    conn: &mut Conn,
    row: &ExceptionRow,
) -> Result<ExceptionView, Problem> {
    let names = staff::names(conn).await?;
    let kept = programme::find(conn, &row.slug, None).await?;
    Ok(ExceptionView {
        id: row.id,
        subject: SubjectId::of(kept.programme.subject, row.subject).to_string(),
        answer: row.answer.as_str(),
        by_name: names.get(&row.by).cloned(),
        at_us: row.at,
        objection: row.objection,
    })
}

/// Decisions about one subject each.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardExceptions)]
struct Exceptions {
    /// The oldest first.
    items: Vec<ExceptionView>,
    /// There is no next page.
    next: Option<String>,
}

/// Decisions about one subject each that count in the programme of a list; of an adopted one
/// those that counted then. Only of areas that the caller may see.
#[utoipa::path(get, path = "/api/v1/card/decisions/{number}/exceptions", tag = "card",
    params(("number" = i64, Path, description = "of the list")),
    responses((status = 200, body = Exceptions), (status = 404)))]
async fn exceptions(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<Exceptions>, Problem> {
    let mut read = hall.db().read().await?;
    let decision = draft::find(&mut read, number).await?;
    let then = decision.adopted.unwrap_or_else(|| hall.now().wall);
    let all = exception::counting(&mut read, &decision.slug, then).await?;
    let mut items = Vec::new();
    for row in &all {
        if who.may(Permission::CardRead, &Place::new(row.area.clone(), None)) {
            items.push(excepted(&mut read, row).await?);
        }
    }
    Ok(axum::Json(Exceptions { items, next: None }))
}

/// A decision about one subject.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardExceptionForm)]
struct ExceptionForm {
    /// About whom: `fam_…`, `rsd_…` or `biz_…`.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// `include` or `exclude`.
    answer: String,
    /// Why. It is kept sealed, and printed on the sheet of reasons.
    reason: String,
}

/// Decides about one subject, whatever the rules say, in this draft and in all later lists of
/// its programme until somebody ends it.
#[utoipa::path(post, path = "/api/v1/card/decisions/{number}/exceptions", tag = "card",
    request_body = ExceptionForm, params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect"), ("number" = i64, Path, description = "of the list")),
    responses((status = 201, body = ExceptionView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn except(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Keyed { body: form, once }: Keyed<ExceptionForm>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let answer = decree::Exception::parse(&form.answer)
        .ok_or_else(|| line::refuse("answer", "use include or exclude"))?;
    let reason = line::read("reason", &form.reason, super::REASON_MAX)?;
    let it = told(
        &hall,
        &room,
        &who,
        Permission::CardDecide,
        number,
        form.subject,
    )
    .await?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    draft::open(&mut tx, number).await?;
    // Whoever wrote an objection down does not answer it by another door.
    let asked = Said {
        state: Some(Stage::Open),
        subject: Some(form.subject.octets()),
        ..Said::default()
    };
    let sight = who.visible(Permission::CardDecide, "area_code", "NULL");
    let own = said::some(&mut tx, &asked, sight, SAID).await?;
    if own.iter().any(|it| it.by == who.person()) {
        return Err(Problem::conflict(
            "card-second-person",
            "You have written down an objection about this one that is still open: another person answers it.",
        ));
    }
    let excepting = Excepted {
        slug: &it.decision.slug,
        subject: form.subject,
        area: it.row.area,
        answer,
        reason: &reason,
        objection: None,
    };
    let id = draft::except(&hall, &who, &mut tx, excepting).await?;
    let row = exception::find(&mut tx, id).await?;
    let row = row.ok_or_else(|| Problem::bug("what was decided is not there"))?;
    let view = excepted(&mut tx, &row).await?;
    let location = format!("/api/v1/card/decisions/{number}/exceptions/{id}");
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// A decision about one subject does not count any more. Lists that were adopted stay as they
/// are.
#[utoipa::path(delete, path = "/api/v1/card/decisions/{number}/exceptions/{id}", tag = "card",
    params(("number" = i64, Path, description = "of the list"),
        ("id" = String, Path, description = "`xcp_…`")),
    responses((status = 204), (status = 403), (status = 404), (status = 409)))]
async fn end(
    State(hall): State<Hall>,
    who: Who,
    Path((number, id)): Path<(i64, Id<Exception>)>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let none = || Problem::not_found("card-exception", "There is no such decision that counts.");
    let mut tx = hall.db().write().await?;
    let decision = draft::open(&mut tx, number).await?;
    let row = exception::find(&mut tx, id).await?;
    let row = row
        .filter(|row| row.slug == decision.slug)
        .ok_or_else(none)?;
    let now = hall.now();
    if !exception::end(&mut tx, row.id, now.wall).await? {
        return Err(none());
    }
    let act = Act {
        verb: "card_exception.ended",
        subject: id.to_string(),
        detail: json!({ "programme": row.slug }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}
