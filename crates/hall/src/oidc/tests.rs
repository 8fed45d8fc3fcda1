//! The flow against a provider that is played by a script: what is sent, what is believed,
//! and who comes in. A real provider is in `web/tests/oidc.e2e.mjs`.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base::now::Now;
use serde_json::{Value as Json, json};
use store::Db;

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::guard::{Held, Role};
use crate::oidc::link::Kind;
use crate::schema::SCHEMA;
use crate::sql::staff::{self as people, PersonRow};

const ISSUER: &str = "https://id.example";

/// A provider of which only the answers are there.
#[derive(Debug)]
pub(super) struct Script {
    key: Ed25519KeyPair,
    kid: &'static str,
    /// The keys that it says are its own.
    published: Vec<Json>,
    /// What stands in the next token.
    claims: Json,
    info: Json,
    silent: bool,
    asked: BTreeMap<String, usize>,
    forms: Vec<String>,
}

impl Script {
    fn new() -> Self {
        let mut script = Self {
            key: Ed25519KeyPair::generate().expect("a key"),
            kid: "one",
            published: Vec::new(),
            claims: json!({}),
            info: json!({}),
            silent: false,
            asked: BTreeMap::new(),
            forms: Vec::new(),
        };
        script.publish();
        script
    }

    fn publish(&mut self) {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref());
        self.published = vec![json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid })];
    }

    pub(super) fn answer(
        &mut self,
        url: &Url,
        form: Option<&str>,
    ) -> Result<(u16, Vec<u8>), Silence> {
        if self.silent {
            return Err(Silence("it is off".to_owned()));
        }
        *self.asked.entry(url.path().to_owned()).or_default() += 1;
        let body = match url.path() {
            "/.well-known/openid-configuration" => json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/auth"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
                "userinfo_endpoint": format!("{ISSUER}/me"),
                "end_session_endpoint": format!("{ISSUER}/end"),
                "authorization_response_iss_parameter_supported": true,
            }),
            "/keys" => json!({ "keys": self.published }),
            "/me" => self.info.clone(),
            "/token" => {
                self.forms.push(form.unwrap_or_default().to_owned());
                json!({ "access_token": "at", "id_token": self.token(), "token_type": "Bearer" })
            }
            _ => return Ok((404, Vec::new())),
        };
        Ok((200, body.to_string().into_bytes()))
    }

    fn token(&self) -> String {
        let part = |value: &Json| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "EdDSA", "kid": self.kid });
        let message = format!("{}.{}", part(&header), part(&self.claims));
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

struct House {
    hall: Hall,
    clock: Clock,
    script: Arc<Mutex<Script>>,
    _folder: tempfile::TempDir,
}

/// A login that has been begun, as the browser has it.
struct Browser {
    state: String,
    nonce: String,
    cookie: String,
    url: Url,
}

impl House {
    async fn new(db: Db, more: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::hand(Now {
            mono: Mono::from_us(1_000_000_000),
            wall: base::now::Wall::from_us(1_700_000_000_000_000),
        });
        let mut flags = vec![
            ("data", folder.path().join("data").display().to_string()),
            ("oidc_issuer", ISSUER.to_owned()),
            ("oidc_client", "betang".to_owned()),
            ("oidc_secret", "s&cret".to_owned()),
            ("oidc_home", "https://pusat.example".to_owned()),
            ("oidc_factors", "mfa,otp".to_owned()),
        ];
        flags.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
        let config = Config::load(None, [], &flags).expect("a configuration");
        let script = Arc::new(Mutex::new(Script::new()));
        let mut hall = Hall::open(db, clock.clone(), config).await.expect("a hall");
        hall.set_oidc(Desk {
            wire: Wire::by(Arc::clone(&script)),
            ..Desk::default()
        });
        Self {
            hall,
            clock,
            script,
            _folder: folder,
        }
    }

    async fn person(&self, name: &str) -> Id<Person> {
        let id = self.hall.mint();
        let row = PersonRow {
            id,
            name: name.to_owned(),
            username: None,
            active: true,
            area: None,
            agency: None,
            seen: None,
            screen: false,
        };
        let mut tx = self.hall.db().write().await.expect("to write");
        people::insert(&mut tx, &row, self.hall.now().wall)
            .await
            .expect("written");
        tx.commit().await.expect("written");
        id
    }

    /// Somebody who is here by a browser.
    fn here(&self, person: Id<Person>, role: Role) -> Who {
        let held = Held {
            id: self.hall.mint(),
            role,
            area: None,
            agency: None,
            from: self.hall.now().wall,
            to: None,
        };
        let via = Via::Session(self.hall.mint());
        Who::new(person, "X".to_owned(), via, vec![held], None, None)
    }

