//! Which media time has a frame whose camera restarts, jumps or lies.
//!
//! A camera's RTP clock starts anywhere, starts again at each connection, and
//! on some models jumps by hours or stands still. Viewers need one line that
//! never goes back. So the camera's own spacing is used while it is believable,
//! and the arrival times where it is not.
//!
//! Assumption: over [`DRIFT_MAX`] the camera's clock and ours run alike. If that
//! fails, the line is anchored anew at the arrival and the fact is counted.

use std::time::Duration;

use base::now::{Mono, Wall};

use crate::frame::{MediaTime, TICKS_PER_SECOND};

/// How far camera spacing and arrival spacing may part before the camera's
/// stamps are not believed. Jitter of a satellite link stays under a second;
/// this is a guess with room.
pub const DRIFT_MAX: Duration = Duration::from_secs(2);

/// The least step between two frames, in ticks: a thousand pictures a second.
const STEP_MIN: u64 = TICKS_PER_SECOND / 1000;

/// One stream's time line, across its connections.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    anchor: Option<Anchor>,
    newest: Option<(MediaTime, Mono)>,
    anchored_anew: u64,
    offset_us: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    rtp: i64,
    arrived: Mono,
    time: u64,
}

impl Timeline {
    /// A connection begins: its stamps have nothing to do with the former ones.
    pub fn connected(&mut self) {
        self.anchor = None;
    }

    /// Places a frame.
    ///
    /// `rtp` is the frame's stamp, unwrapped to 64 bits, in ticks of 1/90,000 s.
    pub fn place(&mut self, rtp: i64, arrived: Mono) -> MediaTime {
        let proposed = self.anchor.and_then(|anchor| {
            let by_camera = rtp.checked_sub(anchor.rtp)?;
            let by_arrival = ticks(arrived.since(anchor.arrived));
            let apart = by_camera.abs_diff(i64::try_from(by_arrival).ok()?);
            (apart <= ticks(DRIFT_MAX)).then(|| anchor.time.saturating_add_signed(by_camera))
        });
        let floor = self
            .newest
            .map_or(0, |(time, _)| time.ticks().saturating_add(STEP_MIN));
        let time = proposed.unwrap_or_else(|| {
            self.anchored_anew += u64::from(self.anchor.is_some());
            let by_arrival = self.newest.map_or(0, |(time, at)| {
                time.ticks().saturating_add(ticks(arrived.since(at)))
            });
            let time = by_arrival.max(floor);
            self.anchor = Some(Anchor { rtp, arrived, time });
            time
        });
        let time = MediaTime::from_ticks(time.max(floor));
        self.newest = Some((time, arrived));
        time
    }

    /// Takes a sender report: the camera's wall clock at the time it arrived
    /// here. Returns how far the camera's clock is ahead of ours, in µs.
    ///
    /// The way from the camera is in the figure, so a link of 600 ms reads as a
    /// clock that is 0.3 s to 0.6 s behind.
    pub fn sender_report(&mut self, camera: Wall, arrived: Wall) -> i64 {
        let offset_us = camera.as_us().saturating_sub(arrived.as_us());
        self.offset_us = Some(offset_us);
        offset_us
    }

    /// How far the camera's clock is ahead of ours, in µs; unknown before the
    /// first sender report.
    #[must_use]
    pub const fn clock_offset_us(&self) -> Option<i64> {
        self.offset_us
    }

    /// How often the camera's stamps were not believed.
    #[must_use]
    pub const fn anchored_anew(&self) -> u64 {
        self.anchored_anew
    }
}

fn ticks(span: Duration) -> u64 {
    let ticks = span.as_micros() * u128::from(TICKS_PER_SECOND) / 1_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// From an NTP stamp (RFC 5905 §6: 32.32 seconds since 1900) to our wall clock.
///
/// Cameras that do not know the date send zero or an uptime; anything before
/// 1970 is not a time and yields none.
#[must_use]
pub fn wall_of_ntp(ntp: u64) -> Option<Wall> {
    const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
    let seconds = (ntp >> 32).checked_sub(SECONDS_1900_TO_1970)?;
    let fraction_us = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    let us = seconds.checked_mul(1_000_000)?.checked_add(fraction_us)?;
    i64::try_from(us).ok().map(Wall::from_us)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: i64 = 3_600;

    fn at_ms(ms: u64) -> Mono {
        Mono::from_us(ms * 1_000)
    }

    #[test]
    fn a_good_camera_keeps_its_own_spacing_whatever_the_jitter() {
        let mut line = Timeline::default();
        let first = line.place(1_000_000, at_ms(0));
        let second = line.place(1_000_000 + FRAME, at_ms(95));
        let third = line.place(1_000_000 + 2 * FRAME, at_ms(96));
        assert_eq!(second.ticks() - first.ticks(), 3_600);
        assert_eq!(third.ticks() - second.ticks(), 3_600);
        assert_eq!(line.anchored_anew(), 0);
    }

    #[test]
    fn a_new_connection_goes_on_where_time_has_come_to() {
        let mut line = Timeline::default();
        let before = line.place(5_000, at_ms(0));
        line.connected();
        let after = line.place(900_000_000, at_ms(1_000));
        assert_eq!(after.ticks() - before.ticks(), 90_000);
        assert_eq!(line.anchored_anew(), 0, "a new connection is no lie");
    }

    #[test]
    fn a_jump_of_an_hour_is_not_believed() {
        let mut line = Timeline::default();
        let before = line.place(0, at_ms(0));
        let after = line.place(3_600 * 90_000, at_ms(40));
        assert_eq!(after.ticks() - before.ticks(), 3_600);
        assert_eq!(line.anchored_anew(), 1);
    }

    #[test]
    fn ntp_of_1970_is_zero_and_uptimes_are_no_dates() {
        assert_eq!(wall_of_ntp(2_208_988_800 << 32), Some(Wall::from_us(0)));
        assert_eq!(
            wall_of_ntp((2_208_988_801 << 32) | 0x8000_0000),
            Some(Wall::from_us(1_500_000))
        );
        assert_eq!(wall_of_ntp(3_600 << 32), None);
    }

    proptest! {
        #[test]
        fn the_line_never_goes_back(
            steps in prop::collection::vec((any::<i64>(), 0_u64..5_000, any::<bool>()), 1..60),
        ) {
            let mut line = Timeline::default();
            let (mut now, mut last) = (0, None);
            for (rtp, later_ms, reconnects) in steps {
                if reconnects {
                    line.connected();
                }
                now += later_ms;
                let time = line.place(rtp, at_ms(now));
                prop_assert!(last.is_none_or(|last| time > last));
                last = Some(time);
            }
        }
    }
}
