//! How the house is reached, and what it may send.

use std::fs;
use std::net::{IpAddr, UdpSocket};

use hall::config::Tls;
use reach::prober::{Family, Sockets, Way};

use super::Asked;
use super::finding::{Finding, said};

/// What the media port asks of the kernel for each of its buffers, octets.
const BUFFER: u64 = 8 * 1024 * 1024;

/// Since Linux 4.18 one call sends many packets (UDP_SEGMENT).
const GSO_SINCE: (u32, u32) = (4, 18);

pub(super) fn look(asked: &Asked<'_>) -> Vec<Finding> {
    let mut findings = vec![announced(asked), encrypted(asked)];
    findings.push(icmp());
    findings.extend(buffers());
    findings.push(gso());
    findings
}

/// Whether what viewers are told is a way to here.
fn announced(asked: &Asked<'_>) -> Finding {
    let config = asked.config;
    let subject = "announce";
    let told: Vec<String> = config.announce.iter().map(IpAddr::to_string).collect();
    let told = told.join(", ");
    if config.announce.is_empty() {
        let (pages, media) = (config.listen.ip(), config.media.ip());
        if media.is_loopback() && !pages.is_loopback() {
            return Finding::bad(
                subject,
                said(
                    format!("halaman terbuka di {pages}, gambar hanya di {media}"),
                    format!("pages are open at {pages}, media only at {media}"),
                ),
                said(
                    "dari mesin lain setiap ubin tetap gelap",
                    "from any other machine every tile stays dark",
                ),
                said(
                    "kunci media = \"0.0.0.0:8189\", dan announce bila ada NAT di depannya",
                    "the key media = \"0.0.0.0:8189\", and announce where a NAT stands in front",
                ),
            );
        }
        let said_of = said(
            format!("penonton diberi tahu alamat tempat gambar didengarkan ({media})"),
            format!("viewers are told where media listens ({media})"),
        );
        return Finding::good(subject, said_of);
    }
    let foreign: Vec<String> = config
        .announce
        .iter()
        .filter(|address| UdpSocket::bind((**address, 0)).is_err())
        .map(IpAddr::to_string)
        .collect();
    if foreign.is_empty() {
        return Finding::good(
            subject,
            said(
                format!("{told}: alamat mesin ini"),
                format!("{told}: of this machine"),
            ),
        );
    }
    let foreign = foreign.join(", ");
    let port = config.media.port();
    Finding::warning(
        subject,
        said(
            format!("{foreign}: bukan alamat mesin ini"),
            format!("{foreign}: no address of this machine"),
        ),
        said(
            format!(
                "benar hanya bila router meneruskan porta {port} (UDP dan TCP) ke mesin ini; dari sini tidak dapat dilihat"
            ),
            format!(
                "right only where a router passes port {port} (UDP and TCP) on to here, which cannot be seen from here"
            ),
        ),
        said(
            "buka satu kamera dari jaringan luar; bila gelap, perbaiki penerusan atau kunci announce",
            "open a camera from outside; if it is dark, mend the forwarding or the key announce",
        ),
    )
}

fn encrypted(asked: &Asked<'_>) -> Finding {
    let config = asked.config;
    let at = config.listen.ip();
    if config.tls == Tls::Off && !at.is_loopback() && config.trusted_proxies.is_empty() {
        return Finding::warning(
            "tls",
            said(
                format!("halaman di {at} tanpa enkripsi dan tanpa proksi yang dipercaya"),
                format!("pages at {at} without encryption and without a trusted proxy"),
            ),
            said(
                "kata sandi dapat dibaca di jaringan, dan peramban menutup kamera, QR, dan kerja tanpa sinyal",
                "passwords can be read on the network, and browsers shut camera, QR and work without a signal",
            ),
            said(
                "kunci tls = \"own\", atau folder dengan cert.pem dan key.pem",
                "the key tls = \"own\", or a folder with cert.pem and key.pem",
            ),
        );
    }
    let how = match &config.tls {
        Tls::Own => (
            "sertifikat CA rumah ini",
            "certificates of the house's own authority",
        ),
        Tls::Folder(_) => ("sertifikat dari folder", "certificates of a folder"),
        Tls::Off => (
            "tanpa enkripsi, hanya di mesin ini atau di belakang proksi",
            "none, on this machine or behind a proxy",
        ),
    };
    Finding::good("tls", said(how.0, how.1))
}

