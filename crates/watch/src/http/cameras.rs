//! `/api/v1/cameras`: the register of cameras.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::fact::Fact;
use base::id::{Agency, Camera, Id};
use base::now::Now;
use base::redact::Secret;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::problem::{Json, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::{Read, Tx, facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::form::{Address, CameraForm, Faults};
use super::view::{CameraView, Names};
use crate::hub::Layer;
use crate::jobs::PASSWORD;
use crate::room::Room;
use crate::sql::camera::{self, CameraRow, StreamRow};
use crate::sql::sound::{self, SoundRow, Switch};
use crate::sql::{fingerprint, onvif, recorder};
use crate::turning;

/// Sessions that a device is taken to allow when nobody has said otherwise: what
/// cheap cameras allow.
const SESSIONS: i64 = 4;

/// Rows of a page when nobody has said otherwise.
const LIMIT: i64 = 200;

/// Rows of a page at most.
const LIMIT_MAX: i64 = 5_000;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CamerasRead))
        .routes(routes!(add).guard(Permission::CamerasWrite))
        .routes(routes!(show).guard(Permission::CamerasRead))
        .routes(routes!(change).guard(Permission::CamerasWrite))
        .routes(routes!(retire).guard(Permission::CamerasWrite))
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// Part of the name or short name.
    q: Option<String>,
    /// In this area or one within it.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Of this OPD.
    #[param(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Of this kind.
    kind: Option<String>,
    /// In this state.
    state: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A page of cameras, by short name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraList {
    /// The cameras.
    items: Vec<CameraView>,
    /// What to send for the next page; none on the last.
    next: Option<String>,
}

/// Cameras that the caller may see, by short name.
#[utoipa::path(get, path = "/api/v1/cameras", tag = "cameras", params(Filter),
    responses((status = 200, body = CameraList)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: axum::http::HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid("query", "One parameter cannot stand.")
            .field("limit", "use 1 to 5000"));
    }
    let mut read = hall.db().read().await?;
    let mut items = Vec::new();
    let mut cursor = filter.cursor.clone();
    let wanted = usize::try_from(limit).unwrap_or(0);
    // The state is known to the hub and not to the tables: pages are read until
    // one is full.
    loop {
        let rows = page(&mut read, &who, &filter, cursor.as_deref(), limit).await?;
        let last = rows.last().map(|row| row.short.clone());
        let full = i64::try_from(rows.len()).unwrap_or(0) == limit;
        let mut views = views(&mut read, &room, rows).await?;
        if let Some(state) = &filter.state {
            views.retain(|view| view.state.word == state);
        }
        let room_left = wanted - items.len();
        let cut = views.len() > room_left;
        items.extend(views.into_iter().take(room_left));
        cursor = if cut {
            items.last().map(|view: &CameraView| view.short.clone())
        } else if full {
            last
        } else {
            None
        };
        if cursor.is_none() || items.len() == wanted {
            break;
        }
    }
    drop(read);
    let wants_csv = filter.format.as_deref() == Some("csv")
        || headers
            .get(axum::http::header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.starts_with("text/csv"));
    if wants_csv {
        return export(&hall, &who, &items).await;
    }
    Ok(axum::Json(CameraList {
        items,
        next: cursor,
    })
    .into_response())
}

