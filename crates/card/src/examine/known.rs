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

    /// The same where a list came late: whoever was known before stays who he was, and what
    /// a row of before says of a new one counts only for whom nobody knew. `person` and
    /// `family` are those of each record.
    pub(super) fn late_votes(&self, register: &Register, person: &[u32], family: &[u32]) -> Votes {
        let (mut persons, mut families) = self.votes(register);
        quiet(&mut persons, &self.persons, person);
        quiet(&mut families, &self.families, family);
        (persons, families)
    }
}

/// Takes votes away of records that were nobody's, where their thing has others that were.
fn quiet<I: Copy>(votes: &mut [Option<I>], was: &[Option<I>], of: &[u32]) {
    let count = of.iter().max().map_or(0, |last| *last as usize + 1);
    let mut is_known = vec![false; count];
    for (was, of) in was.iter().zip(of) {
        is_known[*of as usize] |= was.is_some();
    }
    for ((vote, was), of) in votes.iter_mut().zip(was).zip(of) {
        if was.is_none() && is_known[*of as usize] {
            *vote = None;
        }
    }
}
