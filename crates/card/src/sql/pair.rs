//! Pairs that people are asked about, and what they said: `card_pair`, `card_band`,
//! `card_word`.

use base::id::{Id, Person};
use base::now::Wall;
use card_core::review::{Answer, Kind};
use serde_json::Value as Json;
use store::{Conn, Error, Row, Tx, Value, params};

use super::finding::Runs;
use super::{json, many, small, word};

/// Two rows, the smaller list and number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PairId {
    pub(crate) left: (i64, u32),
    pub(crate) right: (i64, u32),
}

impl PairId {
    /// In whichever order.
    pub(crate) fn new(one: (i64, u32), other: (i64, u32)) -> Self {
        Self {
            left: one.min(other),
            right: one.max(other),
        }
    }

    /// `4.17-5.204`
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let row = |text: &str| {
            let (list, number) = text.split_once('.')?;
            Some((list.parse().ok()?, number.parse().ok()?))
        };
        let (left, right) = text.split_once('-')?;
        let (left, right) = (row(left)?, row(right)?);
        (left < right).then_some(Self { left, right })
    }
}

impl std::fmt::Display for PairId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((list, number), (other, row)) = (self.left, self.right);
        write!(f, "{list}.{number}-{other}.{row}")
    }
}

/// A pair that people are asked about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairRow {
    pub(crate) id: PairId,
    pub(crate) same: f64,
    pub(crate) kind: Kind,
    pub(crate) band: Option<usize>,
    pub(crate) joined: bool,
    pub(crate) pays: bool,
    /// Codes; empty where no area is known.
    pub(crate) areas: [String; 2],
    pub(crate) why: Json,
}

pub(crate) async fn write(tx: &mut Tx, run: i64, rows: &[PairRow]) -> Result<(), Error> {
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            let band = row.band.and_then(|band| i64::try_from(band).ok());
            [
                run.into(),
                row.id.left.0.into(),
                i64::from(row.id.left.1).into(),
                row.id.right.0.into(),
                i64::from(row.id.right.1).into(),
                row.same.into(),
                row.kind.as_str().into(),
                band.into(),
                i64::from(row.joined).into(),
                i64::from(row.pays).into(),
                row.areas[0].as_str().into(),
                row.areas[1].as_str().into(),
                row.why.to_string().into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_pair (run, list_a, number_a, list_b, number_b, same, kind, band, \
         joined, pays, area_a, area_b, why) VALUES ",
        13,
        &values,
    )
    .await
}

/// Writes how many pairs each band has, and how many of these were joined.
pub(crate) async fn write_bands(tx: &mut Tx, run: i64, bands: &[(u64, u64)]) -> Result<(), Error> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let values: Vec<Value> = (0_i64..)
        .zip(bands)
        .flat_map(|(band, (pairs, joined))| {
            [
                run.into(),
                band.into(),
                number(*pairs).into(),
                number(*joined).into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_band (run, band, pairs, joined) VALUES ",
        4,
        &values,
    )
    .await
}

/// Takes away what runs were not sure of.
pub(crate) async fn forget(tx: &mut Tx, runs: Runs) -> Result<(), Error> {
    let (statements, run) = match runs {
        Runs::Before(run) => (
            [
                "DELETE FROM card_pair WHERE run < $1",
                "DELETE FROM card_band WHERE run < $1",
            ],
            run,
        ),
        Runs::Only(run) => (
            [
                "DELETE FROM card_pair WHERE run = $1",
                "DELETE FROM card_band WHERE run = $1",
            ],
            run,
        ),
    };
    for statement in statements {
        tx.execute(statement, params![run]).await?;
    }
    Ok(())
}

/// All pairs of a run, the least sure first.
pub(crate) async fn of_run(conn: &mut Conn, run: i64) -> Result<Vec<PairRow>, Error> {
    conn.all(
        "SELECT list_a, number_a, list_b, number_b, same, kind, band, joined, pays, area_a, \
         area_b, why FROM card_pair WHERE run = $1 \
         ORDER BY pays DESC, ABS(same - 0.5), list_a, number_a, list_b, number_b",
        params![run],
    )
    .await?
    .iter()
    .map(pair)
    .collect()
}

/// Those of a run that chance has picked.
pub(crate) async fn sampled(conn: &mut Conn, run: i64) -> Result<Vec<PairRow>, Error> {
    conn.all(
        "SELECT list_a, number_a, list_b, number_b, same, kind, band, joined, pays, area_a, \
         area_b, why FROM card_pair WHERE run = $1 AND band IS NOT NULL \
         ORDER BY list_a, number_a, list_b, number_b",
        params![run],
    )
    .await?
    .iter()
    .map(pair)
    .collect()
}

/// How many pairs each band has, and how many were joined.
pub(crate) async fn bands(conn: &mut Conn, run: i64) -> Result<Vec<(u64, u64)>, Error> {
    conn.all(
        "SELECT pairs, joined FROM card_band WHERE run = $1 ORDER BY band",
        params![run],
    )
    .await?
    .iter()
    .map(|row| {
        let number = |column| row.get::<i64>(column).map(i64::unsigned_abs);
        Ok((number("pairs")?, number("joined")?))
    })
    .collect()
}

/// What somebody said of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WordRow {
    pub(crate) id: PairId,
    pub(crate) by: Id<Person>,
    pub(crate) answer: Answer,
    pub(crate) pays: bool,
    pub(crate) at: Wall,
}

