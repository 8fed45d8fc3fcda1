//! `/api/v1/recorders/{recorder}/search` and `…/cameras`: what its channels show, and
//! those of them that become cameras.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::fact::Fact;
use base::id::{Agency, Camera, Device, Id};
use base::kind::Kind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::http::LatLon;
use hall::idempotency::Keyed;
use hall::problem::{self, Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::{Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch_core::supervise::Reason;

use super::cameras::save;
use super::form::{CameraForm, Faults};
use super::recorders::{cameras_of, find, put_streams, scheme};
use super::view::ReasonWord;
use crate::jobs;
use crate::recorder::search::{Found, Progress, Stage, Target, Tried};
use crate::recorder::template::CHANNELS_MAX;
use crate::recorder::watchful::Shown;
use crate::room::Room;
use crate::sql::camera::CameraRow;
use crate::sql::fingerprint::{self, Kept};
use crate::sql::recorder::{self, RecorderRow};

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(search).guard(Permission::CamerasWrite))
        .routes(routes!(found).guard(Permission::CamerasWrite))
        .routes(routes!(cancel).guard(Permission::CamerasWrite))
        .routes(routes!(choose).guard(Permission::CamerasWrite))
}

hall::words! {
    /// How far a search of channels is.
    pub(crate) SearchStage = Stage::ALL.map(Stage::as_str)
}
hall::words! {
    /// What a channel shows.
    pub(crate) ChannelVerdict = ["picture", "blank", "none"]
}
hall::words! {
    /// What becomes of a row.
    pub(crate) RowVerdict = ["new", "same", "refused"]
}

/// How many channels to ask.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct SearchForm {
    /// 1 to 256; as many as there are when left out.
    #[schema(minimum = 1, maximum = 256)]
    channels: Option<u32>,
}

/// Which part of a search.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Newer {
    /// Only what was found after this revision.
    after: Option<i64>,
}

/// What a search has found so far.
#[derive(Debug, Serialize, ToSchema)]
struct SearchView {
    /// How far it is.
    #[schema(value_type = SearchStage)]
    stage: &'static str,
    /// When it began, µs since 1970 UTC.
    began_us: i64,
    /// How many channels were asked for, if anybody said.
    wanted: Option<u32>,
    /// Channels that are being tried now.
    open: usize,
    /// Channels that have been tried.
    tried: usize,
    /// What to send as `after` for what comes later.
    revision: u64,
    /// Why the whole recorder was left after its first channel.
    #[schema(value_type = Option<ReasonWord>)]
    failed: Option<&'static str>,
    /// By channel.
    items: Vec<FoundView>,
}

/// What a channel shows.
#[derive(Debug, Serialize, ToSchema)]
struct FoundView {
    /// Its number, from 1.
    channel: u32,
    /// What it shows.
    #[schema(value_type = ChannelVerdict)]
    verdict: &'static str,
    /// Why there is no picture.
    #[schema(value_type = Option<ReasonWord>)]
    reason: Option<&'static str>,
    /// What it calls itself.
    name: Option<String>,
    /// The full picture.
    main: Option<TriedView>,
    /// The small one.
    sub: Option<TriedView>,
    /// Its first picture, small.
    still_jpeg_base64: Option<String>,
    /// The camera that it is already.
    #[schema(value_type = Option<String>)]
    camera: Option<Id<Camera>>,
}

/// What a stream is.
#[derive(Debug, Serialize, ToSchema)]
struct TriedView {
    /// `h264`, `h265`, `jpeg`, …
    codec: String,
    /// Whether every browser can be given it.
    playable: bool,
    /// In pixels.
    width: Option<u32>,
    /// In pixels.
    height: Option<u32>,
    /// Pictures in a thousand seconds.
    fps_milli: Option<u32>,
    /// Pictures from key frame to key frame; none when the second did not come in time.
    gop: Option<u32>,
}

/// Asks the channels of a recorder what they have, one by one and within its sessions.
/// Saves nothing.
#[utoipa::path(post, path = "/api/v1/recorders/{recorder}/search", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`")), request_body = SearchForm,
    responses((status = 202, body = SearchView), (status = 404), (status = 409), (status = 422)))]
