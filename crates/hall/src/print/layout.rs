//! Blocks laid out on pages.

use super::face::{Face, wrap};
use super::ink::{A4, Ink, Length, PT, Page, Tone};
use super::{Block, CHARS_MAX, Figure, Mark, PAGES_MAX, Part, ROWS_MAX, Sheet, Unprinted};

mod code;
mod strips;
mod table;

/// Where text begins and ends, from the left.
const LEFT: Length = 51 * PT;
const RIGHT: Length = A4.0 - LEFT;

/// How wide text is.
const WIDE: Length = RIGHT - LEFT;

/// Where text begins and ends, from the top.
const TOP: Length = 46 * PT;
const BOTTOM: Length = A4.1 - 52 * PT;

/// Lines of a cell, a name or a label at most; more of it than that is an ellipsis.
const LINES_MAX: usize = 24;

/// How words are set.
#[derive(Debug, Clone, Copy)]
struct Style {
    face: Face,
    size: Length,
    /// From one line to the next.
    lead: Length,
    tone: Tone,
}

const fn style(face: Face, size: Length, lead: Length, tone: Tone) -> Style {
    Style {
        face,
        size,
        lead,
        tone,
    }
}

const KIND: Style = style(Face::Bold, 850, 12 * PT, Tone::Brand);
const NAME: Style = style(Face::Bold, 21 * PT, 25 * PT, Tone::Ink);
const BELOW: Style = style(Face::Regular, 10 * PT, 14 * PT, Tone::Muted);
const HEADING: Style = style(Face::Bold, 12 * PT, 16 * PT, Tone::Ink);
const BODY: Style = style(Face::Regular, 950, 1_350, Tone::Ink);
const SMALL: Style = style(Face::Regular, 750, 1_030, Tone::Muted);
const CELL: Style = style(Face::Regular, 850, 1_120, Tone::Ink);
const SUM: Style = style(Face::Bold, 850, 1_120, Tone::Ink);
const COLUMN: Style = style(Face::Bold, 740, 960, Tone::Muted);
const FIGURE: Style = style(Face::Bold, 17 * PT, 21 * PT, Tone::Ink);
const WORDY: Style = style(Face::Bold, 10 * PT, 21 * PT, Tone::Ink);

/// A thin line.
const HAIR: Length = 50;

/// Puts inks on pages, from the top down.
#[derive(Debug)]
struct Press {
    pages: Vec<Page>,
    /// Where the next thing begins on the last page.
    y: Length,
}

/// Lays a sheet out.
pub(super) fn lay(sheet: &Sheet) -> Result<Vec<Page>, Unprinted> {
    measure(sheet)?;
    let mut press = Press {
        pages: vec![Page::new()],
        y: TOP,
    };
    for block in &sheet.blocks {
        press.block(block)?;
    }
    let all = press.pages.len();
    let foot = Face::printable(&sheet.foot).replace('\n', " ");
    for (n, page) in press.pages.iter_mut().enumerate() {
        footer(page, &foot, n + 1, all);
    }
    Ok(press.pages)
}

/// Whether a sheet is within its bounds, before anything is laid out.
fn measure(sheet: &Sheet) -> Result<(), Unprinted> {
    let (mut rows, mut chars) = (0, 0);
    let mut say = |text: &str| chars += text.chars().count();
    for block in &sheet.blocks {
        match block {
            Block::Head { kind, name, below } => {
                [kind, name, below].into_iter().for_each(|it| say(it))
            }
            Block::Heading(text) | Block::Text(text) | Block::Small(text) => say(text),
            Block::Facts(facts) => {
                rows += facts.len();
                facts.iter().for_each(|(name, fact)| {
                    say(name);
                    say(fact);
                });
            }
            Block::Figures(figures) => {
                rows += figures.len();
                for it in figures {
                    [&it.label, &it.value, &it.note]
                        .into_iter()
                        .for_each(|it| say(it));
                }
            }
            Block::Table(table) => {
                rows += table.rows.len();
                table.rows.iter().flatten().for_each(|cell| say(cell));
            }
            Block::Bar(parts) => {
                rows += parts.len();
                parts.iter().for_each(|part| say(&part.word));
            }
            Block::Strips(strips) => {
                rows += strips.days.len();
                strips.days.iter().for_each(|(day, _)| say(day));
            }
            Block::Code { lines, .. } => {
                rows += lines.len();
                lines.iter().for_each(|line| say(line));
            }
            Block::Break => {}
        }
    }
    match (rows > ROWS_MAX, chars > CHARS_MAX) {
        (true, _) => Err(Unprinted::Rows),
        (_, true) => Err(Unprinted::Chars),
        _ => Ok(()),
    }
}