    async fn begin(&self, who: Option<&Who>, back: &str) -> Browser {
        let going = begin(&self.hall, Arrival::default(), who, Some(back)).await;
        let going = going.expect("begun");
        let url: Url = going.url.parse().expect("an address");
        let of = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.expect(name).1.into_owned()
        };
        let cookie = going.cookie.expose();
        assert!(
            cookie.contains("HttpOnly; SameSite=Strict; Max-Age=600"),
            "{cookie}"
        );
        let value = cookie.split(['=', ';']).nth(1).expect("a value");
        Browser {
            state: of("state"),
            nonce: of("nonce"),
            cookie: value.to_owned(),
            url: url.clone(),
        }
    }

    /// The provider says this of somebody.
    fn says(&self, browser: &Browser, subject: &str, more: Json) {
        let now = self.hall.now().wall.as_us() / 1_000_000;
        let mut claims = json!({
            "iss": ISSUER, "aud": "betang", "sub": subject, "exp": now + 300, "iat": now,
            "nonce": browser.nonce,
        });
        for (key, value) in more.as_object().expect("claims") {
            claims[key] = value.clone();
        }
        self.script.lock().expect("a script").claims = claims;
    }

    async fn finish(
        &self,
        browser: &Browser,
        here: Option<&Who>,
    ) -> Result<(Done, String), Problem> {
        self.finish_with(browser, here, Some("c"), None).await
    }

    async fn finish_with(
        &self,
        browser: &Browser,
        here: Option<&Who>,
        code: Option<&str>,
        error: Option<&str>,
    ) -> Result<(Done, String), Problem> {
        let brought = Brought {
            state: Secret::new(browser.state.clone()),
            code: code.map(|code| Secret::new(code.to_owned())),
            error: error.map(str::to_owned),
            issuer: Some(ISSUER.to_owned()),
            browser: Some(Secret::new(browser.cookie.clone())),
        };
        finish(&self.hall, Arrival::default(), None, here, brought).await
    }

    /// Logs in with what the provider says; the person, or the slug of the refusal.
    async fn log_in(&self, subject: &str, more: Json) -> Result<Id<Person>, &'static str> {
        let browser = self.begin(None, "/peta").await;
        self.says(&browser, subject, more);
        match self.finish(&browser, None).await {
            Ok((Done::In(opened), back)) => {
                assert_eq!(back, "/peta");
                Ok(opened.who.person())
            }
            Ok((Done::Linked, _)) => panic!("a login links nobody"),
            Err(problem) => Err(problem.slug()),
        }
    }
}