async fn page(
    read: &mut Read,
    who: &Who,
    filter: &Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Vec<CameraRow>, Problem> {
    let (visible, values) = who.visible(Permission::CamerasRead, "c.area_code", "c.agency_id");
    let mut query = camera::list()
        .raw(" AND (")
        .condition(&visible, values)
        .raw(")");
    if let Some(area) = &filter.area {
        query = query
            .push(" AND (c.area_code = ", area.as_str())
            .push(" OR c.area_code LIKE ", format!("{area}.%"))
            .raw(")");
    }
    if let Some(agency) = filter.agency {
        query = query.push(" AND c.agency_id = ", agency);
    }
    if let Some(kind) = filter.kind.as_deref() {
        query = query.push(" AND c.kind = ", kind);
    }
    if let Some(text) = filter.q.as_deref().filter(|text| !text.is_empty()) {
        let like = format!("%{}%", escaped(&text.to_lowercase()));
        query = query
            .push(" AND (lower(c.name) LIKE ", like.clone())
            .push(" ESCAPE '\\' OR c.short LIKE ", like)
            .raw(" ESCAPE '\\')");
    }
    if let Some(cursor) = cursor {
        query = query.push(" AND c.short > ", cursor);
    }
    query = query.push(" ORDER BY c.short LIMIT ", limit);
    Ok(camera::fetch(read, &query).await?)
}

/// What a user types is text, also where it holds the signs of a pattern.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

async fn views(
    read: &mut Read,
    room: &Room,
    rows: Vec<CameraRow>,
) -> Result<Vec<CameraView>, Problem> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let streams = camera::streams(read, &ids).await?;
    let legal = camera::legal(read, &ids).await?;
    let sounds = sound::of(read, &ids).await?;
    let misplaced = misplaced(read).await?;
    let turning = onvif::turning(read, &ids).await?;
    let names = Names {
        areas: hall::areas::names(read, rows.iter().map(|row| &row.area)).await?,
        agencies: hall::agencies::names(read).await?,
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let streams = streams.get(&row.id).map_or(&[][..], Vec::as_slice);
            let (legal, sound) = (legal.get(&row.id), sounds.get(&row.id));
            let mut view = CameraView::of(row, streams, legal, sound, &names, &room.inner.hub);
            view.misplaced = misplaced.contains(&view.id);
            view.turns = turning.contains(&view.id);
            view
        })
        .collect())
}

/// Cameras whose channels seem rearranged.
async fn misplaced(read: &mut Read) -> Result<BTreeSet<Id<Camera>>, Problem> {
    let mut found = BTreeSet::new();
    for swap in fingerprint::open(read, None).await? {
        let given = recorder::channels(read, &[swap.device])
            .await?
            .remove(&swap.device);
        let given = given.unwrap_or_default();
        let channels = swap
            .moves
            .iter()
            .flat_map(|(channel, shows)| [*channel, *shows]);
        found.extend(channels.filter_map(|channel| given.get(&channel).copied()));
    }
    Ok(found)
}

async fn export(hall: &Hall, who: &Who, items: &[CameraView]) -> Result<Response, Problem> {
    let mut file = hall::csv::File::new(&[
        "short",
        "name",
        "kind",
        "area_code",
        "area",
        "agency",
        "lat_deg",
        "lon_deg",
        "state",
        "reason",
        "since",
        "legal_complete",
    ]);
    for view in items {
        file.row(&[
            view.short.clone(),
            view.name.clone(),
            view.kind.clone(),
            view.area.code.to_string(),
            view.area.name.clone(),
            view.agency
                .as_ref()
                .map(|agency| agency.name.clone())
                .unwrap_or_default(),
            view.point
                .map(|point| point.lat_deg.to_string())
                .unwrap_or_default(),
            view.point
                .map(|point| point.lon_deg.to_string())
                .unwrap_or_default(),
            view.state.word.to_owned(),
            view.state.reason.unwrap_or_default().to_owned(),
            hall.clock()
                .rfc3339(base::now::Wall::from_us(view.state.since_us)),
            view.legal.complete.to_string(),
        ]);
    }
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "camera.exported",
        subject: "cameras".to_owned(),
        detail: serde_json::json!({ "rows": items.len() }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    Ok(file.response("kamera.csv"))
}

/// One camera, by id or short name. An old short name leads to the new one.
#[utoipa::path(get, path = "/api/v1/cameras/{camera}", tag = "cameras",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 200, body = CameraView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<CameraView>, Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, Permission::CamerasRead, &name).await?;
    one(&mut read, &room, row).await
}

