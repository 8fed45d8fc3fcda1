//! The life of a running house: start, serve, end.
//!
//! Ctrl-C or SIGTERM asks it to end: no new connection is taken, open ones finish
//! what they do, tasks go, the database closes. After [`GRACE`], or at a second
//! signal, what is still there is dropped.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use hall::Hall;
use hall::config::Config;
use hall::link::door::Door;
use hall::staff::FirstAdmin;
use hall::tls::Keeper;
use rustls::ServerConfig;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::say;
use crate::compose::{self, House};
use crate::log;
use crate::port::Shared;
use crate::socket::{self, Socket};

/// How long what is going on may take to end.
const GRACE: Duration = Duration::from_secs(8);

/// How often somebody looks whether the certificate is still a good one.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(60);

/// So long a caller may take to say what he wants. Who says nothing holds a
/// connection, and there are only so many.
const HEADER_MAX: Duration = Duration::from_secs(30);

/// How often a quiet HTTP/2 connection is asked whether it is still there.
const ALIVE_EVERY: Duration = Duration::from_secs(30);

/// Runs the house until it is told to end. `furnish` puts into it what is to be
/// there before its address is said.
pub(crate) async fn run(
    config: Config,
    furnish: impl AsyncFnOnce(&House) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    log::begin(&config.log)?;
    // A province of boxes is more connections than a shell allows at first.
    match hall::files::raise() {
        Ok((had, has)) => tracing::info!(had, has, "files that may be open"),
        Err(error) => tracing::warn!(%error, "no more files may be open than before"),
    }
    // Keys of people's rows go through its memory.
    if let Err(error) = hall::memory::withhold() {
        tracing::warn!(%error, "a crash may write this program's memory to a disk");
    }
    if hall::memory::swaps().is_some_and(|swaps| swaps > 0) {
        tracing::warn!(
            "this machine may move memory to a disk: swap is on; encrypt it or turn it off"
        );
    }
    // Heard from the first moment on: who stops a house that is starting means it.
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    make_folder(&config.data)
        .with_context(|| format!("the data folder {}", config.data.display()))?;
    let listener = listen(config.listen, config.listen_is_chosen)?;
    let at = listener.local_addr()?;
    let for_sites = listen(config.sites, config.sites_is_chosen)?;
    let clock = hall::clock::Clock::real();
    let kept = Keeper::open(&config, at.ip(), clock.now().wall)?;
    let admin_password = config.admin_password.clone();
    let house = compose::open(config).await?;
    let sites_port = for_sites.local_addr()?.port();
    let lends = house.watch.rtsp();
    let ports = [at.port(), sites_port, house.watch.media().port()];
    for port in ports.into_iter().chain(lends.map(|lends| lends.port())) {
        house.hall.outward().take(port);
    }
    tokio::select! {
        furnished = furnish(&house) => furnished?,
        () = signals.next() => return Ok(ExitCode::SUCCESS),
    }
    let House {
        hall,
        watch,
        router,
        ..
    } = house;
    // Before anything is said: who reads the address may come by either door.
    let socket = Socket::open(&hall.config().data);
    let scheme = if kept.is_some() { "https" } else { "http" };
    greet(&hall, scheme, at, admin_password).await?;
    hall.sites().speak(crate::cli::protocols()?);
    let door = Door::open(&hall, for_sites)?;
    let (host, port) = hall.sites_at();
    say(format!("sites   tcp {host}:{port}"));
    if let Some(lends) = lends {
        say(format!("rtsp    tcp {lends}"));
    }
    say(format!("media   udp {}", watch.media()));

    let handles = Handles {
        pages: Handle::new(),
        local: Handle::new(),
        sites: Handle::new(),
    };
    let served = watched(door.serve(handles.sites.clone()));
    hall.tasks().spawn("betang.sites", served);
    if let Some(socket) = socket {
        let served = socket::serve(socket, hall.clone(), router.clone(), handles.local.clone());
        hall.tasks().spawn("betang.socket", served);
    }
    let served = serve(
        &hall,
        listener,
        kept,
        router,
        (handles.pages.clone(), &watch),
    );
    tokio::select! {
        served = served => served.context("the pages cannot be served any more")?,
        never = end(&hall, &handles, &mut signals) => match never {},
    }
    let went = tokio::select! {
        went = hall.tasks().shutdown(GRACE) => went,
        () = signals.next() => hall.tasks().shutdown(Duration::ZERO).await,
    };
    if !went {
        tracing::warn!("some tasks were dropped at the end");
    }
    hall.db().close().await;
    Ok(ExitCode::SUCCESS)
}

