//! `betang villages`: lists of villages, what is said of them, and their points.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value as Json, json};

use crate::cli::{point, say};
use crate::verb::client::ReachArgs;
use crate::verb::import::{self, Import};
use crate::verb::ledger::{self, Contact, Ledger};
use crate::verb::sheet::{self, Brief, Sheet};
use crate::verb::shown::text;
use crate::verb::speed::{self, Speed};

/// What can be done with villages.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Import a list of villages from a CSV or XLSX file.
    Import(Box<List>),
    /// List villages with what the house says of them.
    List(Which),
    /// One village: what the house says, why, and every claim.
    Show(One),
    /// Lists that were imported.
    Lists(All),
    /// Say that a list does not count any more; it stays.
    Withdraw(Withdraw),
    /// Rows whose village a person has to say.
    Queue(Queue),
    /// Say which village a row means, or that it is none.
    Decide(Decide),
    /// Where sources disagree.
    Conflicts(All),
    /// In what lists differ, to the last row.
    Reconcile(Reconcile),
    /// Points of villages, and how far they have come.
    Points(Points),
    /// Import points with what they cost from a CSV or XLSX file.
    ImportPoints(Box<PointList>),
    /// Add a point.
    AddPoint(AddPoint),
    /// Say that a point has come a step further.
    Step(Step),
    /// How much connections were there, minute by minute; with --verify made anew from
    /// the records.
    Ledger(Ledger),
    /// Who is heard now.
    Contact(Contact),
    /// How fast the connections of a village are, as its boxes have measured it.
    Speed(Speed),
    /// The evidence of a month, of a village or of a provider, as a file.
    Sheet(Sheet),
    /// One page for whoever leads: what is proven now, and what is not.
    Brief(Brief),
}

/// A list to be imported.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    import: Import,
    /// What the words of the list mean.
    #[arg(long)]
    definition: Option<String>,
    /// How many villages its source says there are.
    #[arg(long)]
    announced: Option<i64>,
    /// The same of one status, as STATE=NUMBER; once for each.
    #[arg(long, value_name = "STATE=NUMBER")]
    announced_of: Vec<String>,
    /// Which column is which field, as COLUMN=FIELD, by letters or heading: A=code_bps.
    #[arg(long, value_name = "COLUMN=FIELD")]
    column: Vec<String>,
}

/// A list of points to be imported.
#[derive(Debug, Args)]
pub(crate) struct PointList {
    #[command(flatten)]
    import: Import,
    /// Which column is which field, as COLUMN=FIELD, by letters or heading.
    #[arg(long, value_name = "COLUMN=FIELD")]
    column: Vec<String>,
}

/// Which villages.
#[derive(Debug, Args)]
pub(crate) struct Which {
    #[command(flatten)]
    reach: ReachArgs,
    /// In this area.
    #[arg(long)]
    within: Option<String>,
    /// Part of the name, or the beginning of the code.
    #[arg(long)]
    q: Option<String>,
    /// Of which the house says this, as PROPERTY:VALUE, for example blank_spot:ya.
    #[arg(long)]
    says: Option<String>,
    /// Only those about which sources disagree.
    #[arg(long)]
    disputed: bool,
    #[command(flatten)]
    times: Times,
}

/// The two times of a question.
#[derive(Debug, Args)]
pub(crate) struct Times {
    /// As of this day; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    then: Option<String>,
    /// As known at the end of this day; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    known: Option<String>,
}

/// One village.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    reach: ReachArgs,
    /// Kemendagri code.
    code: String,
    #[command(flatten)]
    times: Times,
}

/// Everything.
#[derive(Debug, Args)]
pub(crate) struct All {
    #[command(flatten)]
    reach: ReachArgs,
}

/// Rows of which list.
#[derive(Debug, Args)]
pub(crate) struct Queue {
    #[command(flatten)]
    reach: ReachArgs,
    /// Only of this list: `src_…`
    #[arg(long)]
    source: Option<String>,
}

/// A list that does not count any more.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    reach: ReachArgs,
    /// `src_…`
    source: String,
    /// Why.
    #[arg(long)]
    why: String,
}

/// Which village a row means.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    #[command(flatten)]
    reach: ReachArgs,
    /// `src_…`
    source: String,
    /// Its number beside the spreadsheet.
    row: u32,
    /// Kemendagri code of the village that it means.
    #[arg(long, required_unless_present = "none")]
    village: Option<String>,
    /// It is no village of the register.
    #[arg(long, conflicts_with = "village")]
    none: bool,
    /// Why.
    #[arg(long)]
    why: Option<String>,
}