async fn who_is_whom(db: Db) {
    let house = House::new(db, &[]).await;
    let admin = house.here(house.person("Admin").await, Role::Admin);
    let (ani, budi) = (house.person("Ani").await, house.person("Budi").await);
    assert_eq!(house.log_in("a", json!({})).await, Err("identity-unknown"));
    let expect = async |person, kind, value: &str| {
        link::expect(&house.hall, &admin, person, kind, value).await
    };
    expect(ani, Kind::Email, "Ani@Dinas.example")
        .await
        .expect("expected");
    let taken = expect(budi, Kind::Email, "ani@dinas.EXAMPLE").await;
    assert_eq!(taken.expect_err("somebody else").slug(), "identity-taken");
    expect(budi, Kind::Username, "budi")
        .await
        .expect("expected");

    // Nobody by an address that the provider has not verified.
    let email = "ani@dinas.example";
    for verified in [json!(false), json!("true"), Json::Null] {
        let said = json!({ "email": email, "email_verified": verified });
        assert_eq!(house.log_in("a", said).await, Err("identity-unknown"));
    }
    let said = json!({ "email": email, "email_verified": true });
    assert_eq!(house.log_in("a", said.clone()).await, Ok(ani));
    // From then on the subject counts, and whoever gets the address later is nobody.
    assert_eq!(house.log_in("a", json!({})).await, Ok(ani));
    assert_eq!(house.log_in("z", said).await, Err("identity-unknown"));

    // What the token leaves out is asked for, of the same subject alone.
    house.script.lock().expect("a script").info =
        json!({ "sub": "other", "preferred_username": "budi" });
    assert_eq!(house.log_in("b", json!({})).await, Err("identity-unknown"));
    house.script.lock().expect("a script").info =
        json!({ "sub": "b", "preferred_username": "budi" });
    assert_eq!(
        house.log_in("b", json!({ "amr": ["pwd", "otp"] })).await,
        Ok(budi)
    );
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let sessions = crate::sql::session::fetch(&mut read, &crate::sql::session::list())
        .await
        .expect("rows");
    let by = |way: &str| {
        sessions
            .iter()
            .filter(|row| row.way.as_deref() == Some(way))
            .count()
    };
    assert_eq!(by("provider"), 3);
    let mut shown = 0;
    for row in &sessions {
        let standing = crate::sql::factor::standing(&mut read, row.person, row.id);
        shown += usize::from(standing.await.expect("a row").shown);
    }
    assert_eq!(shown, 1);
    drop(read);

    // Somebody who is here links himself, in this session, and takes nobody's place.
    let chandra = house.here(house.person("Chandra").await, Role::Pimpinan);
    let browser = house.begin(Some(&chandra), "/pengaturan").await;
    house.says(&browser, "a", json!({}));
    let taken = house.finish(&browser, Some(&chandra)).await;
    assert_eq!(taken.expect_err("it is Ani's").slug(), "identity-taken");
    for other in [None, Some(house.here(chandra.person(), Role::Pimpinan))] {
        let browser = house.begin(Some(&chandra), "/pengaturan").await;
        house.says(&browser, "c", json!({}));
        let late = house.finish(&browser, other.as_ref()).await;
        assert_eq!(late.expect_err("another login").slug(), "identity-state");
    }
    let browser = house.begin(Some(&chandra), "/pengaturan").await;
    house.says(&browser, "c", json!({}));
    let linked = house
        .finish(&browser, Some(&chandra))
        .await
        .expect("linked");
    assert!(matches!(linked.0, Done::Linked));
    assert_eq!(house.log_in("c", json!({})).await, Ok(chandra.person()));
    let seen = link::list(&house.hall, &chandra).await.expect("a list");
    assert_eq!(seen.len(), 1, "who manages nobody sees himself");
    assert_eq!(
        link::list(&house.hall, &admin).await.expect("a list").len(),
        3
    );
    let foreign = link::remove(&house.hall, &chandra, ani).await;
    assert_eq!(foreign.expect_err("not his").slug(), "identity");
    link::remove(&house.hall, &chandra, chandra.person())
        .await
        .expect("his own");
    assert_eq!(house.log_in("c", json!({})).await, Err("identity-unknown"));
}

async fn what_is_brought(db: Db) {
    let house = House::new(db, &[]).await;
    let admin = house.here(house.person("Admin").await, Role::Admin);
    let ani = house.person("Ani").await;
    link::expect(&house.hall, &admin, ani, Kind::Username, "ani")
        .await
        .expect("expected");
    let said = json!({ "preferred_username": "ani" });
    assert_eq!(house.log_in("a", said).await, Ok(ani));
    let slug = |done: Result<(Done, String), Problem>| done.expect_err("refused").slug();

    // PKCE: what is sent first is the hash of what is sent later.
    let browser = house.begin(None, "/").await;
    house.says(&browser, "a", json!({}));
    house.finish(&browser, None).await.expect("in");
    let form = house
        .script
        .lock()
        .expect("a script")
        .forms
        .pop()
        .expect("a form");
    let of = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(form.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .expect(name)
            .1
            .into_owned()
    };
    let sent = browser
        .url
        .query_pairs()
        .find(|(key, _)| key == "code_challenge");
    let hash = crate::ca::sha256(of("code_verifier").as_bytes());
    assert_eq!(sent.expect("a challenge").1, URL_SAFE_NO_PAD.encode(hash));
    assert_eq!(of("redirect_uri"), "https://pusat.example/masuk");
    assert!(!form.contains("secret"), "the secret stands in the header");

    // Once, in that browser, in time, for that login.
    assert_eq!(slug(house.finish(&browser, None).await), "identity-state");
    let mut browser = house.begin(None, "/").await;
    browser.cookie = "00".repeat(32);
    assert_eq!(slug(house.finish(&browser, None).await), "identity-state");
    let browser = house.begin(None, "/").await;
    house.clock.turn(waiting::LIFE);
    assert_eq!(slug(house.finish(&browser, None).await), "identity-state");
    let (one, other) = (house.begin(None, "/").await, house.begin(None, "/").await);
    house.says(&one, "a", json!({}));
    assert_eq!(slug(house.finish(&other, None).await), "identity-failed");

    // The words of the provider are not handed on.
    let browser = house.begin(None, "/").await;
    let evil = Some("<script>alert(1)</script>");
    let problem = house.finish_with(&browser, None, None, evil).await;
    let problem = problem.expect_err("refused");
    assert_eq!(problem.slug(), "identity-failed");
    assert!(!problem.detail().contains("script"), "{}", problem.detail());

    // Another provider's answer, and one that does not say whose it is.
    for issuer in [None, Some("https://evil.example".to_owned())] {
        let browser = house.begin(None, "/").await;
        house.says(&browser, "a", json!({}));
        let brought = Brought {
            state: Secret::new(browser.state.clone()),
            code: Some(Secret::new("c".to_owned())),
            error: None,
            issuer,
            browser: Some(Secret::new(browser.cookie.clone())),
        };
        let done = finish(&house.hall, Arrival::default(), None, None, brought).await;
        assert_eq!(slug(done), "identity-failed");
    }
}

