//! Who answers for what the house does with data of people: `card_office`.

use base::id::{Id, Person};
use base::now::Wall;
use store::{Conn, Error, Tx, params};

/// The controller and its data protection officer, as somebody has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfficeRow {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) officer: String,
    pub(crate) contact: String,
    pub(crate) by: Id<Person>,
    pub(crate) at: Wall,
}

/// None: nobody has said yet.
pub(crate) async fn said(conn: &mut Conn) -> Result<Option<OfficeRow>, Error> {
    let row = conn
        .maybe(
            "SELECT name, address, officer, contact, by_person, at_us FROM card_office \
             WHERE id = 1",
            params![],
        )
        .await?;
    row.map(|row| {
        Ok(OfficeRow {
            name: row.get("name")?,
            address: row.get("address")?,
            officer: row.get("officer")?,
            contact: row.get("contact")?,
            by: row.get("by_person")?,
            at: row.get("at_us")?,
        })
    })
    .transpose()
}

/// From now on it is this one.
pub(crate) async fn say(tx: &mut Tx, it: &OfficeRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO card_office (id, name, address, officer, contact, by_person, at_us) \
         VALUES (1, $1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET \
         name = excluded.name, address = excluded.address, officer = excluded.officer, \
         contact = excluded.contact, by_person = excluded.by_person, at_us = excluded.at_us",
        params![
            it.name.as_str(),
            it.address.as_str(),
            it.officer.as_str(),
            it.contact.as_str(),
            it.by,
            it.at
        ],
    )
    .await?;
    Ok(())
}
