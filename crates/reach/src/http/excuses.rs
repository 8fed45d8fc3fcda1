//! `/api/v1/excuses`: minutes that are not to be held against anybody.
//!
//! One person declares, another decides. Maintenance has to be declared before it
//! begins; what was declared later is kept, shown as late, and excuses nothing.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::id::{Agency, Excuse, Id, Person, Site};
use base::now::Wall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::problem::{Path, Problem, Query};
use hall::{Hall, areas, line, site};
use reach_core::slot::{Slot, count};
use reach_core::uptime::Overlay;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{limit, paged, refuse};
use crate::sql::excuse::{self as rows, ExcuseRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SitesRead))
        .routes(routes!(declare).guard(Permission::ExcusesWrite))
        .routes(routes!(decide).guard(Permission::ExcusesWrite))
}

/// Longest reason and longest name of a document, in characters.
const WHY_MAX: usize = 500;

/// Longest name of a provider, in characters.
const PROVIDER_MAX: usize = 120;

/// Slots of one excuse at most: a quarter of a year.
const SLOTS_MAX: u32 = 92 * 1_440;

hall::words! {
    /// What can be declared.
    ExcuseWord = [Overlay::Maintenance, Overlay::ForceMajeure].map(Overlay::as_str)
}

/// Minutes that are to be excused. Either a site is named, or an area, and then perhaps
/// a provider.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExcuseForm, example = json!({
    "overlay": "maintenance", "area": "62.71", "provider": "Penyedia A",
    "from_us": 1_800_000_000_000_000_i64, "to_us": 1_800_003_600_000_000_i64,
    "why": "penggantian modem di gateway",
}))]
struct Form {
    /// What it is.
    #[schema(value_type = ExcuseWord)]
    overlay: String,
    /// Of which site.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// Of which area: a Kemendagri code.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Of which provider there; left out: of all.
    #[serde(default)]
    provider: Option<String>,
    /// From when on, microseconds since 1970 UTC; the whole minute counts.
    from_us: i64,
    /// Up to when; a minute that has begun by then counts.
    to_us: i64,
    /// Why.
    why: String,
    /// Which document says so; of force majeure there has to be one.
    #[serde(default)]
    document: Option<String>,
}

/// What somebody decides about it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExcuseDecision, example = json!({ "agreed": true }))]
struct Decision {
    /// Whether the minutes are excused.
    agreed: bool,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those that nobody has decided about, or only those that somebody has.
    decided: Option<bool>,
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Id<Excuse>>,
}

/// Minutes that were declared as excused, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Excuse)]
struct View {
    /// Which.
    #[schema(value_type = String)]
    id: Id<Excuse>,
    /// What it is.
    #[schema(value_type = ExcuseWord)]
    overlay: &'static str,
    /// Of which site.
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// Where that lies, or of which area.
    #[schema(value_type = String)]
    area: AreaCode,
    /// Of which provider.
    provider: Option<String>,
    /// From when on.
    from_us: i64,
    /// Up to when.
    to_us: i64,
    /// Why.
    why: String,
    /// Which document says so.
    document: Option<String>,
    /// When it was declared,
    #[schema(value_type = i64)]
    declared_us: Wall,
    /// and by whom.
    #[schema(value_type = String)]
    declared_by: Id<Person>,
    /// When it was decided; null: not yet.
    #[schema(value_type = Option<i64>)]
    decided_us: Option<Wall>,
    /// By whom.
    #[schema(value_type = Option<String>)]
    decided_by: Option<Id<Person>>,
    /// Whether it was agreed to.
    agreed: Option<bool>,
    /// Whether it was declared when it had begun already.
    late: bool,
    /// Whether it excuses its minutes.
    counts: bool,
}

