//! Whose records were in the run before.

use base::id::{Family, Id, Resident};
use card_core::link::register::Register;

/// Whose each record was; none for records that are new.
pub(super) struct Known {
    pub(super) persons: Vec<Option<Id<Resident>>>,
    pub(super) families: Vec<Option<Id<Family>>>,
    /// Whose a NIK was in lists that others have taken the place of, sorted.
    pub(super) replaced: Vec<(u64, Id<Resident>, Id<Family>)>,
}

impl Known {
    pub(super) fn new(count: usize) -> Self {
        Self {
            persons: vec![None; count],
            families: vec![None; count],
            replaced: Vec::new(),
        }
    }
}

pub(super) type Votes = (Vec<Option<Id<Resident>>>, Vec<Option<Id<Family>>>);

impl Known {
    /// Whom each record speaks for: who it was, else whose its NIK was in a list that
    /// another has taken the place of.
    pub(super) fn votes(&self, register: &Register) -> Votes {
        let (mut persons, mut families) = (self.persons.clone(), self.families.clone());
        for at in 0..persons.len() {
            if persons[at].is_some() {
                continue;
            }
            let Some(nik) = register.nik(at) else {
                continue;
            };
            let from = self.replaced.partition_point(|it| it.0 < nik.value());
            if let Some((_, person, family)) =
                self.replaced.get(from).filter(|it| it.0 == nik.value())
            {
                (persons[at], families[at]) = (Some(*person), Some(*family));
            }
        }
        (persons, families)
    }
}
