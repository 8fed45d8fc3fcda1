//! What viewers do, and what the others notice of it.

use std::cell::Cell;
use std::sync::Arc;

use watch::live::{Engine, EngineError, Guest};

use crate::camera::{Camera, SPS_SMALL, STEP};
use crate::peer::Peer;
use crate::{House, resident, within};

/// What is sent past a viewer who does not read, in octets.
const SENT: usize = 96 << 20;

/// What the process may grow by meanwhile: the ring, what waits for one connection,
/// what is kept to be asked for again, and what allocators do.
const GROWTH_MAX: u64 = 40 << 20;

/// What the other one plays meanwhile, in octets: more than was waiting for him when
/// he came.
const PLAYED: usize = 12 << 20;

/// Octets of a picture.
const PICTURE: usize = 64 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_who_never_reads_costs_a_bounded_queue_and_holds_up_nobody() {
    let house = House::alone().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    let loopback = ([127, 0, 0, 1], 0).into();
    let (engine, _ended) = Engine::start(&house.hall, loopback, &[]).expect("a media port");
    let still = within(Box::pin(Peer::join(&house.hall, &engine, &channel))).await;
    let mut other = within(Box::pin(Peer::join(&house.hall, &engine, &channel))).await;

    // Both have begun before memory is looked at.
    let before = resident();
    let played = Cell::new(false);
    let film = async {
        let mut sent = 0;
        for i in 0_u32.. {
            if i % 25 == 0 {
                camera.key(i * STEP, SPS_SMALL, PICTURE).await;
            } else {
                camera.other(i * STEP, PICTURE).await;
            }
            sent += PICTURE;
            if sent >= SENT && played.get() {
                return;
            }
        }
    };
    // Whoever reads is slower than this film, skips, and sees what comes afterwards.
    let playing = async {
        other.play(PLAYED).await;
        played.set(true);
    };
    within(Box::pin(async { tokio::join!(film, playing) })).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "{grown} octets more");
    drop(still);
}

/// What the last minute may take, in MiB.
const PAST_MIB: u32 = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_minute_takes_what_it_may_and_little_more() {
    let house = House::remembering(PAST_MIB).await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    let loopback = ([127, 0, 0, 1], 0).into();
    let (engine, _ended) = Engine::start(&house.hall, loopback, &[]).expect("a media port");
    let mut viewer = within(Box::pin(Peer::join(&house.hall, &engine, &channel))).await;
    let before = resident();
    let past = house.hub.past().clone();
    let film = async {
        // Far more than fits, in groups that do.
        for i in 0_u32..4_000 {
            if i % 25 == 0 {
                camera.key(i * STEP, SPS_SMALL, PICTURE).await;
            } else {
                camera.other(i * STEP, PICTURE).await;
            }
        }
    };
    within(Box::pin(async { tokio::join!(film, viewer.play(PICTURE)) })).await;
    let sum = past.sum();
    let most = u64::from(PAST_MIB) << 20;
    assert!(sum.held.as_u64() <= most, "{sum:?}");
    assert!(sum.held.as_u64() > most / 2, "it was filled: {sum:?}");
    let grown = resident().saturating_sub(before);
    assert!(grown < most + most / 4 + GROWTH_MAX, "{grown} octets more");
}

/// Names one payload type twice, at which the library panics.
const CONTRADICTION: &str = include_str!("../../../../fuzz/corpus/offers/one-payload-type-twice");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_breaks_its_reader_is_refused_and_nobody_else_notices() {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    let loopback = ([127, 0, 0, 1], 0).into();
    let (engine, _ended) = Engine::start(&house.hall, loopback, &[]).expect("a media port");
    let mut viewer = within(Peer::join(&house.hall, &engine, &channel)).await;
    let guest = Guest {
        viewing: house.hall.mint(),
        login: [8; 16],
        channel: Arc::clone(&channel),
        sound: None,
        offer: CONTRADICTION.to_owned(),
        door: None,
    };
    let refused = engine.join(guest).await;
    let why = refused.map(|joined| joined.answer).expect_err("no answer");
    assert!(matches!(why, EngineError::Offer(_)), "{why}");
    let film = async {
        for i in 0..50 {
            camera.key(i * STEP, SPS_SMALL, PICTURE).await;
        }
    };
    within(async { tokio::join!(film, viewer.play(PICTURE)) }).await;
    assert_eq!(engine.look().await.expect("it goes on").viewers, 1);
}
