//! The columns of each kind of list.
//!
//! All kinds name people in the same columns; each has some of its own. Every value comes
//! as it is written: a number that a spreadsheet has cut is told, and kept as it came.

use card_core::list::Kind;
use hall::intake::{Column, Contract, Reads, Said};

/// Rows of one file at most: more than the persons of the province.
pub(crate) const ROWS_MAX: usize = 5_000_000;

/// A list of columns: how it is read, its key, its names, what belongs there, an example,
/// and what else people write above it. `need` is for what a row of the list cannot do
/// without.
macro_rules! columns {
    ($($need:ident $key:literal $reads:ident $id:literal $en:literal,
        $about_id:literal $about_en:literal, $example:literal, [$($synonym:literal),*];)+) => {
        &[$(Column {
            key: $key,
            name: Said::new($id, $en),
            about: Said::new($about_id, $about_en),
            example: $example,
            reads: Reads::$reads,
            required: required!($need),
            synonyms: &[$($synonym),*],
        }),+]
    };
}

macro_rules! required {
    (need) => {
        true
    };
    (may) => {
        false
    };
}

/// Who somebody is, in the columns of all kinds, and what a kind has besides.
macro_rules! people {
    ($($more:tt)*) => {
        columns! {
            may "nik" Digits "NIK" "NIK",
                "16 angka, kolom berformat teks" "16 digits, in a column of text",
                "6202110101150009",
                ["no nik", "nomor induk kependudukan", "nik kepala keluarga", "nik penerima"];
            may "no_kk" Digits "nomor KK" "family card",
                "16 angka, kolom berformat teks" "16 digits, in a column of text",
                "6202110101150009", ["kk", "no kartu keluarga", "nokk"];
            need "nama" Text "nama" "name",
                "nama lengkap" "the whole name", "Siti Aminah",
                ["nama lengkap", "nama penerima", "nama kepala keluarga", "nama kpm"];
            may "tgl_lahir" Text "tanggal lahir" "day of birth",
                "TTTT-BB-HH" "YYYY-MM-DD", "1975-06-18", ["lahir", "date of birth"];
            may "jk" Text "jenis kelamin" "sex",
                "L atau P" "L or P", "P", ["kelamin", "l p"];
            may "tempat_lahir" Text "tempat lahir" "place of birth",
                "kota atau kabupaten" "town or regency", "Sampit", ["tmpt lahir", "tempat"];
            may "ibu_kandung" Text "nama ibu kandung" "mother's name",
                "nama gadis ibu" "her name at birth", "Maimunah",
                ["ibu kandung", "nama ibu", "ibu", "nama gadis ibu kandung"];
            may "hubungan" Text "hubungan dalam keluarga" "what to the head",
                "kepala, istri, anak, …" "kepala, istri, anak, …", "KEPALA",
                ["hubungan keluarga", "shdk", "status hubungan", "hub keluarga"];
            may "alamat" Text "alamat" "address",
                "jalan, RT, RW" "street, RT, RW", "Jl. Mawar RT 02 RW 01",
                ["alamat lengkap", "jalan"];
            may "kode_desa" Digits "kode desa" "village code",
                "kode Kemendagri, dengan atau tanpa titik" "the Kemendagri code, with or without dots",
                "62.02.11.2001",
                ["kode kelurahan", "kode wilayah", "kode desa kelurahan", "kode kemendagri"];
            $($more)*
        }
    };
}

macro_rules! contract {
    ($name:ident $subject:literal $id:literal $en:literal { $($more:tt)* }) => {
        static $name: Contract = Contract {
            subject: $subject,
            name: Said::new($id, $en),
            columns: people! { $($more)* },
            key: None,
            title: "nama",
            rows_max: ROWS_MAX,
            classification: "pribadi",
        };
    };
}

contract! { DTSEN "card.dtsen" "DTSEN" "DTSEN" {
    need "desil" Text "desil" "decile",
        "1 sampai 10" "1 to 10", "2", ["desil kesejahteraan", "desil nasional"];
} }

contract! { BANSOS "card.bansos" "Bantuan lain" "Other aid" {
    need "program" Text "program" "programme",
        "PKH, sembako, BLT DD, …" "PKH, sembako, BLT DD, …", "PKH",
        ["jenis bansos", "nama program", "bantuan", "jenis bantuan"];
} }

contract! { KEMATIAN "card.kematian" "Kematian" "Deaths" {
    may "tgl_meninggal" Day "tanggal meninggal" "day of death",
        "TTTT-BB-HH" "YYYY-MM-DD", "2026-01-31",
        ["tgl wafat", "tanggal kematian", "tgl kematian"];
} }

contract! { PINDAH "card.pindah" "Perpindahan" "Moves" {
    may "tgl_pindah" Day "tanggal pindah" "day of the move",
        "TTTT-BB-HH" "YYYY-MM-DD", "2026-01-31", ["tgl kepindahan"];
    need "kode_tujuan" Text "tujuan" "where to",
        "kode wilayah tujuan" "code of the area", "63.71",
        ["kode wilayah tujuan", "daerah tujuan", "pindah ke"];
} }

contract! { DESA "card.desa" "Usulan desa" "Village proposals" {} }

contract! { KPM "card.kpm" "Daftar KPM" "Running list" {
    may "no_kartu" Digits "nomor kartu" "card number",
        "nomor kartu Huma Betang" "number of the card", "6200000000012345",
        ["kartu", "no khbs"];
    may "nilai" Digits "nilai (Rp)" "value (Rp)",
        "rupiah siklus terakhir; kosong bila belum diketahui"
        "rupiah of the last cycle; empty where it is not known",
        "400.000", ["jumlah", "nominal", "rupiah", "nilai bantuan"];
} }

