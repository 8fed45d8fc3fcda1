//! How many have to be visited.
//!
//! **Inclusion error** `p`, to within `h` on each side: `n = t²·p(1−p)/h²·deff`, and with the
//! correction for a finite population `n/(1 + n/N)` (Cochran 1977, chapter 4).
//!
//! **Exclusion error** `E = M/(M + C)`: `M` eligible among the others, a share `q` of their
//! `N'`, and `C = N·(1−p)` among receivers. By the delta method (Cochran 1977, chapter 6),
//! the two being drawn by themselves,
//!
//! `var E = [(1−E)²·N'²·q(1−q)/n'·deff' + E²·N²·p(1−p)/n·deff] / (M + C)²`,
//!
//! each with its correction. Receivers are as many as the inclusion error needs, or more if
//! their part would take more than half of `(h/t)²`; others are as many as what is left asks.
//!
//! **The design effect** (Kish 1965): subjects of one village are alike by `rho`, so that `b`
//! answers from one are worth less, and weights differ, by `1 + cv²`:
//! `deff = (1 + cv²)·(1 + (b − 1)·rho)`. Both are taken from the plan itself: `b` is how many
//! answers are to be expected in the village of one answer, itself among them; those from
//! villages that stand for themselves have no others beside them, `1 − rho`.
//! So it is planned, looked at and planned again.
//!
//! `t` is Student's, with as many degrees of freedom as there are villages above regencies.
//! Visits are answers divided by the share of those who can be met. All of it is as if
//! intervals were symmetric: of an error of less than a percent a few are found, and theirs
//! are up to half as wide again.

use super::float;
use super::frame::Frame;
use super::plan::{Design, Likeness, Plan};
use super::quantile::{Z, student};

/// How often it is planned again at most.
const ROUNDS: usize = 30;

/// What is expected, and how sharp the answer shall be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// The inclusion error to be expected: 0.005 to 0.95.
    pub inclusion: f64,
    /// The exclusion error to be expected: 0.005 to 0.95.
    pub exclusion: f64,
    /// Half the width of their intervals of 95 %: 0.005 to 0.5.
    pub half_width: f64,
    /// How alike subjects of one village are: 0 to 0.9.
    pub rho: f64,
    /// Visits in a village to subjects of each standing: 1 to 100.
    pub take: f64,
    /// The share of visits that bring an answer: 0.1 to 1.
    pub response: f64,
}

impl Default for Aim {
    fn default() -> Self {
        Self {
            inclusion: 0.1,
            exclusion: 0.1,
            half_width: 0.03,
            rho: 0.05,
            take: 5.0,
            response: 0.9,
        }
    }
}

impl Aim {
    const LEAST: Self = Self {
        inclusion: 0.005,
        exclusion: 0.005,
        half_width: 0.005,
        rho: 0.0,
        take: 1.0,
        response: 0.1,
    };
    const MOST: Self = Self {
        inclusion: 0.95,
        exclusion: 0.95,
        half_width: 0.5,
        rho: 0.9,
        take: 100.0,
        response: 1.0,
    };

    /// Whether each number is within its bounds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_within =
            |of: fn(&Self) -> f64| (of(&Self::LEAST)..=of(&Self::MOST)).contains(&of(self));
        [
            |it: &Self| it.inclusion,
            |it: &Self| it.exclusion,
            |it: &Self| it.half_width,
            |it: &Self| it.rho,
            |it: &Self| it.take,
            |it: &Self| it.response,
        ]
        .into_iter()
        .all(is_within)
    }

    /// Each number within its bounds; one that is none is the usual one.
    fn clamped(&self) -> Self {
        let usual = Self::default();
        let within = |of: fn(&Self) -> f64| {
            let own = of(self);
            let own = if own.is_nan() { of(&usual) } else { own };
            own.clamp(of(&Self::LEAST), of(&Self::MOST))
        };
        Self {
            inclusion: within(|it| it.inclusion),
            exclusion: within(|it| it.exclusion),
            half_width: within(|it| it.half_width),
            rho: within(|it| it.rho),
            take: within(|it| it.take),
            response: within(|it| it.response),
        }
    }
}

/// How many are to be visited, and what is to be expected of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// What is to be drawn.
    pub design: Design,
    /// How many times larger the variance of the inclusion error is than by a simple random
    /// sample of as many receivers,
    pub deff_inclusion: f64,
    /// and that of the exclusion error than by one of receivers and one of others.
    pub deff_exclusion: f64,
    /// Half the width to be expected around the inclusion error,
    pub half_inclusion: f64,
    /// and around the exclusion error. Larger than wanted where everybody is visited and too
    /// few of them can be met.
    pub half_exclusion: f64,
}

