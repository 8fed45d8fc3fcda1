//! A range of addresses, as CIDR writes it (RFC 4632, RFC 4291).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Wider ranges are nobody's office: 10.0.0.0/8 is the widest that a network has for
/// itself, and a provider gets a /20 of IPv6 at most.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 20;

/// A range of addresses of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    base: IpAddr,
    bits: u8,
}

impl Range {
    /// Reads `10.1.0.0/16`, `2001:db8::/32`, or one address.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unread = || format!("{text}: write 10.1.0.0/16, 2001:db8::/32 or one address");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| unread())?;
        // One that wraps the other family would match nothing: addresses come unwrapped.
        if base.to_canonical() != base {
            return Err(format!("{text}: write {}", base.to_canonical()));
        }
        let (most, least) = match base {
            IpAddr::V4(_) => (32, WIDEST_V4),
            IpAddr::V6(_) => (128, WIDEST_V6),
        };
        let bits = match bits {
            None => most,
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().map_err(|_| unread())?
            }
            Some(_) => return Err(unread()),
        };
        if bits > most {
            return Err(format!("{text}: at most /{most}"));
        }
        if bits < least {
            return Err(format!(
                "{text}: at least /{least}; wider is nobody's office"
            ));
        }
        let range = Self {
            base: masked(base, bits),
            bits,
        };
        if range.base != base {
            return Err(format!("{text}: the range that it lies in is {range}"));
        }
        Ok(range)
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4() && masked(address, self.bits) == self.base
    }
}

/// The address with only its first bits.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits));
            Ipv4Addr::from_bits(v4.to_bits() & mask.unwrap_or(0)).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits));
            Ipv6Addr::from_bits(v6.to_bits() & mask.unwrap_or(0)).into()
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_written() {
        for (text, reads) in [
            ("10.1.0.0/16", Some("10.1.0.0/16")),
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("192.0.2.7", Some("192.0.2.7/32")),
            ("2001:DB8::/32", Some("2001:db8::/32")),
            ("::1", Some("::1/128")),
            ("10.1.2.3/16", None),
            ("0.0.0.0/0", None),
            ("8.0.0.0/7", None),
            ("::/0", None),
            ("::ffff:10.1.0.0/112", None),
            ("10.1.0.0/33", None),
            ("10.1.0.0/", None),
            ("10.1.0.0/+8", None),
            ("10.1.0.0/0016", None),
            ("010.1.0.0/16", None),
            ("10.1/16", None),
            ("fe80::1%eth0", None),
            ("", None),
        ] {
            let read = Range::parse(text).map(|range| range.to_string()).ok();
            assert_eq!(read.as_deref(), reads, "{text}");
        }
        let mended = Range::parse("10.1.2.3/16").expect_err("bits beyond the mask");
        assert!(mended.ends_with("10.1.0.0/16"), "{mended}");
    }

    #[test]
    fn families_do_not_mix() {
        let range = Range::parse("10.1.0.0/16").expect("a range");
        let holds = |text: &str| range.contains(text.parse().expect("an address"));
        assert!(holds("10.1.255.255") && holds("::ffff:10.1.0.1"));
        assert!(!holds("10.2.0.0") && !holds("a01::1"));
    }

    /// Bit by bit, as one would on paper.
    fn on_paper(base: &[u8], bits: usize, address: &[u8]) -> bool {
        base.len() == address.len()
            && (0..bits).all(|i| {
                let bit = |octets: &[u8]| octets[i / 8] >> (7 - i % 8) & 1;
                bit(base) == bit(address)
            })
    }

    proptest! {
        #[test]
        fn an_address_lies_in_what_begins_like_it(
            base: [u8; 16], near: [u8; 16], v6: bool, share in 0_usize..129, bits in 20_u8..129,
        ) {
            let length = if v6 { 16 } else { 4 };
            let bits = if v6 { bits } else { bits.min(32) };
            let mut other = near;
            // As many bits alike as the case says.
            for i in 0..share.min(length * 8) {
                let mask = 1 << (7 - i % 8);
                other[i / 8] = (other[i / 8] & !mask) | (base[i / 8] & mask);
            }
            let address = |octets: &[u8; 16]| -> IpAddr {
                if v6 {
                    IpAddr::from(*octets)
                } else {
                    IpAddr::from([octets[0], octets[1], octets[2], octets[3]])
                }
            };
            let (base_at, other_at) = (address(&base), address(&other));
            prop_assume!(base_at.to_canonical() == base_at && other_at.to_canonical() == other_at);
            let range = Range::parse(&format!("{}/{bits}", masked(base_at, bits)));
            prop_assume!(range.is_ok());
            let range = range.expect("assumed");
            prop_assert_eq!(
                range.contains(other_at),
                on_paper(&base[..length], usize::from(bits), &other[..length])
            );
        }
    }
}
