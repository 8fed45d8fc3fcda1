use proptest::prelude::*;

use super::*;

fn pieces(text: &str) -> Pieces {
    match Playlist::read(text) {
        Ok(Playlist::Pieces(pieces)) => pieces,
        other => panic!("{other:?}"),
    }
}

const LIVE: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n\
    #EXT-X-MEDIA-SEQUENCE:17\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXT-X-MAP:URI=\"init.mp4\"\n\
    #EXT-X-PROGRAM-DATE-TIME:2026-03-01T08:00:00.500+0700\n#EXTINF:4.000,\na.m4s\n\
    #EXTINF:3.5,judul\nb.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:4,\nc.m4s?x=1,2\n";

#[test]
fn a_live_list_is_read_whole() {
    let list = pieces(LIVE);
    assert_eq!((list.target, list.ended), (Duration::from_secs(4), false));
    let numbers: Vec<_> = list.pieces.iter().map(|piece| piece.number).collect();
    assert_eq!(numbers, [17, 18, 19]);
    let [a, b, c] = &list.pieces[..] else {
        panic!()
    };
    assert_eq!(a.date, Some(Wall::from_us(1_772_326_800_500_000)));
    assert_eq!(
        b.date,
        Some(Wall::from_us(1_772_326_804_500_000)),
        "it goes on"
    );
    assert_eq!(c.date, None, "time has begun anew");
    assert_eq!(
        (b.span, b.era, b.gap),
        (Duration::from_millis(3_500), 2, false)
    );
    assert_eq!((c.address.as_str(), c.era, c.gap), ("c.m4s?x=1,2", 3, true));
    assert_eq!(
        a.head.as_ref().map(|head| head.address.as_str()),
        Some("init.mp4")
    );
}

#[test]
fn a_list_of_qualities_is_chosen_from() {
    let text = |lines: &str| format!("#EXTM3U\r\n{lines}");
    let chosen = |lines: &str| match Playlist::read(&text(lines)) {
        Ok(Playlist::Variants(variants)) => best(&variants).map(|it| it.address.clone()),
        other => panic!("{other:?}"),
    };
    let small = "#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS=\"avc1.4d401f,mp4a.40.2\",RESOLUTION=640x360\nsmall.m3u8\n";
    let large = "#EXT-X-STREAM-INF:CODECS=\"avc1.640028\",BANDWIDTH=4000000\nlarge.m3u8\n";
    let hevc = "#EXT-X-STREAM-INF:BANDWIDTH=9000000,CODECS=\"hvc1.1.6.L93.B0\"\nhevc.m3u8\n";
    let av1 = "#EXT-X-STREAM-INF:BANDWIDTH=9000000,CODECS=\"av01.0.04M.08\"\nav1.m3u8\n";
    let untold = "#EXT-X-STREAM-INF:BANDWIDTH=5000000\nuntold.m3u8\n";
    for (lines, address) in [
        (format!("{small}{large}"), Some("large.m3u8")),
        (format!("{hevc}{small}"), Some("small.m3u8")),
        (format!("{hevc}{av1}"), Some("hevc.m3u8")),
        (format!("{untold}{large}"), Some("untold.m3u8")),
        (av1.to_owned(), None),
    ] {
        assert_eq!(chosen(&lines).as_deref(), address, "{lines}");
    }
}

#[test]
fn what_cannot_be_followed_is_named() {
    let head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"https://kunci.test/k\"\n";
    for (text, unfit) in [
        (String::new(), Unfit::NoList),
        ("<html><body>404</body></html>".to_owned(), Unfit::NoList),
        ("#EXTM3U8\n".to_owned(), Unfit::NoList),
        ("#EXTM3U\n#EXTINF:4,\na.ts\n".to_owned(), Unfit::NoTarget),
        (format!("{head}a.ts\n"), Unfit::Line(3)),
        (format!("{head}#EXTINF:-4,\na.ts\n"), Unfit::Line(3)),
        (format!("{head}#EXTINF:inf,\na.ts\n"), Unfit::Line(3)),
        (format!("{head}#EXTINF:1e9,\na.ts\n"), Unfit::Line(3)),
        (format!("{head}{key}#EXTINF:4,\na.ts\n"), Unfit::Encrypted),
        (format!("{head}#EXT-X-I-FRAMES-ONLY\n"), Unfit::KeysOnly),
        (
            format!("{head}#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n"),
            Unfit::Variables,
        ),
        (
            format!("{head}#EXT-X-BYTERANGE:10\n#EXTINF:4,\na.ts\n"),
            Unfit::Line(5),
        ),
        (
            format!("{head}#EXTINF:4,\n{}\n", "a".repeat(5_000)),
            Unfit::TooMany,
        ),
        (
            format!("{head}{}", "#EXTINF:4,\na\n".repeat(PIECES_MAX + 1)),
            Unfit::TooMany,
        ),
    ] {
        let shown: String = text.chars().take(120).collect();
        assert_eq!(Playlist::read(&text), Err(unfit), "{shown}");
    }
    // A key that no longer holds does not stand in the way of what follows it.
    let clear = format!("{head}{key}#EXTINF:4,\na.ts\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nb.ts\n");
    assert!(Playlist::read(&clear).is_ok());
}

#[test]
fn parts_of_one_file_follow_each_other() {
    let list = pieces(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\nall.ts\n\
         #EXTINF:4,\n#EXT-X-BYTERANGE:70\nall.ts\n#EXT-X-ENDLIST\n",
    );
    let ranges: Vec<_> = list.pieces.iter().map(|piece| piece.range).collect();
    let range = |len, from| Some(Range { len, from });
    assert_eq!(ranges, [range(100, 50), range(70, 150)]);
    assert!(list.ended);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,400}", tags in prop::collection::vec(0_usize..12, 0..12)) {
        const TAGS: [&str; 12] = [
            "#EXTINF:", "#EXT-X-BYTERANGE:", "#EXT-X-MAP:", "#EXT-X-KEY:", "#EXT-X-STREAM-INF:",
            "#EXT-X-MEDIA-SEQUENCE:18446744073709551615", "#EXT-X-DISCONTINUITY", "a.ts",
            "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", "#EXT-X-BYTERANGE:18446744073709551615@9",
            "#EXT-X-PROGRAM-DATE-TIME:",
        ];
        let mut list = "#EXTM3U\n".to_owned();
        for tag in tags {
            list.push_str(TAGS[tag]);
            list.push_str(&text);
            list.push('\n');
            list.push_str(TAGS[tag]);
            list.push('\n');
        }
        let _ = Playlist::read(&list);
    }
}
