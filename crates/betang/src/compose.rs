//! The rooms, put together in plain calls.

use std::collections::BTreeMap;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use hall::Hall;
use hall::config::{Config, Tls};
use hall::guard::{self, Guarded as _};
use hall::headers::Headers;
use hall::problem::{self, Problem};
use hall::tls::Authority;
use hall::{proxy, request};
use serde_json::Value as Json;
use store::backup::KeyColumn;
use store::migrate::{Schema, Step};
use store::{Db, Engine, Place};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web;

/// The tables of every room that stands.
pub(crate) const SCHEMAS: &[Schema] = &[hall::SCHEMA, watch::SCHEMA, reach::SCHEMA, card::SCHEMA];

/// The same and one more, for a program that plays the next version.
const NEXT: &[Schema] = &[
    hall::SCHEMA,
    watch::SCHEMA,
    reach::SCHEMA,
    card::SCHEMA,
    Schema {
        room: "next",
        steps: &[Step {
            number: 1,
            name: "trial",
            sql: "CREATE TABLE next_trial (id BIGINT NOT NULL PRIMARY KEY)",
        }],
    },
];

/// The tables of this version of the program.
pub(crate) fn schemas() -> &'static [Schema] {
    if crate::cli::plays_next() {
        NEXT
    } else {
        SCHEMAS
    }
}

/// Why a house on a server does not start: its data is an older version's.
#[derive(Debug)]
pub(crate) struct NotMigrated;

impl std::fmt::Display for NotMigrated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "data di PostgreSQL ini milik versi yang lebih lama; sebelum start: betang upgrade \
             --to FOLDER --keys FILE\n  the data on this PostgreSQL server is an older version's; \
             before a start: betang upgrade --to FOLDER --keys FILE",
        )
    }
}

impl std::error::Error for NotMigrated {}

/// How the program ends that a start again would not help: `EX_CONFIG` of sysexits(3), which
/// the unit of systemd knows.
pub(crate) const WANTS_A_PERSON: u8 = 78;

/// Whether a person has to decide before it can start.
pub(crate) fn wants_a_person(error: &(dyn std::error::Error + 'static)) -> bool {
    let of_store = error.downcast_ref::<store::Error>();
    let is_data = of_store.is_some_and(|it| {
        matches!(
            it,
            store::Error::Newer { .. } | store::Error::Altered { .. }
        )
    });
    is_data || error.is::<NotMigrated>() || error.is::<hall::config::ConfigError>()
}

/// The columns of keys of every room: what they have sealed is destroyed with them.
pub(crate) const KEYS: &[KeyColumn] = card::KEYS;

/// The longest body that is read where nothing else is said, in octets.
const BODY_MAX: usize = 1024 * 1024;

/// An open house.
pub(crate) struct House {
    pub(crate) hall: Hall,
    pub(crate) watch: watch::Room,
    pub(crate) reach: reach::Room,
    pub(crate) card: card::Room,
    pub(crate) router: Router,
}

/// What the whole API is called.
#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "betang",
    description = "Command centre of a province. Failures are problem+json (RFC 9457).",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

/// Opens the database and every room over it.
pub(crate) async fn open(config: Config) -> anyhow::Result<House> {
    let clock = hall::clock::Clock::real();
    let db = Db::open(&place(&config)).await?;
    if db.engine() == Engine::Postgres {
        let standing = db.standing(schemas()).await?;
        if standing.applied > 0 && !standing.missing.is_empty() {
            return Err(NotMigrated.into());
        }
    }
    let migrated = db.migrate(schemas(), clock.now().wall).await?;
    if let Some(copy) = migrated.backup {
        tracing::info!(copy = %copy.display(), steps = migrated.steps, "older data was copied and migrated");
    }
    hall::areas::seed(&db, clock.now().wall).await?;
    let media = watch::Settings {
        media: config.media,
        announce: config.announce.clone(),
        rtsp: config.rtsp,
    };
    let hall = Hall::open(db, clock, config).await?;
    hall.tasks()
        .spawn("hall.incidents", hall::incident::upkeep::keep(hall.clone()));
    hall.tasks()
        .spawn("hall.aside", hall::link::aside::at_start(hall.clone()));
    hall.tasks()
        .spawn("hall.checkpoints", hall::audit::keep::keep(hall.clone()));
    hall.tasks()
        .spawn("hall.emergency", hall::emergency::keep(hall.clone()));
    let watch = open_watch(&hall, media).await?;
    let reach = reach::open(&hall).await?;
    reach::start(&hall).await?;
    let card = card::open(&hall).await?;
    card::start(&hall, &card);
    let router = router(
        &hall,
        &Rooms {
            watch: &watch,
            reach: &reach,
            card: &card,
        },
    )?;
    Ok(House {
        hall,
        watch,
        reach,
        card,
        router,
    })
}

/// A default media port that is taken moves to a free one; a chosen one does not.
async fn open_watch(hall: &Hall, mut settings: watch::Settings) -> anyhow::Result<watch::Room> {
    match watch::open(hall, &settings).await {
        Err(watch::Error::Media { at, source }) if !hall.config().media_is_chosen => {
            tracing::warn!(%at, %source, "the media port is taken; a free one is used");
            settings.media.set_port(0);
            Ok(watch::open(hall, &settings).await?)
        }
        opened => Ok(opened?),
    }
}

/// Where the data of a configuration is.
pub(crate) fn place(config: &Config) -> Place {
    match &config.database {
        Some(url) => Place::Postgres {
            url: url.clone(),
            schema: Some(config.database_schema.clone()),
        },
        None => Place::Sqlite {
            path: config.data.join("betang.sqlite"),
        },
    }
}

/// The rooms that answer.
struct Rooms<'a> {
    watch: &'a watch::Room,
    reach: &'a reach::Room,
    card: &'a card::Room,
}

