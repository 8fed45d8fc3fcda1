//! What strangers on the network answer to a probe (WS-Discovery, April 2005 and ONVIF Core,
//! clause 7): datagrams in, devices out.
//!
//! An answer is believed little. Whoever has sent it is at the address that it came from, and
//! nowhere else: of the addresses that it names only port and path are taken, and other
//! machines in them are told. It has to name the probe that it answers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;

use hall::outward::{Outward, Refused};
use oxvif::soap::XmlNode;
use url::{Host, Url};

use crate::onvif::{self, shallow};

/// The longest answer that is read, in octets; devices send about two thousand. Policy: a
/// longer one is counted as one that cannot be read.
pub(crate) const ANSWER_MAX: usize = 16 * 1024;

/// Answers of one search that are looked at, at most. Policy: the search ends and says so.
pub(crate) const HEARD_MAX: u32 = 4_096;

/// Answers of one machine that are looked at, at most: six probes from each of our networks,
/// of which some answer each twice. Policy: the rest is counted and left out.
pub(crate) const OF_ONE_MAX: u32 = 128;

/// Devices that are listed, at most. Policy: the rest is counted and left out.
pub(crate) const DEVICES_MAX: usize = 512;

/// Devices behind one machine that are listed, at most: a recorder may answer for others.
/// Policy: as above.
const BEHIND_ONE_MAX: usize = 16;

/// Machines that answer for one device, at most. Policy: as above.
const WAYS_MAX: usize = 4;

/// Other machines that are told of one answer, at most. Policy: the rest is not told.
const ELSEWHERE_MAX: usize = 4;

/// Longest path that is believed, in octets.
const PATH_MAX: usize = 200;

/// Longest name of a device's identity, in characters: a UUID has 36.
const ENDPOINT_MAX: usize = 80;

/// A device as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighted {
    /// Its identity, mostly a UUID.
    pub(crate) endpoint: String,
    pub(crate) name: Option<String>,
    pub(crate) maker: Option<String>,
    pub(crate) model: Option<String>,
    /// Where it hangs, as somebody has told it once.
    pub(crate) place: Option<String>,
    /// Whether it says that it keeps pictures of cameras.
    pub(crate) stores: bool,
    /// Whence it has answered, in their order.
    pub(crate) ways: Vec<Way>,
}

/// One machine that has answered for a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// Whence the answer came.
    pub(crate) from: IpAddr,
    /// Where it may be asked by ONVIF; none if it names nothing that can be asked.
    pub(crate) url: Option<Url>,
    /// Why the house does not connect there.
    pub(crate) refused: Option<Refused>,
    /// Other machines that it has named.
    pub(crate) elsewhere: Vec<String>,
}

/// All that was heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    pub(crate) devices: Vec<Sighted>,
    pub(crate) heard: u32,
    /// Too long, no XML, or no answer.
    pub(crate) unreadable: u32,
    /// Answers to nothing that was asked.
    pub(crate) stray: u32,
    /// Beyond a bound.
    pub(crate) left_out: u32,
    of_one: BTreeMap<IpAddr, u32>,
}

/// What one answer says of one device.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) endpoint: String,
    pub(crate) name: Option<String>,
    maker: Option<String>,
    model: Option<String>,
    place: Option<String>,
    stores: bool,
    pub(crate) addresses: Vec<Url>,
}

impl Findings {
    /// Whether no more is looked at.
    pub(crate) const fn is_full(&self) -> bool {
        self.heard >= HEARD_MAX
    }

    /// Takes one answer. `is_asked` knows the probes of this search by their ids.
    pub(crate) fn take(
        &mut self,
        from: IpAddr,
        datagram: &[u8],
        is_asked: impl Fn(&str) -> bool,
        outward: &Outward,
    ) {
        if self.is_full() {
            return;
        }
        // One that floods takes nobody's place.
        let of_one = self.of_one.entry(from).or_default();
        if *of_one >= OF_ONE_MAX {
            self.left_out += 1;
            return;
        }
        *of_one += 1;
        self.heard += 1;
        let Some((answered, all)) = read(datagram) else {
            self.unreadable += 1;
            return;
        };
        if !is_asked(&answered) {
            self.stray += 1;
            return;
        }
        for told in all {
            self.sight(from, told, outward);
        }
    }

    fn sight(&mut self, from: IpAddr, told: Told, outward: &Outward) {
        let known = self.devices.iter_mut();
        let mut known = known.filter(|it| it.endpoint == told.endpoint);
        if let Some(device) = known.next() {
            if device.ways.iter().any(|way| way.from == from) {
                return;
            }
            if device.ways.len() < WAYS_MAX {
                device.ways.push(way(from, &told.addresses, outward));
            } else {
                self.left_out += 1;
            }
            return;
        }
        let is_first = |it: &&Sighted| it.ways.first().is_some_and(|way| way.from == from);
        let behind = self.devices.iter().filter(is_first).count();
        if self.devices.len() >= DEVICES_MAX || behind >= BEHIND_ONE_MAX {
            self.left_out += 1;
            return;
        }
        self.devices.push(Sighted {
            ways: vec![way(from, &told.addresses, outward)],
            endpoint: told.endpoint,
            name: told.name,
            maker: told.maker,
            model: told.model,
            place: told.place,
            stores: told.stores,
        });
    }
}

