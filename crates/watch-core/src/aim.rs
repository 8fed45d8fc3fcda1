//! How far a camera turns to have in its middle what somebody clicked at.
//!
//! A camera is a pinhole: what lies at the part `x` of its picture's half width is off its
//! axis by the angle whose tangent is `x` times that of half its field of view. The field
//! narrows as it zooms, by as much as things grow. A camera that looks steeply down turns
//! too little by this; the next click settles what is left.

/// What a maker says of a lens and its motors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optics {
    /// Horizontal field of view at the widest, in degrees; more than 0, less than 180.
    pub wide_deg: f64,
    /// How much larger things are at the longest than at the widest; 1 or more.
    pub times: f64,
    /// The angle from the utmost left to the utmost right, in degrees.
    pub pan_deg: f64,
    /// The angle from the utmost down to the utmost up, in degrees.
    pub tilt_deg: f64,
}

/// Where somebody clicked: 0 to 1 from the left, 0 to 1 from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Click {
    /// From the left edge of the picture.
    pub x: f64,
    /// From its upper edge.
    pub y: f64,
}

/// Where a camera stands, in the parts of ONVIF's generic spaces: pan and tilt -1 to 1,
/// zoom 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stand {
    /// From the utmost left to the utmost right.
    pub pan: f64,
    /// From the utmost down to the utmost up.
    pub tilt: f64,
    /// From the widest to the longest.
    pub zoom: f64,
}

impl Click {
    /// If both parts are within the picture.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Option<Self> {
        let is_fit = |part: f64| (0.0..=1.0).contains(&part);
        (is_fit(x) && is_fit(y)).then_some(Self { x, y })
    }
}

