//! What a Starlink dish says of itself, and whether it is the bill or the link.
//!
//! A box asks the dish beside it and keeps what follows as one [`Said`] a minute. Fields
//! come and go with firmware: one that is missing is unknown or zero, never an error, and
//! what a newer firmware says besides is kept as it came ([`Said::raw`]).
//!
//! Codes are those of firmware 2026.06 and 2026.07 as they are publicly described; a code
//! that is not known is kept and says nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use prost::Message;

/// The messages of `proto/dish.proto`, as made from it.
pub mod wire {
    include!(concat!(env!("OUT_DIR"), "/betang.dish.v1.rs"));
}

/// The edition of [`Said`] that this program writes.
pub const VER: u32 = 1;

/// How often a word that has not changed is said again as an event.
pub const SAID_EVERY: Duration = Duration::from_secs(15 * 60);

/// After so long without a word the last one is stale: the next is overdue by a third.
pub const STALE: Duration = Duration::from_secs(20 * 60);

/// The most that is kept of a status as it came, octets. Policy: more is left away.
pub const RAW_MAX: usize = 4 * 1024;

/// Outages that one word tells of at most. Policy: the oldest are left away.
pub const OUTAGES_MAX: usize = 32;

/// Outages that a reader remembers, so that each is told once. Policy: the oldest are
/// forgotten; the dish forgets them, too.
const KNOWN_MAX: usize = 256;

/// What a dish said, and how it was in the seconds before. Sent and stored for years:
/// fields are only added, and one that is missing is unknown.
#[derive(Clone, PartialEq, Message)]
pub struct Said {
    /// Whether it could be asked.
    #[prost(enumeration = "Fault", tag = "1")]
    pub fault: i32,
    /// Its own name.
    #[prost(string, optional, tag = "2")]
    pub id: Option<String>,
    /// Which model.
    #[prost(string, optional, tag = "3")]
    pub hardware: Option<String>,
    /// Which firmware.
    #[prost(string, optional, tag = "4")]
    pub software: Option<String>,
    /// How often it was started.
    #[prost(int32, optional, tag = "5")]
    pub bootcount: Option<i32>,
    /// Seconds since it was started.
    #[prost(uint64, optional, tag = "6")]
    pub uptime_s: Option<u64>,
    /// Why it was started last, as a code of the dish.
    #[prost(int32, tag = "7")]
    pub reboot_reason: i32,
    /// Whether it may be used: 1 yes; else why not; 0 unknown.
    #[prost(int32, tag = "8")]
    pub disablement: i32,
    /// What it complains of: bit n is the alert whose field has the number n.
    #[prost(uint64, tag = "9")]
    pub alerts: u64,
    /// What keeps it from the network at this moment, as a code of the dish.
    #[prost(int32, optional, tag = "10")]
    pub outage: Option<i32>,
    /// Whether something stands in its sight now.
    #[prost(bool, tag = "11")]
    pub obstructed: bool,
    /// Share of its sight in which something stands, millionths.
    #[prost(uint32, optional, tag = "12")]
    pub obstructed_ppm: Option<u32>,
    /// Why it is slowed down towards it and from it, as codes of the dish.
    #[prost(int32, tag = "13")]
    pub slowed_down: i32,
    /// The same from it.
    #[prost(int32, tag = "14")]
    pub slowed_up: i32,
    /// Seconds that the next fields are about; 0: its history was not to be had.
    #[prost(uint32, tag = "15")]
    pub seconds: u32,
    /// Questions to its network that were not answered, thousandths.
    #[prost(uint32, tag = "16")]
    pub lost_permille: u32,
    /// How long answers took in the mean, milliseconds.
    #[prost(uint32, optional, tag = "17")]
    pub rtt_ms: Option<u32>,
    /// Towards it in the mean, kbit/s.
    #[prost(uint32, tag = "18")]
    pub down_kbps: u32,
    /// From it in the mean, kbit/s.
    #[prost(uint32, tag = "19")]
    pub up_kbps: u32,
    /// What it drew in the mean, milliwatts.
    #[prost(uint32, optional, tag = "20")]
    pub power_mw: Option<u32>,
    /// Outages that have ended and were not told before.
    #[prost(message, repeated, tag = "21")]
    pub outages: Vec<Ended>,
    /// Its status as it came, with fields that this program does not know; told by the
    /// first word of a start and of each firmware.
    #[prost(bytes = "vec", tag = "30")]
    pub raw: Vec<u8>,
}

