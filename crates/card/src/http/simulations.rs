//! `/api/v1/card/simulations`: rules tried before anybody adopts them.

use axum::Extension;
use axum::extract::State;
use base::area::AreaCode;
use base::day::Day;
use card_core::facts::Facts;
use card_core::rule::{Programme, Subject};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::line;
use hall::problem::{Json, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::blob::Sha256;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::Masked;
use crate::decide::adopt::Counts;
use crate::decide::annex;
use crate::decide::simulate::{
    self, AreaPart, DecilePart, Hint, Margins, Move, Nearest, RulePart, Trial,
};
use crate::decide::{Beside, draft};
use crate::facts;
use crate::programme;
use crate::room::Room;
use crate::sql::decision::State as Stage;
use crate::sql::run;
use crate::subject::SubjectId;

/// Letters of the code of a regency.
const REGENCY: usize = 5;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(try_rules).guard(Permission::CardCount))
}

/// Beside what rules are tried: one of these.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardSimulationAgainst)]
struct Against {
    /// An adopted list, by its number.
    list: Option<i64>,
    /// The running list.
    running: Option<bool>,
    /// Another programme, or another version: its slug,
    slug: Option<String>,
    /// and its version; the newest when left out.
    version: Option<i64>,
}

/// What is tried.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardSimulationForm, example = json!({ "slug": "pangan", "against": { "running": true } }))]
struct Form {
    /// The text of a programme, TOML; else
    text: Option<String>,
    /// the slug of one that is kept,
    slug: Option<String>,
    /// and its version; the newest when left out.
    version: Option<i64>,
    /// The examination it is judged by; the newest when left out.
    run: Option<i64>,
    /// The day by which ages go; today when left out.
    #[schema(value_type = Option<String>)]
    day: Option<Day>,
    /// Beside what; nobody receives before when left out.
    against: Option<Against>,
    /// By `regency`, `district` or `village`; regencies when left out.
    by: Option<String>,
}

/// What was tried.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSimulated)]
struct TriedView {
    /// Its slug.
    slug: String,
    /// Its version; null for a text that is not kept.
    version: Option<i64>,
    /// What it is called.
    name: String,
    /// Of whom it judges: `keluarga` or `orang`.
    #[schema(value_type = String)]
    subject: &'static str,
}

/// Beside what it was tried.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSimulatedAgainst)]
struct AgainstView {
    /// `list`, `running`, `programme` or `none`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The number of the list.
    number: Option<i64>,
    /// What it is called.
    name: Option<String>,
}

/// Somebody near a line, masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardNearest)]
struct NearestView {
    /// The family or the person.
    #[schema(value_type = String)]
    subject: SubjectId,
    /// Where that lives.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What that is called.
    area_name: Option<String>,
    /// What the rules say of it.
    #[schema(value_type = String)]
    verdict: &'static str,
    /// The rule whose line is near.
    rule: String,
    /// The column.
    #[schema(value_type = String)]
    column: &'static str,
    /// What the column says.
    value: i32,
    /// What it would have to say.
    line: i32,
    /// How far that is.
    distance: u32,
    /// Who stands for it.
    who: Option<Masked>,
}

/// What would become of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSimulation)]
struct Simulation {
    /// What was tried.
    programme: TriedView,
    /// By which examination.
    run: i64,
    /// On which day.
    #[schema(value_type = String)]
    day: Day,
    /// Beside what.
    against: AgainstView,
    /// Families or persons that were judged, in the area of the caller.
    subjects: u64,
    /// Before; null where nobody received.
    before: Option<Counts>,
    /// Now.
    now: Counts,
    /// How many families would receive of which nobody is known as a head, in the area of the
    /// caller: they may be parts of others, under a slip of a number, and be paid twice. Null:
    /// the rules let in no such family, or judge persons.
    headless: Option<u64>,
    /// From where to where.
    moves: Vec<Move>,
    /// By area.
    by_area: Vec<AreaPart>,
    /// By decile.
    by_decile: Vec<DecilePart>,
    /// By rule.
    by_rule: Vec<RulePart>,
    /// How far everybody is from a line, by the column whose number would have to change.
    margins: Vec<Margins>,
    /// Those nearest to one, masked; for whoever may read families.
    nearest: Vec<NearestView>,
    /// What to know before believing it.
    hints: Vec<Hint>,
}

