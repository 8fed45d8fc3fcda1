//! Owns the port and all viewers.
//!
//! One task, no locks of its own: it sleeps until a packet comes, a stream has a
//! frame, a timer is due or somebody joins or leaves, serves exactly those it
//! concerns, and sends what came of it.
//!
//! Bounds: [`VIEWERS_MAX`] viewers, then joining is refused; [`COMMANDS`] waiting
//! commands, then the caller waits; a viewer's own queue is its place in the
//! ring, and one that falls off skips to the next key frame.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::id::{Camera, Id, Viewing};
use base::now::Now;
use base::unit::Bytes;
use hall::Hall;
use str0m::Input;
use str0m::ice::StunMessage;
use str0m::net::{Protocol, Receive};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::seats::{Seat, Seats};
use super::session::{OfferError, Still, Terms, Viewer};
use super::socket::Socket;
use super::tcp::{self, Inbound, Line};
use crate::hub::bell::{Bell, Rung};
use crate::hub::sound::Sound;
use crate::hub::{Channel, StreamKey};

/// Viewers that one house serves; at 1.5 Mbit/s each this is 6 Gbit/s.
pub const VIEWERS_MAX: usize = 4_096;

/// Seats that one login may take: whoever has it, or has stolen it, keeps nobody out.
pub const OF_ONE_MAX: usize = VIEWERS_MAX / 4;

/// Commands that may wait for the engine. It takes them within a millisecond.
const COMMANDS: usize = 256;

/// Viewings whose end may wait to be written down.
const ENDINGS: usize = VIEWERS_MAX;

/// Datagrams served before timers and streams have their turn.
const RECEIVE_BURST: usize = 64;

/// The longest time without a look at the timers.
const NAP_MAX: Duration = Duration::from_millis(250);

/// Why somebody cannot join.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The offer cannot be answered.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// [`VIEWERS_MAX`] are there already.
    #[error("{VIEWERS_MAX} viewers are watching already")]
    Full,
    /// This login has [`OF_ONE_MAX`] of them.
    #[error("{OF_ONE_MAX} viewers are there of this login; close some")]
    Enough,
    /// The house is shutting down.
    #[error("the house is closing")]
    Closed,
}

/// Somebody who wants to be let in.
#[derive(Debug)]
pub struct Guest {
    /// What his viewing is called.
    pub viewing: Id<Viewing>,
    /// The login it hangs on: a session or a token.
    pub login: [u8; 16],
    /// What he wants to see.
    pub channel: Arc<Channel>,
    /// What he may hear, if his offer asks for it.
    pub sound: Option<Arc<Sound>>,
    /// What his player sent.
    pub offer: String,
    /// A port of this house besides the media port that brings connections here, as
    /// he knows it: a network may pass the port of the pages and no other.
    pub door: Option<u16>,
}

/// A viewer has been let in.
#[derive(Debug)]
pub struct Joined {
    /// What to tell the peer.
    pub answer: String,
}

/// A viewing has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub viewing: Id<Viewing>,
    /// When.
    pub at: Now,
    /// What was sent, headers and repairs included.
    pub sent: Bytes,
    /// Where to, if the peer ever came.
    pub remote: Option<SocketAddr>,
    /// Frames that the viewer was too slow for.
    pub lost: u64,
    /// Whether any sound was sent.
    pub sound: bool,
}

/// What the engine has to do, and has done since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Viewers that are there.
    pub viewers: usize,
    /// Those of them that come by TCP.
    pub over_tcp: usize,
    /// Viewings that have ended.
    pub ended: u64,
    /// What all were sent, headers and repairs included.
    pub sent: Bytes,
    /// Frames that viewers were too slow for.
    pub lost: u64,
}

/// The handle that others talk to the engine through.
#[derive(Debug, Clone)]
pub struct Engine {
    commands: mpsc::Sender<Command>,
    local: SocketAddr,
    line: Line,
    chairs: Arc<Semaphore>,
}