async fn the_provider_changes(db: Db) {
    let house = House::new(db, &[("oidc_passwords", "off")]).await;
    let admin = house.here(house.person("Admin").await, Role::Admin);
    let ani = house.person("Ani").await;
    let mut read = house.hall.db().read().await.expect("a snapshot");
    allows_password(&house.hall, &mut read, ani)
        .await
        .expect("not linked yet");
    drop(read);
    link::expect(&house.hall, &admin, ani, Kind::Username, "ani")
        .await
        .expect("expected");
    let said = json!({ "preferred_username": "ani" });
    assert_eq!(house.log_in("a", said).await, Ok(ani));
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let off = allows_password(&house.hall, &mut read, ani).await;
    assert_eq!(off.expect_err("linked").slug(), "password-off");
    allows_password(&house.hall, &mut read, admin.person())
        .await
        .expect("not linked");
    drop(read);
    let own = house.here(ani, Role::Operator);
    assert!(
        link::remove(&house.hall, &own, ani).await.is_err(),
        "not his to turn on again"
    );

    // Other keys: asked for once more, and not for each token that names another.
    house.clock.turn(KEYS_EVERY);
    {
        let mut script = house.script.lock().expect("a script");
        script.key = Ed25519KeyPair::generate().expect("a key");
        script.kid = "two";
        script.publish();
    }
    assert_eq!(house.log_in("a", json!({})).await, Ok(ani));
    house.script.lock().expect("a script").kid = "three";
    for _ in 0..5 {
        assert_eq!(house.log_in("a", json!({})).await, Err("identity-failed"));
    }
    let asked = house.script.lock().expect("a script").asked.clone();
    assert_eq!(
        (asked["/keys"], asked["/.well-known/openid-configuration"]),
        (2, 1)
    );

    // Silent: what is known still begins a login, which then ends in a plain sentence.
    let leave = offer(&house.hall)
        .expect("an offer")
        .leave
        .expect("an address");
    assert!(
        leave.starts_with("https://id.example/end?client_id=betang&post_logout"),
        "{leave}"
    );
    house.script.lock().expect("a script").silent = true;
    assert_eq!(house.log_in("a", json!({})).await, Err("identity-provider"));
    house.clock.turn(KNOWN);
    let begun = begin(&house.hall, Arrival::default(), None, None).await;
    assert_eq!(begun.expect_err("silent").slug(), "identity-provider");
}

store::on_both_engines!(
    people_are_found_by_what_is_linked,
    &[SCHEMA],
    async |db: Db| {
        who_is_whom(db).await;
    }
);
store::on_both_engines!(
    a_login_counts_once_in_its_browser,
    &[SCHEMA],
    async |db: Db| {
        what_is_brought(db).await;
    }
);
store::on_both_engines!(
    keys_change_and_providers_fall_silent,
    &[SCHEMA],
    async |db: Db| {
        the_provider_changes(db).await;
    }
);

#[test]
fn a_way_back_is_a_page_of_this_house() {
    for (asked, page_is) in [
        (Some("/peta?lapis=desa"), "/peta?lapis=desa"),
        (Some("/kamera/../audit"), "/audit"),
        (Some("//evil.example"), "/situasi"),
        (Some("/\\evil.example"), "/situasi"),
        (Some("/\t/evil.example"), "/situasi"),
        (Some("\\/evil.example"), "/situasi"),
        (Some("https://evil.example"), "/situasi"),
        (Some("javascript:alert(1)"), "/situasi"),
        (Some(""), "/situasi"),
        (None, "/situasi"),
    ] {
        assert_eq!(page(asked), page_is, "{asked:?}");
    }
    assert_eq!(
        page(Some(&format!("/{}", "x".repeat(BACK_MAX)))),
        "/situasi"
    );
}
