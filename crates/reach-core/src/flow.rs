//! How far a point has come.
//!
//! ```text
//! listed ─▶ surveyed ─▶ granted ─▶ in distribution ─▶ delivered ─▶ installed ─▶ active ⇄ inactive
//!    └─────▶ refused, absent ◀─────────┘                              │           ⇅
//!                                                                     └──▶ suspended
//!                          delivered … suspended ──▶ relocated, returned ─▶ listed
//! ```
//!
//! A log of events is all that is kept. A step tells when it happened, the event when
//! it was said, and both may be asked about: the state then, as known when. What was
//! said wrongly is corrected by another event that names it; nothing is ever changed.
//! A step may be reported late: what counts is that the whole way, in the order in
//! which it happened, is one that a point can go.

use base::geo::Point;
use base::now::Wall;

/// How far a point has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is on a list and nothing more.
    Listed,
    /// Somebody has been there.
    Surveyed,
    /// The village does not want it.
    Refused,
    /// Nobody was there who could have taken it.
    Absent,
    /// It is granted: the regency or the village is to have it.
    Granted,
    /// It is on its way.
    InDistribution,
    /// It has been handed over.
    Delivered,
    /// It stands and has been switched on once.
    Installed,
    /// It is said to work.
    Active,
    /// It is said not to work.
    Inactive,
    /// It was switched off, for a reason.
    Suspended,
    /// It was taken to another point.
    Relocated,
    /// It was given back.
    Returned,
}

impl State {
    /// Every state, in the order of the way.
    pub const ALL: [Self; 13] = [
        Self::Listed,
        Self::Surveyed,
        Self::Refused,
        Self::Absent,
        Self::Granted,
        Self::InDistribution,
        Self::Delivered,
        Self::Installed,
        Self::Active,
        Self::Inactive,
        Self::Suspended,
        Self::Relocated,
        Self::Returned,
    ];

    /// The words of the states, in the same order.
    pub const WORDS: [&'static str; 13] = {
        let mut words = [""; 13];
        let mut at = 0;
        while at < words.len() {
            words[at] = Self::ALL[at].as_str();
            at += 1;
        }
        words
    };

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Surveyed => "surveyed",
            Self::Refused => "refused",
            Self::Absent => "absent",
            Self::Granted => "granted",
            Self::InDistribution => "in_distribution",
            Self::Delivered => "delivered",
            Self::Installed => "installed",
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Suspended => "suspended",
            Self::Relocated => "relocated",
            Self::Returned => "returned",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The states that a point in this one can come to next.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        use State::{
            Absent, Active, Delivered, Granted, InDistribution, Inactive, Installed, Listed,
            Refused, Relocated, Returned, Surveyed, Suspended,
        };
        match self {
            Listed => &[Surveyed, Refused, Absent, Granted],
            Surveyed => &[Refused, Absent, Granted],
            // Somebody goes again, or it goes to another point.
            Refused | Absent => &[Surveyed, Granted, InDistribution, Relocated, Returned],
            Granted => &[InDistribution, Refused, Absent, Returned],
            InDistribution => &[Delivered, Refused, Absent, Returned],
            Delivered => &[Installed, Relocated, Returned],
            Installed => &[Active, Inactive, Suspended, Relocated, Returned],
            Active => &[Inactive, Suspended, Relocated, Returned],
            Inactive => &[Active, Suspended, Relocated, Returned],
            Suspended => &[Active, Inactive, Relocated, Returned],
            Relocated | Returned => &[Listed],
        }
    }

    /// Whether a point in this state has been equipped, working or not.
    #[must_use]
    pub const fn is_equipped(self) -> bool {
        matches!(
            self,
            Self::Installed | Self::Active | Self::Inactive | Self::Suspended
        )
    }
}

/// Why a point was suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its fee was not paid.
    Unpaid,
    /// The supplier stopped it.
    SupplierStop,
    /// It is damaged.
    Damage,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Unpaid, Self::SupplierStop, Self::Damage];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::SupplierStop => "supplier_stop",
            Self::Damage => "damage",
        }
    }

    /// The cause of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// What shows that a step was taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// SHA-256 of a photograph.
    pub photo: Option<String>,
    /// Where whoever says it stood.
    pub gps: Option<Point>,
    /// The number on the equipment.
    pub serial: Option<String>,
    /// Words, or the number of a paper.
    pub note: Option<String>,
}

impl Evidence {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.photo.is_none() && self.gps.is_none() && self.serial.is_none() && self.note.is_none()
    }
}

