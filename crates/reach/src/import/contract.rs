//! The columns of a list of villages.

use hall::intake::{Column, Contract, Reads, Said};

/// Rows of one file at most: twice the villages of the largest province, and room for
/// a list that names them twice.
const ROWS_MAX: usize = 20_000;

/// A list of villages.
pub(crate) static VILLAGES: Contract = Contract {
    subject: "villages",
    name: Said::new("Desa", "Villages"),
    columns: COLUMNS,
    key: None,
    title: "village",
    rows_max: ROWS_MAX,
    classification: "internal",
};

const fn column(
    key: &'static str,
    reads: Reads,
    name: Said,
    about: Said,
    example: &'static str,
    synonyms: &'static [&'static str],
) -> Column {
    Column {
        key,
        name,
        about,
        example,
        reads,
        required: false,
        synonyms,
    }
}

static COLUMNS: &[Column] = &[
    column(
        "code",
        Reads::Digits,
        Said::new("kode desa", "village code"),
        Said::new(
            "kode yang sistemnya belum dikatakan; diperiksa dahulu apakah Kemendagri atau BPS",
            "a code of which nobody has said the system; it is seen first whether it is Kemendagri's or of BPS",
        ),
        "62.11.07.2007",
        &[
            "kode",
            "kode wilayah",
            "kode desa kelurahan",
            "kode kelurahan",
            "kode kel desa",
            "code",
            "area",
        ],
    ),
    column(
        "code_kemendagri",
        Reads::Digits,
        Said::new("kode Kemendagri", "Kemendagri code"),
        Said::new(
            "PP.KK.CC.DDDD; titik yang hilang diterima, karena sistemnya sudah dikatakan",
            "PP.RR.DD.VVVV; lost dots are accepted, since the system is said",
        ),
        "62.11.07.2007",
        &[
            "kode dagri",
            "kode depdagri",
            "kode permendagri",
            "kode kemendagri desa",
        ],
    ),
    column(
        "code_bps",
        Reads::Digits,
        Said::new("kode BPS", "BPS code"),
        Said::new(
            "tidak dipakai untuk mencocokkan: isi juga kabupaten, kecamatan, dan desa",
            "not used to match: give regency, district and village as well",
        ),
        "62…",
        &["kode bps desa", "bps", "id desa bps"],
    ),
    column(
        "regency",
        Reads::Text,
        Said::new("kabupaten/kota", "regency or city"),
        Said::new("nama kabupaten atau kota", "name of the regency or city"),
        "Pulang Pisau",
        &[
            "kabupaten",
            "kab kota",
            "kab",
            "kota",
            "nama kabupaten",
            "regency",
            "kabupaten kota",
        ],
    ),
    column(
        "district",
        Reads::Text,
        Said::new("kecamatan", "district"),
        Said::new("nama kecamatan", "name of the district"),
        "Jabiren Raya",
        &["nama kecamatan", "kec"],
    ),
    column(
        "village",
        Reads::Text,
        Said::new("desa/kelurahan", "village"),
        Said::new("nama desa atau kelurahan", "name of the village"),
        "Tumbang Nusa",
        &[
            "desa",
            "kelurahan",
            "nama desa",
            "nama kelurahan",
            "nama desa kelurahan",
            "desa kelurahan",
            "kel desa",
            "nama",
        ],
    ),
    column(
        "status",
        Reads::Text,
        Said::new("status", "status"),
        Said::new(
            "sejauh mana programnya: aktif, tidak aktif, distribusi, terpasang, …",
            "how far the programme has come: aktif, tidak aktif, distribusi, terpasang, …",
        ),
        "aktif",
        &[
            "status program",
            "status perangkat",
            "status starlink",
            "kondisi",
        ],
    ),
    column(
        "blank_spot",
        Reads::Text,
        Said::new("blank spot", "blank spot"),
        Said::new(
            "ya atau tidak, menurut definisi daftar ini",
            "ya or tidak, as this list means it",
        ),
        "ya",
        &["blankspot", "status blank spot", "keterangan blank spot"],
    ),
    column(
        "voice",
        Reads::Text,
        Said::new("sinyal telepon", "telephone signal"),
        Said::new(
            "tidak ada, lemah, kuat, atau ada",
            "tidak ada, lemah, kuat or ada",
        ),
        "lemah",
        &[
            "sinyal",
            "kekuatan sinyal",
            "sinyal telepon seluler",
            "voice",
        ],
    ),
    column(
        "data",
        Reads::Text,
        Said::new("jaringan data", "mobile data"),
        Said::new(
            "tidak ada, 2G, 3G, 4G, atau 5G",
            "tidak ada, 2G, 3G, 4G or 5G",
        ),
        "4G",
        &[
            "jenis sinyal",
            "sinyal internet",
            "jaringan",
            "jenis jaringan",
            "data seluler",
        ],
    ),
    column(
        "four_g",
        Reads::Text,
        Said::new("permukiman terlayani 4G", "settlement with 4G"),
        Said::new(
            "bagian permukiman, dengan tanda persen",
            "share of the settlement, with its per cent sign",
        ),
        "45,5%",
        &["cakupan 4g", "persentase 4g", "coverage 4g"],
    ),
    column(
        "office",
        Reads::Text,
        Said::new("internet kantor desa", "internet of the village office"),
        Said::new("ya atau tidak", "ya or tidak"),
        "tidak",
        &[
            "internet desa",
            "kantor desa ada internet",
            "fasilitas internet kantor",
        ],
    ),
    column(
        "territory",
        Reads::Text,
        Said::new("wilayah bersinyal", "territory with signal"),
        Said::new(
            "bagian seluruh wilayah desa, dengan tanda persen",
            "share of the whole territory, with its per cent sign",
        ),
        "12%",
        &["cakupan wilayah", "persentase wilayah"],
    ),
    column(
        "provider",
        Reads::Text,
        Said::new("penyedia", "provider"),
        Said::new(
            "siapa yang menyediakan koneksinya",
            "who provides its connection",
        ),
        "PT …",
        &["provider", "operator", "penyedia layanan", "isp"],
    ),
    column(
        "grid",
        Reads::Text,
        Said::new("listrik PLN", "power grid"),
        Said::new("ya atau tidak", "ya or tidak"),
        "ya",
        &["pln", "listrik", "ada pln"],
    ),
];
