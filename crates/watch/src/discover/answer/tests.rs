use std::net::Ipv4Addr;

use super::*;

const ASKED: &str = "urn:uuid:1";

fn outward() -> Outward {
    Outward::new(Vec::new(), "80,8080".parse().expect("ports"))
}

fn answer(to: &str, all: &[String]) -> Vec<u8> {
    let all = all.concat();
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"s\" xmlns:a=\"a\" xmlns:d=\"d\"><s:Header>\
         <a:RelatesTo>{to}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches>{all}</d:ProbeMatches></s:Body></s:Envelope>"
    )
    .into_bytes()
}

fn device(endpoint: &str, scopes: &str, addresses: &str) -> String {
    format!(
        "<d:ProbeMatch><a:EndpointReference><a:Address>{endpoint}</a:Address></a:EndpointReference>\
         <d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{scopes}</d:Scopes>\
         <d:XAddrs>{addresses}</d:XAddrs></d:ProbeMatch>"
    )
}

fn from(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

fn heard(all: &[(u8, Vec<u8>)]) -> Findings {
    let mut findings = Findings::default();
    for (last, datagram) in all {
        findings.take(from(*last), datagram, |id| id == ASKED, &outward());
    }
    findings
}

/// What makers write, with what is wrong in it.
#[test]
fn a_device_is_told_as_it_tells_of_itself() {
    let scopes = "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/HIKVISION%20DS-2CD \
         onvif://www.onvif.org/hardware/DS-2CD2042WD onvif://www.onvif.org/location/lantai%202 \
         ONVIF://WWW.ONVIF.ORG/mfr/Pembuat http://other.example/name/x";
    let one = device(
        "urn:uuid:AB-12",
        scopes,
        "http://10.0.0.7/onvif/device_service",
    );
    let found = heard(&[(7, answer(ASKED, &[one]))]);
    let [it] = &found.devices[..] else {
        panic!("{found:?}")
    };
    assert_eq!(it.endpoint, "ab-12");
    assert_eq!(it.name.as_deref(), Some("HIKVISION DS-2CD"));
    assert_eq!(it.model.as_deref(), Some("DS-2CD2042WD"));
    assert_eq!(it.place.as_deref(), Some("lantai 2"));
    assert_eq!(it.maker.as_deref(), Some("Pembuat"));
    assert!(!it.stores);
    let [way] = &it.ways[..] else {
        panic!("{it:?}")
    };
    let url = way.url.as_ref().map(Url::as_str);
    assert_eq!(url, Some("http://10.0.0.7/onvif/device_service"));
    assert_eq!((way.refused, way.elsewhere.len()), (None, 0));
}

#[test]
fn a_device_that_leaves_out_what_stands_around_is_heard() {
    let one = device("a", "", "http://10.0.0.7/a");
    let text = String::from_utf8(answer(ASKED, &[one])).expect("text");
    let bare = text
        .replace("<d:ProbeMatches>", "")
        .replace("</d:ProbeMatches>", "");
    let found = heard(&[(7, bare.into_bytes())]);
    assert_eq!((found.devices.len(), found.unreadable), (1, 0));
}

#[test]
fn nobody_is_led_to_another_machine_than_the_one_that_answers() {
    for (named, url, refused, elsewhere) in [
        (
            "http://10.0.0.9/a http://10.0.0.7:8080/b",
            Some("http://10.0.0.7:8080/b"),
            None,
            "10.0.0.9",
        ),
        (
            "http://169.254.169.254/latest",
            Some("http://10.0.0.7/latest"),
            None,
            "169.254.169.254",
        ),
        (
            "http://op:rahasia@10.0.0.7/a?b#c",
            Some("http://10.0.0.7/a"),
            None,
            "",
        ),
        (
            "http://10.0.0.7:22/a",
            Some("http://10.0.0.7:22/a"),
            Some(Refused::Port),
            "",
        ),
        (
            "http://kamera.kantor/a",
            Some("http://10.0.0.7/a"),
            None,
            "kamera.kantor",
        ),
        (
            "https://10.0.0.7/a file:///etc/passwd javascript:1",
            None,
            None,
            "",
        ),
        ("", None, None, ""),
    ] {
        let found = heard(&[(7, answer(ASKED, &[device("a", "", named)]))]);
        let way = &found.devices[0].ways[0];
        assert_eq!(way.url.as_ref().map(Url::as_str), url, "{named}");
        assert_eq!(way.refused, refused, "{named}");
        assert_eq!(way.elsewhere.join(" "), elsewhere, "{named}");
    }
}

#[test]
fn what_says_the_same_twice_is_one_and_two_machines_are_both_told() {
    let one = || answer(ASKED, &[device("uuid:x", "", "http://10.0.0.7/a")]);
    let found = heard(&[(7, one()), (7, one()), (8, one())]);
    assert_eq!((found.heard, found.devices.len()), (3, 1));
    let ways: Vec<_> = found.devices[0].ways.iter().map(|way| way.from).collect();
    assert_eq!(ways, [from(7), from(8)]);
    let many: Vec<_> = (1..=9).map(|last| (last, one())).collect();
    let found = heard(&many);
    assert_eq!((found.devices[0].ways.len(), found.left_out), (WAYS_MAX, 5));
}

#[test]
fn what_is_no_answer_to_what_was_asked_is_counted() {
    let good = device("a", "", "http://10.0.0.7/a");
    let no_camera = good.replace("dn:NetworkVideoTransmitter tds:Device", "wsdp:Printer");
    let found = heard(&[
        (7, answer("urn:uuid:2", &[good])),
        (7, b"\xff\xfe not xml <".to_vec()),
        (7, b"<a>".repeat(5_000)),
        (7, vec![b' '; ANSWER_MAX + 1]),
        (7, b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".to_vec()),
        (7, answer(ASKED, &[no_camera])),
    ]);
    assert_eq!((found.stray, found.unreadable), (1, 4));
    assert!(found.devices.is_empty());
}

#[test]
fn one_that_floods_takes_nobodys_place() {
    let mut findings = Findings::default();
    for number in 0..10_000 {
        let one = answer(
            ASKED,
            &[device(&number.to_string(), "", "http://10.0.0.7/a")],
        );
        findings.take(from(7), &one, |_| true, &outward());
    }
    let other = answer(ASKED, &[device("other", "", "http://10.0.0.8/a")]);
    findings.take(from(8), &other, |_| true, &outward());
    assert_eq!(findings.devices.len(), BEHIND_ONE_MAX + 1);
    assert_eq!(findings.heard, OF_ONE_MAX + 1);
    assert!(!findings.is_full());
}

#[test]
fn many_machines_fill_a_list_and_no_more() {
    let mut findings = Findings::default();
    for number in 0..2 * HEARD_MAX {
        let one = answer(
            ASKED,
            &[device(&number.to_string(), "", "http://10.0.0.7/a")],
        );
        let from = Ipv4Addr::from_bits(0x0a00_0000 + number).into();
        findings.take(from, &one, |_| true, &outward());
    }
    assert_eq!(findings.devices.len(), DEVICES_MAX);
    assert!(findings.is_full());
    assert_eq!(findings.heard, HEARD_MAX);
}

#[test]
fn what_stores_pictures_says_so() {
    for (types, scopes, stores) in [
        ("dn:NetworkVideoStorage", "", true),
        (
            "tds:Device",
            "onvif://www.onvif.org/type/Network_Video_Recorder",
            true,
        ),
        ("tds:Device", "onvif://www.onvif.org/name/NVR", false),
    ] {
        let one = device("a", scopes, "http://10.0.0.7/a");
        let one = one.replace("dn:NetworkVideoTransmitter tds:Device", types);
        let found = heard(&[(7, answer(ASKED, &[one]))]);
        assert_eq!(found.devices[0].stores, stores, "{types} {scopes}");
    }
}

#[test]
fn escapes_of_an_address_are_undone_and_nothing_else() {
    for (text, is) in [
        ("a%20b", "a b"),
        ("100%", "100%"),
        ("%zz%2", "%zz%2"),
        ("%E2%82%AC", "€"),
        ("é%", "é%"),
    ] {
        assert_eq!(plain(text), is);
    }
}
