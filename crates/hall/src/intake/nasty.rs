//! Files as people really send them, made here, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

use super::grid::{self, Grid, Unreadable};
use super::report::{Judged, Outcome, Verdict};
use super::table::Table;
use super::{Column, Contract, Language, Reads, Said, template};

pub(super) static THINGS: Contract = Contract {
    subject: "things",
    name: Said::new("Barang", "Things"),
    columns: &[
        column("key", Reads::Text, "Kunci", &["kode barang"]),
        column("name", Reads::Text, "Nama", &["nama barang"]),
        column("code", Reads::Digits, "Kode wilayah", &[]),
        column("count", Reads::Number, "Jumlah", &["banyaknya"]),
        column("day", Reads::Day, "Tanggal", &[]),
        column("flag", Reads::Flag, "Ada", &[]),
        column("url", Reads::Address, "Alamat", &[]),
        column("secret", Reads::Secret, "Kata sandi", &[]),
    ],
    key: Some("key"),
    title: "name",
    rows_max: 300,
    classification: "internal",
};

const fn column(
    key: &'static str,
    reads: Reads,
    name: &'static str,
    synonyms: &'static [&'static str],
) -> Column {
    Column {
        key,
        name: Said::new(name, key),
        about: Said::new("isi", "what belongs there"),
        example: "x",
        reads,
        required: false,
        synonyms,
    }
}

fn read(octets: &[u8]) -> Result<Grid, Unreadable> {
    grid::read(octets, &THINGS, None)
}

fn table(octets: &[u8]) -> Table {
    let grid = read(octets).unwrap_or_else(|why| panic!("{why}"));
    Table::new(&THINGS, grid, &BTreeMap::new())
}

/// Row, then the texts of its fields, then what was said of it.
fn rows(octets: &[u8]) -> Vec<String> {
    let judged = table(octets).judge(|row| {
        let mut said = format!("{}:", row.number());
        for column in THINGS.columns {
            let key = column.key;
            if let Some(text) = row.text(key) {
                said.push_str(&format!(" {key}={text}"));
            }
            if let Some(number) = row.decimal(key) {
                said.push_str(&format!(" {key}={number}"));
            }
            if let Some(flag) = row.flag(key) {
                said.push_str(&format!(" {key}={flag}"));
            }
        }
        Outcome::Add(said)
    });
    let text = |verdict: &Verdict<String>| {
        let faults = verdict.faults.iter();
        let faults: Vec<_> = faults
            .map(|fault| format!("{}{}: {}", fault.column, verdict.row, fault.said.en))
            .collect();
        match &verdict.outcome {
            Outcome::Add(said) => said.clone(),
            _ => faults.join(" | "),
        }
    };
    judged.verdicts.iter().map(text).collect()
}

pub(super) fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().expect("a workbook")
}

/// A sheet of text, row by row.
pub(super) fn sheet(book: &mut Workbook, name: &str, cells: &[&[&str]]) {
    let sheet = book.add_worksheet().set_name(name).expect("a name");
    for (row, line) in (0_u32..).zip(cells) {
        for (column, text) in (0_u16..).zip(*line) {
            if !text.is_empty() {
                sheet.write_string(row, column, *text).expect("a cell");
            }
        }
    }
}