contract! { GAGAL "card.gagal" "Transfer gagal" "Failed transfers" {
    may "no_kartu" Digits "nomor kartu" "card number",
        "nomor kartu Huma Betang" "number of the card", "6200000000012345",
        ["kartu", "no khbs"];
    may "nilai" Digits "nilai (Rp)" "value (Rp)",
        "rupiah yang gagal" "rupiah of the transfer", "400.000",
        ["jumlah", "nominal", "rupiah"];
    may "tgl_gagal" Day "tanggal gagal" "day of the failure",
        "TTTT-BB-HH" "YYYY-MM-DD", "2026-03-10", ["tanggal retur", "tgl retur"];
    may "alasan" Text "alasan" "why",
        "mengapa transfer gagal" "why the transfer failed", "rekening tutup",
        ["keterangan", "alasan retur", "sebab"];
} }

/// A business comes with whoever owns it, as far as the list says that.
static USAHA: Contract = Contract {
    subject: "card.usaha",
    name: Said::new("Usaha rumah tangga", "Household businesses"),
    columns: columns! {
        may "nik" Digits "NIK pemilik" "NIK of the owner",
            "16 angka, kolom berformat teks" "16 digits, in a column of text",
            "6202110101750009",
            ["no nik", "nik pengusaha", "nomor induk kependudukan"];
        may "no_kk" Digits "nomor KK pemilik" "family card of the owner",
            "16 angka, kolom berformat teks" "16 digits, in a column of text",
            "6202110101150009", ["kk", "no kartu keluarga", "nokk", "nomor kk"];
        may "nama" Text "nama pemilik" "name of the owner",
            "nama lengkap" "the whole name", "Siti Aminah",
            ["pemilik", "nama pengusaha", "nama lengkap"];
        may "tgl_lahir" Text "tanggal lahir pemilik" "day of birth of the owner",
            "TTTT-BB-HH" "YYYY-MM-DD", "1975-06-18",
            ["lahir", "tanggal lahir", "date of birth"];
        may "jk" Text "jenis kelamin pemilik" "sex of the owner",
            "L atau P" "L or P", "P", ["kelamin", "jenis kelamin", "l p"];
        need "nama_usaha" Text "nama usaha" "name of the business",
            "nama yang dipakai sehari-hari" "the name that people use", "Warung Bu Siti",
            ["usaha", "merek", "nama merek", "nama umkm"];
        may "jenis_usaha" Text "jenis usaha" "what it does",
            "dengan kata sendiri" "in words", "warung makan",
            ["bidang usaha", "kegiatan usaha", "sektor"];
        may "kbli" Digits "KBLI" "KBLI",
            "5 angka, atau 2 sampai 4 bila hanya golongannya diketahui"
            "5 digits, or 2 to 4 where only the group is known", "56102",
            ["kode kbli", "kbli 2020"];
        may "nib" Digits "NIB" "NIB",
            "13 angka dari OSS; kosong bila belum punya" "13 digits of OSS; empty without one",
            "9120301234567", ["nomor induk berusaha", "no nib", "nomor nib"];
        may "omzet" Digits "omzet sebulan (Rp)" "turnover of a month (Rp)",
            "rupiah; kosong bila belum diketahui" "rupiah; empty where it is not known",
            "3.000.000", ["omset", "omzet per bulan", "omset per bulan", "penjualan sebulan"];
        may "lama_usaha" Text "lama usaha (tahun)" "years running",
            "tahun genap; kosong bila belum diketahui" "whole years; empty where not known",
            "4", ["lama berjalan", "umur usaha"];
        may "bantuan" Text "bantuan yang sudah diterima" "aid that it has had",
            "nama bantuan, dipisah koma; 'tidak ada' bila belum pernah; kosong bila belum diketahui"
            "names with commas; 'tidak ada' where it had none; empty where not known",
            "BPUM, KUR", ["bantuan usaha", "bantuan diterima", "riwayat bantuan"];
        may "alamat" Text "alamat usaha" "address of the business",
            "jalan, RT, RW" "street, RT, RW", "Jl. Mawar RT 02 RW 01",
            ["alamat lengkap", "jalan"];
        may "kode_desa" Digits "kode desa usaha" "village code of the business",
            "kode Kemendagri, dengan atau tanpa titik" "the Kemendagri code, with or without dots",
            "62.02.11.2001",
            ["kode kelurahan", "kode wilayah", "kode desa kelurahan", "kode kemendagri"];
    },
    key: None,
    title: "nama_usaha",
    rows_max: ROWS_MAX,
    classification: "pribadi",
};

/// The columns of a kind.
pub(crate) const fn of(kind: Kind) -> &'static Contract {
    match kind {
        Kind::Dtsen => &DTSEN,
        Kind::Bansos => &BANSOS,
        Kind::Kematian => &KEMATIAN,
        Kind::Pindah => &PINDAH,
        Kind::Desa => &DESA,
        Kind::Kpm => &KPM,
        Kind::Gagal => &GAGAL,
        Kind::Usaha => &USAHA,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_columns_of_a_kind_go_by_one_heading() {
        for kind in Kind::ALL {
            let mut seen = BTreeSet::new();
            for column in of(kind).columns {
                let own: BTreeSet<String> = [column.key, &*column.name.id, &*column.name.en]
                    .into_iter()
                    .chain(column.synonyms.iter().copied())
                    .map(|heading| heading.to_lowercase().replace(['_', '.'], " "))
                    .collect();
                for heading in own {
                    assert!(seen.insert(heading.clone()), "{kind:?}: {heading}");
                }
            }
        }
    }
}
