//! Who can be drawn: subjects by village.

use std::collections::BTreeMap;

use base::area::{AreaCode, AreaLevel};

use super::regency;

/// A village and who lives there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Village {
    /// Its code.
    pub code: String,
    /// Who receives, by the place among all subjects, in their order.
    pub receivers: Vec<u32>,
    /// Who does not.
    pub others: Vec<u32>,
}

impl Village {
    /// The code of its regency.
    #[must_use]
    pub fn regency(&self) -> &str {
        regency(&self.code)
    }

    /// All who live there.
    #[must_use]
    pub const fn subjects(&self) -> u64 {
        (self.receivers.len() + self.others.len()) as u64
    }
}

/// All who can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    villages: Vec<Village>,
    receivers: u64,
    others: u64,
    outside: u64,
}

impl Frame {
    /// The frame of subjects, each with the code of its village and whether it receives. A
    /// subject's place is how many came before it: the same order is the same frame.
    #[must_use]
    pub fn gather<'a>(subjects: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let mut by_code: BTreeMap<&str, Village> = BTreeMap::new();
        let mut frame = Self::default();
        for (place, (code, receives)) in subjects.into_iter().enumerate() {
            let Ok(place) = u32::try_from(place) else {
                frame.outside += 1;
                continue;
            };
            let village = match by_code.get_mut(code) {
                Some(village) => village,
                None if is_village(code) => by_code.entry(code).or_insert_with(|| Village {
                    code: code.to_owned(),
                    ..Village::default()
                }),
                None => {
                    frame.outside += 1;
                    continue;
                }
            };
            if receives {
                village.receivers.push(place);
                frame.receivers += 1;
            } else {
                village.others.push(place);
                frame.others += 1;
            }
        }
        frame.villages = by_code.into_values().collect();
        frame
    }

    /// The villages, in the order of their codes; in each lives somebody.
    #[must_use]
    pub fn villages(&self) -> &[Village] {
        &self.villages
    }

    /// Who receives and lives in a known village.
    #[must_use]
    pub const fn receivers(&self) -> u64 {
        self.receivers
    }

    /// Who does not receive and lives in a known village.
    #[must_use]
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// Who can be drawn.
    #[must_use]
    pub const fn covered(&self) -> u64 {
        self.receivers + self.others
    }

    /// Who cannot, since no village is known: nothing that is measured speaks of them.
    #[must_use]
    pub const fn outside(&self) -> u64 {
        self.outside
    }
}

fn is_village(code: &str) -> bool {
    code.parse::<AreaCode>()
        .is_ok_and(|code| code.level() == AreaLevel::Village)
}
