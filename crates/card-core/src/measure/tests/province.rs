//! A made-up province in which everybody's truth is known. It shares nothing with what is
//! tested: neither its dice nor its way of counting.

use super::{Frame, Outcome};

/// PCG-XSH-RR (O'Neill 2014), and what is made of it.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x1405_7b7e_f767_814f);
        for _ in 0..8 {
            dice.roll();
        }
        dice
    }

    fn bits(&mut self) -> u32 {
        let old = self.0;
        let odd = 0x1405_7b7e_f767_814f;
        self.0 = old.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(odd);
        let folded = ((old >> 18) ^ old) >> 27 & u64::from(u32::MAX);
        let folded = u32::try_from(folded).expect("masked");
        folded.rotate_right(u32::try_from(old >> 59).expect("five bits"))
    }

    /// From zero to one, neither of them.
    pub(super) fn roll(&mut self) -> f64 {
        (f64::from(self.bits()) + 0.5) / 4_294_967_296.0
    }

    pub(super) fn is(&mut self, chance: f64) -> bool {
        self.roll() < chance
    }

    /// Box and Muller 1958.
    fn normal(&mut self) -> f64 {
        let (one, other) = (self.roll(), self.roll());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    /// Marsaglia and Tsang 2000.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let more = self.gamma(shape + 1.0);
            return more * self.roll().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.roll().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// A share with a mean, so that two of one village are alike by `rho`.
    fn alike(&mut self, mean: f64, rho: f64) -> f64 {
        let size = (1.0 - rho) / rho;
        let one = self.gamma(mean * size);
        let other = self.gamma((1.0 - mean) * size);
        one / (one + other)
    }
}

/// What a province is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) subjects: f64,
    /// Villages of each regency.
    pub(super) villages: &'static [u32],
    pub(super) receive: f64,
    /// Of those who receive so many should not.
    pub(super) inclusion: f64,
    /// Of those who should so many do not.
    pub(super) exclusion: f64,
    pub(super) rho: f64,
    pub(super) part: f64,
    pub(super) gone: f64,
    pub(super) merged: f64,
    pub(super) unreached: f64,
    /// How much remote villages differ in who is met.
    pub(super) remote: f64,
}

impl Shape {
    /// Fourteen regencies, 1,571 villages; the first is a town with few and large ones.
    pub(super) const USUAL: Self = Self {
        subjects: 592_000.0,
        villages: &[
            30, 188, 168, 214, 98, 145, 97, 132, 86, 127, 101, 88, 71, 26,
        ],
        receive: 0.47,
        inclusion: 0.12,
        exclusion: 0.09,
        rho: 0.05,
        part: 0.015,
        gone: 0.02,
        merged: 0.02,
        unreached: 0.08,
        remote: 0.6,
    };
}

/// A province and the truth about it.
pub(super) struct Province {
    pub(super) frame: Frame,
    outcomes: Vec<Outcome>,
    pub(super) inclusion: f64,
    pub(super) exclusion: f64,
    pub(super) linkage: f64,
    pub(super) unreached: f64,
    /// The inclusion error of each regency, in their order.
    pub(super) by_regency: Vec<f64>,
}

/// What is true of one, and whether he is met.
struct Truth {
    receives: bool,
    regency: usize,
    outcome: Outcome,
    is_met: bool,
}