/// How many have to be visited. An aim out of bounds is put on them.
#[must_use]
pub fn size(frame: &Frame, aim: &Aim) -> Size {
    let aim = aim.clamped();
    let town = Town::of(frame, &aim);
    let mut deff = [1.0 + (aim.take - 1.0) * aim.rho; 2];
    let mut quantile = Z;
    let mut design = Design::default();
    for round in 0..ROUNDS {
        let answers = town.answers(deff, aim.half_width / quantile);
        let next = town.design(frame, answers, &aim);
        let plan = Plan::of(frame, next);
        let planned = effects(&plan, &aim);
        // Should it go to and fro, it comes to rest between the two.
        deff = if round < ROUNDS / 3 {
            planned
        } else {
            [0, 1].map(|at| f64::midpoint(deff[at], planned[at]))
        };
        quantile = student(freedom(&plan));
        if next == design {
            break;
        }
        design = next;
    }
    let plan = Plan::of(frame, design);
    let deff = effects(&plan, &aim);
    let answers = [0, 1].map(|at| {
        let visits = plan.likeness(at).map_or(0.0, |it| it.visits);
        visits * aim.response
    });
    let (inclusion, exclusion) = town.variances(deff, answers);
    let simple = town.variances([1.0; 2], answers).1;
    Size {
        design,
        deff_inclusion: deff[0],
        deff_exclusion: if simple > 0.0 {
            exclusion / simple
        } else {
            1.0
        },
        half_inclusion: quantile * inclusion.sqrt(),
        half_exclusion: quantile * exclusion.sqrt(),
    }
}

/// Villages above regencies; one at least.
fn freedom(plan: &Plan<'_>) -> u32 {
    let villages: u32 = plan.strata().iter().map(|it| it.villages).sum();
    let regencies = u32::try_from(plan.strata().len()).unwrap_or(u32::MAX);
    villages.saturating_sub(regencies).max(1)
}

/// The design effects of answers of each standing.
fn effects(plan: &Plan<'_>, aim: &Aim) -> [f64; 2] {
    let effect = |it: Likeness| {
        // Of the visits beside an answer so many bring one as well.
        let together = it.together * aim.response + it.clustered * (1.0 - aim.response);
        it.unequal * (1.0 - aim.rho + aim.rho * together)
    };
    [0, 1].map(|at| plan.likeness(at).map_or(1.0, effect))
}

/// What is expected of a frame; receivers first, then others.
struct Town {
    /// How many there are.
    counts: [f64; 2],
    /// Variances of one: of the inclusion error,
    inclusion: f64,
    /// and what each standing adds to that of the exclusion error.
    exclusion: [f64; 2],
}

impl Town {
    fn of(frame: &Frame, aim: &Aim) -> Self {
        let counts = [float(frame.receivers()), float(frame.others())];
        let [receivers, others] = counts;
        let wrong = aim.inclusion * (1.0 - aim.inclusion);
        let served = receivers * (1.0 - aim.inclusion);
        let missing = served * aim.exclusion / (1.0 - aim.exclusion);
        // Where so many others there are not, half of them is the worst.
        let share = if others > 0.0 {
            (missing / others).min(0.5)
        } else {
            0.0
        };
        let missing = share * others;
        let eligible = (served + missing).max(f64::MIN_POSITIVE);
        let error = missing / eligible;
        Self {
            counts,
            inclusion: wrong,
            exclusion: [
                (error * receivers / eligible).powi(2) * wrong,
                ((1.0 - error) * others / eligible).powi(2) * share * (1.0 - share),
            ],
        }
    }

    /// How many answers it takes for standard errors of so much.
    fn answers(&self, deff: [f64; 2], error: f64) -> [f64; 2] {
        let budget = error * error;
        let [receivers, others] = self.counts;
        let [by_receivers, by_others] = [0, 1].map(|at| self.exclusion[at] * deff[at]);
        let inclusion = needed(self.inclusion * deff[0], budget, receivers);
        let exclusion = needed(by_receivers, budget / 2.0, receivers);
        let first = inclusion.max(exclusion);
        let left = budget - spread(by_receivers, first, receivers);
        [first, needed(by_others, left, others)]
    }

    /// The design of so many answers.
    fn design(&self, frame: &Frame, answers: [f64; 2], aim: &Aim) -> Design {
        let visits = [0, 1].map(|at| (answers[at] / aim.response).min(self.counts[at]));
        let villages = visits[0].max(visits[1]) / aim.take;
        Design {
            receivers: whole(visits[0]),
            others: whole(visits[1]),
            villages: whole(villages.min(float(frame.villages().len() as u64))),
        }
    }

    /// The variances of the inclusion and of the exclusion error by so many answers.
    fn variances(&self, deff: [f64; 2], answers: [f64; 2]) -> (f64, f64) {
        let part = |of: f64, at: usize| spread(of * deff[at], answers[at], self.counts[at]);
        let exclusion = part(self.exclusion[0], 0) + part(self.exclusion[1], 1);
        (part(self.inclusion, 0), exclusion)
    }
}

/// How many of a finite population it takes for a variance, where one has so much.
fn needed(one: f64, variance: f64, all: f64) -> f64 {
    if all <= 0.0 {
        return 0.0;
    }
    one / (variance + one / all)
}

