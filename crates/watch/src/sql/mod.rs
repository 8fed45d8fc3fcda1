//! The room's tables, one file per noun. No SQL stands elsewhere in this crate.

pub(crate) mod camera;
pub(crate) mod clip;
pub(crate) mod event;
pub(crate) mod fingerprint;
pub(crate) mod hold;
pub(crate) mod known;
pub(crate) mod layout;
pub(crate) mod loan;
pub(crate) mod look;
pub(crate) mod onvif;
pub(crate) mod recorder;
pub(crate) mod sound;
pub(crate) mod still;
pub(crate) mod viewing;
