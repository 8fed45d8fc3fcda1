//! Secrets at rest: envelope encryption, each bound to its place.
//!
//! A master key lies in a file outside the database and its backups. It wraps
//! data keys, which lie in `hall_vault_key` and do the work, so that the master
//! can be changed without touching what is sealed, and a data key can be rotated
//! ([`Vault::rotate`]) without touching what older ones have sealed. A key file is
//! made with the first data key and never again: one that is missing is an error.
//!
//! Sealed bytes: version (1), number of the data key (4, big endian), nonce (12),
//! then ciphertext and tag of AES-256-GCM-SIV (RFC 8452). Table, row and column
//! are the associated data, so that a value moved to another row does not open.
//! The blind index is HMAC-SHA-256 under a key of its own, derived from the first
//! data key for good: rotation would hide what was indexed before.
//!
//! What has to be destroyed one day, or is too long to be sealed in one piece, has a
//! key of its own, which the vault wraps.
//!
//! | module | noun |
//! |---|---|
//! | `own` | the key of one thing |
//! | `roll` | a long file, sealed chunk by chunk |

mod own;
mod roll;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::kind::Kind;
use base::now::Wall;
use store::{Db, Tx, params};

use crate::problem::Problem;

pub use own::OwnKey;
pub use roll::{Opener, Sealer};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const HEADER: usize = 1 + 4 + NONCE;
const TAG: usize = 16;
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
    master: Arc<LessSafeKey>,
    /// By number, the oldest first; never empty.
    keys: Arc<RwLock<Vec<Arc<DataKey>>>>,
    /// The oldest again, which indexes.
    first: Arc<DataKey>,
}

struct DataKey {
    number: u32,
    seal: LessSafeKey,
    index: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Vault").field("keys", &keys.len()).finish()
    }
}

impl Vault {
    /// Opens the vault: reads or makes the master key, unwraps the data keys, and
    /// makes the first one in a new database.
    ///
    /// # Errors
    /// If the file cannot be used, or is not the one of this database.
    pub async fn unlock(key_file: &Path, db: &Db, now: Wall) -> Result<Self, VaultError> {
        let mut tx = db.write().await?;
        let mut rows = tx.all(KEYS, params![]).await?;
        // A database with sealed values and without its key file is a restore that
        // is not finished; another key would only make it look like a wrong one.
        let master = if rows.is_empty() {
            master_or_new(key_file)?
        } else {
            master(key_file)?
        };
        if rows.is_empty() {
            add_key(&mut tx, &master, 1, now).await?;
            rows = tx.all(KEYS, params![]).await?;
        }
        tx.commit().await?;
        let mut keys = Vec::new();
        for row in rows {
            let number =
                u32::try_from(row.get::<i64>("number")?).map_err(|_| VaultError::WrongKey)?;
            let wrapped = row.get::<Vec<u8>>("wrapped")?;
            keys.push(Arc::new(unwrap(&master, number, &wrapped)?));
        }
        let first = keys.first().cloned().ok_or(VaultError::WrongKey)?;
        Ok(Self {
            master: Arc::new(master),
            keys: Arc::new(RwLock::new(keys)),
            first,
        })
    }

