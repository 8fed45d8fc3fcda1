//! The annex of a decree: one file for each village, and a cover that names them all.
//!
//! The hash in the decree is that of the cover, which names each village, how many stand on
//! its part, and the hash of that. The cover tells of nobody and can be handed to anybody;
//! whoever holds one village's part can check it without those of others. Neither is kept:
//! both are made again from rows that are never changed, and a hash that is another then
//! tells that one was.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::day::Day;
use card_core::decree::{By, Standing};
use card_core::rule::Subject;
use hall::Hall;
use hall::csv::File;
use hall::problem::Problem;
use store::Conn;
use store::blob::Sha256;

use crate::programme::Kept;
use crate::record::{Record, masked_name, masked_number};
use crate::room::Room;
use crate::sql::decision::{DecisionRow, PartRow};
use crate::sql::judged::JudgedRow;
use crate::sql::{record, run};
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
    /// The file of what that examination knew: its name is the hash of it.
    facts: String,
    on: Day,
    subject: Subject,
    amount: u32,
    unit: String,
    /// What one gets in a cycle.
    each: Option<i64>,
}

impl Head {
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn of(
        conn: &mut Conn,
        row: &DecisionRow,
        kept: &Kept,
    ) -> Result<Self, Problem> {
        let facts = run::find(conn, row.run)
            .await?
            .and_then(|run| run.facts_name);
        Ok(Self::new(row, kept, facts.unwrap_or_default()))
    }

