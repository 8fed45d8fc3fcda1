//! What cameras do, and what the house makes of it.

use watch_core::frame::MediaTime;
use watch_core::ring::{BYTES_MAX, Found};

use crate::camera::{Camera, SPS_LARGE, SPS_SMALL, STEP};
use crate::{House, until, within};

/// Every frame that the ring keeps, by its stamp and whether decoding begins there.
fn kept(channel: &watch::hub::Channel) -> Vec<(MediaTime, bool)> {
    let ring = channel.ring();
    let mut all = Vec::new();
    for number in 0..ring.end() {
        if let Found::Frame(frame) = ring.at(number) {
            all.push((frame.time, frame.key));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_changes_its_size_in_mid_stream_is_told_and_decodes() {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    let mut reports = channel.reports();
    for (i, (sps, size)) in [(SPS_SMALL, (240, 160)), (SPS_LARGE, (1280, 720))]
        .into_iter()
        .enumerate()
    {
        let stamp = u32::try_from(i).expect("few") * 2 * STEP;
        camera.key(stamp, sps, 3_000).await;
        camera.other(stamp + STEP, 500).await;
        let told = reports.wait_for(|report| {
            let video = report.video.as_ref();
            video.and_then(|video| video.size_px) == Some(size)
        });
        within(told).await.expect("a report");
        let frames = u64::try_from(i).expect("few") * 2 + 2;
        until(|| channel.ring().end() >= frames).await;
        let key = channel.ring().newest_key().expect("a key frame");
        let unit = key.alone().expect("its bytes");
        assert!(
            unit.windows(sps.len()).any(|window| window == sps),
            "a key frame carries its own parameter sets"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_stays_within_the_ring_and_nothing_is_out_of_order() {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    // A second of 200 Mbit/s, as fast as the house reads it, in one group.
    let frames = 25_u32;
    camera.key(0, SPS_LARGE, 1_000_000).await;
    for i in 1..frames {
        camera.other(i * STEP, 1_000_000).await;
        assert!(channel.ring().bytes() <= BYTES_MAX);
    }
    until(|| channel.ring().end() >= u64::from(frames)).await;
    let all = kept(&channel);
    assert!(
        !all.is_empty() && all.len() < 9,
        "8 MiB of it: {}",
        all.len()
    );
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(channel.ring().join().is_none(), "its beginning is gone");
    // The next key frame is where all go on.
    camera.key(frames * STEP, SPS_LARGE, 1_000_000).await;
    until(|| channel.ring().join().is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_in_crumbs_does_not_outgrow_the_ring_by_what_lies_around_them() {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    camera.key(0, SPS_SMALL, 100).await;
    // More pictures of two octets than fit when each is counted whole.
    for i in 1..120_000_u32 {
        camera.other(i, 2).await;
    }
    until(|| channel.ring().end() >= 120_000).await;
    let kept = kept(&channel).len();
    assert!(kept < 120_000, "{kept} of two octets each");
    assert!(channel.ring().bytes() <= BYTES_MAX);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_ten_seconds_is_kept_whole() {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    camera.key(0, SPS_SMALL, 60_000).await;
    for i in 1..250_u32 {
        camera.other(i * STEP, 4_000).await;
    }
    until(|| channel.ring().end() >= 250).await;
    let all = kept(&channel);
    assert_eq!(all.len(), 250, "who joins sees it from its beginning");
    assert!(all[0].1 && all[1..].iter().all(|(_, key)| !key));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_stamps_a_camera_writes_time_goes_forward() {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    let stamps = [
        0,
        STEP,
        STEP,
        0,
        u32::MAX,
        1,
        1 << 31,
        (1 << 31) - 1,
        7,
        3_600 * 90_000,
        3_600 * 90_000 + STEP,
    ];
    let mut last = None;
    let mut look = || {
        let all = kept(&channel);
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "{all:?}");
        let newest = all.last().map(|(time, _)| *time);
        assert!(newest.is_none() || newest >= last, "time went back");
        last = newest.or(last);
    };
    for stamp in stamps {
        camera.key(stamp, SPS_SMALL, 300).await;
        look();
    }
    // Some of these end the connection; the next one goes on with what comes then.
    for i in 0..5 {
        camera.key(i * STEP, SPS_SMALL, 7_000).await;
    }
    until(|| {
        look();
        let ring = channel.ring();
        let newest = ring.newest().map(|frame| frame.size().as_u64());
        newest.is_some_and(|size| size > 7_000)
    })
    .await;
}
