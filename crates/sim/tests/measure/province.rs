//! A made-up province as a house would know it, and beside it what is true of it.

use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use base::day::Day;
use card_core::facts::{Facts, Gathering, ListOf};
use card_core::household::{Households, Listed};
use card_core::link::register::{Register, Row as Folded};
use card_core::link::{self, Linked, Settings};
use card_core::list::Kind;
use card_core::measure::carry::Counts;
use card_core::measure::{Frame, HOUSEHOLDS_MAX, Outcome};
use card_core::rule::{self, Programme, Verdict};
use card_core::running::Told;
use fastrand::Rng;
use sim::families::programme::{self as lists, Flags};

/// The rules that lists are adopted by.
const RULES: &str = include_str!("../../../card-core/data/programmes/tunai.toml");

/// Programmes of other aid that lists name.
const AID: [&str; 3] = ["PKH", "SEMBAKO", "BLT DD"];

const KINDS: [Kind; 7] = [
    Kind::Dtsen,
    Kind::Bansos,
    Kind::Kematian,
    Kind::Pindah,
    Kind::Kpm,
    Kind::Desa,
    Kind::Gagal,
];

/// Who is met at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meets {
    /// Nine of ten, fewer in some villages than in others.
    Alike,
    /// The same, and of those who are in error half as many.
    ErringLess,
}

/// Shares of a part of the province, as sums.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sums {
    receiving: f64,
    wrong: f64,
    eligible: f64,
    left_out: f64,
}

impl Sums {
    fn add(&mut self, receives: bool, eligible: u32) {
        let served = u32::from(receives);
        self.receiving += f64::from(served);
        self.wrong += f64::from(u32::from(receives && eligible == 0));
        self.eligible += f64::from(eligible);
        self.left_out += f64::from(eligible.saturating_sub(served));
    }

    pub(crate) fn inclusion(&self) -> Option<f64> {
        (self.receiving > 0.0).then(|| self.wrong / self.receiving)
    }

    pub(crate) fn exclusion(&self) -> Option<f64> {
        (self.eligible > 0.0).then(|| self.left_out / self.eligible)
    }
}

/// What is true of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    pub(crate) inclusion: f64,
    pub(crate) exclusion: f64,
}

/// A list that was adopted.
pub(crate) struct List {
    pub(crate) name: &'static str,
    pub(crate) frame: Frame,
    /// Over everybody, whether a village is known or not.
    pub(crate) truth: Truth,
    /// Of each regency, by its code.
    pub(crate) regencies: Vec<(String, Sums)>,
    /// What the rules count of it.
    pub(crate) by_rules: Counts,
    receives: Vec<bool>,
}

/// What is true of a family that a house knows.
#[derive(Debug, Clone, Copy)]
struct Found {
    outcome: Outcome,
    eligible: u32,
}

/// A province as it is known, and the answers.
pub(crate) struct Province {
    pub(crate) seed: u64,
    pub(crate) linked: Linked,
    pub(crate) lists: Vec<List>,
    found: Vec<Found>,
    /// How seldom somebody is met in the village of each family, in odds.
    far: Vec<f64>,
    /// The person of each record.
    persons: Vec<u32>,
    records: usize,
}

/// A line of a list: fields by their columns, and the answer beside them.
struct Line {
    fields: Vec<String>,
    person: u32,
    family: u32,
    flags: Flags,
}

impl Province {
    /// Makes one, and has its lists linked and judged.
    pub(crate) fn of(seed: u64, recipients: usize) -> Self {
        let lines = lines(seed, recipients);
        let (register, told, areas) = read(&lines);
        let linked = link::link(&register, &Settings::default(), &|_| ());
        let listed = KINDS.map(|kind| Listed { kind, order: 1 });
        let list: Vec<u16> = told.iter().map(|it| it.list).collect();
        let heads: Vec<bool> = told.iter().map(|it| it.is_head).collect();
        let households = Households::new(&register, &linked.clusters, &listed, &list, &heads);
        let facts = facts(&register, &households, &listed, &told, &areas);
        let answers: Vec<&Line> = lines.iter().flatten().collect();
        let found = found(&answers, &households);
        let on = Day::new(2026, 11, 28).expect("a day");
        let programme = Programme::parse(RULES).expect("a programme");
        let judged = rule::judge(&programme, &facts, on);
        let verdicts: Vec<Verdict> = (0..facts.families.len())
            .map(|at| judged.verdict(at))
            .collect();
        let mut rng = Rng::with_seed(seed ^ 0x6d65_6173);
        let running: Vec<bool> = facts
            .families
            .iter()
            .map(|it| it.running.is_some())
            .collect();
        let by_rule: Vec<bool> = verdicts.iter().map(|it| *it == Verdict::Included).collect();
        let careless = careless(&facts, &running, &mut rng);
        let list = |name, receives| List::new(name, receives, &facts, &found, &verdicts);
        let lists = vec![
            list("the running list", running),
            list("a list by the rules", by_rule),
            list("a list kept badly in some villages", careless),
        ];
        let far = far(&facts, &mut rng);
        Self {
            seed,
            lists,
            found,
            far,
            persons: answers.iter().map(|it| it.person).collect(),
            records: answers.len(),
            linked,
        }
    }

