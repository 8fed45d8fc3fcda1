//! Many WHEP viewers in one process: real ICE, DTLS and SRTP, nothing decoded.
//!
//! Each viewer is a task with a socket of its own, as a browser would have. All
//! join, all get their first picture, two seconds pass, and then what comes is
//! counted for as long as asked, against the processor time of the server in the
//! same span. Prints one line of JSON.
//!
//! Bound: [`JOINING_MAX`] viewers join at the same time, the others wait.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use hall::clock::Clock;
use hall::task::Tasks;
use serde_json::json;
use str0m::change::SdpAnswer;
use str0m::config::DtlsCert;
use str0m::media::{Direction, MediaKind};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::Semaphore;

use super::usage;
use crate::spread::percentile;
use crate::tally::{Counts, Tally};

/// Viewers that join at the same time.
const JOINING_MAX: usize = 4;

/// How long one may take from its offer until it is connected.
const CONNECT_MAX: Duration = Duration::from_secs(30);

/// How long all may take from the first offer to the last first picture.
const PICTURES_MAX: Duration = Duration::from_secs(120);

/// From the last first picture to the beginning of the count.
const SETTLE: Duration = Duration::from_secs(2);

/// What the kernel keeps for one viewer: three seconds of 1.5 Mbit/s.
const BUFFER: usize = 1024 * 1024;

/// Stamps of which the first arrival is remembered for one camera: 20 s.
const STAMPS_MAX: usize = 512;

/// Which viewers.
#[derive(Debug, Args)]
pub struct Viewers {
    /// Where to post offers; `{n}` becomes the number of the camera, from 1.
    #[arg(long)]
    whep: String,
    /// Cameras; viewers are dealt to them in turn.
    #[arg(long, default_value_t = 1)]
    cameras: usize,
    /// Bearer token.
    #[arg(long)]
    token: Option<String>,
    /// How many viewers.
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// How long to count.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Pictures that the cameras make in a second.
    #[arg(long, default_value_t = 25)]
    rate: u32,
    /// The server's process, to be measured in the same span.
    #[arg(long)]
    pid: Option<u32>,
}

/// What all viewers share.
struct Crowd {
    clock: Clock,
    http: reqwest::Client,
    token: Option<String>,
    certificate: DtlsCert,
    rate: u32,
    joining: Semaphore,
    /// When the first viewer of a camera had the picture with that stamp.
    arrivals: Vec<Mutex<BTreeMap<u32, Instant>>>,
}

/// What is known of one viewer.
#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    nacks: u64,
    first_picture: Option<Duration>,
    /// How far behind the first viewer of the camera, 2 s after the first picture.
    behind: Option<Duration>,
    gone: Option<String>,
}

impl Viewers {
    /// Watches.
    ///
    /// # Errors
    /// If somebody cannot join or gets no picture, or the server cannot be
    /// measured.
    pub async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::real();
        let tasks = Tasks::new();
        let crypto = str0m::crypto::from_feature_flags();
        let crowd = Arc::new(Crowd {
            clock: clock.clone(),
            http: reqwest::Client::new(),
            token: self.token.clone(),
            certificate: crypto
                .dtls_provider
                .generate_certificate()
                .context("no certificate could be made")?,
            rate: self.rate,
            joining: Semaphore::new(JOINING_MAX),
            arrivals: (0..self.cameras).map(|_| Mutex::default()).collect(),
        });
        let before = self.pid.map(usage::resident).transpose()?;
        let all: Vec<Arc<Mutex<Seen>>> = (0..self.count).map(|_| Arc::default()).collect();
        for (i, seen) in all.iter().enumerate() {
            let camera = i % self.cameras.max(1);
            let url = self.whep.replace("{n}", &(camera + 1).to_string());
            let (crowd, seen) = (Arc::clone(&crowd), Arc::clone(seen));
            let stop = tasks.soft().clone();
            tasks.spawn("sim.viewer", async move {
                let watching = watch(&crowd, &url, camera, &seen);
                tokio::select! {
                    () = stop.cancelled() => {}
                    left = watching => if let Err(error) = left {
                        lock(&seen).gone = Some(format!("{error:#}"));
                    },
                }
            });
            // The first of a camera wakes it; how long that takes is the camera's.
            if i + 1 == self.cameras {
                pictured(&clock, &all[..=i]).await?;
            }
        }
        pictured(&clock, &all).await?;
        tokio::time::sleep(SETTLE).await;

        let (start, from) = (clock.instant(), total(&all));
        let cpu_from = self.pid.map(usage::cpu).transpose()?;
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        let cpu = self.pid.map(usage::cpu).transpose()?;
        let (span, counts) = (clock.instant() - start, total(&all).since(from));
        let resident = self.pid.map(usage::resident).transpose()?;
        nobody_gone(&all)?;

        let ms = |which: fn(&Seen) -> Option<Duration>| {
            let spans: Vec<_> = all
                .iter()
                .filter_map(|seen| which(&lock(seen)))
                .map(|span| span.as_secs_f64() * 1_000.0)
                .collect();
            json!({"p50": percentile(&spans, 50), "p95": percentile(&spans, 95)})
        };
        let cpu_seconds = cpu
            .zip(cpu_from)
            .map(|(after, before)| (after - before).as_secs_f64());
        super::say(&json!({
            "viewers": self.count,
            "cameras": self.cameras,
            "seconds": span.as_secs_f64(),
            "bits": counts.bits,
            "packets": counts.packets,
            "pictures": counts.whole,
            "lost": counts.lost,
            "nacks": all.iter().map(|seen| lock(seen).nacks).sum::<u64>(),
            "first_picture_ms": ms(|seen| seen.first_picture),
            "behind_ms": ms(|seen| seen.behind),
            "server_cpu_seconds": cpu_seconds,
            "server_resident_before": before,
            "server_resident": resident,
        }))?;
        tasks.shutdown(Duration::from_secs(5)).await;
        Ok(())
    }
}

