//! `/api/v1/card/findings` and `/api/v1/card/worklists`: what was found, row by row.
//!
//! Names and numbers are masked. Who has to go and look takes a work list of one district
//! or village, with names, for a purpose that is written down.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::area::{AreaCode, AreaLevel};
use base::id::{Family, Id};
use card_core::running::What;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::line;
use hall::problem::{Json, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::examine::Outcome;
use crate::record::{Record, masked_name, masked_number};
use crate::room::Room;
use crate::sql::finding::{self as rows, Asked, Behind, FindingRow};
use crate::sql::list::{self, ListRow};
use crate::sql::{record, run};
use crate::strongbox;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(work).guard(Permission::CardOpen))
}

/// Rows of one work list at most: a district has a few thousand recipients.
const WORK_MAX: i64 = 20_000;

/// Which findings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `duplicate`, `same_card`, `dead`, `moved`, `aided`, `decile`, `unknown` or `left_out`.
    what: Option<String>,
    /// Only in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Somebody who is masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardMasked)]
pub(super) struct Masked {
    /// The first letter of each word of the name.
    pub(super) name: String,
    /// The first four digits of the NIK and its last.
    pub(super) nik: String,
    /// As it is written.
    pub(super) birth_year: String,
}

impl From<&Record> for Masked {
    fn from(record: &Record) -> Self {
        Self {
            name: masked_name(&record.name),
            nik: masked_number(&record.nik),
            birth_year: card_core::birth::Birth::parse(&record.birth)
                .map_or_else(String::new, |birth| birth.year.to_string()),
        }
    }
}

/// A row of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRowOf)]
pub(super) struct RowOf {
    /// The number of the list.
    list: i64,
    /// What it is a list of.
    kind: String,
    /// What it is called.
    title: String,
    /// The row, by the number beside the spreadsheet.
    row: u32,
    /// Who stands there; null where its key was destroyed.
    who: Option<Masked>,
    /// The day that it tells: of a death, a move, a failed transfer.
    day: Option<String>,
    /// Of other aid: which.
    programme: Option<String>,
    /// Of DTSEN: the decile.
    decile: Option<u8>,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFinding)]
pub(super) struct FindingView {
    /// What.
    #[schema(value_type = String)]
    what: &'static str,
    /// The family that it is about.
    #[schema(value_type = String)]
    family: Id<Family>,
    /// The area that the row lies in.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// The row.
    row: RowOf,
    /// Rupiah of a cycle; null: not known.
    rupiah: Option<i64>,
    /// The decile that was found, or null.
    decile: Option<i64>,
    /// The programmes that exclude.
    programmes: Vec<String>,
    /// Of a dead recipient: whether somebody else of the family lives.
    family_lives: Option<bool>,
    /// The row that shows it.
    shown_by: Option<RowOf>,
}

/// A page of findings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFindings)]
struct Findings {
    /// By village, then by row.
    items: Vec<FindingView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Opens rows for a page, and what they need beside them.
pub(super) struct Opener<'a> {
    hall: &'a Hall,
    room: &'a Room,
    lists: BTreeMap<i64, ListRow>,
    programmes: Vec<String>,
}

impl<'a> Opener<'a> {
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn new(
        hall: &'a Hall,
        room: &'a Room,
        conn: &mut Conn,
        outcome: Option<&Outcome>,
    ) -> Result<Self, Problem> {
        let lists = list::all(conn).await?;
        Ok(Self {
            hall,
            room,
            lists: lists.into_iter().map(|it| (it.number, it)).collect(),
            programmes: outcome.map(|it| it.programmes.clone()).unwrap_or_default(),
        })
    }

    /// What a row says; none where its key was destroyed.
    pub(super) async fn record(
        &self,
        conn: &mut Conn,
        list: i64,
        row: u32,
    ) -> Result<Option<Record>, Problem> {
        let Some(sealed) = record::find(conn, list, row).await? else {
            return Ok(None);
        };
        Ok(strongbox::open(self.hall.vault(), list, &sealed)?)
    }

    /// The list of a number.
    pub(super) fn list(&self, number: i64) -> Option<&ListRow> {
        self.lists.get(&number)
    }

    pub(super) fn row_of(&self, list: i64, row: u32, record: Option<&Record>) -> RowOf {
        let entry = self.lists.get(&list);
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        RowOf {
            list,
            kind: entry.map_or("", |it| it.kind.as_str()).to_owned(),
            title: entry.map(|it| it.title.clone()).unwrap_or_default(),
            row,
            who: record.map(Masked::from),
            day: record.and_then(|it| it.day).map(|day| day.to_string()),
            programme: record.and_then(|it| some(&it.programme)),
            decile: record.and_then(|it| it.decile),
        }
    }