    /// Whether a pair of records is of one person.
    pub(crate) fn is_one(&self, pair: usize) -> bool {
        let pair = &self.linked.pairs[pair];
        self.persons[pair.left as usize] == self.persons[pair.right as usize]
    }

    /// What is found where somebody goes, in the sample of a number.
    pub(crate) fn found(&self, list: &List, place: u32, meets: Meets, number: u64) -> Outcome {
        let at = place as usize;
        let Found { outcome, eligible } = self.found[at];
        let is_wrong = list.receives[at] == (eligible == 0);
        let odds = self.far[at]
            * if meets == Meets::ErringLess && is_wrong {
                9.0
            } else {
                1.0
            };
        let mut rng = Rng::with_seed(self.seed << 48 ^ number << 32 ^ u64::from(place));
        if rng.f64() < odds / (1.0 + odds) {
            return Outcome::Unreached;
        }
        outcome
    }

    pub(crate) fn told(&self) -> String {
        let families = self.found.len();
        let part = self
            .found
            .iter()
            .filter(|it| it.outcome == Outcome::Part)
            .count();
        let several =
            |it: &&Found| matches!(it.outcome, Outcome::Found { households, .. } if households > 1);
        format!(
            "{} records, {families} families, of which {part} are part of another one and {} stand for several",
            self.records,
            self.found.iter().filter(several).count()
        )
    }
}

impl List {
    fn new(
        name: &'static str,
        receives: Vec<bool>,
        facts: &Facts,
        found: &[Found],
        verdicts: &[Verdict],
    ) -> Self {
        let village = |at: usize| {
            let area = facts.families[at].area;
            area.map_or("", |area| facts.areas[area as usize].as_str())
        };
        let places = receives.iter().enumerate();
        let frame = Frame::gather(places.map(|(at, receives)| (village(at), *receives)));
        let mut whole = Sums::default();
        let mut regencies: BTreeMap<&str, Sums> = BTreeMap::new();
        let mut by_rules = Counts::default();
        for (at, receives) in receives.iter().enumerate() {
            whole.add(*receives, found[at].eligible);
            if let Some(code) = village(at).get(..5) {
                let of = regencies.entry(code).or_default();
                of.add(*receives, found[at].eligible);
            }
            let count = match (verdicts[at], receives) {
                (Verdict::Excluded, true) => &mut by_rules.excluded,
                (Verdict::Included, true) => &mut by_rules.served,
                (Verdict::Unknown, true) => &mut by_rules.unknown,
                (Verdict::Included, false) => &mut by_rules.missing,
                (Verdict::Unknown, false) => &mut by_rules.missing_unknown,
                (Verdict::Excluded, false) => continue,
            };
            *count += 1;
        }
        let regencies = regencies
            .into_iter()
            .map(|(code, it)| (code.to_owned(), it));
        Self {
            name,
            truth: Truth {
                inclusion: whole.inclusion().expect("somebody receives"),
                exclusion: whole.exclusion().expect("somebody is eligible"),
            },
            regencies: regencies.collect(),
            frame,
            by_rules,
            receives,
        }
    }
}

/// The lists, each in an order without meaning.
fn lines(seed: u64, recipients: usize) -> [Vec<Line>; KINDS.len()] {
    let programme = lists::Programme {
        seed,
        recipients,
        families: recipients * 2,
        careless: 1.0,
    };
    let mut lines: [Vec<Line>; KINDS.len()] = Default::default();
    let written = programme.write(|row| {
        let at = lists::List::ALL.iter().position(|it| *it == row.list);
        lines[at.expect("a list")].push(Line {
            fields: row.fields.iter().map(|it| (*it).to_owned()).collect(),
            person: row.person,
            family: row.family,
            flags: row.flags,
        });
    });
    written.expect("enough families");
    let mut rng = Rng::with_seed(seed);
    lines.iter_mut().for_each(|of| rng.shuffle(of));
    lines
}

type Read = (Register, Vec<Told>, Vec<Option<AreaCode>>);

/// All rows, as an examination reads them.
fn read(lines: &[Vec<Line>; KINDS.len()]) -> Read {
    let (mut register, mut told, mut areas) = (Register::new(), Vec::new(), Vec::new());
    for (at, (list, of)) in lists::List::ALL.iter().zip(lines).enumerate() {
        let columns: Vec<&str> = list.headings().split(',').collect();
        for (row, line) in (1..).zip(of) {
            let field = |name: &str| {
                let at = columns.iter().position(|it| *it == name);
                at.map_or("", |at| line.fields[at].as_str())
            };
            register.push(&Folded {
                source: KINDS[at].as_str(),
                nik: field("nik"),
                kk: field("no_kk"),
                name: field("nama"),
                birth: field("tgl_lahir"),
                sex: field("jk"),
                birthplace: field("tempat_lahir"),
                mother: field("ibu_kandung"),
                relation: field("hubungan"),
                address: field("alamat"),
                village: field("kode_desa"),
            });
            let mut it = Told::new(u16::try_from(at).expect("few"), row);
            it.decile = field("desil").parse().unwrap_or(0);
            it.is_head = field("hubungan") == "KEPALA";
            it.rupiah = field("nilai").parse().ok();
            let aid = AID.iter().position(|it| *it == field("program"));
            it.programmes = aid.map_or(0, |at| 1 << at);
            it.away = KINDS[at] == Kind::Pindah && !field("kode_tujuan").starts_with("62");
            told.push(it);
            areas.push(dotted(field("kode_desa")));
        }
    }
    register.settle();
    (register, told, areas)
}

