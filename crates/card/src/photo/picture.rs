//! A photograph, out of whatever octets somebody sends: really decoded, made small, and written
//! anew from its pixels alone.
//!
//! ```text
//! octets ─▶ JPEG or PNG, by its first octets ─▶ its size, before a pixel is asked for
//!        ─▶ pixels ─▶ smaller, upright ─▶ JPEG without a word of what the camera had noted
//! ```
//!
//! What comes out shares no octet with what came in but through its pixels: places, makes,
//! thumbnails, comments, and whatever else hides in a file or behind its end are gone. Nothing is
//! measured on it: no face is looked for.

use std::fmt;
use std::io::Cursor;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Octets that are taken at most: a phone's camera writes fewer.
pub(crate) const OCTETS_MAX: usize = 12 << 20;

/// Pixels that are decoded at most. One takes three octets, and six more while a progressive
/// JPEG is read: 32 million are 300 MB for a moment.
pub(crate) const PIXELS_MAX: usize = 32_000_000;

/// The shorter side at least: below it nothing can be seen.
pub(crate) const SIDE_MIN: usize = 64;

/// The longer side of what is kept.
pub(crate) const SIDE_MAX: usize = 1_600;

/// Scans of a progressive JPEG that are read at most: cameras write ten or so, and each costs a
/// look at every pixel.
const SCANS_MAX: usize = 32;

/// Octets that a PNG may ask for while it is read.
const PNG_OCTETS: usize = 192 << 20;

/// Qualities of JPEG that are tried until it is small.
const QUALITIES: [u8; 3] = [80, 65, 50];

/// So small it is to be, in octets; with the last quality it is as it comes.
const SMALL: usize = 400_000;

/// Why octets are no photograph that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Neither JPEG nor PNG by its first octets.
    Kind,
    /// More octets than are taken.
    Long,
    /// More pixels than are decoded.
    Wide {
        /// Pixels from side to side,
        width: usize,
        /// and from top to bottom.
        height: usize,
    },
    /// Too few pixels to see anything.
    Tiny {
        /// Pixels from side to side,
        width: usize,
        /// and from top to bottom.
        height: usize,
    },
    /// It cannot be decoded, or breaks off.
    Damaged,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => f.write_str("is neither JPEG nor PNG"),
            Self::Long => write!(f, "is longer than {} MiB", OCTETS_MAX >> 20),
            Self::Wide { width, height } => write!(
                f,
                "has {width} by {height} pixels; at most {} million are read",
                PIXELS_MAX / 1_000_000
            ),
            Self::Tiny { width, height } => write!(
                f,
                "has {width} by {height} pixels; each side needs {SIDE_MIN}"
            ),
            Self::Damaged => f.write_str("cannot be decoded, or breaks off before its end"),
        }
    }
}

/// A photograph as it is kept: JPEG, upright, without anything but its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) jpeg: Vec<u8>,
}

/// Three octets for each pixel, row by row.
#[derive(Debug)]
struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// Makes a photograph of octets. Takes a second of one core at most; call it where blocking is
/// allowed.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn prepared(octets: &[u8]) -> Result<Picture, Wrong> {
    if octets.len() > OCTETS_MAX {
        return Err(Wrong::Long);
    }
    let (pixels, turn) = match octets {
        [0xff, 0xd8, 0xff, ..] => jpeg(octets)?,
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => png(octets)?,
        _ => return Err(Wrong::Kind),
    };
    written(&turned(&smaller(pixels), turn))
}

/// Whether so many pixels are looked at.
fn sized(width: usize, height: usize) -> Result<(), Wrong> {
    if width.min(height) < SIDE_MIN {
        return Err(Wrong::Tiny { width, height });
    }
    match width.checked_mul(height) {
        Some(pixels) if pixels <= PIXELS_MAX => Ok(()),
        _ => Err(Wrong::Wide { width, height }),
    }
}

