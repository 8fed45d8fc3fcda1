//! The lists of the welfare card of the demonstration, as the room takes them.

use anyhow::Context as _;
use base::day::Day;
use card::simulated::SimulatedList;
use sim::families::business::{self, HEADINGS};
use sim::families::programme::{List, PAID, Programme};

/// Rows of the running list: enough that each thing is found a few times, and few enough
/// to be there a moment after the first page.
const RECIPIENTS: usize = 2_000;

/// What all of it follows from.
const SEED: u64 = 62;

/// What a family gets in a cycle, in rupiah.
pub(super) const EACH: i64 = PAID as i64;

/// Whose a list is, and what it is called.
const fn named(list: List) -> (&'static str, &'static str) {
    match list {
        List::Dtsen => ("BPS (simulasi)", "DTSEN (simulasi)"),
        List::Bansos => (
            "Dinas Sosial (simulasi)",
            "Penerima bantuan lain (simulasi)",
        ),
        List::Kematian => ("Dukcapil (simulasi)", "Kematian (simulasi)"),
        List::Pindah => ("Dukcapil (simulasi)", "Perpindahan (simulasi)"),
        List::Kpm => ("Dinas Sosial (simulasi)", "Daftar KPM (simulasi)"),
        List::Desa => ("Pemerintah desa (simulasi)", "Usulan desa (simulasi)"),
        List::Gagal => ("Bank penyalur (simulasi)", "Transfer gagal (simulasi)"),
    }
}

/// All of them, as of a day.
pub(super) fn lists(as_of: Day) -> anyhow::Result<Vec<SimulatedList>> {
    let programme = Programme {
        seed: SEED,
        recipients: RECIPIENTS,
        families: RECIPIENTS * 2,
        careless: 1.0,
    };
    let mut files = List::ALL.map(|list| {
        let mut file = csv::Writer::from_writer(Vec::new());
        let begun = file.write_record(list.headings().split(','));
        (list, file, begun)
    });
    programme.write(|row| {
        let place = files.iter_mut().find(|(list, ..)| *list == row.list);
        if let Some((_, file, done)) = place
            && done.is_ok()
        {
            *done = file.write_record(row.fields);
        }
    })?;
    let mut lists = files
        .into_iter()
        .map(|(list, file, done)| {
            done?;
            let octets = file.into_inner().context("a list in memory")?;
            let (owner, title) = named(list);
            Ok(SimulatedList {
                kind: list.name(),
                title: title.to_owned(),
                owner: owner.to_owned(),
                as_of,
                csv: String::from_utf8(octets)?,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    lists.push(businesses(&programme, as_of)?);
    Ok(lists)
}

/// The household businesses of the same people.
fn businesses(programme: &Programme, as_of: Day) -> anyhow::Result<SimulatedList> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(HEADINGS)?;
    for it in business::write(programme)? {
        file.write_record(&it.fields)?;
    }
    let octets = file.into_inner().context("a list in memory")?;
    Ok(SimulatedList {
        kind: "usaha",
        title: "Usaha rumah tangga (simulasi)".to_owned(),
        owner: "Dinas Koperasi dan UKM (simulasi)".to_owned(),
        as_of,
        csv: String::from_utf8(octets)?,
    })
}
