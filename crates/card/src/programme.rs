//! Programmes as they are kept: read again, and named with their versions.

use card_core::rule::{Programme, Wrong};
use hall::problem::Problem;
use store::{Conn, Error};

use crate::sql::programme::{self as rows, ProgrammeRow};

/// A version of a programme, read.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) row: ProgrammeRow,
    pub(crate) programme: Programme,
}

impl Kept {
    pub(crate) fn read(row: ProgrammeRow) -> Result<Self, Error> {
        // It was read before it was kept.
        let programme =
            Programme::parse(&row.text).map_err(|_| Error::corrupt("card_programme.text"))?;
        Ok(Self { row, programme })
    }
}

/// One version; the newest where none is named.
///
/// # Errors
/// `card-programme` if there is none.
pub(crate) async fn find(
    conn: &mut Conn,
    slug: &str,
    version: Option<i64>,
) -> Result<Kept, Problem> {
    let row = rows::find(conn, slug, version).await?.ok_or_else(|| {
        Problem::not_found("card-programme", "There is no such programme, or version.")
    })?;
    Ok(Kept::read(row)?)
}

/// A text that is no programme, and why, where.
pub(crate) fn refusal(wrong: &Wrong) -> Problem {
    Problem::invalid(
        "card-rule",
        format!(
            "The rules cannot be read, and nothing was kept: {}",
            wrong.english()
        ),
    )
    .field("text", wrong.to_string())
}
