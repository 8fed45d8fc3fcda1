//! The RTSP door of simulated cameras (RFC 2326): many cameras behind one port.
//!
//! `rtsp://HOST:PORT/NAME/main` and `…/sub`, with sound where a camera has any. Packets go inside the connection or by
//! UDP. A session begins with the picture that is due, key frame or not, as most
//! cameras do. `SET_PARAMETER rtsp://HOST:PORT/NAME` with the text `fault: WORD`
//! makes something wrong with a camera, for whoever reaches the port.
//!
//! Bounds: [`CONNECTIONS_MAX`] connections, then one is closed as it comes; a peer
//! that does not read for [`WRITE_MAX`] is hung up on.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hall::clock::Clock;
use hall::task::Tasks;
use md5::{Digest as _, Md5};
use rtsp_types::headers::{
    AUTHORIZATION, CONTENT_BASE, CONTENT_TYPE, CSEQ, PUBLIC, SESSION, TRANSPORT, WWW_AUTHENTICATE,
};
use rtsp_types::{Message, Method, ParseError, Request, Response, StatusCode, Version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::camera::{Camera, LAYERS};
use super::describe::description;
use super::library::Reel;
use super::recorder::{Recorder, Slot};
use super::voice::{Due, Voice};
use super::way::{Way, sockets};
use crate::fault::Fault;
use crate::film::Frame;
use crate::packet::{self, Header, Payload, Report};
use crate::picture;

/// Connections at the same time.
pub const CONNECTIONS_MAX: usize = 2_048;

/// The longest request that is read, in octets.
const REQUEST_MAX: usize = 16 * 1024;

/// How long a peer may not read.
pub const WRITE_MAX: Duration = Duration::from_secs(5);

/// The payload type in our descriptions; dynamic (RFC 3551 §6).
pub(super) const PT: u8 = 96;

/// Ticks of 1/90,000 s from picture to picture.
const STEP: u32 = 90_000 / picture::RATE_HZ;

/// Pictures from one sender report to the next: five seconds (RFC 3550 §6.2).
const REPORT_EVERY: i64 = 5 * picture::RATE_HZ as i64;

/// Pictures from one jump of the stamps to the next, and of the size.
const JUMP_EVERY: i64 = 2 * picture::RATE_HZ as i64;
const RESIZE_EVERY: i64 = 10 * picture::RATE_HZ as i64;

/// Filler in each picture of a flood: 200 Mbit/s at 25 pictures a second.
const FILLER: usize = 1_000_000;

/// All cameras behind one port.
#[derive(Debug, Clone)]
pub struct Server {
    door: Door,
    clock: Clock,
    tasks: Tasks,
}

/// What is behind a port.
#[derive(Debug, Clone)]
enum Door {
    /// Cameras by their names.
    Cameras(Arc<BTreeMap<String, Camera>>),
    /// One box with channels.
    Recorder(Recorder),
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Whose picture.
    pub(super) camera: Camera,
    /// 0 is the full one.
    pub(super) layer: usize,
    /// Which stream of the two.
    pub(super) track: Track,
    /// What it is called in the description.
    pub(super) called: String,
}

impl Door {
    /// What an address means; the status of a refusal otherwise.
    fn asked(&self, url: &str) -> Result<Asked, StatusCode> {
        match self {
            Self::Cameras(cameras) => {
                let path = url
                    .strip_prefix("rtsp://")
                    .and_then(|rest| rest.split_once('/'));
                let path = path.map_or("", |(_, path)| path);
                let path = path.split(['?', '#']).next().unwrap_or_default();
                named(path, cameras).ok_or(StatusCode::NotFound)
            }
            Self::Recorder(recorder) => recorder.asked(url),
        }
    }
}

impl Server {
    /// Takes connections until the tasks are told to end.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start(
        listener: std::net::TcpListener,
        cameras: Vec<Camera>,
        clock: Clock,
        tasks: &Tasks,
        seed: u64,
    ) -> io::Result<Self> {
        let named = cameras.into_iter().map(|it| (it.name().to_owned(), it));
        let door = Door::Cameras(Arc::new(named.collect()));
        Self::open(listener, door, clock, tasks, seed)
    }

    /// The same for the channels of a recorder.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn recorder(
        listener: std::net::TcpListener,
        recorder: &Recorder,
        clock: Clock,
        tasks: &Tasks,
        seed: u64,
    ) -> io::Result<Self> {
        let door = Door::Recorder(recorder.clone());
        Self::open(listener, door, clock, tasks, seed)
    }

    fn open(
        listener: std::net::TcpListener,
        door: Door,
        clock: Clock,
        tasks: &Tasks,
        seed: u64,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let server = Self {
            door,
            clock,
            tasks: tasks.clone(),
        };
        tasks.spawn("sim.rtsp", server.clone().accept(listener, seed));
        Ok(server)
    }

    async fn accept(self, listener: TcpListener, seed: u64) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let stop = self.tasks.soft().clone();
        let mut rng = fastrand::Rng::with_seed(seed);
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                // Out of files, most likely; those that are open go on.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                continue;
            };
            let connection = Connection {
                server: self.clone(),
                stream,
                rng: rng.fork(),
                nonce: format!("{:016x}", rng.u64(..)),
                slot: None,
                upset: match &self.door {
                    Door::Cameras(_) => None,
                    Door::Recorder(recorder) => Some(recorder.upsets()),
                },
                ready: None,
                play: None,
                ready_voice: None,
                voice: None,
            };
            self.tasks.spawn("sim.rtsp.peer", async move {
                if let Err(error) = connection.run().await {
                    tracing::debug!(%error, "a simulated camera was left");
                }
                drop(place);
            });
        }
    }
}

