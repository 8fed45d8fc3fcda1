//! All tables of a house, from one engine to the other.
//!
//! A house moves so while it stands still: whoever wrote meanwhile would be left behind.
//! Files and keys that lie beside the database stay where they are.

use crate::backup::Progress;
use crate::db::Place;
use crate::fill::Filling;
use crate::migrate::{Schema, applied};
use crate::table::{Table, tables};
use crate::{Conn, Db, Error};

/// What was taken over, and found to be the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Table, rows and digest of each.
    pub tables: Vec<(String, u64, String)>,
}

/// Copies all tables into an empty place; whole or not at all. The database that is read
/// was opened by [`Db::open`], so that no server writes to it.
///
/// # Errors
/// [`Error::Place`] if something is there already, [`Error::Newer`] if a newer version has
/// written what is to be copied, [`Error::Corrupt`] if what was written reads differently.
pub async fn copy(
    from: &Db,
    into: &Place,
    schemas: &[Schema],
    tell: &dyn Fn(Progress<'_>),
) -> Result<Copied, Error> {
    let mut read = from.read().await?;
    let steps = applied(&mut read, schemas).await?;
    let mut filling = Filling::begin(into, &steps).await?;
    let all = shared(&mut read, filling.tables()).await?;
    let mut done = Vec::new();
    for (table, at) in all.iter().zip(1..) {
        tell(Progress::table(&table.name, at, all.len()));
        let taken = filling
            .pour(&mut read, table, async |rows| Ok(rows))
            .await?;
        if table.tally(filling.conn()).await? != taken {
            return Err(Error::corrupt(&table.name));
        }
        done.push((table.name.clone(), taken.rows, taken.hex()));
    }
    filling.finish().await?;
    Ok(Copied { tables: done })
}

/// The tables of a database that is made anew, each of which the old one has to have.
pub(crate) async fn shared(from: &mut Conn, fresh: &[Table]) -> Result<Vec<Table>, Error> {
    let old = tables(from).await?;
    match fresh.iter().find(|table| !old.contains(table)) {
        Some(table) => Err(Error::corrupt(format!("the shape of {}", table.name))),
        None => Ok(fresh.to_vec()),
    }
}
