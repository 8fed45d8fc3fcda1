//! What a reader that was written from ISO/IEC 14496-12 and not from the code finds in a
//! film. That programs of others play it is proven elsewhere, on whole films.

use std::time::Duration;

use base::now::{Mono, Now};
use base::unit::Bytes;
use proptest::prelude::*;

use super::*;
use crate::frame::MediaTime;
use crate::trail::Trails;

const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0xfa, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
    0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60,
];
const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];

fn unit(nals: &[Vec<u8>]) -> Vec<u8> {
    let mut unit = Vec::new();
    for nal in nals {
        let len = u32::try_from(nal.len()).expect("short");
        unit.extend_from_slice(&len.to_be_bytes());
        unit.extend_from_slice(nal);
    }
    unit
}

/// A slice of so many octets, each picture's other than the next one's.
fn slice(key: bool, size: usize, i: u64) -> Vec<u8> {
    let mut nal = vec![if key { 0x65 } else { 0x41 }];
    nal.extend((0..size).map(|at| u8::try_from((at as u64 * 7 + i * 13) % 251).unwrap_or(0)));
    nal
}

fn frame(i: u64, ms: u64, key: bool, size: usize, pps: &[u8]) -> Frame {
    let mut nals = Vec::new();
    if key {
        nals.extend([SPS.to_vec(), pps.to_vec()]);
    }
    nals.push(slice(key, size, i));
    let cut = Codec::H264.cut(&unit(&nals)).expect("a picture");
    assert_eq!(cut.key, key);
    Frame {
        time: MediaTime::from_ticks(90 * ms),
        arrived: Now {
            mono: Mono::from_us(ms * 1_000),
            wall: Wall::from_us(1_700_000_000_000_000) + Duration::from_millis(ms),
        },
        codec: Codec::H264,
        key,
        packets: cut.packets,
    }
}

fn stretch(frames: impl IntoIterator<Item = Frame>) -> Stretch {
    let mut trails = Trails::bounded(Bytes::from_mib(64));
    for frame in frames {
        trails.push((), Arc::new(frame), false);
    }
    trails.look((), Mono::from_us(0)).expect("pictures")
}

/// The body of the first box of that way down.
fn found<'a>(mut bytes: &'a [u8], way: &[&[u8; 4]]) -> &'a [u8] {
    for name in way {
        bytes = boxes(bytes)
            .into_iter()
            .find(|(of, _)| of == *name)
            .map(|(_, body)| body)
            .expect("a box of that name");
    }
    bytes
}

fn boxes(mut bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut all = Vec::new();
    while bytes.len() >= 8 {
        let number = |at: usize| u64::from(u32_at(bytes, at));
        let name = [bytes[4], bytes[5], bytes[6], bytes[7]];
        let (begin, len) = match number(0) {
            1 => (16, number(8) << 32 | number(12)),
            len => (8, len),
        };
        let len = usize::try_from(len).expect("short");
        all.push((name, &bytes[begin..len]));
        bytes = &bytes[len..];
    }
    assert!(bytes.is_empty(), "octets behind the last box");
    all
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four octets"))
}

fn rows<const N: usize>(body: &[u8], from: usize) -> Vec<[u32; N]> {
    let numbers: Vec<_> = (from..body.len())
        .step_by(4)
        .map(|at| u32_at(body, at))
        .collect();
    numbers
        .chunks(N)
        .map(|row| row.try_into().expect("a whole row"))
        .collect()
}

const STBL: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

/// Each picture: its octets, how long it stays, whether it is a key frame.
fn pictures(film: &[u8]) -> Vec<(Vec<u8>, u32, bool)> {
    let stbl = found(film, &STBL);
    let sizes: Vec<_> = rows::<1>(found(stbl, &[b"stsz"]), 12).concat();
    let keys: Vec<_> = rows::<1>(found(stbl, &[b"stss"]), 8).concat();
    let steps = rows::<2>(found(stbl, &[b"stts"]), 8);
    let steps: Vec<_> = steps
        .iter()
        .flat_map(|[count, step]| std::iter::repeat_n(*step, *count as usize))
        .collect();
    let places = rows::<2>(found(stbl, &[b"co64"]), 8);
    let runs = rows::<3>(found(stbl, &[b"stsc"]), 8);
    let mut all = Vec::new();
    let mut sample = 0;
    for (chunk, [high, low]) in (1_u32..).zip(places) {
        assert_eq!(high, 0, "a short film");
        let mut at = low as usize;
        let run = runs.iter().rfind(|run| run[0] <= chunk).expect("a run");
        for _ in 0..run[1] {
            let len = sizes[sample] as usize;
            let number = u32::try_from(sample + 1).expect("few");
            let octets = film[at..at + len].to_vec();
            all.push((octets, steps[sample], keys.contains(&number)));
            at += len;
            sample += 1;
        }
    }
    assert_eq!((sample, steps.len()), (sizes.len(), sizes.len()));
    all
}

