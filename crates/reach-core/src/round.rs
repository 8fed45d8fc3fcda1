//! What a box says of its village's connection: the bodies of its records.
//!
//! A [`Round`] is said once in a slot (or of some slots, when octets are dear), and a
//! [`Began`] once at the start of the program. Both speak of time only as spans before
//! the record's own instant on the clock of its boot: the house knows when that was, and
//! may come to know it better, so nothing here is a time of the wall.
//!
//! Sent and stored for years: fields are only added, and one that is missing is unknown.

use std::time::Duration;

use prost::Message;

/// The edition of both bodies that this program writes.
pub const VER: u32 = 1;

/// A box notes at least so often that it is at work: after its last note it may have been
/// for as long.
pub const NOTED_EVERY: Duration = Duration::from_secs(60);

/// The most checks that are read of one round; what is beyond them proves nothing.
pub const CHECKS_MAX: usize = 256;

/// A box was at work, and has looked whether there is an internet.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Round {
    /// For so many milliseconds up to the record's instant the box was at work without
    /// a break.
    #[prost(uint32, tag = "1")]
    pub covers_ms: u32,
    /// What was tried in them, the oldest first.
    #[prost(message, repeated, tag = "2")]
    pub checks: Vec<Check>,
    /// How the way was, slot by slot.
    #[prost(message, repeated, tag = "3")]
    pub probes: Vec<Probes>,
    /// What went through the interface of the default route since it came up.
    #[prost(message, optional, tag = "4")]
    pub counters: Option<Counters>,
    /// Where the box has its power from.
    #[prost(message, optional, tag = "5")]
    pub power: Option<Power>,
    /// What the box has sent and received for its own ends.
    #[prost(message, optional, tag = "6")]
    pub spent: Option<Spent>,
    /// Stretches before that in which it was at work too, told apart because it was not
    /// between them: the machine slept, or stood still.
    #[prost(message, repeated, tag = "7")]
    pub earlier: Vec<Lived>,
    /// What the numbers of anchors mean from this round on; said by the first round after
    /// a start and after another configuration.
    #[prost(message, repeated, tag = "8")]
    pub anchors: Vec<Named>,
}

/// A stretch of time in which a box was at work.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Lived {
    /// When it ended: so many milliseconds before the record's instant.
    #[prost(uint32, tag = "1")]
    pub ago_ms: u32,
    /// How long it was, milliseconds.
    #[prost(uint32, tag = "2")]
    pub for_ms: u32,
}

/// An anchor, as the configuration of the box calls it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Named {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The network that it stands in.
    #[prost(string, tag = "2")]
    pub network: String,
}

/// One try to reach an anchor.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Check {
    /// Which anchor, by its place in the configuration, from zero.
    #[prost(uint32, tag = "1")]
    pub anchor: u32,
    /// What was tried.
    #[prost(enumeration = "Way", tag = "2")]
    pub way: i32,
    /// When it ended: so many milliseconds before the record's instant.
    #[prost(uint32, tag = "3")]
    pub ago_ms: u32,
    /// How long it took, milliseconds.
    #[prost(uint32, tag = "4")]
    pub took_ms: u32,
    /// How it ended.
    #[prost(enumeration = "Fault", tag = "5")]
    pub fault: i32,
}

/// What is tried at an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Way {
    /// Of a newer program: it proves nothing.
    Unknown = 0,
    /// A GET over TLS, the certificate believed, that was answered 204.
    Https = 1,
    /// A name was asked for, and an address came.
    Dns = 2,
    /// A TCP connection was taken.
    Tcp = 3,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Fault {
    /// It did what it was to do.
    None = 0,
    /// Of a newer program: it did not.
    Unknown = 1,
    /// There was no answer in time.
    Timeout = 2,
    /// The kernel knew no way there.
    NoRoute = 3,
    /// It was refused, or broken off.
    Refused = 4,
    /// The name was not found, or could not be asked for.
    Name = 5,
    /// Whoever answered had no certificate that is believed.
    Certificate = 6,
    /// It answered something else: a captive portal.
    Portal = 7,
}

