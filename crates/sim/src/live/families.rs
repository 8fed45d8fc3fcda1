//! Lists of families as files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::families::{self, Plan, Record};

/// Lists of a made-up province, and who is in them.
#[derive(Debug, Args)]
pub struct Families {
    /// Records of all lists together.
    #[arg(long, default_value_t = 100_000)]
    records: usize,
    /// What all randomness follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How careless those are who keep the lists: one is usual.
    #[arg(long, default_value_t = 1.0)]
    careless: f64,
    /// Where to write records.csv, and truth.csv, which says who is who.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Families {
    /// Writes both files.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn run(&self) -> anyhow::Result<String> {
        std::fs::create_dir_all(&self.out)?;
        let plan = Plan {
            seed: self.seed,
            records: self.records,
            careless: self.careless,
        };
        let mut lines = Vec::with_capacity(self.records);
        let (mut people, mut families) = (0, 0);
        families::write(&plan, |record, person, family| {
            (people, families) = (people.max(person), families.max(family));
            lines.push((record.fields().map(quoted).join(","), person, family));
        });
        // Records of one family do not stand together in real lists.
        fastrand::Rng::with_seed(self.seed).shuffle(&mut lines);
        let (mut records, mut truth) = (self.file("records.csv")?, self.file("truth.csv")?);
        writeln!(records, "rec_id,{}", Record::HEADINGS.join(","))?;
        writeln!(truth, "rec_id,entity_id,family_id")?;
        for (at, (line, person, family)) in lines.iter().enumerate() {
            writeln!(records, "r{at:08},{line}")?;
            writeln!(truth, "r{at:08},{person},{family}")?;
        }
        records.flush()?;
        truth.flush()?;
        Ok(format!(
            "{} records of at most {people} people in {families} families, in {}",
            lines.len(),
            self.out.display()
        ))
    }

    fn file(&self, name: &str) -> anyhow::Result<std::io::BufWriter<std::fs::File>> {
        let path: &Path = &self.out.join(name);
        let file = std::fs::File::create(path).with_context(|| path.display().to_string())?;
        Ok(std::io::BufWriter::new(file))
    }
}

/// A field of a line (RFC 4180 §2).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
