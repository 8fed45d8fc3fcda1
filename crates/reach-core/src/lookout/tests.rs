//! Days of a box, minute by minute, with networks that are described by a function. What
//! must hold is counted anew here from what the box has said.

use base::now::Wall;
use proptest::prelude::*;

use super::*;
use crate::purse::BUDGET;
use crate::round::Round;

const ALL: Ways = Ways {
    https: true,
    dns: true,
    tcp: true,
};

/// What a way to an anchor does: how long it takes, how it ends, what it costs.
type Net<'n> = &'n dyn Fn(usize, Way, Now) -> (u64, Fault, u64);

fn good(_: usize, way: Way, _: Now) -> (u64, Fault, u64) {
    let octets = match way {
        Way::Https => 620,
        Way::Dns | Way::Unknown => 160,
        Way::Tcp => 420,
    };
    (90, Fault::None, octets)
}

fn dead(_: usize, _: Way, _: Now) -> (u64, Fault, u64) {
    (u64::MAX, Fault::Timeout, 180)
}

struct World {
    now: Now,
    lookout: Lookout,
    /// What will happen, and when.
    coming: Vec<(Mono, Input)>,
    /// What is being kept: until when, and whether it will stand.
    keeping: Option<(Mono, Saying, bool)>,
    keep_ms: u64,
    keeps: bool,
    said: Vec<(Now, Round)>,
    tried: Vec<(Now, usize, Way)>,
    own: BTreeMap<i64, u64>,
}