/// One step of a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it leads.
    pub to: State,
    /// When it happened, as whoever says it knows.
    pub happened: Wall,
    /// Why it was suspended.
    pub cause: Option<Cause>,
    /// What shows it.
    pub evidence: Evidence,
}

/// What was said of a point, for good.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The how manyth, from 1.
    pub seq: u32,
    /// When it was said.
    pub said: Wall,
    /// What.
    pub kind: Said,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A step was taken.
    Took(Step),
    /// An earlier event was wrong: it counts no more, and this step, if there is one,
    /// stands in its place.
    Corrected {
        /// The event that was wrong.
        of: u32,
        /// What is right.
        instead: Option<Step>,
    },
}

/// What somebody wants to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A step was taken.
    Take(Step),
    /// An event was wrong.
    Correct {
        /// Which.
        of: u32,
        /// What is right.
        instead: Option<Step>,
    },
}

/// Why it cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A point does not come there from where it was.
    NoWay {
        /// Where it was then.
        from: State,
        /// Where the step leads.
        to: State,
        /// The event of that step; the new one has none yet.
        seq: Option<u32>,
    },
    /// It is said to have happened after now.
    Future,
    /// Nothing shows it: from the delivery on, a step needs a photograph, a place, a
    /// serial number or a paper.
    NoEvidence,
    /// Suspended without a cause, or a cause of something else.
    Cause,
    /// There is no such event, or it was corrected before.
    NoSuchEvent {
        /// Which was asked for.
        of: u32,
    },
}

/// The steps that count, in the order in which they happened; each with its event.
/// Of those of one moment the one that was said first is first.
#[must_use]
pub fn steps(log: &[Event]) -> Vec<(u32, &Step)> {
    let corrected = |seq: u32| {
        log.iter()
            .any(|event| matches!(&event.kind, Said::Corrected { of, .. } if *of == seq))
    };
    let mut steps: Vec<(u32, &Step)> = log
        .iter()
        .filter(|event| !corrected(event.seq))
        .filter_map(|event| match &event.kind {
            Said::Took(step) => Some((event.seq, step)),
            Said::Corrected { instead, .. } => Some((event.seq, instead.as_ref()?)),
        })
        .collect();
    steps.sort_by_key(|(seq, step)| (step.happened, *seq));
    steps
}

/// The events that were said by then.
#[must_use]
pub fn known(log: &[Event], by: Wall) -> Vec<Event> {
    log.iter()
        .filter(|event| event.said <= by)
        .cloned()
        .collect()
}

/// How far a point had come at a time, by what the log says. A point without a step
/// is listed.
#[must_use]
pub fn state_at(log: &[Event], then: Wall) -> State {
    steps(log)
        .iter()
        .rfind(|(_, step)| step.happened <= then)
        .map_or(State::Listed, |(_, step)| step.to)
}

/// How far it has come, and the step that led there.
#[must_use]
pub fn state(log: &[Event]) -> (State, Option<&Step>) {
    let last = steps(log).last().map(|(_, step)| *step);
    (last.map_or(State::Listed, |step| step.to), last)
}

/// Whether somebody may say that, and the event that it becomes.
///
/// # Errors
/// Why it cannot stand, with the facts.
pub fn decide(log: &[Event], command: Command, now: Wall) -> Result<Event, Refusal> {
    let kind = match command {
        Command::Take(step) => {
            check(&step, now)?;
            Said::Took(step)
        }
        Command::Correct { of, instead } => {
            if !steps(log).iter().any(|(seq, _)| *seq == of) {
                return Err(Refusal::NoSuchEvent { of });
            }
            if let Some(step) = &instead {
                check(step, now)?;
            }
            Said::Corrected { of, instead }
        }
    };
    let seq = log.iter().map(|event| event.seq).max().unwrap_or(0) + 1;
    let event = Event {
        seq,
        said: now,
        kind,
    };
    let mut whole = log.to_vec();
    whole.push(event.clone());
    walk(&whole, seq)?;
    Ok(event)
}

fn check(step: &Step, now: Wall) -> Result<(), Refusal> {
    if step.happened > now {
        return Err(Refusal::Future);
    }
    if (step.to == State::Suspended) != step.cause.is_some() {
        return Err(Refusal::Cause);
    }
    let needs = matches!(step.to, State::Delivered | State::Installed);
    if needs && step.evidence.is_empty() {
        return Err(Refusal::NoEvidence);
    }
    Ok(())
}

