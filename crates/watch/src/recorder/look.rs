//! One channel's stream, tried: what it is, and its first picture.

use bytes::Bytes;
use tokio::time::timeout;
use watch_core::payload::annex_b;
use watch_core::supervise::Reason;

use crate::http::probe::{PATIENCE, SILENCE, within};
use crate::ingest::gate::Gate;
use crate::ingest::session::{Described, Failure, Heard, Session, Source, Transport, Video};

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// What it is made of.
    pub(crate) video: Video,
    /// What it calls itself.
    pub(crate) name: Option<String>,
    /// Pictures from key frame to key frame; none when no second one came in time.
    pub(crate) gop: Option<u32>,
    /// Pictures in a thousand seconds.
    pub(crate) fps_milli: Option<u32>,
    /// The first key frame, where it can be decoded here.
    pub(crate) key: Option<Bytes>,
    /// Why there is no picture, though it described one.
    pub(crate) failed: Option<Reason>,
}

/// Asks for the stream's description and plays it until the second key frame.
pub(crate) async fn look(source: &Source, gate: &Gate) -> Result<Look, Failure> {
    let described = within(
        SILENCE,
        Box::pin(Described::ask(source, Transport::Tcp, gate)),
    )
    .await?;
    let mut look = Look {
        video: described.video.clone(),
        name: described.name.clone(),
        gop: None,
        fps_milli: None,
        key: None,
        failed: None,
    };
    let session = match within(SILENCE, described.play(Transport::Tcp)).await {
        Ok(session) => session,
        Err(failure) => {
            look.failed = Some(failure.reason);
            return Ok(look);
        }
    };
    let mut count = Count::default();
    match timeout(PATIENCE, watch(session, &mut look, &mut count)).await {
        Ok(Err(failure)) => look.failed = Some(failure.reason),
        Err(_) if count.keys == 0 => look.failed = Some(Reason::NoKeyFrame),
        Ok(Ok(())) | Err(_) => {}
    }
    look.gop = count.gop;
    look.fps_milli = count.fps_milli();
    Ok(look)
}

/// Pictures since the first key frame.
#[derive(Debug, Default)]
struct Count {
    keys: u32,
    pictures: u32,
    gop: Option<u32>,
    first: i64,
    newest: i64,
}

impl Count {
    /// Takes a picture; whether all is known.
    fn picture(&mut self, rtp: i64, key: bool) -> bool {
        if self.keys == 0 && !key {
            return false;
        }
        if self.keys == 0 {
            self.first = rtp;
        } else if key {
            self.gop.get_or_insert(self.pictures);
        }
        self.keys += u32::from(key);
        self.pictures += 1;
        self.newest = rtp;
        self.gop.is_some()
    }

    fn fps_milli(&self) -> Option<u32> {
        let span = u64::try_from(self.newest - self.first)
            .ok()
            .filter(|span| *span > 0)?;
        let steps = u64::from(self.pictures.checked_sub(1)?);
        u32::try_from(steps * 90_000 * 1_000 / span).ok()
    }
}

async fn watch(mut session: Session, look: &mut Look, count: &mut Count) -> Result<(), Failure> {
    let codec = session.codec;
    loop {
        let Heard::Frame {
            rtp, unit, video, ..
        } = session.next().await?
        else {
            continue;
        };
        if let Some(video) = video {
            look.video = video;
        }
        let Ok(cut) = codec.cut(&unit) else {
            continue;
        };
        if cut.key && look.key.is_none() && look.video.codec == "h264" {
            look.key = annex_b(&unit).ok().map(Bytes::from);
        }
        if count.picture(rtp, cut.key) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_counted_from_key_frame_to_key_frame() {
        let mut count = Count::default();
        assert!(!count.picture(900, false), "it begins in the middle");
        let pictures = (0..=50).map(|at| count.picture(9_000 + at * 3_600, at % 50 == 0));
        assert_eq!(pictures.filter(|done| *done).count(), 1);
        assert_eq!(count.gop, Some(50));
        assert_eq!(count.fps_milli(), Some(25_000));
        assert_eq!(Count::default().fps_milli(), None);
        let mut stuck = Count::default();
        stuck.picture(5, true);
        stuck.picture(5, false);
        assert_eq!(stuck.fps_milli(), None);
    }
}
