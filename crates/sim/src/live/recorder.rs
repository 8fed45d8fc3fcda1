//! A recorder (NVR, DVR): many channels behind one port, each a place of its own.
//!
//! It reads addresses by the papers of its maker, asks for a password, stands so many
//! sessions at a time and refuses the next as such boxes do. A line tells it what to be:
//!
//! ```text
//! swap 3 5        the cameras of two plugs are exchanged; all sessions end
//! dead 7          no such channel any more; alive 7 brings it back
//! blank 7         no camera plugged in: a picture of one colour
//! call 3 TEXT     the channel is called so in its description
//! limit 8         sessions at a time
//! word TEXT       its password
//! count           tells `open N peak N refused N`, and begins to count anew
//! ```

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hall::clock::Clock;
use hall::task::Tasks;
use rtsp_types::StatusCode;
use tokio::io::AsyncBufReadExt as _;
use tokio::sync::watch;

use super::camera::Camera;
use super::library::{Library, LibraryError};
use super::rtsp::{Asked, Server, Track};
use crate::film::{Codec, Script};
use crate::picture::Scene;

/// By whose papers it reads addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Make {
    /// `/Streaming/Channels/101` and `/ISAPI/Streaming/channels/101`.
    Hikvision,
    /// `/cam/realmonitor?channel=1&subtype=0`.
    Dahua,
    /// `/unicast/c1/s0/live`.
    Uniview,
    /// `/onvif/profile_1_main`, as one such box might.
    Onvif,
}

/// The box. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    make: Make,
    state: Mutex<State>,
    upset: watch::Sender<u64>,
    blank: Camera,
}

#[derive(Debug)]
struct State {
    plugs: Vec<Plug>,
    limit: usize,
    user: String,
    word: String,
    open: usize,
    peak: usize,
    refused: usize,
}

/// One channel.
#[derive(Debug, Clone)]
struct Plug {
    called: String,
    camera: Camera,
    shows: Shows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Place,
    Nothing,
    Blank,
}

/// A session that the box counts, for as long as it lives.
#[derive(Debug)]
pub struct Slot {
    inner: Arc<Inner>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.inner.lock().open -= 1;
    }
}

/// A word that the box does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no word of a recorder: {0:?}")]
pub struct NoWord(String);

/// What one may tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Swap(usize, usize),
    Show(usize, Shows),
    Call(usize, String),
    Limit(usize),
    Password(String),
    Count,
}

impl FromStr for Word {
    type Err = NoWord;

