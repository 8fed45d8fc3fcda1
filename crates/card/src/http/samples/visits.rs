//! Who is visited of a sample: the sheets of villages, and what was found.
//!
//! While a sample is open nobody is told by it who receives: neither the standing of a visit
//! nor its weight, which follows from that.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::area::AreaCode;
use base::now::Wall;
use card_core::measure::{HOUSEHOLDS_MAX, Outcome};
use hall::audit::{self, Act};
use hall::csv::File;
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{self, Json, Path, Problem, Query};
use hall::{Hall, line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Names, SampleView, short};
use crate::decide::{self, annex};
use crate::record::masked_number;
use crate::room::Room;
use crate::sample::{self, Answer};
use crate::sql::sample::State as Stage;
use crate::sql::visit::{self, Asked, VisitRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(sheet).guard(Permission::CardOpen))
        .routes(routes!(answer).guard(Permission::CardOpen))
}

/// Outcomes that are kept at once.
const ANSWERS_MAX: usize = 1_000;

/// Which visits.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// `open` (nobody has been there yet) or `done`.
    state: Option<String>,
    /// Visits of this page, 1 to 1000. A file has all of them.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

impl Filter {
    fn asked(&self) -> Result<Asked<'_>, Problem> {
        let behind = self.cursor.as_deref().map(str::parse).transpose();
        Ok(Asked {
            area: self.area.as_ref(),
            done: match self.state.as_deref() {
                None => None,
                Some("open") => Some(false),
                Some("done") => Some(true),
                Some(_) => return Err(super::super::refuse("state", "use open or done")),
            },
            behind: behind
                .map_err(|_| super::super::refuse("cursor", "is none that was handed out"))?
                .unwrap_or(0),
        })
    }
}

/// Somebody who is visited.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardVisit)]
struct VisitView {
    /// Which one of the sample, by village.
    number: u32,
    /// The village.
    #[schema(value_type = String)]
    area: AreaCode,
    /// What it is called.
    area_name: Option<String>,
    /// For how many it stands; null while the sample is open.
    weight: Option<f64>,
    /// Whether it receives by the list; null while the sample is open.
    receiving: Option<bool>,
    /// `unreached`, `gone`, `part` or `found`; null: nobody has been there yet.
    #[schema(value_type = Option<String>)]
    outcome: Option<&'static str>,
    /// How many households were found,
    households: Option<u32>,
    /// and how many of them should receive.
    eligible: Option<u32>,
    /// When that was written down.
    #[schema(value_type = Option<i64>)]
    at_us: Option<Wall>,
    /// Who has written it down.
    by: Option<String>,
}

