//! Which program a box starts, and whether a new one stands.
//!
//! A box has the program that was installed by hand and two slots beside it. Who starts
//! them is a supervisor of few words; what it decides is here. It is told what it finds
//! and what the program does, and says what to start or to stop:
//!
//! ```text
//!           staged            self-test good           settled
//!  Standing ───────▶ untested ──────────────▶ on trial ───────▶ Standing (new)
//!     ▲                 │ bad                    │ crashed, late, restarted too often
//!     └─────────────────┴────────────────────────┘  the version is remembered as bad
//! ```
//!
//! After each call the [`Ledger`] is put on the disk if it has changed, as a whole,
//! before anything else is done: wherever the power goes, what is read back says which
//! slot to start, and the slot of what stood is touched only when nothing is on trial.

use std::time::Duration;

use base::now::Mono;

use crate::ledger::{BAD_MAX, Bad, Holding, Ledger, Slot, Staged, Trial, Why};
use crate::release::{Progress, Version};

/// How often a program on trial may end by itself.
pub const CRASHES_MAX: u32 = 3;

/// How often a program on trial may be started, whatever ended it: power that comes and
/// goes is no fault of its own, but one that takes the whole box down is.
pub const STARTS_MAX: u32 = 10;

/// So long after a program has ended it is started again.
pub const PAUSE: Duration = Duration::from_secs(5);

/// What is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The one that was installed by hand.
    Own,
    /// The one in a slot.
    In(Slot),
}

/// How long a program on trial has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// To open the outbox, and to link if the link was up before.
    pub healthy: Duration,
    /// To go on after that without ending, before it stands.
    pub settle: Duration,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            healthy: Duration::from_secs(30 * 60),
            settle: Duration::from_secs(60),
        }
    }
}

/// What to do next, when nothing runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Have the program in that slot test itself; answer [`Supervisor::tested`], or
    /// [`Supervisor::damaged`] if its octets are not the right ones.
    Test(Slot),
    /// Start this; answer [`Supervisor::started`], or [`Supervisor::damaged`].
    Start(Program),
}

/// What the running program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Run {
    opened: Option<Mono>,
    linked: Option<Mono>,
}

/// Decides what runs.
#[derive(Debug)]
pub struct Supervisor {
    ledger: Ledger,
    windows: Windows,
    run: Run,
    /// When the program on trial was first started by this supervisor.
    tried: Option<Mono>,
    /// Slots whose octets were found wrong since the power came on.
    damaged: Vec<Slot>,
}

impl Supervisor {
    /// With what is on the disk.
    #[must_use]
    pub const fn new(ledger: Ledger, windows: Windows) -> Self {
        Self {
            ledger,
            windows,
            run: Run {
                opened: None,
                linked: None,
            },
            tried: None,
            damaged: Vec::new(),
        }
    }

    /// What has to be on the disk before the next step.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A release was found staged: it is on trial from now on, if it is one that may be
    /// tried. Once the ledger is saved, what says that it is staged can be taken away.
    pub fn found(&mut self, staged: Staged) {
        let Holding { slot, version } = staged.holding;
        let is_above = |than: Option<Version>| than.is_none_or(|than| version > than);
        let may = self.ledger.trial.is_none()
            && slot == self.ledger.free()
            && is_above(self.ledger.floor)
            && is_above(self.ledger.worst());
        if may {
            // What stood there is overwritten.
            self.ledger.former = None;
            self.damaged.retain(|one| *one != slot);
            self.ledger.trial = Some(Trial {
                staged,
                tested: false,
                starts: 0,
                crashes: 0,
            });
            self.tried = None;
        }
    }

    /// What to do now that nothing runs.
    pub fn step(&mut self) -> Step {
        self.run = Run::default();
        if let Some(trial) = &mut self.ledger.trial {
            let slot = trial.staged.holding.slot;
            if !trial.tested {
                return Step::Test(slot);
            }
            if trial.starts < STARTS_MAX {
                trial.starts += 1;
                return Step::Start(Program::In(slot));
            }
            self.roll_back(Why::Restarted, "");
        }
        let whole = |it: &Holding| !self.damaged.contains(&it.slot);
        let stands = self.ledger.stands.filter(whole);
        let former = self.ledger.former.filter(whole);
        let program = stands
            .or(former)
            .map_or(Program::Own, |it| Program::In(it.slot));
        Step::Start(program)
    }

