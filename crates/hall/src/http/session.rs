//! `/api/v1/session` and `/api/v1/sessions`: who is here, and where else.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Agency, Grant, Id, Person, Session};
use base::now::Wall;
use base::redact::Secret;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Page, cursor, limit};
use crate::Hall;
use crate::guard::{Guarded as _, Held, Permission, Place, Role, Who};
use crate::problem::{self, Json, Path, Problem, Query};
use crate::session::{self, Arrival, Opened};
use crate::{emergency, house, screen, staff};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(log_in).open("this is how one becomes somebody"))
        .routes(routes!(show).signed_in())
        .routes(routes!(log_out).begun())
        .routes(routes!(first).open("there is nobody yet who could let one in"))
        .routes(routes!(change_password).signed_in())
        .routes(routes!(list).signed_in())
        .routes(routes!(end).signed_in())
}

/// A name and a password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginForm {
    /// The user name; upper and lower case are the same.
    username: String,
    /// The password.
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// The first administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstForm {
    /// From the one-time link.
    #[schema(value_type = String)]
    code: Secret<String>,
    /// What to log in by.
    username: String,
    /// At least 10 characters.
    #[schema(value_type = String)]
    password: Secret<String>,
    /// The person's name.
    name: String,
}

/// Another password for oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordForm {
    /// The one until now.
    #[schema(value_type = String)]
    old: Secret<String>,
    /// At least 10 characters.
    #[schema(value_type = String)]
    new: Secret<String>,
}

/// A person, in few words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonView {
    /// `prs_…`.
    #[schema(value_type = String)]
    pub(super) id: Id<Person>,
    /// By what name.
    pub(super) name: String,
}

/// A right: a role over a place, from a time to a time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantView {
    /// `grt_…`.
    #[schema(value_type = String)]
    pub(super) id: Id<Grant>,
    /// In which role.
    pub(super) role: Role,
    /// Over this area and what lies in it; null for all.
    #[schema(value_type = Option<String>)]
    pub(super) area: Option<AreaCode>,
    /// Over this office and those below it; null for all.
    #[schema(value_type = Option<String>)]
    pub(super) agency: Option<Id<Agency>>,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub(super) from_us: Wall,
    /// Until before when; null until further notice.
    #[schema(value_type = Option<i64>)]
    pub(super) to_us: Option<Wall>,
}

impl From<&Held> for GrantView {
    fn from(held: &Held) -> Self {
        let Place { area, agency } = held.place();
        Self {
            id: held.id,
            role: held.role,
            area,
            agency,
            from_us: held.from,
            to_us: held.to,
        }
    }
}

/// Who has come in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoginView {
    /// Who.
    person: PersonView,
    /// With which rights.
    grants: Vec<GrantView>,
}

impl From<&Who> for LoginView {
    fn from(who: &Who) -> Self {
        Self {
            person: PersonView {
                id: who.person(),
                name: who.name().to_owned(),
            },
            grants: who.grants().iter().map(GrantView::from).collect(),
        }
    }
}

/// Who is here, what may be done, and in which house.
#[derive(Debug, Serialize, ToSchema)]
struct MeView {
    /// Who.
    person: PersonView,
    /// With which rights.
    grants: Vec<GrantView>,
    /// Everything that is allowed somewhere, as `noun.verb`.
    permissions: Vec<&'static str>,
    /// Whether it is a television on a wall, which shows what it was told to.
    screen: bool,
    /// Whether somebody is in by the sealed code: told to himself and to those who command
    /// the house.
    emergency: Option<EmergencyView>,
    /// Which house.
    house: HouseView,
}

/// Somebody is in by the sealed code.
#[derive(Debug, Serialize, ToSchema)]
struct EmergencyView {
    /// Until when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    until_us: Wall,
    /// Whether it is the one who asks.
    own: bool,
}

/// The house.
#[derive(Debug, Serialize, ToSchema)]
struct HouseView {
    /// What the top line calls it.
    name: String,
    /// Where it is.
    province: ProvinceView,
    /// Whether simulated data is in it.
    simulated: bool,
    /// The version of the program.
    version: &'static str,
}

/// The province.
#[derive(Debug, Serialize, ToSchema)]
struct ProvinceView {
    /// The Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    /// Its name.
    name: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
struct SessionView {
    /// `ses_…`.
    #[schema(value_type = String)]
    id: Id<Session>,
    /// Whose.
    person: PersonView,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    created_us: Wall,
    /// The newest request, to the minute.
    #[schema(value_type = i64)]
    seen_us: Wall,
    /// Where the login came from.
    address: Option<String>,
    /// What the browser called itself.
    agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

/// Which sessions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Rows of this page, 1 to 5000.
    pub(super) limit: Option<i64>,
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// Of everybody whom one may manage, and not only one's own.
    pub(super) all: Option<bool>,
}

/// Logs in: a cookie for this browser.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LoginForm,
    responses((status = 200, body = LoginView), (status = 401), (status = 422), (status = 429)))]
