//! Lists of villages, their rows and what is decided about them: `reach_list`,
//! `reach_list_row`, `reach_decision`, `reach_remembered`.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::day::Day;
use base::id::{Id, Person, Source};
use base::now::Wall;
use reach_core::register::{Doubt, How};
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{code, day, maybe_code, maybe_word, small};

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListRow {
    pub(crate) source: Id<Source>,
    pub(crate) title: String,
    pub(crate) owner: String,
    pub(crate) owner_key: String,
    pub(crate) as_of: Day,
    pub(crate) definition: Option<String>,
    pub(crate) announced: Option<i64>,
    pub(crate) announced_of: BTreeMap<String, i64>,
    pub(crate) left_out: i64,
    pub(crate) area: AreaCode,
    pub(crate) imported: Wall,
    pub(crate) withdrawn: Option<Wall>,
}

/// A row of a list, and what was decided about it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedRow {
    pub(crate) source: Id<Source>,
    pub(crate) number: u32,
    pub(crate) code: Option<String>,
    pub(crate) regency: Option<String>,
    pub(crate) district: Option<String>,
    pub(crate) village: Option<String>,
    pub(crate) key: String,
    pub(crate) found: Option<(AreaCode, How)>,
    pub(crate) doubt: Option<Doubt>,
    pub(crate) candidates: Vec<AreaCode>,
    pub(crate) status: Option<String>,
    /// JSON.
    pub(crate) says: String,
    pub(crate) area: AreaCode,
    pub(crate) decided: Option<Decided>,
}

/// What a person has said about a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) seq: i64,
    /// None: no village of the register.
    pub(crate) village: Option<AreaCode>,
    pub(crate) at: Wall,
    pub(crate) by: Id<Person>,
    pub(crate) why: Option<String>,
}

const LIST: &str = "SELECT l.source_id, l.title, l.owner, l.owner_key, l.as_of, l.definition, \
     l.announced, l.announced_of, l.left_out, l.area_code, l.imported_us, l.withdrawn_us \
     FROM reach_list l WHERE 1 = 1";

/// Begins a list of lists; conditions on `l` may follow.
pub(crate) fn lists() -> Query {
    Query::new(LIST)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<ListRow>, Error> {
    conn.all_query(query).await?.iter().map(list).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Source>) -> Result<Option<ListRow>, Error> {
    let query = lists().push(" AND l.source_id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

/// Of those sources the ones that are lists and count.
pub(crate) async fn standing(
    conn: &mut Conn,
    sources: &[Id<Source>],
) -> Result<Vec<Id<Source>>, Error> {
    let mut found = Vec::new();
    for source in sources {
        let list = by_id(conn, *source).await?;
        found.extend(
            list.filter(|list| list.withdrawn.is_none())
                .map(|list| list.source),
        );
    }
    Ok(found)
}

pub(crate) async fn insert(tx: &mut Tx, row: &ListRow) -> Result<(), Error> {
    let announced_of = serde_json::to_string(&row.announced_of)
        .map_err(|_| Error::corrupt("reach_list.announced_of"))?;
    tx.execute(
        "INSERT INTO reach_list (source_id, title, owner, owner_key, as_of, definition, \
         announced, announced_of, left_out, area_code, imported_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            row.source,
            row.title.as_str(),
            row.owner.as_str(),
            row.owner_key.as_str(),
            row.as_of.to_string(),
            row.definition.as_deref(),
            row.announced,
            announced_of,
            row.left_out,
            row.area.as_str(),
            row.imported
        ],
    )
    .await?;
    Ok(())
}

/// Says that a list does not count any more; whether it did.
pub(crate) async fn withdraw(tx: &mut Tx, id: Id<Source>, now: Wall) -> Result<bool, Error> {
    let done = tx
        .execute(
            "UPDATE reach_list SET withdrawn_us = $2 \
             WHERE source_id = $1 AND withdrawn_us IS NULL",
            params![id, now],
        )
        .await?;
    Ok(done == 1)
}

/// Rows of one INSERT: with fourteen values each it stays far below the 32,766
/// parameters of SQLite.
const ROWS_AT_ONCE: usize = 200;

pub(crate) async fn insert_rows(tx: &mut Tx, rows: &[ListedRow]) -> Result<(), Error> {
    for some in rows.chunks(ROWS_AT_ONCE) {
        let mut query = Query::new(
            "INSERT INTO reach_list_row (source_id, number, code, regency, district, village, \
             row_key, village_code, how, doubt, candidates, status, says, area_code) VALUES ",
        );
        for (at, row) in some.iter().enumerate() {
            let candidates: Vec<&str> = row.candidates.iter().map(AreaCode::as_str).collect();
            query = query
                .push(if at == 0 { "(" } else { ", (" }, row.source)
                .push(", ", i64::from(row.number))
                .push(", ", row.code.as_deref())
                .push(", ", row.regency.as_deref())
                .push(", ", row.district.as_deref())
                .push(", ", row.village.as_deref())
                .push(", ", row.key.as_str())
                .push(", ", row.found.as_ref().map(|(code, _)| code.as_str()))
                .push(", ", row.found.as_ref().map(|(_, how)| how.as_str()))
                .push(", ", row.doubt.map(Doubt::as_str))
                .push(", ", candidates.join(" "))
                .push(", ", row.status.as_deref())
                .push(", ", row.says.as_str())
                .push(", ", row.area.as_str())
                .raw(")");
        }
        tx.execute_query(&query).await?;
    }
    Ok(())
}

/// Begins a list of rows with what was decided last, of lists `l` and rows `r`, as
/// known at a time; conditions may follow.
pub(crate) fn rows(known: Option<Wall>) -> Query {
    let known = known.unwrap_or(Wall::from_us(i64::MAX));
    Query::new(
        "SELECT r.source_id, r.number, r.code, r.regency, r.district, r.village, r.row_key, \
         r.village_code, r.how, r.doubt, r.candidates, r.status, r.says, r.area_code, \
         d.seq, d.village_code AS decided_code, d.at_us, d.by_person, d.why \
         FROM reach_list_row r JOIN reach_list l ON l.source_id = r.source_id \
         LEFT JOIN reach_decision d ON d.source_id = r.source_id AND d.number = r.number \
         AND d.seq = (SELECT MAX(e.seq) FROM reach_decision e WHERE e.source_id = r.source_id \
         AND e.number = r.number AND e.at_us <= ",
    )
    .push("", known)
    .raw(") WHERE 1 = 1")
}

pub(crate) async fn fetch_rows(conn: &mut Conn, query: &Query) -> Result<Vec<ListedRow>, Error> {
    conn.all_query(query).await?.iter().map(row).collect()
}

pub(crate) async fn decide(
    tx: &mut Tx,
    source: Id<Source>,
    number: u32,
    decided: &Decided,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_decision (source_id, number, seq, village_code, at_us, by_person, why) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            source,
            i64::from(number),
            decided.seq,
            decided.village.as_ref().map(AreaCode::as_str),
            decided.at,
            decided.by,
            decided.why.as_deref()
        ],
    )
    .await?;
    Ok(())
}

