//! Lists of who receives, and what people ruled: `card_decision`, `card_ruling`, `card_part`.

use base::day::Day;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::decree::Answer;
use serde_json::Value as Json;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{many, maybe_json, word};

/// How far a list has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// People rule on it.
    Draft,
    /// Its rows are being written.
    Writing,
    /// It stands, and is never changed.
    Adopted,
    /// Nobody went on with it.
    Dropped,
}

impl State {
    pub(crate) const ALL: [Self; 4] = [Self::Draft, Self::Writing, Self::Adopted, Self::Dropped];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Writing => "writing",
            Self::Adopted => "adopted",
            Self::Dropped => "dropped",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A list of who receives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DecisionRow {
    pub(crate) number: i64,
    pub(crate) slug: String,
    pub(crate) version: i64,
    pub(crate) run: i64,
    pub(crate) on: Day,
    pub(crate) baseline: Option<i64>,
    pub(crate) state: State,
    pub(crate) title: String,
    pub(crate) by: Id<Person>,
    pub(crate) began: Wall,
    pub(crate) result: Option<Json>,
    pub(crate) decree: Option<Json>,
    pub(crate) sha256: Option<String>,
    pub(crate) adopted_by: Option<Id<Person>>,
    pub(crate) adopted: Option<Wall>,
    pub(crate) keep_until: Option<Wall>,
    pub(crate) headless: Option<i64>,
    pub(crate) failure: Option<Failure>,
}

/// Why adopting a list came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The slug of a problem.
    pub(crate) problem: String,
    pub(crate) at: Wall,
}

/// A draft more; its number. That of the row is not looked at.
pub(crate) async fn begin(tx: &mut Tx, row: &DecisionRow) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_decision (number, slug, version, run, on_day, baseline, state, title, \
         by_person, began_us) SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, 'draft', \
         $6, $7, $8 FROM card_decision RETURNING number",
        params![
            row.slug.as_str(),
            row.version,
            row.run,
            row.on.to_string(),
            row.baseline,
            row.title.as_str(),
            row.by,
            row.began
        ],
    )
    .await?
    .get("number")
}

const COLUMNS: &str = "SELECT number, slug, version, run, on_day, baseline, state, title, \
     by_person, began_us, result, decree, sha256, adopted_by, adopted_us, keep_until_us, \
     headless, failure, failed_us FROM card_decision";

pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<DecisionRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE number = ", number);
    conn.all_query(&query)
        .await?
        .first()
        .map(decision)
        .transpose()
}

/// Those of a programme and a state, the newest first, behind one.
pub(crate) async fn some(
    conn: &mut Conn,
    slug: Option<&str>,
    state: Option<State>,
    behind: Option<i64>,
    most: i64,
) -> Result<Vec<DecisionRow>, Error> {
    let mut query = Query::new(COLUMNS).raw(" WHERE 1 = 1");
    if let Some(slug) = slug {
        query = query.push(" AND slug = ", slug);
    }
    if let Some(state) = state {
        query = query.push(" AND state = ", state.as_str());
    }
    if let Some(behind) = behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(decision).collect()
}

/// One that rests on a run and was not dropped.
pub(crate) async fn by_run(conn: &mut Conn, run: i64) -> Result<Option<i64>, Error> {
    let row = conn
        .maybe(
            "SELECT MAX(number) AS number FROM card_decision WHERE run = $1 \
             AND state <> 'dropped'",
            params![run],
        )
        .await?;
    row.map_or(Ok(None), |row| row.get("number"))
}

/// From one state to another; whether it was in that.
pub(crate) async fn moves(tx: &mut Tx, number: i64, from: State, to: State) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_decision SET state = $3 WHERE number = $1 AND state = $2",
            params![number, from.as_str(), to.as_str()],
        )
        .await?;
    Ok(rows > 0)
}

/// A draft is being adopted from now on; whether it was one.
pub(crate) async fn write(tx: &mut Tx, number: i64) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_decision SET state = 'writing', failure = NULL, failed_us = NULL \
             WHERE number = $1 AND state = 'draft'",
            params![number],
        )
        .await?;
    Ok(rows > 0)
}

/// It was not adopted, and is a draft again.
pub(crate) async fn fail(tx: &mut Tx, number: i64, it: &Failure) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_decision SET state = 'draft', failure = $2, failed_us = $3 \
         WHERE number = $1 AND state = 'writing'",
        params![number, it.problem.as_str(), it.at],
    )
    .await?;
    Ok(())
}

/// What is said of a list that is adopted.
#[derive(Debug, Clone)]
pub(crate) struct Adopted {
    pub(crate) result: Json,
    pub(crate) decree: Json,
    pub(crate) sha256: String,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) keep_until: Wall,
    pub(crate) headless: Option<i64>,
}

