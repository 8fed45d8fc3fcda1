//! What a router says of itself that runs an agent of OpenWISP: NetJSON, kind
//! `DeviceMonitoring`.
//!
//! Nothing but its kind is required there. What is of another shape than the format has
//! it is left out and named; nobody guesses.

use base::day::Day;
use base::now::Wall;
use serde::Serialize;
use serde_json::{Map, Value};

/// The longest body that is read, in octets.
pub const BODY_MAX: usize = 256 * 1024;

/// Interfaces of a router that are kept.
pub const INTERFACES_MAX: usize = 32;

/// The longest name of an interface that is kept, in characters: what Linux allows.
const NAME_MAX: usize = 15;

/// What is taken from one report.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// How long it has been running, seconds.
    pub uptime_s: Option<u64>,
    /// What its clock said, seconds since 1970 UTC. It may be wrong.
    pub local_time_s: Option<u64>,
    /// Its interfaces, in its order.
    pub interfaces: Vec<Interface>,
    /// Clients of its wireless interfaces, together; none where it does not tell of any.
    pub clients: Option<u64>,
    /// Parts that were of another shape, and left out.
    pub odd: Vec<&'static str>,
}

/// One interface.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Interface {
    /// What it is called there.
    pub name: String,
    /// Octets received since it counts.
    pub rx_bytes: Option<u64>,
    /// Octets sent since it counts.
    pub tx_bytes: Option<u64>,
    /// How it hears its mast.
    pub lte: Option<Lte>,
}

/// How an LTE modem hears its mast.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Lte {
    /// Received strength, dBm.
    pub rssi_dbm: Option<f64>,
    /// Power of the reference signal, dBm.
    pub rsrp_dbm: Option<f64>,
    /// Quality of the reference signal, dB.
    pub rsrq_db: Option<f64>,
    /// Signal to noise, dB.
    pub snr_db: Option<f64>,
}

/// Why a report cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// It is no JSON object.
    NoObject,
    /// Its kind is another one, or missing.
    OtherKind,
    /// Its time is no time.
    NoTime,
}

impl NotTaken {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoObject => "no_object",
            Self::OtherKind => "other_kind",
            Self::NoTime => "no_time",
        }
    }
}

/// Reads a report.
///
/// # Errors
/// [`NotTaken`], if it is none.
pub fn read(body: &[u8]) -> Result<Report, NotTaken> {
    let whole: Map<String, Value> = serde_json::from_slice(body).map_err(|_| NotTaken::NoObject)?;
    if whole.get("type").and_then(Value::as_str) != Some("DeviceMonitoring") {
        return Err(NotTaken::OtherKind);
    }
    let mut odd = Vec::new();
    let none = Map::new();
    let general = object(&whole, "general", &mut odd).unwrap_or(&none);
    let uptime_s = natural(general, "uptime", &mut odd);
    let local_time_s = natural(general, "local_time", &mut odd);
    let (mut interfaces, mut clients) = (Vec::new(), None);
    for one in list(&whole, "interfaces", &mut odd).unwrap_or_default() {
        let Value::Object(one) = one else {
            note(&mut odd, "interfaces");
            continue;
        };
        if let Some(wireless) = object(one, "wireless", &mut odd)
            && let Some(there) = list(wireless, "clients", &mut odd)
        {
            let there = u64::try_from(there.len()).unwrap_or(u64::MAX);
            clients = Some(clients.unwrap_or(0_u64).saturating_add(there));
        }
        if interfaces.len() < INTERFACES_MAX {
            interfaces.push(interface(one, &mut odd));
        } else {
            note(&mut odd, "interfaces");
        }
    }
    Ok(Report {
        uptime_s,
        local_time_s,
        interfaces,
        clients,
        odd,
    })
}

