//! `betang link` as somebody runs it: files in, a file out, whole or not at all.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value as Json;

/// A folder with a list in it.
struct Desk(tempfile::TempDir);

/// Three lists that name four people, two of them more than once.
const LIST: &str = "\
rec_id,sumber,nik,no_kk,nama,tgl_lahir,jk,tempat_lahir,ibu_kandung,hubungan,alamat,kode_desa
a1,DTSEN,6271014506900001,6271011203150004,Siti Aminah,1990-06-05,P,Sampit,Halimah,ISTRI,Jl. Garuda RT 02 RW 01,6271011001
a2,DTSEN,6271010507880002,6271011203150004,Muhammad Yusuf,1988-07-05,L,Buntok,Salmah,KEPALA,Jl. Garuda RT 02 RW 01,6271011001
a3,DTSEN,6203015203700003,6203010101100007,Kameloh Dohong,1970-03-12,P,Kuala Kapuas,Bawi,KEPALA,Handil Raya RT 01 RW 01,6203012003
b1,DINSOS,6271014506900001,6271011203150004,Hj. ST. AMINAH,1990-06-05,P,,,ISTRI,Jln Garuda RT 02 RW 01,6271011001
b2,DESA,,6271011203150004,M. JOESOEF,1988-05-07,L,Buntok,Salmah,KEPALA,Jl. Garuda,6271011001
b3,DESA,6203011203050001,6203010101100007,Yansen Dohong,2005-03-12,L,Kuala Kapuas,Kameloh,ANAK,Handil Raya RT 01 RW 01,6203012003
";

impl Desk {
    fn new(list: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("list.csv"), list).expect("written");
        Self(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn link(&self, more: &[&str]) -> Output {
        let out = if more.contains(&"--out") {
            &[][..]
        } else {
            &["--out", "out.csv"]
        };
        Command::new(env!("CARGO_BIN_EXE_betang"))
            .current_dir(self.0.path())
            .args(["link", "--records", "list.csv"])
            .args(out)
            .args(more)
            .output()
            .expect("it runs")
    }

    /// What goes wrong, in words; nothing is written then.
    fn refused(&self, more: &[&str]) -> String {
        let done = self.link(more);
        assert!(!done.status.success());
        assert!(!self.at("out.csv").exists(), "nothing is half done");
        String::from_utf8(done.stderr).expect("text")
    }

    /// Which records belong to one person, by the first of each.
    fn out(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.at("out.csv")).expect("written");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("rec_id,cluster_id"));
        let pair = |line: &str| {
            let (record, cluster) = line.split_once(',').expect("two columns");
            (record.to_owned(), cluster.to_owned())
        };
        lines.map(pair).collect()
    }
}

/// Who is who in [`LIST`].
const PERSONS: [(&str, &str); 6] = [
    ("a1", "a1"),
    ("a2", "a2"),
    ("a3", "a3"),
    ("b1", "a1"),
    ("b2", "a2"),
    ("b3", "b3"),
];

fn persons() -> Vec<(String, String)> {
    PERSONS
        .map(|(one, other)| (one.to_owned(), other.to_owned()))
        .to_vec()
}

