//! Whoever publishes a camera as a list of pieces: FFmpeg writes them, and a few lines of
//! HTTP by hand hand them out, with none of the house's code.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use url::Url;

/// What is answered instead of a file.
#[derive(Clone)]
pub(crate) enum Answer {
    /// All of it, as it is written here.
    Raw(Vec<u8>),
    /// This, and then the same octets for as long as somebody reads.
    Endless(Vec<u8>),
    /// The beginning of an answer, and then nothing.
    Hangs(Vec<u8>),
}

/// Answers by path.
type Script = Arc<Mutex<BTreeMap<String, Answer>>>;

/// Requests that have come: their first line and their header, in lower case.
type Asked = Arc<Mutex<Vec<String>>>;

/// A publisher.
pub(crate) struct Publisher {
    pub(crate) at: SocketAddr,
    pub(crate) folder: tempfile::TempDir,
    script: Script,
    asked: Asked,
}

impl Publisher {
    pub(crate) async fn start() -> Self {
        Self::at(IpAddr::V4(Ipv4Addr::LOCALHOST)).await
    }

    pub(crate) async fn at(address: IpAddr) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let folder = tempfile::tempdir().expect("a folder");
        let (script, asked) = (Script::default(), Asked::default());
        let given = (folder.path().to_owned(), script.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (folder, script, asked) = given.clone();
                tokio::spawn(async move {
                    let _ = serve(stream, &folder, &script, &asked).await;
                });
            }
        });
        Self {
            at,
            folder,
            script,
            asked,
        }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.at)
            .parse()
            .expect("an address")
    }

    /// Answers so from now on.
    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        lock(&self.script).insert(path.to_owned(), answer);
    }

    /// The same with a text, and the status of the answer.
    pub(crate) fn says(&self, path: &str, status: &str, text: &str) {
        self.answer(path, Answer::Raw(answered(status, text.as_bytes())));
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        lock(&self.asked).clone()
    }

    /// How often a path was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        let line = format!("get {path} ");
        let asked = lock(&self.asked);
        asked
            .iter()
            .filter(|asked| asked.starts_with(&line))
            .count()
    }

    /// FFmpeg films into the folder, in real time, until it is let go.
    pub(crate) fn films(&self, encoder: &[&str], pieces: &[&str]) -> Child {
        let mut args = vec![
            "-v",
            "error",
            "-re",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x240:rate=25",
        ];
        args.extend_from_slice(encoder);
        args.extend_from_slice(&["-f", "hls", "-hls_time", "1", "-hls_list_size", "4"]);
        args.extend_from_slice(&["-hls_flags", "delete_segments+temp_file+program_date_time"]);
        args.extend_from_slice(pieces);
        args.push("index.m3u8");
        Command::new("ffmpeg")
            .args(&args)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("ffmpeg")
    }
}

/// H.264 with a key frame each second and no picture that refers to a later one.
pub(crate) const H264: [&str; 10] = [
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-pix_fmt",
    "yuv420p",
    "-g",
    "25",
];
/// The same of H.265, which needs its name in an MP4.
pub(crate) const H265: [&str; 12] = [
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-x265-params",
    "log-level=error:keyint=25:min-keyint=25:bframes=0:scenecut=0",
    "-pix_fmt",
    "yuv420p",
    "-tag:v",
    "hvc1",
];
pub(crate) const TS: [&str; 2] = ["-hls_segment_type", "mpegts"];
pub(crate) const MP4: [&str; 2] = ["-hls_segment_type", "fmp4"];

/// Runs FFmpeg or its sister to the end; what it writes.
pub(crate) async fn run(program: &str, args: &[&str], folder: &Path) -> Vec<u8> {
    let done = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("it is installed");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program}: {said}");
    done.stdout
}

/// An answer of HTTP with a length.
pub(crate) fn answered(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn serve(
    stream: TcpStream,
    folder: &Path,
    script: &Script,
    asked: &Asked,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut request = String::new();
    while let Some(line) = lines.next_line().await? {
        if !line.is_empty() {
            request.push_str(&line.to_lowercase());
            request.push('\n');
            continue;
        }
        let request = std::mem::take(&mut request);
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let range = request
            .lines()
            .find_map(|line| line.strip_prefix("range: bytes="))
            .map(str::to_owned);
        lock(asked).push(request);
        let scripted = lock(script).get(&path).cloned();
        match scripted {
            Some(Answer::Raw(octets)) => write.write_all(&octets).await?,
            Some(Answer::Endless(octets)) => {
                write.write_all(&octets).await?;
                loop {
                    write.write_all(&[0x47; 16 * 1024]).await?;
                }
            }
            Some(Answer::Hangs(octets)) => {
                write.write_all(&octets).await?;
                std::future::pending::<()>().await;
            }
            None => {
                write
                    .write_all(&file(folder, &path, range.as_deref()).await)
                    .await?
            }
        }
    }
    Ok(())
}

async fn file(folder: &Path, path: &str, range: Option<&str>) -> Vec<u8> {
    let name = path
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    let found = tokio::fs::read(PathBuf::from(folder).join(name)).await;
    let Ok(octets) = found else {
        return answered("404 Not Found", b"");
    };
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return answered("200 OK", &octets);
    };
    let [first, last] = [first, last].map(|at| at.parse::<usize>().expect("a number"));
    answered("206 Partial Content", &octets[first..=last])
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