    pub(super) fn programmes(&self, bits: i64) -> Vec<String> {
        let named = self.programmes.iter().enumerate();
        named
            .filter(|(at, _)| bits >> at & 1 == 1)
            .map(|(_, name)| name.clone())
            .collect()
    }

    pub(super) async fn finding(
        &self,
        conn: &mut Conn,
        found: &FindingRow,
    ) -> Result<FindingView, Problem> {
        let own = self.record(conn, found.list, found.number).await?;
        let shown_by = match found.with {
            None => None,
            Some((list, row)) => {
                let record = self.record(conn, list, row).await?;
                Some(self.row_of(list, row, record.as_ref()))
            }
        };
        Ok(FindingView {
            what: found.what.as_str(),
            family: found.family,
            area_name: found
                .area
                .as_ref()
                .and_then(|area| self.room.areas().name(area))
                .map(str::to_owned),
            area: found.area.clone(),
            row: self.row_of(found.list, found.number, own.as_ref()),
            rupiah: found.rupiah,
            decile: matches!(found.what, What::Decile | What::LeftOut).then_some(found.value),
            programmes: match found.what {
                What::Aided => self.programmes(found.value),
                _ => Vec::new(),
            },
            family_lives: (found.what == What::Dead).then_some(found.value != 0),
            shown_by,
        })
    }
}

/// The outcome of the examination that counts.
pub(super) async fn counting(conn: &mut Conn) -> Result<Option<(i64, Outcome)>, Problem> {
    let Some(run) = run::counting(conn).await? else {
        return Ok(None);
    };
    let result = run.result.unwrap_or_default();
    let outcome =
        serde_json::from_value(result).map_err(|_| store::Error::corrupt("card_run.result"))?;
    Ok(Some((run.number, outcome)))
}

/// What the newest examination has found, by village, then by row. Masked.
#[utoipa::path(get, path = "/api/v1/card/findings", tag = "card", params(Filter),
    responses((status = 200, body = Findings)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Findings>, Problem> {
    let limit = super::limit(filter.limit)?;
    let what = what(filter.what.as_deref())?;
    let behind = filter.cursor.as_deref().map(behind).transpose()?;
    let mut read = hall.db().read().await?;
    let Some((number, outcome)) = counting(&mut read).await? else {
        return Ok(axum::Json(Findings {
            items: Vec::new(),
            next: None,
        }));
    };
    let asked = Asked {
        what,
        area: filter.area.as_ref(),
        behind,
    };
    let sight = who.visible(Permission::CardRead, "area_code", "NULL");
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut found = rows::some(&mut read, number, &asked, sight, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let opener = Opener::new(&hall, &room, &mut read, Some(&outcome)).await?;
    let mut items = Vec::with_capacity(found.len());
    for row in &found {
        items.push(opener.finding(&mut read, row).await?);
    }
    let next = found.last().filter(|_| more).map(cursor);
    Ok(axum::Json(Findings { items, next }))
}

fn what(word: Option<&str>) -> Result<Option<What>, Problem> {
    let Some(word) = word else {
        return Ok(None);
    };
    let words: Vec<&str> = What::ALL.iter().map(|what| what.as_str()).collect();
    What::parse(word)
        .map(Some)
        .ok_or_else(|| super::refuse("what", format!("use one of {}", words.join(", "))))
}

fn cursor(last: &FindingRow) -> String {
    let area = last.area.as_ref().map_or("", AreaCode::as_str);
    format!(
        "{area}~{}~{}~{}",
        last.list,
        last.number,
        last.what.as_str()
    )
}

fn behind(cursor: &str) -> Result<Behind, Problem> {
    let wrong = || super::refuse("cursor", "is none that was handed out");
    let mut parts = cursor.split('~');
    let mut next = || parts.next().ok_or_else(wrong);
    Ok(Behind {
        area: next()?.to_owned(),
        list: next()?.parse().map_err(|_| wrong())?,
        number: next()?.parse().map_err(|_| wrong())?,
        what: next()?.to_owned(),
    })
}

/// Which work list, and what for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardWorklistForm,
    example = json!({ "area": "62.02.11.2001", "purpose": "verifikasi sebelum siklus berikut" }))]
