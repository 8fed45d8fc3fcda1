//! How many files this process may have open.
//!
//! Each connection is one. What a login shell or a service gives at first (often 1,024)
//! is a third of the boxes of a province; more than that is allowed to everybody who
//! asks, up to a limit that only the machine's owner raises.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Asks for as many as are allowed; how many it had, and has now. None: any number.
///
/// # Errors
/// If the kernel refuses.
pub fn raise() -> std::io::Result<(Option<u64>, Option<u64>)> {
    let had = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: had.maximum,
        maximum: had.maximum,
    };
    if had.current != wanted.current {
        setrlimit(Resource::Nofile, wanted)?;
    }
    Ok((had.current, getrlimit(Resource::Nofile).current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_as_many_are_open_as_the_kernel_allows() {
        let (_, has) = raise().expect("the kernel does not refuse what is allowed");
        let limits = std::fs::read_to_string("/proc/self/limits").expect("Linux");
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max open files"));
        let mut words = line.expect("it is there").split_ascii_whitespace().skip(3);
        let (soft, hard) = (words.next(), words.next());
        assert_eq!(soft, hard);
        assert_eq!(soft.and_then(|text| text.parse().ok()), has);
    }
}
