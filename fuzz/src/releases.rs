//! The file of a release, as a stick or a house hands it to a box.
//!
//! Input: a file. The signature would stop a search at its edge, so what lies behind it
//! is read as well: a box reads it that way where it has believed it before.
//!
//! Does not cover: the program itself, which is looked at by its size and its hash; the
//! slots on the disk (`crates/hall/src/link/slots.rs`).

use base::now::Wall;
use sync::release::{PublicKey, Stand, Version, pack, unpack};

const KNOWN: PublicKey = PublicKey::from_bytes([1; 32]);

const RUNS: Version = Version {
    major: 0,
    minor: 1,
    patch: 0,
};

pub fn run(bytes: &[u8]) {
    let Ok((signed, program)) = unpack(bytes) else {
        return;
    };
    let again = pack(&signed, program);
    let read = unpack(&again).expect("what was packed here");
    assert_eq!(read, (signed.clone(), program), "packed and read again");
    assert!(signed.verify(&[]).is_err(), "without a key nothing counts");
    // A key that nobody has the other half of: small orders and the like count for none.
    let _ = signed.verify(&[KNOWN]);
    let Ok(manifest) = signed.believed() else {
        return;
    };
    if manifest.is_of(program).is_ok() {
        assert_eq!(u64::try_from(program.len()), Ok(manifest.size));
    }
    let stand = Stand {
        target: &manifest.target,
        runs: RUNS,
        floor: RUNS,
        bad: None,
    };
    if manifest.admit(&stand, Wall::from_us(0)).is_ok() {
        assert!(manifest.version > RUNS, "versions only rise");
    }
}
