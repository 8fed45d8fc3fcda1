//! Names as lists write them.
//!
//! `Tb. Nusa`, `TUMBANG NUSA` and `Desa Tumbangnusa` are one name; `Lupak I` and
//! `Lupak 2` are two. Both sides are folded the same way, so a rule that folds too
//! much makes a name ambiguous (and a person is asked) and never wrong.

/// Words that say what an area is, as people write them, and what they mean.
const KINDS: [(&str, Kind); 13] = [
    ("kab", Kind::Regency),
    ("kabupaten", Kind::Regency),
    ("kota", Kind::City),
    ("kotamadya", Kind::City),
    ("kodya", Kind::City),
    ("kec", Kind::District),
    ("kecamatan", Kind::District),
    ("kel", Kind::Kelurahan),
    ("kelurahan", Kind::Kelurahan),
    ("lurah", Kind::Kelurahan),
    ("ds", Kind::Desa),
    ("desa", Kind::Desa),
    ("kades", Kind::Desa),
];

/// Words that are written short, and what they are in full.
const SHORT: [(&str, &str); 17] = [
    ("tb", "tumbang"),
    ("tbg", "tumbang"),
    ("tumb", "tumbang"),
    ("sei", "sungai"),
    ("sg", "sungai"),
    ("sungei", "sungai"),
    ("tj", "tanjung"),
    ("tjg", "tanjung"),
    ("tg", "tanjung"),
    ("tanjong", "tanjung"),
    ("tlk", "teluk"),
    ("telok", "teluk"),
    ("ma", "muara"),
    ("mr", "muara"),
    ("bkt", "bukit"),
    ("kpg", "kampung"),
    ("pl", "pulau"),
];

/// Letters of the spelling before 1972.
const OLD: [(&str, &str); 3] = [("oe", "u"), ("dj", "j"), ("tj", "c")];

/// What kind of area a name says that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Kabupaten.
    Regency,
    /// Kota.
    City,
    /// Kecamatan.
    District,
    /// Desa.
    Desa,
    /// Kelurahan.
    Kelurahan,
}

/// A name, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// With its first word, even where that says what it is of.
    whole: String,
    /// Without the word that says what it is of.
    bare: String,
    /// What it says that it is of.
    kind: Option<Kind>,
}

impl Name {
    /// Folds a name.
    #[must_use]
    pub fn new(written: &str) -> Self {
        let words = words(written);
        let said = words
            .first()
            .filter(|_| words.len() > 1)
            .and_then(|first| KINDS.iter().find(|(word, _)| word == first))
            .map(|(_, kind)| *kind);
        let bare = folded(&words[usize::from(said.is_some())..]);
        // "Kota Besi" begins with a word that says what it is of, and does not mean it.
        let whole = match said {
            Some(Kind::City) => format!("kota{bare}"),
            Some(_) => bare.clone(),
            None => folded(&words),
        };
        Self {
            whole,
            bare,
            kind: said,
        }
    }

    /// Whether a name that somebody wrote may be this one.
    #[must_use]
    pub fn fits(&self, written: &Self) -> bool {
        !self.bare.is_empty()
            && (self.bare == written.bare
                || self.bare == written.whole
                || self.whole == written.bare
                || self.whole == written.whole)
    }

    /// Whether nothing of it is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bare.is_empty()
    }

    /// What it says that it is of.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Its letters and digits, for comparing and for remembering.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.bare
    }

    /// Letters to change, add or take away to make this name of the other, if those
    /// are few for its length: what somebody who mistyped could have meant.
    #[must_use]
    pub fn near(&self, written: &Self) -> Option<usize> {
        let most = (written.bare.chars().count() / 4).clamp(1, 3);
        Some(distance(&self.bare, &written.bare)).filter(|distance| *distance <= most)
    }
}

/// Words without case and signs. A digit begins a word, and so does a letter behind
/// one: `Lupak2` is `Lupak 2`.
fn words(written: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for c in written.chars().flat_map(char::to_lowercase).map(plain) {
        let class = if c.is_ascii_digit() {
            Some(true)
        } else if c.is_alphabetic() {
            Some(false)
        } else if matches!(c, '\'' | '’' | '`') {
            // Ma'rang is one word.
            continue;
        } else {
            None
        };
        if class.is_some() {
            if class != before {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(c);
            }
        }
        before = class;
    }
    words
}

/// Letters with the marks that some keyboards put on them.
const fn plain(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        c => c,
    }
}

