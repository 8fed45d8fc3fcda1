//! Who answered speaks for who did not.
//!
//! Those of one standing in one village are taken to be alike, whether they were met or not:
//! there weights of the unreached go to the met. Where nobody was met in a village they go to
//! the met of that standing in the regency, and where there are none in the regency, to all
//! of that standing. What is lost is that who is seldom at home may differ from his
//! neighbours: of that only [`super::Unreached`] tells how much it could be.

use std::collections::BTreeMap;

use super::draw::Drawn;
use super::outcome::Visit;

/// Weights of the unreached and of the met.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    lost: f64,
    met: f64,
}

impl Cell {
    fn add(&mut self, weight: f64, is_met: bool) {
        *(if is_met {
            &mut self.met
        } else {
            &mut self.lost
        }) += weight;
    }

    /// By how much weights grow, or none where nobody was met.
    fn growth(self) -> Option<f64> {
        (self.met > 0.0).then(|| 1.0 + self.lost / self.met)
    }
}

/// Who speaks for each other: of a village or of a regency, if of either, and of a standing.
type Alike<'a> = (Option<u32>, Option<&'a str>, bool);

/// The weights of the visits that brought an answer, in the order of all visits; those of the
/// others are of no use.
pub(super) fn adjusted(drawn: &[Drawn], visits: &[Visit]) -> Vec<f64> {
    let mut weights: Vec<f64> = visits.iter().map(|it| it.weight).collect();
    let is_met: Vec<bool> = visits.iter().map(|it| it.answer().is_some()).collect();
    let steps: [for<'a> fn(&'a Visit, &'a [Drawn]) -> Alike<'a>; 3] = [
        |it, _| (Some(it.village), None, it.receives),
        |it, drawn| {
            (
                None,
                drawn.get(it.village as usize).map(Drawn::regency),
                it.receives,
            )
        },
        |it, _| (None, None, it.receives),
    ];
    for step in steps {
        let mut cells: BTreeMap<Alike<'_>, Cell> = BTreeMap::new();
        let alike: Vec<Alike<'_>> = visits.iter().map(|it| step(it, drawn)).collect();
        for ((alike, weight), is_met) in alike.iter().zip(&weights).zip(&is_met) {
            cells.entry(*alike).or_default().add(*weight, *is_met);
        }
        for ((alike, weight), is_met) in alike.iter().zip(&mut weights).zip(&is_met) {
            let cell = cells.get(alike).copied().unwrap_or_default();
            if let Some(growth) = cell.growth() {
                *weight = if *is_met { *weight * growth } else { 0.0 };
            }
        }
    }
    weights
}
