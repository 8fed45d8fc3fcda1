//! `/api/v1/card/decisions`: lists of who receives, from a draft to the annex of a decree.

mod exceptions;
mod papers;
mod sheet;
mod subjects;
mod told;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::day::Day;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::decree::{Against, Answer};
use card_core::rule::{ABSENT, Subject};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::idempotency::Keyed;
use hall::problem::{self, Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide::adopt::{self, Adopting, Counts, Decree, Signatory};
use crate::decide::draft::{self, Begin};
use crate::decide::simulate::{self, AreaPart, DecilePart, Hint, Move, RulePart};
use crate::decide::{self, Laid, Sight};
use crate::programme::{self, Kept};
use crate::room::Room;
use crate::sql::decision::{self as rows, DecisionRow, RulingRow, State as Stage};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardCount))
        .routes(routes!(begin).guard(Permission::CardDecide))
        .routes(routes!(find).guard(Permission::CardCount))
        .routes(routes!(drop_draft).guard(Permission::CardDecide))
        .routes(routes!(rule).guard(Permission::CardDecide))
        .routes(routes!(unrule).guard(Permission::CardDecide))
        .routes(routes!(adopt).guard(Permission::CardDecide))
        .merge(subjects::routes())
        .merge(exceptions::routes())
        .merge(told::routes())
        .merge(papers::routes())
        .merge(sheet::routes())
}

/// Longest reason of a ruling, and longest title, in characters.
const REASON_MAX: usize = 500;

/// Most people who sign a decree.
const SIGNATORIES_MAX: usize = 6;

/// So long an adopted list is kept at least, where nobody says otherwise.
const KEEP_YEARS: u32 = 10;

/// Most years that somebody can say.
const KEEP_YEARS_MAX: u32 = 50;

/// How many stand where on a list that was adopted.
pub(super) fn counts(result: Option<&serde_json::Value>) -> Option<Counts> {
    serde_json::from_value(result?.clone()).ok()
}

/// Beside which list it is laid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardBaseline)]
struct Baseline {
    /// `list`, `running` or `none`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The number of the adopted list.
    number: Option<i64>,
}

/// That a list was adopted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAdopted)]
struct AdoptedView {
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Who said so.
    by_name: Option<String>,
    /// By which decree.
    decree: Option<Decree>,
    /// SHA-256 of its cover, in hexadecimal: what the decree names.
    sha256: String,
    /// Until then nothing that it rests on is taken away.
    #[schema(value_type = Option<i64>)]
    keep_until_us: Option<Wall>,
}

/// How far a list has come that is being adopted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAdopting)]
struct Adopted {
    /// Rows that are written,
    done: u64,
    /// of so many.
    of: u64,
}

/// Why adopting a list came to nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAdoptionFailure)]
struct FailureView {
    /// The last part of the type of a problem: `corrupt`.
    problem: String,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
}

/// A list of who receives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDecision)]
pub(super) struct DecisionView {
    /// Its number.
    number: i64,
    /// `draft`, `writing`, `adopted` or `dropped`.
    #[schema(value_type = String)]
    state: &'static str,
    /// By which programme,
    slug: String,
    /// which version,
    version: i64,
    /// what that is called,
    programme_name: String,
    /// of whom it judges: `keluarga` or `orang`,
    #[schema(value_type = String)]
    subject: &'static str,
    /// what is given,
    item: String,
    /// in which unit,
    unit: String,
    /// how many to each,
    amount: u32,
    /// and what one gets in a cycle, in rupiah. Null: not known.
    rupiah_each: Option<i64>,
    /// By which examination.
    run: i64,
    /// On which day.
    #[schema(value_type = String)]
    day: Day,
    /// What the list is called.
    title: String,
    /// Beside which list.
    baseline: Baseline,
    /// When it was begun.
    #[schema(value_type = i64)]
    began_us: Wall,
    /// By whom.
    by_name: Option<String>,
    /// How many stand where, of a list that is adopted.
    tally: Option<Counts>,
    /// That it was adopted.
    adopted: Option<AdoptedView>,
    /// How far it has come, while it is being adopted.
    stage: Option<Adopted>,
    /// How many families receive by it of which nobody is known as a head: they may be parts
    /// of others, under a slip of a number, and be paid twice. Null: its rules let in no such
    /// family, or judge persons; and of drafts that are not asked for alone.
    headless: Option<u64>,
    /// Why the last adoption came to nothing. Null: it did not, or was begun again.
    failure: Option<FailureView>,
}

type Names = BTreeMap<Id<Person>, String>;

