//! What is wrong with a machine, provoked for real, and what the doctor says of it.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

use crate::running::{BETANG, House, data};

/// A doctor on free ports.
fn doctor(data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(BETANG);
    command.args(["doctor", "--json", "--data"]).arg(data);
    for port in ["--listen", "--media", "--sites"] {
        if !more.contains(&port) {
            command.args([port, "127.0.0.1:0"]);
        }
    }
    command.args(more).stdin(Stdio::null());
    command
}

fn told(done: &Output) -> (i64, Json) {
    let said = String::from_utf8_lossy(&done.stdout);
    let why = String::from_utf8_lossy(&done.stderr);
    let told: Json = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{why}"));
    let code = i64::from(done.status.code().expect("a code"));
    assert_eq!(told["code"], code);
    for finding in told["findings"].as_array().expect("findings") {
        let is_well = ["good", "note"].contains(&finding["level"].as_str().expect("a level"));
        for part in ["measured", "why", "todo"] {
            for language in ["id", "en"] {
                let text = finding[part][language].as_str().expect("a text");
                let may_lack = is_well && part != "measured";
                assert!(may_lack || !text.is_empty(), "{part} {language}: {finding}");
            }
        }
    }
    (code, told)
}

fn asked(data: &Path, more: &[&str]) -> Json {
    let done = doctor(data, more).output().expect("it runs");
    told(&done).1
}

/// How bad one thing is, and what was measured.
fn of<'t>(told: &'t Json, subject: &str) -> (&'t str, &'t str) {
    let all = told["findings"].as_array().expect("findings");
    let one = all.iter().find(|it| it["subject"] == subject);
    let one = one.unwrap_or_else(|| panic!("{subject}: {told:#}"));
    (
        one["level"].as_str().expect("a level"),
        one["measured"]["en"].as_str().expect("a text"),
    )
}

#[test]
fn an_empty_place_is_no_fault() {
    let (_folder, data) = data();
    let told = asked(&data, &[]);
    for subject in ["data", "database", "key", "backup"] {
        let (level, measured) = of_if(&told, subject).unwrap_or(("note", ""));
        assert_eq!(level, "note", "{subject}: {measured}");
    }
    assert_eq!(of(&told, "port.listen").0, "good");
}

fn of_if<'t>(told: &'t Json, subject: &str) -> Option<(&'t str, &'t str)> {
    let all = told["findings"].as_array().expect("findings");
    all.iter()
        .any(|it| it["subject"] == subject)
        .then(|| of(told, subject))
}

#[test]
fn a_running_house_is_well_and_holds_its_own_ports() {
    let (_folder, data) = data();
    let house = House::start(&data);
    let pages = house.url.trim_start_matches("http://").to_owned();
    let told = asked(&data, &["--listen", &pages]);
    let (level, measured) = of(&told, "port.listen");
    assert_eq!(level, "good", "{measured}");
    assert!(measured.contains(&house.id().to_string()), "{measured}");
    for subject in [
        "data.rights",
        "database.schema",
        "database.whole",
        "database.log",
        "key",
        "limit.core",
    ] {
        let (level, measured) = of(&told, subject);
        assert_eq!(level, "good", "{subject}: {measured}");
    }
}

#[test]
fn a_port_that_is_taken_is_told_with_who_has_it() {
    let (_folder, data) = data();
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let (pages, media) = (
        tcp.local_addr().expect("an address").to_string(),
        udp.local_addr().expect("an address").to_string(),
    );
    let told = asked(&data, &["--listen", &pages, "--media", &media]);
    for subject in ["port.listen", "port.media"] {
        let (level, measured) = of(&told, subject);
        assert_eq!(level, "bad", "{subject}");
        assert!(
            measured.contains(&std::process::id().to_string()),
            "{measured}"
        );
    }
    assert_eq!(told["code"], 2);
    let told = asked(&data, &["--listen", "192.0.2.1:8080"]);
    let (level, measured) = of(&told, "port.listen");
    assert!(
        level == "bad" && measured.contains("no address of this machine"),
        "{measured}"
    );
}

#[test]
fn a_setting_that_nobody_knows_is_told() {
    let (folder, data) = data();
    let file = folder.path().join("betang.toml");
    fs::write(&file, "listn = \"127.0.0.1:1\"\n").expect("written");
    let file = file.display().to_string();
    let told = asked(&data, &["--config", &file]);
    let (level, measured) = of(&told, "config");
    assert!(
        level == "bad" && measured.contains("did you mean listen?"),
        "{measured}"
    );
}

