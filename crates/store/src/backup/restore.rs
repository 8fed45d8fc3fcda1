//! From a backup and a file of keys to a house.
//!
//! Everything is looked through before anything is written, and rows that were written are
//! read once more before they count. A row whose key is in no newer file of keys was
//! destroyed since: it comes back without what it had sealed. From one of the same moment
//! none may be missing.
//!
//! A house on SQLite begins as a copy of the file of its backup, and only tables with keys
//! are written row by row: millions of rows cost what copying their octets does. A house on
//! PostgreSQL is written row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::files::{self, names};
use super::keys::{self, Keys};
use super::manifest::Manifest;
use super::{BLOBS, BackupError, DATABASE, KeyColumn, Progress, Stage, named_files};
use crate::blob::{Sha256, make_folder};
use crate::copy::shared;
use crate::db::Place;
use crate::fill::Filling;
use crate::migrate::{Schema, applied};
use crate::table::{Table, Tally, tables};
use crate::{Conn, Db, Error, Value};

/// Where a house is to be.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its database; nothing is there.
    pub place: &'a Place,
    /// The folder of its files; nothing is in it but what an earlier try has put there.
    pub blobs: &'a Path,
    /// The tables that this program knows.
    pub schemas: &'a [Schema],
    /// Which columns hold keys.
    pub keys: &'a [KeyColumn],
}

/// A house that was restored, and is what its backup says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Which program took the backup.
    pub product: String,
    /// When, in microseconds.
    pub taken_us: i64,
    /// How many tables there are.
    pub tables: usize,
    /// Rows in all tables.
    pub rows: u64,
    /// Files.
    pub files: usize,
    /// Octets of all files.
    pub octets: u64,
    /// Keys that came back.
    pub keys: u64,
    /// Rows without theirs: they were destroyed after the backup.
    pub destroyed: u64,
    /// Rows without theirs since no keys were given, or older ones: nobody says that they were
    /// destroyed.
    pub shut: u64,
    /// Files of which there was nothing but a row when the backup was taken.
    pub absent: usize,
}

