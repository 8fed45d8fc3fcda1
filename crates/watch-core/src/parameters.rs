//! How large a picture is and how it is coded, as its parameter sets say.
//!
//! Read as far as the size and no further: what cameras write behind it is wrong more often
//! than not. Nothing is believed to be there; a set that ends too early says nothing.

/// What a sequence parameter set says (ITU-T H.264 §7.3.2.1.1, H.265 §7.3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    /// Width in pixels, cropped.
    pub width: u32,
    /// Height in pixels, cropped.
    pub height: u32,
    /// How colour is sampled: 1 is 4:2:0 (`chroma_format_idc`).
    pub chroma: u8,
    /// Bits of a sample of brightness, less 8.
    pub luma_bits: u8,
    /// Bits of a sample of colour, less 8.
    pub chroma_bits: u8,
    /// H.265: temporal levels, less 1.
    pub levels: u8,
    /// H.265: whether they are nested.
    pub nested: bool,
}

/// Pixels of a side, at most: more than any decoder takes.
const SIDE_MAX: u32 = 16_384;

/// Profiles whose sets say how colour is sampled (ITU-T H.264 §7.3.2.1.1).
pub(crate) const PROFILES_OF_COLOUR: [u8; 13] =
    [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Of H.264; none if it cannot be read that far. `nal` begins with its header.
#[must_use]
pub fn of_h264(nal: &[u8]) -> Option<Sequence> {
    let rbsp = unescaped(nal.get(1..)?);
    let mut bits = Bits::new(&rbsp);
    let profile = u8::try_from(bits.take(8)?).ok()?;
    bits.skip(16)?;
    bits.ue()?;
    let (mut chroma, mut luma_bits, mut chroma_bits) = (1, 0, 0);
    if PROFILES_OF_COLOUR.contains(&profile) {
        chroma = bits.ue()?;
        if chroma == 3 {
            bits.skip(1)?;
        }
        luma_bits = bits.ue()?;
        chroma_bits = bits.ue()?;
        bits.skip(1)?;
        if bits.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    bits.scaling(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.ue()?;
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.skip(1)?;
            bits.ue()?;
            bits.ue()?;
            // A cycle has 255 frames at most.
            for _ in 0..bits.ue()?.min(255) {
                bits.ue()?;
            }
        }
        _ => {}
    }
    bits.ue()?;
    bits.skip(1)?;
    let across = bits.ue()?.checked_add(1)?.checked_mul(16)?;
    let down = bits.ue()?.checked_add(1)?.checked_mul(16)?;
    let fields = if bits.flag()? { 1 } else { 2 };
    if fields == 2 {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    let unit = match chroma {
        1 => (2, 2 * fields),
        2 => (2, fields),
        _ => (1, fields),
    };
    let (width, height) = bits.cropped((across, down.checked_mul(fields)?), unit)?;
    Some(Sequence {
        width,
        height,
        chroma: small(chroma)?,
        luma_bits: small(luma_bits)?,
        chroma_bits: small(chroma_bits)?,
        levels: 0,
        nested: false,
    })
}

/// Of H.265; none if it cannot be read that far. `nal` begins with its header.
#[must_use]
pub fn of_h265(nal: &[u8]) -> Option<Sequence> {
    let rbsp = unescaped(nal.get(2..)?);
    let mut bits = Bits::new(&rbsp);
    bits.skip(4)?;
    let levels = bits.take(3)?;
    let nested = bits.flag()?;
    bits.skip(PROFILE_BITS + LEVEL_BITS)?;
    let mut said = Vec::new();
    for _ in 0..levels {
        said.push((bits.flag()?, bits.flag()?));
    }
    if levels > 0 {
        bits.skip(2 * (8 - levels))?;
    }
    for (profile, level) in said {
        bits.skip(if profile { PROFILE_BITS } else { 0 })?;
        bits.skip(if level { LEVEL_BITS } else { 0 })?;
    }
    bits.ue()?;
    let chroma = bits.ue()?;
    if chroma == 3 {
        bits.skip(1)?;
    }
    let size = (bits.ue()?, bits.ue()?);
    let unit = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let (width, height) = bits.cropped(size, unit)?;
    Some(Sequence {
        width,
        height,
        chroma: small(chroma)?,
        luma_bits: small(bits.ue()?)?,
        chroma_bits: small(bits.ue()?)?,
        levels: u8::try_from(levels).ok()?,
        nested,
    })
}

/// A profile with its flags (ITU-T H.265 §7.3.3), and a level.
const PROFILE_BITS: u32 = 88;
const LEVEL_BITS: u32 = 8;

/// What three bits hold; more bits or kinds of colour there are not.
fn small(value: u32) -> Option<u8> {
    u8::try_from(value).ok().filter(|value| *value < 8)
}

/// Without the octets that keep a start code from appearing (ITU-T H.264 §7.4.1).
pub(crate) fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.bit()? == 1)
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | self.bit()?))
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        self.at = self.at.checked_add(usize::try_from(count).ok()?)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// Exp-Golomb (ITU-T H.264 §9.1); of a signed one the code number.
    fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.take(zeros)?;
        Some((1_u32 << zeros) - 1 + rest)
    }

    /// A scaling list (ITU-T H.264 §7.3.2.1.1.1), passed over.
    fn scaling(&mut self, size: u32) -> Option<()> {
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..size {
            if next != 0 {
                let code = i64::from(self.ue()?);
                let delta = if code % 2 == 1 {
                    code / 2 + 1
                } else {
                    -(code / 2)
                };
                next = (last + delta).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
        Some(())
    }

    /// What is left of a size when the edges are cut off, if any are.
    fn cropped(&mut self, size: (u32, u32), unit: (u32, u32)) -> Option<(u32, u32)> {
        let (mut width, mut height) = size;
        if self.flag()? {
            let (left, right) = (self.ue()?, self.ue()?);
            let (top, bottom) = (self.ue()?, self.ue()?);
            width = width.checked_sub(left.checked_add(right)?.checked_mul(unit.0)?)?;
            height = height.checked_sub(top.checked_add(bottom)?.checked_mul(unit.1)?)?;
        }
        let fits = (1..=SIDE_MAX).contains(&width) && (1..=SIDE_MAX).contains(&height);
        fits.then_some((width, height))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits
            .chunks(2)
            .filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
            .collect()
    }

    /// Sets of encoders that this project did not write (x264, x265), which were told these
    /// sizes.
    #[test]
    fn sizes_are_those_that_encoders_were_told() {
        for (sps, size, chroma) in [
            (
                "6742c020da01581879bc044000000300400000030283c60ca8",
                (1366, 768),
                1,
            ),
            // In fields, and cropped from 1,088 lines.
            (
                "674d4028f403c0227ef0110000030001000003000a1f162ea0",
                (1920, 1080),
                1,
            ),
            (
                "6742c00bda0507ec044000000300400000030283c50aa8",
                (320, 240),
                1,
            ),
            (
                "677a0016bcb405017fc4e022000003000200000300141e2c5d40",
                (640, 360),
                2,
            ),
        ] {
            let read = of_h264(&bytes(sps)).expect("a size");
            assert_eq!(((read.width, read.height), read.chroma), (size, chroma));
        }
        for (sps, size) in [
            (
                "420101016000000300900000030000030078a003c0801107cb965654a4c2f016808000000300800000030284",
                (1920, 1080),
            ),
            (
                "42010101600000030090000003000003005aa006c201e1cde595952930bc05a020000003002000000300a1",
                (854, 480),
            ),
        ] {
            let read = of_h265(&bytes(sps)).expect("a size");
            assert_eq!(((read.width, read.height), read.chroma), (size, 1));
            assert_eq!((read.luma_bits, read.levels, read.nested), (0, 0, true));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(nal in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = of_h264(&nal);
            let _ = of_h265(&nal);
        }
    }
}
