//! Photographs as cameras, phones and strangers send them. What reads the results here is the
//! library that decodes and plain searches, never what wrote them.

use super::*;

/// Where a phone says that it was, what it is and who has it: nothing of it may come out.
const NOTED: [&[u8]; 4] = [
    b"GPSLatitude 2.2088 S",
    b"ZORKWEMA",
    b"Phone 9000",
    b"<x:xmpmeta",
];

/// Stripes that run dark to light from left to right, and a white corner at the top left.
fn drawn(width: usize, height: usize) -> Pixels {
    let corner = (width / 4, height / 4);
    let rgb = (0..height).flat_map(|y| {
        (0..width).flat_map(move |x| {
            let shade = u8::try_from(x * 160 / width).unwrap_or(0);
            match x < corner.0 && y < corner.1 {
                true => [255; 3],
                false => [shade, shade / 2, 40],
            }
        })
    });
    Pixels {
        width,
        height,
        rgb: rgb.collect(),
    }
}

fn jpeg_of(pixels: &Pixels) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let side = |it: usize| u16::try_from(it).expect("a side");
    jpeg_encoder::Encoder::new(&mut jpeg, 90)
        .encode(
            &pixels.rgb,
            side(pixels.width),
            side(pixels.height),
            jpeg_encoder::ColorType::Rgb,
        )
        .expect("written");
    jpeg
}

fn png_of(pixels: &Pixels) -> Vec<u8> {
    let mut octets = Vec::new();
    let side = |it: usize| u32::try_from(it).expect("a side");
    let mut encoder = png::Encoder::new(&mut octets, side(pixels.width), side(pixels.height));
    encoder.set_color(png::ColorType::Rgb);
    encoder
        .add_text_chunk(
            "Comment".to_owned(),
            "ZORKWEMA GPSLatitude 2.2088 S".to_owned(),
        )
        .expect("a comment");
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&pixels.rgb).expect("written");
    writer.finish().expect("an end");
    octets
}

/// What a camera notes: how it was held, in either order of octets, with places and names.
fn exif(turn: u16, is_little: bool) -> Vec<u8> {
    let two = |it: u16| match is_little {
        true => it.to_le_bytes(),
        false => it.to_be_bytes(),
    };
    let four = |it: u32| match is_little {
        true => it.to_le_bytes(),
        false => it.to_be_bytes(),
    };
    let mut octets = b"Exif\0\0".to_vec();
    octets.extend(if is_little { b"II" } else { b"MM" });
    octets.extend(two(42));
    octets.extend(four(8));
    octets.extend(two(1));
    octets.extend([two(0x0112), two(3)].concat());
    octets.extend(four(1));
    octets.extend([two(turn), two(0)].concat());
    octets.extend(four(0));
    octets.extend(NOTED.concat());
    octets
}

/// The same picture with what cameras put before, between and behind: notes, a comment, a
/// thumbnail, and another file.
fn noted(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker], &length[..], body].concat()
    };
    let mut octets = vec![0xff, 0xd8];
    octets.extend(segment(0xe1, exif));
    octets.extend(segment(
        0xe1,
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta ZORKWEMA",
    ));
    octets.extend(segment(0xfe, b"ZORKWEMA GPSLatitude 2.2088 S"));
    octets.extend(&jpeg[2..]);
    octets.extend(b"PK\x03\x04 ZORKWEMA <script>alert(1)</script>");
    octets
}

fn decoded(picture: &Picture) -> Vec<u8> {
    let mut decoder = JpegDecoder::new(ZCursor::new(&picture.jpeg));
    let rgb = decoder.decode().expect("a picture");
    assert_eq!(decoder.dimensions(), Some((picture.width, picture.height)));
    assert!(decoder.exif().is_none() && decoder.xmp().is_none() && decoder.iptc().is_none());
    rgb
}

