//! A long file, sealed chunk by chunk under a key of its own.
//!
//! The STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár ("Online
//! authenticated-encryption and its nonce-reuse misuse-resistance", 2015): each chunk
//! is sealed with its number and with whether it is the last, so that none can be
//! left out, moved, doubled or put behind the end.
//!
//! Octets: version (1), prefix (7, at random), then chunks of 64 KiB, each with its tag
//! behind it (AES-256-GCM-SIV, RFC 8452). The nonce of a chunk is the prefix, its number
//! (4, big endian), and 1 for the last chunk or 0. The last one may be shorter, and is
//! empty only where the file is.

use std::io::{self, Read, Write};

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};

use super::own::OwnKey;
use super::{NONCE, TAG, VERSION, VaultError, random};

/// Octets of a chunk before it is sealed.
const CHUNK: usize = 64 << 10;

const PREFIX: usize = 7;

/// Which chunk comes next.
struct Count {
    cipher: LessSafeKey,
    place: Vec<u8>,
    prefix: [u8; PREFIX],
    /// None behind the last number that there is.
    next: Option<u32>,
}

impl Count {
    fn new(key: &OwnKey, place: &[u8], prefix: [u8; PREFIX]) -> io::Result<Self> {
        let cipher = key.cipher();
        Ok(Self {
            cipher: cipher.ok_or_else(|| io::Error::other(VaultError::Randomness))?,
            place: place.to_vec(),
            prefix,
            next: Some(0),
        })
    }

    fn nonce(&mut self, last: bool) -> io::Result<Nonce> {
        let number = self
            .next
            .ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.next = number.checked_add(1);
        let mut nonce = [0; NONCE];
        let (prefix, rest) = nonce.split_at_mut(PREFIX);
        prefix.copy_from_slice(&self.prefix);
        rest[..4].copy_from_slice(&number.to_be_bytes());
        rest[4] = u8::from(last);
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// Seals what is written to it. Without [`finish`](Self::finish) the file has no end
/// and does not open.
pub struct Sealer<W: Write> {
    into: W,
    count: Count,
    /// What waits to be known as the last or not.
    chunk: Vec<u8>,
    /// What went wrong first: nothing may be put behind a gap.
    failed: Option<io::ErrorKind>,
}

impl<W: Write> Sealer<W> {
    /// Begins a file. `place` is associated data: the file opens in no other.
    ///
    /// # Errors
    /// If `into` takes nothing, or the system has no randomness.
    pub fn new(key: &OwnKey, place: &[u8], mut into: W) -> io::Result<Self> {
        let prefix = random().map_err(io::Error::other)?;
        let count = Count::new(key, place, prefix)?;
        into.write_all(&[VERSION])?;
        into.write_all(&prefix)?;
        Ok(Self {
            into,
            count,
            chunk: Vec::with_capacity(CHUNK + TAG),
            failed: None,
        })
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If not all of it could be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.into.flush()?;
        Ok(self.into)
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let put = self.sealed(last);
        self.failed = put.as_ref().err().map(io::Error::kind);
        put
    }

    fn sealed(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.count.nonce(last)?;
        let tag = self
            .count
            .cipher
            .seal_in_place_separate_tag(nonce, Aad::from(&self.count.place), &mut self.chunk)
            .map_err(|_| io::Error::other("a chunk cannot be sealed"))?;
        self.chunk.extend_from_slice(tag.as_ref());
        self.into.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        // A full chunk waits for one more octet: it may be the last.
        if self.chunk.len() >= CHUNK && !octets.is_empty() {
            self.put(false)?;
        }
        let taken = octets.len().min(CHUNK.saturating_sub(self.chunk.len()));
        self.chunk.extend_from_slice(&octets[..taken]);
        Ok(taken)
    }

    /// What waits for the end of its chunk goes on waiting.
    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

impl<W: Write> std::fmt::Debug for Sealer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer")
            .field("next", &self.count.next)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// Opens what a [`Sealer`] has sealed. Each chunk is checked before any of it is handed
/// out; that nothing is missing behind, only the end tells. So whoever acts on what
/// comes before it has to be able to take that back.
pub struct Opener<R: Read> {
    from: R,
    count: Count,
    /// One chunk, open, and how far it was handed out.
    chunk: Vec<u8>,
    at: usize,
    /// The octet behind the chunk: there is one unless the chunk is the last.
    ahead: Option<u8>,
    ended: bool,
    /// What went wrong first: there is nothing behind it that could be believed.
    failed: Option<io::ErrorKind>,
}

impl<R: Read> Opener<R> {
    /// Reads the beginning of a file that was sealed for that place.
    ///
    /// # Errors
    /// `InvalidData` if it is none.
    pub fn new(key: &OwnKey, place: &[u8], mut from: R) -> io::Result<Self> {
        let mut header = [0; 1 + PREFIX];
        from.read_exact(&mut header)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => altered(),
                _ => error,
            })?;
        let [version, prefix @ ..] = header;
        if version != VERSION {
            return Err(altered());
        }
        Ok(Self {
            from,
            count: Count::new(key, place, prefix)?,
            chunk: Vec::with_capacity(CHUNK + TAG + 1),
            at: 0,
            ahead: None,
            ended: false,
            failed: None,
        })
    }

    fn next(&mut self) -> io::Result<()> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let next = self.opened();
        if let Err(error) = &next {
            self.failed = Some(error.kind());
            self.chunk.clear();
            self.at = 0;
        }
        next
    }

