//! What the house says of villages, from the claims of the hall.
//!
//! As of today it is kept beside the claims, so that a list of all villages is one
//! query; at any other time it is computed when somebody asks.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use base::day::Day;
use base::id::{Claim, Id};
use hall::Hall;
use hall::claim::{self, Filter, Listed, Moment, Subject, Value};
use reach_core::flow::State as Stage;
use reach_core::property::Property;
use reach_core::view::{Passed, Reason, Stated, View, view};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use store::{Conn, Error, Tx};
use utoipa::ToSchema;

use crate::sql::Span;
use crate::sql::village::{self, VillageRow};

/// Up to so many villages are asked about one by one; for more, all are.
const ONE_BY_ONE: usize = 20;

hall::words! {
    /// What is said of a village.
    pub(crate) PropertyWord = Property::ALL.map(Property::as_str)
}

hall::words! {
    /// Of which kind a value is.
    pub(crate) ValueKindWord = Value::KINDS
}

hall::words! {
    /// Why the house says it.
    pub(crate) SaidReasonWord = ["nothing", "measured", "only", "agreed", "newest", "same_day"]
}

hall::words! {
    /// Why a claim was passed over.
    pub(crate) PassedWord = [
        Passed::Superseded, Passed::Agrees, Passed::Older, Passed::SameDay,
        Passed::OtherDefinition, Passed::AgainstMeasured,
    ].map(Passed::as_str)
}

/// A value that was stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ClaimValue)]
pub(crate) struct ValueView {
    /// Of which kind it is.
    #[schema(value_type = ValueKindWord)]
    pub(crate) kind: String,
    /// `ya` or `tidak`, digits (shares in thousandths), a word, or YYYY-MM-DD.
    pub(crate) value: String,
}

impl From<&Value> for ValueView {
    fn from(value: &Value) -> Self {
        let (kind, value) = value.stored();
        Self {
            kind: kind.to_owned(),
            value,
        }
    }
}

/// Why the house says it: a word, and the numbers that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReasonView {
    /// Which reason.
    #[schema(value_type = SaidReasonWord)]
    pub(crate) word: String,
    /// `agreed`: how many voices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) voices: Option<usize>,
    /// `newest`: how many days newer than the newest that says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<i32>,
    /// `same_day`: how many different values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<usize>,
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        let (word, voices, days, values) = match reason {
            Reason::Nothing => ("nothing", None, None, None),
            Reason::Measured => ("measured", None, None, None),
            Reason::Only => ("only", None, None, None),
            Reason::Agreed { voices } => ("agreed", Some(voices), None, None),
            Reason::Newest { days } => ("newest", None, Some(days), None),
            Reason::SameDay { values } => ("same_day", None, None, Some(values)),
        };
        Self {
            word: word.to_owned(),
            voices,
            days,
            values,
        }
    }
}

/// What the house says of one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SaidView {
    /// Of which.
    #[schema(value_type = PropertyWord)]
    pub(crate) property: String,
    /// The value; null: unknown, and the reason says why.
    pub(crate) value: Option<ValueView>,
    /// The day whose state that is.
    #[schema(value_type = Option<String>)]
    pub(crate) as_of: Option<Day>,
    /// The claim that it rests on, `clm_…`.
    #[schema(value_type = Option<String>)]
    pub(crate) claim: Option<Id<Claim>>,
    /// Why.
    pub(crate) reason: ReasonView,
    /// Whether sources disagree.
    pub(crate) disputed: bool,
    /// The claims that it does not rest on; only where one village is asked about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) passed: Vec<PassedView>,
}

/// A claim that was passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PassedView {
    /// `clm_…`.
    #[schema(value_type = String)]
    pub(crate) claim: Id<Claim>,
    /// Why.
    #[schema(value_type = PassedWord)]
    pub(crate) why: String,
}

/// What the house says of one village, as it is sent.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// As it is kept, word for word: a list of villages reads none of it, and of those
    /// on other pages does not even see whether it is JSON.
    Kept(String),
    /// As it was computed.
    Computed(Vec<SaidView>),
}

impl Said {
    /// Property by property.
    ///
    /// # Errors
    /// If what is kept cannot be read.
    pub(crate) fn views(&self) -> Result<Cow<'_, [SaidView]>, Error> {
        match self {
            Self::Computed(views) => Ok(Cow::Borrowed(views)),
            Self::Kept(text) => serde_json::from_str(text)
                .map(Cow::Owned)
                .map_err(|_| Error::corrupt("reach_village.said")),
        }
    }

    /// How far a programme has come there, as the house says it. Of what is kept no more
    /// is read than that: a list of all villages asks each.
    ///
    /// # Errors
    /// If what is kept cannot be read.
    pub(crate) fn status(&self) -> Result<Option<Stage>, Error> {
        let of = |word: Option<&str>| word.and_then(Stage::parse);
        match self {
            Self::Computed(views) => {
                let said = views
                    .iter()
                    .find(|said| said.property == Property::Status.as_str());
                let value = said.and_then(|said| said.value.as_ref());
                Ok(of(value.map(|value| value.value.as_str())))
            }
            Self::Kept(text) => {
                let kept: Vec<Brief<'_>> =
                    serde_json::from_str(text).map_err(|_| Error::corrupt("reach_village.said"))?;
                let said = kept
                    .iter()
                    .find(|said| said.property == Property::Status.as_str());
                let value = said.and_then(|said| said.value.as_ref());
                Ok(of(value.map(|value| &*value.value)))
            }
        }
    }
}

