//! Rules tried before anybody adopts them: who would enter, who would leave, at what cost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::area::AreaCode;
use base::day::Day;
use card_core::compare::{Compared, Near, Part};
use card_core::rule::{Column, Programme, Subject, Test, Verdict};
use hall::Hall;
use hall::guard::{Permission, Who};
use hall::problem::Problem;
use serde::Serialize;
use store::Conn;
use utoipa::ToSchema;

use super::adopt::Counts;
use super::{Beside, Decided, Laid, Sight, Weighed, counting};
use crate::examine;
use crate::facts;
use crate::room::Room;
use crate::sql::run;
use crate::subject::SubjectId;

/// How many went from where to where.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardMove)]
pub(crate) struct Move {
    /// `included`, `excluded` or `unknown`.
    #[schema(value_type = String)]
    before: &'static str,
    /// The same.
    #[schema(value_type = String)]
    now: &'static str,
    /// How many.
    subjects: u64,
    /// What they get in a cycle, or got. Null: not known.
    rupiah: Option<i64>,
}

/// One area, before and now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAreaPart)]
pub(crate) struct AreaPart {
    /// Its code; null for those of whom no area is known.
    #[schema(value_type = Option<String>)]
    code: Option<AreaCode>,
    /// What it is called.
    name: Option<String>,
    /// Before.
    before: Counts,
    /// Now.
    now: Counts,
    /// Who receives now and did not.
    enters: u64,
    /// Who does not and did.
    leaves: u64,
}

/// One decile, before and now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardDecilePart)]
pub(crate) struct DecilePart {
    /// 1 to 10; null for those of whom it is not known.
    decile: Option<u8>,
    /// Before.
    before: Counts,
    /// Now.
    now: Counts,
    /// Who receives now and did not.
    enters: u64,
    /// Who does not and did.
    leaves: u64,
}

/// What one rule does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRuleCount)]
pub(crate) struct RulePart {
    /// Its id in the programme.
    rule: String,
    /// What it is called.
    name: String,
    /// Against whom it speaks.
    against: u64,
    /// Of whom it is not known whether it does.
    unknown: u64,
    /// Against whom it alone speaks, all others being in favour.
    only: u64,
    /// Of those who received: against whom it speaks first,
    leaves: u64,
    /// and of whom it is the first that is not known.
    leaves_unknown: u64,
}

/// So many are so far from a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardMarginCount)]
pub(crate) struct MarginCount {
    /// By how much one number would have to change.
    distance: u32,
    /// How many.
    subjects: u64,
}

/// Who is how far from a line of one column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardMargins)]
pub(crate) struct Margins {
    /// The column whose number would have to change.
    #[schema(value_type = String)]
    column: &'static str,
    /// What it is, in Indonesian.
    #[schema(value_type = String)]
    about_id: &'static str,
    /// What it is, in English.
    #[schema(value_type = String)]
    about_en: &'static str,
    /// Those inside, from a line that would let them out.
    inside: Vec<MarginCount>,
    /// Those outside, from a line that would let them in.
    outside: Vec<MarginCount>,
}

/// Something to know before believing a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardHint)]
pub(crate) struct Hint {
    /// `aid_without_list` (no list of a programme of other aid has come in: what is asked of
    /// it is unknown of everybody), `no_deaths`, `no_moves`, `not_in_force`, `lists_newer`
    /// (lists came or went since the examination), `absent` (so many received of whom no list
    /// tells any more), `merged` (so many received under two ids and were found to be one),
    /// `contrary` (so many decisions about one subject say another thing than the rules do
    /// now), `strange` (so many are about nobody who is known), `aid_without_rows` (a list of
    /// other aid has no row of a regency), `no_businesses` (no list of household businesses has
    /// come in) or `owners_unknown` (of so many businesses no other list knows the owner).
    #[schema(value_type = String)]
    pub(crate) kind: &'static str,
    /// Which.
    pub(crate) value: Option<String>,
}

/// Somebody near a line.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    pub(crate) subject: SubjectId,
    pub(crate) area: Option<AreaCode>,
    pub(crate) verdict: Verdict,
    pub(crate) rule: String,
    pub(crate) column: Column,
    pub(crate) value: i32,
    pub(crate) line: i32,
    pub(crate) distance: u32,
    /// The row that stands for the subject.
    pub(crate) row: (i64, u32),
}

