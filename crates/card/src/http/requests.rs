//! `/api/v1/card/requests`: what people ask about data of their own.
//!
//! Who asks and what for is in no list: a request is opened for a purpose, which is kept in
//! the audit. It is to be answered within three times 24 hours.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::print::said;
use hall::problem::{self, Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::dossier::{self, Dossier, Held};
use crate::objection;
use crate::request::{self, Record, Repair, Reply, TEXT_MAX, WHO_MAX};
use crate::room::Room;
use crate::sql::erasure;
use crate::sql::request::{self as rows, Asked, Kind, RequestRow, State as Stage};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(record).guard(Permission::CardOpen))
        .routes(routes!(open).guard(Permission::CardOpen))
        .routes(routes!(own).guard(Permission::CardOpen))
        .routes(routes!(identify).guard(Permission::CardOpen))
        .routes(routes!(answer).guard(Permission::CardGuard))
        .routes(routes!(hand_out).guard(Permission::CardOpen))
}

/// Repairs of one answer at most.
const REPAIRS_MAX: usize = 50;

/// What somebody asks about data of his own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRequest)]
struct RequestView {
    /// The number that people say.
    number: i64,
    /// `access`, `correction`, `erasure` or `objection`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// `open`, `granted`, `partly` or `refused`.
    #[schema(value_type = String)]
    state: &'static str,
    /// `fam_…`, `rsd_…` or `biz_…`: about whom; null: the house has not found him.
    #[schema(value_type = Option<String>)]
    subject: Option<SubjectId>,
    /// The area that the subject lives in, else the one that it was recorded in.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// Who looks after it, `prs_…`.
    #[schema(value_type = Option<String>)]
    owner: Option<Id<Person>>,
    /// What he is called.
    owner_name: Option<String>,
    /// Who has recorded it, `prs_…`.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// What he is called.
    by_name: Option<String>,
    /// When it was recorded, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Until before when it is to be answered: 72 hours later.
    #[schema(value_type = i64)]
    due_us: Wall,
    /// Whether it was not answered in time, also once it was.
    late: bool,
    /// Whether it was checked who asks.
    is_identified: bool,
    /// When it was answered.
    #[schema(value_type = Option<i64>)]
    answered_us: Option<Wall>,
    /// Who has answered.
    answered_by_name: Option<String>,
    /// The erasure that followed, by its number.
    erasure: Option<i64>,
    /// Who asks, in words; null unless it was opened.
    who: Option<String>,
    /// How it was checked who he is; null unless it was opened, and if nobody has.
    identity: Option<String>,
    /// What is asked for; null unless it was opened.
    asks: Option<String>,
    /// Why it was answered so; null unless it was opened.
    reason: Option<String>,
    /// What was done; null unless it was opened.
    done: Option<String>,
    /// What owners of lists are to put right; empty unless it was opened.
    repairs: Vec<RepairForm>,
}

/// Requests as they are without being opened.
async fn views(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    found: Vec<RequestRow>,
) -> Result<Vec<RequestView>, Problem> {
    let names = staff::names(conn).await?;
    let now = hall.now().wall;
    let view = |row: RequestRow| {
        let area_name = row.area.as_ref().and_then(|area| room.areas().name(area));
        let at = row.answered.as_ref().map(|it| it.at);
        let answered_by = row.answered.as_ref().and_then(|it| names.get(&it.by));
        RequestView {
            number: row.number,
            kind: row.kind.as_str(),
            state: row.state.as_str(),
            subject: row.subject,
            area_name: area_name.map(str::to_owned),
            area: row.area,
            owner: row.owner,
            owner_name: row.owner.and_then(|id| names.get(&id).cloned()),
            by: row.by,
            by_name: names.get(&row.by).cloned(),
            at_us: row.at,
            due_us: row.due,
            late: request::is_late(row.due, at.unwrap_or(now)),
            is_identified: row.identity.is_some(),
            answered_us: at,
            answered_by_name: answered_by.cloned(),
            erasure: row.erasure,
            who: None,
            identity: None,
            asks: None,
            reason: None,
            done: None,
            repairs: Vec::new(),
        }
    };
    Ok(found.into_iter().map(view).collect())
}