fn folded(words: &[String]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let full = SHORT.iter().find(|(short, _)| short == word);
        let roman = (at > 0).then(|| number(word)).flatten();
        match (full, roman) {
            (Some((_, full)), _) => text.push_str(full),
            (None, Some(number)) => text.push_str(&number.to_string()),
            (None, None) if word.bytes().all(|b| b.is_ascii_digit()) => {
                text.push_str(word.trim_start_matches('0'));
            }
            (None, None) => {
                let modern = OLD
                    .iter()
                    .fold(word.clone(), |word, (old, new)| word.replace(old, new));
                text.push_str(&modern);
            }
        }
    }
    text
}

/// A Roman numeral from 1 to 39, if the word is one.
fn number(word: &str) -> Option<u32> {
    const ONES: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    (1..40).find(|n| {
        let tens = usize::try_from(n / 10).unwrap_or(0);
        let ones = ONES
            .get(usize::try_from(n % 10).unwrap_or(0))
            .copied()
            .unwrap_or_default();
        word.strip_prefix(&*"x".repeat(tens)) == Some(ones)
    })
}

/// Letters to change, add or take away between two words (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_name_is_written_in_many_ways() {
        for (register, written) in [
            ("Tumbang Nusa", "TB. NUSA"),
            ("Tumbang Nusa", "desa tumbangnusa"),
            ("Tumbang Nusa", "Tbg Noesa"),
            ("Papuyu I Sei. Pasanan", "Papuyu 1 Sungai Pasanan"),
            ("Lupak Dalam II", "Lupak Dalam 02"),
            ("Lupak Dalam II", "LUPAK DALAM2"),
            ("Tanjung Hara", "Tj Hara"),
            ("Kelurahan Langkai", "Kel. Langkai"),
            ("Langkai", "Kelurahan Langkai"),
            ("Kota Besi", "Kotabesi"),
            ("Kota Besi", "Kec. Kota Besi"),
            ("Kabupaten Kotawaringin Barat", "Kab. Kota Waringin Barat"),
            ("Kota Palangka Raya", "Palangkaraya"),
            ("Muara Joloi I", "Ma. Joloi I"),
            ("Telaga Ma'rang", "Telaga Marang"),
            ("Sungai Jaya", "Sei Djaja"),
        ] {
            let fits = Name::new(register).fits(&Name::new(written));
            // Dj became j in 1972 and j became y; the second would make two names of
            // many that are one today.
            assert_eq!(fits, written != "Sei Djaja", "{register} {written}");
        }
    }

    #[test]
    fn names_that_differ_stay_apart() {
        for (one, other) in [
            ("Lupak I", "Lupak II"),
            ("Tumbang Nusa", "Tumbang Nusan"),
            ("Kabupaten Kapuas", "Kecamatan Kapuas Barat"),
            ("Langkai", ""),
            ("", ""),
            ("Desa", "Kelurahan"),
        ] {
            assert!(!Name::new(one).fits(&Name::new(other)), "{one} {other}");
        }
        assert_eq!(Name::new("Kel. Langkai").kind(), Some(Kind::Kelurahan));
        assert_eq!(Name::new("Desa").kind(), None);
    }

    #[test]
    fn a_slip_of_the_pen_is_near() {
        let near = |one: &str, other: &str| Name::new(one).near(&Name::new(other));
        assert_eq!(near("Tumbang Nusa", "Tumbang Musa"), Some(1));
        assert_eq!(near("Langkai", "Lngkai"), Some(1));
        assert_eq!(near("Langkai", "Pahandut"), None);
    }

    proptest! {
        #[test]
        fn folding_is_blind_to_dress(words in prop::collection::vec("[a-z]{2,8}", 1..4)) {
            let plain = words.join(" ");
            let name = Name::new(&plain);
            for dressed in [plain.to_uppercase(), words.join("  "), words.join("-"), format!(" {plain}. ")] {
                prop_assert_eq!(&Name::new(&dressed), &name);
            }
        }

        #[test]
        fn no_text_panics(one in ".{0,30}", other in ".{0,30}") {
            let (one, other) = (Name::new(&one), Name::new(&other));
            prop_assert_eq!(one.fits(&other), other.fits(&one));
            prop_assert_eq!(one.near(&one).unwrap_or(9), 0);
        }

        #[test]
        fn numerals_are_those_of_rome(n in 1_u32..40) {
            let (tens, ones) = (n / 10, n % 10);
            let mut text = "x".repeat(usize::try_from(tens).expect("small"));
            let (five, left) = (ones >= 5 && ones != 9, ones % 5);
            if five { text.push('v'); }
            match left {
                4 => { text = text.trim_end_matches('v').to_owned(); text.push_str(if ones == 9 { "ix" } else { "iv" }); }
                left => text.push_str(&"i".repeat(usize::try_from(left).expect("small"))),
            }
            prop_assert_eq!(number(&text), Some(n));
        }
    }
}
