//! Copies of a SQLite file that migrations have left beside it, and what goes from them.
//!
//! Such a copy is a whole database, its keys with it. What is destroyed in the house has to be
//! destroyed there as well: a key that the house has no more, or another in the place of, is
//! struck from every copy. All else stays in it, for whoever wants the older version back.
//!
//! What a rollback needs lies in a journal beside the copy meanwhile, and the octets of keys
//! with it: it is written over before it goes.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use crate::backup::KeyColumn;
use crate::blob::wipe;
use crate::db::{Place, sqlite_options};
use crate::fill::behind;
use crate::{Db, Error};

/// A column that held what is sealed under a key of its own by now: copies of then hold it
/// without that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Former {
    /// Of which table; it has a primary key.
    pub table: &'static str,
    /// Which column, of octets.
    pub column: &'static str,
    /// The column of the key: where the house has none, what was sealed before goes too.
    pub key: &'static str,
}

/// What was struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Struck {
    /// Copies that are there.
    pub copies: usize,
    /// Keys that went from them, and what was sealed without one.
    pub values: u64,
}

/// Strikes from all copies beside a database what it has destroyed. Those of a PostgreSQL
/// server are its operator's.
///
/// # Errors
/// If one of them cannot be opened or written; those before it are struck.
pub async fn strike(db: &Db, keys: &[KeyColumn], former: &[Former]) -> Result<Struck, Error> {
    let mut struck = Struck::default();
    let Place::Sqlite { path } = db.place() else {
        return Ok(struck);
    };
    for copy in beside(path)? {
        if copy.extension().is_some_and(|it| it == "part") {
            // Left by a power cut before it was whole: nobody's copy.
            wipe(&copy)?;
            continue;
        }
        struck.values += one(path, &copy, keys, former).await?;
        struck.copies += 1;
    }
    Ok(struck)
}

/// The copies of a file, whole ones and those that were begun.
pub(crate) fn beside(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let begins = format!("{stem}.before-");
    let wrong = |error| Error::file(folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_one = name.starts_with(&begins)
            && (name.ends_with(".sqlite") || name.ends_with(".part"))
            && entry.file_type().map_err(wrong)?.is_file();
        if is_one {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

async fn one(
    path: &Path,
    copy: &Path,
    keys: &[KeyColumn],
    former: &[Former],
) -> Result<u64, Error> {
    let named = |error: sqlx::Error| Error::from(error).at(&copy.display().to_string());
    let options: SqliteConnectOptions = sqlite_options(copy)
        .journal_mode(SqliteJournalMode::Persist)
        .pragma("secure_delete", "ON");
    let mut conn = options.connect().await.map_err(named)?;
    let values = within(&mut conn, path, keys, former).await;
    let values = values.map_err(named)?;
    conn.close().await.map_err(named)?;
    // What is done needs it no more; what is not is rolled back by it when it is opened next.
    wipe(&behind(copy, "-journal"))?;
    Ok(values)
}

async fn within(
    conn: &mut SqliteConnection,
    house: &Path,
    keys: &[KeyColumn],
    former: &[Former],
) -> Result<u64, sqlx::Error> {
    sqlx::query("ATTACH DATABASE $1 AS house")
        .bind(house.display().to_string())
        .execute(&mut *conn)
        .await?;
    let mut values = 0;
    let mut tx = conn.begin().await?;
    for key in keys {
        let Some(at) = At::of(&mut tx, key.table, key.column, key.column).await? else {
            continue;
        };
        let head = match key.row_goes {
            true => format!("DELETE FROM main.{} AS c", key.table),
            false => at.emptied(),
        };
        let sql = format!(
            "{head} WHERE LENGTH(c.{column}) > 0 AND NOT EXISTS (SELECT 1 FROM house.{table} h \
             WHERE {same} AND h.{column} = c.{column})",
            column = key.column,
            table = key.table,
            same = at.same,
        );
        values += sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *tx)
            .await?
            .rows_affected();
    }
    for it in former {
        let Some(at) = At::of(&mut tx, it.table, it.column, it.key).await? else {
            continue;
        };
        let sql = format!(
            "{head} WHERE LENGTH(c.{column}) > 0 AND NOT EXISTS (SELECT 1 FROM house.{table} h \
             WHERE {same} AND (LENGTH(h.{key}) > 0 OR LENGTH(h.{column}) > 0))",
            head = at.emptied(),
            column = it.column,
            table = it.table,
            key = it.key,
            same = at.same,
        );
        values += sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *tx)
            .await?
            .rows_affected();
    }
    tx.commit().await?;
    Ok(values)
}

/// A column of a table of both.
struct At {
    table: &'static str,
    column: &'static str,
    /// What stands there for nothing.
    nothing: &'static str,
    /// What makes two rows one.
    same: String,
}

impl At {
    /// None where a copy is older than the table or the column.
    async fn of(
        conn: &mut SqliteConnection,
        table: &'static str,
        column: &'static str,
        of_house: &'static str,
    ) -> Result<Option<Self>, sqlx::Error> {
        let columns: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT name, \"notnull\", pk FROM pragma_table_info($1, 'main') ORDER BY pk",
        )
        .bind(table)
        .fetch_all(&mut *conn)
        .await?;
        let house: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1, 'house')")
                .bind(table)
                .fetch_all(&mut *conn)
                .await?;
        let found = columns.iter().find(|it| it.0 == column);
        let Some((_, required, _)) = found.filter(|_| house.iter().any(|it| it == of_house)) else {
            return Ok(None);
        };
        let of_key = columns.iter().filter(|it| it.2 > 0);
        let same: Vec<String> = of_key
            .map(|(name, ..)| format!("h.{name} = c.{name}"))
            .collect();
        Ok((!same.is_empty()).then(|| Self {
            table,
            column,
            nothing: if *required > 0 { "X''" } else { "NULL" },
            same: same.join(" AND "),
        }))
    }

    fn emptied(&self) -> String {
        let (table, column) = (self.table, self.column);
        format!("UPDATE main.{table} AS c SET {column} = {}", self.nothing)
    }
}
