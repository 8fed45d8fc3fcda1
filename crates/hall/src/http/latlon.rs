//! A point as it travels, in and out.

use base::geo::Point;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::line;
use crate::problem::Problem;

/// Degrees, WGS 84.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LatLon {
    /// Degrees north.
    pub lat_deg: f64,
    /// Degrees east.
    pub lon_deg: f64,
}

impl From<Point> for LatLon {
    fn from(point: Point) -> Self {
        Self {
            lat_deg: point.lat_deg(),
            lon_deg: point.lon_deg(),
        }
    }
}

impl LatLon {
    /// As a point.
    ///
    /// # Errors
    /// `422` naming that field, if it is no point on the earth.
    pub fn read(self, field: &'static str) -> Result<Point, Problem> {
        Point::new(self.lat_deg, self.lon_deg)
            .map_err(|error| line::refuse(field, error.to_string()))
    }
}
