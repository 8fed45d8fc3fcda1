//! `/api/v1/villages/imports`: lists of villages, from files.
//!
//! A file becomes a preview; the preview is judged anew whenever it is looked at; a
//! commit judges it once more in the transaction that writes, and writes all of it or
//! nothing: the list, its rows, what they say as claims, and what the house says of
//! each village after that.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::day::Day;
use base::fact::Fact;
use base::id::{Id, Intake as IntakeNoun, Source};
use hall::Hall;
use hall::claim::{self, New, Subject};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::intake::{
    self, BODY_MAX, Change, Commit, Intake, Judged, Language, Page, Preview, Upload, Written,
};
use hall::line;
use hall::problem::{self, Json, Path, Problem, Query};
use hall::source::Card;
use reach_core::flow::State as Stage;
use reach_core::property::{Property, Value};
use serde::{Deserialize, Serialize};
use store::{Conn, Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::import::contract::VILLAGES;
use crate::import::judge::{Means, Plan, judge, status};
use crate::room::Room;
use crate::said;
use crate::sql::list::{self, Decided, ListRow, ListedRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let upload = OpenApiRouter::new()
        .routes(routes!(open).guard(Permission::ClaimsWrite))
        .layer(DefaultBodyLimit::max(BODY_MAX));
    OpenApiRouter::new()
        .routes(routes!(template).guard(Permission::ClaimsWrite))
        .routes(routes!(show).guard(Permission::ClaimsWrite))
        .routes(routes!(choose).guard(Permission::ClaimsWrite))
        .routes(routes!(discard).guard(Permission::ClaimsWrite))
        .routes(routes!(commit).guard(Permission::ClaimsWrite))
        .merge(upload)
}

/// Most that can be announced: more than the villages of the country.
const ANNOUNCED_MAX: i64 = 1_000_000;

/// What the upload holds.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description of a multipart body")]
#[schema(as = VillageListUpload)]
struct UploadForm {
    /// CSV or XLSX, up to 8 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `add`; what is there is never changed by a list.
    mode: Option<String>,
}

/// Which rows of the report, and whose decisions count.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Shown {
    /// Rows of this page, 1 to 5000; all that fit when left out.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<u32>,
    /// Only `add`, `exists` or `refused`.
    verdict: Option<String>,
    /// `csv` for the report as a file.
    format: Option<String>,
    /// The language of that file: `id` or `en`.
    #[param(inline)]
    language: Option<Language>,
    /// Whose list it is: decisions about earlier lists of that owner count.
    owner: Option<String>,
}

/// Writes what a preview shows.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = VillageListCommit)]
pub(crate) struct ListCommit {
    /// The rows that are not written; each refused row has to be among them.
    pub(crate) leave_out: BTreeSet<u32>,
    /// Where the file comes from. `owner` and `as_of` are required here: a claim
    /// without them could be weighed against no other.
    pub(crate) source: Card,
    /// How many villages its source says there are.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub(crate) announced: Option<i64>,
    /// How many its source says there are of each status.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub(crate) announced_of: BTreeMap<String, i64>,
}

/// Takes a file in and shows what it would do. The same file, while its preview is
/// open, is the same preview.
#[utoipa::path(post, path = "/api/v1/villages/imports", tag = "villages",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Preview), (status = 413), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    upload: Upload,
) -> Result<Response, Problem> {
    let intake = intake::open(&hall, &who, &VILLAGES, upload).await?;
    let location = format!("/api/v1/villages/imports/{}", intake.id());
    let preview = preview(&hall, &room, &who, &intake, &Shown::default()).await?;
    Ok(problem::created(&location, axum::Json(preview)))
}

/// An import of one's own, judged as the house is now. A file of its report with
/// `format=csv`.
#[utoipa::path(get, path = "/api/v1/villages/imports/{id}", tag = "villages",
    params(("id" = String, Path, description = "`itk_…`"), Shown),
    responses((status = 200, body = Preview), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    headers: HeaderMap,
    Query(shown): Query<Shown>,
) -> Result<Response, Problem> {
    let intake = intake::find(&hall, &who, &VILLAGES, id).await?;
    if !hall::csv::wanted(&headers, shown.format.as_deref())? {
        let preview = preview(&hall, &room, &who, &intake, &shown).await?;
        return Ok(axum::Json(preview).into_response());
    }
    let mut read = hall.db().read().await?;
    let judged = judged(
        &hall,
        &room,
        &mut read,
        &who,
        &intake,
        shown.owner.as_deref(),
    )
    .await?;
    drop(read);
    let Some(judged) = judged else {
        return Err(Problem::conflict(
            "import-done",
            "It was written; its report was that of the preview.",
        ));
    };
    intake::report_csv(&intake, &judged, &page(&shown), "laporan-impor-desa.csv")
}

/// Changes how a file is read: which column is which field, and which sheet. A column
/// of codes that could be of BPS is told apart here.
#[utoipa::path(patch, path = "/api/v1/villages/imports/{id}", tag = "villages",
    params(("id" = String, Path, description = "`itk_…`")), request_body = Change,
    responses((status = 200, body = Preview), (status = 404), (status = 409), (status = 422)))]
