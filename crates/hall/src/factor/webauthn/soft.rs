//! An authenticator that says whatever it is told, for tests: nothing of it is read by the
//! code that judges, and its CBOR is written octet by octet.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{ATTESTED, ES256, Key, PRESENT, VERIFIED};

pub(crate) const ORIGIN: &str = "https://betang.example:8443";
pub(crate) const HOUSE: &str = "betang.example";

/// An authenticator that says whatever it is told.
pub(crate) struct Soft {
    pub(crate) pair: EcdsaKeyPair,
    pub(crate) purpose: &'static str,
    pub(crate) challenge: Vec<u8>,
    pub(crate) origin: String,
    pub(crate) more: &'static str,
    pub(crate) house: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) format: &'static str,
}

impl Soft {
    pub(crate) fn new(purpose: &'static str) -> Self {
        Self {
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
            purpose,
            challenge: vec![7; 32],
            origin: ORIGIN.to_owned(),
            more: "",
            house: HOUSE.to_owned(),
            flags: PRESENT | VERIFIED,
            counter: 5,
            format: "none",
        }
    }

    pub(crate) fn client(&self) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(&self.challenge);
        let Self {
            purpose,
            origin,
            more,
            ..
        } = self;
        format!(r#"{{"type":"{purpose}","challenge":"{challenge}","origin":"{origin}"{more}}}"#)
            .into_bytes()
    }

    pub(crate) fn key(&self) -> Key {
        Key {
            algorithm: ES256,
            bytes: self.pair.public_key().as_ref().to_vec(),
        }
    }

    /// What it says, written by hand as CTAP2 has it.
    pub(crate) fn data(&self, attested: bool) -> Vec<u8> {
        let mut data = digest(&SHA256, self.house.as_bytes()).as_ref().to_vec();
        data.push(self.flags | if attested { ATTESTED } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend([0, 3]);
            data.extend(b"abc");
            let point = self.key().bytes;
            data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
            data.extend(&point[1..33]);
            data.extend([0x22, 0x58, 0x20]);
            data.extend(&point[33..]);
        }
        data
    }

    pub(crate) fn attestation(&self) -> Vec<u8> {
        let data = self.data(true);
        let mut all = vec![0xa3, 0x63];
        all.extend(b"fmt");
        all.push(0x60 + u8::try_from(self.format.len()).expect("short"));
        all.extend(self.format.as_bytes());
        all.push(0x67);
        all.extend(b"attStmt");
        all.push(0xa0);
        all.push(0x68);
        all.extend(b"authData");
        all.extend([0x58, u8::try_from(data.len()).expect("short")]);
        all.extend(data);
        all
    }

    pub(crate) fn signature(&self) -> Vec<u8> {
        let hash = digest(&SHA256, &self.client());
        let message = [self.data(false).as_slice(), hash.as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message);
        signature.expect("a signature").as_ref().to_vec()
    }
}
