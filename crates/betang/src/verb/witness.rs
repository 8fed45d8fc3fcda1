//! `betang audit checkpoint`, `proof` and `key`: what a witness takes along, and how it is
//! held against a house whose database is not at hand.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use hall::audit::held::Held;
use hall::audit::merkle::{Hash, begins, consistency, fold, nodes, perfect};
use hall::audit::note::{self, Signer, Verifier};
use hall::audit::proof;
use hall::audit::tile::{Tile, hashes};
use hall::config::Config;
use reqwest::Method;

use crate::cli::say;
use crate::verb::audit::{End, read, say_held};
use crate::verb::client::{Reach, ReachArgs};

/// A checkpoint to be made.
#[derive(Debug, Args)]
pub(crate) struct Checkpoint {
    #[command(flatten)]
    house: ReachArgs,
    /// File that it is written to; without it, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A proof to be taken out.
#[derive(Debug, Args)]
pub(crate) struct Proof {
    /// The entry's number in the chain.
    entry: i64,
    #[command(flatten)]
    house: ReachArgs,
    /// File that it is written to; without it, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) async fn checkpoint(asked: &Checkpoint) -> anyhow::Result<ExitCode> {
    let reach = asked.house.reach()?;
    let made = reach
        .ask(Method::POST, "/api/v1/audit/checkpoints", None)
        .await?;
    let path = format!("/api/v1/audit/checkpoints/{}", made["size"]);
    let note = reach.file(&path, &[]).await?;
    out(asked.out.as_deref(), &note)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn proof(asked: &Proof) -> anyhow::Result<ExitCode> {
    let reach = asked.house.reach()?;
    let path = format!("/api/v1/audit/proof/{}", asked.entry);
    let proof = reach.ask(Method::GET, &path, None).await?;
    let text = format!("{}\n", serde_json::to_string_pretty(&proof)?);
    out(asked.out.as_deref(), text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn out(file: Option<&Path>, octets: &[u8]) -> anyhow::Result<()> {
    match file {
        Some(file) => {
            std::fs::write(file, octets).with_context(|| format!("the file {}", file.display()))
        }
        None => {
            say(String::from_utf8_lossy(octets).trim_end());
            Ok(())
        }
    }
}

pub(crate) fn key(config: &Config) -> anyhow::Result<ExitCode> {
    let verifier = Signer::verifier_of(&config.data)
        .context("there is no key yet: it is made with the first checkpoint")?;
    say(verifier);
    Ok(ExitCode::SUCCESS)
}

/// Looks whether a proof holds, with nothing of the house.
pub(crate) fn verify_proof(file: &Path, key: &Verifier) -> anyhow::Result<End> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("the file {name}"))?;
    let proof: proof::Proof =
        serde_json::from_str(&text).with_context(|| format!("{name} is no proof of an entry"))?;
    Ok(match proof.holds(key) {
        Ok(()) => {
            let (seq, verb, size) = (proof.seq, &proof.verb, proof.size);
            say(format!(
                "{name}: holds: entry {seq}, {verb}, is one of the {size} of the checkpoint"
            ));
            say(format!(
                "  cocok: catatan {seq}, {verb}, termasuk {size} catatan titik periksa"
            ));
            End::Whole
        }
        Err(error) => {
            say(format!("{name}: {error}"));
            say("  bukti ini tidak membuktikan catatan itu");
            match error {
                proof::ProofError::Note(_) => End::Unbelieved,
                _ => End::Differs,
            }
        }
    })
}

/// Holds what was kept against the newest checkpoint of a house, by its tiles.
pub(crate) async fn verify_far(
    reach: &Reach,
    files: &[PathBuf],
    key: Option<Verifier>,
) -> anyhow::Result<End> {
    let told = reach
        .ask(Method::GET, "/api/v1/audit/verifier", None)
        .await?;
    let own: Option<Verifier> = told["verifier"].as_str().and_then(|text| text.parse().ok());
    let (given, mut end) = read(files, key.as_ref(), own.as_ref())?;
    let text = reach.file("/api/v1/audit/checkpoint", &[]).await?;
    let text = String::from_utf8(text).context("the checkpoint of the house")?;
    let key = key.or(own).context("the house has no key yet")?;
    let newest = match note::open(&text, &key) {
        Ok(newest) => newest,
        Err(error) => {
            say(format!("the house's newest checkpoint: {error}"));
            say("  titik periksa terbaru rumah itu tidak ditandatangani dengan kunci ini");
            return Ok(End::Differs);
        }
    };
    let mut tiles = Tiles {
        reach,
        held: BTreeMap::new(),
        size: newest.size,
    };
    let mut results = Vec::new();
    for (_, it) in &given {
        if it.size > newest.size {
            results.push(None);
            continue;
        }
        let mut path = Vec::new();
        for range in consistency(it.size, newest.size) {
            path.push(tiles.range(range).await?);
        }
        let old = (it.size, &it.root);
        results.push(Some(begins(old, (newest.size, &newest.root), &path)));
    }
    for ((file, it), result) in given.iter().zip(&results) {
        let older = given.iter().zip(&results);
        let older = older.filter(|((_, old), held)| **held == Some(true) && old.size < it.size);
        let held = match result {
            Some(true) => Held::Whole,
            Some(false) => Held::Rewritten {
                after: older.map(|((_, old), _)| old.size).max().unwrap_or(0),
            },
            None => Held::Shorter { has: newest.size },
        };
        end = end.max(say_held(file, it.size, held, newest.size));
    }
    Ok(end)
}

/// The tiles of a tree, fetched when they are needed.
struct Tiles<'a> {
    reach: &'a Reach,
    held: BTreeMap<Tile, Vec<Hash>>,
    size: u64,
}

impl Tiles<'_> {
    async fn range(&mut self, of: Range<u64>) -> anyhow::Result<Hash> {
        let mut all = Vec::new();
        for node in nodes(of) {
            let (tile, range) = Tile::of(node, self.size).context("no tile has that")?;
            if !self.held.contains_key(&tile) {
                let octets = self
                    .reach
                    .file(&format!("/api/v1/audit/tile/{tile}"), &[])
                    .await?;
                let found = hashes(&octets);
                let is_whole = u64::try_from(found.len()).is_ok_and(|n| n == tile.width);
                ensure!(is_whole, "the house served another tile than {tile}");
                self.held.insert(tile, found);
            }
            let hashes = self.held.get(&tile).and_then(|it| it.get(range));
            all.push(perfect(hashes.context("a tile is too narrow")?));
        }
        Ok(fold(&all))
    }
}