    fn opened(&mut self) -> io::Result<()> {
        let first = self.count.next == Some(0);
        self.at = 0;
        self.chunk.clear();
        self.chunk.extend(self.ahead.take());
        let most = CHUNK + TAG + 1 - self.chunk.len();
        let mut some = (&mut self.from).take(u64::try_from(most).unwrap_or(u64::MAX));
        some.read_to_end(&mut self.chunk)?;
        if self.chunk.len() > CHUNK + TAG {
            self.ahead = self.chunk.pop();
        }
        let last = self.ahead.is_none();
        let nonce = self.count.nonce(last).map_err(|_| altered())?;
        let place = Aad::from(&self.count.place);
        let open = self
            .count
            .cipher
            .open_in_place(nonce, place, &mut self.chunk)
            .map_err(|_| altered())?
            .len();
        if open == 0 && !first {
            return Err(altered());
        }
        self.chunk.truncate(open);
        self.ended = last;
        Ok(())
    }
}

fn altered() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a sealed file was altered, cut short, or stands where it was not sealed for",
    )
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        if octets.is_empty() {
            return Ok(0);
        }
        while self.at == self.chunk.len() {
            if self.ended {
                return Ok(0);
            }
            self.next()?;
        }
        let taken = octets.len().min(self.chunk.len() - self.at);
        octets[..taken].copy_from_slice(&self.chunk[self.at..][..taken]);
        self.at += taken;
        Ok(taken)
    }
}

