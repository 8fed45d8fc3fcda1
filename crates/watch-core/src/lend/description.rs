//! What a stream is made of, as whoever takes it is told (SDP, RFC 8866).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::frame::{Codec, Frame};
use crate::payload::{Nals, Parameters};
use crate::sound::Law;

/// The payload type of pictures; dynamic (RFC 3551 §6).
pub const PICTURE: u8 = 96;

/// What is described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The description itself.
    pub text: String,
    /// How its pictures are coded; others end the session.
    pub codec: Codec,
}

/// The payload type of sound (RFC 3551 §6).
#[must_use]
pub const fn sound(law: Law) -> u8 {
    match law {
        Law::A => 8,
        Law::Mu => 0,
    }
}

/// The description of a stream whose newest key frame this is; none if it lacks its
/// parameter sets. `name` is one line.
#[must_use]
pub fn describe(name: &str, key: &Frame, heard: Option<Law>) -> Option<Described> {
    let unit = key.unit();
    let mut sets = Vec::new();
    for nal in Nals::new(&unit) {
        let nal = nal.ok()?;
        if let Some(kind) = key.codec.parameters(nal) {
            sets.push((kind, nal));
        }
    }
    let of = |wanted| {
        let found = sets.iter().filter(|(kind, _)| *kind == wanted);
        let found: Vec<_> = found.map(|(_, nal)| STANDARD.encode(nal)).collect();
        (!found.is_empty()).then(|| found.join(","))
    };
    let (sequence, picture) = (of(Parameters::Sequence)?, of(Parameters::Picture)?);
    let (map, format) = match key.codec {
        Codec::H264 => {
            let (_, nal) = sets
                .iter()
                .find(|(kind, _)| *kind == Parameters::Sequence)?;
            let profile = nal.get(1..4)?;
            let profile: String = profile.iter().map(|it| format!("{it:02X}")).collect();
            let format = format!(
                "packetization-mode=1;profile-level-id={profile};\
                 sprop-parameter-sets={sequence},{picture}"
            );
            ("H264/90000", format)
        }
        Codec::H265 => {
            let video = of(Parameters::Video)?;
            let format = format!("sprop-vps={video};sprop-sps={sequence};sprop-pps={picture}");
            ("H265/90000", format)
        }
    };
    let mut text = format!(
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={name}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n\
         a=control:*\r\na=range:npt=now-\r\nm=video 0 RTP/AVP {PICTURE}\r\n\
         a=rtpmap:{PICTURE} {map}\r\na=fmtp:{PICTURE} {format}\r\na=control:track1\r\n"
    );
    if let Some(law) = heard {
        let (kind, map) = match law {
            Law::A => (sound(law), "PCMA/8000"),
            Law::Mu => (sound(law), "PCMU/8000"),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "m=audio 0 RTP/AVP {kind}\r\na=rtpmap:{kind} {map}\r\na=control:track2\r\n"
        );
    }
    Some(Described {
        text,
        codec: key.codec,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::now::{Mono, Now, Wall};

    use crate::frame::MediaTime;

    fn key(codec: Codec, nals: &[&[u8]]) -> Frame {
        let mut unit = Vec::new();
        for nal in nals {
            unit.extend(u32::try_from(nal.len()).expect("short").to_be_bytes());
            unit.extend_from_slice(nal);
        }
        let cut = codec.cut(&unit).expect("a picture");
        Frame {
            time: MediaTime::from_ticks(0),
            arrived: Now {
                mono: Mono::from_us(0),
                wall: Wall::from_us(0),
            },
            codec,
            key: cut.key,
            packets: cut.packets,
        }
    }

    #[test]
    fn it_says_how_to_decode_before_the_first_packet() {
        let frame = key(
            Codec::H264,
            &[
                &[0x67, 0x42, 0xc0, 0x1e, 0xd9],
                &[0x68, 0xce],
                &[0x65, 1, 2],
            ],
        );
        let told = describe("loket", &frame, Some(Law::A))
            .expect("described")
            .text;
        assert!(told.contains("profile-level-id=42C01E;sprop-parameter-sets=Z0LAHtk=,aM4=\r\n"));
        assert!(told.contains("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"));
        assert!(told.lines().all(|line| line.chars().nth(1) == Some('=')));
        let silent = describe("loket", &frame, None).expect("described").text;
        assert!(!silent.contains("audio"));
    }

    #[test]
    fn of_h265_all_three_sets_are_told() {
        let nal = |kind: u8, rest: &[u8]| [&[kind << 1, 1], rest].concat();
        let sets = [
            nal(32, &[1]),
            nal(33, &[2]),
            nal(34, &[3]),
            nal(19, &[0x80, 4]),
        ];
        let sets: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        let told = describe("loket", &key(Codec::H265, &sets), None).expect("described");
        assert!(
            told.text
                .contains("sprop-vps=QAEB;sprop-sps=QgEC;sprop-pps=RAED\r\n"),
            "{}",
            told.text
        );
        assert!(describe("loket", &key(Codec::H265, &sets[1..]), None).is_none());
    }
}
