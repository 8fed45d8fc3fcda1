//! Authorities: `hall_authority`.

use base::now::Wall;
use store::{Conn, Error, Tx, params};

/// An authority as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct AuthorityRow {
    pub(crate) certificate: String,
    pub(crate) key_sealed: Vec<u8>,
}

pub(crate) async fn find(conn: &mut Conn, name: &str) -> Result<Option<AuthorityRow>, Error> {
    conn.all(
        "SELECT certificate, key_sealed FROM hall_authority WHERE name = $1",
        params![name],
    )
    .await?
    .first()
    .map(|row| {
        Ok(AuthorityRow {
            certificate: row.get("certificate")?,
            key_sealed: row.get("key_sealed")?,
        })
    })
    .transpose()
}

pub(crate) async fn insert(
    tx: &mut Tx,
    name: &str,
    row: &AuthorityRow,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_authority (name, certificate, key_sealed, made_us) \
         VALUES ($1, $2, $3, $4)",
        params![
            name,
            row.certificate.as_str(),
            row.key_sealed.as_slice(),
            now
        ],
    )
    .await?;
    Ok(())
}
