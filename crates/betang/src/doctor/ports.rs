//! Ports: can they be had, and if not, who has them?

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use tokio::net::UnixStream;

use super::finding::{Finding, Said, said};
use super::{Asked, line_of};
use crate::socket;

/// The process that serves this data folder, as the kernel knows it.
pub(super) async fn running(data: &Path) -> Option<i32> {
    let line = UnixStream::connect(socket::path(data)).await.ok()?;
    line.peer_cred().ok()?.pid()
}

/// A port of the house.
struct Port {
    subject: &'static str,
    what: Said,
    at: SocketAddr,
    key: &'static str,
    is_chosen: bool,
    is_udp: bool,
}

pub(super) fn look(asked: &Asked<'_>) -> Vec<Finding> {
    let config = asked.config;
    let port = |subject, key, what, at, is_chosen, is_udp| Port {
        subject,
        what,
        at,
        key,
        is_chosen,
        is_udp,
    };
    let rtsp = config.rtsp.map(|at| {
        let what = said("sistem lain (RTSP)", "other systems (RTSP)");
        port("port.rtsp", "rtsp", what, at, true, false)
    });
    [
        port(
            "port.listen",
            "listen",
            said("halaman", "pages"),
            config.listen,
            config.listen_is_chosen,
            false,
        ),
        port(
            "port.sites",
            "sites",
            said("lokasi", "sites"),
            config.sites,
            config.sites_is_chosen,
            false,
        ),
        port(
            "port.media",
            "media",
            said("gambar (UDP)", "media (UDP)"),
            config.media,
            config.media_is_chosen,
            true,
        ),
    ]
    .iter()
    .chain(&rtsp)
    .map(|port| one(port, asked.running))
    .collect()
}

fn one(port: &Port, running: Option<i32>) -> Finding {
    let (at, subject) = (port.at, port.subject);
    let tried = if port.is_udp {
        UdpSocket::bind(at).map(|_| ())
    } else {
        TcpListener::bind(at).map(|_| ())
    };
    let named = |id: &str, en: &str| {
        use super::finding::Language::{En, Id};
        said(
            format!("{at}, {}: {id}", port.what.of(Id)),
            format!("{at}, {}: {en}", port.what.of(En)),
        )
    };
    let Err(error) = tried else {
        return Finding::good(subject, named("bebas", "free"));
    };
    match error.kind() {
        ErrorKind::AddrInUse => taken(port, running, named),
        ErrorKind::PermissionDenied => Finding::bad(
            subject,
            named(
                "tidak boleh dipakai oleh pengguna ini",
                "this user may not have it",
            ),
            said(
                "porta di bawah 1024 hanya untuk root atau program dengan CAP_NET_BIND_SERVICE",
                "a port below 1024 is for root or a program with CAP_NET_BIND_SERVICE",
            ),
            said(
                "jalankan lewat unit systemd dari paket (ia memberi kemampuan itu), atau pilih porta di atas 1023",
                "run it by the unit of the package (it gives that capability), or choose a port above 1023",
            ),
        ),
        ErrorKind::AddrNotAvailable => Finding::bad(
            subject,
            named("bukan alamat mesin ini", "no address of this machine"),
            said(
                "rumah tidak mulai: hanya alamat mesin ini yang dapat didengarkan",
                "the house does not start: only an address of this machine can be listened at",
            ),
            said(
                format!(
                    "alamat yang ada: ip -br address; perbaiki kunci {}, atau tulis 0.0.0.0",
                    port.key
                ),
                format!(
                    "which there are: ip -br address; mend the key {}, or write 0.0.0.0",
                    port.key
                ),
            ),
        ),
        _ => Finding::bad(
            subject,
            named(&error.to_string(), &error.to_string()),
            said("rumah tidak mulai", "the house does not start"),
            said(
                format!("perbaiki kunci {}", port.key),
                format!("mend the key {}", port.key),
            ),
        ),
    }
}

