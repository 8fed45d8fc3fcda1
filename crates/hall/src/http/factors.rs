//! `/api/v1/session/factor` and `/api/v1/factors`: what somebody shows besides a password.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::id::{Id, Person};
use base::now::Wall;
use base::redact::Secret;
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::passkeys::PasskeyView;
use super::sites::qr;
use crate::Hall;
use crate::factor::{self, Asked, Owed, Own, Proof};
use crate::guard::{Guarded as _, Permission, Who};
use crate::problem::{self, Json, Path, Problem};
use crate::session::Arrival;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(asked).begun())
        .routes(routes!(show).begun())
        .routes(routes!(own).signed_in())
        .routes(routes!(begin_totp).signed_in())
        .routes(routes!(confirm_totp).signed_in())
        .routes(routes!(remove_totp).signed_in())
        .routes(routes!(renew_codes).signed_in())
        .routes(routes!(told).signed_in())
        .routes(routes!(reset).guard(Permission::StaffWrite))
}

crate::words! {
    /// What a session owes.
    OwedWord = ["nothing", "factor", "missing"]
}

/// What a session is asked for, and what could be shown.
#[derive(Debug, Serialize, ToSchema)]
struct AskedView {
    /// `nothing`, `factor` for one to be shown, `missing` if there is none.
    #[schema(value_type = OwedWord)]
    owed: &'static str,
    /// Whether there is an app that computes codes.
    totp: bool,
    /// How many codes on paper are good.
    recovery: i64,
    /// Whether there is a passkey.
    passkey: bool,
}

impl From<Asked> for AskedView {
    fn from(asked: Asked) -> Self {
        Self {
            owed: match asked.owed {
                Owed::Nothing => "nothing",
                Owed::Factor => "factor",
                Owed::Missing => "missing",
            },
            totp: asked.totp,
            recovery: asked.recovery,
            passkey: asked.passkey,
        }
    }
}

/// A code of the app, or one on paper.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FactorForm {
    /// Six digits, or sixteen characters; blanks and strokes do not matter.
    #[schema(value_type = String)]
    code: Secret<String>,
}

/// What is shown once more before a factor changes: one of the two.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofForm {
    /// The password.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
    /// A code of the app, or one on paper.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    code: Option<Secret<String>>,
}

impl From<ProofForm> for Proof {
    fn from(form: ProofForm) -> Self {
        Self {
            password: form.password,
            code: form.code,
        }
    }
}

/// One's own factors.
#[derive(Debug, Serialize, ToSchema)]
struct FactorsView {
    /// The app that computes codes; null for none.
    totp: Option<TotpView>,
    /// The codes on paper; null for none.
    recovery: Option<RecoveryView>,
    /// Keys that a phone, a computer or a stick vouches by, the oldest first.
    passkeys: Vec<PasskeyView>,
    /// Whether nobody comes in from elsewhere without a second factor.
    rule: bool,
    /// The network of an office that one is in now.
    here: Option<String>,
    /// What an administrator has done, until one says that one knows.
    reset: Option<ResetView>,
}

/// An app that computes codes.
#[derive(Debug, Serialize, ToSchema)]
struct TotpView {
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    since_us: Wall,
    /// When it was used last; null for never.
    #[schema(value_type = Option<i64>)]
    used_us: Option<Wall>,
}

/// Codes on paper.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryView {
    /// How many are good.
    left: i64,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    made_us: Wall,
}

/// Factors that were taken from somebody.
#[derive(Debug, Serialize, ToSchema)]
struct ResetView {
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// By whom.
    by: String,
    /// Why.
    reason: String,
}

impl From<Own> for FactorsView {
    fn from(own: Own) -> Self {
        Self {
            totp: own
                .totp
                .map(|(since_us, used_us)| TotpView { since_us, used_us }),
            recovery: own
                .recovery
                .map(|(left, made_us)| RecoveryView { left, made_us }),
            passkeys: own.passkeys.into_iter().map(PasskeyView::from).collect(),
            rule: own.rule,
            here: own.here,
            reset: own
                .reset
                .map(|(at_us, by, reason)| ResetView { at_us, by, reason }),
        }
    }
}

/// What an app is told, once.
#[derive(Debug, Serialize, ToSchema)]
struct EnrolmentView {
    /// For typing, in base 32.
    secret: String,
    /// The address that the QR holds.
    uri: String,
    /// To be photographed.
    qr_svg: String,
}

/// Codes on paper, shown once.
#[derive(Debug, Serialize, ToSchema)]
struct CodesView {
    /// Ten, or none if there were some before.
    codes: Vec<String>,
}

