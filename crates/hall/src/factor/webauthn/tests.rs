//! The vectors of WebAuthn Level 3 §16, and an authenticator that says whatever it is told.

use proptest::prelude::*;

use super::soft::{HOUSE, ORIGIN, Soft};
use super::*;

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).expect("text"), 16).expect("hex"))
        .collect()
}

fn expected(challenge: &str) -> Expected {
    Expected {
        challenge: hex(challenge),
        origin: "https://example.org".to_owned(),
        rp_id: "example.org".to_owned(),
    }
}

/// §16.2, the credential.
const CREATE: (&str, &str, &str) = (
    "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
);

/// §16.2, what it has signed: challenge, client, data, signature.
const GET: [&str; 4] = [
    "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
];

/// §16.10, of an RSA key over the Mersenne primes 2^1279 − 1 and 2^2203 − 1.
const RSA: [&str; 3] = [
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224b56395a39667150356978617970346e596d7834794e6f33617562597a5333536d75757459423462784d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6",
];

/// §16.11: the key, then client, data and signature.
const EDWARDS: [&str; 4] = [
    "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
    "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b",
];

/// The credential of §16.2, whose authenticator has not looked who was there.
fn of_vector() -> Key {
    let attestation = hex(CREATE.2);
    let at = attestation.len() - 77;
    Key::read(&map(&mut &attestation[at..]).expect("a map")).expect("a key")
}

/// Whether client and data are signed by a key.
fn signed(key: &Key, client: &str, data: &str, signature: &[u8]) -> Result<(), Fault> {
    let hash = digest(&SHA256, &hex(client));
    key.verify(&[hex(data).as_slice(), hash.as_ref()].concat(), signature)
}

/// 2^1279 − 1 times 2^2203 − 1 is 2^3482 − 2^2203 − 2^1279 + 1.
fn mersenne() -> Vec<u8> {
    // 3482 ones, less 2^2203 and 2^1279, and two more.
    let mut bits = [true; 3482];
    let mut less = |at: usize| {
        // A one is there: above lie only ones that were not touched.
        let first = (at..3482).find(|at| bits[*at]).expect("a one");
        for bit in &mut bits[at..first] {
            *bit = true;
        }
        bits[first] = false;
    };
    less(2203);
    less(1279);
    // Adding two to a number that ends in ones carries to the first zero.
    let zero = (1..3482).find(|at| !bits[*at]).expect("a zero");
    for bit in &mut bits[1..zero] {
        *bit = false;
    }
    bits[zero] = true;
    let octet = |octet: usize| {
        (0..8).fold(0, |value, bit| {
            let at = octet * 8 + bit;
            value | (u8::from(at < 3482 && bits[at]) << bit)
        })
    };
    (0..3482_usize.div_ceil(8)).rev().map(octet).collect()
}

#[test]
fn the_vectors_of_the_standard_are_read() {
    // It says that nobody was looked at: the only thing that is wrong with it.
    let (challenge, client, attestation) = CREATE;
    let refused = made(&expected(challenge), &hex(client), &hex(attestation));
    assert_eq!(refused, Err(Fault::Unverified));
    let refused = vouched(
        &expected(GET[0]),
        &hex(GET[1]),
        &hex(GET[2]),
        &hex(GET[3]),
        &of_vector(),
        0,
    );
    assert_eq!(refused, Err(Fault::Unverified));
    let mut looked = hex(attestation);
    let flags = looked.len() - 164 + 32;
    assert_eq!(looked[flags], 0x59);
    looked[flags] |= VERIFIED;
    let found = made(&expected(challenge), &hex(client), &looked).expect("a credential");
    assert_eq!(
        found.credential,
        hex("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4")
    );
    assert_eq!((&found.key, found.counter), (&of_vector(), 0));
}

#[test]
fn signatures_of_the_standard_hold_for_each_algorithm() {
    let edwards = Key::read(&map(&mut hex(EDWARDS[0]).as_slice()).expect("a map")).expect("a key");
    let n = mersenne();
    assert_eq!(n.len(), 436);
    let length = u16::try_from(n.len()).expect("short").to_be_bytes();
    let rsa = Key {
        algorithm: RS256,
        bytes: [&length, n.as_slice(), &[1, 0, 1]].concat(),
    };
    for (key, client, data, signature) in [
        (of_vector(), GET[1], GET[2], GET[3]),
        (edwards, EDWARDS[1], EDWARDS[2], EDWARDS[3]),
        (rsa, RSA[0], RSA[1], RSA[2]),
    ] {
        let signature = hex(signature);
        assert_eq!(
            signed(&key, client, data, &signature),
            Ok(()),
            "{}",
            key.algorithm
        );
        for spoilt in [0, signature.len() / 2, signature.len() - 1] {
            let mut other = signature.clone();
            other[spoilt] ^= 1;
            assert_eq!(signed(&key, client, data, &other), Err(Fault::Signature));
        }
        assert_eq!(
            signed(&key, data, client, &signature),
            Err(Fault::Signature)
        );
    }
}

