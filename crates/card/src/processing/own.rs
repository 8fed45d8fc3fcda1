//! What the house itself does with data of people, and who gets it.

use std::collections::BTreeMap;

use super::{Activity, Recipient};
use crate::sql::office::OfficeRow;
use crate::term::Term;

/// Public task, UU 27/2022, article 20: eligibility goes by no consent.
const TASK: &str = "UU 27/2022 Pasal 20 ayat (2) huruf e (pelayanan publik)";

/// Legal duty, the same article.
const DUTY: &str = "UU 27/2022 Pasal 20 ayat (2) huruf c (kewajiban hukum)";

/// Data of people as lists tell it.
const LISTS: &str = "umum: identitas, alamat, keluarga; spesifik: data anak, keuangan pribadi";

/// How what lists tell is kept.
pub(super) const SEALED: &str = "setiap baris disegel dengan kuncinya sendiri (AES-256-GCM-SIV) dan ditemukan lewat indeks buta; nama dan nomor tersamar kecuali dibuka untuk suatu tujuan, yang dicatat";

/// Something that the house does.
#[derive(Debug, Clone, Copy)]
struct Own {
    key: &'static str,
    name: &'static str,
    purpose: &'static str,
    basis: &'static str,
    /// Of which class the data is.
    data: &'static str,
    /// Who gets it, by the words of recipients.
    recipients: &'static [&'static str],
    /// What of it has terms,
    terms: &'static [Term],
    /// and how long all else is kept.
    kept: &'static str,
    security: &'static str,
}

