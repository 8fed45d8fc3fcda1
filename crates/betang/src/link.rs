//! `betang link`: which records of a file are of one person.
//!
//! It needs no house: a CSV file goes in, and a file that says which records belong
//! together comes out, whole or not at all. What the columns are called may be told by a
//! file of its own.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Read, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail, ensure};
use card_core::link::compare::{Field, compare};
use card_core::link::explain::explain;
use card_core::link::learn::Class;
use card_core::link::register::{Numbers, Register, Row};
use card_core::link::{Linked, Settings, Step};
use card_core::number::Fault;
use clap::Args;
use csv::ByteRecord;
use encoding_rs::WINDOWS_1252;
use hall::clock::Clock;
use hall::task::Tasks;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::cli::say;

/// Octets of a record, at the most, and what is read ahead of it: more is no list of people.
const LINE_MAX: usize = (1 << 20) + BUFFER;

/// Octets that are read at once.
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

/// Which columns hold what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    rec_id: Headings,
    #[serde(default)]
    sumber: Headings,
    #[serde(default)]
    nik: Headings,
    #[serde(default)]
    no_kk: Headings,
    nama: Headings,
    #[serde(default)]
    tgl_lahir: Headings,
    #[serde(default)]
    jk: Headings,
    #[serde(default)]
    tempat_lahir: Headings,
    #[serde(default)]
    ibu_kandung: Headings,
    #[serde(default)]
    hubungan: Headings,
    #[serde(default)]
    alamat: Headings,
    #[serde(default)]
    kode_desa: Headings,
}

/// One heading or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Headings {
    One(String),
    Many(Vec<String>),
}

impl Default for Headings {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Headings {
    fn names(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// How many fields a row has.
const FIELDS: usize = 12;

impl Columns {
    /// As the generators and lists of this house name them.
    fn usual() -> Self {
        let one = |name: &str| Headings::One(name.to_owned());
        Self {
            rec_id: one("rec_id"),
            sumber: one("sumber"),
            nik: one("nik"),
            no_kk: one("no_kk"),
            nama: one("nama"),
            tgl_lahir: one("tgl_lahir"),
            jk: one("jk"),
            tempat_lahir: one("tempat_lahir"),
            ibu_kandung: one("ibu_kandung"),
            hubungan: one("hubungan"),
            alamat: one("alamat"),
            kode_desa: one("kode_desa"),
        }
    }

    fn fields(&self) -> [&Headings; FIELDS] {
        [
            &self.rec_id,
            &self.sumber,
            &self.nik,
            &self.no_kk,
            &self.nama,
            &self.tgl_lahir,
            &self.jk,
            &self.tempat_lahir,
            &self.ibu_kandung,
            &self.hubungan,
            &self.alamat,
            &self.kode_desa,
        ]
    }

    /// Where each field stands in a line.
    fn places(&self, headings: &ByteRecord) -> Result<[Vec<usize>; FIELDS]> {
        let told: Vec<String> = headings
            .iter()
            .map(|it| String::from_utf8_lossy(it).trim().to_owned())
            .collect();
        let mut lacking = Vec::new();
        let places = self.fields().map(|headings| {
            let place = |name: &String| {
                let place = told.iter().position(|it| it.eq_ignore_ascii_case(name));
                if place.is_none() {
                    lacking.push(name.clone());
                }
                place
            };
            headings.names().iter().filter_map(place).collect()
        });
        ensure!(
            lacking.is_empty(),
            "there is no column {}; the columns are: {}; a file for --columns can name others, or leave some out",
            lacking.join(", "),
            told.join(", ")
        );
        Ok(places)
    }
}

/// The names of records, one behind the other.
#[derive(Default)]
struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    fn get(&self, at: usize) -> &str {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[from..self.ends[at]]
    }

    /// The places of two records, by their names with a comma between.
    fn both(&self, text: &str) -> Result<(usize, usize)> {
        let (left, right) = text.split_once(',').context("--why: write REC_ID,REC_ID")?;
        let place = |name: &str| {
            (0..self.ends.len())
                .find(|at| self.get(*at) == name.trim())
                .with_context(|| format!("--why: there is no record {name}"))
        };
        Ok((place(left)?, place(right)?))
    }

    /// Two records with one name.
    fn twice(&self) -> Option<(usize, usize)> {
        let mut order: Vec<usize> = (0..self.ends.len()).collect();
        order.sort_by_key(|at| self.get(*at));
        let mut next = order.windows(2);
        let twice = next.find(|two| self.get(two[0]) == self.get(two[1]));
        twice.map(|two| (two[0], two[1]))
    }
}

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
        let (names, register) = read(&self.records, &columns, &teller)?;
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
            clusters(into, &names, &linked)
        })?];
        if let Some(path) = &self.pairs {
            files.push(Part::write(path, |into| {
                grey(into, &names, &linked, self.grey)
            })?);
        }
        lap("write");
        if let Some(path) = &self.report {
            let report = report(&register, &linked, &spent, &settings, self.grey);
            files.push(Part::write(path, |into| {
                serde_json::to_writer_pretty(&mut *into, &report)?;
                Ok(writeln!(into)?)
            })?);
        }
        files.into_iter().try_for_each(Part::place)?;
        say(format!(
            "{} records, {} persons, {} pairs looked at, {} to be looked at by a person",
            names.ends.len(),
            linked.clusters.count,
            linked.pairs.len(),
            linked.between(self.grey.range()).count()
        ));
        if let Some((left, right)) = asked {
            say(why(&register, &names, &linked, left, right));
        }
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
        Ok(())
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
struct Teller {
    shown: bool,
}

