//! What judging a province costs: `cargo xtask bench rules`.

use std::time::Duration;

use base::day::Day;
use base::now::Mono;
use card_core::compare::Sides;
use card_core::facts::{Aided, Facts, FamilyFacts, ListOf, PersonFacts, Place};
use card_core::rule::{self, Programme, Verdict};
use hall::clock::Clock;

macro_rules! examples {
    ($($name:literal)+) => {
        [$(($name, include_str!(concat!("../../card-core/data/programmes/", $name, ".toml")))),+]
    };
}

const PROGRAMMES: [(&str, &str); 4] = examples!["pangan" "tunai" "kuliah" "berobat"];

/// Families of the province, with room to grow.
const FAMILIES: u32 = 800_000;

/// Numbers that look random and are the same in each run (xorshift64, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn small(&mut self, sides: u64) -> u32 {
        u32::try_from(self.roll(sides)).expect("few")
    }
}

fn facts() -> Facts {
    let list = |number: i64, kind: &str| ListOf {
        number,
        kind: kind.to_owned(),
        title: format!("{kind} {number}"),
        as_of: Day::new(2026, 11, 1),
    };
    let kinds = [
        "dtsen", "bansos", "kematian", "pindah", "kpm", "desa", "gagal",
    ];
    let mut facts = Facts {
        lists: (1..).zip(kinds).map(|(at, kind)| list(at, kind)).collect(),
        areas: (1001..2572).map(|at| format!("62.02.11.{at}")).collect(),
        programmes: ["PKH", "SEMBAKO", "BLT DD", "PBI-JK"]
            .map(str::to_owned)
            .into(),
        ..Facts::default()
    };
    let mut dice = Dice(0x2026_1127);
    let today = Day::new(2026, 11, 27).expect("a day");
    for at in 0..FAMILIES {
        let place = |list| Place { list, row: at };
        let count = 1 + dice.small(6);
        let aid = if dice.roll(5) == 0 {
            1 << dice.roll(4)
        } else {
            0
        };
        let mut id = [0; 16];
        id[..4].copy_from_slice(&at.to_be_bytes());
        facts.families.push(FamilyFacts {
            id,
            area: (dice.roll(100) > 0).then(|| dice.small(1571)),
            decile: (dice.roll(20) > 0).then(|| u8::try_from(1 + dice.roll(10)).expect("few")),
            decile_by: None,
            stands: Some(place(0)),
            running: (dice.roll(3) == 0).then(|| place(4)),
            recipient_is_here: true,
            proposed: None,
            failed: None,
            aid,
            has_card: true,
            has_address: true,
            first: u32::try_from(facts.persons.len()).expect("few"),
            count,
        });
        for programme in 0..4 {
            if aid >> programme & 1 == 1 {
                facts.aided.push(Aided {
                    family: at,
                    programme,
                    by: place(1),
                });
            }
        }
        for member in 0..count {
            let born = today.plus(-i32::try_from(dice.roll(33_000)).expect("few"));
            id[4..8].copy_from_slice(&member.to_be_bytes());
            facts.persons.push(PersonFacts {
                id,
                birth: born.filter(|_| dice.roll(50) > 0),
                stands: place(0),
                birth_by: Some(place(0)),
                died: (dice.roll(200) == 0).then(|| place(2)),
                gone: (dice.roll(100) == 0).then(|| place(3)),
                is_woman: Some(dice.roll(2) == 0),
                is_head: member == 0,
                has_nik: dice.roll(40) > 0,
            });
        }
    }
    facts
}

fn now() -> Mono {
    Clock::real().now().mono
}

#[expect(clippy::print_stdout, reason = "its figures are what a bench is for")]
fn say(line: &str) {
    println!("{line}");
}

fn tell(what: &str, took: Duration) {
    say(&format!("  {what}: {:.2} s", took.as_secs_f64()));
}

#[test]
#[ignore = "a bench: only a release build is asked"]
fn what_judging_a_province_costs() {
    let facts = facts();
    let persons = facts.persons.len();
    say(&format!("{FAMILIES} families, {persons} persons"));
    let since = now();
    let octets = facts.octets();
    tell("written", now().since(since));
    say(&format!("  {} MiB", octets.len() >> 20));
    let since = now();
    let facts = Facts::read(&octets).expect("as it was written");
    tell("read", now().since(since));
    drop(octets);
    let on = Day::new(2026, 11, 27).expect("a day");
    for (name, text) in PROGRAMMES {
        let programme = Programme::parse(text).expect("a programme");
        let since = now();
        let judged = rule::judge(&programme, &facts, on);
        let judging = now().since(since);
        let mut rows = 0;
        let since = now();
        for at in 0..judged.len() {
            let reason = rule::reason(&programme, &facts, on, at);
            assert_eq!(reason.verdict, judged.verdict(at));
            rows += reason.rules.len();
        }
        let reasons = now().since(since);
        let owners = facts.homes(programme.subject);
        let before: Vec<Verdict> = owners
            .iter()
            .map(|family| match facts.families[*family as usize].running {
                Some(_) => Verdict::Included,
                None => Verdict::Excluded,
            })
            .collect();
        let sides = Sides {
            programme: &programme,
            judged: &judged,
            facts: &facts,
            on,
            before: Some(&before),
            owners: &owners,
            sees: None,
            letters: 13,
            near: true,
        };
        let since = now();
        let compared = sides.compare(|at| judged.verdict(at).into());
        let comparing = now().since(since);
        let tally = judged.tally();
        say(&format!(
            "{name}: {} included, {} excluded, {} not known; {rows} reasons of rules; {} enter, {} leave",
            tally.included,
            tally.excluded,
            tally.unknown,
            compared.whole.enters,
            compared.whole.leaves
        ));
        tell("judged", judging);
        tell("every reason, on one thread", reasons);
        tell("judged with every reason", judging + reasons);
        tell("compared by village, with who is near a line", comparing);
    }
}
