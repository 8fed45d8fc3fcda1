//! What a long file is, found out while it comes.
//!
//! Its encoding shows only at its end: one octet in two gigabytes may tell that it is
//! no UTF-8. So each piece is looked at as it passes, and only the beginning is held
//! until that tells the kind.

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

use crate::intake::grid::{self, Unreadable};
use crate::intake::text::{self, SAMPLE};
use crate::problem::Problem;

/// Octets of a long CSV at most.
pub const TEXT_OCTETS_MAX: u64 = 2 << 30;

/// Octets of a long workbook at most: it is held while it is read.
pub const BOOK_OCTETS_MAX: u64 = 96 << 20;

/// What a long file is. It holds nothing of what the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// How many octets it has.
    pub octets: u64,
    /// What they are.
    #[serde(flatten)]
    pub format: Format,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum Format {
    /// Text.
    Csv {
        /// How its signs are written.
        encoding: Encoding,
    },
    /// A workbook.
    Xlsx,
}

/// How the signs of a text are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// UTF-16, the smaller octet first.
    #[serde(rename = "UTF-16LE")]
    Utf16Le,
    /// UTF-16, the larger octet first.
    #[serde(rename = "UTF-16BE")]
    Utf16Be,
    /// Windows-1252.
    #[serde(rename = "Windows-1252")]
    Windows1252,
}

impl Encoding {
    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        }
    }

    /// What makes UTF-8 of it, where it is none.
    pub(super) fn decoder(self) -> Option<Decoder> {
        let encoding = match self {
            Self::Utf8 => return None,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Windows1252 => WINDOWS_1252,
        };
        Some(encoding.new_decoder_without_bom_handling())
    }
}

/// Finds out what a file is while its octets come. Holds 4 KiB of it.
#[derive(Debug)]
pub struct Sniffer {
    octets: u64,
    state: State,
}

enum State {
    /// Too little has come to tell.
    Head(Vec<u8>),
    Book,
    Refused(Unreadable),
    Text(Text),
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Head(head) => f.debug_tuple("Head").field(&head.len()).finish(),
            Self::Book => f.write_str("Book"),
            Self::Refused(why) => f.debug_tuple("Refused").field(why).finish(),
            Self::Text(_) => f.write_str("Text"),
        }
    }
}

/// What is known of a text so far.
enum Text {
    /// One octet or more for each sign: UTF-8, and where it is not, Windows-1252.
    Narrow {
        /// It begins with the mark of UTF-8.
        marked: bool,
        utf8: Utf8,
        binary: bool,
    },
    /// UTF-16.
    Wide {
        encoding: Encoding,
        decoder: Decoder,
        broken: bool,
        binary: bool,
    },
}

impl Default for Sniffer {
    fn default() -> Self {
        Self::new()
    }
}

impl Sniffer {
    /// Nothing has come yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            octets: 0,
            state: State::Head(Vec::new()),
        }
    }

    /// The next octets of the file.
    pub fn feed(&mut self, octets: &[u8]) {
        let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(count);
        let mut rest = octets;
        if let State::Head(head) = &mut self.state {
            let (now, later) = octets.split_at(octets.len().min(SAMPLE - head.len()));
            head.extend_from_slice(now);
            if head.len() < SAMPLE {
                return;
            }
            self.state = State::of(head);
            rest = later;
        }
        if let State::Text(text) = &mut self.state {
            text.feed(rest);
        }
    }

    /// Whether nothing that could still come would make a table of it, so that whoever
    /// sends it may be told at once; [`finish`](Self::finish) says why.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        match &self.state {
            State::Head(_) => false,
            State::Refused(_) => true,
            State::Book => self.octets > BOOK_OCTETS_MAX,
            State::Text(text) => self.octets > TEXT_OCTETS_MAX || text.is_hopeless(),
        }
    }

    /// What the file is, now that all of it has come.
    ///
    /// # Errors
    /// `file-empty`, `file-kind`, `file-size` or `file-unreadable`.
    pub fn finish(self) -> Result<Shape, Problem> {
        let octets = self.octets;
        let state = match self.state {
            State::Head(head) => State::of(&head),
            state => state,
        };
        let format = state.end(octets)?;
        Ok(Shape { octets, format })
    }
}

