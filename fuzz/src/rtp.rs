//! What a camera sends once it plays (RTP and RTCP, RFC 3550, within the RTSP
//! connection), from its packets to those of viewers and their time line.
//!
//! Input: one packet after the other, each an octet of flags, an octet of length
//! and a payload; the flags say what goes before.
//!
//! | bit | says |
//! |---|---|
//! | 0 | the marker: a picture ends here |
//! | 1 | a frame later |
//! | 2 | a packet was lost before this one |
//! | 3 | a sender report, the payload its body |
//! | 4 | the whole packet is the payload |
//! | 5, 6 | stamps jump by 2^17, by 2^30 ticks |
//! | 7 | the same payload thirty times: more than a packet |
//!
//! Does not cover: UDP transport, where packets come out of order; H.265.

use base::now::Mono;
use watch::doors::{MediaTime, Timeline, h264};

use super::{access_units, session};

const DESCRIBED: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
    a=rtpmap:96 H264/90000\r\n\
    a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n\
    a=control:track1\r\n";

/// The sender of every packet, as the camera announces it.
const SSRC: u32 = 0x0bea_7e11;

/// A frame of 25 per second.
const STEP: u32 = 3_600;

pub fn run(bytes: &[u8]) {
    let ok = |more: &str| format!("RTSP/1.0 200 OK\r\nCSeq: %C\r\n{more}").into_bytes();
    let mut playing = ok("Session: 1\r\nRTP-Info: url=track1;seq=1;rtptime=0\r\n\r\n");
    playing.extend(packets(bytes));
    let answers = [
        ok(&format!(
            "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{DESCRIBED}",
            DESCRIBED.len()
        )),
        ok(&format!(
            "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc={SSRC:08X}\r\n\r\n"
        )),
        playing,
    ];
    let mut line = Timeline::default();
    let mut last: Option<MediaTime> = None;
    let mut arrived_us = 0;
    session::play(&answers, |rtp, unit| {
        arrived_us += 40_000;
        let time = line.place(rtp, Mono::from_us(arrived_us));
        assert!(last.is_none_or(|last| time > last), "time went back");
        last = Some(time);
        judge(unit);
    });
}

/// What the house makes of an access unit that a camera has sent.
pub(crate) fn judge(unit: &[u8]) {
    access_units::run(unit);
    if let Ok(cut) = h264::cut(unit) {
        assert!(!cut.packets.is_empty());
    }
}

fn packets(bytes: &[u8]) -> Vec<u8> {
    let mut sent = Vec::new();
    let (mut seq, mut stamp) = (1_u16, 0_u32);
    let mut rest = bytes;
    while let [flags, length, tail @ ..] = rest {
        let (payload, tail) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = tail;
        let flag = |bit: u8| flags & (1 << bit) != 0;
        stamp = stamp.wrapping_add(u32::from(flag(1)) * STEP);
        stamp = stamp.wrapping_add(u32::from(flag(5)) << 17);
        stamp = stamp.wrapping_add(u32::from(flag(6)) << 30);
        seq = seq.wrapping_add(u16::from(flag(2)));
        let payload = if flag(7) {
            payload.repeat(30)
        } else {
            payload.to_vec()
        };
        if flag(3) {
            let mut report = vec![0x80, 200, 0, 6];
            report.extend(SSRC.to_be_bytes());
            report.extend(payload.iter().copied().chain(std::iter::repeat(0)).take(20));
            frame(&mut sent, 1, &report);
        } else if flag(4) {
            frame(&mut sent, 0, &payload);
        } else {
            let mut packet = vec![0x80, 96 | u8::from(flag(0)) << 7];
            packet.extend(seq.to_be_bytes());
            packet.extend(stamp.to_be_bytes());
            packet.extend(SSRC.to_be_bytes());
            packet.extend(payload);
            frame(&mut sent, 0, &packet);
            seq = seq.wrapping_add(1);
        }
    }
    sent
}

/// A packet within the RTSP connection (RFC 2326 §10.12).
fn frame(sent: &mut Vec<u8>, channel: u8, packet: &[u8]) {
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
    sent.extend([b'$', channel]);
    sent.extend(length.to_be_bytes());
    sent.extend(packet.iter().take(usize::from(length)));
}