fn footer(page: &mut Page, foot: &str, number: usize, all: usize) {
    let y = A4.1 - 38 * PT;
    page.push(Ink::Stroke {
        from: (LEFT, y),
        to: (RIGHT, y),
        thick: HAIR,
        tone: Tone::Line,
    });
    let y = y + 11 * PT;
    let number = format!("Halaman {number} dari {all}");
    let wide = SMALL.face.wide(SMALL.size, &number);
    page.push(words(RIGHT - wide, y, SMALL, number));
    let mut lines = wrap(foot, SMALL.face, SMALL.size, WIDE - wide - 12 * PT);
    lines.truncate(2);
    for (n, line) in (0..).zip(lines) {
        page.push(words(LEFT, y + n * 900, SMALL, line));
    }
}

fn words(x: Length, y: Length, style: Style, text: String) -> Ink {
    Ink::Words {
        x,
        y,
        size: style.size,
        face: style.face,
        tone: style.tone,
        text,
    }
}

/// The lines of a text, at most so many as anything but a paragraph has.
fn lines(text: &str, style: Style, wide: Length) -> Vec<String> {
    let mut lines = wrap(&Face::printable(text), style.face, style.size, wide);
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

impl Press {
    fn page(&mut self) -> &mut Page {
        if self.pages.is_empty() {
            self.pages.push(Page::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn put(&mut self, ink: Ink) {
        self.page().push(ink);
    }

    fn turn(&mut self) -> Result<(), Unprinted> {
        if self.pages.len() >= PAGES_MAX {
            return Err(Unprinted::Pages);
        }
        self.pages.push(Page::new());
        self.y = TOP;
        Ok(())
    }

    /// Makes sure that so much fits below; whether a page was begun for it.
    fn need(&mut self, high: Length) -> Result<bool, Unprinted> {
        let is_new = self.y + high > BOTTOM && self.y > TOP;
        if is_new {
            self.turn()?;
        }
        Ok(is_new)
    }

    /// One line, at the left of a column.
    fn line(&mut self, x: Length, style: Style, text: String) {
        let y = self.y + style.lead - (style.lead - style.size) / 2 - style.size / 5;
        if !text.is_empty() {
            self.put(words(x, y, style, text));
        }
        self.y += style.lead;
    }

    fn paragraph(&mut self, style: Style, text: &str) -> Result<(), Unprinted> {
        for line in wrap(&Face::printable(text), style.face, style.size, WIDE) {
            self.need(style.lead)?;
            self.line(LEFT, style, line);
        }
        Ok(())
    }

    fn rule(&mut self, tone: Tone) {
        let y = self.y;
        self.put(Ink::Stroke {
            from: (LEFT, y),
            to: (RIGHT, y),
            thick: HAIR,
            tone,
        });
    }

    fn block(&mut self, block: &Block) -> Result<(), Unprinted> {
        match block {
            Block::Head { kind, name, below } => {
                for (text, style) in [(kind, KIND), (name, NAME), (below, BELOW)] {
                    for line in lines(text, style, WIDE) {
                        self.need(style.lead)?;
                        self.line(LEFT, style, line);
                    }
                }
                self.y += 5 * PT;
                self.rule(Tone::Brand);
                self.y += 9 * PT;
            }
            Block::Heading(text) => {
                // It stays with the first lines of what follows.
                self.need(HEADING.lead + 62 * PT)?;
                if self.y > TOP {
                    self.y += 5 * PT;
                }
                for line in lines(text, HEADING, WIDE) {
                    self.need(HEADING.lead)?;
                    self.line(LEFT, HEADING, line);
                }
                self.y += 3 * PT;
            }
            Block::Text(text) => {
                self.paragraph(BODY, text)?;
                self.y += 5 * PT;
            }
            Block::Small(text) => {
                self.paragraph(SMALL, text)?;
                self.y += 4 * PT;
            }
            Block::Facts(facts) => self.facts(facts)?,
            Block::Figures(figures) => self.figures(figures)?,
            Block::Table(it) => self.table(it)?,
            Block::Bar(parts) => self.bar(parts)?,
            Block::Strips(it) => self.strips(it)?,
            Block::Code { text, lines } => self.code(text, lines)?,
            Block::Break => {
                if self.y > TOP {
                    self.turn()?;
                }
            }
        }
        Ok(())
    }

    fn facts(&mut self, facts: &[(String, String)]) -> Result<(), Unprinted> {
        const NAMES: Length = 118 * PT;
        for (name, fact) in facts {
            let muted = Style {
                tone: Tone::Muted,
                ..CELL
            };
            let names = lines(name, muted, NAMES - 8 * PT);
            let facts = lines(fact, CELL, WIDE - NAMES);
            let high = longest(&[names.len(), facts.len()]) * CELL.lead;
            self.need(high)?;
            let top = self.y;
            for line in names {
                self.line(LEFT, muted, line);
            }
            self.y = top;
            for line in facts {
                self.line(LEFT + NAMES, CELL, line);
            }
            self.y = top + high + 120;
        }
        self.y += 5 * PT;
        Ok(())
    }

    fn figures(&mut self, figures: &[Figure]) -> Result<(), Unprinted> {
        const SIDE: usize = 4;
        const GAP: Length = 8 * PT;
        const PAD: Length = 7 * PT;
        for row in figures.chunks(SIDE) {
            let boxes = Length::try_from(row.len().max(1)).unwrap_or(1);
            let wide = (WIDE - GAP * (boxes - 1)) / boxes;
            let inner = wide - 2 * PAD;
            let told: Vec<_> = row
                .iter()
                .map(|it| {
                    // What is no number is a word, and smaller.
                    let is_wide = FIGURE.face.wide(FIGURE.size, &it.value) > inner;
                    let style = if is_wide { WORDY } else { FIGURE };
                    let short = Style {
                        lead: 1_300,
                        ..style
                    };
                    let value = lines(&it.value, short, inner);
                    let style = if value.len() > 1 { short } else { style };
                    let some = |mut lines: Vec<String>, most: usize| {
                        lines.truncate(most);
                        lines
                    };
                    (
                        some(lines(&it.label, COLUMN, inner), 3),
                        (style, some(value, 3)),
                        some(lines(&it.note, SMALL, inner), 5),
                    )
                })
                .collect();
            let tall = |(label, (style, value), note): &(Vec<_>, (Style, Vec<_>), Vec<_>)| {
                count(label.len()) * COLUMN.lead
                    + count(value.len()) * style.lead
                    + count(note.len()) * SMALL.lead
            };
            let high = told.iter().map(tall).max().unwrap_or(0) + 2 * PAD;
            self.need(high)?;
            let top = self.y;
            for (n, (label, (style, value), note)) in (0..).zip(told) {
                let x = LEFT + n * (wide + GAP);
                self.put(Ink::Area {
                    x,
                    y: top,
                    wide,
                    high,
                    tone: Tone::Sunk,
                });
                self.y = top + PAD;
                let parts = [(COLUMN, label), (style, value), (SMALL, note)];
                for (style, lines) in parts {
                    for line in lines {
                        self.line(x + PAD, style, line);
                    }
                }
            }
            self.y = top + high + GAP;
        }
        self.y += 2 * PT;
        Ok(())
    }

    fn bar(&mut self, parts: &[Part]) -> Result<(), Unprinted> {
        const HIGH: Length = 15 * PT;
        let legend = count(parts.len()) * (CELL.lead + 100);
        self.need(HIGH + legend.min(120 * PT))?;
        let all: i64 = parts.iter().map(|part| i64::from(part.weight)).sum();
        let (mut before, mut x) = (0, LEFT);
        for part in parts {
            before += i64::from(part.weight);
            // Ends are rounded, not lengths: the parts make up the whole.
            let end = LEFT + Length::try_from(i64::from(WIDE) * before / all.max(1)).unwrap_or(0);
            let y = self.y;
            part.mark.draw(x, y, end - x, HIGH, self.page());
            x = end;
        }
        self.y += HIGH + 4 * PT;
        for part in parts {
            self.need(CELL.lead + 100)?;
            let text = format!("{}  {}", part.word, part.figure);
            self.swatch(LEFT, part.mark, &text);
            self.y += CELL.lead + 100;
        }
        self.y += 4 * PT;
        Ok(())
    }

    /// A mark with its word, on this line; how wide both are.
    fn swatch(&mut self, x: Length, mark: Mark, word: &str) -> Length {
        let (wide, high) = Mark::SWATCH;
        let y = self.y;
        mark.draw(x, y + (CELL.lead - high) / 2, wide, high, self.page());
        let room = (RIGHT - x - wide - 5 * PT).max(CELL.size);
        let told = lines(word, CELL, room);
        let word = told.into_iter().next().unwrap_or_default();
        let long = CELL.face.wide(CELL.size, &word);
        let before = self.y;
        self.line(x + wide + 5 * PT, CELL, word);
        self.y = before;
        wide + 5 * PT + long
    }
}

/// A count of lines, as a factor of lengths.
fn count(of: usize) -> Length {
    Length::try_from(of).unwrap_or(Length::MAX / A4.1)
}

fn longest(of: &[usize]) -> Length {
    count(of.iter().copied().max().unwrap_or(0))
}
