//! Whether whoever asks knows the secret: HTTP Digest with MD5 (RFC 2617 §3.2.2), which is
//! what systems for video speak.
//!
//! The secret itself never goes over the line, and a proof holds for one nonce: the house
//! makes one for each connection, so a proof that was overheard is of no use in another.
//! MD5 is weak against whoever makes two texts alike and not against whoever looks for a
//! secret of eighty random bits.

use md5::{Digest as _, Md5};

/// What the secret is for; a part of what is kept of it.
pub const REALM: &str = "betang";

/// What is kept of a secret: `MD5(user:realm:secret)`, which proofs are made and judged by.
#[must_use]
pub fn kept(user: &str, secret: &str) -> String {
    hex(&format!("{user}:{REALM}:{secret}"))
}

/// What whoever asks has to answer.
#[must_use]
pub fn challenge(nonce: &str) -> String {
    format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=MD5")
}

/// A proof, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Whose secret it is said to be.
    pub user: String,
    nonce: String,
    uri: String,
    response: String,
    /// With it the proof has a count and a word of whoever asks.
    quality: Option<(String, String)>,
}

impl Proof {
    /// From `Authorization`; none if it is of another kind or lacks something.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        let (scheme, rest) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let fields = fields(rest)?;
        let field = |name: &str| {
            let found = fields.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        let is_md5 = field("algorithm").is_none_or(|it| it.eq_ignore_ascii_case("md5"));
        if !is_md5 || field("realm")? != REALM {
            return None;
        }
        let quality = match field("qop") {
            None => None,
            Some(word) if word == "auth" => Some((field("nc")?, field("cnonce")?)),
            Some(_) => return None,
        };
        Some(Self {
            user: field("username")?,
            nonce: field("nonce")?,
            uri: field("uri")?,
            response: field("response")?,
            quality,
        })
    }

    /// Whether it was made for this nonce. One made for another connection is no wrong one.
    #[must_use]
    pub fn is_for(&self, nonce: &str) -> bool {
        self.nonce == nonce
    }

    /// Whether it is one: of what is kept, for this nonce and this word. Which address it
    /// names is the asker's matter; what he gets is judged by the one that he asks for.
    #[must_use]
    pub fn holds(&self, kept: &str, nonce: &str, word: &str) -> bool {
        if self.nonce != nonce {
            return false;
        }
        let what = hex(&format!("{word}:{}", self.uri));
        let right = match &self.quality {
            None => hex(&format!("{kept}:{nonce}:{what}")),
            Some((count, own)) => hex(&format!("{kept}:{nonce}:{count}:{own}:auth:{what}")),
        };
        // Both are of one length or differ; the time says nothing of where.
        let given = self.response.to_ascii_lowercase();
        let pairs = right.bytes().zip(given.bytes());
        given.len() == right.len() && pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

/// Fields of a challenge or its answer, names in lower case; none if they cannot be told apart.
fn fields(mut rest: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() {
            return Some(found);
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            // No system writes a quotation mark into one of these.
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if found.iter().any(|(known, _)| *known == name) {
            return None;
        }
        found.push((name, value.trim().to_owned()));
    }
}

fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for octet in Md5::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{octet:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By hand, from RFC 2617 §3.2.2.1: `MD5(MD5(vms:betang:rahasia):n1:MD5(PLAY:rtsp://a/b))`.
    fn given(more: &str) -> String {
        let kept = kept("vms", "rahasia");
        let what = hex("PLAY:rtsp://a/b");
        let response = hex(&format!("{kept}:n1:{what}"));
        format!(
            "Digest username=\"vms\", realm=\"betang\", nonce=\"n1\", uri=\"rtsp://a/b\", \
             response=\"{response}\"{more}"
        )
    }

    #[test]
    fn md5_is_that_of_the_standard() {
        // RFC 1321 §A.5, RFC 2617 §3.5.
        assert_eq!(hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            hex("Mufasa:testrealm@host.com:Circle Of Life"),
            "939e7578ed9e3c518a452acee763bce9"
        );
    }

    #[test]
    fn who_knows_the_secret_is_believed_for_this_connection_and_this_word() {
        for more in ["", ", algorithm=\"MD5\"", ",algorithm=MD5"] {
            let proof = Proof::read(&given(more)).expect("a proof");
            assert!(proof.holds(&kept("vms", "rahasia"), "n1", "PLAY"), "{more}");
            assert!(!proof.holds(&kept("vms", "rahasia"), "n2", "PLAY"));
            assert!(!proof.holds(&kept("vms", "rahasia"), "n1", "SETUP"));
            assert!(!proof.holds(&kept("vms", "lain"), "n1", "PLAY"));
            assert!(!proof.holds(&kept("lain", "rahasia"), "n1", "PLAY"));
        }
    }

    #[test]
    fn what_is_no_proof_is_none() {
        for wrong in [
            "Basic dm1zOnJhaGFzaWE=",
            "Digest",
            "Digest username=\"vms\"",
            &given(", algorithm=SHA-256"),
            &given(", qop=auth-int"),
            &given(", username=\"lain\""),
            &given("").replace("betang", "lain"),
        ] {
            assert!(Proof::read(wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_none_is_a_proof(text in "[ -~]{0,120}", word in "[a-f0-9]{32}") {
            for text in [text.clone(), format!("Digest {text}")] {
                let proof = Proof::read(&text);
                prop_assert!(proof.is_none_or(|it| !it.holds(&word, "n", "PLAY")));
            }
        }
    }
}
