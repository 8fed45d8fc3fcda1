//! Recorders (NVR, DVR): one address, one password, many channels.

pub(crate) mod template;
