//! `/api/v1/discovery`: cameras and recorders that answer on the house's own networks.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::outward::Refused;
use hall::problem::{self, Json, Problem};
use serde::{Deserialize, Serialize};
use store::Conn;
use url::{Host, Url};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::discover::answer::{Sighted, Way};
use crate::discover::{self, Network, Progress};
use crate::room::Room;
use crate::sql::known::{self, As, Known};

pub(crate) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(show).guard(Permission::CamerasWrite))
        .routes(routes!(search).guard(Permission::CamerasWrite))
}

hall::words! {
    /// What a machine is registered as.
    pub(crate) KnownKind = ["camera", "recorder"]
}
hall::words! {
    /// Why the house does not connect to a machine that has answered.
    pub(crate) RefusedWord = Refused::ALL.map(refused)
}

/// Where to search.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "from": ["127.0.0.1"] }))]
struct DiscoveryForm {
    /// The house's own addresses in the networks to be searched, 1 to 16, as they are listed.
    from: Vec<String>,
}

/// A network of the house that may be searched.
#[derive(Debug, Serialize, ToSchema)]
struct HouseNetworkView {
    /// The house's address in it.
    address: String,
    /// How many of its bits are the network's.
    bits: u8,
    /// What the machine calls the way into it.
    interface: String,
}

/// A network that was searched.
#[derive(Debug, Serialize, ToSchema)]
struct CalledView {
    /// The house's address in it.
    address: String,
    /// How many of its bits are the network's.
    bits: u8,
    /// Why it could not be searched; none if it was.
    trouble: Option<String>,
}

/// A machine that has answered for a device.
#[derive(Debug, Serialize, ToSchema)]
struct WayView {
    /// Whence the answer came.
    from: String,
    /// Where it may be asked by ONVIF; none if it names nothing that can be asked.
    onvif: Option<String>,
    /// Why the house does not connect there; none if it does.
    #[schema(value_type = Option<RefusedWord>)]
    refused: Option<&'static str>,
    /// Other machines that it has named, which are not asked.
    elsewhere: Vec<String>,
}

/// A camera or recorder that has the same machine.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct KnownView {
    /// What it is.
    #[schema(value_type = KnownKind)]
    kind: &'static str,
    /// `cam_…` or `dev_…`.
    id: String,
    /// The short name of a camera.
    short: Option<String>,
    /// As officials call it.
    name: String,
}

/// A device that has answered, as it tells of itself.
#[derive(Debug, Serialize, ToSchema)]
struct SightedView {
    /// What it is told apart by, mostly a UUID.
    endpoint: String,
    /// Its name.
    name: Option<String>,
    /// Who made it.
    maker: Option<String>,
    /// What it is sold as.
    model: Option<String>,
    /// Where somebody has told it that it hangs.
    place: Option<String>,
    /// Whether it says that it keeps pictures of cameras.
    stores: bool,
    /// Whence it has answered, 1 to 4.
    ways: Vec<WayView>,
    /// What is registered with one of these addresses, 8 at most.
    known: Vec<KnownView>,
    /// How much else is, or is not the caller's to see.
    known_besides: usize,
}

/// A search, as far as it is.
#[derive(Debug, Serialize, ToSchema)]
struct DiscoveryView {
    /// Whether it goes on.
    running: bool,
    /// When it began, µs since 1970 UTC.
    began_us: i64,
    /// How long answers are listened for, in milliseconds.
    lasts_ms: u64,
    /// Where.
    networks: Vec<CalledView>,
    /// Answers that were looked at.
    heard: u32,
    /// Of these, those that could not be read.
    unreadable: u32,
    /// Of these, those to nothing that was asked.
    stray: u32,
    /// Answers and devices that were left out, since there were too many.
    left_out: u32,
    /// Whether so many answers came that the search ended for it.
    full: bool,
    /// The devices, in the order of their answers, 512 at most.
    items: Vec<SightedView>,
}

/// What can be searched, and what the last search has found.
#[derive(Debug, Serialize, ToSchema)]
struct Discoveries {
    /// Networks that may be searched, 16 at most.
    networks: Vec<HouseNetworkView>,
    /// The last search since the house was started.
    search: Option<DiscoveryView>,
}

/// The networks that may be searched, and what the last search of anybody has found so far.
#[utoipa::path(get, path = "/api/v1/discovery", tag = "cameras",
    responses((status = 200, body = Discoveries)))]
async fn show(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
) -> Result<axum::Json<Discoveries>, Problem> {
    let networks = networks(&room).await?.into_iter();
    let networks = networks.map(|it| HouseNetworkView {
        address: it.address.to_string(),
        bits: it.bits,
        interface: it.interface,
    });
    let search = match room.inner.discovery.progress() {
        Some(progress) => {
            let mut read = hall.db().read().await?;
            Some(view(&mut read, &who, progress).await?)
        }
        None => None,
    };
    Ok(axum::Json(Discoveries {
        networks: networks.collect(),
        search,
    }))
}

/// Calls out into networks of the house and listens who answers, for five seconds. One
/// search at a time; nobody is asked anything, and nothing is kept but in memory.
#[utoipa::path(post, path = "/api/v1/discovery", tag = "cameras", request_body = DiscoveryForm,
    responses((status = 202, body = DiscoveryView), (status = 409), (status = 422)))]
