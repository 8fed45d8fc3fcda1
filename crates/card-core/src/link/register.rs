//! Records, folded for comparison, column by column.

use std::collections::BTreeMap;

use crate::birth::Birth;
use crate::hash::{self, Map};
use crate::name::{self, Part};
use crate::number::{self, Digits, Fault, LENGTH, Reading, Zeros};

/// A record as a list writes it. What a list does not have is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row<'a> {
    /// Which list it stands in.
    pub source: &'a str,
    /// Number of the person.
    pub nik: &'a str,
    /// Number of the family card.
    pub kk: &'a str,
    /// Name.
    pub name: &'a str,
    /// Day of birth.
    pub birth: &'a str,
    /// `L` or `P`.
    pub sex: &'a str,
    /// Place of birth.
    pub birthplace: &'a str,
    /// Name of the mother.
    pub mother: &'a str,
    /// What the person is to the head of the family.
    pub relation: &'a str,
    /// Street, RT and RW.
    pub address: &'a str,
    /// Code of the village, of whichever system, as long as all lists use the same.
    pub village: &'a str,
}

impl<'a> Row<'a> {
    /// Takes the fields in the order in which they stand above.
    #[must_use]
    pub const fn of(fields: [&'a str; 11]) -> Self {
        let [
            source,
            nik,
            kk,
            name,
            birth,
            sex,
            birthplace,
            mother,
            relation,
            address,
            village,
        ] = fields;
        Self {
            source,
            nik,
            kk,
            name,
            birth,
            sex,
            birthplace,
            mother,
            relation,
            address,
            village,
        }
    }
}

/// A word of names: its place in the table of words.
pub type Word = u32;

/// Most words of a name that are compared.
pub const COMPARED: usize = 4;

/// The words of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Words {
    words: [Word; COMPARED],
    count: u8,
}

impl Words {
    /// The words in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[Word] {
        &self.words[..usize::from(self.count)]
    }

    fn push(&mut self, word: Word) {
        if let Some(place) = self.words.get_mut(usize::from(self.count)) {
            *place = word;
            self.count += 1;
        }
    }
}

/// Where somebody lives, as far as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Home {
    /// The village by its place in the table of villages, from one; zero where it is not told.
    pub village: u32,
    /// What the street sounds like, hashed; zero where it is not told.
    pub street: u32,
    /// RT and RW, zero where they are not told.
    pub rt_rw: (u8, u8),
    /// The number of the house, zero where it is not told.
    pub house: u16,
}

/// One record, folded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Folded {
    pub(crate) nik: Option<Digits>,
    pub(crate) kk: Option<Digits>,
    pub(crate) name: Words,
    pub(crate) mother: Words,
    pub(crate) birth: Option<Birth>,
    pub(crate) sex: u8,
    pub(crate) birthplace: u32,
    pub(crate) relation: u32,
    pub(crate) source: u32,
    pub(crate) home: Home,
}

/// What is wrong with the numbers of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// How many numbers of persons have which fault; the length of a number is not told.
    pub nik: BTreeMap<Fault, u64>,
    /// The same of numbers of families.
    pub kk: BTreeMap<Fault, u64>,
    /// How many numbers of persons end in zero.
    pub zeros: Zeros,
}

impl Numbers {
    fn count(&mut self, nik: Reading, kk: Reading) {
        for (reading, faults) in [(nik, &mut self.nik), (kk, &mut self.kk)] {
            if let Some(fault) = reading.fault {
                let fault = match fault {
                    Fault::Length(_) => Fault::Length(0),
                    other => other,
                };
                *faults.entry(fault).or_default() += 1;
            }
        }
        // A serial of 0000 is what a spreadsheet makes of 0001 to 0009.
        if let (Some(digits), None | Some(Fault::Serial)) = (nik.digits, nik.fault) {
            self.zeros.count(digits);
        }
    }
}

