//! Runs a test on both engines.
//!
//! SQLite gets a file in a temporary folder. PostgreSQL gets a schema of its own,
//! dropped at the end, in a private cluster: Debian's package, sockets only, no
//! sync, started by the first test that needs it and shared by all test
//! processes. Every process holds a shared lock on the cluster's `users` file; a
//! small watcher stops the cluster once nobody has held it for a while.
//! PostgreSQL refuses to run as root, so root hands it to the user `postgres`, or
//! to `nobody` where there is none.
//!
//! `BETANG_TEST_PG=<folder of the socket>` names a cluster that runs already and
//! whose user `betang` needs no password; it is used and left alone.
//!
//! A machine without PostgreSQL fails these tests and says which package is
//! missing: a test that is skipped proves nothing.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base::now::Wall;
use base::redact::Secret;

use crate::migrate::{Schema, describe};
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

impl Drop for House {
    fn drop(&mut self) {
        let Place::Postgres {
            url,
            schema: Some(schema),
        } = &self.place
        else {
            return;
        };
        // A test may have left a transaction open; its schema then stays until
        // the cluster goes.
        let _ = Command::new(binaries().join("psql"))
            .args(["--no-psqlrc", "--quiet", "--dbname", url.expose()])
            .arg("--command")
            .arg(format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))
            .env(
                "PGOPTIONS",
                "-c lock_timeout=2s -c client_min_messages=warning",
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
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
        _user: user,
    }
}

/// Opens a database and migrates it.
///
/// # Panics
/// If either fails.
pub async fn open(house: &House, schemas: &[Schema]) -> Db {
    let db = Db::open(&house.place).await.expect("the database opens");
    db.migrate(schemas, Wall::from_us(0))
        .await
        .expect("the database is migrated");
    db
}

/// Proves of the schemas of some rooms that a database which has seen every
/// version ends up as one that is made today, that both engines end up alike,
/// and that only the four types are used which mean the same on both.
///
/// # Panics
/// If one of these does not hold.
pub async fn prove(schemas: &[Schema]) {
    let mut found = Vec::new();
    for new in [sqlite, postgres] {
        let (old, fresh) = (new(), new());
        let grown = grow(&old.place, schemas).await;
        let db = open(&fresh, schemas).await;
        let columns = describe(&db).await.expect("a description");
        assert_eq!(grown, columns, "grown step by step, and fresh");
        for (table, column, data_type) in &columns {
            let plain = data_type.trim_end_matches(" not null");
            assert!(
                ["bigint", "text", "bytea", "double precision"].contains(&plain),
                "{table}.{column} is {plain}"
            );
        }
        found.push(columns);
        db.close().await;
    }
    assert_eq!(found[0], found[1], "SQLite, and PostgreSQL");
}

/// Applies one step after the other, each by a server of its own.
async fn grow(place: &Place, schemas: &[Schema]) -> Vec<(String, String, String)> {
    let mut applied: Vec<Schema> = Vec::new();
    let mut columns = Vec::new();
    for schema in schemas {
        applied.push(Schema {
            room: schema.room,
            steps: &[],
        });
        for count in 1..=schema.steps.len() {
            applied.last_mut().expect("just pushed").steps = &schema.steps[..count];
            let db = Db::open(place).await.expect("the database opens");
            db.migrate(&applied, Wall::from_us(0))
                .await
                .expect("one step is applied");
            columns = describe(&db).await.expect("a description");
            db.close().await;
        }
    }
    columns
}

/// The socket folder of the running cluster, and what keeps it running.
fn cluster() -> (PathBuf, Option<File>) {
    if let Some(folder) = std::env::var_os("BETANG_TEST_PG") {
        return (folder.into(), None);
    }
    let folder = std::env::temp_dir().join(format!("betang-test-postgres-{}", whoami()));
    fs::create_dir_all(&folder).expect("a folder for the cluster");
    let users = open(&folder.join("users"));
    users.lock_shared().expect("a lock on the cluster's users");
    let starting = open(&folder.join("starting"));
    starting.lock().expect("a lock on the cluster's start");
    if !answers(&folder) {
        start(&folder);
    }
    return (folder, Some(users));

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
    let owner = owner();
    let data = folder.join("data");
    let _ = fs::remove_dir_all(&data);
    fs::create_dir(&data).expect("a data folder");
    if let Some((user, group)) = owner {
        for path in [folder, &data] {
            std::os::unix::fs::chown(path, Some(user), Some(group))
                .expect("the cluster's folder is handed over");
        }
    }
    run(dropped(owner, &bin.join("initdb"))
        .args(["--auth=trust", "--username=betang", "--no-sync"])
        .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
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
    run(dropped(owner, &bin.join("pg_ctl"))
        .arg("--wait")
        .arg("--log")
        .arg(data.join("log"))
        .arg("--pgdata")
        .arg(&data)
        .arg("start"));
    // Twenty to forty seconds without a user, or an hour whatever happens. Who
    // comes while it stops waits for the lock and then starts another.
    let watch = format!(
        "n=0; while [ $n -lt 180 ]; do sleep 20; n=$((n+1)); \
         if flock --nonblock --exclusive '{users}' {stop}; then exit; fi; done; {stop}",
        users = folder.join("users").display(),
        stop = shell(
            dropped(owner, &bin.join("pg_ctl"))
                .arg("--pgdata")
                .arg(&data)
                .args(["--mode=immediate", "stop"])
        ),
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

/// Whom root hands the cluster to, as user and group; nobody else needs to.
fn owner() -> Option<(u32, u32)> {
    if whoami() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            let user = fields.nth(1)?.parse().ok()?;
            Some((user, fields.next()?.parse().ok()?))
        })
    };
    let found = find("postgres").or_else(|| find("nobody"));
    Some(found.expect("a user postgres or nobody to run PostgreSQL as"))
}

fn dropped(owner: Option<(u32, u32)>, program: &Path) -> Command {
    let Some((user, group)) = owner else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={user}"))
        .arg(format!("--regid={group}"))
        .arg("--clear-groups")
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
    let mut log = tempfile::tempfile().expect("a temporary file");
    let status = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log.try_clone().expect("a third handle"))
        .status();
    if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        let mut said = String::new();
        let read = log.rewind().and_then(|()| log.read_to_string(&mut said));
        panic!("{command:?} failed: {status:?}: {said} {read:?}");
    }
}

fn whoami() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").map_or(0, |own| own.uid())
}
