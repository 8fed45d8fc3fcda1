//! Late records beside those that were there from the beginning.

use std::collections::BTreeSet;

use base::id::Id;
use proptest::prelude::*;

use super::super::block;
use super::super::compare::Pattern;
use super::super::learn::Class;
use super::super::{Linked, link, link_as_said};
use super::*;

/// Numbers that look random and are the same in each run (xorshift64, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("small")
    }

    fn of<'a>(&mut self, some: &[&'a str]) -> &'a str {
        some[self.roll(some.len())]
    }
}

type Fields = [String; 11];

fn row(fields: &Fields) -> Row<'_> {
    Row::of(std::array::from_fn(|at| fields[at].as_str()))
}

/// Lists of a few people who have much in common, each written several times.
fn lists(seed: u64, records: usize) -> Vec<Fields> {
    const NAMES: [&str; 8] = [
        "Kameloh", "Siti", "Aminah", "Dohong", "Tingang", "Yansen", "Sri", "Bungai",
    ];
    let dice = &mut Dice::new(seed);
    let mut people: Vec<Fields> = Vec::new();
    for at in 0..records / 3 + 1 {
        let (day, year) = (1 + dice.roll(4), 1_980 + dice.roll(3));
        let family = at / 4;
        people.push([
            String::new(),
            format!("627101{day:02}06{:02}{:04}", year % 100, 1 + at % 40),
            format!("62710112031500{:02}", family % 90),
            format!("{} {}", dice.of(&NAMES), dice.of(&NAMES)),
            format!("{year}-06-{day:02}"),
            dice.of(&["L", "P"]).to_owned(),
            dice.of(&["Sampit", "Buntok"]).to_owned(),
            dice.of(&NAMES).to_owned(),
            dice.of(&["KEPALA", "ISTRI", "ANAK"]).to_owned(),
            format!("Jl. Garuda RT {:02} RW 01", 1 + family % 3),
            format!("627101100{}", 1 + family % 2),
        ]);
    }
    let written = (0..records).map(|_| {
        let mut it = people[dice.roll(people.len())].clone();
        dice.of(&["DTSEN", "PKH", "DESA", "DINSOS"])
            .clone_into(&mut it[0]);
        for field in &mut it[1..] {
            if dice.roll(9) == 0 {
                field.clear();
            } else if dice.roll(12) == 0 && field.len() > 3 {
                field.remove(field.len() - 2);
            }
        }
        it
    });
    written.collect()
}

fn settings(block_max: usize) -> Settings {
    Settings {
        block_max,
        ..Settings::default()
    }
}

fn register(rows: &[Fields]) -> Register {
    let mut register = Register::new();
    rows.iter().for_each(|fields| register.push(&row(fields)));
    register.settle();
    register
}

fn index(rows: &[Fields], settings: Settings) -> Index {
    let register = register(rows);
    let Linked {
        model, clusters, ..
    } = link(&register, &settings, &|_| ());
    Index::new(register, model, &clusters, &[], settings)
}

fn staff() -> Id<Person> {
    Id::from_bytes([7; 16])
}

/// Who was met, by record.
fn likenesses(meeting: &Meeting) -> Vec<Likeness> {
    let mut all: Vec<Likeness> = meeting
        .met
        .iter()
        .flat_map(|it| it.records.clone())
        .collect();
    all.sort_by_key(|it| it.record);
    all
}

#[test]
fn a_late_record_meets_whom_it_would_have_met() {
    for (seed, block_max) in [(1, 40), (2, 40), (3, 6), (4, 5), (5, 2), (6, 40)] {
        let rows = lists(seed, 240);
        let (beginning, last) = (120, rows.len() - 1);
        let mut index = index(&rows[..beginning], settings(block_max));
        for fields in &rows[beginning..last] {
            index.take(&row(fields));
        }
        let found = likenesses(&index.meets(&row(&rows[last])));
        let whole = register(&rows);
        let (_, pairs) = block::pairs(&whole, block_max, &|_| ());
        let last = u32::try_from(last).expect("few");
        let mut expected: Vec<(u32, Pattern)> = pairs
            .iter()
            .filter(|pair| pair.right == last)
            .map(|pair| (pair.left, pair.pattern))
            .collect();
        expected.sort_unstable();
        let found: Vec<_> = found.iter().map(|it| (it.record, it.pattern)).collect();
        assert_eq!(found, expected, "seed {seed}");
        assert!(
            expected.len() > 3 || block_max < 6,
            "seed {seed}: nobody was met"
        );
    }
}

