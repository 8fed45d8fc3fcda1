//! What the owner of the machine does, and what others may not.

use std::os::unix::fs::PermissionsExt as _;

use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};

use crate::running::{House, data, local, run, serve};

#[tokio::test]
async fn whoever_owns_the_machine_needs_no_password_and_is_written_down() {
    let (folder, data) = data();
    let mut house = House::start(&data);
    for (path, mode) in [(data.clone(), 0o700), (data.join("betang.sock"), 0o600)] {
        let found = std::fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(found.mode() & 0o777, mode, "{}", path.display());
    }
    let added = local(
        &data,
        &[
            "cameras",
            "add",
            "--short",
            "dermaga",
            "--name",
            "Dermaga Rambang",
            "--area",
            "62.71.01",
            "--main",
            "rtsp://127.0.0.1:9/main",
        ],
    );
    assert!(
        added.starts_with("cam_") && added.contains("dermaga"),
        "{added}"
    );
    let listed = local(&data, &["cameras", "list", "--area", "62.71"]);
    assert!(listed.contains("Dermaga Rambang"), "{listed}");
    let secret = folder.path().join("password");
    std::fs::write(&secret, "jembatan kahayan\n").expect("written");
    let secret = secret.to_str().expect("text");
    let budi = [
        "staff",
        "add",
        "--username",
        "budi",
        "--name",
        "Budi",
        "--role",
        "operator",
        "--area",
        "62.71",
        "--password-file",
        secret,
    ];
    assert!(local(&data, &budi).starts_with("prs_"));
    let listed = local(&data, &["staff", "list", "--q", "budi"]);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.contains("operator"), "{listed}");
    let areas = local(&data, &["areas", "list", "--level", "regency"]);
    assert_eq!(areas.lines().count(), 14, "{areas}");
    let outlines = folder.path().join("outlines.geojson");
    let square = json!([[[110.0, -2.0], [111.0, -2.0], [111.0, -3.0], [110.0, -2.0]]]);
    let outline = json!({ "type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": { "code": "62.01.01" },
        "geometry": { "type": "Polygon", "coordinates": square },
    }] });
    std::fs::write(&outlines, outline.to_string()).expect("written");
    let outlines = outlines.to_str().expect("text");
    let imported = local(
        &data,
        &["areas", "import", "--source", "Uji & coba", outlines],
    );
    assert_eq!(imported, "1 outlines\n");

    // The one who was added comes in by his password.
    let login = json!({ "username": "budi", "password": "jembatan kahayan" });
    let answer = Client::new()
        .post(house.at("/api/v1/session"))
        .json(&login)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let audit: Json = Client::new()
        .get(house.at("/api/v1/audit?verb=camera.added"))
        .bearer_auth(house.token().await)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("the audit");
    assert_eq!(audit["items"][0]["who"]["name"], "Soket lokal", "{audit}");

    // A house that was killed leaves its socket, and the next one takes it over.
    house.signal("-KILL");
    house.ended();
    let dead = run(["staff", "list", "--data", data.to_str().expect("text")]);
    assert!(!dead.status.success());
    let mut house = House::start(&data);
    assert!(local(&data, &["staff", "list"]).contains("Soket lokal"));
    house.signal("-TERM");
    assert!(house.ended().success());
    let none = run(["staff", "list", "--data", data.to_str().expect("text")]);
    let why = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(
        !none.status.success() && why.contains("no house runs on"),
        "{why}"
    );
}

#[tokio::test]
async fn before_there_is_an_administrator_the_link_is_the_only_way() {
    let (_folder, data) = data();
    let house = House::of(&mut serve(&data));
    let link = house
        .said
        .iter()
        .find_map(|line| line.strip_prefix("admin"))
        .expect("it prints a link")
        .trim();
    let refused = run(["staff", "list", "--data", data.to_str().expect("text")]);
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("one-time link"), "{why}");
    let (_, code) = link.split_once("/masuk?kode=").expect("a code");
    let first = json!({
        "code": code, "username": "ani", "password": "jembatan kahayan", "name": "Ani",
    });
    let answer = Client::new()
        .post(house.at("/api/v1/session/first"))
        .json(&first)
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        answer.status(),
        StatusCode::OK,
        "who knocked took nothing away"
    );
    assert!(local(&data, &["staff", "list"]).contains("Ani"));
}

#[tokio::test]
async fn measurements_are_read_on_the_machine_or_with_a_token() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let ask = async |client: Client, via: Option<&str>, token: Option<&str>| {
        let mut request = client.get(house.at("/metrics"));
        if let Some(via) = via {
            request = request.header("x-forwarded-for", via);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer")
    };
    let here = ask(Client::new(), None, None).await;
    assert_eq!(here.status(), StatusCode::OK);
    let page = here.text().await.expect("a page");
    assert!(page.contains("betang_build_info{version="), "{page}");
    let passed_on = ask(Client::new(), Some("10.0.0.9"), None).await;
    assert_eq!(passed_on.status(), StatusCode::UNAUTHORIZED);
    let wrong = ask(Client::new(), None, Some("btg_none")).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let token = house.token().await;
    let far = ask(Client::new(), Some("10.0.0.9"), Some(&token)).await;
    assert_eq!(far.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_envelope_is_sealed_on_the_machine_and_opens_the_house_once() {
    let (_folder, data) = data();
    let house = House::start(&data);
    assert!(local(&data, &["emergency", "show"]).starts_with("none "));
    // Far away there is no code to be had, whoever asks.
    let token = house.token().await;
    let far = run([
        "emergency",
        "seal",
        "--server",
        &house.url,
        "--token",
        &token,
    ]);
    assert!(!far.status.success());
    let why = String::from_utf8_lossy(&far.stderr).into_owned();
    assert!(why.contains("emergency seal --data"), "{why}");
    let sealed = local(&data, &["emergency", "seal"]);
    let code = sealed.lines().next().expect("a code").to_owned();
    assert!(local(&data, &["emergency", "show"]).starts_with("intact "));
    let enter = async || {
        Client::new()
            .post(house.at("/api/v1/session/emergency"))
            .json(&json!({ "code": code }))
            .send()
            .await
            .expect("an answer")
    };
    let first = enter().await;
    assert_eq!(first.status(), StatusCode::OK);
    let cookie = first.headers()["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    assert_eq!(enter().await.status(), StatusCode::FORBIDDEN);
    assert!(local(&data, &["emergency", "show"]).starts_with("used "));
    let incidents = local(&data, &["incidents", "list", "--kind", "house.emergency"]);
    assert!(incidents.contains("critical"), "{incidents}");

    // A restart neither lengthens nor ends it.
    let session = async |house: &House| {
        let request = Client::new().get(house.at("/api/v1/session"));
        let answer = request.header("cookie", &cookie).send().await;
        answer.expect("an answer")
    };
    let told = async |house: &House| -> Json {
        let answer = session(house).await;
        answer.json().await.expect("JSON")
    };
    let until = told(&house).await["emergency"]["until_us"].clone();
    drop(house);
    let house = House::start(&data);
    assert_eq!(told(&house).await["emergency"]["until_us"], until);

    let again = local(&data, &["emergency", "seal"]);
    assert!(!again.contains(&code), "{again}");
    local(&data, &["emergency", "withdraw"]);
    assert!(local(&data, &["emergency", "show"]).starts_with("void "));
}
