//! How long what is kept, what is past that, and what was destroyed for it: `card_term`,
//! `card_term_run`, and the rows of others.

use base::id::{Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Tx, Value, params};

/// How long something is kept, since somebody has said so: by what it is of.
pub(crate) async fn said(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    conn.all("SELECT what, days FROM card_term ORDER BY what", params![])
        .await?
        .iter()
        .map(|row| Ok((row.get("what")?, row.get("days")?)))
        .collect()
}

/// What somebody says about a term.
#[derive(Debug, Clone)]
pub(crate) struct Say<'a> {
    pub(crate) what: &'a str,
    pub(crate) days: i64,
    pub(crate) reason: &'a str,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
}

/// From now on it is kept for so long.
pub(crate) async fn say(tx: &mut Tx, it: &Say<'_>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_term (what, days, reason, by_person, at_us) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (what) DO UPDATE SET days = excluded.days, \
         reason = excluded.reason, by_person = excluded.by_person, at_us = excluded.at_us",
        params![it.what, it.days, it.reason, it.by, it.at],
    )
    .await?;
    Ok(())
}

/// The last time that a term was enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastRow {
    pub(crate) what: String,
    pub(crate) at: Wall,
    pub(crate) destroyed: i64,
    pub(crate) held: i64,
    pub(crate) until: Option<Wall>,
}

pub(crate) async fn last(conn: &mut Conn) -> Result<Vec<LastRow>, Error> {
    conn.all(
        "SELECT what, at_us, destroyed, held, until_us FROM card_term_run ORDER BY what",
        params![],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(LastRow {
            what: row.get("what")?,
            at: row.get("at_us")?,
            destroyed: row.get("destroyed")?,
            held: row.get("held")?,
            until: row.get("until_us")?,
        })
    })
    .collect()
}

/// A term was enforced.
pub(crate) async fn ran(tx: &mut Tx, row: &LastRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_term_run (what, at_us, destroyed, held, until_us) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (what) DO UPDATE SET at_us = excluded.at_us, \
         destroyed = excluded.destroyed, held = excluded.held, until_us = excluded.until_us",
        params![
            row.what.as_str(),
            row.at,
            row.destroyed,
            row.held,
            row.until
        ],
    )
    .await?;
    Ok(())
}

/// One more was destroyed for a term, at that time.
pub(crate) async fn add(tx: &mut Tx, what: &str, at: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_term_run (what, at_us, destroyed, held, until_us) \
         VALUES ($1, $2, 1, 0, NULL) ON CONFLICT (what) DO UPDATE SET \
         destroyed = CASE WHEN card_term_run.at_us = excluded.at_us \
         THEN card_term_run.destroyed + 1 ELSE 1 END, at_us = excluded.at_us",
        params![what, at],
    )
    .await?;
    Ok(())
}

async fn count(conn: &mut Conn, query: &Query) -> Result<i64, Error> {
    match conn.all_query(query).await?.first() {
        Some(row) => row.get("count"),
        None => Ok(0),
    }
}

/// Raw copies whose date is over.
pub(crate) async fn raw_copies(conn: &mut Conn, now: Wall) -> Result<i64, Error> {
    let query = Query::new("SELECT COUNT(*) AS count FROM card_list")
        .push(" WHERE raw_blob IS NOT NULL AND keep_until_us < ", now);
    count(conn, &query).await
}

/// Imports that nobody went on with since a time.
pub(crate) async fn imports(conn: &mut Conn, cut: Wall) -> Result<i64, Error> {
    let query = Query::new("SELECT COUNT(*) AS count FROM card_import")
        .push(" WHERE state = 'open' AND opened_us < ", cut);
    count(conn, &query).await
}

/// Since when lists count: those of these numbers do, all others ended at this time, where they
/// had not before.
pub(crate) async fn mark(tx: &mut Tx, counting: &[i64], now: Wall) -> Result<(), Error> {
    let marks = vec!["?"; counting.len()].join(", ");
    let values: Vec<Value> = counting.iter().map(|number| (*number).into()).collect();
    let mut ends = Query::new("UPDATE card_list")
        .push(" SET ended_us = ", now)
        .raw(" WHERE ended_us IS NULL AND state <> 'staged'");
    if !counting.is_empty() {
        ends = ends.condition(&format!(" AND number NOT IN ({marks})"), values.clone());
        let begins = Query::new(
            "UPDATE card_list SET ended_us = NULL, look_us = NULL WHERE ended_us IS NOT NULL",
        )
        .condition(&format!(" AND number IN ({marks})"), values);
        tx.execute_query(&begins).await?;
    }
    tx.execute_query(&ends).await?;
    Ok(())
}

