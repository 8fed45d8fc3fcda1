//! `/api/v1/tokens`: keys of programs.

use axum::extract::State;
use axum::response::Response;
use base::id::{Id, Token};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session::{Filter, PersonView, manages};
use super::{Page, cursor, limit};
use crate::Hall;
use crate::guard::{Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::problem::{self, Path, Problem, Query};
use crate::token;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).signed_in())
        .routes(routes!(make).guard(Permission::TokensOwn))
        .routes(routes!(revoke).signed_in())
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenForm {
    /// What its maker calls it: which program will have it.
    name: String,
    /// Until before when, microseconds since 1970 UTC; without, until revoked.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    expires_us: Option<Wall>,
}

/// A token with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct MadeView {
    /// `tok_…`.
    #[schema(value_type = String)]
    id: Id<Token>,
    /// What its maker calls it.
    name: String,
    /// To be sent as `Authorization: Bearer …`.
    token: String,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    /// `tok_…`.
    #[schema(value_type = String)]
    id: Id<Token>,
    /// In whose name it acts.
    person: PersonView,
    /// What its maker calls it.
    name: String,
    /// Since when, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    created_us: Wall,
    /// The newest request, to the minute; null for never.
    #[schema(value_type = Option<i64>)]
    used_us: Option<Wall>,
    /// Until before when; null until revoked.
    #[schema(value_type = Option<i64>)]
    expires_us: Option<Wall>,
}

/// Tokens that count or have expired, newest first; revoked ones are gone.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", params(Filter),
    responses((status = 200, body = Page<TokenView>), (status = 403)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
) -> Result<axum::Json<Page<TokenView>>, Problem> {
    let all = filter.all.unwrap_or(false);
    manages(&who, all)?;
    let after = cursor(filter.cursor.as_deref())?;
    let limit = limit(filter.limit)?;
    let (found, next) = token::list(&hall, &who, all, after, limit).await?;
    let items = found
        .into_iter()
        .map(|row| TokenView {
            id: row.id,
            person: PersonView {
                id: row.person,
                name: row.person_name,
            },
            name: row.name,
            created_us: row.created,
            used_us: row.used,
            expires_us: row.expires,
        })
        .collect();
    Ok(axum::Json(Page {
        items,
        next: next.map(|id| id.to_string()),
    }))
}

/// Makes a token that acts in one's own name.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = TokenForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = MadeView), (status = 409), (status = 422), (status = 429)))]
async fn make(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<TokenForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let (made, secret) = token::make(&hall, &mut tx, &who, &body.name, body.expires_us).await?;
    let view = MadeView {
        id: made.id,
        name: made.name,
        token: secret.expose().clone(),
    };
    let location = format!("/api/v1/tokens/{}", made.id);
    let answer = once
        .created_secret(&mut tx, hall.now(), &location, &view)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// Revokes a token of one's own, or of somebody whom one manages.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens",
    params(("id" = String, Path, description = "`tok_…`")),
    responses((status = 204), (status = 404)))]
async fn revoke(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Token>>,
) -> Result<Response, Problem> {
    token::revoke(&hall, &who, id).await?;
    Ok(problem::no_content())
}
