//! One viewer: a WebRTC peer and its place in a stream.
//!
//! Shape: the library is a machine that is fed packets and time and must be
//! drained after each; [`Viewer::drain`] is the only place where that is done.
//!
//! Who may hear a camera is sent its sound beside its pictures, each under a clock of
//! its own; sender reports say which moments belong together (RFC 3550 §6.4).

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
use watch_core::sound::{self, Law, Packet};
use watch_core::supervise::Word;

use super::answer;
use super::engine::{Chair, Guest};
use super::socket::Socket;
use crate::hub::sound::Sound;
use crate::hub::{Channel, Want};

/// Packets kept for a viewer to ask for again: 1 s of 5 Mbit/s.
const RESEND_PACKETS: usize = 512;

/// How long they are kept. On a link of 600 ms a second request still finds
/// them.
const RESEND_AGE: Duration = Duration::from_secs(2);

/// The longest first packet of a picture that is sent twice, in octets: parameter sets are
/// far below it.
const HEAD_MAX: usize = 256;

/// How long a viewer may take to connect.
const CONNECT_MAX: Duration = Duration::from_secs(15);

/// How far pictures and sound of one moment may part on their way from the camera;
/// more is not believed. Half a second is much already.
const SKEW_MAX: Duration = Duration::from_secs(1);

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
    /// translator they come to another address than viewers were told, and at the
    /// door of the pages to another port.
    pub(super) fn candidate(&self, to: SocketAddr) -> SocketAddr {
        let same_family = |address: &&SocketAddr| address.is_ipv4() == to.is_ipv4();
        if self.addresses.contains(&to) {
            return to;
        }
        let same_ip = |address: &&SocketAddr| address.ip() == to.ip();
        self.addresses
            .iter()
            .find(same_ip)
            .or_else(|| self.addresses.iter().find(same_family))
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
    /// Whether the next picture is the first that it gets, or gets anew.
    begins: bool,
    connected: bool,
    began: Now,
    /// When its peer was first heard.
    heard_from: Option<Mono>,
    /// When the machine wants to be woken.
    due: Instant,
    /// When the reader has more, while a burst is paced.
    paced: Option<Mono>,
    /// What it hears, while it may.
    hearing: Option<Hearing>,
    /// Whether any sound was sent.
    pub(super) heard: bool,
    pub(super) sent: Bytes,
    pub(super) remote: Option<SocketAddr>,
    /// Its seat, from when it has been let in.
    pub(super) chair: Option<Chair>,
    _want: Want,
}

