//! Offices of the government (OPD), as a tree.
//!
//! Each office carries its path from the top, so that a branch is one prefix.
//! Moving an office moves all below it; into its own branch it cannot go.

use std::collections::BTreeMap;

use base::fact::Fact;
use base::id::{Agency, Id};
use base::now::Wall;
use serde_json::json;
use store::{Conn, Error, Tx, facts};

use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::line;
use crate::problem::Problem;
use crate::session::{self, Revoked};
use crate::sql::agency::{self as rows, AgencyRow};
use crate::sql::staff;

/// Offices above one another, at most. No government has as many.
const DEPTH_MAX: usize = 12;

/// Longest short name, in characters.
const SHORT_MAX: usize = 40;

/// Characters of one step of a path: 16 bytes in hexadecimal and a stroke.
const STEP: usize = 33;

/// An office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Agency>,
    /// Its full name.
    pub name: String,
    /// What people say.
    pub short: Option<String>,
    /// The office above.
    pub parent: Option<Id<Agency>>,
}

/// What to change. `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its full name.
    pub name: Option<String>,
    /// What people say; `Some(None)` takes it away.
    pub short: Option<Option<String>>,
    /// The office above; `Some(None)` puts it at the top.
    pub parent: Option<Option<Id<Agency>>>,
}

/// Whether there is such an office.
///
/// # Errors
/// If the database does not answer.
pub async fn exists(conn: &mut Conn, id: Id<Agency>) -> Result<bool, Error> {
    Ok(rows::by_id(conn, id).await?.is_some())
}

/// What people call each office, for lists of other things.
///
/// # Errors
/// If the database does not answer.
pub async fn names(conn: &mut Conn) -> Result<BTreeMap<Id<Agency>, String>, Error> {
    Ok(rows::fetch(conn, &rows::list())
        .await?
        .into_iter()
        .map(|row| (row.id, row.short.unwrap_or(row.name)))
        .collect())
}

