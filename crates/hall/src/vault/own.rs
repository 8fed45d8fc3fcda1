//! The key of one thing: a file, a record.
//!
//! It seals that thing and nothing else, and lies beside it, wrapped by the vault for
//! its place. So a thing is destroyed by destroying 60-odd octets: without the wrapped
//! key nobody opens what it sealed, the house no more than others, and copies of the
//! sealed octets that lie elsewhere are noise. The wrapped key has copies as well, in
//! backups of the database, and the thing lives until the last of them is gone.
//!
//! Sealed octets: version (1), nonce (12), then ciphertext and tag of AES-256-GCM-SIV
//! (RFC 8452).

use aws_lc_rs::aead::LessSafeKey;

use super::{KEY, NONCE, VERSION, Vault, VaultError, cipher, opened, random, sealed};

/// The key of one thing. Whoever drops the last wrapped copy has destroyed all that it
/// sealed.
pub struct OwnKey {
    octets: [u8; KEY],
    cipher: LessSafeKey,
}

impl std::fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnKey([redacted])")
    }
}

impl OwnKey {
    pub(super) fn of(octets: [u8; KEY]) -> Option<Self> {
        let cipher = cipher(&octets)?;
        Some(Self { octets, cipher })
    }

    /// Another cipher of the same key, for whoever has to own one.
    pub(super) fn cipher(&self) -> Option<LessSafeKey> {
        cipher(&self.octets)
    }

    /// Seals a value for its place. `place` is associated data: what was sealed for
    /// one opens in no other. It has to tell the things apart that share the key.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn seal(&self, place: &[u8], value: &[u8]) -> Result<Vec<u8>, VaultError> {
        sealed(&self.cipher, &[VERSION], place, value)
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// If it was altered, or sealed for another place or by another key.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, body) = sealed
            .strip_prefix(&[VERSION])
            .and_then(<[u8]>::split_first_chunk::<NONCE>)
            .ok_or(VaultError::DoesNotOpen)?;
        opened(&self.cipher, *nonce, place, body)
    }
}

impl Vault {
    /// Makes the key of one thing. It is nowhere until it was wrapped and kept.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn own_key(&self) -> Result<OwnKey, VaultError> {
        OwnKey::of(random()?).ok_or(VaultError::Randomness)
    }

    /// Seals the key of a thing for the place where it lies.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn wrap(
        &self,
        table: &str,
        row: &str,
        column: &str,
        key: &OwnKey,
    ) -> Result<Vec<u8>, VaultError> {
        self.seal(table, row, column, &key.octets)
    }

    /// Opens a wrapped key in its place.
    ///
    /// # Errors
    /// If it was altered, wrapped for another place, or is no key.
    pub fn unwrap_key(
        &self,
        table: &str,
        row: &str,
        column: &str,
        wrapped: &[u8],
    ) -> Result<OwnKey, VaultError> {
        let octets = self.open(table, row, column, wrapped)?;
        let octets = octets.try_into().map_err(|_| VaultError::DoesNotOpen)?;
        OwnKey::of(octets).ok_or(VaultError::DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use base::now::Wall;
    use proptest::prelude::*;
    use store::Db;

    use super::*;
    use crate::schema::SCHEMA;

    const NOW: Wall = Wall::from_us(1_800_000_000_000_000);

    fn key(octet: u8) -> OwnKey {
        OwnKey::of([octet; KEY]).expect("a key")
    }

    async fn wraps(db: Db) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("data.key");
        let vault = Vault::unlock(&file, &db, NOW).await.expect("unlocked");
        let own = vault.own_key().expect("a key");
        let sealed = own.seal(b"record", b"kahayan").expect("sealed");
        let wrapped = vault.wrap("card_record", "r1", "key", &own);
        let wrapped = wrapped.expect("wrapped");
        assert!(!wrapped.windows(KEY).any(|window| window == own.octets));

        vault.rotate(&db, NOW).await.expect("rotated");
        let again = Vault::unlock(&file, &db, NOW).await.expect("unlocked");
        for vault in [&vault, &again] {
            let key = vault.unwrap_key("card_record", "r1", "key", &wrapped);
            let key = key.expect("its key");
            assert_eq!(key.open(b"record", &sealed).expect("opens"), b"kahayan");
        }
        for [table, row, column] in [
            ["card_file", "r1", "key"],
            ["card_record", "r2", "key"],
            ["card_record", "r1", "other"],
        ] {
            let error = vault.unwrap_key(table, row, column, &wrapped);
            let error = error.expect_err("another place");
            assert!(matches!(error, VaultError::DoesNotOpen), "{error}");
        }
        // What is sealed in that place and is no key.
        let other = vault.seal("card_record", "r1", "key", b"short");
        let other = other.expect("sealed");
        assert!(
            vault
                .unwrap_key("card_record", "r1", "key", &other)
                .is_err()
        );
        assert_ne!(own.octets, vault.own_key().expect("another").octets);
    }

    store::on_both_engines!(
        a_wrapped_key_opens_in_its_place_and_so_does_what_it_sealed,
        &[SCHEMA],
        async |db: Db| { wraps(db).await }
    );

    #[test]
    fn it_does_not_print() {
        assert_eq!(format!("{:?}", key(7)), "OwnKey([redacted])");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_with_its_key_and_whole(
            value in proptest::collection::vec(any::<u8>(), 0..300),
            place in proptest::collection::vec(any::<u8>(), 0..40),
            other in proptest::collection::vec(any::<u8>(), 0..40),
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let own = key(1);
            let sealed = own.seal(&place, &value).expect("sealed");
            prop_assert_eq!(sealed.len(), 1 + NONCE + value.len() + super::super::TAG);
            prop_assert_eq!(&own.open(&place, &sealed).expect("opens"), &value);
            prop_assert!(key(2).open(&place, &sealed).is_err());
            prop_assert_eq!(own.open(&other, &sealed).is_ok(), other == place);
            let mut altered = sealed.clone();
            let at = at.index(sealed.len());
            altered[at] ^= 1 << bit;
            prop_assert!(own.open(&place, &altered).is_err());
            prop_assert!(own.open(&place, &sealed[..at]).is_err());
        }
    }
}
