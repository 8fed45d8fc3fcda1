//! A checkpoint as it leaves the house: a signed note (C2SP signed-note, tlog-checkpoint).
//!
//! Three lines say which log, how many entries and the root of their tree; below them
//! stand signatures, of which only those of known keys count. Whoever has the text and
//! the key needs nothing of the house.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base::area::AreaCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::hex;
use super::merkle::Hash;
use super::place::put;

/// What the standard calls an Ed25519 signature.
const ED25519_KIND: u8 = 1;

/// The longest note that is read, in octets: sixteen signatures of the longest kind.
pub const NOTE_MAX: usize = 96 * 1024;

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// A key that notes are signed for. As text `NAME+HASH+KEY`, as `betang audit key` and
/// the paper have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: [u8; 32],
}

/// The private half, in a file of the data folder.
pub struct Signer {
    verifier: Verifier,
    pair: Ed25519KeyPair,
}

/// Why a text is no checkpoint, or none that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no signed note.
    #[error("this is no signed note, or not all of it")]
    Unreadable,
    /// It is a note and no checkpoint.
    #[error("this note is no checkpoint")]
    NoCheckpoint,
    /// The key has signed nothing here.
    #[error("this checkpoint is not signed by that key")]
    OtherKey,
    /// The key's signature is not one of this text.
    #[error("the signature does not fit the text: the checkpoint was altered")]
    Altered,
}

/// A text is no verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a verifier key is NAME+HASH+KEY, in one line")]
pub struct NoVerifier;

/// Why the house cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no key.
    #[error("{path} holds no Ed25519 key (PKCS#8 PEM)")]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// The name beside the key is of another one.
    #[error("{path} does not name the key beside it")]
    NoName {
        /// Which.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("the system has no randomness")]
    Randomness,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let root = BASE64.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// What a text says that was signed.
    ///
    /// # Errors
    /// If it is no checkpoint.
    pub fn read(text: &str) -> Result<Self, NoteError> {
        let read = || {
            let mut lines = text.strip_suffix('\n')?.split('\n');
            let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
            let number: u64 = size.parse().ok()?;
            let root: Hash = BASE64.decode(root).ok()?.try_into().ok()?;
            let is_one = !origin.is_empty()
                && number.to_string() == size
                && lines.all(|line| !line.is_empty());
            is_one.then(|| Self {
                origin: origin.to_owned(),
                size: number,
                root,
            })
        };
        read().ok_or(NoteError::NoCheckpoint)
    }
}

/// A note, read and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    /// Name, number and signature, as they stand.
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

impl Note {
    /// Takes a note apart.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(note: &str) -> Result<Self, NoteError> {
        let read = || {
            let is_plain = note.len() <= NOTE_MAX && !note.chars().any(|c| c < ' ' && c != '\n');
            let (text, signed) = note.rsplit_once("\n\n").filter(|_| is_plain)?;
            let mut signatures = Vec::new();
            for line in signed.strip_suffix('\n')?.split('\n') {
                let (name, packed) = line.strip_prefix("— ")?.split_once(' ')?;
                let packed = BASE64.decode(packed).ok()?;
                let (id, signature) = packed.split_first_chunk::<4>()?;
                if !is_name(name) || signature.is_empty() {
                    return None;
                }
                signatures.push((name.to_owned(), *id, signature.to_vec()));
            }
            Some(Self {
                text: format!("{text}\n"),
                signatures,
            })
        };
        read().ok_or(NoteError::Unreadable)
    }

    /// What it says, once a key has vouched for it.
    ///
    /// # Errors
    /// If the key has not.
    pub fn by(&self, verifier: &Verifier) -> Result<&str, NoteError> {
        let id = verifier.id();
        let mut mine = self
            .signatures
            .iter()
            .filter(|(name, of, _)| *name == verifier.name && *of == id)
            .peekable();
        if mine.peek().is_none() {
            return Err(NoteError::OtherKey);
        }
        let key = UnparsedPublicKey::new(&ED25519, verifier.key);
        let holds = |signature: &[u8]| key.verify(self.text.as_bytes(), signature).is_ok();
        if mine.all(|(.., signature)| holds(signature)) {
            Ok(&self.text)
        } else {
            Err(NoteError::Altered)
        }
    }

    /// What it says, whoever may have written it.
    #[must_use]
    pub fn unproven(&self) -> &str {
        &self.text
    }
}

/// Reads a checkpoint of a key.
///
/// # Errors
/// If it is none, of another key, or altered.
pub fn open(note: &str, verifier: &Verifier) -> Result<Checkpoint, NoteError> {
    Checkpoint::read(Note::read(note)?.by(verifier)?)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.contains(char::is_whitespace)
}