impl Province {
    pub(super) fn of(shape: Shape, seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let mut codes = Vec::new();
        let mut sizes = Vec::new();
        for (regency, villages) in (1_u32..).zip(shape.villages) {
            for village in 0..*villages {
                codes.push((
                    regency,
                    format!(
                        "62.{regency:02}.{:02}.{}",
                        1 + village / 12,
                        2_001 + village
                    ),
                ));
                let town = if regency == 1 { 8.0 } else { 1.0 };
                sizes.push(town * dice.normal().exp());
            }
        }
        let all: f64 = sizes.iter().sum();
        let served = shape.receive * (1.0 - shape.inclusion);
        let missing = served * shape.exclusion / (1.0 - shape.exclusion) / (1.0 - shape.receive);
        let mut subjects: Vec<(usize, Truth)> = Vec::new();
        for (at, (regency, _)) in codes.iter().enumerate() {
            let size = (shape.subjects * sizes[at] / all).max(8.0);
            let receive = dice.alike(shape.receive, 0.06);
            let wrong = dice.alike(shape.inclusion, shape.rho);
            let missing = dice.alike(missing, shape.rho);
            // Where more are in error it is a bit farther.
            let spread = (shape.inclusion * (1.0 - shape.inclusion) * shape.rho).sqrt();
            let far = 0.3 * (wrong - shape.inclusion) / spread + 0.95 * dice.normal();
            let odds = shape.unreached / (1.0 - shape.unreached) * (shape.remote * far).exp();
            let mut left = size;
            while left > dice.roll() {
                left -= 1.0;
                let receives = dice.is(receive);
                let eligible = dice.is(if receives { 1.0 - wrong } else { missing });
                let outcome = found(&shape, &mut dice, receives, eligible);
                let truth = Truth {
                    receives,
                    regency: *regency as usize - 1,
                    outcome,
                    is_met: !dice.is(odds / (1.0 + odds)),
                };
                subjects.push((at, truth));
            }
        }
        Self::told(&codes, &subjects, shape.villages.len())
    }

    fn told(codes: &[(u32, String)], subjects: &[(usize, Truth)], regencies: usize) -> Self {
        let frame = Frame::gather(
            subjects
                .iter()
                .map(|(at, truth)| (codes[*at].1.as_str(), truth.receives)),
        );
        let (mut receive, mut wrong, mut linked, mut unmet) = (0.0, 0.0, 0.0, 0.0);
        let (mut eligible, mut left_out) = (0.0, 0.0);
        let mut by_regency = vec![(0.0, 0.0); regencies];
        for (_, truth) in subjects {
            unmet += f64::from(u8::from(!truth.is_met));
            let (households, right) = match truth.outcome {
                Outcome::Found {
                    households,
                    eligible,
                } => (households, eligible),
                _ => (0, 0),
            };
            eligible += f64::from(right);
            if !truth.receives {
                left_out += f64::from(right);
                continue;
            }
            receive += 1.0;
            by_regency[truth.regency].1 += 1.0;
            if right == 0 {
                wrong += 1.0;
                by_regency[truth.regency].0 += 1.0;
            } else {
                left_out += f64::from(right) - 1.0;
            }
            if truth.outcome == Outcome::Part || (households >= 2 && right >= 2) {
                linked += 1.0;
            }
        }
        let met = |truth: &Truth| {
            if truth.is_met {
                truth.outcome
            } else {
                Outcome::Unreached
            }
        };
        Self {
            outcomes: subjects.iter().map(|it| met(&it.1)).collect(),
            inclusion: wrong / receive,
            exclusion: left_out / eligible,
            linkage: linked / receive,
            unreached: unmet / f64::from(u32::try_from(subjects.len()).expect("few")),
            by_regency: by_regency.into_iter().map(|(part, of)| part / of).collect(),
            frame,
        }
    }

    /// What is found where somebody goes.
    pub(super) fn outcome(&self, place: u32) -> Outcome {
        self.outcomes[place as usize]
    }
}

/// What is true of one who is eligible or not.
fn found(shape: &Shape, dice: &mut Dice, receives: bool, eligible: bool) -> Outcome {
    if !eligible {
        let scale = if receives { shape.inclusion } else { 1.0 };
        let roll = dice.roll() * scale;
        if roll < shape.part {
            return Outcome::Part;
        }
        if roll < shape.part + shape.gone {
            return Outcome::Gone;
        }
    }
    let households = 1 + u32::from(dice.is(shape.merged));
    let more = households > 1 && dice.is(0.5);
    Outcome::Found {
        households,
        eligible: u32::from(eligible) * (1 + u32::from(more)),
    }
}
