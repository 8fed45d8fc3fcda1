//! Runs a test on both engines.
//!
//! SQLite gets a file in a temporary folder. PostgreSQL gets a schema of its own
//! in a private cluster: Debian's package, sockets only, no sync, started by the
//! first test that needs it and shared by all test processes. Every process holds
//! a shared lock on the cluster's `users` file; a small watcher stops the cluster
//! once nobody has held it for a while. PostgreSQL refuses to run as root, so
//! root hands it to the user `postgres`.
//!
//! A machine without PostgreSQL fails these tests and says which package is
//! missing: a test that is skipped proves nothing.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base::redact::Secret;

use crate::{Db, Place};

/// Makes two tests of one body: `name::sqlite` and `name::postgres`.
///
/// The body is given a [`Db`] that is migrated to the given schemas; a second
/// form is given the [`Place`](crate::Place) and opens it itself.
#[macro_export]
macro_rules! on_both_engines {
    ($name:ident, $schemas:expr, $body:expr $(,)?) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let house = $crate::test::sqlite();
                let body = $body;
                body($crate::test::open(&house, $schemas).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let house = $crate::test::postgres();
                let body = $body;
                body($crate::test::open(&house, $schemas).await).await;
            }
        }
    };
    ($name:ident, $body:expr $(,)?) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let house = $crate::test::sqlite();
                let body = $body;
                body(house.place.clone()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let house = $crate::test::postgres();
                let body = $body;
                body(house.place.clone()).await;
            }
        }
    };
}

/// A database for one test, gone when it is dropped.
#[derive(Debug)]
pub struct House {
    /// Where it is.
    pub place: Place,
    _folder: tempfile::TempDir,
    _user: Option<File>,
}

/// A new SQLite file.
///
/// # Panics
/// If there is no room for a temporary folder.
#[must_use]
pub fn sqlite() -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    House {
        place: Place::Sqlite {
            path: folder.path().join("betang.sqlite"),
        },
        _folder: folder,
        _user: None,
    }
}

/// A new schema in the private PostgreSQL cluster.
///
/// # Panics
/// If the cluster cannot be started, saying what is missing.
#[must_use]
pub fn postgres() -> House {
    let (socket, user) = cluster();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let unique = folder
        .path()
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a readable name")
        .to_lowercase();
    let name: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
    let host = socket.display().to_string().replace('/', "%2F");
    House {
        place: Place::Postgres {
            url: Secret::new(format!("postgres://betang@{host}/postgres")),
            schema: Some(format!("test_{name}_{}", std::process::id())),
        },
        _folder: folder,
        _user: Some(user),
    }
}

/// Opens a database and migrates it.
///
/// # Panics
/// If either fails.
pub async fn open(house: &House, schemas: &[crate::migrate::Schema]) -> Db {
    let db = Db::open(&house.place).await.expect("the database opens");
    db.migrate(schemas, base::now::Wall::from_us(0))
        .await
        .expect("the database is migrated");
    db
}

/// The socket folder of the running cluster, and what keeps it running.
fn cluster() -> (PathBuf, File) {
    let folder = std::env::temp_dir().join(format!("betang-test-postgres-{}", whoami()));
    fs::create_dir_all(&folder).expect("a folder for the cluster");
    let users = open(&folder.join("users"));
    users.lock_shared().expect("a lock on the cluster's users");
    let starting = open(&folder.join("starting"));
    starting.lock().expect("a lock on the cluster's start");
    if !answers(&folder) {
        start(&folder);
    }
    return (folder, users);

    fn open(path: &Path) -> File {
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .expect("a lock file of the cluster")
    }
}

fn answers(folder: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok()
}

fn start(folder: &Path) {
    let bin = binaries();
    let data = folder.join("data");
    let _ = fs::remove_dir_all(&data);
    fs::create_dir(&data).expect("a data folder");
    for path in [folder, &data] {
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(path));
        }
    }
    run(dropped(&bin.join("initdb"))
        .args(["--auth=trust", "--username=betang", "--no-sync", "--pgdata"])
        .arg(&data));
    let settings = format!(
        "listen_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\n\
         full_page_writes = off\nmax_connections = 300\nshared_buffers = 32MB\n",
        folder.display()
    );
    File::options()
        .append(true)
        .open(data.join("postgresql.conf"))
        .and_then(|mut file| file.write_all(settings.as_bytes()))
        .expect("the cluster's settings are written");
    run(dropped(&bin.join("pg_ctl"))
        .arg("--wait")
        .arg("--log")
        .arg(data.join("log"))
        .arg("--pgdata")
        .arg(&data)
        .arg("start"));
    // Twenty seconds without a user, or an hour whatever happens.
    let watch = format!(
        "n=0; while [ $n -lt 180 ]; do sleep 20; n=$((n+1)); \
         if flock -n -x '{users}' true; then break; fi; done; \
         {stop} --pgdata '{data}' --mode=immediate stop",
        users = folder.join("users").display(),
        stop = shell(&dropped(&bin.join("pg_ctl"))),
        data = data.display(),
    );
    run(Command::new("setsid").args(["--fork", "sh", "-c", &watch]));
}

/// Newest first, as Debian lays them out.
fn binaries() -> PathBuf {
    let mut found: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .expect("PostgreSQL is not installed: apt-get install postgresql")
}

fn dropped(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    command
}

fn shell(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The cluster must not keep our pipes open, or a runner that waits for them to
/// close waits for the cluster.
fn run(command: &mut Command) {
    let log = tempfile::tempfile().expect("a temporary file");
    let status = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .status();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "{command:?} failed: {status:?}"
    );
}

fn is_root() -> bool {
    whoami() == 0
}

fn whoami() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").map_or(0, |own| own.uid())
}
