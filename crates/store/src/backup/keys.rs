//! The keys of a backup, in a file of their own.
//!
//! In the backup itself stands, in the place of each key, by what it is known: the first
//! 16 octets of its SHA-256. It opens nothing, and tells a key that was made anew for the
//! same row from the one that the row was sealed under.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use base::now::Wall;

use super::BackupError;
use super::manifest::Mark;
use crate::blob::{blank, sync, wipe};
use crate::db::Place;
use crate::fill::{Filling, behind};
use crate::migrate::Schema;
use crate::query::Sql;
use crate::table::{Table, Tally, tables};
use crate::{Db, Error, Read, Row, Value, params};

const SCHEMA: Schema = crate::schema!("keys", "schema/keys", [(1, "keys"), (2, "whole")]);

/// What the table of applied steps is called.
const LEDGER_TABLE: &str = "store_migration";

/// Octets by which a key is known.
const PRINT: usize = 16;

/// By what a key is known.
pub(super) fn print(wrapped: &[u8]) -> Vec<u8> {
    use aws_lc_rs::digest::{SHA256, digest};
    digest(&SHA256, wrapped).as_ref()[..PRINT].to_vec()
}

/// How many keys there are, and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) keys: u64,
    pub(super) digest: String,
}

impl From<Tally> for Whole {
    fn from(tally: Tally) -> Self {
        Self {
            keys: tally.rows,
            digest: tally.hex(),
        }
    }
}

/// A file of keys that is being written.
pub(super) struct Written {
    filling: Filling,
    table: Table,
    tally: Tally,
    /// What it is called until it takes the place of the one before.
    new: PathBuf,
    path: PathBuf,
}

impl Written {
    pub(super) async fn begin(path: &Path, mark: &Mark) -> Result<Self, Error> {
        let new = behind(path, ".new");
        // Left by a power cut before it was renamed: it holds keys.
        wipe(&new)?;
        let place = Place::Sqlite { path: new.clone() };
        let steps: Vec<_> = SCHEMA.steps.iter().map(|step| ("keys", step)).collect();
        let mut filling = Filling::begin(&place, &steps).await?;
        filling
            .conn()
            .execute(
                "INSERT INTO store_keys (id, house_us, taken_us, fact) VALUES (1, $1, $2, $3)",
                params![mark.house_us, mark.taken, mark.fact],
            )
            .await?;
        let table = filling.tables().iter().find(|it| it.name == "store_key");
        let table = table.cloned().ok_or(Error::Missing)?;
        Ok(Self {
            filling,
            table,
            tally: Tally::default(),
            new,
            path: path.to_owned(),
        })
    }

    /// Puts keys of one place in: the names of their rows, and they.
    pub(super) async fn add(
        &mut self,
        place: &str,
        keys: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Result<(), Error> {
        // The columns by name: of_row, place, wrapped.
        let row = |(of_row, wrapped): (Vec<u8>, Vec<u8>)| {
            vec![of_row.into(), place.into(), wrapped.into()]
        };
        let rows: Vec<Vec<Value>> = keys.into_iter().map(row).collect();
        rows.iter().for_each(|row| self.tally.add(row));
        self.filling.insert(&self.table, rows).await
    }

    /// Lets it stand in the place of the one before, which is written over: a key that has
    /// gone since lies in no file that has a name.
    pub(super) async fn finish(mut self) -> Result<Whole, Error> {
        let whole = Whole::from(self.tally);
        let keys = i64::try_from(whole.keys).unwrap_or(i64::MAX);
        self.filling
            .conn()
            .execute(
                "INSERT INTO store_keys_whole (id, keys, digest) VALUES (1, $1, $2)",
                params![keys, whole.digest.as_str()],
            )
            .await?;
        self.filling.finish().await?;
        let folder = self.path.parent().filter(|it| *it != Path::new(""));
        let wrong = |error| Error::file(&self.path, error);
        let before = File::options().write(true).open(&self.path);
        fs::rename(&self.new, &self.path).map_err(wrong)?;
        sync(folder.unwrap_or(Path::new(".")))?;
        match before {
            Ok(before) => blank(before).map_err(wrong)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
        }
        Ok(whole)
    }
}

/// A file of keys that is read.
pub(super) struct Keys {
    db: Db,
    read: Read,
    pub(super) mark: Mark,
}

impl Keys {
    pub(super) async fn open(path: &Path) -> Result<Self, BackupError> {
        let file = || path.display().to_string();
        if !path.is_file() {
            return Err(BackupError::NoKeys { file: file() });
        }
        let place = Place::Sqlite {
            path: path.to_owned(),
        };
        let opened = async {
            let db = Db::open_to_read(&place).await?;
            let mut read = db.read().await?;
            let row = read
                .one("SELECT house_us, taken_us, fact FROM store_keys", params![])
                .await?;
            Ok(Self {
                mark: Mark {
                    house_us: row.get("house_us")?,
                    taken: row.get::<Wall>("taken_us")?,
                    fact: row.get("fact")?,
                },
                read,
                db,
            })
        };
        opened.await.map_err(|error: Error| match error {
            // A database without this table is one of something else.
            Error::Statement(_) | Error::Missing | Error::Corrupt { .. } => {
                Error::Damaged { place: file() }.into()
            }
            error => error.into(),
        })
    }