impl Soft {
    fn makes(&self) -> Result<Made, Fault> {
        made(&wanted(), &self.client(), &self.attestation())
    }

    fn vouches(&self, key: &Key, counter: u32) -> Result<u32, Fault> {
        let (client, data) = (self.client(), self.data(false));
        vouched(&wanted(), &client, &data, &self.signature(), key, counter)
    }
}

fn wanted() -> Expected {
    Expected {
        challenge: vec![7; 32],
        origin: ORIGIN.to_owned(),
        rp_id: HOUSE.to_owned(),
    }
}

/// A way to spoil what an authenticator says, and what is said of it then.
type Spoil = (fn(&mut Soft), Fault);

#[test]
fn everything_has_to_be_right() {
    let good = Soft::new("webauthn.create");
    let found = good.makes().expect("a credential");
    assert_eq!(found.credential, b"abc");
    assert_eq!((found.key, found.counter), (good.key(), 5));
    let good = Soft::new("webauthn.get");
    assert_eq!(good.vouches(&good.key(), 4), Ok(5));
    let spoil: [Spoil; 11] = [
        (|soft| soft.purpose = "payment.get", Fault::Purpose),
        (|soft| soft.challenge = vec![8; 32], Fault::Challenge),
        (|soft| soft.challenge = Vec::new(), Fault::Challenge),
        (
            |soft| soft.origin = "https://betang.example".to_owned(),
            Fault::Origin,
        ),
        (
            |soft| soft.origin = "http://betang.example:8443".to_owned(),
            Fault::Origin,
        ),
        (
            |soft| soft.origin = "https://a.betang.example:8443".to_owned(),
            Fault::Origin,
        ),
        (|soft| soft.more = r#","crossOrigin":true"#, Fault::Origin),
        (
            |soft| soft.more = r#","topOrigin":"https://a.example""#,
            Fault::Origin,
        ),
        (|soft| soft.house = "example".to_owned(), Fault::House),
        (|soft| soft.flags = VERIFIED, Fault::Absent),
        (|soft| soft.flags = PRESENT, Fault::Unverified),
    ];
    for (spoil, fault) in spoil {
        for purpose in ["webauthn.create", "webauthn.get"] {
            let mut soft = Soft::new(purpose);
            spoil(&mut soft);
            let refused = match purpose {
                "webauthn.get" => soft.vouches(&soft.key(), 0).map(drop),
                _ => soft.makes().map(drop),
            };
            assert_eq!(refused, Err(fault), "{purpose}");
        }
    }
    let mut soft = Soft::new("webauthn.create");
    soft.format = "packed";
    assert_eq!(soft.makes(), Err(Fault::Attested));
    let soft = Soft::new("webauthn.get");
    let other = Soft::new("webauthn.get");
    assert_eq!(soft.vouches(&other.key(), 0), Err(Fault::Signature));
}

#[test]
fn a_copy_counts_less() {
    let mut soft = Soft::new("webauthn.get");
    for (says, had, judged) in [
        (5, 4, Ok(5)),
        (5, 5, Err(Fault::Copied)),
        (4, 5, Err(Fault::Copied)),
        (0, 5, Err(Fault::Copied)),
        (0, 0, Ok(0)),
        (1, 0, Ok(1)),
    ] {
        soft.counter = says;
        assert_eq!(soft.vouches(&soft.key(), had), judged, "{says} after {had}");
    }
}

#[test]
fn what_is_cut_lengthened_or_huge_is_refused() {
    let soft = Soft::new("webauthn.create");
    let whole = soft.attestation();
    for length in 0..whole.len() {
        assert!(
            made(&wanted(), &soft.client(), &whole[..length]).is_err(),
            "{length}"
        );
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(
        made(&wanted(), &soft.client(), &longer),
        Err(Fault::Unreadable)
    );
    let huge = vec![b' '; TEXT_MAX + 1];
    assert_eq!(made(&wanted(), &huge, &whole), Err(Fault::Size));
    let huge = vec![0; ATTESTATION_MAX + 1];
    assert_eq!(made(&wanted(), &soft.client(), &huge), Err(Fault::Size));
    // An array within an array, and so on; a length that nothing follows.
    for cbor in [
        vec![0x81; 10_000],
        vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(
            made(&wanted(), &soft.client(), &cbor),
            Err(Fault::Unreadable)
        );
    }
}

proptest! {
    #[test]
    fn a_changed_octet_is_never_believed(at: prop::sample::Index, with in 1_u8..) {
        let soft = Soft::new("webauthn.get");
        let (client, data, signature) = (soft.client(), soft.data(false), soft.signature());
        let mut all = [client.as_slice(), &data, &signature].concat();
        let at = at.index(all.len());
        all[at] ^= with;
        let (client, rest) = all.split_at(client.len());
        let (data, signature) = rest.split_at(data.len());
        prop_assert!(vouched(&wanted(), client, data, signature, &soft.key(), 0).is_err());
    }
}
