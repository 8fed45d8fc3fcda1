//! The data folder: room, kind, speed, and whose it is.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use hall::disk::{self, Kind, Space};

use super::Asked;
use super::finding::{Finding, said};

const GIB: u64 = 1024 * 1024 * 1024;

/// Room below which somebody has to look: part of the disk, and octets.
const LITTLE: (u64, u64) = (10, 10 * GIB);

/// Room below which the next day is not sure.
const NONE: (u64, u64) = (50, GIB);

/// How long a disk may take to keep 4 KiB, ms: each write that is acknowledged waits for it.
const SLOW_MS: u128 = 25;
const TOO_SLOW_MS: u128 = 150;

pub(super) fn look(asked: &Asked<'_>) -> Vec<Finding> {
    let data = &asked.config.data;
    let shown = data.display();
    let Ok(folder) = fs::metadata(data) else {
        let above = data.parent().filter(|above| above.is_dir());
        let measured = said(
            format!("{shown}: belum ada"),
            format!("{shown}: not there yet"),
        );
        return vec![match above {
            Some(_) => Finding::note(
                "data",
                measured,
                said(
                    "rumah membuatnya pada start pertama",
                    "the house makes it at its first start",
                ),
            ),
            None => Finding::bad(
                "data",
                measured,
                said(
                    "folder di atasnya juga tidak ada: salah ketik, atau disk belum dipasang",
                    "nor is the folder above it: misspelt, or a disk that is not mounted",
                ),
                said(
                    "perbaiki kunci data, atau pasang disknya",
                    "mend the key data, or mount the disk",
                ),
            ),
        }];
    };
    let mut findings = vec![rights(data, &folder)];
    match disk::space(data) {
        Ok(space) => findings.extend([room(&space), inodes(&space)]),
        Err(error) => tracing::debug!(%error, "no room is told"),
    }
    if let Ok((name, kind)) = disk::kind(data) {
        findings.push(kind_of(&name, kind));
    }
    findings.push(keeps(asked, data));
    findings
}

fn rights(data: &Path, folder: &fs::Metadata) -> Finding {
    let (mode, owner) = (folder.permissions().mode() & 0o777, folder.uid());
    let shown = data.display();
    let foreign: Vec<String> = fs::read_dir(data)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.metadata().is_ok_and(|it| it.uid() != owner))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    if !foreign.is_empty() {
        let names = foreign.join(", ");
        return Finding::bad(
            "data.rights",
            said(
                format!("{shown}: milik pengguna {owner}, tetapi tidak: {names}"),
                format!("{shown}: of user {owner}, but not: {names}"),
            ),
            said(
                "betang pernah dijalankan oleh pengguna lain (root?); layanan tidak dapat menulis berkas itu",
                "betang was run by another user once (root?); the service cannot write those",
            ),
            said(
                format!("chown -R --reference={shown} {shown}"),
                format!("chown -R --reference={shown} {shown}"),
            ),
        );
    }
    let measured = said(
        format!("{shown}: milik pengguna {owner}, {mode:03o}"),
        format!("{shown}: of user {owner}, {mode:03o}"),
    );
    if mode & 0o077 != 0 {
        return Finding::warning(
            "data.rights",
            measured,
            said(
                "pengguna lain mesin ini dapat melihat ke dalam folder data",
                "other users of this machine can look into the data folder",
            ),
            said(format!("chmod 700 {shown}"), format!("chmod 700 {shown}")),
        );
    }
    Finding::good("data.rights", measured)
}

fn room(space: &Space) -> Finding {
    let (free, total) = (space.free.as_u64(), space.total.as_u64());
    let mib = free / (1024 * 1024);
    let percent = (free * 100).checked_div(total).unwrap_or_default();
    let measured = said(
        format!("{mib} MiB bebas ({percent} %)"),
        format!("{mib} MiB free ({percent} %)"),
    );
    let is_below = |(part, octets): (u64, u64)| free < (total / part).min(octets);
    let why = said(
        "bila penuh, tidak ada yang dicatat lagi: audit, kejadian, catatan perangkat",
        "once it is full nothing is written any more: audit, incidents, records of boxes",
    );
    let todo = said(
        "perbesar disk, atau pindahkan cadangan dan salinan lama dari disk ini",
        "a larger disk, or move backups and old copies off this one",
    );
    if is_below(NONE) {
        Finding::bad("disk.space", measured, why, todo)
    } else if is_below(LITTLE) {
        Finding::warning("disk.space", measured, why, todo)
    } else {
        Finding::good("disk.space", measured)
    }
}

