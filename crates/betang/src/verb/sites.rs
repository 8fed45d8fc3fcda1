//! `betang sites`: places that dial in, and the boxes that stand there.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, Subcommand};
use reach::agent::told;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::{point, say};
use crate::verb::client::ReachArgs;
use crate::verb::shown::text;
use crate::verb::speed::{self, Measure};

/// What can be done with sites.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Register a site.
    Add(Add),
    /// List sites with how far they have come.
    List(List),
    /// Make a code that lets one box ask for a site; it is shown once.
    Code(Code),
    /// List the boxes of a site.
    Boxes(One),
    /// Let a box in that waits.
    Admit(Decide),
    /// Turn a box away that waits.
    TurnAway(Decide),
    /// Believe nothing that a site says, for the time being.
    Suspend(Turn),
    /// Believe a suspended site again.
    Resume(Turn),
    /// Shut a site's box out for good.
    Revoke(Turn),
    /// What a site has said, record by record.
    Records(Records),
    /// What came from a site's boxes and could not be read.
    Aside(Aside),
    /// Tell a site's box to say how it is.
    Ask(One),
    /// Tell a site's box to measure how fast its connection is.
    Measure(Measure),
    /// What a site's boxes were told, and what became of it.
    Commands(One),
    /// Say what a site's box is to be like; without anything said, list what it was told.
    Config(Config),
    /// Take in a file that a box has written with betang agent export.
    Import(Import),
}

/// A file of a box.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    reach: ReachArgs,
    /// What the box has written.
    file: PathBuf,
    /// Where to write the receipt that goes back to the box.
    #[arg(long, value_name = "FILE")]
    receipt: PathBuf,
}

/// What a box is to be like. What is not said is as it was when the box was started.
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    site: String,
    /// Seconds between two samples.
    #[arg(long, value_name = "SECONDS")]
    sample_every: Option<u32>,
    /// Where the house is for it; may be given more than once, and is tried in this
    /// order. A box that reaches the house at none of them goes back by itself.
    #[arg(long, value_name = "HOST:PORT")]
    house: Vec<String>,
    /// Kibibytes of a release that it may fetch in an hour.
    #[arg(long, value_name = "KIB")]
    update_per_hour: Option<u32>,
    /// Where it looks whether there is an internet: a JSON list of one to three anchors.
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Octets that it may use on a day (UTC) for its own ends, releases aside.
    #[arg(long, value_name = "OCTETS")]
    budget: Option<u64>,
    /// As when it was started, in everything.
    #[arg(long)]
    plain: bool,
}

/// Which records.
#[derive(Debug, Args)]
pub(crate) struct Records {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    #[arg(long)]
    site: String,
    /// csv, or json with what the records say.
    #[arg(long, default_value = "csv")]
    format: String,
}

/// What lies aside.
#[derive(Debug, Args)]
pub(crate) struct Aside {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    #[arg(long)]
    site: String,
    /// Try again to read it: this house may be newer than the one that could not.
    #[arg(long)]
    again: bool,
}

/// A site to be registered.
#[derive(Debug, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    reach: ReachArgs,
    /// What it is called.
    #[arg(long)]
    name: String,
    /// Kemendagri code.
    #[arg(long)]
    area: String,
    /// kantor_desa, lokasi_kamera, simpul_kabupaten or titik_penyaluran.
    #[arg(long, default_value = "kantor_desa")]
    kind: String,
    /// `opd_…`
    #[arg(long)]
    agency: Option<String>,
    /// Degrees north and east, with a comma between.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Option<String>,
    /// Whom to call there.
    #[arg(long)]
    contact_name: Option<String>,
    /// By which number.
    #[arg(long)]
    contact_phone: Option<String>,
    /// Who provides the connection.
    #[arg(long)]
    provider: Option<String>,
    /// Under which contract.
    #[arg(long)]
    contract: Option<String>,
}

/// Which sites.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    reach: ReachArgs,
    /// planned, claimed, pending, active, suspended or revoked.
    #[arg(long)]
    state: Option<String>,
    /// In this area.
    #[arg(long)]
    within: Option<String>,
}

/// A code to be made.
#[derive(Debug, Args)]
pub(crate) struct Code {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    site: String,
    /// Let the box in by itself when it says that it stands no further from the site,
    /// in metres, and has come by the QR.
    #[arg(long, value_name = "METRES")]
    near: Option<i64>,
    /// The serial number on the case of the box that is expected.
    #[arg(long)]
    serial: Option<String>,
}

/// One site.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    site: String,
}

