//! A camera that sends what a test tells it: RTSP and RTP written from RFC 2326,
//! RFC 6184 and RFC 3551, with none of the house's code.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use url::Url;

/// Parameter sets of 240×160.
pub(crate) const SPS_SMALL: &[u8] = &[
    0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x03, 0xc5, 0x68, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00,
    0x0c, 0x03, 0xc5, 0x8b, 0x92,
];

/// Parameter sets of 1280×720.
pub(crate) const SPS_LARGE: &[u8] = &[
    0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00,
    0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x83, 0x19, 0x60,
];

pub(crate) const PPS: &[u8] = &[0x68, 0xcb, 0x8c, 0xb2];

/// Ticks between two pictures of 25 a second.
pub(crate) const STEP: u32 = 3_600;

/// Pictures that may wait for the house to read.
const WAITING: usize = 4;

/// The longest payload that this camera sends, as many do.
const PAYLOAD_MAX: usize = 1_400;

const DESCRIBED: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
    a=rtpmap:96 H264/90000\r\n\
    a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n\
    a=control:track1\r\n";

/// What it describes beside its picture: sound in A-law.
const MICROPHONE: &str = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n";

/// A camera.
pub(crate) struct Camera {
    port: u16,
    pictures: mpsc::Sender<Vec<u8>>,
    /// What it hears, and what it is asked.
    pub(crate) voice: Voice,
    seq: u16,
}

/// What a camera hears, and what it is asked.
#[derive(Clone)]
pub(crate) struct Voice {
    sounds: mpsc::Sender<Vec<u8>>,
    asked: Asked,
}

/// Every request that has come, by its first line.
type Asked = Arc<Mutex<Vec<String>>>;

/// What is sent to whoever plays a stream, one player after the other.
type Sent = Arc<tokio::sync::Mutex<mpsc::Receiver<Vec<u8>>>>;

impl Camera {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (pictures, seen) = mpsc::channel(WAITING);
        let (sounds, heard) = mpsc::channel(WAITING);
        let sent = [seen, heard].map(|sent| Arc::new(tokio::sync::Mutex::new(sent)));
        let asked = Asked::default();
        tokio::spawn(serve(listener, sent, Arc::clone(&asked)));
        Self {
            port,
            pictures,
            voice: Voice { sounds, asked },
            seq: 0,
        }
    }

    pub(crate) fn url(&self) -> Url {
        let url = format!("rtsp://127.0.0.1:{}/main", self.port);
        url.parse().expect("an address")
    }

    /// Sends a picture, once there is room for it.
    pub(crate) async fn send(&mut self, stamp: u32, nals: &[&[u8]]) {
        let mut packets = Vec::new();
        for (i, nal) in nals.iter().enumerate() {
            self.packets(stamp, nal, i + 1 == nals.len(), &mut packets);
        }
        self.pictures.send(packets).await.expect("a connection");
    }

    /// A key frame of so many octets, with its parameter sets.
    pub(crate) async fn key(&mut self, stamp: u32, sps: &[u8], size: usize) {
        self.send(stamp, &[sps, PPS, &slice(0x65, size)]).await;
    }

    /// Another picture of so many octets.
    pub(crate) async fn other(&mut self, stamp: u32, size: usize) {
        self.send(stamp, &[&slice(0x41, size)]).await;
    }

    fn packets(&mut self, stamp: u32, nal: &[u8], last: bool, into: &mut Vec<u8>) {
        if nal.len() <= PAYLOAD_MAX {
            return self.packet(stamp, nal, last, into);
        }
        let pieces: Vec<_> = nal[1..].chunks(PAYLOAD_MAX - 2).collect();
        for (i, piece) in pieces.iter().enumerate() {
            let start = u8::from(i == 0) << 7;
            let end = u8::from(i + 1 == pieces.len()) << 6;
            let head = [(nal[0] & 0xe0) | 28, start | end | (nal[0] & 0x1f)];
            let payload = [&head, *piece].concat();
            self.packet(stamp, &payload, last && end != 0, into);
        }
    }

    fn packet(&mut self, stamp: u32, payload: &[u8], marker: bool, into: &mut Vec<u8>) {
        let length = u16::try_from(12 + payload.len()).expect("a packet");
        into.extend([b'$', 0]);
        into.extend(length.to_be_bytes());
        into.extend([0x80, 96 | u8::from(marker) << 7]);
        into.extend(self.seq.to_be_bytes());
        into.extend(stamp.to_be_bytes());
        into.extend(0x0bea_7e11_u32.to_be_bytes());
        into.extend(payload);
        self.seq = self.seq.wrapping_add(1);
    }
}

impl Voice {
    /// How many requests have come that begin and end so, the version aside.
    pub(crate) fn asked(&self, verb: &str, of: &str) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = asked
            .iter()
            .filter_map(|line| line.strip_suffix(" RTSP/1.0"));
        lines
            .filter(|line| line.starts_with(verb) && line.ends_with(of))
            .count()
    }

    /// Sends octets as a packet of sound, whatever they are.
    pub(crate) async fn utter(&self, octets: &[u8]) {
        let length = u16::try_from(octets.len()).expect("a packet");
        let packet = [&[b'$', 0][..], &length.to_be_bytes(), octets].concat();
        self.sounds.send(packet).await.expect("a connection");
    }
}

fn slice(head: u8, size: usize) -> Vec<u8> {
    let mut nal = vec![0x5a; size.max(2)];
    nal[0] = head;
    nal
}

/// Every connection, until the test lets go of the camera.
async fn serve(listener: TcpListener, sent: [Sent; 2], asked: Asked) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(play(stream, sent.clone(), Arc::clone(&asked)));
    }
}

async fn play(stream: TcpStream, [seen, heard]: [Sent; 2], asked: Asked) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let described = format!("{DESCRIBED}{MICROPHONE}");
    let mut sent = seen;
    loop {
        let (line, number) = request(&mut stream).await?;
        let verb = line.split(' ').next().unwrap_or_default().to_owned();
        let sound = line.contains("/track2 ");
        asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        let more = match verb.as_str() {
            "DESCRIBE" => format!(
                "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{described}",
                described.len()
            ),
            "SETUP" => {
                if sound {
                    sent = Arc::clone(&heard);
                }
                "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".to_owned()
            }
            "PLAY" => "Session: 1\r\n\r\n".to_owned(),
            _ => "\r\n".to_owned(),
        };
        let answer = format!("RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{more}");
        stream.write_all(answer.as_bytes()).await.ok()?;
        if verb == "PLAY" {
            break;
        }
    }
    let mut sent = sent.lock().await;
    while let Some(packets) = sent.recv().await {
        stream.write_all(&packets).await.ok()?;
    }
    Some(())
}

async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut first, mut number) = (None, String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Some((first?, number));
        }
        if let Some(value) = line.strip_prefix("CSeq:") {
            value.trim().clone_into(&mut number);
        }
        first = first.or_else(|| Some(line.to_owned()));
    }
}
