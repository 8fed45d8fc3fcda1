//! Cameras that are lists of pieces, over real connections: written by FFmpeg, pulled by the
//! house.

#![expect(
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test spawns what it waits for, and holds its peers where they are made"
)]

mod bad;
mod counterpart;
mod flow;
mod publisher;

use std::sync::Arc;
use std::time::Duration;

use base::id::{Camera, Id};
use hall::Hall;
use hall::clock::Clock;
use hall::config::Config;
use hall::guard::Place;
use store::{Db, Place as Where};
use url::Url;
use watch::hub::{Channel, Hub, Layer, StreamKey, StreamSpec};
use watch::ingest::session::Source;

/// A house without its pages.
struct House {
    hall: Hall,
    hub: Hub,
    _folder: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        let path = data.join("betang.sqlite");
        let db = Db::open(&Where::Sqlite { path }).await.expect("a database");
        let clock = Clock::real();
        db.migrate(&[hall::SCHEMA, watch::SCHEMA], clock.now().wall)
            .await
            .expect("migrated");
        let flags = [
            ("data", data.display().to_string()),
            ("camera_networks", "127.0.0.0/8".to_owned()),
        ];
        let config = Config::load(None, [], &flags).expect("a configuration");
        let hall = Hall::open(db, clock, config).await.expect("a hall");
        Self {
            hub: Hub::new(hall.clone()),
            hall,
            _folder: folder,
        }
    }

    /// A stream that is pulled from there, watched or not.
    fn pull(&self, url: Url) -> Arc<Channel> {
        let id: Id<Camera> = self.hall.mint();
        let key = StreamKey {
            camera: id,
            layer: Layer::Main,
        };
        let spec = StreamSpec {
            key,
            source: source(url),
            always_on: true,
            device: (self.hall.mint(), 4),
        };
        self.hub.set(id, Some(Place::HOUSE), &[spec]);
        self.hub.stream(key).expect("a stream")
    }
}

fn source(url: Url) -> Source {
    Source {
        url,
        credentials: None,
    }
}

/// A guard against hanging; nothing waits for it to pass.
async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), work)
        .await
        .expect("it comes to an end")
}
