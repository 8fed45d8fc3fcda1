//! The handle of the database, and its two kinds of transactions.
//!
//! Reading sees one snapshot; writing is done by one at a time. On SQLite that
//! is how the file works: one writer connection, `BEGIN IMMEDIATE`, readers
//! beside it (WAL). On PostgreSQL a lock of the transaction does the same, so
//! that code which reads before it writes (the audit chain, a limit) is right on
//! both without a word about isolation.
//!
//! A write that is acknowledged is on the disk (`synchronous = FULL`, PostgreSQL's
//! own default). A transaction that is dropped has not happened.

use std::fs::File;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::redact::Secret;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool, Postgres, Sqlite, SqlitePool,
    Transaction,
};
use tokio::sync::{Mutex, watch};

use crate::query::{Query, Sql};
use crate::value::Engined;
use crate::{Error, Row, Value, dialect};

/// Connections that read at the same time.
const READERS: u32 = 4;

/// Connections to a PostgreSQL server; writers wait for each other anyway.
const POSTGRES_CONNECTIONS: u32 = 8;

/// How long one waits for another's write before it is called trouble.
const BUSY_MAX: Duration = Duration::from_secs(10);

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
    claim: Mutex<Option<Claim>>,
}

#[derive(Debug)]
enum Pools {
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// What keeps a second server out, as long as it lives.
#[derive(Debug)]
enum Claim {
    File(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File),
    Connection(PgConnection),
}

/// A connection inside a transaction.
#[derive(Debug)]
pub struct Conn(pub(crate) Held);

#[derive(Debug)]
pub(crate) enum Held {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// One snapshot to read from.
#[derive(Debug)]
pub struct Read(Conn);

/// One transaction that writes. Dropped without [`commit`](Self::commit), it has
/// not happened.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    commits: watch::Sender<u64>,
}

impl Db {
    /// Opens the database and claims it for this server.
    ///
    /// # Errors
    /// [`Error::InUse`] if another server has it; [`Error::Unavailable`] if it
    /// does not answer.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        let (pools, claim) = match place {
            Place::Sqlite { path } => open_sqlite(path).await?,
            Place::Postgres { url, schema } => {
                open_postgres(url, schema.as_deref().unwrap_or("public")).await?
            }
        };
        Ok(Self {
            inner: Arc::new(Inner {
                pools,
                place: place.clone(),
                commits: watch::Sender::new(0),
                claim: Mutex::new(Some(claim)),
            }),
        })
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.inner.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Where the data is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// Takes a snapshot to read from.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read(&self) -> Result<Read, Error> {
        let held = match &self.inner.pools {
            Pools::Sqlite { readers, .. } => Held::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => {
                Held::Postgres(pool.begin_with(dialect::POSTGRES_BEGIN_READ).await?)
            }
        };
        Ok(Read(Conn(held)))
    }

    /// Begins to write. Others who write wait until this is over, so nothing
    /// else may be waited for in between.
    ///
    /// # Errors
    /// If the database does not answer, or another writes for too long.
    pub async fn write(&self) -> Result<Tx, Error> {
        let held = match &self.inner.pools {
            Pools::Sqlite { writer, .. } => Held::Sqlite(begin_sqlite(writer).await?),
            Pools::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query(dialect::POSTGRES_ONE_WRITER)
                    .execute(&mut *tx)
                    .await?;
                Held::Postgres(tx)
            }
        };
        Ok(Tx {
            conn: Conn(held),
            commits: self.inner.commits.clone(),
        })
    }

    /// Writes a consistent copy of a SQLite database, while it is in use.
    pub(crate) async fn vacuum_into(&self, copy: &Path) -> Result<(), Error> {
        if let Pools::Sqlite { writer, .. } = &self.inner.pools {
            sqlx::query("VACUUM INTO $1")
                .bind(copy.display().to_string())
                .execute(writer)
                .await?;
        }
        Ok(())
    }

    /// Tells of every commit through this handle or its clones.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Ends all connections and lets another server in.
    pub async fn close(&self) {
        match &self.inner.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
        match self.inner.claim.lock().await.take() {
            // The server notices by itself when the connection is gone.
            Some(Claim::Connection(connection)) => drop(connection.close().await),
            Some(Claim::File(_)) | None => {}
        }
    }
}

