//! The clock: is it right, is it kept right, does it stand still while it is looked at?

use std::net::{ToSocketAddrs as _, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base::now::Now;
use jiff::Timestamp;

use super::Asked;
use super::finding::{Finding, said};

/// How long it is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How far the wall clock may leave the boot clock meanwhile: more is a step, not a slew.
const STEP_US: i64 = 20_000;

/// How far from a server of time, ms: a slot of the ledger is a minute.
const OFF_MS: i64 = 500;
const TOO_OFF_MS: i64 = 5_000;

/// How long a server of time may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_EPOCH: i64 = 2_208_988_800;

pub(super) async fn look(asked: &Asked<'_>) -> Vec<Finding> {
    let mut findings = vec![zone(asked), kept()];
    findings.extend(asked.ntp.map(|server| offset(asked, server)));
    findings.push(steps(asked).await);
    findings
}

fn zone(asked: &Asked<'_>) -> Finding {
    let now = asked.clock.now().wall;
    let zone = &asked.config.zone;
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    let local = Timestamp::from_microsecond(now.as_us()).map(|at| at.to_zoned(zone.clone()));
    let local = local.map(|at| at.strftime("%Y-%m-%d %H:%M:%S %Z").to_string());
    let local = local.unwrap_or_default();
    Finding::good(
        "clock.zone",
        said(
            format!("{local}; hari dan tenggat menurut {name}"),
            format!("{local}; days and deadlines by {name}"),
        ),
    )
}

/// Whether somebody keeps it right, as far as the machine says.
fn kept() -> Finding {
    let subject = "clock.kept";
    let told = timedatectl().or_else(chrony).or_else(timesync);
    match told {
        Some((who, true)) => Finding::good(
            subject,
            said(
                format!("disetel menurut server waktu ({who})"),
                format!("kept by a server of time ({who})"),
            ),
        ),
        Some((who, false)) => Finding::warning(
            subject,
            said(
                format!("belum disetel menurut server waktu ({who})"),
                format!("not kept by a server of time ({who})"),
            ),
            said(
                "jam yang menyimpang membuat menit koneksi, audit, dan bukti salah waktu, dan sertifikat ditolak",
                "a clock that drifts puts minutes of connections, audit and evidence at wrong times, and certificates are refused",
            ),
            said(
                "apt install systemd-timesyncd atau chrony; server waktu kantor bila internet tertutup",
                "apt install systemd-timesyncd or chrony; the office's server of time where the internet is shut",
            ),
        ),
        None => Finding::note(
            subject,
            said(
                "mesin ini tidak mengatakan siapa yang menyetel jamnya",
                "this machine does not say who keeps its clock",
            ),
            said(
                "bandingkan sendiri: betang doctor --ntp SERVER",
                "compare it: betang doctor --ntp SERVER",
            ),
        ),
    }
}

fn asked_of(program: &str, args: &[&str]) -> Option<String> {
    let done = Command::new(program).args(args).output().ok()?;
    done.status
        .success()
        .then(|| String::from_utf8_lossy(&done.stdout).into_owned())
}

fn timedatectl() -> Option<(&'static str, bool)> {
    let told = asked_of(
        "timedatectl",
        &["show", "--property=NTPSynchronized", "--value"],
    )?;
    match told.trim() {
        "yes" => Some(("timedatectl", true)),
        "no" => Some(("timedatectl", false)),
        _ => None,
    }
}

fn chrony() -> Option<(&'static str, bool)> {
    let told = asked_of("chronyc", &["-n", "-c", "tracking"])?;
    // The last column says whether a second will be put in, or that there is no server.
    Some(("chrony", !told.trim().ends_with("Not synchronised")))
}

fn timesync() -> Option<(&'static str, bool)> {
    let folder = Path::new("/run/systemd/timesync");
    folder
        .is_dir()
        .then(|| ("systemd-timesyncd", folder.join("synchronized").exists()))
}

/// How far from a server, asked once by SNTP (RFC 4330 §5).
fn offset(asked: &Asked<'_>, server: &str) -> Finding {
    let subject = "clock.offset";
    match measured(asked, server) {
        Ok((ms, trip)) => {
            let told = said(
                format!("{ms} ms dari {server} (pulang pergi {trip} ms)"),
                format!("{ms} ms from {server} (round trip {trip} ms)"),
            );
            let why = said(
                "menit koneksi, audit, dan kode sekali pakai mengikuti jam ini",
                "minutes of connections, the audit and one-time codes go by this clock",
            );
            let todo = said(
                "setel lewat server waktu; jangan dengan tangan selagi rumah berjalan",
                "let a server of time set it; not by hand while the house runs",
            );
            // What the way may have hidden does not count.
            match ms.abs() - trip / 2 {
                off if off >= TOO_OFF_MS => Finding::bad(subject, told, why, todo),
                off if off >= OFF_MS => Finding::warning(subject, told, why, todo),
                _ => Finding::good(subject, told),
            }
        }
        Err(error) => Finding::warning(
            subject,
            said(format!("{server}: {error}"), format!("{server}: {error}")),
            said(
                "jam tidak dapat dibandingkan",
                "the clock cannot be compared",
            ),
            said(
                "periksa nama dan porta UDP 123 ke sana, atau sebut server lain",
                "look at the name and UDP port 123 to there, or name another server",
            ),
        ),
    }
}

fn measured(asked: &Asked<'_>, server: &str) -> Result<(i64, i64), String> {
    let named = if server
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        server.to_owned()
    } else {
        format!("{server}:123")
    };
    let text = |error: std::io::Error| error.to_string();
    let at = named.to_socket_addrs().map_err(text)?.next();
    let at = at.ok_or_else(|| "no address".to_owned())?;
    let here: std::net::SocketAddr = if at.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(here).map_err(text)?;
    socket.set_read_timeout(Some(ANSWER_MAX)).map_err(text)?;
    socket.connect(at).map_err(text)?;
    let mut question = [0; 48];
    // No warning, version 4, client: two, three and three bits.
    question[0] = 0x23;
    let before = asked.clock.now();
    socket.send(&question).map_err(text)?;
    let mut answer = [0; 48];
    let length = socket.recv(&mut answer).map_err(text)?;
    let after = asked.clock.now();
    let heard = heard(&answer[..length])?;
    let trip = after.mono.since(before.mono).as_micros();
    let trip = i64::try_from(trip).unwrap_or(i64::MAX);
    let middle = before.wall.as_us() + trip / 2;
    Ok(((middle - heard) / 1_000, trip / 1_000))
}