fn us(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn midnight() -> Now {
    Now {
        mono: Mono::from_us(3_600_000_000),
        wall: Wall::from_us(20_000 * 86_400_000_000),
    }
}

impl World {
    fn new(seed: u8, anchors: usize, budget: u64, now: Now) -> Self {
        let lookout = Lookout::new(
            SLOT,
            Id::from_bytes([seed; 16]),
            vec![ALL; anchors],
            Purse::new(budget, &[], now),
            Presence::since(now.mono),
        );
        Self {
            now,
            lookout,
            coming: Vec::new(),
            keeping: None,
            keep_ms: 5,
            keeps: true,
            said: Vec::new(),
            tried: Vec::new(),
            own: BTreeMap::new(),
        }
    }

    fn tell(&mut self, input: Input, net: Net<'_>) {
        if let Input::Tried { octets, .. } | Input::Asked { octets, .. } = input {
            let day = self.now.wall.as_us().div_euclid(86_400_000_000);
            *self.own.entry(day).or_default() += octets;
        }
        for effect in self.lookout.handle(input, self.now) {
            let (number, anchor, way, patience) = match effect {
                Effect::Changed => continue,
                Effect::Say(saying) => {
                    assert!(self.keeping.is_none(), "one after the other");
                    let done = self.now.mono + us(self.keep_ms);
                    self.keeping = Some((done, saying, self.keeps));
                    continue;
                }
                Effect::Try {
                    number,
                    anchor,
                    way,
                    patience,
                } => {
                    self.tried.push((self.now, anchor, way));
                    (number, anchor, Some(way), patience)
                }
                Effect::Ask {
                    number,
                    anchor,
                    patience,
                } => (number, anchor, None, patience),
            };
            let (takes, fault, octets) = net(anchor, way.unwrap_or(Way::Dns), self.now);
            let late = us(takes.min(1_000_000)) > patience;
            let took = if late { patience } else { us(takes) };
            let input = match way {
                Some(_) => Input::Tried {
                    number,
                    took,
                    fault: if late { Fault::Timeout } else { fault },
                    octets,
                },
                None => Input::Asked {
                    number,
                    rtt: (!late && fault == Fault::None).then_some(took),
                    octets,
                },
            };
            self.coming.push((self.now.mono + took, input));
        }
    }

    /// Lets so much time pass, event by event.
    fn pass(&mut self, span: Duration, net: Net<'_>) {
        let end = self.now.mono + span;
        loop {
            let tick = self.lookout.deadline(self.now);
            let next = self.coming.iter().map(|(at, _)| *at).min();
            let kept = self.keeping.as_ref().map(|(at, ..)| *at);
            let at = [Some(tick), next, kept].into_iter().flatten().min();
            let at = at.expect("a tick").max(self.now.mono + us(1));
            if at > end {
                self.now = self.now.later(end.since(self.now.mono));
                return;
            }
            self.now = self.now.later(at.since(self.now.mono));
            self.happen(net);
        }
    }

    fn happen(&mut self, net: Net<'_>) {
        if let Some((_, saying, stands)) = self.keeping.take_if(|(at, ..)| *at <= self.now.mono) {
            if stands {
                self.said.push((self.now, saying.round(self.now.mono)));
                self.tell(Input::Kept(self.now.mono), net);
            } else {
                self.tell(Input::Unkept, net);
            }
        }
        let due = self.coming.iter().position(|(at, _)| *at <= self.now.mono);
        match due {
            Some(due) => {
                let (_, input) = self.coming.swap_remove(due);
                self.tell(input, net);
            }
            None => self.tell(Input::Tick, net),
        }
    }

    /// Claims of all records, in milliseconds of the boot, in order.
    fn claims(&self) -> Vec<(u64, u64)> {
        let mut claims = Vec::new();
        for (at, round) in &self.said {
            let at = at.mono.as_us() / 1_000;
            claims.push((at - u64::from(round.covers_ms), at));
            for it in &round.earlier {
                let to = at - u64::from(it.ago_ms);
                claims.push((to - u64::from(it.for_ms), to));
            }
        }
        claims.retain(|(from, to)| from < to);
        claims.sort_unstable();
        claims
    }

    /// Checks by slot of the wall: way and fault.
    fn slots(&self) -> BTreeMap<i64, Vec<(u32, Way, Fault)>> {
        let mut slots = BTreeMap::<_, Vec<_>>::new();
        for (at, round) in &self.said {
            for check in &round.checks {
                let ended = at.wall.as_us() - i64::from(check.ago_ms) * 1_000;
                let slot = ended.div_euclid(60_000_000);
                let seen = (check.anchor, check.way(), check.fault());
                slots.entry(slot).or_default().push(seen);
            }
        }
        slots
    }
}

/// As the centre reads them.
fn is_up(checks: &[(u32, Way, Fault)]) -> bool {
    let good = |of: Way| {
        let mut checks = checks.iter();
        checks.any(|(_, way, fault)| *way == of && *fault == Fault::None)
    };
    good(Way::Https) || (good(Way::Dns) && good(Way::Tcp))
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn on_a_quiet_day_every_slot_is_looked_at_three_ways_within_the_budget() {
    let mut world = World::new(1, 3, BUDGET, midnight());
    for _ in 0..24 {
        world.pass(HOUR, &good);
    }
    let slots = world.slots();
    assert!(slots.len() >= 1_439, "{}", slots.len());
    for (slot, checks) in &slots {
        let mut anchors: Vec<u32> = checks.iter().map(|it| it.0).collect();
        let mut ways: Vec<Way> = checks.iter().map(|it| it.1).collect();
        anchors.sort_unstable();
        ways.sort_unstable();
        assert_eq!(anchors, [0, 1, 2], "slot {slot}");
        assert_eq!(ways, [Way::Https, Way::Dns, Way::Tcp], "slot {slot}");
    }
    for (at, round) in &world.said {
        let second = at.wall.as_us().rem_euclid(60_000_000) / 1_000_000;
        assert!((10..=50).contains(&second), "{second}");
        let probes = round.probes.first().expect("probes");
        assert_eq!((probes.sent, probes.lost), (5, 0));
        assert_eq!(probes.rtt_p95_ms, Some(90));
        assert!(!round.spent.as_ref().expect("spent").thrift);
    }
    // One stretch of a day, less the second in which it ends.
    let claims = world.claims();
    let gaps = claims.windows(2).filter(|pair| pair[1].0 - pair[0].1 > 1);
    assert_eq!(gaps.count(), 0);
    let lived: u64 = claims.iter().map(|(from, to)| to - from).sum();
    assert!(lived > 86_400_000 - 60_000, "{lived}");
}

#[test]
fn nobody_is_called_unreachable_before_everything_was_tried() {
    let mut world = World::new(7, 3, BUDGET, midnight());
    world.pass(HOUR, &dead);
    let slots = world.slots();
    assert!(slots.len() >= 59);
    for (slot, checks) in slots {
        assert_eq!(checks.len(), 9, "slot {slot}");
        assert!(!is_up(&checks));
        let mut pairs: Vec<_> = checks.iter().map(|it| (it.0, it.1)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), 9);
    }
    for (at, _) in &world.said {
        let second = at.wall.as_us().rem_euclid(60_000_000) / 1_000_000;
        assert!((10..=50).contains(&second), "{second}");
    }
}

#[test]
fn a_portal_that_takes_everything_proves_nothing() {
    let portal = |_: usize, way: Way, _: Now| match way {
        Way::Https => (50, Fault::Certificate, 3_000),
        _ => (50, Fault::None, 300),
    };
    for budget in [BUDGET, 1_000_000] {
        let mut world = World::new(3, 3, budget, midnight());
        world.pass(HOUR, &portal);
        for (slot, checks) in world.slots() {
            assert!(!is_up(&checks), "slot {slot}: {checks:?}");
        }
        // And is over when it is over.
        let (before, now) = (world.slots().len(), world.now);
        world.pass(HOUR, &good);
        let after = world.slots();
        let later = after.into_iter().skip(before + 1);
        let up = later.filter(|(_, checks)| is_up(checks)).count();
        assert!(up >= 57, "{up} of an hour after {now:?}");
    }
}

#[test]
fn an_anchor_that_went_wrong_does_not_speak_for_the_others() {
    let one = |anchor: usize, way: Way, now: Now| match (anchor, way) {
        (0, Way::Https) => (50, Fault::Portal, 900),
        _ => good(anchor, way, now),
    };
    let mut world = World::new(9, 3, BUDGET, midnight());
    world.pass(HOUR, &one);
    for (slot, checks) in world.slots() {
        assert!(is_up(&checks), "slot {slot}: {checks:?}");
        let wrong = checks.iter().filter(|it| it.2 != Fault::None);
        let wrong: Vec<_> = wrong.map(|it| (it.0, it.1)).collect();
        assert!(wrong.is_empty() || wrong == [(0, Way::Https)], "{wrong:?}");
    }
}

#[test]
fn in_thrift_each_slot_has_a_proof_and_five_share_a_record() {
    // So little that a usual day is far beyond it.
    let mut world = World::new(4, 3, 1_200_000, midnight());
    world.pass(HOUR, &good);
    let before = world.said.len();
    for _ in 0..23 {
        world.pass(HOUR, &good);
    }
    let slots = world.slots();
    assert!(slots.len() >= 1_430, "{}", slots.len());
    assert!(slots.values().all(|checks| is_up(checks)));
    let records = world.said.len() - before;
    assert!(records < 23 * 60 / 2, "{records}");
    let spent = world.lookout.purse().days();
    assert!(spent[0].1 <= 1_200_000, "{spent:?}");
}

#[test]
fn a_budget_that_is_gone_ends_the_looking_and_not_the_telling() {
    let mut world = World::new(4, 3, BUDGET, midnight());
    world.pass(HOUR, &good);
    world.tell(Input::Used(2 * BUDGET), &good);
    let (tried, said) = (world.tried.len(), world.said.len());
    for _ in 0..5 {
        world.pass(HOUR, &good);
    }
    assert_eq!(world.tried.len(), tried);
    let told = world.said.len() - said;
    assert!((8..=11).contains(&told), "{told}");
    let claims = world.claims();
    assert!(claims.windows(2).all(|pair| pair[1].0 - pair[0].1 <= 1));
}

#[test]
fn other_anchors_are_introduced_after_what_the_old_ones_said() {
    let mut world = World::new(5, 3, BUDGET, midnight());
    world.keep_ms = 45_000;
    world.pass(HOUR, &good);
    let first = world.said.len();
    world.tell(Input::Anchors(vec![ALL]), &good);
    world.pass(HOUR, &good);
    // Which record introduces is known by what is said of it beside its body.
    let at = world.said[first..]
        .iter()
        .position(|(_, round)| round.checks.iter().all(|check| check.anchor == 0));
    let at = first + at.expect("the only anchor there is");
    for (_, round) in &world.said[at..] {
        assert!(round.checks.iter().all(|check| check.anchor == 0));
    }
}

#[test]
fn who_leaves_tells_up_to_the_end() {
    let mut world = World::new(6, 3, BUDGET, midnight());
    world.pass(HOUR, &good);
    world.pass(Duration::from_secs(3), &good);
    world.tell(Input::Leave, &good);
    world.pass(us(100), &good);
    assert!(world.lookout.has_left());
    let (at, last) = world.said.last().expect("a record");
    assert!(world.now.mono.since(at.mono) < us(200), "{last:?}");
    let tried = world.tried.len();
    world.pass(HOUR, &good);
    assert_eq!(world.tried.len(), tried, "and begins nothing");
}

#[test]
fn boxes_do_not_look_in_the_same_second() {
    let mut seconds = BTreeMap::<u64, u32>::new();
    for n in 0..2_600_u32 {
        let mut id = [0; 16];
        id[12..].copy_from_slice(&n.to_be_bytes());
        let schedule = Schedule::new(SLOT, Id::from_bytes(id));
        let wait = schedule.until_next(midnight());
        *seconds.entry(wait.as_secs()).or_default() += 1;
    }
    assert!(seconds.keys().all(|second| (10..=35).contains(second)));
    assert!(seconds.len() >= 25);
    assert!(seconds.values().all(|boxes| *boxes < 250), "{seconds:?}");
}

#[derive(Debug, Clone)]
enum Step {
    Pass {
        seconds: u64,
    },
    Sleep {
        seconds: u64,
    },
    Set {
        by_s: i64,
    },
    Line {
        octets: u64,
    },
    Disk {
        ms: u64,
        keeps: bool,
    },
    Net {
        delay_ms: u64,
        fault: u8,
        octets: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1_u64..2_000).prop_map(|seconds| Step::Pass { seconds }),
        1 => (16_u64..20_000).prop_map(|seconds| Step::Sleep { seconds }),
        1 => (-90_000_i64..90_000).prop_map(|by_s| Step::Set { by_s }),
        1 => (0_u64..60_000).prop_map(|octets| Step::Line { octets }),
        2 => (1_u64..40_000, any::<bool>()).prop_map(|(ms, keeps)| Step::Disk { ms, keeps }),
        2 => (1_u64..30_000, 0_u8..8, 60_u64..20_000)
            .prop_map(|(delay_ms, fault, octets)| Step::Net { delay_ms, fault, octets }),
    ];
    prop::collection::vec(step, 1..40)
}

