//! `betang agent status`: who a box is, what waits, and what it has seen.

use std::path::PathBuf;
use std::process::ExitCode;

use base::now::Wall;
use clap::Args;
use hall::clock::Clock;
use hall::link::identity::Identity;
use serde_json::{Value as Json, json};

use super::update;
use crate::cli::say;

/// A box that says who it is.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Folder of the box's data.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// As one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) fn tell(status: &Status) -> anyhow::Result<ExitCode> {
    let identity = Identity::read(&status.data)?;
    let live = update::live(&status.data);
    let programs = update::programs(&status.data);
    let looks = reach::agent::shown(&status.data);
    let speed = reach::agent::speed::shown(&status.data, Clock::real().now().wall);
    if status.json {
        say(json!({
            "enrolled": identity.is_some(),
            "agent": identity.as_ref().map(|one| one.agent),
            "site": identity.as_ref().map(|one| &one.site),
            "certificate_until_us": identity.as_ref().map(|one| one.certificate_until_us),
            "programs": programs,
            "live": live,
            "lookout": looks,
            "speed": speed,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    match &identity {
        Some(identity) => say(format!("{} di {}", identity.agent, identity.site)),
        None => say("perangkat ini belum diterima di pusat mana pun"),
    }
    say(format!(
        "program {}",
        programs["version"].as_str().unwrap_or("-")
    ));
    for chain in live
        .iter()
        .flat_map(|live| live["chains"].as_array())
        .flatten()
    {
        say(format!(
            "{:<7} {} tersimpan {:>8} diterima pusat {:>8}",
            chain["stream"].as_str().unwrap_or("-"),
            chain["epoch"].as_str().unwrap_or("-"),
            chain["head"],
            chain["acked"],
        ));
    }
    if let Some(looks) = looks {
        for line in seen(&looks) {
            say(line);
        }
    }
    for line in measured(&speed) {
        say(line);
    }
    Ok(ExitCode::SUCCESS)
}

/// What tests of speed have found and cost, in words.
fn measured(speed: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(kbps) = speed["down_kbps"].as_u64() {
        let least = match speed["at_least"].as_bool() {
            Some(true) => "sekurang-kurangnya ",
            Some(false) | None => "",
        };
        lines.push(format!("kecepatan unduh terakhir: {least}{kbps} kbit/s"));
    }
    if speed["unsupported"].as_bool() == Some(true) {
        lines.push("pusat belum melayani uji kecepatan".to_owned());
    }
    lines.push(format!(
        "uji kecepatan 7 hari: {} oktet, atas permintaan {}, sisa untuk permintaan {}",
        speed["week_octets"], speed["asked_octets"], speed["left_octets"],
    ));
    lines
}

/// What the box has seen, in words.
fn seen(looks: &Json) -> Vec<String> {
    let clock = Clock::real();
    let time = |us: &Json| match us.as_i64() {
        Some(us) => clock.rfc3339(Wall::from_us(us)),
        None => "-".to_owned(),
    };
    let mut lines = vec![match looks["internet"].as_bool() {
        Some(true) => format!("internet ada, {}", time(&looks["last_round_us"])),
        Some(false) => format!("internet tidak ada, {}", time(&looks["last_round_us"])),
        None => "internet belum diketahui".to_owned(),
    }];
    for anchor in looks["anchors"].as_array().into_iter().flatten() {
        let latest = anchor["latest"].as_array().into_iter().flatten();
        let latest: Vec<String> = latest
            .map(|it| {
                format!(
                    "{} {} ({} ms, {})",
                    it["way"].as_str().unwrap_or("-"),
                    result(it["result"].as_str()),
                    it["took_ms"],
                    time(&it["at_us"]),
                )
            })
            .collect();
        lines.push(format!(
            "  {:<12} {:<10} {}",
            anchor["name"].as_str().unwrap_or("-"),
            anchor["network"].as_str().unwrap_or("-"),
            match latest.as_slice() {
                [] => "belum diperiksa".to_owned(),
                latest => latest.join(", "),
            },
        ));
    }
    lines.push(format!(
        "kuota hari ini (UTC): {} dari {} oktet terpakai, sisa {}{}",
        looks["spent_octets"],
        looks["budget_octets"],
        looks["left_octets"],
        match looks["thrift"].as_bool() {
            Some(true) => "; sedang berhemat",
            Some(false) | None => "",
        },
    ));
    let mains = match looks["mains"].as_bool() {
        Some(true) => "listrik ada",
        Some(false) => "listrik padam",
        None => "listrik tidak terukur",
    };
    lines.push(match looks["battery_percent"].as_u64() {
        Some(left) => format!("{mains}, baterai {left} %"),
        None => mains.to_owned(),
    });
    lines
}

/// How a check ended, in words.
fn result(word: Option<&str>) -> &'static str {
    match word {
        Some("ok") => "berhasil",
        Some("timeout") => "tidak menjawab",
        Some("no_route") => "tidak ada rute",
        Some("refused") => "ditolak atau terputus",
        Some("name") => "nama tidak ditemukan",
        Some("certificate") => "sertifikat tidak dikenal",
        Some("portal") => "dijawab pihak lain (halaman login)",
        Some(_) | None => "gagal",
    }
}