#[test]
fn nothing_stays_of_a_guest() {
    let rows = lists(7, 120);
    let mut index = index(&rows[..100], Settings::default());
    let octets = index.octets();
    for fields in &rows[100..] {
        let mut fields = fields.clone();
        fields[3] = format!("{} Unheardof", fields[3]);
        fields[10].push('9');
        let meeting = index.meets(&row(&fields));
        assert_eq!(meeting, index.meets(&row(&fields)));
        assert_eq!(meeting, index.meets(&row(&fields)));
    }
    assert_eq!(index.register.len(), 100);
    assert!(
        index.octets() < octets + 40_000,
        "but for tables that have grown"
    );
    assert_eq!(index.persons.entries(), []);
}

const MOTHER: Row<'_> = Row {
    source: "DTSEN",
    nik: "6271014506660001",
    kk: "6271011203150004",
    name: "Kameloh Dohong",
    birth: "1966-06-05",
    sex: "P",
    birthplace: "Sampit",
    mother: "Bawi",
    relation: "KEPALA",
    address: "Jl. Garuda RT 02 RW 01",
    village: "6271011001",
};

const DAUGHTER: Row<'_> = Row {
    nik: "6271015412940003",
    name: "Emiliana Dohong",
    birth: "1994-12-14",
    birthplace: "Buntok",
    mother: "Kameloh Dohong",
    relation: "ANAK",
    ..MOTHER
};

const STRANGER: Row<'_> = Row {
    source: "DESA",
    nik: "6203021212850003",
    kk: "6203021203160009",
    name: "Yansen Tingang",
    birth: "1985-12-12",
    sex: "L",
    birthplace: "Kapuas",
    mother: "Siti",
    relation: "KEPALA",
    address: "Jl. Melati RT 05 RW 02",
    village: "6203012002",
};

fn of(source: &'static str, row: Row<'static>) -> Row<'static> {
    Row { source, ..row }
}

