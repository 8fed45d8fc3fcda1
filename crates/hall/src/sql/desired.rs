//! What boxes were told to be like: `hall_site_config`.

use base::id::{Agent, Id, Person};
use base::now::Wall;
use store::{Conn, Error, Tx, params};
use sync::command::Ulid;

use super::outbox::sixteen;

/// What a box was told to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DesiredRow {
    pub(crate) agent: Id<Agent>,
    pub(crate) version: i64,
    pub(crate) said: String,
    pub(crate) signed: Vec<u8>,
    pub(crate) made_by: Id<Person>,
    pub(crate) made: Wall,
    pub(crate) command: Ulid,
    pub(crate) state: String,
    pub(crate) why: Option<String>,
    pub(crate) heard: Wall,
}

pub(crate) async fn insert(tx: &mut Tx, row: &DesiredRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_site_config (agent_id, version, said, signed, made_by, made_us, \
         command_id, state, heard_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            row.agent,
            row.version,
            row.said.as_str(),
            row.signed.as_slice(),
            row.made_by,
            row.made,
            row.command.as_bytes().as_slice(),
            row.state.as_str(),
            row.heard
        ],
    )
    .await?;
    Ok(())
}

/// What a box was told to be like, the newest first.
pub(crate) async fn of(
    conn: &mut Conn,
    agent: Id<Agent>,
    limit: i64,
) -> Result<Vec<DesiredRow>, Error> {
    conn.all(
        "SELECT agent_id, version, said, signed, made_by, made_us, command_id, state, why, \
         heard_us FROM hall_site_config WHERE agent_id = $1 ORDER BY version DESC LIMIT $2",
        params![agent, limit],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(DesiredRow {
            agent: row.get("agent_id")?,
            version: row.get("version")?,
            said: row.get("said")?,
            signed: row.get("signed")?,
            made_by: row.get("made_by")?,
            made: row.get("made_us")?,
            command: Ulid::from_bytes(sixteen(row, "command_id")?),
            state: row.get("state")?,
            why: row.get("why")?,
            heard: row.get("heard_us")?,
        })
    })
    .collect()
}

/// What became of it; the version is named, or the command that it came by.
pub(crate) async fn heard(
    tx: &mut Tx,
    agent: Id<Agent>,
    which: Which,
    state: &str,
    why: &str,
    now: Wall,
) -> Result<(), Error> {
    let why = (!why.is_empty()).then(|| why.to_owned());
    match which {
        Which::Version(version) => {
            tx.execute(
                "UPDATE hall_site_config SET state = $3, why = $4, heard_us = $5 \
                 WHERE agent_id = $1 AND version = $2",
                params![agent, version, state, why, now],
            )
            .await?;
        }
        Which::Command(command) => {
            tx.execute(
                "UPDATE hall_site_config SET state = $3, why = $4, heard_us = $5 \
                 WHERE agent_id = $1 AND command_id = $2",
                params![agent, command.as_bytes().as_slice(), state, why, now],
            )
            .await?;
        }
    }
    Ok(())
}

/// Which configuration of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// That of a version.
    Version(i64),
    /// That which came by a command.
    Command(Ulid),
}
