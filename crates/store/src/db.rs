//! The handle of the database: opening, claiming, beginning to read or to write.
//!
//! Reading sees one snapshot; writing is done by one at a time, over one
//! connection, with readers beside it. On SQLite that is how the file works
//! (`BEGIN IMMEDIATE`, WAL). PostgreSQL is used the same way, so that code which
//! reads before it writes (the audit chain, a limit) is right on both without a
//! word about isolation, and a reader never waits for a writer.
//!
//! A database belongs to one server. The claim is a locked file beside a SQLite
//! file, and an advisory lock of the very connection that writes to PostgreSQL:
//! a server that loses that connection cannot write before it has the claim
//! again. (A pooler that hands one connection to several clients cannot stand in
//! between.)
//!
//! A write that is acknowledged is on the disk (`synchronous = FULL`, PostgreSQL's
//! own default). A transaction that is dropped has not happened.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::redact::Secret;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Database, PgPool, Sqlite, SqlitePool, Transaction};
use tokio::sync::watch;

use crate::blob::wipe;
use crate::conn::{Held, Read, Tx};
use crate::{Error, dialect};

/// Connections that read at the same time; who comes fifth waits.
const READERS: u32 = 4;

/// How long one waits for a connection or for another's lock before it is called
/// trouble ([`Error::Unavailable`]). Longer than any write of ours should take.
const BUSY_MAX: Duration = Duration::from_secs(10);

/// Rows that wait between the thread of SQLite and the task that asked. Policy: the thread
/// waits. Each time it does costs two switches of threads, more than reading some rows.
const ROWS_BUFFERED: usize = 1_024;

/// What is deleted is overwritten with zeros, on pages that nobody uses any more too, which
/// FAST would leave: dropping a list frees whole pages of keys. It is for every table,
/// since a page that one has freed is the next one's. Measured over 400,000 rows with keys
/// that came in, 6,000 that were deleted one by one, a list of 100,000 that was dropped,
/// and 40,000 facts of which the oldest went: 0.2 % more octets written (FAST 0.03 %), the
/// same processor time within 3 %.
const SECURE_DELETE: &str = "ON";

/// What a file is filled through, in KiB: keys come in any order, and a page that has left
/// is written twice.
const FILLING_CACHE: &str = "-262144";

/// Why a place cannot be filled.
pub(crate) const ALREADY: &str = "there is a database here already; nothing was touched";

/// How long a starting server waits for the claim: a PostgreSQL server takes a
/// moment to notice that the one before was killed.
const CLAIM_WAIT: Duration = Duration::from_secs(2);

/// Where the data is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a file of this machine.
    Sqlite {
        /// The file; made when it is not there.
        path: PathBuf,
    },
    /// In a PostgreSQL server.
    Postgres {
        /// `postgres://name:password@host/database`.
        url: Secret<String>,
        /// The schema; made when it is not there. `public` when none is named.
        schema: Option<String>,
    },
}

/// Which engine is behind a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// The handle. Cheap to clone; all clones are one server.
#[derive(Debug, Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pools: Pools,
    place: Place,
    /// Counts commits; whoever waits for news looks when it moves.
    commits: watch::Sender<u64>,
}

#[derive(Debug)]
enum Pools {
    Sqlite {
        readers: SqlitePool,
        server: Option<SqliteServer>,
    },
    Postgres {
        readers: PgPool,
        server: Option<PostgresServer>,
    },
}

/// What only the one server has.
#[derive(Debug)]
struct SqliteServer {
    writer: SqlitePool,
    /// Keeps a second server out while it is locked.
    claim: File,
}

/// What only the one server has.
#[derive(Debug)]
struct PostgresServer {
    /// Holds the claim.
    writer: PgPool,
    schema: String,
}

