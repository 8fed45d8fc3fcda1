//! How well an adopted list meets whom it is for.
//!
//! Three references, and each number says which is its own: the rules of the programme, of
//! which every error is counted; the linkage, whose own errors are carried into those as an
//! interval; and what people found at the doors of a probability sample.

mod field;

use card_core::decree::Against;
use card_core::link::Settings;
use card_core::measure::carry::{Carried, Counts};
use card_core::measure::suppress;
use card_core::review::{self as core, Band, Share};
use card_core::rule::Subject;
use hall::Hall;
use hall::guard::{Permission, Who};
use hall::problem::Problem;
use serde::Serialize;
use store::Conn;
use utoipa::ToSchema;

pub(crate) use self::field::{FieldView, FigureView};
use crate::decide::{self, Weighed, annex};
use crate::listed::{self, Errors, Listed};
use crate::programme::Kept;
use crate::review;
use crate::room::Room;
use crate::sql::decision::DecisionRow;
use crate::sql::{pair, run};

/// What a decile counts to as the poorest fifth.
const POOREST: usize = 2;

/// The share of the poorest fifth among everybody.
const FIFTH: f64 = 0.2;

/// A share, and between which ones it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = CardMeasuredShare)]
pub(crate) struct ShareView {
    /// The share, 0 to 1.
    pub(crate) share: f64,
    /// The lower end.
    pub(crate) low: f64,
    /// The upper end.
    pub(crate) high: f64,
}

impl From<Share> for ShareView {
    fn from(share: Share) -> Self {
        Self {
            share: share.value,
            low: share.low,
            high: share.high,
        }
    }
}

/// A share of all, counted, and between what it lies with the errors of the linkage and those
/// of whom it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = CardCarriedShare)]
pub(crate) struct CarriedView {
    /// The share as it is counted, 0 to 1. It need not lie between the ends.
    pub(crate) share: f64,
    /// The lower end; null while it is not known how good the linkage is.
    pub(crate) low: Option<f64>,
    /// The upper end.
    pub(crate) high: Option<f64>,
}

impl From<Carried> for CarriedView {
    fn from(carried: Carried) -> Self {
        Self {
            share: carried.exact,
            low: carried.between.map(|it| it.0),
            high: carried.between.map(|it| it.1),
        }
    }
}

/// Who receives though the rules do not include him, since one rule is the first to speak
/// against him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardRuleErrorsBy)]
pub(crate) struct ByRule {
    /// The rule; `absent` for those of whom no list tells any more.
    pub(crate) rule: String,
    /// What it is called.
    pub(crate) name: String,
    /// `fails` or `unknown`.
    #[schema(value_type = String)]
    pub(crate) truth: &'static str,
    /// How many; null where they are too few to be told.
    pub(crate) subjects: Option<u64>,
    /// Whether the number is hidden: it is below ten, or would tell one that is.
    pub(crate) suppressed: bool,
}

/// Who receives beside who should, by the rules of the programme.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardRuleErrors)]
pub(crate) struct ErrorsView {
    /// Who receives.
    pub(crate) receiving: u64,
    /// Whom of these the rules exclude,
    pub(crate) not_eligible: u64,
    /// and of whom it is not known: that is no error, and no confirmation either.
    pub(crate) unknown: u64,
    /// Whom the rules include, of all who are known.
    pub(crate) eligible: u64,
    /// Who of these does not receive.
    pub(crate) eligible_not_receiving: u64,
    /// Who does not receive either, and of whom it is not known.
    pub(crate) unknown_not_receiving: u64,
    /// Of those who receive whom the rules exclude; null where nobody receives.
    pub(crate) inclusion: Option<CarriedView>,
    /// Of those whom the rules include who does not receive; null where they include nobody.
    pub(crate) exclusion: Option<CarriedView>,
    /// By the rule that speaks first against those who receive; a rule that does not stand
    /// here speaks against nobody.
    pub(crate) by_rule: Vec<ByRule>,
}

/// What the rules say of two lists.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardRuleErrorsOf)]
pub(crate) struct RulesView {
    /// Of whoever received before, by the running list or the list before; null where nobody
    /// did.
    pub(crate) before: Option<ErrorsView>,
    /// Of whoever receives by this list.
    pub(crate) after: ErrorsView,
}

