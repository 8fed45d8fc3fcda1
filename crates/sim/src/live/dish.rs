//! A dish that stands beside a simulated box: what it says is written here by field and
//! number, with no message of the house's own, so that what the house reads is tried.
//!
//! It answers gRPC on one port and gRPC-Web on another, as dishes do. How it is can be
//! changed while it runs, by a word on a line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use hall::task::Tasks;
use tokio::io::AsyncBufReadExt as _;
use tokio::net::{TcpListener, TcpStream};

/// Where a dish is asked.
const CALL: &str = "/SpaceX.API.Device.Device/Handle";

/// Seconds of its rings.
const RING: usize = 900;

/// How a dish is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Scene {
    /// Nothing is wrong.
    Good,
    /// A tree stands in its sight.
    Obstructed,
    /// It has been started a moment ago, by an update of its program.
    Rebooting,
    /// Nobody pays for it.
    NoAccount,
    /// It is far from where it may be used.
    Moved,
    /// An old program that knows few fields, and says some that nobody knows.
    Bare,
    /// It does not answer.
    Mute,
}

/// A dish to be run.
#[derive(Debug, clap::Args)]
pub struct Dish {
    /// Where it answers gRPC.
    #[arg(long, default_value = "127.0.0.1:0")]
    grpc: SocketAddr,
    /// Where it answers gRPC-Web.
    #[arg(long, default_value = "127.0.0.1:0")]
    web: SocketAddr,
    /// How it is at first; another word on a line changes it.
    #[arg(long, value_enum, default_value_t = Scene::Good)]
    scene: Scene,
}

/// How a dish that stands is, as both doors look at it.
#[derive(Debug, Clone)]
pub struct Shown(Arc<Mutex<Scene>>);

impl Shown {
    fn scene(&self) -> Scene {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it is so.
    pub fn set(&self, scene: Scene) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = scene;
    }
}

impl Dish {
    /// One on any two ports of this machine.
    #[must_use]
    pub const fn somewhere(scene: Scene) -> Self {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            grpc: any,
            web: any,
            scene,
        }
    }

    /// Opens both doors: where it answers, as a box is told (`ADDRESS/PORT/PORT`), and how
    /// it can be changed.
    ///
    /// # Errors
    /// If a port cannot be had.
    pub async fn open(self, tasks: &Tasks) -> anyhow::Result<(String, Shown)> {
        let shown = Shown(Arc::new(Mutex::new(self.scene)));
        let grpc = TcpListener::bind(self.grpc).await?;
        let web = TcpListener::bind(self.web).await?;
        let ports = (grpc.local_addr()?.port(), web.local_addr()?.port());
        let at = format!("{}/{}/{}", self.grpc.ip(), ports.0, ports.1);
        let routes = Router::new()
            .route(CALL, post(answer_web))
            .with_state(shown.clone());
        tasks.spawn("dish.web", async move {
            let _ = axum::serve(web, routes).await;
        });
        let (mind, own) = (shown.clone(), tasks.clone());
        tasks.spawn("dish.grpc", async move {
            while let Ok((stream, _)) = grpc.accept().await {
                let shown = mind.clone();
                own.spawn("dish.call", async move {
                    let _ = serve(stream, shown).await;
                });
            }
        });
        Ok((at, shown))
    }

    /// Runs it until its input ends; a line with another scene changes how it is.
    ///
    /// # Errors
    /// If a port cannot be had.
    pub async fn run(self, tasks: &Tasks, say: impl Fn(&str)) -> anyhow::Result<()> {
        let (at, shown) = self.open(tasks).await?;
        say(&format!("dish {at}"));
        let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await? {
            match <Scene as clap::ValueEnum>::from_str(line.trim(), true) {
                Ok(scene) => {
                    shown.set(scene);
                    say(&format!("now {}", line.trim()));
                }
                Err(why) => say(&why),
            }
        }
        Ok(())
    }
}

async fn serve(stream: TcpStream, shown: Shown) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    let mut calls = FuturesUnordered::new();
    loop {
        // Frames of a call come only while somebody asks for the next one.
        tokio::select! {
            asked = connection.accept() => match asked {
                Some(asked) => {
                    let (request, respond) = asked?;
                    calls.push(answer_grpc(request.into_body(), respond, shown.clone()));
                }
                None => return Ok(()),
            },
            Some(done) = calls.next() => done?,
        }
    }
}

async fn answer_grpc(
    mut body: h2::RecvStream,
    mut respond: h2::server::SendResponse<Bytes>,
    shown: Shown,
) -> Result<(), h2::Error> {
    let mut octets = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        octets.extend_from_slice(&data);
    }
    let scene = shown.scene();
    if scene == Scene::Mute {
        return std::future::pending().await;
    }
    let mut head = http::Response::new(());
    let kind = http::HeaderValue::from_static("application/grpc");
    head.headers_mut().insert(header::CONTENT_TYPE, kind);
    let mut send = respond.send_response(head, false)?;
    send.send_data(Bytes::from(framed(&answer(scene, &octets))), false)?;
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    send.send_trailers(trailers)
}