/// One of the [`VIEWERS_MAX`] seats of the house, as long as it is held.
#[derive(Debug)]
pub struct Chair {
    _taken: OwnedSemaphorePermit,
}

enum Command {
    Join {
        guest: Guest,
        answer: oneshot::Sender<Result<Joined, EngineError>>,
    },
    Leave {
        viewing: Id<Viewing>,
        done: oneshot::Sender<bool>,
    },
    LeaveLogin([u8; 16]),
    LeaveStream(StreamKey),
    Hush(Id<Camera>),
    LeaveAll,
    Look(oneshot::Sender<Seen>),
}

impl Engine {
    /// Takes the media port and starts to serve.
    ///
    /// `announce` are the addresses that viewers are told; when empty, those
    /// that the port listens on.
    ///
    /// # Errors
    /// If the port cannot be taken.
    pub fn start(
        hall: &Hall,
        at: SocketAddr,
        announce: &[IpAddr],
    ) -> io::Result<(Self, mpsc::Receiver<Ended>)> {
        let (socket, listener) = both(at, announce.is_empty())?;
        let local = socket.local();
        let terms = Terms::new(candidates(local, announce)?)
            .ok_or_else(|| io::Error::other("no certificate could be made"))?;
        let (line, inbound) = tcp::listen(hall.tasks(), listener)?;
        let chairs = Arc::new(Semaphore::new(VIEWERS_MAX));
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (endings, ended) = mpsc::channel(ENDINGS);
        let served = Served {
            hall: hall.clone(),
            socket,
            terms,
            bell: Arc::default(),
            chairs: Arc::clone(&chairs),
            seats: Seats::default(),
            by_viewing: BTreeMap::new(),
            by_address: BTreeMap::new(),
            by_ufrag: BTreeMap::new(),
            by_stream: BTreeMap::new(),
            by_sound: BTreeMap::new(),
            rung: Vec::new(),
            gone: Seen::default(),
            endings,
        };
        hall.tasks().spawn("watch.live", served.run(inbox, inbound));
        let engine = Self {
            commands,
            local,
            line,
            chairs,
        };
        Ok((engine, ended))
    }

    /// The media port.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Where connections of viewers go that came to another port.
    #[must_use]
    pub const fn line(&self) -> &Line {
        &self.line
    }

    /// Takes one of the seats for somebody who is served elsewhere.
    ///
    /// # Errors
    /// If all are taken.
    pub fn chair(&self) -> Result<Chair, EngineError> {
        chair(&self.chairs)
    }

    /// Lets a viewer in.
    ///
    /// # Errors
    /// If the offer cannot be answered, or there is no room.
    pub async fn join(&self, guest: Guest) -> Result<Joined, EngineError> {
        let (answer, answered) = oneshot::channel();
        self.tell(Command::Join { guest, answer }).await?;
        answered.await.map_err(|_| EngineError::Closed)?
    }

    /// Lets a viewer go; whether it was there.
    ///
    /// # Errors
    /// If the house is shutting down.
    pub async fn leave(&self, viewing: Id<Viewing>) -> Result<bool, EngineError> {
        let (done, was_there) = oneshot::channel();
        self.tell(Command::Leave { viewing, done }).await?;
        was_there.await.map_err(|_| EngineError::Closed)
    }

    /// Lets all viewers of a login go: it was revoked, or its rights changed.
    ///
    /// # Errors
    /// If the house is shutting down.
    pub async fn leave_login(&self, login: [u8; 16]) -> Result<(), EngineError> {
        self.tell(Command::LeaveLogin(login)).await
    }

    /// Lets all viewers of a stream go: it is no more, or another now.
    ///
    /// # Errors
    /// If the house is shutting down.
    pub async fn leave_stream(&self, key: StreamKey) -> Result<(), EngineError> {
        self.tell(Command::LeaveStream(key)).await
    }