    fn from_str(line: &str) -> Result<Self, NoWord> {
        let none = || NoWord(line.to_owned());
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| none());
        Ok(match word {
            "swap" => {
                let (one, other) = rest.trim().split_once(' ').ok_or_else(none)?;
                Self::Swap(number(one)?, number(other)?)
            }
            "dead" => Self::Show(number(rest)?, Shows::Nothing),
            "blank" => Self::Show(number(rest)?, Shows::Blank),
            "alive" => Self::Show(number(rest)?, Shows::Place),
            "call" => {
                let (channel, called) = rest.split_once(' ').ok_or_else(none)?;
                Self::Call(number(channel)?, called.to_owned())
            }
            "limit" => Self::Limit(number(rest)?),
            "word" => Self::Password(rest.to_owned()),
            "count" if rest.is_empty() => Self::Count,
            _ => return Err(none()),
        })
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A holder that panicked has left a number at most one off.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder {
    /// A box with so many cameras plugged in, which stands so many sessions.
    #[must_use]
    pub fn new(
        make: Make,
        channels: usize,
        limit: usize,
        (user, word): (&str, &str),
        library: &Arc<Library>,
    ) -> Self {
        let camera = |name: &str, script: Script| {
            let scripts = [script, script.small()];
            Camera::new(
                name,
                scripts,
                Codec::H264,
                Some((user, word)),
                false,
                library,
            )
        };
        let plugs = (1..=channels).map(|channel| {
            let called = format!("Kamera {channel:02}");
            let script = script(channel);
            Plug {
                camera: camera(&called, script),
                called,
                shows: Shows::Place,
            }
        });
        let state = State {
            plugs: plugs.collect(),
            limit,
            user: user.to_owned(),
            word: word.to_owned(),
            open: 0,
            peak: 0,
            refused: 0,
        };
        Self {
            inner: Arc::new(Inner {
                make,
                state: Mutex::new(state),
                upset: watch::Sender::new(0),
                blank: camera("blank", Script::channel(Scene::Blank, 0)),
            }),
        }
    }

    /// Makes every film that it might show, which takes a while the first time.
    ///
    /// # Errors
    /// If one can be neither read nor made.
    pub fn prepare(&self, library: &Library) -> Result<(), LibraryError> {
        let cameras = {
            let state = self.inner.lock();
            let plugged = state.plugs.iter().map(|plug| plug.camera.clone());
            plugged
                .chain([self.inner.blank.clone()])
                .collect::<Vec<_>>()
        };
        let scripts = cameras.iter().flat_map(Camera::scripts);
        scripts
            .into_iter()
            .try_for_each(|script| library.get(&script).map(|_| ()))
    }

    /// Does what a line says; the answer.
    ///
    /// # Errors
    /// If it is no word, or names no channel.
    pub fn tell(&self, line: &str) -> Result<String, NoWord> {
        let word: Word = line.parse()?;
        let mut state = self.inner.lock();
        let none = || NoWord(line.to_owned());
        let mut upsets = true;
        match word {
            Word::Swap(one, other) => {
                state.plug(one).ok_or_else(none)?;
                state.plug(other).ok_or_else(none)?;
                state.plugs.swap(one - 1, other - 1);
            }
            Word::Show(channel, shows) => state.plug(channel).ok_or_else(none)?.shows = shows,
            Word::Call(channel, called) => {
                state.plug(channel).ok_or_else(none)?.called = called;
                upsets = false;
            }
            Word::Limit(limit) => {
                state.limit = limit;
                upsets = false;
            }
            Word::Password(word) => state.word = word,
            Word::Count => {
                let counted = state.count();
                state.peak = state.open;
                state.refused = 0;
                return Ok(counted);
            }
        }
        drop(state);
        if upsets {
            self.inner.upset.send_modify(|times| *times += 1);
        }
        Ok(format!("now {}", line.trim()))
    }

    /// Sessions at a time: now, at most, and how many were refused.
    #[must_use]
    pub fn counted(&self) -> (usize, usize, usize) {
        let state = self.inner.lock();
        (state.open, state.peak, state.refused)
    }

    pub(super) fn upsets(&self) -> watch::Receiver<u64> {
        self.inner.upset.subscribe()
    }

    pub(super) fn credentials(&self) -> Option<(String, String)> {
        let state = self.inner.lock();
        Some((state.user.clone(), state.word.clone()))
    }

    /// One more session, or the status that such a box gives instead.
    pub(super) fn slot(&self) -> Result<Slot, StatusCode> {
        let mut state = self.inner.lock();
        if state.open >= state.limit {
            state.refused += 1;
            return Err(match self.inner.make {
                Make::Hikvision | Make::Onvif => StatusCode::NotEnoughBandwidth,
                Make::Dahua | Make::Uniview => StatusCode::ServiceUnavailable,
            });
        }
        state.open += 1;
        state.peak = state.peak.max(state.open);
        drop(state);
        Ok(Slot {
            inner: Arc::clone(&self.inner),
        })
    }

    /// What an address means to a box of that make.
    pub(super) fn asked(&self, url: &str) -> Result<Asked, StatusCode> {
        let (channel, layer, track) = read(self.inner.make, url).ok_or(StatusCode::NotFound)?;
        let state = self.inner.lock();
        let plug = state.plugs.get(channel.wrapping_sub(1));
        let plug = plug.filter(|plug| plug.shows != Shows::Nothing);
        let plug = plug.ok_or(StatusCode::NotFound)?;
        Ok(Asked {
            camera: match plug.shows {
                Shows::Blank => self.inner.blank.clone(),
                Shows::Place | Shows::Nothing => plug.camera.clone(),
            },
            layer,
            track,
            called: plug.called.clone(),
        })
    }
}

impl State {
    fn plug(&mut self, channel: usize) -> Option<&mut Plug> {
        self.plugs.get_mut(channel.wrapping_sub(1))
    }