/// All records that are to be compared.
#[derive(Debug, Default)]
pub struct Register {
    pub(crate) records: Vec<Folded>,
    pub(crate) words: Table,
    /// How often each word stands in a name, and how often in a mother's.
    pub(crate) often: Vec<u32>,
    /// Records that have left: they keep their number, and count no more.
    gone: usize,
    villages: Table,
    birthplaces: Told,
    relations: Told,
    sources: Told,
    /// What is wrong with the numbers of each list, by its place from one.
    numbers: Vec<Numbers>,
    /// What words of streets sound like, as they are written.
    streets: Map<Box<str>, Box<str>>,
    /// Words that were met before, as they are written.
    met: Map<Box<str>, Option<name::Word<Word>>>,
    room: Vec<name::Word<Word>>,
}

/// Words that are folded once and kept as they are written.
const MET_MAX: usize = 1 << 20;

/// Texts, each once.
#[derive(Debug, Default)]
pub(crate) struct Table {
    places: Map<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Table {
    /// The place of a text, from zero.
    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = u32::try_from(self.texts.len()).expect("fewer texts than records");
        self.texts.push(text.into());
        self.places.insert(text.into(), place);
        place
    }

    /// The place of a text, from one; zero for none.
    fn some(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            0
        } else {
            self.place(text) + 1
        }
    }

    pub(crate) fn text(&self, place: u32) -> &str {
        &self.texts[place as usize]
    }

    /// Lets go of the texts that came after so many.
    fn back_to(&mut self, count: usize) {
        for text in self.texts.drain(count..) {
            self.places.remove(&text);
        }
    }

    fn octets(&self) -> usize {
        let texts: usize = self.texts.iter().map(|text| text.len()).sum();
        let place = size_of::<(Box<str>, u32)>() + 1;
        2 * texts + self.texts.capacity() * size_of::<Box<str>>() + self.places.capacity() * place
    }
}

/// How many texts a register has, of each kind.
#[derive(Debug)]
pub(crate) struct Texts {
    words: usize,
    villages: usize,
    told: [usize; 3],
}

/// Texts that are the same but for signs and large letters.
#[derive(Debug, Default)]
struct Told {
    met: Map<Box<str>, u32>,
    table: Table,
}

impl Told {
    /// The place of a text, from one; zero for none.
    fn said(&mut self, text: &str) -> u32 {
        if let Some(place) = self.met.get(text) {
            return *place;
        }
        let place = self.table.some(&letters(text));
        if self.met.len() < MET_MAX {
            self.met.insert(text.into(), place);
        }
        place
    }
}

impl Folded {
    /// Where the words of both names are counted.
    fn words(&self) -> impl Iterator<Item = usize> {
        let words = [self.name, self.mother];
        (0..2 * COMPARED).filter_map(move |at| {
            let words = words[at / COMPARED].as_slice().get(at % COMPARED);
            words.map(|word| *word as usize)
        })
    }
}

impl Register {
    /// A register without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Takes a record; they are known by their order.
    ///
    /// # Panics
    /// Beyond 4,294,967,295 records.
    pub fn push(&mut self, row: &Row<'_>) {
        assert!(
            u32::try_from(self.records.len()).is_ok(),
            "records are counted by 32 bits"
        );
        let (nik, kk) = (number::read(row.nik), number::read(row.kk));
        let folded = self.fold(row, nik, kk);
        self.count(&folded);
        let list = folded.source as usize;
        if self.numbers.len() <= list {
            self.numbers.resize_with(list + 1, Numbers::default);
        }
        self.numbers[list].count(nik, kk);
        self.records.push(folded);
    }

    fn fold(&mut self, row: &Row<'_>, nik: Reading, kk: Reading) -> Folded {
        Folded {
            nik: usable(nik),
            kk: usable(kk),
            name: self.name(row.name),
            mother: self.name(row.mother),
            birth: Birth::parse(row.birth),
            sex: sex(row.sex),
            birthplace: self.birthplaces.said(row.birthplace),
            relation: self.relations.said(row.relation),
            source: self.sources.said(row.source),
            home: Home {
                village: self.villages.some(row.village.trim()),
                ..self.home(row.address)
            },
        }
    }

    /// Its words are told once more.
    fn count(&mut self, folded: &Folded) {
        for word in folded.words() {
            if self.often.len() <= word {
                self.often.resize(word + 1, 0);
            }
            self.often[word] += 1;
        }
    }

