//! A name that is asked for, by one datagram to one resolver.
//!
//! An answer counts if it came from the resolver to the socket that asked (the kernel
//! looks), bears the number of the question, asks the same, and has an address. Whatever
//! else comes is left lying and the right one is waited for: a stranger who guesses
//! wrong cannot make a resolver look dead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, ToName as _};
use domain::rdata::A;
use hall::link::meter::Meter;
use reach_core::round::Fault;
use tokio::net::UdpSocket;

use super::anchors::of_kernel;

/// Longest answer that is read: none without EDNS is longer (RFC 1035 §4.2.1).
const ANSWER_MAX: usize = 512;

/// What octets from a resolver are to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They are no answer to it.
    Other,
    /// It has an address.
    Address(Ipv4Addr),
    /// The resolver knows no such name, or no address of it.
    Nothing,
    /// The resolver does not answer it.
    Refused,
}

/// Asks, and waits until there is an answer.
pub(super) async fn ask(server: SocketAddr, name: &str, meter: &Meter) -> Fault {
    let asked = asked(server, name, meter).await;
    asked.unwrap_or_else(|error| of_kernel(&error))
}

async fn asked(server: SocketAddr, name: &str, meter: &Meter) -> std::io::Result<Fault> {
    let own: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let mut number = [0; 2];
    SystemRandom::new()
        .fill(&mut number)
        .map_err(|_| std::io::Error::other("the system has no randomness"))?;
    let number = u16::from_ne_bytes(number);
    let Some(question) = question(number, name) else {
        return Ok(Fault::Name);
    };
    let socket = UdpSocket::bind((own, 0)).await?;
    socket.connect(server).await?;
    socket.send(&question).await?;
    meter.datagram(question.len(), server.is_ipv6());
    let mut octets = [0; ANSWER_MAX];
    loop {
        let length = socket.recv(&mut octets).await?;
        meter.datagram(length, server.is_ipv6());
        let heard = octets.get(..length).unwrap_or_default();
        return Ok(match answer(heard, number, name) {
            Answer::Other => continue,
            // An address that leads to nowhere but this house's own wires is a portal's;
            // unless the resolver is one of such a network itself.
            Answer::Address(address) if is_inner(address.into()) && !is_inner(server.ip()) => {
                Fault::Portal
            }
            Answer::Address(_) => Fault::None,
            Answer::Nothing => Fault::Name,
            Answer::Refused => Fault::Refused,
        });
    }
}

/// A question for the IPv4 address of a name; none if that is no name.
#[must_use]
pub fn question(number: u16, name: &str) -> Option<Vec<u8>> {
    let name: Name<Vec<u8>> = name.parse().ok()?;
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(number);
    message.header_mut().set_rd(true);
    let mut questions = message.question();
    questions.push((&name, Rtype::A, Class::IN)).ok()?;
    Some(questions.finish())
}

/// What octets of a stranger are to that question.
#[must_use]
pub fn answer(octets: &[u8], number: u16, name: &str) -> Answer {
    let read = || {
        let name: Name<Vec<u8>> = name.parse().ok()?;
        let message = Message::from_octets(octets).ok()?;
        let header = message.header();
        if header.id() != number || !header.qr() || header.opcode() != Opcode::QUERY {
            return None;
        }
        // A resolver that refuses may leave the question out; then nobody knows whose
        // answer it is.
        let asked = message.sole_question().ok()?;
        let same = asked.qtype() == Rtype::A && asked.qclass() == Class::IN;
        if !same || !asked.qname().name_eq(&name) {
            return None;
        }
        match header.rcode() {
            Rcode::NOERROR | Rcode::NXDOMAIN => {}
            _ => return Some(Answer::Refused),
        }
        let records = message.answer().ok()?;
        let mut addresses = records.limit_to_in::<A>().filter_map(Result::ok);
        Some(match addresses.next() {
            Some(record) => Answer::Address(record.data().addr()),
            None => Answer::Nothing,
        })
    };
    read().unwrap_or(Answer::Other)
}

