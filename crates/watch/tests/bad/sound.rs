//! What is heard of a camera, what is not, and that pictures know nothing of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use watch::hub::Channel;
use watch::live::Engine;
use watch_core::sound::{Law, Microphone};

use crate::camera::{Camera, SPS_SMALL, STEP, Voice};
use crate::peer::Peer;
use crate::{House, until, within};

/// A packet of sound as RFC 3550 has it, with these samples.
fn packet(seq: u16, ssrc: u32, kind: u8, samples: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, kind];
    packet.extend(seq.to_be_bytes());
    packet.extend((u32::from(seq) * 160).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(samples);
    packet
}

fn samples(sample: u8) -> [u8; 160] {
    [sample; 160]
}

/// Octets of a picture.
const PICTURE: usize = 2_000;

/// Shows some pictures, and plays one that is new: who has only just joined begins at
/// the newest.
async fn shown(camera: &mut Camera, viewer: &mut Peer, from: u32) {
    let film = async {
        for i in from..from + 20 {
            camera.key(i * STEP, SPS_SMALL, PICTURE).await;
        }
    };
    let played = viewer.played + PICTURE;
    within(async { tokio::join!(film, viewer.play(played)) }).await;
}

/// A house that has a first picture of a camera, and an engine that viewers may join.
async fn playing() -> (House, Camera, Arc<Channel>, Engine, impl Sized) {
    let house = House::open().await;
    let mut camera = Camera::start().await;
    let channel = house.pull(&camera);
    let loopback = ([127, 0, 0, 1], 0).into();
    let (engine, ended) = Engine::start(&house.hall, loopback, &[]).expect("a media port");
    camera.key(0, SPS_SMALL, 300).await;
    until(|| channel.ring().end() > 0).await;
    (house, camera, channel, engine, ended)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_that_may_not_be_heard_never_leaves_the_camera() {
    let (house, mut camera, channel, engine, _ended) = playing().await;
    until(|| channel.report().microphone == Some(Microphone::G711(Law::A))).await;
    let mut viewer = within(Peer::hear(&house.hall, &engine, &channel, None)).await;
    shown(&mut camera, &mut viewer, 1).await;
    assert!(
        viewer.answer.contains("\r\na=inactive"),
        "{}",
        viewer.answer
    );
    assert!(viewer.heard.is_empty());
    assert_eq!(camera.voice.asked("SETUP ", "/track1"), 1);
    assert_eq!(camera.voice.asked("SETUP ", ""), 1, "of nothing else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_is_asked_for_while_somebody_may_and_wants_to_hear() {
    let (house, mut camera, channel, engine, _ended) = playing().await;
    let sound = house.hear(&channel, &camera);
    let mut sees = within(Peer::join(&house.hall, &engine, &channel)).await;
    shown(&mut camera, &mut sees, 1).await;
    assert_eq!(
        camera.voice.asked("SETUP ", "/track2"),
        0,
        "nobody listens yet"
    );

    let mut viewer = within(Peer::hear(&house.hall, &engine, &channel, Some(sound))).await;
    assert!(
        viewer.answer.contains("\r\na=sendonly"),
        "{}",
        viewer.answer
    );
    assert!(
        !viewer.answer.contains("\r\na=sendrecv"),
        "nobody is heard here"
    );
    for seq in 0..4 {
        camera.voice.utter(&packet(seq, 7, 8, &samples(0x2a))).await;
    }
    within(viewer.listen(160)).await;
    assert!(viewer.heard.iter().all(|sample| *sample == 0x2a));
    assert_eq!(camera.voice.asked("SETUP ", "/track1"), 1);
    assert_eq!(camera.voice.asked("SETUP ", "/track2"), 1);

    // Switched off: who heard goes on seeing.
    assert!(house.hub.set_sound(channel.key().camera, None));
    engine.hush(channel.key().camera).await.expect("an engine");
    let seen = engine.look().await.expect("it goes on");
    assert_eq!(seen.viewers, 2, "and nobody is let go");
    for seq in 4..8 {
        camera.voice.utter(&packet(seq, 7, 8, &samples(0x55))).await;
    }
    shown(&mut camera, &mut viewer, 21).await;
    // What was on its way may come late.
    assert!(viewer.heard.iter().all(|sample| *sample == 0x2a));
    assert!(house.hub.sound(channel.key().camera).is_none());
    assert_eq!(
        camera.voice.asked("SETUP ", "/track1"),
        1,
        "in the same session"
    );
}

/// How often a camera shows a picture, and how often it says something.
const FRAME: Duration = Duration::from_millis(40);
const WORD: Duration = Duration::from_millis(20);

/// Good packets in one session before one that is broken, so that it is never the first
/// that the house hears and never taken by a connection that the house has left.
const GOOD: usize = 25;

/// Shows pictures at its own pace.
async fn film(mut camera: Camera) {
    let mut pace = tokio::time::interval(FRAME);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for i in 1.. {
        pace.tick().await;
        camera.key(i * STEP, SPS_SMALL, PICTURE).await;
    }
}

/// Speaks at its own pace, and says what is broken in every session for as long as it is
/// to be said.
async fn speak(voice: Voice, broken: tokio::sync::watch::Receiver<Option<Vec<u8>>>) {
    let mut pace = tokio::time::interval(WORD);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut session, mut good) = (0, 0);
    for seq in (5..=u16::MAX).cycle() {
        pace.tick().await;
        voice.utter(&packet(seq, 7, 8, &samples(0x2a))).await;
        let sessions = voice.asked("SETUP ", "/track2");
        good = if sessions == session { good + 1 } else { 0 };
        session = sessions;
        let said = broken.borrow().clone();
        if let Some(said) = said.filter(|_| good >= GOOD) {
            voice.utter(&said).await;
            good = 0;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_sound_is_silence_and_no_picture_is_missed() {
    let (house, camera, channel, engine, _ended) = playing().await;
    let sound = house.hear(&channel, &camera);
    let voice = camera.voice.clone();
    let film = tokio::spawn(film(camera));
    let mut viewer = within(Peer::hear(&house.hall, &engine, &channel, Some(sound))).await;
    // What is nothing, of another kind, or longer than a picture ends no session.
    let good = samples(0x2a);
    let long = [0x2a; 60_000];
    let sent = [
        (8, &good[..]),
        (8, &[]),
        (13, &[0x40]),
        (8, &long),
        (8, &good),
    ];
    for (seq, (kind, samples)) in (0..).zip(sent) {
        voice.utter(&packet(seq, 7, kind, samples)).await;
    }
    within(viewer.listen(320)).await;
    assert_eq!(voice.asked("SETUP ", "/track2"), 1);

    // The rest ends a session of sound, and the next one is heard.
    let (breaks, broken) = tokio::sync::watch::channel(None);
    let speaking = tokio::spawn(speak(voice.clone(), broken));
    for broken in [&b"\x00\x01\x02"[..], &packet(9, 99, 8, &samples(0x2b))] {
        let sessions = voice.asked("SETUP ", "/track2");
        breaks.send_replace(Some(broken.to_vec()));
        within(viewer.until(|| voice.asked("SETUP ", "/track2") > sessions)).await;
        breaks.send_replace(None);
        let (heard, played) = (viewer.heard.len(), viewer.played);
        within(viewer.listen(heard + 160)).await;
        within(viewer.play(played + PICTURE)).await;
    }
    // Without its film the camera would be gone.
    assert!(channel.report().truth.reason.is_none());
    for task in [film, speaking] {
        task.abort();
    }
    assert!(viewer.heard.iter().all(|sample| *sample == 0x2a));
    assert_eq!(
        voice.asked("SETUP ", "/track1"),
        1,
        "one session of pictures"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_begins_with_what_is_broken_is_heard_by_tcp_again() {
    let (house, camera, channel, engine, _ended) = playing().await;
    let sound = house.hear(&channel, &camera);
    let voice = camera.voice.clone();
    let film = tokio::spawn(film(camera));
    let mut viewer = within(Peer::hear(&house.hall, &engine, &channel, Some(sound))).await;
    // Nothing good has come by TCP: UDP is asked for, which this camera knows nothing of.
    voice.utter(b"\x00\x01\x02").await;
    within(viewer.until(|| voice.asked("SETUP ", "/track2") > 1)).await;
    let speaking = tokio::spawn(speak(voice.clone(), tokio::sync::watch::channel(None).1));
    within(viewer.listen(160)).await;
    for task in [film, speaking] {
        task.abort();
    }
}
