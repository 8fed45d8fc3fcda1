//! A network that reorders, doubles, delays and drops, and what the round says of it.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const SECRET: Secret = Secret([0x6201, 0x0711]);

fn plan(count: u8, rate: u32) -> Plan {
    Plan {
        count,
        spread: Duration::from_secs(10),
        rate: NonZeroU32::new(rate).expect("not zero"),
        wait: Duration::from_secs(3),
    }
}

fn addresses(count: u32) -> Vec<IpAddr> {
    let one = |n: u32| match n % 3 {
        0 => IpAddr::from(Ipv6Addr::from((0x2001_0db8_u128 << 96) + u128::from(n))),
        _ => IpAddr::from(Ipv4Addr::from(0x0a3e_0000 + n)),
    };
    (0..count).map(one).collect()
}

/// What the network does with one question: how long it takes each copy of its answer,
/// in microseconds; none is a loss.
type Fate = Vec<u32>;

/// Runs a round to its end over a network of such fates. What comes is kept in the order
/// of its arrival; when it was sent is returned, by question.
fn run(
    round: &mut Round,
    start: Mono,
    fate: impl Fn(&Question) -> Fate,
) -> (Mono, Vec<(Mono, Question)>) {
    let mut on_its_way: BTreeMap<(Mono, u64), Question> = BTreeMap::new();
    let (mut now, mut number, mut batch, mut asked) = (start, 0, Vec::new(), Vec::new());
    loop {
        while let Some(entry) = on_its_way.first_entry()
            && entry.key().0 <= now
        {
            let it = entry.remove();
            round.answered(now, it.to, it.sequence, it.nonce);
        }
        round.due(now, 128, &mut batch);
        for question in &batch {
            for delay in fate(question) {
                number += 1;
                let at = now + Duration::from_micros(u64::from(delay));
                on_its_way.insert((at, number), *question);
            }
            asked.push((now, *question));
        }
        round.sent(now, batch.len());
        let Some(next) = round.next(now) else {
            return (now, asked);
        };
        let arrives = on_its_way
            .first_key_value()
            .map_or(next, |((at, _), _)| *at);
        now = now.max(next.min(arrives));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the order, the number of copies and the delay within the wait: what was
    /// answered is answered, and nothing is lost.
    #[test]
    fn what_comes_in_time_is_never_a_loss(
        targets in 1_u32..60,
        count in 1_u8..=COUNT_MAX,
        rate in 20_u32..5_000,
        number in any::<u32>(),
        copies in proptest::collection::vec(proptest::collection::vec(0_u32..2_900_000, 1..4), 1..40),
    ) {
        let start = Mono::from_us(11);
        let mut round = Round::new(plan(count, rate), addresses(targets), SECRET, number, start)
            .expect("a round");
        let fate = |it: &Question| copies[usize::try_from(it.nonce % 1_009).expect("small") % copies.len()].clone();
        let (end, asked) = run(&mut round, start, fate);
        prop_assert_eq!(asked.len(), usize::try_from(targets).expect("small") * usize::from(count));
        // All that came before the end, counted from what the network did.
        let mut copies_by: BTreeMap<IpAddr, (u32, Vec<u32>)> = BTreeMap::new();
        for (at, it) in &asked {
            let fates = fate(it);
            let came = fates.iter().filter(|us| *at + Duration::from_micros(u64::from(**us)) <= end);
            let entry = copies_by.entry(it.to).or_default();
            entry.0 += u32::try_from(came.count()).expect("small");
            entry.1.push(*fates.iter().min().expect("one"));
        }
        for tally in round.tallies() {
            let (came, mut took) = copies_by.remove(&tally.address).expect("asked");
            prop_assert_eq!(tally.sent, u32::from(count));
            prop_assert_eq!(tally.received, tally.sent, "a false loss");
            prop_assert_eq!(tally.duplicates, came - tally.received);
            prop_assert_eq!(tally.refusal, None);
            took.sort_unstable();
            let rtt = tally.rtt.expect("answered");
            prop_assert_eq!(rtt.min_us, took[0]);
            prop_assert_eq!(rtt.median_us, took[(took.len() - 1) / 2]);
            prop_assert_eq!(rtt.max_us, took[took.len() - 1]);
        }
    }

    /// And what nobody answers is never an answer: received plus lost is sent.
    #[test]
    fn what_does_not_come_is_a_loss(
        targets in 1_u32..60,
        count in 1_u8..6,
        lost in proptest::collection::vec(any::<bool>(), 1..40),
    ) {
        let mut round = Round::new(plan(count, 5_000), addresses(targets), SECRET, 1, Mono::default())
            .expect("a round");
        let fate = |it: &Question| match lost[usize::try_from(it.nonce % 1_009).expect("small") % lost.len()] {
            true => Vec::new(),
            false => vec![40_000],
        };
        let (_, asked) = run(&mut round, Mono::default(), fate);
        for tally in round.tallies() {
            let answered = asked.iter().filter(|(_, it)| it.to == tally.address && !fate(it).is_empty());
            prop_assert_eq!(tally.received as usize, answered.count());
            prop_assert_eq!(tally.sent, u32::from(count));
        }
    }

    /// No span has more questions than the rate and one burst allow.
    #[test]
    fn questions_are_paced(targets in 1_u32..3_000, count in 1_u8..6, rate in 100_u32..6_000) {
        let mut round = Round::new(plan(count, rate), addresses(targets), SECRET, 1, Mono::default())
            .expect("a round");
        let (_, asked) = run(&mut round, Mono::default(), |_| vec![1_000]);
        let burst = u64::from((rate / 50).max(1));
        let mut by_second: BTreeMap<u64, u64> = BTreeMap::new();
        for (at, _) in &asked {
            *by_second.entry(at.as_us() / 1_000_000).or_default() += 1;
        }
        for (second, sent) in by_second {
            prop_assert!(sent <= u64::from(rate) + burst, "{sent} in second {second}");
        }
        let last = asked.last().expect("one").0.as_us();
        let longest = 10_000_000.max(u64::from(targets) * u64::from(count) * 1_000_000 / u64::from(rate));
        // A grain, and what the bucket rounds up, over.
        prop_assert!(last <= longest + 40_000, "{last} of {longest}");
    }

    /// Nobody who does not know the secret is heard, whatever he sends.
    #[test]
    fn a_stranger_is_not_heard(from in 0_u32..9, sequence in any::<u16>(), nonce in any::<u64>()) {
        let targets = addresses(9);
        let mut round = Round::new(plan(5, 5_000), targets.clone(), SECRET, 4_095, Mono::default())
            .expect("a round");
        let (_, asked) = run(&mut round, Mono::default(), |_| Vec::new());
        let from = targets[usize::try_from(from).expect("small")];
        let ours = asked.iter().any(|(_, it)| (it.to, it.sequence, it.nonce) == (from, sequence, nonce));
        prop_assume!(!ours);
        prop_assert_eq!(round.answered(Mono::from_us(1), from, sequence, nonce), Heard::Stranger);
        prop_assert_eq!(round.refused(from, sequence, Some(nonce), Refusal::Host), Heard::Stranger);
    }
}

/// Asks everything of a round, and gives the questions.
fn ask(round: &mut Round, start: Mono) -> Vec<Question> {
    run(round, start, |_| Vec::new())
        .1
        .into_iter()
        .map(|(_, it)| it)
        .collect()
}

#[test]
fn the_questions_of_an_address_are_spread() {
    let mut round =
        Round::new(plan(5, 5_000), addresses(3), SECRET, 1, Mono::default()).expect("a round");
    let (_, asked) = run(&mut round, Mono::default(), |_| vec![1]);
    let first = asked[0].1.to;
    let at: Vec<u64> = asked
        .iter()
        .filter(|(_, it)| it.to == first)
        .map(|(at, _)| at.as_us() / 1_000_000)
        .collect();
    assert_eq!(at, [0, 2, 4, 6, 8]);
}

#[test]
fn a_late_answer_is_late_and_nothing_else() {
    let one = [IpAddr::from([10, 62, 0, 9])];
    // Around the end of what the header can count.
    for number in [0, 4_094, 4_095, 4_096, u32::MAX] {
        let round =
            |n: u32| Round::new(plan(2, 100), one, SECRET, n, Mono::default()).expect("a round");
        let asked = ask(&mut round(number), Mono::default());
        let [it, second] = asked[..] else {
            panic!("two questions")
        };
        for later in 1..=LATE_ROUNDS + 2 {
            let mut next = round(number.wrapping_add(later));
            let own = ask(&mut next, Mono::default());
            let heard = next.answered(Mono::from_us(9), it.to, it.sequence, it.nonce);
            let known = later <= LATE_ROUNDS;
            assert_eq!(heard == Heard::Late, known, "{number} {later}");
            assert_eq!(heard == Heard::Stranger, !known, "{number} {later}");
            let refused = next.refused(
                second.to,
                second.sequence,
                Some(second.nonce),
                Refusal::Hops,
            );
            assert_eq!(refused, Heard::Stranger);
            for it in own {
                next.answered(Mono::from_us(9), it.to, it.sequence, it.nonce);
            }
            let tally = next.tallies().next().expect("one");
            assert_eq!((tally.sent, tally.received, tally.duplicates), (2, 2, 0));
            assert_eq!(tally.late, u32::from(known));
        }
    }
}

#[test]
fn refusals_are_told_apart_and_an_answer_goes_before() {
    let to = IpAddr::from([10, 62, 0, 9]);
    let mut round = Round::new(plan(4, 100), [to, to], SECRET, 1, Mono::default()).expect("one");
    let asked = ask(&mut round, Mono::default());
    assert_eq!(asked.len(), 4, "named twice is asked as one");
    let told = |round: &mut Round, at: usize, nonce, why| {
        round.refused(to, asked[at].sequence, nonce, why)
    };
    assert_eq!(
        told(&mut round, 0, Some(asked[0].nonce), Refusal::Hops),
        Heard::Refused
    );
    // A router that quotes a header only.
    assert_eq!(told(&mut round, 1, None, Refusal::Host), Heard::Refused);
    assert_eq!(told(&mut round, 1, None, Refusal::Hops), Heard::Stranger);
    assert_eq!(told(&mut round, 2, Some(1), Refusal::Hops), Heard::Stranger);
    let heard = round.answered(Mono::from_us(5), to, asked[0].sequence, asked[0].nonce);
    assert_eq!(heard, Heard::Answer);
    let tally = round.tallies().next().expect("one");
    assert_eq!((tally.sent, tally.received, tally.refused), (4, 1, 1));
    assert_eq!((tally.refusal, tally.rtt), (Some(Refusal::Host), None));
}

#[test]
fn what_cannot_be_sent_is_not_lost() {
    let mut round =
        Round::new(plan(1, 100), addresses(2), SECRET, 1, Mono::default()).expect("one");
    let mut batch = Vec::new();
    round.due(Mono::default(), 128, &mut batch);
    round.unsent(Refusal::NoRoute);
    let it = batch[0];
    let answer = round.answered(Mono::from_us(1), it.to, it.sequence, it.nonce);
    assert_eq!(answer, Heard::Stranger, "it was not asked");
    let [other] = ask(&mut round, Mono::from_us(20_000))[..] else {
        panic!("the other one")
    };
    let found: Vec<_> = round
        .tallies()
        .map(|it| (it.sent, it.unsent, it.refusal))
        .collect();
    assert_eq!(found, [(0, 1, Some(Refusal::NoRoute)), (1, 0, None)]);
    // What the system says later of a question that it has taken counts the same.
    assert_eq!(round.held_back(other, Refusal::Forbidden), Heard::Refused);
    let last = round.tallies().last().expect("two");
    assert_eq!((last.sent, last.unsent), (0, 1));
    assert_eq!(last.refusal, Some(Refusal::Forbidden));
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let of = |count| Round::new(plan(count, 1), [], SECRET, 1, Mono::default()).map(|_| ());
    assert_eq!(of(0), Err(Unplannable::Count(0)));
    assert_eq!(of(17), Err(Unplannable::Count(17)));
    let empty = Round::new(plan(5, 1), [], SECRET, 1, Mono::default()).expect("a round");
    assert_eq!(empty.next(Mono::default()), None);
}

/// What a process that stood still finds when it goes on was not lost.
#[test]
fn who_was_held_up_loses_nothing() {
    let mut round =
        Round::new(plan(5, 5_000), addresses(100), SECRET, 1, Mono::default()).expect("a round");
    let (mut now, mut batch) = (Mono::default(), Vec::new());
    let mut unread: Vec<Question> = Vec::new();
    while let Some(next) = round.next(now) {
        // A minute each time.
        now = now.max(next) + Duration::from_secs(60);
        for it in unread.drain(..) {
            assert_eq!(
                round.answered(now, it.to, it.sequence, it.nonce),
                Heard::Answer
            );
        }
        round.due(now, 128, &mut batch);
        unread.extend_from_slice(&batch);
        round.sent(now, batch.len());
    }
    assert!(unread.is_empty());
    assert!(round.tallies().all(|it| it.received == 5));
}
