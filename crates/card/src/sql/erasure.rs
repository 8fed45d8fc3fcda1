//! What is destroyed by decree, and how: `card_erasure`, `card_gone`, and the rows of others.

use base::day::Day;
use base::id::{Id, Person};
use base::now::Wall;
use card_core::rule::Subject;
use store::blob::Sha256;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{small, word};
use crate::subject::SubjectId;

/// Rows that one statement names: each is more than one value.
const NAMED: usize = 50;

/// How far an erasure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for a second person.
    Proposed,
    /// It was done.
    Done,
    /// Nobody went on with it.
    Dropped,
}

impl State {
    pub(crate) const ALL: [Self; 3] = [Self::Proposed, Self::Done, Self::Dropped];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A family or person of whom all is to be destroyed. Businesses go with their owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErasureRow {
    pub(crate) number: i64,
    pub(crate) subject: SubjectId,
    pub(crate) state: State,
    pub(crate) rows: i64,
    pub(crate) decree: String,
    pub(crate) decree_day: Day,
    pub(crate) request: Option<i64>,
    /// Sealed; empty where it is not kept any more.
    pub(crate) reason: Vec<u8>,
    /// The key of that, wrapped.
    pub(crate) reason_key: Vec<u8>,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) confirmed_by: Option<Id<Person>>,
    pub(crate) confirmed: Option<Wall>,
    pub(crate) record: Option<String>,
    pub(crate) sha256: Option<String>,
}

const fn about(subject: Subject) -> &'static str {
    match subject {
        Subject::Family => "family",
        Subject::Person => "person",
        Subject::Business => "business",
    }
}

fn subject(word: &str) -> Option<Subject> {
    Subject::ALL.into_iter().find(|it| about(*it) == word)
}

/// One more, without its reason; its number. That of the row is not looked at.
pub(crate) async fn add(tx: &mut Tx, row: &ErasureRow) -> Result<i64, Error> {
    tx.one(
        "INSERT INTO card_erasure (number, about, subject, state, rows, decree, decree_day, \
         request, reason, reason_key, by_person, at_us) SELECT COALESCE(MAX(number), 0) + 1, $1, \
         $2, 'proposed', $3, $4, $5, $6, $7, $7, $8, $9 FROM card_erasure RETURNING number",
        params![
            about(row.subject.subject()),
            row.subject.octets().to_vec(),
            row.rows,
            row.decree.as_str(),
            row.decree_day.to_string(),
            row.request,
            Vec::<u8>::new(),
            row.by,
            row.at
        ],
    )
    .await?
    .get("number")
}

/// Keeps why, sealed for its number.
pub(crate) async fn says(tx: &mut Tx, number: i64, reason: &[u8], key: &[u8]) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_erasure SET reason = $2, reason_key = $3 WHERE number = $1",
        params![number, reason, key],
    )
    .await?;
    Ok(())
}

/// Nobody goes on with it, and its reason is gone; whether it waited.
pub(crate) async fn give_up(tx: &mut Tx, number: i64) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_erasure SET state = 'dropped', reason = $2, reason_key = $2 \
             WHERE number = $1 AND state = 'proposed'",
            params![number, Vec::<u8>::new()],
        )
        .await?;
    Ok(rows > 0)
}

/// What is said of one that is done.
#[derive(Debug, Clone)]
pub(crate) struct Done<'a> {
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) record: &'a str,
    pub(crate) sha256: &'a str,
}

/// It is done, and its reason is gone; whether it waited.
pub(crate) async fn done(tx: &mut Tx, number: i64, it: &Done<'_>) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_erasure SET state = 'done', reason = $2, reason_key = $2, \
             confirmed_by = $3, confirmed_us = $4, record = $5, sha256 = $6 \
             WHERE number = $1 AND state = 'proposed'",
            params![number, Vec::<u8>::new(), it.by, it.at, it.record, it.sha256],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT number, about, subject, state, rows, decree, decree_day, request, \
     reason, reason_key, by_person, at_us, confirmed_by, confirmed_us, record, sha256 \
     FROM card_erasure";

pub(crate) async fn find(conn: &mut Conn, number: i64) -> Result<Option<ErasureRow>, Error> {
    let query = Query::new(COLUMNS).push(" WHERE number = ", number);
    let rows = conn.all_query(&query).await?;
    rows.first().map(erasure).transpose()
}

/// Those of a state, the newest first, behind one.
pub(crate) async fn some(
    conn: &mut Conn,
    state: Option<State>,
    behind: Option<i64>,
    most: i64,
) -> Result<Vec<ErasureRow>, Error> {
    let mut query = Query::new(COLUMNS).raw(" WHERE 1 = 1");
    if let Some(state) = state {
        query = query.push(" AND state = ", state.as_str());
    }
    if let Some(behind) = behind {
        query = query.push(" AND number < ", behind);
    }
    let query = query.push(" ORDER BY number DESC LIMIT ", most);
    conn.all_query(&query).await?.iter().map(erasure).collect()
}

/// Whether something was erased after a time.
pub(crate) async fn is_later(conn: &mut Conn, than: Wall) -> Result<bool, Error> {
    let row = conn
        .maybe(
            "SELECT number FROM card_erasure WHERE state = 'done' AND confirmed_us > $1 LIMIT 1",
            params![than],
        )
        .await?;
    Ok(row.is_some())
}

/// The rows that a subject ever had and that can be opened still, in order.
pub(crate) async fn rows_of(conn: &mut Conn, subject: SubjectId) -> Result<Vec<(i64, u32)>, Error> {
    let (table, column) = super::whose(subject);
    let query = Query::new("SELECT DISTINCT m.list, m.number FROM ")
        .raw(table)
        .raw(" m JOIN card_key k ON k.list = m.list AND k.number = m.number WHERE m.")
        .raw(column)
        .push(" = ", subject.octets().to_vec());
    let query = query.raw(" ORDER BY m.list, m.number");
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| Ok((row.get("list")?, small(row, "number")?)))
        .collect()
}

