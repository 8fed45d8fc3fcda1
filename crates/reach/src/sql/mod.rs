//! The statements of the room, one file per noun, one text for both engines.

pub(crate) mod dish;
pub(crate) mod event;
pub(crate) mod evidence;
pub(crate) mod excuse;
pub(crate) mod list;
pub(crate) mod measured;
pub(crate) mod money;
pub(crate) mod node;
pub(crate) mod point;
pub(crate) mod presence;
pub(crate) mod router;
pub(crate) mod simulated;
pub(crate) mod speed;
pub(crate) mod target;
pub(crate) mod verdict;
pub(crate) mod village;

use base::area::AreaCode;
use base::day::Day;
use store::query::Query;
use store::{Error, Row};

/// Villages that are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span<'a> {
    /// All of them.
    All,
    /// Those of an area.
    Of(&'a AreaCode),
    /// Those from a code on, up to another and with it.
    Between(&'a AreaCode, &'a AreaCode),
}

impl<'a> From<Option<&'a AreaCode>> for Span<'a> {
    fn from(area: Option<&'a AreaCode>) -> Self {
        area.map_or(Self::All, Self::Of)
    }
}

impl Span<'_> {
    /// Only rows of which `area_code` lies in it.
    fn narrow(self, query: Query) -> Query {
        match self {
            Self::All => query,
            Self::Of(area) => query
                .push(" AND (area_code = ", area.as_str())
                .push(" OR area_code LIKE ", format!("{area}.%"))
                .raw(")"),
            Self::Between(first, last) => query
                .push(" AND area_code >= ", first.as_str())
                .push(" AND area_code <= ", last.as_str()),
        }
    }
}

fn code(row: &Row, column: &str) -> Result<AreaCode, Error> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| Error::corrupt(column))
}

fn maybe_code(row: &Row, column: &str) -> Result<Option<AreaCode>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| Error::corrupt(column)))
        .transpose()
}

fn day(row: &Row, column: &str) -> Result<Day, Error> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| Error::corrupt(column))
}

fn maybe_day(row: &Row, column: &str) -> Result<Option<Day>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| Error::corrupt(column)))
        .transpose()
}

/// A word of a closed list.
fn word<T>(row: &Row, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| Error::corrupt(column))
}

fn maybe_word<T>(
    row: &Row,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse(&text).ok_or_else(|| Error::corrupt(column)))
        .transpose()
}

/// A small number that is never negative.
fn small(row: &Row, column: &str) -> Result<u32, Error> {
    let number: i64 = row.get(column)?;
    u32::try_from(number).map_err(|_| Error::corrupt(column))
}
