//! Photographs of families and of what belongs to them: `card_photo`.

use base::day::Day;
use base::id::{Blob, Family, Id, Person, Resident};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{small, word};
use crate::photo::{Ended, For, Kind};
use crate::subject::SubjectId;

/// A photograph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhotoRow {
    pub(crate) number: i64,
    pub(crate) family: Id<Family>,
    /// None: of the family.
    pub(crate) person: Option<Id<Resident>>,
    pub(crate) kind: Kind,
    pub(crate) taken_for: For,
    pub(crate) taken_in: Option<i64>,
    pub(crate) taken: Wall,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) octets: u32,
    /// What the file was sealed for.
    pub(crate) file: Id<Blob>,
    /// The name of the sealed file; none once it is destroyed.
    pub(crate) blob: Option<String>,
    /// Empty once it is destroyed.
    pub(crate) wrapped: Vec<u8>,
    pub(crate) ended: Option<Gone>,
}

/// That a photograph was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) at: Wall,
    /// None: the house, when its term was over.
    pub(crate) by: Option<Id<Person>>,
    pub(crate) why: Ended,
    /// By which decree, where it was held.
    pub(crate) decree: Option<(String, Day)>,
}

impl PhotoRow {
    /// Of whom it is.
    pub(crate) fn subject(&self) -> SubjectId {
        self.person
            .map_or(SubjectId::Family(self.family), SubjectId::Person)
    }
}

/// The number of the next one. Whoever asks writes it in the same transaction.
pub(crate) async fn next(tx: &mut Tx) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COALESCE(MAX(number), 0) + 1 AS number FROM card_photo",
            params![],
        )
        .await?;
    row.get("number")
}

/// One more. `same` is what the same file that is sent again has in common.
pub(crate) async fn add(tx: &mut Tx, row: &PhotoRow, same: &[u8]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_photo (number, family, person, kind, taken_for, taken_in, taken_us, \
         by_person, at_us, width, height, octets, same, file, blob, wrapped) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        params![
            row.number,
            row.family,
            row.person,
            row.kind.as_str(),
            row.taken_for.as_str(),
            row.taken_in,
            row.taken,
            row.by,
            row.at,
            i64::from(row.width),
            i64::from(row.height),
            i64::from(row.octets),
            same.to_vec(),
            row.file,
            row.blob.as_deref(),
            row.wrapped.clone()
        ],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "SELECT number, family, person, kind, taken_for, taken_in, taken_us, \
     by_person, at_us, width, height, octets, file, blob, wrapped, ended_us, ended_by, ended_why, \
     decree, decree_day FROM card_photo";

/// The photograph of a family that was made of the same file; none where it is destroyed.
pub(crate) async fn same(
    conn: &mut Conn,
    family: Id<Family>,
    same: &[u8],
) -> Result<Option<PhotoRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE family = ", family)
        .push(" AND same = ", same.to_vec());
    let rows = conn.all_query(&query).await?;
    rows.first().map(photo).transpose()
}

/// All that were taken under any of these ids, the newest first.
pub(crate) async fn under(conn: &mut Conn, ids: &[[u8; 16]]) -> Result<Vec<PhotoRow>, Error> {
    let mut found = Vec::new();
    for some in ids.chunks(NAMED) {
        let marks = vec!["?"; some.len()].join(", ");
        let condition =
            format!(" WHERE (person IS NULL AND family IN ({marks})) OR person IN ({marks})");
        let values: Vec<Value> = some
            .iter()
            .chain(some)
            .map(|id| id.to_vec().into())
            .collect();
        let query = Query::new(COLUMNS).condition(&condition, values);
        for row in conn.all_query(&query).await? {
            found.push(photo(&row)?);
        }
    }
    found.sort_by_key(|row: &PhotoRow| std::cmp::Reverse(row.number));
    found.dedup_by_key(|row| row.number);
    Ok(found)
}