/// Offices in the order of the tree. Also what to begin the next page after, if
/// there may be one.
///
/// The tree is no secret: who may read it reads all of it.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    q: Option<&str>,
    after: Option<Id<Agency>>,
    limit: i64,
) -> Result<(Vec<Listed>, Option<Id<Agency>>), Error> {
    let mut query = rows::list();
    if let Some(q) = q {
        let pattern = crate::sql::containing(q);
        query = query
            .push(" AND (LOWER(a.name) LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR LOWER(a.short) LIKE ", pattern)
            .raw(" ESCAPE '!')");
    }
    if let Some(after) = after {
        query = query
            .push(
                " AND a.path > (SELECT b.path FROM hall_agency b WHERE b.id = ",
                after,
            )
            .raw(")");
    }
    query = query.push(" ORDER BY a.path LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(listed).collect(), next))
}

/// Adds an office below another, or at the top.
///
/// # Errors
/// `not-allowed`, a bad field, or `agency-taken`.
pub async fn add(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    name: &str,
    short: Option<&str>,
    parent: Option<Id<Agency>>,
) -> Result<Listed, Problem> {
    who.require(Permission::AgenciesWrite, &Place::new(None, parent))?;
    let name = line::read("name", name, line::NAME_MAX)?;
    let short = line::read_maybe("short", short, SHORT_MAX)?;
    let above = above(tx, parent).await?;
    free(tx, parent, &name, None).await?;
    let id = hall.mint();
    let now = hall.now();
    let row = AgencyRow {
        id,
        path: rows::path(&above, id),
        name,
        short,
        parent,
    };
    if row.path.len() > DEPTH_MAX * STEP {
        return Err(too_deep());
    }
    rows::insert(tx, &row, now.wall).await?;
    let act = Act {
        verb: "agency.added",
        subject: id.to_string(),
        detail: json!({ "name": row.name, "short": row.short, "parent": row.parent }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(listed(row))
}

/// Renames or moves an office.
///
/// # Errors
/// `agency` (not found), `not-allowed`, a bad field, `agency-taken` or
/// `agency-cycle`.
pub async fn change(
    hall: &Hall,
    who: &Who,
    id: Id<Agency>,
    change: Change,
) -> Result<Listed, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let old = rows::by_id(&mut tx, id)
        .await?
        .ok_or_else(|| Problem::not_found("agency", "There is no such office."))?;
    who.require(Permission::AgenciesWrite, &Place::new(None, Some(id)))?;
    let mut row = old.clone();
    if let Some(name) = change.name {
        row.name = line::read("name", &name, line::NAME_MAX)?;
    }
    if let Some(short) = change.short {
        row.short = line::read_maybe("short", short.as_deref(), SHORT_MAX)?;
    }
    let moves = change.parent.is_some_and(|parent| parent != old.parent);
    if let Some(parent) = change.parent.filter(|_| moves) {
        // Out of the old branch and into the new one: both must be one's own.
        who.require(Permission::AgenciesWrite, &Place::new(None, old.parent))?;
        who.require(Permission::AgenciesWrite, &Place::new(None, parent))?;
        let above = above(&mut tx, parent).await?;
        if above.starts_with(&old.path) {
            return Err(
                Problem::conflict("agency-cycle", "An office cannot lie below itself.")
                    .field("parent", "lies below this office"),
            );
        }
        row.parent = parent;
        row.path = rows::path(&above, id);
        let members = rows::paths_below(&mut tx, &old.path).await?;
        let deepest = members.iter().map(String::len).max().unwrap_or(0);
        if deepest - old.path.len() + row.path.len() > DEPTH_MAX * STEP {
            return Err(too_deep());
        }
    }
    if row == old {
        return Ok(listed(row));
    }
    free(&mut tx, row.parent, &row.name, Some(id)).await?;
    rows::update(&mut tx, &row, now.wall).await?;
    let mut changed = Vec::new();
    if moves {
        rows::move_branch(&mut tx, &old.path, &row.path).await?;
        changed = affected(&mut tx, now.wall).await?;
    }
    let act = Act {
        verb: if moves {
            "agency.moved"
        } else {
            "agency.changed"
        },
        subject: id.to_string(),
        detail: json!({
            "from": { "name": old.name, "short": old.short, "parent": old.parent },
            "to": { "name": row.name, "short": row.short, "parent": row.parent },
        }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    hall.door().tell(changed);
    Ok(listed(row))
}

/// The path of the office above; of nothing, the empty one.
async fn above(tx: &mut Tx, parent: Option<Id<Agency>>) -> Result<String, Problem> {
    match parent {
        None => Ok(String::new()),
        Some(parent) => Ok(rows::by_id(tx, parent)
            .await?
            .ok_or_else(|| line::refuse("parent", "is not in the register of agencies"))?
            .path),
    }
}

/// Refuses a second office of the same name in the same place: it is the same one,
/// typed twice.
async fn free(
    tx: &mut Tx,
    parent: Option<Id<Agency>>,
    name: &str,
    but: Option<Id<Agency>>,
) -> Result<(), Problem> {
    let siblings = rows::siblings(tx, parent).await?;
    let name = name.to_lowercase();
    let taken = siblings
        .iter()
        .any(|row| Some(row.id) != but && row.name.to_lowercase() == name);
    if taken {
        return Err(
            Problem::conflict("agency-taken", "There is an office of this name there.")
                .field("name", "is taken there"),
        );
    }
    Ok(())
}

/// A move changes what grants over branches cover: their holders are judged anew.
async fn affected(tx: &mut Tx, now: Wall) -> Result<Vec<Revoked>, Error> {
    let mut all = Vec::new();
    for person in staff::with_agency_grants(tx, now).await? {
        facts::append(tx, &Fact::GrantsChanged { person }, now).await?;
        all.extend(session::logins(tx, person).await?);
    }
    Ok(all)
}

fn too_deep() -> Problem {
    line::refuse(
        "parent",
        format!("at most {DEPTH_MAX} offices above one another"),
    )
}

fn listed(row: AgencyRow) -> Listed {
    Listed {
        id: row.id,
        name: row.name,
        short: row.short,
        parent: row.parent,
    }
}
