//! What does a packet of ICMP say?
//!
//! Questions are echo requests of sixteen octets: a header of eight (RFC 792, RFC 4443)
//! and a nonce of eight, by which an answer is known to be one to this question. What
//! comes back is an answer, or a refusal of somebody on the way, who quotes what he
//! refuses. Whatever comes is read without trust: nothing in it is believed to be there.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Octets of a question, and of an answer to it.
pub const LEN: usize = 16;

/// Octets of what comes, at most, that are read: an outer header with options, the
/// header of a refusal, a quoted header with options, and the quoted question.
pub const READ_MAX: usize = 160;

/// Which ICMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// ICMP of IPv4.
    V4,
    /// ICMPv6.
    V6,
}

impl Family {
    /// The one that an address is asked by.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    const fn request(self) -> u8 {
        match self {
            Self::V4 => 8,
            Self::V6 => 128,
        }
    }

    const fn answer(self) -> u8 {
        match self {
            Self::V4 => 0,
            Self::V6 => 129,
        }
    }
}

/// Why a question did not come to whom it was for, as somebody has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// A router knows no way to the network.
    Network,
    /// A router finds nobody at the address.
    Host,
    /// The address answers, and has no such protocol or port.
    Port,
    /// Somebody on the way forbids it.
    Prohibited,
    /// It went through too many hands: a circle, most of the time.
    Hops,
    /// Something else.
    Other,
    /// This machine knows no way there.
    NoRoute,
    /// This machine may not send it there.
    Forbidden,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Network,
        Self::Host,
        Self::Port,
        Self::Prohibited,
        Self::Hops,
        Self::Other,
        Self::NoRoute,
        Self::Forbidden,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Host => "host",
            Self::Port => "port",
            Self::Prohibited => "prohibited",
            Self::Hops => "hops",
            Self::Other => "other",
            Self::NoRoute => "no_route",
            Self::Forbidden => "forbidden",
        }
    }

    /// That of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// What kind and code of a refusal mean (RFC 792, RFC 1812, RFC 4443); nothing if
    /// they are of none.
    #[must_use]
    pub const fn of(family: Family, kind: u8, code: u8) -> Option<Self> {
        Some(match (family, kind, code) {
            (Family::V4, 3, 0 | 6 | 8 | 11) | (Family::V6, 1, 0) => Self::Network,
            (Family::V4, 3, 1 | 7 | 12) | (Family::V6, 1, 2 | 3) => Self::Host,
            (Family::V4, 3, 2 | 3) | (Family::V6, 1, 4) => Self::Port,
            (Family::V4, 3, 9 | 10 | 13) | (Family::V6, 1, 1 | 5 | 6) => Self::Prohibited,
            (Family::V4, 11, _) | (Family::V6, 3, _) => Self::Hops,
            (Family::V4, 3 | 12, _) | (Family::V6, 1 | 2 | 4, _) => Self::Other,
            _ => return None,
        })
    }
}

/// What a packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// An answer.
    Answer {
        /// Of whose question; the kernel sets it where a socket is of datagrams.
        identifier: u16,
        /// Which question.
        sequence: u16,
        /// What the question held.
        nonce: u64,
    },
    /// A question was refused on its way.
    Refused {
        /// To whom it was.
        to: IpAddr,
        /// Which question.
        question: Quoted,
        /// Why.
        why: Refusal,
    },
    /// Nothing of either.
    Other,
}

/// A question, as far as it was quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    /// Of whom.
    pub identifier: u16,
    /// Which.
    pub sequence: u16,
    /// What it held, if so much was quoted: some routers quote a header of eight octets.
    pub nonce: Option<u64>,
}

