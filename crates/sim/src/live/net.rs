//! A network in user space between TUN devices.
//!
//! `sim net` makes a device for each place and each site, and carries packets between
//! them as [`crate::net::hub`] says. Whoever has started it moves the devices into the
//! namespaces of their machines (`ip link set NAME netns …`), then tells it by lines
//! on its standard input what is to go wrong ([`crate::net::order`]); each is answered
//! with one line. It ends when its input does.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::now::Mono;
use clap::Args;
use hall::clock::Clock;
use hall::task::Tasks;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tun_rs::{AsyncDevice, DeviceBuilder};

use crate::net::hub::{Device, Hub};
use crate::net::lane::Instant;
use crate::net::order::Order;

/// Packets that devices have given and that were not looked at. Bound; policy: a
/// device waits, and its kernel drops.
const WAITING_MAX: usize = 1_024;

/// The longest packet that a device gives.
const PACKET_MAX: usize = 2_048;

/// Who is in the network.
#[derive(Debug, Args)]
pub struct Net {
    /// The device of a place, the centre first.
    #[arg(long = "place", required = true)]
    places: Vec<String>,
    /// The device of a site, and the address that the world sees.
    #[arg(long = "site", value_name = "NAME=ADDRESS", value_parser = site)]
    sites: Vec<(String, Ipv4Addr)>,
    /// What all randomness follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn site(text: &str) -> Result<(String, Ipv4Addr), String> {
    let (name, public) = text.split_once('=').ok_or("NAME=ADDRESS")?;
    let public = public.parse().map_err(|_| "not an IPv4 address")?;
    Ok((name.to_owned(), public))
}

impl Net {
    /// Carries packets until nobody gives orders any more.
    ///
    /// # Errors
    /// If a device cannot be made: that takes `CAP_NET_ADMIN` and `/dev/net/tun`.
    pub async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::real();
        let began = clock.now().mono;
        let tasks = Tasks::new();
        let (out, mut packets) = mpsc::channel(WAITING_MAX);
        let mut devices = Vec::new();
        let names = self.places.iter();
        for name in names.chain(self.sites.iter().map(|(name, _)| name)) {
            let device = open(name).with_context(|| format!("the device {name}"))?;
            let device = Arc::new(device);
            let reading = read(devices.len(), Arc::clone(&device), out.clone());
            tasks.spawn("sim.net.device", reading);
            devices.push(device);
        }
        let mut hub = Hub::new(self.places, self.sites, self.seed);
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        super::say(&"ready")?;
        loop {
            let now = instant(clock.now().mono, began);
            while let Some((to, packet)) = hub.due(now) {
                // A device that is down, or full, loses it like any other.
                let _ = devices[to].try_send(&packet);
            }
            let nap = hub
                .next()
                .map(|at| Duration::from_micros(at.saturating_sub(now)));
            tokio::select! {
                came = packets.recv() => if let Some((from, packet)) = came {
                    hub.take(from, packet, instant(clock.now().mono, began));
                },
                line = lines.next_line() => match line? {
                    Some(line) => super::say(&answer(&mut hub, &line))?,
                    None => break,
                },
                () = sleep(nap) => {}
            }
        }
        tasks.shutdown(Duration::ZERO).await;
        Ok(())
    }
}

fn answer(hub: &mut Hub, line: &str) -> serde_json::Value {
    let done = line
        .parse::<Order>()
        .map_err(|error| error.to_string())
        .and_then(|order| hub.obey(order).map_err(|error| error.to_string()));
    match done {
        Ok(said) => json!({ "done": said }),
        Err(why) => json!({ "refused": why }),
    }
}

fn instant(now: Mono, began: Mono) -> Instant {
    u64::try_from(now.since(began).as_micros()).unwrap_or(u64::MAX)
}

async fn sleep(nap: Option<Duration>) {
    match nap {
        Some(nap) => tokio::time::sleep(nap).await,
        None => std::future::pending().await,
    }
}

/// A device that is down: whoever moves it gives it its address and puts it up.
fn open(name: &str) -> io::Result<AsyncDevice> {
    DeviceBuilder::new().name(name).enable(false).build_async()
}

async fn read(at: Device, device: Arc<AsyncDevice>, out: mpsc::Sender<(Device, Vec<u8>)>) {
    let mut buffer = vec![0; PACKET_MAX];
    loop {
        match device.recv(&mut buffer).await {
            Ok(octets) => {
                let packet = buffer.get(..octets).unwrap_or_default().to_vec();
                if out.send((at, packet)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a device cannot be read");
                return;
            }
        }
    }
}