impl Db {
    /// Opens the database and claims it for this server.
    ///
    /// # Errors
    /// [`Error::InUse`] if another server has it, [`Error::Place`] if there can
    /// be none, [`Error::Unavailable`] if it does not answer.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        let pools = match place {
            Place::Sqlite { path } => open_sqlite(path).await?,
            Place::Postgres { url, schema } => {
                open_postgres(url, schema.as_deref().unwrap_or("public")).await?
            }
        };
        Ok(Self::over(pools, place))
    }

    /// Opens a database that is there, beside the server that may have it. What
    /// is asked of this handle is never written.
    ///
    /// # Errors
    /// [`Error::Place`] if there is none, [`Error::Unavailable`] if it does not
    /// answer.
    pub async fn open_to_read(place: &Place) -> Result<Self, Error> {
        let pools = match place {
            Place::Sqlite { path } => look_into_sqlite(path).await?,
            Place::Postgres { url, schema } => {
                look_into_postgres(url, schema.as_deref().unwrap_or("public")).await?
            }
        };
        Ok(Self::over(pools, place))
    }

    /// Opens a SQLite database that is not there yet, to be filled at once and by nobody
    /// else. It is a file of another name until the end, of which a power cut may leave
    /// half; what it costs to be safe against that is spared. It begins as a copy of `first`
    /// where there is one.
    pub(crate) async fn open_to_fill(
        path: &Path,
        part: &Path,
        first: Option<&Path>,
    ) -> Result<Self, Error> {
        let place = Place::Sqlite {
            path: path.to_owned(),
        };
        let claim = claim_file(path)?;
        if path.exists() {
            return Err(Error::Place {
                place: path.display().to_string(),
                why: ALREADY.to_owned(),
            });
        }
        let pools = fill_sqlite(part, first, claim).await;
        let named = |error: Error| error.at(&path.display().to_string());
        Ok(Self::over(pools.map_err(named)?, &place))
    }

    fn over(pools: Pools, place: &Place) -> Self {
        Self {
            inner: Arc::new(Inner {
                pools,
                place: place.clone(),
                commits: watch::Sender::new(0),
            }),
        }
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.inner.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Where the data is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// The same, and whether each row is where indexes say that it is.
    pub(crate) async fn is_sound(&self) -> Result<bool, Error> {
        let Pools::Sqlite { readers, .. } = &self.inner.pools else {
            return Ok(true);
        };
        let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
            .fetch_one(readers)
            .await?;
        Ok(found == "ok")
    }

    /// Takes a snapshot to read from; it is that of the first statement.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read(&self) -> Result<Read, Error> {
        let held = match &self.inner.pools {
            Pools::Sqlite { readers, .. } => Held::Sqlite(readers.begin().await?),
            Pools::Postgres { readers, .. } => {
                Held::Postgres(readers.begin_with(dialect::POSTGRES_BEGIN_READ).await?)
            }
        };
        Ok(Read::new(held, self.clone()))
    }

    /// Begins to write. Others who write wait until this is over, so nothing
    /// slow may be waited for in between.
    ///
    /// # Errors
    /// If the database does not answer, or another writes for too long;
    /// [`Error::InUse`] if another server has taken over, [`Error::Refused`] if
    /// this handle was opened to read.
    pub async fn write(&self) -> Result<Tx, Error> {
        let held = match &self.inner.pools {
            Pools::Sqlite { server, .. } => {
                let server = server.as_ref().ok_or_else(only_reads)?;
                Held::Sqlite(begin_sqlite(&server.writer).await?)
            }
            Pools::Postgres { server, .. } => {
                let server = server.as_ref().ok_or_else(only_reads)?;
                let mut tx = server.writer.begin().await?;
                if !claim(&mut tx).await? {
                    return Err(in_use_schema(&server.schema));
                }
                Held::Postgres(tx)
            }
        };
        Ok(Tx::new(held, self.clone()))
    }

    /// Whether the file is whole, by SQLite's own quick check; true where a server looks
    /// after its files. Reads all of it.
    ///
    /// # Errors
    /// If it cannot even be asked.
    pub async fn is_whole(&self) -> Result<bool, Error> {
        let Pools::Sqlite { readers, .. } = &self.inner.pools else {
            return Ok(true);
        };
        let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(readers)
            .await?;
        Ok(found == "ok")
    }

    /// Makes what was deleted go from where it lay, as far as the engine does that: on
    /// SQLite the log beside the file, which still holds it, is written into the file and
    /// emptied (deleted octets in the file are overwritten as they are deleted); on
    /// PostgreSQL the named tables are vacuumed, so that their dead rows are given up.
    /// Whether all went; false where somebody still reads, and then once more later. On
    /// SQLite whoever writes waits meanwhile, ten seconds at most.
    ///
    /// It does not reach what lies elsewhere: copies and backups, archives of PostgreSQL's
    /// log, replicas, snapshots of a file system, and what a disk with a flash memory has
    /// moved aside. PostgreSQL leaves the octets of a dead row in its page until
    /// another row takes the place. What has to be gone for certain was sealed under a key
    /// of its own, whose octets are few.
    ///
    /// # Errors
    /// If the database does not answer, or was opened to read.
    pub async fn settle(&self, tables: &[&'static str]) -> Result<bool, Error> {
        match &self.inner.pools {
            Pools::Sqlite { server, .. } => {
                let server = server.as_ref().ok_or_else(only_reads)?;
                let busy: i64 = sqlx::query_scalar(dialect::SQLITE_SETTLE)
                    .fetch_one(&server.writer)
                    .await?;
                Ok(busy == 0)
            }
            Pools::Postgres { server, readers } => {
                server.as_ref().ok_or_else(only_reads)?;
                for table in tables {
                    let name = dialect::schema_name(table)?;
                    // Not by the one connection that writes: others go on.
                    sqlx::raw_sql(AssertSqlSafe(format!("VACUUM {name}")))
                        .execute(readers)
                        .await?;
                }
                Ok(true)
            }
        }
    }

    /// Tells of every commit through this handle or its clones.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    pub(crate) fn committed(&self) {
        self.inner.commits.send_modify(|count| *count += 1);
    }

    /// Writes a consistent copy of a SQLite database, while it is in use. The
    /// file must be empty or not there.
    pub(crate) async fn vacuum_into(&self, copy: &Path) -> Result<(), Error> {
        if let Pools::Sqlite { server, .. } = &self.inner.pools {
            let server = server.as_ref().ok_or_else(only_reads)?;
            sqlx::query("VACUUM INTO $1")
                .bind(copy.display().to_string())
                .execute(&server.writer)
                .await?;
        }
        Ok(())
    }

    /// Waits for what is being read or written, ends all connections and lets
    /// another server in.
    pub async fn close(&self) {
        match &self.inner.pools {
            Pools::Sqlite { readers, server } => {
                readers.close().await;
                if let Some(server) = server {
                    server.writer.close().await;
                    // The end of the handle would let it go as well.
                    if let Err(error) = server.claim.unlock() {
                        tracing::warn!(%error, "the lock of the database could not be let go");
                    }
                }
            }
            Pools::Postgres { readers, server } => {
                readers.close().await;
                if let Some(server) = server {
                    server.writer.close().await;
                }
            }
        }
    }
}