async fn one(
    read: &mut Read,
    room: &Room,
    row: CameraRow,
) -> Result<axum::Json<CameraView>, Problem> {
    views(read, room, vec![row])
        .await?
        .pop()
        .map(axum::Json)
        .ok_or_else(not_found)
}

/// A camera by id or short name, if the caller has that permission over it. One
/// that he may not see is as one that is not there.
pub(crate) async fn find(
    conn: &mut store::Conn,
    who: &Who,
    permission: Permission,
    name: &str,
) -> Result<CameraRow, Problem> {
    let row = match name.parse::<Id<Camera>>() {
        Ok(id) => camera::by_id(conn, id).await?,
        Err(_) => camera::by_short(conn, name).await?,
    };
    let row = row.ok_or_else(not_found)?;
    let place = row.place();
    if !who.may(Permission::CamerasRead, &place) {
        return Err(not_found());
    }
    who.require(permission, &place)?;
    Ok(row)
}

pub(crate) fn not_found() -> Problem {
    Problem::not_found(
        "camera",
        "There is no such camera, or none that you may see.",
    )
}

/// Registers a camera. Required: `short`, `name`, `area`, `main`.
#[utoipa::path(post, path = "/api/v1/cameras", tag = "cameras", request_body = CameraForm,
    responses((status = 201, body = CameraView), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<CameraForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = CameraRow::new(&hall, now.wall);
    let mut faults = Faults::default();
    for (field, is_missing) in [
        ("short", form.short.is_none()),
        ("name", form.name.is_none()),
        ("area", form.area.is_none()),
        ("main", form.main.is_none()),
    ] {
        if is_missing {
            faults.add(field, "is required");
        }
    }
    let saved = save(&hall, &mut tx, &who, row, form, faults, now).await?;
    record(&hall, &mut tx, &who, "camera.added", saved.id, now).await?;
    tx.commit().await?;
    let mut read = hall.db().read().await?;
    let row = camera::by_id(&mut read, saved.id)
        .await?
        .ok_or_else(not_found)?;
    let view = one(&mut read, &room, row).await?;
    let location = format!("/api/v1/cameras/{}", saved.id);
    Ok(hall::problem::created(&location, view))
}

/// Changes a camera. What is left out stays as it is.
#[utoipa::path(patch, path = "/api/v1/cameras/{camera}", tag = "cameras",
    params(("camera" = String, Path, description = "id or short name")),
    request_body = CameraForm,
    responses((status = 200, body = CameraView), (status = 404), (status = 409), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<CameraForm>,
) -> Result<axum::Json<CameraView>, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, Permission::CamerasWrite, &name).await?;
    let saved = save(&hall, &mut tx, &who, row, form, Faults::default(), now).await?;
    record(&hall, &mut tx, &who, "camera.changed", saved.id, now).await?;
    tx.commit().await?;
    let mut read = hall.db().read().await?;
    let row = camera::by_id(&mut read, saved.id)
        .await?
        .ok_or_else(not_found)?;
    one(&mut read, &room, row).await
}

/// Takes a camera out of service. Its viewings and stills stay.
#[utoipa::path(delete, path = "/api/v1/cameras/{camera}", tag = "cameras",
    params(("camera" = String, Path, description = "id or short name")),
    responses((status = 204), (status = 404)))]
async fn retire(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = find(&mut tx, &who, Permission::CamerasWrite, &name).await?;
    recorder::release(&mut tx, row.id).await?;
    fingerprint::forget(&mut tx, row.id).await?;
    camera::retire(&mut tx, row.id, now.wall).await?;
    record(&hall, &mut tx, &who, "camera.retired", row.id, now).await?;
    tx.commit().await?;
    turning::changed(&room, row.id).await?;
    room.inner.listening.changed(row.id);
    Ok(hall::problem::no_content())
}

