//! All of a house in one folder, its keys apart, and the way back.
//!
//! What has to be destroyed one day is sealed under a key of its own; whoever drops the
//! key has destroyed it. A backup that held the keys would give back what was destroyed
//! since, so it holds none: they go into one file, which is replaced at each backup and
//! kept elsewhere. An old backup with today's keys is the house of that day, less what was
//! destroyed since. The master key of the vault is in neither.
//!
//! A backup is a folder:
//!
//! | name | what |
//! |---|---|
//! | `betang.sqlite` | every table as one snapshot shows it, whichever engine serves it |
//! | `blobs/` | the files that this snapshot names |
//! | `manifest.json` | what is in it; written last, and without it a backup is none |
//!
//! The file of keys says how many they are and has their digest, and so has the manifest: keys
//! that are missing from one that is as old as the backup are damage, and only from a newer one
//! were they destroyed.
//!
//! The file of keys is replaced before the manifest is written, so that keys are never
//! older than a whole backup that was taken with them.
//!
//! What a snapshot holds up: while it is read, SQLite's log beside the file grows and
//! PostgreSQL gives up no dead row. Nobody waits.
//!
//! | module | noun |
//! |---|---|
//! | `files` | blobs, linked or copied |
//! | `keys` | the file of keys |
//! | `manifest` | what a backup says that it holds |
//! | `restore` | the way back |

mod files;
mod keys;
mod manifest;
mod restore;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base::now::Wall;

use self::files::Placed;
use self::keys::Written;
use self::manifest::{Manifest, Mark};
use crate::blob::{Sha256, make_folder};
use crate::copy::shared;
use crate::db::Place;
use crate::fill::Filling;
use crate::migrate::{Schema, applied};
use crate::table::{Table, Tally};
use crate::{Conn, Db, Error, Value, facts, params};

pub use restore::{Restored, Target, restore};

/// The database within the folder of a backup.
const DATABASE: &str = "betang.sqlite";

/// The files within it.
const BLOBS: &str = "blobs";

/// A column whose values are keys: what they have sealed is destroyed with them. A room
/// lists its own beside its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyColumn {
    /// Of which table; it has a primary key.
    pub table: &'static str,
    /// Which column, of octets. Empty or absent where there is no key.
    pub column: &'static str,
    /// Whether a row without its key is no row; else the column is emptied.
    pub row_goes: bool,
}

impl KeyColumn {
    /// What it is called in a backup.
    fn place(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
}

/// How far a long work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being done.
    pub stage: Stage,
    /// With what: a table, a file.
    pub what: &'a str,
    /// How many it is the last of so far.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

/// A part of a long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Files are put in their place.
    Blobs,
    /// Tables are looked through.
    Checking,
    /// Tables are taken over.
    Tables,
    /// What was made is given its name.
    Placing,
}

impl<'a> Progress<'a> {
    pub(crate) const fn table(what: &'a str, done: usize, all: usize) -> Self {
        Self::of(Stage::Tables, what, done, all)
    }

    const fn of(stage: Stage, what: &'a str, done: usize, all: usize) -> Self {
        Self {
            stage,
            what,
            done,
            all,
        }
    }
}

/// Why there is no backup, or none that can be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder or place is in use.
    #[error("{place} is not empty; nothing in it was touched")]
    NotEmpty {
        /// Which.
        place: String,
    },
    /// The keys would lie with what they open.
    #[error("{file} lies in the folder of the backup; keys have to be kept apart from it")]
    Together {
        /// The file of keys.
        file: String,
    },
    /// The folder has no manifest.
    #[error("{folder} is no whole backup: it has no manifest.json")]
    Unfinished {
        /// Which.
        folder: String,
    },
    /// Another way of writing backups.
    #[error("this backup was taken by a newer program ({product}); restore it by that one")]
    Newer {
        /// Which.
        product: String,
    },
    /// It does not hold what its manifest says.
    #[error("this backup was altered or is damaged: {what} is not what its manifest says")]
    Altered {
        /// The table, file or manifest.
        what: String,
    },
    /// There is no file of keys.
    #[error("{file}: there is no file of keys here")]
    NoKeys {
        /// Which.
        file: String,
    },
    /// The keys belong to another house.
    #[error("{file} holds the keys of another house")]
    OtherHouse {
        /// Which.
        file: String,
    },
    /// Rows that were written between the two would count as destroyed.
    #[error("{file} is older than the backup: what was written between them would not open")]
    OlderKeys {
        /// Which.
        file: String,
    },
    /// Keys are missing, or are not those that were written.
    #[error("{file} is damaged or cut off: {why}; nothing of it counts as destroyed")]
    DamagedKeys {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something else.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A house that is backed up.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    /// Its database; opened to read is enough.
    pub db: &'a Db,
    /// The folder of its files.
    pub blobs: &'a Path,
    /// The tables of its rooms.
    pub schemas: &'a [Schema],
    /// Which columns hold keys.
    pub keys: &'a [KeyColumn],
    /// Name and version of the program.
    pub product: &'a str,
}

