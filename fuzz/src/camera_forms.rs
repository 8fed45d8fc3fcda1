//! Bodies of the form that a camera is registered and changed by: JSON in, every
//! field that cannot stand by its name out.
//!
//! Does not cover: what only the tables know (areas and agencies that are there,
//! names that are taken), and the writing; the tests of the API do.

use serde_json::Value as Json;
use watch::doors;

pub fn run(bytes: &[u8]) {
    let Some(read) = doors::camera_form(bytes) else {
        return;
    };
    if let Ok(sent) = serde_json::from_slice::<Json>(bytes)
        && sent.is_object()
    {
        for field in &read.faults {
            let part = field
                .split('.')
                .try_fold(&sent, |part, name| part.get(name));
            assert!(part.is_some(), "{field} cannot stand and was not sent");
        }
    }
    if let Some(password) = read.password.filter(|password| password.len() > 12) {
        assert!(
            !read.printed.contains(&password),
            "a password is never printed"
        );
    }
}
