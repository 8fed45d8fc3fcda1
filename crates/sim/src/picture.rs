//! What a simulated camera sees: a place, drawn, with the second and a number in it.
//!
//! A picture is I420: a luma plane of `width * height` octets, then two chroma
//! planes of a quarter of that. It follows from the scene, the size and the number
//! alone, and the one after the last joins the first without a seam.
//!
//! The number is written for machines along the upper edge, from the left, as
//! square blocks of [`block_px`] pixels, white for one and black for zero:
//!
//! ```text
//! 1 0 | eleven bits of the number, highest first | four check bits | 0 1
//! ```
//!
//! The check bits are the number's three nibbles XORed, inverted. Pictures are
//! shown at the wall clock's second [`of_wall`], so whoever reads the number off a
//! screen knows how old the picture is.

use base::now::Wall;

/// Pictures in a second.
pub const RATE_HZ: u32 = 25;

/// Pictures until the first comes again: one minute.
pub const LOOP: u32 = 60 * RATE_HZ;

/// Time between two pictures, in microseconds.
pub const STEP_US: i64 = 1_000_000 / RATE_HZ as i64;

/// Blocks of the machine-readable number.
const BLOCKS: usize = 19;

/// A place of the province.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// A road with vehicles.
    Road,
    /// A river with boats.
    River,
    /// A market square with people.
    Market,
    /// The yard of an office.
    Office,
    /// No place: the one colour that a recorder shows where no camera is plugged in.
    Blank,
}

impl Scene {
    /// All places.
    pub const ALL: [Self; 4] = [Self::Road, Self::River, Self::Market, Self::Office];

    /// The word in file names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Road => "road",
            Self::River => "river",
            Self::Market => "market",
            Self::Office => "office",
            Self::Blank => "blank",
        }
    }
}

/// The side of a block of the number, in pixels.
#[must_use]
pub const fn block_px(height: usize) -> usize {
    height / 45
}

/// The picture that belongs to a time: its number since 1970. Modulo [`LOOP`] it
/// is the number in the picture.
#[must_use]
pub const fn of_wall(wall: Wall) -> i64 {
    wall.as_us().div_euclid(STEP_US)
}

/// When a picture is due, by its number since 1970.
#[must_use]
pub const fn due(number: i64) -> Wall {
    Wall::from_us(number * STEP_US)
}

/// One I420 picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels; even.
    pub width: usize,
    /// In pixels; even.
    pub height: usize,
    /// The three planes, one behind the other.
    pub planes: Vec<u8>,
}

/// Draws the pictures of one scene at one size.
#[derive(Debug)]
pub struct Painter {
    blank: bool,
    ground: Picture,
    grain: Vec<i8>,
    movers: Vec<Mover>,
}

/// What crosses the picture a whole number of times in a loop.
#[derive(Debug, Clone, Copy)]
struct Mover {
    /// Of the height, in thousandths.
    top: usize,
    /// Of the width and the height, in thousandths.
    size: (usize, usize),
    colour: (u8, u8, u8),
    /// Times a loop, negative from right to left.
    passes: i64,
    /// Of its way, in thousandths.
    phase: i64,
}

/// Where the horizon is, of the height, in thousandths.
const HORIZON: usize = 420;

/// How far the grain of the sensor goes, up and down.
const GRAIN: u8 = 3;

impl Painter {
    /// With a scene at a size; both sides even.
    #[must_use]
    pub fn new(scene: Scene, width: usize, height: usize) -> Self {
        Self::of_view(scene, 0, width, height)
    }

    /// With another place of that kind, by its number; both sides even.
    #[must_use]
    pub fn of_view(scene: Scene, view: u8, width: usize, height: usize) -> Self {
        let mut rng = fastrand::Rng::with_seed(scene as u64 + 1 + (u64::from(view) << 8));
        let grain = (0..width * height + LOOP as usize * 64)
            .map(|_| i8::try_from(rng.u8(0..=2 * GRAIN)).unwrap_or(0) - GRAIN.cast_signed())
            .collect();
        Self {
            blank: scene == Scene::Blank,
            ground: ground(scene, width, height, &mut rng),
            grain,
            movers: movers(scene, &mut rng),
        }
    }

    /// Draws the picture with this number, below [`LOOP`].
    #[must_use]
    pub fn paint(&self, number: u32) -> Picture {
        let mut picture = self.ground.clone();
        if self.blank {
            return picture;
        }
        for mover in &self.movers {
            mover.paint(&mut picture, number);
        }
        // Another part of the same grain each time: noise that costs an encoder
        // what a sensor's does.
        let from = number as usize * 61;
        let luma = picture.width * picture.height;
        for (pixel, grain) in picture.planes[..luma].iter_mut().zip(&self.grain[from..]) {
            *pixel = pixel.saturating_add_signed(*grain);
        }
        let px = block_px(picture.height);
        let second = number / RATE_HZ;
        let rest = number % RATE_HZ;
        picture.write(
            px,
            px * 2,
            px / 4,
            &format!("SIMULASI {second:02}.{rest:02}"),
        );
        picture.number(number);
        picture
    }
}

