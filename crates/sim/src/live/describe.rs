//! How a simulated camera describes what it sends.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::library::Reel;
use super::rtsp::PT;
use super::voice;
use crate::film::Codec;
use crate::picture;

/// What a film is (RFC 8866, RFC 6184 §8.1, RFC 7798 §7.1).
pub(super) fn description(reel: &Reel, hears: bool, ip: IpAddr, called: &str) -> String {
    let sets: Vec<_> = reel.film.parameters().collect();
    let coded = |nal: &&Bytes| STANDARD.encode(nal);
    let (name, format) = match reel.film.codec {
        Codec::H264 => {
            let profile = sets.iter().find(|nal| nal[0] & 0x1f == 7 && nal.len() > 3);
            let profile = profile.map_or([0x42, 0, 0x1f], |sps| [sps[1], sps[2], sps[3]]);
            let [a, b, c] = profile;
            let sets: Vec<_> = sets.iter().map(coded).collect();
            let format = format!(
                "packetization-mode=1;profile-level-id={a:02X}{b:02X}{c:02X};sprop-parameter-sets={}",
                sets.join(",")
            );
            ("H264", format)
        }
        Codec::H265 => {
            let of = |kind: u8| {
                let found = sets.iter().find(|nal| nal[0] >> 1 & 0x3f == kind);
                found.map(coded).unwrap_or_default()
            };
            let format = format!(
                "sprop-vps={};sprop-sps={};sprop-pps={}",
                of(32),
                of(33),
                of(34)
            );
            ("H265", format)
        }
    };
    let sound = if hears { voice::DESCRIPTION } else { "" };
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    format!(
        "v=0\r\no=- 0 0 IN {family} {ip}\r\ns={called}\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
         m=video 0 RTP/AVP {PT}\r\na=rtpmap:{PT} {name}/90000\r\na=fmtp:{PT} {format}\r\n\
         a=framerate:{}\r\na=control:track1\r\n{sound}",
        picture::RATE_HZ
    )
}
