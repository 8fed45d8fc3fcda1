//! `/api/v1/villages/reconciliation`: in what several lists differ, to the last row.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Id, Source};
use base::now::Wall;
use hall::Hall;
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Problem, Query};
use http::HeaderMap;
use reach_core::reconcile::{Account, List, Means, Only, Pair, Reconciled, Row, reconcile};
use serde::{Deserialize, Serialize};
use store::{Conn, Error};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lists::{ListView, readable};
use super::{Times, refuse};
use crate::room::Room;
use crate::sql::list::{self, ListRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(show).guard(Permission::VillagesRead))
}

/// Lists that are laid beside each other at most.
const LISTS_MAX: usize = 8;

/// Which lists.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Two to eight lists, `src_…`, with commas between.
    lists: String,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<base::day::Day>,
    /// `csv` for a file: a line for each village, a column for each list.
    format: Option<String>,
}

/// Several lists, counted and beside each other.
#[derive(Debug, Serialize, ToSchema)]
struct Reconciliation {
    /// Each list, in the order that was asked for.
    lists: Vec<AccountView>,
    /// Each pair of them.
    pairs: Vec<PairView>,
    /// Villages that every list names.
    in_all: i64,
    /// Villages that any list names.
    in_any: i64,
}

/// One list, counted: `file_rows` is the sum of `villages`, `duplicates`, `waiting`,
/// `foreign` and `left_out`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciledList)]
struct AccountView {
    /// The list.
    list: ListView,
    /// Rows of its file that count.
    file_rows: i64,
    /// Villages that it names, each once.
    villages: i64,
    /// Of those, kelurahan.
    kelurahan: i64,
    /// Rows that name a village which an earlier row names.
    duplicates: i64,
    /// Those rows: the earlier and the later.
    duplicate_rows: Vec<[u32; 2]>,
    /// Rows that wait for a person.
    waiting: i64,
    /// Rows that are no village of the register.
    foreign: i64,
    /// Rows that were left out at the import.
    left_out: i64,
    /// How the announced total comes about; null: none was announced.
    announced: Option<AnnouncedView>,
    /// Rows of each status, and how many of them were announced.
    #[schema(value_type = BTreeMap<String, CountedView>)]
    statuses: BTreeMap<String, CountedView>,
    /// Rows without a status.
    without_status: i64,
}

/// An announced total: `total` is `file_rows` and `not_in_file`, and it is
/// `of_statuses` and `not_named`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciledTotal)]
struct AnnouncedView {
    /// What its source has announced.
    total: i64,
    /// Announced, and not in the file; negative: the file holds more.
    not_in_file: i64,
    /// The sum of what was announced of each status; null: of none.
    of_statuses: Option<i64>,
    /// Announced, and in no status: not named by the source.
    not_named: Option<i64>,
}

/// Rows of one status.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciledStatus)]
struct CountedView {
    /// Rows of the file.
    rows: i64,
    /// What its source has announced; null: nothing.
    announced: Option<i64>,
    /// Announced less found; null: nothing was announced.
    difference: Option<i64>,
}

/// Two lists beside each other.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciledPair)]
struct PairView {
    /// The first, `src_…`.
    #[schema(value_type = String)]
    first: Id<Source>,
    /// The second.
    #[schema(value_type = String)]
    second: Id<Source>,
    /// Villages that both name.
    both: i64,
    /// Villages that only the first names.
    only_first: OnlyView,
    /// Villages that only the second names.
    only_second: OnlyView,
    /// How many days the second is newer; negative if it is older.
    days: Option<i32>,
    /// Whether their words mean the same; null: one of them does not say.
    same_definition: Option<bool>,
    /// Villages that both name, with statuses that differ.
    statuses_differ: i64,
}

/// Villages that only one of two lists names: `count` is `out_of_scope` and the
/// others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciledOnly)]
struct OnlyView {
    /// All of them.
    count: i64,
    /// Of a kind that the other list holds none of: kelurahan, or desa.
    out_of_scope: i64,
    /// The others, by regency.
    #[schema(value_type = BTreeMap<String, i64>)]
    others: BTreeMap<String, i64>,
    /// Their codes.
    #[schema(value_type = Vec<String>)]
    villages: Vec<AreaCode>,
}

/// Lays lists beside each other: what both name, what only one does, what waits, what
/// stands twice, and what of an announced total the source does not name.
#[utoipa::path(get, path = "/api/v1/villages/reconciliation", tag = "villages", params(Wanted),
    responses((status = 200, body = Reconciliation), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, wanted.format.as_deref())?;
    let sources = sources(&wanted.lists)?;
    let times = Times {
        then: None,
        known: wanted.known,
    };
    let known = times.said(&hall);
    let mut read = hall.db().read().await?;
    let mut rows = Vec::new();
    for source in &sources {
        let list = readable(&mut read, &who, *source).await?;
        let then = known.unwrap_or(hall.now().wall);
        let counts = list.imported <= then && list.withdrawn.is_none_or(|at| at > then);
        if !counts {
            return Err(Problem::not_found(
                "village-list",
                "A list was not there then, or was withdrawn.",
            ));
        }
        rows.push(list);
    }
    let mut lists = Vec::new();
    for row in &rows {
        lists.push(of_row(&mut read, row, known).await?);
    }
    drop(read);
    let found = reconcile(&lists);
    if csv {
        return Ok(file(&room, &rows, &lists));
    }
    Ok(axum::Json(view(rows, found)).into_response())
}

