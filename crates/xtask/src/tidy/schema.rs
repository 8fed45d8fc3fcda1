//! Tables: each says what it holds, and each is read by its owner alone.

use super::{Fault, Source, absence};

/// Columns that one comment may speak for: its own and those that follow, such as
/// the two halves of a point.
const COLUMNS_PER_COMMENT: usize = 4;

/// First words of the names of tables. Each crate reads its own.
const OWNERS: &[&str] = &["store", "hall", "watch", "reach", "card", "sync"];

/// Readiness asks how far the migrator got.
const MAY_READ: &[(&str, &str)] = &[("crates/hall/src/http/health.rs", "store_migration")];

/// Each table and each group of columns says what it holds, by a comment on the
/// line or above it.
pub(super) fn comments(source: &Source) -> Vec<Fault> {
    if !source.path.contains("/schema/") || !source.path.ends_with(".sql") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let mut above = "";
    let mut silent = COLUMNS_PER_COMMENT;
    let mut inside = false;
    for (number, line) in source.text.lines().enumerate() {
        let at = format!("{}:{}", source.path, number + 1);
        let text = line.trim();
        let column = || {
            [" BIGINT", " TEXT", " BYTEA", " DOUBLE PRECISION"]
                .iter()
                .any(|kind| text.contains(kind))
        };
        if text.starts_with("CREATE TABLE") {
            inside = true;
            silent = COLUMNS_PER_COMMENT;
            if !above.starts_with("--") {
                faults.push(format!("{at}: a table without a comment above it"));
            }
        } else if text.starts_with(')') {
            inside = false;
        } else if inside && text.starts_with("--") {
            silent = 0;
        } else if inside && text.contains("--") {
            silent = 1;
        } else if inside && column() {
            silent += 1;
            if silent > COLUMNS_PER_COMMENT {
                faults.push(format!("{at}: a column without a comment"));
            }
        }
        // A blank line between a comment and its table changes nothing.
        if !text.is_empty() {
            above = text;
        }
    }
    faults
}

/// A crate reads its own tables; another's it asks the owner for.
pub(super) fn foreign(source: &Source) -> Vec<Fault> {
    let Some(own) = source
        .path
        .strip_prefix("crates/")
        .and_then(|path| path.split('/').next())
    else {
        return Vec::new();
    };
    let is_sql = source.path.ends_with(".sql");
    if own == "xtask"
        || source.path.contains("/tests/")
        || !(is_sql || source.path.ends_with(".rs"))
    {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for (number, line) in absence::code(&source.text).lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") || line.starts_with("--") {
            continue;
        }
        let words: Vec<_> = line.split([' ', '"', '(', ')', ',', ';']).collect();
        for pair in words.windows(2) {
            let [before, table] = pair else { continue };
            let named = ["FROM", "JOIN", "INTO", "UPDATE", "REFERENCES", "TABLE"].contains(before);
            let owner = table.split('_').next().unwrap_or_default();
            let may = MAY_READ.contains(&(source.path.as_str(), table));
            if named && table.contains('_') && OWNERS.contains(&owner) && owner != own && !may {
                faults.push(format!(
                    "{}:{}: {table} belongs to {owner}",
                    source.path,
                    number + 1
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn a_silent_table_or_column_is_found() {
        let text = "CREATE TABLE a_b (\n    id BIGINT NOT NULL,\n    at BIGINT -- when\n);\n";
        let faults = comments(&source("crates/a/schema/0001_b.sql", text));
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn one_comment_does_not_speak_for_a_whole_table() {
        let columns = "    c BIGINT,\n".repeat(COLUMNS_PER_COMMENT + 1);
        let text = format!("-- What.\nCREATE TABLE a_b (\n    -- some\n{columns});\n");
        let faults = comments(&source("crates/a/schema/0001_b.sql", &text));
        assert_eq!(faults.len(), 1, "{faults:?}");
    }

    #[test]
    fn a_table_of_another_room_is_found() {
        for (path, line) in [
            (
                "crates/watch/src/sql/cameras.rs",
                "\"SELECT 1 FROM hall_area\"",
            ),
            (
                "crates/watch/src/sql/cameras.rs",
                "    LEFT JOIN card_family f ON true\\",
            ),
            (
                "crates/watch/schema/0001_a.sql",
                "id BYTEA REFERENCES hall_agency (id)",
            ),
        ] {
            assert_eq!(foreign(&source(path, line)).len(), 1, "{line}");
        }
        let own = source(
            "crates/watch/src/sql/cameras.rs",
            "\"DELETE FROM watch_still\"",
        );
        assert!(foreign(&own).is_empty());
    }
}
