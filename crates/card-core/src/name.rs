//! Names of persons as lists write them.
//!
//! `H. MOCH. JOESOEF, S.Pd bin Abdoel` and `Muhammad Yusup` are one name. The tables are
//! in `data/names.toml`; a name as it was written stands beside what is made of it and is
//! never replaced. Both sides of a comparison are folded the same way, so that a table
//! that folds too much makes a name common and weighs it less.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

const TABLES: &str = include_str!("../data/names.toml");

/// Words that are kept of a name; more are none in any list.
pub const WORDS_MAX: usize = 8;

/// Octets that are kept of a word.
const WORD_MAX: usize = 32;

/// The tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    look_alikes: BTreeMap<String, String>,
    titles: Titles,
    cuts: Cuts,
    short: BTreeMap<String, String>,
    spelling: Vec<Spelling>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Titles {
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cuts {
    father: Vec<String>,
    alias: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelling {
    #[expect(dead_code, reason = "for whoever reads the file")]
    why: String,
    #[serde(default)]
    end: bool,
    rules: Vec<(String, String)>,
}

static TABLE: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables: Tables = toml::from_str(TABLES).expect("the tables are part of the program");
    for stage in &mut tables.spelling {
        stage
            .rules
            .sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    }
    tables
});

/// What a name is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Its words as they sound, in their order, titles and degrees gone.
    pub words: Vec<String>,
    /// The words that stand behind `bin`, `binti`: the father's name.
    pub father: Vec<String>,
    /// The words that stand behind `alias`, or between slashes or brackets.
    pub alias: Vec<String>,
}

/// Which part of a name a word belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The name itself.
    Own,
    /// The father's.
    Father,
    /// Another name of the same person.
    Alias,
}

/// What one word is, wherever it stands; `W` is how its sound is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<W> {
    before: bool,
    after: bool,
    cut: Option<Part>,
    /// How it sounds where it begins a name that goes on.
    begins: W,
    /// How it sounds elsewhere.
    sound: W,
}

/// What a word as it is written is; nothing where it has no letters.
pub(crate) fn word<W>(text: &str, mut keep: impl FnMut(&str) -> W) -> Option<Word<W>> {
    let tables = &*TABLE;
    let plain = letters(text, tables);
    if plain.is_empty() {
        return None;
    }
    let is = |of: &[String]| of.contains(&plain);
    Some(Word {
        before: is(&tables.titles.before),
        after: is(&tables.titles.after),
        cut: match () {
            () if is(&tables.cuts.father) => Some(Part::Father),
            () if is(&tables.cuts.alias) => Some(Part::Alias),
            () => None,
        },
        begins: keep(&sound_of(&plain, true, tables)),
        sound: keep(&sound_of(&plain, false, tables)),
    })
}

/// Takes a name apart.
#[must_use]
pub fn parse(text: &str) -> Name {
    let mut name = Name::default();
    let of = |text: &str| word(text, str::to_owned);
    walk(text, &mut Vec::new(), of, |part, sound| {
        let into = match part {
            Part::Own => &mut name.words,
            Part::Father => &mut name.father,
            Part::Alias => &mut name.alias,
        };
        if into.len() < WORDS_MAX {
            into.push(sound);
        }
    });
    name
}

/// Goes over the words of a name: `of` says what a word as it is written is, `keep` is
/// given what belongs to the name, by its parts. `words` is room to work in.
pub(crate) fn walk<W: Clone>(
    text: &str,
    words: &mut Vec<Word<W>>,
    mut of: impl FnMut(&str) -> Option<Word<W>>,
    mut keep: impl FnMut(Part, W),
) {
    words.clear();
    // What stands behind a comma is a degree, whatever it is.
    let text = text.split_once(',').map_or(text, |(name, _)| name);
    for (at, text) in text.split(['(', '/', '[']).enumerate() {
        // Between brackets and behind a slash stands another name.
        words.extend((at > 0).then(|| of("alias")).flatten());
        let parts = text
            .split(|it: char| it.is_whitespace() || matches!(it, ';' | ')' | ']' | '-' | '_'))
            .filter(|part| !part.is_empty());
        for part in parts {
            if !part.contains('.') || is_degree(part) {
                words.extend(of(part));
            } else {
                words.extend(
                    part.split('.')
                        .filter(|part| !part.is_empty())
                        .filter_map(&mut of),
                );
            }
        }
    }
    // Where the name itself ends, and where its degrees begin.
    let cut = words.iter().skip(1).position(|word| word.cut.is_some());
    let own = cut.map_or(words.len(), |at| at + 1);
    let degrees = words[..own]
        .iter()
        .rev()
        .take_while(|word| word.after)
        .count();
    let bare = own - degrees.min(own.saturating_sub(1));
    let mut part = Part::Own;
    let mut first = true;
    for (at, word) in words.iter().enumerate() {
        if let Some(cut) = word.cut.filter(|_| at > 0) {
            part = cut;
            continue;
        }
        // A title is one only while a name follows; a degree only behind one.
        let more = at + 1 < bare;
        let titled = first && more && word.before;
        if part == Part::Own && (titled || at >= bare) {
            continue;
        }
        let sound = if first && more {
            &word.begins
        } else {
            &word.sound
        };
        keep(part, sound.clone());
        first &= part != Part::Own;
    }
}