    /// Makes another data key, which seals from now on. What older ones have
    /// sealed stays as it is and can be opened. Its number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn rotate(&self, db: &Db, now: Wall) -> Result<u32, VaultError> {
        let mut tx = db.write().await?;
        let newest = tx
            .one(
                "SELECT MAX(number) AS newest FROM hall_vault_key",
                params![],
            )
            .await?
            .get::<i64>("newest")?;
        let number = u32::try_from(newest + 1).map_err(|_| VaultError::WrongKey)?;
        let key = add_key(&mut tx, &self.master, number, now).await?;
        tx.commit().await?;
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::new(key));
        Ok(number)
    }

    /// One of the data keys: values are sealed by the million, so no list is copied.
    fn key(
        &self,
        which: impl FnOnce(&[Arc<DataKey>]) -> Option<&Arc<DataKey>>,
    ) -> Option<Arc<DataKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        which(&keys).cloned()
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
        let key = self.key(<[_]>::last).ok_or(VaultError::WrongKey)?;
        let [a, b, c, d] = key.number.to_be_bytes();
        let header = [VERSION, a, b, c, d];
        sealed(&key.seal, &header, &place(table, row, column), value)
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
        let number = u32::from_be_bytes(number);
        let key = self
            .key(|keys| keys.iter().find(|key| key.number == number))
            .filter(|_| header[0] == VERSION)
            .ok_or(VaultError::DoesNotOpen)?;
        opened(&key.seal, nonce, &place(table, row, column), body)
    }

    /// What equal values of a column have in common, and nothing else tells: for
    /// finding a sealed value without opening all.
    #[must_use]
    pub fn blind_index(&self, table: &str, column: &str, value: &[u8]) -> Option<Vec<u8>> {
        let mut context = hmac::Context::with_key(&self.first.index);
        context.update(&place(table, "", column));
        context.update(value);
        Some(context.sign().as_ref().to_vec())
    }
}

/// Each part behind its length, so that no two places read alike.
fn place(table: &str, row: &str, column: &str) -> Vec<u8> {
    let parts = [table, row, column];
    let length: usize = parts.iter().map(|part| size_of::<u64>() + part.len()).sum();
    let mut bytes = Vec::with_capacity(length);
    for part in parts {
        bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// The header, then a nonce of its own, then the value sealed for its place.
fn sealed(
    cipher: &LessSafeKey,
    header: &[u8],
    place: &[u8],
    value: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE>()?;
    let length = header.len() + NONCE + value.len() + TAG;
    let mut sealed = Vec::with_capacity(length);
    sealed.extend_from_slice(header);
    sealed.extend_from_slice(&nonce);
    let body = sealed.len();
    sealed.extend_from_slice(value);
    let tag = cipher
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place),
            &mut sealed[body..],
        )
        .map_err(|_| VaultError::Randomness)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// What [`sealed`] has put behind the nonce.
fn opened(
    cipher: &LessSafeKey,
    nonce: [u8; NONCE],
    place: &[u8],
    body: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut body = body.to_vec();
    let value = cipher
        .open_in_place(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place),
            &mut body,
        )
        .map_err(|_| VaultError::DoesNotOpen)?;
    let length = value.len();
    body.truncate(length);
    Ok(body)
}

const KEYS: &str = "SELECT number, wrapped FROM hall_vault_key ORDER BY number";

async fn add_key(
    tx: &mut Tx,
    master: &LessSafeKey,
    number: u32,
    now: Wall,
) -> Result<DataKey, VaultError> {
    let wrapped = wrap(master, number, &random::<KEY>()?)?;
    tx.execute(
        "INSERT INTO hall_vault_key (number, wrapped, made_us) VALUES ($1, $2, $3)",
        params![i64::from(number), wrapped.as_slice(), now],
    )
    .await?;
    unwrap(master, number, &wrapped)
}

fn trouble(path: &Path, source: std::io::Error) -> VaultError {
    VaultError::KeyFile {
        path: path.display().to_string(),
        source,
    }
}

fn master(path: &Path) -> Result<LessSafeKey, VaultError> {
    let bytes = fs::read(path).map_err(|error| trouble(path, error))?;
    let mode = fs::metadata(path).map(|file| file.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        tracing::warn!(path = %path.display(), "others on this machine may read the key file");
    }
    cipher(&bytes).ok_or_else(|| VaultError::NoKey {
        path: path.display().to_string(),
    })
}

