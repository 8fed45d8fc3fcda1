//! What strangers may send, each kind as a function over bytes.
//!
//! Such a function panics when a promise is broken and otherwise says nothing.
//! `cargo xtask fuzz` searches with it for bytes that break one; the inputs in
//! `fuzz/corpus/` are replayed by an ordinary test (`crates/betang/tests/corpora.rs`).
//! Every file here names a target, and says what it does not cover.

use std::sync::Once;

mod access_units;
mod addresses;
mod camera_forms;
mod card_facts;
mod carried_files;
mod configuration;
mod credentials;
mod datagrams;
mod discovery_answers;
mod dish_answers;
mod echoes;
mod family_rows;
mod hls;
mod id_tokens;
mod link_frames;
mod name_answers;
mod offers;
mod onvif_answers;
mod outlines;
mod passkeys;
mod person_rows;
mod photos;
mod releases;
mod round_bodies;
mod router_reports;
mod rtp;
mod rtsp_answers;
mod rtsp_requests;
mod rule_text;
mod session;
mod site_configs;
mod speed_frames;
mod speed_measurements;
mod village_rows;
mod workbooks;

/// A kind of input: what its corpus is called, and what is done with it.
pub type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub const TARGETS: &[Target] = &[
    ("access_units", access_units::run),
    ("addresses", addresses::run),
    ("camera_forms", camera_forms::run),
    ("card_facts", card_facts::run),
    ("carried_files", carried_files::run),
    ("configuration", configuration::run),
    ("credentials", credentials::run),
    ("datagrams", datagrams::run),
    ("discovery_answers", discovery_answers::run),
    ("dish_answers", dish_answers::run),
    ("echoes", echoes::run),
    ("family_rows", family_rows::run),
    ("hls", hls::run),
    ("id_tokens", id_tokens::run),
    ("link_frames", link_frames::run),
    ("name_answers", name_answers::run),
    ("offers", offers::run),
    ("onvif_answers", onvif_answers::run),
    ("outlines", outlines::run),
    ("passkeys", passkeys::run),
    ("person_rows", person_rows::run),
    ("photos", photos::run),
    ("releases", releases::run),
    ("round_bodies", round_bodies::run),
    ("router_reports", router_reports::run),
    ("rtp", rtp::run),
    ("rtsp_answers", rtsp_answers::run),
    ("rtsp_requests", rtsp_requests::run),
    ("rule_text", rule_text::run),
    ("site_configs", site_configs::run),
    ("speed_frames", speed_frames::run),
    ("speed_measurements", speed_measurements::run),
    ("village_rows", village_rows::run),
    ("workbooks", workbooks::run),
];

/// Runs a target by its name.
///
/// # Panics
/// If a promise is broken, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    // A panic of a library that the house contains is no broken promise: what
    // libFuzzer does at any panic is left to those that come out of a target.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(std::panic::take_hook()));
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = found.expect("a target");
    target(bytes);
}
