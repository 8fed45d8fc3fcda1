//! What reads bytes of strangers, for the fuzz targets in `fuzz/` and nobody else.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use http::HeaderMap;
use serde_json::Value as Json;

use crate::factor::webauthn::{self, Expected, Key};
use crate::guard::{self, Credentials};
use crate::intake::{self, Contract};
use crate::{areas, proxy};

/// Who a request says that it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Nobody.
    Nothing,
    /// A session, by this secret.
    Session(String),
    /// A token, by this secret.
    Token(String),
}

/// Who a request with these headers says that it is from.
#[must_use]
pub fn credentials(headers: &HeaderMap) -> Says {
    match Credentials::of(headers) {
        Credentials::None => Says::Nothing,
        Credentials::Cookie(secret) => Says::Session(secret),
        Credentials::Bearer(secret) => Says::Token(secret),
    }
}

/// How many lines a file has that is read whole, as far as it can be read.
#[must_use]
pub fn lines(octets: &[u8], contract: &Contract) -> Option<usize> {
    intake::lines(octets, contract)
}

/// Whether an unsafe request with these headers is from a page of this house.
#[must_use]
pub fn same_origin(headers: &HeaderMap) -> bool {
    let mut request = Request::new(Body::empty());
    headers.clone_into(request.headers_mut());
    guard::same_origin(&request).is_ok()
}

/// Where a request comes from and whether by TLS, when this peer hands it on.
#[must_use]
pub fn arrival(peer: IpAddr, trusted: &[IpAddr], headers: &HeaderMap) -> (Option<IpAddr>, bool) {
    let arrival = proxy::judge(Some(peer), false, trusted, headers);
    (arrival.address, arrival.tls)
}

/// Codes and outlines of a collection as they are kept, if all of them can stand.
#[must_use]
pub fn outlines(collection: &Json) -> Option<Vec<(String, String)>> {
    let features = collection["features"].as_array()?;
    let read = |feature| {
        let (code, geometry) = areas::read_alone(feature).ok()?;
        Some((code.to_string(), geometry))
    };
    features.iter().map(read).collect()
}

/// The house and the challenge that passkeys of the targets are about.
fn expected() -> Expected {
    Expected {
        challenge: vec![7; 32],
        origin: "https://betang.example".to_owned(),
        rp_id: "betang.example".to_owned(),
    }
}

/// The name, algorithm and key of a passkey that was made, if it is believed.
#[must_use]
pub fn passkey(client: &[u8], attestation: &[u8]) -> Option<(Vec<u8>, i64, Vec<u8>)> {
    let made = webauthn::made(&expected(), client, attestation).ok()?;
    Some((made.credential, made.key.algorithm, made.key.bytes))
}

/// Whether a passkey vouches whose key nobody has.
#[must_use]
pub fn passkey_vouches(client: &[u8], data: &[u8], signature: &[u8]) -> bool {
    [(-7, 65), (-8, 32), (-257, 261)]
        .into_iter()
        .any(|(algorithm, length)| {
            let mut bytes = vec![1; length];
            bytes[0] = if algorithm == -7 { 4 } else { 1 };
            let key = Key { algorithm, bytes };
            webauthn::vouched(&expected(), client, data, signature, &key, 0).is_ok()
        })
}