/// `6207102007` as `62.07.10.2007`.
fn dotted(digits: &str) -> Option<AreaCode> {
    let parts = [
        digits.get(..2)?,
        digits.get(2..4)?,
        digits.get(4..6)?,
        digits.get(6..)?,
    ];
    parts.join(".").parse().ok()
}

fn facts(
    register: &Register,
    households: &Households,
    listed: &[Listed],
    told: &[Told],
    areas: &[Option<AreaCode>],
) -> Facts {
    let id = |at: usize| (at as u128).to_be_bytes();
    let persons: Vec<[u8; 16]> = (0..households.family.len()).map(id).collect();
    // Families by their places: the order of ids is that of places.
    let families: Vec<[u8; 16]> = (0..households.families as usize).map(id).collect();
    let gathering = Gathering {
        register,
        households,
        lists: listed,
        told,
        areas,
        persons: &persons,
        families: &families,
        businesses: &[],
    };
    let named = |(number, kind): (i64, &Kind)| ListOf {
        number,
        kind: kind.as_str().to_owned(),
        title: String::new(),
        as_of: None,
    };
    let lists = (1..).zip(&KINDS).map(named).collect();
    gathering.facts(lists, AID.map(str::to_owned).into(), Vec::new())
}

/// What is true of each family that the house knows: a true family is met where most of its
/// rows stand.
fn found(lines: &[&Line], households: &Households) -> Vec<Found> {
    let mut rows: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    let mut is_here: BTreeSet<u32> = BTreeSet::new();
    let mut barred: BTreeSet<u32> = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        let known = households.of(at);
        *rows.entry((line.family, known)).or_default() += 1;
        let (dead, moved) = (line.flags.has(Flags::DEAD), line.flags.has(Flags::MOVED));
        if !dead && !moved {
            is_here.insert(line.family);
        }
        if [Flags::AIDED, Flags::DECILE, Flags::UNKNOWN]
            .into_iter()
            .any(|it| line.flags.has(it))
        {
            barred.insert(line.family);
        }
    }
    let mut home: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for ((family, known), count) in rows {
        let best = home.entry(family).or_insert((known, count));
        if count > best.1 {
            *best = (known, count);
        }
    }
    // Homes, of them those who live here, of them those who should receive.
    let mut at_home = vec![(0_u32, 0_u32, 0_u32); households.families as usize];
    for (family, (known, _)) in home {
        let of = &mut at_home[known as usize];
        let lives = is_here.contains(&family);
        of.0 += 1;
        of.1 += u32::from(lives);
        of.2 += u32::from(lives && !barred.contains(&family));
    }
    at_home
        .into_iter()
        .map(|(homes, here, eligible)| Found {
            eligible,
            outcome: match (homes, here) {
                (0, _) => Outcome::Part,
                (_, 0) => Outcome::Gone,
                (_, households) => Outcome::Found {
                    households: households.min(HOUSEHOLDS_MAX),
                    eligible: eligible.min(HOUSEHOLDS_MAX),
                },
            },
        })
        .collect()
}

/// Of a hundred villages, those where the list is kept badly.
const BAD: u32 = 15;
/// Of a hundred who receive there, those in whose place somebody else does.
const SWAPPED: u32 = 40;

/// The running list, where in some villages others receive in the place of some.
fn careless(facts: &Facts, running: &[bool], rng: &mut Rng) -> Vec<bool> {
    let mut receives = running.to_vec();
    let mut by_village: BTreeMap<u32, [Vec<usize>; 2]> = BTreeMap::new();
    for (at, family) in facts.families.iter().enumerate() {
        if let Some(area) = family.area {
            by_village.entry(area).or_default()[usize::from(running[at])].push(at);
        }
    }
    for [others, receivers] in by_village.into_values() {
        if rng.u32(0..100) >= BAD || others.is_empty() {
            continue;
        }
        for at in receivers {
            if rng.u32(0..100) < SWAPPED {
                let other = others[rng.usize(0..others.len())];
                receives[at] = false;
                receives[other] = true;
            }
        }
    }
    receives
}

/// How seldom people are met: the odds of each family by its village, one in ten on average.
fn far(facts: &Facts, rng: &mut Rng) -> Vec<f64> {
    let odds: Vec<f64> = facts
        .areas
        .iter()
        .map(|_| 0.03 + 0.16 * rng.f64())
        .collect();
    let of = |area: Option<u32>| area.map_or(0.1, |area| odds[area as usize]);
    facts.families.iter().map(|it| of(it.area)).collect()
}