impl<R: Read> std::fmt::Debug for Opener<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener")
            .field("next", &self.count.next)
            .field("ended", &self.ended)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vault::KEY;

    const HEADER: usize = 1 + PREFIX;
    const PLACE: &[u8] = b"card_file list_1";

    fn key(octet: u8) -> OwnKey {
        OwnKey::of([octet; KEY]).expect("a key")
    }

    /// Octets of which no two chunks are alike.
    fn long(length: usize) -> Vec<u8> {
        (0_u32..)
            .flat_map(u32::to_be_bytes)
            .map(|octet| octet ^ 0x5a)
            .take(length)
            .collect()
    }

    fn seal(octets: &[u8], piece: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(&key(1), PLACE, Vec::new()).expect("begun");
        for piece in octets.chunks(piece) {
            sealer.write_all(piece).expect("written");
            sealer.flush().expect("flushed");
        }
        sealer.finish().expect("ended")
    }

    fn open_with(key: &OwnKey, place: &[u8], sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut read = Vec::new();
        Opener::new(key, place, sealed)?.read_to_end(&mut read)?;
        Ok(read)
    }

    /// The octets, or the kind of what went wrong.
    fn open(sealed: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        open_with(&key(1), PLACE, sealed).map_err(|error| error.kind())
    }

    const ALTERED: Result<Vec<u8>, io::ErrorKind> = Err(io::ErrorKind::InvalidData);

    #[test]
    fn what_was_sealed_opens_whatever_its_length() {
        for (length, chunks) in [
            (0, 1),
            (1, 1),
            (CHUNK - 1, 1),
            (CHUNK, 1),
            (CHUNK + 1, 2),
            (2 * CHUNK, 2),
            (3 * CHUNK + 17, 4),
        ] {
            let octets = long(length);
            let sealed = seal(&octets, 10_000);
            assert_eq!(sealed.len(), HEADER + length + chunks * TAG, "{length}");
            assert!(open(&sealed) == Ok(octets), "{length}");
        }
    }

    #[test]
    fn a_file_that_is_cut_anywhere_does_not_open() {
        let octets = long(2 * CHUNK + 5);
        let sealed = seal(&octets, CHUNK);
        let whole = CHUNK + TAG;
        let boundaries = [0, 1, 2].map(|chunk| HEADER + chunk * whole);
        let near = boundaries
            .into_iter()
            .flat_map(|at| at.saturating_sub(TAG + 2)..=at + TAG + 2);
        let inside = (0..sealed.len()).step_by(9_973);
        for at in near.chain(inside).filter(|at| *at < sealed.len()) {
            assert_eq!(open(&sealed[..at]), ALTERED, "cut at {at}");
        }
        // Of a file of one chunk, and of none.
        for octets in [&b""[..], b"huma betang"] {
            let sealed = seal(octets, 3);
            for at in 0..sealed.len() {
                assert_eq!(open(&sealed[..at]), ALTERED, "cut at {at}");
            }
        }
    }

    #[test]
    fn chunks_cannot_be_moved_left_out_doubled_or_added() {
        let sealed = seal(&long(3 * CHUNK + 9), CHUNK);
        let (header, body) = sealed.split_at(HEADER);
        let chunks: Vec<&[u8]> = body.chunks(CHUNK + TAG).collect();
        let put = |order: &[usize]| {
            let chunks = order.iter().map(|chunk| chunks[*chunk]);
            let parts: Vec<&[u8]> = std::iter::once(header).chain(chunks).collect();
            open(&parts.concat())
        };
        assert!(put(&[0, 1, 2, 3]).is_ok());
        for order in [
            &[1, 0, 2, 3][..],
            &[0, 2, 1, 3],
            &[0, 1, 3],
            &[1, 2, 3],
            &[0, 1, 1, 2, 3],
            &[0, 1, 2],
            &[0, 1, 2, 3, 3],
            &[3],
            &[],
        ] {
            assert_eq!(put(order), ALTERED, "{order:?}");
        }
        for octets in [Vec::new(), b"huma".to_vec(), long(CHUNK)] {
            let sealed = seal(&octets, CHUNK);
            for more in [vec![0], vec![7; TAG], sealed.clone(), long(2 * CHUNK)] {
                assert_eq!(open(&[sealed.as_slice(), &more].concat()), ALTERED);
            }
        }
        // A chunk of another file under the same key.
        let other = seal(&long(CHUNK), CHUNK);
        assert_eq!(
            open(&[&sealed[..HEADER], &other[HEADER..]].concat()),
            ALTERED
        );
    }

    #[test]
    fn it_opens_with_its_key_in_its_place() {
        let sealed = seal(b"huma betang", 4);
        assert!(open_with(&key(2), PLACE, &sealed).is_err());
        assert!(open_with(&key(1), b"card_file list_2", &sealed).is_err());
        assert!(open_with(&key(1), PLACE, &sealed).is_ok());
    }

    #[test]
    fn whoever_stops_early_has_read_what_was_sealed() {
        let octets = long(2 * CHUNK);
        let mut sealed = seal(&octets, CHUNK);
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        let mut opener = Opener::new(&key(1), PLACE, sealed.as_slice()).expect("begun");
        let mut first = vec![0; CHUNK];
        opener.read_exact(&mut first).expect("the first chunk");
        assert!(first == octets[..CHUNK]);
        // And whoever goes on is told each time.
        for _ in 0..2 {
            let error = opener.read(&mut first).expect_err("altered");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    /// Takes so many octets and no more.
    #[derive(Debug)]
    struct Narrow(usize);

    impl Write for Narrow {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = octets.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_is_put_behind_a_gap() {
        let mut sealer = Sealer::new(&key(1), PLACE, Narrow(HEADER + 100)).expect("begun");
        let error = sealer.write_all(&long(2 * CHUNK)).expect_err("full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let error = sealer.finish().expect_err("still");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_length_in_any_pieces(length in 0..3 * CHUNK, piece in 1..2 * CHUNK) {
            let octets = long(length);
            prop_assert!(open(&seal(&octets, piece)) == Ok(octets));
        }

        #[test]
        fn no_bit_can_be_flipped(
            length in 0..2 * CHUNK + 40,
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let mut sealed = seal(&long(length), CHUNK);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(open(&sealed), ALTERED);
        }

        #[test]
        fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = open(&octets);
            let _ = open(&[&[VERSION][..], &octets].concat());
        }
    }
}
