//! The web app, embedded.
//!
//! The build leaves each file beside its `.br` and `.gz`; the one that the
//! browser takes is sent as it is. Names with a hash in them never change; the
//! shell page is asked for anew each time. A page route is answered by the shell,
//! which finds the page itself; the API is never answered by a page.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hall::problem::Problem;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/build"]
#[allow_missing = true]
struct App;

const SHELL: &str = "index.html";

/// What is shown when the program was built without the web app.
const UNBUILT: &str = "<!doctype html><html lang=\"id\"><meta charset=\"utf-8\">\
<title>betang</title><body><h1>betang berjalan</h1>\
<p>Aplikasi web belum dibangun. Jalankan <code>./run</code>, atau \
<code>npm ci &amp;&amp; npm run build</code> di folder <code>web</code>, \
lalu bangun ulang programnya.</p>\
<p lang=\"en\">The web app has not been built. Run <code>./run</code>, or \
<code>npm ci &amp;&amp; npm run build</code> in <code>web</code> and build the program again.</p>";

/// Answers what no route has.
pub(crate) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let is_page = !["/api/", "/whep/"].iter().any(|api| path.starts_with(api));
    if !is_page {
        return Problem::no_route().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::no_method().into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(answer) = file(name, &headers) {
        return answer;
    }
    // A file that is not there is not a page.
    if name
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'))
    {
        return Problem::no_route().into_response();
    }
    file(SHELL, &headers).unwrap_or_else(|| {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (headers, UNBUILT).into_response()
    })
}

fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    if name.is_empty() {
        return None;
    }
    let accepts = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts.contains(encoding))
        .find_map(|(encoding, suffix)| Some((encoding, App::get(&format!("{name}.{suffix}"))?)));
    let (encoding, found) = match packed {
        Some((encoding, found)) => (Some(encoding), found),
        None => (None, App::get(name)?),
    };
    let immutable = name.starts_with("_app/immutable/");
    let caching = if immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut answer = Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, content_type(name))
        .header(header::CACHE_CONTROL, caching)
        .header(header::VARY, "accept-encoding");
    if let Some(encoding) = encoding {
        answer = answer.header(header::CONTENT_ENCODING, encoding);
    }
    answer.body(Body::from(found.data)).ok()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// The hashes of the scripts that stand inside the shell page, as the content
/// security policy names them.
pub(crate) fn script_hashes() -> Vec<String> {
    let Some(shell) = App::get(SHELL) else {
        return Vec::new();
    };
    let page = String::from_utf8_lossy(&shell.data).into_owned();
    page.split("<script")
        .skip(1)
        .filter_map(|rest| {
            let (attributes, rest) = rest.split_once('>')?;
            let (script, _) = rest.split_once("</script>")?;
            (!attributes.contains("src=")).then(|| hash(script))
        })
        .collect()
}

fn hash(script: &str) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes());
    let text = base64::engine::general_purpose::STANDARD.encode(digest.as_ref());
    format!("sha256-{text}")
}
