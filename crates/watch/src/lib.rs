//! The watch room's hands: RTSP in, WebRTC out, cameras and their streams.
//!
//! ```text
//! camera ──RTSP──▶ ingest ──▶ hub ──▶ live ──SRTP──▶ browser
//!                    │         │├──▶ still ─JPEG──▶ page
//!                    │         │└──▶ lend ──RTSP──▶ system of another office
//!                    └ asks watch-core what to do
//! ```
//!
//! | module | noun |
//! |---|---|
//! | [`ingest`] | one RTSP session, and the loop that holds a stream or a sound |
//! | [`hub`] | one stream or sound, many readers |
//! | [`live`] | the media port and its viewers |
//! | `lend` | other systems, who take cameras by RTSP |
//! | [`still`] | a JPEG of the newest key frame |
//! | `looking` | who looks back at the last minute, and what is held for him |
//! | `clip` | a piece of the past, on its way into a file and out of the house |
//! | `simulated` | cameras that the simulation puts in |
//! | `gauges` | how the room is, in numbers |
//! | `discover` | devices that answer on the house's own networks |
//! | `onvif` | what a camera is asked and told by ONVIF |
//! | `listening` | what cameras say that happens, and who is listened to |
//! | `turning` | who turns a camera, and what of it is told and written down |
//! | `http` | the API of cameras, stills and WHEP |
//! | `import` | many cameras at once, from a file |
//! | `sql` | the room's tables |
//! | `jobs` | what follows from a change: streams, live state, endings |
//! | `doors` | what reads bytes of strangers, for the fuzz targets |

mod clip;
mod discover;
#[doc(hidden)]
pub mod doors;
mod gauges;
mod http;
pub mod hub;
mod import;
pub mod ingest;
mod jobs;
mod lend;
mod listening;
pub mod live;
mod looking;
mod onvif;
mod recorder;
mod room;
mod simulated;
mod sql;
#[cfg(feature = "stills")]
pub mod still;
mod turning;

pub use room::{Error, Room, Settings, open};
pub use simulated::{Simulated, SimulatedLegal, SimulatedSound};

/// The room's tables.
pub const SCHEMA: store::migrate::Schema = store::schema!(
    "watch",
    "schema",
    [
        (1, "cameras"),
        (2, "layouts"),
        (3, "sound"),
        (4, "recorders"),
        (5, "onvif"),
        (6, "clips"),
        (7, "events"),
        (8, "loans"),
        (9, "loan_purposes")
    ]
);
