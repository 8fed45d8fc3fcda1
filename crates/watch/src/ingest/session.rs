//! One session with one camera: RTSP (RFC 2326, through `retina`), or a list of pieces
//! ([`pull`](super::pull)).
//!
//! Goes in: an address, a name and a password. Comes out: access units with
//! their stamps, sender reports, and in the end the reason why it ended, in the
//! words of [`Reason`].
//!
//! Only the first video stream is set up. What the camera says of its sound is
//! remembered and never asked for here: where a camera may be heard,
//! [`hearing`](super::hearing) asks for it in a session of its own, so that nothing
//! that is wrong with sound can touch a picture.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use base::now::Wall;
use base::redact::Secret;
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use hall::outward::NoWay;
use retina::client::{
    Credentials, Demuxed, PlayOptions, Session as Rtsp, SessionOptions, SetupOptions,
    TeardownPolicy, Transport as RtspTransport, UnknownRtcpSsrcPolicy,
};
use retina::codec::{
    CodecItem, FrameFormat, ParameterSetInsertion, ParametersRef, VideoParameters, h26x,
};
use url::Url;
use watch_core::frame::Codec;
use watch_core::ring::BYTES_MAX;
use watch_core::sound::Microphone;
use watch_core::supervise::Reason;
use watch_core::timeline::wall_of_ntp;

use super::gate::{Gate, Load};
use super::pull::{self, Pull, Seen};

/// What a camera may say of itself, in octets; those of the field say 1 to 2 KB.
const DESCRIPTION_MAX: usize = 64 * 1024;

/// Streams that a camera may offer.
const STREAMS_MAX: usize = 32;

/// The port where an address names none (RFC 2326 §3.2).
pub(crate) const PORT: u16 = 554;

/// The status that asks for another transport (RFC 2326 §11.3.14).
const UNSUPPORTED_TRANSPORT: u16 = 461;

/// Where a stream is and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `rtsp://host[:port]/path`, or `http://` and `https://` of a list of pieces; without a
    /// name or password.
    pub url: Url,
    /// The name and password the camera asks for.
    pub credentials: Option<(String, Secret<String>)>,
}

/// How packets reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Inside the RTSP connection: no loss, no open ports. The first choice.
    Tcp,
    /// Beside it, for old cameras that cannot do otherwise.
    Udp,
}

impl Transport {
    /// What to try when this one brought nothing.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Tcp => Self::Udp,
            Self::Udp => Self::Tcp,
        }
    }
}

/// What a stream is made of, as far as the camera has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// The name in the session description, lower case: `h264`, `h265`, `jpeg`.
    pub codec: String,
    /// Width and height in pixels.
    pub size_px: Option<(u32, u32)>,
}

/// Why a session ended or never began.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// In the words of the page.
    pub reason: Reason,
    /// In the words of an engineer; holds addresses, never a password.
    pub detail: String,
}

/// What the camera has sent.
#[derive(Debug)]
pub enum Heard {
    /// One access unit.
    Frame {
        /// Its stamp in ticks of 1/90,000 s, unwrapped within the session.
        rtp: i64,
        /// NAL units behind their lengths in four octets, parameter sets before
        /// each IDR picture.
        unit: Bytes,
        /// Set when the picture's size is new.
        video: Option<Video>,
        /// How long ago it was taken at least, where that is more than its way here.
        behind: Option<Duration>,
    },
    /// The camera's wall clock, from a sender report.
    Clock(Clock),
    /// When the picture of that stamp was taken, as the publisher of a list has it.
    Dated(Clock),
    /// Something that is of no use here.
    Other,
}

/// What a sender report says (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The camera's wall clock.
    pub wall: Wall,
    /// The stamp that it gives to that time, unwrapped within the session.
    pub rtp: Option<i64>,
}

/// A session that plays.
pub struct Session {
    /// How its pictures are coded.
    pub codec: Codec,
    way: Way,
    load: Arc<Load>,
}

/// How its pictures come.
enum Way {
    Rtsp(Box<Demuxed>, usize),
    Pull(Box<Pull>),
}

/// A session that plays, and what the camera has said.
pub struct Opened {
    /// The session.
    pub session: Session,
    /// What its pictures are.
    pub video: Video,
    /// What it says of its sound.
    pub microphone: Microphone,
}