async fn answer_web(State(shown): State<Shown>, body: Bytes) -> Response {
    let scene = shown.scene();
    if scene == Scene::Mute {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let mut octets = framed(&answer(scene, &body));
    // The trailers of gRPC-Web are a frame of their own.
    octets.extend_from_slice(b"\x80\0\0\0\x0fgrpc-status:0\r\n");
    (
        [(header::CONTENT_TYPE, "application/grpc-web+proto")],
        octets,
    )
        .into_response()
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut octets = vec![0];
    octets.extend_from_slice(&u32::try_from(message.len()).unwrap_or(0).to_be_bytes());
    octets.extend_from_slice(message);
    octets
}

/// What is answered: the question's field says what was asked.
fn answer(scene: Scene, framed_question: &[u8]) -> Vec<u8> {
    // Tags of 1004 and 1007, both of a message: (1004 << 3) | 2 and (1007 << 3) | 2.
    let question = framed_question.get(5..).unwrap_or_default();
    let mut message = Message::default();
    message.varint(3, 42);
    if question.starts_with(&[0xe2, 0x3e]) {
        message.message(2004, &status(scene));
    } else if question.starts_with(&[0xfa, 0x3e]) {
        message.message(2006, &history(scene));
    } else {
        let mut refusal = Message::default();
        refusal.varint(1, 12);
        refusal.text(2, "not implemented");
        message.message(2, &refusal);
    }
    message.0
}

fn status(scene: Scene) -> Message {
    let mut it = Message::default();
    let mut info = Message::default();
    info.text(1, "ut01000000-00000000-0sim0000");
    if scene != Scene::Bare {
        info.text(2, "rev4_sim");
        info.text(3, "2026.06.23.sim");
        info.varint(8, 31);
    }
    it.message(1, &info);
    let mut state = Message::default();
    state.varint(
        1,
        if scene == Scene::Rebooting {
            22
        } else {
            86_400
        },
    );
    it.message(2, &state);
    if scene == Scene::Bare {
        // A field that nobody has heard of, and no disablement code.
        it.text(3999, "what comes next year");
        return it;
    }
    it.float(1003, if scene == Scene::Good { 0.0 } else { 0.4 });
    let mut sight = Message::default();
    sight.float(
        1,
        if scene == Scene::Obstructed {
            0.18
        } else {
            0.001
        },
    );
    sight.float(4, 43_200.0);
    sight.varint(5, u64::from(scene == Scene::Obstructed));
    it.message(1004, &sight);
    it.float(1007, 61_000_000.0);
    it.float(1008, 9_500_000.0);
    it.float(1009, 38.5);
    it.varint(1016, 1_000);
    it.varint(1018, 1);
    let mut alerts = Message::default();
    match scene {
        Scene::Moved => alerts.varint(4, 1),
        Scene::Obstructed => alerts.varint(17, 1),
        _ => {}
    }
    it.message(1005, &alerts);
    let outage = match scene {
        Scene::Rebooting => Some(1),
        Scene::Obstructed => Some(6),
        Scene::NoAccount | Scene::Moved => Some(8),
        _ => None,
    };
    if let Some(cause) = outage {
        let mut outage_now = Message::default();
        outage_now.varint(1, cause);
        outage_now.varint(2, 1_400_000_000_000_000_000);
        it.message(1014, &outage_now);
    }
    it.varint(
        1024,
        match scene {
            Scene::NoAccount => 2,
            Scene::Moved => 3,
            _ => 1,
        },
    );
    it.varint(1032, if scene == Scene::Rebooting { 4 } else { 0 });
    it
}

fn history(scene: Scene) -> Message {
    let mut it = Message::default();
    it.varint(
        1,
        if scene == Scene::Rebooting {
            22
        } else {
            86_400
        },
    );
    if scene == Scene::Bare {
        return it;
    }
    let lost = if scene == Scene::Good { 0.0 } else { 1.0 };
    // Of ten seconds one was lost, where anything was.
    let every = |value: f32, other: f32| -> Vec<f32> {
        let of = |at: usize| {
            if lost > 0.0 && at.is_multiple_of(10) {
                other
            } else {
                value
            }
        };
        (0..RING).map(of).collect()
    };
    it.floats(1001, &every(0.0, 1.0));
    it.floats(1002, &every(40.0, -1.0));
    it.floats(1003, &every(2_000_000.0, 0.0));
    it.floats(1004, &every(300_000.0, 0.0));
    if lost > 0.0 {
        for nth in 0..3_u64 {
            let mut outage = Message::default();
            outage.varint(1, 6);
            outage.varint(2, 1_400_000_000_000_000_000 + nth);
            outage.varint(3, 2_500_000_000);
            it.message(1009, &outage);
        }
    }
    it.floats(1010, &every(47.0, 47.0));
    it
}

/// Octets of a message, written field by field (Protocol Buffers, "Encoding").
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push((value & 0x7f) as u8);
    }

    fn varint(&mut self, field: u64, value: u64) {
        self.number(field << 3);
        self.number(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.number(field << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn octets(&mut self, field: u64, octets: &[u8]) {
        self.number(field << 3 | 2);
        self.number(octets.len() as u64);
        self.0.extend_from_slice(octets);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.octets(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.octets(field, &message.0);
    }

    fn floats(&mut self, field: u64, values: &[f32]) {
        let octets: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.octets(field, &octets);
    }
}
