//! `/api/v1/card/families`: the families of the register.
//!
//! A family is looked for by a number, in the body and never in an address, or by a name
//! within a village. What is shown is masked; opening one needs a purpose, and is kept in
//! the audit.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::State;
use base::area::{AreaCode, AreaLevel};
use base::day::Day;
use base::id::{Family, Id, Resident};
use card_core::name;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::line;
use hall::problem::{Json, Path, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::{FindingView, Masked, Opener, counting};
use crate::import::judge::province;
use crate::record::{Record, masked_number};
use crate::room::Room;
use crate::sql::member::MemberRow;
use crate::sql::{erasure, finding, member, record};
use crate::strongbox::{self, By};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(search).guard(Permission::CardRead))
        .routes(routes!(show).guard(Permission::CardRead))
        .routes(routes!(open).guard(Permission::CardOpen))
}

/// Families that a search finds at most.
const FOUND_MAX: usize = 50;

/// Rows of one village that are opened to look for a name.
const VILLAGE_MAX: i64 = 60_000;

/// What is looked for: one of the numbers, or a name within a village.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardSearch)]
struct Search {
    /// NIK, number of a family card, of a welfare card, or of a business (NIB).
    number: Option<String>,
    /// A name, or the beginning of its words.
    name: Option<String>,
    /// The village that the name is looked for in.
    #[schema(value_type = Option<String>)]
    village: Option<AreaCode>,
}

/// A family that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFamilyFound)]
struct FoundView {
    /// `fam_…`.
    #[schema(value_type = String)]
    id: Id<Family>,
    /// Who of it was found.
    who: Masked,
    /// The area that the row lies in.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// What kinds of lists it stands in, as far as the search has met them.
    kinds: BTreeSet<String>,
}

/// Families that were found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFamiliesFound)]
struct Found {
    /// At most fifty.
    items: Vec<FoundView>,
    /// Whether there are more: look for more letters.
    more: bool,
}

/// Looks for families by a number, or by a name within a village. Masked.
#[utoipa::path(post, path = "/api/v1/card/families/search", tag = "card", request_body = Search,
    responses((status = 200, body = Found), (status = 403), (status = 404), (status = 422)))]
async fn search(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(asked): Json<Search>,
) -> Result<axum::Json<Found>, Problem> {
    let mut read = hall.db().read().await?;
    let Some((run, outcome)) = counting(&mut read).await? else {
        return Err(Problem::not_found(
            "card-run",
            "There was no examination yet.",
        ));
    };
    let opener = Opener::new(&hall, &room, &mut read, Some(&outcome)).await?;
    let rows = match (&asked.number, &asked.name, &asked.village) {
        (Some(number), None, None) => by_number(&hall, &mut read, number).await?,
        (None, Some(text), Some(village)) => {
            let text = line::read("name", text, 100)?;
            if village.level() != AreaLevel::Village {
                return Err(line::refuse("village", "is not a village"));
            }
            who.require(
                Permission::CardRead,
                &Place::new(Some(village.clone()), None),
            )?;
            by_name(&hall, &mut read, &opener, &text, village).await?
        }
        _ => {
            return Err(line::refuse(
                "number",
                "send a number, or a name with the village to look in",
            ));
        }
    };
    let (mut found, mut more) = (BTreeMap::<Id<Family>, FoundView>::new(), false);
    for (list, number) in rows {
        let Some(sealed) = record::find(&mut read, list, number).await? else {
            continue;
        };
        let place = Place::new(sealed.area.clone(), None);
        let Some(of) = member::of_row(&mut read, run, list, number).await? else {
            continue;
        };
        if !who.may(Permission::CardRead, &place) {
            continue;
        }
        let Some(record) = strongbox::open(hall.vault(), list, &sealed)? else {
            continue;
        };
        let kind = opener
            .list(list)
            .map_or("", |it| it.kind.as_str())
            .to_owned();
        if let Some(view) = found.get_mut(&of.family) {
            view.kinds.insert(kind);
            continue;
        }
        if found.len() == FOUND_MAX {
            more = true;
            break;
        }
        let area_name = sealed
            .area
            .as_ref()
            .and_then(|area| room.areas().name(area));
        found.insert(
            of.family,
            FoundView {
                id: of.family,
                who: Masked::from(&record),
                area_name: area_name.map(str::to_owned),
                area: sealed.area,
                kinds: BTreeSet::from([kind]),
            },
        );
    }
    Ok(axum::Json(Found {
        items: found.into_values().collect(),
        more,
    }))
}

