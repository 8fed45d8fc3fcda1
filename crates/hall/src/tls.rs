//! Certificates: the house's own, or those of a folder.
//!
//! `own` means a CA that this house makes once and keeps in its data folder. It
//! signs a certificate for the names and addresses in use: anew at every start,
//! when a third of its life is left, when this machine gets another address, and
//! when the clock was set. Browsers trust it once the CA's certificate
//! (`/ca.pem`) is installed; the page tells how.
//!
//! The certificates of a folder are read again when they change. A [`Keeper`]
//! does both; whoever serves asks it now and then.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base::now::Wall;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::{Config, Tls};

/// How long a certificate of the own CA is good for. Browsers refuse more than
/// 398 days.
const LEAF_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// When to make the next one: a third of its life before its end.
pub const RENEW_AFTER: Duration = Duration::from_secs(60 * 24 * 3600);

/// What this machine calls itself.
const HOSTNAME: &str = "/proc/sys/kernel/hostname";

/// Why there is no encryption.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A key does not belong to its certificate, or is of no use.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Sees to it that the certificate in use is a good one.
#[derive(Debug)]
pub struct Keeper(Source);

#[derive(Debug)]
enum Source {
    Own {
        authority: Box<Authority>,
        chosen: Vec<String>,
        listens: IpAddr,
        /// What the certificate in use is for, and since when.
        names: Vec<String>,
        made: Wall,
    },
    Folder {
        folder: PathBuf,
        /// The hash of what is in use.
        seen: Vec<u8>,
    },
}

impl Keeper {
    /// The first certificate of a configuration, and who keeps it; nothing if
    /// connections are not encrypted.
    ///
    /// # Errors
    /// If a file cannot be used or a name cannot stand in a certificate.
    pub fn open(
        config: &Config,
        listens: IpAddr,
        now: Wall,
    ) -> Result<Option<(Self, Arc<ServerConfig>)>, TlsError> {
        Ok(match &config.tls {
            Tls::Off => None,
            Tls::Folder(path) => {
                let seen = fingerprint(path)?;
                let served = folder(path)?;
                let folder = path.clone();
                Some((Self(Source::Folder { folder, seen }), served))
            }
            Tls::Own => {
                let authority = Box::new(Authority::open(&config.data)?);
                let names = names(&config.names, listens);
                let served = authority.serve(&names, now)?;
                let chosen = config.names.clone();
                let keeper = Self(Source::Own {
                    authority,
                    chosen,
                    listens,
                    names,
                    made: now,
                });
                Some((keeper, served))
            }
        })
    }

    /// What is to be served from now on, if it is another.
    ///
    /// # Errors
    /// If a file cannot be used; what is in use stays.
    pub fn next(&mut self, now: Wall) -> Result<Option<Arc<ServerConfig>>, TlsError> {
        match &mut self.0 {
            Source::Own {
                authority,
                chosen,
                listens,
                names: known,
                made,
            } => {
                let fresh = names(chosen, *listens);
                let is_young = now >= *made && now.since(*made) < RENEW_AFTER;
                if is_young && fresh == *known {
                    return Ok(None);
                }
                let served = authority.serve(&fresh, now)?;
                (*known, *made) = (fresh, now);
                Ok(Some(served))
            }
            Source::Folder { folder: path, seen } => {
                let found = fingerprint(path)?;
                if found == *seen {
                    return Ok(None);
                }
                // Between the writing of one file and of the other they do not
                // belong together: an error now, and another try later.
                let served = folder(path)?;
                *seen = found;
                Ok(Some(served))
            }
        }
    }
}

/// The hash of both files of a folder.
fn fingerprint(folder: &Path) -> Result<Vec<u8>, TlsError> {
    let both = format!(
        "{}{}",
        read(&folder.join("cert.pem"))?,
        read(&folder.join("key.pem"))?
    );
    Ok(digest(&SHA256, both.as_bytes()).as_ref().to_vec())
}

