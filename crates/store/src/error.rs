//! What can go wrong with a database, in the words of the house.
//!
//! The two engines report the same trouble in different codes. They are mapped
//! here, once, each arm with its reason.

use base::kind::Kind;

/// What can go wrong with a database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row that has to be there is not.
    #[error("the row is not there")]
    Missing,
    /// A row of the same key is there already.
    #[error("the same key is there already ({constraint})")]
    Taken {
        /// The key as the engine names it.
        constraint: String,
    },
    /// A row that is pointed to is not there, or one that is, is to be deleted.
    #[error("a row that is referred to is missing ({constraint})")]
    Dangling {
        /// The reference as the engine names it.
        constraint: String,
    },
    /// The disk or the quota is full. Reads go on.
    #[error("the disk is full; nothing was written")]
    Full,
    /// Somebody else holds the database for too long, or it does not answer.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// Another server has this database open.
    #[error("{place} is in use by another betang server; stop that one first")]
    InUse {
        /// The file or schema.
        place: String,
    },
    /// A newer betang has written here.
    #[error(
        "{room} step {number} ({name}) was applied by a newer betang; install that version or restore a backup"
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
    /// A file beside the database cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
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
            Self::Full => Kind::Exhausted,
            Self::Unavailable(_) | Self::File { .. } => Kind::Unavailable,
            Self::Newer { .. } | Self::Altered { .. } | Self::Corrupt { .. } => Kind::Corrupt,
            Self::Statement(_) => Kind::Bug,
        }
    }

    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        // The same trouble whether it meets the database or a file beside it.
        if source.kind() == std::io::ErrorKind::StorageFull {
            return Self::Full;
        }
        Self::File {
            path: path.display().to_string(),
            source,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let constraint = || {
                    database
                        .constraint()
                        .unwrap_or_else(|| database.message())
                        .to_owned()
                };
                if database.is_unique_violation() {
                    return Self::Taken {
                        constraint: constraint(),
                    };
                }
                if database.is_foreign_key_violation() {
                    return Self::Dangling {
                        constraint: constraint(),
                    };
                }
                match database.code().as_deref() {
                    // SQLITE_FULL; 53100 disk_full, 53000 insufficient_resources.
                    Some("13" | "53100" | "53000") => Self::Full,
                    // SQLITE_BUSY and its timeout; 40001 serialization_failure,
                    // 40P01 deadlock_detected: the other one won, try again.
                    Some("5" | "261" | "517" | "40001" | "40P01") => {
                        Self::Unavailable(database.message().to_owned())
                    }
                    // 57P01..03: the PostgreSQL server is shutting down or starting.
                    Some(code) if code.starts_with("57P") => {
                        Self::Unavailable(database.message().to_owned())
                    }
                    // SQLITE_CORRUPT, SQLITE_NOTADB; XX001 data_corrupted.
                    Some("11" | "26" | "XX001") => Self::corrupt("the database"),
                    // SQLITE_IOERR_WRITE and its kin end here when a quota and not
                    // the disk is full.
                    Some("778" | "1034") => Self::Full,
                    _ => Self::Statement(error),
                }
            }
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
                Self::Unavailable(error.to_string())
            }
            sqlx::Error::ColumnDecode { index, .. } => Self::corrupt(index.clone()),
            _ => Self::Statement(error),
        }
    }
}
