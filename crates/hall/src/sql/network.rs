//! Networks of offices, and the rule that goes by them: `hall_network`,
//! `hall_factor_rule`.

use base::id::{Id, Network, Person};
use base::now::Wall;
use store::{Conn, Error, Row, Tx, params};

use crate::network::Range;

/// A network with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkRow {
    pub(crate) id: Id<Network>,
    pub(crate) name: String,
    pub(crate) ranges: Vec<Range>,
    pub(crate) place: Option<String>,
}

/// All of them, by name: they are few.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<NetworkRow>, Error> {
    conn.all(
        "SELECT id, name, ranges, place FROM hall_network ORDER BY name, id",
        params![],
    )
    .await?
    .iter()
    .map(network)
    .collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Network>) -> Result<Option<NetworkRow>, Error> {
    Ok(all(conn).await?.into_iter().find(|row| row.id == id))
}

pub(crate) async fn insert(tx: &mut Tx, row: &NetworkRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_network (id, name, ranges, place, created_us, changed_us) \
         VALUES ($1, $2, $3, $4, $5, $5)",
        params![
            row.id,
            row.name.as_str(),
            text(&row.ranges),
            row.place.as_deref(),
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, row: &NetworkRow, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_network SET name = $2, ranges = $3, place = $4, changed_us = $5 \
         WHERE id = $1",
        params![
            row.id,
            row.name.as_str(),
            text(&row.ranges),
            row.place.as_deref(),
            now
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &mut Tx, id: Id<Network>) -> Result<(), Error> {
    tx.execute("DELETE FROM hall_network WHERE id = $1", params![id])
        .await?;
    Ok(())
}

/// Since when the rule is on, and who has turned it on. None: it is off.
pub(crate) async fn rule(conn: &mut Conn) -> Result<Option<(Wall, String)>, Error> {
    conn.maybe(
        "SELECT r.since_us, p.name FROM hall_factor_rule r \
         JOIN hall_person p ON p.id = r.by_person WHERE r.number = 1",
        params![],
    )
    .await?
    .map(|row| Ok((row.get("since_us")?, row.get("name")?)))
    .transpose()
}

pub(crate) async fn turn_on(tx: &mut Tx, by: Id<Person>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_factor_rule (number, since_us, by_person) VALUES (1, $1, $2)",
        params![now, by],
    )
    .await?;
    Ok(())
}

pub(crate) async fn turn_off(tx: &mut Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM hall_factor_rule WHERE number = 1", params![])
        .await?;
    Ok(())
}

fn text(ranges: &[Range]) -> String {
    let all: Vec<_> = ranges.iter().map(Range::to_string).collect();
    all.join(" ")
}

fn network(row: &Row) -> Result<NetworkRow, Error> {
    let ranges = row
        .get::<String>("ranges")?
        .split(' ')
        .map(|range| Range::parse(range).map_err(|_| Error::corrupt("hall_network.ranges")))
        .collect::<Result<_, _>>()?;
    Ok(NetworkRow {
        id: row.get("id")?,
        name: row.get("name")?,
        ranges,
        place: row.get("place")?,
    })
}
