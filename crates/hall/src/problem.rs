//! Failures on their way out: RFC 9457 problem details.
//!
//! The only file that knows HTTP status codes. A [`Kind`] says what a caller may
//! do about a failure; the slug says which one it is and stays the same for good;
//! the detail is for the person in front of it. What lies behind a bug or a
//! corruption goes to the log and never out; the id of the request finds it there.

pub(crate) mod described;
mod sent;
mod table;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body as AnswerBody;
use axum::extract::multipart::MultipartError;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::kind::Kind;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use sent::Sent;

pub use described::put_parts;
pub use table::{SLUGS, page};

/// A failure on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    slug: &'static str,
    detail: String,
    fields: Vec<Field>,
    retry_after_s: Option<u64>,
    /// Where the protocol asks for a status that a kind does not tell apart.
    status: Option<StatusCode>,
}

/// What is wrong with one field of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProblemField)]
pub struct Field {
    /// Its name, dotted where it lies deeper.
    pub field: String,
    /// What would be right.
    pub detail: String,
}

/// The body of every failure, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    /// `urn:betang:problem:<slug>`; stable.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every occurrence, in Indonesian.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened here.
    pub detail: String,
    /// The path that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What the log calls this request; also in `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// One entry per field that cannot stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Field>,
}

impl Problem {
    fn new(kind: Kind, slug: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            slug,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: None,
            status: None,
        }
    }

    /// What was sent cannot be right.
    pub fn invalid(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, slug, detail)
    }

    /// No such thing, or none that this caller may know of.
    pub fn not_found(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, slug, detail)
    }

    /// It contradicts what is there.
    pub fn conflict(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, slug, detail)
    }

    /// This caller may not.
    pub fn denied(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Denied, slug, detail)
    }

    /// Nobody is signed in (401, RFC 9110 §15.5.2).
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::unauthenticated_as("not-signed-in", detail)
    }

    /// Nobody is signed in, for that reason (401).
    pub fn unauthenticated_as(slug: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: Some(StatusCode::UNAUTHORIZED),
            ..Self::new(Kind::Denied, slug, detail)
        }
    }

    /// A limit is reached.
    pub fn exhausted(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Exhausted, slug, detail)
    }

    /// Something that is needed does not answer.
    pub fn unavailable(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, slug, detail)
    }

    /// The house is wrong. The detail goes to the log only.
    pub fn bug(detail: impl Into<String>) -> Self {
        let detail = detail.into();
        tracing::error!(%detail, "a request met a bug");
        Self::new(Kind::Bug, "bug", "")
    }

    /// Another content type is read here (415).
    #[must_use]
    pub fn media_type(wanted: &str) -> Self {
        Self {
            status: Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ..Self::invalid("media-type", format!("Send {wanted}."))
        }
    }

    /// Nothing is served at this path.
    #[must_use]
    pub fn no_route() -> Self {
        Self::not_found("not-found", "Nothing is served at this path.")
    }

    /// The path is served, but not by this method (405).
    #[must_use]
    pub fn no_method() -> Self {
        Self {
            status: Some(StatusCode::METHOD_NOT_ALLOWED),
            ..Self::invalid("method", "This path is served, but not by this method.")
        }
    }

    /// The answer took longer than anybody waits.
    #[must_use]
    pub fn timeout() -> Self {
        Self::unavailable("timeout", "The answer took too long and was given up.").retry_after_s(5)
    }

    /// The body is larger than is read here (413).
    #[must_use]
    pub fn too_large() -> Self {
        Self {
            status: Some(StatusCode::PAYLOAD_TOO_LARGE),
            ..Self::invalid("too-large", "The body is larger than is read here.")
        }
    }

    /// What a library means by a bare status.
    fn of_status(status: StatusCode) -> Self {
        let problem = match status {
            StatusCode::UNAUTHORIZED => Self::unauthenticated("Log in, or send a token."),
            StatusCode::FORBIDDEN => Self::denied("not-allowed", ""),
            StatusCode::NOT_FOUND => Self::no_route(),
            StatusCode::METHOD_NOT_ALLOWED => Self::no_method(),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Self::timeout(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::media_type("another content type"),
            StatusCode::TOO_MANY_REQUESTS => Self::exhausted("exhausted", ""),
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable("unavailable", ""),
            status if status.is_client_error() => Self::unreadable("The request cannot be read."),
            status => Self::bug(format!("a library answered {status}")),
        };
        Self {
            status: Some(status),
            ..problem
        }
    }

    /// Names a field and what would be right.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.fields.push(Field {
            field: field.into(),
            detail: detail.into(),
        });
        self
    }

    /// Says when to try again.
    #[must_use]
    pub const fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// What a caller may do about it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Which failure it is.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        self.slug
    }

    /// What happened, for the person in front of it.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The fields that cannot stand.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn status(&self) -> StatusCode {
        self.status.unwrap_or(match self.kind {
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Denied => StatusCode::FORBIDDEN,
            Kind::Exhausted if self.slug == "full" => StatusCode::INSUFFICIENT_STORAGE,
            Kind::Exhausted => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Corrupt | Kind::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        })
    }

    fn title(&self) -> &'static str {
        let known = SLUGS.iter().find(|(slug, ..)| *slug == self.slug);
        debug_assert!(
            known.is_some(),
            "{} is not in the table of problems",
            self.slug
        );
        known.map_or("", |(_, _, title, _)| title)
    }
}

