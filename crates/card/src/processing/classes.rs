//! The class of each field that a row of a list has, and of each column of the room's tables.

use super::{Class, Column};

/// A table of the room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// What tells something of people, or of those who work with the house.
    pub(crate) columns: &'static [Column],
    /// What does not: numbers of rows and runs, states, clocks, counts, hashes of files.
    pub(crate) plain: &'static [&'static str],
}

const fn of(name: &'static str, class: Class, why: &'static str) -> Column {
    Column {
        name,
        class,
        is_sealed: false,
        why,
    }
}

const fn common(name: &'static str, why: &'static str) -> Column {
    of(name, Class::Common, why)
}

const fn finance(name: &'static str, why: &'static str) -> Column {
    of(name, Class::Finance, why)
}

const fn sealed(it: Column) -> Column {
    Column {
        is_sealed: true,
        ..it
    }
}

/// Somebody who works with the house.
const fn staff(name: &'static str) -> Column {
    common(name, "petugas yang melakukannya, sebagai nomor acak")
}

/// Of whom a row is, by ids that are made by chance.
const fn id(name: &'static str) -> Column {
    common(name, "orang atau keluarga sebagai nomor acak")
}

const fn area(name: &'static str) -> Column {
    common(name, "desa tempat tinggal")
}

/// A row of a list, by which a record is found.
const fn row(name: &'static str) -> Column {
    common(name, "menunjuk baris daftar tentang seseorang")
}

const fn secret(name: &'static str, class: Class, why: &'static str) -> Column {
    sealed(of(name, class, why))
}

use Class::{Child, Common, Finance, Picture};

/// What a row of a list says, in the order in which it is sealed.
pub(crate) const FIELDS: &[Column] = &[
    secret("nik", Child, "nomor orang; memuat tanggal lahir, juga anak"),
    secret("kk", Common, "nomor kartu keluarga"),
    secret("name", Common, "nama"),
    secret("birth", Child, "tanggal lahir; menunjukkan siapa yang anak"),
    secret("sex", Common, "jenis kelamin"),
    secret("birthplace", Common, "tempat lahir"),
    secret("mother", Common, "nama ibu kandung"),
    secret(
        "relation",
        Child,
        "hubungan keluarga; menunjukkan siapa yang anak",
    ),
    secret("address", Common, "alamat"),
    secret("village", Common, "desa sebagaimana tertulis"),
    secret("decile", Finance, "desil kesejahteraan keluarga"),
    secret("programme", Finance, "bantuan lain yang diterima"),
    secret(
        "day",
        Common,
        "tanggal kematian, kepindahan, atau gagal salur",
    ),
    secret("destination", Common, "tujuan pindah"),
    secret("card", Finance, "nomor kartu bantuan"),
    secret("rupiah", Finance, "nilai yang dibayarkan"),
    secret("reason", Finance, "alasan gagal salur"),
    secret("business", Common, "nama usaha"),
    secret("trade", Common, "jenis usaha"),
    secret("kbli", Common, "kode KBLI usaha"),
    secret("nib", Common, "nomor induk berusaha"),
    secret("turnover", Finance, "omzet usaha sebulan"),
    secret("years", Common, "lama usaha berjalan"),
    secret("grants", Finance, "bantuan yang sudah diterima usaha"),
];

