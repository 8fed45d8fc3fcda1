//! What a device answers by ONVIF (SOAP 1.2): one text as the answer to everything that is
//! ever asked. Nothing takes the stack, and no name that is handed on is long.
//!
//! Does not cover: HTTP, Digest and the bound of an answer's length, which the tests of the
//! room hold; what a device does.

use watch::doors;

pub fn run(bytes: &[u8]) {
    let is_handed_on = doors::onvif_answer(bytes);
    let makes_types = bytes.starts_with(b"<!DOCTYPE");
    assert!(
        !(is_handed_on && makes_types),
        "no answer makes words of its own"
    );
}
