//! Why two records are one person's, or not.

use super::compare::{Field, Pattern};
use super::learn::{Class, Model};

/// What one field says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The field.
    pub field: Field,
    /// What both records are to each other in it.
    pub says: &'static str,
    /// For one person where it is positive, against it where it is negative.
    pub bits: f64,
}

/// Why two records are one person's, or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// How probable it is that both are one person.
    pub same: f64,
    /// What else they most probably are.
    pub against: Class,
    /// What is thought before any field is looked at, in bits.
    pub prior: f64,
    /// What each field says, the weightiest first.
    pub evidence: Vec<Evidence>,
}

/// Explains a pair: prior and bits of evidence add up to the odds of one person against
/// what else the pair most probably is.
#[must_use]
pub fn explain(model: &Model, pattern: Pattern) -> Why {
    let shares = model.shares_of(pattern);
    let other = Class::ALL
        .into_iter()
        .filter(|class| *class != Class::Same)
        .max_by(|one, other| shares[*one as usize].total_cmp(&shares[*other as usize]));
    let against = other.unwrap_or(Class::Namesakes);
    let mut evidence: Vec<Evidence> = Field::ALL
        .into_iter()
        .map(|field| Evidence {
            field,
            says: field.levels()[pattern.level(field)],
            bits: model.bits(pattern, field, against),
        })
        .collect();
    evidence.sort_by(|one, other| other.bits.abs().total_cmp(&one.bits.abs()));
    Why {
        same: shares[Class::Same as usize],
        against,
        prior: model.prior(against),
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::super::register::{Register, Row};
    use super::super::{Settings, link};
    use super::*;

    #[test]
    fn bits_add_up_to_the_odds() {
        let mut register = Register::new();
        for (source, name, birth) in [
            ("DTSEN", "Kameloh Dohong", "1966-06-05"),
            ("PKH", "KAMELOH D.", "1966-05-06"),
            ("DESA", "Kamelo Dohong", "1966-06-05"),
            ("DESA", "Yansen Dohong", "1994-12-14"),
        ] {
            register.push(&Row {
                source,
                name,
                birth,
                kk: "6271011203150004",
                sex: "P",
                ..Row::default()
            });
        }
        register.settle();
        let linked = link(&register, &Settings::default(), &|_| ());
        assert!(!linked.pairs.is_empty());
        for pair in &linked.pairs {
            let why = explain(&linked.model, pair.pattern);
            let shares = linked.model.shares_of(pair.pattern);
            let odds = (shares[Class::Same as usize] / shares[why.against as usize]).log2();
            let bits: f64 = why.prior + why.evidence.iter().map(|it| it.bits).sum::<f64>();
            assert!((bits - odds).abs() < 1e-6, "{bits} {odds}");
            assert!(why.against != Class::Same);
            let weights: Vec<f64> = why.evidence.iter().map(|it| it.bits.abs()).collect();
            assert!(weights.is_sorted_by(|one, next| one >= next));
        }
    }
}
