//! `/api/v1/recorders`: boxes with many channels (NVR, DVR).

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::area::AreaCode;
use base::fact::Fact;
use base::id::{Agency, Camera, Device, Id};
use base::now::{Now, Wall};
use base::redact::Secret;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::{Conn, Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::form::{Faults, TEXT_MAX};
use super::view::{NamedAgency, StateView, StatesView};
use crate::hub::Layer;
use crate::jobs::PASSWORD;
use crate::recorder::template::{self, OWN, Scheme, Template};
use crate::room::Room;
use crate::sql::camera::{self, CameraRow, StreamRow};
use crate::sql::fingerprint;
use crate::sql::recorder::{self, RecorderRow};

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CamerasWrite))
        .routes(routes!(add).guard(Permission::CamerasWrite))
        .routes(routes!(templates).guard(Permission::CamerasWrite))
        .routes(routes!(show).guard(Permission::CamerasWrite))
        .routes(routes!(change).guard(Permission::CamerasWrite))
        .routes(routes!(retire).guard(Permission::CamerasWrite))
}

/// A recorder to be added or changed. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "NVR Pasar Besar", "area": "62.71.01", "address": "127.0.0.1", "port": 9,
    "template": "hikvision", "username": "admin", "password": "rahasia",
}))]
pub(crate) struct RecorderForm {
    /// Up to 120 characters.
    name: Option<String>,
    /// Kemendagri code.
    area: Option<String>,
    /// `opd_…`.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// The host, without a port or a path.
    address: Option<String>,
    /// Where it answers RTSP; that of its make when never said.
    #[schema(minimum = 1)]
    port: Option<u16>,
    /// The slug of its make, or `own` for a path that is typed.
    template: Option<String>,
    /// The path that is typed, with `{channel}` and perhaps `{layer}` in it.
    path: Option<String>,
    /// What stands for the full picture in it.
    main_word: Option<String>,
    /// What stands for the small one; empty: there is none.
    sub_word: Option<String>,
    /// What it asks for.
    username: Option<String>,
    /// What it asks for. Kept sealed, never shown again.
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
    /// RTSP sessions that it stands at once, 1 to 256; that of its make when never said.
    session_limit: Option<i64>,
    /// What people should know, up to 500 characters.
    notes: Option<String>,
}

/// A make whose paths are known.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateView {
    /// For forms.
    slug: String,
    /// As people call it.
    name: String,
    /// Its scheme; none where it is typed.
    path: Option<String>,
    /// What stands for main and sub.
    words: [String; 2],
    /// Where it listens as it is sold.
    port: u16,
    /// Sessions at once until somebody says what his box stands.
    sessions: i64,
}

/// The makes whose paths are known.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateList {
    /// The makes.
    items: Vec<TemplateView>,
}

/// A recorder.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecorderView {
    /// Its id, `dev_…`.
    #[schema(value_type = String)]
    id: Id<Device>,
    /// As officials call it.
    name: String,
    /// The smallest area it is known to be in.
    #[schema(value_type = String)]
    area: AreaCode,
    /// Its name.
    area_name: String,
    /// The OPD that answers for it.
    agency: Option<NamedAgency>,
    /// The host.
    address: String,
    /// Where it answers RTSP.
    port: u16,
    /// The slug of its make, or `own`.
    template: String,
    /// The path of a channel, with `{channel}` and `{layer}` in it.
    path: String,
    /// What stands for main and sub in it.
    words: [String; 2],
    /// What it asks for.
    username: Option<String>,
    /// Whether a password is kept.
    password: bool,
    /// RTSP sessions that it stands at once.
    session_limit: i64,
    /// What people should know.
    notes: String,
    /// When any of it last changed, µs since 1970 UTC.
    changed_us: i64,
    /// When channels were noticed that seem rearranged, µs since 1970 UTC; none while none
    /// do, or it was decided.
    swap_us: Option<i64>,
    /// Its channels that are cameras, in their order.
    channels: Vec<ChannelView>,
}

