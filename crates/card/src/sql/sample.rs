//! Samples of adopted lists and their villages: `card_sample`, `card_sample_village`.

use base::id::{Id, Person};
use base::now::Wall;
use card_core::measure::Drawn;
use serde_json::Value as Json;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{json, many, small, word};

/// What has become of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// People visit.
    Open,
    /// Nothing is changed any more.
    Closed,
    /// Nobody visited.
    Dropped,
}

impl State {
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Dropped];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Dropped => "dropped",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SampleRow {
    pub(crate) number: i64,
    pub(crate) decision: i64,
    pub(crate) state: State,
    pub(crate) reference: String,
    pub(crate) seed: String,
    pub(crate) design: Json,
    pub(crate) frame: String,
    pub(crate) not_covered: u64,
    pub(crate) by: Id<Person>,
    pub(crate) drawn: Wall,
    pub(crate) closed: Option<Wall>,
}

/// The number that the next sample gets.
pub(crate) async fn next(conn: &mut Conn) -> Result<i64, Error> {
    conn.one(
        "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM card_sample",
        params![],
    )
    .await?
    .get("number")
}

/// Which of its list a sample is: one dropped before anybody was visited is none, so that
/// whoever draws again draws the same.
pub(crate) async fn ordinal(conn: &mut Conn, decision: i64, number: i64) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(*) + 1 AS ordinal FROM card_sample WHERE decision = $1 AND number < $2 \
         AND state = 'closed'",
        params![decision, number],
    )
    .await?
    .get("ordinal")
}

/// A sample more.
pub(crate) async fn add(tx: &mut Tx, row: &SampleRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_sample (number, decision, state, reference, seed, design, frame, \
         not_covered, drawn_by, drawn_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            row.number,
            row.decision,
            row.state.as_str(),
            row.reference.as_str(),
            row.seed.as_str(),
            row.design.to_string(),
            row.frame.as_str(),
            i64::try_from(row.not_covered).unwrap_or(i64::MAX),
            row.by,
            row.drawn
        ],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "SELECT number, decision, state, reference, seed, design, frame, \
     not_covered, drawn_by, drawn_us, closed_us FROM card_sample";

pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<SampleRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE number = ", number);
    conn.all_query(&query)
        .await?
        .first()
        .map(sample)
        .transpose()
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) decision: Option<i64>,
    pub(crate) state: Option<State>,
    /// Only those of a smaller number.
    pub(crate) behind: Option<i64>,
}

/// The newest first.
pub(crate) async fn some(
    conn: &mut Conn,
    asked: Asked,
    most: i64,
) -> Result<Vec<SampleRow>, Error> {
    let mut query = Query::new(COLUMNS).raw(" WHERE 1 = 1");
    if let Some(decision) = asked.decision {
        query = query.push(" AND decision = ", decision);
    }
    if let Some(state) = asked.state {
        query = query.push(" AND state = ", state.as_str());
    }
    if let Some(behind) = asked.behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(sample).collect()
}

/// The newest of a list in which somebody was visited: of closed ones, or of open ones, too.
pub(crate) async fn visited(
    conn: &mut Conn,
    decision: i64,
    with_open: bool,
) -> Result<Option<SampleRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE decision = ", decision);
    let query = match with_open {
        true => query.raw(" AND state <> 'dropped'"),
        false => query.raw(" AND state = 'closed'"),
    };
    let query = query.raw(
        " AND EXISTS (SELECT 1 FROM card_visit WHERE sample = card_sample.number \
         AND outcome IS NOT NULL) ORDER BY number DESC LIMIT 1",
    );
    conn.all_query(&query)
        .await?
        .first()
        .map(sample)
        .transpose()
}

/// It is open no more; whether it was.
pub(crate) async fn end(tx: &mut Tx, number: i64, state: State, at: Wall) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_sample SET state = $2, closed_us = $3 \
             WHERE number = $1 AND state = 'open'",
            params![number, state.as_str(), at],
        )
        .await?;
    Ok(rows > 0)
}

/// Writes the villages of a sample.
pub(crate) async fn write_villages(
    tx: &mut Tx,
    sample: i64,
    villages: &[Drawn],
) -> Result<(), Error> {
    let values: Vec<Value> = villages
        .iter()
        .flat_map(|it| {
            [
                sample.into(),
                it.code.as_str().into(),
                it.chance.into(),
                i64::from(it.is_certain).into(),
                i64::from(it.receivers).into(),
                i64::from(it.others).into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_sample_village (sample, area_code, chance, certain, receiving_frame, \
         others_frame) VALUES ",
        6,
        &values,
    )
    .await
}

/// The villages of a sample, by their codes.
pub(crate) async fn villages(conn: &mut Conn, sample: i64) -> Result<Vec<Drawn>, Error> {
    conn.all(
        "SELECT area_code, chance, certain, receiving_frame, others_frame \
         FROM card_sample_village WHERE sample = $1 ORDER BY area_code",
        params![sample],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Drawn {
            code: row.get("area_code")?,
            chance: row.get("chance")?,
            is_certain: row.get::<i64>("certain")? != 0,
            receivers: small(row, "receiving_frame")?,
            others: small(row, "others_frame")?,
        })
    })
    .collect()
}

fn sample(row: &Row) -> Result<SampleRow, Error> {
    Ok(SampleRow {
        number: row.get("number")?,
        decision: row.get("decision")?,
        state: word(row, "state", State::parse)?,
        reference: row.get("reference")?,
        seed: row.get("seed")?,
        design: json(row, "design")?,
        frame: row.get("frame")?,
        not_covered: row.get::<i64>("not_covered")?.unsigned_abs(),
        by: row.get("drawn_by")?,
        drawn: row.get("drawn_us")?,
        closed: row.get("closed_us")?,
    })
}
