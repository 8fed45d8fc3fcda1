//! The messages of `proto/`, as made from them.
#![expect(
    unreachable_pub,
    reason = "made from proto/; the modules beside this one are the door"
)]

include!(concat!(env!("OUT_DIR"), "/betang.edge.v1.rs"));
