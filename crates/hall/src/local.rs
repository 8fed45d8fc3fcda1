//! The door for whoever owns the machine.
//!
//! The program listens on a socket in its data folder that only the owner of the
//! folder may open. Whoever can read the database and the key file beside it has
//! the house already; the socket only spares him a password.
//!
//! Behind it stands a person of its own, *Soket lokal*, without a way to log in:
//! the audit names it, and an administrator can shut it out or take rights from
//! it like from anybody. Its token lives in memory, is made anew at each start,
//! and never leaves the process.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base::id::{Id, Person};
use base::redact::Secret;
use serde_json::json;
use std::sync::Arc;
use store::Tx;
use tokio::sync::Mutex;

use crate::Hall;
use crate::audit::{self, Act, Actor};
use crate::guard::Role;
use crate::problem::Problem;
use crate::session::Opaque;
use crate::sql::staff::{self as rows, GrantRow, PersonRow};
use crate::sql::token::{self as tokens, TokenRow};
use crate::token::{self, PREFIX};

/// The one person of every house who is nobody: the same id everywhere, so that
/// no row has to remember it.
const PERSON: [u8; 16] = *b"betang.local.001";

/// Whether that is the door and no human being, who could look after something.
pub(crate) fn is_door(person: Id<Person>) -> bool {
    *person.as_bytes() == PERSON
}

/// By what name the audit and the list of people show it.
const NAME: &str = "Soket lokal";

/// What the audit says the door was opened by.
const PART: &str = "local socket";

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Local {
    hall: Hall,
    /// The token in use; made when the first one knocks.
    token: Arc<Mutex<Option<Secret<String>>>>,
}

impl Local {
    /// Nobody has knocked yet.
    #[must_use]
    pub fn new(hall: Hall) -> Self {
        Self {
            hall,
            token: Arc::default(),
        }
    }

    /// Lets a request of the socket act as the local person, whatever it says of
    /// itself: a layer around all routes.
    pub async fn admit(State(door): State<Self>, mut request: Request, next: Next) -> Response {
        let token = match door.token().await {
            Ok(token) => token,
            Err(problem) => return problem.into_response(),
        };
        let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose())) else {
            return Problem::bug("a token is no header value").into_response();
        };
        value.set_sensitive(true);
        let headers = request.headers_mut();
        headers.remove(header::COOKIE);
        headers.insert(header::AUTHORIZATION, value);
        next.run(request).await
    }

    /// The token that counts now.
    async fn token(&self) -> Result<Secret<String>, Problem> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref()
            && token::who(&self.hall, token.expose(), None)
                .await?
                .is_some()
        {
            return Ok(token.clone());
        }
        let mut tx = self.hall.db().write().await?;
        let person = settle(&self.hall, &mut tx).await?;
        let token = make(&self.hall, &mut tx, person).await?;
        tx.commit().await?;
        *kept = Some(token.clone());
        Ok(token)
    }
}

/// The local person, who is made when there is an administrator: before that, the
/// house would no longer count as empty and the one-time link would be void.
async fn settle(hall: &Hall, tx: &mut Tx) -> Result<Id<Person>, Problem> {
    let id = Id::from_bytes(PERSON);
    if let Some(row) = rows::by_id(tx, id).await? {
        return if row.active {
            Ok(id)
        } else {
            Err(Problem::denied(
                "not-allowed",
                "An administrator has shut the local socket.",
            ))
        };
    }
    if !rows::any(tx).await? {
        return Err(Problem::conflict(
            "no-admin",
            "Open the one-time link that the program prints at its start, or start it with \
             BETANG_ADMIN_PASSWORD; then the local socket works.",
        ));
    }
    let now = hall.now();
    let row = PersonRow {
        id,
        name: NAME.to_owned(),
        username: None,
        active: true,
        area: None,
        agency: None,
        seen: None,
        screen: false,
    };
    rows::insert(tx, &row, now.wall).await?;
    let grant = GrantRow {
        id: hall.mint(),
        person: id,
        role: Role::Admin,
        area: None,
        agency: None,
        agency_path: None,
        from: now.wall,
        to: None,
    };
    rows::insert_grant(tx, &grant, None, now.wall).await?;
    let act = Act {
        verb: "person.added",
        subject: id.to_string(),
        detail: json!({ "name": NAME, "grants": [{ "role": Role::Admin }] }),
    };
    audit::record_by(tx, now, &Actor::house(PART), act).await?;
    Ok(id)
}

