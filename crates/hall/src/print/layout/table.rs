//! Tables: columns of words and of figures, their heads again on each page.

use super::super::ink::{Ink, Length, PT, Tone};
use super::super::{Table, Unprinted};
use super::{CELL, COLUMN, HAIR, LEFT, Press, RIGHT, SMALL, SUM, Style, WIDE, lines, longest};

/// Between columns, and above and below the words of a row.
const GAP: Length = 7 * PT;
const PAD: Length = 260;

/// Where a column begins and how wide it is, and whether it holds figures.
type Place = (Length, Length, bool);

fn places(table: &Table) -> Vec<Place> {
    let all: i64 = table.columns.iter().map(|it| i64::from(it.share)).sum();
    let gaps = GAP * Length::try_from(table.columns.len().saturating_sub(1)).unwrap_or(0);
    let room = i64::from((WIDE - gaps).max(0));
    let mut before = 0;
    let mut places = Vec::with_capacity(table.columns.len());
    for (n, column) in (0..).zip(&table.columns) {
        let edge = |share: i64| Length::try_from(room * share / all.max(1)).unwrap_or(0);
        let from = edge(before);
        before += i64::from(column.share);
        places.push((LEFT + from + n * GAP, edge(before) - from, column.is_figure));
    }
    places
}

impl Press {
    pub(super) fn table(&mut self, table: &Table) -> Result<(), Unprinted> {
        let places = places(table);
        let heads: Vec<_> = table.columns.iter().map(|it| it.head.as_str()).collect();
        // No head without a row below it.
        self.need(COLUMN.lead * 2 + CELL.lead * 2 + 4 * PAD)?;
        self.row(&places, &heads, COLUMN)?;
        self.rule(Tone::Muted);
        if table.rows.is_empty() {
            self.y += PAD;
            self.line(LEFT, SMALL, table.none.clone());
            self.y += PAD;
        }
        let sums = table.rows.len().saturating_sub(table.sums);
        for (n, row) in table.rows.iter().enumerate() {
            let style = if n < sums { CELL } else { SUM };
            let cells: Vec<_> = row.iter().map(String::as_str).collect();
            if self.need(tall(&places, &cells, style))? {
                self.row(&places, &heads, COLUMN)?;
                self.rule(Tone::Muted);
            } else if n == sums {
                self.rule(Tone::Muted);
            }
            self.row(&places, &cells, style)?;
            let y = self.y;
            self.put(Ink::Stroke {
                from: (LEFT, y),
                to: (RIGHT, y),
                thick: HAIR / 2,
                tone: Tone::Line,
            });
        }
        self.y += 8 * PT;
        Ok(())
    }

    fn row(&mut self, places: &[Place], cells: &[&str], style: Style) -> Result<(), Unprinted> {
        let high = tall(places, cells, style);
        self.need(high)?;
        let top = self.y;
        for ((x, wide, is_figure), cell) in places.iter().zip(cells) {
            self.y = top + PAD;
            for line in lines(cell, style, *wide) {
                let left = match is_figure {
                    true => wide - style.face.wide(style.size, &line),
                    false => 0,
                };
                self.line(x + left, style, line);
            }
        }
        self.y = top + high;
        Ok(())
    }
}

fn tall(places: &[Place], cells: &[&str], style: Style) -> Length {
    let told = places.iter().zip(cells);
    let told: Vec<_> = told
        .map(|((_, wide, _), cell)| lines(cell, style, *wide).len())
        .collect();
    longest(&told).max(1) * style.lead + 2 * PAD
}
