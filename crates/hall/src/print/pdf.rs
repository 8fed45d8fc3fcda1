//! Pages as a PDF.
//!
//! PDF/A-2u: what it needs to be shown is in it, and each letter says which character it
//! is, so text can be selected, searched and read out.

use std::ops::Range;

use base::now::Wall;
use krilla::Document;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Data, SerializeSettings};

use super::face::Face;
use super::ink::{A4, Ink, Length, Page, Tone, points};
use super::{Sheet, Unprinted};

pub(super) fn draw(sheet: &Sheet, pages: &[Page]) -> Result<Vec<u8>, Unprinted> {
    let refused = |why| move || Unprinted::Drawn(why);
    let kept = ConfigurationBuilder::new().with_archival_validator(Archival::A2_U);
    let settings = SerializeSettings {
        configuration: kept
            .finish()
            .map_err(|_| Unprinted::Drawn("the kind of file"))?,
        ..SerializeSettings::default()
    };
    let mut document = Document::new_with(settings);
    let read = |face: Face| Font::new(Data::from(face.octets().to_vec()), 0);
    let regular = read(Face::Regular).ok_or_else(refused("the face"))?;
    let bold = read(Face::Bold).ok_or_else(refused("the face"))?;
    let size = PageSettings::from_wh(points(A4.0), points(A4.1)).ok_or_else(refused("the page"))?;
    for inks in pages {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        for ink in inks {
            match ink {
                Ink::Words {
                    x,
                    y,
                    size,
                    face,
                    tone,
                    text,
                } => {
                    fill(&mut surface, *tone);
                    let font = match face {
                        Face::Regular => &regular,
                        Face::Bold => &bold,
                    };
                    let letters = letters(*face, text);
                    let at = Point::from_xy(points(*x), points(*y));
                    surface.draw_glyphs(at, &letters, font.clone(), text, points(*size), false);
                }
                Ink::Area {
                    x,
                    y,
                    wide,
                    high,
                    tone,
                } => {
                    fill(&mut surface, *tone);
                    area(&mut surface, *x, *y, *wide, *high);
                }
                Ink::Stroke {
                    from,
                    to,
                    thick,
                    tone,
                } => {
                    surface.set_fill(None);
                    surface.set_stroke(Some(Stroke {
                        paint: colour(*tone).into(),
                        width: points(*thick),
                        ..Stroke::default()
                    }));
                    let mut path = PathBuilder::new();
                    path.move_to(points(from.0), points(from.1));
                    path.line_to(points(to.0), points(to.1));
                    if let Some(path) = path.finish() {
                        surface.draw_path(&path);
                    }
                }
            }
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(about(sheet));
    document.finish().map_err(|error| {
        tracing::error!(?error, "a sheet is no PDF/A");
        Unprinted::Drawn("the file")
    })
}

fn about(sheet: &Sheet) -> Metadata {
    Metadata::new()
        .title(Face::printable(&sheet.title))
        .language("id".to_owned())
        .creator("Betang".to_owned())
        .creation_date(date(sheet.made))
}

fn colour(tone: Tone) -> rgb::Color {
    let [red, green, blue] = tone.rgb();
    rgb::Color::new(red, green, blue)
}

fn fill(surface: &mut Surface<'_>, tone: Tone) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: colour(tone).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }));
}

fn area(surface: &mut Surface<'_>, x: Length, y: Length, wide: Length, high: Length) {
    let rect = Rect::from_xywh(points(x), points(y), points(wide), points(high));
    let mut path = PathBuilder::new();
    // What has no extent is nothing to be drawn.
    if let Some(rect) = rect {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// The letters of a line, each with the characters that it stands for.
fn letters(face: Face, text: &str) -> Vec<KrillaGlyph> {
    let em = face.em() as f32;
    text.char_indices()
        .map(|(at, c)| {
            let (letter, on) = face.letter(c);
            let of: Range<usize> = at..at + c.len_utf8();
            KrillaGlyph::new(
                GlyphId::new(letter),
                on as f32 / em,
                0.0,
                0.0,
                0.0,
                of,
                None,
            )
        })
        .collect()
}

/// A time of UTC, to the second.
fn date(at: Wall) -> DateTime {
    let time = jiff::Timestamp::from_second(at.as_us().div_euclid(1_000_000));
    let zoned = time.unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let small = |of: i8| u8::try_from(of).unwrap_or_default();
    DateTime::new(u16::try_from(zoned.year()).unwrap_or_default())
        .month(small(zoned.month()))
        .day(small(zoned.day()))
        .hour(small(zoned.hour()))
        .minute(small(zoned.minute()))
        .second(small(zoned.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
