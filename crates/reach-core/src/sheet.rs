//! What stands on the evidence sheet of a month, and over which words its digest is taken.
//!
//! A sheet is of a village or of a provider: slots counted site by site, when each
//! failed, what is laid over it, and the same added up. Its [canonical
//! text](Sheet::canonical) says all of its integers in an order and a form that
//! anybody can write again from the records; two sheets of the same text say the same.
//! When it was made, by whom, and as known on which day is not in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use base::area::AreaCode;
use base::id::{Excuse, Id, Site};
use base::month::Month;

use crate::judge::{RULE, Run, State};
use crate::outage::{Outage, outages};
use crate::slot::{Slot, each};
use crate::uptime::{Counts, Excused, Kept, mean};

/// The edition of the canonical text.
pub const EDITION: u32 = 1;

/// Of whom a sheet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// All sites of a village.
    Village(AreaCode),
    /// All sites of a provider, perhaps only those in an area.
    Provider {
        /// Its name.
        name: String,
        /// The area.
        within: Option<AreaCode>,
    },
}

/// What is laid over a site, and what was declared; by nobody: the house itself was not
/// there.
pub type Over = (Option<Id<Excuse>>, Excused);

/// What stands on it of one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub site: Id<Site>,
    /// The village that it brings online.
    pub village: Option<AreaCode>,
    /// The slots that count: in which it was active and that have ended.
    pub slots: Range<Slot>,
    /// These, counted.
    pub counts: Counts,
    /// When it failed in them.
    pub outages: Vec<Outage>,
    /// What is laid over them, whether it counts or not.
    pub over: Vec<Over>,
}

impl Told {
    /// What stands on a sheet of a site of which this is known.
    #[must_use]
    pub fn new(
        site: Id<Site>,
        village: Option<AreaCode>,
        slots: Range<Slot>,
        counts: Counts,
        runs: &[Run],
        over: &[Over],
    ) -> Self {
        let within = |it: &Excused| {
            let shared = it.slots.start.max(slots.start)..it.slots.end.min(slots.end);
            shared.start < shared.end
        };
        let mut over: Vec<Over> = over.iter().filter(|(_, it)| within(it)).cloned().collect();
        over.sort_by_key(|(id, it)| (it.slots.start, it.slots.end, it.overlay, *id));
        Self {
            site,
            village,
            counts,
            outages: outages(runs),
            over,
            slots,
        }
    }
}

/// An evidence sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Of whom.
    pub of: Of,
    /// Of which month of the house's zone,
    pub month: Month,
    /// and which slots those are.
    pub slots: Range<Slot>,
    /// What stands on it of each site, by the order of their ids.
    pub sites: Vec<Told>,
}