/// It stands from now on.
pub(crate) async fn adopt(tx: &mut Tx, number: i64, it: &Adopted) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_decision SET state = 'adopted', result = $2, decree = $3, sha256 = $4, \
             adopted_by = $5, adopted_us = $6, keep_until_us = $7, headless = $8 \
             WHERE number = $1 AND state = 'writing'",
            params![
                number,
                it.result.to_string(),
                it.decree.to_string(),
                it.sha256.as_str(),
                it.by,
                it.at,
                it.keep_until,
                it.headless
            ],
        )
        .await?;
    Ok(rows > 0)
}

/// What somebody ruled about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RulingRow {
    pub(crate) group: String,
    pub(crate) answer: Answer,
    pub(crate) reason: String,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
}

pub(crate) async fn rulings(conn: &mut Conn, decision: i64) -> Result<Vec<RulingRow>, Error> {
    conn.all(
        "SELECT grouped, answer, reason, by_person, at_us FROM card_ruling WHERE decision = $1 \
         ORDER BY grouped",
        params![decision],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(RulingRow {
            group: row.get("grouped")?,
            answer: word(row, "answer", Answer::parse)?,
            reason: row.get("reason")?,
            by: row.get("by_person")?,
            at: row.get("at_us")?,
        })
    })
    .collect()
}

/// The newest ruling about a group counts; the audit keeps those before.
pub(crate) async fn rule(tx: &mut Tx, decision: i64, it: &RulingRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_ruling (decision, grouped, answer, reason, by_person, at_us) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (decision, grouped) DO UPDATE SET \
         answer = excluded.answer, reason = excluded.reason, by_person = excluded.by_person, \
         at_us = excluded.at_us",
        params![
            decision,
            it.group.as_str(),
            it.answer.as_str(),
            it.reason.as_str(),
            it.by,
            it.at
        ],
    )
    .await?;
    Ok(())
}

/// Takes a ruling back; whether there was one.
pub(crate) async fn unrule(tx: &mut Tx, decision: i64, group: &str) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "DELETE FROM card_ruling WHERE decision = $1 AND grouped = $2",
            params![decision, group],
        )
        .await?;
    Ok(rows > 0)
}

/// A village's part of an annex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRow {
    /// Empty where no village is known.
    pub(crate) area: String,
    pub(crate) rows: i64,
    pub(crate) rupiah: Option<i64>,
    pub(crate) sha256: String,
}

pub(crate) async fn write_parts(
    tx: &mut Tx,
    decision: i64,
    parts: &[PartRow],
) -> Result<(), Error> {
    let values: Vec<Value> = parts
        .iter()
        .flat_map(|part| {
            [
                decision.into(),
                part.area.as_str().into(),
                part.rows.into(),
                part.rupiah.into(),
                part.sha256.as_str().into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_part (decision, area_code, rows, rupiah, sha256) VALUES ",
        5,
        &values,
    )
    .await
}

/// The parts of an annex, by village.
pub(crate) async fn parts(conn: &mut Conn, decision: i64) -> Result<Vec<PartRow>, Error> {
    conn.all(
        "SELECT area_code, rows, rupiah, sha256 FROM card_part WHERE decision = $1 \
         ORDER BY area_code",
        params![decision],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(PartRow {
            area: row.get("area_code")?,
            rows: row.get("rows")?,
            rupiah: row.get("rupiah")?,
            sha256: row.get("sha256")?,
        })
    })
    .collect()
}

pub(crate) async fn forget_parts(tx: &mut Tx, decision: i64) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM card_part WHERE decision = $1 AND EXISTS \
         (SELECT 1 FROM card_decision WHERE number = $1 AND state = 'writing')",
        params![decision],
    )
    .await?;
    Ok(())
}

fn decision(row: &Row) -> Result<DecisionRow, Error> {
    let on: String = row.get("on_day")?;
    let (problem, failed): (Option<String>, Option<Wall>) =
        (row.get("failure")?, row.get("failed_us")?);
    Ok(DecisionRow {
        number: row.get("number")?,
        slug: row.get("slug")?,
        version: row.get("version")?,
        run: row.get("run")?,
        on: on
            .parse()
            .map_err(|_| Error::corrupt("card_decision.on_day"))?,
        baseline: row.get("baseline")?,
        state: word(row, "state", State::parse)?,
        title: row.get("title")?,
        by: row.get("by_person")?,
        began: row.get("began_us")?,
        result: maybe_json(row, "result")?,
        decree: maybe_json(row, "decree")?,
        sha256: row.get("sha256")?,
        adopted_by: row.get("adopted_by")?,
        adopted: row.get("adopted_us")?,
        keep_until: row.get("keep_until_us")?,
        headless: row.get("headless")?,
        failure: problem
            .zip(failed)
            .map(|(problem, at)| Failure { problem, at }),
    })
}
