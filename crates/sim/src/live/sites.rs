//! Many boxes in one process, to load a centre.
//!
//! Each is enrolled by a code of its own, has its own key, TLS connection and the
//! machine that real boxes have (`sync::site`); only its disk is one that forgets. Each
//! has something to say once a minute, which leaves at once in a batch of its own. What is measured is how they return after the centre was
//! away, and whether it answers them all.
//!
//! Says where it is by lines: `enrolled`, `in` once all are greeted, `again` once all are
//! greeted after they were all lost, `steady` when the counting begins, `done` with what
//! was counted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use base::geo::Point;
use base::now::Mono;
use clap::Args;
use futures::{SinkExt as _, StreamExt as _};
use hall::ca::DOOR;
use hall::clock::Clock;
use hall::enrol::code::Ticket;
use hall::link::apply::{About, Applicant};
use hall::link::dial::{Papers, Way};
use hall::link::identity::{Identity, Key};
use hall::link::meter::Metered;
use hall::task::Tasks;
use reqwest::Client;
use serde_json::{Value as Json, json};
use sync::command::End;
use sync::frame::{FRAME_MAX, Frame};
use sync::identity::{Boot, Epoch, Stream};
use sync::record::{Draft, Kind};
use sync::share::Shares;
use sync::site::{Effect, Input, Site, Trouble};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::link::disk::Disk;
use crate::link::figures::{Meter, Telemetry};
use crate::spread::percentile;

/// How many ask to be let in at once.
const ASKING: usize = 8;

/// Between two records of a box.
const RECORD_EVERY: Duration = Duration::from_secs(60);

/// A ping that is not answered by then is missed: the next is due.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Over how long they are switched on.
const SWITCHED_ON: Duration = Duration::from_secs(45);

/// How often it is looked whether all are there, or the centre is back.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the boxes record.
const RECORD: Kind = Kind(66);

/// Where they stand: degrees north and east.
const HERE: (f64, f64) = (-2.31, 114.05);

type Socket = WebSocketStream<TlsStream<Metered<TcpStream>>>;

/// How many, and of which centre.
#[derive(Debug, Args)]
pub struct Sites {
    /// Address of the pages.
    #[arg(long)]
    server: String,
    /// Bearer token of somebody who may enrol boxes.
    #[arg(long)]
    token: String,
    /// Folder for what the boxes keep about themselves.
    #[arg(long)]
    folder: PathBuf,
    /// How many.
    #[arg(long, default_value_t = 3_000)]
    count: usize,
    /// How long the steady state is counted, in seconds.
    #[arg(long, default_value_t = 120)]
    steady: u64,
}

/// What happened to all of them.
#[derive(Debug, Default)]
struct Tally {
    /// Of each box since when it is greeted.
    open: Vec<Option<Mono>>,
    is_counting: bool,
    lost: u64,
    pings: u64,
    missed: u64,
    /// Milliseconds until a ping was answered.
    answers: Vec<f64>,
    /// Records that were acknowledged, by as many words.
    acked: u64,
    acks: u64,
}

type Shared = Arc<Mutex<Tally>>;

