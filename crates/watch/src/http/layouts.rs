//! `/api/v1/layouts`: saved arrangements of the video wall.
//!
//! An arrangement belongs to a person; a shared one is offered to everybody who
//! may see cameras. It gives nobody a camera: who opens it is told those of its
//! cameras that he may see, and how many more there are.

use axum::extract::State;
use axum::response::Response;
use base::id::{Camera, Id, Layout};
use base::now::Now;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::idempotency::Keyed;
use hall::problem::{Json, Path, Problem, Query};
use hall::{Hall, line};
use serde::{Deserialize, Serialize};
use store::{Conn, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::find as find_camera;
use crate::sql::layout::{self, LayoutRow, Shown};

/// Rows of a page when nobody has said otherwise.
const LIMIT: i64 = 200;

/// Rows of a page at most.
const LIMIT_MAX: i64 = 5_000;

/// Grids that a wall can have, by number of tiles.
const GRIDS: [i64; 5] = [1, 4, 9, 16, 25];

/// The shortest stay of a page: joining takes time, and a wall that only joins
/// shows nothing.
const TURN_MIN_S: i64 = 5;

/// The longest: an hour.
const TURN_MAX_S: i64 = 3_600;

/// Cameras of one arrangement: ten pages of the largest grid.
const CAMERAS_MAX: usize = 250;

/// Arrangements of one person; more of them nobody finds again.
const LAYOUTS_MAX: i64 = 200;

const SLUG_MAX: usize = 40;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CamerasRead))
        .routes(routes!(save).guard(Permission::LayoutsWrite))
        .routes(routes!(show).guard(Permission::CamerasRead))
        .routes(routes!(change).guard(Permission::LayoutsWrite))
        .routes(routes!(remove).guard(Permission::LayoutsWrite))
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wish {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// An arrangement to be saved or changed. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LayoutForm {
    /// Up to 120 characters. Needed for a new one.
    name: Option<String>,
    /// 1, 4, 9, 16 or 25 tiles; 9 when a new one does not say.
    grid: Option<i64>,
    /// Seconds that a page stays, 5 to 3600; 0 stands still.
    turn_s: Option<i64>,
    /// Ids or short names in the order of the tiles, up to 250.
    cameras: Option<Vec<String>>,
    /// All cameras that the looker may see, instead of a list; so a new one does
    /// when it has none.
    everything: Option<bool>,
    /// Offer it to everybody who may see cameras.
    shared: Option<bool>,
}

/// An arrangement, as the asker sees it.
#[derive(Debug, Serialize, ToSchema)]
struct LayoutView {
    /// `lay_…`.
    #[schema(value_type = String)]
    id: Id<Layout>,
    /// For addresses; never changes.
    slug: String,
    /// As its owner calls it.
    name: String,
    /// Whether it belongs to the asker.
    own: bool,
    /// Whether everybody who may see cameras is offered it.
    shared: bool,
    /// Whether the asker may change and remove it.
    changeable: bool,
    /// Tiles of a page.
    grid: i64,
    /// Seconds that a page stays; 0 stands still.
    turn_s: i64,
    /// All cameras that the looker may see; `cameras` is then empty.
    everything: bool,
    /// Short names in the order of the tiles, of those that the asker may see.
    cameras: Vec<String>,
    /// Cameras beside those, which the asker may not see or which are out of
    /// service.
    hidden: usize,
    /// When any of it last changed, µs since 1970 UTC.
    changed_us: i64,
}

impl LayoutView {
    fn of(row: LayoutRow, shown: Shown, who: &Who) -> Self {
        Self {
            own: row.person == who.person(),
            changeable: changeable(&row, who),
            id: row.id,
            slug: row.slug,
            name: row.name,
            shared: row.shared,
            grid: row.grid,
            turn_s: row.turn_s,
            everything: row.everything,
            cameras: shown.cameras.into_iter().map(|(_, short)| short).collect(),
            hidden: shown.hidden,
            changed_us: row.changed.as_us(),
        }
    }
}

/// A page of arrangements, by slug.
#[derive(Debug, Serialize, ToSchema)]
struct LayoutList {
    /// The arrangements.
    items: Vec<LayoutView>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// One's own arrangements and those that are shared.
#[utoipa::path(get, path = "/api/v1/layouts", tag = "layouts", params(Wish),
    responses((status = 200, body = LayoutList)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(wish): Query<Wish>,
) -> Result<axum::Json<LayoutList>, Problem> {
    let limit = wish.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid("query", "One parameter cannot stand.")
            .field("limit", "use 1 to 5000"));
    }
    let mut read = hall.db().read().await?;
    let rows = layout::list(&mut read, who.person(), wish.cursor.as_deref(), limit).await?;
    let next = rows
        .last()
        .filter(|_| i64::try_from(rows.len()) == Ok(limit))
        .map(|row| row.slug.clone());
    let items = views(&mut read, &who, rows).await?;
    Ok(axum::Json(LayoutList { items, next }))
}

