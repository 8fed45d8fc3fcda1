//! Judging held against every world that is possible.
//!
//! Where something is not known it may be any of several things. A judge of this file
//! knows no unknown: it makes each world in which all is settled, and asks the rules there
//! by yes and no, straight from what the words of rule files mean. A verdict must hold in
//! every one of those worlds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::asked::{Asked, leaf, term};
use super::*;

impl Asked {
    fn holds(&self, world: &World) -> bool {
        match self {
            Self::All(of) => of.iter().all(|it| it.holds(world)),
            Self::Any(of) => of.iter().any(|it| it.holds(world)),
            Self::Not(of) => !of.holds(world),
            Self::Number(key, op, to) => {
                let is = world.number(key);
                match *op {
                    "=" => is == *to,
                    "!=" => is != *to,
                    "<" => is < *to,
                    "<=" => is <= *to,
                    ">" => is > *to,
                    ">=" => is >= *to,
                    _ => unreachable!(),
                }
            }
            Self::Between(key, from, to) => (*from..=*to).contains(&world.number(key)),
            Self::Flag(key, is) => world.flag(key) == *is,
            Self::In(key, codes) => codes.iter().any(|code| {
                let area = match *key {
                    "wilayah" => world.area,
                    _ => world.site,
                };
                area == *code || area.starts_with(&format!("{code}."))
            }),
            Self::Gets("bantuan", names) => names.iter().any(|it| world.gets.contains(it)),
            Self::Gets(_, names) => names.iter().any(|it| world.granted.contains(it)),
        }
    }
}

#[derive(Debug, Clone)]
struct Member {
    /// Completed years, and whether the next birthday is tomorrow and not a year away.
    age: Option<(i32, bool)>,
    died: bool,
    gone: bool,
    woman: Option<bool>,
    head: bool,
    nik: bool,
}

/// A business of somebody of a home, or of nobody who is known.
#[derive(Debug, Clone)]
struct Shop {
    turnover: Option<i32>,
    years: Option<u8>,
    sector: Option<u8>,
    nib: bool,
    grants: Option<Vec<&'static str>>,
    site: Option<usize>,
    owner: Option<usize>,
}

#[derive(Debug, Clone)]
struct Home {
    decile: Option<u8>,
    area: Option<usize>,
    card: bool,
    address: bool,
    /// Proposed, on the running list, a failed transfer.
    listed: [bool; 3],
    gets: Vec<&'static str>,
    members: Vec<Member>,
    shops: Vec<Shop>,
}

#[derive(Debug, Clone)]
struct Town {
    homes: Vec<Home>,
    /// Whether there are lists of proposals, of recipients, of failed transfers.
    told: [bool; 3],
    /// Of which aid lists were examined.
    examined: Vec<&'static str>,
}

const LISTED: [&str; 3] = ["usulan_desa", "kpm", "transfer_gagal"];

impl Town {
    fn facts(&self) -> Facts {
        let by = |is: bool, list| is.then_some(place(list, 7));
        let bit = |name: &&'static str| {
            let at = self.examined.iter().position(|it| it == name);
            at.map_or(0, |at| 1 << at)
        };
        let homes: Vec<(FamilyFacts, Vec<PersonFacts>)> = self
            .homes
            .iter()
            .map(|home| {
                let family = FamilyFacts {
                    area: home.area.map(|it| u32::try_from(it).expect("few")),
                    decile: home.decile,
                    proposed: by(home.listed[0], 4),
                    running: by(home.listed[1], 5),
                    failed: by(home.listed[2], 6),
                    aid: home.gets.iter().map(bit).sum(),
                    has_card: home.card,
                    has_address: home.address,
                    ..FAMILY
                };
                let persons = home.members.iter().map(|it| PersonFacts {
                    birth: it.age.map(|(age, tomorrow)| {
                        let year = 2026 - age - i32::from(tomorrow);
                        let of_month = 15 + i32::from(tomorrow);
                        Day::new(year, 6, of_month).expect("a day")
                    }),
                    died: by(it.died, 2),
                    gone: by(it.gone, 3),
                    is_woman: it.woman,
                    is_head: it.head,
                    has_nik: it.nik,
                    ..PERSON
                });
                (family, persons.collect())
            })
            .collect();
        let kinds = ["desa", "kpm", "gagal"].into_iter().zip(self.told);
        let kinds: Vec<&str> = kinds.filter(|it| it.1).map(|it| it.0).collect();
        let mut facts = Facts {
            lists: lists(&kinds),
            programmes: self.examined.iter().map(|it| (*it).to_owned()).collect(),
            ..facts(&homes)
        };
        let granted = |name: &&'static str| {
            let at = GRANTS.iter().position(|it| it == name);
            at.map_or(0, |at| 1 << at)
        };
        for (number, home) in (0_u32..).zip(&self.homes) {
            let first = facts.families[number as usize].first;
            let shops = home.shops.iter().map(|it| BusinessFacts {
                family: Some(number),
                owner: it.owner.map(|at| first + u32::try_from(at).expect("few")),
                area: it.site.map(|it| u32::try_from(it).expect("few")),
                turnover: it.turnover,
                years: it.years,
                sector: it.sector,
                has_nib: it.nib,
                grants: it.grants.as_ref().map(|it| it.iter().map(granted).sum()),
                ..BUSINESS
            });
            facts.businesses.extend(shops);
        }
        facts
    }
}

