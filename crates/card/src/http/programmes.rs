//! `/api/v1/card/programmes` and `/api/v1/card/rule-columns`: who should receive, as
//! officials write it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::day::Day;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::rule::{Column, Programme, Subject, Type};
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::blob::Sha256;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::programme::{self, Kept};
use crate::room::Room;
use crate::sql::decision::{self, State as Stage};
use crate::sql::programme as rows;
use crate::words::{self, Language};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(columns).guard(Permission::CardCount))
        .routes(routes!(list).guard(Permission::CardCount))
        .routes(routes!(find).guard(Permission::CardCount))
        .routes(routes!(check).guard(Permission::CardDecide))
        .routes(routes!(add).guard(Permission::CardDecide))
}

/// Longest note to a version, in characters.
const NOTE_MAX: usize = 500;

/// Something that rules can ask of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardColumn)]
struct ColumnView {
    /// The word that rule files use.
    #[schema(value_type = String)]
    key: &'static str,
    /// Whose it can be: `keluarga`, `orang`.
    #[schema(value_type = Vec<String>)]
    subjects: Vec<&'static str>,
    /// `number`, `flag`, `area` or `aid`.
    #[schema(value_type = String, rename = "type")]
    #[serde(rename = "type")]
    holds: &'static str,
    /// What is counted, of a number.
    #[schema(value_type = Option<String>)]
    unit: Option<&'static str>,
    /// What may be asked of it.
    #[schema(value_type = Vec<String>)]
    ops: &'static [&'static str],
    /// The class of data by UU 27/2022, article 4.
    #[schema(value_type = String)]
    class: &'static str,
    /// What it is, in Indonesian.
    #[schema(value_type = String)]
    about_id: &'static str,
    /// What it is, in English.
    #[schema(value_type = String)]
    about_en: &'static str,
}

impl From<Column> for ColumnView {
    fn from(column: Column) -> Self {
        let (holds, unit) = match column.holds() {
            Type::Number { unit } => ("number", (!unit.is_empty()).then_some(unit)),
            Type::Flag => ("flag", None),
            Type::Area => ("area", None),
            Type::Aid => ("aid", None),
        };
        let subjects = Subject::ALL.into_iter().filter(|it| column.is_of(*it));
        Self {
            key: column.key(),
            subjects: subjects.map(Subject::as_str).collect(),
            holds,
            unit,
            ops: column.holds().ops(),
            class: column.class().as_str(),
            about_id: column.indonesian(),
            about_en: column.english(),
        }
    }
}

/// All that rules can ask of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardColumns)]
struct Columns {
    /// In the order in which they are told.
    items: Vec<ColumnView>,
    /// There is no next page.
    next: Option<String>,
}

/// All columns that rules can ask of, with what may be asked.
#[utoipa::path(get, path = "/api/v1/card/rule-columns", tag = "card",
    responses((status = 200, body = Columns)))]
async fn columns() -> axum::Json<Columns> {
    axum::Json(Columns {
        items: Column::ALL.into_iter().map(ColumnView::from).collect(),
        next: None,
    })
}

/// What a programme is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgrammeAbout)]
pub(super) struct About {
    /// Its name in addresses and files.
    slug: String,
    /// What it is called.
    name: String,
    /// Of whom it judges: `keluarga` or `orang`.
    #[schema(value_type = String)]
    subject: &'static str,
    /// Whose it is.
    agency: String,
    /// Its legal source.
    source: String,
    /// Under which heading it is paid.
    budget: Option<String>,
    /// What is given.
    item: String,
    /// In which unit.
    unit: String,
    /// Units per subject and cycle.
    amount: u32,
    /// Rupiah per unit. Null: not known.
    rupiah: Option<i64>,
    /// The first day in force.
    #[schema(value_type = String)]
    valid_from: Day,
    /// The last, where there is one.
    #[schema(value_type = Option<String>)]
    valid_to: Option<Day>,
    /// Whether it is in force today.
    is_in_force: bool,
}

impl About {
    pub(super) fn new(programme: &Programme, today: Day) -> Self {
        Self {
            slug: programme.slug.clone(),
            name: programme.name.clone(),
            subject: programme.subject.as_str(),
            agency: programme.agency.clone(),
            source: programme.source.clone(),
            budget: programme.budget.clone(),
            item: programme.item.clone(),
            unit: programme.unit.clone(),
            amount: programme.amount,
            rupiah: programme.rupiah,
            valid_from: programme.from,
            valid_to: programme.to,
            is_in_force: programme.is_in_force(today),
        }
    }
}

