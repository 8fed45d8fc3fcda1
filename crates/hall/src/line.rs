//! A line of text that a person has typed.

use crate::problem::Problem;

/// Longest name of anything, in characters.
pub const NAME_MAX: usize = 120;

/// The line without blanks around it, or a problem about the field.
///
/// Letters of every script pass; control characters do not, since a line that
/// breaks or turns round can make a list say what is not so.
///
/// # Errors
/// `form`, about the field.
pub fn read(field: &'static str, text: &str, most: usize) -> Result<String, Problem> {
    let line = text.trim();
    let why = if line.is_empty() {
        "cannot be empty".to_owned()
    } else if line.chars().count() > most {
        format!("at most {most} characters")
    } else if line.chars().any(turns) {
        "one line, without control characters".to_owned()
    } else {
        return Ok(line.to_owned());
    };
    Err(refuse(field, why))
}

/// The same for a field that may be left empty.
///
/// # Errors
/// `form`, about the field.
pub fn read_maybe(
    field: &'static str,
    text: Option<&str>,
    most: usize,
) -> Result<Option<String>, Problem> {
    text.filter(|text| !text.trim().is_empty())
        .map(|text| read(field, text, most))
        .transpose()
}

/// A refusal of one field.
#[must_use]
pub fn refuse(field: impl Into<String>, why: impl Into<String>) -> Problem {
    Problem::invalid("form", "A field cannot stand; nothing was saved.").field(field, why)
}

/// Control characters, and those that change the direction of the rest.
fn turns(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_hold_one_line() {
        assert_eq!(
            read("name", "  Siti Rahmah ", 20).ok().as_deref(),
            Some("Siti Rahmah")
        );
        assert_eq!(
            read("name", "Ñandú 李", 20).ok().as_deref(),
            Some("Ñandú 李")
        );
        for text in [
            "",
            "  ",
            "a\nb",
            "a\u{0}b",
            "a\u{202e}b",
            "abcdefghijklmnopqrstu",
        ] {
            assert!(read("name", text, 20).is_err(), "{text:?}");
        }
        assert_eq!(read_maybe("short", Some(" "), 20).ok(), Some(None));
        assert_eq!(read_maybe("short", None, 20).ok(), Some(None));
    }
}