async fn view(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    row: RequestRow,
) -> Result<RequestView, Problem> {
    let views = views(hall, room, conn, vec![row]).await?;
    let view = views.into_iter().next();
    view.ok_or_else(|| Problem::bug("a request without a view"))
}

async fn readable(conn: &mut Conn, who: &Who, number: i64) -> Result<RequestRow, Problem> {
    rows::find(conn, number)
        .await?
        .filter(|row| decide::may(who, Permission::CardRead, row.area.as_ref()))
        .ok_or_else(request::none)
}

/// Requires a permission where a request lies.
fn require(who: &Who, permission: Permission, area: Option<&AreaCode>) -> Result<(), Problem> {
    match decide::may(who, permission, area) {
        true => Ok(()),
        false => Err(Problem::denied(
            "not-allowed",
            format!("This needs {} there.", permission.name()),
        )),
    }
}

/// What somebody sees of requests: of the whole province also those of no area.
fn sight(who: &Who) -> (String, Vec<Value>) {
    match decide::is_whole(who, Permission::CardRead) {
        true => ("1 = 1".to_owned(), Vec::new()),
        false => who.visible(Permission::CardRead, "area_code", "NULL"),
    }
}

/// Which requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `open`, `granted`, `partly` or `refused`.
    state: Option<String>,
    /// `access`, `correction`, `erasure` or `objection`.
    kind: Option<String>,
    /// Only those that the caller looks after.
    mine: Option<bool>,
    /// Only about this one, `fam_…`, `rsd_…` or `biz_…`.
    #[param(value_type = Option<String>)]
    subject: Option<SubjectId>,
    /// Only in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRequests)]
struct Requests {
    /// The newest first.
    items: Vec<RequestView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// What people ask about data of their own, the newest first. Not what it says.
#[utoipa::path(get, path = "/api/v1/card/requests", tag = "card", params(Filter),
    responses((status = 200, body = Requests), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Requests>, Problem> {
    let limit = super::limit(filter.limit)?;
    let asked = Asked {
        kind: filter.kind.as_deref().map(kind).transpose()?,
        state: filter.state.as_deref().map(state).transpose()?,
        subject: filter.subject,
        owner: filter.mine.unwrap_or(false).then(|| who.person()),
        area: filter.area.as_ref(),
        behind: super::behind(filter.cursor.as_deref())?,
    };
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let mut found = rows::some(&mut read, &asked, sight(&who), most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|row| row.number.to_string());
    let items = views(&hall, &room, &mut read, found).await?;
    Ok(axum::Json(Requests { items, next }))
}

fn state(word: &str) -> Result<Stage, Problem> {
    let words = Stage::ALL.map(Stage::as_str).join(", ");
    Stage::parse(word).ok_or_else(|| super::refuse("state", format!("use one of {words}")))
}

fn kind(word: &str) -> Result<Kind, Problem> {
    let words = Kind::ALL.map(Kind::as_str).join(", ");
    Kind::parse(word).ok_or_else(|| super::refuse("kind", format!("use one of {words}")))
}

/// What somebody asks.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRequestForm, example = json!({
    "kind": "correction", "subject": "fam_01k9xq2v7e8rj5t0m4c6n8p2sw",
    "who": "istri kepala keluarga, datang sendiri",
    "identity": "KTP-el asli diperlihatkan",
    "asks": "Desil keluarga kami tertulis 6; rumah kami sudah dijual.",
}))]
struct Form {
    /// `access`, `correction`, `erasure` or `objection`. What somebody says against where he
    /// stands on an adopted list is an objection of its own (`/api/v1/card/objections`).
    kind: String,
    /// `fam_…`, `rsd_…` or `biz_…`: about whom; left out where the house has not found him.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    subject: Option<SubjectId>,
    /// Where it is recorded, where there is no subject. Left out: in the whole province.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Who asks, in words. It is sealed.
    who: String,
    /// How it was checked who he is. It is sealed. Left out: not yet.
    #[serde(default)]
    identity: Option<String>,
    /// What is asked for; it may have several lines. It is sealed.
    asks: String,
}

