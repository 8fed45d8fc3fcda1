//! Bodies of what boxes say of their villages' connection, as the centre reads them.
//!
//! Does not cover: the record around them (`link_frames`), and what the centre makes of
//! them.

use reach::agent::told;
use reach::doors::{Began, Message, Round};

pub fn run(bytes: &[u8]) {
    if let Ok(round) = Round::decode(bytes) {
        let again = Round::decode(round.encode_to_vec().as_slice());
        assert_eq!(again.as_ref(), Ok(&round), "written and read again");
        let told = told("round", bytes).expect("it can be told");
        let checks = told["checks"].as_array().expect("checks");
        assert_eq!(checks.len(), round.checks.len());
        let good = round.checks.iter().filter(|it| it.fault == 0).count();
        let good_told = checks.iter().filter(|it| it["result"] == "ok").count();
        assert_eq!(good_told, good, "what is unknown is no success");
    }
    if let Ok(began) = Began::decode(bytes) {
        let again = Began::decode(began.encode_to_vec().as_slice());
        assert_eq!(again, Ok(began), "written and read again");
        assert!(told("began", bytes).is_some());
    }
}