/// Segments of a JPEG up to its first scan (ITU-T T.81, annex B).
fn markers(jpeg: &[u8]) -> Vec<u8> {
    let (mut markers, mut at) = (Vec::new(), 2);
    while let [0xff, marker, high, low, ..] = jpeg[at..] {
        markers.push(marker);
        if marker == 0xda {
            break;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    markers
}

fn has(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|it| it == what)
}

#[test]
fn whatever_a_camera_noted_is_gone_and_nothing_hides_behind_its_end() {
    let plain = jpeg_of(&drawn(320, 240));
    let sent = noted(&plain, &exif(1, true));
    for what in NOTED {
        assert!(has(&sent, what), "a search finds");
    }
    let kept = prepared(&sent).expect("a photograph");
    let from_png = prepared(&png_of(&drawn(320, 240))).expect("a photograph");
    for picture in [&kept, &from_png] {
        for what in NOTED
            .iter()
            .chain(&[&b"Exif"[..], b"<script", b"PK\x03\x04"])
        {
            assert!(
                !has(&picture.jpeg, what),
                "{}",
                String::from_utf8_lossy(what)
            );
        }
        // JFIF alone (APP0) stands before tables, frame and scan, and the end is the end.
        let only = [0xe0, 0xdb, 0xc0, 0xc4, 0xda, 0xdd];
        let odd = markers(&picture.jpeg);
        let odd: Vec<_> = odd.iter().filter(|it| !only.contains(it)).collect();
        assert!(odd.is_empty(), "{odd:x?}");
        assert!(picture.jpeg.ends_with(&[0xff, 0xd9]));
        decoded(picture);
    }
    // From its pixels alone: what was noted changes no octet.
    assert_eq!(prepared(&plain), Ok(kept));
}

#[test]
fn it_stands_upright_however_the_camera_was_held() {
    let whole = drawn(320, 192);
    let jpeg = jpeg_of(&whole);
    // Where the white corner of a picture is that lies so (Exif 2.32, figure of orientation).
    for (turn, size, corner) in [
        (1, (320, 192), (0, 0)),
        (2, (320, 192), (1, 0)),
        (3, (320, 192), (1, 1)),
        (4, (320, 192), (0, 1)),
        (5, (192, 320), (0, 0)),
        (6, (192, 320), (1, 0)),
        (7, (192, 320), (1, 1)),
        (8, (192, 320), (0, 1)),
    ] {
        for is_little in [true, false] {
            let sent = noted(&jpeg, &exif(turn, is_little));
            let picture = prepared(&sent).expect("a photograph");
            assert_eq!((picture.width, picture.height), size, "{turn}");
            let rgb = decoded(&picture);
            let shade = |right: bool, low: bool| {
                let x = if right { size.0 - 8 } else { 8 };
                let y = if low { size.1 - 8 } else { 8 };
                rgb[(y * size.0 + x) * 3 + 2]
            };
            for (right, low) in [(false, false), (true, false), (true, true), (false, true)] {
                let is_white = shade(right, low) > 200;
                let is_there = (usize::from(right), usize::from(low)) == corner;
                assert_eq!(is_white, is_there, "{turn} {right} {low}");
            }
        }
    }
    // What says nothing that can be read is as it is.
    for said in [
        &b""[..],
        b"Exif\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
    ] {
        assert_eq!(orientation(said), 1, "{said:x?}");
    }
    assert_eq!(orientation(&exif(9, true)), 1);
    assert_eq!(orientation(&exif(0, false)), 1);
}

#[test]
fn a_large_one_is_made_small_and_looks_the_same() {
    let picture = prepared(&jpeg_of(&drawn(4_000, 1_000))).expect("a photograph");
    assert_eq!((picture.width, picture.height), (1_600, 400));
    assert!(picture.jpeg.len() <= SMALL, "{}", picture.jpeg.len());
    let rgb = decoded(&picture);
    let small = drawn(1_600, 400);
    let apart = rgb
        .iter()
        .zip(&small.rgb)
        .map(|(a, b)| u64::from(a.abs_diff(*b)));
    let mean = apart.sum::<u64>() / u64::try_from(rgb.len()).expect("a count");
    assert!(mean <= 4, "{mean} of 255 apart");
    // A strip keeps one pixel of its shorter side at least.
    let strip = prepared(&jpeg_of(&drawn(64, 8_000))).expect("a photograph");
    assert_eq!((strip.width, strip.height), (12, 1_600));
}

#[test]
fn a_jpeg_is_read_however_it_is_written() {
    let pixels = drawn(320, 240);
    let grey: Vec<u8> = pixels.rgb.chunks_exact(3).map(|it| it[0]).collect();
    let cmyk: Vec<u8> = pixels
        .rgb
        .chunks_exact(3)
        .flat_map(|it| [255 - it[0], 255 - it[1], 255 - it[2], 0])
        .collect();
    let whole = prepared(&jpeg_of(&pixels)).expect("a photograph");
    for (octets, color, is_progressive) in [
        (&pixels.rgb, jpeg_encoder::ColorType::Rgb, true),
        (&grey, jpeg_encoder::ColorType::Luma, false),
        (&grey, jpeg_encoder::ColorType::Luma, true),
        (&cmyk, jpeg_encoder::ColorType::Cmyk, false),
    ] {
        let mut jpeg = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
        encoder.set_progressive(is_progressive);
        encoder.encode(octets, 320, 240, color).expect("written");
        let picture = prepared(&jpeg).expect("a photograph");
        assert_eq!((picture.width, picture.height), (320, 240));
        let (rgb, of_whole) = (decoded(&picture), decoded(&whole));
        // The shade of red is the same in all of them.
        let apart = rgb.iter().zip(&of_whole).step_by(3);
        let apart = apart.map(|(one, other)| u64::from(one.abs_diff(*other)));
        let mean = apart.sum::<u64>() / (320 * 240);
        assert!(mean <= 6, "{color:?} {is_progressive}: {mean} of 255 apart");
    }
}

#[test]
fn a_png_is_read_whatever_its_pixels_are() {
    let size = (96_u32, 80_u32);
    let pixels = 96 * 80;
    for (color, depth, samples) in [
        (png::ColorType::Grayscale, png::BitDepth::Eight, 1),
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, 2),
        (png::ColorType::Rgba, png::BitDepth::Eight, 4),
        (png::ColorType::Rgb, png::BitDepth::Sixteen, 6),
    ] {
        let mut octets = Vec::new();
        let mut encoder = png::Encoder::new(&mut octets, size.0, size.1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().expect("a head");
        writer
            .write_image_data(&vec![0; pixels * samples])
            .expect("written");
        writer.finish().expect("an end");
        let picture = prepared(&octets).expect("a photograph");
        let rgb = decoded(&picture);
        // Black; and white where it can be seen through.
        let clear = matches!(color, png::ColorType::GrayscaleAlpha | png::ColorType::Rgba);
        assert_eq!(rgb[0] > 250, clear, "{color:?}");
        assert_eq!(rgb[0] < 5, !clear, "{color:?}");
    }
}

#[test]
fn what_is_no_photograph_is_refused_and_told_why() {
    let whole = jpeg_of(&drawn(320, 240));
    let png = png_of(&drawn(320, 240));
    let half = |octets: &[u8]| octets[..octets.len() / 2].to_vec();
    let mut bomb = png.clone();
    // The width that a head names (RFC 2083, IHDR), with a checksum that fits.
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut wide = whole.clone();
    let frame = wide
        .windows(2)
        .position(|it| it == [0xff, 0xc0])
        .expect("a frame");
    wide[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xf0, 0xff, 0xf0]);
    let tiny = jpeg_of(&drawn(320, 63));
    for (octets, wrong) in [
        (Vec::new(), Wrong::Kind),
        (b"GIF89a".to_vec(), Wrong::Kind),
        (b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(), Wrong::Kind),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            Wrong::Kind,
        ),
        (b"\xff\xd8\xff".to_vec(), Wrong::Damaged),
        (half(&whole), Wrong::Damaged),
        (half(&png), Wrong::Damaged),
        (whole[..whole.len() - 2].to_vec(), Wrong::Damaged),
        (vec![0xff; OCTETS_MAX + 1], Wrong::Long),
        (
            tiny,
            Wrong::Tiny {
                width: 320,
                height: 63,
            },
        ),
        (
            bomb,
            Wrong::Wide {
                width: 65_535,
                height: 65_535,
            },
        ),
        (
            wide,
            Wrong::Wide {
                width: 65_520,
                height: 65_520,
            },
        ),
    ] {
        let refused = prepared(&octets).map(|it| (it.width, it.height));
        assert_eq!(
            refused,
            Err(wrong),
            "{:x?}",
            &octets[..octets.len().min(12)]
        );
        assert!(!wrong.to_string().is_empty());
    }
}

/// CRC-32 as PNG has it (RFC 2083, section 15), bit by bit.
fn crc32(octets: &[u8]) -> u32 {
    let step = |crc: u32, octet: &u8| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0xedb8_8320,
            _ => crc >> 1,
        })
    };
    !octets.iter().fold(u32::MAX, step)
}
