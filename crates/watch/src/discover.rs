//! Cameras and recorders that answer on the house's own networks (WS-Discovery, April 2005;
//! ONVIF Core, clause 7).
//!
//! A search calls out into networks that somebody has chosen of those that the house has, and
//! listens for a while. Nobody beyond a router hears it. What comes back is read by
//! [`answer`]; it is kept in memory until the next search and nobody is asked anything.

pub(crate) mod answer;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use answer::{ANSWER_MAX, Findings};
use base::id::{Device, Id};
use base::now::Wall;
use futures::future::join_all;
use hall::outward::Outward;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use crate::room::Room;

/// Where devices listen (WS-Discovery §2.4).
const PORT: u16 = 3702;
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xc);

/// How long is waited before each probe: datagrams are lost.
const SENT_AFTER: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(700),
    Duration::from_millis(1_300),
];

/// How long answers are listened for. A device waits half a second at most, and some do for
/// two.
pub(crate) const LISTEN: Duration = Duration::from_secs(5);

/// Networks of one search, at most.
pub(crate) const NETWORKS_MAX: usize = 16;

/// What is asked for: cameras say the one, recorders and others some only the other, and a
/// device has to be all that a probe asks for.
const WANTED: [(&str, &str); 2] = [
    (
        "http://www.onvif.org/ver10/network/wsdl",
        "NetworkVideoTransmitter",
    ),
    ("http://www.onvif.org/ver10/device/wsdl", "Device"),
];

/// A network of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Network {
    /// The house's address in it.
    pub(crate) address: IpAddr,
    pub(crate) bits: u8,
    /// What the machine calls the way into it.
    pub(crate) interface: String,
    index: u32,
}

/// A network of a search.
#[derive(Debug, Clone)]
pub(crate) struct Called {
    pub(crate) network: Network,
    /// Why it could not be called into.
    pub(crate) trouble: Option<String>,
}

/// How far a search is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) running: bool,
    pub(crate) began: Wall,
    pub(crate) called: Vec<Called>,
    pub(crate) findings: Findings,
}

/// One search.
#[derive(Debug)]
struct Search {
    progress: Mutex<Progress>,
    /// The ids of what is sent, by when and by what is wanted: what is said again under one
    /// id is not answered again (SOAP over UDP §3).
    probes: [[String; WANTED.len()]; SENT_AFTER.len()],
}

/// The last search of the house.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    last: Mutex<Option<Arc<Search>>>,
}