impl From<Vec<Secret<String>>> for CodesView {
    fn from(codes: Vec<Secret<String>>) -> Self {
        Self {
            codes: codes.iter().map(|code| code.expose().clone()).collect(),
        }
    }
}

/// Why factors are taken from somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Ponsel hilang, dilaporkan langsung di kantor" }))]
struct ResetForm {
    /// For the audit, and for the person.
    reason: String,
}

/// What the session is asked for.
#[utoipa::path(get, path = "/api/v1/session/factor", tag = "session",
    responses((status = 200, body = AskedView), (status = 403)))]
async fn asked(State(hall): State<Hall>, who: Who) -> Result<axum::Json<AskedView>, Problem> {
    Ok(axum::Json(factor::asked(&hall, &who).await?.into()))
}

/// Shows a second factor: the session owes nothing from now on.
#[utoipa::path(post, path = "/api/v1/session/factor", tag = "session",
    request_body = FactorForm,
    responses((status = 204), (status = 403), (status = 422), (status = 429)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Json(form): Json<FactorForm>,
) -> Result<Response, Problem> {
    factor::show(&hall, &who, arrival, &form.code).await?;
    Ok(problem::no_content())
}

/// One's own factors.
#[utoipa::path(get, path = "/api/v1/factors", tag = "factors",
    responses((status = 200, body = FactorsView), (status = 403)))]
async fn own(State(hall): State<Hall>, who: Who) -> Result<axum::Json<FactorsView>, Problem> {
    Ok(axum::Json(factor::own(&hall, &who).await?.into()))
}

/// Makes a secret for an app. It counts once a code of it was typed.
#[utoipa::path(post, path = "/api/v1/factors/totp", tag = "factors", request_body = ProofForm,
    responses((status = 200, body = EnrolmentView), (status = 403), (status = 409),
        (status = 422), (status = 429)))]
async fn begin_totp(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Json(form): Json<ProofForm>,
) -> Result<Response, Problem> {
    let enrolment = factor::begin_totp(&hall, &who, arrival, form.into()).await?;
    let uri = enrolment.uri.expose();
    let view = EnrolmentView {
        secret: enrolment.secret.expose().clone(),
        qr_svg: qr(uri)?,
        uri: uri.clone(),
    };
    Ok(secretly(view))
}

/// The first code of the app: it counts from now on.
#[utoipa::path(put, path = "/api/v1/factors/totp", tag = "factors", request_body = FactorForm,
    responses((status = 200, body = CodesView), (status = 403), (status = 404),
        (status = 422), (status = 429)))]
async fn confirm_totp(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Json(form): Json<FactorForm>,
) -> Result<Response, Problem> {
    let codes = factor::confirm_totp(&hall, &who, arrival, &form.code).await?;
    Ok(secretly(CodesView::from(codes)))
}

/// Forgets the app.
#[utoipa::path(post, path = "/api/v1/factors/totp/removal", tag = "factors",
    request_body = ProofForm,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422),
        (status = 429)))]
async fn remove_totp(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Json(form): Json<ProofForm>,
) -> Result<Response, Problem> {
    factor::remove_totp(&hall, &who, arrival, form.into()).await?;
    Ok(problem::no_content())
}

/// Ten other codes on paper; older ones are good no more.
#[utoipa::path(post, path = "/api/v1/factors/codes", tag = "factors", request_body = ProofForm,
    responses((status = 200, body = CodesView), (status = 403), (status = 404),
        (status = 422), (status = 429)))]
async fn renew_codes(
    State(hall): State<Hall>,
    who: Who,
    arrival: Arrival,
    Json(form): Json<ProofForm>,
) -> Result<Response, Problem> {
    let codes = factor::renew_codes(&hall, &who, arrival, form.into()).await?;
    Ok(secretly(CodesView::from(codes)))
}

/// One knows what an administrator has done.
#[utoipa::path(delete, path = "/api/v1/factors/reset", tag = "factors",
    responses((status = 204)))]
async fn told(State(hall): State<Hall>, who: Who) -> Result<Response, Problem> {
    factor::told(&hall, &who).await?;
    Ok(problem::no_content())
}

/// Takes every second factor from somebody who has lost them, and ends his sessions.
#[utoipa::path(post, path = "/api/v1/staff/{id}/factors/reset", tag = "staff",
    request_body = ResetForm,
    params(("id" = String, Path, description = "`prs_…`")),
    responses((status = 204), (status = 404), (status = 409), (status = 422)))]
async fn reset(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Person>>,
    Json(form): Json<ResetForm>,
) -> Result<Response, Problem> {
    factor::reset(&hall, &who, id, &form.reason).await?;
    Ok(problem::no_content())
}

/// What nobody between may keep.
fn secretly(view: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(view)).into_response()
}
