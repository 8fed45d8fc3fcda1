//! The database, its key, its copies and its backups.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base::now::Wall;
use hall::audit;
use serde_json::Value as Json;
use store::{Db, Error, Place};

use super::Asked;
use super::finding::{Finding, said};
use crate::compose::{place, schemas};

const MIB: u64 = 1024 * 1024;

/// A larger file is read whole only when somebody asks for it.
const READ_MAX: u64 = 2_048 * MIB;

/// A log beside the file that is larger than this is not being emptied.
const LOG_MAX: u64 = 256 * MIB;

/// Days after which a backup is late, and too late.
const LATE_DAYS: u64 = 2;
const TOO_LATE_DAYS: u64 = 7;

/// A clock may be so far behind the newest entry, microseconds.
const BEHIND_US: i64 = 60_000_000;

pub(super) async fn look(asked: &Asked<'_>) -> Vec<Finding> {
    let at = place(asked.config);
    let mut findings = key(asked);
    if let Place::Sqlite { path } = &at {
        if !path.exists() {
            findings.push(Finding::note(
                "database",
                said("belum ada", "none yet"),
                said(
                    "rumah membuatnya pada start pertama",
                    "the house makes it at its first start",
                ),
            ));
            return findings;
        }
        findings.push(log(path));
        findings.extend(set_aside(path));
    }
    match Db::open_to_read(&at).await {
        Ok(db) => {
            findings.extend(inside(asked, &db, &at).await);
            db.close().await;
        }
        Err(error) => findings.push(Finding::bad(
            "database",
            said(error.to_string(), error.to_string()),
            said("rumah tidak mulai", "the house does not start"),
            said(
                "periksa alamat, kata sandi, dan hak pengguna betang; bila rusak: betang restore",
                "look at the address, the password and the rights of the user betang; if it is damaged: betang restore",
            ),
        )),
    }
    findings.push(backups(asked));
    findings
}

async fn inside(asked: &Asked<'_>, db: &Db, at: &Place) -> Vec<Finding> {
    let mut findings = vec![standing(db, at).await];
    let size = match at {
        Place::Sqlite { path } => fs::metadata(path).map_or(0, |it| it.len()),
        Place::Postgres { .. } => 0,
    };
    if size > READ_MAX && !asked.deep {
        findings.push(Finding::note(
            "database.whole",
            said(
                format!("{} MiB, tidak dibaca seluruhnya", size / MIB),
                format!("{} MiB, not read whole", size / MIB),
            ),
            said(
                "baca seluruhnya: betang doctor --deep",
                "to read all of it: betang doctor --deep",
            ),
        ));
    } else {
        findings.push(whole(db).await);
    }
    findings.extend(behind(asked, db).await);
    findings
}

async fn standing(db: &Db, at: &Place) -> Finding {
    let subject = "database.schema";
    let version = env!("CARGO_PKG_VERSION");
    match db.standing(schemas()).await {
        Ok(it) if it.missing.is_empty() => Finding::good(
            subject,
            said(
                format!("{} langkah, semuanya dikenal betang {version}", it.applied),
                format!("{} steps, all known to betang {version}", it.applied),
            ),
        ),
        Ok(it) => {
            let lacks = it.missing.len();
            let measured = said(
                format!("data versi lama: {lacks} langkah belum diterapkan"),
                format!("data of an older version: {lacks} steps are not applied"),
            );
            match at {
                Place::Sqlite { .. } => Finding::note(
                    subject,
                    measured,
                    said(
                        "start berikutnya menyalin basis data dahulu, lalu menerapkannya; periksa: betang upgrade --check",
                        "the next start copies the database and then applies them; look: betang upgrade --check",
                    ),
                ),
                Place::Postgres { .. } => Finding::bad(
                    subject,
                    measured,
                    said(
                        "rumah di PostgreSQL tidak mulai dengan data lama: tanpa cadangan tidak ada jalan kembali",
                        "a house on PostgreSQL does not start with older data: without a backup there is no way back",
                    ),
                    said(
                        "betang upgrade --to FOLDER --keys FILE",
                        "betang upgrade --to FOLDER --keys FILE",
                    ),
                ),
            }
        }
        Err(error @ (Error::Newer { .. } | Error::Altered { .. })) => Finding::bad(
            subject,
            said(error.to_string(), error.to_string()),
            said(
                "rumah tidak mulai dengan versi ini",
                "the house does not start with this version",
            ),
            said(
                "pasang kembali versi yang lebih baru, atau kembali ke salinannya: betang rollback",
                "install the newer version again, or go back to its copy: betang rollback",
            ),
        ),
        Err(error) => Finding::bad(
            subject,
            said(error.to_string(), error.to_string()),
            said(
                "basis data tidak dapat dibaca",
                "the database cannot be read",
            ),
            said(
                "pulihkan cadangan: betang restore",
                "restore a backup: betang restore",
            ),
        ),
    }
}

