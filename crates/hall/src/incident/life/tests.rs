//! What becomes of each command in each state, and what holds whatever comes.

use proptest::prelude::*;

use super::*;
use crate::incident::due::{FLAPPING, LEVEL_MAX, to_mend, to_note};

const START: Wall = Wall::from_us(1_700_000_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);
const TICK: Command = Command::Tick {
    waited: Duration::ZERO,
};

fn person(n: u8) -> Id<Person> {
    Id::from_bytes([n; 16])
}

fn by(n: u8) -> By {
    By::Person(person(n))
}

/// Of a room or not, brought to a state by the shortest way, about the subject 1.
fn at(state: State, by_room: bool) -> Standing {
    let mut it = Standing::new(Severity::Warning, by_room, START);
    it.apply(&Event::Linked(1), START);
    let way: &[Event] = match state {
        State::Open => &[],
        State::Handled => &[Event::Acknowledged],
        State::Cleared => &[Event::Cleared],
        State::Closed => &[Event::Cleared, Event::Closed],
    };
    for event in way {
        it.apply(event, START);
    }
    assert_eq!(it.state, state);
    it
}

type Outcome = Result<Vec<Event>, Refusal>;

fn say(it: &Standing, command: Command) -> Outcome {
    it.decide(command, by(1), true, START)
}

#[test]
fn words_and_states_are_inverse() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
    }
    for severity in Severity::ALL {
        assert_eq!(Severity::parse(severity.as_str()), Some(severity));
    }
    let distinct: BTreeSet<_> = Event::WORDS.into_iter().collect();
    assert_eq!(distinct.len(), Event::WORDS.len());
}

/// A line: command, of a room or not, and what it gives from open, handled, cleared and
/// closed.
#[test]
fn the_table_of_commands() {
    use State::{Cleared, Closed, Handled, Open};
    let not = |state| Err(Refusal::NotNow(state));
    let ok = |events: &[Event]| Ok(events.to_vec());
    let mine = Event::Owned(Some(person(1)));
    let theirs = Event::Owned(Some(person(2)));
    let later = START + MINUTE;
    let due = Event::DueSet {
        to: later,
        by_person: true,
    };
    let table: [(Command, bool, [Outcome; 4]); 13] = [
        (
            Command::Note,
            true,
            [Open, Handled, Cleared, Closed].map(|_| ok(&[Event::Noted])),
        ),
        (
            Command::Acknowledge,
            true,
            [
                ok(&[Event::Acknowledged]),
                Err(Refusal::Already),
                not(Cleared),
                not(Closed),
            ],
        ),
        (
            Command::Take,
            true,
            [
                ok(&[Event::Acknowledged, mine]),
                ok(&[mine]),
                ok(&[mine]),
                not(Closed),
            ],
        ),
        (
            Command::Assign(Some(person(2))),
            true,
            [ok(&[theirs]), ok(&[theirs]), ok(&[theirs]), not(Closed)],
        ),
        (
            Command::Rate(Severity::Critical),
            true,
            [
                ok(&[Event::Rated(Severity::Critical)]),
                ok(&[Event::Rated(Severity::Critical)]),
                ok(&[Event::Rated(Severity::Critical)]),
                not(Closed),
            ],
        ),
        (
            Command::SetDue(later),
            true,
            [ok(&[due]), ok(&[due]), not(Cleared), not(Closed)],
        ),
        (
            Command::Clear,
            true,
            [
                ok(&[Event::Cleared]),
                ok(&[Event::Cleared]),
                Err(Refusal::Already),
                not(Closed),
            ],
        ),
        (
            Command::Close,
            true,
            [
                Err(Refusal::StillSo),
                Err(Refusal::StillSo),
                ok(&[Event::Closed]),
                Err(Refusal::Already),
            ],
        ),
        (
            Command::Close,
            false,
            [
                ok(&[Event::Closed]),
                ok(&[Event::Closed]),
                ok(&[Event::Closed]),
                Err(Refusal::Already),
            ],
        ),
        (
            Command::Reopen,
            true,
            [
                Err(Refusal::Already),
                Err(Refusal::Already),
                ok(&[Event::Reopened]),
                ok(&[Event::Reopened]),
            ],
        ),
        (
            Command::Watch,
            true,
            [Open, Handled, Cleared, Closed].map(|_| ok(&[Event::Watched(person(1))])),
        ),
        (
            Command::Link(2),
            true,
            [
                ok(&[Event::Linked(2)]),
                ok(&[Event::Linked(2)]),
                ok(&[Event::Linked(2)]),
                not(Closed),
            ],
        ),
        (
            Command::Unlink(1),
            true,
            [
                Err(Refusal::LastSubject),
                Err(Refusal::LastSubject),
                Err(Refusal::LastSubject),
                not(Closed),
            ],
        ),
    ];
    for (command, by_room, gives) in table {
        for (state, expected) in State::ALL.into_iter().zip(gives) {
            let got = say(&at(state, by_room), command);
            assert_eq!(got, expected, "{command:?} from {state:?}");
        }
    }
}

