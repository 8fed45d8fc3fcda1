//! A box's own database: `hall_box` and what stands beside it.

use base::id::{Agent, Id};
use store::{Conn, Error, Row as Found, Tx, params};
use sync::batch::{Gap, Reason};
use sync::command::{Noted, Ulid};
use sync::identity::{Chain, Cursor, Digest, Epoch, Origin, Seq, Stream};
use sync::outbox::Outbox;
use sync::record::Row;
use sync::shelf::{Span, Stored};

/// Whose outbox it is and in which epoch new records are made; none before the first
/// time.
pub(crate) async fn whose(conn: &mut Conn) -> Result<Option<(Id<Agent>, Epoch)>, Error> {
    conn.maybe(
        "SELECT agent_id, epoch FROM hall_box WHERE id = 1",
        params![],
    )
    .await?
    .map(|row| Ok((row.get("agent_id")?, epoch(&row, "epoch")?)))
    .transpose()
}

/// Makes it the outbox of that agent, in that epoch.
pub(crate) async fn own(tx: &mut Tx, agent: Id<Agent>, to: Epoch) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_box (id, agent_id, epoch) VALUES (1, $1, $2) \
         ON CONFLICT (id) DO UPDATE SET agent_id = excluded.agent_id, epoch = excluded.epoch",
        params![agent, bits(to)],
    )
    .await?;
    Ok(())
}

