//! Tokens by an implementation of others (`foreign/tokens.mjs`), and bytes of strangers.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

struct Foreign {
    all: Json,
    keys: Keys,
}

impl Foreign {
    fn new() -> Self {
        let all: Json = serde_json::from_str(include_str!("../foreign/tokens.json"))
            .expect("what was made by foreign/tokens.mjs");
        let keys = Keys::read(all["keys"].to_string().as_bytes()).expect("a set of keys");
        Self { all, keys }
    }

    fn text(&self, name: &str) -> &str {
        self.all[name].as_str().expect("text")
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            issuer: self.text("issuer"),
            client: self.text("client"),
            nonce: self.text("nonce"),
            access_token: Some(self.text("access")),
            now: Wall::from_us(self.all["now"].as_i64().expect("a time") * 1_000_000),
        }
    }

    fn token(&self, name: &str) -> &str {
        let cases = self.all["cases"].as_array().expect("cases");
        let case = cases.iter().find(|case| case["name"] == name);
        case.and_then(|case| case["token"].as_str()).expect(name)
    }
}

#[test]
fn foreign_tokens_are_believed_as_the_standard_says() {
    let foreign = Foreign::new();
    let cases = foreign.all["cases"].as_array().expect("cases");
    assert!(cases.len() > 35, "{}", cases.len());
    let mut seen = std::collections::BTreeSet::new();
    for case in cases {
        let token = case["token"].as_str().expect("a token");
        let said = match verify(token, &foreign.keys, &foreign.expected()) {
            Ok(vouched) => {
                assert_eq!(vouched.subject, "budi-7", "{}", case["name"]);
                "ok".to_owned()
            }
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(case["says"], said.as_str(), "{}", case["name"]);
        seen.insert(said);
    }
    // Every outcome there is has its case.
    assert_eq!(seen.len(), 11, "{seen:?}");
}

#[test]
fn only_what_is_verified_is_said_of_a_person() {
    let foreign = Foreign::new();
    let said = |name: &str| verify(foreign.token(name), &foreign.keys, &foreign.expected());
    let vouched = said("said of the person").expect("believed");
    assert_eq!(vouched.email.as_deref(), Some("budi@dinas.example"));
    assert_eq!(vouched.username.as_deref(), Some("budi"));
    assert_eq!(vouched.factors, ["gold", "pwd", "otp"]);
    for name in [
        "an e-mail address that is not verified",
        "an e-mail address verified by a text",
    ] {
        assert_eq!(said(name).expect("believed").email, None, "{name}");
    }
}

#[test]
fn the_house_decides_whose_answer_it_waits_for() {
    let foreign = Foreign::new();
    let token = foreign.token("RS256");
    let right = foreign.expected();
    for (wrong, why) in [
        (
            Expected {
                issuer: "https://id.example/realm/",
                ..right
            },
            TokenError::Issuer,
        ),
        (
            Expected {
                client: "beta",
                ..right
            },
            TokenError::Audience,
        ),
        (Expected { nonce: "", ..right }, TokenError::Nonce),
        (
            Expected {
                access_token: Some("x"),
                ..right
            },
            TokenError::AccessToken,
        ),
        (
            Expected {
                now: Wall::from_us(0),
                ..right
            },
            TokenError::Time,
        ),
    ] {
        assert_eq!(verify(token, &foreign.keys, &wrong), Err(why));
    }
    let none = Keys::default();
    assert_eq!(verify(token, &none, &right), Err(TokenError::UnknownKey));
    assert!(Keys::read(b"[]").is_none() && Keys::read(b"{\"keys\": 1}").is_none());
}

#[test]
fn one_changed_octet_is_always_found() {
    let foreign = Foreign::new();
    for name in ["RS256", "ES256", "EdDSA"] {
        let token = foreign.token(name);
        for at in (0..token.len()).step_by(7) {
            let mut wrong = token.as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
            let wrong = String::from_utf8(wrong).expect("ASCII");
            assert!(
                verify(&wrong, &foreign.keys, &foreign.expected()).is_err(),
                "{name} {at}"
            );
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}", parts in proptest::collection::vec("[A-Za-z0-9_-]{0,40}", 0..5)) {
        let foreign = Foreign::new();
        let _ = verify(&text, &foreign.keys, &foreign.expected());
        let _ = verify(&parts.join("."), &foreign.keys, &foreign.expected());
        let _ = Keys::read(text.as_bytes());
    }
}
