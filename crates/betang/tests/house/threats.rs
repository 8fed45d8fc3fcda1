//! What somebody who means harm tries at every door: the doors are those of the
//! description of the API, so that a new one is tried as well.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use reqwest::{Client, Method, Response};
use serde_json::{Value as Json, json};

use crate::running::{BETANG, House, PASSWORD, data, serve, within};

/// Every operation as the program itself describes it: method, path, what it says.
fn operations() -> Vec<(Method, String, Json)> {
    let description = description();
    let paths = description["paths"].as_object().expect("paths");
    let all: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let operations = item.as_object().expect("operations").iter();
            operations.filter_map(move |(method, operation)| {
                let method = method.to_uppercase().parse().ok()?;
                Some((method, path.clone(), operation.clone()))
            })
        })
        .collect();
    assert!(all.len() > 150, "only {} operations", all.len());
    all
}

fn description() -> Json {
    let printed = std::process::Command::new(BETANG)
        .arg("openapi")
        .output()
        .expect("it runs");
    serde_json::from_slice(&printed.stdout).expect("the description")
}

/// A path with something in the place of its parameters.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

async fn slug(answer: Response) -> String {
    let body: Json = answer.json().await.unwrap_or_default();
    let kind = body["type"].as_str().unwrap_or_default();
    kind.rsplit(':').next().unwrap_or_default().to_owned()
}

async fn made(client: &Client, house: &House, path: &str, body: Json) -> Json {
    let answer = client.post(house.at(path)).json(&body).send().await;
    let answer = answer.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("text");
    assert_eq!(status, 201, "{path}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn every_answer_says_that_it_runs_nothing_and_tells_nobody_where_one_was() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let admin = house.admin().await;
    let strange = [
        ("/", Method::GET),
        ("/kamera", Method::GET),
        ("/x/y", Method::GET),
    ];
    let strange = strange.map(|(path, method)| (method, path.to_owned(), Json::Null));
    for (method, path, _) in operations().into_iter().chain(strange) {
        // A stream of events has no end, and a logout would end this walk.
        if path == "/api/v1/live" || (path == "/api/v1/session" && method == Method::DELETE) {
            continue;
        }
        let asked = admin.request(method.clone(), house.at(&filled(&path)));
        let asked = asked.header("content-type", "application/json").body("{}");
        let answer = within(asked.send()).await.expect("an answer");
        let at = format!("{method} {path}");
        let header = |name: &str| {
            let value = answer.headers().get(name);
            let value = value.unwrap_or_else(|| panic!("{at} says nothing of {name}"));
            value.to_str().expect("text").to_owned()
        };
        assert_eq!(header("x-content-type-options"), "nosniff", "{at}");
        assert_eq!(header("referrer-policy"), "same-origin", "{at}");
        assert_eq!(header("x-frame-options"), "DENY", "{at}");
        assert_eq!(
            header("cross-origin-resource-policy"),
            "same-origin",
            "{at}"
        );
        let policy = header("content-security-policy");
        let rules: BTreeSet<_> = policy.split(';').map(str::trim).collect();
        for rule in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(rules.contains(rule), "{at}: {policy}");
        }
        let scripts = rules.iter().find(|rule| rule.starts_with("script-src "));
        let scripts = scripts.unwrap_or_else(|| panic!("{at}: {policy}"));
        assert!(
            !scripts.contains("unsafe") && !scripts.contains('*'),
            "{at}: {policy}"
        );
        let kind = answer.headers().get("content-type");
        let kind = kind
            .map_or("", |kind| kind.to_str().expect("text"))
            .to_owned();
        let is_page = kind.starts_with("text/html");
        assert!(!is_page || !path.starts_with("/api"), "{at}: {kind}");
        for wrong in ["javascript", "svg", "xhtml", "text/xml"] {
            assert!(!kind.contains(wrong), "{at}: {kind}");
        }
    }
}

