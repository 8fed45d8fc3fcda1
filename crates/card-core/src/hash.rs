//! Hashes that are quick and the same on every machine.
//!
//! Tables of this crate are filled from lists that their owner brings, a table is never
//! open to a stranger who chooses keys one by one: no secret is mixed in.

use std::hash::{BuildHasherDefault, Hasher};

/// A table with this hash. Nothing is ever made of the order of its keys.
#[expect(
    clippy::disallowed_types,
    reason = "a word is looked up for each record"
)]
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Spread>>;

/// Mixes eight octets at a time.
#[derive(Default)]
pub(crate) struct Spread(u64);

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, octets: &[u8]) {
        let mut eights = octets.chunks_exact(8);
        for eight in &mut eights {
            let eight = eight.try_into().unwrap_or_default();
            self.write_u64(u64::from_le_bytes(eight));
        }
        let mut rest = [0; 8];
        rest[..eights.remainder().len()].copy_from_slice(eights.remainder());
        self.write_u64(u64::from_le_bytes(rest) ^ (octets.len() as u64) << 56);
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(ODD);
        self.0 = (mixed ^ mixed >> 29).wrapping_mul(ODD);
    }
}

/// Mixes two values (the finaliser of SplitMix64 between them).
pub(crate) const fn mix(one: u64, other: u64) -> u64 {
    let mut it = one.wrapping_mul(ODD) ^ other.rotate_left(32) ^ other;
    it = (it ^ it >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ it >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ it >> 31
}

/// Folds to half the bits, and never to zero.
#[expect(clippy::cast_possible_truncation, reason = "folded")]
pub(crate) const fn fold(value: u64) -> u32 {
    let folded = (value ^ value >> 32) as u32;
    if folded == 0 { 1 } else { folded }
}

/// A hash of octets.
pub(crate) fn of(octets: &[u8]) -> u64 {
    let mut spread = Spread::default();
    spread.write(octets);
    mix(spread.0, octets.len() as u64)
}