/// How good the linkage is, by the random sample of pairs that people reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = CardLinkage)]
pub(crate) struct LinkageView {
    /// Of which examination: that of the list, or the newest where its pairs are not kept
    /// any more; null where none was done.
    pub(crate) run: Option<i64>,
    /// Of joined pairs so many are one person's; null until each band was reviewed.
    pub(crate) precision: Option<ShareView>,
    /// Of compared pairs that are one person's so many were joined.
    pub(crate) recall: Option<ShareView>,
}

/// Who receives of one decile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardDecileReceiving)]
pub(crate) struct DecileView {
    /// 1 to 10; null for those of whom it is not known.
    pub(crate) decile: Option<u8>,
    /// How many; null where they are too few to be told.
    pub(crate) subjects: Option<u64>,
    /// What they get in a cycle. Null: not known, or not told.
    pub(crate) rupiah: Option<i64>,
    /// Whether the number is hidden: it is below ten, or would tell one that is.
    pub(crate) suppressed: bool,
}

/// Who receives in one regency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardRegencyReceiving)]
pub(crate) struct RegencyView {
    /// Its code; null for those of whom no area is known.
    pub(crate) code: Option<String>,
    /// What it is called.
    pub(crate) name: Option<String>,
    /// Who receives; null where they are too few to be told.
    pub(crate) receiving: Option<u64>,
    /// Whom of these the rules exclude; null where they or the others are too few to be told.
    pub(crate) by_rules_not: Option<u64>,
    /// Whether a number is hidden: it is below ten, or would tell one that is.
    pub(crate) suppressed: bool,
}

/// How well an adopted list meets whom it is for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardIndicators)]
pub(crate) struct Indicators {
    /// The number of the list.
    pub(crate) decision: i64,
    /// By which programme.
    pub(crate) programme: String,
    /// What that is called.
    pub(crate) programme_name: String,
    /// What the list is called.
    pub(crate) title: String,
    /// `family` or `person`: of whom it judges.
    #[schema(value_type = String)]
    pub(crate) subject: &'static str,
    /// The day by which it judges.
    #[schema(value_type = String)]
    pub(crate) on_day: base::day::Day,
    /// When it was adopted.
    #[schema(value_type = Option<i64>)]
    pub(crate) adopted_us: Option<base::now::Wall>,
    /// By what which examination knew.
    pub(crate) run: i64,
    /// By the rules of the programme, in the version of the list.
    pub(crate) rules: RulesView,
    /// How good the linkage is.
    pub(crate) linkage: LinkageView,
    /// Who receives by decile, those of whom it is not known last.
    pub(crate) deciles: Vec<DecileView>,
    /// Of those who receive and whose decile is known so many are of deciles 1 and 2; null
    /// where nobody is, or where it would tell a hidden number.
    pub(crate) bottom_share: Option<f64>,
    /// That share beside the fifth of everybody that these deciles are (Coady, Grosh and
    /// Hoddinott): 1 is as good as chance, 5 the best there is.
    pub(crate) targeting: Option<f64>,
    /// By regency.
    pub(crate) regencies: Vec<RegencyView>,
    /// By the newest sample of the list that has visits; null where there is none.
    pub(crate) field: Option<FieldView>,
}

/// All indicators of an adopted list, for somebody. Who visits has a part of the province: by
/// what becomes of a share while he writes an outcome down he could tell who receives, so
/// that he is told of closed samples only.
///
/// # Errors
/// `card-no-facts` if what its examination knew is not kept.
pub(crate) async fn of(
    hall: &Hall,
    room: &Room,
    who: &Who,
    row: &DecisionRow,
    kept: &Kept,
) -> Result<Indicators, Problem> {
    let (weighed, listed) = listed::of(hall, room, row).await?;
    let mut read = hall.db().read().await?;
    let linkage = linkage(&mut read, row.run).await?;
    let with_open = decide::is_whole(who, Permission::CardCount);
    let field = field::of(room, &mut read, row.number, with_open).await?;
    let programme = &kept.programme;
    let (bottom_share, deciles) = deciles(&listed, programme.rupiah_each());
    let view = |errors: &Errors| errors_view(&weighed, errors, &linkage);
    Ok(Indicators {
        decision: row.number,
        programme: row.slug.clone(),
        programme_name: programme.name.clone(),
        title: row.title.clone(),
        subject: match programme.subject {
            Subject::Family => "family",
            Subject::Person => "person",
            Subject::Business => "business",
        },
        on_day: row.on,
        adopted_us: row.adopted,
        run: row.run,
        rules: RulesView {
            before: listed.before.as_ref().map(view),
            after: view(&listed.after),
        },
        linkage: LinkageView {
            run: linkage.run,
            precision: linkage.precision.map(ShareView::from),
            recall: linkage.recall.map(ShareView::from),
        },
        deciles,
        targeting: bottom_share.map(|share| share / FIFTH),
        bottom_share,
        regencies: regencies(room, &listed),
        field,
    })
}

