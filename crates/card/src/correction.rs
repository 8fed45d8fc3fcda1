//! Corrections: what owners of lists are to put right in their own data.
//!
//! A request for correction that was granted says what a row should say. Rows of the house
//! are never changed: what an owner brings in anew is what counts.

use std::collections::{BTreeMap, BTreeSet};

use base::now::Wall;
use hall::Hall;
use hall::problem::Problem;
use store::{Conn, Error};

use crate::request;
use crate::sql::list::{self, ListRow};
use crate::sql::record;
use crate::sql::request::{self as rows, Asked, Kind, RequestRow, State};
use crate::strongbox;

/// Requests that are read at once.
const PAGE: i64 = 500;

/// What a row says, and what it should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Correction {
    /// The request that it follows from.
    pub(crate) request: i64,
    /// When that was answered.
    pub(crate) answered: Wall,
    /// What the list is called.
    pub(crate) title: String,
    pub(crate) row: u32,
    pub(crate) field: String,
    /// What is written; none where the key of the row was destroyed.
    pub(crate) says: Option<String>,
    pub(crate) should_be: String,
    pub(crate) evidence: String,
}

/// Lists of an owner, whether they count or not.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn lists(conn: &mut Conn, owner: &str) -> Result<BTreeMap<i64, ListRow>, Error> {
    let lists = list::all(conn).await?.into_iter();
    let own = lists.filter(|it| it.owner.as_deref() == Some(owner));
    Ok(own.map(|it| (it.number, it)).collect())
}

/// What is to be put right in some lists, as it was answered since a time; the newest first.
///
/// # Errors
/// If the database does not answer, or something does not open.
pub(crate) async fn of(
    hall: &Hall,
    conn: &mut Conn,
    lists: &BTreeMap<i64, ListRow>,
    since: Option<Wall>,
) -> Result<Vec<Correction>, Problem> {
    let mut found = Vec::new();
    for row in answered(conn, since).await? {
        let opened = request::opened(hall.vault(), &row)?;
        let Some((reply, answered)) = opened.and_then(|it| it.reply).zip(row.answered) else {
            continue;
        };
        for it in reply.repairs {
            let Some(list) = lists.get(&it.list) else {
                continue;
            };
            let says = says(hall, conn, it.list, it.row).await?;
            let says = says.and_then(|says| says.get(it.field.as_str()).cloned());
            found.push(Correction {
                request: row.number,
                answered: answered.at,
                title: list.title.clone(),
                row: it.row,
                field: it.field,
                says,
                should_be: it.should_be,
                evidence: it.evidence,
            });
        }
    }
    Ok(found)
}

/// Requests for correction that were granted, or partly.
async fn answered(conn: &mut Conn, since: Option<Wall>) -> Result<Vec<RequestRow>, Error> {
    let mut found = Vec::new();
    let mut asked = Asked {
        kind: Some(Kind::Correction),
        ..Asked::default()
    };
    loop {
        let everywhere = ("1 = 1".to_owned(), Vec::new());
        let page = rows::some(conn, &asked, everywhere, PAGE).await?;
        let Some(last) = page.last().map(|row| row.number) else {
            return Ok(found);
        };
        asked.behind = Some(last);
        found.extend(page.into_iter().filter(|row| {
            let is_in_time = |it: &rows::Answered| since.is_none_or(|since| it.at >= since);
            matches!(row.state, State::Granted | State::Partly)
                && row.answered.as_ref().is_some_and(is_in_time)
        }));
    }
}

async fn says(
    hall: &Hall,
    conn: &mut Conn,
    list: i64,
    row: u32,
) -> Result<Option<BTreeMap<&'static str, String>>, Problem> {
    let sealed = record::kept(conn, list, &[row]).await?;
    let Some(sealed) = sealed.first() else {
        return Ok(None);
    };
    let record = strongbox::open(hall.vault(), list, sealed)?;
    Ok(record.map(|it| it.fields().into_iter().collect()))
}

/// The requests that some corrections follow from.
pub(crate) fn requests(of: &[Correction]) -> BTreeSet<i64> {
    of.iter().map(|it| it.request).collect()
}
