//! `/api/v1/session/provider` and `/api/v1/identities`: the way in by a provider.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::id::{Id, Person};
use base::now::Wall;
use base::redact::Secret;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{LoginView, PersonView, agent};
use crate::Hall;
use crate::factor::Owed;
use crate::guard::{Credentials, Guarded as _, Permission, Who, cookie};
use crate::line;
use crate::oidc::link::{self, Kind, Linked};
use crate::oidc::{self, Brought, Done, Going};
use crate::problem::{self, Json, Path, Problem};
use crate::session::{self, Arrival};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(ways).open("the door says which ways there are before anybody is in"))
        .routes(routes!(begin).open("this is how one becomes somebody"))
        .routes(routes!(answer).open("this is how one becomes somebody"))
        .routes(routes!(begin_link).signed_in())
        .routes(routes!(list).signed_in())
        .routes(routes!(expect).guard(Permission::StaffWrite))
        .routes(routes!(remove).signed_in())
}

crate::words! {
    /// By what somebody is named at the provider.
    pub(super) IdentityWord = Kind::ALL.map(Kind::as_str)
}

/// Which ways in there are beside passwords.
#[derive(Debug, Serialize, ToSchema)]
struct WaysView {
    /// The provider of identities; null where none is set up.
    provider: Option<OfferView>,
}

/// A provider of identities.
#[derive(Debug, Serialize, ToSchema)]
struct OfferView {
    /// What it is called.
    name: String,
    /// Where a browser ends its session there; null where that is not known.
    leave_url: Option<String>,
}

/// Where to go on to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BeginForm {
    /// A page of this house: a path. Anything else counts as none.
    back: Option<String>,
}

/// A login that has been begun.
#[derive(Debug, Serialize, ToSchema)]
struct BegunView {
    /// Where the browser goes.
    url: String,
}

/// What the browser was given at the provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    /// Which login it belongs to.
    #[schema(value_type = String)]
    state: Secret<String>,
    /// What is exchanged for a token.
    #[schema(value_type = Option<String>)]
    code: Option<Secret<String>>,
    /// A word of the provider for why there is no code.
    error: Option<String>,
    /// Who the provider says it is.
    iss: Option<String>,
}

/// What has become of a login.
#[derive(Debug, Serialize, ToSchema)]
struct AnsweredView {
    /// Who has come in; null if somebody who was here has been linked.
    login: Option<LoginView>,
    /// The page to go on to.
    back: String,
}

/// Who the provider will vouch for as a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExpectForm {
    /// By what he is named there.
    #[schema(value_type = IdentityWord)]
    kind: String,
    /// What that is.
    value: String,
}

/// Somebody and who he is at the provider.
#[derive(Debug, Serialize, ToSchema)]
struct IdentityView {
    /// Who.
    person: PersonView,
    /// The provider.
    issuer: String,
    /// By what he is expected; null once he is linked.
    #[schema(value_type = Option<IdentityWord>)]
    expected_kind: Option<String>,
    /// What that is.
    expected: Option<String>,
    /// What the provider called him when he was linked.
    shown: Option<String>,
    /// Since when he is linked, microseconds since 1970 UTC; null: not yet.
    #[schema(value_type = Option<i64>)]
    linked_us: Option<Wall>,
}

impl From<Linked> for IdentityView {
    fn from(linked: Linked) -> Self {
        let (expected_kind, expected) = linked.expected.unzip();
        Self {
            person: PersonView {
                id: linked.person,
                name: linked.person_name,
            },
            issuer: linked.issuer,
            expected_kind,
            expected,
            shown: linked.shown,
            linked_us: linked.linked,
        }
    }
}

/// People and who they are at the provider.
#[derive(Debug, Serialize, ToSchema)]
struct IdentitiesView {
    /// Those whom one may see, oneself among them.
    items: Vec<IdentityView>,
}

/// Which ways in there are beside passwords.
#[utoipa::path(get, path = "/api/v1/session/ways", tag = "session",
    responses((status = 200, body = WaysView)))]
async fn ways(State(hall): State<Hall>) -> axum::Json<WaysView> {
    axum::Json(WaysView {
        provider: oidc::offer(&hall).map(|offer| OfferView {
            name: offer.name,
            leave_url: offer.leave,
        }),
    })
}

/// Begins a login by the provider: an address to go to, and a cookie for this browser.
#[utoipa::path(post, path = "/api/v1/session/provider", tag = "session",
    request_body = BeginForm,
    responses((status = 200, body = BegunView), (status = 404), (status = 422), (status = 503)))]