async fn choose(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    Json(change): Json<Change>,
) -> Result<axum::Json<Preview>, Problem> {
    let intake = intake::choose(&hall, &who, &VILLAGES, id, change).await?;
    let preview = preview(&hall, &room, &who, &intake, &Shown::default()).await?;
    Ok(axum::Json(preview))
}

/// Forgets a preview, and its file with it.
#[utoipa::path(delete, path = "/api/v1/villages/imports/{id}", tag = "villages",
    params(("id" = String, Path, description = "`itk_…`")),
    responses((status = 204), (status = 404), (status = 409)))]
async fn discard(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
) -> Result<Response, Problem> {
    intake::discard(&hall, &who, &VILLAGES, id).await?;
    Ok(problem::no_content())
}

/// Writes what the preview shows, in one transaction: all rows that are not left out,
/// or nothing. Rows whose village cannot be told come in as well, and wait for a
/// person. Asked again it answers the same and writes nothing more.
#[utoipa::path(post, path = "/api/v1/villages/imports/{id}/commit", tag = "villages",
    request_body = ListCommit,
    params(("id" = String, Path, description = "`itk_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Written), (status = 404), (status = 409), (status = 422)))]
async fn commit(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<IntakeNoun>>,
    Keyed { body, once }: Keyed<ListCommit>,
) -> Result<Response, Problem> {
    let intake = intake::find(&hall, &who, &VILLAGES, id).await?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let written = match intake::written_meanwhile(&mut tx, &who, &intake).await? {
        Some(written) => written,
        None => write(&hall, &room, &mut tx, &who, &intake, body).await?,
    };
    let location = format!("/api/v1/villages/lists/{}", written.source);
    let answer = once
        .created(&mut tx, hall.now(), &location, &written)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// Writes what an intake holds, as a list.
pub(crate) async fn write(
    hall: &Hall,
    room: &Room,
    tx: &mut Tx,
    who: &Who,
    intake: &Intake,
    commit: ListCommit,
) -> Result<Written, Problem> {
    let (owner, as_of) = said(hall, &commit)?;
    let judged = judged(hall, room, tx, who, intake, Some(&owner))
        .await?
        .ok_or_else(|| Problem::bug("an open import has no rows"))?;
    let (plans, tally) = judged.written(&commit.leave_out)?;
    let around = plans
        .iter()
        .map(|(_, plan)| Place::new(Some(plan.area.clone()), None))
        .reduce(|around, place| around.around(&place))
        .unwrap_or(Place::HOUSE);
    let source = intake.source();
    let area = around.area.clone();
    let row = ListRow {
        source,
        title: String::new(),
        owner_key: owner_key(&owner),
        owner,
        as_of,
        definition: commit.source.definition.clone(),
        announced: commit.announced,
        announced_of: commit.announced_of,
        left_out: i64::try_from(tally.left_out).unwrap_or(i64::MAX),
        area: area.unwrap_or_else(|| hall.config().province.clone()),
        imported: hall.now().wall,
        withdrawn: None,
    };
    let settled = Commit {
        leave_out: commit.leave_out,
        source: commit.source,
    };
    // The register of sources first: claims refer to it, and it names the file.
    let written = intake::settle(hall, tx, who, intake, &settled, tally, around).await?;
    let registered = hall::source::find(tx, who, source).await?;
    let title = registered.and_then(|source| source.card.title);
    let title = title.unwrap_or_default();
    list::insert(tx, &ListRow { title, ..row }).await?;
    let rows: Vec<ListedRow> = plans
        .iter()
        .map(|(number, plan)| listed(source, *number, plan))
        .collect::<Result<_, _>>()?;
    list::insert_rows(tx, &rows).await?;
    for (number, _) in plans
        .iter()
        .filter(|(_, plan)| plan.means == Means::Foreign)
    {
        let decided = Decided {
            seq: 1,
            village: None,
            at: hall.now().wall,
            by: who.person(),
            why: None,
        };
        list::decide(tx, source, *number, &decided).await?;
    }
    let mut villages = BTreeSet::new();
    let mut claims = Vec::new();
    for (number, plan) in plans {
        if let Means::Village(code, _) = plan.means {
            claims.extend(claims_of(source, number, &code, as_of, &plan.says));
            villages.insert(code);
        }
    }
    claim::record(hall, tx, who, claims).await?;
    said::renew(hall, tx, &villages).await?;
    facts::append(tx, &Fact::ClaimsChanged { source }, hall.now().wall).await?;
    Ok(written)
}

/// What a commit has to say of its source.
fn said(hall: &Hall, commit: &ListCommit) -> Result<(String, Day), Problem> {
    let owner = commit.source.owner.as_deref().unwrap_or_default();
    let owner = line::read("source.owner", owner, line::NAME_MAX)?;
    let as_of: Day = commit
        .source
        .as_of
        .as_deref()
        .ok_or_else(|| line::refuse("source.as_of", "is required"))?
        .parse()
        .map_err(|error: base::day::DayError| line::refuse("source.as_of", error.to_string()))?;
    if as_of > hall.today() {
        return Err(line::refuse("source.as_of", "is a day that has not come"));
    }
    let bounded = |number: &i64| (0..=ANNOUNCED_MAX).contains(number);
    if !commit.announced.iter().all(bounded) {
        return Err(line::refuse("announced", "use 0 to 1000000"));
    }
    for (status, number) in &commit.announced_of {
        if Stage::parse(status).is_none() {
            let words = Stage::WORDS.join(", ");
            return Err(line::refuse(
                "announced_of",
                format!("is by one of {words}"),
            ));
        }
        if !bounded(number) {
            return Err(line::refuse("announced_of", "use 0 to 1000000"));
        }
    }
    Ok((owner, as_of))
}

/// Under which an owner's decisions are remembered: without case and signs.
pub(super) fn owner_key(owner: &str) -> String {
    let lower = owner.to_lowercase();
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn listed(source: Id<Source>, number: u32, plan: &Plan) -> Result<ListedRow, Problem> {
    let (found, doubt, candidates) = match &plan.means {
        Means::Village(code, how) => (Some((code.clone(), *how)), None, Vec::new()),
        Means::Asked(doubt, candidates) => (None, Some(*doubt), candidates.clone()),
        Means::Foreign => (None, None, Vec::new()),
    };
    Ok(ListedRow {
        source,
        number,
        code: plan.code.clone(),
        regency: plan.regency.clone(),
        district: plan.district.clone(),
        village: plan.village.clone(),
        key: plan.key.clone(),
        found,
        doubt,
        candidates,
        status: status(&plan.says).map(|stage| stage.as_str().to_owned()),
        says: kept(&plan.says)?,
        area: plan.area.clone(),
        decided: None,
    })
}

/// What a row says, as it is kept until a person has said of which village.
fn kept(says: &[(Property, Value)]) -> Result<String, Problem> {
    let pairs: Vec<(&str, &str, String)> = says
        .iter()
        .map(|(property, value)| {
            let value = of_hall(value);
            let (kind, text) = value.stored();
            (property.as_str(), kind, text)
        })
        .collect();
    serde_json::to_string(&pairs)
        .map_err(|error| Problem::bug(format!("a row cannot be written: {error}")))
}

/// What a kept row says.
pub(super) fn says(kept: &str) -> Result<Vec<(String, claim::Value)>, store::Error> {
    let wrong = || store::Error::corrupt("reach_list_row.says");
    let pairs: Vec<(String, String, String)> = serde_json::from_str(kept).map_err(|_| wrong())?;
    pairs
        .into_iter()
        .map(|(property, kind, text)| {
            let value = claim::Value::parse(&kind, &text).ok_or_else(wrong)?;
            Ok((property, value))
        })
        .collect()
}

fn of_hall(value: &Value) -> claim::Value {
    match value {
        Value::Flag(flag) => claim::Value::Flag(*flag),
        Value::Permille(permille) => claim::Value::Whole(*permille),
        Value::Word(word) => claim::Value::Word(word.clone()),
    }
}

fn claims_of(
    source: Id<Source>,
    number: u32,
    village: &AreaCode,
    as_of: Day,
    says: &[(Property, Value)],
) -> Vec<New> {
    says.iter()
        .map(|(property, value)| New {
            subject: Subject::Village(village.clone()),
            area: village.clone(),
            property: property.as_str().to_owned(),
            value: of_hall(value),
            source,
            row: Some(number),
            as_of,
            definition: None,
        })
        .collect()
}

async fn judged(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    who: &Who,
    intake: &Intake,
    owner: Option<&str>,
) -> Result<Option<Judged<Plan>>, Problem> {
    let key = owner.map(owner_key);
    Ok(judge(hall, room, conn, who, intake, key.as_deref()).await?)
}

async fn preview(
    hall: &Hall,
    room: &Room,
    who: &Who,
    intake: &Intake,
    shown: &Shown,
) -> Result<Preview, Problem> {
    let mut read = hall.db().read().await?;
    let judged = judged(hall, room, &mut read, who, intake, shown.owner.as_deref()).await?;
    Preview::new(intake, judged.as_ref(), &page(shown))
}

fn page(shown: &Shown) -> Page {
    Page {
        limit: shown.limit,
        cursor: shown.cursor,
        verdict: shown.verdict.clone(),
        format: shown.format.clone(),
        language: shown.language,
    }
}

/// What a template is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// `csv` or `xlsx`.
    format: Option<String>,
    /// `id` or `en`.
    #[param(inline)]
    language: Option<Language>,
}

/// An empty file to be filled, with its columns explained.
#[utoipa::path(get, path = "/api/v1/villages/imports/template", tag = "villages", params(Wanted),
    responses((status = 200, content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
async fn template(Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let language = wanted.language.unwrap_or_default();
    match wanted.format.as_deref() {
        Some("csv") => Ok(intake::template_csv(
            &VILLAGES,
            language,
            "templat-desa.csv",
        )),
        Some("xlsx") | None => intake::template_xlsx(&VILLAGES, language, "templat-desa.xlsx"),
        Some(_) => Err(super::refuse("format", "use csv or xlsx")),
    }
}