/// A box that waits.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    site: String,
    /// `agt_…`
    agent: String,
    /// Why.
    #[arg(long)]
    why: Option<String>,
}

/// A site to be turned.
#[derive(Debug, Args)]
pub(crate) struct Turn {
    #[command(flatten)]
    reach: ReachArgs,
    /// `sit_…`
    site: String,
    /// Why.
    #[arg(long)]
    why: Option<String>,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Add(add) => register(add).await,
        Verb::List(which) => list(which).await,
        Verb::Code(code) => make_code(code).await,
        Verb::Boxes(one) => boxes(one).await,
        Verb::Admit(decide) => decided(decide, true).await,
        Verb::TurnAway(decide) => decided(decide, false).await,
        Verb::Suspend(turn) => turned(turn, "suspended").await,
        Verb::Resume(turn) => turned(turn, "resumed").await,
        Verb::Revoke(turn) => turned(turn, "revoked").await,
        Verb::Records(which) => records(which).await,
        Verb::Aside(which) => aside(which).await,
        Verb::Ask(one) => tell(one).await,
        Verb::Measure(asked) => speed::measure(asked).await,
        Verb::Commands(one) => commands(one).await,
        Verb::Import(import) => take_in(import).await,
        Verb::Config(it) => config(it).await,
    }
}

async fn register(add: Add) -> anyhow::Result<ExitCode> {
    let at = add.point.as_deref().map(point).transpose()?;
    let form = json!({
        "name": add.name, "area": add.area, "kind": add.kind, "agency": add.agency,
        "point": at, "contact_name": add.contact_name, "contact_phone": add.contact_phone,
        "provider": add.provider, "contract": add.contract,
    });
    let saved = add
        .reach
        .reach()?
        .ask(Method::POST, "/api/v1/sites", Some(&form))
        .await?;
    say(text(&saved["id"]));
    Ok(ExitCode::SUCCESS)
}

