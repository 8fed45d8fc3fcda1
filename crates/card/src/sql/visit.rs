//! Who is visited of a sample, and what was found there: `card_visit`.

use base::area::AreaCode;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::measure::Outcome;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{many, small, within};

/// Somebody who was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VisitRow {
    pub(crate) number: u32,
    /// The id of a family or person, 16 octets.
    pub(crate) subject: [u8; 16],
    /// The village where that lives.
    pub(crate) area: AreaCode,
    pub(crate) receives: bool,
    pub(crate) weight: f64,
    /// List and row by which the sheet is opened.
    pub(crate) stands: (i64, u32),
    pub(crate) outcome: Option<Outcome>,
    pub(crate) by: Option<Id<Person>>,
    pub(crate) at: Option<Wall>,
}

/// Writes who is visited; nobody has been there yet.
pub(crate) async fn write(tx: &mut Tx, sample: i64, rows: &[VisitRow]) -> Result<(), Error> {
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                sample.into(),
                i64::from(row.number).into(),
                row.subject.to_vec().into(),
                row.area.as_str().into(),
                i64::from(row.receives).into(),
                row.weight.into(),
                row.stands.0.into(),
                i64::from(row.stands.1).into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_visit (sample, number, subject, area_code, receives, weight, list, \
         row_number) VALUES ",
        8,
        &values,
    )
    .await
}

const COLUMNS: &str = "SELECT number, subject, area_code, receives, weight, list, row_number, \
     outcome, households, eligible, by_person, at_us FROM card_visit";

/// All of a sample, by their numbers.
pub(crate) async fn all(conn: &mut Conn, sample: i64) -> Result<Vec<VisitRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE sample = ", sample)
        .raw(" ORDER BY number");
    conn.all_query(&query).await?.iter().map(visit).collect()
}

/// Those of one village, by their numbers.
pub(crate) async fn of_village(
    conn: &mut Conn,
    sample: i64,
    area: &AreaCode,
) -> Result<Vec<VisitRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE sample = ", sample)
        .push(" AND area_code = ", area.as_str())
        .raw(" ORDER BY number");
    conn.all_query(&query).await?.iter().map(visit).collect()
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) area: Option<&'a AreaCode>,
    /// Only where somebody has been, or only where nobody has.
    pub(crate) done: Option<bool>,
    /// Only those of a greater number.
    pub(crate) behind: u32,
}

/// Those of a sample, by their numbers.
pub(crate) async fn some(
    conn: &mut Conn,
    sample: i64,
    asked: Asked<'_>,
    sight: (String, Vec<Value>),
    most: i64,
) -> Result<Vec<VisitRow>, Error> {
    let mut query = Query::new(COLUMNS)
        .push(" WHERE sample = ", sample)
        .push(" AND number > ", i64::from(asked.behind))
        .condition(&format!(" AND {}", sight.0), sight.1);
    query = match asked.done {
        None => query,
        Some(true) => query.raw(" AND outcome IS NOT NULL"),
        Some(false) => query.raw(" AND outcome IS NULL"),
    };
    let query = within(query, asked.area).push(" ORDER BY number LIMIT ", most);
    conn.all_query(&query).await?.iter().map(visit).collect()
}

/// By village how many are visited, and in how many cases somebody has been there.
pub(crate) async fn counts(conn: &mut Conn, sample: i64) -> Result<Vec<(String, u64, u64)>, Error> {
    conn.all(
        "SELECT area_code, COUNT(*) AS visits, COUNT(outcome) AS answered FROM card_visit \
         WHERE sample = $1 GROUP BY area_code ORDER BY area_code",
        params![sample],
    )
    .await?
    .iter()
    .map(|row| {
        let number = |column| row.get::<i64>(column).map(i64::unsigned_abs);
        Ok((
            row.get("area_code")?,
            number("visits")?,
            number("answered")?,
        ))
    })
    .collect()
}

/// What somebody found takes the place of what was found before.
pub(crate) async fn answer(
    tx: &mut Tx,
    sample: i64,
    number: u32,
    outcome: Outcome,
    by: Id<Person>,
    at: Wall,
) -> Result<(), Error> {
    let (households, eligible) = match outcome {
        Outcome::Found {
            households,
            eligible,
        } => (Some(i64::from(households)), Some(i64::from(eligible))),
        Outcome::Unreached | Outcome::Gone | Outcome::Part => (None, None),
    };
    tx.execute(
        "UPDATE card_visit SET outcome = $3, households = $4, eligible = $5, by_person = $6, \
         at_us = $7 WHERE sample = $1 AND number = $2",
        params![
            sample,
            i64::from(number),
            outcome.as_str(),
            households,
            eligible,
            by,
            at
        ],
    )
    .await?;
    Ok(())
}

fn visit(row: &Row) -> Result<VisitRow, Error> {
    let wrong = || Error::corrupt("card_visit");
    let subject: Vec<u8> = row.get("subject")?;
    let area: String = row.get("area_code")?;
    let count = |column| {
        let number: Option<i64> = row.get(column)?;
        number
            .map(|number| u32::try_from(number).map_err(|_| wrong()))
            .transpose()
    };
    let outcome = match row.get::<Option<String>>("outcome")? {
        None => None,
        Some(word) => {
            Some(Outcome::of(&word, count("households")?, count("eligible")?).ok_or_else(wrong)?)
        }
    };
    Ok(VisitRow {
        number: small(row, "number")?,
        subject: subject.try_into().map_err(|_| wrong())?,
        area: area.parse().map_err(|_| wrong())?,
        receives: row.get::<i64>("receives")? != 0,
        weight: row.get("weight")?,
        stands: (row.get("list")?, small(row, "row_number")?),
        outcome,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
    })
}
