//! `/api/v1/villages`: every desa and kelurahan, and what the house says of it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::day::Day;
use base::id::{Claim, Id, Source};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act};
use hall::claim::{self, Subject};
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::problem::{Path, Problem, Query};
use http::HeaderMap;
use reach_core::flow::State as Stage;
use reach_core::property::Property;
use reach_core::register::Village;
use reach_core::stand::{Stand, Tally, Which};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::points::{self, PointView, StageWord};
use super::stand::{self, StandView, StandWord};
use super::{Around, Times, limit, paged};
use crate::room::Room;
use crate::said::{self, OfVillage, PropertyWord, Said, SaidView, ValueView};
use crate::sql::Span;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::VillagesRead))
        .routes(routes!(conflicts).guard(Permission::VillagesRead))
        .routes(routes!(show).guard(Permission::VillagesRead))
}

/// Which villages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<AreaCode>,
    /// Only this area and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Part of the name, or the beginning of the code.
    q: Option<String>,
    /// Only kelurahan, or only desa.
    kelurahan: Option<bool>,
    /// Only those that some list names, or none.
    listed: Option<bool>,
    /// Only those about which sources disagree, or do not.
    disputed: Option<bool>,
    /// Only those of which the house says this: a property, a colon, and the value, such
    /// as `blank_spot:ya` or `status:active`.
    says: Option<String>,
    /// Only those with a point that has come so far.
    #[param(value_type = Option<StageWord>)]
    state: Option<String>,
    /// Only those that stand like this.
    #[param(inline, value_type = Option<StandWord>)]
    stand: Option<String>,
    /// Only what tells of this day or one before it.
    #[param(value_type = Option<String>)]
    then: Option<Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A village.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Village)]
struct VillageView {
    /// Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    /// As the decree writes it.
    name: String,
    /// Whether it is a kelurahan.
    kelurahan: bool,
    /// Its district.
    district: Around,
    /// Its regency.
    regency: Around,
    /// Lists that name it.
    lists: i64,
    /// Properties about which sources disagree.
    disputes: i64,
    /// What the house says of it; a property of which nobody has said anything is not
    /// there.
    #[schema(value_type = Vec<SaidView>)]
    said: Said,
    /// Its points.
    points: PointsView,
    /// How it stands, by plan, by report and by measurement.
    stand: StandView,
}

/// The points of a village.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillagePoints)]
struct PointsView {
    /// How many there are.
    count: i64,
    /// How many have come how far, by what people say.
    #[schema(value_type = BTreeMap<String, i64>)]
    by_state: BTreeMap<&'static str, i64>,
    /// How many have a box that was let in, or a router that was heard.
    boxes: i64,
    /// Of how many of those the ledger proves a minute of the last 24 hours; null: no
    /// point has either.
    proven: Option<i64>,
}

impl From<&Tally> for PointsView {
    fn from(tally: &Tally) -> Self {
        Self {
            count: tally.points().into(),
            by_state: tally
                .by_state
                .iter()
                .map(|(stage, count)| (stage.as_str(), (*count).into()))
                .collect(),
            boxes: tally.boxes.into(),
            proven: tally.proven().map(i64::from),
        }
    }
}

