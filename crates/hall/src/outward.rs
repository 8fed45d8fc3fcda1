//! Where the house connects to for somebody.
//!
//! Whoever may write an address into a form makes the house knock there, from within
//! the office's network. So an address is judged after names are looked up, each time
//! anew, and the connection is made to the address that was judged: a name that leads
//! elsewhere a second later leads nobody anywhere. Private networks stay open, for
//! that is where cameras are; the machine itself, one cable, what clouds tell their
//! machines, and what is no single machine are not, unless the configuration names
//! their network. Ports of the house itself are never knocked at.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// Ports that are listed, at most, as single ones or spans.
const SPANS_MAX: usize = 64;

/// What clouds tell their machines stands at these addresses, beside link-local ones:
/// Alibaba, Azure, Oracle.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// The same: Amazon, Google.
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254),
];

/// Why the house does not connect to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// The machine that the house runs on.
    Own,
    /// `0.0.0.0/8` or `::`: no machine.
    Unspecified,
    /// Of one cable, where clouds also tell their machines what they are.
    LinkLocal,
    /// What a cloud tells its machines.
    Metadata,
    /// Many machines, or all of a network.
    Multicast,
    /// Given to nobody, or for pages of books.
    Reserved,
    /// Digits that some programs take for an address and others for another one.
    Spelling,
    /// Not a port at which cameras listen.
    Port,
    /// A port of the house itself.
    OwnPort,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Own,
        Self::Unspecified,
        Self::LinkLocal,
        Self::Metadata,
        Self::Multicast,
        Self::Reserved,
        Self::Spelling,
        Self::Port,
        Self::OwnPort,
    ];
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => {
                "this is the house's own machine; camera_networks of the configuration would let it in"
            }
            Self::Unspecified => "this is the address of no machine",
            Self::LinkLocal => "this address is of one cable only",
            Self::Metadata => "this is where a cloud speaks to its machines",
            Self::Multicast => "this is the address of many machines",
            Self::Reserved => "this address is given to nobody",
            Self::Spelling => "write the address in four numbers, or a name",
            Self::Port => {
                "cameras do not listen at this port; camera_ports of the configuration would let it in"
            }
            Self::OwnPort => "this port is the house's own",
        })
    }
}

/// Why there is nothing to connect to.
#[derive(Debug, thiserror::Error)]
pub enum NoWay {
    /// It may not be.
    #[error("{0}")]
    Refused(Refused),
    /// The name leads nowhere.
    #[error("the name is not known: {0}")]
    Unknown(std::io::Error),
}

/// A network: an address, and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a network as ADDRESS/BITS, for example 127.0.0.0/8")]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| NoNetwork)?,
            None => all,
        };
        (bits <= all)
            .then_some(Self { address, bits })
            .ok_or(NoNetwork)
    }
}

impl Network {
    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let rest = 32 - u32::from(self.bits);
                let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let rest = 128 - u32::from(self.bits);
                let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Ports, as single ones and spans; none at first.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ports(Vec<RangeInclusive<u16>>);

/// A text that names no ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write ports as 554, 8554-8564")]
pub struct NoPorts;

impl FromStr for Ports {
    type Err = NoPorts;

    fn from_str(text: &str) -> Result<Self, NoPorts> {
        let words = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let span = |word: &str| {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let [first, last] = [first, last].map(|it| it.trim().parse::<u16>().ok());
            let (first, last) = (first?, last?);
            (first != 0 && first <= last).then_some(first..=last)
        };
        let all: Option<Vec<_>> = words.map(span).collect();
        let all = all.ok_or(NoPorts)?;
        (!all.is_empty() && all.len() <= SPANS_MAX)
            .then_some(Self(all))
            .ok_or(NoPorts)
    }
}

/// Where the house may connect to. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outward {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    networks: Vec<Network>,
    ports: Ports,
    /// Ports that the house listens at.
    taken: Arc<Mutex<Vec<u16>>>,
}

impl Outward {
    /// With the networks that are let in whatever they are, at any port, and the ports
    /// of all others.
    #[must_use]
    pub fn new(networks: Vec<Network>, ports: Ports) -> Self {
        Self {
            inner: Arc::new(Inner {
                networks,
                ports,
                taken: Arc::default(),
            }),
        }
    }

    /// The same for what listens at other ports: what the house listens at itself is known
    /// to both.
    #[must_use]
    pub fn at_ports(&self, ports: Ports) -> Self {
        Self {
            inner: Arc::new(Inner {
                networks: self.inner.networks.clone(),
                ports,
                taken: Arc::clone(&self.inner.taken),
            }),
        }
    }

