//! The way back to an older version.
//!
//! A migration leaves a copy of what was there before it ([`crate::migrate`]). An older
//! program refuses what a newer one has migrated, and cannot undo it; but it can take that
//! copy in the place of the database. What was written since is then not in the house, so it
//! is counted first ([`Back::lost`]), and the newer database is kept beside it under a name of its
//! own: installing the newer program and laying that file back is the way forward again.
//!
//! The newer file gets its second name before the copy gets the first one, in one step of the
//! file system: whenever the power goes there is a whole database at the place.
//!
//! The files of blobs stay: they are named by what they hold, and a newer version adds to
//! them. A PostgreSQL server has no such copies; there the way back is a backup.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::now::Wall;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::blob::wipe;
use crate::copies;
use crate::db::{Place, claim_file, sqlite_options};
use crate::fill::{behind, place_file};
use crate::migrate::{Schema, columns};
use crate::query::Sql;
use crate::{Db, Error, dialect, params};

/// Where a way back leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// The copy that takes the place.
    pub copy: PathBuf,
    /// When it was made.
    pub made: Wall,
    /// Tables that hold another number of rows than the copy does, by name.
    pub lost: Vec<Table>,
}

/// A table before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Rows that it has now; none where there is no such table any more.
    pub now: Option<i64>,
    /// Rows that the copy has; none where it knows of no such table.
    pub then: Option<i64>,
}

/// The newest copy that a program of these steps can read, and what is not in it; none where
/// there is none.
///
/// # Errors
/// If the database or a copy cannot be opened or does not answer.
pub async fn find(path: &Path, schemas: &[Schema]) -> Result<Option<Back>, Error> {
    let mut all: Vec<_> = copies::beside(path)?
        .into_iter()
        .filter(|copy| copy.extension().is_some_and(|it| it == "sqlite"))
        .filter_map(|copy| Some((made(&copy)?, copy)))
        .collect();
    all.sort();
    for (_, copy) in all.into_iter().rev() {
        match look(path, &copy, schemas).await {
            Err(Error::Newer { .. } | Error::Altered { .. }) => {}
            looked => return looked.map(Some),
        }
    }
    Ok(None)
}

/// What a certain copy would be the way back to. One that [`take`] has set aside will do, too:
/// by a newer program that is the way forward again.
///
/// # Errors
/// [`Error::Newer`] and [`Error::Altered`] where these steps cannot read it; else as [`find`].
pub async fn look(path: &Path, copy: &Path, schemas: &[Schema]) -> Result<Back, Error> {
    let made = made(copy).ok_or_else(|| Error::Place {
        place: copy.display().to_string(),
        why: "its name is not that of a copy".to_owned(),
    })?;
    let place = |path: &Path| Place::Sqlite {
        path: path.to_owned(),
    };
    let db = Db::open_to_read(&place(copy)).await?;
    let standing = db.standing(schemas).await;
    let then = rows(&db).await;
    db.close().await;
    standing?;
    let db = Db::open_to_read(&place(path)).await?;
    let now = rows(&db).await;
    db.close().await;
    Ok(Back {
        copy: copy.to_owned(),
        made,
        lost: differences(now?, then?),
    })
}

/// Puts a copy in the place of the database; where what was there lies now.
///
/// # Errors
/// [`Error::InUse`] while a house runs; else if a file cannot be written, and then nothing
/// has changed.
pub async fn take(path: &Path, copy: &Path, now: Wall) -> Result<PathBuf, Error> {
    let path = &path
        .canonicalize()
        .map_err(|error| Error::file(path, error))?;
    // Held to the end: no house opens what is being exchanged.
    let claim = claim_file(path)?;
    let named = |error: sqlx::Error| Error::from(error).at(&path.display().to_string());
    let options = sqlite_options(path).journal_mode(SqliteJournalMode::Wal);
    let mut conn = options.connect().await.map_err(named)?;
    let busy: i64 = sqlx::query_scalar(dialect::SQLITE_SETTLE)
        .fetch_one(&mut conn)
        .await
        .map_err(named)?;
    conn.close().await.map_err(named)?;
    let log = behind(path, "-wal");
    if busy != 0 || fs::metadata(&log).is_ok_and(|it| it.len() > 0) {
        return Err(Error::Unavailable(
            "somebody reads this database; end that first".to_owned(),
        ));
    }
    let part = path.with_extension("back.part");
    wipe(&part)?;
    let copied = copied(copy, &part);
    let aside = free_name(path, now);
    let placed = copied
        .and_then(|()| second_name(path, &aside))
        .and_then(|()| place_file(&part, path));
    if placed.is_err() {
        // The first failure is the one to tell.
        let _ = wipe(&part);
    }
    placed?;
    drop(claim);
    Ok(aside)
}