/// A camera that has said what it has and does not play yet.
pub struct Described {
    way: Told,
    load: Arc<Load>,
    /// What it has.
    pub video: Video,
    /// What it says of its sound.
    pub microphone: Microphone,
    /// What it calls itself in its description, where that is a name.
    pub name: Option<String>,
}

/// How it was asked.
enum Told {
    Rtsp {
        rtsp: Box<Rtsp<retina::client::Described>>,
        stream: usize,
        at: IpAddr,
    },
    Pull(Box<Pull>),
}

impl Described {
    /// Asks a camera what it has.
    ///
    /// # Errors
    /// With the reason in the words of the page.
    pub async fn ask(source: &Source, transport: Transport, gate: &Gate) -> Result<Self, Failure> {
        Self::ask_again(source, transport, gate, &Seen::default()).await
    }

    /// The same of one that was seen before.
    async fn ask_again(
        source: &Source,
        transport: Transport,
        gate: &Gate,
        seen: &Seen,
    ) -> Result<Self, Failure> {
        let load = gate.begin();
        if pull::is_list(&source.url) {
            let pulled = Self::pulled(source, gate, seen, Arc::clone(&load));
            return load.bear(contained(pulled)).await;
        }
        let asked = Self::asked(source, transport, gate, Arc::clone(&load));
        load.bear(contained(asked)).await
    }

    async fn pulled(
        source: &Source,
        gate: &Gate,
        seen: &Seen,
        load: Arc<Load>,
    ) -> Result<Self, Failure> {
        let (pull, video) = Pull::open(source, gate, seen).await?;
        Ok(Self {
            way: Told::Pull(Box::new(pull)),
            load,
            video,
            // Sound in a list is AAC, which is not passed on: nothing is asked of it.
            microphone: Microphone::None,
            name: None,
        })
    }

    async fn asked(
        source: &Source,
        transport: Transport,
        gate: &Gate,
        load: Arc<Load>,
    ) -> Result<Self, Failure> {
        let (rtsp, at) = describe(source, transport, gate).await?;
        let stream = rtsp
            .streams()
            .iter()
            .position(|stream| stream.media() == "video")
            .ok_or_else(|| Failure {
                reason: Reason::Codec,
                detail: "the camera offers no video".to_owned(),
            })?;
        let video = video(&rtsp.streams()[stream]);
        let (_, microphone) = microphone(rtsp.streams());
        let name = called(rtsp.sdp());
        Ok(Self {
            name,
            way: Told::Rtsp {
                rtsp: Box::new(rtsp),
                stream,
                at,
            },
            load,
            video,
            microphone,
        })
    }

    /// Begins to play, over the same connection.
    ///
    /// # Errors
    /// With the reason in the words of the page. A codec that no viewer can be
    /// given is a failure too.
    pub async fn play(self, transport: Transport) -> Result<Session, Failure> {
        let load = Arc::clone(&self.load);
        load.bear(contained(self.played(transport))).await
    }

    async fn played(self, transport: Transport) -> Result<Session, Failure> {
        let (mut rtsp, stream, at) = match self.way {
            Told::Rtsp { rtsp, stream, at } => (*rtsp, stream, at),
            Told::Pull(pull) => {
                return Ok(Session {
                    codec: pull.codec(),
                    way: Way::Pull(pull),
                    load: self.load,
                });
            }
        };
        let Some(codec) = Codec::parse(&self.video.codec) else {
            return Err(Failure {
                reason: Reason::Codec,
                detail: format!(
                    "the stream is {}, viewers are given h264 or h265",
                    self.video.codec
                ),
            });
        };
        set_up(&mut rtsp, stream, transport, at).await?;
        let playing = play(rtsp).await?;
        let demuxed = playing.demuxed().map_err(|error| failure(&error))?;
        Ok(Session {
            codec,
            way: Way::Rtsp(Box::new(demuxed), stream),
            load: self.load,
        })
    }
}

impl Session {
    /// Opens a session and begins to play.
    ///
    /// # Errors
    /// With the reason in the words of the page.
    pub async fn open(
        source: &Source,
        transport: Transport,
        gate: &Gate,
    ) -> Result<Opened, Failure> {
        Self::open_again(source, transport, gate, &Seen::default()).await
    }

