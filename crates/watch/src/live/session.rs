//! One viewer: a WebRTC peer and its place in a stream.
//!
//! Shape: the library is a machine that is fed packets and time and must be
//! drained after each; [`Viewer::drain`] is the only place where that is done.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::id::{Id, Viewing};
use base::now::{Mono, Now};
use base::unit::Bytes;
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::Codec as RtcCodec;
use str0m::media::{MediaTime as RtcTime, Mid, Pt};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{Extension, ExtensionMap, ExtensionValues, RtpWrite, SeqNo};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcError};
use watch_core::fanout::{Next, Reader};
use watch_core::frame::{Codec, Frame};
use watch_core::supervise::Word;

use super::socket::Socket;
use crate::hub::{Channel, Want};

/// Packets kept for a viewer to ask for again: 1 s of 5 Mbit/s.
const RESEND_PACKETS: usize = 512;

/// How long they are kept. On a link of 600 ms a second request still finds
/// them.
const RESEND_AGE: Duration = Duration::from_secs(2);

/// How long a viewer may take to connect.
const CONNECT_MAX: Duration = Duration::from_secs(15);

/// The longest offer that is read, in octets. Browsers send 2 to 6 kB.
pub(crate) const OFFER_MAX: usize = 64 * 1024;

/// Why an offer cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// It is not a session description (RFC 8866).
    #[error("the offer is not a session description: {0}")]
    Sdp(String),
    /// It asks for no video, or would only send.
    #[error("the offer asks for no video")]
    NoVideo,
    /// It takes neither H.264 in packets (packetization-mode 1, RFC 6184 §6.3) nor
    /// H.265.
    #[error("the offer takes neither H.264 with packetization-mode=1 nor H.265")]
    NoCodec,
    /// The stream is coded in a way that it does not take.
    #[error("the stream is {0}, which the offer does not take")]
    OtherCodec(&'static str),
}

/// What every answer says of the house.
pub(crate) struct Terms {
    /// Where packets can be sent, by UDP and TCP.
    addresses: Vec<SocketAddr>,
    /// One for all viewers of this life of the house: making one takes longer than
    /// everything else in an answer.
    certificate: DtlsCert,
}

impl Terms {
    /// With a new certificate; none if the system has no randomness.
    pub(crate) fn new(addresses: Vec<SocketAddr>) -> Option<Self> {
        let crypto = str0m::crypto::from_feature_flags();
        Some(Self {
            addresses,
            certificate: crypto.dtls_provider.generate_certificate()?,
        })
    }

    /// The candidate that packets to this address of ours were meant for. Behind a
    /// translator they come to another address than viewers were told.
    pub(super) fn candidate(&self, to: SocketAddr) -> SocketAddr {
        let same_family = |address: &&SocketAddr| address.is_ipv4() == to.is_ipv4();
        if self.addresses.contains(&to) {
            return to;
        }
        self.addresses
            .iter()
            .find(same_family)
            .or(self.addresses.first())
            .map_or(to, |address| *address)
    }

    /// UDP first: over TCP one lost packet holds up all that follow.
    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let udp = self
            .addresses
            .iter()
            .map(|address| Candidate::host(*address, Protocol::Udp));
        let tcp = self.addresses.iter().map(|address| {
            Candidate::builder()
                .tcp()
                .host(*address)
                .tcptype(TcpType::Passive)
                .build()
        });
        udp.chain(tcp).filter_map(|candidate| match candidate {
            Ok(candidate) => Some(candidate),
            Err(error) => {
                tracing::warn!(%error, "not an address to be offered");
                None
            }
        })
    }
}

/// One viewer.
pub(super) struct Viewer {
    pub(super) id: Id<Viewing>,
    /// The login it hangs on: a session or a token.
    pub(super) login: [u8; 16],
    pub(super) channel: Arc<Channel>,
    rtc: Rtc,
    mid: Mid,
    pts: Pts,
    /// The sequence number of the next packet.
    next: u64,
    reader: Reader,
    connected: bool,
    began: Now,
    /// When the machine wants to be woken.
    due: Instant,
    /// When the reader has more, while a burst is paced.
    paced: Option<Mono>,
    pub(super) sent: Bytes,
    pub(super) remote: Option<SocketAddr>,
    _want: Want,
}

/// Whether a viewer is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Still {
    Here,
    Gone,
}

impl Viewer {
    /// Answers an offer.
    ///
    /// # Errors
    /// If the offer cannot be read or does not ask for what there is.
    pub(super) fn answer(
        id: Id<Viewing>,
        login: [u8; 16],
        channel: Arc<Channel>,
        offer: &str,
        terms: &Terms,
        now: Now,
        instant: Instant,
    ) -> Result<(Self, String), OfferError> {
        let Peer {
            rtc,
            mid,
            pts,
            answer,
        } = Peer::answering(offer, terms, instant)?;
        // A camera that is not open now may turn out to be either.
        let report = channel.report();
        let open = matches!(report.truth.word, Word::Live | Word::Stale);
        let coded = report.video.filter(|_| open);
        if let Some(codec) = coded.and_then(|video| Codec::parse(&video.codec))
            && pts.of(codec).is_none()
        {
            return Err(OfferError::OtherCodec(codec.as_str()));
        }
        let viewer = Self {
            id,
            login,
            rtc,
            mid,
            pts,
            next: 1,
            reader: Reader::default(),
            connected: false,
            began: now,
            due: instant,
            paced: None,
            sent: Bytes::ZERO,
            remote: None,
            _want: channel.want(),
            channel,
        };
        Ok((viewer, answer))
    }

