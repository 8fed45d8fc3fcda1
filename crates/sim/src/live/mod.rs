//! Sockets and disks.

pub mod ask;
pub mod camera;
pub mod library;
pub mod rtsp;
