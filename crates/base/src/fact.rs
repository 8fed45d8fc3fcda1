//! Something that has happened.
//!
//! A fact is small and in the past tense, written to the outbox in the same
//! transaction as its effect. It wakes a reader, who looks at the state again;
//! it carries no authority of its own. Stored: variants and fields are never
//! renamed, only added.

use serde::{Deserialize, Serialize};

use crate::area::AreaCode;
use crate::id::{Camera, Id, Incident, Person, Point, Shift, Site, Source};

/// Something that has happened. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A camera, its streams or its credentials were added, changed or retired.
    CameraChanged {
        /// Which one.
        camera: Id<Camera>,
    },
    /// A person's grants were changed; what he has open must be judged again.
    GrantsChanged {
        /// Whose.
        person: Id<Person>,
    },
    /// A site or one of its boxes was added, let in, suspended or revoked; what it
    /// has open must be judged again.
    SiteChanged {
        /// Which one.
        site: Id<Site>,
    },
    /// What somebody has said came in from a source, or was withdrawn.
    ClaimsChanged {
        /// The source that said it.
        source: Id<Source>,
    },
    /// A point of a village was added or changed, or has come a step further.
    PointChanged {
        /// Which one.
        point: Id<Point>,
        /// The village.
        village: AreaCode,
    },
    /// An incident was opened, or something has happened to it.
    IncidentChanged {
        /// Which one.
        incident: Id<Incident>,
    },
    /// A shift began, was handed over or ended, or something was noted in it.
    ShiftChanged {
        /// Which one.
        shift: Id<Shift>,
    },
}

impl Fact {
    /// The name of the variant as stored.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CameraChanged { .. } => "camera_changed",
            Self::GrantsChanged { .. } => "grants_changed",
            Self::SiteChanged { .. } => "site_changed",
            Self::ClaimsChanged { .. } => "claims_changed",
            Self::PointChanged { .. } => "point_changed",
            Self::IncidentChanged { .. } => "incident_changed",
            Self::ShiftChanged { .. } => "shift_changed",
        }
    }

    /// The printed id of what it is about.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::CameraChanged { camera } => camera.to_string(),
            Self::GrantsChanged { person } => person.to_string(),
            Self::SiteChanged { site } => site.to_string(),
            Self::ClaimsChanged { source } => source.to_string(),
            Self::PointChanged { point, .. } => point.to_string(),
            Self::IncidentChanged { incident } => incident.to_string(),
            Self::ShiftChanged { shift } => shift.to_string(),
        }
    }
}