/// A question. The checksum of ICMPv6 is over addresses that only the kernel knows, and
/// the kernel sets it.
#[must_use]
pub fn question(family: Family, identifier: u16, sequence: u16, nonce: u64) -> [u8; LEN] {
    let mut octets = [0; LEN];
    octets[0] = family.request();
    octets[4..6].copy_from_slice(&identifier.to_be_bytes());
    octets[6..8].copy_from_slice(&sequence.to_be_bytes());
    octets[8..].copy_from_slice(&nonce.to_be_bytes());
    if family == Family::V4 {
        let sum = checksum(&octets);
        octets[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    octets
}

/// Reads what has come without its outer header.
#[must_use]
pub fn read(family: Family, octets: &[u8]) -> Said {
    let Some([kind, code, ..]) = octets.first_chunk::<8>() else {
        return Said::Other;
    };
    // Of IPv6 the kernel has checked it.
    if family == Family::V4 && checksum(octets) != 0 {
        return Said::Other;
    }
    if *kind == family.answer() {
        // Who answers sends back what was sent, all of it and nothing else.
        let Ok(whole) = <&[u8; LEN]>::try_from(octets) else {
            return Said::Other;
        };
        return match *code {
            0 => Said::Answer {
                identifier: word(whole, 4),
                sequence: word(whole, 6),
                nonce: nonce(whole),
            },
            _ => Said::Other,
        };
    }
    let Some(why) = Refusal::of(family, *kind, *code) else {
        return Said::Other;
    };
    let found = match family {
        Family::V4 => inner_v4(&octets[8..]),
        Family::V6 => inner_v6(&octets[8..]),
    };
    let quoted = found.and_then(|(to, question)| Some((to, quoted(family, question)?)));
    quoted.map_or(Said::Other, |(to, question)| Said::Refused {
        to,
        question,
        why,
    })
}

/// Takes off the outer header of IPv4, which a raw socket gets with it.
#[must_use]
pub fn without_header(octets: &[u8]) -> Option<&[u8]> {
    let head = octets.first_chunk::<20>()?;
    let length = header_v4(head)?;
    let total = usize::from(word(head, 2));
    // What is behind the packet is padding of the network.
    (head[9] == 1)
        .then(|| octets.get(length..total.min(octets.len())))
        .flatten()
}

/// A question that somebody has quoted, from its header on.
#[must_use]
pub fn quoted(family: Family, octets: &[u8]) -> Option<Quoted> {
    let head = octets.first_chunk::<8>()?;
    (head[0] == family.request() && head[1] == 0).then(|| Quoted {
        identifier: word(head, 4),
        sequence: word(head, 6),
        nonce: octets.first_chunk::<LEN>().map(nonce),
    })
}

/// Octets of a header of IPv4, if it is one.
fn header_v4(head: &[u8; 20]) -> Option<usize> {
    let length = usize::from(head[0] & 0x0f) * 4;
    (head[0] >> 4 == 4 && length >= head.len()).then_some(length)
}

fn inner_v4(octets: &[u8]) -> Option<(IpAddr, &[u8])> {
    let head = octets.first_chunk::<20>()?;
    let rest = octets.get(header_v4(head)?..)?;
    // The first fragment holds the header of ICMP, and no other does.
    let is_first = word(head, 6) & 0x1fff == 0;
    let to = Ipv4Addr::new(head[16], head[17], head[18], head[19]);
    (head[9] == 1 && is_first).then_some((to.into(), rest))
}

/// Questions are sent without extension headers, so none is looked for.
fn inner_v6(octets: &[u8]) -> Option<(IpAddr, &[u8])> {
    let head = octets.first_chunk::<40>()?;
    let to = Ipv6Addr::from(*head.last_chunk::<16>()?);
    (head[0] >> 4 == 6 && head[6] == 58).then_some((to.into(), &octets[40..]))
}

fn word(octets: &[u8], at: usize) -> u16 {
    let octets = octets.get(at..at + 2).and_then(|it| it.try_into().ok());
    octets.map_or(0, u16::from_be_bytes)
}

fn nonce(whole: &[u8; LEN]) -> u64 {
    whole
        .last_chunk::<8>()
        .map_or(0, |it| u64::from_be_bytes(*it))
}

/// The checksum of the Internet (RFC 1071); zero over what holds its own.
fn checksum(octets: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in octets.chunks(2) {
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_be_bytes([pair[0], low]));
        // Folded at once, so that no length overflows it.
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum & 0xffff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer: identifier 0x1a2b, sequence 3, the octets 01 to 08. Its checksum was
    /// computed outside of this program.
    const ANSWER: [u8; LEN] = [
        0x00, 0x00, 0xd5, 0xbd, 0x1a, 0x2b, 0x00, 0x03, 1, 2, 3, 4, 5, 6, 7, 8,
    ];

    fn refusal_v4(kind: u8, code: u8, quoted: usize, options: u8) -> Vec<u8> {
        let mut packet = vec![
            kind,
            code,
            0,
            0,
            0,
            0,
            0,
            0,
            0x45 + options,
            0,
            0,
            36,
            0,
            0,
            0,
            0,
        ];
        packet.extend([1, 1, 0, 0, 10, 0, 0, 1, 10, 62, 0, 9]);
        packet.extend(vec![1; usize::from(options) * 4]);
        packet.extend(&question(Family::V4, 7, 11, 0x0102_0304_0506_0708)[..quoted]);
        let sum = checksum(&packet).to_be_bytes();
        packet[2..4].copy_from_slice(&sum);
        packet
    }

    #[test]
    fn an_answer_is_read() {
        let answer = Said::Answer {
            identifier: 0x1a2b,
            sequence: 3,
            nonce: 0x0102_0304_0506_0708,
        };
        assert_eq!(read(Family::V4, &ANSWER), answer);
        let mut six = ANSWER;
        six[0] = 129;
        assert_eq!(read(Family::V6, &six), answer);
        let mut raw = vec![
            0x46, 0, 0, 40, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
        ];
        raw.extend([1; 4]);
        raw.extend(ANSWER);
        raw.extend([0; 6]);
        assert_eq!(without_header(&raw), Some(&ANSWER[..]));
    }

    #[test]
    fn what_is_not_whole_is_no_answer() {
        for cut in 0..LEN {
            assert_eq!(read(Family::V4, &ANSWER[..cut]), Said::Other, "{cut}");
        }
        for at in 0..LEN {
            let mut broken = ANSWER;
            broken[at] ^= 0x40;
            assert_eq!(read(Family::V4, &broken), Said::Other, "octet {at}");
        }
        let asked = question(Family::V4, 1, 2, 3);
        assert_eq!(read(Family::V4, &asked), Said::Other, "a question");
        assert_eq!(without_header(&ANSWER), None);
        // A header that claims to be longer than the packet.
        assert_eq!(without_header(&[0x4f; 24]), None);
    }

    #[test]
    fn a_refusal_names_the_question() {
        for (kind, code, why) in [
            (3, 0, Refusal::Network),
            (3, 1, Refusal::Host),
            (3, 3, Refusal::Port),
            (3, 13, Refusal::Prohibited),
            (11, 0, Refusal::Hops),
            (3, 4, Refusal::Other),
        ] {
            for (quoted, options) in [(8, 0), (LEN, 0), (LEN, 3)] {
                let question = Quoted {
                    identifier: 7,
                    sequence: 11,
                    nonce: (quoted == LEN).then_some(0x0102_0304_0506_0708),
                };
                let to = IpAddr::from([10, 62, 0, 9]);
                let packet = refusal_v4(kind, code, quoted, options);
                assert_eq!(
                    read(Family::V4, &packet),
                    Said::Refused { to, question, why }
                );
                for cut in 0..packet.len() - quoted {
                    assert_eq!(read(Family::V4, &packet[..cut]), Said::Other);
                }
            }
        }
        assert_eq!(read(Family::V4, &refusal_v4(5, 1, LEN, 0)), Said::Other);
    }

    #[test]
    fn a_refusal_of_ipv6_names_the_question() {
        let to: Ipv6Addr = "2001:db8::9".parse().expect("an address");
        let mut packet = vec![1, 3, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 16, 58, 3];
        packet.extend([0xfd; 16]);
        packet.extend(to.octets());
        packet.extend(question(Family::V6, 5, 6, 7));
        let question = Quoted {
            identifier: 5,
            sequence: 6,
            nonce: Some(7),
        };
        let refused = |why| Said::Refused {
            to: to.into(),
            question,
            why,
        };
        assert_eq!(read(Family::V6, &packet), refused(Refusal::Host));
        packet[..2].copy_from_slice(&[3, 0]);
        assert_eq!(read(Family::V6, &packet), refused(Refusal::Hops));
        packet[14] = 17;
        assert_eq!(read(Family::V6, &packet), Said::Other);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read(octets in proptest::collection::vec(any::<u8>(), 0..READ_MAX)) {
            let _ = read(Family::V4, &octets);
            let _ = read(Family::V6, &octets);
            let _ = without_header(&octets);
        }

        #[test]
        fn what_was_asked_is_what_was_answered(id in any::<u16>(), sequence in any::<u16>(), nonce in any::<u64>()) {
            let mut octets = question(Family::V4, id, sequence, nonce);
            octets[0] = 0;
            octets[2..4].fill(0);
            let sum = checksum(&octets).to_be_bytes();
            octets[2..4].copy_from_slice(&sum);
            prop_assert_eq!(read(Family::V4, &octets), Said::Answer { identifier: id, sequence, nonce });
        }
    }
}