fn interface(one: &Map<String, Value>, odd: &mut Vec<&'static str>) -> Interface {
    let name = match one.get("name") {
        Some(Value::String(name)) => name
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_MAX)
            .collect(),
        _ => {
            note(odd, "name");
            String::new()
        }
    };
    let none = Map::new();
    let counted = object(one, "statistics", odd).unwrap_or(&none);
    let (rx_bytes, tx_bytes) = (
        natural(counted, "rx_bytes", odd),
        natural(counted, "tx_bytes", odd),
    );
    let mobile = object(one, "mobile", odd);
    let signal = mobile.and_then(|it| object(it, "signal", odd));
    let lte = signal.and_then(|it| object(it, "lte", odd));
    let lte = lte.map(|it| Lte {
        rssi_dbm: level(it, "rssi", odd),
        rsrp_dbm: level(it, "rsrp", odd),
        rsrq_db: level(it, "rsrq", odd),
        snr_db: level(it, "snr", odd),
    });
    Interface {
        name,
        rx_bytes,
        tx_bytes,
        lte,
    }
}

/// Names a part that is odd, once.
fn note(odd: &mut Vec<&'static str>, name: &'static str) {
    if !odd.contains(&name) {
        odd.push(name);
    }
}

fn object<'v>(
    of: &'v Map<String, Value>,
    name: &'static str,
    odd: &mut Vec<&'static str>,
) -> Option<&'v Map<String, Value>> {
    match of.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::Object(found)) => Some(found),
        Some(_) => {
            note(odd, name);
            None
        }
    }
}

fn list<'v>(
    of: &'v Map<String, Value>,
    name: &'static str,
    odd: &mut Vec<&'static str>,
) -> Option<&'v [Value]> {
    match of.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::Array(found)) => Some(found),
        Some(_) => {
            note(odd, name);
            None
        }
    }
}

/// A natural number that fits a signed column.
fn natural(
    of: &Map<String, Value>,
    name: &'static str,
    odd: &mut Vec<&'static str>,
) -> Option<u64> {
    let value = of.get(name).filter(|value| !value.is_null())?;
    let number = value
        .as_u64()
        .filter(|number| i64::try_from(*number).is_ok());
    if number.is_none() {
        note(odd, name);
    }
    number
}

/// A level of a signal: no radio has one that is further from zero.
fn level(of: &Map<String, Value>, name: &'static str, odd: &mut Vec<&'static str>) -> Option<f64> {
    let value = of.get(name).filter(|value| !value.is_null())?;
    let number = value.as_f64().filter(|level| level.abs() <= 200.0);
    if number.is_none() {
        note(odd, name);
    }
    number
}

/// When a router says that it has looked: `DD-MM-YYYY_HH:MM:SS.ffffff`, UTC.
///
/// # Errors
/// [`NotTaken::NoTime`], if it is not so written or there is no such time.
pub fn instant(text: &str) -> Result<Wall, NotTaken> {
    moment(text).ok_or(NotTaken::NoTime)
}

fn moment(text: &str) -> Option<Wall> {
    let (day, time) = text.split_once('_')?;
    let mut parts = day.split('-').map(digits);
    let (Some((day, 2)), Some((month, 2)), Some((year, 4)), None) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next())
    else {
        return None;
    };
    let small = |number: i64| i32::try_from(number).ok();
    let day = Day::new(small(year)?, small(month)?, small(day)?)?;
    let (time, part) = time.split_once('.')?;
    let mut parts = time.split(':').map(digits);
    let (Some((hour, 2)), Some((minute, 2)), Some((second, 2)), None) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next())
    else {
        return None;
    };
    let (us, 6) = digits(part)? else { return None };
    // A leap second is the last of its minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let first = Day::new(1970, 1, 1)?;
    let seconds =
        i64::from(day.since(first)) * 86_400 + hour * 3_600 + minute * 60 + second.min(59);
    Some(Wall::from_us(seconds * 1_000_000 + us))
}