/// The variance by so many of a finite population.
fn spread(one: f64, answers: f64, all: f64) -> f64 {
    if answers <= 0.0 {
        return 0.0;
    }
    one / answers * (1.0 - answers / all).max(0.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from zero to all of a frame, whose places are of 32 bits"
)]
fn whole(count: f64) -> u32 {
    (count - 1e-9).ceil().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_by_hand() {
        // 0.15 to within 0.03: 1.96²·0.15·0.85/0.03² = 544; times 1.5 are 816 of very many.
        let budget = (0.03_f64 / Z).powi(2);
        let simple = needed(0.15 * 0.85, budget, 1e12);
        assert!((simple - 544.2).abs() < 0.1, "{simple}");
        let clustered = needed(0.15 * 0.85 * 1.5, budget, 1e12);
        assert!((clustered - 816.3).abs() < 0.1, "{clustered}");
        // Of 1,000 in all: n/(1 + n/N).
        let few = needed(0.15 * 0.85 * 1.5, budget, 1_000.0);
        assert!((few - 816.3 / 1.816_3).abs() < 0.1, "{few}");
        assert!((spread(0.15 * 0.85 * 1.5, few, 1_000.0) - budget).abs() < 1e-12);
    }

    /// So many villages of so many subjects, 47 of 100 of whom receive.
    fn frame(villages: u32, subjects: u32) -> Frame {
        let codes: Vec<String> = (0..villages)
            .map(|at| {
                format!(
                    "62.{:02}.{:02}.{:04}",
                    1 + at % 14,
                    1 + at / 1_400,
                    1_001 + at
                )
            })
            .collect();
        let of = |code: &'_ String| {
            (0..subjects)
                .map(|it| (code.clone(), it % 100 < 47))
                .collect()
        };
        let all: Vec<(String, bool)> = codes.iter().flat_map::<Vec<_>, _>(of).collect();
        Frame::gather(
            all.iter()
                .map(|(code, receives)| (code.as_str(), *receives)),
        )
    }

    #[test]
    fn a_province_takes_some_eight_hundred() {
        let aim = Aim {
            inclusion: 0.15,
            // 1 + (take − 1)·rho = 1.5
            take: 11.0,
            response: 1.0,
            ..Aim::default()
        };
        let size = size(&frame(1_400, 400), &aim);
        assert!((800..860).contains(&size.design.receivers), "{size:?}");
        assert!((1.45..1.55).contains(&size.deff_inclusion), "{size:?}");
        assert!((size.half_inclusion - 0.03).abs() < 0.0005, "{size:?}");
        assert!(size.half_exclusion < 0.0305, "{size:?}");
    }

    #[test]
    fn few_of_one_standing_are_not_asked_the_more() {
        // Of so few who receive so many others are asked that there are more villages than
        // visits to receivers.
        let village = |at: u32| (format!("62.{:02}.01.{:04}", 1 + at % 14, 1_001 + at), at);
        let codes: Vec<(String, u32)> = (0..700).map(village).collect();
        let all = codes.iter().flat_map(|(code, at)| {
            let subjects = 60 + at * at / 150;
            (0..subjects).map(move |it| (code.as_str(), (it + at) % 8 == 0))
        });
        let frame = Frame::gather(all);
        let size = size(&frame, &Aim::default());
        assert!(size.design.villages > size.design.receivers, "{size:?}");
        assert!((0.029..0.031).contains(&size.half_inclusion), "{size:?}");
        assert!((0.029..0.031).contains(&size.half_exclusion), "{size:?}");
    }

    #[test]
    fn more_is_asked_for_more() {
        let frame = frame(280, 300);
        let usual = size(&frame, &Aim::default());
        let of = |change: fn(&mut Aim)| {
            let mut aim = Aim::default();
            change(&mut aim);
            assert!(aim.is_sound());
            size(&frame, &aim).design
        };
        for design in [
            of(|it| it.half_width = 0.02),
            of(|it| it.inclusion = 0.2),
            of(|it| it.rho = 0.15),
            of(|it| it.response = 0.7),
            of(|it| it.take = 10.0),
        ] {
            assert!(design.receivers > usual.design.receivers, "{design:?}");
        }
        assert!(of(|it| it.exclusion = 0.2).others > usual.design.others);
        assert!(of(|it| it.take = 10.0).villages < usual.design.villages);
        // Nobody can be visited twice.
        let all = of(|it| (it.half_width, it.response) = (0.005, 0.2));
        assert_eq!(u64::from(all.receivers), frame.receivers());
        assert_eq!(all.villages, 280);
        let none = size(&Frame::default(), &Aim::default());
        assert_eq!(none.design, Design::default());
        assert!(none.half_inclusion.abs() < 1e-12);
    }

    #[test]
    fn an_aim_out_of_bounds_is_put_on_them() {
        let frame = frame(140, 100);
        let wild = Aim {
            inclusion: f64::NAN,
            exclusion: -1.0,
            half_width: 0.0,
            rho: 7.0,
            take: 0.0,
            response: f64::INFINITY,
        };
        assert!(!wild.is_sound());
        let bound = Aim {
            inclusion: 0.1,
            exclusion: 0.005,
            half_width: 0.005,
            rho: 0.9,
            take: 1.0,
            response: 1.0,
        };
        assert!(bound.is_sound() && Aim::default().is_sound());
        assert_eq!(size(&frame, &wild).design, size(&frame, &bound).design);
    }
}
