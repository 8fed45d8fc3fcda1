//! What a certificate has to show, on either side.
//!
//! Both sides ask the same: is it signed by the authority, for this purpose, by the
//! key that now speaks? Neither asks its clock. A box without a battery starts in
//! 1970 and has to get through to learn the time; and what an expired certificate of
//! a box may still do, which is to renew, is decided where the request is known
//! ([`super::door`]).

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::ca::{DOOR, sha256};
use crate::enrol::code::HouseKey;

/// What both sides of the line use.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// What a certificate says about its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256 of the public key (SubjectPublicKeyInfo).
    pub key_hash: [u8; 32],
    /// Its end, seconds since 1970 UTC.
    pub not_after_s: i64,
}

impl Shown {
    /// Reads it off a certificate.
    #[must_use]
    pub fn by(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        Some(Self {
            key_hash: sha256(parsed.public_key().raw),
            not_after_s: parsed.validity().not_after.timestamp(),
        })
    }
}

/// The house looks at a box's certificate, if it shows one.
#[derive(Debug)]
pub struct OfBoxes(Arc<dyn ClientCertVerifier>);

impl OfBoxes {
    /// Boxes whose certificates that authority has signed.
    ///
    /// # Errors
    /// If the authority's certificate cannot be used.
    pub fn signed_by(authority: &CertificateDer<'static>) -> Result<Self, Error> {
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(store(authority)?), provider())
                // A box that asks to be let in has none yet.
                .allow_unauthenticated()
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self(verifier))
    }
}

impl ClientCertVerifier for OfBoxes {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        at_any_time(now, |time| {
            self.0.verify_client_cert(end_entity, intermediates, time)
        })
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        older_tls()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// A box looks at the house's certificate.
#[derive(Debug)]
pub struct OfHouse {
    /// The only key that will do. None: whichever the first answer shows, which two
    /// people then compare by six words.
    wanted: Option<HouseKey>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl OfHouse {
    /// The house of that key, or any.
    #[must_use]
    pub fn of(wanted: Option<HouseKey>) -> Self {
        Self {
            wanted,
            algorithms: provider().signature_verification_algorithms,
        }
    }
}

impl ServerCertVerifier for OfHouse {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The house sends its authority along: a box keeps a hash and no certificate.
        let (Some(authority), [_]) = (intermediates.first(), intermediates) else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        let shown = Shown::by(authority).ok_or(CertificateError::BadEncoding)?;
        if self.wanted.is_some_and(|key| key.0 != shown.key_hash) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        let roots = store(&authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let door = ServerName::try_from(DOOR).map_err(|_| CertificateError::BadEncoding)?;
        // Its purpose is looked at here too: a stolen box cannot play the house.
        at_any_time(now, |time| {
            verifier.verify_server_cert(end_entity, &[], &door, ocsp_response, time)
        })
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        older_tls()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Neither side speaks anything older.
fn older_tls() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("the line is TLS 1.3".to_owned()))
}

/// Looks again at a time when the certificate was good, if only the time was wrong.
fn at_any_time<T>(
    now: UnixTime,
    verify: impl Fn(UnixTime) -> Result<T, Error>,
) -> Result<T, Error> {
    match verify(now) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            verify(not_after)
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
            not_before, ..
        })) => verify(not_before),
        other => other,
    }
}

fn store(authority: &CertificateDer<'static>) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    store.add(authority.clone())?;
    Ok(store)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::now::Wall;
    use rcgen::{CertificateParams, KeyPair};
    use store::Db;

    use super::*;
    use crate::ca::{Authority, LEAF_LIFE, Request};
    use crate::schema::SCHEMA;
    use crate::vault::Vault;

    const NOW: Wall = Wall::from_us(1_800_000_000_000_000);

    async fn authority(db: &Db) -> Authority {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("data.key");
        let vault = Vault::unlock(&file, db, NOW).await.expect("unlocked");
        Authority::open(db, &vault, NOW)
            .await
            .expect("an authority")
    }

    fn clock(wall: Wall) -> UnixTime {
        let s = u64::try_from(wall.as_us() / 1_000_000).expect("after 1970");
        UnixTime::since_unix_epoch(Duration::from_secs(s))
    }

    /// A box whose battery is flat believes that it is 1970, one whose clock was set by
    /// hand that it is 2100: the house is the house by its key, whatever the day.
    async fn whatever_day_a_box_believes(db: Db) {
        let house = authority(&db).await;
        let (chain, _) = house.door(NOW).expect("a certificate");
        let name = ServerName::try_from("anything.example").expect("a name");
        let looks = |wanted, chain: &[CertificateDer<'static>], at| {
            let door = OfHouse::of(wanted);
            door.verify_server_cert(&chain[0], &chain[1..], &name, &[], at)
        };
        let days = [
            UnixTime::since_unix_epoch(Duration::ZERO),
            clock(NOW),
            clock(NOW + LEAF_LIFE * 2),
            UnixTime::since_unix_epoch(Duration::from_secs(4_102_444_800)),
        ];
        let key = house.house_key();
        for at in days {
            looks(Some(key), &chain, at).unwrap_or_else(|error| panic!("{at:?}: {error}"));
            // A first look, when two people compare six words.
            looks(None, &chain, at).unwrap_or_else(|error| panic!("{at:?}: {error}"));
            let other = HouseKey([7; 32]);
            assert!(
                looks(Some(other), &chain, at).is_err(),
                "{at:?}: another key"
            );
            // Another's certificate behind the right authority's.
            let stranger = KeyPair::generate().expect("a key");
            let own = CertificateParams::new(vec!["betang".to_owned()]).expect("a name");
            let own = own.self_signed(&stranger).expect("signed").der().clone();
            let forged = [own, chain[1].clone()];
            assert!(looks(Some(key), &forged, at).is_err(), "{at:?}: forged");
        }
        // A stolen box cannot play the house: its certificate is for another purpose.
        let key_of_box = KeyPair::generate().expect("a key");
        let asked = CertificateParams::default()
            .serialize_request(&key_of_box)
            .expect("a request");
        let asked = Request::read(asked.der()).expect("a request");
        let (of_box, _) = house
            .sign(asked, base::id::Id::from_bytes([1; 16]), NOW)
            .expect("signed");
        let posing = [of_box.clone(), chain[1].clone()];
        for at in days {
            assert!(looks(Some(key), &posing, at).is_err(), "{at:?}: a box");
            // And the house takes the box by its key; how old it may be is asked later.
            let boxes = OfBoxes::signed_by(house.certificate()).expect("a verifier");
            let taken = boxes.verify_client_cert(&of_box, &[], at);
            taken.unwrap_or_else(|error| panic!("{at:?}: {error}"));
        }
    }

    store::on_both_engines!(
        the_house_is_known_by_its_key_on_any_day,
        &[SCHEMA],
        async |db: Db| { whatever_day_a_box_believes(db).await }
    );
}