    /// What is in it, if that is what was written: all of its keys, each to be found.
    ///
    /// # Errors
    /// [`BackupError::DamagedKeys`] if not.
    pub(super) async fn whole(&mut self, file: &str) -> Result<Whole, BackupError> {
        let damaged = |why: &str| BackupError::DamagedKeys {
            file: file.to_owned(),
            why: why.to_owned(),
        };
        let looked = async {
            let all = tables(&mut self.read).await?;
            let names: Vec<&str> = all.iter().map(|table| table.name.as_str()).collect();
            let told = match names[..] {
                ["store_key", "store_keys", "store_keys_whole", LEDGER_TABLE] => {
                    let sql = "SELECT keys, digest FROM store_keys_whole";
                    let row = self.read.one(sql, params![]).await?;
                    Some(Whole {
                        keys: u64::try_from(row.get::<i64>("keys")?).unwrap_or_default(),
                        digest: row.get("digest")?,
                    })
                }
                // As an earlier version has written it.
                ["store_key", "store_keys", LEDGER_TABLE] => None,
                _ => return Err(Error::corrupt("the tables of a file of keys")),
            };
            let tally = all[0].tally(&mut self.read);
            let (tally, is_sound) = tokio::try_join!(tally, self.db.is_sound())?;
            Ok((Whole::from(tally), told, is_sound))
        };
        let (whole, told, is_sound) = looked
            .await
            .map_err(|_: Error| damaged("it cannot be read to its end"))?;
        if !is_sound {
            return Err(damaged("what its keys are found by is damaged"));
        }
        if told.is_some_and(|told| told != whole) {
            return Err(damaged("its keys are not those that were written"));
        }
        Ok(whole)
    }

    /// The keys of some rows of one place.
    pub(super) async fn of(
        &mut self,
        place: &str,
        rows: Vec<Vec<u8>>,
    ) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Error> {
        if rows.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Most often they lie side by side, and nothing between them: that is read at once.
        let (first, last) = (rows.iter().min().cloned(), rows.iter().max().cloned());
        let between = self
            .read
            .all(
                Sql::built(format!(
                    "SELECT of_row, wrapped FROM store_key \
                     WHERE place = $1 AND of_row BETWEEN $2 AND $3 LIMIT {}",
                    2 * rows.len() + 1
                )),
                params![place, first, last],
            )
            .await?;
        if between.len() <= 2 * rows.len() {
            return between.iter().map(key).collect();
        }
        // A file of keys is of SQLite, which is slow to find thousands of marks by name.
        let sql = format!(
            "SELECT of_row, wrapped FROM store_key WHERE place = ? AND of_row IN ({})",
            vec!["?"; rows.len()].join(", ")
        );
        let values: Vec<Value> = std::iter::once(place.into())
            .chain(rows.into_iter().map(Value::from))
            .collect();
        self.read
            .all(Sql::built(sql), &values)
            .await?
            .iter()
            .map(key)
            .collect()
    }
}

/// The name of a row, and its key.
fn key(row: &Row) -> Result<(Vec<u8>, Vec<u8>), Error> {
    Ok((row.get("of_row")?, row.get("wrapped")?))
}
