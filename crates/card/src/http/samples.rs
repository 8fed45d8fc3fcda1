//! `/api/v1/card/samples`: some of an adopted list whom people visit, drawn by chance.

mod size;
mod visits;

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::measure::{Drawn, suppress};
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Path, Problem, Query};
use hall::{Hall, line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::size::SizeForm;
use crate::decide::draft::adopted;
use crate::decide::{self, annex, draft};
use crate::room::Room;
use crate::sample::{self, Drawing, draw, verify};
use crate::sql::decision::DecisionRow;
use crate::sql::sample::{self as rows, Asked, SampleRow, State as Stage};
use crate::sql::visit;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardCount))
        .routes(routes!(take).guard(Permission::CardDecide))
        .routes(routes!(find).guard(Permission::CardCount))
        .routes(routes!(drop_unvisited).guard(Permission::CardDecide))
        .routes(routes!(close).guard(Permission::CardDecide))
        .routes(routes!(verification).guard(Permission::CardRead))
        .merge(size::routes())
        .merge(visits::routes())
}

/// Shortest and longest words on what whoever visits judges by, in characters.
const REFERENCE: (usize, usize) = (10, 500);

/// How often a sample is drawn anew since another one got its number meanwhile.
const TRIES: usize = 3;

/// A sample to be drawn.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardSampleForm, example = json!({ "decision": 3,
    "reference": "Pedoman verifikasi lapangan Dinas Sosial 2026, bagian II" }))]
struct TakeForm {
    /// The number of an adopted list.
    decision: i64,
    /// By what whoever visits judges whether a family should receive, in 10 to 500
    /// characters. It stands beside every share that is estimated.
    reference: String,
    /// Which share of those who receive is expected to be wrong there; 0.10 when left out.
    #[serde(default)]
    inclusion: Option<f64>,
    /// Which share of those who should is expected not to receive; 0.10 when left out.
    #[serde(default)]
    exclusion: Option<f64>,
    /// How far the truth may be from what is found; 0.03 when left out.
    #[serde(default)]
    half_width: Option<f64>,
    /// How alike those of one village are, 0 to 1; 0.05 when left out.
    #[serde(default)]
    rho: Option<f64>,
    /// Of each standing so many are visited in a village; 5 when left out.
    #[serde(default)]
    take: Option<f64>,
    /// Which share of the visits is expected to succeed; 0.9 when left out.
    #[serde(default)]
    response: Option<f64>,
}

impl From<&TakeForm> for SizeForm {
    fn from(form: &TakeForm) -> Self {
        Self {
            decision: form.decision,
            inclusion: form.inclusion,
            exclusion: form.exclusion,
            half_width: form.half_width,
            rho: form.rho,
            take: form.take,
            response: form.response,
        }
    }
}

async fn listed(hall: &Hall, number: i64) -> Result<DecisionRow, Problem> {
    let mut read = hall.db().read().await?;
    adopted(draft::find(&mut read, number).await?)
}

/// What a sample was drawn by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleDesign)]
struct DesignView {
    /// Which share of those who receive was expected to be wrong there.
    inclusion: f64,
    /// Which share of those who should was expected not to receive.
    exclusion: f64,
    /// How far the truth may be from what is found.
    half_width: f64,
    /// How alike those of one village were expected to be.
    rho: f64,
    /// Of each standing so many are visited in a village.
    take: f64,
    /// Which share of the visits was expected to succeed.
    response: f64,
}

impl From<Drawing> for DesignView {
    fn from(it: Drawing) -> Self {
        Self {
            inclusion: it.inclusion,
            exclusion: it.exclusion,
            half_width: it.half_width,
            rho: it.rho,
            take: it.take,
            response: it.response,
        }
    }
}

