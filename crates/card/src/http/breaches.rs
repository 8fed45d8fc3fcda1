//! `/api/v1/card/breaches`: failures to protect data of people, and who was told of them.
//!
//! What has happened is in no list: a breach is opened for a purpose, which is kept in the
//! audit. Whoever keeps what is known of people keeps them, for the whole province.

use axum::extract::State;
use axum::response::Response;
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::breach::{self, Data, Record, Said, TEXT_MAX};
use crate::decide;
use crate::objection;
use crate::sql::breach::{self as rows, BreachRow, State as Stage, Whom};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(record).guard(Permission::CardGuard))
        .routes(routes!(change).guard(Permission::CardGuard))
        .routes(routes!(open).guard(Permission::CardGuard))
        .routes(routes!(tell).guard(Permission::CardGuard))
        .routes(routes!(close).guard(Permission::CardGuard))
        .routes(routes!(notice).guard(Permission::CardGuard))
}

/// People that a breach can be about: more than live on earth.
const PEOPLE_MAX: i64 = 10_000_000_000;

/// A failure to protect data of people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardBreach)]
struct BreachView {
    /// The number that people say.
    number: i64,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    state: &'static str,
    /// When it was found, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    found_us: Wall,
    /// Until before when both are to be told: 72 hours later.
    #[schema(value_type = i64)]
    due_us: Wall,
    /// Whether somebody is not told in time, or was not.
    late: bool,
    /// When the authority was told.
    #[schema(value_type = Option<i64>)]
    told_authority_us: Option<Wall>,
    /// When those concerned were told.
    #[schema(value_type = Option<i64>)]
    told_people_us: Option<Wall>,
    /// How many people it is about; null: not known.
    people: Option<i64>,
    /// Which classes of data.
    data: Vec<String>,
    /// Who has recorded it.
    by_name: Option<String>,
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// What has happened; null unless it was opened.
    what: Option<String>,
    /// What is done about it; null unless it was opened.
    handling: Option<String>,
    /// How the authority was told; null unless it was opened.
    told_authority_how: Option<String>,
    /// How those concerned were told; null unless it was opened.
    told_people_how: Option<String>,
    /// When it was closed.
    #[schema(value_type = Option<i64>)]
    closed_us: Option<Wall>,
    /// Who has closed it.
    closed_by_name: Option<String>,
    /// Why somebody was not told; null unless it was opened.
    reason: Option<String>,
}

async fn views(
    hall: &Hall,
    conn: &mut Conn,
    found: Vec<BreachRow>,
) -> Result<Vec<BreachView>, Problem> {
    let names = staff::names(conn).await?;
    let now = hall.now().wall;
    let view = |row: BreachRow| {
        let closed_by = row.closed.as_ref().and_then(|it| names.get(&it.by));
        BreachView {
            number: row.number,
            state: row.state.as_str(),
            found_us: row.found,
            due_us: row.due,
            late: breach::is_late(&row, now),
            told_authority_us: row.told(Whom::Authority).map(|it| it.at),
            told_people_us: row.told(Whom::People).map(|it| it.at),
            people: row.people,
            by_name: names.get(&row.by).cloned(),
            at_us: row.at,
            what: None,
            handling: None,
            told_authority_how: None,
            told_people_how: None,
            closed_us: row.closed.as_ref().map(|it| it.at),
            closed_by_name: closed_by.cloned(),
            reason: None,
            data: row.data,
        }
    };
    Ok(found.into_iter().map(view).collect())
}

async fn view(hall: &Hall, conn: &mut Conn, row: BreachRow) -> Result<BreachView, Problem> {
    let views = views(hall, conn, vec![row]).await?;
    let view = views.into_iter().next();
    view.ok_or_else(|| Problem::bug("a breach without a view"))
}

/// The breach of a number, as it is now.
async fn shown(
    hall: &Hall,
    conn: &mut Conn,
    number: i64,
) -> Result<axum::Json<BreachView>, Problem> {
    let row = find(conn, number).await?;
    Ok(axum::Json(view(hall, conn, row).await?))
}

async fn find(conn: &mut Conn, number: i64) -> Result<BreachRow, Problem> {
    rows::find(conn, number).await?.ok_or_else(breach::none)
}

/// Which breaches.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `open` or `closed`.
    state: Option<String>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of breaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardBreaches)]