/// Whether a subject ever had a row.
pub(crate) async fn is_known(conn: &mut Conn, subject: SubjectId) -> Result<bool, Error> {
    let (table, column) = super::whose(subject);
    let query = Query::new("SELECT list FROM ")
        .raw(table)
        .raw(" WHERE ")
        .raw(column)
        .push(" = ", subject.octets().to_vec());
    Ok(!conn.all_query(&query.raw(" LIMIT 1")).await?.is_empty())
}

/// Whose a row was, and from which run until before which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Belonged {
    pub(crate) person: SubjectId,
    pub(crate) family: SubjectId,
    pub(crate) since: i64,
    pub(crate) until: Option<i64>,
}

/// Whose a row was at any time.
pub(crate) async fn belonged(
    conn: &mut Conn,
    (list, number): (i64, u32),
) -> Result<Vec<Belonged>, Error> {
    conn.all(
        "SELECT person, family, since_run, until_run FROM card_member \
         WHERE list = $1 AND number = $2 ORDER BY since_run",
        params![list, i64::from(number)],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Belonged {
            person: SubjectId::Person(row.get("person")?),
            family: SubjectId::Family(row.get("family")?),
            since: row.get("since_run")?,
            until: row.get("until_run")?,
        })
    })
    .collect()
}

/// Destroys the keys of rows: first what lies in their place, then their rows. A page that a
/// database has let go of may lie on the disk for long.
pub(crate) async fn keys(tx: &mut Tx, list: i64, numbers: &[u32]) -> Result<u64, Error> {
    let mut destroyed = 0;
    for some in numbers.chunks(NAMED) {
        let (named, values) = listed(list, some);
        let length = tx
            .all_query(
                &Query::new("SELECT CAST(MAX(LENGTH(wrapped)) AS BIGINT) AS length FROM card_key")
                    .condition(&named, values.clone()),
            )
            .await?;
        let length: Option<i64> = match length.first() {
            Some(row) => row.get("length")?,
            None => None,
        };
        let zeros = vec![0_u8; usize::try_from(length.unwrap_or(0)).unwrap_or(0)];
        let over = Query::new("UPDATE card_key")
            .push(" SET wrapped = ", zeros)
            .condition(&named, values.clone());
        tx.execute_query(&over).await?;
        let gone = Query::new("DELETE FROM card_key").condition(&named, values);
        destroyed += tx.execute_query(&gone).await?;
    }
    Ok(destroyed)
}

/// Nothing lies any more in the place of what rows said.
pub(crate) async fn empty(tx: &mut Tx, list: i64, numbers: &[u32]) -> Result<(), Error> {
    for some in numbers.chunks(NAMED) {
        let (named, values) = listed(list, some);
        let query = Query::new("UPDATE card_record")
            .push(" SET sealed = ", Vec::<u8>::new())
            .condition(&named, values.clone());
        tx.execute_query(&query).await?;
        let gone = Query::new("DELETE FROM card_business").condition(&named, values);
        tx.execute_query(&gone).await?;
    }
    Ok(())
}

/// A condition that names rows of a list.
fn listed(list: i64, numbers: &[u32]) -> (String, Vec<Value>) {
    let marks = vec!["?"; numbers.len()].join(", ");
    let values =
        std::iter::once(list.into()).chain(numbers.iter().map(|number| i64::from(*number).into()));
    (
        format!(" WHERE list = ? AND number IN ({marks})"),
        values.collect(),
    )
}

