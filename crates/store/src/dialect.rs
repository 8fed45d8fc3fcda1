//! The few places where the engines differ.
//!
//! Everything else is one text for both. What stands here has a twin in each
//! engine and one meaning.

use crate::Error;

/// A writer that will read first must be the only one from its first statement.
pub(crate) const SQLITE_BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// One snapshot for all statements, as a WAL reader has.
pub(crate) const POSTGRES_BEGIN_READ: &str =
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One server per schema, for as long as the connection lives that writes. Asked
/// again before every write, because a connection that was lost has lost the
/// claim too; the server answers from its own memory when it is held.
pub(crate) const POSTGRES_CLAIM: &str =
    "SELECT pg_try_advisory_lock(hashtext('betang.server'), hashtext(current_schema()))";

/// The same, but waits for as long as `lock_timeout` says.
pub(crate) const POSTGRES_AWAIT_CLAIM: &str =
    "SELECT pg_advisory_lock(hashtext('betang.server'), hashtext(current_schema()))";

/// Whether the schema is there. Asked first, since a role that may use a schema
/// need not be one that may make schemas.
pub(crate) const POSTGRES_HAS_SCHEMA: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)";

/// In which encoding the server keeps text.
pub(crate) const POSTGRES_ENCODING: &str = "SELECT current_setting('server_encoding')";

/// Every column of every table: `table_name`, `column_name`, `data_type`.
pub(crate) const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name, \
     lower(c.type) || CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE '' END AS data_type \
     FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2";

/// Every column of every table: `table_name`, `column_name`, `data_type`.
pub(crate) const POSTGRES_COLUMNS: &str = "SELECT table_name::text AS table_name, \
     column_name::text AS column_name, \
     data_type || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END AS data_type \
     FROM information_schema.columns WHERE table_schema = current_schema() \
     ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"";

/// The columns of every primary key, in its order: `table_name`, `column_name`.
pub(crate) const SQLITE_KEYS: &str = "SELECT m.name AS table_name, c.name AS column_name \
     FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.pk > 0 ORDER BY m.name, c.pk";

/// The columns of every primary key, in its order: `table_name`, `column_name`.
pub(crate) const POSTGRES_KEYS: &str = "SELECT c.relname::text AS table_name, \
     a.attname::text AS column_name FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
     CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum \
     WHERE i.indisprimary AND c.relnamespace = current_schema()::regnamespace \
     ORDER BY c.relname, k.place";

/// What rows are checked and found by, beside primary keys, and how it is taken away and
/// put back: `down`, `up`; to be taken away in this order and put back in the other. A
/// table that is filled at once is quicker without. SQLite is told not to look after
/// references meanwhile.
pub(crate) const SQLITE_SUPPORTS: &str = "SELECT 'DROP INDEX ' || name AS down, sql AS up \
     FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";

/// The same of one table of SQLite.
pub(crate) const SQLITE_SUPPORTS_OF: &str = "SELECT 'DROP INDEX ' || name AS down, sql AS up \
     FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = $1 ORDER BY name";

/// What rows are checked and found by: `down`, `up`. References go first.
pub(crate) const POSTGRES_SUPPORTS: &str = "SELECT s.down, s.up FROM ( \
     SELECT 1 AS stage, conname::text AS name, \
     format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS down, \
     format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, \
     pg_get_constraintdef(oid)) AS up FROM pg_constraint \
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace \
     UNION ALL \
     SELECT 2, c.relname::text, format('DROP INDEX %s', i.indexrelid::regclass), \
     pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
     WHERE c.relnamespace = current_schema()::regnamespace \
     AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) \
     ) s ORDER BY s.stage, s.name";

/// How many rows point to one that is not there.
pub(crate) const SQLITE_DANGLING: &str = "SELECT COUNT(*) AS n FROM pragma_foreign_key_check";

/// Moves all that was written into the file and empties the log beside it; `busy` is 1
/// where somebody who reads holds it up.
pub(crate) const SQLITE_SETTLE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The name of a schema, as it can stand in SQL and in `search_path` unquoted:
/// there are no two spellings of it.
///
/// # Errors
/// If it has to be quoted, or PostgreSQL would cut it off.
pub(crate) fn schema_name(name: &str) -> Result<&str, Error> {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if starts && name.chars().all(rest) && name.len() <= 63 && !name.starts_with("pg_") {
        return Ok(name);
    }
    Err(Error::Place {
        place: format!("schema {name:?}"),
        why: "a schema is named by up to 63 of a-z, 0-9 and _, no digit first, no pg_".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_one_spelling() {
        assert_eq!(schema_name("betang_2").ok(), Some("betang_2"));
        for wrong in ["", "Betang", "2b", "a b", "a\"b", "pg_x", &"a".repeat(64)] {
            assert!(schema_name(wrong).is_err(), "{wrong:?}");
        }
    }
}
