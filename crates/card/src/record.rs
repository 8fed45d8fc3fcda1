//! What a row of a list says of a person, as it lies sealed.
//!
//! Fields are texts as the file wrote them, but for blanks around them, and values that
//! were read. They are kept in a fixed order with a sign between them that no field holds
//! (U+001F, made for that: ISO/IEC 6429); an older record has fewer of them.

use base::day::Day;
use card_core::{business, number};

/// The version that is written.
const VERSION: u8 = 1;

/// What stands between fields.
const BETWEEN: char = '\u{1f}';

/// A row of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) nik: String,
    pub(crate) kk: String,
    pub(crate) name: String,
    pub(crate) birth: String,
    pub(crate) sex: String,
    pub(crate) birthplace: String,
    pub(crate) mother: String,
    pub(crate) relation: String,
    pub(crate) address: String,
    /// The code of the village as it was written.
    pub(crate) village: String,
    /// Of DTSEN: 1 to 10.
    pub(crate) decile: Option<u8>,
    /// Of other aid: which.
    pub(crate) programme: String,
    /// The day of a death, a move, a failed transfer.
    pub(crate) day: Option<Day>,
    /// Of moves: where to, as it was written.
    pub(crate) destination: String,
    /// Of the running list and of failed transfers: the number of the card.
    pub(crate) card: String,
    /// What was paid, or was to be, in rupiah.
    pub(crate) rupiah: Option<u32>,
    /// Of failed transfers: why.
    pub(crate) reason: String,
    /// Of a business: what it is called,
    pub(crate) business: String,
    /// what it does, in words,
    pub(crate) trade: String,
    /// its code of KBLI,
    pub(crate) kbli: String,
    /// its business number,
    pub(crate) nib: String,
    /// what it takes in a month, in rupiah,
    pub(crate) turnover: Option<u64>,
    /// whole years that it has run,
    pub(crate) years: Option<u32>,
    /// and what aid it has had: names with commas between them, [`NONE`] where it had none,
    /// empty where its row does not say.
    pub(crate) grants: String,
}

/// What a row says of a business that has had no aid.
pub(crate) const NONE: &str = "TIDAK ADA";

/// How many fields there are.
const FIELDS: usize = 24;

/// How many of them all records have; of a business come more.
const PLAIN: usize = 17;

