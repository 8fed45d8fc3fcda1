//! What people found at the doors of a sample.

use base::now::Wall;
use card_core::measure::{Bounds, Figure};
use hall::problem::Problem;
use serde::Serialize;
use store::Conn;
use utoipa::ToSchema;

use super::ShareView;
use crate::decide::annex;
use crate::room::Room;
use crate::sample::{Drawing, measure};
use crate::sql::sample as rows;

/// A share that was estimated from visits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardFigure)]
pub(crate) struct FigureView {
    /// The share; null where it is not known.
    pub(crate) share: Option<ShareView>,
    /// Why it is not known: `no-visits`, `too-few` or `nothing-of-it`. Null where it is.
    #[schema(value_type = Option<String>)]
    pub(crate) why: Option<&'static str>,
    /// Visits that it is about,
    pub(crate) sampled: u64,
    /// and those of them of which something is known.
    pub(crate) answered: u64,
}

impl From<&Figure> for FigureView {
    fn from(figure: &Figure) -> Self {
        let (share, why) = match &figure.share {
            Ok(share) => (Some(ShareView::from(*share)), None),
            Err(why) => (None, Some(why.as_str())),
        };
        Self {
            share,
            why,
            sampled: figure.sampled,
            answered: figure.answered,
        }
    }
}

/// Between which ones a share of the drawn lies, if whoever was not reached is one household each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = CardBounds)]
pub(crate) struct BoundsView {
    /// If none of those who were not reached were an error,
    pub(crate) low: f64,
    /// and if all were.
    pub(crate) high: f64,
}

impl From<Bounds> for BoundsView {
    fn from(bounds: Bounds) -> Self {
        Self {
            low: bounds.low,
            high: bounds.high,
        }
    }
}

/// What both shares would be, whoever was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = CardIfUnreached)]
pub(crate) struct IfUnreached {
    /// Of those who receive; null where nobody does.
    pub(crate) inclusion: Option<BoundsView>,
    /// Of those who should; null where nobody might.
    pub(crate) exclusion: Option<BoundsView>,
}

/// How sure one wanted to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = CardAimed)]
pub(crate) struct Aimed {
    /// How far the truth may be from what is found.
    pub(crate) half_width: f64,
}

/// What was found in one regency.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardRegencyField)]
pub(crate) struct RegencyField {
    /// Its code.
    pub(crate) code: String,
    /// What it is called.
    pub(crate) name: Option<String>,
    /// Visits of which something is known.
    pub(crate) answered: u64,
    /// Of those who receive who should not.
    pub(crate) inclusion: FigureView,
    /// Of those who should who does not receive.
    pub(crate) exclusion: FigureView,
}

/// What people found at the doors of a sample.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardField)]
pub(crate) struct FieldView {
    /// The number of the sample.
    pub(crate) sample: i64,
    /// By what whoever visited judged.
    pub(crate) reference: String,
    /// `open` or `closed`.
    #[schema(value_type = String)]
    pub(crate) state: &'static str,
    /// When it was drawn.
    #[schema(value_type = i64)]
    pub(crate) drawn_us: Wall,
    /// Visits,
    pub(crate) sampled: u64,
    /// those of which something is known,
    pub(crate) answered: u64,
    /// and their share; null without visits.
    pub(crate) response: Option<f64>,
    /// Of those who receive who should not, by that reference.
    pub(crate) inclusion: FigureView,
    /// Of those who should who does not receive.
    pub(crate) exclusion: FigureView,
    /// Of those who receive so many are an error since records were linked wrongly: part of
    /// another family, or several that stand as one.
    pub(crate) linkage_share: FigureView,
    /// How much wider the first is than of as many who were drawn one by one.
    pub(crate) deff_inclusion: Option<f64>,
    /// The same of the second.
    pub(crate) deff_exclusion: Option<f64>,
    /// What both would be, whoever was not reached.
    pub(crate) if_unreached: IfUnreached,
    /// How sure one wanted to be.
    pub(crate) aimed: Aimed,
    /// How many could not be drawn, since it is not known in which village they live.
    pub(crate) not_covered: u64,
    /// By regency.
    pub(crate) regencies: Vec<RegencyField>,
}

/// By the newest sample of a list that has visits: of closed ones, or of open ones, too.
pub(super) async fn of(
    room: &Room,
    conn: &mut Conn,
    decision: i64,
    with_open: bool,
) -> Result<Option<FieldView>, Problem> {
    let Some(row) = rows::visited(conn, decision, with_open).await? else {
        return Ok(None);
    };
    let drawing = Drawing::of(&row)?;
    let measured = measure::measured(conn, row.number).await?;
    let regencies = measured.regencies.iter().map(|it| RegencyField {
        name: annex::village(room, &it.code).map(|(_, name)| name.to_owned()),
        code: it.code.clone(),
        answered: it.answered,
        inclusion: FigureView::from(&it.inclusion),
        exclusion: FigureView::from(&it.exclusion),
    });
    Ok(Some(FieldView {
        sample: row.number,
        reference: row.reference,
        state: row.state.as_str(),
        drawn_us: row.drawn,
        sampled: measured.sampled,
        answered: measured.answered,
        response: measured.response(),
        inclusion: FigureView::from(&measured.inclusion),
        exclusion: FigureView::from(&measured.exclusion),
        linkage_share: FigureView::from(&measured.linkage),
        deff_inclusion: measured.inclusion.deff,
        deff_exclusion: measured.exclusion.deff,
        if_unreached: IfUnreached {
            inclusion: measured.if_unreached.inclusion.map(BoundsView::from),
            exclusion: measured.if_unreached.exclusion.map(BoundsView::from),
        },
        aimed: Aimed {
            half_width: drawing.half_width,
        },
        not_covered: row.not_covered,
        regencies: regencies.collect(),
    }))
}