impl State {
    fn of(head: &[u8]) -> Self {
        match grid::kind(head) {
            Err(why) => Self::Refused(why),
            Ok(grid::Kind::Book) => Self::Book,
            Ok(grid::Kind::Text) => {
                let mut text = Text::of(head);
                text.feed(head);
                Self::Text(text)
            }
        }
    }

    fn end(self, octets: u64) -> Result<Format, Unreadable> {
        let bounded = |most: u64| {
            if octets <= most {
                return Ok(());
            }
            Err(Unreadable::TooMany {
                what: "octets",
                most: usize::try_from(most).unwrap_or(usize::MAX),
            })
        };
        match self {
            Self::Head(_) => Err(Unreadable::Empty),
            Self::Refused(why) => Err(why),
            Self::Book => bounded(BOOK_OCTETS_MAX).map(|()| Format::Xlsx),
            Self::Text(text) => {
                bounded(TEXT_OCTETS_MAX)?;
                let encoding = text.end()?;
                Ok(Format::Csv { encoding })
            }
        }
    }
}

impl Text {
    fn of(head: &[u8]) -> Self {
        let encoding = match head {
            [0xef, 0xbb, 0xbf, ..] => return Self::narrow(true),
            [0xff, 0xfe, ..] => Encoding::Utf16Le,
            [0xfe, 0xff, ..] => Encoding::Utf16Be,
            _ => match text::wide(head) {
                Some(encoding) if encoding == UTF_16LE => Encoding::Utf16Le,
                Some(_) => Encoding::Utf16Be,
                None => return Self::narrow(false),
            },
        };
        match encoding.decoder() {
            Some(decoder) => Self::Wide {
                encoding,
                decoder,
                broken: false,
                binary: false,
            },
            None => Self::narrow(false),
        }
    }

    fn narrow(marked: bool) -> Self {
        Self::Narrow {
            marked,
            utf8: Utf8::default(),
            binary: false,
        }
    }

    fn feed(&mut self, octets: &[u8]) {
        match self {
            Self::Narrow { utf8, binary, .. } => {
                utf8.feed(octets);
                *binary = *binary || octets.iter().any(is_binary);
            }
            Self::Wide {
                decoder,
                broken,
                binary,
                ..
            } => decode(decoder, octets, false, |text, lost| {
                *broken |= lost;
                *binary = *binary || text.iter().any(is_binary);
            }),
        }
    }

    fn is_hopeless(&self) -> bool {
        match self {
            Self::Narrow {
                marked,
                utf8,
                binary,
            } => *binary || *marked && utf8.broken,
            Self::Wide { broken, binary, .. } => *broken || *binary,
        }
    }

    fn end(self) -> Result<Encoding, Unreadable> {
        let (encoding, binary) = match self {
            Self::Narrow {
                marked,
                utf8,
                binary,
            } => match (utf8.is_whole(), marked) {
                (true, _) => (Encoding::Utf8, binary),
                (false, true) => return Err(text::NO_UTF8),
                (false, false) => (Encoding::Windows1252, binary),
            },
            Self::Wide {
                encoding,
                mut decoder,
                mut broken,
                binary,
            } => {
                decode(&mut decoder, &[], true, |_, lost| broken |= lost);
                if broken {
                    return Err(text::NO_UTF16);
                }
                (encoding, binary)
            }
        };
        if binary {
            return Err(text::NO_TEXT);
        }
        Ok(encoding)
    }
}