    fn uncount(&mut self, folded: &Folded) {
        for word in folded.words() {
            self.often[word] -= 1;
        }
    }

    /// Lets go of what only makes it quicker to take records.
    pub fn settle(&mut self) {
        self.let_go();
        self.records.shrink_to_fit();
    }

    fn let_go(&mut self) {
        self.met = Map::default();
        self.streets = Map::default();
        for told in [
            &mut self.birthplaces,
            &mut self.relations,
            &mut self.sources,
        ] {
            told.met = Map::default();
        }
    }

    /// Makes room for some more records, if there is none. Doubled, a whole province would
    /// be held twice for one of them.
    pub(crate) fn make_room(&mut self) {
        if self.records.len() == self.records.capacity() {
            self.records.reserve_exact(self.records.len() / 16 + 1_024);
        }
    }

    /// Takes a record that comes when all others are linked. What is wrong with its numbers
    /// is not told.
    ///
    /// # Panics
    /// As [`Register::push`].
    pub(crate) fn push_late(&mut self, row: &Row<'_>) -> u32 {
        let record = u32::try_from(self.records.len()).expect("records are counted by 32 bits");
        let folded = self.fold(row, number::read(row.nik), number::read(row.kk));
        self.count(&folded);
        self.make_room();
        self.records.push(folded);
        self.let_go();
        record
    }

    /// How many texts there are by now, of each kind.
    pub(crate) fn texts(&self) -> Texts {
        let told = [&self.birthplaces, &self.relations, &self.sources];
        Texts {
            words: self.words.texts.len(),
            villages: self.villages.texts.len(),
            told: told.map(|told| told.table.texts.len()),
        }
    }

    /// Lets go of the last record, and of the texts that have come with it.
    pub(crate) fn pull(&mut self, before: &Texts) {
        if let Some(folded) = self.records.pop() {
            self.uncount(&folded);
        }
        self.words.back_to(before.words);
        self.often.truncate(before.words);
        self.villages.back_to(before.villages);
        let told = [
            &mut self.birthplaces,
            &mut self.relations,
            &mut self.sources,
        ];
        for (told, before) in told.into_iter().zip(before.told) {
            told.table.back_to(before);
        }
        self.let_go();
    }

    /// Writes a record anew; it keeps its number.
    pub(crate) fn change(&mut self, record: u32, row: &Row<'_>) {
        let folded = self.fold(row, number::read(row.nik), number::read(row.kk));
        let before = std::mem::replace(&mut self.records[record as usize], folded);
        self.uncount(&before);
        self.count(&folded);
        self.let_go();
    }

    /// A record counts no more.
    pub(crate) fn leave(&mut self, record: u32) {
        let folded = self.records[record as usize];
        self.uncount(&folded);
        self.gone += 1;
    }

    /// A record that has left counts again.
    pub(crate) fn come_back(&mut self, record: u32) {
        let folded = self.records[record as usize];
        self.count(&folded);
        self.gone -= 1;
    }

    /// Lets go of what a record says that has left.
    pub(crate) fn blank(&mut self, record: u32) {
        self.records[record as usize] = Folded::default();
    }

    /// Octets of its tables, as near as they can be told.
    pub(crate) fn octets(&self) -> usize {
        let tables: usize = [
            &self.words,
            &self.villages,
            &self.birthplaces.table,
            &self.relations.table,
            &self.sources.table,
        ]
        .map(Table::octets)
        .iter()
        .sum();
        tables
            + self.records.capacity() * size_of::<Folded>()
            + self.often.capacity() * size_of::<u32>()
    }

