//! One connection of another system: what it asks (RFC 2326), and the pictures it is sent.
//!
//! Packets go inside the connection and by no other way: through every wall that lets the
//! connection pass, encrypted where that is, and never to an address that has not asked.
//! Players that ask for UDP first are told so (461) and ask again.

mod sending;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base::id::{Id, Viewing};
use base::now::{Mono, Wall};
use base::unit::Bytes;
use hall::Hall;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;
use watch_core::fanout::{Next, Reader};
use watch_core::frame::{Codec, Frame, MediaTime};
use watch_core::lend::description::describe;
use watch_core::lend::packet::Track;
use watch_core::lend::path::{self, Asked, Inside};
use watch_core::lend::proof::{Proof, challenge};
use watch_core::lend::wire::{self, Method, Piece, Request, Status};
use watch_core::sound::{self, Law, Microphone};

use super::{Unproven, proving};
use crate::hub::bell::Bell;
use crate::hub::sound::Sound;
use crate::hub::{Channel, Layer, StreamKey, Want};
use crate::jobs::endings;
use crate::live::{Chair, Ended};
use crate::room::Room;
use crate::sql::camera;
use crate::sql::loan::LoanRow;

/// What the kernel may keep for a slow reader, in octets: a key frame of a good camera.
pub(super) const SEND_BUFFER: usize = 256 * 1024;

/// How long somebody may take to show a secret.
const PROOF_MAX: Duration = Duration::from_secs(30);

/// How long he may take to play: a camera is pulled from when it is described, and who does
/// not look must not keep it.
const PLAY_MAX: Duration = Duration::from_secs(60);

/// How long a session may be silent both ways while it plays.
const SILENCE_MAX: Duration = Duration::from_secs(120);

/// What it is told of that, in seconds; a peer that reads is not let go for being silent.
const TIMEOUT_S: u32 = 60;

/// How long nothing may come of the camera while it plays. Whoever is let go then asks anew,
/// and is told how it is.
const DARK_MAX: Duration = Duration::from_secs(30);

/// How long one picture may take to be read by the peer.
const WRITE_MAX: Duration = Duration::from_secs(15);

/// How long a goodbye may take.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// How long a camera may take to its first key frame after it was asked for.
const KEY_MAX: Duration = Duration::from_secs(10);

/// Wrong proofs of one connection. Policy: it ends.
const WRONG_MAX: u8 = 3;

/// How long the answer to a wrong one takes.
const WRONG_WAIT: Duration = Duration::from_millis(500);

/// The longest time without a look at what is due.
const NAP: Duration = Duration::from_secs(1);

const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER";

/// One connection.
pub(super) struct Connection<S> {
    room: Room,
    hall: Hall,
    stream: S,
    peer: SocketAddr,
    unproven: Option<Unproven>,
    nonce: String,
    wrong: u8,
    loan: Option<LoanRow>,
    /// What its session is called.
    session: String,
    subject: Option<Subject>,
    /// Pictures, sound.
    tracks: [Option<Track>; 2],
    playing: Option<Playing>,
    inbox: Vec<u8>,
    opened: Mono,
    /// When anything went either way.
    alive: Mono,
}

/// The camera that it is about.
struct Subject {
    short: String,
    channel: Arc<Channel>,
    codec: Codec,
    sound: Option<(Arc<Sound>, Law)>,
    text: String,
    _want: Want,
}

/// What it is sent.
struct Playing {
    viewing: Id<Viewing>,
    until: Wall,
    stop: CancellationToken,
    bell: Arc<Bell>,
    reader: Reader,
    /// Read and not sent yet.
    first: Option<(Arc<Frame>, MediaTime)>,
    /// When the reader has more, while a burst is paced.
    paced: Option<Mono>,
    /// Whether it may have more at once.
    more: bool,
    /// When something of the camera was last sent.
    shown: Mono,
    /// When the next report is due.
    report: [Mono; 2],
    hearing: Option<Hearing>,
    sent: Bytes,
    heard: bool,
    _chair: Chair,
}

struct Hearing {
    sound: Arc<Sound>,
    law: Law,
    reader: sound::Reader,
    _want: Want,
}

/// The way out of a connection that is over.
fn over(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, why)
}