/// The newest adopted list of a programme.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgrammeList)]
struct ListOfIt {
    /// Its number.
    number: i64,
    /// How many receive by it.
    included: u64,
    /// When it was adopted.
    #[schema(value_type = i64)]
    adopted_us: Wall,
}

/// A version of a programme.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgramme)]
struct ProgrammeView {
    #[serde(flatten)]
    about: About,
    /// Which version, from one.
    version: i64,
    /// SHA-256 of its text, in hexadecimal.
    sha256: String,
    /// Why this version.
    note: Option<String>,
    /// When it was written.
    #[schema(value_type = i64)]
    added_us: Wall,
    /// Who wrote it.
    by_name: Option<String>,
    /// The newest adopted list; null before the first.
    list: Option<ListOfIt>,
    /// The number of an open draft.
    draft: Option<i64>,
}

type Names = BTreeMap<Id<Person>, String>;

async fn view(
    hall: &Hall,
    conn: &mut Conn,
    names: &Names,
    kept: &Kept,
) -> Result<ProgrammeView, Problem> {
    let slug = Some(kept.row.slug.as_str());
    let adopted = decision::some(conn, slug, Some(Stage::Adopted), None, 1).await?;
    let mut draft = decision::some(conn, slug, Some(Stage::Draft), None, 1).await?;
    if draft.is_empty() {
        draft = decision::some(conn, slug, Some(Stage::Writing), None, 1).await?;
    }
    let list = adopted.into_iter().next().and_then(|row| {
        let counts = super::decisions::counts(row.result.as_ref())?;
        Some(ListOfIt {
            number: row.number,
            included: counts.included + counts.held,
            adopted_us: row.adopted?,
        })
    });
    Ok(ProgrammeView {
        about: About::new(&kept.programme, hall.today()),
        version: kept.row.version,
        sha256: kept.row.sha256.clone(),
        note: kept.row.note.clone(),
        added_us: kept.row.added,
        by_name: names.get(&kept.row.by).cloned(),
        list,
        draft: draft.first().map(|row| row.number),
    })
}

/// Programmes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgrammes)]
struct Programmes {
    /// By their slugs, each in its newest version.
    items: Vec<ProgrammeView>,
    /// There is no next page.
    next: Option<String>,
}

/// All programmes, each in its newest version.
#[utoipa::path(get, path = "/api/v1/card/programmes", tag = "card",
    responses((status = 200, body = Programmes)))]
async fn list(State(hall): State<Hall>) -> Result<axum::Json<Programmes>, Problem> {
    let mut read = hall.db().read().await?;
    let names = staff::names(&mut read).await?;
    let mut items = Vec::new();
    for row in rows::newest(&mut read).await? {
        let kept = Kept::read(row)?;
        items.push(view(&hall, &mut read, &names, &kept).await?);
    }
    Ok(axum::Json(Programmes { items, next: None }))
}

/// A rule of a programme.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRule)]
pub(super) struct RuleView {
    /// Its id.
    id: String,
    /// `syarat` (has to hold) or `pengecualian` (must not hold).
    #[schema(value_type = String)]
    kind: &'static str,
    /// What it is called.
    name: String,
    /// Its legal source.
    source: Option<String>,
    /// Whether many may be removed by it at once.
    in_bulk: bool,
    /// What it asks, in Indonesian.
    words: String,
    /// What it asks, in English.
    words_en: String,
}

pub(super) fn rules(room: &Room, programme: &Programme) -> Vec<RuleView> {
    let rules = programme.rules.iter();
    rules
        .map(|rule| RuleView {
            id: rule.id.clone(),
            kind: rule.kind.as_str(),
            name: rule.name.clone(),
            source: rule.source.clone(),
            in_bulk: rule.in_bulk,
            words: words::term(room.areas(), Language::Indonesian, &rule.term),
            words_en: words::term(room.areas(), Language::English, &rule.term),
        })
        .collect()
}

/// That there is a version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgrammeVersion)]
struct VersionView {
    /// Which.
    version: i64,
    /// SHA-256 of its text.
    sha256: String,
    /// Why it was written.
    note: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    added_us: Wall,
    /// By whom.
    by_name: Option<String>,
    /// The first day in force.
    #[schema(value_type = String)]
    valid_from: Day,
    /// The last, where there is one.
    #[schema(value_type = Option<String>)]
    valid_to: Option<Day>,
}