impl Teller {
    fn new() -> Self {
        Self {
            shown: std::io::stderr().is_terminal(),
        }
    }

    fn tell(&self, text: &str) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }

    fn clear(&self) {
        self.tell("");
    }

    fn bar(&self, what: &str, done: u64, all: u64) {
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

/// Reads all records, or says which line cannot be read.
fn read(path: &Path, columns: &Columns, teller: &Teller) -> Result<(Names, Register)> {
    let named = || path.display().to_string();
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", named()))?;
    let size = file.metadata().map_or(0, |it| it.len());
    let delimiter = delimiter(&mut file).with_context(named)?;
    let left = Rc::new(Cell::new(0));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .buffer_capacity(BUFFER)
        .flexible(true)
        .from_reader(Bounded {
            file,
            left: Rc::clone(&left),
        });
    left.set(LINE_MAX);
    let headings = reader.byte_headers().with_context(named)?.clone();
    let places = columns.places(&headings).with_context(named)?;
    let (mut names, mut register) = (Names::default(), Register::new());
    let mut line = ByteRecord::new();
    let mut texts: [String; FIELDS] = std::array::from_fn(|_| String::new());
    loop {
        left.set(LINE_MAX);
        let begins = reader.position().line();
        let more = reader.read_byte_record(&mut line);
        if !more.with_context(|| format!("{}, the record of line {begins}", named()))? {
            break;
        }
        let at = line.position().map_or(begins, csv::Position::line);
        ensure!(
            !line.as_slice().contains(&b'\n'),
            "{}, line {at}: a field goes on in the next line; is a quotation mark not closed?",
            named()
        );
        ensure!(
            line.len() == headings.len(),
            "{}, line {at}: {} columns, and the headings are {}",
            named(),
            line.len(),
            headings.len()
        );
        for (text, places) in texts.iter_mut().zip(&places) {
            text.clear();
            for place in places {
                let part = line.get(*place).unwrap_or_default();
                if !text.is_empty() && !part.is_empty() {
                    text.push(' ');
                }
                text_of(part, text);
            }
        }
        let [rec_id, fields @ ..] = texts.each_ref().map(String::as_str);
        ensure!(
            !rec_id.is_empty(),
            "{}, line {at}: the record has no name",
            named()
        );
        names.push(rec_id);
        register.push(&Row::of(fields));
        if register.len() % 65_536 == 0 {
            teller.bar("read", line.position().map_or(0, csv::Position::byte), size);
        }
    }
    register.settle();
    ensure!(!register.is_empty(), "{}: there are no records", named());
    if let Some((one, other)) = names.twice() {
        bail!(
            "{}: records {} and {} have one name, {}",
            named(),
            one + 1,
            other + 1,
            names.get(one)
        );
    }
    Ok((names, register))
}

/// What stands between columns, by the line of headings; leaves the file behind its mark
/// of UTF-8, if it has one.
fn delimiter(file: &mut File) -> Result<u8> {
    let mut head = Vec::new();
    Read::take(&mut *file, 64 * 1024).read_to_end(&mut head)?;
    let mark = head.starts_with(b"\xef\xbb\xbf");
    file.seek(SeekFrom::Start(if mark { 3 } else { 0 }))?;
    ensure!(
        !head.starts_with(b"PK\x03\x04"),
        "this is a workbook; save it as CSV (UTF-8) first"
    );
    let line = head.split(|it| *it == b'\n').next().unwrap_or_default();
    let count = |of: u8| line.iter().filter(|it| **it == of).count();
    let delimiter = [b',', b';', b'\t', b'|']
        .into_iter()
        .max_by_key(|it| count(*it));
    Ok(delimiter.unwrap_or(b','))
}

/// Adds what octets say: UTF-8, else Windows-1252, in which older lists are written.
fn text_of(octets: &[u8], into: &mut String) {
    match std::str::from_utf8(octets) {
        Ok(text) => into.push_str(text),
        Err(_) => into.push_str(&WINDOWS_1252.decode_without_bom_handling(octets).0),
    }
}

/// A file of which no more is read for one record than a record can have: a quotation mark
/// that is never closed would take all of it into memory.
struct Bounded {
    file: File,
    left: Rc<Cell<usize>>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(std::io::Error::other(
                "longer than a record of a person can be; is a quotation mark not closed?",
            ));
        };
        let read = self.file.read(into)?;
        self.left.set(left.saturating_sub(read.saturating_sub(1)));
        Ok(read)
    }
}

