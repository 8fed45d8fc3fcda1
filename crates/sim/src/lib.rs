//! A seeded world for tests, demos and benches.
//!
//! Nothing here decides anything for the house, and the house decides nothing for
//! it: a simulated camera draws its own pictures, cuts its own packets and speaks
//! RTSP with code of its own, so that what the house does with them is tried and
//! not repeated.
//!
//! | module | noun |
//! |---|---|
//! | [`picture`] | what a camera sees, with a number in it that a machine can read |
//! | [`tone`] | what a camera hears: a beep at each second |
//! | [`film`] | a minute of pictures, encoded once |
//! | [`packet`] | how a camera cuts a picture into RTP |
//! | [`fault`] | what can be wrong with a camera |
//! | [`province`] | the cameras of the demonstration |
//! | [`villages`] | lists, points and boxes of the demonstration |
//! | [`families`] | families, and the lists that offices keep of them |
//! | [`tally`] | what a viewer of a bench got, counted without decoding |
//! | [`process`] | what a process uses, from Linux's own text |
//! | [`spread`] | how measured values are spread |
//! | [`link`] | villages, their links and a centre in virtual time |
//! | [`net`] | a network between namespaces, packet by packet |
//! | [`live`] | sockets and disks: the only IO |

pub mod families;
pub mod fault;
pub mod film;
pub mod link;
pub mod live;
pub mod net;
pub mod packet;
pub mod picture;
pub mod process;
pub mod province;
pub mod spread;
pub mod tally;
pub mod tone;
pub mod villages;