    /// The house listens there.
    pub fn take(&self, port: u16) {
        if port != 0 {
            self.taken().push(port);
        }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, Vec<u16>> {
        // A list of numbers is whole at any moment.
        self.inner
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the house may connect to an address.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, at: SocketAddr) -> Result<(), Refused> {
        self.judged(at, is_of_this_machine)
    }

    /// Whether the house may call out, to many machines at once, into the network of one of
    /// its own addresses: where it may connect to a neighbour.
    #[must_use]
    pub fn calls_from(&self, own: IpAddr) -> bool {
        let address = undisguised(own);
        let named = self.inner.networks.iter().any(|it| it.contains(address));
        named || fit(address).is_ok()
    }

    fn judged(&self, at: SocketAddr, is_own: impl Fn(IpAddr) -> bool) -> Result<(), Refused> {
        let address = undisguised(at.ip());
        let is_own = address.is_loopback() || is_own(address);
        if is_own && self.taken().contains(&at.port()) {
            return Err(Refused::OwnPort);
        }
        let inner = &self.inner;
        if inner.networks.iter().any(|it| it.contains(address)) {
            return Ok(());
        }
        fit(address)?;
        if is_own {
            return Err(Refused::Own);
        }
        let Ports(spans) = &inner.ports;
        if !spans.iter().any(|span| span.contains(&at.port())) {
            return Err(Refused::Port);
        }
        Ok(())
    }

    /// What can be said of a host before it is looked up: for a form, which is to be
    /// refused where it is filled in. The last word is [`Outward::find`]'s.
    ///
    /// # Errors
    /// Why the house will not connect there, whatever the name leads to.
    pub fn foresee(&self, host: &str, port: u16) -> Result<(), Refused> {
        let name = bare(host);
        if let Ok(address) = name.parse::<IpAddr>() {
            return self.judge(SocketAddr::new(address, port));
        }
        if is_odd(name) {
            return Err(Refused::Spelling);
        }
        let lower = name.to_ascii_lowercase();
        if lower == "localhost" || lower.ends_with(".localhost") {
            return self.judge(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
        }
        let Ports(spans) = &self.inner.ports;
        let is_named = spans.iter().any(|span| span.contains(&port));
        // A name may lead into a network that is let in at any port.
        if !is_named && self.inner.networks.is_empty() {
            return Err(Refused::Port);
        }
        Ok(())
    }

    /// Looks a host up and says to which address to connect: the first one that may be,
    /// and no other.
    ///
    /// # Errors
    /// If the name is unknown, or none of its addresses may be.
    pub async fn find(&self, host: &str, port: u16) -> Result<SocketAddr, NoWay> {
        let name = bare(host);
        if let Ok(address) = name.parse::<IpAddr>() {
            return self.choose([SocketAddr::new(address, port)]);
        }
        if is_odd(name) {
            return Err(NoWay::Refused(Refused::Spelling));
        }
        let found = tokio::net::lookup_host((name, port)).await;
        self.choose(found.map_err(NoWay::Unknown)?)
    }

    fn choose(&self, all: impl IntoIterator<Item = SocketAddr>) -> Result<SocketAddr, NoWay> {
        let mut why = None;
        for at in all {
            match self.judge(at) {
                Ok(()) => return Ok(at),
                Err(refused) => why = why.or(Some(refused)),
            }
        }
        Err(why.map_or_else(
            || NoWay::Unknown(std::io::Error::from(std::io::ErrorKind::NotFound)),
            NoWay::Refused,
        ))
    }
}

/// Without the brackets of an IPv6 address and the point of a root.
fn bare(host: &str) -> &str {
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether some library reads an address out of what is none: one number, three of them,
/// octal, hexadecimal (`inet_aton`). No name ends in digits only (RFC 3696 §2).
fn is_odd(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    let hex_digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_hexdigit());
    last.is_empty() || name.contains('%') || digits(last) || hex.is_some_and(hex_digits)
}

/// The address of IPv4 that one of IPv6 leads to: mapped and compatible ones (RFC 4291),
/// those behind a translator (RFC 6052, RFC 8215) and of 6to4 (RFC 3056).
fn undisguised(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let low = || {
        let [p, q] = g.to_be_bytes();
        let [r, s] = h.to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(p, q, r, s))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0) if (g, h) != (0, 0) && (g, h) != (0, 1) => low(),
        (0, 0, 0, 0, 0, 0xffff) | (0, 0, 0, 0, 0xffff, 0) => low(),
        (0x64, 0xff9b, 0, 0, 0, 0) | (0x64, 0xff9b, 1, ..) => low(),
        (0x2002, ..) => {
            let [p, q] = b.to_be_bytes();
            let [r, s] = c.to_be_bytes();
            IpAddr::V4(Ipv4Addr::new(p, q, r, s))
        }
        _ => address,
    }
}

/// Whether an address is one machine somewhere else, as far as itself tells.
fn fit(address: IpAddr) -> Result<(), Refused> {
    match address {
        IpAddr::V4(v4) => fit_v4(v4),
        IpAddr::V6(v6) => fit_v6(v6),
    }
}

fn fit_v4(address: Ipv4Addr) -> Result<(), Refused> {
    if METADATA_V4.contains(&address) {
        return Err(Refused::Metadata);
    }
    match address.octets() {
        [0, ..] => Err(Refused::Unspecified),
        [127, ..] => Err(Refused::Own),
        [169, 254, ..] => Err(Refused::LinkLocal),
        [224..=239, ..] | [255, 255, 255, 255] => Err(Refused::Multicast),
        [240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Err(Refused::Reserved),
        _ => Ok(()),
    }
}

fn fit_v6(address: Ipv6Addr) -> Result<(), Refused> {
    if METADATA_V6.contains(&address) {
        return Err(Refused::Metadata);
    }
    if address.is_unspecified() {
        return Err(Refused::Unspecified);
    }
    if address.is_loopback() {
        return Err(Refused::Own);
    }
    match address.segments() {
        [0xfe80..=0xfeff, ..] => Err(Refused::LinkLocal),
        [0xff00..=0xffff, ..] => Err(Refused::Multicast),
        // Tunnels of Teredo, what is thrown away, pages of books, and nobody's.
        [0x2001, 0, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..] => {
            Err(Refused::Reserved)
        }
        [0x2000..=0x3fff, ..] | [0xfc00..=0xfdff, ..] => Ok(()),
        _ => Err(Refused::Reserved),
    }
}

/// Whether an interface of this machine has the address. One that cannot tell what it
/// has is taken not to have it: loopback is known without asking.
fn is_of_this_machine(address: IpAddr) -> bool {
    if_addrs::get_if_addrs().is_ok_and(|all| all.iter().any(|interface| interface.ip() == address))
}

#[cfg(test)]
mod tests;
