//! The tables of the hall, step by step.
//!
//! A step that has been released is never edited: a change is a new step.

use store::migrate::Schema;

/// Every step of `hall_*`, oldest first.
pub const SCHEMA: Schema = store::schema!(
    "hall",
    "schema",
    [
        (1, "areas"),
        (2, "people"),
        (3, "audit"),
        (4, "idempotency"),
        (5, "vault"),
        (6, "sources"),
        (7, "sites"),
        (8, "link"),
        (9, "releases"),
        (10, "claims"),
        (11, "incidents"),
        (12, "heard"),
        (13, "kept"),
        (14, "aside"),
        (15, "screens"),
        (16, "checkpoints"),
        (17, "factors"),
        (18, "doors"),
    ]
);