struct WorkForm {
    /// A district or a village.
    #[schema(value_type = String)]
    area: AreaCode,
    /// Only this.
    what: Option<String>,
    /// What for. It is written into the audit with the number of rows.
    purpose: String,
}

/// The work list of a district or a village: what has to be looked at before the next
/// cycle, with names and addresses. Who took it, when, for what and how many rows is kept.
#[utoipa::path(post, path = "/api/v1/card/worklists", tag = "card", request_body = WorkForm,
    responses((status = 200, content((String = "text/csv"))), (status = 403), (status = 404),
        (status = 422)))]
async fn work(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<WorkForm>,
) -> Result<Response, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    let what = what(form.what.as_deref())?;
    if !matches!(form.area.level(), AreaLevel::District | AreaLevel::Village) {
        return Err(line::refuse("area", "is not a district or a village"));
    }
    if !room.areas().has(&form.area) {
        return Err(line::refuse("area", "is not in the register of areas"));
    }
    who.require(
        Permission::CardOpen,
        &Place::new(Some(form.area.clone()), None),
    )?;
    let mut read = hall.db().read().await?;
    let Some((number, outcome)) = counting(&mut read).await? else {
        return Err(Problem::not_found(
            "card-run",
            "There was no examination yet.",
        ));
    };
    let asked = Asked {
        what,
        area: Some(&form.area),
        behind: None,
    };
    let sight = who.visible(Permission::CardOpen, "area_code", "NULL");
    let found = rows::some(&mut read, number, &asked, sight, WORK_MAX).await?;
    let opener = Opener::new(&hall, &room, &mut read, Some(&outcome)).await?;
    let mut file = hall::csv::File::new(&[
        "kode desa",
        "desa/kelurahan",
        "temuan",
        "nama",
        "NIK",
        "tanggal lahir",
        "alamat",
        "rupiah per siklus",
        "dasar",
        "baris daftar",
    ]);
    for row in &found {
        let own = opener
            .record(&mut read, row.list, row.number)
            .await?
            .unwrap_or_default();
        let basis = basis(&opener, &mut read, row).await?;
        let area = row.area.as_ref();
        file.row(&[
            area.map_or_else(String::new, ToString::to_string),
            area.and_then(|area| room.areas().name(area))
                .unwrap_or_default()
                .to_owned(),
            words(row.what).to_owned(),
            own.name.clone(),
            masked_number(&own.nik),
            own.birth.clone(),
            own.address.clone(),
            row.rupiah.map_or_else(String::new, |it| it.to_string()),
            basis,
            row.number.to_string(),
        ]);
    }
    drop(read);
    let act = Act {
        verb: "card_worklist.taken",
        subject: form.area.to_string(),
        detail: json!({ "purpose": purpose, "rows": found.len(), "run": number, "what": form.what }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(file.response("daftar-kerja.csv"))
}

/// What was found, in the words of officials.
const fn words(what: What) -> &'static str {
    match what {
        What::Duplicate => "keluarga sudah ada di daftar",
        What::SameCard => "nomor kartu dipakai dua kali",
        What::Dead => "penerima meninggal",
        What::Moved => "pindah ke luar provinsi",
        What::Aided => "sudah menerima bantuan lain",
        What::Decile => "desil di atas batas",
        What::Unknown => "belum diketahui di DTSEN",
        What::LeftOut => "berhak, belum ada di daftar",
    }
}

/// What a finding rests on, in words.
async fn basis(opener: &Opener<'_>, conn: &mut Conn, row: &FindingRow) -> Result<String, Problem> {
    let shown = match row.with {
        None => None,
        Some((list, number)) => Some((list, number, opener.record(conn, list, number).await?)),
    };
    let source = |list: i64, number: u32| {
        let title = opener.list(list).map_or("", |it| it.title.as_str());
        format!("{title}, baris {number}")
    };
    Ok(match (row.what, shown) {
        (What::Aided, Some((list, number, _))) => {
            format!(
                "{} ({})",
                opener.programmes(row.value).join(", "),
                source(list, number)
            )
        }
        (What::Decile, Some((list, number, _))) => {
            format!("desil {} ({})", row.value, source(list, number))
        }
        (What::LeftOut, _) => format!("desil {}", row.value),
        (_, Some((list, number, record))) => {
            let day = record.and_then(|it| it.day).map(|day| format!(", {day}"));
            format!("{}{}", source(list, number), day.unwrap_or_default())
        }
        (_, None) => String::new(),
    })
}
