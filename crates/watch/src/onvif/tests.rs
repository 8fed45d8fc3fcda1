use super::*;

#[test]
fn an_address_is_that_of_a_device_or_none() {
    for (text, fit) in [
        ("http://10.0.0.4/onvif/device_service", true),
        ("  http://kamera.kantor:8080/onvif/device_service ", true),
        ("http://[fd00::4]/onvif", true),
        ("https://10.0.0.4/onvif", false),
        ("rtsp://10.0.0.4/onvif", false),
        ("http://op:rahasia@10.0.0.4/onvif", false),
        ("10.0.0.4", false),
        ("", false),
    ] {
        assert_eq!(address(text).is_ok(), fit, "{text}");
    }
}

#[test]
fn names_of_devices_are_one_short_line() {
    assert_eq!(name(" Pintu\n\u{7}1 "), "Pintu1");
    assert_eq!(name(&"a".repeat(500)).len(), NAME_MAX);
}
