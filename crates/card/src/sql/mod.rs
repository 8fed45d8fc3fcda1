//! The statements of the room, one file per noun, one text for both engines.

pub(crate) mod breach;
pub(crate) mod decision;
pub(crate) mod erasure;
pub(crate) mod exception;
pub(crate) mod export;
pub(crate) mod finding;
pub(crate) mod hold;
pub(crate) mod import;
pub(crate) mod judged;
pub(crate) mod list;
pub(crate) mod measured;
pub(crate) mod member;
pub(crate) mod objection;
pub(crate) mod office;
pub(crate) mod pair;
pub(crate) mod photo;
pub(crate) mod programme;
pub(crate) mod record;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod sample;
pub(crate) mod settled;
pub(crate) mod term;
pub(crate) mod text;
pub(crate) mod visit;

use base::area::AreaCode;
use store::query::{Query, Sql};
use store::{Conn, Error, Row, Value};

use crate::subject::SubjectId;

/// Values of one statement. Each is found by its name among all before it, so that twice
/// as many cost four times as much.
const VALUES: usize = 240;

/// Writes many rows of as many columns each, some hundred in one statement. `head` is the
/// statement up to its VALUES.
async fn many(
    conn: &mut Conn,
    head: &'static str,
    columns: usize,
    values: &[Value],
) -> Result<(), Error> {
    let rows = (VALUES / columns).max(1);
    for some in values.chunks(columns * rows) {
        let mut text = String::with_capacity(head.len() + some.len() * 8);
        text.push_str(head);
        for at in 0..some.len() {
            text.push_str(match (at % columns, at) {
                (0, 0) => "($",
                (0, _) => "), ($",
                _ => ", $",
            });
            text.push_str(&(at + 1).to_string());
        }
        text.push(')');
        conn.execute(Sql::built(text), some).await?;
    }
    Ok(())
}

/// The table and the column that say which rows are of such a subject.
const fn whose(subject: SubjectId) -> (&'static str, &'static str) {
    match subject {
        SubjectId::Family(_) => ("card_member", "family"),
        SubjectId::Person(_) => ("card_member", "person"),
        SubjectId::Business(_) => ("card_business", "business"),
    }
}

/// Only rows whose column lies in an area.
fn within(query: Query, area: Option<&AreaCode>) -> Query {
    match area {
        None => query,
        Some(area) => query
            .push(" AND (area_code = ", area.as_str())
            .push(" OR area_code LIKE ", format!("{area}.%"))
            .raw(")"),
    }
}

fn maybe_code(row: &Row, column: &str) -> Result<Option<AreaCode>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|_| Error::corrupt(column)))
        .transpose()
}

/// A word of a closed list.
fn word<T>(row: &Row, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| Error::corrupt(column))
}

/// A small number that is never negative.
fn small(row: &Row, column: &str) -> Result<u32, Error> {
    let number: i64 = row.get(column)?;
    u32::try_from(number).map_err(|_| Error::corrupt(column))
}

/// JSON that the room has written itself.
fn json<T: serde::de::DeserializeOwned>(row: &Row, column: &str) -> Result<T, Error> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| Error::corrupt(column))
}

fn maybe_json<T: serde::de::DeserializeOwned>(row: &Row, column: &str) -> Result<Option<T>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| Error::corrupt(column)))
        .transpose()
}
