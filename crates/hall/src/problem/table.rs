//! Every failure that there is, by its slug.
//!
//! A slug stays the same for good: programs act on it. Titles are for people and
//! may be worded better. `docs/problems.md` is printed from here.

use base::kind::Kind;

/// Every slug: its kind, and its title in Indonesian and English.
pub const SLUGS: &[(&str, Kind, &str, &str)] = &[
    (
        "agency",
        Kind::NotFound,
        "OPD tidak ditemukan",
        "No such agency",
    ),
    (
        "agency-cycle",
        Kind::Conflict,
        "OPD tidak dapat berada di bawah dirinya sendiri",
        "An agency cannot lie below itself",
    ),
    (
        "agency-taken",
        Kind::Conflict,
        "Nama OPD sudah ada di sana",
        "The agency's name is taken there",
    ),
    (
        "agent",
        Kind::NotFound,
        "Perangkat tidak ditemukan",
        "No such box",
    ),
    (
        "area",
        Kind::NotFound,
        "Wilayah tidak ditemukan",
        "No such area",
    ),
    (
        "bad-request",
        Kind::Invalid,
        "Permintaan tidak terbaca",
        "The request cannot be read",
    ),
    ("bug", Kind::Bug, "Kesalahan sistem", "The house is wrong"),
    (
        "busy",
        Kind::Exhausted,
        "Sedang sibuk",
        "Busy at the moment",
    ),
    (
        "camera",
        Kind::NotFound,
        "Kamera tidak ditemukan",
        "No such camera",
    ),
    (
        "camera-silent",
        Kind::Unavailable,
        "Kamera tidak menjawab sebagaimana mestinya",
        "The camera does not answer as it should",
    ),
    (
        "card-examining",
        Kind::Conflict,
        "Pemeriksaan lain sedang berjalan",
        "Another examination goes on",
    ),
    (
        "card-family",
        Kind::NotFound,
        "Keluarga tidak ditemukan",
        "No such family",
    ),
    (
        "card-list",
        Kind::NotFound,
        "Daftar tidak ditemukan",
        "No such list",
    ),
    (
        "card-lists",
        Kind::Conflict,
        "Daftar terlalu banyak",
        "Too many lists",
    ),
    (
        "card-no-list",
        Kind::Conflict,
        "Daftar KPM belum ada",
        "There is no running list yet",
    ),
    (
        "card-run",
        Kind::NotFound,
        "Belum ada pemeriksaan",
        "There was no examination yet",
    ),
    (
        "carried",
        Kind::Invalid,
        "Berkas lokasi tidak dapat dibaca",
        "The file of a site cannot be read",
    ),
    (
        "certificate-expired",
        Kind::Denied,
        "Sertifikat perangkat sudah berakhir",
        "The certificate of the box has expired",
    ),
    (
        "claim-withdrawn",
        Kind::Conflict,
        "Pernyataan sudah ditarik",
        "The claim was withdrawn before",
    ),
    (
        "closing",
        Kind::Unavailable,
        "Layanan sedang ditutup",
        "The house is closing",
    ),
    (
        "code",
        Kind::Denied,
        "Kode pendaftaran tidak berlaku",
        "The code cannot be used",
    ),
    (
        "codec",
        Kind::Conflict,
        "Format gambar tidak dapat diputar",
        "The codec cannot be played",
    ),
    (
        "conflict",
        Kind::Conflict,
        "Bertentangan dengan data yang ada",
        "It contradicts what is there",
    ),
    (
        "corrupt",
        Kind::Corrupt,
        "Data tersimpan rusak",
        "What was kept is corrupt",
    ),
    (
        "cross-site",
        Kind::Denied,
        "Permintaan dari situs lain ditolak",
        "Refused from another site",
    ),
    (
        "dish",
        Kind::NotFound,
        "Belum ada antena yang menjawab di sana",
        "No dish has said anything there",
    ),
    (
        "excuse",
        Kind::NotFound,
        "Pengecualian tidak ditemukan",
        "No such excuse",
    ),
    (
        "excuse-decided",
        Kind::Conflict,
        "Pengecualian sudah diputuskan",
        "Somebody has decided about it before",
    ),
    (
        "excuse-own",
        Kind::Conflict,
        "Pengecualian diputuskan oleh orang lain",
        "Somebody else has to decide about it",
    ),
    (
        "exhausted",
        Kind::Exhausted,
        "Batas tercapai",
        "A limit is reached",
    ),
    (
        "file-empty",
        Kind::Invalid,
        "Berkas kosong",
        "The file is empty",
    ),
    (
        "file-kind",
        Kind::Invalid,
        "Jenis berkas tidak dapat dibaca",
        "This kind of file is not read",
    ),
    (
        "file-size",
        Kind::Invalid,
        "Berkas terlalu besar",
        "The file is too large",
    ),
    (
        "file-unreadable",
        Kind::Invalid,
        "Berkas rusak",
        "The file is broken",
    ),
    (
        "first-code",
        Kind::Denied,
        "Kode sekali pakai tidak berlaku",
        "The one-time code does not count",
    ),
    (
        "form",
        Kind::Invalid,
        "Isian belum benar",
        "Some fields cannot stand",
    ),
    (
        "full",
        Kind::Exhausted,
        "Penyimpanan penuh",
        "The disk is full",
    ),
    (
        "handover",
        Kind::NotFound,
        "Belum ada serah terima",
        "Nothing was left to the next shift",
    ),
    (
        "handover-changed",
        Kind::Conflict,
        "Serah terima sudah ditulis ulang",
        "The hand-over was written anew",
    ),
    (
        "holidays",
        Kind::Conflict,
        "Hari libur tahun itu belum diisi",
        "The holidays of that year are not entered",
    ),
    (
        "idempotency",
        Kind::Conflict,
        "Kunci permintaan sudah dipakai",
        "The idempotency key was used for something else",
    ),
    (
        "import",
        Kind::NotFound,
        "Impor tidak ditemukan",
        "No such import",
    ),
    (
        "import-codes",
        Kind::Conflict,
        "Kode desa perlu dijelaskan",
        "Somebody has to say what the village codes are",
    ),
    (
        "import-done",
        Kind::Conflict,
        "Impor ini sudah selesai",
        "This import is done",
    ),
    (
        "import-open",
        Kind::Conflict,
        "Terlalu banyak impor terbuka",
        "Too many imports are open",
    ),
    (
        "import-refused",
        Kind::Conflict,
        "Tidak ada yang ditulis: ada baris yang belum benar",
        "Nothing was written: some rows cannot stand",
    ),
    (
        "import-unread",
        Kind::Conflict,
        "Berkas masih dibaca",
        "The file is still being read",
    ),
    ("in-use", Kind::Conflict, "Masih dipakai", "Still in use"),
    (
        "incident",
        Kind::NotFound,
        "Kejadian tidak ditemukan",
        "No such incident",
    ),
    (
        "incident-owned",
        Kind::Conflict,
        "Kejadian sudah ditangani petugas lain",
        "Somebody else looks after the incident",
    ),
    (
        "incident-state",
        Kind::Conflict,
        "Keadaan kejadian tidak mengizinkan",
        "The state of the incident does not allow it",
    ),
    (
        "incident-subject",
        Kind::NotFound,
        "Kejadian tidak menyangkut hal itu",
        "The incident is not about that",
    ),
    (
        "last-admin",
        Kind::Conflict,
        "Admin terakhir tidak dapat dihapus",
        "The last admin cannot go",
    ),
    (
        "layer",
        Kind::NotFound,
        "Lapisan gambar tidak ada",
        "No such layer",
    ),
    (
        "layout",
        Kind::NotFound,
        "Tata letak videowall tidak ditemukan",
        "No such arrangement",
    ),
    (
        "layouts-full",
        Kind::Conflict,
        "Terlalu banyak tata letak videowall",
        "Too many arrangements",
    ),
    (
        "list-row",
        Kind::NotFound,
        "Baris daftar tidak ditemukan",
        "No such row of a list",
    ),
    (
        "login",
        Kind::Denied,
        "Nama pengguna atau kata sandi salah",
        "Wrong name or password",
    ),
    (
        "media-type",
        Kind::Invalid,
        "Jenis isi tidak didukung",
        "This content type is not read here",
    ),
    (
        "method",
        Kind::Invalid,
        "Metode tidak didukung di sini",
        "This method is not served here",
    ),
    (
        "no-admin",
        Kind::Conflict,
        "Admin pertama belum ada",
        "There is no administrator yet",
    ),
    (
        "no-picture",
        Kind::Unavailable,
        "Belum ada gambar",
        "There is no picture now",
    ),
    (
        "node",
        Kind::NotFound,
        "Alamat yang dipantau tidak ditemukan",
        "No such address is asked by the centre",
    ),
    (
        "nodes",
        Kind::Exhausted,
        "Jumlah alamat yang dipantau dari pusat sudah penuh",
        "The centre asks as many addresses as it may",
    ),
    (
        "not-a-session",
        Kind::Conflict,
        "Ini bukan sesi peramban",
        "This is no session",
    ),
    (
        "not-allowed",
        Kind::Denied,
        "Tidak berwenang",
        "Not allowed",
    ),
    ("not-found", Kind::NotFound, "Tidak ditemukan", "Not found"),
    (
        "not-signed-in",
        Kind::Denied,
        "Belum masuk",
        "Not signed in",
    ),
    (
        "not-yours-to-give",
        Kind::Denied,
        "Melebihi wewenang Anda",
        "More than you may give",
    ),
    (
        "offer",
        Kind::Invalid,
        "Penawaran WebRTC tidak terbaca",
        "The offer cannot be answered",
    ),
    (
        "once-only",
        Kind::Conflict,
        "Sudah dibuat dan hanya ditampilkan sekali",
        "Made already, and shown once only",
    ),
    (
        "outline",
        Kind::Invalid,
        "Batas wilayah tidak terbaca",
        "The outlines cannot be read",
    ),
    (
        "person",
        Kind::NotFound,
        "Orang tidak ditemukan",
        "No such person",
    ),
    (
        "point",
        Kind::NotFound,
        "Titik tidak ditemukan",
        "No such point",
    ),
    (
        "point-box",
        Kind::Conflict,
        "Perangkat lokasi lain ada di titik ini",
        "The box of another site stands at the point",
    ),
    (
        "point-photo",
        Kind::NotFound,
        "Foto tidak ditemukan",
        "No such photograph",
    ),
    (
        "point-retired",
        Kind::Conflict,
        "Titik sudah dilepas",
        "The point was taken off",
    ),
    (
        "point-site",
        Kind::Conflict,
        "Lokasi sudah dipakai titik lain",
        "The site belongs to another point",
    ),
    (
        "provider",
        Kind::NotFound,
        "Penyedia tidak ditemukan",
        "No such provider",
    ),
    (
        "query",
        Kind::Invalid,
        "Parameter belum benar",
        "A parameter cannot stand",
    ),
    (
        "rate",
        Kind::Exhausted,
        "Terlalu banyak percobaan",
        "Too many attempts",
    ),
    (
        "records-let-go",
        Kind::Conflict,
        "Rekaman mentahnya sudah dilepas setelah masa simpan",
        "The records have been let go after their term",
    ),
    (
        "release",
        Kind::NotFound,
        "Rilis tidak ditemukan",
        "No such release",
    ),
    (
        "release-expired",
        Kind::Conflict,
        "Masa berlaku rilis sudah lewat",
        "The release has expired",
    ),
    (
        "release-file",
        Kind::Invalid,
        "Berkas rilis tidak dapat diterima",
        "The file of a release cannot be taken",
    ),
    (
        "release-taken",
        Kind::Conflict,
        "Versi rilis sudah dipakai",
        "The version of the release is taken",
    ),
    (
        "router",
        Kind::NotFound,
        "Router tidak ditemukan",
        "No such router",
    ),
    (
        "router-key",
        Kind::Denied,
        "Kunci router tidak dikenal",
        "No router is known by this key",
    ),
    (
        "router-reports",
        Kind::Exhausted,
        "Router ini mengirim terlalu banyak laporan",
        "This router sends too many reports",
    ),
    (
        "routers",
        Kind::Exhausted,
        "Jumlah router di lokasi ini sudah penuh",
        "This site has as many routers as it may",
    ),
    (
        "session",
        Kind::NotFound,
        "Sesi tidak ditemukan",
        "No such session",
    ),
    (
        "session-needed",
        Kind::Denied,
        "Perlu masuk dengan kata sandi",
        "A session is needed",
    ),
    (
        "set-up-already",
        Kind::Conflict,
        "Admin pertama sudah ada",
        "The first admin is there already",
    ),
    (
        "sheet-too-long",
        Kind::Conflict,
        "Lembar terlalu panjang untuk dicetak",
        "The sheet is too long to be printed",
    ),
    (
        "shift",
        Kind::NotFound,
        "Shift tidak ditemukan",
        "No such shift",
    ),
    (
        "shift-state",
        Kind::Conflict,
        "Keadaan shift tidak mengizinkan",
        "The state of the shift does not allow it",
    ),
    (
        "shift-taken",
        Kind::Conflict,
        "Shift sudah ada yang bertugas",
        "Somebody has the shift",
    ),
    (
        "short-taken",
        Kind::Conflict,
        "Nama pendek sudah dipakai",
        "The short name is taken",
    ),
    (
        "site",
        Kind::NotFound,
        "Lokasi tidak ditemukan",
        "No such site",
    ),
    (
        "site-state",
        Kind::Conflict,
        "Tidak dapat dilakukan pada tahap ini",
        "This cannot be done at this stage",
    ),
    (
        "source",
        Kind::NotFound,
        "Sumber tidak ditemukan",
        "No such source",
    ),
    (
        "speed-busy",
        Kind::Unavailable,
        "Uji kecepatan sedang penuh, coba lagi nanti",
        "Too many tests of speed go on",
    ),
    (
        "speed-pending",
        Kind::Conflict,
        "Uji kecepatan sudah diminta",
        "A test of speed was asked for already",
    ),
    (
        "speed-week",
        Kind::Conflict,
        "Kuota uji kecepatan minggu ini habis",
        "The week has had its tests of speed",
    ),
    (
        "step",
        Kind::Conflict,
        "Langkah ini tidak mungkin dari keadaan titik",
        "The point cannot take this step",
    ),
    (
        "step-event",
        Kind::NotFound,
        "Catatan langkah tidak ditemukan",
        "No such event of the point",
    ),
    (
        "step-moved",
        Kind::Conflict,
        "Titik sudah berubah sejak dibaca",
        "The point has moved since it was read",
    ),
    (
        "step-serial",
        Kind::Conflict,
        "Nomor seri sudah ada di titik lain",
        "The equipment is at another point",
    ),
    (
        "still",
        Kind::NotFound,
        "Gambar tersimpan tidak ditemukan",
        "No such picture was kept",
    ),
    (
        "stream",
        Kind::Unavailable,
        "Aliran sedang disiapkan",
        "The stream is being set up",
    ),
    (
        "target",
        Kind::NotFound,
        "Target tidak ditemukan",
        "No such target",
    ),
    (
        "target-withdrawn",
        Kind::Conflict,
        "Target sudah ditarik",
        "The target was taken back before",
    ),
    (
        "timeout",
        Kind::Unavailable,
        "Waktu habis",
        "The answer took too long",
    ),
    (
        "token",
        Kind::NotFound,
        "Token tidak ditemukan",
        "No such token",
    ),
    (
        "tokens",
        Kind::Exhausted,
        "Token sudah terlalu banyak",
        "Too many tokens",
    ),
    (
        "too-large",
        Kind::Invalid,
        "Isi terlalu besar",
        "The body is too large",
    ),
    (
        "turned-away",
        Kind::Denied,
        "Perangkat tidak diterima",
        "This box is not let in",
    ),
    (
        "unavailable",
        Kind::Unavailable,
        "Layanan belum dapat menjawab",
        "Something that is needed does not answer",
    ),
    (
        "undecodable",
        Kind::Unavailable,
        "Gambar tidak dapat dibaca",
        "The picture cannot be decoded",
    ),
    (
        "username-taken",
        Kind::Conflict,
        "Nama pengguna sudah dipakai",
        "The user name is taken",
    ),
    (
        "viewers",
        Kind::Exhausted,
        "Penonton sudah penuh",
        "Too many viewers",
    ),
    (
        "viewing",
        Kind::NotFound,
        "Tontonan tidak ditemukan",
        "No such viewing",
    ),
    (
        "village",
        Kind::NotFound,
        "Desa tidak ditemukan",
        "No such village",
    ),
    (
        "village-list",
        Kind::NotFound,
        "Daftar desa tidak ditemukan",
        "No such list of villages",
    ),
];

/// The page of all problems, as committed in `docs/problems.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Problems\n\nEvery failure of the API is `application/problem+json` (RFC 9457).\n\
         `type` is `urn:betang:problem:<slug>` and does not change; `detail` is for people.\n\
         This page is generated from `crates/hall/src/problem/table.rs`.\n\n\
         | slug | kind | judul | title |\n|---|---|---|---|\n",
    );
    for (slug, kind, indonesian, english) in SLUGS {
        page.push_str(&format!(
            "| `{slug}` | {kind:?} | {indonesian} | {english} |\n"
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn slugs_are_in_order_and_once() {
        let slugs: Vec<_> = SLUGS.iter().map(|(slug, ..)| *slug).collect();
        let sorted: BTreeSet<_> = slugs.iter().copied().collect();
        assert_eq!(slugs, sorted.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_page_is_fresh() {
        let path = "../../docs/problems.md";
        if std::env::var_os("BETANG_BLESS").is_some() {
            std::fs::write(path, page()).expect("the page is written");
        }
        let committed = std::fs::read_to_string(path).expect("the page is committed");
        assert!(
            committed == page(),
            "docs/problems.md is stale: run this test with BETANG_BLESS=1"
        );
    }
}
