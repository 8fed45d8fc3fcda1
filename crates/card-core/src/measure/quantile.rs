//! Quantiles of a two-sided 95 %.

/// The standard normal one.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// What lies outside, on both sides together.
const OUTSIDE: f64 = 0.05;

/// Above so many degrees of freedom an expansion is as exact as the sum.
const SUMMED: u32 = 200;

/// How often the interval that holds the quantile is halved.
const HALVINGS: usize = 60;

/// That of Student's t with so many degrees of freedom; with none it is not finite.
pub(super) fn student(df: u32) -> f64 {
    if df == 0 {
        return f64::INFINITY;
    }
    if df > SUMMED {
        // Abramowitz and Stegun 1964, 26.7.5.
        let (z, df) = (Z, f64::from(df));
        let square = z * z;
        let first = z * (square + 1.0) / 4.0;
        let second = z * ((5.0 * square + 16.0) * square + 3.0) / 96.0;
        return z + first / df + second / (df * df);
    }
    let (mut low, mut high) = (1.0, 16.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if within(middle, df) < 1.0 - OUTSIDE {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// How likely t lies between the negative of a number and the number: the finite sums of
/// Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
fn within(t: f64, df: u32) -> f64 {
    let angle = (t / f64::from(df).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let square = cosine * cosine;
    let is_odd = df % 2 == 1;
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = if df == 1 { 0.0 } else { term };
    let mut factor = if is_odd { 2 } else { 1 };
    while factor + 2 < df {
        term *= square * f64::from(factor) / f64::from(factor + 1);
        sum += term;
        factor += 2;
    }
    if is_odd {
        (angle + sine * sum) * std::f64::consts::FRAC_2_PI
    } else {
        sine * sum
    }
}

/// The highest share that none of so many, which need not be a whole number, still agrees
/// with (Clopper and Pearson 1934).
pub(super) fn none_of(count: f64) -> f64 {
    if count <= 0.0 {
        return 1.0;
    }
    1.0 - (OUTSIDE / 2.0).powf(count.recip())
}

/// The lower and the upper end around a share, on the logit scale, by its standard error.
pub(super) fn logit(share: f64, error: f64, quantile: f64) -> (f64, f64) {
    let odds = share / (1.0 - share);
    let factor = (quantile * error / (share * (1.0 - share))).exp();
    let of = |odds: f64| odds / (1.0 + odds);
    let high = if factor.is_finite() {
        of(odds * factor)
    } else {
        1.0
    };
    (of(odds / factor), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_t_is_as_in_the_tables() {
        for (df, t) in [
            (1, 12.706_2),
            (2, 4.302_65),
            (3, 3.182_45),
            (4, 2.776_45),
            (5, 2.570_58),
            (6, 2.446_91),
            (7, 2.364_62),
            (8, 2.306_00),
            (9, 2.262_16),
            (10, 2.228_14),
            (12, 2.178_81),
            (15, 2.131_45),
            (20, 2.085_96),
            (25, 2.059_54),
            (30, 2.042_27),
            (40, 2.021_08),
            (60, 2.000_30),
            (80, 1.990_06),
            (100, 1.983_97),
            (120, 1.979_93),
            (200, 1.971_90),
            (500, 1.964_72),
            (1_000, 1.962_34),
            (u32::MAX, 1.959_96),
        ] {
            assert!((student(df) - t).abs() < 1e-4, "{df}: {}", student(df));
        }
        assert!(student(0).is_infinite());
        for df in 1..400 {
            assert!(student(df) > student(df + 1), "{df}");
        }
    }

    #[test]
    fn nothing_found_leaves_room() {
        // Clopper and Pearson: none of 10, 30, 100.
        for (count, high) in [(10.0, 0.308_5), (30.0, 0.115_7), (100.0, 0.036_2)] {
            assert!((none_of(count) - high).abs() < 1e-4, "{count}");
        }
        assert!((none_of(0.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_interval_holds_its_share_and_stays_within() {
        for share in [0.001, 0.02, 0.5, 0.9, 0.999] {
            for error in [0.0, 1e-4, 0.01, 0.3, 10.0, 1e9] {
                let (low, high) = logit(share, error, Z);
                let (down, up) = (low - 1e-12, high + 1e-12);
                assert!(down <= share && share <= up, "{share} {error}");
                assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            }
        }
    }
}
