//! `betang upgrade` and `betang rollback`: from one version of the program to the next, and
//! back.
//!
//! Both work on a house that stands still. An upgrade of a SQLite file needs no verb: the
//! start of a newer program copies the file and migrates it. A PostgreSQL server is not
//! migrated by a start, since nothing would lead back: `betang upgrade` takes a backup first.
//!
//! What a rollback takes from a house is told before anything is changed, and stands in the
//! audit of the house that comes out of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{bail, ensure};
use base::now::Wall;
use clap::Args;
use hall::audit::{self as chain, Act, Actor};
use hall::clock::Clock;
use hall::config::Config;
use jiff::Timestamp;
use serde_json::json;
use store::migrate::Standing;
use store::rollback::{self, Back};
use store::{Db, Error, Place};

use crate::cli::say;
use crate::compose::{place, schemas};
use crate::house::Setting;
use crate::verb::{audit, backup};

/// How `betang rollback` ends that has only told what it would do.
const TOLD: u8 = 2;

/// From an older version to this one.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    #[command(flatten)]
    setting: Setting,
    /// Only say what would be done, and whether it can be.
    #[arg(long)]
    check: bool,
    /// Folder for a backup of before; a house on PostgreSQL is not migrated without.
    #[arg(long, value_name = "FOLDER", requires = "keys")]
    to: Option<PathBuf>,
    /// File for the keys of that backup, kept apart from it.
    #[arg(long, value_name = "FILE", requires = "to")]
    keys: Option<PathBuf>,
}