/// Everything but the octets of the records.
pub(crate) async fn read(conn: &mut Conn) -> Result<Option<Outbox>, Error> {
    let Some((agent, current)) = whose(conn).await? else {
        return Ok(None);
    };
    let mut chains = Vec::new();
    let rows = conn
        .all(
            "SELECT stream, epoch, head_seq, head_digest, acked FROM hall_box_chain ORDER BY born",
            params![],
        )
        .await?;
    for row in rows {
        let chain = chain(&row)?;
        chains.push(Stored {
            head: Cursor {
                chain,
                seq: seq(&row, "head_seq")?,
                digest: digest(&row, "head_digest")?,
            },
            acked: seq(&row, "acked")?,
            spans: spans(conn, chain).await?,
        });
    }
    let commands = conn
        .all(
            "SELECT id, over, expires_us FROM hall_box_command",
            params![],
        )
        .await?
        .iter()
        .map(|row| {
            Ok(Noted {
                id: Ulid::from_bytes(sixteen(row, "id")?),
                over: row.get::<i64>("over")? == 1,
                expires: row.get("expires_us")?,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Some(Outbox {
        agent,
        epoch: current,
        chains,
        commands,
    }))
}

async fn spans(conn: &mut Conn, of: Chain) -> Result<Vec<Span>, Error> {
    let key = (i64::from(of.stream.number()), bits(of.epoch));
    let mut spans: Vec<Span> = conn
        .all(
            "SELECT seq, at_us, LENGTH(record) AS octets FROM hall_box_row \
             WHERE stream = $1 AND epoch = $2",
            params![key.0, key.1],
        )
        .await?
        .iter()
        .map(|row| {
            let (at, number) = (row.get("at_us")?, seq(row, "seq")?);
            Ok(Span {
                from: number,
                to: number,
                at,
                until: at,
                octets: u32::try_from(row.get::<i64>("octets")?).unwrap_or(u32::MAX),
                gap: None,
            })
        })
        .collect::<Result<_, Error>>()?;
    spans.extend(
        gaps(conn, of, Seq::ZERO)
            .await?
            .into_iter()
            .map(|gap| Span {
                from: gap.from,
                to: gap.to,
                at: gap.from_time,
                until: gap.to_time,
                octets: 0,
                gap: Some(gap.reason),
            }),
    );
    spans.sort_by_key(|span| span.from);
    Ok(spans)
}

/// The gaps of a chain that end behind a number.
pub(crate) async fn gaps(conn: &mut Conn, of: Chain, after: Seq) -> Result<Vec<Gap>, Error> {
    conn.all(
        "SELECT from_seq, to_seq, from_us, to_us, reason FROM hall_box_gap \
         WHERE stream = $1 AND epoch = $2 AND to_seq > $3 ORDER BY from_seq",
        params![i64::from(of.stream.number()), bits(of.epoch), int(after)],
    )
    .await?
    .iter()
    .map(|row| {
        let reason: String = row.get("reason")?;
        Ok(Gap {
            from: seq(row, "from_seq")?,
            to: seq(row, "to_seq")?,
            from_time: row.get("from_us")?,
            to_time: row.get("to_us")?,
            reason: Reason::ALL
                .into_iter()
                .find(|one| one.as_str() == reason)
                .ok_or_else(|| Error::corrupt("reason"))?,
        })
    })
    .collect()
}

/// The rows of a chain from a number to a number; those that are not there are left
/// out.
pub(crate) async fn rows(
    conn: &mut Conn,
    of: Chain,
    from: Seq,
    to: Seq,
) -> Result<Vec<Row>, Error> {
    conn.all(
        "SELECT seq, prev, made_epoch, made_seq, made_digest, at_us, record, crc \
         FROM hall_box_row WHERE stream = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 \
         ORDER BY seq",
        params![
            i64::from(of.stream.number()),
            bits(of.epoch),
            int(from),
            int(to)
        ],
    )
    .await?
    .iter()
    .map(|row| {
        let made: Option<i64> = row.get("made_epoch")?;
        let origin = made
            .map(|made| {
                Ok::<_, Error>(Origin {
                    epoch: Epoch::from_bits(made.cast_unsigned()),
                    seq: seq(row, "made_seq")?,
                    digest: digest(row, "made_digest")?,
                })
            })
            .transpose()?;
        Ok(Row {
            chain: of,
            seq: seq(row, "seq")?,
            prev: digest(row, "prev")?,
            origin,
            at: row.get("at_us")?,
            record: row.get("record")?,
            crc: u32::try_from(row.get::<i64>("crc")?).map_err(|_| Error::corrupt("crc"))?,
        })
    })
    .collect()
}

/// Puts a row in.
pub(crate) async fn insert(tx: &mut Tx, row: &Row) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_box_row (stream, epoch, seq, prev, made_epoch, made_seq, made_digest, \
         at_us, record, crc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            i64::from(row.chain.stream.number()),
            bits(row.chain.epoch),
            int(row.seq),
            row.prev.as_bytes().as_slice(),
            row.origin.map(|origin| bits(origin.epoch)),
            row.origin.map(|origin| int(origin.seq)),
            row.origin
                .map(|origin| origin.digest.as_bytes().as_slice().to_vec()),
            row.at,
            row.record.as_slice(),
            i64::from(row.crc)
        ],
    )
    .await?;
    Ok(())
}

/// Says where a chain stands; it is put in if it was not there.
pub(crate) async fn head(tx: &mut Tx, head: Cursor, born: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_box_chain (stream, epoch, born, head_seq, head_digest, acked) \
         VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (stream, epoch) DO UPDATE \
         SET head_seq = excluded.head_seq, head_digest = excluded.head_digest",
        params![
            i64::from(head.chain.stream.number()),
            bits(head.chain.epoch),
            born,
            int(head.seq),
            head.digest.as_bytes().as_slice()
        ],
    )
    .await?;
    Ok(())
}

/// Up to where the house holds a chain.
pub(crate) async fn acked(tx: &mut Tx, of: Chain, to: Seq) -> Result<(), Error> {
    tx.execute(
        "UPDATE hall_box_chain SET acked = $3 WHERE stream = $1 AND epoch = $2",
        params![i64::from(of.stream.number()), bits(of.epoch), int(to)],
    )
    .await?;
    Ok(())
}

/// Takes rows and gaps of these numbers out.
pub(crate) async fn remove(tx: &mut Tx, of: Chain, from: Seq, to: Seq) -> Result<(), Error> {
    let key = params![
        i64::from(of.stream.number()),
        bits(of.epoch),
        int(from),
        int(to)
    ];
    tx.execute(
        "DELETE FROM hall_box_row WHERE stream = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4",
        key,
    )
    .await?;
    tx.execute(
        "DELETE FROM hall_box_gap WHERE stream = $1 AND epoch = $2 AND from_seq BETWEEN $3 AND $4",
        key,
    )
    .await?;
    Ok(())
}