/// A channel that is a camera.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelView {
    /// Its number, from 1.
    channel: i64,
    /// `cam_…`.
    #[schema(value_type = String)]
    camera: Id<Camera>,
    /// Its short name.
    short: String,
    /// Its name.
    name: String,
    /// How it is now.
    state: Option<StateView>,
}

/// The recorders that the caller may change.
#[derive(Debug, Serialize, ToSchema)]
struct RecorderList {
    /// By name.
    items: Vec<RecorderView>,
}

/// The makes whose paths are known.
#[utoipa::path(get, path = "/api/v1/recorders/templates", tag = "cameras",
    responses((status = 200, body = TemplateList)))]
async fn templates() -> axum::Json<TemplateList> {
    let view = |template: &Template| TemplateView {
        slug: template.slug.clone(),
        name: template.name.clone(),
        path: template.scheme().map(|scheme| scheme.path),
        words: template.layers.clone(),
        port: template.port,
        sessions: template.sessions,
    };
    let items = template::all().iter().map(view).collect();
    axum::Json(TemplateList { items })
}

/// Recorders that the caller may change, with their channels.
#[utoipa::path(get, path = "/api/v1/recorders", tag = "cameras",
    responses((status = 200, body = RecorderList)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
) -> Result<axum::Json<RecorderList>, Problem> {
    let mut read = hall.db().read().await?;
    let (visible, values) = who.visible(Permission::CamerasWrite, "r.area_code", "r.agency_id");
    let query = recorder::list()
        .raw(" AND (")
        .condition(&visible, values)
        .raw(") ORDER BY r.name, r.device_id");
    let rows = recorder::fetch(&mut read, &query).await?;
    let items = views(&mut read, &room, rows).await?;
    Ok(axum::Json(RecorderList { items }))
}

/// One recorder.
#[utoipa::path(get, path = "/api/v1/recorders/{recorder}", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`")),
    responses((status = 200, body = RecorderView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
) -> Result<axum::Json<RecorderView>, Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, id).await?;
    one(&mut read, &room, row).await.map(axum::Json)
}

/// Adds a recorder. Required: `name`, `area`, `address`, `template`. No channel is asked
/// yet.
#[utoipa::path(post, path = "/api/v1/recorders", tag = "cameras", request_body = RecorderForm,
    responses((status = 201, body = RecorderView), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<RecorderForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut faults = Faults::default();
    for (field, is_missing) in [
        ("name", form.name.is_none()),
        ("area", form.area.is_none()),
        ("address", form.address.is_none()),
        ("template", form.template.is_none()),
    ] {
        if is_missing {
            faults.add(field, "is required");
        }
    }
    let row = RecorderRow {
        id: hall.mint(),
        name: String::new(),
        area: hall.config().province.clone(),
        agency: None,
        address: String::new(),
        username: None,
        password: false,
        session_limit: 0,
        template: String::new(),
        own: None,
        notes: String::new(),
        person: who.person(),
        created: now.wall,
        changed: now.wall,
    };
    let mut tx = hall.db().write().await?;
    let row = save(&hall, &mut tx, &who, row, form, faults, now).await?;
    record(&hall, &mut tx, &who, "recorder.added", &row).await?;
    tx.commit().await?;
    let mut read = hall.db().read().await?;
    let location = format!("/api/v1/recorders/{}", row.id);
    let row = find(&mut read, &who, row.id).await?;
    let view = one(&mut read, &room, row).await?;
    Ok(hall::problem::created(&location, axum::Json(view)))
}

