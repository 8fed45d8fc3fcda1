//! How parts of an answer are shown.

use serde_json::Value as Json;

/// A text; a dash for none.
pub(crate) fn text(value: &Json) -> &str {
    value.as_str().unwrap_or("-")
}

/// A whole number, its thousands apart by points; a dash for none.
pub(crate) fn count(value: &Json) -> String {
    value
        .as_i64()
        .map_or_else(|| "-".to_owned(), hall::print::said::number)
}

/// An amount of rupiah; that it is not known, for none.
pub(crate) fn rupiah(value: &Json) -> String {
    value
        .as_i64()
        .map_or_else(|| "rupiah not known".to_owned(), hall::print::said::rupiah)
}

/// A time in UTC, to the second; a dash for none.
pub(crate) fn time(us: &Json) -> String {
    us.as_i64()
        .and_then(|us| jiff::Timestamp::from_second(us.div_euclid(1_000_000)).ok())
        .map_or_else(|| "-".to_owned(), |at| at.to_string())
}
