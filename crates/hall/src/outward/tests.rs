//! Where the house connects to, held against lists that know none of its code.

use proptest::prelude::*;

use super::*;

fn outward(networks: &[&str]) -> Outward {
    let networks = networks
        .iter()
        .map(|text| text.parse().expect("a network"))
        .collect();
    Outward::new(networks, "554, 8554-8564".parse().expect("ports"))
}

fn at(address: &str) -> SocketAddr {
    SocketAddr::new(address.parse().expect("an address"), 554)
}

#[test]
fn what_nobody_may_name_is_refused_by_its_kind() {
    let outward = outward(&[]);
    for (address, why) in [
        ("127.0.0.1", Refused::Own),
        ("127.255.255.254", Refused::Own),
        ("::1", Refused::Own),
        ("0.0.0.0", Refused::Unspecified),
        ("0.1.2.3", Refused::Unspecified),
        ("::", Refused::Unspecified),
        ("169.254.169.254", Refused::LinkLocal),
        ("169.254.0.1", Refused::LinkLocal),
        ("fe80::1", Refused::LinkLocal),
        ("febf::1", Refused::LinkLocal),
        ("fec0::1", Refused::LinkLocal),
        ("fd00:ec2::254", Refused::Metadata),
        ("fd20:ce::254", Refused::Metadata),
        ("100.100.100.200", Refused::Metadata),
        ("168.63.129.16", Refused::Metadata),
        ("192.0.0.192", Refused::Metadata),
        ("224.0.0.1", Refused::Multicast),
        ("239.255.255.250", Refused::Multicast),
        ("255.255.255.255", Refused::Multicast),
        ("ff02::1", Refused::Multicast),
        ("240.0.0.1", Refused::Reserved),
        ("192.0.2.1", Refused::Reserved),
        ("198.18.0.1", Refused::Reserved),
        ("198.51.100.7", Refused::Reserved),
        ("203.0.113.9", Refused::Reserved),
        ("2001:db8::1", Refused::Reserved),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Refused::Reserved),
        ("100::1", Refused::Reserved),
        ("5f00::1", Refused::Reserved),
        // The same in other clothes.
        ("::ffff:127.0.0.1", Refused::Own),
        ("::ffff:169.254.169.254", Refused::LinkLocal),
        ("::127.0.0.1", Refused::Own),
        ("::ffff:0:127.0.0.1", Refused::Own),
        ("64:ff9b::127.0.0.1", Refused::Own),
        ("64:ff9b::a9fe:a9fe", Refused::LinkLocal),
        ("64:ff9b:1::a9fe:a9fe", Refused::LinkLocal),
        ("2002:7f00:1::", Refused::Own),
        ("2002:a9fe:a9fe::1", Refused::LinkLocal),
    ] {
        assert_eq!(outward.judge(at(address)), Err(why), "{address}");
    }
}

#[test]
fn cameras_of_offices_are_reached_where_they_are() {
    let outward = outward(&[]);
    for address in [
        "10.0.0.9",
        "172.16.4.5",
        "172.31.255.1",
        "192.168.1.64",
        "100.64.0.7",
        "36.92.1.2",
        "fd12:3456::7",
        "2001:4860::1",
        "::ffff:10.0.0.9",
        "64:ff9b::10.0.0.9",
    ] {
        assert_eq!(outward.judge(at(address)), Ok(()), "{address}");
    }
}

#[test]
fn only_ports_of_cameras_are_knocked_at() {
    let outward = outward(&[]);
    for (port, judged) in [
        (0, Err(Refused::Port)),
        (22, Err(Refused::Port)),
        (80, Err(Refused::Port)),
        (553, Err(Refused::Port)),
        (554, Ok(())),
        (5432, Err(Refused::Port)),
        (8553, Err(Refused::Port)),
        (8554, Ok(())),
        (8564, Ok(())),
        (65535, Err(Refused::Port)),
    ] {
        let at = SocketAddr::new(Ipv4Addr::new(10, 0, 0, 9).into(), port);
        assert_eq!(outward.judge(at), judged, "{port}");
    }
}

