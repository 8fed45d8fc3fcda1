//! The two ways of reading a file, laid beside each other, and files that only the
//! long way meets.

mod books;

use proptest::prelude::*;

use super::*;
use crate::intake::grid::Grid;
use crate::intake::nasty::THINGS;
use crate::intake::preview::FileFormat;
use crate::intake::{Contract, Said, grid};

/// The same columns, and many rows.
static MANY: Contract = Contract {
    subject: "things",
    name: Said::new("Barang", "Things"),
    columns: THINGS.columns,
    key: Some("key"),
    title: "name",
    rows_max: 100_000,
    classification: "internal",
};

/// Gives so many octets at once.
struct Trickle<'o>(&'o [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.1);
        self.0.read(&mut out[..most])
    }
}

/// All that a row says, and all that is said of it.
fn said(row: &mut Row<'_>) -> String {
    let mut said = format!("{}:", row.number());
    for column in THINGS.columns {
        let key = column.key;
        let parts = (row.raw(key), row.text(key), row.decimal(key), row.flag(key));
        if parts != (None, None, None, None) {
            said.push_str(&format!(" {key}={parts:?}{}", row.was_number(key)));
        }
    }
    let remarks = row.take_remarks();
    assert_eq!(row.take_remarks(), (Vec::new(), Vec::new()));
    format!("{said} {remarks:?}")
}

type Told = Result<(Vec<String>, usize, FileFormat), Problem>;

fn short(octets: &[u8], contract: &'static Contract) -> Told {
    let grid: Grid = grid::read(octets, contract, None)?;
    let table = Table::new(contract, grid, &BTreeMap::new());
    let rows = table.rows().map(|mut row| said(&mut row)).collect();
    let judged = table.judge(|_| crate::intake::Outcome::<()>::Same);
    Ok((rows, judged.counts().skipped, table.format()))
}

fn sniff(octets: &[u8], piece: usize) -> Result<Shape, Problem> {
    let mut sniffer = Sniffer::new();
    for piece in octets.chunks(piece) {
        sniffer.feed(piece);
    }
    sniffer.finish()
}

fn begin(octets: &[u8], shape: &Shape, contract: &'static Contract) -> Result<Table, Problem> {
    head(octets, shape, contract, None, &BTreeMap::new())
}

fn long(octets: &[u8], piece: usize, contract: &'static Contract) -> Told {
    let shape = sniff(octets, piece)?;
    let read = || Trickle(octets, piece);
    let table = head(read(), &shape, contract, None, &BTreeMap::new())?;
    let mut rows = Vec::new();
    let passed = each(read(), &table, &shape, contract.rows_max, &mut |row| {
        rows.push(said(row));
        ControlFlow::Continue(())
    })?;
    assert_eq!(passed.rows, rows.len());
    Ok((rows, passed.skipped, table.format()))
}

/// Rows of a file whose columns were read before.
fn counted(read: impl Read, table: &Table, shape: &Shape) -> Result<Passed, Problem> {
    each(read, table, shape, usize::MAX, &mut |_| {
        ControlFlow::Continue(())
    })
}

const CSV: Shape = Shape {
    octets: 0,
    format: Format::Csv {
        encoding: Encoding::Utf8,
    },
};

