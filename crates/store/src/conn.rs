//! What one does inside a transaction.
//!
//! A statement that fails breaks its transaction, on both engines: PostgreSQL
//! does so by itself, SQLite would go on and, when the disk is full, even go on
//! outside of any transaction. So a broken one refuses every further statement
//! and its commit; half of a change is never kept. The same holds for a
//! statement whose future was dropped before it answered.

use std::ops::{Deref, DerefMut};

use sqlx::postgres::{PgArguments, PgConnection, PgCopyIn};
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};

use crate::db::{Db, Engine};
use crate::query::{Query, Sql};
use crate::value::Engined;
use crate::{Error, Row, Value, bulk};

/// A connection inside a transaction.
#[derive(Debug)]
pub struct Conn {
    held: Held,
    /// False while a statement runs and for good once one has failed.
    sound: bool,
}

#[derive(Debug)]
pub(crate) enum Held {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// One snapshot to read from.
// The claim of the database is held for as long as somebody reads or writes.
#[derive(Debug)]
pub struct Read {
    conn: Conn,
    _db: Db,
}

/// One transaction that writes. Dropped without [`commit`](Self::commit), it has
/// not happened.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    db: Db,
}

/// Runs one call of the driver; a failure breaks the transaction.
macro_rules! on_engine {
    ($conn:ident, $sql:ident, $values:ident, $call:ident) => {{
        $conn.begin($values)?;
        let text = AssertSqlSafe($sql.into().0);
        let answer = match &mut $conn.held {
            Held::Sqlite(tx) => bind_sqlite(sqlx::query(text), $values)
                .$call(&mut **tx)
                .await
                .map(Engined::Sqlite),
            Held::Postgres(tx) => bind_postgres(sqlx::query(text), $values)
                .$call(&mut **tx)
                .await
                .map(Engined::Postgres),
        };
        $conn.sound = answer.is_ok();
        answer?
    }};
}

impl Conn {
    pub(crate) const fn new(held: Held) -> Self {
        Self { held, sound: true }
    }

    /// Runs a statement; how many rows it touched.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn execute(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<u64, Error> {
        Ok(match on_engine!(self, sql, values, execute) {
            Engined::Sqlite(done) => done.rows_affected(),
            Engined::Postgres(done) => done.rows_affected(),
        })
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn all(&mut self, sql: impl Into<Sql>, values: &[Value]) -> Result<Vec<Row>, Error> {
        Ok(match on_engine!(self, sql, values, fetch_all) {
            Engined::Sqlite(rows) => rows
                .into_iter()
                .map(|row| Row(Engined::Sqlite(row)))
                .collect(),
            Engined::Postgres(rows) => rows
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
        Ok(match on_engine!(self, sql, values, fetch_optional) {
            Engined::Sqlite(row) => row.map(|row| Row(Engined::Sqlite(row))),
            Engined::Postgres(row) => row.map(|row| Row(Engined::Postgres(row))),
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

    /// Runs a statement that was put together; how many rows it touched.
    ///
    /// # Errors
    /// As the engine says, in the words of [`Error`].
    pub async fn execute_query(&mut self, query: &Query) -> Result<u64, Error> {
        self.execute(Sql::built(query.text().to_owned()), query.values())
            .await
    }

    /// Runs statements without parameters, as a schema file has them.
    pub(crate) async fn script(&mut self, text: &'static str) -> Result<(), Error> {
        self.begin(&[])?;
        let answer = match &mut self.held {
            Held::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
            Held::Postgres(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
        };
        self.sound = answer.is_ok();
        Ok(answer?)
    }

    /// Begins to put rows into columns of a table of PostgreSQL, by its COPY.
    pub(crate) async fn copy_in(&mut self, into: &str) -> Result<Copying<'_>, Error> {
        self.begin(&[])?;
        let Held::Postgres(tx) = &mut self.held else {
            return Err(Error::Refused("SQLite has no COPY".to_owned()));
        };
        let sql = format!("COPY {into} FROM STDIN (FORMAT binary)");
        let mut copying = tx.copy_in_raw(&sql).await?;
        copying.send(bulk::HEAD).await?;
        Ok(Copying {
            copying,
            sound: &mut self.sound,
        })
    }

    /// Which engine this is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self.held {
            Held::Sqlite(_) => Engine::Sqlite,
            Held::Postgres(_) => Engine::Postgres,
        }
    }

    fn begin(&mut self, values: &[Value]) -> Result<(), Error> {
        if !self.sound {
            return Err(Error::Broken);
        }
        values.iter().try_for_each(Value::storable)?;
        self.sound = false;
        Ok(())
    }
}

/// Rows that are on their way into a table of PostgreSQL. It is one statement: its
/// transaction is broken until it has ended well.
///
/// All rows of a table go by one: after each a server is waited for, and where the last
/// octets of a statement are few the systems of both ends wait 40 ms for each other (RFC 896,
/// RFC 1122 §4.2.3.2).
pub(crate) struct Copying<'a> {
    copying: PgCopyIn<&'a mut PgConnection>,
    sound: &'a mut bool,
}

impl Copying<'_> {
    /// Some rows more.
    pub(crate) async fn send(&mut self, rows: &[Vec<Value>]) -> Result<(), Error> {
        let octets = bulk::rows(rows)?;
        self.copying.send(octets.as_slice()).await?;
        Ok(())
    }

    /// That was all.
    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        self.copying.send(bulk::END.as_slice()).await?;
        self.copying.finish().await?;
        *self.sound = true;
        Ok(())
    }
}

impl Read {
    pub(crate) const fn new(held: Held, db: Db) -> Self {
        Self {
            conn: Conn::new(held),
            _db: db,
        }
    }
}

impl Tx {
    pub(crate) const fn new(held: Held, db: Db) -> Self {
        Self {
            conn: Conn::new(held),
            db,
        }
    }

    /// Makes it so. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`Error::Broken`] if a statement of it has failed. Nothing of it has
    /// happened then; only when the connection to a PostgreSQL server is lost at
    /// this very moment can nobody say ([`Error::Unavailable`]).
    pub async fn commit(self) -> Result<(), Error> {
        // PostgreSQL answers the commit of a broken transaction with a rollback
        // and no error.
        if !self.conn.sound {
            return Err(Error::Broken);
        }
        match self.conn.held {
            Held::Sqlite(tx) => tx.commit().await?,
            Held::Postgres(tx) => tx.commit().await?,
        }
        self.db.committed();
        Ok(())
    }
}

impl Deref for Read {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Read {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
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

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

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
