//! Rows of lists with their keys, and by what they are found: `card_record`, `card_key`,
//! `card_index`, `card_business`.

use std::ops::Range;

use base::area::AreaCode;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{many, maybe_code, small};

/// A row, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) number: u32,
    pub(crate) area: Option<AreaCode>,
    pub(crate) sealed: Vec<u8>,
    /// Its key, wrapped. Empty where it was destroyed.
    pub(crate) wrapped: Vec<u8>,
    /// Of which business it is, where it is written; read rows do not say it.
    pub(crate) business: Option<[u8; 16]>,
}

/// Writes rows of a list with their keys.
pub(crate) async fn write(tx: &mut Tx, list: i64, rows: &[Sealed]) -> Result<(), Error> {
    let records: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                list.into(),
                i64::from(row.number).into(),
                row.area.as_ref().map(AreaCode::as_str).into(),
                row.sealed.as_slice().into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_record (list, number, area_code, sealed) VALUES ",
        4,
        &records,
    )
    .await?;
    let keys: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                list.into(),
                i64::from(row.number).into(),
                row.wrapped.as_slice().into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_key (list, number, wrapped) VALUES ",
        3,
        &keys,
    )
    .await?;
    let businesses: Vec<Value> = rows
        .iter()
        .filter_map(|row| Some((i64::from(row.number), row.business?)))
        .flat_map(|(number, business)| [list.into(), number.into(), business.to_vec().into()])
        .collect();
    many(
        tx,
        "INSERT INTO card_business (list, number, business) VALUES ",
        3,
        &businesses,
    )
    .await
}

/// Writes by what rows of a list are found. Sorted hashes are written fastest.
pub(crate) async fn index(tx: &mut Tx, list: i64, hashes: &[(i64, u32)]) -> Result<(), Error> {
    let values: Vec<Value> = hashes
        .iter()
        .flat_map(|(hash, number)| [(*hash).into(), list.into(), i64::from(*number).into()])
        .collect();
    many(
        tx,
        "INSERT INTO card_index (hash, list, number) VALUES ",
        3,
        &values,
    )
    .await
}

/// Takes some rows of a list away; whether there may be more.
pub(crate) async fn forget(tx: &mut Tx, list: i64, most: i64) -> Result<bool, Error> {
    let Some(row) = tx
        .maybe(
            "SELECT MIN(number) AS first FROM card_record WHERE list = $1",
            params![list],
        )
        .await?
    else {
        return Ok(false);
    };
    let Some(first) = row.get::<Option<i64>>("first")? else {
        return Ok(false);
    };
    for statement in [
        "DELETE FROM card_record WHERE list = $1 AND number < $2",
        "DELETE FROM card_key WHERE list = $1 AND number < $2",
        "DELETE FROM card_business WHERE list = $1 AND number < $2",
    ] {
        tx.execute(statement, params![list, first + most]).await?;
    }
    Ok(true)
}

/// Takes away by what some rows of a list are found: those with a hash from one on, up to
/// another.
pub(crate) async fn forget_index(tx: &mut Tx, list: i64, hashes: Range<i64>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM card_index WHERE hash >= $1 AND hash < $2 AND list = $3",
        params![hashes.start, hashes.end, list],
    )
    .await?;
    Ok(())
}

/// Destroys the key of a row: what it says cannot be opened any more, by nobody.
#[cfg(test)]
pub(crate) async fn destroy(tx: &mut Tx, list: i64, number: u32) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM card_key WHERE list = $1 AND number = $2",
        params![list, i64::from(number)],
    )
    .await?;
    Ok(())
}

/// Rows of a list behind a number, in order.
pub(crate) async fn after(
    conn: &mut Conn,
    list: i64,
    number: i64,
    most: i64,
) -> Result<Vec<Sealed>, Error> {
    conn.all(
        "SELECT r.number, r.area_code, r.sealed, k.wrapped FROM card_record r \
         LEFT JOIN card_key k ON k.list = r.list AND k.number = r.number \
         WHERE r.list = $1 AND r.number > $2 ORDER BY r.number LIMIT $3",
        params![list, number, most],
    )
    .await?
    .iter()
    .map(sealed)
    .collect()
}