fn view(room: &Room, names: &Names, row: &DecisionRow, kept: &Kept) -> DecisionView {
    let programme = &kept.programme;
    let adopted = row.adopted.zip(row.sha256.clone());
    DecisionView {
        number: row.number,
        state: row.state.as_str(),
        slug: row.slug.clone(),
        version: row.version,
        programme_name: programme.name.clone(),
        subject: programme.subject.as_str(),
        item: programme.item.clone(),
        unit: programme.unit.clone(),
        amount: programme.amount,
        rupiah_each: programme.rupiah_each(),
        run: row.run,
        day: row.on,
        title: row.title.clone(),
        baseline: Baseline {
            kind: match (row.baseline, programme.subject) {
                (Some(_), _) => "list",
                (None, Subject::Family) => "running",
                (None, Subject::Person | Subject::Business) => "none",
            },
            number: row.baseline,
        },
        began_us: row.began,
        by_name: names.get(&row.by).cloned(),
        tally: counts(row.result.as_ref()),
        adopted: adopted.map(|(at_us, sha256)| AdoptedView {
            at_us,
            by_name: row.adopted_by.and_then(|by| names.get(&by).cloned()),
            decree: row
                .decree
                .clone()
                .and_then(|decree| serde_json::from_value(decree).ok()),
            sha256,
            keep_until_us: row.keep_until,
        }),
        stage: room
            .adopting(row.number)
            .map(|(done, of)| Adopted { done, of }),
        headless: row.headless.map(i64::cast_unsigned),
        failure: row.failure.as_ref().map(|it| FailureView {
            problem: it.problem.clone(),
            at_us: it.at,
        }),
    }
}

/// Which lists.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only of this programme.
    slug: Option<String>,
    /// Only `draft`, `writing`, `adopted` or `dropped` ones.
    state: Option<String>,
    /// Lists of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDecisions)]
struct Decisions {
    /// The newest first.
    items: Vec<DecisionView>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Lists of who receives, the newest first.
#[utoipa::path(get, path = "/api/v1/card/decisions", tag = "card", params(Filter),
    responses((status = 200, body = Decisions)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Decisions>, Problem> {
    let limit = super::limit(filter.limit)?;
    let state = match filter.state.as_deref() {
        None => None,
        Some(word) => Some(
            Stage::parse(word)
                .ok_or_else(|| super::refuse("state", "use draft, writing, adopted or dropped"))?,
        ),
    };
    let behind = super::behind(filter.cursor.as_deref())?;
    let mut read = hall.db().read().await?;
    let most = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let slug = filter.slug.as_deref();
    let mut found = rows::some(&mut read, slug, state, behind, most).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let names = staff::names(&mut read).await?;
    let mut items = Vec::with_capacity(found.len());
    for row in &found {
        let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
        items.push(view(&room, &names, row, &kept));
    }
    let next = found.last().filter(|_| more);
    Ok(axum::Json(Decisions {
        items,
        next: next.map(|row| row.number.to_string()),
    }))
}

/// A draft.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardDecisionForm, example = json!({ "slug": "pangan" }))]
struct BeginForm {
    /// By which programme.
    slug: String,
    /// In which version; the newest when left out.
    #[serde(default)]
    version: Option<i64>,
    /// The day by which ages go; today when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    day: Option<Day>,
    /// What the list is called; as the programme when left out.
    #[serde(default)]
    title: Option<String>,
}

/// Begins a draft: who should receive by a programme, as the newest examination knows, beside
/// the list before. Of one programme there is one draft at a time.
#[utoipa::path(post, path = "/api/v1/card/decisions", tag = "card", request_body = BeginForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = DecisionView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn begin(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body: form, once }: Keyed<BeginForm>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let title = line::read_maybe("title", form.title.as_deref(), REASON_MAX)?;
    let begin = Begin {
        slug: form.slug,
        version: form.version,
        on: form.day,
        title,
    };
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    let number = draft::begin(&hall, &who, &mut tx, begin).await?;
    let row = draft::find(&mut tx, number).await?;
    let kept = programme::find(&mut tx, &row.slug, Some(row.version)).await?;
    let names = staff::names(&mut tx).await?;
    let view = view(&room, &names, &row, &kept);
    let location = format!("/api/v1/card/decisions/{number}");
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What somebody ruled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRuling)]
pub(super) struct RulingView {
    /// `remove` or `hold`.
    #[schema(value_type = String)]
    answer: &'static str,
    /// Why.
    reason: String,
    /// Who.
    by_name: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
}

