//! Codes that an app computes of a secret and the time: RFC 6238 over RFC 4226, with
//! SHA-1, steps of 30 seconds and six digits, which is what every app can do.
//!
//! Pure: time comes in as an argument.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base::now::Wall;

/// Bytes of a secret: as long as the hash (RFC 4226 §4).
pub(super) const SECRET: usize = 20;

/// Seconds of a step.
const STEP_S: i64 = 30;

/// Digits of a code.
const DIGITS: usize = 6;

/// Steps that a phone's clock may be off, to either side.
const DRIFT: i64 = 1;

/// The code of a step.
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    // RFC 4226 §5.3: the last half octet says where the number begins.
    let at = bytes.last().map_or(0, |last| usize::from(last & 0x0f));
    let number = bytes.get(at..at + 4).map_or(0, |four| {
        four.iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte))
    });
    format!("{:0DIGITS$}", (number & 0x7fff_ffff) % 10_u32.pow(6))
}

/// Whether something typed has the looks of a code.
pub(super) fn looks(typed: &str) -> bool {
    typed.len() == DIGITS && typed.bytes().all(|byte| byte.is_ascii_digit())
}

/// The step whose code was typed, if it is one of now and none that is used up.
pub(super) fn step(secret: &[u8], now: Wall, used: i64, typed: &str) -> Option<i64> {
    let now = now.as_us().div_euclid(1_000_000).div_euclid(STEP_S);
    // All are computed, so that the answer takes as long whichever it is.
    let mut found = None;
    for step in now - DRIFT..=now + DRIFT {
        let fits = verify_slices_are_equal(code(secret, step).as_bytes(), typed.as_bytes()).is_ok();
        if fits && step > used {
            found = Some(step);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Wall {
        Wall::from_us(seconds * 1_000_000)
    }

    #[test]
    fn rfc_4226_appendix_d() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, wanted) in (0..).zip(codes) {
            assert_eq!(code(RFC, step), wanted, "step {step}");
        }
    }

    #[test]
    fn rfc_6238_appendix_b() {
        // The table has eight digits; six are its last six.
        for (seconds, wanted) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = step(RFC, at(seconds), 0, &wanted[2..]);
            assert_eq!(step, Some(seconds / 30), "{seconds} s");
        }
    }

    #[test]
    fn a_code_counts_a_step_early_and_a_step_late_and_once() {
        let typed = code(RFC, 100);
        for (seconds, counts) in [
            (2_969, false),
            (2_970, true),
            (3_000, true),
            (3_059, true),
            (3_060, false),
        ] {
            let found = step(RFC, at(seconds), 0, &typed);
            assert_eq!(found, counts.then_some(100), "{seconds} s");
        }
        assert_eq!(step(RFC, at(3_000), 99, &typed), Some(100));
        assert_eq!(step(RFC, at(3_000), 100, &typed), None, "used up");
        assert_eq!(
            step(RFC, at(3_000), 101, &typed),
            None,
            "older than what was used"
        );
        assert_eq!(step(RFC, at(3_000), 0, ""), None);
    }

    #[test]
    fn only_six_digits_look_like_a_code() {
        assert!(looks("012345"));
        for typed in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert!(!looks(typed), "{typed}");
        }
    }
}
