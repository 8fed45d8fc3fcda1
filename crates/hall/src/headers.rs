//! What every answer says about how it may be used.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::session::Arrival;

/// Headers of every answer.
#[derive(Debug, Clone)]
pub struct Headers {
    policy: HeaderValue,
}

impl Headers {
    /// With a policy that lets in the scripts that stand inside the shell page:
    /// their hashes (`sha256-…`, CSP Level 3 §2.3.1), and nothing else.
    #[must_use]
    pub fn new(script_hashes: &[String]) -> Self {
        let scripts: String = script_hashes
            .iter()
            .map(|hash| format!(" '{hash}'"))
            .collect();
        // MapLibre sets style attributes on its own elements; style sheets come
        // from here only.
        let policy = format!(
            "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; \
             style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; \
             media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
             manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
        Self {
            policy: HeaderValue::from_str(&policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }

    /// Sets them on one answer.
    pub async fn set(self, request: Request, next: Next) -> Response {
        let tls = Arrival::of(request.extensions()).tls;
        let mut response = next.run(request).await;
        let headers = response.headers_mut();
        let fixed = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy);
        if tls {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
        response
    }
}