/// Also makes it. What will be sealed is lost without it, so it is whole on disk
/// before it has its name, and has its name before anything is sealed.
fn master_or_new(path: &Path) -> Result<LessSafeKey, VaultError> {
    if !path.exists() {
        make_master(path, &random()?).map_err(|error| trouble(path, error))?;
    }
    master(path)
}

fn make_master(path: &Path, key: &[u8; KEY]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let half = path.with_file_name(name);
    // One that a power cut has left may be anybody's to read; a new one is not.
    match fs::remove_file(&half) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&half)?;
    file.write_all(key)?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SCHEMA;

    const NOW: Wall = Wall::from_us(1_800_000_000_000_000);

    async fn opens(db: Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("data.key");
        // A power cut while the first key was written has left half of one.
        fs::write(folder.path().join("data.key.new"), "half").expect("written");
        let vault = Vault::unlock(&file, &db, NOW).await.expect("unlocked");
        let mode = fs::metadata(&file).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let seal = |vault: &Vault| vault.seal("watch_device", "dev_1", "password", b"kahayan");
        let sealed = seal(&vault).expect("sealed");
        let open = |vault: &Vault, place: [&str; 3], sealed: &[u8]| {
            vault.open(place[0], place[1], place[2], sealed).ok()
        };
        let place = ["watch_device", "dev_1", "password"];
        let value = Some(b"kahayan".to_vec());
        assert_eq!(open(&vault, place, &sealed), value);
        assert!(!sealed.windows(7).any(|window| window == b"kahayan"));
        assert_ne!(
            sealed,
            seal(&vault).expect("sealed"),
            "two never look alike"
        );

        for other in [
            ["watch_camera", "dev_1", "password"],
            ["watch_device", "dev_2", "password"],
            ["watch_device", "dev_1", "username"],
            ["watch_devicedev_1", "", "password"],
        ] {
            assert_eq!(open(&vault, other, &sealed), None, "{other:?}");
        }
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(open(&vault, place, &altered), None, "octet {at}");
            assert_eq!(open(&vault, place, &sealed[..at]), None, "cut at {at}");
        }

        // A rotation seals by another key and hides nothing.
        let index = vault.blind_index("card_person", "nik", b"62");
        assert_eq!(vault.rotate(&db, NOW).await.expect("rotated"), 2);
        let newer = seal(&vault).expect("sealed");
        assert_eq!((sealed[4], newer[4]), (1, 2));
        let again = Vault::unlock(&file, &db, NOW).await.expect("unlocked");
        for vault in [&vault, &again] {
            assert_eq!(open(vault, place, &sealed), value);
            assert_eq!(open(vault, place, &newer), value);
            assert_eq!(vault.blind_index("card_person", "nik", b"62"), index);
        }
        assert_ne!(vault.blind_index("card_person", "nik", b"63"), index);
        assert_ne!(vault.blind_index("card_person", "kk", b"62"), index);
        assert!(!format!("{vault:?}").contains("key: ["));

        // The wrong key file, none, and one that holds no key.
        let wrong = folder.path().join("wrong.key");
        fs::write(&wrong, [7; KEY]).expect("written");
        let error = Vault::unlock(&wrong, &db, NOW).await.expect_err("wrong");
        assert!(matches!(error, VaultError::WrongKey), "{error}");
        assert_eq!(error.kind(), Kind::Corrupt);
        let missing = folder.path().join("missing.key");
        let error = Vault::unlock(&missing, &db, NOW).await.expect_err("none");
        assert!(matches!(error, VaultError::KeyFile { .. }), "{error}");
        assert!(!missing.exists(), "another key is no help");
        fs::write(&wrong, "half").expect("written");
        let error = Vault::unlock(&wrong, &db, NOW).await.expect_err("no key");
        assert!(matches!(error, VaultError::NoKey { .. }), "{error}");
    }

    store::on_both_engines!(
        what_is_sealed_opens_in_its_place_with_its_key_and_nowhere_else,
        &[SCHEMA],
        async |db: Db| { opens(db).await }
    );
}