/// Whether an address belongs to no place of the internet.
fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let shared = it.octets()[0] == 100 && it.octets()[1] & 0xc0 == 64;
            it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_unspecified()
                || it.is_broadcast()
                || it.is_documentation()
                || shared
        }
        IpAddr::V6(it) => it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1035 §4.1 by hand: an answer to a question for `a.id`.
    fn told(number: u16, flags: u16, name: &[u8], record: Option<[u8; 4]>) -> Vec<u8> {
        let mut octets = number.to_be_bytes().to_vec();
        octets.extend(flags.to_be_bytes());
        octets.extend([0, 1, 0, u8::from(record.is_some()), 0, 0, 0, 0]);
        octets.extend(name);
        octets.extend([0, 1, 0, 1]);
        if let Some(address) = record {
            octets.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            octets.extend(address);
        }
        octets
    }

    const NAME: &[u8] = b"\x01a\x02id\x00";

    #[test]
    fn a_question_is_as_the_rfc_says() {
        let octets = question(0x1234, "a.id").expect("a question");
        let mut expected = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        expected.extend(NAME);
        expected.extend([0, 1, 0, 1]);
        assert_eq!(octets, expected);
        assert_eq!(question(1, "a..id"), None);
    }

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let read = |octets: &[u8]| answer(octets, 7, "a.id");
        let good = told(7, 0x8180, NAME, Some([203, 0, 113, 9]));
        assert_eq!(read(&good), Answer::Address(Ipv4Addr::new(203, 0, 113, 9)));
        let shouted = told(7, 0x8180, b"\x01A\x02ID\x00", Some([203, 0, 113, 9]));
        assert!(matches!(read(&shouted), Answer::Address(_)));
        for (octets, is) in [
            (told(8, 0x8180, NAME, Some([1; 4])), Answer::Other),
            (told(7, 0x0100, NAME, Some([1; 4])), Answer::Other),
            (
                told(7, 0x8180, b"\x01b\x02id\x00", Some([1; 4])),
                Answer::Other,
            ),
            (told(7, 0x8183, NAME, None), Answer::Nothing),
            (told(7, 0x8180, NAME, None), Answer::Nothing),
            (told(7, 0x8185, NAME, None), Answer::Refused),
            (told(7, 0x8182, NAME, None), Answer::Refused),
        ] {
            assert_eq!(read(&octets), is, "{octets:?}");
        }
        for length in 0..good.len() {
            assert!(!matches!(read(&good[..length]), Answer::Address(_)));
        }
    }

    /// Each octet by each other one: what is read as an address is what stands where the
    /// address stands, and nothing of it goes over the end.
    #[test]
    fn a_damaged_answer_is_none_or_says_its_own_octets() {
        let good = told(7, 0x8180, NAME, Some([203, 0, 113, 9]));
        let mut addresses = 0;
        for at in 0..good.len() {
            for value in 0..=u8::MAX {
                let mut damaged = good.clone();
                damaged[at] = value;
                if let Answer::Address(address) = answer(&damaged, 7, "a.id") {
                    assert!(damaged.ends_with(&address.octets()), "{at} {value}");
                    addresses += 1;
                }
            }
        }
        assert!(addresses > 4 * 256, "the address itself may be any");
    }

    #[tokio::test]
    async fn an_answer_that_was_guessed_is_left_lying() {
        let resolver = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let at = resolver.local_addr().expect("its address");
        let meter = Meter::default();
        let answers = async {
            let mut octets = [0; 64];
            let (_, whom) = resolver.recv_from(&mut octets).await.expect("asked");
            let number = u16::from_be_bytes([octets[0], octets[1]]);
            for (number, address) in [(number ^ 1, [6; 4]), (number, [203, 0, 113, 9])] {
                let told = told(number, 0x8180, NAME, Some(address));
                resolver.send_to(&told, whom).await.expect("told");
            }
        };
        let (fault, ()) = tokio::join!(ask(at, "a.id", &meter), answers);
        assert_eq!(fault, Fault::None);
        // 22 octets asked, 38 told twice, 28 around each.
        assert_eq!(meter.octets(), 22 + 2 * 38 + 3 * 28);
    }

    #[test]
    fn addresses_of_no_place_are_known() {
        for inner in [
            "10.1.2.3",
            "192.168.8.1",
            "172.31.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "0.0.0.0",
            "fd00::1",
        ] {
            assert!(is_inner(inner.parse().expect("an address")), "{inner}");
        }
        for outer in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:4860::1"] {
            assert!(!is_inner(outer.parse().expect("an address")), "{outer}");
        }
    }
}
