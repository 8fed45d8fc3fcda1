//! A piece of the past, on its way into a file and out of the house.
//!
//! What was saved is to be believed by somebody who does not believe the house: the file is
//! what the camera has sent, nothing decoded and nothing made anew; beside it stands what it
//! is, in JSON, and both have a hash that `sha256sum` computes and the audit chain holds.
//! Where pictures are missing the film stands still for as long as they are, and the JSON
//! says so.
//!
//! A clip is written in three steps, so that a machine that stops in the middle leaves
//! nothing half: the row says what is to come, the file gets its name, the row says that it
//! is there. The hash is known before the file is, since a film is a function of its
//! pictures.
//!
//! Bound: [`AT_ONCE`] are written at once; policy: the others wait.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use base::id::{Camera, Clip, Id, Person};
use base::now::{Now, Wall};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::idempotency::Once;
use hall::problem::Problem;
use serde::Serialize;
use store::blob::{self, Sha256};
use tokio::sync::Semaphore;
use watch_core::clip::{Movie, MovieError};
use watch_core::trail::Stretch;

use crate::http::clips::ClipView;
use crate::http::view::LegalView;
use crate::hub::Layer;
use crate::sql::camera::{CameraRow, LegalRow};
use crate::sql::clip::{self, ClipRow};

/// How many clips are written at once.
const AT_ONCE: usize = 2;

/// What the form of the manifest is called; it changes when its meaning does.
const FORM: &str = "betang-clip/1";

/// Lets clips be written, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Savings {
    turns: Arc<Semaphore>,
}

impl Default for Savings {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// What is to be saved, and why.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) camera: CameraRow,
    pub(crate) legal: Option<LegalRow>,
    pub(crate) layer: Layer,
    pub(crate) stretch: Stretch,
    /// The times that somebody has asked for.
    pub(crate) asked: (Wall, Wall),
    pub(crate) clock_offset_us: Option<i64>,
    pub(crate) purpose: &'static str,
    pub(crate) reason: String,
    /// How long it is kept, from when it is saved.
    pub(crate) term: Duration,
}

/// What a clip is, as it lies beside the file.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    form: &'static str,
    #[serde(rename = "id")]
    clip: Id<Clip>,
    file: String,
    sha256: &'a str,
    size_bytes: u64,
    camera: Shown<'a>,
    layer: &'static str,
    codec: &'static str,
    width_px: u32,
    height_px: u32,
    sound: bool,
    asked: Span,
    pictures: Pictures,
    gaps: Vec<Missing>,
    purpose: &'static str,
    reason: &'a str,
    by: By<'a>,
    saved_us: Wall,
    saved: String,
    until_us: Wall,
    until: String,
    legal: Option<LegalView>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    id: Id<Camera>,
    short: &'a str,
    name: &'a str,
    area: &'a str,
    simulated: bool,
    /// How far its clock was ahead of the house's, µs; unknown when null.
    clock_offset_us: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Span {
    from_us: Wall,
    from: String,
    to_us: Wall,
    to: String,
}

#[derive(Debug, Serialize)]
struct Pictures {
    /// Times are those at which pictures reached the house, by the house's clock.
    times: &'static str,
    first_us: Wall,
    first: String,
    last_us: Wall,
    last: String,
    count: usize,
}

#[derive(Debug, Serialize)]
struct Missing {
    from_us: Wall,
    from: String,
    to_us: Wall,
    to: String,
    /// Where in the film it stands still, in thousandths of a second.
    film_from_ms: u64,
    film_to_ms: u64,
}

#[derive(Debug, Serialize)]
struct By<'a> {
    id: Id<Person>,
    name: &'a str,
}

/// What the files of a clip are called, without their endings.
pub(crate) fn stem(hall: &Hall, short: &str, first: Wall, id: Id<Clip>) -> String {
    let at = hall.clock().rfc3339(first);
    let digits = at.chars().filter(char::is_ascii_alphanumeric).take(16);
    let id = id.to_string();
    let tail = id.get(id.len().saturating_sub(6)..).unwrap_or_default();
    format!("klip-{short}-{}-{tail}", digits.collect::<String>())
}

/// What `sha256sum -c` reads.
pub(crate) fn sums(stem: &str, row: &ClipRow) -> String {
    format!(
        "{}  {stem}.mp4\n{}  {stem}.json\n",
        row.sha256, row.manifest_sha256
    )
}

