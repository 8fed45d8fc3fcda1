//! `/api/v1/screens`: televisions on walls.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Agency, Id, Person, Screen};
use base::now::Wall;
use base::redact::Secret;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{PersonView, agent};
use super::sites::qr;
use super::{Page, cursor, limit};
use crate::Hall;
use crate::audit::{self, Act};
use crate::csv::{self, File};
use crate::guard::{Credentials, Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::problem::{self, Json, Path, Problem, Query};
use crate::screen::{self, Listed, New, Stand};
use crate::session::{self, Arrival};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(ask).open("a television is nobody until its code was typed"))
        .routes(routes!(poll).open("this is how a television becomes somebody"))
        .routes(routes!(own).signed_in())
        .routes(routes!(list).guard(Permission::ScreensPair))
        .routes(routes!(pair).guard(Permission::ScreensPair))
        .routes(routes!(change).guard(Permission::ScreensPair))
        .routes(routes!(revoke).guard(Permission::ScreensPair))
}

crate::words! {
    /// How it stands with a television that waits.
    ScreenStandWord = ["waiting", "expired", "revoked", "paired"]
}

/// What a television shows until somebody has typed it.
#[derive(Debug, Serialize, ToSchema)]
struct ScreenCodeView {
    /// Eight characters in two groups, for a person.
    code: String,
    /// What to ask by whether it was typed; for this television alone.
    key: String,
    /// Until before when the code counts, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    expires_us: Wall,
    /// The page where the code is typed, with the code, to be photographed; null for a
    /// program, which has not said by what address it came.
    qr_svg: Option<String>,
}

/// The key of a television that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScreenKeyForm {
    /// As it came with the code.
    #[schema(value_type = String)]
    key: Secret<String>,
}

/// How it stands.
#[derive(Debug, Serialize, ToSchema)]
struct ScreenStandView {
    /// `paired` comes once, with a cookie. `revoked` for a key that was used.
    #[schema(value_type = ScreenStandWord)]
    state: &'static str,
}

/// A code that was typed, and what its screen is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "AC3D-7HKM", "name": "Dinding timur", "area": "62.71", "shows": "/situasi",
}))]
struct ScreenForm {
    /// As it stands on the television; case, strokes and blanks do not matter.
    #[schema(value_type = String)]
    code: Secret<String>,
    /// What it is called.
    name: String,
    /// It may show what lies in this area; null for all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// It may show what is of this office and those below it; null for all.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// `/situasi`, `/peta?…` or `/kamera/videowall/…?…`.
    shows: String,
}

/// What a screen is called and shows from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScreenChange {
    /// What it is called.
    name: String,
    /// `/situasi`, `/peta?…` or `/kamera/videowall/…?…`.
    shows: String,
}

/// A screen.
#[derive(Debug, Serialize, ToSchema)]
struct ScreenView {
    /// `scr_…`.
    #[schema(value_type = String)]
    id: Id<Screen>,
    /// `prs_…`, as whom it is here.
    #[schema(value_type = String)]
    person: Id<Person>,
    /// What it is called.
    name: String,
    /// It may show what lies in this area; null for all.
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// It may show what is of this office and those below it; null for all.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// The address it shows.
    shows: String,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    paired_us: Wall,
    /// Who has typed its code.
    paired_by: PersonView,
    /// Until before when it may show anything; null until it is revoked.
    #[schema(value_type = Option<i64>)]
    until_us: Option<Wall>,
    /// The newest request, to the minute; null if it has never come.
    #[schema(value_type = Option<i64>)]
    seen_us: Option<Wall>,
    /// Where it came from last.
    address: Option<String>,
    /// Whether it has a session. One that never came, or was logged out, has none.
    signed_in: bool,
}

impl From<Listed> for ScreenView {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            person: listed.person,
            name: listed.name,
            area: listed.place.area,
            agency: listed.place.agency,
            shows: listed.shows,
            paired_us: listed.paired,
            paired_by: PersonView {
                id: listed.paired_by,
                name: listed.paired_by_name,
            },
            until_us: listed.until,
            seen_us: listed.seen,
            address: listed.address,
            signed_in: listed.signed_in,
        }
    }
}

/// What a screen asks for about itself.
#[derive(Debug, Serialize, ToSchema)]
struct OwnScreenView {
    /// `scr_…`.
    #[schema(value_type = String)]
    id: Id<Screen>,
    /// What it is called.
    name: String,
    /// The address it shows.
    shows: String,
    /// The version of the program: a page of another one is loaded anew.
    version: &'static str,
}

/// Which screens.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A code for a television to show, and a key for it to ask by.
#[utoipa::path(post, path = "/api/v1/screens/codes", tag = "screens",
    responses((status = 200, body = ScreenCodeView), (status = 429)))]
async fn ask(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let fresh = screen::ask(&hall, arrival)?;
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let code = fresh.code.expose();
    let view = ScreenCodeView {
        qr_svg: origin
            .map(|origin| qr(&format!("{origin}/pengaturan/layar?kode={code}")))
            .transpose()?,
        code: code.clone(),
        key: fresh.key.expose().clone(),
        expires_us: fresh.expires,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(view)).into_response())
}