/// One listener's place in a camera's sound.
struct Hearing {
    sound: Arc<Sound>,
    voice: Voice,
    /// The sequence number of the next packet.
    next: u64,
    reader: sound::Reader,
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
        guest: Guest,
        terms: &Terms,
        now: Now,
        instant: Instant,
    ) -> Result<(Self, String), OfferError> {
        let Guest {
            viewing: id,
            login,
            channel,
            sound,
            offer,
            door,
        } = guest;
        let Peer {
            rtc,
            mid,
            pts,
            voice,
            answer,
        } = Peer::answering(&offer, sound.is_some(), terms, instant)?;
        let answer = match door {
            Some(door) => answer::also_at(&answer, door),
            None => answer,
        };
        let hearing = sound.zip(voice).map(|(sound, voice)| Hearing {
            voice,
            next: 1,
            reader: sound::Reader::default(),
            _want: sound.want(),
            sound,
        });
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
            begins: true,
            connected: false,
            began: now,
            heard_from: None,
            due: instant,
            paced: None,
            hearing,
            heard: false,
            sent: Bytes::ZERO,
            remote: None,
            chair: None,
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

    /// The sound that it hears.
    pub(super) fn hears(&self) -> Option<&Arc<Sound>> {
        self.hearing.as_ref().map(|hearing| &hearing.sound)
    }

    /// It may not hear any more, and sees on.
    pub(super) fn hush(&mut self) {
        self.hearing = None;
    }

    /// Sends what there is to hear.
    pub(super) fn hear(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        alone(|| self.listened(at, now, socket))
    }

    fn listened(&mut self, at: Instant, now: Now, socket: &mut Socket) -> Still {
        if !self.connected {
            return Still::Here;
        }
        loop {
            let hearing = self.hearing.as_mut();
            let packet = hearing.and_then(|hearing| hearing.sound.next(&mut hearing.reader));
            let Some(packet) = packet else {
                return Still::Here;
            };
            self.sound(&packet, at);
            if self.wake(at, now, socket) == Still::Gone {
                return Still::Gone;
            }
        }
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
            Input::Timeout(at) => *at,
            Input::Receive(at, _) => {
                self.heard_from.get_or_insert(now.mono);
                *at
            }
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
                    self.reader.at_a_distance(self.round_trip(now));
                    freshly_connected = true;
                }
                Ok(Output::Event(Event::KeyframeRequest(_))) => {
                    self.reader.again(now.mono);
                    self.begins = true;
                }
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

    /// How long there and back takes, guessed from how long it took to agree on keys:
    /// three round trips from the first question for the way, of which the peer's own time
    /// is a part.
    fn round_trip(&self, now: Now) -> Duration {
        let took = self.heard_from.map(|from| now.mono.since(from));
        took.unwrap_or_default() / 3
    }

    fn sound(&mut self, packet: &Packet, at: Instant) {
        let Some(hearing) = &mut self.hearing else {
            return;
        };
        // A format that the peer did not take is silence to it.
        let Some(pt) = hearing.voice.of(packet.law) else {
            return;
        };
        let skew = skewed(at, self.channel.lag_us(), hearing.sound.lag_us());
        let seq_no = SeqNo::from(hearing.next);
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(hearing.voice.mid, None) else {
            return;
        };
        hearing.next += 1;
        self.heard = true;
        let payload = Arc::clone(&packet.payload);
        stream.write_rtp(RtpWrite::new(pt, seq_no, packet.time.rtp(), skew, payload));
    }

    fn write(&mut self, frame: &Frame, pt: Pt, rtp_time: u32, at: Instant) {
        // Who hears waits with a picture for its sound; who only sees waits for nothing.
        let hears = self.hearing.is_some();
        let at = if hears { back(at) } else { at };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.mid, None) else {
            return;
        };
        // What is lost before anything came is missed by nobody: no gap tells of it. So the
        // parameter sets that a first picture begins with go out twice.
        let head = frame.packets.first();
        let head =
            head.filter(|head| self.begins && !head.marker && head.payload.len() <= HEAD_MAX);
        self.begins = false;
        for packet in head.into_iter().chain(&frame.packets) {
            let seq_no = SeqNo::from(self.next);
            self.next += 1;
            let mut write = RtpWrite::new(pt, seq_no, rtp_time, at, Arc::clone(&packet.payload))
                .marker(packet.marker)
                .nackable(true);
            if frame.key && !hears {
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
    /// Where sound goes, if the peer takes any.
    voice: Option<Voice>,
    answer: String,
}

impl Peer {
    fn answering(
        offer: &str,
        audible: bool,
        terms: &Terms,
        instant: Instant,
    ) -> Result<Self, OfferError> {
        let answered = || Self::answered(offer, audible, terms, instant);
        let answered = catch_unwind(AssertUnwindSafe(answered));
        answered.unwrap_or_else(|_| {
            let why = "it contradicts itself".to_owned();
            Err(OfferError::Sdp(why))
        })
    }

    fn answered(
        offer: &str,
        audible: bool,
        terms: &Terms,
        instant: Instant,
    ) -> Result<Self, OfferError> {
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
            .enable_pcma(true, false)
            .enable_pcmu(true, false)
            // Nothing is sent as this; who takes nothing else keeps a silent medium.
            .enable_opus(true, false)
            .set_stats_interval(None)
            .build(instant);
        for candidate in terms.candidates() {
            rtc.add_local_candidate(candidate);
        }
        let answer = rtc.sdp_api().accept_offer(offer).map_err(unreadable)?;
        let answer = answer::finished(&answer.to_sdp_string(), audible);
        let sent = |kind| answer::sent(&answer, kind).map(|mid| Mid::from(mid.as_str()));
        let mid = sent("video").ok_or(OfferError::NoVideo)?;
        let voice = sent("audio").map(|mid| Voice::agreed(&rtc, mid));
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
            voice,
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
    Peer::answering(offer, true, terms, instant).map(|peer| peer.answer)
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

/// As long ago as sound may come before its picture: the library takes no moment that
/// is yet to come, so those of whoever hears all lie so far back.
fn back(at: Instant) -> Instant {
    at.checked_sub(SKEW_MAX).unwrap_or(at)
}

/// The moment of the picture that belongs to a sound which arrives now: both lags hold
/// the same difference of clocks, and what is left is how much longer pictures take.
fn skewed(at: Instant, picture_us: Option<i64>, sound_us: Option<i64>) -> Instant {
    let skew_us = picture_us
        .zip(sound_us)
        .and_then(|(picture, sound)| picture.checked_sub(sound))
        .unwrap_or(0);
    let skew = Duration::from_micros(skew_us.unsigned_abs());
    let at = back(at);
    if skew > SKEW_MAX {
        return at;
    }
    if skew_us >= 0 {
        at + skew
    } else {
        at.checked_sub(skew).unwrap_or(at)
    }
}

/// Where sound goes.
#[derive(Debug, Clone, Copy)]
struct Voice {
    mid: Mid,
    pcma: Option<Pt>,
    pcmu: Option<Pt>,
}

impl Voice {
    fn agreed(rtc: &Rtc, mid: Mid) -> Self {
        let pts = rtc.media(mid).map_or(&[][..], |media| media.remote_pts());
        let of = |codec| {
            let params = rtc.codec_config().params().iter();
            params
                .filter(|params| pts.contains(&params.pt()))
                .find(|params| params.spec().codec == codec)
                .map(|params| params.pt())
        };
        Self {
            mid,
            pcma: of(RtcCodec::PCMA),
            pcmu: of(RtcCodec::PCMU),
        }
    }

    const fn of(self, law: Law) -> Option<Pt> {
        match law {
            Law::A => self.pcma,
            Law::Mu => self.pcmu,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_as_far_from_its_picture_as_the_camera_says() {
        let at = hall::clock::Clock::real().instant() + Duration::from_secs(10);
        let ms = Duration::from_millis;
        let (picture, clock) = (90_000, 3_600_000_000);
        for (picture_us, sound_us, expected) in [
            (None, None, ms(1000)),
            (Some(picture + clock), None, ms(1000)),
            (Some(picture + clock), Some(40_000 + clock), ms(950)),
            (Some(picture + clock), Some(picture + clock), ms(1000)),
            (Some(picture), Some(340_000), ms(1250)),
            (Some(5_000_000), Some(0), ms(1000)),
            (Some(0), Some(5_000_000), ms(1000)),
            (Some(i64::MIN), Some(i64::MAX), ms(1000)),
            (Some(1_000_000), Some(0), ms(0)),
        ] {
            let moment = skewed(at, picture_us, sound_us);
            assert_eq!(at - moment, expected, "{picture_us:?} {sound_us:?}");
            assert!(moment <= at, "the library takes no moment to come");
        }
    }
}