#[test]
fn a_film_holds_what_the_camera_sent_for_as_long_as_it_was_to_be_seen() {
    let times = [0, 40, 80, 120, 5_120, 5_160];
    let keys = [true, false, false, true, false, false];
    let frames = (0..6).map(|i| frame(i as u64, times[i], keys[i], 3_000, PPS));
    let movie = Movie::of(&stretch(frames)).expect("a film");
    let film = movie.read(0, movie.size());
    assert_eq!(film.len() as u64, movie.size());
    let wanted: Vec<_> = [3_600, 3_600, 3_600, 450_000, 3_600, 3_600]
        .into_iter()
        .enumerate()
        .map(|(i, step)| (unit(&[slice(keys[i], 3_000, i as u64)]), step, keys[i]))
        .collect();
    assert_eq!(pictures(&film), wanted);
    assert_eq!((movie.length_ms(), movie.at_ms(4)), (5_200, 5_120));
    assert_eq!(movie.size_px(), (320, 240));
    let entry = found(&film, &[&STBL[..], &[b"stsd"]].concat());
    // Version, flags and count stand before it; 78 octets of an entry before its record.
    let avcc = found(&entry[8..], &[b"avc1"]);
    let avcc = found(&avcc[78..], &[b"avcC"]);
    assert_eq!(avcc[..6], [1, 0x64, 0, 0x0d, 0xff, 0xe1]);
    assert!(avcc.windows(SPS.len()).any(|it| it == SPS));
    assert_eq!(avcc[avcc.len() - 4..], [0xfd, 0xf8, 0xf8, 0]);
}

#[test]
fn a_camera_whose_stamps_are_slow_makes_no_time_vanish() {
    // Twenty seconds in which it counts twelve.
    let frames = (0..200).map(|i| Frame {
        time: MediaTime::from_ticks(90 * i * 60),
        ..frame(i, i * 100, i % 10 == 0, 10, PPS)
    });
    let movie = Movie::of(&stretch(frames)).expect("a film");
    let behind = 20_000 - movie.length_ms();
    assert!(behind < 1_000, "{behind} ms are missing");
}

#[test]
fn a_camera_that_changes_its_parameters_has_two_entries() {
    let other: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc1];
    let frames = (0..6).map(|i| {
        let pps = if i < 4 { PPS } else { other };
        frame(i, i * 40, i % 2 == 0, 100, pps)
    });
    let movie = Movie::of(&stretch(frames)).expect("a film");
    let film = movie.read(0, movie.size());
    let stbl = found(&film, &STBL);
    assert_eq!(u32_at(found(stbl, &[b"stsd"]), 4), 2);
    assert_eq!(
        rows::<3>(found(stbl, &[b"stsc"]), 8),
        [[1, 2, 1], [3, 2, 2]]
    );
    assert_eq!(pictures(&film).len(), 6);
}

#[test]
fn what_makes_no_film_is_refused() {
    let empty = Movie::of(&Stretch::default());
    assert!(matches!(empty, Err(MovieError::Empty)));
    let mut broken = frame(0, 0, true, 10, PPS);
    broken.packets = Codec::H264
        .cut(&unit(&[vec![0x67, 0x64], PPS.to_vec(), slice(true, 9, 0)]))
        .expect("a picture")
        .packets;
    let broken = Movie::of(&stretch([broken]));
    assert!(matches!(broken, Err(MovieError::Size)));
}

proptest! {
    #[test]
    fn any_part_is_that_of_the_whole(
        sizes in prop::collection::vec(1_usize..4_000, 1..20),
        cuts in prop::collection::vec(0_u64..90_000, 8),
    ) {
        let frames = (0_u64..).zip(&sizes).map(|(i, size)| frame(i, i * 40, i % 5 == 0, *size, PPS));
        let movie = Movie::of(&stretch(frames)).expect("a film");
        let whole = movie.read(0, movie.size());
        prop_assert_eq!(u64::try_from(whole.len()).expect("short"), movie.size());
        let mut written = Vec::new();
        movie.write(&mut written).expect("memory");
        prop_assert_eq!(&written, &whole);
        prop_assert_eq!(pictures(&whole).len(), sizes.len());
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(movie.size())).collect();
        cuts.extend([0, movie.size()]);
        cuts.sort_unstable();
        let parts: Vec<_> = cuts.windows(2).flat_map(|pair| movie.read(pair[0], pair[1])).collect();
        prop_assert_eq!(parts, whole);
    }
}