/// Restores a backup into an empty place; whole or not at all. Without `keys` nothing
/// opens that has a key of its own. Keys that are older than the backup are taken where
/// `older` says so. Blocks while files are read.
///
/// # Errors
/// What is wrong, by name: see [`BackupError`]. The place is empty then, but for files
/// that a second try finds.
pub async fn restore(
    from: &Path,
    keys: Option<&Path>,
    older: bool,
    target: Target<'_>,
    tell: &dyn Fn(Progress<'_>),
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(from)?;
    let file = keys.map_or_else(String::new, |file| file.display().to_string());
    let mut keys = match keys {
        Some(file) => Some(keys_of(file, &manifest, older).await?),
        None => None,
    };
    vacant(&manifest, &target)?;
    let db = Db::open_to_read(&Place::Sqlite {
        path: from.join(DATABASE),
    })
    .await
    .map_err(|error| damaged(error, DATABASE))?;
    let mut read = db.read().await?;
    let steps = applied(&mut read, target.schemas)
        .await
        .map_err(|error| damaged(error, DATABASE))?;
    let file_of_tables = from.join(DATABASE);
    check(&file_of_tables, &mut read, &manifest, tell).await?;
    make_folder(target.blobs)?;
    let of_keys = |table: &Table| !unfolded(table, &manifest, target.keys).is_empty();
    let begun = match target.place {
        Place::Sqlite { path } => {
            tell(Progress::of(
                Stage::Tables,
                DATABASE,
                0,
                manifest.tables.len(),
            ));
            let there = tables(&mut read).await?;
            let emptied = there.iter().filter(|table| of_keys(table));
            let emptied: Vec<_> = emptied.map(|table| table.name.as_str()).collect();
            Filling::over(path, &file_of_tables, &emptied).await
        }
        Place::Postgres { .. } => Filling::begin(target.place, &steps).await,
    };
    let mut filling = match begun {
        Err(Error::Place { place, why }) if why == crate::db::ALREADY => {
            return Err(BackupError::NotEmpty { place });
        }
        begun => begun?,
    };
    put_files(from, &manifest, &target, tell)?;
    let all = shared(&mut read, filling.tables()).await?;
    let is_copy = matches!(target.place, Place::Sqlite { .. });
    let poured = all.iter().filter(|table| !is_copy || of_keys(table));
    let poured: Vec<_> = poured.collect();
    let (mut back, mut missing) = (0, 0);
    for (table, at) in poured.iter().zip(1..) {
        tell(Progress::table(&table.name, at, poured.len()));
        let mut unfolding = Unfolding {
            table,
            columns: unfolded(table, &manifest, target.keys),
            keys: keys.as_mut(),
            read: Tally::default(),
            back: 0,
            missing: 0,
        };
        let written = filling
            .pour(&mut read, table, async |rows| unfolding.rows(rows).await)
            .await?;
        if !is_told(&manifest, &table.name, unfolding.read) {
            return Err(altered(&table.name));
        }
        back += unfolding.back;
        missing += unfolding.missing;
        if table.tally(filling.conn()).await? != written {
            return Err(Error::corrupt(&table.name).into());
        }
    }
    let mark = keys.as_ref().map(|keys| keys.mark);
    if mark == Some(manifest.mark) && missing > 0 {
        return Err(BackupError::DamagedKeys {
            file,
            why: format!("{missing} keys that the backup was taken with are not in it"),
        });
    }
    let is_newer = mark.is_some_and(|mark| manifest.mark.is_before(&mark));
    tell(Progress::of(Stage::Placing, "", 1, 1));
    filling.finish().await?;
    drop(read);
    db.close().await;
    Ok(Restored {
        product: manifest.product,
        taken_us: manifest.mark.taken.as_us(),
        tables: all.len(),
        rows: manifest.tables.values().map(|(rows, _)| rows).sum(),
        files: manifest.blobs.len(),
        octets: manifest.blobs.values().sum(),
        keys: back,
        destroyed: if is_newer { missing } else { 0 },
        shut: if is_newer { 0 } else { missing },
        absent: manifest.absent.len(),
    })
}

/// A file of keys that belongs to the backup or came after it.
async fn keys_of(file: &Path, manifest: &Manifest, older: bool) -> Result<Keys, BackupError> {
    let mut keys = Keys::open(file).await?;
    let file = file.display().to_string();
    if keys.mark.house_us != manifest.mark.house_us {
        return Err(BackupError::OtherHouse { file });
    }
    if keys.mark.is_before(&manifest.mark) && !older {
        return Err(BackupError::OlderKeys { file });
    }
    let whole = keys.whole(&file).await?;
    let taken = manifest.keys.values().sum::<u64>();
    let is_other = manifest.whole.as_ref().is_some_and(|it| *it != whole);
    if keys.mark == manifest.mark && (is_other || whole.keys != taken) {
        return Err(BackupError::DamagedKeys {
            file,
            why: format!(
                "it holds {} keys, and not the {taken} that the backup was taken with",
                whole.keys
            ),
        });
    }
    Ok(keys)
}

/// Whether nothing lies where the house is to be.
fn vacant(manifest: &Manifest, target: &Target<'_>) -> Result<(), BackupError> {
    let not_empty = |place: &Path| BackupError::NotEmpty {
        place: place.display().to_string(),
    };
    if let Place::Sqlite { path } = target.place
        && path.exists()
    {
        return Err(not_empty(path));
    }
    // What an earlier try has put there, and was cut off, is put there again.
    let known = |name: &String| {
        name.starts_with('.')
            || Sha256::parse(name).is_some_and(|hash| manifest.blobs.contains_key(&hash))
    };
    if names(target.blobs)?.iter().all(known) {
        return Ok(());
    }
    Err(not_empty(target.blobs))
}

/// What was read of a backup and cannot be: another word for where it lies.
fn damaged(error: Error, what: &str) -> BackupError {
    match error {
        Error::Damaged { .. } | Error::Corrupt { .. } | Error::Place { .. } => {
            BackupError::Altered {
                what: what.to_owned(),
            }
        }
        error => error.into(),
    }
}

fn altered(what: &str) -> BackupError {
    BackupError::Altered {
        what: what.to_owned(),
    }
}

/// Whether the manifest says this of a table.
fn is_told(manifest: &Manifest, table: &str, tally: Tally) -> bool {
    manifest.tables.get(table) == Some(&(tally.rows, tally.hex()))
}

/// Whether the tables are what the manifest says: their file has its hash. Where it has not,
/// they are read row by row to say which of them it is.
async fn check(
    file: &Path,
    read: &mut Conn,
    manifest: &Manifest,
    tell: &dyn Fn(Progress<'_>),
) -> Result<(), BackupError> {
    tell(Progress::of(Stage::Checking, DATABASE, 0, 1));
    let is_whole = files::hash(file)? == manifest.database;
    let there = tables(read)
        .await
        .map_err(|error| damaged(error, DATABASE))?;
    let named: BTreeSet<_> = there.iter().map(|table| &table.name).collect();
    if let Some(missing) = manifest.tables.keys().find(|name| !named.contains(name)) {
        return Err(altered(missing));
    }
    for (table, at) in there.iter().zip(1..) {
        tell(Progress::of(Stage::Checking, &table.name, at, there.len()));
        let is_so = if is_whole {
            let rows = table.rows(read).await?;
            manifest.tables.get(&table.name).map(|it| it.0) == Some(rows)
        } else {
            match table.tally(read).await {
                Err(Error::Corrupt { .. }) => false,
                tally => is_told(manifest, &table.name, tally?),
            }
        };
        if !is_so {
            return Err(altered(&table.name));
        }
    }
    if !is_whole {
        // What no row of a table tells: an index, or an end that was cut off.
        return Err(altered(DATABASE));
    }
    let files: BTreeSet<_> = named_files(read).await?.into_iter().collect();
    let told = manifest.blobs.keys().chain(&manifest.absent);
    if files != told.cloned().collect() {
        return Err(altered("manifest.json"));
    }
    Ok(())
}

fn put_files(
    from: &Path,
    manifest: &Manifest,
    target: &Target<'_>,
    tell: &dyn Fn(Progress<'_>),
) -> Result<(), BackupError> {
    let from = from.join(BLOBS);
    let all = manifest.blobs.len();
    for ((hash, octets), at) in manifest.blobs.iter().zip(1..) {
        tell(Progress::of(Stage::Blobs, hash.as_str(), at, all));
        let put = files::put(hash, &from, &[], target.blobs)?;
        if put.is_none_or(|(_, found)| found != *octets) {
            return Err(BackupError::Altered {
                what: format!("blob {}", hash.as_str()),
            });
        }
    }
    Ok(files::settle(target.blobs)?)
}

/// The columns that a backup holds no keys in.
fn unfolded(table: &Table, manifest: &Manifest, keys: &[KeyColumn]) -> Vec<(usize, String, bool)> {
    let folded = |(at, column): (usize, &crate::table::Column)| {
        let place = format!("{}.{}", table.name, column.name);
        let told = keys
            .iter()
            .any(|key| key.table == table.name && key.column == column.name && key.row_goes);
        manifest
            .keys
            .contains_key(&place)
            .then_some((at, place, told))
    };
    table
        .columns
        .iter()
        .enumerate()
        .filter_map(folded)
        .collect()
}

/// A table whose keys are put back.
struct Unfolding<'a> {
    table: &'a Table,
    /// Where each stands, what it is called, and whether its row goes with it.
    columns: Vec<(usize, String, bool)>,
    keys: Option<&'a mut Keys>,
    /// What was read, before its keys were put in.
    read: Tally,
    back: u64,
    missing: u64,
}

impl Unfolding<'_> {
    async fn rows(&mut self, mut rows: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, Error> {
        rows.iter().for_each(|row| self.read.add(row));
        for (at, place, row_goes) in &self.columns {
            let has_key = |row: &Vec<Value>| matches!(&row[*at], Value::Bytes(Some(print)) if !print.is_empty());
            let sought = rows.iter().filter(|row| has_key(row));
            let sought = sought.map(|row| self.table.name_of(row)).collect();
            let mut found = match &mut self.keys {
                Some(keys) => keys.of(place, sought).await?,
                None => BTreeMap::new(),
            };
            let mut kept = Vec::with_capacity(rows.len());
            for mut row in rows {
                if has_key(&row) {
                    let key = found.remove(&self.table.name_of(&row));
                    let key = key.map(|key| (Value::from(keys::print(&key)), key));
                    match key {
                        Some((print, key)) if print == row[*at] => {
                            row[*at] = key.into();
                            self.back += 1;
                        }
                        _ => {
                            self.missing += 1;
                            if *row_goes {
                                continue;
                            }
                            row[*at] = self.table.columns[*at].nothing();
                        }
                    }
                }
                kept.push(row);
            }
            rows = kept;
        }
        Ok(rows)
    }
}
