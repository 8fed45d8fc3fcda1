//! Anchors: places far from a village that answer when there is an internet.
//!
//! Three, in different networks, so that one provider's bad day is not taken for the
//! village's. They are said as text in a file, a form and a signed configuration, and
//! read here in one way.

use core::net::SocketAddr;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::desired::House;

/// The most anchors of a box.
pub const ANCHORS_MAX: usize = 3;

/// The longest name, and the longest name of a network, in octets.
const LABEL_MAX: usize = 32;

/// The longest address for HTTPS, in octets.
const HTTPS_MAX: usize = 128;

/// The longest address for TCP, in octets.
const TCP_MAX: usize = 80;

/// The longest name that is asked for, in octets.
const NAME_MAX: usize = 100;

/// An anchor, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// What it is called.
    pub name: String,
    /// The network that it stands in, by name or number (AS).
    pub network: String,
    /// What answers 204 to a GET: `https://HOST[:PORT]/PATH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https: Option<String>,
    /// What takes TCP connections: `HOST:PORT`, better an address than a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<String>,
    /// A resolver, `ADDRESS:PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<String>,
    /// The name that it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_name: Option<String>,
}

/// What an anchor is asked by, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// By HTTPS.
    pub https: Option<Https>,
    /// By TCP.
    pub tcp: Option<House>,
    /// By name: the resolver, and the name.
    pub dns: Option<(SocketAddr, String)>,
}

/// What answers 204.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Https {
    /// Name or address, and port.
    pub at: House,
    /// From its slash on.
    pub path: String,
}

/// Why an anchor cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("anchor {name}: {what}")]
pub struct AnchorError {
    /// Which.
    pub name: String,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Anchor {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self) -> Result<Targets, AnchorError> {
        let wrong = |what| AnchorError {
            name: self.name.chars().take(LABEL_MAX).collect(),
            what,
        };
        if !is_label(&self.name) {
            return Err(wrong("name is 1 to 32 octets of text"));
        }
        if !is_label(&self.network) {
            return Err(wrong("network is 1 to 32 octets of text"));
        }
        let https = self.https.as_deref().map(https).transpose();
        let tcp = self.tcp.as_deref().filter(|text| text.len() <= TCP_MAX);
        let tcp = tcp.map(str::parse::<House>).transpose();
        let dns = self.dns.as_deref().map(str::parse::<SocketAddr>);
        let dns = dns.transpose();
        let targets = Targets {
            https: https.map_err(wrong)?,
            tcp: tcp.map_err(|_| wrong("tcp is HOST:PORT, at most 80 octets"))?,
            dns: match (dns, &self.dns_name) {
                (Ok(None), None) => None,
                (Ok(Some(server)), Some(name)) if server.port() != 0 && is_name(name) => {
                    Some((server, name.clone()))
                }
                (Ok(Some(_)), Some(_)) => return Err(wrong("dns_name is no name")),
                (Ok(_), _) => return Err(wrong("dns and dns_name go together")),
                (Err(_), _) => return Err(wrong("dns is ADDRESS:PORT of a resolver")),
            },
        };
        if self.tcp.is_some() != targets.tcp.is_some() {
            return Err(wrong("tcp is HOST:PORT, at most 80 octets"));
        }
        if targets.https.is_none() && targets.tcp.is_none() && targets.dns.is_none() {
            return Err(wrong("it has to be asked by https, tcp or dns"));
        }
        Ok(targets)
    }
}

/// Reads all anchors of a box.
///
/// # Errors
/// What is wrong with one, or with their number.
pub fn read(anchors: &[Anchor]) -> Result<Vec<Targets>, AnchorError> {
    let all = |what| AnchorError {
        name: "-".to_owned(),
        what,
    };
    if anchors.is_empty() || anchors.len() > ANCHORS_MAX {
        return Err(all("there are one to three anchors"));
    }
    let names: BTreeSet<&str> = anchors.iter().map(|it| it.name.as_str()).collect();
    if names.len() != anchors.len() {
        return Err(all("two have the same name"));
    }
    let targets: Vec<Targets> = anchors.iter().map(Anchor::read).collect::<Result<_, _>>()?;
    let by_https = targets.iter().any(|it| it.https.is_some());
    let by_both =
        targets.iter().any(|it| it.dns.is_some()) && targets.iter().any(|it| it.tcp.is_some());
    if !by_https && !by_both {
        return Err(all("none can prove anything: https, or dns and tcp"));
    }
    Ok(targets)
}

/// Whether several anchors stand in more than one network. To be asked where somebody says
/// them: what a box was told before is no reason for it to look at nothing.
///
/// # Errors
/// If one network's bad day would be taken for a village's.
pub fn apart(anchors: &[Anchor]) -> Result<(), AnchorError> {
    let networks: BTreeSet<&str> = anchors.iter().map(|it| it.network.as_str()).collect();
    if anchors.len() > 1 && networks.len() == 1 {
        return Err(AnchorError {
            name: "-".to_owned(),
            what: "all stand in one network",
        });
    }
    Ok(())
}