async fn by_number(hall: &Hall, conn: &mut Conn, number: &str) -> Result<Vec<(i64, u32)>, Problem> {
    let mut rows = Vec::new();
    let mut said = false;
    for by in [By::Nik, By::Kk, By::Card, By::Nib] {
        if let Some(hash) = strongbox::hash(hall.vault(), by, number) {
            said = true;
            rows.extend(record::by_hash(conn, hash).await?);
        }
    }
    if !said {
        return Err(line::refuse("number", "has fewer than eight digits"));
    }
    Ok(rows)
}

/// Opens the rows of a village and keeps those whose name has all the words, however they
/// are spelled.
async fn by_name(
    hall: &Hall,
    conn: &mut Conn,
    opener: &Opener<'_>,
    text: &str,
    village: &AreaCode,
) -> Result<Vec<(i64, u32)>, Problem> {
    let wanted = sounds(text);
    if wanted.is_empty() {
        return Err(line::refuse("name", "has no word to look for"));
    }
    let Some(hash) = strongbox::hash(hall.vault(), By::Area, village.as_str()) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for (list, sealed) in record::of_area(conn, hash, VILLAGE_MAX).await? {
        // A list that was withdrawn finds nobody.
        if opener.list(list).is_none() {
            continue;
        }
        let Some(record) = strongbox::open(hall.vault(), list, &sealed)? else {
            continue;
        };
        let has = sounds(&record.name);
        let all = wanted
            .iter()
            .all(|word| has.iter().any(|it| it.starts_with(word.as_str())));
        if all {
            rows.push((list, sealed.number));
        }
    }
    Ok(rows)
}

fn sounds(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(name::sound)
        .filter(|sound| !sound.is_empty())
        .collect()
}

/// A person of a family.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardMember)]
struct MemberView {
    /// `rsd_…`.
    #[schema(value_type = String)]
    id: Id<Resident>,
    /// Where he stands, the newest list first.
    records: Vec<RecordView>,
    /// The day of his death, where a list tells of it; empty where it names no day.
    died: Option<String>,
}

/// A row that tells of a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRecord)]
struct RecordView {
    /// The number of the list.
    list: i64,
    /// What it is a list of.
    kind: String,
    /// What it is called.
    title: String,
    /// The day whose state it tells.
    #[schema(value_type = Option<String>)]
    as_of: Option<Day>,
    /// The row, by the number beside the spreadsheet.
    row: u32,
    /// What it says; null where its key was destroyed.
    says: Option<Says>,
}

/// What a row says: masked, or as it is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSays)]
struct Says {
    name: String,
    nik: String,
    kk: String,
    birth: String,
    sex: String,
    birthplace: String,
    mother: String,
    relation: String,
    address: String,
    village: String,
    decile: Option<u8>,
    programme: String,
    #[schema(value_type = Option<String>)]
    day: Option<Day>,
    destination: String,
    card: String,
    rupiah: Option<u32>,
    reason: String,
    /// Of a business: what it is called,
    business: String,
    /// what it does,
    trade: String,
    /// its code of KBLI,
    kbli: String,
    /// its business number,
    nib: String,
    /// what it takes in a month, in rupiah,
    turnover: Option<u64>,
    /// whole years that it has run,
    years: Option<u32>,
    /// and what aid it has had.
    grants: String,
}

impl Says {
    fn whole(it: Record) -> Self {
        Self {
            name: it.name,
            nik: it.nik,
            kk: it.kk,
            birth: it.birth,
            sex: it.sex,
            birthplace: it.birthplace,
            mother: it.mother,
            relation: it.relation,
            address: it.address,
            village: it.village,
            decile: it.decile,
            programme: it.programme,
            day: it.day,
            destination: it.destination,
            card: it.card,
            rupiah: it.rupiah,
            reason: it.reason,
            business: it.business,
            trade: it.trade,
            kbli: it.kbli,
            nib: it.nib,
            turnover: it.turnover,
            years: it.years,
            grants: it.grants,
        }
    }