/// Which lists.
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    #[command(flatten)]
    reach: ReachArgs,
    /// Two to eight lists: `src_…`
    #[arg(required = true, num_args = 2..=8)]
    lists: Vec<String>,
}

/// Which points.
#[derive(Debug, Args)]
pub(crate) struct Points {
    #[command(flatten)]
    reach: ReachArgs,
    /// In this area.
    #[arg(long)]
    within: Option<String>,
    /// That have come so far.
    #[arg(long)]
    state: Option<String>,
    #[command(flatten)]
    times: Times,
}

/// A point to be added.
#[derive(Debug, Args)]
pub(crate) struct AddPoint {
    #[command(flatten)]
    reach: ReachArgs,
    /// What it is called.
    #[arg(long)]
    name: String,
    /// Kemendagri code of its village.
    #[arg(long)]
    village: String,
    /// `kantor_desa`, `sekolah`, `pustu`, `titik_publik` or `lainnya`.
    #[arg(long, default_value = "kantor_desa")]
    kind: String,
    /// Degrees north and east, with a comma between.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Option<String>,
    /// The site whose box stands there: `sit_…`
    #[arg(long)]
    site: Option<String>,
}

/// A step of a point.
#[derive(Debug, Args)]
pub(crate) struct Step {
    #[command(flatten)]
    reach: ReachArgs,
    /// `pnt_…`
    id: String,
    /// Where it leads: surveyed, granted, `in_distribution`, delivered, installed, active, …
    to: String,
    /// When it happened, with its offset: 2026-05-16T10:00+07:00
    #[arg(long, value_name = "TIME")]
    happened: String,
    /// Why it was suspended: unpaid, `supplier_stop` or damage.
    #[arg(long)]
    cause: Option<String>,
    /// The number on the equipment.
    #[arg(long)]
    serial: Option<String>,
    /// Where whoever says it stood: degrees north and east.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    gps: Option<String>,
    /// Words, or the number of a paper.
    #[arg(long)]
    note: Option<String>,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Import(list) => take_in(*list).await,
        Verb::List(which) => list(which).await,
        Verb::Show(one) => show(one).await,
        Verb::Lists(all) => lists(all).await,
        Verb::Withdraw(one) => withdraw(one).await,
        Verb::Queue(which) => queue(which).await,
        Verb::Decide(one) => decide(one).await,
        Verb::Conflicts(all) => conflicts(all).await,
        Verb::Reconcile(which) => reconcile(which).await,
        Verb::Points(which) => points(which).await,
        Verb::ImportPoints(list) => {
            let more = import::More {
                columns: pairs(&list.column)?,
                ..import::More::default()
            };
            import::run(list.import, "/api/v1/points/imports", more).await
        }
        Verb::AddPoint(add) => add_point(add).await,
        Verb::Step(one) => step(one).await,
        Verb::Ledger(asked) => ledger::ledger(asked).await,
        Verb::Contact(asked) => ledger::contact(asked).await,
        Verb::Speed(asked) => speed::speed(asked).await,
        Verb::Sheet(asked) => sheet::sheet(asked).await,
        Verb::Brief(asked) => sheet::brief(asked).await,
    }
}

/// What stands on the two sides of `=`.
fn pairs(texts: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let pair = |text: &String| {
        let (left, right) = text
            .split_once('=')
            .with_context(|| format!("{text} has no ="))?;
        Ok((left.to_owned(), right.to_owned()))
    };
    texts.iter().map(pair).collect()
}

async fn take_in(list: List) -> anyhow::Result<ExitCode> {
    let mut of = Map::new();
    for (state, number) in pairs(&list.announced_of)? {
        let number: i64 = number
            .parse()
            .with_context(|| format!("{number} is no number"))?;
        of.insert(state, number.into());
    }
    let more = import::More {
        columns: pairs(&list.column)?,
        commit: vec![
            ("announced", json!(list.announced)),
            ("announced_of", Json::Object(of)),
        ],
        source: vec![("definition", json!(list.definition))],
        owned: true,
    };
    import::run(list.import, "/api/v1/villages/imports", more).await
}

