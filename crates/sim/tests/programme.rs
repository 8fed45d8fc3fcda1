//! Whether the answers to the lists of a programme follow from the lists and from whom
//! their rows are: they are found here once more, with nothing but the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sim::families::programme::{
    ABOVE, AIDED, DIED, DIED_ALONE, LEFT_OUT, LINE, List, MOVED_OUT, PAID, Programme, TWICE,
    UNKNOWN,
};
use sim::live::families::write_programme;
use tempfile::TempDir;

const FLAGS: [&str; 8] = [
    "duplicate",
    "dead",
    "moved",
    "aided",
    "decile",
    "unknown",
    "left_out",
    "alone",
];

const FILES: [(&str, &str); 9] = [
    (
        "dtsen",
        "nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa,desil",
    ),
    (
        "bansos",
        "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,alamat,kode_desa,program",
    ),
    (
        "kematian",
        "nik,no_kk,nama,tgl_lahir,jk,alamat,kode_desa,tgl_meninggal",
    ),
    (
        "pindah",
        "nik,no_kk,nama,tgl_lahir,jk,kode_desa,tgl_pindah,kode_tujuan",
    ),
    (
        "kpm",
        "no_kartu,nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,alamat,kode_desa,nilai",
    ),
    (
        "desa",
        "nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa",
    ),
    ("gagal", "no_kartu,nik,nama,tgl_gagal,nilai,alasan"),
    ("truth", "file,row,entity_id,family_id"),
    (
        "answers",
        "file,row,family_id,duplicate,dead,moved,aided,decile,unknown,left_out,alone",
    ),
];

/// A row by its columns.
type Row = BTreeMap<String, String>;

fn programme(seed: u64, recipients: usize) -> Programme {
    Programme {
        seed,
        recipients,
        families: recipients * 2,
        careless: 1.0,
    }
}

fn written(programme: &Programme) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_programme(programme, folder.path()).expect("written");
    folder
}

/// The fields of a line (RFC 4180 §2).
fn fields(line: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => found.push(String::new()),
            letter => found.last_mut().expect("a field").push(letter),
        }
    }
    found
}

fn rows(folder: &Path, name: &str) -> Vec<Row> {
    let text = fs::read_to_string(folder.join(format!("{name}.csv"))).expect("a file");
    let mut lines = text.lines();
    let headings = fields(lines.next().expect("headings"));
    lines
        .map(|line| {
            let fields = fields(line);
            assert_eq!(fields.len(), headings.len(), "{name}: {line}");
            headings.iter().cloned().zip(fields).collect()
        })
        .collect()
}

fn number(row: &Row, column: &str) -> u32 {
    row[column].parse().expect("a number")
}

/// The lists, each row with the person and the family that it is of.
struct Lists(BTreeMap<String, Vec<(Row, u32, u32)>>);

impl Lists {
    fn read(folder: &Path) -> Self {
        let mut lists: BTreeMap<String, Vec<(Row, u32, u32)>> = BTreeMap::new();
        let mut of: BTreeMap<(String, u32), (u32, u32)> = BTreeMap::new();
        for row in rows(folder, "truth") {
            let whose = (number(&row, "entity_id"), number(&row, "family_id"));
            let at = (row["file"].clone(), number(&row, "row"));
            assert_eq!(of.insert(at, whose), None, "two truths: {row:?}");
        }
        for list in List::ALL {
            let name = list.name();
            let rows = (1..).zip(rows(folder, name)).map(|(at, row)| {
                let (person, family) = of.remove(&(name.to_owned(), at)).expect("a truth");
                (row, person, family)
            });
            lists.insert(name.to_owned(), rows.collect());
        }
        assert!(of.is_empty(), "truths of no row: {of:?}");
        Self(lists)
    }

    fn of(&self, name: &str) -> &[(Row, u32, u32)] {
        &self.0[name]
    }

    fn families(&self, name: &str) -> BTreeSet<u32> {
        self.of(name).iter().map(|(.., family)| *family).collect()
    }

