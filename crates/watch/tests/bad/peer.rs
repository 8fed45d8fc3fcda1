//! A player whose network passes no UDP: WebRTC by the library, the way through TCP
//! (RFC 4571, RFC 6544) by the test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base::id::{Id, Viewing};
use hall::Hall;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use watch::hub::Channel;
use watch::hub::sound::Sound;
use watch::live::{Engine, Guest};

/// What a player's system keeps of what nobody reads, in octets.
const KEPT: u32 = 16 * 1024;

/// A player that is connected.
pub(crate) struct Peer {
    hall: Hall,
    rtc: Rtc,
    stream: TcpStream,
    here: SocketAddr,
    there: SocketAddr,
    inbox: Vec<u8>,
    /// Octets of pictures that have come.
    pub(crate) played: usize,
    /// Octets of sound that have come.
    pub(crate) heard: Vec<u8>,
    /// What the house has answered.
    pub(crate) answer: String,
}

/// The payload type of A-law, which is never another (RFC 3551 §6).
const A_LAW: u8 = 8;

impl Peer {
    /// Joins by an offer of pictures.
    pub(crate) async fn join(hall: &Hall, engine: &Engine, channel: &Arc<Channel>) -> Self {
        Self::come(hall, engine, channel, None, false).await
    }

    /// Joins by an offer that asks for sound first and for pictures then.
    pub(crate) async fn hear(
        hall: &Hall,
        engine: &Engine,
        channel: &Arc<Channel>,
        sound: Option<Arc<Sound>>,
    ) -> Self {
        Self::come(hall, engine, channel, sound, true).await
    }

    /// Joins, and comes by TCP until the connection stands.
    async fn come(
        hall: &Hall,
        engine: &Engine,
        channel: &Arc<Channel>,
        sound: Option<Arc<Sound>>,
        hears: bool,
    ) -> Self {
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_h264(true)
            .enable_pcma(true, false)
            .set_rtp_mode(true)
            .build(hall.clock().instant());
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(KEPT).expect("a small buffer");
        let stream = socket.connect(engine.local()).await.expect("a connection");
        let (here, there) = (
            stream.local_addr().expect("an address"),
            stream.peer_addr().expect("an address"),
        );
        let candidate = Candidate::builder()
            .tcp()
            .host(here)
            .tcptype(TcpType::Active)
            .build()
            .expect("a candidate");
        rtc.add_local_candidate(candidate);
        let mut offer = rtc.sdp_api();
        if hears {
            offer.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        }
        offer.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        let (offer, pending): (_, SdpPendingOffer) = offer.apply().expect("an offer");
        let viewing: Id<Viewing> = hall.mint();
        let guest = Guest {
            viewing,
            login: [7; 16],
            channel: Arc::clone(channel),
            sound,
            offer: offer.to_sdp_string(),
            door: None,
        };
        let joined = engine.join(guest).await.expect("an answer");
        // Only by TCP: a path over UDP would be taken first.
        let answer: String = joined
            .answer
            .split_inclusive("\r\n")
            .filter(|line| !(line.starts_with("a=candidate") && line.contains(" udp ")))
            .collect();
        let taken = SdpAnswer::from_sdp_string(&answer).expect("an answer");
        rtc.sdp_api().accept_answer(pending, taken).expect("taken");
        let mut peer = Self {
            hall: hall.clone(),
            rtc,
            stream,
            here,
            there,
            inbox: Vec::new(),
            played: 0,
            heard: Vec::new(),
            answer,
        };
        while !peer.turn().await {}
        peer
    }

    /// Plays until so many octets of pictures have come.
    pub(crate) async fn play(&mut self, octets: usize) {
        while self.played < octets {
            self.turn().await;
        }
    }

    /// Plays until so many octets of sound have come.
    pub(crate) async fn listen(&mut self, octets: usize) {
        while self.heard.len() < octets {
            self.turn().await;
        }
    }

    /// Plays until it is so.
    pub(crate) async fn until(&mut self, so: impl Fn() -> bool) {
        while !so() {
            self.turn().await;
        }
    }

    /// Sends what is to be sent and reads once; whether the connection came to stand.
    async fn turn(&mut self) -> bool {
        let (mut connected, due) = self.drain().await;
        let now = self.hall.clock().instant();
        let patience = due.saturating_duration_since(now);
        let mut buffer = vec![0; 16 * 1024];
        let Ok(read) = tokio::time::timeout(patience, self.stream.read(&mut buffer)).await else {
            let at = self.hall.clock().instant();
            self.rtc
                .handle_input(Input::Timeout(at))
                .expect("time passes");
            return connected;
        };
        let read = read.expect("a connection");
        assert!(read > 0, "the house has let go of a player that reads");
        self.inbox.extend_from_slice(&buffer[..read]);
        let inbox = std::mem::take(&mut self.inbox);
        let mut rest = &inbox[..];
        while let Some((length, tail)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((datagram, tail)) = tail.split_at_checked(length) else {
                break;
            };
            let at = self.hall.clock().instant();
            let receive = Receive::new(Protocol::Tcp, self.there, self.here, datagram);
            let receive = receive.expect("a datagram of WebRTC");
            self.rtc
                .handle_input(Input::Receive(at, receive))
                .expect("it is understood");
            connected |= self.drain().await.0;
            rest = tail;
        }
        self.inbox = rest.to_vec();
        connected
    }

    /// Does what the library asks for: whether the connection came to stand, and
    /// when it wants to be asked again.
    async fn drain(&mut self) -> (bool, Instant) {
        let mut connected = false;
        loop {
            match self.rtc.poll_output().expect("a peer that is well") {
                Output::Timeout(due) => return (connected, due),
                Output::Transmit(transmit) => {
                    let length = u16::try_from(transmit.contents.len()).expect("a datagram");
                    let framed = [&length.to_be_bytes()[..], &transmit.contents].concat();
                    self.stream.write_all(&framed).await.expect("a connection");
                }
                Output::Event(Event::Connected) => connected = true,
                Output::Event(Event::RtpPacket(packet)) if *packet.header.payload_type == A_LAW => {
                    self.heard.extend_from_slice(&packet.payload);
                }
                Output::Event(Event::RtpPacket(packet)) => self.played += packet.payload.len(),
                Output::Event(_) => {}
            }
        }
    }
}