/// The pages go on when the port for sites does not.
async fn watched(served: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = served.await {
        tracing::error!(%error, "sites cannot be served any more");
    }
}

async fn serve(
    hall: &Hall,
    listener: TcpListener,
    kept: Option<(Keeper, Arc<ServerConfig>)>,
    router: Router,
    (handle, watch): (Handle<SocketAddr>, &watch::Room),
) -> std::io::Result<()> {
    let players = watch.line();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let Some((keeper, first)) = kept else {
        let server = patient(axum_server::from_tcp(listener)?);
        let server = server.map(|pages| Shared::new(pages, players));
        return server.handle(handle).serve(service).await;
    };
    watch.encrypt(Arc::clone(&first));
    let encryption = RustlsConfig::from_config(first);
    let task = keep(hall.clone(), keeper, encryption.clone(), watch.clone());
    hall.tasks().spawn("betang.certificate", task);
    let server = patient(axum_server::from_tcp_rustls(listener, encryption)?);
    let server = server.map(|pages| Shared::new(pages, players));
    server.handle(handle).serve(service).await
}

/// What lies in it is nobody else's on this machine. One that is there already is
/// left as its owner has set it.
pub(crate) fn make_folder(data: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
}

/// With an end to the patience for who says nothing.
fn patient<A>(mut server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    builder.http1().header_read_timeout(HEADER_MAX);
    builder.http2().keep_alive_interval(ALIVE_EVERY);
    server.first_request_timeout(HEADER_MAX)
}

/// Puts a fresh certificate in when there is one. Connections that are open keep
/// the one they came with.
async fn keep(hall: Hall, mut keeper: Keeper, encryption: RustlsConfig, watch: watch::Room) {
    let stop = hall.tasks().soft();
    while stop
        .run_until_cancelled(tokio::time::sleep(CERTIFICATE_EVERY))
        .await
        .is_some()
    {
        match keeper.next(hall.now().wall) {
            Ok(None) => {}
            Ok(Some(fresh)) => {
                watch.encrypt(Arc::clone(&fresh));
                encryption.reload_from_config(fresh);
                tracing::info!("another certificate is in use");
            }
            Err(error) => tracing::error!(%error, "the certificate in use stays"),
        }
    }
}

/// A default that is taken moves to a free port; a chosen one does not.
fn listen(at: SocketAddr, is_chosen: bool) -> anyhow::Result<TcpListener> {
    let listener = match TcpListener::bind(at) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && !is_chosen => {
            let free = TcpListener::bind(SocketAddr::new(at.ip(), 0))?;
            say(format!(
                "port {} is taken; using {}",
                at.port(),
                free.local_addr()?.port()
            ));
            free
        }
        bound => bound.with_context(|| format!("the address {at} cannot be taken"))?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn greet(
    hall: &Hall,
    scheme: &str,
    at: SocketAddr,
    password: Option<base::redact::Secret<String>>,
) -> anyhow::Result<()> {
    let shown = if at.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], at.port()))
    } else {
        at
    };
    let url = format!("{scheme}://{shown}");
    say(format!("betang  {url}/"));
    let first = hall::staff::first_admin(hall, password)
        .await
        .map_err(|problem| anyhow::anyhow!("the first admin: {problem:?}"))?;
    match first {
        FirstAdmin::Link(code) => {
            say(format!("admin   {url}/masuk?kode={}", code.expose()));
            say("        (once, within 24 hours)");
        }
        FirstAdmin::Created => say("admin   user admin was made with the given password"),
        FirstAdmin::AlreadyThere => {}
    }
    Ok(())
}

/// What tells a house to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How the servers are told to end.
struct Handles {
    pages: Handle<SocketAddr>,
    local: Handle<socket::Address>,
    sites: Handle<SocketAddr>,
}

/// Waits for the signal to end and passes it on; a second one drops what is still
/// there. What ends then is the serving.
async fn end(hall: &Hall, handles: &Handles, signals: &mut Signals) -> Infallible {
    signals.next().await;
    tracing::info!("ending");
    // Streams of events and viewers end at this; plain requests at the next line.
    hall.tasks().soft().cancel();
    handles.pages.graceful_shutdown(Some(GRACE));
    handles.local.graceful_shutdown(Some(GRACE));
    handles.sites.graceful_shutdown(Some(GRACE));
    signals.next().await;
    hall.tasks().hard().cancel();
    handles.pages.shutdown();
    handles.local.shutdown();
    handles.sites.shutdown();
    std::future::pending().await
}
