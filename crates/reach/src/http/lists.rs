//! `/api/v1/villages/lists` and `/api/v1/villages/queue`: lists as they were imported,
//! and the rows of them that wait for a person.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::{AreaCode, AreaLevel};
use base::day::Day;
use base::fact::Fact;
use base::id::{Id, Person, Source};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::claim::{self, New, Subject};
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::line;
use hall::problem::{Path, Problem, Query};
use http::HeaderMap;
use reach_core::register::{Doubt, How};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::imports::says;
use super::{Around, WHY_MAX, Withdrawal, limit, paged, refuse};
use crate::room::Room;
use crate::said::{self, ValueView};
use crate::sql::list::{self, Decided, ListRow, ListedRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(lists).guard(Permission::VillagesRead))
        .routes(routes!(one).guard(Permission::VillagesRead))
        .routes(routes!(withdraw).guard(Permission::ClaimsWrite))
        .routes(routes!(queue).guard(Permission::VillagesRead))
        .routes(routes!(decide).guard(Permission::ClaimsWrite))
}

hall::words! {
    /// By what a row's village was found.
    pub(super) HowWord = How::ALL.map(How::as_str)
}

hall::words! {
    /// Why a person has to say which village a row means.
    pub(super) DoubtWord = Doubt::ALL.map(Doubt::as_str)
}

/// A list as it was imported.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageList)]
pub(super) struct ListView {
    /// The source that its file became, `src_…`.
    #[schema(value_type = String)]
    source: Id<Source>,
    /// What people call it.
    title: String,
    /// Whose it is.
    owner: String,
    /// The day whose state it tells.
    #[schema(value_type = String)]
    as_of: Day,
    /// What its words mean; null: nobody has said.
    definition: Option<String>,
    /// How many villages its source says there are.
    announced: Option<i64>,
    /// The same of each status.
    #[schema(value_type = BTreeMap<String, i64>)]
    announced_of: BTreeMap<String, i64>,
    /// When it was imported.
    #[schema(value_type = i64)]
    imported_us: Wall,
    /// When it was withdrawn; null while it counts.
    #[schema(value_type = Option<i64>)]
    withdrawn_us: Option<Wall>,
}

impl From<ListRow> for ListView {
    fn from(row: ListRow) -> Self {
        Self {
            source: row.source,
            title: row.title,
            owner: row.owner,
            as_of: row.as_of,
            definition: row.definition,
            announced: row.announced,
            announced_of: row.announced_of,
            imported_us: row.imported,
            withdrawn_us: row.withdrawn,
        }
    }
}

/// Lists, the last imported first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageLists)]
struct Lists {
    /// The lists.
    items: Vec<ListView>,
    /// All are on one page: null.
    next: Option<String>,
}

/// A row that waits for a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageListRow)]
struct RowView {
    /// Of which list, `src_…`.
    #[schema(value_type = String)]
    source: Id<Source>,
    /// Its number beside the spreadsheet.
    row: u32,
    /// Code and names as they stand there.
    code: Option<String>,
    /// Kabupaten or kota.
    regency: Option<String>,
    /// Kecamatan.
    district: Option<String>,
    /// Desa or kelurahan.
    village: Option<String>,
    /// Why a person has to say.
    #[schema(value_type = Option<DoubtWord>)]
    doubt: Option<&'static str>,
    /// What it could be.
    candidates: Vec<Candidate>,
    /// What it says besides, by property.
    says: BTreeMap<String, ValueView>,
    /// What was decided; null while it waits.
    decided: Option<DecidedView>,
}

/// A village that a row could mean.
#[derive(Debug, Serialize, ToSchema)]
struct Candidate {
    /// Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    /// Its name.
    name: String,
    /// Its district.
    district: String,
    /// Its regency.
    regency: String,
}

/// What a person has said about a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageListDecided)]
struct DecidedView {
    /// The village that it means; null: no village of the register.
    village: Option<Around>,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// By whom.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// Why.
    why: Option<String>,
}

