//! Patterns that stand for states, in colour and without.

use super::ink::{Ink, Length, PT, Tone};

/// How a cell or a part of a bar is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// As it should be: plain.
    Good,
    /// Worse than it should be: upright lines.
    Worse,
    /// Not there: rising lines.
    Out,
    /// Without power: full, the darkest.
    Dark,
    /// Nobody can say: empty, framed.
    Unknown,
}

/// How far lines of a pattern lie apart.
const APART: Length = 220;

const THIN: Length = 45;

impl Mark {
    /// Draws it into a rectangle.
    pub(super) fn draw(self, x: Length, y: Length, wide: Length, high: Length, on: &mut Vec<Ink>) {
        if wide <= 0 || high <= 0 {
            return;
        }
        let area = |tone| Ink::Area {
            x,
            y,
            wide,
            high,
            tone,
        };
        let stroke = |from, to, tone| Ink::Stroke {
            from,
            to,
            thick: THIN,
            tone,
        };
        let (right, bottom) = (x + wide, y + high);
        match self {
            Self::Good => on.push(area(Tone::Good)),
            Self::Dark => on.push(area(Tone::Ink)),
            Self::Worse => {
                on.push(area(Tone::Worse));
                let mut at = x + APART / 2;
                while at < right {
                    on.push(stroke((at, y), (at, bottom), Tone::Paper));
                    at += APART;
                }
            }
            Self::Out => {
                on.push(area(Tone::Out));
                // Each line rises by as much as it goes to the right.
                let mut at = x - high + APART / 2;
                while at < right {
                    let from = (at.max(x), bottom - (at.max(x) - at));
                    let end = (at + high).min(right);
                    let to = (end, bottom - (end - at));
                    if from.0 < to.0 {
                        on.push(stroke(from, to, Tone::Paper));
                    }
                    at += APART;
                }
            }
            Self::Unknown => {
                on.push(area(Tone::Paper));
                // A frame inside the rectangle; what is too small for one is a line.
                let half = THIN / 2;
                let tone = Tone::Muted;
                if wide <= 2 * THIN || high <= 2 * THIN {
                    on.push(stroke((x, y + high / 2), (right, y + high / 2), tone));
                    return;
                }
                let corners = [
                    (x + half, y + half),
                    (right - half, y + half),
                    (right - half, bottom - half),
                    (x + half, bottom - half),
                ];
                for (n, from) in corners.iter().enumerate() {
                    on.push(stroke(*from, corners[(n + 1) % 4], tone));
                }
            }
        }
    }

    /// How wide and high it is in a legend.
    pub(super) const SWATCH: (Length, Length) = (16 * PT, 7 * PT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pattern_leaves_its_rectangle() {
        let marks = [
            Mark::Good,
            Mark::Worse,
            Mark::Out,
            Mark::Dark,
            Mark::Unknown,
        ];
        for mark in marks {
            for (wide, high) in [(1, 1), (50, 900), (3_000, 460), (700, 20), (0, 5)] {
                let mut on = Vec::new();
                mark.draw(1_000, 2_000, wide, high, &mut on);
                assert_eq!(on.is_empty(), wide == 0);
                let inside = |(x, y): (Length, Length)| {
                    (1_000..=1_000 + wide).contains(&x) && (2_000..=2_000 + high).contains(&y)
                };
                for ink in on {
                    match ink {
                        Ink::Area {
                            x, y, wide, high, ..
                        } => assert!(inside((x, y)) && inside((x + wide, y + high))),
                        Ink::Stroke { from, to, .. } => {
                            assert!(inside(from) && inside(to), "{mark:?} {from:?} {to:?}");
                        }
                        Ink::Words { .. } => panic!("no words"),
                    }
                }
            }
        }
    }
}
