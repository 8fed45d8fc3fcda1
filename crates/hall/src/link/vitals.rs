//! How a box is, in a few numbers of its own kernel.

use std::fs;
use std::path::Path;

use prost::Message;
use serde::Serialize;

/// How a box is. Sent and stored for years: fields are only added. What the kernel
/// does not say is left out.
#[derive(Clone, PartialEq, Eq, Message, Serialize)]
pub struct Vitals {
    /// Seconds since the boot.
    #[prost(uint64, optional, tag = "1")]
    pub uptime_s: Option<u64>,
    /// Processes that wanted to run within the last minute, in thousandths.
    #[prost(uint32, optional, tag = "2")]
    pub load_milli: Option<u32>,
    /// Memory that programs could still have.
    #[prost(uint64, optional, tag = "3")]
    pub memory_free_kib: Option<u64>,
    /// What this program holds in memory.
    #[prost(uint64, optional, tag = "4")]
    pub resident_kib: Option<u64>,
    /// What the disk with the outbox could still take.
    #[prost(uint64, optional, tag = "5")]
    pub disk_free_kib: Option<u64>,
    /// The warmest sensor, in thousandths of a degree Celsius.
    #[prost(sint32, optional, tag = "6")]
    pub warmest_milli_c: Option<i32>,
    /// The kind of machine, as releases name it; said when the program starts.
    #[prost(string, optional, tag = "7")]
    pub target: Option<String>,
}

impl Vitals {
    /// Reads them. `folder` lies on the disk that counts.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let status = text("/proc/self/status");
        let memory = text("/proc/meminfo");
        Self {
            uptime_s: number(text("/proc/uptime").split('.').next()),
            load_milli: milli(text("/proc/loadavg").split(' ').next()),
            memory_free_kib: line(&memory, "MemAvailable:"),
            resident_kib: line(&status, "VmRSS:"),
            disk_free_kib: rustix::fs::statvfs(folder)
                .ok()
                .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) / 1024),
            warmest_milli_c: warmest(),
            target: None,
        }
    }
}

fn number(text: Option<&str>) -> Option<u64> {
    text?.trim().parse().ok()
}

/// `0.52` is 520.
fn milli(text: Option<&str>) -> Option<u32> {
    let (whole, part) = text?.trim().split_once('.')?;
    let part: u32 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    whole
        .parse::<u32>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(part)
}

/// A line of a file of the kernel (proc(5)): the key, blanks, a number, its unit.
#[must_use]
pub fn line(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    number(rest.split_whitespace().next())
}

fn warmest() -> Option<i32> {
    let zones = fs::read_dir("/sys/class/thermal").ok()?;
    zones
        .flatten()
        .filter_map(|zone| fs::read_to_string(zone.path().join("temp")).ok())
        .filter_map(|text| text.trim().parse().ok())
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_of_this_machine_says_how_it_is() {
        let vitals = Vitals::read(Path::new("/"));
        assert!(vitals.uptime_s.is_some() && vitals.resident_kib.is_some());
        assert!(vitals.disk_free_kib.is_some());
        let octets = vitals.encode_to_vec();
        assert_eq!(Vitals::decode(octets.as_slice()), Ok(vitals));
    }

    #[test]
    fn numbers_of_the_kernel_are_read() {
        assert_eq!(milli(Some("0.52")), Some(520));
        assert_eq!(milli(Some("12.5")), Some(12_500));
        assert_eq!(milli(Some("x")), None);
        assert_eq!(line("VmRSS:\t  1234 kB\n", "VmRSS:"), Some(1234));
        assert_eq!(line("VmRSS:\t\n", "VmRSS:"), None);
    }
}