fn sources(text: &str) -> Result<Vec<Id<Source>>, Problem> {
    let sources: Vec<Id<Source>> = text
        .split(',')
        .map(|id| id.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|error: base::id::IdError| refuse("lists", error.to_string()))?;
    let distinct: BTreeSet<_> = sources.iter().collect();
    if distinct.len() != sources.len() || !(2..=LISTS_MAX).contains(&sources.len()) {
        return Err(refuse("lists", "name two to eight lists, each once"));
    }
    Ok(sources)
}

async fn of_row(conn: &mut Conn, row: &ListRow, known: Option<Wall>) -> Result<List, Error> {
    let query = list::of_source(list::rows(known), row.source).raw(" ORDER BY r.number");
    let rows = list::fetch_rows(conn, &query).await?;
    Ok(List {
        as_of: Some(row.as_of),
        definition: row.definition.clone(),
        announced: row.announced,
        announced_of: row.announced_of.clone(),
        left_out: row.left_out,
        rows: rows
            .into_iter()
            .map(|row| Row {
                number: row.number,
                means: match (row.decided, row.found) {
                    (Some(decided), _) => decided.village.map_or(Means::Foreign, Means::Village),
                    (None, Some((code, _))) => Means::Village(code),
                    (None, None) => Means::Waiting,
                },
                status: row.status,
            })
            .collect(),
    })
}

fn view(rows: Vec<ListRow>, found: Reconciled) -> Reconciliation {
    let pairs = found.pairs.into_iter().map(|pair| pair_view(&rows, pair));
    Reconciliation {
        pairs: pairs.collect(),
        in_all: found.in_all,
        in_any: found.in_any,
        lists: rows
            .iter()
            .cloned()
            .zip(found.accounts)
            .map(|(row, account)| account_view(row, account))
            .collect(),
    }
}

fn account_view(row: ListRow, account: Account) -> AccountView {
    AccountView {
        list: row.into(),
        file_rows: account.file_rows,
        villages: account.villages,
        kelurahan: account.kelurahan,
        duplicates: account.duplicates,
        duplicate_rows: account
            .duplicate_rows
            .into_iter()
            .map(|(earlier, later)| [earlier, later])
            .collect(),
        waiting: account.waiting,
        foreign: account.foreign,
        left_out: account.left_out,
        announced: account.announced.map(|announced| AnnouncedView {
            total: announced.total,
            not_in_file: announced.not_in_file,
            of_statuses: announced.of_statuses,
            not_named: announced.not_named,
        }),
        statuses: account
            .statuses
            .into_iter()
            .map(|(status, counted)| {
                let view = CountedView {
                    rows: counted.rows,
                    announced: counted.announced,
                    difference: counted.difference(),
                };
                (status, view)
            })
            .collect(),
        without_status: account.without_status,
    }
}

fn pair_view(rows: &[ListRow], pair: Pair) -> PairView {
    PairView {
        first: rows[pair.lists.0].source,
        second: rows[pair.lists.1].source,
        both: pair.both,
        only_first: only_view(pair.only_first),
        only_second: only_view(pair.only_second),
        days: pair.days,
        same_definition: pair.same_definition,
        statuses_differ: pair.statuses_differ,
    }
}

fn only_view(only: Only) -> OnlyView {
    OnlyView {
        count: only.count(),
        out_of_scope: only.out_of_scope,
        others: only
            .others
            .into_iter()
            .map(|(regency, count)| (regency.to_string(), count))
            .collect(),
        villages: only.villages.into_iter().collect(),
    }
}

/// A line for each village that any list names.
fn file(room: &Room, rows: &[ListRow], lists: &[List]) -> Response {
    let mut named: BTreeMap<&AreaCode, BTreeSet<usize>> = BTreeMap::new();
    for (at, list) in lists.iter().enumerate() {
        for row in &list.rows {
            if let Means::Village(code) = &row.means {
                named.entry(code).or_default().insert(at);
            }
        }
    }
    let titles: Vec<String> = rows
        .iter()
        .map(|row| format!("{} ({})", row.title, row.as_of))
        .collect();
    let mut heads = vec!["kode", "desa/kelurahan", "kecamatan", "kabupaten/kota"];
    heads.extend(titles.iter().map(String::as_str));
    let mut file = File::new(&heads);
    for (code, lists) in named {
        let village = room.register().village(code);
        let mut cells = vec![
            code.to_string(),
            village.map(|v| v.name.clone()).unwrap_or_default(),
            village.map(|v| v.district.clone()).unwrap_or_default(),
            village.map(|v| v.regency.clone()).unwrap_or_default(),
        ];
        cells.extend((0..rows.len()).map(|at| {
            let word = if lists.contains(&at) { "ya" } else { "tidak" };
            word.to_owned()
        }));
        file.row(&cells);
    }
    file.response("rekonsiliasi-desa.csv")
}
