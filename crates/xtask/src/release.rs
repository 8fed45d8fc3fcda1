//! `cargo xtask release`: from the tree to what a province installs.
//!
//! One archive and one Debian package of the same files, the list of what they are made of,
//! digests, and a manifest that says how each part came about. What is packed is a function
//! of the tree: names sorted, owners root, times those of the commit.
//!
//! The small static program for boxes needs Rust's target for musl. Where that is not
//! installed the release is made without it, which the manifest, the last line and the exit
//! status ([`WITHOUT_AGENT`]) say.

mod archive;
mod deb;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value as Json, json};

use archive::{Tree, zstd};

/// How the program ends that has made a release without the program for boxes.
const WITHOUT_AGENT: u8 = 3;

/// What the program for boxes is built for.
const MUSL: &str = "x86_64-unknown-linux-musl";

/// Where it lies on a machine.
const AGENT: &str = "usr/lib/betang/betang-agent-x86_64-unknown-linux-musl";

/// What is made.
#[derive(Debug, Args)]
pub(crate) struct Release {
    /// Folder for what is made; it is made anew.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// By which profile of cargo it is built.
    #[arg(long, default_value = "dist")]
    profile: String,
    /// A program that is built already, instead of building one. The manifest says so.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// A program for boxes that is built already.
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Leave the program for boxes out, knowingly.
    #[arg(long, conflicts_with = "agent")]
    without_agent: bool,
    /// How hard it is made small, 1 to 19.
    #[arg(long, default_value_t = 19, value_parser = clap::value_parser!(i32).range(1..=19))]
    level: i32,
    /// Another version than the workspace's: for tests of upgrades.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

/// The program for boxes, or why there is none.
enum Boxes {
    Built(PathBuf),
    Absent { why: String, is_meant: bool },
}

/// What a tree of files is packed with.
struct Labels {
    version: String,
    commit: String,
    epoch: u64,
    time: String,
}

impl Release {
    /// Makes it and says what lies where.
    ///
    /// # Errors
    /// If a build fails, or a file of the tree is missing.
    pub(crate) fn run(&self, root: &Path) -> Result<(String, ExitCode)> {
        let labels = self.labels(root)?;
        let (program, boxes) = match &self.binary {
            Some(given) => (given.clone(), self.boxes(root)?),
            None => {
                build_pages(root)?;
                let program = build(root, &self.profile, &["-p", "betang"], None)?;
                (program, self.boxes(root)?)
            }
        };
        let sbom = sbom::make(root, &labels.version, &labels.time)?;
        let mut tree = tree(root, &program, &sbom)?;
        if let Boxes::Built(path) = &boxes {
            tree.put(AGENT, 0o755, read(path)?);
        }
        let told = manifest(&labels, &tree, &self.how(), &boxes)?;
        tree.put("usr/share/doc/betang/manifest.json", 0o644, told.as_bytes());

        let out = match &self.out {
            Some(out) => out.clone(),
            None => crate::target(root)?.join("package"),
        };
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
        let version = &labels.version;
        let whole = format!("betang-{version}-linux-amd64");
        let tar = tree.tar(&format!("{whole}/"), labels.epoch)?;
        let depends = deb::depends(&program)?;
        let package = deb::make(root, &tree, &labels, &depends, self.level)?;
        let files = [
            (format!("{whole}.tar.zst"), zstd(&tar, self.level)?),
            (format!("betang_{version}_amd64.deb"), package),
            (format!("betang-{version}.cdx.json"), sbom.into_bytes()),
            ("manifest.json".to_owned(), told.into_bytes()),
        ];
        let mut said = String::new();
        for (name, octets) in &files {
            fs::write(out.join(name), octets).with_context(|| name.clone())?;
            said.push_str(&format!(
                "{:>12}  {}\n",
                octets.len(),
                out.join(name).display()
            ));
        }
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        fs::write(out.join("SHA256SUMS"), sums(&out, &names)?)?;
        let code = match &boxes {
            Boxes::Built(_) => ExitCode::SUCCESS,
            Boxes::Absent { why, is_meant } => {
                said.push_str(&format!("without the program for boxes: {why}\n"));
                if *is_meant {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::from(WITHOUT_AGENT)
                }
            }
        };
        Ok((said.trim_end().to_owned(), code))
    }

    fn how(&self) -> String {
        match &self.binary {
            Some(_) => "a program that was given".to_owned(),
            None => format!("cargo build --profile {}", self.profile),
        }
    }

