//! A camera with motors that is asked and told by ONVIF: what it answers is written here by
//! the papers of ONVIF (Core 23.06, Media 23.06, PTZ 23.06), with no library of the house's.
//!
//! It has two profiles of one source, asks for a name and a password by HTTP Digest or by
//! WS-UsernameToken, believes a token only by its own clock, and says that its services are
//! at an address that leads nowhere, as devices behind a router do. A line tells it what to
//! be:
//!
//! ```text
//! where           tells `pan N tilt N zoom N moving 0|1 moves N stops N timed N`
//! skew 3600       its clock goes so many seconds before
//! mute            it takes connections and answers nothing; speak ends that
//! deep            it answers with a hundred thousand beginnings; speak ends that
//! word TEXT       its password
//! motion on|off   something moves before it; tamper and input likewise
//! sources N       it has as many, as a recorder does: two profiles each, streams as one of
//!                 Hikvision's
//! forget          it has forgotten who listens to what happens
//! events          tells `listeners N made N pulls N renewed N left N`
//! xaddrs TEXT     heard on the network, it says that its services are there
//! ```

mod events;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::Router;
use axum::extract::State as Of;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base::now::Mono;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hall::clock::Clock;
use hall::task::Tasks;
use md5::{Digest as _, Md5};
use tokio::io::AsyncBufReadExt as _;

use super::discovery::{Says, Voice};
use events::Events;

/// The longest question that is read, in octets.
const QUESTION_MAX: usize = 64 * 1024;

/// By how much it turns in a second at full speed, of a range from -1 to 1.
const SPEED: f64 = 0.25;

/// A token that was made so much before or after its clock is not believed, seconds.
const FRESH_S: i64 = 5;

/// What it says of a challenge.
const REALM: &str = "sim";
const NONCE: &str = "5d41402abc4b2a76b9719d911017c592";

/// How it wants to be shown who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shown {
    /// In the question (WS-Security UsernameToken Profile 1.0).
    Token,
    /// In the request (RFC 7616, MD5).
    Digest,
    /// In the clear.
    Basic,
}

/// A camera to be run.
#[derive(Debug, clap::Args)]
pub struct Onvif {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The path of its RTSP, for what it says of its streams.
    #[arg(long, default_value = "rtsp://10.255.255.1:554/cam-1")]
    rtsp: String,
    /// Its user.
    #[arg(long, default_value = "op")]
    user: String,
    /// Its password.
    #[arg(long, default_value = "rahasia")]
    word: String,
    /// How it wants to be shown who asks.
    #[arg(long, value_enum, default_value_t = Shown::Digest)]
    shown: Shown,
    /// The address of this machine in the network on which it is heard; heard nowhere else.
    #[arg(long)]
    heard: Option<Ipv4Addr>,
    /// Sources of pictures, as a recorder has them.
    #[arg(long, default_value_t = 1)]
    sources: u32,
    /// What it calls itself there.
    #[arg(long, default_value = "Kamera%20contoh")]
    name: String,
}

/// The camera. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Device {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    rtsp: String,
    user: String,
    shown: Shown,
    state: Mutex<State>,
    events: Events,
}

#[derive(Debug)]
struct State {
    word: String,
    sources: u32,
    skew_s: i64,
    answers: Answers,
    at: [f64; 3],
    speed: [f64; 3],
    since: Mono,
    ends: Option<Mono>,
    moves: u32,
    stops: u32,
    timed: u32,
    presets: Vec<(String, [f64; 3])>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    Well,
    Never,
    Deep,
}

