//! How far people are with pairs, and how good the linkage is by the random sample.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use base::area::{AreaCode, AreaLevel};
use base::id::{Id, Person};
use card_core::link::Settings;
use card_core::review::{self as core, Answer, BANDS, Band, State as Stage};
use hall::Hall;
use hall::guard::{Permission, Who};
use hall::problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Telling, code, pairs};
use crate::examine::late;
use crate::review::{self, Words};
use crate::room::Room;
use crate::sql::pair::{self as rows, PairId, PairRow};
use crate::sql::run;

/// A share, and between which ones it lies with 95 % confidence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardShare)]
struct ShareView {
    /// The share, 0 to 1.
    value: f64,
    /// The lower end.
    low: f64,
    /// The upper end.
    high: f64,
}

impl From<core::Share> for ShareView {
    fn from(share: core::Share) -> Self {
        Self {
            value: share.value,
            low: share.low,
            high: share.high,
        }
    }
}

/// Compared pairs of some probability.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardBand)]
struct BandView {
    /// From this probability on,
    low: f64,
    /// to below that one.
    high: f64,
    /// All compared pairs of it.
    pairs: u64,
    /// How many of these were joined.
    joined: u64,
    /// How many are in the random sample.
    sampled: u64,
    /// On how many of those people agreed.
    reviewed: u64,
    /// How many of these are one person's.
    same: u64,
    /// Their share, by Wilson's interval.
    share: Option<ShareView>,
}

/// What joining from a probability on would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardThreshold)]
struct ThresholdView {
    /// The probability.
    at: f64,
    /// Compared pairs from there on.
    joined: u64,
    /// How many of these are one person's.
    precision: Option<ShareView>,
    /// How many of all compared pairs that are one person's lie there.
    recall: Option<ShareView>,
}

/// How often two persons agreed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardAgreed)]
struct Agreed {
    /// Pairs that two persons have answered, neither with unsure.
    both: u64,
    /// How many of these they answered alike, the first two of them.
    agree: u64,
}

/// Who has looked at pairs of the examination.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardReviewer)]
struct ReviewerView {
    /// His name; null where he is not of the staff any more.
    name: Option<String>,
    /// On how many pairs he has said something,
    pairs: u64,
    /// and how many of these are of the random sample.
    sampled: u64,
}

/// Pairs of the random sample that wait, by where they lie.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardSampleRest)]
struct RestView {
    /// The regency of the first row; null where it is not known.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// What it is called.
    area_name: Option<String>,
    /// Pairs that nobody has looked at.
    open: u64,
    /// Pairs that wait for somebody else than those who have: a second person, or whoever
    /// settles what two see differently or one was unsure of.
    another: u64,
}

/// How far people are, and how good the linkage is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPairSummary)]
pub(super) struct Summary {
    /// The examination whose pairs these are; null before the first.
    run: Option<i64>,
    /// How many pairs are in each state, in the area of the caller.
    #[schema(value_type = BTreeMap<String, u64>)]
    pairs: BTreeMap<&'static str, u64>,
    /// How many that a payment hangs on are not settled.
    pays_open: u64,
    /// How often two persons agreed.
    agreed: Agreed,
    /// Who has looked at pairs in the area of the caller, who has at most first.
    reviewers: Vec<ReviewerView>,
    /// Where the random sample waits, by regency.
    sample_rest: Vec<RestView>,
    /// Words that were said since that examination began, or a late list that they are about
    /// was taken: they count from the next on.
    not_yet_counted: u64,
    /// By how probable pairs were called.
    bands: Vec<BandView>,
    /// From which probability on pairs are joined.
    threshold: f64,
    /// Of pairs from there on so many are one person's; null until each band was reviewed.
    precision: Option<ShareView>,
    /// Of compared pairs that are one person's so many lie there. Pairs that were never
    /// compared are in no share.
    recall: Option<ShareView>,
    /// What other thresholds would do.
    thresholds: Vec<ThresholdView>,
}

/// How far people are with the pairs, how often they agree, and by the random sample how good
/// the linkage is.
#[utoipa::path(get, path = "/api/v1/card/pairs/summary", tag = "card",
    responses((status = 200, body = Summary)))]