/// No text holds these. Above ASCII nothing is binary: what UTF-8 makes of it, and
/// Windows-1252, are signs.
fn is_binary(octet: &u8) -> bool {
    octet.is_ascii_control() && !matches!(octet, b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Hands out what octets say, piece by piece, and whether something of it was lost.
fn decode(decoder: &mut Decoder, octets: &[u8], last: bool, mut out: impl FnMut(&[u8], bool)) {
    let mut rest = octets;
    let mut text = [0; 4_096];
    loop {
        let (result, read, written, lost) = decoder.decode_to_utf8(rest, &mut text, last);
        out(&text[..written], lost);
        rest = &rest[read..];
        if result == encoding_rs::CoderResult::InputEmpty {
            return;
        }
    }
}

/// Whether octets that come in pieces are UTF-8.
#[derive(Default)]
struct Utf8 {
    /// The beginning of a sign that the last piece has cut.
    cut: Vec<u8>,
    broken: bool,
}

impl Utf8 {
    fn feed(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !self.broken && !self.cut.is_empty() {
            let [next, behind @ ..] = rest else {
                return;
            };
            self.cut.push(*next);
            rest = behind;
            match str::from_utf8(&self.cut) {
                Ok(_) => self.cut.clear(),
                Err(error) => self.broken = error.error_len().is_some(),
            }
        }
        if self.broken {
            return;
        }
        if let Err(error) = str::from_utf8(rest) {
            self.broken = error.error_len().is_some();
            if !self.broken {
                self.cut.extend_from_slice(&rest[error.valid_up_to()..]);
            }
        }
    }

    fn is_whole(&self) -> bool {
        !self.broken && self.cut.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Format = Format::Csv {
        encoding: Encoding::Utf8,
    };

    fn sniff(octets: &[u8], piece: usize) -> Result<Shape, Problem> {
        let mut sniffer = Sniffer::new();
        for piece in octets.chunks(piece) {
            sniffer.feed(piece);
        }
        sniffer.finish()
    }

    #[test]
    fn an_encoding_shows_at_the_end_and_across_what_is_held() {
        for before in 4_080..4_100 {
            let text = format!("Kunci;Nama\n{};𝄞é\n", "a".repeat(before));
            let octets = text.into_bytes();
            let shape = sniff(&octets, 7).expect("a table");
            assert_eq!(shape.format, CSV);
            // Cut within a sign, it is no UTF-8.
            let mut cut = octets.clone();
            cut.truncate(octets.len() - 2);
            let shape = sniff(&cut, 4_096).expect("a table");
            assert_eq!(
                shape.format,
                Format::Csv {
                    encoding: Encoding::Windows1252
                }
            );
        }
        let mut late = b"a;b\n".repeat(100_000);
        late.extend_from_slice(b"\xe9;\n");
        let told = sniff(&late, 65_536).expect("a table");
        assert_eq!(
            serde_json::to_value(told).expect("json"),
            serde_json::json!({ "octets": 400_003, "format": "csv", "encoding": "Windows-1252" })
        );
        let marked = [b"\xef\xbb\xbf".as_slice(), &late].concat();
        let why = sniff(&marked, 65_536).expect_err("no UTF-8");
        assert_eq!(why.slug(), "file-unreadable");
    }

    #[test]
    fn a_shape_is_kept_as_json() {
        for (shape, text) in [
            (
                Shape {
                    octets: 0,
                    format: CSV,
                },
                r#"{"octets":0,"format":"csv","encoding":"UTF-8"}"#,
            ),
            (
                Shape {
                    octets: TEXT_OCTETS_MAX,
                    format: Format::Xlsx,
                },
                r#"{"octets":2147483648,"format":"xlsx"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&shape).expect("json"), text);
            let read: Shape = serde_json::from_str(text).expect("a shape");
            assert_eq!(read, shape);
        }
    }

    #[test]
    fn a_file_may_be_so_long_and_no_longer() {
        let zeros = vec![b' '; 1 << 20];
        let mut book = Sniffer::new();
        book.feed(b"PK\x03\x04");
        while book.octets < BOOK_OCTETS_MAX {
            assert!(!book.is_hopeless());
            let left = usize::try_from(BOOK_OCTETS_MAX - book.octets).expect("few");
            book.feed(&zeros[..left.min(zeros.len())]);
        }
        assert!(!book.is_hopeless());
        book.feed(b" ");
        assert!(book.is_hopeless());
        assert_eq!(book.finish().expect_err("long").slug(), "file-size");

        let mut text = Sniffer::new();
        text.feed(&b"a;b\n".repeat(SAMPLE));
        text.octets = TEXT_OCTETS_MAX;
        assert!(!text.is_hopeless());
        text.feed(b"\n");
        assert!(text.is_hopeless());
        assert_eq!(text.finish().expect_err("long").slug(), "file-size");
    }
}
