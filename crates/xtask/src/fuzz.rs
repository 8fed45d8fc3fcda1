//! Searches for bytes that break a promise, with coverage to guide it.
//!
//! The targets are those of `fuzz/`. They are built by the stable compiler with
//! the instruments that libFuzzer reads; C and C++ among the dependencies stay
//! without. What is found lies in `fuzz/artifacts/`, new inputs that reach further
//! in `fuzz/found/`; what is worth keeping is moved into `fuzz/corpus/` by hand.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What `cargo fuzz` asks of the compiler, less what only a nightly one has.
const INSTRUMENTS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1 --cfg fuzzing";

/// Longest input, in octets: what the largest of the corpora has, and room.
const INPUT_MAX: usize = 16 * 1024;

/// The names of the targets, one for each file of `fuzz/bin/`.
fn targets(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("fuzz/bin"))? {
        let path = entry?.path();
        names.extend(
            path.file_stem()
                .and_then(|stem| stem.to_str())
                .map(str::to_owned),
        );
    }
    names.sort();
    Ok(names)
}

/// Searches with one target or with each in turn, for so many seconds each.
pub(crate) fn search(root: &Path, target: Option<&str>, seconds: u64) -> Result<()> {
    let all = targets(root)?;
    let chosen: Vec<_> = match target {
        Some(name) if all.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!("there is no target {name}; there are {}", all.join(", ")),
        None => all,
    };
    let folder = root.join("fuzz");
    let built = folder.join("target");
    let done = Command::new("cargo")
        .args(["build", "--release", "--bins", "--target", TRIPLE])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", &built)
        .env("RUSTFLAGS", INSTRUMENTS)
        .status()
        .context("cargo")?;
    ensure!(done.success(), "the targets could not be built");
    for name in chosen {
        let found = folder.join("found").join(&name);
        let artifacts = folder.join("artifacts").join(&name);
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&artifacts)?;
        let done = Command::new(built.join(TRIPLE).join("release").join(&name))
            .arg(&found)
            .arg(folder.join("corpus").join(&name))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={INPUT_MAX}"))
            .args(["-timeout=30", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .status()
            .with_context(|| name.clone())?;
        ensure!(
            done.success(),
            "{name} broke a promise; the input is in {}",
            artifacts.display()
        );
    }
    Ok(())
}