/// The networks of the house into which it may call.
pub(crate) fn networks(outward: &Outward) -> Vec<Network> {
    let all = if_addrs::get_if_addrs().unwrap_or_default().into_iter();
    let all = all.filter(|it| outward.calls_from(it.ip()));
    let all = all.map(|it| Network {
        address: it.ip(),
        bits: match &it.addr {
            if_addrs::IfAddr::V4(v4) => v4.prefixlen,
            if_addrs::IfAddr::V6(v6) => v6.prefixlen,
        },
        index: it.index.unwrap_or(0),
        interface: it.name,
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|it| (it.address.is_loopback(), it.address));
    all.dedup_by_key(|it| it.address);
    all.truncate(NETWORKS_MAX);
    all
}

impl Discovery {
    /// What is known of the last search since the house stands.
    pub(crate) fn progress(&self) -> Option<Progress> {
        let last = lock(&self.last).clone()?;
        Some(lock(&last.progress).clone())
    }

    /// Takes the house's one place for a search; none if one goes on. Given up if it is not
    /// gone on with.
    pub(crate) fn reserve(&self, room: &Room, networks: Vec<Network>) -> Option<Reserved> {
        let hall = &room.inner.hall;
        let called = networks.into_iter().take(NETWORKS_MAX);
        let called = called.map(|network| Called {
            network,
            trouble: None,
        });
        let progress = Progress {
            running: true,
            began: hall.now().wall,
            called: called.collect(),
            findings: Findings::default(),
        };
        let search = Arc::new(Search {
            progress: Mutex::new(progress),
            probes: SENT_AFTER.map(|_| WANTED.map(|_| uuid(hall.mint()))),
        });
        let mut last = lock(&self.last);
        if last
            .as_ref()
            .is_some_and(|last| lock(&last.progress).running)
        {
            return None;
        }
        *last = Some(Arc::clone(&search));
        Some(Reserved(search))
    }
}

/// The place of a search. Where it is dropped, however that comes, the search is over, and
/// the next is not kept out.
#[derive(Debug)]
pub(crate) struct Reserved(Arc<Search>);

impl Drop for Reserved {
    fn drop(&mut self) {
        lock(&self.0.progress).running = false;
    }
}

impl Reserved {
    /// Begins.
    pub(crate) fn search(self, room: &Room) -> Progress {
        let progress = lock(&self.0.progress).clone();
        let tasks = room.inner.hall.tasks();
        tasks.spawn("watch.discover", run(room.clone(), self));
        progress
    }
}

/// Calls and listens, all networks at once.
async fn run(room: Room, place: Reserved) {
    let search = &place.0;
    let networks: Vec<_> = {
        let progress = lock(&search.progress);
        let all = progress.called.iter();
        all.map(|called| called.network.clone()).collect()
    };
    let all = networks.iter().enumerate().map(|(at, network)| {
        let room = &room;
        async move {
            if let Err(error) = call(room, search, network).await {
                tracing::info!(network = %network.address, %error, "a network was not searched");
                let mut progress = lock(&search.progress);
                if let Some(called) = progress.called.get_mut(at) {
                    called.trouble = Some(error.to_string());
                }
            }
        }
    });
    let stop = room.inner.hall.tasks().soft().clone();
    tokio::select! {
        () = stop.cancelled() => {}
        _ = join_all(all) => {}
    }
}

/// Calls into one network and takes what comes back.
async fn call(room: &Room, search: &Search, network: &Network) -> std::io::Result<()> {
    let (socket, group) = open(network)?;
    let known: BTreeSet<&str> = search.probes.iter().flatten().map(String::as_str).collect();
    let end = tokio::time::sleep(LISTEN);
    let mut end = std::pin::pin!(end);
    let mut due = SENT_AFTER.into_iter().zip(&search.probes).peekable();
    let mut wait = std::pin::pin!(tokio::time::sleep(SENT_AFTER[0]));
    // One octet more tells what is too long.
    let mut buffer = vec![0; ANSWER_MAX + 1];
    loop {
        tokio::select! {
            () = &mut end => return Ok(()),
            () = &mut wait, if due.peek().is_some() => {
                let ids = due.next().map(|(_, ids)| ids);
                if let Some((after, _)) = due.peek() {
                    wait.set(tokio::time::sleep(*after));
                }
                for (id, (space, kind)) in ids.into_iter().flatten().zip(WANTED) {
                    socket.send_to(probe(id, space, kind).as_bytes(), group).await?;
                }
            }
            came = socket.recv_from(&mut buffer) => {
                let (length, from) = came?;
                let mut progress = lock(&search.progress);
                let outward = &room.inner.onvif;
                let is_asked = |id: &str| known.contains(id);
                progress.findings.take(from.ip(), &buffer[..length], is_asked, outward);
                if progress.findings.is_full() {
                    return Ok(());
                }
            }
        }
    }
}

/// A socket that calls into a network and no further, and whom it calls.
fn open(network: &Network) -> std::io::Result<(UdpSocket, SocketAddr)> {
    let (socket, group) = match network.address {
        IpAddr::V4(own) => {
            let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
            socket.set_multicast_if_v4(&own)?;
            socket.set_multicast_ttl_v4(1)?;
            (socket, SocketAddr::from((GROUP_V4, PORT)))
        }
        IpAddr::V6(_) => {
            let socket = Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))?;
            socket.set_only_v6(true)?;
            socket.set_multicast_if_v6(network.index)?;
            socket.set_multicast_hops_v6(1)?;
            let group = SocketAddrV6::new(GROUP_V6, PORT, 0, network.index);
            (socket, group.into())
        }
    };
    socket.bind(&SocketAddr::new(network.address, 0).into())?;
    socket.set_nonblocking(true)?;
    Ok((UdpSocket::from_std(socket.into())?, group))
}

/// A question to everybody who is such a thing (WS-Discovery §5.2).
fn probe(id: &str, space: &str, kind: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header>\
         <a:Action s:mustUnderstand=\"1\">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
         <a:MessageID>{id}</a:MessageID>\
         <a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
         <a:To s:mustUnderstand=\"1\">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
         <s:Body><d:Probe><d:Types xmlns:k=\"{space}\">k:{kind}</d:Types></d:Probe></s:Body></s:Envelope>"
    )
}

/// As messages are named (RFC 4122 §3).
fn uuid(id: Id<Device>) -> String {
    let hex: String = id.as_bytes().iter().map(|it| format!("{it:02x}")).collect();
    let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|at| &hex[at]);
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A holder that panicked has left an answer out at most.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_named_as_messages_are_and_can_be_read() {
        let id = uuid(Id::from_bytes(*b"0123456789abcdef"));
        assert_eq!(id, "urn:uuid:30313233-3435-3637-3839-616263646566");
        for (space, kind) in WANTED {
            let probe = probe(&id, space, kind);
            assert_eq!(crate::onvif::shallow::look(&probe), Ok(()));
            assert!(probe.len() < 1_400, "it fits into one packet");
        }
    }

    #[test]
    fn only_networks_that_are_let_in_are_called_into() {
        let named = "127.0.0.0/8".parse().into_iter().collect();
        let [shut, open] = [Vec::new(), named].map(|all| Outward::new(all, Default::default()));
        let has = |outward: &Outward| networks(outward).iter().any(|it| it.address.is_loopback());
        assert!(!has(&shut) && has(&open));
        assert!(networks(&open).len() <= NETWORKS_MAX);
    }
}
