//! The pictures and the sound that a connection sends, and which moments belong together.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base::now::{Now, Wall};
use base::unit::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use watch_core::fanout::Next;
use watch_core::lend::description::{self, PICTURE};

use super::{Connection, over};

/// From one sender report to the next (RFC 3550 §6.2).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// How far pictures and sound of one moment may part; more is not believed.
const SKEW_MAX_US: i64 = 1_000_000;

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Sends the next picture, if it is its time: one, so that what is asked is heard between
    /// two of them.
    pub(super) async fn show(&mut self) -> io::Result<()> {
        let now = self.hall.now();
        let (Some(playing), Some(subject), Some(track)) =
            (&mut self.playing, &self.subject, &mut self.tracks[0])
        else {
            if let Some(playing) = &mut self.playing {
                playing.more = false;
            }
            return Ok(());
        };
        (playing.paced, playing.more) = (None, false);
        let next = match playing.first.take() {
            Some((frame, time)) => Next::Send(frame, time),
            None => playing.reader.next(&subject.channel.ring(), now.mono),
        };
        let (frame, time) = match next {
            Next::Send(frame, time) => (frame, time),
            Next::Paced(later) => {
                playing.paced = Some(later);
                return Ok(());
            }
            Next::Wait => return Ok(()),
        };
        playing.more = true;
        if frame.codec != subject.codec {
            return Err(over("the camera speaks otherwise now"));
        }
        let octets = usize::try_from(frame.size().as_u64()).unwrap_or(0);
        let mut out = Vec::with_capacity(octets + frame.packets.len() * 16 + 32);
        if playing.report[0] <= now.mono {
            playing.report[0] = now.mono + REPORT_EVERY;
            // The newest is under its own stamp, which those of a burst are not.
            let newest = subject.channel.ring().newest().cloned();
            let newest = newest.unwrap_or_else(|| Arc::clone(&frame));
            track.report(&mut out, newest.arrived.wall, newest.time.rtp());
        }
        for packet in &frame.packets {
            track.put(
                &mut out,
                PICTURE,
                packet.marker,
                time.rtp(),
                &packet.payload,
            );
        }
        drop(frame);
        self.send_media(&out).await
    }

    /// Sends all sound that there is.
    pub(super) async fn speak(&mut self) -> io::Result<()> {
        let now = self.hall.now();
        let (Some(playing), Some(subject), Some(track)) =
            (&mut self.playing, &self.subject, &mut self.tracks[1])
        else {
            return Ok(());
        };
        let Some(hearing) = &mut playing.hearing else {
            return Ok(());
        };
        let mut out = Vec::new();
        while let Some(packet) = hearing.sound.next(&mut hearing.reader) {
            if packet.law != hearing.law {
                return Err(over("the camera speaks otherwise now"));
            }
            if playing.report[1] <= now.mono {
                playing.report[1] = now.mono + REPORT_EVERY;
                let at = shown_at(now, subject.channel.lag_us(), hearing.sound.lag_us());
                track.report(&mut out, at, packet.time.rtp());
            }
            let kind = description::sound(packet.law);
            track.put(&mut out, kind, false, packet.time.rtp(), &packet.payload);
            playing.heard = true;
        }
        if out.is_empty() {
            return Ok(());
        }
        self.send_media(&out).await
    }

    async fn send_media(&mut self, octets: &[u8]) -> io::Result<()> {
        self.send(octets).await?;
        if let Some(playing) = &mut self.playing {
            playing.sent += Bytes::of(octets);
            playing.shown = self.alive;
        }
        self.room.inner.lending.sent(octets.len());
        Ok(())
    }
}

/// The moment of the picture that belongs to a sound which is here now: both lags hold the
/// same difference of clocks, and what is left is how much longer pictures take.
fn shown_at(now: Now, picture_us: Option<i64>, sound_us: Option<i64>) -> Wall {
    let skew_us = picture_us
        .zip(sound_us)
        .and_then(|(picture, sound)| picture.checked_sub(sound))
        .filter(|skew| (-SKEW_MAX_US..=SKEW_MAX_US).contains(skew))
        .unwrap_or(0);
    Wall::from_us(now.wall.as_us().saturating_add(skew_us))
}

#[cfg(test)]
mod tests {
    use base::now::Mono;

    use super::*;

    #[test]
    fn sound_stands_at_the_moment_of_its_picture() {
        let now = Now {
            mono: Mono::from_us(0),
            wall: Wall::from_us(10_000_000),
        };
        for (picture_us, sound_us, expected_us) in [
            (None, None, 10_000_000),
            (Some(90_000), None, 10_000_000),
            (Some(90_000), Some(40_000), 10_050_000),
            (Some(40_000), Some(90_000), 9_950_000),
            (Some(5_000_000), Some(0), 10_000_000),
            (Some(i64::MIN), Some(i64::MAX), 10_000_000),
        ] {
            let at = shown_at(now, picture_us, sound_us);
            assert_eq!(at.as_us(), expected_us, "{picture_us:?} {sound_us:?}");
        }
    }
}