/// Records what somebody asks about data of his own; it is to be answered within 72 hours.
/// What it says is sealed, and the answer here is without it.
#[utoipa::path(post, path = "/api/v1/card/requests", tag = "card", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = RequestView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn record(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    let words = Kind::ALL.map(Kind::as_str).join(", ");
    let kind = Kind::parse(&body.kind)
        .ok_or_else(|| line::refuse("kind", format!("use one of {words}")))?;
    let mut it = Record {
        kind,
        subject: body.subject,
        area: body.area,
        who: line::read("who", &body.who, WHO_MAX)?,
        identity: line::read_maybe("identity", body.identity.as_deref(), WHO_MAX)?,
        asks: objection::lines("asks", &body.asks, TEXT_MAX)?,
    };
    match (it.subject, &it.area) {
        (Some(_), Some(_)) => {
            return Err(line::refuse("area", "is for a request without a subject"));
        }
        (Some(subject), None) => {
            let mut read = hall.db().read().await?;
            let held = Held::of(&mut read, subject).await?;
            drop(read);
            let area = held.area();
            if held.is_empty() || !decide::may(&who, Permission::CardRead, area.as_ref()) {
                return Err(Problem::not_found(
                    "card-family",
                    "There is no such family or person in your area.",
                ));
            }
            it.area = area;
        }
        (None, Some(area)) if !room.areas().has(area) => {
            return Err(line::refuse("area", "is not in the register of areas"));
        }
        (None, _) => {}
    }
    require(&who, Permission::CardOpen, it.area.as_ref())?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let row = request::record(&hall, &who, &mut tx, it).await?;
    let location = format!("/api/v1/card/requests/{}", row.number);
    let view = view(&hall, &room, &mut tx, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What a request is opened for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRequestOpenForm, example = json!({ "purpose": "menjawab permintaan" }))]
struct OpenForm {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Opens a request: who asks, what for, and what was answered. Who opened it, when and for
/// what is kept.
#[utoipa::path(post, path = "/api/v1/card/requests/{number}/opening", tag = "card",
    request_body = OpenForm, params(("number" = i64, Path, description = "of the request")),
    responses((status = 200, body = RequestView), (status = 403), (status = 404),
        (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<OpenForm>,
) -> Result<axum::Json<RequestView>, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, number).await?;
    require(&who, Permission::CardOpen, row.area.as_ref())?;
    let opened = request::open(&hall, &who, &mut tx, &row, &purpose).await?;
    let mut view = view(&hall, &room, &mut tx, row).await?;
    if let Some(opened) = opened {
        view.who = Some(opened.who);
        view.asks = Some(opened.asks);
        view.identity = opened.identity;
        if let Some(reply) = opened.reply {
            view.reason = Some(reply.reason);
            view.done = Some(reply.done);
            view.repairs = reply.repairs.into_iter().map(RepairForm::from).collect();
        }
    }
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Who looks after a request.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRequestOwnerForm, example = json!({ "person": null }))]
struct OwnerForm {
    /// `prs_…`; null: nobody any more.
    #[schema(value_type = Option<String>)]
    person: Option<Id<Person>>,
}

/// From now on somebody looks after a request, or nobody.
#[utoipa::path(put, path = "/api/v1/card/requests/{number}/owner", tag = "card",
    request_body = OwnerForm, params(("number" = i64, Path, description = "of the request")),
    responses((status = 200, body = RequestView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn own(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<OwnerForm>,
) -> Result<axum::Json<RequestView>, Problem> {
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, number).await?;
    require(&who, Permission::CardOpen, row.area.as_ref())?;
    if let Some(person) = form.person
        && !staff::names(&mut tx).await?.contains_key(&person)
    {
        return Err(line::refuse("person", "is nobody of the house"));
    }
    request::own(&hall, &who, &mut tx, &row, form.person).await?;
    let row = readable(&mut tx, &who, number).await?;
    let view = view(&hall, &room, &mut tx, row).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// How it was checked who asks.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRequestIdentityForm, example = json!({ "identity": "KTP-el asli diperlihatkan" }))]
struct IdentityForm {
    /// In which way. It is sealed.
    identity: String,
}

/// Writes down that it was checked who asks, for a request that came before that was.
#[utoipa::path(put, path = "/api/v1/card/requests/{number}/identity", tag = "card",
    request_body = IdentityForm, params(("number" = i64, Path, description = "of the request")),
    responses((status = 200, body = RequestView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn identify(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<IdentityForm>,
) -> Result<axum::Json<RequestView>, Problem> {
    let identity = line::read("identity", &form.identity, WHO_MAX)?;
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, number).await?;
    require(&who, Permission::CardOpen, row.area.as_ref())?;
    request::identify(&hall, &who, &mut tx, &row, &identity).await?;
    let row = readable(&mut tx, &who, number).await?;
    let view = view(&hall, &room, &mut tx, row).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// What is wrong in a row of a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRepair, example = json!({
    "list": 1, "row": 12, "field": "decile", "should_be": "2", "evidence": "surat desa 12/2026",
}))]
struct RepairForm {
    /// The number of the list.
    list: i64,
    /// The row, by the number beside the spreadsheet.
    row: u32,
    /// Which field of it, for example `birth`.
    field: String,
    /// What it should say. It is sealed.
    should_be: String,
    /// By what that was shown. It is sealed.
    evidence: String,
}

