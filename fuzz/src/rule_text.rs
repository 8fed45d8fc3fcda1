//! Programmes of who should receive what, as officials write them: the text of a rule file.
//! What is refused says why; what is read can be told in words, judges a few families
//! without a panic, and tells each of them the verdict again when it is asked why.
//!
//! Does not cover: versions and lists by them, which tests of the room try; whether a line
//! that is said to be near turns the verdict, which properties of the rules try.

pub fn run(bytes: &[u8]) {
    if let Some(rules) = card::doors::programme(bytes) {
        assert!(rules > 0, "a programme asks something");
    }
}
