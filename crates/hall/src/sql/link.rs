//! What sites have said: `hall_record` and what stands beside it.

use std::collections::BTreeMap;

use base::id::{Agent, Id, Person, Site};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Tx, params};
use sync::batch::Gap;
use sync::command::{Command, End, Ulid};
use sync::identity::{Boot, Chain, Cursor, Epoch, Origin, Seq};
use sync::record::Envelope;

use super::outbox::{bits, chain, digest, int, seq, sixteen};

/// Up to where a chain is held; none if nothing is.
pub(crate) async fn cursor(
    conn: &mut Conn,
    agent: Id<Agent>,
    of: Chain,
) -> Result<Option<Cursor>, Error> {
    conn.maybe(
        "SELECT seq, digest FROM hall_record_chain \
         WHERE agent_id = $1 AND stream = $2 AND epoch = $3",
        params![agent, i64::from(of.stream.number()), bits(of.epoch)],
    )
    .await?
    .map(|row| {
        Ok(Cursor {
            chain: of,
            seq: seq(&row, "seq")?,
            digest: digest(&row, "digest")?,
        })
    })
    .transpose()
}

/// Sets it.
pub(crate) async fn set_cursor(
    tx: &mut Tx,
    agent: Id<Agent>,
    to: Cursor,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_record_chain (agent_id, stream, epoch, seq, digest, heard_us) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (agent_id, stream, epoch) DO UPDATE \
         SET seq = excluded.seq, digest = excluded.digest, heard_us = excluded.heard_us",
        params![
            agent,
            i64::from(to.chain.stream.number()),
            bits(to.chain.epoch),
            int(to.seq),
            to.digest.as_bytes().as_slice(),
            now
        ],
    )
    .await?;
    Ok(())
}

/// Puts a record in, unless one of that name is held; whether it was put in.
#[expect(
    clippy::too_many_arguments,
    reason = "a record is as wide as its table"
)]
pub(crate) async fn insert(
    tx: &mut Tx,
    agent: Id<Agent>,
    at: (Chain, Seq),
    made: Origin,
    says: &Envelope,
    raw: &[u8],
    by_line: bool,
    now: Wall,
) -> Result<bool, Error> {
    let put = tx
        .execute(
            "INSERT INTO hall_record (agent_id, stream, epoch, seq, made_epoch, made_seq, \
             made_digest, kind, ver, event_us, clock_quality, mono_us, boot, received_us, raw, \
             by_line, number) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
             (SELECT COALESCE(MAX(number), 0) + 1 FROM hall_record)) \
             ON CONFLICT DO NOTHING",
            params![
                agent,
                i64::from(at.0.stream.number()),
                bits(at.0.epoch),
                int(at.1),
                bits(made.epoch),
                int(made.seq),
                made.digest.as_bytes().as_slice(),
                i64::from(says.kind.0),
                i64::from(says.ver),
                says.event_time,
                i64::from(says.quality == sync::record::Quality::Synced),
                i64::try_from(says.mono.as_us()).unwrap_or(i64::MAX),
                says.boot.as_bytes().as_slice(),
                now,
                raw,
                i64::from(by_line)
            ],
        )
        .await?;
    Ok(put == 1)
}

/// Puts a gap in.
pub(crate) async fn insert_gap(
    tx: &mut Tx,
    agent: Id<Agent>,
    of: Chain,
    gap: &Gap,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_record_gap (agent_id, stream, epoch, from_seq, to_seq, from_us, to_us, \
         reason, received_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        params![
            agent,
            i64::from(of.stream.number()),
            bits(of.epoch),
            int(gap.from),
            int(gap.to),
            gap.from_time,
            gap.to_time,
            gap.reason.as_str(),
            now
        ],
    )
    .await?;
    Ok(())
}

/// An agent has greeted.
pub(crate) async fn greeted(
    tx: &mut Tx,
    agent: Id<Agent>,
    boot: Boot,
    version: &str,
    clock_off_us: i64,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_agent SET greeted_us = $2, greeted_boot = $3, clock_off_us = $4, \
         version = $5 WHERE id = $1",
        params![
            agent,
            now,
            boot.as_bytes().as_slice(),
            clock_off_us,
            version
        ],
    )
    .await?;
    Ok(())
}