#[test]
fn who_comes_second_is_told_who_has_it() {
    let mut it = at(State::Open, true);
    for event in it.decide(Command::Take, by(1), false, START).expect("free") {
        it.apply(&event, START);
    }
    assert_eq!((it.state, it.owner), (State::Handled, Some(person(1))));
    let second = it.decide(Command::Take, by(2), false, START);
    assert_eq!(second, Err(Refusal::Owned(person(1))));
    let again = it.decide(Command::Take, by(1), false, START);
    assert_eq!(again, Err(Refusal::Already));
    // Deliberately: by name, and also away from whoever has it.
    let over = it.decide(Command::Assign(Some(person(2))), by(2), false, START);
    assert_eq!(over, Ok(vec![Event::Owned(Some(person(2)))]));
    let back = it.decide(Command::Assign(None), by(1), false, START);
    assert_eq!(back, Ok(vec![Event::Owned(None)]));
}

#[test]
fn who_is_given_it_has_not_taken_note_of_it_yet() {
    let it = at(State::Open, true);
    let given = it.decide(Command::Assign(Some(person(2))), by(1), false, START);
    assert_eq!(given, Ok(vec![Event::Owned(Some(person(2)))]));
    let oneself = it.decide(Command::Assign(Some(person(1))), by(1), false, START);
    let both = vec![Event::Acknowledged, Event::Owned(Some(person(1)))];
    assert_eq!(oneself, Ok(both));
    let mut given = at(State::Open, true);
    given.apply(&Event::Owned(Some(person(2))), START);
    let notes = given.decide(Command::Take, by(2), false, START);
    assert_eq!(notes, Ok(vec![Event::Acknowledged]));
}

#[test]
fn a_person_says_why_and_a_room_need_not() {
    let silent = |it: &Standing, command, by| it.decide(command, by, false, START).err();
    let room = at(State::Handled, true);
    let hand = at(State::Handled, false);
    let over = at(State::Cleared, true);
    for (it, command) in [
        (&room, Command::Note),
        (&room, Command::Clear),
        (&hand, Command::Close),
        (&over, Command::Close),
        (&over, Command::Reopen),
    ] {
        let refused = silent(it, command, by(1));
        assert_eq!(refused, Some(Refusal::NoReason), "{command:?}");
    }
    assert_eq!(silent(&hand, Command::Clear, by(1)), None);
    assert_eq!(silent(&room, Command::Clear, By::House), None);
    assert_eq!(silent(&over, Command::Reopen, By::House), None);
}

#[test]
fn times_that_cannot_be_are_refused() {
    let it = at(State::Open, true);
    let set = |to| it.decide(Command::SetDue(to), by(1), false, START).err();
    assert_eq!(set(START), Some(Refusal::Past));
    assert_eq!(set(START + DUE_MAX), None);
    assert_eq!(set(START + DUE_MAX + MINUTE), Some(Refusal::TooFar));
}

#[test]
fn times_follow_what_happens() {
    let mut it = at(State::Open, true);
    assert_eq!(it.due, START + to_note(Severity::Warning));
    it.apply(&Event::Escalated(2), START + MINUTE * 130);
    it.apply(&Event::Rated(Severity::Notice), START + MINUTE * 131);
    assert_eq!(
        it.due,
        START + to_note(Severity::Warning),
        "nothing is put off"
    );
    assert_eq!(it.level, 2);
    let noted = START + MINUTE * 132;
    it.apply(&Event::Acknowledged, noted);
    assert_eq!((it.due, it.level), (noted + to_mend(Severity::Notice), 0));
    let worse = noted + MINUTE;
    it.apply(&Event::Rated(Severity::Critical), worse);
    assert_eq!(it.due, worse + to_mend(Severity::Critical));
    let set = Event::DueSet {
        to: worse + MINUTE,
        by_person: true,
    };
    it.apply(&set, worse);
    it.apply(&Event::Rated(Severity::Notice), worse);
    assert_eq!(it.due, worse + MINUTE, "what a person has set stays");
    it.apply(&Event::Cleared, worse);
    it.apply(&Event::Reopened, noted);
    assert_eq!((it.state, it.due_set), (State::Open, false));
    assert_eq!(it.due, noted + to_note(Severity::Notice));
    assert_eq!((it.cleared, it.closed), (None, None));
}