/// What is compared with what.
pub(crate) struct Trial {
    pub(crate) programme: Programme,
    pub(crate) run: i64,
    pub(crate) on: Day,
    pub(crate) beside: Beside,
    pub(crate) letters: usize,
}

/// What came of it.
pub(crate) struct Tried {
    pub(crate) laid: Laid,
    pub(crate) compared: Compared,
    pub(crate) nearest: Vec<Nearest>,
    /// Included families without a head, where the rules do not ask for one.
    pub(crate) headless: Option<u64>,
}

/// Tries rules.
pub(crate) async fn run(
    hall: &Hall,
    room: &Room,
    who: &Who,
    trial: Trial,
) -> Result<Tried, Problem> {
    let facts = facts::open(hall, room, trial.run).await?;
    let sight = Sight::new(&facts, who, Permission::CardCount);
    let near_sight = Sight::new(&facts, who, Permission::CardRead);
    counting(hall, room, "trying rules", move || {
        let Trial {
            programme,
            on,
            beside,
            letters,
            ..
        } = trial;
        let weighed = Weighed::new(programme, facts, on, beside);
        // Nobody has ruled on what is only tried: rules alone say who would leave.
        let laid = Laid::new(Arc::new(weighed), Decided::default()).by_rules_alone();
        let compared = laid.compare(letters, &sight, true);
        let near = compared.lines.iter();
        let near = near.flat_map(|line| line.nearest_in.iter().chain(&line.nearest_out));
        let nearest = near
            .filter_map(|near| nearest(&laid.weighed, near))
            .filter(|it| near_sight.sees(it.area.as_ref()))
            .collect();
        Ok(Tried {
            headless: laid.headless(Some(&sight)),
            laid,
            compared,
            nearest,
        })
    })
    .await
}

fn nearest(weighed: &Weighed, near: &Near) -> Option<Nearest> {
    let programme = &weighed.programme;
    Some(Nearest {
        subject: weighed.subject(near.at),
        area: weighed.area(near.at),
        verdict: weighed.judged.verdict(near.at),
        rule: programme.rules.get(near.margin.rule)?.id.clone(),
        column: near.margin.column,
        value: near.margin.value,
        line: near.margin.line,
        distance: near.margin.distance,
        row: weighed.row(near.at),
    })
}

/// How many went from where to where.
pub(crate) fn moves(compared: &Compared, each: Option<i64>) -> Vec<Move> {
    let mut moves = Vec::new();
    for before in Verdict::ALL {
        for now in Verdict::ALL {
            let subjects = compared.moves[before as usize][now as usize];
            if subjects > 0 {
                let count = i64::try_from(subjects).ok();
                moves.push(Move {
                    before: before.as_str(),
                    now: now.as_str(),
                    subjects,
                    rupiah: each.zip(count).and_then(|(each, n)| each.checked_mul(n)),
                });
            }
        }
    }
    moves
}

/// By area.
pub(crate) fn by_area(room: &Room, compared: &Compared, each: Option<i64>) -> Vec<AreaPart> {
    let parts = compared.by_area.iter().map(|(code, part)| {
        let code: Option<AreaCode> = code.parse().ok();
        AreaPart {
            name: code
                .as_ref()
                .and_then(|code| room.areas().name(code))
                .map(str::to_owned),
            code,
            before: Counts::new(&part.before, each),
            now: Counts::new(&part.now, each),
            enters: part.enters,
            leaves: part.leaves,
        }
    });
    parts.collect()
}

/// By decile; those of whom it is not known first.
pub(crate) fn by_decile(compared: &Compared, each: Option<i64>) -> Vec<DecilePart> {
    let is_there = |part: &Part| *part != Part::default();
    (0_u8..)
        .zip(&compared.by_decile)
        .filter(|(_, part)| is_there(part))
        .map(|(decile, part)| DecilePart {
            decile: (decile > 0).then_some(decile),
            before: Counts::new(&part.before, each),
            now: Counts::new(&part.now, each),
            enters: part.enters,
            leaves: part.leaves,
        })
        .collect()
}

/// By rule.
pub(crate) fn by_rule(programme: &Programme, compared: &Compared) -> Vec<RulePart> {
    let rules = programme.rules.iter().zip(&compared.by_rule);
    rules
        .map(|(rule, count)| RulePart {
            rule: rule.id.clone(),
            name: rule.name.clone(),
            against: count.fails,
            unknown: count.unknown,
            only: count.only,
            leaves: count.leaves,
            leaves_unknown: count.leaves_unknown,
        })
        .collect()
}