/// The house's own certificate authority.
#[derive(Debug)]
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the CA of a data folder, or makes it.
    ///
    /// # Errors
    /// If its files cannot be read or written.
    pub fn open(data: &Path) -> Result<Self, TlsError> {
        let folder = data.join("ca");
        let (key_path, certificate_path) = (folder.join("key.pem"), folder.join("ca.pem"));
        // The key is written last: without it nobody has trusted the other file.
        if !key_path.exists() {
            fs::create_dir_all(&folder).map_err(|error| trouble(&folder, &error))?;
            let key = KeyPair::generate()?;
            let certificate = authority().self_signed(&key)?;
            write_private(&certificate_path, &certificate.pem())?;
            write_private(&key_path, &key.serialize_pem())?;
        }
        let certificate = read(&certificate_path)?;
        let key = KeyPair::from_pem(&read(&key_path)?)?;
        Ok(Self {
            issuer: Issuer::from_ca_cert_pem(&certificate, key)?,
            certificate,
        })
    }

    /// The CA's certificate of a data folder, if it has one.
    #[must_use]
    pub fn certificate_of(data: &Path) -> Option<String> {
        fs::read_to_string(data.join("ca").join("ca.pem")).ok()
    }

    /// The CA's certificate, which people install.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A certificate for those names and addresses.
    ///
    /// # Errors
    /// If a name cannot stand in a certificate.
    pub fn serve(&self, names: &[String], now: Wall) -> Result<Arc<ServerConfig>, TlsError> {
        let mut params = CertificateParams::new(names.to_vec())?;
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "betang");
        params.distinguished_name = name;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // A day back, for devices whose clock is behind.
        let day = Duration::from_secs(24 * 3600);
        params.not_before = date(now - day);
        params.not_after = date(now + LEAF_LIFE);
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        let chain = pem_chain(
            &format!("{}{}", leaf.pem(), self.certificate),
            Path::new("own"),
        )?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|why| TlsError::File {
            path: "own".into(),
            why: why.to_owned(),
        })?;
        server(chain, key)
    }
}

/// The certificates of a folder: `cert.pem` with its chain, `key.pem`.
///
/// # Errors
/// If they cannot be read or do not belong together.
pub fn folder(folder: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let chain = pem_chain(&read(&certificate)?, &certificate)?;
    let key_text = read(&key)?;
    let key =
        PrivateKeyDer::from_pem_slice(key_text.as_bytes()).map_err(|error| TlsError::File {
            path: key,
            why: error.to_string(),
        })?;
    server(chain, key)
}

/// What the first certificate of a folder says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Names and addresses that it is for.
    pub names: Vec<String>,
    /// From when it is good.
    pub from: Wall,
    /// Until when.
    pub to: Wall,
}

impl Leaf {
    /// Whether it is for a name or an address; `*.` stands for one label (RFC 9525 §6.3).
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        self.names.iter().any(|known| {
            known.eq_ignore_ascii_case(name)
                || known.strip_prefix("*.").is_some_and(|rest| {
                    let parent = name.split_once('.').map(|(_, parent)| parent);
                    parent.is_some_and(|parent| parent.eq_ignore_ascii_case(rest))
                })
        })
    }
}

/// Reads the first certificate of a folder.
///
/// # Errors
/// If there is none.
pub fn leaf(folder: &Path) -> Result<Leaf, TlsError> {
    let path = folder.join("cert.pem");
    let unread = |why: String| TlsError::File {
        path: path.clone(),
        why,
    };
    let chain = pem_chain(&read(&path)?, &path)?;
    let first = chain
        .first()
        .ok_or_else(|| unread("there is no certificate in it".to_owned()))?;
    let (_, told) = X509Certificate::from_der(first).map_err(|error| unread(error.to_string()))?;
    let alternative = told
        .subject_alternative_name()
        .map_err(|error| unread(error.to_string()))?;
    let names = alternative.iter().flat_map(|it| &it.value.general_names);
    let at = |time: x509_parser::time::ASN1Time| {
        Wall::from_us(time.timestamp().saturating_mul(1_000_000))
    };
    Ok(Leaf {
        names: names.filter_map(name_of).collect(),
        from: at(told.validity().not_before),
        to: at(told.validity().not_after),
    })
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => {
            let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from).ok();
            let v6 = <[u8; 16]>::try_from(*octets).map(IpAddr::from).ok();
            v4.or(v6).map(|address| address.to_string())
        }
        _ => None,
    }
}

/// The names of a certificate when nobody has chosen them: where the house
/// listens, which may be every address of this machine, and what it is called.
#[must_use]
pub fn names(chosen: &[String], listens: IpAddr) -> Vec<String> {
    if !chosen.is_empty() {
        return chosen.to_vec();
    }
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    if listens.is_unspecified() {
        names.extend(hostname());
        names.extend(addresses(listens).iter().map(IpAddr::to_string));
    } else if !listens.is_loopback() {
        names.push(listens.to_string());
    }
    names
}

/// The address by which others find what listens there: its own, or, if that is
/// every address, the first that others can reach, if there is one.
#[must_use]
pub fn told(listens: IpAddr) -> String {
    if !listens.is_unspecified() {
        return listens.to_string();
    }
    addresses(listens)
        .first()
        .map_or_else(|| "127.0.0.1".to_owned(), IpAddr::to_string)
}

/// What others may call this machine, if it is a name at all.
fn hostname() -> Option<String> {
    let name = fs::read_to_string(HOSTNAME).ok()?.trim().to_lowercase();
    let is_name = !name.is_empty()
        && name != "localhost"
        && name.len() <= 253
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    is_name.then_some(name)
}

