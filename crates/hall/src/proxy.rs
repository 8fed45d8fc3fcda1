//! Who is really calling, behind a proxy.
//!
//! What a request says of its way (`X-Forwarded-For`, `X-Forwarded-Proto`) is
//! believed only if the peer is a proxy that the configuration names; anybody
//! else could write it himself. Of a chain of proxies the last address that is
//! not one of ours counts.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
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
    let arrival = judge(peer, own_tls, &config.trusted_proxies, request.headers());
    request.extensions_mut().insert(arrival);
    next.run(request).await
}

fn judge(peer: Option<IpAddr>, own_tls: bool, trusted: &[IpAddr], headers: &HeaderMap) -> Arrival {
    let is_trusted = |address: &IpAddr| trusted.contains(address);
    if !peer.as_ref().is_some_and(is_trusted) {
        return Arrival {
            address: peer,
            tls: own_tls,
        };
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let client = text("x-forwarded-for").and_then(|chain| {
        chain
            .split(',')
            .rev()
            .filter_map(|part| part.trim().parse::<IpAddr>().ok())
            .find(|address| !is_trusted(address))
    });
    Arrival {
        address: client.or(peer),
        tls: own_tls || text("x-forwarded-proto") == Some("https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(peer: &str, trusted: &[&str], headers: &[(&'static str, &str)]) -> Arrival {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a value"));
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
}