async fn search(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
    Json(form): Json<SearchForm>,
) -> Result<Response, Problem> {
    let most = u32::try_from(CHANNELS_MAX).unwrap_or(u32::MAX);
    if form
        .channels
        .is_some_and(|count| !(1..=most).contains(&count))
    {
        return Err(
            Problem::invalid("form", "The number cannot stand.").field("channels", "use 1 to 256")
        );
    }
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, id).await?;
    let target = target(&room, &mut tx, &row).await?;
    // A search reaches into the network in the house's name: it leaves a trace.
    let act = Act {
        verb: "recorder.searched",
        subject: id.to_string(),
        detail: serde_json::json!({ "channels": form.channels }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    let Some(search) = room.inner.searches.begin(&room, target, form.channels) else {
        return Err(Problem::conflict(
            "recorder-searched",
            "A search of this recorder goes on; look at it or end it.",
        ));
    };
    tx.commit().await?;
    let view = view(&search.progress(), 0, &BTreeMap::new());
    Ok(problem::accepted(axum::Json(view)))
}

/// Where and as whom a recorder is asked.
pub(crate) async fn target(
    room: &Room,
    conn: &mut store::Conn,
    row: &RecorderRow,
) -> Result<Target, Problem> {
    let credentials = jobs::credentials(room, conn, row.id, row.username.clone()).await?;
    Ok(Target {
        device: row.id,
        host: row.address.clone(),
        scheme: scheme(row)?,
        credentials,
        sessions: usize::try_from(row.session_limit).unwrap_or(1),
    })
}

/// What the last search of a recorder has found so far.
#[utoipa::path(get, path = "/api/v1/recorders/{recorder}/search", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`"), Newer),
    responses((status = 200, body = SearchView), (status = 404)))]
async fn found(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
    Query(newer): Query<Newer>,
) -> Result<axum::Json<SearchView>, Problem> {
    let mut read = hall.db().read().await?;
    find(&mut read, &who, id).await?;
    let given = recorder::channels(&mut read, &[id]).await?.remove(&id);
    let progress = searched(&room, id)?;
    let after = u64::try_from(newer.after.unwrap_or(0)).unwrap_or(0);
    Ok(axum::Json(view(
        &progress,
        after,
        &given.unwrap_or_default(),
    )))
}

/// Ends a search; what it has found stays.
#[utoipa::path(delete, path = "/api/v1/recorders/{recorder}/search", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`")),
    responses((status = 204), (status = 404)))]
async fn cancel(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
) -> Result<Response, Problem> {
    let mut read = hall.db().read().await?;
    find(&mut read, &who, id).await?;
    searched(&room, id)?;
    if let Some(search) = room.inner.searches.of(id) {
        search.cancel();
    }
    Ok(problem::no_content())
}

fn searched(room: &Room, id: Id<Device>) -> Result<Progress, Problem> {
    let search = room.inner.searches.of(id);
    search.map(|search| search.progress()).ok_or_else(|| {
        Problem::not_found(
            "recorder-search",
            "This recorder has not been searched since the house was started.",
        )
    })
}

fn view(progress: &Progress, after: u64, given: &BTreeMap<i64, Id<Camera>>) -> SearchView {
    let items = progress
        .found
        .iter()
        .filter(|(_, found)| found.revision > after)
        .map(|(channel, found)| FoundView::of(*channel, found, given));
    SearchView {
        stage: progress.stage.as_str(),
        began_us: progress.began.as_us(),
        wanted: progress.wanted,
        open: progress.open,
        tried: progress.found.len(),
        revision: progress.revision,
        failed: progress.failed.map(Reason::as_str),
        items: items.collect(),
    }
}

impl FoundView {
    fn of(channel: u32, found: &Found, given: &BTreeMap<i64, Id<Camera>>) -> Self {
        let reason = found.reason();
        let blank = found.looks.is_some_and(|looks| looks.blank);
        let name = match &found.main {
            Tried::Seen(look) => look.name.clone(),
            Tried::Failed(_) => None,
        };
        Self {
            channel,
            verdict: match (reason, blank) {
                (Some(_), _) => "none",
                (None, true) => "blank",
                (None, false) => "picture",
            },
            reason: reason.map(Reason::as_str),
            name,
            main: TriedView::of(Some(&found.main)),
            sub: TriedView::of(found.sub.as_ref()),
            still_jpeg_base64: found.still.as_ref().map(|jpeg| STANDARD.encode(jpeg)),
            camera: given.get(&i64::from(channel)).copied(),
        }
    }
}