impl From<Repair> for RepairForm {
    fn from(it: Repair) -> Self {
        Self {
            list: it.list,
            row: it.row,
            field: it.field,
            should_be: it.should_be,
            evidence: it.evidence,
        }
    }
}

/// The answer to a request.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRequestAnswerForm, example = json!({
    "answer": "granted", "reason": "kartu keluarga yang baru sudah diperiksa",
    "done": "perbaikan diteruskan ke pemilik daftar",
}))]
struct AnswerForm {
    /// `granted`, `partly` or `refused`.
    answer: String,
    /// Why; it may have several lines. It is sealed.
    reason: String,
    /// What was done; it may have several lines. It is sealed.
    done: String,
    /// Of a request for destruction: the number of the erasure that followed.
    #[serde(default)]
    erasure: Option<i64>,
    /// Of a request for correction that is granted, or partly: what owners of lists are to put
    /// right, in rows of the subject.
    #[serde(default)]
    repairs: Vec<RepairForm>,
}

/// Answers a request. What was answered stays. Destruction is answered by somebody else than
/// who has recorded it.
#[utoipa::path(post, path = "/api/v1/card/requests/{number}/answer", tag = "card",
    request_body = AnswerForm, params(("number" = i64, Path, description = "of the request")),
    responses((status = 200, body = RequestView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn answer(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<AnswerForm>,
) -> Result<axum::Json<RequestView>, Problem> {
    let state = Stage::parse(&form.answer)
        .filter(|it| *it != Stage::Open)
        .ok_or_else(|| line::refuse("answer", "use granted, partly or refused"))?;
    let mut reply = Reply {
        reason: objection::lines("reason", &form.reason, TEXT_MAX)?,
        done: objection::lines("done", &form.done, TEXT_MAX)?,
        repairs: Vec::new(),
    };
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, number).await?;
    require(&who, Permission::CardGuard, row.area.as_ref())?;
    let refused = state == Stage::Refused;
    if form.erasure.is_some() && (row.kind != Kind::Erasure || refused) {
        let why = "is for a request for destruction that is not refused";
        return Err(line::refuse("erasure", why));
    }
    if let Some(number) = form.erasure {
        let done = erasure::find(&mut tx, number).await?;
        if done.is_none_or(|done| done.state != erasure::State::Done) {
            return Err(line::refuse("erasure", "is none that was done"));
        }
    }
    if !form.repairs.is_empty() {
        if row.kind != Kind::Correction || refused {
            let why = "are for a request for correction that is not refused";
            return Err(line::refuse("repairs", why));
        }
        reply.repairs = repairs(&mut tx, row.subject, form.repairs).await?;
    }
    let answered = (state, &reply, form.erasure);
    request::answer(&hall, &who, &mut tx, &row, answered).await?;
    let row = readable(&mut tx, &who, number).await?;
    let view = view(&hall, &room, &mut tx, row).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Repairs as they were sent, each in a row of the subject.
async fn repairs(
    conn: &mut Conn,
    subject: Option<SubjectId>,
    sent: Vec<RepairForm>,
) -> Result<Vec<Repair>, Problem> {
    if sent.len() > REPAIRS_MAX {
        return Err(line::refuse("repairs", format!("at most {REPAIRS_MAX}")));
    }
    let Some(subject) = subject else {
        let why = "are for a request that has a subject";
        return Err(line::refuse("repairs", why));
    };
    let held = Held::of(conn, subject).await?;
    let fields = crate::record::Record::default().fields();
    let mut read = Vec::with_capacity(sent.len());
    for it in sent {
        if !held.has(it.list, it.row) {
            return Err(line::refuse("row", "is no row of the subject"));
        }
        if !fields.iter().any(|(field, _)| *field == it.field) {
            let names = fields.map(|(field, _)| field).join(", ");
            return Err(line::refuse("field", format!("use one of {names}")));
        }
        read.push(Repair {
            should_be: line::read("should_be", &it.should_be, WHO_MAX)?,
            evidence: line::read("evidence", &it.evidence, WHO_MAX)?,
            list: it.list,
            row: it.row,
            field: it.field,
        });
    }
    Ok(read)
}

/// As what.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct As {
    /// `csv` for a file.
    format: Option<String>,
}

/// What all that is held is taken for, and with what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardDossierForm,
    example = json!({ "purpose": "menjawab permintaan", "photos": false }))]
