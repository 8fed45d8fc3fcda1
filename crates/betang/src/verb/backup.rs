//! `betang backup`, `betang restore`, `betang copy`: all of a house, elsewhere and back.
//!
//! They read and write the database itself: a backup is taken beside a running house, and
//! a house that is restored or moved does not run yet. What they do says
//! [`store::backup`]; here are its words, each in Indonesian and in English.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base::redact::Secret;
use clap::Args;
use hall::clock::Clock;
use hall::config::Config;
use store::backup::{self, BackupError, House, Progress, Stage, Target};
use store::{Db, Error, Place};

use crate::cli::say;
use crate::compose::{KEYS, place, schemas};
use crate::house::Setting;
use crate::link::Teller;
use crate::serve::make_folder;
use crate::verb::audit;

/// What took a backup.
const PRODUCT: &str = concat!("betang ", env!("CARGO_PKG_VERSION"));

/// Names the database within a data folder.
const DATABASE: &str = "betang.sqlite";

/// A backup to be taken.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    setting: Setting,
    /// Folder of the backup: empty, or not there yet. Beside earlier ones, files that did
    /// not change are not copied again.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// File of the keys, which takes the place of the one before. Keep it apart from the
    /// backups, and keep no older one: with it comes back what was destroyed since.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
}

/// A backup to be restored.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Folder of the backup.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// File of the keys: the one that was written last, whichever backup is restored.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "without_keys",
        conflicts_with = "without_keys"
    )]
    keys: Option<PathBuf>,
    /// The keys are lost: restore what needs none. Rows of people come back empty.
    #[arg(long)]
    without_keys: bool,
    /// There are only keys from before this backup: rows since then come back empty.
    #[arg(long, requires = "keys")]
    older_keys: bool,
    /// Data folder to be, or postgres://… (a password stands better in a file of PGPASSFILE).
    #[arg(long, value_name = "FOLDER|URL")]
    into: String,
    /// Data folder to be, for the files, where --into is a PostgreSQL server.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Schema within the PostgreSQL database.
    #[arg(long, default_value = "public")]
    schema: String,
}

/// A database to be copied.
#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Data folder, or postgres://…, of a house that does not run.
    #[arg(long, value_name = "FOLDER|URL")]
    from: String,
    /// Data folder without a database, or postgres://… of an empty schema.
    #[arg(long, value_name = "FOLDER|URL")]
    to: String,
    /// Schema within the PostgreSQL database; of both, where both are one.
    #[arg(long, default_value = "public")]
    schema: String,
}