#[test]
fn every_encoding_and_delimiter_says_the_same() {
    for (delimiter, decimal) in [(';', ','), (',', '.'), ('\t', ','), ('|', '.')] {
        let d = delimiter;
        let text = format!("Kunci{d}Nama barang{d}Jumlah\r\nk-1{d}Kafé “Dayak”{d}2{decimal}5\r\n");
        let bom = |octets: &[u8], text: &[u8]| [octets, text].concat();
        let wide = |big: bool| -> Vec<u8> {
            let units = text.encode_utf16();
            units
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect()
        };
        let (windows, _, lost) = encoding_rs::WINDOWS_1252.encode(&text);
        assert!(!lost);
        for (octets, encoding) in [
            (text.clone().into_bytes(), "UTF-8"),
            (bom(&[0xef, 0xbb, 0xbf], text.as_bytes()), "UTF-8"),
            (bom(&[0xff, 0xfe], &wide(false)), "UTF-16LE"),
            (bom(&[0xfe, 0xff], &wide(true)), "UTF-16BE"),
            (wide(false), "UTF-16LE"),
            (wide(true), "UTF-16BE"),
            (windows.to_vec(), "Windows-1252"),
        ] {
            let grid = read(&octets).expect("a table");
            assert_eq!(grid.encoding, Some(encoding), "{delimiter:?}");
            assert_eq!(grid.delimiter, Some(delimiter), "{encoding}");
            assert_eq!(rows(&octets), ["2: key=k-1 name=Kafé “Dayak” count=2.5"]);
        }
    }
}

#[test]
fn rows_have_the_numbers_that_a_spreadsheet_shows() {
    let text = "DAFTAR BARANG;;\n\n;;\nKunci;Nama;Jumlah\n\na;\"dua\nbaris\";1\r\n\r\nb;satu;2\n# catatan;;\nc;\"x\"\"y\";3";
    assert_eq!(
        rows(text.as_bytes()),
        [
            "6: key=a name=dua\nbaris count=1",
            "8: key=b name=satu count=2",
            "10: key=c name=x\"y count=3"
        ]
    );
    // The lines of the file above the headings and the remark.
    assert_eq!(
        table(text.as_bytes())
            .judge(|_| Outcome::<()>::Same)
            .skipped,
        2
    );
    let hinted = "sep=;\nKunci;Nama\na;satu, dua\n";
    assert_eq!(rows(hinted.as_bytes()), ["3: key=a name=satu, dua"]);
}

#[test]
fn what_is_no_table_is_refused() {
    let kind = |octets: &[u8]| match read(octets) {
        Ok(grid) => format!("{} rows", grid.lines.len()),
        Err(why) => why.to_string(),
    };
    for (octets, why) in [
        (&b""[..], "empty"),
        (b"\n\n ; ;\n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no table of text"),
        (b"PK\x03\x04 and then nothing", "cannot be read"),
        (b"\xef\xbb\xbfa;b\n\xff\xfe", "does not go on so"),
    ] {
        assert!(kind(octets).contains(why), "{}", kind(octets));
    }
    let long = vec![b'a'; grid::OCTETS_MAX + 1];
    assert!(kind(&long).contains("octets"));
    let many = "a;b\n".repeat(THINGS.rows_max + grid::OTHER_ROWS_MAX + 1);
    assert!(kind(many.as_bytes()).contains("more than 300 rows"));
    let wide = format!("{}x\n", "a;".repeat(200));
    assert!(kind(wide.as_bytes()).contains("columns"));
}

#[test]
fn a_quote_that_is_not_closed_is_found_where_it_opens() {
    let text = format!("Kunci;Nama\na;satu\nb;\"dua\n{}", "c;tiga\n".repeat(400));
    let said = rows(text.as_bytes());
    assert_eq!(said[0], "2: key=a name=satu");
    assert!(
        said[1].starts_with("B3: ") && said[1].contains("characters"),
        "{said:?}"
    );
    assert_eq!(said.len(), 2);
}

pub(super) fn zipped(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, octets) in parts {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).expect("a part");
        zip.write_all(octets).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