impl Onvif {
    /// Serves until its input ends.
    ///
    /// # Errors
    /// If the port cannot be taken.
    pub async fn run(self, tasks: &Tasks, say: impl Fn(&str)) -> anyhow::Result<()> {
        let device = Device::new(
            Clock::real(),
            &self.user,
            &self.word,
            self.shown,
            &self.rtsp,
        );
        device.state().sources = self.sources;
        let at = device.serve(self.listen, tasks).await?;
        let voice = match self.heard {
            Some(on) => {
                // As a device behind a router does, it names its own network first.
                let own = format!("http://{on}:{}/onvif/device_service", at.port());
                let says = Says {
                    uuid: format!("5f1f9d2e-0000-4000-8000-{:012x}", at.port()),
                    name: self.name.clone(),
                    hardware: "SIM-PTZ".to_owned(),
                    xaddrs: format!("http://10.255.255.1/onvif/device_service {own}"),
                };
                Some(Voice::listen(on, says, tasks)?)
            }
            None => None,
        };
        say(&format!("port {}", at.port()));
        let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await? {
            if let (Some(voice), Some(xaddrs)) = (&voice, line.strip_prefix("xaddrs ")) {
                voice.tell(xaddrs);
                say("done");
                continue;
            }
            match device.tell(&line) {
                Some(said) => say(&said),
                None => say(&format!("no word of a camera: {line:?}")),
            }
        }
        tasks.shutdown(Duration::from_secs(1)).await;
        Ok(())
    }
}

impl Device {
    /// One that looks ahead, keeps two places, and says `rtsp` of its streams.
    #[must_use]
    pub fn new(clock: Clock, user: &str, word: &str, shown: Shown, rtsp: &str) -> Self {
        let since = clock.now().mono;
        let presets = vec![
            ("Gerbang".to_owned(), [0.5, 0.0, 0.0]),
            ("Loket & antrean".to_owned(), [-0.5, -0.25, 0.5]),
        ];
        Self {
            inner: Arc::new(Inner {
                clock,
                rtsp: rtsp.to_owned(),
                user: user.to_owned(),
                shown,
                events: Events::default(),
                state: Mutex::new(State {
                    word: word.to_owned(),
                    sources: 1,
                    skew_s: 0,
                    answers: Answers::Well,
                    at: [0.0; 3],
                    speed: [0.0; 3],
                    since,
                    ends: None,
                    moves: 0,
                    stops: 0,
                    timed: 0,
                    presets,
                }),
            }),
        }
    }

    /// Takes a port and answers there from now on.
    ///
    /// # Errors
    /// If the port cannot be taken.
    pub async fn serve(&self, listen: SocketAddr, tasks: &Tasks) -> std::io::Result<SocketAddr> {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        let at = listener.local_addr()?;
        let app = Router::new().fallback(asked).with_state(self.clone());
        let stop = tasks.soft().clone();
        tasks.spawn("sim.onvif", async move {
            let served = axum::serve(listener, app);
            // It ends with the process at the latest.
            let _ = served.with_graceful_shutdown(stop.cancelled_owned()).await;
        });
        Ok(at)
    }

