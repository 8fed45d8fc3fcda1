//! Rows that come when all others are examined: taken alone, and beside an examination of all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value as Json, json};

use super::{DONE_MAX, House, LOOK, Spent, WHATS, found, now};

/// The list of which some rows come late: other aid, which speaks against rows.
pub(super) const KIND: &str = "bansos";

/// Parts a list: its last rows go to a file of their own.
pub(super) fn part(lists: &Path, rows: usize) -> Result<PathBuf> {
    let (whole, early) = (lists.join(format!("{KIND}.csv")), lists.join("early.csv"));
    let late = lists.join("late.csv");
    let count = BufReader::new(File::open(&whole)?).lines().count() - 1;
    ensure!(rows < count, "{KIND} has {count} rows");
    let mut lines = BufReader::new(File::open(&whole)?).lines();
    let headings = lines.next().context("no headings")??;
    let mut parts = [&early, &late].map(|path| File::create(path).map(BufWriter::new));
    for part in &mut parts {
        let part = part.as_mut().map_err(|error| anyhow::anyhow!("{error}"))?;
        writeln!(part, "{headings}")?;
    }
    for (at, line) in lines.enumerate() {
        let part = &mut parts[usize::from(at >= count - rows)];
        let part = part.as_mut().map_err(|error| anyhow::anyhow!("{error}"))?;
        writeln!(part, "{}", line?)?;
    }
    for part in parts {
        part?.flush()?;
    }
    fs::rename(&early, &whole)?;
    Ok(late)
}

/// What is found about rows, by what it is.
pub(super) type Findings = BTreeMap<&'static str, BTreeSet<u64>>;

pub(super) fn findings(house: &House) -> Result<Findings> {
    let all = WHATS.iter().chain(&["left_out"]);
    all.map(|what| Ok((*what, found(house, what)?))).collect()
}

/// Takes a list into the newest examination, and tells what that was.
pub(super) fn take(house: &House, list: u64, report: &mut String) -> Result<()> {
    let runs = house.told("GET", "/api/v1/card/runs", None)?;
    let newest = runs["items"][0]["number"].as_u64().context("no run")?;
    house.program.forget_memory()?;
    let spent = Spent::of(house)?;
    let path = format!("/api/v1/card/runs/{newest}/late");
    house.told("POST", &path, Some(&json!({ "list": list })))?;
    let (run, stages) = followed(house)?;
    let late = run["late"].as_array().and_then(|it| it.last());
    let late = late.context("nothing was taken")?;
    writeln!(
        report,
        "{} rows late: {} came to somebody known, {} persons and {} families are new, {} pairs and \
         {} proposals for people, {} records moved; {}; at most {} MiB",
        late["rows"],
        late["joined"],
        late["founded"],
        late["families"],
        late["grey"],
        late["proposals"],
        run["result"]["moved_records"],
        spent.told(house)?,
        house.program.memory("VmHWM")?,
    )?;
    writeln!(report, "  of it: {}", told(&stages))?;
    Ok(())
}

/// Stages by the time in which they were seen.
pub(super) type Stages = Vec<(String, Duration)>;

pub(super) fn told(stages: &Stages) -> String {
    let each = stages.iter();
    let each = each.map(|(doing, took)| format!("{doing} {:.1} s", took.as_secs_f64()));
    each.collect::<Vec<_>>().join(", ")
}

/// Waits for the newest run to end; what it did for how long.
pub(super) fn followed(house: &House) -> Result<(Json, Stages)> {
    let (since, mut stages) = (now(), Stages::new());
    let mut last = now();
    while since.elapsed() < DONE_MAX {
        let runs = house.told("GET", "/api/v1/card/runs", None)?;
        let run = &runs["items"][0];
        let doing = run["stage"]["doing"]
            .as_str()
            .unwrap_or("ending")
            .to_owned();
        match stages.last_mut().filter(|it| it.0 == doing) {
            Some((_, took)) => *took += last.elapsed(),
            None => stages.push((doing, last.elapsed())),
        }
        last = now();
        if run["state"] != "working" {
            ensure!(run["state"] == "done", "{run}");
            return Ok((run.clone(), stages));
        }
        std::thread::sleep(LOOK);
    }
    bail!("the run does not come to an end")
}

/// Lays what was found after a late list beside what an examination of all has found, and
/// says whom the truth gives right where they differ.
pub(super) fn beside(
    late: &Findings,
    whole: &Findings,
    truth: &BTreeMap<&str, BTreeSet<u64>>,
    report: &mut String,
) -> Result<()> {
    let none = BTreeSet::new();
    for (what, by_late) in late {
        let by_whole = whole.get(what).unwrap_or(&none);
        let (is, alone) = (
            truth.get(what),
            |of: &BTreeSet<u64>, not: &BTreeSet<u64>| {
                of.difference(not).copied().collect::<Vec<u64>>()
            },
        );
        let (more, less) = (alone(by_late, by_whole), alone(by_whole, by_late));
        let right = |rows: &[u64]| {
            is.map_or_else(
                || "not asked".to_owned(),
                |is| {
                    format!(
                        "{} of them true",
                        rows.iter().filter(|it| is.contains(it)).count()
                    )
                },
            )
        };
        writeln!(
            report,
            "  {what}: {} after the late list, {} by all at once; {} only late ({}), {} only at once ({})",
            by_late.len(),
            by_whole.len(),
            more.len(),
            right(&more),
            less.len(),
            right(&less),
        )?;
    }
    Ok(())
}
