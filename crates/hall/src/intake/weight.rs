//! What a workbook weighs, before the library sees it.
//!
//! It is a zip: whoever wrote it may have packed gigabytes into it, may lie about how
//! much there is, or may announce what nobody could hold. So everything is inflated
//! once into nowhere, counting and looking for such announcements.

use std::io::{BufRead as _, Cursor, Read as _, Write};

use zip::ZipArchive;

use super::book::broken;
use super::grid::Unreadable;

/// Parts of a workbook; one of an office has twenty.
const PARTS_MAX: usize = 500;

/// Strings that a workbook may announce: the library makes room for all of them at
/// once, and a process that cannot make it ends.
const STRINGS_MAX: u64 = 16 << 20;

/// What a workbook may be.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Octets of all parts together, inflated.
    pub(super) inflated: u64,
    /// Of those, the ones of parts that are no sheets: the library holds them.
    pub(super) held: u64,
    /// Merged cells of all sheets together.
    pub(super) merges: usize,
}

/// Inflates every part into nowhere: how many merged cells there are. What a part says
/// of its own size may be a lie.
pub(super) fn weigh(octets: &[u8], bounds: &Bounds) -> Result<usize, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(broken)?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable::Kind("an archive, and no workbook"));
    }
    if archive.index_for_name("[Content_Types].xml").is_none() {
        return Err(Unreadable::Kind("an archive or an OpenDocument file"));
    }
    let heavy = |most: u64| Unreadable::TooMany {
        what: "octets inside",
        most: usize::try_from(most).unwrap_or(usize::MAX),
    };
    let (mut left, mut held) = (bounds.inflated, bounds.held);
    let mut merges = 0_usize;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(broken)?;
        let is_sheet = part.name().is_ok_and(|name| is_sheet(&name));
        let most = if is_sheet { left } else { left.min(held) };
        let mut bounded = part.take(most + 1);
        let mut look = Look::default();
        let size = std::io::copy(&mut bounded, &mut look).map_err(broken)?;
        look.end();
        left = left
            .checked_sub(size)
            .ok_or_else(|| heavy(bounds.inflated))?;
        if !is_sheet {
            held = held.checked_sub(size).ok_or_else(|| heavy(bounds.held))?;
        }
        if look.strings > STRINGS_MAX {
            return Err(Unreadable::Broken(
                "it announces more strings than a workbook can hold".into(),
            ));
        }
        merges += look.merges;
    }
    if merges > bounds.merges {
        return Err(Unreadable::TooMany {
            what: "merged cells",
            most: bounds.merges,
        });
    }
    Ok(merges)
}

/// Whether a part is read from its beginning to its end without being held. What the
/// library holds is none, wherever it lies.
fn is_sheet(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let held = ["sharedstrings.xml", "styles.xml", "workbook.xml", ".rels"];
    name.contains("worksheets/") && !held.iter().any(|end| name.ends_with(end))
}

/// What is looked for in a part as it passes.
#[derive(Default)]
struct Look {
    /// What has passed last, and how far it was looked at.
    window: Vec<u8>,
    at: usize,
    /// `<mergeCell …>`.
    merges: usize,
    /// The largest `uniqueCount="…"`.
    strings: u64,
}

/// Octets that stay before what is looked at.
const BEHIND: usize = "unique".len();

/// Octets that have to stand behind it before it is.
const AHEAD: usize = 64;

impl Look {
    /// Looks at all that has come but the last octets.
    fn on(&mut self, but: usize) {
        let to = self.window.len().saturating_sub(but);
        // Both words have one capital letter, and it is rare.
        while self.at < to {
            let mut rest = &self.window[self.at..to];
            let skipped = rest.skip_until(b'C').unwrap_or(to);
            self.at += skipped;
            let (before, after) = self.window.split_at(self.at);
            let Some(before) = before.strip_suffix(b"C") else {
                continue;
            };
            if before.ends_with(b"merge") && after.starts_with(b"ell") {
                self.merges += usize::from(after.get(3) != Some(&b's'));
            }
            if before.ends_with(b"unique")
                && let Some(rest) = after.strip_prefix(b"ount")
            {
                self.strings = self.strings.max(announced(rest));
            }
        }
    }

    fn end(&mut self) {
        self.on(0);
    }
}

