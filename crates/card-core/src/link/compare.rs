//! In what two records agree, field by field, in levels that can be told in words.

use rapidfuzz::distance::{jaro_winkler, osa};

use super::register::{Folded, Home, Register, Word, Words};
use crate::birth::Birth;
use crate::number::{Digits, LENGTH};

/// A field that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Number of the person.
    Nik,
    /// Number of the family card.
    Kk,
    /// Name.
    Name,
    /// Day of birth.
    Birth,
    /// Sex.
    Sex,
    /// Name of the mother.
    Mother,
    /// Village, street, RT and RW.
    Home,
    /// Place of birth.
    Birthplace,
    /// What the person is to the head of the family.
    Relation,
    /// Which list it stands in: one list seldom names a person twice.
    Source,
}

impl Field {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 10] = [
        Self::Nik,
        Self::Kk,
        Self::Name,
        Self::Birth,
        Self::Sex,
        Self::Mother,
        Self::Home,
        Self::Birthplace,
        Self::Relation,
        Self::Source,
    ];

    /// The word that reports use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nik => "nik",
            Self::Kk => "kk",
            Self::Name => "name",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Mother => "mother",
            Self::Home => "home",
            Self::Birthplace => "birthplace",
            Self::Relation => "relation",
            Self::Source => "source",
        }
    }

    /// Its levels, from the one that says nothing.
    #[must_use]
    pub const fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Nik | Self::Kk => &NUMBERS,
            Self::Name | Self::Mother => &NAMES,
            Self::Birth => &BIRTHS,
            Self::Home => &HOMES,
            Self::Sex | Self::Birthplace | Self::Relation | Self::Source => &SAMES,
        }
    }
}

/// What two numbers are to each other.
const NUMBERS: [&str; 8] = [
    "not told",
    "the same",
    "the same but for a last digit that a spreadsheet has lost",
    "one slip apart",
    "the same but for the serial",
    "the same birthday inside, another region or serial",
    "two slips apart",
    "different",
];

/// What two names are to each other.
const NAMES: [&str; 12] = [
    "not told",
    "the same, and rare",
    "the same",
    "the same, and common",
    "the same but for spelling",
    "one has a word more or an initial, rare",
    "one has a word more or an initial, common",
    "the first word is the same, others differ",
    "another word is the same, the first differs",
    "alike",
    "hardly alike",
    "different",
];

/// What two days of birth are to each other.
const BIRTHS: [&str; 9] = [
    "not told",
    "the same",
    "day and month changed over",
    "the same year, one day is a stand-in",
    "the same day and month, another year",
    "a month apart at most",
    "the same year",
    "two years apart at most",
    "different",
];

/// What two homes are to each other.
const HOMES: [&str; 8] = [
    "not told",
    "the same village, street and number",
    "the same village, and street or number",
    "the same village",
    "the same district",
    "the same regency",
    "elsewhere",
    "another village, the same street with the same number",
];

const SAMES: [&str; 3] = ["not told", "the same", "different"];

/// Most levels of a field.
pub(crate) const LEVELS: usize = 12;

/// Bits of a level.
const BITS: u32 = 4;

/// The levels of all fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(u64);

impl Pattern {
    /// The level of a field.
    #[must_use]
    pub const fn level(self, field: Field) -> usize {
        (self.0 >> (field as u32 * BITS) & 0xf) as usize
    }

    const fn with(self, field: Field, level: u8) -> Self {
        Self(self.0 | (level as u64) << (field as u32 * BITS))
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }
}

/// Two records and in what they agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The record that came first.
    pub left: u32,
    /// The other one.
    pub right: u32,
    /// In what they agree.
    pub pattern: Pattern,
}

/// How many likenesses of words are remembered.
const REMEMBERED: usize = 1 << 12;

/// Compares records; remembers how alike words are.
pub(crate) struct Comparer<'a> {
    register: &'a Register,
    remembered: Vec<(Word, Word, f32)>,
}

/// Words that are this alike are one word, written twice.
const ONE_WORD: f64 = 0.88;

/// Names that are this alike without their blanks are one name.
const ONE_NAME: f64 = 0.97;

