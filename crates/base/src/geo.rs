//! A point on the earth, WGS 84 (EPSG:4326).

use serde::{Deserialize, Serialize};

/// A point in degrees; never outside ±90 and ±180, never NaN.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Point {
    lat_deg: f64,
    lon_deg: f64,
}

/// Why two numbers are not a point.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PointError {
    /// The latitude is not within ±90 degrees.
    #[error("latitude {0} is not within -90 and 90 degrees")]
    Latitude(f64),
    /// The longitude is not within ±180 degrees.
    #[error("longitude {0} is not within -180 and 180 degrees")]
    Longitude(f64),
}

impl Point {
    /// A point from degrees north and degrees east.
    ///
    /// # Errors
    /// If either is out of its range or not a number.
    pub fn new(lat_deg: f64, lon_deg: f64) -> Result<Self, PointError> {
        if !(-90.0..=90.0).contains(&lat_deg) {
            return Err(PointError::Latitude(lat_deg));
        }
        if !(-180.0..=180.0).contains(&lon_deg) {
            return Err(PointError::Longitude(lon_deg));
        }
        Ok(Self { lat_deg, lon_deg })
    }

    /// Degrees north.
    #[must_use]
    pub const fn lat_deg(self) -> f64 {
        self.lat_deg
    }

    /// Degrees east.
    #[must_use]
    pub const fn lon_deg(self) -> f64 {
        self.lon_deg
    }

    /// Metres to another point along a great circle of a sphere (haversine, radius
    /// 6,371,008.8 m, the mean of IUGG): within 0.6 % of the ellipsoid.
    #[must_use]
    pub fn metres_to(self, other: Self) -> f64 {
        const RADIUS_M: f64 = 6_371_008.8;
        let (from, to) = (self.lat_deg.to_radians(), other.lat_deg.to_radians());
        let north = (to - from) / 2.0;
        let east = (other.lon_deg - self.lon_deg).to_radians() / 2.0;
        let half = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
        2.0 * RADIUS_M * half.sqrt().min(1.0).asin()
    }
}

#[derive(Deserialize)]
struct Raw {
    lat_deg: f64,
    lon_deg: f64,
}

impl TryFrom<Raw> for Point {
    type Error = PointError;
    fn try_from(raw: Raw) -> Result<Self, PointError> {
        Self::new(raw.lat_deg, raw.lon_deg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_points_on_the_earth() {
        assert!(Point::new(-2.21, 113.92).is_ok());
        assert_eq!(Point::new(-91.0, 0.0), Err(PointError::Latitude(-91.0)));
        assert_eq!(Point::new(0.0, 181.0), Err(PointError::Longitude(181.0)));
        assert!(Point::new(f64::NAN, 0.0).is_err());
    }

    /// Against Vincenty's formula on the ellipsoid (WGS 84), computed elsewhere.
    #[test]
    fn distances_are_those_of_the_ellipsoid_within_a_percent() {
        let point = |lat, lon| Point::new(lat, lon).expect("a point");
        for (from, to, metres) in [
            // A degree of longitude, then of latitude, at the equator.
            (point(0.0, 0.0), point(0.0, 1.0), 111_319.5),
            (point(0.0, 0.0), point(1.0, 0.0), 110_574.4),
            (point(-2.21, 113.92), point(-2.21, 113.92), 0.0),
            (point(0.0, 179.5), point(0.0, -179.5), 111_319.5),
        ] {
            let found = from.metres_to(to);
            assert!((found - metres).abs() <= metres * 0.01, "{found} {metres}");
        }
    }
}
