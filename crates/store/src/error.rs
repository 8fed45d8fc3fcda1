//! What can go wrong with a database, in the words of the house.
//!
//! The two engines report the same trouble in different codes. They are mapped
//! here, once, each arm with its reason. Nothing here repeats a stored value:
//! messages may reach a log.
//!
//! Source of the codes: sqlite.org/rescode.html, PostgreSQL manual appendix A.

use base::kind::Kind;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// What can go wrong with a database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row that has to be there is not.
    #[error("the row is not there")]
    Missing,
    /// A row of the same key is there already.
    #[error("the same key is there already ({constraint})")]
    Taken {
        /// The columns of the key, alike on both engines: `room_noun.a, room_noun.b`.
        constraint: String,
    },
    /// A row that is pointed to is not there, or one that is, is to be deleted.
    #[error("a row that is referred to is missing ({constraint})")]
    Dangling {
        /// The reference as the engine names it; SQLite has no name for it.
        constraint: String,
    },
    /// A value that one of the engines cannot keep; refused on both.
    #[error("{0}")]
    Unstorable(&'static str),
    /// The disk or the quota is full. Reads go on.
    #[error("the disk is full; nothing was written")]
    Full,
    /// Somebody else holds the database for too long, or it does not answer.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The database does not let us.
    #[error("the database refuses: {0}")]
    Refused(String),
    /// There can be no database at this place.
    #[error("{place}: {why}")]
    Place {
        /// The file, schema or address.
        place: String,
        /// Why not.
        why: String,
    },
    /// What is at this place is no database of ours, or it is damaged.
    #[error("{place}: this is not a database, or it is damaged")]
    Damaged {
        /// The file.
        place: String,
    },
    /// Another server has this database open.
    #[error("{place} is in use by another betang server; stop that one first")]
    InUse {
        /// The file or schema.
        place: String,
    },
    /// A newer betang has written here.
    #[error(
        "{room} step {number} ({name}) was applied by a newer betang; install that version again, or go back to the copy \
         that it made before: betang rollback (betang restore, where it made none)"
    )]
    Newer {
        /// Whose step.
        room: String,
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
    },
    /// A step that was applied reads differently now.
    #[error("{room} step {number} ({name}) is not the one that was applied here")]
    Altered {
        /// Whose step.
        room: String,
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
    },
    /// What was kept cannot be what was put there.
    #[error("{what} is corrupt")]
    Corrupt {
        /// Table and column, or file.
        what: String,
    },
    /// A file that was kept is gone.
    #[error("{what} is no longer there; restore it from a backup")]
    Lost {
        /// Which.
        what: String,
    },
    /// A file beside the database cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// An earlier statement of this transaction failed or was cut short.
    #[error("an earlier statement of this transaction failed; it can only be dropped")]
    Broken,
    /// The house has asked for what no engine can do.
    #[error("a statement failed: {0}")]
    Statement(sqlx::Error),
}

impl Error {
    /// What was kept cannot be what was put there.
    #[must_use]
    pub fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    /// What a caller may do about it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Missing => Kind::NotFound,
            Self::Taken { .. } | Self::Dangling { .. } | Self::InUse { .. } => Kind::Conflict,
            Self::Unstorable(_) | Self::Place { .. } | Self::Damaged { .. } => Kind::Invalid,
            Self::Full => Kind::Exhausted,
            Self::Unavailable(_) | Self::File { .. } => Kind::Unavailable,
            Self::Refused(_) => Kind::Denied,
            Self::Newer { .. }
            | Self::Altered { .. }
            | Self::Corrupt { .. }
            | Self::Lost { .. } => Kind::Corrupt,
            Self::Broken | Self::Statement(_) => Kind::Bug,
        }
    }

    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        // The same trouble whether it meets the database or a file beside it.
        if matches!(
            source.kind(),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
        ) {
            return Self::Full;
        }
        Self::File {
            path: path.display().to_string(),
            source,
        }
    }

    /// The same, naming the place, for whoever has just configured it.
    pub(crate) fn at(self, place: &str) -> Self {
        let wrong = |why: String| Self::Place {
            place: place.to_owned(),
            why,
        };
        match self {
            Self::Corrupt { .. } => Self::Damaged {
                place: place.to_owned(),
            },
            Self::Refused(why) => wrong(why),
            Self::Unavailable(why) => Self::Unavailable(format!("{place}: {why}")),
            other => other,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let mapped = if let Some(sqlite) = database.try_downcast_ref::<SqliteError>() {
                    from_sqlite(sqlite)
                } else if let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() {
                    from_postgres(postgres)
                } else {
                    None
                };
                mapped.unwrap_or(Self::Statement(error))
            }
            sqlx::Error::RowNotFound => Self::Missing,
            // The connection was lost or never made.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            // An address that cannot be read; its text may hold a password.
            sqlx::Error::Configuration(_) => Self::Place {
                place: "the address of the database".to_owned(),
                why: "it is not of the form postgres://name:password@host/database".to_owned(),
            },
            sqlx::Error::ColumnDecode { index, .. } => Self::corrupt(index.replace('"', "")),
            _ => Self::Statement(error),
        }
    }
}