/// A page of visits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardVisits)]
struct Visits {
    /// By their numbers.
    items: Vec<VisitView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

fn view(room: &Room, names: &Names, is_closed: bool, row: VisitRow) -> VisitView {
    let (households, eligible) = sample::counts(row.outcome);
    VisitView {
        number: row.number,
        area_name: room.areas().name(&row.area).map(str::to_owned),
        area: row.area,
        weight: is_closed.then_some(row.weight),
        receiving: is_closed.then_some(row.receives),
        outcome: row.outcome.map(Outcome::as_str),
        households,
        eligible,
        at_us: row.at,
        by: row.by.and_then(|by| names.get(&by).cloned()),
    }
}

/// Who is visited of a sample, in the caller's area, and what was found; nobody is named. Who
/// receives is told once the sample is closed. As CSV all of them at once.
#[utoipa::path(get, path = "/api/v1/card/samples/{number}/visits", tag = "card",
    params(("number" = i64, Path, description = "of the sample"), Filter),
    responses((status = 200, content((Visits = "application/json"), (String = "text/csv"))),
        (status = 404), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Path(number): Path<i64>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let is_file = hall::csv::wanted(&headers, filter.format.as_deref())?;
    let limit = super::super::limit(filter.limit)?;
    let asked = filter.asked()?;
    let sight = who.visible(Permission::CardRead, "area_code", "NULL");
    let most = match is_file {
        true => i64::MAX,
        false => i64::try_from(limit + 1).unwrap_or(i64::MAX),
    };
    let mut read = hall.db().read().await?;
    let row = sample::find(&mut read, number).await?;
    let is_closed = row.state == Stage::Closed;
    let mut found = visit::some(&mut read, number, asked, sight, most).await?;
    let names = staff::names(&mut read).await?;
    drop(read);
    let more = !is_file && found.len() > limit;
    if more {
        found.truncate(limit);
    }
    let found = found.into_iter();
    let items: Vec<VisitView> = found
        .map(|row| view(&room, &names, is_closed, row))
        .collect();
    if !is_file {
        let next = items.last().filter(|_| more);
        let next = next.map(|it| it.number.to_string());
        return Ok(axum::Json(Visits { items, next }).into_response());
    }
    let act = Act {
        verb: "card_visit.taken",
        subject: sample::subject(number),
        detail: json!({ "area": filter.area, "rows": items.len() }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(file(number, is_closed, &items).response("kunjungan-sampel.csv"))
}

fn file(sample: i64, is_closed: bool, items: &[VisitView]) -> File {
    let mut columns = vec![
        "sampel",
        "kunjungan",
        "kode desa",
        "desa/kelurahan",
        "hasil",
        "rumah tangga",
        "layak",
    ];
    if is_closed {
        columns.extend(["bobot", "menerima"]);
    }
    let mut file = File::new(&columns);
    let count = |count: Option<u32>| count.map_or_else(String::new, |it| it.to_string());
    for it in items {
        let mut cells = vec![
            sample.to_string(),
            it.number.to_string(),
            it.area.to_string(),
            it.area_name.clone().unwrap_or_default(),
            it.outcome.map(result).unwrap_or_default().to_owned(),
            count(it.households),
            count(it.eligible),
        ];
        if let (Some(weight), Some(receiving)) = (it.weight, it.receiving) {
            cells.extend([weight.to_string(), u8::from(receiving).to_string()]);
        }
        file.row(&cells);
    }
    file
}

/// What an outcome is called.
fn result(word: &str) -> &'static str {
    match word {
        "unreached" => "tidak bertemu",
        "gone" => "tidak ada lagi di sini",
        "part" => "bagian dari keluarga lain",
        _ => "ditemukan",
    }
}

/// Of which village, and what for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardVisitSheetForm, example = json!({ "area": "62.02.11.2001", "purpose": "kunjungan sampel" }))]
struct SheetForm {
    /// The village.
    #[schema(value_type = String)]
    area: AreaCode,
    /// What for. It is written into the audit with the number of rows.
    purpose: String,
}

/// The sheet of a village: whom to visit, with names and addresses, and room for what is
/// found. It does not tell who receives. Who took it, when, for what and how many rows is
/// kept.
#[utoipa::path(post, path = "/api/v1/card/samples/{number}/sheets", tag = "card",
    request_body = SheetForm, params(("number" = i64, Path, description = "of the sample")),
    responses((status = 200, content((String = "text/csv"))), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn sheet(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<SheetForm>,
) -> Result<Response, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::super::PURPOSE_MAX)?;
    if !decide::may(&who, Permission::CardOpen, Some(&form.area)) {
        return Err(Problem::denied(
            "not-allowed",
            "This needs card.open there.",
        ));
    }
    let mut read = hall.db().read().await?;
    sample::open(&mut read, number).await?;
    let visits = visit::of_village(&mut read, number, &form.area).await?;
    if visits.is_empty() {
        return Err(Problem::not_found(
            "card-visit",
            "Nobody of that village is visited.",
        ));
    }
    let places = visits.iter().map(|it| it.stands).collect();
    let records = annex::records(&hall, &mut read, places).await?;
    drop(read);
    let mut file = File::new(&[
        "sampel",
        "kunjungan",
        "kode desa",
        "desa/kelurahan",
        "nama",
        "NIK",
        "alamat",
        "hasil (tidak bertemu, tidak ada lagi, bagian keluarga lain, ditemukan)",
        "rumah tangga yang ditemukan",
        "yang layak menurut acuan",
    ]);
    for it in &visits {
        let (name, nik, address) = match records.get(&it.stands) {
            Some(record) => (
                record.name.clone(),
                masked_number(&record.nik),
                record.address.clone(),
            ),
            None => (
                "(kunci dimusnahkan)".to_owned(),
                String::new(),
                String::new(),
            ),
        };
        file.row(&[
            number.to_string(),
            it.number.to_string(),
            it.area.to_string(),
            room.areas().name(&it.area).unwrap_or_default().to_owned(),
            name,
            nik,
            address,
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    // Who sees it is written down before it is handed out.
    let act = Act {
        verb: "card_visit.sheet_taken",
        subject: sample::subject(number),
        detail: json!({ "area": form.area, "purpose": purpose, "rows": visits.len() }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let saved = format!(
        "attachment; filename=\"kunjungan-{number}-{}.csv\"",
        form.area
    );
    let headers = [("content-disposition", saved)];
    let octets = file.bytes().into();
    Ok(problem::file("text/csv; charset=utf-8", octets, &headers))
}

/// What was found at one visit.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardVisitOutcome)]
struct OutcomeForm {
    /// The number of the visit.
    visit: u32,
    /// `unreached` (nobody could be spoken to), `gone` (nobody of it lives there any more),
    /// `part` (it is part of a family that stands elsewhere) or `found`.
    outcome: String,
    /// Of `found`: how many households it is.
    #[serde(default)]
    households: Option<u32>,
    /// Of `found`: how many of them should receive.
    #[serde(default)]
    eligible: Option<u32>,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardVisitOutcomes, example = json!({ "items": [
    { "visit": 1, "outcome": "found", "households": 1, "eligible": 1 },
    { "visit": 2, "outcome": "gone" } ] }))]
struct OutcomesForm {
    /// One to a thousand, each visit once.
    items: Vec<OutcomeForm>,
}

/// Keeps what was found at visits, all of it or nothing. What was written before is written
/// over, for as long as the sample is open.
#[utoipa::path(put, path = "/api/v1/card/samples/{number}/outcomes", tag = "card",
    request_body = OutcomesForm, params(("number" = i64, Path, description = "of the sample")),
    responses((status = 200, body = SampleView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn answer(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<OutcomesForm>,
) -> Result<axum::Json<SampleView>, Problem> {
    if !(1..=ANSWERS_MAX).contains(&form.items.len()) {
        return Err(line::refuse("items", format!("name 1 to {ANSWERS_MAX}")));
    }
    let answers = form.items.iter().map(|it| {
        let outcome = Outcome::of(&it.outcome, it.households, it.eligible);
        let outcome = outcome.ok_or_else(|| {
            line::refuse(
                "outcome",
                format!(
                    "use unreached, gone, part, or found with 1 to {HOUSEHOLDS_MAX} households and how many of them are eligible"
                ),
            )
            .field("visit", it.visit.to_string())
        });
        Ok(Answer {
            visit: it.visit,
            outcome: outcome?,
        })
    });
    let answers: Vec<Answer> = answers.collect::<Result<_, Problem>>()?;
    let mut tx = hall.db().write().await?;
    sample::answer(&hall, &who, &mut tx, number, &answers).await?;
    let view = short(&mut tx, number).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}