pub(super) async fn summary(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
) -> Result<axum::Json<Summary>, Problem> {
    let mut read = hall.db().read().await?;
    let telling = Telling::new(&hall, &room, &who, &mut read).await?;
    let run = run::counting(&mut read).await?;
    let all = pairs(&mut read).await?;
    let bands = match &run {
        Some(run) => rows::bands(&mut read, run.number).await?,
        None => Vec::new(),
    };
    drop(read);
    let mut states: BTreeMap<&'static str, u64> =
        Stage::ALL.iter().map(|it| (it.as_str(), 0)).collect();
    let mut pays_open = 0;
    for pair in telling.seen(&all) {
        let (state, _) = telling.settled(pair);
        *states.entry(state.as_str()).or_default() += 1;
        pays_open += u64::from(pair.pays && state != Stage::Settled);
    }
    let sampled = review::bands(&telling.words, &all, &bands);
    let of: Vec<Band> = sampled.iter().map(|it| it.1).collect();
    let views = bands.iter().zip(&sampled).enumerate();
    let views = views.map(|(at, ((pairs, joined), (sampled, band)))| BandView {
        low: BANDS[at],
        high: BANDS.get(at + 1).copied().unwrap_or(1.0),
        pairs: *pairs,
        joined: *joined,
        sampled: *sampled,
        reviewed: band.reviewed,
        same: band.same,
        share: core::wilson(band.same, band.reviewed).map(ShareView::from),
    });
    let thresholds = (1..BANDS.len()).map(|from| ThresholdView {
        at: BANDS[from],
        joined: of.iter().skip(from).map(|band| band.pairs).sum(),
        precision: core::precision(&of, from).map(ShareView::from),
        recall: core::recall(&of, from).map(ShareView::from),
    });
    let asked = run.as_ref().map(|run| run.yardstick["threshold"].as_f64());
    let threshold = asked.flatten().unwrap_or(Settings::default().threshold);
    let from = core::band(threshold);
    let taken = run.as_ref().map(late::taken).transpose()?;
    let taken = taken.unwrap_or_default();
    let began = run.as_ref().map(|run| late::since(run, &taken));
    let until =
        |id: PairId| began.map(|began| late::counted_until(began, &taken, [id.left.0, id.right.0]));
    let words = telling.words.values().flatten();
    let since = words.filter(|word| until(word.id).is_none_or(|until| word.at >= until));
    Ok(axum::Json(Summary {
        pairs: states,
        pays_open,
        agreed: agreed(&telling.words),
        reviewers: telling.reviewers(&all),
        sample_rest: telling.sample_rest(&all),
        not_yet_counted: since.count() as u64,
        bands: views.collect(),
        threshold,
        precision: core::precision(&of, from).map(ShareView::from),
        recall: core::recall(&of, from).map(ShareView::from),
        thresholds: match bands.is_empty() {
            true => Vec::new(),
            false => thresholds.collect(),
        },
        run: run.map(|run| run.number),
    }))
}

fn agreed(words: &Words) -> Agreed {
    let mut agreed = Agreed { both: 0, agree: 0 };
    for words in words.values() {
        let mut said = words.iter().filter(|word| word.answer != Answer::Unsure);
        if let (Some(first), Some(second)) = (said.next(), said.next()) {
            agreed.both += 1;
            agreed.agree += u64::from(first.answer == second.answer);
        }
    }
    agreed
}

impl Telling<'_> {
    /// The pairs that the caller sees.
    fn seen<'p>(&self, all: &'p [PairRow]) -> impl Iterator<Item = &'p PairRow> {
        all.iter()
            .filter(|pair| self.sees(Permission::CardRead, pair))
    }

    fn reviewers(&self, all: &[PairRow]) -> Vec<ReviewerView> {
        let mut of: BTreeMap<Id<Person>, (u64, u64)> = BTreeMap::new();
        for pair in self.seen(all) {
            for word in self.words(pair) {
                let (pairs, sampled) = of.entry(word.by).or_default();
                *pairs += 1;
                *sampled += u64::from(pair.band.is_some());
            }
        }
        let view = |(by, (pairs, sampled))| ReviewerView {
            name: self.names.get(&by).cloned(),
            pairs,
            sampled,
        };
        let mut views: Vec<_> = of.into_iter().map(view).collect();
        views.sort_by(|a, b| (b.pairs, &a.name).cmp(&(a.pairs, &b.name)));
        views
    }

    fn sample_rest(&self, all: &[PairRow]) -> Vec<RestView> {
        let mut of: BTreeMap<Option<AreaCode>, (u64, u64)> = BTreeMap::new();
        for pair in self.seen(all).filter(|pair| pair.band.is_some()) {
            let area = std::iter::successors(code(&pair.areas[0]), AreaCode::parent)
                .find(|area| area.level() == AreaLevel::Regency);
            match self.settled(pair).0 {
                Stage::Settled => {}
                Stage::Open => of.entry(area).or_default().0 += 1,
                Stage::Waiting | Stage::Disputed | Stage::Unsure => {
                    of.entry(area).or_default().1 += 1
                }
            }
        }
        let view = |(area, (open, another)): (Option<AreaCode>, _)| RestView {
            area_name: self.area_name(area.as_ref()),
            area,
            open,
            another,
        };
        of.into_iter().map(view).collect()
    }
}