/// Changes a recorder, and where all its channels are with it.
#[utoipa::path(patch, path = "/api/v1/recorders/{recorder}", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`")),
    request_body = RecorderForm,
    responses((status = 200, body = RecorderView), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
    Json(form): Json<RecorderForm>,
) -> Result<axum::Json<RecorderView>, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, id).await?;
    let row = save(&hall, &mut tx, &who, row, form, Faults::default(), now).await?;
    follow(&hall, &mut tx, &row, now).await?;
    record(&hall, &mut tx, &who, "recorder.changed", &row).await?;
    tx.commit().await?;
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, id).await?;
    one(&mut read, &room, row).await.map(axum::Json)
}

/// How a recorder is taken out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Leaving {
    /// How many cameras go with it, as its channels show: who takes it out has seen them.
    cameras: Option<usize>,
}

/// Takes a recorder out of service. With cameras on its channels it needs their number,
/// and takes them out too; their viewings and stills stay.
#[utoipa::path(delete, path = "/api/v1/recorders/{recorder}", tag = "cameras",
    params(("recorder" = String, Path, description = "`dev_…`"), Leaving),
    responses((status = 204), (status = 404), (status = 409)))]
async fn retire(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Device>>,
    Query(leaving): Query<Leaving>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, id).await?;
    let cameras = cameras_of(&mut tx, id).await?;
    if cameras.len() != leaving.cameras.unwrap_or(0) {
        let detail = format!(
            "{} of its channels are cameras; nothing was taken out. Say how many go with it.",
            cameras.len()
        );
        return Err(Problem::conflict("recorder-in-use", detail));
    }
    for camera in cameras.into_values() {
        who.require(Permission::CamerasWrite, &camera.place())?;
        recorder::release(&mut tx, camera.id).await?;
        fingerprint::forget(&mut tx, camera.id).await?;
        camera::retire(&mut tx, camera.id, now.wall).await?;
        let act = Act {
            verb: "camera.retired",
            subject: camera.id.to_string(),
            detail: serde_json::json!({ "recorder": id }),
        };
        audit::record(&mut tx, now, &who, act).await?;
        facts::append(
            &mut tx,
            &Fact::CameraChanged { camera: camera.id },
            now.wall,
        )
        .await?;
    }
    recorder::retire(&mut tx, id, now.wall).await?;
    record(&hall, &mut tx, &who, "recorder.retired", &row).await?;
    tx.commit().await?;
    room.inner.searches.forget(id);
    Ok(hall::problem::no_content())
}

/// A recorder that the caller may change; any other is as one that is not there.
pub(crate) async fn find(
    conn: &mut Conn,
    who: &Who,
    id: Id<Device>,
) -> Result<RecorderRow, Problem> {
    let row = recorder::by_id(conn, id).await?;
    row.filter(|row| who.may(Permission::CamerasWrite, &row.place()))
        .ok_or_else(|| {
            Problem::not_found(
                "recorder",
                "There is no such recorder, or none that you may change.",
            )
        })
}

/// How a recorder names its streams.
pub(crate) fn scheme(row: &RecorderRow) -> Result<Scheme, Problem> {
    let scheme = match &row.own {
        Some((path, words)) => Scheme::new(path, words).ok(),
        None => template::of(&row.template).and_then(Template::scheme),
    };
    scheme.ok_or_else(|| Problem::bug("a recorder is kept that has no scheme"))
}

/// The cameras of a recorder, by channel.
pub(crate) async fn cameras_of(
    conn: &mut Conn,
    id: Id<Device>,
) -> Result<std::collections::BTreeMap<i64, CameraRow>, Problem> {
    let given = recorder::channels(conn, &[id]).await?.remove(&id);
    let mut found = std::collections::BTreeMap::new();
    for (channel, camera) in given.unwrap_or_default() {
        if let Some(row) = camera::by_id(conn, camera).await? {
            found.insert(channel, row);
        }
    }
    Ok(found)
}

