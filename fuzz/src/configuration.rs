//! The configuration file.
//!
//! Does not cover: keys that name files or hosts, since reading them is not a
//! matter of the text; the environment and the command line, which hold the same
//! values one by one.

use hall::config::Config;

/// Reading these reaches out of the text.
const REACH_OUT: [&str; 4] = ["_file", "announce", "data", "tls"];

pub fn run(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if REACH_OUT.iter().any(|key| text.contains(key)) {
        return;
    }
    let Ok(config) = Config::parse(text) else {
        return;
    };
    assert!(
        config.database.is_none() && config.admin_password.is_none(),
        "a secret was taken from a file that people pass around"
    );
    assert!(!config.explain().is_empty());
}
