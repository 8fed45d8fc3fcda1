//! Which media time has a frame, or a piece of sound, whose camera restarts, jumps
//! or lies.
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
use crate::sound;

/// How far camera spacing and arrival spacing may part before the camera's
/// stamps are not believed. Jitter of a satellite link stays under a second;
/// this is a guess with room.
pub const DRIFT_MAX: Duration = Duration::from_secs(2);

/// The least step between two frames: a thousandth of a second.
const STEPS_MAX: u64 = 1000;

/// How slowly a lag is believed to change: a sixteenth of the difference a frame,
/// so that one late picture moves nothing.
const LAG_SHARE: i64 = 16;

/// One stream's time line, across its connections.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// Ticks in a second.
    rate: u64,
    anchor: Option<Anchor>,
    newest: Option<(MediaTime, Mono)>,
    anchored_anew: u64,
    offset_us: Option<i64>,
    /// Which of the camera's stamps was which time of its own clock.
    reported: Option<(i64, Wall)>,
    lag_us: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    rtp: i64,
    arrived: Mono,
    time: u64,
}

/// Of pictures.
impl Default for Timeline {
    fn default() -> Self {
        Self::new(TICKS_PER_SECOND)
    }
}

impl Timeline {
    /// Of a stream with so many ticks in a second.
    #[must_use]
    pub const fn new(rate: u64) -> Self {
        Self {
            rate,
            anchor: None,
            newest: None,
            anchored_anew: 0,
            offset_us: None,
            reported: None,
            lag_us: None,
        }
    }

    /// Of sound in G.711.
    #[must_use]
    pub const fn of_sound() -> Self {
        Self::new(sound::TICKS_PER_SECOND)
    }

    /// A connection begins: its stamps have nothing to do with the former ones.
    pub const fn connected(&mut self) {
        self.anchor = None;
        self.reported = None;
        self.lag_us = None;
    }

    /// Places a frame.
    ///
    /// `rtp` is the frame's stamp, unwrapped to 64 bits, in ticks of this line.
    pub fn place(&mut self, rtp: i64, arrived: Mono) -> MediaTime {
        let proposed = self.anchor.and_then(|anchor| {
            let by_camera = rtp.checked_sub(anchor.rtp)?;
            let by_arrival = self.ticks(arrived.since(anchor.arrived));
            let apart = by_camera.abs_diff(i64::try_from(by_arrival).ok()?);
            (apart <= self.ticks(DRIFT_MAX)).then(|| anchor.time.saturating_add_signed(by_camera))
        });
        let floor = self.newest.map_or(0, |(time, _)| {
            time.ticks().saturating_add(self.rate / STEPS_MAX)
        });
        let time = proposed.unwrap_or_else(|| {
            self.anchored_anew += u64::from(self.anchor.is_some());
            let by_arrival = self.newest.map_or(0, |(time, at)| {
                time.ticks().saturating_add(self.ticks(arrived.since(at)))
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

    /// Which stamp the camera gave to which time of its own clock (RFC 3550 §6.4.1).
    pub const fn reported(&mut self, rtp: i64, camera: Wall) {
        self.reported = Some((rtp, camera));
    }

    /// How long what was stamped so is under way, in µs by the camera's clock and
    /// ours, over the last frames; unknown before the camera has reported.
    ///
    /// The difference of both clocks is in the figure. Two streams of one camera have
    /// that in common, so the difference of their lags is how far their arrival parts
    /// what has happened at once.
    pub fn lag(&mut self, rtp: i64, arrived: Wall) -> Option<i64> {
        let (stamp, camera) = self.reported?;
        let later_us = i128::from(rtp) - i128::from(stamp);
        let later_us = later_us * 1_000_000 / i128::from(self.rate);
        let taken_us = i128::from(camera.as_us()) + later_us;
        let lag_us = i64::try_from(i128::from(arrived.as_us()) - taken_us).ok()?;
        let believed = self
            .lag_us
            .filter(|before| Duration::from_micros(before.abs_diff(lag_us)) <= DRIFT_MAX);
        let lag_us = believed.map_or(lag_us, |before| before + (lag_us - before) / LAG_SHARE);
        self.lag_us = Some(lag_us);
        self.lag_us
    }

    /// How often the camera's stamps were not believed.
    #[must_use]
    pub const fn anchored_anew(&self) -> u64 {
        self.anchored_anew
    }

    fn ticks(&self, span: Duration) -> u64 {
        let ticks = span.as_micros() * u128::from(self.rate) / 1_000_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }
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
    fn sound_keeps_its_samples_apart() {
        let mut line = Timeline::of_sound();
        let first = line.place(77, at_ms(0));
        let second = line.place(77 + 160, at_ms(31));
        let third = line.place(77 + 320, at_ms(32));
        assert_eq!(second.ticks() - first.ticks(), 160);
        assert_eq!(third.ticks() - second.ticks(), 160);
    }

    #[test]
    fn two_streams_of_one_camera_are_as_far_apart_as_their_lags() {
        // The camera's clock is an hour behind; pictures take 90 ms, sound 40 ms.
        let house = |us: i64| Wall::from_us(1_800_000_000_000_000 + us);
        let camera = |us: i64| Wall::from_us(1_800_000_000_000_000 - 3_600_000_000 + us);
        let (mut pictures, mut sound) = (Timeline::default(), Timeline::of_sound());
        assert_eq!(pictures.lag(5, house(0)), None, "nothing was reported");
        pictures.reported(1_000_000, camera(0));
        sound.reported(4_000, camera(500_000));
        let picture = pictures.lag(1_000_000 + 90_000, house(1_000_000 + 90_000));
        let heard = sound.lag(4_000 + 8_000, house(1_500_000 + 40_000));
        assert_eq!(picture, Some(3_600_000_000 + 90_000));
        assert_eq!(picture.zip(heard).map(|(a, b)| a - b), Some(50_000));
        // One late picture moves little, another clock all.
        let late = pictures.lag(1_000_000 + 180_000, house(2_000_000 + 90_000 + 160_000));
        assert_eq!(late, Some(3_600_000_000 + 90_000 + 10_000));
        let moved = pictures.lag(1_000_000 + 270_000, house(60_000_000));
        assert_eq!(moved, Some(3_600_000_000 + 57_000_000));
        pictures.connected();
        assert_eq!(pictures.lag(0, house(0)), None);
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
        fn no_stamp_breaks_a_lag(stamps in prop::collection::vec((any::<i64>(), any::<i64>()), 1..20)) {
            let mut line = Timeline::of_sound();
            for (i, (rtp, us)) in stamps.into_iter().enumerate() {
                if i % 3 == 0 {
                    line.reported(rtp, Wall::from_us(us));
                }
                line.lag(us, Wall::from_us(rtp));
            }
        }

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