/// A sample of an adopted list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSample)]
pub(super) struct SampleView {
    /// Its number.
    number: i64,
    /// The number of the list.
    decision: i64,
    /// `open` (people visit), `closed` or `dropped`.
    #[schema(value_type = String)]
    state: &'static str,
    /// By what whoever visits judges.
    reference: String,
    /// What chance was made of: SHA-256 of the hash of the list, a blank and the number of
    /// the sample.
    seed: String,
    /// What it was drawn by.
    design: DesignView,
    /// When.
    #[schema(value_type = i64)]
    drawn_us: Wall,
    /// Who had it drawn.
    drawn_by: Option<String>,
    /// When it was closed or dropped; null while it is open.
    #[schema(value_type = Option<i64>)]
    closed_us: Option<Wall>,
    /// How many are visited,
    visits: u64,
    /// and where somebody has been.
    answered: u64,
    /// How many could not be drawn, since it is not known in which village they live.
    not_covered: u64,
}

/// A village of a sample.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleVillage)]
struct VillageView {
    /// Its code.
    area: String,
    /// What it is called.
    name: Option<String>,
    /// The code of its regency.
    regency: String,
    /// How probable it was that it is drawn, 0 to 1; null where so few live there that it would
    /// tell how many.
    chance: Option<f64>,
    /// Whether it was certain.
    certain: bool,
    /// How many who receive live there,
    receiving_frame: Option<u64>,
    /// and how many others. Both null where either is too few to be told, and while the sample
    /// is open for whoever has a part of the province.
    others_frame: Option<u64>,
    /// How many are visited,
    visits: Option<u64>,
    /// and where somebody has been. Both null where they would tell those who are too few,
    /// unless the reader may list the visits there.
    answered: Option<u64>,
    /// Whether a number is hidden: it is below ten, or would tell one that is.
    suppressed: bool,
}

/// A sample with its villages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleWhole)]
struct WholeView {
    #[serde(flatten)]
    sample: SampleView,
    /// Its villages, by their codes.
    villages: Vec<VillageView>,
}

type Names = BTreeMap<Id<Person>, String>;
type Counts = Vec<(String, u64, u64)>;

fn view(names: &Names, row: SampleRow, counts: &Counts) -> Result<SampleView, Problem> {
    Ok(SampleView {
        number: row.number,
        decision: row.decision,
        state: row.state.as_str(),
        design: Drawing::of(&row)?.into(),
        reference: row.reference,
        seed: row.seed,
        drawn_us: row.drawn,
        drawn_by: names.get(&row.by).cloned(),
        closed_us: row.closed,
        visits: counts.iter().map(|it| it.1).sum(),
        answered: counts.iter().map(|it| it.2).sum(),
        not_covered: row.not_covered,
    })
}

/// A sample without its villages.
async fn short(conn: &mut Conn, number: i64) -> Result<SampleView, Problem> {
    let row = sample::find(conn, number).await?;
    let names = staff::names(conn).await?;
    let counts = visit::counts(conn, number).await?;
    view(&names, row, &counts)
}

async fn whole(room: &Room, conn: &mut Conn, who: &Who, number: i64) -> Result<WholeView, Problem> {
    let row = sample::find(conn, number).await?;
    let names = staff::names(conn).await?;
    let counts = visit::counts(conn, number).await?;
    let drawn = rows::villages(conn, number).await?;
    // In a village of which all receive, or none, the frame tells it of each who is visited.
    let is_blind = row.state == Stage::Open && !decide::is_whole(who, Permission::CardCount);
    Ok(WholeView {
        villages: villages(room, who, &drawn, &counts, is_blind),
        sample: view(&names, row, &counts)?,
    })
}

