//! What can be said of a village, and how a cell of a list is read.
//!
//! "Online" is no property: a village has five axes of connection, each with its own
//! words, beside what programmes say about it. Whether `blank spot` means no voice or
//! no 4G is what the definition of the list says.

use crate::flow::State;

/// What is said of a village.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// A list names it.
    Listed,
    /// It is a blank spot, as the list means that.
    BlankSpot,
    /// How far a programme has come there.
    Status,
    /// Axis 1: whether one can telephone.
    Voice,
    /// Axis 2: the newest generation of mobile data.
    Data,
    /// Axis 3: share of its settlement with 4G.
    FourG,
    /// Axis 4: whether its office has internet.
    Office,
    /// Axis 5: share of its whole territory with signal.
    Territory,
    /// Who provides its connection.
    Provider,
    /// Whether the power grid (PLN) reaches it.
    Grid,
}

/// A value as a cell holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A share, in thousandths.
    Permille(i64),
    /// A word.
    Word(String),
}

/// Why a cell cannot be read as its property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Neither yes nor no.
    Flag,
    /// No share from 0 to 100 per cent.
    Share,
    /// At most one: per cent, or a share of one?
    ShareOrPercent,
    /// None of these words.
    Word(&'static [&'static str]),
}

/// How good a signal is, as Podes asks for it.
const SIGNALS: [&str; 4] = ["tidak_ada", "lemah", "kuat", "ada"];

/// Generations of mobile data.
const GENERATIONS: [&str; 5] = ["tidak_ada", "2g", "3g", "4g", "5g"];

impl Property {
    /// Every property.
    pub const ALL: [Self; 10] = [
        Self::Listed,
        Self::BlankSpot,
        Self::Status,
        Self::Voice,
        Self::Data,
        Self::FourG,
        Self::Office,
        Self::Territory,
        Self::Provider,
        Self::Grid,
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::BlankSpot => "blank_spot",
            Self::Status => "status",
            Self::Voice => "voice",
            Self::Data => "data",
            Self::FourG => "four_g",
            Self::Office => "office",
            Self::Territory => "territory",
            Self::Provider => "provider",
            Self::Grid => "grid",
        }
    }

    /// The property of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|property| property.as_str() == word)
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// What the property takes.
    pub fn read(self, written: &str) -> Result<Value, Unreadable> {
        let text = plain(written);
        match self {
            Self::Listed | Self::BlankSpot | Self::Office | Self::Grid => {
                flag(&text).map(Value::Flag).ok_or(Unreadable::Flag)
            }
            Self::FourG | Self::Territory => share(written).map(Value::Permille),
            Self::Voice => word(&text, signal, &SIGNALS),
            Self::Data => word(&text, generation, &GENERATIONS),
            Self::Status => word(&text, |text| status(text).map(State::as_str), &State::WORDS),
            Self::Provider => Ok(Value::Word(
                written.split_whitespace().collect::<Vec<_>>().join(" "),
            )),
        }
    }
}

/// Small letters and digits with one blank between words.
fn plain(written: &str) -> String {
    let lower = written.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn word(
    text: &str,
    read: impl Fn(&str) -> Option<&'static str>,
    words: &'static [&'static str],
) -> Result<Value, Unreadable> {
    read(text)
        .map(|word| Value::Word(word.to_owned()))
        .ok_or(Unreadable::Word(words))
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "ya" | "y" | "iya" | "yes" | "true" | "benar" | "1" | "ada" | "v" | "sudah"
        | "blank spot" | "blankspot" | "pln" => Some(true),
        "tidak" | "tdk" | "t" | "no" | "n" | "false" | "salah" | "0" | "tidak ada" | "x"
        | "belum" | "belum ada" | "bukan" | "bukan blank spot" | "non pln" => Some(false),
        _ => None,
    }
}

fn signal(text: &str) -> Option<&'static str> {
    Some(match text.strip_prefix("sinyal ").unwrap_or(text) {
        "tidak ada" | "tidak ada sinyal" | "tanpa sinyal" | "nihil" | "tidak" | "0" => "tidak_ada",
        "lemah" | "sedang" | "kurang" => "lemah",
        "kuat" | "sangat kuat" | "baik" => "kuat",
        "ada" | "ya" | "1" => "ada",
        _ => return None,
    })
}

fn generation(text: &str) -> Option<&'static str> {
    Some(match text.strip_prefix("sinyal ").unwrap_or(text) {
        "tidak ada" | "tidak ada sinyal" | "tanpa sinyal" | "nihil" | "tidak" | "0" => "tidak_ada",
        "2g" | "gsm" | "gprs" | "edge" | "2g gprs edge" | "gprs edge" => "2g",
        "3g" | "3g h h" | "hsdpa" | "h" => "3g",
        "4g" | "lte" | "4g lte" => "4g",
        "5g" | "5g 4g lte" | "5g lte" => "5g",
        _ => return None,
    })
}

