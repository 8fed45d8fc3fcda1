//! A JPEG of the newest key frame.
//!
//! Key frames decode alone, so a still costs one picture and no stream. Decoding
//! runs on the blocking pool, [`AT_ONCE`] at a time: a wall of a hundred stills
//! waits for its turn instead of taking the machine from live viewers.
//!
//! The decoder is OpenH264, built from source, behind the feature `stills`:
//! which patents that touches is told in `docs/decisions`. Without the feature
//! there are no stills and nothing else is missing.

use std::sync::Arc;

use base::now::Now;
use hall::Hall;
use openh264::decoder::Decoder;
use openh264::formats::YUVSource as _;
use tokio::sync::Semaphore;
use watch_core::frame::Frame;
use watch_core::looks::Looks;

/// Stills that are made at the same time.
const AT_ONCE: usize = 1;

/// JPEG quality of 100: text on a 720p picture stays legible at 80 kB.
const QUALITY: u8 = 75;

/// Why there is no still.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StillError {
    /// The decoder did not take the picture.
    #[error("the picture cannot be decoded: {0}")]
    Undecodable(String),
    /// It is larger than a JPEG can be.
    #[error("the picture of {width} x {height} px is too large for a JPEG")]
    TooLarge {
        /// In pixels.
        width: usize,
        /// In pixels.
        height: usize,
    },
    /// The house is shutting down.
    #[error("the house is closing")]
    Closed,
}

/// One picture.
#[derive(Debug, Clone)]
pub struct Still {
    /// JFIF, 4:2:0.
    pub jpeg: bytes::Bytes,
    /// When the picture reached this house.
    pub arrived: Now,
    /// In pixels.
    pub size_px: (usize, usize),
}

/// Makes stills.
#[derive(Debug, Clone)]
pub struct Stills {
    hall: Hall,
    turns: Arc<Semaphore>,
}

