//! What the machine may write of this process to a disk.
//!
//! Keys and what they have sealed lie open in memory while they are used. A core dump
//! would put them into a file, and so would swap. The first is refused here: no file for
//! the kernel (its size is limited to none) and no pipe to a program that collects dumps,
//! which asks for no size (the process is not dumpable). So nobody but root attaches a
//! debugger to a running house either. What the kernel tells everybody of it (its
//! `/proc/PID/stat`, `status` and `limits`) stays readable; the house reads those of its
//! own, and its measurements those of others.
//!
//! Swap is the machine's, and only told of.

use base::unit::Bytes;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Where the kernel lists what memory is moved to.
const SWAPS: &str = "/proc/swaps";

/// Where it says what it holds in memory.
const STATUS: &str = "/proc/self/status";

/// Has no core dump be made of this process, from now on and whatever happens.
///
/// # Errors
/// If the kernel refuses.
pub fn withhold() -> std::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Places on a disk that memory may be moved to; none where the kernel does not say.
#[must_use]
pub fn swaps() -> Option<usize> {
    let text = std::fs::read_to_string(SWAPS).ok()?;
    Some(listed(&text))
}

/// What this process holds in memory; none where the kernel does not say.
#[must_use]
pub fn resident() -> Option<Bytes> {
    let text = std::fs::read_to_string(STATUS).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(Bytes::new(kib * 1024))
}

/// Lines behind the first, which names the columns.
fn listed(text: &str) -> usize {
    text.lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .count()
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn afterwards_nothing_is_dumped_and_what_is_measured_can_be_read() {
        withhold().expect("the kernel does not refuse what takes nothing");
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        let behavior = dumpable_behavior().expect("it says so");
        assert_eq!(behavior, DumpableBehavior::NotDumpable);
        for name in ["stat", "status", "limits"] {
            let path = format!("/proc/{}/{name}", std::process::id());
            assert!(std::fs::read_to_string(&path).is_ok(), "{path}");
        }
        withhold().expect("again");
    }

    #[test]
    fn lines_of_swap_are_counted() {
        let heading = "Filename\t\tType\t\tSize\tUsed\tPriority\n";
        assert_eq!(listed(heading), 0);
        let one = format!("{heading}/swapfile  file  2097148  0  -2\n");
        assert_eq!(listed(&one), 1);
        assert_eq!(listed(""), 0);
    }
}