    /// The name under which the peer's first packets ask for this viewer.
    pub(super) fn ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Whether these bytes are meant for this viewer.
    pub(super) fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.accepts(input)
    }

    /// Takes bytes from the peer.
    pub(super) fn receive(
        &mut self,
        receive: Receive<'_>,
        at: Instant,
        now: Now,
        socket: &mut Socket,
    ) -> Still {
        self.remote = Some(receive.source);
        alone(|| self.input(Input::Receive(at, receive), now, socket))
    }

    /// When it wants to be looked at again.
    pub(super) fn due(&self, now: Now, at: Instant) -> Instant {
        let burst = self.paced.map(|later| at + later.since(now.mono));
        burst.map_or(self.due, |burst| burst.min(self.due))
    }

    /// Does what is due by now, if anything is.
    pub(super) fn wake_due(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        if self.due <= at && self.wake(at, now, socket) == Still::Gone {
            return Still::Gone;
        }
        if self.paced.is_some_and(|later| later <= now.mono) {
            return self.pump(at, now, socket);
        }
        Still::Here
    }

    /// Lets time pass.
    fn wake(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        alone(|| self.input(Input::Timeout(at), now, socket))
    }

    /// Sends what the stream has for this viewer.
    pub(super) fn pump(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        alone(|| self.pumped(at, now, socket))
    }

    fn pumped(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        if !self.connected {
            return Still::Here;
        }
        self.paced = None;
        loop {
            let next = self.reader.next(&self.channel.ring(), now.mono);
            match next {
                Next::Send(frame, time) => {
                    // The camera speaks otherwise; the peer comes again and hears why.
                    let Some(pt) = self.pts.of(frame.codec) else {
                        self.close(at, now, socket);
                        return Still::Gone;
                    };
                    self.write(&frame, pt, time.rtp(), at);
                }
                Next::Paced(later) => {
                    self.paced = Some(later);
                    break;
                }
                Next::Wait => break,
            }
            if self.wake(at, now, socket) == Still::Gone {
                return Still::Gone;
            }
        }
        Still::Here
    }

    /// Says goodbye to the peer.
    pub(super) fn close(&mut self, at: Instant, now: Now, socket: &mut Socket) {
        let _ = alone(|| match self.rtc.close() {
            Ok(()) => self.drain(at, now, socket),
            Err(_) => Still::Gone,
        });
    }

    /// Frames skipped since this viewer was too slow.
    pub(super) const fn lost(&self) -> u64 {
        self.reader.lost()
    }

    fn input(&mut self, input: Input<'_>, now: Now, socket: &mut Socket) -> Still {
        let at = match &input {
            Input::Timeout(at) | Input::Receive(at, _) => *at,
        };
        // A peer that sends nonsense is let go; nobody else notices.
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(viewing.id = %self.id, %error, "a viewer was let go");
            return Still::Gone;
        }
        self.drain(at, now, socket)
    }

    fn drain(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        let mut freshly_connected = false;
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    break;
                }
                Ok(Output::Transmit(transmit)) => {
                    self.sent += Bytes::of(&transmit.contents);
                    socket.send(
                        transmit.proto,
                        transmit.source,
                        transmit.destination,
                        &transmit.contents,
                    );
                }
                Ok(Output::Event(Event::Connected)) => {
                    self.connected = true;
                    freshly_connected = true;
                }
                Ok(Output::Event(Event::KeyframeRequest(_))) => self.reader.again(now.mono),
                Ok(Output::Event(Event::IceConnectionStateChange(
                    IceConnectionState::Disconnected,
                ))) => return Still::Gone,
                Ok(Output::Event(_)) => {}
                Err(error) => {
                    tracing::debug!(viewing.id = %self.id, %error, "a viewer was let go");
                    return Still::Gone;
                }
            }
        }
        let late = !self.connected && now.mono.since(self.began.mono) > CONNECT_MAX;
        if late || !self.rtc.is_alive() {
            return Still::Gone;
        }
        if freshly_connected {
            return self.pump(at, now, socket);
        }
        Still::Here
    }

    fn write(&mut self, frame: &Frame, pt: Pt, rtp_time: u32, at: Instant) {
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.mid, None) else {
            return;
        };
        for packet in &frame.packets {
            let seq_no = SeqNo::from(self.next);
            self.next += 1;
            let mut write = RtpWrite::new(pt, seq_no, rtp_time, at, Arc::clone(&packet.payload))
                .marker(packet.marker)
                .nackable(true);
            if frame.key {
                write = write.ext_vals(at_once());
            }
            stream.write_rtp(write);
        }
    }
}