/// The state that the word of a list means.
fn status(text: &str) -> Option<State> {
    Some(match text {
        "terdaftar" | "usulan" | "diusulkan" | "listed" => State::Listed,
        "survei" | "disurvei" | "survey" | "verifikasi" | "terverifikasi" | "surveyed" => {
            State::Surveyed
        }
        "menolak" | "ditolak" | "refused" => State::Refused,
        "tidak ada di tempat" | "aparat tidak ada" | "perangkat desa tidak ada" | "absent" => {
            State::Absent
        }
        "hibah" | "dihibahkan" | "nphd" | "granted" => State::Granted,
        "distribusi" | "proses distribusi" | "dalam distribusi" | "dalam pengiriman"
        | "in distribution" => State::InDistribution,
        "terkirim" | "diterima" | "sudah diterima" | "delivered" => State::Delivered,
        "terpasang" | "dipasang" | "installed" => State::Installed,
        "aktif" | "on" | "online" | "active" => State::Active,
        "tidak aktif" | "nonaktif" | "non aktif" | "off" | "offline" | "inactive" => {
            State::Inactive
        }
        "ditangguhkan" | "suspend" | "dihentikan" | "suspended" => State::Suspended,
        "dipindahkan" | "pindah" | "relokasi" | "relocated" => State::Relocated,
        "dikembalikan" | "kembali" | "returned" => State::Returned,
        _ => return None,
    })
}

/// A share in thousandths. A spreadsheet keeps 45,5 % as 0.455: whether one that
/// stands at or below one without its sign is a share or per cent, nobody can tell.
fn share(written: &str) -> Result<i64, Unreadable> {
    let text = written.trim();
    let says = text.ends_with('%');
    let number = text.trim_end_matches(['%', ' ']).replace(',', ".");
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
    if !plain || whole.is_empty() || part.contains('.') || whole.len() > 3 || part.len() > 12 {
        return Err(Unreadable::Share);
    }
    // In digits: the first behind the point counts, and the next rounds it.
    let digits = format!("{whole}{part:0<2}");
    let hundredths: i64 = digits[..whole.len() + 2]
        .parse()
        .map_err(|_| Unreadable::Share)?;
    let permille = (hundredths + 5) / 10;
    if !says && hundredths > 0 && hundredths <= 100 {
        return Err(Unreadable::ShareOrPercent);
    }
    (0..=1_000)
        .contains(&permille)
        .then_some(permille)
        .ok_or(Unreadable::Share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_read_as_their_property() {
        let word = |word: &str| Ok(Value::Word(word.to_owned()));
        for (property, written, read) in [
            (Property::BlankSpot, "Blank Spot", Ok(Value::Flag(true))),
            (Property::Grid, "Non-PLN", Ok(Value::Flag(false))),
            (Property::Office, "mungkin", Err(Unreadable::Flag)),
            (Property::Voice, "Sinyal Lemah", word("lemah")),
            (Property::Voice, "Tidak ada sinyal", word("tidak_ada")),
            (Property::Voice, "?", Err(Unreadable::Word(&SIGNALS))),
            (Property::Data, "4G/LTE", word("4g")),
            (Property::Data, "3G/H/H+", word("3g")),
            (Property::Data, "2G/GPRS/EDGE", word("2g")),
            (Property::Status, "AKTIF", word("active")),
            (Property::Status, "Tidak Aktif", word("inactive")),
            (
                Property::Status,
                "proses distribusi",
                word("in_distribution"),
            ),
            (
                Property::Status,
                "hampir",
                Err(Unreadable::Word(&State::WORDS)),
            ),
            (Property::Provider, "  PT  Satelit ", word("PT Satelit")),
            (Property::FourG, "45,5%", Ok(Value::Permille(455))),
            (Property::FourG, "45", Ok(Value::Permille(450))),
            (Property::FourG, "0", Ok(Value::Permille(0))),
            (Property::FourG, "100 %", Ok(Value::Permille(1_000))),
            (Property::FourG, "0.455", Err(Unreadable::ShareOrPercent)),
            (Property::FourG, "1", Err(Unreadable::ShareOrPercent)),
            (Property::FourG, "1%", Ok(Value::Permille(10))),
            (Property::Territory, "101", Err(Unreadable::Share)),
            (Property::Territory, "-5", Err(Unreadable::Share)),
            (Property::Territory, "12.3.4", Err(Unreadable::Share)),
            (Property::Territory, "", Err(Unreadable::Share)),
        ] {
            assert_eq!(property.read(written), read, "{property:?} {written}");
        }
    }

    #[test]
    fn words_and_properties_are_inverse() {
        for property in Property::ALL {
            assert_eq!(Property::parse(property.as_str()), Some(property));
        }
    }

    proptest! {
        #[test]
        fn every_share_is_read_to_the_thousandth(permille in 11_i64..=1_000) {
            let written = format!("{},{}", permille / 10, permille % 10);
            prop_assert_eq!(Property::FourG.read(&written), Ok(Value::Permille(permille)));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            for property in Property::ALL {
                let _ = property.read(&text);
            }
        }
    }
}
