//! What anybody sends to the port at which other systems take cameras: requests of RTSP, cut
//! as a network cuts them.
//!
//! Does not cover: what is done with a request that was read, which asks the database first
//! whose secret it shows.

use watch::doors;

pub fn run(bytes: &[u8]) {
    let whole = doors::requests(&[bytes]);
    // Where the network cuts makes no difference.
    let half = bytes.len() / 2;
    let cut = doors::requests(&[&bytes[..half], &bytes[half..]]);
    let each: Vec<_> = bytes.chunks(1).collect();
    assert_eq!(whole, cut, "a cut in the middle");
    if bytes.len() <= 2_048 {
        assert_eq!(whole, doors::requests(&each), "a cut after each octet");
    }
    for request in &whole.asked {
        assert!(
            request.answer.starts_with("RTSP/1.0 "),
            "{}",
            request.answer
        );
        assert_eq!(
            request.answer.matches("\r\n\r\n").count(),
            1,
            "a second answer"
        );
        assert!(!request.proved, "nobody has told a secret");
    }
}