impl Stills {
    /// A maker of stills.
    #[must_use]
    pub fn new(hall: Hall) -> Self {
        Self {
            hall,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The still of a key frame; none if the frame is no key frame.
    ///
    /// # Errors
    /// If the picture cannot be decoded.
    pub async fn of(&self, frame: &Frame) -> Result<Option<Still>, StillError> {
        self.within(frame, usize::MAX).await
    }

    /// The same, at most so many pixels wide.
    ///
    /// # Errors
    /// If the picture cannot be decoded.
    pub async fn within(&self, frame: &Frame, width: usize) -> Result<Option<Still>, StillError> {
        let Some(unit) = frame.alone() else {
            return Ok(None);
        };
        let (jpeg, size_px) = self.encoded(unit.into(), width).await?;
        Ok(Some(Still {
            jpeg: jpeg.into(),
            arrived: frame.arrived,
            size_px,
        }))
    }

    /// The JPEG of an access unit (Annex B) that decodes alone.
    ///
    /// # Errors
    /// If it cannot be decoded.
    pub async fn picture(&self, unit: &[u8]) -> Result<Vec<u8>, StillError> {
        let unit = bytes::Bytes::copy_from_slice(unit);
        Ok(self.encoded(unit, usize::MAX).await?.0)
    }

    /// The JPEG of an access unit that decodes alone, at most so wide, and what it looks
    /// like.
    ///
    /// # Errors
    /// If it cannot be decoded.
    pub(crate) async fn seen(
        &self,
        unit: bytes::Bytes,
        width: usize,
    ) -> Result<(Vec<u8>, Option<Looks>), StillError> {
        let _turn = self.turns.acquire().await.map_err(|_| StillError::Closed)?;
        self.hall
            .tasks()
            .blocking("watch.still", move || {
                let (rgb, size) = decode(&unit, width)?;
                let luma = rgb.as_chunks::<3>().0.iter().map(brightness);
                let looks = Looks::of(&luma.collect::<Vec<_>>(), size.0, size.1);
                Ok((compress(&rgb, size)?, looks))
            })
            .await
            .map_err(|_| StillError::Closed)?
    }

    async fn encoded(
        &self,
        unit: bytes::Bytes,
        widest: usize,
    ) -> Result<(Vec<u8>, (usize, usize)), StillError> {
        let _turn = self.turns.acquire().await.map_err(|_| StillError::Closed)?;
        self.hall
            .tasks()
            .blocking("watch.still", move || encode(&unit, widest))
            .await
            .map_err(|_| StillError::Closed)?
    }
}

/// From an Annex B access unit to a JPEG, at most so wide, and its size in pixels.
fn encode(unit: &[u8], widest: usize) -> Result<(Vec<u8>, (usize, usize)), StillError> {
    let (rgb, size) = decode(unit, widest)?;
    Ok((compress(&rgb, size)?, size))
}

/// The brightness of a pixel (ITU-R BT.601).
fn brightness([red, green, blue]: &[u8; 3]) -> u8 {
    let [red, green, blue] = [*red, *green, *blue].map(u32::from);
    u8::try_from((red * 299 + green * 587 + blue * 114) / 1_000).unwrap_or(u8::MAX)
}

/// From an Annex B access unit to pixels, at most so wide, and its size.
fn decode(unit: &[u8], widest: usize) -> Result<(Vec<u8>, (usize, usize)), StillError> {
    let undecodable = |error: openh264::Error| StillError::Undecodable(error.to_string());
    let mut decoder = Decoder::new().map_err(undecodable)?;
    // Some profiles hold a picture back until they are told that no more comes.
    let mut rgb = Vec::new();
    let mut size = (0, 0);
    if let Some(picture) = decoder.decode(unit).map_err(undecodable)? {
        size = picture.dimensions();
        rgb.resize(picture.rgb8_len(), 0);
        picture.write_rgb8(&mut rgb);
    }
    if rgb.is_empty() {
        let held = decoder.flush_remaining().map_err(undecodable)?;
        let picture = held
            .first()
            .ok_or_else(|| StillError::Undecodable("no picture came out".to_owned()))?;
        size = picture.dimensions();
        rgb.resize(picture.rgb8_len(), 0);
        picture.write_rgb8(&mut rgb);
    }
    if size.0 > widest {
        (rgb, size) = shrunk(&rgb, size, size.0.div_ceil(widest.max(1)));
    }
    Ok((rgb, size))
}

fn compress(rgb: &[u8], (width, height): (usize, usize)) -> Result<Vec<u8>, StillError> {
    let too_large = StillError::TooLarge { width, height };
    let (Ok(w), Ok(h)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(too_large);
    };
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, QUALITY)
        .encode(rgb, w, h, jpeg_encoder::ColorType::Rgb)
        .map_err(|_| too_large)?;
    Ok(jpeg)
}

/// Each square of `by` pixels as one, the mean of them. What is over at the right and
/// below makes no square and is left out.
fn shrunk(rgb: &[u8], (width, height): (usize, usize), by: usize) -> (Vec<u8>, (usize, usize)) {
    let (across, down) = (width / by, height / by);
    let mut small = Vec::with_capacity(across * down * 3);
    for y in 0..down {
        for x in 0..across {
            for colour in 0..3 {
                let rows = (y * by..(y + 1) * by).map(|row| row * width);
                let places = rows.flat_map(|row| (x * by..(x + 1) * by).map(move |at| row + at));
                let octets = places.filter_map(|place| rgb.get(place * 3 + colour));
                let sum: usize = octets.map(|octet| usize::from(*octet)).sum();
                small.push(u8::try_from(sum / (by * by)).unwrap_or(u8::MAX));
            }
        }
    }
    (small, (across, down))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_become_their_mean() {
        // Five by three: the last column and the last row make no square.
        let pixel =
            |x: usize, y: usize| [x * 10, y * 20, 255].map(|it| u8::try_from(it).expect("small"));
        let rgb: Vec<u8> = (0..15).flat_map(|at| pixel(at % 5, at / 5)).collect();
        let (small, size) = shrunk(&rgb, (5, 3), 2);
        assert_eq!(size, (2, 1));
        assert_eq!(small, [5, 10, 255, 25, 10, 255]);
        assert_eq!(shrunk(&rgb, (5, 3), 1), (rgb, (5, 3)));
    }
}