impl TriedView {
    fn of(tried: Option<&Tried>) -> Option<Self> {
        let Some(Tried::Seen(look)) = tried else {
            return None;
        };
        Some(Self {
            codec: look.video.codec.clone(),
            playable: look.video.codec == "h264",
            width: look.video.size_px.map(|(width, _)| width),
            height: look.video.size_px.map(|(_, height)| height),
            fps_milli: look.fps_milli,
            gop: look.gop,
        })
    }
}

/// Channels that become cameras.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "rows": [
    { "channel": 1, "short": "pasar-1", "name": "Pasar Besar, gerbang" },
] }))]
struct Choice {
    /// Up to 256.
    rows: Vec<ChosenRow>,
    /// Says what would become of them and writes nothing.
    #[serde(default)]
    preview: bool,
}

/// A channel that becomes a camera.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChosenRow {
    /// Its number, from 1.
    #[schema(minimum = 1, maximum = 256)]
    channel: i64,
    /// a-z, 0-9 and -, up to 40; unique.
    short: String,
    /// Up to 120 characters.
    name: String,
    /// Kemendagri code; that of the recorder when left out.
    area: Option<String>,
    /// `opd_…`; that of the recorder when left out.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// `kantor`, `ruang_publik`, `proyek_strategis` or `lainnya`.
    kind: Option<String>,
    /// WGS 84.
    point: Option<LatLon>,
    /// Pull it even when nobody watches.
    always_on: Option<bool>,
}

/// What becomes of the channels.
#[derive(Debug, Serialize, ToSchema)]
struct Chosen {
    /// Whether anything was written.
    written: bool,
    /// In the order that they were sent.
    rows: Vec<ChosenView>,
}

/// What becomes of one channel.
#[derive(Debug, Serialize, ToSchema)]
struct ChosenView {
    /// Its number.
    channel: i64,
    /// `new`, `same` for one that is that camera already, or `refused`.
    #[schema(value_type = RowVerdict)]
    verdict: &'static str,
    /// Why it cannot stand, field by field.
    faults: Vec<ChosenFault>,
    /// The camera that it is now.
    #[schema(value_type = Option<String>)]
    camera: Option<Id<Camera>>,
}

/// What is wrong with a field.
#[derive(Debug, Serialize, ToSchema)]
struct ChosenFault {
    /// Which.
    field: String,
    /// What.
    detail: String,
}

/// Makes channels cameras, in one transaction: all that were sent, or nothing. One that is
/// the camera of that short name already stays as it is.
#[utoipa::path(post, path = "/api/v1/recorders/{recorder}/cameras", tag = "cameras",
    request_body = Choice,
    params(("recorder" = String, Path, description = "`dev_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 200, body = Chosen), (status = 201, body = Chosen), (status = 404),
        (status = 409), (status = 422)))]