fn icmp() -> Finding {
    let subject = "icmp";
    match Sockets::open().way(Family::V4) {
        Ok(Way::Raw) => Finding::note(
            subject,
            said(
                "ICMP lewat soket mentah: pengguna ini boleh",
                "ICMP by a raw socket: this user may",
            ),
            said(
                "diperiksa untuk pengguna yang menjalankan doctor; untuk layanan: sudo -u betang betang doctor",
                "looked at for who runs doctor; for the service: sudo -u betang betang doctor",
            ),
        ),
        Ok(_) => Finding::good(
            subject,
            said("ICMP lewat soket datagram", "ICMP by a datagram socket"),
        ),
        Err(closed) => Finding::warning(
            subject,
            said(
                closed.to_string().replace('\n', " "),
                closed.to_string().replace('\n', " "),
            ),
            said(
                "alamat yang dipantau dari pusat ditanya dengan sambungan TCP saja, dan yang tidak menjawabnya tampak diam",
                "addresses that the centre watches are asked by TCP alone, and what answers none looks silent",
            ),
            said(
                "paket memasang /etc/sysctl.d/60-betang-icmp.conf; berlakukan: sysctl --system",
                "the package brings /etc/sysctl.d/60-betang-icmp.conf; make it count: sysctl --system",
            ),
        ),
    }
}

fn buffers() -> Vec<Finding> {
    let read = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/net/core/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    [("udp.receive", "rmem_max"), ("udp.send", "wmem_max")]
        .into_iter()
        .filter_map(|(subject, name)| Some((subject, name, read(name)?)))
        .map(|(subject, name, has)| {
            let measured = said(
                format!("net.core.{name} = {has} oktet"),
                format!("net.core.{name} = {has} octets"),
            );
            if has >= BUFFER {
                return Finding::good(subject, measured);
            }
            Finding::warning(
                subject,
                measured,
                said(
                    "letupan paket banyak penonton hilang di mesin ini sebelum dibaca: gambar tersendat",
                    "a burst of many viewers' packets is lost on this machine before it is read: pictures stall",
                ),
                said(
                    format!("net.core.{name} = {BUFFER} di /etc/sysctl.d (paket membawanya), lalu sysctl --system"),
                    format!("net.core.{name} = {BUFFER} in /etc/sysctl.d (the package brings it), then sysctl --system"),
                ),
            )
        })
        .collect()
}

fn gso() -> Finding {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let measured = said(format!("kernel {release}"), format!("kernel {release}"));
    match version(release) {
        Some(has) if has >= GSO_SINCE => Finding::good("udp.gso", measured),
        _ => Finding::warning(
            "udp.gso",
            measured,
            said(
                "tanpa UDP_SEGMENT (Linux 4.18) tiap paket gambar adalah satu panggilan sistem: penonton per inti jauh lebih sedikit",
                "without UDP_SEGMENT (Linux 4.18) each packet of a picture is a system call: far fewer viewers a core",
            ),
            said("pakai Debian 12 atau lebih baru", "use Debian 12 or newer"),
        ),
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(['.', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_kernel_is_read() {
        assert_eq!(version("6.1.0-13-amd64"), Some((6, 1)));
        assert_eq!(version("4.9.0"), Some((4, 9)));
        assert_eq!(version("x"), None);
        assert!(version("4.9.0") < Some(GSO_SINCE));
    }
}
