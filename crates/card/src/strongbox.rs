//! Rows of lists, sealed and opened, and by what they are found.
//!
//! Each row has a key of its own, wrapped by the vault: a key that is destroyed takes its
//! row with it, and two lists that turn out to tell of one person share nothing that
//! would have to be sealed anew.

use base::area::AreaCode;
use hall::vault::{Vault, VaultError};

use crate::record::{Record, place};
use crate::sql::record::Sealed;

/// What a key is bound to.
const KEY: (&str, &str) = ("card_key", "key");

/// By which kinds of values rows are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The number of a person.
    Nik,
    /// The number of a family card.
    Kk,
    /// The number of a welfare card.
    Card,
    /// The number of a business.
    Nib,
    /// The area that it lies in.
    Area,
}

impl By {
    const fn column(self) -> &'static str {
        match self {
            Self::Nik => "nik",
            Self::Kk => "kk",
            Self::Card => "card",
            Self::Nib => "nib",
            Self::Area => "area",
        }
    }
}

fn row_of(list: i64, number: u32) -> String {
    format!("{list}:{number}")
}

/// Seals a row under a new key.
pub(crate) fn seal(
    vault: &Vault,
    list: i64,
    number: u32,
    area: Option<AreaCode>,
    record: &Record,
) -> Result<Sealed, VaultError> {
    let key = vault.own_key()?;
    Ok(Sealed {
        number,
        area,
        sealed: key.seal(&place(list, number), &record.octets())?,
        wrapped: vault.wrap(KEY.0, &row_of(list, number), KEY.1, &key)?,
        business: business(vault, record),
    })
}

/// What a row says; none where its key was destroyed.
pub(crate) fn open(vault: &Vault, list: i64, row: &Sealed) -> Result<Option<Record>, VaultError> {
    if row.wrapped.is_empty() {
        return Ok(None);
    }
    let name = row_of(list, row.number);
    let key = vault.unwrap_key(KEY.0, &name, KEY.1, &row.wrapped)?;
    let octets = key.open(&place(list, row.number), &row.sealed)?;
    Record::read(&octets)
        .map(Some)
        .ok_or(VaultError::DoesNotOpen)
}

/// What rows of one business have in common; none of a row that is of none.
pub(crate) fn business(vault: &Vault, record: &Record) -> Option<[u8; 16]> {
    let plain = record.trades_as()?;
    let mac = vault.blind_index("card_business", "business", plain.as_bytes())?;
    mac.get(..16)?.try_into().ok()
}

/// What equal values have in common; none for what stands for no value.
pub(crate) fn hash(vault: &Vault, by: By, value: &str) -> Option<i64> {
    let plain: String = match by {
        By::Area => value.to_owned(),
        By::Nik | By::Kk | By::Card | By::Nib => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            let says_nothing = digits.len() < DIGITS_MIN || digits.bytes().all(|it| it == b'0');
            if says_nothing {
                return None;
            }
            digits
        }
    };
    let mac = vault.blind_index("card_index", by.column(), plain.as_bytes())?;
    let first: [u8; 8] = mac.get(..8)?.try_into().ok()?;
    Some(i64::from_be_bytes(first) & i64::MAX)
}

/// Fewer digits find nobody.
const DIGITS_MIN: usize = 8;

/// By what a row is found.
pub(crate) fn hashes(vault: &Vault, record: &Record, area: Option<&AreaCode>) -> Vec<i64> {
    let area = area.map_or("", AreaCode::as_str);
    let all = [
        (By::Nik, record.nik.as_str()),
        (By::Kk, record.kk.as_str()),
        (By::Card, record.card.as_str()),
        (By::Nib, record.nib.as_str()),
        (By::Area, area),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(by, value)| hash(vault, by, value))
        .collect()
}
