//! `betang families programmes`, `programme` and `try`: who should receive, and what would
//! come of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::say;
use crate::verb::client::{Reach, ReachArgs};
use crate::verb::shown::{count, rupiah, text};

/// A programme in a file.
#[derive(Debug, Args)]
pub(crate) struct Programme {
    #[command(flatten)]
    reach: ReachArgs,
    /// TOML: who should receive what by which law.
    file: PathBuf,
    /// Why this version.
    #[arg(long)]
    note: Option<String>,
    /// Show what it says, or what is wrong with it and where, and keep nothing.
    #[arg(long)]
    check: bool,
}

/// Rules to be tried.
#[derive(Debug, Args)]
pub(crate) struct Try {
    #[command(flatten)]
    reach: ReachArgs,
    /// A programme that is kept, by its slug (SLUG@V: that version), or a file with one
    /// (./FILE where its name could be a slug).
    #[arg(value_name = "SLUG|FILE")]
    rules: String,
    /// Who received before: running (the running list), list:N (an adopted list) or SLUG@V
    /// (another programme or version); nobody when left out.
    #[arg(long, value_name = "WHAT")]
    against: Option<String>,
    /// By regency as CSV, and nothing else.
    #[arg(long)]
    csv: bool,
}

/// A slug, and a version where one is named with it; none where a word is no slug.
fn named(word: &str) -> Option<(&str, Option<i64>)> {
    let (slug, version) = match word.split_once('@') {
        Some((slug, version)) => (slug, Some(version.parse().ok()?)),
        None => (word, None),
    };
    let is_slug = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    (!slug.is_empty() && slug.bytes().all(is_slug)).then_some((slug, version))
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("the file {}", file.display()))
}

