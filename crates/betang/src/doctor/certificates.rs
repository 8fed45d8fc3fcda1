//! Certificates of a folder: until when, for whom, and with which key.

use std::path::Path;
use std::time::Duration;

use base::now::Wall;
use hall::config::Tls;
use hall::tls;

use super::Asked;
use super::finding::{Finding, said};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// From when on somebody has to look after the next one.
const SOON_DAYS: u64 = 21;

pub(super) fn look(asked: &Asked<'_>) -> Vec<Finding> {
    match &asked.config.tls {
        Tls::Folder(folder) => of_folder(asked, folder),
        // The own ones are made anew by the house, and plain HTTP has none.
        Tls::Own | Tls::Off => Vec::new(),
    }
}

fn of_folder(asked: &Asked<'_>, folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let at = folder.display();
    match tls::folder(folder) {
        Ok(_) => findings.push(Finding::good(
            "certificate.key",
            said(
                format!("{at}: kunci cocok dengan sertifikat"),
                format!("{at}: the key belongs to the certificate"),
            ),
        )),
        Err(error) => findings.push(Finding::bad(
            "certificate.key",
            said(error.to_string(), error.to_string()),
            said("rumah tidak mulai", "the house does not start"),
            said(
                format!("taruh cert.pem (dengan rantainya) dan key.pem miliknya di {at}, terbaca oleh pengguna betang"),
                format!("put cert.pem (with its chain) and its key.pem into {at}, readable for the user betang"),
            ),
        )),
    }
    let Ok(leaf) = tls::leaf(folder) else {
        return findings;
    };
    findings.push(until(&leaf, asked.clock.now().wall));
    let config = asked.config;
    let host = config.sites_host.iter().map(|(host, _)| host);
    let missing: Vec<&str> = config
        .names
        .iter()
        .chain(host)
        .filter(|name| !leaf.is_for(name))
        .map(String::as_str)
        .collect();
    let names = leaf.names.join(", ");
    if missing.is_empty() {
        let measured = said(format!("untuk {names}"), format!("for {names}"));
        findings.push(Finding::good("certificate.names", measured));
    } else {
        let missing = missing.join(", ");
        findings.push(Finding::bad(
            "certificate.names",
            said(
                format!("untuk {names}; tidak untuk {missing}"),
                format!("for {names}; not for {missing}"),
            ),
            said(
                "peramban menolak halaman dengan nama itu",
                "browsers refuse the pages by that name",
            ),
            said(
                "minta sertifikat dengan semua nama, atau perbaiki kunci names dan sites_host",
                "ask for one with all names, or mend the keys names and sites_host",
            ),
        ));
    }
    findings
}

fn until(leaf: &tls::Leaf, now: Wall) -> Finding {
    let subject = "certificate.expiry";
    let todo = said(
        "ganti cert.pem dan key.pem; rumah membacanya tanpa dimulai ulang",
        "replace cert.pem and key.pem; the house reads them without a restart",
    );
    if now >= leaf.to {
        let days = now.since(leaf.to).as_secs() / DAY.as_secs();
        return Finding::bad(
            subject,
            said(
                format!("kedaluwarsa {days} hari yang lalu"),
                format!("expired {days} days ago"),
            ),
            said(
                "setiap peramban menolak halaman",
                "every browser refuses the pages",
            ),
            todo,
        );
    }
    if now < leaf.from {
        return Finding::bad(
            subject,
            said("belum berlaku", "not good yet"),
            said(
                "setiap peramban menolak halaman; atau jam mesin ini salah",
                "every browser refuses the pages; or this machine's clock is wrong",
            ),
            said(
                "periksa jam, lalu sertifikat",
                "look at the clock, then at the certificate",
            ),
        );
    }
    let days = leaf.to.since(now).as_secs() / DAY.as_secs();
    let measured = said(
        format!("berlaku {days} hari lagi"),
        format!("good for {days} more days"),
    );
    if days < SOON_DAYS {
        return Finding::warning(
            subject,
            measured,
            said(
                "sesudah itu setiap peramban menolak halaman",
                "after that every browser refuses the pages",
            ),
            todo,
        );
    }
    Finding::good(subject, measured)
}
