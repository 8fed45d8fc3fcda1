//! What stands on a page, placed.

use super::face::Face;

/// Hundredths of a point: all lengths of a sheet.
pub(super) type Length = i32;

/// A point, 1/72 inch.
pub(super) const PT: Length = 100;

/// Width and height of A4.
pub(super) const A4: (Length, Length) = (59_528, 84_189);

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Ink,
    Muted,
    Line,
    Sunk,
    Paper,
    Brand,
    Good,
    Worse,
    Out,
}

impl Tone {
    /// Red, green, blue: the light palette of the pages, but for a green that prints
    /// lighter than ink.
    pub(super) const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Ink => [0x16, 0x21, 0x1c],
            Self::Muted => [0x4b, 0x57, 0x50],
            Self::Line => [0xc9, 0xc7, 0xbd],
            Self::Sunk => [0xf4, 0xf2, 0xea],
            Self::Paper => [0xff, 0xff, 0xff],
            Self::Brand => [0x8a, 0x64, 0x06],
            Self::Good => [0x55, 0x9a, 0x7c],
            Self::Worse => [0xb0, 0x74, 0x00],
            Self::Out => [0xb3, 0x26, 0x1e],
        }
    }
}

/// Something on a page. Places count from its upper left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words on one line; `y` is the line that they stand on.
    Words {
        x: Length,
        y: Length,
        size: Length,
        face: Face,
        tone: Tone,
        text: String,
    },
    /// A filled rectangle.
    Area {
        x: Length,
        y: Length,
        wide: Length,
        high: Length,
        tone: Tone,
    },
    /// A straight line.
    Stroke {
        from: (Length, Length),
        to: (Length, Length),
        thick: Length,
        tone: Tone,
    },
}

/// A page, in the order in which it is drawn.
pub(super) type Page = Vec<Ink>;

/// A length in points, for libraries that draw.
pub(super) fn points(length: Length) -> f32 {
    // No length of a page has more digits than this holds.
    length as f32 / PT as f32
}
