//! The columns of a list of cameras.

use hall::intake::{Column, Contract, Reads, Said};

/// Cameras of one file at most: more than the province has.
const ROWS_MAX: usize = 5_000;

/// A list of cameras.
pub(crate) static CAMERAS: Contract = Contract {
    subject: "cameras",
    name: Said::new("Kamera", "Cameras"),
    columns: COLUMNS,
    key: Some("short"),
    title: "name",
    rows_max: ROWS_MAX,
    classification: "terbatas",
};

const fn column(
    required: bool,
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
        required,
        synonyms,
    }
}

const NEEDED: bool = true;
const OPTIONAL: bool = false;

static COLUMNS: &[Column] = &[
    column(
        NEEDED,
        "short",
        Reads::Text,
        Said::new("nama pendek", "short name"),
        Said::new(
            "untuk alamat dan ucapan: huruf kecil, angka, dan tanda hubung, paling panjang 40; tidak boleh sama",
            "for addresses and speech: a-z, 0-9 and -, at most 40; no two alike",
        ),
        "pasar-besar",
        &[
            "short",
            "kode kamera",
            "id kamera",
            "kode cctv",
            "id cctv",
            "camera id",
            "slug",
        ],
    ),
    column(
        NEEDED,
        "name",
        Reads::Text,
        Said::new("nama kamera", "camera name"),
        Said::new(
            "sebagaimana disebut petugas, paling panjang 120",
            "as officials call it, at most 120",
        ),
        "Pasar Besar, pintu utara",
        &[
            "nama",
            "name",
            "nama cctv",
            "titik cctv",
            "nama lokasi",
            "lokasi cctv",
            "lokasi kamera",
            "lokasi",
        ],
    ),
    column(
        OPTIONAL,
        "kind",
        Reads::Text,
        Said::new("jenis", "kind"),
        Said::new(
            "kantor, ruang_publik, proyek_strategis, atau lainnya",
            "kantor, ruang_publik, proyek_strategis or lainnya",
        ),
        "ruang_publik",
        &[
            "jenis tempat",
            "jenis lokasi",
            "kategori",
            "type",
            "jenis kamera",
        ],
    ),
    column(
        OPTIONAL,
        "area",
        Reads::Digits,
        Said::new("kode wilayah", "area code"),
        Said::new(
            "kode Kemendagri dengan titik; boleh kosong bila nama wilayah diisi",
            "Kemendagri code with dots; may be empty where the names of the area are given",
        ),
        "62.71.01.1001",
        &[
            "area",
            "kode kemendagri",
            "kode desa",
            "kode kelurahan",
            "kode kecamatan",
            "kode daerah",
            "area_code",
        ],
    ),
    column(
        OPTIONAL,
        "regency",
        Reads::Text,
        Said::new("kabupaten/kota", "regency or city"),
        Said::new("nama kabupaten atau kota", "name of the regency or city"),
        "Kota Palangka Raya",
        &[
            "kabupaten",
            "kab kota",
            "kab/kota",
            "kota",
            "regency",
            "kabupaten kota",
        ],
    ),
    column(
        OPTIONAL,
        "district",
        Reads::Text,
        Said::new("kecamatan", "district"),
        Said::new("nama kecamatan", "name of the district"),
        "Pahandut",
        &["nama kecamatan", "kec"],
    ),
    column(
        OPTIONAL,
        "village",
        Reads::Text,
        Said::new("desa/kelurahan", "village"),
        Said::new("nama desa atau kelurahan", "name of the village"),
        "Langkai",
        &[
            "desa",
            "kelurahan",
            "nama desa",
            "nama kelurahan",
            "desa kelurahan",
            "kel desa",
        ],
    ),
    column(
        OPTIONAL,
        "area_name",
        Reads::Text,
        Said::new("nama wilayah", "area name"),
        Said::new(
            "nama wilayah pada tingkat mana pun; lengkapi dengan kabupaten/kota",
            "name of an area of any level; give the regency beside it",
        ),
        "Pahandut",
        &["wilayah", "area name"],
    ),
    column(
        OPTIONAL,
        "agency",
        Reads::Text,
        Said::new("OPD", "agency"),
        Said::new(
            "nama atau singkatan OPD yang bertanggung jawab, seperti di Pengaturan",
            "name or short name of the agency that answers for it, as in the settings",
        ),
        "Diskominfo",
        &[
            "dinas",
            "instansi",
            "perangkat daerah",
            "skpd",
            "agency",
            "nama opd",
            "pemilik",
        ],
    ),
    column(
        NEEDED,
        "main",
        Reads::Address,
        Said::new("aliran utama", "main stream"),
        Said::new(
            "alamat RTSP atau HLS (.m3u8); nama dan kata sandi di dalamnya dipisahkan dan disegel",
            "RTSP or HLS (.m3u8) address; a name and password in it are taken out and sealed",
        ),
        "rtsp://10.20.30.40:554/main",
        &[
            "main",
            "rtsp",
            "rtsp url",
            "url rtsp",
            "alamat rtsp",
            "url",
            "main stream",
            "stream utama",
            "link rtsp",
            "alamat kamera",
            "rtsp utama",
            "hls",
            "m3u8",
            "url hls",
            "alamat hls",
            "link hls",
        ],
    ),
    column(
        OPTIONAL,
        "sub",
        Reads::Address,
        Said::new("aliran kecil", "sub stream"),
        Said::new(
            "alamat RTSP atau HLS gambar kecil",
            "RTSP or HLS address of the small picture",
        ),
        "rtsp://10.20.30.40:554/sub",
        &[
            "sub",
            "substream",
            "sub stream",
            "rtsp sub",
            "stream kecil",
            "rtsp kecil",
        ],
    ),
    column(
        OPTIONAL,
        "username",
        Reads::Text,
        Said::new("nama pengguna kamera", "camera user name"),
        Said::new("yang diminta kamera", "what the camera asks for"),
        "pemantau",
        &[
            "username",
            "user",
            "user name",
            "nama pengguna",
            "pengguna",
            "login",
        ],
    ),
    column(
        OPTIONAL,
        "password",
        Reads::Secret,
        Said::new("kata sandi kamera", "camera password"),
        Said::new(
            "disegel seketika dan tidak pernah ditampilkan lagi",
            "sealed at once and never shown again",
        ),
        "…",
        &["password", "kata sandi", "sandi", "pass", "passwd", "pwd"],
    ),
    column(
        OPTIONAL,
        "lat",
        Reads::Number,
        Said::new("lintang", "latitude"),
        Said::new(
            "derajat desimal WGS 84, negatif di selatan",
            "decimal degrees WGS 84, negative in the south",
        ),
        "-2,2083",
        &[
            "lat",
            "latitude",
            "lat_deg",
            "garis lintang",
            "koordinat lintang",
            "y",
        ],
    ),
    column(
        OPTIONAL,
        "lon",
        Reads::Number,
        Said::new("bujur", "longitude"),
        Said::new("derajat desimal WGS 84", "decimal degrees WGS 84"),
        "113,9213",
        &[
            "lon",
            "long",
            "lng",
            "longitude",
            "lon_deg",
            "garis bujur",
            "koordinat bujur",
            "x",
        ],
    ),
    column(
        OPTIONAL,
        "point",
        Reads::Text,
        Said::new("titik", "point"),
        Said::new(
            "lintang dan bujur dalam satu sel, sebagai pengganti dua kolom",
            "latitude and longitude in one cell, instead of two columns",
        ),
        "-2.2083, 113.9213",
        &[
            "koordinat",
            "titik koordinat",
            "latlong",
            "lat long",
            "coordinates",
        ],
    ),
    column(
        OPTIONAL,
        "heading",
        Reads::Number,
        Said::new("arah hadap", "heading"),
        Said::new(
            "derajat searah jarum jam dari utara, 0 sampai 360",
            "degrees clockwise from north, 0 to 360",
        ),
        "90",
        &["heading", "heading_deg", "arah", "arah kamera", "azimut"],
    ),
    column(
        OPTIONAL,
        "always_on",
        Reads::Flag,
        Said::new("selalu diambil", "always on"),
        Said::new(
            "ya: gambar diambil juga saat tidak ditonton",
            "ya: pulled even when nobody watches",
        ),
        "tidak",
        &["always on", "always_on", "24 jam", "selalu"],
    ),
    column(
        OPTIONAL,
        "contact_name",
        Reads::Text,
        Said::new("petugas", "contact"),
        Said::new(
            "yang dihubungi bila kamera gelap",
            "whom to call when it is dark",
        ),
        "Petugas jaga",
        &[
            "kontak",
            "nama kontak",
            "penanggung jawab",
            "pic",
            "contact name",
            "nama petugas",
            "narahubung",
        ],
    ),
    column(
        OPTIONAL,
        "contact_phone",
        Reads::Digits,
        Said::new("telepon petugas", "contact phone"),
        Said::new(
            "nomor telepon, ditulis sebagai teks",
            "telephone number, as text",
        ),
        "081200000000",
        &[
            "telepon",
            "no hp",
            "nomor hp",
            "hp",
            "no telepon",
            "nomor telepon",
            "telp",
            "phone",
            "no wa",
            "kontak hp",
        ],
    ),
    column(
        OPTIONAL,
        "contact_duty",
        Reads::Text,
        Said::new("jam petugas", "contact hours"),
        Said::new("kapan dapat dihubungi", "when"),
        "Senin-Jumat 07.00-16.00 WIB",
        &["jam kerja", "jadwal", "jadwal jaga", "contact duty"],
    ),
    column(
        OPTIONAL,
        "legal_controller",
        Reads::Text,
        Said::new("pengendali data", "data controller"),
        Said::new(
            "kantor yang bertanggung jawab menurut UU 27/2022",
            "the office that answers by UU 27/2022",
        ),
        "Dinas Kominfo",
        &["controller", "pengendali"],
    ),
    column(
        OPTIONAL,
        "legal_purpose",
        Reads::Text,
        Said::new("tujuan", "purpose"),
        Said::new(
            "keamanan, bencana, atau lalu lintas",
            "security, disaster or traffic",
        ),
        "keamanan",
        &["purpose", "tujuan perekaman", "tujuan pemasangan"],
    ),
    column(
        OPTIONAL,
        "legal_basis",
        Reads::Text,
        Said::new("dasar peraturan", "legal basis"),
        Said::new("peraturan atau keputusan", "the regulation or decree"),
        "Pergub …",
        &["basis", "dasar hukum", "dasar"],
    ),
    column(
        OPTIONAL,
        "legal_agreement",
        Reads::Text,
        Said::new("nomor perjanjian", "agreement"),
        Said::new(
            "perjanjian dengan pemilik kamera",
            "the agreement with the owner",
        ),
        "PKS …",
        &["agreement", "perjanjian", "pks", "nomor pks", "mou"],
    ),
    column(
        OPTIONAL,
        "legal_agreement_until",
        Reads::Day,
        Said::new("perjanjian sampai", "agreement until"),
        Said::new(
            "hari berakhirnya, TTTT-BB-HH",
            "the day it ends, YYYY-MM-DD",
        ),
        "2027-12-31",
        &[
            "berlaku sampai",
            "masa berlaku",
            "akhir perjanjian",
            "agreement until",
        ],
    ),
    column(
        OPTIONAL,
        "legal_sign_on_site",
        Reads::Flag,
        Said::new("papan pemberitahuan", "sign on site"),
        Said::new(
            "ya bila ada papan yang memberi tahu orang",
            "ya where a sign tells people",
        ),
        "ya",
        &["papan", "rambu", "papan informasi", "sign on site"],
    ),
    column(
        OPTIONAL,
        "legal_zone",
        Reads::Text,
        Said::new("zona", "zone"),
        Said::new("publik atau privat", "publik or privat"),
        "publik",
        &["zone"],
    ),
    column(
        OPTIONAL,
        "legal_retention_days",
        Reads::Number,
        Said::new("masa simpan (hari)", "retention (days)"),
        Said::new("0 sampai 3650 hari", "0 to 3650 days"),
        "30",
        &["masa simpan", "retensi", "retention", "retention days"],
    ),
    column(
        OPTIONAL,
        "project_code",
        Reads::Digits,
        Said::new("kode proyek", "project code"),
        Said::new(
            "proyek strategis yang dipantau",
            "of the strategic project it watches",
        ),
        "PS-07",
        &["project code"],
    ),
    column(
        OPTIONAL,
        "project_name",
        Reads::Text,
        Said::new("nama proyek", "project name"),
        Said::new("nama proyeknya", "its name"),
        "Jembatan …",
        &["proyek", "project", "project name", "nama kegiatan"],
    ),
    column(
        OPTIONAL,
        "project_agency",
        Reads::Text,
        Said::new("OPD proyek", "project agency"),
        Said::new("OPD pelaksana proyek", "the agency that runs it"),
        "Dinas PUPR",
        &["pelaksana", "project agency"],
    ),
    column(
        OPTIONAL,
        "project_contractor",
        Reads::Text,
        Said::new("penyedia", "contractor"),
        Said::new("siapa yang membangun", "who builds"),
        "PT …",
        &["kontraktor", "contractor"],
    ),
    column(
        OPTIONAL,
        "project_contract",
        Reads::Digits,
        Said::new("nomor kontrak", "contract"),
        Said::new("nomor kontraknya", "number of the contract"),
        "600/…",
        &["kontrak", "no kontrak", "contract"],
    ),
    column(
        OPTIONAL,
        "project_starts",
        Reads::Day,
        Said::new("proyek mulai", "project starts"),
        Said::new("hari pertama, TTTT-BB-HH", "first day, YYYY-MM-DD"),
        "2026-03-01",
        &["mulai proyek", "tanggal mulai", "project starts"],
    ),
    column(
        OPTIONAL,
        "project_ends",
        Reads::Day,
        Said::new("proyek selesai", "project ends"),
        Said::new("hari terakhir, TTTT-BB-HH", "last day, YYYY-MM-DD"),
        "2026-12-20",
        &["selesai proyek", "tanggal selesai", "project ends"],
    ),
    column(
        OPTIONAL,
        "project_physical",
        Reads::Text,
        Said::new("fisik menurut laporan (%)", "reported progress (%)"),
        Said::new(
            "0 sampai 100, sebagaimana dilaporkan",
            "0 to 100, as reported",
        ),
        "45,5",
        &[
            "fisik",
            "progres fisik",
            "progress",
            "progres",
            "realisasi fisik",
        ],
    ),
    column(
        OPTIONAL,
        "project_reported",
        Reads::Day,
        Said::new("tanggal laporan", "reported on"),
        Said::new(
            "hari laporan itu, TTTT-BB-HH",
            "the day of that report, YYYY-MM-DD",
        ),
        "2026-10-31",
        &["tanggal laporan fisik", "per tanggal", "reported"],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_columns_answer_to_one_word() {
        let plain = |word: &str| {
            let lower = word.to_lowercase();
            let words = lower.split(|c: char| !c.is_alphanumeric());
            words
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let mut owners = BTreeMap::new();
        for column in CAMERAS.columns {
            let words = [column.key, &*column.name.id, &*column.name.en];
            for word in words.into_iter().chain(column.synonyms.iter().copied()) {
                let owner = owners.insert(plain(word), column.key);
                assert!(
                    owner.is_none_or(|owner| owner == column.key),
                    "{word}: {owner:?}"
                );
            }
        }
        for key in CAMERAS.key.into_iter().chain([CAMERAS.title]) {
            assert!(CAMERAS.column(key).is_some_and(|column| column.required));
        }
    }
}