/// An outage as the dish tells of it. Its clock is its own: nothing is said of when.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Ended {
    /// By what, as a code of the dish.
    #[prost(int32, tag = "1")]
    pub cause: i32,
    /// How long it was, milliseconds.
    #[prost(uint32, tag = "2")]
    pub for_ms: u32,
}

/// Why a dish could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Fault {
    /// It answered.
    None = 0,
    /// Of a newer program: it did not.
    Unknown = 1,
    /// There was no answer in time.
    Timeout = 2,
    /// There is no way there, or nobody listens.
    Absent = 3,
    /// What answered is no dish, or speaks otherwise.
    Strange = 4,
}

/// How a dish is, in a word. Stored by [`as_str`](Word::as_str).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// It may be used, and nothing keeps it from the network.
    Well,
    /// It answers, and says neither whether it may be used nor what keeps it from it.
    Unsaid,
    /// It belongs to no account that is paid for.
    NoAccount,
    /// Its account is disabled.
    AccountDisabled,
    /// The data that is paid for is used up.
    DataUsedUp,
    /// It is away from where it may be used.
    Moved,
    /// It may not be used, for another reason.
    Forbidden,
    /// Something stands in its sight.
    Obstructed,
    /// It is too hot, and off.
    Hot,
    /// It is folded away.
    Stowed,
    /// It starts.
    Booting,
    /// It finds no satellite, or no network behind it.
    Searching,
    /// It cannot be asked.
    Unreachable,
}

impl Word {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Well,
        Self::Unsaid,
        Self::NoAccount,
        Self::AccountDisabled,
        Self::DataUsedUp,
        Self::Moved,
        Self::Forbidden,
        Self::Obstructed,
        Self::Hot,
        Self::Stowed,
        Self::Booting,
        Self::Searching,
        Self::Unreachable,
    ];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Unsaid => "unsaid",
            Self::NoAccount => "no_account",
            Self::AccountDisabled => "account_disabled",
            Self::DataUsedUp => "data_used_up",
            Self::Moved => "moved",
            Self::Forbidden => "forbidden",
            Self::Obstructed => "obstructed",
            Self::Hot => "hot",
            Self::Stowed => "stowed",
            Self::Booting => "booting",
            Self::Searching => "searching",
            Self::Unreachable => "unreachable",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether money mends it, and nobody has to climb a roof.
    #[must_use]
    pub const fn is_bill(self) -> bool {
        matches!(
            self,
            Self::NoAccount | Self::AccountDisabled | Self::DataUsedUp
        )
    }
}

impl Said {
    /// What could not be asked.
    #[must_use]
    pub fn not_asked(fault: Fault) -> Self {
        Self {
            fault: fault.into(),
            ..Self::default()
        }
    }

    /// Whether it could be asked: a fault of a newer program is one, too.
    fn has_answered(&self) -> bool {
        self.fault == i32::from(Fault::None)
    }

    /// Whether it says itself that it may be used. One that cannot be asked, starts, or is
    /// of a firmware without that code says nothing of it.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.has_answered() && self.disablement == 1
    }

    /// How it is, in a word: what forbids it before what hinders it.
    #[must_use]
    pub fn word(&self) -> Word {
        if !self.has_answered() {
            return Word::Unreachable;
        }
        match self.disablement {
            0 | 1 => {}
            2 => return Word::NoAccount,
            12 => return Word::AccountDisabled,
            7 => return Word::DataUsedUp,
            // Too far from its address, at sea, in a country, cell, area or region where
            // it may not be, or nobody knows where.
            3 | 4 | 5 | 6 | 8 | 10 | 11 | 16 | 17 => return Word::Moved,
            _ => return Word::Forbidden,
        }
        match self.outage {
            Some(1) => return Word::Booting,
            Some(2) => return Word::Stowed,
            Some(3) => return Word::Hot,
            Some(6) => return Word::Obstructed,
            Some(_) => return Word::Searching,
            None => {}
        }
        let thermal_shutdown = self.alerts & (1 << 2) != 0;
        match (thermal_shutdown, self.obstructed) {
            (true, _) => Word::Hot,
            (false, true) => Word::Obstructed,
            (false, false) if self.is_served() => Word::Well,
            (false, false) => Word::Unsaid,
        }
    }
}

