//! `/api/v1/session/passkey` and `/api/v1/factors/passkeys`: keys that a phone, a computer
//! or a stick vouches by. Bytes are base64url without padding, as browsers have them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::id::{Id, Passkey};
use base::now::Wall;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::factors::ProofForm;
use super::session::{LoginView, agent, opened_view};
use crate::Hall;
use crate::factor::{self, ALGORITHMS, CHALLENGE_LIFE, Challenge, Listed, New, Vouched};
use crate::guard::{Guarded as _, Who};
use crate::line;
use crate::problem::{self, Json, Path, Problem};
use crate::session::Arrival;

/// Longest field of bytes, as text: more than any part of an answer has.
const TEXT_MAX: usize = 32 * 1024;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(begin_enter).open("this is how one becomes somebody"))
        .routes(routes!(enter).open("this is how one becomes somebody"))
        .routes(routes!(begin_show).begun())
        .routes(routes!(show).begun())
        .routes(routes!(begin).signed_in())
        .routes(routes!(add).signed_in())
        .routes(routes!(rename).signed_in())
        .routes(routes!(remove).signed_in())
}

/// What a browser is asked to sign.
#[derive(Debug, Serialize, ToSchema)]
struct ChallengeView {
    /// Bytes.
    challenge: String,
    /// The name of the house.
    rp_id: String,
    /// The credentials that will do; none for any.
    credentials: Vec<String>,
    /// So long it is good for, in milliseconds.
    timeout_ms: u128,
}

impl From<Challenge> for ChallengeView {
    fn from(challenge: Challenge) -> Self {
        Self {
            challenge: URL_SAFE_NO_PAD.encode(challenge.challenge),
            rp_id: challenge.rp_id,
            credentials: challenge
                .credentials
                .iter()
                .map(|credential| URL_SAFE_NO_PAD.encode(credential))
                .collect(),
            timeout_ms: CHALLENGE_LIFE.as_millis(),
        }
    }
}

/// What a browser is asked to make.
#[derive(Debug, Serialize, ToSchema)]
struct MakingView {
    /// What it is to sign; the credentials are those that one has already.
    #[serde(flatten)]
    challenge: ChallengeView,
    /// What the house is called.
    house: String,
    /// Who, as bytes.
    user: String,
    /// By what name.
    name: String,
    /// Numbers of the algorithms that are taken (COSE), the best first.
    algorithms: Vec<i64>,
}

/// A passkey that was made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyForm {
    /// What its owner calls it.
    name: String,
    /// The challenge that is answered.
    challenge: String,
    /// `clientDataJSON`.
    client: String,
    /// `attestationObject`.
    attestation: String,
}

/// What somebody has signed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VouchedForm {
    /// `rawId`.
    credential: String,
    /// The challenge that is answered.
    challenge: String,
    /// `clientDataJSON`.
    client: String,
    /// `authenticatorData`.
    data: String,
    /// `signature`.
    signature: String,
}

impl TryFrom<VouchedForm> for Vouched {
    type Error = Problem;

    fn try_from(form: VouchedForm) -> Result<Self, Problem> {
        Ok(Self {
            credential: bytes("credential", &form.credential)?,
            challenge: bytes("challenge", &form.challenge)?,
            client: bytes("client", &form.client)?,
            data: bytes("data", &form.data)?,
            signature: bytes("signature", &form.signature)?,
        })
    }
}

/// What a passkey is to be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasskeyChange {
    /// What its owner calls it.
    name: String,
}

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PasskeyView {
    /// `psk_…`.
    #[schema(value_type = String)]
    id: Id<Passkey>,
    /// What its owner calls it.
    name: String,
    /// The name of the house that it vouches for.
    rp_id: String,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    created_us: Wall,
    /// When it was used last; null for never.
    #[schema(value_type = Option<i64>)]
    used_us: Option<Wall>,
    /// When one was shown that counts less: somebody may hold a copy. Null for never.
    #[schema(value_type = Option<i64>)]
    copied_us: Option<Wall>,
}

impl From<Listed> for PasskeyView {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            name: listed.name,
            rp_id: listed.rp_id,
            created_us: listed.created,
            used_us: listed.used,
            copied_us: listed.copied,
        }
    }
}

/// A passkey that was added.
#[derive(Debug, Serialize, ToSchema)]
struct AddedView {
    /// Which.
    passkey: PasskeyView,
    /// Codes on paper, shown once: ten, or none if there were some before.
    codes: Vec<String>,
}

/// Asks whoever is there for a passkey.
#[utoipa::path(post, path = "/api/v1/session/passkey/challenge", tag = "session",
    responses((status = 200, body = ChallengeView), (status = 409), (status = 429)))]
