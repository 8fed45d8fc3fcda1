//! How the room is, for whoever watches the watcher.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use futures::FutureExt as _;
use hall::metrics::{Gauge, Reading};
use watch_core::supervise::Word;

use crate::hub::Layer;
use crate::room::{Inner, Room};

/// Has the page of measurements ask the room, as long as that is open.
pub(crate) fn tell(room: &Room) {
    let inner = Arc::downgrade(&room.inner);
    let metrics = room.inner.hall.metrics();
    metrics.read_by("watch", move |_| read(inner.clone()));
}

fn read(inner: Weak<Inner>) -> Reading {
    async move {
        let inner = inner.upgrade()?;
        let seen = inner.engine.look().await.ok()?;
        let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
        let mut said = streams(&inner);
        let by = "Viewers that are there, by the way their pictures go.";
        let name = "betang_viewers";
        let udp = seen.viewers.saturating_sub(seen.over_tcp);
        said.extend([
            Gauge::count(name, by, count(udp)).of("way", "udp"),
            Gauge::count(name, by, count(seen.over_tcp)).of("way", "tcp"),
            Gauge::count(
                "betang_viewings_ended_total",
                "Viewings that have ended.",
                seen.ended,
            )
            .growing(),
            Gauge::count(
                "betang_viewer_octets_total",
                "What viewers were sent, headers and repairs included.",
                seen.sent.as_u64(),
            )
            .growing(),
            Gauge::count(
                "betang_viewer_frames_lost_total",
                "Frames that viewers were too slow for.",
                seen.lost,
            )
            .growing(),
        ]);
        let lent = inner.lending.seen();
        said.extend([
            Gauge::count(
                "betang_lent_viewers",
                "Pictures that other systems take by RTSP.",
                count(lent.taking),
            ),
            Gauge::count(
                "betang_lent_octets_total",
                "What other systems were sent, headers included.",
                lent.sent.as_u64(),
            )
            .growing(),
            Gauge::count(
                "betang_lent_refused_total",
                "Proofs of other systems that were none.",
                lent.refused,
            )
            .growing(),
        ]);
        Some(said)
    }
    .boxed()
}

/// Streams by layer and word, and what comes in by them.
fn streams(inner: &Inner) -> Vec<Gauge> {
    let mut counts = BTreeMap::new();
    let mut bits = 0;
    for channel in inner.hub.all() {
        let report = channel.report();
        *counts
            .entry((channel.key().layer, report.truth.word.as_str()))
            .or_insert(0) += 1;
        bits += report.bitrate.map_or(0, |rate| rate.as_u64());
    }
    let mut said = vec![Gauge::count(
        "betang_streams_bytes_per_second",
        "What comes from all cameras, over the last seconds.",
        bits / 8,
    )];
    for layer in Layer::ALL {
        for word in Word::ALL.map(Word::as_str) {
            let count = counts.get(&(layer, word)).copied().unwrap_or_default();
            said.push(Gauge {
                labels: format!("layer=\"{}\",state=\"{word}\"", layer.as_str()),
                ..Gauge::count(
                    "betang_streams",
                    "Streams of cameras by what is true of them: nobody looks (idle), the first \
                     picture is on its way (starting), live, the picture is old (stale), there \
                     is none (dark).",
                    count,
                )
            });
        }
    }
    said
}
