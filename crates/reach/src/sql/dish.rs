//! What dishes have said last: `reach_dish`.

use std::collections::BTreeMap;

use base::id::{Id, Site};
use base::now::Wall;
use prost::Message as _;
use reach_core::dish::{Said, Word};
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::word;

/// What the dish of a site has said last.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DishRow {
    pub(crate) site: Id<Site>,
    pub(crate) word: Word,
    /// Since when it has been so.
    pub(crate) since: Wall,
    pub(crate) at: Wall,
    pub(crate) said: Said,
}

const SELECT: &str = "SELECT d.site_id, d.word, d.since_us, d.at_us, d.said FROM reach_dish d";

pub(crate) async fn of_site(conn: &mut Conn, site: Id<Site>) -> Result<Option<DishRow>, Error> {
    let query = Query::new(SELECT).push(" WHERE d.site_id = ", site);
    let rows = conn.all_query(&query).await?;
    rows.first().map(dish).transpose()
}

/// All of them, by site.
pub(crate) async fn all(conn: &mut Conn) -> Result<BTreeMap<Id<Site>, DishRow>, Error> {
    let rows = conn.all_query(&Query::new(SELECT)).await?;
    let rows = rows.iter().map(|row| {
        let row = dish(row)?;
        Ok((row.site, row))
    });
    rows.collect()
}

pub(crate) async fn put(tx: &mut Tx, row: &DishRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_dish (site_id, word, since_us, at_us, said) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (site_id) DO UPDATE SET word = excluded.word, \
         since_us = excluded.since_us, at_us = excluded.at_us, said = excluded.said",
        params![
            row.site,
            row.word.as_str(),
            row.since,
            row.at,
            row.said.encode_to_vec()
        ],
    )
    .await?;
    Ok(())
}

fn dish(row: &Row) -> Result<DishRow, Error> {
    let octets: Vec<u8> = row.get("said")?;
    Ok(DishRow {
        site: row.get("site_id")?,
        word: word(row, "word", Word::parse)?,
        since: row.get("since_us")?,
        at: row.get("at_us")?,
        said: Said::decode(octets.as_slice()).map_err(|_| Error::corrupt("reach_dish.said"))?,
    })
}