async fn record(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    verb: &'static str,
    camera: Id<Camera>,
    now: Now,
) -> Result<(), Problem> {
    let act = Act {
        verb,
        subject: camera.to_string(),
        detail: serde_json::json!({}),
    };
    audit::record(tx, hall.now(), who, act).await?;
    facts::append(tx, &Fact::CameraChanged { camera }, now.wall).await?;
    Ok(())
}

/// Judges a form as a whole and writes what it says.
pub(crate) async fn save(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    mut row: CameraRow,
    form: CameraForm,
    mut faults: Faults,
    now: Now,
) -> Result<CameraRow, Problem> {
    let old_short = row.short.clone();
    let legal = form.legal.map(|legal| faults.legal(legal));
    let sound = match form.sound {
        Some(form) => {
            let row = sound::of(tx, &[row.id]).await?.remove(&row.id);
            let before = row.map(|row| row.switch).unwrap_or_default();
            Some((before.clone(), faults.sound(form, before)))
        }
        None => None,
    };
    if recorder::channel_of(tx, row.id).await?.is_some() {
        for (field, said) in [
            ("main", form.main.is_some()),
            ("sub", form.sub.is_some()),
            ("username", form.username.is_some()),
            ("password", form.password.is_some()),
            ("session_limit", form.session_limit.is_some()),
        ] {
            if said {
                faults.add(field, "is that of its recorder; change it there");
            }
        }
    }
    let main = form
        .main
        .as_deref()
        .and_then(|url| faults.address("main", url));
    let sub = form
        .sub
        .as_deref()
        .and_then(|url| faults.address("sub", url));
    for (field, address) in [("main", &main), ("sub", &sub)] {
        if let Some(address) = address {
            faults.within_reach(field, address, hall);
        }
    }
    let password = form
        .password
        .or_else(|| main.as_ref().and_then(|main| main.password.clone()));
    let username = form
        .username
        .or_else(|| main.as_ref().and_then(|main| main.username.clone()));
    if let Some(short) = form.short {
        faults.short(&short);
        row.short = short;
    }
    if let Some(name) = form.name {
        faults.name(&name);
        name.trim().clone_into(&mut row.name);
    }
    if let Some(kind) = form.kind {
        faults.kind(&kind);
        row.kind = kind;
    }
    if let Some(area) = form.area
        && let Some(code) = faults.known_area(tx, &area).await?
    {
        row.area = code;
    }
    if let Some(agency) = form.agency
        && faults.known_agency(tx, agency).await?
    {
        row.agency = Some(agency);
    }
    if let Some(point) = form.point {
        row.point = faults.point(point).or(row.point);
    }
    if let Some(heading_deg) = form.heading_deg {
        faults.heading(heading_deg);
        row.heading_deg = Some(heading_deg);
    }
    if let Some(limit) = form.session_limit {
        faults.session_limit(limit);
        row.session_limit = limit;
    }
    row.always_on = form.always_on.unwrap_or(row.always_on);
    row.simulated = form.simulated.unwrap_or(row.simulated);
    if let Some(contact) = form.contact {
        row.contact = faults.contact(contact);
    }
    if let Some(project) = form.project {
        row.project = faults.project(project);
    }
    faults.judge()?;

    // Nobody moves a camera to where he may not work.
    who.require(Permission::CamerasWrite, &row.place())?;
    if camera::short_is_taken(tx, &row.short, Some(row.id)).await? {
        return Err(
            Problem::conflict("short-taken", "Another camera has or had this short name.")
                .field("short", "is taken"),
        );
    }
    row.changed = now.wall;
    if main.is_some() || username.is_some() || password.is_some() || form.session_limit.is_some() {
        let place = row.place();
        put_device(
            hall,
            tx,
            who,
            &place,
            &mut row,
            main.as_ref(),
            username,
            password,
            now,
        )
        .await?;
    }
    camera::put(tx, &row).await?;
    if row.simulated {
        hall::house::mark_simulated(tx, now).await?;
    }
    put_streams(hall, tx, &row, main, sub).await?;
    if let Some(legal) = legal {
        camera::put_legal(tx, row.id, &legal, now.wall).await?;
    }
    if let Some((before, next)) = sound.filter(|(before, next)| before != next) {
        put_switch(hall, tx, who, row.id, &before, next, now).await?;
    }
    if !old_short.is_empty() && old_short != row.short {
        camera::redirect(tx, &old_short, row.id).await?;
    }
    Ok(row)
}