    /// The same with one of which something was seen before: of a list that has not moved
    /// on since, nothing is shown anew.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub async fn open_again(
        source: &Source,
        transport: Transport,
        gate: &Gate,
        seen: &Seen,
    ) -> Result<Opened, Failure> {
        let described = Described::ask_again(source, transport, gate, seen).await?;
        let (video, microphone) = (described.video.clone(), described.microphone.clone());
        Ok(Opened {
            session: described.play(transport).await?,
            video,
            microphone,
        })
    }

    /// Waits for what comes next. May be dropped and called again without loss.
    ///
    /// # Errors
    /// When the session has ended, with the reason.
    pub async fn next(&mut self) -> Result<Heard, Failure> {
        let load = Arc::clone(&self.load);
        load.bear(contained(self.heard())).await
    }

    async fn heard(&mut self) -> Result<Heard, Failure> {
        let (demuxed, stream) = match &mut self.way {
            Way::Rtsp(demuxed, stream) => (demuxed, *stream),
            Way::Pull(pull) => {
                let heard = pull.heard().await?;
                self.load.gave();
                return Ok(heard);
            }
        };
        let item = pin!(&mut *demuxed).next().await;
        match item {
            Some(Ok(CodecItem::VideoFrame(frame))) => {
                self.load.gave();
                if frame.data().len() > usize::try_from(BYTES_MAX.as_u64()).unwrap_or(usize::MAX) {
                    return Err(Failure {
                        reason: Reason::Protocol,
                        detail: "a picture is larger than any that is kept".to_owned(),
                    });
                }
                let rtp = frame.timestamp().timestamp();
                let video = frame
                    .has_new_parameters()
                    .then(|| demuxed.streams().get(stream).map(video))
                    .flatten();
                Ok(Heard::Frame {
                    rtp,
                    unit: frame.into_data().into(),
                    video,
                    behind: None,
                })
            }
            Some(Ok(CodecItem::Rtcp(report))) => {
                Ok(clock(&report).map_or(Heard::Other, Heard::Clock))
            }
            Some(Ok(_)) => Ok(Heard::Other),
            Some(Err(error)) => Err(failure(&error)),
            None => Err(ended()),
        }
    }
}

/// The libraries assert here and there what a camera need not hold to, and a stream
/// whose task has panicked stays dark for good. So a panic in a session is a failure
/// of that session; nothing of it is used afterwards.
pub(super) async fn contained<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| {
        Err(Failure {
            reason: Reason::Protocol,
            detail: "what the camera says breaks its reader".to_owned(),
        })
    })
}

/// Asks a camera what it has, at an address that the house may connect to: also which
/// one that was.
pub(super) async fn describe(
    source: &Source,
    transport: Transport,
    gate: &Gate,
) -> Result<(Rtsp<retina::client::Described>, IpAddr), Failure> {
    if pull::is_list(&source.url) {
        return Err(Failure {
            reason: Reason::Codec,
            detail: "the sound of a list of pieces is not passed on".to_owned(),
        });
    }
    let (url, at) = addressed(&source.url, gate).await?;
    let mut rtsp = asked(source, &url, TeardownPolicy::Auto).await?;
    // At the end the library says so over connections of its own, to wherever the
    // camera has said that it is. Then it says nothing, and the camera finds out when
    // this connection is closed.
    if says_elsewhere(&rtsp, &url, transport) {
        rtsp = asked(source, &url, TeardownPolicy::Never).await?;
    }
    if rtsp.sdp().len() > DESCRIPTION_MAX || rtsp.streams().len() > STREAMS_MAX {
        return Err(Failure {
            reason: Reason::Protocol,
            detail: "the camera says more of itself than any does".to_owned(),
        });
    }
    Ok((rtsp, at))
}

/// The camera's address with a number for its name: what is judged is what is connected
/// to, each time anew.
async fn addressed(url: &Url, gate: &Gate) -> Result<(Url, IpAddr), Failure> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().unwrap_or(PORT);
    let found = gate.outward().find(host, port).await;
    let at = found.map_err(|no_way| Failure {
        reason: match no_way {
            NoWay::Refused(_) => Reason::NotAllowed,
            NoWay::Unknown(_) => Reason::Unreachable,
        },
        detail: no_way.to_string(),
    })?;
    let mut url = url.clone();
    url.set_ip_host(at.ip()).map_err(|()| Failure {
        reason: Reason::Unreachable,
        detail: "the address has no host".to_owned(),
    })?;
    Ok((url, at.ip()))
}

