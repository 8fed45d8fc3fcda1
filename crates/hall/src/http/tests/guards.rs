//! Every operation, as everybody.

use super::*;

async fn strangers(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, nobody) = house.person(&admin, "nobody", json!([])).await;
    let operations = house.operations();
    assert!(operations.len() >= 20, "{operations:?}");
    for (method, path, case) in operations {
        let stranger = house.nonsense("", &method, &path).await;
        let bad = house.nonsense("betang_session=00", &method, &path).await;
        let logs_out = path == "/api/v1/session" && method == Method::DELETE;
        let again = house.log_in("nobody", PASSWORD).await.is(200).cookie();
        let cookie = if logs_out { &again } else { &nobody };
        let powerless = house.nonsense(cookie, &method, &path).await;
        let says = (
            stranger.status.as_u16(),
            bad.status.as_u16(),
            powerless.status.as_u16(),
        );
        match case.as_str() {
            "open" => assert!(![401, 403].contains(&says.0), "{method} {path}: {says:?}"),
            "signed_in" => {
                assert_eq!((says.0, says.1), (401, 401), "{method} {path}");
                assert!(![401, 403].contains(&says.2), "{method} {path}: {says:?}");
            }
            _ => assert_eq!(says, (401, 401, 403), "{method} {path}"),
        }
        if case != "open" {
            assert_eq!(stranger.headers["content-type"], "application/problem+json");
        }
    }
}

async fn every_role(db: Db) {
    let (house, admin) = House::new(db).await;
    let end = house.hall.now().wall + Duration::from_secs(86_400);
    for role in Role::ALL {
        let grants = json!([{ "role": role, "to_us": end }]);
        let (_, cookie) = house
            .person(&admin, &format!("a-{}", role.as_str()), grants)
            .await;
        for (method, path, case) in house.operations() {
            let known = Permission::ALL.iter().find(|p| p.name() == case);
            let Some(permission) = known else {
                assert!(["open", "signed_in"].contains(&case.as_str()), "{case}");
                continue;
            };
            let answer = house.nonsense(&cookie, &method, &path).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                !role.holds(*permission),
                "{role:?} {method} {path}: {}",
                answer.text
            );
        }
    }
}

async fn other_sites(db: Db) {
    let (house, admin) = House::new(db).await;
    let body = || Some(json!({ "name": "Dinas A" }));
    let evil = [
        ("host", "betang.example"),
        ("origin", "https://evil.example"),
    ];
    let path = "/api/v1/agencies";
    let refused = house
        .call_with(&admin, "POST", path, body(), &evil)
        .await
        .is(403);
    assert_eq!(refused.slug(), "cross-site");
    let login = Some(json!({ "username": "admin", "password": PASSWORD }));
    house
        .call_with("", "POST", "/api/v1/session", login, &evil)
        .await
        .is(403);
    house
        .call_with(&admin, "GET", path, None, &evil)
        .await
        .is(200);
    let own = [
        ("host", "betang.example"),
        ("origin", "https://betang.example"),
    ];
    house
        .call_with(&admin, "POST", path, body(), &own)
        .await
        .is(201);
    let made = house
        .call(
            &admin,
            "POST",
            "/api/v1/tokens",
            Some(json!({ "name": "t" })),
        )
        .await
        .is(201);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().expect("a token"));
    let body = Some(json!({ "name": "Dinas B" }));
    house
        .call_with(&bearer, "POST", path, body, &evil)
        .await
        .is(201);
}

on_both! {
    strangers_are_refused_before_anything_is_read: strangers;
    every_role_on_every_operation_is_as_the_table_says: every_role;
    another_site_cannot_act: other_sites;
}

#[utoipa::path(get, path = "/api/v1/forgotten", responses((status = 200)))]
async fn forgotten() {}

#[test]
fn a_forgotten_guard_is_named() {
    // No house is needed to see it: the description says so.
    let router: OpenApiRouter<Hall> = OpenApiRouter::new().routes(routes!(forgotten));
    let bare = crate::guard::unguarded(router.get_openapi());
    assert_eq!(bare, ["GET /api/v1/forgotten"]);
    let guarded: OpenApiRouter<Hall> =
        OpenApiRouter::new().routes(routes!(forgotten).guard(Permission::AreasRead));
    assert!(crate::guard::unguarded(guarded.get_openapi()).is_empty());
}

#[test]
fn the_description_is_as_released() {
    let description = serde_json::to_value(routes().get_openapi()).expect("JSON");
    let mut lines = BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let case = operation[EXTENSION].as_str().expect("a case");
            lines.insert(format!("{path} {method}: {case}"));
        }
    }
    let lines: Vec<_> = lines.into_iter().collect();
    insta::assert_snapshot!(lines.join("\n"));
}
