//! Words of somebody's own that may name people, each under a key of its own: why somebody
//! decided about one subject, what an annex as a whole is asked for.
//!
//! What was sealed under the vault before there were such keys opens from any backup of then;
//! a start seals it anew, so that the backups that come after hold no more of it.

use hall::Hall;
use hall::vault::{Vault, VaultError};
use store::Error;

use crate::sql::settled;
use crate::sql::text::{self as rows, Slip};

/// What a text is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Why somebody decided about one subject.
    Exception,
    /// What an annex as a whole is asked for.
    Export,
}

impl Of {
    pub(crate) const ALL: [Self; 2] = [Self::Exception, Self::Export];

    /// The table, and the column that held it under the vault.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Exception => ("card_exception", "reason"),
            Self::Export => ("card_export", "purpose"),
        }
    }

    /// The associated data of a text.
    fn bound(self, row: &str) -> Vec<u8> {
        let (table, column) = self.place();
        format!("{table} {row} {column}").into_bytes()
    }
}

/// What the key of a text is called.
const KEY: &str = "key";

/// Texts that are sealed anew in one transaction.
const CHUNK: i64 = 200;

/// What stands for a text that was destroyed.
const DESTROYED: &str = "(sudah dimusnahkan)";

/// Seals a text under a new key. `row` is what its row is called.
pub(crate) fn seal(vault: &Vault, of: Of, row: &str, text: &str) -> Result<Slip, VaultError> {
    let key = vault.own_key()?;
    Ok(Slip {
        by_vault: Vec::new(),
        sealed: key.seal(&of.bound(row), text.as_bytes())?,
        wrapped: vault.wrap(of.place().0, row, KEY, &key)?,
    })
}

/// A text; none where its key was destroyed.
pub(crate) fn open(
    vault: &Vault,
    of: Of,
    row: &str,
    slip: &Slip,
) -> Result<Option<String>, VaultError> {
    let (table, column) = of.place();
    let octets = if !slip.wrapped.is_empty() {
        let key = vault.unwrap_key(table, row, KEY, &slip.wrapped)?;
        key.open(&of.bound(row), &slip.sealed)?
    } else if !slip.by_vault.is_empty() {
        vault.open(table, row, column, &slip.by_vault)?
    } else {
        return Ok(None);
    };
    Ok(Some(String::from_utf8_lossy(&octets).into_owned()))
}

/// The same, in words where it was destroyed.
pub(crate) fn told(vault: &Vault, of: Of, row: &str, slip: &Slip) -> Result<String, VaultError> {
    let text = open(vault, of, row, slip)?;
    Ok(text.unwrap_or_else(|| DESTROYED.to_owned()))
}

/// Seals anew what lies under the vault still. What does not open is told of and stays.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn sweep(hall: &Hall) -> Result<(), Error> {
    let mut anew = 0_u64;
    for of in Of::ALL {
        let mut behind = None;
        loop {
            let mut tx = hall.db().write().await?;
            let some = rows::by_vault(&mut tx, of, behind.as_ref(), CHUNK).await?;
            for (key, name, slip) in &some {
                let sealed = open(hall.vault(), of, name, slip)
                    .and_then(|text| seal(hall.vault(), of, name, &text.unwrap_or_default()));
                match sealed {
                    Ok(slip) => {
                        rows::put(&mut tx, of, key, &slip).await?;
                        anew += 1;
                    }
                    Err(error) => {
                        tracing::error!(table = of.place().0, row = name, %error, "a text does not open");
                    }
                }
            }
            if !some.is_empty() {
                settled::destroyed(&mut tx, hall.now().wall).await?;
            }
            tx.commit().await?;
            match some.into_iter().last() {
                Some((key, ..)) => behind = Some(key),
                None => break,
            }
        }
    }
    if anew > 0 {
        tracing::info!(anew, "texts were sealed under keys of their own");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_a_place_of_its_own() {
        assert_ne!(Of::Exception.bound("1"), Of::Export.bound("1"));
        assert_ne!(Of::Export.bound("1"), Of::Export.bound("11"));
    }
}
