//! `/api/v1/monitoring/device/{uuid}/`: how a router is, as its agent of OpenWISP sends
//! it.
//!
//! What the agent does follows from the status alone (`docs/decisions/0020-…`): 200 and
//! 400 make it forget the report, 404 may stop it, at anything else it tries again. So
//! whatever came with the right key is kept and answered 200, what could not be read too;
//! a wrong key and an unknown router are one answer.

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{self, SHA256};
use axum::body::Body;
use axum::extract::State;
use base::id::{Id, Router};
use base::redact::Secret;
use hall::Hall;
use hall::guard::Guarded as _;
use hall::problem::{Path, Problem, Query};
use hall::site::{self, State as Standing};
use reach_core::router::{self, BODY_MAX};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::routers::{hash, id_of};
use crate::sql::router::{self as rows, ReportRow, RouterRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let why = "a router has no session; its key is looked at before its report is";
    OpenApiRouter::new().routes(routes!(take).open(why))
}

/// Reports of one router that are taken within [`HOUR`]: what waited for days in the
/// memory of a router, and less than would fill a disk. Policy: refuse, and be asked
/// again.
const HOUR_MAX: i64 = 1_000;

/// The span of [`HOUR_MAX`].
const HOUR: Duration = Duration::from_secs(3_600);

/// What the agent adds to the address. More of it than is known here is passed over.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// The key of the router.
    #[param(value_type = Option<String>)]
    key: Option<Secret<String>>,
    /// When it has looked, by its own clock: `DD-MM-YYYY_HH:MM:SS.ffffff`, UTC.
    time: Option<String>,
    /// `true`: it sends as it looks; else it had waited for a line.
    current: Option<String>,
}

/// Takes a report (NetJSON `DeviceMonitoring`) of a router.
#[utoipa::path(post, path = "/api/v1/monitoring/device/{uuid}/", tag = "routers",
    params(("uuid" = String, Path, description = "what the router is called"), Asked),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200), (status = 403), (status = 429)))]
async fn take(
    State(hall): State<Hall>,
    Path(uuid): Path<String>,
    Query(asked): Query<Asked>,
    body: Body,
) -> Result<(), Problem> {
    let router = known(&hall, &uuid, asked.key.as_ref()).await?;
    let now = hall.now().wall;
    let octets = axum::body::to_bytes(body, BODY_MAX).await;
    let time = asked.time.as_deref();
    let own = time.map(router::instant).transpose();
    let (octets, taken) = match (&octets, own) {
        // Whether it was too long or broke off: what there is of it is gone.
        (Err(_), _) => (&[][..], Err("too_long")),
        (Ok(octets), Err(why)) => (&octets[..], Err(why.as_str())),
        (Ok(octets), Ok(_)) => {
            let read = router::read(octets).map_err(router::NotTaken::as_str);
            (&octets[..], read)
        }
    };
    let row = ReportRow {
        received: now,
        own: own.ok().flatten(),
        fresh: asked.current.as_deref() == Some("true"),
        taken: match taken {
            // Numbers and text are always JSON.
            Ok(report) => Ok(serde_json::to_string(&report).unwrap_or_default()),
            Err(why) => Err(why.to_owned()),
        },
    };
    let raw = (row.taken.is_err() && !octets.is_empty()).then_some(octets);
    let mut of = digest::Context::new(&SHA256);
    of.update(time.unwrap_or_default().as_bytes());
    of.update(&[0]);
    of.update(octets);
    let digest = of.finish();
    let mut tx = hall.db().write().await?;
    if rows::count_since(&mut tx, router.id, now - HOUR).await? >= HOUR_MAX {
        let why = "This router has sent more reports within the hour than are taken.";
        return Err(Problem::exhausted("router-reports", why).retry_after_s(600));
    }
    let is_new = rows::keep(&mut tx, &router, digest.as_ref(), &row, raw).await?;
    tx.commit().await?;
    if let (true, Err(why)) = (is_new, &row.taken) {
        tracing::warn!(router = %router.id, why, "a report of a router was put aside");
    }
    Ok(())
}

/// The router that a key is for, at a site that is believed.
async fn known(
    hall: &Hall,
    uuid: &str,
    key: Option<&Secret<String>>,
) -> Result<RouterRow, Problem> {
    // One answer for all: whoever guesses learns nothing, and no agent takes an office's
    // slip for the end of its work.
    let refused = || Problem::denied("router-key", "No router is known by this key.");
    let id: Id<Router> = id_of(uuid).ok_or_else(refused)?;
    let key = key.ok_or_else(refused)?;
    let mut read = hall.db().read().await?;
    let found = rows::by_id(&mut read, id).await?;
    let hashed = hash(key.expose());
    let found = found
        .filter(|it| constant_time::verify_slices_are_equal(&it.key_hash, &hashed).is_ok())
        .filter(|it| it.revoked.is_none())
        .ok_or_else(refused)?;
    match site::state(&mut read, found.site).await? {
        Some(Standing::Suspended | Standing::Revoked) | None => Err(refused()),
        Some(_) => Ok(found),
    }
}
