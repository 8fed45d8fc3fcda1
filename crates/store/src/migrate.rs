//! From an empty or older database to the one that this version needs.
//!
//! A room brings its steps, each a number, a name and SQL. What was applied is
//! kept with the hash of its text, so that three things are noticed instead of
//! guessed: a step to be applied, a step that a newer version has applied, and a
//! step whose text was changed afterwards. Steps are only ever added.
//!
//! All missing steps run in one transaction: a power cut leaves the old schema.
//! A SQLite file that holds data is copied first, beside it and whole or not at
//! all; the copy's name is returned. Copies are never deleted here: a person
//! decides when an older version will not be wanted back. What the house destroys goes from
//! them, too ([`crate::copies`]).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::now::Wall;

use crate::blob::{Sha256, wipe};
use crate::db::{Engine, Place};
use crate::query::Sql;
use crate::{Conn, Db, Error, dialect, params};

/// The steps of one room, in order.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Whose tables these are: the prefix of their names.
    pub room: &'static str,
    /// Numbered from one.
    pub steps: &'static [Step],
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Counts up from one within its room.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    /// Statements for both engines.
    pub sql: &'static str,
}

/// A room's steps from its folder: `schema!("hall", "schema", [(1, "areas")])` is
/// the file `schema/0001_areas.sql` of the calling crate.
#[macro_export]
macro_rules! schema {
    ($room:literal, $folder:literal, [$(($number:tt, $name:literal)),* $(,)?]) => {
        $crate::migrate::Schema {
            room: $room,
            steps: &[$($crate::migrate::Step {
                number: $number,
                name: $name,
                sql: include_str!(concat!(
                    env!("CARGO_MANIFEST_DIR"), "/", $folder, "/",
                    $crate::schema!(@zeros $number), stringify!($number), "_", $name, ".sql"
                )),
            }),*],
        }
    };
    (@zeros 1) => { "000" };
    (@zeros 2) => { "000" };
    (@zeros 3) => { "000" };
    (@zeros 4) => { "000" };
    (@zeros 5) => { "000" };
    (@zeros 6) => { "000" };
    (@zeros 7) => { "000" };
    (@zeros 8) => { "000" };
    (@zeros 9) => { "000" };
    (@zeros $number:tt) => { "00" };
}

/// What a migration has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// How many steps were applied.
    pub steps: usize,
    /// The copy that was made before, if there was data to copy.
    pub backup: Option<PathBuf>,
}

/// How far a database is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// How many steps were applied; none to an empty place.
    pub applied: usize,
    /// What is to be applied, in order: room, number, name.
    pub missing: Vec<(&'static str, i64, &'static str)>,
}

/// The tables of the store itself: facts, jobs and blobs.
pub const STORE: Schema = crate::schema!("store", "schema", [(1, "outbox")]);

pub(crate) const LEDGER: &str = "CREATE TABLE IF NOT EXISTS store_migration (\
     room TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, \
     applied_us BIGINT NOT NULL, PRIMARY KEY (room, number))";

impl Db {
    /// Applies what is missing.
    ///
    /// # Errors
    /// [`Error::Newer`] if a newer version has been here, [`Error::Altered`] if a
    /// step was changed after it was applied, [`Error::Full`] if there is no room
    /// for the copy; then nothing is touched.
    ///
    /// # Panics
    /// If two schemas are of one room, or steps are not numbered from one.
    pub async fn migrate(&self, schemas: &[Schema], now: Wall) -> Result<Migrated, Error> {
        let all: Vec<_> = std::iter::once(&STORE).chain(schemas).collect();
        assert_in_order(&all);
        let missing = self.missing(&all).await?;
        if missing.is_empty() {
            return Ok(Migrated::default());
        }
        let backup = self.back_up(now).await?;
        let mut tx = self.write().await?;
        tx.script(LEDGER).await?;
        for (room, step) in &missing {
            tx.script(step.sql).await?;
            tx.execute(
                "INSERT INTO store_migration (room, number, name, hash, applied_us) \
                 VALUES ($1, $2, $3, $4, $5)",
                params![*room, step.number, step.name, hash(step), now],
            )
            .await?;
        }
        tx.commit().await?;
        for (room, step) in &missing {
            let (number, name) = (step.number, step.name);
            tracing::info!(room, number, name, "a step of the schema was applied");
        }
        Ok(Migrated {
            steps: missing.len(),
            backup,
        })
    }

