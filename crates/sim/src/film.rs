//! A minute of pictures, encoded once and replayed for ever.
//!
//! A film lies on disk as the plain byte stream of its codec (Annex B of ITU-T
//! H.264 and H.265), which any player opens. Its first picture is a key frame, so
//! it can begin again without a break.

use bytes::Bytes;
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, RateControlMode,
    UsageType,
};
use openh264::formats::YUVSource;

use crate::picture::{LOOP, Painter, Picture, RATE_HZ, Scene};

/// How a film is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    H265,
}

/// Which film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Script {
    /// What is seen.
    pub scene: Scene,
    /// Which place of that kind; 0 is the usual one.
    pub view: u8,
    /// How many pictures there are until the first comes again, at most [`LOOP`].
    pub pictures: u32,
    /// Pixels, even.
    pub width: usize,
    /// Pixels, even.
    pub height: usize,
    /// What the encoder aims at, in kbit/s.
    pub kbps: u32,
    /// Pictures from key frame to key frame.
    pub gop: u32,
}

/// The minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// How it is coded.
    pub codec: Codec,
    /// The units of each picture, in order, without start codes.
    pub frames: Vec<Frame>,
}

/// One picture, coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether decoding can begin here.
    pub key: bool,
    /// NAL units.
    pub nals: Vec<Bytes>,
}

/// Why there is no film.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// The encoder gave up.
    #[error("the encoder: {0}")]
    Encoder(#[from] openh264::Error),
    /// The bytes are no film.
    #[error("no film: {0}")]
    Bytes(&'static str),
}

impl Script {
    /// A camera's full picture: 720p, 1.5 Mbit/s, a key frame every two seconds.
    #[must_use]
    pub const fn main(scene: Scene) -> Self {
        Self {
            scene,
            view: 0,
            pictures: LOOP,
            width: 1280,
            height: 720,
            kbps: 1500,
            gop: 2 * RATE_HZ,
        }
    }

    /// A camera's small picture: 360p, 0.3 Mbit/s, a key frame every two seconds.
    #[must_use]
    pub const fn sub(scene: Scene) -> Self {
        Self {
            width: 640,
            height: 360,
            kbps: 300,
            ..Self::main(scene)
        }
    }

    /// The full picture of a recorder's channel: 360p, ten seconds of a place of its own.
    #[must_use]
    pub const fn channel(scene: Scene, view: u8) -> Self {
        Self {
            view,
            pictures: 10 * RATE_HZ,
            gop: RATE_HZ,
            ..Self::sub(scene)
        }
    }

    /// The small one of the same place.
    #[must_use]
    pub const fn small(self) -> Self {
        Self {
            width: self.width / 2,
            height: self.height / 2,
            kbps: self.kbps / 2,
            ..self
        }
    }

    /// With a key frame every ten seconds only, as "smart" codecs do.
    #[must_use]
    pub const fn long_gop(self) -> Self {
        Self {
            gop: 10 * RATE_HZ,
            ..self
        }
    }

    /// The name of its file. The number goes up when the pictures change.
    #[must_use]
    pub fn file(&self) -> String {
        let which = match (self.view, self.pictures) {
            (0, LOOP) => String::new(),
            (view, pictures) => format!("-{view}-{pictures}"),
        };
        format!(
            "{}{which}-{}x{}-{}k-{}-2.h264",
            self.scene.as_str(),
            self.width,
            self.height,
            self.kbps,
            self.gop
        )
    }

    /// Encodes the whole minute; takes seconds.
    ///
    /// # Errors
    /// If the encoder gives up.
    pub fn encode(&self) -> Result<Vec<u8>, FilmError> {
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .complexity(Complexity::Low)
            .rate_control_mode(RateControlMode::Bitrate)
            .bitrate(BitRate::from_bps(self.kbps * 1000))
            .max_frame_rate(FrameRate::from_hz(25.0))
            .intra_frame_period(IntraFramePeriod::from_num_frames(self.gop))
            .scene_change_detect(false)
            // A picture that is left out would shift all numbers behind it.
            .skip_frames(false)
            .num_threads(1);
        let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
        let painter = Painter::of_view(self.scene, self.view, self.width, self.height);
        let mut stream = Vec::new();
        for number in 0..self.pictures {
            let picture = painter.paint(number);
            encoder.encode(&picture)?.write_vec(&mut stream);
        }
        Ok(stream)
    }
}

impl YUVSource for Picture {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.planes[..self.width * self.height]
    }

    fn u(&self) -> &[u8] {
        let luma = self.width * self.height;
        &self.planes[luma..luma + luma / 4]
    }

    fn v(&self) -> &[u8] {
        let luma = self.width * self.height;
        &self.planes[luma + luma / 4..]
    }
}

