//! `/ndt/v7/…`: how fast the line to the house is, by the protocol ndt7; and
//! `/api/v1/line`, a few octets by which a page finds out whether a larger picture fits.
//!
//! The first is for who is logged in and holds the right, and for a few at a time: a test
//! takes a good part of the line that cameras and villages share.

use std::net::SocketAddr;
use std::sync::OnceLock;

use aws_lc_rs::rand;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, FromRequestParts as _, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use sync::speed::{Connection, Direction, PROTOCOL, TAKEN_MAX};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::guard::{self, Guarded as _, Permission};
use crate::problem::{Problem, Query};
use crate::session::Arrival;
use crate::speed;

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(download).guard(Permission::SpeedTest))
        .routes(routes!(upload).guard(Permission::SpeedTest))
        .routes(routes!(line).signed_in())
}

/// The most octets that a page may ask for at once: a far line of 2 Mbit/s needs so many
/// to become full.
const OCTETS_MAX: usize = 512 * 1024;

/// What nothing on the way can make fewer: made once, the same for all who ask.
fn noise() -> Bytes {
    static NOISE: OnceLock<Bytes> = OnceLock::new();
    let made = NOISE.get_or_init(|| {
        let mut noise = vec![0; OCTETS_MAX];
        // Without chance it is zeros, which a line that compresses makes fewer.
        let _ = rand::fill(&mut noise);
        noise.into()
    });
    made.clone()
}

/// How much is asked for.
#[derive(Debug, Deserialize, IntoParams)]
struct Wanted {
    /// How many octets, at most 524288.
    octets: usize,
}

/// So many octets that cannot be compressed: a page measures by them whether its line has
/// room for more.
#[utoipa::path(get, path = "/api/v1/line", tag = "house", params(Wanted),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 422)))]
async fn line(Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    if wanted.octets > OCTETS_MAX {
        return Err(Problem::invalid("query", "Nothing was sent.")
            .field("octets", format!("at most {OCTETS_MAX}")));
    }
    let noise = noise().slice(..wanted.octets);
    Ok(crate::problem::file(
        "application/octet-stream",
        noise,
        &[("cache-control", "no-store".to_owned())],
    ))
}

/// Longest name of the house that is told back, in characters.
const HOST_MAX: usize = 255;

/// The house sends for ten seconds. A WebSocket of the subprotocol
/// `net.measurementlab.ndt.v7`.
#[utoipa::path(get, path = "/ndt/v7/download", tag = "house",
    responses((status = 101), (status = 403), (status = 415)))]
async fn download(State(hall): State<Hall>, request: Request) -> Result<Response, Problem> {
    begin(hall, Direction::Download, request).await
}

/// The house takes for ten seconds. A WebSocket of the subprotocol
/// `net.measurementlab.ndt.v7`.
#[utoipa::path(get, path = "/ndt/v7/upload", tag = "house",
    responses((status = 101), (status = 403), (status = 415)))]
async fn upload(State(hall): State<Hall>, request: Request) -> Result<Response, Problem> {
    begin(hall, Direction::Upload, request).await
}

async fn begin(hall: Hall, direction: Direction, request: Request) -> Result<Response, Problem> {
    // A browser sends the cookie along with a WebSocket of any page, and no preflight.
    guard::same_origin(&request)?;
    upgrade(hall, direction, request).await
}

/// Begins a test for whoever may: a person, or a box at the port for sites.
pub(crate) async fn upgrade(
    hall: Hall,
    direction: Direction,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let other = || Problem::media_type(&format!("a WebSocket of the subprotocol {PROTOCOL}"));
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| other())?
        .protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(other());
    }
    let connection = Connection {
        client: client(&parts),
        server: server(&parts),
        uuid: uuid(&hall),
    };
    let permit = speed::enter(&hall)?;
    Ok(upgrade
        .max_message_size(TAKEN_MAX)
        .max_frame_size(TAKEN_MAX)
        .on_upgrade(move |socket| speed::run(permit, direction, socket, connection)))
}

/// Who asks. Behind a proxy nobody knows his port, and it is said to be 0.
fn client(parts: &Parts) -> String {
    let arrival = Arrival::of(&parts.extensions);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer
        .map(|info| info.0)
        .map(|at| (at.ip().to_canonical(), at.port()));
    let of = |address| {
        let port = peer.filter(|(ip, _)| *ip == address);
        SocketAddr::new(address, port.map_or(0, |(_, port)| port)).to_string()
    };
    arrival.address.map_or_else(String::new, of)
}

/// Where he has found the house, as he says it himself.
fn server(parts: &Parts) -> String {
    let named = parts.headers.get(header::HOST);
    let named = named.and_then(|host| host.to_str().ok());
    let named = named.or_else(|| parts.uri.authority().map(|it| it.as_str()));
    named.unwrap_or_default().chars().take(HOST_MAX).collect()
}

/// What nothing else is called.
fn uuid(hall: &Hall) -> String {
    /// The noun of the names of tests, which are never stored.
    enum Tested {}
    let id = hall.mint::<Tested>();
    id.as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