/// Ids that are named in one statement.
const NAMED: usize = 60;

/// Photographs of a kind that were taken before a time and are there still, behind one.
pub(crate) async fn outlived(
    conn: &mut Conn,
    kind: Kind,
    cut: Wall,
    (behind, most): (i64, i64),
) -> Result<Vec<PhotoRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE kind = ", kind.as_str())
        .push(" AND ended_us IS NULL AND taken_us < ", cut)
        .push(" AND number > ", behind)
        .push(" ORDER BY number LIMIT ", most);
    conn.all_query(&query).await?.iter().map(photo).collect()
}

/// Some that are there by their rows, and whose keys are not.
pub(crate) async fn keyless(conn: &mut Conn, most: i64) -> Result<Vec<PhotoRow>, Error> {
    let query = Query::new(COLUMNS)
        .raw(" WHERE ended_us IS NULL AND LENGTH(wrapped) = 0")
        .push(" ORDER BY number LIMIT ", most);
    conn.all_query(&query).await?.iter().map(photo).collect()
}

/// How many there are of those that outlived their term.
pub(crate) async fn due(conn: &mut Conn, kind: Kind, cut: Wall) -> Result<i64, Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS count FROM card_photo WHERE kind = $1 AND ended_us IS NULL \
             AND taken_us < $2",
            params![kind.as_str(), cut],
        )
        .await?;
    row.get("count")
}

/// Destroys the key of a photograph, and what it was known by; whether it was there still. First
/// what lies in the key's place, then nothing: a page that a database has let go of may lie on
/// the disk for long.
pub(crate) async fn end(tx: &mut Tx, row: &PhotoRow, gone: &Gone) -> Result<bool, Error> {
    let over = vec![0_u8; row.wrapped.len()];
    let there = tx
        .execute(
            "UPDATE card_photo SET wrapped = $2 WHERE number = $1 AND ended_us IS NULL",
            params![row.number, over],
        )
        .await?;
    if there == 0 {
        return Ok(false);
    }
    let (decree, day) = match &gone.decree {
        Some((number, day)) => (Some(number.as_str()), Some(day.to_string())),
        None => (None, None),
    };
    tx.execute(
        "UPDATE card_photo SET wrapped = $2, same = NULL, blob = NULL, ended_us = $3, \
         ended_by = $4, ended_why = $5, decree = $6, decree_day = $7 WHERE number = $1",
        params![
            row.number,
            Vec::<u8>::new(),
            gone.at,
            gone.by,
            gone.why.as_str(),
            decree,
            day.as_deref()
        ],
    )
    .await?;
    Ok(true)
}

fn photo(row: &Row) -> Result<PhotoRow, Error> {
    let ended: Option<Wall> = row.get("ended_us")?;
    let ended = match ended {
        None => None,
        Some(at) => {
            let decree: Option<String> = row.get("decree")?;
            let day: Option<String> = row.get("decree_day")?;
            let day = day.map(|day| day.parse());
            let day = day.transpose();
            Some(Gone {
                at,
                by: row.get("ended_by")?,
                why: word(row, "ended_why", Ended::parse)?,
                decree: decree.zip(day.map_err(|_| Error::corrupt("card_photo.decree_day"))?),
            })
        }
    };
    Ok(PhotoRow {
        number: row.get("number")?,
        family: row.get("family")?,
        person: row.get("person")?,
        kind: word(row, "kind", Kind::parse)?,
        taken_for: word(row, "taken_for", For::parse)?,
        taken_in: row.get("taken_in")?,
        taken: row.get("taken_us")?,
        by: row.get("by_person")?,
        at: row.get("at_us")?,
        width: small(row, "width")?,
        height: small(row, "height")?,
        octets: small(row, "octets")?,
        file: row.get("file")?,
        blob: row.get("blob")?,
        wrapped: row.get("wrapped")?,
        ended,
    })
}
