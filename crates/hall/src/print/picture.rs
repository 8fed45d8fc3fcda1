//! A page as a picture, of the same inks as the PDF.

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider as _};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::Unprinted;
use super::face::Face;
use super::ink::{A4, Ink, Page, Tone, points};

pub(super) fn draw(page: &Page, wide: u16) -> Result<Vec<u8>, Unprinted> {
    let scale = f32::from(wide) / points(A4.0);
    let high =
        u32::from(wide) * u32::try_from(A4.1).unwrap_or(0) / u32::try_from(A4.0).unwrap_or(1);
    let mut map = Pixmap::new(wide.into(), high.max(1)).ok_or(Unprinted::Drawn("the page"))?;
    map.fill(Color::WHITE);
    let read = |face: Face| FontRef::new(face.octets()).map_err(|_| Unprinted::Drawn("the face"));
    let (regular, bold) = (read(Face::Regular)?, read(Face::Bold)?);
    let grow = Transform::from_scale(scale, scale);
    for ink in page {
        match ink {
            Ink::Words {
                x,
                y,
                size,
                face,
                tone,
                text,
            } => {
                let font = match face {
                    Face::Regular => &regular,
                    Face::Bold => &bold,
                };
                let outlines = font.outline_glyphs();
                let mut pen = Pen {
                    path: PathBuilder::new(),
                    x: points(*x),
                    y: points(*y),
                };
                let unit = points(*size) / face.em() as f32;
                for c in text.chars() {
                    let (letter, on) = face.letter(c);
                    let settings =
                        DrawSettings::unhinted(Size::new(points(*size)), LocationRef::default());
                    if let Some(outline) = outlines.get(GlyphId::new(letter)) {
                        // An outline that cannot be drawn is a blank.
                        let _ = outline.draw(settings, &mut pen);
                    }
                    pen.x += on as f32 * unit;
                }
                if let Some(path) = pen.path.finish() {
                    map.fill_path(&path, &paint(*tone), FillRule::Winding, grow, None);
                }
            }
            Ink::Area {
                x,
                y,
                wide,
                high,
                tone,
            } => {
                let rect = Rect::from_xywh(points(*x), points(*y), points(*wide), points(*high));
                if let Some(rect) = rect {
                    map.fill_rect(rect, &paint(*tone), grow, None);
                }
            }
            Ink::Stroke {
                from,
                to,
                thick,
                tone,
            } => {
                let mut path = PathBuilder::new();
                path.move_to(points(from.0), points(from.1));
                path.line_to(points(to.0), points(to.1));
                let stroke = Stroke {
                    width: points(*thick),
                    ..Stroke::default()
                };
                if let Some(path) = path.finish() {
                    map.stroke_path(&path, &paint(*tone), &stroke, grow, None);
                }
            }
        }
    }
    map.encode_png()
        .map_err(|_| Unprinted::Drawn("the picture"))
}

fn paint(tone: Tone) -> Paint<'static> {
    let [red, green, blue] = tone.rgb();
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 0xff);
    paint.anti_alias = true;
    paint
}

/// Draws letters, which count from the line that they stand on upwards.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, self.y - y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, self.y - y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (cx, cy) = (self.x + cx, self.y - cy);
        self.path.quad_to(cx, cy, self.x + x, self.y - y);
    }

    fn curve_to(&mut self, cx: f32, cy: f32, dx: f32, dy: f32, x: f32, y: f32) {
        let (cx, cy) = (self.x + cx, self.y - cy);
        let (dx, dy) = (self.x + dx, self.y - dy);
        self.path.cubic_to(cx, cy, dx, dy, self.x + x, self.y - y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
