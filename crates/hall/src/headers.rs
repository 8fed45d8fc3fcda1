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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::HeaderMap;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn answered(tls: bool) -> HeaderMap {
        let headers = Headers::new(&["sha256-abc=".to_owned()]);
        let app =
            Router::new()
                .route("/", get(async || "ok"))
                .layer(from_fn(move |request, next| {
                    headers.clone().set(request, next)
                }));
        let mut request = Request::new(Body::empty());
        let arrival = Arrival {
            tls,
            ..Arrival::default()
        };
        request.extensions_mut().insert(arrival);
        let answer = app.oneshot(request).await.expect("infallible");
        answer.headers().clone()
    }

    #[tokio::test]
    async fn scripts_come_from_here_and_by_their_hash_and_nothing_from_elsewhere() {
        let headers = answered(false).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        let rules: Vec<_> = policy.split(';').map(str::trim).collect();
        assert!(rules.contains(&"default-src 'none'"), "{policy}");
        assert!(
            rules.contains(&"script-src 'self' 'sha256-abc='"),
            "{policy}"
        );
        assert!(rules.contains(&"style-src 'self'"), "{policy}");
        for rule in rules {
            assert!(!rule.contains("http") && !rule.contains('*'), "{rule}");
            assert!(!rule.contains("unsafe-eval"), "{rule}");
            assert!(
                !rule.contains("unsafe-inline") || rule.starts_with("style-src-attr"),
                "{rule}"
            );
        }
    }

    #[tokio::test]
    async fn a_browser_is_held_to_tls_only_where_there_is_some() {
        assert!(
            !answered(false)
                .await
                .contains_key(header::STRICT_TRANSPORT_SECURITY)
        );
        assert!(
            answered(true)
                .await
                .contains_key(header::STRICT_TRANSPORT_SECURITY)
        );
    }
}