async fn whole(db: &Db) -> Finding {
    let subject = "database.whole";
    let (found, why) = match db.is_whole().await {
        Ok(true) => return Finding::good(subject, said("utuh", "whole")),
        Ok(false) => ("tidak utuh".to_owned(), "not whole".to_owned()),
        Err(error) => (error.to_string(), error.to_string()),
    };
    Finding::bad(
        subject,
        said(found, why),
        said(
            "disk atau memori yang rusak; yang dibaca dari sini dapat salah",
            "a disk or memory that fails; what is read from here may be wrong",
        ),
        said(
            "hentikan rumah, simpan berkasnya, ganti disk, pulihkan cadangan: betang restore",
            "stop the house, keep the file, replace the disk, restore a backup: betang restore",
        ),
    )
}

/// Whether the clock stands before what was written last.
async fn behind(asked: &Asked<'_>, db: &Db) -> Option<Finding> {
    let mut read = db.read().await.ok()?;
    let (seq, _) = audit::head(&mut read).await.ok()??;
    let last = audit::since(&mut read, seq - 1).await.ok()??.last;
    let now = asked.clock.now().wall;
    let seconds = (last.as_us() - now.as_us()) / 1_000_000;
    if last.as_us() - now.as_us() <= BEHIND_US {
        return None;
    }
    Some(Finding::bad(
        "clock.behind",
        said(
            format!("jam {seconds} detik di belakang catatan audit terakhir ({seq})"),
            format!("the clock is {seconds} s behind the last entry of the audit ({seq})"),
        ),
        said(
            "jam mesin mundur: catatan baru akan tampak lebih tua daripada yang lama",
            "this machine's clock went back: what is new will look older than what is old",
        ),
        said(
            "setel jam lewat server waktu sebelum start",
            "set it by a server of time before a start",
        ),
    ))
}

fn log(path: &Path) -> Finding {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let octets = fs::metadata(PathBuf::from(name)).map_or(0, |it| it.len());
    let measured = said(
        format!("{} MiB", octets / MIB),
        format!("{} MiB", octets / MIB),
    );
    if octets > LOG_MAX {
        return Finding::warning(
            "database.log",
            measured,
            said(
                "berkas -wal tidak dikosongkan: ada program yang membaca basis data ini terus-menerus",
                "the file -wal is not being emptied: some program reads this database without end",
            ),
            said(
                "hentikan program itu, lalu mulai ulang rumah",
                "stop that program, then start the house again",
            ),
        );
    }
    Finding::good("database.log", measured)
}

/// Databases that a rollback has put aside: nothing is destroyed in them any more.
fn set_aside(path: &Path) -> Option<Finding> {
    let folder = path.parent()?;
    let stem = format!("{}.after-", path.file_stem()?.to_str()?);
    let mut names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(&stem) && name.ends_with(".sqlite"))
        .collect();
    names.sort();
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(Finding::warning(
        "database.aside",
        said(
            format!("disisihkan oleh rollback: {names}"),
            format!("set aside by a rollback: {names}"),
        ),
        said(
            "memuat kunci dan data orang; yang dimusnahkan di rumah sesudahnya tetap ada di sana",
            "it holds keys and people's data; what was destroyed in the house since is still in there",
        ),
        said(
            "putuskan: maju lagi (betang rollback --to), atau hapus",
            "decide: forward again (betang rollback --to), or delete it",
        ),
    ))
}