    /// The self-test has ended.
    ///
    /// # Errors
    /// Takes one: what was wrong.
    pub fn tested(&mut self, good: Result<(), &str>) {
        match (good, &mut self.ledger.trial) {
            (Ok(()), Some(trial)) => trial.tested = true,
            (Err(why), Some(_)) => self.roll_back(Why::SelfTest, why),
            (_, None) => {}
        }
    }

    /// The octets in a slot are not those that were put there, or cannot be started.
    pub fn damaged(&mut self, slot: Slot, detail: &str) {
        self.damaged.push(slot);
        let trial = self.ledger.trial.map(|trial| trial.staged.holding.slot);
        if trial == Some(slot) {
            return self.roll_back(Why::Damaged, detail);
        }
        let stands = self.ledger.stands.filter(|it| it.slot == slot);
        let told = |it: &Holding| {
            let last = self.ledger.news.last();
            last.is_some_and(|last| {
                last.version == it.version && last.progress == Progress::Damaged
            })
        };
        // Said once, and not at each start.
        if let Some(it) = stands.filter(|it| !told(it)) {
            let why = Some(Why::Damaged);
            self.ledger.tell(it.version, Progress::Damaged, why, detail);
        }
    }

    /// The program was started.
    pub fn started(&mut self, now: Mono) {
        if self.ledger.trial.is_some() {
            self.tried = self.tried.or(Some(now));
        }
    }

    /// The program says that it has opened the outbox.
    pub fn opened(&mut self, now: Mono) {
        self.run.opened = self.run.opened.or(Some(now));
    }

    /// The program says that the centre has greeted it.
    pub fn linked(&mut self, now: Mono) {
        self.run.linked = self.run.linked.or(Some(now));
    }

    /// The program has ended without being told to. So long to wait before the next
    /// step.
    pub fn ended(&mut self, staged: bool) -> Duration {
        if let Some(trial) = &mut self.ledger.trial {
            trial.crashes += 1;
            if trial.crashes >= CRASHES_MAX {
                self.roll_back(Why::Crashed, "");
            }
            return Duration::from_secs(1);
        }
        // It ends so that what it has staged can be tried.
        if staged { Duration::ZERO } else { PAUSE }
    }