    /// Lets nobody hear a camera any more; pictures go on.
    ///
    /// # Errors
    /// If the house is shutting down.
    pub async fn hush(&self, camera: Id<Camera>) -> Result<(), EngineError> {
        self.tell(Command::Hush(camera)).await
    }

    /// Lets all viewers go.
    ///
    /// # Errors
    /// If the house is shutting down.
    pub async fn leave_all(&self) -> Result<(), EngineError> {
        self.tell(Command::LeaveAll).await
    }

    /// How many are watching, and what they were sent.
    ///
    /// # Errors
    /// If the house is shutting down.
    pub async fn look(&self) -> Result<Seen, EngineError> {
        let (answer, answered) = oneshot::channel();
        self.tell(Command::Look(answer)).await?;
        answered.await.map_err(|_| EngineError::Closed)
    }

    async fn tell(&self, command: Command) -> Result<(), EngineError> {
        self.commands
            .send(command)
            .await
            .map_err(|_| EngineError::Closed)
    }
}

/// Everything the task owns.
struct Served {
    hall: Hall,
    socket: Socket,
    terms: Terms,
    bell: Arc<Bell>,
    /// Those of all, also of who is served elsewhere.
    chairs: Arc<Semaphore>,
    seats: Seats<Viewer>,
    by_viewing: BTreeMap<Id<Viewing>, Seat>,
    /// Where packets of connected viewers come from.
    by_address: BTreeMap<SocketAddr, Seat>,
    /// What the first packets of the others ask for.
    by_ufrag: BTreeMap<String, Seat>,
    by_stream: BTreeMap<StreamKey, Vec<Seat>>,
    /// Those who hear.
    by_sound: BTreeMap<Id<Camera>, Vec<Seat>>,
    /// Seats whose time has come, while they are served.
    rung: Vec<Seat>,
    /// What those were sent who have gone.
    gone: Seen,
    endings: mpsc::Sender<Ended>,
}

