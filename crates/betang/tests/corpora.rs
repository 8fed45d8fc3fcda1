//! What fuzzing has found and what it began with, replayed.

#[path = "../../../fuzz/src/lib.rs"]
#[expect(
    unreachable_pub,
    reason = "a library of its own, read in here so that its replay needs no second build"
)]
mod fuzz;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    PathBuf::from("../../fuzz/corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("text"))
        .collect()
}

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    let targets: BTreeSet<_> = fuzz::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(names(&corpus()), targets);
}

/// Runs a target over its corpus; the input at work is named when it fails.
fn replay(target: &str) {
    let folder = corpus().join(target);
    let names = names(&folder);
    assert!(!names.is_empty(), "{target} has nothing to begin with");
    for name in names {
        let bytes = fs::read(folder.join(&name)).expect("an input");
        let done = std::panic::catch_unwind(|| fuzz::run(target, &bytes));
        assert!(done.is_ok(), "fuzz/corpus/{target}/{name} breaks a promise");
    }
}

macro_rules! replay {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            replay(stringify!($target));
        }
    )*};
}

replay! {
    access_units addresses camera_forms card_facts carried_files configuration credentials datagrams
    discovery_answers dish_answers echoes family_rows hls id_tokens link_frames name_answers offers onvif_answers outlines passkeys person_rows photos
    releases round_bodies router_reports rtp rtsp_answers rtsp_requests rule_text site_configs speed_frames speed_measurements
    village_rows workbooks
}