/// Where a device may be asked that has answered from there and names these addresses.
fn way(from: IpAddr, named: &[Url], outward: &Outward) -> Way {
    let is_here = |url: &&Url| match url.host() {
        Some(Host::Ipv4(v4)) => IpAddr::V4(v4) == from,
        Some(Host::Ipv6(v6)) => IpAddr::V6(v6) == from,
        Some(Host::Domain(_)) | None => false,
    };
    let best = named.iter().find(is_here).or_else(|| named.first());
    let url = best.cloned().and_then(|mut url| {
        url.set_ip_host(from).ok()?;
        Some(url)
    });
    let refused = url.as_ref().and_then(|url| {
        let at = SocketAddr::new(from, onvif::port(url));
        outward.judge(at).err()
    });
    let mut elsewhere: Vec<String> = Vec::new();
    for url in named.iter().filter(|url| !is_here(url)) {
        let host = url.host_str().map(onvif::name).unwrap_or_default();
        if !host.is_empty() && !elsewhere.contains(&host) && elsewhere.len() < ELSEWHERE_MAX {
            elsewhere.push(host);
        }
    }
    Way {
        from,
        url,
        refused,
        elsewhere,
    }
}

/// Reads one datagram: which probe it answers, and the devices in it. None if it is no
/// answer.
pub(crate) fn read(datagram: &[u8]) -> Option<(String, Vec<Told>)> {
    if datagram.len() > ANSWER_MAX {
        return None;
    }
    // Names of another alphabet are told with holes in them and not lost.
    let text = String::from_utf8_lossy(datagram);
    shallow::look(&text).ok()?;
    // What breaks the library is no answer.
    let parsed = std::panic::catch_unwind(AssertUnwindSafe(|| XmlNode::parse(&text)));
    let root = parsed.ok()?.ok()?;
    let answered = root.path(&["Header", "RelatesTo"])?.text().to_owned();
    let body = root.child("Body")?;
    // Some leave out what stands around it.
    let bare = || body.child("ProbeMatch").map(|_| body);
    let matches = body.child("ProbeMatches").or_else(bare)?;
    let all = matches.children_named("ProbeMatch").filter_map(told);
    Some((answered, all.take(BEHIND_ONE_MAX).collect()))
}

/// One device; none if it says of itself that it is something else than one of ONVIF.
fn told(node: &XmlNode) -> Option<Told> {
    let words = |name| {
        node.child(name)
            .map_or("", XmlNode::text)
            .split_whitespace()
    };
    let types = || words("Types").filter_map(|word| word.rsplit(':').next());
    let scopes: Vec<&str> = words("Scopes").filter_map(scope).collect();
    let is_onvif = !scopes.is_empty()
        || types().any(|word| word.starts_with("NetworkVideo") || word == "Device");
    if !is_onvif {
        return None;
    }
    let said = |of: &str| {
        let mut all = scopes.iter().filter_map(|scope| scope.split_once('/'));
        let found = all.find(|(word, text)| word.eq_ignore_ascii_case(of) && !text.is_empty());
        let text = found.map(|(_, text)| onvif::name(&plain(text)));
        text.filter(|text| !text.is_empty())
    };
    let is_store = |word: &str| {
        let word = word.to_ascii_lowercase();
        word.contains("storage") || word.contains("nvr") || word.contains("recorder")
    };
    let mut kinds = scopes
        .iter()
        .filter_map(|scope| scope.strip_prefix("type/"));
    let endpoint = node.path(&["EndpointReference", "Address"])?.text();
    let endpoint = endpoint.to_ascii_lowercase();
    let endpoint = endpoint.strip_prefix("urn:").unwrap_or(&endpoint);
    let endpoint = endpoint.strip_prefix("uuid:").unwrap_or(endpoint);
    let endpoint: String = endpoint
        .chars()
        .filter(|c| !c.is_control())
        .take(ENDPOINT_MAX)
        .collect();
    if endpoint.is_empty() {
        return None;
    }
    Some(Told {
        name: said("name"),
        maker: said("mfr").or_else(|| said("manufacturer")),
        model: said("hardware"),
        place: said("location"),
        stores: types().any(is_store) || kinds.any(is_store),
        addresses: words("XAddrs").filter_map(asked_by_http).collect(),
        endpoint,
    })
}

/// What stands behind ONVIF's own beginning of a scope.
fn scope(word: &str) -> Option<&str> {
    const BEGIN: &str = "onvif://www.onvif.org/";
    let is_own = word.get(..BEGIN.len())?.eq_ignore_ascii_case(BEGIN);
    if is_own {
        word.get(BEGIN.len()..)
    } else {
        None
    }
}

/// An address of a device service that the house could ask, with nothing in it but machine,
/// port and path.
fn asked_by_http(word: &str) -> Option<Url> {
    let mut url = Url::parse(word).ok()?;
    if url.scheme() != "http" || url.path().len() > PATH_MAX {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// Without the escapes of an address (RFC 3986 §2.1).
fn plain(text: &str) -> String {
    let octets = text.as_bytes();
    let mut found = Vec::with_capacity(octets.len());
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        let hex = text.get(at + 1..at + 3);
        let escaped = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(plain) if *octet == b'%' => {
                found.push(plain);
                at += 3;
            }
            _ => {
                found.push(*octet);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&found).into_owned()
}

#[cfg(test)]
mod tests;
