//! Words of somebody's own, wherever they lie: columns of `card_exception` and `card_export`.

use base::id::{Exception, Id};
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value};

use crate::text::Of;

/// A text as it lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Slip {
    /// What was sealed under the vault, before texts had keys of their own.
    pub(crate) by_vault: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
    /// Empty where the key was destroyed, or there is none yet.
    pub(crate) wrapped: Vec<u8>,
}

impl Slip {
    /// Of a row that has its columns; `by_vault` is what the first is called.
    pub(super) fn of(row: &Row, by_vault: &str) -> Result<Self, Error> {
        let maybe = |column: &str| row.get::<Option<Vec<u8>>>(column);
        Ok(Self {
            by_vault: row.get(by_vault)?,
            sealed: maybe("sealed")?.unwrap_or_default(),
            wrapped: maybe("wrapped")?.unwrap_or_default(),
        })
    }
}

/// Texts that lie under the vault, behind one: the keys of their rows, what these are called,
/// and the texts.
pub(crate) async fn by_vault(
    conn: &mut Conn,
    of: Of,
    behind: Option<&Value>,
    most: i64,
) -> Result<Vec<(Value, String, Slip)>, Error> {
    let (head, key, column) = match of {
        Of::Exception => (
            "SELECT id, reason, sealed, wrapped FROM card_exception WHERE LENGTH(reason) > 0",
            "id",
            "reason",
        ),
        Of::Export => (
            "SELECT number, purpose, sealed, wrapped FROM card_export WHERE LENGTH(purpose) > 0",
            "number",
            "purpose",
        ),
    };
    let mut query = Query::new(head);
    if let Some(behind) = behind {
        query = query.condition(&format!(" AND {key} > ?"), vec![behind.clone()]);
    }
    let query = query.condition(&format!(" ORDER BY {key} LIMIT ?"), vec![most.into()]);
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| {
            let slip = Slip::of(row, column)?;
            Ok(match of {
                Of::Exception => {
                    let id: Id<Exception> = row.get("id")?;
                    (id.into(), id.to_string(), slip)
                }
                Of::Export => {
                    let number: i64 = row.get("number")?;
                    (number.into(), number.to_string(), slip)
                }
            })
        })
        .collect()
}

/// From now on a text lies under a key of its own, and nothing of it under the vault.
pub(crate) async fn put(tx: &mut Tx, of: Of, key: &Value, slip: &Slip) -> Result<(), Error> {
    let (head, condition) = match of {
        Of::Exception => ("UPDATE card_exception SET reason = ", " WHERE id = "),
        Of::Export => ("UPDATE card_export SET purpose = ", " WHERE number = "),
    };
    let query = Query::new("")
        .push(head, Vec::<u8>::new())
        .push(", sealed = ", slip.sealed.clone())
        .push(", wrapped = ", slip.wrapped.clone())
        .push(condition, key.clone());
    tx.execute_query(&query).await?;
    Ok(())
}
