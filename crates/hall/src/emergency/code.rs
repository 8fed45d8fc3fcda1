//! The code in the envelope: 27 random characters of base 32 and one that checks them, by
//! fours. It is written by hand and typed by somebody in a hurry: a mistyped character is
//! told before anything is tried.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::redact::Secret;

use crate::enrol::code::{ALPHABET, check_digit, digit, grouped};

/// Random characters: 135 bits.
const RANDOM: usize = 27;

/// A code that nobody has had, as it is printed.
///
/// # Errors
/// If the system has no randomness.
pub(super) fn draw() -> Result<Secret<String>, aws_lc_rs::error::Unspecified> {
    let mut bytes = [0; RANDOM];
    SystemRandom::new().fill(&mut bytes)?;
    // 32 goes into 256 without a rest, so each character is as likely as another.
    let mut digits: Vec<_> = bytes.iter().map(|byte| usize::from(*byte) % 32).collect();
    digits.push(check_digit(&digits));
    Ok(Secret::new(grouped(&spelled(&digits))))
}

/// What somebody has typed, in its normal spelling. None: it was mistyped.
pub(super) fn read(typed: &str) -> Option<Secret<String>> {
    let typed = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.'));
    let mut digits = Vec::with_capacity(RANDOM + 1);
    for c in typed {
        if digits.len() > RANDOM {
            return None;
        }
        digits.push(digit(c)?);
    }
    let (check, random) = digits.split_last()?;
    let whole = random.len() == RANDOM && check_digit(random) == *check;
    whole.then(|| Secret::new(spelled(&digits)))
}

fn spelled(digits: &[usize]) -> String {
    digits.iter().map(|d| char::from(ALPHABET[*d])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = draw().expect("randomness");
        let printed = code.expose();
        assert_eq!(printed.len(), 34, "seven times four");
        let normal = printed.replace('-', "");
        for typed in [
            printed.clone(),
            printed.to_lowercase().replace('-', " "),
            normal.replace('0', "o").replace('1', "l"),
            format!("  {normal}\n"),
        ] {
            let read = read(&typed).expect("a code");
            assert_eq!(read.expose(), &normal, "{typed}");
        }
    }

    #[test]
    fn codes_differ_and_use_every_character() {
        let codes: BTreeSet<_> = (0..200)
            .map(|_| draw().expect("randomness").expose().clone())
            .collect();
        assert_eq!(codes.len(), 200);
        let used: BTreeSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(used.len(), 33, "all of the alphabet, and the stroke");
    }

    #[test]
    fn what_is_no_code_is_told_before_it_is_tried() {
        let code = draw().expect("randomness");
        let normal = code.expose().replace('-', "");
        for wrong in [
            String::new(),
            normal[1..].to_owned(),
            format!("{normal}0"),
            format!("U{}", &normal[1..]),
            "é".repeat(28),
            "0".repeat(1_000_000),
        ] {
            assert!(read(&wrong).is_none(), "{}", wrong.len());
        }
    }

    proptest! {
        #[test]
        fn one_mistyped_character_is_always_found(at in 0..28usize, to in 0..32usize) {
            let code = draw().expect("randomness");
            let mut wrong = code.expose().replace('-', "").into_bytes();
            prop_assume!(wrong[at] != ALPHABET[to]);
            wrong[at] = ALPHABET[to];
            let wrong = String::from_utf8(wrong).expect("ASCII");
            prop_assert!(read(&wrong).is_none());
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = read(&text);
        }
    }
}