fn taken(port: &Port, running: Option<i32>, named: impl Fn(&str, &str) -> Said) -> Finding {
    let holders = holders(&inodes(port.at, port.is_udp));
    if let Some(running) = running
        && (holders.is_empty() || holders.contains(&running))
    {
        return Finding::good(
            port.subject,
            named(
                &format!("dipakai oleh rumah ini (proses {running})"),
                &format!("held by this house (process {running})"),
            ),
        );
    }
    let who: Vec<String> = holders.iter().map(|id| described(*id)).collect();
    let who = who.join(", ");
    let measured = if who.is_empty() {
        named(
            "sudah dipakai; oleh siapa hanya terlihat oleh root",
            "taken; by whom is for root to see",
        )
    } else {
        named(
            &format!("sudah dipakai oleh {who}"),
            &format!("taken by {who}"),
        )
    };
    let todo = said(
        format!(
            "hentikan program itu, atau pilih porta lain: kunci {}",
            port.key
        ),
        format!(
            "stop that program, or choose another port: the key {}",
            port.key
        ),
    );
    if port.is_chosen {
        let why = said("rumah tidak mulai", "the house does not start");
        return Finding::bad(port.subject, measured, why, todo);
    }
    let why = said(
        "rumah pindah ke porta bebas yang lain pada tiap start: alamatnya tidak tetap",
        "the house moves to another free port at each start: its address does not stay",
    );
    Finding::warning(port.subject, measured, why, todo)
}

/// `4711 (nginx)`.
fn described(id: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    format!("{id} ({})", name.trim())
}

/// The numbers of sockets that hold a port, out of the kernel's tables.
fn inodes(at: SocketAddr, is_udp: bool) -> BTreeSet<String> {
    let tables: [&str; 2] = if is_udp {
        ["/proc/net/udp", "/proc/net/udp6"]
    } else {
        ["/proc/net/tcp", "/proc/net/tcp6"]
    };
    let texts = tables
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    texts
        .flat_map(|text| of_port(&text, at.port(), is_udp))
        .collect()
}

/// Lines of a table whose local port it is; of TCP those that listen (0A).
fn of_port(table: &str, port: u16, is_udp: bool) -> Vec<String> {
    let end = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            let is_it = words.get(1)?.ends_with(&end) && (is_udp || *words.get(3)? == "0A");
            is_it.then(|| words.get(9).map(|inode| (*inode).to_owned()))?
        })
        .collect()
}

/// Processes that have one of those sockets open, as far as this user may see.
fn holders(inodes: &BTreeSet<String>) -> Vec<i32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut found: Vec<i32> = ids
        .filter(|id| has_one(*id, inodes).unwrap_or(false))
        .collect();
    found.sort_unstable();
    found
}

fn has_one(id: i32, inodes: &BTreeSet<String>) -> io::Result<bool> {
    for open in fs::read_dir(format!("/proc/{id}/fd"))? {
        let Ok(target) = fs::read_link(open?.path()) else {
            continue;
        };
        let target = target.to_string_lossy();
        let inode = target
            .strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'));
        if inode.is_some_and(|inode| inodes.contains(inode)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a process is limited to, `Max open files` for example: soft and hard.
pub(super) fn limit(id: &str, name: &str) -> Option<(Option<u64>, Option<u64>)> {
    let table = fs::read_to_string(format!("/proc/{id}/limits")).ok()?;
    let mut words = line_of(&table, name)?.split_ascii_whitespace();
    let mut next = || {
        let word = words.next()?;
        Some(word.parse().ok())
    };
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_found_in_a_table_of_the_kernel() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n\
            1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n";
        assert_eq!(of_port(table, 8080, false), ["4711"]);
        assert_eq!(of_port(table, 8080, true), ["4711", "4712"]);
        assert!(of_port(table, 8081, false).is_empty());
    }
}