/// An index over rows, whose each is by hand.
fn standing(rows: &[Row<'_>], clusters: &[u32]) -> Index {
    let mut register = Register::new();
    rows.iter().for_each(|row| register.push(row));
    register.settle();
    let linked = link(&register, &Settings::default(), &|_| ());
    let clusters = Clusters {
        of: clusters.to_vec(),
        ..linked.clusters
    };
    Index::new(register, linked.model, &clusters, &[], Settings::default())
}

fn family() -> Index {
    let rows = [MOTHER, of("PKH", MOTHER), DAUGHTER, of("PKH", DAUGHTER)];
    standing(&rows, &[0, 0, 2, 2])
}

/// Who says his name with another first letter shares no block, and is met by his day or his
/// village.
#[test]
fn who_is_looked_for_is_met_by_day_and_village_too() {
    let mut index = family();
    let wide = Wide::new(&index);
    let before = index.register.len();
    for asked in [
        Row {
            name: "Imiliana",
            birth: DAUGHTER.birth,
            ..Row::default()
        },
        Row {
            name: "Imiliana Dohung",
            village: DAUGHTER.village,
            ..Row::default()
        },
    ] {
        let narrow = index.meets(&asked);
        assert!(narrow.met.iter().all(|it| it.cluster != Cluster(2)));
        let met = index.meets_wide(&asked, &wide).met;
        let found = met.iter().find(|it| it.cluster == Cluster(2));
        assert_eq!(found.map(|it| it.records.len()), Some(2), "{met:?}");
        assert!(met.is_sorted_by(|a, b| a.records[0].same >= b.records[0].same));
    }
    let nobody = index.meets_wide(&Row::default(), &wide);
    assert_eq!(nobody.met, []);
    let after = index.register.len();
    assert_eq!(before, after, "nothing stays of whoever asked");
}

#[test]
fn a_late_record_joins_its_person_or_founds_one() {
    let mut index = family();
    let meeting = index.meets(&Row {
        nik: MOTHER.nik,
        ..of("DINSOS", DAUGHTER)
    });
    let [first, second] = &meeting.met[..] else {
        panic!("{meeting:?}");
    };
    assert_eq!(first.cluster, Cluster(2));
    assert_eq!((first.records.len(), first.refused), (2, false));
    assert_eq!(first.records[0].class, Class::Same);
    assert_eq!((second.cluster, second.refused), (Cluster(0), true));
    assert_eq!(second.records[0].class, Class::Relatives);
    let why = index.explain(&first.records[0]);
    assert!(why.same > 0.99 && why.evidence[0].bits > 0.0);

    let taken = index.take(&of("DINSOS", DAUGHTER));
    assert_eq!((taken.record, taken.cluster), (4, Cluster(2)));
    assert_eq!(taken.proposals, []);
    let taken = index.take(&STRANGER);
    assert_eq!((taken.record, taken.cluster), (5, Cluster(4)));
    let taken = index.take(&of("PKH", STRANGER));
    assert_eq!((taken.record, taken.cluster), (6, Cluster(4)));
    assert_eq!(index.persons.clusters().of, [0, 0, 2, 2, 2, 5, 5]);
    let events: Vec<&Event> = index.persons.entries().iter().map(|it| &it.event).collect();
    assert_eq!(
        events,
        [
            &Event::Joined {
                record: 4,
                cluster: Cluster(2)
            },
            &Event::Founded {
                record: 5,
                cluster: Cluster(4)
            },
            &Event::Joined {
                record: 6,
                cluster: Cluster(4)
            },
        ]
    );
    let around = index.around(6).expect("there");
    assert_eq!(around.met[0].cluster, Cluster(4));
    assert_eq!(around.met[0].records[0].record, 5);
}

#[test]
fn a_daughter_with_her_mothers_number_stays_who_she_is() {
    let mut index = family();
    let taken = index.take(&Row {
        nik: MOTHER.nik,
        ..of("DESA", DAUGHTER)
    });
    assert_eq!((taken.cluster, taken.proposals), (Cluster(2), Vec::new()));
}

#[test]
fn what_ties_two_clusters_is_proposed_and_not_done() {
    // One woman, whose records nobody has put together.
    let rows = [MOTHER, of("PKH", MOTHER), of("DESA", MOTHER), STRANGER];
    let mut index = standing(&rows, &[0, 0, 2, 3]);
    let taken = index.take(&of("DINSOS", MOTHER));
    assert_eq!(taken.cluster, Cluster(0));
    let [
        Proposal::Merge {
            one, other, across, ..
        },
    ] = &taken.proposals[..]
    else {
        panic!("{:?}", taken.proposals);
    };
    assert_eq!((*one, *other), (Cluster(0), Cluster(2)));
    assert_eq!((across.against, across.of), (0, 3));
    assert_eq!(index.persons.of(2), Some(Cluster(2)));

    assert_eq!(index.merge(*one, *other, staff()), Ok(Cluster(0)));
    assert_eq!(index.persons.clusters().of, [0, 0, 0, 3, 0]);
    let before = index.persons.clone();
    assert_eq!(index.undo(1, staff()), Ok(2));
    assert_eq!(index.persons.of(2), Some(Cluster(2)));
    assert_eq!(index.undo(1, staff()), Err(Wrong::Undone(1)));
    assert_eq!(index.undo(2, staff()), Err(Wrong::Undone(2)));
    assert_eq!(index.undo(3, staff()), Err(Wrong::Event(3)));
    assert_eq!(before.judged().count(), 3);
    assert_eq!(index.persons.judged().count(), 0);
}

#[test]
fn what_somebody_has_parted_is_not_proposed_again() {
    let rows = [MOTHER, of("PKH", MOTHER), of("DESA", MOTHER), STRANGER];
    let mut index = standing(&rows, &[0, 0, 0, 3]);
    let parts = [vec![0, 1], vec![2]];
    let clusters = index.split(Cluster(0), &parts, staff());
    assert_eq!(clusters, Ok(vec![Cluster(0), Cluster(4)]));
    let taken = index.take(&of("DINSOS", MOTHER));
    assert_eq!((taken.cluster, taken.proposals), (Cluster(0), Vec::new()));
    // Nor does it go there by itself when it is written anew.
    let taken = index.change(2, &of("DESA", MOTHER)).expect("there");
    assert_eq!((taken.cluster, taken.proposals), (Cluster(4), Vec::new()));
    let met = index.meets_changed(2, &of("DESA", MOTHER)).expect("there");
    assert!(met.met[0].refused);
}

#[test]
fn what_somebody_has_merged_stays_whatever_is_written() {
    let rows = [MOTHER, of("PKH", MOTHER), of("DESA", STRANGER)];
    let mut index = standing(&rows, &[0, 0, 2]);
    index.merge(Cluster(0), Cluster(2), staff()).expect("two");
    let taken = index.change(2, &of("DESA", STRANGER)).expect("there");
    assert_eq!((taken.cluster, taken.proposals), (Cluster(0), Vec::new()));
    let removed = index.remove(0).expect("there");
    assert_eq!(removed.proposal, None);
    assert_eq!(index.persons.entries().len(), 2);
}

/// What a list has that knows her number and where she lived before; her record, all told;
/// and what a list has that knows her name only.
fn bridged() -> [Row<'static>; 3] {
    let number = Row {
        source: "PKH",
        name: "",
        mother: "",
        kk: STRANGER.kk,
        birthplace: "",
        address: STRANGER.address,
        village: STRANGER.village,
        ..MOTHER
    };
    let name = Row {
        nik: "",
        birth: "",
        ..of("DESA", MOTHER)
    };
    [number, MOTHER, name]
}

#[test]
fn a_cluster_that_no_longer_holds_together_is_told() {
    let mut index = standing(&bridged(), &[0, 0, 0]);
    let removed = index.remove(1).expect("there");
    let split = Proposal::Split {
        cluster: Cluster(0),
        parts: vec![vec![0], vec![2]],
    };
    assert_eq!(removed.proposal, Some(split.clone()));
    assert_eq!(index.persons.of(2), Some(Cluster(0)), "it is not done");
    assert_eq!(index.remove(1), Err(Wrong::Record(1)));
    assert_eq!(index.undo(0, staff()), Ok(1));
    // The same where it becomes somebody else's, and goes there.
    let taken = index.change(1, &STRANGER).expect("there");
    assert_eq!(taken.cluster, Cluster(3));
    assert_eq!(taken.proposals, [split]);
    // What is written as it was comes back.
    let taken = index.change(1, &MOTHER).expect("there");
    assert_eq!((taken.cluster, taken.proposals), (Cluster(0), Vec::new()));
    assert_eq!(index.persons.clusters().of, [0, 0, 0]);
}

#[test]
fn what_is_forgotten_is_gone() {
    let mut index = family();
    assert_eq!(index.forget(0), Err(Wrong::There(0)));
    index.remove(0).expect("there");
    index.forget(0).expect("gone");
    assert_eq!(index.forget(9), Err(Wrong::Record(9)));
    assert_eq!(index.undo(0, staff()), Err(Wrong::Forgotten(0)));
    assert!(index.register.nik(0).is_none());
    let met = likenesses(&index.meets(&of("DESA", MOTHER)));
    assert!(met.iter().all(|it| it.record != 0));
}

#[test]
fn parts_have_to_be_those_of_the_cluster() {
    let mut index = family();
    for parts in [
        vec![vec![0], vec![0]],
        vec![vec![0], vec![2]],
        vec![vec![0, 1]],
        vec![vec![0, 1], vec![]],
        vec![vec![0]],
    ] {
        let wrong = index.split(Cluster(0), &parts, staff());
        assert_eq!(wrong, Err(Wrong::Parts(Cluster(0))), "{parts:?}");
    }
    let wrong = index.split(Cluster(1), &[vec![1], vec![0]], staff());
    assert_eq!(wrong, Err(Wrong::Cluster(Cluster(1))));
    let wrong = index.merge(Cluster(2), Cluster(2), staff());
    assert_eq!(wrong, Err(Wrong::Itself(Cluster(2))));
    assert_eq!(index.persons.entries(), []);
}

/// How many things [`something`] may be, the last of which is to take back any event.
const THINGS: usize = 10;

/// Something that somebody does with an index: what is told, to whom is left to chance.
fn something(index: &mut Index, rows: &[Fields], dice: &mut Dice, what: usize) {
    let record = u32::try_from(dice.roll(index.register.len() + 1)).expect("few");
    let fields = &rows[dice.roll(rows.len())];
    let cluster = Cluster(u32::try_from(dice.roll(index.register.len() + 8)).expect("few"));
    let entries = index.persons.entries();
    match what {
        0 | 1 => drop(index.take(&row(fields))),
        2 => {
            let some: Vec<Row<'_>> = rows.iter().skip(dice.roll(rows.len())).map(row).collect();
            index.take_all(&some[..some.len().min(5)]);
        }
        3 => drop(index.change(record, &row(fields))),
        4 => drop(index.remove(record)),
        5 => {
            let other = index.persons.of(record).unwrap_or(cluster);
            let _ = index.merge(cluster, other, staff());
        }
        6 => {
            let members: Vec<u32> = index.persons.members(cluster).collect();
            let (one, other) = members.split_at(members.len() / 2);
            drop(index.split(cluster, &[one.to_vec(), other.to_vec()], staff()));
        }
        7 => {
            let undone: BTreeSet<u32> = entries.iter().filter_map(|it| it.undoes).collect();
            let stands = |at: &u32| entries[*at as usize].undoes.is_none() && !undone.contains(at);
            let events = 0..u32::try_from(entries.len()).expect("few");
            if let Some(event) = events.rev().find(stands) {
                let _ = index.undo(event, staff());
            }
        }
        8 => drop(index.meets(&row(fields))),
        _ => {
            let event = u32::try_from(dice.roll(entries.len() + 1)).expect("few");
            let _ = index.undo(event, staff());
        }
    }
}

#[test]
fn events_lead_from_the_first_clusters_to_those_of_now_and_back() {
    for seed in 0..12 {
        let rows = lists(seed, 120);
        let mut index = index(&rows[..60], settings(12));
        let first = index.persons.clone();
        let dice = &mut Dice::new(seed);
        for _ in 0..60 {
            let what = dice.roll(THINGS - 1);
            something(&mut index, &rows[60..], dice, what);
        }
        let mut again = first.clone();
        for entry in index.persons.entries() {
            again.apply(entry.clone()).expect("as it was");
        }
        assert_eq!(again, index.persons, "seed {seed}");
        // Who is in which cluster and which are in it agree.
        for record in 0..u32::try_from(index.register.len()).expect("few") {
            if let Some(cluster) = index.persons.of(record) {
                assert!(index.persons.members(cluster).any(|it| it == record));
            }
        }
        let done = u32::try_from(index.persons.entries().len()).expect("few");
        for event in (0..done).rev() {
            let before = index.persons.clone();
            match index.undo(event, staff()) {
                Ok(undoing) => {
                    let entry = index.persons.entries()[undoing as usize].clone();
                    assert_eq!(entry.undoes, Some(event));
                }
                // It was taken back then, or has taken back.
                Err(wrong) => {
                    assert_eq!(wrong, Wrong::Undone(event), "seed {seed}");
                    assert_eq!(before, index.persons);
                }
            }
        }
        let (now, then) = (index.persons.clusters().of, first.clusters().of);
        assert_eq!(now[..then.len()], then, "seed {seed}");
        let late = now.iter().enumerate().skip(then.len());
        assert!(late.into_iter().all(|(record, of)| record == *of as usize));
        assert_eq!(index.persons.judged().count(), 0, "seed {seed}");
    }
}

#[test]
fn each_single_event_is_taken_back_exactly() {
    for seed in 20..28 {
        let rows = lists(seed, 120);
        let mut index = index(&rows[..60], settings(12));
        let dice = &mut Dice::new(seed);
        let guests: Vec<Row<'_>> = rows[100..].iter().map(row).collect();
        for _ in 0..30 {
            let before: Vec<Meeting> = guests.iter().map(|it| index.meets(it)).collect();
            let (clusters, judged) = state(&index);
            let events = index.persons.entries().len();
            // What a record says by now is kept, so nobody writes one anew here.
            let what = [0, 2, 4, 5, 6][dice.roll(5)];
            something(&mut index, &rows[60..100], dice, what);
            for event in (events..index.persons.entries().len()).rev() {
                let event = u32::try_from(event).expect("few");
                index.undo(event, staff()).expect("just done");
            }
            let (now, now_judged) = state(&index);
            assert_eq!(now[..clusters.len()], clusters, "seed {seed}");
            assert_eq!(now_judged, judged, "seed {seed}");
            // Nor is anything left in blocks or in how often words are told.
            let after: Vec<Meeting> = guests.iter().map(|it| index.meets(it)).collect();
            assert_eq!(after, before, "seed {seed}");
        }
    }
}

fn state(index: &Index) -> (Vec<u32>, Vec<Said>) {
    let judged = index.persons.judged().collect();
    (index.persons.clusters().of, judged)
}

#[test]
fn a_late_batch_changes_only_clusters_that_it_reaches() {
    for seed in 40..46 {
        let rows = lists(seed, 200);
        let mut index = index(&rows[..150], settings(20));
        let late: Vec<Row<'_>> = rows[150..].iter().map(row).collect();
        let mut reached: BTreeSet<Cluster> = BTreeSet::new();
        for row in &late {
            reached.extend(index.meets(row).met.iter().map(|it| it.cluster));
        }
        let before = index.persons.clone();
        let taken = index.take_all(&late);
        let mut changed = 0;
        for cluster in (0..150).map(Cluster) {
            let was: Vec<u32> = before.members(cluster).collect();
            let is: Vec<u32> = index.persons.members(cluster).collect();
            if was != is {
                assert!(reached.contains(&cluster), "seed {seed}: {cluster:?}");
                changed += 1;
            }
        }
        assert!(changed > 0, "seed {seed}: nothing was touched");
        for proposal in taken.iter().flat_map(|it| &it.proposals) {
            let Proposal::Merge { one, other, .. } = proposal else {
                panic!("{proposal:?}");
            };
            assert!(one < other && reached.contains(one) && reached.contains(other));
        }
    }
}

#[test]
fn threads_and_order_of_questions_change_nothing() {
    let rows = lists(50, 300);
    let late: Vec<Row<'_>> = rows[200..].iter().map(row).collect();
    let by = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().expect("threads");
        pool.install(|| {
            let mut index = index(&rows[..200], Settings::default());
            let taken = index.take_all(&late);
            (taken, index.persons.clone())
        })
    };
    assert_eq!(by(1), by(3));
}