impl Record {
    /// Its fields by name, in the order in which they are sealed; empty where it says nothing.
    pub(crate) fn fields(&self) -> [(&'static str, String); FIELDS] {
        fn told<T: ToString>(it: Option<T>) -> String {
            it.map_or_else(String::new, |it| it.to_string())
        }
        [
            ("nik", self.nik.clone()),
            ("kk", self.kk.clone()),
            ("name", self.name.clone()),
            ("birth", self.birth.clone()),
            ("sex", self.sex.clone()),
            ("birthplace", self.birthplace.clone()),
            ("mother", self.mother.clone()),
            ("relation", self.relation.clone()),
            ("address", self.address.clone()),
            ("village", self.village.clone()),
            ("decile", told(self.decile)),
            ("programme", self.programme.clone()),
            ("day", told(self.day)),
            ("destination", self.destination.clone()),
            ("card", self.card.clone()),
            ("rupiah", told(self.rupiah)),
            ("reason", self.reason.clone()),
            ("business", self.business.clone()),
            ("trade", self.trade.clone()),
            ("kbli", self.kbli.clone()),
            ("nib", self.nib.clone()),
            ("turnover", told(self.turnover)),
            ("years", told(self.years)),
            ("grants", self.grants.clone()),
        ]
    }

    /// What the rows of one business have in common: whose it is, by the owner's number as it is
    /// given, and what it is called, whatever the case and the signs between. Where no number is
    /// given, its own, and then its village and the owner's name.
    pub(crate) fn trades_as(&self) -> Option<String> {
        let letters = |text: &str| -> String {
            let text = text.chars().filter(|it| it.is_alphanumeric());
            text.flat_map(char::to_uppercase).collect()
        };
        let name = letters(&self.business);
        if name.is_empty() {
            return None;
        }
        let sound = |text: &str| number::read(text).sound().map(|it| it.value().to_string());
        let whose = sound(&self.nik)
            .map(|nik| format!("nik {nik}"))
            .or_else(|| sound(&self.kk).map(|kk| format!("kk {kk}")))
            .or_else(|| business::is_nib(&self.nib).then(|| format!("nib {}", self.nib)))
            .unwrap_or_else(|| format!("{} {}", self.village, letters(&self.name)));
        Some(format!("{whose}{BETWEEN}{name}"))
    }

    /// As it is sealed.
    pub(crate) fn octets(&self) -> Vec<u8> {
        let decile = self.decile.map_or_else(String::new, |it| it.to_string());
        let day = self.day.map_or_else(String::new, |it| it.to_string());
        let rupiah = self.rupiah.map_or_else(String::new, |it| it.to_string());
        let turnover = self.turnover.map_or_else(String::new, |it| it.to_string());
        let years = self.years.map_or_else(String::new, |it| it.to_string());
        let fields: [&str; FIELDS] = [
            &self.nik,
            &self.kk,
            &self.name,
            &self.birth,
            &self.sex,
            &self.birthplace,
            &self.mother,
            &self.relation,
            &self.address,
            &self.village,
            &decile,
            &self.programme,
            &day,
            &self.destination,
            &self.card,
            &rupiah,
            &self.reason,
            &self.business,
            &self.trade,
            &self.kbli,
            &self.nib,
            &turnover,
            &years,
            &self.grants,
        ];
        let fields = match self.business.is_empty() {
            true => &fields[..PLAIN],
            false => &fields[..],
        };
        let length: usize = fields.iter().map(|field| field.len() + 1).sum();
        let mut octets = Vec::with_capacity(length + 1);
        octets.push(VERSION);
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                octets.push(BETWEEN as u8);
            }
            octets.extend(field.bytes().filter(|octet| *octet != BETWEEN as u8));
        }
        octets
    }

    /// Reads what was sealed; none where it is not of this shape.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let (version, text) = octets.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut fields = std::str::from_utf8(text).ok()?.split(BETWEEN);
        let mut next = || fields.next().unwrap_or_default();
        let mut text = || next().to_owned();
        Some(Self {
            nik: text(),
            kk: text(),
            name: text(),
            birth: text(),
            sex: text(),
            birthplace: text(),
            mother: text(),
            relation: text(),
            address: text(),
            village: text(),
            decile: text().parse().ok(),
            programme: text(),
            day: text().parse().ok(),
            destination: text(),
            card: text(),
            rupiah: text().parse().ok(),
            reason: text(),
            business: text(),
            trade: text(),
            kbli: text(),
            nib: text(),
            turnover: text().parse().ok(),
            years: text().parse().ok(),
            grants: text(),
        })
    }
}

/// The associated data of a row.
pub(crate) fn place(list: i64, number: u32) -> [u8; 23] {
    let mut place = *b"card_record............";
    place[11..19].copy_from_slice(&list.to_be_bytes());
    place[19..].copy_from_slice(&number.to_be_bytes());
    place
}

