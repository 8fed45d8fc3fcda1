//! The guard at the door of a route.
//!
//! It runs before path, query and body are looked at. Its answers do not depend
//! on them: 401 without valid credentials, 403 without the right.

use std::convert::Infallible;
use std::fmt;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use futures::future::BoxFuture;
use http::{HeaderMap, Method, header};
use tower::{Layer, Service};
use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Permission;
use crate::Hall;
use crate::factor::Owed;
use crate::problem::Problem;
use crate::problem::described::{self, Caller};
use crate::session::{self, Arrival};
use crate::token;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Anybody, for this reason.
    Open(&'static str),
    /// Anybody with valid credentials.
    SignedIn,
    /// The same, even if the session has still to show a second factor.
    Begun,
    /// Who holds this permission somewhere. The handler asks about the place.
    Holds(Permission),
}

impl Case {
    /// As `x-permission` says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::SignedIn | Self::Begun => "signed_in",
            Self::Holds(permission) => permission.name(),
        }
    }
}

/// What an operation says about its case in the API description.
pub const EXTENSION: &str = "x-permission";

/// A layer for routes that the API description does not list.
#[must_use]
pub const fn require(permission: Permission) -> Guard {
    Guard(Case::Holds(permission))
}

/// The same for anybody with valid credentials.
#[must_use]
pub const fn signed_in() -> Guard {
    Guard(Case::SignedIn)
}

/// Puts a guard at the door of an operation, and its case into the description.
pub trait Guarded: Sized {
    /// With this case.
    #[must_use]
    fn case(self, case: Case) -> Self;

    /// For who holds a permission.
    #[must_use]
    fn guard(self, permission: Permission) -> Self {
        self.case(Case::Holds(permission))
    }

    /// For anybody with valid credentials.
    #[must_use]
    fn signed_in(self) -> Self {
        self.case(Case::SignedIn)
    }

    /// For anybody with valid credentials, who may have a second factor to show still.
    #[must_use]
    fn begun(self) -> Self {
        self.case(Case::Begun)
    }

    /// For anybody, for a reason that stands in the description.
    #[must_use]
    fn open(self, why: &'static str) -> Self {
        self.case(Case::Open(why))
    }
}

impl Guarded for UtoipaMethodRouter<Hall> {
    fn case(self, case: Case) -> Self {
        let (schemas, mut paths, methods) = self;
        for (method, operation) in paths.paths.values_mut().flat_map(operations_mut) {
            describe(operation, case, !method.is_safe());
        }
        (schemas, paths, methods.route_layer(Guard(case)))
    }
}

fn describe(operation: &mut Operation, case: Case, changes: bool) {
    let mut extension = ExtensionsBuilder::new().add(EXTENSION, case.name());
    operation.security = Some(if let Case::Open(why) = case {
        extension = extension.add("x-open-because", why);
        vec![SecurityRequirement::default()]
    } else {
        vec![
            SecurityRequirement::new::<_, [&str; 0], &str>("session", []),
            SecurityRequirement::new::<_, [&str; 0], &str>("token", []),
        ]
    });
    let caller = Caller {
        known: !matches!(case, Case::Open(_)),
        permitted: matches!(case, Case::Holds(_)),
    };
    described::describe(operation, caller, changes);
    operation
        .extensions
        .get_or_insert_default()
        .merge(extension.build());
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::OPTIONS, &mut item.options),
        (Method::HEAD, &mut item.head),
        (Method::PATCH, &mut item.patch),
        (Method::TRACE, &mut item.trace),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// An operation that nobody has put a guard before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unguarded(pub Vec<String>);

impl fmt::Display for Unguarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "without a guard: {}", self.0.join(", "))
    }
}

impl std::error::Error for Unguarded {}

/// Ends the composition of routes: hands the house to the guards, and refuses a
/// router in which an operation has none.
///
/// # Errors
/// [`Unguarded`], naming each operation that lacks a case.
pub fn seal(
    router: OpenApiRouter<Hall>,
    hall: &Hall,
) -> Result<(Router<Hall>, OpenApi), Unguarded> {
    let bare = unguarded(router.get_openapi());
    if !bare.is_empty() {
        return Err(Unguarded(bare));
    }
    let (router, description) = router.split_for_parts();
    Ok((router.layer(Extension(hall.clone())), description))
}

/// Every operation without a case, as method and path.
#[must_use]
pub fn unguarded(description: &OpenApi) -> Vec<String> {
    let mut bare = Vec::new();
    for (path, item) in &description.paths.paths {
        for (method, operation) in operations(item) {
            let has_case = operation
                .extensions
                .as_ref()
                .is_some_and(|extensions| extensions.contains_key(EXTENSION));
            if !has_case {
                bare.push(format!("{method} {path}"));
            }
        }
    }
    bare
}

fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::OPTIONS, &item.options),
        (Method::HEAD, &item.head),
        (Method::PATCH, &item.patch),
        (Method::TRACE, &item.trace),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// The guard of a route, as a layer.
#[derive(Debug, Clone, Copy)]
pub struct Guard(Case);

impl<S> Layer<S> for Guard {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door {
            case: self.0,
            inner,
        }
    }
}

