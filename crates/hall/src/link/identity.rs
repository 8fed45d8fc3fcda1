//! What a box keeps about itself, in its data folder.
//!
//! ```text
//! key.pem     the private key; made here, never leaves, mode 0600
//! site.json   the house, the site, the certificate
//! ```
//!
//! Each file is replaced as a whole: written beside, synced, renamed. A power cut
//! leaves the old one or the new one.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::id::{Agent, Id};
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};

use super::dial::{Papers, Way};
use super::meter::Meter;
use crate::ca::sha256;
use crate::enrol::code::HouseKey;

/// Why what a box keeps cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A key cannot be made, or what is there is none.
    #[error("the key of this box cannot be used: {0}")]
    Key(#[from] rcgen::Error),
}

/// A box's own key.
#[derive(Debug)]
pub struct Key(KeyPair);

impl Key {
    /// Reads the key of a folder, or makes it.
    ///
    /// # Errors
    /// If the folder cannot be used, or holds something else.
    pub fn open(folder: &Path) -> Result<Self, IdentityError> {
        let path = folder.join("key.pem");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self(KeyPair::from_pem(&text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = KeyPair::generate()?;
                replace(folder, "key.pem", key.serialize_pem().as_bytes())?;
                Ok(Self(key))
            }
            Err(error) => Err(trouble(&path, &error)),
        }
    }

    /// SHA-256 of its public half (SubjectPublicKeyInfo).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0.subject_public_key_info())
    }

    /// A request for a certificate (PKCS#10 DER), signed by the key.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn request(&self) -> Result<Vec<u8>, IdentityError> {
        let request = CertificateParams::default().serialize_request(&self.0)?;
        Ok(request.der().to_vec())
    }
}

/// Who this box is, once it is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Host name or address of the house.
    pub host: String,
    /// TCP port of its door for sites.
    pub port: u16,
    /// By what the house is known: SHA-256 of its authority's key, hexadecimal.
    pub house: String,
    /// What the house calls this box.
    pub agent: Id<Agent>,
    /// What the house calls the site.
    pub site: String,
    /// The newest certificate (PEM).
    pub certificate: String,
    /// Until when it is good, microseconds since 1970 UTC, by the house's clock.
    pub certificate_until_us: i64,
}

impl Identity {
    /// Reads it from a folder; none if the box has not been let in yet.
    ///
    /// # Errors
    /// If there is something that cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, IdentityError> {
        let path = folder.join("site.json");
        match fs::read(&path) {
            Ok(text) => {
                serde_json::from_slice(&text)
                    .map(Some)
                    .map_err(|error| IdentityError::File {
                        path,
                        why: error.to_string(),
                    })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(trouble(&path, &error)),
        }
    }

    /// Writes it into a folder.
    ///
    /// # Errors
    /// If it cannot be written; what was there stays.
    pub fn write(&self, folder: &Path) -> Result<(), IdentityError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| IdentityError::File {
            path: folder.join("site.json"),
            why: error.to_string(),
        })?;
        replace(folder, "site.json", text.as_bytes())
    }

    /// The way to the house.
    ///
    /// # Errors
    /// If the house's key is none.
    pub fn way(&self) -> Result<Way, IdentityError> {
        let house: HouseKey = self.house.parse().map_err(|_| IdentityError::File {
            path: "site.json".into(),
            why: "house is no SHA-256 in hexadecimal".to_owned(),
        })?;
        Ok(Way {
            host: self.host.clone(),
            port: self.port,
            house: Some(house),
            meter: Meter::default(),
        })
    }

    /// What it shows to the house.
    ///
    /// # Errors
    /// If the certificate or the key is none.
    pub fn papers(&self, key: &Key) -> Result<Papers, IdentityError> {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        let key = PrivateKeyDer::try_from(key.0.serialize_der())
            .map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        Ok(Papers { certificate, key })
    }
}

/// Puts a file in the place of another, or of none: whole, or not at all.
///
/// # Errors
/// If it cannot be written; what was there stays.
pub fn replace(folder: &Path, name: &str, octets: &[u8]) -> Result<(), IdentityError> {
    let path = folder.join(name);
    let beside = folder.join(format!("{name}.new"));
    let written = || {
        fs::create_dir_all(folder)?;
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        // The new name is on the disk only when the folder is.
        fs::File::open(folder)?.sync_all()
    };
    written().map_err(|error| trouble(&path, &error))
}

pub(super) fn trouble(path: &Path, error: &std::io::Error) -> IdentityError {
    IdentityError::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_nobody_elses() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Key::open(folder.path()).expect("made");
        let second = Key::open(folder.path()).expect("read");
        assert_eq!(first.hash(), second.hash());
        let mode = fs::metadata(folder.path().join("key.pem")).expect("there");
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        fs::write(folder.path().join("key.pem"), "half").expect("written");
        assert!(Key::open(folder.path()).is_err(), "no second key is made");
    }

    #[test]
    fn a_box_that_is_not_let_in_has_no_identity_and_a_broken_one_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Identity::read(folder.path()).expect("an answer"), None);
        let identity = Identity {
            host: "a.example".to_owned(),
            port: 8443,
            house: HouseKey([3; 32]).to_string(),
            agent: Id::from_bytes([1; 16]),
            site: "Kantor Desa".to_owned(),
            certificate: String::new(),
            certificate_until_us: 0,
        };
        identity.write(folder.path()).expect("written");
        let read = Identity::read(folder.path()).expect("an answer");
        assert_eq!(read.as_ref(), Some(&identity));
        assert_eq!(
            identity.way().expect("a way").house,
            Some(HouseKey([3; 32]))
        );
        fs::write(folder.path().join("site.json"), "{").expect("written");
        let error = Identity::read(folder.path()).expect_err("broken");
        assert!(error.to_string().contains("site.json"), "{error}");
    }
}
