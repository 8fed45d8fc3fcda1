//! One RTSP session with one camera's microphone.
//!
//! Only the first stream of sound is set up, and only where it is G.711. Packets are
//! taken as they come and not by the library's reader of samples, which ends the
//! session at an empty one.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use retina::client::{PacketItem, Playing, Session as Rtsp};
use watch_core::sound::{Law, Microphone};
use watch_core::supervise::Reason;

use super::gate::{Gate, Load};
use super::session::{
    Clock, Failure, Source, Transport, clock, contained, describe, ended, failure, microphone,
    play, set_up,
};

/// What has come.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Samples, one an octet.
    Samples {
        /// Their stamp in ticks of 1/8,000 s, unwrapped within the session.
        rtp: i64,
        /// The samples.
        payload: Bytes,
    },
    /// The camera's wall clock.
    Clock(Clock),
    /// Something that is of no use here.
    Other,
}

/// A session that plays.
pub(crate) struct Hearing {
    /// How its samples are written.
    pub(crate) law: Law,
    payload_type: u8,
    rtsp: Rtsp<Playing>,
    load: Arc<Load>,
}

impl Hearing {
    /// Opens a session and begins to listen.
    ///
    /// # Errors
    /// With the reason in the words of the page. A format that viewers are not given
    /// is a failure too, and then nothing has been set up.
    pub(crate) async fn open(
        source: &Source,
        transport: Transport,
        gate: &Gate,
    ) -> Result<Self, Failure> {
        let load = gate.begin();
        let opened = Self::opened(source, transport, gate, Arc::clone(&load));
        load.bear(contained(opened)).await
    }

    async fn opened(
        source: &Source,
        transport: Transport,
        gate: &Gate,
        load: Arc<Load>,
    ) -> Result<Self, Failure> {
        let (mut rtsp, at) = describe(source, transport, gate).await?;
        let (stream, law) = match microphone(rtsp.streams()) {
            (Some(stream), Microphone::G711(law)) => (stream, law),
            (_, other) => {
                let format = other.format().unwrap_or("not there");
                return Err(Failure {
                    reason: Reason::Codec,
                    detail: format!("the sound is {format}, viewers are given G.711"),
                });
            }
        };
        let payload_type = rtsp.streams()[stream].rtp_payload_type();
        set_up(&mut rtsp, stream, transport, at).await?;
        let rtsp = play(rtsp).await?;
        Ok(Self {
            law,
            payload_type,
            rtsp,
            load,
        })
    }

    /// Waits for what comes next. May be dropped and called again without loss.
    ///
    /// # Errors
    /// When the session has ended, with the reason.
    pub(crate) async fn next(&mut self) -> Result<Heard, Failure> {
        let load = Arc::clone(&self.load);
        load.bear(contained(self.heard())).await
    }

    async fn heard(&mut self) -> Result<Heard, Failure> {
        let item = pin!(&mut self.rtsp).next().await;
        match item {
            // Comfort noise and tones of keys travel under types of their own.
            Some(Ok(PacketItem::Rtp(packet)))
                if packet.header().payload_type() != self.payload_type =>
            {
                Ok(Heard::Other)
            }
            Some(Ok(PacketItem::Rtp(packet))) => {
                self.load.gave();
                Ok(Heard::Samples {
                    rtp: packet.timestamp().timestamp(),
                    payload: packet.into_payload_bytes(),
                })
            }
            Some(Ok(PacketItem::Rtcp(report))) => {
                Ok(clock(&report).map_or(Heard::Other, Heard::Clock))
            }
            Some(Ok(_)) => Ok(Heard::Other),
            Some(Err(error)) => Err(failure(&error)),
            None => Err(ended()),
        }
    }
}
