//! What a process uses, from the text that Linux gives (proc(5)).

use std::time::Duration;

/// Clock ticks of `/proc/PID/stat` in a second: the same in every Linux that
/// runs programs of ours (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// Processor time from the text of `/proc/PID/stat` or `/proc/PID/task/TID/stat`:
/// what its threads have used, in their own code and in the kernel's.
#[must_use]
pub fn cpu(stat: &str) -> Option<Duration> {
    // The name stands in brackets and may hold brackets and spaces itself.
    let (_, after_name) = stat.rsplit_once(')')?;
    // The first field here is the third of the line; 14 and 15 are wanted.
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let ms = user
        .checked_add(system)?
        .checked_mul(1_000 / TICKS_PER_SECOND)?;
    Some(Duration::from_millis(ms))
}

/// Memory that is there and not swapped out, in octets, from the text of
/// `/proc/PID/status`.
#[must_use]
pub fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets_and_spaces() {
        let stat =
            "4242 (bet) ang (x)) S 1 4242 4242 0 -1 4194560 9075 0 1 0 1234 66 7 8 20 0 5 0 99 1 2";
        assert_eq!(cpu(stat), Some(Duration::from_secs(13)));
    }

    #[test]
    fn this_very_process_can_be_read() {
        let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
        assert!(cpu(&stat).is_some());
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
        assert!(resident(&status).is_some_and(|octets| octets > 100_000));
    }

    #[test]
    fn anything_else_is_unknown() {
        assert_eq!(cpu(""), None);
        assert_eq!(cpu("1 (x) S 1 2"), None);
        assert_eq!(cpu("1 (x) S 1 1 1 0 -1 0 0 0 0 0 x 66"), None);
        assert_eq!(resident("VmSize: 12 kB\n"), None);
        assert_eq!(resident("VmRSS:\t  12 kB\n"), Some(12 * 1_024));
    }
}