/// Remembers a decision for the next file of that owner.
pub(crate) async fn remember(
    tx: &mut Tx,
    owner_key: &str,
    row_key: &str,
    decided: &Decided,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_remembered (owner_key, row_key, village_code, at_us) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (owner_key, row_key) DO UPDATE SET \
         village_code = excluded.village_code, at_us = excluded.at_us",
        params![
            owner_key,
            row_key,
            decided.village.as_ref().map(AreaCode::as_str),
            decided.at
        ],
    )
    .await?;
    Ok(())
}

/// What was decided about rows of that owner: by what stood in them.
pub(crate) async fn remembered(
    conn: &mut Conn,
    owner_key: &str,
) -> Result<BTreeMap<String, Option<AreaCode>>, Error> {
    let text = "SELECT row_key, village_code FROM reach_remembered WHERE owner_key = $1";
    conn.all(text, params![owner_key])
        .await?
        .iter()
        .map(|row| Ok((row.get("row_key")?, maybe_code(row, "village_code")?)))
        .collect()
}

/// The condition under which a row waits for a person.
pub(crate) const WAITS: &str = "r.village_code IS NULL AND d.seq IS NULL";

/// Adds a condition of one value.
pub(crate) fn of_source(query: Query, source: Id<Source>) -> Query {
    query.push(" AND r.source_id = ", Value::from(source))
}

fn list(row: &Row) -> Result<ListRow, Error> {
    let announced_of: String = row.get("announced_of")?;
    Ok(ListRow {
        source: row.get("source_id")?,
        title: row.get("title")?,
        owner: row.get("owner")?,
        owner_key: row.get("owner_key")?,
        as_of: day(row, "as_of")?,
        definition: row.get("definition")?,
        announced: row.get("announced")?,
        announced_of: serde_json::from_str(&announced_of)
            .map_err(|_| Error::corrupt("announced_of"))?,
        left_out: row.get("left_out")?,
        area: code(row, "area_code")?,
        imported: row.get("imported_us")?,
        withdrawn: row.get("withdrawn_us")?,
    })
}

fn row(row: &Row) -> Result<ListedRow, Error> {
    let found = maybe_code(row, "village_code")?.zip(maybe_word(row, "how", How::parse)?);
    let candidates: String = row.get("candidates")?;
    let seq: Option<i64> = row.get("seq")?;
    Ok(ListedRow {
        source: row.get("source_id")?,
        number: small(row, "number")?,
        code: row.get("code")?,
        regency: row.get("regency")?,
        district: row.get("district")?,
        village: row.get("village")?,
        key: row.get("row_key")?,
        found,
        doubt: maybe_word(row, "doubt", Doubt::parse)?,
        candidates: candidates
            .split_whitespace()
            .map(|code| code.parse().map_err(|_| Error::corrupt("candidates")))
            .collect::<Result<_, _>>()?,
        status: row.get("status")?,
        says: row.get("says")?,
        area: code(row, "area_code")?,
        decided: seq
            .map(|seq| {
                Ok::<_, Error>(Decided {
                    seq,
                    village: maybe_code(row, "decided_code")?,
                    at: row.get("at_us")?,
                    by: row.get("by_person")?,
                    why: row.get("why")?,
                })
            })
            .transpose()?,
    })
}
