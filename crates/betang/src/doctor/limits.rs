//! What this machine gives: open files, memory, swap, dumps.

use std::fs;

use super::finding::{Finding, said};
use super::ports::limit;
use super::{Asked, line_of};

/// Open files that a province of boxes needs, and that a small house does.
const FILES: u64 = 16_384;
const FILES_LEAST: u64 = 2_048;

/// Memory of a machine, MiB: an examination of a province's families takes half of the first.
const MEMORY: u64 = 3_500;
const MEMORY_LEAST: u64 = 900;

pub(super) fn look(asked: &Asked<'_>) -> Vec<Finding> {
    let who = asked
        .running
        .map_or_else(|| "self".to_owned(), |id| id.to_string());
    [files(&who), memory(), swap(&who), dumps(asked)]
        .into_iter()
        .flatten()
        .collect()
}

fn files(who: &str) -> Option<Finding> {
    // The house raises the first number to the second by itself.
    let (_, hard) = limit(who, "Max open files")?;
    let subject = "limit.files";
    let Some(hard) = hard else {
        let measured = said("berkas terbuka: tanpa batas", "open files: no limit");
        return Some(Finding::good(subject, measured));
    };
    let measured = said(
        format!("paling banyak {hard} berkas terbuka"),
        format!("{hard} open files at most"),
    );
    let why = said(
        "tiap perangkat, kamera, dan penonton adalah satu; sesudah itu yang berikutnya ditolak",
        "each box, camera and viewer is one; after that the next is refused",
    );
    let todo = said(
        "LimitNOFILE=65536 di unit systemd (unit paket sudah), atau ulimit -Hn",
        "LimitNOFILE=65536 in the unit of systemd (that of the package has it), or ulimit -Hn",
    );
    Some(if hard < FILES_LEAST {
        Finding::bad(subject, measured, why, todo)
    } else if hard < FILES {
        Finding::warning(subject, measured, why, todo)
    } else {
        Finding::good(subject, measured)
    })
}

fn memory() -> Option<Finding> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let mib = |key| -> Option<u64> {
        let kib = line_of(&table, key)?.split(' ').next()?;
        Some(kib.parse::<u64>().ok()? / 1024)
    };
    let (total, free) = (mib("MemTotal")?, mib("MemAvailable")?);
    let measured = said(
        format!("{total} MiB memori, {free} MiB tersedia"),
        format!("{total} MiB of memory, {free} MiB available"),
    );
    let why = said(
        "pemeriksaan daftar keluarga seprovinsi memakai 1,5 GiB; bila kurang, kernel mengakhiri rumah",
        "an examination of a province's families takes 1.5 GiB; without it the kernel ends the house",
    );
    let todo = said(
        "4 GiB atau lebih untuk satu provinsi",
        "4 GiB or more for a province",
    );
    Some(if total < MEMORY_LEAST {
        Finding::bad("memory", measured, why, todo)
    } else if total < MEMORY {
        Finding::warning("memory", measured, why, todo)
    } else {
        Finding::good("memory", measured)
    })
}

fn swap(who: &str) -> Option<Finding> {
    let swaps = hall::memory::swaps()?;
    let subject = "memory.swap";
    if swaps == 0 {
        return Some(Finding::good(subject, said("tidak ada swap", "no swap")));
    }
    let measured = said(
        format!("{swaps} tempat swap menyala"),
        format!("{swaps} places of swap are on"),
    );
    if withheld(who) == Some(true) {
        let measured = said(
            format!("{swaps} tempat swap menyala; rumah ini dikecualikan (MemorySwapMax=0)"),
            format!("{swaps} places of swap are on; this house is exempt (MemorySwapMax=0)"),
        );
        return Some(Finding::good(subject, measured));
    }
    Some(Finding::warning(
        subject,
        measured,
        said(
            "kunci dan data orang yang terbuka di memori dapat ditulis kernel ke disk tanpa enkripsi",
            "keys and people's data that lie open in memory may be written to a disk, unencrypted",
        ),
        said(
            "MemorySwapMax=0 di unit (unit paket sudah), swap terenkripsi, atau swapoff -a",
            "MemorySwapMax=0 in the unit (that of the package has it), encrypted swap, or swapoff -a",
        ),
    ))
}

/// Whether the control group of a process is kept from swap; none where that is not told.
fn withheld(who: &str) -> Option<bool> {
    let groups = fs::read_to_string(format!("/proc/{who}/cgroup")).ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let most = fs::read_to_string(format!("/sys/fs/cgroup{group}/memory.swap.max")).ok()?;
    Some(most.trim() == "0")
}

/// A running house refuses to be dumped; whether this one does is asked of the kernel.
fn dumps(asked: &Asked<'_>) -> Option<Finding> {
    let id = asked.running?.to_string();
    let (soft, hard) = limit(&id, "Max core file size")?;
    let subject = "limit.core";
    if (soft, hard) == (Some(0), Some(0)) {
        let measured = said(
            "rumah yang berjalan tidak dapat ditulis ke disk saat mati mendadak",
            "no dump can be made of the running house",
        );
        return Some(Finding::good(subject, measured));
    }
    Some(Finding::bad(
        subject,
        said(
            "rumah yang berjalan dapat ditulis ke disk",
            "a dump can be made of the running house",
        ),
        said(
            "isinya memuat kunci dan data orang",
            "it would hold keys and people's data",
        ),
        said(
            "LimitCORE=0 di unit systemd",
            "LimitCORE=0 in the unit of systemd",
        ),
    ))
}
