//! What channels were seen to be, and rearrangements that were noticed.

use std::collections::BTreeMap;

use base::id::{Camera, Device, Id, Person};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};
use watch_core::channel::Seen;
use watch_core::looks::Looks;

use super::camera::{IDS_MAX, among};

/// Fingerprints of a camera that stay: some hours of a day.
const KEPT: usize = 8;

/// A fingerprint, as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) seen: Seen,
    pub(crate) at: Wall,
    /// A small JPEG.
    pub(crate) still: Vec<u8>,
}

/// Channels that seem rearranged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SwapRow {
    pub(crate) device: Id<Device>,
    pub(crate) noticed: Wall,
    /// Channel, and the channel whose camera it shows.
    pub(crate) moves: Vec<(i64, i64)>,
    /// By channel, what it showed then: a JPEG in base64.
    pub(crate) stills: BTreeMap<i64, String>,
    pub(crate) decision: Option<String>,
}

/// The fingerprints of the given cameras, the oldest first.
pub(crate) async fn of(
    conn: &mut Conn,
    cameras: &[Id<Camera>],
) -> Result<BTreeMap<Id<Camera>, Vec<Kept>>, Error> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for some in cameras.chunks(IDS_MAX) {
        let query = Query::new(
            "SELECT camera_id, seen_us, name, codec, width_px, height_px, gop, bits, sure, still \
             FROM watch_fingerprint WHERE camera_id IN (",
        );
        for row in conn
            .all_query(&among(query, some.iter().copied()).raw(" ORDER BY seen_us"))
            .await?
        {
            found
                .entry(row.get("camera_id")?)
                .or_default()
                .push(kept(&row)?);
        }
    }
    Ok(found)
}

/// Keeps a fingerprint, and lets the oldest go.
pub(crate) async fn keep(tx: &mut Tx, camera: Id<Camera>, kept: &Kept) -> Result<(), Error> {
    let Seen {
        name,
        shape: (codec, size),
        gop,
        looks,
    } = &kept.seen;
    tx.execute(
        "INSERT INTO watch_fingerprint (camera_id, seen_us, name, codec, width_px, height_px, \
         gop, bits, sure, still) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (camera_id, seen_us) DO NOTHING",
        params![
            camera,
            kept.at,
            name.as_deref(),
            codec.as_str(),
            size.map(|(width, _)| i64::from(width)),
            size.map(|(_, height)| i64::from(height)),
            gop.map(i64::from),
            format!("{:032x}", looks.bits),
            format!("{:032x}", looks.sure),
            kept.still.clone()
        ],
    )
    .await?;
    let rows = of(tx, &[camera]).await?.remove(&camera).unwrap_or_default();
    let old = rows.len().checked_sub(KEPT).and_then(|over| rows.get(over));
    if let Some(oldest) = old {
        tx.execute(
            "DELETE FROM watch_fingerprint WHERE camera_id = $1 AND seen_us < $2",
            params![camera, oldest.at],
        )
        .await?;
    }
    Ok(())
}

/// A camera of which nothing is known any more: it is another place.
pub(crate) async fn forget(tx: &mut Tx, camera: Id<Camera>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM watch_fingerprint WHERE camera_id = $1",
        params![camera],
    )
    .await?;
    Ok(())
}

/// Rearrangements that nobody has decided: of one recorder, or of all.
pub(crate) async fn open(
    conn: &mut Conn,
    device: Option<Id<Device>>,
) -> Result<Vec<SwapRow>, Error> {
    let mut query = Query::new(
        "SELECT device_id, noticed_us, moves, stills, decision FROM watch_swap \
         WHERE decision IS NULL",
    );
    if let Some(device) = device {
        query = query.push(" AND device_id = ", device);
    }
    conn.all_query(&query).await?.iter().map(swap).collect()
}

/// One that was noticed then.
pub(crate) async fn noticed(
    conn: &mut Conn,
    device: Id<Device>,
    at: Wall,
) -> Result<Option<SwapRow>, Error> {
    conn.maybe(
        "SELECT device_id, noticed_us, moves, stills, decision FROM watch_swap \
         WHERE device_id = $1 AND noticed_us = $2",
        params![device, at],
    )
    .await?
    .as_ref()
    .map(swap)
    .transpose()
}

/// The newest of a recorder.
pub(crate) async fn newest(conn: &mut Conn, device: Id<Device>) -> Result<Option<SwapRow>, Error> {
    conn.maybe(
        "SELECT device_id, noticed_us, moves, stills, decision FROM watch_swap \
         WHERE device_id = $1 ORDER BY noticed_us DESC LIMIT 1",
        params![device],
    )
    .await?
    .as_ref()
    .map(swap)
    .transpose()
}

/// Writes down what was noticed.
pub(crate) async fn notice(tx: &mut Tx, row: &SwapRow) -> Result<(), Error> {
    let json = |value: Result<String, serde_json::Error>| value.map_err(|_| Error::corrupt("json"));
    tx.execute(
        "INSERT INTO watch_swap (device_id, noticed_us, moves, stills) VALUES ($1, $2, $3, $4)",
        params![
            row.device,
            row.noticed,
            json(serde_json::to_string(&row.moves))?,
            json(serde_json::to_string(&row.stills))?
        ],
    )
    .await?;
    Ok(())
}

/// Writes down what was decided; pictures of it are let go.
pub(crate) async fn decide(
    tx: &mut Tx,
    row: &SwapRow,
    decision: &str,
    person: Option<Id<Person>>,
    now: Wall,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE watch_swap SET decision = $3, person_id = $4, decided_us = $5, stills = '{}' \
         WHERE device_id = $1 AND noticed_us = $2",
        params![row.device, row.noticed, decision, person, now],
    )
    .await?;
    Ok(())
}

fn swap(row: &Row) -> Result<SwapRow, Error> {
    let moves: String = row.get("moves")?;
    let stills: String = row.get("stills")?;
    Ok(SwapRow {
        device: row.get("device_id")?,
        noticed: row.get("noticed_us")?,
        moves: serde_json::from_str(&moves).map_err(|_| Error::corrupt("watch_swap.moves"))?,
        stills: serde_json::from_str(&stills).map_err(|_| Error::corrupt("watch_swap.stills"))?,
        decision: row.get("decision")?,
    })
}

fn kept(row: &Row) -> Result<Kept, Error> {
    let number = |column: &'static str| -> Result<Option<u32>, Error> {
        let found: Option<i64> = row.get(column)?;
        Ok(found.and_then(|it| u32::try_from(it).ok()))
    };
    let hex = |column: &'static str| -> Result<u128, Error> {
        let found: String = row.get(column)?;
        u128::from_str_radix(&found, 16).map_err(|_| Error::corrupt("watch_fingerprint.bits"))
    };
    Ok(Kept {
        seen: Seen {
            name: row.get("name")?,
            shape: (
                row.get("codec")?,
                number("width_px")?.zip(number("height_px")?),
            ),
            gop: number("gop")?,
            looks: Looks {
                bits: hex("bits")?,
                sure: hex("sure")?,
                blank: false,
            },
        },
        at: row.get("seen_us")?,
        still: row.get("still")?,
    })
}