fn villages(
    room: &Room,
    who: &Who,
    drawn: &[Drawn],
    counts: &Counts,
    is_blind: bool,
) -> Vec<VillageView> {
    let of = |drawn: &Drawn| {
        let found = counts.iter().find(|it| it.0 == drawn.code);
        found.map_or((0, 0), |it| (it.1, it.2))
    };
    let frame = |it: &Drawn| suppress::pair(it.receivers.into(), it.others.into());
    // As many of each standing are visited as are taken of a village, or all: fewer visits
    // tell how few there are.
    let visits: Vec<(u64, bool)> = drawn
        .iter()
        .map(|it| (of(it).0, frame(it).0.is_none()))
        .collect();
    let views = drawn.iter().zip(suppress::without(&visits));
    let views = views.map(|(it, is_shown)| {
        let (frame, is_told) = frame(it);
        let shown = frame.filter(|_| !is_blind);
        let area = it.code.parse::<AreaCode>().ok();
        let lists = area.is_some_and(|area| decide::may(who, Permission::CardRead, Some(&area)));
        let done = Some(of(it)).filter(|_| is_shown || lists);
        VillageView {
            name: annex::village(room, &it.code).map(|(_, name)| name.to_owned()),
            regency: it.regency().to_owned(),
            area: it.code.clone(),
            chance: is_told.then_some(it.chance),
            certain: it.is_certain,
            receiving_frame: shown.map(|it| it.0),
            others_frame: shown.map(|it| it.1),
            visits: done.map(|it| it.0),
            answered: done.map(|it| it.1),
            suppressed: frame.is_none() || done.is_none(),
        }
    });
    views.collect()
}

/// Which samples.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only of the list of this number.
    decision: Option<i64>,
    /// Samples of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of samples.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSamples)]
struct Samples {
    /// The newest first.
    items: Vec<SampleView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Samples of adopted lists, the newest first.
#[utoipa::path(get, path = "/api/v1/card/samples", tag = "card", params(Filter),
    responses((status = 200, body = Samples), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Samples>, Problem> {
    let limit = super::limit(filter.limit)?;
    let asked = Asked {
        decision: filter.decision,
        behind: super::behind(filter.cursor.as_deref())?,
        ..Asked::default()
    };
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut read = hall.db().read().await?;
    let mut found = rows::some(&mut read, asked, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more);
    let next = next.map(|row| row.number.to_string());
    let names = staff::names(&mut read).await?;
    let mut items = Vec::with_capacity(found.len());
    for row in found {
        let counts = visit::counts(&mut read, row.number).await?;
        items.push(view(&names, row, &counts)?);
    }
    Ok(axum::Json(Samples { items, next }))
}

/// One sample, with its villages.
#[utoipa::path(get, path = "/api/v1/card/samples/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the sample")),
    responses((status = 200, body = WholeView), (status = 404)))]
async fn find(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<WholeView>, Problem> {
    let mut read = hall.db().read().await?;
    Ok(axum::Json(whole(&room, &mut read, &who, number).await?))
}

/// Draws a sample of an adopted list: villages, and in each some who receive and some who do
/// not. Chance is made of the hash of the list, so that nobody chooses it and it can be drawn
/// again. Of one list there is one open sample at a time.
#[utoipa::path(post, path = "/api/v1/card/samples", tag = "card", request_body = TakeForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = WholeView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn take(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body: form, once }: Keyed<TakeForm>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let reference = line::read("reference", &form.reference, REFERENCE.1)?;
    if reference.chars().count() < REFERENCE.0 {
        return Err(line::refuse(
            "reference",
            format!("at least {} characters", REFERENCE.0),
        ));
    }
    let aim = SizeForm::from(&form).aim()?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    // Nothing is written yet: drawing is not waited for with the only writer in hand.
    drop(tx);
    let list = listed(&hall, form.decision).await?;
    let sized = draw::sized(&hall, &room, &list, aim).await?;
    if sized.covered == 0 {
        return Err(Problem::conflict(
            "card-sample-frame",
            "Nobody of this list can be drawn: of none it is known in which village he lives.",
        ));
    }
    let drawing = Drawing::new(&aim, sized.size.design);
    let hash = list.sha256.clone().unwrap_or_default();
    for _ in 0..TRIES {
        let mut read = hall.db().read().await?;
        none_open(&mut read, list.number).await?;
        let number = rows::next(&mut read).await?;
        let ordinal = rows::ordinal(&mut read, list.number, number).await?;
        drop(read);
        let seed = sample::seed(&hash, ordinal);
        let taken = draw::draw(&hall, &room, &list, drawing.design(), seed).await?;
        let mut tx = hall.db().write().await?;
        if let Some(answer) = once.replay(&mut tx, now).await? {
            return Ok(answer);
        }
        none_open(&mut tx, list.number).await?;
        if rows::next(&mut tx).await? != number {
            continue;
        }
        let design = serde_json::to_value(drawing)
            .map_err(|error| Problem::bug(format!("a design cannot be told: {error}")))?;
        let row = SampleRow {
            number,
            decision: list.number,
            state: Stage::Open,
            reference,
            seed: audit::hex(&seed),
            design,
            frame: taken.frame,
            not_covered: taken.not_covered,
            by: who.person(),
            drawn: now.wall,
            closed: None,
        };
        rows::add(&mut tx, &row).await?;
        rows::write_villages(&mut tx, number, &taken.villages).await?;
        visit::write(&mut tx, number, &taken.visits).await?;
        let act = Act {
            verb: "card_sample.drawn",
            subject: sample::subject(number),
            detail: json!({ "decision": row.decision, "seed": row.seed, "design": row.design,
                "frame": row.frame, "visits": taken.visits.len() }),
        };
        audit::record(&mut tx, now, &who, act).await?;
        let view = whole(&room, &mut tx, &who, number).await?;
        let location = format!("/api/v1/card/samples/{number}");
        let answer = once.created(&mut tx, now, &location, &view).await?;
        tx.commit().await?;
        return Ok(answer);
    }
    Err(is_open())
}