impl Verifier {
    /// What the key is called, which is the log's name too.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key's octets.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The number that signatures name it by.
    fn id(&self) -> [u8; 4] {
        let mut text = format!("{}\n", self.name).into_bytes();
        text.push(ED25519_KIND);
        text.extend_from_slice(&self.key);
        let mut id = [0; 4];
        id.copy_from_slice(&digest(&SHA256, &text).as_ref()[..4]);
        id
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packed = BASE64.encode([&[ED25519_KIND], self.key.as_slice()].concat());
        write!(f, "{}+{}+{packed}", self.name, hex(&self.id()))
    }
}

impl FromStr for Verifier {
    type Err = NoVerifier;

    fn from_str(text: &str) -> Result<Self, NoVerifier> {
        let read = || {
            let mut parts = text.splitn(3, '+');
            let (name, id, packed) = (parts.next()?, parts.next()?, parts.next()?);
            let packed = BASE64.decode(packed).ok()?;
            let key = packed.strip_prefix(&[ED25519_KIND])?.try_into().ok()?;
            let verifier = Self {
                name: name.to_owned(),
                key,
            };
            (is_name(name) && hex(&verifier.id()) == id).then_some(verifier)
        };
        read().ok_or(NoVerifier)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

impl Signer {
    /// The folder of the key within a data folder: not the one that is handed out.
    fn folder(data: &Path) -> PathBuf {
        data.join("seal")
    }

    /// Where a data folder has its key.
    #[must_use]
    pub fn key_path(data: &Path) -> PathBuf {
        Self::folder(data).join("key.pem")
    }

    fn name_path(data: &Path) -> PathBuf {
        Self::folder(data).join("key.verifier")
    }

    /// The public half of a data folder's key, for whoever only reads.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn verifier_of(data: &Path) -> Result<Verifier, SignerError> {
        let path = Self::name_path(data);
        let text = fs::read_to_string(&path).map_err(trouble(&path))?;
        let read = text.trim().parse();
        read.map_err(|_| SignerError::NoName { path })
    }

    /// Reads the key of a data folder, or makes it: whether it was made now.
    ///
    /// # Errors
    /// If its files cannot be read or written.
    pub fn open(data: &Path, province: &AreaCode) -> Result<(Self, bool), SignerError> {
        let (folder, path) = (Self::folder(data), Self::key_path(data));
        let is_new = !path.exists();
        if is_new {
            fs::create_dir_all(&folder).map_err(trouble(&folder))?;
            let pair = Ed25519KeyPair::generate().map_err(|_| SignerError::Randomness)?;
            let verifier = named(&pair, province);
            // The key is written last: without it nobody has trusted the other file.
            let name = Self::name_path(data);
            let line = format!("{verifier}\n");
            put(&name, line.as_bytes(), 0o644).map_err(trouble(&name))?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| SignerError::Randomness)?;
            let pem = format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                BASE64.encode(der.as_ref())
            );
            put(&path, pem.as_bytes(), 0o600).map_err(trouble(&path))?;
        }
        let pem = fs::read(&path).map_err(trouble(&path))?;
        let none = || SignerError::NoKey { path: path.clone() };
        let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| none())?;
        let pair = Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| none())?;
        let verifier = Self::verifier_of(data)?;
        if verifier.key != public(&pair) {
            let path = Self::name_path(data);
            return Err(SignerError::NoName { path });
        }
        Ok((Self { verifier, pair }, is_new))
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// A checkpoint of that size and root, signed.
    #[must_use]
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let origin = self.verifier.name.clone();
        let text = Checkpoint { origin, size, root }.text();
        let signature = self.pair.sign(text.as_bytes());
        let packed = [self.verifier.id().as_slice(), signature.as_ref()].concat();
        format!(
            "{text}\n— {} {}\n",
            self.verifier.name,
            BASE64.encode(packed)
        )
    }
}

fn public(pair: &Ed25519KeyPair) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(pair.public_key().as_ref());
    key
}

/// A key's name is the log's: of its province, and like no other.
fn named(pair: &Ed25519KeyPair, province: &AreaCode) -> Verifier {
    let key = public(pair);
    let print = hex(&digest(&SHA256, &key).as_ref()[..6]);
    Verifier {
        name: format!("betang/{province}/{print}"),
        key,
    }
}

