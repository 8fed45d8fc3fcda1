//! How long, how many and how deep, and that no text makes it panic.

use proptest::prelude::*;

use super::super::*;
use super::wrongs::{RULE, TOP, asking, said, with, wrong};

#[test]
fn a_text_has_bounds() {
    let leaf = r#"{ kolom = "kpm", op = "ya" }"#;
    let deep = |depth: usize| {
        let around = "{ bukan = ".repeat(depth - 1);
        asking(&format!("{around}{leaf}{}", " }".repeat(depth - 1)))
    };
    assert!(Programme::parse(&deep(8)).is_ok());
    let Wrong { at, why } = wrong(&deep(9));
    assert_eq!(at, format!("aturan desil, jika{}", ".bukan".repeat(8)));
    assert_eq!(why, Why::Deep);
    assert_eq!(why.indonesian(), "lebih dari 8 tingkat");
    assert_eq!(why.english(), "more than 8 deep");

    let all = |count: usize| format!("{{ semua = [{}] }}", vec![leaf; count].join(", "));
    assert!(Programme::parse(&asking(&all(64))).is_ok());
    assert_eq!(
        wrong(&asking(&all(65))).to_string(),
        "aturan desil, jika.semua: berisi 65; harus 1 sampai 64"
    );
    let second = RULE.replace("id = \"desil\"", "id = \"lain\"");
    let both = format!("{}{second}", asking(&all(64)));
    assert_eq!(
        said(&both),
        (
            "aturan lain, jika: lebih dari 64 kolom ditanya dalam satu program".to_owned(),
            "rule lain, jika: more than 64 columns asked in one programme".to_owned()
        )
    );

    let codes = |count: usize| {
        let list = vec!["\"62\""; count].join(",");
        asking(&format!(
            "{{ kolom = \"wilayah\", op = \"di\", nilai = [{list}] }}"
        ))
    };
    let programme = Programme::parse(&codes(2_000)).expect("a programme");
    let leaves = programme.leaves();
    let Test::Within(codes_of) = &leaves[0].1.test else {
        panic!("an area");
    };
    assert_eq!(codes_of.len(), 1, "each code once");
    assert_eq!(
        wrong(&codes(2_001)).to_string(),
        "aturan desil, jika.nilai: berisi 2001; harus 1 sampai 2000"
    );

    let long = format!("{TOP}{RULE}#{}", "x".repeat(TEXT_MAX));
    assert_eq!(
        said(&long),
        (
            format!("teks: panjangnya {} oktet; paling banyak 65536", long.len()),
            format!("text: it has {} octets; 65536 are the most", long.len())
        )
    );
    let name = with("Paket pangan", &"x".repeat(201));
    assert_eq!(
        said(&name),
        (
            "nama: panjangnya 201 huruf; paling banyak 200".to_owned(),
            "nama: it has 201 letters; 200 are the most".to_owned()
        )
    );
    let word = with("\"keluarga\"", &format!("\"{}\"", "é".repeat(99)));
    assert!(matches!(wrong(&word).why, Why::Word { found, .. } if found.chars().count() == 41));
}

#[test]
fn names_of_aid_are_compared_in_capitals() {
    let term = r#"{ kolom = "bantuan", op = "ada", nilai = ["pkh ", "Blt dd", "PKH"] }"#;
    let programme = Programme::parse(&asking(term)).expect("a programme");
    let gets = Test::Gets(vec!["PKH".to_owned(), "BLT DD".to_owned()]);
    assert_eq!(programme.leaves()[0].1.test, gets);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = Programme::parse(&text);
    }

    #[test]
    fn no_text_that_is_nearly_one_panics(
        at in 0..(TOP.len() + RULE.len()),
        cut in 0_usize..12,
        put in "[\\[\\]{}=,\"#\\n0-9a-z.é-]{0,6}",
    ) {
        let text = format!("{TOP}{RULE}");
        let end = (at + cut).min(text.len());
        let _ = Programme::parse(&format!("{}{put}{}", &text[..at], &text[end..]));
    }

    #[test]
    fn no_term_panics(term in "(\\{ ?|\\[|\\]| ?\\}|, |kolom = |op = |nilai = |semua = |bukan = |\"desil\"|\"<=\"|\"antara\"|\"wilayah\"|\"di\"|\"62\"|-?[0-9]{1,20}|1\\.5|true|2026-01-01){0,16}") {
        let _ = Programme::parse(&asking(&term));
    }
}
