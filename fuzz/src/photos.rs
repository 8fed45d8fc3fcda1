//! Photographs as somebody sends them. Whatever is taken becomes a JPEG from its pixels alone,
//! within bounds, that is read again as it was written, and that no note of a camera is in.
//!
//! Does not cover: the seal around what is kept, and whose it is, which tests of the room try.

pub fn run(bytes: &[u8]) {
    if let Some((width, height)) = card::doors::photo(bytes) {
        assert!(width.max(height) <= 1_600, "small");
    }
}