    fn count(&self) -> String {
        format!(
            "open {} peak {} refused {}",
            self.open, self.peak, self.refused
        )
    }
}

/// The place that a channel shows: no two alike, and of four kinds.
fn script(channel: usize) -> Script {
    let scene = Scene::ALL[channel % Scene::ALL.len()];
    Script::channel(scene, u8::try_from(channel).unwrap_or(u8::MAX))
}

/// The channel from 1, the layer from 0 and the stream that an address names.
fn read(make: Make, url: &str) -> Option<(usize, usize, Track)> {
    let path = url.strip_prefix("rtsp://")?.split_once('/')?.1;
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/track1").unwrap_or(path);
    let path = path.trim_end_matches('/');
    let (channel, layer) = match make {
        Make::Hikvision => {
            let id = path
                .strip_prefix("Streaming/Channels/")
                .or_else(|| path.strip_prefix("ISAPI/Streaming/channels/"))?;
            let id: usize = id.parse().ok()?;
            (id / 100, (id % 100).checked_sub(1)?)
        }
        Make::Dahua => {
            let query = path.strip_prefix("cam/realmonitor?")?;
            let of = |name: &str| {
                let mut fields = query.split('&').filter_map(|field| field.split_once('='));
                fields.find(|(found, _)| *found == name)?.1.parse().ok()
            };
            (of("channel")?, of("subtype")?)
        }
        Make::Uniview => {
            let (channel, layer) = path.strip_prefix("unicast/c")?.split_once("/s")?;
            let layer = layer.strip_suffix("/live")?;
            (channel.parse().ok()?, layer.parse().ok()?)
        }
        Make::Onvif => {
            let (channel, layer) = path.strip_prefix("onvif/profile_")?.split_once('_')?;
            let layer = ["main", "sub"].iter().position(|word| *word == layer)?;
            (channel.parse().ok()?, layer)
        }
    };
    (channel > 0 && layer < 2).then_some((channel, layer, Track::Picture))
}

/// A recorder as a process of its own.
#[derive(Debug, clap::Args)]
pub struct Process {
    /// Folder of the films; they are encoded there when first wanted.
    #[arg(long)]
    films: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// By whose papers it reads addresses.
    #[arg(long, value_enum, default_value_t = Make::Hikvision)]
    make: Make,
    /// How many channels.
    #[arg(long, default_value_t = 16)]
    channels: usize,
    /// Sessions at a time.
    #[arg(long, default_value_t = 16)]
    limit: usize,
    /// The name that it asks for.
    #[arg(long, default_value = "admin")]
    user: String,
    /// The password that it asks for.
    #[arg(long, default_value = "rahasia-123")]
    word: String,
    /// What all randomness follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Process {
    /// Says `port N`, then does what lines tell it until they end.
    ///
    /// # Errors
    /// If the films cannot be made or the port not be taken.
    pub async fn run(self, say: impl Fn(&str)) -> anyhow::Result<()> {
        let tasks = Tasks::new();
        let library = Arc::new(Library::open(&self.films)?);
        let whose = (self.user.as_str(), self.word.as_str());
        let recorder = Recorder::new(self.make, self.channels, self.limit, whose, &library);
        let made = recorder.clone();
        tasks
            .blocking("sim.film", move || made.prepare(&library))
            .await??;
        let listener = TcpListener::bind(self.listen)?;
        let port = listener.local_addr()?.port();
        Server::recorder(listener, &recorder, Clock::real(), &tasks, self.seed)?;
        say(&format!("port {port}"));
        let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await? {
            match recorder.tell(&line) {
                Ok(said) => say(&said),
                Err(why) => say(&why.to_string()),
            }
        }
        tasks.shutdown(Duration::from_secs(1)).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_by_the_papers_of_each_maker() {
        let at = |make, path: &str| {
            let found = read(make, &format!("rtsp://10.0.0.9:554/{path}"))?;
            Some((found.0, found.1))
        };
        for (make, path, found) in [
            (Make::Hikvision, "Streaming/Channels/101", Some((1, 0))),
            (Make::Hikvision, "Streaming/Channels/1602/", Some((16, 1))),
            (
                Make::Hikvision,
                "ISAPI/Streaming/channels/201/track1",
                Some((2, 0)),
            ),
            (Make::Hikvision, "Streaming/Channels/103", None),
            (Make::Hikvision, "Streaming/Channels/1", None),
            (
                Make::Dahua,
                "cam/realmonitor?channel=4&subtype=1",
                Some((4, 1)),
            ),
            (
                Make::Dahua,
                "cam/realmonitor?channel=4&subtype=1/track1",
                Some((4, 1)),
            ),
            (Make::Dahua, "cam/realmonitor?channel=4", None),
            (Make::Uniview, "unicast/c12/s0/live", Some((12, 0))),
            (Make::Uniview, "unicast/c0/s0/live", None),
            (Make::Onvif, "onvif/profile_3_sub", Some((3, 1))),
            (Make::Onvif, "Streaming/Channels/101", None),
        ] {
            assert_eq!(at(make, path), found, "{make:?} {path}");
        }
    }

    #[test]
    fn it_does_what_it_is_told_and_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let library = Arc::new(Library::open(folder.path()).expect("opened"));
        let recorder = Recorder::new(Make::Dahua, 4, 2, ("admin", "a"), &library);
        let called = |channel: usize| {
            let url = format!("rtsp://x/cam/realmonitor?channel={channel}&subtype=0");
            recorder.asked(&url).map(|asked| asked.called)
        };
        assert_eq!(called(2), Ok("Kamera 02".to_owned()));
        recorder.tell("swap 2 4").expect("told");
        assert_eq!(called(2), Ok("Kamera 04".to_owned()));
        recorder.tell("call 2 Gerbang timur").expect("told");
        assert_eq!(called(2), Ok("Gerbang timur".to_owned()));
        recorder.tell("dead 1").expect("told");
        assert_eq!(called(1), Err(StatusCode::NotFound));
        recorder.tell("alive 1").expect("told");
        assert_eq!(called(1), Ok("Kamera 01".to_owned()));
        assert_eq!(called(5), Err(StatusCode::NotFound));
        for wrong in ["", "swap 1", "swap 1 9", "dead x", "limit", "dance"] {
            assert!(recorder.tell(wrong).is_err(), "{wrong}");
        }
        let held = (recorder.slot().expect("one"), recorder.slot().expect("two"));
        assert_eq!(recorder.slot().err(), Some(StatusCode::ServiceUnavailable));
        drop(held);
        assert_eq!(
            recorder.tell("count").expect("told"),
            "open 0 peak 2 refused 1"
        );
        assert_eq!(recorder.counted(), (0, 0, 0));
    }
}
