//! Whether late records are found whose they are, beside lists of a made-up province that
//! were linked before, and what one of them costs.

use std::collections::BTreeMap;
use std::fs;

use base::id::{Id, Person};
use card_core::link::late::{Index, Proposal};
use card_core::link::register::{Register, Row};
use card_core::link::{self, Linked, Settings};
use hall::clock::Clock;
use sim::families::{self, Plan};
use sim::process;
use sim::spread::percentile;

type Fields = [String; 11];

fn row(fields: &Fields) -> Row<'_> {
    Row::of(std::array::from_fn(|at| fields[at].as_str()))
}

/// Rows in an order without meaning, and of whom each is.
fn shuffled(seed: u64, records: usize, careless: f64) -> (Vec<Fields>, Vec<u32>) {
    let plan = Plan {
        seed,
        records,
        careless,
    };
    let mut rows: Vec<(Fields, u32)> = Vec::new();
    families::write(&plan, |record, person, _| {
        rows.push((record.fields().map(str::to_owned), person));
    });
    fastrand::Rng::with_seed(seed).shuffle(&mut rows);
    rows.into_iter().unzip()
}

fn register(rows: &[Fields]) -> Register {
    let mut register = Register::new();
    rows.iter().for_each(|fields| register.push(&row(fields)));
    register.settle();
    register
}

fn linked(register: &Register) -> Linked {
    link::link(register, &Settings::default(), &|_| ())
}

/// An index over a register that was linked as a whole.
fn index(register: Register) -> Index {
    let Linked {
        model, clusters, ..
    } = linked(&register);
    Index::new(register, model, &clusters, &[], Settings::default())
}

/// Pairs of records that both of these put together.
fn pairs<T: Ord>(of: impl Iterator<Item = T>) -> u64 {
    let mut sizes: BTreeMap<T, u64> = BTreeMap::new();
    of.for_each(|it| *sizes.entry(it).or_default() += 1);
    sizes.into_values().map(|size| size * (size - 1) / 2).sum()
}

/// F1 over pairs within clusters.
fn f1(clusters: &[u32], truth: &[u32]) -> f64 {
    let right = pairs(clusters.iter().zip(truth));
    let all = pairs(clusters.iter()) + pairs(truth.iter());
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let f1 = (2 * right) as f64 / all as f64;
    f1
}

#[expect(clippy::print_stdout, reason = "its figures are what a bench is for")]
fn say(line: &str) {
    println!("{line}");
}

#[test]
fn a_late_tenth_is_linked_nearly_as_well_as_all_at_once() {
    for (seed, careless) in [(11, 1.0), (12, 2.0)] {
        let (rows, truth) = shuffled(seed, 20_000, careless);
        let (early, late) = rows.split_at(rows.len() / 10 * 9);
        let whole = f1(&linked(&register(&rows)).clusters.of, &truth);
        let mut index = index(register(early));
        let late: Vec<Row<'_>> = late.iter().map(row).collect();
        let taken = index.take_all(&late);
        let parts = f1(&index.persons().clusters().of, &truth);
        // A proposal is done where somebody says that it is right.
        let by = Id::<Person>::from_bytes([7; 16]);
        let (mut proposed, mut right) = (0, 0);
        for proposal in taken.iter().flat_map(|it| &it.proposals) {
            if let Proposal::Merge {
                one, other, pair, ..
            } = proposal
            {
                proposed += 1;
                if truth[pair.0 as usize] == truth[pair.1 as usize] {
                    right += 1;
                    // One of both may have gone over into a third.
                    let _ = index.merge(*one, *other, by);
                }
            }
        }
        let judged = f1(&index.persons().clusters().of, &truth);
        say(&format!(
            "careless {careless}: F1 {whole:.4} at once, {parts:.4} with a tenth late, {judged:.4} with those \
             {right} of {proposed} proposed merges that are right"
        ));
        assert!(whole - parts <= 0.003, "seed {seed}: {whole} {parts}");
        assert!(judged >= parts, "seed {seed}: {judged} {parts}");
    }
}

