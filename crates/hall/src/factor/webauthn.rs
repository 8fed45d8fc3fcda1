//! What an authenticator says, judged: WebAuthn Level 3 §7.1 and §7.2, with attestation
//! "none" and user verification always required.
//!
//! Pure. Everything here was sent by a stranger: sizes are bounded before anything is read,
//! of CBOR only flat maps are read, and what is left over behind one is refused.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::Decoder;
use minicbor::data::Type;
use serde::Deserialize;

/// Longest text about the client, and longest attestation, in bytes.
const TEXT_MAX: usize = 4 * 1024;
const ATTESTATION_MAX: usize = 16 * 1024;

/// Longest name of a credential (CTAP 2.1).
pub(super) const CREDENTIAL_MAX: usize = 1_023;

/// Longest signature, and largest modulus, in bytes: RSA of 8192 bits.
const NUMBER_MAX: usize = 1_024;

/// Parts of a map; no map of the standard has as many.
const PARTS_MAX: usize = 16;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;
const EXTENDED: u8 = 0x80;

/// What has to be in what an authenticator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The challenge, which is used up.
    pub(crate) challenge: Vec<u8>,
    /// The address of the page, exactly.
    pub(crate) origin: String,
    /// The name of the house.
    pub(crate) rp_id: String,
}

/// A credential that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// By what its authenticator knows it.
    pub(crate) credential: Vec<u8>,
    /// Its key.
    pub(crate) key: Key,
    /// How often it says it has vouched.
    pub(crate) counter: u32,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The number of the algorithm (COSE).
    pub(crate) algorithm: i64,
    /// ES256: a point; EdDSA: 32 bytes; RS256: two bytes of length, modulus, exponent.
    pub(crate) bytes: Vec<u8>,
}

/// Algorithms that are taken, the best first.
pub const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// Why something is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It is longer than anything of its kind.
    #[error("too long")]
    Size,
    /// It cannot be read.
    #[error("unreadable")]
    Unreadable,
    /// It was said for another purpose.
    #[error("said for another purpose")]
    Purpose,
    /// It answers another challenge.
    #[error("answers another challenge")]
    Challenge,
    /// It was said to a page of another address, or within a page of another.
    #[error("said to another address")]
    Origin,
    /// It vouches for another house.
    #[error("vouches for another house")]
    House,
    /// Nobody was there.
    #[error("nobody touched it")]
    Absent,
    /// Who was there was not looked at: no PIN, finger or face.
    #[error("it did not look who was there")]
    Unverified,
    /// It brings a statement about its make, which was not asked for.
    #[error("brings an attestation")]
    Attested,
    /// The key is of a kind that is not taken.
    #[error("a key of another kind")]
    Algorithm,
    /// The signature is not by the key.
    #[error("not signed by the key")]
    Signature,
    /// It has vouched less often than it had before: somebody holds a copy.
    #[error("counts less than before")]
    Copied,
}

/// What a browser adds of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    #[serde(default)]
    top_origin: Option<String>,
}

/// Judges a credential that was made, §7.1.
///
/// # Errors
/// Why it is not believed.
pub(crate) fn made(expected: &Expected, client: &[u8], attestation: &[u8]) -> Result<Made, Fault> {
    said(expected, client, "webauthn.create")?;
    if attestation.len() > ATTESTATION_MAX {
        return Err(Fault::Size);
    }
    let mut rest = attestation;
    let parts = map(&mut rest)?;
    if !rest.is_empty() {
        return Err(Fault::Unreadable);
    }
    let part = |name: &str| one(&parts, |key| *key == Item::Text(name));
    if *part("fmt")? != Item::Text("none") || *part("attStmt")? != Item::Nothing {
        return Err(Fault::Attested);
    }
    let Item::Bytes(data) = *part("authData")? else {
        return Err(Fault::Unreadable);
    };
    let (counter, credential) = authenticator(expected, data)?;
    let (credential, key) = credential.ok_or(Fault::Unreadable)?;
    Ok(Made {
        credential,
        key,
        counter,
    })
}