/// Rows that wait.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageQueue)]
struct Queue {
    /// The rows.
    items: Vec<RowView>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Which rows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only of this list.
    #[param(value_type = Option<String>)]
    source: Option<Id<Source>>,
    /// Only of places in this area.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Which village a row means.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VillageListDecision, example = json!({ "village": "62.11.07.2007" }))]
struct Decision {
    /// Its Kemendagri code; null: no village of the register.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    village: Option<AreaCode>,
    /// Why.
    #[serde(default)]
    why: Option<String>,
}

/// Lists that the caller may read of, the last imported first.
#[utoipa::path(get, path = "/api/v1/villages/lists", tag = "villages",
    responses((status = 200, body = Lists)))]
async fn lists(State(hall): State<Hall>, who: Who) -> Result<axum::Json<Lists>, Problem> {
    let mut read = hall.db().read().await?;
    let query = list::lists().raw(" ORDER BY l.imported_us DESC, l.source_id DESC");
    let found = list::fetch(&mut read, &query).await?;
    let seen = found.into_iter().filter(|list| may_read(&who, list));
    Ok(axum::Json(Lists {
        items: seen.map(ListView::from).collect(),
        next: None,
    }))
}

/// One list.
#[utoipa::path(get, path = "/api/v1/villages/lists/{source}", tag = "villages",
    params(("source" = String, Path, description = "`src_…`")),
    responses((status = 200, body = ListView), (status = 404)))]
async fn one(
    State(hall): State<Hall>,
    who: Who,
    Path(source): Path<Id<Source>>,
) -> Result<axum::Json<ListView>, Problem> {
    let mut read = hall.db().read().await?;
    Ok(axum::Json(readable(&mut read, &who, source).await?.into()))
}

