//! Where a box has its power from, and what is left of how it ended.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use reach_core::round::Power;

/// Supplies as the kernel lists them.
const SUPPLIES: &str = "/sys/class/power_supply";

/// Where the kernel leaves what it said before it crashed, and where a service of the
/// system carries that at the next start.
const CRASHES: [&str; 2] = ["/sys/fs/pstore", "/var/lib/systemd/pstore"];

/// Names of crashes that are remembered. Bound; policy: the rest is not looked at.
const CRASHES_MAX: usize = 64;

/// So long whoever starts the services of the machine may take to answer.
const ASK_MAX: Duration = Duration::from_secs(2);

/// Where a box has its power from; none where the kernel knows of no supply.
pub(super) fn read() -> Option<Power> {
    supplies(Path::new(SUPPLIES))
}

fn supplies(folder: &Path) -> Option<Power> {
    let mut power = Power::default();
    for supply in fs::read_dir(folder).ok()?.flatten() {
        let text = |name: &str| {
            let text = fs::read_to_string(supply.path().join(name)).ok();
            text.map(|text| text.trim().to_owned())
        };
        // A mouse has a battery, too.
        if text("scope").as_deref() == Some("Device") {
            continue;
        }
        match text("type").as_deref() {
            Some("Mains" | "USB" | "Wireless") => {
                if let Some(online) = text("online") {
                    let is_there = online != "0";
                    power.mains = Some(power.mains.unwrap_or(false) || is_there);
                }
            }
            Some("Battery" | "UPS") => {
                let left = text("capacity").and_then(|text| text.parse().ok());
                let left = left.filter(|percent: &u32| *percent <= 100);
                // Of several the fullest carries the box.
                power.battery_percent = power.battery_percent.max(left);
            }
            Some(_) | None => {}
        }
    }
    (power != Power::default()).then_some(power)
}

/// What crashes of the kernel there are notes of. A box may not be allowed to look.
pub(super) fn crashes() -> BTreeSet<String> {
    let names = CRASHES.iter().flat_map(|folder| left(Path::new(folder)));
    names.take(CRASHES_MAX).collect()
}

fn left(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        // Of what the store keeps, only this is written when a kernel ends badly. What
        // was carried away lies in folders by their time.
        .filter(|name| name.starts_with("dmesg-") || name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the machine is about to end, as whoever starts its services says; none where
/// nobody can be asked.
pub(super) async fn machine_ends() -> Option<bool> {
    if !Path::new("/run/systemd/system").exists() {
        return None;
    }
    let asked = tokio::process::Command::new("systemctl")
        .arg("is-system-running")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    // Its exit status tells the same in another way.
    let said = tokio::time::timeout(ASK_MAX, asked).await.ok()?.ok()?;
    ends(str::from_utf8(&said.stdout).ok()?)
}

fn ends(said: &str) -> Option<bool> {
    match said.trim() {
        "stopping" => Some(true),
        "initializing" | "starting" | "running" | "degraded" | "maintenance" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supply(folder: &Path, name: &str, files: &[(&str, &str)]) {
        let folder = folder.join(name);
        fs::create_dir(&folder).expect("a folder");
        for (name, text) in files {
            fs::write(folder.join(name), format!("{text}\n")).expect("a file");
        }
    }

    #[test]
    fn supplies_are_read_as_the_kernel_shows_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        assert_eq!(supplies(at), None);
        supply(
            at,
            "hid-1",
            &[("type", "Battery"), ("scope", "Device"), ("capacity", "3")],
        );
        assert_eq!(supplies(at), None, "a mouse");
        supply(at, "AC", &[("type", "Mains"), ("online", "0")]);
        supply(at, "BAT0", &[("type", "Battery"), ("capacity", "87")]);
        supply(at, "BAT1", &[("type", "Battery"), ("capacity", "700")]);
        let power = Power {
            mains: Some(false),
            battery_percent: Some(87),
        };
        assert_eq!(supplies(at), Some(power.clone()));
        supply(at, "usb", &[("type", "USB"), ("online", "1")]);
        let mains = Some(true);
        assert_eq!(supplies(at), Some(Power { mains, ..power }));
        assert_eq!(supplies(&at.join("none")), None);
    }

    #[test]
    fn crashes_are_told_from_what_else_lies_there() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["dmesg-ramoops-0", "console-ramoops-0", "pmsg-ramoops-0"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        supply(folder.path(), "1764150000", &[]);
        let found: BTreeSet<String> = left(folder.path()).collect();
        let names = ["1764150000", "dmesg-ramoops-0"].map(str::to_owned);
        assert_eq!(found, BTreeSet::from(names));
    }

    #[test]
    fn only_a_plain_word_counts() {
        assert_eq!(ends("stopping\n"), Some(true));
        assert_eq!(ends("degraded\n"), Some(false));
        assert_eq!(ends("offline\n"), None);
        assert_eq!(ends(""), None);
    }
}