/// When sites were heard last: of one site, or of all that ever were.
pub(crate) async fn heard(
    conn: &mut Conn,
    site: Option<Id<Site>>,
) -> Result<BTreeMap<Id<Site>, Wall>, Error> {
    let mut query = Query::new(
        "SELECT a.site_id, MAX(a.greeted_us) AS greeted, MAX(c.heard_us) AS heard \
         FROM hall_agent a LEFT JOIN hall_record_chain c ON c.agent_id = a.id WHERE 1 = 1",
    );
    if let Some(site) = site {
        query = query.push(" AND a.site_id = ", site);
    }
    let found = conn.all_query(&query.raw(" GROUP BY a.site_id")).await?;
    let mut heard = BTreeMap::new();
    for row in &found {
        let (greeted, said): (Option<Wall>, Option<Wall>) =
            (row.get("greeted")?, row.get("heard")?);
        if let Some(last) = greeted.max(said) {
            heard.insert(row.get("site_id")?, last);
        }
    }
    Ok(heard)
}

/// A key was seen living twice.
pub(crate) async fn twins(tx: &mut Tx, agent: Id<Agent>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_agent SET twins_us = $2 WHERE id = $1",
        params![agent, now],
    )
    .await?;
    Ok(())
}

/// The commands that wait for an agent, oldest first.
pub(crate) async fn waiting(
    conn: &mut Conn,
    agent: Id<Agent>,
    limit: i64,
) -> Result<Vec<Command>, Error> {
    conn.all(
        "SELECT id, kind, expires_us, repeatable, body FROM hall_command \
         WHERE agent_id = $1 AND ended IS NULL ORDER BY made_us, id LIMIT $2",
        params![agent, limit],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(Command {
            id: Ulid::from_bytes(sixteen(row, "id")?),
            kind: u32::try_from(row.get::<i64>("kind")?).map_err(|_| Error::corrupt("kind"))?,
            expires: row.get("expires_us")?,
            repeatable: row.get::<i64>("repeatable")? == 1,
            body: row.get("body")?,
        })
    })
    .collect()
}

/// Puts a command in.
pub(crate) async fn command(
    tx: &mut Tx,
    agent: Id<Agent>,
    command: &Command,
    by: Option<Id<Person>>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_command (id, agent_id, kind, body, repeatable, made_by, made_us, \
         expires_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            command.id.as_bytes().as_slice(),
            agent,
            i64::from(command.kind),
            command.body.as_slice(),
            i64::from(command.repeatable),
            by,
            now,
            command.expires
        ],
    )
    .await?;
    Ok(())
}

/// Whether a command of that kind waits for a site's box, and has not expired.
pub(crate) async fn goes_on(
    conn: &mut Conn,
    site: Id<Site>,
    kind: u32,
    now: Wall,
) -> Result<bool, Error> {
    let found = conn
        .maybe(
            "SELECT c.id FROM hall_command c JOIN hall_agent a ON a.id = c.agent_id \
             WHERE a.site_id = $1 AND c.kind = $2 AND c.ended IS NULL AND c.expires_us > $3 \
             LIMIT 1",
            params![site, i64::from(kind), now],
        )
        .await?;
    Ok(found.is_some())
}

/// Who has given a command to an agent.
pub(crate) async fn commander(
    conn: &mut Conn,
    agent: Id<Agent>,
    id: Ulid,
) -> Result<Option<Id<Person>>, Error> {
    conn.maybe(
        "SELECT made_by FROM hall_command WHERE id = $1 AND agent_id = $2",
        params![id.as_bytes().as_slice(), agent],
    )
    .await?
    .map_or(Ok(None), |row| row.get("made_by"))
}

/// The outcome of a command has come; the first counts.
pub(crate) async fn ended(
    tx: &mut Tx,
    agent: Id<Agent>,
    id: Ulid,
    end: End,
    answer: &[u8],
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_command SET ended = $3, ended_us = $4, answer = $5 \
         WHERE id = $1 AND agent_id = $2 AND ended IS NULL",
        params![id.as_bytes().as_slice(), agent, end_word(end), now, answer],
    )
    .await?;
    Ok(())
}

pub(crate) const fn end_word(end: End) -> &'static str {
    match end {
        End::Done => "done",
        End::Failed => "failed",
        End::Expired => "expired",
        End::Interrupted => "interrupted",
        End::Refused => "refused",
    }
}

/// A record or a gap, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) agent: Id<Agent>,
    pub(crate) at: Chain,
    pub(crate) from: Seq,
    /// The same as `from` for a record.
    pub(crate) to: Seq,
    pub(crate) event: Wall,
    pub(crate) received: Wall,
    /// Number of the kind; none for a gap.
    pub(crate) kind: Option<i64>,
    /// Why there is a gap.
    pub(crate) gap: Option<String>,
    /// Of what was let go: how many there were.
    pub(crate) let_go: Option<i64>,
    /// The epoch and number it was made under.
    pub(crate) made: Option<(Epoch, Seq)>,
    /// The record as it came; none for a gap.
    pub(crate) raw: Option<Vec<u8>>,
    /// Whether the box itself brought it, over a connection; none for a gap, and where
    /// that was not written down yet.
    pub(crate) by_line: Option<bool>,
}

