//! `/api/v1/loans`: cameras lent to other systems, which take their pictures by RTSP.
//!
//! A loan is of named cameras, to one system, until a day. Its secret is in the answer that
//! makes it and nowhere else. It stands by itself, as a screen does: whoever gave it may have
//! gone; whoever may lend one of its cameras sees it and may end it.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::id::{Camera, Id, Loan, Person};
use base::now::Wall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Via, Who};
use hall::idempotency::Keyed;
use hall::problem::{Path, Problem, Query};
use hall::{Hall, line};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cameras::find;
use crate::lend::proving::Fresh;
use crate::room::Room;
use crate::sql::loan::{self, LentRow, LoanRow};

/// Cameras of one loan.
const CAMERAS_MAX: usize = 64;

/// Characters of what it is for.
const PURPOSE_MAX: usize = 200;

/// Loans that count at once. Policy: one more is refused.
const LOANS_MAX: i64 = 1_000;

/// A loan lasts so long at most, and so long where nobody has said.
const DAYS_MAX: i64 = 366;
const DAYS: i64 = 90;

const DAY: Duration = Duration::from_secs(86_400);

/// Rows of a page when nobody has said otherwise, and at most.
const LIMIT: i64 = 200;
const LIMIT_MAX: i64 = 1_000;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(give).guard(Permission::CamerasLend))
        .routes(routes!(list).guard(Permission::CamerasLend))
        .routes(routes!(revoke).guard(Permission::CamerasLend))
}

/// What is to be lent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "VMS Dishub", "purpose": "memantau lalu lintas simpang",
    "cameras": ["simpang"], "days": 90 }))]
struct LoanForm {
    /// To which system, and whose it is.
    name: String,
    /// What for: whoever takes the pictures may use them for nothing else (Law 27 of 2022,
    /// articles 16 and 27).
    purpose: String,
    /// The letter or agreement that it stands on, where there is one.
    #[serde(default)]
    basis: Option<String>,
    /// Ids or short names, 1 to 64.
    cameras: Vec<String>,
    /// Also what they hear, where that may be heard.
    #[serde(default)]
    sound: bool,
    /// For so many days, 1 to 366; 90 when left out.
    #[serde(default)]
    days: Option<i64>,
}

/// A camera that is lent.
#[derive(Debug, Serialize, ToSchema)]
struct LentView {
    /// `cam_…`.
    #[schema(value_type = String)]
    id: Id<Camera>,
    /// Its short name, which is its path: `rtsp://HOST:PORT/SHORT`, `…/SHORT/sub`.
    short: String,
    /// Its name.
    name: String,
}

/// A loan, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct LoanView {
    /// `pjm_…`.
    #[schema(value_type = String)]
    id: Id<Loan>,
    /// To which system.
    name: String,
    /// What for; null for loans that were given before it was asked.
    purpose: Option<String>,
    /// The letter or agreement that it stands on.
    basis: Option<String>,
    /// What that system calls itself here.
    username: String,
    /// Its cameras that one may lend oneself.
    cameras: Vec<LentView>,
    /// How many more it has.
    others: usize,
    /// Whether it is also lent what they hear.
    sound: bool,
    /// Who lent.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// His name on that day.
    by_name: String,
    /// When, µs since 1970 UTC.
    given_us: i64,
    /// Until before when.
    until_us: i64,
    /// Whether it counts now.
    counts: bool,
    /// When somebody ended it.
    revoked_us: Option<i64>,
    /// When it was first used; null for never.
    first_us: Option<i64>,
    /// When a picture was last asked for by it.
    used_us: Option<i64>,
    /// Where from.
    address: Option<String>,
    /// Pictures that are being taken by it now.
    taking: i64,
}

/// A loan with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct LoanGivenView {
    /// The loan.
    loan: LoanView,
    /// The secret, for that system.
    secret: String,
    /// Where that system finds the cameras.
    at: PortView,
}

/// The port by which other systems take cameras.
#[derive(Debug, Serialize, ToSchema)]
struct PortView {
    /// Name or address; null: that of the pages.
    host: Option<String>,
    /// Its number; null: this house lends nothing.
    port: Option<u16>,
    /// Whether connections may be encrypted (`rtsps`).
    tls: bool,
}

impl PortView {
    fn of(hall: &Hall, room: &Room) -> Self {
        let at = room.inner.lending.at();
        let host = hall.config().rtsp_host.clone().filter(|_| at.is_some());
        let port = host.as_ref().and_then(|(_, port)| *port);
        Self {
            port: at.map(|at| port.unwrap_or_else(|| at.port())),
            host: host.map(|(host, _)| host),
            tls: room.inner.lending.encrypts(),
        }
    }
}