async fn begin(
    State(hall): State<Hall>,
    arrival: Arrival,
    Json(form): Json<BeginForm>,
) -> Result<Response, Problem> {
    let going = oidc::begin(&hall, arrival, None, form.back.as_deref()).await?;
    Ok(going_view(&going))
}

/// Begins to link oneself: an address to go to, and a cookie for this browser.
#[utoipa::path(post, path = "/api/v1/identities", tag = "session", request_body = BeginForm,
    responses((status = 200, body = BegunView), (status = 403), (status = 404), (status = 422),
        (status = 503)))]
async fn begin_link(
    State(hall): State<Hall>,
    arrival: Arrival,
    who: Who,
    Json(form): Json<BeginForm>,
) -> Result<Response, Problem> {
    let going = oidc::begin(&hall, arrival, Some(&who), form.back.as_deref()).await?;
    Ok(going_view(&going))
}

fn going_view(going: &Going) -> Response {
    let cookie = [(header::SET_COOKIE, going.cookie.expose().clone())];
    let view = BegunView {
        url: going.url.clone(),
    };
    (cookie, axum::Json(view)).into_response()
}

/// Comes back from the provider: a cookie for this browser, or a link for who is here.
#[utoipa::path(post, path = "/api/v1/session/provider/answer", tag = "session",
    request_body = AnswerForm,
    responses((status = 200, body = AnsweredView), (status = 403), (status = 404),
        (status = 409), (status = 422), (status = 503)))]
async fn answer(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<AnswerForm>,
) -> Result<Response, Problem> {
    let here = match Credentials::of(&headers) {
        Credentials::Cookie(secret) => session::who(&hall, &secret, arrival.address).await?,
        Credentials::Bearer(_) | Credentials::None => None,
    };
    // Who owes a factor is nobody yet.
    let here = here.and_then(|(who, owed)| (owed == Owed::Nothing).then_some(who));
    let brought = Brought {
        state: form.state,
        code: form.code,
        error: form.error,
        issuer: form.iss,
        browser: cookie(&headers, oidc::COOKIE).map(Secret::new),
    };
    let agent = agent(&headers);
    let (done, back) = oidc::finish(&hall, arrival, agent, here.as_ref(), brought).await?;
    let mut answer = HeaderMap::new();
    let mut put = |value: &str| {
        if let Ok(mut value) = http::HeaderValue::from_str(value) {
            value.set_sensitive(true);
            answer.append(header::SET_COOKIE, value);
        }
    };
    let login = match &done {
        Done::In(opened) => {
            put(opened.cookie.expose());
            Some(LoginView::from(&opened.who))
        }
        Done::Linked => None,
    };
    put(&oidc::forget_cookie(arrival));
    Ok((answer, axum::Json(AnsweredView { login, back })).into_response())
}

/// People and who they are at the provider.
#[utoipa::path(get, path = "/api/v1/identities", tag = "session",
    responses((status = 200, body = IdentitiesView)))]
async fn list(State(hall): State<Hall>, who: Who) -> Result<axum::Json<IdentitiesView>, Problem> {
    let found = link::list(&hall, &who).await?;
    let items = found.into_iter().map(IdentityView::from).collect();
    Ok(axum::Json(IdentitiesView { items }))
}

/// Says whom the provider will vouch for as a person. Who was linked before is not any more.
#[utoipa::path(put, path = "/api/v1/staff/{id}/identity", tag = "staff",
    params(("id" = String, Path, description = "`prs_…`")), request_body = ExpectForm,
    responses((status = 200, body = IdentityView), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn expect(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Person>>,
    Json(form): Json<ExpectForm>,
) -> Result<axum::Json<IdentityView>, Problem> {
    let kind = Kind::parse(&form.kind);
    let kind = kind.ok_or_else(|| line::refuse("kind", "write email or username"))?;
    let linked = link::expect(&hall, &who, id, kind, &form.value).await?;
    Ok(axum::Json(linked.into()))
}

/// Takes apart what is linked or expected, of oneself or of somebody whom one manages.
#[utoipa::path(delete, path = "/api/v1/staff/{id}/identity", tag = "staff",
    params(("id" = String, Path, description = "`prs_…`")),
    responses((status = 204), (status = 404)))]
async fn remove(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Person>>,
) -> Result<Response, Problem> {
    link::remove(&hall, &who, id).await?;
    Ok(problem::no_content())
}
