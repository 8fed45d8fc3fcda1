//! Three lists of the demonstration that do not agree, in the way in which such lists do
//! not: of other days, with other words, with numbers that do not add up, with rows that
//! name no code, and about some villages the opposite of each other on the same day.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::day::Day;
use reach_core::flow::State;
use reach_core::register::is_kelurahan;

use super::{DemoPoint, SEED, Village, register};

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoList {
    /// By which it is found again.
    pub key: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Whose it is.
    pub owner: &'static str,
    /// The day whose state it tells.
    pub as_of: Day,
    /// What its words mean.
    pub definition: &'static str,
    /// How many villages its source says there are.
    pub announced: i64,
    /// How many of each status.
    pub announced_of: Vec<(State, i64)>,
    /// The file.
    pub csv: String,
}

/// Villages of the first list, and how many of those rows name no code.
const FIRST: usize = 457;
const FIRST_UNCODED: usize = 6;

/// Of the second: so many rows of each status. Their sum is not what is announced.
const SECOND: [(State, &str, usize); 3] = [
    (State::Active, "aktif", 202),
    (State::Inactive, "tidak aktif", 18),
    (State::InDistribution, "distribusi", 149),
];
const SECOND_ANNOUNCED: i64 = 376;

/// Of the third; so many of them the second calls active.
const THIRD: usize = 65;
const THIRD_AGAINST: usize = 9;

/// The lists, as of a day; the second names the villages of the points.
#[must_use]
pub fn lists(points: &[DemoPoint], today: Day) -> [DemoList; 3] {
    let mut rng = fastrand::Rng::with_seed(SEED);
    let mut desa: Vec<Village> = register();
    desa.retain(|village| !is_kelurahan(&village.code));
    let names: BTreeMap<AreaCode, String> = desa
        .iter()
        .map(|village| (village.code.clone(), village.name.clone()))
        .collect();
    let of_points: Vec<&DemoPoint> = points
        .iter()
        .filter(|point| names.contains_key(&point.village))
        .collect();
    let mut codes: Vec<AreaCode> = desa.into_iter().map(|village| village.code).collect();
    rng.shuffle(&mut codes);
    let before = |days: i32| today.plus(-days).unwrap_or(today);
    let second = second(&of_points, &codes);
    let third = third(points, &second, &codes);
    [
        DemoList {
            key: "list/1",
            title: "SIMULASI: daftar desa blank spot",
            owner: "Dinas Contoh Pertama (simulasi)",
            as_of: before(560),
            definition: "simulasi: desa tanpa jaringan data",
            announced: i64::try_from(FIRST).unwrap_or(0),
            announced_of: Vec::new(),
            csv: first(&codes, &names),
        },
        DemoList {
            key: "list/2",
            title: "SIMULASI: desa penerima perangkat",
            owner: "Dinas Contoh Kedua (simulasi)",
            as_of: before(190),
            definition: "simulasi: desa tanpa sinyal sebelum menerima perangkat",
            announced: SECOND_ANNOUNCED,
            announced_of: SECOND
                .iter()
                .map(|(state, _, rows)| (*state, i64::try_from(*rows).unwrap_or(0)))
                .collect(),
            csv: written(
                "kode desa,desa,status,blank spot",
                second.iter().map(|(code, word)| {
                    let blank = if *word == "aktif" { "tidak" } else { "ya" };
                    format!("{code},{},{word},{blank}", names[code])
                }),
            ),
        },
        DemoList {
            key: "list/3",
            title: "SIMULASI: desa tanpa sinyal sama sekali",
            owner: "Badan Contoh Ketiga (simulasi)",
            as_of: before(190),
            definition: "simulasi: desa tanpa sinyal sebelum menerima perangkat",
            announced: i64::try_from(THIRD).unwrap_or(0),
            announced_of: Vec::new(),
            csv: written(
                "kode desa,desa,blank spot",
                third
                    .iter()
                    .map(|code| format!("{code},{},ya", names[code])),
            ),
        },
    ]
}

