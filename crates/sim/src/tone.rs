//! What a simulated camera hears: a beep at each full second of the wall clock, a
//! higher one at the full minute, so that an ear and a clock can be held against what
//! is seen.
//!
//! A-law of ITU-T G.711, in packets of 20 ms (RFC 3551 §4.5.14).

use base::now::Wall;

/// Samples in a second.
pub const RATE_HZ: u32 = 8_000;

/// Samples of a packet.
pub const SAMPLES: usize = 160;

/// Packets in a second.
const PACKETS_HZ: i64 = 50;

/// How long a packet lasts.
const STEP_US: i64 = 1_000_000 / PACKETS_HZ;

/// Packets of a beep: a tenth of a second.
const BEEP: i64 = 5;

/// How loud a beep is; 32,767 would be as loud as can be.
const LOUD: f64 = 6_000.0;

/// The pitch of a beep, and of that at the full minute.
pub const PITCH_HZ: [f64; 2] = [1_000.0, 2_000.0];

/// The packet that belongs to a time: its number since 1970.
#[must_use]
pub const fn of_wall(wall: Wall) -> i64 {
    wall.as_us().div_euclid(STEP_US)
}

/// When a packet is due, by its number since 1970.
#[must_use]
pub const fn due(number: i64) -> Wall {
    Wall::from_us(number * STEP_US)
}

/// The samples of a packet, by its number since 1970.
#[must_use]
pub fn samples(number: i64) -> [u8; SAMPLES] {
    let at = number.rem_euclid(PACKETS_HZ);
    if at >= BEEP {
        return [a_law(0); SAMPLES];
    }
    let [second, minute] = PITCH_HZ;
    let full = number.rem_euclid(60 * PACKETS_HZ) < BEEP;
    let pitch_hz = if full { minute } else { second };
    // A beep of whole packets holds whole waves at either pitch, so each packet may
    // begin its wave anew.
    std::array::from_fn(|i| {
        let i = u32::try_from(i).unwrap_or(0);
        let turns = f64::from(i) * pitch_hz / f64::from(RATE_HZ);
        let sample = LOUD * (std::f64::consts::TAU * turns).sin();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is far from the ends of i16"
        )]
        a_law(sample.round() as i16)
    })
}

/// One sample (ITU-T G.711 table 1a): sign, three bits of segment, four of the place
/// in it, every other bit turned.
fn a_law(sample: i16) -> u8 {
    const TURNED: u8 = 0x55;
    let sign = if sample >= 0 { 0x80 } else { 0 };
    // Thirteen bits with their sign.
    let size = u16::try_from(if sample >= 0 { sample } else { !sample }).unwrap_or(0) >> 3;
    let segment = (16 - (size >> 4).leading_zeros()).saturating_sub(1);
    let place = if segment == 0 {
        size >> 1
    } else {
        size >> segment
    };
    let segment = u8::try_from(segment).unwrap_or(7);
    let place = u8::try_from(place & 0xf).unwrap_or(0);
    (sign | segment << 4 | place) ^ TURNED
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the table of the standard: the ends of segments and their codes.
    #[test]
    fn samples_are_written_as_the_standard_has_them() {
        for (sample, code) in [
            (0, 0xd5),
            (15, 0xd5),
            (16, 0xd4),
            (255, 0xda),
            (256, 0xc5),
            (511, 0xca),
            (512, 0xf5),
            (1_024, 0xe5),
            (2_048, 0x95),
            (4_096, 0x85),
            (8_192, 0xb5),
            (16_384, 0xa5),
            (32_767, 0xaa),
            (-1, 0x55),
            (-16, 0x55),
            (-17, 0x54),
            (-512, 0x4a),
            (-513, 0x75),
            (-32_768, 0x2a),
        ] {
            assert_eq!(a_law(sample), code, "{sample}");
        }
    }

    #[test]
    fn it_beeps_at_the_full_second_and_higher_at_the_full_minute() {
        // Every crossing from below is a wave.
        let waves = |number| {
            let above: Vec<_> = samples(number)
                .map(|code| code & 0x80 != 0)
                .into_iter()
                .collect();
            above.windows(2).filter(|pair| pair[1] && !pair[0]).count()
        };
        let silent = |number| samples(number) == [0xd5; SAMPLES];
        let minute = of_wall(Wall::from_us(1_800_000_000_000_000));
        assert_eq!(due(minute), Wall::from_us(1_800_000_000_000_000));
        for second in 0..60 {
            let first = minute + second * PACKETS_HZ;
            let expected = if second == 0 { 39 } else { 19 };
            assert_eq!(waves(first), expected, "{second}");
            assert_eq!(waves(first + BEEP - 1), expected, "{second}");
            assert!(silent(first + BEEP) && silent(first + PACKETS_HZ - 1));
        }
    }
}
