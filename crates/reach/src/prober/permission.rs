//! Why this process may not send ICMP, and what would let it.
//!
//! Linux lets a process send echo requests through a datagram socket if one of its groups
//! lies within `net.ipv4.ping_group_range`, which counts for IPv6 too; or through a raw
//! socket if it has `CAP_NET_RAW`.

use std::fmt;

use reach_core::echo::Family;
use rustix::process::{getegid, getgroups};

/// Where the kernel says which groups may.
const RANGE: &str = "/proc/sys/net/ipv4/ping_group_range";

/// Where it says what this process may.
const STATUS: &str = "/proc/self/status";

/// `CAP_NET_RAW` (capabilities(7)).
const NET_RAW: u64 = 1 << 13;

/// What lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// For which addresses.
    pub family: Family,
    /// Groups that may, from the first to the last; none where that cannot be read.
    pub range: Option<(u32, u32)>,
    /// The groups of this process, its own first.
    pub groups: Vec<u32>,
    /// Whether it has `CAP_NET_RAW`; none where that cannot be read.
    pub net_raw: Option<bool>,
}

impl Lack {
    /// Looks at this process.
    pub(super) fn found(family: Family) -> Self {
        let mut groups = vec![getegid().as_raw()];
        let others = getgroups().unwrap_or_default();
        groups.extend(others.into_iter().map(rustix::process::Gid::as_raw));
        groups.dedup();
        let range = std::fs::read_to_string(RANGE).ok();
        let status = std::fs::read_to_string(STATUS).ok();
        Self {
            family,
            range: range.as_deref().and_then(range_of),
            groups,
            net_raw: status.as_deref().and_then(net_raw_of),
        }
    }

    /// Whether a group lies within the range.
    fn in_range(&self) -> bool {
        let within = |(first, last): (u32, u32)| {
            self.groups
                .iter()
                .any(|group| (first..=last).contains(group))
        };
        self.range.is_some_and(within)
    }

    /// The line that a file below /etc/sysctl.d needs.
    #[must_use]
    pub fn sysctl(&self) -> String {
        let group = self.groups.first().copied().unwrap_or_default();
        format!("net.ipv4.ping_group_range = {group} {group}")
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.family {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        };
        let groups: Vec<_> = self.groups.iter().map(u32::to_string).collect();
        let groups = groups.join(", ");
        write!(f, "no permission for ICMP over {family}: ")?;
        match self.range {
            None => write!(f, "{RANGE} cannot be read")?,
            Some((first, last)) => write!(
                f,
                "net.ipv4.ping_group_range is \"{first} {last}\" and this process has the group{} {groups}",
                if self.groups.len() > 1 { "s" } else { "" },
            )?,
        }
        match self.net_raw {
            None => write!(f, "; whether it has CAP_NET_RAW cannot be read")?,
            Some(false) => write!(f, "; CAP_NET_RAW is missing")?,
            Some(true) => write!(f, "; it has CAP_NET_RAW")?,
        }
        if self.in_range() || self.net_raw == Some(true) {
            return write!(
                f,
                ". That would do, and something else refuses it: a filter of system calls, or a security module"
            );
        }
        write!(
            f,
            "\neither put this line into /etc/sysctl.d/60-betang.conf and run sysctl --system:\n  {}\n\
             or this one into the unit of systemd:\n  AmbientCapabilities=CAP_NET_RAW",
            self.sysctl()
        )
    }
}

impl std::error::Error for Lack {}

/// `0 2147483647`, with a tab between.
fn range_of(text: &str) -> Option<(u32, u32)> {
    let mut words = text.split_ascii_whitespace().map(str::parse);
    match (words.next(), words.next(), words.next()) {
        (Some(Ok(first)), Some(Ok(last)), None) => Some((first, last)),
        _ => None,
    }
}

/// The line `CapEff`, hexadecimal.
fn net_raw_of(status: &str) -> Option<bool> {
    let line = status.lines().find_map(|it| it.strip_prefix("CapEff:"))?;
    let bits = u64::from_str_radix(line.trim(), 16).ok()?;
    Some(bits & NET_RAW != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lacks_is_said_and_what_mends_it() {
        let lack = Lack {
            family: Family::V4,
            range: Some((1, 0)),
            groups: vec![990, 27],
            net_raw: Some(false),
        };
        assert_eq!(
            lack.to_string(),
            "no permission for ICMP over IPv4: net.ipv4.ping_group_range is \"1 0\" and this \
             process has the groups 990, 27; CAP_NET_RAW is missing\n\
             either put this line into /etc/sysctl.d/60-betang.conf and run sysctl --system:\n  \
             net.ipv4.ping_group_range = 990 990\n\
             or this one into the unit of systemd:\n  AmbientCapabilities=CAP_NET_RAW"
        );
        let refused = Lack {
            range: Some((0, 2_147_483_647)),
            groups: vec![990],
            ..lack
        };
        assert_eq!(
            refused.to_string(),
            "no permission for ICMP over IPv4: net.ipv4.ping_group_range is \"0 2147483647\" and \
             this process has the group 990; CAP_NET_RAW is missing. That would do, and something \
             else refuses it: a filter of system calls, or a security module"
        );
    }

    #[test]
    fn what_the_kernel_says_is_read() {
        assert_eq!(range_of("1\t0\n"), Some((1, 0)));
        assert_eq!(range_of("0\n"), None);
        assert_eq!(
            net_raw_of("Name:\tx\nCapEff:\t0000000000002000\n"),
            Some(true)
        );
        assert_eq!(net_raw_of("CapEff:\t0000000000001000\n"), Some(false));
        assert_eq!(net_raw_of("CapEff:\tx\n"), None);
    }
}
