//! Every failure that there is, by its slug.
//!
//! A slug stays the same for good: programs act on it. Titles are for people and
//! may be worded better. `docs/problems.md` is printed from here.

use base::kind::Kind;

/// A table of slugs: the slug, its kind, its title in Indonesian and English.
macro_rules! slugs {
    ($($slug:literal $kind:ident $indonesian:literal $english:literal;)+) => {
        /// Every slug: its kind, and its title in Indonesian and English.
        pub const SLUGS: &[(&str, Kind, &str, &str)] =
            &[$(($slug, Kind::$kind, $indonesian, $english)),+];
    };
}

slugs! {
    "agency" NotFound "OPD tidak ditemukan" "No such agency";
    "agency-cycle" Conflict
        "OPD tidak dapat berada di bawah dirinya sendiri" "An agency cannot lie below itself";
    "agency-taken" Conflict "Nama OPD sudah ada di sana" "The agency's name is taken there";
    "agent" NotFound "Perangkat tidak ditemukan" "No such box";
    "area" NotFound "Wilayah tidak ditemukan" "No such area";
    "bad-request" Invalid "Permintaan tidak terbaca" "The request cannot be read";
    "bug" Bug "Kesalahan sistem" "The house is wrong";
    "busy" Exhausted "Sedang sibuk" "Busy at the moment";
    "camera" NotFound "Kamera tidak ditemukan" "No such camera";
    "camera-silent" Unavailable
        "Kamera tidak menjawab sebagaimana mestinya" "The camera does not answer as it should";
    "card-adopting" Conflict "Daftar sedang ditetapkan" "A list is being adopted";
    "card-annex-altered" Conflict
        "Lampiran tidak lagi sama dengan yang ditetapkan"
        "The annex is not what was adopted any more";
    "card-breach" NotFound "Catatan kegagalan pelindungan tidak ditemukan" "No such breach";
    "card-breach-closed" Conflict
        "Catatan kegagalan pelindungan sudah ditutup" "The breach was closed";
    "card-breach-told" Conflict "Pemberitahuan sudah dicatat" "They were told before";
    "card-breach-untold" Conflict
        "Masih ada yang belum diberi tahu" "Somebody was not told yet";
    "card-count" Conflict
        "Jumlah penerima berbeda dari yang ditetapkan" "The number of recipients is another";
    "card-decided" Conflict "Daftar ini bukan rancangan lagi" "This list is no draft any more";
    "card-decision" NotFound "Daftar penetapan tidak ditemukan" "No such list";
    "card-draft" Conflict "Masih ada rancangan program ini" "There is a draft of this programme";
    "card-erased" Conflict "Sudah dimusnahkan" "It is destroyed already";
    "card-erasure" NotFound "Pemusnahan tidak ditemukan" "No such erasure";
    "card-erasure-done" Conflict
        "Pemusnahan itu sudah selesai atau dibatalkan" "The erasure was done or dropped";
    "card-examining" Conflict "Pemeriksaan lain sedang berjalan" "Another examination goes on";
    "card-exception" NotFound "Keputusan perorangan tidak ditemukan" "No such decision about one";
    "card-export" NotFound "Ekspor tidak ditemukan" "No such export";
    "card-export-answered" Conflict "Ekspor sudah dijawab" "The export was answered";
    "card-export-closed" Conflict "Ekspor tidak dapat diunduh" "The export cannot be taken";
    "card-family" NotFound "Keluarga tidak ditemukan" "No such family";
    "card-group" NotFound "Kelompok tidak ditemukan" "No such group";
    "card-held" Conflict "Masih wajib disimpan" "It has to be kept still";
    "card-index-away" Conflict "Data belum dimuat ke memori" "The records are not in memory";
    "card-judged" NotFound "Tidak ada dalam daftar penetapan itu" "Not on that list";
    "card-late" NotFound "Daftar itu tidak dipadankan menyusul" "That list was not taken late";
    "card-late-behind" Conflict
        "Ada daftar lain yang dipadankan sesudahnya" "Another list was taken behind it";
    "card-late-gone" Conflict
        "Ada daftar yang ditarik sejak pemeriksaan" "Lists were withdrawn since the examination";
    "card-late-kind" Conflict
        "Jenis daftar ini tidak dipadankan sendiri" "Lists of that kind are not taken alone";
    "card-late-model" Conflict
        "Pemeriksaan dibuat oleh versi lama" "An older version made the examination";
    "card-late-old" Conflict
        "Daftar yang lebih baru sudah diperiksa" "A newer list was examined already";
    "card-late-run" Conflict
        "Itu bukan pemeriksaan terbaru" "That is not the newest examination";
    "card-late-taken" Conflict "Daftar itu sudah diperiksa" "That list was examined already";
    "card-late-used" Conflict
        "Ada daftar penetapan yang bersandar padanya" "A list of who receives rests on it";
    "card-list" NotFound "Daftar tidak ditemukan" "No such list";
    "card-lists" Conflict "Daftar terlalu banyak" "Too many lists";
    "card-no-facts" Conflict "Daftar perlu diperiksa dulu" "The lists have to be examined first";
    "card-no-list" Conflict "Daftar KPM belum ada" "There is no running list yet";
    "card-not-in-bulk" Conflict "Tidak boleh dikeluarkan secara massal" "Not to be removed in bulk";
    "card-not-in-force" Conflict
        "Program tidak berlaku pada tanggal itu" "The programme is not in force on that day";
    "card-objected" Conflict "Sanggahan sudah dijawab" "The objection was answered";
    "card-objection" NotFound "Sanggahan tidak ditemukan" "No such objection";
    "card-pair" NotFound "Pasangan baris tidak ditemukan" "No such pair of rows";
    "card-photo" NotFound "Foto tidak ditemukan" "No such photograph";
    "card-photo-gone" Conflict "Foto sudah dimusnahkan" "The photograph is destroyed";
    "card-photo-picture" Invalid "Foto tidak dapat dipakai" "The photograph cannot be used";
    "card-photos" Conflict
        "Foto keluarga ini sudah terlalu banyak" "There are too many photographs of this family";
    "card-programme" NotFound "Program tidak ditemukan" "No such programme";
    "card-programme-same" Conflict
        "Versi terakhir sudah berbunyi sama" "The newest version says the same";
    "card-programme-subject" Conflict
        "Program tidak boleh berganti subjek" "A programme stays about whom it is";
    "card-request" NotFound "Permintaan tidak ditemukan" "No such request";
    "card-request-answered" Conflict "Permintaan sudah dijawab" "The request was answered";
    "card-request-dossier" Conflict
        "Data subjek belum dapat diserahkan" "The data cannot be handed out yet";
    "card-rule" Invalid "Aturan program tidak dapat dibaca" "The rules cannot be read";
    "card-run" NotFound "Belum ada pemeriksaan" "There was no examination yet";
    "card-sample" NotFound "Sampel tidak ditemukan" "No such sample";
    "card-sample-answered" Conflict "Sudah ada yang dikunjungi" "Somebody was visited already";
    "card-sample-ended" Conflict
        "Sampel sudah ditutup atau dibatalkan" "The sample is closed or was dropped";
    "card-sample-frame" Conflict "Tidak ada yang dapat ditarik" "Nobody can be drawn";
    "card-sample-open" Conflict "Masih ada sampel yang terbuka" "There is an open sample";
    "card-second-person" Conflict "Perlu orang kedua" "This needs a second person";
    "card-stale" Conflict
        "Rancangan ini sudah ketinggalan" "The draft is not of today any more";
    "card-subject" NotFound "Keluarga atau orang tidak dikenal" "No such family or person";
    "card-term" NotFound "Masa simpan tidak ditemukan" "No such term";
    "card-undecided" Conflict "Masih ada yang belum diputuskan" "Some are not decided yet";
    "card-visit" NotFound "Kunjungan tidak ditemukan" "No such visit";
    "carried" Invalid "Berkas lokasi tidak dapat dibaca" "The file of a site cannot be read";
    "certificate-expired" Denied
        "Sertifikat perangkat sudah berakhir" "The certificate of the box has expired";
    "checkpoint" NotFound "Titik periksa audit tidak ditemukan" "No such checkpoint of the audit";
    "checkpoint-contradiction" Conflict
        "Rantai audit bertentangan dengan yang sudah ditandatangani"
        "The audit contradicts what was signed";
    "checkpoint-key" Unavailable
        "Kunci titik periksa tidak dapat dipakai" "The key of checkpoints cannot be used";
    "claim-withdrawn" Conflict "Pernyataan sudah ditarik" "The claim was withdrawn before";
    "clip" NotFound "Klip tidak ditemukan" "No such clip";
    "clip-removed" Conflict "Klip sudah dihapus" "The clip was removed";
    "closing" Unavailable "Layanan sedang ditutup" "The house is closing";
    "code" Denied "Kode pendaftaran tidak berlaku" "The code cannot be used";
    "codec" Conflict "Format gambar tidak dapat diputar" "The codec cannot be played";
    "conflict" Conflict "Bertentangan dengan data yang ada" "It contradicts what is there";
    "corrupt" Corrupt "Data tersimpan rusak" "What was kept is corrupt";
    "cross-site" Denied "Permintaan dari situs lain ditolak" "Refused from another site";
    "discovery-running" Conflict
        "Pencarian kamera sedang berjalan" "A search for cameras goes on";
    "dish" NotFound "Belum ada antena yang menjawab di sana" "No dish has said anything there";
    "emergency-code" Denied "Kode darurat tidak berlaku" "The sealed code opens nothing";
    "emergency-none" Conflict "Tidak ada amplop yang berlaku" "No envelope counts now";
    "emergency-person" Conflict
        "Admin darurat tidak dapat diubah" "Who opened the envelope cannot be changed";
    "emergency-server" Conflict
        "Kode darurat dibuat di server" "A sealed code is made where the house runs";
    "excuse" NotFound "Pengecualian tidak ditemukan" "No such excuse";
    "excuse-decided" Conflict
        "Pengecualian sudah diputuskan" "Somebody has decided about it before";
    "excuse-own" Conflict
        "Pengecualian diputuskan oleh orang lain" "Somebody else has to decide about it";
    "exhausted" Exhausted "Batas tercapai" "A limit is reached";
    "factor-enrolled" Conflict
        "Aplikasi autentikator sudah terpasang" "There is an app already";
    "factor-last" Conflict "Itu faktor kedua Anda yang terakhir" "It is the last second factor";
    "factor-missing" Denied
        "Perlu faktor kedua dan Anda belum punya" "A second factor is needed and there is none";
    "factor-needed" Denied "Perlu faktor kedua" "A second factor is needed";
    "factor-none" NotFound "Faktor kedua tidak ada" "There is no such factor";
    "factor-outlook" Conflict
        "Jumlah orang tanpa faktor kedua sudah berubah" "Another number has no second factor now";
    "factor-own" Conflict
        "Faktor sendiri tidak diatur ulang" "One's own factors are not reset";
    "factor-self" Conflict
        "Anda akan mengunci diri sendiri" "You would shut yourself out";
    "factor-wrong" Denied "Kode salah atau sudah dipakai" "The code is wrong or was used";
    "file-empty" Invalid "Berkas kosong" "The file is empty";
    "file-kind" Invalid "Jenis berkas tidak dapat dibaca" "This kind of file is not read";
    "file-size" Invalid "Berkas terlalu besar" "The file is too large";
    "file-unreadable" Invalid "Berkas rusak" "The file is broken";
    "film" Conflict "Gambar tidak dapat dijadikan film" "No film can be made of it";
    "first-code" Denied "Kode sekali pakai tidak berlaku" "The one-time code does not count";
    "form" Invalid "Isian belum benar" "Some fields cannot stand";
    "full" Exhausted "Penyimpanan penuh" "The disk is full";
    "handover" NotFound "Belum ada serah terima" "Nothing was left to the next shift";
    "handover-changed" Conflict "Serah terima sudah ditulis ulang" "The hand-over was written anew";
    "holidays" Conflict
        "Hari libur tahun itu belum diisi" "The holidays of that year are not entered";
    "idempotency" Conflict
        "Kunci permintaan sudah dipakai" "The idempotency key was used for something else";
    "identity" NotFound "Akun penyedia belum ditautkan" "Nothing is linked there";
    "identity-failed" Denied
        "Masuk lewat penyedia tidak berhasil" "The login by the provider has failed";
    "identity-none" NotFound
        "Penyedia identitas belum diatur" "No provider of identities is set up";
    "identity-provider" Unavailable
        "Penyedia identitas tidak menjawab" "The provider of identities does not answer";
    "identity-state" Denied
        "Proses masuk ini tidak berlaku lagi" "This login does not count any more";
    "identity-taken" Conflict
        "Akun itu sudah ditautkan ke orang lain" "The account is linked to somebody else";
    "identity-unknown" Denied
        "Akun itu belum ditautkan di sini" "The account is not linked here";
    "import" NotFound "Impor tidak ditemukan" "No such import";
    "import-codes" Conflict
        "Kode desa perlu dijelaskan" "Somebody has to say what the village codes are";
    "import-done" Conflict "Impor ini sudah selesai" "This import is done";
    "import-open" Conflict "Terlalu banyak impor terbuka" "Too many imports are open";
    "import-refused" Conflict
        "Tidak ada yang ditulis: ada baris yang belum benar"
        "Nothing was written: some rows cannot stand";
    "import-unread" Conflict "Berkas masih dibaca" "The file is still being read";
    "in-use" Conflict "Masih dipakai" "Still in use";
    "incident" NotFound "Kejadian tidak ditemukan" "No such incident";
    "incident-owned" Conflict
        "Kejadian sudah ditangani petugas lain" "Somebody else looks after the incident";
    "incident-state" Conflict
        "Keadaan kejadian tidak mengizinkan" "The state of the incident does not allow it";
    "incident-subject" NotFound
        "Kejadian tidak menyangkut hal itu" "The incident is not about that";
    "last-admin" Conflict "Admin terakhir tidak dapat dihapus" "The last admin cannot go";
    "layer" NotFound "Lapisan gambar tidak ada" "No such layer";
    "layout" NotFound "Tata letak videowall tidak ditemukan" "No such arrangement";
    "layouts-full" Conflict "Terlalu banyak tata letak videowall" "Too many arrangements";
    "lends-nothing" Conflict
        "Porta untuk sistem lain belum dibuka" "There is no port for other systems";
    "list-row" NotFound "Baris daftar tidak ditemukan" "No such row of a list";
    "loan" NotFound "Pinjaman kamera tidak ditemukan" "No such loan";
    "loans" Exhausted "Terlalu banyak pinjaman kamera" "Too many loans";
    "login" Denied "Nama pengguna atau kata sandi salah" "Wrong name or password";
    "look" NotFound "Rekaman sesaat sudah dilepas" "The look back has ended";
    "looks-full" Exhausted "Terlalu banyak yang sedang mundur" "Too many look back";
    "media-type" Invalid "Jenis isi tidak didukung" "This content type is not read here";
    "method" Invalid "Metode tidak didukung di sini" "This method is not served here";
    "network" NotFound "Jaringan kantor tidak ditemukan" "No such network";
    "network-taken" Conflict "Nama jaringan sudah dipakai" "The network's name is taken";
    "no-admin" Conflict "Admin pertama belum ada" "There is no administrator yet";
    "no-picture" Unavailable "Belum ada gambar" "There is no picture now";
    "node" NotFound "Alamat yang dipantau tidak ditemukan" "No such address is asked by the centre";
    "nodes" Exhausted
        "Jumlah alamat yang dipantau dari pusat sudah penuh"
        "The centre asks as many addresses as it may";
    "not-a-session" Conflict "Ini bukan sesi peramban" "This is no session";
    "not-allowed" Denied "Tidak berwenang" "Not allowed";
    "not-found" NotFound "Tidak ditemukan" "Not found";
    "not-signed-in" Denied "Belum masuk" "Not signed in";
    "not-yours-to-give" Denied "Melebihi wewenang Anda" "More than you may give";
    "offer" Invalid "Penawaran WebRTC tidak terbaca" "The offer cannot be answered";
    "once-only" Conflict
        "Sudah dibuat dan hanya ditampilkan sekali" "Made already, and shown once only";
    "outline" Invalid "Batas wilayah tidak terbaca" "The outlines cannot be read";
    "passkey" Denied "Kunci sandi tidak dapat diterima" "The passkey is not believed";
    "passkey-address" Conflict
        "Alamat ini tidak mendukung kunci sandi" "No passkeys work at this address";
    "passkey-copied" Denied
        "Kunci sandi ini mungkin disalin orang" "Somebody may hold a copy of the passkey";
    "passkey-taken" Conflict "Kunci sandi sudah terdaftar" "The passkey is known already";
    "password-off" Denied
        "Masuklah lewat penyedia identitas" "Come in by the provider of identities";
    "past-empty" Conflict
        "Belum ada gambar satu menit terakhir" "Nothing of the last minute is held";
    "past-full" Exhausted "Memori untuk mundur sedang penuh" "The memory for looking back is full";
    "past-gone" Conflict "Gambar waktu itu tidak ada lagi" "No picture of that time is held";
    "person" NotFound "Orang tidak ditemukan" "No such person";
    "point" NotFound "Titik tidak ditemukan" "No such point";
    "point-box" Conflict
        "Perangkat lokasi lain ada di titik ini" "The box of another site stands at the point";
    "point-photo" NotFound "Foto tidak ditemukan" "No such photograph";
    "point-retired" Conflict "Titik sudah dilepas" "The point was taken off";
    "point-site" Conflict "Lokasi sudah dipakai titik lain" "The site belongs to another point";
    "provider" NotFound "Penyedia tidak ditemukan" "No such provider";
    "ptz" NotFound "Kamera ini tidak dapat digerakkan" "This camera cannot be turned";
    "ptz-held" Conflict "Kamera sedang dipegang orang lain" "Somebody else turns the camera";
    "ptz-over" Conflict "Kamera tidak sedang Anda pegang" "You do not hold the camera";
    "ptz-preset" NotFound "Posisi tersimpan tidak ditemukan" "There is no such preset";
    "query" Invalid "Parameter belum benar" "A parameter cannot stand";
    "range" Invalid "Bagian yang diminta di luar berkas" "None of it is there";
    "rate" Exhausted "Terlalu banyak percobaan" "Too many attempts";
    "recorder" NotFound "Perekam tidak ditemukan" "No such recorder";
    "recorder-in-use" Conflict
        "Saluran perekam masih dipakai kamera" "Channels of the recorder are cameras";
    "recorder-refused" Conflict
        "Ada saluran yang tidak dapat ditambahkan" "Some channels cannot be added";
    "recorder-search" NotFound
        "Perekam ini belum diperiksa" "This recorder has not been searched";
    "recorder-searched" Conflict
        "Perekam ini sedang diperiksa" "This recorder is being searched";
    "recorder-swap" NotFound
        "Tidak ada dugaan saluran tertukar" "No channels seem rearranged";
    "recorder-taken" Conflict
        "Alamat perekam sudah dipakai" "The address of the recorder is taken";
    "records-let-go" Conflict
        "Rekaman mentahnya sudah dilepas setelah masa simpan"
        "The records have been let go after their term";
    "release" NotFound "Rilis tidak ditemukan" "No such release";
    "release-expired" Conflict "Masa berlaku rilis sudah lewat" "The release has expired";
    "release-file" Invalid
        "Berkas rilis tidak dapat diterima" "The file of a release cannot be taken";
    "release-taken" Conflict "Versi rilis sudah dipakai" "The version of the release is taken";
    "router" NotFound "Router tidak ditemukan" "No such router";
    "router-key" Denied "Kunci router tidak dikenal" "No router is known by this key";
    "router-reports" Exhausted
        "Router ini mengirim terlalu banyak laporan" "This router sends too many reports";
    "routers" Exhausted
        "Jumlah router di lokasi ini sudah penuh" "This site has as many routers as it may";
    "screen" NotFound "Layar tidak ditemukan" "No such screen";
    "screen-code" Denied
        "Kode itu tidak sedang tampil di layar mana pun" "No screen shows this code now";
    "screen-person" Conflict
        "Ini sebuah layar; ubah di daftar layar" "This is a screen; change it among the screens";
    "screens-waiting" Exhausted
        "Terlalu banyak layar menunggu dipasangkan" "Too many screens wait to be paired";
    "session" NotFound "Sesi tidak ditemukan" "No such session";
    "session-needed" Denied "Perlu masuk dengan kata sandi" "A session is needed";
    "set-up-already" Conflict "Admin pertama sudah ada" "The first admin is there already";
    "sheet-too-long" Conflict
        "Lembar terlalu panjang untuk dicetak" "The sheet is too long to be printed";
    "shift" NotFound "Shift tidak ditemukan" "No such shift";
    "shift-state" Conflict
        "Keadaan shift tidak mengizinkan" "The state of the shift does not allow it";
    "shift-taken" Conflict "Shift sudah ada yang bertugas" "Somebody has the shift";
    "short-taken" Conflict "Nama pendek sudah dipakai" "The short name is taken";
    "site" NotFound "Lokasi tidak ditemukan" "No such site";
    "site-state" Conflict
        "Tidak dapat dilakukan pada tahap ini" "This cannot be done at this stage";
    "source" NotFound "Sumber tidak ditemukan" "No such source";
    "speed-busy" Unavailable
        "Uji kecepatan sedang penuh, coba lagi nanti" "Too many tests of speed go on";
    "speed-pending" Conflict "Uji kecepatan sudah diminta" "A test of speed was asked for already";
    "speed-week" Conflict
        "Kuota uji kecepatan minggu ini habis" "The week has had its tests of speed";
    "step" Conflict
        "Langkah ini tidak mungkin dari keadaan titik" "The point cannot take this step";
    "step-event" NotFound "Catatan langkah tidak ditemukan" "No such event of the point";
    "step-moved" Conflict
        "Titik sudah berubah sejak dibaca" "The point has moved since it was read";
    "step-serial" Conflict "Nomor seri sudah ada di titik lain" "The equipment is at another point";
    "still" NotFound "Gambar tersimpan tidak ditemukan" "No such picture was kept";
    "stream" Unavailable "Aliran sedang disiapkan" "The stream is being set up";
    "target" NotFound "Target tidak ditemukan" "No such target";
    "target-withdrawn" Conflict "Target sudah ditarik" "The target was taken back before";
    "timeout" Unavailable "Waktu habis" "The answer took too long";
    "token" NotFound "Token tidak ditemukan" "No such token";
    "tokens" Exhausted "Token sudah terlalu banyak" "Too many tokens";
    "too-large" Invalid "Isi terlalu besar" "The body is too large";
    "turned-away" Denied "Perangkat tidak diterima" "This box is not let in";
    "unavailable" Unavailable
        "Layanan belum dapat menjawab" "Something that is needed does not answer";
    "undecodable" Unavailable "Gambar tidak dapat dibaca" "The picture cannot be decoded";
    "username-taken" Conflict "Nama pengguna sudah dipakai" "The user name is taken";
    "viewers" Exhausted "Penonton sudah penuh" "Too many viewers";
    "viewing" NotFound "Tontonan tidak ditemukan" "No such viewing";
    "village" NotFound "Desa tidak ditemukan" "No such village";
    "village-list" NotFound "Daftar desa tidak ditemukan" "No such list of villages";
}

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
