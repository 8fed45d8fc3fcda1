//! The house with a simulated province in it: `betang demo`.
//!
//! The cameras of [`sim::province`] listen on loopback, in this process, and are
//! put into the register like any others. Films are encoded into the data folder
//! at the first start and read from there ever after. Villages, their points and what
//! their boxes have said are put in too, the minutes of days behind the first page.

mod families;
mod villages;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use base::geo::Point;
use hall::Hall;
use hall::config::Config;
use hall::task::Tasks;
use reach::simulated::SimulatedVillages;
use sim::film::Script;
use sim::live::camera::Camera;
use sim::live::library::Library;
use sim::live::rtsp;
use sim::picture::Scene;
use sim::province::{CAMERAS, DemoCamera};
use watch::{Simulated, SimulatedLegal, SimulatedSound};

use crate::cli::say;
use crate::compose::House;
use crate::serve;

/// Where the simulated cameras listen, unless somebody else does.
const CAMERAS_AT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8554);

/// The network that this is in: a house that has no simulated cameras connects to no
/// camera there.
const CAMERAS_NETWORK: &str = "127.0.0.0/8";

/// The file of the data folder that says where they listen.
pub(crate) const ADDRESS: &str = "demo.address";

/// What the losses of the simulation follow from.
const SEED: u64 = 62;

/// Runs the house with the simulated province until it is told to end.
pub(crate) async fn run(mut config: Config) -> anyhow::Result<ExitCode> {
    // Where its cameras are, and nobody else's.
    config.camera_networks.push(CAMERAS_NETWORK.parse()?);
    serve::run(config, open).await
}

/// Puts the province in before the house says that it is there.
async fn open(house: &House) -> anyhow::Result<()> {
    let hall = &house.hall;
    let mut read = hall.db().read().await?;
    let simulated = hall::house::read(hall, &mut read).await?.simulated;
    drop(read);
    let real = house.watch.real_cameras().await?;
    let things = house.reach.real_things(hall).await?;
    let lists = house.card.lists(hall).await?;
    let data = &hall.config().data;
    ensure!(
        simulated || real + things + lists == 0,
        "{} holds {real} cameras, {things} lists and points of villages and {lists} lists of \
         families that are real; give the demonstration a folder of its own with --data DIR",
        data.display()
    );
    let library = Arc::new(Library::open(&data.join("films"))?);
    encode(hall.tasks(), &library).await?;
    let listener = listen()?;
    let at = listener.local_addr()?;
    let cameras = CAMERAS.iter().map(|camera| {
        let scripts = [Script::main(camera.scene), Script::sub(camera.scene)];
        Camera::new(
            camera.short,
            scripts,
            camera.codec,
            camera.credentials,
            camera.sound,
            &library,
        )
    });
    let clock = hall.clock().clone();
    rtsp::Server::start(listener, cameras.collect(), clock, hall.tasks(), SEED)?;
    std::fs::write(data.join(ADDRESS), at.to_string()).context("the data folder")?;
    let wanted: anyhow::Result<Vec<_>> = CAMERAS.iter().map(|camera| form(camera, at)).collect();
    house.watch.simulate(&wanted?).await?;
    say(format!(
        "demo    {} simulated cameras at rtsp://{at}/",
        CAMERAS.len()
    ));
    let all = villages::all(hall);
    say(format!(
        "demo    {} simulated points of villages, {} of them with a box",
        all.points.len(),
        all.points.iter().filter(|it| it.provided.is_some()).count()
    ));
    let task = put_in(hall.clone(), house.reach.clone(), all);
    hall.tasks().spawn("demo.villages", task);
    let task = put_families_in(hall.clone(), house.card.clone());
    hall.tasks().spawn("demo.families", task);
    Ok(())
}

/// Puts the lists of the welfare card in behind the first page, has them examined, and a
/// list of who receives adopted by what was found.
async fn put_families_in(hall: Hall, card: card::Room) {
    let today = hall.today();
    let made = hall
        .tasks()
        .blocking("demo.lists", move || families::lists(today))
        .await;
    let lists = match made.map_err(anyhow::Error::from).flatten() {
        Ok(lists) => lists,
        Err(error) => return tracing::error!(%error, "no lists of families could be made up"),
    };
    if let Err(problem) = card.simulate(&hall, &lists, families::EACH).await {
        tracing::error!(?problem, "the simulated families could not be put in");
    }
}

/// Puts the villages in behind the first page: some hundred rows with their audit, and
/// then days of minutes.
async fn put_in(hall: Hall, reach: reach::Room, all: SimulatedVillages) {
    match reach.simulate(&hall, &all).await {
        Ok(()) => reach.speak(&hall, villages::speaks()),
        Err(problem) => tracing::error!(?problem, "the simulated villages could not be put in"),
    }
}

/// Makes the films that are missing, as many at once as there are processors.
async fn encode(tasks: &Tasks, library: &Arc<Library>) -> anyhow::Result<()> {
    let all = Scene::ALL.map(|scene| [Script::main(scene), Script::sub(scene)]);
    let missing: Vec<_> = all
        .into_iter()
        .flatten()
        .filter(|script| !library.has(script))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(format!("demo    encoding {} films, once", missing.len()));
    let lanes = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for some in missing.chunks(lanes) {
        let made = some.iter().map(|script| {
            let (library, script) = (Arc::clone(library), *script);
            tasks.blocking("demo.film", move || {
                library.get(&script).map(|_| script.file())
            })
        });
        for made in futures::future::join_all(made).await {
            say(format!("demo    {}", made??));
        }
    }
    Ok(())
}

/// The usual port, or a free one when it is taken.
fn listen() -> anyhow::Result<TcpListener> {
    TcpListener::bind(CAMERAS_AT)
        .or_else(|_| TcpListener::bind(SocketAddr::new(CAMERAS_AT.ip(), 0)))
        .context("no port for the simulated cameras")
}

fn form(camera: &DemoCamera, at: SocketAddr) -> anyhow::Result<Simulated> {
    let url = |layer: &str| format!("rtsp://{at}/{}/{layer}", camera.short).parse();
    let (lat, lon) = camera.point;
    Ok(Simulated {
        short: camera.short.to_owned(),
        name: camera.name.to_owned(),
        kind: camera.kind.to_owned(),
        area: camera.area.parse()?,
        point: Point::new(lat, lon)?,
        main: url("main")?,
        sub: url("sub")?,
        credentials: camera
            .credentials
            .map(|(user, word)| (user.to_owned(), word.to_owned())),
        always_on: camera.always_on,
        legal: camera.legal.then(|| SimulatedLegal {
            controller: "Diskominfosantik Provinsi Kalimantan Tengah (simulasi)".to_owned(),
            purpose: "Keamanan dan ketertiban umum".to_owned(),
            basis: "UU 27/2022 pasal 17".to_owned(),
        }),
        sound: camera.sound.then(|| SimulatedSound {
            purpose: "Keamanan loket pelayanan (simulasi)".to_owned(),
            basis: "SIMULASI, bukan keputusan".to_owned(),
        }),
    })
}
