//! `/api/v1/card/persons`: somebody looked for in all of the province, without a number.
//!
//! What is known of him goes in, in the body and never in an address; who is like him comes
//! out, masked, with how probable it is and why. It needs all records in memory, which take a
//! while to come.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use base::area::{AreaCode, AreaLevel};
use base::day::Day;
use base::id::{Family, Id, Resident};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::line;
use hall::problem::{Json, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::{Masked, Opener};
use super::pairs::EvidenceView;
use crate::decide;
use crate::room::Room;
use crate::seek::{self, Stage, Wanted};
use crate::sql::record;
use crate::strongbox;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(index).guard(Permission::CardRead))
        .routes(routes!(load).guard(Permission::CardRead))
        .routes(routes!(search).guard(Permission::CardRead))
}

/// Persons that one look finds at most.
const FOUND_MAX: usize = 20;

/// Longest name or street, in characters.
const TEXT_MAX: usize = 100;

/// Whether all records are in memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPersonIndex)]
struct IndexView {
    /// `away`, `coming` or `here`.
    #[schema(value_type = String)]
    state: &'static str,
    /// While it comes: so many rows are read,
    done: u64,
    /// of so many.
    of: u64,
    /// The number of the examination whose records they are.
    run: Option<i64>,
    /// How many records.
    records: Option<u64>,
    /// Octets that they take.
    octets: Option<u64>,
    /// How long it took until they were there, in milliseconds.
    took_ms: Option<u64>,
    /// When they go if nobody asks any more, microseconds since 1970 UTC.
    #[schema(value_type = Option<i64>)]
    until_us: Option<Wall>,
    /// Why they did not come, the last time: the slug of a problem.
    #[schema(value_type = Option<String>)]
    failure: Option<&'static str>,
}

fn view(room: &Room) -> IndexView {
    let seek = room.seek();
    let (state, done, of) = match seek.stage {
        Stage::Away => ("away", 0, 0),
        Stage::Coming(done, of) => ("coming", done, of),
        Stage::Here => ("here", 0, 0),
    };
    let held = seek.held.as_ref();
    let ms = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    IndexView {
        state,
        done,
        of,
        run: held.map(|it| it.run),
        records: held.map(|it| it.records() as u64),
        octets: held.map(|it| it.octets as u64),
        took_ms: held.map(|it| ms(it.took)),
        until_us: held.map(seek::Held::until),
        failure: seek.failure,
    }
}

/// Whether all records are in memory, so that somebody can be looked for without a number.
#[utoipa::path(get, path = "/api/v1/card/persons/index", tag = "card",
    responses((status = 200, body = IndexView)))]
async fn index(Extension(room): Extension<Room>) -> axum::Json<IndexView> {
    axum::Json(view(&room))
}

/// Has all records of the newest examination read into memory, linked and indexed. They stay
/// for an hour after somebody has asked for the last time. Nothing happens where they are there.
#[utoipa::path(post, path = "/api/v1/card/persons/index", tag = "card",
    responses((status = 200, body = IndexView), (status = 403), (status = 404), (status = 409)))]
async fn load(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
) -> Result<axum::Json<IndexView>, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    seek::begin(&hall, &room).await?;
    Ok(axum::Json(view(&room)))
}

/// What is known of somebody; what is not is left out.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardPersonSearch)]
struct Search {
    /// The name, as it was heard.
    name: String,
    /// The day of birth.
    #[schema(value_type = Option<String>)]
    birth: Option<Day>,
    /// `L` or `P`.
    sex: Option<String>,
    /// The place of birth.
    birthplace: Option<String>,
    /// The name of the mother.
    mother: Option<String>,
    /// The street, with its RT and RW.
    address: Option<String>,
    /// The village.
    #[schema(value_type = Option<String>)]
    village: Option<AreaCode>,
}