/// Says that a list does not count any more: its claims are withdrawn, and stay. What
/// was known before goes on being known.
#[utoipa::path(post, path = "/api/v1/villages/lists/{source}/withdrawal", tag = "villages",
    request_body = Withdrawal,
    params(("source" = String, Path, description = "`src_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ListView), (status = 404), (status = 409), (status = 422)))]
async fn withdraw(
    State(hall): State<Hall>,
    who: Who,
    Path(source): Path<Id<Source>>,
    Keyed { body, once }: Keyed<Withdrawal>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let why = body.read()?;
    let list = readable(&mut tx, &who, source).await?;
    who.require(Permission::ClaimsWrite, &place(&list.area))?;
    if !list::withdraw(&mut tx, source, now.wall).await? {
        return Err(Problem::conflict(
            "claim-withdrawn",
            "The list was withdrawn before.",
        ));
    }
    let villages = named(&mut tx, source).await?;
    claim::withdraw_source(&hall, &mut tx, &who, source, &why).await?;
    said::renew(&hall, &mut tx, &villages).await?;
    facts::append(&mut tx, &Fact::ClaimsChanged { source }, now.wall).await?;
    let view = ListView::from(readable(&mut tx, &who, source).await?);
    let location = format!("/api/v1/villages/lists/{source}");
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Villages of which a source has said something.
async fn named(conn: &mut Conn, source: Id<Source>) -> Result<BTreeSet<AreaCode>, Problem> {
    let filter = claim::Filter {
        source: Some(source),
        withdrawn: true,
        ..claim::Filter::default()
    };
    let claims = claim::every(conn, &filter).await?;
    Ok(claims.into_iter().map(|claim| claim.area).collect())
}

/// Rows whose village a person has to say, in the order of their lists.
#[utoipa::path(get, path = "/api/v1/villages/queue", tag = "villages", params(Filter),
    responses((status = 200, body = Queue)))]
async fn queue(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let after = filter.cursor.as_deref().map(cursor).transpose()?;
    let (visible, values) = who.visible(Permission::VillagesRead, "r.area_code", "NULL");
    let mut query = list::rows(None)
        .raw(" AND l.withdrawn_us IS NULL AND ")
        .raw(list::WAITS)
        .raw(" AND ")
        .condition(&visible, values);
    if let Some(source) = filter.source {
        query = list::of_source(query, source);
    }
    if let Some(within) = &filter.within {
        query = query
            .push(" AND (r.area_code = ", within.as_str())
            .push(" OR r.area_code LIKE ", format!("{within}.%"))
            .raw(")");
    }
    if let Some((source, number)) = after {
        query = query
            .push(" AND (r.source_id > ", source)
            .push(" OR (r.source_id = ", source)
            .push(" AND r.number > ", i64::from(number))
            .raw("))");
    }
    let most = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
    query = query.push(" ORDER BY r.source_id, r.number LIMIT ", most);
    let mut read = hall.db().read().await?;
    let found = list::fetch_rows(&mut read, &query).await?;
    let rows = found
        .into_iter()
        .map(|row| view(&room, row))
        .collect::<Result<Vec<_>, _>>()?;
    let (items, next) = paged(rows.into_iter(), limit, |row: &RowView| {
        format!("{}:{}", row.source, row.row)
    });
    if csv {
        return Ok(file(&items));
    }
    Ok(axum::Json(Queue { items, next }).into_response())
}

fn cursor(text: &str) -> Result<(Id<Source>, u32), Problem> {
    let parts = text
        .split_once(':')
        .and_then(|(source, row)| Some((source.parse().ok()?, row.parse().ok()?)));
    parts.ok_or_else(|| refuse("cursor", "is not one of this list"))
}

fn file(rows: &[RowView]) -> Response {
    let mut file = File::new(&[
        "source",
        "row",
        "code",
        "regency",
        "district",
        "village",
        "doubt",
        "candidates",
    ]);
    for row in rows {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let candidates: Vec<String> = row
            .candidates
            .iter()
            .map(|one| format!("{} {} ({})", one.code, one.name, one.regency))
            .collect();
        file.row(&[
            row.source.to_string(),
            row.row.to_string(),
            text(&row.code),
            text(&row.regency),
            text(&row.district),
            text(&row.village),
            row.doubt.unwrap_or_default().to_owned(),
            candidates.join("; "),
        ]);
    }
    file.response("antrean-desa.csv")
}

/// Says which village a row means, or that it is none. What was decided before about
/// the row is withdrawn with what it led to; the decision is remembered for the next
/// list of that owner.
#[utoipa::path(post, path = "/api/v1/villages/queue/{source}/{row}", tag = "villages",
    request_body = Decision,
    params(("source" = String, Path, description = "`src_…`"),
        ("row" = u32, Path, description = "its number beside the spreadsheet"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = RowView), (status = 404), (status = 409), (status = 422)))]
