//! An adopted list over everybody whom its examination knows: who receives by its rows, and
//! how far that is what its rules say.
//!
//! Neither rows nor facts nor rules of an adopted list are ever changed, so that what was
//! counted once is held for whoever asks next.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::area::AreaCode;
use card_core::decree::{Against, Group};
use card_core::measure::Frame;
use card_core::rule::{ABSENT, Verdict};
use hall::Hall;
use hall::problem::Problem;

use crate::decide::{self, Weighed, counting};
use crate::room::Room;
use crate::sql::decision::DecisionRow;
use crate::sql::judged::JudgedRow;
use crate::subject::SubjectId;

/// Letters of the code of a regency.
const REGENCY: usize = 5;

/// How far those who receive are those who should, by the rules alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Errors {
    pub(crate) receiving: u64,
    /// Of these: whom the rules exclude,
    pub(crate) not_eligible: u64,
    /// and of whom it is not known.
    pub(crate) unknown: u64,
    /// All whom the rules include,
    pub(crate) eligible: u64,
    /// and those of them who do not receive.
    pub(crate) eligible_not_receiving: u64,
    /// Of whom it is not known, and who do not receive.
    pub(crate) unknown_not_receiving: u64,
    /// Who receives though the rules do not include him, by the rule that speaks first
    /// against him: its place; none is that no list tells of him.
    pub(crate) by_rule: BTreeMap<(Option<usize>, Against), u64>,
}

impl Errors {
    fn add(&mut self, receives: bool, verdict: Verdict, group: Option<Group>) {
        self.receiving += u64::from(receives);
        match (verdict, receives) {
            (Verdict::Included, _) => {
                self.eligible += 1;
                self.eligible_not_receiving += u64::from(!receives);
            }
            (Verdict::Excluded, true) => self.not_eligible += 1,
            (Verdict::Unknown, true) => self.unknown += 1,
            (Verdict::Unknown, false) => {
                self.unknown_not_receiving += 1;
                return;
            }
            (Verdict::Excluded, false) => return,
        }
        if let (true, Some(group)) = (receives, group) {
            let rule = (Some(group.rule), group.against);
            *self.by_rule.entry(rule).or_default() += 1;
        }
    }

    /// Those who receive and of whom no list tells any more.
    fn add_absent(&mut self, count: u64) {
        if count > 0 {
            self.receiving += count;
            self.unknown += count;
            self.by_rule.insert((None, Against::Unknown), count);
        }
    }
}

/// The name of a rule of a programme; of none that of those of whom no list tells any more.
pub(crate) fn rule_id(weighed: &Weighed, rule: Option<usize>) -> &str {
    let rule = rule.and_then(|rule| weighed.programme.rules.get(rule));
    rule.map_or(ABSENT, |rule| rule.id.as_str())
}

/// An adopted list, counted.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Whether each subject receives, by its place in the facts.
    pub(crate) receives: Vec<bool>,
    /// How many receive whom the facts do not know.
    pub(crate) absent: u64,
    /// By its own rules: who receives by the list,
    pub(crate) after: Errors,
    /// and who received before; none where nobody did.
    pub(crate) before: Option<Errors>,
    /// Who receives, by decile; the first is not known.
    pub(crate) deciles: [u64; 11],
    /// By the code of the regency, empty where none is known: who receives, and whom of them
    /// the rules exclude.
    pub(crate) regencies: BTreeMap<String, (u64, u64)>,
}

impl Listed {
    /// In the pool of the caller.
    fn new(weighed: &Weighed, rows: &[JudgedRow]) -> Self {
        let subject = weighed.programme.subject;
        let count = weighed.judged.len();
        let mut listed = Self {
            receives: vec![false; count],
            absent: 0,
            after: Errors::default(),
            before: weighed.before.as_ref().map(|_| Errors::default()),
            deciles: [0; 11],
            regencies: BTreeMap::new(),
        };
        for row in rows.iter().filter(|row| row.standing.receives()) {
            match weighed.place(SubjectId::of(subject, row.subject)) {
                Some(at) => listed.receives[at] = true,
                None => {
                    listed.absent += 1;
                    listed.deciles[0] += 1;
                    let code = row.area.as_ref().map_or("", AreaCode::as_str);
                    listed.regency(code).0 += 1;
                }
            }
        }
        for at in 0..count {
            let verdict = weighed.judged.verdict(at);
            let group = Group::of(&weighed.programme, &weighed.judged, at);
            let receives = listed.receives[at];
            listed.after.add(receives, verdict, group);
            if let Some(before) = &mut listed.before {
                let received = weighed.before(at) == Verdict::Included;
                before.add(received, verdict, group);
            }
            if receives {
                let decile = weighed.facts.decile_of(weighed.owners[at]).unwrap_or(0);
                listed.deciles[usize::from(decile).min(10)] += 1;
                let part = listed.regency(village(weighed, at));
                part.0 += 1;
                part.1 += u64::from(verdict == Verdict::Excluded);
            }
        }
        listed.after.add_absent(listed.absent);
        if let Some(before) = &mut listed.before {
            before.add_absent(weighed.absent.len() as u64);
        }
        listed
    }

    fn regency(&mut self, code: &str) -> &mut (u64, u64) {
        let code = code.get(..REGENCY).unwrap_or_default();
        self.regencies.entry(code.to_owned()).or_default()
    }

    /// Everybody who can be drawn, in the order of the facts. In the pool of the caller.
    pub(crate) fn frame(&self, weighed: &Weighed) -> Frame {
        let subjects = self.receives.iter().enumerate();
        Frame::gather(subjects.map(|(at, receives)| (village(weighed, at), *receives)))
    }

    /// How many cannot be drawn, since nobody knows in which village they live.
    pub(crate) fn not_covered(&self, frame: &Frame) -> u64 {
        frame.outside() + self.absent
    }
}

/// The code of the area where a subject lives, or a business is; empty where none is known.
pub(crate) fn village(weighed: &Weighed, at: usize) -> &str {
    let areas = &weighed.facts.areas;
    let code = weighed.lies(at).and_then(|area| areas.get(area as usize));
    code.map_or("", String::as_str)
}

/// A list that was adopted, counted once and then held; with what it was weighed by.
///
/// # Errors
/// `card-no-facts` if what its examination knew is not kept.
pub(crate) async fn of(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
) -> Result<(Arc<Weighed>, Arc<Listed>), Problem> {
    let weighed = decide::weigh(hall, room, row).await?;
    if let Some(listed) = room.listed(row.number) {
        return Ok((weighed, listed));
    }
    // Whoever comes meanwhile finds it held.
    let _one = room.listing().lock().await;
    if let Some(listed) = room.listed(row.number) {
        return Ok((weighed, listed));
    }
    let rows = decide::rows(hall, row.number).await?;
    let by = Arc::clone(&weighed);
    let listed = counting(hall, room, "counting an adopted list", move || {
        Ok(Arc::new(Listed::new(&by, &rows)))
    })
    .await?;
    room.put_listed(row.number, &listed);
    Ok((weighed, listed))
}