impl Sheet {
    /// All its sites together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let none = Counts::default();
        self.sites.iter().fold(none, |sum, it| sum.plus(it.counts))
    }

    /// Its villages, each with its sites together.
    #[must_use]
    pub fn villages(&self) -> BTreeMap<&AreaCode, Counts> {
        let mut villages: BTreeMap<&AreaCode, Counts> = BTreeMap::new();
        for it in &self.sites {
            if let Some(village) = &it.village {
                let of = villages.entry(village).or_default();
                *of = of.plus(it.counts);
            }
        }
        villages
    }

    /// The mean of its villages' proved shares, each village one vote, in hundredths of a
    /// percent, rounded down; none of no village.
    #[must_use]
    pub fn village_mean(&self) -> Option<u32> {
        let villages = self.villages();
        mean(
            villages
                .values()
                .filter_map(Counts::proved)
                .map(|share| (share, 1)),
        )
    }

    /// The text that its digest is taken over: UTF-8, lines that end with LF, words
    /// parted by one blank. Its form is written down in decision 0017 and changes only
    /// with [`EDITION`].
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut text = format!("betang-sheet {EDITION}\n");
        let mut line = |words: std::fmt::Arguments<'_>| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{words}");
        };
        match &self.of {
            Of::Village(code) => line(format_args!("village {code}")),
            Of::Provider { name, within } => {
                line(format_args!("provider {name}"));
                match within {
                    Some(area) => line(format_args!("within {area}")),
                    None => line(format_args!("within -")),
                }
            }
        }
        line(format_args!("month {}", self.month));
        line(format_args!(
            "slots {} {}",
            self.slots.start.0, self.slots.end.0
        ));
        line(format_args!("rule {RULE}"));
        for it in &self.sites {
            line(format_args!(
                "site {} {} {}",
                it.site, it.slots.start.0, it.slots.end.0
            ));
            line(format_args!("counts {}", slots_of(&it.counts)));
            line(format_args!("shares {}", shares_of(&it.counts)));
            for outage in &it.outages {
                line(format_args!(
                    "outage {} {} {} {} {} {} {}",
                    outage.from.0,
                    word(outage.to.map(|to| to.0)),
                    outage.down,
                    outage.off,
                    outage.unknown,
                    outage.changes,
                    outage.cause.as_str()
                ));
            }
            for (excuse, over) in &it.over {
                line(format_args!(
                    "over {} {} {} {} {} {}",
                    word(*excuse),
                    over.overlay.as_str(),
                    over.slots.start.0,
                    over.slots.end.0,
                    u8::from(over.counts()),
                    u8::from(over.is_late()),
                ));
            }
        }
        let total = self.total();
        line(format_args!(
            "total {} {}",
            self.sites.len(),
            self.villages().len()
        ));
        line(format_args!("counts {}", slots_of(&total)));
        line(format_args!("shares {}", shares_of(&total)));
        line(format_args!("mean {}", word(self.village_mean())));
        text
    }
}

/// A word, or a hyphen where there is none.
fn word(it: Option<impl std::fmt::Display>) -> String {
    it.map_or_else(|| "-".to_owned(), |it| it.to_string())
}

fn slots_of(it: &Counts) -> String {
    let slots = [
        it.all,
        it.up,
        it.degraded,
        it.down,
        it.off,
        it.unknown,
        it.maintenance,
        it.force_majeure,
        it.ours,
        it.excused_up,
        it.excused_off,
    ];
    slots.map(|n| n.to_string()).join(" ")
}

fn shares_of(it: &Counts) -> String {
    let kept = |kept: Kept| match kept {
        Kept::Share(share) => share.to_string(),
        Kept::NotEnough => "not_enough".to_owned(),
        Kept::Nothing => "nothing".to_owned(),
    };
    let shares = [it.proved(), it.measured(), it.coverage()].map(word);
    let kept = [it.contract(false), it.contract(true)].map(kept);
    format!("{} {}", shares.join(" "), kept.join(" "))
}

/// A span as cells of so many slots, for a drawing: what each shows is the worst that was
/// in it. None: no slot of it counts. Runs come in their order.
#[must_use]
pub fn cells(
    span: &Range<Slot>,
    counted: &Range<Slot>,
    runs: &[Run],
    long: usize,
) -> Vec<Option<State>> {
    let mut runs = runs.iter().peekable();
    let states: Vec<Option<State>> = each(span.clone())
        .map(|slot| {
            while runs.next_if(|run| run.slots.end <= slot).is_some() {}
            let here = runs.peek().filter(|run| run.slots.contains(&slot));
            let state = here.map_or(State::Unknown, |run| run.verdict.state);
            counted.contains(&slot).then_some(state)
        })
        .collect();
    let worst =
        |cell: &[Option<State>]| cell.iter().flatten().copied().max_by_key(|it| badness(*it));
    states.chunks(long.max(1)).map(worst).collect()
}

/// What is shown where a cell has more than one state.
const fn badness(state: State) -> u8 {
    match state {
        State::Up => 0,
        State::Degraded => 1,
        State::Unknown => 2,
        State::Off => 3,
        State::Down => 4,
    }
}

#[cfg(test)]
mod tests {
    use base::now::Wall;