/// The library asserts here and there what a peer need not hold to, and all viewers
/// are served by one task. So what panics in one viewer's machine is that viewer's end
/// and nobody else's; nothing of it is used afterwards.
fn alone(work: impl FnOnce() -> Still) -> Still {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Still::Gone)
}

/// A peer that has been answered and has not come yet.
struct Peer {
    rtc: Rtc,
    mid: Mid,
    pts: Pts,
    answer: String,
}

impl Peer {
    fn answering(offer: &str, terms: &Terms, instant: Instant) -> Result<Self, OfferError> {
        let answered = catch_unwind(AssertUnwindSafe(|| Self::answered(offer, terms, instant)));
        answered.unwrap_or_else(|_| {
            let why = "it contradicts itself".to_owned();
            Err(OfferError::Sdp(why))
        })
    }

    fn answered(offer: &str, terms: &Terms, instant: Instant) -> Result<Self, OfferError> {
        let unreadable = |error: RtcError| OfferError::Sdp(error.to_string());
        let offer =
            SdpOffer::from_sdp_string(offer).map_err(|error| OfferError::Sdp(error.to_string()))?;
        let mut rtc = Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_extension_map(extensions())
            .set_dtls_cert(terms.certificate.clone())
            .clear_codecs()
            .enable_h264(true)
            .enable_h265(true)
            .set_stats_interval(None)
            .build(instant);
        for candidate in terms.candidates() {
            rtc.add_local_candidate(candidate);
        }
        let answer = rtc.sdp_api().accept_offer(offer).map_err(unreadable)?;
        let answer = answer.to_sdp_string();
        let mid = video_sent(&answer).ok_or(OfferError::NoVideo)?;
        let pts = Pts::agreed(&rtc, mid);
        if pts.is_empty() {
            return Err(OfferError::NoCodec);
        }
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else {
            return Err(OfferError::NoVideo);
        };
        stream.set_rtx_cache(RESEND_PACKETS, RESEND_AGE, None);
        Ok(Self {
            rtc,
            mid,
            pts,
            answer,
        })
    }
}

/// The answer to an offer behind which there is no stream.
///
/// # Errors
/// If the offer cannot be read or does not ask for what there is.
pub(crate) fn answer_alone(
    offer: &str,
    terms: &Terms,
    instant: Instant,
) -> Result<String, OfferError> {
    Peer::answering(offer, terms, instant).map(|peer| peer.answer)
}

/// What is agreed beside the codec: which stream a packet is of (RFC 8843 §9),
/// and that it is to be shown at once.
fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    map.set(1, Extension::RtpMid);
    map.set(2, Extension::PlayoutDelay);
    map
}

/// A player that is told to keep no delay shows each picture when it is decoded
/// (the `playout-delay` header extension of WebRTC).
fn at_once() -> ExtensionValues {
    ExtensionValues {
        play_delay_min: Some(RtcTime::from_hundredths(0)),
        play_delay_max: Some(RtcTime::from_hundredths(0)),
        ..ExtensionValues::default()
    }
}

/// The first video that our answer sends. The library tells of media only once a
/// peer is connected, which is too late to refuse it.
fn video_sent(answer: &str) -> Option<Mid> {
    answer
        .split("\r\nm=")
        .skip(1)
        .filter(|media| media.starts_with("video ") && !media.starts_with("video 0 "))
        .filter(|media| media.contains("\r\na=sendonly") || media.contains("\r\na=sendrecv"))
        .find_map(|media| media.split("\r\na=mid:").nth(1)?.split("\r\n").next())
        .map(Mid::from)
}

/// The payload types for our packets, by codec.
#[derive(Debug, Clone, Copy)]
struct Pts {
    h264: Option<Pt>,
    h265: Option<Pt>,
}

impl Pts {
    /// Those that were agreed. Every browser decodes every profile of H.264 under
    /// any of its payload types, so the first with packets in mode 1 will do.
    fn agreed(rtc: &Rtc, mid: Mid) -> Self {
        let pts = rtc.media(mid).map_or(&[][..], |media| media.remote_pts());
        let of = |codec| {
            rtc.codec_config()
                .params()
                .iter()
                .filter(|params| pts.contains(&params.pt()))
                .map(|params| (params.pt(), params.spec()))
                .filter(|(_, spec)| spec.codec == codec)
                .find(|(_, spec)| {
                    codec != RtcCodec::H264 || spec.format.packetization_mode == Some(1)
                })
                .map(|(pt, _)| pt)
        };
        Self {
            h264: of(RtcCodec::H264),
            h265: of(RtcCodec::H265),
        }
    }

    const fn of(self, codec: Codec) -> Option<Pt> {
        match codec {
            Codec::H264 => self.h264,
            Codec::H265 => self.h265,
        }
    }

    const fn is_empty(self) -> bool {
        self.h264.is_none() && self.h265.is_none()
    }
}