#[test]
fn a_network_that_is_named_is_let_in_whole_but_not_to_the_house_itself() {
    let outward = outward(&["127.0.0.0/8", "fd00:ec2::254"]);
    outward.take(8080);
    let loopback = |port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    assert_eq!(outward.judge(loopback(9)), Ok(()));
    assert_eq!(outward.judge(loopback(8080)), Err(Refused::OwnPort));
    assert_eq!(outward.judge(at("fd00:ec2::254")), Ok(()));
    assert_eq!(outward.judge(at("fd20:ce::254")), Err(Refused::Metadata));
    assert_eq!(outward.judge(at("::1")), Err(Refused::Own));
    // By another address of the same machine it is the same port.
    let own = |address| address == IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));
    let office = SocketAddr::new(Ipv4Addr::new(10, 0, 0, 5).into(), 8080);
    assert_eq!(outward.judged(office, own), Err(Refused::OwnPort));
    let elsewhere = SocketAddr::new(office.ip(), 8554);
    assert_eq!(outward.judged(elsewhere, own), Err(Refused::Own));
    assert_eq!(outward.judged(elsewhere, |_| false), Ok(()));
}

#[test]
fn what_is_spelled_oddly_is_refused_before_it_is_looked_up() {
    let outward = outward(&[]);
    for host in [
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "127.0.0.1.1",
        "10.0.0.256",
        "%31%32%37.0.0.1",
        "",
    ] {
        assert_eq!(outward.foresee(host, 554), Err(Refused::Spelling), "{host}");
    }
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "kamera.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        assert_eq!(outward.foresee(host, 554), Err(Refused::Own), "{host}");
    }
    assert_eq!(outward.foresee("nvr.kapuas.go.id", 554), Ok(()));
    assert_eq!(outward.foresee("nvr.kapuas.go.id", 22), Err(Refused::Port));
    assert_eq!(outward.foresee("10.0.0.9", 554), Ok(()));
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads() {
    let closed = outward(&[]);
    for host in ["localhost", "localhost.", "LocalHost"] {
        let found = closed.find(host, 554).await;
        assert!(
            matches!(found, Err(NoWay::Refused(Refused::Own))),
            "{host}: {found:?}"
        );
    }
    for host in ["2130706433", "0177.0.0.1", "127.1"] {
        let found = closed.find(host, 554).await;
        assert!(
            matches!(found, Err(NoWay::Refused(Refused::Spelling))),
            "{host}: {found:?}"
        );
    }
    let open = outward(&["127.0.0.0/8"]);
    let found = open.find("localhost", 9).await.expect("let in");
    assert_eq!(found, SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 9));
}

#[test]
fn of_the_addresses_of_a_name_one_that_may_be_is_chosen() {
    let outward = outward(&[]);
    let mixed = [at("127.0.0.1"), at("10.0.0.9"), at("10.0.0.8")];
    assert_eq!(outward.choose(mixed).ok(), Some(at("10.0.0.9")));
    let none = outward.choose([at("fe80::1"), at("127.0.0.1")]);
    assert!(matches!(none, Err(NoWay::Refused(Refused::LinkLocal))));
    assert!(matches!(outward.choose([]), Err(NoWay::Unknown(_))));
}

#[test]
fn networks_and_ports_are_read_or_refused() {
    for text in ["", "10.0.0.0/33", "::/129", "10.0.0.0/x", "kamera", "10/8"] {
        assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
    }
    for text in ["", "0", "554-", "9-8", "70000", "554;555", "-", "0-5"] {
        assert_eq!(text.parse::<Ports>(), Err(NoPorts), "{text}");
    }
    let all: Network = "0.0.0.0/0".parse().expect("a network");
    assert!(all.contains(Ipv4Addr::BROADCAST.into()));
    assert!(!all.contains(Ipv6Addr::LOCALHOST.into()));
}

proptest! {
    /// The standard library knows these kinds by rules of its own.
    #[test]
    fn no_address_of_ipv4_gets_by_in_clothes_of_ipv6(bits: u32, clothes in 0_usize..5) {
        let v4 = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = v4.octets();
        let high = u16::from_be_bytes([a, b]);
        let low = u16::from_be_bytes([c, d]);
        let v6 = [
            v4.to_ipv6_mapped(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
        ][clothes];
        let outward = outward(&[]);
        let bare = outward.judged(SocketAddr::new(v4.into(), 554), |_| false);
        let dressed = outward.judged(SocketAddr::new(v6.into(), 554), |_| false);
        prop_assert_eq!(bare, dressed);
        let forbidden = v4.is_loopback()
            || v4.is_link_local()
            || v4.is_unspecified()
            || v4.is_multicast()
            || v4.is_broadcast()
            || v4.is_documentation();
        prop_assert!(!forbidden || bare.is_err());
        prop_assert!(!v4.is_private() || bare.is_ok());
    }
}