/// A token in place of those of earlier starts.
async fn make(hall: &Hall, tx: &mut Tx, person: Id<Person>) -> Result<Secret<String>, Problem> {
    let now = hall.now();
    tokens::revoke_all(tx, person, now.wall).await?;
    let secret = Opaque::new(PREFIX)?;
    let row = TokenRow {
        id: hall.mint(),
        person,
        person_name: NAME.to_owned(),
        area: None,
        agency: None,
        name: PART.to_owned(),
        created: now.wall,
        used: None,
        expires: None,
    };
    tokens::insert(tx, &row, &secret.hash).await?;
    let act = Act {
        verb: "token.made",
        subject: row.id.to_string(),
        detail: json!({ "name": PART }),
    };
    audit::record_by(tx, now, &Actor::house(PART), act).await?;
    Ok(secret.text)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use serde_json::Value as Json;
    use store::Db;
    use tower::ServiceExt as _;

    use super::*;
    use crate::guard::seal;
    use crate::schema::SCHEMA;
    use crate::staff;

    async fn ask(app: &Router, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, "betang_session=00")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a request");
        let answer = app.clone().oneshot(request).await.expect("infallible");
        let status = answer.status().as_u16();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
        let body = serde_json::from_slice(&bytes.expect("a body")).unwrap_or_default();
        (status, body)
    }

    async fn opens(db: Db) {
        let (hall, _clock, _folder) = crate::hall::of_test(db).await;
        let (router, _) = seal(crate::http::routes(), &hall).expect("all is guarded");
        let router = router.with_state(hall.clone());
        let app = router
            .clone()
            .layer(from_fn_with_state(Local::new(hall.clone()), Local::admit));

        let (status, body) = ask(&app, "GET", "/api/v1/staff", None).await;
        assert_eq!(
            (status, body["type"].as_str()),
            (409, Some("urn:betang:problem:no-admin"))
        );
        assert!(
            matches!(
                staff::first_admin(&hall, None).await,
                Ok(staff::FirstAdmin::Link(_))
            ),
            "who knocked has not become somebody"
        );
        let password = Some(Secret::new("jembatan kahayan".to_owned()));
        staff::first_admin(&hall, password).await.expect("an admin");

        let (status, me) = ask(&app, "GET", "/api/v1/session", None).await;
        assert_eq!(status, 200, "{me}");
        assert_eq!(me["person"]["name"], NAME);
        assert_eq!(me["grants"][0]["role"], "admin");
        let form = json!({ "name": "Dinas Kominfo" });
        let (status, _) = ask(&app, "POST", "/api/v1/agencies", Some(form)).await;
        assert_eq!(status, 201);
        let (status, audit) = ask(&app, "GET", "/api/v1/audit?verb=agency.added", None).await;
        assert_eq!(status, 200);
        assert_eq!(audit["items"][0]["who"]["name"], NAME, "{audit}");

        // The next start has another token, and the one before counts no more.
        let again = Local::new(hall.clone());
        let first = again.token().await.expect("a token");
        let next = Local::new(hall.clone()).token().await.expect("a token");
        assert_ne!(first.expose(), next.expose());
        let stale = token::who(&hall, first.expose(), None).await;
        assert!(stale.expect("an answer").is_none());

        // Shut out like anybody, and let in again.
        let id = Id::<Person>::from_bytes(PERSON);
        let path = format!("/api/v1/staff/{id}");
        let (status, told) = ask(&app, "PATCH", &path, Some(json!({ "active": false }))).await;
        assert_eq!(status, 200, "{told}");
        let (status, _) = ask(&app, "GET", "/api/v1/session", None).await;
        assert_eq!(status, 403);
        let mut tx = hall.db().write().await.expect("to write");
        let row = rows::by_id(&mut tx, id)
            .await
            .expect("an answer")
            .expect("it is there");
        let back = PersonRow {
            active: true,
            ..row
        };
        rows::update(&mut tx, &back, hall.now().wall)
            .await
            .expect("updated");
        tx.commit().await.expect("written");
        let (status, _) = ask(&app, "GET", "/api/v1/session", None).await;
        assert_eq!(status, 200);

        // It has no way in of its own, so it does not stand for an administrator.
        let (status, _) = ask(&router, "GET", "/api/v1/session", None).await;
        assert_eq!(status, 401, "the door is the socket's and nobody else's");
        let mut read = hall.db().read().await.expect("to read");
        let lasting = rows::lasting_admins(&mut read, hall.now().wall).await;
        assert_eq!(lasting.expect("a count"), 1);
    }

    store::on_both_engines!(
        whoever_owns_the_machine_may_act_and_is_named,
        &[SCHEMA],
        async |db: Db| { opens(db).await }
    );
}
