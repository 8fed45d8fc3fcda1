//! What a running process uses.

use std::time::Duration;

use anyhow::Context as _;

use crate::process;

/// Processor time that it has used so far.
///
/// # Errors
/// If there is no such process.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    process::cpu(&stat).with_context(|| format!("{path} is not as Linux writes it"))
}

/// Processor time that the calling thread has used so far.
///
/// # Errors
/// Outside Linux.
pub fn thread_cpu() -> anyhow::Result<Duration> {
    let path = "/proc/thread-self/stat";
    let stat = std::fs::read_to_string(path).context(path)?;
    process::cpu(&stat).context("it is not as Linux writes it")
}

/// Memory that it holds now, in octets.
///
/// # Errors
/// If there is no such process.
pub fn resident(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    process::resident(&status).with_context(|| format!("{path} is not as Linux writes it"))
}