fn ground(scene: Scene, width: usize, height: usize, rng: &mut fastrand::Rng) -> Picture {
    let (sky, land) = match scene {
        Scene::Road => ((200, 140, 118), (96, 126, 130)),
        Scene::River => ((190, 142, 116), (112, 118, 140)),
        Scene::Market => ((205, 136, 122), (134, 120, 138)),
        Scene::Office => ((198, 146, 112), (104, 114, 118)),
        Scene::Blank => ((41, 240, 110), (41, 240, 110)),
    };
    let mut picture = Picture {
        width,
        height,
        planes: vec![128; width * height * 3 / 2],
    };
    picture.fill((0, 0), (1000, HORIZON), sky);
    picture.fill((0, HORIZON), (1000, 1000 - HORIZON), land);
    if scene == Scene::Blank {
        return picture;
    }
    // Houses along the horizon, each with its windows.
    let mut left = 10;
    while left < 960 {
        let size = (rng.usize(60..130), rng.usize(90..260));
        let wall = (rng.u8(110..190), rng.u8(118..134), rng.u8(122..142));
        picture.fill((left, HORIZON - size.1), size, wall);
        for window in 0..size.0 / 24 {
            let at = (left + 6 + window * 24, HORIZON - size.1 + 24);
            picture.fill(at, (10, 26), (52, 128, 126));
        }
        left += size.0 + rng.usize(4..40);
    }
    // Marks on the ground, nearer ones larger.
    for row in 0..9 {
        let top = HORIZON + 40 + row * row * 6;
        for column in 0..8 {
            let left = column * 128 + rng.usize(0..60);
            let shade = rng.u8(0..24);
            picture.fill(
                (left, top),
                (20 + row * 6, 3 + row),
                (land.0 + shade, land.1, land.2),
            );
        }
    }
    picture
}

fn movers(scene: Scene, rng: &mut fastrand::Rng) -> Vec<Mover> {
    let (count, wide, high, passes) = match scene {
        Scene::Road => (7, 70..150, 50..90, 6..14),
        Scene::River => (4, 90..200, 30..60, 2..5),
        Scene::Market => (16, 12..22, 60..110, 1..5),
        Scene::Office => (5, 14..60, 50..100, 2..6),
        Scene::Blank => (0, 1..2, 1..2, 1..2),
    };
    (0..count)
        .map(|_| Mover {
            top: rng.usize(HORIZON + 30..900),
            size: (rng.usize(wide.clone()), rng.usize(high.clone())),
            colour: (rng.u8(40..220), rng.u8(90..166), rng.u8(90..166)),
            passes: rng.i64(passes.clone()) * if rng.bool() { 1 } else { -1 },
            phase: rng.i64(0..1000),
        })
        .collect()
}

impl Mover {
    fn paint(&self, picture: &mut Picture, number: u32) {
        // Its way leads from wholly outside on one side to wholly outside on the
        // other, in thousandths of the width.
        let wide = i64::try_from(self.size.0).unwrap_or(0);
        let way = 1000 + 2 * wide;
        let done = i64::from(number) * self.passes * way / i64::from(LOOP);
        let left = (done + self.phase * way / 1000).rem_euclid(way) - wide;
        let right = (left + wide).min(1000);
        let left = left.max(0);
        if let (Ok(left), Ok(shown)) = (usize::try_from(left), usize::try_from(right - left)) {
            picture.fill((left, self.top), (shown, self.size.1), self.colour);
            // A shadow or a wake, so that edges are not all alike.
            picture.fill((left, self.top + self.size.1), (shown, 8), (40, 128, 128));
        }
    }
}

impl Picture {
    /// Fills a rectangle given in thousandths of the width and the height.
    fn fill(&mut self, at: (usize, usize), size: (usize, usize), colour: (u8, u8, u8)) {
        let x = |thousandths: usize| (thousandths.min(1000) * self.width / 1000) & !1;
        let y = |thousandths: usize| (thousandths.min(1000) * self.height / 1000) & !1;
        let (left, right) = (x(at.0), x(at.0 + size.0));
        let (top, bottom) = (y(at.1), y(at.1 + size.1));
        self.rectangle((left, top), (right, bottom), colour);
    }

