//! What the other end of a test of speed says that it has counted.
//!
//! Does not cover: the frames around it, which have a target of their own, and how many
//! are read, which the box counts.

use serde_json::Value;
use sync::speed::{NotRead, TOLD_MAX, read};

pub fn run(bytes: &[u8]) {
    match read(bytes) {
        Ok(said) => {
            let whole: Value = serde_json::from_slice(bytes).expect("it was read as JSON");
            for (part, name, told) in [
                ("AppInfo", "ElapsedTime", said.elapsed_us),
                ("AppInfo", "NumBytes", said.octets),
                ("TCPInfo", "MinRTT", said.min_rtt_us),
            ] {
                assert_eq!(told, whole[part][name].as_u64(), "{part}.{name}");
                assert!(told.is_none_or(|it| i64::try_from(it).is_ok()));
            }
        }
        Err(NotRead::TooLong) => assert!(bytes.len() > TOLD_MAX),
        Err(NotRead::NoObject | NotRead::Odd(_)) => {}
    }
}