#[test]
fn one_by_one_or_together_hardly_matters() {
    let rows = lists(60, 200);
    let mut one = index(&rows[..160], Settings::default());
    let mut all = index(&rows[..160], Settings::default());
    let late: Vec<Row<'_>> = rows[160..].iter().map(row).collect();
    late.iter().for_each(|row| drop(one.take(row)));
    all.take_all(&late);
    let (one, all) = (one.persons.clusters(), all.persons.clusters());
    let differ = one.of.iter().zip(&all.of).filter(|(a, b)| a != b).count();
    assert!(differ < 8, "{differ}");
}

#[test]
fn a_large_late_block_is_told() {
    let crowd = Row {
        name: "Sri",
        birth: "1990-01-01",
        sex: "P",
        address: "Jl. Melati",
        village: "6271011001",
        ..Row::default()
    };
    let mut index = standing(&[crowd; 30], &(0..30).collect::<Vec<u32>>());
    assert_eq!(index.meets(&crowd).left_out, []);
    let taken = index.take_all(&[crowd; 20]);
    assert!(taken[0].left_out.iter().all(|it| it.records == 50));
    let rules: Vec<&str> = taken[0].left_out.iter().map(|it| it.rule).collect();
    let told = index.meets(&crowd).left_out;
    assert_eq!(told.iter().map(|it| it.rule).collect::<Vec<_>>(), rules);
    assert!(rules.contains(&"birthday, sex, village"), "{rules:?}");
    // Nobody is met by chance instead.
    assert_eq!(index.meets(&crowd).met, []);
}