/// Names that are this alike as a whole are alike.
const ALIKE: f64 = 0.86;

/// And these hardly.
const HARDLY: f64 = 0.75;

/// Bits from which a name is no common one, and from which it is rare.
const UNCOMMON: f32 = 13.0;
const RARE: f32 = 20.0;

/// In what two records of a register agree, whether or not a rule puts them side by side.
#[must_use]
pub fn compare(register: &Register, left: usize, right: usize) -> Pattern {
    Comparer::new(register).pattern(left, right)
}

impl<'a> Comparer<'a> {
    pub(crate) fn new(register: &'a Register) -> Self {
        Self {
            register,
            remembered: vec![(0, 0, -1.0); REMEMBERED],
        }
    }

    pub(crate) fn pair(&mut self, left: usize, right: usize) -> Pair {
        let place = |record| u32::try_from(record).expect("as many as are counted");
        Pair {
            left: place(left.min(right)),
            right: place(left.max(right)),
            pattern: self.pattern(left, right),
        }
    }

    pub(crate) fn pattern(&mut self, left: usize, right: usize) -> Pattern {
        let (left, right) = (&self.register.records[left], &self.register.records[right]);
        Pattern(0)
            .with(Field::Nik, numbers(left.nik, right.nik))
            .with(Field::Kk, numbers(left.kk, right.kk))
            .with(Field::Name, self.names(&left.name, &right.name))
            .with(Field::Birth, births(left.birth, right.birth))
            .with(Field::Sex, sames(left.sex, right.sex))
            .with(Field::Mother, self.names(&left.mother, &right.mother))
            .with(Field::Home, self.homes(left, right))
            .with(Field::Birthplace, sames(left.birthplace, right.birthplace))
            .with(Field::Relation, sames(left.relation, right.relation))
            .with(Field::Source, sames(left.source, right.source))
    }

    fn homes(&self, left: &Folded, right: &Folded) -> u8 {
        let (one, other) = (left.home, right.home);
        if one.village == 0 || other.village == 0 {
            return 0;
        }
        let street = one.street != 0 && one.street == other.street;
        let numbered = one.rt_rw != (0, 0) && one.rt_rw == other.rt_rw
            || one.house != 0 && one.house == other.house;
        if one.village == other.village {
            return match (street, numbered) {
                (true, true) => 1,
                (true, false) | (false, true) => 2,
                (false, false) => 3,
            };
        }
        if street && numbered {
            return 7;
        }
        let code = |home: Home| self.register.village(home).unwrap_or_default();
        let (one, other) = (code(one), code(other));
        let shared = one
            .bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let district = one.len().saturating_sub(4);
        match shared {
            _ if district >= 4 && shared >= district => 4,
            4.. => 5,
            _ => 6,
        }
    }

    fn names(&mut self, one: &Words, other: &Words) -> u8 {
        let (one, other) = (one.as_slice(), other.as_slice());
        if one.is_empty() || other.is_empty() {
            return 0;
        }
        // Whichever comes first.
        let (few, many) = if (one.len(), one) <= (other.len(), other) {
            (one, other)
        } else {
            (other, one)
        };
        // Each word of the shorter name takes the likest of the longer that is left.
        let mut taken = [false; super::register::COMPARED];
        let (mut same, mut spelled, mut initials, mut bits) = (0, 0, 0, 0.0);
        for word in few {
            if let Some(at) = (0..many.len()).find(|at| !taken[*at] && many[*at] == *word) {
                taken[at] = true;
                same += 1;
                bits += self.register.bits(*word);
            }
        }
        let first = one[0] == other[0];
        if same < few.len() {
            for word in few {
                if many.contains(word) {
                    continue;
                }
                let mut best = (None, 0.0);
                for (at, candidate) in many.iter().enumerate() {
                    if !taken[at] && !few.contains(candidate) {
                        let alike = self.alike(*word, *candidate);
                        if alike > best.1 {
                            best = (Some(at), alike);
                        }
                    }
                }
                let Some(at) = best.0 else { continue };
                if best.1 >= ONE_WORD {
                    taken[at] = true;
                    spelled += 1;
                    bits += self.register.bits(*word).min(self.register.bits(many[at]));
                } else if self.is_initial(*word, many[at]) {
                    taken[at] = true;
                    initials += 1;
                }
            }
        }
        let matched = same + spelled + initials;
        // Two words written as one, or the other way round.
        if spelled > 0 && few.len() < many.len() && self.whole(few, many) >= ONE_NAME {
            return 4;
        }
        if matched == few.len() && initials < few.len() {
            if few.len() == many.len() && initials == 0 {
                return match () {
                    () if spelled > 0 => 4,
                    () if bits >= RARE => 1,
                    () if bits >= UNCOMMON => 2,
                    () => 3,
                };
            }
            return if bits >= UNCOMMON { 5 } else { 6 };
        }
        let whole = self.whole(few, many);
        if whole >= ONE_NAME {
            return 4;
        }
        if same + spelled > 0 {
            let begins = first || self.alike(one[0], other[0]) >= ONE_WORD;
            return if begins { 7 } else { 8 };
        }
        match whole {
            ALIKE.. => 9,
            HARDLY.. => 10,
            _ => 11,
        }
    }