fn from_sqlite(error: &SqliteError) -> Option<Error> {
    use sqlx::error::DatabaseError as _;
    let message = error.message();
    let code: i32 = error.code()?.parse().ok()?;
    Some(match code {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID name the columns.
        2067 | 1555 | 2579 => Error::Taken {
            constraint: message
                .split_once("failed: ")
                .map_or(message, |(_, columns)| columns)
                .to_owned(),
        },
        // SQLITE_CONSTRAINT_FOREIGNKEY names nothing.
        787 => Error::Dangling {
            constraint: "foreign key".to_owned(),
        },
        // The low byte is the family.
        _ => match code & 0xff {
            // SQLITE_FULL: the disk, or the page bound.
            13 => Error::Full,
            // SQLITE_BUSY, SQLITE_LOCKED: another has it for too long.
            // SQLITE_IOERR: the disk refuses for another reason than space.
            // SQLITE_CANTOPEN: the folder is gone, or not ours.
            5 | 6 | 10 | 14 => Error::Unavailable(message.to_owned()),
            // SQLITE_READONLY, SQLITE_PERM: the file is not ours to write.
            3 | 8 => Error::Refused(message.to_owned()),
            // SQLITE_CORRUPT, SQLITE_NOTADB.
            11 | 26 => Error::corrupt("the database"),
            _ => return None,
        },
    })
}

fn from_postgres(error: &PgDatabaseError) -> Option<Error> {
    let message = || error.message().to_owned();
    Some(match error.code() {
        // unique_violation.
        "23505" => Error::Taken {
            constraint: key_columns(error.table(), error.detail())
                .or_else(|| error.constraint().map(str::to_owned))
                .unwrap_or_default(),
        },
        // foreign_key_violation.
        "23503" => Error::Dangling {
            constraint: error.constraint().unwrap_or_default().to_owned(),
        },
        // disk_full.
        "53100" => Error::Full,
        // serialization_failure, deadlock_detected, lock_not_available: the other
        // one won, the same may work later.
        "40001" | "40P01" | "55P03" => Error::Unavailable(message()),
        // insufficient_privilege; 28: wrong name or password.
        "42501" => Error::Refused(message()),
        code if code.starts_with("28") => Error::Refused(message()),
        // invalid_catalog_name: no such database.
        "3D000" => Error::Refused(message()),
        // data_corrupted, index_corrupted.
        "XX001" | "XX002" => Error::corrupt("the database"),
        // 08: the connection; 53: memory, connections; 57P: the server is being
        // stopped or started; 58: its disk refuses.
        code if ["08", "53", "57P", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Error::Unavailable(message())
        }
        _ => return None,
    })
}

/// The columns out of `Key (a, b)=(1, 2) already exists.`, in whatever language
/// it is said, as SQLite writes them. The values are not taken along.
fn key_columns(table: Option<&str>, detail: Option<&str>) -> Option<String> {
    let (table, detail) = (table?, detail?);
    let (_, rest) = detail.split_once('(')?;
    let (columns, _) = rest.split_once(")=(")?;
    let columns: Vec<_> = columns
        .split(", ")
        .map(|column| format!("{table}.{column}"))
        .collect();
    Some(columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_columns_and_not_by_its_values() {
        let named = |detail| key_columns(Some("hall_x"), Some(detail));
        assert_eq!(
            named("Key (a, b)=(secret, )=() already exists.").as_deref(),
            Some("hall_x.a, hall_x.b")
        );
        assert_eq!(
            named("Kunci (a)=(1) sudah ada.").as_deref(),
            Some("hall_x.a")
        );
        assert_eq!(named("no such shape"), None);
    }

    #[test]
    fn a_full_disk_is_full_wherever_it_is_met() {
        for kind in [
            std::io::ErrorKind::StorageFull,
            std::io::ErrorKind::QuotaExceeded,
        ] {
            let error = Error::file(std::path::Path::new("/x"), kind.into());
            assert_eq!(error.kind(), Kind::Exhausted);
        }
    }
}