/// A name as it is shown to whoever has not opened it: the first letter of each word.
pub(crate) fn masked_name(name: &str) -> String {
    name.split_whitespace()
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map_or_else(String::new, String::from);
            let hidden = letters.filter(|letter| letter.is_alphanumeric()).count();
            first + &"•".repeat(hidden.min(HIDDEN_MAX))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// So many signs stand for any longer rest of a word: its length tells less.
const HIDDEN_MAX: usize = 4;

/// A number as it is shown to whoever has not opened it: its region and its last digit
/// are enough to compare it with a paper in one's hand.
pub(crate) fn masked_number(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    match digits.len() {
        0 => String::new(),
        1..8 => "•".repeat(digits.len()),
        length => {
            let first: String = digits.iter().take(4).collect();
            let last = digits.last().copied().unwrap_or('•');
            format!("{first}{}{last}", "•".repeat(length - 5))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_read_again_and_no_field_breaks_out_of_its_place() {
        let record = Record {
            nik: "6202115410150009".to_owned(),
            name: "SITI\u{1f} AMINAH".to_owned(),
            birth: "2015-10-14".to_owned(),
            decile: Some(2),
            day: "2026-01-31".parse().ok(),
            rupiah: Some(400_000),
            reason: "rekening tutup".to_owned(),
            ..Record::default()
        };
        let read = Record::read(&record.octets()).expect("a record");
        assert_eq!(
            read,
            Record {
                name: "SITI AMINAH".to_owned(),
                ..record
            }
        );
        assert_eq!(Record::read(&[2]), None);
        assert_eq!(Record::read(&[]), None);
        assert_eq!(Record::read(&[1]), Some(Record::default()));
    }

    #[test]
    fn rows_of_one_business_have_its_owner_and_its_name_in_common() {
        let warung = Record {
            nik: "6202110101750009".to_owned(),
            business: "Warung Bu Siti".to_owned(),
            turnover: Some(3_000_000),
            ..Record::default()
        };
        let read = Record::read(&warung.octets());
        assert_eq!(read.as_ref(), Some(&warung));
        let key = warung.trades_as();
        assert!(key.is_some());
        let same = Record {
            business: "WARUNG  BU-SITI".to_owned(),
            nib: "9120301234567".to_owned(),
            turnover: None,
            ..warung.clone()
        };
        assert_eq!(same.trades_as(), key, "a number of its own comes later");
        for other in [
            Record {
                business: "Warung Bu Sita".to_owned(),
                ..warung.clone()
            },
            Record {
                nik: "6202110101750008".to_owned(),
                ..warung.clone()
            },
            Record {
                nik: String::new(),
                ..warung
            },
        ] {
            assert_ne!(other.trades_as(), key);
        }
        assert_eq!(Record::default().trades_as(), None);
    }

    #[test]
    fn masks_hide_and_still_tell_apart() {
        assert_eq!(masked_name("Siti  Nur Aminah"), "S••• N•• A••••");
        assert_eq!(masked_name(""), "");
        assert_eq!(masked_number("6202115410150009"), "6202•••••••••••9");
        assert_eq!(masked_number("12345"), "•••••");
    }

    /// Signs that stand in fields, those that a file should not have among them.
    const SIGNS: [char; 18] = [
        'A', 'b', 'Z', 'é', 'Ж', 'م', '7', '0', '9', ' ', '\t', '\u{a0}', '.', '-', '\'', ',',
        '\u{301}', '•',
    ];

    /// Texts by a plain generator, the same each time.
    fn texts(many: usize) -> Vec<String> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |most: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap_or(0) % most
        };
        (0..many)
            .map(|_| {
                let length = next(24);
                (0..length).map(|_| SIGNS[next(SIGNS.len())]).collect()
            })
            .collect()
    }

    #[test]
    fn a_mask_of_a_name_shows_the_first_letter_of_each_word_and_nothing_else() {
        for text in texts(20_000) {
            let mask = masked_name(&text);
            let words: Vec<&str> = text.split_whitespace().collect();
            let masks: Vec<&str> = mask.split(' ').filter(|it| !it.is_empty()).collect();
            assert_eq!(words.len(), masks.len(), "{text:?} is {mask:?}");
            for (word, mask) in words.iter().zip(&masks) {
                assert_eq!(word.chars().next(), mask.chars().next(), "{text:?}");
                let rest = mask.chars().skip(1);
                assert!(rest.clone().all(|it| it == '•') && rest.count() <= HIDDEN_MAX);
            }
            // Whoever is called otherwise behind first letters has the same mask.
            let other = words.iter().map(|word| {
                let rest = word.chars().skip(1).map(|it| match it.is_alphanumeric() {
                    true => 'x',
                    false => it,
                });
                word.chars().take(1).chain(rest).collect::<String>()
            });
            assert_eq!(masked_name(&other.collect::<Vec<_>>().join(" ")), mask);
        }
    }

    #[test]
    fn a_mask_of_a_number_shows_its_region_and_its_end_and_nothing_else() {
        for text in texts(20_000) {
            let mask: Vec<char> = masked_number(&text).chars().collect();
            let signs: Vec<char> = text.chars().collect();
            assert_eq!(mask.len(), signs.len());
            let is_shown = |at: usize| signs.len() >= 8 && (at < 4 || at + 1 == signs.len());
            for (at, (sign, mask)) in signs.iter().zip(&mask).enumerate() {
                assert_eq!(*mask, if is_shown(at) { *sign } else { '•' }, "{text:?}");
            }
        }
    }

    #[test]
    fn a_place_is_of_one_row() {
        assert_ne!(place(1, 2), place(2, 1));
        assert_ne!(place(1, 2), place(1, 3));
    }
}
