//! A table as a file for spreadsheets.
//!
//! A cell that a spreadsheet would take for a formula gets an apostrophe before
//! it: a name like `=cmd|…` must not run on the desk of an auditor (CWE-1236).
//! A cell that is a number stays one, also a negative one.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};

use crate::problem::Problem;

/// A table that grows row by row. UTF-8 with a byte order mark, since office
/// programs take a file without one for another encoding; RFC 4180 otherwise.
#[derive(Debug)]
pub struct File {
    writer: csv::Writer<Vec<u8>>,
}

impl File {
    /// A table with these columns.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let mut file = Self {
            writer: csv::WriterBuilder::new()
                .flexible(true)
                .terminator(csv::Terminator::CRLF)
                .from_writer("\u{feff}".as_bytes().to_vec()),
        };
        file.write(columns.iter().copied());
        file
    }

    /// Rows of a table that was begun before: without columns of its own.
    #[must_use]
    pub fn going_on() -> Self {
        Self {
            writer: csv::WriterBuilder::new()
                .flexible(true)
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new()),
        }
    }

    /// Adds a row, its cells in the order of the columns.
    pub fn row(&mut self, cells: &[String]) {
        self.write(cells.iter().map(String::as_str));
    }

    /// The file, as bytes.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }

    /// The file, as an answer that a browser saves under a name.
    #[must_use]
    pub fn response(self, name: &'static str) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
        ];
        (headers, self.bytes()).into_response()
    }

    fn write<'c>(&mut self, cells: impl Iterator<Item = &'c str>) {
        // Writing to memory cannot fail, and rows may differ in length.
        let _ = self.writer.write_record(cells.map(harmless));
    }
}

/// Whether the answer is to be a file: by the parameter `format`, else by what the
/// caller accepts.
///
/// # Errors
/// `query` if the format is another.
pub fn wanted(headers: &HeaderMap, format: Option<&str>) -> Result<bool, Problem> {
    match format {
        Some("csv") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(Problem::invalid("query", "A parameter cannot stand.")
            .field("format", "use csv or json")),
        None => Ok(headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.starts_with("text/csv"))),
    }
}

/// The text with an apostrophe before it if a spreadsheet would calculate it. Blanks
/// before the sign, and its wide form, hide it from nobody.
#[must_use]
pub fn harmless(cell: &str) -> String {
    let begins = cell
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins && !is_number(cell) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Digits with a sign and a point, and none of the words that also are numbers to
/// a program.
fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok() && !cell.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_do_not_run_and_numbers_stay() {
        for (cell, written) in [
            ("Siti", "Siti"),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+62 812", "'+62 812"),
            ("-2+3|cmd", "'-2+3|cmd"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            (" =1+1", "' =1+1"),
            ("\n=1", "'\n=1"),
            ("＝1+1", "'＝1+1"),
            ("-inf", "'-inf"),
            ("+nan", "'+nan"),
            ("-2.21", "-2.21"),
            ("+62", "+62"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), written);
        }
    }

    proptest! {
        #[test]
        fn no_cell_begins_as_a_formula(cell in "[ =+@\\-\t\r\n＝0-9a-z().|]{0,12}") {
            let mut file = File::new(&["x"]);
            file.row(std::slice::from_ref(&cell));
            let octets = file.bytes();
            let mut reader = csv::Reader::from_reader(&octets[3..]);
            let record = reader.records().next();
            let Some(record) = record else {
                prop_assert!(cell.is_empty());
                return Ok(());
            };
            let record = record.expect("a record");
            let read = record.get(0).unwrap_or_default();
            let number = read.parse::<f64>().is_ok_and(f64::is_finite);
            prop_assert!(
                number || !read.trim().starts_with(['=', '+', '-', '@', '＝']),
                "{read:?}"
            );
            prop_assert_eq!(read.trim_start_matches('\''), cell.trim_start_matches('\''));
        }
    }

    #[test]
    fn a_table_that_goes_on_is_the_rest_of_one() {
        let row = ["=x".to_owned(), "y".to_owned()];
        let mut whole = File::new(&["a", "b"]);
        whole.row(&row);
        let mut rest = File::going_on();
        rest.row(&row);
        let parts = [File::new(&["a", "b"]).bytes(), rest.bytes()];
        assert_eq!(parts.concat(), whole.bytes());
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut file = File::new(&["a", "b"]);
        file.row(&["x,\"y\"".to_owned(), "=z".to_owned()]);
        let text = String::from_utf8(file.bytes()).expect("text");
        assert_eq!(text, "\u{feff}a,b\r\n\"x,\"\"y\"\"\",'=z\r\n");
    }
}
