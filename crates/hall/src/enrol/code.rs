//! The code by which a box asks for its site, and the ticket that carries it.
//!
//! One code has two forms. The long one is 128 random bits and goes into a QR
//! together with the hash of the house's key, so that the box refuses every other
//! house. The short one is for a person who types: eight characters of 40 random
//! bits and one that checks them. It can be guessed in principle, so guesses are
//! rate-limited, and it says nothing about the house, so people compare six words.
//!
//! Both are Crockford base 32: no I, L, O or U is ever printed, and what is read as
//! one of the first three means 1 or 0.
//!
//! ```text
//! https://pusat.example:8443/c#0F3K…26 characters….9b1c…64 hexadecimal digits…
//! https://pusat.example:8443/c#7QK2-9MXD-4
//! ```

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::redact::Secret;
use url::Url;

use crate::audit::hex;

pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of the long form: 128 bits.
const LONG: usize = 26;

/// Characters of the short form before the one that checks them: 40 bits.
const SHORT: usize = 8;

/// Longest ticket that is read, in octets.
const TICKET_MAX: usize = 512;

/// Both forms of a new code.
#[derive(Debug)]
pub(crate) struct Fresh {
    /// For the QR.
    pub(crate) long: Secret<String>,
    /// For typing, as `7QK2-9MXD-4`.
    pub(crate) short: Secret<String>,
}

impl Fresh {
    /// A code that nobody has had.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn draw() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let (mut long, mut short) = ([0; 16], [0; 5]);
        let random = SystemRandom::new();
        random.fill(&mut long)?;
        random.fill(&mut short)?;
        Ok(Self {
            long: Secret::new(written(u128::from_be_bytes(long), LONG)),
            short: Secret::new(grouped(&checked(&short))),
        })
    }
}

/// A code as a box sends it: one of the two forms, in its normal spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// 26 characters.
    Long(Secret<String>),
    /// 9 characters, of which the last checks the others.
    Short(Secret<String>),
}

/// Why a text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A character that no code has.
    #[error("character {at} is not one that a code has")]
    Character {
        /// Which one, counted from one; strokes and blanks are not counted.
        at: usize,
    },
    /// Neither as long as the one form nor as the other.
    #[error("a code has 9 or 26 characters, this has {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// The last character does not fit the others.
    #[error("one of the characters was mistyped")]
    Mistyped,
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut digits = Vec::with_capacity(LONG);
        for c in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let at = digits.len() + 1;
            if at > LONG {
                let found = text.chars().filter(|c| !matches!(c, '-' | ' ')).count();
                return Err(CodeError::Length { found });
            }
            digits.push(digit(c).ok_or(CodeError::Character { at })?);
        }
        let plain: String = digits.iter().map(|d| char::from(ALPHABET[*d])).collect();
        match digits.split_last() {
            Some((check, rest)) if rest.len() == SHORT => {
                if check_digit(rest) == *check {
                    Ok(Self::Short(Secret::new(plain)))
                } else {
                    Err(CodeError::Mistyped)
                }
            }
            _ if digits.len() == LONG => Ok(Self::Long(Secret::new(plain))),
            _ => Err(CodeError::Length {
                found: digits.len(),
            }),
        }
    }
}

/// The SHA-256 of the public key (SubjectPublicKeyInfo) of a house's authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseKey(pub [u8; 32]);

impl fmt::Display for HouseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for HouseKey {
    type Err = TicketError;

    fn from_str(text: &str) -> Result<Self, TicketError> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.is_ascii() {
            return Err(TicketError::HouseKey);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = str::from_utf8(pair).map_err(|_| TicketError::HouseKey)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| TicketError::HouseKey)?;
        }
        Ok(Self(bytes))
    }
}

/// What an installer gives to a box: where the house is, and the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Host name or address.
    pub host: String,
    /// TCP port of the door for sites.
    pub port: u16,
    /// Which of the two forms.
    pub code: Code,
    /// The house's key, if the ticket names it.
    pub house: Option<HouseKey>,
}

/// Why a text is no ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It is no `https://HOST:PORT/c#CODE`.
    #[error("write https://HOST:PORT/c#CODE, as the house has printed it")]
    Form,
    /// The code cannot be one.
    #[error("the code: {0}")]
    Code(#[from] CodeError),
    /// The long form comes with the house's key, of 64 hexadecimal digits.
    #[error("the house's key behind the code is not complete: scan or copy the whole text")]
    HouseKey,
}

impl Ticket {
    /// The text that goes into a QR, or onto paper.
    #[must_use]
    pub fn text(host: &str, port: u16, code: &str, house: Option<HouseKey>) -> String {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        match house {
            Some(house) => format!("https://{host}:{port}/c#{code}.{house}"),
            None => format!("https://{host}:{port}/c#{code}"),
        }
    }
}

impl FromStr for Ticket {
    type Err = TicketError;

    fn from_str(text: &str) -> Result<Self, TicketError> {
        let text = text.trim();
        if text.len() > TICKET_MAX {
            return Err(TicketError::Form);
        }
        let url = Url::parse(text).map_err(|_| TicketError::Form)?;
        let fragment = url.fragment().ok_or(TicketError::Form)?;
        let host = url.host().ok_or(TicketError::Form)?;
        if url.scheme() != "https" || !url.username().is_empty() || url.query().is_some() {
            return Err(TicketError::Form);
        }
        let (code, house) = match fragment.split_once('.') {
            Some((code, house)) => (code, Some(house.parse()?)),
            None => (fragment, None),
        };
        let code: Code = code.parse()?;
        if matches!(code, Code::Long(_)) && house.is_none() {
            return Err(TicketError::HouseKey);
        }
        Ok(Self {
            host: match host {
                url::Host::Domain(name) => name.to_owned(),
                url::Host::Ipv4(address) => address.to_string(),
                url::Host::Ipv6(address) => address.to_string(),
            },
            port: url.port().unwrap_or(443),
            code,
            house,
        })
    }
}

