//! What proves one entry to somebody who has nothing of the house.
//!
//! All that the entry's hash is taken over, its salt, the hashes from its leaf to the root,
//! and the signed checkpoint. It tells of no other entry but the hash of the one before.

use serde::{Deserialize, Serialize};
use store::{Conn, Error};
use utoipa::ToSchema;

use super::merkle::{self, Hash, includes, inclusion};
use super::note::{self, NoteError, Verifier};
use super::{hash, hex, tree};
use crate::sql::audit::{self, EntryRow};
use crate::sql::checkpoint as rows;

/// The proof of an entry. Octets are in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proof {
    /// The entry's number in the chain.
    pub seq: i64,
    /// Its id.
    pub id: String,
    /// When, microseconds since 1970 UTC.
    pub at_us: i64,
    /// The printed id of the person.
    pub actor: Option<String>,
    /// Session, token or part of the house.
    pub via: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// What was done.
    pub verb: String,
    /// To what.
    pub subject: String,
    /// What else there is to say, as the text that was hashed.
    pub detail: String,
    /// The hash of the entry before it.
    pub prev: String,
    /// What makes its leaf unguessable.
    pub salt: String,
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// The hashes from the leaf to the root.
    pub path: Vec<String>,
    /// The checkpoint.
    pub note: String,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A field is not what it should be.
    #[error("this is no proof of an entry: {0} cannot be")]
    Field(&'static str),
    /// The checkpoint in it does not count.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint is of another size.
    #[error("the checkpoint is of another size than the proof")]
    Size,
    /// The entry is not in the tree of the checkpoint.
    #[error("the entry is not one that the checkpoint covers: something of it was altered")]
    Other,
}

/// The proof of an entry against the oldest checkpoint that covers it. None if there is no
/// such entry, no checkpoint covers it yet, or its salt was destroyed.
///
/// # Errors
/// If the database does not answer.
pub async fn of(conn: &mut Conn, seq: i64) -> Result<Option<Proof>, Error> {
    let before = seq.saturating_sub(1);
    let row = audit::after(conn, before, 1).await?.pop();
    let salt = rows::salts(conn, seq, seq).await?.pop();
    let covers = rows::after(conn, before, 1).await?.pop();
    let (Some(row), Some((_, salt)), Some(it)) = (row, salt, covers) else {
        return Ok(None);
    };
    let wrong = |_| Error::corrupt("the size of a checkpoint");
    let size = u64::try_from(it.size).map_err(wrong)?;
    let index = u64::try_from(before).map_err(wrong)?;
    let mut path = Vec::new();
    for range in inclusion(index, size) {
        path.push(hex(&tree::range(conn, range, size).await?));
    }
    Ok((row.seq == seq).then(|| Proof {
        seq,
        id: row.id.to_string(),
        at_us: row.at.as_us(),
        actor: row.actor,
        via: row.via,
        address: row.address,
        verb: row.verb,
        subject: row.subject,
        detail: row.detail,
        prev: hex(&row.prev),
        salt: hex(&salt),
        size,
        path,
        note: it.note,
    }))
}

impl Proof {
    /// Whether the entry is one that the checkpoint of that key covers.
    ///
    /// # Errors
    /// If it is not, and why.
    pub fn holds(&self, verifier: &Verifier) -> Result<(), ProofError> {
        let it = note::open(&self.note, verifier)?;
        if it.size != self.size {
            return Err(ProofError::Size);
        }
        let row = EntryRow {
            seq: self.seq,
            id: self.id.parse().map_err(|_| ProofError::Field("id"))?,
            at: base::now::Wall::from_us(self.at_us),
            actor: self.actor.clone(),
            via: self.via.clone(),
            address: self.address.clone(),
            verb: self.verb.clone(),
            subject: self.subject.clone(),
            detail: self.detail.clone(),
            prev: unhex(&self.prev).ok_or(ProofError::Field("prev"))?,
            hash: Vec::new(),
        };
        let salt = unhex(&self.salt).ok_or(ProofError::Field("salt"))?;
        let content = tree::content(&salt, &hash(&row, row.seq));
        let leaf = merkle::leaf(&content.ok_or(ProofError::Field("salt"))?);
        let path: Option<Vec<Hash>> = self
            .path
            .iter()
            .map(|text| unhex(text)?.try_into().ok())
            .collect();
        let path = path.ok_or(ProofError::Field("path"))?;
        let index = u64::try_from(self.seq)
            .ok()
            .and_then(|seq| seq.checked_sub(1))
            .ok_or(ProofError::Field("seq"))?;
        if includes(&leaf, index, it.size, &path, &it.root) {
            Ok(())
        } else {
            Err(ProofError::Other)
        }
    }
}

/// Octets of hexadecimal.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|c| c.is_ascii_hexdigit());
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let pair = str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect::<Option<_>>().filter(|_| is_hex)
}