    /// What is wrong with the numbers of each list, by its name as it is folded; empty for
    /// records that name none.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, &Numbers)> {
        self.numbers.iter().enumerate().map(|(list, numbers)| {
            let name = list
                .checked_sub(1)
                .and_then(|place| self.sources.table.texts.get(place));
            (name.map_or("", |name| &**name), numbers)
        })
    }

    /// The number of the family card that a record names, if it is one that may tell who
    /// is meant.
    ///
    /// # Panics
    /// If there is no such record.
    #[must_use]
    pub fn card(&self, record: usize) -> Option<Digits> {
        self.records[record].kk
    }

    /// The NIK of a record, if nothing is wrong with it.
    ///
    /// # Panics
    /// If there is no such record.
    #[must_use]
    pub fn nik(&self, record: usize) -> Option<Digits> {
        self.records[record]
            .nik
            .filter(|nik| nik.length() == LENGTH)
    }

    /// Village and street of a record, as numbers that equal ones share, where both are told.
    ///
    /// # Panics
    /// If there is no such record.
    #[must_use]
    pub fn lives(&self, record: usize) -> Option<(u32, u32)> {
        let home = self.records[record].home;
        (home.village != 0 && home.street != 0).then_some((home.village, home.street))
    }

    fn home(&mut self, text: &str) -> Home {
        let streets = &mut self.streets;
        home(text, |word, street| {
            if let Some(sound) = streets.get(word) {
                return street.push_str(sound);
            }
            let sound = name::sound(word);
            street.push_str(&sound);
            if streets.len() < MET_MAX {
                streets.insert(word.into(), sound.into());
            }
        })
    }

    fn name(&mut self, text: &str) -> Words {
        let Self {
            met, room, words, ..
        } = self;
        let of = |text: &str| {
            if let Some(word) = met.get(text) {
                return *word;
            }
            let word = name::word(text, |sound| words.place(sound));
            if met.len() < MET_MAX {
                met.insert(text.into(), word);
            }
            word
        };
        let mut folded = Words::default();
        name::walk(text, room, of, |part, word| {
            if part == Part::Own {
                folded.push(word);
            }
        });
        folded
    }

    /// The code of a village as it was written.
    pub(crate) fn village(&self, home: Home) -> Option<&str> {
        home.village
            .checked_sub(1)
            .map(|place| self.villages.text(place))
    }

    /// How much it says that two names share a word: bits.
    pub(crate) fn bits(&self, word: Word) -> f32 {
        let often = self.often.get(word as usize).copied().unwrap_or(1).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a weight")]
        let share = (2 * (self.records.len() - self.gone).max(1)) as f32 / often as f32;
        share.log2()
    }
}

/// A number that may tell who is meant: all that holds together, and what has another
/// length, but not what stands for no number.
fn usable(reading: Reading) -> Option<Digits> {
    reading.digits.filter(|digits| match reading.fault {
        None | Some(Fault::Length(_) | Fault::Serial) => true,
        Some(_) => digits.length() != LENGTH,
    })
}

/// How [`sex`] says that somebody is a woman.
pub(crate) const WOMAN: u8 = 2;

/// One for a man, two for a woman, zero where it is not told.
fn sex(text: &str) -> u8 {
    match text.trim().bytes().next().map(|it| it.to_ascii_lowercase()) {
        Some(b'l' | b'm' | b'1') => 1,
        Some(b'p' | b'f' | b'w' | b'2') => WOMAN,
        _ => 0,
    }
}

/// Letters and digits of a text, small.
fn letters(text: &str) -> String {
    let kept = text.bytes().filter(u8::is_ascii_alphanumeric);
    kept.map(|it| char::from(it.to_ascii_lowercase())).collect()
}

/// Words of an address that are none of the street.
const NO_STREET: [&str; 7] = ["jl", "jln", "jalan", "gg", "gang", "no", "nomor"];

/// What a number of an address is.
#[derive(Clone, Copy)]
enum Next {
    Nothing,
    Rt,
    Rw,
    /// `RT/RW 002/001`: first one, then the other.
    Both,
    /// `RT 02/01`: what follows an RT at once.
    Perhaps,
}

