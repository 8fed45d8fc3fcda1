//! The chain of today held against checkpoints of before.
//!
//! Leaves are made again of the rows as they stand, with their salts, and the root at each
//! size that somebody has a checkpoint of is compared with his. The house's own tiles and
//! checkpoints are not asked: who rewrote the chain rewrote them too.

use std::collections::{BTreeMap, BTreeSet};

use store::{Conn, Error};

use super::merkle::{self, Growing, Hash};
use super::note::Checkpoint;
use super::{hash, tile, tree};
use crate::sql::{audit, checkpoint as rows};

/// Rows per read of the walk.
const PAGE: i64 = 1000;

/// Rows without a salt that are named.
pub const NAMED_MAX: usize = 100;

/// What the rows make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// How many rows have a leaf.
    pub size: u64,
    /// The root of the tree over the first so many rows.
    pub roots: BTreeMap<u64, Hash>,
    /// The first row whose leaf is not the one in the house's own tiles.
    pub differs: Option<u64>,
    /// Rows whose salt is not there: their leaf is taken from the tile, and says nothing
    /// of them. At most [`NAMED_MAX`] are named.
    pub unsalted: Vec<u64>,
    /// How many those are.
    pub unsalted_count: u64,
}

/// How today's chain is against a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Its entries are how today's chain begins.
    Whole,
    /// One of its entries was rewritten, removed or put in between.
    Rewritten {
        /// Entries up to here are those of an older checkpoint that still holds.
        after: u64,
    },
    /// The chain has fewer entries now.
    Shorter {
        /// How many of them have a leaf.
        has: u64,
    },
}

/// Makes the leaves of all rows again, and the roots at those sizes.
///
/// # Errors
/// If the database does not answer. A chain that differs is an answer and no error.
pub async fn walk(conn: &mut Conn, sizes: &BTreeSet<u64>) -> Result<Walked, Error> {
    let mut walked = Walked {
        size: tree::size(conn).await?,
        ..Walked::default()
    };
    let end = i64::try_from(walked.size).map_err(|_| Error::corrupt("the size of the tree"))?;
    let mut tree = Growing::default();
    let mut tiles = Leaves::default();
    let mut last = 0;
    keep(&mut walked, &tree, sizes);
    while last < end {
        let page = audit::after(conn, last, PAGE).await?;
        let salts = rows::salts(conn, last + 1, last + PAGE).await?;
        let salts: BTreeMap<i64, Vec<u8>> = salts.into_iter().collect();
        if page.is_empty() {
            break;
        }
        for row in page {
            last += 1;
            if last > end {
                break;
            }
            let number = tree.size() + 1;
            let told = tiles.leaf(conn, tree.size()).await?;
            if row.seq != last {
                // A row is missing: whatever follows is no tree of this chain.
                walked.differs.get_or_insert(number);
                return Ok(walked);
            }
            let made = match salts.get(&row.seq) {
                Some(salt) => tree::content(salt, &hash(&row, row.seq)).map(|it| merkle::leaf(&it)),
                None => {
                    walked.unsalted_count += 1;
                    if walked.unsalted.len() < NAMED_MAX {
                        walked.unsalted.push(number);
                    }
                    told
                }
            };
            if made.is_none() || made != told {
                walked.differs.get_or_insert(number);
            }
            let Some(leaf) = made else {
                return Ok(walked);
            };
            tree.push(leaf);
            keep(&mut walked, &tree, sizes);
        }
    }
    if tree.size() < walked.size {
        walked.differs.get_or_insert(tree.size() + 1);
        walked.size = tree.size();
    }
    Ok(walked)
}

fn keep(walked: &mut Walked, tree: &Growing, sizes: &BTreeSet<u64>) {
    if sizes.contains(&tree.size()) {
        walked.roots.insert(tree.size(), tree.root());
    }
}

/// Leaves as the tiles have them, read tile by tile.
#[derive(Debug, Default)]
struct Leaves {
    at: Option<u64>,
    hashes: Vec<Hash>,
}

impl Leaves {
    async fn leaf(&mut self, conn: &mut Conn, index: u64) -> Result<Option<Hash>, Error> {
        let number = index / tile::WIDTH;
        if self.at != Some(number) {
            let key = i64::try_from(number).map_err(|_| Error::corrupt("a tile"))?;
            let octets = rows::tile(conn, 0, key).await?;
            self.hashes = octets.map(|it| tile::hashes(&it)).unwrap_or_default();
            self.at = Some(number);
        }
        let place = usize::try_from(index % tile::WIDTH).unwrap_or(usize::MAX);
        Ok(self.hashes.get(place).copied())
    }
}

impl Walked {
    /// How the chain is against each of these checkpoints, in their order. What an older
    /// one of them proves narrows where a newer one does not hold.
    #[must_use]
    pub fn against(&self, checkpoints: &[Checkpoint]) -> Vec<Held> {
        let holds = |it: &Checkpoint| self.roots.get(&it.size) == Some(&it.root);
        checkpoints
            .iter()
            .map(|it| {
                if holds(it) {
                    Held::Whole
                } else if it.size > self.size && !self.roots.contains_key(&it.size) {
                    Held::Shorter { has: self.size }
                } else {
                    let older = checkpoints.iter().filter(|old| old.size < it.size);
                    let after = older.filter(|old| holds(old)).map(|old| old.size).max();
                    Held::Rewritten {
                        after: after.unwrap_or(0),
                    }
                }
            })
            .collect()
    }
}