impl RulingView {
    fn new(names: &Names, ruling: &RulingRow) -> Self {
        Self {
            answer: ruling.answer.as_str(),
            reason: ruling.reason.clone(),
            by_name: names.get(&ruling.by).cloned(),
            at_us: ruling.at,
        }
    }
}

/// Those who receive and would not any more, since the same rule is the first to speak against.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardGroup)]
struct GroupView {
    /// How it is called: the rule and `fails` or `unknown`.
    id: String,
    /// The rule; `absent` for those of whom no list tells any more.
    rule: String,
    /// What it is called.
    rule_name: String,
    /// Its legal source.
    source: Option<String>,
    /// `fails` or `unknown`.
    #[schema(value_type = String)]
    truth: &'static str,
    /// Whether they may be removed in bulk.
    in_bulk: bool,
    /// How many, in the area of the caller.
    subjects: u64,
    /// Those of them about whom nobody decided alone.
    open: u64,
    /// What they get in a cycle. Null: not known.
    rupiah: Option<i64>,
    /// What was ruled about those; null: nothing yet.
    ruling: Option<RulingView>,
}

/// What was decided about one subject each.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardExceptionCounts)]
struct ExceptionCounts {
    /// Who receives by it.
    include: u64,
    /// Who does not.
    exclude: u64,
}

/// A list, with all that there is to decide by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDecisionWhole)]
struct WholeView {
    #[serde(flatten)]
    decision: DecisionView,
    /// How many stood where before, in the area of the caller.
    before: Counts,
    /// How many stand where, in the area of the caller.
    now: Counts,
    /// From where to where.
    moves: Vec<Move>,
    /// Those on whom a person has to rule.
    groups: Vec<GroupView>,
    /// Decisions about one subject each that count in this programme.
    exceptions: ExceptionCounts,
    /// Of all of them: who received and about whom nobody decided yet.
    undecided: u64,
    /// Of all of them: who would receive, held and undecided ones with them. Whoever adopts
    /// the list says this number.
    receiving: u64,
    /// By regency.
    by_area: Vec<AreaPart>,
    /// By decile.
    by_decile: Vec<DecilePart>,
    /// By rule.
    by_rule: Vec<RulePart>,
    /// What to know before believing it.
    hints: Vec<Hint>,
    /// The newest version of the programme.
    newest_version: i64,
}

fn receiving(laid: &Laid) -> (u64, u64) {
    let counts = Counts::new(&laid.tally(), None);
    let receiving = counts.included + counts.held + counts.undecided;
    (receiving, counts.undecided)
}

async fn whole(hall: &Hall, room: &Room, who: &Who, number: i64) -> Result<WholeView, Problem> {
    let mut read = hall.db().read().await?;
    let row = draft::find(&mut read, number).await?;
    let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
    let newest = programme::find(&mut read, &row.slug, None).await?;
    let names = staff::names(&mut read).await?;
    drop(read);
    let laid = decide::lay(hall, room, &row).await?;
    let sight = Sight::new(&laid.weighed.facts, who, Permission::CardCount);
    let it = laid.clone();
    let (compared, groups, (receiving, undecided), headless) =
        decide::counting(hall, room, "counting a list", move || {
            let compared = it.compare(5, &sight, false);
            let headless = it.headless(None);
            Ok((compared, it.groups(&sight), self::receiving(&it), headless))
        })
        .await?;
    let mut read = hall.db().read().await?;
    let hints = simulate::hints(hall, &mut read, &laid, row.run).await?;
    drop(read);
    let each = kept.programme.rupiah_each();
    let exceptions = laid.decided.exceptions.values();
    let includes = exceptions.clone().filter(|it| it.as_str() == "include");
    let include = includes.count() as u64;
    Ok(WholeView {
        decision: DecisionView {
            headless,
            ..view(room, &names, &row, &kept)
        },
        before: Counts::new(&compared.whole.before, each),
        now: Counts::new(&compared.whole.now, each),
        moves: simulate::moves(&compared, each),
        groups: groups
            .into_iter()
            .map(|(id, counts)| group(&names, &kept, &laid, id, counts))
            .collect(),
        exceptions: ExceptionCounts {
            include,
            exclude: exceptions.len() as u64 - include,
        },
        undecided,
        receiving,
        by_area: simulate::by_area(room, &compared, each),
        by_decile: simulate::by_decile(&compared, each),
        by_rule: simulate::by_rule(&kept.programme, &compared),
        hints,
        newest_version: newest.row.version,
    })
}

