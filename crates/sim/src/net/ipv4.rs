//! What has to be known of an IPv4 packet (RFC 791): its two addresses, and how one is
//! put in the place of another.
//!
//! Sums are mended and not made anew (RFC 1624), so that a packet that was broken
//! before stays broken.

use std::net::Ipv4Addr;

/// Where the source and the destination lie.
const SOURCE: usize = 12;
const DESTINATION: usize = 16;

/// The shortest header.
const HEADER_MIN: usize = 20;

/// Protocols whose sums cover the addresses.
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Which of the two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// From where.
    Source,
    /// To where.
    Destination,
}

impl End {
    const fn at(self) -> usize {
        match self {
            Self::Source => SOURCE,
            Self::Destination => DESTINATION,
        }
    }
}

/// An address of a packet; none if it is no packet of IPv4.
#[must_use]
pub fn address(packet: &[u8], end: End) -> Option<Ipv4Addr> {
    if packet.len() < HEADER_MIN || packet[0] >> 4 != 4 {
        return None;
    }
    let octets = packet.get(end.at()..)?.first_chunk::<4>()?;
    Some(Ipv4Addr::from(*octets))
}

/// Puts another address in. Something that is no packet of IPv4 stays as it is.
pub fn readdress(packet: &mut [u8], end: End, to: Ipv4Addr) {
    let Some(from) = address(packet, end) else {
        return;
    };
    let at = end.at();
    packet[at..at + 4].copy_from_slice(&to.octets());
    mend(packet, 10, from, to);
    let header = usize::from(packet[0] & 0x0f) * 4;
    let later_fragment = u16::from_be_bytes([packet[6], packet[7]]) & 0x1fff != 0;
    if later_fragment {
        return;
    }
    match packet[9] {
        TCP => mend(packet, header + 16, from, to),
        // Nought says that there is no sum.
        UDP if packet.get(header + 6..header + 8) != Some(&[0, 0]) => {
            mend(packet, header + 6, from, to);
        }
        _ => {}
    }
}

/// The two ports of a packet of TCP (RFC 9293 §3.1); none if it is another, or a later
/// part of one.
#[must_use]
pub fn tcp_ports(packet: &[u8]) -> Option<[u16; 2]> {
    address(packet, End::Source)?;
    let is_first = u16::from_be_bytes([packet[6], packet[7]]) & 0x1fff == 0;
    if packet[9] != TCP || !is_first {
        return None;
    }
    let header = usize::from(packet[0] & 0x0f) * 4;
    let [a, b, c, d] = *packet.get(header..)?.first_chunk::<4>()?;
    Some([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])])
}

/// Mends the sum at a place for an address that was replaced.
fn mend(packet: &mut [u8], at: usize, from: Ipv4Addr, to: Ipv4Addr) {
    let Some(place) = packet.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<2>) else {
        return;
    };
    let words = |address: Ipv4Addr| {
        let [a, b, c, d] = address.octets();
        [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
    };
    let mut sum = u32::from(!u16::from_be_bytes(*place));
    for word in words(from) {
        sum += u32::from(!word);
    }
    for word in words(to) {
        sum += u32::from(word);
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let folded = u16::try_from(sum).unwrap_or(u16::MAX);
    *place = (!folded).to_be_bytes();
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sum of RFC 1071, over everything.
    fn sum(octets: &[u8]) -> u16 {
        let mut sum = 0_u64;
        for pair in octets.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0));
        }
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !u16::try_from(sum).expect("folded")
    }

    /// Sums of a packet that is whole are nought.
    fn is_whole(packet: &[u8]) -> bool {
        let (header, body) = packet.split_at(HEADER_MIN);
        let length = u16::try_from(body.len()).expect("short").to_be_bytes();
        let pseudo = [&packet[12..20], &[0, packet[9]], &length, body].concat();
        sum(header) == 0 && sum(&pseudo) == 0
    }

    pub(crate) fn tcp(from: Ipv4Addr, to: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; HEADER_MIN + 20];
        packet[0] = 0x45;
        packet[9] = TCP;
        packet[12..16].copy_from_slice(&from.octets());
        packet[16..20].copy_from_slice(&to.octets());
        packet.extend(payload);
        let length = u16::try_from(packet.len() - HEADER_MIN).expect("short");
        let pseudo = [
            &packet[12..20],
            &[0, TCP],
            &length.to_be_bytes(),
            &packet[HEADER_MIN..],
        ]
        .concat();
        let of_body = sum(&pseudo);
        packet[36..38].copy_from_slice(&of_body.to_be_bytes());
        let of_header = sum(&packet[..HEADER_MIN]);
        packet[10..12].copy_from_slice(&of_header.to_be_bytes());
        packet
    }

    proptest! {
        #[test]
        fn a_packet_stays_whole_under_another_address(
            from: u32, to: u32, other: u32, payload in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut packet = tcp(from.into(), to.into(), &payload);
            prop_assert!(is_whole(&packet));
            readdress(&mut packet, End::Source, other.into());
            prop_assert_eq!(address(&packet, End::Source), Some(other.into()));
            prop_assert!(is_whole(&packet));
            readdress(&mut packet, End::Destination, other.into());
            prop_assert_eq!(address(&packet, End::Destination), Some(other.into()));
            prop_assert!(is_whole(&packet));
            prop_assert_eq!(&packet[40..], &payload[..]);
        }

        #[test]
        fn no_octets_panic(mut octets in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(first) = octets.first_mut() {
                *first = 0x40 | *first & 0x0f;
            }
            readdress(&mut octets, End::Source, Ipv4Addr::LOCALHOST);
            readdress(&mut octets, End::Destination, Ipv4Addr::LOCALHOST);
        }
    }
}