/// One row of a list that counts.
pub(crate) async fn find(conn: &mut Conn, list: i64, number: u32) -> Result<Option<Sealed>, Error> {
    conn.maybe(
        "SELECT r.number, r.area_code, r.sealed, k.wrapped FROM card_record r \
         JOIN card_list l ON l.number = r.list AND l.state = 'standing' \
         LEFT JOIN card_key k ON k.list = r.list AND k.number = r.number \
         WHERE r.list = $1 AND r.number = $2",
        params![list, i64::from(number)],
    )
    .await?
    .as_ref()
    .map(sealed)
    .transpose()
}

/// Some rows of a list, whether that still counts or not: what an adopted list rests on.
pub(crate) async fn kept(
    conn: &mut Conn,
    list: i64,
    numbers: &[u32],
) -> Result<Vec<Sealed>, Error> {
    let marks = vec!["?"; numbers.len()].join(", ");
    let values = numbers.iter().map(|number| i64::from(*number).into());
    let query = Query::new(
        "SELECT r.number, r.area_code, r.sealed, k.wrapped FROM card_record r \
         JOIN card_list l ON l.number = r.list AND l.state <> 'staged' \
         LEFT JOIN card_key k ON k.list = r.list AND k.number = r.number",
    )
    .push(" WHERE r.list = ", list)
    .condition(&format!(" AND r.number IN ({marks})"), values.collect());
    conn.all_query(&query).await?.iter().map(sealed).collect()
}

/// The rows of standing lists that are found by a hash.
pub(crate) async fn by_hash(conn: &mut Conn, hash: i64) -> Result<Vec<(i64, u32)>, Error> {
    let query = Query::new(
        "SELECT i.list, i.number FROM card_index i \
         JOIN card_list l ON l.number = i.list AND l.state = 'standing'",
    )
    .push(" WHERE i.hash = ", hash)
    .raw(" ORDER BY i.list, i.number LIMIT 200");
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| Ok((row.get("list")?, small(row, "number")?)))
        .collect()
}

/// The rows that are found by a hash and that no examination has read, whether their lists
/// count or not.
pub(crate) async fn unread(conn: &mut Conn, hash: i64) -> Result<Vec<(i64, u32)>, Error> {
    conn.all(
        "SELECT i.list, i.number FROM card_index i \
         JOIN card_list l ON l.number = i.list AND l.state <> 'staged' \
         JOIN card_key k ON k.list = i.list AND k.number = i.number \
         WHERE i.hash = $1 AND NOT EXISTS (SELECT 1 FROM card_member m \
         WHERE m.list = i.list AND m.number = i.number) ORDER BY i.list, i.number",
        params![hash],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("list")?, small(row, "number")?)))
    .collect()
}

/// The rows of standing lists that lie in the area of a hash.
pub(crate) async fn of_area(
    conn: &mut Conn,
    hash: i64,
    most: i64,
) -> Result<Vec<(i64, Sealed)>, Error> {
    conn.all(
        "SELECT i.list, r.number, r.area_code, r.sealed, k.wrapped FROM card_index i \
         JOIN card_list l ON l.number = i.list AND l.state = 'standing' \
         JOIN card_record r ON r.list = i.list AND r.number = i.number \
         LEFT JOIN card_key k ON k.list = r.list AND k.number = r.number \
         WHERE i.hash = $1 ORDER BY i.list, i.number LIMIT $2",
        params![hash, most],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("list")?, sealed(row)?)))
    .collect()
}

fn sealed(row: &Row) -> Result<Sealed, Error> {
    Ok(Sealed {
        number: small(row, "number")?,
        area: maybe_code(row, "area_code")?,
        sealed: row.get("sealed")?,
        wrapped: row.get::<Option<Vec<u8>>>("wrapped")?.unwrap_or_default(),
        business: None,
    })
}