/// How good the linkage is.
#[derive(Debug, Clone, Copy)]
struct Linkage {
    run: Option<i64>,
    precision: Option<Share>,
    recall: Option<Share>,
}

/// By the pairs of an examination; where they are not kept any more by those of the newest,
/// which joins by the same measure.
async fn linkage(conn: &mut Conn, number: i64) -> Result<Linkage, Problem> {
    let mut number = Some(number);
    let mut counts = pair::bands(conn, number.unwrap_or_default()).await?;
    if counts.is_empty() {
        number = run::counting(conn).await?.map(|run| run.number);
        counts = match number {
            Some(number) => pair::bands(conn, number).await?,
            None => Vec::new(),
        };
    }
    let pairs = match number {
        Some(number) => pair::sampled(conn, number).await?,
        None => Vec::new(),
    };
    let words = review::words(conn).await?;
    let bands = review::bands(&words, &pairs, &counts);
    let bands: Vec<Band> = bands.into_iter().map(|it| it.1).collect();
    let joined = match number {
        Some(number) => run::find(conn, number).await?,
        None => None,
    };
    let threshold = joined.and_then(|run| run.yardstick["threshold"].as_f64());
    let from = core::band(threshold.unwrap_or(Settings::default().threshold));
    let known = !counts.is_empty();
    Ok(Linkage {
        run: number,
        precision: core::precision(&bands, from).filter(|_| known),
        recall: core::recall(&bands, from).filter(|_| known),
    })
}

fn errors_view(weighed: &Weighed, errors: &Errors, linkage: &Linkage) -> ErrorsView {
    let (precision, recall) = (linkage.precision, linkage.recall);
    let missing = errors.eligible_not_receiving;
    let counts = Counts {
        excluded: errors.not_eligible,
        served: errors.eligible - missing,
        unknown: errors.unknown,
        missing,
        missing_unknown: errors.unknown_not_receiving,
    };
    ErrorsView {
        receiving: errors.receiving,
        not_eligible: errors.not_eligible,
        unknown: errors.unknown,
        eligible: errors.eligible,
        eligible_not_receiving: missing,
        unknown_not_receiving: errors.unknown_not_receiving,
        inclusion: counts.inclusion(precision, recall).map(CarriedView::from),
        exclusion: counts.exclusion(precision, recall).map(CarriedView::from),
        by_rule: by_rule(weighed, errors),
    }
}

/// Who receives though the rules do not include him, by rule; those against whom a rule
/// speaks and those of whom it is not known have a sum each.
fn by_rule(weighed: &Weighed, errors: &Errors) -> Vec<ByRule> {
    let rules = &weighed.programme.rules;
    let mut lines = Vec::new();
    for against in [Against::Fails, Against::Unknown] {
        // Those of whom no list tells any more stand below the rules of whom it is not known.
        let absent = (against == Against::Unknown).then_some(None);
        let places = (0..rules.len()).map(Some).chain(absent);
        let places: Vec<Option<usize>> = places.collect();
        let count = |rule: &Option<usize>| {
            let count = errors.by_rule.get(&(*rule, against));
            count.copied().unwrap_or_default()
        };
        let counts: Vec<u64> = places.iter().map(count).collect();
        let shown = suppress::below(&counts);
        for (place, subjects) in places.into_iter().zip(shown) {
            if subjects == Some(0) {
                continue;
            }
            let known = place.and_then(|at| rules.get(at));
            let name = known.map_or("Tidak ada lagi di daftar mana pun", |it| &it.name);
            lines.push(ByRule {
                rule: listed::rule_id(weighed, place).to_owned(),
                name: name.to_owned(),
                truth: against.as_str(),
                suppressed: subjects.is_none(),
                subjects,
            });
        }
    }
    lines
}