/// Where a page of [`said`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) agent: Id<Agent>,
    pub(crate) at: Chain,
    pub(crate) from: Seq,
}

/// What the agents of a site have said behind a mark, by agent, stream, epoch and
/// number.
pub(crate) async fn said(
    conn: &mut Conn,
    site: Id<Site>,
    after: Option<Mark>,
    limit: i64,
) -> Result<Vec<Said>, Error> {
    let mut query = Query::new(
        "SELECT * FROM (SELECT r.agent_id, r.stream, r.epoch, r.seq AS from_seq, \
         r.seq AS to_seq, r.event_us, r.received_us, r.kind, NULL AS reason, r.made_epoch, \
         r.made_seq, r.raw, r.by_line, CAST(NULL AS BIGINT) AS let_go FROM hall_record r JOIN hall_agent a ON a.id = r.agent_id",
    )
    .push(" WHERE a.site_id = ", site)
    .raw(
        " UNION ALL SELECT g.agent_id, g.stream, g.epoch, g.from_seq, g.to_seq, g.from_us, \
         g.received_us, NULL, g.reason, NULL, NULL, NULL, NULL, CAST(NULL AS BIGINT) \
         FROM hall_record_gap g JOIN hall_agent a ON a.id = g.agent_id",
    )
    .push(" WHERE a.site_id = ", site)
    .raw(
        " UNION ALL SELECT l.agent_id, l.stream, l.epoch, l.from_seq, l.to_seq, l.from_us, \
         l.at_us, NULL, 'let_go', NULL, NULL, NULL, NULL, l.records \
         FROM hall_record_let_go l JOIN hall_agent a ON a.id = l.agent_id",
    )
    .push(" WHERE a.site_id = ", site)
    .raw(") s");
    if let Some(mark) = after {
        query = query
            .push(" WHERE (agent_id, stream, epoch, from_seq) > (", mark.agent)
            .push(", ", i64::from(mark.at.stream.number()))
            .push(", ", bits(mark.at.epoch))
            .push(", ", int(mark.from))
            .raw(")");
    }
    query = query.push(" ORDER BY agent_id, stream, epoch, from_seq LIMIT ", limit);
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| {
            let made: Option<i64> = row.get("made_epoch")?;
            Ok(Said {
                agent: row.get("agent_id")?,
                at: chain(row)?,
                from: seq(row, "from_seq")?,
                to: seq(row, "to_seq")?,
                event: row.get("event_us")?,
                received: row.get("received_us")?,
                kind: row.get("kind")?,
                gap: row.get("reason")?,
                let_go: row.get("let_go")?,
                raw: row.get("raw")?,
                by_line: row.get::<Option<i64>>("by_line")?.map(|it| it == 1),
                made: match made {
                    Some(made) => Some((
                        Epoch::from_bits(made.cast_unsigned()),
                        seq(row, "made_seq")?,
                    )),
                    None => None,
                },
            })
        })
        .collect()
}

/// A command and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandRow {
    pub(crate) id: Ulid,
    pub(crate) agent: Id<Agent>,
    pub(crate) kind: i64,
    pub(crate) by: Option<Id<Person>>,
    pub(crate) made: Wall,
    pub(crate) expires: Wall,
    pub(crate) ended: Option<String>,
    pub(crate) ended_at: Option<Wall>,
    pub(crate) answer: Option<Vec<u8>>,
}

/// The commands for a site's agents, the newest first.
pub(crate) async fn commands(
    conn: &mut Conn,
    site: Id<Site>,
    limit: i64,
) -> Result<Vec<CommandRow>, Error> {
    conn.all(
        "SELECT c.id, c.agent_id, c.kind, c.made_by, c.made_us, c.expires_us, c.ended, \
         c.ended_us, c.answer FROM hall_command c JOIN hall_agent a ON a.id = c.agent_id \
         WHERE a.site_id = $1 ORDER BY c.made_us DESC, c.id DESC LIMIT $2",
        params![site, limit],
    )
    .await?
    .iter()
    .map(|row| {
        Ok(CommandRow {
            id: Ulid::from_bytes(sixteen(row, "id")?),
            agent: row.get("agent_id")?,
            kind: row.get("kind")?,
            by: row.get("made_by")?,
            made: row.get("made_us")?,
            expires: row.get("expires_us")?,
            ended: row.get("ended")?,
            ended_at: row.get("ended_us")?,
            answer: row.get("answer")?,
        })
    })
    .collect()
}