    /// The answers, by file and row: the family and its flags.
    fn answers(&self) -> BTreeMap<(String, u32), (u32, [bool; 8])> {
        let dead: BTreeSet<u32> = self.of("kematian").iter().map(|it| it.1).collect();
        let out: BTreeSet<u32> = self
            .of("pindah")
            .iter()
            .filter(|(row, ..)| !row["kode_tujuan"].starts_with("62"))
            .map(|it| it.1)
            .collect();
        let aided = self.families("bansos");
        let known = self.families("dtsen");
        let mut survived = BTreeSet::new();
        for (_, person, family) in self.0.values().flatten() {
            if !dead.contains(person) {
                survived.insert(*family);
            }
        }
        let mut decile = BTreeMap::new();
        let mut lived_in = BTreeSet::new();
        for (row, person, family) in self.of("dtsen") {
            let said = number(row, "desil");
            assert!((1..=10).contains(&said));
            // A family has one decile in all its rows.
            assert_eq!(*decile.entry(*family).or_insert(said), said);
            if !dead.contains(person) && !out.contains(person) {
                lived_in.insert(*family);
            }
        }
        let is_above = |family| decile.get(family).is_some_and(|it| *it > u32::from(LINE));
        let mut answers = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (at, (_, person, family)) in (1..).zip(self.of("kpm")) {
            let flags = [
                !seen.insert(*family),
                dead.contains(person),
                out.contains(person),
                aided.contains(family),
                is_above(family),
                !known.contains(family),
                false,
                dead.contains(person) && !survived.contains(family),
            ];
            answers.insert(("kpm".to_owned(), at), (*family, flags));
        }
        for (at, (.., family)) in (1..).zip(self.of("dtsen")) {
            let is_eligible =
                !is_above(family) && !aided.contains(family) && lived_in.contains(family);
            if is_eligible && seen.insert(*family) {
                let flags = [false, false, false, false, false, false, true, false];
                answers.insert(("dtsen".to_owned(), at), (*family, flags));
            }
        }
        answers
    }
}

#[test]
fn the_same_seed_writes_the_same_files() {
    let read = |folder: &Path| {
        let names = fs::read_dir(folder).expect("a folder");
        names
            .map(|entry| entry.expect("a file").path())
            .map(|path| {
                (
                    path.file_name().map(ToOwned::to_owned),
                    fs::read(&path).ok(),
                )
            })
            .collect::<BTreeMap<_, _>>()
    };
    let of = |seed| read(written(&programme(seed, 300)).path());
    let first = of(1);
    assert_eq!(first.len(), FILES.len() + 1);
    assert!(first == of(1));
    assert!(first != of(2));
}

#[test]
fn every_file_has_its_headings() {
    let folder = written(&programme(3, 100));
    for (name, headings) in FILES {
        let text = fs::read_to_string(folder.path().join(format!("{name}.csv")));
        let text = text.expect("a file");
        assert_eq!(text.lines().next(), Some(headings), "{name}");
        assert!(text.lines().count() > 1, "{name} is empty");
        assert!(!text.contains('\r') && text.ends_with('\n'), "{name}");
    }
}

#[test]
fn the_answers_are_those_of_the_lists() {
    for seed in [4, 5] {
        let folder = written(&programme(seed, 2_000));
        let lists = Lists::read(folder.path());
        assert_eq!(lists.of("kpm").len(), 2_000);
        let mut told = BTreeMap::new();
        for row in rows(folder.path(), "answers") {
            let flags = FLAGS.map(|flag| row[flag] == "1");
            let at = (row["file"].clone(), number(&row, "row"));
            told.insert(at, (number(&row, "family_id"), flags));
        }
        let found = lists.answers();
        assert_eq!(told.len(), found.len());
        for (at, answer) in &found {
            assert_eq!(told.get(at), Some(answer), "seed {seed}: {at:?}");
        }
        let text = fs::read(folder.path().join("answers.json")).expect("a file");
        let totals: serde_json::Value = serde_json::from_slice(&text).expect("totals");
        for (nth, flag) in FLAGS.iter().enumerate() {
            let of = found.iter().filter(|(_, (_, flags))| flags[nth]);
            let paid = of.clone().filter(|((file, at), _)| {
                file == "kpm" && lists.of("kpm")[*at as usize - 1].0["nilai"] == PAID.to_string()
            });
            let told = &totals["flags"][flag];
            assert_eq!(told["rows"], of.count(), "{flag}");
            assert_eq!(
                told["rupiah"],
                paid.count() as u64 * u64::from(PAID),
                "{flag}"
            );
        }
        let right = found.values().filter(|(_, flags)| *flags == [false; 8]);
        assert_eq!(totals["flags"]["right"]["rows"], right.count());
    }
}