#[test]
fn nothing_that_is_handed_out_is_of_a_kind_that_runs() {
    let harmless = [
        "application/geo+json",
        "application/json",
        "application/octet-stream",
        "application/pdf",
        "application/problem+json",
        "application/sdp",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/x-x509-ca-cert",
        "image/jpeg",
        "image/png",
        "text/csv",
        "text/event-stream",
        "text/plain",
        "video/mp4",
    ];
    let mut kinds = BTreeSet::new();
    for (method, path, operation) in operations() {
        for answer in operation["responses"]
            .as_object()
            .expect("answers")
            .values()
        {
            for kind in answer["content"].as_object().into_iter().flatten() {
                let (kind, _) = kind;
                let bare = kind.split(';').next().unwrap_or_default();
                assert!(harmless.contains(&bare), "{method} {path}: {kind}");
                kinds.insert(bare.to_owned());
            }
        }
    }
    assert!(
        kinds.contains("image/png") && kinds.contains("text/csv"),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn no_other_site_makes_a_browser_change_anything() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let admin = house.admin().await;
    let mut tried = 0;
    for (method, path, _) in operations() {
        if method.is_safe() {
            continue;
        }
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let asked = admin.request(method.clone(), house.at(&filled(&path)));
            let asked = asked
                .header(name, value)
                .header("content-type", "text/plain");
            let answer = asked.body("{}").send().await.expect("an answer");
            let status = answer.status().as_u16();
            let slug = slug(answer).await;
            assert_eq!(
                (status, slug.as_str()),
                (403, "cross-site"),
                "{method} {path} {value}"
            );
            tried += 1;
        }
    }
    assert!(tried > 300, "only {tried}");
    let still = admin.get(house.at("/api/v1/session")).send().await;
    assert_eq!(
        still.expect("an answer").status(),
        200,
        "nobody was logged out"
    );
}

#[test]
fn what_a_body_does_not_name_is_not_taken() {
    let description = description();
    let resolved = |value: &Json| {
        let mut value = value.clone();
        while let Some(name) = value["$ref"].as_str() {
            let pointer = name.trim_start_matches('#').to_owned();
            value = description.pointer(&pointer).expect("it is there").clone();
        }
        value
    };
    let mut open = BTreeSet::new();
    let mut closed = 0;
    for (method, path, operation) in operations() {
        let body = resolved(&operation["requestBody"]);
        let Some(schema) = body.pointer("/content/application~1json/schema") else {
            continue;
        };
        if resolved(schema)["additionalProperties"] == json!(false) {
            closed += 1;
        } else {
            open.insert(format!("{method} {path}"));
        }
    }
    assert!(closed > 80, "only {closed}");
    // Written by programs of others, who put in what they like.
    let others = [
        "POST /api/v1/areas/outlines",
        "POST /api/v1/monitoring/device/{uuid}/",
    ];
    assert_eq!(open, others.map(str::to_owned).into());
}

#[tokio::test]
async fn a_list_is_not_asked_for_more_than_it_gives_and_a_body_has_an_end() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let admin = house.admin().await;
    let long = format!("{{\"name\":\"{}\"}}", "a".repeat(3 << 20));
    let (mut lists, mut bodies) = (0, 0);
    for (method, path, operation) in operations() {
        let parameters = operation["parameters"].as_array();
        let names = parameters
            .into_iter()
            .flatten()
            .map(|it| it["name"].as_str());
        if method == Method::GET && !path.contains('{') && names.flatten().any(|it| it == "limit") {
            for limit in ["0", "-1", "5001", "4294967296", "x"] {
                let url = format!("{}?limit={limit}", house.at(&path));
                let answer = admin.get(url).send().await.expect("an answer");
                assert_eq!(answer.status(), 422, "{path} {limit}");
            }
            lists += 1;
        }
    }
    // These come last: lines on which a body broke off are closed, and are nobody's to reuse.
    for (method, path, operation) in operations() {
        let at = format!("{method} {path}");
        let of_json = operation.pointer("/requestBody/content/application~1json");
        if of_json.is_some() && (path != "/api/v1/session" || method != Method::DELETE) {
            let asked = admin.request(method, house.at(&filled(&path)));
            let asked = asked.header("content-type", "application/json");
            let answer = within(asked.body(long.clone()).send()).await;
            // Whoever closes the line while it is still written has taken no more of it.
            if let Ok(answer) = answer {
                let status = answer.status().as_u16();
                assert!((400..500).contains(&status), "{at}: {status}");
            }
            bodies += 1;
        }
    }
    assert!(lists > 20 && bodies > 80, "{lists} lists, {bodies} bodies");
}

/// What spreadsheets take for the beginning of a formula, by the advice of OWASP.
fn would_run(cell: &str) -> bool {
    let number = cell.parse::<f64>().is_ok_and(f64::is_finite);
    let begins = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    !number && (cell.starts_with(['\t', '\r', '\n']) || cell.trim().starts_with(begins))
}

