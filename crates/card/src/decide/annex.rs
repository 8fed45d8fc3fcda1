//! The annex of a decree: one file for each village, and a cover that names them all.
//!
//! The hash in the decree is that of the cover, which names each village, how many stand on
//! its part, and the hash of that. The cover tells of nobody and can be handed to anybody;
//! whoever holds one village's part can check it without those of others. Neither is kept:
//! both are made again from rows that are never changed, and a hash that is another then
//! tells that one was.

use base::area::AreaCode;
use base::day::Day;
use card_core::decree::Standing;
use hall::Hall;
use hall::csv::File;
use hall::problem::Problem;
use store::Conn;
use store::blob::Sha256;

use crate::programme::Kept;
use crate::record::{Record, masked_number};
use crate::room::Room;
use crate::sql::decision::{DecisionRow, PartRow};
use crate::sql::judged::JudgedRow;
use crate::sql::record;
use crate::strongbox;
use crate::subject::SubjectId;

/// What each line of an annex and of its cover says of the list.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    number: i64,
    /// The programme, its version, and the hash of its text.
    programme: String,
    rules: String,
    run: i64,
    on: Day,
    subject: card_core::rule::Subject,
    amount: u32,
    unit: String,
    /// What one gets in a cycle.
    each: Option<i64>,
}

impl Head {
    pub(crate) fn new(row: &DecisionRow, kept: &Kept) -> Self {
        let programme = &kept.programme;
        Self {
            number: row.number,
            programme: format!("{} versi {}", row.slug, row.version),
            rules: kept.row.sha256.clone(),
            run: row.run,
            on: row.on,
            subject: programme.subject,
            amount: programme.amount,
            unit: programme.unit.clone(),
            each: programme.rupiah_each(),
        }
    }

    /// What so many get.
    pub(crate) fn rupiah(&self, rows: usize) -> Option<i64> {
        self.each?.checked_mul(i64::try_from(rows).ok()?)
    }
}

/// The part of one village, as a file.
pub(crate) fn part(head: &Head, rows: &[(JudgedRow, Option<Record>)]) -> Vec<u8> {
    let mut file = File::new(&[
        "daftar",
        "nomor",
        "kode desa",
        "nama",
        "NIK",
        "id",
        "kedudukan",
        "jumlah",
        "satuan",
        "rupiah per siklus",
        "daftar asal",
        "baris asal",
    ]);
    for (row, record) in rows {
        let (name, nik) = match record {
            Some(record) => (record.name.clone(), masked_number(&record.nik)),
            None => ("(kunci dimusnahkan)".to_owned(), String::new()),
        };
        file.row(&[
            head.number.to_string(),
            row.place
                .map_or_else(String::new, |place| place.to_string()),
            row.area
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            name,
            nik,
            SubjectId::of(head.subject, row.subject).to_string(),
            match row.standing {
                Standing::Held => "ditahan di daftar".to_owned(),
                _ => "masuk".to_owned(),
            },
            head.amount.to_string(),
            head.unit.clone(),
            head.each.map_or_else(String::new, |each| each.to_string()),
            row.list.to_string(),
            row.number.to_string(),
        ]);
    }
    file.bytes()
}

/// A part, and its hash.
pub(crate) fn sealed_part(
    head: &Head,
    area: &str,
    rows: &[(JudgedRow, Option<Record>)],
) -> PartRow {
    PartRow {
        area: area.to_owned(),
        rows: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        rupiah: head.rupiah(rows.len()),
        sha256: Sha256::of(&part(head, rows)).as_str().to_owned(),
    }
}

/// The cover, as a file.
pub(crate) fn cover(head: &Head, parts: &[PartRow]) -> Vec<u8> {
    let mut file = File::new(&[
        "daftar",
        "program",
        "sha256 aturan",
        "pemeriksaan",
        "per tanggal",
        "kode desa",
        "banyaknya",
        "rupiah per siklus",
        "sha256 bagian",
    ]);
    for part in parts {
        file.row(&[
            head.number.to_string(),
            head.programme.clone(),
            head.rules.clone(),
            head.run.to_string(),
            head.on.to_string(),
            part.area.clone(),
            part.rows.to_string(),
            part.rupiah.map_or_else(String::new, |it| it.to_string()),
            part.sha256.clone(),
        ]);
    }
    file.bytes()
}

/// The hash that the decree names.
pub(crate) fn seal(head: &Head, parts: &[PartRow]) -> String {
    Sha256::of(&cover(head, parts)).as_str().to_owned()
}

/// Rows with what their records say.
pub(crate) async fn opened(
    hall: &Hall,
    conn: &mut Conn,
    rows: Vec<JudgedRow>,
) -> Result<Vec<(JudgedRow, Option<Record>)>, Problem> {
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let record = record(hall, conn, (row.list, row.number)).await?;
        opened.push((row, record));
    }
    Ok(opened)
}

/// What a row of a list says, whether that still counts or not; none where its key was
/// destroyed.
pub(crate) async fn record(
    hall: &Hall,
    conn: &mut Conn,
    (list, number): (i64, u32),
) -> Result<Option<Record>, Problem> {
    match record::kept(conn, list, number).await? {
        Some(sealed) => Ok(strongbox::open(hall.vault(), list, &sealed)?),
        None => Ok(None),
    }
}

/// What a village is called, where the house knows it.
pub(crate) fn village<'r>(room: &'r Room, code: &str) -> Option<(AreaCode, &'r str)> {
    let code: AreaCode = code.parse().ok()?;
    let name = room.areas().name(&code)?;
    Some((code, name))
}