#[test]
fn each_fault_has_its_share() {
    let recipients = 5_000;
    let folder = written(&programme(6, recipients));
    let found = Lists::read(folder.path()).answers();
    let shares = [
        ("duplicate", TWICE),
        ("dead", DIED + DIED_ALONE),
        ("moved", MOVED_OUT),
        ("aided", AIDED),
        ("decile", ABOVE),
        ("unknown", UNKNOWN),
        ("left_out", LEFT_OUT),
    ];
    for (nth, (flag, share)) in shares.into_iter().enumerate() {
        let count = found.values().filter(|(_, flags)| flags[nth]).count();
        let drawn = recipients * share / 1000;
        // Some have it besides another fault, or twice.
        let most = drawn * 5 / 4 + 10;
        assert!((drawn..=most).contains(&count), "{flag}: {count}");
    }
    let alone = found.values().filter(|(_, flags)| flags[7]).count();
    let drawn = recipients * DIED_ALONE / 1000;
    assert!((drawn..drawn * 3 / 2).contains(&alone), "alone: {alone}");
}

#[test]
fn cards_villages_and_moves_are_what_they_look_like() {
    let folder = written(&programme(7, 3_000));
    let areas = include_str!("../../../assets/areas/areas.csv");
    let villages: BTreeSet<String> = areas
        .lines()
        .filter_map(|line| line.split(',').next())
        .filter(|code| code.len() == 13)
        .map(|code| code.replace('.', ""))
        .collect();
    let lists = Lists::read(folder.path());
    for (name, rows) in &lists.0 {
        for (row, ..) in rows
            .iter()
            .filter(|(row, ..)| row.contains_key("kode_desa"))
        {
            assert!(villages.contains(&row["kode_desa"]), "{name}: {row:?}");
        }
    }
    let is_elsewhere = |to: &String| to.len() == 4 && !to.starts_with("62");
    let (mut out, mut within) = (0, 0);
    for (row, ..) in lists.of("pindah") {
        let to = &row["kode_tujuan"];
        assert!(villages.contains(to) || is_elsewhere(to), "{row:?}");
        out += u32::from(is_elsewhere(to));
        within += u32::from(!is_elsewhere(to));
    }
    assert!(out > 50 && within > 50, "{out} out, {within} within");
    let kpm = lists.of("kpm");
    let cards: BTreeSet<&String> = kpm.iter().map(|(row, ..)| &row["no_kartu"]).collect();
    assert!(cards.iter().all(|card| card.len() == 16));
    let doubled = kpm.len() - cards.len();
    assert!((1..20).contains(&doubled), "{doubled}");
    assert!(kpm.iter().any(|(row, ..)| row["nilai"].is_empty()));
    for (row, person, _) in lists.of("gagal") {
        let card = |it: &&(Row, u32, u32)| it.0["no_kartu"] == row["no_kartu"] && it.1 == *person;
        assert!(kpm.iter().any(|it| card(&it)), "{row:?}");
    }
    // Whom the lists have under one whole number, they have under their own.
    let dtsen = lists.of("dtsen");
    let mut people: BTreeMap<&String, BTreeSet<u32>> = BTreeMap::new();
    for (row, person, _) in dtsen {
        people.entry(&row["nik"]).or_default().insert(*person);
    }
    let shared = people.values().filter(|people| people.len() > 1).count();
    assert!(shared < dtsen.len() / 50, "{shared} of {}", dtsen.len());
}