/// From a newer version back to this one.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    #[command(flatten)]
    setting: Setting,
    /// A certain copy; else the newest that this version can read.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Do it: what was told to be lost is not in the house afterwards.
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn upgrade(asked: &Upgrade) -> anyhow::Result<ExitCode> {
    let config = asked.setting.load()?;
    let db = Db::open_to_read(&place(&config)).await?;
    let standing = db.standing(schemas()).await;
    db.close().await;
    let standing = standing?;
    tell(&config, &standing)?;
    if asked.check || standing.missing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    match (&asked.to, &asked.keys) {
        (Some(to), Some(keys)) => {
            let taken = backup::taken(&config, to, keys).await?;
            ensure!(
                taken,
                "cadangan tidak utuh; tidak ada yang diubah\n  the backup is not whole; nothing was changed"
            );
        }
        _ if config.database.is_some() => bail!(
            "PostgreSQL: sebut --to dan --keys, untuk cadangan yang menjadi jalan kembali\n  \
             PostgreSQL: give --to and --keys, for the backup that is the way back"
        ),
        _ => {}
    }
    let db = Db::open(&place(&config)).await?;
    let migrated = db.migrate(schemas(), Clock::real().now().wall).await;
    db.close().await;
    let migrated = migrated?;
    let steps = migrated.steps;
    backup::both(
        format!("{steps} langkah diterapkan"),
        format!("{steps} steps were applied"),
    );
    if let Some(copy) = migrated.backup {
        let copy = copy.display();
        backup::both(
            format!(
                "salinan sebelum pembaruan: {copy}; jalan kembali: betang rollback oleh versi lama"
            ),
            format!("copy of before: {copy}; the way back: betang rollback, by the older version"),
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// How far the data is, and what an upgrade would do.
fn tell(config: &Config, standing: &Standing) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let (has, lacks) = (standing.applied, standing.missing.len());
    backup::both(
        format!("betang {version}: {has} langkah sudah diterapkan pada data ini, {lacks} belum"),
        format!("betang {version}: {has} steps were applied to this data, {lacks} were not"),
    );
    for (room, number, name) in &standing.missing {
        say(format!("  {room} {number:04} {name}"));
    }
    let Place::Sqlite { path } = place(config) else {
        return Ok(());
    };
    if lacks > 0 && has > 0 {
        let needs = std::fs::metadata(&path)?.len();
        let free = hall::disk::space(&config.data)?.free.as_u64();
        backup::both(
            format!("salinan sebelum pembaruan: paling banyak {needs} oktet; di disk ada {free}"),
            format!("copy of before: {needs} octets at most; the disk has {free}"),
        );
        ensure!(
            free > needs,
            "disk tidak cukup untuk salinan itu; tidak ada yang diubah\n  \
             the disk has no room for that copy; nothing was changed"
        );
    }
    Ok(())
}

pub(crate) async fn back(asked: &Rollback) -> anyhow::Result<ExitCode> {
    let config = asked.setting.load()?;
    let Place::Sqlite { path } = place(&config) else {
        bail!(
            "PostgreSQL: pulihkan cadangan yang dibuat oleh betang upgrade, ke skema yang kosong: \
             betang restore --from … --keys … --into postgres://… --schema …\n  \
             PostgreSQL: restore the backup that betang upgrade has made, into an empty schema: \
             betang restore --from … --keys … --into postgres://… --schema …"
        );
    };
    let now_at = Place::Sqlite { path: path.clone() };
    let db = Db::open_to_read(&now_at).await?;
    let standing = db.standing(schemas()).await;
    let head = chain::head(&mut *db.read().await?).await;
    db.close().await;
    let back = match (&asked.to, standing) {
        (Some(copy), _) => rollback::look(&path, copy, schemas()).await?,
        (None, Ok(_)) => {
            backup::both(
                "versi ini dapat membuka data ini; tidak ada yang perlu dikembalikan",
                "this version can open this data; there is nothing to go back from",
            );
            return Ok(ExitCode::SUCCESS);
        }
        (None, Err(error @ (Error::Newer { .. } | Error::Altered { .. }))) => {
            say(&error);
            match rollback::find(&path, schemas()).await? {
                Some(back) => back,
                None => bail!(
                    "tidak ada salinan yang dapat dibuka versi ini; pulihkan cadangan ke folder yang kosong: betang restore\n  \
                     there is no copy that this version can read; restore a backup into an empty folder: betang restore"
                ),
            }
        }
        (None, Err(error)) => return Err(error.into()),
    };
    told(&config, &now_at, &back).await?;
    if !asked.yes {
        backup::both(
            "tidak ada yang diubah; dengan --yes yang di atas dikerjakan",
            "nothing was changed; with --yes it will be done",
        );
        return Ok(ExitCode::from(TOLD));
    }
    let now = Clock::real().now();
    let aside = rollback::take(&path, &back.copy, now.wall).await?;
    let db = Db::open(&now_at).await?;
    let mut tx = db.write().await?;
    let (seq, hash) = head?.unwrap_or_default();
    let act = Act {
        verb: "house.rolled_back",
        subject: name(&aside),
        detail: json!({
            "copy": name(&back.copy),
            "copy_us": back.made.as_us(),
            "set_aside_seq": seq,
            "set_aside_head": hash,
            "by": env!("CARGO_PKG_VERSION"),
        }),
    };
    chain::record_by(&mut tx, now, &Actor::house("rollback"), act).await?;
    tx.commit().await?;
    let is_whole = audit::walk(&db).await?;
    db.close().await;
    let aside = aside.display();
    backup::both(
        format!("kembali; basis data yang lebih baru disimpan utuh di {aside}"),
        format!("gone back; the newer database is kept whole at {aside}"),
    );
    backup::both(
        format!("maju lagi: pasang versi baru, lalu betang rollback --to {aside} --yes"),
        format!(
            "forward again: install the newer version, then betang rollback --to {aside} --yes"
        ),
    );
    backup::both(
        "berkas itu memuat kunci dan data orang; yang dimusnahkan sesudah ini tidak hilang darinya: hapus bila sudah tidak perlu",
        "that file holds keys and people's data; what is destroyed from now on stays in it: delete it once it is not needed",
    );
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What will not be in the house.
async fn told(config: &Config, now_at: &Place, back: &Back) -> anyhow::Result<()> {
    let at = |wall: Wall| -> String {
        Timestamp::from_microsecond(wall.as_us()).map_or_else(
            |_| "-".to_owned(),
            |at| {
                let at = at.to_zoned(config.zone.clone());
                at.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
            },
        )
    };
    let (copy, made) = (back.copy.display(), at(back.made));
    backup::both(
        format!("kembali ke {copy}, dibuat {made}"),
        format!("back to {copy}, made {made}"),
    );
    let then = Place::Sqlite {
        path: back.copy.clone(),
    };
    let db = Db::open_to_read(&then).await?;
    let head = chain::head(&mut *db.read().await?).await;
    db.close().await;
    let seq = head?.map_or(0, |(seq, _)| seq);
    let db = Db::open_to_read(now_at).await?;
    let since = chain::since(&mut *db.read().await?, seq).await;
    db.close().await;
    match since? {
        Some(since) => {
            let entries: u64 = since.verbs.values().sum();
            let (first, last) = (at(since.first), at(since.last));
            backup::both(
                format!(
                    "sesudah salinan itu: {entries} catatan audit, {first} sampai {last}; semuanya tidak ada lagi di rumah ini:"
                ),
                format!(
                    "since that copy: {entries} entries of the audit, {first} to {last}; none of it will be in this house:"
                ),
            );
            for (verb, count) in &since.verbs {
                say(format!("  {count:>8} {verb}"));
            }
        }
        None => backup::both(
            "sesudah salinan itu tidak ada catatan audit",
            "since that copy there is no entry of the audit",
        ),
    }
    let shown = |rows: Option<i64>| rows.map_or_else(|| "-".to_owned(), |rows| rows.to_string());
    for table in &back.lost {
        let (now, then) = (shown(table.now), shown(table.then));
        say(format!("  {:<32} {now:>10} -> {then}", table.name));
    }
    Ok(())
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
