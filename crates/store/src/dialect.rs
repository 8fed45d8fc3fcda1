//! The few places where the engines differ.
//!
//! Everything else is one text for both. What stands here has a twin in each
//! engine and one meaning.

/// A writer that will read first must be the only one from its first statement.
pub(crate) const SQLITE_BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// One snapshot for all statements, as a WAL reader has.
pub(crate) const POSTGRES_BEGIN_READ: &str =
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One writer at a time, as a SQLite file has; let go at the end of the
/// transaction. The lock is one per schema.
pub(crate) const POSTGRES_ONE_WRITER: &str =
    "SELECT pg_advisory_xact_lock(hashtext('betang.writer'), hashtext(current_schema()))";

/// One server per schema, for as long as its connection lives.
pub(crate) const POSTGRES_CLAIM: &str =
    "SELECT pg_try_advisory_lock(hashtext('betang.server'), hashtext($1))";

/// Every column of every table of ours: `table_name`, `column_name`, `data_type`.
pub(crate) const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name, \
     lower(c.type) AS data_type FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2";

/// Every column of every table of ours: `table_name`, `column_name`, `data_type`.
pub(crate) const POSTGRES_COLUMNS: &str = "SELECT table_name::text AS table_name, \
     column_name::text AS column_name, data_type::text AS data_type \
     FROM information_schema.columns WHERE table_schema = current_schema() \
     ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"";

/// A name as SQL takes it, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