async fn search(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Json(form): Json<DiscoveryForm>,
) -> Result<Response, Problem> {
    let chosen = chosen(networks(&room).await?, &form.from)?;
    let mut tx = hall.db().write().await?;
    // A search reaches into the network in the house's name: it leaves a trace.
    let from: Vec<_> = chosen.iter().map(|it| it.address.to_string()).collect();
    let act = Act {
        verb: "camera.discovered",
        subject: from.join(" "),
        detail: serde_json::json!({}),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    let place = room.inner.discovery.reserve(&room, chosen);
    let place = place.ok_or_else(running)?;
    tx.commit().await?;
    let progress = place.search(&room);
    let mut read = hall.db().read().await?;
    let view = view(&mut read, &who, progress).await?;
    Ok(problem::accepted(axum::Json(view)))
}

fn running() -> Problem {
    Problem::conflict(
        "discovery-running",
        "Somebody searches already; what is found is shown to all who may add cameras.",
    )
}

/// The machine is asked what it has, where that holds nobody up.
async fn networks(room: &Room) -> Result<Vec<Network>, Problem> {
    let outward = room.inner.onvif.clone();
    let tasks = room.inner.hall.tasks();
    let asked = tasks.blocking("watch.networks", move || discover::networks(&outward));
    asked
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))
}

fn chosen(all: Vec<Network>, from: &[String]) -> Result<Vec<Network>, Problem> {
    let fault =
        |why: &str| Err(Problem::invalid("form", "Some fields cannot stand.").field("from", why));
    if from.is_empty() || from.len() > discover::NETWORKS_MAX {
        return fault("choose 1 to 16 networks");
    }
    let from: Option<Vec<IpAddr>> = from.iter().map(|text| text.trim().parse().ok()).collect();
    let Some(from) = from else {
        return fault("write addresses of the house as they are listed");
    };
    if !from.iter().all(|it| all.iter().any(|of| of.address == *it)) {
        return fault("is no address of the house in a network that may be searched");
    }
    let chosen = all.into_iter().filter(|it| from.contains(&it.address));
    Ok(chosen.collect())
}

async fn view(conn: &mut Conn, who: &Who, progress: Progress) -> Result<DiscoveryView, Problem> {
    let findings = progress.findings;
    let known = if findings.devices.is_empty() {
        BTreeMap::new()
    } else {
        by_machine(known::all(conn).await?)
    };
    Ok(DiscoveryView {
        running: progress.running,
        began_us: progress.began.as_us(),
        lasts_ms: u64::try_from(discover::LISTEN.as_millis()).unwrap_or(u64::MAX),
        networks: progress
            .called
            .into_iter()
            .map(|called| CalledView {
                address: called.network.address.to_string(),
                bits: called.network.bits,
                trouble: called.trouble,
            })
            .collect(),
        full: findings.is_full(),
        heard: findings.heard,
        unreadable: findings.unreadable,
        stray: findings.stray,
        left_out: findings.left_out,
        items: findings
            .devices
            .into_iter()
            .map(|device| sighted(device, &known, who))
            .collect(),
    })
}

/// What is registered, by the machine that it is at. Names are not looked up: what is
/// registered by a name is not recognised.
fn by_machine(all: Vec<Known>) -> BTreeMap<IpAddr, Vec<Known>> {
    let mut found: BTreeMap<IpAddr, Vec<Known>> = BTreeMap::new();
    for known in all {
        let [device, onvif] = &known.addresses;
        let device = device
            .as_ref()
            .and_then(|it| Url::parse(&format!("http://{it}/")).ok());
        let onvif = onvif.as_ref().and_then(|it| Url::parse(it).ok());
        let mut machines: Vec<IpAddr> = [device, onvif]
            .iter()
            .flatten()
            .filter_map(machine)
            .collect();
        machines.dedup();
        for machine in machines {
            found.entry(machine).or_default().push(known.clone());
        }
    }
    found
}

fn machine(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(v4) => Some(v4.into()),
        Host::Ipv6(v6) => Some(v6.into()),
        Host::Domain(_) => None,
    }
}

fn sighted(device: Sighted, known: &BTreeMap<IpAddr, Vec<Known>>, who: &Who) -> SightedView {
    /// More is told as a number.
    const KNOWN_MAX: usize = 8;
    let same = device.ways.iter().filter_map(|way| known.get(&way.from));
    let same: Vec<&Known> = same.flatten().collect();
    let mine = same.iter().filter(|it| {
        let read = who.may(Permission::CamerasRead, &it.place());
        read || who.may(Permission::CamerasWrite, &it.place())
    });
    let mine: Vec<KnownView> = mine.take(KNOWN_MAX).map(|it| known_view(it)).collect();
    SightedView {
        known_besides: same.len() - mine.len(),
        known: mine,
        endpoint: device.endpoint,
        name: device.name,
        maker: device.maker,
        model: device.model,
        place: device.place,
        stores: device.stores,
        ways: device.ways.into_iter().map(way).collect(),
    }
}

fn known_view(known: &Known) -> KnownView {
    let (kind, id, short) = match &known.kind {
        As::Camera(id, short) => ("camera", id.to_string(), Some(short.clone())),
        As::Recorder(id) => ("recorder", id.to_string(), None),
    };
    KnownView {
        kind,
        id,
        short,
        name: known.name.clone(),
    }
}

fn way(way: Way) -> WayView {
    WayView {
        from: way.from.to_string(),
        onvif: way.url.map(String::from),
        refused: way.refused.map(refused),
        elsewhere: way.elsewhere,
    }
}

/// The word of pages.
const fn refused(why: Refused) -> &'static str {
    match why {
        Refused::Own => "own",
        Refused::Unspecified => "unspecified",
        Refused::LinkLocal => "link_local",
        Refused::Metadata => "metadata",
        Refused::Multicast => "multicast",
        Refused::Reserved => "reserved",
        Refused::Spelling => "spelling",
        Refused::Port => "port",
        Refused::OwnPort => "own_port",
    }
}
