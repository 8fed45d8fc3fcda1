//! What a backup says that it holds: `manifest.json`, written last.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use base::now::Wall;
use serde_json::{Map, Value as Json, json};

use super::BackupError;
use super::keys::Whole;
use crate::Error;
use crate::blob::{Sha256, temporary};
use crate::fill::place_file;

/// The file's name within the folder of a backup.
pub(super) const NAME: &str = "manifest.json";

/// How this file is written. Another number is another way.
const FORMAT: u64 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Which program took it.
    pub(super) product: String,
    pub(super) mark: Mark,
    /// How many steps of each room were applied.
    pub(super) schema: BTreeMap<String, u64>,
    /// The SHA-256 of the file that holds the tables.
    pub(super) database: Sha256,
    /// Rows and digest of each table.
    pub(super) tables: BTreeMap<String, (u64, String)>,
    /// Of each column that holds keys, with a point between: how many.
    pub(super) keys: BTreeMap<String, u64>,
    /// What the file of keys held that was written with it; none where an earlier version
    /// took it.
    pub(super) whole: Option<Whole>,
    /// Octets of each file.
    pub(super) blobs: BTreeMap<Sha256, u64>,
    /// Files of which there is a row and nothing else.
    pub(super) absent: Vec<Sha256>,
}

/// Of which house something is, and of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// When the house's first step was applied.
    pub(super) house_us: i64,
    /// When it was taken.
    pub(super) taken: Wall,
    /// The newest fact of the house: it counts up whatever a clock does.
    pub(super) fact: i64,
}

impl Mark {
    /// Whether it was taken before the other.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        (self.fact, self.taken) < (other.fact, other.taken)
    }
}

impl Manifest {
    /// Writes it into a folder; its SHA-256.
    pub(super) fn write(&self, folder: &Path) -> Result<Sha256, Error> {
        let tables: Map<_, _> = self
            .tables
            .iter()
            .map(|(name, (rows, digest))| (name.clone(), json!({ "rows": rows, "digest": digest })))
            .collect();
        let blobs: Map<_, _> = self
            .blobs
            .iter()
            .map(|(hash, octets)| (hash.as_str().to_owned(), json!(octets)))
            .collect();
        let absent: Vec<_> = self.absent.iter().map(Sha256::as_str).collect();
        let whole = self.whole.as_ref();
        let whole = whole.map(|it| json!({ "keys": it.keys, "digest": it.digest }));
        let mut text = json!({
            "format": FORMAT,
            "product": self.product,
            "house_us": self.mark.house_us,
            "taken_us": self.mark.taken.as_us(),
            "fact": self.mark.fact,
            "schema": self.schema,
            "database": self.database.as_str(),
            "tables": tables,
            "keys": self.keys,
            "blobs": blobs,
            "absent": absent,
        });
        if let Some(whole) = whole {
            text["keys_file"] = whole;
        }
        let text = format!("{text:#}\n");
        let path = folder.join(NAME);
        let mut part = temporary(folder)?;
        part.write_all(text.as_bytes())
            .map_err(|error| Error::file(&path, error))?;
        // Under its name from here on, or not at all.
        place_file(part.path(), &path)?;
        Ok(Sha256::of(text.as_bytes()))
    }

    /// Reads that of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackupError::Unfinished {
                    folder: folder.display().to_string(),
                });
            }
            Err(error) => return Err(Error::file(&path, error).into()),
        };
        let unreadable = || BackupError::Altered {
            what: NAME.to_owned(),
        };
        let json: Json = serde_json::from_str(&text).map_err(|_| unreadable())?;
        if json["format"].as_u64().is_some_and(|it| it != FORMAT) {
            return Err(BackupError::Newer {
                product: json["product"].as_str().unwrap_or_default().to_owned(),
            });
        }
        Self::parse(&json).ok_or_else(unreadable)
    }

    fn parse(json: &Json) -> Option<Self> {
        let counts = |name: &str| -> Option<BTreeMap<String, u64>> {
            let entries = json[name].as_object()?.iter();
            entries
                .map(|(name, count)| Some((name.clone(), count.as_u64()?)))
                .collect()
        };
        let tables = json["tables"].as_object()?.iter().map(|(name, told)| {
            let digest = told["digest"].as_str()?.to_owned();
            Some((name.clone(), (told["rows"].as_u64()?, digest)))
        });
        let blobs = counts("blobs")?
            .into_iter()
            .map(|(hash, octets)| Some((Sha256::parse(&hash)?, octets)));
        let absent = json["absent"].as_array()?.iter();
        Some(Self {
            product: json["product"].as_str()?.to_owned(),
            mark: Mark {
                house_us: json["house_us"].as_i64()?,
                taken: Wall::from_us(json["taken_us"].as_i64()?),
                fact: json["fact"].as_i64()?,
            },
            schema: counts("schema")?,
            database: Sha256::parse(json["database"].as_str()?)?,
            tables: tables.collect::<Option<_>>()?,
            keys: counts("keys")?,
            whole: match &json["keys_file"] {
                Json::Null => None,
                it => Some(Whole {
                    keys: it["keys"].as_u64()?,
                    digest: it["digest"].as_str()?.to_owned(),
                }),
            },
            blobs: blobs.collect::<Option<_>>()?,
            absent: absent
                .map(|hash| Sha256::parse(hash.as_str()?))
                .collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_it_was_written_and_not_where_something_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = Manifest {
            product: "betang 1".to_owned(),
            mark: Mark {
                house_us: 1,
                taken: Wall::from_us(2),
                fact: 3,
            },
            schema: BTreeMap::from([("store".to_owned(), 1)]),
            database: Sha256::of(b"z"),
            tables: BTreeMap::from([("store_blob".to_owned(), (4, "ab".to_owned()))]),
            keys: BTreeMap::from([("a.b".to_owned(), 5)]),
            whole: Some(Whole {
                keys: 5,
                digest: "cd".to_owned(),
            }),
            blobs: BTreeMap::from([(Sha256::of(b"x"), 1)]),
            absent: vec![Sha256::of(b"y")],
        };
        let written = manifest.write(folder.path()).expect("written");
        assert_eq!(Manifest::read(folder.path()).expect("read"), manifest);
        let path = folder.path().join(NAME);
        let text = fs::read_to_string(&path).expect("text");
        assert_eq!(written, Sha256::of(text.as_bytes()));
        let json: Json = serde_json::from_str(&text).expect("JSON");
        for name in json.as_object().expect("an object").keys() {
            let mut less = json.clone();
            less.as_object_mut().expect("an object").remove(name);
            fs::write(&path, less.to_string()).expect("written");
            let read = Manifest::read(folder.path());
            let altered = matches!(read, Err(BackupError::Altered { .. }));
            assert!(
                altered || ["format", "keys_file"].contains(&name.as_str()),
                "{name}"
            );
        }
        fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).expect("written");
        let newer = Manifest::read(folder.path()).expect_err("another format");
        assert!(matches!(newer, BackupError::Newer { product } if product == "betang 1"));
        fs::remove_file(&path).expect("removed");
        let none = Manifest::read(folder.path()).expect_err("none");
        assert!(matches!(none, BackupError::Unfinished { .. }));
    }
}