fn note<T>(tally: &Shared, change: impl FnOnce(&mut Tally) -> T) -> T {
    change(&mut tally.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Sites {
    /// Enrols, loads, and prints what was found.
    ///
    /// # Errors
    /// If the centre lets a box not in, or is not there.
    pub async fn run(self) -> anyhow::Result<()> {
        hall::files::raise()?;
        let clock = Clock::real();
        let began = clock.now().mono;
        let boxes = self.enrol().await?;
        let took = clock.now().mono.since(began);
        super::say(&format!(
            "enrolled {}",
            json!({ "seconds": took.as_secs_f64() })
        ))?;
        let at = boxes
            .first()
            .map(|(identity, _)| (identity.host.clone(), identity.port));
        let at = at.context("no boxes")?;
        let tally: Shared = Arc::default();
        note(&tally, |it| it.open = vec![None; boxes.len()]);
        let tasks = Tasks::new();
        let began = clock.now().mono;
        let mut rng = fastrand::Rng::with_seed(62);
        for (number, (identity, key)) in boxes.into_iter().enumerate() {
            let one = One::new(number, identity, &key, clock.clone(), &tally, rng.u64(..))?;
            let on = SWITCHED_ON.mul_f64(rng.f64());
            let stop = tasks.soft().clone();
            let living = Box::pin(one.live(on));
            tasks.spawn("sim.site", async move {
                stop.run_until_cancelled(living).await;
            });
        }
        all(&tally, true).await;
        let spans = since(&tally, began);
        super::say(&format!("in {}", spread(&spans)))?;
        // Whoever watches ends the centre now, and starts another.
        all(&tally, false).await;
        while TcpStream::connect((at.0.as_str(), at.1)).await.is_err() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let back = clock.now().mono;
        all(&tally, true).await;
        let spans = since(&tally, back);
        super::say(&format!("again {}", spread(&spans)))?;
        note(&tally, |it| it.is_counting = true);
        super::say(&"steady")?;
        tokio::time::sleep(Duration::from_secs(self.steady)).await;
        let found = note(&tally, |it| {
            json!({
                "seconds": self.steady, "boxes": it.open.len(),
                "open": it.open.iter().flatten().count(), "lost": it.lost,
                "pings": it.pings, "missed": it.missed, "answered_ms": spread(&it.answers),
                "acks": it.acks, "acked": it.acked,
            })
        });
        super::say(&format!("done {found}"))?;
        tasks.shutdown(Duration::from_secs(5)).await;
        Ok(())
    }

    /// As many boxes, each let in by a code of its own.
    async fn enrol(&self) -> anyhow::Result<Vec<(Identity, Key)>> {
        let http = Client::new();
        let let_in = |number: usize| {
            let http = http.clone();
            async move {
                let folder = self.folder.join(format!("kotak-{number}"));
                std::fs::create_dir_all(&folder)?;
                let ticket = self.ticket(&http, number).await?;
                let identity = ask(&folder, ticket).await?;
                anyhow::Ok((identity, Key::open(&folder)?))
            }
        };
        let mut asking =
            futures::stream::iter((0..self.count).map(let_in)).buffer_unordered(ASKING);
        let mut boxes = Vec::with_capacity(self.count);
        while let Some(one) = asking.next().await {
            boxes.push(one?);
        }
        Ok(boxes)
    }

    /// A site of its own, and a code for it.
    async fn ticket(&self, http: &Client, number: usize) -> anyhow::Result<Ticket> {
        let post = async |path: &str, form: Json| {
            let url = format!("{}/api/v1/{path}", self.server.trim_end_matches('/'));
            let asked = http.post(url).bearer_auth(&self.token).json(&form);
            let answer = asked.send().await?;
            let status = answer.status();
            let said: Json = answer.json().await?;
            ensure!(status.is_success(), "{path}: {status} {said}");
            anyhow::Ok(said)
        };
        let form = json!({
            "name": format!("Kantor Desa {number}"), "area": "62.01", "kind": "kantor_desa",
            "point": here()?,
        });
        let site = post("sites", form).await?;
        let id = site["id"].as_str().context("no id")?.to_owned();
        let code = post(&format!("sites/{id}/codes"), json!({ "near_m": 2_000 })).await?;
        Ok(code["ticket"].as_str().context("no ticket")?.parse()?)
    }
}

fn here() -> anyhow::Result<Point> {
    Ok(Point::new(HERE.0, HERE.1)?)
}

async fn ask(folder: &Path, ticket: Ticket) -> anyhow::Result<Identity> {
    let about = About {
        serial: None,
        point: Some(here()?),
    };
    Ok(Applicant::new(folder, ticket, about)?
        .until_in(|_| {})
        .await?)
}

/// Waits until all are greeted, or none.
async fn all(tally: &Shared, are_open: bool) {
    while note(tally, |it| {
        it.open.iter().any(|one| one.is_some() != are_open)
    }) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How long after that each was greeted, in seconds.
fn since(tally: &Shared, began: Mono) -> Vec<f64> {
    let open = note(tally, |it| it.open.clone());
    let greeted = open.into_iter().flatten();
    greeted.map(|at| at.since(began).as_secs_f64()).collect()
}

fn spread(values: &[f64]) -> Json {
    json!({
        "p50": percentile(values, 50), "p95": percentile(values, 95),
        "max": percentile(values, 100),
    })
}

/// A box.
struct One {
    number: usize,
    clock: Clock,
    way: Way,
    papers: Papers,
    site: Site,
    disk: Disk,
    meter: Meter,
    rng: fastrand::Rng,
    socket: Option<Box<Socket>>,
    /// Pings that are not answered: which, and since when.
    pings: Vec<(u64, Mono)>,
    tally: Shared,
}

impl One {
    fn new(
        number: usize,
        identity: Identity,
        key: &Key,
        clock: Clock,
        tally: &Shared,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let disk = Disk::new(identity.agent, Epoch::mint(&mut rng));
        let boot = Boot::from_bytes(rng.u128(..).to_be_bytes());
        let (outbox, now) = (disk.outbox(), clock.now());
        let site = Site::new(&outbox, Shares::default(), boot, "sim", now, rng.u64(..));
        Ok(Self {
            number,
            way: identity.way()?,
            papers: identity.papers(key)?,
            site,
            disk,
            meter: Meter::new(Telemetry::Usual, seed),
            rng,
            socket: None,
            pings: Vec::new(),
            tally: Arc::clone(tally),
            clock,
        })
    }

    async fn live(mut self, on: Duration) {
        tokio::time::sleep(on).await;
        let mut due = self.clock.instant() + RECORD_EVERY.mul_f64(self.rng.f64());
        self.tell(Input::Tick).await;
        loop {
            self.flush().await;
            self.look();
            let nap = self.site.deadline().since(self.clock.now().mono);
            let input = tokio::select! {
                heard = hear(self.socket.as_mut()) => match heard {
                    Some(octets) => {
                        self.heard(&octets);
                        Input::Frame(octets)
                    }
                    None => {
                        self.socket = None;
                        Input::Closed
                    }
                },
                () = tokio::time::sleep(nap.max(Duration::from_millis(1))) => Input::Tick,
                () = tokio::time::sleep_until(due.into()) => {
                    due += RECORD_EVERY;
                    self.keep().await;
                    continue;
                }
            };
            self.tell(input).await;
        }
    }

    async fn keep(&mut self) {
        let body = self.meter.sample();
        let draft = Draft {
            kind: RECORD,
            ver: 1,
            body,
        };
        if let Ok((_, effects)) = self.site.append(Stream::Event, draft, self.clock.now()) {
            self.carry_out(effects).await;
        }
    }

    async fn tell(&mut self, input: Input) {
        let effects = self.site.handle(input, self.clock.now());
        self.carry_out(effects).await;
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut effects = std::collections::VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            let input = match effect {
                Effect::Dial => match self.dial().await {
                    Ok(socket) => {
                        self.socket = Some(Box::new(socket));
                        Input::Connected
                    }
                    Err(_) => Input::Closed,
                },
                Effect::HangUp => {
                    self.socket = None;
                    continue;
                }
                Effect::Store(transaction) => match self.disk.apply(transaction) {
                    Some(_) => Input::Stored,
                    None => Input::Failed(Trouble::Full),
                },
                Effect::Read(read) => Input::Rows(self.disk.read(&read)),
                Effect::Reload => Input::Reloaded(self.disk.outbox()),
                Effect::Renew(renewal) => {
                    self.disk.renew(&renewal);
                    Input::Reloaded(self.disk.outbox())
                }
                Effect::Run(command) => Input::Done {
                    command,
                    end: End::Done,
                    body: Vec::new(),
                },
            };
            effects.extend(self.site.handle(input, self.clock.now()));
        }
    }

    async fn dial(&self) -> anyhow::Result<Socket> {
        let line = self.way.connect(Some(&self.papers)).await?;
        let request = http::Request::builder()
            .uri(format!("wss://{DOOR}/edge/v1"))
            .header("host", DOOR)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key())
            .body(())?;
        let limits = WebSocketConfig::default()
            .read_buffer_size(4 * 1024)
            .max_message_size(Some(FRAME_MAX));
        let begun = tokio_tungstenite::client_async_with_config(request, line.stream, Some(limits));
        let (socket, _) = tokio::time::timeout(sync::site::GREETING_MAX, begun).await??;
        Ok(socket)
    }

    async fn flush(&mut self) {
        while let Some(socket) = self.socket.as_mut() {
            let Some(frame) = self.site.frame() else {
                return;
            };
            if let Ok(Frame::Ping { nonce }) = Frame::decode(&frame) {
                self.pings.push((nonce, self.clock.now().mono));
                note(&self.tally, |it| it.pings += u64::from(it.is_counting));
            }
            let input = match socket.send(Message::Binary(frame.into())).await {
                Ok(()) => Input::Room,
                Err(_) => {
                    self.socket = None;
                    Input::Closed
                }
            };
            self.tell(input).await;
        }
    }

    /// Counts what came.
    fn heard(&mut self, octets: &[u8]) {
        let now = self.clock.now().mono;
        match Frame::decode(octets) {
            Ok(Frame::Pong { nonce, .. }) => {
                let Some(at) = self.pings.iter().position(|(asked, _)| *asked == nonce) else {
                    return;
                };
                let (_, asked) = self.pings.remove(at);
                let took = now.since(asked);
                note(&self.tally, |it| {
                    if it.is_counting {
                        it.answers.push(took.as_secs_f64() * 1_000.0);
                        it.missed += u64::from(took > ANSWER_MAX);
                    }
                });
            }
            Ok(Frame::Ack(cursor)) => {
                let before = self.site.queue().acked(cursor.chain).unwrap_or_default();
                let more = cursor.seq.get().saturating_sub(before.get());
                note(&self.tally, |it| {
                    if it.is_counting {
                        it.acks += 1;
                        it.acked += more;
                    }
                });
            }
            _ => {}
        }
    }

    /// Says whether it is greeted, and counts what went unanswered too long.
    fn look(&mut self) {
        let now = self.clock.now().mono;
        let is_open = self.site.status().open;
        let before = self.pings.len();
        self.pings
            .retain(|(_, asked)| is_open && now.since(*asked) <= ANSWER_MAX);
        let missed = before - self.pings.len();
        let number = self.number;
        note(&self.tally, |it| {
            if it.is_counting {
                it.missed += u64::try_from(missed).unwrap_or(0);
            }
            if let Some(open) = it.open.get_mut(number)
                && open.is_some() != is_open
            {
                *open = is_open.then_some(now);
                it.lost += u64::from(it.is_counting && !is_open);
            }
        });
    }
}

/// The next frame; nothing once the line is gone. Without a line it waits for ever.
async fn hear(socket: Option<&mut Box<Socket>>) -> Option<Vec<u8>> {
    let Some(socket) = socket else {
        return std::future::pending().await;
    };
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(octets))) => return Some(octets.to_vec()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}
