//! What is written of persons that were found, and what is said of two records.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use card_core::link::compare::{Field, compare};
use card_core::link::explain::{Why, explain};
use card_core::link::learn::Class;
use card_core::link::register::{Numbers, Register};
use card_core::link::{Linked, Settings};
use card_core::number::Fault;
use hall::csv::harmless;
use serde_json::{Value as Json, json};

use super::records::Names;
use super::{BUFFER, Grey};

/// A file that is written beside its place, and there whole or not at all.
pub(super) struct Part {
    beside: PathBuf,
    path: PathBuf,
}

impl Part {
    pub(super) fn write(
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
    ) -> Result<Self> {
        let named = || format!("{} cannot be written", path.display());
        let name = path.file_name().with_context(named)?.to_string_lossy();
        let part = Self {
            beside: path.with_file_name(format!(".{name}.part")),
            path: path.to_owned(),
        };
        let done = || -> Result<()> {
            let mut into = BufWriter::with_capacity(BUFFER, File::create(&part.beside)?);
            write(&mut into)?;
            let file = into
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)?;
            Ok(file.sync_all()?)
        };
        done().with_context(named)?;
        Ok(part)
    }

    pub(super) fn place(self) -> Result<()> {
        std::fs::rename(&self.beside, &self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // In its place it is gone from here.
        let _ = std::fs::remove_file(&self.beside);
    }
}

/// Which record belongs to whom.
pub(super) fn clusters(into: &mut BufWriter<File>, names: &Names, linked: &Linked) -> Result<()> {
    let mut writer = csv::Writer::from_writer(into);
    writer.write_record(["rec_id", "cluster_id"])?;
    for (at, first) in linked.clusters.of.iter().enumerate() {
        writer.write_record([names.get(at), names.get(*first as usize)])?;
    }
    Ok(writer.flush()?)
}

/// What a pair says, in bits for one person: what is thought before looking, then each field
/// that says something, the weightiest first.
fn told(why: &Why) -> impl Iterator<Item = (f64, String)> {
    let fields = why.evidence.iter().filter(|it| it.bits.abs() >= 0.05);
    let fields = fields.map(|it| (it.bits, format!("{}: {}", it.field.as_str(), it.says)));
    std::iter::once((why.prior, "before looking".to_owned())).chain(fields)
}

/// The pairs between sure and unsure, the surest first, each with its reasons.
pub(super) fn grey(
    into: &mut BufWriter<File>,
    names: &Names,
    linked: &Linked,
    grey: Grey,
) -> Result<()> {
    let mut writer = csv::Writer::from_writer(into);
    writer.write_record([
        "rec_id",
        "other",
        "probability",
        "merged",
        "else",
        "evidence",
    ])?;
    let mut pairs: Vec<_> = linked.between(grey.range()).collect();
    pairs.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    for (pair, same) in pairs {
        let why = explain(&linked.model, pair.pattern);
        let (left, right) = (pair.left as usize, pair.right as usize);
        let merged = linked.clusters.of[left] == linked.clusters.of[right];
        let evidence: Vec<String> = told(&why)
            .map(|(bits, says)| format!("{says} ({bits:+.1})"))
            .collect();
        writer.write_record([
            harmless(names.get(left)),
            harmless(names.get(right)),
            format!("{same:.4}"),
            if merged { "yes" } else { "no" }.to_owned(),
            why.against.as_str().to_owned(),
            evidence.join("; "),
        ])?;
    }
    Ok(writer.flush()?)
}

/// Why two records are one person's, or not, a line for each reason.
pub(super) fn why(
    register: &Register,
    names: &Names,
    linked: &Linked,
    (left, right): (usize, usize),
) -> String {
    let why = explain(&linked.model, compare(register, left, right));
    let merged = linked.clusters.of[left] == linked.clusters.of[right];
    let head = format!(
        "{} and {}: one person with a probability of {:.4}, else {}; {}",
        names.get(left),
        names.get(right),
        why.same,
        why.against.as_str(),
        if merged { "together" } else { "apart" }
    );
    let lines = told(&why).map(|(bits, says)| format!("{bits:+8.1} {says}"));
    let lines: Vec<String> = std::iter::once(head).chain(lines).collect();
    lines.join("\n")
}

/// What was found and learned.
pub(super) fn report(
    register: &Register,
    linked: &Linked,
    spent: &[(&'static str, f64)],
    settings: &Settings,
    grey: Grey,
) -> Json {
    let model = &linked.model;
    let learned = Field::ALL.map(|field| {
        let levels = field.levels().iter().enumerate().skip(1);
        let levels: Vec<Json> = levels
            .map(|(level, says)| {
                let share = |class: Class| model.levels[class as usize][field as usize][level];
                let shares =
                    Class::ALL.map(|class| (class.as_str().to_owned(), share(class).into()));
                json!({ "level": says, "share": Json::Object(shares.into_iter().collect()) })
            })
            .collect();
        json!({ "field": field.as_str(), "levels": levels })
    });
    let shares = Class::ALL.map(|class| {
        let share = model.shares[class as usize];
        (class.as_str().to_owned(), Json::from(share))
    });
    let rules: Vec<Json> = linked
        .found
        .iter()
        .map(|it| {
            json!({
                "shared": it.rule,
                "pairs": it.pairs,
                "blocks_parted": it.parted,
                "blocks_dropped": it.dropped,
                "records_in_dropped_blocks": it.dropped_records,
            })
        })
        .collect();
    let seconds: serde_json::Map<String, Json> = spent
        .iter()
        .map(|(what, seconds)| ((*what).to_owned(), Json::from(*seconds)))
        .collect();
    let numbers: Vec<Json> = register
        .numbers()
        .filter(|(_, numbers)| **numbers != Numbers::default())
        .map(|(list, numbers)| {
            let told = |faults: &BTreeMap<Fault, u64>| -> Json {
                let told = faults
                    .iter()
                    .map(|(fault, count)| (fault.as_str().to_owned(), Json::from(*count)));
                Json::Object(told.collect())
            };
            json!({
                "list": list,
                "nik": told(&numbers.nik),
                "no_kk": told(&numbers.kk),
                "nik_ending_in_zero": numbers.zeros.ending,
                "nik_of_16_digits": numbers.zeros.of,
                "nik_may_have_lost_a_digit": numbers.zeros.are_many(),
            })
        })
        .collect();
    // The most that this process has had.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory_kib = hall::link::vitals::line(&status, "VmHWM:");
    json!({
        "records": linked.clusters.of.len(),
        "persons": linked.clusters.count,
        "sizes": linked.clusters.sizes(),
        "pairs": linked.pairs.len(),
        "grey": [grey.0, grey.1],
        "pairs_to_be_looked_at": linked.between(grey.range()).count(),
        "pairs_left_apart": linked.clusters.refused,
        "threshold": settings.threshold,
        "block_max": settings.block_max,
        "numbers": numbers,
        "rules": rules,
        "rounds": model.rounds,
        "patterns": model.patterns,
        "classes": Json::Object(shares.into_iter().collect()),
        "learned": learned,
        "seconds": seconds,
        "memory_kib": memory_kib,
    })
}
