//! One session with a camera that is a list of pieces (HTTP Live Streaming, RFC 8216).
//!
//! Has the face of a session of RTSP: pictures come one by one, each when it has its turn
//! ([`watch_core::hls::pace`]). How old each is at that moment, at least, is told with it.

mod feed;
pub(super) mod fetch;

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use hall::clock::Clock as HouseClock;
use watch_core::frame::Codec;
use watch_core::hls::pace::Pacer;
use watch_core::ring::BYTES_MAX;
use watch_core::supervise::Reason;

pub use self::feed::Seen;
use self::feed::{Feed, Taken, us};
use self::fetch::failure;
use super::gate::Gate;
use super::session::{Clock, Failure, Heard, Source, Video};

/// Whether an address is one of a list.
#[must_use]
pub(crate) fn is_list(url: &url::Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// A session that plays.
pub(super) struct Pull {
    codec: Codec,
    feed: BoxStream<'static, Result<Taken, Failure>>,
    pacer: Pacer<Taken>,
    /// Nothing more comes; what is held is shown before it is said.
    ended: Option<Failure>,
    /// A picture whose date was told just now.
    next: Option<Taken>,
    seen: Seen,
    clock: HouseClock,
}

impl Pull {
    /// Reads the list and its newest piece as far as the first picture.
    pub(super) async fn open(
        source: &Source,
        gate: &Gate,
        seen: &Seen,
    ) -> Result<(Self, Video), Failure> {
        let feed = Feed::open(source, gate, seen).await?;
        let feed = futures::stream::unfold(feed, |mut feed| async move {
            let taken = feed.next().await;
            Some((taken, feed))
        });
        let mut feed = feed.boxed();
        let first = feed.next().await.unwrap_or_else(|| Err(over()))?;
        let codec = first.unit.codec;
        let video = Video {
            codec: codec.as_str().to_owned(),
            size_px: first.unit.size_px,
        };
        let mut pull = Self {
            codec,
            feed,
            pacer: Pacer::default(),
            ended: None,
            next: None,
            seen: seen.clone(),
            clock: HouseClock::real(),
        };
        pull.hold(first);
        Ok((pull, video))
    }

    pub(super) const fn codec(&self) -> Codec {
        self.codec
    }

    /// Waits for what comes next. May be dropped and called again without loss.
    pub(super) async fn heard(&mut self) -> Result<Heard, Failure> {
        loop {
            let now = self.clock.now().mono;
            if let Some(taken) = self.next.take().or_else(|| self.pacer.pop(now)) {
                return Ok(self.told(taken));
            }
            let due = self.pacer.due();
            if due.is_none()
                && let Some(failed) = &self.ended
            {
                return Err(failed.clone());
            }
            let wait = due.map(|due| due.since(now));
            tokio::select! {
                biased;
                fed = self.feed.next(), if self.ended.is_none() => match fed {
                    Some(Ok(taken)) => self.hold(taken),
                    Some(Err(failed)) => self.ended = Some(failed),
                    None => self.ended = Some(over()),
                },
                () = sleep(wait) => {}
            }
        }
    }

    fn hold(&mut self, taken: Taken) {
        let unit = &taken.unit;
        if unit.codec != self.codec {
            // What comes from here on is for another session.
            Feed::forget(&self.seen);
            let detail = format!("the pictures are {} from now on", unit.codec.as_str());
            self.ended = Some(failure(Reason::Stopped, detail));
            return;
        }
        let octets = unit.octets.len();
        if octets > usize::try_from(BYTES_MAX.as_u64()).unwrap_or(usize::MAX) {
            let detail = "a picture is larger than any that is kept";
            self.ended = Some(failure(Reason::Protocol, detail));
            return;
        }
        let (stamp, key, span_max) = (unit.decode, unit.key, taken.span_max);
        let now = self.clock.now().mono;
        self.pacer.push(stamp, key, octets, taken, now, span_max);
    }

    fn told(&mut self, mut taken: Taken) -> Heard {
        let rtp = taken.unit.decode;
        if let Some(wall) = taken.dated.take() {
            self.next = Some(taken);
            return Heard::Dated(Clock {
                wall,
                rtp: Some(rtp),
            });
        }
        let now_us = i64::try_from(self.clock.now().mono.as_us()).unwrap_or(i64::MAX);
        let behind_us = now_us.saturating_sub(us(rtp).saturating_add(taken.latest_us));
        let video = taken.unit.size_px.map(|size_px| Video {
            codec: self.codec.as_str().to_owned(),
            size_px: Some(size_px),
        });
        Heard::Frame {
            rtp,
            unit: taken.unit.octets.into(),
            video,
            behind: Some(Duration::from_micros(u64::try_from(behind_us).unwrap_or(0))),
        }
    }
}

fn over() -> Failure {
    failure(Reason::Stopped, "the list has ended")
}

async fn sleep(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => futures::future::pending().await,
    }
}