/// `S.Pd` is one word, `M.Yusuf` is two.
fn is_degree(part: &str) -> bool {
    let letters = part.bytes().filter(|octet| *octet != b'.');
    TABLE.titles.after.iter().any(|degree| {
        let small = letters.clone().map(|octet| octet.to_ascii_lowercase());
        degree.bytes().eq(small)
    })
}

/// A word of letters as it sounds.
#[must_use]
pub fn sound(word: &str) -> String {
    let tables = &*TABLE;
    spelled(&letters(word, tables), tables)
}

fn sound_of(word: &str, begins: bool, tables: &Tables) -> String {
    let full = tables.short.get(word).filter(|_| begins || word.len() > 2);
    match full {
        Some(full) => spelled(full, tables),
        None => spelled(word, tables),
    }
}

/// The letters of a word, small and without marks; digits that stand for letters are
/// taken for those, other signs go.
fn letters(word: &str, tables: &Tables) -> String {
    let has_letters = word.chars().any(char::is_alphabetic);
    let mut into = String::with_capacity(word.len());
    for it in word.chars() {
        if into.len() >= WORD_MAX {
            break;
        }
        match it {
            'a'..='z' => into.push(it),
            'A'..='Z' => into.push(it.to_ascii_lowercase()),
            '0'..='9' if has_letters => {
                let mut text = [0; 4];
                if let Some(letter) = tables.look_alikes.get(it.encode_utf8(&mut text) as &str) {
                    into.push_str(letter);
                }
            }
            other if other.is_alphabetic() => into.push_str(plain(other)),
            _ => {}
        }
    }
    into
}

/// The letter without its mark.
const fn plain(letter: char) -> &'static str {
    match letter {
        'à' | 'á' | 'â' | 'ä' | 'ã' | 'À' | 'Á' | 'Â' | 'Ä' | 'Ã' | 'ā' | 'Ā' => "a",
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' | 'ē' | 'Ē' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' | 'ī' | 'Ī' => "i",
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'Ò' | 'Ó' | 'Ô' | 'Ö' | 'Õ' | 'ō' | 'Ō' => "o",
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' | 'ū' | 'Ū' => "u",
        'ñ' | 'Ñ' => "n",
        'ç' | 'Ç' => "c",
        _ => "",
    }
}

fn spelled(word: &str, tables: &Tables) -> String {
    // One letter is an initial and sounds like nothing.
    if word.len() < 2 {
        return word.to_owned();
    }
    let mut word = word.to_owned();
    for stage in &tables.spelling {
        word = if stage.end {
            ended(&word, &stage.rules)
        } else {
            replaced(&word, &stage.rules)
        };
    }
    // A letter that is written twice is heard once.
    let mut last = '\0';
    word.retain(|it| std::mem::replace(&mut last, it) != it);
    word
}

