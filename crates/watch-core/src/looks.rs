//! What a picture looks like, coarsely: enough to tell one place from another, and little
//! enough that light, weather and whoever walks through do not change it.
//!
//! The picture becomes eight rows of seventeen squares. Between each and its neighbour to
//! the right stands whether that is brighter, and whether that is sure: where two squares
//! are nearly alike nothing is said, and at night little is. Rows are not held against each
//! other: that the sky is brighter than the ground is so at every place.

/// Squares in a row.
const ACROSS: usize = 17;

/// Rows.
const DOWN: usize = 8;

/// Brightness that two squares must be apart for their order to be sure.
const SURE: u8 = 3;

/// Sure places that two pictures must share before anything is said of them.
const SHARED_MIN: u32 = 24;

/// Within this brightness of the middle one squares are alike.
const ALIKE: u8 = 8;

/// Of all squares, in thousandths, so many alike make a picture of one colour.
const BLANK_PERMILLE: usize = 900;

/// A picture, coarsely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Looks {
    /// Where the neighbour is brighter.
    pub bits: u128,
    /// Where that is sure.
    pub sure: u128,
    /// Whether it is of one colour, as where no camera is plugged in.
    pub blank: bool,
}

impl Looks {
    /// Of brightness, row by row; none if there are fewer pixels than squares.
    #[must_use]
    pub fn of(luma: &[u8], width: usize, height: usize) -> Option<Self> {
        if width < ACROSS || height < DOWN || luma.len() < width * height {
            return None;
        }
        let squares: [[u8; ACROSS]; DOWN] = std::array::from_fn(|y| {
            std::array::from_fn(|x| {
                let across = x * width / ACROSS..(x + 1) * width / ACROSS;
                let down = y * height / DOWN..(y + 1) * height / DOWN;
                let count = across.len() * down.len();
                let rows = down.map(|row| &luma[row * width..][across.clone()]);
                let sum: usize = rows.flatten().map(|octet| usize::from(*octet)).sum();
                u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)
            })
        });
        let (mut bits, mut sure) = (0, 0);
        let mut at = 0;
        for row in &squares {
            for pair in row.windows(2) {
                bits |= u128::from(pair[1] > pair[0]) << at;
                sure |= u128::from(pair[1].abs_diff(pair[0]) >= SURE) << at;
                at += 1;
            }
        }
        let mut all: Vec<u8> = squares.into_iter().flatten().collect();
        all.sort_unstable();
        let middle = all[all.len() / 2];
        let alike = all
            .iter()
            .filter(|square| square.abs_diff(middle) <= ALIKE)
            .count();
        Some(Self {
            bits,
            sure,
            blank: alike * 1_000 >= all.len() * BLANK_PERMILLE,
        })
    }

    /// How far two pictures are apart, in thousandths of what is sure in both: places
    /// that have nothing to do with each other are 500 apart. None where too little is.
    #[must_use]
    pub fn apart(&self, other: &Self) -> Option<u32> {
        let both = self.sure & other.sure;
        let shared = both.count_ones();
        if shared < SHARED_MIN {
            return None;
        }
        Some(((self.bits ^ other.bits) & both).count_ones() * 1_000 / shared)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDTH: usize = 160;
    const HEIGHT: usize = 90;

    /// A place: boxes of some brightness before a sky and a ground.
    pub(crate) fn place(seed: u64) -> Vec<u8> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut luma = vec![0; WIDTH * HEIGHT];
        let horizon = rng.usize(25..60);
        let (sky, ground) = (rng.u8(150..220), rng.u8(60..140));
        for (at, pixel) in luma.iter_mut().enumerate() {
            *pixel = if at / WIDTH < horizon { sky } else { ground };
        }
        for _ in 0..14 {
            let (left, top) = (rng.usize(0..WIDTH - 20), rng.usize(0..HEIGHT - 12));
            let (wide, high) = (rng.usize(10..50), rng.usize(8..40));
            let shade = rng.u8(20..235);
            for row in top..(top + high).min(HEIGHT) {
                luma[row * WIDTH + left..row * WIDTH + (left + wide).min(WIDTH)].fill(shade);
            }
        }
        luma
    }

    /// The place in another light: so many hundredths as bright, and noise of a sensor.
    pub(crate) fn lit(luma: &[u8], hundredths: u32, noise: u8, seed: u64) -> Vec<u8> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut shade = |pixel: &u8| {
            let lit = (u32::from(*pixel) * hundredths / 100).min(255);
            let lit = u8::try_from(lit).unwrap_or(u8::MAX);
            lit.saturating_add(rng.u8(0..=noise))
                .saturating_sub(noise / 2)
        };
        luma.iter().map(&mut shade).collect()
    }

    pub(crate) fn looks(luma: &[u8]) -> Looks {
        Looks::of(luma, WIDTH, HEIGHT).expect("large enough")
    }

    #[test]
    fn one_colour_is_blank_and_a_place_is_not() {
        for shade in [0, 16, 41, 128, 255] {
            assert!(looks(&vec![shade; WIDTH * HEIGHT]).blank, "{shade}");
        }
        // With the words that a recorder writes into it.
        let mut blue = vec![41; WIDTH * HEIGHT];
        for row in 44..48 {
            blue[row * WIDTH + 60..row * WIDTH + 100].fill(235);
        }
        assert!(looks(&blue).blank);
        for seed in 0..50 {
            assert!(!looks(&place(seed)).blank, "{seed}");
        }
        assert_eq!(Looks::of(&[1, 2, 3], 3, 1), None);
        assert_eq!(Looks::of(&[0; 10], WIDTH, HEIGHT), None);
    }

    proptest! {
        #[test]
        fn a_place_stays_itself_in_another_light(
            seed: u64, hundredths in 45_u32..120, noise in 0_u8..16,
        ) {
            let day = place(seed);
            let then = looks(&lit(&day, hundredths, noise, seed ^ 1));
            let apart = looks(&day).apart(&then);
            prop_assert!(apart.is_none_or(|apart| apart <= 120), "{apart:?}");
        }

        #[test]
        fn apart_is_the_same_from_both_sides(one: u64, other: u64) {
            let (one, other) = (looks(&place(one)), looks(&place(other)));
            prop_assert_eq!(one.apart(&other), other.apart(&one));
            prop_assert!(one.apart(&one).is_none_or(|apart| apart == 0));
        }

        #[test]
        fn no_picture_breaks_it(
            luma in prop::collection::vec(any::<u8>(), 0..2_000), width in 0_usize..80, height in 0_usize..80,
        ) {
            let _ = Looks::of(&luma, width, height);
        }
    }

    /// Of a thousand pairs of places hardly any is taken for one.
    #[test]
    fn two_places_are_apart() {
        let near = (0..1_000_u64)
            .filter_map(|seed| looks(&place(seed)).apart(&looks(&place(seed + 5_000))))
            .filter(|apart| *apart <= 230)
            .count();
        assert!(near <= 20, "{near}");
    }
}