impl Problem {
    fn body(&self, instance: Option<&str>, request_id: Option<&str>) -> Body {
        Body {
            kind: format!("urn:betang:problem:{}", self.slug),
            title: self.title(),
            status: self.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.map(str::to_owned),
            request_id: request_id.map(str::to_owned),
            errors: self.fields.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, axum::Json(self.body(None, None))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Whoever knows the request tells it, in [`complete`].
        response.extensions_mut().insert(self);
        response
    }
}

/// The content type of every failure.
const PROBLEM_TYPE: &str = "application/problem+json";

const PROBLEM: HeaderValue = HeaderValue::from_static(PROBLEM_TYPE);

/// Says in a failure which request it answers, and turns a failure that is only
/// text (a library's) into a problem.
pub fn complete(mut response: Response, instance: &str, request_id: &str) -> Response {
    let known = response.extensions_mut().remove::<Problem>();
    let problem = match known {
        Some(problem) => problem,
        None if is_bare_text(&response) => {
            let of_library = Problem::of_status(response.status());
            let kept = std::mem::replace(&mut response, of_library.clone().into_response());
            // Such as `Allow`, which says what to do instead.
            for (name, value) in kept.headers() {
                if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
                    response.headers_mut().append(name, value.clone());
                }
            }
            response.extensions_mut().remove::<Problem>();
            of_library
        }
        None => return response,
    };
    let body = problem.body(Some(instance), Some(request_id));
    let Ok(bytes) = serde_json::to_vec(&body) else {
        return response;
    };
    // Of the body that was there: how long it was, and how it was packed.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().remove(header::CONTENT_ENCODING);
    *response.body_mut() = AnswerBody::from(bytes);
    response
}

/// A failure with nothing in it that a program could read.
fn is_bare_text(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    is_text && (response.status().is_client_error() || response.status().is_server_error())
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error.kind() {
            Kind::NotFound => Self::not_found("not-found", "It is not there."),
            Kind::Conflict => Self::conflict("conflict", error.to_string()),
            Kind::Exhausted => Self::exhausted(
                "full",
                "The disk is full. Nothing was written; what was there can be read.",
            ),
            Kind::Unavailable => {
                tracing::error!(%error, "the database did not answer");
                Self::unavailable(
                    "unavailable",
                    "The database does not answer. Nothing was lost.",
                )
                .retry_after_s(5)
            }
            Kind::Corrupt => {
                tracing::error!(%error, "what was kept is corrupt");
                Self::new(
                    Kind::Corrupt,
                    "corrupt",
                    "What was kept cannot be read. Tell the operator.",
                )
            }
            Kind::Invalid | Kind::Denied | Kind::Bug => Self::bug(error.to_string()),
        }
    }
}

/// A JSON body; a wrong one is answered by a problem.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

/// A query string; a wrong one is answered by a problem.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

/// Parts of the path; wrong ones are answered by a problem.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(Sent(body))) => Ok(Self(body)),
            Err(rejection) => Err(Problem::from(rejection)),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(Sent(query))) => Ok(Self(query)),
            Err(rejection) => Err(Problem::from(rejection)),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(Sent(path))) => Ok(Self(path)),
            Err(rejection) => Err(Problem::from(rejection)),
        }
    }
}

/// What a reader of JSON or of a query complains of, without what it quotes: whoever types a
/// number of a person into the wrong place is told where, and no log of answers holds it.
fn unquoted(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut digits = String::new();
    let mut is_quoted = false;
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if !is_quoted {
            said.push_str(if digits.len() < LONG { &digits } else { "…" });
        }
        digits.clear();
        match letter {
            '\0' => break,
            '"' if is_quoted => said.push_str("…\""),
            '"' => said.push('"'),
            _ if is_quoted => {}
            letter => said.push(letter),
        }
        is_quoted ^= letter == '"';
    }
    said
}

