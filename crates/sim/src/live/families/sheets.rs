//! The lists of a programme until they are files: rows in an order of their own, and what
//! they answer together.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use fastrand::Rng;
use serde_json::{Value, json};

use super::{file, quoted};
use crate::families::programme::{Flags, List, Programme, Row};

/// A row, without what stands in it.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Where its line begins.
    from: usize,
    person: u32,
    family: u32,
    paid: u32,
    flags: Flags,
}

/// All rows of a list: their lines one after the other, so that millions take little more
/// than their text.
#[derive(Debug, Default)]
struct Sheet {
    text: String,
    rows: Vec<Held>,
    /// The rows as they stand in the file.
    order: Vec<u32>,
}

impl Sheet {
    fn line(&self, at: u32) -> &str {
        let at = at as usize;
        let to = self.rows.get(at + 1).map_or(self.text.len(), |it| it.from);
        &self.text[self.rows[at].from..to]
    }

    /// The rows as they stand in the file, each with its number from one on.
    fn rows(&self) -> impl Iterator<Item = (usize, &Held)> {
        (1..).zip(self.order.iter().map(|at| &self.rows[*at as usize]))
    }
}

/// What is true of a row in its place.
#[derive(Debug, Clone, Copy)]
struct Answer {
    list: List,
    number: usize,
    row: Held,
    flags: Flags,
}

/// How many rows these are, of how many families, and what was paid to them.
fn total<'a>(of: impl Iterator<Item = &'a Answer>) -> Value {
    let (mut rows, mut rupiah, mut families) = (0_u64, 0_u64, BTreeSet::new());
    for it in of {
        rows += 1;
        rupiah += u64::from(it.row.paid);
        families.insert(it.row.family);
    }
    json!({ "rows": rows, "families": families.len(), "rupiah": rupiah })
}

/// All lists of a programme.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    of: BTreeMap<List, Sheet>,
}

impl Sheets {
    pub(super) fn push(&mut self, row: &Row<'_>) {
        let sheet = self.of.entry(row.list).or_default();
        sheet.rows.push(Held {
            from: sheet.text.len(),
            person: row.person,
            family: row.family,
            paid: row.paid,
            flags: row.flags,
        });
        for (nth, field) in row.fields.iter().enumerate() {
            if nth > 0 {
                sheet.text.push(',');
            }
            sheet.text.push_str(&quoted(field));
        }
    }

    /// Rows of one family do not stand together in real lists.
    pub(super) fn shuffle(&mut self, seed: u64) {
        let mut rng = Rng::with_seed(seed);
        for sheet in self.of.values_mut() {
            sheet.order = (0..).take(sheet.rows.len()).collect();
            rng.shuffle(&mut sheet.order);
        }
    }

    /// How many rows each list has, in words.
    pub(super) fn counted(&self) -> String {
        let of = |(list, sheet): (&List, &Sheet)| format!("{} {}", list.name(), sheet.rows.len());
        self.of.iter().map(of).collect::<Vec<_>>().join(", ")
    }

    /// Each list, whom its rows are of, and what is wrong with the running one.
    pub(super) fn write(&self, programme: &Programme, out: &Path) -> anyhow::Result<()> {
        let mut truth = file(out, "truth.csv")?;
        writeln!(truth, "file,row,entity_id,family_id")?;
        let nothing = Sheet::default();
        for list in List::ALL {
            let sheet = self.of.get(&list).unwrap_or(&nothing);
            let mut lines = file(out, &format!("{}.csv", list.name()))?;
            writeln!(lines, "{}", list.headings())?;
            for at in &sheet.order {
                writeln!(lines, "{}", sheet.line(*at))?;
            }
            lines.flush()?;
            for (number, row) in sheet.rows() {
                let name = list.name();
                writeln!(truth, "{name},{number},{},{}", row.person, row.family)?;
            }
        }
        truth.flush()?;
        self.answer(programme, out)
    }

    /// What is wrong with each row of the running list in its order; and of each family that
    /// is left out of it, the first row in DTSEN.
    fn answered(&self) -> Vec<Answer> {
        let rows = |list| self.of.get(&list).into_iter().flat_map(Sheet::rows);
        let (mut seen, mut left_out) = (BTreeSet::new(), BTreeSet::new());
        let on_it = rows(List::Kpm).map(|(number, row)| Answer {
            list: List::Kpm,
            number,
            row: *row,
            flags: row.flags.with(Flags::DUPLICATE, !seen.insert(row.family)),
        });
        let besides = rows(List::Dtsen)
            .filter(|(_, row)| row.flags.has(Flags::LEFT_OUT) && left_out.insert(row.family))
            .map(|(number, row)| Answer {
                list: List::Dtsen,
                number,
                row: *row,
                flags: Flags::LEFT_OUT,
            });
        on_it.chain(besides).collect()
    }

    fn answer(&self, programme: &Programme, out: &Path) -> anyhow::Result<()> {
        let answered = self.answered();
        let mut answers = file(out, "answers.csv")?;
        let names = Flags::NAMED.map(|(name, _)| name);
        writeln!(answers, "file,row,family_id,{}", names.join(","))?;
        for it in &answered {
            let bit = |(_, flag)| if it.flags.has(flag) { "1" } else { "0" };
            let (name, bits) = (it.list.name(), Flags::NAMED.map(bit).join(","));
            writeln!(answers, "{name},{},{},{bits}", it.number, it.row.family)?;
        }
        answers.flush()?;
        let mut flags = serde_json::Map::new();
        for (name, flag) in Flags::NAMED {
            let of = total(answered.iter().filter(|it| it.flags.has(flag)));
            flags.insert(name.to_owned(), of);
        }
        let right = answered.iter().filter(|it| it.flags == Flags::default());
        flags.insert("right".to_owned(), total(right));
        let rows: BTreeMap<&str, usize> = self
            .of
            .iter()
            .map(|(list, sheet)| (list.name(), sheet.rows.len()))
            .collect();
        let summary = json!({
            "seed": programme.seed,
            "careless": programme.careless,
            "families": programme.families,
            "rows": rows,
            "kpm": total(answered.iter().filter(|it| it.list == List::Kpm)),
            "flags": flags,
        });
        let mut totals = file(out, "answers.json")?;
        writeln!(totals, "{summary:#}")?;
        Ok(totals.flush()?)
    }
}
