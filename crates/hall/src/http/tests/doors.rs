//! How one becomes somebody, and for how long.

use super::*;

async fn first_link(db: Db) {
    let house = House::empty(db).await;
    let Ok(FirstAdmin::Link(old)) = staff::first_admin(&house.hall, None).await else {
        panic!("a link is made while nobody is there");
    };
    let Ok(FirstAdmin::Link(code)) = staff::first_admin(&house.hall, None).await else {
        panic!("and another one at the next start");
    };
    let become_first = async |code: &str, password: &str| {
        let body = json!({
            "code": code, "username": "Ani", "password": password, "name": "Ani Sulastri",
        });
        house
            .call("", "POST", "/api/v1/session/first", Some(body))
            .await
    };
    assert_eq!(
        become_first(old.expose(), PASSWORD).await.is(403).slug(),
        "first-code"
    );
    assert_eq!(
        become_first(code.expose(), "pendek").await.is(422).field(),
        "password"
    );
    house.clock.turn(Duration::from_secs(24 * 3600));
    assert_eq!(
        become_first(code.expose(), PASSWORD).await.is(403).slug(),
        "first-code"
    );
    let Ok(FirstAdmin::Link(code)) = staff::first_admin(&house.hall, None).await else {
        panic!("a link is made while nobody is there");
    };
    let entered = become_first(code.expose(), PASSWORD).await.is(200);
    assert_eq!(entered.json()["grants"][0]["role"], "admin");
    let me = house
        .call(&entered.cookie(), "GET", "/api/v1/session", None)
        .await
        .is(200);
    assert_eq!(me.json()["person"]["name"], "Ani Sulastri");
    assert_eq!(me.json()["house"]["province"]["name"], "Area 62");
    assert_eq!(me.json()["house"]["simulated"], false);
    assert_eq!(
        me.json()["permissions"].as_array().map(Vec::len),
        Some(Permission::ALL.len())
    );
    assert_eq!(
        become_first(code.expose(), PASSWORD).await.is(409).slug(),
        "set-up-already"
    );
    house.log_in("ANI", PASSWORD).await.is(200);
    let again = staff::first_admin(&house.hall, Some(Secret::new("x".to_owned()))).await;
    assert!(matches!(again, Ok(FirstAdmin::AlreadyThere)));
}

async fn sessions_and_tokens(db: Db) {
    let (house, admin) = House::new(db).await;
    house.clock.turn(Duration::from_millis(1));
    let first = house.log_in("admin", PASSWORD).await.is(200);
    let set = first.headers[header::SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        !set.contains("Secure"),
        "http on loopback has to work: {set}"
    );
    let second = first.cookie();

    let list = house
        .call(&admin, "GET", "/api/v1/sessions", None)
        .await
        .is(200)
        .json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
    let current: Vec<_> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|s| s["current"].as_bool())
        .collect();
    assert_eq!(current, [Some(false), Some(true)], "newest first");
    let id = list["items"][0]["id"].as_str().expect("an id").to_owned();
    let mut revoked = house.hall.revoked();
    house
        .call(&admin, "DELETE", &format!("/api/v1/sessions/{id}"), None)
        .await
        .is(204);
    assert_eq!(
        revoked.try_recv().expect("told").login,
        *id.parse::<Id<base::id::Session>>()
            .expect("an id")
            .as_bytes()
    );
    house
        .call(&second, "GET", "/api/v1/session", None)
        .await
        .is(401);
    house
        .call(&admin, "DELETE", &format!("/api/v1/sessions/{id}"), None)
        .await
        .is(404);

    let body = Some(json!({ "name": "impor" }));
    let made = house
        .call(&admin, "POST", "/api/v1/tokens", body.clone())
        .await
        .is(201);
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("btg_"), "{token}");
    let bearer = format!("Bearer {token}");
    let me = house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(200);
    assert_eq!(me.json()["person"]["name"], "Administrator");
    assert_eq!(
        house
            .call(&bearer, "POST", "/api/v1/tokens", body)
            .await
            .is(403)
            .slug(),
        "session-needed"
    );
    assert_eq!(
        house
            .call(&bearer, "DELETE", "/api/v1/session", None)
            .await
            .is(409)
            .slug(),
        "not-a-session"
    );
    let listed = house
        .call(&admin, "GET", "/api/v1/tokens", None)
        .await
        .is(200);
    assert!(!listed.text.contains(&token));
    assert_eq!(
        listed.json()["items"][0]["used_us"],
        1_700_000_000_001_000_i64
    );
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    house
        .call(&admin, "DELETE", &format!("/api/v1/tokens/{id}"), None)
        .await
        .is(204);
    house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(401);

    let soon = house.hall.now().wall + Duration::from_secs(60);
    let body = Some(json!({ "name": "sebentar", "expires_us": soon }));
    let made = house
        .call(&admin, "POST", "/api/v1/tokens", body)
        .await
        .is(201);
    let bearer = format!("Bearer {}", made.json()["token"].as_str().expect("a token"));
    house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(200);
    house.clock.turn(Duration::from_secs(60));
    house
        .call(&bearer, "GET", "/api/v1/session", None)
        .await
        .is(401);

    house
        .call(&admin, "DELETE", "/api/v1/session", None)
        .await
        .is(204);
    house
        .call(&admin, "GET", "/api/v1/session", None)
        .await
        .is(401);
    let verbs = house.verbs().await;
    for verb in [
        "session.opened",
        "session.ended",
        "token.made",
        "token.revoked",
    ] {
        assert!(verbs.contains(&verb.to_owned()), "{verbs:?}");
    }
}

