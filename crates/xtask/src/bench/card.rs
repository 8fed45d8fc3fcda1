//! `cargo xtask bench card`: lists of a made-up province brought in, linked and answered.
//!
//! House and lists are programs of their own (`sim families --province`). What the house
//! finds is laid beside what is true, row by row; the house never sees the answers.

mod late;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value as Json, json};

use super::program::{Folder, House};

/// The lists, the running one last.
pub(super) const KINDS: [&str; 7] = [
    "dtsen", "bansos", "kematian", "pindah", "desa", "gagal", "kpm",
];

/// What can be found about a row of the running list.
const WHATS: [&str; 6] = ["duplicate", "dead", "moved", "aided", "decile", "unknown"];

/// How often it is looked whether something is done.
const LOOK: Duration = Duration::from_millis(100);

/// How long anything may take.
const DONE_MAX: Duration = Duration::from_secs(1_800);

/// Families that are looked for by a number.
const ASKED: usize = 1_000;

/// How many, and of whom.
#[derive(Debug, Args)]
pub(crate) struct Card {
    /// Rows of the running list.
    #[arg(long, default_value_t = 279_434)]
    recipients: u32,
    /// Families of the province; twice as many as recipients where it is left out.
    #[arg(long)]
    families: Option<u32>,
    /// What all randomness follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Measure the programs that were built before, as they are.
    #[arg(long)]
    as_built: bool,
    /// So many rows of other aid come after the first examination and are taken alone; the
    /// second one is of all at once.
    #[arg(long)]
    late: Option<usize>,
    /// How often families are looked for and shown.
    #[arg(long, default_value_t = 1)]
    asked: u32,
}

/// Of the house, so far.
struct Spent {
    since: Instant,
    cpu: Duration,
}

impl Card {
    /// Builds, measures, and says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<String> {
        if !self.as_built {
            super::build(root)?;
        }
        let target = crate::target(root)?.join("release");
        let folder = Folder::new()?;
        let lists = folder.path().join("lists");
        let sim = target.join("sim");
        make(&sim, &lists, self.recipients, self.families, self.seed)?;
        let late_rows = self.late.map(|rows| late::part(&lists, rows)).transpose()?;
        let house = House::start(&target.join("betang"), folder.path(), "house")?;
        let mut report = String::new();
        let (mut rows, whole) = (0, Spent::of(&house)?);
        for kind in KINDS {
            let spent = Spent::of(&house)?;
            let (_, count) = bring(&house, kind, kind, &lists.join(format!("{kind}.csv")))?;
            rows += count;
            writeln!(report, "{kind}: {count} rows, {}", spent.told(&house)?)?;
        }
        let per_million = whole.since.elapsed().as_secs_f64() * 1e6 / count_of(rows);
        writeln!(
            report,
            "all lists: {rows} rows, {}; {per_million:.1} s a million",
            whole.told(&house)?
        )?;
        let mut taken = None;
        for name in ["first", "second"] {
            house.program.forget_memory()?;
            let spent = Spent::of(&house)?;
            let (run, stages) = examine(&house)?;
            let result = &run["result"];
            writeln!(
                report,
                "{name} examination: {} records, {} persons, {} families, {} rows, {} of them \
                 fine, {} moved; {}",
                result["records"],
                result["persons"],
                result["families"],
                result["rows"],
                result["fine"],
                result["moved_records"],
                spent.told(&house)?
            )?;
            writeln!(
                report,
                "  of it: {}; at most {} MiB of memory",
                late::told(&stages),
                house.program.memory("VmHWM")?
            )?;
            if let Some(file) = late_rows.as_ref().filter(|_| name == "first") {
                let (list, _) = bring(&house, late::KIND, "susulan", file)?;
                late::take(&house, list, &mut report)?;
                taken = Some(late::findings(&house)?);
            }
        }
        let truth = beside(&house, &lists, &mut report)?;
        if let Some(taken) = taken {
            let whole = late::findings(&house)?;
            late::beside(&taken, &whole, &truth, &mut report)?;
        }
        for _ in 0..self.asked {
            asked(&house, &lists, &mut report)?;
        }
        Ok(report)
    }
}

/// Has lists of a province made.
pub(super) fn make(
    sim: &Path,
    lists: &Path,
    recipients: u32,
    families: Option<u32>,
    seed: u64,
) -> Result<()> {
    let mut command = Command::new(sim);
    command
        .args(["families", "--province"])
        .args(["--recipients", &recipients.to_string()])
        .args(["--seed", &seed.to_string()])
        .arg("--out")
        .arg(lists);
    if let Some(families) = families {
        command.args(["--families", &families.to_string()]);
    }
    let done = command.output().context("sim families")?;
    let complained = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "sim families: {complained}");
    Ok(())
}

impl Spent {
    fn of(house: &House) -> Result<Self> {
        Ok(Self {
            since: now(),
            cpu: house.program.cpu()?,
        })
    }

