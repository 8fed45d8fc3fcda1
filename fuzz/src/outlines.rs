//! Outlines of areas: GeoJSON (RFC 7946) as an operator imports it.
//!
//! Does not cover: which codes are in the register, and the writing.

use std::collections::BTreeSet;

use hall::doors;
use serde_json::{Value as Json, json};

pub fn run(bytes: &[u8]) {
    let Ok(collection) = serde_json::from_slice::<Json>(bytes) else {
        return;
    };
    let Some(outlines) = doors::outlines(&collection) else {
        return;
    };
    let mut seen = BTreeSet::new();
    for (code, geometry) in outlines {
        if !seen.insert(code.clone()) {
            continue;
        }
        let kept: Json = serde_json::from_str(&geometry).expect("what is kept is JSON");
        let feature = json!({ "properties": { "kode": code }, "geometry": kept });
        let again = doors::outlines(&json!({ "type": "FeatureCollection", "features": [feature] }));
        assert_eq!(again, Some(vec![(code, geometry)]), "read again, the same");
    }
}
