//! Secrets as people write them down: base 32 (RFC 4648 §6), and codes on paper.
//!
//! The alphabet has no 0, 1 and 8, so what is read for one of them was an O, I or B.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::redact::Secret;

use crate::problem::Problem;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Codes that are made at a time.
pub(super) const CODES: usize = 10;

/// Random bytes of a code: so many that its bare hash can be kept.
const BYTES: usize = 10;

/// Characters of a code without its strokes.
const LENGTH: usize = 16;

/// Bytes in base 32, without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for five in bytes.chunks(5) {
        let mut octets = [0; 8];
        octets[3..3 + five.len()].copy_from_slice(five);
        let number = u64::from_be_bytes(octets);
        for i in 0..(five.len() * 8).div_ceil(5) {
            let quintet = (number >> (35 - 5 * i)) & 0x1f;
            let at = usize::try_from(quintet).unwrap_or_default();
            text.push(char::from(ALPHABET[at]));
        }
    }
    text
}

/// Fills bytes at random.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Problem::bug("the system has no randomness"))?;
    Ok(bytes)
}

/// Codes as they are shown, and what is kept of them.
pub(super) type Drawn = (Vec<Secret<String>>, Vec<Vec<u8>>);

/// Ten codes.
pub(super) fn draw() -> Result<Drawn, Problem> {
    let mut shown = Vec::with_capacity(CODES);
    let mut kept = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let text = base32(&random::<BYTES>()?);
        kept.push(hash(&text));
        let groups = [&text[..4], &text[4..8], &text[8..12], &text[12..]];
        shown.push(Secret::new(groups.join("-")));
    }
    Ok((shown, kept))
}

/// What is kept of a code.
pub(super) fn hash(code: &str) -> Vec<u8> {
    digest(&SHA256, code.as_bytes()).as_ref().to_vec()
}

/// What somebody has typed, in the spelling that is hashed; none if no code has it.
pub(super) fn normal(typed: &str) -> Option<String> {
    let mut code = String::with_capacity(LENGTH);
    for c in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
        let c = match c.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            c => c,
        };
        if code.len() == LENGTH || !ALPHABET.iter().any(|a| char::from(*a) == c) {
            return None;
        }
        code.push(c);
    }
    (code.len() == LENGTH).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4648_section_10() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let (shown, kept) = draw().expect("codes");
        assert_eq!((shown.len(), kept.len()), (CODES, CODES));
        for (shown, kept) in shown.iter().zip(&kept) {
            let shown = shown.expose();
            assert_eq!(shown.len(), LENGTH + 3);
            let careless = shown.to_lowercase().replace('-', " ");
            let read_wrong = shown.replace('O', "0").replace('I', "1").replace('B', "8");
            for typed in [shown, &careless, &read_wrong] {
                assert_eq!(normal(typed).map(|code| hash(&code)).as_ref(), Some(kept));
            }
        }
        for typed in ["", "AAAA", "AAAA-AAAA-AAAA-AAA9", "AAAA-AAAA-AAAA-AAAA-A"] {
            assert_eq!(normal(typed), None, "{typed}");
        }
    }
}