/// A page of loans, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct LoanList {
    /// The loans, those included that count no more.
    items: Vec<LoanView>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
    /// Where other systems find the cameras.
    at: PortView,
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Id or short name of a camera in service.
    camera: Option<String>,
    /// Rows of this page, 1 to 1000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// Lends cameras to another system until a day. The answer has the secret, once.
#[utoipa::path(post, path = "/api/v1/loans", tag = "loans", request_body = LoanForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = LoanGivenView), (status = 403), (status = 404), (status = 409),
        (status = 422), (status = 429)))]
async fn give(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Keyed { body, once }: Keyed<LoanForm>,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, now).await? {
        return Ok(answer);
    }
    // A key that leaked must not make others that outlive it.
    if matches!(who.via(), Via::Token(_)) {
        return Err(Problem::denied(
            "session-needed",
            "A token cannot lend; log in for that.",
        ));
    }
    if room.inner.lending.at().is_none() {
        return Err(Problem::conflict(
            "lends-nothing",
            "This house has no port for other systems; set `rtsp` in its configuration.",
        ));
    }
    let name = line::read("name", &body.name, line::NAME_MAX)?;
    let purpose = line::read("purpose", &body.purpose, PURPOSE_MAX)?;
    let basis = body.basis.as_deref().filter(|it| !it.trim().is_empty());
    let basis = basis.map(|it| line::read("basis", it, line::NAME_MAX));
    let basis = basis.transpose()?;
    let days = body.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(line::refuse("days", format!("1 to {DAYS_MAX}")));
    }
    if !(1..=CAMERAS_MAX).contains(&body.cameras.len()) {
        return Err(line::refuse("cameras", format!("1 to {CAMERAS_MAX}")));
    }
    let mut cameras = BTreeSet::new();
    for camera in &body.cameras {
        let row = find(&mut tx, &who, Permission::CamerasLend, camera).await?;
        cameras.insert(row.id);
    }
    let cameras: Vec<_> = cameras.into_iter().collect();
    if loan::count(&mut tx, now.wall).await? >= LOANS_MAX {
        return Err(Problem::exhausted(
            "loans",
            format!("A house has at most {LOANS_MAX} loans; end one."),
        ));
    }
    let fresh = Fresh::draw()?;
    let row = LoanRow {
        id: hall.mint(),
        name,
        purpose: Some(purpose),
        basis,
        username: fresh.username.clone(),
        sound: body.sound,
        person: who.person(),
        person_name: who.name().to_owned(),
        given: now.wall,
        until: now.wall + DAY * u32::try_from(days).unwrap_or(1),
        revoked: None,
        first: None,
        used: None,
        address: None,
    };
    let sealed = fresh.sealed(&room, row.id)?;
    loan::insert(&mut tx, &row, &sealed, &cameras).await?;
    let act = Act {
        verb: "loan.given",
        subject: row.id.to_string(),
        detail: serde_json::json!({ "name": row.name, "purpose": row.purpose,
            "basis": row.basis, "username": row.username, "cameras": cameras, "sound": row.sound, "until_us": row.until }),
    };
    audit::record(&mut tx, now, &who, act).await?;
    let id = row.id;
    let lent = loan::cameras(&mut tx, &[id]).await?.remove(&id);
    let view = LoanGivenView {
        loan: LoanView::of(row, lent.unwrap_or_default(), 0, &who, now.wall),
        secret: fresh.secret.expose().clone(),
        at: PortView::of(&hall, &room),
    };
    let location = format!("/api/v1/loans/{id}");
    let answer = once.created_secret(&mut tx, now, &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Loans of cameras that one may lend, those included that count no more. A file with
/// `format=csv`.
#[utoipa::path(get, path = "/api/v1/loans", tag = "loans", params(Filter),
    responses((status = 200, body = LoanList), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let wrong =
        |field, why| Problem::invalid("query", "One parameter cannot stand.").field(field, why);
    let limit = filter.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(wrong("limit", "use 1 to 1000"));
    }
    let csv = hall::csv::wanted(&headers, filter.format.as_deref())?;
    let now = hall.now();
    let mut read = hall.db().read().await?;
    let camera = match filter.camera.as_deref() {
        Some(name) => Some(
            find(&mut read, &who, Permission::CamerasLend, name)
                .await?
                .id,
        ),
        None => None,
    };
    let (visible, values) = who.visible(Permission::CamerasLend, "c.area_code", "c.agency_id");
    let mut query = loan::list(&visible, values, camera);
    if let Some(cursor) = filter.cursor.as_deref() {
        let after: Id<Loan> = cursor
            .parse()
            .map_err(|_| wrong("cursor", "`next` of the page before"))?;
        query = query.push(" AND l.id < ", after);
    }
    let query = query.push(" ORDER BY l.id DESC LIMIT ", limit);
    let rows = loan::fetch(&mut read, &query).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut lent = loan::cameras(&mut read, &ids).await?;
    drop(read);
    let full = i64::try_from(rows.len()) == Ok(limit);
    let next = ids.last().filter(|_| full).map(Id::to_string);
    let taking = room.inner.lending.of_loans();
    let items: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let cameras = lent.remove(&row.id).unwrap_or_default();
            let taking = taking.get(&row.id).copied().unwrap_or_default();
            LoanView::of(row, cameras, taking, &who, now.wall)
        })
        .collect();
    if !csv {
        let at = PortView::of(&hall, &room);
        return Ok(axum::Json(LoanList { items, next, at }).into_response());
    }
    let mut file = hall::csv::File::new(&COLUMNS);
    for view in &items {
        file.row(&cells(&hall, view));
    }
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "loan.exported",
        subject: "loans".to_owned(),
        detail: serde_json::json!({ "camera": filter.camera, "rows": items.len() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    Ok(file.response("pinjaman.csv"))
}

/// Ends a loan: what is taken by it ends at once.
#[utoipa::path(delete, path = "/api/v1/loans/{loan}", tag = "loans",
    params(("loan" = String, Path, description = "`pjm_…`")),
    responses((status = 204), (status = 404)))]
