//! Lists of families as files.
//!
//! With `--province` they are those of a whole welfare card's programme, in villages of the
//! register, a file for each: `dtsen.csv` (persons with the decile of their family),
//! `bansos.csv` (other aid), `kematian.csv`, `pindah.csv`, `kpm.csv` (the running list, of
//! exactly as many rows as are wanted), `desa.csv` (what villages propose) and `gagal.csv`
//! (transfers that failed). Beside them stand `truth.csv`, which says of whom each row is,
//! and what an answer is judged by: `answers.csv` and `answers.json`, with what is wrong
//! with each row of the running list and which families are left out of it. With
//! `--businesses` there are `usaha.csv` besides, household businesses of these people, and
//! `usaha-truth.csv`, which says whose each is and leaves it open where no list knows. The
//! shares are
//! those of [`crate::families::programme`]. The real programme is of 279,434 families among
//! some 800,000; there are two families for each row unless `--families` says otherwise.

mod sheets;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::families::programme::Programme;
use crate::families::{self, Plan, Record, business};
use sheets::Sheets;

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
    /// The lists of a whole welfare card's programme instead, with their answers.
    #[arg(long, conflicts_with = "records")]
    province: bool,
    /// Rows of the running list of the programme.
    #[arg(long, default_value_t = 20_000, requires = "province")]
    recipients: usize,
    /// Families of the programme's province; two for each row of the running list if not
    /// said.
    #[arg(long, requires = "province")]
    families: Option<usize>,
    /// Household businesses besides, with whose they are.
    #[arg(long, requires = "province")]
    businesses: bool,
    /// Where to write records.csv, and truth.csv, which says who is who; or the lists of
    /// the programme and their answers.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Families {
    /// Writes all files.
    ///
    /// # Errors
    /// When the folder cannot be written, or there are fewer families than the lists are of.
    pub fn run(&self) -> anyhow::Result<String> {
        if self.province {
            let programme = Programme {
                seed: self.seed,
                recipients: self.recipients,
                families: self.families.unwrap_or(self.recipients * 2),
                careless: self.careless,
            };
            let told = write_programme(&programme, &self.out)?;
            if !self.businesses {
                return Ok(told);
            }
            let businesses = write_businesses(&programme, &self.out)?;
            return Ok(format!("{told}; {businesses} businesses"));
        }
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
        let mut records = file(&self.out, "records.csv")?;
        let mut truth = file(&self.out, "truth.csv")?;
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
}

/// Writes the lists of a programme and their answers into a folder.
///
/// # Errors
/// When the folder cannot be written, or there are fewer families than the lists are of.
pub fn write_programme(programme: &Programme, out: &Path) -> anyhow::Result<String> {
    std::fs::create_dir_all(out)?;
    let mut sheets = Sheets::default();
    programme.write(|row| sheets.push(row))?;
    sheets.shuffle(programme.seed);
    sheets.write(programme, out)?;
    Ok(format!(
        "{} in {} families, in {}",
        sheets.counted(),
        programme.families,
        out.display()
    ))
}

/// Writes household businesses of the province of a programme into a folder; how many.
///
/// # Errors
/// When the folder cannot be written, or there are fewer families than the lists are of.
pub fn write_businesses(programme: &Programme, out: &Path) -> anyhow::Result<usize> {
    let all = business::write(programme)?;
    let mut list = file(out, "usaha.csv")?;
    let mut truth = file(out, "usaha-truth.csv")?;
    writeln!(list, "{}", business::HEADINGS.join(","))?;
    writeln!(truth, "row,entity_id,family_id")?;
    let known = |it: Option<u32>| it.map_or_else(String::new, |it| it.to_string());
    for (row, it) in (2..).zip(&all) {
        let fields = it.fields.each_ref().map(|field| quoted(field));
        writeln!(list, "{}", fields.join(","))?;
        writeln!(truth, "{row},{},{}", known(it.owner), known(it.family))?;
    }
    list.flush()?;
    truth.flush()?;
    Ok(all.len())
}

fn file(folder: &Path, name: &str) -> anyhow::Result<std::io::BufWriter<std::fs::File>> {
    let path = folder.join(name);
    let file = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
    Ok(std::io::BufWriter::new(file))
}

/// A field of a line (RFC 4180 §2).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
