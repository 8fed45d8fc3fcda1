//! `betang incidents`: what is wrong, and what is being done about it.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use hall::clock::Clock;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cli::{point, say};
use crate::verb::client::ReachArgs;
use crate::verb::shown::{text, time};

/// What can be done with incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List incidents, the newest first.
    List(Which),
    /// One incident: what it is about, whom to call, what has happened.
    Show(One),
    /// Open an incident by hand.
    Open(Open),
    /// Write something down.
    Note(Say),
    /// Say that somebody has taken note of it.
    Acknowledge(One),
    /// Look after it yourself.
    Take(One),
    /// Give it to somebody, or, without --to, to nobody.
    Assign(Assign),
    /// Say that it is worse or milder.
    Rate(Rate),
    /// Say by when the next thing has to happen.
    Due(Due),
    /// Say that the cause is gone, where no part of the house says so.
    Clear(MaySay),
    /// Put it to the files, with the reason.
    Close(Say),
    /// Say that it is wrong again.
    Reopen(Say),
}

/// Which incidents.
#[derive(Debug, Args)]
pub(crate) struct Which {
    #[command(flatten)]
    reach: ReachArgs,
    /// open, handled, cleared or closed; several with commas between.
    #[arg(long, default_value = "open,handled,cleared")]
    state: String,
    /// notice, warning or critical.
    #[arg(long)]
    severity: Option<String>,
    /// For example site.lives_twice; manual: opened by hand.
    #[arg(long)]
    kind: Option<String>,
    /// About something in this area.
    #[arg(long)]
    area: Option<String>,
    /// About this: a code, `sit_…`, `cam_…` or `pnt_…`.
    #[arg(long)]
    subject: Option<String>,
    /// Looked after by this person (`prs_…`); none: by nobody.
    #[arg(long)]
    owner: Option<String>,
    /// Yours, or watched by you.
    #[arg(long)]
    mine: bool,
    /// Whose time was overrun.
    #[arg(long)]
    overdue: bool,
}

/// One incident.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    reach: ReachArgs,
    /// `inc_…`
    incident: String,
}

/// An incident to be opened.
#[derive(Debug, Args)]
pub(crate) struct Open {
    #[command(flatten)]
    reach: ReachArgs,
    /// What is wrong, in one sentence.
    #[arg(long)]
    title: String,
    /// notice, warning or critical.
    #[arg(long, default_value = "warning")]
    severity: String,
    /// The area that it is about; without area and site: the province.
    #[arg(long)]
    area: Option<String>,
    /// The site that it is about.
    #[arg(long)]
    site: Option<String>,
    /// Degrees north and east, with a comma between.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    point: Option<String>,
    /// What else there is to say.
    #[arg(long)]
    note: Option<String>,
}

/// Something to be said of an incident.
#[derive(Debug, Args)]
pub(crate) struct Say {
    #[command(flatten)]
    reach: ReachArgs,
    /// `inc_…`
    incident: String,
    /// What, or why.
    text: String,
}

/// Something that may be said of an incident.
#[derive(Debug, Args)]
pub(crate) struct MaySay {
    #[command(flatten)]
    reach: ReachArgs,
    /// `inc_…`
    incident: String,
    /// From where you know; needed where a part of the house has opened it.
    text: Option<String>,
}

/// Who is to look after an incident.
#[derive(Debug, Args)]
pub(crate) struct Assign {
    #[command(flatten)]
    reach: ReachArgs,
    /// `inc_…`
    incident: String,
    /// `prs_…`
    #[arg(long)]
    to: Option<String>,
    /// What is said with it.
    #[arg(long)]
    text: Option<String>,
}

/// How bad an incident is.
#[derive(Debug, Args)]
pub(crate) struct Rate {
    #[command(flatten)]
    reach: ReachArgs,
    /// `inc_…`
    incident: String,
    /// notice, warning or critical.
    severity: String,
    /// Why.
    #[arg(long)]
    text: Option<String>,
}

/// By when the next thing has to happen to an incident.
#[derive(Debug, Args)]
pub(crate) struct Due {
    #[command(flatten)]
    reach: ReachArgs,
    /// `inc_…`
    incident: String,
    /// Minutes from now, by the clock of this machine.
    #[arg(long, value_name = "MINUTES")]
    within: u32,
    /// Why.
    #[arg(long)]
    text: Option<String>,
}

pub(crate) async fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::List(which) => list(which).await,
        Verb::Show(one) => show(one).await,
        Verb::Open(open) => opened(open).await,
        Verb::Note(it) => act(&it.reach, &it.incident, "note", Some(it.text), &[]).await,
        Verb::Acknowledge(it) => act(&it.reach, &it.incident, "acknowledge", None, &[]).await,
        Verb::Take(it) => act(&it.reach, &it.incident, "take", None, &[]).await,
        Verb::Assign(it) => {
            let to = [("owner", Json::from(it.to))];
            act(&it.reach, &it.incident, "assign", it.text, &to).await
        }
        Verb::Rate(it) => {
            let severity = [("severity", Json::from(it.severity))];
            act(&it.reach, &it.incident, "rate", it.text, &severity).await
        }
        Verb::Due(it) => {
            let span = std::time::Duration::from_secs(60) * it.within;
            let due = Clock::real().now().wall + span;
            let due = [("due_us", Json::from(due.as_us()))];
            act(&it.reach, &it.incident, "set_due", it.text, &due).await
        }
        Verb::Clear(it) => act(&it.reach, &it.incident, "clear", it.text, &[]).await,
        Verb::Close(it) => act(&it.reach, &it.incident, "close", Some(it.text), &[]).await,
        Verb::Reopen(it) => act(&it.reach, &it.incident, "reopen", Some(it.text), &[]).await,
    }
}