/// All of a subject settled.
#[derive(Debug, Clone)]
struct World {
    home: Home,
    /// The person, of a programme of persons.
    person: Option<usize>,
    /// The business, of a programme of businesses.
    shop: Option<Shop>,
    /// What it takes, how long it has run, in which division.
    trade: (i32, i32, i32),
    site: &'static str,
    granted: Vec<&'static str>,
    /// Of an owner who is not known: the age, and whether a woman, dead, gone.
    owner: (i32, bool, bool, bool),
    decile: i32,
    ages: Vec<i32>,
    women: Vec<bool>,
    /// Where no list calls anybody the head: whether one lives here, and whether the person
    /// is it.
    head: (bool, bool),
    /// Where no head lives here: whether it is a woman all the same.
    head_woman: bool,
    area: &'static str,
    listed: [bool; 3],
    gets: Vec<&'static str>,
}

impl World {
    fn here(&self) -> impl Iterator<Item = (usize, &Member)> {
        let members = self.home.members.iter().enumerate();
        members.filter(|(_, it)| !it.died && !it.gone)
    }

    fn aged(&self, from: i32, to: i32) -> i32 {
        let here = self.here();
        let aged = here.filter(|(at, _)| (from..=to).contains(&self.ages[*at]));
        i32::try_from(aged.count()).expect("few")
    }

    fn owned(&self) -> Option<usize> {
        self.shop.as_ref().expect("a business").owner
    }

    fn number(&self, key: &str) -> i32 {
        match key {
            "desil" => self.decile,
            "anggota" => i32::try_from(self.here().count()).expect("few"),
            "balita" => self.aged(0, 4),
            "anak" => self.aged(0, 17),
            "usia_sekolah" => self.aged(7, 18),
            "lansia" => self.aged(60, 999),
            "umur" => self.ages[self.person.expect("a person")],
            "omzet" => self.trade.0,
            "lama_usaha" => self.trade.1,
            "kbli" => self.trade.2,
            "pemilik_umur" => self.owned().map_or(self.owner.0, |at| self.ages[at]),
            _ => unreachable!("{key}"),
        }
    }

    fn flag(&self, key: &str) -> bool {
        let member = || &self.home.members[self.person.expect("a person")];
        let is_named = self.home.members.iter().any(|it| it.head);
        match key {
            "kepala_hidup" if is_named => self.here().any(|(_, it)| it.head),
            "kepala_hidup" => self.head.0,
            "kepala_perempuan" if self.here().any(|(_, it)| it.head) => {
                self.here().any(|(at, it)| it.head && self.women[at])
            }
            "kepala_perempuan" => self.head_woman,
            "kk_ada" => self.home.card,
            "alamat_ada" => self.home.address,
            "nik_lengkap" => self.here().all(|(_, it)| it.nik),
            "perempuan" => self.women[self.person.expect("a person")],
            "kepala" if is_named => member().head,
            "kepala" => self.head.1,
            "hidup" => !member().died,
            "di_sini" => !member().gone,
            "nik_ada" => member().nik,
            "nib_ada" => self.shop.as_ref().expect("a business").nib,
            "pemilik_dikenal" => self.owned().is_some(),
            "pemilik_perempuan" => self.owned().map_or(self.owner.1, |at| self.women[at]),
            "pemilik_hidup" => {
                let died = self.owned().map(|at| self.home.members[at].died);
                !died.unwrap_or(self.owner.2)
            }
            "pemilik_di_sini" => {
                let gone = self.owned().map(|at| self.home.members[at].gone);
                !gone.unwrap_or(self.owner.3)
            }
            _ => self.listed[LISTED.iter().position(|it| *it == key).expect("a key")],
        }
    }
}

