//! `/api/v1/card/runs` and `/api/v1/card/answer`: examinations, and what the newest says of
//! the running list.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::running::What;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{self, Json, Problem, Query};
use hall::staff;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::late::LateView;
use crate::examine::{self, Asked, Outcome, Stage, late};
use crate::import::desk;
use crate::room::Room;
use crate::sql::finding::{self, Counted, TotalRow};
use crate::sql::run::{self as rows, RunRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardCount))
        .routes(routes!(begin).guard(Permission::CardImport))
        .routes(routes!(answer).guard(Permission::CardCount))
}

/// Runs that are shown.
const NEWEST: i64 = 20;

/// An examination.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRun)]
pub(super) struct RunView {
    /// Its number.
    number: i64,
    /// `working`, `done` or `failed`; of one that takes a late list `undoing` or `undone`, too.
    state: String,
    /// How far it has come, while it goes on.
    stage: Option<Stage>,
    /// When it began, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    began_us: Wall,
    /// When it ended.
    #[schema(value_type = Option<i64>)]
    ended_us: Option<Wall>,
    /// By what the list was measured.
    yardstick: Asked,
    /// What came of it.
    result: Option<Outcome>,
    /// What went wrong, as the slug of a problem.
    failure: Option<String>,
    /// The last examination of all that it goes on from; its own number where it is one.
    whole: i64,
    /// When that began: lists that came since are not in it, but for those below.
    #[schema(value_type = i64)]
    since_us: Wall,
    /// The list that it takes alone. Null: it examines all.
    late_list: Option<i64>,
    /// The lists that were taken since the last examination of all, the oldest first.
    late: Vec<LateView>,
    /// Whether so many rows came late that an examination of all is due.
    is_due: bool,
}

/// People by their ids.
pub(super) type Names = BTreeMap<Id<Person>, String>;

pub(super) fn view(room: &Room, names: &Names, row: RunRow) -> Result<RunView, Problem> {
    let wrong = |_| store::Error::corrupt("card_run");
    let taken = late::taken(&row)?;
    let result: Option<Outcome> = row
        .result
        .clone()
        .map(serde_json::from_value)
        .transpose()
        .map_err(wrong)?;
    let whole = match row.late {
        // While it is under way nothing says yet what it goes on from in the end.
        Some((after, _)) if taken.is_empty() => after,
        _ => late::whole(&row, &taken),
    };
    Ok(RunView {
        whole,
        since_us: late::since(&row, &taken),
        late_list: row.late.map(|it| it.1),
        is_due: late::is_due(&taken, result.as_ref().map_or(0, |it| it.records)),
        late: taken
            .into_iter()
            .map(|it| LateView::new(names, it))
            .collect(),
        result,
        number: row.number,
        stage: room.stage().filter(|stage| stage.run == row.number),
        state: row.state,
        began_us: row.began,
        ended_us: row.ended,
        yardstick: serde_json::from_value(row.yardstick).map_err(wrong)?,
        failure: row.failure,
    })
}

/// Examinations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRuns)]
struct Runs {
    /// The newest first.
    items: Vec<RunView>,
    /// Older ones are in the audit only.
    next: Option<String>,
}

/// The newest examinations, the newest first.
#[utoipa::path(get, path = "/api/v1/card/runs", tag = "card",
    responses((status = 200, body = Runs)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
) -> Result<axum::Json<Runs>, Problem> {
    let mut read = hall.db().read().await?;
    let names = staff::names(&mut read).await?;
    let items = rows::newest(&mut read, NEWEST).await?;
    let items = items.into_iter().map(|row| view(&room, &names, row));
    Ok(axum::Json(Runs {
        items: items.collect::<Result<_, _>>()?,
        next: None,
    }))
}

/// Examines all lists that count, and holds the running list against them. The answer
/// comes at once; the list of runs tells how far it has come.
#[utoipa::path(post, path = "/api/v1/card/runs", tag = "card", request_body = Asked,
    responses((status = 202, body = RunView), (status = 409), (status = 422)))]
async fn begin(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(asked): Json<Asked>,
) -> Result<Response, Problem> {
    desk::require(&who)?;
    let number = examine::begin(&hall, &room, &who, asked).await?;
    let mut read = hall.db().read().await?;
    let newest = rows::newest(&mut read, NEWEST).await?;
    let row = newest
        .into_iter()
        .find(|row| row.number == number)
        .ok_or_else(|| Problem::bug("a run that has begun is not there"))?;
    let names = staff::names(&mut read).await?;
    let view = view(&room, &names, row)?;
    Ok(problem::accepted(axum::Json(view)))
}

/// Of which part.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Part {
    /// Only this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// By `regency`, `district` or `village`; regencies when left out.
    by: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// How much of one thing was found.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(as = CardCounted)]
struct CountView {
    /// Rows of the running list, or families that are not on it.
    rows: i64,
    /// Rupiah of a cycle, of those of which it is known.
    rupiah: i64,
    /// Those of which it is not known.
    unknown: i64,
}

/// What was found in one area.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAnswerPart)]
struct PartView {
    /// Its code; null for rows that lie in no area that is known.
    #[schema(value_type = Option<String>)]
    code: Option<AreaCode>,
    /// What it is called.
    name: Option<String>,
    /// Rows of the running list there.
    list: CountView,
    /// By what was found.
    #[schema(value_type = BTreeMap<String, CountView>)]
    found: BTreeMap<&'static str, CountView>,
    /// Rows of the running list against which something speaks, each once.
    questioned: CountView,
    /// Rows against which nothing speaks, and of which it is not known whether they should
    /// be there: the rest of the list is fine.
    not_known: CountView,
}