/// The master key: there, for its owner alone, and not where backups take it along.
fn key(asked: &Asked<'_>) -> Vec<Finding> {
    let config = asked.config;
    let subject = "key";
    let file = match hall::hall::key_file(config) {
        Ok(file) => file,
        Err(error) => {
            return vec![Finding::bad(
                subject,
                said(error.to_string(), error.to_string()),
                said("rumah tidak mulai", "the house does not start"),
                said(
                    "kunci data atau vault_key_file",
                    "the keys data or vault_key_file",
                ),
            )];
        }
    };
    let shown = file.display();
    let has_data = config.data.join("betang.sqlite").exists();
    let Ok(told) = fs::metadata(&file) else {
        let measured = said(format!("{shown}: tidak ada"), format!("{shown}: not there"));
        return vec![if has_data {
            Finding::bad(
                subject,
                measured,
                said(
                    "tanpa kunci induk tidak satu pun data orang, kata sandi kamera, atau kode terbuka; rumah tidak mulai",
                    "without the master key no people's data, camera password or code opens; the house does not start",
                ),
                said(
                    "letakkan salinannya di sana (dari brankas kantor), 0600, milik pengguna betang",
                    "put its copy there (from the office's safe), 0600, of the user betang",
                ),
            )
        } else {
            let why = said(
                "rumah membuatnya pada start pertama",
                "the house makes it at its first start",
            );
            Finding::note(subject, measured, why)
        }];
    };
    let mut findings = Vec::new();
    let inside = |folder: &Path| {
        let whole = (folder.canonicalize(), file.canonicalize());
        matches!(whole, (Ok(folder), Ok(file)) if file.starts_with(&folder))
    };
    let taken_along = std::iter::once(&config.data)
        .chain(asked.backups)
        .find(|folder| inside(folder));
    if let Some(folder) = taken_along {
        let folder = folder.display();
        findings.push(Finding::bad(
            subject,
            said(
                format!("{shown}: di dalam {folder}"),
                format!("{shown}: within {folder}"),
            ),
            said(
                "siapa pun yang memegang salinan folder itu dapat membuka semuanya",
                "whoever has a copy of that folder can open everything",
            ),
            said(
                "pindahkan ke luar folder data dan cadangan, dan sebut di kunci vault_key_file",
                "move it out of data and backups, and name it by the key vault_key_file",
            ),
        ));
    }
    let mode = told.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        findings.push(Finding::bad(
            subject,
            said(
                format!("{shown}: {mode:03o}"),
                format!("{shown}: {mode:03o}"),
            ),
            said(
                "pengguna lain mesin ini dapat membacanya",
                "other users of this machine can read it",
            ),
            said(format!("chmod 600 {shown}"), format!("chmod 600 {shown}")),
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good(
            subject,
            said(
                format!("{shown}, hanya untuk pemiliknya; simpan salinannya di brankas kantor"),
                format!("{shown}, for its owner alone; keep a copy in the office's safe"),
            ),
        ));
    }
    findings
}

fn backups(asked: &Asked<'_>) -> Finding {
    let subject = "backup";
    let todo = said(
        "betang backup --data … --to FOLDER --keys FILE, tiap malam, ke disk atau mesin lain",
        "betang backup --data … --to FOLDER --keys FILE, each night, to another disk or machine",
    );
    let why = said(
        "bila disk ini mati, semua sesudah cadangan terakhir hilang",
        "if this disk dies, all since the last backup is lost",
    );
    let Some(folder) = asked.backups else {
        return Finding::note(
            subject,
            said(
                "tidak dilihat: tempat cadangan tidak disebut",
                "not looked at: nobody named where backups lie",
            ),
            said(
                "betang doctor --backups FOLDER",
                "betang doctor --backups FOLDER",
            ),
        );
    };
    let shown = folder.display();
    let Some(taken) = newest(folder) else {
        return Finding::bad(
            subject,
            said(
                format!("{shown}: tidak ada cadangan yang utuh"),
                format!("{shown}: no whole backup"),
            ),
            why,
            todo,
        );
    };
    let days = asked.clock.now().wall.since(taken).as_secs() / 86_400;
    let measured = said(
        format!("{shown}: yang terakhir {days} hari yang lalu"),
        format!("{shown}: the last one {days} days ago"),
    );
    match days {
        days if days > TOO_LATE_DAYS => Finding::bad(subject, measured, why, todo),
        days if days > LATE_DAYS => Finding::warning(subject, measured, why, todo),
        _ => Finding::good(subject, measured),
    }
}

/// When the newest whole backup of a folder was taken; the folder may be one itself.
fn newest(folder: &Path) -> Option<Wall> {
    let below = fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    below
        .chain(std::iter::once(folder.to_owned()))
        .filter_map(|folder| fs::read_to_string(folder.join("manifest.json")).ok())
        .filter_map(|text| serde_json::from_str::<Json>(&text).ok()?["taken_us"].as_i64())
        .max()
        .map(Wall::from_us)
}
