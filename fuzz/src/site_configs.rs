//! What a box is told to be like.
//!
//! Input: a configuration, or one with its signature. The signature would stop a search
//! at its edge, so what lies behind it is read by itself.
//!
//! Does not cover: whether it is applied (`crates/sync/src/desired.rs`); the names of
//! hosts, which are looked up when they are dialled.

use base::id::Id;
use sync::desired::{Desired, House, unseal};

pub fn run(bytes: &[u8]) {
    assert!(
        unseal(bytes, &[0; 32], Id::from_bytes([1; 16])).is_err(),
        "nobody has a key of that hash"
    );
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(house) = text.parse::<House>()
    {
        assert_eq!(house.to_string().parse(), Ok(house), "said and read again");
    }
    let Ok(desired) = Desired::decode(bytes) else {
        return;
    };
    assert_eq!(desired.check(), Ok(()), "what is read is within its bounds");
    let again = Desired::decode(&desired.encode());
    assert_eq!(again, Ok(desired), "written and read again");
}