/// How the way was in a slot: small questions, and the answers that came.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Probes {
    /// When the last was asked: so many milliseconds before the record's instant.
    #[prost(uint32, tag = "1")]
    pub ago_ms: u32,
    /// How many were asked.
    #[prost(uint32, tag = "2")]
    pub sent: u32,
    /// How many were not answered.
    #[prost(uint32, tag = "3")]
    pub lost: u32,
    /// The 95th percentile of the round trips by nearest rank, milliseconds; missing if
    /// there was no answer.
    #[prost(uint32, optional, tag = "4")]
    pub rtt_p95_ms: Option<u32>,
}

/// What the kernel counts of an interface.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Counters {
    /// Its name.
    #[prost(string, tag = "1")]
    pub interface: String,
    /// Octets received.
    #[prost(uint64, tag = "2")]
    pub rx_bytes: u64,
    /// Octets sent.
    #[prost(uint64, tag = "3")]
    pub tx_bytes: u64,
}

/// Where the power comes from.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Power {
    /// Whether the mains are there; missing where the kernel knows of no supply.
    #[prost(bool, optional, tag = "1")]
    pub mains: Option<bool>,
    /// What is left in the battery, in a hundred.
    #[prost(uint32, optional, tag = "2")]
    pub battery_percent: Option<u32>,
}

/// What the box has sent and received for its own ends on this day (UTC), and what it
/// may.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Spent {
    /// Octets, as near as the box can count them.
    #[prost(uint64, tag = "1")]
    pub bytes: u64,
    /// Octets that it may.
    #[prost(uint64, tag = "2")]
    pub budget: u64,
    /// It saves: it looks less often, and says so less often.
    #[prost(bool, tag = "3")]
    pub thrift: bool,
}

/// The program of a box has begun, and knows something of how it ended before.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Began {
    /// The program was at work for so many milliseconds before the record's instant.
    #[prost(uint32, tag = "1")]
    pub covers_ms: u32,
    /// The boot in which it was at work before, 16 octets; missing if it never was, or
    /// its notes are lost.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub before_boot: Option<Vec<u8>>,
    /// The last instant that it noted there, microseconds of that boot's clock.
    #[prost(uint64, tag = "3")]
    pub before_mono_us: u64,
    /// It had been told to end, by whoever ended it or the machine.
    #[prost(bool, tag = "4")]
    pub orderly: bool,
    /// The kernel has left notes of a crash.
    #[prost(bool, tag = "5")]
    pub crashed: bool,
    /// The last that it knew of its power.
    #[prost(message, optional, tag = "6")]
    pub power: Option<Power>,
    /// Whether the machine was about to end when the program was told to, as whoever
    /// starts its services said; missing where that could not be asked.
    #[prost(bool, optional, tag = "7")]
    pub machine_ended: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_program_says_is_read_as_unknown() {
        let mut check = Check {
            anchor: 1,
            ago_ms: 2,
            took_ms: 3,
            ..Check::default()
        };
        check.way = 99;
        check.fault = 99;
        let read = Check::decode(check.encode_to_vec().as_slice()).expect("a check");
        assert_eq!(read.way(), Way::Unknown);
        assert!(Fault::try_from(read.fault).is_err(), "and is not a success");
    }

    #[test]
    fn a_round_of_three_anchors_is_small() {
        let check = |anchor, way| Check {
            anchor,
            way: way as i32,
            ago_ms: 12_345,
            took_ms: 640,
            fault: Fault::None as i32,
        };
        let round = Round {
            covers_ms: 60_000,
            checks: vec![check(0, Way::Https), check(1, Way::Dns), check(2, Way::Tcp)],
            probes: vec![Probes {
                ago_ms: 12_000,
                sent: 5,
                lost: 0,
                rtt_p95_ms: Some(640),
            }],
            counters: Some(Counters {
                interface: "eth0".to_owned(),
                rx_bytes: 123_456_789,
                tx_bytes: 12_345_678,
            }),
            power: None,
            spent: Some(Spent {
                bytes: 1_234_567,
                budget: 5_000_000,
                thrift: false,
            }),
            ..Round::default()
        };
        assert!(round.encoded_len() < 96, "{}", round.encoded_len());
    }
}