impl Write for Look {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.window.extend_from_slice(octets);
        self.on(AHEAD);
        let done = self.at.saturating_sub(BEHIND + 1);
        self.window.drain(..done);
        self.at -= done;
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The number behind the name of an attribute. One that cannot be told is taken to be
/// larger than any.
fn announced(behind: &[u8]) -> u64 {
    let text = behind.trim_ascii_start();
    let value = match text {
        [b'=', value @ ..] => value.trim_ascii_start(),
        [] => return u64::MAX,
        // A word of a text.
        _ => return 0,
    };
    let [quote @ (b'"' | b'\''), value @ ..] = value else {
        return u64::MAX;
    };
    let digits = value.split(|octet| octet == quote).next();
    digits
        .filter(|digits| digits.len() < value.len())
        .and_then(|digits| str::from_utf8(digits).ok()?.trim().parse().ok())
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::nasty::zipped;

    const TYPES: (&str, Vec<u8>) = ("[Content_Types].xml", Vec::new());

    const BOUNDS: Bounds = Bounds {
        inflated: 30_000,
        held: 10_000,
        merges: 3,
    };

    fn weighed(parts: &[(&str, Vec<u8>)]) -> Result<usize, String> {
        let parts = [&[TYPES][..], parts].concat();
        weigh(&zipped(&parts), &BOUNDS).map_err(|why| why.to_string())
    }

    #[test]
    fn what_is_heavier_inside_than_it_may_be_is_refused() {
        let spaces = |octets: usize| vec![b' '; octets];
        let sheet = "xl/worksheets/sheet1.xml";
        let strings = "xl/sharedStrings.xml";
        assert_eq!(weighed(&[(sheet, spaces(20_000))]), Ok(0));
        assert_eq!(weighed(&[(strings, spaces(10_000))]), Ok(0));
        for parts in [
            &[(sheet, spaces(30_001))][..],
            &[(sheet, spaces(15_000)), ("xl/worksheets/b", spaces(15_001))],
        ] {
            assert!(weighed(parts).is_err_and(|why| why.contains("30000 octets inside")));
        }
        for parts in [
            &[(strings, spaces(10_001))][..],
            &[("xl/a.xml", spaces(9_000)), ("xl/b.xml", spaces(1_001))],
            // Parts that only look like sheets.
            &[("xl/worksheets/sharedStrings.xml", spaces(10_001))],
            &[("XL/WORKSHEETS/STYLES.XML", spaces(10_001))],
        ] {
            assert!(weighed(parts).is_err_and(|why| why.contains("10000 octets inside")));
        }
    }

    #[test]
    fn merged_cells_are_counted_wherever_they_lie() {
        let sheet = |merges: usize, before: usize| {
            let mut xml = vec![b'C'; before];
            xml.extend_from_slice(b"<mergeCells>");
            for _ in 0..merges {
                xml.extend_from_slice(b"<x:mergeCell ref=\"A1:A2\"/>");
            }
            xml.extend_from_slice(b"</mergeCells>mergeC");
            xml
        };
        for before in (0..100).chain(8_100..8_230) {
            let part = ("xl/worksheets/sheet1.xml", sheet(3, before));
            assert_eq!(weighed(&[part]), Ok(3), "{before}");
        }
        let many = weighed(&[("xl/worksheets/sheet1.xml", sheet(4, 0))]);
        assert!(many.is_err_and(|why| why.contains("3 merged cells")));
    }

    #[test]
    fn strings_that_nobody_could_hold_are_not_believed() {
        let number = |written: &str| announced(written.as_bytes());
        for (written, read) in [
            ("=\"12\">", 12),
            (" = '12'", 12),
            ("=\"000000000000000012\"", 12),
            ("s of things", 0),
            ("=\"\"", u64::MAX),
            ("=\"12", u64::MAX),
            ("=12", u64::MAX),
            ("=\"99999999999999999999999\"", u64::MAX),
            ("   ", u64::MAX),
        ] {
            assert_eq!(number(written), read, "{written}");
        }
        let strings = |count: &str| {
            let xml = format!("<sst count=\"1\" uniqueCount={count}><si/></sst>");
            weighed(&[("xl/sharedStrings.xml", xml.into_bytes())])
        };
        assert_eq!(strings("\"2\""), Ok(0));
        for count in ["\"99999999999\"", "    '16777217'", &" ".repeat(80)] {
            assert!(strings(count).is_err_and(|why| why.contains("announces")));
        }
    }
}
