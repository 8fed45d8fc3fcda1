//! The list (RFC 8216 §4).
//!
//! Read as far as pictures need it: what is unknown is passed over, as §6.3.1 asks for, and
//! what would make them something else (a key, a variable) is refused by name. Parts of a
//! piece (low latency) are passed over: pieces are whole in every such list, too.

use std::time::Duration;

use base::now::Wall;

use crate::frame::Codec;

/// Pieces that a list may have: a day of pieces of four seconds.
pub const PIECES_MAX: usize = 21_600;

/// Qualities that a list may offer.
pub const VARIANTS_MAX: usize = 64;

/// Octets of an address in a list.
const ADDRESS_MAX: usize = 4 * 1024;

/// The longest piece that is believed; publishers of the field cut at 2 to 10 s.
pub const PIECE_MAX: Duration = Duration::from_secs(60);

/// Why a list cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It does not begin as a list does.
    #[error("what is there is no list of pieces (it does not begin with #EXTM3U)")]
    NoList,
    /// It says of a piece neither how long it is nor where.
    #[error("line {0} of the list cannot be read")]
    Line(usize),
    /// More than any camera has.
    #[error("the list has more entries than are read")]
    TooMany,
    /// It does not say how long its pieces are.
    #[error("the list does not say how long its pieces are at most")]
    NoTarget,
    /// It has nothing yet.
    #[error("the list is empty")]
    Empty,
    /// Its pieces are encrypted.
    #[error("the pieces are encrypted (EXT-X-KEY), and the house is given no key")]
    Encrypted,
    /// It leaves out most pictures.
    #[error("the list has key frames only (EXT-X-I-FRAMES-ONLY)")]
    KeysOnly,
    /// Its addresses have names in them that stand for something else.
    #[error("the list has variables in it (EXT-X-DEFINE)")]
    Variables,
    /// No quality that it offers can be shown.
    #[error("none of the qualities in the list is h264 or h265")]
    Codec,
}

/// What a list is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playlist {
    /// Of qualities, each a list of its own.
    Variants(Vec<Variant>),
    /// Of pieces.
    Pieces(Pieces),
}

/// A quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Where its list is, as it stands there.
    pub address: String,
    /// Bits a second at most, as told.
    pub bandwidth: u64,
    /// How its pictures are coded.
    pub coding: Coding,
}

/// How the pictures of a quality are coded, as far as the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// It does not say.
    Untold,
    /// So.
    Known(Codec),
    /// In no way that viewers can be given.
    Other,
}

/// A list of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// How long a piece is at most.
    pub target: Duration,
    /// The oldest first.
    pub pieces: Vec<Piece>,
    /// No piece will follow.
    pub ended: bool,
}

/// A piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its number, which it keeps.
    pub number: u64,
    /// Where it is, as it stands there.
    pub address: String,
    /// How long it is.
    pub span: Duration,
    /// Which part of the file it is; none: all.
    pub range: Option<Range>,
    /// The part before all pieces: of a fragmented MP4.
    pub head: Option<Head>,
    /// How often time has begun anew before it.
    pub era: u64,
    /// When it was taken, by the publisher's clock.
    pub date: Option<Wall>,
    /// The publisher says that it is not there.
    pub gap: bool,
}

/// Part of a file, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// How many.
    pub len: u64,
    /// Behind how many.
    pub from: u64,
}

/// What stands before all pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Where it is.
    pub address: String,
    /// Which part of the file it is.
    pub range: Option<Range>,
}

impl Playlist {
    /// Reads a list.
    ///
    /// # Errors
    /// If it is none, or one that cannot be followed.
    pub fn read(text: &str) -> Result<Self, Unfit> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().map(str::trim);
        if lines
            .next()
            .is_none_or(|first| first.split_whitespace().next() != Some("#EXTM3U"))
        {
            return Err(Unfit::NoList);
        }
        let mut reader = Reader::default();
        for (at, line) in lines.enumerate() {
            reader.line(line).map_err(|unfit| match unfit {
                Unfit::Line(_) => Unfit::Line(at + 2),
                other => other,
            })?;
        }
        reader.finish()
    }
}