/// Every address that others may reach this machine by, in a fixed order.
fn addresses(listens: IpAddr) -> Vec<IpAddr> {
    let Ok(all) = if_addrs::get_if_addrs() else {
        return Vec::new();
    };
    let mut addresses: Vec<_> = all
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .map(|interface| interface.ip())
        .filter(|address| listens.is_ipv6() || address.is_ipv4())
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "betang CA");
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params
}

fn server(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn pem_chain(text: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::File {
            path: path.to_owned(),
            why: error.to_string(),
        })
}

/// A time as certificates hold it.
pub(crate) fn date(wall: Wall) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(wall.as_us() / 1_000_000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

fn read(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|error| trouble(path, &error))
}

fn write_private(path: &Path, text: &str) -> Result<(), TlsError> {
    fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .map_err(|error| trouble(path, &error))
}

fn trouble(path: &Path, error: &std::io::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ca_is_made_once_and_serves_its_names() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let data = tempfile::tempdir().expect("a folder");
        let first = Authority::open(data.path()).expect("made");
        let second = Authority::open(data.path()).expect("read");
        assert_eq!(first.certificate(), second.certificate());
        let names = names(&[], IpAddr::from([10, 1, 2, 3]));
        assert_eq!(names, ["localhost", "127.0.0.1", "10.1.2.3"]);
        let now = Wall::from_us(1_800_000_000_000_000);
        let config = second.serve(&names, now).expect("a certificate");
        assert_eq!(config.alpn_protocols.len(), 2);
    }

    #[test]
    fn a_folder_without_certificates_says_which_file() {
        let data = tempfile::tempdir().expect("a folder");
        let error = folder(data.path()).expect_err("empty");
        assert!(error.to_string().contains("cert.pem"), "{error}");
    }

    fn config(data: &Path, tls: &str) -> Config {
        let flags = [
            ("data", data.display().to_string()),
            ("tls", tls.to_owned()),
            ("names", "betang.example".to_owned()),
        ];
        Config::load(None, [], &flags).expect("a configuration")
    }

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn the_own_certificate_is_renewed_before_its_end_and_after_a_clock_was_set() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let data = tempfile::tempdir().expect("a folder");
        let start = Wall::from_us(1_800_000_000_000_000);
        let local = IpAddr::from([127, 0, 0, 1]);
        let opened = Keeper::open(&config(data.path(), "own"), local, start);
        let (mut keeper, _) = opened.expect("made").expect("encrypted");
        let mut renewed = |at| keeper.next(at).expect("an answer").is_some();
        assert!(!renewed(start));
        assert!(!renewed(start + 59 * DAY));
        assert!(renewed(start + RENEW_AFTER));
        assert!(!renewed(start + RENEW_AFTER + DAY));
        assert!(renewed(start), "it would not be valid yet");
        let off = Keeper::open(&config(data.path(), "off"), local, start);
        assert!(off.expect("an answer").is_none());
    }

    #[test]
    fn another_certificate_in_the_folder_is_taken_and_a_broken_one_is_not() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (data, certs) = (tempfile::tempdir(), tempfile::tempdir());
        let (data, certs) = (data.expect("a folder"), certs.expect("a folder"));
        let write = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            let made = rcgen::generate_simple_self_signed(names).expect("made");
            fs::write(certs.path().join("cert.pem"), made.cert.pem()).expect("written");
            fs::write(
                certs.path().join("key.pem"),
                made.signing_key.serialize_pem(),
            )
            .expect("written");
        };
        write(&["one.example"]);
        let now = Wall::from_us(1_800_000_000_000_000);
        let config = config(data.path(), &certs.path().display().to_string());
        let opened = Keeper::open(&config, IpAddr::from([127, 0, 0, 1]), now);
        let (mut keeper, _) = opened.expect("read").expect("encrypted");
        assert!(keeper.next(now + 100 * DAY).expect("an answer").is_none());
        fs::write(certs.path().join("key.pem"), "half").expect("written");
        assert!(keeper.next(now).is_err());
        write(&["two.example"]);
        assert!(keeper.next(now).expect("an answer").is_some());
        assert!(keeper.next(now).expect("an answer").is_none());
    }

    #[test]
    fn a_machine_that_listens_everywhere_is_known_by_all_its_addresses() {
        let names = names(&[], IpAddr::from([0, 0, 0, 0]));
        for address in addresses(IpAddr::from([0, 0, 0, 0])) {
            assert!(address.is_ipv4() && names.contains(&address.to_string()));
        }
        CertificateParams::new(names).expect("each can stand in a certificate");
    }
}
