//! `cargo xtask fixture`: a small data folder of this version, as every later one has to open
//! it.
//!
//! The program is started on an empty folder and told by its own verbs what to put in: a
//! person, cameras, a site, villages, families, an incident, a checkpoint. All of it is made
//! up. What lies there at the end, with the master key beside it, is one archive; how many
//! rows each table has, by the program's own backup, stands beside that.
//!
//! A released archive is never made again: it is what that version has written.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::{Value as Json, json};

/// Where archives lie.
pub(crate) const FOLDER: &str = "crates/betang/tests/fixtures";

/// The password of everybody in it; nobody's.
const PASSWORD: &str = "huma-betang-kahayan-24";

/// Octets that an archive may have: it stays in the repository for ever.
const MAX: usize = 300 * 1024;

/// What is left out: locks, sockets, what a start makes anew.
const LEFT_OUT: &[&str] = &["betang.sock", "betang.sqlite.lock"];

/// What is made.
#[derive(Debug, Args)]
pub(crate) struct Fixture {
    /// The program of this version.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Fixture {
    /// Makes it; what lies where.
    ///
    /// # Errors
    /// If the program refuses something, or the archive is there already or too large.
    pub(crate) fn run(&self, root: &Path) -> Result<String> {
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => crate::target(root)?.join("debug/betang"),
        };
        let page: toml::Table = fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
        let version = page["workspace"]["package"]["version"].as_str();
        let version = version.context("the workspace has no version")?;
        let archive = root.join(FOLDER).join(format!("betang-{version}.tar.zst"));
        ensure!(
            !archive.exists(),
            "{} is there: what a release has written is not made again",
            archive.display()
        );
        let folder = tempfile::tempdir()?;
        let house = House {
            binary,
            folder: folder.path().to_owned(),
        };
        house.furnish()?;
        let told = house.counted(version)?;
        for name in LEFT_OUT {
            let _ = fs::remove_file(house.data().join(name));
        }
        let tar = Command::new("tar")
            .current_dir(folder.path())
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
            .args(["-cf", "-", "data", "data.key"])
            .output()
            .context("tar")?;
        ensure!(tar.status.success(), "tar failed");
        let octets = zstd::bulk::compress(&tar.stdout, 19)?;
        let length = octets.len();
        ensure!(length <= MAX, "{length} octets are more than {MAX}");
        fs::create_dir_all(root.join(FOLDER))?;
        fs::write(&archive, octets)?;
        fs::write(archive.with_extension("").with_extension("json"), told)?;
        Ok(format!("{length:>12}  {}", archive.display()))
    }
}

/// A house that is being filled.
struct House {
    binary: PathBuf,
    folder: PathBuf,
}

impl House {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn furnish(&self) -> Result<()> {
        let mut child = self.serve()?;
        let done = self.fill();
        // It is asked to end, so that its log lies in its file.
        let id = child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let ended = child.wait()?;
        done?;
        ensure!(ended.success(), "the house did not end well");
        Ok(())
    }

