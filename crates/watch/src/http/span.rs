//! Which octets of a film a player asks for (RFC 9110 §14.1.2, §14.2).
//!
//! A player asks for a film from the place on where somebody has put it. What is answered may
//! be less than was asked for, and it asks on.

use http::{HeaderMap, header};

/// What is answered at once, in octets: two seconds of a large picture, so that a film that
/// is only begun is not read to its end.
pub(crate) const AT_ONCE: u64 = 2 * 1024 * 1024;

/// Which octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// All of them.
    All,
    /// From the first number to before the second, which is at most [`AT_ONCE`] later.
    Part(u64, u64),
    /// None that are there.
    Beyond,
}

/// What somebody asks for of so many octets. A header that is not understood, or asks for
/// several parts, asks for all.
pub(crate) fn asked(headers: &HeaderMap, size: u64) -> Span {
    let text = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let Some(text) = text.and_then(|text| text.strip_prefix("bytes=")) else {
        return Span::All;
    };
    let Some((first, last)) = text.split_once('-').filter(|_| !text.contains(',')) else {
        return Span::All;
    };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| text.parse::<u64>().ok();
    let (from, to) = match (number(first), number(last)) {
        (Some(from), Some(last)) if from <= last => (from, last.saturating_add(1)),
        (Some(from), None) if last.is_empty() => (from, size),
        (None, Some(count)) if first.is_empty() => (size.saturating_sub(count), size),
        _ => return Span::All,
    };
    let to = to.min(size).min(from.saturating_add(AT_ONCE));
    if from < to {
        Span::Part(from, to)
    } else {
        Span::Beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_within_and_is_no_longer_than_what_is_answered_at_once() {
        let of = |text: &str, size| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().expect("a value"));
            asked(&headers, size)
        };
        for (text, span) in [
            ("bytes=0-", Span::Part(0, 100)),
            ("bytes=7-9", Span::Part(7, 10)),
            ("bytes=7-900", Span::Part(7, 100)),
            ("bytes=-10", Span::Part(90, 100)),
            ("bytes=-900", Span::Part(0, 100)),
            ("bytes=100-", Span::Beyond),
            ("bytes=-0", Span::Beyond),
            ("bytes=9-7", Span::All),
            ("bytes=0-1,5-6", Span::All),
            ("bytes=x-", Span::All),
            ("octets=0-1", Span::All),
            (
                "bytes=18446744073709551615-18446744073709551615",
                Span::Beyond,
            ),
        ] {
            assert_eq!(of(text, 100), span, "{text}");
        }
        assert_eq!(of("bytes=5-", AT_ONCE * 3), Span::Part(5, AT_ONCE + 5));
        assert_eq!(asked(&HeaderMap::new(), 100), Span::All);
        assert_eq!(of("bytes=0-", 0), Span::Beyond);
    }
}
