//! Workbooks on both ways, and those that only hands have written.

use std::io::Cursor;

use proptest::prelude::*;
use rust_xlsxwriter::{Format as Dress, Workbook};

use super::*;
use crate::intake::nasty;

/// The same workbook on both ways.
fn book_told(octets: &[u8]) -> (Vec<String>, usize, FileFormat) {
    let told = long(octets, 1_000, &THINGS);
    assert_eq!(told, short(octets, &THINGS));
    told.expect("a table")
}

#[test]
fn workbooks_are_the_same_on_both_ways() {
    let values = nasty::book(|book| {
        nasty::sheet(book, "Sampul", &[&["Laporan", "tahunan"], &["x", "y"]]);
        nasty::sheet(
            book,
            "Data",
            &[
                &["DAFTAR"],
                &[],
                &["Kunci", "Nama", "Jumlah", "Tanggal", "Ada"],
            ],
        );
        let sheet = book.worksheet_from_index(1).expect("a sheet");
        let date = Dress::new().set_num_format("dd/mm/yyyy");
        let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2027, 12, 31).expect("a day");
        for row in [3, 4, 9] {
            sheet.write_string(row, 0, "a").expect("a cell");
            sheet.write_number(row, 1, 62.71).expect("a cell");
            sheet.write_number(row, 2, -2.5).expect("a cell");
            sheet
                .write_datetime_with_format(row, 3, &day, &date)
                .expect("a cell");
            sheet.write_boolean(row, 4, true).expect("a cell");
        }
        sheet.write_string(7, 0, "# catatan").expect("a cell");
        sheet
            .write_number(9, 1, 6_271_011_234_567_890.0)
            .expect("a cell");
    });
    let (rows, skipped, format) = book_told(&values);
    assert_eq!((rows.len(), skipped), (3, 2));
    assert!(rows[0].starts_with("4: "), "{rows:?}");
    assert!(rows[0].contains(r#"(Some("TRUE"), None, None, Some(true))"#));
    assert!(rows[0].contains(r#"(Some("2027-12-31"), Some("2027-12-31")"#));
    assert!(rows[2].contains(r#"name=(Some("6271011234567890"), None"#));
    assert_eq!(format.sheet.as_deref(), Some("Data"));
    assert_eq!(format.sheets, ["Sampul", "Data"]);
    assert_eq!(format.header_row, Some(3));

    let shape = sniff(&values, 999).expect("a workbook");
    let none = BTreeMap::new();
    let other = head(values.as_slice(), &shape, &THINGS, Some("Sampul"), &none);
    let other = other.expect("the other sheet");
    assert_eq!(other.format().sheet.as_deref(), Some("Sampul"));
    let passed = counted(values.as_slice(), &other, &shape);
    assert_eq!(passed.map(|passed| passed.rows), Ok(1));
    let missing = head(values.as_slice(), &shape, &THINGS, Some("x"), &none);
    assert_eq!(missing.expect_err("no sheet").slug(), "file-unreadable");
}

#[test]
fn merged_cells_are_the_same_on_both_ways() {
    let file = nasty::book(|book| {
        let sheet = book.add_worksheet().set_name("Data").expect("a name");
        let plain = Dress::new();
        for (column, heading) in (0_u16..).zip(["Kunci", "Nama", "Kode wilayah"]) {
            sheet.write_string(1, column, heading).expect("a cell");
        }
        for (row, key) in (2_u32..).zip(["a", "b", "c", "", "e", "f", "g"]) {
            sheet.write_string(row, 0, key).expect("a cell");
        }
        for (top, left, bottom, right, text) in [
            (0, 0, 0, 2, "DAFTAR BARANG"),
            (2, 1, 3, 1, "satu"),
            (4, 1, 4, 2, "dua"),
            (5, 1, 7, 1, "dari baris yang lain kosong"),
            (6, 2, 7, 2, ""),
            // Two columns and two rows.
            (8, 1, 9, 2, "empat"),
        ] {
            sheet
                .merge_range(top, left, bottom, right, text, &plain)
                .expect("merged");
        }
    });
    let (rows, ..) = book_told(&file);
    assert_eq!(rows.len(), 7);
    assert!(rows[1].contains(r#"name=(Some("satu"), Some("satu")"#));
    assert!(rows[2].contains("merged with another column"));
    assert!(rows[4].contains("dari baris"));
}

/// A workbook whose first sheet holds those rows.
fn written(rows: &str) -> Vec<u8> {
    rewritten("xl/worksheets/sheet1.xml", |_| {
        format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
    })
}

/// A workbook of which one part reads otherwise.
fn rewritten(name: &str, to: impl Fn(&str) -> String) -> Vec<u8> {
    let file = nasty::book(|book| nasty::sheet(book, "x", &[&["Kunci", "Nama"], &["a", "b"]]));
    let mut zip = zip::ZipArchive::new(Cursor::new(file)).expect("a zip");
    let names: Vec<String> = zip
        .file_names()
        .map(|name| name.expect("a name").into_owned())
        .collect();
    let parts: Vec<(&str, Vec<u8>)> = names
        .iter()
        .map(|part| {
            let mut text = String::new();
            let mut file = zip.by_name(part).expect("a part");
            file.read_to_string(&mut text).expect("text");
            if part == name {
                text = to(&text);
            }
            (part.as_str(), text.into_bytes())
        })
        .collect();
    nasty::zipped(&parts)
}

fn cell(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"str\"><v>{text}</v></c>")
}

#[test]
fn rows_of_a_workbook_go_forward() {
    let heading = format!("<row r=\"2\">{}</row>", cell("A2", "Kunci"));
    let row = |at: u32| format!("<row r=\"{at}\">{}</row>", cell(&format!("A{at}"), "a"));
    // Blank rows, rows that nobody numbered, and cells in any order of a row.
    let mixed = format!(
        "{heading}<row><c t=\"str\"><v>b</v></c></row><row r=\"9\">{}{}</row><row r=\"7\"/>",
        cell("B9", "satu"),
        cell("A9", "c"),
    );
    let (rows, ..) = book_told(&written(&mixed));
    assert_eq!(rows.len(), 2, "{rows:?}");
    let back = written(&format!("{heading}{}{}", row(5), row(4)));
    let shape = sniff(&back, 999).expect("a workbook");
    let why = begin(&back, &shape, &THINGS).expect_err("backwards");
    assert_eq!(why.slug(), "file-unreadable");
    assert!(format!("{why:?}").contains("row 4 comes behind row 5"));
}

#[test]
fn cells_that_lie_over_each_other_are_not_taken_apart() {
    let merges: String = (0..200)
        .map(|at| format!("<mergeCell ref=\"A1:A{}\"/>", 1_000 + at))
        .collect();
    let file = rewritten("xl/worksheets/sheet1.xml", |sheet| {
        let merges = format!("</sheetData><mergeCells>{merges}</mergeCells>");
        sheet.replace("</sheetData>", &merges)
    });
    let shape = sniff(&file, 999).expect("a workbook");
    let why = begin(&file, &shape, &THINGS).expect_err("over each other");
    assert!(
        format!("{why:?}").contains("lie over each other"),
        "{why:?}"
    );
}

#[test]
fn a_workbook_that_announces_what_nobody_could_hold_is_refused() {
    let file = rewritten("xl/sharedStrings.xml", |strings| {
        let (before, after) = strings.split_once("uniqueCount=\"").expect("a count");
        format!("{before}uniqueCount=\"99999999999{after}")
    });
    assert!(short(&file, &THINGS).is_err());
    let shape = sniff(&file, 999).expect("a workbook");
    let why = begin(&file, &shape, &THINGS).expect_err("announced");
    assert!(format!("{why:?}").contains("announces more strings"));
}

#[test]
fn a_workbook_that_is_cut_is_refused() {
    let file = nasty::book(|book| {
        let rows = [["a", "satu"].as_slice(); 300];
        nasty::sheet(
            book,
            "Data",
            &[&[["Kunci", "Nama"].as_slice()], &rows[..]].concat(),
        );
    });
    let shape = sniff(&file, 999).expect("a workbook");
    let table = begin(&file, &shape, &MANY).expect("a table");
    let passed = counted(file.as_slice(), &table, &shape).expect("all rows");
    assert_eq!(passed.rows, 300);
    for at in (4..file.len()).step_by(61) {
        assert!(begin(&file[..at], &shape, &MANY).is_err(), "cut at {at}");
        assert!(counted(&file[..at], &table, &shape).is_err(), "cut at {at}");
    }
    // Whole as a zip, and the sheet cut within.
    let cut = rewritten("xl/worksheets/sheet1.xml", |sheet| {
        sheet[..sheet.len() / 2].to_owned()
    });
    assert!(begin(&cut, &shape, &MANY).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_workbook_is_the_same_on_both_ways(
        cells in proptest::collection::vec(proptest::collection::vec(0_u8..8, 4), 1..14),
        merges in proptest::collection::vec((0_u32..14, 0_u16..4, 0_u32..4, 0_u16..3), 0..5),
    ) {
        let file = nasty::book(|book| fill(book, &cells, &merges));
        prop_assert_eq!(long(&file, 500, &THINGS), short(&file, &THINGS));
    }
}

/// A sheet of mixed cells with those merges that lie over no other.
fn fill(book: &mut Workbook, cells: &[Vec<u8>], merges: &[(u32, u16, u32, u16)]) {
    let sheet = book.add_worksheet().set_name("Data").expect("a name");
    for (column, heading) in (0_u16..).zip(["Kunci", "Nama", "Jumlah", "Ada"]) {
        sheet.write_string(0, column, heading).expect("a cell");
    }
    for (row, line) in (1_u32..).zip(cells) {
        for (column, kind) in (0_u16..).zip(line) {
            let put = match kind {
                0 => sheet.write_string(row, column, format!("k{row}")),
                1 => sheet.write_number(row, column, f64::from(row) + 0.5),
                2 => sheet.write_boolean(row, column, row % 2 == 0),
                3 => sheet.write_string(row, column, "# x"),
                4 => sheet.write_string(row, column, "  "),
                _ => continue,
            };
            put.expect("a cell");
        }
    }
    let plain = Dress::new();
    let mut taken: Vec<[u32; 4]> = Vec::new();
    for (at, (top, left, height, width)) in merges.iter().enumerate() {
        let (bottom, right) = (top + height, left + width);
        let here = [*top, u32::from(*left), bottom, u32::from(right)];
        let apart = |other: &[u32; 4]| {
            here[2] < other[0] || other[2] < here[0] || here[3] < other[1] || other[3] < here[1]
        };
        if *height + u32::from(*width) == 0 || !taken.iter().all(apart) {
            continue;
        }
        taken.push(here);
        sheet
            .merge_range(*top, *left, bottom, right, &format!("m{at}"), &plain)
            .expect("merged");
    }
}