impl Optics {
    /// If a lens can be so.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        let within = |value: f64, least: f64, most: f64| (least..=most).contains(&value);
        within(self.wide_deg, 1.0, 179.0)
            && within(self.times, 1.0, 100.0)
            && within(self.pan_deg, 1.0, 720.0)
            && within(self.tilt_deg, 1.0, 360.0)
    }

    /// The horizontal field of view at a zoom of 0 to 1, in degrees.
    #[must_use]
    pub fn field_deg(&self, zoom: f64) -> f64 {
        let larger = 1.0 + zoom.clamp(0.0, 1.0) * (self.times - 1.0);
        let half = (self.wide_deg / 2.0).to_radians().tan() / larger;
        2.0 * half.atan().to_degrees()
    }

    /// By how many degrees to turn to the right and up, where a picture is `aspect` times
    /// as wide as high.
    #[must_use]
    pub fn off_axis_deg(&self, click: Click, aspect: f64, zoom: f64) -> (f64, f64) {
        let half = (self.field_deg(zoom) / 2.0).to_radians().tan();
        let right = (2.0 * click.x - 1.0) * half;
        let up = (1.0 - 2.0 * click.y) * half / aspect;
        // What is to the right is farther from the lens than what is ahead.
        let pan = right.atan();
        let tilt = (up * pan.cos()).atan();
        (pan.to_degrees(), tilt.to_degrees())
    }

    /// The same as a way in the generic spaces, as a relative move takes it.
    #[must_use]
    pub fn way(&self, click: Click, aspect: f64, zoom: f64) -> (f64, f64) {
        let (pan, tilt) = self.off_axis_deg(click, aspect, zoom);
        let part = |deg: f64, range: f64| (2.0 * deg / range).clamp(-1.0, 1.0);
        (part(pan, self.pan_deg), part(tilt, self.tilt_deg))
    }

    /// Where to stand then, as an absolute move takes it. What turns all the way round
    /// goes on beyond its end at its beginning; any other stops there.
    #[must_use]
    pub fn aimed(&self, from: Stand, click: Click, aspect: f64) -> Stand {
        let (right, up) = self.way(click, aspect, from.zoom);
        let pan = from.pan + right;
        let pan = if self.pan_deg >= 360.0 {
            (pan + 1.0).rem_euclid(2.0) - 1.0
        } else {
            pan
        };
        Stand {
            pan: pan.clamp(-1.0, 1.0),
            tilt: (from.tilt + up).clamp(-1.0, 1.0),
            zoom: from.zoom,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDE: f64 = 16.0 / 9.0;

    const OPTICS: Optics = Optics {
        wide_deg: 60.0,
        times: 20.0,
        pan_deg: 360.0,
        tilt_deg: 90.0,
    };

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.01
    }

    #[test]
    fn the_field_narrows_as_things_grow() {
        // 2 atan(tan 30° / n), by a table of tangents.
        for (zoom, deg) in [(0.0, 60.0), (1.0, 3.307), (9.0 / 19.0, 6.608), (2.0, 3.307)] {
            assert!(
                near(OPTICS.field_deg(zoom), deg),
                "{zoom}: {}",
                OPTICS.field_deg(zoom)
            );
        }
    }

    #[test]
    fn a_click_is_an_angle() {
        for (x, y, pan, tilt) in [
            (0.5, 0.5, 0.0, 0.0),
            (1.0, 0.5, 30.0, 0.0),
            (0.0, 0.5, -30.0, 0.0),
            // tan⁻¹(0.5 tan 30°): not half of the angle.
            (0.75, 0.5, 16.102, 0.0),
            // tan⁻¹(tan 30° · 9/16).
            (0.5, 0.0, 0.0, 17.992),
            (0.5, 1.0, 0.0, -17.992),
            // In a corner things are farther away.
            (1.0, 0.0, 30.0, 15.708),
        ] {
            let click = Click::new(x, y).expect("within");
            let (right, up) = OPTICS.off_axis_deg(click, WIDE, 0.0);
            assert!(near(right, pan) && near(up, tilt), "{x} {y}: {right} {up}");
        }
    }

    #[test]
    fn an_angle_is_a_part_of_the_range() {
        let stand = |pan, tilt| Stand {
            pan,
            tilt,
            zoom: 0.0,
        };
        let click = |x, y| Click::new(x, y).expect("within");
        let aimed = OPTICS.aimed(stand(0.0, 0.0), click(1.0, 0.5), WIDE);
        assert!(near(aimed.pan, 30.0 / 180.0), "{aimed:?}");
        // Beyond the seam of what turns all the way round.
        let aimed = OPTICS.aimed(stand(0.95, 0.0), click(1.0, 0.5), WIDE);
        assert!(near(aimed.pan, 0.95 + 30.0 / 180.0 - 2.0), "{aimed:?}");
        // To the stop of what does not, and up to the utmost.
        let halting = Optics {
            pan_deg: 350.0,
            ..OPTICS
        };
        let aimed = halting.aimed(stand(0.95, 0.9), click(1.0, 0.0), WIDE);
        assert!(near(aimed.pan, 1.0) && near(aimed.tilt, 1.0), "{aimed:?}");
    }

    #[test]
    fn what_is_no_lens_and_no_click_is_refused() {
        assert!(OPTICS.is_fit());
        for broken in [
            Optics {
                wide_deg: 0.0,
                ..OPTICS
            },
            Optics {
                wide_deg: 180.0,
                ..OPTICS
            },
            Optics {
                times: 0.5,
                ..OPTICS
            },
            Optics {
                pan_deg: f64::NAN,
                ..OPTICS
            },
            Optics {
                tilt_deg: f64::INFINITY,
                ..OPTICS
            },
        ] {
            assert!(!broken.is_fit(), "{broken:?}");
        }
        for (x, y) in [(-0.1, 0.0), (0.0, 1.1), (f64::NAN, 0.5)] {
            assert_eq!(Click::new(x, y), None);
        }
    }

    proptest! {
        /// Whatever the lens, the camera turns towards the click and stays within its range.
        #[test]
        fn it_turns_towards_the_click(
            wide_deg in 1.0..179.0, times in 1.0..100.0, pan_deg in 1.0..720.0,
            tilt_deg in 1.0..360.0, x in 0.0..1.0, y in 0.0..1.0, zoom in 0.0..1.0,
            pan in -1.0..1.0, tilt in -1.0..1.0,
        ) {
            let optics = Optics { wide_deg, times, pan_deg, tilt_deg };
            let click = Click { x, y };
            let (right, up) = optics.way(click, WIDE, zoom);
            prop_assert!(right * (x - 0.5) >= 0.0 && up * (0.5 - y) >= 0.0);
            let aimed = optics.aimed(Stand { pan, tilt, zoom }, click, WIDE);
            for part in [aimed.pan, aimed.tilt] {
                prop_assert!((-1.0..=1.0).contains(&part));
            }
        }
    }
}
