//! The authority that signs for sites: its door, and the boxes that come to it.
//!
//! It is another than the one of the pages ([`crate::tls::Authority`]): boxes trust
//! no other for good, whatever certificate the pages have today. Its key lies sealed
//! in the database, so that a restored copy of the house is the same house to its
//! boxes.
//!
//! A box's certificate is good for [`LEAF_LIFE`] and renewed when a third of it is
//! left. It names the box as `spiffe://betang/agent/<id>`. What a box may do is not
//! in it: the house looks into its own table, each time.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base::id::{Agent, Id};
use base::now::Wall;
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
    SanType, SigningKey as _, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use store::Db;

use crate::enrol::code::HouseKey;
use crate::problem::Problem;
use crate::sql::authority as rows;
use crate::tls::date;
use crate::vault::{Vault, VaultError};

/// The name that the door's certificate is for, by whatever address it was found.
pub const DOOR: &str = "sites.betang";

/// How long a certificate is good for.
pub const LEAF_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// Before its end by so much a certificate is to be renewed: a third of its life.
pub const RENEW_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);

/// So long after its end a certificate may still ask for the next one: a box may
/// have lain in a store room for a year.
pub const RENEW_AFTER_END: Duration = Duration::from_secs(395 * 24 * 3600);

/// Longest request for a certificate, in octets of its DER form.
pub const REQUEST_MAX: usize = 4096;

/// Which row of `hall_authority`.
const NAME: &str = "sites";

/// Why the authority cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The vault does not give the key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What is stored is no authority, or a certificate cannot be made.
    #[error("the authority for sites cannot be used: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate of the door cannot be served.
    #[error("the certificate of the door for sites cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl From<CaError> for Problem {
    fn from(error: CaError) -> Self {
        match error {
            CaError::Vault(error) => error.into(),
            CaError::Store(error) => error.into(),
            error => Self::bug(error.to_string()),
        }
    }
}

/// The authority for sites. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authority(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    key: HouseKey,
}

/// A box's request for a certificate, whose signature was found right: whoever sent
/// it has the key.
#[derive(Debug)]
pub struct Request {
    params: CertificateSigningRequestParams,
    /// The public key (SubjectPublicKeyInfo DER).
    pub public_key: Vec<u8>,
    /// Its SHA-256.
    pub key_hash: [u8; 32],
}

/// Why a request for a certificate is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Too long, or no request at all.
    #[error("this is no certificate signing request (PKCS#10 DER)")]
    Unreadable,
    /// It was not signed by the key that it names.
    #[error("the request is not signed by its own key")]
    Signature,
    /// Another kind of key than the house takes.
    #[error("the key has to be ECDSA over P-256")]
    Algorithm,
}

impl Request {
    /// Reads PKCS#10 (RFC 2986) and checks that it is signed by its own key.
    /// Whatever names it asks for are not looked at.
    ///
    /// # Errors
    /// If it is none, or of another kind of key.
    pub fn read(der: &[u8]) -> Result<Self, RequestError> {
        if der.len() > REQUEST_MAX {
            return Err(RequestError::Unreadable);
        }
        let params =
            CertificateSigningRequestParams::from_der(&der.into()).map_err(
                |error| match error {
                    rcgen::Error::InvalidCertificationRequestSignature => RequestError::Signature,
                    _ => RequestError::Unreadable,
                },
            )?;
        if params.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 {
            return Err(RequestError::Algorithm);
        }
        let public_key = params.public_key.subject_public_key_info();
        Ok(Self {
            key_hash: sha256(&public_key),
            public_key,
            params,
        })
    }
}

impl Authority {
    /// Reads the authority of a database, or makes it.
    ///
    /// # Errors
    /// If the vault or the database does not answer.
    pub async fn open(db: &Db, vault: &Vault, now: Wall) -> Result<Self, CaError> {
        let mut tx = db.write().await?;
        let row = match rows::find(&mut tx, NAME).await? {
            Some(row) => row,
            None => {
                let key = KeyPair::generate()?;
                let row = rows::AuthorityRow {
                    certificate: authority().self_signed(&key)?.pem(),
                    key_sealed: vault.seal("hall_authority", NAME, "key", key.serialized_der())?,
                };
                rows::insert(&mut tx, NAME, &row, now).await?;
                row
            }
        };
        tx.commit().await?;
        let key = vault.open("hall_authority", NAME, "key", &row.key_sealed)?;
        let key = KeyPair::try_from(key)?;
        let house = HouseKey(sha256(&key.subject_public_key_info()));
        let certificate = CertificateDer::from_pem_slice(row.certificate.as_bytes())
            .map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        Ok(Self(Arc::new(Inner {
            issuer: Issuer::from_ca_cert_der(&certificate, key)?,
            certificate,
            key: house,
        })))
    }

    /// By what boxes know this house.
    #[must_use]
    pub fn house_key(&self) -> HouseKey {
        self.0.key
    }

    /// The authority's own certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.0.certificate
    }

    /// A certificate for a box, and until when it is good.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn sign(
        &self,
        request: Request,
        agent: Id<Agent>,
        now: Wall,
    ) -> Result<(CertificateDer<'static>, Wall), CaError> {
        let until = now + LEAF_LIFE;
        let mut request = request.params;
        request.params = leaf(now, until, ExtendedKeyUsagePurpose::ClientAuth);
        let name = Ia5String::try_from(format!("spiffe://betang/agent/{agent}"))?;
        request.params.subject_alt_names = vec![SanType::URI(name)];
        let signed = request.signed_by(&self.0.issuer)?;
        Ok((signed.der().clone(), until))
    }

    /// Signs a message that is no certificate, for boxes: what it begins with says what
    /// it is about. The signature (ECDSA, SHA-256, ASN.1) and the key
    /// (SubjectPublicKeyInfo DER) that boxes know the hash of.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn attest(&self, message: &[u8]) -> Result<(Vec<u8>, Vec<u8>), CaError> {
        let key = self.0.issuer.key();
        Ok((key.sign(message)?, key.subject_public_key_info()))
    }

    /// A fresh certificate for the door, with its chain and key.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn door(
        &self,
        now: Wall,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), CaError> {
        let mut params = leaf(now, now + LEAF_LIFE, ExtendedKeyUsagePurpose::ServerAuth);
        params.subject_alt_names = vec![SanType::DnsName(Ia5String::try_from(DOOR)?)];
        let key = KeyPair::generate()?;
        let signed = params.signed_by(&key, &self.0.issuer)?;
        let chain = vec![signed.der().clone(), self.0.certificate.clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        Ok((chain, key))
    }
}

/// The SHA-256 of some octets.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn leaf(now: Wall, until: Wall, purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "betang site");
    params.distinguished_name = name;
    params.extended_key_usages = vec![purpose];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // A day back, for clocks that are behind. Boxes without a clock look at the
    // signature and not at the days.
    params.not_before = date(now - Duration::from_secs(24 * 3600));
    params.not_after = date(until);
    params
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "betang sites CA");
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = date_time_ymd(1970, 1, 2);
    // RFC 5280 §4.1.2.5: no end that is known today.
    params.not_after = date_time_ymd(9999, 12, 31);
    params
}
