//! Days one below the other, each a strip of cells.

use super::super::ink::{Ink, Length, PT, Tone};
use super::super::{Mark, Strips, Unprinted};
use super::{CELL, COLUMN, LEFT, Press, RIGHT, SMALL, Style, WIDE, count, lines};

/// How high a strip is, and how far to the next one.
const HIGH: Length = 640;
const STEP: Length = 780;

/// How wide the names of days are.
const NAMES: Length = 38 * PT;

impl Press {
    pub(super) fn strips(&mut self, it: &Strips) -> Result<(), Unprinted> {
        self.need(4 * COLUMN.lead + 4 * STEP)?;
        let mut x = LEFT;
        for (mark, word) in &it.legend {
            // A legend that is too long for a line goes on in the next.
            let long = Mark::SWATCH.0 + 5 * PT + CELL.face.wide(CELL.size, word);
            if x > LEFT && x + long > RIGHT {
                x = LEFT;
                self.y += 1_250;
            }
            x += self.swatch(x, *mark, word) + 14 * PT;
        }
        self.y += 16 * PT;
        self.scale(it);
        let (from, long) = (LEFT + NAMES, WIDE - NAMES);
        for (day, cells) in &it.days {
            if self.need(STEP)? {
                self.scale(it);
            }
            let top = self.y;
            let name = lines(day, NAME, NAMES).into_iter().next();
            self.y = top + (HIGH - NAME.lead) / 2;
            self.line(LEFT, NAME, name.unwrap_or_default());
            self.y = top;
            let all = i64::try_from(cells.len().max(1)).unwrap_or(1);
            let edge = |n: usize| {
                let n = i64::try_from(n).unwrap_or(0);
                from + Length::try_from(i64::from(long) * n / all).unwrap_or(0)
            };
            let mut at = 0;
            // Cells of the same mark beside each other are one.
            for piece in cells.chunk_by(|one, other| one == other) {
                let (start, end) = (edge(at), edge(at + piece.len()));
                at += piece.len();
                if let Some(Some(mark)) = piece.first() {
                    mark.draw(start, top, end - start, HIGH, self.page());
                }
            }
            self.y = top + STEP;
        }
        self.y += 6 * PT;
        Ok(())
    }

    /// What stands over the strips.
    fn scale(&mut self, it: &Strips) {
        let (from, long) = (LEFT + NAMES, WIDE - NAMES);
        let top = self.y;
        for (n, word) in (0..).zip(&it.scale) {
            let apart = long / count(it.scale.len().max(1));
            let x = from + apart * n;
            self.y = top;
            let word = lines(word, SMALL, apart.max(SMALL.size)).into_iter().next();
            self.line(x, SMALL, word.unwrap_or_default());
            self.put(Ink::Stroke {
                from: (x, top + SMALL.lead),
                to: (x, top + SMALL.lead + 2 * PT),
                thick: 40,
                tone: Tone::Muted,
            });
        }
        self.y = top + SMALL.lead + 3 * PT;
    }
}

const NAME: Style = Style {
    size: 650,
    lead: 700,
    ..SMALL
};