fn group(
    names: &Names,
    kept: &Kept,
    laid: &Laid,
    id: String,
    (subjects, open): (u64, u64),
) -> GroupView {
    let (rule, truth) = id.rsplit_once(':').unwrap_or((&id, ""));
    let known = kept.programme.rules.iter().find(|it| it.id == rule);
    let ruling = laid.decided.rulings.get(&id);
    let each = kept.programme.rupiah_each();
    let count = i64::try_from(subjects).ok();
    GroupView {
        rule_name: match known {
            Some(rule) => rule.name.clone(),
            None => "Tidak ada lagi di daftar mana pun".to_owned(),
        },
        source: known.and_then(|rule| rule.source.clone()),
        truth: Against::parse(truth).map_or("unknown", Against::as_str),
        in_bulk: known.is_none_or(|rule| rule.in_bulk),
        rupiah: each.zip(count).and_then(|(each, n)| each.checked_mul(n)),
        ruling: ruling.map(|ruling| RulingView::new(names, ruling)),
        rule: if known.is_some() { rule } else { ABSENT }.to_owned(),
        id,
        subjects,
        open,
    }
}

/// One list, with all that there is to decide by.
#[utoipa::path(get, path = "/api/v1/card/decisions/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the list")),
    responses((status = 200, body = WholeView), (status = 404), (status = 409)))]
async fn find(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<axum::Json<WholeView>, Problem> {
    Ok(axum::Json(whole(&hall, &room, &who, number).await?))
}

/// Gives a draft up. Nothing of it counts; it stays on record.
#[utoipa::path(delete, path = "/api/v1/card/decisions/{number}", tag = "card",
    params(("number" = i64, Path, description = "of the list")),
    responses((status = 204), (status = 403), (status = 404), (status = 409)))]