#[test]
fn what_comes_and_goes_is_one_thing_for_a_while() {
    let open = at(State::Open, true);
    assert!(open.is_same(START + DUE_MAX), "while it goes on");
    for state in [State::Cleared, State::Closed] {
        let over = at(state, true);
        assert!(over.is_same(START + FLAPPING - MINUTE));
        assert!(!over.is_same(START + FLAPPING));
        assert!(
            over.is_same(START - MINUTE),
            "also when the clock was set back"
        );
    }
    // Of one that a person has put to the files: since the cause was gone.
    let mut late = at(State::Cleared, true);
    late.apply(&Event::Closed, START + FLAPPING);
    assert!(!late.is_same(START + FLAPPING));
}

fn command() -> impl Strategy<Value = Command> {
    let who = prop_oneof![Just(None), (1_u8..4).prop_map(|n| Some(person(n)))];
    let severity = (0_usize..3).prop_map(|n| Severity::ALL[n]);
    prop_oneof![
        Just(Command::Note),
        Just(Command::Acknowledge),
        Just(Command::Take),
        who.prop_map(Command::Assign),
        Just(Command::Watch),
        Just(Command::Unwatch),
        severity.prop_map(Command::Rate),
        (-100_i64..100_000)
            .prop_map(|m| Command::SetDue(Wall::from_us(START.as_us() + m * 60_000_000))),
        Just(Command::Clear),
        Just(Command::Close),
        Just(Command::Reopen),
        (1_u32..5).prop_map(Command::Link),
        (1_u32..5).prop_map(Command::Unlink),
        (0_u64..100).prop_map(|hours| Command::Tick {
            waited: Duration::from_secs(hours * 3_600),
        }),
        Just(TICK),
    ]
}

proptest! {
    #[test]
    fn whatever_comes(
        by_room: bool,
        says in prop::collection::vec((command(), 0_u8..4, any::<bool>(), -600_i64..3_000), 0..80),
    ) {
        let mut it = at(State::Open, by_room);
        let mut now = START;
        for (command, n, why, minutes) in says {
            // The clock goes forward, and now and then back.
            now = Wall::from_us(now.as_us() + minutes * 60_000_000);
            let speaker = if n == 0 { By::House } else { by(n) };
            let before = it.clone();
            let Ok(events) = it.decide(command, speaker, why, now) else {
                continue;
            };
            for event in &events {
                it.apply(event, now);
            }
            // It is always about something, and over exactly when it does not go on.
            prop_assert!(!it.linked.is_empty());
            prop_assert_eq!(it.cleared.is_some(), !it.state.goes_on());
            prop_assert_eq!(it.closed.is_some(), it.state == State::Closed);
            prop_assert!(it.level <= LEVEL_MAX);
            // Only somebody's word takes a level back.
            if let Command::Tick { .. } = command {
                prop_assert!(it.level >= before.level);
                prop_assert_eq!(it.state, before.state);
                prop_assert_eq!(it.owner, before.owner);
                // What is due now is told, and then nothing more happens.
                for event in it.decide(TICK, By::House, false, now).expect("time is not refused") {
                    prop_assert!(matches!(event, Event::Escalated(_)));
                    it.apply(&event, now);
                }
                prop_assert_eq!(it.decide(TICK, By::House, false, now), Ok(vec![]));
            }
            // Files are opened again, and nothing else is done with them.
            if before.state == State::Closed && it.state != State::Closed {
                prop_assert_eq!(command, Command::Reopen);
            }
            // Whoever is closed out by a reason has given one.
            if it.state == State::Closed && before.state != State::Closed && n != 0 {
                prop_assert!(why);
            }
            // What a room still sees is not put to the files.
            if by_room && before.state.goes_on() {
                prop_assert!(it.state != State::Closed);
            }
        }
    }
}
