//! The room as a whole: what it is opened with and what it hands out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use base::area::{AreaCode, AreaLevel};
use hall::Hall;
use hall::areas::{self, Filter};
use reach_core::register::{Register, Village};
use store::Error;
use utoipa_axum::router::OpenApiRouter;

use crate::http;

/// Areas of one page while the register is read.
const AREAS: i64 = 5_000;

/// The open room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Room {
    /// The villages in force. The register of areas changes only before a start.
    register: Arc<Register>,
}

/// Opens the room: reads the register of villages.
///
/// # Errors
/// If the database does not answer.
pub async fn open(hall: &Hall) -> Result<Room, Error> {
    let mut read = hall.db().read().await?;
    let mut names: BTreeMap<AreaCode, String> = BTreeMap::new();
    let mut filter = Filter::default();
    loop {
        let (page, next) = areas::list(&mut read, &filter, AREAS).await?;
        let in_force = page.into_iter().filter(|area| area.valid_to.is_none());
        names.extend(in_force.map(|area| (area.code, area.name)));
        match next {
            Some(after) => filter.after = Some(after),
            None => break,
        }
    }
    let around = |code: &AreaCode, level: AreaLevel| {
        let mut wide = code.parent();
        while let Some(area) = &wide {
            if area.level() == level {
                break;
            }
            wide = area.parent();
        }
        wide.and_then(|area| names.get(&area).cloned())
            .unwrap_or_default()
    };
    let villages = names
        .iter()
        .filter(|(code, _)| code.level() == AreaLevel::Village)
        .map(|(code, name)| Village {
            code: code.clone(),
            name: name.clone(),
            district: around(code, AreaLevel::District),
            regency: around(code, AreaLevel::Regency),
        });
    Ok(Room {
        register: Arc::new(Register::new(villages)),
    })
}

/// Starts what the room does by itself.
///
/// # Errors
/// If the database does not answer.
pub async fn start(hall: &Hall) -> Result<(), Error> {
    crate::jobs::start(hall).await?;
    crate::gauges::tell(hall);
    Ok(())
}

impl Room {
    /// The villages in force.
    pub(crate) fn register(&self) -> &Register {
        &self.register
    }

    /// What the room answers over HTTP.
    #[must_use]
    pub fn routes(&self) -> OpenApiRouter<Hall> {
        http::routes().layer(Extension(self.clone()))
    }

    /// The same operations for the description of the API, without a room behind
    /// them.
    #[must_use]
    pub fn routes_described() -> OpenApiRouter<Hall> {
        http::routes()
    }
}