#[expect(clippy::too_many_arguments, reason = "each is a part of one form")]
async fn put_device(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    place: &Place,
    row: &mut CameraRow,
    main: Option<&Address>,
    username: Option<String>,
    password: Option<Secret<String>>,
    now: Now,
) -> Result<(), Problem> {
    if let Some(main) = main {
        row.address = main.host();
    }
    if username.is_some() {
        row.username = username;
    }
    let sealed = match password {
        Some(password) => {
            who.require(Permission::CameraCredentialsWrite, place)?;
            let key = row.device.to_string();
            let sealed =
                hall.vault()
                    .seal(PASSWORD.0, &key, PASSWORD.1, password.expose().as_bytes())?;
            Some(sealed)
        }
        None => camera::sealed_password(tx, row.device).await?,
    };
    camera::put_device(tx, row, sealed, now.wall).await?;
    Ok(())
}

/// Writes a camera's switch. Each time that it comes to be heard, or to be heard for
/// another reason, and each time that it no longer is, is an act of its own.
async fn put_switch(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    camera: Id<Camera>,
    before: &Switch,
    next: Switch,
    now: Now,
) -> Result<(), Problem> {
    if next.on || before.on {
        let act = switched(camera, &next);
        audit::record(tx, hall.now(), who, act).await?;
    }
    let row = SoundRow {
        switch: next,
        by: Some(who.person()),
        changed: now.wall,
    };
    sound::put(tx, camera, &row).await?;
    Ok(())
}

/// That a camera may be heard from now on, or not.
pub(crate) fn switched(camera: Id<Camera>, switch: &Switch) -> Act {
    Act {
        verb: if switch.on {
            "camera.sound_on"
        } else {
            "camera.sound_off"
        },
        subject: camera.to_string(),
        detail: serde_json::json!({ "purpose": switch.purpose, "basis": switch.basis }),
    }
}

/// A layer that a form does not name stays as it is.
async fn put_streams(
    hall: &Hall,
    tx: &mut Tx,
    row: &CameraRow,
    main: Option<Address>,
    sub: Option<Address>,
) -> Result<(), Problem> {
    let mut streams = camera::streams(tx, &[row.id])
        .await?
        .remove(&row.id)
        .unwrap_or_default();
    for (layer, address) in [(Layer::Main, main), (Layer::Sub, sub)] {
        let Some(address) = address else { continue };
        streams.retain(|stream| stream.layer != layer);
        streams.push(StreamRow {
            id: hall.mint(),
            layer,
            url: address.url.to_string(),
            codec: None,
            width_px: None,
            height_px: None,
        });
    }
    camera::put_streams(tx, row.id, &streams).await?;
    Ok(())
}

impl CameraRow {
    /// A camera of which nothing is known yet.
    pub(crate) fn new(hall: &Hall, now: base::now::Wall) -> Self {
        Self {
            id: hall.mint(),
            device: hall.mint(),
            address: String::new(),
            username: None,
            session_limit: SESSIONS,
            short: String::new(),
            name: String::new(),
            kind: "lainnya".to_owned(),
            area: hall.config().province.clone(),
            agency: None,
            point: None,
            heading_deg: None,
            always_on: false,
            simulated: false,
            contact: camera::Contact::default(),
            project: camera::Project::default(),
            created: now,
            changed: now,
        }
    }
}

#[cfg(test)]
mod tests;
