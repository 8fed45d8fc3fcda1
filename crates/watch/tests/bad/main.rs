//! Cameras and viewers on a bad day, over real connections.

#![expect(
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test spawns what it waits for, and holds its peers where they are made"
)]

mod camera;
mod cameras;
mod hostile;
mod peer;
mod sound;
mod viewers;

use std::sync::Arc;
use std::time::Duration;

use base::id::{Camera, Id};
use hall::Hall;
use hall::clock::Clock;
use hall::config::Config;
use hall::guard::Place;
use store::{Db, Place as Where};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use watch::hub::sound::{Sound, SoundSpec};
use watch::hub::{Channel, Hub, Layer, StreamKey, StreamSpec};
use watch::ingest::gate::Gate;
use watch::ingest::session::Source;

/// Tests share this process; who looks at its memory has it alone.
static PROCESS: RwLock<()> = RwLock::const_new(());

/// Where the cameras of these tests are.
const LOOPBACK: &str = "127.0.0.0/8";

/// A house without its pages.
struct House {
    hall: Hall,
    hub: Hub,
    _folder: tempfile::TempDir,
    _process: Share,
}

/// How a house shares the process with those of other tests.
enum Share {
    Some {
        _guard: RwLockReadGuard<'static, ()>,
    },
    All {
        _guard: RwLockWriteGuard<'static, ()>,
    },
}

impl House {
    async fn open() -> Self {
        let _guard = PROCESS.read().await;
        Self::sharing(Share::Some { _guard }, 0).await
    }

    /// One beside which no other runs in this process.
    async fn alone() -> Self {
        Self::remembering(0).await
    }

    /// The same, and the last minute of all streams takes so many MiB at most.
    async fn remembering(past_mib: u32) -> Self {
        let _guard = PROCESS.write().await;
        Self::sharing(Share::All { _guard }, past_mib).await
    }

    async fn sharing(process: Share, past_mib: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        let path = data.join("betang.sqlite");
        let db = Db::open(&Where::Sqlite { path }).await.expect("a database");
        let clock = Clock::real();
        db.migrate(&[hall::SCHEMA, watch::SCHEMA], clock.now().wall)
            .await
            .expect("migrated");
        let data = data.display().to_string();
        let flags = [
            ("data", data),
            ("camera_networks", LOOPBACK.to_owned()),
            ("lookback_memory_mib", past_mib.to_string()),
        ];
        let config = Config::load(None, [], &flags).expect("a configuration");
        let hall = Hall::open(db, clock, config).await.expect("a hall");
        Self {
            hub: Hub::new(hall.clone()),
            hall,
            _folder: folder,
            _process: process,
        }
    }

    /// What its sessions with cameras pass, weighed as in a running house.
    fn gate(&self) -> Gate {
        self.hub.gate().clone()
    }

    /// A stream that is pulled from there, watched or not.
    fn pull(&self, camera: &camera::Camera) -> Arc<Channel> {
        self.pull_from(camera.url())
    }

    /// The same by an address.
    fn pull_from(&self, url: url::Url) -> Arc<Channel> {
        let id: Id<Camera> = self.hall.mint();
        let key = StreamKey {
            camera: id,
            layer: Layer::Main,
        };
        let spec = StreamSpec {
            key,
            source: Source {
                url,
                credentials: None,
            },
            always_on: true,
            device: (self.hall.mint(), 4),
        };
        self.hub.set(id, Some(Place::HOUSE), &[spec]);
        self.hub.stream(key).expect("a stream")
    }

    /// Its sound, from when it may be heard.
    fn hear(&self, channel: &Channel, camera: &camera::Camera) -> Arc<Sound> {
        let spec = SoundSpec {
            source: Source {
                url: camera.url(),
                credentials: None,
            },
            device: (self.hall.mint(), 4),
        };
        let id = channel.key().camera;
        assert!(self.hub.set_sound(id, Some(&spec)), "it is switched on");
        self.hub.sound(id).expect("its sound")
    }
}

/// What this process holds in memory, in octets.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.expect("a number") * 1024
}

/// A guard against hanging; nothing waits for it to pass.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), work)
        .await
        .expect("it comes to an end")
}

/// Waits until it is so, whenever that is.
async fn until(mut so: impl FnMut() -> bool) {
    within(async {
        while !so() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