/// The last list of a province comes when all others are linked.
#[test]
fn a_late_list_is_linked_nearly_as_well_and_touches_nobody_else() {
    for (seed, careless) in [(21, 1.0), (22, 1.0), (23, 2.0)] {
        let (rows, truth) = shuffled(seed, 20_000, careless);
        let sources: BTreeMap<&str, usize> = rows.iter().fold(BTreeMap::new(), |mut all, it| {
            *all.entry(it[0].as_str()).or_default() += 1;
            all
        });
        for (source, count) in &sources {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by_key(|at| rows[*at][0] == **source);
            let (rows, truth): (Vec<Fields>, Vec<u32>) = order
                .into_iter()
                .map(|at| (rows[at].clone(), truth[at]))
                .unzip();
            let early = rows.len() - count;
            let whole = f1(&linked(&register(&rows)).clusters.of, &truth);
            let mut index = index(register(&rows[..early]));
            let before: Vec<_> = (0..early)
                .map(|at| index.persons().of(number(at)))
                .collect();
            let late: Vec<Row<'_>> = rows[early..].iter().map(row).collect();
            let taken = index.take_all(&late);
            let parts = f1(&index.persons().clusters().of, &truth);
            say(&format!(
                "careless {careless}, {source} late ({count} of {}): F1 {whole:.4} at once, {parts:.4} late, {:+.4}",
                rows.len(),
                parts - whole
            ));
            assert!(
                whole - parts <= 0.01,
                "seed {seed} {source}: {whole} {parts}"
            );
            // Whoever was there is who he was, and has more records only where one has come.
            let after: Vec<_> = (0..early)
                .map(|at| index.persons().of(number(at)))
                .collect();
            assert_eq!(before, after);
            let touched: Vec<_> = taken.iter().map(|it| it.cluster).collect();
            for (at, taken) in taken.iter().enumerate() {
                assert_eq!(index.persons().of(number(early + at)), Some(taken.cluster));
            }
            let grown = (early..rows.len()).map(|at| index.persons().of(number(at)));
            assert_eq!(grown.flatten().collect::<Vec<_>>(), touched);
        }
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("counted")
}

/// Records of the province.
const RECORDS: usize = 2_700_000;

/// Records that come late.
const LATE: usize = 2_000;

/// So many rows of all are held out, one of so many.
const EACH: usize = (RECORDS + LATE) / LATE;

/// Times in milliseconds, in words.
fn spread(took: &[f64]) -> String {
    let at = |percent| percentile(took, percent).unwrap_or(f64::NAN);
    let (p50, p99, most) = (at(50), at(99), at(100));
    format!("p50 {p50:.3}, p99 {p99:.3}, most {most:.3} ms")
}

fn memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    mebibytes(process::resident(&status).unwrap_or_default())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn mebibytes(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}

#[test]
#[ignore = "a bench: a minute, and only a release build is asked"]
fn what_one_late_record_costs() {
    let clock = Clock::real();
    let ms = |since| clock.instant().duration_since(since).as_secs_f64() * 1e3;
    let plan = Plan {
        seed: 1,
        records: RECORDS + LATE,
        careless: 1.0,
    };
    let (mut register, mut truth) = (Register::new(), Vec::new());
    let (mut late, mut at): (Vec<(Fields, u32)>, usize) = (Vec::new(), 0);
    families::write(&plan, |record, person, _| {
        if at % EACH == EACH / 2 && late.len() < LATE {
            late.push((record.fields().map(str::to_owned), person));
        } else {
            register.push(&Row::of(record.fields()));
            truth.push(person);
        }
        at += 1;
    });
    register.settle();
    let since = clock.instant();
    let Linked {
        model, clusters, ..
    } = linked(&register);
    say(&format!(
        "{} records linked in {:.1} s",
        truth.len(),
        ms(since) / 1e3
    ));
    let since = clock.instant();
    let mut index = Index::new(register, model, &clusters, &[], Settings::default());
    drop(clusters);
    say(&format!(
        "indexed in {:.1} s: {:.0} MiB; the process {:.0} MiB",
        ms(since) / 1e3,
        mebibytes(index.octets() as u64),
        memory()
    ));
    let mut seen = 0;
    let meets = late.iter().map(|(fields, _)| {
        let since = clock.instant();
        let meeting = index.meets(&row(fields));
        let took = ms(since);
        seen += meeting.met.iter().map(|it| it.records.len()).sum::<usize>();
        took
    });
    let took: Vec<f64> = meets.collect();
    say(&format!(
        "whom one of {} meets, {seen} records in all: {}",
        late.len(),
        spread(&took)
    ));
    let known: Vec<bool> = {
        let mut people: Vec<u32> = truth.clone();
        people.sort_unstable();
        let is_known = |(_, person): &(Fields, u32)| people.binary_search(person).is_ok();
        late.iter().map(is_known).collect()
    };
    let (mut right, mut wrong, mut proposals) = (0, 0, 0);
    let takes = late.iter().zip(&known).map(|((fields, person), known)| {
        let since = clock.instant();
        let taken = index.take(&row(fields));
        let took = ms(since);
        let others = index.persons().members(taken.cluster);
        let mut others = others.filter_map(|it| truth.get(it as usize)).peekable();
        let is_right = others.peek().is_some() == *known && others.all(|it| it == person);
        right += usize::from(is_right);
        wrong += usize::from(!is_right);
        proposals += taken.proposals.len();
        took
    });
    let took: Vec<f64> = takes.collect();
    say(&format!(
        "taken: {}; {right} where they belong, {wrong} not, {proposals} proposals; {} had a record before",
        spread(&took),
        known.iter().filter(|known| **known).count()
    ));
    let removes = (0..).zip(&late).map(|(at, _)| {
        let record = u32::try_from(index.register().len() - LATE + at).expect("counted");
        let since = clock.instant();
        index.remove(record).expect("there");
        ms(since)
    });
    let took: Vec<f64> = removes.collect();
    say(&format!("removed: {}", spread(&took)));
}
