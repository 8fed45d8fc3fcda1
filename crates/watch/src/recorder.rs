//! Recorders (NVR, DVR): one address, one password, many channels.

pub(crate) mod look;
pub(crate) mod search;
pub(crate) mod template;
pub(crate) mod watchful;