/// Tries rules: who would enter, who would leave, what it costs, who is near a line. Changes
/// nothing.
#[utoipa::path(post, path = "/api/v1/card/simulations", tag = "card", request_body = Form,
    responses((status = 200, body = Simulation), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn try_rules(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<Form>,
) -> Result<axum::Json<Simulation>, Problem> {
    let letters = super::letters(form.by.as_deref())?;
    // Counts of few tell of single people: whoever may not read those tries what is kept, by
    // regency.
    let reads = who.holds(Permission::CardRead);
    if !reads && (form.text.is_some() || letters > REGENCY) {
        return Err(Problem::denied(
            "not-allowed",
            "A text, or a smaller part than a regency, needs card.read.",
        ));
    }
    let mut read = hall.db().read().await?;
    let (programme, version) = match (&form.text, &form.slug) {
        (Some(text), None) => {
            let read = Programme::parse(text).map_err(|wrong| programme::refusal(&wrong))?;
            (read, None)
        }
        (None, Some(slug)) => {
            let kept = programme::find(&mut read, slug, form.version).await?;
            (kept.programme, Some(kept.row.version))
        }
        _ => return Err(line::refuse("text", "send either a text or a slug")),
    };
    let number = match form.run {
        Some(number) => number,
        None => run::counting(&mut read).await?.map_or(0, |run| run.number),
    };
    drop(read);
    let facts = facts::open(&hall, &room, number).await?;
    let asked = Asked {
        facts: &facts,
        subject: programme.subject,
        run: number,
    };
    let (against, beside) = asked.beside(&hall, form.against.as_ref()).await?;
    drop(facts);
    let on = form.day.unwrap_or_else(|| hall.today());
    let tried = TriedView {
        slug: programme.slug.clone(),
        version,
        name: programme.name.clone(),
        subject: programme.subject.as_str(),
    };
    let each = programme.rupiah_each();
    let act = Act {
        verb: "card_simulation.run",
        subject: programme.slug.clone(),
        detail: json!({ "version": version, "run": number, "on": on, "by": form.by,
            "text": form.text.as_ref().map(|text| {
                Sha256::of(text.as_bytes()).as_str().to_owned()
            }) }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let trial = Trial {
        programme,
        run: number,
        on,
        beside,
        letters,
    };
    let it = simulate::run(&hall, &room, &who, trial).await?;
    let mut read = hall.db().read().await?;
    let weighed = &it.laid.weighed;
    let hints = simulate::hints(&hall, &mut read, &it.laid, number).await?;
    let compared = &it.compared;
    let had_before = weighed.before.is_some();
    let now = Counts::new(&compared.whole.now, each);
    let mut nearest = Vec::new();
    if reads {
        for near in it.nearest {
            nearest.push(near_view(&hall, &room, &mut read, near).await?);
        }
    }
    Ok(axum::Json(Simulation {
        programme: tried,
        run: number,
        day: on,
        against,
        subjects: now.included + now.held + now.excluded + now.unknown + now.undecided,
        before: had_before.then(|| Counts::new(&compared.whole.before, each)),
        now,
        headless: it.headless,
        moves: simulate::moves(compared, each),
        by_area: simulate::by_area(&room, compared, each),
        by_decile: simulate::by_decile(compared, each),
        by_rule: simulate::by_rule(&weighed.programme, compared),
        margins: simulate::margins(compared),
        nearest,
        hints,
    }))
}

/// By what it is judged beside something else.
struct Asked<'a> {
    facts: &'a Facts,
    subject: Subject,
    run: i64,
}

impl Asked<'_> {
    /// Only what is about the same subjects can be laid beside.
    fn same(&self, subject: Subject) -> Result<(), Problem> {
        match subject == self.subject {
            true => Ok(()),
            false => Err(line::refuse(
                "against",
                "judges other subjects: families and persons are not laid beside each other",
            )),
        }
    }

    async fn beside(
        &self,
        hall: &Hall,
        against: Option<&Against>,
    ) -> Result<(AgainstView, Beside), Problem> {
        let none = Against::default();
        let against = against.unwrap_or(&none);
        let running = against.running.unwrap_or(false);
        let view = |kind, number, name| AgainstView { kind, number, name };
        match (against.list, running, &against.slug) {
            (None, false, None) => Ok((view("none", None, None), Beside::Nobody)),
            (None, true, None) => {
                self.same(Subject::Family)?;
                Ok((view("running", None, None), Beside::Running))
            }
            (Some(number), false, None) => {
                let mut read = hall.db().read().await?;
                let row = draft::find(&mut read, number).await?;
                let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
                drop(read);
                if row.state != Stage::Adopted {
                    return Err(line::refuse("against.list", "is no list that was adopted"));
                }
                self.same(kept.programme.subject)?;
                let list = Some(number);
                let beside = Beside::of(hall, self.facts, self.subject, self.run, list).await?;
                Ok((view("list", list, Some(row.title)), beside))
            }
            (None, false, Some(slug)) => {
                let mut read = hall.db().read().await?;
                let kept = programme::find(&mut read, slug, against.version).await?;
                self.same(kept.programme.subject)?;
                let name = format!("{} ({})", kept.programme.name, kept.row.version);
                let beside = Beside::Programme(Box::new(kept.programme));
                Ok((view("programme", None, Some(name)), beside))
            }
            _ => Err(line::refuse(
                "against",
                "name one of list, running and slug",
            )),
        }
    }
}

async fn near_view(
    hall: &Hall,
    room: &Room,
    conn: &mut store::Conn,
    near: Nearest,
) -> Result<NearestView, Problem> {
    let record = annex::record(hall, conn, near.row).await?;
    Ok(NearestView {
        subject: near.subject,
        area_name: near
            .area
            .as_ref()
            .and_then(|area| room.areas().name(area))
            .map(str::to_owned),
        area: near.area,
        verdict: near.verdict.as_str(),
        rule: near.rule,
        column: near.column.key(),
        value: near.value,
        line: near.line,
        distance: near.distance,
        who: record.as_ref().map(Masked::from),
    })
}