/// Digits in a row from which on a number may be somebody's.
const LONG: usize = 8;

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match &rejection {
            JsonRejection::MissingJsonContentType(_) => Self::media_type("application/json"),
            JsonRejection::JsonDataError(_) => {
                Self::invalid("form", unquoted(&rejection.body_text()))
            }
            _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::unreadable(unquoted(&rejection.body_text())),
        }
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::invalid("form", error.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid("query", unquoted(&rejection.body_text()))
    }
}

impl From<PathRejection> for Problem {
    /// What cannot be a name names nothing.
    fn from(rejection: PathRejection) -> Self {
        Self::not_found("not-found", rejection.body_text())
    }
}

impl Problem {
    /// It is not even of the form that it should have (400).
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self {
            status: Some(StatusCode::BAD_REQUEST),
            ..Self::invalid("bad-request", detail)
        }
    }
}

/// Something was made (201), and here it is.
pub fn created(location: &str, body: impl IntoResponse) -> Response {
    let mut response = (StatusCode::CREATED, body).into_response();
    set(response.headers_mut(), header::LOCATION, location);
    response
}

/// Something has begun (202) that goes on by itself, and here it is.
pub fn accepted(body: impl IntoResponse) -> Response {
    (StatusCode::ACCEPTED, body).into_response()
}

/// Something was made (201) whose description is text of that type.
pub fn created_as(location: &str, content_type: &str, body: String) -> Response {
    let mut response = created(location, body);
    set(response.headers_mut(), header::CONTENT_TYPE, content_type);
    response
}

/// Something was made, as a number that can be kept.
pub const CREATED: i64 = 201;

/// The status of what was begun, as answers are kept.
pub const ACCEPTED: i64 = 202;

/// An answer that was kept as a number and JSON, once more.
///
/// # Errors
/// If the number is no status or the location no header value.
pub fn answered(status: i64, location: Option<&str>, body: String) -> Result<Response, Problem> {
    let status = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(|| store::Error::corrupt("a kept status"))?;
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let mut answer = (status, kind, body).into_response();
    if let Some(location) = location {
        let value = location
            .parse()
            .map_err(|_| Problem::bug("a location is no header value"))?;
        answer.headers_mut().insert(header::LOCATION, value);
    }
    Ok(answer)
}

/// It is done and there is nothing to say (204).
#[must_use]
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Bytes of a type, with headers of their own.
pub fn file(
    content_type: &str,
    bytes: bytes::Bytes,
    headers: &[(&'static str, String)],
) -> Response {
    let mut response = bytes.into_response();
    set(response.headers_mut(), header::CONTENT_TYPE, content_type);
    for (name, value) in headers {
        set(response.headers_mut(), HeaderName::from_static(name), value);
    }
    response
}

/// Some octets of a film, for a player that asks for it piece by piece (206, RFC 9110
/// §15.3.7). Nobody keeps it.
#[must_use]
pub fn part(content_type: &str, bytes: bytes::Bytes, from: u64, size: u64) -> Response {
    let mut response = piece(bytes, from, size);
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        set(response.headers_mut(), name, value);
    }
    response
}

/// None of the octets that were asked for are there (416, RFC 9110 §15.5.17).
#[must_use]
pub fn beyond(size: u64) -> Problem {
    Problem {
        status: Some(StatusCode::RANGE_NOT_SATISFIABLE),
        ..Problem::invalid("range", format!("There are {size} octets."))
    }
}

/// A part of something longer (206, RFC 9110 §15.3.7).
pub(crate) fn piece(bytes: bytes::Bytes, from: u64, size: u64) -> Response {
    let to = from + u64::try_from(bytes.len()).unwrap_or(0).saturating_sub(1);
    let range = format!("bytes {from}-{to}/{size}");
    let mut response = file(
        "application/octet-stream",
        bytes,
        &[("content-range", range)],
    );
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response
}

/// Bytes of a type, unless the asker says that it has the same already (304). The
/// tag is their SHA-256, and weak, since the answer may be packed on its way (RFC
/// 9110 §8.8.1). Asked about each time, kept by nobody but the one who asked.
#[must_use]
pub fn unless_same(asked: &HeaderMap, content_type: &str, bytes: bytes::Bytes) -> Response {
    let hash = crate::audit::hex(digest(&SHA256, &bytes).as_ref());
    let has_it = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|had| opaque(had) == hash));
    let mut response = if has_it {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file(content_type, bytes, &[])
    };
    let tag = format!("W/\"{hash}\"");
    set(response.headers_mut(), header::ETAG, &tag);
    let kept = "private, no-cache";
    set(response.headers_mut(), header::CACHE_CONTROL, kept);
    response
}

/// What a tag says under weak comparison.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"')
}