/// The quality that is pulled: the one with most bits of those that every browser plays,
/// then of those that some do. What the list does not say may be either.
#[must_use]
pub fn best(variants: &[Variant]) -> Option<&Variant> {
    let rank = |variant: &&Variant| {
        let rank = match variant.coding {
            Coding::Known(Codec::H264) | Coding::Untold => 2,
            Coding::Known(Codec::H265) => 1,
            Coding::Other => 0,
        };
        (rank, variant.bandwidth)
    };
    let playable = variants
        .iter()
        .filter(|variant| variant.coding != Coding::Other);
    playable.max_by_key(rank)
}

#[derive(Default)]
struct Reader {
    variants: Vec<Variant>,
    /// Of the variant whose address comes next.
    variant: Option<(u64, Coding)>,
    target: Option<Duration>,
    first: u64,
    eras_before: u64,
    pieces: Vec<Piece>,
    ended: bool,
    // Of the piece that comes next.
    span: Option<Duration>,
    range: Option<(u64, Option<u64>)>,
    gap: bool,
    date: Option<Wall>,
    // Of all that come.
    era: u64,
    head: Option<Head>,
    encrypted: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Unfit> {
        if line.is_empty() {
            return Ok(());
        }
        let Some(tag) = line.strip_prefix("#EXT") else {
            return if line.starts_with('#') {
                Ok(())
            } else {
                self.address(line)
            };
        };
        let (tag, rest) = tag.split_once(':').unwrap_or((tag, ""));
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| Unfit::Line(0));
        match tag {
            "INF" => {
                let seconds = rest.split(',').next().unwrap_or_default();
                self.span = Some(span(seconds).ok_or(Unfit::Line(0))?);
            }
            "-X-TARGETDURATION" => {
                // A whole number by the letter of it; some write a fraction.
                self.target = Some(span(rest).ok_or(Unfit::Line(0))?);
            }
            "-X-MEDIA-SEQUENCE" => self.first = number(rest)?,
            "-X-DISCONTINUITY-SEQUENCE" => self.eras_before = number(rest)?,
            "-X-DISCONTINUITY" => {
                self.era += 1;
                self.date = None;
            }
            "-X-BYTERANGE" => self.range = Some(range(rest).ok_or(Unfit::Line(0))?),
            "-X-GAP" => self.gap = true,
            "-X-ENDLIST" => self.ended = true,
            "-X-PLAYLIST-TYPE" if rest.trim() == "VOD" => self.ended = true,
            "-X-I-FRAMES-ONLY" => return Err(Unfit::KeysOnly),
            "-X-DEFINE" => return Err(Unfit::Variables),
            "-X-PROGRAM-DATE-TIME" => self.date = wall(rest),
            "-X-KEY" => self.encrypted = attribute(rest, "METHOD") != Some("NONE"),
            "-X-MAP" => {
                let address = attribute(rest, "URI").ok_or(Unfit::Line(0))?;
                let range = match attribute(rest, "BYTERANGE") {
                    Some(text) => {
                        let (len, from) = range(text).ok_or(Unfit::Line(0))?;
                        Some(Range {
                            len,
                            from: from.unwrap_or(0),
                        })
                    }
                    None => None,
                };
                self.head = Some(Head {
                    address: bounded(address)?,
                    range,
                });
            }
            "-X-STREAM-INF" => {
                let bandwidth = attribute(rest, "BANDWIDTH").and_then(|text| text.parse().ok());
                let coding = attribute(rest, "CODECS").map_or(Coding::Untold, coding);
                self.variant = Some((bandwidth.unwrap_or(0), coding));
            }
            _ => {}
        }
        Ok(())
    }

    fn address(&mut self, line: &str) -> Result<(), Unfit> {
        if let Some((bandwidth, coding)) = self.variant.take() {
            if self.variants.len() >= VARIANTS_MAX {
                return Err(Unfit::TooMany);
            }
            let address = bounded(line)?;
            self.variants.push(Variant {
                address,
                bandwidth,
                coding,
            });
            return Ok(());
        }
        let span = self.span.take().ok_or(Unfit::Line(0))?;
        if self.pieces.len() >= PIECES_MAX {
            return Err(Unfit::TooMany);
        }
        let address = bounded(line)?;
        let range = match self.range.take() {
            None => None,
            // Behind the piece before, which is of the same file (§4.3.2.2).
            Some((len, None)) => {
                let before = self
                    .pieces
                    .last()
                    .filter(|before| before.address == address);
                let before = before
                    .and_then(|before| before.range)
                    .ok_or(Unfit::Line(0))?;
                let from = before.from.checked_add(before.len).ok_or(Unfit::Line(0))?;
                Some(Range { len, from })
            }
            Some((len, Some(from))) => Some(Range { len, from }),
        };
        let at = u64::try_from(self.pieces.len()).unwrap_or(u64::MAX);
        self.pieces.push(Piece {
            number: self.first.saturating_add(at),
            address,
            span,
            range,
            head: self.head.clone(),
            era: self.eras_before.saturating_add(self.era),
            date: self.date,
            gap: std::mem::take(&mut self.gap),
        });
        // A date holds for what follows, too, for as long as time runs on (§4.3.2.6).
        self.date = self.date.map(|date| date + span);
        Ok(())
    }

    fn finish(mut self) -> Result<Playlist, Unfit> {
        if !self.variants.is_empty() {
            return Ok(Playlist::Variants(self.variants));
        }
        let target = self.target.ok_or(Unfit::NoTarget)?;
        if self.encrypted {
            return Err(Unfit::Encrypted);
        }
        // The numbers may stand behind the pieces that they are of.
        for (piece, at) in self.pieces.iter_mut().zip(0..) {
            piece.number = self.first.saturating_add(at);
        }
        Ok(Playlist::Pieces(Pieces {
            // Pieces that are longer than the longest make a wrong list, not a wrong camera.
            target: target.max(Duration::from_millis(500)),
            pieces: self.pieces,
            ended: self.ended,
        }))
    }
}

