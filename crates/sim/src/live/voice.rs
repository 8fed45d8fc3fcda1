//! The sound of a simulated camera, as one session plays it.

use std::io;
use std::time::Duration;

use hall::clock::Clock;

use super::camera::Camera;
use super::way::Way;
use crate::fault::Fault;
use crate::packet::{self, Report};
use crate::tone;

/// The payload type of A-law (RFC 3551 §6).
const PT: u8 = 8;

/// Packets from one sender report to the next: five seconds.
const REPORT_EVERY: i64 = 250;

/// What our descriptions say of it.
pub(super) const DESCRIPTION: &str =
    "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n";

/// Sound that plays.
pub(super) struct Voice {
    camera: Camera,
    pub(super) way: Way,
    /// The packet that is due next, by its number since 1970.
    next: i64,
    report_due: i64,
    seq: u16,
    offset: u32,
    ssrc: u32,
    packets: u32,
    octets: u32,
}

/// What is to be sent.
pub(super) struct Due {
    pub(super) packet: Vec<u8>,
    pub(super) report: Option<Vec<u8>>,
}

impl Voice {
    pub(super) fn new(camera: Camera, way: Way, clock: &Clock, rng: &mut fastrand::Rng) -> Self {
        let now = tone::of_wall(clock.now().wall);
        Self {
            camera,
            way,
            next: now + 1,
            report_due: now + 1,
            seq: rng.u16(..),
            offset: rng.u32(..),
            ssrc: rng.u32(..),
            packets: 0,
            octets: 0,
        }
    }

    /// How long until the next packet is due.
    pub(super) fn wait(&self, clock: &Clock) -> Duration {
        let wait = tone::due(self.next).since(clock.now().wall);
        wait.min(Duration::from_secs(1))
    }

    /// The next packet that is due by now, and a report when one is.
    ///
    /// # Errors
    /// If the camera hangs up.
    pub(super) fn due(&mut self, clock: &Clock) -> io::Result<Option<Due>> {
        let now = tone::of_wall(clock.now().wall);
        let ahead_s = match self.camera.fault() {
            Fault::Drop | Fault::Password => {
                let over = io::ErrorKind::ConnectionAborted;
                return Err(io::Error::new(over, "it hangs up"));
            }
            Fault::Clock(seconds) => i64::from(seconds),
            _ => 0,
        };
        // Somebody has set the clock, or the peer did not read for a while.
        if now.abs_diff(self.next) > 50 || self.camera.fault() == Fault::Freeze {
            self.next = now + 1;
            self.report_due = now + 1;
        }
        if self.next > now {
            return Ok(None);
        }
        let number = self.next;
        self.next += 1;
        let low = u32::try_from(number.rem_euclid(1 << 32)).unwrap_or(0);
        let samples = u32::try_from(tone::SAMPLES).unwrap_or(0);
        let time = low.wrapping_mul(samples).wrapping_add(self.offset);
        let mut packet = vec![0x80, PT];
        packet.extend_from_slice(&self.seq.to_be_bytes());
        packet.extend_from_slice(&time.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(&tone::samples(number));
        self.seq = self.seq.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(samples);
        let report = (number >= self.report_due).then(|| {
            self.report_due = number + REPORT_EVERY;
            packet::report(Report {
                ssrc: self.ssrc,
                at: tone::due(number),
                ahead_s,
                time,
                packets: self.packets,
                octets: self.octets,
            })
        });
        Ok(Some(Due { packet, report }))
    }
}