    fn new(row: &DecisionRow, kept: &Kept, facts: String) -> Self {
        let programme = &kept.programme;
        Self {
            number: row.number,
            programme: format!("{} versi {}", row.slug, row.version),
            rules: kept.row.sha256.clone(),
            run: row.run,
            facts,
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

/// What a part tells of each row.
pub(crate) const COLUMNS: [&str; 13] = [
    "daftar",
    "nomor",
    "kode desa",
    "nama",
    "NIK",
    "id",
    "kedudukan",
    "diputuskan oleh",
    "jumlah",
    "satuan",
    "rupiah per siklus",
    "daftar asal",
    "baris asal",
];

/// What it tells of one.
fn cells(head: &Head, row: &JudgedRow, record: Option<&Record>) -> [String; COLUMNS.len()] {
    let (name, nik) = match record {
        Some(record) if head.subject == Subject::Business => {
            let owner = masked_name(&record.name);
            (named(&record.business, &owner), masked_number(&record.nik))
        }
        Some(record) => (record.name.clone(), masked_number(&record.nik)),
        None => ("(kunci dimusnahkan)".to_owned(), String::new()),
    };
    [
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
        match row.by {
            By::Rules => "aturan",
            By::Group => "keputusan kelompok",
            By::Person => "keputusan perorangan",
        }
        .to_owned(),
        head.amount.to_string(),
        head.unit.clone(),
        head.each.map_or_else(String::new, |each| each.to_string()),
        row.list.to_string(),
        row.number.to_string(),
    ]
}

/// A business, and who owns it as far as that is shown.
pub(crate) fn named(business: &str, owner: &str) -> String {
    match owner.is_empty() {
        true => format!("{business} (pemilik tidak disebut)"),
        false => format!("{business} (pemilik {owner})"),
    }
}

/// The part of one village, as a file.
pub(crate) fn part(head: &Head, rows: &[(JudgedRow, Option<Record>)]) -> Vec<u8> {
    let mut file = File::new(&COLUMNS);
    for (row, record) in rows {
        file.row(&cells(head, row, record.as_ref()));
    }
    file.bytes()
}

/// How a file of several parts begins, whose lines are marked.
pub(crate) fn heading(mark: &str) -> Vec<u8> {
    let columns: Vec<&str> = COLUMNS.into_iter().chain([mark]).collect();
    File::new(&columns).bytes()
}

/// The lines of a part, each with a mark of whose copy they are.
pub(crate) fn marked(head: &Head, rows: &[(JudgedRow, Option<Record>)], mark: &str) -> Vec<u8> {
    let mut file = File::going_on();
    for (row, record) in rows {
        let cells = cells(head, row, record.as_ref()).into_iter();
        let cells: Vec<String> = cells.chain([mark.to_owned()]).collect();
        file.row(&cells);
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

/// What stands where a village would for the list as a whole.
const WHOLE: &str = "SEMUA";

/// The cover, as a file: first the list as a whole, with the hash of what the examination
/// knew, then village by village.
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
    let rows: i64 = parts.iter().map(|part| part.rows).sum();
    let whole = PartRow {
        area: WHOLE.to_owned(),
        rows,
        rupiah: head.each.and_then(|each| each.checked_mul(rows)),
        sha256: head.facts.clone(),
    };
    for part in std::iter::once(&whole).chain(parts) {
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

/// Rows that are opened in one statement.
const OPENED: usize = 200;

/// Rows with what their records say; a record whose key was destroyed says nothing.
pub(crate) async fn opened(
    hall: &Hall,
    conn: &mut Conn,
    rows: Vec<JudgedRow>,
) -> Result<Vec<(JudgedRow, Option<Record>)>, Problem> {
    let places = rows.iter().map(|row| (row.list, row.number)).collect();
    let records = records(hall, conn, places).await?;
    let opened = rows.into_iter().map(|row| {
        let record = records.get(&(row.list, row.number)).cloned();
        (row, record)
    });
    Ok(opened.collect())
}

/// What rows of lists say, whether they still count or not, by list and number; without those
/// whose keys were destroyed.
pub(crate) async fn records(
    hall: &Hall,
    conn: &mut Conn,
    mut places: Vec<(i64, u32)>,
) -> Result<BTreeMap<(i64, u32), Record>, Problem> {
    places.sort_unstable();
    places.dedup();
    let mut records: BTreeMap<(i64, u32), Record> = BTreeMap::new();
    for of_list in places.chunk_by(|a, b| a.0 == b.0) {
        let list = of_list[0].0;
        for some in of_list.chunks(OPENED) {
            let numbers: Vec<u32> = some.iter().map(|it| it.1).collect();
            for sealed in record::kept(conn, list, &numbers).await? {
                if let Some(record) = strongbox::open(hall.vault(), list, &sealed)? {
                    records.insert((list, sealed.number), record);
                }
            }
        }
    }
    Ok(records)
}

/// What a row of a list says, whether that still counts or not; none where its key was
/// destroyed.
pub(crate) async fn record(
    hall: &Hall,
    conn: &mut Conn,
    (list, number): (i64, u32),
) -> Result<Option<Record>, Problem> {
    match record::kept(conn, list, &[number]).await?.first() {
        Some(sealed) => Ok(strongbox::open(hall.vault(), list, sealed)?),
        None => Ok(None),
    }
}

/// What a village is called, where the house knows it.
pub(crate) fn village<'r>(room: &'r Room, code: &str) -> Option<(AreaCode, &'r str)> {
    let code: AreaCode = code.parse().ok()?;
    let name = room.areas().name(&code)?;
    Some((code, name))
}

#[cfg(test)]
mod tests {
    use card_core::rule::Verdict;

    use super::*;

    fn head() -> Head {
        Head {
            number: 7,
            programme: "pangan versi 2".to_owned(),
            rules: "aa".to_owned(),
            run: 3,
            facts: "ff".to_owned(),
            on: "2026-11-27".parse().expect("a day"),
            subject: Subject::Family,
            amount: 1,
            unit: "paket".to_owned(),
            each: Some(150_000),
        }
    }

    fn row(standing: Standing, by: By) -> JudgedRow {
        JudgedRow {
            subject: [1; 16],
            place: Some(12),
            area: "62.02.01.1009".parse().ok(),
            standing,
            by,
            was: Verdict::Included,
            rule: None,
            against: None,
            list: 4,
            number: 17,
        }
    }

    /// Whoever holds a part of years ago makes its hash again: these octets never change.
    #[test]
    fn octets_of_a_part_and_of_a_cover_stay_as_they_are() {
        let record = Record {
            name: "=TAMBUN, BUNGAI".to_owned(),
            nik: "6202111406750001".to_owned(),
            ..Record::default()
        };
        let rows = [
            (row(Standing::Included, By::Rules), Some(record)),
            (row(Standing::Held, By::Group), None),
        ];
        let id = SubjectId::of(Subject::Family, [1; 16]);
        let part = part(&head(), &rows);
        let heading = "daftar,nomor,kode desa,nama,NIK,id,kedudukan,diputuskan oleh,jumlah,satuan,rupiah per siklus,daftar asal,baris asal";
        let expected = format!(
            "\u{feff}{heading}\r\n7,12,62.02.01.1009,\"'=TAMBUN, BUNGAI\",6202•••••••••••1,{id},masuk,aturan,1,paket,150000,4,17\r\n7,12,62.02.01.1009,(kunci dimusnahkan),,{id},ditahan di daftar,keputusan kelompok,1,paket,150000,4,17\r\n"
        );
        assert_eq!(String::from_utf8_lossy(&part), expected);
        let parts = [sealed_part(&head(), "62.02.01.1009", &rows)];
        let hash = Sha256::of(&part);
        let cover = cover(&head(), &parts);
        let expected = format!(
            "\u{feff}daftar,program,sha256 aturan,pemeriksaan,per tanggal,kode desa,banyaknya,rupiah per siklus,sha256 bagian\r\n7,pangan versi 2,aa,3,2026-11-27,SEMUA,2,300000,ff\r\n7,pangan versi 2,aa,3,2026-11-27,62.02.01.1009,2,300000,{}\r\n",
            hash.as_str()
        );
        assert_eq!(String::from_utf8_lossy(&cover), expected);
    }
}
