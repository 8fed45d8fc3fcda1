//! The cameras of the demonstration.
//!
//! Places are real places of the province, so that the map means something;
//! offices, contacts and legal cards are made up and say so.

use crate::film::Codec;
use crate::picture::Scene;

/// A camera of the demonstration, as its form has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoCamera {
    /// Short name; also the first part of its RTSP path.
    pub short: &'static str,
    /// As officials would call it.
    pub name: &'static str,
    /// kantor, `ruang_publik`, `proyek_strategis` or lainnya.
    pub kind: &'static str,
    /// Kemendagri code.
    pub area: &'static str,
    /// Degrees north and east, WGS 84.
    pub point: (f64, f64),
    /// What it sees.
    pub scene: Scene,
    /// How its main picture is coded.
    pub codec: Codec,
    /// What it asks for.
    pub credentials: Option<(&'static str, &'static str)>,
    /// Pulled even when nobody watches.
    pub always_on: bool,
    /// Whether its legal card is complete.
    pub legal: bool,
    /// Whether it has a microphone, and may be heard.
    pub sound: bool,
}

const fn camera(
    short: &'static str,
    name: &'static str,
    kind: &'static str,
    area: &'static str,
    point: (f64, f64),
    scene: Scene,
) -> DemoCamera {
    DemoCamera {
        short,
        name,
        kind,
        area,
        point,
        scene,
        codec: Codec::H264,
        credentials: None,
        always_on: false,
        legal: true,
        sound: false,
    }
}

/// The twelve.
pub const CAMERAS: [DemoCamera; 12] = [
    DemoCamera {
        always_on: true,
        ..camera(
            "bundaran-besar",
            "Bundaran Besar",
            "ruang_publik",
            "62.71.01",
            (-2.2098, 113.9160),
            Scene::Road,
        )
    },
    DemoCamera {
        always_on: true,
        credentials: Some(("demo", "demo")),
        ..camera(
            "kantor-gubernur",
            "Halaman Kantor Gubernur",
            "kantor",
            "62.71.01",
            (-2.2075, 113.9147),
            Scene::Office,
        )
    },
    camera(
        "pasar-besar",
        "Pasar Besar Palangka Raya",
        "ruang_publik",
        "62.71.01",
        (-2.2046, 113.9302),
        Scene::Market,
    ),
    camera(
        "jembatan-kahayan",
        "Jembatan Kahayan",
        "proyek_strategis",
        "62.71.01",
        (-2.1969, 113.9383),
        Scene::River,
    ),
    camera(
        "pelabuhan-sampit",
        "Pelabuhan Sampit",
        "ruang_publik",
        "62.02",
        (-2.5350, 112.9520),
        Scene::River,
    ),
    DemoCamera {
        legal: false,
        ..camera(
            "simpang-pangkalan-bun",
            "Simpang Pangkalan Bun",
            "ruang_publik",
            "62.01",
            (-2.6830, 111.6230),
            Scene::Road,
        )
    },
    DemoCamera {
        sound: true,
        ..camera(
            "kantor-kapuas",
            "Kantor Bupati Kapuas",
            "kantor",
            "62.03",
            (-3.0094, 114.3869),
            Scene::Office,
        )
    },
    DemoCamera {
        legal: false,
        ..camera(
            "dermaga-buntok",
            "Dermaga Buntok",
            "ruang_publik",
            "62.04",
            (-1.7230, 114.8400),
            Scene::River,
        )
    },
    camera(
        "muara-teweh",
        "Pelabuhan Muara Teweh",
        "ruang_publik",
        "62.05",
        (-0.9490, 114.8940),
        Scene::River,
    ),
    camera(
        "food-estate-pulang-pisau",
        "Kawasan Pangan Pulang Pisau",
        "proyek_strategis",
        "62.11",
        (-2.7500, 114.2600),
        Scene::Road,
    ),
    camera(
        "pasar-kasongan",
        "Pasar Kasongan",
        "ruang_publik",
        "62.06",
        (-1.8790, 113.4180),
        Scene::Market,
    ),
    DemoCamera {
        codec: Codec::H265,
        ..camera(
            "simpang-kuala-kurun",
            "Simpang Kuala Kurun",
            "lainnya",
            "62.10",
            (-1.1060, 113.8680),
            Scene::Road,
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_of_its_own_and_lies_in_the_province() {
        for (at, camera) in CAMERAS.iter().enumerate() {
            assert!(camera.area.starts_with("62"));
            let (lat, lon) = camera.point;
            assert!((-3.6..0.8).contains(&lat) && (110.7..115.9).contains(&lon));
            assert!(
                CAMERAS[..at]
                    .iter()
                    .all(|other| other.short != camera.short)
            );
        }
    }
}
