//! Whether the channels of a recorder still show the places of their cameras.
//!
//! What a look at the channels brought ([`Shown`]) is held against what is kept of them.
//! Where they are rearranged that is written down for a person to decide; where they are
//! not, it is kept as what they look like at this hour.

use std::collections::BTreeMap;
use std::time::Duration;

use base::id::{Camera, Id};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::audit::{self, Act, Actor};
use hall::guard::Permission;
use hall::live::Event;
use store::Error;
use watch_core::channel::{Seen, rearranged};
use watch_core::looks::Looks;

use super::search::{Found, Progress, Tried};
use crate::room::Room;
use crate::sql::camera::{self, CameraRow};
use crate::sql::fingerprint::{self, Kept, SwapRow};
use crate::sql::recorder::{self, RecorderRow};

/// A place is looked at anew for its own sake after this, so that some hours of a day
/// are known.
const HOURLY: Duration = Duration::from_secs(3_600);

/// A camera that shows another place for so long, which is nobody else's, has been turned
/// or moved: from then on that is its place.
const SETTLED: Duration = Duration::from_secs(24 * 3_600);

/// What a channel shows now.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) seen: Seen,
    /// A small JPEG.
    pub(crate) still: Vec<u8>,
}

impl Shown {
    /// From what a search has found, where there was a picture.
    pub(crate) fn of(found: &Found) -> Option<Self> {
        let Tried::Seen(look) = &found.main else {
            return None;
        };
        Some(Self {
            seen: Seen {
                name: look.name.clone(),
                shape: (look.video.codec.clone(), look.video.size_px),
                gop: look.gop,
                looks: found.looks?,
            },
            still: found.still.clone()?,
        })
    }

    /// By channel, from all that a search has found.
    pub(crate) fn all(progress: &Progress) -> BTreeMap<i64, Self> {
        let all = progress.found.iter();
        all.filter_map(|(channel, found)| Some((i64::from(*channel), Self::of(found)?)))
            .collect()
    }
}

/// Holds what the channels show against what is kept of them.
pub(crate) async fn consider(
    room: &Room,
    row: &RecorderRow,
    shown: &BTreeMap<i64, Shown>,
) -> Result<(), Error> {
    let hall = &room.inner.hall;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let given = recorder::channels(&mut tx, &[row.id])
        .await?
        .remove(&row.id);
    let given = given.unwrap_or_default();
    let cameras: Vec<_> = given.values().copied().collect();
    let kept = fingerprint::of(&mut tx, &cameras).await?;
    let known: BTreeMap<i64, Vec<Seen>> = given
        .iter()
        .filter_map(|(channel, camera)| {
            let kept = kept.get(camera)?;
            Some((*channel, kept.iter().map(|it| it.seen.clone()).collect()))
        })
        .collect();
    let of_cameras = shown
        .iter()
        .filter(|(channel, _)| given.contains_key(channel));
    let seen: BTreeMap<i64, Seen> = of_cameras
        .map(|(channel, shown)| (*channel, shown.seen.clone()))
        .collect();
    let moves = rearranged(&known, &seen);
    let open = fingerprint::open(&mut tx, Some(row.id)).await?.pop();
    let mut touched: Vec<i64> = Vec::new();
    match open {
        // All places are shown by their own channels again.
        Some(open) if moves.is_empty() && all_back(&open, &known, &seen) => {
            fingerprint::decide(&mut tx, &open, "undone", None, now.wall).await?;
            told(&mut tx, room, row, "recorder.swap_undone", &open.moves).await?;
            touched.extend(open.moves.iter().map(|(channel, _)| *channel));
        }
        Some(_) => {}
        None if moves.is_empty() => {
            for (channel, shown) in shown {
                if let Some(camera) = given.get(channel) {
                    let kept = kept.get(camera).map_or(&[][..], Vec::as_slice);
                    learn(&mut tx, *camera, kept, shown, now.wall).await?;
                }
            }
        }
        None => {
            let still = |channel: &i64| {
                let shown = shown.get(channel)?;
                Some((*channel, STANDARD.encode(&shown.still)))
            };
            let swap = SwapRow {
                device: row.id,
                noticed: now.wall,
                stills: moves
                    .iter()
                    .filter_map(|(channel, _)| still(channel))
                    .collect(),
                moves,
                decision: None,
            };
            fingerprint::notice(&mut tx, &swap).await?;
            told(&mut tx, room, row, "recorder.swap_noticed", &swap.moves).await?;
            touched.extend(swap.moves.iter().map(|(channel, _)| *channel));
        }
    }
    let mut changed = Vec::new();
    for channel in touched {
        if let Some(camera) = given.get(&channel)
            && let Some(row) = camera::by_id(&mut tx, *camera).await?
        {
            changed.push(row);
        }
    }
    tx.commit().await?;
    publish(room, &changed);
    Ok(())
}

/// Open pages read these cameras anew.
pub(crate) fn publish(room: &Room, cameras: &[CameraRow]) {
    for row in cameras {
        room.inner.hall.live().publish(Event {
            topic: "camera",
            permission: Permission::CamerasRead,
            place: row.place(),
            data: serde_json::json!({ "id": row.id }),
        });
    }
}

/// Whether each channel that had moved looks like itself again.
fn all_back(open: &SwapRow, known: &BTreeMap<i64, Vec<Seen>>, seen: &BTreeMap<i64, Seen>) -> bool {
    open.moves.iter().all(|(channel, _)| {
        let (Some(known), Some(seen)) = (known.get(channel), seen.get(channel)) else {
            return false;
        };
        let apart = known
            .iter()
            .filter_map(|it| it.looks.apart(&seen.looks))
            .min();
        apart.is_some_and(|apart| apart <= watch_core::channel::SAME_MAX)
    })
}

/// Keeps what a camera looks like at this hour.
async fn learn(
    tx: &mut store::Tx,
    camera: Id<Camera>,
    kept: &[Kept],
    shown: &Shown,
    now: base::now::Wall,
) -> Result<(), Error> {
    if shown.seen.looks.blank {
        return Ok(());
    }
    if let Some(newest) = kept.last() {
        let age = now.since(newest.at);
        let apart = |looks: &Looks| {
            kept.iter()
                .filter_map(|it| it.seen.looks.apart(looks))
                .min()
        };
        let another =
            apart(&shown.seen.looks).is_some_and(|apart| apart >= watch_core::channel::OTHER_MIN);
        if age < HOURLY || (another && age < SETTLED) {
            return Ok(());
        }
    }
    let kept = Kept {
        seen: shown.seen.clone(),
        at: now,
        still: shown.still.clone(),
    };
    fingerprint::keep(tx, camera, &kept).await
}

async fn told(
    tx: &mut store::Tx,
    room: &Room,
    row: &RecorderRow,
    verb: &'static str,
    moves: &[(i64, i64)],
) -> Result<(), Error> {
    let act = Act {
        verb,
        subject: row.id.to_string(),
        detail: serde_json::json!({ "moves": moves }),
    };
    audit::record_by(tx, room.inner.hall.now(), &Actor::house("recorders"), act).await
}