    /// Who it is of stays hidden; what the list decides with is shown.
    fn masked(it: Record) -> Self {
        let hidden = Masked::from(&it);
        Self {
            name: hidden.name,
            nik: hidden.nik,
            birth: hidden.birth_year,
            kk: masked_number(&it.kk),
            card: masked_number(&it.card),
            birthplace: String::new(),
            mother: String::new(),
            address: String::new(),
            sex: it.sex,
            relation: it.relation,
            village: it.village,
            decile: it.decile,
            programme: it.programme,
            day: it.day,
            destination: province(&it.destination).map_or_else(String::new, str::to_owned),
            rupiah: it.rupiah,
            // Free words may name somebody.
            reason: String::new(),
            // What a sign over a door says is nobody's secret; what it takes decides.
            business: it.business,
            trade: it.trade,
            kbli: it.kbli,
            nib: masked_number(&it.nib),
            turnover: it.turnover,
            years: it.years,
            grants: it.grants,
        }
    }
}

/// A business of somebody of a family.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFamilyBusiness)]
struct BusinessView {
    /// `biz_…`; null where its key was destroyed.
    #[schema(value_type = Option<String>)]
    id: Option<SubjectId>,
    /// `rsd_…`: whose it is. Null: somebody of the family, and it is not known who.
    #[schema(value_type = Option<String>)]
    owner: Option<Id<Resident>>,
    /// The row that tells of it.
    record: RecordView,
}

/// A family.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFamily)]
struct FamilyView {
    /// `fam_…`.
    #[schema(value_type = String)]
    id: Id<Family>,
    /// Whether it is masked.
    masked: bool,
    /// The area that most of its rows lie in.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// Who belongs to it.
    members: Vec<MemberView>,
    /// Household businesses of theirs.
    businesses: Vec<BusinessView>,
    /// What the newest examination has found about it.
    findings: Vec<FindingView>,
    /// The number of that examination.
    run: i64,
}