async fn begin_enter(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let challenge = factor::begin_enter(&hall, arrival, origin(&headers))?;
    Ok(fresh(ChallengeView::from(challenge)))
}

/// Logs in by a passkey: a cookie for this browser.
#[utoipa::path(post, path = "/api/v1/session/passkey", tag = "session",
    request_body = VouchedForm,
    responses((status = 200, body = LoginView), (status = 403), (status = 422), (status = 429)))]
async fn enter(
    State(hall): State<Hall>,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<VouchedForm>,
) -> Result<Response, Problem> {
    let opened = factor::enter(&hall, arrival, agent(&headers), &form.try_into()?).await?;
    Ok(opened_view(&opened))
}

/// Asks for one of one's own passkeys as a second factor.
#[utoipa::path(post, path = "/api/v1/session/factor/challenge", tag = "session",
    responses((status = 200, body = ChallengeView), (status = 403), (status = 404),
        (status = 409), (status = 429)))]
async fn begin_show(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let challenge = factor::begin_show(&hall, &who, arrival, origin(&headers)).await?;
    Ok(fresh(ChallengeView::from(challenge)))
}

/// Shows a passkey as a second factor: the session owes nothing from now on.
#[utoipa::path(post, path = "/api/v1/session/factor/passkey", tag = "session",
    request_body = VouchedForm,
    responses((status = 204), (status = 403), (status = 422), (status = 429)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Json(form): Json<VouchedForm>,
) -> Result<Response, Problem> {
    factor::show_passkey(&hall, &who, arrival, &form.try_into()?).await?;
    Ok(problem::no_content())
}

/// Asks for a passkey to be made.
#[utoipa::path(post, path = "/api/v1/factors/passkeys/challenge", tag = "factors",
    request_body = ProofForm,
    responses((status = 200, body = MakingView), (status = 403), (status = 409), (status = 422),
        (status = 429)))]
async fn begin(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    headers: HeaderMap,
    Json(form): Json<ProofForm>,
) -> Result<Response, Problem> {
    let proof = form.into();
    let challenge = factor::begin_passkey(&hall, &who, arrival, origin(&headers), proof).await?;
    Ok(fresh(MakingView {
        challenge: challenge.into(),
        house: hall.config().name.clone(),
        user: URL_SAFE_NO_PAD.encode(who.person().as_bytes()),
        name: who.name().to_owned(),
        algorithms: ALGORITHMS.to_vec(),
    }))
}

/// Adds a passkey that was made.
#[utoipa::path(post, path = "/api/v1/factors/passkeys", tag = "factors",
    request_body = PasskeyForm,
    responses((status = 200, body = AddedView), (status = 403), (status = 409), (status = 422),
        (status = 429)))]
async fn add(
    State(hall): State<Hall>,
    who: Who,
    Json(form): Json<PasskeyForm>,
) -> Result<Response, Problem> {
    let new = New {
        challenge: bytes("challenge", &form.challenge)?,
        client: bytes("client", &form.client)?,
        attestation: bytes("attestation", &form.attestation)?,
        name: form.name,
    };
    let (listed, codes) = factor::add_passkey(&hall, &who, new).await?;
    Ok(fresh(AddedView {
        passkey: listed.into(),
        codes: codes.iter().map(|code| code.expose().clone()).collect(),
    }))
}

/// Calls a passkey something else.
#[utoipa::path(put, path = "/api/v1/factors/passkeys/{id}", tag = "factors",
    request_body = PasskeyChange,
    params(("id" = String, Path, description = "`psk_…`")),
    responses((status = 200, body = PasskeyView), (status = 404), (status = 422)))]
async fn rename(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Passkey>>,
    Json(form): Json<PasskeyChange>,
) -> Result<axum::Json<PasskeyView>, Problem> {
    let renamed = factor::rename_passkey(&hall, &who, id, &form.name).await?;
    Ok(axum::Json(renamed.into()))
}

/// Forgets a passkey.
#[utoipa::path(post, path = "/api/v1/factors/passkeys/{id}/removal", tag = "factors",
    request_body = ProofForm,
    params(("id" = String, Path, description = "`psk_…`")),
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422),
        (status = 429)))]
async fn remove(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Path(id): Path<Id<Passkey>>,
    Json(form): Json<ProofForm>,
) -> Result<Response, Problem> {
    factor::remove_passkey(&hall, &who, arrival, id, form.into()).await?;
    Ok(problem::no_content())
}

/// The address of the page that asks; a browser cannot say another.
fn origin(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
}

fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, Problem> {
    let read = (text.len() <= TEXT_MAX).then(|| URL_SAFE_NO_PAD.decode(text).ok());
    read.flatten()
        .ok_or_else(|| line::refuse(field, "is no base64url of a passkey"))
}

/// What nobody between may keep.
fn fresh(view: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(view)).into_response()
}