/// Saves an arrangement as a new one. Its slug is made of its name.
#[utoipa::path(post, path = "/api/v1/layouts", tag = "layouts", request_body = LayoutForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = LayoutView), (status = 409), (status = 422)))]
async fn save(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<LayoutForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    if layout::count_of(&mut tx, who.person()).await? >= LAYOUTS_MAX {
        return Err(Problem::conflict(
            "layouts-full",
            format!("At most {LAYOUTS_MAX} arrangements; remove one first."),
        ));
    }
    let name = body.name.as_deref().unwrap_or_default();
    let name = line::read("name", name, line::NAME_MAX)?;
    let row = LayoutRow {
        id: hall.mint(),
        slug: free_slug(&mut tx, &name).await?,
        name,
        person: who.person(),
        shared: false,
        grid: 9,
        turn_s: 0,
        everything: body.cameras.is_none(),
        created: now.wall,
        changed: now.wall,
    };
    let row = write(&mut tx, &who, row, body, now).await?;
    record(&mut tx, &who, "layout.saved", &row, now).await?;
    let location = format!("/api/v1/layouts/{}", row.id);
    let view = one(&mut tx, &who, row).await?;
    let answer = once.created(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// One arrangement, by id or slug.
#[utoipa::path(get, path = "/api/v1/layouts/{layout}", tag = "layouts",
    params(("layout" = String, Path, description = "id or slug")),
    responses((status = 200, body = LayoutView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(name): Path<String>,
) -> Result<axum::Json<LayoutView>, Problem> {
    let mut read = hall.db().read().await?;
    let row = find(&mut read, &who, &name).await?;
    Ok(axum::Json(one(&mut read, &who, row).await?))
}

/// Changes an arrangement: renames it, shares it, saves over it.
#[utoipa::path(patch, path = "/api/v1/layouts/{layout}", tag = "layouts",
    params(("layout" = String, Path, description = "id or slug")),
    request_body = LayoutForm,
    responses((status = 200, body = LayoutView), (status = 404), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(name): Path<String>,
    Json(form): Json<LayoutForm>,
) -> Result<axum::Json<LayoutView>, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let mut row = find_to_change(&mut tx, &who, &name).await?;
    if let Some(name) = form.name.as_deref() {
        row.name = line::read("name", name, line::NAME_MAX)?;
    }
    row.changed = now.wall;
    let row = write(&mut tx, &who, row, form, now).await?;
    record(&mut tx, &who, "layout.changed", &row, now).await?;
    let view = one(&mut tx, &who, row).await?;
    tx.commit().await?;
    Ok(axum::Json(view))
}

/// Takes an arrangement away.
#[utoipa::path(delete, path = "/api/v1/layouts/{layout}", tag = "layouts",
    params(("layout" = String, Path, description = "id or slug")),
    responses((status = 204), (status = 404)))]
async fn remove(
    State(hall): State<Hall>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = find_to_change(&mut tx, &who, &name).await?;
    layout::remove(&mut tx, row.id).await?;
    record(&mut tx, &who, "layout.removed", &row, now).await?;
    tx.commit().await?;
    Ok(hall::problem::no_content())
}

/// Whether a person may change it: his own, and a shared one who may share in the
/// name of the house, since people leave and walls stay.
fn changeable(row: &LayoutRow, who: &Who) -> bool {
    row.person == who.person() || (row.shared && who.may(Permission::LayoutsShare, &Place::HOUSE))
}

/// By id or slug. Another's own is as one that is not there.
async fn find(conn: &mut Conn, who: &Who, name: &str) -> Result<LayoutRow, Problem> {
    let row = match name.parse::<Id<Layout>>() {
        Ok(id) => layout::by_id(conn, id).await?,
        Err(_) => layout::by_slug(conn, name).await?,
    };
    row.filter(|row| row.shared || row.person == who.person())
        .ok_or_else(|| {
            Problem::not_found(
                "layout",
                "There is no such arrangement, or none that you may open.",
            )
        })
}

async fn find_to_change(conn: &mut Conn, who: &Who, name: &str) -> Result<LayoutRow, Problem> {
    let row = find(conn, who, name).await?;
    if changeable(&row, who) {
        Ok(row)
    } else {
        Err(Problem::denied(
            "not-allowed",
            "A shared arrangement is changed by its owner, or by who shares for the whole house.",
        ))
    }
}