const OWN: [Own; 14] = [
    Own {
        key: "linking",
        name: "Menautkan baris berbagai daftar menjadi orang dan keluarga",
        purpose: "satu orang dihitung satu kali, dan data yang saling bertentangan terlihat",
        basis: TASK,
        data: LISTS,
        recipients: &["auditor"],
        terms: &[Term::RawCopy, Term::Imports, Term::ListRows, Term::Facts],
        kept: "tautan dan temuan sampai baris daftarnya dimusnahkan",
        security: SEALED,
    },
    Own {
        key: "reviewing",
        name: "Menanyakan pasangan baris kepada petugas",
        purpose: "penautan yang ragu diputuskan orang, dan ketelitiannya terukur",
        basis: TASK,
        data: LISTS,
        recipients: &["auditor"],
        terms: &[Term::ListRows],
        kept: "kata petugas tentang sepasang baris selama kedua barisnya ada",
        security: "pasangan dibuka untuk suatu tujuan, yang dicatat; yang menyangkut pembayaran dijawab dua orang yang tidak saling melihat",
    },
    Own {
        key: "deciding",
        name: "Menilai dan menetapkan penerima menurut aturan program",
        purpose: "bantuan sampai kepada yang berhak; setiap pengeluaran diputuskan orang",
        basis: TASK,
        data: LISTS,
        recipients: &["village", "subject", "auditor"],
        terms: &[Term::Facts, Term::Exceptions, Term::Drafts],
        kept: "daftar penetapan sampai tanggal simpannya",
        security: "penetapan tidak menyimpan nama; sampulnya hanya menyebut desa, jumlah, dan hash; alasan keputusan perorangan disegel dengan kuncinya sendiri",
    },
    Own {
        key: "sheets",
        name: "Mencetak lembar alasan, lampiran, dan daftar kerja",
        purpose: "keluarga dan desa mengetahui alasan keputusan",
        basis: TASK,
        data: LISTS,
        recipients: &["village", "subject"],
        terms: &[],
        kept: "lembar tidak disimpan: dibuat kembali dari baris yang tersegel",
        security: "setiap lembar dicatat dengan tujuan dan jumlah barisnya; lampiran seluruh provinsi memerlukan orang kedua",
    },
    Own {
        key: "sampling",
        name: "Mengunjungi sampel acak di lapangan",
        purpose: "mengukur kesalahan penyaluran",
        basis: TASK,
        data: LISTS,
        recipients: &["field"],
        terms: &[],
        kept: "hasil kunjungan selama daftar penetapannya disimpan",
        security: "petugas tidak diberi tahu siapa penerima selama sampel dibuka; hasil disimpan tanpa nama",
    },
    Own {
        key: "indicators",
        name: "Menghitung ketepatan sasaran",
        purpose: "kesalahan penyaluran diketahui pimpinan dan pengawas",
        basis: TASK,
        data: "jumlah; dihitung dari identitas, keluarga, desil, dan wilayah",
        recipients: &["leaders", "auditor"],
        terms: &[Term::Facts],
        kept: "angka tidak disimpan: dihitung kembali dari daftar penetapan",
        security: "angka kurang dari sepuluh disembunyikan, beserta angka lain yang dapat mengungkapkannya",
    },
    Own {
        key: "objections",
        name: "Mencatat dan menjawab sanggahan",
        purpose: "keputusan dapat diperiksa ulang oleh orang",
        basis: "UU 27/2022 Pasal 10",
        data: "umum dan spesifik: yang dikatakan penyanggah tentang keluarganya",
        recipients: &["subject", "auditor"],
        terms: &[Term::Objections],
        kept: "",
        security: "isi disegel dengan kuncinya sendiri; dijawab orang lain daripada yang mencatat",
    },
    Own {
        key: "requests",
        name: "Mencatat dan menjawab permintaan subjek data",
        purpose: "akses, perbaikan, dan pemusnahan dalam 3 x 24 jam",
        basis: "UU 27/2022 Pasal 5 sampai 13, 30, dan 32",
        data: "umum: siapa meminta apa",
        recipients: &["subject", "source"],
        terms: &[],
        kept: "sampai orang atau keluarganya dimusnahkan datanya",
        security: "isi disegel dengan kuncinya sendiri; identitas peminta diperiksa sebelum data diserahkan",
    },
    Own {
        key: "photos",
        name: "Menyimpan foto rumah, orang, dan dokumen",
        purpose: "keadaan yang dilihat petugas dapat diperiksa ulang dan disanggah",
        basis: TASK,
        data: "umum: rumah; spesifik: gambar yang memperlihatkan orang, juga anak. Tidak ada ukuran wajah yang dihitung",
        recipients: &["subject"],
        terms: &[Term::PhotosHouse, Term::PhotosPerson, Term::PhotosPaper],
        kept: "",
        security: "setiap foto ditulis ulang dari pikselnya saja, tanpa lokasi dan catatan kamera, disegel dengan kuncinya sendiri, dan dibuka satu per satu untuk suatu tujuan, yang dicatat; desa tidak melihatnya, dan tidak satu pun masuk ekspor massal",
    },
    Own {
        key: "breaches",
        name: "Mencatat kegagalan pelindungan data dan memberi tahu",
        purpose: "pemberitahuan dalam 3 x 24 jam",
        basis: "UU 27/2022 Pasal 46",
        data: "umum: apa yang terjadi, dan berapa orang",
        recipients: &["authority", "subject"],
        terms: &[],
        kept: "tanpa batas waktu, sebagai bukti pemberitahuan",
        security: "isi disegel dengan kuncinya sendiri",
    },
    Own {
        key: "audit",
        name: "Mencatat siapa membuka dan mengubah apa",
        purpose: "setiap pembukaan dapat dipertanggungjawabkan, dan subjek data dapat mengetahuinya",
        basis: DUTY,
        data: "umum: nama petugas, tujuan, dan nomor acak orang atau keluarga",
        recipients: &["auditor", "subject"],
        terms: &[],
        kept: "tanpa batas waktu",
        security: "hanya ditambah, tidak pernah diubah; setiap catatan terikat hash pada yang sebelumnya; tanpa nama dan nomor subjek data",
    },
    Own {
        key: "backup",
        name: "Menyimpan salinan cadangan",
        purpose: "data tidak hilang",
        basis: DUTY,
        data: LISTS,
        recipients: &[],
        terms: &[],
        kept: "sampai dihapus kantor; yang dimusnahkan tidak dapat dibuka lagi dari cadangan lama dengan kunci hari ini",
        security: "cadangan tidak memuat kunci; kunci adalah berkas tersendiri yang disimpan kantor di tempat lain",
    },
    Own {
        key: "logs",
        name: "Mencatat jalannya program",
        purpose: "gangguan dapat dicari sebabnya",
        basis: DUTY,
        data: "tidak ada data subjek; nomor permintaan, alamat tanpa isian, lama, dan hasil",
        recipients: &[],
        terms: &[],
        kept: "menurut jurnal mesin yang diatur kantor",
        security: "nama dan nomor tidak pernah ditulis ke log; isian pencarian tidak menjadi bagian alamat",
    },
    Own {
        key: "screens",
        name: "Menampilkan keadaan di layar ruang komando",
        purpose: "pimpinan dan petugas melihat keadaan bersama",
        basis: TASK,
        data: "tidak ada data dari daftar: peran layar tidak memegang hak kartu apa pun, juga atas jumlahnya",
        recipients: &["leaders"],
        terms: &[],
        kept: "tidak disimpan",
        security: "layar masuk dengan peran tersendiri yang tidak dapat membuka keluarga maupun angkanya",
    },
];

pub(super) const RECIPIENTS: [Recipient; 7] = [
    Recipient {
        key: "village",
        who: "Petugas desa, kelurahan, dan kecamatan",
        what: "lampiran penetapan dan daftar kerja wilayahnya, lembar alasan",
        basis: TASK,
    },
    Recipient {
        key: "field",
        who: "Petugas lapangan yang ditugaskan",
        what: "lembar kunjungan sampel di desanya, tanpa keterangan siapa penerima",
        basis: TASK,
    },
    Recipient {
        key: "subject",
        who: "Subjek data dan keluarganya",
        what: "lembar alasan, dan semua data tentang dirinya bila diminta",
        basis: "UU 27/2022 Pasal 7 dan 32",
    },
    Recipient {
        key: "source",
        who: "Pemilik daftar sumber",
        what: "usulan perbaikan baris daftarnya",
        basis: "UU 27/2022 Pasal 30",
    },
    Recipient {
        key: "auditor",
        who: "Pengawas",
        what: "daftar tersamar, siapa membuka apa, dan hasil pemeriksaan ulang",
        basis: DUTY,
    },
    Recipient {
        key: "leaders",
        who: "Pimpinan",
        what: "jumlah dan ketepatan sasaran, tanpa data perorangan",
        basis: TASK,
    },
    Recipient {
        key: "authority",
        who: "Lembaga pelindungan data pribadi",
        what: "pemberitahuan kegagalan pelindungan, tanpa data perorangan",
        basis: "UU 27/2022 Pasal 46",
    },
];

