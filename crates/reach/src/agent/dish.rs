//! The dish beside a box: asked once a minute, and told of where there is one.
//!
//! gRPC on its port 9200; gRPC-Web on 9201 where the first does not answer. Calls are one
//! after the other, each with a patience of three seconds: a dish has little to spare.
//! A box that has no dish looks for one now and then and says nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use base::now::Mono;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use hall::clock::Clock;
use hall::link::kinds;
use hall::link::site::Desk;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use reach_core::dish::{Fault, Reader, SAID_EVERY, Said, VER, Word, wire};
use sync::identity::Stream;
use sync::record::Draft;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Slots between two looks for a dish where none has ever answered.
const SELDOM: u32 = 15;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The longest answer, in octets: a history has 18 KiB.
const ANSWER_MAX: usize = 256 * 1024;

/// What is asked for at a dish.
const CALL: &str = "/SpaceX.API.Device.Device/Handle";

/// Where a dish answers, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    host: IpAddr,
    grpc: u16,
    web: u16,
}

impl Default for Address {
    /// Where every dish answers.
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::new(192, 168, 100, 1)),
            grpc: 9200,
            web: 9201,
        }
    }
}

impl FromStr for Address {
    type Err = &'static str;

    /// `HOST`, or `HOST/PORT/PORT` with the ports of gRPC and of gRPC-Web.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WHAT: &str = "use an address, or ADDRESS/PORT/PORT for gRPC and gRPC-Web";
        let mut parts = text.split('/');
        let host = parts.next().and_then(|it| it.parse().ok()).ok_or(WHAT)?;
        let usual = Self::default();
        let mut port = |usual: u16| match parts.next() {
            Some(text) => text.parse().map_err(|_| WHAT),
            None => Ok(usual),
        };
        let (grpc, web) = (port(usual.grpc)?, port(usual.web)?);
        match parts.next() {
            None => Ok(Self { host, grpc, web }),
            Some(_) => Err(WHAT),
        }
    }
}

/// By which of its doors a dish has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Grpc,
    Web,
}

/// Follows a dish until it is told to stop: one look in each slot, said as an event when
/// the word has changed and now and then, else as a sample.
pub async fn follow(
    at: Address,
    slot: Duration,
    desk: Desk,
    clock: Clock,
    stop: CancellationToken,
) {
    let mut reader = Reader::default();
    let mut door = Door::Grpc;
    let mut is_there = false;
    let mut told: Option<(Word, Mono)> = None;
    loop {
        let said = match minute(at, &mut door, &mut reader).await {
            Ok(said) => {
                is_there = true;
                Some(said)
            }
            Err(fault) => is_there.then(|| Said::not_asked(fault)),
        };
        if let Some(said) = said {
            let now = clock.now().mono;
            let word = said.word();
            let is_news = told.is_none_or(|(was, at)| was != word || now.since(at) >= SAID_EVERY);
            let stream = if is_news {
                Stream::Event
            } else {
                Stream::Sample
            };
            let draft = Draft {
                kind: kinds::DISH,
                ver: VER,
                body: said.encode_to_vec(),
            };
            match desk.keep(stream, draft).await {
                Ok(_) if is_news => told = Some((word, now)),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "what the dish says could not be kept"),
            }
        }
        let nap = tokio::time::sleep(if is_there { slot } else { slot * SELDOM });
        if stop.run_until_cancelled(nap).await.is_none() {
            return;
        }
    }
}

/// One look at a dish: how it is, and how it was since the last look.
async fn minute(at: Address, door: &mut Door, reader: &mut Reader) -> Result<Said, Fault> {
    let octets = match ask(at, *door, wire::request::Ask::GetStatus(wire::Nothing {})).await {
        Ok(octets) => octets,
        Err(first) => {
            let other = match *door {
                Door::Grpc => Door::Web,
                Door::Web => Door::Grpc,
            };
            let asked = ask(at, other, wire::request::Ask::GetStatus(wire::Nothing {})).await;
            // Why the door failed that has answered before is what counts.
            let octets = asked.map_err(|_| first)?;
            *door = other;
            octets
        }
    };
    let Some(wire::response::Answer::DishGetStatus(status)) = read(&octets)? else {
        return Err(Fault::Strange);
    };
    // One whose history cannot be had is still one that has said how it is.
    let asked = ask(at, *door, wire::request::Ask::GetHistory(wire::Nothing {})).await;
    let history = match asked.map(|octets| read(&octets)) {
        Ok(Ok(Some(wire::response::Answer::DishGetHistory(history)))) => Some(history),
        _ => None,
    };
    Ok(reader.minute(&octets, &status, history.as_ref()))
}