/// Judges what somebody has signed, §7.2: how often the authenticator says it has vouched.
///
/// # Errors
/// Why it is not believed. [`Fault::Copied`] comes last: all else was right.
pub(crate) fn vouched(
    expected: &Expected,
    client: &[u8],
    data: &[u8],
    signature: &[u8],
    key: &Key,
    counter: u32,
) -> Result<u32, Fault> {
    said(expected, client, "webauthn.get")?;
    if data.len() > TEXT_MAX || signature.len() > NUMBER_MAX {
        return Err(Fault::Size);
    }
    let (counted, _) = authenticator(expected, data)?;
    let hash = digest(&SHA256, client);
    key.verify(&[data, hash.as_ref()].concat(), signature)?;
    if (counted, counter) != (0, 0) && counted <= counter {
        return Err(Fault::Copied);
    }
    Ok(counted)
}

/// What the browser says: for what, to which challenge, and to whose page.
fn said(expected: &Expected, client: &[u8], purpose: &str) -> Result<(), Fault> {
    if client.len() > TEXT_MAX {
        return Err(Fault::Size);
    }
    let client: Client = serde_json::from_slice(client).map_err(|_| Fault::Unreadable)?;
    if client.r#type != purpose {
        return Err(Fault::Purpose);
    }
    let challenge = URL_SAFE_NO_PAD.decode(client.challenge.as_bytes());
    if challenge.as_ref() != Ok(&expected.challenge) {
        return Err(Fault::Challenge);
    }
    if client.origin != expected.origin || client.cross_origin || client.top_origin.is_some() {
        return Err(Fault::Origin);
    }
    Ok(())
}

type Credential = (Vec<u8>, Key);

/// What the authenticator says, §6.1: its counter, and the credential if it has made one.
fn authenticator(expected: &Expected, data: &[u8]) -> Result<(u32, Option<Credential>), Fault> {
    let (house, rest) = data.split_first_chunk::<32>().ok_or(Fault::Unreadable)?;
    let (flags, rest) = rest.split_first().ok_or(Fault::Unreadable)?;
    let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(Fault::Unreadable)?;
    if house != digest(&SHA256, expected.rp_id.as_bytes()).as_ref() {
        return Err(Fault::House);
    }
    if flags & PRESENT == 0 {
        return Err(Fault::Absent);
    }
    if flags & VERIFIED == 0 {
        return Err(Fault::Unverified);
    }
    let credential = match flags & ATTESTED {
        0 => None,
        _ => Some(credential(&mut rest)?),
    };
    if flags & EXTENDED != 0 {
        map(&mut rest)?;
    }
    if !rest.is_empty() {
        return Err(Fault::Unreadable);
    }
    Ok((u32::from_be_bytes(*counter), credential))
}

/// The credential within what an authenticator says, §6.5.1.
fn credential(rest: &mut &[u8]) -> Result<Credential, Fault> {
    let (_make, after) = rest.split_first_chunk::<16>().ok_or(Fault::Unreadable)?;
    let (length, after) = after.split_first_chunk::<2>().ok_or(Fault::Unreadable)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_MAX {
        return Err(Fault::Size);
    }
    let (id, mut after) = after.split_at_checked(length).ok_or(Fault::Unreadable)?;
    let key = Key::read(&map(&mut after)?)?;
    *rest = after;
    Ok((id.to_vec(), key))
}

/// A value within a map.
#[derive(Debug, PartialEq, Eq)]
enum Item<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Number(i64),
    /// An empty map.
    Nothing,
    /// What nothing here asks for.
    Other,
}

type Parts<'a> = Vec<(Item<'a>, Item<'a>)>;

/// A map of CBOR at the beginning of some bytes, which go on behind it.
fn map<'a>(rest: &mut &'a [u8]) -> Result<Parts<'a>, Fault> {
    let mut decoder = Decoder::new(rest);
    let parts = flat(&mut decoder).map_err(|_| Fault::Unreadable)?;
    *rest = rest.get(decoder.position()..).ok_or(Fault::Unreadable)?;
    Ok(parts)
}

