//! Saved arrangements of the video wall: `watch_layout`, `watch_layout_camera`.

use std::collections::BTreeMap;

use base::id::{Camera, Id, Layout, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

/// What an arrangement's row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayoutRow {
    pub(crate) id: Id<Layout>,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) person: Id<Person>,
    pub(crate) shared: bool,
    pub(crate) grid: i64,
    pub(crate) turn_s: i64,
    pub(crate) everything: bool,
    pub(crate) created: Wall,
    pub(crate) changed: Wall,
}

/// The cameras of an arrangement, as one person sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Those that he may see, in the order of the tiles: id and short name.
    pub(crate) cameras: Vec<(Id<Camera>, String)>,
    /// How many there are beside them.
    pub(crate) hidden: usize,
}

const SELECT: &str = "SELECT l.id, l.slug, l.name, l.person_id, l.shared, l.grid, l.turn_s, \
     l.everything, l.created_us, l.changed_us FROM watch_layout l WHERE 1 = 1";

/// Ids in one statement; both engines take far more placeholders.
const IDS_MAX: usize = 500;

/// The person's own arrangements and those that are shared, by slug.
pub(crate) async fn list(
    conn: &mut Conn,
    person: Id<Person>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<LayoutRow>, Error> {
    let mut query = Query::new(SELECT).push(" AND (l.shared = 1 OR l.person_id = ", person);
    query = query.raw(")");
    if let Some(after) = after {
        query = query.push(" AND l.slug > ", after);
    }
    query = query.push(" ORDER BY l.slug LIMIT ", limit);
    conn.all_query(&query).await?.iter().map(layout).collect()
}

/// By id.
pub(crate) async fn by_id(conn: &mut Conn, id: Id<Layout>) -> Result<Option<LayoutRow>, Error> {
    let query = Query::new(SELECT).push(" AND l.id = ", id);
    conn.all_query(&query)
        .await?
        .first()
        .map(layout)
        .transpose()
}

/// By slug.
pub(crate) async fn by_slug(conn: &mut Conn, slug: &str) -> Result<Option<LayoutRow>, Error> {
    let query = Query::new(SELECT).push(" AND l.slug = ", slug);
    conn.all_query(&query)
        .await?
        .first()
        .map(layout)
        .transpose()
}

/// How many a person has.
pub(crate) async fn count_of(conn: &mut Conn, person: Id<Person>) -> Result<i64, Error> {
    conn.one(
        "SELECT COUNT(*) AS n FROM watch_layout WHERE person_id = $1",
        params![person],
    )
    .await?
    .get("n")
}

/// The cameras of the given arrangements that a condition on `c` lets through.
pub(crate) async fn shown(
    conn: &mut Conn,
    layouts: &[Id<Layout>],
    visible: &str,
    values: &[Value],
) -> Result<BTreeMap<Id<Layout>, Shown>, Error> {
    let mut found: BTreeMap<_, Shown> = BTreeMap::new();
    for some in layouts.chunks(IDS_MAX) {
        // A camera out of service is as one that may not be seen.
        let query = Query::new(
            "SELECT p.layout_id, c.id, c.short, CASE WHEN c.retired_us IS NULL AND (",
        )
        .condition(visible, values.to_vec())
        .raw(
            ") THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS seen FROM watch_layout_camera p \
             JOIN watch_camera c ON c.id = p.camera_id WHERE p.layout_id IN (",
        );
        let query = among(query, some).raw(" ORDER BY p.layout_id, p.position");
        for row in conn.all_query(&query).await? {
            let shown = found.entry(row.get("layout_id")?).or_default();
            if row.get("seen")? {
                shown.cameras.push((row.get("id")?, row.get("short")?));
            } else {
                shown.hidden += 1;
            }
        }
    }
    Ok(found)
}

fn among(mut query: Query, ids: &[Id<Layout>]) -> Query {
    for (i, id) in ids.iter().enumerate() {
        query = query.push(if i == 0 { "" } else { ", " }, *id);
    }
    query.raw(")")
}

/// Adds an arrangement, or brings it up to date; slug, owner and first day stay.
pub(crate) async fn put(tx: &mut Tx, row: &LayoutRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO watch_layout (id, slug, name, person_id, shared, grid, turn_s, everything, \
         created_us, changed_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, shared = excluded.shared, \
         grid = excluded.grid, turn_s = excluded.turn_s, everything = excluded.everything, \
         changed_us = excluded.changed_us",
        params![
            row.id,
            row.slug.as_str(),
            row.name.as_str(),
            row.person,
            row.shared,
            row.grid,
            row.turn_s,
            row.everything,
            row.created,
            row.changed
        ],
    )
    .await?;
    Ok(())
}

/// Puts these cameras in the place of those that were there.
pub(crate) async fn put_cameras(
    tx: &mut Tx,
    layout: Id<Layout>,
    cameras: &[Id<Camera>],
) -> Result<(), Error> {
    clear(tx, layout).await?;
    for (position, camera) in (0_i64..).zip(cameras) {
        tx.execute(
            "INSERT INTO watch_layout_camera (layout_id, position, camera_id) \
             VALUES ($1, $2, $3)",
            params![layout, position, *camera],
        )
        .await?;
    }
    Ok(())
}

async fn clear(tx: &mut Tx, layout: Id<Layout>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM watch_layout_camera WHERE layout_id = $1",
        params![layout],
    )
    .await?;
    Ok(())
}

/// Takes an arrangement away.
pub(crate) async fn remove(tx: &mut Tx, layout: Id<Layout>) -> Result<(), Error> {
    clear(tx, layout).await?;
    tx.execute("DELETE FROM watch_layout WHERE id = $1", params![layout])
        .await?;
    Ok(())
}

fn layout(row: &Row) -> Result<LayoutRow, Error> {
    Ok(LayoutRow {
        id: row.get("id")?,
        slug: row.get("slug")?,
        name: row.get("name")?,
        person: row.get("person_id")?,
        shared: row.get("shared")?,
        grid: row.get("grid")?,
        turn_s: row.get("turn_s")?,
        everything: row.get("everything")?,
        created: row.get("created_us")?,
        changed: row.get("changed_us")?,
    })
}