/// Reads a dish minute by minute.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// Up to which second its history was read.
    read: Option<u64>,
    /// Outages that were told.
    known: BTreeSet<i64>,
    /// The firmware whose status was kept as it came.
    kept: Option<String>,
}

impl Reader {
    /// What to say of a status and of the history beside it, if there is one.
    pub fn minute(
        &mut self,
        octets: &[u8],
        status: &wire::Status,
        history: Option<&wire::History>,
    ) -> Said {
        let info = status.device_info.clone().unwrap_or_default();
        let sight = status.obstruction_stats.unwrap_or_default();
        let mut said = Said {
            fault: Fault::None.into(),
            id: some(&info.id),
            hardware: some(&info.hardware_version),
            software: some(&info.software_version),
            bootcount: (info.bootcount != 0).then_some(info.bootcount),
            uptime_s: status.device_state.map(|it| it.uptime_s),
            reboot_reason: status.reboot_reason,
            disablement: status.disablement_code,
            alerts: status.alerts.map_or(0, |it| bits(&it)),
            outage: status.outage.map(|it| it.cause),
            obstructed: sight.currently_obstructed,
            obstructed_ppm: (sight.valid_s > 0.0).then(|| scaled(sight.fraction_obstructed, 1e6)),
            slowed_down: status.dl_bandwidth_restricted_reason,
            slowed_up: status.ul_bandwidth_restricted_reason,
            ..Said::default()
        };
        if self.kept.as_ref() != Some(&info.software_version) {
            self.kept = Some(info.software_version);
            if octets.len() <= RAW_MAX {
                said.raw = octets.to_vec();
            }
        }
        if let Some(history) = history {
            let goes_on = status.outage.map(|it| it.start_timestamp_ns);
            self.seconds(history, goes_on, &mut said);
        }
        said
    }