/// A family, masked: who belongs to it, by which rows, and what was found.
#[utoipa::path(get, path = "/api/v1/card/families/{id}", tag = "card",
    params(("id" = String, Path, description = "`fam_…`")),
    responses((status = 200, body = FamilyView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Family>>,
) -> Result<axum::Json<FamilyView>, Problem> {
    let mut read = hall.db().read().await?;
    let family = family(
        &hall,
        &room,
        &mut read,
        &who,
        Permission::CardRead,
        id,
        true,
    )
    .await?;
    Ok(axum::Json(family))
}

/// What a family is opened for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardOpenForm, example = json!({ "purpose": "sanggah di loket desa" }))]
struct OpenForm {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Opens a family: everything that its rows say. Who did, when and for what is kept.
#[utoipa::path(post, path = "/api/v1/card/families/{id}/opening", tag = "card",
    request_body = OpenForm, params(("id" = String, Path, description = "`fam_…`")),
    responses((status = 200, body = FamilyView), (status = 404), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Family>>,
    Json(form): Json<OpenForm>,
) -> Result<axum::Json<FamilyView>, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let view = family(&hall, &room, &mut tx, &who, Permission::CardOpen, id, false).await?;
    let act = Act {
        verb: "card_family.opened",
        subject: id.to_string(),
        detail: json!({ "purpose": purpose, "members": view.members.len() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// The rows of a family that somebody may see, and the area that it lives in.
///
/// # Errors
/// `card-family` where there is none in his area.
pub(super) async fn rows_of(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    (who, permission): (&Who, Permission),
    id: Id<Family>,
) -> Result<(i64, Vec<MemberRow>, Option<AreaCode>), Problem> {
    let none = || Problem::not_found("card-family", "There is no such family in your area.");
    let (run, outcome) = counting(conn).await?.ok_or_else(none)?;
    let rows = member::of_family(conn, run, id).await?;
    let opener = Opener::new(hall, room, conn, Some(&outcome)).await?;
    let mut areas: BTreeMap<AreaCode, usize> = BTreeMap::new();
    let mut sites: BTreeMap<AreaCode, usize> = BTreeMap::new();
    let mut has_people = false;
    for row in &rows {
        let Some(sealed) = record::find(conn, row.list, row.number).await? else {
            continue;
        };
        let list = opener.list(row.list);
        let of_people = list.is_none_or(|it| it.kind.tells_of_people());
        has_people |= of_people;
        if let Some(area) = sealed.area {
            let areas = if of_people { &mut areas } else { &mut sites };
            *areas.entry(area).or_default() += 1;
        }
    }
    let areas = if has_people { areas } else { sites };
    let most = areas.into_iter().max_by_key(|(_, rows)| *rows);
    let area = most.map(|(area, _)| area);
    if rows.is_empty() || !who.may(permission, &Place::new(area.clone(), None)) {
        return Err(none());
    }
    Ok((run, rows, area))
}

async fn family(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    who: &Who,
    permission: Permission,
    id: Id<Family>,
    is_masked: bool,
) -> Result<FamilyView, Problem> {
    let none = || Problem::not_found("card-family", "There is no such family in your area.");
    let (run, outcome) = counting(conn).await?.ok_or_else(none)?;
    let rows = member::of_family(conn, run, id).await?;
    let opener = Opener::new(hall, room, conn, Some(&outcome)).await?;
    let mut members: Vec<MemberView> = Vec::new();
    let mut businesses: Vec<BusinessView> = Vec::new();
    let mut areas: BTreeMap<AreaCode, usize> = BTreeMap::new();
    let mut sites: BTreeMap<AreaCode, usize> = BTreeMap::new();
    for row in &rows {
        let Some(sealed) = record::find(conn, row.list, row.number).await? else {
            continue;
        };
        let list = opener.list(row.list);
        let of_people = list.is_none_or(|it| it.kind.tells_of_people());
        if let Some(area) = &sealed.area {
            // Where a business is, its owner need not live.
            let areas = if of_people { &mut areas } else { &mut sites };
            *areas.entry(area.clone()).or_default() += 1;
        }
        let record = strongbox::open(hall.vault(), row.list, &sealed)?;
        let said = RecordView {
            list: row.list,
            kind: list.map_or("", |it| it.kind.as_str()).to_owned(),
            title: list.map(|it| it.title.clone()).unwrap_or_default(),
            as_of: list.and_then(|it| it.as_of),
            row: row.number,
            says: None,
        };
        let day = record.as_ref().and_then(|it| it.day);
        let said = RecordView {
            says: record.map(match is_masked {
                true => Says::masked,
                false => Says::whole,
            }),
            ..said
        };
        if !of_people {
            let place = (row.list, row.number);
            businesses.push(BusinessView {
                id: erasure::business(conn, place).await?,
                owner: Some(row.person),
                record: said,
            });
            continue;
        }
        if members.last().is_none_or(|last| last.id != row.person) {
            members.push(MemberView {
                id: row.person,
                records: Vec::new(),
                died: None,
            });
        }
        let Some(member) = members.last_mut() else {
            continue;
        };
        if said.kind == "kematian" {
            member.died = Some(day.map_or_else(String::new, |day| day.to_string()));
        }
        member.records.push(said);
    }
    for business in &mut businesses {
        // Whoever stands on lists of businesses alone is none of the family's people.
        let owner = business.owner;
        business.owner = owner.filter(|owner| members.iter().any(|it| it.id == *owner));
    }
    // Who sees the place of most of its rows sees the family.
    let areas = if members.is_empty() { sites } else { areas };
    let area = areas
        .into_iter()
        .max_by_key(|(_, rows)| *rows)
        .map(|(area, _)| area);
    if rows.is_empty() || !who.may(permission, &Place::new(area.clone(), None)) {
        return Err(none());
    }
    for member in &mut members {
        member
            .records
            .sort_by_key(|record| std::cmp::Reverse((record.as_of, record.list)));
    }
    let mut findings = Vec::new();
    for row in finding::of_family(conn, run, id).await? {
        findings.push(opener.finding(conn, &row).await?);
    }
    Ok(FamilyView {
        id,
        masked: is_masked,
        area_name: area
            .as_ref()
            .and_then(|area| room.areas().name(area))
            .map(str::to_owned),
        area,
        members,
        businesses,
        findings,
        run,
    })
}
