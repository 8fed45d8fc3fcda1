//! The same standard errors by another way: leave out one cluster after the other and see how
//! much the share moves (the JKn of Rust and Rao 1996). Written naively, from the rows.

use super::*;

/// One answer with its place in the design.
struct Row {
    stratum: String,
    cluster: String,
    /// What is left of a stratum whose subjects were drawn first.
    left: f64,
    receives: bool,
    weight: f64,
    wrong: f64,
    left_out: f64,
    eligible: f64,
}

/// Shares out what the unreached weigh, step by step.
fn weights(sample: &Sample, visits: &[Visit]) -> Vec<f64> {
    let met = |it: &Visit| !matches!(it.outcome, None | Some(Outcome::Unreached));
    let mut weights: Vec<f64> = visits.iter().map(|it| it.weight).collect();
    for step in 0..3 {
        let same = |one: &Visit, other: &Visit| {
            let code = |it: &Visit| &sample.villages[it.village as usize].code;
            one.receives == other.receives
                && match step {
                    0 => code(one) == code(other),
                    1 => code(one)[..5] == code(other)[..5],
                    _ => true,
                }
        };
        let before = weights.clone();
        for (at, visit) in visits.iter().enumerate() {
            let of = |wanted: bool| -> f64 {
                let those = visits.iter().zip(&before);
                those
                    .filter(|(other, _)| same(visit, other) && met(other) == wanted)
                    .map(|it| it.1)
                    .sum()
            };
            if met(visit) {
                weights[at] = before[at] * (of(true) + of(false)) / of(true);
            } else if of(true) > 0.0 {
                weights[at] = 0.0;
            }
        }
    }
    weights
}

fn rows(sample: &Sample, visits: &[Visit]) -> Vec<Row> {
    let weights = weights(sample, visits);
    let mut rows = Vec::new();
    for (at, (visit, weight)) in visits.iter().zip(weights).enumerate() {
        let eligible = match visit.outcome {
            None | Some(Outcome::Unreached) => continue,
            Some(Outcome::Found { eligible, .. }) => f64::from(eligible),
            Some(Outcome::Gone | Outcome::Part) => 0.0,
        };
        let village = &sample.villages[visit.village as usize];
        let on = f64::from(u8::from(visit.receives));
        let (stratum, cluster) = if village.is_certain {
            (
                format!("{} {}", village.code, visit.receives),
                at.to_string(),
            )
        } else {
            (village.code[..5].to_owned(), village.code.clone())
        };
        rows.push(Row {
            left: if village.is_certain {
                f64::from(if visit.receives {
                    village.receivers
                } else {
                    village.others
                })
            } else {
                f64::INFINITY
            },
            stratum,
            cluster,
            receives: visit.receives,
            weight,
            wrong: f64::from(u8::from(visit.receives && eligible < 0.5)),
            left_out: (eligible - on).max(0.0),
            eligible,
        });
    }
    rows
}

/// The standard error of a share by leaving out clusters; none where one stands alone.
fn error(rows: &[Row], share: &dyn Fn(&[f64]) -> f64) -> Option<f64> {
    let full: Vec<f64> = rows.iter().map(|it| it.weight).collect();
    let whole = share(&full);
    let mut strata: Vec<&str> = rows.iter().map(|it| it.stratum.as_str()).collect();
    strata.sort_unstable();
    strata.dedup();
    let mut variance = 0.0;
    for stratum in strata {
        let of: Vec<&Row> = rows.iter().filter(|it| it.stratum == stratum).collect();
        let mut clusters: Vec<&str> = of.iter().map(|it| it.cluster.as_str()).collect();
        clusters.sort_unstable();
        clusters.dedup();
        let n = f64::from(u32::try_from(clusters.len()).expect("few"));
        if clusters.len() < 2 {
            return None;
        }
        let left = 1.0 - n / of[0].left;
        for cluster in clusters {
            let without = |it: &Row| match (it.stratum == stratum, it.cluster == cluster) {
                (true, true) => 0.0,
                (true, false) => it.weight * n / (n - 1.0),
                (false, _) => it.weight,
            };
            let replicate: Vec<f64> = rows.iter().map(without).collect();
            variance += left * (n - 1.0) / n * (share(&replicate) - whole).powi(2);
        }
    }
    Some(variance.sqrt())
}

#[test]
fn leaving_out_clusters_tells_the_same_errors() {
    let province = Province::of(Shape::USUAL, 11);
    let (mut compared, mut certain) = (0, 0);
    for (receivers, others, villages) in [(550, 420, 110), (900, 900, 60), (300, 300, 150)] {
        let plan = Plan::of(
            &province.frame,
            Design {
                receivers,
                others,
                villages,
            },
        );
        for number in 0..8 {
            let sample = plan.draw(&seed(number));
            let visits = visits(&province, &sample);
            let rows = rows(&sample, &visits);
            let ratio = |weights: &[f64], part: fn(&Row) -> f64, of: fn(&Row) -> f64| {
                let sum = |it: fn(&Row) -> f64| -> f64 {
                    rows.iter()
                        .zip(weights)
                        .map(|(row, weight)| weight * it(row))
                        .sum()
                };
                sum(part) / sum(of)
            };
            let receives: fn(&Row) -> f64 = |it| f64::from(u8::from(it.receives));
            let inclusion = |weights: &[f64]| ratio(weights, |it| it.wrong, receives);
            let exclusion = |weights: &[f64]| ratio(weights, |it| it.left_out, |it| it.eligible);
            let Some(by_hand) = error(&rows, &inclusion).zip(error(&rows, &exclusion)) else {
                continue;
            };
            let measured = estimate(&sample.villages, &visits);
            let full: Vec<f64> = rows.iter().map(|it| it.weight).collect();
            for (figure, value, by_hand) in [
                (measured.inclusion, inclusion(&full), by_hand.0),
                (measured.exclusion, exclusion(&full), by_hand.1),
            ] {
                let share = figure.share.expect("measured");
                assert!((share.value - value).abs() < 1e-9, "{share:?} {value}");
                let error = figure.error.expect("measured");
                let off = error / by_hand - 1.0;
                assert!(off.abs() < 0.03, "{number}: {error} beside {by_hand}");
                compared += 1;
            }
            certain += sample.villages.iter().filter(|it| it.is_certain).count();
        }
    }
    assert!(compared >= 24, "{compared}");
    assert!(certain > 0);
}