/// Where a family may live whose area is known as far as that.
fn areas(known: Option<usize>) -> Vec<&'static str> {
    const PLACES: [&str; 8] = [
        "62.02.11.2001",
        "62.02.11.2999",
        "62.02.99.2999",
        "62.71.01.1001",
        "62.99.99.2999",
        "63.01.01.2001",
        "64.01.01.2001",
        "65.01.01.2001",
    ];
    let code = known.map_or("", |it| AREAS[it]);
    let within = PLACES.into_iter().filter(|it| it.starts_with(code));
    within.collect()
}

/// Every world that is possible, in which what the keys ask for is settled; none where
/// there are too many.
fn worlds(
    town: &Town,
    home: &Home,
    (person, shop): (Option<usize>, Option<&Shop>),
    keys: &BTreeSet<&str>,
) -> Option<Vec<World>> {
    let asks = |some: &[&str]| some.iter().any(|it| keys.contains(it));
    let one = World {
        home: home.clone(),
        person,
        shop: shop.cloned(),
        trade: shop.map_or((0, 0, 1), |it| {
            let small = |it: Option<u8>, other| it.map_or(other, i32::from);
            let turnover = it.turnover.unwrap_or(0);
            (turnover, small(it.years, 0), small(it.sector, 1))
        }),
        site: areas(shop.and_then(|it| it.site))[0],
        granted: shop.and_then(|it| it.grants.clone()).unwrap_or_default(),
        owner: (0, false, false, false),
        decile: home.decile.map_or(1, i32::from),
        ages: home
            .members
            .iter()
            .map(|it| it.age.map_or(0, |it| it.0))
            .collect(),
        women: home
            .members
            .iter()
            .map(|it| it.woman.unwrap_or(false))
            .collect(),
        head: (false, false),
        head_woman: false,
        area: areas(home.area)[0],
        listed: home.listed,
        gets: home.gets.clone(),
    };
    let mut all = vec![one];
    let mut split = |over: usize, set: &dyn Fn(&mut World, usize)| {
        all = all
            .iter()
            .flat_map(|world| {
                (0..over).map(move |at| {
                    let mut world = world.clone();
                    set(&mut world, at);
                    world
                })
            })
            .collect();
        (all.len() <= 20_000).then_some(())
    };
    if home.decile.is_none() && asks(&["desil"]) {
        split(10, &|it, at| {
            it.decile = i32::try_from(at).expect("few") + 1
        })?;
    }
    for (member, it) in home.members.iter().enumerate() {
        if it.age.is_none() && asks(&["balita", "anak", "usia_sekolah", "lansia"]) {
            // One of each side of every line.
            const AGES: [i32; 6] = [2, 6, 10, 18, 30, 70];
            split(AGES.len(), &|it, at| it.ages[member] = AGES[at])?;
        }
        if it.age.is_none() && person == Some(member) && asks(&["umur"]) {
            split(131, &|it, at| {
                it.ages[member] = i32::try_from(at).expect("few")
            })?;
        }
        let owns = shop.is_some_and(|it| it.owner == Some(member));
        if it.age.is_none() && owns && asks(&["pemilik_umur"]) {
            split(131, &|it, at| {
                it.ages[member] = i32::try_from(at).expect("few")
            })?;
        }
        if it.woman.is_none() && asks(&["perempuan", "kepala_perempuan", "pemilik_perempuan"]) {
            split(2, &|it, at| it.women[member] = at == 1)?;
        }
    }
    if asks(&["kepala_hidup", "kepala", "kepala_perempuan"]) {
        split(4, &|it, at| it.head = (at & 1 == 1, at & 2 == 2))?;
        split(2, &|it, at| it.head_woman = at == 1)?;
    }
    if asks(&["wilayah"]) {
        let areas = areas(home.area);
        split(areas.len(), &|it, at| it.area = areas[at])?;
    }
    for (at, key) in LISTED.iter().enumerate() {
        if !town.told[at] && !home.listed[at] && asks(&[key]) {
            split(2, &|it, is| it.listed[at] = is == 1)?;
        }
    }
    if asks(&["bantuan"]) {
        for name in PROGRAMMES {
            if !town.examined.contains(&name) {
                split(2, &|it, is| {
                    it.gets.retain(|it| *it != name);
                    it.gets.extend((is == 1).then_some(name));
                })?;
            }
        }
    }
    let Some(shop) = shop else {
        return Some(all);
    };
    // No line that is asked for lies higher than ten.
    let small = |at: usize| i32::try_from(at).expect("few");
    if shop.turnover.is_none() && asks(&["omzet"]) {
        split(12, &|it, at| it.trade.0 = small(at))?;
    }
    if shop.years.is_none() && asks(&["lama_usaha"]) {
        split(12, &|it, at| it.trade.1 = small(at))?;
    }
    if shop.sector.is_none() && asks(&["kbli"]) {
        split(11, &|it, at| it.trade.2 = small(at) + 1)?;
    }
    if asks(&["wilayah_usaha"]) {
        let areas = areas(shop.site);
        split(areas.len(), &|it, at| it.site = areas[at])?;
    }
    if shop.grants.is_none() && asks(&["bantuan_usaha"]) {
        for name in [&GRANTS[..], &["LPDB"]].concat() {
            split(2, &|it, is| it.granted.extend((is == 1).then_some(name)))?;
        }
    }
    if shop.owner.is_none() {
        if asks(&["pemilik_umur"]) {
            split(131, &|it, at| it.owner.0 = small(at))?;
        }
        if asks(&["pemilik_perempuan"]) {
            split(2, &|it, at| it.owner.1 = at == 1)?;
        }
        if asks(&["pemilik_hidup", "pemilik_di_sini"]) {
            split(4, &|it, at| {
                (it.owner.2, it.owner.3) = (at & 1 == 1, at & 2 == 2);
            })?;
        }
    }
    Some(all)
}

