//! Codes in lists.
//!
//! Kemendagri writes `62.06.05.2004`, BPS writes `6209050012`: both are ten digits
//! once the dots are gone, and for more than half of the regencies of Central
//! Kalimantan the same four digits mean another one. So a column of codes is judged
//! as a whole before any of them counts, and one that could be either is asked about.

use base::area::AreaCode;

/// What a code in a cell is, by its shape alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A Kemendagri code of a village with its dots, perhaps other signs for them.
    Dotted(AreaCode),
    /// A Kemendagri code of what lies around villages.
    Wider(AreaCode),
    /// Ten digits: the Kemendagri code without its dots that they would be, if they
    /// are not one of BPS.
    Plain(AreaCode),
    /// A code as only BPS writes it: seven digits, or three of them for a district.
    Bps,
    /// Neither.
    Neither,
}

/// What a code in a cell is. A spreadsheet may have put anything between its parts,
/// dropped zeros before them, or a point and a zero behind them.
#[must_use]
pub fn shape(written: &str) -> Shape {
    let text = written.trim().trim_start_matches('\'');
    // 6271011001.0 is a number that was made text.
    let text = match text.split_once(['.', ',']) {
        Some((digits, "0" | "00")) if digits.len() > 4 => digits,
        _ => text,
    };
    let parts: Vec<&str> = text
        .split(|c: char| matches!(c, '.' | ',' | '-' | '/' | '_') || c.is_whitespace())
        .filter(|part| !part.is_empty())
        .collect();
    let digits = parts
        .iter()
        .all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    if !digits {
        return Shape::Neither;
    }
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    match (lengths.as_slice(), parts.as_slice()) {
        ([2, 2, 3] | [2, 2, 3, 3] | [7], _) => Shape::Bps,
        // 6.271.011.001: ten digits that somebody's spreadsheet has grouped.
        ([10] | [1, 3, 3, 3], _) => plain(&parts.concat()),
        ([2, 1 | 2, 1 | 2, 4], [province, regency, district, village]) => {
            let code = format!("{province}.{regency:0>2}.{district:0>2}.{village}");
            code.parse().map_or(Shape::Neither, Shape::Dotted)
        }
        ([2, 2, 2] | [2, 2] | [2], _) => {
            parts.join(".").parse().map_or(Shape::Neither, Shape::Wider)
        }
        _ => Shape::Neither,
    }
}

fn plain(digits: &str) -> Shape {
    let (Some(province), Some(regency), Some(district), Some(village)) = (
        digits.get(0..2),
        digits.get(2..4),
        digits.get(4..6),
        digits.get(6..10),
    ) else {
        return Shape::Neither;
    };
    // The first digit of a Kemendagri village says desa, kelurahan or desa adat and
    // is never 0; the third of a BPS district most often is.
    if village.starts_with('0') {
        return Shape::Bps;
    }
    format!("{province}.{regency}.{district}.{village}")
        .parse()
        .map_or(Shape::Neither, Shape::Plain)
}

/// Of which system a column of codes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Kemendagri, with or without dots.
    Kemendagri,
    /// BPS: of no use here, since the house has no table of them.
    Bps,
    /// It could be either, or holds both: a person has to say.
    Unclear,
}

/// What speaks for a system, in numbers of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Kemendagri codes with dots.
    pub dotted: usize,
    /// Ten digits that are a village of Kemendagri when they are given dots, and the
    /// names beside them say the same village.
    pub agreed: usize,
    /// The same, and the names beside them say another.
    pub contradicted: usize,
    /// The same, and no names beside them.
    pub unnamed: usize,
    /// Ten digits that are no village of Kemendagri.
    pub unknown: usize,
    /// Codes as only BPS writes them.
    pub bps: usize,
    /// Neither.
    pub neither: usize,
}

/// What the names of a row say about the village of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// There are none.
    Nothing,
    /// They say that village.
    Agrees,
    /// They say another.
    Contradicts,
}

impl Evidence {
    /// Takes one more row in. `beside` is asked about a village of the register that
    /// the digits would be, and answers nothing if there is no such village.
    pub fn take(&mut self, shape: &Shape, beside: impl FnOnce(&AreaCode) -> Option<Beside>) {
        *match shape {
            Shape::Dotted(_) | Shape::Wider(_) => &mut self.dotted,
            Shape::Bps => &mut self.bps,
            Shape::Neither => &mut self.neither,
            Shape::Plain(code) => match beside(code) {
                None => &mut self.unknown,
                Some(Beside::Nothing) => &mut self.unnamed,
                Some(Beside::Agrees) => &mut self.agreed,
                Some(Beside::Contradicts) => &mut self.contradicted,
            },
        } += 1;
    }

