//! Passwords: what is taken for one, and how it is kept.
//!
//! Kept as Argon2id (RFC 9106) in a PHC string, with the parameters that OWASP's
//! password storage sheet names first: 19 MiB, two passes, one lane. A hash costs
//! tens of milliseconds of a core, so few run at a time and few wait.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::redact::Secret;
use tokio::sync::Semaphore;

use crate::line;
use crate::problem::Problem;
use crate::task::Tasks;

/// Shortest password that a person may choose (NIST SP 800-63B asks for 8).
const CHARACTERS_MIN: usize = 10;

/// Longest one, in bytes: long enough for any sentence, and no way to make the
/// house chew on a megabyte.
const BYTES_MAX: usize = 256;

/// Hashes that are worked on at the same time; each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// Hashes that may wait or run. Policy: who comes beyond is refused, with
/// Retry-After; thirty-two wait about a second.
const HASHES_MAX: usize = 32;

/// What no one should choose, whatever its length. The usual first guesses, in
/// lower case; the limiter takes care of the rest.
const FIRST_GUESSES: &[&str] = &[
    "1234567890",
    "12345678910",
    "0123456789",
    "qwertyuiop",
    "passwordpassword",
    "password123",
    "password1234",
    "rahasia123",
    "indonesia123",
    "kalimantan",
    "kalteng123",
    "palangkaraya",
    "administrator",
    "adminadmin",
    "admin12345",
];

/// Verified when there is no such user, so that the answer takes as long. Of the
/// same parameters as real ones; the hash is of nothing.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Refuses what is too easy to guess.
///
/// # Errors
/// `form`, about the field `password`.
pub fn check(password: &Secret<String>, username: &str) -> Result<(), Problem> {
    let text = password.expose();
    let lower = text.to_lowercase();
    let why = if text.chars().count() < CHARACTERS_MIN {
        format!("at least {CHARACTERS_MIN} characters")
    } else if text.len() > BYTES_MAX {
        format!("at most {BYTES_MAX} bytes")
    } else if FIRST_GUESSES.contains(&lower.as_str()) {
        "one of the first that anybody would guess".to_owned()
    } else if username.len() >= 4 && lower.contains(username) {
        "not the user name with something around it".to_owned()
    } else if lower.chars().all(|c| lower.starts_with(c)) {
        "not one character many times".to_owned()
    } else {
        return Ok(());
    };
    Err(line::refuse("password", why))
}

/// Hashes and verifies, a few at a time.
#[derive(Debug)]
pub struct Hasher {
    slots: Semaphore,
    places: Semaphore,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            slots: Semaphore::new(HASHES_AT_ONCE),
            places: Semaphore::new(HASHES_MAX),
        }
    }
}

impl Hasher {
    /// A PHC string of the password, with a new salt.
    ///
    /// # Errors
    /// `busy` if too many wait.
    pub async fn hash(&self, tasks: &Tasks, password: Secret<String>) -> Result<String, Problem> {
        self.work(tasks, move || {
            let mut salt = [0; 16];
            SystemRandom::new()
                .fill(&mut salt)
                .map_err(|_| Problem::bug("the system has no randomness"))?;
            Argon2::default()
                .hash_password_with_salt(password.expose().as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| Problem::bug(format!("a password cannot be hashed: {error}")))
        })
        .await
    }

    /// Whether the password is the one that the PHC string is of. Without a
    /// string it is not, and takes as long.
    ///
    /// # Errors
    /// `busy` if too many wait.
    pub async fn verify(
        &self,
        tasks: &Tasks,
        password: Secret<String>,
        kept: Option<String>,
    ) -> Result<bool, Problem> {
        self.work(tasks, move || {
            let text = kept.as_deref().unwrap_or(NOBODY);
            let hash = PasswordHash::new(text)
                .map_err(|_| Problem::from(store::Error::corrupt("hall_login.secret")))?;
            // What is longer than any password is none; the work is done all the same.
            let bytes = password.expose().as_bytes();
            let bytes = bytes.get(..BYTES_MAX).unwrap_or(bytes);
            let fits = Argon2::default().verify_password(bytes, &hash).is_ok();
            Ok(fits && kept.is_some() && password.expose().len() <= BYTES_MAX)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        tasks: &Tasks,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy =
            || Problem::exhausted("busy", "Too many log in at this moment.").retry_after_s(2);
        let _place = self.places.try_acquire().map_err(|_| busy())?;
        let _slot = self.slots.acquire().await.map_err(|_| busy())?;
        tasks
            .blocking("hash a password", work)
            .await
            .map_err(|_| Problem::bug("a password hash panicked"))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hasher = Hasher::default();
        let kept = hasher
            .hash(&Tasks::new(), secret("jembatan kahayan"))
            .await
            .expect("a hash");
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        let again = hasher
            .hash(&Tasks::new(), secret("jembatan kahayan"))
            .await
            .expect("a hash");
        assert_ne!(kept, again, "each has its own salt");
        for (password, kept, fits) in [
            ("jembatan kahayan", Some(kept.clone()), true),
            ("jembatan barito", Some(kept), false),
            ("jembatan kahayan", None, false),
            ("", None, false),
        ] {
            let found = hasher
                .verify(&Tasks::new(), secret(password), kept)
                .await
                .expect("a word");
            assert_eq!(found, fits, "{password}");
        }
    }

    #[tokio::test]
    async fn a_longer_text_is_not_its_beginning() {
        let hasher = Hasher::default();
        let longest = "x".repeat(BYTES_MAX);
        let kept = hasher
            .hash(&Tasks::new(), secret(&longest))
            .await
            .expect("a hash");
        let tasks = Tasks::new();
        let longer = hasher.verify(&tasks, secret(&format!("{longest}y")), Some(kept));
        assert!(!longer.await.expect("a word"));
    }

    #[tokio::test]
    async fn who_comes_beyond_the_queue_is_refused() {
        let hasher = Hasher::default();
        let _all = hasher
            .places
            .acquire_many(u32::try_from(HASHES_MAX).expect("small"))
            .await
            .expect("all places");
        assert!(
            hasher
                .verify(&Tasks::new(), secret("x"), None)
                .await
                .is_err()
        );
    }

    #[test]
    fn easy_ones_are_refused() {
        for (password, username, passes) in [
            ("pendek", "ani", false),
            ("Password123", "ani", false),
            ("aaaaaaaaaaaa", "ani", false),
            ("anisulastri-2026", "anisulastri", false),
            ("jembatan kahayan", "anisulastri", true),
            ("sepuluh ani", "ani", true),
        ] {
            let passed = check(&secret(password), username).is_ok();
            assert_eq!(passed, passes, "{password}");
        }
        assert!(check(&secret(&"x1".repeat(200)), "ani").is_err());
    }

    #[test]
    fn the_answer_for_nobody_can_be_verified() {
        let hash = PasswordHash::new(NOBODY).expect("a PHC string");
        assert!(Argon2::default().verify_password(b"", &hash).is_err());
    }
}