/// All tables of the room.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "card_band",
        columns: &[],
        plain: &["run", "band", "pairs", "joined"],
    },
    Table {
        name: "card_breach",
        columns: &[
            secret("sealed", Common, "apa yang terjadi; dapat menyebut orang"),
            secret("authority_how", Common, "cara lembaga diberi tahu"),
            secret("people_how", Common, "cara subjek data diberi tahu"),
            secret("closing", Common, "alasan tidak memberi tahu"),
            staff("by_person"),
            staff("authority_by"),
            staff("people_by"),
            staff("closed_by"),
        ],
        plain: &[
            "number",
            "state",
            "found_us",
            "due_us",
            "data",
            "people",
            "wrapped",
            "at_us",
            "authority_us",
            "people_us",
            "closed_us",
        ],
    },
    Table {
        name: "card_business",
        columns: &[
            row("list"),
            row("number"),
            common("business", "usaha siapa, sebagai hash berkunci"),
        ],
        plain: &[],
    },
    Table {
        name: "card_decision",
        columns: &[
            common("decree", "nama pejabat yang menandatangani"),
            staff("by_person"),
            staff("adopted_by"),
        ],
        plain: &[
            "number",
            "slug",
            "version",
            "run",
            "on_day",
            "baseline",
            "state",
            "title",
            "began_us",
            "result",
            "sha256",
            "adopted_us",
            "keep_until_us",
            "headless",
            "failure",
            "failed_us",
        ],
    },
    Table {
        name: "card_erasure",
        columns: &[
            id("about"),
            id("subject"),
            secret("reason", Common, "alasan pemusnahan; dapat menyebut orang"),
            common("request", "permintaan yang mendahuluinya"),
            common("record", "berita acara: nomor acak dan nomor baris saja"),
            staff("by_person"),
            staff("confirmed_by"),
        ],
        plain: &[
            "number",
            "state",
            "rows",
            "decree",
            "decree_day",
            "reason_key",
            "at_us",
            "confirmed_us",
            "sha256",
        ],
    },
    Table {
        name: "card_exception",
        columns: &[
            id("subject"),
            area("area_code"),
            finance("answer", "diputuskan menerima atau tidak"),
            secret("reason", Common, "alasan; dapat menyebut orang"),
            secret("sealed", Common, "alasan; dapat menyebut orang"),
            common("objection", "sanggahan yang mendahuluinya"),
            staff("by_person"),
        ],
        plain: &["id", "slug", "wrapped", "at_us", "ended_us"],
    },
    Table {
        name: "card_export",
        columns: &[
            secret("purpose", Common, "keperluan; dapat menyebut orang"),
            secret("sealed", Common, "keperluan; dapat menyebut orang"),
            staff("by_person"),
            staff("answered_by"),
        ],
        plain: &[
            "number",
            "decision",
            "rows",
            "state",
            "wrapped",
            "at_us",
            "answered_us",
            "until_us",
            "taken",
            "taken_us",
        ],
    },
    Table {
        name: "card_finding",
        columns: &[
            row("list"),
            row("number"),
            finance("what", "apa yang ditemukan tentang penerima"),
            area("area_code"),
            id("family"),
            finance("rupiah", "nilai yang dibayarkan"),
            finance("value", "desil atau bantuan lain"),
            row("with_list"),
            row("with_number"),
            finance("further", "temuan lain tentang penerima"),
        ],
        plain: &["run"],
    },
    Table {
        name: "card_gone",
        columns: &[],
        plain: &["blob", "at_us"],
    },
    Table {
        name: "card_import",
        columns: &[
            secret("raw_blob", Child, "berkas asli: semua yang ditulis daftar"),
            common("file_name", "nama berkas; dapat menyebut orang"),
            staff("person_id"),
        ],
        plain: &[
            "id",
            "source_id",
            "kind",
            "size_bytes",
            "sha256",
            "file_key",
            "shape",
            "choice",
            "state",
            "result",
            "opened_us",
            "written_us",
        ],
    },
    Table {
        name: "card_index",
        columns: &[
            common(
                "hash",
                "sidik berkunci dari NIK, nomor KK, kartu, atau desa",
            ),
            row("list"),
            row("number"),
        ],
        plain: &[],
    },
    Table {
        name: "card_judged",
        columns: &[
            id("subject"),
            finance("place", "nomor pada lampiran penerima"),
            area("area_code"),
            finance("verdict", "menerima bantuan atau tidak"),
            finance("decided_by", "siapa yang memutuskan tentang penerima"),
            finance("was", "menerima sebelumnya atau tidak"),
            finance("rule", "aturan yang menghalangi"),
            finance("truth", "aturan itu gagal atau belum diketahui"),
            row("list"),
            row("number"),
        ],
        plain: &["decision"],
    },
    Table {
        name: "card_key",
        columns: &[row("list"), row("number")],
        plain: &["wrapped"],
    },
    Table {
        name: "card_list",
        columns: &[
            secret("raw_blob", Child, "berkas asli: semua yang ditulis daftar"),
            staff("by_person"),
        ],
        plain: &[
            "number",
            "source_id",
            "kind",
            "state",
            "title",
            "owner",
            "as_of",
            "part",
            "rows",
            "file_key",
            "keep_until_us",
            "written_us",
            "ended_us",
            "look_us",
            "hanging",
        ],
    },
    Table {
        name: "card_member",
        columns: &[row("list"), row("number"), id("person"), id("family")],
        plain: &["since_run", "until_run"],
    },
    Table {
        name: "card_objection",
        columns: &[
            id("subject"),
            area("area_code"),
            finance("wants", "diminta menerima atau tidak"),
            finance("state", "sanggahan diterima atau ditolak"),
            secret("sealed", Common, "siapa menyanggah, dan alasannya"),
            secret("answer", Common, "alasan jawaban; dapat menyebut orang"),
            staff("by_person"),
            staff("answered_by"),
        ],
        plain: &[
            "id",
            "number",
            "decision",
            "wrapped",
            "at_us",
            "due_us",
            "answered_us",
        ],
    },
    Table {
        name: "card_office",
        columns: &[
            common(
                "officer",
                "pejabat pelindungan data; dapat menyebut petugas",
            ),
            common("contact", "cara menghubungi pejabat itu"),
            staff("by_person"),
        ],
        plain: &["id", "name", "address", "at_us"],
    },
    Table {
        name: "card_pair",
        columns: &[
            row("list_a"),
            row("number_a"),
            row("list_b"),
            row("number_b"),
            finance("pays", "salah satu keluarga menerima bantuan"),
            area("area_a"),
            area("area_b"),
            common("why", "seberapa mirip kedua baris, tanpa isinya"),
        ],
        plain: &["run", "same", "kind", "band", "joined"],
    },
    Table {
        name: "card_part",
        columns: &[],
        plain: &["decision", "area_code", "rows", "rupiah", "sha256"],
    },
    Table {
        name: "card_photo",
        columns: &[
            id("family"),
            id("person"),
            staff("by_person"),
            staff("ended_by"),
            secret(
                "blob",
                Picture,
                "foto, sebagai berkas tersegel; dapat memperlihatkan orang, juga anak",
            ),
            common("same", "berkas yang sama, sebagai hash berkunci"),
        ],
        plain: &[
            "number",
            "kind",
            "taken_for",
            "taken_in",
            "taken_us",
            "at_us",
            "width",
            "height",
            "octets",
            "file",
            "wrapped",
            "ended_us",
            "ended_why",
            "decree",
            "decree_day",
        ],
    },
    Table {
        name: "card_programme",
        columns: &[staff("by_person")],
        plain: &["slug", "version", "text", "sha256", "note", "added_us"],
    },
    Table {
        name: "card_record",
        columns: &[
            row("list"),
            row("number"),
            area("area_code"),
            secret("sealed", Child, "semua yang ditulis satu baris daftar"),
        ],
        plain: &[],
    },
    Table {
        name: "card_request",
        columns: &[
            id("subject"),
            common("subject_kind", "orang atau keluarga"),
            area("area_code"),
            common("kind", "apa yang diminta seseorang"),
            common("state", "permintaan dikabulkan atau ditolak"),
            secret("sealed", Common, "siapa meminta, dan apa"),
            secret("identity", Common, "cara identitasnya diperiksa"),
            secret("answer", Finance, "jawaban, dan perbaikan isi baris"),
            staff("owner_person"),
            staff("by_person"),
            staff("answered_by"),
        ],
        plain: &[
            "number",
            "wrapped",
            "at_us",
            "due_us",
            "answered_us",
            "erasure",
        ],
    },
    Table {
        name: "card_ruling",
        columns: &[
            common("reason", "alasan tentang satu kelompok; ditulis bebas"),
            staff("by_person"),
        ],
        plain: &["decision", "grouped", "answer", "at_us"],
    },
    Table {
        name: "card_run",
        columns: &[
            secret(
                "facts_blob",
                Child,
                "yang diketahui tentang keluarga dan orang: desil, umur, bantuan",
            ),
            staff("by_person"),
        ],
        plain: &[
            "number",
            "state",
            "began_us",
            "ended_us",
            "yardstick",
            "result",
            "failure",
            "facts_key",
            "model",
            "late_of",
            "late_list",
            "late",
        ],
    },
    Table {
        name: "card_sample",
        columns: &[staff("drawn_by")],
        plain: &[
            "number",
            "decision",
            "state",
            "reference",
            "seed",
            "design",
            "frame",
            "not_covered",
            "drawn_us",
            "closed_us",
        ],
    },
    Table {
        name: "card_sample_village",
        columns: &[],
        plain: &[
            "sample",
            "area_code",
            "chance",
            "certain",
            "receiving_frame",
            "others_frame",
        ],
    },
    Table {
        name: "card_term",
        columns: &[
            common("reason", "alasan mengubah masa simpan; ditulis bebas"),
            staff("by_person"),
        ],
        plain: &["what", "days", "at_us"],
    },
    Table {
        name: "card_term_run",
        columns: &[],
        plain: &["what", "at_us", "destroyed", "held", "until_us"],
    },
    Table {
        name: "card_total",
        columns: &[],
        plain: &["run", "area_code", "rows", "rupiah", "unknown"],
    },
    Table {
        name: "card_unsettled",
        columns: &[],
        plain: &["id", "since_us", "times"],
    },
    Table {
        name: "card_visit",
        columns: &[
            id("subject"),
            area("area_code"),
            finance("receives", "menerima bantuan menurut daftar"),
            row("list"),
            row("row_number"),
            finance("outcome", "yang ditemukan petugas di lapangan"),
            finance("eligible", "layak menurut petugas di lapangan"),
            common("households", "rumah tangga yang ditemukan di sana"),
            staff("by_person"),
        ],
        plain: &["sample", "number", "weight", "at_us"],
    },
    Table {
        name: "card_word",
        columns: &[
            row("list_a"),
            row("number_a"),
            row("list_b"),
            row("number_b"),
            staff("by_person"),
            common("answer", "satu orang atau dua, menurut petugas"),
            finance("pays", "salah satu keluarga menerima bantuan"),
        ],
        plain: &["at_us"],
    },
];