/// Digits and nothing else, and how many.
fn digits(text: &str) -> Option<(i64, usize)> {
    let is_plain = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().ok().map(|number| (number, text.len())))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_a_router_is_read() {
        let body = br#"{"type":"DeviceMonitoring",
            "general":{"hostname":"desa","local_time":1764547200,"uptime":86401},
            "resources":{"load":[0.1,0.2,0.3]},
            "interfaces":[
              {"name":"wwan0","statistics":{"rx_bytes":7000000,"tx_bytes":900000},
               "mobile":{"signal":{"lte":{"rssi":-71,"rsrp":-101.5,"rsrq":-11,"snr":7.2}}}},
              {"name":"wlan0","wireless":{"clients":[{"mac":"x"},{"mac":"y"}]}},
              {"name":"wlan1","wireless":{"clients":[{}]}}],
            "dhcp_leases":[]}"#;
        let report = read(body).expect("a report");
        assert_eq!(report.uptime_s, Some(86_401));
        assert_eq!(report.local_time_s, Some(1_764_547_200));
        assert_eq!(report.clients, Some(3));
        assert_eq!(report.odd, Vec::<&str>::new());
        let first = &report.interfaces[0];
        assert_eq!(first.name, "wwan0");
        assert_eq!(
            (first.rx_bytes, first.tx_bytes),
            (Some(7_000_000), Some(900_000))
        );
        let lte = Lte {
            rssi_dbm: Some(-71.0),
            rsrp_dbm: Some(-101.5),
            rsrq_db: Some(-11.0),
            snr_db: Some(7.2),
        };
        assert_eq!(first.lte, Some(lte));
        assert_eq!(report.interfaces[1].lte, None);
    }

    #[test]
    fn only_its_kind_is_needed_and_what_is_odd_is_named() {
        let bare = read(br#"{"type":"DeviceMonitoring"}"#).expect("a report");
        assert_eq!(bare, Report::default());
        for (body, odd) in [
            (r#""general":{"uptime":"7"}"#, vec!["uptime"]),
            (
                r#""general":{"uptime":-1,"local_time":1.5}"#,
                vec!["uptime", "local_time"],
            ),
            (r#""general":[]"#, vec!["general"]),
            (r#""interfaces":{}"#, vec!["interfaces"]),
            (r#""interfaces":[7,{"name":1}]"#, vec!["interfaces", "name"]),
            (
                r#""interfaces":[{"name":"a","statistics":{"rx_bytes":18446744073709551615}}]"#,
                vec!["rx_bytes"],
            ),
            (
                r#""interfaces":[{"name":"a","mobile":{"signal":{"lte":{"rsrp":-9999,"snr":"x"}}}}]"#,
                vec!["rsrp", "snr"],
            ),
            (
                r#""interfaces":[{"name":"a","wireless":{"clients":3}}]"#,
                vec!["clients"],
            ),
            (r#""general":null,"interfaces":null"#, vec![]),
        ] {
            let whole = format!(r#"{{"type":"DeviceMonitoring",{body}}}"#);
            let report = read(whole.as_bytes()).expect("a report");
            assert_eq!(report.odd, odd, "{body}");
        }
        for (body, why) in [
            ("", NotTaken::NoObject),
            ("[]", NotTaken::NoObject),
            ("{\"type\":\"DeviceMonitoring\"", NotTaken::NoObject),
            ("{}", NotTaken::OtherKind),
            ("{\"type\":\"DeviceConfiguration\"}", NotTaken::OtherKind),
        ] {
            assert_eq!(read(body.as_bytes()), Err(why), "{body}");
        }
        let many = vec![r#"{"name":"eth0"}"#; 40].join(",");
        let many = format!(r#"{{"type":"DeviceMonitoring","interfaces":[{many}]}}"#);
        let report = read(many.as_bytes()).expect("a report");
        assert_eq!(
            (report.interfaces.len(), report.odd),
            (32, vec!["interfaces"])
        );
    }

    #[test]
    fn its_time_is_read_to_the_microsecond() {
        for (text, us) in [
            ("01-12-2025_00:00:00.000000", Some(1_764_547_200_000_000)),
            ("30-11-2025_23:59:59.999999", Some(1_764_547_199_999_999)),
            ("29-02-2024_12:00:00.000001", Some(1_709_208_000_000_001)),
            ("01-01-1970_00:00:00.000000", Some(0)),
            ("31-12-2016_23:59:60.000000", Some(1_483_228_799_000_000)),
            ("29-02-2025_12:00:00.000000", None),
            ("1-12-2025_00:00:00.000000", None),
            ("01-12-2025_24:00:00.000000", None),
            ("01-12-2025_00:00:00", None),
            ("01-12-2025_00:00:00.000", None),
            ("01-12-2025 00:00:00.000000", None),
            ("01-12-2025-1_00:00:00.000000", None),
            ("+1-12-2025_00:00:00.000000", None),
            ("", None),
        ] {
            assert_eq!(instant(text).ok().map(Wall::as_us), us, "{text}");
        }
    }
}