#[test]
fn what_was_said_before_holds_for_late_records_too() {
    let rows = [MOTHER, of("PKH", MOTHER), of("DESA", MOTHER), STRANGER];
    let mut register = Register::new();
    rows.iter().for_each(|row| register.push(row));
    let said = |left, right, same| Said { left, right, same };
    let words = [
        said(2, 0, false),
        said(1, 2, false),
        said(3, 1, true),
        said(3, 0, true),
    ];
    let settings = Settings::default();
    let linked = link_as_said(&register, &settings, &words, &|_| ());
    assert_eq!(linked.clusters.of, [0, 0, 2, 0]);
    let mut index = Index::new(register, linked.model, &linked.clusters, &words, settings);
    let taken = index.take(&of("DINSOS", MOTHER));
    assert_eq!((taken.cluster, taken.proposals), (Cluster(0), Vec::new()));
    // Records that are one person speak as one.
    let taken = index.take(&of("PKH", STRANGER));
    assert_eq!((taken.cluster, taken.proposals), (Cluster(0), Vec::new()));
    assert_eq!(index.persons.judged().count(), 4);
}

#[test]
fn what_was_merged_and_parted_by_hand_holds_in_the_next_examination() {
    for seed in 70..76 {
        let rows = lists(seed, 90);
        let mut index = index(&rows, Settings::default());
        let dice = &mut Dice::new(seed);
        for _ in 0..12 {
            let what = [5, 6][dice.roll(2)];
            something(&mut index, &rows, dice, what);
        }
        let words: Vec<Said> = index.persons.judged().collect();
        let linked = link_as_said(&index.register, &Settings::default(), &words, &|_| ());
        let of = |record: u32| linked.clusters.of[record as usize];
        let holds = |it: &&Said| (of(it.left) == of(it.right)) == it.same;
        let held = words.iter().filter(holds).count();
        // Of words that contradict each other those count that part.
        assert!(
            held * 4 > words.len() * 3,
            "seed {seed}: {held} of {}",
            words.len()
        );
        assert!(words.iter().filter(|it| !it.same).all(|it| holds(&it)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn odd_rows_do_no_harm(
        beginning in proptest::collection::vec(proptest::array::uniform11(".{0,12}"), 0..6),
        late in proptest::collection::vec(proptest::array::uniform11("[0-9A-Za-z ./-]{0,18}|.{0,6}"), 1..6),
        seed in any::<u64>(),
    ) {
        let mut index = index(&beginning, settings(3));
        let dice = &mut Dice::new(seed);
        for _ in 0..24 {
            let what = dice.roll(THINGS);
            something(&mut index, &late, dice, what);
            let record = u32::try_from(dice.roll(index.register.len() + 1)).expect("few");
            drop((index.around(record), index.forget(record), index.why(0, record)));
            drop(index.meets_changed(record, &row(&late[0])));
        }
        prop_assert!(index.octets() > 0);
    }
}

#[test]
fn what_was_learned_is_read_as_it_was() {
    let rows = lists(8, 300);
    let Linked { model, pairs, .. } = link(&register(&rows), &settings(40), &|_| ());
    let octets = model.octets();
    let read = Model::read(&octets).expect("as written");
    assert_eq!((read.rounds, read.patterns), (model.rounds, model.patterns));
    for pair in pairs {
        let of = |model: &Model| model.shares_of(pair.pattern).map(f64::to_bits);
        assert_eq!(of(&read), of(&model));
    }
    assert!(Model::read(&octets[1..]).is_none());
    assert!(Model::read(&[octets.as_slice(), &[0; 8]].concat()).is_none());
    assert!(Model::read(&vec![0xff; octets.len()]).is_none());
}

#[test]
fn words_on_a_late_record_go_before_what_is_probable() {
    let rows = lists(9, 240);
    let (early, late) = rows.split_at(180);
    let plain = index(early, settings(40));
    let (one, other) = (0, 179);
    assert_ne!(plain.persons().of(one), plain.persons().of(other));
    let (first, second) = (180, 181);
    let said = |words: &[(u32, u32, bool)]| {
        let said = words.iter().map(|(left, right, same)| Said {
            left: *left,
            right: *right,
            same: *same,
        });
        let said: Vec<Said> = said.collect();
        let whole = register(early);
        let Linked {
            model, clusters, ..
        } = link(&whole, &settings(40), &|_| ());
        let mut index = Index::new(whole, model, &clusters, &said, settings(40));
        let rows: Vec<Row<'_>> = late.iter().map(row).collect();
        let taken = index.take_all(&rows);
        (index, taken)
    };
    // Whatever both say, they are where somebody has said that they are.
    let (index, _) = said(&[(one, first, true), (first, second, true)]);
    let of = |index: &Index, record| index.persons().of(record);
    assert_eq!(of(&index, first), of(&index, one));
    assert_eq!(of(&index, second), of(&index, one));
    // A word that parts is the stronger one.
    let (index, _) = said(&[(one, first, true), (one, first, false)]);
    assert_ne!(of(&index, first), of(&index, one));
    // Two that stand stay two, and people are asked.
    let (index, taken) = said(&[(one, first, true), (other, first, true)]);
    assert_ne!(of(&index, one), of(&index, other));
    let asked = taken[0].proposals.iter().any(|it| {
        let Proposal::Merge {
            one: a, other: b, ..
        } = it
        else {
            return false;
        };
        let both = [of(&index, one), of(&index, other)];
        both.contains(&Some(*a)) && both.contains(&Some(*b))
    });
    assert!(asked, "{:?}", taken[0]);
    let chosen = crate::review::late(&index, &taken, &BTreeSet::new());
    let merge = crate::review::Kind::Merge;
    assert!(
        chosen
            .iter()
            .any(|it| it.kind == merge && it.right == first)
    );
}