async fn choose(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
    Keyed { body, once }: Keyed<Choice>,
) -> Result<Response, Problem> {
    if body.rows.is_empty() || body.rows.len() > 256 {
        return Err(Problem::invalid("form", "Choose one channel at least.")
            .field("rows", "holds 1 to 256 channels"));
    }
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let recorder = find(&mut tx, &who, id).await?;
    let there = cameras_of(&mut tx, id).await?;
    let mut rows = Vec::with_capacity(body.rows.len());
    let mut refusals = Vec::new();
    let mut seen = BTreeSet::new();
    for row in body.rows {
        let channel = row.channel;
        let twice = !seen.insert(channel);
        match chosen(&hall, &mut tx, &who, &recorder, &there, row, twice).await {
            Ok((verdict, camera)) => rows.push(ChosenView {
                channel,
                verdict,
                faults: Vec::new(),
                camera: (!body.preview || verdict == "same").then_some(camera),
            }),
            Err(problem)
                if matches!(
                    problem.kind(),
                    Kind::Invalid | Kind::Conflict | Kind::Denied
                ) =>
            {
                let faults = faults_of(&problem);
                for fault in &faults {
                    let place = format!("rows.{channel}.{}", fault.field);
                    refusals.push((place, fault.detail.clone()));
                }
                rows.push(ChosenView {
                    channel,
                    verdict: "refused",
                    faults,
                    camera: None,
                });
            }
            Err(problem) => return Err(problem),
        }
    }
    if body.preview {
        let written = false;
        return Ok(axum::Json(Chosen { written, rows }).into_response());
    }
    if !refusals.is_empty() {
        let problem = Problem::conflict(
            "recorder-refused",
            "Nothing was written: some channels cannot stand so.",
        );
        return Err(refusals
            .into_iter()
            .fold(problem, |problem, (field, why)| problem.field(field, why)));
    }
    let location = format!("/api/v1/recorders/{id}");
    known(&hall, &room, &mut tx, id, &rows).await?;
    let chosen = Chosen {
        written: true,
        rows,
    };
    let answer = once
        .created(&mut tx, hall.now(), &location, &chosen)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// What the last search has seen of new cameras is what they are known by.
async fn known(
    hall: &Hall,
    room: &Room,
    tx: &mut Tx,
    id: Id<Device>,
    rows: &[ChosenView],
) -> Result<(), Problem> {
    let Some(search) = room.inner.searches.of(id) else {
        return Ok(());
    };
    let mut shown = Shown::all(&search.progress());
    for row in rows.iter().filter(|row| row.verdict == "new") {
        let seen = shown.remove(&row.channel).filter(|it| !it.seen.looks.blank);
        if let (Some(camera), Some(shown)) = (row.camera, seen) {
            let kept = Kept {
                seen: shown.seen,
                at: hall.now().wall,
                still: shown.still,
            };
            fingerprint::keep(tx, camera, &kept).await?;
        }
    }
    Ok(())
}

fn faults_of(problem: &Problem) -> Vec<ChosenFault> {
    let fields = problem.fields().iter().map(|field| ChosenFault {
        field: field.field.to_string(),
        detail: field.detail.to_string(),
    });
    let faults: Vec<_> = fields.collect();
    if !faults.is_empty() {
        return faults;
    }
    vec![ChosenFault {
        field: "row".to_owned(),
        detail: problem.detail().to_owned(),
    }]
}

/// Makes one channel a camera.
async fn chosen(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    recorder: &RecorderRow,
    there: &BTreeMap<i64, CameraRow>,
    row: ChosenRow,
    twice: bool,
) -> Result<(&'static str, Id<Camera>), Problem> {
    let now = hall.now();
    let channel = row.channel;
    let mut faults = Faults::default();
    if !(1..=CHANNELS_MAX).contains(&channel) {
        faults.add("channel", "use 1 to 256");
    }
    if twice {
        faults.add("channel", "stands there twice");
    }
    if let Some(camera) = there.get(&channel) {
        if camera.short == row.short && !twice {
            return Ok(("same", camera.id));
        }
        faults.add("channel", format!("is the camera {} already", camera.short));
    }
    let mut camera = CameraRow::new(hall, now.wall);
    camera.device = recorder.id;
    camera.address.clone_from(&recorder.address);
    camera.username.clone_from(&recorder.username);
    camera.session_limit = recorder.session_limit;
    camera.area = recorder.area.clone();
    camera.agency = recorder.agency;
    let form = CameraForm {
        short: Some(row.short),
        name: Some(row.name),
        kind: row.kind,
        area: row.area,
        agency: row.agency,
        point: row.point,
        always_on: row.always_on,
        ..CameraForm::default()
    };
    let saved = save(hall, tx, who, camera, form, faults, now).await?;
    put_streams(hall, tx, recorder, saved.id, channel).await?;
    recorder::give(tx, saved.id, recorder.id, channel, now.wall).await?;
    let act = Act {
        verb: "camera.added",
        subject: saved.id.to_string(),
        detail: serde_json::json!({ "recorder": recorder.id, "channel": channel }),
    };
    audit::record(tx, now, who, act).await?;
    facts::append(tx, &Fact::CameraChanged { camera: saved.id }, now.wall).await?;
    Ok(("new", saved.id))
}