fn store(error: store::Error) -> io::Error {
    io::Error::other(error)
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(
        room: Room,
        stream: S,
        peer: SocketAddr,
        unproven: Unproven,
    ) -> io::Result<Self> {
        let letters = || {
            let drawn = proving::letters::<26>();
            drawn.map_err(|()| io::Error::other("the system has no randomness"))
        };
        let hall = room.inner.hall.clone();
        let now = hall.now().mono;
        Ok(Self {
            nonce: letters()?,
            session: letters()?,
            room,
            hall,
            stream,
            peer,
            unproven: Some(unproven),
            wrong: 0,
            loan: None,
            subject: None,
            tracks: [None, None],
            playing: None,
            inbox: Vec::with_capacity(1024),
            opened: now,
            alive: now,
        })
    }

    /// Serves until it is over.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let over = self.turns().await;
        self.finish().await;
        over
    }

    async fn turns(&mut self) -> io::Result<()> {
        let closing = self.hall.tasks().soft().clone();
        loop {
            let wait = self.wait();
            let playing = self.playing.as_ref();
            tokio::select! {
                biased;
                () = closing.cancelled() => return self.goodbye().await,
                () = stopped(playing) => return self.goodbye().await,
                // What has been read stays in the inbox when another arm is first.
                read = self.stream.read_buf(&mut self.inbox) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    self.alive = self.hall.now().mono;
                    self.requests().await?;
                }
                () = rung(playing) => {}
                () = tokio::time::sleep(wait) => {}
            }
            self.show().await?;
            self.speak().await?;
            if self.is_over()? {
                return self.goodbye().await;
            }
        }
    }

    /// How long nothing is due.
    fn wait(&self) -> Duration {
        let Some(playing) = &self.playing else {
            return NAP;
        };
        if playing.more {
            return Duration::ZERO;
        }
        let now = self.hall.now().mono;
        playing.paced.map_or(NAP, |later| later.since(now).min(NAP))
    }

    /// Whether the loan or the picture has come to its end; a failure if nobody is there any more.
    fn is_over(&self) -> io::Result<bool> {
        let now = self.hall.now();
        let age = now.mono.since(self.opened);
        if self.loan.is_none() && age > PROOF_MAX {
            return Err(over("it shows no secret"));
        }
        match &self.playing {
            None if age > PLAY_MAX => Err(over("it plays nothing")),
            Some(_) if now.mono.since(self.alive) > SILENCE_MAX => Err(over("it is silent")),
            Some(playing) => {
                let is_dark = now.mono.since(playing.shown) > DARK_MAX;
                Ok(is_dark || now.wall >= playing.until)
            }
            None => Ok(false),
        }
    }

    /// Answers every request that has come whole.
    async fn requests(&mut self) -> io::Result<()> {
        loop {
            match wire::next(&self.inbox) {
                Piece::More => return Ok(()),
                Piece::Passed(taken) => drop(self.inbox.drain(..taken)),
                Piece::Request(request, taken) => {
                    self.inbox.drain(..taken);
                    self.answer(&request).await?;
                }
                Piece::Refused => {
                    self.send(&wire::answer(Status::BadRequest, "", &[], ""))
                        .await?;
                    return Err(over("no request"));
                }
            }
        }
    }

    async fn tell(
        &mut self,
        request: &Request,
        status: Status,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<()> {
        let answer = wire::answer(status, &request.number, headers, body);
        self.send(&answer).await
    }

    async fn answer(&mut self, request: &Request) -> io::Result<()> {
        if let Some(wish) = &request.require {
            let unsupported = [("Unsupported", wish.as_str())];
            return self.tell(request, Status::NoOption, &unsupported, "").await;
        }
        let session = request.session.as_ref();
        if session.is_some_and(|session| *session != self.session) {
            return self.tell(request, Status::NoSession, &[], "").await;
        }
        let status = match request.method {
            Method::Options => {
                let public = [("Public", METHODS)];
                return self.tell(request, Status::Ok, &public, "").await;
            }
            Method::Describe => return self.describe(request).await,
            Method::Setup => return self.set_up(request).await,
            Method::Play => return self.play(request).await,
            Method::Teardown => {
                self.tell(request, Status::Ok, &[], "").await?;
                return Err(over("torn down"));
            }
            Method::SetParameter if request.body > 0 => Status::NotUnderstood,
            Method::GetParameter | Method::SetParameter => Status::Ok,
            Method::Other => Status::NotImplemented,
        };
        let session = self.session.clone();
        self.tell(request, status, &[("Session", &session)], "")
            .await
    }

    /// Whose secret it is; none if it was answered that there is none.
    async fn prove(&mut self, request: &Request) -> io::Result<Option<LoanRow>> {
        let mut challenge = challenge(&self.nonce);
        if let Some(given) = &request.proof {
            let proof = Proof::read(given);
            let is_old = proof.as_ref().is_some_and(|it| !it.is_for(&self.nonce));
            let loan = match &proof {
                Some(proof) => {
                    let found = proving::loan_of(&self.room, proof, &self.nonce, &request.word);
                    found.await.map_err(store)?
                }
                None => None,
            };
            let other = |loan: &LoanRow| self.loan.as_ref().is_some_and(|it| it.id != loan.id);
            match loan {
                // A connection is of one loan, from its first proof on.
                Some(loan) if !other(&loan) => {
                    self.loan = Some(loan.clone());
                    self.unproven = None;
                    return Ok(Some(loan));
                }
                _ if is_old => challenge.push_str(", stale=true"),
                _ => {
                    self.room.inner.lending.refused();
                    tracing::info!(peer = %self.peer, "another system was refused: its name or secret is wrong, or its loan is over");
                    tokio::time::sleep(WRONG_WAIT).await;
                    self.wrong += 1;
                }
            }
        } else if let Some(loan) = &self.loan {
            return Ok(Some(loan.clone()));
        }
        let headers = [("WWW-Authenticate", challenge.as_str())];
        self.tell(request, Status::Unauthorized, &headers, "")
            .await?;
        if self.wrong >= WRONG_MAX {
            return Err(over("its secret is wrong"));
        }
        Ok(None)
    }

    /// Sees to it that this connection is about what is asked for; none if it was answered
    /// that it cannot be.
    async fn about(&mut self, request: &Request) -> io::Result<Option<Asked>> {
        let Some(loan) = self.prove(request).await? else {
            return Ok(None);
        };
        let Some(asked) = Asked::read(&request.url) else {
            self.tell(request, Status::NotFound, &[], "").await?;
            return Ok(None);
        };
        let found = self.find(&loan, &asked).await?;
        let Some(channel) = found else {
            self.tell(request, Status::NotFound, &[], "").await?;
            return Ok(None);
        };
        let (short, channel) = channel;
        let same = |subject: &Subject| Arc::ptr_eq(&subject.channel, &channel);
        if self.subject.as_ref().is_some_and(same) {
            return Ok(Some(asked));
        }
        if self.playing.is_some() {
            self.tell(request, Status::NotNow, &[], "").await?;
            return Ok(None);
        }
        match self.subject(&loan, short, channel).await {
            Some(subject) => {
                self.subject = Some(subject);
                self.tracks = [None, None];
                Ok(Some(asked))
            }
            None => {
                self.tell(request, Status::Unavailable, &[], "").await?;
                Ok(None)
            }
        }
    }

    /// The stream that is asked for, and the camera's short name, if it is lent.
    async fn find(
        &self,
        loan: &LoanRow,
        asked: &Asked,
    ) -> io::Result<Option<(String, Arc<Channel>)>> {
        let mut read = self.hall.db().read().await.map_err(store)?;
        let row = proving::camera_of(&mut read, loan.id, &asked.camera).await;
        let Some(row) = row.map_err(store)? else {
            return Ok(None);
        };
        let streams = camera::streams(&mut read, &[row.id]).await.map_err(store)?;
        drop(read);
        let has = streams.get(&row.id).map_or(&[][..], Vec::as_slice);
        let layer = match asked.layer.as_deref() {
            None => has.first().map(|stream| stream.layer),
            Some(word) => Layer::parse(word),
        };
        let channel = layer.and_then(|layer| {
            let key = StreamKey {
                camera: row.id,
                layer,
            };
            self.room.inner.hub.stream(key)
        });
        Ok(channel.map(|channel| (row.short, channel)))
    }

    /// What a stream is made of, once it has a key frame; none if it gives none.
    async fn subject(
        &self,
        loan: &LoanRow,
        short: String,
        channel: Arc<Channel>,
    ) -> Option<Subject> {
        let want = channel.want();
        let bell = Arc::new(Bell::default());
        channel.listen(&bell);
        let key = async {
            loop {
                let key = channel.ring().newest_key();
                if let Some(key) = key {
                    return key;
                }
                bell.rung().await;
            }
        };
        let closing = self.hall.tasks().soft();
        let key = tokio::time::timeout(KEY_MAX, key);
        let key = closing.run_until_cancelled(key).await;
        channel.unlisten(&bell);
        let key = key?.ok()?;
        let law = match channel.report().microphone {
            Some(Microphone::G711(law)) => Some(law),
            _ => None,
        };
        let sound = self.room.inner.hub.sound(channel.key().camera);
        let sound = sound.filter(|_| loan.sound).zip(law);
        let described = describe(&short, &key, sound.as_ref().map(|(_, law)| *law))?;
        Some(Subject {
            short,
            channel,
            codec: described.codec,
            sound,
            text: described.text,
            _want: want,
        })
    }

    async fn describe(&mut self, request: &Request) -> io::Result<()> {
        let Some(asked) = self.about(request).await? else {
            return Ok(());
        };
        let Some(subject) = &self.subject else {
            return Err(over("nothing is described"));
        };
        let base = format!("{}/", subject.address(&asked));
        let text = subject.text.clone();
        let headers = [
            ("Content-Base", base.as_str()),
            ("Content-Type", "application/sdp"),
        ];
        self.tell(request, Status::Ok, &headers, &text).await
    }

    async fn set_up(&mut self, request: &Request) -> io::Result<()> {
        if self.playing.is_some() {
            return self.tell(request, Status::NotNow, &[], "").await;
        }
        let Some(asked) = self.about(request).await? else {
            return Ok(());
        };
        let wants_sound = asked.track == Some(path::Track::Sound);
        let has_sound = self.subject.as_ref().is_some_and(|it| it.sound.is_some());
        if wants_sound && !has_sound {
            return self.tell(request, Status::NotFound, &[], "").await;
        }
        let at = usize::from(wants_sound);
        let other = self.tracks[1 - at].as_ref().map(|track| track.way);
        let free = other.map_or(0, |way| way.control.saturating_add(1));
        let wish = request.transport.as_deref().unwrap_or_default();
        let clashes = |way: &Inside| {
            other.is_some_and(|it| {
                [it.data, it.control].contains(&way.data)
                    || [it.data, it.control].contains(&way.control)
            })
        };
        let way = Inside::wished(wish, free).filter(|way| !clashes(way));
        let Some(way) = way else {
            return self.tell(request, Status::NoTransport, &[], "").await;
        };
        let mut octets = [0; 6];
        for (octet, letter) in octets.iter_mut().zip(self.fresh()?.bytes()) {
            *octet = letter;
        }
        let [a, b, c, d, e, f] = octets;
        let source = u32::from_be_bytes([a, b, c, d]);
        self.tracks[at] = Some(Track::new(way, source, u16::from_be_bytes([e, f])));
        let transport = format!(
            "RTP/AVP/TCP;unicast;interleaved={}-{};ssrc={source:08X}",
            way.data, way.control
        );
        let session = format!("{};timeout={TIMEOUT_S}", self.session);
        let headers = [
            ("Transport", transport.as_str()),
            ("Session", session.as_str()),
        ];
        self.tell(request, Status::Ok, &headers, "").await
    }

    /// What tells one stream of packets from another, and where its numbers begin.
    fn fresh(&self) -> io::Result<String> {
        let drawn = proving::letters::<6>();
        drawn.map_err(|()| io::Error::other("the system has no randomness"))
    }

    async fn play(&mut self, request: &Request) -> io::Result<()> {
        let Some(loan) = self.prove(request).await? else {
            return Ok(());
        };
        let session = self.session.clone();
        if self.playing.is_some() {
            let headers = [("Session", session.as_str())];
            return self.tell(request, Status::Ok, &headers, "").await;
        }
        let is_set_up = self.tracks.iter().any(Option::is_some);
        let Some(subject) = self.subject.as_ref().filter(|_| is_set_up) else {
            return self.tell(request, Status::NotNow, &[], "").await;
        };
        let Ok(chair) = self.room.inner.engine.chair() else {
            let status = Status::NotEnoughBandwidth;
            return self.tell(request, status, &[], "").await;
        };
        let viewing: Id<Viewing> = self.hall.mint();
        let stop = CancellationToken::new();
        let key = subject.channel.key();
        let lending = &self.room.inner.lending;
        if !lending.begin(viewing, loan.id, key, &stop) {
            let status = Status::NotEnoughBandwidth;
            return self.tell(request, status, &[], "").await;
        }
        let bell = Arc::new(Bell::default());
        let hearing = subject.sound.clone().filter(|_| self.tracks[1].is_some());
        let hearing = hearing.map(|(sound, law)| {
            sound.listen(&bell);
            Hearing {
                _want: sound.want(),
                sound,
                law,
                reader: sound::Reader::default(),
            }
        });
        let hears = hearing.is_some();
        subject.channel.listen(&bell);
        let now = self.hall.now();
        let mut playing = Playing {
            viewing,
            until: loan.until,
            stop,
            bell,
            reader: Reader::default(),
            first: None,
            paced: None,
            more: true,
            shown: now.mono,
            report: [now.mono; 2],
            hearing,
            sent: Bytes::ZERO,
            heard: false,
            _chair: chair,
        };
        let mut info = Vec::new();
        let parts = self.tracks.iter().zip(["track1", "track2"]);
        let address =
            Asked::read(&request.url).map_or_else(String::new, |asked| subject.address(&asked));
        if self.tracks[0].is_some()
            && let Next::Send(frame, time) = playing.reader.next(&subject.channel.ring(), now.mono)
        {
            playing.first = Some((frame, time));
        }
        for (track, name) in parts {
            if let Some(track) = track {
                let mut told = format!("url={address}/{name};seq={}", track.next);
                if let Some((_, time)) = playing.first.as_ref().filter(|_| name == "track1") {
                    told.push_str(&format!(";rtptime={}", time.rtp()));
                }
                info.push(told);
            }
        }
        // From here on it ends by `finish`, whatever happens.
        self.playing = Some(playing);
        let written = proving::write(&self.room, viewing, loan.id, key, self.peer, hears).await;
        if !written.map_err(store)? {
            let challenge = challenge(&self.nonce);
            let headers = [("WWW-Authenticate", challenge.as_str())];
            self.tell(request, Status::Unauthorized, &headers, "")
                .await?;
            return Err(over("its loan is over"));
        }
        let info = info.join(",");
        let headers = [
            ("Session", session.as_str()),
            ("Range", "npt=now-"),
            ("RTP-Info", info.as_str()),
        ];
        self.tell(request, Status::Ok, &headers, "").await
    }

    async fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        let closing = self.hall.tasks().soft().clone();
        let stream = &mut self.stream;
        let written = async {
            stream.write_all(octets).await?;
            stream.flush().await
        };
        tokio::select! {
            biased;
            () = closing.cancelled() => return Err(over("the house is closing")),
            () = stopped(self.playing.as_ref()) => return Err(over("its loan or its camera is no more")),
            written = tokio::time::timeout(WRITE_MAX, written) => {
                written.map_err(|_| over("the peer does not read"))??;
            }
        }
        self.alive = self.hall.now().mono;
        Ok(())
    }

    /// Says that nothing more comes.
    async fn goodbye(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        if self.playing.is_some() {
            for track in self.tracks.iter().flatten() {
                track.bye(&mut out);
            }
        }
        let stream = &mut self.stream;
        let said = async {
            stream.write_all(&out).await?;
            stream.shutdown().await
        };
        let said = tokio::time::timeout(GOODBYE_MAX, said).await;
        said.map_err(|_| over("the peer does not read"))?
    }

    /// Writes down how it ended, if anything was to be seen.
    async fn finish(&mut self) {
        let Some(playing) = self.playing.take() else {
            return;
        };
        if let Some(subject) = &self.subject {
            subject.channel.unlisten(&playing.bell);
        }
        if let Some(hearing) = &playing.hearing {
            hearing.sound.unlisten(&playing.bell);
        }
        self.room.inner.lending.end(playing.viewing);
        let ended = Ended {
            viewing: playing.viewing,
            at: self.hall.now(),
            sent: playing.sent,
            remote: Some(self.peer),
            lost: playing.reader.lost(),
            sound: playing.heard,
        };
        if let Err(error) = endings::one(&self.room, &ended).await {
            tracing::error!(viewing.id = %ended.viewing, %error, "the end of a viewing was not written down");
        }
    }
}

impl Subject {
    /// Its address as whoever asks knows the house.
    fn address(&self, asked: &Asked) -> String {
        let layer = self.channel.key().layer.as_str();
        format!("{}/{}/{layer}", asked.base, self.short)
    }
}

/// Waits until what plays is to end; for ever while nothing does.
async fn stopped(playing: Option<&Playing>) {
    match playing {
        Some(playing) => playing.stop.cancelled().await,
        None => std::future::pending().await,
    }
}

/// Waits until there is more of what plays; for ever while nothing does.
async fn rung(playing: Option<&Playing>) {
    match playing {
        Some(playing) => playing.bell.rung().await,
        None => std::future::pending().await,
    }
}
