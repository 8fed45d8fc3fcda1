//! What is wrong with a text, and that it is said where and in both tongues.

use super::super::*;
use super::*;

pub(super) const TOP: &str = r#"program = "pangan"
nama = "Paket pangan"
subjek = "keluarga"
instansi = "Dinas Sosial"
dasar = "Peraturan Gubernur"
barang = "paket pangan"
satuan = "paket"
jumlah = 1
rupiah = 150000
berlaku_dari = 2026-01-01
berlaku_sampai = 2026-12-31
"#;

pub(super) const RULE: &str = r#"[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
massal = true
jika = { kolom = "desil", op = "<=", nilai = 2 }
"#;

pub(super) fn wrong(text: &str) -> Wrong {
    match Programme::parse(text) {
        Err(wrong) => wrong,
        Ok(programme) => panic!("nothing is wrong with {programme:?}"),
    }
}

/// What is said of a text, in both tongues.
pub(super) fn said(text: &str) -> (String, String) {
    let wrong = wrong(text);
    (wrong.to_string(), wrong.english())
}

/// The whole text with one thing replaced.
pub(super) fn with(from: &str, to: &str) -> String {
    let text = format!("{TOP}{RULE}");
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// The whole text with another term.
pub(super) fn asking(term: &str) -> String {
    with(r#"{ kolom = "desil", op = "<=", nilai = 2 }"#, term)
}

#[test]
fn the_text_itself_is_right() {
    let programme = Programme::parse(&format!("{TOP}{RULE}")).expect("a programme");
    assert_eq!(programme.name, "Paket pangan");
    assert_eq!(programme.budget, None);
    assert_eq!(programme.rules[0].source, None);
    assert!(programme.rules[0].in_bulk);
    let leaf = Leaf {
        column: Column::Decile,
        test: Test::Compare {
            op: Op::AtMost,
            to: 2,
        },
        number: 0,
    };
    assert_eq!(programme.rules[0].term, Term::Is(leaf));
    let more = with("berlaku_sampai", "anggaran = \" 5.1.05 \"\nberlaku_sampai");
    let programme = Programme::parse(&more).expect("a programme");
    assert_eq!(programme.budget.as_deref(), Some("5.1.05"));
    let without = with("rupiah = 150000\n", "");
    let without = without.replace("berlaku_sampai = 2026-12-31\n", "");
    let without = without.replace("massal = true", "massal = false");
    let programme = Programme::parse(&without).expect("a programme");
    assert_eq!(programme.rupiah_each(), None);
    assert!(programme.is_in_force(day("2199-12-31")));
    assert!(!programme.rules[0].in_bulk);
}

#[test]
fn what_is_wrong_at_the_top_is_said() {
    for (from, to, indonesian, english) in [
        (
            "nama = \"Paket pangan\"\n",
            "",
            "nama: harus ada",
            "nama: has to be there",
        ),
        (
            "nama = \"Paket pangan\"",
            "nama = 5",
            "nama: harus teks di antara tanda kutip, bukan bilangan bulat",
            "nama: has to be text between quotes, not a whole number",
        ),
        (
            "nama = \"Paket pangan\"",
            "nama = \"  \"",
            "nama: kosong",
            "nama: is empty",
        ),
        (
            "nama = \"Paket pangan\"",
            "nama = \"Paket\\npangan\"",
            "nama: harus satu baris tanpa tanda kendali",
            "nama: has to be one line without control signs",
        ),
        (
            "barang",
            "barangnya",
            "barangnya: kunci ini tidak dikenal; yang ada: program, nama, subjek, instansi, \
             dasar, anggaran, barang, satuan, jumlah, rupiah, berlaku_dari, berlaku_sampai, \
             aturan",
            "barangnya: no such key; there are: program, nama, subjek, instansi, dasar, \
             anggaran, barang, satuan, jumlah, rupiah, berlaku_dari, berlaku_sampai, aturan",
        ),
        (
            "\"pangan\"",
            "\"Pangan 1\"",
            "program: “Pangan 1” harus 2 sampai 40 huruf kecil atau angka (a-z, 0-9) atau \
             tanda hubung",
            "program: “Pangan 1” has to be 2 to 40 small letters or digits (a-z, 0-9) or \
             hyphens",
        ),
        (
            "\"keluarga\"",
            "\"rumah\"",
            "subjek: “rumah” tidak dikenal; yang ada: keluarga, orang, usaha",
            "subjek: “rumah” is not known; there are: keluarga, orang, usaha",
        ),
        (
            "jumlah = 1",
            "jumlah = 0",
            "jumlah: 0 tidak mungkin; harus 1 sampai 1000",
            "jumlah: 0 cannot be; it has to be 1 to 1000",
        ),
        (
            "jumlah = 1\n",
            "",
            "jumlah: harus ada",
            "jumlah: has to be there",
        ),
        (
            "rupiah = 150000",
            "rupiah = -1",
            "rupiah: -1 tidak mungkin; harus 0 sampai 1000000000",
            "rupiah: -1 cannot be; it has to be 0 to 1000000000",
        ),
        (
            "rupiah = 150000",
            "rupiah = 150.5",
            "rupiah: harus bilangan bulat, bukan bilangan pecahan",
            "rupiah: has to be a whole number, not a number that is not whole",
        ),
        (
            "berlaku_dari = 2026-01-01",
            "berlaku_dari = \"2026-01-01\"",
            "berlaku_dari: harus tanggal tanpa tanda kutip, bukan teks di antara tanda kutip",
            "berlaku_dari: has to be a day without quotes, not text between quotes",
        ),
        (
            "berlaku_dari = 2026-01-01",
            "berlaku_dari = 2026-01-01T07:00:00",
            "berlaku_dari: harus tanggal tanpa tanda kutip, bukan waktu dengan jam",
            "berlaku_dari: has to be a day without quotes, not a time of day",
        ),
        (
            "berlaku_dari = 2026-01-01",
            "berlaku_dari = 1899-12-31",
            "berlaku_dari: harus tanggal dari tahun 1900 sampai 2199",
            "berlaku_dari: has to be a day of the years 1900 to 2199",
        ),
        (
            "berlaku_dari = 2026-01-01\n",
            "",
            "berlaku_dari: harus ada",
            "berlaku_dari: has to be there",
        ),
        (
            "berlaku_sampai = 2026-12-31",
            "berlaku_sampai = 2025-12-31",
            "berlaku_sampai: 2025-12-31 sebelum berlaku_dari, 2026-01-01",
            "berlaku_sampai: 2025-12-31 is before berlaku_dari, 2026-01-01",
        ),
    ] {
        let text = with(from, to);
        assert_eq!(said(&text), (indonesian.to_owned(), english.to_owned()));
    }
}

#[test]
fn what_is_wrong_with_a_rule_is_said() {
    for (from, to, indonesian, english) in [
        (
            "id = \"desil\"",
            "id = \"D\"",
            "aturan #1, id: “D” harus 2 sampai 40 huruf kecil atau angka (a-z, 0-9) atau \
             tanda hubung",
            "rule #1, id: “D” has to be 2 to 40 small letters or digits (a-z, 0-9) or hyphens",
        ),
        (
            "id = \"desil\"\n",
            "",
            "aturan #1, id: harus ada",
            "rule #1, id: has to be there",
        ),
        (
            "\"syarat\"",
            "\"wajib\"",
            "aturan desil, jenis: “wajib” tidak dikenal; yang ada: syarat, pengecualian",
            "rule desil, jenis: “wajib” is not known; there are: syarat, pengecualian",
        ),
        (
            "massal = true",
            "massal = \"ya\"",
            "aturan desil, massal: harus true atau false, bukan teks di antara tanda kutip",
            "rule desil, massal: has to be true or false, not text between quotes",
        ),
        (
            "massal",
            "masal",
            "aturan desil, masal: kunci ini tidak dikenal; yang ada: id, jenis, nama, dasar, \
             massal, jika",
            "rule desil, masal: no such key; there are: id, jenis, nama, dasar, massal, jika",
        ),
        (
            "jika = { kolom = \"desil\", op = \"<=\", nilai = 2 }\n",
            "",
            "aturan desil, jika: harus ada",
            "rule desil, jika: has to be there",
        ),
        (
            "[[aturan]]",
            "[aturan]",
            "aturan: harus daftar [ … ], bukan tabel { … }",
            "aturan: has to be a list [ … ], not a table { … }",
        ),
    ] {
        let text = with(from, to);
        assert_eq!(said(&text), (indonesian.to_owned(), english.to_owned()));
    }
    let twice = format!("{TOP}{RULE}{RULE}");
    assert_eq!(
        said(&twice),
        (
            "aturan desil, id: sudah dipakai aturan lain".to_owned(),
            "rule desil, id: another rule has it".to_owned()
        )
    );
    assert_eq!(wrong(TOP).to_string(), "aturan: harus ada");
    for (text, indonesian) in [
        ("aturan = []", "aturan: berisi 0; harus 1 sampai 32"),
        (
            "aturan = [5]",
            "aturan #1: harus tabel { … }, bukan bilangan bulat",
        ),
    ] {
        assert_eq!(wrong(&format!("{TOP}{text}")).to_string(), indonesian);
    }
    let many: String = (0..33)
        .map(|number| RULE.replace("\"desil\"\njenis", &format!("\"desil-{number}\"\njenis")))
        .collect();
    assert_eq!(
        wrong(&format!("{TOP}{many}")).to_string(),
        "aturan: berisi 33; harus 1 sampai 32"
    );
}

#[test]
fn what_is_wrong_with_a_term_is_said() {
    for (term, indonesian, english) in [
        (
            "5",
            ": harus tabel { … }, bukan bilangan bulat",
            ": has to be a table { … }, not a whole number",
        ),
        (
            "{}",
            ": harus berisi kolom dengan op, atau semua, salah_satu, atau bukan",
            ": has to hold kolom with op, or semua, salah_satu, or bukan",
        ),
        (
            "{ op = \"ya\" }",
            ".kolom: harus ada",
            ".kolom: has to be there",
        ),
        (
            "{ kolom = \"kpm\" }",
            ".op: harus ada",
            ".op: has to be there",
        ),
        (
            "{ semua = [], kolom = \"desil\" }",
            ".kolom: kunci ini tidak dikenal; yang ada: semua",
            ".kolom: no such key; there are: semua",
        ),
        (
            "{ kolom = \"kpm\", op = \"ya\", nilai = 1 }",
            ".nilai: op ya tidak memakai nilai",
            ".nilai: op ya takes no value",
        ),
        (
            "{ kolom = \"desil\", op = \"<=\", nilainya = 1 }",
            ".nilainya: kunci ini tidak dikenal; yang ada: kolom, op, nilai",
            ".nilainya: no such key; there are: kolom, op, nilai",
        ),
        (
            "{ kolom = \"umur\", op = \"<\", nilai = 5 }",
            ".kolom: kolom umur tidak ada untuk keluarga; yang ada: desil, anggota, balita, \
             anak, usia_sekolah, lansia, kepala_hidup, kepala_perempuan, kk_ada, alamat_ada, \
             usulan_desa, kpm, transfer_gagal, nik_lengkap, wilayah, bantuan",
            ".kolom: column umur cannot be told of keluarga; there are: desil, anggota, \
             balita, anak, usia_sekolah, lansia, kepala_hidup, kepala_perempuan, kk_ada, \
             alamat_ada, usulan_desa, kpm, transfer_gagal, nik_lengkap, wilayah, bantuan",
        ),
        (
            "{ kolom = \"gaji\", op = \"<\", nilai = 5 }",
            ".kolom: “gaji” tidak dikenal; yang ada: desil, anggota, balita, anak, \
             usia_sekolah, lansia, kepala_hidup, kepala_perempuan, kk_ada, alamat_ada, \
             usulan_desa, kpm, transfer_gagal, nik_lengkap, wilayah, bantuan",
            ".kolom: “gaji” is not known; there are: desil, anggota, balita, anak, \
             usia_sekolah, lansia, kepala_hidup, kepala_perempuan, kk_ada, alamat_ada, \
             usulan_desa, kpm, transfer_gagal, nik_lengkap, wilayah, bantuan",
        ),
        (
            "{ kolom = \"desil\", op = \"ada\", nilai = 2 }",
            ".op: “ada” tidak berlaku untuk kolom desil; yang ada: =, !=, <, <=, >, >=, antara",
            ".op: “ada” cannot be asked of column desil; there are: =, !=, <, <=, >, >=, antara",
        ),
        (
            "{ kolom = \"kpm\", op = \"=\", nilai = 1 }",
            ".op: “=” tidak berlaku untuk kolom kpm; yang ada: ya, tidak",
            ".op: “=” cannot be asked of column kpm; there are: ya, tidak",
        ),
        (
            "{ kolom = \"wilayah\", op = \"ya\" }",
            ".op: “ya” tidak berlaku untuk kolom wilayah; yang ada: di",
            ".op: “ya” cannot be asked of column wilayah; there are: di",
        ),
        (
            "{ kolom = \"bantuan\", op = \"di\", nilai = [\"PKH\"] }",
            ".op: “di” tidak berlaku untuk kolom bantuan; yang ada: ada",
            ".op: “di” cannot be asked of column bantuan; there are: ada",
        ),
        (
            "{ kolom = \"desil\", op = \"<=\" }",
            ".nilai: harus ada",
            ".nilai: has to be there",
        ),
        (
            "{ kolom = \"desil\", op = \"<=\", nilai = 11 }",
            ".nilai: 11 tidak mungkin; harus 1 sampai 10",
            ".nilai: 11 cannot be; it has to be 1 to 10",
        ),
        (
            "{ kolom = \"desil\", op = \"antara\", nilai = 2 }",
            ".nilai: harus daftar [ … ], bukan bilangan bulat",
            ".nilai: has to be a list [ … ], not a whole number",
        ),
        (
            "{ kolom = \"desil\", op = \"antara\", nilai = [1, 2, 3] }",
            ".nilai: berisi 3; harus 2",
            ".nilai: it holds 3; it has to hold 2",
        ),
        (
            "{ kolom = \"desil\", op = \"antara\", nilai = [1, true] }",
            ".nilai[2]: harus bilangan bulat, bukan true atau false",
            ".nilai[2]: has to be a whole number, not true or false",
        ),
        (
            "{ kolom = \"desil\", op = \"antara\", nilai = [5, 2] }",
            ".nilai: 5 lebih besar daripada 2",
            ".nilai: 5 is more than 2",
        ),
        (
            "{ kolom = \"wilayah\", op = \"di\", nilai = [\"62\", \"6271\"] }",
            ".nilai[2]: “6271” bukan kode wilayah Kemendagri (PP, PP.RR, PP.RR.DD atau \
             PP.RR.DD.VVVV)",
            ".nilai[2]: “6271” is no Kemendagri code of an area (PP, PP.RR, PP.RR.DD or \
             PP.RR.DD.VVVV)",
        ),
        (
            "{ kolom = \"bantuan\", op = \"ada\", nilai = [] }",
            ".nilai: berisi 0; harus 1 sampai 2000",
            ".nilai: it holds 0; it has to hold 1 to 2000",
        ),
        (
            "{ kolom = \"bantuan\", op = \"ada\", nilai = [\"\"] }",
            ".nilai[1]: kosong",
            ".nilai[1]: is empty",
        ),
        (
            "{ semua = [{ kolom = \"kpm\", op = \"ya\" }, { bukan = { kolom = 1 } }] }",
            ".semua[2].bukan.kolom: harus teks di antara tanda kutip, bukan bilangan bulat",
            ".semua[2].bukan.kolom: has to be text between quotes, not a whole number",
        ),
        (
            "{ salah_satu = [] }",
            ".salah_satu: berisi 0; harus 1 sampai 64",
            ".salah_satu: it holds 0; it has to hold 1 to 64",
        ),
    ] {
        let (id, en) = said(&asking(term));
        assert_eq!(id, format!("aturan desil, jika{indonesian}"), "{term}");
        assert_eq!(en, format!("rule desil, jika{english}"), "{term}");
    }
}

#[test]
fn what_is_no_toml_has_a_line() {
    for (from, to, line) in [
        ("program = ", "program ", 1),
        ("jumlah = 1", "jumlah = ", 8),
        ("id = \"desil\"", "id = \"desil", 13),
        ("jumlah = 1", "jumlah = 1\njumlah = 1", 9),
        ("berlaku_dari = 2026-01-01", "berlaku_dari = 2026-02-30", 10),
    ] {
        let wrong = wrong(&with(from, to));
        assert_eq!(wrong.at, format!("baris {line}"), "{wrong}");
        let Why::Syntax { said } = &wrong.why else {
            panic!("{wrong}");
        };
        assert_eq!(
            wrong.to_string(),
            format!("baris {line}: bukan TOML yang benar: {said}")
        );
        assert_eq!(
            wrong.english(),
            format!("line {line}: it is not TOML: {said}")
        );
    }
}