/// Rows that can be opened of lists that ended before a time.
pub(crate) async fn rows(conn: &mut Conn, cut: Wall) -> Result<i64, Error> {
    let query = Query::new(
        "SELECT COUNT(*) AS count FROM card_key k JOIN card_list l ON l.number = k.list",
    )
    .push(" WHERE l.state <> 'staged' AND l.ended_us < ", cut);
    count(conn, &query).await
}

/// Those of them that the last look found held, and when the first is not any more; none:
/// whenever somebody answers.
pub(crate) async fn held_rows(
    conn: &mut Conn,
    cut: Wall,
    now: Wall,
) -> Result<(i64, Option<Wall>), Error> {
    let query = Query::new(
        "SELECT COUNT(*) AS count, MIN(l.look_us) AS look_us FROM card_key k \
         JOIN card_list l ON l.number = k.list",
    )
    .push(" WHERE l.state <> 'staged' AND l.ended_us < ", cut)
    .push(" AND l.look_us > ", now);
    match conn.all_query(&query).await?.first() {
        Some(row) => Ok((row.get("count")?, row.get("look_us")?)),
        None => Ok((0, None)),
    }
}

/// Lists that ended before a time, that have rows which can be opened, and that were not looked
/// at or are to be again.
pub(crate) async fn ended(conn: &mut Conn, cut: Wall, now: Wall) -> Result<Vec<i64>, Error> {
    let query = Query::new("SELECT number FROM card_list")
        .push(" WHERE state <> 'staged' AND ended_us < ", cut)
        .push(" AND (look_us IS NULL OR look_us <= ", now)
        .raw(
            ") AND EXISTS (SELECT 1 FROM card_key WHERE card_key.list = card_list.number) \
             ORDER BY number",
        );
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| row.get("number"))
        .collect()
}

/// Rows of a list are destroyed, and what hangs on them is not yet.
pub(crate) async fn hang(tx: &mut Tx, list: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_list SET hanging = 1 WHERE number = $1 AND hanging IS NULL",
        params![list],
    )
    .await?;
    Ok(())
}

/// Nothing hangs on rows of a list that are destroyed.
pub(crate) async fn unhung(tx: &mut Tx, list: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_list SET hanging = NULL WHERE number = $1",
        params![list],
    )
    .await?;
    Ok(())
}

/// Lists on whose destroyed rows something may hang still.
pub(crate) async fn hanging(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_list WHERE hanging IS NOT NULL ORDER BY number",
        params![],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

/// Whatever is left of a list is held until then.
pub(crate) async fn look(tx: &mut Tx, list: i64, at: Option<Wall>) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_list SET look_us = $2 WHERE number = $1",
        params![list, at],
    )
    .await?;
    Ok(())
}

/// An adopted list that is kept still holds what was said against it.
const HELD: &str = "EXISTS (SELECT 1 FROM card_decision d WHERE d.number = \
     card_objection.decision AND d.state = 'adopted' AND d.keep_until_us > ?)";

const ANSWERED: &str = "state <> 'open' AND LENGTH(wrapped) > 0 AND answered_us < ?";

/// Objections that were answered before a time.
pub(crate) async fn objections(conn: &mut Conn, cut: Wall) -> Result<i64, Error> {
    let query = Query::new("SELECT COUNT(*) AS count FROM card_objection WHERE ")
        .condition(ANSWERED, vec![cut.into()]);
    count(conn, &query).await
}

/// Those of them that adopted lists hold.
pub(crate) async fn held_objections(
    conn: &mut Conn,
    cut: Wall,
    now: Wall,
) -> Result<(i64, Option<Wall>), Error> {
    let query = Query::new(
        "SELECT COUNT(*) AS count, MIN(h.keep_until_us) AS until_us FROM card_objection \
         JOIN card_decision h ON h.number = card_objection.decision WHERE ",
    )
    .condition(
        "card_objection.state <> 'open' AND LENGTH(wrapped) > 0 AND answered_us < ? \
         AND h.state = 'adopted' AND h.keep_until_us > ?",
        vec![cut.into(), now.into()],
    );
    match conn.all_query(&query).await?.first() {
        Some(row) => Ok((row.get("count")?, row.get("until_us")?)),
        None => Ok((0, None)),
    }
}