/// Judges what a form says of an arrangement beside its name, and writes both.
async fn write(
    tx: &mut Tx,
    who: &Who,
    mut row: LayoutRow,
    form: LayoutForm,
    now: Now,
) -> Result<LayoutRow, Problem> {
    if let Some(grid) = form.grid {
        if !GRIDS.contains(&grid) {
            return Err(line::refuse("grid", "use 1, 4, 9, 16 or 25"));
        }
        row.grid = grid;
    }
    if let Some(turn_s) = form.turn_s {
        if turn_s != 0 && !(TURN_MIN_S..=TURN_MAX_S).contains(&turn_s) {
            return Err(line::refuse("turn_s", "use 0, or 5 to 3600"));
        }
        row.turn_s = turn_s;
    }
    if let Some(shared) = form.shared {
        if shared && !who.holds(Permission::LayoutsShare) {
            return Err(Problem::denied(
                "not-allowed",
                format!("This needs {}.", Permission::LayoutsShare.name()),
            ));
        }
        row.shared = shared;
    }
    let cameras = match (form.everything, &form.cameras) {
        (Some(true), Some(list)) if !list.is_empty() => {
            return Err(line::refuse("cameras", "a list, or everything, not both"));
        }
        (Some(true), _) => Some(Vec::new()),
        (_, Some(list)) => Some(chosen(tx, who, list).await?),
        (Some(false), None) if row.everything => {
            return Err(line::refuse("cameras", "is required without everything"));
        }
        (_, None) => None,
    };
    if let Some(cameras) = &cameras {
        row.everything = form.everything == Some(true);
        if cameras.is_empty() && !row.everything {
            return Err(line::refuse("cameras", "at least one, or everything"));
        }
    }
    row.changed = now.wall;
    layout::put(tx, &row).await?;
    if let Some(cameras) = cameras {
        layout::put_cameras(tx, row.id, &cameras).await?;
    }
    Ok(row)
}

/// The cameras of a list; one that the saver may not see cannot be among them.
async fn chosen(tx: &mut Tx, who: &Who, list: &[String]) -> Result<Vec<Id<Camera>>, Problem> {
    if list.len() > CAMERAS_MAX {
        return Err(line::refuse("cameras", format!("at most {CAMERAS_MAX}")));
    }
    let mut cameras = Vec::with_capacity(list.len());
    for (i, name) in list.iter().enumerate() {
        match find_camera(tx, who, Permission::CamerasRead, name).await {
            Ok(camera) => cameras.push(camera.id),
            Err(problem) if problem.kind() == base::kind::Kind::NotFound => {
                let why = "no such camera, or none that you may see";
                return Err(line::refuse(format!("cameras.{i}"), why));
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(cameras)
}

async fn views(
    conn: &mut Conn,
    who: &Who,
    rows: Vec<LayoutRow>,
) -> Result<Vec<LayoutView>, Problem> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let (visible, values) = who.visible(Permission::CamerasRead, "c.area_code", "c.agency_id");
    let mut shown = layout::shown(conn, &ids, &visible, &values).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let shown = shown.remove(&row.id).unwrap_or_default();
            LayoutView::of(row, shown, who)
        })
        .collect())
}

async fn one(conn: &mut Conn, who: &Who, row: LayoutRow) -> Result<LayoutView, Problem> {
    views(conn, who, vec![row])
        .await?
        .pop()
        .ok_or_else(|| Problem::bug("a layout without a view"))
}

async fn record(
    tx: &mut Tx,
    who: &Who,
    verb: &'static str,
    row: &LayoutRow,
    now: Now,
) -> Result<(), Problem> {
    let act = Act {
        verb,
        subject: row.id.to_string(),
        detail: serde_json::json!({
            "slug": row.slug, "name": row.name, "shared": row.shared,
        }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

/// A slug made of a name, with a number behind it where others have it already.
async fn free_slug(conn: &mut Conn, name: &str) -> Result<String, Problem> {
    let plain = slug(name);
    let mut wanted = plain.clone();
    for n in 2_u32.. {
        if layout::by_slug(conn, &wanted).await?.is_none() {
            break;
        }
        let number = format!("-{n}");
        let kept = plain.len().min(SLUG_MAX - number.len());
        wanted = format!("{}{number}", plain[..kept].trim_end_matches('-'));
    }
    Ok(wanted)
}

/// What an address keeps of a name: a-z, 0-9 and single hyphens. An address of
/// digits only is a grid, so a name of digits gets a word before it.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    if slug.bytes().all(|b| !b.is_ascii_lowercase()) {
        slug.insert_str(0, "tata-");
    }
    slug.truncate(SLUG_MAX);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests;