/// A page of villages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillagePage)]
struct Page {
    /// The villages, by code.
    items: Vec<VillageView>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// One village, with all that was said of it.
#[derive(Debug, Serialize, ToSchema)]
struct VillageShown {
    #[serde(flatten)]
    village: VillageView,
    /// Every claim, in the order the house learned them; also those that were
    /// withdrawn.
    claims: Vec<ClaimView>,
    /// Its points.
    places: Vec<PointView>,
}

/// A claim.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Claim)]
pub(super) struct ClaimView {
    /// `clm_…`.
    #[schema(value_type = String)]
    id: Id<Claim>,
    /// What it is about.
    #[schema(value_type = PropertyWord)]
    property: String,
    /// The value.
    value: ValueView,
    /// Who says so, `src_…`.
    #[schema(value_type = String)]
    source: Id<Source>,
    /// Whose the source is.
    owner: Option<String>,
    /// In which row of the file.
    row: Option<u32>,
    /// The day whose state it tells.
    #[schema(value_type = String)]
    as_of: Day,
    /// What its words mean; null: nobody has said.
    definition: Option<String>,
    /// When the house learned it.
    #[schema(value_type = i64)]
    recorded_us: Wall,
    /// From when on it does not count; null while it does.
    #[schema(value_type = Option<i64>)]
    withdrawn_us: Option<Wall>,
    /// Why not.
    withdrawn_why: Option<String>,
}

impl From<claim::Listed> for ClaimView {
    fn from(claim: claim::Listed) -> Self {
        Self {
            id: claim.id,
            value: ValueView::from(&claim.value),
            property: claim.property,
            source: claim.source,
            owner: claim.owner,
            row: claim.row,
            as_of: claim.as_of,
            definition: claim.definition,
            recorded_us: claim.recorded,
            withdrawn_us: claim.withdrawn.as_ref().map(|withdrawn| withdrawn.at),
            withdrawn_why: claim.withdrawn.map(|withdrawn| withdrawn.why),
        }
    }
}

/// Villages about which sources disagree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageConflicts)]
struct Conflicts {
    /// Each property of a village, by village.
    items: Vec<Conflict>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// One property of one village about which sources disagree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageConflict)]
struct Conflict {
    /// Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    /// The village.
    name: String,
    /// Its regency.
    regency: String,
    /// What the house says, why, and what it passed over.
    said: SaidView,
    /// The claims.
    claims: Vec<ClaimView>,
}

/// Which conflicts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConflictFilter {
    /// Villages of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<AreaCode>,
    /// Only in this area.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
}

/// Villages by code, with what the house says of each.
#[utoipa::path(get, path = "/api/v1/villages", tag = "villages", params(Filter),
    responses((status = 200, body = Page)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    if let Some(state) = filter.state.as_deref()
        && Stage::parse(state).is_none()
    {
        return Err(super::refuse("state", "is no state of a point"));
    }
    let says = filter.says.as_deref().map(wanted).transpose()?;
    let which = match filter.stand.as_deref() {
        None => None,
        Some(word) => Some(Which::parse(word).ok_or_else(|| {
            let words = Which::ALL.map(Which::as_str).join(", ");
            super::refuse("stand", format!("use one of {words}"))
        })?),
    };
    let times = Times {
        then: filter.then,
        known: filter.known,
    };
    let candidates: Vec<&Village> = room
        .register()
        .villages()
        .filter(|village| who.may(Permission::VillagesRead, &place(&village.code)))
        .filter(|village| filter.fits(village))
        .collect();
    let mut read = hall.db().read().await?;
    let mut found = Vec::new();
    // A page that nothing is left out of is read as such; what others leave out is looked
    // for in all that follow at once.
    let mut rest = candidates.as_slice();
    let mut step = match times.are_now() {
        true => limit + 1,
        false => rest.len(),
    };
    while let [first, ..] = rest
        && found.len() <= limit
    {
        let (those, later) = rest.split_at(step.min(rest.len()));
        let last = those.last().unwrap_or(first);
        let (mut said, (_, points)) = match times.are_now() {
            true => {
                let span = Span::Between(&first.code, &last.code);
                let said = said::today(&mut read, span).await?;
                (said, stand::of_span(&hall, &mut read, span).await?)
            }
            false => {
                let within = filter.within.as_ref();
                let said = stand::said_of(&mut read, within, times.moment(&hall)).await?;
                (
                    said,
                    stand::of_points(&hall, &mut read, within, times).await?,
                )
            }
        };
        let mut points = stand::by_village(&points);
        for village in those {
            let of = said.remove(&village.code).unwrap_or_default();
            let points = points.remove(&village.code).unwrap_or_default();
            let stand = stand::stand(&of, &points)?;
            let stands = which.is_none_or(|which| which.fits(stand));
            let village = view(village, of, &points, stand);
            if stands && filter.says(&village, says.as_ref())? {
                found.push(village);
            }
        }
        rest = later;
        step = later.len();
    }
    drop(read);
    let (items, next) = paged(found.into_iter(), limit, |village| village.code.clone());
    if csv {
        return export(&hall, &who, &filter, items).await;
    }
    Ok(axum::Json(Page { items, next }).into_response())
}

impl Filter {
    fn fits(&self, village: &Village) -> bool {
        let begins = |q: &String| {
            let q = q.trim().to_lowercase();
            village.name.to_lowercase().contains(&q) || village.code.as_str().starts_with(&q)
        };
        self.within
            .as_ref()
            .is_none_or(|within| within.contains(&village.code))
            && self
                .cursor
                .as_ref()
                .is_none_or(|cursor| village.code > *cursor)
            && self
                .kelurahan
                .is_none_or(|kelurahan| village.is_kelurahan() == kelurahan)
            && self.q.as_ref().is_none_or(begins)
    }

