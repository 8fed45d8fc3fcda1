//! The room as a whole: what it is opened with and what it hands out.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Extension;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::Hall;
use hall::outward::Outward;
use utoipa_axum::router::OpenApiRouter;

use crate::clip::Savings;
use crate::discover::Discovery;
use crate::gauges;
use crate::http;
use crate::hub::Hub;
use crate::jobs;
use crate::lend::{self, Lending};
use crate::listening::Listening;
use crate::live::{Engine, Line};
use crate::looking::Looking;
use crate::recorder::search::Searches;
use crate::recorder::template::{self, TemplateError};
#[cfg(feature = "stills")]
use crate::still::Stills;
use crate::turning::Turnings;

/// How the room is to be opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the media port listens.
    pub media: SocketAddr,
    /// The addresses that viewers are told; when empty, those it listens on.
    pub announce: Vec<IpAddr>,
    /// Where other systems take cameras by RTSP, if they may.
    pub rtsp: Option<SocketAddr>,
}

/// Why the room cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The media port cannot be taken.
    #[error("the media port {at} cannot be taken: {source}")]
    Media {
        /// Which.
        at: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The port for other systems cannot be taken.
    #[error("the port for other systems (rtsp) {at} cannot be taken: {source}")]
    Rtsp {
        /// Which.
        at: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A password cannot be sealed.
    #[error(transparent)]
    Vault(#[from] hall::vault::VaultError),
    /// A data file of the program cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// The open room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Room {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) hall: Hall,
    pub(crate) hub: Hub,
    pub(crate) engine: Engine,
    pub(crate) searches: Searches,
    pub(crate) turnings: Turnings,
    pub(crate) discovery: Discovery,
    pub(crate) listening: Listening,
    /// Where devices are asked by ONVIF.
    pub(crate) onvif: Outward,
    pub(crate) looking: Looking,
    pub(crate) lending: Lending,
    pub(crate) savings: Savings,
    #[cfg(feature = "stills")]
    pub(crate) stills: Stills,
}

/// Opens the room: takes the media port, pulls what is always on, and follows
/// every change from here on.
///
/// # Errors
/// If the port cannot be taken or the database does not answer.
pub async fn open(hall: &Hall, settings: &Settings) -> Result<Room, Error> {
    template::check()?;
    let hub = Hub::new(hall.clone());
    let (engine, ended) =
        Engine::start(hall, settings.media, &settings.announce).map_err(|source| Error::Media {
            at: settings.media,
            source,
        })?;
    let room = Room {
        inner: Arc::new(Inner {
            hall: hall.clone(),
            hub,
            engine,
            searches: Searches::default(),
            turnings: Turnings::default(),
            discovery: Discovery::default(),
            listening: Listening::default(),
            onvif: hall.outward().at_ports(hall.config().onvif_ports.clone()),
            looking: Looking::default(),
            lending: Lending::default(),
            savings: Savings::default(),
            #[cfg(feature = "stills")]
            stills: Stills::new(hall.clone()),
        }),
    };
    jobs::start(&room, ended).await?;
    if let Some(at) = settings.rtsp {
        let listens = lend::listen(&room, at).await;
        listens.map_err(|source| Error::Rtsp { at, source })?;
    }
    gauges::tell(&room);
    Ok(room)
}

impl Inner {
    /// The picture of an access unit, for a form that shows it before saving.
    #[cfg(feature = "stills")]
    pub(crate) async fn picture(&self, unit: &[u8]) -> Option<String> {
        let jpeg = self.stills.picture(unit).await.ok()?;
        Some(STANDARD.encode(jpeg))
    }

    #[cfg(not(feature = "stills"))]
    pub(crate) async fn picture(&self, _: &[u8]) -> Option<String> {
        None
    }
}

impl Room {
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

    /// The media port, once it is known.
    #[must_use]
    pub fn media(&self) -> SocketAddr {
        self.inner.engine.local()
    }

    /// Where other systems take cameras by RTSP, if they may.
    #[must_use]
    pub fn rtsp(&self) -> Option<SocketAddr> {
        self.inner.lending.at()
    }

    /// Other systems may encrypt by this from now on.
    pub fn encrypt(&self, by: Arc<rustls::ServerConfig>) {
        self.inner.lending.encrypt(Some(by));
    }

    /// Where connections of viewers go that came to another port.
    #[must_use]
    pub fn line(&self) -> Line {
        self.inner.engine.line().clone()
    }

    /// Its streams.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.inner.hub
    }
}
