//! The tree over the chain: a Merkle tree as in RFC 6962 §2.1, SHA-256.
//!
//! A [`Node`] is a perfect subtree, and everything that is proven is made of such: a
//! proof is a list of ranges of leaves ([`inclusion`], [`consistency`]), a range is a few
//! nodes ([`nodes`]), and whoever has the tiles has each node. Nothing here reads or
//! keeps anything.

use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256, digest};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf with that content.
#[must_use]
pub fn leaf(content: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(content);
    octets(context)
}

/// The hash of two subtrees side by side.
#[must_use]
pub fn pair(left: &Hash, right: &Hash) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    context.update(left);
    context.update(right);
    octets(context)
}

/// The root of a tree without leaves.
#[must_use]
pub fn empty() -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &[]).as_ref());
    hash
}

fn octets(context: Context) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A perfect subtree: of `2^height` leaves, the `index`-th from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// How many levels over the leaves.
    pub height: u32,
    /// Its place from the left.
    pub index: u64,
}

/// The perfect subtrees that a range of leaves is made of, from the left, each smaller
/// than the one before. The range begins where a subtree as large as itself may begin,
/// as those of proofs do.
#[must_use]
pub fn nodes(range: Range<u64>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut start = range.start;
    while let Some(height) = range.end.checked_sub(start).and_then(u64::checked_ilog2) {
        nodes.push(Node {
            height,
            index: start >> height,
        });
        start += 1 << height;
    }
    nodes
}

/// The hash of subtrees side by side, each smaller than the one before; of none, that of
/// the empty tree.
#[must_use]
pub fn fold(hashes: &[Hash]) -> Hash {
    let mut from_right = hashes.iter().rev();
    let Some(last) = from_right.next() else {
        return empty();
    };
    from_right.fold(*last, |right, left| pair(left, &right))
}

/// The hash of a perfect subtree by the hashes below it, as many as a power of two.
#[must_use]
pub fn perfect(below: &[Hash]) -> Hash {
    match below {
        [] => empty(),
        [one] => *one,
        _ => {
            let (left, right) = below.split_at(below.len() / 2);
            pair(&perfect(left), &perfect(right))
        }
    }
}

/// The largest power of two below a size of two or more.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// What proves that a leaf is in a tree of that size, from the leaf upwards: `PATH` of
/// RFC 6962 §2.1.1. Nothing if there is no such leaf.
#[must_use]
pub fn inclusion(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while index < size && end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
        }
    }
    path.reverse();
    path
}

/// What proves that a tree of one size is how a larger one began: `PROOF` of RFC 6962
/// §2.1.2. Nothing between equal sizes, and from the empty tree.
#[must_use]
pub fn consistency(old: u64, size: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    if old == 0 || old >= size {
        return path;
    }
    let (mut start, mut end) = (0, size);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
        }
    }
    // The old tree itself need not be told to whoever has its root.
    if start > 0 {
        path.push(start..end);
    }
    path.reverse();
    path
}

