//! The record of an erasure as a text (berita acara): made from what is kept and from nothing
//! else, so that it names nobody who was erased.

use std::fmt::Write as _;

use base::now::Wall;
use hall::Hall;
use hall::print::said;
use serde_json::Value as Json;

/// Letters of a line of rows.
const WIDE: usize = 72;

/// What was destroyed, in words, by its name in the record.
const DESTROYED: [(&str, &str); 11] = [
    ("keys", "kunci baris daftar, beserta isi di bawahnya"),
    ("index", "entri indeks pencarian"),
    ("memberships", "keanggotaan yang masih berlaku, diakhiri"),
    ("findings", "temuan pemeriksaan"),
    ("pairs", "pasangan baris yang ditanyakan"),
    ("photos", "foto beserta kuncinya"),
    ("words", "jawaban orang tentang pasangan baris"),
    ("objections", "isi sanggahan beserta kuncinya"),
    (
        "requests",
        "isi permintaan yang sudah dijawab beserta kuncinya",
    ),
    ("exceptions", "alasan keputusan perorangan beserta kuncinya"),
    (
        "exports",
        "keperluan ekspor lampiran yang memuatnya beserta kuncinya",
    ),
];

/// `name` says what staff are called, by id.
pub(super) fn text(
    hall: &Hall,
    record: &Json,
    (sha256, is_settled): (&str, bool),
    name: &dyn Fn(&str) -> Option<String>,
) -> String {
    let said = |key: &str| record[key].as_str().unwrap_or_default();
    let time = |value: &Json| {
        let at = Wall::from_us(value.as_i64().unwrap_or(0));
        said::time_with_offset(hall, at)
    };
    let who = |key: &str| {
        let id = said(key);
        name(id).map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
    };
    let mut text = String::from("BERITA ACARA PEMUSNAHAN DATA PRIBADI\n\n");
    // Writing to a text cannot fail.
    let _ = writeln!(text, "Nomor pemusnahan : {}", record["erasure"]);
    let decree = &record["decree"];
    let _ = writeln!(
        text,
        "Dasar            : keputusan nomor {} tanggal {}",
        decree["number"].as_str().unwrap_or_default(),
        decree["day"].as_str().unwrap_or_default(),
    );
    if let Some(request) = record["request"].as_i64() {
        let _ = writeln!(text, "Permohonan       : nomor {request}");
    }
    let _ = writeln!(text, "Subjek           : {}", said("subject"));
    let _ = writeln!(
        text,
        "Diusulkan        : {}, {}",
        who("proposed_by"),
        time(&record["proposed_us"])
    );
    let _ = writeln!(
        text,
        "Disetujui        : {}, {}",
        who("confirmed_by"),
        time(&record["confirmed_us"])
    );
    text.push_str("\nYang dimusnahkan:\n");
    for (key, words) in DESTROYED {
        let count = record["destroyed"][key].as_u64().unwrap_or(0);
        if count > 0 {
            let _ = writeln!(text, "- {count} {words}");
        }
    }
    let numbers = |key: &str| {
        let numbers = record[key].as_array().map_or(&[][..], Vec::as_slice);
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        (!numbers.is_empty()).then(|| numbers.join(", "))
    };
    if let Some(lists) = numbers("raw_copies") {
        let _ = writeln!(
            text,
            "- berkas asli daftar nomor {lists}, beserta kuncinya (satu baris tidak dapat dipotong dari berkas tersegel)"
        );
    }
    if let Some(runs) = numbers("facts") {
        let _ = writeln!(
            text,
            "- yang diketahui pemeriksaan nomor {runs} tentangnya: ditulis ulang tanpa subjek itu"
        );
    }
    text.push_str("\nBaris (daftar:baris):\n");
    let mut line = String::new();
    for row in record["rows"].as_array().map_or(&[][..], Vec::as_slice) {
        let row = row.as_str().unwrap_or_default();
        if line.len() + row.len() + 2 > WIDE {
            let _ = writeln!(text, "  {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(row);
    }
    let _ = writeln!(text, "  {line}");
    text.push_str("\nYang tetap ada:\n");
    for stays in record["stays"].as_array().map_or(&[][..], Vec::as_slice) {
        let number = &stays["number"];
        let until = match stays["until_us"].as_i64() {
            Some(_) => format!("sampai {}", time(&stays["until_us"])),
            None => "sampai ada pemeriksaan berikutnya".to_owned(),
        };
        let _ = match stays["what"].as_str() {
            Some("facts") => writeln!(
                text,
                "- yang diketahui pemeriksaan nomor {number}, dasar daftar penetapan, {until}"
            ),
            Some("judged") => writeln!(
                text,
                "- kedudukan id itu pada daftar penetapan nomor {number}, tanpa nama"
            ),
            _ => writeln!(text, "- jejak audit, yang tidak memuat nama"),
        };
    }
    let file = match is_settled {
        true => "sudah ditimpa, juga pada salinan dari sebelum pembaruan versi",
        false => {
            "belum ditimpa: kuncinya sudah tidak ada, tetapi oktetnya mungkin masih ada di disk; dicoba lagi setiap jam"
        }
    };
    let _ = writeln!(
        text,
        "\nRuang berkas basis data (per {}): {file}.",
        said::time_with_offset(hall, hall.now().wall)
    );
    let _ = writeln!(
        text,
        "\nSHA-256 catatan ini sebagaimana tersimpan (JSON, kunci berurut):\n{sha256}\n"
    );
    text.push_str("Yang mengusulkan,                    Yang menyetujui,\n");
    text
}
