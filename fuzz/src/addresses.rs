//! Addresses of cameras as people type them.
//!
//! Does not cover: what the network makes of a host that can be written.

use watch::doors;

pub fn run(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Some(kept) = doors::address(text) else {
        return;
    };
    let mut ways = ["rtsp://", "http://", "https://"].into_iter();
    let rest = ways.find_map(|way| kept.strip_prefix(way));
    let rest = rest.expect("it says how");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    assert!(!authority.is_empty(), "it says where: {kept}");
    assert!(
        !authority.contains('@'),
        "no name and no password is kept in the open: {kept}"
    );
    let again = doors::address(&kept);
    assert_eq!(again.as_deref(), Some(&*kept), "read again, the same");
}
