//! The messages of `proto/edge.proto`, as made from it.
#![expect(
    unreachable_pub,
    reason = "made from proto/edge.proto; the modules beside this one are the door"
)]

include!(concat!(env!("OUT_DIR"), "/betang.edge.v1.rs"));