async fn decide(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((source, number)): Path<(Id<Source>, u32)>,
    Keyed { body, once }: Keyed<Decision>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let there = row(&mut tx, &who, source, number).await?;
    who.require(Permission::ClaimsWrite, &place(&there.area))?;
    let list = list::by_id(&mut tx, source)
        .await?
        .ok_or_else(|| Problem::bug("a row without its list"))?;
    if list.withdrawn.is_some() {
        return Err(Problem::conflict(
            "claim-withdrawn",
            "The list of this row was withdrawn.",
        ));
    }
    if let Some(village) = &body.village {
        if village.level() != AreaLevel::Village || room.register().village(village).is_none() {
            return Err(line::refuse("village", "is no village of the register"));
        }
        who.require(Permission::ClaimsWrite, &place(village))?;
    }
    let decided = Decided {
        seq: there.decided.as_ref().map_or(0, |last| last.seq) + 1,
        village: body.village,
        at: now.wall,
        by: who.person(),
        why: line::read_maybe("why", body.why.as_deref(), WHY_MAX)?,
    };
    list::decide(&mut tx, source, number, &decided).await?;
    list::remember(&mut tx, &list.owner_key, &there.key, &decided).await?;
    let mut villages = undo(&hall, &mut tx, &who, source, number).await?;
    if let Some(village) = &decided.village {
        let claims = says(&there.says)?
            .into_iter()
            .map(|(property, value)| New {
                subject: Subject::Village(village.clone()),
                area: village.clone(),
                property,
                value,
                source,
                row: Some(number),
                as_of: list.as_of,
                definition: None,
            })
            .collect();
        claim::record(&hall, &mut tx, &who, claims).await?;
        villages.insert(village.clone());
    }
    said::renew(&hall, &mut tx, &villages).await?;
    facts::append(&mut tx, &Fact::ClaimsChanged { source }, now.wall).await?;
    let act = Act {
        verb: "village.decided",
        subject: source.to_string(),
        detail: json!({
            "row": number, "village": decided.village, "seq": decided.seq, "why": decided.why,
        }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let there = row(&mut tx, &who, source, number).await?;
    let view = view(&room, there)?;
    let location = format!("/api/v1/villages/lists/{source}");
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Withdraws what a row has led to so far; of which villages that was.
async fn undo(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    source: Id<Source>,
    number: u32,
) -> Result<BTreeSet<AreaCode>, Problem> {
    let filter = claim::Filter {
        source: Some(source),
        ..claim::Filter::default()
    };
    let mut villages = BTreeSet::new();
    for claim in claim::every(tx, &filter).await? {
        if claim.row == Some(number) {
            claim::withdraw(hall, tx, who, claim.id, "diputuskan ulang").await?;
            villages.insert(claim.area);
        }
    }
    Ok(villages)
}

async fn row(
    conn: &mut Conn,
    who: &Who,
    source: Id<Source>,
    number: u32,
) -> Result<ListedRow, Problem> {
    let query =
        list::of_source(list::rows(None), source).push(" AND r.number = ", i64::from(number));
    list::fetch_rows(conn, &query)
        .await?
        .pop()
        .filter(|row| who.may(Permission::VillagesRead, &place(&row.area)))
        .ok_or_else(|| Problem::not_found("list-row", "There is no such row."))
}

/// A list, if the caller may read of all that it names.
pub(super) async fn readable(
    conn: &mut Conn,
    who: &Who,
    source: Id<Source>,
) -> Result<ListRow, Problem> {
    list::by_id(conn, source)
        .await?
        .filter(|list| may_read(who, list))
        .ok_or_else(|| Problem::not_found("village-list", "There is no such list."))
}

fn may_read(who: &Who, list: &ListRow) -> bool {
    who.may(Permission::VillagesRead, &place(&list.area))
}

fn place(area: &AreaCode) -> Place {
    Place::new(Some(area.clone()), None)
}

fn view(room: &Room, row: ListedRow) -> Result<RowView, Problem> {
    let name = |code: &AreaCode| {
        let village = room.register().village(code);
        village
            .map(|village| village.name.clone())
            .unwrap_or_default()
    };
    let candidates = row
        .candidates
        .iter()
        .filter_map(|code| room.register().village(code))
        .map(|village| Candidate {
            code: village.code.clone(),
            name: village.name.clone(),
            district: village.district.clone(),
            regency: village.regency.clone(),
        })
        .collect();
    let says = says(&row.says)?;
    Ok(RowView {
        source: row.source,
        row: row.number,
        code: row.code,
        regency: row.regency,
        district: row.district,
        village: row.village,
        doubt: row.doubt.map(Doubt::as_str),
        candidates,
        says: says
            .iter()
            .map(|(property, value)| (property.clone(), ValueView::from(value)))
            .collect(),
        decided: row.decided.map(|decided| DecidedView {
            village: decided.village.map(|code| Around {
                name: name(&code),
                code,
            }),
            at_us: decided.at,
            by: decided.by,
            why: decided.why,
        }),
    })
}