#[test]
fn records_of_one_person_come_together_and_the_report_says_why() {
    let desk = Desk::new(LIST);
    let done = desk.link(&[
        "--report",
        "report.json",
        "--pairs",
        "pairs.csv",
        "--grey",
        "0,1",
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(desk.out(), persons());
    let said = String::from_utf8(done.stdout).expect("text");
    assert!(said.starts_with("6 records, 4 persons, "), "{said}");
    assert!(said.contains("desa, nik: 1 missing"), "{said}");
    let report = fs::read(desk.at("report.json")).expect("written");
    let report: Json = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(report["records"], 6);
    assert_eq!(report["sizes"][0], 2);
    let desa = report["numbers"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|it| it["list"] == "desa");
    assert_eq!(desa.expect("a list")["nik"]["missing"], 1);
    assert_eq!(report["sizes"][1], 2);
    // Each pair says what speaks for and against it, the weightiest first.
    let mut pairs = csv::Reader::from_path(desk.at("pairs.csv")).expect("written");
    let row = pairs
        .records()
        .map(|row| row.expect("a row"))
        .find(|row| (&row[0], &row[1]) == ("a1", "b1"))
        .expect("the pair was looked at");
    assert_eq!(&row[3], "yes");
    assert!(row[5].contains("nik: the same"), "{}", &row[5]);
    assert!(
        row[5].starts_with("before looking ("),
        "no formula: {}",
        &row[5]
    );
    // Nobody's name or number stands in what is written beside the lists.
    let beside = fs::read_to_string(desk.at("pairs.csv")).expect("text");
    assert!(!beside.contains("Aminah") && !beside.contains("6271014506900001"));
}

#[test]
fn whoever_asks_about_two_records_is_told_why() {
    let desk = Desk::new(LIST);
    let done = desk.link(&["--why", "a2, b2"]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let said = String::from_utf8(done.stdout).expect("text");
    assert!(
        said.contains("a2 and b2: one person with a probability of 0.9"),
        "{said}"
    );
    assert!(said.contains("; together\n"), "{said}");
    assert!(said.contains("birth: day and month changed over"), "{said}");
    // Two that no rule puts side by side.
    let done = desk.link(&["--why", "a1,a3"]);
    let said = String::from_utf8(done.stdout).expect("text");
    assert!(
        said.contains("nik: different") && said.contains("; apart\n"),
        "{said}"
    );
    let done = Desk::new(LIST).refused(&["--why", "a1,zz"]);
    assert!(done.contains("there is no record zz"), "{done}");
}

#[test]
fn lists_as_offices_save_them_are_read() {
    for list in [
        format!("\u{feff}{LIST}").into_bytes(),
        LIST.replace(',', ";").into_bytes(),
        LIST.replace(',', "\t").replace('\n', "\r\n").into_bytes(),
        // Windows-1252, which is no UTF-8.
        LIST.replace("Kameloh Dohong", "Kam\u{e9}loh Dohong")
            .chars()
            .map(|it| u8::try_from(u32::from(it)).expect("one octet"))
            .collect(),
    ] {
        let desk = Desk::new(list);
        let done = desk.link(&["--threads", "1"]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert_eq!(desk.out(), persons());
    }
}

#[test]
fn columns_may_be_called_otherwise() {
    let desk = Desk::new(
        LIST.replace("rec_id,", "id,")
            .replace(",nama,", ",full_name,"),
    );
    fs::write(
        desk.at("columns.toml"),
        "rec_id = \"id\"\nnama = [\"full_name\"]\nnik = \"nik\"\nno_kk = \"no_kk\"\ntgl_lahir = \"tgl_lahir\"\n\
         jk = \"jk\"\nkode_desa = \"kode_desa\"\nsumber = \"sumber\"\n",
    )
    .expect("written");
    assert!(desk.link(&["--columns", "columns.toml"]).status.success());
    assert_eq!(desk.out(), persons());
    fs::remove_file(desk.at("out.csv")).expect("there");
    fs::write(
        desk.at("columns.toml"),
        "rec_id = \"id\"\nnama = \"full_name\"\nnome = \"x\"\n",
    )
    .expect("written");
    let said = desk.refused(&["--columns", "columns.toml"]);
    assert!(said.contains("nome"), "{said}");
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_written() {
    let without = LIST
        .replace(",nama,", ",nome,")
        .replace("kode_desa", "kode");
    let said = Desk::new(without).refused(&[]);
    assert!(
        said.contains("there is no column nama, kode_desa; the columns are: rec_id, sumber"),
        "{said}"
    );

    let twice = LIST.replace("b3,DESA", "a1,DESA");
    let said = Desk::new(twice).refused(&[]);
    assert!(said.contains("records 1 and 6 have one name, a1"), "{said}");

    let short = format!("{LIST}c1,DESA,1\n");
    let said = Desk::new(short).refused(&[]);
    assert!(
        said.contains("line 8: 3 columns, and the headings are 12"),
        "{said}"
    );

    let nameless = LIST.replace("b2,DESA", ",DESA");
    let said = Desk::new(nameless).refused(&[]);
    assert!(said.contains("line 6: the record has no name"), "{said}");

    let said = Desk::new("PK\u{3}\u{4} a workbook").refused(&[]);
    assert!(said.contains("save it as CSV"), "{said}");

    let said = Desk::new(LIST.lines().next().expect("a line")).refused(&[]);
    assert!(said.contains("there are no records"), "{said}");

    let said = Desk::new(LIST).refused(&["--threshold", "1.5"]);
    assert!(said.contains("between 0 and 1"), "{said}");
    for more in [
        &["--report", "nowhere/report.json"][..],
        &["--out", "nowhere/out.csv"],
    ] {
        let said = Desk::new(LIST).refused(more);
        assert!(said.contains("cannot be written"), "{said}");
    }
    for path in ["list.csv", "./list.csv"] {
        let said = Desk::new(LIST).refused(&["--out", path]);
        assert!(said.contains("is named twice"), "{said}");
    }
    let open = LIST.replacen("Siti Aminah", "\"Siti Aminah", 1);
    let said = Desk::new(open).refused(&[]);
    assert!(
        said.contains("line 2") && said.contains("quotation mark"),
        "{said}"
    );
    let endless = format!(
        "{}\"{}",
        &LIST[..LIST.find("Siti").expect("a name")],
        "x".repeat(3 << 20)
    );
    let said = Desk::new(endless).refused(&[]);
    assert!(
        said.contains("line 2") && said.contains("quotation mark"),
        "{said}"
    );
}