async fn asked(
    source: &Source,
    url: &Url,
    teardown: TeardownPolicy,
) -> Result<Rtsp<retina::client::Described>, Failure> {
    let credentials = source
        .credentials
        .as_ref()
        .map(|(username, password)| Credentials {
            username: username.clone(),
            password: password.expose().clone(),
        });
    let options = SessionOptions::default()
        .creds(credentials)
        .user_agent("betang".to_owned())
        .teardown(teardown);
    Rtsp::describe(url.clone(), options)
        .await
        .map_err(|error| failure(&error))
}

/// Whether the library would connect to another place at the end of the session: it does
/// so for UDP and for one make of server, and the place is the one that the answer names
/// as its base, which it tells only by what it has joined to it.
fn says_elsewhere(rtsp: &Rtsp<retina::client::Described>, url: &Url, transport: Transport) -> bool {
    let is_buggy = rtsp
        .tool()
        .is_some_and(retina::client::Tool::has_live555_tcp_bug);
    if transport == Transport::Tcp && !is_buggy {
        return false;
    }
    let is_absolute = rtsp
        .sdp()
        .to_ascii_lowercase()
        .windows(ABSOLUTE.len())
        .any(|window| window == ABSOLUTE);
    let is_here = |control: &Url| {
        control.host_str() == url.host_str()
            && control.port().unwrap_or(PORT) == url.port().unwrap_or(PORT)
    };
    let mut controls = rtsp.streams().iter().filter_map(|stream| stream.control());
    is_absolute || !controls.next().is_some_and(is_here)
}

/// How a stream begins to say where it is, other than behind the base.
const ABSOLUTE: &[u8] = b"a=control:rtsp";

/// Asks for one of its streams.
pub(super) async fn set_up(
    rtsp: &mut Rtsp<retina::client::Described>,
    stream: usize,
    transport: Transport,
    at: IpAddr,
) -> Result<(), Failure> {
    let set_up = rtsp.setup(stream, setup_options(transport)).await;
    let error = match set_up {
        Ok(()) => return from_there(rtsp, stream, at),
        Err(error) => error,
    };
    // A camera that says so is believed at once; one that is only silent
    // is tried the other way round by the supervisor's next attempt. UDP is asked for
    // where TCP has brought nothing: a camera that cannot do it, or answers what is none,
    // may only have been out of sorts.
    if transport == Transport::Tcp && error.status_code() != Some(UNSUPPORTED_TRANSPORT) {
        return Err(failure(&error));
    }
    rtsp.setup(stream, setup_options(transport.other()))
        .await
        .map_err(|_| failure(&error))?;
    from_there(rtsp, stream, at)
}

/// A camera that is called by UDP may name another machine as the one that sends: nothing
/// is taken from it.
fn from_there(
    rtsp: &Rtsp<retina::client::Described>,
    stream: usize,
    at: IpAddr,
) -> Result<(), Failure> {
    let told = rtsp.streams()[stream].ctx().map(ToString::to_string);
    let peer = told.as_deref().and_then(|told| told.split_once(" -> "));
    if peer.is_none_or(|(_, peer)| peer.starts_with(&format!("{at}:"))) {
        return Ok(());
    }
    Err(Failure {
        reason: Reason::NotAllowed,
        detail: "the camera names another machine that would send its pictures".to_owned(),
    })
}

/// Lets it begin.
pub(super) async fn play(
    rtsp: Rtsp<retina::client::Described>,
) -> Result<Rtsp<retina::client::Playing>, Failure> {
    let options = PlayOptions::default().unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::DropPackets);
    rtsp.play(options).await.map_err(|error| failure(&error))
}

/// The camera's clock in a compound of reports, if there is one that is a time.
pub(super) fn clock(report: &retina::rtcp::ReceivedCompoundPacket) -> Option<Clock> {
    let wall = report
        .pkts()
        .filter_map(|packet| packet.as_sender_report().ok().flatten())
        .find_map(|report| wall_of_ntp(report.ntp_timestamp().0))?;
    let rtp = report.rtp_timestamp().map(|stamp| stamp.timestamp());
    Some(Clock { wall, rtp })
}

/// Longest name out of a description, in characters.
const NAME_MAX: usize = 120;