#[test]
fn too_few_open_files_are_told() {
    let (_folder, data) = data();
    for (most, level) in [(512, "bad"), (4_096, "warning")] {
        let done = Command::new("sh")
            .args([
                "-c",
                &format!("ulimit -n {most} && exec \"$@\""),
                "sh",
                BETANG,
            ])
            .args(["doctor", "--json", "--data"])
            .arg(&data)
            .output()
            .expect("it runs");
        let (_, told) = self::told(&done);
        assert_eq!(of(&told, "limit.files").0, level, "{most}");
    }
}

#[test]
fn a_folder_that_others_see_or_that_is_memory_is_told() {
    let (_folder, data) = data();
    fs::create_dir(&data).expect("made");
    fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("set");
    let told = asked(&data, &[]);
    assert_eq!(of(&told, "data.rights").0, "warning");
    // Linux has a file system of memory there.
    let memory = tempfile::tempdir_in("/dev/shm").expect("a folder");
    let told = asked(memory.path(), &[]);
    assert_eq!(of(&told, "disk.kind"), ("bad", "tmpfs"));
    let nowhere = asked(&data.join("a/b"), &[]);
    assert_eq!(of(&nowhere, "data").0, "bad");
}

/// Where this user may make a mount of its own.
#[test]
fn a_disk_that_is_full_or_only_read_is_told() {
    let (_folder, data) = data();
    fs::create_dir(&data).expect("made");
    let script = |options: &str, fill: &str| {
        format!(
            "mount -t tmpfs -o {options} none \"$1\" && {fill} && exec \"$2\" doctor --json --data \"$1\""
        )
    };
    let run = |script: &str| {
        Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                "sh",
            ])
            .arg(&data)
            .arg(BETANG)
            .output()
            .expect("it runs")
    };
    if !run("true").status.success() {
        return;
    }
    let done = run(&script("size=2m", "head -c 2090000 /dev/zero >\"$1/x\""));
    let (_, told) = self::told(&done);
    assert_eq!(of(&told, "disk.space").0, "bad");
    let done = run(&script("nr_inodes=12", "true"));
    let (_, told) = self::told(&done);
    assert_eq!(of(&told, "disk.inodes").0, "good");
    let done = run(&script("ro", "true"));
    let (_, told) = self::told(&done);
    let (level, measured) = of(&told, "disk.keeps");
    assert!(
        level == "bad" && measured.contains("Read-only"),
        "{measured}"
    );
}

/// A certificate that openssl has made, for some days from now on.
fn certificate(folder: &Path, days: &str) {
    let openssl = |args: &[&str]| {
        let done = Command::new("openssl")
            .current_dir(folder)
            .args(args)
            .output()
            .expect("openssl");
        let why = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{why}");
    };
    let names = "subjectAltName=DNS:pusat.example,IP:10.0.0.9";
    let curve = "ec_paramgen_curve:P-256";
    openssl(&[
        "req", "-new", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-subj", "/CN=uji", "-addext",
        names, "-keyout", "key.pem", "-out", "asked",
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        "asked",
        "-key",
        "key.pem",
        "-copy_extensions",
        "copy",
        "-days",
        days,
        "-out",
        "cert.pem",
    ]);
}

#[test]
fn certificates_are_looked_at() {
    let (folder, data) = data();
    let certificates = folder.path().join("tls");
    fs::create_dir(&certificates).expect("made");
    let at = certificates.display().to_string();
    let look = |names: &str| {
        let done = doctor(&data, &["--tls", &at])
            .env("BETANG_NAMES", names)
            .output()
            .expect("it runs");
        told(&done).1
    };
    certificate(&certificates, "200");
    let told = look("pusat.example,10.0.0.9");
    for subject in ["certificate.key", "certificate.names", "certificate.expiry"] {
        assert_eq!(of(&told, subject).0, "good", "{subject}");
    }
    let told = look("lain.example");
    let (level, measured) = of(&told, "certificate.names");
    assert!(
        level == "bad" && measured.contains("not for lain.example"),
        "{measured}"
    );
    certificate(&certificates, "5");
    assert_eq!(of(&look(""), "certificate.expiry").0, "warning");
    certificate(&certificates, "-1");
    let told = look("");
    let (level, measured) = of(&told, "certificate.expiry");
    assert!(level == "bad" && measured.contains("expired"), "{measured}");
    // The key of another one.
    let other = fs::read(certificates.join("key.pem")).expect("read");
    certificate(&certificates, "200");
    fs::write(certificates.join("key.pem"), other).expect("written");
    assert_eq!(of(&look(""), "certificate.key").0, "bad");
}