fn jpeg(octets: &[u8]) -> Result<(Pixels, u16), Wrong> {
    // A bound of its own, since what the library refuses by width it does not tell.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(octets), options);
    decoder.decode_headers().map_err(|_| Wrong::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(Wrong::Damaged)?;
    sized(width, height)?;
    let turn = decoder.exif().map_or(1, |exif| orientation(exif));
    let rgb = decoder.decode().map_err(|_| Wrong::Damaged)?;
    // The library fills up what breaks off; its end was never there.
    let ends = octets.windows(2).rposition(|it| it == [0xff, 0xd9]);
    if rgb.len() != width * height * 3 || ends.is_none() {
        return Err(Wrong::Damaged);
    }
    let pixels = Pixels { width, height, rgb };
    Ok((pixels, turn))
}

fn png(octets: &[u8]) -> Result<(Pixels, u16), Wrong> {
    let limits = png::Limits { bytes: PNG_OCTETS };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(octets), limits);
    // Comments and profiles are packed by themselves: nobody unpacks what nobody keeps.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| Wrong::Damaged)?;
    let info = reader.info();
    let side = |it: u32| usize::try_from(it).unwrap_or(usize::MAX);
    let (width, height) = (side(info.width), side(info.height));
    sized(width, height)?;
    let turn = info.exif_metadata.as_deref().map_or(1, orientation);
    let size = reader.output_buffer_size().ok_or(Wrong::Damaged)?;
    let mut octets = vec![0; size];
    let frame = reader.next_frame(&mut octets).map_err(|_| Wrong::Damaged)?;
    let samples = frame.color_type.samples();
    octets.truncate(frame.buffer_size());
    if octets.len() != width * height * samples {
        return Err(Wrong::Damaged);
    }
    // What can be seen through shows white.
    let over = |shade: u8, alpha: u8| {
        let (shade, alpha) = (u16::from(shade), u16::from(alpha));
        let mixed = (shade * alpha + 255 * (255 - alpha)) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    let mut rgb = Vec::with_capacity(width * height * 3);
    for pixel in octets.chunks_exact(samples) {
        match *pixel {
            [grey] => rgb.extend([grey; 3]),
            [grey, alpha] => rgb.extend([over(grey, alpha); 3]),
            [red, green, blue] => rgb.extend([red, green, blue]),
            [red, green, blue, alpha] => {
                rgb.extend([over(red, alpha), over(green, alpha), over(blue, alpha)]);
            }
            _ => return Err(Wrong::Damaged),
        }
    }
    let pixels = Pixels { width, height, rgb };
    Ok((pixels, turn))
}

/// How a camera was held, 1 to 8, by what it noted (Exif 2.32, tag 0x0112 of the first
/// directory of a TIFF): 1 where it says nothing that can be read. Nothing else is read of it.
fn orientation(exif: &[u8]) -> u16 {
    const TAG: u16 = 0x0112;
    const SHORT: u16 = 3;
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let read = || {
        let is_little = match tiff.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let two = |at: usize| {
            let octets: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
            Some(match is_little {
                true => u16::from_le_bytes(octets),
                false => u16::from_be_bytes(octets),
            })
        };
        let octets: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
        let first = match is_little {
            true => u32::from_le_bytes(octets),
            false => u32::from_be_bytes(octets),
        };
        let first = usize::try_from(first).ok()?;
        let entries = usize::from(two(first)?);
        for entry in 0..entries {
            let at = first.checked_add(2 + entry * 12)?;
            if two(at)? == TAG && two(at.checked_add(2)?)? == SHORT {
                return two(at.checked_add(8)?).filter(|it| (1..=8).contains(it));
            }
        }
        None
    };
    read().unwrap_or(1)
}

/// No side longer than is kept: each pixel is the mean of those that it stands for.
fn smaller(pixels: Pixels) -> Pixels {
    let most = pixels.width.max(pixels.height);
    if most <= SIDE_MAX {
        return pixels;
    }
    let scaled = |side: usize| (side * SIDE_MAX / most).max(1);
    let (width, height) = (scaled(pixels.width), scaled(pixels.height));
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        let rows = row * pixels.height / height..(row + 1) * pixels.height / height;
        for column in 0..width {
            let from = column * pixels.width / width;
            let to = (column + 1) * pixels.width / width;
            let mut sums = [0_usize; 3];
            for row in rows.clone() {
                let start = row * pixels.width;
                let line = &pixels.rgb[(start + from) * 3..(start + to) * 3];
                for pixel in line.chunks_exact(3) {
                    for (sum, shade) in sums.iter_mut().zip(pixel) {
                        *sum += usize::from(*shade);
                    }
                }
            }
            let count = rows.len() * (to - from);
            rgb.extend(sums.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)));
        }
    }
    Pixels { width, height, rgb }
}

/// Upright, whichever way the camera was held.
fn turned(pixels: &Pixels, turn: u16) -> Pixels {
    let Pixels { width, height, rgb } = pixels;
    let (width, height) = (*width, *height);
    let (wide, high) = match turn {
        5..=8 => (height, width),
        _ => (width, height),
    };
    let mut upright = Vec::with_capacity(rgb.len());
    for y in 0..high {
        for x in 0..wide {
            let (from_x, from_y) = match turn {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                8 => (width - 1 - y, x),
                _ => (x, y),
            };
            let at = (from_y * width + from_x) * 3;
            upright.extend_from_slice(&rgb[at..at + 3]);
        }
    }
    Pixels {
        width: wide,
        height: high,
        rgb: upright,
    }
}

fn written(pixels: &Pixels) -> Result<Picture, Wrong> {
    let side = |it: usize| u16::try_from(it).map_err(|_| Wrong::Damaged);
    let (width, height) = (side(pixels.width)?, side(pixels.height)?);
    let mut jpeg = Vec::new();
    for quality in QUALITIES {
        jpeg.clear();
        jpeg_encoder::Encoder::new(&mut jpeg, quality)
            .encode(&pixels.rgb, width, height, jpeg_encoder::ColorType::Rgb)
            .map_err(|_| Wrong::Damaged)?;
        if jpeg.len() <= SMALL {
            break;
        }
    }
    Ok(Picture {
        width: pixels.width,
        height: pixels.height,
        jpeg,
    })
}

#[cfg(test)]
#[path = "picture/tests.rs"]
mod tests;