/// One connection: at most one session of one camera.
struct Connection {
    server: Server,
    stream: TcpStream,
    rng: fastrand::Rng,
    nonce: String,
    /// The session of the recorder that it uses.
    slot: Option<Slot>,
    /// Tells that the recorder was rearranged, which ends all that stands.
    upset: Option<watch::Receiver<u64>>,
    ready: Option<Ready>,
    play: Option<Play>,
    ready_voice: Option<(Camera, Way)>,
    voice: Option<Voice>,
}

/// Which of a camera's streams, as the last part of its address has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Track {
    Picture,
    Sound,
}

/// What has been set up and does not play yet.
struct Ready {
    camera: Camera,
    layer: usize,
    way: Way,
}

/// A session that plays.
struct Play {
    camera: Camera,
    layer: usize,
    way: Way,
    reel: Arc<Reel>,
    /// What is shown in between when the size changes.
    other: Option<Arc<Reel>>,
    faults: watch::Receiver<Fault>,
    fault: Fault,
    /// The picture that is due next, by its number since 1970.
    next: i64,
    report_due: i64,
    seq: u16,
    offset: u32,
    ssrc: u32,
    packets: u32,
    octets: u32,
}

/// The way out of a connection that is over.
fn over(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, why)
}

impl Connection {
    async fn run(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        let stop = self.server.tasks.soft().clone();
        let mut inbox = Vec::with_capacity(1024);
        loop {
            let clock = &self.server.clock;
            let seen = self.play.as_ref().map(|play| play.wait(clock));
            let heard = self.voice.as_ref().map(|voice| voice.wait(clock));
            let wait = seen.into_iter().chain(heard).min();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                // What has been read stays in the inbox when another arm is first.
                read = self.stream.read_buf(&mut inbox) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    self.requests(&mut inbox).await?;
                }
                () = changed(self.play.as_mut()) => self.follow_fault()?,
                () = rearranged(self.upset.as_mut()) => return Err(over("it was rearranged")),
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {
                    self.show().await?;
                    self.speak().await?;
                }
            }
        }
    }

    /// Answers every request that has come whole.
    async fn requests(&mut self, inbox: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let (message, length) = match Message::<Vec<u8>>::parse(inbox.as_slice()) {
                Ok(parsed) => parsed,
                Err(ParseError::Incomplete(_)) if inbox.len() <= REQUEST_MAX => return Ok(()),
                Err(_) => return Err(over("no request")),
            };
            inbox.drain(..length);
            if let Message::Request(request) = message {
                let answer = self.answer(&request).await?;
                self.send(&answer).await?;
                if *request.method() == Method::Teardown {
                    return Err(over("torn down"));
                }
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        tokio::time::timeout(WRITE_MAX, self.stream.write_all(bytes))
            .await
            .map_err(|_| over("the peer does not read"))?
    }

    async fn answer(&mut self, request: &Request<Vec<u8>>) -> io::Result<Vec<u8>> {
        let url = request.request_uri().map_or("", url::Url::as_str);
        let asked = match self.server.door.asked(url) {
            Ok(asked) => asked,
            Err(status) => return self.refuse(request, status),
        };
        let camera = asked.camera.clone();
        match request.method() {
            Method::SetParameter | Method::GetParameter => {
                return self.parameter(request, &camera).await;
            }
            _ if camera.fault() == Fault::Drop => return Err(over("it hangs up")),
            Method::Options => return written(request, StatusCode::Ok, &[(PUBLIC, METHODS)], b""),
            _ => {}
        }
        let credentials = match &self.server.door {
            Door::Cameras(_) => camera.credentials(),
            Door::Recorder(recorder) => recorder.credentials(),
        };
        if let Some((user, word)) = credentials
            && !self.proves(request, &user, &word)
        {
            let challenge = format!("Digest realm=\"{REALM}\", nonce=\"{}\"", self.nonce);
            let headers = [(WWW_AUTHENTICATE, challenge.as_str())];
            return written(request, StatusCode::Unauthorized, &headers, b"");
        }
        if let Door::Recorder(recorder) = &self.server.door
            && self.slot.is_none()
        {
            match recorder.slot() {
                Ok(slot) => self.slot = Some(slot),
                Err(status) => return written(request, status, &[], b""),
            }
        }
        match request.method() {
            Method::Describe => self.describe(request, &asked).await,
            Method::Setup => self.set_up(request, asked).await,
            Method::Play => self.begin(request).await,
            Method::Teardown => written(request, StatusCode::Ok, &[], b""),
            _ => written(request, StatusCode::NotImplemented, &[], b""),
        }
    }

    /// A recorder asks who it is before it says what it lacks.
    fn refuse(&self, request: &Request<Vec<u8>>, status: StatusCode) -> io::Result<Vec<u8>> {
        if *request.method() == Method::Options {
            return written(request, StatusCode::Ok, &[(PUBLIC, METHODS)], b"");
        }
        if let Door::Recorder(recorder) = &self.server.door
            && let Some((user, word)) = recorder.credentials()
            && !self.proves(request, &user, &word)
        {
            let challenge = format!("Digest realm=\"{REALM}\", nonce=\"{}\"", self.nonce);
            let headers = [(WWW_AUTHENTICATE, challenge.as_str())];
            return written(request, StatusCode::Unauthorized, &headers, b"");
        }
        written(request, status, &[(PUBLIC, METHODS)], b"")
    }

    /// Asks or sets what is wrong (RFC 2326 §10.8, §10.9); an empty one keeps a
    /// session alive.
    async fn parameter(&self, request: &Request<Vec<u8>>, camera: &Camera) -> io::Result<Vec<u8>> {
        let body = String::from_utf8_lossy(request.body());
        let asked = body.trim();
        if asked.is_empty() {
            return written(request, StatusCode::Ok, &[], b"");
        }
        if *request.method() == Method::SetParameter {
            let fault = asked
                .strip_prefix("fault:")
                .and_then(|word| word.trim().parse().ok());
            let Some(fault) = fault else {
                let why = format!("fault: {}\r\n", crate::fault::WORDS);
                return written(request, StatusCode::BadRequest, &[TEXT], why.as_bytes());
            };
            // What is to be seen has to be there before it is wrong to see it.
            let made = camera.clone();
            let made = move || made.prepare(fault);
            let made = self.server.tasks.blocking("sim.film", made).await;
            made.map_err(io::Error::other)?.map_err(io::Error::other)?;
            camera.set_fault(fault);
        }
        let is = format!("fault: {}\r\n", camera.fault());
        written(request, StatusCode::Ok, &[TEXT], is.as_bytes())
    }

    /// Digest with MD5 and without `qop` (RFC 2617 §3.2.2), which is what cameras
    /// have.
    fn proves(&self, request: &Request<Vec<u8>>, user: &str, word: &str) -> bool {
        let Some(given) = request.header(&AUTHORIZATION) else {
            return false;
        };
        let field = |name: &str| {
            let from = given.as_str().split_once(&format!("{name}=\""))?.1;
            from.split_once('"').map(|(value, _)| value)
        };
        let uri = field("uri").unwrap_or_default();
        let method: &str = request.method().into();
        let whose = md5_hex(&format!("{user}:{REALM}:{word}"));
        let what = md5_hex(&format!("{method}:{uri}"));
        let right = md5_hex(&format!("{whose}:{}:{what}", self.nonce));
        given.as_str().starts_with("Digest ")
            && field("username") == Some(user)
            && field("nonce") == Some(&self.nonce)
            && field("response") == Some(&right)
    }

    async fn reel(&self, camera: &Camera, layer: usize) -> io::Result<Arc<Reel>> {
        let camera = camera.clone();
        let read = move || camera.reel(layer);
        let reel = self.server.tasks.blocking("sim.film", read).await;
        reel.map_err(io::Error::other)?.map_err(io::Error::other)
    }

    async fn describe(&mut self, request: &Request<Vec<u8>>, asked: &Asked) -> io::Result<Vec<u8>> {
        let Asked {
            camera,
            layer,
            called,
            ..
        } = asked;
        let reel = self.reel(camera, *layer).await?;
        let local = self.stream.local_addr()?;
        let base = match &self.server.door {
            Door::Cameras(_) => format!("rtsp://{local}/{}/{}/", camera.name(), LAYERS[*layer]),
            // As boxes do: what was asked for and a stroke, a query or none.
            Door::Recorder(_) => {
                let url = request.request_uri().map_or("", url::Url::as_str);
                format!("{}/", url.trim_end_matches('/'))
            }
        };
        let headers = [
            (CONTENT_TYPE, "application/sdp"),
            (CONTENT_BASE, base.as_str()),
        ];
        let description = description(&reel, camera.hears(), local.ip(), called);
        written(request, StatusCode::Ok, &headers, description.as_bytes())
    }

    async fn set_up(&mut self, request: &Request<Vec<u8>>, asked: Asked) -> io::Result<Vec<u8>> {
        let Asked {
            camera,
            layer,
            track,
            ..
        } = asked;
        let wanted = request
            .header(&TRANSPORT)
            .map(|value| value.as_str().to_owned())
            .unwrap_or_default();
        let pair = |name: &str| -> Option<(u16, u16)> {
            let (_, from) = wanted.split_once(name)?;
            let end = from.find(|c: char| c != '-' && !c.is_ascii_digit());
            let (first, second) = from[..end.unwrap_or(from.len())].split_once('-')?;
            Some((first.parse().ok()?, second.parse().ok()?))
        };
        let (way, said) = if wanted.starts_with("RTP/AVP/TCP") {
            let channel = pair("interleaved=").map_or(0, |(first, _)| first);
            let Ok(channel) = u8::try_from(channel) else {
                return written(request, StatusCode::UnsupportedTransport, &[], b"");
            };
            let said = format!(
                "RTP/AVP/TCP;unicast;interleaved={channel}-{}",
                u16::from(channel) + 1
            );
            (Way::Inside(channel), said)
        } else if let Some((packets, reports)) = pair("client_port=") {
            let (ours, peer) = (
                self.stream.local_addr()?.ip(),
                self.stream.peer_addr()?.ip(),
            );
            let sockets = sockets(ours).await?;
            sockets.0.connect((peer, packets)).await?;
            sockets.1.connect((peer, reports)).await?;
            let port = sockets.0.local_addr()?.port();
            let said = format!(
                "RTP/AVP;unicast;client_port={packets}-{reports};server_port={port}-{}",
                port + 1
            );
            (Way::Udp(Box::new(sockets)), said)
        } else {
            return written(request, StatusCode::UnsupportedTransport, &[], b"");
        };
        match track {
            Track::Picture => self.ready = Some(Ready { camera, layer, way }),
            Track::Sound => self.ready_voice = Some((camera, way)),
        }
        let headers = [(TRANSPORT, said.as_str()), (SESSION, SESSION_ID)];
        written(request, StatusCode::Ok, &headers, b"")
    }

    async fn begin(&mut self, request: &Request<Vec<u8>>) -> io::Result<Vec<u8>> {
        let (ready, ready_voice) = (self.ready.take(), self.ready_voice.take());
        if ready.is_none() && ready_voice.is_none() {
            return written(request, StatusCode::MethodNotValidInThisState, &[], b"");
        }
        if let Some((camera, way)) = ready_voice {
            let voice = Voice::new(camera, way, &self.server.clock, &mut self.rng);
            self.voice = Some(voice);
        }
        let headers = [(SESSION, SESSION_ID)];
        let Some(Ready { camera, layer, way }) = ready else {
            return written(request, StatusCode::Ok, &headers, b"");
        };
        let mut faults = camera.faults();
        let fault = *faults.borrow_and_update();
        let now = picture::of_wall(self.server.clock.now().wall);
        self.play = Some(Play {
            reel: self.reel(&camera, layer).await?,
            other: None,
            camera,
            layer,
            way,
            faults,
            fault,
            next: now + 1,
            report_due: now + 1,
            seq: self.rng.u16(..),
            offset: self.rng.u32(..),
            ssrc: self.rng.u32(..),
            packets: 0,
            octets: 0,
        });
        written(request, StatusCode::Ok, &headers, b"")
    }

    /// Takes notice of what has become wrong.
    fn follow_fault(&mut self) -> io::Result<()> {
        let Some(play) = &mut self.play else {
            return Ok(());
        };
        let fault = *play.faults.borrow_and_update();
        if play.fault.breaks(fault) {
            return Err(over("it hangs up"));
        }
        play.fault = fault;
        Ok(())
    }

    /// Sends every picture that is due.
    async fn show(&mut self) -> io::Result<()> {
        let now = picture::of_wall(self.server.clock.now().wall);
        let Some(play) = &mut self.play else {
            return Ok(());
        };
        // Somebody has set the clock, or the peer did not read for a while.
        if now.abs_diff(play.next) > u64::from(picture::RATE_HZ) {
            play.next = now;
            play.report_due = now;
        }
        if play.fault == Fault::Resize && play.other.is_none() {
            let (camera, layer) = (play.camera.clone(), 1 - play.layer);
            let other = self.reel(&camera, layer).await?;
            if let Some(play) = &mut self.play {
                play.other = Some(other);
            }
        }
        while let Some(play) = self.play.as_mut().filter(|play| play.next <= now) {
            let (packets, report) = play.picture(&mut self.rng);
            let inside = play.way.send(&packets, report.as_ref()).await?;
            if !inside.is_empty() {
                self.send(&inside).await?;
            }
        }
        Ok(())
    }

    /// Sends all sound that is due.
    async fn speak(&mut self) -> io::Result<()> {
        while let Some(voice) = &mut self.voice
            && let Some(Due { packet, report }) = voice.due(&self.server.clock)?
        {
            let inside = voice.way.send(&[packet], report.as_ref()).await?;
            if !inside.is_empty() {
                self.send(&inside).await?;
            }
        }
        Ok(())
    }
}