/// Of what is kept the property and its value.
#[derive(Deserialize)]
struct Brief<'t> {
    #[serde(borrow)]
    property: Cow<'t, str>,
    #[serde(borrow)]
    value: Option<BriefValue<'t>>,
}

/// A value without its kind.
#[derive(Deserialize)]
struct BriefValue<'t> {
    #[serde(borrow)]
    value: Cow<'t, str>,
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Kept(text) => serde_json::from_str::<&RawValue>(text)
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
            Self::Computed(views) => views.serialize(serializer),
        }
    }
}

/// What the house says of one village.
#[derive(Debug, Clone)]
pub(crate) struct OfVillage {
    pub(crate) said: Said,
    /// Lists that name it.
    pub(crate) lists: i64,
    /// Properties about which sources disagree.
    pub(crate) disputes: i64,
}

impl Default for OfVillage {
    fn default() -> Self {
        Self {
            said: Said::Computed(Vec::new()),
            lists: 0,
            disputes: 0,
        }
    }
}

impl OfVillage {
    /// Without what was passed over, which is told where one village is asked about.
    pub(crate) fn brief(mut self) -> Self {
        if let Said::Computed(views) = &mut self.said {
            for said in views {
                said.passed.clear();
            }
        }
        self
    }
}

/// What the house says, from all claims about one village.
pub(crate) fn of_claims<'c>(claims: impl IntoIterator<Item = &'c Listed>) -> OfVillage {
    let mut by_property: BTreeMap<&str, Vec<Stated<Value>>> = BTreeMap::new();
    let mut lists = BTreeSet::new();
    for claim in claims {
        if claim.property == Property::Listed.as_str() && claim.value == Value::Flag(true) {
            lists.insert(claim.source);
        }
        let speaker = claim.owner.clone();
        by_property
            .entry(claim.property.as_str())
            .or_default()
            .push(Stated {
                claim: claim.id,
                value: claim.value.clone(),
                speaker: speaker.unwrap_or_else(|| claim.source.to_string()),
                definition: claim.definition.clone(),
                source: claim.source,
                as_of: claim.as_of,
                recorded: claim.recorded,
            });
    }
    let (mut said, mut disputes) = (Vec::new(), 0);
    for property in Property::ALL {
        let Some(stated) = by_property.get(property.as_str()) else {
            continue;
        };
        // To be on a list is no property that lists can disagree about.
        let view = view(stated, None);
        let disputed = property != Property::Listed && view.is_disputed();
        disputes += i64::from(disputed);
        said.push(shown(property, view, disputed));
    }
    OfVillage {
        said: Said::Computed(said),
        lists: i64::try_from(lists.len()).unwrap_or(i64::MAX),
        disputes,
    }
}

fn shown(property: Property, view: View<Value>, disputed: bool) -> SaidView {
    SaidView {
        property: property.as_str().to_owned(),
        value: view.value.as_ref().map(ValueView::from),
        as_of: view.as_of,
        claim: view.rests_on,
        reason: view.reason.into(),
        disputed,
        passed: view
            .passed
            .into_iter()
            .map(|(claim, why)| PassedView {
                claim,
                why: why.as_str().to_owned(),
            })
            .collect(),
    }
}

/// What the house says of the villages of an area, at a time that is not today.
pub(crate) async fn at(
    conn: &mut Conn,
    within: Option<&AreaCode>,
    moment: Moment,
) -> Result<BTreeMap<AreaCode, OfVillage>, Error> {
    let filter = Filter {
        moment,
        kind: Some("village"),
        within: within.cloned(),
        ..Filter::default()
    };
    let claims = claim::every(conn, &filter).await?;
    let mut found: BTreeMap<AreaCode, Vec<&Listed>> = BTreeMap::new();
    for claim in &claims {
        if let Subject::Village(code) = &claim.subject {
            found.entry(code.clone()).or_default().push(claim);
        }
    }
    Ok(found
        .into_iter()
        .map(|(code, claims)| (code, of_claims(claims)))
        .collect())
}

/// What the house says of the villages of an area, as of today.
pub(crate) async fn today(
    conn: &mut Conn,
    span: Span<'_>,
) -> Result<BTreeMap<AreaCode, OfVillage>, Error> {
    let rows = village::of(conn, span).await?;
    let of = |row: VillageRow| OfVillage {
        said: Said::Kept(row.said),
        lists: row.lists,
        disputes: row.disputes,
    };
    Ok(rows
        .into_iter()
        .map(|(code, row)| (code, of(row)))
        .collect())
}

/// Computes anew what the house says of villages, in the transaction of the claims.
pub(crate) async fn renew(
    hall: &Hall,
    tx: &mut Tx,
    villages: &BTreeSet<AreaCode>,
) -> Result<(), Error> {
    let mut found = BTreeMap::new();
    if villages.len() > ONE_BY_ONE {
        found = at(tx, None, Moment::default()).await?;
    } else {
        for code in villages {
            found.append(&mut at(tx, Some(code), Moment::default()).await?);
        }
    }
    let now = hall.now().wall;
    for code in villages {
        let of = found.remove(code).unwrap_or_default().brief();
        let said = serde_json::to_string(&of.said)
            .map_err(|_| Error::corrupt("what is said of a village"))?;
        let row = VillageRow {
            area: code.clone(),
            said,
            lists: of.lists,
            disputes: of.disputes,
        };
        village::put(tx, &row, now).await?;
    }
    Ok(())
}