impl Search {
    fn read(&self) -> Result<Wanted, Problem> {
        let some = |field: &'static str, text: &Option<String>| match text.as_deref() {
            None => Ok(String::new()),
            Some(text) if text.trim().is_empty() => Ok(String::new()),
            Some(text) => line::read(field, text, TEXT_MAX),
        };
        let village = self.village.as_ref();
        if village.is_some_and(|it| it.level() != AreaLevel::Village) {
            return Err(line::refuse("village", "is not a village"));
        }
        let sex = some("sex", &self.sex)?;
        if !matches!(&*sex, "" | "L" | "P") {
            return Err(line::refuse("sex", "use L or P"));
        }
        let wanted = Wanted {
            name: line::read("name", &self.name, TEXT_MAX)?,
            birth: self.birth.map_or_else(String::new, |day| day.to_string()),
            sex,
            birthplace: some("birthplace", &self.birthplace)?,
            mother: some("mother", &self.mother)?,
            address: some("address", &self.address)?,
            village: village.map_or_else(String::new, |it| it.as_str().replace('.', "")),
        };
        if wanted.birth.is_empty() && wanted.village.is_empty() {
            return Err(line::refuse(
                "birth",
                "a name alone finds too many: send the day of birth, or the village",
            ));
        }
        Ok(wanted)
    }
}

/// Somebody who is like who is looked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPersonLike)]
struct LikeView {
    /// `rsd_…`.
    #[schema(value_type = String)]
    person: Id<Resident>,
    /// `fam_…`: where he belongs.
    #[schema(value_type = String)]
    family: Id<Family>,
    /// Who he is, by the row that is likest.
    who: Masked,
    /// The area that this row lies in.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// What kind of list that row stands in.
    kind: String,
    /// How probable it is that this is who is looked for, 0 to 1.
    same: f64,
    /// What else they most probably are: `relatives`, `twins`, `birthmates` or `namesakes`.
    #[schema(value_type = String)]
    against: &'static str,
    /// What each field says, the weightiest first. Empty for whoever may not open them: what a
    /// field says tells what stands in it.
    evidence: Vec<EvidenceView>,
}

/// Whoever is like who is looked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPersonsFound)]
struct Found {
    /// The likest first, in the area of the caller.
    items: Vec<LikeView>,
    /// Whose records were looked at: the number of the examination.
    run: i64,
}

/// Looks for somebody in all of the province by what is known of him. Masked. Who looked, and
/// whom he found, is kept in the audit.
#[utoipa::path(post, path = "/api/v1/card/persons/search", tag = "card", request_body = Search,
    responses((status = 200, body = Found), (status = 409), (status = 422)))]
async fn search(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(asked): Json<Search>,
) -> Result<axum::Json<Found>, Problem> {
    let wanted = asked.read()?;
    let mut read = hall.db().read().await?;
    let (run, found) = seek::look(&hall, &room, &mut read, &wanted).await?;
    let opener = Opener::new(&hall, &room, &mut read, None).await?;
    let mut items = Vec::new();
    for like in found {
        if items.len() == FOUND_MAX {
            break;
        }
        let Some(sealed) = record::find(&mut read, like.list, like.row).await? else {
            continue;
        };
        if !who.may(Permission::CardRead, &Place::new(sealed.area.clone(), None)) {
            continue;
        }
        let Some(record) = strongbox::open(hall.vault(), like.list, &sealed)? else {
            continue;
        };
        let area_name = sealed
            .area
            .as_ref()
            .and_then(|area| room.areas().name(area));
        let opens = who.may(Permission::CardOpen, &Place::new(sealed.area.clone(), None));
        items.push(LikeView {
            person: like.person,
            family: like.family,
            who: Masked::from(&record),
            area_name: area_name.map(str::to_owned),
            area: sealed.area,
            kind: opener
                .list(like.list)
                .map_or("", |it| it.kind.as_str())
                .to_owned(),
            same: like.same,
            against: like.why.against.as_str(),
            evidence: like
                .why
                .evidence
                .iter()
                .filter(|it| opens && it.bits.abs() >= 0.05)
                .map(EvidenceView::from)
                .collect(),
        });
    }
    drop(read);
    let found: Vec<String> = items.iter().map(|it| it.family.to_string()).collect();
    let act = Act {
        verb: "card_person.sought",
        subject: format!("run {run}"),
        detail: json!({ "families": found, "rows": found.len() }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(Found { items, run }))
}
