//! The smallest forwarder there can be: one camera's packets as they come, to
//! every viewer, by the same WebRTC library that the house uses. No login, no
//! cached pictures, no cutting to a safe size, no rights, no audit.
//!
//! What the house needs more than this is what its own work costs.
//!
//! Bound: [`JOINING`] offers wait, then the caller does.

use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use clap::Args;
use futures::StreamExt as _;
use hall::clock::Clock;
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use retina::client::{PacketItem, PlayOptions, Playing, Session, SessionOptions, SetupOptions};
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::Codec;
use str0m::media::{MediaTime, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap, ExtensionValues, RtpWrite, SeqNo};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use url::Url;

/// Offers that may wait.
const JOINING: usize = 16;

/// The longest time without a look at the timers.
const NAP_MAX: Duration = Duration::from_millis(250);

/// What the kernel may keep in either direction, in octets.
const BUFFER: usize = 8 * 1024 * 1024;

/// Which camera.
#[derive(Debug, Args)]
pub struct Floor {
    /// `rtsp://host:port/path`
    #[arg(long)]
    rtsp: Url,
    /// Where offers are taken, at `/whep`.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// One system call for the packets of a picture, not one for each.
    #[arg(long)]
    gso: bool,
}

struct Offered {
    offer: String,
    answer: oneshot::Sender<anyhow::Result<String>>,
}

impl Floor {
    /// Forwards until it is ended from outside. Prints where it listens.
    ///
    /// # Errors
    /// If the camera cannot be played or a port cannot be taken.
    pub async fn run(self) -> anyhow::Result<()> {
        let camera = camera(self.rtsp).await?;
        let udp = std::net::UdpSocket::bind(SocketAddr::new(self.listen.ip(), 0))?;
        let state = UdpSocketState::new(UdpSockRef::from(&udp))?;
        state.set_send_buffer_size(UdpSockRef::from(&udp), BUFFER)?;
        state.set_recv_buffer_size(UdpSockRef::from(&udp), BUFFER)?;
        let crypto = str0m::crypto::from_feature_flags();
        let (offers, joining) = mpsc::channel(JOINING);
        let forwarder = Forwarder {
            clock: Clock::real(),
            local: udp.local_addr()?,
            udp: UdpSocket::from_std(udp)?,
            state,
            gso: self.gso,
            certificate: crypto
                .dtls_provider
                .generate_certificate()
                .context("no certificate could be made")?,
            viewers: Vec::new(),
        };
        let listener = tokio::net::TcpListener::bind(self.listen).await?;
        super::say(&format!("floor http://{}/whep", listener.local_addr()?))?;
        let door = Router::new().route("/whep", post(door)).with_state(offers);
        tokio::select! {
            forwarded = forwarder.run(camera, joining) => forwarded,
            served = axum::serve(listener, door).into_future() => Ok(served?),
        }
    }
}

async fn camera(url: Url) -> anyhow::Result<Session<Playing>> {
    let mut session = Session::describe(url, SessionOptions::default()).await?;
    let video = session
        .streams()
        .iter()
        .position(|stream| stream.media() == "video")
        .context("the camera has no video")?;
    session.setup(video, SetupOptions::default()).await?;
    Ok(session.play(PlayOptions::default()).await?)
}

/// Answers an offer; what was wrong with it is no session description.
async fn door(State(offers): State<mpsc::Sender<Offered>>, offer: String) -> String {
    let (answer, answered) = oneshot::channel();
    if offers.send(Offered { offer, answer }).await.is_err() {
        return "the floor has given way".to_owned();
    }
    match answered.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "the floor has given way".to_owned(),
    }
}

struct Forwarder {
    clock: Clock,
    udp: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    gso: bool,
    certificate: DtlsCert,
    viewers: Vec<Viewer>,
}

struct Viewer {
    rtc: Rtc,
    mid: Mid,
    pt: Option<Pt>,
    next: u64,
    due: Instant,
    gone: bool,
}

/// One packet of the camera.
struct Packet {
    payload: Arc<[u8]>,
    stamp: u32,
    marker: bool,
}

impl Forwarder {
    async fn run(
        mut self,
        mut camera: Session<Playing>,
        mut joining: mpsc::Receiver<Offered>,
    ) -> anyhow::Result<()> {
        let mut buffer = vec![0; 2_048];
        let mut picture = Vec::new();
        loop {
            let now = self.clock.instant();
            let due = self.viewers.iter().map(|viewer| viewer.due).min();
            let nap = due.map_or(NAP_MAX, |due| due.saturating_duration_since(now));
            tokio::select! {
                item = camera.next() => {
                    let item = item.context("the camera has ended")??;
                    if let PacketItem::Rtp(packet) = item {
                        let (marker, stamp) = (packet.mark(), packet.timestamp().timestamp());
                        picture.push(Packet {
                            payload: packet.payload().into(),
                            // The low half is what the camera sent.
                            stamp: u32::try_from(stamp & i64::from(u32::MAX))?,
                            marker,
                        });
                        if marker {
                            self.forward(&picture);
                            picture.clear();
                        }
                    }
                }
                Some(offered) = joining.recv() => {
                    let _ = offered.answer.send(self.join(&offered.offer));
                }
                received = self.udp.recv_from(&mut buffer) => {
                    let (len, from) = received?;
                    self.receive(from, buffer.get(..len).unwrap_or_default());
                }
                () = tokio::time::sleep(nap.min(NAP_MAX)) => {}
            }
            self.wake();
        }
    }