async fn drop_draft(
    State(hall): State<Hall>,
    who: Who,
    Path(number): Path<i64>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let mut tx = hall.db().write().await?;
    draft::open(&mut tx, number).await?;
    if !rows::moves(&mut tx, number, Stage::Draft, Stage::Dropped).await? {
        return Err(draft::done());
    }
    let act = Act {
        verb: "card_decision.dropped",
        subject: format!("list {number}"),
        detail: json!({}),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(problem::no_content())
}

/// A ruling.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardRulingForm, example = json!({ "answer": "hold", "reason": "menunggu verifikasi lapangan" }))]
struct RulingForm {
    /// `remove`: they leave the list. `hold`: they stay on it meanwhile.
    answer: String,
    /// Why.
    reason: String,
}

/// Rules on a group: what becomes of those who receive and would not any more by one rule.
#[utoipa::path(put, path = "/api/v1/card/decisions/{number}/rulings/{group}", tag = "card",
    request_body = RulingForm,
    params(("number" = i64, Path, description = "of the list"),
        ("group" = String, Path, description = "`desil:fails`")),
    responses((status = 200, body = WholeView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn rule(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((number, group)): Path<(i64, String)>,
    Json(form): Json<RulingForm>,
) -> Result<axum::Json<WholeView>, Problem> {
    decide::require(&who)?;
    let answer =
        Answer::parse(&form.answer).ok_or_else(|| line::refuse("answer", "use remove or hold"))?;
    let reason = line::read("reason", &form.reason, REASON_MAX)?;
    let mut read = hall.db().read().await?;
    let row = draft::find(&mut read, number).await?;
    drop(read);
    let weighed = decide::weigh(&hall, &room, &row).await?;
    let mut tx = hall.db().write().await?;
    draft::open(&mut tx, number).await?;
    let ruled = (group.as_str(), answer, reason);
    draft::rule(&hall, &who, &mut tx, &weighed, number, ruled).await?;
    tx.commit().await?;
    Ok(axum::Json(whole(&hall, &room, &who, number).await?))
}

/// Takes a ruling back.
#[utoipa::path(delete, path = "/api/v1/card/decisions/{number}/rulings/{group}", tag = "card",
    params(("number" = i64, Path, description = "of the list"),
        ("group" = String, Path, description = "`desil:fails`")),
    responses((status = 200, body = WholeView), (status = 403), (status = 404), (status = 409)))]
async fn unrule(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((number, group)): Path<(i64, String)>,
) -> Result<axum::Json<WholeView>, Problem> {
    decide::require(&who)?;
    let mut tx = hall.db().write().await?;
    draft::open(&mut tx, number).await?;
    if !rows::unrule(&mut tx, number, &group).await? {
        return Err(Problem::not_found(
            "card-group",
            "Nobody has ruled on such a group.",
        ));
    }
    let act = Act {
        verb: "card_decision.unruled",
        subject: format!("list {number}"),
        detail: json!({ "group": group }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(axum::Json(whole(&hall, &room, &who, number).await?))
}

/// The decree that adopts a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardAdoption)]
struct AdoptForm {
    /// How many receive by it: exactly what the list says as `receiving`.
    receiving: u64,
    /// The number of the decree.
    decree: String,
    /// Its day.
    #[schema(value_type = String)]
    decree_day: Day,
    /// Who signs it, one to six.
    signatories: Vec<Signatory>,
    /// That lists came or went, or rules were written, since it was begun, and that it is to be
    /// adopted all the same.
    #[serde(default)]
    though_stale: bool,
    /// How many years it is kept at least, 1 to 50; ten when left out.
    #[serde(default)]
    keep_years: Option<u32>,
}

impl AdoptForm {
    fn decree(&self) -> Result<Decree, Problem> {
        if !(1..=SIGNATORIES_MAX).contains(&self.signatories.len()) {
            return Err(line::refuse("signatories", "name one to six people"));
        }
        let signatories = self.signatories.iter().map(|it| {
            Ok(Signatory {
                name: line::read("signatories.name", &it.name, 200)?,
                office: line::read("signatories.office", &it.office, 200)?,
            })
        });
        Ok(Decree {
            number: line::read("decree", &self.decree, 200)?,
            day: self.decree_day.to_string(),
            signatories: signatories.collect::<Result<_, Problem>>()?,
        })
    }
}

/// Adopts a draft: its rows are written, hashed, and never changed again. The answer comes at
/// once; the list tells how far it has come.
#[utoipa::path(post, path = "/api/v1/card/decisions/{number}/adoption", tag = "card",
    request_body = AdoptForm, params(("number" = i64, Path, description = "of the list")),
    responses((status = 202, body = DecisionView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn adopt(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(number): Path<i64>,
    Json(form): Json<AdoptForm>,
) -> Result<Response, Problem> {
    decide::require(&who)?;
    let decree = form.decree()?;
    let years = form.keep_years.unwrap_or(KEEP_YEARS);
    if !(1..=KEEP_YEARS_MAX).contains(&years) {
        return Err(line::refuse("keep_years", "use 1 to 50"));
    }
    let mut read = hall.db().read().await?;
    let row = draft::find(&mut read, number).await?;
    drop(read);
    adopt::heal(&hall, &room, &row).await?;
    let mut read = hall.db().read().await?;
    let row = draft::find(&mut read, number).await?;
    drop(read);
    if row.state != Stage::Draft {
        return Err(draft::done());
    }
    let at = hall.now().wall;
    let laid = decide::lay_at(&hall, &room, &row, at).await?;
    let mut read = hall.db().read().await?;
    let newest = programme::find(&mut read, &row.slug, None).await?;
    let hints = simulate::hints(&hall, &mut read, &laid, row.run).await?;
    drop(read);
    let is_stale =
        newest.row.version != row.version || hints.iter().any(|hint| hint.kind == "lists_newer");
    if is_stale && !form.though_stale {
        return Err(Problem::conflict(
            "card-stale",
            "Lists came or went, or the rules were written anew, since this draft was begun: drop it and begin another, or say that it is known.",
        ));
    }
    if !laid.weighed.programme.is_in_force(row.on) {
        return Err(Problem::conflict(
            "card-not-in-force",
            "The programme is not in force on the day of the list.",
        ));
    }
    let counted = laid.clone();
    let (receiving, undecided) = decide::counting(&hall, &room, "counting a list", move || {
        Ok(self::receiving(&counted))
    })
    .await?;
    if undecided > 0 {
        return Err(Problem::conflict(
            "card-undecided",
            "Some receive now and nobody has decided about them yet: rule on their groups.",
        )
        .field("undecided", undecided.to_string()));
    }
    if receiving != form.receiving {
        return Err(Problem::conflict(
            "card-count",
            "The list has changed since it was looked at: look again, and say its number.",
        )
        .field("receiving", receiving.to_string()));
    }
    let days = i32::try_from(years * 366).unwrap_or(i32::MAX);
    let last = hall.today().plus(days).unwrap_or_else(|| hall.today());
    let adopting = Adopting {
        row,
        laid,
        at,
        decree,
        keep_until: hall.end_of(last),
    };
    adopt::begin(&hall, &room, &who, adopting).await?;
    let mut read = hall.db().read().await?;
    let row = draft::find(&mut read, number).await?;
    let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
    let names = staff::names(&mut read).await?;
    let view = view(&room, &names, &row, &kept);
    Ok(problem::accepted(axum::Json(view)))
}