    fn is_initial(&self, one: Word, other: Word) -> bool {
        let (one, other) = (
            self.register.words.text(one),
            self.register.words.text(other),
        );
        (one.len() == 1 || other.len() == 1) && one.as_bytes().first() == other.as_bytes().first()
    }

    /// How alike two names are, written without blanks.
    fn whole(&self, one: &[Word], other: &[Word]) -> f64 {
        let joined = |words: &[Word]| {
            let mut into = Vec::with_capacity(32);
            for word in words {
                into.extend_from_slice(self.register.words.text(*word).as_bytes());
            }
            into
        };
        let (one, other) = (joined(one), joined(other));
        jaro_winkler::similarity(one.iter().copied(), other.iter().copied())
    }

    fn alike(&mut self, one: Word, other: Word) -> f64 {
        if one == other {
            return 1.0;
        }
        let (low, high) = (one.min(other), one.max(other));
        let at = (low.wrapping_mul(0x9e37_79b1) ^ high.wrapping_mul(0x85eb_ca77)) as usize >> 7;
        let place = &mut self.remembered[at % REMEMBERED];
        if (place.0, place.1) == (low, high) && place.2 >= 0.0 {
            return place.2.into();
        }
        let text = |word| self.register.words.text(word).bytes();
        let alike = jaro_winkler::similarity(text(low), text(high));
        #[expect(clippy::cast_possible_truncation, reason = "kept in less room")]
        let kept = alike as f32;
        *place = (low, high, kept);
        kept.into()
    }
}

fn sames<T: PartialEq + Default>(one: T, other: T) -> u8 {
    if one == T::default() || other == T::default() {
        return 0;
    }
    if one == other { 1 } else { 2 }
}

fn numbers(one: Option<Digits>, other: Option<Digits>) -> u8 {
    let (Some(one), Some(other)) = (one, other) else {
        return 0;
    };
    let both = one.length() == LENGTH && other.length() == LENGTH;
    let (a, b) = (one.value(), other.value());
    if one == other {
        // A serial of 0000 is one that was lost, and there are nine of it.
        return if both && a % 10_000 == 0 { 2 } else { 1 };
    }
    if both && a / 10 == b / 10 && (a % 10 == 0 || b % 10 == 0) {
        return 2;
    }
    if both && a / 10_000 == b / 10_000 {
        return 4;
    }
    match slips(one, other) {
        0 | 1 => 3,
        _ if both && a / 10_000 % 1_000_000 == b / 10_000 % 1_000_000 => 5,
        2 => 6,
        _ => 7,
    }
}

