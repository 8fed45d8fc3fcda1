//! The life of a running house: start, serve, end.
//!
//! Ctrl-C or SIGTERM asks it to end: no new connection is taken, open ones finish
//! what they do, tasks go, the database closes. After [`GRACE`], or at a second
//! signal, what is still there is dropped.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hall::Hall;
use hall::config::{Config, Tls};
use hall::staff::FirstAdmin;
use hall::tls;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::say;
use crate::compose::{self, House};

/// How long what is going on may take to end.
const GRACE: Duration = Duration::from_secs(8);

/// Runs the house until it is told to end.
pub(crate) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    log(&config);
    // Heard from the first moment on: who stops a house that is starting means it.
    let signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("the data folder {}", config.data.display()))?;
    let listener = listen(&config)?;
    let at = listener.local_addr()?;
    let encryption = encryption(&config, at)?;
    let admin_password = config.admin_password.clone();
    let House {
        hall,
        watch,
        router,
    } = compose::open(config).await?;
    let scheme = if encryption.is_some() {
        "https"
    } else {
        "http"
    };
    greet(&hall, scheme, at, admin_password).await?;
    say(format!("media   udp {}", watch.media()));

    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    hall.tasks()
        .spawn("betang.signals", end(hall.clone(), handle.clone(), signals));
    let served = match encryption {
        Some(encryption) => {
            axum_server::from_tcp_rustls(listener, encryption)?
                .handle(handle)
                .serve(service)
                .await
        }
        None => {
            axum_server::from_tcp(listener)?
                .handle(handle)
                .serve(service)
                .await
        }
    };
    served.context("the pages cannot be served any more")?;
    if !hall.tasks().shutdown(GRACE).await {
        tracing::warn!("some tasks were dropped at the end");
    }
    hall.db().close().await;
    Ok(ExitCode::SUCCESS)
}

/// A default that is taken moves to a free port; a chosen one does not.
fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let listener = match TcpListener::bind(config.listen) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && !config.listen_is_chosen => {
            let free = TcpListener::bind(SocketAddr::new(config.listen.ip(), 0))?;
            say(format!(
                "port {} is taken; using {}",
                config.listen.port(),
                free.local_addr()?.port()
            ));
            free
        }
        bound => bound.with_context(|| format!("the address {} cannot be taken", config.listen))?,
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn encryption(config: &Config, at: SocketAddr) -> anyhow::Result<Option<RustlsConfig>> {
    let server = match &config.tls {
        Tls::Off => return Ok(None),
        Tls::Folder(folder) => tls::folder(folder)?,
        Tls::Own => {
            let now = hall::clock::Clock::real().now().wall;
            tls::Authority::open(&config.data)?.serve(&tls::names(&config.names, at.ip()), now)?
        }
    };
    Ok(Some(RustlsConfig::from_config(server)))
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

/// Waits for the signal to end, then for a second one or the grace.
async fn end(hall: Hall, handle: Handle<SocketAddr>, mut signals: Signals) {
    signals.next().await;
    tracing::info!("ending");
    // Streams of events and viewers end at this; plain requests at the next line.
    hall.tasks().soft().cancel();
    handle.graceful_shutdown(Some(GRACE));
    tokio::select! {
        () = signals.next() => {}
        () = hall.tasks().hard().cancelled() => return,
        () = tokio::time::sleep(GRACE) => return,
    }
    hall.tasks().hard().cancel();
    handle.shutdown();
}

/// Sentences for people at a terminal, JSON for machines.
fn log(config: &Config) {
    use std::io::IsTerminal as _;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start within one process keeps the first log.
    let _ = if std::io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().try_init()
    };
}