fn routes(rooms: Option<&Rooms<'_>>) -> OpenApiRouter<Hall> {
    let (watch, reach, card) = match rooms {
        Some(rooms) => (
            rooms.watch.routes(),
            rooms.reach.routes(),
            rooms.card.routes(),
        ),
        None => (
            watch::Room::routes_described(),
            reach::Room::routes_described(),
            card::Room::routes_described(),
        ),
    };
    OpenApiRouter::with_openapi(describe(Description::openapi()))
        .merge(hall::http::routes())
        .merge(watch)
        .merge(reach)
        .merge(card)
        .routes(routes!(authority).open("a phone needs it before it can trust the house"))
}

/// The certificate of the house's own authority, to be installed on devices.
#[utoipa::path(get, path = "/ca.pem", tag = "house",
    responses((status = 200, content_type = "application/x-x509-ca-cert", body = String),
        (status = 404)))]
async fn authority(State(hall): State<Hall>) -> Result<Response, Problem> {
    let config = hall.config();
    let certificate = (config.tls == Tls::Own)
        .then(|| Authority::certificate_of(&config.data))
        .flatten()
        .ok_or_else(|| {
            let why = "This house has no certificate authority of its own.";
            Problem::not_found("not-found", why)
        })?;
    let name = "attachment; filename=\"betang-ca.pem\"";
    Ok(problem::file(
        "application/x-x509-ca-cert",
        certificate.into(),
        &[("content-disposition", name.to_owned())],
    ))
}

fn router(hall: &Hall, rooms: &Rooms<'_>) -> anyhow::Result<Router> {
    let (router, description) = guard::seal(routes(Some(rooms)), hall)?;
    let description = printed(&description)?;
    let headers = Headers::new(&web::script_hashes());
    let router = router
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(async || ([("content-type", "application/json")], description)),
        )
        .fallback(web::page)
        .method_not_allowed_fallback(async || Problem::no_method())
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| Problem::bug("a request panicked").into_response(),
        ))
        .layer(middleware::from_fn(move |request, next| {
            headers.clone().set(request, next)
        }))
        .layer(middleware::from_fn_with_state(
            hall.clone(),
            request::surround,
        ))
        .layer(middleware::from_fn_with_state(hall.clone(), proxy::arrival));
    Ok(router.with_state(hall.clone()))
}

/// The description of the API, as committed in `docs/api/openapi.json`.
pub(crate) fn description() -> anyhow::Result<String> {
    let (_, description) = routes(None).split_for_parts();
    printed(&description)
}

/// The same text for the same routes: extensions come in any order.
fn printed(description: &utoipa::openapi::OpenApi) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(description).context("as JSON")?;
    name(&mut value);
    let sorted = sorted(value);
    let mut text = serde_json::to_string_pretty(&sorted)?;
    text.push('\n');
    Ok(text)
}

/// Names each operation by its method and path. The functions behind them are called
/// `list` in more than one file, and a description has each name once.
fn name(description: &mut Json) {
    let paths = description["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["operationId"] = operation_name(method, path).into();
        }
    }
}

/// `get` of `/api/v1/cameras/{camera}/still` is `get_cameras_by_camera_still`.
fn operation_name(method: &str, path: &str) -> String {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let mut name = method.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        name.push('_');
        name.push_str(&part.replace('{', "by_").replace('}', "").replace('.', "_"));
    }
    name
}

fn sorted(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let ordered: BTreeMap<String, Json> = map
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Json::Object(ordered.into_iter().collect())
        }
        Json::Array(values) => Json::Array(values.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

fn describe(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    problem::put_parts(&mut description);
    let components = description.components.get_or_insert_default();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(hall::session::COOKIE))),
    );
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    description
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A key that is not named there would lie in every backup.
    #[tokio::test]
    async fn each_column_that_is_called_a_key_is_named_as_one_or_known_to_be_none() {
        /// What is public, and what only the master key opens.
        const OTHERS: &[&str] = &[
            "hall_agent.public_key",
            "hall_passkey.public_key",
            "hall_vault_key.wrapped",
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("betang.sqlite");
        let db = Db::open(&Place::Sqlite { path }).await.expect("opens");
        let now = base::now::Wall::from_us(0);
        db.migrate(SCHEMAS, now).await.expect("migrated");
        let columns = store::migrate::describe(&db).await.expect("columns");
        let octets: BTreeSet<String> = columns
            .iter()
            .filter(|(.., kind)| kind.starts_with("bytea"))
            .map(|(table, column, _)| format!("{table}.{column}"))
            .collect();
        let named: BTreeSet<String> = KEYS
            .iter()
            .map(|key| format!("{}.{}", key.table, key.column))
            .collect();
        assert!(named.is_subset(&octets), "{named:?}");
        let wrapped = |name: &&String| name.ends_with("key") || name.ends_with("wrapped");
        let missing: Vec<_> = octets
            .iter()
            .filter(wrapped)
            .filter(|name| !named.contains(*name) && !OTHERS.contains(&name.as_str()))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn each_operation_has_a_name_of_its_own() {
        let text = description().expect("a description");
        let told: Json = serde_json::from_str(&text).expect("JSON");
        let operations: Vec<_> = told["paths"]
            .as_object()
            .expect("paths")
            .values()
            .flat_map(|path| path.as_object().expect("operations").values())
            .map(|operation| operation["operationId"].as_str().expect("a name"))
            .collect();
        let names: BTreeSet<_> = operations.iter().copied().collect();
        assert_eq!(names.len(), operations.len(), "{operations:?}");
        assert!(names.contains("get_cameras_by_camera_still"), "{names:?}");
    }
}