struct Breaches {
    /// The newest first.
    items: Vec<BreachView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Breaches, the newest first, with the clock of 72 hours. Not what has happened.
#[utoipa::path(get, path = "/api/v1/card/breaches", tag = "card", params(Filter),
    responses((status = 200, body = Breaches), (status = 403), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Breaches>, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let limit = super::limit(filter.limit)?;
    let words = Stage::ALL.map(Stage::as_str).join(", ");
    let state = filter.state.as_deref().map(|word| {
        Stage::parse(word).ok_or_else(|| super::refuse("state", format!("use one of {words}")))
    });
    let behind = super::behind(filter.cursor.as_deref())?;
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let mut found = rows::some(&mut read, state.transpose()?, behind, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|row| row.number.to_string());
    let items = views(&hall, &mut read, found).await?;
    Ok(axum::Json(Breaches { items, next }))
}

/// What has happened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardBreachForm, example = json!({
    "found_us": 1_764_547_200_000_000_i64,
    "what": "Berkas lampiran satu desa terkirim ke alamat surel yang salah.",
    "data": ["identitas", "alamat"], "people": 120,
    "handling": "Penerima diminta menghapus; kata sandi surel diganti.",
}))]
struct Form {
    /// When it was found, microseconds since 1970 UTC: the clock runs from then on.
    #[schema(value_type = i64)]
    found_us: Wall,
    /// What, when and how; it may have several lines. It is sealed.
    what: String,
    /// Which data: `identitas`, `alamat`, `keluarga`, `kesejahteraan`, `keuangan`, `anak`,
    /// `pernyataan` or `petugas`.
    data: Vec<String>,
    /// How many people it is about; left out: not known.
    #[serde(default)]
    people: Option<i64>,
    /// What was done and will be; it may have several lines. It is sealed.
    handling: String,
}

/// What is known of a breach by now.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardBreachChange)]
struct Change {
    /// What, when and how. It is sealed.
    what: String,
    /// Which data.
    data: Vec<String>,
    /// How many people it is about; left out: not known.
    #[serde(default)]
    people: Option<i64>,
    /// What was done and will be. It is sealed.
    handling: String,
}

impl Change {
    fn read(self) -> Result<Record, Problem> {
        let mut data = Vec::new();
        for word in &self.data {
            let words = Data::ALL.map(Data::as_str).join(", ");
            let it = Data::parse(word)
                .ok_or_else(|| line::refuse("data", format!("use some of {words}")))?;
            if !data.contains(&it) {
                data.push(it);
            }
        }
        if data.is_empty() {
            return Err(line::refuse("data", "say which data it is about"));
        }
        if self
            .people
            .is_some_and(|it| !(0..=PEOPLE_MAX).contains(&it))
        {
            return Err(line::refuse("people", "is no number of people"));
        }
        Ok(Record {
            data,
            people: self.people,
            said: Said {
                what: objection::lines("what", &self.what, TEXT_MAX)?,
                handling: objection::lines("handling", &self.handling, TEXT_MAX)?,
            },
        })
    }
}

/// Records a breach; both the authority and those concerned are to be told within 72 hours
/// after it was found. An incident of the house goes with it.
#[utoipa::path(post, path = "/api/v1/card/breaches", tag = "card", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = BreachView), (status = 403), (status = 409),
        (status = 422)))]