async fn log_in(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<LoginForm>,
) -> Result<Response, Problem> {
    let agent = agent(&headers);
    let opened = session::log_in(&hall, arrival, agent, &form.username, form.password).await?;
    Ok(opened_view(&opened))
}

/// Makes the first administrator with the code of the one-time link.
#[utoipa::path(post, path = "/api/v1/session/first", tag = "session", request_body = FirstForm,
    responses((status = 200, body = LoginView), (status = 403), (status = 409), (status = 422),
        (status = 429)))]
async fn first(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<FirstForm>,
) -> Result<Response, Problem> {
    let new = (form.name.as_str(), form.username.as_str(), form.password);
    let agent = agent(&headers);
    let opened = staff::become_first(&hall, arrival, agent, &form.code, new).await?;
    Ok(opened_view(&opened))
}

pub(super) fn opened_view(opened: &Opened) -> Response {
    let cookie = [(header::SET_COOKIE, opened.cookie.expose().clone())];
    (cookie, axum::Json(LoginView::from(&opened.who))).into_response()
}

pub(super) fn agent(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
}

/// Who is here, what may be done, and in which house.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = MeView)))]
async fn show(State(hall): State<Hall>, who: Who) -> Result<axum::Json<MeView>, Problem> {
    let mut read = hall.db().read().await?;
    let house = house::read(&hall, &mut read).await?;
    let LoginView { person, grants } = LoginView::from(&who);
    Ok(axum::Json(MeView {
        person,
        grants,
        permissions: who.permissions(),
        screen: screen::is_one(&mut read, &who).await?,
        emergency: emergency::going_on(&mut read, &who, hall.now().wall)
            .await?
            .map(|going| EmergencyView {
                until_us: going.until,
                own: going.own,
            }),
        house: HouseView {
            name: house.name,
            province: ProvinceView {
                code: house.province,
                name: house.province_name,
            },
            simulated: house.simulated,
            version: house.version,
        },
    }))
}

/// Logs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204), (status = 409)))]
async fn log_out(
    State(hall): State<Hall>,
    arrival: Arrival,
    who: Who,
) -> Result<Response, Problem> {
    session::log_out(&hall, &who).await?;
    let forget = [(header::SET_COOKIE, session::forget_cookie(arrival))];
    Ok((forget, problem::no_content()).into_response())
}

/// Changes one's own password. One's other sessions end.
#[utoipa::path(put, path = "/api/v1/session/password", tag = "session",
    request_body = PasswordForm,
    responses((status = 204), (status = 403), (status = 422), (status = 429)))]
async fn change_password(
    State(hall): State<Hall>,
    arrival: Arrival,
    who: Who,
    Json(form): Json<PasswordForm>,
) -> Result<Response, Problem> {
    staff::change_own_password(&hall, &who, arrival, form.old, form.new).await?;
    Ok(problem::no_content())
}

/// Sessions, newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "session", params(Filter),
    responses((status = 200, body = Page<SessionView>), (status = 403)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Page<SessionView>>, Problem> {
    let all = filter.all.unwrap_or(false);
    manages(&who, all)?;
    let after = cursor(filter.cursor.as_deref())?;
    let limit = limit(filter.limit)?;
    let (found, next) = session::list(&hall, &who, all, after, limit).await?;
    let items = found
        .into_iter()
        .map(|row| SessionView {
            current: who.login() == *row.id.as_bytes(),
            id: row.id,
            person: PersonView {
                id: row.person,
                name: row.person_name,
            },
            created_us: row.created,
            seen_us: row.seen,
            address: row.address,
            agent: row.agent,
        })
        .collect();
    Ok(axum::Json(Page {
        items,
        next: next.map(|id| id.to_string()),
    }))
}

/// Refuses to show those of others to who manages nobody.
pub(super) fn manages(who: &Who, all: bool) -> Result<(), Problem> {
    if !all || who.holds(Permission::SessionsManage) {
        return Ok(());
    }
    let name = Permission::SessionsManage.name();
    Err(Problem::denied(
        "not-allowed",
        format!("This needs {name}."),
    ))
}

/// Ends a session of one's own, or of somebody whom one manages.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "session",
    params(("id" = String, Path, description = "`ses_…`")),
    responses((status = 204), (status = 404)))]
async fn end(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Session>>,
) -> Result<Response, Problem> {
    session::revoke(&hall, &who, id).await?;
    Ok(problem::no_content())
}