    /// Does what a line says; what it tells, or none if it knows no such word.
    pub fn tell(&self, line: &str) -> Option<String> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let events = &self.inner.events;
        let thing = ["motion", "tamper", "input"]
            .into_iter()
            .find(|it| *it == word);
        if let Some(thing) = thing {
            events.set(thing, rest == "on", &self.moment());
            return Some("done".to_owned());
        }
        match word {
            "events" => return Some(events.told()),
            "forget" => {
                events.forget();
                return Some("done".to_owned());
            }
            _ => {}
        }
        let mut state = self.state();
        match word {
            "where" => {
                let State {
                    at,
                    moves,
                    stops,
                    timed,
                    ..
                } = &*state;
                let [pan, tilt, zoom] = at;
                let moving = i32::from(state.speed.iter().any(|part| part.abs() > 0.0));
                return Some(format!(
                    "pan {pan:.3} tilt {tilt:.3} zoom {zoom:.3} moving {moving} moves {moves} stops {stops} timed {timed}"
                ));
            }
            "skew" => state.skew_s = rest.parse().ok()?,
            "sources" => state.sources = rest.parse().ok()?,
            "mute" => state.answers = Answers::Never,
            "deep" => state.answers = Answers::Deep,
            "speak" => state.answers = Answers::Well,
            "word" => rest.clone_into(&mut state.word),
            _ => return None,
        }
        Some("done".to_owned())
    }

    /// As it is now: where it came to since somebody looked.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.inner.clock.now().mono;
        let until = state.ends.map_or(now, |ends| ends.min(now));
        let seconds = until.since(state.since).as_secs_f64();
        for part in 0..3 {
            let least = if part == 2 { 0.0 } else { -1.0 };
            let to = state.at[part] + state.speed[part] * SPEED * seconds;
            state.at[part] = to.clamp(least, 1.0);
        }
        state.since = now;
        if state.ends.is_some_and(|ends| ends <= now) {
            state.speed = [0.0; 3];
            state.ends = None;
            state.timed += 1;
        }
        state
    }

    fn wall_s(&self, skew_s: i64) -> i64 {
        self.inner.clock.now().wall.as_us().div_euclid(1_000_000) + skew_s
    }

    fn answer(&self, question: &str) -> Result<String, Fault> {
        let operation = operation(question).ok_or(Fault::Sender("no operation"))?;
        if operation == "GetSystemDateAndTime" {
            return Ok(self.date_and_time());
        }
        if self.inner.shown == Shown::Token && !self.is_token(question) {
            return Err(Fault::NotAuthorized);
        }
        let profile = text(question, "ProfileToken");
        let sources = self.state().sources;
        if profile.is_some_and(|token| stream_of(token, sources).is_none()) {
            return Err(Fault::Sender("no such profile"));
        }
        match operation {
            "GetCapabilities" => Ok(capabilities()),
            "GetProfiles" => Ok(profiles(sources)),
            "GetStreamUri" => Ok(self.stream(profile.unwrap_or_default())),
            "GetSnapshotUri" => Ok(still()),
            _ => self.turn(operation, question),
        }
    }

    fn turn(&self, operation: &str, question: &str) -> Result<String, Fault> {
        let parts = || {
            let pan_tilt = tag(question, "PanTilt");
            let zoom = tag(question, "Zoom");
            let part = |tag: Option<&str>, name| {
                tag.and_then(|tag| attribute(tag, name)?.parse::<f64>().ok())
            };
            [part(pan_tilt, "x"), part(pan_tilt, "y"), part(zoom, "x")]
        };
        let mut state = self.state();
        match operation {
            "ContinuousMove" => {
                state.speed = parts().map(Option::unwrap_or_default);
                state.moves += 1;
                let ends = text(question, "Timeout").and_then(|text| {
                    let seconds = text.strip_prefix("PT")?.strip_suffix('S')?;
                    seconds.parse::<f64>().ok()
                });
                state.ends = ends.map(|seconds| state.since + Duration::from_secs_f64(seconds));
            }
            "Stop" => {
                state.speed = [0.0; 3];
                state.ends = None;
                state.stops += 1;
            }
            "AbsoluteMove" | "RelativeMove" => {
                state.speed = [0.0; 3];
                state.ends = None;
                let is_relative = operation == "RelativeMove";
                for (at, part) in state.at.iter_mut().zip(parts()) {
                    let Some(part) = part else { continue };
                    *at = if is_relative { *at + part } else { part };
                    *at = at.clamp(-1.0, 1.0);
                }
            }
            "GetStatus" => {
                let [pan, tilt, zoom] = state.at;
                let moves = |parts: &[f64]| {
                    if parts.iter().any(|part| *part != 0.0) {
                        "MOVING"
                    } else {
                        "IDLE"
                    }
                };
                return Ok(format!(
                    "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>\
                     <tt:PanTilt x=\"{pan}\" y=\"{tilt}\" space=\"http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace\"/>\
                     <tt:Zoom x=\"{zoom}\" space=\"http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace\"/></tt:Position>\
                     <tt:MoveStatus><tt:PanTilt>{}</tt:PanTilt><tt:Zoom>{}</tt:Zoom></tt:MoveStatus>\
                     <tt:UtcTime>2026-01-01T00:00:00Z</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>",
                    moves(&state.speed[..2]),
                    moves(&state.speed[2..]),
                ));
            }
            "GetPresets" => {
                let all = state.presets.iter().enumerate();
                let all = all.map(|(at, (name, [pan, tilt, zoom]))| {
                    format!(
                        "<tptz:Preset token=\"{}\"><tt:Name>{}</tt:Name><tt:PTZPosition>\
                         <tt:PanTilt x=\"{pan}\" y=\"{tilt}\"/><tt:Zoom x=\"{zoom}\"/></tt:PTZPosition></tptz:Preset>",
                        at + 1,
                        escaped(name)
                    )
                });
                let all: String = all.collect();
                return Ok(format!(
                    "<tptz:GetPresetsResponse>{all}</tptz:GetPresetsResponse>"
                ));
            }
            "GotoPreset" => {
                let token = text(question, "PresetToken").and_then(|text| text.parse().ok());
                let preset =
                    token.and_then(|token: usize| state.presets.get(token.wrapping_sub(1)));
                state.at = preset.ok_or(Fault::Sender("no such preset"))?.1;
                state.speed = [0.0; 3];
            }
            "SetPreset" => {
                let name = text(question, "PresetName").map(plain).unwrap_or_default();
                let at = state.at;
                state.presets.push((name, at));
                return Ok(format!(
                    "<tptz:SetPresetResponse><tptz:PresetToken>{}</tptz:PresetToken></tptz:SetPresetResponse>",
                    state.presets.len()
                ));
            }
            _ => return Err(Fault::Sender("no such operation")),
        }
        Ok(format!("<tptz:{operation}Response/>"))
    }

    /// The time by its clock, as it is written in messages.
    fn moment(&self) -> String {
        let skew = self.state().skew_s;
        let seconds = self.wall_s(skew);
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// What happens is told to who waits for it.
    async fn happens(&self, operation: &str, path: &str, question: &str) -> Result<String, Fault> {
        if self.inner.shown == Shown::Token && !self.is_token(question) {
            return Err(Fault::NotAuthorized);
        }
        let patience = text(question, "Timeout").and_then(|text| {
            let seconds = text.strip_prefix("PT")?.strip_suffix('S')?;
            Some(Duration::from_secs(seconds.parse().ok()?))
        });
        let patience = patience.unwrap_or(Duration::from_secs(1));
        let (events, at) = (&self.inner.events, self.moment());
        let said = events.answer(operation, path, patience, &at);
        said.await.ok_or(Fault::Sender("nobody listens there"))
    }

    fn date_and_time(&self) -> String {
        let skew = self.state().skew_s;
        let seconds = self.wall_s(skew);
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        format!(
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>\
             <tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>WIB-7</tt:TZ></tt:TimeZone><tt:UTCDateTime>\
             <tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second></tt:Time>\
             <tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day></tt:Date>\
             </tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
            second / 3_600,
            second / 60 % 60,
            second % 60
        )
    }

    fn stream(&self, profile: &str) -> String {
        let sources = self.state().sources;
        let path = stream_of(profile, sources).unwrap_or_default();
        format!(
            "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{}/{path}</tt:Uri>\
             <tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>\
             <tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>",
            escaped(&self.inner.rtsp)
        )
    }

    /// `base64(SHA-1(nonce + created + password))`, made near its own time.
    fn is_token(&self, question: &str) -> bool {
        let (skew, word) = {
            let state = self.state();
            (state.skew_s, state.word.clone())
        };
        let token = || {
            let user = text(question, "Username")?;
            let shown = text(question, "Password")?;
            let nonce = STANDARD.decode(text(question, "Nonce")?).ok()?;
            let created = text(question, "Created")?;
            let age = self.wall_s(skew) - seconds_of(created)?;
            let all = [&nonce[..], created.as_bytes(), word.as_bytes()].concat();
            let made = digest(&SHA1_FOR_LEGACY_USE_ONLY, &all);
            let is_right = STANDARD.encode(made) == shown && user == self.inner.user;
            Some(is_right && age.abs() <= FRESH_S)
        };
        token().unwrap_or(false)
    }

    /// Whether the request shows who asks (RFC 7616 §3.4).
    fn is_shown(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let shown = headers.get(header::AUTHORIZATION);
        let Some(shown) = shown.and_then(|shown| shown.to_str().ok()) else {
            return false;
        };
        let field = |name: &str| {
            let at = shown.find(&format!("{name}="))? + name.len() + 1;
            let rest = &shown[at..];
            let quoted = rest
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next());
            quoted.or_else(|| rest.split([',', ' ']).next())
        };
        let word = self.state().word.clone();
        let hex = |text: String| {
            let octets = Md5::digest(text.as_bytes());
            octets
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect::<String>()
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let all = || {
            let who = hex(format!("{}:{REALM}:{word}", self.inner.user));
            let what = hex(format!("POST:{path}"));
            let (count, own) = (field("nc")?, field("cnonce")?);
            let made = hex(format!("{who}:{NONCE}:{count}:{own}:auth:{what}"));
            Some(made == field("response")? && field("username")? == self.inner.user)
        };
        shown.starts_with("Digest ") && all().unwrap_or(false)
    }
}