fn copied(from: &Path, to: &Path) -> Result<(), Error> {
    let wrong = |error| Error::file(to, error);
    let mut source = File::open(from).map_err(|error| Error::file(from, error))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(wrong)?;
    io::copy(&mut source, &mut file).map_err(wrong)?;
    file.sync_all().map_err(wrong)
}

/// The same file under another name; a copy where the file system has one name for each.
fn second_name(path: &Path, aside: &Path) -> Result<(), Error> {
    match fs::hard_link(path, aside) {
        Ok(()) => Ok(()),
        Err(_) => copied(path, aside),
    }
}

/// `betang.after-<now, in microseconds>.sqlite`; nothing is written over.
fn free_name(path: &Path, now: Wall) -> PathBuf {
    (0_u32..)
        .map(|n| match n {
            0 => path.with_extension(format!("after-{}.sqlite", now.as_us())),
            n => path.with_extension(format!("after-{}-{n}.sqlite", now.as_us())),
        })
        .find(|name| !name.exists())
        .unwrap_or_default()
}

/// When a copy was made, as its name says.
fn made(copy: &Path) -> Option<Wall> {
    let name = copy.file_stem()?.to_str()?;
    let (_, rest) = name
        .split_once(".before-")
        .or_else(|| name.split_once(".after-"))?;
    let number = rest.split('-').next()?;
    number.parse().ok().map(Wall::from_us)
}

/// Tables and how many rows they have, by name.
async fn rows(db: &Db) -> Result<Vec<(String, i64)>, Error> {
    let mut read = db.read().await?;
    let mut names: Vec<String> = columns(&mut read)
        .await?
        .into_iter()
        .map(|(table, ..)| table)
        .collect();
    names.dedup();
    let mut counted = Vec::new();
    for name in names {
        let sql = format!(
            "SELECT COUNT(*) AS rows_there FROM {}",
            dialect::schema_name(&name)?
        );
        let row = read.one(Sql::built(sql), params![]).await?;
        counted.push((name, row.get("rows_there")?));
    }
    Ok(counted)
}

fn differences(now: Vec<(String, i64)>, then: Vec<(String, i64)>) -> Vec<Table> {
    let of = |list: &[(String, i64)], name: &str| {
        let found = list.iter().find(|(known, _)| known == name);
        found.map(|(_, rows)| *rows)
    };
    let mut names: Vec<&String> = now.iter().chain(&then).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| Table {
            name: name.clone(),
            now: of(&now, name),
            then: of(&then, name),
        })
        .filter(|table| table.now != table.then)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_copy_says_when_it_was_made() {
        let at = |name: &str| made(Path::new(name)).map(|at| at.as_us());
        assert_eq!(at("/d/betang.before-17.sqlite"), Some(17));
        assert_eq!(at("/d/betang.before-17-2.sqlite"), Some(17));
        assert_eq!(at("/d/betang.after-17.sqlite"), Some(17));
        assert_eq!(at("/d/betang.sqlite"), None);
    }

    #[test]
    fn only_tables_that_differ_are_told() {
        let list = |rows: &[(&str, i64)]| -> Vec<(String, i64)> {
            rows.iter()
                .map(|(name, n)| ((*name).to_owned(), *n))
                .collect()
        };
        let told = differences(
            list(&[("a", 3), ("b", 1), ("new", 2)]),
            list(&[("a", 3), ("b", 0)]),
        );
        let told: Vec<_> = told
            .iter()
            .map(|it| (it.name.as_str(), it.now, it.then))
            .collect();
        assert_eq!(told, [("b", Some(1), Some(0)), ("new", Some(2), None)]);
    }
}
