use proptest::prelude::*;

use super::*;

fn sheet(blocks: Vec<Block>) -> Sheet {
    Sheet {
        title: "Lembar uji".to_owned(),
        made: Wall::from_us(1_767_225_600_000_000),
        foot: "Lembar uji, dibuat untuk uji".to_owned(),
        blocks,
    }
}

fn table(rows: Vec<Vec<String>>) -> Block {
    Block::Table(Table {
        columns: vec![
            Column::words("Lokasi", 5),
            Column::figures("Menit", 2),
            Column::figures("Terbukti", 2),
        ],
        rows,
        sums: 0,
        none: "Tidak ada.".to_owned(),
    })
}

fn every_block(text: &str) -> Vec<Block> {
    let text = || text.to_owned();
    let figure = Figure {
        label: text(),
        value: text(),
        note: text(),
    };
    let part = |mark, weight| Part {
        mark,
        word: text(),
        figure: text(),
        weight,
    };
    let cells = vec![Some(Mark::Good), Some(Mark::Out), None, Some(Mark::Unknown)];
    vec![
        Block::Head {
            kind: text(),
            name: text(),
            below: text(),
        },
        Block::Heading(text()),
        Block::Text(text()),
        Block::Small(text()),
        Block::Facts(vec![(text(), text())]),
        Block::Figures(vec![figure; 5]),
        table(vec![vec![text(), text(), text()], vec![text()]]),
        Block::Bar(vec![
            part(Mark::Good, 3),
            part(Mark::Dark, 0),
            part(Mark::Worse, 9),
        ]),
        Block::Strips(Strips {
            legend: vec![(Mark::Good, text()), (Mark::Out, text())],
            scale: vec![text(), text()],
            days: vec![(text(), cells), (text(), Vec::new())],
        }),
        Block::Break,
        Block::Code {
            text: "betang".to_owned(),
            lines: vec![text()],
        },
    ]
}

#[test]
fn the_same_words_make_the_same_file() {
    let one = sheet(every_block("Desa Tumbang Nusa, 99,99 %"));
    let file = one.pdf().expect("a file");
    assert!(file.starts_with(b"%PDF-1.7"));
    assert_eq!(one.pdf().as_deref(), Ok(file.as_slice()));
    let later = Sheet {
        made: Wall::from_us(1_767_225_661_000_000),
        ..one
    };
    assert_ne!(later.pdf().as_deref(), Ok(file.as_slice()), "it says when");
    // Two faces, of which only what is used is in it.
    assert!(file.len() < 60_000, "{}", file.len());
}

#[test]
fn a_picture_is_of_one_page_and_as_wide_as_asked() {
    let mut one = sheet(vec![Block::Text("Terbukti".to_owned())]);
    let picture = one.picture(1_240).expect("a picture");
    assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
    let size = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four"));
    assert_eq!((size(16), size(20)), (1_240, 1_753));
    assert_eq!(one.picture(1_240).as_deref(), Ok(picture.as_slice()));
    one.blocks.push(Block::Break);
    one.blocks.push(Block::Text("lagi".to_owned()));
    assert_eq!(one.picture(1_240), Err(Unprinted::Picture));
}

#[test]
fn too_much_is_refused_and_not_cut() {
    let row = || vec!["Kantor Desa".to_owned(), "1".to_owned(), "2".to_owned()];
    let rows = |n: usize| sheet(vec![table(vec![row(); n])]);
    assert_eq!(rows(ROWS_MAX + 1).pages(), Err(Unprinted::Rows));
    assert!(rows(2_000).pages().is_ok_and(|pages| pages > 20));
    assert_eq!(rows(ROWS_MAX).pages(), Err(Unprinted::Pages));
    let long = sheet(vec![Block::Text("a".repeat(CHARS_MAX + 1))]);
    assert_eq!(long.pages(), Err(Unprinted::Chars));
    let code = Block::Code {
        text: "a".repeat(5_000),
        lines: Vec::new(),
    };
    assert_eq!(sheet(vec![code]).pdf(), Err(Unprinted::Code));
}

/// Everything on a page lies on it.
fn lies_on_it(page: &ink::Page) -> bool {
    page.iter().all(|ink| match ink {
        ink::Ink::Words {
            x,
            y,
            size,
            face,
            text,
            ..
        } => *x >= 0 && *y >= 0 && *y <= ink::A4.1 && x + face.wide(*size, text) <= ink::A4.0,
        ink::Ink::Area {
            x, y, wide, high, ..
        } => *x >= 0 && *y >= 0 && x + wide <= ink::A4.0 && y + high <= ink::A4.1,
        ink::Ink::Stroke { from, to, .. } => [from, to]
            .into_iter()
            .all(|(x, y)| (0..=ink::A4.0).contains(x) && (0..=ink::A4.1).contains(y)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_text_panics_or_leaves_the_page(text in "\\PC{0,400}|[a-z \n]{0,3000}|[a-zA-Z0-9]{0,900}") {
        let sheet = sheet(every_block(&text));
        let pages = layout::lay(&sheet).expect("pages");
        prop_assert!(pages.iter().all(lies_on_it));
        prop_assert!(sheet.pdf().is_ok());
    }
}