fn read(octets: &[u8]) -> Result<Option<wire::response::Answer>, Fault> {
    let response = wire::Response::decode(octets).map_err(|_| Fault::Strange)?;
    Ok(response.answer)
}

async fn ask(at: Address, door: Door, ask: wire::request::Ask) -> Result<Vec<u8>, Fault> {
    let message = wire::Request { ask: Some(ask) }.encode_to_vec();
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(&message);
    let framed = framed.freeze();
    let asked = async {
        let port = match door {
            Door::Grpc => at.grpc,
            Door::Web => at.web,
        };
        let address = SocketAddr::new(at.host, port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(|_| Fault::Absent)?;
        let answer = match door {
            Door::Grpc => grpc(stream, address, framed).await?,
            Door::Web => web(stream, address, framed).await?,
        };
        unframed(&answer)
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or(Err(Fault::Timeout))
}

/// The first message of an answer (gRPC over HTTP/2, "Length-Prefixed-Message"; frames of
/// trailers of gRPC-Web have the high bit set).
///
/// # Errors
/// [`Fault::Strange`] if there is none, it is cut, or it is packed.
pub fn unframed(mut answer: &[u8]) -> Result<Vec<u8>, Fault> {
    while answer.len() >= 5 {
        let kind = answer.get_u8();
        let long = usize::try_from(answer.get_u32()).map_err(|_| Fault::Strange)?;
        let message = answer.get(..long).ok_or(Fault::Strange)?;
        match kind {
            0 => return Ok(message.to_vec()),
            // Nobody has asked for packed messages.
            kind if kind & 0x80 == 0 => return Err(Fault::Strange),
            _ => answer.advance(long),
        }
    }
    Err(Fault::Strange)
}

async fn grpc(stream: TcpStream, at: SocketAddr, message: Bytes) -> Result<Vec<u8>, Fault> {
    let strange = |_: h2::Error| Fault::Strange;
    let (sender, connection) = h2::client::handshake(stream).await.map_err(strange)?;
    let request = Request::post(format!("http://{at}{CALL}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(())
        .map_err(|_| Fault::Strange)?;
    let exchange = async {
        let mut sender = sender.ready().await.map_err(strange)?;
        let (answer, mut body) = sender.send_request(request, false).map_err(strange)?;
        body.send_data(message, true).map_err(strange)?;
        let answer = answer.await.map_err(strange)?;
        if !answer.status().is_success() {
            return Err(Fault::Strange);
        }
        let mut body = answer.into_body();
        let mut octets = Vec::new();
        while let Some(data) = body.data().await {
            let data = data.map_err(strange)?;
            if octets.len() + data.len() > ANSWER_MAX {
                return Err(Fault::Strange);
            }
            body.flow_control()
                .release_capacity(data.len())
                .map_err(strange)?;
            octets.extend_from_slice(&data);
        }
        Ok(octets)
    };
    tokio::select! {
        done = exchange => done,
        _ = connection => Err(Fault::Strange),
    }
}

async fn web(stream: TcpStream, at: SocketAddr, message: Bytes) -> Result<Vec<u8>, Fault> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Fault::Strange)?;
    let request = Request::post(CALL)
        .header(header::HOST, at.to_string())
        .header(header::CONTENT_TYPE, "application/grpc-web+proto")
        .header("x-grpc-web", "1")
        .body(Full::new(message))
        .map_err(|_| Fault::Strange)?;
    let exchange = async {
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|_| Fault::Strange)?;
        if !answer.status().is_success() {
            return Err(Fault::Strange);
        }
        let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
        let body = body.map_err(|_| Fault::Strange)?;
        Ok(body.to_bytes().to_vec())
    };
    tokio::select! {
        done = exchange => done,
        _ = connection => Err(Fault::Strange),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let usual = Address::default();
        assert_eq!("192.168.100.1".parse(), Ok(usual));
        let other: Address = "127.0.0.1/19200/19201".parse().expect("an address");
        assert_eq!((other.grpc, other.web), (19_200, 19_201));
        for wrong in ["", "dish", "1.2.3.4/x", "1.2.3.4/1/2/3", "1.2.3.4/70000"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_message_is_unframed_whatever_stands_around_it() {
        assert_eq!(unframed(&[0, 0, 0, 0, 2, 7, 8]), Ok(vec![7, 8]));
        let trailers_first = [0x80, 0, 0, 0, 1, 9, 0, 0, 0, 0, 1, 7];
        assert_eq!(unframed(&trailers_first), Ok(vec![7]));
        for wrong in [
            &[][..],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0, 9, 1],
            &[1, 0, 0, 0, 1, 7],
            &[0, 0xff, 0xff, 0xff, 0xff, 7],
        ] {
            assert_eq!(unframed(wrong), Err(Fault::Strange), "{wrong:?}");
        }
    }
}
