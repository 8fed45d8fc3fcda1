//! Sockets and disks.
//!
//! The simulated cameras are [`rtsp`], `voice`, [`camera`], [`library`] and [`ask`];
//! [`recorder`] is a box with many of them, [`onvif`] what a camera with motors answers,
//! [`discovery`] how it is heard on the network. Of the benches are [`viewers`] and [`sites`], who load a server, [`floor`] and [`limit`], which it is
//! held against, [`pages`] and [`usage`]. `net` is a network of namespaces.

pub mod ask;
pub mod camera;
mod describe;
pub mod discovery;
pub mod dish;
pub mod families;
pub mod floor;
pub mod library;
pub mod limit;
#[cfg(feature = "net")]
pub mod net;
pub mod onvif;
pub mod pages;
pub mod recorder;
pub mod rtsp;
pub mod sites;
pub mod usage;
pub mod viewers;
mod voice;
mod way;

/// One line to whoever has started this.
fn say(line: &impl std::fmt::Display) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}