struct HandForm {
    /// What for. It is written into the audit.
    purpose: String,
    /// Whether the photographs themselves come with it, too: each is then written down as
    /// opened. A table has no room for them.
    #[serde(default)]
    photos: bool,
}

/// Hands out all that is held of the subject of an open request for access, once it was
/// checked who asks: rows as they are written, where he stands on adopted lists, objections,
/// and who has looked. Who took it, when and for what is kept.
#[utoipa::path(post, path = "/api/v1/card/requests/{number}/dossier", tag = "card",
    request_body = HandForm,
    params(("number" = i64, Path, description = "of the request"), As),
    responses((status = 200, content((Dossier = "application/json"), (String = "text/csv"))),
        (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn hand_out(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Path(number): Path<i64>,
    Query(form): Query<As>,
    Json(asked): Json<HandForm>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, form.format.as_deref())?;
    let purpose = line::read("purpose", &asked.purpose, super::PURPOSE_MAX)?;
    let mut read = hall.db().read().await?;
    let subject = answerable(&readable(&mut read, &who, number).await?, &who)?;
    let mut dossier = dossier::make(&hall, &mut read, number, subject).await?;
    drop(read);
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let row = readable(&mut tx, &who, number).await?;
    answerable(&row, &who)?;
    let taken = (purpose.as_str(), dossier.rows.len());
    request::hand_out(&hall, &who, &mut tx, &row, taken).await?;
    let has_pictures = asked.photos && !csv;
    for photo in dossier.pictures().filter(|_| has_pictures) {
        let act = Act {
            verb: "card_photo.opened",
            subject: photo.subject().to_string(),
            detail: json!({ "purpose": purpose, "photo": photo.number,
                "kind": photo.kind.as_str(), "request": number }),
        };
        audit::record(&mut tx, hall.now(), &who, act).await?;
    }
    tx.commit().await?;
    if has_pictures {
        dossier.with_pictures(&hall).await?;
    }
    if !csv {
        return Ok(axum::Json(dossier).into_response());
    }
    let mut file = File::new(&["bagian", "sumber", "waktu", "hal", "isi"]);
    for line in dossier.lines(|at| said::instant(&hall, at)) {
        file.row(&line);
    }
    let saved = format!("attachment; filename=\"data-subjek-{number}.csv\"");
    Ok(problem::file(
        "text/csv; charset=utf-8",
        file.bytes().into(),
        &[("content-disposition", saved)],
    ))
}

/// Whose data is handed out for a request; only for access, and while it is open.
fn answerable(row: &RequestRow, who: &Who) -> Result<SubjectId, Problem> {
    require(who, Permission::CardOpen, row.area.as_ref())?;
    let is_ready = row.kind == Kind::Access && row.state == Stage::Open && row.identity.is_some();
    row.subject.filter(|_| is_ready).ok_or_else(|| {
        Problem::conflict(
            "card-request-dossier",
            "This is for an open request for access that has a subject, once it was written down how it was checked who asks.",
        )
    })
}
