//! `/api/v1/emergency` and `/api/v1/session/emergency`: the sealed way in.

use axum::extract::State;
use axum::response::Response;
use base::now::Wall;
use base::redact::Secret;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{agent, opened_view};
use crate::Hall;
use crate::emergency::{self, Envelope, State as Standing};
use crate::guard::{Guarded as _, Permission, Who};
use crate::problem::{self, Json, Problem};
use crate::session::Arrival;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(open).open("this is how one becomes somebody when no other way is left"))
        .routes(routes!(show).guard(Permission::SettingsRead))
        .routes(routes!(seal).guard(Permission::SettingsWrite))
        .routes(routes!(withdraw).guard(Permission::SettingsWrite))
}

crate::words! {
    /// How it stands with the envelope.
    pub(super) EnvelopeWord = Standing::ALL.map(Standing::as_str)
}

/// The code of the envelope.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmergencyForm {
    /// As it is written; upper and lower case are the same.
    #[schema(value_type = String)]
    code: Secret<String>,
}

/// The envelope.
#[derive(Debug, Serialize, ToSchema)]
struct EnvelopeView {
    /// How it stands.
    #[schema(value_type = EnvelopeWord)]
    state: &'static str,
    /// When it was sealed, microseconds since 1970 UTC; null: never.
    #[schema(value_type = Option<i64>)]
    sealed_us: Option<Wall>,
    /// When it was used; null: not yet.
    #[schema(value_type = Option<i64>)]
    used_us: Option<Wall>,
    /// Until when somebody is in by a sealed code; null: nobody is.
    #[schema(value_type = Option<i64>)]
    until_us: Option<Wall>,
}

impl From<Envelope> for EnvelopeView {
    fn from(envelope: Envelope) -> Self {
        Self {
            state: envelope.state.as_str(),
            sealed_us: envelope.sealed,
            used_us: envelope.used,
            until_us: envelope.until,
        }
    }
}

/// A new code, shown once.
#[derive(Debug, Serialize, ToSchema)]
struct SealedView {
    /// For the envelope, and for nothing else.
    code: String,
    /// When it was made, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    sealed_us: Wall,
    /// Whether an earlier one was made void by it.
    replaced: bool,
}

/// Comes in by the sealed code, for one hour, and raises the alarm.
#[utoipa::path(post, path = "/api/v1/session/emergency", tag = "session",
    request_body = EmergencyForm,
    responses((status = 200, body = super::session::LoginView), (status = 403), (status = 422),
        (status = 429)))]
async fn open(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<EmergencyForm>,
) -> Result<Response, Problem> {
    let agent = agent(&headers);
    let opened = emergency::open(&hall, arrival, agent, &form.code).await?;
    Ok(opened_view(&opened))
}

/// How it stands with the envelope.
#[utoipa::path(get, path = "/api/v1/emergency", tag = "session",
    responses((status = 200, body = EnvelopeView), (status = 403)))]
async fn show(State(hall): State<Hall>, who: Who) -> Result<axum::Json<EnvelopeView>, Problem> {
    let mut read = hall.db().read().await?;
    let envelope = emergency::envelope(&mut read, &who).await?;
    Ok(axum::Json(envelope.into()))
}

/// Makes a code, on the machine of the house and nowhere else; the one before is void.
#[utoipa::path(post, path = "/api/v1/emergency", tag = "session",
    responses((status = 200, body = SealedView), (status = 403), (status = 409)))]
async fn seal(State(hall): State<Hall>, who: Who) -> Result<axum::Json<SealedView>, Problem> {
    let sealed = emergency::seal(&hall, &who).await?;
    Ok(axum::Json(SealedView {
        code: sealed.code.expose().clone(),
        sealed_us: sealed.at,
        replaced: sealed.replaced,
    }))
}

/// Takes the code back: the envelope counts no more.
#[utoipa::path(delete, path = "/api/v1/emergency", tag = "session",
    responses((status = 204), (status = 403), (status = 409)))]
async fn withdraw(State(hall): State<Hall>, who: Who) -> Result<Response, Problem> {
    emergency::withdraw(&hall, &who).await?;
    Ok(problem::no_content())
}