#[test]
fn a_bomb_does_not_go_off() {
    let types = ("[Content_Types].xml", Vec::new());
    let bomb = zipped(&[
        types.clone(),
        ("xl/worksheets/sheet1.xml", vec![b' '; 80 << 20]),
    ]);
    assert!(bomb.len() < 1 << 20, "{} octets", bomb.len());
    assert!(matches!(
        read(&bomb),
        Err(Unreadable::TooMany {
            what: "octets inside",
            ..
        })
    ));
    let many: Vec<String> = (0..600).map(|i| format!("{i}.xml")).collect();
    let many: Vec<_> = many
        .iter()
        .map(|name| (name.as_str(), Vec::new()))
        .collect();
    assert!(matches!(read(&zipped(&many)), Err(Unreadable::Kind(_))));
    let other = zipped(&[("mimetype", b"application/vnd.oasis.opendocument".to_vec())]);
    assert!(matches!(read(&other), Err(Unreadable::Kind(_))));
    // One cell in the last corner of the largest sheet there is.
    let corner = book(|book| {
        sheet(book, "x", &[&["Kunci"], &["a"]]);
        let sheet = book.worksheet_from_index(0).expect("a sheet");
        sheet.write_string(1_048_575, 16_383, "x").expect("a cell");
    });
    assert!(matches!(
        read(&corner),
        Err(Unreadable::TooMany {
            what: "columns",
            ..
        })
    ));
    let below = book(|book| {
        sheet(book, "x", &[&["Kunci"], &["a"]]);
        let sheet = book.worksheet_from_index(0).expect("a sheet");
        sheet.write_string(1_048_575, 0, "b").expect("a cell");
    });
    assert_eq!(rows(&below), ["2: key=a", "1048576: key=b"]);
}

#[test]
fn what_a_workbook_has_made_of_values_is_read_or_refused() {
    let file = book(|book| {
        let sheet = book.add_worksheet().set_name("Data").expect("a name");
        let date = Format::new().set_num_format("dd/mm/yyyy");
        for (column, heading) in
            (0_u16..).zip(["Kunci", "Kode wilayah", "Jumlah", "Tanggal", "Ada"])
        {
            sheet.write_string(0, column, heading).expect("a cell");
        }
        let mut put = |row: u32, key: &str| {
            sheet.write_string(row, 0, key).expect("a cell");
        };
        for (row, key) in (1_u32..).zip(["code", "date", "long", "zero", "broken", "flag", "small"])
        {
            put(row, key);
        }
        sheet.write_number(1, 1, 62.71).expect("a cell");
        sheet.write_number(1, 2, -2.2083).expect("a cell");
        let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2027, 12, 31).expect("a day");
        sheet
            .write_datetime_with_format(2, 3, &day, &date)
            .expect("a cell");
        sheet
            .write_datetime_with_format(3, 1, &day, &date)
            .expect("a cell");
        sheet.write_number(3, 2, 1.0).expect("a cell");
        sheet
            .write_number(4, 1, 6_271_011_234_567_890.0)
            .expect("a cell");
        sheet
            .write_formula(
                5,
                2,
                rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!"),
            )
            .expect("a cell");
        sheet.write_boolean(6, 4, true).expect("a cell");
        sheet.write_number(7, 3, 45.0).expect("a cell");
    });
    let said = rows(&file);
    assert_eq!(said[0], "2: key=code code=62.71 count=-2.2083");
    assert_eq!(said[1], "3: key=date day=2027-12-31");
    assert!(
        said[2].contains("B4: the spreadsheet has made a day of it (2027-12-31)"),
        "{said:?}"
    );
    assert!(
        said[3].contains("B5: a long number of which the spreadsheet has cut"),
        "{said:?}"
    );
    assert!(said[4].contains("C6: "), "{said:?}");
    assert_eq!(said[5], "7: key=flag flag=true");
    assert!(said[6].contains("D8: the number 45 and no day"), "{said:?}");
}