async fn record(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    decide::require_whole(&who, Permission::CardGuard)?;
    let now = hall.now();
    let found = body.found_us;
    if found > now.wall || found < Wall::from_us(0) {
        return Err(line::refuse("found_us", "is no time that has passed"));
    }
    let it = Change {
        what: body.what,
        data: body.data,
        people: body.people,
        handling: body.handling,
    };
    let it = it.read()?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = breach::record(&hall, &who, &mut tx, found, &it).await?;
    let location = format!("/api/v1/card/breaches/{}", row.number);
    let view = view(&hall, &mut tx, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Changes what is known of a breach. When it was found stays, and the clock with it.
#[utoipa::path(put, path = "/api/v1/card/breaches/{number}", tag = "card", request_body = Change,
    params(("number" = i64, Path, description = "of the breach")),
    responses((status = 200, body = BreachView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<Change>,
) -> Result<axum::Json<BreachView>, Problem> {
    decide::require_whole(&who, Permission::CardGuard)?;
    let it = form.read()?;
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, number).await?;
    breach::change(&hall, &who, &mut tx, row, &it).await?;
    let view = shown(&hall, &mut tx, number).await?;
    tx.commit().await?;
    Ok(view)
}

/// What a breach is opened for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardBreachOpenForm, example = json!({ "purpose": "menyusun pemberitahuan" }))]
struct OpenForm {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Opens a breach: what has happened, what is done about it, and how somebody was told. Who
/// opened it, when and for what is kept.
#[utoipa::path(post, path = "/api/v1/card/breaches/{number}/opening", tag = "card",
    request_body = OpenForm, params(("number" = i64, Path, description = "of the breach")),
    responses((status = 200, body = BreachView), (status = 403), (status = 404),
        (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<OpenForm>,
) -> Result<axum::Json<BreachView>, Problem> {
    decide::require_whole(&who, Permission::CardGuard)?;
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, number).await?;
    let opened = breach::open(&hall, &who, &mut tx, &row, &purpose).await?;
    let mut view = view(&hall, &mut tx, row).await?;
    if let Some(opened) = opened {
        view.what = Some(opened.said.what);
        view.handling = Some(opened.said.handling);
        view.told_authority_how = opened.authority_how;
        view.told_people_how = opened.people_how;
        view.reason = opened.reason;
    }
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Who was told of a breach.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardBreachToldForm, example = json!({
    "whom": "authority", "at_us": 1_764_633_600_000_000_i64, "how": "surat nomor 1, diterima",
}))]
struct ToldForm {
    /// `authority` or `people`.
    whom: String,
    /// When, microseconds since 1970 UTC; not before it was found.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// How. It is sealed.
    how: String,
}

/// Writes down that the authority, or those concerned, were told of a breach.
#[utoipa::path(post, path = "/api/v1/card/breaches/{number}/told", tag = "card",
    request_body = ToldForm, params(("number" = i64, Path, description = "of the breach")),
    responses((status = 200, body = BreachView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn tell(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<ToldForm>,
) -> Result<axum::Json<BreachView>, Problem> {
    decide::require_whole(&who, Permission::CardGuard)?;
    let whom =
        Whom::parse(&form.whom).ok_or_else(|| line::refuse("whom", "use authority or people"))?;
    let how = objection::lines("how", &form.how, TEXT_MAX)?;
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, number).await?;
    if form.at_us < row.found || form.at_us > hall.now().wall {
        let why = "is not between when it was found and now";
        return Err(line::refuse("at_us", why));
    }
    breach::told(&hall, &who, &mut tx, row, (whom, form.at_us, &how)).await?;
    let view = shown(&hall, &mut tx, number).await?;
    tx.commit().await?;
    Ok(view)
}

/// Why a breach is closed although somebody was not told.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardBreachClosingForm, example = json!({ "reason": null }))]
struct ClosingForm {
    /// Why; needed unless both were told. It is sealed.
    #[serde(default)]
    reason: Option<String>,
}

/// Closes a breach, once both were told or a reason says why not; its incident is over.
#[utoipa::path(post, path = "/api/v1/card/breaches/{number}/closing", tag = "card",
    request_body = ClosingForm, params(("number" = i64, Path, description = "of the breach")),
    responses((status = 200, body = BreachView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn close(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<ClosingForm>,
) -> Result<axum::Json<BreachView>, Problem> {
    decide::require_whole(&who, Permission::CardGuard)?;
    let reason = form.reason.filter(|it| !it.trim().is_empty());
    let reason = reason
        .map(|text| objection::lines("reason", &text, TEXT_MAX))
        .transpose()?;
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, number).await?;
    breach::close(&hall, &who, &mut tx, &row, reason.as_deref()).await?;
    let view = shown(&hall, &mut tx, number).await?;
    tx.commit().await?;
    Ok(view)
}

/// To whom a notice goes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct To {
    /// `authority` or `people`.
    whom: String,
}

/// The notice of a breach, in Indonesian, as the law asks for it: which data, when and how it
/// came out, and what is done about it. Who took it and when is kept.
#[utoipa::path(get, path = "/api/v1/card/breaches/{number}/notice", tag = "card",
    params(("number" = i64, Path, description = "of the breach"), To),
    responses((status = 200, content_type = "text/plain", body = String), (status = 403),
        (status = 404), (status = 422)))]
async fn notice(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Query(to): Query<To>,
) -> Result<Response, Problem> {
    decide::require_whole(&who, Permission::CardGuard)?;
    let whom =
        Whom::parse(&to.whom).ok_or_else(|| super::refuse("whom", "use authority or people"))?;
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, number).await?;
    let text = breach::notice(&hall, &who, &mut tx, &row, whom).await?;
    tx.commit().await?;
    Ok(problem::file("text/plain; charset=utf-8", text.into(), &[]))
}