/// How long it is kept by terms, for as many days as people have said or the house does.
pub(super) fn kept(terms: &[Term], days: &BTreeMap<Term, Option<i64>>) -> Vec<String> {
    let of = |term: &Term| {
        let days = days.get(term).copied().flatten();
        let days = days.map_or_else(|| "belum ditentukan".to_owned(), |it| format!("{it} hari"));
        match term {
            Term::RawCopy => "berkas asli daftar sampai tanggal simpannya".to_owned(),
            Term::Imports => format!("unggahan yang tidak dilanjutkan {days}"),
            Term::ListRows => format!("baris daftar {days} sejak daftarnya tidak berlaku"),
            Term::Facts => {
                "hasil pemeriksaan sampai tanggal simpan daftar penetapan yang bertumpu padanya"
                    .to_owned()
            }
            Term::Objections => format!("isi sanggahan {days} sejak dijawab"),
            Term::Exceptions => format!("alasan keputusan perorangan {days} sejak diakhiri"),
            Term::Drafts => format!("keputusan dalam rancangan yang dibatalkan {days}"),
            Term::PhotosHouse => format!("foto rumah {days} sejak diambil"),
            Term::PhotosPerson => format!("foto orang {days} sejak diambil"),
            Term::PhotosPaper => format!("foto dokumen {days} sejak diambil"),
        }
    };
    terms.iter().map(of).collect()
}

/// All of it; the office answers for it once it has said who it is.
pub(super) fn activities(
    office: Option<&OfficeRow>,
    days: &BTreeMap<Term, Option<i64>>,
) -> Vec<Activity> {
    OWN.iter()
        .map(|it| {
            let mut kept = kept(it.terms, days);
            kept.extend((!it.kept.is_empty()).then(|| it.kept.to_owned()));
            let recipients = RECIPIENTS.iter();
            let recipients = recipients.filter(|to| it.recipients.contains(&to.key));
            Activity {
                key: Some(it.key),
                name: it.name.to_owned(),
                purposes: vec![it.purpose.to_owned()],
                basis: Some(it.basis.to_owned()),
                owner: office.map(|it| it.name.clone()),
                controller: office.map(|it| format!("{}, {}", it.name, it.address)),
                agreement: None,
                agreement_until: None,
                source: None,
                list_kind: None,
                classification: Some("pribadi".to_owned()),
                as_of: None,
                data: Some(it.data),
                recipients: recipients.map(|to| to.who).collect(),
                retention: Some(kept.join("; ")),
                security: Some(it.security),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_activity_says_all_that_the_law_asks_for() {
        let days = Term::ALL.map(|term| (term, term.fixed().days)).into();
        let all = activities(None, &days);
        let keys: BTreeSet<_> = all.iter().filter_map(|it| it.key).collect();
        assert_eq!(keys.len(), all.len());
        for key in [
            "audit",
            "backup",
            "logs",
            "screens",
            "linking",
            "indicators",
        ] {
            assert!(keys.contains(key), "{key}");
        }
        for it in &all {
            let said = [&it.basis, &it.retention];
            assert!(
                said.iter()
                    .all(|it| it.as_ref().is_some_and(|it| !it.is_empty()))
            );
            let said = [it.data, it.security];
            assert!(said.iter().all(|it| it.is_some_and(|it| !it.is_empty())));
            assert!(!it.purposes.is_empty() && it.controller.is_none() && it.owner.is_none());
        }
        // Each recipient gets something, and nobody else does.
        for to in OWN.iter().flat_map(|it| it.recipients) {
            assert!(RECIPIENTS.iter().any(|it| it.key == *to), "{to}");
        }
        for to in RECIPIENTS {
            assert!(
                OWN.iter().any(|it| it.recipients.contains(&to.key)),
                "{}",
                to.key
            );
        }
        // Each term of the table is one of an activity.
        for term in Term::ALL {
            assert!(
                OWN.iter().any(|it| it.terms.contains(&term)),
                "{}",
                term.as_str()
            );
        }
    }

    #[test]
    fn days_are_those_that_people_have_said() {
        let days = BTreeMap::from([(Term::Objections, Some(800)), (Term::RawCopy, None)]);
        assert_eq!(
            kept(&[Term::Objections], &days),
            ["isi sanggahan 800 hari sejak dijawab"]
        );
        assert_eq!(
            kept(&[Term::RawCopy], &days),
            ["berkas asli daftar sampai tanggal simpannya"]
        );
    }
}