/// A page of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExcusePage)]
struct Page {
    /// Them, the newest declared first.
    items: Vec<View>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

impl From<ExcuseRow> for View {
    fn from(row: ExcuseRow) -> Self {
        let it = row.excused();
        Self {
            id: row.id,
            overlay: row.overlay.as_str(),
            site: row.site,
            from_us: row.slots.start.start().as_us(),
            to_us: row.slots.end.start().as_us(),
            late: it.is_late(),
            counts: it.counts(),
            area: row.area,
            provider: row.provider,
            why: row.why,
            document: row.document,
            declared_us: row.declared,
            declared_by: row.by,
            decided_us: row.decided.map(|(at, ..)| at),
            decided_by: row.decided.map(|(_, by, _)| by),
            agreed: row.decided.map(|(.., agreed)| agreed),
        }
    }
}

/// Whose each site is: an excuse of a site lies where the site does.
async fn agencies(conn: &mut Conn) -> Result<Agencies, Problem> {
    let all = site::all(conn).await?.into_iter();
    Ok(all.map(|it| (it.id, it.form.agency)).collect())
}

type Agencies = BTreeMap<Id<Site>, Option<Id<Agency>>>;

/// Where it lies, as rights see it.
fn place(row: &ExcuseRow, of: &Agencies) -> Place {
    let agency = row.site.and_then(|site| of.get(&site).copied().flatten());
    Place::new(Some(row.area.clone()), agency)
}

/// Minutes that were declared as excused.
#[utoipa::path(get, path = "/api/v1/excuses", tag = "reach", params(Filter),
    responses((status = 200, body = Page)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Page>, Problem> {
    let page = limit(filter.limit)?;
    let mut read = hall.db().read().await?;
    let of = agencies(&mut read).await?;
    let mut found = Vec::new();
    for row in rows::touching(&mut read, None).await? {
        let fits = filter
            .decided
            .is_none_or(|decided| row.decided.is_some() == decided);
        if fits && who.may(Permission::SitesRead, &place(&row, &of)) {
            found.push(row);
        }
    }
    let behind = match filter.cursor {
        None => 0,
        Some(cursor) => {
            let at = found.iter().position(|row| row.id == cursor);
            at.ok_or_else(|| refuse("cursor", "is not one of this list"))? + 1
        }
    };
    let views = found.into_iter().skip(behind).map(View::from);
    let (items, next) = paged(views, page, |view: &View| view.id);
    Ok(axum::Json(Page { items, next }))
}

/// Declares minutes as excused. They are when somebody else has agreed.
#[utoipa::path(post, path = "/api/v1/excuses", tag = "reach", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = View), (status = 404), (status = 422)))]
async fn declare(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = checked(&hall, &mut tx, &who, body).await?;
    let of = agencies(&mut tx).await?;
    who.require(Permission::ExcusesWrite, &place(&row, &of))?;
    rows::insert(&mut tx, &row).await?;
    let act = Act {
        verb: "excuse.declared",
        subject: row.id.to_string(),
        detail: json!({
            "overlay": row.overlay.as_str(), "site": row.site, "area": row.area,
            "provider": row.provider, "from_slot": row.slots.start.0,
            "to_slot": row.slots.end.0, "why": row.why, "document": row.document,
        }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let location = format!("/api/v1/excuses/{}", row.id);
    let answer = once
        .created(&mut tx, now, &location, &View::from(row))
        .await?;
    tx.commit().await?;
    Ok(answer)
}

async fn checked(hall: &Hall, tx: &mut Tx, who: &Who, form: Form) -> Result<ExcuseRow, Problem> {
    let overlay = Overlay::of(&form.overlay)
        .filter(|overlay| *overlay != Overlay::Ours)
        .ok_or_else(|| line::refuse("overlay", "use maintenance or force_majeure"))?;
    let area = match (form.site, form.area) {
        (Some(site), None) => site::find(tx, who, site).await?.form.area,
        (None, Some(area)) => {
            if !areas::exists(tx, &area).await? {
                return Err(line::refuse("area", "is not in the register of areas"));
            }
            area
        }
        _ => return Err(line::refuse("site", "name either a site or an area")),
    };
    if form.site.is_some() && form.provider.is_some() {
        return Err(line::refuse("provider", "a site has one of its own"));
    }
    let (from, to) = (Wall::from_us(form.from_us), Wall::from_us(form.to_us));
    // The minute in which it ends counts, if anything of it does.
    let end = match Slot::of(to) {
        slot if slot.start() < to => slot.plus(1),
        slot => slot,
    };
    let slots = Slot::of(from)..end;
    match count(&slots) {
        0 => return Err(line::refuse("to_us", "lies before `from_us`, or at it")),
        n if n > SLOTS_MAX => return Err(line::refuse("to_us", "use 92 days at most")),
        _ => {}
    }
    let document = line::read_maybe("document", form.document.as_deref(), WHY_MAX)?;
    if overlay == Overlay::ForceMajeure && document.is_none() {
        let why = "force majeure rests on a document: name it";
        return Err(line::refuse("document", why));
    }
    Ok(ExcuseRow {
        id: hall.mint(),
        overlay,
        site: form.site,
        area,
        provider: line::read_maybe("provider", form.provider.as_deref(), PROVIDER_MAX)?,
        slots,
        why: line::read("why", &form.why, WHY_MAX)?,
        document,
        declared: hall.now().wall,
        by: who.person(),
        decided: None,
    })
}

/// Decides about minutes that somebody else has declared. What was decided stays.
#[utoipa::path(post, path = "/api/v1/excuses/{id}/decision", tag = "reach",
    request_body = Decision,
    params(("id" = String, Path, description = "`exc_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = View), (status = 404), (status = 409), (status = 422)))]
async fn decide(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Excuse>>,
    Keyed { body, once }: Keyed<Decision>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = readable(&mut tx, &who, id).await?;
    let of = agencies(&mut tx).await?;
    who.require(Permission::ExcusesWrite, &place(&row, &of))?;
    if row.by == who.person() {
        let why = "Somebody else than who has declared it has to decide.";
        return Err(Problem::conflict("excuse-own", why));
    }
    if !rows::decide(&mut tx, id, who.person(), body.agreed, now.wall).await? {
        let why = "Somebody has decided about it before.";
        return Err(Problem::conflict("excuse-decided", why));
    }
    let act = Act {
        verb: "excuse.decided",
        subject: id.to_string(),
        detail: json!({ "agreed": body.agreed }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let row = readable(&mut tx, &who, id).await?;
    let location = format!("/api/v1/excuses/{id}");
    let answer = once
        .created(&mut tx, now, &location, &View::from(row))
        .await?;
    tx.commit().await?;
    Ok(answer)
}

async fn readable(conn: &mut Conn, who: &Who, id: Id<Excuse>) -> Result<ExcuseRow, Problem> {
    let none = || Problem::not_found("excuse", "There is no such excuse.");
    let row = rows::by_id(conn, id).await?.ok_or_else(none)?;
    let of = agencies(conn).await?;
    who.may(Permission::SitesRead, &place(&row, &of))
        .then_some(row)
        .ok_or_else(none)
}