/// Slips of the pen between two numbers; three for more than two.
fn slips(one: Digits, other: Digits) -> usize {
    let ((one, a), (other, b)) = (one.octets(), other.octets());
    let (one, other) = (&one[..a], &other[..b]);
    if a == b {
        let mut differ = one
            .iter()
            .zip(other)
            .enumerate()
            .filter(|(_, (x, y))| x != y);
        let places = (differ.next(), differ.next(), differ.next());
        if let (Some(_), None, _) = places {
            return 1;
        }
        if let (Some((i, _)), Some((j, _)), None) = places {
            let turned = j == i + 1 && one[i] == other[j] && one[j] == other[i];
            return if turned { 1 } else { 2 };
        }
    } else if a.abs_diff(b) > 2 {
        return 3;
    }
    // A slip changes how often two digits stand there, at the most: most are told by that.
    let mut often = [0_i8; 10];
    for (text, by) in [(one, 1), (other, -1)] {
        for octet in text {
            often[usize::from(octet - b'0')] += by;
        }
    }
    if often.iter().map(|count| count.unsigned_abs()).sum::<u8>() > 4 {
        return 3;
    }
    let args = osa::Args::default().score_cutoff(2);
    osa::distance_with_args(one.iter().copied(), other.iter().copied(), &args).unwrap_or(3)
}

