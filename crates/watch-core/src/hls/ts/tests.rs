use proptest::prelude::*;

use super::*;

/// A packet of 188 octets, filled up by an adaptation field (§2.4.3.4).
fn packet(pid: u16, begins: bool, counter: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = pid.to_be_bytes();
    let fill = PACKET - 4 - payload.len();
    let mut packet = vec![
        SYNC,
        high | u8::from(begins) << 6,
        low,
        counter & 0x0f | 0x10,
    ];
    if fill > 0 {
        packet[3] |= 0x20;
        packet.push(u8::try_from(fill - 1).expect("a packet"));
        if fill > 1 {
            packet.push(0);
            packet.resize(4 + fill, 0xff);
        }
    }
    packet.extend_from_slice(payload);
    packet
}

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(5 + body.len() + 4).expect("a short section");
    let head = [0, id, 0xb0, len, 0, 1, 0xc1, 0, 0];
    [&head[..], body, &[0; 4]].concat()
}

fn tables(kind: u8) -> Vec<u8> {
    let pat = section(0, &[0, 1, 0xf0, 0]);
    let map = section(
        2,
        &[
            0xe1, 0, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0, kind, 0xe1, 0, 0xf0, 0,
        ],
    );
    [packet(0, true, 0, &pat), packet(0x1000, true, 0, &map)].concat()
}

fn stamped(mark: u8, ticks: i64) -> [u8; 5] {
    let part = |shift: u32, mask: i64| u8::try_from(ticks >> shift & mask).expect("an octet");
    [
        mark << 4 | part(30, 7) << 1 | 1,
        part(22, 0xff),
        part(15, 0x7f) << 1 | 1,
        part(7, 0xff),
        part(0, 0x7f) << 1 | 1,
    ]
}

/// A picture in packets that count on from `counter`.
fn picture(counter: &mut u8, decode: i64, show: i64, nals: &[&[u8]]) -> Vec<u8> {
    let mut pes = vec![0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10];
    pes.extend_from_slice(&stamped(3, show));
    pes.extend_from_slice(&stamped(1, decode));
    for nal in nals {
        pes.extend_from_slice(&[0, 0, 0, 1]);
        pes.extend_from_slice(nal);
    }
    let mut packets = Vec::new();
    for (at, part) in pes.chunks(170).enumerate() {
        packets.extend(packet(0x100, at == 0, *counter, part));
        *counter += 1;
    }
    packets
}

const KEY: [&[u8]; 3] = [&[0x67, 1, 2], &[0x68, 3], &[0x65, 4, 5]];

fn all(octets: &[u8], step: usize) -> Result<Vec<Unit>, Unfit> {
    let (mut demux, mut out) = (Demux::default(), Vec::new());
    for part in octets.chunks(step) {
        demux.push(part, &mut out)?;
    }
    demux.end(false, &mut out)?;
    Ok(out)
}

#[test]
fn pictures_come_whole_whatever_the_size_of_what_arrives() {
    let mut counter = 0;
    let long = [&[0x41][..], &[7; 900]].concat();
    let mut stream = tables(0x1b);
    stream.extend(picture(&mut counter, 90_000, 93_600, &KEY));
    stream.extend(picture(&mut counter, 93_600, 97_200, &[&long]));
    let whole = all(&stream, stream.len()).expect("pictures");
    let stamps: Vec<_> = whole
        .iter()
        .map(|unit| (unit.decode, unit.show, unit.key))
        .collect();
    assert_eq!(stamps, [(90_000, 93_600, true), (93_600, 97_200, false)]);
    assert_eq!(whole[1].octets.len(), 4 + 901);
    for step in [1, 7, 187, 188, 189, 1_000] {
        assert_eq!(
            all(&stream, step).as_ref(),
            Ok(&whole),
            "{step} octets at a time"
        );
    }
}

#[test]
fn stamps_run_on_when_they_wrap() {
    let (mut counter, mut stream) = (0, tables(0x1b));
    for at in [WRAP - 3_600, 0, 3_600] {
        stream.extend(picture(&mut counter, at, (at + 3_600) % WRAP, &KEY));
    }
    let units = all(&stream, 188).expect("pictures");
    let stamps: Vec<_> = units.iter().map(|unit| (unit.decode, unit.show)).collect();
    assert_eq!(
        stamps,
        [
            (WRAP - 3_600, WRAP),
            (WRAP, WRAP + 3_600),
            (WRAP + 3_600, WRAP + 7_200)
        ]
    );
}

#[test]
fn what_refers_to_what_is_lost_is_left_out() {
    let (mut counter, mut stream) = (0, tables(0x1b));
    stream.extend(picture(&mut counter, 0, 0, &KEY));
    counter += 1;
    stream.extend(picture(&mut counter, 1, 1, &[&[0x41, 1]]));
    stream.extend(picture(&mut counter, 2, 2, &[&[0x41, 2]]));
    stream.extend(picture(&mut counter, 3, 3, &KEY));
    let units = all(&stream, 188).expect("pictures");
    assert_eq!(
        units.iter().map(|unit| unit.decode).collect::<Vec<_>>(),
        [3]
    );
}

#[test]
fn a_beginning_is_sought_and_not_for_ever() {
    let mut counter = 0;
    let mut stream = vec![0x11; 1_000];
    stream.extend(tables(0x1b));
    stream.extend(picture(&mut counter, 5, 5, &KEY));
    assert_eq!(all(&stream, 100).map(|units| units.len()), Ok(1));
    assert_eq!(all(b"<html>404</html>", 100), Err(Unfit::Content));
    assert_eq!(all(&[b'x'; 20_000], 100), Err(Unfit::Content));
    assert_eq!(all(&[], 100), Err(Unfit::Content));
}

#[test]
fn other_kinds_of_pictures_are_named() {
    for (kind, unfit) in [
        (0x02, Unfit::Codec("mpeg2video")),
        (0x10, Unfit::Codec("mpeg4")),
        (0x33, Unfit::Codec("h266")),
        (0x0f, Unfit::Codec("not there")),
        (0xdb, Unfit::Encrypted),
    ] {
        assert_eq!(all(&tables(kind), 188), Err(unfit), "{kind:#x}");
    }
    let h265 = tables(0x24);
    assert_eq!(all(&h265, 188), Ok(Vec::new()));
}

#[test]
fn a_byte_stream_is_cut_at_its_codes() {
    for (stream, found) in [
        (&[0, 0, 1, 5, 6, 0, 0, 0, 1, 7][..], vec![&[5, 6][..], &[7]]),
        (&[9, 9, 0, 0, 1, 5, 0, 0, 0], vec![&[5]]),
        (&[0, 0, 1, 0, 0, 1, 4], vec![&[4]]),
        (
            &[0, 0, 1, 4, 0, 0, 3, 1, 0, 0, 1, 8],
            vec![&[4, 0, 0, 3, 1], &[8]],
        ),
        (&[1, 2, 3], vec![]),
    ] {
        assert_eq!(nals(stream), found, "{stream:?}");
    }
}

proptest! {
    #[test]
    fn no_octets_panic(
        noise in prop::collection::vec((0_usize..2_000, any::<u8>()), 0..60),
        step in 1_usize..400,
        kind in any::<u8>(),
    ) {
        let mut counter = 0;
        let mut stream = tables(kind % 64);
        for at in 0..4 {
            stream.extend(picture(&mut counter, at * 3_600, at * 3_600, &KEY));
        }
        for (at, octet) in noise {
            let len = stream.len();
            stream[at % len] = octet;
        }
        let _ = all(&stream, step);
    }
}