async fn revoke(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Loan>>,
) -> Result<Response, Problem> {
    let none = || {
        Problem::not_found(
            "loan",
            "There is no such loan, or none that you may know of.",
        )
    };
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = loan::by_id(&mut tx, id).await?.ok_or_else(none)?;
    let lent = loan::cameras(&mut tx, &[id]).await?.remove(&id);
    let his = |it: &LentRow| who.may(Permission::CamerasLend, &it.place);
    if !lent.unwrap_or_default().iter().any(his) {
        return Err(none());
    }
    if loan::revoke(&mut tx, id, who.person(), now.wall).await? {
        let act = Act {
            verb: "loan.revoked",
            subject: id.to_string(),
            detail: serde_json::json!({ "name": row.name, "given_us": row.given,
                "used_us": row.used }),
        };
        audit::record(&mut tx, now, &who, act).await?;
        tx.commit().await?;
    }
    room.inner.lending.leave_loan(id);
    Ok(hall::problem::no_content())
}

impl LoanView {
    fn of(row: LoanRow, lent: Vec<LentRow>, taking: i64, who: &Who, now: Wall) -> Self {
        let all = lent.len();
        let cameras: Vec<_> = lent
            .into_iter()
            .filter(|it| who.may(Permission::CamerasLend, &it.place))
            .map(|it| LentView {
                id: it.camera,
                short: it.short,
                name: it.name,
            })
            .collect();
        Self {
            id: row.id,
            counts: row.stands(now),
            others: all - cameras.len(),
            cameras,
            name: row.name,
            purpose: row.purpose,
            basis: row.basis,
            username: row.username,
            sound: row.sound,
            by: row.person,
            by_name: row.person_name,
            given_us: row.given.as_us(),
            until_us: row.until.as_us(),
            revoked_us: row.revoked.map(Wall::as_us),
            first_us: row.first.map(Wall::as_us),
            used_us: row.used.map(Wall::as_us),
            address: row.address,
            taking,
        }
    }
}

const COLUMNS: [&str; 13] = [
    "id",
    "kepada",
    "keperluan",
    "dasar",
    "nama_pengguna",
    "kamera",
    "suara",
    "oleh",
    "dipinjamkan",
    "sampai",
    "dicabut",
    "terakhir_dipakai",
    "alamat",
];

fn cells(hall: &Hall, view: &LoanView) -> [String; 13] {
    let at =
        |us: Option<i64>| us.map_or_else(String::new, |us| hall.clock().rfc3339(Wall::from_us(us)));
    let cameras: Vec<_> = view.cameras.iter().map(|it| it.short.as_str()).collect();
    [
        view.id.to_string(),
        view.name.clone(),
        view.purpose.clone().unwrap_or_default(),
        view.basis.clone().unwrap_or_default(),
        view.username.clone(),
        cameras.join(" "),
        if view.sound { "ya" } else { "tidak" }.to_owned(),
        view.by_name.clone(),
        at(Some(view.given_us)),
        at(Some(view.until_us)),
        at(view.revoked_us),
        at(view.used_us),
        view.address.clone().unwrap_or_default(),
    ]
}
