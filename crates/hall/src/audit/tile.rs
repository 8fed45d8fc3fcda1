//! Tiles: 256 hashes of one level, side by side (C2SP tlog-tiles).
//!
//! At level 0 they are those of leaves, at each level above those of whole tiles below.
//! A tile only grows, to the right, so a narrower one is the beginning of a wider one.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::merkle::{Hash, Node};

/// Hashes of a whole tile.
pub const WIDTH: u64 = 256;

/// Levels of the tree between two levels of tiles.
pub const HEIGHT: u32 = 8;

/// The highest level that a name can have.
const LEVEL_MAX: u32 = 63;

/// Which tile, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Over the leaves.
    pub level: u32,
    /// From the left.
    pub number: u64,
    /// Its hashes, 1 to 256.
    pub width: u64,
}

/// A text names no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tile is named LEVEL/NUMBER, or LEVEL/NUMBER.p/WIDTH, like 0/x001/234.p/7")]
pub struct NoTile;

impl Tile {
    /// The tile that has a node in it, as a tree of that size has it, and which of its
    /// hashes make the node. None if that tree has no such node.
    #[must_use]
    pub fn of(node: Node, size: u64) -> Option<(Self, Range<usize>)> {
        let level = node.height / HEIGHT;
        let first = node.index.checked_shl(node.height % HEIGHT)?;
        let count = 1_u64 << (node.height % HEIGHT);
        let (number, at) = (first / WIDTH, first % WIDTH);
        let tile = Self::in_tree(level, number, size)?;
        let range = usize::try_from(at).ok()?..usize::try_from(at + count).ok()?;
        (at + count <= tile.width).then_some((tile, range))
    }

    /// The tile of that place as a tree of that size has it; none if it has nothing there.
    #[must_use]
    pub fn in_tree(level: u32, number: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(level * HEIGHT).unwrap_or(0);
        let width = hashes.saturating_sub(number.saturating_mul(WIDTH));
        (width > 0).then_some(Self {
            level,
            number,
            width: width.min(WIDTH),
        })
    }
}

/// As paths have it: `LEVEL/NUMBER`, the number in threes, and the width of one that is
/// not whole.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.level)?;
        let mut parts = vec![self.number % 1000];
        let mut rest = self.number / 1000;
        while rest > 0 {
            parts.push(rest % 1000);
            rest /= 1000;
        }
        for part in parts.iter().skip(1).rev() {
            write!(f, "x{part:03}/")?;
        }
        write!(f, "{:03}", parts[0])?;
        if self.width < WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

impl FromStr for Tile {
    type Err = NoTile;

    fn from_str(text: &str) -> Result<Self, NoTile> {
        let number = |text: &str| -> Option<u64> {
            let is_plain = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
            is_plain.then(|| text.parse().ok()).flatten()
        };
        let read = || {
            let (level, rest) = text.split_once('/')?;
            let (place, width) = match rest.split_once(".p/") {
                Some((place, width)) => (place, number(width)?),
                None => (rest, WIDTH),
            };
            let mut index = 0_u64;
            for part in place.split('/') {
                let part = part.strip_prefix('x').unwrap_or(part);
                index = index.checked_mul(1000)?.checked_add(number(part)?)?;
            }
            let level = u32::try_from(number(level)?).ok()?;
            let tile = Self {
                level,
                number: index,
                width,
            };
            // There is one way to write each.
            let is_one = level <= LEVEL_MAX && (1..=WIDTH).contains(&width);
            (is_one && tile.to_string() == text).then_some(tile)
        };
        read().ok_or(NoTile)
    }
}

/// The hashes in octets of a tile; a rest that is no hash is left out.
#[must_use]
pub fn hashes(octets: &[u8]) -> Vec<Hash> {
    let (hashes, _) = octets.as_chunks::<32>();
    hashes.to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::merkle::nodes;

    fn tile(level: u32, number: u64, width: u64) -> Tile {
        Tile {
            level,
            number,
            width,
        }
    }

    #[test]
    fn names_are_those_of_the_standard() {
        let cases = [
            (tile(0, 0, 256), "0/000"),
            (tile(0, 1_234_067, 256), "0/x001/x234/067"),
            (tile(0, 273, 112), "0/273.p/112"),
            (tile(1, 1, 17), "1/001.p/17"),
            (tile(2, 1000, 1), "2/x001/000.p/1"),
        ];
        for (tile, text) in cases {
            assert_eq!(tile.to_string(), text);
            assert_eq!(text.parse(), Ok(tile));
        }
        for wrong in [
            "",
            "0",
            "0/",
            "0/0",
            "00/000",
            "64/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/07",
            "0/x000/001",
            "0/001/000",
            "0/x001",
            "-1/000",
            "0/../000",
            "0/+01",
            "0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(wrong.parse::<Tile>(), Err(NoTile), "{wrong:?}");
        }
    }

    /// The example of the standard: a tree of 70,000.
    #[test]
    fn a_tree_has_the_tiles_of_the_standard() {
        let of = |level, number| Tile::in_tree(level, number, 70_000);
        assert_eq!(of(0, 272), Some(tile(0, 272, 256)));
        assert_eq!(of(0, 273), Some(tile(0, 273, 112)));
        assert_eq!(of(0, 274), None);
        assert_eq!(of(1, 0), Some(tile(1, 0, 256)));
        assert_eq!(of(1, 1), Some(tile(1, 1, 17)));
        assert_eq!(of(2, 0), Some(tile(2, 0, 1)));
        assert_eq!(of(3, 0), None);
        assert_eq!(of(63, 0), None);
        assert_eq!(Tile::in_tree(1, 0, 256), Some(tile(1, 0, 1)));
    }

    proptest! {
        #[test]
        fn each_node_of_a_tree_is_in_a_tile_of_it(size in 1_u64..u64::MAX >> 8) {
            let mut leaves = 0;
            for node in nodes(0..size) {
                leaves += 1_u64 << node.height;
                let (tile, range) = Tile::of(node, size).expect("it is there");
                prop_assert!(range.end <= usize::try_from(tile.width).expect("small"));
                prop_assert!(range.len().is_power_of_two());
                prop_assert_eq!(tile.to_string().parse(), Ok(tile));
                // A tree that ends before it has none of it.
                prop_assert!(Tile::of(node, leaves - 1).is_none());
            }
            prop_assert_eq!(leaves, size);
        }
    }
}