    /// How far it is, without changing anything.
    ///
    /// # Errors
    /// [`Error::Newer`] and [`Error::Altered`] as [`Db::migrate`].
    pub async fn standing(&self, schemas: &[Schema]) -> Result<Standing, Error> {
        let all: Vec<_> = std::iter::once(&STORE).chain(schemas).collect();
        let (applied, missing) = split(&mut *self.read().await?, &all).await?;
        let named = missing
            .iter()
            .map(|(room, step)| (*room, step.number, step.name));
        Ok(Standing {
            applied: applied.len(),
            missing: named.collect(),
        })
    }

    async fn missing<'s>(
        &self,
        schemas: &[&'s Schema],
    ) -> Result<Vec<(&'static str, &'s Step)>, Error> {
        let (_, missing) = split(&mut *self.read().await?, schemas).await?;
        Ok(missing)
    }

    /// Copies a SQLite file that holds data. A PostgreSQL server is backed up by
    /// its own tools, and its schema changes are undone when one of them fails.
    async fn back_up(&self, now: Wall) -> Result<Option<PathBuf>, Error> {
        if describe(self).await?.is_empty() {
            return Ok(None);
        }
        let Place::Sqlite { path } = self.place() else {
            tracing::warn!("older data is migrated in place; its backup is that of pg_dump");
            return Ok(None);
        };
        let copy = free_name(path, now);
        let part = copy.with_extension("part");
        let copied = self.copy_to(&part, &copy).await;
        if copied.is_err() {
            // The first failure is the one to tell.
            let _ = wipe(&part);
        }
        copied.map(|()| Some(copy))
    }

    async fn copy_to(&self, part: &Path, copy: &Path) -> Result<(), Error> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(part)
            .map_err(|error| Error::file(part, error))?;
        self.vacuum_into(part).await?;
        let folder = copy.parent().filter(|folder| *folder != Path::new(""));
        file.sync_all()
            .and_then(|()| fs::rename(part, copy))
            .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
            .map_err(|error| Error::file(copy, error))
    }
}

/// A step and whose it is.
type Of<'s> = (&'static str, &'s Step);

/// The steps that were applied here, in the order in which they make a database anew.
///
/// # Errors
/// As [`Db::migrate`].
pub(crate) async fn applied<'s>(
    conn: &mut Conn,
    schemas: &'s [Schema],
) -> Result<Vec<Of<'s>>, Error> {
    let all: Vec<_> = std::iter::once(&STORE).chain(schemas).collect();
    let (applied, _) = split(conn, &all).await?;
    Ok(applied)
}

/// The steps that were applied here, and those that are missing.
async fn split<'s>(
    conn: &mut Conn,
    schemas: &[&'s Schema],
) -> Result<(Vec<Of<'s>>, Vec<Of<'s>>), Error> {
    let ledger = ledger(conn).await?;
    for (room, number, name, applied_hash) in &ledger {
        let step = schemas
            .iter()
            .filter(|schema| schema.room == room)
            .flat_map(|schema| schema.steps)
            .find(|step| step.number == *number);
        match step {
            None => {
                return Err(Error::Newer {
                    room: room.clone(),
                    number: *number,
                    name: name.clone(),
                });
            }
            Some(step) if hash(step) != *applied_hash => {
                return Err(Error::Altered {
                    room: room.clone(),
                    number: *number,
                    name: name.clone(),
                });
            }
            Some(_) => {}
        }
    }
    Ok(schemas
        .iter()
        .flat_map(|schema| schema.steps.iter().map(|step| (schema.room, step)))
        .partition(|(room, step)| {
            ledger
                .iter()
                .any(|(known, number, ..)| known == room && *number == step.number)
        }))
}