/// Whether the code of a television was typed: with `paired` comes its session.
#[utoipa::path(post, path = "/api/v1/screens/session", tag = "screens",
    request_body = ScreenKeyForm, responses((status = 200, body = ScreenStandView)))]
async fn poll(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<ScreenKeyForm>,
) -> Result<Response, Problem> {
    let stand = screen::poll(&hall, arrival, agent(&headers), &form.key).await?;
    let state = match &stand {
        Stand::Waiting => "waiting",
        Stand::Expired => "expired",
        Stand::Revoked => "revoked",
        Stand::Paired(_) => "paired",
    };
    let view = axum::Json(ScreenStandView { state });
    Ok(match stand {
        Stand::Paired(opened) => {
            let cookie = [(header::SET_COOKIE, opened.cookie.expose().clone())];
            (cookie, view).into_response()
        }
        _ => view.into_response(),
    })
}

/// What the screen that asks is to show. Its cookie counts from now on for as long as a
/// browser keeps one.
#[utoipa::path(get, path = "/api/v1/screens/self", tag = "screens",
    responses((status = 200, body = OwnScreenView), (status = 404)))]
async fn own(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let own = screen::own(&hall, &who).await?;
    let view = axum::Json(OwnScreenView {
        id: own.id,
        name: own.name,
        shows: own.shows,
        version: crate::house::VERSION,
    });
    Ok(match Credentials::of(&headers) {
        Credentials::Cookie(secret) => {
            let cookie = session::lasting_cookie(&secret, arrival);
            ([(header::SET_COOKIE, cookie.expose().clone())], view).into_response()
        }
        Credentials::None | Credentials::Bearer(_) => view.into_response(),
    })
}

/// Screens that are paired, newest first; revoked ones are gone.
#[utoipa::path(get, path = "/api/v1/screens", tag = "screens", params(Filter),
    responses((status = 200, body = Page<ScreenView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let after = cursor(filter.cursor.as_deref())?;
    let mut read = hall.db().read().await?;
    let (found, next) = screen::list(&mut read, &who, after, limit).await?;
    drop(read);
    if csv {
        return export(&hall, &who, found).await;
    }
    Ok(axum::Json(Page {
        items: found.into_iter().map(ScreenView::from).collect(),
        next: next.map(|id| id.to_string()),
    })
    .into_response())
}

async fn export(hall: &Hall, who: &Who, screens: Vec<Listed>) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "screen.exported",
        subject: "screens".to_owned(),
        detail: json!({ "rows": screens.len() }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "id",
        "name",
        "area",
        "agency",
        "shows",
        "paired",
        "paired_by",
        "until",
        "seen",
        "address",
        "signed_in",
    ]);
    let time = |at: Option<Wall>| at.map_or_else(String::new, |at| hall.clock().rfc3339(at));
    for screen in screens {
        let Listed { place, .. } = &screen;
        file.row(&[
            screen.id.to_string(),
            screen.name.clone(),
            place
                .area
                .as_ref()
                .map(AreaCode::to_string)
                .unwrap_or_default(),
            place.agency.map(|id| id.to_string()).unwrap_or_default(),
            screen.shows.clone(),
            time(Some(screen.paired)),
            screen.paired_by_name.clone(),
            time(screen.until),
            time(screen.seen),
            screen.address.clone().unwrap_or_default(),
            screen.signed_in.to_string(),
        ]);
    }
    Ok(file.response("layar.csv"))
}

/// Makes a screen of the television that shows a code.
#[utoipa::path(post, path = "/api/v1/screens", tag = "screens", request_body = ScreenForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = ScreenView), (status = 403), (status = 429)))]
async fn pair(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Keyed { body, once }: Keyed<ScreenForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let new = New {
        code: body.code,
        name: body.name,
        area: body.area,
        agency: body.agency,
        shows: body.shows,
    };
    let Some(paired) = screen::pair(&hall, &mut tx, &who, arrival, new).await? else {
        tx.commit().await?;
        return Err(screen::wrong_code());
    };
    let location = format!("/api/v1/screens/{}", paired.screen.id);
    let view = ScreenView::from(paired.screen.clone());
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    screen::paired(&hall, paired);
    Ok(answer)
}

/// Renames a screen, or lets it show something else.
#[utoipa::path(put, path = "/api/v1/screens/{id}", tag = "screens", request_body = ScreenChange,
    params(("id" = String, Path, description = "`scr_…`")),
    responses((status = 200, body = ScreenView), (status = 404), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Screen>>,
    Json(form): Json<ScreenChange>,
) -> Result<axum::Json<ScreenView>, Problem> {
    let changed = screen::change(&hall, &who, id, &form.name, &form.shows).await?;
    Ok(axum::Json(changed.into()))
}

/// Revokes a screen: its session and its streams end at once.
#[utoipa::path(delete, path = "/api/v1/screens/{id}", tag = "screens",
    params(("id" = String, Path, description = "`scr_…`")),
    responses((status = 204), (status = 404)))]
async fn revoke(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Screen>>,
) -> Result<Response, Problem> {
    screen::revoke(&hall, &who, id).await?;
    Ok(problem::no_content())
}