    fn join(&mut self, offer: &str) -> anyhow::Result<String> {
        let now = self.clock.instant();
        let mut map = ExtensionMap::empty();
        map.set(1, Extension::RtpMid);
        // A player that keeps pictures back would be measured instead of the server.
        map.set(2, Extension::PlayoutDelay);
        let mut rtc = Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_extension_map(map)
            .set_dtls_cert(self.certificate.clone())
            .clear_codecs()
            .enable_h264(true)
            .set_stats_interval(None)
            .build(now);
        rtc.add_local_candidate(Candidate::host(self.local, Protocol::Udp)?);
        let offer = SdpOffer::from_sdp_string(offer)?;
        let answer = rtc.sdp_api().accept_offer(offer)?.to_sdp_string();
        let mid = answer
            .split("a=mid:")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next())
            .context("the answer has no media")?;
        self.viewers.push(Viewer {
            mid: Mid::from(mid),
            pt: None,
            rtc,
            next: 1,
            due: now,
            gone: false,
        });
        Ok(answer)
    }

    fn forward(&mut self, picture: &[Packet]) {
        let now = self.clock.instant();
        let mut batch = Batch::new(&self.udp, &self.state, self.gso);
        for viewer in &mut self.viewers {
            viewer.write(picture, now);
            viewer.input(Input::Timeout(now), &mut batch);
        }
    }

    fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        let now = self.clock.instant();
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, datagram) else {
            return;
        };
        let input = Input::Receive(now, receive);
        let mut batch = Batch::new(&self.udp, &self.state, self.gso);
        let viewer = self
            .viewers
            .iter_mut()
            .find(|viewer| viewer.rtc.accepts(&input));
        if let Some(viewer) = viewer {
            viewer.input(input, &mut batch);
        }
    }

    fn wake(&mut self) {
        let now = self.clock.instant();
        let mut batch = Batch::new(&self.udp, &self.state, self.gso);
        for viewer in self.viewers.iter_mut().filter(|viewer| viewer.due <= now) {
            viewer.input(Input::Timeout(now), &mut batch);
        }
        self.viewers.retain(|viewer| !viewer.gone);
    }
}

/// Shown as soon as it is decoded (the `playout-delay` header extension of WebRTC).
fn at_once() -> ExtensionValues {
    ExtensionValues {
        play_delay_min: Some(MediaTime::from_hundredths(0)),
        play_delay_max: Some(MediaTime::from_hundredths(0)),
        ..ExtensionValues::default()
    }
}

impl Viewer {
    fn write(&mut self, picture: &[Packet], now: Instant) {
        let Some(pt) = self.pt else {
            return;
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.mid, None) else {
            return;
        };
        for (i, packet) in picture.iter().enumerate() {
            let number = SeqNo::from(self.next);
            self.next += 1;
            let mut write =
                RtpWrite::new(pt, number, packet.stamp, now, Arc::clone(&packet.payload))
                    .marker(packet.marker)
                    .nackable(true);
            if i == 0 {
                write = write.ext_vals(at_once());
            }
            stream.write_rtp(write);
        }
    }

    fn input(&mut self, input: Input<'_>, batch: &mut Batch<'_>) {
        if self.rtc.handle_input(input).is_err() {
            self.gone = true;
            return;
        }
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    break;
                }
                Ok(Output::Transmit(transmit)) => {
                    batch.send(transmit.destination, &transmit.contents);
                }
                Ok(Output::Event(Event::Connected)) => self.pt = self.h264(),
                Ok(Output::Event(_)) => {}
                Err(_) => {
                    self.gone = true;
                    return;
                }
            }
        }
        self.gone |= !self.rtc.is_alive();
        batch.flush();
    }

    fn h264(&self) -> Option<Pt> {
        let pts = self.rtc.media(self.mid)?.remote_pts();
        self.rtc
            .codec_config()
            .params()
            .iter()
            .filter(|params| pts.contains(&params.pt()))
            .map(|params| (params.pt(), params.spec()))
            .find(|(_, spec)| {
                spec.codec == Codec::H264 && spec.format.packetization_mode == Some(1)
            })
            .map(|(pt, _)| pt)
    }
}

/// Datagrams for one viewer, cut by the kernel when that is asked for.
struct Batch<'s> {
    udp: &'s UdpSocket,
    state: &'s UdpSocketState,
    gso: bool,
    to: Option<SocketAddr>,
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
}

impl<'s> Batch<'s> {
    const fn new(udp: &'s UdpSocket, state: &'s UdpSocketState, gso: bool) -> Self {
        Self {
            udp,
            state,
            gso,
            to: None,
            bytes: Vec::new(),
            segment: 0,
            count: 0,
        }
    }

    fn send(&mut self, to: SocketAddr, datagram: &[u8]) {
        let same = self.to == Some(to)
            && self.gso
            && self.bytes.len() == self.segment * self.count
            && datagram.len() <= self.segment
            && self.count < self.state.max_gso_segments().min(40);
        if !same {
            self.flush();
            self.to = Some(to);
            self.segment = datagram.len();
        }
        self.bytes.extend_from_slice(datagram);
        self.count += 1;
    }

    fn flush(&mut self) {
        let Some(destination) = self.to.take() else {
            return;
        };
        let transmit = Transmit {
            destination,
            ecn: None,
            contents: &self.bytes,
            segment_size: (self.count > 1).then_some(self.segment),
            src_ip: None,
        };
        let sent = self.udp.try_io(tokio::io::Interest::WRITABLE, || {
            self.state.try_send(UdpSockRef::from(self.udp), &transmit)
        });
        if let Err(error) = sent
            && error.kind() != io::ErrorKind::WouldBlock
        {
            tracing::debug!(%error, "not sent");
        }
        self.bytes.clear();
        self.count = 0;
    }
}