/// The share of the poorest fifth, and who receives by decile.
fn deciles(listed: &Listed, each: Option<i64>) -> (Option<f64>, Vec<DecileView>) {
    // Those of whom it is not known stand last.
    let mut counts = listed.deciles;
    counts.rotate_left(1);
    let known = counts.len() - 1;
    // A share of some is a sum more: of the poorest, of the others who are known, and so of
    // those who are not.
    let (cells, tells) = suppress::grouped(&[
        &counts[..POOREST],
        &counts[POOREST..known],
        &counts[known..],
    ]);
    let all: u64 = counts[..known].iter().sum();
    let poorest: u64 = counts[..POOREST].iter().sum();
    let share = (tells && all > 0).then(|| float(poorest) / float(all));
    let views = (1_u8..).zip(cells).map(|(decile, subjects)| DecileView {
        decile: (usize::from(decile) <= known).then_some(decile),
        rupiah: subjects.and_then(|it| each?.checked_mul(i64::try_from(it).ok()?)),
        suppressed: subjects.is_none(),
        subjects,
    });
    (share, views.collect())
}

#[expect(clippy::cast_precision_loss, reason = "counts of people")]
const fn float(count: u64) -> f64 {
    count as f64
}

fn regencies(room: &Room, listed: &Listed) -> Vec<RegencyView> {
    let counts: Vec<(u64, u64)> = listed.regencies.values().copied().collect();
    let views = listed.regencies.keys().zip(suppress::by_place(&counts));
    let views = views.map(|(code, (receiving, by_rules_not))| RegencyView {
        name: annex::village(room, code).map(|(_, name)| name.to_owned()),
        code: (!code.is_empty()).then(|| code.to_owned()),
        suppressed: receiving.is_none() || by_rules_not.is_none(),
        receiving,
        by_rules_not,
    });
    views.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(deciles: [u64; 11]) -> Listed {
        Listed {
            receives: Vec::new(),
            absent: 0,
            after: Errors::default(),
            before: None,
            deciles,
            regencies: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn small_cells_are_hidden_and_so_is_what_would_tell_them() {
        let large = [40, 100, 60, 30, 20, 15, 0, 0, 0, 0, 0];
        let (share, cells) = deciles(&listed(large), Some(2));
        assert_eq!(share, Some(160.0 / 225.0));
        assert_eq!(cells.len(), 11);
        assert_eq!(
            (cells[0].decile, cells[0].subjects, cells[0].rupiah),
            (Some(1), Some(100), Some(200))
        );
        assert_eq!((cells[10].decile, cells[10].subjects), (None, Some(40)));
        assert!(cells.iter().all(|cell| !cell.suppressed));
        // One small cell hides a second one; where both are of the poorest the sum stays.
        let (share, cells) = deciles(&listed([40, 3, 17, 30, 20, 30, 0, 0, 0, 0, 0]), Some(2));
        let hidden = cells.iter().filter(|cell| cell.suppressed).count();
        assert_eq!(
            (cells[0].subjects, cells[0].rupiah, hidden),
            (None, None, 2)
        );
        assert_eq!(share, Some(0.2));
        // Those of whom it is not known are a few: the share would tell them.
        let (share, cells) = deciles(&listed([7, 30, 40, 20, 50, 4, 0, 0, 0, 0, 0]), None);
        assert!(cells[4].suppressed && cells[10].suppressed);
        assert_eq!(share, None);
        // One of the poorest and one of the others: each is hidden by one of its own.
        let (share, cells) = deciles(&listed([50, 3, 60, 4, 70, 80, 0, 0, 0, 0, 0]), None);
        let hidden = |at: usize| cells[at].suppressed;
        assert!(hidden(0) && hidden(1) && hidden(2) && hidden(3) && !hidden(4));
        assert_eq!(share, Some(63.0 / 217.0));
    }
}
