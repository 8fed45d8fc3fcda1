//! `cargo xtask bench live`: what the live room costs, beside what it could cost.
//!
//! Cameras, load and server are processes of their own; a figure is media bits
//! that viewers received, divided by the processor time of the server alone.
//! The limit and the floor are measured in the same run, since a shared machine
//! is another one an hour later: ratios hold, plain numbers do not.

mod card;
mod keep;
mod ledger;
mod link;
mod measure;
mod probe;
mod program;
mod rules;
mod sites;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::{Value as Json, json};

pub(crate) use card::Card;
pub(crate) use keep::Keep;
pub(crate) use ledger::Ledger;
pub(crate) use link::Link;
pub(crate) use measure::Measure;
pub(crate) use probe::Probe;
pub(crate) use rules::Rules;
pub(crate) use sites::Sites;

use program::{Folder, House, Program, measure};
use table::{Row, Table};

/// Which of it, and how long.
#[derive(Debug, Args)]
pub(crate) struct Live {
    /// How long each part is measured, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Viewers of one camera.
    #[arg(long, default_value_t = 300)]
    viewers: u32,
    /// Cameras with one viewer each.
    #[arg(long, default_value_t = 100)]
    cameras: u32,
    /// Sub streams pulled with nobody watching.
    #[arg(long, default_value_t = 300)]
    pulled: u32,
    /// Cameras of the list that is asked for pages.
    #[arg(long, default_value_t = 5_000)]
    listed: u32,
    /// Measure the programs that were built before, as they are.
    #[arg(long)]
    as_built: bool,
    /// Only these parts, with commas between: floor, house, each, pulled, list.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// Where the cameras of the list are, in turn.
const AREAS: [&str; 4] = ["62.71.01", "62.71.02", "62.03.01", "62.05.01"];

/// What they look at, in turn.
const PLACES: [&str; 3] = ["Pasar", "Dermaga", "Kantor"];

/// Where things lie.
struct Place {
    betang: PathBuf,
    sim: PathBuf,
    films: PathBuf,
    folder: Folder,
}

impl Live {
    /// Builds, measures, and says what was found.
    pub(crate) fn run(&self, root: &Path) -> Result<String> {
        let place = self.place(root)?;
        let mut table = Table::default();
        table.limit(&limit(&place)?)?;
        if self.wants("floor") || self.wants("house") {
            let (_cameras, port) = cameras(&place, 1)?;
            let rtsp = format!("rtsp://127.0.0.1:{port}/cam-1/main");
            if self.wants("floor") {
                table.push(self.floor(&place, &rtsp, false)?);
                table.push(self.floor(&place, &rtsp, true)?);
            }
            if self.wants("house") {
                table.push(self.house(&place, port)?);
            }
        }
        if self.wants("each") {
            let (_cameras, port) = cameras(&place, self.cameras)?;
            table.push(self.each(&place, port)?);
        }
        if self.wants("pulled") {
            let (_cameras, port) = cameras(&place, self.pulled)?;
            table.pulled(self.pulled, &self.pulled(&place, port)?)?;
        }
        if self.wants("list") {
            table.list(self.listed, &self.list(&place)?)?;
        }
        // The machine may have changed meanwhile.
        table.limit(&limit(&place)?)?;
        Ok(table.to_string())
    }