/// A number in base 32, with leading zeros.
fn written(value: u128, digits: usize) -> String {
    (0..digits)
        .rev()
        .map(|place| {
            let digit = usize::try_from((value >> (5 * place)) & 31).unwrap_or(0);
            char::from(ALPHABET[digit])
        })
        .collect()
}

/// Eight characters and the one that checks them.
fn checked(bytes: &[u8; 5]) -> String {
    let mut wide = [0; 16];
    wide[11..].copy_from_slice(bytes);
    let mut text = written(u128::from_be_bytes(wide), SHORT);
    let digits: Vec<_> = text.chars().filter_map(digit).collect();
    text.push(char::from(ALPHABET[check_digit(&digits)]));
    text
}

/// As people read it out: by fours.
pub(crate) fn grouped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            out.push('-');
        }
        out.push(c);
    }
    out
}

pub(crate) fn digit(c: char) -> Option<usize> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|a| char::from(*a) == c)
}

/// The check character of the hybrid system of ISO/IEC 7064 for 32 characters
/// (MOD 33,32): it finds every single mistyped character.
pub(crate) fn check_digit(digits: &[usize]) -> usize {
    let mut product = 32;
    for digit in digits {
        let sum = (product + digit) % 32;
        product = (if sum == 0 { 32 } else { sum } * 2) % 33;
    }
    (33 - product) % 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fresh_code_is_read_in_both_forms_and_as_people_write_it() {
        let fresh = Fresh::draw().expect("randomness");
        let long = fresh.long.expose().parse::<Code>();
        assert_eq!(long, Ok(Code::Long(fresh.long.clone())));
        let spoken = fresh.short.expose().to_lowercase().replace('-', " ");
        let spoken = spoken.replace('0', "o").replace('1', "l");
        let short = Secret::new(fresh.short.expose().replace('-', ""));
        assert_eq!(spoken.parse(), Ok(Code::Short(short)));
    }

    #[test]
    fn what_is_no_code_says_why() {
        let refused = |text: &str| text.parse::<Code>().expect_err("no code");
        assert_eq!(refused(""), CodeError::Length { found: 0 });
        assert_eq!(refused("7QK2-9MX"), CodeError::Length { found: 7 });
        assert_eq!(refused("7QKU-9MXD-4"), CodeError::Character { at: 4 });
        assert_eq!(refused(&"0".repeat(40)), CodeError::Length { found: 40 });
    }

    /// The same lines are read by the phone's page.
    #[test]
    fn what_people_type_is_read_as_agreed_with_the_phone() {
        let lines = include_str!("../../../../assets/field/codes.txt").lines();
        let mut seen = 0;
        for line in lines.filter(|line| !line.starts_with('#')) {
            let (typed, meant) = line.split_once('\t').expect("two columns");
            let found = match typed.parse::<Code>() {
                Ok(Code::Short(code)) => format!("short {}", code.expose()),
                Ok(Code::Long(code)) => format!("long {}", code.expose()),
                Err(CodeError::Mistyped) => "mistyped".to_owned(),
                Err(CodeError::Character { at }) => format!("character {at}"),
                Err(CodeError::Length { found }) => format!("length {found}"),
            };
            assert_eq!(found, meant, "{typed}");
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
    }

    #[test]
    fn a_ticket_tells_the_house_and_the_code() {
        let fresh = Fresh::draw().expect("randomness");
        let house = HouseKey([0xab; 32]);
        for (host, printed) in [("pusat.example", "pusat.example"), ("::1", "[::1]")] {
            let text = Ticket::text(host, 8443, fresh.long.expose(), Some(house));
            assert!(text.starts_with(&format!("https://{printed}:8443/c#")));
            let ticket: Ticket = text.parse().expect("a ticket");
            assert_eq!((ticket.host.as_str(), ticket.port), (host, 8443));
            assert_eq!(ticket.house, Some(house));
        }
        let text = Ticket::text("10.0.0.1", 443, fresh.short.expose(), None);
        let ticket: Ticket = text.parse().expect("a ticket");
        assert_eq!((ticket.port, ticket.house), (443, None));
    }

    #[test]
    fn a_ticket_that_was_cut_off_is_refused() {
        let fresh = Fresh::draw().expect("randomness");
        let whole = Ticket::text(
            "a.example",
            8443,
            fresh.long.expose(),
            Some(HouseKey([7; 32])),
        );
        for length in 0..whole.len() {
            assert!(whole[..length].parse::<Ticket>().is_err(), "{length}");
        }
        for text in [
            "http://a.example:8443/c#7QK2-9MXD-4",
            "https://x@a.example:8443/c#7QK2-9MXD-4",
            "https://a.example:8443/c?x#7QK2-9MXD-4",
            "https://a.example:8443/c",
        ] {
            assert_eq!(text.parse::<Ticket>(), Err(TicketError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_mistyped_character_is_always_found(bytes: [u8; 5], at in 0..9usize, to in 0..32usize) {
            let right = checked(&bytes);
            let mut wrong = right.clone().into_bytes();
            prop_assume!(wrong[at] != ALPHABET[to]);
            wrong[at] = ALPHABET[to];
            let wrong = String::from_utf8(wrong).expect("ASCII");
            prop_assert_eq!(wrong.parse::<Code>(), Err(CodeError::Mistyped));
            prop_assert!(right.parse::<Code>().is_ok());
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = text.parse::<Code>();
            let _ = text.parse::<Ticket>();
        }
    }
}