/// Takes away by what rows of a list are found; how much.
pub(crate) async fn unfind(tx: &mut Tx, list: i64, hashes: &[(i64, u32)]) -> Result<u64, Error> {
    let mut gone = 0;
    for some in hashes.chunks(NAMED) {
        let each = vec!["(hash = ? AND list = ? AND number = ?)"; some.len()].join(" OR ");
        let values = some
            .iter()
            .flat_map(|(hash, number)| [(*hash).into(), list.into(), i64::from(*number).into()]);
        let query = Query::new("DELETE FROM card_index WHERE ").condition(&each, values.collect());
        gone += tx.execute_query(&query).await?;
    }
    Ok(gone)
}

/// The same for a row of which nobody can say by what it is found.
pub(crate) async fn unfind_any(tx: &mut Tx, list: i64, number: u32) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM card_index WHERE list = $1 AND number = $2",
        params![list, i64::from(number)],
    )
    .await
}

/// What counted of a row ends: by this run already it belongs to nobody, nor by those that took
/// late lists behind it, whether they are taken back or not. How many did.
pub(crate) async fn end(tx: &mut Tx, run: i64, (list, number): (i64, u32)) -> Result<u64, Error> {
    tx.execute(
        "UPDATE card_member SET until_run = $1 WHERE list = $2 AND number = $3 \
         AND (until_run IS NULL OR until_run > $1)",
        params![run, list, i64::from(number)],
    )
    .await
}

/// Of which business a row is, where it is of one.
pub(crate) async fn business(
    conn: &mut Conn,
    (list, number): (i64, u32),
) -> Result<Option<SubjectId>, Error> {
    conn.maybe(
        "SELECT business FROM card_business WHERE list = $1 AND number = $2",
        params![list, i64::from(number)],
    )
    .await?
    .map(|row| Ok(SubjectId::Business(row.get("business")?)))
    .transpose()
}

/// What hangs on rows elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hanging {
    /// What was found about them, or is shown by them.
    Findings,
    /// Pairs that people are asked about.
    Pairs,
    /// What people said of pairs.
    Words,
}

impl Hanging {
    /// The statement up to its condition, and the columns that name rows.
    const fn parts(self) -> (&'static str, [[&'static str; 2]; 2]) {
        match self {
            Self::Findings => (
                "DELETE FROM card_finding WHERE ",
                [["list", "number"], ["with_list", "with_number"]],
            ),
            Self::Pairs => (
                "DELETE FROM card_pair WHERE ",
                [["list_a", "number_a"], ["list_b", "number_b"]],
            ),
            Self::Words => (
                "DELETE FROM card_word WHERE ",
                [["list_a", "number_a"], ["list_b", "number_b"]],
            ),
        }
    }
}

/// Takes away what hangs on rows; how much.
pub(crate) async fn unhang(tx: &mut Tx, what: Hanging, rows: &[(i64, u32)]) -> Result<u64, Error> {
    let (head, columns) = what.parts();
    let mut gone = 0;
    for some in rows.chunks(NAMED) {
        let mut each = Vec::with_capacity(some.len() * 2);
        let mut values: Vec<Value> = Vec::with_capacity(some.len() * 4);
        for (list, number) in some {
            for [of, at] in columns {
                each.push(format!("({of} = ? AND {at} = ?)"));
                values.extend([(*list).into(), i64::from(*number).into()]);
            }
        }
        let query = Query::new(head).condition(&each.join(" OR "), values);
        gone += tx.execute_query(&query).await?;
    }
    Ok(gone)
}

/// Takes away what hangs on rows of a list whose keys are destroyed.
pub(crate) async fn unhang_keyless(tx: &mut Tx, what: Hanging, list: i64) -> Result<(), Error> {
    let (head, columns) = what.parts();
    for [of, at] in columns {
        let condition = format!(
            "{of} = ? AND NOT EXISTS (SELECT 1 FROM card_key k WHERE k.list = {of} \
             AND k.number = {at})"
        );
        let query = Query::new(head).condition(&condition, vec![list.into()]);
        tx.execute_query(&query).await?;
    }
    Ok(())
}

/// Destroys what answered objections about a subject say; how many.
pub(crate) async fn objections(tx: &mut Tx, subject: &[u8; 16]) -> Result<u64, Error> {
    tx.execute(
        "UPDATE card_objection SET sealed = $2, wrapped = $2, answer = $2 \
         WHERE subject = $1 AND state <> 'open' AND LENGTH(wrapped) > 0",
        params![subject.to_vec(), Vec::<u8>::new()],
    )
    .await
}

/// Destroys what answered requests about a subject say; how many.
pub(crate) async fn requests(tx: &mut Tx, subject: &[u8; 16]) -> Result<u64, Error> {
    tx.execute(
        "UPDATE card_request SET sealed = $2, wrapped = $2, identity = NULL, answer = $2 \
         WHERE subject = $1 AND state <> 'open' AND LENGTH(wrapped) > 0",
        params![subject.to_vec(), Vec::<u8>::new()],
    )
    .await
}