/// What it says instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Sender(&'static str),
    NotAuthorized,
}

async fn asked(Of(device): Of<Device>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/soap+xml; charset=utf-8")];
    let answers = device.state().answers;
    match answers {
        Answers::Well => {}
        Answers::Never => std::future::pending::<()>().await,
        Answers::Deep => return (kind, "<a>".repeat(100_000)).into_response(),
    }
    let question = String::from_utf8(body.to_vec()).ok();
    let question = question.filter(|question| question.len() <= QUESTION_MAX);
    let Some(question) = question else {
        return (http::StatusCode::BAD_REQUEST, "").into_response();
    };
    // The time is told to anybody (ONVIF Core, PRE_AUTH), so that tokens can be made.
    let is_open = operation(&question) == Some("GetSystemDateAndTime");
    let challenge = match device.inner.shown {
        Shown::Token => None,
        Shown::Digest => Some(format!(
            "Digest realm=\"{REALM}\", nonce=\"{NONCE}\", qop=\"auth\", algorithm=MD5"
        )),
        Shown::Basic => Some(format!("Basic realm=\"{REALM}\"")),
    };
    if let Some(challenge) = challenge
        && !is_open
        && !device.is_shown(&headers, &uri)
    {
        let ask = [(header::WWW_AUTHENTICATE, challenge)];
        return (http::StatusCode::UNAUTHORIZED, ask, "").into_response();
    }
    let asked = operation(&question).filter(|it| events::ASKED.contains(it));
    let answer = match asked {
        Some(asked) => device.happens(asked, uri.path(), &question).await,
        None => device.answer(&question),
    };
    match answer {
        Ok(body) => (kind, envelope(&body)).into_response(),
        Err(fault) => {
            let (sub, reason) = match fault {
                Fault::NotAuthorized => ("ter:NotAuthorized", "Sender not authorized"),
                Fault::Sender(reason) => ("ter:InvalidArgVal", reason),
            };
            let body = format!(
                "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{sub}</s:Value></s:Subcode></s:Code>\
                 <s:Reason><s:Text xml:lang=\"en\">{reason}</s:Text></s:Reason></s:Fault>"
            );
            (http::StatusCode::BAD_REQUEST, kind, envelope(&body)).into_response()
        }
    }
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" \
         xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" \
         xmlns:tev=\"http://www.onvif.org/ver10/events/wsdl\" xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" \
         xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" xmlns:ter=\"http://www.onvif.org/ver10/error\"><s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// Its services, at an address of a network that nobody else is in.
fn capabilities() -> String {
    let service = |name: &str, path: &str| {
        format!("<tt:{name}><tt:XAddr>http://10.255.255.1/onvif/{path}</tt:XAddr></tt:{name}>")
    };
    format!(
        "<tds:GetCapabilitiesResponse><tds:Capabilities>{}{}{}{}</tds:Capabilities></tds:GetCapabilitiesResponse>",
        service("Device", "device_service"),
        service("Events", "event_service"),
        service("Media", "media_service"),
        service("PTZ", "ptz_service")
    )
}

/// The path of a profile's stream; none if it is no profile.
fn stream_of(token: &str, sources: u32) -> Option<String> {
    match token {
        "utama" if sources == 1 => Some("main".to_owned()),
        "kecil" if sources == 1 => Some("sub".to_owned()),
        _ => {
            let (source, layer) = token.strip_prefix('c')?.split_once('-')?;
            let (source, layer): (u32, u32) = (source.parse().ok()?, layer.parse().ok()?);
            let is_one = (1..=sources).contains(&source) && (1..=2).contains(&layer);
            is_one.then(|| format!("Streaming/Channels/{source}0{layer}"))
        }
    }
}

fn profiles(sources: u32) -> String {
    let profile = |token: &str, name: &str, source: &str, width: u32, height: u32| {
        format!(
            "<trt:Profiles token=\"{token}\" fixed=\"true\"><tt:Name>{name}</tt:Name>\
             <tt:VideoSourceConfiguration token=\"vsc\"><tt:Name>vsc</tt:Name><tt:UseCount>2</tt:UseCount>\
             <tt:SourceToken>{source}</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"1280\" height=\"720\"/></tt:VideoSourceConfiguration>\
             <tt:VideoEncoderConfiguration token=\"vec-{token}\"><tt:Name>vec</tt:Name><tt:UseCount>1</tt:UseCount>\
             <tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>\
             <tt:Quality>5</tt:Quality></tt:VideoEncoderConfiguration>\
             <tt:PTZConfiguration token=\"ptz\"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration>\
             </trt:Profiles>"
        )
    };
    let all: String = if sources == 1 {
        profile("utama", "Utama", "vs", 1_280, 720) + &profile("kecil", "Kecil", "vs", 640, 360)
    } else {
        let of = |source: u32| {
            let (own, name) = (format!("vs{source}"), format!("Saluran {source}"));
            let first = profile(&format!("c{source}-1"), &name, &own, 1_280, 720);
            first + &profile(&format!("c{source}-2"), &name, &own, 640, 360)
        };
        (1..=sources).map(of).collect()
    };
    format!("<trt:GetProfilesResponse>{all}</trt:GetProfilesResponse>")
}

fn still() -> String {
    "<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>http://10.255.255.1/snap.jpg</tt:Uri>\
     <tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>\
     <tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetSnapshotUriResponse>"
        .to_owned()
}

/// The name of the first element within `Body`, without its prefix.
fn operation(question: &str) -> Option<&str> {
    let body = question.split_once("Body>")?.1;
    let open = body.split_once('<')?.1;
    let name = open.split(['>', ' ', '/']).next()?;
    Some(name.rsplit(':').next().unwrap_or(name))
}

/// What stands in the first element of that name.
fn text<'a>(question: &'a str, name: &str) -> Option<&'a str> {
    let tag = tag(question, name)?;
    let begin = tag.as_ptr() as usize - question.as_ptr() as usize + tag.len();
    question[begin..].split('<').next()
}