fn is_open() -> Problem {
    Problem::conflict(
        "card-sample-open",
        "There is an open sample: go on with it, close it, or drop it.",
    )
}

async fn none_open(conn: &mut Conn, decision: i64) -> Result<(), Problem> {
    let asked = Asked {
        decision: Some(decision),
        state: Some(Stage::Open),
        ..Asked::default()
    };
    match rows::some(conn, asked, 1).await?.first() {
        Some(open) => Err(is_open().field("number", open.number.to_string())),
        None => Ok(()),
    }
}

/// Closes a sample: nothing that was found is changed any more, and what was estimated is
/// told to everybody who may count.
#[utoipa::path(post, path = "/api/v1/card/samples/{number}/closing", tag = "card",
    params(("number" = i64, Path, description = "of the sample")),
    responses((status = 200, body = WholeView), (status = 403), (status = 404), (status = 409)))]
async fn close(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<WholeView>, Problem> {
    decide::require(&who)?;
    let mut tx = hall.db().write().await?;
    sample::close(&hall, &who, &mut tx, number).await?;
    let view = whole(&room, &mut tx, &who, number).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Drops a sample in which nobody was visited. It stays on record.
#[utoipa::path(delete, path = "/api/v1/card/samples/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the sample")),
    responses((status = 204), (status = 403), (status = 404), (status = 409)))]
async fn drop_unvisited(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let mut tx = hall.db().write().await?;
    sample::drop_unvisited(&hall, &who, &mut tx, number).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}

/// Whether a sample is the one that chance gives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleVerification)]
struct Verification {
    /// Whether all is as it was drawn.
    is_sound: bool,
    /// What is not: `list` (who could be drawn, or where they stand), `seed`, `audit` (what
    /// the audit tells of the sample), `facts` (what the examination knew cannot be read),
    /// `outcomes` (what was found, since the sample was closed), or `village …` and
    /// `visit …`, the first hundred.
    differs: Vec<String>,
}

/// Draws a sample again from its list and its seed, and tells whatever differs from what was
/// written.
#[utoipa::path(post, path = "/api/v1/card/samples/{number}/verification", tag = "card",
    params(("number" = i64, Path, description = "of the sample")),
    responses((status = 200, body = Verification), (status = 403), (status = 404)))]
async fn verification(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<Verification>, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let mut read = hall.db().read().await?;
    let row = sample::find(&mut read, number).await?;
    drop(read);
    let differs = verify::differs(&hall, &room, &row).await?;
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "card_sample.verified",
        subject: sample::subject(number),
        detail: json!({ "is_sound": differs.is_empty(), "differs": differs.len() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(Verification {
        is_sound: differs.is_empty(),
        differs,
    }))
}
