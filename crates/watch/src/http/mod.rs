//! What the room answers over HTTP, one file per resource.

pub(crate) mod cameras;
pub(crate) mod clips;
pub(crate) mod discovery;
pub(crate) mod events;
pub(crate) mod form;
pub(crate) mod imports;
pub(crate) mod incidents;
pub(crate) mod layouts;
pub(crate) mod loans;
pub(crate) mod looks;
pub(crate) mod onvif;
pub(crate) mod probe;
pub(crate) mod ptz;
pub(crate) mod recorder_channels;
pub(crate) mod recorder_swaps;
pub(crate) mod recorders;
pub(crate) mod span;
#[cfg(feature = "stills")]
pub(crate) mod stills;
pub(crate) mod view;
pub(crate) mod whep;

use hall::Hall;
use utoipa_axum::router::OpenApiRouter;

/// Every operation of the room.
pub(crate) fn routes() -> OpenApiRouter<Hall> {
    let routes = cameras::routes()
        .merge(clips::routes())
        .merge(discovery::routes())
        .merge(events::routes())
        .merge(imports::routes())
        .merge(incidents::routes())
        .merge(layouts::routes())
        .merge(loans::routes())
        .merge(looks::routes())
        .merge(onvif::routes())
        .merge(probe::routes())
        .merge(ptz::routes())
        .merge(recorder_channels::routes())
        .merge(recorder_swaps::routes())
        .merge(recorders::routes())
        .merge(whep::routes());
    #[cfg(feature = "stills")]
    let routes = routes.merge(stills::routes());
    routes
}