/// A value that no header can carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_same_already_is_not_sent_it_again() {
        let ask = |tag: Option<&str>| {
            let mut asked = HeaderMap::new();
            if let Some(tag) = tag {
                set(&mut asked, header::IF_NONE_MATCH, tag);
            }
            unless_same(&asked, "text/plain", "ramin".into())
        };
        let first = ask(None);
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().expect("text");
        let strong = tag.trim_start_matches("W/").to_owned();
        for same in [tag.to_owned(), strong, format!("\"x\", {tag}")] {
            let again = ask(Some(&same));
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{same}");
            assert_eq!(again.headers()[header::ETAG], tag);
        }
        assert_eq!(ask(Some("\"x\"")).status(), StatusCode::OK);
    }

    #[test]
    fn what_lies_behind_a_bug_stays_inside() {
        let response = Problem::bug("SELECT secret FROM hall_login").into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(Problem::bug("x").detail, "");
    }

    async fn read(response: Response) -> serde_json::Value {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16)
            .await
            .expect("a body");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[tokio::test]
    async fn a_failure_says_which_request_it_answers() {
        let problem = Problem::invalid("form", "No.").field("name", "cannot be empty");
        let told = complete(problem.into_response(), "/api/v1/staff", "ab12");
        assert_eq!(told.headers()[header::CONTENT_TYPE], PROBLEM);
        let body = read(told).await;
        assert_eq!(body["instance"], "/api/v1/staff");
        assert_eq!(body["request_id"], "ab12");
        assert_eq!(body["errors"][0]["field"], "name");
    }

    #[tokio::test]
    async fn a_failure_of_a_library_becomes_a_problem_and_an_answer_stays() {
        for (status, slug) in [(413, "too-large"), (405, "method"), (500, "bug")] {
            let status = StatusCode::from_u16(status).expect("a status");
            let bare = (status, [(header::ALLOW, "GET")], "length limit exceeded");
            let told = complete(bare.into_response(), "/x", "ab12");
            assert_eq!(told.status(), status);
            assert_eq!(told.headers()[header::ALLOW], "GET");
            assert_eq!(told.headers()[header::CONTENT_TYPE], PROBLEM);
            let body = read(told).await;
            assert_eq!(body["type"], format!("urn:betang:problem:{slug}"));
            assert_eq!(body["status"], status.as_u16());
        }
        let mut packed = Problem::not_found("area", "none").into_response();
        set(packed.headers_mut(), header::CONTENT_ENCODING, "gzip");
        let packed = complete(packed, "/x", "ab12");
        assert!(!packed.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(read(packed).await["status"], 404);
        let plain = complete("ok".into_response(), "/x", "ab12");
        assert_eq!(plain.status(), StatusCode::OK);
        let bytes = axum::body::to_bytes(plain.into_body(), 16).await;
        assert_eq!(bytes.expect("a body"), "ok");
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_said_to_be_so() {
        use axum::extract::DefaultBodyLimit;
        use tower::ServiceExt as _;

        #[derive(serde::Deserialize)]
        struct Form {
            n: u8,
        }
        async fn takes(Path(_): Path<u8>, Query(_): Query<Form>, Json(form): Json<Form>) -> String {
            form.n.to_string()
        }
        let app = axum::Router::new()
            .route("/{n}", axum::routing::post(takes))
            .layer(DefaultBodyLimit::max(32));
        let long = format!("{{\"n\": 1, \"x\": \"{}\"}}", "x".repeat(32));
        for (path, kind, body, status, slug) in [
            ("/1?n=1", "application/json", "{\"n\": 1}", 200, ""),
            ("/x?n=1", "application/json", "{\"n\": 1}", 404, "not-found"),
            ("/1?n=x", "application/json", "{\"n\": 1}", 422, "query"),
            (
                "/1?n=1&t=%00",
                "application/json",
                "{\"n\": 1}",
                422,
                "query",
            ),
            ("/1?n=1", "application/json", "[1]", 422, "form"),
            ("/1?n=1", "application/json", "{\"n\"", 400, "bad-request"),
            ("/1?n=1", "application/json", "{\"n\": \"x\"}", 422, "form"),
            ("/1?n=1", "text/plain", "{\"n\": 1}", 415, "media-type"),
            ("/1?n=1", "application/json", &long, 413, "too-large"),
        ] {
            let request = Request::post(path)
                .header(header::CONTENT_TYPE, kind)
                .body(AnswerBody::from(body.to_owned()))
                .expect("a request");
            let answer = app.clone().oneshot(request).await.expect("infallible");
            assert_eq!(answer.status().as_u16(), status, "{path} {body}");
            if status != 200 {
                assert_eq!(answer.headers()[header::CONTENT_TYPE], PROBLEM);
                let kind = read(answer).await["type"].clone();
                assert_eq!(kind, format!("urn:betang:problem:{slug}"), "{path} {body}");
            }
        }
    }
}