impl Served {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Command>,
        mut inbound: mpsc::Receiver<Inbound>,
    ) {
        let stop = self.hall.tasks().soft().clone();
        let bell = Arc::clone(&self.bell);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let nap = self.nap();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                command = inbox.recv() => match command {
                    Some(command) => self.obey(command),
                    None => break,
                },
                () = bell.rung() => self.pump_dirty(),
                Some(inbound) = inbound.recv() => self.connection(inbound),
                ready = self.socket.readable() => match ready {
                    Ok(()) => self.receive(&mut buffer),
                    Err(error) => tracing::error!(%error, "the media port cannot be read"),
                },
                () = tokio::time::sleep(nap) => {}
            }
            self.wake_due();
            self.socket.flush();
        }
        self.let_go_all(|_| true);
        self.socket.flush();
    }

    /// How long nothing is due.
    fn nap(&self) -> Duration {
        let Some(rings) = self.seats.rings_at() else {
            return NAP_MAX;
        };
        let at = self.hall.clock().instant();
        rings.saturating_duration_since(at).min(NAP_MAX)
    }

    fn times(&self) -> (Now, Instant) {
        (self.hall.now(), self.hall.clock().instant())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Join { guest, answer } => {
                let viewing = guest.viewing;
                let joined = self.join(guest);
                // A caller who has gone is one who will not watch.
                if let Err(Ok(_)) = answer.send(joined)
                    && let Some(seat) = self.by_viewing.get(&viewing).copied()
                {
                    self.let_go(seat, false);
                }
            }
            Command::Leave { viewing, done } => {
                let seat = self.by_viewing.get(&viewing).copied();
                if let Some(seat) = seat {
                    self.let_go(seat, true);
                }
                let _ = done.send(seat.is_some());
            }
            Command::LeaveLogin(login) => {
                self.let_go_all(|viewer| viewer.login == login);
            }
            Command::LeaveStream(key) => {
                self.let_go_all(|viewer| viewer.channel.key() == key);
            }
            Command::Hush(camera) => self.hush(camera),
            Command::LeaveAll => self.let_go_all(|_| true),
            Command::Look(answer) => {
                // Who asked and has gone misses nothing.
                let _ = answer.send(self.seen());
            }
        }
    }

    /// Of those who have gone, and those who are there.
    fn seen(&self) -> Seen {
        let mut seen = self.gone;
        for (_, viewer) in self.seats.all() {
            seen.viewers += 1;
            seen.over_tcp += usize::from(viewer.remote.is_some_and(|at| self.socket.tcp.has(at)));
            seen.sent += viewer.sent;
            seen.lost += viewer.lost();
        }
        seen
    }

    fn join(&mut self, guest: Guest) -> Result<Joined, EngineError> {
        let of_one = self.seats.all();
        let of_one = of_one.filter(|(_, viewer)| viewer.login == guest.login);
        admits(of_one.count())?;
        let chair = chair(&self.chairs)?;
        let (now, at) = self.times();
        let (viewing, key) = (guest.viewing, guest.channel.key());
        let (mut viewer, answer) = Viewer::answer(guest, &self.terms, now, at)?;
        viewer.chair = Some(chair);
        viewer.channel.listen(&self.bell);
        let hears = viewer.hears().map(|sound| {
            sound.listen(&self.bell);
            sound.camera()
        });
        let ufrag = viewer.ufrag();
        let seat = self.seats.sit(viewer);
        self.seats.ring_at(seat, at);
        self.by_viewing.insert(viewing, seat);
        self.by_ufrag.insert(ufrag, seat);
        self.by_stream.entry(key).or_default().push(seat);
        if let Some(camera) = hears {
            self.by_sound.entry(camera).or_default().push(seat);
        }
        Ok(Joined { answer })
    }

    fn receive(&mut self, buffer: &mut [u8]) {
        for _ in 0..RECEIVE_BURST {
            let (now, at) = self.times();
            // Datagrams are copied out since serving one needs the socket again;
            // viewers send little.
            let datagrams: Vec<_> = match self.socket.receive(buffer) {
                Ok(Some(datagrams)) => datagrams
                    .map(|(from, to, bytes)| (from, to, bytes.to_vec()))
                    .collect(),
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(%error, "the media port could not be read");
                    return;
                }
            };
            for (from, to, bytes) in datagrams {
                self.datagram(Protocol::Udp, from, to, &bytes, now, at);
            }
        }
    }

    fn connection(&mut self, inbound: Inbound) {
        let (now, at) = self.times();
        match inbound {
            Inbound::Opened(peer, queue) => self.socket.tcp.opened(peer, queue),
            Inbound::Closed(peer) => self.socket.tcp.closed(peer),
            Inbound::Datagram(peer, local, bytes) => {
                self.datagram(Protocol::Tcp, peer, local, &bytes, now, at);
            }
        }
    }

    fn datagram(
        &mut self,
        protocol: Protocol,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        now: Now,
        at: Instant,
    ) {
        let known = self.by_address.get(&from).copied();
        let Some(seat) = known.or_else(|| self.named(bytes)) else {
            return;
        };
        let to = self.terms.candidate(to);
        let Ok(receive) = Receive::new(protocol, from, to, bytes) else {
            return;
        };
        let input = Input::Receive(at, receive);
        let Some(viewer) = self.seats.get(seat) else {
            return;
        };
        if !viewer.accepts(&input) {
            // The address was taken over by another peer of the same host.
            if known.is_some() {
                self.by_address.remove(&from);
            }
            return;
        }
        let Input::Receive(_, receive) = input else {
            return;
        };
        if known.is_none() {
            self.by_address.insert(from, seat);
        }
        self.serve(seat, (now, at), |viewer, socket| {
            viewer.receive(receive, at, now, socket)
        });
    }

    /// Does something for a viewer, and lets it go if it has gone.
    fn serve(
        &mut self,
        seat: Seat,
        (now, at): (Now, Instant),
        work: impl FnOnce(&mut Viewer, &mut Socket) -> Still,
    ) {
        let still = served(&mut self.seats, &mut self.socket, seat, (now, at), work);
        if still == Still::Gone {
            self.let_go(seat, false);
        }
    }

    /// Whom a first packet asks for, by the name we gave him (RFC 8445 §7.2.2).
    fn named(&self, bytes: &[u8]) -> Option<Seat> {
        self.by_ufrag.get(&name_in(bytes)?).copied()
    }

    fn pump_dirty(&mut self) {
        let (now, at) = self.times();
        let mut gone = Vec::new();
        for rung in self.bell.take() {
            let row = match rung {
                Rung::Stream(key) => self.by_stream.get(&key),
                Rung::Sound(camera) => self.by_sound.get(&camera),
            };
            for seat in row.map_or(&[][..], Vec::as_slice) {
                let send = |viewer: &mut Viewer, socket: &mut Socket| match rung {
                    Rung::Stream(_) => viewer.pump(at, now, socket),
                    Rung::Sound(_) => viewer.hear(at, now, socket),
                };
                let still = served(&mut self.seats, &mut self.socket, *seat, (now, at), send);
                if still == Still::Gone {
                    gone.push(*seat);
                }
            }
        }
        for seat in gone {
            self.let_go(seat, false);
        }
    }

    fn wake_due(&mut self) {
        let (now, at) = self.times();
        let mut rung = std::mem::take(&mut self.rung);
        self.seats.rung(at, &mut rung);
        for seat in &rung {
            self.serve(*seat, (now, at), |viewer, socket| {
                viewer.wake_due(at, now, socket)
            });
        }
        self.rung = rung;
    }

    fn hush(&mut self, camera: Id<Camera>) {
        for seat in self.by_sound.remove(&camera).unwrap_or_default() {
            let Some(viewer) = self.seats.get(seat) else {
                continue;
            };
            if let Some(sound) = viewer.hears() {
                sound.unlisten(&self.bell);
            }
            viewer.hush();
        }
    }

    fn let_go_all(&mut self, which: impl Fn(&Viewer) -> bool) {
        let seats: Vec<_> = self
            .seats
            .all()
            .filter_map(|(seat, viewer)| which(viewer).then_some(seat))
            .collect();
        for seat in seats {
            self.let_go(seat, true);
        }
    }

    fn let_go(&mut self, seat: Seat, with_goodbye: bool) {
        let Some(mut viewer) = self.seats.rise(seat) else {
            return;
        };
        let id = viewer.id;
        let (now, at) = self.times();
        if with_goodbye {
            viewer.close(at, now, &mut self.socket);
        }
        self.by_viewing.remove(&id);
        self.by_address.retain(|_, taken| *taken != seat);
        self.by_ufrag.retain(|_, taken| *taken != seat);
        let key = viewer.channel.key();
        if let Some(row) = self.by_stream.get_mut(&key) {
            row.retain(|taken| *taken != seat);
            if row.is_empty() {
                self.by_stream.remove(&key);
                viewer.channel.unlisten(&self.bell);
            }
        }
        if let Some(sound) = viewer.hears()
            && let Some(row) = self.by_sound.get_mut(&sound.camera())
        {
            row.retain(|taken| *taken != seat);
            if row.is_empty() {
                sound.unlisten(&self.bell);
                self.by_sound.remove(&sound.camera());
            }
        }
        self.gone.ended += 1;
        self.gone.sent += viewer.sent;
        self.gone.lost += viewer.lost();
        let ended = Ended {
            viewing: id,
            at: now,
            sent: viewer.sent,
            remote: viewer.remote,
            lost: viewer.lost(),
            sound: viewer.heard,
        };
        // The queue holds as many as there can be viewers. Should the database
        // stand still for longer, the row that was opened for the viewing is
        // closed at the next start, without its end.
        if self.endings.try_send(ended).is_err() {
            tracing::error!(viewing.id = %id, "the end of a viewing could not be handed on");
        }
    }
}