impl Conn {
    /// Runs a statement; how many rows it touched.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn execute(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<u64, Error> {
        let text = AssertSqlSafe(sql.into().0);
        Ok(match &mut self.0 {
            Held::Sqlite(tx) => bind_sqlite(sqlx::query(text), values)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
            Held::Postgres(tx) => bind_postgres(sqlx::query(text), values)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        })
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn all(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<Vec<Row>, Error> {
        let text = AssertSqlSafe(sql.into().0);
        Ok(match &mut self.0 {
            Held::Sqlite(tx) => bind_sqlite(sqlx::query(text), values)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(|row| Row(Engined::Sqlite(row)))
                .collect(),
            Held::Postgres(tx) => bind_postgres(sqlx::query(text), values)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(|row| Row(Engined::Postgres(row)))
                .collect(),
        })
    }

    /// The first row of an answer, if any.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn maybe(
        &mut self,
        sql: impl Into<Sql>,
        values: &[Value],
    ) -> Result<Option<Row>, Error> {
        let text = AssertSqlSafe(sql.into().0);
        Ok(match &mut self.0 {
            Held::Sqlite(tx) => bind_sqlite(sqlx::query(text), values)
                .fetch_optional(&mut **tx)
                .await?
                .map(|row| Row(Engined::Sqlite(row))),
            Held::Postgres(tx) => bind_postgres(sqlx::query(text), values)
                .fetch_optional(&mut **tx)
                .await?
                .map(|row| Row(Engined::Postgres(row))),
        })
    }

    /// The first row of an answer that has to have one.
    ///
    /// # Errors
    /// [`Error::Missing`] if it has none; else as the engine says.
    pub async fn one(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<Row, Error> {
        self.maybe(sql, values).await?.ok_or(Error::Missing)
    }

    /// All rows of a statement that was put together.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn all_query(&mut self, query: &Query) -> Result<Vec<Row>, Error> {
        self.all(Sql::built(query.text().to_owned()), query.values())
            .await
    }

    /// Runs statements without parameters, as a schema file has them.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), Error> {
        match &mut self.0 {
            Held::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop)?,
            Held::Postgres(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }

    /// Which engine this is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self.0 {
            Held::Sqlite(_) => Engine::Sqlite,
            Held::Postgres(_) => Engine::Postgres,
        }
    }
}

impl Tx {
    /// Makes it so. When this returns, it is on the disk.
    ///
    /// # Errors
    /// Then nothing of it has happened.
    pub async fn commit(self) -> Result<(), Error> {
        match self.conn.0 {
            Held::Sqlite(tx) => tx.commit().await?,
            Held::Postgres(tx) => tx.commit().await?,
        }
        self.commits.send_modify(|count| *count += 1);
        Ok(())
    }
}

impl Deref for Read {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Read {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

async fn open_sqlite(path: &Path) -> Result<(Pools, Claim), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    }
    let lock = path.with_extension("lock");
    let file = File::create(&lock).map_err(|error| Error::file(&lock, error))?;
    file.try_lock().map_err(|_| Error::InUse {
        place: path.display().to_string(),
    })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_MAX)
        .foreign_keys(true)
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_MAX)
        .connect_with(options.clone())
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY_MAX)
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok((Pools::Sqlite { writer, readers }, Claim::File(file)))
}

async fn open_postgres(url: &Secret<String>, schema: &str) -> Result<(Pools, Claim), Error> {
    let options: PgConnectOptions = url.expose().parse()?;
    let options = options
        .disable_statement_logging()
        .options([("search_path", schema)]);
    let mut connection = PgConnection::connect_with(&options).await?;
    let quoted = dialect::quoted(schema);
    sqlx::raw_sql(AssertSqlSafe(format!(
        "CREATE SCHEMA IF NOT EXISTS {quoted}"
    )))
    .execute(&mut connection)
    .await?;
    let claimed: bool = sqlx::query_scalar(dialect::POSTGRES_CLAIM)
        .bind(schema)
        .fetch_one(&mut connection)
        .await?;
    if !claimed {
        return Err(Error::InUse {
            place: format!("schema {schema}"),
        });
    }
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(BUSY_MAX)
        .connect_with(options)
        .await?;
    Ok((Pools::Postgres(pool), Claim::Connection(connection)))
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

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

fn bind_sqlite<'q>(query: SqliteQuery<'q>, values: &[Value]) -> SqliteQuery<'q> {
    values.iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.clone()),
        Value::Bytes(value) => query.bind(value.clone()),
        Value::Real(value) => query.bind(*value),
    })
}

fn bind_postgres<'q>(query: PostgresQuery<'q>, values: &[Value]) -> PostgresQuery<'q> {
    values.iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.clone()),
        Value::Bytes(value) => query.bind(value.clone()),
        Value::Real(value) => query.bind(*value),
    })
}