    fn labels(&self, root: &Path) -> Result<Labels> {
        let version = match &self.version {
            Some(version) => version.clone(),
            None => {
                let page: toml::Table = fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
                let version = page["workspace"]["package"]["version"].as_str();
                version.context("the workspace has no version")?.to_owned()
            }
        };
        let is_one = !version.is_empty()
            && version.starts_with(|c: char| c.is_ascii_digit())
            && version
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".+~".contains(c));
        ensure!(is_one, "{version} is no version");
        // An archive of the tree has no history; then the time has to be given.
        let commit = said(root, "git", &["rev-parse", "HEAD"]).unwrap_or_default();
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(given) => given,
            Err(_) => said(root, "git", &["log", "-1", "--format=%ct"])
                .context("no history here: set SOURCE_DATE_EPOCH")?,
        };
        let epoch: u64 = epoch.parse().context("SOURCE_DATE_EPOCH")?;
        let at = format!("@{epoch}");
        let time = said(root, "date", &["-u", "-d", &at, "+%Y-%m-%dT%H:%M:%SZ"])?;
        Ok(Labels {
            version,
            commit,
            epoch,
            time,
        })
    }

    fn boxes(&self, root: &Path) -> Result<Boxes> {
        if let Some(given) = &self.agent {
            return Ok(Boxes::Built(given.clone()));
        }
        if self.without_agent {
            return Ok(Boxes::Absent {
                why: "left out as asked".to_owned(),
                is_meant: true,
            });
        }
        let absent = |why: String| Boxes::Absent {
            why,
            is_meant: false,
        };
        let lib = said(
            root,
            "rustc",
            &["--print", "target-libdir", "--target", MUSL],
        )?;
        let has_std = fs::read_dir(&lib).is_ok_and(|mut found| found.next().is_some());
        if !has_std {
            return Ok(absent(format!(
                "Rust's target {MUSL} is not installed (rustup target add {MUSL})"
            )));
        }
        if said(root, "musl-gcc", &["--version"]).is_err() {
            return Ok(absent("musl-gcc is not installed (musl-tools)".to_owned()));
        }
        let what = [
            "-p",
            "betang",
            "--no-default-features",
            "--features",
            "agent",
        ];
        build(root, &self.profile, &what, Some(MUSL)).map(Boxes::Built)
    }
}

/// Everything that is installed, by where it lies.
fn tree(root: &Path, program: &Path, sbom: &str) -> Result<Tree> {
    let mut tree = Tree::default();
    tree.put("usr/bin/betang", 0o755, read(program)?);
    for unit in ["betang.service", "betang-agent.service"] {
        let text = read(&root.join("assets/systemd").join(unit))?;
        tree.put(&format!("usr/lib/systemd/system/{unit}"), 0o644, text);
    }
    let package = root.join("assets/package");
    tree.put(
        "usr/lib/sysctl.d/60-betang.conf",
        0o644,
        read(&package.join("60-betang.conf"))?,
    );
    tree.put(
        "etc/betang/betang.toml",
        0o644,
        read(&package.join("betang.toml"))?,
    );
    let doc = "usr/share/doc/betang";
    for name in [
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "betang.example.toml",
    ] {
        tree.put(&format!("{doc}/{name}"), 0o644, read(&root.join(name))?);
    }
    tree.put(
        &format!("{doc}/copyright"),
        0o644,
        read(&root.join("LICENSE"))?,
    );
    let areas = root.join("assets/areas/LICENSES.md");
    tree.put(&format!("{doc}/areas-licences.md"), 0o644, read(&areas)?);
    tree.put(&format!("{doc}/betang.cdx.json"), 0o644, sbom);
    for entry in fs::read_dir(root.join("docs/guide"))? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| anyhow::anyhow!("a name"))?;
        if name.ends_with(".md") {
            tree.put(&format!("{doc}/guide/{name}"), 0o644, read(&entry.path())?);
        }
    }
    Ok(tree)
}