fn first(codes: &[AreaCode], names: &BTreeMap<AreaCode, String>) -> String {
    let rows = codes.iter().take(FIRST).zip(0..).map(|(code, at)| {
        // By its name alone nobody can tell which village that is.
        match at < FIRST_UNCODED {
            true => format!(",{},ya", names[code]),
            false => format!("{code},{},ya", names[code]),
        }
    });
    written("kode desa,desa,blank spot", rows)
}

/// Villages of the points as they stand, then others until there are enough of each.
fn second(points: &[&DemoPoint], codes: &[AreaCode]) -> Vec<(AreaCode, &'static str)> {
    let mut rows: Vec<(AreaCode, &'static str)> = Vec::new();
    let mut left = SECOND.map(|(_, _, rows)| rows);
    for point in points {
        let last = point.steps.last().map(|step| step.to);
        let at = SECOND.iter().position(|(state, ..)| Some(*state) == last);
        if let Some(at) = at {
            rows.push((point.village.clone(), SECOND[at].1));
            left[at] -= 1;
        }
    }
    let named = |code: &&AreaCode| points.iter().all(|point| point.village != **code);
    // From the end on: some are on the first list too, and some are not.
    let mut others = codes.iter().rev().filter(named);
    for (at, (_, word, _)) in SECOND.iter().enumerate() {
        rows.extend(
            others
                .by_ref()
                .take(left[at])
                .map(|code| (code.clone(), *word)),
        );
    }
    rows.sort();
    rows
}

/// Some that the second list calls active, and others.
fn third(
    points: &[DemoPoint],
    second: &[(AreaCode, &'static str)],
    codes: &[AreaCode],
) -> Vec<AreaCode> {
    use super::boxes::Habit;
    let contradicted = points
        .iter()
        .filter(|point| matches!(point.provided, Some((_, Habit::Contradicted))))
        .map(|point| point.village.clone());
    let active = second.iter().filter(|(_, word)| *word == "aktif");
    let is_of_a_point = |code: &AreaCode| points.iter().any(|point| point.village == *code);
    let mut rows: Vec<AreaCode> = contradicted.collect();
    let against = active
        .map(|(code, _)| code)
        .filter(|code| !is_of_a_point(code))
        .step_by(7)
        .take(THIRD_AGAINST - rows.len());
    rows.extend(against.cloned());
    let known = |code: &&AreaCode| second.iter().all(|(other, _)| other != *code);
    let missing = THIRD - rows.len();
    rows.extend(
        codes
            .iter()
            .filter(known)
            .filter(|code| !is_of_a_point(code))
            .take(missing)
            .cloned(),
    );
    rows.sort();
    rows
}

fn written(heads: &str, rows: impl Iterator<Item = String>) -> String {
    let mut text = format!("{heads}\n");
    for row in rows {
        text.push_str(&row);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use base::now::Wall;

    use super::*;

    #[test]
    fn their_rows_are_as_many_as_they_say_and_their_numbers_do_not_add_up() {
        let today: Day = "2026-03-02".parse().expect("a day");
        let points = super::super::points(Wall::from_us(1_772_409_600_000_000), today);
        let [first, second, third] = lists(&points, today);
        let rows = |list: &DemoList| list.csv.lines().count() - 1;
        assert_eq!((rows(&first), rows(&second), rows(&third)), (457, 369, 65));
        let sum: i64 = second.announced_of.iter().map(|(_, n)| n).sum();
        assert_eq!((second.announced, sum), (376, 369));
        for list in [&first, &second, &third] {
            assert!(list.title.starts_with("SIMULASI") && list.owner.ends_with("(simulasi)"));
            let mut codes: Vec<_> = list
                .csv
                .lines()
                .skip(1)
                .filter_map(|line| line.split(',').next())
                .filter(|code| !code.is_empty())
                .collect();
            let all = codes.len();
            codes.dedup();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), all, "no village twice");
        }
        let active = second.csv.lines().filter(|line| line.contains(",aktif,"));
        let code = |line: &str| line[..13].to_owned();
        let against = active
            .map(code)
            .filter(|code| third.csv.lines().any(|line| line.starts_with(code)));
        assert_eq!(against.count(), THIRD_AGAINST);
    }
}
