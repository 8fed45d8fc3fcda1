//! ID tokens: what is believed of one (OpenID Connect Core 1.0 §3.1.3.7), and nothing else
//! is.
//!
//! The bytes come from a stranger until the signature is known to be the provider's, with
//! an algorithm of a closed list and a key of the kind that the algorithm is for.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base::now::Wall;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::keys::{Algorithm, Keys};

/// Longest token that is read, in octets.
const TOKEN_MAX: usize = 16 * 1024;

/// How far the clocks of provider and house may be apart, in seconds.
const SKEW_S: f64 = 60.0;

/// How old a token may be that was asked for just now, in seconds.
const AGE_MAX_S: f64 = 600.0;

/// What a token has to say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Whose it is.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// To which login.
    pub nonce: &'a str,
    /// What came with it.
    pub access_token: Option<&'a str>,
    /// When it is looked at.
    pub now: Wall,
}

/// Whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vouched {
    /// Who, as the provider never calls anybody else.
    pub subject: String,
    /// The e-mail address, in lower case, if the provider says that it has verified it.
    pub email: Option<String>,
    /// What the provider calls him. It may be somebody else's tomorrow.
    pub username: Option<String>,
    /// How he has shown who he is: the words of `acr` and `amr`.
    pub factors: Vec<String>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no signed token.
    #[error("it is no signed token")]
    Form,
    /// The algorithm is not in the list.
    #[error("it is signed by an algorithm that is not in the list")]
    Algorithm,
    /// No key of the provider is meant.
    #[error("no key of the provider is meant")]
    UnknownKey,
    /// The key has not signed it.
    #[error("the signature does not fit")]
    Signature,
    /// It is of another provider.
    #[error("it is of another provider")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for somebody else")]
    Audience,
    /// It is over, or its times cannot be.
    #[error("it is over, or of a time to come")]
    Time,
    /// It answers another login.
    #[error("it answers another login")]
    Nonce,
    /// It belongs to another access token.
    #[error("it belongs to another access token")]
    AccessToken,
    /// It names nobody.
    #[error("it names nobody")]
    Subject,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What has to be understood: nothing is.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nonce: Option<String>,
    at_hash: Option<String>,
    acr: Option<String>,
    amr: Option<Vec<String>>,
    #[serde(flatten)]
    said: Said,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What a provider says of a person, in a token or when asked.
#[derive(Debug, Deserialize)]
pub struct Said {
    email: Option<String>,
    email_verified: Option<serde_json::Value>,
    preferred_username: Option<String>,
}

impl Said {
    /// Puts what may be relied on into what is known.
    pub fn into_vouched(self, vouched: &mut Vouched) {
        // Only the word itself: "false" is a text that is there, too.
        let verified = self.email_verified == Some(serde_json::Value::Bool(true));
        let short = |text: &String| !text.is_empty() && text.len() <= 254;
        vouched.email = self
            .email
            .filter(|_| verified)
            .filter(short)
            .map(|email| email.to_lowercase());
        vouched.username = self.preferred_username.filter(short);
    }
}

/// Whom a token vouches for.
///
/// # Errors
/// [`TokenError`] if it is not believed.
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Vouched, TokenError> {
    if token.len() > TOKEN_MAX {
        return Err(TokenError::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
    let (header, claims) = message.split_once('.').ok_or(TokenError::Form)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Form);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Form)?;
    if header.crit.is_some() {
        return Err(TokenError::Form);
    }
    let algorithm = Algorithm::parse(&header.alg).ok_or(TokenError::Algorithm)?;
    let signature = decode(signature)?;
    match keys.have_signed(
        algorithm,
        header.kid.as_deref(),
        message.as_bytes(),
        &signature,
    ) {
        Some(true) => {}
        Some(false) => return Err(TokenError::Signature),
        None => return Err(TokenError::UnknownKey),
    }
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Form)?;
    judge(claims, algorithm, expected)
}

fn judge(
    claims: Claims,
    algorithm: Algorithm,
    expected: &Expected<'_>,
) -> Result<Vouched, TokenError> {
    if claims.iss != expected.issuer {
        return Err(TokenError::Issuer);
    }
    let client = expected.client;
    let (listed, several) = match &claims.aud {
        Audience::One(one) => (one == client, false),
        Audience::Many(many) => (many.iter().any(|one| one == client), many.len() > 1),
    };
    let party = match &claims.azp {
        Some(party) => party == client,
        None => !several,
    };
    if !listed || !party {
        return Err(TokenError::Audience);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this century are exact as a double"
    )]
    let now = (expected.now.as_us() / 1_000_000) as f64;
    // What is no number compares as neither.
    let in_time = claims.exp > now - SKEW_S
        && claims.iat < now + SKEW_S
        && claims.iat > now - AGE_MAX_S - SKEW_S;
    if !in_time {
        return Err(TokenError::Time);
    }
    let nonce = claims.nonce.as_deref().unwrap_or_default();
    if verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_err() {
        return Err(TokenError::Nonce);
    }
    if let (Some(hash), Some(access)) = (&claims.at_hash, expected.access_token)
        && *hash != half(algorithm, access)
    {
        return Err(TokenError::AccessToken);
    }
    if claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err(TokenError::Subject);
    }
    let mut vouched = Vouched {
        subject: claims.sub,
        factors: claims
            .acr
            .into_iter()
            .chain(claims.amr.unwrap_or_default())
            .collect(),
        ..Vouched::default()
    };
    claims.said.into_vouched(&mut vouched);
    Ok(vouched)
}

/// The left half of the hash that goes with the algorithm (Core §3.1.3.6).
fn half(algorithm: Algorithm, access_token: &str) -> String {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => digest(&SHA256, access_token.as_bytes()),
        Algorithm::EdDsa => digest(&SHA512, access_token.as_bytes()),
    };
    let hash = hash.as_ref();
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

#[cfg(test)]
mod tests;