async fn ledger(conn: &mut Conn) -> Result<Vec<(String, i64, String, String)>, Error> {
    let has_ledger = columns(conn)
        .await?
        .iter()
        .any(|(table, ..)| table == "store_migration");
    if !has_ledger {
        return Ok(Vec::new());
    }
    conn.all(
        "SELECT room, number, name, hash FROM store_migration ORDER BY room, number",
        params![],
    )
    .await?
    .iter()
    .map(|row| {
        Ok((
            row.get("room")?,
            row.get("number")?,
            row.get("name")?,
            row.get("hash")?,
        ))
    })
    .collect()
}

/// `betang.sqlite` is copied to `betang.before-<now, in microseconds>.sqlite`; no
/// copy is ever written over.
fn free_name(path: &Path, now: Wall) -> PathBuf {
    let name = |n: u32| match n {
        0 => path.with_extension(format!("before-{}.sqlite", now.as_us())),
        n => path.with_extension(format!("before-{}-{n}.sqlite", now.as_us())),
    };
    let mut n = 0;
    while name(n).exists() {
        n += 1;
    }
    name(n)
}

/// A wrong list is a mistake of the program and not of the data.
fn assert_in_order(schemas: &[&Schema]) {
    let mut rooms = BTreeSet::new();
    for schema in schemas {
        assert!(rooms.insert(schema.room), "two schemas of {}", schema.room);
        for (step, number) in schema.steps.iter().zip(1..) {
            assert!(
                step.number == number,
                "{} step {} stands where {number} should",
                schema.room,
                step.number
            );
        }
    }
}

/// Every column of every table: table, column, type (with `not null` where it
/// must be there); in order. The same list on both engines.
///
/// # Errors
/// If the database does not answer.
pub async fn describe(db: &Db) -> Result<Vec<(String, String, String)>, Error> {
    columns(&mut *db.read().await?).await
}

pub(crate) async fn columns(conn: &mut Conn) -> Result<Vec<(String, String, String)>, Error> {
    let sql: Sql = match conn.engine() {
        Engine::Sqlite => dialect::SQLITE_COLUMNS.into(),
        Engine::Postgres => dialect::POSTGRES_COLUMNS.into(),
    };
    conn.all(sql, params![])
        .await?
        .iter()
        .map(|row| {
            Ok((
                row.get("table_name")?,
                row.get("column_name")?,
                row.get("data_type")?,
            ))
        })
        .collect()
}

/// Of the text that counts: a comment may be mended, a line end may differ.
fn hash(step: &Step) -> String {
    let text: Vec<_> = step
        .sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .collect();
    Sha256::of(text.join("\n").as_bytes()).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn step(sql: &'static str) -> Step {
        Step {
            number: 1,
            name: "x",
            sql,
        }
    }

    #[test]
    fn a_comment_may_be_mended_and_a_statement_may_not() {
        let first = hash(&step("CREATE TABLE a (b BIGINT); -- what\n"));
        assert_eq!(
            first,
            hash(&step("-- why\r\n\r\n  CREATE TABLE a (b BIGINT);\r\n"))
        );
        assert_ne!(first, hash(&step("CREATE TABLE a (c BIGINT);")));
    }

    #[test]
    fn no_copy_is_written_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("betang.sqlite");
        let first = free_name(&path, Wall::from_us(7));
        assert!(first.ends_with("betang.before-7.sqlite"));
        fs::write(&first, "").expect("a copy");
        assert!(free_name(&path, Wall::from_us(7)).ends_with("betang.before-7-1.sqlite"));
    }

    #[test]
    #[should_panic(expected = "store step 1 stands where 2 should")]
    fn steps_count_up() {
        const TWICE: &[Step] = &[step(""), step("")];
        assert_in_order(&[&Schema {
            room: "store",
            steps: TWICE,
        }]);
    }
}
