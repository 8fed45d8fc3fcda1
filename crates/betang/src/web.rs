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
    if is_program(path) {
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
    if is_file(name) {
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

/// Whether a path names a file: its end has an ending with a letter in it. The code of a
/// village has dots, and none.
fn is_file(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    let ending = last.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|it| it.chars().any(|c| c.is_ascii_alphabetic()))
}

/// Whether only programs ask there: they want a problem and no page.
fn is_program(path: &str) -> bool {
    ["/api", "/whep"].iter().any(|root| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether a browser takes an encoding (RFC 9110 §12.5.3): named, and not with a
/// weight of zero.
fn takes(accepts: &str, encoding: &str) -> bool {
    accepts.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let named = words
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = words
            .filter_map(|word| word.strip_prefix("q="))
            .any(|weight| weight.parse() == Ok(0.0_f32));
        named && !refused
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
        .filter(|(encoding, _)| takes(accepts, encoding))
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
        .header(header::CACHE_CONTROL, caching)
        .header(header::VARY, "accept-encoding");
    // What is asked for anew each time is sent anew only when it is another. Weak: the
    // packed forms are the same page. What never changes is not asked for again, and a
    // phone pays for each octet of a header that nobody reads.
    if !immutable {
        let tag = format!("W/\"{}\"", hash_of(&found.metadata.sha256_hash()));
        let known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
        answer = answer.header(header::ETAG, tag);
        if known {
            return answer
                .status(StatusCode::NOT_MODIFIED)
                .body(Body::empty())
                .ok();
        }
    }
    answer = answer.header(header::CONTENT_TYPE, content_type(name));
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
    App::get(SHELL).map_or_else(Vec::new, |shell| {
        scripts(&String::from_utf8_lossy(&shell.data))
            .map(hash)
            .collect()
    })
}

/// The texts of the scripts that stand inside a page.
fn scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

fn hash(script: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes());
    format!("sha256-{}", hash_of(digest.as_ref()))
}

fn hash_of(digest: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_only_what_it_takes() {
        assert!(takes("gzip, deflate, br", "br"));
        assert!(takes("gzip;q=0.5, BR;q=1.0", "br"));
        assert!(!takes("gzip, br;q=0", "br"));
        assert!(!takes("gzip, br; q=0.000", "br"));
        assert!(!takes("brotli", "br"));
        assert!(!takes("", "gzip"));
    }

    #[test]
    fn programs_get_no_page() {
        for path in ["/api", "/api/", "/api/v1/none", "/whep", "/whep/x"] {
            assert!(is_program(path), "{path}");
        }
        for path in ["/", "/kamera", "/apinya", "/whepping/x"] {
            assert!(!is_program(path), "{path}");
        }
    }

    #[test]
    fn the_code_of_a_village_is_no_file() {
        for path in ["favicon.ico", "a/b.js", "a.b/c.webmanifest", "peta/x.1a"] {
            assert!(is_file(path), "{path}");
        }
        for path in [
            "",
            "desa",
            "desa/62.11.01.2001",
            "desa/62.11.01.2001/",
            "a.js/b",
        ] {
            assert!(!is_file(path), "{path}");
        }
    }

    #[test]
    fn scripts_inside_the_page_are_known_by_their_hash() {
        let page = "<head><script src=\"/a.js\"></script><script type=\"module\">start();</script>\
                    <script>\n  two();\n</script></head>";
        let found: Vec<_> = scripts(page).collect();
        assert_eq!(found, ["start();", "\n  two();\n"]);
        // The example of CSP Level 3 for a hash of a script.
        assert_eq!(
            hash("alert('Hello, world.');"),
            "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
        );
    }

    #[tokio::test]
    async fn a_missing_file_is_not_answered_by_a_page() {
        let ask = async |method: Method, path: &str| {
            let uri = path.parse().expect("a path");
            page(method, uri, HeaderMap::new()).await
        };
        let missing = ask(Method::GET, "/_app/immutable/none.js").await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        let found = ask(Method::GET, "/kamera/videowall").await;
        assert_eq!(found.status(), StatusCode::OK);
        let kind = found.headers()[header::CONTENT_TYPE].to_str();
        assert!(kind.is_ok_and(|kind| kind.starts_with("text/html")));
        assert_eq!(found.headers()[header::CACHE_CONTROL], "no-cache");
        let wrong = ask(Method::POST, "/kamera").await;
        assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
        let program = ask(Method::GET, "/api/v1/none").await;
        assert_eq!(program.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_page_that_the_browser_has_is_not_sent_again() {
        let Some(first) = file(SHELL, &HeaderMap::new()) else {
            assert!(App::get(SHELL).is_none(), "built without the web app");
            return;
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let again = file(SHELL, &headers).expect("an answer");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}
