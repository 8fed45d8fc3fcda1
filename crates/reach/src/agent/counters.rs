//! What went through the interface by which a box reaches the world.
//!
//! From `/proc/net`, which shows what this program's own network has, in a container too.

use std::fs;

use reach_core::round::Counters;

/// Flags of a route: it is up, and it leads to nowhere on purpose.
const UP: u32 = 0x1;
const REJECT: u32 = 0x200;

/// Longest name that the kernel gives an interface, in octets.
const NAME_MAX: usize = 15;

/// Reads them; none where there is no default route.
pub(super) fn read() -> Option<Counters> {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let by = default_v4(&text("/proc/net/route"))
        .or_else(|| default_v6(&text("/proc/net/ipv6_route")))?;
    counted(&text("/proc/net/dev"), &by)
}

/// The interface of the default route with the lowest metric. Columns: Iface,
/// Destination, Gateway, Flags, RefCnt, Use, Metric, Mask; numbers in hexadecimal but
/// for the metric.
fn default_v4(table: &str) -> Option<String> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [name, "00000000", _, flags, _, _, metric, "00000000", ..] = cells.as_slice() else {
            return None;
        };
        route(name, flags, metric.parse().ok()?)
    });
    routes.min().map(|(_, name)| name)
}

/// The same for IPv6. Columns: destination, its length, source, its length, next hop,
/// metric, references, use, flags, interface; all in hexadecimal.
fn default_v6(table: &str) -> Option<String> {
    let routes = table.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [to, "00", _, _, _, metric, _, _, flags, name] = cells.as_slice() else {
            return None;
        };
        let is_default = to.len() == 32 && to.bytes().all(|byte| byte == b'0');
        let metric = u32::from_str_radix(metric, 16).ok()?;
        route(name, flags, metric).filter(|_| is_default)
    });
    routes.min().map(|(_, name)| name)
}

fn route(name: &str, flags: &str, metric: u32) -> Option<(u32, String)> {
    let flags = u32::from_str_radix(flags, 16).ok()?;
    let counts = flags & UP != 0 && flags & REJECT == 0 && name != "lo" && name.len() <= NAME_MAX;
    counts.then(|| (metric, name.to_owned()))
}

/// A line of `/proc/net/dev`: the name, a colon, eight numbers of what was received, the
/// first of them octets, and eight of what was sent.
fn counted(table: &str, by: &str) -> Option<Counters> {
    let numbers = table.lines().find_map(|line| {
        let (name, numbers) = line.split_once(':')?;
        (name.trim() == by).then_some(numbers)
    })?;
    let mut numbers = numbers.split_whitespace().map(str::parse);
    Some(Counters {
        interface: by.to_owned(),
        rx_bytes: numbers.next()?.ok()?,
        tx_bytes: numbers.nth(7)?.ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wwan0\t00000000\t0100A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0
eth0\t00000000\t0108A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t0108A8C0\t0203\t0\t0\t1\t00000000\t0\t0\t0
eth0\t0008A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
";

    const ROUTES_V6: &str = "\
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000000000000000000a 00000400 00000001 00000000 00000003     eth0
fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth9
";

    const DEVICES: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:123456789   1000    0    0    0     0          0         0  7654321     900    0    0    0     0       0          0
";

    #[test]
    fn the_interface_of_the_default_route_is_counted() {
        assert_eq!(default_v4(ROUTES).as_deref(), Some("eth0"));
        assert_eq!(default_v6(ROUTES_V6).as_deref(), Some("eth0"));
        let counters = counted(DEVICES, "eth0").expect("counters");
        assert_eq!(
            (counters.rx_bytes, counters.tx_bytes),
            (123_456_789, 7_654_321)
        );
    }

    #[test]
    fn tables_that_are_none_count_nothing() {
        for text in ["", "x", "Iface\neth0", "eth0 00000000 x zz 0 0 y 00000000"] {
            assert_eq!(default_v4(text), None);
            assert_eq!(default_v6(text), None);
            assert_eq!(counted(text, "eth0"), None);
        }
        assert_eq!(counted("eth0: 1 2", "eth0"), None);
        assert_eq!(counted(DEVICES, "wwan0"), None);
    }
}
