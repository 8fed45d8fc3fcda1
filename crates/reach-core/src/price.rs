//! What a month that is proven costs.
//!
//! Fees are paid by the month, whether anything goes through or not. So beside what is
//! paid stands what that bought: the sum of monthly fees over the months that the ledger
//! proves. A point without a box has a fee and proves nothing, and one whose fee nobody
//! has said is in neither.

use base::money::Amount;

/// Fees of points, and how much of a month the ledger proves of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fees {
    /// Points whose fee is known.
    pub points: u32,
    /// Points whose fee nobody has said.
    pub unknown: u32,
    /// The sum of the fees that are known, in rupiah.
    rupiah: u128,
    /// Slots that the ledger proves of those points.
    slots: u128,
}

impl Fees {
    /// Takes a point in: its fee of a month, and of how many slots of the month the
    /// ledger proves it.
    pub fn take(&mut self, monthly: Amount, proven: u32) {
        match monthly {
            Amount::Known(rupiah) => {
                self.points += 1;
                self.rupiah += u128::from(rupiah.as_i64().unsigned_abs());
                self.slots += u128::from(proven);
            }
            Amount::Unknown => self.unknown += 1,
        }
    }

    /// How much of a month is proven, of all these points together, in thousandths of a
    /// month, rounded down. `ended` is how many slots of the month have ended.
    #[must_use]
    pub fn proven_permille(&self, ended: u32) -> u64 {
        let permille = (self.slots * 1_000).checked_div(ended.into());
        u64::try_from(permille.unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// What a month of a point that is proven costs, in rupiah, rounded up: nothing looks
    /// cheaper than it was. None: nothing is proven.
    #[must_use]
    pub fn per_proven_month(&self, ended: u32) -> Option<i64> {
        if self.slots == 0 {
            return None;
        }
        let rupiah = (self.rupiah * u128::from(ended)).div_ceil(self.slots);
        Some(i64::try_from(rupiah).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use base::money::{RUPIAH_MAX, Rupiah};
    use proptest::prelude::*;

    use super::*;

    fn fee(rupiah: i64) -> Amount {
        Amount::Known(Rupiah::new(rupiah).expect("an amount"))
    }

    #[test]
    fn silence_is_paid_for_too() {
        let mut fees = Fees::default();
        assert_eq!(fees.per_proven_month(1_440), None);
        // One is there all the time, one half of it, one has no box, one has no fee.
        fees.take(fee(750_000), 1_440);
        assert_eq!(fees.per_proven_month(1_440), Some(750_000));
        fees.take(fee(750_000), 720);
        fees.take(fee(1_100_000), 0);
        fees.take(Amount::Unknown, 1_440);
        assert_eq!((fees.points, fees.unknown), (3, 1));
        assert_eq!(fees.proven_permille(1_440), 1_500);
        // 2,600,000 over one month and a half.
        assert_eq!(fees.per_proven_month(1_440), Some(1_733_334));
        // On the first instant of a month nothing has ended, and nothing is proven.
        assert_eq!(Fees::default().proven_permille(0), 0);
    }

    proptest! {
        #[test]
        fn it_is_the_smallest_that_pays_for_what_was_proven(
            points in prop::collection::vec(
                (prop::option::of(0_i64..=RUPIAH_MAX), 0_u32..=44_640), 0..40,
            ),
        ) {
            const ENDED: u32 = 44_640;
            let mut fees = Fees::default();
            for (rupiah, proven) in &points {
                fees.take(rupiah.map_or(Amount::Unknown, fee), *proven);
            }
            let known: Vec<_> = points
                .iter()
                .filter_map(|(rupiah, proven)| Some(((*rupiah)?, i128::from(*proven))))
                .collect();
            let paid: i128 = known.iter().map(|(rupiah, _)| i128::from(*rupiah)).sum();
            let slots: i128 = known.iter().map(|(_, proven)| *proven).sum();
            prop_assert_eq!(fees.points as usize + fees.unknown as usize, points.len());
            match fees.per_proven_month(ENDED) {
                None => prop_assert_eq!(slots, 0),
                Some(i64::MAX) => prop_assert!(paid * i128::from(ENDED) > i128::from(i64::MAX) * slots),
                Some(each) => {
                    // As many months at that price are what was paid, and at one less are not.
                    let owed = paid * i128::from(ENDED);
                    prop_assert!(i128::from(each) * slots >= owed);
                    prop_assert!((i128::from(each) - 1) * slots < owed);
                }
            }
            let permille = i128::from(fees.proven_permille(ENDED));
            prop_assert!(permille * i128::from(ENDED) <= slots * 1_000);
            prop_assert!((permille + 1) * i128::from(ENDED) > slots * 1_000);
        }
    }
}
