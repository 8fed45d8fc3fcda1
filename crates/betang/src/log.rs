//! What the program says about itself, on standard error.

use std::io::IsTerminal as _;

use anyhow::Context as _;

/// Sentences for people at a terminal, JSON for machines.
///
/// # Errors
/// If the filter cannot be read.
pub(crate) fn begin(filter: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .with_context(|| format!("log = {filter:?} cannot be"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Whoever read the log may have gone; saying so there would end the house.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // A second start within one process keeps the first log.
    let _ = if std::io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().try_init()
    };
    // A panic is a line of the log like any other, with the request it happened in.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        let why = panic.payload_as_str().unwrap_or("it does not say");
        tracing::error!(at, why, "a panic");
    }));
    Ok(())
}