impl Times {
    fn query(self) -> [(&'static str, Option<String>); 2] {
        [("then", self.then), ("known", self.known)]
    }
}

async fn list(which: Which) -> anyhow::Result<ExitCode> {
    let disputed = which.disputed.then(|| "true".to_owned());
    let [then, known] = which.times.query();
    let filter = [
        ("within", which.within),
        ("q", which.q),
        ("says", which.says),
        ("disputed", disputed),
        then,
        known,
    ];
    for village in which
        .reach
        .reach()?
        .all("/api/v1/villages", &filter)
        .await?
    {
        let said: Vec<String> = village["said"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|said| said["property"] != "listed")
            .map(|said| {
                let value = said["value"]["value"].as_str().unwrap_or("?");
                let mark = if said["disputed"] == true { "!" } else { "" };
                format!("{}={value}{mark}", text(&said["property"]))
            })
            .collect();
        say(format!(
            "{} {:<28} {:<28} lists {} points {} {}",
            text(&village["code"]),
            text(&village["name"]),
            text(&village["regency"]["name"]),
            village["lists"],
            village["points"]["count"],
            said.join(" "),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(one: One) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/villages/{}", one.code);
    let query: Vec<(&str, String)> = one
        .times
        .query()
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    let reach = one.reach.reach()?;
    let village = reach.ask_about(Method::GET, &path, &query, None).await?;
    say(format!(
        "{} {}, {}, {}",
        text(&village["code"]),
        text(&village["name"]),
        text(&village["district"]["name"]),
        text(&village["regency"]["name"]),
    ));
    for said in village["said"].as_array().into_iter().flatten() {
        say(format!(
            "  {:<12} {:<16} {:<12} {} {}",
            text(&said["property"]),
            said["value"]["value"].as_str().unwrap_or("unknown"),
            text(&said["as_of"]),
            text(&said["reason"]["word"]),
            text(&said["claim"]),
        ));
    }
    for claim in village["claims"].as_array().into_iter().flatten() {
        let gone = if claim["withdrawn_us"].is_null() {
            ""
        } else {
            " withdrawn"
        };
        say(format!(
            "  {} {} {}={} as of {} by {}{gone}",
            text(&claim["id"]),
            text(&claim["source"]),
            text(&claim["property"]),
            text(&claim["value"]["value"]),
            text(&claim["as_of"]),
            text(&claim["owner"]),
        ));
    }
    for place in village["places"].as_array().into_iter().flatten() {
        tell_point(place);
    }
    Ok(ExitCode::SUCCESS)
}

async fn lists(all: All) -> anyhow::Result<ExitCode> {
    let found = all
        .reach
        .reach()?
        .ask(Method::GET, "/api/v1/villages/lists", None)
        .await?;
    for list in found["items"].as_array().into_iter().flatten() {
        let gone = if list["withdrawn_us"].is_null() {
            ""
        } else {
            " withdrawn"
        };
        say(format!(
            "{} {} {:>6} {} ({}){gone}",
            text(&list["source"]),
            text(&list["as_of"]),
            list["announced"]
                .as_i64()
                .map_or_else(|| "-".to_owned(), |n| n.to_string()),
            text(&list["title"]),
            text(&list["owner"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn withdraw(one: Withdraw) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/villages/lists/{}/withdrawal", one.source);
    let form = json!({ "why": one.why });
    let list = one
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(format!("{} withdrawn", text(&list["source"])));
    Ok(ExitCode::SUCCESS)
}

async fn queue(which: Queue) -> anyhow::Result<ExitCode> {
    let filter = [("source", which.source)];
    for row in which
        .reach
        .reach()?
        .all("/api/v1/villages/queue", &filter)
        .await?
    {
        say(format!(
            "{} {:<5} {:<22} {} | {} | {} | {}",
            text(&row["source"]),
            row["row"],
            text(&row["doubt"]),
            text(&row["code"]),
            text(&row["regency"]),
            text(&row["district"]),
            text(&row["village"]),
        ));
        for one in row["candidates"].as_array().into_iter().flatten() {
            say(format!(
                "    {} {}, {}, {}",
                text(&one["code"]),
                text(&one["name"]),
                text(&one["district"]),
                text(&one["regency"]),
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(one: Decide) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/villages/queue/{}/{}", one.source, one.row);
    let form = json!({ "village": one.village, "why": one.why });
    let row = one
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    let village = &row["decided"]["village"];
    say(format!(
        "row {}: {}",
        row["row"],
        village["name"]
            .as_str()
            .unwrap_or("no village of the register"),
    ));
    Ok(ExitCode::SUCCESS)
}

async fn conflicts(all: All) -> anyhow::Result<ExitCode> {
    for one in all
        .reach
        .reach()?
        .all("/api/v1/villages/conflicts", &[])
        .await?
    {
        let said = &one["said"];
        say(format!(
            "{} {} ({}): {} {} ({})",
            text(&one["code"]),
            text(&one["name"]),
            text(&one["regency"]),
            text(&said["property"]),
            said["value"]["value"].as_str().unwrap_or("unknown"),
            text(&said["reason"]["word"]),
        ));
        for claim in one["claims"].as_array().into_iter().flatten() {
            say(format!(
                "    {} as of {} by {} ({})",
                text(&claim["value"]["value"]),
                text(&claim["as_of"]),
                text(&claim["owner"]),
                claim["definition"].as_str().unwrap_or("definition unknown"),
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn reconcile(which: Reconcile) -> anyhow::Result<ExitCode> {
    let query = [("lists", which.lists.join(","))];
    let path = "/api/v1/villages/reconciliation";
    let found = which
        .reach
        .reach()?
        .ask_about(Method::GET, path, &query, None)
        .await?;
    let mut titles = Map::new();
    for one in found["lists"].as_array().into_iter().flatten() {
        let list = &one["list"];
        titles.insert(text(&list["source"]).to_owned(), list["title"].clone());
        say(format!(
            "{} ({}, as of {}): {} rows = {} villages ({} kelurahan) + {} duplicates + {} waiting + {} foreign + {} left out",
            text(&list["title"]),
            text(&list["owner"]),
            text(&list["as_of"]),
            one["file_rows"],
            one["villages"],
            one["kelurahan"],
            one["duplicates"],
            one["waiting"],
            one["foreign"],
            one["left_out"],
        ));
        let announced = &one["announced"];
        if !announced.is_null() {
            say(format!(
                "    announced {}, rows {}, difference {} not in the file",
                announced["total"], one["file_rows"], announced["not_in_file"],
            ));
            if let Some(not_named) = announced["not_named"].as_i64() {
                say(format!(
                    "    announced {}, of statuses {}, difference {not_named} not named by the source",
                    announced["total"], announced["of_statuses"],
                ));
            }
        }
        for (status, counted) in one["statuses"].as_object().into_iter().flatten() {
            say(format!(
                "    {status}: rows {}, announced {}",
                counted["rows"],
                counted["announced"]
                    .as_i64()
                    .map_or_else(|| "-".to_owned(), |n| n.to_string()),
            ));
        }
    }
    for pair in found["pairs"].as_array().into_iter().flatten() {
        let title = |key: &str| {
            titles
                .get(text(&pair[key]))
                .map_or("-", |title| text(title))
        };
        say(format!(
            "{} | {}: both {}, only first {} ({} out of scope), only second {} ({} out of scope), same definition {}",
            title("first"),
            title("second"),
            pair["both"],
            pair["only_first"]["count"],
            pair["only_first"]["out_of_scope"],
            pair["only_second"]["count"],
            pair["only_second"]["out_of_scope"],
            pair["same_definition"]
                .as_bool()
                .map_or("unknown", |same| if same { "yes" } else { "no" }),
        ));
    }
    say(format!(
        "in all {}, in any {}",
        found["in_all"], found["in_any"]
    ));
    Ok(ExitCode::SUCCESS)
}

async fn points(which: Points) -> anyhow::Result<ExitCode> {
    let [then, known] = which.times.query();
    let filter = [
        ("within", which.within),
        ("state", which.state),
        then,
        known,
    ];
    for place in which.reach.reach()?.all("/api/v1/points", &filter).await? {
        tell_point(&place);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_point(place: &Json) {
    say(format!(
        "{} {:<16} {:<14} {} {}",
        text(&place["id"]),
        text(&place["state"]),
        text(&place["village"]["code"]),
        text(&place["kind"]),
        text(&place["name"]),
    ));
}

async fn add_point(add: AddPoint) -> anyhow::Result<ExitCode> {
    let at = add.point.as_deref().map(point).transpose()?;
    let form = json!({
        "name": add.name, "village": add.village, "kind": add.kind, "point": at,
        "site": add.site,
    });
    let saved = add
        .reach
        .reach()?
        .ask(Method::POST, "/api/v1/points", Some(&form))
        .await?;
    say(text(&saved["id"]));
    Ok(ExitCode::SUCCESS)
}

async fn step(one: Step) -> anyhow::Result<ExitCode> {
    let happened: jiff::Timestamp = one
        .happened
        .parse()
        .context("write the time with its offset, such as 2026-05-16T10:00+07:00")?;
    let gps = one.gps.as_deref().map(point).transpose()?;
    let path = format!("/api/v1/points/{}/steps", one.id);
    let form = json!({
        "to": one.to, "happened_us": happened.as_microsecond(), "cause": one.cause,
        "serial": one.serial, "gps": gps, "note": one.note,
    });
    let place = one
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(format!("{} {}", text(&place["id"]), text(&place["state"])));
    Ok(ExitCode::SUCCESS)
}
