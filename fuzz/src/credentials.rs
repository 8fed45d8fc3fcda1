//! What a request says of who it is from and which way it came: cookies, tokens,
//! origins, and what proxies write down. Input: header lines.
//!
//! Does not cover: whether a token or session is known, which is one look-up by
//! the hash of the whole text.

use hall::doors;
use http::{HeaderMap, HeaderName, HeaderValue};

pub fn run(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    let says_token = headers.contains_key("authorization");
    match doors::credentials(&headers) {
        doors::Says::Nothing => assert!(!says_token),
        doors::Says::Session(secret) => {
            assert!(!says_token, "a token goes before a cookie");
            assert!(!secret.contains(';'), "one cookie is one cookie");
        }
        doors::Says::Token(_) => assert!(says_token),
    }
    if headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
    {
        assert!(
            !doors::same_origin(&headers),
            "another site acted for a browser"
        );
    }
    let proxy = [10, 0, 0, 1].into();
    let stranger = [192, 0, 2, 7].into();
    assert_eq!(
        doors::arrival(stranger, &[proxy], &headers),
        (Some(stranger), false),
        "only a proxy that is named is believed"
    );
    let (address, _) = doors::arrival(proxy, &[proxy], &headers);
    assert!(address.is_some(), "a request comes from somewhere");
}