/// Runs a script; with or without those who set the clock.
fn run(seed: u8, steps: &[Step], sets: bool) -> (World, Vec<(u64, u64)>, Vec<Mono>) {
    let budget = 400_000;
    let mut world = World::new(seed, 3, budget, midnight());
    let mut net = (90, Fault::None, 400);
    let mut lived = Vec::new();
    let mut set = Vec::new();
    let mut from = world.now.mono.as_us() / 1_000;
    for step in steps {
        let way = |_: usize, _: Way, _: Now| net;
        match step {
            Step::Pass { seconds } => world.pass(Duration::from_secs(*seconds), &way),
            Step::Sleep { seconds } => {
                // What was on its way is answered after it, or never.
                world.tell(Input::Tick, &way);
                lived.push((from, world.now.mono.as_us() / 1_000));
                world.now = world.now.later(Duration::from_secs(*seconds));
                from = world.now.mono.as_us() / 1_000;
                world.tell(Input::Tick, &way);
            }
            Step::Set { by_s } if sets => {
                let by = Duration::from_secs(by_s.unsigned_abs());
                world.now.wall = match *by_s < 0 {
                    true => world.now.wall - by,
                    false => world.now.wall + by,
                };
                set.push(world.now.mono);
                world.tell(Input::Tick, &way);
            }
            Step::Set { .. } => world.tell(Input::Tick, &way),
            Step::Line { octets } => world.tell(Input::Used(*octets), &way),
            Step::Disk { ms, keeps } => (world.keep_ms, world.keeps) = (*ms, *keeps),
            Step::Net {
                delay_ms,
                fault,
                octets,
            } => {
                let fault = Fault::try_from(i32::from(*fault)).expect("a fault");
                net = (*delay_ms, fault, *octets);
            }
        }
    }
    world.tell(Input::Tick, &|_, _, _| net);
    lived.push((from, world.now.mono.as_us() / 1_000));
    (world, lived, set)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_claimed_twice_or_unlived_and_no_day_is_overspent(seed in any::<u8>(), steps in steps()) {
        let (world, lived, set) = run(seed, &steps, true);
        let claims = world.claims();
        for pair in claims.windows(2) {
            prop_assert!(pair[0].1 <= pair[1].0, "{pair:?} overlap");
        }
        for (from, to) in &claims {
            let is_lived = lived.iter().any(|(a, b)| a <= from && to <= b);
            prop_assert!(is_lived, "{from}..{to} was not lived: {lived:?}");
        }
        // A round: at most nine checks and five probes, of which each may cost more than
        // was thought.
        for (day, octets) in &world.own {
            prop_assert!(*octets <= 400_000 + 14 * 20_000, "day {day}: {octets}");
        }
        // Begun and ended in one slot, where nobody set the clock meanwhile.
        for (at, round) in &world.said {
            for check in &round.checks {
                let ended = at.mono.as_us() - u64::from(check.ago_ms) * 1_000;
                // The round had begun at most so long before, told in whole milliseconds.
                let began = ended - u64::from(check.took_ms) * 1_000 - 15_002_000;
                if set.iter().any(|it| (began..=at.mono.as_us()).contains(&it.as_us())) {
                    continue;
                }
                let ended = at.wall.as_us() - i64::from(check.ago_ms) * 1_000;
                let began = ended - i64::from(check.took_ms) * 1_000;
                prop_assert_eq!(began.div_euclid(60_000_000), ended.div_euclid(60_000_000));
                let second = began.rem_euclid(60_000_000) / 1_000_000;
                prop_assert!((9..=57).contains(&second), "{}", second);
            }
        }
    }

    /// What is claimed is everything that was lived up to the last record, whoever sets
    /// the clock: unless the disk took nothing, or for too long.
    #[test]
    fn a_clock_that_is_set_takes_no_time_away(seed in any::<u8>(), steps in steps()) {
        let steps: Vec<Step> = steps
            .into_iter()
            .filter(|step| !matches!(step, Step::Disk { .. } | Step::Sleep { .. }))
            .collect();
        for sets in [true, false] {
            let (world, lived, _) = run(seed, &steps, sets);
            let claims = world.claims();
            let Some((_, end)) = claims.last() else {
                continue;
            };
            let claimed: u64 = claims.iter().map(|(from, to)| to - from).sum();
            prop_assert!(claims[0].0 - lived[0].0 <= 1);
            // What is less than a millisecond is left out, once for each record.
            let all = end - claims[0].0;
            let told = u64::try_from(world.said.len()).expect("a number");
            prop_assert!((all - told..=all).contains(&claimed), "{claimed} of {all}");
        }
    }
}
