//! Second factors: `hall_totp`, `hall_recovery`, `hall_session_factor`,
//! `hall_factor_reset`; who has one at all.

use base::id::{Id, Person, Session};
use base::now::Wall;
use store::{Conn, Error, Row, Tx, params};

/// What decides whether a session has to show a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether the rule of the house is on.
    pub(crate) rule: bool,
    /// Whether the session has shown one.
    pub(crate) shown: bool,
    /// Whether the person is no human being but a television.
    pub(crate) screen: bool,
    /// Whether the person has one.
    pub(crate) has: bool,
}

pub(crate) async fn standing(
    conn: &mut Conn,
    person: Id<Person>,
    session: Id<Session>,
) -> Result<Standing, Error> {
    let row = conn
        .one(
            "SELECT (SELECT COUNT(*) FROM hall_factor_rule) AS rules, \
             (SELECT COUNT(*) FROM hall_session_factor WHERE session_id = $2) AS shown, \
             (SELECT COUNT(*) FROM hall_screen WHERE person_id = $1) AS screens, \
             (SELECT COUNT(*) FROM hall_totp WHERE person_id = $1 \
             AND confirmed_us IS NOT NULL) AS apps, \
             (SELECT COUNT(*) FROM hall_passkey WHERE person_id = $1) AS passkeys",
            params![person, session],
        )
        .await?;
    let some = |column| row.get::<i64>(column).map(|count| count > 0);
    Ok(Standing {
        rule: some("rules")?,
        shown: some("shown")?,
        screen: some("screens")?,
        has: some("apps")? || some("passkeys")?,
    })
}

/// Whether a person has a second factor that counts.
pub(crate) async fn has(conn: &mut Conn, person: Id<Person>) -> Result<bool, Error> {
    // There is no session of this number.
    let nobody = Id::from_bytes([0; 16]);
    Ok(standing(conn, person, nobody).await?.has)
}

/// Somebody who could come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Somebody {
    pub(crate) id: Id<Person>,
    pub(crate) name: String,
    /// Whether there is a second factor.
    pub(crate) has: bool,
}

/// Active people with a way in, by name.
pub(crate) async fn everybody(conn: &mut Conn) -> Result<Vec<Somebody>, Error> {
    conn.all(
        "SELECT p.id, p.name, \
         (SELECT COUNT(*) FROM hall_totp t WHERE t.person_id = p.id \
         AND t.confirmed_us IS NOT NULL) AS apps, \
         (SELECT COUNT(*) FROM hall_passkey k WHERE k.person_id = p.id) AS passkeys \
         FROM hall_person p WHERE p.active = 1 \
         AND EXISTS (SELECT 1 FROM hall_login l WHERE l.person_id = p.id) \
         ORDER BY p.name, p.id",
        params![],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Somebody {
            id: row.get("id")?,
            name: row.get("name")?,
            has: row.get::<i64>("apps")? + row.get::<i64>("passkeys")? > 0,
        })
    })
    .collect()
}

/// Sessions that have not ended and have shown no second factor, of people.
pub(crate) async fn unshown(conn: &mut Conn) -> Result<Vec<(Id<Session>, Id<Person>)>, Error> {
    conn.all(
        "SELECT s.id, s.person_id FROM hall_session s WHERE s.ended_us IS NULL \
         AND NOT EXISTS (SELECT 1 FROM hall_session_factor f WHERE f.session_id = s.id) \
         AND NOT EXISTS (SELECT 1 FROM hall_screen c WHERE c.person_id = s.person_id)",
        params![],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("id")?, row.get("person_id")?)))
    .collect()
}

/// The session has shown one.
pub(crate) async fn show(
    tx: &mut Tx,
    session: Id<Session>,
    kind: &str,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_session_factor (session_id, kind, shown_us) VALUES ($1, $2, $3) \
         ON CONFLICT (session_id) DO UPDATE SET kind = excluded.kind, \
         shown_us = excluded.shown_us",
        params![session, kind, now],
    )
    .await?;
    Ok(())
}

/// An app that computes codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TotpRow {
    /// Sealed.
    pub(crate) secret: Vec<u8>,
    pub(crate) confirmed: Option<Wall>,
    pub(crate) last_step: i64,
    pub(crate) used: Option<Wall>,
}