    /// Of which system the column is.
    ///
    /// Dots are Kemendagri's. Without any, the names beside the codes decide; without
    /// names nothing does, since a list of BPS codes can be full of digits that are
    /// villages of Kemendagri as well.
    #[must_use]
    pub const fn system(&self) -> System {
        let for_bps = self.bps + self.contradicted + self.unknown;
        if self.bps > 0 && self.dotted + self.agreed > 0 {
            return System::Unclear;
        }
        if self.dotted > 0 {
            return System::Kemendagri;
        }
        if self.bps > 0 {
            return System::Bps;
        }
        if self.agreed > for_bps {
            return System::Kemendagri;
        }
        if self.contradicted > self.agreed {
            return System::Bps;
        }
        if self.agreed + self.contradicted + self.unnamed + self.unknown == 0 {
            // Nothing that could be read wrongly.
            return System::Kemendagri;
        }
        System::Unclear
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code of the table")
    }

    #[test]
    fn a_code_is_read_through_what_a_spreadsheet_did_to_it() {
        let dotted = Shape::Dotted(code("62.71.01.1001"));
        let plain = Shape::Plain(code("62.71.01.1001"));
        for (written, found) in [
            ("62.71.01.1001", dotted.clone()),
            (" 62.71.01.1001 ", dotted.clone()),
            ("'62.71.01.1001", dotted.clone()),
            ("62,71,01,1001", dotted.clone()),
            ("62-71-01-1001", dotted.clone()),
            ("62 71 01 1001", dotted.clone()),
            ("62.71.1.1001", dotted),
            ("6271011001", plain.clone()),
            ("6271011001.0", plain.clone()),
            ("6.271.011.001", plain.clone()),
            ("6,271,011,001", plain),
            ("62.71.01", Shape::Wider(code("62.71.01"))),
            ("62.71", Shape::Wider(code("62.71"))),
            ("6271010001", Shape::Bps),
            ("62.71.010.001", Shape::Bps),
            ("6271010", Shape::Bps),
            ("6.27E+09", Shape::Neither),
            ("62.71.01.10010", Shape::Neither),
            ("Langkai", Shape::Neither),
            ("", Shape::Neither),
        ] {
            assert_eq!(shape(written), found, "{written}");
        }
    }

    #[test]
    fn a_column_says_of_which_system_it_is() {
        let of = |evidence: Evidence| evidence.system();
        let none = Evidence::default();
        for (evidence, system) in [
            (none, System::Kemendagri),
            (
                Evidence {
                    dotted: 3,
                    neither: 1,
                    ..none
                },
                System::Kemendagri,
            ),
            (
                Evidence {
                    dotted: 3,
                    contradicted: 1,
                    ..none
                },
                System::Kemendagri,
            ),
            (
                Evidence {
                    dotted: 3,
                    bps: 1,
                    ..none
                },
                System::Unclear,
            ),
            (
                Evidence {
                    bps: 4,
                    contradicted: 2,
                    ..none
                },
                System::Bps,
            ),
            (
                Evidence {
                    agreed: 9,
                    contradicted: 1,
                    ..none
                },
                System::Kemendagri,
            ),
            (
                Evidence {
                    agreed: 1,
                    contradicted: 9,
                    ..none
                },
                System::Bps,
            ),
            (
                Evidence {
                    agreed: 2,
                    contradicted: 2,
                    ..none
                },
                System::Unclear,
            ),
            (
                Evidence {
                    unnamed: 400,
                    ..none
                },
                System::Unclear,
            ),
            (
                Evidence {
                    unnamed: 40,
                    unknown: 3,
                    ..none
                },
                System::Unclear,
            ),
            (
                Evidence {
                    agreed: 3,
                    unnamed: 40,
                    ..none
                },
                System::Kemendagri,
            ),
        ] {
            assert_eq!(of(evidence), system, "{evidence:?}");
        }
    }

    #[test]
    fn codes_of_bps_that_are_also_of_kemendagri_are_told_by_the_names() {
        // BPS writes 6209 for Katingan, which is Lamandau at Kemendagri.
        let mut evidence = Evidence::default();
        for n in 1..30 {
            let shape = shape(&format!("62090110{n:02}"));
            assert!(matches!(shape, Shape::Plain(_)), "{shape:?}");
            evidence.take(&shape, |code| {
                assert!(code.as_str().starts_with("62.09.01."));
                Some(Beside::Contradicts)
            });
        }
        assert_eq!(evidence.system(), System::Bps);
    }

    proptest! {
        #[test]
        fn a_code_survives_losing_its_dots(parts in (10_u32..99, 1_u32..99, 1_u32..99, 1_001_u32..4_000)) {
            let (province, regency, district, village) = parts;
            let dotted = format!("{province}.{regency:02}.{district:02}.{village}");
            let digits: String = dotted.chars().filter(char::is_ascii_digit).collect();
            let meant = code(&dotted);
            prop_assert_eq!(shape(&dotted), Shape::Dotted(meant.clone()));
            prop_assert_eq!(shape(&digits), Shape::Plain(meant));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = shape(&text);
        }
    }
}
