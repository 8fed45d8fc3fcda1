//! What a router says of itself by an agent of OpenWISP, and when.
//!
//! Does not cover: who it is, which the house asks first, and the bound of the body.

use reach::doors::router::{INTERFACES_MAX, NotTaken, instant, read};
use serde_json::Value;

pub fn run(bytes: &[u8]) {
    match read(bytes) {
        Ok(report) => {
            let whole: Value = serde_json::from_slice(bytes).expect("it was read as JSON");
            assert_eq!(whole["type"], "DeviceMonitoring");
            assert_eq!(
                report.uptime_s,
                whole["general"]["uptime"]
                    .as_u64()
                    .filter(|it| *it < 1 << 63)
            );
            assert!(report.interfaces.len() <= INTERFACES_MAX);
            assert!(
                report
                    .interfaces
                    .iter()
                    .all(|it| it.name.chars().count() <= 15)
            );
            // It is stored so, and has to come back.
            let kept = serde_json::to_string(&report).expect("JSON");
            assert!(serde_json::from_str::<Value>(&kept).is_ok());
        }
        Err(NotTaken::NoObject) => {
            assert!(!serde_json::from_slice::<Value>(bytes).is_ok_and(|it| it.is_object()));
        }
        Err(NotTaken::OtherKind | NotTaken::NoTime) => {}
    }
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(at) = instant(text)
    {
        assert_eq!(text.len(), 26, "it is written in one way");
        assert!((-2_208_988_800_000_000..7_258_118_400_000_000).contains(&at.as_us()));
    }
}