/// Does something for a viewer, and sees to it that it is looked at again.
fn served(
    seats: &mut Seats<Viewer>,
    socket: &mut Socket,
    seat: Seat,
    (now, at): (Now, Instant),
    work: impl FnOnce(&mut Viewer, &mut Socket) -> Still,
) -> Still {
    let Some(viewer) = seats.get(seat) else {
        return Still::Here;
    };
    let still = work(viewer, socket);
    if still == Still::Here {
        let due = viewer.due(now, at);
        seats.ring_at(seat, due);
    }
    still
}

/// The name that a first packet asks for. Anybody may send one, and one task reads
/// them all: what panics at it is a packet that names nobody.
pub(crate) fn name_in(bytes: &[u8]) -> Option<String> {
    let read = || {
        let message = StunMessage::parse(bytes).ok()?;
        let (ours, _) = message.split_username()?;
        Some(ours.to_owned())
    };
    std::panic::catch_unwind(read).ok().flatten()
}

/// Takes one number for both transports. A number that is free for UDP may be in
/// use for TCP; who asked for any number is given the next one.
fn both(at: SocketAddr, own_addresses: bool) -> io::Result<(Socket, TcpListener)> {
    const TRIES: usize = 32;
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let socket = Socket::bind(at, own_addresses)?;
        match tcp::take(socket.local()) {
            Ok(listener) => return Ok((socket, listener)),
            Err(error) if at.port() != 0 => return Err(error),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses that viewers are told to come to.
fn candidates(local: SocketAddr, announce: &[IpAddr]) -> io::Result<Vec<SocketAddr>> {
    let with_port = |ip: &IpAddr| SocketAddr::new(*ip, local.port());
    if !announce.is_empty() {
        return Ok(announce.iter().map(with_port).collect());
    }
    if !local.ip().is_unspecified() {
        return Ok(vec![local]);
    }
    let addresses = if_addrs::get_if_addrs()?
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| ip.is_ipv4() || (local.is_ipv6() && !is_link_local(ip)))
        .map(|ip| with_port(&ip))
        .collect();
    Ok(addresses)
}

/// An address of this kind means nothing without the name of an interface.
fn is_link_local(ip: &IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}

/// Whether one more of a login that has so many seats may have another.
const fn admits(of_one: usize) -> Result<(), EngineError> {
    if of_one >= OF_ONE_MAX {
        return Err(EngineError::Enough);
    }
    Ok(())
}

fn chair(chairs: &Arc<Semaphore>) -> Result<Chair, EngineError> {
    let taken = Arc::clone(chairs).try_acquire_owned();
    taken
        .map(|taken| Chair { _taken: taken })
        .map_err(|_| EngineError::Full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_login_takes_its_share_of_the_seats_and_others_still_find_one() {
        let chairs = Arc::new(Semaphore::new(VIEWERS_MAX));
        let held: Vec<_> = (0..OF_ONE_MAX)
            .map(|taken| {
                admits(taken).expect("his share");
                chair(&chairs).expect("a seat")
            })
            .collect();
        assert!(matches!(admits(held.len()), Err(EngineError::Enough)));
        admits(0).expect("another login");
        let rest: Vec<_> = (OF_ONE_MAX..VIEWERS_MAX)
            .map(|_| chair(&chairs).expect("a seat"))
            .collect();
        assert!(matches!(chair(&chairs), Err(EngineError::Full)));
        drop(rest);
        chair(&chairs).expect("a seat that somebody left");
        const { assert!(OF_ONE_MAX * 2 < VIEWERS_MAX, "two together keep nobody out") };
    }
}