    use super::*;
    use crate::evidence::Seen;
    use crate::judge::{Cause, Verdict};
    use crate::uptime::{Overlay, counts};

    fn run(from: i64, to: i64, state: State) -> Run {
        let cause = match state {
            State::Down => Cause::Link,
            State::Off => Cause::Power,
            _ => Cause::None,
        };
        Run {
            slots: Slot(from)..Slot(to),
            verdict: Verdict {
                state,
                cause,
                basis: Seen(0),
            },
        }
    }

    fn sheet() -> Sheet {
        let runs = [
            run(100, 160, State::Up),
            run(160, 170, State::Down),
            run(170, 199, State::Up),
        ];
        let over = |overlay, from, to, approved| Excused {
            overlay,
            slots: Slot(from)..Slot(to),
            declared: Wall::from_us(0),
            approved,
        };
        let excuse = Id::from_bytes([7; 16]);
        let over = [
            (None, over(Overlay::Ours, 196, 198, true)),
            (Some(excuse), over(Overlay::Maintenance, 165, 175, true)),
            // It touches no slot that counts.
            (Some(excuse), over(Overlay::ForceMajeure, 10, 100, true)),
        ];
        let slots = Slot(100)..Slot(200);
        let plain: Vec<_> = over.iter().map(|(_, it)| it.clone()).collect();
        let village: AreaCode = "62.71.01.1001".parse().expect("a code");
        let told = Told::new(
            Id::from_bytes([1; 16]),
            Some(village.clone()),
            slots.clone(),
            counts(&slots, &runs, &plain),
            &runs,
            &over,
        );
        Sheet {
            of: Of::Village(village),
            month: "1970-01".parse().expect("a month"),
            slots: Slot(0)..Slot(44_640),
            sites: vec![told],
        }
    }

    #[test]
    fn the_canonical_text_says_every_integer() {
        let sheet = sheet();
        let site = sheet.sites[0].site;
        let excuse = sheet.sites[0].over[0].0.expect("declared");
        let wanted = format!(
            "betang-sheet 1\nvillage 62.71.01.1001\nmonth 1970-01\nslots 0 44640\nrule 1\n\
             site {site} 100 200\ncounts 100 89 0 10 0 1 10 0 2 7 0\n\
             shares 8900 8989 9900 9318 9318\noutage 160 170 10 0 0 0 link\n\
             over {excuse} maintenance 165 175 1 0\nover - ours 196 198 1 0\n\
             total 1 1\ncounts 100 89 0 10 0 1 10 0 2 7 0\n\
             shares 8900 8989 9900 9318 9318\nmean 8900\n"
        );
        assert_eq!(sheet.canonical(), wanted);
    }

    #[test]
    fn a_sheet_of_nothing_says_so() {
        let mut sheet = sheet();
        sheet.sites.clear();
        sheet.of = Of::Provider {
            name: "PT Satelit Khayalan".to_owned(),
            within: None,
        };
        let text = sheet.canonical();
        assert!(
            text.contains("provider PT Satelit Khayalan\nwithin -\n"),
            "{text}"
        );
        assert!(
            text.ends_with("shares - - - not_enough not_enough\nmean -\n"),
            "{text}"
        );
    }

    #[test]
    fn a_cell_shows_the_worst_that_was_in_it() {
        let runs = [
            run(0, 10, State::Up),
            run(10, 19, State::Up),
            run(19, 20, State::Down),
            run(20, 25, State::Off),
            run(40, 45, State::Degraded),
            run(45, 50, State::Up),
        ];
        let counted = Slot(3)..Slot(55);
        let found = cells(&(Slot(0)..Slot(70)), &counted, &runs, 10);
        let wanted = [
            Some(State::Up),
            Some(State::Down),
            Some(State::Off),
            Some(State::Unknown),
            Some(State::Degraded),
            Some(State::Unknown),
            None,
        ];
        assert_eq!(found, wanted);
    }
}
