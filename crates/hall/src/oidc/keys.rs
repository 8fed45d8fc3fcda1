//! The public keys of a provider: a JSON Web Key Set (RFC 7517), as far as its keys sign ID
//! tokens.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Keys of one set that are looked at. Policy: a provider has a few, and changes them.
const KEYS_MAX: usize = 64;

/// How an ID token may be signed. Neither `none` nor anything with a shared secret is in
/// the list: a public key is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    Rs256,
    /// ECDSA with P-256 and SHA-256 (RFC 7518 §3.4).
    Es256,
    /// Ed25519 (RFC 8037).
    EdDsa,
}

impl Algorithm {
    /// The algorithm of a word; none if it is not in the list.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// The keys that a provider has said to be its own.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    kid: Option<String>,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    use_of: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// What an octet string of a key says.
fn octets(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

impl Key {
    /// A key that signs; none if it is for something else or of a kind that is not read.
    fn of(jwk: &Jwk) -> Option<Self> {
        if jwk.use_of.as_deref().is_some_and(|word| word != "sig") {
            return None;
        }
        let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Material::Rsa {
                n: octets(jwk.n.as_ref())?,
                e: octets(jwk.e.as_ref())?,
            },
            ("EC", Some("P-256")) => {
                let (x, y) = (octets(jwk.x.as_ref())?, octets(jwk.y.as_ref())?);
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                Material::P256([&[4], x.as_slice(), y.as_slice()].concat())
            }
            ("OKP", Some("Ed25519")) => {
                Material::Ed25519(octets(jwk.x.as_ref()).filter(|x| x.len() == 32)?)
            }
            _ => return None,
        };
        let key = Self {
            kid: jwk.kid.clone(),
            material,
        };
        // One that is said to be for an algorithm is for no other.
        let fits = jwk
            .alg
            .as_deref()
            .is_none_or(|word| Algorithm::parse(word).is_some_and(|alg| key.is_for(alg)));
        fits.then_some(key)
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        matches!(
            (&self.material, algorithm),
            (Material::Rsa { .. }, Algorithm::Rs256)
                | (Material::P256(_), Algorithm::Es256)
                | (Material::Ed25519(_), Algorithm::EdDsa)
        )
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Material::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, signature)
                .is_ok(),
            Material::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point)
                .verify(message, signature)
                .is_ok(),
        }
    }
}

impl Keys {
    /// The keys of a set that sign; none if it is no set. A key that cannot be read is
    /// left out and does not spoil the others.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let set: Set = serde_json::from_slice(text).ok()?;
        let keys = set
            .keys
            .into_iter()
            .take(KEYS_MAX)
            .filter_map(|value| serde_json::from_value(value).ok())
            .filter_map(|jwk| Key::of(&jwk));
        Some(Self(keys.collect()))
    }

    /// Whether one that is meant has signed; none if no key is.
    ///
    /// Without a `kid` the one key for the algorithm is meant, if there is one only.
    #[must_use]
    pub fn have_signed(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let mut meant = self
            .0
            .iter()
            .filter(|key| key.is_for(algorithm))
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        let key = meant.next()?;
        if kid.is_none() && meant.next().is_some() {
            return None;
        }
        Some(key.has_signed(message, signature))
    }
}
