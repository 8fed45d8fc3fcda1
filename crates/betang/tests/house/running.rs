//! A running house.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};

pub(crate) const BETANG: &str = env!("CARGO_BIN_EXE_betang");
pub(crate) const PASSWORD: &str = "huma-betang-kahayan-24";

/// A running house, killed when it is dropped.
pub(crate) struct House {
    child: Child,
    pub(crate) url: String,
    /// What it said at its start, line by line.
    pub(crate) said: Vec<String>,
    /// Held open: what is said later has a reader.
    _out: BufReader<ChildStdout>,
}

impl House {
    pub(crate) fn start(data: &Path) -> Self {
        Self::of(serve(data).env("BETANG_ADMIN_PASSWORD", PASSWORD))
    }

    /// Waits until it has said where its media port is, which comes last.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut said = Vec::new();
        while said
            .last()
            .is_none_or(|line: &String| !line.starts_with("media"))
        {
            let mut line = String::new();
            let read = out.read_line(&mut line).expect("text");
            assert!(read > 0, "it ended before it was ready: {said:?}");
            said.push(line.trim_end().to_owned());
        }
        let url = said
            .iter()
            .find_map(|line| line.strip_prefix("betang"))
            .expect("it prints its address");
        Self {
            url: url.trim().trim_end_matches('/').to_owned(),
            child,
            said,
            _out: out,
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A browser in which the administrator has logged in.
    pub(crate) async fn admin(&self) -> Client {
        self.person("admin").await
    }

    /// The same of anybody whose password is that one's.
    pub(crate) async fn person(&self, username: &str) -> Client {
        let client = Client::builder()
            .cookie_store(true)
            .build()
            .expect("a client");
        let login = json!({ "username": username, "password": PASSWORD });
        let answer = client
            .post(self.at("/api/v1/session"))
            .json(&login)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        client
    }

    pub(crate) async fn token(&self) -> String {
        let made: Json = self
            .admin()
            .await
            .post(self.at("/api/v1/tokens"))
            .json(&json!({ "name": "uji" }))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("a token");
        made["token"].as_str().expect("a token").to_owned()
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// Lets go of its log: what it writes there from now on has no reader.
    pub(crate) fn stop_reading_its_log(&mut self) {
        drop(self.child.stderr.take().expect("its log was ours to read"));
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a house is started on free ports.
pub(crate) fn serve(data: &Path) -> Command {
    serve_sites(data, "127.0.0.1:0")
}

/// The same, with the port for sites where they know it to be.
pub(crate) fn serve_sites(data: &Path, sites: &str) -> Command {
    let mut command = Command::new(BETANG);
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(["--media", "127.0.0.1:0", "--sites", sites, "--data"])
        .arg(data)
        // Where the cameras of tests are.
        .env("BETANG_CAMERA_NETWORKS", "127.0.0.0/8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// What one runs beside a house, to its end.
pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    Command::new(BETANG)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

/// The same, for a verb on the data folder's own socket that has to succeed.
pub(crate) fn local(data: &Path, args: &[&str]) -> String {
    let here = ["--data", data.to_str().expect("text")];
    let done = run(args.iter().chain(&here));
    let why = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{args:?}: {why}");
    String::from_utf8(done.stdout).expect("text")
}

pub(crate) fn data() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    (folder, data)
}

/// A guard against hanging; nothing waits for it to pass.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .expect("it comes to an end")
}