/// Where a box looks that nobody has told: public services of three networks that answer
/// all over Indonesia. An office that has places of its own should name those.
#[must_use]
pub fn usual() -> Vec<Anchor> {
    let anchor =
        |name: &str, network: &str, https: Option<&str>, address: &str, asks: &str| Anchor {
            name: name.to_owned(),
            network: network.to_owned(),
            https: https.map(str::to_owned),
            tcp: Some(format!("{address}:443")),
            dns: Some(format!("{address}:53")),
            dns_name: Some(asks.to_owned()),
        };
    vec![
        anchor(
            "google",
            "AS15169",
            Some("https://www.gstatic.com/generate_204"),
            "8.8.8.8",
            "dns.google",
        ),
        anchor(
            "cloudflare",
            "AS13335",
            Some("https://cp.cloudflare.com/generate_204"),
            "1.1.1.1",
            "one.one.one.one",
        ),
        anchor("quad9", "AS19281", None, "9.9.9.9", "dns.quad9.net"),
    ]
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= LABEL_MAX && !text.chars().any(char::is_control)
}

/// Labels of letters, digits, `-` and `_`.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() <= NAME_MAX
        && text
            .split('.')
            .all(|label| (1..=63).contains(&label.len()) && label.bytes().all(plain))
}

fn https(text: &str) -> Result<Https, &'static str> {
    const WRONG: &str = "https is https://HOST[:PORT]/PATH, at most 128 octets";
    let rest = text.strip_prefix("https://").ok_or(WRONG)?;
    let at = rest.find('/').ok_or(WRONG)?;
    let (authority, path) = rest.split_at(at);
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    if text.len() > HTTPS_MAX || !path.bytes().all(plain) {
        return Err(WRONG);
    }
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.contains(']'));
    let at = match has_port {
        true => authority.parse(),
        false => format!("{authority}:443").parse(),
    };
    Ok(Https {
        at: at.map_err(|_| WRONG)?,
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Anchor {
        Anchor {
            name: "provinsi".to_owned(),
            network: "AS64512".to_owned(),
            https: Some("https://cek.example.id/204".to_owned()),
            tcp: Some("203.0.113.7:443".to_owned()),
            dns: Some("203.0.113.8:53".to_owned()),
            dns_name: Some("cek.example.id".to_owned()),
        }
    }

    #[test]
    fn an_anchor_is_read() {
        let read = one().read().expect("an anchor");
        let https = read.https.expect("https");
        assert_eq!(
            (https.at.to_string().as_str(), https.path.as_str()),
            ("cek.example.id:443", "/204")
        );
        for (text, at) in [
            ("https://10.0.0.1:8443/", "10.0.0.1:8443"),
            ("https://[2001:db8::1]/x?y=z", "[2001:db8::1]:443"),
            ("https://[2001:db8::1]:444/", "[2001:db8::1]:444"),
        ] {
            let https = super::https(text).expect(text);
            assert_eq!(https.at.to_string(), at);
        }
        assert!(super::read(&usual()).is_ok());
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let change = |change: fn(&mut Anchor)| {
            let mut anchor = one();
            change(&mut anchor);
            anchor.read().map_err(|error| error.to_string())
        };
        for (wrong, said) in [
            (change(|it| it.name.clear()), "name is"),
            (change(|it| it.network = "x".repeat(33)), "network is"),
            (
                change(|it| it.https = Some("http://a/".to_owned())),
                "https is",
            ),
            (
                change(|it| it.https = Some("https://a".to_owned())),
                "https is",
            ),
            (
                change(|it| it.https = Some("https://a b/".to_owned())),
                "https is",
            ),
            (
                change(|it| it.https = Some("https://u@a/".to_owned())),
                "https is",
            ),
            (
                change(|it| it.https = Some("https://a/\r\nx: y".to_owned())),
                "https is",
            ),
            (change(|it| it.tcp = Some("a".to_owned())), "tcp is"),
            (
                change(|it| it.tcp = Some(format!("{}:1", "a".repeat(80)))),
                "tcp is",
            ),
            (
                change(|it| it.dns = Some("resolver:53".to_owned())),
                "dns is",
            ),
            (change(|it| it.dns_name = None), "go together"),
            (change(|it| it.dns = None), "go together"),
            (
                change(|it| it.dns_name = Some("a..b".to_owned())),
                "no name",
            ),
            (
                change(|it| (it.https, it.tcp, it.dns, it.dns_name) = (None, None, None, None)),
                "has to be asked",
            ),
        ] {
            let error = wrong.expect_err(said);
            assert!(error.contains(said), "{error}");
        }
        let two = [one(), one()];
        assert!(super::read(&two).is_err() && super::read(&[]).is_err());
        let mut blind = one();
        (blind.https, blind.dns, blind.dns_name) = (None, None, None);
        assert!(super::read(&[blind]).is_err(), "TCP alone proves nothing");
    }
}