/// A programme with all that it says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgrammeWhole)]
struct Whole {
    #[serde(flatten)]
    programme: ProgrammeView,
    /// The text, TOML.
    text: String,
    /// Its rules, in words.
    rules: Vec<RuleView>,
    /// All versions, the newest first.
    versions: Vec<VersionView>,
}

async fn whole(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    slug: &str,
    version: Option<i64>,
) -> Result<Whole, Problem> {
    let kept = programme::find(conn, slug, version).await?;
    let names = staff::names(conn).await?;
    let mut versions = Vec::new();
    for row in rows::versions(conn, slug).await? {
        let kept = Kept::read(row)?;
        versions.push(VersionView {
            version: kept.row.version,
            by_name: names.get(&kept.row.by).cloned(),
            sha256: kept.row.sha256,
            note: kept.row.note,
            added_us: kept.row.added,
            valid_from: kept.programme.from,
            valid_to: kept.programme.to,
        });
    }
    Ok(Whole {
        programme: view(hall, conn, &names, &kept).await?,
        rules: rules(room, &kept.programme),
        text: kept.row.text,
        versions,
    })
}

/// Which version.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// This one; the newest when left out.
    version: Option<i64>,
}

/// One programme: its text, its rules in words, its versions.
#[utoipa::path(get, path = "/api/v1/card/programmes/{slug}", tag = "card",
    params(("slug" = String, Path, description = "its name"), Which),
    responses((status = 200, body = Whole), (status = 404)))]
async fn find(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    Path(slug): Path<String>,
    Query(which): Query<Which>,
) -> Result<axum::Json<Whole>, Problem> {
    let mut read = hall.db().read().await?;
    let whole = whole(&hall, &room, &mut read, &slug, which.version).await?;
    Ok(axum::Json(whole))
}

/// The text of a programme.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardProgrammeText)]
struct Text {
    /// TOML.
    text: String,
}

/// What a text says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardProgrammeChecked)]
struct Checked {
    #[serde(flatten)]
    about: About,
    /// Its rules, in words.
    rules: Vec<RuleView>,
    /// The newest version that is kept of it; null: none.
    newest: Option<i64>,
}

/// Reads a text and keeps nothing: what it says, or what is wrong with it and where.
#[utoipa::path(post, path = "/api/v1/card/programmes/check", tag = "card", request_body = Text,
    responses((status = 200, body = Checked), (status = 422)))]
async fn check(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    Json(form): Json<Text>,
) -> Result<axum::Json<Checked>, Problem> {
    let programme = Programme::parse(&form.text).map_err(|wrong| programme::refusal(&wrong))?;
    let mut read = hall.db().read().await?;
    let newest = rows::find(&mut read, &programme.slug, None).await?;
    Ok(axum::Json(Checked {
        about: About::new(&programme, hall.today()),
        rules: rules(&room, &programme),
        newest: newest.map(|row| row.version),
    }))
}

/// A version more.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardProgrammeForm)]
struct Form {
    /// TOML.
    text: String,
    /// Why this version.
    #[serde(default)]
    note: Option<String>,
}

/// Keeps a version more of a programme, or a new programme. Lists that were adopted by an
/// older one stay as they are.
#[utoipa::path(post, path = "/api/v1/card/programmes", tag = "card", request_body = Form,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Whole), (status = 403), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body: form, once }: Keyed<Form>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let note = line::read_maybe("note", form.note.as_deref(), NOTE_MAX)?;
    let programme = Programme::parse(&form.text).map_err(|wrong| programme::refusal(&wrong))?;
    let sha256 = Sha256::of(form.text.as_bytes());
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let newest = rows::find(&mut tx, &programme.slug, None).await?;
    if let Some(row) = &newest {
        let before = Kept::read(row.clone())?.programme.subject;
        if before != programme.subject {
            return Err(Problem::conflict(
                "card-programme-subject",
                "A programme stays about whom it is: lists of families and of persons do not follow each other. Write it under another name.",
            ));
        }
    }
    if newest.is_some_and(|row| row.sha256 == sha256.as_str()) {
        return Err(Problem::conflict(
            "card-programme-same",
            "The newest version says exactly that; nothing was written.",
        ));
    }
    let (slug, note) = (programme.slug.as_str(), note.as_deref());
    let written = (slug, form.text.as_str());
    let version = programme::keep(&hall, &who, &mut tx, written, note).await?;
    let whole = whole(&hall, &room, &mut tx, slug, Some(version)).await?;
    let location = format!("/api/v1/card/programmes/{slug}");
    let answer = once.created(&mut tx, now, &location, &whole).await?;
    tx.commit().await?;
    Ok(answer)
}
