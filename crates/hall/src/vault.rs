//! Secrets at rest: envelope encryption, each bound to its place.
//!
//! A master key lies in a file outside the database and its backups. It wraps
//! data keys, which lie in `hall_vault_key` and do the work, so that the master
//! can be changed without touching what is sealed, and a data key can be rotated
//! without touching what older ones have sealed.
//!
//! Sealed bytes: version (1), number of the data key (4, big endian), nonce (12),
//! then ciphertext and tag of AES-256-GCM-SIV (RFC 8452). Table, row and column
//! are the associated data, so that a value moved to another row does not open.
//! The blind index is HMAC-SHA-256 under a key of its own.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::kind::Kind;
use base::now::Wall;
use store::{Db, params};

use crate::problem::Problem;

const VERSION: u8 = 1;
const NONCE: usize = 12;
const HEADER: usize = 1 + 4 + NONCE;
const KEY: usize = 32;

/// Why something cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file cannot be used.
    #[error("the key file {path} cannot be used: {source}")]
    KeyFile {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The key file holds something else than 32 octets.
    #[error("the key file {path} does not hold a key")]
    NoKey {
        /// Which.
        path: String,
    },
    /// The data keys were wrapped by another master key.
    #[error("the key file is not the one that this database was sealed with")]
    WrongKey,
    /// It was altered, or stands in another place than it was sealed for.
    #[error("a sealed value does not open where it stands")]
    DoesNotOpen,
    /// The system gives no randomness.
    #[error("the system has no randomness")]
    Randomness,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl VaultError {
    /// What a caller may do about it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::KeyFile { .. } => Kind::Unavailable,
            Self::NoKey { .. } | Self::WrongKey | Self::DoesNotOpen => Kind::Corrupt,
            Self::Randomness => Kind::Bug,
            Self::Store(error) => error.kind(),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            error => Self::from(store::Error::corrupt(error.to_string())),
        }
    }
}

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<Vec<DataKey>>,
}

struct DataKey {
    number: u32,
    seal: LessSafeKey,
    index: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("keys", &self.keys.len())
            .finish()
    }
}

impl Vault {
    /// Opens the vault: reads or makes the master key, unwraps the data keys, and
    /// makes the first one in a new database.
    ///
    /// # Errors
    /// If the file cannot be used, or is not the one of this database.
    pub async fn unlock(key_file: &Path, db: &Db, now: Wall) -> Result<Self, VaultError> {
        let master = master(key_file)?;
        let mut tx = db.write().await?;
        let mut rows = tx
            .all(
                "SELECT number, wrapped FROM hall_vault_key ORDER BY number",
                params![],
            )
            .await?;
        if rows.is_empty() {
            let wrapped = wrap(&master, 1, &random::<KEY>()?)?;
            tx.execute(
                "INSERT INTO hall_vault_key (number, wrapped, made_us) VALUES ($1, $2, $3)",
                params![1_i64, wrapped, now],
            )
            .await?;
            rows = tx
                .all(
                    "SELECT number, wrapped FROM hall_vault_key ORDER BY number",
                    params![],
                )
                .await?;
        }
        tx.commit().await?;
        let mut keys = Vec::new();
        for row in rows {
            let number =
                u32::try_from(row.get::<i64>("number")?).map_err(|_| VaultError::WrongKey)?;
            keys.push(unwrap(&master, number, &row.get::<Vec<u8>>("wrapped")?)?);
        }
        Ok(Self {
            keys: Arc::new(keys),
        })
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn seal(
        &self,
        table: &str,
        row: &str,
        column: &str,
        value: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.keys.last().ok_or(VaultError::WrongKey)?;
        let nonce = random::<NONCE>()?;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&key.number.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        let mut body = value.to_vec();
        key.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place(table, row, column)),
                &mut body,
            )
            .map_err(|_| VaultError::Randomness)?;
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// If it was altered or sealed for another place.
    pub fn open(
        &self,
        table: &str,
        row: &str,
        column: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let (header, body) = sealed
            .split_at_checked(HEADER)
            .ok_or(VaultError::DoesNotOpen)?;
        let (number, nonce) = header[1..].split_at(4);
        let number: [u8; 4] = number.try_into().map_err(|_| VaultError::DoesNotOpen)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| VaultError::DoesNotOpen)?;
        let key = self
            .keys
            .iter()
            .find(|key| key.number == u32::from_be_bytes(number))
            .filter(|_| header[0] == VERSION)
            .ok_or(VaultError::DoesNotOpen)?;
        let mut body = body.to_vec();
        let value = key
            .seal
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place(table, row, column)),
                &mut body,
            )
            .map_err(|_| VaultError::DoesNotOpen)?;
        Ok(value.to_vec())
    }

    /// What equal values of a column have in common, and nothing else tells: for
    /// finding a sealed value without opening all.
    #[must_use]
    pub fn blind_index(&self, table: &str, column: &str, value: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.first()?;
        let mut context = hmac::Context::with_key(&key.index);
        context.update(&place(table, "", column));
        context.update(value);
        Some(context.sign().as_ref().to_vec())
    }
}

/// Each part behind its length, so that no two places read alike.
fn place(table: &str, row: &str, column: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [table, row, column] {
        bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn master(path: &Path) -> Result<LessSafeKey, VaultError> {
    let trouble = |source| VaultError::KeyFile {
        path: path.display().to_string(),
        source,
    };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = random::<KEY>()?;
            let mut file = fs::File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .map_err(trouble)?;
            file.write_all(&bytes)
                .and_then(|()| file.sync_all())
                .map_err(trouble)?;
            bytes.to_vec()
        }
        Err(error) => return Err(trouble(error)),
    };
    cipher(&bytes).ok_or_else(|| VaultError::NoKey {
        path: path.display().to_string(),
    })
}

fn cipher(bytes: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM_SIV, bytes)
        .ok()
        .map(LessSafeKey::new)
}

fn wrap(master: &LessSafeKey, number: u32, key: &[u8; KEY]) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE>()?;
    let mut body = key.to_vec();
    master
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(number.to_be_bytes()),
            &mut body,
        )
        .map_err(|_| VaultError::Randomness)?;
    Ok([nonce.as_slice(), &body].concat())
}

fn unwrap(master: &LessSafeKey, number: u32, wrapped: &[u8]) -> Result<DataKey, VaultError> {
    let (nonce, body) = wrapped
        .split_first_chunk::<NONCE>()
        .ok_or(VaultError::WrongKey)?;
    let mut body = body.to_vec();
    let key = master
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(number.to_be_bytes()),
            &mut body,
        )
        .map_err(|_| VaultError::WrongKey)?;
    let index = derived(key).ok_or(VaultError::WrongKey)?;
    Ok(DataKey {
        number,
        seal: cipher(key).ok_or(VaultError::WrongKey)?,
        index,
    })
}

/// One key for one purpose: the index gets a key of its own (RFC 5869).
fn derived(key: &[u8]) -> Option<hmac::Key> {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            KEY
        }
    }
    let mut bytes = [0; KEY];
    Salt::new(HKDF_SHA256, b"betang.vault.1")
        .extract(key)
        .expand(&[b"blind index"], Length)
        .ok()?
        .fill(&mut bytes)
        .ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| VaultError::Randomness)?;
    Ok(bytes)
}
