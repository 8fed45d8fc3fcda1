//! The tree of a house: its tiles in the database, grown by what the chain has grown.
//!
//! A leaf is of one row of the chain. Its content is salted ([`content`]), so what leaves
//! the house says nothing of a row to whoever lacks the salt, however few things the row
//! could have said; and a row whose salt was destroyed is past guessing for good.
//!
//! Only the last tile of each level is read and written; how far the chain reaches does
//! not matter.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use store::{Conn, Error, Tx};

use super::merkle::{self, Hash, Node, fold, nodes, perfect};
use super::tile::{Tile, WIDTH, hashes};
use crate::sql::checkpoint as rows;

/// Octets of a salt.
pub const SALT: usize = 32;

/// Rows of the chain that get their leaves in one transaction. Bound; policy: the others
/// come in the next, and whoever writes meanwhile comes between.
pub(super) const AT_ONCE: i64 = 2_048;

/// What the leaf of a row is a hash of. A salt of another length is none.
#[must_use]
pub fn content(salt: &[u8], hash: &[u8]) -> Option<Hash> {
    if salt.len() != SALT || hash.len() != SALT {
        return None;
    }
    let mut context = Context::new(&SHA256);
    context.update(b"betang-leaf-1");
    context.update(salt);
    context.update(hash);
    let mut content = [0; 32];
    content.copy_from_slice(context.finish().as_ref());
    Some(content)
}

/// How many leaves there are.
///
/// # Errors
/// If the database does not answer.
pub async fn size(conn: &mut Conn) -> Result<u64, Error> {
    let last = rows::last_tile(conn, 0).await?;
    Ok(last.map_or(0, |(number, octets)| {
        let whole = u64::try_from(number).unwrap_or(0) * WIDTH;
        whole + u64::try_from(hashes(&octets).len()).unwrap_or(0)
    }))
}

/// Gives leaves to rows of the chain that have none, [`AT_ONCE`] at most; whether there
/// may be more.
///
/// The hash is the one that was written with the row, so a row that was altered since
/// stands out against its leaf.
pub(crate) async fn grow(tx: &mut Tx) -> Result<bool, Error> {
    let size = size(tx).await?;
    let from = i64::try_from(size).map_err(|_| Error::corrupt("the size of the tree"))?;
    let found = rows::hashes_after(tx, from, AT_ONCE).await?;
    let is_full = i64::try_from(found.len()) == Ok(AT_ONCE);
    // Tiles that were lost are made again of the salts, and are the same.
    let salts = rows::salts(tx, from + 1, from + AT_ONCE).await?;
    let mut salts: BTreeMap<i64, Vec<u8>> = salts.into_iter().collect();
    let mut leaves = Vec::with_capacity(found.len());
    for (row, seq) in found.iter().zip(from + 1..) {
        let salt = match salts.remove(&seq) {
            Some(salt) => salt,
            None => {
                let mut salt = vec![0; SALT];
                SystemRandom::new()
                    .fill(&mut salt)
                    .map_err(|_| Error::corrupt("the system has no randomness"))?;
                rows::put_salt(tx, seq, &salt).await?;
                salt
            }
        };
        let content = (row.seq == seq)
            .then(|| content(&salt, &row.hash))
            .flatten();
        let content = content.ok_or_else(|| Error::corrupt(format!("row {seq} of the chain")))?;
        leaves.push(merkle::leaf(&content));
    }
    append(tx, &leaves).await?;
    Ok(is_full)
}

/// Puts leaves to the right; whole tiles go into the level above.
async fn append(tx: &mut Tx, leaves: &[Hash]) -> Result<(), Error> {
    let mut fresh = leaves.to_vec();
    let mut level = 0;
    while !fresh.is_empty() {
        let (mut number, mut tile) = match rows::last_tile(tx, level).await? {
            Some((number, octets)) => (number, hashes(&octets)),
            None => (0, Vec::new()),
        };
        let mut above = Vec::new();
        let width = usize::try_from(WIDTH).map_err(|_| Error::corrupt("a tile"))?;
        if tile.len() == width {
            (number, tile) = (number + 1, Vec::new());
        }
        for hash in fresh {
            tile.push(hash);
            if tile.len() == width {
                rows::put_tile(tx, level, number, tile.as_flattened()).await?;
                above.push(perfect(&tile));
                (number, tile) = (number + 1, Vec::new());
            }
        }
        if !tile.is_empty() {
            rows::put_tile(tx, level, number, tile.as_flattened()).await?;
        }
        (fresh, level) = (above, level + 1);
    }
    Ok(())
}

/// The octets of a tile; none if the tree has not grown so far.
///
/// # Errors
/// If the database does not answer.
pub async fn tile(conn: &mut Conn, tile: Tile) -> Result<Option<Vec<u8>>, Error> {
    let Ok(number) = i64::try_from(tile.number) else {
        return Ok(None);
    };
    let found = rows::tile(conn, i64::from(tile.level), number).await?;
    let length = usize::try_from(tile.width * 32).unwrap_or(usize::MAX);
    Ok(found.and_then(|mut octets| {
        let is_there = octets.len() >= length;
        octets.truncate(length);
        is_there.then_some(octets)
    }))
}

/// The hash of a perfect subtree, as a tree of that size has it.
async fn node(conn: &mut Conn, node: Node, size: u64) -> Result<Hash, Error> {
    let missing = || Error::corrupt("a tile of the tree is missing");
    let (place, range) = Tile::of(node, size).ok_or_else(missing)?;
    let octets = tile(conn, place).await?.ok_or_else(missing)?;
    let hashes = hashes(&octets);
    Ok(perfect(hashes.get(range).ok_or_else(missing)?))
}

/// The hash of a range of leaves, by the tiles of a tree of that size.
pub(super) async fn range(conn: &mut Conn, of: Range<u64>, size: u64) -> Result<Hash, Error> {
    let mut hashes = Vec::new();
    for it in nodes(of) {
        hashes.push(node(conn, it, size).await?);
    }
    Ok(fold(&hashes))
}

/// The root that the tiles say a tree of that size has.
///
/// # Errors
/// If the database does not answer, or a tile is missing.
pub async fn root(conn: &mut Conn, size: u64) -> Result<Hash, Error> {
    range(conn, 0..size, size).await
}