/// Waits until each has its first picture.
async fn pictured(clock: &Clock, seen: &[Arc<Mutex<Seen>>]) -> anyhow::Result<()> {
    let began = clock.instant();
    while seen.iter().any(|seen| lock(seen).first_picture.is_none()) {
        nobody_gone(seen)?;
        let waited = clock.instant() - began;
        anyhow::ensure!(waited < PICTURES_MAX, "some got no picture");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn nobody_gone(seen: &[Arc<Mutex<Seen>>]) -> anyhow::Result<()> {
    match seen.iter().find_map(|seen| lock(seen).gone.clone()) {
        Some(reason) => anyhow::bail!("a viewer has gone: {reason}"),
        None => Ok(()),
    }
}

/// One viewer, from its offer until it is let go.
async fn watch(crowd: &Crowd, url: &str, camera: usize, seen: &Mutex<Seen>) -> anyhow::Result<()> {
    let place = crowd.joining.acquire().await?;
    let mut place = Some(place);
    let socket = socket()?;
    // Before that nothing would be sent without waiting.
    socket.writable().await?;
    let local = socket.local_addr()?;
    let offered = crowd.clock.instant();
    let mut rtc = Rtc::builder()
        .set_rtp_mode(true)
        .set_dtls_cert(crowd.certificate.clone())
        .clear_codecs()
        .enable_h264(true)
        .set_stats_interval(Some(Duration::from_secs(1)))
        .build(offered);
    rtc.add_local_candidate(Candidate::host(local, Protocol::Udp)?);
    let mut api = rtc.sdp_api();
    api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    let (offer, pending) = api.apply().context("nothing to offer")?;
    let answer = post(crowd, url, offer.to_sdp_string()).await?;
    let answer = SdpAnswer::from_sdp_string(&answer)?;
    rtc.sdp_api().accept_answer(pending, answer)?;

    let mut tally = Tally::new(crowd.rate);
    let mut buffer = vec![0; 2_048];
    loop {
        let due = loop {
            match rtc.poll_output()? {
                Output::Timeout(due) => break due,
                Output::Transmit(transmit) => {
                    // What the kernel does not take is lost, as on any network.
                    let _ = socket.try_send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::RtpPacket(packet)) => {
                    let whole = tally.packet(
                        *packet.seq_no,
                        packet.header.timestamp,
                        packet.header.marker,
                        &packet.payload,
                    );
                    for picture in whole {
                        let now = crowd.clock.instant();
                        let behind = crowd.behind(camera, picture.stamp, now);
                        let mut seen = lock(seen);
                        seen.counts = tally.counts();
                        let since = now - offered;
                        match seen.first_picture {
                            None if picture.key => seen.first_picture = Some(since),
                            Some(first) if since - first >= Duration::from_secs(2) => {
                                seen.behind.get_or_insert(behind);
                            }
                            _ => {}
                        }
                    }
                }
                Output::Event(Event::Connected) => place = None,
                Output::Event(Event::MediaIngressStats(stats)) => lock(seen).nacks = stats.nacks,
                Output::Event(Event::IceConnectionStateChange(
                    IceConnectionState::Disconnected,
                )) => anyhow::bail!("it was disconnected"),
                Output::Event(_) => {}
            }
        };
        anyhow::ensure!(rtc.is_alive(), "it was let go");
        let nap = due.saturating_duration_since(crowd.clock.instant());
        tokio::select! {
            biased;
            received = socket.recv_from(&mut buffer) => {
                let (len, source) = received?;
                let datagram = buffer.get(..len).unwrap_or_default();
                let receive = Receive::new(Protocol::Udp, source, local, datagram)?;
                rtc.handle_input(Input::Receive(crowd.clock.instant(), receive))?;
            }
            () = tokio::time::sleep(nap) => {
                rtc.handle_input(Input::Timeout(crowd.clock.instant()))?;
            }
        }
        if place.is_some() && crowd.clock.instant() - offered > CONNECT_MAX {
            anyhow::bail!("it was not connected");
        }
    }
}

fn socket() -> anyhow::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    socket2::SockRef::from(&socket).set_recv_buffer_size(BUFFER)?;
    socket.set_nonblocking(true)?;
    Ok(UdpSocket::from_std(socket)?)
}

async fn post(crowd: &Crowd, url: &str, offer: String) -> anyhow::Result<String> {
    let mut request = crowd
        .http
        .post(url)
        .header("content-type", "application/sdp")
        .body(offer);
    if let Some(token) = &crowd.token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    anyhow::ensure!(status.is_success(), "{url} answered {status}: {text}");
    Ok(text)
}

impl Crowd {
    /// How long after the first viewer of the camera this one has a picture.
    fn behind(&self, camera: usize, stamp: u32, now: Instant) -> Duration {
        let Some(arrivals) = self.arrivals.get(camera) else {
            return Duration::ZERO;
        };
        let mut arrivals = lock(arrivals);
        let first = *arrivals.entry(stamp).or_insert(now);
        if arrivals.len() > STAMPS_MAX {
            arrivals.pop_first();
        }
        now.saturating_duration_since(first)
    }
}

fn total(seen: &[Arc<Mutex<Seen>>]) -> Counts {
    seen.iter()
        .map(|seen| lock(seen).counts)
        .fold(Counts::default(), Counts::and)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
