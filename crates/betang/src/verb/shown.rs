//! How parts of an answer are shown.

use serde_json::Value as Json;

/// A text; a dash for none.
pub(crate) fn text(value: &Json) -> &str {
    value.as_str().unwrap_or("-")
}

/// A time in UTC, to the second; a dash for none.
pub(crate) fn time(us: &Json) -> String {
    us.as_i64()
        .and_then(|us| jiff::Timestamp::from_second(us.div_euclid(1_000_000)).ok())
        .map_or_else(|| "-".to_owned(), |at| at.to_string())
}