/// What a description calls its session (RFC 8866 §5.3, §5.4); none where it is what the
/// makers of servers write into every description.
pub(crate) fn called(sdp: &[u8]) -> Option<String> {
    const OF_SERVERS: [&str; 9] = [
        "-",
        "no name",
        "media presentation",
        "media server",
        "rtsp session",
        "rtsp server",
        "session",
        "stream",
        "live",
    ];
    let text = String::from_utf8_lossy(sdp);
    // What follows the first stream is said of that stream.
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("m="));
    let mut found = None;
    for line in lines {
        let Some(said) = line.strip_prefix("s=").or_else(|| line.strip_prefix("i=")) else {
            continue;
        };
        let name: String = said
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_MAX)
            .collect();
        let name = name.trim();
        let folded = name.to_lowercase();
        let of_server = OF_SERVERS.contains(&folded.as_str())
            || folded.starts_with("session streamed by")
            || folded.contains("live555");
        if !name.is_empty() && !of_server && found.is_none() {
            found = Some(name.to_owned());
        }
    }
    found
}

/// The first stream of sound, and what it is.
pub(super) fn microphone(streams: &[retina::client::Stream]) -> (Option<usize>, Microphone) {
    let Some(at) = streams.iter().position(|stream| stream.media() == "audio") else {
        return (None, Microphone::None);
    };
    let stream = &streams[at];
    let name = stream.encoding_name().to_ascii_lowercase();
    let channels = stream.channels().map(std::num::NonZeroU16::get);
    let microphone = Microphone::described(&name, stream.clock_rate_hz(), channels);
    (Some(at), microphone)
}

/// The camera has closed the connection.
pub(super) fn ended() -> Failure {
    Failure {
        reason: Reason::Stopped,
        detail: "the camera ended the session".to_owned(),
    }
}

fn video(stream: &retina::client::Stream) -> Video {
    let size_px = match stream.parameters() {
        Some(ParametersRef::Video(parameters)) => {
            Some(VideoParameters::pixel_dimensions(parameters))
        }
        Some(ParametersRef::Audio(_) | ParametersRef::Message(_)) | None => None,
    };
    Video {
        codec: stream.encoding_name().to_ascii_lowercase(),
        size_px,
    }
}

fn setup_options(transport: Transport) -> SetupOptions {
    SetupOptions::default()
        .transport(match transport {
            Transport::Tcp => RtspTransport::Tcp(retina::client::TcpTransportOptions::default()),
            Transport::Udp => RtspTransport::Udp(retina::client::UdpTransportOptions::default()),
        })
        .frame_format(FrameFormat {
            h26x_framing: h26x::Framing::FourByteLength,
            parameter_set_insertion: ParameterSetInsertion::EachKeyFrame,
            ..FrameFormat::default()
        })
}

/// The library keeps its error kinds to itself, but for the status. The rest is
/// told by the words of the operating system, which do not change.
pub(super) fn failure(error: &retina::Error) -> Failure {
    let detail = error.to_string();
    let reason = match error.status_code() {
        Some(401 | 403) => Reason::WrongPassword,
        Some(404 | 454) => Reason::NoSuchPath,
        Some(453 | 503) => Reason::SessionLimit,
        Some(415) => Reason::Codec,
        Some(_) => Reason::Protocol,
        None if detail.contains("os error 111") => Reason::Refused,
        None if detail.starts_with("Unable to connect") => Reason::Unreachable,
        None if detail.contains("os error 104") || detail.contains("EOF") => Reason::Stopped,
        None if detail.starts_with("Timeout") => Reason::Silent,
        None => Reason::Protocol,
    };
    let first_line = detail.lines().next().unwrap_or_default().to_owned();
    Failure {
        reason,
        detail: first_line,
    }
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn a_name_is_one_that_somebody_gave() {
        for (sdp, name) in [
            ("v=0\r\ns=Gerbang timur\r\nt=0 0\r\n", Some("Gerbang timur")),
            (
                "v=0\r\ns=-\r\ni=Loket 2\r\nm=video 0 RTP/AVP 96\r\n",
                Some("Loket 2"),
            ),
            ("s=Media Presentation\r\nm=video 0\r\ni=kamera\r\n", None),
            ("s=Session streamed by \"nvr\"\r\n", None),
            ("s=  \r\n", None),
            ("", None),
            ("s=a\u{7}b\r\n", Some("ab")),
        ] {
            assert_eq!(called(sdp.as_bytes()).as_deref(), name, "{sdp}");
        }
        let long = format!("s={}\r\n", "n".repeat(4_000));
        assert_eq!(called(long.as_bytes()).map(|name| name.len()), Some(120));
        assert_eq!(called(b"s=\xff\xfe").as_deref(), Some("\u{fffd}\u{fffd}"));
    }
}