    /// Adds up the seconds that were not read before. An outage goes on that began then.
    fn seconds(&mut self, history: &wire::History, goes_on: Option<i64>, said: &mut Said) {
        let ring = history.pop_ping_drop_rate.len() as u64;
        let current = history.current;
        // A dish that was started anew counts from nought again.
        let from = match self.read {
            Some(read) if read <= current => read,
            Some(_) => 0,
            // What was before the box has looked first is not told as of this minute.
            None => current.saturating_sub(60),
        };
        let from = from.max(current.saturating_sub(ring));
        self.read = Some(current);
        let seconds: Vec<usize> = (from..current)
            .filter_map(|at| usize::try_from(at.checked_rem(ring)?).ok())
            .collect();
        said.seconds = u32::try_from(seconds.len()).unwrap_or(u32::MAX);
        let mean = |values: &[f32], counts: &dyn Fn(usize) -> bool| {
            let taken: Vec<f64> = seconds
                .iter()
                .filter(|at| counts(**at))
                .filter_map(|at| values.get(*at).copied())
                .filter(|value| value.is_finite())
                .map(f64::from)
                .collect();
            (!taken.is_empty()).then(|| taken.iter().sum::<f64>() / taken.len() as f64)
        };
        let all = |_: usize| true;
        let answered = |at: usize| {
            let lost = history.pop_ping_drop_rate.get(at).copied().unwrap_or(0.0);
            let took = history.pop_ping_latency_ms.get(at).copied().unwrap_or(-1.0);
            lost < 1.0 && took >= 0.0
        };
        let whole = |value: Option<f64>, by: f64| value.map(|value| rounded(value * by));
        said.lost_permille = whole(mean(&history.pop_ping_drop_rate, &all), 1e3).unwrap_or(0);
        said.rtt_ms = whole(mean(&history.pop_ping_latency_ms, &answered), 1.0);
        said.down_kbps = whole(mean(&history.downlink_throughput_bps, &all), 1e-3).unwrap_or(0);
        said.up_kbps = whole(mean(&history.uplink_throughput_bps, &all), 1e-3).unwrap_or(0);
        said.power_mw = whole(mean(&history.power_in, &all), 1e3);
        for outage in &history.outages {
            // One that goes on, or that nobody knows how long it was, is not told yet.
            if outage.duration_ns == 0
                || goes_on == Some(outage.start_timestamp_ns)
                || !self.known.insert(outage.start_timestamp_ns)
            {
                continue;
            }
            said.outages.push(Ended {
                cause: outage.cause,
                for_ms: u32::try_from(outage.duration_ns / 1_000_000).unwrap_or(u32::MAX),
            });
        }
        while self.known.len() > KNOWN_MAX {
            self.known.pop_first();
        }
        let many = said.outages.len().saturating_sub(OUTAGES_MAX);
        said.outages.drain(..many);
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A share as a whole number; a dish that sends nonsense sends nothing.
fn scaled(share: f32, by: f64) -> u32 {
    rounded(f64::from(share).clamp(0.0, 1.0) * by)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it lies within the bounds by then; what is no number is nought"
)]
fn rounded(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

fn bits(it: &wire::Alerts) -> u64 {
    let all = [
        (1, it.motors_stuck),
        (2, it.thermal_shutdown),
        (3, it.thermal_throttle),
        (4, it.unexpected_location),
        (5, it.mast_not_near_vertical),
        (6, it.slow_ethernet_speeds),
        (7, it.roaming),
        (8, it.install_pending),
        (10, it.power_supply_thermal_throttle),
        (17, it.lower_signal_than_predicted),
        (18, it.slow_ethernet_speeds_100),
        (20, it.dish_water_detected),
        (21, it.router_water_detected),
        (23, it.no_ethernet_link),
    ];
    all.into_iter()
        .filter(|(_, is)| *is)
        .map(|(bit, _)| 1 << bit)
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(disablement: i32, outage: Option<i32>) -> wire::Status {
        wire::Status {
            disablement_code: disablement,
            outage: outage.map(|cause| wire::Outage {
                cause,
                ..wire::Outage::default()
            }),
            ..wire::Status::default()
        }
    }

    fn said(status: &wire::Status) -> Said {
        Reader::default().minute(&[], status, None)
    }

    #[test]
    fn what_forbids_it_counts_before_what_hinders_it() {
        let table = [
            (1, None, Word::Well),
            (0, None, Word::Unsaid),
            (0, Some(1), Word::Booting),
            (2, Some(8), Word::NoAccount),
            (12, Some(4), Word::AccountDisabled),
            (7, None, Word::DataUsedUp),
            (3, Some(8), Word::Moved),
            (16, None, Word::Moved),
            (13, None, Word::Forbidden),
            (99, None, Word::Forbidden),
            (1, Some(1), Word::Booting),
            (1, Some(2), Word::Stowed),
            (1, Some(3), Word::Hot),
            (1, Some(6), Word::Obstructed),
            (1, Some(8), Word::Searching),
            (1, Some(77), Word::Searching),
        ];
        for (disablement, outage, word) in table {
            let said = said(&status(disablement, outage));
            assert_eq!(said.word(), word, "{disablement} {outage:?}");
        }
        let bills: Vec<_> = Word::ALL.into_iter().filter(|it| it.is_bill()).collect();
        assert_eq!(
            bills,
            [Word::NoAccount, Word::AccountDisabled, Word::DataUsedUp]
        );
        assert_eq!(Said::not_asked(Fault::Timeout).word(), Word::Unreachable);
        // Of a newer program: that it was well is not said.
        let newer = Said {
            fault: 99,
            ..Said::default()
        };
        assert_eq!(newer.word(), Word::Unreachable);
    }

    #[test]
    fn an_empty_status_is_one() {
        let said = said(&wire::Status::default());
        assert_eq!(said.word(), Word::Unsaid);
        assert!(!said.is_served());
        assert_eq!(
            (said.id, said.uptime_s, said.obstructed_ppm),
            (None, None, None)
        );
    }

    /// A history of which second n lost n thousandths.
    fn history(current: u64, ring: u16) -> wire::History {
        let newest = |at: u16| {
            let ring = u64::from(ring);
            // The second that lies at this place of the ring.
            let back = (current + ring - 1 - u64::from(at)) % ring;
            current.saturating_sub(1 + back)
        };
        let lost = (0..ring).map(|at| f32::from(u16::try_from(newest(at)).expect("few")) / 1e3);
        wire::History {
            current,
            pop_ping_drop_rate: lost.collect(),
            ..wire::History::default()
        }
    }

    #[test]
    fn each_second_is_read_once_and_from_its_place_in_the_ring() {
        let mut reader = Reader::default();
        let status = status(1, None);
        // 41 to 100: the mean is 69.5 less one, since seconds count from nought.
        let first = reader.minute(&[], &status, Some(&history(100, 90)));
        assert_eq!((first.seconds, first.lost_permille), (60, 70));
        let next = reader.minute(&[], &status, Some(&history(120, 90)));
        assert_eq!((next.seconds, next.lost_permille), (20, 110));
        let same = reader.minute(&[], &status, Some(&history(120, 90)));
        assert_eq!((same.seconds, same.lost_permille), (0, 0));
        let late = reader.minute(&[], &status, Some(&history(500, 90)));
        assert_eq!(late.seconds, 90, "what the ring has lost is not made up");
        let anew = reader.minute(&[], &status, Some(&history(10, 90)));
        assert_eq!((anew.seconds, anew.lost_permille), (10, 5), "started anew");
    }

    #[test]
    fn an_outage_is_told_once_and_when_it_has_ended() {
        let mut reader = Reader::default();
        let outage = |start: i64, ns: u64| wire::Outage {
            cause: 6,
            start_timestamp_ns: start,
            duration_ns: ns,
        };
        let mut told = |now: Option<wire::Outage>, outages: Vec<wire::Outage>| {
            let history = wire::History {
                outages,
                ..wire::History::default()
            };
            let status = wire::Status {
                outage: now,
                ..status(1, None)
            };
            let said = reader.minute(&[], &status, Some(&history));
            said.outages.iter().map(|it| it.for_ms).collect::<Vec<_>>()
        };
        let first = outage(1, 2_500_000_000);
        assert_eq!(told(None, vec![first, outage(2, 0)]), [2_500]);
        // It goes on, and the dish says how long it has been so far.
        let so_far = outage(2, 1_000_000_000);
        assert!(told(Some(so_far), vec![first, so_far]).is_empty());
        let ended = outage(2, 4_000_000_000);
        assert_eq!(told(None, vec![first, ended]), [4_000]);
        assert!(told(None, vec![first, ended]).is_empty());
    }

    #[test]
    fn a_status_is_kept_as_it_came_once_for_each_firmware() {
        let mut reader = Reader::default();
        let mut of = |software: &str, octets: &[u8]| {
            let status = wire::Status {
                device_info: Some(wire::Info {
                    software_version: software.to_owned(),
                    ..wire::Info::default()
                }),
                ..wire::Status::default()
            };
            reader.minute(octets, &status, None).raw.len()
        };
        assert_eq!(of("a", &[1, 2, 3]), 3);
        assert_eq!(of("a", &[1, 2, 3]), 0);
        assert_eq!(of("b", &[1]), 1);
        assert_eq!(of("c", &vec![0; RAW_MAX + 1]), 0);
    }

    proptest! {
        /// Whatever a dish sends, what is said fits into a record, and shares into theirs.
        #[test]
        fn whatever_it_sends(
            octets in proptest::collection::vec(any::<u8>(), 0..200),
            rates in proptest::collection::vec(any::<f32>(), 0..1000),
            currents in proptest::collection::vec(any::<u64>(), 1..5),
        ) {
            let status = wire::Status::decode(octets.as_slice()).unwrap_or_default();
            let mut reader = Reader::default();
            for current in currents {
                let history = wire::History {
                    current,
                    pop_ping_drop_rate: rates.clone(),
                    pop_ping_latency_ms: rates.clone(),
                    power_in: rates.clone(),
                    ..wire::History::default()
                };
                let said = reader.minute(&octets, &status, Some(&history));
                prop_assert!(said.seconds as usize <= rates.len());
                prop_assert!(said.encoded_len() < 32 * 1024);
                prop_assert_eq!(Word::parse(said.word().as_str()), Some(said.word()));
            }
        }
    }
}