/// A route behind its guard.
#[derive(Debug, Clone)]
pub struct Door<S> {
    case: Case,
    inner: S,
}

impl<S> Service<Request> for Door<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // The one that was polled ready answers; its clone waits for the next.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let case = self.case;
        Box::pin(async move {
            if let Err(problem) = admit(case, &mut request).await {
                return Ok(problem.into_response());
            }
            inner.call(request).await
        })
    }
}

async fn admit(case: Case, request: &mut Request) -> Result<(), Problem> {
    let credentials = Credentials::of(request.headers());
    if !request.method().is_safe() && !matches!(credentials, Credentials::Bearer(_)) {
        same_origin(request)?;
    }
    if matches!(case, Case::Open(_)) {
        return Ok(());
    }
    let hall = request
        .extensions()
        .get::<Hall>()
        .cloned()
        .ok_or_else(|| Problem::bug("a guard stands on a router that was not sealed"))?;
    let arrival = Arrival::of(request.extensions());
    let found = match credentials {
        Credentials::None => None,
        Credentials::Cookie(secret) => session::who(&hall, &secret, arrival.address).await?,
        Credentials::Bearer(secret) => token::who(&hall, &secret, arrival.address)
            .await?
            .map(|who| (who, Owed::Nothing)),
    };
    let (who, owed) = found.ok_or_else(|| Problem::unauthenticated("Log in, or send a token."))?;
    if case != Case::Begun {
        owed.settled()?;
    }
    if let Case::Holds(permission) = case
        && !who.holds(permission)
    {
        return Err(Problem::denied(
            "not-allowed",
            format!("This needs {}.", permission.name()),
        ));
    }
    request.extensions_mut().insert(who);
    Ok(())
}

/// What a request brings along to say who it is from.
pub(crate) enum Credentials {
    None,
    Cookie(String),
    Bearer(String),
}

impl Credentials {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // A program that says who it is is believed to mean it: a cookie beside a
        // bearer token counts for nothing, even when the token is no good.
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value
                .to_str()
                .ok()
                .and_then(|text| text.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token.trim().to_owned());
            return Self::Bearer(token.unwrap_or_default());
        }
        cookie(headers, session::COOKIE).map_or(Self::None, Self::Cookie)
    }
}

pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Refuses what another site makes a browser send.
///
/// Every browser of the last years says `Origin` with an unsafe method, and most
/// say `Sec-Fetch-Site`; a request with neither is from no browser, and its
/// cookie was put there on purpose. The cookie's `SameSite=Lax` is a second wall.
pub(crate) fn same_origin(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let fits = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let own = request
                .uri()
                .authority()
                .map(http::uri::Authority::as_str)
                .or_else(|| text("host"));
            own.is_some_and(|own| is_origin_of(origin, own))
        }
        (None, None) => true,
    };
    if fits {
        Ok(())
    } else {
        Err(Problem::denied(
            "cross-site",
            "This came from a page of another site.",
        ))
    }
}

fn is_origin_of(origin: &str, authority: &str) -> bool {
    let Some((scheme, place)) = origin.split_once("://") else {
        return false;
    };
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |text: &str| text.strip_suffix(default).unwrap_or(text).to_lowercase();
    bare(place) == bare(authority)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn verdict(headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method("POST").uri("/api/v1/session");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        same_origin(&request).is_ok()
    }

    #[test]
    fn another_site_cannot_act_for_a_browser() {
        let host = ("host", "betang.example:8080");
        for (headers, passes) in [
            (vec![host], true),
            (vec![host, ("origin", "http://betang.example:8080")], true),
            (vec![host, ("origin", "http://BETANG.example:8080")], true),
            (vec![host, ("origin", "http://evil.example:8080")], false),
            (vec![host, ("origin", "http://betang.example")], false),
            (vec![host, ("origin", "null")], false),
            (
                vec![host, ("origin", "http://betang.example:8080.evil.example")],
                false,
            ),
            (
                vec![
                    ("host", "betang.example:443"),
                    ("origin", "https://betang.example"),
                ],
                true,
            ),
            (vec![("origin", "https://betang.example")], false),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "none")], true),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (
                vec![
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://betang.example:8080"),
                ],
                false,
            ),
        ] {
            assert_eq!(verdict(&headers), passes, "{headers:?}");
        }
    }

    #[test]
    fn a_bearer_token_goes_before_a_cookie() {
        let read = |pairs: &[(&str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(
                    http::HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                    value.parse().expect("a value"),
                );
            }
            match Credentials::of(&headers) {
                Credentials::None => String::from("none"),
                Credentials::Cookie(secret) => format!("cookie {secret}"),
                Credentials::Bearer(secret) => format!("bearer {secret}"),
            }
        };
        assert_eq!(read(&[]), "none");
        assert_eq!(
            read(&[("cookie", "a=1; betang_session=ab; b=2")]),
            "cookie ab"
        );
        assert_eq!(read(&[("cookie", "xbetang_session=ab")]), "none");
        assert_eq!(read(&[("authorization", "bearer btg_x")]), "bearer btg_x");
        assert_eq!(
            read(&[
                ("authorization", "Basic eA=="),
                ("cookie", "betang_session=ab")
            ]),
            "bearer "
        );
    }
}
