//! `betang link`: which records of a file are of one person.
//!
//! It needs no house: a CSV file goes in, and a file that says which records belong
//! together comes out, whole or not at all. What the columns are called may be told by a
//! file of its own.

mod answer;
mod records;

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use card_core::link::register::Register;
use card_core::link::{Linked, Settings, Step};
use clap::Args;
use hall::clock::Clock;
use hall::task::Tasks;

use self::answer::Part;
use self::records::Columns;
use crate::cli::say;

/// Octets that are read or written at once.
const BUFFER: usize = 1 << 18;

/// Which records are of one person.
#[derive(Debug, Args)]
pub(crate) struct Link {
    /// The records: CSV with a line of headings.
    #[arg(long, value_name = "CSV")]
    records: PathBuf,
    /// Where to write which record belongs to whom: rec_id,cluster_id.
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
    /// Where to write what was found and learned.
    #[arg(long, value_name = "JSON")]
    report: Option<PathBuf>,
    /// Where to write the pairs that a person should look at, with what speaks for and
    /// against each.
    #[arg(long, value_name = "CSV")]
    pairs: Option<PathBuf>,
    /// Between which probabilities a person should look.
    #[arg(long, value_name = "LOW,HIGH", default_value = "0.1,0.9", value_parser = grey_of)]
    grey: Grey,
    /// What the columns are called, where it is not as in the example of --help.
    #[arg(long, value_name = "TOML", long_help = COLUMNS_HELP)]
    columns: Option<PathBuf>,
    /// Two records of which to say why they are one person's, or not.
    #[arg(long, value_name = "REC_ID,REC_ID")]
    why: Option<String>,
    /// From which probability on two records are one person's.
    #[arg(long, default_value_t = Settings::default().threshold)]
    threshold: f64,
    /// Threads; as many as there are processors where it is left out.
    #[arg(long)]
    threads: Option<usize>,
}

/// From which probability on, and below which.
#[derive(Debug, Clone, Copy)]
struct Grey(f64, f64);

impl Grey {
    const fn range(self) -> Range<f64> {
        // Whoever asks for all that is sure gets it.
        self.0..if self.1 < 1.0 { self.1 } else { f64::INFINITY }
    }
}

fn grey_of(text: &str) -> Result<Grey> {
    let (low, high) = text.split_once(',').context("write LOW,HIGH")?;
    let (low, high) = (low.trim().parse()?, high.trim().parse()?);
    ensure!(
        0.0 <= low && low <= high && high <= 1.0,
        "0 <= LOW <= HIGH <= 1"
    );
    Ok(Grey(low, high))
}