/// What somebody says takes the place of what he said of it before.
pub(crate) async fn say(tx: &mut Tx, row: &WordRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_word (list_a, number_a, list_b, number_b, by_person, answer, pays, \
         at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (list_a, number_a, list_b, number_b, by_person) DO UPDATE SET \
         answer = excluded.answer, pays = excluded.pays, at_us = excluded.at_us",
        params![
            row.id.left.0,
            i64::from(row.id.left.1),
            row.id.right.0,
            i64::from(row.id.right.1),
            row.by,
            row.answer.as_str(),
            i64::from(row.pays),
            row.at
        ],
    )
    .await?;
    Ok(())
}

/// Takes a word back, or all words of a pair; how many.
pub(crate) async fn unsay(tx: &mut Tx, id: PairId, by: Option<Id<Person>>) -> Result<u64, Error> {
    let mut query = store::query::Query::new("DELETE FROM card_word")
        .push(" WHERE list_a = ", id.left.0)
        .push(" AND number_a = ", i64::from(id.left.1))
        .push(" AND list_b = ", id.right.0)
        .push(" AND number_b = ", i64::from(id.right.1));
    if let Some(by) = by {
        query = query.push(" AND by_person = ", by);
    }
    tx.execute_query(&query).await
}

/// All that was said, the oldest first.
pub(crate) async fn words(conn: &mut Conn) -> Result<Vec<WordRow>, Error> {
    conn.all(
        "SELECT list_a, number_a, list_b, number_b, by_person, answer, pays, at_us \
         FROM card_word ORDER BY at_us, by_person",
        params![],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(WordRow {
            id: id(row)?,
            by: row.get("by_person")?,
            answer: word(row, "answer", Answer::parse)?,
            pays: row.get::<i64>("pays")? != 0,
            at: row.get("at_us")?,
        })
    })
    .collect()
}

fn id(row: &Row) -> Result<PairId, Error> {
    Ok(PairId {
        left: (row.get("list_a")?, small(row, "number_a")?),
        right: (row.get("list_b")?, small(row, "number_b")?),
    })
}

fn pair(row: &Row) -> Result<PairRow, Error> {
    let band: Option<i64> = row.get("band")?;
    Ok(PairRow {
        id: id(row)?,
        same: row.get("same")?,
        kind: word(row, "kind", Kind::parse)?,
        band: band.and_then(|band| usize::try_from(band).ok()),
        joined: row.get::<i64>("joined")? != 0,
        pays: row.get::<i64>("pays")? != 0,
        areas: [row.get("area_a")?, row.get("area_b")?],
        why: json(row, "why")?,
    })
}
