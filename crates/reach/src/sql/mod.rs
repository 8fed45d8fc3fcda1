//! The statements of the room, one file per noun, one text for both engines.

pub(crate) mod dish;
pub(crate) mod event;
pub(crate) mod evidence;
pub(crate) mod excuse;
pub(crate) mod list;
pub(crate) mod money;
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
use store::{Error, Row};

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