#[tokio::test]
async fn no_table_that_leaves_the_house_holds_a_formula() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let admin = house.admin().await;
    for (i, name) in [
        "=HYPERLINK(\"http://evil.example\")",
        "@SUM(A1)",
        "\t=1+1",
        "＝1+1",
    ]
    .into_iter()
    .enumerate()
    {
        let agency = made(&admin, &house, "/api/v1/agencies", json!({ "name": name })).await;
        let body = json!({ "short": format!("kamera-{i}"), "name": format!("-2+3|cmd {i}"),
            "area": "62.71.01", "main": "rtsp://10.0.0.9/main", "agency": agency["id"],
            "contact": { "name": name, "phone": "+62 811|calc" } });
        made(&admin, &house, "/api/v1/cameras", body).await;
    }
    let (mut doors, mut harmless) = (Vec::new(), 0);
    for (method, path, _) in operations() {
        if method != Method::GET || path.contains('{') || path == "/api/v1/live" {
            continue;
        }
        let asked = admin.get(house.at(&path)).header("accept", "text/csv");
        let answer = within(asked.send()).await.expect("an answer");
        let kind = answer.headers().get("content-type");
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv")) {
            continue;
        }
        let saved = answer.headers().get("content-disposition");
        let saved = saved.is_some_and(|it| it.as_bytes().starts_with(b"attachment"));
        assert!(saved, "{path} is shown and not saved");
        let octets = answer.bytes().await.expect("a body");
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(
                octets
                    .strip_prefix("\u{feff}".as_bytes())
                    .unwrap_or(&octets),
            );
        for record in reader.records() {
            for cell in &record.expect("a record") {
                assert!(!would_run(cell), "{path}: {cell:?}");
                harmless += usize::from(cell.starts_with('\''));
            }
        }
        doors.push(path);
    }
    assert!(doors.len() >= 6, "{doors:?}");
    assert!(
        harmless >= 8,
        "{harmless} of those that were put in came out: {doors:?}"
    );
}

#[tokio::test]
async fn nobody_is_made_to_knock_inside_the_house() {
    let (_folder, data) = data();
    let mut command = serve(&data);
    // As it is set up when nobody says anything.
    command.env_remove("BETANG_CAMERA_NETWORKS");
    let house = House::of(command.env("BETANG_ADMIN_PASSWORD", PASSWORD));
    let admin = house.admin().await;
    let own = house.url.rsplit(':').next().expect("a port").to_owned();
    for address in [
        "127.0.0.1:554",
        "localhost:554",
        "[::1]:554",
        "[::ffff:127.0.0.1]:554",
        "169.254.169.254:554",
        "[fd00:ec2::254]:554",
        "[fe80::1]:554",
        "0.0.0.0:554",
        "224.0.0.1:554",
        "2130706433:554",
        "0177.0.0.1:554",
        "0x7f.1:554",
        "127.0.0.1.:554",
        "10.0.0.9:22",
        "10.0.0.9:5432",
        &format!("127.0.0.1:{own}"),
    ] {
        let url = format!("rtsp://{address}/main");
        let probe = admin.post(house.at("/api/v1/cameras/probe"));
        let answer = probe.json(&json!({ "url": url })).send().await;
        assert_eq!(answer.expect("an answer").status(), 422, "{url} is probed");
        for field in ["main", "sub"] {
            let mut body = json!({ "short": "kamera", "name": "Kamera", "area": "62.71.01",
                "main": "rtsp://10.0.0.9/main" });
            body[field] = json!(url);
            let answer = admin.post(house.at("/api/v1/cameras")).json(&body).send();
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.status(), 422, "{url} is registered as {field}");
            let said: Json = answer.json().await.expect("a problem");
            assert_eq!(said["errors"][0]["field"], *field, "{said}");
        }
    }
    let kept: Json = admin
        .get(house.at("/api/v1/cameras"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a list");
    assert_eq!(kept["items"], json!([]), "nothing of it was saved");
    drop(house);

    // The network of this machine let in, the house's own port still is not.
    let house = House::start(&data);
    let admin = house.admin().await;
    let own = house.url.rsplit(':').next().expect("a port").to_owned();
    let probe = |port: String| {
        let url = format!("rtsp://127.0.0.1:{port}/main");
        let asked = admin.post(house.at("/api/v1/cameras/probe"));
        asked.json(&json!({ "url": url })).send()
    };
    assert_eq!(probe(own).await.expect("an answer").status(), 422);
    assert_eq!(
        probe("9".to_owned()).await.expect("an answer").status(),
        503,
        "refused there"
    );
}

/// Every file below a folder.
fn files(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else if path.is_file() {
            into.push(path);
        }
    }
}