/// What was made, from what, how.
fn manifest(labels: &Labels, tree: &Tree, how: &str, boxes: &Boxes) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for (number, (name, entry)) in tree.iter().enumerate() {
        let file = number.to_string();
        fs::write(folder.path().join(&file), &entry.octets)?;
        files.push((file, name, entry));
    }
    let names: Vec<_> = files.iter().map(|(file, ..)| file.as_str()).collect();
    let sums = sums(folder.path(), &names)?;
    let files: Vec<Json> = sums
        .lines()
        .zip(&files)
        .map(|(line, (_, name, entry))| {
            let sum = line.split(' ').next();
            json!({ "name": name, "octets": entry.octets.len(), "sha256": sum })
        })
        .collect();
    let boxes = match boxes {
        Boxes::Built(_) => json!({ "is_there": true, "target": MUSL }),
        Boxes::Absent { why, .. } => json!({ "is_there": false, "target": MUSL, "why": why }),
    };
    let rust = said(folder.path(), "rustc", &["--version"])?;
    let told = json!({
        "name": "betang",
        "version": labels.version,
        "commit": labels.commit,
        "time": labels.time,
        "built": how,
        "rust": rust,
        "program_for_boxes": boxes,
        "files": files,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&told)?))
}

/// The web app, which the program holds; nothing where it is fresh.
fn build_pages(root: &Path) -> Result<()> {
    let done = Command::new("bash")
        .current_dir(root)
        .args([
            "-euo",
            "pipefail",
            "-c",
            ". scripts/need && find_tools && build_web",
        ])
        .status()
        .context("bash")?;
    ensure!(done.success(), "the pages cannot be built");
    Ok(())
}

/// Builds a program; where it lies. Paths of this machine do not get into it.
fn build(root: &Path, profile: &str, what: &[&str], target: Option<&str>) -> Result<PathBuf> {
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    let flags = format!(
        "--remap-path-prefix={}=/betang --remap-path-prefix={home}=/cargo",
        root.display()
    );
    let mut command = Command::new("cargo");
    command.current_dir(root).env("RUSTFLAGS", flags);
    command
        .args(["build", "--locked", "--profile", profile])
        .args(what);
    let mut path = crate::target(root)?;
    if let Some(target) = target {
        command.args(["--target", target]);
        path.push(target);
    }
    let done = command.status().context("cargo")?;
    ensure!(done.success(), "the program cannot be built");
    // The one profile whose folder has another name.
    path.push(if profile == "dev" { "debug" } else { profile });
    path.push("betang");
    if !path.exists() {
        bail!("cargo has built, and there is no {}", path.display());
    }
    Ok(path)
}

/// Digests of files of a folder, as `sha256sum --check` reads them.
fn sums(folder: &Path, names: &[&str]) -> Result<String> {
    let done = Command::new("sha256sum")
        .current_dir(folder)
        .arg("--")
        .args(names)
        .output()
        .context("sha256sum")?;
    ensure!(done.status.success(), "sha256sum failed");
    Ok(String::from_utf8(done.stdout)?)
}

fn said(folder: &Path, program: &str, args: &[&str]) -> Result<String> {
    let done = Command::new(program)
        .current_dir(folder)
        .args(args)
        .output()
        .with_context(|| program.to_owned())?;
    ensure!(done.status.success(), "{program} {}", args.join(" "));
    Ok(String::from_utf8(done.stdout)?.trim().to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(out: &Path, version: &str) -> Release {
        Release {
            out: Some(out.to_owned()),
            profile: "dist".to_owned(),
            // Any program does: it is packed, not run.
            binary: std::env::current_exe().ok(),
            agent: None,
            without_agent: true,
            level: 1,
            version: Some(version.to_owned()),
        }
    }

    #[test]
    fn the_same_tree_is_the_same_octets_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (folder.path().join("a"), folder.path().join("b"));
        for out in [&one, &other] {
            release(out, "1.2.3")
                .run(&crate::root())
                .expect("a release");
        }
        let (first, second) = (sums_of(&one), sums_of(&other));
        assert_eq!(first, second);
        assert_eq!(first.lines().count(), 4, "{first}");
        let told: Json = serde_json::from_slice(&read(&one.join("manifest.json")).expect("there"))
            .expect("JSON");
        assert_eq!(told["program_for_boxes"]["is_there"], false);
        assert_eq!(told["version"], "1.2.3");
        let checked = said(&one, "sha256sum", &["--check", "SHA256SUMS"]).expect("they hold");
        assert_eq!(checked.matches(": OK").count(), 4, "{checked}");
    }

    fn sums_of(folder: &Path) -> String {
        fs::read_to_string(folder.join("SHA256SUMS")).expect("digests")
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        for version in ["", "x1", "1 2", "1/2", "1-2"] {
            assert!(
                release(folder.path(), version)
                    .labels(&crate::root())
                    .is_err(),
                "{version}"
            );
        }
    }
}
