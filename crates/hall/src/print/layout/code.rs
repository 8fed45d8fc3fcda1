//! A QR code, and lines beside it.

use qrcode::{Color, EcLevel, QrCode};

use super::super::Unprinted;
use super::super::face::{Face, wrap};
use super::super::ink::{Ink, Length, PT, Tone};
use super::{LEFT, Press, SMALL, Style, WIDE, count};

/// How wide a code is.
const SIDE: Length = 88 * PT;

/// Between it and the lines.
const GAP: Length = 14 * PT;

const BESIDE: Style = Style {
    tone: Tone::Ink,
    ..SMALL
};

impl Press {
    pub(super) fn code(&mut self, text: &str, lines: &[String]) -> Result<(), Unprinted> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let code = code.map_err(|_| Unprinted::Code)?;
        let room = WIDE - SIDE - GAP;
        let told: Vec<String> = lines
            .iter()
            .flat_map(|line| wrap(&Face::printable(line), BESIDE.face, BESIDE.size, room))
            .collect();
        self.need((count(told.len()) * BESIDE.lead).clamp(SIDE, 300 * PT))?;
        let top = self.y;
        let modules = code.width();
        let side = i64::try_from(modules.max(1)).unwrap_or(1);
        let edge = |n: usize| {
            let n = i64::try_from(n).unwrap_or(0);
            Length::try_from(i64::from(SIDE) * n / side).unwrap_or(0)
        };
        for (row, colours) in code.to_colors().chunks(modules.max(1)).enumerate() {
            let mut at = 0;
            for piece in colours.chunk_by(|one, other| one == other) {
                let from = at;
                at += piece.len();
                if piece.first() == Some(&Color::Dark) {
                    self.put(Ink::Area {
                        x: LEFT + edge(from),
                        y: top + edge(row),
                        wide: edge(at) - edge(from),
                        high: edge(row + 1) - edge(row),
                        tone: Tone::Ink,
                    });
                }
            }
        }
        for line in told {
            if self.need(BESIDE.lead)? {
                // What does not fit beside it goes on below, on the next page.
            }
            self.line(LEFT + SIDE + GAP, BESIDE, line);
        }
        self.y = self.y.max(top + SIDE) + 6 * PT;
        Ok(())
    }
}
