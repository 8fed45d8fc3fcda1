//! Failures on their way out: RFC 9457 problem details.
//!
//! The only file that knows HTTP status codes. A [`Kind`] says what a caller may
//! do about a failure; the slug says which one it is and stays the same for good;
//! the detail is for the person in front of it. What lies behind a bug or a
//! corruption goes to the log and never out.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::kind::Kind;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

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
pub struct Field {
    /// Its name, dotted where it lies deeper.
    pub field: String,
    /// What would be right.
    pub detail: String,
}

/// The body of every failure, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
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
    /// One entry per field that cannot stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Field>,
}

/// Every slug: its kind, and its title in Indonesian and English.
pub const SLUGS: &[(&str, Kind, &str, &str)] = &[
    (
        "agency",
        Kind::NotFound,
        "OPD tidak ditemukan",
        "No such agency",
    ),
    (
        "agency-cycle",
        Kind::Conflict,
        "OPD tidak dapat berada di bawah dirinya sendiri",
        "An agency cannot lie below itself",
    ),
    (
        "agency-taken",
        Kind::Conflict,
        "Nama OPD sudah ada di sana",
        "The agency's name is taken there",
    ),
    (
        "area",
        Kind::NotFound,
        "Wilayah tidak ditemukan",
        "No such area",
    ),
    (
        "bad-request",
        Kind::Invalid,
        "Permintaan tidak terbaca",
        "The request cannot be read",
    ),
    ("bug", Kind::Bug, "Kesalahan sistem", "The house is wrong"),
    (
        "busy",
        Kind::Exhausted,
        "Sedang sibuk",
        "Busy at the moment",
    ),
    (
        "camera",
        Kind::NotFound,
        "Kamera tidak ditemukan",
        "No such camera",
    ),
    (
        "camera-silent",
        Kind::Unavailable,
        "Kamera tidak menjawab sebagaimana mestinya",
        "The camera does not answer as it should",
    ),
    (
        "closing",
        Kind::Unavailable,
        "Layanan sedang ditutup",
        "The house is closing",
    ),
    (
        "codec",
        Kind::Conflict,
        "Format gambar tidak dapat diputar",
        "The codec cannot be played",
    ),
    (
        "conflict",
        Kind::Conflict,
        "Bertentangan dengan data yang ada",
        "It contradicts what is there",
    ),
    (
        "corrupt",
        Kind::Corrupt,
        "Data tersimpan rusak",
        "What was kept is corrupt",
    ),
    (
        "cross-site",
        Kind::Denied,
        "Permintaan dari situs lain ditolak",
        "Refused from another site",
    ),
    (
        "exhausted",
        Kind::Exhausted,
        "Batas tercapai",
        "A limit is reached",
    ),
    (
        "first-code",
        Kind::Denied,
        "Kode sekali pakai tidak berlaku",
        "The one-time code does not count",
    ),
    (
        "form",
        Kind::Invalid,
        "Isian belum benar",
        "Some fields cannot stand",
    ),
    (
        "full",
        Kind::Exhausted,
        "Penyimpanan penuh",
        "The disk is full",
    ),
    (
        "idempotency",
        Kind::Conflict,
        "Kunci permintaan sudah dipakai",
        "The idempotency key was used for something else",
    ),
    ("in-use", Kind::Conflict, "Masih dipakai", "Still in use"),
    (
        "last-admin",
        Kind::Conflict,
        "Admin terakhir tidak dapat dihapus",
        "The last admin cannot go",
    ),
    (
        "layer",
        Kind::NotFound,
        "Lapisan gambar tidak ada",
        "No such layer",
    ),
    (
        "login",
        Kind::Denied,
        "Nama pengguna atau kata sandi salah",
        "Wrong name or password",
    ),
    (
        "media-type",
        Kind::Invalid,
        "Jenis isi tidak didukung",
        "This content type is not read here",
    ),
    (
        "method",
        Kind::Invalid,
        "Metode tidak didukung di sini",
        "This method is not served here",
    ),
    (
        "no-picture",
        Kind::Unavailable,
        "Belum ada gambar",
        "There is no picture now",
    ),
    (
        "not-a-session",
        Kind::Conflict,
        "Ini bukan sesi peramban",
        "This is no session",
    ),
    (
        "not-allowed",
        Kind::Denied,
        "Tidak berwenang",
        "Not allowed",
    ),
    ("not-found", Kind::NotFound, "Tidak ditemukan", "Not found"),
    (
        "not-signed-in",
        Kind::Denied,
        "Belum masuk",
        "Not signed in",
    ),
    (
        "not-yours-to-give",
        Kind::Denied,
        "Melebihi wewenang Anda",
        "More than you may give",
    ),
    (
        "offer",
        Kind::Invalid,
        "Penawaran WebRTC tidak terbaca",
        "The offer cannot be answered",
    ),
    (
        "once-only",
        Kind::Conflict,
        "Sudah dibuat dan hanya ditampilkan sekali",
        "Made already, and shown once only",
    ),
    (
        "outline",
        Kind::Invalid,
        "Batas wilayah tidak terbaca",
        "The outlines cannot be read",
    ),
    (
        "person",
        Kind::NotFound,
        "Orang tidak ditemukan",
        "No such person",
    ),
    (
        "query",
        Kind::Invalid,
        "Parameter belum benar",
        "A parameter cannot stand",
    ),
    (
        "rate",
        Kind::Exhausted,
        "Terlalu banyak percobaan",
        "Too many attempts",
    ),
    (
        "session",
        Kind::NotFound,
        "Sesi tidak ditemukan",
        "No such session",
    ),
    (
        "session-needed",
        Kind::Denied,
        "Perlu masuk dengan kata sandi",
        "A session is needed",
    ),
    (
        "set-up-already",
        Kind::Conflict,
        "Admin pertama sudah ada",
        "The first admin is there already",
    ),
    (
        "short-taken",
        Kind::Conflict,
        "Nama pendek sudah dipakai",
        "The short name is taken",
    ),
    (
        "stream",
        Kind::Unavailable,
        "Aliran sedang disiapkan",
        "The stream is being set up",
    ),
    (
        "token",
        Kind::NotFound,
        "Token tidak ditemukan",
        "No such token",
    ),
    (
        "tokens",
        Kind::Exhausted,
        "Token sudah terlalu banyak",
        "Too many tokens",
    ),
    (
        "too-large",
        Kind::Invalid,
        "Isi terlalu besar",
        "The body is too large",
    ),
    (
        "unavailable",
        Kind::Unavailable,
        "Layanan belum dapat menjawab",
        "Something that is needed does not answer",
    ),
    (
        "undecodable",
        Kind::Unavailable,
        "Gambar tidak dapat dibaca",
        "The picture cannot be decoded",
    ),
    (
        "username-taken",
        Kind::Conflict,
        "Nama pengguna sudah dipakai",
        "The user name is taken",
    ),
    (
        "viewers",
        Kind::Exhausted,
        "Penonton sudah penuh",
        "Too many viewers",
    ),
    (
        "viewing",
        Kind::NotFound,
        "Tontonan tidak ditemukan",
        "No such viewing",
    ),
];

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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = Body {
            kind: format!("urn:betang:problem:{}", self.slug),
            title: self.title(),
            status: status.as_u16(),
            detail: self.detail,
            errors: self.fields,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
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
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(Problem::from(rejection)),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::from(rejection)),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(rejection) => Err(Problem::from(rejection)),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match &rejection {
            JsonRejection::MissingJsonContentType(_) => Self::media_type("application/json"),
            JsonRejection::JsonDataError(_) => Self::invalid("form", rejection.body_text()),
            _ if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Self {
                status: Some(StatusCode::PAYLOAD_TOO_LARGE),
                ..Self::invalid("too-large", "The body is larger than is read here.")
            },
            _ => Self::unreadable(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid("query", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::unreadable(rejection.body_text())
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

/// Something was made (201) whose description is text of that type.
pub fn created_as(location: &str, content_type: &str, body: String) -> Response {
    let mut response = created(location, body);
    set(response.headers_mut(), header::CONTENT_TYPE, content_type);
    response
}

/// Something was made, as a number that can be kept.
pub const CREATED: i64 = 201;

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

/// A value that no header can carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The page of all problems, as committed in `docs/problems.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Problems\n\nEvery failure of the API is `application/problem+json` (RFC 9457).\n\
         `type` is `urn:betang:problem:<slug>` and does not change; `detail` is for people.\n\
         This page is generated from `crates/hall/src/problem.rs`.\n\n\
         | slug | kind | judul | title |\n|---|---|---|---|\n",
    );
    for (slug, kind, indonesian, english) in SLUGS {
        page.push_str(&format!(
            "| `{slug}` | {kind:?} | {indonesian} | {english} |\n"
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn slugs_are_in_order_and_once() {
        let slugs: Vec<_> = SLUGS.iter().map(|(slug, ..)| *slug).collect();
        let sorted: BTreeSet<_> = slugs.iter().copied().collect();
        assert_eq!(slugs, sorted.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/problems.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        if committed != page() {
            std::fs::write(path, page()).expect("the page is written");
            panic!("docs/problems.md was stale and has been written anew; commit it");
        }
    }

    #[test]
    fn what_lies_behind_a_bug_stays_inside() {
        let response = Problem::bug("SELECT secret FROM hall_login").into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(Problem::bug("x").detail, "");
    }
}