/// Street, house, RT and RW of an address; `sound` adds to a street what a word of it sounds
/// like. The words of a street may be written as one.
fn home(text: &str, mut sound: impl FnMut(&str, &mut String)) -> Home {
    let (mut street, mut rt, mut rw) = (String::new(), 0, 0);
    let mut house = 0;
    let mut next = Next::Nothing;
    let parts = text
        .split(|it: char| !it.is_alphanumeric())
        .filter(|part| !part.is_empty());
    for part in parts {
        let (word, number) = match part.split_at_checked(2) {
            Some((word, digits)) if digits.bytes().all(|it| it.is_ascii_digit()) => (word, digits),
            _ => (part, ""),
        };
        let is_rt = word.eq_ignore_ascii_case("rt");
        let is_rw = word.eq_ignore_ascii_case("rw");
        if is_rt || is_rw {
            next = match next {
                Next::Rt if is_rw && number.is_empty() => Next::Both,
                _ if is_rt => Next::Rt,
                _ => Next::Rw,
            };
        }
        let number = if is_rt || is_rw { number } else { part };
        if let (Next::Nothing, 0, Ok(told)) = (next, house, part.parse::<u16>()) {
            house = told;
            continue;
        }
        if let Ok(told) = number.parse::<u8>() {
            (rt, rw, next) = match next {
                Next::Nothing => (rt, rw, Next::Nothing),
                Next::Rt => (told, rw, Next::Perhaps),
                Next::Rw => (rt, told, Next::Nothing),
                Next::Both => (told, rw, Next::Rw),
                Next::Perhaps => (rt, if rw == 0 { told } else { rw }, Next::Nothing),
            };
            continue;
        }
        if is_rt || is_rw {
            continue;
        }
        next = Next::Nothing;
        if !NO_STREET.iter().any(|word| part.eq_ignore_ascii_case(word)) {
            sound(part, &mut street);
        }
    }
    Home {
        village: 0,
        street: if street.is_empty() {
            0
        } else {
            hash::fold(hash::of(street.as_bytes()))
        },
        rt_rw: (rt, rw),
        house,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Home {
        home(text, |word, street| street.push_str(&name::sound(word)))
    }

    #[test]
    fn one_address_written_in_many_ways_is_one_home() {
        let one = read("Jl. Garuda RT 02 RW 01");
        assert_eq!(one.rt_rw, (2, 1));
        for other in [
            "JALAN GARUDA RT.02 / RW.01",
            "Jln Garuda RT 2/1",
            "Garuda RT/RW 002/001",
            "Gg. garuda rt02 rw01",
            "GA RUDA, RT: 02, RW: 01",
        ] {
            assert_eq!(read(other), one, "{other}");
        }
        assert_eq!(read("Garuda").rt_rw, (0, 0));
        assert_eq!(read("Garuda").street, one.street);
        assert_ne!(read("Garuda Jaya").street, one.street);
        assert_eq!(read("No. 12").street, 0);
        let house = read("Jln Garuda No. 12 RT 2/1");
        assert_eq!(
            (house.street, house.rt_rw, house.house),
            (one.street, (2, 1), 12)
        );
        assert_eq!(read("12 Garuda").house, 12);
        assert_eq!(read("RT 05").rt_rw, (5, 0));
        assert_eq!(read("RW 05 RT 900").rt_rw, (0, 5));
        assert_eq!(read("RT"), Home::default());
    }

    #[test]
    fn more_than_255_lists_stay_apart() {
        let mut register = Register::new();
        for list in 0..600 {
            register.push(&Row {
                source: &format!("desa {list}"),
                ..Row::default()
            });
        }
        let mut sources: Vec<u32> = register.records.iter().map(|it| it.source).collect();
        sources.dedup();
        assert_eq!(sources.len(), 600);
    }

    #[test]
    fn numbers_that_a_spreadsheet_has_cut_are_told_by_list() {
        let mut register = Register::new();
        for serial in 0..400 {
            let whole = 6_271_014_506_900_000_u64 + serial;
            for (source, nik) in [("DTSEN", whole), ("DESA", whole / 10 * 10)] {
                register.push(&Row {
                    source,
                    nik: &nik.to_string(),
                    ..Row::default()
                });
            }
        }
        let told: Vec<_> = register
            .numbers()
            .filter(|(list, _)| !list.is_empty())
            .map(|(list, numbers)| (list.to_owned(), numbers.zeros.are_many()))
            .collect();
        assert_eq!(
            told,
            [("dtsen".to_owned(), false), ("desa".to_owned(), true)]
        );
    }
}
