//! A checkpoint on paper, for a witness without a computer at hand.

use super::seal::Sealed;
use crate::Hall;
use crate::problem::Problem;

/// The sheet as a PDF.
///
/// # Errors
/// If the key cannot be read, or the sheet cannot be drawn.
#[cfg(feature = "print")]
pub(crate) fn pdf(hall: &Hall, it: &Sealed) -> Result<Vec<u8>, Problem> {
    use super::note::{self, Signer};
    use crate::print::{Block, Sheet, said};

    let verifier = Signer::verifier_of(&hall.config().data)
        .map_err(|error| Problem::unavailable("checkpoint-key", error.to_string()))?;
    let entries = said::number(i64::try_from(it.size).unwrap_or(i64::MAX));
    let made = said::time_of_zone(hall, it.made);
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let broken = |text: &str| -> Vec<String> {
        // Nothing is left out where a line ends.
        let letters: Vec<char> = text.chars().collect();
        letters
            .chunks(44)
            .map(|part| part.iter().collect())
            .collect()
    };
    let mut lines = vec!["Titik periksa yang ditandatangani (C2SP signed note):".to_owned()];
    lines.extend(it.note.lines().flat_map(broken));
    // One that an earlier key has signed is not to be held against the key of today.
    let is_ours = note::open(&it.note, &verifier).is_ok();
    let verifier = verifier.to_string();
    let mut key = vec!["Kunci pemeriksa:".to_owned()];
    key.extend(broken(&verifier));
    let key = if is_ours {
        Block::Code {
            text: verifier,
            lines: key,
        }
    } else {
        Block::Text(
            "Titik periksa ini ditandatangani dengan kunci yang lebih lama daripada kunci hari \
             ini; kunci itu ada pada lembar pada masanya."
                .to_owned(),
        )
    };
    let sheet = Sheet {
        title: format!("Titik periksa audit {}", it.size),
        made: it.made,
        foot: format!("betang · titik periksa audit {}", it.size),
        blocks: vec![
            Block::Head {
                kind: "Titik periksa jejak audit".to_owned(),
                name: hall.config().name.clone(),
                below: it.day.clone().unwrap_or_else(|| made.clone()),
            },
            Block::Facts(vec![
                fact("Mencakup", format!("{entries} catatan")),
                fact("Dibuat", made),
            ]),
            Block::Text(
                "Simpan lembar ini di luar kantor yang menjalankan sistem. Selama lembar ini ada, \
                 tidak satu pun dari catatan yang dicakupnya dapat diubah, dihapus, atau disisipi \
                 tanpa ketahuan, oleh siapa pun, dengan kunci apa pun."
                    .to_owned(),
            ),
            Block::Text(
                "Cara memeriksa: pindai kode pertama ke sebuah berkas, lalu jalankan betang audit \
                 verify --against BERKAS --key KUNCI. Kunci ada pada kode kedua; bandingkan dengan \
                 lembar yang lebih lama: kunci itu selalu sama."
                    .to_owned(),
            ),
            Block::Code {
                text: it.note.clone(),
                lines,
            },
            key,
        ],
    };
    sheet
        .pdf()
        .map_err(|error| Problem::bug(format!("the paper of a checkpoint: {error}")))
}

/// Small builds have no printing.
#[cfg(not(feature = "print"))]
pub(crate) fn pdf(_: &Hall, _: &Sealed) -> Result<Vec<u8>, Problem> {
    Err(Problem::unavailable(
        "unavailable",
        "This build does not print.",
    ))
}
