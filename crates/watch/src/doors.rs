//! What reads bytes of strangers, for the fuzz targets in `fuzz/` and nobody else.

use std::time::Instant;

use hall::clock::Clock;
use hall::outward::{Outward, Ports};
pub use watch_core::frame::{MediaTime, Packet};
use watch_core::lend::path::{Asked, Inside};
use watch_core::lend::proof::{self, Proof};
use watch_core::lend::wire::{self, Piece, Status};
pub use watch_core::timeline::Timeline;
pub use watch_core::{frame, h264, hls, payload};

use crate::discover::answer::Findings;
use crate::http::form::{self, CameraForm};
use crate::ingest::gate::Gate;
use crate::live::{Terms, answer_alone, name_in};
use crate::onvif;

/// A gate to cameras of this machine and no other.
#[must_use]
pub fn gate_to_loopback() -> Gate {
    let networks = "127.0.0.0/8".parse().into_iter().collect();
    Gate::new(Outward::new(networks, Ports::default()))
}

/// A camera's address as it is kept, if the text is one.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    let address = form::address(text).ok()?;
    Some(address.url.into())
}

/// What is made of a form.
#[derive(Debug)]
pub struct Form {
    /// The fields that cannot stand.
    pub faults: Vec<String>,
    /// The password in it.
    pub password: Option<String>,
    /// How it prints, in a log for example.
    pub printed: String,
}

/// Reads a camera's form, if it is one.
#[must_use]
pub fn camera_form(bytes: &[u8]) -> Option<Form> {
    let form: CameraForm = serde_json::from_slice(bytes).ok()?;
    let password = form.password.as_ref();
    Some(Form {
        password: password.map(|password| password.expose().clone()),
        printed: format!("{form:?}"),
        faults: form.faults(),
    })
}

/// What a device answers by ONVIF; whether it was handed to the library.
#[must_use]
pub fn onvif_answer(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(onvif::read_all)
}

/// What was made of an answer to a probe.
#[derive(Debug)]
pub struct Answered {
    /// The longest text of a device that is shown, in characters.
    pub longest: usize,
    /// Machines that the house would ask.
    pub hosts: Vec<String>,
    /// Devices in it.
    pub devices: usize,
}

/// Takes a datagram as an answer to a probe, from one machine to a house that may ask it.
#[must_use]
pub fn discovery_answer(bytes: &[u8]) -> Answered {
    let from = std::net::IpAddr::from([10, 0, 0, 9]);
    let ports = "1-65535".parse().unwrap_or_default();
    let outward = Outward::new(Vec::new(), ports);
    let mut findings = Findings::default();
    findings.take(from, bytes, |_| true, &outward);
    // Said again it is the same.
    findings.take(from, bytes, |_| true, &outward);
    let texts = findings.devices.iter().flat_map(|it| {
        let all = [&it.name, &it.maker, &it.model, &it.place].map(Option::as_ref);
        all.into_iter().flatten().chain([&it.endpoint])
    });
    let ways = findings.devices.iter().flat_map(|it| &it.ways);
    let hosts = ways.filter_map(|way| way.url.as_ref()?.host_str().map(str::to_owned));
    Answered {
        longest: texts.map(|text| text.chars().count()).max().unwrap_or(0),
        hosts: hosts.collect(),
        devices: findings.devices.len(),
    }
}

/// Whom a datagram at the media port asks for, if it says so.
#[must_use]
pub fn datagram(bytes: &[u8]) -> Option<String> {
    name_in(bytes)
}

/// The answer to a player's offer, if it can be answered.
#[must_use]
pub fn offer(text: &str) -> Option<String> {
    thread_local! {
        static HOUSE: Option<(Terms, Instant)> = {
            let terms = Terms::new(vec![([127, 0, 0, 1], 8189).into()]);
            terms.map(|terms| (terms, Clock::real().instant()))
        };
    }
    HOUSE.with(|house| {
        let (terms, instant) = house.as_ref()?;
        answer_alone(text, terms, *instant).ok()
    })
}

/// What another system asks, as far as it can be told without a house.
#[derive(Debug, PartialEq, Eq)]
pub struct Requests {
    /// In the order in which they came.
    pub asked: Vec<Request>,
    /// Whether the connection would be ended for what came then.
    pub refused: bool,
}

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// What it would be answered at least.
    pub answer: String,
    /// Whether it shows a secret that nobody was told.
    pub proved: bool,
    /// Whether it names a camera, and a way for its packets.
    pub names: (bool, bool),
}

/// Reads what comes in pieces.
#[must_use]
pub fn requests(pieces: &[&[u8]]) -> Requests {
    let mut found = Requests {
        asked: Vec::new(),
        refused: false,
    };
    let mut inbox = Vec::new();
    for piece in pieces {
        inbox.extend_from_slice(piece);
        loop {
            match wire::next(&inbox) {
                Piece::More => break,
                Piece::Passed(taken) => drop(inbox.drain(..taken)),
                Piece::Request(request, taken) => {
                    inbox.drain(..taken);
                    let base = Asked::read(&request.url).map(|asked| asked.base);
                    let headers = [("Content-Base", base.as_deref().unwrap_or_default())];
                    let answer = wire::answer(Status::Ok, &request.number, &headers, "");
                    let proof = request.proof.as_deref().and_then(Proof::read);
                    let kept = proof::kept("vms", "that nobody knows");
                    found.asked.push(Request {
                        answer: String::from_utf8_lossy(&answer).into_owned(),
                        proved: proof.is_some_and(|it| it.holds(&kept, "n", &request.word)),
                        names: (
                            base.is_some(),
                            request
                                .transport
                                .as_deref()
                                .is_some_and(|wish| Inside::wished(wish, 0).is_some()),
                        ),
                    });
                }
                Piece::Refused => {
                    found.refused = true;
                    return found;
                }
            }
        }
    }
    found
}