    /// Fills from an even corner to an even corner, in pixels.
    fn rectangle(
        &mut self,
        (left, top): (usize, usize),
        (right, bottom): (usize, usize),
        (luma, blue, red): (u8, u8, u8),
    ) {
        let (width, half) = (self.width, self.width / 2);
        let (chroma, size) = (width * self.height, half * self.height / 2);
        for line in top..bottom {
            self.planes[line * width + left..line * width + right].fill(luma);
        }
        for (plane, value) in [(chroma, blue), (chroma + size, red)] {
            for line in top / 2..bottom / 2 {
                let from = plane + line * half;
                self.planes[from + left / 2..from + right / 2].fill(value);
            }
        }
    }

    /// Writes letters of `scale` pixels a dot on a dark plate.
    fn write(&mut self, left: usize, top: usize, scale: usize, text: &str) {
        let scale = scale.max(1);
        let wide = text.chars().count() * 6 * scale + 2 * scale;
        let plate = ((left + wide + 1) & !1, (top + 10 * scale + 1) & !1);
        self.rectangle((left & !1, top & !1), plate, (16, 128, 128));
        for (place, letter) in text.chars().enumerate() {
            for (line, dots) in glyph(letter).iter().enumerate() {
                for dot in (0..5).filter(|dot| dots >> (4 - dot) & 1 == 1) {
                    let x = left + (place * 6 + dot + 1) * scale;
                    let y = top + (line + 1) * scale;
                    for down in 0..scale {
                        let from = (y + down) * self.width + x;
                        self.planes[from..from + scale].fill(235);
                    }
                }
            }
        }
    }

    /// Writes the number for machines.
    fn number(&mut self, number: u32) {
        let px = block_px(self.height);
        for (block, white) in blocks(number).into_iter().enumerate() {
            for line in 0..px {
                let from = line * self.width + block * px;
                self.planes[from..from + px].fill(if white { 235 } else { 16 });
            }
        }
    }

    /// Reads the number back; none when the blocks are no such number.
    #[must_use]
    pub fn read(&self) -> Option<u32> {
        let px = block_px(self.height);
        let middle = px / 2 * self.width;
        let blocks: [bool; BLOCKS] =
            std::array::from_fn(|block| self.planes[middle + block * px + px / 2] > 128);
        let number = blocks[2..13]
            .iter()
            .fold(0, |number, bit| number << 1 | u32::from(*bit));
        (self::blocks(number) == blocks && number < LOOP).then_some(number)
    }
}

fn blocks(number: u32) -> [bool; BLOCKS] {
    let check = !(number ^ number >> 4 ^ number >> 8) & 0xf;
    let bits = (0b10 << 17) | (number & 0x7ff) << 6 | check << 2 | 0b01;
    std::array::from_fn(|block| bits >> (BLOCKS - 1 - block) & 1 == 1)
}

/// Five dots wide, seven high; a row each, the leftmost dot highest.
const fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
        '1' => [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
        '2' => [0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f],
        '3' => [0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e],
        '4' => [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
        '5' => [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
        '6' => [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
        '7' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        '8' => [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
        '9' => [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
        '.' => [0, 0, 0, 0, 0, 0x0c, 0x0c],
        'A' => [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
        'I' => [0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e],
        'L' => [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f],
        'M' => [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11],
        'S' => [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e],
        'U' => [0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_can_be_read_back_at_both_sizes() {
        for (width, height) in [(1280, 720), (640, 360)] {
            let painter = Painter::new(Scene::Office, width, height);
            for number in (0..LOOP).step_by(37).chain([LOOP - 1]) {
                assert_eq!(painter.paint(number).read(), Some(number));
            }
        }
    }

    #[test]
    fn a_picture_without_a_number_is_not_read_as_one() {
        let painter = Painter::new(Scene::Road, 640, 360);
        assert_eq!(painter.ground.read(), None);
        let mut damaged = painter.paint(700);
        let px = block_px(360);
        for line in 0..px {
            damaged.planes[line * 640 + 5 * px..line * 640 + 6 * px].fill(16);
        }
        let other = damaged.read();
        assert!(other.is_none(), "{other:?}");
    }

    #[test]
    fn the_loop_has_no_seam_and_moves() {
        let painter = Painter::new(Scene::Market, 640, 360);
        for mover in &painter.movers {
            let mut first = painter.ground.clone();
            let mut again = painter.ground.clone();
            mover.paint(&mut first, 0);
            mover.paint(&mut again, LOOP);
            assert_eq!(first, again);
        }
        assert_ne!(painter.paint(0), painter.paint(1));
    }

    #[test]
    fn numbers_follow_the_wall_clock() {
        let noon = Wall::from_us(1_764_072_000_000_000);
        assert_eq!(of_wall(noon).rem_euclid(i64::from(LOOP)), 0);
        assert_eq!(due(of_wall(noon)), noon);
        assert_eq!(of_wall(Wall::from_us(noon.as_us() - 1)), of_wall(noon) - 1);
    }
}