#[test]
fn the_key_and_the_database_are_looked_at() {
    let (folder, data) = data();
    let mut house = House::start(&data);
    house.signal("-TERM");
    assert!(house.ended().success());
    let key = folder.path().join("data.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("set");
    assert_eq!(of(&asked(&data, &[]), "key").0, "bad");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("set");
    assert_eq!(of(&asked(&data, &[]), "key").0, "good");
    let inside = data.join("master.key");
    fs::rename(&key, &inside).expect("moved");
    let (level, measured) = {
        let told = asked(&data, &[]);
        let (level, measured) = of(&told, "key");
        (level.to_owned(), measured.to_owned())
    };
    assert!(
        level == "bad" && measured.contains("not there"),
        "{measured}"
    );
    let done = doctor(&data, &[])
        .env("BETANG_VAULT_KEY_FILE", &inside)
        .output()
        .expect("it runs");
    let (_, told) = self::told(&done);
    let (level, measured) = of(&told, "key");
    assert!(level == "bad" && measured.contains("within"), "{measured}");

    // A page of the middle of the file, overwritten.
    let path = data.join("betang.sqlite");
    let mut octets = fs::read(&path).expect("read");
    let middle = octets.len() / 2 / 4096 * 4096;
    octets[middle..middle + 64 * 4096].fill(0x5a);
    fs::write(&path, octets).expect("written");
    assert_eq!(of(&asked(&data, &[]), "database.whole").0, "bad");
    fs::write(&path, "no database").expect("written");
    let told = asked(&data, &[]);
    let damaged = of_if(&told, "database").or_else(|| of_if(&told, "database.schema"));
    assert_eq!(damaged.expect("told").0, "bad");
}

#[test]
fn an_old_backup_is_told() {
    let (folder, data) = data();
    let backups = folder.path().join("cadangan");
    fs::create_dir_all(backups.join("1")).expect("made");
    let at = backups.display().to_string();
    let mut house = House::start(&data);
    house.signal("-TERM");
    assert!(house.ended().success());
    assert_eq!(of(&asked(&data, &["--backups", &at]), "backup").0, "bad");
    fs::write(
        backups.join("1/manifest.json"),
        "{\"taken_us\": 1700000000000000}",
    )
    .expect("written");
    let told = asked(&data, &["--backups", &at]);
    let (level, measured) = of(&told, "backup");
    assert!(
        level == "bad" && measured.contains("days ago"),
        "{measured}"
    );
    let to = backups.join("2").display().to_string();
    let keys = folder.path().join("keys").display().to_string();
    crate::running::local(&data, &["backup", "--to", &to, "--keys", &keys]);
    assert_eq!(of(&asked(&data, &["--backups", &at]), "backup").0, "good");
}

#[test]
fn a_server_of_time_is_asked() {
    let (_folder, data) = data();
    let server = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let at = server.local_addr().expect("an address").to_string();
    let mut child = doctor(&data, &["--ntp", &at])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut question = [0; 64];
    let (length, from) = server.recv_from(&mut question).expect("asked");
    assert_eq!((length, question[0]), (48, 0x23));
    // It says that it is the year 2030.
    let mut answer = [0; 48];
    (answer[0], answer[1]) = (0x24, 1);
    answer[40..44].copy_from_slice(&(2_208_988_800_u32 + 1_893_456_000).to_be_bytes());
    server.send_to(&answer, from).expect("sent");
    let mut said = String::new();
    let mut out = child.stdout.take().expect("its output");
    out.read_to_string(&mut said).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
    let told: Json = serde_json::from_str(&said).expect("JSON");
    assert_eq!(of(&told, "clock.offset").0, "bad");
}

#[test]
fn a_person_reads_it_in_indonesian_first() {
    let (_folder, data) = data();
    let say = |language: &[&str]| {
        let done = Command::new(BETANG)
            .args(["doctor", "--listen", "192.0.2.1:1", "--data"])
            .arg(&data)
            .args(language)
            .output()
            .expect("it runs");
        assert_eq!(done.status.code(), Some(2));
        String::from_utf8(done.stdout).expect("text")
    };
    let text = say(&[]);
    assert!(
        text.contains("RUSAK") && text.contains("bukan alamat mesin ini"),
        "{text}"
    );
    assert!(
        text.contains("lakukan:") && text.contains("hal diperiksa"),
        "{text}"
    );
    let text = say(&["--lang", "en"]);
    assert!(
        text.contains("BAD") && text.contains("no address of this machine"),
        "{text}"
    );
}