/// A backup that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// How many tables, and rows in all of them.
    pub tables: usize,
    /// Rows in all tables.
    pub rows: u64,
    /// Keys in the file of keys.
    pub keys: u64,
    /// Files, and how many of them had to be copied.
    pub files: usize,
    /// How many of the files were copied; the others are links.
    pub copied: usize,
    /// Octets of all files.
    pub octets: u64,
    /// Files that the house says it has, and that are not there or are damaged.
    pub lost: Vec<Sha256>,
    /// Of the manifest: whoever notes it elsewhere knows the backup again.
    pub manifest: Sha256,
}

/// Takes a backup, beside the server that may be writing. Blocks while files are read.
/// What fails or is cut short leaves a folder without a manifest, and the file of keys
/// either as it was or newer.
///
/// # Errors
/// [`BackupError::NotEmpty`] if something is in the folder, [`Error::Newer`] if a newer
/// version has written the database, [`Error::Full`] if the disk is.
pub async fn take(
    house: House<'_>,
    folder: &Path,
    keys: &Path,
    now: Wall,
    tell: &dyn Fn(Progress<'_>),
) -> Result<Taken, BackupError> {
    let folder = &empty_folder(folder)?;
    apart(folder, keys)?;
    // One snapshot for all that follows: that of the next statement.
    let mut read = house.db.read().await?;
    let steps = applied(&mut read, house.schemas).await?;
    let mark = mark(&mut read, now).await?;
    // At once, while most of them are where the snapshot says.
    let files = take_files(house, &mut read, folder, tell).await?;
    let place = Place::Sqlite {
        path: folder.join(DATABASE),
    };
    let mut filling = Filling::begin(&place, &steps).await?;
    let mut apart = Written::begin(keys, &mark).await?;
    let all = shared(&mut read, filling.tables()).await?;
    let mut manifest = Manifest {
        product: house.product.to_owned(),
        mark,
        schema: BTreeMap::new(),
        database: Sha256::of(b""),
        tables: BTreeMap::new(),
        keys: BTreeMap::new(),
        whole: None,
        blobs: files.held,
        absent: files.absent,
    };
    for (room, step) in &steps {
        let last = u64::try_from(step.number).unwrap_or_default();
        manifest.schema.insert((*room).to_owned(), last);
    }
    for (table, at) in all.iter().zip(1..) {
        tell(Progress::table(&table.name, at, all.len()));
        let columns = folded(table, house.keys)?;
        let tally = if columns.is_empty() {
            filling
                .pour(&mut read, table, async |rows| Ok(rows))
                .await?
        } else {
            let counts = &mut manifest.keys;
            fold(&mut filling, &mut read, table, &columns, &mut apart, counts).await?
        };
        let told = (tally.rows, tally.hex());
        manifest.tables.insert(table.name.clone(), told);
    }
    drop(read);
    tell(Progress::of(Stage::Placing, DATABASE, 1, 3));
    filling.finish().await?;
    manifest.database = files::hash(&folder.join(DATABASE))?;
    tell(Progress::of(Stage::Placing, "keys", 2, 3));
    manifest.whole = Some(apart.finish().await?);
    tell(Progress::of(Stage::Placing, manifest::NAME, 3, 3));
    let written = manifest.write(folder)?;
    Ok(Taken {
        tables: manifest.tables.len(),
        rows: manifest.tables.values().map(|(rows, _)| rows).sum(),
        keys: manifest.keys.values().sum(),
        files: manifest.blobs.len(),
        copied: files.copied,
        octets: manifest.blobs.values().sum(),
        lost: files.lost,
        manifest: written,
    })
}

/// Of which house a snapshot is, and of when.
async fn mark(read: &mut Conn, now: Wall) -> Result<Mark, Error> {
    let first = read
        .one(
            "SELECT MIN(applied_us) AS house_us FROM store_migration",
            params![],
        )
        .await?;
    Ok(Mark {
        house_us: first.get("house_us")?,
        taken: now,
        fact: facts::newest(read).await?,
    })
}

/// The key columns of a table, and where they stand in it.
fn folded(table: &Table, keys: &[KeyColumn]) -> Result<Vec<(usize, KeyColumn)>, Error> {
    keys.iter()
        .filter(|key| key.table == table.name)
        .filter_map(|key| Some((table.column(key.column)?, *key)))
        .map(|(at, key)| match table.key.is_empty() {
            true => Err(Error::corrupt(format!("the primary key of {}", table.name))),
            false => Ok((at, key)),
        })
        .collect()
}

/// Takes a table over without its keys, which go into their own file.
async fn fold(
    filling: &mut Filling,
    read: &mut Conn,
    table: &Table,
    columns: &[(usize, KeyColumn)],
    apart: &mut Written,
    counts: &mut BTreeMap<String, u64>,
) -> Result<Tally, Error> {
    for (_, key) in columns {
        counts.insert(key.place(), 0);
    }
    filling
        .pour(read, table, async |mut rows| {
            for (at, key) in columns {
                let mut found = Vec::new();
                for row in &mut rows {
                    let name = table.name_of(row);
                    if let Value::Bytes(Some(wrapped)) = &mut row[*at]
                        && !wrapped.is_empty()
                    {
                        let print = keys::print(wrapped);
                        found.push((name, std::mem::replace(wrapped, print)));
                    }
                }
                let more = u64::try_from(found.len()).unwrap_or_default();
                *counts.entry(key.place()).or_default() += more;
                apart.add(&key.place(), found).await?;
            }
            Ok(rows)
        })
        .await
}

/// The files of a snapshot.
#[derive(Default)]
struct Files {
    held: BTreeMap<Sha256, u64>,
    copied: usize,
    /// Of which there is a row in the snapshot and nothing else.
    absent: Vec<Sha256>,
    /// The same, and the house still says that it has them.
    lost: Vec<Sha256>,
}

async fn take_files(
    house: House<'_>,
    read: &mut Conn,
    folder: &Path,
    tell: &dyn Fn(Progress<'_>),
) -> Result<Files, Error> {
    let into = folder.join(BLOBS);
    make_folder(&into)?;
    let earlier = files::earlier(folder);
    let mut files = Files::default();
    let rows = named_files(read).await?;
    for (hash, at) in rows.iter().zip(1..) {
        tell(Progress::of(Stage::Blobs, hash.as_str(), at, rows.len()));
        let Some((placed, octets)) = files::put(hash, house.blobs, &earlier, &into)? else {
            files.absent.push(hash.clone());
            continue;
        };
        files.copied += usize::from(placed == Placed::Copied);
        files.held.insert(hash.clone(), octets);
    }
    files::settle(&into)?;
    if !files.absent.is_empty() {
        // What the house has let go since is not lost.
        let now = named_files(&mut *house.db.read().await?).await?;
        let lost = files.absent.iter().filter(|hash| now.contains(hash));
        files.lost = lost.cloned().collect();
    }
    Ok(files)
}

/// The files that a snapshot says there are.
async fn named_files(read: &mut Conn) -> Result<Vec<Sha256>, Error> {
    read.all("SELECT sha256 FROM store_blob ORDER BY sha256", params![])
        .await?
        .iter()
        .map(|row| {
            let hash: String = row.get("sha256")?;
            Sha256::parse(&hash).ok_or_else(|| Error::corrupt("store_blob.sha256"))
        })
        .collect()
}

/// A folder for a backup: there is nothing in it.
fn empty_folder(folder: &Path) -> Result<PathBuf, BackupError> {
    let wrong = |error| Error::file(folder, error);
    make_folder(folder)?;
    if std::fs::read_dir(folder).map_err(wrong)?.next().is_some() {
        return Err(BackupError::NotEmpty {
            place: folder.display().to_string(),
        });
    }
    Ok(folder.canonicalize().map_err(wrong)?)
}

fn apart(folder: &Path, keys: &Path) -> Result<(), BackupError> {
    let parent = keys.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    make_folder(parent)?;
    let parent = parent
        .canonicalize()
        .map_err(|error| Error::file(parent, error))?;
    if parent.starts_with(folder) {
        return Err(BackupError::Together {
            file: keys.display().to_string(),
        });
    }
    Ok(())
}