fn shop() -> impl Strategy<Value = Shop> {
    let grants = prop::collection::vec(select(GRANTS.to_vec()), 0..2);
    (
        prop::option::weighted(0.8, 0..12),
        prop::option::weighted(0.8, 0_u8..12),
        prop::option::weighted(0.8, 1_u8..12),
        any::<bool>(),
        prop::option::weighted(0.8, grants),
        prop::option::of(0..AREAS.len()),
        prop::option::weighted(0.8, 0_usize..4),
    )
        .prop_map(|(turnover, years, sector, nib, grants, site, owner)| Shop {
            turnover,
            years,
            sector,
            nib,
            grants,
            site,
            owner,
        })
}

fn member() -> impl Strategy<Value = Member> {
    let age = select(vec![
        0, 1, 4, 5, 6, 7, 16, 17, 18, 19, 23, 24, 59, 60, 61, 90,
    ]);
    (
        prop::option::weighted(0.7, (age, any::<bool>())),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        any::<Option<bool>>(),
        prop::bool::weighted(0.3),
        any::<bool>(),
    )
        .prop_map(|(age, died, gone, woman, head, nik)| Member {
            age,
            died,
            gone,
            woman,
            head,
            nik,
        })
}

fn town() -> impl Strategy<Value = Town> {
    let home = (
        prop::option::weighted(0.7, 1_u8..=10),
        prop::option::of(0..AREAS.len()),
        any::<(bool, bool, [bool; 3], [bool; 3])>(),
        prop::collection::vec(member(), 1..4),
        prop::collection::vec(shop(), 0..3),
    );
    (
        prop::collection::vec(home, 1..4),
        any::<[bool; 3]>(),
        any::<[bool; 3]>(),
    )
        .prop_map(|(homes, told, examined)| {
            let some = |which: [bool; 3]| PROGRAMMES.into_iter().zip(which);
            let examined: Vec<&str> = some(examined).filter(|it| it.1).map(|it| it.0).collect();
            let homes = homes.into_iter();
            let homes = homes.map(
                |(decile, area, (card, address, listed, gets), members, mut shops)| {
                    for shop in &mut shops {
                        shop.owner = shop.owner.filter(|at| *at < members.len());
                    }
                    Home {
                        decile,
                        area,
                        card,
                        address,
                        // What stands in a list comes from one that there is.
                        listed: [0, 1, 2].map(|at| listed[at] && told[at]),
                        gets: some(gets)
                            .filter(|it| it.1 && examined.contains(&it.0))
                            .map(|it| it.0)
                            .collect(),
                        members,
                        shops,
                    }
                },
            );
            Town {
                homes: homes.collect(),
                told,
                examined,
            }
        })
}

type Rules = Vec<(bool, Asked)>;

fn rules() -> impl Strategy<Value = (Subject, Rules)> {
    select(Subject::ALL.to_vec()).prop_flat_map(|subject| {
        let rules = prop::collection::vec((any::<bool>(), term(subject)), 1..4);
        (Just(subject), rules)
    })
}

fn programme(subject: Subject, rules: &Rules) -> Programme {
    let texts: Vec<String> = rules.iter().map(|it| it.1.text()).collect();
    let rules: Vec<(&str, &str)> = rules
        .iter()
        .zip(&texts)
        .map(|((requires, _), text)| {
            let kind = if *requires { "syarat" } else { "pengecualian" };
            (kind, text.as_str())
        })
        .collect();
    written(subject, &rules)
}