fn encoded(text: &str, way: u8) -> Vec<u8> {
    let wide = |mark: &str, big: bool| -> Vec<u8> {
        let text = format!("{mark}{text}");
        let units = text.encode_utf16();
        units
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    match way {
        0 => text.as_bytes().to_vec(),
        1 => format!("\u{feff}{text}").into_bytes(),
        2 => wide("\u{feff}", false),
        3 => wide("\u{feff}", true),
        4 => wide("", false),
        5 => wide("", true),
        _ => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
    }
}

#[test]
fn a_file_that_comes_in_any_pieces_is_told_apart() {
    let text = "Kunci;Nama\nk-1;Kafé “Dayak” 𝄞\n";
    for way in 0..=5 {
        let octets = encoded(text, way);
        let shape = sniff(&octets, octets.len()).expect("a table");
        let known = grid::read(&octets, &THINGS, None).expect("a table");
        let Format::Csv { encoding } = shape.format else {
            panic!("{shape:?}");
        };
        assert_eq!(Some(encoding.name()), known.encoding);
        for cut in 0..=octets.len() {
            let mut sniffer = Sniffer::new();
            sniffer.feed(&octets[..cut]);
            assert!(!sniffer.is_hopeless());
            sniffer.feed(&octets[cut..]);
            assert_eq!(sniffer.finish().expect("a table"), shape, "cut at {cut}");
            // And one that ends there is what the short path says of it.
            let kind = |told: Told| told.map(|(_, _, format)| format);
            let (octets, piece) = (&octets[..cut], 1 + cut % 3);
            assert_eq!(
                kind(long(octets, piece, &THINGS)),
                kind(short(octets, &THINGS)),
                "ends at {cut}"
            );
        }
        assert_eq!(sniff(&octets, 1).expect("a table"), shape);
    }
}

#[test]
fn what_is_no_table_is_refused_before_all_of_it_has_come() {
    let junk: Vec<u8> = (0_u32..40_000).flat_map(u32::to_le_bytes).collect();
    let old = [b"\xd0\xcf\x11\xe0".as_slice(), &[1; 5_000]].concat();
    let wide = [b"\xff\xfe".as_slice(), &[0x41, 0xd8].repeat(4_000)].concat();
    let early: [(&[u8], &str); 5] = [
        (&junk, "file-kind"),
        (&old, "file-kind"),
        (
            &[b"%PDF-1.7".as_slice(), &[b' '; 5_000]].concat(),
            "file-kind",
        ),
        (&wide, "file-unreadable"),
        (
            &[b"a;b\n".repeat(5_000).as_slice(), b"\x01"].concat(),
            "file-kind",
        ),
    ];
    for (octets, slug) in early {
        let mut sniffer = Sniffer::new();
        sniffer.feed(octets);
        assert!(sniffer.is_hopeless(), "{slug}");
        assert_eq!(sniffer.finish().expect_err(slug).slug(), slug);
    }
    for (octets, slug) in [
        (&b""[..], "file-empty"),
        (b"%PDF", "file-kind"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file-kind"),
        (b"\xef\xbb\xbfa;b\n\xff\xfe", "file-unreadable"),
        (b"\xff\xfea", "file-unreadable"),
    ] {
        assert_eq!(sniff(octets, 3).expect_err(slug).slug(), slug);
        assert_eq!(long(octets, 2, &THINGS), short(octets, &THINGS));
    }
    for blank in [b"\n\n ; ;\n".as_slice(), b"sep=;\n", b"\r\r\r", b" "] {
        assert_eq!(
            long(blank, 2, &THINGS).expect_err("blank").slug(),
            "file-empty"
        );
        assert_eq!(long(blank, 2, &THINGS), short(blank, &THINGS));
    }
}

/// Forty thousand rows with what rows are numbered by.
fn much() -> String {
    let mut text = "DAFTAR BARANG\r\n\r\nKunci,Nama,Jumlah,Tanggal\r\n".to_owned();
    for row in 0..40_000 {
        let ending = ["\r\n", "\n", "\r"][row % 3];
        let more = match row % 7 {
            0 => "\r\n\r\n".to_owned(),
            1 => format!("# catatan {row}\n"),
            2 => format!("k{row},\"dua\r\nbaris, \"\"{row}\"\"\n\",{row},31/12/2027{ending}"),
            3 => format!("k{row},Kafé 𝄞,x{row},{ending}"),
            _ => format!("k{row},satu,{row}.5,2027-02-0{}{ending}", 1 + row % 9),
        };
        text.push_str(&more);
    }
    text
}

#[test]
fn many_rows_are_the_same_on_both_ways() {
    let text = much();
    for way in [0, 2, 5] {
        let octets = encoded(&text, way);
        let told = long(&octets, 8_191, &MANY);
        assert!(told.as_ref().is_ok_and(|(rows, ..)| rows.len() > 20_000));
        assert!(told == short(&octets, &MANY), "{way}");
    }
}

#[test]
fn a_quote_that_is_not_closed_is_found_where_it_opens() {
    let opens = "Kunci;Nama\n\n\na;satu\nb;\"dua\n";
    let text = format!("{opens}{}", "c;tiga\n".repeat(400_000));
    let table = begin(opens.as_bytes(), &CSV, &MANY).expect("a table");
    let why = counted(text.as_bytes(), &table, &CSV).expect_err("too long");
    assert_eq!(why.slug(), "file-unreadable");
    let said = format!("{why:?}");
    assert!(
        said.contains("row 5 has more than 1048576 octets"),
        "{said}"
    );
    assert!(said.contains("quotation mark"), "{said}");
    // The beginning says so, too.
    let early = begin(text.as_bytes(), &CSV, &MANY).expect_err("too long");
    assert_eq!(early, why);
    // And no more is read than tells it.
    let endless = opens.as_bytes().chain(io::repeat(b'x'));
    assert_eq!(counted(endless, &table, &CSV), Err(why.clone()));
    let endless = opens.as_bytes().chain(io::repeat(b'"'));
    assert_eq!(counted(endless, &table, &CSV), Err(why));
}

#[test]
fn a_record_may_be_so_long_and_no_longer() {
    let most = 1 << 20;
    for (octets, stands) in [(most, true), (most + 1, false)] {
        let long = format!("a;{}", "x".repeat(octets - 2));
        let text = format!("Kunci;Nama\n{}{long}\nb;dua", "\n".repeat(most * 2));
        let table = begin(b"Kunci;Nama\nb;dua", &CSV, &MANY).expect("a table");
        let mut numbers = Vec::new();
        let passed = each(text.as_bytes(), &table, &CSV, 9, &mut |row| {
            numbers.push(row.number());
            ControlFlow::Continue(())
        });
        assert_eq!(passed.is_ok(), stands);
        let first = u32::try_from(most * 2 + 2).expect("few");
        let rows: &[u32] = if stands { &[first, first + 1] } else { &[] };
        assert_eq!(numbers, rows);
    }
}

#[test]
fn a_row_that_the_beginning_cuts_is_read_whole() {
    // Rows of two octets for each sign, so that the cut may fall into one.
    for more in 0..2 {
        let cell = format!(";\"{}\n\"", "é".repeat(1_900));
        let row = format!("k;{}{}\n", "x".repeat(more), cell.repeat(27));
        let text = format!("Kunci;Nama\n{}", row.repeat(50));
        let table = begin(text.as_bytes(), &CSV, &MANY).expect("a table");
        let lines = &table.grid.lines;
        assert!((30..50).contains(&lines.len()), "{}", lines.len());
        assert_eq!(lines[1].cells, lines[lines.len() - 1].cells);
        let passed = counted(text.as_bytes(), &table, &CSV).expect("all rows");
        assert_eq!(passed.rows, 50);
    }
}

#[test]
fn marks_before_a_text_are_no_end_of_it() {
    for text in [
        "\u{feff}\nKunci;Nama\na;satu",
        "\u{feff}Kunci;Nama\n\u{feff}\na;b",
    ] {
        for way in [0, 1, 2, 3] {
            let octets = encoded(text, way);
            let told = long(&octets, 1, &THINGS);
            assert!(told.as_ref().is_ok_and(|(rows, ..)| !rows.is_empty()));
            assert_eq!(told, short(&octets, &THINGS));
        }
    }
}

#[test]
fn rows_are_counted_to_the_last_that_there_may_be() {
    let text = format!("Kunci;Nama\n{}# x\n\n", "a;satu\n# catatan\n".repeat(50));
    let table = begin(text.as_bytes(), &CSV, &MANY).expect("a table");
    let mut rows = 0;
    let mut count = |most: usize| {
        each(text.as_bytes(), &table, &CSV, most, &mut |_| {
            rows += 1;
            ControlFlow::Continue(())
        })
    };
    let all = Passed {
        rows: 50,
        skipped: 51,
    };
    assert_eq!(count(50), Ok(all));
    let why = count(49).expect_err("too many");
    assert_eq!(why.slug(), "file-size");
    assert!(format!("{why:?}").contains("more than 49 rows"));
    assert_eq!(rows, 99);
    // Whoever has seen enough says so.
    let mut seen = Vec::new();
    let passed = each(text.as_bytes(), &table, &CSV, 3, &mut |row| {
        seen.push(row.number());
        match seen.len() {
            3 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    assert_eq!(passed.map(|passed| passed.rows), Ok(3));
    assert_eq!(seen, [2, 4, 6]);
}

#[test]
fn another_file_is_not_taken_for_the_one_that_was_read() {
    let table = begin(b"Kunci;Nama\na;satu\n", &CSV, &THINGS).expect("a table");
    for other in [
        &b"Nama;Kunci\na;satu\n"[..],
        b"Kunci,Nama\na,satu\n",
        b"\n\n",
        b"",
    ] {
        let why = counted(other, &table, &CSV).expect_err("another");
        assert!(format!("{why:?}").contains("headings are others"));
    }
    // One that turns out not to be what it was told to be.
    let why = counted(&b"Kunci;Nama\na;\xe9\n"[..], &table, &CSV).expect_err("no UTF-8");
    assert!(format!("{why:?}").contains("row 2 is not UTF-8"));
    let wide = format!("Kunci;Nama\n{}x\n", ";".repeat(1_000));
    let why = counted(wide.as_bytes(), &table, &CSV).expect_err("wide");
    assert!(format!("{why:?}").contains("120 columns"));
}

/// Fails after its octets.
struct Torn<'o>(&'o [u8], io::ErrorKind);

impl Read for Torn<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out) {
            Ok(0) => Err(self.1.into()),
            read => read,
        }
    }
}

#[test]
fn octets_that_do_not_come_are_no_fault_of_the_file() {
    let table = begin(b"Kunci;Nama\na;satu\n", &CSV, &THINGS).expect("a table");
    for (kind, slug) in [
        (io::ErrorKind::InvalidData, "corrupt"),
        (io::ErrorKind::TimedOut, "unavailable"),
    ] {
        let torn = || Torn(b"Kunci;Nama\na;satu\n", kind);
        let why = counted(torn(), &table, &CSV).expect_err("torn");
        assert_eq!(why.slug(), slug);
        for format in [CSV.format, Format::Xlsx] {
            let shape = Shape { octets: 9, format };
            let why = head(torn(), &shape, &THINGS, None, &BTreeMap::new());
            assert_eq!(why.expect_err("torn").slug(), slug);
        }
    }
}

#[test]
fn a_cell_is_shown_as_it_stands_and_samples_only_where_they_may_be() {
    let text = "Kunci;Kode wilayah;Jumlah;Tanggal;Kata sandi;PIN lama\n\
                \" a \";6.2E+15;dua;31/02/2027; x;1234\n";
    let table = begin(text.as_bytes(), &CSV, &THINGS).expect("a table");
    let mut raw = Vec::new();
    each(text.as_bytes(), &table, &CSV, 1, &mut |row| {
        for key in ["key", "code", "count", "day", "secret", "name", "flag"] {
            raw.push(row.raw(key).map(std::borrow::Cow::into_owned));
        }
        let (faults, _) = row.take_remarks();
        assert_eq!(faults.len(), 3);
        ControlFlow::Continue(())
    })
    .expect("one row");
    let raw: Vec<_> = raw.iter().map(Option::as_deref).collect();
    let day = Some("31/02/2027");
    let shown = [Some(" a "), Some("6.2E+15"), Some("dua"), day, Some(" x")];
    assert_eq!(raw[..5], shown);
    assert_eq!(raw[5..], [None, None]);

    let samples = |with: bool| -> Vec<Vec<String>> {
        let columns = table.columns(with).into_iter();
        columns.map(|column| column.samples).collect()
    };
    assert_eq!(samples(true)[0], ["a"]);
    assert!(samples(true)[4].is_empty() && samples(true)[5].is_empty());
    assert!(samples(false).iter().all(Vec::is_empty));
    assert_eq!(crate::intake::fields(&THINGS).len(), THINGS.columns.len());
}

#[test]
fn a_column_of_passwords_becomes_nothing_that_is_shown() {
    let text = b"Kunci;PIN lama\na;1234\n";
    let choose = |column: usize, field: &str| {
        let said = BTreeMap::from([(column, Some(field.to_owned()))]);
        head(&text[..], &CSV, &THINGS, None, &said)
    };
    assert!(choose(1, "name").is_err());
    assert!(choose(1, "nothing").is_err());
    assert!(choose(2, "name").is_err());
    assert!(choose(1, "secret").expect("hidden").has("secret"));
    let table = choose(0, "name").expect("another field");
    assert!(table.has("name") && !table.has("key"));
}

/// Ends of lines as files have them.
const ENDINGS: [&str; 3] = ["\n", "\r\n", "\r"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_the_same_on_both_ways(
        hint in proptest::option::of("sep=[;,\t|x]?;? ?[\r\n]"),
        heading in proptest::option::of(
            proptest::sample::select(vec![
                "Kunci;Nama;Jumlah\n", "\n\nKunci,Nama\r", "\"Kunci\"\t\"Na\nma\"\r\n",
            ])),
        text in "(a|Kunci|;|,|\t|\\||\"|\"\"|\n|\r\n|\r|# |=|1,5| |é|\u{201c}|\u{feff}|ya){0,60}",
        way in 0_u8..7,
        piece in 1_usize..40,
    ) {
        let (hint, heading) = (hint.unwrap_or_default(), heading.unwrap_or_default());
        let octets = encoded(&format!("{hint}{heading}{text}"), way);
        prop_assert_eq!(long(&octets, piece, &THINGS), short(&octets, &THINGS));
    }

    #[test]
    fn any_table_is_the_same_on_both_ways(
        rows in proptest::collection::vec(
            (proptest::collection::vec("[a-zé0-9 ,;|\"\r\n'#]{0,8}", 3), 0_usize..3, 0_usize..3),
            1..40),
        delimiter in proptest::sample::select(vec![';', ',', '\t', '|']),
        hinted in any::<bool>(),
        way in 0_u8..7,
        piece in 1_usize..200,
    ) {
        let mut text = if hinted { format!("sep={delimiter}\r\n") } else { String::new() };
        text.push_str(&format!("Kunci{delimiter}Nama{delimiter}Jumlah\n"));
        for (cells, ending, blank) in &rows {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
                .collect();
            text.push_str(&cells.join(&delimiter.to_string()));
            text.push_str(&ENDINGS[*ending].repeat(blank + 1));
        }
        let octets = encoded(&text, way);
        let told = long(&octets, piece, &THINGS);
        let marks = |told: &Told| told.as_ref().map(|(_, _, format)| format.delimiter).ok();
        // A tab alone behind the hint is no sign.
        if !(hinted && delimiter == '\t') {
            prop_assert_eq!(marks(&told), Some(Some(delimiter)));
        }
        prop_assert_eq!(told, short(&octets, &THINGS));
    }

    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = long(&octets, 9, &THINGS);
        let _ = long(&[b"PK\x03\x04", octets.as_slice()].concat(), 9, &THINGS);
        for encoding in [Encoding::Utf8, Encoding::Utf16Be, Encoding::Windows1252] {
            let shape = Shape { octets: 0, format: Format::Csv { encoding } };
            if let Ok(table) = begin(&octets, &shape, &THINGS) {
                let _ = counted(octets.as_slice(), &table, &shape);
            }
        }
    }
}