/// Goes the whole way.
fn walk(log: &[Event], new: u32) -> Result<(), Refusal> {
    let mut from = State::Listed;
    for (seq, step) in steps(log) {
        if !from.next().contains(&step.to) {
            return Err(Refusal::NoWay {
                from,
                to: step.to,
                seq: (seq != new).then_some(seq),
            });
        }
        from = step.to;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(to: State, happened: i64) -> Step {
        Step {
            to,
            happened: Wall::from_us(happened),
            cause: (to == State::Suspended).then_some(Cause::Unpaid),
            evidence: Evidence {
                note: Some("BAST 7".to_owned()),
                ..Evidence::default()
            },
        }
    }

    fn say(log: &mut Vec<Event>, command: Command, now: i64) -> Result<(), Refusal> {
        let event = decide(log, command, Wall::from_us(now))?;
        log.push(event);
        Ok(())
    }

    fn gone(way: &[(State, i64)], said: i64) -> Vec<Event> {
        let mut log = Vec::new();
        for (to, happened) in way {
            say(&mut log, Command::Take(step(*to, *happened)), said).expect("a way");
        }
        log
    }

    const WAY: [(State, i64); 6] = [
        (State::Surveyed, 10),
        (State::Granted, 20),
        (State::InDistribution, 30),
        (State::Delivered, 40),
        (State::Installed, 50),
        (State::Active, 60),
    ];

    #[test]
    fn words_and_states_are_inverse_and_every_state_is_reached() {
        for (state, word) in State::ALL.into_iter().zip(State::WORDS) {
            assert_eq!((state.as_str(), State::parse(word)), (word, Some(state)));
            let from = State::ALL.iter().any(|from| from.next().contains(&state));
            assert!(from, "{word}");
            assert!(!state.next().contains(&state), "{word}");
        }
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        }
    }

    /// The same lines are read by the phone's page, which says offline what comes next.
    #[test]
    fn the_ways_are_as_agreed_with_the_phone() {
        let lines = include_str!("../../../assets/field/ways.txt").lines();
        let ways: Vec<Vec<State>> = lines
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(' ').filter_map(State::parse).collect())
            .collect();
        let own: Vec<Vec<State>> = State::ALL
            .into_iter()
            .map(|state| [&[state][..], state.next()].concat())
            .collect();
        assert_eq!(ways, own);
    }

    #[test]
    fn a_point_goes_the_way_and_no_other() {
        let log = gone(&WAY, 100);
        assert_eq!(state(&log).0, State::Active);
        for (then, was) in [
            (5, State::Listed),
            (40, State::Delivered),
            (59, State::Installed),
        ] {
            assert_eq!(state_at(&log, Wall::from_us(then)), was);
        }
        let refuse = |log: &[Event], command, now| decide(log, command, Wall::from_us(now)).err();
        let take = |to, happened| Command::Take(step(to, happened));
        let no = |from, to, seq| Some(Refusal::NoWay { from, to, seq });
        assert_eq!(
            refuse(&[], take(State::Active, 10), 100),
            no(State::Listed, State::Active, None)
        );
        assert_eq!(
            refuse(&log, take(State::Delivered, 70), 100),
            no(State::Active, State::Delivered, None)
        );
        // Reported late, and it would have made a later step impossible.
        assert_eq!(
            refuse(&log, take(State::Absent, 45), 100),
            no(State::Delivered, State::Absent, None)
        );
        assert_eq!(
            refuse(&log, take(State::Returned, 45), 100),
            no(State::Returned, State::Installed, Some(5))
        );
        assert_eq!(
            refuse(&log, take(State::Inactive, 101), 100),
            Some(Refusal::Future)
        );
        let bare = Step {
            evidence: Evidence::default(),
            ..step(State::Delivered, 35)
        };
        assert_eq!(
            refuse(&log[..3], Command::Take(bare), 100),
            Some(Refusal::NoEvidence)
        );
        let nameless = Step {
            cause: None,
            ..step(State::Suspended, 70)
        };
        assert_eq!(
            refuse(&log, Command::Take(nameless), 100),
            Some(Refusal::Cause)
        );
        let idle = Step {
            cause: Some(Cause::Damage),
            ..step(State::Inactive, 70)
        };
        assert_eq!(refuse(&log, Command::Take(idle), 100), Some(Refusal::Cause));
    }

    #[test]
    fn what_was_said_wrongly_is_corrected_and_stays_known() {
        let mut log = gone(&WAY, 100);
        let correct = |of, instead| Command::Correct { of, instead };
        // It was installed a day later than was said.
        say(&mut log, correct(5, Some(step(State::Installed, 55))), 200).expect("right");
        assert_eq!(state_at(&log, Wall::from_us(52)), State::Delivered);
        let before = known(&log, Wall::from_us(150));
        assert_eq!(state_at(&before, Wall::from_us(52)), State::Installed);
        assert_eq!(log.len(), 7, "nothing was taken away");
        let again = decide(&log, correct(5, None), Wall::from_us(300));
        assert_eq!(again, Err(Refusal::NoSuchEvent { of: 5 }));
        // The correction can be corrected; it cannot be taken out of the way's middle.
        let hole = decide(&log, correct(7, None), Wall::from_us(300));
        assert_eq!(
            hole,
            Err(Refusal::NoWay {
                from: State::Delivered,
                to: State::Active,
                seq: Some(6)
            })
        );
        say(&mut log, correct(6, None), 300).expect("it never was active");
        assert_eq!(state(&log).0, State::Installed);
    }

    #[test]
    fn a_step_may_be_reported_late() {
        let mut log = gone(&[(State::Granted, 20), (State::InDistribution, 30)], 100);
        say(&mut log, Command::Take(step(State::Surveyed, 10)), 200).expect("it was before");
        assert_eq!(state(&log).0, State::InDistribution);
        assert_eq!(state_at(&log, Wall::from_us(15)), State::Surveyed);
        assert_eq!(
            state_at(&known(&log, Wall::from_us(150)), Wall::from_us(15)),
            State::Listed
        );
    }

    #[derive(Debug, Clone)]
    enum Try {
        Take(usize, i64),
        Correct(u32, Option<(usize, i64)>),
    }

    fn tries() -> impl Strategy<Value = Vec<Try>> {
        let step = (0_usize..13, 0_i64..60);
        let take = step.clone().prop_map(|(to, at)| Try::Take(to, at));
        let correct =
            (1_u32..9, prop::option::of(step)).prop_map(|(of, step)| Try::Correct(of, step));
        prop::collection::vec(prop_oneof![3 => take, 1 => correct], 0..40)
    }

    proptest! {
        /// A model that keeps a plain list of (event, happened, state) and removes from
        /// it what is corrected, and accepts what the table of ways accepts.
        #[test]
        fn it_is_as_a_plain_list_would_be(tries in tries()) {
            let mut log: Vec<Event> = Vec::new();
            let mut list: Vec<(i64, u32, State)> = Vec::new();
            let mut seq = 0;
            for (now, one) in (100_i64..).zip(tries) {
                let mut next = list.clone();
                let (command, possible) = match one {
                    Try::Take(to, at) => {
                        next.push((at, seq + 1, State::ALL[to]));
                        (Command::Take(step(State::ALL[to], at)), true)
                    }
                    Try::Correct(of, instead) => {
                        let there = next.iter().any(|(_, seq, _)| *seq == of);
                        next.retain(|(_, seq, _)| *seq != of);
                        let instead = instead.map(|(to, at)| (State::ALL[to], at));
                        next.extend(instead.map(|(to, at)| (at, seq + 1, to)));
                        (Command::Correct { of, instead: instead.map(|(to, at)| step(to, at)) }, there)
                    }
                };
                next.sort_unstable_by_key(|(at, seq, _)| (*at, *seq));
                let way: Vec<State> = std::iter::once(State::Listed).chain(next.iter().map(|(.., to)| *to)).collect();
                let walks = way.windows(2).all(|pair| pair[0].next().contains(&pair[1]));
                let said = say(&mut log, command, now);
                prop_assert_eq!(said.is_ok(), possible && walks, "{:?}", said);
                if said.is_ok() {
                    seq += 1;
                    list = next;
                }
                prop_assert_eq!(state(&log).0, list.last().map_or(State::Listed, |(.., to)| *to));
                prop_assert_eq!(log.len(), usize::try_from(seq).expect("small"));
            }
        }

        /// As known at any time, a log is the log that there was.
        #[test]
        fn what_was_known_stays_known(tries in tries(), by in 100_i64..140) {
            let mut log: Vec<Event> = Vec::new();
            let mut then = State::Listed;
            for (now, one) in (100_i64..).zip(tries) {
                let command = match one {
                    Try::Take(to, at) => Command::Take(step(State::ALL[to], at)),
                    Try::Correct(of, instead) => Command::Correct { of, instead: instead.map(|(to, at)| step(State::ALL[to], at)) },
                };
                let _ = say(&mut log, command, now);
                if now == by {
                    then = state(&log).0;
                }
            }
            if log.iter().any(|event| event.said.as_us() >= by) {
                prop_assert_eq!(state(&known(&log, Wall::from_us(by))).0, if log.iter().any(|e| e.said.as_us() <= by) { then } else { State::Listed });
            }
        }
    }
}