const COLUMNS_HELP: &str = "\
What the columns are called: a file of lines, each with one of the names rec_id, sumber, \
nik, no_kk, nama, tgl_lahir, jk, tempat_lahir, ibu_kandung, hubungan, alamat, kode_desa and \
the heading of its column. Several headings are joined with a blank. What is not named is \
not there. For example:

  rec_id = \"id\"
  nama = [\"given_name\", \"surname\"]
  tgl_lahir = \"date_of_birth\"";

pub(crate) async fn run(link: Link) -> Result<ExitCode> {
    ensure!(
        link.threshold > 0.0 && link.threshold <= 1.0,
        "--threshold {}: a probability lies between 0 and 1",
        link.threshold
    );
    ensure!(
        link.threads != Some(0),
        "--threads 0: at least one has to work"
    );
    let told = [
        Some(&link.records),
        Some(&link.out),
        link.report.as_ref(),
        link.pairs.as_ref(),
    ];
    let mut paths = BTreeSet::new();
    for path in told.into_iter().flatten() {
        let first = paths.insert(std::path::absolute(path)?);
        ensure!(
            first,
            "{} is named twice; nothing is written over what is read",
            path.display()
        );
    }
    let tasks = Tasks::new();
    tasks.blocking("link", move || link.whole()).await??;
    Ok(ExitCode::SUCCESS)
}

impl Link {
    fn whole(&self) -> Result<()> {
        let clock = Clock::real();
        let mut spent = Vec::new();
        let mut since = clock.now().mono;
        let mut lap = |what: &'static str| {
            let now = clock.now().mono;
            spent.push((what, now.since(since).as_secs_f64()));
            since = now;
        };
        let columns = match &self.columns {
            None => Columns::usual(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("{} cannot be read", path.display()))?;
                toml::from_str(&text).with_context(|| path.display().to_string())?
            }
        };
        let teller = Teller::new();
        let (names, register) = records::read(&self.records, &columns, &teller)?;
        lap("read");
        let asked = self
            .why
            .as_deref()
            .map(|text| names.both(text))
            .transpose()?;
        let mut pool = rayon::ThreadPoolBuilder::new();
        if let Some(threads) = self.threads {
            pool = pool.num_threads(threads);
        }
        let settings = Settings {
            threshold: self.threshold,
            ..Settings::default()
        };
        let linked = pool
            .build()
            .context("threads")?
            .install(|| card_core::link::link(&register, &settings, &|step| teller.step(step)));
        lap("link");
        teller.clear();
        // All are written before one is put in its place.
        let mut files = vec![Part::write(&self.out, |into| {
            answer::clusters(into, &names, &linked)
        })?];
        if let Some(path) = &self.pairs {
            files.push(Part::write(path, |into| {
                answer::grey(into, &names, &linked, self.grey)
            })?);
        }
        lap("write");
        if let Some(path) = &self.report {
            let report = answer::report(&register, &linked, &spent, &settings, self.grey);
            files.push(Part::write(path, |into| {
                serde_json::to_writer_pretty(&mut *into, &report)?;
                Ok(writeln!(into)?)
            })?);
        }
        files.into_iter().try_for_each(Part::place)?;
        say(format!(
            "{} records, {} persons, {} pairs looked at, {} to be looked at by a person",
            names.len(),
            linked.clusters.count,
            linked.pairs.len(),
            linked.between(self.grey.range()).count()
        ));
        if let Some(both) = asked {
            say(answer::why(&register, &names, &linked, both));
        }
        warn(&register, &linked);
        Ok(())
    }
}

/// Says what may be wrong with the numbers of each list, and what was not looked at.
fn warn(register: &Register, linked: &Linked) {
    for (list, numbers) in register.numbers() {
        for (column, faults) in [("nik", &numbers.nik), ("no_kk", &numbers.kk)] {
            let told: Vec<String> = faults
                .iter()
                .map(|(fault, count)| format!("{count} {}", fault.as_str()))
                .collect();
            if !told.is_empty() {
                say(format!("{}{column}: {}", of_list(list), told.join(", ")));
            }
        }
        if numbers.zeros.are_many() {
            say(format!(
                "{}nik: {} of {} end in zero; a spreadsheet may have kept 15 digits of 16",
                of_list(list),
                numbers.zeros.ending,
                numbers.zeros.of
            ));
        }
    }
    for found in linked.found.iter().filter(|it| it.dropped > 0) {
        say(format!(
            "left out: {} blocks with {} records that share \"{}\" alone",
            found.dropped, found.dropped_records, found.rule
        ));
    }
}

/// A list before what is said of it.
fn of_list(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!("{name}, ")
    }
}

/// Tells on a terminal how far it has come.
pub(crate) struct Teller {
    shown: bool,
}

impl Teller {
    pub(crate) fn new() -> Self {
        Self {
            shown: std::io::stderr().is_terminal(),
        }
    }

    fn tell(&self, text: &str) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }

    pub(crate) fn clear(&self) {
        self.tell("");
    }

    pub(crate) fn bar(&self, what: &str, done: u64, all: u64) {
        let tenths = usize::try_from(done * 20 / all.max(1))
            .unwrap_or(20)
            .min(20);
        let bar = "#".repeat(tenths);
        self.tell(&format!(
            "{what:<10} [{bar:<20}] {:3} %",
            done * 100 / all.max(1)
        ));
    }

    fn step(&self, step: Step) {
        match step {
            Step::Compared { rules, of } => self.bar("compare", rules as u64, of as u64),
            Step::Learning => self.tell("learn"),
            Step::Merging => self.tell("merge"),
        }
    }
}