/// Destroys what some of them say that nothing holds; how many.
pub(crate) async fn end_objections(
    tx: &mut Tx,
    cut: Wall,
    now: Wall,
    most: i64,
) -> Result<u64, Error> {
    let none = Vec::<u8>::new;
    let query = Query::new("UPDATE card_objection")
        .push(" SET sealed = ", none())
        .push(", wrapped = ", none())
        .push(", answer = ", none())
        .raw(" WHERE id IN (SELECT id FROM card_objection WHERE ")
        .condition(ANSWERED, vec![cut.into()])
        .raw(" AND NOT ")
        .condition(HELD, vec![now.into()])
        .push(" ORDER BY id LIMIT ", most)
        .raw(")");
    tx.execute_query(&query).await
}

const ENDED: &str = "(LENGTH(reason) > 0 OR LENGTH(wrapped) > 0) AND ended_us < ?";

/// Decisions about one subject that ended before a time.
pub(crate) async fn exceptions(conn: &mut Conn, cut: Wall) -> Result<i64, Error> {
    let query = Query::new("SELECT COUNT(*) AS count FROM card_exception WHERE ")
        .condition(ENDED, vec![cut.into()]);
    count(conn, &query).await
}

/// Destroys why some of them were made; how many.
pub(crate) async fn end_exceptions(tx: &mut Tx, cut: Wall, most: i64) -> Result<u64, Error> {
    let query = Query::new("UPDATE card_exception")
        .push(" SET reason = ", Vec::<u8>::new())
        .push(", sealed = ", Vec::<u8>::new())
        .push(", wrapped = ", Vec::<u8>::new())
        .raw(" WHERE id IN (SELECT id FROM card_exception WHERE ")
        .condition(ENDED, vec![cut.into()])
        .push(" ORDER BY id LIMIT ", most)
        .raw(")");
    tx.execute_query(&query).await
}

const DROPPED: &str = "decision IN (SELECT number FROM card_decision WHERE state = 'dropped' \
     AND began_us < ?)";

/// What people ruled in drafts that were begun before a time and dropped.
pub(crate) async fn rulings(conn: &mut Conn, cut: Wall) -> Result<i64, Error> {
    let query = Query::new("SELECT COUNT(*) AS count FROM card_ruling WHERE ")
        .condition(DROPPED, vec![cut.into()]);
    count(conn, &query).await
}

/// Takes it away; how much.
pub(crate) async fn end_rulings(tx: &mut Tx, cut: Wall) -> Result<u64, Error> {
    let query = Query::new("DELETE FROM card_ruling WHERE ").condition(DROPPED, vec![cut.into()]);
    tx.execute_query(&query).await
}

/// Examinations on which adopted lists rest whose dates are over, all of them, and nothing that
/// people work with: their numbers and files.
pub(crate) async fn facts(conn: &mut Conn, now: Wall) -> Result<Vec<(i64, String)>, Error> {
    let query = Query::new(
        "SELECT number, facts_blob FROM card_run WHERE facts_blob IS NOT NULL \
         AND facts_key IS NOT NULL \
         AND number < (SELECT MAX(number) FROM card_run WHERE state = 'done' \
         AND late_of IS NULL) \
         AND EXISTS (SELECT 1 FROM card_decision d WHERE d.run = card_run.number \
         AND d.state = 'adopted')",
    )
    .push(
        " AND NOT EXISTS (SELECT 1 FROM card_decision d WHERE d.run = card_run.number \
         AND (d.state IN ('draft', 'writing') OR (d.state = 'adopted' AND d.keep_until_us >= ",
        now,
    )
    .raw("))) ORDER BY number");
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| Ok((row.get("number")?, row.get("facts_blob")?)))
        .collect()
}

/// The key of what an examination knew is gone; the name of the file stays, which covers name.
pub(crate) async fn end_facts(tx: &mut Tx, run: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE card_run SET facts_key = NULL WHERE number = $1",
        params![run],
    )
    .await?;
    Ok(())
}
