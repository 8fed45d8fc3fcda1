//! Who is drawn.
//!
//! Villages are put in a random order and passed in equal steps of subjects from a random
//! start (Madow 1949, Hartley and Rao 1962), in whole numbers, so that each has exactly its
//! chance. Within a village a simple random sample without replacement is drawn (Floyd's,
//! Bentley 1987); how many is the plan's take, rounded up as often as its fraction says.
//!
//! All of it follows from a seed by SplitMix64 (Steele, Lea and Flood 2014). The seed's four
//! numbers of 64 bits, the first octet the lowest, are mixed one after the other into its
//! state; a number below a bound is made without bias (Lemire 2019).

use super::plan::{Plan, STANDINGS};
use super::{float, regency};

/// A village that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Its code.
    pub code: String,
    /// How likely it was.
    pub chance: f64,
    /// Whether it stands for itself alone: its chance is one.
    pub is_certain: bool,
    /// Who receives there, drawn or not,
    pub receivers: u32,
    /// and who does not.
    pub others: u32,
}

impl Drawn {
    /// The code of its regency.
    #[must_use]
    pub fn regency(&self) -> &str {
        regency(&self.code)
    }
}

/// A subject that was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Who, by the place among all subjects of the frame.
    pub place: u32,
    /// Where, by the place in [`Sample::villages`].
    pub village: u32,
    /// Whether it receives.
    pub receives: bool,
    /// For how many of its standing it stands: the inverse of its chance.
    pub weight: f64,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// The villages, in the order of their codes.
    pub villages: Vec<Drawn>,
    /// The subjects by village, receivers first, in the order of their places.
    pub units: Vec<Unit>,
}

impl Plan<'_> {
    /// Draws. The same frame, design and seed give the same sample.
    #[must_use]
    pub fn draw(&self, seed: &[u8; 32]) -> Sample {
        let mut dice = Dice::of(seed);
        let mut sample = Sample::default();
        for at in self.villages(&mut dice) {
            let (odds, village) = (&self.odds[at], &self.frame.villages()[at]);
            let place = count(sample.villages.len());
            sample.villages.push(Drawn {
                code: village.code.clone(),
                chance: odds.chance,
                is_certain: odds.is_certain,
                receivers: count(village.receivers.len()),
                others: count(village.others.len()),
            });
            let standings = [&village.receivers, &village.others];
            for ((receives, there), take) in STANDINGS.into_iter().zip(standings).zip(odds.take) {
                let visits = dice.rounded(take);
                let weight = float(there.len() as u64) / (odds.chance * take);
                let drawn = dice.some(count(there.len()), visits).into_iter();
                sample.units.extend(drawn.map(|it| Unit {
                    place: there[it as usize],
                    village: place,
                    receives,
                    weight,
                }));
            }
        }
        sample
    }

    /// The drawn villages by their places in the frame.
    fn villages(&self, dice: &mut Dice) -> Vec<usize> {
        let mut drawn = Vec::new();
        for lot in &self.lots {
            let (certain, mut order): (Vec<usize>, Vec<usize>) = lot
                .villages
                .clone()
                .partition(|at| self.odds[*at].is_certain);
            drawn.extend(certain);
            if lot.wanted == 0 {
                continue;
            }
            dice.shuffle(&mut order);
            let size = |at: usize| self.frame.villages()[at].subjects();
            // In steps of all subjects, each subject being as long as villages are wanted.
            let step: u64 = order.iter().map(|at| size(*at)).sum();
            let (mut passed, mut next) = (0, dice.below(step));
            for at in order {
                passed += size(at) * lot.wanted;
                if next < passed {
                    drawn.push(at);
                    next += step;
                }
            }
        }
        drawn.sort_unstable();
        drawn
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What is needed of chance.
struct Dice(u64);

impl Dice {
    fn of(seed: &[u8; 32]) -> Self {
        let (numbers, _) = seed.as_chunks::<8>();
        let mut dice = Self(0);
        for number in numbers {
            dice.0 ^= u64::from_le_bytes(*number);
            dice.0 = dice.next();
        }
        dice
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero up to a bound that is not among them; zero of zero.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the upper and the lower half"
    )]
    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let reject = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= reject {
                return (product >> 64) as u64;
            }
        }
    }

    fn shuffle(&mut self, of: &mut [usize]) {
        for left in (1..of.len()).rev() {
            let at = usize::try_from(self.below(left as u64 + 1)).unwrap_or(left);
            of.swap(left, at);
        }
    }

    /// The whole number below or above, so that the given one is to be expected.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a take is from zero to all of a village"
    )]
    fn rounded(&mut self, number: f64) -> u32 {
        let whole = number.floor();
        let roll = float(self.next() >> 11) / float(1 << 53);
        whole as u32 + u32::from(roll < number - whole)
    }

    /// So many of the numbers below another, each set as likely, in order.
    fn some(&mut self, of: u32, wanted: u32) -> Vec<u32> {
        let mut some: Vec<u32> = Vec::with_capacity(wanted as usize);
        for last in of.saturating_sub(wanted)..of {
            let roll = u32::try_from(self.below(u64::from(last) + 1)).unwrap_or(last);
            match some.binary_search(&roll) {
                Err(at) => some.insert(at, roll),
                // Whatever is there already leaves its turn to the last, which cannot be.
                Ok(_) => some.push(last),
            }
        }
        some
    }
}