async fn list(which: List) -> anyhow::Result<ExitCode> {
    let filter = [("state", which.state), ("within", which.within)];
    for site in which.reach.reach()?.all("/api/v1/sites", &filter).await? {
        say(format!(
            "{} {:<10} {:<14} {:<18} {}",
            text(&site["id"]),
            text(&site["state"]),
            text(&site["area"]["code"]),
            text(&site["kind"]),
            text(&site["name"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn make_code(code: Code) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/codes", code.site);
    let form = json!({ "near_m": code.near, "serial": code.serial });
    let made = code
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(text(&made["ticket"]));
    say(text(&made["typed"]));
    Ok(ExitCode::SUCCESS)
}

async fn boxes(one: One) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/agents", one.site);
    let found = one.reach.reach()?.ask(Method::GET, &path, None).await?;
    for agent in found["items"].as_array().into_iter().flatten() {
        let distance = agent["distance_m"]
            .as_f64()
            .map_or_else(|| "-".to_owned(), |metres| format!("{metres:.0} m"));
        say(format!(
            "{} {:<11} {:>8} {}",
            text(&agent["id"]),
            text(&agent["standing"]),
            distance,
            agent["words"].as_str().unwrap_or("(has checked the house)"),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn decided(decide: Decide, let_in: bool) -> anyhow::Result<ExitCode> {
    let path = format!(
        "/api/v1/sites/{}/agents/{}/decision",
        decide.site, decide.agent
    );
    let form = json!({ "let_in": let_in, "why": decide.why });
    let agent = decide
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(format!(
        "{} {}",
        text(&agent["id"]),
        text(&agent["standing"])
    ));
    Ok(ExitCode::SUCCESS)
}

async fn turned(turn: Turn, step: &str) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/steps", turn.site);
    let form = json!({ "step": step, "why": turn.why });
    let site = turn
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(format!("{} {}", text(&site["id"]), text(&site["state"])));
    Ok(ExitCode::SUCCESS)
}

async fn aside(which: Aside) -> anyhow::Result<ExitCode> {
    let reach = which.reach.reach()?;
    let path = format!("/api/v1/sites/{}/aside", which.site);
    if which.again {
        let tried = reach
            .ask(Method::POST, &format!("{path}/tries"), None)
            .await?;
        say(format!(
            "{} catatan terbaca sekarang, {} belum",
            tried["read"], tried["left"]
        ));
        return Ok(ExitCode::SUCCESS);
    }
    for piece in reach.all(&path, &[]).await? {
        let place = match piece["stream"].as_str() {
            Some(stream) => format!("{stream} {} {}", text(&piece["epoch"]), piece["seq"]),
            None => "-".to_owned(),
        };
        let version = piece["version"].as_str().unwrap_or("-");
        say(format!(
            "{} {} {place} {version} {} oktet: {}",
            text(&piece["id"]),
            piece["at_us"],
            piece["octets"],
            text(&piece["why"])
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// All of them, page by page, so that a site of years does not have to fit a page.
async fn records(which: Records) -> anyhow::Result<ExitCode> {
    const COLUMNS: [&str; 12] = [
        "agent",
        "stream",
        "epoch",
        "seq",
        "to_seq",
        "made_epoch",
        "made_seq",
        "kind",
        "gap",
        "event_us",
        "received_us",
        "let_go",
    ];
    ensure!(
        ["csv", "json"].contains(&which.format.as_str()),
        "--format is csv or json"
    );
    let path = format!("/api/v1/sites/{}/records", which.site);
    let wants_bodies = which.format == "json";
    let bodies = [("bodies", wants_bodies.then(|| true.to_string()))];
    let mut found = which.reach.reach()?.all(&path, &bodies).await?;
    if wants_bodies {
        for record in &mut found {
            // One whose body is not given out says nothing here.
            let says = match record["inside"]["body"].as_str() {
                Some(body) => {
                    let body = BASE64.decode(body).context("the body of a record")?;
                    told(text(&record["kind"]), &body)
                }
                None => None,
            };
            record["says"] = says.into();
        }
        say(Json::from(found));
        return Ok(ExitCode::SUCCESS);
    }
    say(COLUMNS.join(","));
    for record in found {
        // Ids, words of closed lists and numbers: nothing here needs quotes.
        let cells = COLUMNS.map(|column| match &record[column] {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        });
        say(cells.join(","));
    }
    Ok(ExitCode::SUCCESS)
}

async fn tell(one: One) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/commands", one.site);
    let form = json!({ "kind": "how_are_you" });
    let made = one
        .reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await?;
    say(text(&made["id"]));
    Ok(ExitCode::SUCCESS)
}

async fn config(it: Config) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/config", it.site);
    let reach = it.reach.reach()?;
    let says = it.plain
        || it.sample_every.is_some()
        || !it.house.is_empty()
        || it.update_per_hour.is_some()
        || it.anchors.is_some()
        || it.budget.is_some();
    if says {
        let anchors = match &it.anchors {
            Some(file) => {
                let named = || format!("the anchors of {}", file.display());
                let text = std::fs::read(file).with_context(named)?;
                serde_json::from_slice(&text).with_context(named)?
            }
            None => json!([]),
        };
        let form = json!({
            "sample_every_s": it.sample_every, "houses": it.house,
            "update_kib_per_hour": it.update_per_hour, "anchors": anchors,
            "budget_octets": it.budget,
        });
        let told = reach.ask(Method::POST, &path, Some(&form)).await?;
        say(&told["version"]);
        return Ok(ExitCode::SUCCESS);
    }
    let found = reach.ask(Method::GET, &path, None).await?;
    for told in found["items"].as_array().into_iter().flatten() {
        say(format!(
            "{} {:<11} {} {} {} {} {} {}",
            told["version"],
            text(&told["state"]),
            told["sample_every_s"],
            told["houses"],
            told["update_kib_per_hour"],
            names(&told["anchors"]),
            told["budget_octets"],
            text(&told["why"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn take_in(import: Import) -> anyhow::Result<ExitCode> {
    let file = std::fs::read(&import.file).with_context(|| format!("{}", import.file.display()))?;
    let receipt = import
        .reach
        .reach()?
        .exchange("/api/v1/sites/carried", file)
        .await?;
    std::fs::write(&import.receipt, receipt)
        .with_context(|| format!("{}", import.receipt.display()))?;
    say(format!("tanda terima: {}", import.receipt.display()));
    Ok(ExitCode::SUCCESS)
}

async fn commands(one: One) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/sites/{}/commands", one.site);
    let found = one.reach.reach()?.ask(Method::GET, &path, None).await?;
    for command in found["items"].as_array().into_iter().flatten() {
        say(format!(
            "{} {:<12} {:<12} {}",
            text(&command["id"]),
            text(&command["kind"]),
            text(&command["ended"]),
            text(&command["answer"]),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What anchors are called; `-` where there are none.
fn names(anchors: &Json) -> String {
    let all = anchors.as_array().into_iter().flatten();
    let names: Vec<&str> = all.map(|it| text(&it["name"])).collect();
    match names.as_slice() {
        [] => "-".to_owned(),
        names => names.join(","),
    }
}