/// The opening of the first element of that name.
fn tag<'a>(question: &'a str, name: &str) -> Option<&'a str> {
    question.split_inclusive('>').find_map(|piece| {
        let open = &piece[piece.find('<')?..];
        let word = open[1..].split(['>', ' ', '/']).next()?;
        (word.rsplit(':').next() == Some(name)).then_some(open)
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[at..].split('"').next()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Seconds since 1970 of `2026-01-02T03:04:05…`.
fn seconds_of(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    Some(days * 86_400 + number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?)
}

/// Days since 1970 of a day, in years that begin in March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year.div_euclid(400);
    let within = year.rem_euclid(400);
    era * 146_097 + within * 365 + within / 4 - within / 100 + (153 * month + 2) / 5 + day - 719_469
}

/// The day of so many days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let mut year = 1970 + days.div_euclid(366);
    while days_of(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_of(year, month + 1, 1) <= days {
        month += 1;
    }
    (year, month, days - days_of(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, day) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_785, (2026, 11, 28)),
        ] {
            assert_eq!(civil(days), day);
            let (year, month, day) = day;
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(seconds_of("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(seconds_of("soon"), None);
    }

    #[test]
    fn a_question_is_read() {
        let question = "<s:Envelope><s:Header/><s:Body><tptz:ContinuousMove><tptz:ProfileToken>utama</tptz:ProfileToken>\
             <tptz:Velocity><tt:PanTilt x=\"0.5\" y=\"-1\"/><tt:Zoom x=\"0\"/></tptz:Velocity></tptz:ContinuousMove></s:Body></s:Envelope>";
        assert_eq!(operation(question), Some("ContinuousMove"));
        assert_eq!(text(question, "ProfileToken"), Some("utama"));
        let tag = tag(question, "PanTilt").expect("a tag");
        assert_eq!(
            (attribute(tag, "x"), attribute(tag, "y")),
            (Some("0.5"), Some("-1"))
        );
    }
}
