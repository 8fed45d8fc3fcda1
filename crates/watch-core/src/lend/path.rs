//! Which picture an address means, and by which way it is to come.
//!
//! `rtsp://HOST/CAMERA`, `…/CAMERA/main`, `…/CAMERA/sub`; a part of what was described has
//! `/track1` (pictures) or `/track2` (sound) behind it. Systems that keep one path for each
//! camera write `?layer=sub` instead.

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The camera, by its short name or id.
    pub camera: String,
    /// `main` or `sub`; none: the best there is.
    pub layer: Option<String>,
    /// Which part of it; none: all.
    pub track: Option<Track>,
    /// Scheme and host as whoever asks knows them: `rtsp://HOST:PORT`.
    pub base: String,
}

/// A part of what is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// Pictures.
    Picture,
    /// Sound.
    Sound,
}

/// The longest name of a camera: an id has 30 octets, a short name 40.
const NAME_MAX: usize = 64;

impl Asked {
    /// From an address; none if it is none of ours.
    #[must_use]
    pub fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "rtsp" | "rtsps") {
            return None;
        }
        let (host, path) = rest.split_once('/')?;
        // Names and passwords before the host are not for repeating.
        let host = host.rsplit('@').next().unwrap_or_default();
        let is_host = |octet: u8| octet.is_ascii_alphanumeric() || b".-_:[]%".contains(&octet);
        if host.is_empty() || host.len() > 255 || !host.bytes().all(is_host) {
            return None;
        }
        // Some put the name of a part behind the question.
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (query, after) = query.split_once('/').unwrap_or((query, ""));
        let mut parts = path.split('/').chain(after.split('/'));
        let mut parts = parts.by_ref().filter(|part| !part.is_empty()).peekable();
        let camera = parts.next()?.to_owned();
        let is_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
        if camera.len() > NAME_MAX || !camera.bytes().all(is_name) {
            return None;
        }
        let mut asked = Self {
            camera,
            layer: query
                .split('&')
                .find_map(|pair| pair.strip_prefix("layer="))
                .map(str::to_owned),
            track: None,
            base: format!("{scheme}://{host}"),
        };
        if let Some(layer) = parts.next_if(|part| matches!(*part, "main" | "sub")) {
            asked.layer = Some(layer.to_owned());
        }
        match parts.next() {
            None => {}
            Some("track1") => asked.track = Some(Track::Picture),
            Some("track2") => asked.track = Some(Track::Sound),
            Some(_) => return None,
        }
        let is_layer = |word: &String| matches!(word.as_str(), "main" | "sub");
        let whole = parts.next().is_none() && asked.layer.as_ref().is_none_or(is_layer);
        whole.then_some(asked)
    }
}

/// Packets go inside the connection, on these two channels (RFC 2326 §10.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// Of RTP.
    pub data: u8,
    /// Of RTCP.
    pub control: u8,
}

impl Inside {
    /// The first way in `Transport` that is one inside the connection, or `free` where it
    /// leaves the channels to the house; none if there is no such way.
    #[must_use]
    pub fn wished(transport: &str, free: u8) -> Option<Self> {
        let is_inside = |spec: &&str| {
            let mut words = spec.split(';').map(str::trim);
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("rtp/avp/tcp"))
                && words.all(|word| !word.eq_ignore_ascii_case("multicast"))
        };
        let spec = transport.split(',').map(str::trim).find(is_inside)?;
        let channels = spec.split(';').map(str::trim);
        let channels = channels
            .filter_map(|word| word.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("interleaved"));
        let Some((_, channels)) = channels else {
            let control = free.checked_add(1)?;
            return Some(Self {
                data: free,
                control,
            });
        };
        let (data, control) = match channels.split_once('-') {
            Some((data, control)) => (data.trim().parse().ok()?, control.trim().parse().ok()?),
            None => {
                let data: u8 = channels.trim().parse().ok()?;
                (data, data.checked_add(1)?)
            }
        };
        (data != control).then_some(Self { data, control })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_names_a_camera_a_layer_and_a_part() {
        for (url, expected) in [
            ("rtsp://pusat:8554/loket", Some(("loket", None, None))),
            ("RTSP://pusat/loket/", Some(("loket", None, None))),
            (
                "rtsp://vms:x@10.0.0.1:554/loket/sub",
                Some(("loket", Some("sub"), None)),
            ),
            (
                "rtsps://[::1]:8554/cam_01jd5x/main/track2",
                Some(("cam_01jd5x", Some("main"), Some(Track::Sound))),
            ),
            (
                "rtsp://a/loket/track1",
                Some(("loket", None, Some(Track::Picture))),
            ),
            (
                "rtsp://a/loket?layer=sub",
                Some(("loket", Some("sub"), None)),
            ),
            (
                "rtsp://a/loket?layer=sub/track1",
                Some(("loket", Some("sub"), Some(Track::Picture))),
            ),
            ("rtsp://a/", None),
            ("rtsp://a", None),
            ("rtsp:///loket", None),
            ("http://a/loket", None),
            ("*", None),
            ("rtsp://a/loket/third", None),
            ("rtsp://a/loket?layer=third", None),
            ("rtsp://a/loket/main/track1/x", None),
            ("rtsp://a/../etc", None),
            ("rtsp://a\r\nb/loket", None),
        ] {
            let asked = Asked::read(url);
            let found = asked
                .as_ref()
                .map(|it| (it.camera.as_str(), it.layer.as_deref(), it.track));
            assert_eq!(found, expected, "{url}");
        }
        let asked = Asked::read("rtsp://vms:rahasia@pusat:8554/loket").expect("an address");
        assert_eq!(asked.base, "rtsp://pusat:8554");
    }

    #[test]
    fn only_ways_inside_the_connection_are_taken() {
        for (wish, expected) in [
            ("RTP/AVP/TCP;unicast;interleaved=0-1", Some((0, 1))),
            ("RTP/AVP/TCP;interleaved=6", Some((6, 7))),
            ("RTP/AVP/TCP", Some((2, 3))),
            (
                "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=4-5",
                Some((4, 5)),
            ),
            ("RTP/AVP;unicast;client_port=5000-5001", None),
            ("RTP/AVP/UDP;unicast", None),
            ("RTP/AVP/TCP;multicast", None),
            ("RTP/AVP/TCP;interleaved=255", None),
            ("RTP/AVP/TCP;interleaved=256-257", None),
            ("RTP/AVP/TCP;interleaved=3-3", None),
            ("", None),
        ] {
            let found = Inside::wished(wish, 2).map(|it| (it.data, it.control));
            assert_eq!(found, expected, "{wish}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_no_base_breaks_a_line(text in any::<String>(), end in "[ -~]{0,60}") {
            let _ = Inside::wished(&text, 254);
            let _ = Inside::wished(&format!("RTP/AVP/TCP;{end}"), 0);
            for url in [text, format!("rtsp://{end}")] {
                if let Some(asked) = Asked::read(&url) {
                    prop_assert!(!asked.base.contains(['\r', '\n', ' ', '@']));
                    prop_assert!(!asked.camera.is_empty());
                }
            }
        }
    }
}