/// Whether a leaf is in a tree of that size and root: RFC 9162 §2.1.3.2.
#[must_use]
pub fn includes(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = pair(step, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = pair(&hash, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether the tree of one size and root is how the larger one began: RFC 9162 §2.1.4.2.
/// Every tree begins with the empty one.
#[must_use]
pub fn begins(old: (u64, &Hash), new: (u64, &Hash), path: &[Hash]) -> bool {
    let ((old_size, old_root), (size, root)) = (old, new);
    if old_size > size {
        return false;
    }
    if old_size == size || old_size == 0 {
        let same = old_size != size || old_root == root;
        let is_empty = old_size != 0 || *old_root == empty();
        return path.is_empty() && same && is_empty;
    }
    let (mut at, mut last) = (old_size - 1, size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let mut path = path.iter();
    let first = if old_size.is_power_of_two() {
        Some(old_root)
    } else {
        path.next()
    };
    let Some(first) = first else {
        return false;
    };
    let (mut of_old, mut of_new) = (*first, *first);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            of_old = pair(step, &of_old);
            of_new = pair(step, &of_new);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            of_new = pair(&of_new, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && of_old == *old_root && of_new == *root
}

/// A tree that grows leaf by leaf and holds only what its root needs.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    size: u64,
    /// Of its perfect subtrees, from the left.
    hashes: Vec<Hash>,
}

impl Growing {
    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Puts a leaf to the right.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = pair(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.hashes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The other side: RFC 6962 §2.1 word by word, over all leaves.
    mod naive {
        use super::{Hash, empty, leaf, pair};

        fn k(n: usize) -> usize {
            let mut k = 1;
            while k * 2 < n {
                k *= 2;
            }
            k
        }

        pub(super) fn root(d: &[Vec<u8>]) -> Hash {
            match d {
                [] => empty(),
                [one] => leaf(one),
                _ => pair(&root(&d[..k(d.len())]), &root(&d[k(d.len())..])),
            }
        }

        pub(super) fn path(m: usize, d: &[Vec<u8>]) -> Vec<Hash> {
            if d.len() == 1 {
                return Vec::new();
            }
            let k = k(d.len());
            let (mut path, other) = if m < k {
                (path(m, &d[..k]), root(&d[k..]))
            } else {
                (path(m - k, &d[k..]), root(&d[..k]))
            };
            path.push(other);
            path
        }

        pub(super) fn proof(m: usize, d: &[Vec<u8>], is_whole: bool) -> Vec<Hash> {
            if m == d.len() {
                return if is_whole { vec![] } else { vec![root(d)] };
            }
            let k = k(d.len());
            let (mut proof, other) = if m <= k {
                (proof(m, &d[..k], is_whole), root(&d[k..]))
            } else {
                (proof(m - k, &d[k..], false), root(&d[..k]))
            };
            proof.push(other);
            proof
        }
    }

    fn text(hash: &Hash) -> String {
        crate::audit::hex(hash)
    }

    /// The leaves that implementations of RFC 6962 are tested with.
    fn known() -> Vec<Vec<u8>> {
        let octets = |from: u8, to: u8| (from..=to).collect();
        vec![
            vec![],
            vec![0x00],
            vec![0x10],
            vec![0x20, 0x21],
            vec![0x30, 0x31],
            octets(0x40, 0x43),
            octets(0x50, 0x57),
            octets(0x60, 0x6f),
        ]
    }

    fn hash_of(range: Range<u64>, leaves: &[Vec<u8>]) -> Hash {
        let of = |node: Node| {
            let width = 1_u64 << node.height;
            let from = usize::try_from(node.index * width).expect("small");
            let to = from + usize::try_from(width).expect("small");
            let below: Vec<_> = leaves[from..to].iter().map(|it| leaf(it)).collect();
            perfect(&below)
        };
        fold(&nodes(range).into_iter().map(of).collect::<Vec<_>>())
    }

    fn hashes(ranges: Vec<Range<u64>>, leaves: &[Vec<u8>]) -> Vec<Hash> {
        ranges.into_iter().map(|it| hash_of(it, leaves)).collect()
    }

    #[test]
    fn roots_are_those_that_everybody_has() {
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves = known();
        let mut tree = Growing::default();
        assert_eq!(text(&tree.root()), roots[0]);
        for (content, root) in leaves.iter().zip(&roots[1..]) {
            tree.push(leaf(content));
            assert_eq!(text(&tree.root()), *root, "{} leaves", tree.size());
        }
    }

    #[test]
    fn proofs_are_those_that_everybody_has() {
        const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
        const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
        const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
        const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
        const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
        const F: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
        const G: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
        const TWO: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
        const ONE: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        let leaves = known();
        let told = |ranges| -> Vec<String> { hashes(ranges, &leaves).iter().map(text).collect() };
        assert_eq!(told(inclusion(0, 8)), [A, B, C]);
        assert_eq!(told(inclusion(5, 8)), [D, E, F]);
        assert_eq!(told(inclusion(2, 3)), [TWO]);
        assert_eq!(told(inclusion(1, 5)), [ONE, B, D]);
        assert!(told(inclusion(0, 1)).is_empty());
        assert!(told(consistency(1, 1)).is_empty());
        assert_eq!(told(consistency(1, 8)), [A, B, C]);
        assert_eq!(told(consistency(6, 8)), [G, E, F]);
        assert_eq!(told(consistency(2, 5)), [B, D]);
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        let leaves = known();
        let (root, four) = (naive::root(&leaves), naive::root(&leaves[..4]));
        let path = naive::path(5, &leaves);
        let mine = leaf(&leaves[5]);
        assert!(includes(&mine, 5, 8, &path, &root));
        assert!(!includes(&mine, 4, 8, &path, &root));
        assert!(!includes(&mine, 8, 8, &path, &root));
        assert!(!includes(&mine, 5, 8, &path[..2], &root));
        assert!(!includes(&leaf(b"other"), 5, 8, &path, &root));
        assert!(!includes(&mine, 5, 8, &[path, vec![root]].concat(), &root));
        let proof = naive::proof(4, &leaves, true);
        assert!(begins((4, &four), (8, &root), &proof));
        assert!(!begins((4, &root), (8, &root), &proof));
        assert!(!begins((4, &four), (8, &four), &proof));
        assert!(!begins((3, &four), (8, &root), &proof));
        assert!(!begins((8, &root), (4, &four), &proof));
        assert!(!begins((4, &four), (8, &root), &[]));
        assert!(!begins((8, &four), (8, &root), &[]));
        assert!(begins((0, &empty()), (8, &root), &[]));
        assert!(!begins((0, &four), (8, &root), &[]));
    }

    proptest! {
        #[test]
        fn both_ways_are_one(size in 1_usize..140, at in any::<prop::sample::Index>()) {
            let leaves: Vec<Vec<u8>> = (0..size).map(|n| n.to_be_bytes().to_vec()).collect();
            let at = at.index(size);
            let [n, m] = [size, at].map(|it| u64::try_from(it).expect("small"));
            let root = naive::root(&leaves);
            let mut tree = Growing::default();
            for it in &leaves {
                tree.push(leaf(it));
            }
            prop_assert_eq!(tree.root(), root);
            prop_assert_eq!(hash_of(0..n, &leaves), root);
            let path = hashes(inclusion(m, n), &leaves);
            prop_assert_eq!(&path, &naive::path(at, &leaves));
            prop_assert!(includes(&leaf(&leaves[at]), m, n, &path, &root));
            let old = naive::root(&leaves[..=at]);
            let proof = hashes(consistency(m + 1, n), &leaves);
            prop_assert_eq!(&proof, &naive::proof(at + 1, &leaves, true));
            prop_assert!(begins((m + 1, &old), (n, &root), &proof));
            // Another first leaf is another tree.
            let mut other = leaves;
            other[0] = b"other".to_vec();
            let other = naive::root(&other[..=at]);
            prop_assert!(!begins((m + 1, &other), (n, &root), &proof));
        }
    }
}