fn trouble(path: &Path) -> impl Fn(std::io::Error) -> SignerError {
    let path = path.to_owned();
    move |source| SignerError::File {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use proptest::prelude::*;

    use super::*;

    /// The note and key that Go's `sumdb/note`, where the form comes from, publishes.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn signer() -> (tempfile::TempDir, Signer) {
        let data = tempfile::tempdir().expect("a folder");
        let province = "62".parse().expect("a code");
        let (signer, is_new) = Signer::open(data.path(), &province).expect("made");
        assert!(is_new);
        (data, signer)
    }

    #[test]
    fn the_published_note_is_signed_by_the_published_key() {
        let key: Verifier = KEY.parse().expect("a key");
        assert_eq!(key.to_string(), KEY);
        let note = Note::read(NOTE).expect("a note");
        let text = note.by(&key).expect("signed");
        assert!(text.ends_with("what your problem is.\n"), "{text}");
        assert_eq!(open(NOTE, &key), Err(NoteError::NoCheckpoint));
        let altered = Note::read(&NOTE.replace("know", "knew")).expect("a note");
        assert_eq!(altered.by(&key), Err(NoteError::Altered));
        let (_folder, other) = signer();
        assert_eq!(note.by(other.verifier()), Err(NoteError::OtherKey));
    }

    /// The example of tlog-checkpoint.
    #[test]
    fn the_published_checkpoint_reads_and_reads_back() {
        let note = "example.com/behind-the-sofa\n20852163\n\
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let read = Note::read(note).expect("a note");
        let it = Checkpoint::read(read.unproven()).expect("a checkpoint");
        assert_eq!(it.origin, "example.com/behind-the-sofa");
        assert_eq!(it.size, 20_852_163);
        assert_eq!(it.text(), read.unproven());
    }

    #[test]
    fn the_key_is_made_once_and_is_nobody_elses() {
        let (data, first) = signer();
        let province = "62".parse().expect("a code");
        let (second, is_new) = Signer::open(data.path(), &province).expect("read");
        assert!(!is_new);
        assert_eq!(first.verifier(), second.verifier());
        assert_eq!(
            Signer::verifier_of(data.path()).expect("its name"),
            *first.verifier()
        );
        let path = Signer::key_path(data.path());
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (_other, other) = signer();
        assert_ne!(first.verifier(), other.verifier());
        fs::write(
            data.path().join("seal/key.verifier"),
            other.verifier().to_string(),
        )
        .expect("written");
        let error = Signer::open(data.path(), &province).expect_err("another name");
        assert!(matches!(error, SignerError::NoName { .. }), "{error}");
    }

    #[test]
    fn others_may_sign_below() {
        let (_folder, signer) = signer();
        let note = signer.sign(7, [9; 32]);
        let it = open(&note, signer.verifier()).expect("a checkpoint");
        assert_eq!((it.size, it.root), (7, [9; 32]));
        let key: Verifier = KEY.parse().expect("a key");
        let theirs = NOTE.rsplit_once("\n\n").expect("signed").1;
        let both = format!("{note}{theirs}");
        assert_eq!(open(&both, signer.verifier()), Ok(it));
        assert_eq!(open(&both, &key), Err(NoteError::Altered));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        for wrong in [
            "",
            "\n",
            "a\n1\n",
            "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "a\n1\nCsUY\n",
            "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nx\n",
            "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        ] {
            assert_eq!(
                Checkpoint::read(wrong),
                Err(NoteError::NoCheckpoint),
                "{wrong:?}"
            );
        }
        for wrong in [
            "",
            "a",
            "a\n\n",
            "a\n\n— b\n",
            "a\n\n— b c!\n",
            "a\n\n— b AAAA\n",
            "a\n\n- b AAAAAAAA\n",
            "a\r\n\n— b AAAAAAAA\n",
        ] {
            assert_eq!(Note::read(wrong), Err(NoteError::Unreadable), "{wrong:?}");
        }
        for wrong in [
            "",
            "a",
            "a+b+c",
            "+c74f20a3+ARpc2Q",
            &KEY.replace("c7", "c8"),
            &KEY.replace("Peter", "Pete"),
        ] {
            assert_eq!(wrong.parse::<Verifier>(), Err(NoVerifier), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_note_with_one_other_octet_is_no_note_of_the_key(
            size in any::<u64>(),
            root in any::<Hash>(),
            at in any::<prop::sample::Index>(),
            put in b' '..b'~',
        ) {
            let (_folder, signer) = signer();
            let note = signer.sign(size, root);
            let held = open(&note, signer.verifier()).expect("a checkpoint");
            prop_assert_eq!((held.size, held.root), (size, root));
            let mut octets = note.into_bytes();
            let at = at.index(octets.len());
            prop_assume!(octets[at] != put && octets[at].is_ascii());
            octets[at] = put;
            let altered = String::from_utf8(octets).expect("text");
            prop_assert!(open(&altered, signer.verifier()).is_err(), "{}", altered);
        }
    }
}