#[tokio::test]
async fn no_secret_of_a_day_stands_in_the_log_or_the_data() {
    let (folder, data) = data();
    let log = folder.path().join("log");
    let mut command = serve(&data);
    command
        .env("BETANG_ADMIN_PASSWORD", PASSWORD)
        .env("BETANG_LOG", "debug")
        .stderr(File::create(&log).expect("a file"));
    let mut house = House::of(&mut command);
    let admin = house.admin().await;
    let token = house.token().await;
    let login = |password: &str| {
        let body = json!({ "username": "admin", "password": password });
        Client::new()
            .post(house.at("/api/v1/session"))
            .json(&body)
            .send()
    };
    let entered = login(PASSWORD).await.expect("an answer");
    let cookie = entered.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    let cookie = cookie.split([';', '=']).nth(1).expect("a value").to_owned();
    assert!(cookie.len() > 20, "{cookie}");
    let mistyped = "sandi-yang-salah-ketik-77";
    assert_eq!(login(mistyped).await.expect("an answer").status(), 401);
    let of_camera = "sandi-kamera-jembatan-31";
    let body = json!({ "short": "jembatan", "name": "Jembatan", "area": "62.71.01",
        "main": format!("rtsp://op:{of_camera}@127.0.0.1:9/main"), "always_on": true });
    made(&admin, &house, "/api/v1/cameras", body).await;
    let probed = "sandi-yang-dicoba-saja-52";
    let body = json!({ "url": "rtsp://127.0.0.1:9/x", "username": "op", "password": probed });
    let asked = admin.post(house.at("/api/v1/cameras/probe")).json(&body);
    assert_eq!(asked.send().await.expect("an answer").status(), 503);
    // A token in an address is none: it would stand in the logs of whoever is on the way.
    for query in ["token", "access_token"] {
        let url = format!("{}?{query}={token}", house.at("/api/v1/areas"));
        assert_eq!(
            Client::new()
                .get(url)
                .send()
                .await
                .expect("an answer")
                .status(),
            401
        );
    }
    house.signal("-TERM");
    assert!(house.ended().success());
    let mut all = Vec::new();
    files(folder.path(), &mut all);
    let log_text = std::fs::read_to_string(&log).expect("text");
    assert!(log_text.lines().count() > 10, "it is written: {log_text}");
    assert!(all.len() > 3, "{all:?}");
    for secret in [PASSWORD, &token, &cookie, mistyped, of_camera, probed] {
        for path in &all {
            let octets = std::fs::read(path).expect("octets");
            let found = octets
                .windows(secret.len())
                .any(|it| it == secret.as_bytes());
            assert!(!found, "a secret stands in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_login_takes_no_secret_that_was_brought_along() {
    let (_folder, data) = data();
    let mut command = serve(&data);
    command.env("BETANG_TRUSTED_PROXIES", "127.0.0.1");
    let house = House::of(command.env("BETANG_ADMIN_PASSWORD", PASSWORD));
    let brought = "0".repeat(43);
    let login = |scheme: &'static str| {
        let asked = Client::new().post(house.at("/api/v1/session"));
        asked
            .header("cookie", format!("betang_session={brought}"))
            .header("x-forwarded-for", "10.0.0.9")
            .header("x-forwarded-proto", scheme)
            .json(&json!({ "username": "admin", "password": PASSWORD }))
            .send()
    };
    let mut given = BTreeSet::new();
    for (scheme, secure) in [("http", false), ("https", true)] {
        let entered = login(scheme).await.expect("an answer");
        assert_eq!(entered.status(), 200);
        let set = entered.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(set.contains(part), "{set}");
        }
        assert!(!set.contains("Domain"), "{set}");
        assert_eq!(set.contains("; Secure"), secure, "{set}");
        assert!(!set.contains(&brought), "{set}");
        given.insert(set.split([';', '=']).nth(1).expect("a value").to_owned());
    }
    assert_eq!(given.len(), 2, "each login has a secret of its own");
    let asked = Client::new().get(house.at("/api/v1/session"));
    let asked = asked.header("cookie", format!("betang_session={brought}"));
    assert_eq!(
        asked.send().await.expect("an answer").status(),
        401,
        "it opens nothing"
    );
}
