//! By what an examination measures, as somebody has asked for it.

use card_core::link::Settings;
use card_core::review::BANDS;
use hall::line;
use hall::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::memory::PROGRAMMES_MAX;

/// By what the running list is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CardYardstick)]
pub(crate) struct Asked {
    /// The highest decile of those who should receive, 1 to 10.
    pub(crate) decile_max: u8,
    /// What one family gets in a cycle, in rupiah: what leaving one out is counted with.
    /// Null: not known.
    pub(crate) rupiah_each: Option<i64>,
    /// Programmes that do not exclude, as the lists of other aid call them.
    pub(crate) not_excluding: Vec<String>,
    /// From which probability on two rows are one person's: where a band of the random sample
    /// begins, since only of these it can be told what comes of it.
    pub(crate) threshold: f64,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            decile_max: 2,
            rupiah_each: None,
            not_excluding: Vec::new(),
            threshold: Settings::default().threshold,
        }
    }
}

impl Asked {
    /// Refuses what cannot be measured by.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if !(1..=10).contains(&self.decile_max) {
            return Err(line::refuse("decile_max", "use 1 to 10"));
        }
        if self
            .rupiah_each
            .is_some_and(|it| !(0..=1_000_000_000).contains(&it))
        {
            return Err(line::refuse("rupiah_each", "use 0 to 1000000000"));
        }
        if self.not_excluding.len() > PROGRAMMES_MAX {
            return Err(line::refuse("not_excluding", "names too many"));
        }
        let bands = BANDS.into_iter().filter(|from| *from >= 0.5);
        if !bands
            .clone()
            .any(|from| from.total_cmp(&self.threshold).is_eq())
        {
            let words = bands.map(|from| from.to_string()).collect::<Vec<_>>();
            return Err(line::refuse(
                "threshold",
                format!("use one of {}", words.join(", ")),
            ));
        }
        Ok(())
    }
}
