//! Programmes as they are kept: read again, and named with their versions.

use card_core::rule::{Programme, Wrong};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::problem::Problem;
use serde_json::json;
use store::blob::Sha256;
use store::{Conn, Error, Tx};

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

/// Keeps one version more; its number.
pub(crate) async fn keep(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    (slug, text): (&str, &str),
    note: Option<&str>,
) -> Result<i64, Error> {
    let (now, sha256) = (hall.now(), Sha256::of(text.as_bytes()));
    let (hash, by) = (sha256.as_str(), who.person());
    let version = rows::add(tx, slug, text, hash, note, by, now.wall).await?;
    let act = Act {
        verb: "card_programme.added",
        subject: slug.to_owned(),
        detail: json!({ "version": version, "sha256": hash, "note": note }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(version)
}
