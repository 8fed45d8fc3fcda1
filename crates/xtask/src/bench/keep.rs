//! `cargo xtask bench keep`: how long a whole house takes to be kept, made anew from what was
//! kept, and carried to the other engine.
//!
//! The house holds lists of a made-up province, linked and answered, with their raw copies, so
//! that most of it is rows of their own keys. Beside each figure stands what the machine takes
//! to copy as many octets from file to file (`std::fs::copy`, synced), in the same run: what
//! is slower than that is the work of the house and not the disk's.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use super::card::{self, KINDS};
use super::program::{Folder, House};

/// How large, and where to.
#[derive(Debug, Args)]
pub(crate) struct Keep {
    /// Rows of the running list; a million and a half make about five gigabytes.
    #[arg(long, default_value_t = 279_434)]
    recipients: u32,
    /// `postgres://…` of an empty database; without it the other engine is not measured.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Measure the programs that were built before, as they are.
    #[arg(long)]
    as_built: bool,
}

impl Keep {
    /// Builds, measures, and says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<String> {
        if !self.as_built {
            super::build(root)?;
        }
        let target = crate::target(root)?.join("release");
        let (betang, sim) = (target.join("betang"), target.join("sim"));
        let folder = Folder::new()?;
        let at = |name: &str| folder.path().join(name);
        card::make(&sim, &at("lists"), self.recipients, None, 1)?;
        let house = House::start(&betang, folder.path(), "house")?;
        let mut rows = 0;
        for kind in KINDS {
            let file = at("lists").join(format!("{kind}.csv"));
            rows += card::bring(&house, kind, kind, &file)?.1;
            fs::remove_file(file)?;
        }
        card::examine(&house)?;

        let mut backup = Command::new(&betang);
        backup.args(["backup", "--data"]).arg(at("house"));
        backup.arg("--to").arg(at("backup"));
        backup.arg("--keys").arg(at("keys"));
        let backed_up = timed(&mut backup)?;
        drop(house);
        let mut restore = Command::new(&betang);
        restore.args(["restore", "--from"]).arg(at("backup"));
        restore.arg("--keys").arg(at("keys"));
        restore.arg("--into").arg(at("anew"));
        let restored = timed(&mut restore)?;
        let octets = size(&at("anew"))?;
        let since = card::now();
        copy(&at("anew"), &at("copied"))?;
        let floor = since.elapsed();
        fs::remove_dir_all(at("copied"))?;

        let mut report = format!(
            "{rows} rows of lists; the data folder {:.2} GB, its backup {:.2} GB\n",
            gigabytes(octets),
            gigabytes(size(&at("backup"))?)
        );
        let mut line = |what: &str, took: Duration| {
            report.push_str(&format!(
                "{what}: {:.1} s, {:.2} times the copying of its files\n",
                took.as_secs_f64(),
                took.as_secs_f64() / floor.as_secs_f64()
            ));
        };
        line("copying its files", floor);
        line("backup, the house running", backed_up);
        line("restore", restored);
        if let Some(url) = &self.postgres {
            for (what, from, to) in [
                ("copy from SQLite to PostgreSQL", at("anew"), url.into()),
                ("and back", url.into(), at("back")),
            ] {
                let mut copy = Command::new(&betang);
                copy.arg("copy").arg("--from").arg::<PathBuf>(from);
                copy.arg("--to").arg::<PathBuf>(to);
                line(what, timed(&mut copy)?);
            }
        }
        Ok(report)
    }
}

/// Runs a program to its end.
fn timed(command: &mut Command) -> Result<Duration> {
    let since = card::now();
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {complained}");
    Ok(since.elapsed())
}

/// Octets of all files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut octets = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        octets += match entry.file_type()?.is_dir() {
            true => size(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(octets)
}

/// Copies a folder, each file down to the disk.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn gigabytes(octets: u64) -> f64 {
    octets as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_copied_and_weighs_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::create_dir_all(one.join("deep")).expect("a folder");
        fs::write(one.join("a"), b"abc").expect("a file");
        fs::write(one.join("deep/b"), b"defg").expect("a file");
        copy(&one, &other).expect("copied");
        assert_eq!(size(&one).expect("a size"), 7);
        assert_eq!(size(&other).expect("a size"), 7);
    }
}
