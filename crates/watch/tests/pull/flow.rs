//! Pictures flow: from FFmpeg's pieces into the house, whole, in order, at their own pace.

use std::time::Duration;

use watch_core::frame::Codec;
use watch_core::ring::Found;
use watch_core::supervise::Word;

use crate::publisher::{H264, H265, MP4, Publisher, TS};
use crate::{House, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ffmpeg_publishes_is_live() {
    let house = House::open().await;
    for (encoder, pieces, codec) in [
        (&H264[..], &TS[..], Codec::H264),
        (&H264, &MP4, Codec::H264),
        (&H265, &TS, Codec::H265),
        (&H265, &MP4, Codec::H265),
    ] {
        let publisher = Publisher::start().await;
        let _ffmpeg = publisher.films(encoder, pieces);
        let channel = house.pull(publisher.url("/index.m3u8"));
        let mut reports = channel.reports();
        // Until there is a list the camera is dark; nobody asks anew for it here.
        let live = reports.wait_for(|report| report.truth.word == Word::Live);
        let live = within(live).await.expect("a report").clone();
        let video = live.video.expect("it is known");
        assert_eq!(video.codec, codec.as_str());
        // Two changes of the newest picture later, which is two seconds at least.
        let first = live.truth.newest.expect("a picture");
        let moved = reports.wait_for(|report| {
            report
                .truth
                .newest
                .is_some_and(|newest| newest.since(first) > Duration::from_secs(2))
        });
        let report = within(moved).await.expect("a report").clone();
        assert_eq!(
            report.video.and_then(|video| video.size_px),
            Some((320, 240))
        );
        let behind = report.behind.expect("it is told how old pictures are");
        assert!(
            behind >= Duration::from_millis(900),
            "a piece is a second long: {behind:?}"
        );
        let ring = channel.ring();
        let kept = (0..ring.end()).filter_map(|number| match ring.at(number) {
            Found::Frame(frame) => Some(frame),
            _ => None,
        });
        let frames: Vec<_> = kept.collect();
        assert!(ring.newest_key().is_some(), "decoding can begin");
        assert!(frames.iter().all(|frame| frame.codec == codec));
        let steps: Vec<_> = frames
            .windows(2)
            .map(|pair| pair[1].time.ticks() - pair[0].time.ticks())
            .collect();
        // An encoder that a busy machine starves comes late: there is a step then, and never
        // back. That each stamp is the publisher's is tried on its files (`counterpart`).
        let even = steps.iter().filter(|step| **step == 3_600).count();
        assert!(
            steps.iter().all(|step| *step > 0) && even * 10 >= steps.len() * 9,
            "{codec:?}: {steps:?}"
        );
        assert!(
            frames
                .windows(2)
                .all(|pair| pair[0].arrived.mono <= pair[1].arrived.mono)
        );
    }
}