/// Writes where a camera's streams are, by the channel that it is.
pub(crate) async fn put_streams(
    hall: &Hall,
    tx: &mut Tx,
    row: &RecorderRow,
    camera: Id<Camera>,
    channel: i64,
) -> Result<(), Problem> {
    let scheme = scheme(row)?;
    let stream = |layer| {
        let url = scheme.url(&row.address, channel, layer)?;
        Some(StreamRow {
            id: hall.mint(),
            layer,
            url: url.into(),
            codec: None,
            width_px: None,
            height_px: None,
        })
    };
    let streams: Vec<_> = Layer::ALL.into_iter().filter_map(stream).collect();
    camera::put_streams(tx, camera, &streams).await?;
    Ok(())
}

/// All channels go where the recorder now is.
async fn follow(hall: &Hall, tx: &mut Tx, row: &RecorderRow, now: Now) -> Result<(), Problem> {
    for (channel, camera) in cameras_of(tx, row.id).await? {
        put_streams(hall, tx, row, camera.id, channel).await?;
        facts::append(tx, &Fact::CameraChanged { camera: camera.id }, now.wall).await?;
    }
    Ok(())
}

async fn record(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    verb: &'static str,
    row: &RecorderRow,
) -> Result<(), Problem> {
    let act = Act {
        verb,
        subject: row.id.to_string(),
        detail: serde_json::json!({ "name": row.name, "address": row.address }),
    };
    audit::record(tx, hall.now(), who, act).await?;
    Ok(())
}

/// Judges a form as a whole and writes what it says.
async fn save(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    mut row: RecorderRow,
    form: RecorderForm,
    mut faults: Faults,
    now: Now,
) -> Result<RecorderRow, Problem> {
    if let Some(name) = &form.name {
        faults.name(name);
        name.trim().clone_into(&mut row.name);
    }
    if let Some(area) = &form.area
        && let Some(code) = faults.known_area(tx, area).await?
    {
        row.area = code;
    }
    if let Some(agency) = form.agency
        && faults.known_agency(tx, agency).await?
    {
        row.agency = Some(agency);
    }
    if let Some(notes) = &form.notes {
        if notes.chars().count() > TEXT_MAX {
            faults.add("notes", "use at most 500 characters");
        }
        notes.trim().clone_into(&mut row.notes);
    }
    scheme_of(&form, &mut row, &mut faults);
    address_of(hall, &form, &mut row, &mut faults);
    if let Some(limit) = form.session_limit {
        faults.session_limit(limit);
        row.session_limit = limit;
    } else if row.session_limit == 0 {
        row.session_limit = template::of(&row.template).map_or(4, |template| template.sessions);
    }
    if let Some(username) = form.username {
        if username.chars().count() > TEXT_MAX {
            faults.add("username", "use at most 500 characters");
        }
        row.username = Some(username.trim().to_owned()).filter(|name| !name.is_empty());
    }
    faults.judge()?;
    // Nobody moves a recorder to where he may not work.
    let place = row.place();
    who.require(Permission::CamerasWrite, &place)?;
    if let Some((other, _)) = recorder::at(tx, &row.address).await?
        && other != row.id
    {
        return Err(Problem::conflict(
            "recorder-taken",
            "Another recorder has this address and port; nothing was saved.",
        )
        .field("address", "is taken"));
    }
    let sealed = match form.password {
        Some(password) => {
            who.require(Permission::CameraCredentialsWrite, &place)?;
            let key = row.id.to_string();
            let word = password.expose().as_bytes();
            Some(hall.vault().seal(PASSWORD.0, &key, PASSWORD.1, word)?)
        }
        None => camera::sealed_password(tx, row.id).await?,
    };
    row.changed = now.wall;
    recorder::put(tx, &row, sealed).await?;
    Ok(row)
}