fn inodes(space: &Space) -> Finding {
    let Some(free) = space.files_free else {
        let measured = said(
            "sistem berkas ini tidak menghitung berkas",
            "this file system does not count files",
        );
        return Finding::good("disk.inodes", measured);
    };
    let measured = said(
        format!("{free} berkas masih dapat dibuat"),
        format!("{free} files can still be made"),
    );
    if free < (space.files / 20).min(10_000) {
        return Finding::bad(
            "disk.inodes",
            measured,
            said(
                "tanpa inode tidak ada berkas baru, walau masih ada ruang",
                "without inodes there is no new file, however much room there is",
            ),
            said(
                "hapus berkas kecil yang tidak perlu, atau buat sistem berkas dengan lebih banyak inode",
                "remove small files that nobody needs, or make a file system with more inodes",
            ),
        );
    }
    Finding::good("disk.inodes", measured)
}

fn kind_of(name: &str, kind: Kind) -> Finding {
    let measured = said(name, name);
    let subject = "disk.kind";
    match kind {
        Kind::Local => Finding::good(subject, measured),
        Kind::Unknown => Finding::note(
            subject,
            measured,
            said(
                "doctor tidak mengenalnya: pastikan ia disk setempat yang menyimpan apa yang dikatakannya tersimpan",
                "doctor does not know it: make sure that it is a local disk that keeps what it says it keeps",
            ),
        ),
        Kind::Network => Finding::bad(
            subject,
            measured,
            said(
                "SQLite (WAL) memakai memori bersama dan kunci berkas, yang tidak berlaku lewat jaringan: basis data dapat rusak",
                "SQLite (WAL) uses shared memory and locks, which do not hold over a network: the database can be damaged",
            ),
            said(
                "taruh folder data di disk setempat, atau pakai PostgreSQL (kunci database_file)",
                "put the data folder on a local disk, or use PostgreSQL (the key database_file)",
            ),
        ),
        Kind::Memory => Finding::bad(
            subject,
            measured,
            said(
                "semua hilang bila mesin mati",
                "all of it is gone with the power",
            ),
            said("taruh folder data di disk", "put the data folder on a disk"),
        ),
        Kind::Layer => Finding::warning(
            subject,
            measured,
            said(
                "lapisan tulis sebuah kontainer: hilang bersama kontainernya",
                "the writable layer of a container: gone with it",
            ),
            said(
                "pasang volume untuk folder data",
                "mount a volume for the data folder",
            ),
        ),
    }
}

fn keeps(asked: &Asked<'_>, data: &Path) -> Finding {
    let subject = "disk.keeps";
    let (middle, longest) = match disk::keeps(data, &asked.clock) {
        Ok(took) => took,
        Err(error) => {
            return Finding::bad(
                subject,
                said(error.to_string(), error.to_string()),
                said(
                    "pengguna ini tidak dapat menulis di folder data; bila ia pengguna layanan, rumah tidak mulai",
                    "this user cannot write into the data folder; if it is that of the service, the house does not start",
                ),
                said(
                    "periksa pemilik folder dan apakah disk dipasang untuk dibaca saja (findmnt)",
                    "look at the folder's owner, and whether the disk is mounted read-only (findmnt)",
                ),
            );
        }
    };
    let (middle, longest) = (middle.as_micros(), longest.as_micros());
    let measured = said(
        format!("menyimpan 4 KiB: {middle} µs (tengah dari 9), paling lama {longest} µs"),
        format!("keeps 4 KiB in {middle} µs (middle of 9), {longest} µs at most"),
    );
    let why = said(
        "setiap tulisan yang diakui menunggu selama itu, satu demi satu",
        "each write that is acknowledged waits that long, one after the other",
    );
    let todo = said(
        "SSD dengan pelindung daya; bukan kartu SD, bukan RAID tanpa baterai",
        "an SSD that is safe against a power cut; no SD card, no RAID without a battery",
    );
    match middle / 1_000 {
        ms if ms >= TOO_SLOW_MS => Finding::bad(subject, measured, why, todo),
        ms if ms >= SLOW_MS => Finding::warning(subject, measured, why, todo),
        _ => Finding::good(subject, measured),
    }
}
