//! Who is really calling, behind a proxy.
//!
//! What a request says of its way (`Forwarded`, RFC 7239; `X-Forwarded-For` and
//! `-Proto`) is believed only if the peer is a proxy that the configuration
//! names; anybody else could write it himself. Of a chain of proxies the last
//! address that is not one of ours counts.
//!
//! A proxy writes one of the two kinds and hands the other on as it came, so when
//! both are there and differ, a caller has written one of them: neither counts.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;

use crate::Hall;
use crate::config::Tls;
use crate::session::Arrival;

/// Puts the [`Arrival`] of a request into its extensions.
pub async fn arrival(State(hall): State<Hall>, mut request: Request, next: Next) -> Response {
    let config = hall.config();
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_canonical());
    let own_tls = config.tls != Tls::Off;
    let mut arrival = judge(peer, own_tls, &config.trusted_proxies, request.headers());
    let direct = peer.filter(|peer| !config.trusted_proxies.contains(peer));
    arrival.port = direct.and_then(|_| called(&request, own_tls));
    request.extensions_mut().insert(arrival);
    next.run(request).await
}

/// The port of the address that a browser has opened (RFC 9110 §7.2): in HTTP/2 it
/// stands with the path, and one that is the usual one of its scheme is not said.
fn called(request: &Request, tls: bool) -> Option<u16> {
    let said = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let said = said.and_then(|host| host.parse::<Authority>().ok());
    let authority = request.uri().authority().or(said.as_ref())?;
    Some(authority.port_u16().unwrap_or(if tls { 443 } else { 80 }))
}

pub(crate) fn judge(
    peer: Option<IpAddr>,
    own_tls: bool,
    trusted: &[IpAddr],
    headers: &HeaderMap,
) -> Arrival {
    let bare = Arrival {
        address: peer,
        tls: own_tls,
        port: None,
    };
    let Some(peer) = peer.filter(|peer| trusted.contains(peer)) else {
        return bare;
    };
    let way = match (Way::of_forwarded(headers), Way::of_x_forwarded(headers)) {
        (Some(one), Some(other)) if one.client(trusted) != other.client(trusted) => return bare,
        (Some(way), _) | (None, Some(way)) => way,
        (None, None) => return bare,
    };
    Arrival {
        address: way.client(trusted).or(Some(peer)),
        tls: own_tls || way.https,
        port: None,
    }
}

/// The way of a request, as proxies have written it down.
struct Way {
    /// From the caller to the last proxy; none where it does not say.
    hops: Vec<Option<IpAddr>>,
    /// Whether the caller came over TLS, as the last proxy says.
    https: bool,
}

impl Way {
    fn of_forwarded(headers: &HeaderMap) -> Option<Self> {
        let elements = elements(headers, "forwarded")?;
        let says = |element: &str, name: &str| {
            element.split(';').find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                let value = value.trim().trim_matches('"').to_owned();
                key.trim().eq_ignore_ascii_case(name).then_some(value)
            })
        };
        let https = elements
            .last()
            .and_then(|last| says(last, "proto"))
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        let hops = elements
            .iter()
            .map(|element| says(element, "for").as_deref().and_then(address))
            .collect();
        Some(Self { hops, https })
    }

    fn of_x_forwarded(headers: &HeaderMap) -> Option<Self> {
        let protos = elements(headers, "x-forwarded-proto");
        let hops = elements(headers, "x-forwarded-for");
        if protos.is_none() && hops.is_none() {
            return None;
        }
        let https = protos
            .as_deref()
            .and_then(<[String]>::last)
            .is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        let hops = hops.unwrap_or_default();
        Some(Self {
            hops: hops.iter().map(|hop| address(hop)).collect(),
            https,
        })
    }

    /// The last hop that is not one of ours. What stands before a hop that cannot
    /// be read was not written by ours.
    fn client(&self, trusted: &[IpAddr]) -> Option<IpAddr> {
        self.hops
            .iter()
            .rev()
            .find(|hop| hop.is_none_or(|hop| !trusted.contains(&hop)))
            .copied()
            .flatten()
    }
}

/// The elements of a list that may stand in several lines.
fn elements(headers: &HeaderMap, name: &str) -> Option<Vec<String>> {
    let lines: Vec<_> = headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .map(|element| element.trim().to_owned())
        .collect();
    (!lines.is_empty()).then_some(lines)
}

/// An address with or without port: `9.9.9.9`, `9.9.9.9:80`, `::1`, `[::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(peer: &str, trusted: &[&str], headers: &[(&'static str, &str)]) -> Arrival {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        let trusted: Vec<_> = trusted.iter().filter_map(|ip| ip.parse().ok()).collect();
        judge(peer.parse().ok(), false, &trusted, &map)
    }

    #[test]
    fn only_a_named_proxy_is_believed() {
        let says = [
            ("x-forwarded-for", "9.9.9.9, 10.0.0.7"),
            ("x-forwarded-proto", "https"),
        ];
        let stranger = arrival("1.2.3.4", &["10.0.0.1"], &says);
        assert_eq!(stranger.address, "1.2.3.4".parse().ok());
        assert!(!stranger.tls);
        let proxy = arrival("10.0.0.1", &["10.0.0.1", "10.0.0.7"], &says);
        assert_eq!(proxy.address, "9.9.9.9".parse().ok());
        assert!(proxy.tls);
        let silent = arrival("10.0.0.1", &["10.0.0.1"], &[]);
        assert_eq!(silent.address, "10.0.0.1".parse().ok());
    }

    #[test]
    fn what_a_caller_wrote_himself_does_not_count() {
        let ours = &["10.0.0.1", "10.0.0.7"];
        for (headers, address) in [
            // A line of his own before the proxy's.
            (
                &[
                    ("x-forwarded-for", "6.6.6.6"),
                    ("x-forwarded-for", "9.9.9.9"),
                ][..],
                "9.9.9.9",
            ),
            // The proxy did not know who it was.
            (&[("x-forwarded-for", "6.6.6.6, unknown")], "10.0.0.1"),
            // With the port of the caller, as some proxies write it.
            (&[("x-forwarded-for", "6.6.6.6, 9.9.9.9:4711")], "9.9.9.9"),
            (&[("forwarded", "for=9.9.9.9;proto=https")], "9.9.9.9"),
            (
                &[(
                    "forwarded",
                    "for=6.6.6.6, for=\"[2001:db8::9]:80\", For=10.0.0.7",
                )],
                "2001:db8::9",
            ),
            (&[("forwarded", "for=6.6.6.6, for=_hidden")], "10.0.0.1"),
            // Two kinds that differ: one of them is his.
            (
                &[("x-forwarded-for", "9.9.9.9"), ("forwarded", "for=6.6.6.6")],
                "10.0.0.1",
            ),
            (
                &[("x-forwarded-for", "9.9.9.9"), ("forwarded", "for=9.9.9.9")],
                "9.9.9.9",
            ),
        ] {
            let found = arrival("10.0.0.1", ours, headers);
            assert_eq!(found.address, address.parse().ok(), "{headers:?}");
        }
        assert!(
            arrival(
                "10.0.0.1",
                ours,
                &[("forwarded", "for=9.9.9.9;Proto=HTTPS")]
            )
            .tls
        );
        let http = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http"),
        ];
        assert!(!arrival("10.0.0.1", ours, &http).tls);
    }
}