    fn says(
        &self,
        village: &VillageView,
        says: Option<&(String, String)>,
    ) -> Result<bool, Problem> {
        let fits = self
            .listed
            .is_none_or(|listed| (village.lists > 0) == listed)
            && self
                .disputed
                .is_none_or(|disputed| (village.disputes > 0) == disputed)
            && self
                .state
                .as_deref()
                .is_none_or(|state| village.points.by_state.contains_key(state));
        let Some((property, value)) = says.filter(|_| fits) else {
            return Ok(fits);
        };
        let views = village.said.views()?;
        Ok(views.iter().any(|said| {
            said.property == *property && said.value.as_ref().is_some_and(|own| own.value == *value)
        }))
    }
}

fn wanted(text: &str) -> Result<(String, String), Problem> {
    text.split_once(':')
        .filter(|(property, _)| Property::parse(property).is_some())
        .map(|(property, value)| (property.to_owned(), value.to_owned()))
        .ok_or_else(|| super::refuse("says", "is a property, a colon and a value"))
}

fn view(village: &Village, of: OfVillage, points: &Tally, stand: Stand) -> VillageView {
    let around = |code: Option<AreaCode>, name: &str| Around {
        code: code.unwrap_or_else(|| village.code.clone()),
        name: name.to_owned(),
    };
    let district = village.code.parent();
    let regency = district.as_ref().and_then(AreaCode::parent);
    VillageView {
        code: village.code.clone(),
        name: village.name.clone(),
        kelurahan: village.is_kelurahan(),
        district: around(district, &village.district),
        regency: around(regency, &village.regency),
        lists: of.lists,
        disputes: of.disputes,
        said: of.said,
        points: points.into(),
        stand: stand.into(),
    }
}

fn flag(is: bool) -> String {
    if is { "ya" } else { "tidak" }.to_owned()
}

fn maybe(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A file that leaves the house: it is written down who took it.
async fn export(
    hall: &Hall,
    who: &Who,
    filter: &Filter,
    villages: Vec<VillageView>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "village.exported",
        subject: "villages".to_owned(),
        detail: json!({
            "rows": villages.len(), "within": filter.within, "q": filter.q,
            "says": filter.says, "state": filter.state, "listed": filter.listed,
            "stand": filter.stand,
            "disputed": filter.disputed, "then": filter.then, "known": filter.known,
        }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut heads = vec![
        "code",
        "name",
        "kelurahan",
        "district",
        "regency",
        "lists",
        "disputes",
        "points",
        "boxes",
        "proven",
        "planned",
        "reported",
        "measured",
        "differs",
    ];
    heads.extend(Property::ALL.map(Property::as_str));
    let mut file = File::new(&heads);
    for village in villages {
        let mut cells = vec![
            village.code.to_string(),
            village.name,
            flag(village.kelurahan),
            village.district.name,
            village.regency.name,
            village.lists.to_string(),
            village.disputes.to_string(),
            village.points.count.to_string(),
            village.points.boxes.to_string(),
            maybe(village.points.proven),
            flag(village.stand.planned),
            flag(village.stand.reported),
            village.stand.measured.map(flag).unwrap_or_default(),
            flag(village.stand.differs),
        ];
        let views = village.said.views()?;
        cells.extend(Property::ALL.map(|property| {
            let said = views.iter().find(|said| said.property == property.as_str());
            let value = said.and_then(|said| said.value.as_ref());
            value.map(|value| value.value.clone()).unwrap_or_default()
        }));
        file.row(&cells);
    }
    Ok(file.response("desa.csv"))
}

/// One village: what the house says of it and why, every claim, and its points.
#[utoipa::path(get, path = "/api/v1/villages/{code}", tag = "villages",
    params(("code" = String, Path, description = "Kemendagri code"), Times),
    responses((status = 200, body = VillageShown), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(code): Path<AreaCode>,
    Query(times): Query<Times>,
) -> Result<axum::Json<VillageShown>, Problem> {
    let village = room
        .register()
        .village(&code)
        .filter(|village| who.may(Permission::VillagesRead, &place(&village.code)))
        .ok_or_else(|| Problem::not_found("village", "There is no such village."))?;
    let moment = times.moment(&hall);
    let mut read = hall.db().read().await?;
    let filter = claim::Filter {
        moment,
        subject: Some(Subject::Village(code.clone())),
        withdrawn: true,
        ..claim::Filter::default()
    };
    let claims = claim::every(&mut read, &filter).await?;
    let counts = |claim: &&claim::Listed| {
        let at = claim.withdrawn.as_ref().map(|withdrawn| withdrawn.at);
        at.is_none_or(|at| moment.known.is_some_and(|known| at > known))
    };
    let of = said::of_claims(claims.iter().filter(counts));
    let (_, points) = stand::of_points(&hall, &mut read, Some(&code), times).await?;
    let tally = stand::by_village(&points).remove(&code).unwrap_or_default();
    let places = points::of_village(&hall, &mut read, &who, &code, times).await?;
    let stand = stand::stand(&of, &tally)?;
    Ok(axum::Json(VillageShown {
        village: view(village, of, &tally, stand),
        claims: claims.into_iter().map(ClaimView::from).collect(),
        places,
    }))
}

/// Where sources disagree: each property of a village with all its claims.
#[utoipa::path(get, path = "/api/v1/villages/conflicts", tag = "villages", params(ConflictFilter),
    responses((status = 200, body = Conflicts)))]
async fn conflicts(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Query(filter): Query<ConflictFilter>,
) -> Result<axum::Json<Conflicts>, Problem> {
    let limit = limit(filter.limit)?;
    let mut read = hall.db().read().await?;
    let kept = said::today(&mut read, filter.within.as_ref().into()).await?;
    let disputed = room.register().villages().filter(|village| {
        let after = filter.cursor.as_ref();
        after.is_none_or(|cursor| village.code > *cursor)
            && kept.get(&village.code).is_some_and(|of| of.disputes > 0)
            && who.may(Permission::VillagesRead, &place(&village.code))
    });
    let (villages, next) = paged(disputed, limit, |village| village.code.clone());
    let mut items = Vec::new();
    for village in villages {
        let filter = claim::Filter {
            subject: Some(Subject::Village(village.code.clone())),
            ..claim::Filter::default()
        };
        let claims = claim::every(&mut read, &filter).await?;
        for said in said::of_claims(&claims).said.views()?.iter().cloned() {
            if said.disputed {
                let of = claims
                    .iter()
                    .filter(|claim| claim.property == said.property);
                items.push(Conflict {
                    code: village.code.clone(),
                    name: village.name.clone(),
                    regency: village.regency.clone(),
                    claims: of.cloned().map(ClaimView::from).collect(),
                    said,
                });
            }
        }
    }
    Ok(axum::Json(Conflicts { items, next }))
}

pub(super) fn place(code: &AreaCode) -> Place {
    Place::new(Some(code.clone()), None)
}