fn flat<'a>(decoder: &mut Decoder<'a>) -> Result<Parts<'a>, minicbor::decode::Error> {
    let length = decoder
        .map()?
        .and_then(|length| usize::try_from(length).ok());
    let length = length
        .filter(|length| *length <= PARTS_MAX)
        .ok_or_else(|| minicbor::decode::Error::message("a map of another kind"))?;
    let mut parts = Vec::with_capacity(length);
    for _ in 0..length {
        parts.push((item(decoder)?, item(decoder)?));
    }
    Ok(parts)
}

fn item<'a>(decoder: &mut Decoder<'a>) -> Result<Item<'a>, minicbor::decode::Error> {
    Ok(match decoder.datatype()? {
        Type::String => Item::Text(decoder.str()?),
        Type::Bytes => Item::Bytes(decoder.bytes()?),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64 => Item::Number(decoder.i64()?),
        Type::Map if decoder.probe().map()? == Some(0) => {
            decoder.map()?;
            Item::Nothing
        }
        _ => {
            decoder.skip()?;
            Item::Other
        }
    })
}

/// The one part that is asked for; twice is as bad as not at all.
fn one<'p, 'a>(
    parts: &'p Parts<'a>,
    asked: impl Fn(&Item<'a>) -> bool,
) -> Result<&'p Item<'a>, Fault> {
    let mut found = parts.iter().filter(|(key, _)| asked(key));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(Fault::Unreadable),
    }
}

impl Key {
    /// Reads a key (RFC 9053 §2, §7).
    fn read(parts: &Parts<'_>) -> Result<Self, Fault> {
        let part = |label| one(parts, |key| *key == Item::Number(label));
        let is = |label, wanted| Ok(*part(label)? == Item::Number(wanted));
        let bytes = |label, most| match part(label)? {
            Item::Bytes(bytes) if bytes.len() <= most => Ok(*bytes),
            _ => Err(Fault::Unreadable),
        };
        let exactly = |label| match bytes(label, 32)? {
            bytes if bytes.len() == 32 => Ok(bytes),
            _ => Err(Fault::Unreadable),
        };
        let Item::Number(algorithm) = *part(3)? else {
            return Err(Fault::Unreadable);
        };
        let bytes = match algorithm {
            ES256 if is(1, 2)? && is(-1, 1)? => {
                [[4].as_slice(), exactly(-2)?, exactly(-3)?].concat()
            }
            EDDSA if is(1, 1)? && is(-1, 6)? => exactly(-2)?.to_vec(),
            RS256 if is(1, 3)? => {
                let modulus = bytes(-1, NUMBER_MAX)?;
                let length = u16::try_from(modulus.len()).map_err(|_| Fault::Size)?;
                [length.to_be_bytes().as_slice(), modulus, bytes(-2, 8)?].concat()
            }
            _ => return Err(Fault::Algorithm),
        };
        Ok(Self { algorithm, bytes })
    }

    /// Whether a message was signed by it.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let bytes = self.bytes.as_slice();
        let verified = match self.algorithm {
            ES256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bytes).verify(message, signature)
            }
            EDDSA => UnparsedPublicKey::new(&ED25519, bytes).verify(message, signature),
            RS256 => {
                let (length, rest) = bytes.split_first_chunk::<2>().ok_or(Fault::Unreadable)?;
                let (n, e) = rest
                    .split_at_checked(usize::from(u16::from_be_bytes(*length)))
                    .ok_or(Fault::Unreadable)?;
                RsaPublicKeyComponents { n, e }.verify(
                    &RSA_PKCS1_2048_8192_SHA256,
                    message,
                    signature,
                )
            }
            _ => return Err(Fault::Algorithm),
        };
        verified.map_err(|_| Fault::Signature)
    }
}

#[cfg(test)]
pub(crate) mod soft;
#[cfg(test)]
mod tests;