/// How far everybody is from a line.
pub(crate) fn margins(compared: &Compared) -> Vec<Margins> {
    let counts = |of: &BTreeMap<u32, u64>| {
        of.iter()
            .map(|(distance, subjects)| MarginCount {
                distance: *distance,
                subjects: *subjects,
            })
            .collect()
    };
    let lines = compared.lines.iter();
    lines
        .map(|line| Margins {
            column: line.column.key(),
            about_id: line.column.indonesian(),
            about_en: line.column.english(),
            inside: counts(&line.inside),
            outside: counts(&line.outside),
        })
        .collect()
}

/// What to know before believing the numbers of a list.
pub(crate) async fn hints(
    hall: &Hall,
    conn: &mut Conn,
    laid: &Laid,
    number: i64,
) -> Result<Vec<Hint>, Problem> {
    let weighed = &laid.weighed;
    let mut hints = Vec::new();
    let mut tell = |kind, value: Option<String>| hints.push(Hint { kind, value });
    let facts = &weighed.facts;
    let mut asked: Vec<&String> = Vec::new();
    for (_, leaf) in weighed.programme.leaves() {
        if let (Column::Aid, Test::Gets(names)) = (leaf.column, &leaf.test) {
            asked.extend(names.iter().filter(|name| !facts.programmes.contains(name)));
        }
    }
    asked.sort_unstable();
    asked.dedup();
    for name in asked {
        tell("aid_without_list", Some(name.clone()));
    }
    let has = |kind: &str| facts.lists.iter().any(|list| list.kind == kind);
    if !has("kematian") {
        tell("no_deaths", None);
    }
    if !has("pindah") {
        tell("no_moves", None);
    }
    if weighed.programme.subject == Subject::Business {
        if !has("usaha") {
            tell("no_businesses", None);
        }
        let strange = facts.businesses.iter().filter(|it| it.owner.is_none());
        let strange = strange.count();
        if strange > 0 {
            tell("owners_unknown", Some(strange.to_string()));
        }
    }
    if !weighed.programme.is_in_force(weighed.on) {
        tell("not_in_force", Some(weighed.on.to_string()));
    }
    let (contrary, strange) = laid.contrary();
    for (kind, count) in [
        ("absent", weighed.absent.len() as u64),
        ("merged", weighed.merged.len() as u64),
        ("contrary", contrary),
        ("strange", strange),
    ] {
        if count > 0 {
            tell(kind, Some(count.to_string()));
        }
    }
    for (programme, regency) in without_rows(weighed) {
        tell("aid_without_rows", Some(format!("{programme}: {regency}")));
    }
    let newest = run::counting(conn).await?;
    let result = newest.as_ref().and_then(|run| run.result.as_ref());
    let is_old = newest.as_ref().is_some_and(|run| run.number != number);
    if is_old || examine::is_stale(hall, conn, result).await? {
        tell("lists_newer", None);
    }
    Ok(hints)
}

/// Letters of the code of a regency.
const REGENCY: usize = 5;

/// Programmes that rules ask for and regencies of which their lists have no row: whoever
/// lives there is taken not to get them.
fn without_rows(weighed: &Weighed) -> Vec<(String, String)> {
    let facts = &weighed.facts;
    let mut asked: BTreeSet<&String> = BTreeSet::new();
    for (_, leaf) in weighed.programme.leaves() {
        if let (Column::Aid, Test::Gets(names)) = (leaf.column, &leaf.test) {
            asked.extend(names);
        }
    }
    let regency = |area: Option<u32>| {
        let code = facts.areas.get(area? as usize)?;
        code.get(..REGENCY)
    };
    let mut all: BTreeSet<&str> = BTreeSet::new();
    let mut with: BTreeSet<(u8, &str)> = BTreeSet::new();
    for family in &facts.families {
        if let Some(code) = regency(family.area) {
            all.insert(code);
            for at in (0_u8..32).filter(|at| family.aid >> at & 1 == 1) {
                with.insert((at, code));
            }
        }
    }
    let mut without = Vec::new();
    for (at, name) in (0_u8..).zip(&facts.programmes) {
        if asked.contains(name) {
            let codes = all.iter().filter(|code| !with.contains(&(at, **code)));
            without.extend(codes.map(|code| (name.clone(), (*code).to_owned())));
        }
    }
    without
}