impl Film {
    /// Reads a byte stream in which every picture is one slice.
    ///
    /// # Errors
    /// If it has no picture, or begins with none that stands alone.
    pub fn read(codec: Codec, stream: &Bytes) -> Result<Self, FilmError> {
        let mut frames = Vec::new();
        let mut nals = Vec::new();
        for nal in nals_of(stream) {
            let (picture, key) = codec.kind(&nal);
            nals.push(nal);
            if picture {
                let nals = std::mem::take(&mut nals);
                frames.push(Frame { key, nals });
            }
        }
        match frames.first() {
            None => Err(FilmError::Bytes("there is no picture in it")),
            Some(first) if !first.key => Err(FilmError::Bytes("it begins in the middle")),
            Some(_) => Ok(Self { codec, frames }),
        }
    }

    /// The picture with this number since 1970.
    #[must_use]
    pub fn at(&self, number: i64) -> &Frame {
        &self.frames[self.index(number)]
    }

    /// Where in [`Self::frames`] the picture with this number since 1970 is.
    #[must_use]
    pub fn index(&self, number: i64) -> usize {
        let loops = i64::try_from(self.frames.len()).unwrap_or(1);
        usize::try_from(number.rem_euclid(loops)).unwrap_or(0)
    }

    /// The parameter sets of the first picture.
    pub fn parameters(&self) -> impl Iterator<Item = &Bytes> {
        let units = self.frames.first().map_or(&[][..], |frame| &frame.nals);
        units.iter().filter(|nal| !self.codec.kind(nal).0)
    }
}

impl Codec {
    /// Whether a unit holds a picture, and whether decoding can begin with it
    /// (H.264 table 7-1, H.265 table 7-1).
    fn kind(self, nal: &[u8]) -> (bool, bool) {
        let first = nal.first().copied().unwrap_or(0);
        match self {
            Self::H264 => {
                let kind = first & 0x1f;
                ((1..=5).contains(&kind), kind == 5)
            }
            Self::H265 => {
                let kind = first >> 1 & 0x3f;
                (kind < 32, (16..24).contains(&kind))
            }
        }
    }
}

/// Cuts a byte stream at its start codes; the bytes stay where they are.
fn nals_of(stream: &Bytes) -> Vec<Bytes> {
    let mut begins = Vec::new();
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at..at + 3] == [0, 0, 1] {
            begins.push(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends = begins.iter().skip(1).map(|begin| begin - 3);
    let ends = ends.chain([stream.len()]);
    begins
        .iter()
        .zip(ends)
        .map(|(begin, end)| {
            // Zeros before a start code belong to it and not to the unit.
            let zeros = stream[*begin..end]
                .iter()
                .rev()
                .take_while(|octet| **octet == 0);
            stream.slice(*begin..end - zeros.count())
        })
        .filter(|nal| !nal.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_at_its_start_codes() {
        let stream = Bytes::from_static(&[
            0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 9, 9, 0, 0, 1, 0x41, 7,
        ]);
        let film = Film::read(Codec::H264, &stream).expect("a film");
        assert_eq!(film.frames.len(), 2);
        assert!(film.frames[0].key && !film.frames[1].key);
        assert_eq!(film.frames[0].nals.len(), 3);
        assert_eq!(film.frames[0].nals[0][..], [0x67, 1, 2]);
        assert_eq!(film.frames[1].nals[0][..], [0x41, 7]);
        assert_eq!(film.parameters().count(), 2);
        assert_eq!(film.at(5), &film.frames[1]);
    }

    #[test]
    fn what_is_no_film_is_said_to_be_none() {
        for bytes in [
            &[][..],
            &[1, 2, 3],
            &[0, 0, 1, 0x67, 1],
            &[0, 0, 1, 0x41, 1],
        ] {
            assert!(Film::read(Codec::H264, &Bytes::copy_from_slice(bytes)).is_err());
        }
    }

    #[test]
    fn a_short_film_has_its_numbers_in_it_as_another_decoder_sees_them() {
        let script = Script {
            width: 320,
            height: 180,
            kbps: 300,
            ..Script::main(Scene::River)
        };
        let stream = Bytes::from(script.encode().expect("encoded"));
        let film = Film::read(Codec::H264, &stream).expect("a film");
        assert_eq!(film.frames.len(), LOOP as usize);
        for (number, frame) in film.frames.iter().enumerate() {
            assert_eq!(frame.key, number % script.gop as usize == 0, "{number}");
        }
        let mut decoder = openh264::decoder::Decoder::new().expect("a decoder");
        for (number, frame) in film.frames.iter().enumerate().take(120) {
            let mut unit = Vec::new();
            for nal in &frame.nals {
                unit.extend_from_slice(&[0, 0, 0, 1]);
                unit.extend_from_slice(nal);
            }
            let Some(decoded) = decoder.decode(&unit).expect("decodes") else {
                continue;
            };
            let (stride, _, _) = decoded.strides();
            let luma: Vec<u8> = decoded
                .y()
                .chunks(stride)
                .take(180)
                .flat_map(|line| &line[..320])
                .copied()
                .collect();
            let seen = Picture {
                width: 320,
                height: 180,
                planes: luma,
            };
            assert_eq!(seen.read().map(|seen| seen as usize), Some(number));
        }
    }
}
