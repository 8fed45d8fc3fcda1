//! Answers probes as a camera does (WS-Discovery, April 2005; ONVIF Core, clause 7), written
//! by the papers with nothing of the house's.
//!
//! Each probe is answered twice, as some devices do. What it says of itself can be made to
//! lie by [`Voice::tell`].

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hall::task::Tasks;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Where devices listen.
const PORT: u16 = 3702;
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);

/// The longest probe that is read, in octets.
const PROBE_MAX: usize = 8 * 1024;

/// What it says of itself.
#[derive(Debug, Clone)]
pub struct Says {
    /// Its identity, without `urn:uuid:`.
    pub uuid: String,
    /// Its name, with escapes as in an address.
    pub name: String,
    /// What it is sold as.
    pub hardware: String,
    /// Where its services are, with spaces between.
    pub xaddrs: String,
}

/// A device that is heard on the network. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Voice {
    says: Arc<Mutex<Says>>,
}

impl Voice {
    /// Listens on the network of that address of this machine, beside others that do.
    ///
    /// # Errors
    /// If the port cannot be shared, or the machine knows no such network.
    pub fn listen(on: Ipv4Addr, says: Says, tasks: &Tasks) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::new(IpAddr::V4(GROUP), PORT).into())?;
        socket.join_multicast_v4(&GROUP, &on)?;
        let heard = UdpSocket::from_std(socket.into())?;
        // What is bound to a group cannot speak for itself.
        let mouth = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        mouth.set_nonblocking(true)?;
        mouth.bind(&SocketAddr::new(IpAddr::V4(on), 0).into())?;
        let mouth = UdpSocket::from_std(mouth.into())?;
        let voice = Self {
            says: Arc::new(Mutex::new(says)),
        };
        let (stop, own) = (tasks.soft().clone(), voice.clone());
        tasks.spawn("sim.discovery", async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = own.answer_all(&heard, &mouth) => {}
            }
        });
        Ok(voice)
    }

    /// From now on it says that its services are there.
    pub fn tell(&self, xaddrs: &str) {
        xaddrs.clone_into(&mut self.says().xaddrs);
    }

    fn says(&self) -> MutexGuard<'_, Says> {
        self.says.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer_all(&self, heard: &UdpSocket, mouth: &UdpSocket) {
        let mut buffer = vec![0; PROBE_MAX];
        loop {
            let Ok((length, from)) = heard.recv_from(&mut buffer).await else {
                return;
            };
            let probe = String::from_utf8_lossy(&buffer[..length]);
            let Some(answer) = answer(&probe, &self.says()) else {
                continue;
            };
            for _ in 0..2 {
                // A datagram that is lost is one of many.
                let _ = mouth.send_to(answer.as_bytes(), from).await;
            }
        }
    }
}

/// What is answered to a probe; none to what is no probe, or asks for something else.
fn answer(probe: &str, says: &Says) -> Option<String> {
    if !probe.contains("/discovery/Probe<") {
        return None;
    }
    let wants = between(probe, "Types")?;
    let kind = wants.rsplit(':').next()?.trim();
    if kind != "NetworkVideoTransmitter" && kind != "Device" {
        return None;
    }
    let id = between(probe, "MessageID")?;
    let Says {
        uuid,
        name,
        hardware,
        xaddrs,
    } = says;
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
         xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"><env:Header>\
         <wsa:MessageID>urn:uuid:{uuid}</wsa:MessageID><wsa:RelatesTo>{id}</wsa:RelatesTo>\
         <wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>\
         <wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></env:Header><env:Body><d:ProbeMatches>\
         <d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:{uuid}</wsa:Address></wsa:EndpointReference>\
         <d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>\
         <d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming \
         onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/{hardware}</d:Scopes>\
         <d:XAddrs>{xaddrs}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"
    ))
}

/// What stands in the first element of that name, whatever its prefix.
fn between<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let begins = |piece: &&str| {
        let word = piece.split(['>', ' ']).next().unwrap_or_default();
        word.rsplit(':').next() == Some(name) && !word.starts_with('/')
    };
    let piece = text.split('<').find(begins)?;
    piece.split_once('>').map(|(_, inside)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_answered_and_nothing_else() {
        let says = Says {
            uuid: "u".to_owned(),
            name: "Pos".to_owned(),
            hardware: "H1".to_owned(),
            xaddrs: "http://10.0.0.1/x".to_owned(),
        };
        let probe = |types: &str| {
            format!(
                "<e><h><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
                 <a:MessageID>urn:uuid:9</a:MessageID></h><b><d:Probe><d:Types xmlns:k=\"s\">{types}</d:Types></d:Probe></b></e>"
            )
        };
        let said = answer(&probe("k:Device"), &says).expect("an answer");
        assert_eq!(between(&said, "RelatesTo"), Some("urn:uuid:9"));
        assert_eq!(between(&said, "XAddrs"), Some("http://10.0.0.1/x"));
        assert!(answer(&probe("k:Printer"), &says).is_none());
        assert!(answer(&said, &says).is_none());
    }
}
