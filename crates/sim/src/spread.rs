//! How measured values are spread.

/// The value that this share of all does not exceed: the nearest rank, which is
/// always one that was measured. None of none.
#[must_use]
pub fn percentile(values: &[f64], percent: u32) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = u64::try_from(sorted.len()).ok()?;
    let rank = (count * u64::from(percent)).div_ceil(100).max(1);
    let index = usize::try_from(rank - 1).ok()?;
    sorted.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        for (percent, expected) in [(0, 1.0), (5, 1.0), (50, 10.0), (95, 19.0), (100, 20.0)] {
            assert_eq!(percentile(&values, percent), Some(expected), "p{percent}");
        }
        assert_eq!(percentile(&[7.0], 95), Some(7.0));
        assert_eq!(percentile(&[], 50), None);
    }
}