/// The make, or the path that was typed.
fn scheme_of(form: &RecorderForm, row: &mut RecorderRow, faults: &mut Faults) {
    if let Some(slug) = &form.template {
        let known = slug == OWN || template::of(slug).is_some();
        if !known {
            faults.add("template", "is no make of the list, and not own");
            return;
        }
        slug.clone_into(&mut row.template);
    }
    if row.template.is_empty() {
        return;
    }
    let asked = template::of(&row.template).is_none_or(|template| template.asked);
    if !asked {
        row.own = None;
        return;
    }
    let [main, sub] = template::of(&row.template)
        .map_or_else(Default::default, |template| template.layers.clone());
    let (path, [main, sub]) = row
        .own
        .take()
        .unwrap_or_else(|| (String::new(), [main, sub]));
    let path = form.path.clone().unwrap_or(path);
    let words = [
        form.main_word.clone().unwrap_or(main),
        form.sub_word.clone().unwrap_or(sub),
    ]
    .map(|word| word.trim().to_owned());
    match Scheme::new(&path, &words) {
        Ok(scheme) => row.own = Some((scheme.path, scheme.layers)),
        Err(why) => faults.add("path", why.to_string()),
    }
}

/// The host and the port, judged as an address of a camera is.
fn address_of(hall: &Hall, form: &RecorderForm, row: &mut RecorderRow, faults: &mut Faults) {
    if form.address.is_none() && form.port.is_none() {
        return;
    }
    let (host, port) = parts(&row.address);
    let host = form.address.as_deref().map_or(host, str::trim);
    let port = form
        .port
        .or(port)
        .unwrap_or_else(|| template::of(&row.template).map_or(554, |template| template.port));
    if port == 0 {
        faults.add("port", "use 1 to 65535");
        return;
    }
    let odd = |c: char| "/\\?#@".contains(c) || c.is_whitespace() || c.is_control();
    if host.is_empty() || host.contains(odd) {
        faults.add("address", "write the host alone, without a port or a path");
        return;
    }
    let Some(address) = faults.address("address", &format!("rtsp://{host}:{port}/")) else {
        return;
    };
    faults.within_reach("address", &address, hall);
    row.address = address.host();
}

/// The host and the port of a device's row.
fn parts(address: &str) -> (&str, Option<u16>) {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => (host, port.parse().ok()),
        _ => (address, None),
    }
}

async fn one(conn: &mut Conn, room: &Room, row: RecorderRow) -> Result<RecorderView, Problem> {
    views(conn, room, vec![row])
        .await?
        .pop()
        .ok_or_else(|| Problem::bug("a recorder has no view"))
}

async fn views(
    conn: &mut Conn,
    room: &Room,
    rows: Vec<RecorderRow>,
) -> Result<Vec<RecorderView>, Problem> {
    let areas = hall::areas::names(conn, rows.iter().map(|row| &row.area)).await?;
    let agencies = hall::agencies::names(conn).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let channels = cameras_of(conn, row.id).await?;
        let channels = channels.into_iter().map(|(channel, camera)| ChannelView {
            channel,
            state: StatesView::of(camera.id, &room.inner.hub).map(|states| states.state),
            camera: camera.id,
            short: camera.short,
            name: camera.name,
        });
        let swap = fingerprint::open(conn, Some(row.id)).await?.pop();
        let scheme = scheme(&row)?;
        let (host, port) = parts(&row.address);
        found.push(RecorderView {
            id: row.id,
            area_name: areas
                .get(&row.area)
                .cloned()
                .unwrap_or_else(|| row.area.to_string()),
            agency: row.agency.map(|id| NamedAgency {
                id,
                name: agencies.get(&id).cloned().unwrap_or_default(),
            }),
            address: host.to_owned(),
            port: port.unwrap_or(554),
            path: scheme.path,
            words: scheme.layers,
            swap_us: swap.map(|swap| swap.noticed.as_us()),
            channels: channels.collect(),
            name: row.name,
            area: row.area,
            template: row.template,
            username: row.username,
            password: row.password,
            session_limit: row.session_limit,
            notes: row.notes,
            changed_us: Wall::as_us(row.changed),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
