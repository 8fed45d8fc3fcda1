//! Checkpoints of the chain as the house makes them.
//!
//! The tree is brought up to the end of the chain, and its size and root are signed, in
//! one transaction with the entry that tells of it, which is the first that this
//! checkpoint does not cover. A house never signs what contradicts what it has signed
//! before: then there is no checkpoint, and an incident.

use base::day::Day;
use base::now::Wall;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use store::{Conn, Error, Tx};

use super::merkle::Hash;
use super::note::{Signer, SignerError};
use super::{Act, Actor, record_by, tree};
use crate::Hall;
use crate::problem::Problem;
use crate::sql::checkpoint::{self as rows, CheckpointRow};

/// A checkpoint that was made, and where it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// How many entries it covers.
    pub size: u64,
    /// The day it is the checkpoint of; none: somebody had asked for it.
    pub day: Option<String>,
    /// When it was made.
    pub made: Wall,
    /// The root of the tree.
    pub root: Hash,
    /// The signed note.
    pub note: String,
    /// When it was put into the data folder.
    pub filed: Option<Wall>,
    /// When it was put into the folder for witnesses.
    pub foldered: Option<Wall>,
    /// When it was handed to the program that sends it.
    pub sent: Option<Wall>,
    /// When it was printed first.
    pub printed: Option<Wall>,
}

impl TryFrom<CheckpointRow> for Sealed {
    type Error = Error;

    fn try_from(row: CheckpointRow) -> Result<Self, Error> {
        let wrong = |_| Error::corrupt("a checkpoint");
        Ok(Self {
            size: u64::try_from(row.size).map_err(wrong)?,
            day: row.day,
            made: row.made,
            root: Hash::try_from(row.root.as_slice()).map_err(|_| Error::corrupt("a root"))?,
            note: row.note,
            filed: row.filed,
            foldered: row.foldered,
            sent: row.sent,
            printed: row.printed,
        })
    }
}

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Error),
    /// The key cannot be used.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The tree is not how the one of the last checkpoint went on.
    #[error("the tree is not the one that the checkpoint of {size} entries was signed over")]
    Contradiction {
        /// Which one.
        size: u64,
    },
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Store(error) => error.into(),
            SealError::Signer(_) => Self::unavailable("checkpoint-key", error.to_string()),
            SealError::Contradiction { .. } => {
                Self::conflict("checkpoint-contradiction", error.to_string())
            }
        }
    }
}

/// Makes a checkpoint of all that the chain has, and tells of it. Of a day there is one:
/// asked for again it is the same. None while nothing was done yet.
///
/// # Errors
/// If the database or the key cannot be used, or the tree contradicts what was signed.
pub async fn make(
    hall: &Hall,
    actor: &Actor,
    day: Option<Day>,
) -> Result<Option<Sealed>, SealError> {
    loop {
        let mut tx = hall.db().write().await?;
        let name = day.map(|day| day.to_string());
        if let Some(name) = &name
            && let Some(row) = rows::of_day(&mut tx, name).await?
        {
            return Ok(Some(row.try_into()?));
        }
        if tree::grow(&mut tx).await? {
            tx.commit().await?;
            continue;
        }
        let made = sign(hall, &mut tx, actor, name).await?;
        tx.commit().await?;
        return Ok(made);
    }
}

async fn sign(
    hall: &Hall,
    tx: &mut Tx,
    actor: &Actor,
    day: Option<String>,
) -> Result<Option<Sealed>, SealError> {
    let now = hall.now();
    let size = tree::size(tx).await?;
    if size == 0 {
        return Ok(None);
    }
    if let Some(last) = newest(tx).await? {
        let is_same = last.size <= size && tree::root(tx, last.size).await? == last.root;
        if !is_same {
            return Err(SealError::Contradiction { size: last.size });
        }
        if last.size == size {
            return Ok(Some(last));
        }
    }
    let config = hall.config();
    let (signer, is_new) = Signer::open(&config.data, &config.province)?;
    let root = tree::root(tx, size).await?;
    let row = CheckpointRow {
        size: i64::try_from(size).map_err(|_| Error::corrupt("the size of the tree"))?,
        day,
        made: now.wall,
        root: root.to_vec(),
        note: signer.sign(size, root),
        filed: None,
        foldered: None,
        sent: None,
        printed: None,
    };
    rows::insert(tx, &row).await?;
    if is_new {
        let act = Act {
            verb: "checkpoint_key.made",
            subject: signer.verifier().name().to_owned(),
            detail: json!({ "verifier": signer.verifier().to_string() }),
        };
        record_by(tx, now, &Actor::house(PART), act).await?;
    }
    let act = Act {
        verb: "checkpoint.made",
        subject: size.to_string(),
        detail: json!({ "root": BASE64.encode(root), "day": row.day }),
    };
    record_by(tx, now, actor, act).await?;
    Ok(Some(row.try_into()?))
}

/// The part of the house that does it.
pub(super) const PART: &str = "checkpoint";

/// The newest checkpoint.
///
/// # Errors
/// If the database does not answer.
pub async fn newest(conn: &mut Conn) -> Result<Option<Sealed>, Error> {
    let row = rows::list(conn, None, 1).await?.pop();
    row.map(Sealed::try_from).transpose()
}

/// Checkpoints, newest first, before one of a size.
///
/// # Errors
/// If the database does not answer.
pub async fn sealed(
    conn: &mut Conn,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Sealed>, Error> {
    let found = rows::list(conn, before, limit).await?;
    found.into_iter().map(Sealed::try_from).collect()
}

/// The checkpoint of a size.
///
/// # Errors
/// If the database does not answer.
pub async fn of_size(conn: &mut Conn, size: u64) -> Result<Option<Sealed>, Error> {
    let Ok(size) = i64::try_from(size) else {
        return Ok(None);
    };
    let row = rows::by_size(conn, size).await?;
    row.map(Sealed::try_from).transpose()
}
