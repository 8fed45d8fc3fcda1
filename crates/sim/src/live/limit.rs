//! What this machine could do if a server were nothing but copying, encrypting
//! and sending: the packets of one 720p picture, over and over, by one core.
//!
//! Goes in: payload that lies ready. Done per packet: an RTP header and a copy
//! of the payload into the buffer that leaves, AES-128-GCM in place (RFC 7714).
//! Done per picture: one system call that the kernel cuts into datagrams. The
//! sink is a thread that reads and forgets; its time is not counted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use clap::Args;
use hall::clock::Clock;
use hall::task::Tasks;
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use serde_json::json;

use super::usage;

/// One twenty-fifth of a second at 1.5 Mbit/s, in octets.
const PICTURE: usize = 7_500;

/// Payload of a packet, as the house cuts it.
const PAYLOAD: usize = 1_160;

const HEADER: usize = 12;
const TAG: usize = 16;

/// Pictures between two looks at the clock.
const ROUND: u64 = 512;

/// How long.
#[derive(Debug, Args)]
pub struct Limit {
    /// How long to send.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

impl Limit {
    /// Measures and prints one line of JSON.
    ///
    /// # Errors
    /// If there are no sockets to be had.
    pub async fn run(self) -> anyhow::Result<()> {
        let tasks = Tasks::new();
        let sink = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        socket2::SockRef::from(&sink).set_recv_buffer_size(4 * 1024 * 1024)?;
        sink.set_read_timeout(Some(Duration::from_millis(100)))?;
        let to = sink.local_addr()?;
        let stop = tasks.soft().clone();
        let sinking = tasks.blocking("sim.sink", move || {
            let mut buffer = [0; 2_048];
            let mut octets = 0_u64;
            while !stop.is_cancelled() {
                if let Ok(len) = sink.recv(&mut buffer) {
                    octets += u64::try_from(len).unwrap_or(0);
                }
            }
            octets
        });
        let span = Duration::from_secs(self.seconds);
        let sending = tasks.blocking("sim.limit", move || send(to, span));
        let stopped = async {
            let sent = sending.await;
            tasks.soft().cancel();
            sent
        };
        let (sent, sunk) = tokio::join!(stopped, sinking);
        let (pictures, cpu) = sent??;
        let packets = PICTURE.div_ceil(PAYLOAD);
        let bits = pictures * u64::try_from(PICTURE)? * 8;
        super::say(&json!({
            "pictures": pictures,
            "packets": pictures * u64::try_from(packets)?,
            "bits": bits,
            "cpu_seconds": cpu.as_secs_f64(),
            "sunk_octets": sunk?,
        }))?;
        Ok(())
    }
}

/// Sends pictures for a while; how many, and the processor time of this thread.
fn send(to: SocketAddr, span: Duration) -> anyhow::Result<(u64, Duration)> {
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let payloads: Vec<Vec<u8>> = vec![0x5a; PICTURE]
        .chunks(PAYLOAD)
        .map(<[u8]>::to_vec)
        .collect();
    anyhow::ensure!(
        payloads.len() <= state.max_gso_segments(),
        "this kernel does not cut buffers into datagrams (GSO)"
    );
    let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).context("no key")?;
    let key = LessSafeKey::new(key);
    let mut buffer = Vec::with_capacity(2 * PICTURE);
    let clock = Clock::real();
    let end = clock.instant() + span;
    let from = usage::thread_cpu()?;
    let (mut pictures, mut number) = (0_u64, 0_u64);
    while clock.instant() < end {
        for _ in 0..ROUND {
            buffer.clear();
            for payload in &payloads {
                number += 1;
                packet(&mut buffer, payload, number, &key)?;
            }
            let transmit = Transmit {
                destination: to,
                ecn: None,
                contents: &buffer,
                segment_size: Some(HEADER + PAYLOAD + TAG),
                src_ip: None,
            };
            match state.try_send(UdpSockRef::from(&socket), &transmit) {
                Ok(()) => pictures += 1,
                // Loopback hands over within the call: a full sink drops.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok((pictures, usage::thread_cpu()? - from))
}

fn packet(
    buffer: &mut Vec<u8>,
    payload: &[u8],
    number: u64,
    key: &LessSafeKey,
) -> anyhow::Result<()> {
    let start = buffer.len();
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    let header = [0x80, 96, g, h, a, b, c, d, 1, 2, 3, 4];
    buffer.extend_from_slice(&header);
    buffer.extend_from_slice(payload);
    let nonce = Nonce::assume_unique_for_key([0, 0, 0, 0, a, b, c, d, e, f, g, h]);
    let body = buffer.get_mut(start + HEADER..).unwrap_or_default();
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(header), body)
        .ok()
        .context("the cipher refused")?;
    buffer.extend_from_slice(tag.as_ref());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_as_long_as_the_house_makes_them() {
        let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).expect("a key");
        let key = LessSafeKey::new(key);
        let mut buffer = Vec::new();
        for number in 1..=2 {
            packet(&mut buffer, &[1; PAYLOAD], number, &key).expect("a cipher");
        }
        assert_eq!(buffer.len(), 2 * (HEADER + PAYLOAD + TAG));
        let (first, second) = buffer.split_at(HEADER + PAYLOAD + TAG);
        assert_ne!(first.get(HEADER..), second.get(HEADER..));
    }
}
