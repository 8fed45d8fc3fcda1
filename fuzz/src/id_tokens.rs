//! What a provider of identities says: its document, its keys, and an ID token. Input: a
//! set of keys, an empty line, a token.
//!
//! Does not cover: what is asked over the network, and whether the arithmetic of a
//! signature is right, which `crates/hall/src/oidc/token/tests.rs` tries with tokens of
//! others.

use base::now::Wall;
use hall::oidc::discovery::{Discovery, is_safe};
use hall::oidc::keys::Keys;
use hall::oidc::token::{Expected, verify};

pub fn run(bytes: &[u8]) {
    let issuer = "https://id.example/realm";
    if let Ok(read) = Discovery::read(bytes, issuer) {
        for url in [&read.authorize, &read.token, &read.keys] {
            assert!(is_safe(url), "a secret would be sent in the clear");
        }
    }
    let cut = bytes.windows(2).position(|two| two == b"\n\n");
    let (set, token) = cut.map_or((bytes, &b""[..]), |at| (&bytes[..at], &bytes[at + 2..]));
    let (Some(keys), Ok(token)) = (Keys::read(set), std::str::from_utf8(token)) else {
        return;
    };
    let token = token.trim();
    let expected = Expected {
        issuer,
        client: "betang",
        nonce: "n-0S6_WzA2Mj",
        access_token: None,
        now: Wall::from_us(1_800_000_000_000_000),
    };
    if let Ok(vouched) = verify(token, &keys, &expected) {
        assert!(!vouched.subject.is_empty(), "somebody is vouched for");
        let other = Expected {
            client: "other",
            ..expected
        };
        assert!(
            verify(token, &keys, &other).is_err(),
            "a token for one client counted for another"
        );
    }
    assert!(
        verify(token, &Keys::default(), &expected).is_err(),
        "nobody has signed it"
    );
}