fn births(one: Option<Birth>, other: Option<Birth>) -> u8 {
    let (Some(one), Some(other)) = (one, other) else {
        return 0;
    };
    if one == other {
        return 1;
    }
    let year = one.year == other.year;
    if year && (one.month, one.day) == (other.day, other.month) {
        return 2;
    }
    if year && (one.stands_in() || other.stands_in()) {
        return 3;
    }
    if (one.month, one.day) == (other.month, other.day) {
        return 4;
    }
    match one.number().abs_diff(other.number()) {
        0..=31 => 5,
        _ if year => 6,
        _ if one.year.abs_diff(other.year) <= 2 => 7,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::register::Row;
    use super::*;

    /// What two rows are to each other in a field, among others that make words common.
    fn says(one: Row<'_>, other: Row<'_>, field: Field) -> &'static str {
        let mut register = Register::new();
        register.push(&one);
        register.push(&other);
        for _ in 0..2_000 {
            register.push(&Row {
                name: "Siti",
                ..Row::default()
            });
        }
        for _ in 0..40 {
            register.push(&Row {
                name: "Aminah",
                ..Row::default()
            });
        }
        register.settle();
        let there = Comparer::new(&register).pair(0, 1);
        let back = Comparer::new(&register).pair(1, 0);
        assert_eq!(there, back, "whichever comes first");
        field.levels()[there.pattern.level(field)]
    }

    #[test]
    fn numbers_are_told_apart_by_how_they_differ() {
        let whole = "6271014506900012";
        for (other, told) in [
            (whole, "the same"),
            ("", "not told"),
            ("tidak ada", "not told"),
            ("9999999999999999", "not told"),
            (
                "6271014506900010",
                "the same but for a last digit that a spreadsheet has lost",
            ),
            ("6271014506900000", "the same but for the serial"),
            ("6271014506900013", "the same but for the serial"),
            ("6271014506900211", "the same but for the serial"),
            ("6271014506910012", "one slip apart"),
            ("6271104506900012", "one slip apart"),
            ("627101450690001", "one slip apart"),
            ("62710145069000122", "one slip apart"),
            (
                "6203024506900007",
                "the same birthday inside, another region or serial",
            ),
            ("6271014507910012", "two slips apart"),
            ("6203021212850003", "different"),
        ] {
            let row = |nik| Row {
                nik,
                ..Row::default()
            };
            assert_eq!(says(row(whole), row(other), Field::Nik), told, "{other}");
        }
    }

    proptest! {
        #[test]
        fn slips_are_counted_as_the_library_counts_them(one in "[0-9]{14,17}", edits in proptest::collection::vec((0_usize..17, 0_u8..4, 0_u8..10), 0..4)) {
            let mut other = one.clone().into_bytes();
            for (at, kind, digit) in edits {
                let at = at.min(other.len().saturating_sub(2));
                match kind {
                    0 => other.swap(at, at + 1),
                    1 => other[at] = b'0' + digit,
                    2 => drop(other.remove(at)),
                    _ => other.insert(at, b'0' + digit),
                }
            }
            let other = String::from_utf8(other).expect("digits");
            let expected = osa::distance(one.bytes(), other.bytes()).min(3);
            let (one, other) = (Digits::parse(&one), Digits::parse(&other));
            if let (Some(one), Some(other)) = (one, other) {
                prop_assert_eq!(slips(one, other), expected);
                prop_assert_eq!(slips(other, one), expected);
            }
        }
    }

    #[test]
    fn names_are_told_apart_word_by_word() {
        for (one, other, told) in [
            ("Siti", "SITI", "the same, and common"),
            ("Siti Aminah", "St. Aminah", "the same, and common"),
            ("Aminah Dohong", "Dohong AMINA", "the same"),
            ("Kameloh Dohong", "KAMELOH DOHONG", "the same, and rare"),
            ("Kameloh Dohong", "Kamelo Dohongg", "the same, and rare"),
            (
                "Kameloh Dohong",
                "Kamelih Dohong",
                "the same but for spelling",
            ),
            ("Sitiaminah", "Siti Aminah", "the same but for spelling"),
            (
                "Kameloh Dohong",
                "Kameloh",
                "one has a word more or an initial, common",
            ),
            (
                "Kameloh Tingang Dohong",
                "Kameloh Dohong",
                "one has a word more or an initial, rare",
            ),
            (
                "Siti Aminah",
                "Siti A.",
                "one has a word more or an initial, common",
            ),
            (
                "Siti Aminah",
                "Siti Rahmah",
                "the first word is the same, others differ",
            ),
            (
                "Yansen Dohong",
                "Kameloh Dohong",
                "another word is the same, the first differs",
            ),
            ("Bungai", "Bungas", "the same but for spelling"),
            ("Yansen", "Kameloh", "different"),
            ("Yansen", "", "not told"),
        ] {
            let row = |name| Row {
                name,
                ..Row::default()
            };
            assert_eq!(
                says(row(one), row(other), Field::Name),
                told,
                "{one} and {other}"
            );
        }
    }

    #[test]
    fn days_and_homes_are_told_apart() {
        for (one, other, told) in [
            ("1990-06-05", "1990-06-05", "the same"),
            ("1990-06-05", "1990-05-06", "day and month changed over"),
            (
                "1990-06-05",
                "1990-07-01",
                "the same year, one day is a stand-in",
            ),
            (
                "1990-06-05",
                "1980-06-05",
                "the same day and month, another year",
            ),
            ("1990-12-31", "1991-01-02", "a month apart at most"),
            ("1990-06-05", "1990-12-07", "the same year"),
            ("1990-06-05", "1992-02-01", "two years apart at most"),
            ("1990-06-05", "1970-02-01", "different"),
            ("1990-06-05", "", "not told"),
        ] {
            let row = |birth| Row {
                birth,
                ..Row::default()
            };
            assert_eq!(
                says(row(one), row(other), Field::Birth),
                told,
                "{one} and {other}"
            );
        }
        let home = ("Jl. Garuda RT 02 RW 01", "6271011001");
        for ((address, village), told) in [
            (home, "the same village, street and number"),
            (
                ("Jln GARUDA rt 2/rw 1", "6271011001"),
                "the same village, street and number",
            ),
            (
                ("Garuda", "6271011001"),
                "the same village, and street or number",
            ),
            (("Gg. Melati RT 09", "6271011001"), "the same village"),
            (
                ("Garuda RT 2 RW 1", "6203012002"),
                "another village, the same street with the same number",
            ),
            (("", "6271011002"), "the same district"),
            (("", "6271022002"), "the same regency"),
            (("", "6203012002"), "elsewhere"),
            (("Jl. Garuda", ""), "not told"),
        ] {
            let row = |(address, village)| Row {
                address,
                village,
                ..Row::default()
            };
            assert_eq!(
                says(row(home), row((address, village)), Field::Home),
                told,
                "{address}"
            );
        }
    }

    #[test]
    fn each_level_of_each_field_has_its_words() {
        for field in Field::ALL {
            assert!(field.levels().len() <= LEVELS && LEVELS <= 1 << BITS);
            assert_eq!(field.levels()[0], "not told");
        }
    }
}