/// Destroys why somebody decided about a subject, with the key; that counts no more. How many.
pub(crate) async fn exceptions(tx: &mut Tx, subject: &[u8; 16], now: Wall) -> Result<u64, Error> {
    tx.execute(
        "UPDATE card_exception SET reason = $2, sealed = $2, wrapped = $2, \
         ended_us = COALESCE(ended_us, $3) \
         WHERE subject = $1 AND (LENGTH(reason) > 0 OR LENGTH(wrapped) > 0)",
        params![subject.to_vec(), Vec::<u8>::new(), now],
    )
    .await
}

/// Destroys what annexes as a whole were asked for that tell of a subject, with the keys: which
/// of them names whom nobody can say. How many.
pub(crate) async fn exports(tx: &mut Tx, subject: &[u8; 16]) -> Result<u64, Error> {
    tx.execute(
        "UPDATE card_export SET purpose = $2, sealed = $2, wrapped = $2 \
         WHERE (LENGTH(purpose) > 0 OR LENGTH(wrapped) > 0) AND EXISTS (SELECT 1 \
         FROM card_judged j WHERE j.decision = card_export.decision AND j.subject = $1)",
        params![subject.to_vec(), Vec::<u8>::new()],
    )
    .await
}

/// Examinations whose facts are kept: the file, and until when adopted lists rest on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FactsRow {
    pub(crate) run: i64,
    pub(crate) blob: String,
    /// Whether an adopted list rests on it.
    pub(crate) is_adopted: bool,
    /// The latest date of these lists.
    pub(crate) until: Option<Wall>,
}

pub(crate) async fn facts(conn: &mut Conn) -> Result<Vec<FactsRow>, Error> {
    conn.all(
        "SELECT r.number, r.facts_blob, COUNT(d.number) AS lists, \
         MAX(d.keep_until_us) AS until_us FROM card_run r \
         LEFT JOIN card_decision d ON d.run = r.number AND d.state = 'adopted' \
         WHERE r.facts_blob IS NOT NULL AND r.facts_key IS NOT NULL \
         GROUP BY r.number, r.facts_blob ORDER BY r.number",
        params![],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(FactsRow {
            run: row.get("number")?,
            blob: row.get("facts_blob")?,
            is_adopted: row.get::<i64>("lists")? > 0,
            until: row.get("until_us")?,
        })
    })
    .collect()
}

/// What an examination knows is another file from now on; whether it was the one that was
/// thought.
pub(crate) async fn rewrite(
    tx: &mut Tx,
    run: i64,
    was: &str,
    (blob, key): (&str, &[u8]),
) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "UPDATE card_run SET facts_blob = $3, facts_key = $4 WHERE number = $1 \
             AND facts_blob = $2",
            params![run, was, blob, key],
        )
        .await?;
    Ok(rows > 0)
}

/// A file has lost its key, and its row: it is taken off the disk after the commit.
pub(crate) async fn leave(tx: &mut Tx, blob: &Sha256, now: Wall) -> Result<(), Error> {
    store::blob::forget(tx, blob).await?;
    tx.execute(
        "INSERT INTO card_gone (blob, at_us) VALUES ($1, $2) ON CONFLICT (blob) DO NOTHING",
        params![blob.as_str(), now],
    )
    .await?;
    Ok(())
}

/// Files that are to be taken off the disk, the oldest first.
pub(crate) async fn left(conn: &mut Conn) -> Result<Vec<String>, Error> {
    conn.all("SELECT blob FROM card_gone ORDER BY at_us, blob", params![])
        .await?
        .iter()
        .map(|row| row.get("blob"))
        .collect()
}

/// A file is off the disk.
pub(crate) async fn removed(tx: &mut Tx, blob: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM card_gone WHERE blob = $1", params![blob])
        .await?;
    Ok(())
}

fn erasure(row: &Row) -> Result<ErasureRow, Error> {
    let about = word(row, "about", subject)?;
    let octets: Vec<u8> = row.get("subject")?;
    let octets = octets
        .try_into()
        .map_err(|_| Error::corrupt("card_erasure.subject"))?;
    let day: String = row.get("decree_day")?;
    Ok(ErasureRow {
        number: row.get("number")?,
        subject: SubjectId::of(about, octets),
        state: word(row, "state", State::parse)?,
        rows: row.get("rows")?,
        decree: row.get("decree")?,
        decree_day: day
            .parse()
            .map_err(|_| Error::corrupt("card_erasure.decree_day"))?,
        request: row.get("request")?,
        reason: row.get("reason")?,
        reason_key: row.get("reason_key")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        confirmed_by: row.get("confirmed_by")?,
        confirmed: row.get("confirmed_us")?,
        record: row.get("record")?,
        sha256: row.get("sha256")?,
    })
}