/// The subjects of a town: the home of each, and the person or the business.
type Whose<'a> = (&'a Home, (Option<usize>, Option<&'a Shop>));

fn subjects(town: &Town, subject: Subject) -> Vec<Whose<'_>> {
    let homes = town.homes.iter();
    match subject {
        Subject::Family => homes.map(|home| (home, (None, None))).collect(),
        Subject::Person => homes
            .flat_map(|home| (0..home.members.len()).map(move |at| (home, (Some(at), None))))
            .collect(),
        Subject::Business => homes
            .flat_map(|home| home.shops.iter().map(move |it| (home, (None, Some(it)))))
            .collect(),
    }
}

/// What each subject's verdict is, and in how many possible worlds it would be included, of
/// how many.
fn held(town: &Town, subject: Subject, rules: &Rules) -> Vec<(Verdict, usize, usize)> {
    let programme = programme(subject, rules);
    let judged = judge(&programme, &town.facts(), day(TODAY));
    let mut keys = BTreeSet::new();
    rules.iter().for_each(|it| it.1.keys(&mut keys));
    let subjects = subjects(town, subject);
    assert_eq!(judged.len(), subjects.len());
    let subjects = subjects.into_iter().enumerate();
    subjects
        .filter_map(|(at, (home, whose))| {
            let worlds = worlds(town, home, whose, &keys)?;
            let in_it = |world: &&World| {
                rules
                    .iter()
                    .all(|(requires, asked)| asked.holds(world) == *requires)
            };
            let included = worlds.iter().filter(in_it).count();
            Some((judged.verdict(at), included, worlds.len()))
        })
        .collect()
}

fn leaves_of(node: &Node, leaves: &mut Vec<(usize, Truth)>) {
    match node {
        Node::All { of, .. } | Node::Any { of, .. } => {
            of.iter().for_each(|it| leaves_of(it, leaves));
        }
        Node::Not { of, .. } => leaves_of(of, leaves),
        Node::Is { truth, leaf, .. } => leaves.push((*leaf, *truth)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_verdict_holds_in_every_possible_world(town in town(), (subject, rules) in rules()) {
        for (verdict, included, of) in held(&town, subject, &rules) {
            match verdict {
                Verdict::Included => prop_assert_eq!(included, of),
                Verdict::Excluded => prop_assert_eq!(included, 0),
                Verdict::Unknown => {}
            }
        }
    }

    #[test]
    fn one_question_is_unknown_only_where_worlds_differ(
        town in town(),
        (subject, asked) in select(Subject::ALL.to_vec())
            .prop_flat_map(|subject| (Just(subject), leaf(subject))),
        requires in any::<bool>(),
    ) {
        for (verdict, included, of) in held(&town, subject, &vec![(requires, asked)]) {
            let should = match included {
                0 => Verdict::Excluded,
                some if some == of => Verdict::Included,
                _ => Verdict::Unknown,
            };
            prop_assert_eq!(verdict, should);
        }
    }

    #[test]
    fn a_reason_is_what_was_judged(town in town(), (subject, rules) in rules()) {
        let programme = programme(subject, &rules);
        let facts = town.facts();
        let judged = judge(&programme, &facts, day(TODAY));
        let mut tally = Tally::default();
        for at in 0..judged.len() {
            let reason = reason(&programme, &facts, day(TODAY), at);
            prop_assert_eq!(reason.verdict, judged.verdict(at));
            match reason.verdict {
                Verdict::Included => tally.included += 1,
                Verdict::Excluded => tally.excluded += 1,
                Verdict::Unknown => tally.unknown += 1,
            }
            let mut leaves = Vec::new();
            for (place, rule) in reason.rules.iter().enumerate() {
                prop_assert_eq!(rule.rule, place);
                prop_assert_eq!(rule.tree.truth(), judged.rule(at, place));
                let kind = programme.rules[place].kind;
                prop_assert_eq!(rule.outcome, Outcome::of(kind, rule.tree.truth()));
                leaves_of(&rule.tree, &mut leaves);
            }
            let truths = judged.truths(at).into_iter().enumerate();
            prop_assert_eq!(leaves, truths.collect::<Vec<_>>());
            let first = |wanted| reason.rules.iter().position(|it| it.outcome == wanted);
            let deciding = first(Outcome::Fails).or(first(Outcome::Unknown));
            let told = judged.deciding(at, &programme);
            prop_assert_eq!(told.map(|it| it.0), deciding);
        }
        prop_assert_eq!(tally, judged.tally());
    }
}