fn only_reads() -> Error {
    Error::Refused("it was opened to read".to_owned())
}

async fn open_sqlite(path: &Path) -> Result<Pools, Error> {
    let path = settle(path)?;
    let claim = claim_file(&path)?;
    let options = sqlite_options(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", SECURE_DELETE);
    let opened = async {
        let writer = lasting(SqlitePoolOptions::new(), 1)
            .connect_with(options.clone())
            .await?;
        let readers = lasting(SqlitePoolOptions::new(), READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok((writer, readers))
    };
    let (writer, readers) = opened
        .await
        .map_err(|error: sqlx::Error| Error::from(error).at(&path.display().to_string()))?;
    Ok(Pools::Sqlite {
        readers,
        server: Some(SqliteServer { writer, claim }),
    })
}

async fn look_into_sqlite(path: &Path) -> Result<Pools, Error> {
    let place = path.display().to_string();
    if !path.exists() {
        return Err(Error::Place {
            place,
            why: "there is no database here".to_owned(),
        });
    }
    let readers = lasting(SqlitePoolOptions::new(), READERS)
        .connect_with(sqlite_options(path).read_only(true))
        .await
        .map_err(|error| Error::from(error).at(&place))?;
    Ok(Pools::Sqlite {
        readers,
        server: None,
    })
}

async fn fill_sqlite(part: &Path, first: Option<&Path>, claim: File) -> Result<Pools, Error> {
    // Left by a power cut: it may hold keys.
    wipe(part)?;
    let mut made = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(part)
        .map_err(|error| Error::file(part, error))?;
    if let Some(first) = first {
        let mut first = File::open(first).map_err(|error| Error::file(first, error))?;
        if let Err(error) = std::io::copy(&mut first, &mut made) {
            // A full disk, most often: what there is of it would stay.
            wipe(part)?;
            return Err(Error::file(part, error));
        }
    }
    let options = sqlite_options(part)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(false)
        .pragma("cache_size", FILLING_CACHE);
    // It is only written to; what reads it goes by the transaction that writes.
    let writer = lasting(SqlitePoolOptions::new(), 1)
        .connect_with(options)
        .await?;
    Ok(Pools::Sqlite {
        readers: writer.clone(),
        server: Some(SqliteServer { writer, claim }),
    })
}

pub(crate) fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_MAX)
        .row_buffer_size(ROWS_BUFFERED)
        // As PostgreSQL compares; else a filter finds more on one engine.
        .pragma("case_sensitive_like", "ON")
        .disable_statement_logging()
}

/// The one spelling of a path, so that two servers cannot claim one file under
/// two names. Folder and file are made; the file is for its owner's eyes.
fn settle(path: &Path) -> Result<PathBuf, Error> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    if !path.exists() {
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .and_then(|_| File::open(folder)?.sync_all())
            .map_err(|error| Error::file(path, error))?;
    }
    path.canonicalize()
        .map_err(|error| Error::file(path, error))
}

