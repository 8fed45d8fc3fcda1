//! A network between machines that are network namespaces, packet by packet.
//!
//! Each site hangs on the world by two lanes that delay, lose and cut its packets, and
//! by an address that the world sees instead of its own. What TCP makes of that is the
//! kernel's doing, as it would be out there: no byte of a connection is looked at.
//!
//! | module | noun |
//! |---|---|
//! | [`ipv4`] | what has to be known of a packet |
//! | [`lane`] | one direction of a site's line |
//! | [`order`] | what somebody wants changed |
//! | [`hub`] | who gets what, and when |

pub mod hub;
pub mod ipv4;
pub mod lane;
pub mod order;