fn replaced(word: &str, rules: &[(String, String)]) -> String {
    let mut into = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let rule = rules
            .iter()
            .find(|(from, _)| rest.starts_with(from.as_str()));
        match rule {
            Some((from, to)) => {
                into.push_str(to);
                rest = &rest[from.len()..];
            }
            None => {
                into.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    into
}

fn ended(word: &str, rules: &[(String, String)]) -> String {
    let rule = rules
        .iter()
        .find(|(from, _)| word.len() > from.len() && word.ends_with(from.as_str()));
    match rule {
        Some((from, to)) => format!("{}{to}", &word[..word.len() - from.len()]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        parse(text).words
    }

    #[test]
    fn one_name_written_in_many_ways_is_one_name() {
        for ways in [
            &[
                "Muhammad Yusuf",
                "M. JOESOEF",
                "Moch. Yusup",
                "H. Muhamad Jusuf, S.Pd",
                "MUH.YUSUF",
            ][..],
            &[
                "Siti Aminah",
                "ST. AMINAH",
                "Sitti Amina",
                "Hj. Siti Aminah binti Abdul",
            ],
            &[
                "Ahmad Fauzi",
                "Akhmad Pauji",
                "ACHMAD FAUZI",
                "Haji Ahmad Fauzi alias Uji",
            ],
            &["Noor Hidayah", "Nur Hidayah", "NOER HIDAJAH", "Nor Hidaya"],
            &["Djoko Tjahjono", "Joko Cahyono", "J0K0 CAHYONO"],
            &["Khairul Syukur", "Hairul Sukur"],
            &["Yohanes Dohong", "Johannes Dohong", "YOHANNES  DOHONG SE"],
            &[
                "Rina Sari",
                "Rina Sari A.Md.Keb",
                "RINA SARI (RINI)",
                "Rina Sari S.Pd M.Pd",
                "Rina Sari SE binti Umar",
            ],
            &["José Núñez", "JOSE NUNEZ"],
        ] {
            for way in ways {
                assert_eq!(words(way), words(ways[0]), "{way}");
            }
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (one, other) in [
            ("Siti Aminah", "Siti Maimunah"),
            ("Rudi", "Rida"),
            ("Bawi Dohong", "Bawi Tohang"),
            ("Sutrisno", "Sutarno"),
        ] {
            assert_ne!(words(one), words(other));
        }
    }

    #[test]
    fn what_stands_beside_a_name_is_kept_apart() {
        let name = parse("Budi Santoso bin Slamet");
        assert_eq!(name.words.len(), 2);
        assert_eq!(name.father, [sound("slamet")]);
        let name = parse("Mardiana alias Galuh / Iyus");
        assert_eq!(name.words, [sound("mardiana")]);
        assert_eq!(name.alias, [sound("galuh"), sound("iyus")]);
        // A title that is all there is, is a name; so is a short form that stands alone.
        assert_eq!(words("Haji").len(), 1);
        assert_eq!(words("Haji bin Ahmad"), [sound("haji")]);
        assert_eq!(words("M"), ["m"]);
        assert_eq!(words("Sari M."), [sound("sari"), "m".to_owned()]);
        assert!(words("").is_empty());
        assert!(words(" . , - ").is_empty());
        assert_eq!(words("Intan S"), [sound("intan"), "s".to_owned()]);
    }

    #[test]
    fn each_rule_of_the_tables_does_what_it_says() {
        let tables = &*TABLE;
        for (short, full) in &tables.short {
            assert_eq!(
                words(&format!("{short} tono")),
                words(&format!("{full} tono")),
                "{short}"
            );
        }
        for title in &tables.titles.before {
            assert_eq!(words(&format!("{title}. tono")), words("tono"), "{title}");
        }
        for degree in &tables.titles.after {
            assert_eq!(words(&format!("tono {degree}")), words("tono"), "{degree}");
            assert_eq!(words(&format!("tono, {degree}")), words("tono"), "{degree}");
        }
        for cut in tables.cuts.father.iter().chain(&tables.cuts.alias) {
            assert_eq!(words(&format!("tono {cut} wati")), words("tono"), "{cut}");
        }
        for (sign, letter) in &tables.look_alikes {
            assert_eq!(
                words(&format!("ta{sign}mu")),
                words(&format!("ta{letter}mu")),
                "{sign}"
            );
        }
        for stage in &tables.spelling {
            for (from, to) in &stage.rules {
                let [one, other] = [from, to].map(|part| match stage.end {
                    true => format!("ram{part}"),
                    false => format!("ra{part}am"),
                });
                assert_eq!(words(&one), words(&other), "{from} as {to}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_of_small_letters(text in "\\PC{0,80}") {
            let name = parse(&text);
            for word in name.words.iter().chain(&name.father).chain(&name.alias) {
                prop_assert!(!word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase()), "{word}");
            }
            prop_assert!(name.words.len() <= WORDS_MAX);
        }

        #[test]
        fn large_letters_and_blanks_change_nothing(text in "[a-zA-Z'. ]{0,40}") {
            prop_assert_eq!(parse(&text), parse(&text.to_uppercase()));
            prop_assert_eq!(parse(&text), parse(&format!("  {} ", text.replace(' ', "  "))));
        }
    }
}