pub(crate) fn claim_file(path: &Path) -> Result<File, Error> {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let lock = PathBuf::from(lock);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&lock)
        .map_err(|error| Error::file(&lock, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            place: path.display().to_string(),
        }),
        Err(TryLockError::Error(error)) => Err(Error::file(&lock, error)),
    }
}

async fn open_postgres(url: &Secret<String>, schema: &str) -> Result<Pools, Error> {
    let (options, place) = postgres_options(url, schema)?;
    let opened = async {
        let writer = lasting(PgPoolOptions::new(), 1)
            .connect_with(options.clone())
            .await?;
        let mut connection = writer.acquire().await?;
        let encoding: String = sqlx::query_scalar(dialect::POSTGRES_ENCODING)
            .fetch_one(&mut *connection)
            .await?;
        if encoding != "UTF8" {
            return Err(Error::Refused(format!(
                "its encoding is {encoding} and has to be UTF8"
            )));
        }
        if !has_schema(&mut connection, schema).await? {
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
                .execute(&mut *connection)
                .await?;
        }
        await_claim(&mut connection, schema).await?;
        drop(connection);
        let readers = lasting(PgPoolOptions::new(), READERS)
            .connect_with(options)
            .await?;
        Ok((writer, readers))
    };
    let (writer, readers) = opened.await.map_err(|error: Error| error.at(&place))?;
    Ok(Pools::Postgres {
        readers,
        server: Some(PostgresServer {
            writer,
            schema: schema.to_owned(),
        }),
    })
}

async fn look_into_postgres(url: &Secret<String>, schema: &str) -> Result<Pools, Error> {
    let (options, place) = postgres_options(url, schema)?;
    let opened = async {
        let readers = lasting(PgPoolOptions::new(), READERS)
            .connect_with(options)
            .await?;
        if !has_schema(&mut *readers.acquire().await?, schema).await? {
            return Err(Error::Refused(format!("there is no schema {schema}")));
        }
        Ok(readers)
    };
    Ok(Pools::Postgres {
        readers: opened.await.map_err(|error: Error| error.at(&place))?,
        server: None,
    })
}

/// How to connect, and the place in words that hold no password.
fn postgres_options(
    url: &Secret<String>,
    schema: &str,
) -> Result<(PgConnectOptions, String), Error> {
    let schema = dialect::schema_name(schema)?;
    let options: PgConnectOptions = url.expose().parse()?;
    let place = match options.get_database() {
        Some(database) => format!("database {database} on {}", options.get_host()),
        None => format!("the database on {}", options.get_host()),
    };
    let options = options
        .application_name("betang")
        .disable_statement_logging()
        .options([
            ("search_path", schema),
            ("lock_timeout", &format!("{}ms", BUSY_MAX.as_millis())),
        ]);
    Ok((options, place))
}

async fn has_schema(connection: &mut PgConnection, schema: &str) -> Result<bool, Error> {
    Ok(sqlx::query_scalar(dialect::POSTGRES_HAS_SCHEMA)
        .bind(schema)
        .fetch_one(connection)
        .await?)
}

async fn await_claim(connection: &mut PgConnection, schema: &str) -> Result<(), Error> {
    if claim(connection).await? {
        return Ok(());
    }
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SET lock_timeout = '{}ms'",
        CLAIM_WAIT.as_millis()
    )))
    .execute(&mut *connection)
    .await?;
    match sqlx::query(dialect::POSTGRES_AWAIT_CLAIM)
        .execute(&mut *connection)
        .await
        .map_err(Error::from)
    {
        Ok(_) => {}
        Err(Error::Unavailable(_)) => return Err(in_use_schema(schema)),
        Err(error) => return Err(error),
    }
    sqlx::raw_sql("RESET lock_timeout")
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn claim(connection: &mut PgConnection) -> Result<bool, Error> {
    // Absent when the schema has been dropped under us.
    let claimed: Option<bool> = sqlx::query_scalar(dialect::POSTGRES_CLAIM)
        .fetch_one(connection)
        .await?;
    Ok(claimed.unwrap_or(false))
}

fn in_use_schema(schema: &str) -> Error {
    Error::InUse {
        place: format!("schema {schema}"),
    }
}

/// Connections that stay: the claim lives as long as the one that writes.
fn lasting<D: Database>(options: PoolOptions<D>, connections: u32) -> PoolOptions<D> {
    options
        .max_connections(connections)
        .acquire_timeout(BUSY_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// When the disk is full, SQLite ends the transaction by itself and the driver
/// goes on counting it as open. Such a connection is thrown away.
async fn begin_sqlite(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    match writer.begin_with(dialect::SQLITE_BEGIN_WRITE).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            writer.acquire().await?.close().await?;
            writer.begin_with(dialect::SQLITE_BEGIN_WRITE).await
        }
        begun => begun,
    }
}