#[test]
fn merged_cells_are_read_down_and_refused_across() {
    let file = book(|book| {
        let sheet = book.add_worksheet().set_name("Data").expect("a name");
        let plain = Format::new();
        sheet
            .merge_range(0, 0, 0, 2, "DAFTAR BARANG", &plain)
            .expect("merged");
        for (column, heading) in (0_u16..).zip(["Kunci", "Nama", "Kode wilayah"]) {
            sheet.write_string(1, column, heading).expect("a cell");
        }
        for (row, key) in (2_u32..).zip(["a", "b", "c"]) {
            sheet.write_string(row, 0, key).expect("a cell");
        }
        sheet
            .merge_range(2, 1, 3, 1, "satu", &plain)
            .expect("merged");
        sheet
            .merge_range(4, 1, 4, 2, "dua", &plain)
            .expect("merged");
    });
    let said = rows(&file);
    assert_eq!(said[..2], ["3: key=a name=satu", "4: key=b name=satu"]);
    assert!(said[2].contains("merged with another column"), "{said:?}");
    assert_eq!(said.len(), 3);
}

#[test]
fn the_sheet_that_is_understood_is_taken_and_hidden_ones_are_not() {
    let file = book(|book| {
        sheet(book, "Sampul", &[&["Laporan", "tahunan"], &["x", "y"]]);
        sheet(
            book,
            "Rahasia",
            &[&["Kunci", "Nama", "Jumlah"], &["z", "z", "1"]],
        );
        book.worksheet_from_index(1)
            .expect("a sheet")
            .set_hidden(true);
        sheet(
            book,
            "Data",
            &[&["No", "Kode Barang", "Nama"], &["1", "a", "satu"]],
        );
    });
    let grid = read(&file).expect("a table");
    assert_eq!(grid.sheet.as_deref(), Some("Data"));
    assert_eq!(grid.sheets, ["Sampul", "Data"]);
    assert_eq!(rows(&file), ["2: key=a name=satu"]);
    let other = grid::read(&file, &THINGS, Some("Sampul")).expect("the other");
    assert_eq!(other.sheet.as_deref(), Some("Sampul"));
    assert!(grid::read(&file, &THINGS, Some("Rahasia")).is_err());
}

#[test]
fn rows_that_say_the_same_key_are_found() {
    let said = rows(b"Kunci;Nama\na;satu\nb;dua\na;tiga\n;empat\n");
    assert_eq!(said[0], "2: key=a name=satu");
    assert!(said[2].contains("A4: is the same as in row 2"), "{said:?}");
    assert!(said[3].contains("A5: key is empty"), "{said:?}");
}

#[test]
fn passwords_can_become_nothing_that_is_shown() {
    use super::mapping::is_secret;
    for heading in [
        "Kata sandi",
        "PASSWORD",
        "pass (lama)",
        "sandi NVR",
        "User/Pass",
    ] {
        assert!(is_secret(heading, &THINGS), "{heading}");
    }
    for heading in ["Nama", "Kompas", "Passage", ""] {
        assert!(!is_secret(heading, &THINGS), "{heading}");
    }
}

#[tokio::test]
async fn a_template_is_understood_and_holds_no_row() {
    for language in [Language::Id, Language::En] {
        let csv = template::template_csv(&THINGS, language, "x.csv");
        let xlsx = template::template_xlsx(&THINGS, language, "x.xlsx").expect("a workbook");
        for response in [csv, xlsx] {
            let octets = axum::body::to_bytes(response.into_body(), 1 << 20).await;
            let table = table(&octets.expect("a body"));
            for column in THINGS.columns {
                assert!(table.has(column.key), "{}", column.key);
            }
            assert_eq!(table.count(), 0);
        }
    }
}

fn outcome(word: u8) -> Outcome<u8> {
    match word {
        0 => Outcome::Add(0),
        1 => Outcome::Change(1, Vec::new()),
        2 => Outcome::Same,
        3 => Outcome::Exists,
        _ => Outcome::Refused,
    }
}

fn judged(words: &[u8]) -> Judged<u8> {
    let verdict = |(row, word): (u32, &u8)| Verdict {
        row,
        key: String::new(),
        title: String::new(),
        outcome: outcome(*word),
        faults: Vec::new(),
        notes: Vec::new(),
    };
    Judged {
        skipped: 0,
        verdicts: (2_u32..).zip(words).map(verdict).collect(),
    }
}