/// Waits until the recorder is rearranged; for ever where there is none.
async fn rearranged(upset: Option<&mut watch::Receiver<u64>>) {
    match upset {
        Some(upset) => {
            if upset.changed().await.is_err() {
                std::future::pending().await
            }
        }
        None => std::future::pending().await,
    }
}

/// Waits for a change of what is wrong; for ever when nothing plays.
async fn changed(play: Option<&mut Play>) {
    match play {
        Some(play) => {
            if play.faults.changed().await.is_err() {
                std::future::pending().await
            }
        }
        None => std::future::pending().await,
    }
}

impl Play {
    /// How long until the next picture is due.
    fn wait(&self, clock: &Clock) -> Duration {
        let wait = picture::due(self.next).since(clock.now().wall);
        wait.min(Duration::from_secs(1))
    }

    /// The packets of the picture that is due, and a report when one is.
    fn picture(&mut self, rng: &mut fastrand::Rng) -> (Vec<Vec<u8>>, Option<Vec<u8>>) {
        let number = self.next;
        self.next += 1;
        if self.fault == Fault::Freeze {
            return (Vec::new(), None);
        }
        let ticks = |number: i64| {
            let low = u32::try_from(number.rem_euclid(1 << 32)).unwrap_or(0);
            low.wrapping_mul(STEP)
        };
        let mut time = ticks(number).wrapping_add(self.offset);
        if self.fault == Fault::Stamps {
            let jumps = u32::try_from((number / JUMP_EVERY).rem_euclid(1 << 16)).unwrap_or(0);
            time = time.wrapping_add(jumps.wrapping_mul(3_600 * 90_000));
        }
        let reel = match &self.other {
            Some(other) if self.fault == Fault::Resize && number / RESIZE_EVERY % 2 == 1 => other,
            _ => &self.reel,
        };
        let flooded;
        let payloads: &[Payload] = if self.fault == Fault::Flood {
            flooded = packet::cut(reel.film.codec, &filled(reel.film.at(number)));
            &flooded
        } else {
            &reel.payloads[reel.film.index(number)]
        };
        let mut packets = Vec::with_capacity(payloads.len());
        for payload in payloads {
            let header = Header {
                pt: PT,
                seq: self.seq,
                time,
                ssrc: self.ssrc,
            };
            self.seq = self.seq.wrapping_add(1);
            let lost = match self.fault {
                Fault::Loss(permille) => rng.u16(0..1000) < permille,
                _ => false,
            };
            if lost {
                continue;
            }
            let mut packet = Vec::with_capacity(payload.packet_len());
            payload.write(header, &mut packet);
            self.packets = self.packets.wrapping_add(1);
            self.octets = self
                .octets
                .wrapping_add(u32::try_from(packet.len()).unwrap_or(0));
            packets.push(packet);
        }
        let report = (number >= self.report_due).then(|| {
            self.report_due = number + REPORT_EVERY;
            self.report(number, time)
        });
        (packets, report)
    }

