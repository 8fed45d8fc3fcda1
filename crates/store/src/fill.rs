//! A database that is made and filled at once, or not at all.
//!
//! It is one transaction. Indexes and references are taken away before the first row and
//! put back behind the last, which is quicker and leaves nothing to the order of tables.
//! On SQLite the file has another name until its end (`.part` behind its own). What is to
//! be nearly all of another file of SQLite begins as its copy, which costs as much as the
//! disk does and not as much as its rows.

use std::fs::{self, File};
use std::ops::AsyncFnMut;
use std::path::{Path, PathBuf};

use crate::blob::wipe;
use crate::conn::Copying;
use crate::db::{ALREADY, Engine, Place};
use crate::migrate::{LEDGER, Step};
use crate::query::Sql;
use crate::table::{Table, Tally, tables};
use crate::{Conn, Db, Error, Tx, Value, dialect, params};

/// A database on its way.
pub(crate) struct Filling {
    db: Db,
    tx: Tx,
    tables: Vec<Table>,
    /// What is put back at the end.
    supports: Vec<String>,
    part: Option<Part>,
}

/// The file that it is until its end, and what it is to be called.
struct Part {
    path: PathBuf,
    whole: PathBuf,
}

/// How rows come into a table.
enum Sink<'a> {
    Rows(&'a mut Conn),
    Copy(Copying<'a>),
}

impl Sink<'_> {
    async fn put(&mut self, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        match self {
            Self::Rows(conn) => table.insert(conn, rows).await,
            Self::Copy(copying) => copying.send(&rows).await,
        }
    }
}

impl Part {
    /// Opens it. Nothing is ours before that: what lies there may be somebody else's, who
    /// fills it now.
    async fn begin(whole: &Path, first: Option<&Path>) -> Result<(Db, Self), Error> {
        let path = behind(whole, ".part");
        let db = Db::open_to_fill(whole, &path, first).await?;
        let whole = whole.to_owned();
        Ok((db, Self { path, whole }))
    }
}

/// What did not come to its end leaves nothing, unless the power goes.
impl Drop for Part {
    fn drop(&mut self) {
        // It may hold keys.
        let _ = wipe(&self.path);
        // The lock lies beside a file that nobody serves yet.
        let _ = fs::remove_file(behind(&self.whole, ".lock"));
    }
}

impl Filling {
    /// Makes an empty database of those steps where there is none.
    pub(crate) async fn begin(place: &Place, steps: &[(&str, &Step)]) -> Result<Self, Error> {
        let (db, part) = match place {
            Place::Sqlite { path } => {
                let (db, part) = Part::begin(path, None).await?;
                (db, Some(part))
            }
            Place::Postgres { .. } => (Db::open(place).await?, None),
        };
        let mut tx = db.write().await?;
        if !tables(&mut tx).await?.is_empty() {
            return Err(Error::Place {
                place: named(place),
                why: ALREADY.to_owned(),
            });
        }
        tx.script(LEDGER).await?;
        for (_, step) in steps {
            tx.script(step.sql).await?;
        }
        let all: Sql = match db.engine() {
            Engine::Sqlite => dialect::SQLITE_SUPPORTS.into(),
            Engine::Postgres => dialect::POSTGRES_SUPPORTS.into(),
        };
        let mut supports = Vec::new();
        for row in tx.all(all, params![]).await? {
            tx.execute(Sql::built(row.get("down")?), params![]).await?;
            supports.push(row.get("up")?);
        }
        supports.reverse();
        Ok(Self {
            tables: tables(&mut tx).await?,
            db,
            tx,
            supports,
            part,
        })
    }

    /// Makes a copy of another file of SQLite, but for the rows of some tables, which it
    /// has none of yet.
    pub(crate) async fn over(path: &Path, first: &Path, emptied: &[&str]) -> Result<Self, Error> {
        let (db, part) = Part::begin(path, Some(first)).await?;
        let mut tx = db.write().await?;
        let mut supports = Vec::new();
        for table in emptied {
            for row in tx.all(dialect::SQLITE_SUPPORTS_OF, params![*table]).await? {
                tx.execute(Sql::built(row.get("down")?), params![]).await?;
                supports.push(row.get("up")?);
            }
            let sql = format!("DELETE FROM {table}");
            tx.execute(Sql::built(sql), params![]).await?;
        }
        Ok(Self {
            tables: tables(&mut tx).await?,
            db,
            tx,
            supports,
            part: Some(part),
        })
    }

    /// The tables that it has.
    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// What it is written and read by meanwhile.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.tx
    }

    /// Takes a table over, each page as `change` gives it back. What was written. While one
    /// page is written, the next is changed and the one behind it read.
    pub(crate) async fn pour(
        &mut self,
        from: &mut Conn,
        table: &Table,
        mut change: impl AsyncFnMut(Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, Error>,
    ) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        let mut changed = Vec::new();
        let mut into = match self.tx.engine() {
            Engine::Sqlite => Sink::Rows(&mut self.tx),
            Engine::Postgres => Sink::Copy(self.tx.copy_in(&table.named()).await?),
        };
        table
            .pages(from, async |rows| {
                let written = into.put(table, std::mem::take(&mut changed));
                ((), changed) = tokio::try_join!(written, change(rows))?;
                changed.iter().for_each(|row| tally.add(row));
                Ok(())
            })
            .await?;
        into.put(table, changed).await?;
        if let Sink::Copy(copying) = into {
            copying.finish().await?;
        }
        Ok(tally)
    }

    /// Puts rows into a table.
    pub(crate) async fn insert(
        &mut self,
        table: &Table,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Error> {
        table.insert(&mut self.tx, rows).await
    }

    /// Lets it stand.
    pub(crate) async fn finish(self) -> Result<(), Error> {
        let Self {
            db,
            mut tx,
            supports,
            part,
            ..
        } = self;
        for up in supports {
            tx.execute(Sql::built(up), params![]).await?;
        }
        if db.engine() == Engine::Sqlite {
            let dangling = tx.one(dialect::SQLITE_DANGLING, params![]).await?;
            if dangling.get::<i64>("n")? > 0 {
                return Err(Error::corrupt("a reference of a table"));
            }
        }
        tx.commit().await?;
        if let Some(part) = part {
            place_file(&part.path, &part.whole)?;
        }
        // Last of all, so that nobody comes by the lock while it goes.
        db.close().await;
        Ok(())
    }
}

/// Gives a whole file its name, on the disk too.
pub(crate) fn place_file(part: &Path, whole: &Path) -> Result<(), Error> {
    let folder = whole.parent().filter(|folder| *folder != Path::new(""));
    File::open(part)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(part, whole))
        .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all())
        .map_err(|error| Error::file(whole, error))
}

/// A path with something behind its name.
pub(crate) fn behind(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// A place in words that hold no password.
pub(crate) fn named(place: &Place) -> String {
    match place {
        Place::Sqlite { path } => path.display().to_string(),
        Place::Postgres { schema, .. } => {
            format!("schema {}", schema.as_deref().unwrap_or("public"))
        }
    }
}