proptest! {
    #[test]
    fn as_many_rows_come_out_as_went_in(
        words in proptest::collection::vec(0_u8..5, 0..30),
        left in proptest::collection::btree_set(2_u32..34, 0..12),
    ) {
        let left: BTreeSet<u32> = left;
        let rows = u32::try_from(words.len()).expect("few");
        let unknown = left.iter().any(|row| *row >= rows + 2);
        let stays = |at: usize| !left.contains(&(u32::try_from(at).expect("few") + 2));
        let blocked = words.iter().enumerate().any(|(at, word)| *word > 2 && stays(at));
        let writes = words.iter().enumerate().any(|(at, word)| *word < 2 && stays(at));
        let counts = judged(&words).counts();
        prop_assert_eq!(
            counts.rows,
            counts.add + counts.change + counts.same + counts.exists + counts.refused
        );
        match judged(&words).written(&left) {
            Ok((written, tally)) => {
                prop_assert!(!unknown && !blocked && writes);
                prop_assert_eq!(written.len(), tally.added + tally.changed);
                prop_assert_eq!(tally.rows, words.len());
                prop_assert_eq!(tally.rows, tally.added + tally.changed + tally.same + tally.left_out);
                prop_assert_eq!(tally.left_out, left.len());
            }
            Err(_) => prop_assert!(unknown || blocked || !writes),
        }
    }

    #[test]
    fn a_table_is_read_as_it_was_written(
        cells in proptest::collection::vec(
            proptest::collection::vec("[a-zé0-9 ,;|\"\n']{0,8}", 3), 1..20),
        delimiter in proptest::sample::select(vec![b';', b',', b'\t']),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new());
        writer.write_record(["Kunci", "Nama", "Jumlah"]).expect("written");
        for line in &cells {
            writer.write_record(line).expect("written");
        }
        let octets = writer.into_inner().expect("octets");
        let grid = read(&octets).expect("a table");
        prop_assert_eq!(grid.delimiter, Some(char::from(delimiter)));
        let filled: Vec<(u32, &Vec<String>)> = (2_u32..)
            .zip(&cells)
            .filter(|(_, line)| line.iter().any(|cell| !cell.trim().is_empty()))
            .collect();
        prop_assert_eq!(grid.lines.len(), filled.len() + 1);
        for (line, (number, cells)) in grid.lines.iter().skip(1).zip(filled) {
            prop_assert_eq!(line.number, number);
            for (cell, text) in line.cells.iter().zip(cells) {
                prop_assert_eq!(cell, &grid::Cell::text(text));
            }
        }
    }

    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..400), text in ".{0,200}") {
        let _ = read(&octets);
        let _ = read(text.as_bytes());
        let _ = read(&[b"PK\x03\x04", octets.as_slice()].concat());
    }
}

/// The library that reads workbooks may meet something it did not think of; who
/// calls it takes a panic for a broken file. What it may not do is give rows that
/// nobody wrote, or never end.
#[test]
fn a_workbook_with_flipped_octets_is_read_or_refused() {
    let file = book(|book| {
        sheet(
            book,
            "Data",
            &[&["Kunci", "Nama"], &["a", "satu"], &["b", "dua"]],
        )
    });
    let whole = read(&file).expect("a table").lines;
    let mut refused = 0;
    for at in (0..file.len()).step_by(7) {
        let mut broken = file.clone();
        broken[at] ^= 0x55;
        match std::panic::catch_unwind(|| read(&broken)) {
            // The checksums of a zip cover what its parts hold.
            Ok(Ok(grid)) => assert_eq!(grid.lines, whole, "octet {at}"),
            Ok(Err(_)) | Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
    for at in (0..file.len()).step_by(97) {
        assert!(read(&file[..at]).is_err(), "cut at {at}");
    }
}