/// Saves a clip; the answer, or the one that the same request got before.
pub(crate) async fn save(
    hall: &Hall,
    savings: &Savings,
    who: &Who,
    once: &Once,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let closing = || Problem::unavailable("closing", "The house is closing.");
    let _turn = savings.turns.acquire().await.map_err(|_| closing())?;
    let stretch = wanted.stretch.clone();
    let made = hall
        .tasks()
        .blocking("watch.clip", move || made(&stretch))
        .await
        .map_err(|_| closing())?;
    let (movie, sha256) = made.map_err(|error| unmade(&error))?;
    let now = hall.now();
    let row = row(hall, who, &wanted, &movie, &sha256, now)?;

    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    clip::begin(&mut tx, &row).await?;
    tx.commit().await?;

    let blobs = hall.blobs().clone();
    let written = hall
        .tasks()
        .blocking("watch.clip", move || {
            let mut writing = blobs.begin()?;
            movie
                .write(&mut writing)
                .map_err(|error| blobs.trouble(error))?;
            writing.keep()
        })
        .await
        .map_err(|_| closing())
        .and_then(|written| Ok(written?));
    let size = match written {
        Ok((hash, size)) if hash == sha256 => size,
        other => {
            let mut tx = hall.db().write().await?;
            clip::drop_begun(&mut tx, row.id).await?;
            tx.commit().await?;
            other?;
            return Err(Problem::bug("a film was another when it was written"));
        }
    };

    let mut tx = hall.db().write().await?;
    // The same request may have come twice at once; the file is the same, too.
    if let Some(answer) = once.replay(&mut tx, now).await? {
        clip::drop_begun(&mut tx, row.id).await?;
        tx.commit().await?;
        return Ok(answer);
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    blob::record(&mut tx, &sha256, size, now.wall).await?;
    clip::kept(&mut tx, row.id).await?;
    let act = Act {
        verb: "clip.saved",
        subject: row.camera.to_string(),
        detail: serde_json::json!({
            "clip": row.id, "layer": row.layer.as_str(), "first_us": row.first,
            "last_us": row.last, "gaps": row.gaps, "purpose": row.purpose,
            "reason": row.reason, "until_us": row.until, "sha256": row.sha256,
            "manifest_sha256": row.manifest_sha256,
        }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let location = format!("/api/v1/clips/{}", row.id);
    let view = ClipView::of(hall, row);
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

fn made(stretch: &Stretch) -> Result<(Movie, Sha256), MovieError> {
    let movie = Movie::of(stretch)?;
    let octets = movie.read(0, movie.size());
    let hash = Sha256::of(&octets);
    Ok((movie, hash))
}

/// Why pictures that the house passes on make no film.
pub(crate) fn unmade(error: &MovieError) -> Problem {
    Problem::conflict("film", error.to_string())
}

fn row(
    hall: &Hall,
    who: &Who,
    wanted: &Wanted,
    movie: &Movie,
    sha256: &Sha256,
    now: Now,
) -> Result<ClipRow, Problem> {
    let (first, last) = wanted
        .stretch
        .span()
        .ok_or_else(|| Problem::bug("a clip without a picture"))?;
    let id: Id<Clip> = hall.mint();
    let at = |wall: Wall| hall.clock().rfc3339(wall);
    let gaps: Vec<_> = wanted
        .stretch
        .gaps()
        .into_iter()
        .map(|gap| Missing {
            from_us: gap.from,
            from: at(gap.from),
            to_us: gap.to,
            to: at(gap.to),
            film_from_ms: movie.at_ms(gap.after.saturating_sub(1)),
            film_to_ms: movie.at_ms(gap.after),
        })
        .collect();
    let missing = i64::try_from(gaps.len()).unwrap_or(i64::MAX);
    let camera = &wanted.camera;
    let (width_px, height_px) = movie.size_px();
    let manifest = Manifest {
        form: FORM,
        clip: id,
        file: format!("{}.mp4", stem(hall, &camera.short, first, id)),
        sha256: sha256.as_str(),
        size_bytes: movie.size(),
        camera: Shown {
            id: camera.id,
            short: &camera.short,
            name: &camera.name,
            area: camera.area.as_str(),
            simulated: camera.simulated,
            clock_offset_us: wanted.clock_offset_us,
        },
        layer: wanted.layer.as_str(),
        codec: movie.codec().as_str(),
        width_px,
        height_px,
        sound: false,
        asked: Span {
            from_us: wanted.asked.0,
            from: at(wanted.asked.0),
            to_us: wanted.asked.1,
            to: at(wanted.asked.1),
        },
        pictures: Pictures {
            times: "arrival at the house, by the clock of the house",
            first_us: first,
            first: at(first),
            last_us: last,
            last: at(last),
            count: wanted.stretch.frames().len(),
        },
        gaps,
        purpose: wanted.purpose,
        reason: &wanted.reason,
        by: By {
            id: who.person(),
            name: who.name(),
        },
        saved_us: now.wall,
        saved: at(now.wall),
        until_us: now.wall + wanted.term,
        until: at(now.wall + wanted.term),
        legal: wanted.legal.clone().map(LegalView::of),
    };
    let text = serde_json::to_string_pretty(&manifest)
        .map_err(|error| Problem::bug(error.to_string()))?
        + "\n";
    Ok(ClipRow {
        id,
        camera: camera.id,
        camera_short: camera.short.clone(),
        camera_name: camera.name.clone(),
        place: camera.place(),
        layer: wanted.layer,
        first,
        last,
        frames: i64::try_from(wanted.stretch.frames().len()).unwrap_or(i64::MAX),
        gaps: missing,
        purpose: wanted.purpose.to_owned(),
        reason: wanted.reason.clone(),
        person: who.person(),
        person_name: who.name().to_owned(),
        saved: now.wall,
        until: now.wall + wanted.term,
        sha256: sha256.as_str().to_owned(),
        size_bytes: i64::try_from(movie.size()).unwrap_or(i64::MAX),
        manifest_sha256: Sha256::of(text.as_bytes()).as_str().to_owned(),
        manifest: text,
        removed: None,
    })
}