/// A file that is written beside its place, and there whole or not at all.
struct Part {
    beside: PathBuf,
    path: PathBuf,
}

impl Part {
    fn write(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<Self> {
        let named = || format!("{} cannot be written", path.display());
        let name = path.file_name().with_context(named)?.to_string_lossy();
        let part = Self {
            beside: path.with_file_name(format!(".{name}.part")),
            path: path.to_owned(),
        };
        let done = || -> Result<()> {
            let mut into = BufWriter::with_capacity(BUFFER, File::create(&part.beside)?);
            write(&mut into)?;
            let file = into
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            Ok(file.sync_all()?)
        };
        done().with_context(named)?;
        Ok(part)
    }

    fn place(self) -> Result<()> {
        std::fs::rename(&self.beside, &self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // In its place it is gone from here.
        let _ = std::fs::remove_file(&self.beside);
    }
}

fn clusters(into: &mut BufWriter<File>, names: &Names, linked: &Linked) -> Result<()> {
    let mut writer = csv::Writer::from_writer(into);
    writer.write_record(["rec_id", "cluster_id"])?;
    for (at, first) in linked.clusters.of.iter().enumerate() {
        writer.write_record([names.get(at), names.get(*first as usize)])?;
    }
    Ok(writer.flush()?)
}

/// The pairs between sure and unsure, the surest first, each with its reasons.
fn grey(into: &mut BufWriter<File>, names: &Names, linked: &Linked, grey: Grey) -> Result<()> {
    let mut writer = csv::Writer::from_writer(into);
    writer.write_record([
        "rec_id",
        "other",
        "probability",
        "merged",
        "else",
        "evidence",
    ])?;
    let mut pairs: Vec<_> = linked.between(grey.range()).collect();
    pairs.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    for (pair, same) in pairs {
        let why = explain(&linked.model, pair.pattern);
        let (left, right) = (pair.left as usize, pair.right as usize);
        let mut evidence = vec![format!("{:+.1} before looking", why.prior)];
        evidence.extend(
            why.evidence
                .iter()
                .filter(|it| it.bits.abs() >= 0.05)
                .map(|it| format!("{:+.1} {}: {}", it.bits, it.field.as_str(), it.says)),
        );
        writer.write_record([
            names.get(left),
            names.get(right),
            &format!("{same:.4}"),
            if linked.clusters.of[left] == linked.clusters.of[right] {
                "yes"
            } else {
                "no"
            },
            why.against.as_str(),
            &evidence.join("; "),
        ])?;
    }
    Ok(writer.flush()?)
}

/// Why two records are one person's, or not: a line for what is thought before looking, and
/// one for each field that says something, the weightiest first.
fn why(register: &Register, names: &Names, linked: &Linked, left: usize, right: usize) -> String {
    let why = explain(&linked.model, compare(register, left, right));
    let merged = linked.clusters.of[left] == linked.clusters.of[right];
    let mut text = format!(
        "{} and {}: one person with a probability of {:.4}, else {}; {}\n{:+8.1} before looking",
        names.get(left),
        names.get(right),
        why.same,
        why.against.as_str(),
        if merged { "together" } else { "apart" },
        why.prior
    );
    for it in why.evidence.iter().filter(|it| it.bits.abs() >= 0.05) {
        text.push_str(&format!(
            "\n{:+8.1} {}: {}",
            it.bits,
            it.field.as_str(),
            it.says
        ));
    }
    text
}

fn report(
    register: &Register,
    linked: &Linked,
    spent: &[(&'static str, f64)],
    settings: &Settings,
    grey: Grey,
) -> Json {
    let model = &linked.model;
    let learned = Field::ALL.map(|field| {
        let levels = field.levels().iter().enumerate().skip(1);
        let levels: Vec<Json> = levels
            .map(|(level, says)| {
                let share = |class: Class| model.levels[class as usize][field as usize][level];
                let shares =
                    Class::ALL.map(|class| (class.as_str().to_owned(), share(class).into()));
                json!({ "level": says, "share": Json::Object(shares.into_iter().collect()) })
            })
            .collect();
        json!({ "field": field.as_str(), "levels": levels })
    });
    let shares = Class::ALL.map(|class| {
        let share = model.shares[class as usize];
        (class.as_str().to_owned(), Json::from(share))
    });
    let rules: Vec<Json> = linked
        .found
        .iter()
        .map(|it| {
            json!({
                "shared": it.rule,
                "pairs": it.pairs,
                "blocks_parted": it.parted,
                "blocks_dropped": it.dropped,
                "records_in_dropped_blocks": it.dropped_records,
            })
        })
        .collect();
    let seconds: serde_json::Map<String, Json> = spent
        .iter()
        .map(|(what, seconds)| ((*what).to_owned(), Json::from(*seconds)))
        .collect();
    let numbers: Vec<Json> = register
        .numbers()
        .filter(|(_, numbers)| **numbers != Numbers::default())
        .map(|(list, numbers)| {
            let told = |faults: &BTreeMap<Fault, u64>| -> Json {
                let told = faults
                    .iter()
                    .map(|(fault, count)| (fault.as_str().to_owned(), Json::from(*count)));
                Json::Object(told.collect())
            };
            json!({
                "list": list,
                "nik": told(&numbers.nik),
                "no_kk": told(&numbers.kk),
                "nik_ending_in_zero": numbers.zeros.ending,
                "nik_of_16_digits": numbers.zeros.of,
                "nik_may_have_lost_a_digit": numbers.zeros.are_many(),
            })
        })
        .collect();
    json!({
        "records": linked.clusters.of.len(),
        "persons": linked.clusters.count,
        "sizes": linked.clusters.sizes(),
        "pairs": linked.pairs.len(),
        "grey": [grey.0, grey.1],
        "pairs_to_be_looked_at": linked.between(grey.range()).count(),
        "merges_refused": linked.clusters.refused,
        "threshold": settings.threshold,
        "block_max": settings.block_max,
        "numbers": numbers,
        "rules": rules,
        "rounds": model.rounds,
        "patterns": model.patterns,
        "classes": Json::Object(shares.into_iter().collect()),
        "learned": learned,
        "seconds": seconds,
        "memory_kib": memory_kib(),
    })
}

/// The most memory that this process has had, in KiB, as Linux counts it.
fn memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