pub(crate) async fn totp(conn: &mut Conn, person: Id<Person>) -> Result<Option<TotpRow>, Error> {
    conn.maybe(
        "SELECT secret, confirmed_us, last_step, used_us FROM hall_totp WHERE person_id = $1",
        params![person],
    )
    .await?
    .map(|row| app(&row))
    .transpose()
}

/// Begins one anew; what was not confirmed makes room.
pub(crate) async fn begin_totp(
    tx: &mut Tx,
    person: Id<Person>,
    secret: &[u8],
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_totp (person_id, secret, made_us, last_step) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret, \
         made_us = excluded.made_us, confirmed_us = NULL, last_step = 0, used_us = NULL",
        params![person, secret, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn confirm_totp(tx: &mut Tx, person: Id<Person>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_totp SET confirmed_us = $2 WHERE person_id = $1 AND confirmed_us IS NULL",
        params![person, now],
    )
    .await?;
    Ok(())
}

/// Uses up a step and all before it; false if that was done.
pub(crate) async fn use_step(
    tx: &mut Tx,
    person: Id<Person>,
    step: i64,
    now: Wall,
) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE hall_totp SET last_step = $2, used_us = $3 \
             WHERE person_id = $1 AND last_step < $2",
            params![person, step, now],
        )
        .await?;
    Ok(used == 1)
}

pub(crate) async fn remove_totp(tx: &mut Tx, person: Id<Person>) -> Result<bool, Error> {
    let gone = tx
        .execute(
            "DELETE FROM hall_totp WHERE person_id = $1",
            params![person],
        )
        .await?;
    Ok(gone > 0)
}

/// How many codes on paper are good, and since when there are any.
pub(crate) async fn recovery(
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<Option<(i64, Wall)>, Error> {
    let row = conn
        .one(
            "SELECT MAX(made_us) AS made_us, COUNT(*) - COUNT(used_us) AS good \
             FROM hall_recovery WHERE person_id = $1",
            params![person],
        )
        .await?;
    let made: Option<Wall> = row.get("made_us")?;
    made.map(|made| Ok((row.get("good")?, made))).transpose()
}

/// Puts new codes in the place of those there were.
pub(crate) async fn replace_recovery(
    tx: &mut Tx,
    person: Id<Person>,
    hashes: &[Vec<u8>],
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM hall_recovery WHERE person_id = $1",
        params![person],
    )
    .await?;
    for hash in hashes {
        tx.execute(
            "INSERT INTO hall_recovery (person_id, hash, made_us) VALUES ($1, $2, $3)",
            params![person, hash.as_slice(), now],
        )
        .await?;
    }
    Ok(())
}

/// Uses up a code on paper; false if there is none such, or it was used.
pub(crate) async fn use_recovery(
    tx: &mut Tx,
    person: Id<Person>,
    hash: &[u8],
    now: Wall,
) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE hall_recovery SET used_us = $3 \
             WHERE person_id = $1 AND hash = $2 AND used_us IS NULL",
            params![person, hash, now],
        )
        .await?;
    Ok(used == 1)
}

/// An administrator has taken everything from somebody.
pub(crate) async fn reset(
    tx: &mut Tx,
    person: Id<Person>,
    by: Id<Person>,
    reason: &str,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_factor_reset (person_id, at_us, by_person, reason) \
         VALUES ($1, $2, $3, $4)",
        params![person, now, by, reason],
    )
    .await?;
    Ok(())
}

/// What the person has not been told of yet: when, by whom, and why.
pub(crate) async fn untold(
    conn: &mut Conn,
    person: Id<Person>,
) -> Result<Option<(Wall, String, String)>, Error> {
    conn.maybe(
        "SELECT r.at_us, p.name, r.reason FROM hall_factor_reset r \
         JOIN hall_person p ON p.id = r.by_person \
         WHERE r.person_id = $1 AND r.seen_us IS NULL ORDER BY r.at_us DESC LIMIT 1",
        params![person],
    )
    .await?
    .map(|row| Ok((row.get("at_us")?, row.get("name")?, row.get("reason")?)))
    .transpose()
}

pub(crate) async fn tell(tx: &mut Tx, person: Id<Person>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_factor_reset SET seen_us = $2 WHERE person_id = $1 AND seen_us IS NULL",
        params![person, now],
    )
    .await?;
    Ok(())
}

fn app(row: &Row) -> Result<TotpRow, Error> {
    Ok(TotpRow {
        secret: row.get("secret")?,
        confirmed: row.get("confirmed_us")?,
        last_step: row.get("last_step")?,
        used: row.get("used_us")?,
    })
}