    /// When [`Supervisor::tick`] is due while a program runs; none if never.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        self.ledger.trial?;
        let late = self.tried? + self.windows.healthy;
        let settled = self.healthy().map(|since| since + self.windows.settle);
        Some(settled.unwrap_or(late))
    }

    /// Time has passed. Whether the program that runs has to be stopped: it was on trial
    /// and does not stand.
    pub fn tick(&mut self, now: Mono) -> bool {
        let (Some(trial), Some(tried)) = (self.ledger.trial, self.tried) else {
            return false;
        };
        match self.healthy() {
            Some(since) if now >= since + self.windows.settle => {
                self.commit(trial.staged.holding);
                false
            }
            Some(_) => false,
            None if now >= tried + self.windows.healthy => {
                let why = match self.run.opened {
                    Some(_) => Why::NotLinked,
                    None => Why::NotOpened,
                };
                self.roll_back(why, "");
                true
            }
            None => false,
        }
    }

    /// Since when everything is as it has to be.
    fn healthy(&self) -> Option<Mono> {
        let trial = self.ledger.trial?;
        let opened = self.run.opened?;
        match trial.staged.linked {
            true => Some(opened.max(self.run.linked?)),
            // Nobody was reached before either: that is no fault of the program.
            false => Some(opened),
        }
    }

    fn commit(&mut self, holding: Holding) {
        self.ledger.former = self.ledger.stands;
        self.ledger.stands = Some(holding);
        self.ledger.floor = self.ledger.floor.max(Some(holding.version));
        self.ledger.trial = None;
        self.ledger
            .tell(holding.version, Progress::Committed, None, "");
    }

    fn roll_back(&mut self, why: Why, detail: &str) {
        let Some(trial) = self.ledger.trial.take() else {
            return;
        };
        let version = trial.staged.holding.version;
        let bad = &mut self.ledger.bad;
        bad.push(Bad {
            version,
            why,
            detail: detail.to_owned(),
        });
        bad.sort_by_key(|bad| bad.version);
        if bad.len() > BAD_MAX {
            bad.remove(0);
        }
        self.ledger
            .tell(version, Progress::RolledBack, Some(why), detail);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::NEWS_MAX;

    fn version(minor: u32) -> Version {
        Version {
            major: 0,
            minor,
            patch: 0,
        }
    }

    fn staged(slot: Slot, minor: u32, linked: bool) -> Staged {
        let version = version(minor);
        Staged {
            holding: Holding { slot, version },
            linked,
        }
    }

    fn at(s: u64) -> Mono {
        Mono::from_us(s * 1_000_000)
    }

    const WINDOWS: Windows = Windows {
        healthy: Duration::from_secs(1_800),
        settle: Duration::from_secs(60),
    };

    /// On trial and started, at second zero.
    fn tried(linked: bool) -> Supervisor {
        let mut it = Supervisor::new(Ledger::default(), WINDOWS);
        it.found(staged(Slot::A, 2, linked));
        assert_eq!(it.step(), Step::Test(Slot::A));
        it.tested(Ok(()));
        assert_eq!(it.step(), Step::Start(Program::In(Slot::A)));
        it.started(at(0));
        it
    }

    fn why(it: &Supervisor) -> Option<Why> {
        it.ledger().bad.last().map(|bad| bad.why)
    }

    #[test]
    fn what_settles_stands_and_what_stood_can_be_gone_back_to() {
        let mut it = tried(true);
        it.opened(at(1));
        assert!(!it.tick(at(100)), "no link yet, and there is time");
        it.linked(at(200));
        assert_eq!(it.deadline(), Some(at(260)));
        assert!(!it.tick(at(259)));
        assert!(it.ledger().stands.is_none(), "not before it has settled");
        assert!(!it.tick(at(260)));
        let a = staged(Slot::A, 2, true).holding;
        assert_eq!(it.ledger().stands, Some(a));
        assert_eq!(it.deadline(), None);
        // The next one goes into the other slot.
        it.found(staged(Slot::B, 3, false));
        it.step();
        it.tested(Ok(()));
        it.step();
        it.started(at(300));
        it.opened(at(301));
        assert!(!it.tick(at(361)));
        assert_eq!(it.ledger().former, Some(a));
        assert_eq!(it.ledger().floor, Some(version(3)));
    }

    #[test]
    fn a_link_that_was_down_before_is_no_reason() {
        let mut it = tried(false);
        it.opened(at(1));
        assert!(!it.tick(at(61)));
        assert!(it.ledger().stands.is_some());
    }

    #[test]
    fn a_link_that_was_up_has_to_come_up_again() {
        let mut it = tried(true);
        it.opened(at(1));
        assert!(!it.tick(at(1_799)));
        assert!(it.tick(at(1_800)), "it has to be stopped");
        assert_eq!(why(&it), Some(Why::NotLinked));
        assert_eq!(it.step(), Step::Start(Program::Own));
    }

    #[test]
    fn one_that_says_nothing_or_ends_or_fails_its_test_does_not_stand() {
        let mut silent = tried(false);
        assert!(silent.tick(at(1_800)));
        assert_eq!(why(&silent), Some(Why::NotOpened));
        let mut crashes = tried(false);
        for n in 0..CRASHES_MAX {
            // It always gets as far as the outbox.
            crashes.opened(at(n.into()));
            assert!(crashes.ledger().trial.is_some());
            crashes.ended(false);
            crashes.step();
        }
        assert_eq!(why(&crashes), Some(Why::Crashed));
        let mut bad = Supervisor::new(Ledger::default(), WINDOWS);
        bad.found(staged(Slot::A, 2, false));
        bad.step();
        bad.tested(Err("exit status: 1"));
        assert_eq!(why(&bad), Some(Why::SelfTest));
        assert_eq!(bad.step(), Step::Start(Program::Own));
        let mut broken = Supervisor::new(Ledger::default(), WINDOWS);
        broken.found(staged(Slot::A, 2, false));
        broken.damaged(Slot::A, "SHA-256");
        assert_eq!(why(&broken), Some(Why::Damaged));
    }

    #[test]
    fn a_bad_version_is_not_tried_again_and_a_higher_one_is() {
        let mut it = tried(false);
        it.tick(at(1_800));
        it.found(staged(Slot::A, 2, false));
        assert!(it.ledger().trial.is_none());
        it.found(staged(Slot::A, 3, false));
        assert!(it.ledger().trial.is_some());
    }

    #[test]
    fn power_that_comes_and_goes_is_forgiven_for_a_while() {
        let mut ledger = tried(true).ledger().clone();
        let mut starts = 1;
        while ledger.trial.is_some() {
            let mut it = Supervisor::new(ledger, WINDOWS);
            it.step();
            it.started(at(0));
            ledger = it.ledger().clone();
            starts += 1;
        }
        assert_eq!(starts, STARTS_MAX + 1);
        assert_eq!(ledger.bad[0].why, Why::Restarted);
    }

    #[test]
    fn a_damaged_slot_is_passed_over_and_told_once() {
        let holding = |slot, minor| staged(slot, minor, false).holding;
        let ledger = Ledger {
            stands: Some(holding(Slot::B, 3)),
            former: Some(holding(Slot::A, 2)),
            floor: Some(version(3)),
            ..Ledger::default()
        };
        let mut it = Supervisor::new(ledger, WINDOWS);
        assert_eq!(it.step(), Step::Start(Program::In(Slot::B)));
        it.damaged(Slot::B, "SHA-256");
        assert_eq!(it.step(), Step::Start(Program::In(Slot::A)));
        it.damaged(Slot::A, "SHA-256");
        assert_eq!(it.step(), Step::Start(Program::Own));
        assert_eq!(it.ledger().news.len(), 1);
        let mut again = Supervisor::new(it.ledger().clone(), WINDOWS);
        again.damaged(Slot::B, "SHA-256");
        assert_eq!(again.ledger().news.len(), 1);
    }

    /// A disk: what is on it survives a power cut.
    #[derive(Debug, Clone, Default)]
    struct Disk {
        ledger: Ledger,
        /// What lies whole in each slot.
        slots: [Option<Version>; 2],
        staged: Option<Staged>,
    }

    impl Disk {
        fn slot(&mut self, slot: Slot) -> &mut Option<Version> {
            &mut self.slots[usize::from(slot == Slot::B)]
        }

        /// What would start after a power cut at this moment is whole.
        fn boots(&self) -> bool {
            let mut disk = self.clone();
            let mut it = Supervisor::new(disk.ledger.clone(), WINDOWS);
            if let Some(staged) = disk.staged {
                it.found(staged);
            }
            for _ in 0..4 {
                match it.step() {
                    Step::Test(slot) if disk.slot(slot).is_none() => it.damaged(slot, ""),
                    Step::Test(_) => it.tested(Err("")),
                    Step::Start(Program::In(slot)) if disk.slot(slot).is_none() => {
                        it.damaged(slot, "");
                    }
                    Step::Start(_) => return true,
                }
            }
            false
        }
    }

    /// Counts what touches the disk, and cuts the power before one of them.
    struct Cut {
        left: u32,
    }

    impl Cut {
        fn touch(&mut self, disk: &mut Disk, change: impl FnOnce(&mut Disk)) -> Option<()> {
            self.left = self.left.checked_sub(1)?;
            change(disk);
            assert!(disk.boots(), "{disk:?}");
            Some(())
        }
    }

    /// Puts a release into the free slot and says so, as an installer does.
    fn install(disk: &mut Disk, cut: &mut Cut, minor: u32) -> Option<()> {
        let slot = disk.ledger.free();
        cut.touch(disk, |disk| *disk.slot(slot) = None)?;
        cut.touch(disk, |disk| *disk.slot(slot) = Some(version(minor)))?;
        cut.touch(disk, |disk| disk.staged = Some(staged(slot, minor, true)))
    }

    /// From a power-on to a program that stands or was given up.
    fn run(disk: &mut Disk, cut: &mut Cut, is_good: bool) -> Option<Program> {
        let mut it = Supervisor::new(disk.ledger.clone(), WINDOWS);
        let mut now = 0;
        if let Some(staged) = disk.staged {
            it.found(staged);
            let ledger = it.ledger().clone();
            cut.touch(disk, |disk| disk.ledger = ledger)?;
            cut.touch(disk, |disk| disk.staged = None)?;
        }
        loop {
            let step = it.step();
            let ledger = it.ledger().clone();
            cut.touch(disk, |disk| disk.ledger = ledger)?;
            match step {
                Step::Test(slot) if disk.slot(slot).is_none() => it.damaged(slot, "gone"),
                Step::Test(_) => it.tested(Ok(())),
                Step::Start(Program::In(slot)) if disk.slot(slot).is_none() => {
                    it.damaged(slot, "gone");
                }
                Step::Start(program) => {
                    it.started(at(now));
                    it.opened(at(now));
                    if is_good || it.ledger().trial.is_none() {
                        it.linked(at(now));
                    }
                    let Some(due) = it.deadline() else {
                        return Some(program);
                    };
                    now = due.as_us() / 1_000_000;
                    let stop = it.tick(due);
                    let ledger = it.ledger().clone();
                    cut.touch(disk, |disk| disk.ledger = ledger)?;
                    if !stop {
                        return Some(program);
                    }
                }
            }
        }
    }

    #[test]
    fn the_power_may_go_at_every_step() {
        for is_good in [true, false] {
            let mut cuts = 0;
            for left in 0.. {
                let mut disk = Disk::default();
                let mut cut = Cut { left: u32::MAX };
                install(&mut disk, &mut cut, 1).expect("no cut");
                run(&mut disk, &mut cut, true).expect("no cut");
                // Now the power goes once, at the step of that number.
                let mut cut = Cut { left };
                let through = install(&mut disk, &mut cut, 2)
                    .and_then(|()| run(&mut disk, &mut cut, is_good));
                let mut calm = Cut { left: u32::MAX };
                let runs = run(&mut disk, &mut calm, is_good).expect("no cut");
                let stands = disk.ledger.stands.map(|it| it.version);
                let was_staged = disk.ledger.floor == Some(version(2))
                    || disk.ledger.worst() == Some(version(2));
                let expected = match (was_staged, is_good) {
                    (true, true) => (version(2), Slot::B),
                    _ => (version(1), Slot::A),
                };
                assert_eq!(stands, Some(expected.0), "cut at {left}");
                assert_eq!(runs, Program::In(expected.1), "cut at {left}");
                if through.is_some() {
                    break;
                }
                cuts += 1;
            }
            assert!(cuts >= 8, "there are steps to be cut at: {cuts}");
        }
    }

    proptest! {
        /// Whatever happens in whatever order: what stands only rises, and a version
        /// that did not stand is never on trial again.
        #[test]
        fn what_stands_only_rises(events in prop::collection::vec((0_u8..8, 1_u32..6), 1..80)) {
            let mut it = Supervisor::new(Ledger::default(), WINDOWS);
            let mut now = 0;
            let mut stood = None;
            for (event, number) in events {
                let bad = it.ledger().worst();
                match event {
                    0 => it.found(staged(it.ledger().free(), number, number % 2 == 0)),
                    1 => { it.step(); it.started(at(now)); }
                    2 => it.opened(at(now)),
                    3 => it.linked(at(now)),
                    4 => { it.ended(false); }
                    5 => it.tested(if number > 2 { Ok(()) } else { Err("no") }),
                    6 => { now += u64::from(number) * 400; it.tick(at(now)); }
                    _ => it = Supervisor::new(it.ledger().clone(), WINDOWS),
                }
                let stands = it.ledger().stands.map(|it| it.version);
                prop_assert!(stands >= stood);
                stood = stands;
                if let Some(trial) = it.ledger().trial {
                    prop_assert!(Some(trial.staged.holding.version) > bad);
                    prop_assert!(trial.staged.holding.slot == it.ledger().free());
                }
                prop_assert!(it.ledger().news.len() <= NEWS_MAX);
            }
        }
    }
}