/// What the newest examination says of the running list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAnswer)]
struct AnswerView {
    /// The examination; null before the first.
    run: Option<RunView>,
    /// Whether lists have come or gone since: what follows is of the lists of the run.
    is_stale: bool,
    /// Rows of the running list in all areas that the caller may see.
    list: CountView,
    /// Over all of those areas. A row may be found more than one thing of.
    #[schema(value_type = BTreeMap<String, CountView>)]
    found: BTreeMap<&'static str, CountView>,
    /// Rows of the running list against which something speaks, each once.
    questioned: CountView,
    /// Rows against which nothing speaks, and of which it is not known whether they should
    /// be there: the rest of the list is fine.
    not_known: CountView,
    /// By area.
    parts: Vec<PartView>,
}

/// What the newest examination says of the running list: how many rows are questioned for
/// what, who is not on it, and what that is in rupiah.
#[utoipa::path(get, path = "/api/v1/card/answer", tag = "card", params(Part),
    responses((status = 200, content((AnswerView = "application/json"), (String = "text/csv")))))]
async fn answer(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let letters = super::letters(part.by.as_deref())?;
    let letters = i64::try_from(letters).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let run = rows::counting(&mut read).await?;
    let (mut counted, mut totals) = (Vec::new(), Vec::new());
    if let Some(run) = &run {
        let (number, area) = (run.number, part.area.as_ref());
        let sight = || who.visible(Permission::CardCount, "area_code", "NULL");
        counted = finding::counted(&mut read, number, letters, area, sight()).await?;
        totals = finding::totals(&mut read, number, letters, area, sight()).await?;
    }
    let names = staff::names(&mut read).await?;
    let is_stale = match &run {
        None => false,
        Some(run) => examine::is_stale(&hall, &mut read, run.result.as_ref()).await?,
    };
    drop(read);
    let parts = parts(&room, &counted, &totals);
    if hall::csv::wanted(&headers, part.format.as_deref())? {
        return Ok(file(&parts));
    }
    let (found, questioned, not_known) = sums(&counted);
    let view = AnswerView {
        run: run.map(|run| view(&room, &names, run)).transpose()?,
        is_stale,
        list: listed(&totals),
        found,
        questioned,
        not_known,
        parts,
    };
    Ok(axum::Json(view).into_response())
}

/// By what was found, how many rows are questioned at all, and how many are not known.
type Sums = (BTreeMap<&'static str, CountView>, CountView, CountView);

/// A row is counted where something was found about it first.
fn sums<'a>(counted: impl IntoIterator<Item = &'a Counted>) -> Sums {
    let mut found = BTreeMap::new();
    let (mut questioned, mut not_known) = (CountView::default(), CountView::default());
    for it in counted {
        let sum: &mut CountView = found.entry(it.what.as_str()).or_default();
        sum.rows += it.rows;
        sum.rupiah += it.rupiah;
        sum.unknown += it.unknown;
        let first = match it.what {
            // A family that is not on the list is no row of it.
            What::LeftOut => continue,
            // Not to be known is nothing that speaks against a row.
            What::Unknown => &mut not_known,
            _ => &mut questioned,
        };
        first.rows += it.first_rows;
        first.rupiah += it.first_rupiah;
        first.unknown += it.first_unknown;
    }
    (found, questioned, not_known)
}

fn listed<'a>(totals: impl IntoIterator<Item = &'a TotalRow>) -> CountView {
    let mut sum = CountView::default();
    for it in totals {
        sum.rows += it.rows;
        sum.rupiah += it.rupiah;
        sum.unknown += it.unknown;
    }
    sum
}

type Both<'a> = (Vec<&'a Counted>, Vec<&'a TotalRow>);

fn parts(room: &Room, counted: &[Counted], totals: &[TotalRow]) -> Vec<PartView> {
    let mut by_area: BTreeMap<Option<&AreaCode>, Both<'_>> = BTreeMap::new();
    for it in counted {
        by_area.entry(it.area.as_ref()).or_default().0.push(it);
    }
    for it in totals {
        by_area.entry(it.area.as_ref()).or_default().1.push(it);
    }
    by_area
        .into_iter()
        .map(|(code, (of_area, totals))| {
            let (found, questioned, not_known) = sums(of_area);
            PartView {
                list: listed(totals),
                name: code
                    .and_then(|code| room.areas().name(code))
                    .map(str::to_owned),
                code: code.cloned(),
                found,
                questioned,
                not_known,
            }
        })
        .collect()
}

fn file(parts: &[PartView]) -> Response {
    let mut columns: Vec<String> = [
        "kode",
        "wilayah",
        "KPM",
        "KPM (Rp)",
        "KPM (Rp belum diketahui)",
    ]
    .map(str::to_owned)
    .into();
    for what in What::ALL {
        let word = what.as_str();
        columns.extend([
            word.to_owned(),
            format!("{word} (Rp)"),
            format!("{word} (Rp belum diketahui)"),
        ]);
    }
    for word in ["dipertanyakan", "belum diketahui saja"] {
        columns.extend(["", " (Rp)", " (Rp belum diketahui)"].map(|it| format!("{word}{it}")));
    }
    let headings: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut file = hall::csv::File::new(&headings);
    for part in parts {
        let mut cells = vec![
            part.code
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            part.name.clone().unwrap_or_default(),
            part.list.rows.to_string(),
            part.list.rupiah.to_string(),
            part.list.unknown.to_string(),
        ];
        for what in What::ALL {
            let count = part.found.get(what.as_str()).copied().unwrap_or_default();
            cells.extend([count.rows, count.rupiah, count.unknown].map(|it| it.to_string()));
        }
        for count in [part.questioned, part.not_known] {
            cells.extend([count.rows, count.rupiah, count.unknown].map(|it| it.to_string()));
        }
        file.row(&cells);
    }
    file.response("jawaban-kpm.csv")
}
