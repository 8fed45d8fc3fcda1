//! What a screen may show: a page of this house that is made to be looked at from afar.
//!
//! An address of another house, a page where something is typed, or one with a person's
//! data in it is none of them. That the page comes without bars is for the screen to say.

use crate::line;
use crate::problem::Problem;

/// Longest address, in characters: a wall of 25 cameras names them all.
const SHOWS_MAX: usize = 2_000;

/// Pages, and what their query may say. A stroke at the end asks for one more part.
const PAGES: &[(&str, &[&str])] = &[
    ("/situasi", &[]),
    ("/peta", &["pusat", "zoom", "lapis", "pilih", "daftar"]),
    (
        "/kamera/videowall/",
        &["kisi", "kamera", "putar", "halaman", "petak"],
    ),
];

/// The address, if a screen may show it.
///
/// # Errors
/// `form`, about the field `shows`.
pub(super) fn read(text: &str) -> Result<String, Problem> {
    if text.len() <= SHOWS_MAX && fits(text) {
        Ok(text.to_owned())
    } else {
        Err(line::refuse(
            "shows",
            "use /situasi, /peta or /kamera/videowall/… of this house, without kios",
        ))
    }
}

fn fits(text: &str) -> bool {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    PAGES.iter().any(|(page, names)| {
        let part = path.strip_prefix(page);
        let is_page = match page.ends_with('/') {
            true => part.is_some_and(is_slug),
            false => part == Some(""),
        };
        is_page && (query.is_empty() || query.split('&').all(|pair| is_pair(pair, names)))
    })
}

fn is_slug(text: &str) -> bool {
    (1..=120).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_pair(pair: &str, names: &[&str]) -> bool {
    pair.split_once('=').is_some_and(|(name, value)| {
        names.contains(&name)
            && value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._,:;%+~-".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_pages_for_walls_are_shown() {
        for shown in [
            "/situasi",
            "/peta",
            "/peta?pusat=-2.20830,113.92130&zoom=11.00&pilih=kamera:pasar-besar",
            "/kamera/videowall/9",
            "/kamera/videowall/piket-malam?kisi=4&kamera=a,b&putar=30",
        ] {
            assert_eq!(read(shown).ok().as_deref(), Some(shown));
        }
        for refused in [
            "",
            "situasi",
            "/",
            "//evil.example/situasi",
            "https://evil.example/situasi",
            "/situasi/",
            "/situasi#x",
            "/situasi?kios=1",
            "/situasi?kembali=//evil.example",
            "/situasi\n",
            "/pengaturan",
            "/kartu",
            "/desa",
            "/masuk",
            "/layar",
            "/kamera",
            "/kamera/videowall",
            "/kamera/videowall/",
            "/kamera/videowall/../../pengaturan",
            "/kamera/videowall/9/x",
            "/kamera/videowall/9?kios=1",
            "/kamera/videowall/9?kamera=<x>",
            "/kamera/videowall/9?kamera",
            "/kamera/videowall/9?kamera=a#x",
            "/kamera/videowall/9?kamera=a?b=c",
        ] {
            assert!(read(refused).is_err(), "{refused}");
        }
        let long = format!("/kamera/videowall/9?kamera={}", "a".repeat(SHOWS_MAX));
        assert!(read(&long).is_err());
    }

    proptest! {
        /// Whatever a browser makes of it, it stays in this house and on these pages.
        #[test]
        fn no_text_leads_elsewhere(tail in "[/a-z0-9.?=&%#@:\\\\-]{0,30}") {
            for head in ["", "/situasi", "/peta", "/kamera/videowall/"] {
                let text = format!("{head}{tail}");
                let Ok(shown) = read(&text) else { continue };
                let base = url::Url::parse("https://house.example").expect("an address");
                let url = base.join(&shown).expect("an address");
                prop_assert_eq!(url.host_str(), Some("house.example"));
                prop_assert!(["/situasi", "/peta"].contains(&url.path())
                    || url.path().starts_with("/kamera/videowall/"), "{}", url);
                prop_assert_eq!(url.fragment(), None);
            }
        }
    }
}