pub(super) async fn list(reach: &Reach) -> anyhow::Result<ExitCode> {
    let path = "/api/v1/card/programmes";
    let programmes = reach.ask(Method::GET, path, None).await?;
    for it in programmes["items"].as_array().into_iter().flatten() {
        let list = &it["list"];
        let newest = match list["number"].as_i64() {
            Some(number) => format!("list {number}: {} receive", count(&list["included"])),
            None => "no list yet".to_owned(),
        };
        say(format!(
            "{}\tversion {}\t{}\t{}\t{newest}",
            text(&it["slug"]),
            it["version"],
            text(&it["name"]),
            in_force(it),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn in_force(it: &Json) -> &'static str {
    match it["is_in_force"] == true {
        true => "in force",
        false => "not in force",
    }
}

pub(super) async fn keep(asked: Programme) -> anyhow::Result<ExitCode> {
    let rules = read(&asked.file)?;
    let reach = asked.reach.reach()?;
    if asked.check {
        let form = json!({ "text": rules });
        let path = "/api/v1/card/programmes/check";
        let checked = reach.ask(Method::POST, path, Some(&form)).await?;
        told(&checked);
        let next = checked["newest"].as_i64().unwrap_or(0) + 1;
        say(format!("nothing was kept; it can be, as version {next}"));
        return Ok(ExitCode::SUCCESS);
    }
    let form = json!({ "text": rules, "note": asked.note });
    let path = "/api/v1/card/programmes";
    let kept = reach.ask(Method::POST, path, Some(&form)).await?;
    say(format!(
        "{} version {}: kept, SHA-256 {}",
        text(&kept["slug"]),
        kept["version"],
        text(&kept["sha256"])
    ));
    Ok(ExitCode::SUCCESS)
}

/// What a programme says, in words.
fn told(it: &Json) {
    say(format!(
        "{}: {}, of each {}; {}",
        text(&it["slug"]),
        text(&it["name"]),
        match it["subject"].as_str() {
            Some("orang") => "person",
            Some("usaha") => "household business",
            _ => "family",
        },
        text(&it["agency"])
    ));
    say(format!("source: {}", text(&it["source"])));
    if let Some(budget) = it["budget"].as_str() {
        say(format!("budget: {budget}"));
    }
    say(format!(
        "item: {} {} of {}, {} for one",
        count(&it["amount"]),
        text(&it["unit"]),
        text(&it["item"]),
        rupiah(&it["rupiah"])
    ));
    let last = it["valid_to"].as_str();
    say(format!(
        "{}: from {}{}",
        in_force(it),
        text(&it["valid_from"]),
        last.map_or_else(String::new, |last| format!(" to {last}"))
    ));
    for rule in it["rules"].as_array().into_iter().flatten() {
        let kind = match rule["kind"] == "pengecualian" {
            true => "must not hold",
            false => "must hold",
        };
        let alone = match rule["in_bulk"] == true {
            true => "",
            false => "; nobody is removed by it in bulk",
        };
        say(format!(
            "{kind}: {} ({}): {}; {}{alone}",
            text(&rule["id"]),
            text(&rule["name"]),
            text(&rule["words_en"]),
            rule["source"].as_str().unwrap_or("no source")
        ));
    }
}

/// Beside what, as the house is asked.
fn against(word: &str) -> anyhow::Result<Json> {
    if word == "running" {
        return Ok(json!({ "running": true }));
    }
    let unknown = || format!("--against {word}: write running, list:N or SLUG@V");
    if let Some(number) = word.strip_prefix("list:") {
        let number: i64 = number.parse().ok().with_context(unknown)?;
        return Ok(json!({ "list": number }));
    }
    let (slug, version) = named(word).with_context(unknown)?;
    Ok(json!({ "slug": slug, "version": version }))
}

pub(super) async fn run(asked: Try) -> anyhow::Result<ExitCode> {
    let mut form = match named(&asked.rules) {
        Some((slug, version)) => json!({ "slug": slug, "version": version }),
        None => json!({ "text": read(Path::new(&asked.rules))? }),
    };
    if let Some(word) = &asked.against {
        form["against"] = against(word)?;
    }
    let reach = asked.reach.reach()?;
    let path = "/api/v1/card/simulations";
    let tried = reach.ask(Method::POST, path, Some(&form)).await?;
    if asked.csv {
        let table = table(&tried);
        say(String::from_utf8_lossy(&table)
            .trim_start_matches('\u{feff}')
            .trim_end());
    } else {
        shown(&tried);
    }
    Ok(ExitCode::SUCCESS)
}

/// How many receive.
fn receive(tally: &Json) -> Json {
    let parts = ["included", "held", "undecided"].map(|key| tally[key].as_u64());
    let whole: Option<u64> = parts.into_iter().sum();
    json!(whole)
}

fn tally(word: &str, of: &Json) {
    say(format!(
        "{word}: {} receive, {} not known, {} do not; {} in a cycle",
        count(&receive(of)),
        count(&of["unknown"]),
        count(&of["excluded"]),
        rupiah(&of["rupiah"])
    ));
}

fn shown(it: &Json) {
    let programme = &it["programme"];
    let version = programme["version"].as_i64();
    let against = &it["against"];
    say(format!(
        "{}{}: {}; {} {}, by examination {}, on {}, beside {}",
        text(&programme["slug"]),
        version.map_or_else(String::new, |version| format!(" version {version}")),
        text(&programme["name"]),
        count(&it["subjects"]),
        match programme["subject"].as_str() {
            Some("orang") => "persons",
            Some("usaha") => "household businesses",
            _ => "families",
        },
        it["run"],
        text(&it["day"]),
        match text(&against["kind"]) {
            "running" => "the running list".to_owned(),
            "list" => format!("list {}: {}", against["number"], text(&against["name"])),
            "programme" => text(&against["name"]).to_owned(),
            _ => "nobody".to_owned(),
        }
    ));
    if it["before"].is_object() {
        tally("before", &it["before"]);
    }
    tally("now", &it["now"]);
    if it["before"].is_object() {
        for step in it["moves"].as_array().into_iter().flatten() {
            let (before, now) = (text(&step["before"]), text(&step["now"]));
            // Of those who receive neither way there is no money.
            let money = match [before, now].contains(&"included") {
                true => format!("; {}", rupiah(&step["rupiah"])),
                false => String::new(),
            };
            say(format!(
                "move: {before} -> {now}: {}{money}",
                count(&step["subjects"])
            ));
        }
    }
    for part in it["by_area"].as_array().into_iter().flatten() {
        let area = match part["code"].as_str() {
            Some(code) => format!("{code} {}", text(&part["name"])),
            None => "not known".to_owned(),
        };
        say(format!(
            "area: {area}: {} before, {} now, {} not known; {} enter, {} leave; {}",
            count(&receive(&part["before"])),
            count(&receive(&part["now"])),
            count(&part["now"]["unknown"]),
            count(&part["enters"]),
            count(&part["leaves"]),
            rupiah(&part["now"]["rupiah"])
        ));
    }
    for rule in it["by_rule"].as_array().into_iter().flatten() {
        say(format!(
            "rule: {} ({}): speaks against {}, alone against {}, not known of {}; of those who \
             received it is the first against {}, the first not known of {}",
            text(&rule["rule"]),
            text(&rule["name"]),
            count(&rule["against"]),
            count(&rule["only"]),
            count(&rule["unknown"]),
            count(&rule["leaves"]),
            count(&rule["leaves_unknown"])
        ));
    }
    for hint in it["hints"].as_array().into_iter().flatten() {
        say(format!("hint: {}", hinted(hint)));
    }
}

/// What to know before believing the numbers.
fn hinted(hint: &Json) -> String {
    let value = text(&hint["value"]);
    let many = || {
        let many = value.parse::<i64>();
        many.map_or_else(|_| value.to_owned(), hall::print::said::number)
    };
    match text(&hint["kind"]) {
        "aid_without_list" => {
            format!("no list of {value} has come in: whether somebody gets it is not known")
        }
        "aid_without_rows" => {
            format!("a list of other aid has no row of a regency: {value}")
        }
        "no_deaths" => "no list of deaths has come in: who has died is not recognised".to_owned(),
        "no_moves" => "no list of moves has come in: who has moved is not recognised".to_owned(),
        "not_in_force" => format!("the programme is not in force on {value}"),
        "lists_newer" => {
            "lists came or went since that examination: have them examined again".to_owned()
        }
        "absent" => format!("{} received of whom no list tells any more", many()),
        "merged" => format!("{} received under two ids and were found to be one", many()),
        "contrary" => format!(
            "{} decisions about one say another thing than the rules",
            many()
        ),
        "strange" => format!(
            "{} decisions about one are about nobody who is known",
            many()
        ),
        other => format!("{other} {value}"),
    }
}

/// By regency, for a spreadsheet: numbers as they are.
fn table(it: &Json) -> Vec<u8> {
    let mut file = hall::csv::File::new(&[
        "kode",
        "wilayah",
        "menerima sebelumnya",
        "menerima",
        "belum diketahui",
        "masuk",
        "keluar",
        "rupiah sebelumnya",
        "rupiah",
    ]);
    let had_before = it["before"].is_object();
    for part in it["by_area"].as_array().into_iter().flatten() {
        let (before, now) = (&part["before"], &part["now"]);
        let was = |of: &Json| match had_before {
            true => of.clone(),
            false => Json::Null,
        };
        let mut cells: Vec<String> = ["code", "name"]
            .map(|key| part[key].as_str().unwrap_or_default().to_owned())
            .into();
        let numbers = [
            was(&receive(before)),
            receive(now),
            now["unknown"].clone(),
            was(&part["enters"]),
            was(&part["leaves"]),
            was(&before["rupiah"]),
            now["rupiah"].clone(),
        ];
        // What is not known stays empty, and is no zero.
        let number = |it: &Json| it.as_i64().map_or_else(String::new, |it| it.to_string());
        cells.extend(numbers.iter().map(number));
        file.row(&cells);
    }
    file.bytes()
}