pub(crate) async fn take(asked: &Backup) -> anyhow::Result<ExitCode> {
    let is_whole = taken(&asked.setting.load()?, &asked.to, &asked.keys).await?;
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Takes one and says what is in it; whether no file was lost before.
pub(crate) async fn taken(config: &Config, to: &Path, keys: &Path) -> anyhow::Result<bool> {
    let db = Db::open_to_read(&place(config))
        .await
        .map_err(|error| explained(error.into(), Doing::Backup))?;
    let house = House {
        db: &db,
        blobs: &config.data.join("blobs"),
        schemas: schemas(),
        keys: KEYS,
        product: PRODUCT,
    };
    let now = Clock::real().now().wall;
    let teller = Teller::new();
    let taken = backup::take(house, to, keys, now, &shown(&teller)).await;
    teller.clear();
    let taken = taken.map_err(|error| explained(error, Doing::Backup))?;
    db.close().await;
    let (to, keys) = (to.display(), keys.display());
    let linked = taken.files - taken.copied;
    both(
        format!(
            "cadangan {to}: {} tabel, {} baris; {} berkas, {} oktet ({linked} ditautkan, {} disalin)",
            taken.tables, taken.rows, taken.files, taken.octets, taken.copied
        ),
        format!(
            "backup {to}: {} tables, {} rows; {} files, {} octets ({linked} linked, {} copied)",
            taken.tables, taken.rows, taken.files, taken.octets, taken.copied
        ),
    );
    both(
        format!(
            "kunci {keys}: {} kunci; simpan terpisah dari cadangan, dan jangan simpan yang lebih lama",
            taken.keys
        ),
        format!(
            "keys {keys}: {} keys; keep them apart from the backups, and keep no older ones",
            taken.keys
        ),
    );
    both(
        "kunci induk brankas (berkas .key di samping folder data) tidak ada di keduanya: \
         tanpa salinannya tidak satu pun terbuka",
        "the vault's master key (the .key file beside the data folder) is in neither: \
         without a copy of it nothing opens",
    );
    say(format!("manifest.json sha256 {}", taken.manifest.as_str()));
    for hash in &taken.lost {
        both(
            format!("hilang atau rusak di rumah ini: berkas {}", hash.as_str()),
            format!("lost or damaged in this house: file {}", hash.as_str()),
        );
    }
    Ok(taken.lost.is_empty())
}

pub(crate) async fn restore(asked: &Restore) -> anyhow::Result<ExitCode> {
    let (place, folder) = place_of(&asked.into, &asked.schema);
    let data = match (folder, &asked.data) {
        (Some(folder), None) => folder,
        (None, Some(data)) => data.clone(),
        (Some(_), Some(_)) => bail!(
            "--data: folder data sudah disebut oleh --into / --into is the data folder already"
        ),
        (None, None) => bail!("--data: sebut folder untuk berkas / name the folder for the files"),
    };
    let target = Target {
        place: &place,
        blobs: &data.join("blobs"),
        schemas: schemas(),
        keys: KEYS,
    };
    let teller = Teller::new();
    let restored = backup::restore(
        &asked.from,
        asked.keys.as_deref(),
        asked.older_keys,
        target,
        &shown(&teller),
    )
    .await;
    teller.clear();
    let restored = restored.map_err(|error| explained(error, Doing::Restore))?;
    both(
        format!(
            "dipulihkan dan sama dengan manifes: {} tabel, {} baris, {} berkas, {} oktet",
            restored.tables, restored.rows, restored.files, restored.octets
        ),
        format!(
            "restored, and the same as its manifest: {} tables, {} rows, {} files, {} octets",
            restored.tables, restored.rows, restored.files, restored.octets
        ),
    );
    if restored.destroyed > 0 {
        both(
            format!(
                "{} baris yang dimusnahkan sesudah cadangan ini tetap tidak terbuka; {} kunci kembali",
                restored.destroyed, restored.keys
            ),
            format!(
                "{} rows that were destroyed after this backup stay shut; {} keys came back",
                restored.destroyed, restored.keys
            ),
        );
    }
    if restored.shut > 0 {
        both(
            format!(
                "{} baris tidak terbuka: kuncinya tidak ada pada kunci yang dipakai (bukan berarti dimusnahkan); {} kunci kembali",
                restored.shut, restored.keys
            ),
            format!(
                "{} rows stay shut: the keys at hand do not have theirs (which does not say that they were destroyed); {} keys came back",
                restored.shut, restored.keys
            ),
        );
    }
    if restored.absent > 0 {
        both(
            format!(
                "{} berkas sudah tidak ada ketika cadangan dibuat",
                restored.absent
            ),
            format!(
                "{} files were not there when the backup was taken",
                restored.absent
            ),
        );
    }
    both(
        format!(
            "sebelum betang serve: letakkan kunci induk di samping {}",
            data.display()
        ),
        format!(
            "before betang serve: put the master key beside {}",
            data.display()
        ),
    );
    let db = Db::open_to_read(&place).await?;
    let is_whole = audit::walk(&db).await?;
    db.close().await;
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub(crate) async fn copy(asked: &Copy) -> anyhow::Result<ExitCode> {
    let (from, _) = place_of(&asked.from, &asked.schema);
    let (into, folder) = place_of(&asked.to, &asked.schema);
    // A place that is opened to write is made where there is none.
    let unread = |error: Error| explained(error.into(), Doing::Copy);
    Db::open_to_read(&from).await.map_err(unread)?.close().await;
    let db = Db::open(&from).await.map_err(unread)?;
    if let Some(folder) = &folder {
        make_folder(folder).with_context(|| folder.display().to_string())?;
    }
    let teller = Teller::new();
    let copied = store::copy::copy(&db, &into, schemas(), &shown(&teller)).await;
    teller.clear();
    db.close().await;
    let copied = copied.map_err(|error| explained(error.into(), Doing::Copy))?;
    for (table, rows, digest) in &copied.tables {
        say(format!("{table:<28} {rows:>10}  {}", &digest[..16]));
    }
    let rows: u64 = copied.tables.iter().map(|(_, rows, _)| rows).sum();
    let tables = copied.tables.len();
    both(
        format!("disalin, jumlah dan sidik sama di kedua sisi: {tables} tabel, {rows} baris"),
        format!("copied, counts and digests the same on both sides: {tables} tables, {rows} rows"),
    );
    both(
        "berkas (blobs) dan kunci induk tetap di tempatnya; yang lama tidak diubah",
        "files (blobs) and the master key stay where they are; what was copied is unchanged",
    );
    Ok(ExitCode::SUCCESS)
}

/// A place by its name, and which data folder it is.
fn place_of(text: &str, schema: &str) -> (Place, Option<PathBuf>) {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let place = Place::Postgres {
            url: Secret::new(text.to_owned()),
            schema: Some(schema.to_owned()),
        };
        return (place, None);
    }
    let folder = Path::new(text);
    let path = folder.join(DATABASE);
    (Place::Sqlite { path }, Some(folder.to_owned()))
}

/// Indonesian, and below it English.
pub(crate) fn both(indonesian: impl std::fmt::Display, english: impl std::fmt::Display) {
    say(indonesian);
    say(format!("  {english}"));
}

fn shown(teller: &Teller) -> impl Fn(Progress<'_>) + '_ {
    |progress| {
        let what = match progress.stage {
            Stage::Blobs => "berkas",
            Stage::Checking => "periksa",
            Stage::Tables => "tabel",
            Stage::Placing => "selesai",
        };
        teller.bar(what, progress.done as u64, progress.all as u64);
    }
}

/// What went wrong.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Backup,
    Restore,
    Copy,
}

/// What happened, what was kept, and what to do.
fn explained(error: BackupError, doing: Doing) -> anyhow::Error {
    let (happened, todo_id, todo_en) = match &error {
        BackupError::NotEmpty { .. } => (
            "tempat itu tidak kosong",
            "sebut tempat yang kosong",
            "name an empty place",
        ),
        BackupError::Together { .. } => (
            "berkas kunci tidak boleh berada di dalam folder cadangan",
            "sebut berkas di tempat lain untuk --keys",
            "name a file elsewhere for --keys",
        ),
        BackupError::Unfinished { .. } => (
            "folder itu bukan cadangan yang utuh",
            "pakai cadangan lain; folder ini boleh dihapus",
            "use another backup; this folder may be removed",
        ),
        BackupError::Newer { .. } | BackupError::Store(Error::Newer { .. }) => (
            "datanya ditulis oleh program yang lebih baru",
            "pasang versi itu",
            "install that version",
        ),
        BackupError::Altered { .. } => (
            "cadangan berubah atau rusak",
            "pakai cadangan lain",
            "use another backup",
        ),
        BackupError::NoKeys { .. } => (
            "berkas kunci tidak ada",
            "sebut berkas kunci yang terakhir; bila hilang: --without-keys",
            "name the last file of keys; if it is lost: --without-keys",
        ),
        BackupError::OtherHouse { .. } => (
            "kunci itu milik rumah lain",
            "sebut berkas kunci rumah ini",
            "name the file of keys of this house",
        ),
        BackupError::OlderKeys { .. } => (
            "kunci itu lebih lama daripada cadangan",
            "sebut berkas kunci yang terakhir; bila tidak ada lagi: --older-keys",
            "name the last file of keys; if there is none: --older-keys",
        ),
        BackupError::DamagedKeys { .. } => (
            "berkas kunci rusak atau terpotong; tidak ada yang dianggap dimusnahkan",
            "pakai salinan lain dari berkas kunci itu, atau berkas kunci yang lebih baru",
            "use another copy of that file of keys, or a newer one",
        ),
        BackupError::Store(Error::Full) => (
            "disk penuh",
            "beri ruang, lalu ulangi",
            "make room and do it again",
        ),
        BackupError::Store(Error::InUse { .. }) => (
            "basis data dipakai server yang sedang berjalan",
            "hentikan server itu dahulu",
            "stop that server first",
        ),
        BackupError::Store(Error::Place { .. }) => (
            "tempat itu tidak dapat dipakai",
            "sebut tempat lain",
            "name another place",
        ),
        BackupError::Store(_) => (
            "tidak selesai",
            "perbaiki sebabnya, lalu ulangi",
            "mend the cause and do it again",
        ),
    };
    let is_there = matches!(
        error,
        BackupError::NotEmpty { .. } | BackupError::Store(Error::Place { .. })
    );
    let (kept_id, kept_en) = match doing {
        _ if is_there => ("tidak ada yang diubah", "nothing was changed"),
        Doing::Backup => (
            "rumah tidak diubah; tanpa manifest.json folder itu bukan cadangan",
            "the house is unchanged; without manifest.json that folder is no backup",
        ),
        Doing::Restore => (
            "cadangan tidak diubah; di tempat tujuan belum ada rumah",
            "the backup is unchanged; there is no house at its place yet",
        ),
        Doing::Copy => (
            "yang disalin tidak diubah; di tempat tujuan tidak ada yang ditulis",
            "what was copied is unchanged; nothing was written at its place",
        ),
    };
    anyhow::anyhow!("{happened}; {kept_id}; {todo_id}\n  {error}; {kept_en}; {todo_en}")
}
