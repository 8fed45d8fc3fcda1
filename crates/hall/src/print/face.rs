//! The two faces of a sheet, and how wide words are in them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, MetadataProvider as _};

use super::ink::Length;

/// A face: Public Sans, as the pages have it, with figures of one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
}

const REGULAR: &[u8] = include_bytes!("../../../../assets/fonts/public-sans-regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../../assets/fonts/public-sans-bold.ttf");

/// What stands for a character that the faces do not have.
const MISSING: char = '?';

/// What is known of a face.
#[derive(Debug)]
struct Known {
    /// Units of the square that letters are drawn in.
    em: i64,
    /// Of each character its letter, and how far that goes on.
    letters: BTreeMap<char, (u32, i64)>,
}

static KNOWN: LazyLock<[Known; 2]> = LazyLock::new(|| [read(REGULAR), read(BOLD)]);

/// Reads a face; of one that is none nothing is known, and each character is missing.
fn read(octets: &'static [u8]) -> Known {
    let mut known = Known {
        em: 1_000,
        letters: BTreeMap::new(),
    };
    let Ok(font) = FontRef::new(octets) else {
        return known;
    };
    known.em = font.head().map_or(1_000, |head| head.units_per_em().into());
    let Ok(advances) = font.hmtx() else {
        return known;
    };
    for (code, letter) in font.charmap().mappings() {
        if let (Some(c), Some(on)) = (char::from_u32(code), advances.advance(letter)) {
            known.letters.insert(c, (letter.to_u32(), on.into()));
        }
    }
    known
}

impl Face {
    /// Its file.
    pub(super) const fn octets(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }

    fn known(self) -> &'static Known {
        match self {
            Self::Regular => &KNOWN[0],
            Self::Bold => &KNOWN[1],
        }
    }

    /// Units of the square that its letters are drawn in.
    pub(super) fn em(self) -> i64 {
        self.known().em
    }

    /// The letter of a character, and how many units it goes on. What the face lacks is
    /// a question mark by then.
    pub(super) fn letter(self, c: char) -> (u32, i64) {
        let letters = &self.known().letters;
        letters.get(&c).copied().unwrap_or_default()
    }

    /// How many units words go on.
    pub(super) fn units(self, text: &str) -> i64 {
        text.chars().map(|c| self.letter(c).1).sum()
    }

    /// How wide words are, rounded up.
    pub(super) fn wide(self, size: Length, text: &str) -> Length {
        let wide = -(-self.units(text) * i64::from(size)).div_euclid(self.em());
        Length::try_from(wide).unwrap_or(Length::MAX)
    }

    /// The text as it can be printed: blanks for what only moves on, and a question mark
    /// for each character that the faces do not have. Line breaks stay.
    pub(super) fn printable(text: &str) -> String {
        let has = |c: char| KNOWN.iter().all(|known| known.letters.contains_key(&c));
        text.chars()
            .map(|c| match c {
                '\n' => '\n',
                c if c.is_control() => ' ',
                c if has(c) => c,
                _ => MISSING,
            })
            .collect()
    }
}

/// Breaks a text into lines that are no wider than `wide`: between words, and inside one
/// only where it is wider by itself.
pub(super) fn wrap(text: &str, face: Face, size: Length, wide: Length) -> Vec<String> {
    let room = i64::from(wide) * face.em() / i64::from(size.max(1));
    let blank = face.letter(' ').1;
    let mut lines = Vec::new();
    for part in text.split('\n') {
        let mut line = String::new();
        let mut at = 0;
        for word in part.split(' ').filter(|word| !word.is_empty()) {
            let long = face.units(word);
            if !line.is_empty() {
                if at + blank + long <= room {
                    line.push(' ');
                    line.push_str(word);
                    at += blank + long;
                    continue;
                }
                lines.push(std::mem::take(&mut line));
            }
            at = 0;
            if long <= room {
                line.push_str(word);
                at = long;
                continue;
            }
            for c in word.chars() {
                let on = face.letter(c).1;
                if at + on > room && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    at = 0;
                }
                line.push(c);
                at += on;
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn figures_are_of_one_width_and_the_face_has_what_officials_write() {
        for face in [Face::Regular, Face::Bold] {
            let one = face.letter('0').1;
            assert!(one > 0 && face.em() > 0);
            assert!(('0'..='9').all(|figure| face.letter(figure).1 == one));
        }
        let text = "Kab. Kotawaringin Timur – “Sei Babi” é ñ 95 % · 1.234,56 Rp × … — ’ ²";
        assert_eq!(Face::printable(text), text);
        assert_eq!(Face::printable("a\u{7}漢\tb\n"), "a ? b\n");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(
            text in "[ a-zA-Z0-9\n%.,-]{0,300}", wide in 600_i32..20_000, size in 500_i32..2_500,
        ) {
            // Each letter fits by itself.
            let wide = wide.max(size * 2);
            let lines = wrap(&text, Face::Bold, size, wide);
            for line in &lines {
                prop_assert!(Face::Bold.wide(size, line) <= wide + 1, "{line:?}");
            }
            let plain = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(plain(&lines.concat()), plain(&text));
        }
    }
}