/// Puts a gap in.
pub(crate) async fn put_gap(tx: &mut Tx, of: Chain, gap: &Gap) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_box_gap (stream, epoch, from_seq, to_seq, from_us, to_us, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            i64::from(of.stream.number()),
            bits(of.epoch),
            int(gap.from),
            int(gap.to),
            gap.from_time,
            gap.to_time,
            gap.reason.as_str()
        ],
    )
    .await?;
    Ok(())
}

/// Notes how far a command is.
pub(crate) async fn note(tx: &mut Tx, noted: &Noted) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO hall_box_command (id, over, expires_us) VALUES ($1, $2, $3) \
         ON CONFLICT (id) DO UPDATE SET over = excluded.over",
        params![
            noted.id.as_bytes().as_slice(),
            i64::from(noted.over),
            noted.expires
        ],
    )
    .await?;
    Ok(())
}

/// Forgets a command.
pub(crate) async fn forget_command(tx: &mut Tx, id: Ulid) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM hall_box_command WHERE id = $1",
        params![id.as_bytes().as_slice()],
    )
    .await?;
    Ok(())
}

/// Forgets an epoch with all that is kept of it.
pub(crate) async fn forget_epoch(tx: &mut Tx, of: Epoch) -> Result<(), Error> {
    for text in [
        "DELETE FROM hall_box_row WHERE epoch = $1",
        "DELETE FROM hall_box_gap WHERE epoch = $1",
        "DELETE FROM hall_box_chain WHERE epoch = $1",
    ] {
        tx.execute(text, params![bits(of)]).await?;
    }
    Ok(())
}

/// 64 random bits as the engines keep them.
pub(crate) fn bits(epoch: Epoch) -> i64 {
    epoch.bits().cast_signed()
}

/// A number as the engines keep it.
pub(crate) fn int(seq: Seq) -> i64 {
    i64::try_from(seq.get()).unwrap_or(i64::MAX)
}

pub(crate) fn epoch(row: &Found, column: &str) -> Result<Epoch, Error> {
    Ok(Epoch::from_bits(row.get::<i64>(column)?.cast_unsigned()))
}

pub(crate) fn seq(row: &Found, column: &str) -> Result<Seq, Error> {
    u64::try_from(row.get::<i64>(column)?)
        .map(Seq::new)
        .map_err(|_| Error::corrupt(column))
}

pub(crate) fn digest(row: &Found, column: &str) -> Result<Digest, Error> {
    <[u8; 32]>::try_from(row.get::<Vec<u8>>(column)?)
        .map(Digest::from_bytes)
        .map_err(|_| Error::corrupt(column))
}

pub(crate) fn sixteen(row: &Found, column: &str) -> Result<[u8; 16], Error> {
    <[u8; 16]>::try_from(row.get::<Vec<u8>>(column)?).map_err(|_| Error::corrupt(column))
}

/// The chain that a row's `stream` and `epoch` name.
pub(crate) fn chain(row: &Found) -> Result<Chain, Error> {
    let stream = u32::try_from(row.get::<i64>("stream")?).unwrap_or(0);
    Ok(Chain {
        stream: Stream::from_number(stream).ok_or_else(|| Error::corrupt("stream"))?,
        epoch: epoch(row, "epoch")?,
    })
}

/// A later one than all that are there.
pub(crate) async fn next_born(conn: &mut Conn) -> Result<i64, Error> {
    conn.one(
        "SELECT COALESCE(MAX(born), 0) + 1 AS n FROM hall_box_chain",
        params![],
    )
    .await?
    .get("n")
}

/// The digest at the head of a chain, if it is there.
pub(crate) async fn head_of(conn: &mut Conn, of: Chain) -> Result<Option<Cursor>, Error> {
    conn.maybe(
        "SELECT head_seq, head_digest FROM hall_box_chain WHERE stream = $1 AND epoch = $2",
        params![i64::from(of.stream.number()), bits(of.epoch)],
    )
    .await?
    .map(|row| {
        Ok(Cursor {
            chain: of,
            seq: seq(&row, "head_seq")?,
            digest: digest(&row, "head_digest")?,
        })
    })
    .transpose()
}
