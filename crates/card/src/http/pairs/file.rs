//! Pairs as a file: what is thought and said of them, and nothing of what stands in their rows.

use card_core::review::BANDS;

use super::{Telling, WordView, code, of_one};
use crate::sql::pair::PairRow;

/// The columns of a file of pairs.
const COLUMNS: [&str; 12] = [
    "pasangan",
    "peluang",
    "disatukan",
    "jenis",
    "contoh_acak",
    "golongan_dari",
    "menyangkut_pembayaran",
    "keadaan",
    "berlaku",
    "kode_wilayah",
    "wilayah",
    "jawaban",
];

impl Telling<'_> {
    /// Pairs as a file that says nothing of what stands in their rows.
    pub(super) fn file(&self, pairs: &[&PairRow]) -> hall::csv::File {
        let mut file = hall::csv::File::new(&COLUMNS);
        let yes = |it: bool| if it { "ya" } else { "tidak" }.to_owned();
        for pair in pairs {
            let (state, counts) = self.settled(pair);
            let area = code(&pair.areas[0]);
            let at = |word: &WordView| self.hall.clock().rfc3339(word.at_us);
            let said = self.said(pair).into_iter().map(|word| {
                let by = word.by_name.clone().unwrap_or_default();
                let answer = word.answer.unwrap_or("belum diperlihatkan");
                format!("{answer} ({by}, {})", at(&word))
            });
            let band = pair.band.map(|band| BANDS[band].to_string());
            file.row(&[
                pair.id.to_string(),
                format!("{:.4}", pair.same),
                yes(pair.joined),
                pair.kind.as_str().to_owned(),
                yes(pair.band.is_some()),
                band.unwrap_or_default(),
                yes(pair.pays),
                state.as_str().to_owned(),
                counts.map_or("", of_one).to_owned(),
                area.as_ref().map_or_else(String::new, ToString::to_string),
                self.area_name(area.as_ref()).unwrap_or_default(),
                said.collect::<Vec<_>>().join("; "),
            ]);
        }
        file
    }
}