    /// The programs as they are released, and a folder.
    fn place(&self, root: &Path) -> Result<Place> {
        if !self.as_built {
            build(root)?;
        }
        let target = super::target(root)?;
        Ok(Place {
            betang: target.join("release/betang"),
            sim: target.join("release/sim"),
            films: target.join("films"),
            folder: Folder::new()?,
        })
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn floor(&self, place: &Place, rtsp: &str, gso: bool) -> Result<Row> {
        let name = if gso { "floor, GSO" } else { "floor, plain" };
        let mut command = Command::new(&place.sim);
        command.args(["floor", "--rtsp", rtsp]);
        if gso {
            command.arg("--gso");
        }
        let mut floor =
            Program::start(place.folder.path(), &name.replace(", ", "-"), &mut command)?;
        let whep = floor.line("floor ")?;
        let found = self.viewers(place, &whep, None, (self.viewers, 1), floor.pid())?;
        Row::new(name, &found)
    }

    /// All viewers on one camera.
    fn house(&self, place: &Place, port: u16) -> Result<Row> {
        let house = House::start(&place.betang, place.folder.path(), "house")?;
        house.add(&camera(port, 1, "main", false))?;
        let whep = format!("{}/whep/cam-{{n}}", house.url());
        let shape = (self.viewers, 1);
        let found = self.viewers(place, &whep, Some(&house.token), shape, house.program.pid())?;
        Row::new("house", &found)
    }

    /// One viewer on each camera.
    fn each(&self, place: &Place, port: u16) -> Result<Row> {
        let house = House::start(&place.betang, place.folder.path(), "each")?;
        for n in 1..=self.cameras {
            house.add(&camera(port, n, "main", false))?;
        }
        let whep = format!("{}/whep/cam-{{n}}", house.url());
        let shape = (self.cameras, self.cameras);
        let found = self.viewers(place, &whep, Some(&house.token), shape, house.program.pid())?;
        Row::new("house", &found)
    }

    /// Nobody watches; all sub streams are pulled and taken apart.
    fn pulled(&self, place: &Place, port: u16) -> Result<Json> {
        let house = House::start(&place.betang, place.folder.path(), "pulled")?;
        for n in 1..=self.pulled {
            house.add(&camera(port, n, "sub", true))?;
        }
        house.all_live(self.pulled)?;
        self.viewers(place, "", None, (0, 1), house.program.pid())
    }

    /// Pages of a long list, filtered by place and name.
    fn list(&self, place: &Place) -> Result<Json> {
        let house = House::start(&place.betang, place.folder.path(), "list")?;
        for n in 1..=self.listed {
            // Nobody asks for their pictures, so nothing needs to be there.
            let mut form = camera(9, n, "main", false);
            form["area"] = AREAS[n as usize % AREAS.len()].into();
            form["name"] = format!("{} {n}", PLACES[n as usize / 2 % PLACES.len()]).into();
            house.add(&form)?;
        }
        let url = format!(
            "{}/api/v1/cameras?area=62.71&q=pasar&limit=100",
            house.url()
        );
        let mut command = Command::new(&place.sim);
        command.args(["pages", "--url", &url, "--token", &house.token]);
        measure(&mut command)
    }

    /// Runs the viewers and measures the server meanwhile.
    fn viewers(
        &self,
        place: &Place,
        whep: &str,
        token: Option<&str>,
        (count, cameras): (u32, u32),
        pid: u32,
    ) -> Result<Json> {
        let mut command = Command::new(&place.sim);
        command.args(["viewers", "--whep", whep, "--rate", "25"]);
        for (flag, value) in [
            ("--count", count),
            ("--cameras", cameras),
            ("--seconds", self.seconds),
            ("--pid", pid),
        ] {
            command.arg(flag).arg(value.to_string());
        }
        if let Some(token) = token {
            command.args(["--token", token]);
        }
        measure(&mut command)
    }
}

/// Builds the programs as they are released.
fn build(root: &Path) -> Result<()> {
    let built = Command::new("cargo")
        .current_dir(root)
        .args([
            "build",
            "--release",
            "--locked",
            "-p",
            "betang",
            "-p",
            "sim",
        ])
        .status()
        .context("cargo")?;
    ensure!(built.success(), "the programs could not be built");
    Ok(())
}

/// A camera of which the house knows one layer.
fn camera(port: u16, n: u32, layer: &str, always_on: bool) -> Json {
    json!({
        "short": format!("cam-{n}"), "name": format!("Kamera {n}"), "area": "62.71.01",
        "main": format!("rtsp://127.0.0.1:{port}/cam-{n}/{layer}"),
        "always_on": always_on, "simulated": true,
    })
}

fn cameras(place: &Place, count: u32) -> Result<(Program, u16)> {
    let mut command = Command::new(&place.sim);
    command
        .args(["cameras", "--count", &count.to_string(), "--films"])
        .arg(&place.films);
    let mut cameras = Program::start(place.folder.path(), "cameras", &mut command)?;
    let port = cameras.line("port ")?.parse()?;
    Ok((cameras, port))
}

fn limit(place: &Place) -> Result<Json> {
    measure(Command::new(&place.sim).arg("limit"))
}
