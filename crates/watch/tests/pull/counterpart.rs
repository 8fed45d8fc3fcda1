//! What is read out of pieces, beside what FFmpeg reads out of the same ones.

use std::path::Path;

use watch_core::hls::{Unit, fmp4, ts};

use crate::publisher::{H264, H265, MP4, TS, run};

/// Pictures that refer to later ones, so that they are shown in another order.
const REORDERED: [&str; 8] = [
    "-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-g", "25",
];

/// Writes three pieces of a second, with sound beside the pictures.
async fn write(folder: &Path, encoder: &[&str], kind: &[&str], pieces: &str) {
    let mut args = vec![
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=320x240:rate=25",
    ];
    args.extend_from_slice(&["-f", "lavfi", "-i", "sine", "-t", "3", "-c:a", "aac"]);
    args.extend_from_slice(encoder);
    args.extend_from_slice(&["-f", "hls", "-hls_time", "1", "-hls_list_size", "0"]);
    args.extend_from_slice(&["-hls_segment_filename", pieces]);
    args.extend_from_slice(kind);
    args.push("list.m3u8");
    run("ffmpeg", &args, folder).await;
}

/// What FFmpeg finds: when each picture is decoded and shown, whether decoding can begin
/// there, and its octets. Times in ticks of the file.
async fn probed(folder: &Path, file: &str) -> (i64, Vec<(i64, i64, bool, usize)>) {
    let select = [
        "-v",
        "error",
        "-select_streams",
        "v",
        "-of",
        "csv=p=0",
        "-show_entries",
    ];
    let base = run(
        "ffprobe",
        &[&select[..], &["stream=time_base", file]].concat(),
        folder,
    )
    .await;
    let base = String::from_utf8(base).expect("text");
    let first = base
        .lines()
        .next()
        .expect("a stream")
        .trim()
        .trim_end_matches(',');
    let rate = first
        .split_once('/')
        .expect("a fraction")
        .1
        .parse()
        .expect("a number");
    let entries = ["packet=pts,dts,size,flags", file];
    let packets = run("ffprobe", &[&select[..], &entries].concat(), folder).await;
    let packets = String::from_utf8(packets).expect("text");
    let packet = |line: &str| {
        let parts: Vec<_> = line.split(',').collect();
        let number = |at: usize| parts[at].parse::<i64>().expect("a number");
        let size = usize::try_from(number(2)).expect("octets");
        (number(1), number(0), parts[3].starts_with('K'), size)
    };
    let lines = packets.lines().filter(|line| !line.is_empty());
    (rate, lines.map(packet).collect())
}

fn compared(units: &[Unit], rate: i64, found: &[(i64, i64, bool, usize)], what: &str) {
    let (first, began) = (units[0].decode, found[0].0);
    let read: Vec<_> = units
        .iter()
        .map(|unit| (unit.decode - first, unit.show - first, unit.key))
        .collect();
    let ticks = |at: i64| (at - began) * 90_000 / rate;
    let there: Vec<_> = found
        .iter()
        .map(|(decode, show, key, _)| (ticks(*decode), ticks(*show), *key))
        .collect();
    assert_eq!(read, there, "{what}");
}

#[tokio::test]
async fn pictures_and_stamps_are_those_that_ffprobe_finds() {
    for (name, encoder) in [
        ("h264", &H264[..]),
        ("h265", &H265),
        ("reordered", &REORDERED),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), encoder, &TS, "a%d.ts").await;
        let mut demux = ts::Demux::default();
        let mut last = None;
        for number in 0..3 {
            let file = format!("a{number}.ts");
            let octets = std::fs::read(folder.path().join(&file)).expect("a piece");
            let mut units = Vec::new();
            for part in octets.chunks(1_000) {
                demux.push(part, &mut units).expect("it is read");
            }
            demux.end(false, &mut units).expect("it is read");
            let (rate, found) = probed(folder.path(), &file).await;
            compared(&units, rate, &found, &format!("{name} {file}"));
            assert_eq!(rate, 90_000);
            assert_eq!(units[0].decode, found[0].0, "the very stamps");
            assert!(
                last.is_none_or(|last| last < units[0].decode),
                "time goes on"
            );
            last = units.last().map(|unit| unit.decode);
        }

        write(folder.path(), encoder, &MP4, "b%d.m4s").await;
        let head = std::fs::read(folder.path().join("init.mp4")).expect("a head");
        let mut demux = fmp4::Demux::new(fmp4::Head::read(&head).expect("it is read"));
        for number in 0..3 {
            let octets =
                std::fs::read(folder.path().join(format!("b{number}.m4s"))).expect("a piece");
            let file = format!("whole{number}.mp4");
            std::fs::write(folder.path().join(&file), [&head[..], &octets].concat())
                .expect("written");
            let mut units = Vec::new();
            for part in octets.chunks(1_000) {
                demux.push(part, &mut units).expect("it is read");
            }
            demux.end().expect("it is read");
            let (rate, found) = probed(folder.path(), &file).await;
            compared(&units, rate, &found, &format!("{name} {file}"));
            for (unit, (.., key, size)) in units.iter().zip(&found) {
                // Before those with which decoding can begin stand the sets of the head.
                assert!(unit.octets.len() == *size || *key && unit.octets.len() > *size);
            }
        }
    }
}