fn bounded(address: &str) -> Result<String, Unfit> {
    if address.len() > ADDRESS_MAX {
        return Err(Unfit::TooMany);
    }
    Ok(address.to_owned())
}

/// Seconds, with a fraction where there is one.
fn span(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    let span = Duration::try_from_secs_f64(seconds).ok()?;
    (span <= PIECE_MAX).then_some(span)
}

/// `len[@from]`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let text = text.trim().trim_matches('"');
    let (len, from) = match text.split_once('@') {
        Some((len, from)) => (len, Some(from.parse().ok()?)),
        None => (text, None),
    };
    Some((len.parse().ok()?, from))
}

/// The value of an attribute (§4.2), without its quotes.
fn attribute<'a>(list: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = list;
    loop {
        let (name, value) = rest.split_once('=')?;
        let (value, tail) = match value.strip_prefix('"') {
            Some(quoted) => {
                let (value, tail) = quoted.split_once('"')?;
                (value, tail.split_once(',').map_or("", |(_, tail)| tail))
            }
            None => value.split_once(',').unwrap_or((value, "")),
        };
        if name.trim() == wanted {
            return Some(value.trim());
        }
        rest = tail;
    }
}

/// How pictures are coded, out of the names of RFC 6381.
fn coding(names: &str) -> Coding {
    let of = |kinds: &[&str]| {
        let mut names = names.split(',').map(str::trim);
        names.any(|name| kinds.iter().any(|kind| name.starts_with(kind)))
    };
    if of(&["avc1", "avc3"]) {
        Coding::Known(Codec::H264)
    } else if of(&["hvc1", "hev1"]) {
        Coding::Known(Codec::H265)
    } else {
        Coding::Other
    }
}

/// A moment (ISO 8601, as §4.3.2.6 has it). One without a zone is not known.
fn wall(text: &str) -> Option<Wall> {
    let stamp: jiff::Timestamp = text.trim().parse().ok()?;
    Some(Wall::from_us(stamp.as_microsecond())).filter(|wall| wall.as_us() > 0)
}

#[cfg(test)]
mod tests;