    fn report(&self, number: i64, time: u32) -> Vec<u8> {
        packet::report(Report {
            ssrc: self.ssrc,
            at: picture::due(number),
            ahead_s: match self.fault {
                Fault::Clock(seconds) => i64::from(seconds),
                _ => 0,
            },
            time,
            packets: self.packets,
            octets: self.octets,
        })
    }
}

/// The picture and filler behind it (H.264 §7.3.2.7).
fn filled(frame: &Frame) -> Frame {
    static FILL: [u8; FILLER] = {
        let mut fill = [0xff; FILLER];
        fill[0] = 12;
        fill[FILLER - 1] = 0x80;
        fill
    };
    let mut frame = frame.clone();
    frame.nals.push(Bytes::from_static(&FILL));
    frame
}

const REALM: &str = "sim";
const SESSION_ID: &str = "1;timeout=60";
const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER";

/// The camera, the layer and the stream that a path names.
fn named(path: &str, cameras: &BTreeMap<String, Camera>) -> Option<Asked> {
    let mut parts = path.trim_matches('/').split('/');
    let camera = cameras.get(parts.next()?)?;
    let layer = match parts.next() {
        None => 0,
        Some(word) => LAYERS.iter().position(|layer| *layer == word)?,
    };
    let track = match parts.next() {
        Some("track2") if camera.hears() => Track::Sound,
        _ => Track::Picture,
    };
    Some(Asked {
        camera: camera.clone(),
        layer,
        track,
        called: "simulation".to_owned(),
    })
}

const TEXT: (rtsp_types::HeaderName, &str) = (CONTENT_TYPE, "text/parameters");

fn written(
    request: &Request<Vec<u8>>,
    status: StatusCode,
    headers: &[(rtsp_types::HeaderName, &str)],
    body: &[u8],
) -> io::Result<Vec<u8>> {
    let mut response = Response::builder(Version::V1_0, status);
    if let Some(number) = request.header(&CSEQ) {
        response = response.header(CSEQ, number.as_str());
    }
    for (name, value) in headers {
        response = response.header(name.clone(), *value);
    }
    let response = response.build(body.to_vec());
    let mut bytes = Vec::new();
    Message::from(response)
        .write(&mut bytes)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

fn md5_hex(text: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for octet in Md5::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{octet:02x}");
    }
    hex
}