async fn list(which: Which) -> anyhow::Result<ExitCode> {
    let flag = |is: bool| is.then(|| "true".to_owned());
    let filter = [
        ("state", Some(which.state)),
        ("severity", which.severity),
        ("kind", which.kind),
        ("area", which.area),
        ("subject", which.subject),
        ("owner", which.owner),
        ("mine", flag(which.mine)),
        ("overdue", flag(which.overdue)),
    ];
    let found = which
        .reach
        .reach()?
        .all("/api/v1/incidents", &filter)
        .await?;
    for it in found {
        say(line(&it));
    }
    Ok(ExitCode::SUCCESS)
}

/// An incident in one line.
fn line(it: &Json) -> String {
    let owner = it["owner"]["name"].as_str().unwrap_or("belum ada petugas");
    let mut line = format!(
        "{} #{:<5} {:<8} {:<8} {:<24} {}",
        text(&it["id"]),
        it["number"],
        text(&it["severity"]),
        text(&it["state"]),
        owner,
        it["title"].as_str().unwrap_or("(tidak ditampilkan)"),
    );
    let places: Vec<_> = subjects(it).map(called).collect();
    if !places.is_empty() {
        line.push_str(&format!(" [{}]", places.join("; ")));
    }
    if it["overdue"] == true {
        line.push_str(&format!(" lewat tenggat, eskalasi {}", it["level"]));
    }
    line
}

fn subjects(it: &Json) -> impl Iterator<Item = &Json> {
    it["subjects"].as_array().into_iter().flatten()
}

fn called(subject: &Json) -> String {
    match text(&subject["kind"]) {
        "house" => "pusat".to_owned(),
        _ => format!("{} {}", text(&subject["name"]), text(&subject["id"])),
    }
}

async fn show(one: One) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/incidents/{}", one.incident);
    let it = one.reach.reach()?.ask(Method::GET, &path, None).await?;
    say(line(&it));
    say(format!("jenis     {} {}", text(&it["kind"]), it["facts"]));
    say(format!("dibuka    {}", time(&it["opened_us"])));
    say(format!("tenggat   {}", time(&it["due_us"])));
    for subject in subjects(&it) {
        let contact = &subject["contact"];
        let call = match contact {
            Json::Null => text(&subject["see"]).to_owned(),
            _ => format!("{} {}", text(&contact["name"]), text(&contact["phone"])),
        };
        say(format!(
            "tempat {:<2} {} ({call})",
            subject["nth"],
            called(subject)
        ));
    }
    if it["withheld"].as_u64().unwrap_or_default() > 0 {
        say(format!(
            "tempat    {} lagi tidak ditampilkan",
            it["withheld"]
        ));
    }
    for step in it["steps"].as_array().into_iter().flatten() {
        let by = step["by"]["name"].as_str();
        let detail = [
            step["owner"]["name"].as_str().map(str::to_owned),
            step["severity"].as_str().map(str::to_owned),
            step["due_us"].as_i64().map(|_| time(&step["due_us"])),
            step["level"].as_u64().map(|level| level.to_string()),
            step["subject"].as_u64().map(|nth| format!("tempat {nth}")),
            step["text"].as_str().map(str::to_owned),
            (step["withheld"] == true).then(|| "(tidak ditampilkan)".to_owned()),
        ];
        let detail: Vec<_> = detail.into_iter().flatten().collect();
        say(format!(
            "{} {:<12} {:<20} {}",
            time(&step["at_us"]),
            text(&step["step"]),
            by.unwrap_or_else(|| text(&step["room"])),
            detail.join(" "),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn opened(open: Open) -> anyhow::Result<ExitCode> {
    let at = open.point.as_deref().map(point).transpose()?;
    let form = json!({
        "title": open.title, "severity": open.severity, "area": open.area, "site": open.site,
        "point": at, "note": open.note,
    });
    let saved = open
        .reach
        .reach()?
        .ask(Method::POST, "/api/v1/incidents", Some(&form))
        .await?;
    say(format!("{} #{}", text(&saved["id"]), saved["number"]));
    Ok(ExitCode::SUCCESS)
}

async fn act(
    reach: &ReachArgs,
    incident: &str,
    act: &str,
    said: Option<String>,
    fields: &[(&str, Json)],
) -> anyhow::Result<ExitCode> {
    let path = format!("/api/v1/incidents/{incident}/steps");
    let mut form = json!({ "act": act, "text": said });
    for (field, value) in fields {
        form[*field] = value.clone();
    }
    let it = reach
        .reach()?
        .ask(Method::POST, &path, Some(&form))
        .await
        .with_context(|| format!("{incident}: {act}"))?;
    say(line(&it));
    Ok(ExitCode::SUCCESS)
}