async fn time_limits(db: Db) {
    let (house, admin) = House::new(db).await;
    let (_, screen) = house
        .person(&admin, "layar-1", json!([{ "role": "layar" }]))
        .await;
    let me = async |cookie: &str| {
        let answer = house.call(cookie, "GET", "/api/v1/session", None).await;
        answer.status.as_u16()
    };
    house.clock.turn(IDLE - Duration::from_secs(1));
    assert_eq!(me(&admin).await, 200);
    house.clock.turn(IDLE - Duration::from_secs(1));
    assert_eq!(me(&admin).await, 200, "each request counts");
    house.clock.turn(IDLE);
    assert_eq!(me(&admin).await, 401, "idle");
    assert_eq!(me(&screen).await, 200, "a wall screen is never idle");

    let admin = house.log_in("admin", PASSWORD).await.is(200).cookie();
    let step = Duration::from_secs(6 * 3600);
    for _ in 1..(OLDEST.as_secs() / step.as_secs()) {
        house.clock.turn(step);
        assert_eq!(me(&admin).await, 200);
    }
    house.clock.turn(step);
    assert_eq!(me(&admin).await, 401, "old");
    house.clock.turn(OLDEST * 50);
    assert_eq!(me(&screen).await, 200, "a wall screen does not age");
}

async fn guesses(db: Db) {
    let (house, _) = House::new(db).await;
    let wrong = house.log_in("admin", "salah salah salah").await.is(401);
    let unknown = house.log_in("tidak ada", "salah salah salah").await.is(401);
    assert_eq!(wrong.text, unknown.text, "the answer does not tell which");
    for _ in 0..4 {
        house.log_in("admin", "salah salah salah").await.is(401);
    }
    let stopped = house.log_in("admin", PASSWORD).await.is(429);
    assert_eq!(stopped.slug(), "rate");
    assert_eq!(stopped.headers["retry-after"], "2");
    house.clock.turn(Duration::from_secs(2));
    house.log_in("admin", PASSWORD).await.is(200);
    let refusals = house
        .verbs()
        .await
        .iter()
        .filter(|verb| *verb == "session.refused")
        .count();
    assert_eq!(refusals, 6, "each one that was judged is written down");
}

on_both! {
    the_first_administrator_comes_by_a_link: first_link;
    sessions_and_tokens_count_until_they_are_ended: sessions_and_tokens;
    sessions_end_by_time_and_screens_do_not: time_limits;
    guessing_is_slow_and_tells_nothing: guesses;
}
