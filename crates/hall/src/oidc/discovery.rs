//! What a provider says of itself (OpenID Connect Discovery 1.0 §3).

use serde::Deserialize;
use url::Url;

/// The address of the document, below that of the provider.
const PLACE: &str = "/.well-known/openid-configuration";

/// Where things of a provider are.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// Where a browser is sent to.
    pub authorize: Url,
    /// Where a code is exchanged.
    pub token: Url,
    /// Where the keys are.
    pub keys: Url,
    /// Where more is said of a person.
    pub userinfo: Option<Url>,
    /// Where a browser ends its session there.
    pub leave: Option<Url>,
    /// Whether each answer names the provider (RFC 9207).
    pub names_itself: bool,
    /// Whether a client says its secret in the header.
    pub basic: bool,
}

/// Why a document cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// It is none.
    #[error("the document of the provider cannot be read")]
    Form,
    /// It is of another provider.
    #[error("the document names another provider than the configuration does")]
    Issuer,
    /// An address in it is not encrypted, or is none.
    #[error("an address in the document is not one that is encrypted")]
    Address,
    /// The provider does not take codes, or not with a challenge by SHA-256.
    #[error("the provider does not offer the code flow with PKCE S256")]
    Flow,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

/// Whether an address can be sent secrets: encrypted, or of this machine.
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    plain && (url.scheme() == "https" || url.scheme() == "http" && here)
}

impl Discovery {
    /// The address of the document.
    ///
    /// # Errors
    /// If the provider's address is none.
    pub fn place(issuer: &str) -> Result<Url, DiscoveryError> {
        let text = format!("{}{PLACE}", issuer.trim_end_matches('/'));
        safe(&text)
    }

    /// Reads a document that came from a provider's place.
    ///
    /// # Errors
    /// [`DiscoveryError`] if it cannot be used.
    pub fn read(text: &[u8], issuer: &str) -> Result<Self, DiscoveryError> {
        let it: Document = serde_json::from_slice(text).map_err(|_| DiscoveryError::Form)?;
        if it.issuer != issuer {
            return Err(DiscoveryError::Issuer);
        }
        let offers = |list: Option<Vec<String>>, word: &str| {
            list.is_none_or(|list| list.iter().any(|one| one == word))
        };
        // Who does not say which challenges it takes may be older than the list is.
        if !offers(it.response_types_supported, "code")
            || !offers(it.code_challenge_methods_supported, "S256")
        {
            return Err(DiscoveryError::Flow);
        }
        let maybe = |text: Option<String>| text.map(|text| safe(&text)).transpose();
        Ok(Self {
            authorize: safe(&it.authorization_endpoint)?,
            token: safe(&it.token_endpoint)?,
            keys: safe(&it.jwks_uri)?,
            userinfo: maybe(it.userinfo_endpoint)?,
            leave: maybe(it.end_session_endpoint)?,
            names_itself: it.authorization_response_iss_parameter_supported == Some(true),
            basic: offers(
                it.token_endpoint_auth_methods_supported,
                "client_secret_basic",
            ),
        })
    }
}

fn safe(text: &str) -> Result<Url, DiscoveryError> {
    Url::parse(text)
        .ok()
        .filter(is_safe)
        .ok_or(DiscoveryError::Address)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const ISSUER: &str = "https://id.example/realm";

    fn document() -> Json {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
        })
    }

    #[test]
    fn a_document_is_read() {
        let read = Discovery::read(document().to_string().as_bytes(), ISSUER).expect("reads");
        assert_eq!(read.token.as_str(), "https://id.example/token");
        assert!(read.basic && !read.names_itself && read.leave.is_none());
        let place = Discovery::place("https://id.example/realm/").expect("a place");
        assert_eq!(place.path(), "/realm/.well-known/openid-configuration");
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        for (key, value, why) in [
            (
                "issuer",
                json!("https://id.example/other"),
                DiscoveryError::Issuer,
            ),
            (
                "issuer",
                json!("https://id.example/realm/"),
                DiscoveryError::Issuer,
            ),
            (
                "token_endpoint",
                json!("http://id.example/token"),
                DiscoveryError::Address,
            ),
            (
                "token_endpoint",
                json!("https://a:b@id.example/"),
                DiscoveryError::Address,
            ),
            (
                "jwks_uri",
                json!("file:///etc/passwd"),
                DiscoveryError::Address,
            ),
            (
                "end_session_endpoint",
                json!("javascript:x"),
                DiscoveryError::Address,
            ),
            (
                "code_challenge_methods_supported",
                json!(["plain"]),
                DiscoveryError::Flow,
            ),
            (
                "response_types_supported",
                json!(["id_token"]),
                DiscoveryError::Flow,
            ),
            ("token_endpoint", json!(7), DiscoveryError::Form),
        ] {
            let mut wrong = document();
            wrong[key] = value.clone();
            let read = Discovery::read(wrong.to_string().as_bytes(), ISSUER);
            assert_eq!(read.err(), Some(why), "{key} {value}");
        }
        assert!(is_safe(&Url::parse("http://127.0.0.1:9/x").expect("a URL")));
        assert!(!is_safe(
            &Url::parse("http://127.0.0.1.evil.example/").expect("a URL")
        ));
    }
}