    /// Starts it and waits until it has said where its media port is, which comes last.
    fn serve(&self) -> Result<Child> {
        let mut child = Command::new(&self.binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0"])
            .args(["--sites", "127.0.0.1:0", "--data"])
            .arg(self.data())
            .env("BETANG_ADMIN_PASSWORD", PASSWORD)
            .env("BETANG_CAMERA_NETWORKS", "127.0.0.0/8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| self.binary.display().to_string())?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        for line in lines {
            if line?.starts_with("media") {
                return Ok(child);
            }
        }
        child.wait()?;
        anyhow::bail!("the house ended before it was ready")
    }

    fn fill(&self) -> Result<()> {
        let password = self.file("password", PASSWORD)?;
        for (username, role) in [("operator", "operator"), ("pengawas", "pengawas")] {
            self.verb(&["staff", "add", "--username", username, "--name", username])
                .arg("--role")
                .arg(role)
                .arg("--password-file")
                .arg(&password)
                .done()?;
        }
        for (short, area) in [("pasar-uji", "62.71.01"), ("kantor-uji", "62.02.01")] {
            let main = format!("rtsp://127.0.0.9:8554/{short}");
            self.verb(&["cameras", "add", "--short", short, "--name", short])
                .arg("--area")
                .arg(area)
                .arg("--main")
                .arg(&main)
                .arg("--username")
                .arg("uji")
                .arg("--password-file")
                .arg(&password)
                .done()?;
        }
        for (name, area) in [
            ("Kantor Desa Uji Satu", "62.02.01.1009"),
            ("Kantor Desa Uji Dua", "62.11.05.2004"),
        ] {
            self.verb(&["sites", "add", "--name", name, "--area", area])
                .done()?;
        }
        let list = "kode desa,desa,blank spot\n\
             62.71.01.1001,Pahandut,ya\n\
             62.71.01.1002,Panarung,tidak\n";
        let list = self.file("desa.csv", list)?;
        self.verb(&[
            "villages",
            "import",
            "--title",
            "Desa uji",
            "--owner",
            "Dinas Uji",
            "--as-of",
            "2026-01-31",
        ])
        .arg(&list)
        .done()?;
        let (dtsen, kpm) = families();
        for (kind, text) in [("dtsen", dtsen), ("kpm", kpm)] {
            let list = self.file(&format!("{kind}.csv"), &text)?;
            self.verb(&["families", "import", "--kind", kind])
                .arg(&list)
                .done()?;
        }
        self.verb(&["families", "examine"]).done()?;
        self.verb(&[
            "incidents",
            "open",
            "--title",
            "Kejadian uji",
            "--area",
            "62.71.01",
        ])
        .done()?;
        self.verb(&["audit", "checkpoint"]).done()
    }

    fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    }

    /// A verb that goes by the socket of the data folder.
    fn verb(&self, words: &[&str]) -> Verb {
        let mut command = Command::new(&self.binary);
        command.args(words).arg("--data").arg(self.data());
        Verb(command)
    }

    /// What the program's own backup says that it holds: rows of each table, files, steps.
    fn counted(&self, version: &str) -> Result<String> {
        let to = self.folder.join("backup");
        self.verb(&["backup"])
            .arg("--to")
            .arg(&to)
            .arg("--keys")
            .arg(self.folder.join("keys"))
            .done()?;
        let manifest: Json = serde_json::from_slice(&fs::read(to.join("manifest.json"))?)?;
        let tables = manifest["tables"].as_object().context("tables")?;
        let rows: serde_json::Map<String, Json> = tables
            .iter()
            .map(|(name, table)| (name.clone(), table["rows"].clone()))
            .collect();
        let blobs = manifest["blobs"].as_object().context("files")?.len();
        ensure!(blobs > 0, "no file is in it");
        let told = json!({
            "version": version,
            "schema": manifest["schema"],
            "rows": rows,
            "blobs": blobs,
        });
        Ok(format!("{}\n", serde_json::to_string_pretty(&told)?))
    }
}

/// Lists of three families that do not exist.
fn families() -> (String, String) {
    let who = "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,hubungan,alamat,kode_desa";
    let row = |number: usize, name: &str| {
        format!(
            "620201140675{:04},620201010115{:04},{name},1975-06-14,L,WEXLORINA PIRTHAK,KEPALA,Jl. Uji 77,62.02.01.1009",
            7301 + number,
            8401 + number
        )
    };
    let names = ["QXVORTAM BRELKIN", "QXVORTAN DROSMIT", "QXVORTAP KELBRUN"];
    let rows: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(number, name)| row(number, name))
        .collect();
    let with = |more: &str, rows: &[String]| {
        rows.iter()
            .map(|row| format!("{row},{more}\n"))
            .collect::<String>()
    };
    (
        format!("{who},desil\n{}", with("1", &rows)),
        format!("{who},nilai\n{}", with("400000", &rows[..1])),
    )
}

/// One call of the program.
struct Verb(Command);

impl Verb {
    fn arg(mut self, word: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.arg(word);
        self
    }

    fn done(mut self) -> Result<()> {
        let done = self.0.stdin(Stdio::null()).output()?;
        ensure!(
            done.status.success(),
            "{:?}\n{}{}",
            self.0,
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(())
    }
}
