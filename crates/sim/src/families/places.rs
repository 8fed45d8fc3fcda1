//! Where the families of a province live.

use fastrand::Rng;

use super::{Home, weighed};
use crate::villages;

/// The regencies of the province by Kemendagri, and how many people have each.
const REGENCIES: [(u64, u32); 14] = [
    (6201, 27),
    (6202, 43),
    (6203, 41),
    (6204, 13),
    (6205, 16),
    (6206, 16),
    (6207, 16),
    (6208, 7),
    (6209, 10),
    (6210, 14),
    (6211, 14),
    (6212, 11),
    (6213, 11),
    (6271, 30),
];

/// The villages in which anybody may live.
#[derive(Debug)]
pub(super) enum Places {
    /// Made-up ones, whose codes look like those of the province and are nobody's.
    MadeUp,
    /// Those of the register by their codes, each with the weight of all up to it.
    Register(Vec<(u64, u64)>),
}

impl Places {
    /// The villages of the register: few are large and many are small.
    pub(super) fn of_register(rng: &mut Rng) -> Self {
        let digits =
            |village: &villages::Village| village.code.as_str().replace('.', "").parse::<u64>();
        let codes: Vec<u64> = villages::register()
            .iter()
            .filter_map(|village| digits(village).ok())
            .collect();
        let mut up_to = 0;
        let mut found = Vec::with_capacity(codes.len());
        for (regency, people) in REGENCIES {
            let of: Vec<u64> = codes
                .iter()
                .copied()
                .filter(|code| code / 1_000_000 == regency)
                .collect();
            for code in &of {
                let size = 1 + rng.u64(0..10) * rng.u64(0..10);
                let is_town = code % 10_000 < 2000;
                let weight = size * if is_town { 2 } else { 1 };
                up_to += 1000 * u64::from(people) * weight / of.len() as u64;
                found.push((*code, up_to));
            }
        }
        Self::Register(found)
    }

    /// A home somewhere.
    pub(super) fn home(&self, rng: &mut Rng) -> Home {
        let village = match self {
            Self::MadeUp => made_up(rng),
            Self::Register(villages) => {
                let all = villages.last().map_or(1, |(_, up_to)| *up_to);
                let at = rng.u64(0..all);
                villages[villages.partition_point(|(_, up_to)| *up_to <= at)].0
            }
        };
        Home::at(village, rng)
    }
}

fn made_up(rng: &mut Rng) -> u64 {
    let regency = weighed(&REGENCIES, rng);
    // Few villages are large and many are small.
    let district = 1 + rng.u64(0..10);
    let village = 1 + rng.u64(0..14) * rng.u64(0..14) / 14;
    let kind = if rng.u8(0..10) == 0 { 1000 } else { 2000 };
    ((regency * 100) + district) * 10_000 + kind + village
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn everybody_of_the_register_lives_in_one_of_its_villages() {
        let mut rng = Rng::with_seed(1);
        let places = Places::of_register(&mut rng);
        let known: Vec<String> = villages::register()
            .iter()
            .map(|village| village.code.as_str().replace('.', ""))
            .collect();
        let mut homes: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..100_000 {
            let village = places.home(&mut rng).village.to_string();
            *homes.entry(village).or_default() += 1;
        }
        assert!(homes.keys().all(|code| known.contains(code)));
        assert!(homes.len() > known.len() * 9 / 10, "{}", homes.len());
        let most = homes.values().max();
        assert!(most.is_some_and(|most| (200..2_000).contains(most)));
    }
}