    fn told(&self, house: &House) -> Result<String> {
        let cpu = house.program.cpu()?.saturating_sub(self.cpu);
        Ok(format!(
            "{:.1} s, {:.1} s of processor time",
            self.since.elapsed().as_secs_f64(),
            cpu.as_secs_f64()
        ))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures another program, and has no house to ask"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn count_of(rows: u64) -> f64 {
    rows as f64
}

/// Asks again until it is so.
fn until(house: &House, path: &str, is_so: impl Fn(&Json) -> bool) -> Result<Json> {
    let since = now();
    while since.elapsed() < DONE_MAX {
        let view = house.told("GET", path, None)?;
        if is_so(&view) {
            return Ok(view);
        }
        std::thread::sleep(LOOK);
    }
    bail!("{path} does not come to an end")
}

/// Brings a list of an owner in; its number and its rows.
pub(super) fn bring(house: &House, kind: &str, owner: &str, file: &Path) -> Result<(u64, u64)> {
    let path = format!("/api/v1/card/imports?kind={kind}&name={kind}.csv");
    let sent = house.send(&path, file)?;
    let at = format!(
        "/api/v1/card/imports/{}",
        sent["id"].as_str().context("no import")?
    );
    let read = until(house, &at, |view| view["state"] != "reading")?;
    ensure!(read["state"] == "read", "{read}");
    let form = json!({ "leave_out": read["found"]["refused"],
        "source": { "title": owner, "owner": owner, "as_of": "2026-11-01" } });
    house.told("POST", &format!("{at}/commit"), Some(&form))?;
    let done = until(house, &at, |view| view["state"] != "writing")?;
    ensure!(done["state"] == "written", "{done}");
    let written = &done["written"];
    Ok((
        written["list"].as_u64().context("no list")?,
        written["rows"].as_u64().context("no rows")?,
    ))
}

pub(super) fn examine(house: &House) -> Result<(Json, late::Stages)> {
    let form = json!({ "decile_max": 2, "rupiah_each": 400_000 });
    house.told("POST", "/api/v1/card/runs", Some(&form))?;
    late::followed(house)
}

/// The rows of which something was found, by the number that a list counts them with.
fn found(house: &House, what: &str) -> Result<BTreeSet<u64>> {
    let (mut rows, mut next) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/card/findings?what={what}&limit=1000{next}");
        let page = house.told("GET", &path, None)?;
        for item in page["items"].as_array().context("no rows")? {
            // The headings are the first row of a file.
            rows.insert(item["row"]["row"].as_u64().context("no row")? - 1);
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return Ok(rows),
        }
    }
}

/// Lays what was found beside what is true, which comes back.
fn beside(
    house: &House,
    lists: &Path,
    report: &mut String,
) -> Result<BTreeMap<&'static str, BTreeSet<u64>>> {
    let mut truth: BTreeMap<&'static str, BTreeSet<u64>> = BTreeMap::new();
    let mut left_out = BTreeSet::new();
    each(&lists.join("answers.csv"), |cell| {
        for what in WHATS {
            if cell("file") == "kpm" && cell(what) == "1" {
                truth.entry(what).or_default().insert(cell("row").parse()?);
            }
        }
        if cell("left_out") == "1" {
            left_out.insert(cell("family_id"));
        }
        Ok(())
    })?;
    let none = BTreeSet::new();
    for what in WHATS {
        let (found, is) = (found(house, what)?, truth.get(what).unwrap_or(&none));
        let right = found.intersection(is).count();
        report.push_str(&line(what, found.len(), is.len(), right));
    }
    // A family is left out by any of its rows.
    let rows = found(house, "left_out")?;
    let mut families = BTreeSet::new();
    each(&lists.join("truth.csv"), |cell| {
        if cell("file") == "dtsen" && rows.contains(&cell("row").parse()?) {
            families.insert(cell("family_id"));
        }
        Ok(())
    })?;
    let right = families.intersection(&left_out).count();
    report.push_str(&line("left_out", rows.len(), left_out.len(), right));
    Ok(truth)
}

fn line(what: &str, found: usize, is: usize, right: usize) -> String {
    let share = |of: usize| match of {
        0 => "-".to_owned(),
        of => format!("{:.4}", count_of(right as u64) / count_of(of as u64)),
    };
    format!(
        "{what}: {found} found, {is} true; precision {}, recall {}\n",
        share(found),
        share(is)
    )
}

/// How long it takes to find a family by a number, and to show it.
fn asked(house: &House, lists: &Path, report: &mut String) -> Result<()> {
    let mut numbers = Vec::new();
    each(&lists.join("kpm.csv"), |cell| {
        numbers.push(cell("nik"));
        Ok(())
    })?;
    let step = (numbers.len() / ASKED).max(1);
    let (mut searched, mut shown) = (Vec::new(), Vec::new());
    for number in numbers.iter().step_by(step).filter(|nik| nik.len() == 16) {
        let since = now();
        let form = json!({ "number": number });
        let found = house.told("POST", "/api/v1/card/families/search", Some(&form))?;
        searched.push(since.elapsed());
        if let Some(family) = found["items"][0]["id"].as_str() {
            let since = now();
            house.told("GET", &format!("/api/v1/card/families/{family}"), None)?;
            shown.push(since.elapsed());
        }
    }
    for (what, mut took) in [("search by NIK", searched), ("page of a family", shown)] {
        took.sort_unstable();
        let at = |share: usize| {
            let place = (took.len() * share / 100).min(took.len().saturating_sub(1));
            took.get(place)
                .map_or(f64::NAN, |it| it.as_secs_f64() * 1e3)
        };
        writeln!(
            report,
            "{what}, {} times: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms",
            took.len(),
            at(50),
            at(95),
            at(99)
        )?;
    }
    Ok(())
}

/// Goes through the rows of a file; a cell is asked for by its heading.
fn each(path: &Path, mut take: impl FnMut(&dyn Fn(&str) -> String) -> Result<()>) -> Result<()> {
    let name = || path.display().to_string();
    let mut reader = csv::Reader::from_path(path).with_context(name)?;
    let headings = reader.headers()?.clone();
    for row in reader.records() {
        let row = row.with_context(name)?;
        take(&|heading| {
            let at = headings.iter().position(|it| it == heading);
            at.and_then(|at| row.get(at)).unwrap_or_default().to_owned()
        })?;
    }
    Ok(())
}
