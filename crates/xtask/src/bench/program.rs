//! Programs that a bench starts, and the house among them.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value as Json, json};

/// How long a program may take until it says that it is there. The first start of
/// the cameras encodes their films.
const START_MAX: Duration = Duration::from_secs(300);

/// How often what it prints is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How often states of cameras are asked for.
const LIVE_EVERY: Duration = Duration::from_secs(1);

const ADMIN: &str = "admin";

/// So long a house may take to answer to a file.
const SENT_MAX: Duration = Duration::from_secs(600);

pub(super) const PASSWORD: &str = "huma-betang-katingan-25";

/// A folder that goes with whoever made it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("betang-bench-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program that is ended with its holder.
pub(super) struct Program {
    child: Child,
    /// What it has printed.
    said: PathBuf,
}

impl Program {
    /// Starts it; what it prints goes to files named after it.
    pub(super) fn start(folder: &Path, name: &str, command: &mut Command) -> Result<Self> {
        let said = folder.join(format!("{name}.out"));
        let complained = folder.join(format!("{name}.err"));
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&said)?)
            .stderr(File::create(complained)?)
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        Ok(Self { child, said })
    }

    /// Processor time that it has used, of its own and in the kernel (proc(5)).
    pub(super) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        let (_, fields) = stat.rsplit_once(')').context("no name in it")?;
        let ticks = fields.split_ascii_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0)).sum();
        // USER_HZ is a hundred wherever this runs.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Memory in MiB, by a line of its status (proc(5)): `VmRSS` for now, `VmHWM` at most.
    pub(super) fn memory(&self, line: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let mut lines = status.lines();
        let kib = lines.find_map(|it| it.strip_prefix(line)?.strip_prefix(':'));
        let kib = kib.and_then(|line| line.split_ascii_whitespace().next());
        Ok(kib.context("no memory")?.parse::<u64>()? / 1_024)
    }

    /// From now on the most memory is that of what follows (proc(5), `clear_refs`).
    pub(super) fn forget_memory(&self) -> Result<()> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.pid()), "5")?)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that begins so; what follows on it.
    pub(super) fn line(&mut self, beginning: &str) -> Result<String> {
        let looks = START_MAX.as_millis() / LOOK_EVERY.as_millis();
        for _ in 0..looks {
            let said = fs::read_to_string(&self.said)?;
            // The last line may be half written.
            let mut whole = said
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            if let Some(rest) = whole.find_map(|line| line.strip_prefix(beginning)) {
                return Ok(rest.trim().to_owned());
            }
            if let Some(status) = self.child.try_wait()? {
                let complained = fs::read_to_string(self.said.with_extension("err"))?;
                bail!("{} ended ({status}): {complained}", self.said.display());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("{} has not said {beginning}", self.said.display())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end and reads the JSON that it prints.
pub(super) fn measure(command: &mut Command) -> Result<Json> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {complained}");
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?}: {complained}"))
}

/// A real house on an empty folder, with a token of its admin.
pub(super) struct House {
    pub(super) program: Program,
    /// `127.0.0.1:port`
    at: String,
    pub(super) token: String,
}

impl House {
    pub(super) fn start(betang: &Path, folder: &Path, name: &str) -> Result<Self> {
        let data = folder.join(name);
        let mut command = Command::new(betang);
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--media",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(&data)
            .env("BETANG_CAMERA_NETWORKS", "127.0.0.0/8")
            .env("BETANG_ADMIN_PASSWORD", PASSWORD);
        Self::of(folder, name, &mut command)
    }

    /// The same of a command that knows the password.
    pub(super) fn of(folder: &Path, name: &str, command: &mut Command) -> Result<Self> {
        let mut program = Program::start(folder, name, command)?;
        let url = program.line("betang  http://")?;
        let at = url.trim_end_matches('/').to_owned();
        program.line("admin ")?;
        let mut house = Self {
            program,
            at,
            token: String::new(),
        };
        let person = json!({"username": ADMIN, "password": PASSWORD});
        let (head, _) = house.ask("POST", "/api/v1/session", &[], Some(&person))?;
        let cookie = head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .and_then(|cookie| cookie.split(';').next())
            .context("no cookie")?;
        let cookie = format!("cookie: {cookie}");
        let name = json!({"name": "bench"});
        let (_, saved) = house.ask("POST", "/api/v1/tokens", &[&cookie], Some(&name))?;
        house.token = saved["token"].as_str().context("no token")?.to_owned();
        Ok(house)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// The same as the admin, without a head.
    pub(super) fn told(&self, method: &str, path: &str, body: Option<&Json>) -> Result<Json> {
        let bearer = format!("authorization: Bearer {}", self.token);
        Ok(self.ask(method, path, &[&bearer], body)?.1)
    }

    /// Sends a file as the body, as it is.
    pub(super) fn send(&self, path: &str, file: &Path) -> Result<Json> {
        let mut from = std::fs::File::open(file)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             authorization: Bearer {}\r\ncontent-type: application/octet-stream\r\n\
             content-length: {}\r\n\r\n",
            self.at,
            self.token,
            from.metadata()?.len(),
        );
        let mut stream = TcpStream::connect(&self.at)?;
        stream.set_read_timeout(Some(SENT_MAX))?;
        stream.write_all(head.as_bytes())?;
        std::io::copy(&mut from, &mut stream)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(parse(&answer).with_context(|| path.to_owned())?.1)
    }

    /// Registers a camera.
    pub(super) fn add(&self, form: &Json) -> Result<()> {
        let bearer = format!("authorization: Bearer {}", self.token);
        self.ask("POST", "/api/v1/cameras", &[&bearer], Some(form))?;
        Ok(())
    }

    /// Waits until that many cameras are live.
    pub(super) fn all_live(&self, count: u32) -> Result<()> {
        let bearer = format!("authorization: Bearer {}", self.token);
        let path = "/api/v1/cameras?state=live&limit=5000";
        let looks = START_MAX.as_millis() / LIVE_EVERY.as_millis();
        for _ in 0..looks {
            let (_, page) = self.ask("GET", path, &[&bearer], None)?;
            let live = page["items"].as_array().map_or(0, Vec::len);
            if live == usize::try_from(count)? {
                return Ok(());
            }
            std::thread::sleep(LIVE_EVERY);
        }
        bail!("not all of {count} cameras came to be live")
    }

    /// Asks and expects to be served: the head of the answer and its body.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: Option<&Json>,
    ) -> Result<(String, Json)> {
        let mut lines = vec![
            format!("{method} {path} HTTP/1.1"),
            format!("host: {}", self.at),
            "connection: close".to_owned(),
        ];
        lines.extend(headers.iter().map(|header| (*header).to_owned()));
        let body = body.map(Json::to_string).unwrap_or_default();
        if !body.is_empty() {
            lines.push("content-type: application/json".to_owned());
            lines.push(format!("content-length: {}", body.len()));
        }
        let mut stream = TcpStream::connect(&self.at)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(format!("{}\r\n\r\n{body}", lines.join("\r\n")).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        parse(&answer).with_context(|| format!("{method} {path}"))
    }
}

/// An answer of HTTP/1.1 with a length of its own or none (RFC 9112 §6.3).
fn parse(answer: &[u8]) -> Result<(String, Json)> {
    let text = std::str::from_utf8(answer)?;
    let (head, body) = text.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split_ascii_whitespace().nth(1).unwrap_or_default();
    ensure!(status.starts_with('2'), "{status}: {body}");
    let body = if body.is_empty() {
        Json::Null
    } else {
        serde_json::from_str(body)?
    };
    Ok((head.to_owned(), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let (head, body) =
            parse(b"HTTP/1.1 201 Created\r\nset-cookie: a=b; Path=/\r\n\r\n{\"x\":1}")
                .expect("an answer");
        assert!(head.contains("set-cookie: a=b"));
        assert_eq!(body["x"], 1);
        assert!(
            parse(b"HTTP/1.1 204 No Content\r\n\r\n")
                .expect("an answer")
                .1
                .is_null()
        );
        let refused = parse(b"HTTP/1.1 403 Forbidden\r\n\r\n{}").expect_err("a refusal");
        assert_eq!(refused.to_string(), "403: {}");
        assert!(parse(b"nonsense").is_err());
    }
}