/// When a server's answer left it, microseconds since 1970.
fn heard(answer: &[u8]) -> Result<i64, String> {
    let octets: &[u8; 48] = answer
        .try_into()
        .map_err(|_| "what answers speaks no NTP".to_owned())?;
    let is_server = octets[0] & 0b111 == 4;
    // Leap 3: its own clock is not set. Stratum 0: it wants to be left alone.
    if !is_server || octets[0] >> 6 == 3 || octets[1] == 0 {
        return Err("its own clock is not set, or it does not serve".to_owned());
    }
    let word = |at: usize| {
        let octets = [octets[at], octets[at + 1], octets[at + 2], octets[at + 3]];
        i64::from(u32::from_be_bytes(octets))
    };
    // Numbers below the middle are those of the era that begins in 2036 (RFC 4330 §3).
    let era = if word(40) & 0x8000_0000 == 0 {
        1 << 32
    } else {
        0
    };
    let seconds = word(40) + era - NTP_EPOCH;
    Ok(seconds * 1_000_000 + ((word(44) * 1_000_000) >> 32))
}

/// Whether the wall clock goes as the boot clock does.
async fn steps(asked: &Asked<'_>) -> Finding {
    let before = asked.clock.now();
    tokio::time::sleep(LOOK).await;
    let left = left(before, asked.clock.now());
    let measured = said(
        format!(
            "dalam {} ms jam dinding menyimpang {left} µs dari jam mesin",
            LOOK.as_millis()
        ),
        format!(
            "in {} ms the wall clock left the boot clock by {left} µs",
            LOOK.as_millis()
        ),
    );
    if left.abs() < STEP_US {
        return Finding::good("clock.steps", measured);
    }
    Finding::bad(
        "clock.steps",
        measured,
        said(
            "jam sedang dilompatkan: oleh dua penyetel sekaligus, atau oleh mesin virtualnya",
            "the clock is being set in leaps: by two keepers at once, or by the host of this machine",
        ),
        said(
            "satu penyetel saja (timesyncd atau chrony); matikan penyetelan waktu dari hypervisor",
            "one keeper alone (timesyncd or chrony); turn off that of the hypervisor",
        ),
    )
}

fn left(before: Now, after: Now) -> i64 {
    let went = i64::try_from(after.mono.since(before.mono).as_micros()).unwrap_or(i64::MAX);
    after.wall.as_us() - before.wall.as_us() - went
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(seconds: u32, fraction: u32) -> [u8; 48] {
        let mut octets = [0; 48];
        octets[0] = 0x24;
        octets[1] = 2;
        octets[40..44].copy_from_slice(&seconds.to_be_bytes());
        octets[44..].copy_from_slice(&fraction.to_be_bytes());
        octets
    }

    #[test]
    fn an_answer_of_a_server_is_read_before_and_after_its_era_ends() {
        // 2025-01-01T00:00:00Z is 3,944,678,400 s after 1900.
        let at = heard(&answer(3_944_678_400, 1 << 31));
        assert_eq!(at, Ok(1_735_689_600_500_000));
        // 2036-02-07T06:28:16Z begins the next era.
        assert_eq!(heard(&answer(0, 0)), Ok(2_085_978_496_000_000));
    }

    #[test]
    fn who_does_not_know_the_time_is_not_believed() {
        let mut unset = answer(3_944_678_400, 0);
        unset[0] |= 0b1100_0000;
        assert!(heard(&unset).is_err());
        let mut kiss = answer(3_944_678_400, 0);
        kiss[1] = 0;
        assert!(heard(&kiss).is_err());
        assert!(heard(b"short").is_err());
    }

    #[test]
    fn a_leap_of_the_wall_clock_is_seen() {
        let before = Now {
            mono: base::now::Mono::from_us(1_000),
            wall: base::now::Wall::from_us(5_000_000),
        };
        let mut after = before.later(Duration::from_secs(1));
        assert_eq!(left(before, after), 0);
        after.wall = base::now::Wall::from_us(3_000_000);
        assert_eq!(left(before, after), -3_000_000);
    }
}
