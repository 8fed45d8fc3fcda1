use proptest::prelude::*;

use super::*;

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(8 + body.len()).expect("a short box");
    [&len.to_be_bytes()[..], kind, body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// What stands before all pieces: one track of sound, one of pictures at 1,000 ticks.
fn head(entry: &[u8; 4]) -> Vec<u8> {
    let avc = boxed(
        b"avcC",
        &[1, 66, 0, 30, 0xff, 0xe1, 0, 2, 0x67, 1, 1, 0, 2, 0x68, 2],
    );
    let entry = boxed(entry, &[&[0; 78][..], &avc].concat());
    let table = boxed(b"stsd", &[&words(&[0, 1])[..], &entry].concat());
    let track = |id: u32, kind: &[u8; 4]| {
        let tell = boxed(b"hdlr", &[&words(&[0, 0])[..], kind, &[0; 13]].concat());
        let media = [
            boxed(b"mdhd", &words(&[0, 0, 0, 1_000, 0])),
            tell,
            boxed(b"minf", &boxed(b"stbl", &table)),
        ];
        let header = boxed(b"tkhd", &words(&[0, 0, 0, id, 0]));
        boxed(b"trak", &[header, boxed(b"mdia", &media.concat())].concat())
    };
    let defaults = boxed(b"mvex", &boxed(b"trex", &words(&[0, 7, 1, 40, 0, 0])));
    let movie = [track(3, b"soun"), track(7, b"vide"), defaults].concat();
    [boxed(b"ftyp", b"iso5"), boxed(b"moov", &movie)].concat()
}

/// A piece of pictures that say their sizes, beginning at a time.
fn piece(time: u32, pictures: &[&[u8]]) -> Vec<u8> {
    let samples: Vec<_> = pictures
        .iter()
        .map(|nal| {
            [
                &u32::try_from(nal.len()).expect("short").to_be_bytes()[..],
                nal,
            ]
            .concat()
        })
        .collect();
    let sizes = samples
        .iter()
        .map(|sample| u32::try_from(sample.len()).expect("short"));
    let fragment = |offset: u32| {
        let count = u32::try_from(samples.len()).expect("few");
        let mut run = vec![0x201, count, offset];
        run.extend(sizes.clone());
        let parts = [
            boxed(b"tfhd", &words(&[0x2_0000, 7])),
            boxed(b"tfdt", &words(&[0, time])),
            boxed(b"trun", &words(&run)),
        ];
        boxed(b"moof", &boxed(b"traf", &parts.concat()))
    };
    let offset = u32::try_from(fragment(0).len() + 8).expect("short");
    [
        boxed(b"styp", b"msdh"),
        fragment(offset),
        boxed(b"mdat", &samples.concat()),
    ]
    .concat()
}

fn all(demux: &mut Demux, octets: &[u8], step: usize) -> Result<Vec<Unit>, Unfit> {
    let mut out = Vec::new();
    for part in octets.chunks(step) {
        demux.push(part, &mut out)?;
    }
    demux.end()?;
    Ok(out)
}

const KEY: &[u8] = &[0x65, 1, 2, 3];
const OTHER: &[u8] = &[0x41, 4];

#[test]
fn pictures_come_whole_whatever_the_size_of_what_arrives() {
    let read = Head::read(&head(b"avc1")).expect("a head");
    let piece = piece(2_000, &[KEY, OTHER]);
    for step in [1, 3, 8, 50, 1_000] {
        let mut demux = Demux::new(read.clone());
        for _ in 0..2 {
            let units = all(&mut demux, &piece, step).expect("pictures");
            let stamps: Vec<_> = units.iter().map(|unit| (unit.decode, unit.key)).collect();
            assert_eq!(
                stamps,
                [(180_000, true), (183_600, false)],
                "{step} at a time"
            );
            // The sets of the head stand before what begins.
            let whole = [
                0, 0, 0, 2, 0x67, 1, 0, 0, 0, 2, 0x68, 2, 0, 0, 0, 4, 0x65, 1, 2, 3,
            ];
            assert_eq!(units[0].octets, whole);
        }
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    for (kind, unfit) in [
        (b"encv", Unfit::Encrypted),
        (b"av01", Unfit::Codec("av1")),
        (b"hvc1", Unfit::Box(*b"hvcC")),
    ] {
        assert_eq!(Head::read(&head(kind)).err(), Some(unfit));
    }
    assert_eq!(Head::read(b"<html></html>").err(), Some(Unfit::Content));
    assert_eq!(Head::read(&[]).err(), Some(Unfit::Content));
    let cut = head(b"avc1");
    for len in 0..cut.len() {
        assert!(Head::read(&cut[..len]).is_err(), "{len} octets");
    }
    let read = Head::read(&head(b"avc1")).expect("a head");
    for text in [
        &b"<html><body>404 Not Found</body></html>"[..],
        &[0; 64],
        b"",
    ] {
        assert_eq!(
            all(&mut Demux::new(read.clone()), text, 7),
            Err(Unfit::Content)
        );
    }
    assert_eq!(
        Unfit::Box(*b"tf\x01d").to_string(),
        "the box tf\\x01d cannot be read"
    );
}

proptest! {
    #[test]
    fn no_octets_panic(
        noise in prop::collection::vec((0_usize..2_000, any::<u8>()), 0..20),
        step in 1_usize..200,
    ) {
        let mut before = head(b"avc1");
        let mut pieces = [piece(0, &[KEY, OTHER]), piece(80, &[KEY, OTHER, OTHER])].concat();
        for (at, octet) in noise {
            let len = pieces.len();
            pieces[at % len] = octet;
            let len = before.len();
            before[at % len] = octet;
        }
        let fine = Head::read(&head(b"avc1")).expect("a head");
        for read in [Head::read(&before).ok(), Some(fine)].into_iter().flatten() {
            let _ = all(&mut Demux::new(read), &pieces, step);
        }
    }
}
